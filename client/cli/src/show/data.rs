//! Datasets, their terms and grants.

use super::{amount, file_json, file_text, optional, short, words};
use crate::{
    amount::AssetNames,
    output::{fields, table, Report},
    text::{about, kebab, percent, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use serde_json::{json, Value};

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
        "min_share": t.min_share,
        "min_per_unit": t.min_per_unit.as_ref().map(|a| amount(names, a)),
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
            percent(t.min_share)
        ),
    ];
    if let Some(least) = &t.min_per_unit {
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
                percent(g.terms.min_share),
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
