//! `myai job …`

use crate::{
    amount::{parse_asset, AssetNames},
    answer,
    args::{Global, JobCommand, Page},
    error::{Error, Result},
    history::{of_event, What},
    keys::{self, AccountArg},
    output::{fields, table, Output, Report},
    pursuit::Pursuit,
    session::Session,
    show,
    state::{self, End, Kept, Store},
    text::JobRef,
    world::{Network, World},
};
use myai_chain_client::{calls, AccountId};
use myai_primitives::{JobId, JobView, MAX_PAGE};
use serde_json::{json, Value};
use std::path::Path;

pub async fn run(global: &Global, output: Output, command: &JobCommand) -> Result<()> {
    let store = Store::new(&state::data_dir(global.data_dir.as_deref())?);
    match command {
        JobCommand::List { payer, page } => {
            let report = list(global, output, &store, payer, *page).await?;
            super::print(&output, &report)
        }
        JobCommand::Show { job } => {
            let session = Session::open(global, output).await?;
            super::print(&output, &show(&session, &store, job).await?)
        }
        JobCommand::Fetch { job, timeout, out } => {
            let session = Session::open(global, output).await?;
            let genesis = session.chain.genesis_hash();
            let missing = || {
                Error::missing(format!(
                    "kept file of that job in {}: only the machine that opened it has the keys",
                    state::data_dir(global.data_dir.as_deref())
                        .map_or(String::new(), |d| d.join("jobs").display().to_string())
                ))
            };
            let kept = store.find(job, Some(&genesis))?.ok_or_else(missing)?;
            let progress = output.progress();
            let network = Network::of(&session, &kept)?;
            let names = session.names.clone();
            let mut pursuit = Pursuit::new(network, store, names, kept, *timeout);
            let answer = pursuit.answer(&progress).await?;
            progress.done();
            let delivered = deliver(&session, &mut pursuit, &answer, out.as_deref()).await;
            delivered.map_err(|e| pursuit.kept.explain(e))
        }
        JobCommand::Expire { job } => {
            let session = Session::open(global, output).await?;
            super::print(&output, &expire(&session, *job).await?)
        }
    }
}

/// Hands an answer to its reader, and only then marks it as read.
pub async fn deliver<W: World>(
    session: &Session<'_>,
    pursuit: &mut Pursuit<W>,
    bytes: &[u8],
    out: Option<&Path>,
) -> Result<()> {
    let output = &session.output;
    let kept = &pursuit.kept;
    let (units, paid, commitment) = match &kept.end {
        Some(End::Settled {
            units,
            paid,
            output_commitment,
            ..
        }) => (*units, *paid, *output_commitment),
        _ => return Err(Error::missing("answer")),
    };
    let asset = parse_asset(&kept.asset, &session.names)?;
    output.note(format!(
        "{}: {units} units for {}, the answer is the one that was attested",
        kept.label(),
        session.names.show(&asset, paid)
    ));
    if let Some(path) = out {
        std::fs::write(path, bytes).map_err(Error::file("cannot write", path))?;
    }
    if output.is_json() {
        let mut json = json!({
            "job": kept.job,
            "version": kept.version,
            "worker": kept.worker,
            "units": units,
            "paid": show::amount_json(&session.names, &asset, paid),
            "input_commitment": show::hex32(&kept.input_commitment),
            "output_commitment": show::hex32(&commitment),
        });
        match out {
            Some(path) => json["out"] = json!(path.display().to_string()),
            None => json["answer"] = answer::value(bytes),
        }
        super::print(output, &Report::new(json, ""))?;
    } else if out.is_none() {
        use std::io::IsTerminal;
        let written = match showable(kept, bytes, std::io::stdout().is_terminal())? {
            Some(text) => output.bytes(text.as_bytes(), true),
            None => output.bytes(bytes, false),
        };
        written.map_err(Error::file("cannot write to", "stdout"))?;
    }
    pursuit.read().await
}

/// An answer as text; `None` for other bytes, which a terminal does not get.
fn showable(kept: &Kept, bytes: &[u8], terminal: bool) -> Result<Option<String>> {
    match answer::text(bytes) {
        None if terminal => Err(Error::NotText {
            label: kept.reference(),
            bytes: bytes.len(),
        }),
        text => Ok(text),
    }
}

