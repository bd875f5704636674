//! `myai dataset …`

use crate::{
    args::{
        DatasetAcquire, DatasetApprove, DatasetCommand, DatasetList, DatasetRegister,
        DatasetSetTerms, RequestArgs, TermsArgs,
    },
    error::{Error, Result},
    output::{fields, Report},
    session::Session,
    show, spec,
    text::DataTarget,
};
use myai_chain_client::{calls, AccountId, Call, InBlock};
use myai_primitives::*;
use serde_json::json;

const PALLET: &str = "DataLicense";

/// Most grants of one call that vests, and most versions of one that detaches.
const MAX_LISTED: usize = 32;

pub async fn run(session: &Session<'_>, command: DatasetCommand) -> Result<Report> {
    let names = &session.names;
    match command {
        DatasetCommand::Register(args) => register(session, args).await,
        DatasetCommand::Terms(args) => set_terms(session, *args).await,
        DatasetCommand::SetMetadata { dataset, metadata } => {
            let file = spec::local_file(&metadata.metadata, &metadata.metadata_uri)?;
            send(session, calls::set_dataset_metadata(dataset, file)).await?;
            Ok(show::dataset(names, &find(session, dataset).await?))
        }
        DatasetCommand::Close { dataset } => {
            send(session, calls::close_dataset(dataset)).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "state": "closed" }),
                format!("dataset {dataset} gives no new grants; those that were given go on"),
            ))
        }
        DatasetCommand::Reopen { dataset } => {
            send(session, calls::reopen_dataset(dataset)).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "state": "open" }),
                format!("dataset {dataset} gives new grants again"),
            ))
        }
        DatasetCommand::Acquire(args) => acquire(session, args).await,
        DatasetCommand::Requests { dataset } => {
            let dataset = find(session, dataset).await?.id;
            Ok(show::requests(names, &session.requests(dataset).await?))
        }
        DatasetCommand::Approve(args) => approve(session, args).await,
        DatasetCommand::Reject(args) => {
            end_request(session, args, calls::reject_request, "rejected").await
        }
        DatasetCommand::Withdraw(args) => {
            end_request(session, args, calls::withdraw_request, "withdrawn").await
        }
        DatasetCommand::WithdrawApproval { terms, access } => {
            let licensor = licensor(session, &terms).await?;
            let approved = access.approved();
            let (kind, account) =
                approved.ok_or_else(|| Error::usage("say who: --host or --user"))?;
            let call = calls::withdraw_approval(licensor, kind, account.clone());
            send(session, call).await?;
            Ok(show::approval(licensor, kind, account, "withdrawn"))
        }
        DatasetCommand::RequestApproval { terms, kind } => {
            let licensor = licensor(session, &terms).await?;
            send(session, calls::request_approval(licensor, kind)).await?;
            let account = session.signer()?.account();
            Ok(show::approval(licensor, kind, &account, "requested"))
        }
        DatasetCommand::Approvals(terms) => {
            let licensor = licensor(session, &terms).await?;
            Ok(show::approvals(&session.approvals(licensor).await?))
        }
        DatasetCommand::Renew {
            grant,
            periods,
            max_cost,
        } => {
            let price = find_grant(session, grant).await?.terms.price;
            let max_cost = match &max_cost {
                Some(typed) => session.amount_in(typed, &price.asset)?,
                None => price.value.saturating_mul(periods.into()),
            };
            let done = send(session, calls::renew(grant, periods, max_cost)).await?;
            let ends: Tick = done.field(PALLET, "GrantRenewed", "ends")?;
            let paid: Amount = done.field(PALLET, "GrantRenewed", "price")?;
            Ok(Report::new(
                json!({
                    "grant": grant,
                    "ends": ends,
                    "price": show::amount_json(names, &paid.asset, paid.value),
                }),
                format!(
                    "g{grant} runs until tick {ends}, for {}",
                    names.amount(&paid)
                ),
            ))
        }
        DatasetCommand::Vest { grants } => vest(session, &grants).await,
        DatasetCommand::Revoke { grant } => {
            let done = send(session, calls::revoke(grant)).await?;
            let ends: Tick = done.field(PALLET, "GrantRevoked", "ends")?;
            let notice_ends: Tick = done.field(PALLET, "GrantRevoked", "notice_ends")?;
            Ok(Report::new(
                json!({ "grant": grant, "ends": ends, "notice_ends": notice_ends }),
                match notice_ends > ends {
                    true => format!(
                        "g{grant} ends at tick {ends}, and can be renewed up to tick {notice_ends}"
                    ),
                    false => format!(
                        "g{grant} ends at tick {ends}; what has not vested by then goes back to \
                         its payer"
                    ),
                },
            ))
        }
        DatasetCommand::ApproveOwner { grant, owner } => {
            send(session, calls::approve_owner(grant, owner.0.clone())).await?;
            Ok(Report::new(
                json!({ "grant": grant, "owner": owner.to_string() }),
                format!("{owner} may publish under g{grant}"),
            ))
        }
        DatasetCommand::MoveVersion { version, from, to } => {
            send(session, calls::move_version(version, from, to)).await?;
            Ok(Report::new(
                json!({ "version": version, "from": from, "to": to }),
                format!("v{version} stands on g{to} now, and no longer on g{from}"),
            ))
        }
        DatasetCommand::Detach { grant, versions } => {
            for versions in versions.chunks(MAX_LISTED) {
                send(session, calls::detach_versions(grant, versions.to_vec())).await?;
            }
            let list: Vec<String> = versions.iter().map(|v| format!("v{v}")).collect();
            Ok(Report::new(
                json!({ "grant": grant, "versions": versions }),
                format!("no longer on g{grant}: {}", list.join(", ")),
            ))
        }
        DatasetCommand::Remove { target } => match target {
            DataTarget::Dataset(dataset) => {
                send(session, calls::remove_dataset(dataset)).await?;
                Ok(Report::new(
                    json!({ "dataset": dataset, "state": "removed" }),
                    format!("dataset {dataset} is removed, its deposits are free again"),
                ))
            }
            DataTarget::Grant(grant) => {
                send(session, calls::remove_grant(grant)).await?;
                Ok(Report::new(
                    json!({ "grant": grant, "state": "removed" }),
                    format!("g{grant} is removed, its deposit is free again"),
                ))
            }
        },
        DatasetCommand::List(args) => list(session, args).await,
        DatasetCommand::Show { target } => match target {
            DataTarget::Dataset(id) => Ok(show::dataset(names, &find(session, id).await?)),
            DataTarget::Grant(id) => Ok(show::grant(names, &find_grant(session, id).await?)),
        },
        DatasetCommand::Grants { model, page } => {
            let model = session.model(&model).await?.id;
            let limit = page.limit.min(MAX_PAGE);
            let list = session
                .chain
                .grants(model, GrantId(page.from), limit)
                .await?;
            Ok(show::grants(names, &list))
        }
        DatasetCommand::Transfer { dataset, to } => {
            send(session, calls::transfer_dataset(dataset, to.0.clone())).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "offered_to": to.to_string() }),
                format!(
                    "dataset {dataset} is offered to {to}, who takes it with `myai dataset accept`"
                ),
            ))
        }
        DatasetCommand::CancelTransfer { dataset } => {
            send(session, calls::cancel_dataset_transfer(dataset)).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "offered_to": null }),
                format!("dataset {dataset} is offered to nobody any more"),
            ))
        }
        DatasetCommand::Accept { dataset, changes } => accept(session, dataset, changes).await,
    }
}

