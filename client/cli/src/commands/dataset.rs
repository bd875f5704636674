//! `myai dataset …`

use crate::{
    args::{
        DatasetAcquire, DatasetApprove, DatasetCommand, DatasetList, DatasetRegister,
        DatasetSetTerms, RequestArgs, TermsArgs,
    },
    context::Context,
    error::{Error, Result},
    output::{fields, Report},
    parse::DataTarget,
    show, version_file,
};
use myai_chain_client::{calls, events, AccountId, Call, InBlock};
use myai_primitives::*;
use serde_json::json;

/// Most grants of one call that vests, and most versions of one that detaches.
const MAX_LISTED: usize = 32;

pub async fn run(context: &Context<'_>, command: DatasetCommand) -> Result<Report> {
    let names = &context.names;
    match command {
        DatasetCommand::Register(args) => register(context, args).await,
        DatasetCommand::Terms(args) => set_terms(context, args.complete()?).await,
        DatasetCommand::SetMetadata { dataset, metadata } => {
            let file = version_file::local_file(&metadata.metadata, &metadata.metadata_uri)?;
            context
                .send(calls::set_dataset_metadata(dataset, file))
                .await?;
            shown(context, find(context, dataset).await?).await
        }
        DatasetCommand::Close { dataset } => {
            context.send(calls::close_dataset(dataset)).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "state": "closed" }),
                format!("dataset {dataset} gives no new grants; those that were given stay valid"),
            ))
        }
        DatasetCommand::Reopen { dataset } => {
            context.send(calls::reopen_dataset(dataset)).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "state": "open" }),
                format!("dataset {dataset} gives new grants again"),
            ))
        }
        DatasetCommand::Acquire(args) => acquire(context, args).await,
        DatasetCommand::Requests { dataset } => {
            let dataset = find(context, dataset).await?.id;
            Ok(show::requests(names, &context.requests(dataset).await?))
        }
        DatasetCommand::Approve(args) => approve(context, args).await,
        DatasetCommand::Reject(args) => {
            end_request(context, args, calls::reject_request, "rejected").await
        }
        DatasetCommand::Withdraw(args) => {
            end_request(context, args, calls::withdraw_request, "withdrawn").await
        }
        DatasetCommand::WithdrawApproval { terms, access } => {
            let licensor = licensor(context, &terms).await?;
            let approved = access.approved();
            let (kind, account) =
                approved.ok_or_else(|| Error::usage("say who: --host or --user"))?;
            let call = calls::withdraw_approval(licensor, kind, account.clone());
            context.send(call).await?;
            Ok(show::approval(licensor, kind, account, "withdrawn"))
        }
        DatasetCommand::RequestApproval { terms, kind } => {
            let licensor = licensor(context, &terms).await?;
            context
                .send(calls::request_approval(licensor, kind))
                .await?;
            let account = context.signer()?.account();
            Ok(show::approval(licensor, kind, &account, "requested"))
        }
        DatasetCommand::Approvals(terms) => {
            let licensor = licensor(context, &terms).await?;
            Ok(show::approvals(&context.approvals(licensor).await?))
        }
        DatasetCommand::Renew {
            grant,
            periods,
            max_cost,
        } => {
            let price = find_grant(context, grant).await?.terms.price;
            let max_cost = match &max_cost {
                Some(typed) => context.amount_in(typed, &price.asset)?,
                None => price.value.saturating_mul(periods.into()),
            };
            let done = context.send(calls::renew(grant, periods, max_cost)).await?;
            let events::GrantRenewed { ends, price: paid } = done.one()?;
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
        DatasetCommand::Vest { grants } => vest(context, &grants).await,
        DatasetCommand::Revoke { grant } => {
            let done = context.send(calls::revoke(grant)).await?;
            let events::GrantRevoked { ends, notice_ends } = done.one()?;
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
            context
                .send(calls::approve_owner(grant, owner.0.clone()))
                .await?;
            Ok(Report::new(
                json!({ "grant": grant, "owner": owner.to_string() }),
                format!("{owner} may publish under g{grant}"),
            ))
        }
        DatasetCommand::MoveVersion { version, from, to } => {
            context.send(calls::move_version(version, from, to)).await?;
            Ok(Report::new(
                json!({ "version": version, "from": from, "to": to }),
                format!("v{version} stands on g{to} now, and no longer on g{from}"),
            ))
        }
        DatasetCommand::Detach { grant, versions } => {
            for versions in versions.chunks(MAX_LISTED) {
                context
                    .send(calls::detach_versions(grant, versions.to_vec()))
                    .await?;
            }
            let list: Vec<String> = versions.iter().map(|v| format!("v{v}")).collect();
            Ok(Report::new(
                json!({ "grant": grant, "versions": versions }),
                format!("no longer on g{grant}: {}", list.join(", ")),
            ))
        }
        DatasetCommand::Remove { target } => match target {
            DataTarget::Dataset(dataset) => {
                context.send(calls::remove_dataset(dataset)).await?;
                Ok(Report::new(
                    json!({ "dataset": dataset, "state": "removed" }),
                    format!("dataset {dataset} is removed, its deposits are free again"),
                ))
            }
            DataTarget::Grant(grant) => {
                context.send(calls::remove_grant(grant)).await?;
                Ok(Report::new(
                    json!({ "grant": grant, "state": "removed" }),
                    format!("g{grant} is removed, its deposit is free again"),
                ))
            }
        },
        DatasetCommand::RemoveSplit { split } => {
            context.send(calls::remove_split(split)).await?;
            Ok(Report::new(
                json!({ "split": split, "state": "removed" }),
                format!("split {split} is removed, its deposit is free again"),
            ))
        }
        DatasetCommand::List(args) => list(context, args).await,
        DatasetCommand::Show { target } => match target {
            DataTarget::Dataset(id) => shown(context, find(context, id).await?).await,
            DataTarget::Grant(id) => Ok(show::grant(names, &find_grant(context, id).await?)),
        },
        DatasetCommand::Grants { model, page } => {
            let model = context.model(&model).await?.id;
            let limit = page.limit.min(MAX_PAGE);
            let list = context
                .chain
                .grants(model, GrantId(page.from), limit)
                .await?;
            Ok(show::grants(names, &list))
        }
        DatasetCommand::Transfer { dataset, to } => {
            context
                .send(calls::transfer_dataset(dataset, to.0.clone()))
                .await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "offered_to": to.to_string() }),
                format!(
                    "dataset {dataset} is offered to {to}, who takes it with `myai dataset accept`"
                ),
            ))
        }
        DatasetCommand::CancelTransfer { dataset } => {
            context
                .send(calls::cancel_dataset_transfer(dataset))
                .await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "offered_to": null }),
                format!("dataset {dataset} is no longer offered"),
            ))
        }
        DatasetCommand::Accept { dataset, changes } => accept(context, dataset, changes).await,
    }
}

