//! `myai job …`

use crate::{
    amount::{parse_asset, AssetNames},
    answer,
    args::{Global, JobCommand},
    context::Context,
    error::{Error, Result},
    job_store::{self, End, JobRef, SavedJob, Store},
    output::{fields, table, Output, Report},
    show,
    tracker::{Backend, JobTracker, Real},
};
use myai_chain_client::{calls, events, AccountId};
use myai_primitives::{Balance, JobId, JobState, JobView};
use serde_json::{json, Value};
use std::path::Path;

pub async fn run(global: &Global, output: Output, command: &JobCommand) -> Result<()> {
    let store = Store::new(&job_store::data_dir(global.data_dir.as_deref())?);
    let report = match command {
        JobCommand::List { worker: None } => list(global, output, &store).await?,
        JobCommand::List {
            worker: Some(worker),
        } => {
            let context = Context::open(global, output).await?;
            list_of_worker(&context, &worker.0).await?
        }
        JobCommand::Show { job } => {
            let context = Context::open(global, output).await?;
            show(&context, &store, job).await?
        }
        JobCommand::Fetch { job, timeout, out } => {
            let context = Context::open(global, output).await?;
            return fetch(&context, store, job, *timeout, out.as_deref()).await;
        }
        JobCommand::Expire { job } => {
            let context = Context::open(global, output).await?;
            expire(&context, &store, job).await?
        }
    };
    super::print(&output, &report)
}

async fn fetch(
    context: &Context<'_>,
    store: Store,
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
    let progress = context.output.progress();
    let network = Real::of(context, &saved)?;
    let mut tracker = JobTracker::new(network, store, context.names.clone(), saved, timeout);
    let answer = tracker.answer(&progress).await?;
    progress.done();
    let delivered = deliver(context, &mut tracker, &answer, out).await;
    delivered.map_err(|e| tracker.saved.explain(e))
}

/// Hands an answer to its reader, and only then marks it as read.
pub async fn deliver<N: Backend>(
    context: &Context<'_>,
    tracker: &mut JobTracker<N>,
    bytes: &[u8],
    out: Option<&Path>,
) -> Result<()> {
    let output = &context.output;
    let saved = &tracker.saved;
    let (units, paid, commitment) = match &saved.end {
        Some(End::Settled {
            units,
            paid,
            output_commitment,
            ..
        }) => (*units, *paid, *output_commitment),
        _ => return Err(Error::missing("answer")),
    };
    let asset = parse_asset(&saved.asset, &context.names)?;
    output.note(format!(
        "{}: {units} units for {}, the answer is the one that was attested",
        saved.label(),
        context.names.show(&asset, paid)
    ));
    if let Some(path) = out {
        std::fs::write(path, bytes).map_err(Error::file("cannot write", path))?;
    }
    if output.is_json() {
        let mut json = json!({
            "job": saved.id,
            "version": saved.version,
            "worker": saved.worker,
            "units": units,
            "paid": show::amount_json(&context.names, &asset, paid),
            "input_commitment": show::hex32(&saved.input_commitment),
            "output_commitment": show::hex32(&commitment),
        });
        match out {
            Some(path) => json["out"] = json!(path.display().to_string()),
            None => json["answer"] = answer::value(bytes),
        }
        super::print(output, &Report::new(json, ""))?;
    } else if out.is_none() {
        use std::io::IsTerminal;
        let written = match showable(saved, bytes, std::io::stdout().is_terminal())? {
            Some(text) => output.bytes(text.as_bytes(), true),
            None => output.bytes(bytes, false),
        };
        written.map_err(Error::file("cannot write to", "stdout"))?;
    }
    tracker.read().await
}

/// An answer as text; `None` for other bytes, which a terminal does not get.
fn showable(saved: &SavedJob, bytes: &[u8], terminal: bool) -> Result<Option<String>> {
    match answer::text(bytes) {
        None if terminal => Err(Error::NotText {
            label: saved.reference(),
            bytes: bytes.len(),
        }),
        text => Ok(text),
    }
}

