//! `myai model …`

use crate::{
    args::{ModelCommand, ModelList, ModelPublish, ModelRegister, VersionApproval},
    context::Context,
    error::{Error, Result},
    output::{fields, Report},
    parse::Choice,
    show, version_file,
};
use myai_chain_client::{calls, events, AccountId};
use myai_model_kit::{inspect, manifest::Manifest};
use myai_primitives::{Clauses, Licensor, ModelId, ModelView, Subject, VersionSpec, MAX_PAGE};
use myai_sdk::{amount::asset_text, words::plain, ModelRef, Target};
use serde_json::json;
use std::{fs, path::Path};

pub async fn run(context: &Context<'_>, command: ModelCommand) -> Result<Report> {
    match command {
        ModelCommand::Register(args) => register(context, args).await,
        ModelCommand::Publish(args) => publish(context, args.complete()?).await,
        ModelCommand::List(args) => list(context, args).await,
        ModelCommand::Show { target } => show(context, &target).await,
        ModelCommand::Inspect { file, manifest } => inspect_file(&file, manifest.as_deref()),
        ModelCommand::SetPrice { version, amount } => {
            let found = context.version(version).await?;
            let asset = found.spec.price.asset;
            let value = context.amount_in(&amount, &asset)?;
            context.send(calls::set_price(version, value)).await?;
            let price = context.names.show(&asset, value);
            let unit = found.spec.unit.word();
            Ok(Report::new(
                json!({
                    "version": version,
                    "price": show::amount_json(&context.names, &asset, value),
                }),
                format!("v{version} costs {price} per {unit} from now on"),
            ))
        }
        ModelCommand::SetMetadata { model, metadata } => {
            let found = context.model(&model).await?;
            let file = version_file::local_file(&metadata.metadata, &metadata.metadata_uri)?;
            context
                .send(calls::set_model_metadata(found.id, file))
                .await?;
            show(context, &Target::Model(ModelRef::Id(found.id))).await
        }
        ModelCommand::Retire { version } => {
            context.send(calls::retire_version(version)).await?;
            let clauses = context.version(version).await?.spec.clauses;
            let derivatives = match clauses.irrevocable {
                true => "others may still derive from it, for it is irrevocable",
                false => "no new derivatives",
            };
            Ok(Report::new(
                json!({ "version": version, "state": "retired" }),
                format!("v{version} is retired: no new jobs, {derivatives}"),
            ))
        }
        ModelCommand::Remove { target } => match target {
            Target::Version(version) => {
                context.send(calls::remove_version(version)).await?;
                Ok(Report::new(
                    json!({ "version": version, "state": "removed" }),
                    format!("v{version} is removed, its deposits are free again"),
                ))
            }
            Target::Model(which) => {
                let model = context.model(&which).await?.id;
                context.send(calls::remove_model(model)).await?;
                Ok(Report::new(
                    json!({ "model": model, "state": "removed" }),
                    format!("model {model} is removed, its deposit is free again"),
                ))
            }
        },
        ModelCommand::Withdraw { model, amount, to } => {
            let model = context.model(&model).await?.id;
            let amount = context.amount(&amount)?;
            let to = context.account(&to)?;
            let call = calls::withdraw_from_model(model, amount.asset, amount.value, to.clone());
            context.send(call).await?;
            Ok(Report::new(
                json!({
                    "model": model,
                    "amount": show::amount_json(&context.names, &amount.asset, amount.value),
                    "to": to.to_string(),
                }),
                format!(
                    "{} of model {model} went to {to}",
                    context.names.amount(&amount)
                ),
            ))
        }
        ModelCommand::Transfer { model, to } => {
            let model = context.model(&model).await?.id;
            context
                .send(calls::transfer_model(model, to.0.clone()))
                .await?;
            Ok(Report::new(
                json!({ "model": model, "offered_to": to.to_string() }),
                format!("model {model} is offered to {to}, who takes it with `myai model accept`"),
            ))
        }
        ModelCommand::CancelTransfer { model } => {
            let model = context.model(&model).await?.id;
            context.send(calls::cancel_model_transfer(model)).await?;
            Ok(Report::new(
                json!({ "model": model, "offered_to": null }),
                format!("model {model} is no longer offered"),
            ))
        }
        ModelCommand::Accept { model, changes } => accept(context, &model, changes).await,
        ModelCommand::AssumeDeposit { version } => {
            context.send(calls::assume_deposit(version)).await?;
            let key = context.signer()?.account().to_string();
            Ok(Report::new(
                json!({ "version": version, "depositor": key }),
                format!("the deposit of v{version} is held from {key} now"),
            ))
        }
        ModelCommand::Approve(args) => approve(context, args).await,
        ModelCommand::WithdrawApproval(args) => withdraw_approval(context, args).await,
        ModelCommand::RequestApproval { version, kind } => {
            let licensor = Licensor::Version(version);
            context
                .send(calls::request_approval(licensor, kind))
                .await?;
            let account = context.signer()?.account();
            Ok(show::approval(licensor, kind, &account, "requested"))
        }
        ModelCommand::Approvals { version } => {
            let licensor = Licensor::Version(context.version(version).await?.id);
            Ok(show::approvals(&context.approvals(licensor).await?))
        }
    }
}

