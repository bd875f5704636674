//! `myai model …`

use crate::{
    args::{ModelCommand, ModelList, ModelPublish, ModelRegister},
    error::{Error, Result},
    output::{fields, Report},
    session::Session,
    show, spec,
    text::Target,
};
use myai_chain_client::{calls, AccountId};
use myai_inference_worker::{inspect, manifest::Manifest};
use myai_primitives::{ModelId, ModelView, SplitId, VersionId, MAX_PAGE};
use serde_json::json;
use std::{fs, path::Path};

const PALLET: &str = "ModelRegistry";

pub async fn run(session: &Session<'_>, command: ModelCommand) -> Result<Report> {
    match command {
        ModelCommand::Register(args) => register(session, args).await,
        ModelCommand::Publish(args) => publish(session, *args).await,
        ModelCommand::List(args) => list(session, args).await,
        ModelCommand::Show { target } => show(session, &target).await,
        ModelCommand::Inspect { file, manifest } => inspect_file(&file, manifest.as_deref()),
        ModelCommand::SetPrice { version, amount } => {
            let key = session.signer()?;
            let found = session.version(version).await?;
            let units = session.amount_in(&amount, &found.spec.price.asset)?;
            session
                .submit(&key, calls::set_price(version, units))
                .await?;
            let price = session.names.show(&found.spec.price.asset, units);
            let unit = crate::text::Choice::word(found.spec.unit);
            Ok(Report::new(
                json!({ "version": version, "price": show::amount_json(&session.names, &found.spec.price.asset, units) }),
                format!("v{version} costs {price} per {unit} from now on"),
            ))
        }
        ModelCommand::Retire { version } => {
            let key = session.signer()?;
            session.submit(&key, calls::retire_version(version)).await?;
            Ok(Report::new(
                json!({ "version": version, "state": "retired" }),
                format!("v{version} is retired: no new jobs, no new derivatives"),
            ))
        }
        ModelCommand::Transfer { model, to } => {
            let key = session.signer()?;
            let found = session.model(&model).await?;
            let call = calls::offer_model(found.id, to.0.clone());
            session.submit(&key, call).await?;
            Ok(Report::new(
                json!({ "model": found.id, "offered_to": to.to_string() }),
                format!(
                    "model {} is offered to {to}, who takes it with `model accept`",
                    found.id
                ),
            ))
        }
        ModelCommand::Accept { model } => {
            let key = session.signer()?;
            let found = session.model(&model).await?;
            session.submit(&key, calls::accept_model(found.id)).await?;
            let owner = key.account().to_string();
            Ok(Report::new(
                json!({ "model": found.id, "owner": owner }),
                format!("model {} belongs to {owner}", found.id),
            ))
        }
        ModelCommand::Approve { version, model } => {
            let key = session.signer()?;
            let found = session.model(&model).await?;
            let call = calls::approve_derivative(version, found.id);
            session.submit(&key, call).await?;
            Ok(Report::new(
                json!({ "version": version, "model": found.id }),
                format!("model {} may derive from v{version}", found.id),
            ))
        }
    }
}

async fn register(session: &Session<'_>, args: ModelRegister) -> Result<Report> {
    let key = session.signer()?;
    let name = spec::name(&args.name, "the name")?;
    let metadata = spec::local_file(&args.metadata.metadata, &args.metadata.metadata_uri)?;
    let done = session
        .submit(&key, calls::register_model(name, args.category, metadata))
        .await?;
    let model: ModelId = done.field(PALLET, "ModelRegistered", "model")?;
    let found = session.chain.model(model).await?;
    let json = match &found {
        Some(found) => show::model_json(found),
        None => json!({ "id": model }),
    };
    let mut rows = vec![("model", format!("{model} {}", args.name))];
    if let Some(found) = found {
        rows.push(("owner", found.owner.to_string()));
        rows.push(("account", found.account.to_string()));
    }
    Ok(Report::new(json, fields(&rows)))
}

