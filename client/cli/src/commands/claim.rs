//! `myai claim`: makes the claims that bring an account what it is owed.

use crate::{
    args::ClaimArgs,
    context::Context,
    error::Result,
    output::{table, Report},
    show,
};
use myai_chain_client::AccountId;
use myai_primitives::{Asset, Balance, Beneficiary, ClaimView, SplitId};
use myai_sdk::{
    amount::{asset_text, parse_asset, AssetNames},
    claims::{Issued, Paid},
    Claimed, Owed,
};
use serde_json::{json, Value};
use std::collections::BTreeMap;

pub async fn run(context: &Context<'_>, args: ClaimArgs) -> Result<Report> {
    let account = context.account(&args.account)?;
    let names = &context.names;
    let only = match &args.asset {
        Some(text) => Some(parse_asset(text, names)?),
        None => None,
    };
    let progress = context.output.progress();
    progress.step("looking for what may be claimed");
    let owed = context.owed(&account, only).await?;
    if args.dry_run {
        progress.done();
        return Ok(planned(names, &owed));
    }
    let claimed = match owed.is_empty() {
        true => Claimed::default(),
        false => {
            let key = context.signer()?;
            context
                .claim(&key, owed, &|step| progress.hear(step))
                .await?
        }
    };
    progress.done();
    Ok(report(names, &account, &claimed))
}

fn issued_json(names: &AssetNames, issued: &Issued) -> Value {
    json!({
        "epoch": issued.epoch,
        "value": show::amount_json(names, &Asset::Native, issued.value),
        "to": receiver(&issued.beneficiary),
    })
}

/// The receiver: an account, or a split that then owes it to others.
fn receiver(beneficiary: &Beneficiary<AccountId>) -> String {
    match beneficiary {
        Beneficiary::Account(account) => account.to_string(),
        Beneficiary::ModelOwner(model) => format!("owner of model {model}"),
        Beneficiary::DatasetOwner(dataset) => format!("owner of dataset {dataset}"),
        Beneficiary::Split(split) => format!("split {split}"),
    }
}

/// What `--dry-run` shows.
fn planned(names: &AssetNames, owed: &Owed) -> Report {
    let (issuance, claims) = (&owed.issuance, &owed.claims);
    let row = |c: &ClaimView<AccountId>| {
        vec![
            c.split.to_string(),
            c.share.to_string(),
            names.amount(&c.amount),
            receiver(&c.beneficiary),
        ]
    };
    let rows: Vec<Vec<String>> = claims.iter().map(row).collect();
    let json = |c: &ClaimView<AccountId>| {
        json!({
            "split": c.split,
            "share": c.share,
            "value": show::amount_json(names, &c.amount.asset, c.amount.value),
            "to": receiver(&c.beneficiary),
        })
    };
    let json: Vec<Value> = claims.iter().map(json).collect();
    let mut text = table(&["split", "share", "owed", "to"], &rows, "nothing is owed");
    if !issuance.is_empty() {
        let rows: Vec<Vec<String>> = issuance
            .iter()
            .map(|i| {
                vec![
                    i.epoch.to_string(),
                    names.show(&Asset::Native, i.value),
                    receiver(&i.beneficiary),
                ]
            })
            .collect();
        text = format!(
            "{}\n\n{text}",
            table(&["epoch", "issuance", "to"], &rows, "")
        );
    }
    let issuance: Vec<Value> = issuance.iter().map(|i| issued_json(names, i)).collect();
    Report::new(json!({ "issuance": issuance, "plan": json }), text)
}

