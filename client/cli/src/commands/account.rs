//! `myai account`

use crate::{
    args::AccountArgs,
    error::Result,
    output::{table, Report},
    session::Session,
    show,
    tree::{self, Tree},
};
use serde_json::{json, Value};

pub async fn run(session: &Session<'_>, args: AccountArgs) -> Result<Report> {
    let account = session.account(&args.account)?;
    let names = &session.names;
    let tree = Tree::read(session).await?;
    let mut rows = vec![];
    let mut balances: Vec<Value> = vec![];
    let mut upstream = false;
    for asset in tree::assets(&session.accepted) {
        let holding = session.chain.balance(&account, &asset).await?;
        let plan = tree.plan(session, &account, &asset).await?;
        let owed = plan
            .iter()
            .filter(|c| c.pays)
            .fold(0u128, |n, c| n.saturating_add(c.amount));
        let more = plan.iter().any(|c| !c.pays);
        upstream |= more;
        rows.push(vec![
            crate::amount::asset_text(&asset),
            names.show(&asset, holding.free),
            names.show(&asset, holding.held),
            format!(
                "{}{}",
                names.show(&asset, owed),
                if more { " and more" } else { "" }
            ),
        ]);
        balances.push(json!({
            "asset": crate::amount::asset_text(&asset),
            "free": show::amount_json(names, &asset, holding.free),
            "held": show::amount_json(names, &asset, holding.held),
            "owed": show::amount_json(names, &asset, owed),
            "owed_upstream": more,
        }));
    }
    let mut text = format!(
        "account  {account}\n\n{}",
        table(&["asset", "free", "held", "owed"], &rows, "")
    );
    if upstream {
        text += "\n\nmore is owed through derived versions: `myai claim` passes it on";
    }
    let json = json!({
        "account": account.to_string(),
        "balances": balances,
    });
    Ok(Report::new(json, text))
}
