//! What licenses demand, and what that comes to for a version.

use super::{amount_json, file_json, file_text, hex32, licensor_text, words};
use crate::parse::{percent, Choice, CommercialUse};
use myai_chain_client::AccountId;
use myai_primitives::*;
use myai_sdk::{
    amount::{asset_text, AssetNames},
    policies::Policy,
    words::plain,
};
use serde_json::{json, Value};

/// A version, or a dataset by the number of its terms.
pub fn licensor_json(licensor: Licensor) -> Value {
    match licensor {
        Licensor::Version(version) => json!({ "version": version }),
        Licensor::Dataset(dataset, number) => json!({ "dataset": dataset, "number": number }),
    }
}

fn royalty_json(names: &AssetNames, r: &Royalty) -> Value {
    let alternative = |a: &Alternative| {
        json!({
            "unit": a.unit.word(),
            "asset": asset_text(&a.asset),
            "floor": amount_json(names, &a.asset, a.floor),
            "max_fee": amount_json(names, &a.asset, a.max_fee),
        })
    };
    json!({
        "share": r.share,
        "alternatives": r.alternatives.iter().map(alternative).collect::<Vec<_>>(),
    })
}

/// The word, and beside it the limit of fees.
fn commercial_json(names: &AssetNames, commercial: Commercial) -> (String, Value) {
    let (word, fees) = match commercial {
        Commercial::Allowed => (CommercialUse::Allowed, None),
        Commercial::Forbidden { fees } => (CommercialUse::Forbidden, fees),
    };
    let fees = fees.map(|f| {
        json!({
            "unit": f.unit.word(),
            "asset": asset_text(&f.asset),
            "max_fee": amount_json(names, &f.asset, f.max_fee),
        })
    });
    (word.word(), json!(fees))
}

/// Clauses as a `[clauses]` table has them.
pub(super) fn clauses_json(names: &AssetNames, c: &Clauses) -> Value {
    let (commercial, fees) = commercial_json(names, c.commercial);
    json!({
        "license": words(&c.license),
        "text": c.text.as_ref().map(file_json),
        "derivatives": c.derivatives.word(),
        "royalty": royalty_json(names, &c.royalty),
        "irrevocable": c.irrevocable,
        "commercial": commercial,
        "fees": fees,
        "hosting": c.hosting.word(),
        "users": c.users.word(),
        "use_policy": c.use_policy.as_ref().map(file_json),
        "share_alike": c.share_alike,
        "attribution": words(&c.attribution),
    })
}

/// What a version's clauses come to with those of its ancestors, in the asset of its price.
pub(super) fn effective_json(names: &AssetNames, e: &Effective, asset: &Asset) -> Value {
    let (commercial, fees) = commercial_json(names, e.flags.commercial);
    let bound = |b: &Bound| {
        let licensor = licensor_json(b.licensor);
        json!({ "licensor": licensor, "hosting": b.hosting, "users": b.users })
    };
    let asked = |a: &Asked| {
        json!({
            "licensor": licensor_json(a.licensor),
            "derivatives": a.derivatives.word(),
            "royalty": royalty_json(names, &a.royalty),
        })
    };
    json!({
        "flags": {
            "commercial": commercial,
            "fees": fees,
            "hosting": e.flags.hosting,
            "users": e.flags.users,
        },
        "bound_by": e.bound_by.iter().map(bound).collect::<Vec<_>>(),
        "licensors": e.licensors.iter().map(asked).collect::<Vec<_>>(),
        "policies": e.policies.iter().map(hex32).collect::<Vec<_>>(),
        "share_alike": e.share_alike.as_ref().map(hex32),
        "min_price": amount_json(names, asset, e.min_price),
        "max_fee": e.max_fee.map(|max| amount_json(names, asset, max)),
    })
}

/// A share and, for each unit and asset, what it brings and what fees come to.
fn royalty_lines(names: &AssetNames, r: &Royalty) -> Vec<String> {
    let alternative = |a: &Alternative| {
        format!(
            "  per {}: at least {}, all fees at most {}",
            a.unit.word(),
            names.show(&a.asset, a.floor),
            names.show(&a.asset, a.max_fee)
        )
    };
    match r.share.0 {
        0 => vec![],
        _ => [format!(
            "royalty {} of each descendant's price",
            percent(r.share)
        )]
        .into_iter()
        .chain(r.alternatives.iter().map(alternative))
        .collect(),
    }
}

fn derivatives_line(derivatives: Derivatives) -> String {
    match derivatives {
        Derivatives::Forbidden => "derivatives forbidden",
        Derivatives::Approval => "derivatives need approval",
        Derivatives::Allowed => "derivatives allowed",
    }
    .into()
}

fn commercial_line(names: &AssetNames, commercial: Commercial) -> Option<String> {
    match commercial {
        Commercial::Allowed => None,
        Commercial::Forbidden { fees: None } => {
            Some("no commercial use: no price and no fee".into())
        }
        Commercial::Forbidden { fees: Some(limit) } => Some(format!(
            "no commercial use: no price, all fees at most {} per {}",
            names.show(&limit.asset, limit.max_fee),
            limit.unit.word()
        )),
    }
}

