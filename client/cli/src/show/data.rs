//! Datasets, their terms and grants.

use super::{
    amount, clauses_json, clauses_rows, file_json, file_text, optional, short, suspended_json,
    suspended_note, suspended_row, until, words, Moderated,
};
use crate::{
    output::{fields, table, Report},
    parse::{kebab, percent, Choice},
};
use myai_chain_client::AccountId;
use myai_primitives::*;
use myai_sdk::{amount::AssetNames, words::about};
use serde_json::{json, Value};

pub fn terms_json(names: &AssetNames, t: &DatasetTerms) -> Value {
    let revocation = match t.revocation {
        Revocation::Never => Value::Null,
        Revocation::Notice {
            notice,
            perpetual_term,
        } => json!({ "notice": notice, "perpetual_term": perpetual_term }),
    };
    json!({
        "clauses": clauses_json(names, &t.clauses),
        "price": amount(names, &t.price),
        "period": t.period,
        "renewable": t.renewable,
        "revocation": revocation,
    })
}

/// What a grant costs, how long it lasts and how it ends.
fn grant_rows(names: &AssetNames, t: &DatasetTerms) -> Vec<(&'static str, String)> {
    let price = names.amount(&t.price);
    let lasts = match t.period {
        Some(period) => format!("{price} for {}", about(period)),
        None => format!("{price} once, forever"),
    };
    let mut rows = vec![("price", lasts)];
    if t.period.is_some() {
        let limit = match t.renewable {
            Some(limit) => format!("up to {} after it was given", about(limit)),
            None => "without end".into(),
        };
        rows.push(("renewable", limit));
    }
    let revocable = match (t.revocation, t.period) {
        (Revocation::Never, _) => "never".into(),
        (Revocation::Notice { notice, .. }, Some(_)) => format!("after {}", about(notice)),
        (
            Revocation::Notice {
                notice,
                perpetual_term,
            },
            None,
        ) => format!(
            "after {}; the price is used up in {}",
            about(notice),
            about(perpetual_term)
        ),
    };
    rows.push(("revocable", revocable));
    rows
}

/// Terms as rows.
pub fn terms_rows(names: &AssetNames, t: &DatasetTerms) -> Vec<(&'static str, String)> {
    let mut rows = grant_rows(names, t);
    rows.extend(clauses_rows(names, &t.clauses));
    rows
}

pub fn dataset_json(
    names: &AssetNames,
    (d, suspended): &Moderated<DatasetView<AccountId>>,
) -> Value {
    json!({
        "id": d.id,
        "owner": d.owner,
        "offered_to": d.offered_to,
        "changes": d.changes,
        "name": words(&d.name),
        "category": d.category.word(),
        "metadata": file_json(&d.metadata),
        "openness": d.openness.word(),
        "state": kebab(d.state),
        "suspended": suspended_json(*suspended),
        "split": d.split,
        "terms": d.terms.as_ref().map(|(number, t)| {
            let mut json = terms_json(names, t);
            json["number"] = json!(number);
            json
        }),
    })
}

pub fn dataset(names: &AssetNames, dataset: &Moderated<DatasetView<AccountId>>) -> Report {
    let (d, suspended) = dataset;
    let mut rows = vec![
        ("dataset", format!("{} {}", d.id, words(&d.name))),
        ("category", d.category.word()),
        ("owner", d.owner.to_string()),
        ("openness", d.openness.word()),
        ("state", kebab(d.state)),
        ("metadata", file_text(&d.metadata)),
        ("changes", d.changes.to_string()),
        ("split", d.split.to_string()),
        ("terms", optional(&d.terms, |(n, _)| format!("number {n}"))),
    ];
    if let Some((_, terms)) = &d.terms {
        rows.extend(terms_rows(names, terms));
    }
    if let Some(to) = &d.offered_to {
        rows.push(("offered to", to.to_string()));
    }
    rows.extend(suspended_row(*suspended, "no new grants"));
    Report::new(dataset_json(names, dataset), fields(&rows))
}