async fn list(
    global: &Global,
    output: Output,
    store: &Store,
    payer: &Option<AccountArg>,
    page: Page,
) -> Result<Report> {
    let (kept, bad) = store.all()?;
    for error in bad {
        output.warn(error.to_string());
    }
    let payer = match payer {
        Some(account) => Some(account.0.clone()),
        None => keys::key(global, &output)?.map(|key| key.account()),
    };
    // What is on the disk is worth showing without a node, too.
    let (names, open) = match Session::open(global, output).await {
        Ok(session) => {
            let open = match &payer {
                Some(payer) => open_jobs(&session, payer, page).await?,
                None => vec![],
            };
            (session.names, open)
        }
        Err(e) if e.exit() == crate::error::Exit::Unreachable && payer.is_none() => {
            output.warn(format!("{e}; these are the jobs of this machine"));
            (AssetNames::default(), vec![])
        }
        Err(e) => return Err(e),
    };
    Ok(listed(&names, &kept, &open))
}

async fn open_jobs(
    session: &Session<'_>,
    payer: &AccountId,
    page: Page,
) -> Result<Vec<JobView<AccountId>>> {
    let mut all = vec![];
    let mut from = Some(JobId(page.from as u64));
    while let Some(next) = from.filter(|_| all.len() < page.limit as usize) {
        let left = (page.limit as usize - all.len()) as u32;
        let (jobs, on) = session.chain.jobs(payer, next, left.min(MAX_PAGE)).await?;
        all.extend(jobs);
        // A page that leads nowhere would be asked for without end.
        from = on.filter(|on| *on > next);
    }
    Ok(all)
}

fn kept_json(names: &AssetNames, k: &Kept) -> Value {
    let gross = parse_asset(&k.asset, names)
        .map(|asset| show::amount_json(names, &asset, k.gross))
        .unwrap_or_else(|_| json!(k.gross.to_string()));
    json!({
        "job": k.job,
        "stage": k.stage(),
        "created": k.created,
        "version": k.version,
        "payer": k.payer,
        "worker": k.worker,
        "units": k.units,
        "gross": gross,
        "input_commitment": show::hex32(&k.input_commitment),
        "end": k.end,
    })
}

fn gross_text(names: &AssetNames, k: &Kept) -> String {
    match parse_asset(&k.asset, names) {
        Ok(asset) => names.show(&asset, k.gross),
        Err(_) => format!("{} {}", k.gross, k.asset),
    }
}

/// Jobs of this machine, then open ones of the payer that it does not know.
fn listed(names: &AssetNames, kept: &[Kept], open: &[JobView<AccountId>]) -> Report {
    let here = |j: &&JobView<AccountId>| {
        !kept
            .iter()
            .any(|k| k.job == Some(j.id) && k.input_commitment == j.input_commitment)
    };
    let elsewhere: Vec<&JobView<AccountId>> = open.iter().filter(here).collect();
    let mut rows: Vec<Vec<String>> = kept
        .iter()
        .map(|k| {
            vec![
                k.job
                    .map_or_else(|| show::hex32(&k.input_commitment), |j| j.to_string()),
                k.stage().into(),
                format!("v{}", k.version),
                gross_text(names, k),
                k.worker.clone(),
            ]
        })
        .collect();
    rows.extend(elsewhere.iter().map(|j| {
        let gross = j
            .price
            .saturating_add(j.fee)
            .saturating_mul(j.units as u128);
        vec![
            j.id.to_string(),
            "open, elsewhere".into(),
            format!("v{}", j.version),
            names.show(&j.asset, gross),
            j.workers.first().map(|w| w.to_string()).unwrap_or_default(),
        ]
    }));
    let json = json!({
        "kept": kept.iter().map(|k| kept_json(names, k)).collect::<Vec<_>>(),
        "open": open.iter().map(|j| show::job_json(names, j)).collect::<Vec<_>>(),
    });
    Report::new(
        json,
        table(
            &["job", "state", "version", "at most", "worker"],
            &rows,
            "no jobs",
        ),
    )
}