async fn register(context: &Context<'_>, args: ModelRegister) -> Result<Report> {
    let name = version_file::name(&args.name, "the name")?;
    let metadata = version_file::local_file(&args.metadata.metadata, &args.metadata.metadata_uri)?;
    let done = context
        .send(calls::register_model(name, args.category, metadata))
        .await?;
    let events::ModelRegistered { model } = done.one()?;
    let found = context.chain.model(model).await?;
    let json = match &found {
        // A new one is not suspended.
        Some(found) => show::model_json(&(found.clone(), None)),
        None => json!({ "id": model }),
    };
    let mut rows = vec![("model", format!("{model} {}", args.name))];
    if let Some(found) = found {
        rows.push(("owner", found.owner.to_string()));
        rows.push(("account", found.account.to_string()));
    }
    Ok(Report::new(json, fields(&rows)))
}

/// Accepts a model as it is now, which is shown, or as it was when its `changes` were read.
async fn accept(context: &Context<'_>, which: &ModelRef, changes: Option<u32>) -> Result<Report> {
    let found = context.model(which).await?;
    let model = found.id;
    if let Some(seen) = changes.filter(|seen| *seen != found.changes) {
        return Err(Error::Refused(format!(
            "model {model} has changed since: its changes are {}, not {seen}; look at it again \
             with `myai model show {model}`",
            found.changes
        )));
    }
    let key = context.signer()?;
    let changes = found.changes;
    let shown = show_model(context, found).await?;
    context.output.note(shown.text);
    let call = calls::accept_model(model, changes);
    context.submit(&key, call).await?;
    let owner = key.account().to_string();
    Ok(Report::new(
        json!({ "model": model, "owner": owner, "changes": changes }),
        format!("model {model} belongs to {owner}"),
    ))
}

async fn approve(context: &Context<'_>, args: VersionApproval) -> Result<Report> {
    let version = args.version;
    if let Some((kind, account)) = args.access.approved() {
        let licensor = Licensor::Version(version);
        let call = calls::approve_access(licensor, kind, account.clone());
        context.send(call).await?;
        return Ok(show::approval(licensor, kind, account, "approved"));
    }
    let model = derivative(context, &args).await?;
    let call = calls::approve_derivative(version, model.id, model.owner.clone());
    let done = context.send(call).await?;
    let events::DerivativeApproved { count } = done.one()?;
    Ok(Report::new(
        json!({
            "version": version,
            "model": model.id,
            "owner": model.owner,
            "count": count,
        }),
        format!(
            "model {} of {} may derive from v{version} in so many publications: {count}",
            model.id, model.owner
        ),
    ))
}

async fn withdraw_approval(context: &Context<'_>, args: VersionApproval) -> Result<Report> {
    let version = args.version;
    if let Some((kind, account)) = args.access.approved() {
        let licensor = Licensor::Version(version);
        let call = calls::withdraw_approval(licensor, kind, account.clone());
        context.send(call).await?;
        return Ok(show::approval(licensor, kind, account, "withdrawn"));
    }
    let model = derivative(context, &args).await?.id;
    context
        .send(calls::withdraw_derivative_approval(version, model))
        .await?;
    Ok(Report::new(
        json!({ "version": version, "model": model, "count": 0 }),
        format!("model {model} may no longer derive from v{version}; what it has published stays"),
    ))
}

/// The model whose derivation is meant.
async fn derivative(context: &Context<'_>, args: &VersionApproval) -> Result<ModelView<AccountId>> {
    let which = args.derivative.as_ref();
    let which = which.ok_or_else(|| Error::usage("say who: --derivative, --host or --user"))?;
    Ok(context.model(which).await?)
}

