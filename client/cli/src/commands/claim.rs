//! `myai claim`: makes the claims that bring an account what it is owed, in the chain's order.

use crate::{
    amount::{asset_text, parse_asset},
    args::ClaimArgs,
    context::Context,
    error::Result,
    output::{table, Report},
    show,
};
use myai_chain_client::{calls, AccountId, InBlock};
use myai_primitives::{Asset, Balance, Beneficiary, ClaimView, SplitId};
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Most claims of one call.
const MAX_CLAIMS: usize = 16;

pub async fn run(context: &Context<'_>, args: ClaimArgs) -> Result<Report> {
    let account = context.account(&args.account)?;
    let mut claims = context.claimable(&account).await?;
    if let Some(text) = &args.asset {
        let asset = parse_asset(text, &context.names)?;
        claims.retain(|c| c.amount.asset == asset);
    }
    if args.dry_run {
        return Ok(planned(context, &claims));
    }
    if claims.is_empty() {
        let text = format!("nothing is owed to {account}");
        return Ok(Report::new(
            json!({ "account": account.to_string(), "claimed": [], "credited": 0, "totals": [], "failed": [] }),
            text,
        ));
    }
    let key = context.signer()?;
    let mut outcome = Outcome::default();
    for batch in claims.chunks(MAX_CLAIMS) {
        let batch = batch
            .iter()
            .map(|c| (c.split, c.amount.asset, c.share))
            .collect();
        let done = context.submit(&key, calls::claim_many(batch)).await?;
        outcome.add(&done)?;
    }
    Ok(outcome.report(context, &account))
}

/// Who gets it: an account, or a split that owes it further on.
fn receiver(beneficiary: &Beneficiary<AccountId>) -> String {
    match beneficiary {
        Beneficiary::Account(account) => account.to_string(),
        Beneficiary::ModelOwner(model) => format!("owner of model {model}"),
        Beneficiary::DatasetOwner(dataset) => format!("owner of dataset {dataset}"),
        Beneficiary::Split(split) => format!("split {split}"),
    }
}

/// What would be claimed.
fn planned(context: &Context, claims: &[ClaimView<AccountId>]) -> Report {
    let names = &context.names;
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
    Report::new(
        json!({ "plan": json }),
        table(&["split", "share", "owed", "to"], &rows, "nothing is owed"),
    )
}

/// What the chain said of the claims.
#[derive(Default)]
struct Outcome {
    paid: Vec<(SplitId, u32, Asset, Balance, AccountId)>,
    credited: usize,
    failed: Vec<(SplitId, u32, Asset)>,
}

impl Outcome {
    fn add(&mut self, done: &InBlock) -> Result<()> {
        for event in &done.events {
            if event.is("RewardSplit", "Claimed") {
                self.paid.push((
                    event.field("split")?,
                    event.field("share")?,
                    event.field("asset")?,
                    event.field("value")?,
                    event.field("to")?,
                ));
            } else if event.is("RewardSplit", "Credited") {
                self.credited += 1;
            } else if event.is("RewardSplit", "ClaimFailed") {
                self.failed.push((
                    event.field("split")?,
                    event.field("share")?,
                    event.field("asset")?,
                ));
            }
        }
        Ok(())
    }

    fn report(&self, context: &Context, account: &AccountId) -> Report {
        let names = &context.names;
        let mut totals: BTreeMap<String, (Asset, Balance)> = BTreeMap::new();
        let mut rows = vec![];
        let mut claimed: Vec<Value> = vec![];
        for (split, share, asset, amount, to) in &self.paid {
            let total = totals.entry(asset_text(asset)).or_insert((*asset, 0));
            if to == account {
                total.1 = total.1.saturating_add(*amount);
            }
            rows.push(vec![
                split.to_string(),
                share.to_string(),
                names.show(asset, *amount),
                to.to_string(),
            ]);
            claimed.push(json!({
                "split": split,
                "share": share,
                "value": show::amount_json(names, asset, *amount),
                "to": to.to_string(),
            }));
        }
        let mut text = table(
            &["split", "share", "claimed", "to"],
            &rows,
            "nothing was owed",
        );
        let sums: Vec<String> = totals.values().map(|(a, n)| names.show(a, *n)).collect();
        if !sums.is_empty() {
            text += &format!("\n\n{account} received {}", sums.join(" and "));
        }
        if self.credited > 0 {
            text += &format!("\n{} shares were passed on to other splits", self.credited);
        }
        for (split, share, asset) in &self.failed {
            text += &format!(
                "\nshare {share} of split {split} could not be paid in {}: it stays owed",
                asset_text(asset)
            );
        }
        let failed: Vec<Value> = self
            .failed
            .iter()
            .map(|(split, share, asset)| {
                json!({ "split": split, "share": share, "asset": asset_text(asset) })
            })
            .collect();
        let totals: Vec<Value> = totals
            .values()
            .map(|(a, n)| show::amount_json(names, a, *n))
            .collect();
        Report::new(
            json!({
                "account": account.to_string(),
                "claimed": claimed,
                "credited": self.credited,
                "totals": totals,
                "failed": failed,
            }),
            text,
        )
    }
}
