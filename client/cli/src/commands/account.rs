//! `myai account`

use crate::{
    args::AccountArgs,
    context::Context,
    error::Result,
    output::{table, Report},
    show,
};
use myai_primitives::{Asset, Balance, Beneficiary};
use myai_sdk::amount::asset_text;
use serde_json::{json, Value};
use std::collections::BTreeMap;

pub async fn run(context: &Context<'_>, args: AccountArgs) -> Result<Report> {
    let account = context.account(&args.account)?;
    let names = &context.names;
    let mut owed: BTreeMap<Asset, Balance> = BTreeMap::new();
    for claim in context.owed_by_splits(&account, None).await? {
        // A share of another split is counted where that split owes it.
        if !matches!(claim.beneficiary, Beneficiary::Split(_)) {
            let sum = owed.entry(claim.amount.asset).or_default();
            *sum = sum.saturating_add(claim.amount.value);
        }
    }
    // An asset that is no longer accepted may still be owed.
    let mut assets: Vec<Asset> = context.accepted.iter().map(|view| view.asset).collect();
    assets.extend(owed.keys().filter(|asset| !context.accepts(**asset)));
    let mut rows = vec![];
    let mut balances: Vec<Value> = vec![];
    for asset in assets {
        let holding = context.chain.balance(&account, asset).await?;
        let owed = owed.get(&asset).copied().unwrap_or(0);
        rows.push(vec![
            asset_text(&asset),
            names.show(&asset, holding.free),
            names.show(&asset, holding.held),
            names.show(&asset, owed),
        ]);
        balances.push(json!({
            "asset": asset_text(&asset),
            "free": show::amount_json(names, &asset, holding.free),
            "held": show::amount_json(names, &asset, holding.held),
            "owed": show::amount_json(names, &asset, owed),
        }));
    }
    let text = format!(
        "account  {account}\n\n{}",
        table(&["asset", "free", "held", "owed"], &rows, "")
    );
    let json = json!({
        "account": account,
        "balances": balances,
    });
    Ok(Report::new(json, text))
}
