//! Views of the chain as JSON and as text.

use crate::{
    amount::{asset_text, AssetNames},
    output::{fields, plain, table, Report},
    text::{about, kebab, percent, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use serde_json::{json, Value};

type Version = VersionView<AccountId>;
type Offer = OfferView<AccountId>;

/// `0x` and hexadecimal.
pub fn hex32(hash: &Hash32) -> String {
    format!("0x{}", hex::encode(hash))
}

/// Bytes of the chain that should be text.
pub fn words(bytes: &[u8]) -> String {
    plain(&String::from_utf8_lossy(bytes))
}

/// The first half of an address, for tables.
fn short(account: &AccountId) -> String {
    let text = account.to_string();
    format!("{}…{}", &text[..8], &text[text.len() - 6..])
}

/// An amount: its asset, its smallest units as a string of digits, and as people read it.
pub fn amount_json(names: &AssetNames, asset: &Asset, units: Balance) -> Value {
    json!({
        "asset": asset_text(asset),
        "units": units.to_string(),
        "text": names.show(asset, units),
    })
}

fn amount(names: &AssetNames, a: &Amount) -> Value {
    amount_json(names, &a.asset, a.units)
}

fn file_json(file: &File) -> Value {
    json!({
        "sha256": hex32(&file.sha256),
        "length": file.length,
        "uris": file.uris.iter().map(|u| words(u)).collect::<Vec<_>>(),
    })
}

fn file_text(file: &File) -> String {
    let uris: Vec<String> = file.uris.iter().map(|u| words(u)).collect();
    format!(
        "{} bytes, sha256 {}\n{}",
        file.length,
        hex::encode(file.sha256),
        uris.join("\n")
    )
}

fn optional<T>(value: &Option<T>, text: impl FnOnce(&T) -> String) -> String {
    value.as_ref().map_or("none".into(), text)
}

pub fn model_json(m: &ModelView<AccountId>) -> Value {
    json!({
        "id": m.id,
        "owner": m.owner.to_string(),
        "account": m.account.to_string(),
        "name": words(&m.name),
        "category": m.category.word(),
        "metadata": file_json(&m.metadata),
        "offered_to": m.offered_to.as_ref().map(|a| a.to_string()),
    })
}

pub fn model(names: &AssetNames, m: &ModelView<AccountId>, versions: &[Version]) -> Report {
    let mut json = model_json(m);
    json["versions"] = versions.iter().map(|v| version_json(names, v)).collect();
    let mut rows = vec![
        ("model", format!("{} {}", m.id, words(&m.name))),
        ("category", m.category.word()),
        ("owner", m.owner.to_string()),
        ("account", m.account.to_string()),
        ("metadata", file_text(&m.metadata)),
    ];
    if let Some(to) = &m.offered_to {
        rows.push(("offered to", to.to_string()));
    }
    let list: Vec<Vec<String>> = versions
        .iter()
        .map(|v| {
            vec![
                format!("v{}", v.id),
                kebab(v.state),
                format!("{} per {}", names.amount(&v.spec.price), v.spec.unit.word()),
                v.spec.numerics.word(),
                words(&v.spec.licence),
                if v.first_with_artifact == v.id {
                    String::new()
                } else {
                    format!("a copy of v{}", v.first_with_artifact)
                },
            ]
        })
        .collect();
    let versions = table(
        &["version", "state", "price", "numerics", "licence", ""],
        &list,
        "no version was published",
    );
    Report::new(json, format!("{}\n\n{versions}", fields(&rows)))
}

pub fn models(list: &[ModelView<AccountId>]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|m| {
            vec![
                m.id.to_string(),
                words(&m.name),
                m.category.word(),
                m.owner.to_string(),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(model_json).collect(),
        table(&["model", "name", "category", "owner"], &rows, "no models"),
    )
}

pub fn spec_json(names: &AssetNames, s: &VersionSpec<AccountId>) -> Value {
    json!({
        "artifact": file_json(&s.artifact),
        "manifest": file_json(&s.manifest),
        "numerics": s.numerics.word(),
        "unit": s.unit.word(),
        "price": amount(names, &s.price),
        "modes": s.modes.iter().map(kebab).collect::<Vec<_>>(),
        "input_most": s.input_most,
        "output_most": s.output_most,
        "openness": {
            "source": s.disclosure.source.word(),
            "training_data": s.disclosure.training_data.word(),
            "checkpoints": s.disclosure.checkpoints.word(),
        },
        "licence": words(&s.licence),
        "derivatives": {
            "permission": s.terms.permission.word(),
            "least_royalty": s.terms.least_royalty,
            "least_per_unit": s.terms.least_per_unit.as_ref().map(|a| amount(names, a)),
            "reach": s.terms.reach.word(),
        },
        "bases": s.bases.iter()
            .map(|b| json!({ "version": b.version, "royalty": b.royalty })).collect::<Vec<_>>(),
        "grants": s.grants.iter()
            .map(|g| json!({ "grant": g.grant, "share": g.share })).collect::<Vec<_>>(),
        "extras": s.extras.iter()
            .map(|e| json!({ "account": e.account.to_string(), "share": e.share }))
            .collect::<Vec<_>>(),
    })
}

/// What an owner publishes, line by line.
pub fn spec_rows(names: &AssetNames, s: &VersionSpec<AccountId>) -> Vec<(&'static str, String)> {
    let d = &s.disclosure;
    let mut terms = format!("derivatives {}", s.terms.permission.word());
    if s.terms.permission != Permission::Forbidden {
        terms += &format!(
            ", least royalty {}, binds {}",
            percent(s.terms.least_royalty),
            s.terms.reach.word()
        );
        if let Some(least) = &s.terms.least_per_unit {
            terms += &format!(", at least {} per {}", names.amount(least), s.unit.word());
        }
    }
    let mut rows = vec![
        ("artifact", file_text(&s.artifact)),
        ("manifest", file_text(&s.manifest)),
        (
            "price",
            format!("{} per {}", names.amount(&s.price), s.unit.word()),
        ),
        ("numerics", s.numerics.word()),
        (
            "modes",
            s.modes.iter().map(kebab).collect::<Vec<_>>().join(", "),
        ),
        (
            "sizes",
            format!(
                "input at most {}, answer at most {} bytes",
                s.input_most, s.output_most
            ),
        ),
        ("licence", words(&s.licence)),
        (
            "openness",
            format!(
                "source {}, training data {}, checkpoints {}",
                d.source.word(),
                d.training_data.word(),
                d.checkpoints.word()
            ),
        ),
        ("terms", terms),
    ];
    let shares: Vec<String> = s
        .bases
        .iter()
        .map(|b| format!("{} to base v{}", percent(b.royalty), b.version))
        .chain(
            s.grants
                .iter()
                .map(|g| format!("{} to grant g{}'s dataset", percent(g.share), g.grant)),
        )
        .chain(
            s.extras
                .iter()
                .map(|e| format!("{} to {}", percent(e.share), e.account)),
        )
        .chain([format!("{} to the model's owner", percent(owners_share(s)))])
        .collect();
    rows.push(("income", shares.join("\n")));
    rows
}

/// What bases, datasets and extra accounts leave to the owner.
pub fn owners_share(s: &VersionSpec<AccountId>) -> Ppm {
    let others = s
        .bases
        .iter()
        .map(|b| b.royalty.0)
        .chain(s.grants.iter().map(|g| g.share.0))
        .chain(s.extras.iter().map(|e| e.share.0))
        .fold(0u32, u32::saturating_add);
    Ppm(Ppm::MILLION.0.saturating_sub(others))
}

pub fn version_json(names: &AssetNames, v: &Version) -> Value {
    json!({
        "id": v.id,
        "model": v.model,
        "state": kebab(v.state),
        "spec": spec_json(names, &v.spec),
        "split": v.split,
        "ancestors": v.ancestors,
        "licensed_until": v.licensed_until,
        "share_alike": v.share_alike,
        "commercial": v.commercial,
        "first_with_artifact": v.first_with_artifact,
    })
}

pub fn version(names: &AssetNames, v: &Version) -> Report {
    let mut rows = vec![(
        "version",
        format!("v{} of model {}, {}", v.id, v.model, kebab(v.state)),
    )];
    if v.first_with_artifact != v.id {
        rows.push((
            "copy",
            format!("v{} had the same artifact first", v.first_with_artifact),
        ));
    }
    rows.extend(spec_rows(names, &v.spec));
    rows.push(("split", v.split.to_string()));
    if !v.ancestors.is_empty() {
        let ids: Vec<String> = v.ancestors.iter().map(|a| format!("v{a}")).collect();
        rows.push(("bound by", ids.join(", ")));
    }
    rows.push((
        "licensed",
        v.licensed_until
            .map_or("for ever".into(), |t| format!("until tick {t}")),
    ));
    if v.share_alike {
        rows.push((
            "share-alike",
            "derivatives must allow derivatives too".into(),
        ));
    }
    if !v.commercial {
        rows.push(("commercial use", "not allowed: no price and no fee".into()));
    }
    Report::new(version_json(names, v), fields(&rows))
}

fn terms_json(names: &AssetNames, t: &DatasetTerms) -> Value {
    let (notice, perpetual_term) = match t.revocation {
        Revocation::Never => (None, None),
        Revocation::Notice {
            notice,
            perpetual_term,
        } => (Some(notice), Some(perpetual_term)),
    };
    json!({
        "price": amount(names, &t.price),
        "period": t.period,
        "least_share": t.least_share,
        "least_per_unit": t.least_per_unit.as_ref().map(|a| amount(names, a)),
        "approval": t.approval,
        "notice": notice,
        "perpetual_term": perpetual_term,
        "share_alike": t.share_alike,
        "commercial": t.commercial,
        "reach": t.reach.word(),
    })
}

/// Terms in one paragraph of short lines.
pub fn terms_text(names: &AssetNames, t: &DatasetTerms) -> String {
    let mut lines = vec![
        format!(
            "{} {}",
            names.amount(&t.price),
            match t.period {
                Some(period) => format!("for {}", about(period)),
                None => "once, for ever".into(),
            }
        ),
        format!(
            "at least {} of each derived model's income",
            percent(t.least_share)
        ),
    ];
    if let Some(least) = &t.least_per_unit {
        lines.push(format!("at least {} for each unit", names.amount(least)));
    }
    if t.approval {
        lines.push("each grant needs the owner's approval".into());
    }
    lines.push(match t.revocation {
        Revocation::Never => "never revoked".into(),
        Revocation::Notice { notice, .. } => format!("revocable after {}", about(notice)),
    });
    if t.share_alike {
        lines.push("versions must let others derive from them".into());
    }
    if !t.commercial {
        lines.push("no commercial use".into());
    }
    if t.reach == Reach::Descendants {
        lines.push("binds every version down the line".into());
    }
    lines.join("\n")
}

pub fn dataset_json(names: &AssetNames, d: &DatasetView<AccountId>) -> Value {
    json!({
        "id": d.id,
        "owner": d.owner.to_string(),
        "offered_to": d.offered_to.as_ref().map(|a| a.to_string()),
        "name": words(&d.name),
        "category": d.category.word(),
        "metadata": file_json(&d.metadata),
        "openness": d.openness.word(),
        "state": kebab(d.state),
        "split": d.split,
        "terms": d.terms.as_ref().map(|(number, t)| {
            let mut json = terms_json(names, t);
            json["number"] = json!(number);
            json
        }),
    })
}

pub fn dataset(names: &AssetNames, d: &DatasetView<AccountId>) -> Report {
    let mut rows = vec![
        ("dataset", format!("{} {}", d.id, words(&d.name))),
        ("category", d.category.word()),
        ("owner", d.owner.to_string()),
        ("openness", d.openness.word()),
        ("state", kebab(d.state)),
        ("metadata", file_text(&d.metadata)),
        ("split", d.split.to_string()),
        (
            "terms",
            optional(&d.terms, |(n, t)| {
                format!("number {n}\n{}", terms_text(names, t))
            }),
        ),
    ];
    if let Some(to) = &d.offered_to {
        rows.push(("offered to", to.to_string()));
    }
    Report::new(dataset_json(names, d), fields(&rows))
}

pub fn datasets(names: &AssetNames, list: &[DatasetView<AccountId>]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|d| {
            vec![
                d.id.to_string(),
                words(&d.name),
                d.category.word(),
                kebab(d.state),
                optional(&d.terms, |(_, t)| names.amount(&t.price)),
                short(&d.owner),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(|d| dataset_json(names, d)).collect(),
        table(
            &["dataset", "name", "category", "state", "price", "owner"],
            &rows,
            "no datasets",
        ),
    )
}

fn grant_json(names: &AssetNames, g: &GrantView) -> Value {
    json!({
        "id": g.id,
        "dataset": g.dataset,
        "model": g.model,
        "number": g.number,
        "terms": terms_json(names, &g.terms),
        "ends": g.ends,
        "versions": g.versions,
    })
}

pub fn grants(names: &AssetNames, list: &[GrantView]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|g| {
            let versions: Vec<String> = g.versions.iter().map(|v| format!("v{v}")).collect();
            vec![
                format!("g{}", g.id),
                g.dataset.to_string(),
                g.number.to_string(),
                g.ends.map_or("for ever".into(), |t| format!("tick {t}")),
                names.amount(&g.terms.price),
                percent(g.terms.least_share),
                versions.join(" "),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(|g| grant_json(names, g)).collect(),
        table(
            &[
                "grant",
                "dataset",
                "terms",
                "ends",
                "price",
                "least share",
                "versions",
            ],
            &rows,
            "no grants",
        ),
    )
}

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
        "fee": amount_json(names, asset, o.fee.units),
        "least_deadline": o.least_deadline,
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
                o.least_deadline.to_string(),
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
        "open_most": w.details.open_most,
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
            format!("{} of at most {}", w.open, w.details.open_most),
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
                o.least_deadline.to_string(),
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
pub fn quote_text(names: &AssetNames, q: &Quote, units: u32) -> String {
    fields(&[
        (
            "price",
            format!("{} for {units} units", names.show(&q.asset, q.price)),
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
