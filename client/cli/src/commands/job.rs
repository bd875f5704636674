//! `myai job …`

use super::deliver::deliver;
use crate::{
    args::{Global, JobCommand},
    context::Context,
    error::{Error, Result},
    keys,
    output::{fields, table, Output, Report},
    show,
};
use myai_chain_client::{calls, events, AccountId};
use myai_primitives::{JobId, JobState, JobView};
use myai_sdk::{amount::AssetNames, words::decline_reason, End, JobRef, JobStore, SavedJob};
use serde_json::{json, Value};
use std::path::Path;

pub async fn run(global: &Global, output: Output, command: &JobCommand) -> Result<()> {
    let store = global.store()?;
    let report = match command {
        JobCommand::List { worker: None } => list(global, output, &store).await?,
        JobCommand::List {
            worker: Some(worker),
        } => {
            let context = Context::connect(global, output).await?;
            list_of_worker(&context, &worker.0).await?
        }
        JobCommand::Show { job } => {
            let context = Context::connect(global, output).await?;
            show(&context, &store, job).await?
        }
        JobCommand::Fetch { job, timeout, out } => {
            let context = Context::connect(global, output).await?;
            return fetch(&context, store, job, *timeout, out.as_deref()).await;
        }
        JobCommand::Expire { job } => {
            let context = Context::connect(global, output).await?;
            expire(&context, &store, job).await?
        }
    };
    super::print(&output, &report)
}

async fn fetch(
    context: &Context<'_>,
    store: JobStore,
    job: &JobRef,
    timeout: u64,
    out: Option<&Path>,
) -> Result<()> {
    let genesis = context.chain.genesis_hash();
    let saved = store.find(job, Some(&genesis))?.ok_or_else(|| {
        Error::missing(format!(
            "kept file of that job in {}: only the machine that opened it has the keys",
            store.dir().display()
        ))
    })?;
    // Only the upload is signed.
    let payer = match saved.uploaded || saved.end.is_some() {
        true => None,
        false => keys::key(context.global, &context.output)?,
    };
    let job = context.follow(&store, saved, payer)?;
    deliver(context, job, timeout, out).await
}

async fn list(global: &Global, output: Output, store: &JobStore) -> Result<Report> {
    let (saved, bad) = store.all()?;
    for error in bad {
        output.warn(error.to_string());
    }
    // Jobs on the disk are shown without a node too, but then assets have no names.
    let names = match Context::connect(global, output).await {
        Ok(context) => context.names.clone(),
        Err(e) if e.exit() == myai_chain_client::exit::Exit::Unreachable => {
            output.warn(e.to_string());
            AssetNames::default()
        }
        Err(e) => return Err(e),
    };
    Ok(listed(&names, &saved))
}

async fn list_of_worker(context: &Context<'_>, worker: &AccountId) -> Result<Report> {
    let open = context.chain.open_jobs(worker).await?;
    for job in &open.unknown {
        let text = format!("job {job} runs in a way that this release does not know");
        context.output.warn(text);
    }
    Ok(show::open_jobs(&context.names, &open.jobs))
}

fn saved_json(names: &AssetNames, k: &SavedJob) -> Value {
    json!({
        "job": k.id,
        "stage": k.stage(),
        "created": k.created,
        "version": k.version,
        "payer": k.payer,
        "worker": k.worker,
        "units": k.units,
        "gross": show::amount_json(names, &k.asset, k.gross),
        "deposit": show::amount_json(names, &k.asset, k.deposit),
        "input_commitment": show::hex32(&k.input_commitment),
        "end": k.end,
    })
}

