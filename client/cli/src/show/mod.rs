//! Views of the chain as JSON and as text: models and versions here, the rest below.

mod data;
mod work;

pub use data::*;
pub use work::*;

use crate::{
    amount::{asset_text, AssetNames},
    output::{fields, plain, table, Report},
    text::{kebab, percent, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use serde_json::{json, Value};

type Version = VersionView<AccountId>;

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
                words(&v.spec.license),
                if v.first_with_artifact == v.id {
                    String::new()
                } else {
                    format!("a copy of v{}", v.first_with_artifact)
                },
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
        "max_input": s.max_input,
        "max_output": s.max_output,
        "openness": {
            "source": s.openness.source.word(),
            "training_data": s.openness.training_data.word(),
            "checkpoints": s.openness.checkpoints.word(),
        },
        "license": words(&s.license),
        "derivatives": {
            "permission": s.terms.permission.word(),
            "min_royalty": s.terms.min_royalty,
            "min_per_unit": s.terms.min_per_unit.as_ref().map(|a| amount(names, a)),
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
    let d = &s.openness;
    let mut terms = format!("derivatives {}", s.terms.permission.word());
    if s.terms.permission != Permission::Forbidden {
        terms += &format!(
            ", least royalty {}, binds {}",
            percent(s.terms.min_royalty),
            s.terms.reach.word()
        );
        if let Some(least) = &s.terms.min_per_unit {
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
                s.max_input, s.max_output
            ),
        ),
        ("license", words(&s.license)),
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
        "last_work": v.last_work,
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