async fn publish(context: &Context<'_>, options: ModelPublish) -> Result<Report> {
    let which = version_file::model(&options)?;
    let spec = version_file::version(&options, &context.names)?;
    if !context.accepts(spec.price.asset) {
        return Err(Error::Refused(format!(
            "prices may not be in {}",
            asset_text(&spec.price.asset)
        )));
    }
    let found = context.model(&which).await?;
    warn_of_local_addresses(context, &spec);
    let mut json = show::spec_json(&context.names, &spec);
    let rows = show::spec_rows(&context.names, &spec);
    if options.dry_run {
        let text = format!(
            "would be published for model {}:\n{}",
            found.id,
            fields(&rows)
        );
        return Ok(Report::new(json, text));
    }
    let done = context.send(calls::publish_version(found.id, spec)).await?;
    let events::VersionPublished { version, split } = done.one()?;
    json["id"] = json!(version);
    json["model"] = json!(found.id);
    json["split"] = json!(split);
    let mut all = vec![("version", format!("v{version} of model {}", found.id))];
    all.extend(rows);
    Ok(Report::new(json, fields(&all)))
}

/// Others cannot read this machine's files.
fn warn_of_local_addresses(context: &Context, spec: &VersionSpec<AccountId>) {
    let files = [("artifact", &spec.artifact), ("manifest", &spec.manifest)];
    let licensed = license_files(&spec.clauses);
    for (what, file) in files.into_iter().chain(licensed) {
        if file.uris.iter().all(|uri| uri.starts_with(b"file://")) {
            context.output.warn(format!(
                "the {what} has a file:// address only: nobody on another machine can fetch it"
            ));
        }
    }
}

fn license_files(
    clauses: &Clauses,
) -> impl Iterator<Item = (&'static str, &myai_primitives::File)> {
    let text = clauses.text.as_ref().map(|file| ("license's text", file));
    let policy = clauses.use_policy.as_ref().map(|file| ("policy", file));
    text.into_iter().chain(policy)
}

async fn list(context: &Context<'_>, args: ModelList) -> Result<Report> {
    let limit = args.page.limit.min(MAX_PAGE);
    let list: Vec<ModelView<AccountId>> = match &args.owner {
        None => context.chain.models(ModelId(args.page.from), limit).await?,
        Some(owner) => {
            let from = ModelId(args.page.from);
            context.chain.models_of(&owner.0, from, limit).await?
        }
    };
    let list = context
        .with_suspensions(list, |m| Subject::Model(m.id))
        .await?;
    Ok(show::models(&list))
}

async fn show(context: &Context<'_>, target: &Target) -> Result<Report> {
    match target {
        Target::Version(id) => {
            let version = context.version(*id).await?;
            let own = context.suspended(&Subject::Version(*id)).await?;
            let models = context.suspended(&Subject::Model(version.model)).await?;
            Ok(show::version(&context.names, &(version, own), models))
        }
        Target::Model(which) => show_model(context, context.model(which).await?).await,
    }
}

async fn show_model(context: &Context<'_>, model: ModelView<AccountId>) -> Result<Report> {
    let versions = context.versions(model.id).await?;
    let versions = context
        .with_suspensions(versions, |v| Subject::Version(v.id))
        .await?;
    let suspended = context.suspended(&Subject::Model(model.id)).await?;
    Ok(show::model(&context.names, &(model, suspended), &versions))
}

/// Looks into a file of this machine; asks no chain.
pub fn inspect_file(path: &Path, manifest: Option<&Path>) -> Result<Report> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let wrong = |path: &Path, why: String| Error::usage(format!("{}: {why}", path.display()));
    let model = inspect::inspect(bytes).map_err(|e| wrong(path, e.to_string()))?;
    let file = version_file::local_file(path, &[])?;
    let values = |list: &[inspect::Value]| -> Vec<_> {
        list.iter()
            .map(|v| json!({ "name": v.name, "kind": v.kind, "tensor": v.is_tensor }))
            .collect()
    };
    let mut json = json!({
        "sha256": show::hex32(&file.sha256),
        "length": file.length,
        "ir_version": model.ir_version,
        "producer": model.producer,
        "opsets": model.opsets.iter()
            .map(|(domain, version)| json!({ "domain": domain, "version": version }))
            .collect::<Vec<_>>(),
        "inputs": values(&model.inputs),
        "outputs": values(&model.outputs),
        "operators": model.operators,
        "external": model.external,
        "int_v1": model.is_int_v1(),
        "not_int_v1": model.not_int_v1,
    });
    let mut text = format!(
        "sha256 {}, {} bytes\n{}",
        hex::encode(file.sha256),
        file.length,
        plain(model.to_string().trim_end())
    );
    if let Some(path) = manifest {
        let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
        let manifest = Manifest::parse(&bytes).map_err(|e| wrong(path, e.to_string()))?;
        let misfits = version_file::misfits(&manifest, &model);
        if !misfits.is_empty() {
            return Err(wrong(path, misfits.join("; ")));
        }
        json["manifest"] = json!("fits");
        text += "\nthe manifest fits";
    }
    Ok(Report::new(json, text))
}