pub fn datasets(names: &AssetNames, list: &[Moderated<DatasetView<AccountId>>]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|(d, suspended)| {
            vec![
                d.id.to_string(),
                words(&d.name),
                d.category.word(),
                kebab(d.state),
                optional(&d.terms, |(_, t)| names.amount(&t.price)),
                optional(&d.terms, |(_, t)| t.clauses.derivatives.word()),
                short(&d.owner),
                suspended.as_ref().map_or(String::new(), suspended_note),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(|d| dataset_json(names, d)).collect(),
        table(
            &[
                "dataset", "name", "category", "state", "price", "training", "owner", "",
            ],
            &rows,
            "no datasets",
        ),
    )
}

pub fn grant_json(names: &AssetNames, g: &GrantView<AccountId>) -> Value {
    let instalment = |i: &Instalment<AccountId>| {
        json!({
            "payer": i.payer,
            "value": i.value.to_string(),
            "start": i.start,
            "end": i.end,
            "vested": i.vested.to_string(),
        })
    };
    json!({
        "id": g.id,
        "dataset": g.dataset,
        "model": g.model,
        "number": g.number,
        "terms": terms_json(names, &g.terms),
        "metadata": file_json(&g.metadata),
        "ends": g.ends,
        "revoked": g.revoked,
        "instalments": g.instalments.iter().map(instalment).collect::<Vec<_>>(),
        "versions": g.versions,
    })
}

fn ends_text(g: &GrantView<AccountId>) -> String {
    match g.revoked {
        true => format!("revoked, {}", until(g.ends)),
        false => until(g.ends),
    }
}

pub fn grant(names: &AssetNames, g: &GrantView<AccountId>) -> Report {
    let asset = &g.terms.price.asset;
    let instalment = |i: &Instalment<AccountId>| {
        format!(
            "{} of {} paid by {} has vested, all by tick {}",
            names.show(asset, i.vested),
            names.show(asset, i.value),
            i.payer,
            i.end
        )
    };
    let mut rows = vec![
        (
            "grant",
            format!("g{}: model {} on dataset {}", g.id, g.model, g.dataset),
        ),
        ("runs", ends_text(g)),
        ("versions", format!("{} stand on it", g.versions)),
        ("sold as", file_text(&g.metadata)),
    ];
    if !g.instalments.is_empty() {
        let lines: Vec<String> = g.instalments.iter().map(instalment).collect();
        rows.push(("vests", lines.join("\n")));
    }
    rows.push(("terms", format!("number {}", g.number)));
    rows.extend(terms_rows(names, &g.terms));
    Report::new(grant_json(names, g), fields(&rows))
}

pub fn grants(names: &AssetNames, list: &[GrantView<AccountId>]) -> Report {
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|g| {
            vec![
                format!("g{}", g.id),
                g.dataset.to_string(),
                g.number.to_string(),
                ends_text(g),
                names.amount(&g.terms.price),
                percent(g.terms.clauses.royalty.share),
                g.versions.to_string(),
            ]
        })
        .collect();
    Report::new(
        list.iter().map(|g| grant_json(names, g)).collect(),
        table(
            &[
                "grant", "dataset", "terms", "runs", "price", "royalty", "versions",
            ],
            &rows,
            "no grants",
        ),
    )
}

/// Requests for grants.
pub fn requests(names: &AssetNames, list: &[RequestView<AccountId>]) -> Report {
    let json = |r: &RequestView<AccountId>| {
        json!({
            "dataset": r.dataset,
            "model": r.model,
            "number": r.number,
            "payer": r.payer,
            "price": amount(names, &r.price),
            "expires": r.expires,
        })
    };
    let row = |r: &RequestView<AccountId>| {
        vec![
            r.model.to_string(),
            r.number.to_string(),
            names.amount(&r.price),
            format!("tick {}", r.expires),
            r.payer.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = list.iter().map(row).collect();
    Report::new(
        list.iter().map(json).collect(),
        table(
            &["model", "terms", "price", "expires", "payer"],
            &rows,
            "no requests",
        ),
    )
}
