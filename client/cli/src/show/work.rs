//! Workers, what they offer, and jobs.

use super::{
    amount_json, hex32, policies_json, policies_text, suspended_json, suspended_row, words,
    Moderated,
};
use crate::{
    output::{fields, table, Report},
    parse::{kebab, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use myai_sdk::{
    amount::AssetNames,
    words::{about, decline_reason},
    Question, Quotation,
};
use serde_json::{json, Value};

type Offer = OfferView<AccountId>;

fn record_json(r: &Record) -> Value {
    json!({
        "settled": r.settled,
        "declined": r.declined,
        "spoilt": r.spoilt,
        "expired": r.expired,
        "standing": r.standing.to_string(),
    })
}

pub fn offer_json(names: &AssetNames, asset: &Asset, o: &Offer) -> Value {
    json!({
        "worker": o.worker,
        "version": o.version,
        "fee": amount_json(names, asset, o.fee.value),
        "min_duration": o.min_duration,
        "available": o.available,
        "record": record_json(&o.record),
    })
}

/// How many jobs were spoilt by their payers, and their share of those that settled or were spoilt:
/// a worker that blames its payers more often than others do hides something.
fn spoilt_text(r: &Record) -> String {
    let all = u64::from(r.settled) + u64::from(r.spoilt);
    match r.spoilt {
        0 => "0".into(),
        spoilt => format!("{spoilt} ({}%)", u64::from(spoilt) * 100 / all),
    }
}

fn record_cells(names: &AssetNames, r: &Record) -> [String; 5] {
    [
        r.settled.to_string(),
        r.declined.to_string(),
        spoilt_text(r),
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
                "min ticks",
                "available",
                "settled",
                "declined",
                "spoilt",
                "expired",
                "standing",
            ],
            &rows,
            "nobody serves it",
        ),
    )
}

pub fn worker(
    names: &AssetNames,
    (w, suspended): &Moderated<WorkerView<AccountId>>,
    offers: &[Offer],
) -> Report {
    let json = json!({
        "id": w.id,
        "signer": w.signer,
        "payout": w.payout,
        "endpoint": words(&w.details.endpoint),
        "mailbox": words(&w.details.mailbox),
        "sealing_key": hex32(&w.details.sealing_key),
        "max_open_jobs": w.details.max_open_jobs,
        "bond": amount_json(names, &Asset::Native, w.bond),
        "paused": w.paused,
        "suspended": suspended_json(*suspended),
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
    let [settled, declined, spoilt, expired, standing] = record_cells(names, &w.record);
    let state = match (w.paused, suspended) {
        (true, _) => "paused",
        (false, Some(_)) => "takes no work",
        (false, None) => "takes work",
    };
    let mut rows = vec![("worker", w.id.to_string()), ("state", state.into())];
    rows.extend(suspended_row(*suspended, "no new work"));
    rows.extend([
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
            format!(
                "{settled} settled, {declined} declined, {expired} expired, {spoilt} spoilt by payers"
            ),
        ),
        ("standing", standing),
    ]);
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
        &["version", "fee", "min ticks", "available"],
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
        "deposit": amount_json(names, &q.asset, q.deposit),
        "spoilt_charge": amount_json(names, &q.asset, q.spoilt_charge),
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
            format!(
                "{}, given back, but for {} if the input is no good",
                names.show(&q.asset, q.deposit),
                names.show(&q.asset, q.spoilt_charge)
            ),
        ),
    ])
}

/// What a question costs, of whom and under which policies.
pub fn quotation(names: &AssetNames, question: &Question, q: &Quotation) -> Report {
    let version = &question.version;
    let mut text = format!(
        "v{} by {}, within {}\n{}",
        version.id,
        q.worker.id,
        about(q.duration),
        quote_text(names, &q.costs, question.units, version.spec.unit)
    );
    if !q.policies.is_empty() {
        text = format!("{text}\n{}", policies_text(&q.policies));
    }
    let json = json!({
        "version": version.id,
        "worker": q.worker.id,
        "units": question.units,
        "duration": q.duration,
        "quote": quote_json(names, &q.costs),
        "policies": policies_json(&q.policies),
    });
    Report::new(json, text)
}

/// `v3`, or a dataset by the number of its terms.
pub fn licensor_text(licensor: Licensor) -> String {
    match licensor {
        Licensor::Version(version) => format!("v{version}"),
        Licensor::Dataset(dataset, number) => format!("d{dataset} (terms {number})"),
    }
}

