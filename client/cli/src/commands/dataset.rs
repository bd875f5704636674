//! `myai dataset …`

use crate::{
    args::{DatasetAcquire, DatasetCommand, DatasetRegister, DatasetSetTerms},
    error::{Error, Result},
    output::{fields, Report},
    session::Session,
    show, spec,
};
use myai_chain_client::{calls, Call, InBlock};
use myai_primitives::*;
use serde_json::json;

const PALLET: &str = "DataLicense";

pub async fn run(session: &Session<'_>, command: DatasetCommand) -> Result<Report> {
    let names = &session.names;
    match command {
        DatasetCommand::Register(args) => register(session, args).await,
        DatasetCommand::Terms(args) => set_terms(session, args).await,
        DatasetCommand::Acquire(args) => acquire(session, args).await,
        DatasetCommand::Approve(args) => {
            let key = session.signer()?;
            let model = session.model(&args.model).await?.id;
            let done = session
                .submit(&key, calls::approve(args.dataset, model))
                .await?;
            granted(session, &done)
        }
        DatasetCommand::Reject(args) => {
            let key = session.signer()?;
            let model = session.model(&args.model).await?.id;
            session
                .submit(&key, calls::reject(args.dataset, model))
                .await?;
            Ok(Report::new(
                json!({ "dataset": args.dataset, "model": model, "state": "rejected" }),
                format!("the request of model {model} is refused, its money is free again"),
            ))
        }
        DatasetCommand::Withdraw(args) => {
            let key = session.signer()?;
            let model = session.model(&args.model).await?.id;
            let call = Call::new(PALLET, "withdraw")
                .with("dataset", args.dataset)
                .with("model", model);
            session.submit(&key, call).await?;
            Ok(Report::new(
                json!({ "dataset": args.dataset, "model": model, "state": "withdrawn" }),
                format!("the request of model {model} is taken back, its money is free again"),
            ))
        }
        DatasetCommand::Renew { grant, max_cost } => {
            let key = session.signer()?;
            let missing = || Error::missing(format!("grant g{grant}"));
            let price = session
                .chain
                .grant(grant)
                .await?
                .ok_or_else(missing)?
                .terms
                .price;
            let max_cost = match &max_cost {
                Some(typed) => session.amount_in(typed, &price.asset)?,
                None => price.value,
            };
            let done = session.submit(&key, calls::renew(grant, max_cost)).await?;
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
        DatasetCommand::Revoke { grant } => {
            let key = session.signer()?;
            let done = session.submit(&key, calls::revoke(grant)).await?;
            let ends: Tick = done.field(PALLET, "GrantRevoked", "ends")?;
            let refund: Amount = done.field(PALLET, "GrantRevoked", "refund")?;
            Ok(Report::new(
                json!({
                    "grant": grant,
                    "ends": ends,
                    "refund": show::amount_json(names, &refund.asset, refund.value),
                }),
                format!(
                    "g{grant} ends at tick {ends}; {} is given back",
                    names.amount(&refund)
                ),
            ))
        }
        DatasetCommand::List(args) => {
            let list: Vec<_> = match &args.owner {
                None => {
                    let limit = args.page.limit.min(MAX_PAGE);
                    session
                        .chain
                        .datasets(DatasetId(args.page.from), limit)
                        .await?
                }
                Some(owner) => session
                    .datasets()
                    .await?
                    .into_iter()
                    .filter(|d| d.owner == owner.0 && d.id.0 >= args.page.from)
                    .take(args.page.limit as usize)
                    .collect(),
            };
            Ok(show::datasets(names, &list))
        }
        DatasetCommand::Show { dataset } => {
            Ok(show::dataset(names, &find(session, dataset).await?))
        }
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
            let key = session.signer()?;
            let call = Call::new(PALLET, "transfer_ownership")
                .with("dataset", dataset)
                .account("to", to.0.clone());
            session.submit(&key, call).await?;
            Ok(Report::new(
                json!({ "dataset": dataset, "offered_to": to.to_string() }),
                format!("dataset {dataset} is offered to {to}, who takes it with `dataset accept`"),
            ))
        }
        DatasetCommand::Accept { dataset } => {
            let key = session.signer()?;
            let call = Call::new(PALLET, "accept_ownership").with("dataset", dataset);
            session.submit(&key, call).await?;
            let owner = key.account().to_string();
            Ok(Report::new(
                json!({ "dataset": dataset, "owner": owner }),
                format!("dataset {dataset} belongs to {owner}"),
            ))
        }
    }
}