async fn find(context: &Context<'_>, id: DatasetId) -> Result<DatasetView<AccountId>> {
    let missing = || Error::missing(format!("dataset {id}"));
    context.chain.dataset(id).await?.ok_or_else(missing)
}

async fn shown(context: &Context<'_>, dataset: DatasetView<AccountId>) -> Result<Report> {
    let suspended = context.suspended(&Subject::Dataset(dataset.id)).await?;
    Ok(show::dataset(&context.names, &(dataset, suspended)))
}

async fn find_grant(context: &Context<'_>, id: GrantId) -> Result<GrantView<AccountId>> {
    let missing = || Error::missing(format!("grant g{id}"));
    context.chain.grant(id).await?.ok_or_else(missing)
}

/// The terms under which the dataset is sold.
fn terms_of(dataset: DatasetView<AccountId>) -> Result<(TermsNumber, DatasetTerms)> {
    let none = || Error::Refused("the dataset's owner has set no terms yet".into());
    dataset.terms.ok_or_else(none)
}

/// The terms that were named, else those in force.
async fn licensor(context: &Context<'_>, args: &TermsArgs) -> Result<Licensor> {
    let number = match args.number {
        Some(number) => number,
        None => terms_of(find(context, args.dataset).await?)?.0,
    };
    Ok(Licensor::Dataset(args.dataset, number))
}