async fn show(session: &Session<'_>, store: &Store, which: &JobRef) -> Result<Report> {
    let names = &session.names;
    let kept = store.find(which, Some(&session.chain.genesis_hash()))?;
    let id = match which {
        JobRef::Id(id) => Some(*id),
        _ => kept.as_ref().and_then(|k| k.job),
    };
    let open = match id {
        Some(id) => session.chain.job(id).await?,
        None => None,
    };
    if kept.is_none() && open.is_none() {
        return Err(Error::missing(match id {
            Some(id) => format!("open job {id}, and this machine keeps none of that number"),
            None => "such job on this machine".into(),
        }));
    }
    let mut rows = vec![];
    if let Some(open) = &open {
        rows.extend(show::job(names, open, session.chain.clock().await?));
    }
    if let Some(k) = &kept {
        if open.is_none() {
            rows.push((
                "job",
                k.job.map_or("not opened yet".into(), |j| j.to_string()),
            ));
            rows.push(("version", format!("v{}", k.version)));
            rows.push(("worker", k.worker.clone()));
            rows.push(("at most", gross_text(names, k)));
            rows.push(("input", show::hex32(&k.input_commitment)));
        }
        rows.push(("here", k.stage().into()));
        match &k.end {
            Some(End::Settled {
                units,
                paid,
                output_commitment,
                block,
                ..
            }) => {
                let paid = match parse_asset(&k.asset, names) {
                    Ok(asset) => names.show(&asset, *paid),
                    Err(_) => paid.to_string(),
                };
                rows.push((
                    "paid",
                    format!("{paid} for {units} units, in block {block}"),
                ));
                rows.push(("answer", show::hex32(output_commitment)));
            }
            Some(End::Declined { reason, .. }) => rows.push(("why", reason.clone())),
            Some(End::NotOpened { why }) => rows.push(("why", why.clone())),
            Some(End::Untold { .. }) => rows.push(("why", k.likely().into())),
            _ => {}
        }
    }
    let json = json!({
        "open": open.as_ref().map(|j| show::job_json(names, j)),
        "kept": kept.as_ref().map(|k| kept_json(names, k)),
    });
    Ok(Report::new(json, fields(&rows)))
}

async fn expire(session: &Session<'_>, job: JobId) -> Result<Report> {
    let key = session.signer()?;
    let done = session.submit(&key, calls::expire(job)).await?;
    let mut expired = false;
    for event in &done.events {
        let seen = of_event(done.block.number, event)?;
        expired |= seen.is_some_and(|s| s.job == job && s.what == What::Expired);
    }
    let state = if expired { "expired" } else { "ended" };
    Ok(Report::new(
        json!({ "job": job, "state": state }),
        format!("job {job} has {state}; its payer's money is free again"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::tests::kept;

    #[test]
    fn an_answer_that_is_no_text_is_not_sent_to_a_terminal_and_not_said_to_be_unsent() {
        let mut job = kept(1);
        job.job = Some(JobId(7));
        assert_eq!(showable(&job, b"a", true).unwrap().as_deref(), Some("a"));
        assert_eq!(showable(&job, &[0xff], false).unwrap(), None);
        let error = showable(&job, &[0xff], true).unwrap_err();
        assert_eq!(error.exit(), crate::error::Exit::Unshown);
        assert_eq!(
            error.to_string(),
            "the answer is 1 bytes that are no text: save it with \
             `myai job fetch 7 --out FILE`, or send stdout elsewhere"
        );
    }

    #[test]
    fn jobs_of_this_machine_are_listed_without_their_secrets() {
        let mut job = kept(1);
        job.job = Some(JobId(7));
        job.gross = 1_500_000_000_000;
        let report = listed(&AssetNames::default(), &[job, kept(2)], &[]);
        let secrets = ["02".repeat(32), "03".repeat(32), "04".repeat(32)];
        let json = report.json.to_string().replace(&"02".repeat(32), "");
        // The second job's commitment is 02…, so only the other secrets tell.
        for secret in &secrets[1..] {
            assert!(!json.contains(secret.as_str()) && !report.text.contains(secret.as_str()));
        }
        assert!(report.text.starts_with("job"), "{}", report.text);
        assert!(report.text.contains("7                 ") && report.text.contains("1.5 MAI"));
        assert_eq!(report.json["kept"][0]["stage"], "open");
        let mut gone = kept(3);
        gone.end = Some(End::Untold { block: 20 });
        let report = listed(&AssetNames::default(), &[gone], &[]);
        assert!(
            report.text.contains("  ended, likely refunded  "),
            "{}",
            report.text
        );
        assert_eq!(report.json["kept"][0]["end"]["how"], "untold");
        assert_eq!(listed(&AssetNames::default(), &[], &[]).text, "no jobs");
    }
}