async fn find(
    session: &Session<'_>,
    id: DatasetId,
) -> Result<DatasetView<myai_chain_client::AccountId>> {
    let missing = || Error::missing(format!("dataset {id}"));
    session.chain.dataset(id).await?.ok_or_else(missing)
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
                .map(|(account, parts)| Share {
                    beneficiary: Beneficiary::Account(account.0.clone()),
                    parts: *parts,
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
    let key = session.signer()?;
    let min_per_unit = args
        .min_per_unit
        .as_ref()
        .map(|a| session.amount(a))
        .transpose()?;
    let revocation =
        match (args.notice, args.perpetual_term) {
            (None, _) => Revocation::Never,
            (Some(_), None) if args.period.is_none() => return Err(Error::usage(
                "grants without a period that can be revoked need --perpetual-term: the time over \
                 which their price counts as used up",
            )),
            // Not read where there is a period, but the chain wants it sound.
            (Some(notice), term) => Revocation::Notice {
                notice,
                perpetual_term: term.or(args.period).unwrap_or(notice),
            },
        };
    let terms = DatasetTerms {
        price: session.amount(&args.price)?,
        period: args.period,
        min_share: args.min_share,
        min_per_unit,
        approval: args.approval,
        revocation,
        share_alike: args.share_alike,
        commercial: args.commercial,
        reach: args.reach,
    };
    let text = show::terms_text(&session.names, &terms);
    let done = session
        .submit(&key, calls::set_terms(args.dataset, terms))
        .await?;
    let number: TermsNumber = done.field(PALLET, "TermsSet", "number")?;
    Ok(Report::new(
        json!({ "dataset": args.dataset, "number": number }),
        fields(&[(
            "terms",
            format!("number {number} of dataset {}\n{text}", args.dataset),
        )]),
    ))
}

async fn acquire(session: &Session<'_>, args: DatasetAcquire) -> Result<Report> {
    let key = session.signer()?;
    let model = session.model(&args.model).await?.id;
    let dataset = find(session, args.dataset).await?;
    let Some((number, terms)) = dataset.terms else {
        return Err(Error::Refused(
            "the dataset's owner has set no terms yet".into(),
        ));
    };
    if args.number.is_some_and(|n| n != number) {
        return Err(Error::Refused(format!(
            "the terms in force are number {number}: read them with `dataset show {}`",
            args.dataset
        )));
    }
    session.output.note(format!(
        "terms number {number}:\n{}",
        show::terms_text(&session.names, &terms)
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

/// The grant that was given in this block.
fn granted(session: &Session, done: &InBlock) -> Result<Report> {
    let grant: GrantId = done.field(PALLET, "GrantGiven", "grant")?;
    let dataset: DatasetId = done.field(PALLET, "GrantGiven", "dataset")?;
    let model: ModelId = done.field(PALLET, "GrantGiven", "model")?;
    let price: Amount = done.field(PALLET, "GrantGiven", "price")?;
    let ends: Option<Tick> = done.field(PALLET, "GrantGiven", "ends")?;
    let until = ends.map_or("for ever".to_string(), |t| format!("until tick {t}"));
    Ok(Report::new(
        json!({
            "grant": grant,
            "dataset": dataset,
            "model": model,
            "price": show::amount_json(&session.names, &price.asset, price.value),
            "ends": ends,
        }),
        format!(
            "g{grant}: model {model} may be trained on dataset {dataset} {until}, for {}",
            session.names.amount(&price)
        ),
    ))
}
