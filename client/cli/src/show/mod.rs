//! Views of the chain as JSON and as text: models and versions here, the rest below.

mod clauses;
mod data;
mod gov;
mod suspension;
mod work;

pub use clauses::*;
pub use data::*;
pub use gov::*;
pub use work::*;

use crate::{
    output::{fields, table, Report},
    parse::{kebab, percent, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use myai_sdk::{
    amount::{asset_text, AssetNames},
    policies::Policy,
    words::plain,
};
use serde_json::{json, Value};
use suspension::{period, suspended_json, suspended_note, suspended_row};

type Version = VersionView<AccountId>;

/// A view with its suspension, if one is in force.
pub type Moderated<T> = (T, Option<SuspensionView>);

/// What a suspended model or version does not do.
const STOPPED: &str = "no new work, and the shares of its owner and of extra accounts wait";

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
pub fn amount_json(names: &AssetNames, asset: &Asset, value: Balance) -> Value {
    json!({
        "asset": asset_text(asset),
        "value": value.to_string(),
        "text": names.show(asset, value),
    })
}

fn amount(names: &AssetNames, a: &Amount) -> Value {
    amount_json(names, &a.asset, a.value)
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

/// When something ends, a tick of `now`.
pub fn until(ends: Option<Tick>) -> String {
    ends.map_or("forever".into(), |t| format!("until tick {t}"))
}

pub fn model_json((m, suspended): &Moderated<ModelView<AccountId>>) -> Value {
    json!({
        "id": m.id,
        "owner": m.owner,
        "account": m.account,
        "name": words(&m.name),
        "category": m.category.word(),
        "metadata": file_json(&m.metadata),
        "offered_to": m.offered_to,
        "changes": m.changes,
        "suspended": suspended_json(*suspended),
    })
}

/// A model and its versions.
pub fn model(
    names: &AssetNames,
    model: &Moderated<ModelView<AccountId>>,
    versions: &[Moderated<Version>],
) -> Report {
    let mut json = model_json(model);
    json["versions"] = versions.iter().map(|v| version_json(names, v)).collect();
    let (m, suspended) = model;
    let mut rows = vec![
        ("model", format!("{} {}", m.id, words(&m.name))),
        ("category", m.category.word()),
        ("owner", m.owner.to_string()),
        ("account", m.account.to_string()),
        ("metadata", file_text(&m.metadata)),
        ("changes", m.changes.to_string()),
    ];
    rows.extend(suspended_row(*suspended, STOPPED));
    if let Some(to) = &m.offered_to {
        rows.push(("offered to", to.to_string()));
    }
    let list: Vec<Vec<String>> = versions
        .iter()
        .map(|(v, suspended)| {
            let first = v.first_with_artifact;
            let copy = (first != v.id).then(|| format!("a copy of v{first}"));
            let notes = suspended.as_ref().map(suspended_note);
            let notes: Vec<String> = notes.into_iter().chain(copy).collect();
            vec![
                format!("v{}", v.id),
                kebab(v.state),
                format!("{} per {}", names.amount(&v.spec.price), v.spec.unit.word()),
                v.spec.numerics.word(),
                words(&v.spec.clauses.license),
                notes.join(", "),
            ]
        })
        .collect();
    let versions = table(
        &["version", "state", "price", "numerics", "license", ""],
        &list,
        "no version was published",
    );
    Report::new(json, format!("{}\n\n{versions}", fields(&rows)))
}

pub fn models(list: &[Moderated<ModelView<AccountId>>]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|(m, suspended)| {
            vec![
                m.id.to_string(),
                words(&m.name),
                m.category.word(),
                m.owner.to_string(),
                suspended.as_ref().map_or(String::new(), suspended_note),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(model_json).collect(),
        table(
            &["model", "name", "category", "owner", ""],
            &rows,
            "no models",
        ),
    )
}

pub fn spec_json(names: &AssetNames, s: &VersionSpec<AccountId>) -> Value {
    let dataset = |d: &DatasetLine| match d.source {
        DataSource::Grant(grant) => json!({ "grant": grant, "share": d.share }),
        DataSource::Dataset(dataset) => json!({ "dataset": dataset, "share": d.share }),
    };
    json!({
        "artifact": file_json(&s.artifact),
        "manifest": file_json(&s.manifest),
        "numerics": s.numerics.word(),
        "unit": s.unit.word(),
        "price": amount(names, &s.price),
        "modes": s.modes.iter().map(kebab).collect::<Vec<_>>(),
        "max_input": s.max_input,
        "max_output": s.max_output,
        "openness": {
            "source": s.openness.source.word(),
            "training_data": s.openness.training_data.word(),
            "checkpoints": s.openness.checkpoints.word(),
        },
        "clauses": clauses_json(names, &s.clauses),
        "bases": s.bases.iter()
            .map(|b| json!({ "version": b.version, "royalty": b.royalty })).collect::<Vec<_>>(),
        "datasets": s.datasets.iter().map(dataset).collect::<Vec<_>>(),
        "extras": s.extras.iter()
            .map(|e| json!({ "account": e.account, "share": e.share }))
            .collect::<Vec<_>>(),
    })
}

/// What an owner publishes, line by line.
pub fn spec_rows(names: &AssetNames, s: &VersionSpec<AccountId>) -> Vec<(&'static str, String)> {
    let d = &s.openness;
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
                s.max_input, s.max_output
            ),
        ),
        (
            "openness",
            format!(
                "source {}, training data {}, checkpoints {}",
                d.source.word(),
                d.training_data.word(),
                d.checkpoints.word()
            ),
        ),
    ];
    rows.extend(clauses_rows(names, &s.clauses));
    let data = |source| match source {
        DataSource::Grant(grant) => format!("grant g{grant}'s dataset"),
        DataSource::Dataset(dataset) => format!("dataset d{dataset}"),
    };
    let bases = s.bases.iter();
    let datasets = s.datasets.iter();
    let extras = s.extras.iter();
    let shares: Vec<String> = bases
        .map(|b| format!("{} to base v{}", percent(b.royalty), b.version))
        .chain(datasets.map(|d| format!("{} to {}", percent(d.share), data(d.source))))
        .chain(extras.map(|e| format!("{} to {}", percent(e.share), e.account)))
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
        .chain(s.datasets.iter().map(|d| d.share.0))
        .chain(s.extras.iter().map(|e| e.share.0))
        .fold(0u32, u32::saturating_add);
    Ppm(Ppm::MILLION.0.saturating_sub(others))
}

pub fn version_json(names: &AssetNames, (v, suspended): &Moderated<Version>) -> Value {
    let bound_by = |by: &BoundByView| {
        json!({
            "licensor": licensor_json(by.licensor),
            "clauses": clauses_json(names, &by.clauses),
        })
    };
    let lives_by = |l: &LivesByView| {
        let (trained, dataset) = (l.trained, l.dataset);
        json!({ "trained": trained, "dataset": dataset, "grant": l.grant, "ends": l.ends })
    };
    json!({
        "id": v.id,
        "model": v.model,
        "state": kebab(v.state),
        "suspended": suspended_json(*suspended),
        "last_work": v.last_work,
        "spec": spec_json(names, &v.spec),
        "split": v.split,
        "effective": effective_json(names, &v.effective, &v.spec.price.asset),
        "bound_by": v.bound_by.iter().map(bound_by).collect::<Vec<_>>(),
        "policies": v.policies.as_ref().map(hex32),
        "lives_by": v.lives_by.iter().map(lives_by).collect::<Vec<_>>(),
        "licensed_until": v.licensed_until,
        "first_with_artifact": v.first_with_artifact,
    })
}

/// A version, which is suspended with its model, too.
pub fn version(
    names: &AssetNames,
    version: &Moderated<Version>,
    model_suspended: Option<SuspensionView>,
) -> Report {
    let (v, suspended) = version;
    let mut rows = vec![(
        "version",
        format!("v{} of model {}, {}", v.id, v.model, kebab(v.state)),
    )];
    rows.extend(suspended_row(*suspended, STOPPED));
    if let Some(s) = model_suspended {
        rows.push(("its model", format!("suspended {}: {STOPPED}", period(&s))));
    }
    if let Some(last) = v.last_work {
        let text = format!("jobs on it may be answered until tick {last} of service");
        rows.push(("last work", text));
    }
    if v.first_with_artifact != v.id {
        let text = format!("v{} had the same artifact first", v.first_with_artifact);
        rows.push(("copy", text));
    }
    rows.extend(spec_rows(names, &v.spec));
    rows.push(("split", v.split.to_string()));
    rows.extend(effective_rows(names, v));
    let policies = Policy::of(v);
    if !policies.is_empty() {
        rows.push(("policies", policies_text(&policies)));
    }
    let stands_on = |l: &LivesByView| {
        let trained = match l.trained == v.id {
            true => String::new(),
            false => format!(", on which v{} was trained", l.trained),
        };
        format!(
            "grant g{} of dataset d{}{trained}, {}",
            l.grant,
            l.dataset,
            until(l.ends)
        )
    };
    if !v.lives_by.is_empty() {
        let lines: Vec<String> = v.lives_by.iter().map(stands_on).collect();
        rows.push(("lives by", lines.join("\n")));
    }
    rows.push(("licensed", until(v.licensed_until)));
    let mut json = version_json(names, version);
    json["model_suspended"] = suspended_json(model_suspended);
    Report::new(json, fields(&rows))
}

fn approval_json(
    licensor: Licensor,
    kind: ApprovalKind,
    account: &AccountId,
    state: &str,
) -> Value {
    json!({
        "licensor": licensor_json(licensor),
        "kind": kind.word(),
        "account": account,
        "state": state,
    })
}

/// Says that an approval was given, asked for or withdrawn.
pub fn approval(
    licensor: Licensor,
    kind: ApprovalKind,
    account: &AccountId,
    state: &str,
) -> Report {
    let (who, kind_word) = (licensor_text(licensor), kind.word());
    Report::new(
        approval_json(licensor, kind, account, state),
        format!("{state}: {account} as a {kind_word} of what {who} binds"),
    )
}

/// Who is approved as a host or a user, and who asks to be.
pub fn approvals(list: &[ApprovalView<AccountId>]) -> Report {
    let state = |a: &ApprovalView<AccountId>| match a.given {
        true => "approved",
        false => "requested",
    };
    let json =
        |a: &ApprovalView<AccountId>| approval_json(a.licensor, a.kind, &a.account, state(a));
    let row =
        |a: &ApprovalView<AccountId>| vec![a.account.to_string(), a.kind.word(), state(a).into()];
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    Report::new(
        list.iter().map(json).collect(),
        table(
            &["account", "as", "state"],
            &rows,
            "nobody is approved, and nobody asks to be",
        ),
    )
}
