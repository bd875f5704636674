//! `myai claim`: makes the claims that bring an account what it is owed, in the chain's order. First
//! come those of issuance, because what a split gets of it its shares may claim.

use crate::{
    amount::{asset_text, parse_asset, AssetNames},
    args::ClaimArgs,
    context::Context,
    error::{Error, Result},
    output::{table, Report},
    show,
};
use myai_chain_client::{calls, events, AccountId, InBlock};
use myai_primitives::{Asset, Balance, Beneficiary, ClaimView, Epoch};
use serde_json::{json, Value};
use std::collections::BTreeMap;

/// Most claims of one call.
const MAX_CLAIMS: usize = 16;

pub async fn run(context: &Context<'_>, args: ClaimArgs) -> Result<Report> {
    let account = context.account(&args.account)?;
    let only = match &args.asset {
        Some(text) => Some(parse_asset(text, &context.names)?),
        None => None,
    };
    // Issuance is of the token alone.
    let issuance = match only {
        None | Some(Asset::Native) => issuance_of(context, &account).await?,
        Some(Asset::Id(_)) => vec![],
    };
    let claims = || async {
        let mut claims = context.claimable(&account).await?;
        claims.retain(|c| only.is_none_or(|asset| c.amount.asset == asset));
        Ok::<_, Error>(claims)
    };
    if args.dry_run {
        return Ok(planned(context, &issuance, &claims().await?));
    }
    let mut outcome = Outcome::default();
    if !issuance.is_empty() {
        let key = context.signer()?;
        for batch in issuance.chunks(MAX_CLAIMS) {
            let calls = batch
                .iter()
                .map(|i| calls::claim_issuance(i.epoch, i.beneficiary.clone()));
            // One that somebody else has made meanwhile stops no other.
            let done = context
                .submit(&key, calls::force_batch(calls.collect()))
                .await?;
            outcome.add(&done)?;
        }
    }
    let claims = claims().await?;
    if claims.is_empty() && outcome.issued.is_empty() {
        let text = format!("nothing is owed to {account}");
        return Ok(Report::new(
            json!({
                "account": account.to_string(),
                "issuance": [],
                "claimed": [],
                "credited": 0,
                "totals": [],
                "failed": [],
            }),
            text,
        ));
    }
    let key = context.signer()?;
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

/// What of an epoch's issuance a split or a worker may claim.
struct Issued {
    epoch: Epoch,
    beneficiary: Beneficiary<AccountId>,
    value: Balance,
}

/// Of the account's worker, and of the versions of its models.
async fn issuance_of(context: &Context<'_>, account: &AccountId) -> Result<Vec<Issued>> {
    let mut all = vec![Beneficiary::Account(account.clone())];
    for model in context.models_of(account).await? {
        let versions = context.versions(model.id).await?;
        all.extend(versions.iter().map(|v| Beneficiary::Split(v.split)));
    }
    let mut found = vec![];
    for beneficiary in all {
        for claim in context
            .chain
            .claimable_issuance(beneficiary.clone())
            .await?
        {
            found.push(Issued {
                epoch: claim.epoch,
                beneficiary: beneficiary.clone(),
                value: claim.value,
            });
        }
    }
    Ok(found)
}

fn issued_json(names: &AssetNames, issued: &Issued) -> Value {
    json!({
        "epoch": issued.epoch,
        "value": show::amount_json(names, &Asset::Native, issued.value),
        "to": receiver(&issued.beneficiary),
    })
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
fn planned(context: &Context, issuance: &[Issued], claims: &[ClaimView<AccountId>]) -> Report {
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

/// What the chain said of the claims.
#[derive(Default)]
struct Outcome {
    issued: Vec<Issued>,
    paid: Vec<events::Claimed>,
    credited: usize,
    failed: Vec<events::ClaimFailed>,
}

impl Outcome {
    fn add(&mut self, done: &InBlock) -> Result<()> {
        self.paid.extend(done.all::<events::Claimed>()?);
        let issued = done.all::<events::IssuanceClaimed>()?.into_iter();
        self.issued.extend(issued.map(|e| Issued {
            epoch: e.epoch,
            beneficiary: e.beneficiary,
            value: e.value,
        }));
        self.credited += done.all::<events::Credited>()?.len();
        self.failed.extend(done.all::<events::ClaimFailed>()?);
        Ok(())
    }

    fn report(&self, context: &Context, account: &AccountId) -> Report {
        let names = &context.names;
        let mut totals: BTreeMap<String, (Asset, Balance)> = BTreeMap::new();
        let mut rows = vec![];
        let mut claimed: Vec<Value> = vec![];
        for paid in &self.paid {
            let events::Claimed {
                split,
                share,
                asset,
                value: amount,
                to,
            } = paid;
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
        for issued in &self.issued {
            text += &format!(
                "\n{} of the issuance of epoch {} went to {}",
                names.show(&Asset::Native, issued.value),
                issued.epoch,
                receiver(&issued.beneficiary)
            );
        }
        if self.credited > 0 {
            text += &format!("\n{} shares were passed on to other splits", self.credited);
        }
        for events::ClaimFailed {
            split,
            share,
            asset,
        } in &self.failed
        {
            text += &format!(
                "\nshare {share} of split {split} could not be paid in {}: it stays owed",
                asset_text(asset)
            );
        }
        let failed: Vec<Value> = self
            .failed
            .iter()
            .map(
                |events::ClaimFailed {
                     split,
                     share,
                     asset,
                 }| {
                    json!({ "split": split, "share": share, "asset": asset_text(asset) })
                },
            )
            .collect();
        let issuance: Vec<Value> = self.issued.iter().map(|i| issued_json(names, i)).collect();
        let totals: Vec<Value> = totals
            .values()
            .map(|(a, n)| show::amount_json(names, a, *n))
            .collect();
        Report::new(
            json!({
                "account": account.to_string(),
                "issuance": issuance,
                "claimed": claimed,
                "credited": self.credited,
                "totals": totals,
                "failed": failed,
            }),
            text,
        )
    }
}
