//! Workers, what they offer, and jobs.

use super::{amount_json, hex32, words};
use crate::{
    amount::AssetNames,
    output::{fields, table, Report},
    text::{about, kebab, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use serde_json::{json, Value};

type Offer = OfferView<AccountId>;

fn record_json(r: &Record) -> Value {
    json!({
        "settled": r.settled,
        "declined": r.declined,
        "expired": r.expired,
        "standing": r.standing.to_string(),
    })
}

pub fn offer_json(names: &AssetNames, asset: &Asset, o: &Offer) -> Value {
    json!({
        "worker": o.worker.to_string(),
        "version": o.version,
        "fee": amount_json(names, asset, o.fee.value),
        "min_duration": o.min_duration,
        "available": o.available,
        "record": record_json(&o.record),
    })
}

fn record_cells(names: &AssetNames, r: &Record) -> [String; 4] {
    [
        r.settled.to_string(),
        r.declined.to_string(),
        r.expired.to_string(),
        names.show(&Asset::Native, r.standing),
    ]
}

pub fn offers(names: &AssetNames, list: &[Offer]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|o| {
            let mut row = vec![
                o.worker.to_string(),
                names.amount(&o.fee),
                o.min_duration.to_string(),
                if o.available { "yes" } else { "no" }.into(),
            ];
            row.extend(record_cells(names, &o.record));
            row
        })
        .collect();
    Report::new(
        list.iter()
            .map(|o| offer_json(names, &o.fee.asset, o))
            .collect(),
        table(
            &[
                "worker",
                "fee",
                "least ticks",
                "available",
                "settled",
                "declined",
                "expired",
                "standing",
            ],
            &rows,
            "nobody serves it",
        ),
    )
}

pub fn worker(names: &AssetNames, w: &WorkerView<AccountId>, offers: &[Offer]) -> Report {
    let json = json!({
        "id": w.id.to_string(),
        "signer": w.signer.to_string(),
        "payout": w.payout.to_string(),
        "endpoint": words(&w.details.endpoint),
        "mailbox": words(&w.details.mailbox),
        "sealing_key": hex32(&w.details.sealing_key),
        "max_open_jobs": w.details.max_open_jobs,
        "bond": amount_json(names, &Asset::Native, w.bond),
        "paused": w.paused,
        "open": w.open,
        "record": record_json(&w.record),
        "offers": offers.iter().map(|o| offer_json(names, &o.fee.asset, o)).collect::<Vec<_>>(),
    });
    let or_none = |uri: &[u8]| {
        if uri.is_empty() {
            "none".into()
        } else {
            words(uri)
        }
    };
    let [settled, declined, expired, standing] = record_cells(names, &w.record);
    let rows = vec![
        ("worker", w.id.to_string()),
        (
            "state",
            if w.paused { "paused" } else { "takes work" }.into(),
        ),
        ("signer", w.signer.to_string()),
        ("payout", w.payout.to_string()),
        ("endpoint", or_none(&w.details.endpoint)),
        ("mailbox", or_none(&w.details.mailbox)),
        ("sealing key", hex32(&w.details.sealing_key)),
        ("bond", names.show(&Asset::Native, w.bond)),
        (
            "open jobs",
            format!("{} of at most {}", w.open, w.details.max_open_jobs),
        ),
        (
            "record",
            format!("{settled} settled, {declined} declined, {expired} expired"),
        ),
        ("standing", standing),
    ];
    let list: Vec<Vec<String>> = offers
        .iter()
        .map(|o| {
            vec![
                format!("v{}", o.version),
                names.amount(&o.fee),
                o.min_duration.to_string(),
                if o.available { "yes" } else { "no" }.into(),
            ]
        })
        .collect();
    let served = table(
        &["version", "fee", "least ticks", "available"],
        &list,
        "serves nothing",
    );
    Report::new(json, format!("{}\n\n{served}", fields(&rows)))
}

pub fn quote_json(names: &AssetNames, q: &Quote) -> Value {
    json!({
        "price": amount_json(names, &q.asset, q.price),
        "fee": amount_json(names, &q.asset, q.fee),
        "gross": amount_json(names, &q.asset, q.gross),
        "network": amount_json(names, &q.asset, q.network),
        "deposit": amount_json(names, &Asset::Native, q.deposit),
    })
}

/// What a job costs, for people.
pub fn quote_text(names: &AssetNames, q: &Quote, units: u32, unit: Unit) -> String {
    fields(&[
        (
            "price",
            format!(
                "{} for {units} × {}",
                names.show(&q.asset, q.price),
                unit.word()
            ),
        ),
        (
            "fee",
            format!("{} to the worker", names.show(&q.asset, q.fee)),
        ),
        (
            "at most",
            format!(
                "{} is held, what is not used comes back",
                names.show(&q.asset, q.gross)
            ),
        ),
        (
            "of which",
            format!("{} to the network", names.show(&q.asset, q.network)),
        ),
        (
            "deposit",
            format!("{}, given back", names.show(&Asset::Native, q.deposit)),
        ),
    ])
}

pub fn job_json(names: &AssetNames, j: &JobView<AccountId>) -> Value {
    json!({
        "id": j.id,
        "payer": j.payer.to_string(),
        "opener": j.opener.as_ref().map(|a| a.to_string()),
        "version": j.version,
        "mode": kebab(j.mode),
        "workers": j.workers.iter().map(|w| w.to_string()).collect::<Vec<_>>(),
        "units": j.units,
        "price": amount_json(names, &j.asset, j.price),
        "fee": amount_json(names, &j.asset, j.fee),
        "deadline": j.deadline,
        "revision": j.revision,
        "input_commitment": hex32(&j.input_commitment),
        "blob": hex32(&j.blob),
    })
}

pub fn job(
    names: &AssetNames,
    j: &JobView<AccountId>,
    clock: ClockView,
) -> Vec<(&'static str, String)> {
    let workers: Vec<String> = j.workers.iter().map(|w| w.to_string()).collect();
    let left = match j.deadline.checked_sub(clock.served) {
        Some(left) => format!("in {}", about(left)),
        None => "passed: `job expire` gives the money back".into(),
    };
    vec![
        ("job", format!("{}, open", j.id)),
        ("payer", j.payer.to_string()),
        ("version", format!("v{}", j.version)),
        ("worker", workers.join("\n")),
        ("units", format!("at most {}", j.units)),
        ("price", names.show(&j.asset, j.price)),
        ("fee", names.show(&j.asset, j.fee)),
        ("deadline", left),
        ("input", hex32(&j.input_commitment)),
    ]
}