async fn list(context: &Context<'_>, args: DatasetList) -> Result<Report> {
    let (from, limit) = (DatasetId(args.page.from), args.page.limit.min(MAX_PAGE));
    let list = match &args.owner {
        None => context.chain.datasets(from, limit).await?,
        Some(owner) => context.chain.datasets_of(&owner.0, from, limit).await?,
    };
    let list = context
        .with_suspensions(list, |d| Subject::Dataset(d.id))
        .await?;
    Ok(show::datasets(&context.names, &list))
}

async fn register(context: &Context<'_>, args: DatasetRegister) -> Result<Report> {
    let key = context.signer()?;
    let name = version_file::name(&args.name, "the name")?;
    let metadata = version_file::local_file(&args.metadata.metadata, &args.metadata.metadata_uri)?;
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
            let done = context.submit(&key, calls::create_split(shares)).await?;
            let events::SplitCreated { split } = done.one()?;
            context
                .output
                .note(format!("split {split} was made for the members"));
            Some(split)
        }
    };
    let call = calls::register_dataset(name, args.category, metadata, args.openness, split);
    let done = context.submit(&key, call).await?;
    let events::DatasetRegistered { dataset: id } = done.one()?;
    shown(context, find(context, id).await?).await
}

async fn set_terms(context: &Context<'_>, options: DatasetSetTerms) -> Result<Report> {
    let (dataset, terms) = (
        options.dataset,
        version_file::terms(&options, &context.names)?,
    );
    let mut json = show::terms_json(&context.names, &terms);
    let rows = show::terms_rows(&context.names, &terms);
    let done = context.send(calls::set_terms(dataset, terms)).await?;
    let events::TermsSet { number } = done.one()?;
    json["dataset"] = json!(dataset);
    json["number"] = json!(number);
    let mut all = vec![("terms", format!("number {number} of dataset {dataset}"))];
    all.extend(rows);
    Ok(Report::new(json, fields(&all)))
}