async fn list(global: &Global, output: Output, store: &Store) -> Result<Report> {
    let (saved, bad) = store.all()?;
    for error in bad {
        output.warn(error.to_string());
    }
    // What is on the disk is worth showing without a node, too; only assets lack their names then.
    let names = match Context::open(global, output).await {
        Ok(context) => context.names,
        Err(e) if e.exit() == crate::exit::Exit::Unreachable => {
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

fn amount_text(names: &AssetNames, saved: &SavedJob, value: Balance) -> String {
    match parse_asset(&saved.asset, names) {
        Ok(asset) => names.show(&asset, value),
        Err(_) => format!("{value} {}", saved.asset),
    }
}

fn amount_json(names: &AssetNames, saved: &SavedJob, value: Balance) -> Value {
    match parse_asset(&saved.asset, names) {
        Ok(asset) => show::amount_json(names, &asset, value),
        Err(_) => json!(value.to_string()),
    }
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
        "gross": amount_json(names, k, k.gross),
        "deposit": amount_json(names, k, k.deposit),
        "input_commitment": show::hex32(&k.input_commitment),
        "end": k.end,
    })
}

/// Jobs of this machine.
fn listed(names: &AssetNames, saved: &[SavedJob]) -> Report {
    let row = |k: &SavedJob| {
        vec![
            k.reference(),
            k.stage().into(),
            format!("v{}", k.version),
            amount_text(names, k, k.gross),
            k.worker.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = saved.iter().map(row).collect();
    let json = saved.iter().map(|k| saved_json(names, k)).collect();
    let head = ["job", "state", "version", "at most", "worker"];
    Report::new(json, table(&head, &rows, "no jobs"))
}

/// The job that is meant, with what this machine keeps of it.
fn meant(context: &Context, store: &Store, which: &JobRef) -> Result<(JobId, Option<SavedJob>)> {
    let saved = store.find(which, Some(&context.chain.genesis_hash()))?;
    match (which, saved) {
        (_, Some(saved)) => Ok((saved.id, Some(saved))),
        (JobRef::Id(id), None) => Ok((*id, None)),
        _ => Err(Error::missing(
            "such job on this machine: write its whole id",
        )),
    }
}

async fn show(context: &Context<'_>, store: &Store, which: &JobRef) -> Result<Report> {
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
            (JobState::Ended(_), Some(saved)) => parse_asset(&saved.asset, names).ok(),
            _ => None,
        };
        rows.extend(show::job(names, state, asset, context.chain.clock().await?));
    }
    if let Some(k) = &saved {
        if view.is_none() {
            rows.push(("version", format!("v{}", k.version)));
            rows.push(("worker", k.worker.clone()));
            rows.push(("at most", amount_text(names, k, k.gross)));
            rows.push(("input", show::hex32(&k.input_commitment)));
        }
        rows.push(("here", k.stage().into()));
        match &k.end {
            Some(End::Settled { units, paid, .. }) => rows.push((
                "paid",
                format!("{} for {units} units", amount_text(names, k, *paid)),
            )),
            Some(End::Declined { reason, .. }) => rows.push(("why", reason.clone())),
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

async fn expire(context: &Context<'_>, store: &Store, which: &JobRef) -> Result<Report> {
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
    use crate::job_store::tests::saved;

    #[test]
    fn an_answer_that_is_no_text_is_not_sent_to_a_terminal_and_not_said_to_be_unsent() {
        let job = saved(1);
        assert_eq!(showable(&job, b"a", true).unwrap().as_deref(), Some("a"));
        assert_eq!(showable(&job, &[0xff], false).unwrap(), None);
        let error = showable(&job, &[0xff], true).unwrap_err();
        assert_eq!(error.exit(), crate::exit::Exit::Unshown);
        assert_eq!(
            error.to_string(),
            "the answer is 1 bytes that are no text: save it with \
             `myai job fetch 010101010101 --out FILE`, or send stdout elsewhere"
        );
    }

    #[test]
    fn jobs_of_this_machine_are_listed_without_their_secrets() {
        let mut job = saved(1);
        job.opened = true;
        job.gross = 1_500_000_000_000;
        let report = listed(&AssetNames::default(), &[job, saved(2)]);
        let json = report.json.to_string();
        for secret in ["c2", "c3", "c4"].map(|byte| byte.repeat(32)) {
            assert!(!json.contains(&secret) && !report.text.contains(&secret));
        }
        assert!(report.text.starts_with("job"), "{}", report.text);
        assert!(report.text.contains("010101010101  open ") && report.text.contains("1.5 MAI"));
        assert_eq!(report.json[0]["stage"], "open");
        assert_eq!(report.json[0]["job"], "01".repeat(32));
        assert_eq!(listed(&AssetNames::default(), &[]).text, "no jobs");
    }
}
