//! `myai gov …`: the rules, and referenda on them.

use crate::{
    args::{DelegateArgs, GovCommand, ProposeArgs, VoteArgs},
    context::Context,
    error::{Error, Result},
    output::Report,
    parse::kebab,
    rules::{self, Setting},
    show::{self, Proposed},
};
use myai_chain_client::{calls, events, AccountId, Call, CallWords, MAX_INLINE_CALL};
use myai_primitives::*;
use myai_sdk::words::about;
use serde_json::json;

/// The track on which the rules are decided.
const RULES_TRACK: &str = "registry-rules";

pub async fn run(context: &Context<'_>, command: GovCommand) -> Result<Report> {
    match command {
        GovCommand::Rules => {
            let chain = context.chain.at(context.chain.best().await?.hash);
            Ok(show::rules(&chain.rules().await?, chain.halted().await?))
        }
        GovCommand::Propose(args) => propose(context, args).await,
        GovCommand::List { ongoing, limit } => list(context, ongoing, limit).await,
        GovCommand::Show { referendum } => {
            let found = find(context, referendum).await?;
            let governance = context.chain.governance().await?;
            let call = read(context, &found).await;
            let rules = context.rules().await?;
            let link = link(context, &format!("/{referendum}"));
            Ok(show::referendum(
                &found,
                &governance,
                call.as_ref(),
                &rules,
                &link,
            ))
        }
        GovCommand::Vote(args) => vote(context, args).await,
        GovCommand::Delegate(args) => delegate(context, args).await,
        GovCommand::Unlock { account } => {
            let account = context.account(&account)?;
            let tracks = context.chain.governance().await?.tracks;
            let unlocks = tracks
                .iter()
                .map(|t| calls::unlock_votes(t.id, account.clone()));
            context.send(calls::batch_all(unlocks.collect())).await?;
            Ok(Report::new(
                json!({ "account": account, "unlocked": true }),
                format!("tokens of {account} that no vote holds any longer are free"),
            ))
        }
        GovCommand::Deposit { referendum } => {
            let OngoingView { track, .. } = ongoing(context, referendum).await?;
            let deposit = track_of(context, track).await?.decision_deposit;
            context
                .send(calls::place_decision_deposit(referendum))
                .await?;
            let text = context.names.show(&Asset::Native, deposit);
            Ok(Report::new(
                json!({
                    "referendum": referendum,
                    "decision_deposit":
                        show::amount_json(&context.names, &Asset::Native, deposit),
                }),
                format!("{text} are on deposit for referendum {referendum}"),
            ))
        }
        GovCommand::Refund { referendum } => refund(context, referendum).await,
    }
}

async fn find(context: &Context<'_>, index: u32) -> Result<ReferendumView<AccountId>> {
    let found = context.chain.referendum(index).await?;
    found.ok_or_else(|| Error::missing(format!("referendum {index}")))
}

async fn ongoing(context: &Context<'_>, index: u32) -> Result<OngoingView<AccountId>> {
    match find(context, index).await?.state {
        ReferendumState::Ongoing(view) => Ok(view),
        ReferendumState::Ended { outcome, at } => Err(Error::Refused(format!(
            "referendum {index} is over: {} at tick {at}",
            kebab(outcome)
        ))),
    }
}

async fn track_of(context: &Context<'_>, id: u16) -> Result<TrackView> {
    let tracks = context.chain.governance().await?.tracks;
    let track = tracks.into_iter().find(|t| t.id == id);
    track.ok_or_else(|| Error::missing(format!("track {id}")))
}

/// A referendum's call in words; `None` where there is none, or where this runtime cannot read it.
async fn read(context: &Context<'_>, view: &ReferendumView<AccountId>) -> Option<CallWords> {
    match &view.state {
        ReferendumState::Ongoing(OngoingView {
            call: Some(bytes), ..
        }) => context.chain.read_call(bytes).await.ok(),
        _ => None,
    }
}

/// Where a browser shows it. A password in the node's address does not go into it.
fn link(context: &Context, path: &str) -> String {
    let node = myai_chain_client::shown_address(context.chain.url());
    let node: String = url::form_urlencoded::byte_serialize(node.as_bytes()).collect();
    format!("https://polkadot.js.org/apps/?rpc={node}#/referenda{path}")
}