async fn acquire(context: &Context<'_>, args: DatasetAcquire) -> Result<Report> {
    let key = context.signer()?;
    let model = context.model(&args.model).await?.id;
    let (number, terms) = terms_of(find(context, args.dataset).await?)?;
    if args.number.is_some_and(|n| n != number) {
        return Err(Error::Refused(format!(
            "the terms in force are number {number}: read them with `myai dataset show {}`",
            args.dataset
        )));
    }
    context.output.note(format!(
        "terms number {number}:\n{}",
        fields(&show::terms_rows(&context.names, &terms))
    ));
    let max_cost = match &args.max_cost {
        Some(typed) => context.amount_in(typed, &terms.price.asset)?,
        None => terms.price.value,
    };
    let call = calls::acquire(args.dataset, model, number, max_cost, args.lasts);
    let done = context.submit(&key, call).await?;
    let Some(events::GrantRequested { expires }) = done.all()?.pop() else {
        return granted(context, &done);
    };
    let price = context.names.amount(&terms.price);
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

async fn approve(context: &Context<'_>, args: DatasetApprove) -> Result<Report> {
    if let Some((kind, account)) = args.access.approved() {
        let licensor = licensor(context, &args.terms).await?;
        let call = calls::approve_access(licensor, kind, account.clone());
        context.send(call).await?;
        return Ok(show::approval(licensor, kind, account, "approved"));
    }
    let which = args.model.as_ref();
    let which = which.ok_or_else(|| Error::usage("say who: MODEL, --host or --user"))?;
    let (dataset, model) = (args.terms.dataset, context.model(which).await?.id);
    let requests = context.requests(dataset).await?;
    let asks = requests.into_iter().find(|r| r.model == model);
    let missing = || Error::missing(format!("request of model {model} for dataset {dataset}"));
    let request = asks.ok_or_else(missing)?;
    if let Some(number) = args.terms.number.filter(|n| *n != request.number) {
        return Err(Error::Refused(format!(
            "model {model} asks for terms number {}, not {number}",
            request.number
        )));
    }
    context.output.note(format!(
        "model {model} of {} asks for terms number {}, for {}",
        request.payer,
        request.number,
        context.names.amount(&request.price)
    ));
    // The chain refuses if the request has become another one since.
    let call = calls::approve_request(dataset, model, request.payer, request.number);
    granted(context, &context.send(call).await?)
}

/// Ends a request without a grant: the payer withdraws it, or the dataset's owner rejects it.
async fn end_request(
    context: &Context<'_>,
    args: RequestArgs,
    call: impl Fn(DatasetId, ModelId) -> Call,
    state: &str,
) -> Result<Report> {
    let (dataset, model) = (args.dataset, context.model(&args.model).await?.id);
    context.send(call(dataset, model)).await?;
    Ok(Report::new(
        json!({ "dataset": dataset, "model": model, "state": state }),
        format!("the request of model {model} is {state}, its money is free again"),
    ))
}

/// The grant that was given in this block.
fn granted(context: &Context, done: &InBlock) -> Result<Report> {
    let events::GrantGiven {
        grant,
        dataset,
        model,
        price,
        ends,
    } = done.one()?;
    Ok(Report::new(
        json!({
            "grant": grant,
            "dataset": dataset,
            "model": model,
            "price": show::amount_json(&context.names, &price.asset, price.value),
            "ends": ends,
        }),
        format!(
            "g{grant}: model {model} may be trained on dataset {dataset} {}, for {}",
            show::until(ends),
            context.names.amount(&price)
        ),
    ))
}

/// Hands over what has vested. A single grant must exist; of several the missing ones are skipped.
async fn vest(context: &Context<'_>, grants: &[GrantId]) -> Result<Report> {
    let (mut json, mut lines) = (vec![], vec![]);
    for grants in grants.chunks(MAX_LISTED) {
        let call = match grants {
            [grant] => calls::vest(*grant),
            _ => calls::vest_many(grants.to_vec()),
        };
        let done = context.send(call).await?;
        let vested = done.all::<events::Vested>()?.into_iter();
        let vested = vested.map(|e| (e.grant, e.asset, e.value, "vested"));
        let returned = done.all::<events::UnvestedReturned>()?.into_iter();
        let returned = returned.map(|e| (e.grant, e.asset, e.value, "returned"));
        for (grant, asset, value, word) in vested.chain(returned) {
            let amount = show::amount_json(&context.names, &asset, value);
            json.push(json!({ "grant": grant, word: amount }));
            lines.push(format!(
                "g{grant}: {} {word}",
                context.names.show(&asset, value)
            ));
        }
    }
    if lines.is_empty() {
        lines.push("nothing has vested since the last time".into());
    }
    Ok(Report::new(json.into(), lines.join("\n")))
}

/// Accepts a dataset as it is now, which is shown, or as it was when its `changes` were read.
async fn accept(context: &Context<'_>, dataset: DatasetId, changes: Option<u32>) -> Result<Report> {
    let found = find(context, dataset).await?;
    if let Some(seen) = changes.filter(|seen| *seen != found.changes) {
        return Err(Error::Refused(format!(
            "dataset {dataset} has changed since: its changes are {}, not {seen}; look at it again \
             with `myai dataset show {dataset}`",
            found.changes
        )));
    }
    let key = context.signer()?;
    let changes = found.changes;
    context.output.note(shown(context, found).await?.text);
    let call = calls::accept_dataset(dataset, changes);
    context.submit(&key, call).await?;
    let owner = key.account().to_string();
    Ok(Report::new(
        json!({ "dataset": dataset, "owner": owner, "changes": changes }),
        format!("dataset {dataset} belongs to {owner}"),
    ))
}