async fn publish(session: &Session<'_>, args: ModelPublish) -> Result<Report> {
    let options = spec::complete(args)?;
    let model = spec::model(&options)?;
    let spec = spec::build(&options, &session.names)?;
    if !session.accepted.contains(&spec.price.asset)
        && spec.price.asset != myai_primitives::Asset::Native
    {
        return Err(Error::Refused(format!(
            "prices may not be in {}",
            crate::amount::asset_text(&spec.price.asset)
        )));
    }
    let found = session.model(&model).await?;
    warn_of_local_addresses(session, &spec);
    let mut json = show::spec_json(&session.names, &spec);
    let rows = show::spec_rows(&session.names, &spec);
    if options.dry_run {
        let text = format!(
            "would be published for model {}:\n{}",
            found.id,
            fields(&rows)
        );
        return Ok(Report::new(json, text));
    }
    let key = session.signer()?;
    let done = session
        .submit(&key, calls::publish_version(found.id, spec))
        .await?;
    let version: VersionId = done.field(PALLET, "VersionPublished", "version")?;
    let split: Option<SplitId> = done.field(PALLET, "VersionPublished", "split").ok();
    json["id"] = json!(version);
    json["model"] = json!(found.id);
    json["split"] = json!(split);
    let mut all = vec![("version", format!("v{version} of model {}", found.id))];
    all.extend(rows);
    Ok(Report::new(json, fields(&all)))
}

/// Workers elsewhere cannot read this machine's files.
fn warn_of_local_addresses(session: &Session, spec: &myai_primitives::VersionSpec<AccountId>) {
    for (what, file) in [("artifact", &spec.artifact), ("manifest", &spec.manifest)] {
        if file.uris.iter().all(|uri| uri.starts_with(b"file://")) {
            session.output.warn(format!(
                "the {what} has a file:// address only: workers on other machines cannot fetch it"
            ));
        }
    }
}

async fn list(session: &Session<'_>, args: ModelList) -> Result<Report> {
    let list: Vec<ModelView<AccountId>> = match &args.owner {
        None => {
            let limit = args.page.limit.min(MAX_PAGE);
            session.chain.models(ModelId(args.page.from), limit).await?
        }
        Some(owner) => session
            .models()
            .await?
            .into_iter()
            .filter(|m| m.owner == owner.0 && m.id.0 >= args.page.from)
            .take(args.page.limit as usize)
            .collect(),
    };
    Ok(show::models(&list))
}

async fn show(session: &Session<'_>, target: &Target) -> Result<Report> {
    match target {
        Target::Version(id) => Ok(show::version(&session.names, &session.version(*id).await?)),
        Target::Model(which) => {
            let model = session.model(which).await?;
            let versions = session.versions(model.id).await?;
            Ok(show::model(&session.names, &model, &versions))
        }
    }
}

/// Looks into a file of this machine; asks no chain.
pub fn inspect_file(path: &Path, manifest: Option<&Path>) -> Result<Report> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let wrong = |path: &Path, why: String| Error::usage(format!("{}: {why}", path.display()));
    let model = inspect::inspect(&bytes).map_err(|e| wrong(path, e.to_string()))?;
    let file = spec::local_file(path, &[])?;
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
        "integer_only": model.is_integer_only(),
        "not_integer": model.not_integer,
        "float_scales": model.float_scales,
    });
    let mut text = format!(
        "sha256 {}, {} bytes\n{}",
        hex::encode(file.sha256),
        file.length,
        crate::output::plain(model.to_string().trim_end())
    );
    if let Some(path) = manifest {
        let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
        let manifest = Manifest::parse(&bytes).map_err(|e| wrong(path, e.to_string()))?;
        let misfits = spec::misfits(&manifest, &model);
        if !misfits.is_empty() {
            return Err(wrong(path, misfits.join("; ")));
        }
        json["manifest"] = json!("fits");
        text += "\nthe manifest fits";
    }
    Ok(Report::new(json, text))
}