async fn propose(context: &Context<'_>, args: ProposeArgs) -> Result<Report> {
    let rules = context.rules().await?;
    rules::with(&rules, &args.set).map_err(Error::usage)?;
    let governance = context.chain.governance().await?;
    let track = show::track(&governance, RULES_TRACK)
        .ok_or_else(|| Error::missing(format!("track {RULES_TRACK} on this chain")))?;
    let mut sets: Vec<Call> = args
        .set
        .iter()
        .map(|Setting { rule, value }| calls::set_rule(*rule, *value))
        .collect();
    let call = match sets.len() {
        1 => sets.remove(0),
        _ => calls::batch_all(sets),
    };
    let mut proposed = Proposed {
        index: None,
        now: context.chain.clock().await?.now,
        settings: &args.set,
        rules: &rules,
        governance: &governance,
        track,
        has_deposit: !args.no_deposit,
        link: link(context, ""),
    };
    if args.dry_run {
        return Ok(show::proposed(&proposed));
    }
    let key = context.signer()?;
    let submit = calls::submit_referendum(calls::REGISTRY_RULES, call.clone(), Enactment::After(0));
    let is_long = context.chain.encode_call(&call).await?.len() > MAX_INLINE_CALL;
    let submit = match is_long {
        true => calls::batch_all(vec![calls::note_preimage(call), submit]),
        false => submit,
    };
    let done = context.submit(&key, submit).await?;
    let events::Submitted { index } = done.one()?;
    if proposed.has_deposit {
        context
            .submit(&key, calls::place_decision_deposit(index))
            .await
            .map_err(|error| Error::Held {
                error: Box::new(error),
                what: format!(
                    "referendum {index} is open and not decided before somebody makes \
                     `myai gov deposit {index}`"
                ),
            })?;
    }
    proposed.index = Some(index);
    proposed.link = link(context, &format!("/{index}"));
    Ok(show::proposed(&proposed))
}

async fn list(context: &Context<'_>, only_ongoing: bool, limit: u32) -> Result<Report> {
    let governance = context.chain.governance().await?;
    let rules = context.rules().await?;
    let mut found: Vec<(ReferendumView<AccountId>, Option<CallWords>)> = vec![];
    let mut before = None;
    while found.len() < limit as usize {
        let page = context.chain.referenda(before, MAX_PAGE.min(limit)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.index);
        for view in page {
            let is_ongoing = matches!(view.state, ReferendumState::Ongoing(_));
            if is_ongoing || !only_ongoing {
                let call = read(context, &view).await;
                found.push((view, call));
            }
        }
    }
    found.truncate(limit as usize);
    Ok(show::referenda(&found, &governance, &rules))
}

async fn vote(context: &Context<'_>, args: VoteArgs) -> Result<Report> {
    let index = args.referendum;
    let link = link(context, &format!("/{index}"));
    let Some(amount) = &args.amount else {
        let track = match find(context, index).await?.state {
            ReferendumState::Ongoing(view) => Some(view.track),
            // The chain finds the vote by its track, and an ended referendum names none.
            ReferendumState::Ended { .. } => None,
        };
        let key = context.signer()?;
        match track {
            Some(_) => {
                context
                    .submit(&key, calls::remove_vote(track, index))
                    .await?;
            }
            None => remove_ended_vote(context, &key, index).await?,
        }
        return Ok(Report::new(
            json!({ "referendum": index, "vote": null }),
            format!(
                "the vote on referendum {index} is taken back; `myai gov unlock` frees what it locked"
            ),
        ));
    };
    let value = context.amount_in(amount, &Asset::Native)?;
    ongoing(context, index).await?;
    context
        .send(calls::vote(index, args.aye, args.conviction, value))
        .await?;
    let governance = context.chain.governance().await?;
    let lock = args
        .conviction
        .locking_periods()
        .map(|n| n * governance.vote_locking_period);
    let side = if args.aye { "aye" } else { "nay" };
    let tokens = context.names.show(&Asset::Native, value);
    let locked = match lock {
        None => "they are locked until it is decided".to_string(),
        Some(ticks) => format!(
            "they are locked until it is decided, and for {} more if {side} wins",
            about(ticks)
        ),
    };
    Ok(Report::new(
        json!({
            "referendum": index,
            "vote": side,
            "value": show::amount_json(&context.names, &Asset::Native, value),
            "locked_after_winning": lock,
            "link": link,
        }),
        format!("{tokens} vote {side} on referendum {index}; {locked}\n{link}"),
    ))
}