fn open_json(names: &AssetNames, j: &OpenJobView<AccountId>) -> Value {
    json!({
        "state": "open",
        "payer": j.payer,
        "opener": j.opener,
        "uploader": j.uploader,
        "version": j.version,
        "mode": kebab(j.run.mode()),
        "workers": j.run.workers().collect::<Vec<_>>(),
        "units": j.units,
        "price": amount_json(names, &j.asset, j.price),
        "fee": amount_json(names, &j.asset, j.fee),
        "deposit": amount_json(names, &j.asset, j.deposit),
        "deadline": j.deadline,
        "revision": j.revision,
        "input_commitment": hex32(&j.input_commitment),
        "input_length": j.input_length,
    })
}

fn outcome_json(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Settled {
            output_commitment,
            blob,
            units,
            paid,
            block,
        } => json!({
            "how": "settled",
            "output_commitment": hex32(output_commitment),
            "blob": hex32(blob),
            "units": units,
            "paid": paid.to_string(),
            "block": block,
        }),
        Outcome::Declined(reason) => json!({ "how": "declined", "reason": kebab(*reason) }),
        Outcome::Expired => json!({ "how": "expired" }),
    }
}

pub fn job_json(names: &AssetNames, j: &JobView<AccountId>) -> Value {
    let mut json = match &j.state {
        JobState::Open(open) => open_json(names, open),
        JobState::Ended(ended) => json!({
            "state": "ended",
            "version": ended.version,
            "workers": ended.workers,
            "deadline": ended.deadline,
            "kept_until": ended.kept_until,
            "outcome": outcome_json(&ended.outcome),
        }),
    };
    json["id"] = json!(j.id);
    json
}

/// The state of a job on the chain; `asset` is what it was paid in, if that is known.
pub fn job(
    names: &AssetNames,
    state: &JobState<AccountId>,
    asset: Option<Asset>,
    clock: ClockView,
) -> Vec<(&'static str, String)> {
    let lines = |workers: &mut dyn Iterator<Item = &AccountId>| {
        let workers: Vec<String> = workers.map(|w| w.to_string()).collect();
        workers.join("\n")
    };
    match state {
        JobState::Open(j) => {
            let left = match j.deadline.checked_sub(clock.served) {
                Some(left) => format!("in {}", about(left)),
                None => "passed: `myai job expire` gives the money back".into(),
            };
            vec![
                ("state", "open".into()),
                ("payer", j.payer.to_string()),
                ("version", format!("v{}", j.version)),
                ("worker", lines(&mut j.run.workers())),
                ("units", format!("at most {}", j.units)),
                ("price", names.show(&j.asset, j.price)),
                ("fee", names.show(&j.asset, j.fee)),
                ("deposit", names.show(&j.asset, j.deposit)),
                ("deadline", left),
                ("input", hex32(&j.input_commitment)),
            ]
        }
        JobState::Ended(j) => {
            let (state, answer) = match &j.outcome {
                Outcome::Settled {
                    output_commitment,
                    units,
                    paid,
                    block,
                    ..
                } => {
                    let paid = match asset {
                        Some(asset) => names.show(&asset, *paid),
                        None => format!("{paid} smallest units"),
                    };
                    let text = format!("settled in block {block}: {paid} for {units} units");
                    (text, Some(hex32(output_commitment)))
                }
                Outcome::Declined(why) => (format!("declined: {}", decline_reason(*why)), None),
                Outcome::Expired => ("expired".into(), None),
            };
            let mut rows = vec![
                ("state", state),
                ("version", format!("v{}", j.version)),
                ("worker", lines(&mut j.workers.iter())),
                (
                    "kept",
                    match j.kept_until.checked_sub(clock.served) {
                        Some(left) => format!("for {} more", about(left)),
                        None => "not for much longer".into(),
                    },
                ),
            ];
            if let Some(answer) = answer {
                rows.push(("answer", answer));
            }
            rows
        }
    }
}

/// The open jobs of a worker.
pub fn open_jobs(names: &AssetNames, jobs: &[JobView<AccountId>]) -> Report {
    let row = |view: &JobView<AccountId>| match &view.state {
        JobState::Open(j) => Some(vec![
            view.id.to_string(),
            format!("v{}", j.version),
            names.show(
                &j.asset,
                j.price.saturating_add(j.fee).saturating_mul(j.units.into()),
            ),
            j.deadline.to_string(),
            j.payer.to_string(),
        ]),
        JobState::Ended(_) => None,
    };
    let rows: Vec<Vec<String>> = jobs.iter().filter_map(row).collect();
    let head = ["job", "version", "at most", "deadline", "payer"];
    Report::new(
        jobs.iter().map(|j| job_json(names, j)).collect(),
        table(&head, &rows, "no open jobs"),
    )
}
