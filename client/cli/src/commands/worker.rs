//! `myai worker …`

use crate::{
    args::WorkerCommand,
    context::Context,
    error::{Error, Result},
    output::Report,
    show,
};
use myai_chain_client::calls;
use myai_primitives::Subject;
use serde_json::json;

pub async fn run(context: &Context<'_>, command: WorkerCommand) -> Result<Report> {
    match command {
        WorkerCommand::List { target } => {
            let version = context.target(&target).await?;
            let offers = context.workers(version.id).await?;
            Ok(show::offers(&context.names, &offers))
        }
        WorkerCommand::Show { worker } => {
            let id = worker.0;
            let missing = || Error::missing(format!("worker {id}"));
            let view = match context.chain.worker(&id).await? {
                Some(view) => view,
                // The account may be a worker's signer.
                None => match context.chain.worker_of(&id).await? {
                    Some(of) => context.chain.worker(&of).await?.ok_or_else(missing)?,
                    None => return Err(missing()),
                },
            };
            let offers = context.offers(&view.id).await?;
            let suspended = context.suspended(&Subject::Worker(view.id.clone())).await?;
            Ok(show::worker(&context.names, &(view, suspended), &offers))
        }
        WorkerCommand::ClearOffer { version, worker } => {
            let call = calls::clear_offer(worker.0.clone(), version);
            context.send(call).await?;
            Ok(Report::new(
                json!({ "version": version, "worker": worker.to_string(), "state": "cleared" }),
                format!("{worker} no longer offers v{version}"),
            ))
        }
    }
}