/// The track of an ended referendum is not on record, so each is tried until the vote is found.
async fn remove_ended_vote(
    context: &Context<'_>,
    key: &myai_chain_client::Key,
    index: u32,
) -> Result<()> {
    let tracks = context.chain.governance().await?.tracks;
    let tries = tracks.iter().map(|t| calls::remove_vote(Some(t.id), index));
    let done = context
        .submit(key, calls::force_batch(tries.collect()))
        .await?;
    match done.all::<events::ItemCompleted>()?.is_empty() {
        false => Ok(()),
        true => Err(Error::Refused(format!(
            "{} has no vote on referendum {index}",
            key.account()
        ))),
    }
}

async fn delegate(context: &Context<'_>, args: DelegateArgs) -> Result<Report> {
    let governance = context.chain.governance().await?;
    let tracks: Vec<&TrackView> = match args.tracks.is_empty() {
        true => governance.tracks.iter().collect(),
        false => args
            .tracks
            .iter()
            .map(|name| {
                show::track(&governance, name).ok_or_else(|| {
                    let all: Vec<String> = governance.tracks.iter().map(show::track_name).collect();
                    Error::usage(format!("`{name}` is not a track: {}", all.join(", ")))
                })
            })
            .collect::<Result<_>>()?,
    };
    let names_of = |tracks: &[&TrackView]| -> Vec<String> {
        tracks.iter().map(|t| show::track_name(t)).collect()
    };
    let key = context.signer()?;
    let (Some(to), Some(amount)) = (&args.to, &args.amount) else {
        let (account, mut ended) = (key.account(), vec![]);
        for track in tracks {
            if context.chain.has_delegated(&account, track.id).await? {
                context.submit(&key, calls::undelegate(track.id)).await?;
                ended.push(track);
            }
        }
        if ended.is_empty() {
            return Err(Error::Refused("nothing is delegated there".into()));
        }
        let names = names_of(&ended);
        return Ok(Report::new(
            json!({ "delegated_to": null, "tracks": names }),
            format!(
                "no longer delegated on {}; `myai gov unlock` frees what is locked once its time \
                 has passed",
                names.join(", ")
            ),
        ));
    };
    let names = names_of(&tracks);
    let value = context.amount_in(amount, &Asset::Native)?;
    // One after the other: it moves all votes of the other account, and fills much of a block.
    for track in &tracks {
        let call = calls::delegate(track.id, to.0.clone(), args.conviction, value);
        context.submit(&key, call).await?;
    }
    Ok(Report::new(
        json!({
            "delegated_to": to.to_string(),
            "value": show::amount_json(&context.names, &Asset::Native, value),
            "tracks": names,
        }),
        format!(
            "{to} votes with {} on {}",
            context.names.show(&Asset::Native, value),
            names.join(", ")
        ),
    ))
}

async fn refund(context: &Context<'_>, index: u32) -> Result<Report> {
    if let ReferendumState::Ongoing(_) = find(context, index).await?.state {
        return Err(Error::Refused(format!(
            "referendum {index} is not decided: its deposits stay"
        )));
    }
    let both = vec![
        calls::refund_decision_deposit(index),
        calls::refund_submission_deposit(index),
    ];
    let done = context.send(calls::force_batch(both)).await?;
    let decision = done.all::<events::DecisionDepositRefunded>()?.into_iter();
    let submission = done.all::<events::SubmissionDepositRefunded>()?.into_iter();
    let rows: Vec<(AccountId, Balance)> = decision
        .map(|e| (e.who, e.amount))
        .chain(submission.map(|e| (e.who, e.amount)))
        .collect();
    if rows.is_empty() {
        return Err(Error::Refused(format!(
            "no deposit of referendum {index} can be given back"
        )));
    }
    let texts: Vec<String> = rows
        .iter()
        .map(|(who, value)| format!("{} to {who}", context.names.show(&Asset::Native, *value)))
        .collect();
    let json: Vec<serde_json::Value> = rows
        .iter()
        .map(|(who, value)| {
            json!({
                "to": who,
                "value": show::amount_json(&context.names, &Asset::Native, *value),
            })
        })
        .collect();
    Ok(Report::new(
        json!({ "referendum": index, "refunded": json }),
        texts.join("\n"),
    ))
}