/// Signs with the key that was named, and waits until it is in a block.
async fn send(session: &Session<'_>, call: Call) -> Result<InBlock> {
    session.submit(&session.signer()?, call).await
}

async fn find(session: &Session<'_>, id: DatasetId) -> Result<DatasetView<AccountId>> {
    let missing = || Error::missing(format!("dataset {id}"));
    session.chain.dataset(id).await?.ok_or_else(missing)
}

async fn find_grant(session: &Session<'_>, id: GrantId) -> Result<GrantView<AccountId>> {
    let missing = || Error::missing(format!("grant g{id}"));
    session.chain.grant(id).await?.ok_or_else(missing)
}

/// The terms under which the dataset is sold.
fn terms_of(dataset: DatasetView<AccountId>) -> Result<(TermsNumber, DatasetTerms)> {
    let none = || Error::Refused("the dataset's owner has set no terms yet".into());
    dataset.terms.ok_or_else(none)
}

/// The terms that were named, else those in force.
async fn licensor(session: &Session<'_>, args: &TermsArgs) -> Result<Licensor> {
    let number = match args.number {
        Some(number) => number,
        None => terms_of(find(session, args.dataset).await?)?.0,
    };
    Ok(Licensor::Dataset(args.dataset, number))
}

async fn list(session: &Session<'_>, args: DatasetList) -> Result<Report> {
    let (from, limit) = (DatasetId(args.page.from), args.page.limit.min(MAX_PAGE));
    let list = match &args.owner {
        None => session.chain.datasets(from, limit).await?,
        Some(owner) => session.chain.datasets_of(&owner.0, from, limit).await?,
    };
    Ok(show::datasets(&session.names, &list))
}