/// What was claimed.
fn report(names: &AssetNames, account: &AccountId, done: &Claimed) -> Report {
    let mut totals: BTreeMap<Asset, Balance> = BTreeMap::new();
    for paid in &done.paid {
        let total = totals.entry(paid.amount.asset).or_default();
        if paid.to == *account {
            *total = total.saturating_add(paid.amount.value);
        }
    }
    let paid_json = |p: &Paid| {
        json!({
            "split": p.split,
            "share": p.share,
            "value": show::amount_json(names, &p.amount.asset, p.amount.value),
            "to": p.to,
        })
    };
    let failed_json = |(split, share, asset): &(SplitId, u32, Asset)| json!({ "split": split, "share": share, "asset": asset_text(asset) });
    let total_json = |(asset, value): (&Asset, &Balance)| show::amount_json(names, asset, *value);
    let json = json!({
        "account": account,
        "issuance": done.issuance.iter().map(|i| issued_json(names, i)).collect::<Vec<_>>(),
        "claimed": done.paid.iter().map(paid_json).collect::<Vec<_>>(),
        "credited": done.credited,
        "totals": totals.iter().map(total_json).collect::<Vec<_>>(),
        "failed": done.failed.iter().map(failed_json).collect::<Vec<_>>(),
    });
    Report::new(json, report_text(names, account, done, &totals))
}

fn report_text(
    names: &AssetNames,
    account: &AccountId,
    done: &Claimed,
    totals: &BTreeMap<Asset, Balance>,
) -> String {
    if *done == Claimed::default() {
        return format!("nothing is owed to {account}");
    }
    let row = |p: &Paid| {
        vec![
            p.split.to_string(),
            p.share.to_string(),
            names.amount(&p.amount),
            p.to.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = done.paid.iter().map(row).collect();
    let head = ["split", "share", "claimed", "to"];
    let mut text = table(&head, &rows, "nothing was owed");
    let sums: Vec<String> = totals.iter().map(|(a, n)| names.show(a, *n)).collect();
    if !sums.is_empty() {
        text += &format!("\n\n{account} received {}", sums.join(" and "));
    }
    for issued in &done.issuance {
        text += &format!(
            "\n{} of the issuance of epoch {} went to {}",
            names.show(&Asset::Native, issued.value),
            issued.epoch,
            receiver(&issued.beneficiary)
        );
    }
    if done.credited > 0 {
        text += &format!("\n{} shares were passed on to other splits", done.credited);
    }
    for (split, share, asset) in &done.failed {
        text += &format!(
            "\nshare {share} of split {split} could not be paid in {}: it stays owed",
            asset_text(asset)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect_file;
    use myai_primitives::{Amount, SplitId};

    #[test]
    fn claims_are_told_before_and_after() {
        let names = AssetNames::default();
        let (account, other) = (AccountId::new([1; 32]), AccountId::new([2; 32]));
        let amount = |asset, value| Amount { asset, value };
        let issued = Issued {
            epoch: 9,
            beneficiary: Beneficiary::Split(SplitId(4)),
            value: 2_000_000_000_000,
        };
        let owed = Owed {
            account: account.clone(),
            only: None,
            issuance: vec![issued.clone()],
            claims: vec![ClaimView {
                split: SplitId(4),
                share: 0,
                amount: amount(Asset::Native, 1_500_000_000_000),
                beneficiary: Beneficiary::Account(account.clone()),
            }],
        };
        let paid = |asset, value, to: &AccountId| Paid {
            split: SplitId(4),
            share: 0,
            amount: amount(asset, value),
            to: to.clone(),
        };
        let claimed = Claimed {
            issuance: vec![issued],
            paid: vec![
                paid(Asset::Native, 1_500_000_000_000, &account),
                paid(Asset::Native, 7, &account),
                paid(Asset::Id(1), 250_000, &other),
            ],
            credited: 2,
            failed: vec![(SplitId(5), 1, Asset::Id(1))],
        };
        let shown = [
            planned(&names, &owed),
            report(&names, &account, &claimed),
            report(&names, &account, &Claimed::default()),
        ]
        .map(|report| format!("{}\n\n{:#}\n", report.text, report.json));
        let snapshot = expect_file!["../../tests/snapshots/claims.txt"];
        snapshot.assert_eq(&shown.join("\n"));
    }
}
