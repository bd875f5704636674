//! `myai claim`: walks the tree of splits.

use crate::{
    amount::parse_asset,
    args::ClaimArgs,
    error::Result,
    output::{table, Report},
    session::Session,
    show,
    tree::{self, Claim, Tree},
};
use myai_chain_client::{calls, AccountId, InBlock};
use myai_primitives::{Asset, Balance, SplitId};
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Most claims of one call.
const MAX_CLAIMS: usize = 16;

pub async fn run(session: &Session<'_>, args: ClaimArgs) -> Result<Report> {
    let account = session.account(&args.account)?;
    let assets = match &args.asset {
        Some(text) => vec![parse_asset(text, &session.names)?],
        None => tree::assets(&session.accepted),
    };
    let tree = Tree::read(session).await?;
    let mut plan = vec![];
    for asset in &assets {
        plan.extend(tree.plan(session, &account, asset).await?);
    }
    if args.dry_run {
        return Ok(planned(session, &plan));
    }
    if plan.is_empty() {
        let text = format!("nothing is owed to {account}");
        return Ok(Report::new(
            json!({ "account": account.to_string(), "claimed": [], "totals": [], "failed": [] }),
            text,
        ));
    }
    let key = session.signer()?;
    let mut outcome = Outcome::default();
    for batch in plan.chunks(MAX_CLAIMS) {
        let claims = batch
            .iter()
            .map(|c| (c.split, c.asset.clone(), c.share))
            .collect();
        let done = session.submit(&key, calls::claim_many(claims)).await?;
        outcome.add(&done)?;
    }
    Ok(outcome.report(session, &account))
}

/// What would be claimed.
fn planned(session: &Session, plan: &[Claim]) -> Report {
    let names = &session.names;
    let rows: Vec<Vec<String>> = plan
        .iter()
        .map(|c| {
            vec![
                c.split.to_string(),
                c.share.to_string(),
                names.show(&c.asset, c.amount),
                c.to.clone(),
            ]
        })
        .collect();
    let json: Vec<Value> = plan
        .iter()
        .map(|c| {
            json!({
                "split": c.split,
                "share": c.share,
                "owed": show::amount_json(names, &c.asset, c.amount),
                "to": c.to,
            })
        })
        .collect();
    Report::new(
        json!({ "plan": json }),
        table(
            &["split", "share", "owed now", "to"],
            &rows,
            "nothing is owed",
        ),
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
                    event.field("amount")?,
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

    fn report(&self, session: &Session, account: &AccountId) -> Report {
        let names = &session.names;
        let mut totals: BTreeMap<String, (Asset, Balance)> = BTreeMap::new();
        let mut rows = vec![];
        let mut claimed: Vec<Value> = vec![];
        for (split, share, asset, amount, to) in &self.paid {
            let total = totals
                .entry(crate::amount::asset_text(asset))
                .or_insert((asset.clone(), 0));
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
                "amount": show::amount_json(names, asset, *amount),
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
                crate::amount::asset_text(asset)
            );
        }
        let failed: Vec<Value> = self
            .failed
            .iter()
            .map(|(split, share, asset)| {
                json!({ "split": split, "share": share, "asset": crate::amount::asset_text(asset) })
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