async fn register(session: &Session<'_>, args: DatasetRegister) -> Result<Report> {
    let key = session.signer()?;
    let name = spec::name(&args.name, "the name")?;
    let metadata = spec::local_file(&args.metadata.metadata, &args.metadata.metadata_uri)?;
    let split = match args.share.is_empty() {
        true => None,
        false => {
            let shares = args
                .share
                .iter()
                .map(|line| Share {
                    beneficiary: Beneficiary::Account(line.account.0.clone()),
                    parts: line.share,
                })
                .collect();
            let done = session.submit(&key, calls::create_split(shares)).await?;
            let split: SplitId = done.field("RewardSplit", "SplitCreated", "split")?;
            session
                .output
                .note(format!("split {split} was made for the members"));
            Some(split)
        }
    };
    let call = calls::register_dataset(name, args.category, metadata, args.openness, split);
    let done = session.submit(&key, call).await?;
    let id: DatasetId = done.field(PALLET, "DatasetRegistered", "dataset")?;
    Ok(show::dataset(&session.names, &find(session, id).await?))
}

async fn set_terms(session: &Session<'_>, args: DatasetSetTerms) -> Result<Report> {
    let options = spec::complete_terms(args)?;
    let (dataset, terms) = (options.dataset, spec::terms(&options, &session.names)?);
    let mut json = show::terms_json(&session.names, &terms);
    let rows = show::terms_rows(&session.names, &terms);
    let done = send(session, calls::set_terms(dataset, terms)).await?;
    let number: TermsNumber = done.field(PALLET, "TermsSet", "number")?;
    json["dataset"] = json!(dataset);
    json["number"] = json!(number);
    let mut all = vec![("terms", format!("number {number} of dataset {dataset}"))];
    all.extend(rows);
    Ok(Report::new(json, fields(&all)))
}

async fn acquire(session: &Session<'_>, args: DatasetAcquire) -> Result<Report> {
    let key = session.signer()?;
    let model = session.model(&args.model).await?.id;
    let (number, terms) = terms_of(find(session, args.dataset).await?)?;
    if args.number.is_some_and(|n| n != number) {
        return Err(Error::Refused(format!(
            "the terms in force are number {number}: read them with `myai dataset show {}`",
            args.dataset
        )));
    }
    session.output.note(format!(
        "terms number {number}:\n{}",
        fields(&show::terms_rows(&session.names, &terms))
    ));
    let max_cost = match &args.max_cost {
        Some(typed) => session.amount_in(typed, &terms.price.asset)?,
        None => terms.price.value,
    };
    let call = calls::acquire(args.dataset, model, number, max_cost, args.lasts);
    let done = session.submit(&key, call).await?;
    if done.event(PALLET, "GrantRequested").is_none() {
        return granted(session, &done);
    }
    let expires: Tick = done.field(PALLET, "GrantRequested", "expires")?;
    let price = session.names.amount(&terms.price);
    Ok(Report::new(
        json!({
            "dataset": args.dataset,
            "model": model,
            "number": number,
            "state": "requested",
            "expires": expires,
        }),
        format!(
            "asked for: {price} is held until the dataset's owner decides, at most until tick \
             {expires}"
        ),
    ))
}