/// What clauses demand, one demand a line; what they do not ask is left out, but who may derive.
fn demand_lines(names: &AssetNames, c: &Clauses) -> Vec<String> {
    let mut lines = vec![derivatives_line(c.derivatives)];
    lines.extend(royalty_lines(names, &c.royalty));
    if c.irrevocable {
        lines.push("irrevocable".into());
    }
    lines.extend(condition_lines(names, c));
    lines
}

/// The conditions, which come down to every descendant.
fn condition_lines(names: &AssetNames, c: &Clauses) -> Vec<String> {
    let mut lines: Vec<String> = commercial_line(names, c.commercial).into_iter().collect();
    if c.hosting == Access::Approval {
        lines.push("hosts need approval".into());
    }
    if c.users == Access::Approval {
        lines.push("users need approval".into());
    }
    if c.use_policy.is_some() {
        lines.push("users accept a policy".into());
    }
    if c.share_alike {
        lines.push("share-alike: the same license and text, and nothing more is asked".into());
    }
    if !c.attribution.is_empty() {
        lines.push(format!("attribution: {}", words(&c.attribution)));
    }
    lines
}

/// A license, its text and policy, and what it demands.
pub(super) fn clauses_rows(names: &AssetNames, c: &Clauses) -> Vec<(&'static str, String)> {
    let mut rows = vec![("license", words(&c.license))];
    if let Some(text) = &c.text {
        rows.push(("its text", file_text(text)));
    }
    if let Some(policy) = &c.use_policy {
        rows.push(("its policy", file_text(policy)));
    }
    rows.push(("clauses", demand_lines(names, c).join("\n")));
    rows
}

/// What binds a version, its ancestors' demands included, and what its descendants must keep.
pub(super) fn effective_rows(
    names: &AssetNames,
    v: &VersionView<AccountId>,
) -> Vec<(&'static str, String)> {
    let (e, asset, unit) = (&v.effective, &v.spec.price.asset, v.spec.unit.word());
    let mut rows = vec![];
    let bound_by = |by: &BoundByView| {
        let who = licensor_text(by.licensor);
        let lines = condition_lines(names, &by.clauses);
        format!("{who}: {}", lines.join("\n  "))
    };
    if !v.bound_by.is_empty() {
        let lines: Vec<String> = v.bound_by.iter().map(bound_by).collect();
        rows.push(("bound by", lines.join("\n")));
    }
    let mut limits: Vec<String> = commercial_line(names, e.flags.commercial)
        .into_iter()
        .collect();
    if e.min_price > 0 {
        let min = names.show(asset, e.min_price);
        limits.push(format!("price at least {min} per {unit}"));
    }
    if let Some(max) = e.max_fee {
        let max = names.show(asset, max);
        limits.push(format!("all fees of a job at most {max} per {unit}"));
    }
    if e.flags.hosting {
        limits.push("hosts need approval".into());
    }
    if e.flags.users {
        limits.push("users need approval".into());
    }
    if !limits.is_empty() {
        rows.push(("in force", limits.join("\n")));
    }
    let asked = |a: &Asked| {
        let mut lines = royalty_lines(names, &a.royalty);
        if a.derivatives != Derivatives::Allowed {
            lines.push(derivatives_line(a.derivatives));
        }
        format!("{}: {}", licensor_text(a.licensor), lines.join("\n  "))
    };
    if !e.licensors.is_empty() {
        let lines: Vec<String> = e.licensors.iter().map(asked).collect();
        rows.push(("descendants", lines.join("\n")));
    }
    let attributions: Vec<String> = v
        .bound_by
        .iter()
        .filter(|by| !by.clauses.attribution.is_empty())
        .map(|by| words(&by.clauses.attribution))
        .collect();
    if !attributions.is_empty() {
        rows.push(("attribution", attributions.join("\n")));
    }
    rows
}

/// Policies, who states them and where they are.
pub fn policies_json(policies: &[Policy]) -> Value {
    let one = |p: &Policy| {
        json!({
            "licensor": licensor_json(p.licensor),
            "sha256": hex32(&p.file.sha256),
            "uris": p.file.uris.iter().map(|u| words(u)).collect::<Vec<_>>(),
        })
    };
    policies.iter().map(one).collect()
}

pub fn policies_text(policies: &[Policy]) -> String {
    let one = |p: &Policy| {
        let uris: Vec<String> = p.file.uris.iter().map(|u| words(u)).collect();
        format!(
            "policy of {}: {} (sha256 {})",
            licensor_text(p.licensor),
            uris.join(" or "),
            hex::encode(p.file.sha256)
        )
    };
    let lines: Vec<String> = policies.iter().map(|p| plain(&one(p))).collect();
    lines.join("\n")
}