/// The jobs of this machine.
fn listed(names: &AssetNames, saved: &[SavedJob]) -> Report {
    let row = |k: &SavedJob| {
        vec![
            k.reference(),
            k.stage().into(),
            format!("v{}", k.version),
            names.show(&k.asset, k.gross),
            k.worker.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = saved.iter().map(row).collect();
    let json = saved.iter().map(|k| saved_json(names, k)).collect();
    let head = ["job", "state", "version", "at most", "worker"];
    Report::new(json, table(&head, &rows, "no jobs"))
}

/// The id of the job that is named, and this machine's file of it.
fn meant(context: &Context, store: &JobStore, which: &JobRef) -> Result<(JobId, Option<SavedJob>)> {
    let saved = store.find(which, Some(&context.chain.genesis_hash()))?;
    match (which, saved) {
        (_, Some(saved)) => Ok((saved.id, Some(saved))),
        (JobRef::Id(id), None) => Ok((*id, None)),
        _ => Err(Error::missing(
            "such job on this machine: write its whole id",
        )),
    }
}

async fn show(context: &Context<'_>, store: &JobStore, which: &JobRef) -> Result<Report> {
    let names = &context.names;
    let (id, saved) = meant(context, store, which)?;
    let view = context.chain.job(id).await?;
    if saved.is_none() && view.is_none() {
        return Err(Error::missing(format!(
            "job {id} on the chain, nor on this machine: it never opened, or it ended long ago"
        )));
    }
    let mut rows = vec![("job", id.to_string())];
    if let Some(JobView { state, .. }) = &view {
        let asset = match (state, &saved) {
            (JobState::Open(open), _) => Some(open.asset),
            (JobState::Ended(_), Some(saved)) => Some(saved.asset),
            _ => None,
        };
        rows.extend(show::job(names, state, asset, context.chain.clock().await?));
    }
    if let Some(k) = &saved {
        if view.is_none() {
            rows.push(("version", format!("v{}", k.version)));
            rows.push(("worker", k.worker.to_string()));
            rows.push(("at most", names.show(&k.asset, k.gross)));
            rows.push(("input", show::hex32(&k.input_commitment)));
        }
        rows.push(("here", k.stage().into()));
        match &k.end {
            Some(End::Settled { units, paid, .. }) => rows.push((
                "paid",
                format!("{} for {units} units", names.show(&k.asset, *paid)),
            )),
            Some(End::Declined { reason, .. }) => {
                rows.push(("why", decline_reason(*reason).into()))
            }
            Some(End::NotOpened { why }) => rows.push(("why", why.clone())),
            _ => {}
        }
    }
    let json = json!({
        "job": id,
        "chain": view.as_ref().map(|v| show::job_json(names, v)),
        "saved": saved.as_ref().map(|k| saved_json(names, k)),
    });
    Ok(Report::new(json, fields(&rows)))
}

async fn expire(context: &Context<'_>, store: &JobStore, which: &JobRef) -> Result<Report> {
    let (job, _) = meant(context, store, which)?;
    let key = context.signer()?;
    let done = context.submit(&key, calls::expire(job)).await?;
    // The call also removes the row of a job that ended long ago.
    let (state, text) = match done.all::<events::JobExpired>()?.is_empty() {
        false => ("expired", "has expired; its payer's money is free again"),
        true => ("removed", "had ended; its row is removed"),
    };
    Ok(Report::new(
        json!({ "job": job, "state": state }),
        format!("job {job} {text}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::saved_job;
    use expect_test::expect_file;
    use myai_primitives::DeclineReason;

    #[test]
    fn jobs_of_this_machine_are_listed_without_their_secrets() {
        let mut job = saved_job(None);
        job.opened = true;
        let declined = End::Declined {
            reason: DeclineReason::BadInput,
        };
        let report = listed(&AssetNames::default(), &[job, saved_job(Some(declined))]);
        let json = report.json.to_string();
        for secret in ["c2", "c3", "c4"].map(|byte| byte.repeat(32)) {
            assert!(!json.contains(&secret) && !report.text.contains(&secret));
        }
        let snapshot = expect_file!["../../tests/snapshots/saved-jobs.txt"];
        snapshot.assert_eq(&format!("{}\n\n{:#}\n", report.text, report.json));
        assert_eq!(listed(&AssetNames::default(), &[]).text, "no jobs");
    }
}