async fn approve(session: &Session<'_>, args: DatasetApprove) -> Result<Report> {
    if let Some((kind, account)) = args.access.approved() {
        let licensor = licensor(session, &args.terms).await?;
        let call = calls::approve_access(licensor, kind, account.clone());
        send(session, call).await?;
        return Ok(show::approval(licensor, kind, account, "approved"));
    }
    let which = args.model.as_ref();
    let which = which.ok_or_else(|| Error::usage("say who: MODEL, --host or --user"))?;
    let (dataset, model) = (args.terms.dataset, session.model(which).await?.id);
    let requests = session.requests(dataset).await?;
    let asks = requests.into_iter().find(|r| r.model == model);
    let missing = || Error::missing(format!("request of model {model} for dataset {dataset}"));
    let request = asks.ok_or_else(missing)?;
    if let Some(number) = args.terms.number.filter(|n| *n != request.number) {
        return Err(Error::Refused(format!(
            "model {model} asks for terms number {}, not {number}",
            request.number
        )));
    }
    session.output.note(format!(
        "model {model} of {} asks for terms number {}, for {}",
        request.payer,
        request.number,
        session.names.amount(&request.price)
    ));
    // The chain refuses if the request has become another one since.
    let call = calls::approve_request(dataset, model, request.payer, request.number);
    granted(session, &send(session, call).await?)
}

/// Ends a request without a grant, by whoever may.
async fn end_request(
    session: &Session<'_>,
    args: RequestArgs,
    call: impl Fn(DatasetId, ModelId) -> Call,
    state: &str,
) -> Result<Report> {
    let (dataset, model) = (args.dataset, session.model(&args.model).await?.id);
    send(session, call(dataset, model)).await?;
    Ok(Report::new(
        json!({ "dataset": dataset, "model": model, "state": state }),
        format!("the request of model {model} is {state}, its money is free again"),
    ))
}

/// The grant that was given in this block.
fn granted(session: &Session, done: &InBlock) -> Result<Report> {
    let grant: GrantId = done.field(PALLET, "GrantGiven", "grant")?;
    let dataset: DatasetId = done.field(PALLET, "GrantGiven", "dataset")?;
    let model: ModelId = done.field(PALLET, "GrantGiven", "model")?;
    let price: Amount = done.field(PALLET, "GrantGiven", "price")?;
    let ends: Option<Tick> = done.field(PALLET, "GrantGiven", "ends")?;
    Ok(Report::new(
        json!({
            "grant": grant,
            "dataset": dataset,
            "model": model,
            "price": show::amount_json(&session.names, &price.asset, price.value),
            "ends": ends,
        }),
        format!(
            "g{grant}: model {model} may be trained on dataset {dataset} {}, for {}",
            show::until(ends),
            session.names.amount(&price)
        ),
    ))
}

/// Hands over what has vested; a single grant must be there, of several those that are.
async fn vest(session: &Session<'_>, grants: &[GrantId]) -> Result<Report> {
    let (mut json, mut lines) = (vec![], vec![]);
    for grants in grants.chunks(MAX_LISTED) {
        let call = match grants {
            [grant] => calls::vest(*grant),
            _ => calls::vest_many(grants.to_vec()),
        };
        let done = send(session, call).await?;
        for (name, word) in [("Vested", "vested"), ("UnvestedReturned", "returned")] {
            for event in done.events.iter().filter(|e| e.is("RewardSplit", name)) {
                let grant: GrantId = event.field("grant")?;
                let (asset, value) = (event.field("asset")?, event.field("value")?);
                let amount = show::amount_json(&session.names, &asset, value);
                json.push(json!({ "grant": grant, word: amount }));
                lines.push(format!(
                    "g{grant}: {} {word}",
                    session.names.show(&asset, value)
                ));
            }
        }
    }
    if lines.is_empty() {
        lines.push("nothing has vested since the last time".into());
    }
    Ok(Report::new(json.into(), lines.join("\n")))
}

/// Accepts a dataset as it is now, which is shown, or as it was when its `changes` were read.
async fn accept(session: &Session<'_>, dataset: DatasetId, changes: Option<u32>) -> Result<Report> {
    let found = find(session, dataset).await?;
    if let Some(seen) = changes.filter(|seen| *seen != found.changes) {
        return Err(Error::Refused(format!(
            "dataset {dataset} has changed since: its changes are {}, not {seen}; look at it again \
             with `myai dataset show {dataset}`",
            found.changes
        )));
    }
    let key = session.signer()?;
    let shown = show::dataset(&session.names, &found).text;
    session.output.note(shown);
    let call = calls::accept_dataset(dataset, found.changes);
    session.submit(&key, call).await?;
    let owner = key.account().to_string();
    Ok(Report::new(
        json!({ "dataset": dataset, "owner": owner, "changes": found.changes }),
        format!("dataset {dataset} belongs to {owner}"),
    ))
}
