//! `myai ask`: pays a worker for one answer.

use super::{job::deliver, worker::rank};
use crate::{
    args::AskArgs,
    context::Context,
    error::{Error, Result},
    job_store::{self, SavedJob, Store, FORMAT},
    output::Report,
    parse::about,
    policies::{self, Accepted, Policy},
    show,
    tracker::{forget_inputs, JobTracker, Real},
};
use codec::Encode;
use myai_chain_client::{
    calls,
    hop::{blob_hash, MAX_BLOB},
    sealing::JobBinding,
    AccountId, ChainError, Hop, Key, Refusal, SealingKey,
};
use myai_primitives::{
    commitments::{input_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT},
    *,
};
use serde_json::json;
use std::{
    io::{BufRead, IsTerminal, Read},
    path::Path,
    time::Duration,
};

/// At least ten minutes, where neither the payer nor the worker asks for another time.
const DURATION: Tick = 100;
/// Workers that are tried before it is given up.
const MAX_CANDIDATES: usize = 16;
/// How long a worker's mailbox may take to say that it is there.
const MAILBOX_PATIENCE: Duration = Duration::from_secs(10);
/// How far ahead of the best block an order may still be opened: a block of another branch, which
/// has served a little less, must not find that too far.
const OPEN_AHEAD: Tick = MAX_OPEN_AHEAD - 10;

pub async fn run(context: &Context<'_>, args: AskArgs) -> Result<()> {
    let key = context.signer()?;
    let input = read_input(&args.input)?;
    let version = context.target(&args.target).await?;
    if version.state == VersionState::Retired {
        return Err(Error::Refused(format!(
            "v{} is retired: it takes no new work",
            version.id
        )));
    }
    if input.len() as u64 > version.spec.max_input as u64 {
        return Err(Error::usage(format!(
            "the input has {} bytes, and v{} takes at most {}",
            input.len(),
            version.id,
            version.spec.max_input
        )));
    }
    let length = input.len() as u32;
    let choice = choose(context, &args, &version, &key.account(), length).await?;
    let policies = policies::of(&version);
    policies::ensure_shown(&policies, choice.quote.policies)?;
    let max_cost = match &args.max_cost {
        Some(typed) => context.amount_in(typed, &choice.quote.asset)?,
        None => choice.quote.gross,
    };
    let names = &context.names;
    let mut described = format!(
        "v{} by {}, within {}\n{}",
        version.id,
        choice.worker.id,
        about(choice.duration),
        show::quote_text(names, &choice.quote, args.units, version.spec.unit)
    );
    if !policies.is_empty() {
        described = format!("{described}\n{}", show::policies_text(&policies));
    }
    if choice.quote.gross > max_cost {
        return Err(Error::Refused(format!(
            "it may cost {}, and you allow {}",
            names.show(&choice.quote.asset, choice.quote.gross),
            names.show(&choice.quote.asset, max_cost)
        )));
    }
    if args.dry_run {
        let json = json!({
            "version": version.id,
            "worker": choice.worker.id.to_string(),
            "units": args.units,
            "duration": choice.duration,
            "quote": show::quote_json(names, &choice.quote),
            "policies": show::policies_json(&policies),
        });
        return super::print(&context.output, &Report::new(json, described));
    }
    context.output.note(&described);

    accept(context, &policies, args.accept_policies)?;
    let store = context.store()?;
    forget_inputs(context, &store).await?;
    let job = prepare(context, &key, &version, &choice, &args, max_cost, &input).await?;
    store.prepare(&job.saved, &job.sealed_input)?;
    open(context, &key, &store, job, args).await
}

/// Opens the job that was prepared, and follows it to its answer.
async fn open(
    context: &Context<'_>,
    key: &Key,
    store: &Store,
    job: Prepared,
    args: AskArgs,
) -> Result<()> {
    let mut saved = job.saved;
    let progress = context.output.progress();
    progress.step(format!("opening {}", saved.label()));
    match context.chain.submit(key, calls::open_job(job.order)).await {
        Ok(_) => (),
        Err(e) if never_opened(&e) => {
            saved.end = Some(job_store::End::NotOpened {
                why: crate::messages::chain(&e),
            });
            store.save(&saved)?;
            return Err(e.into());
        }
        // Whether it opened is found out below, and after a crash by `job fetch`.
        Err(e) => context.output.warn(format!(
            "it is not known yet whether {} opened ({})",
            saved.label(),
            crate::messages::chain(&e)
        )),
    }
    let network = Real::of(context, &saved)?;
    let names = context.names.clone();
    let mut tracker = JobTracker::new(network, store.clone(), names, saved, args.timeout);
    let answer = tracker.answer(&progress).await?;
    progress.done();
    let delivered = deliver(context, &mut tracker, &answer, args.out.as_deref()).await;
    delivered.map_err(|e| tracker.saved.explain(e))
}

/// That whoever signs has accepted the policies: once on this machine, or now.
fn accept(context: &Context<'_>, policies: &[Policy], accepts: bool) -> Result<()> {
    let accepted = Accepted::new(&job_store::data_dir(context.global.data_dir.as_deref())?);
    let missing = accepted.missing(policies)?;
    if missing.is_empty() {
        return Ok(());
    }
    let accepts = accepts || (asks_at_terminal(context) && says_yes(&missing)?);
    if !accepts {
        return Err(Error::usage(format!(
            "these policies bind whoever uses the answer; read them and give --accept-policies:\n{}",
            show::policies_text(&missing)
        )));
    }
    accepted.add(&missing)
}

/// Whether there is somebody to ask.
fn asks_at_terminal(context: &Context<'_>) -> bool {
    !context.output.is_json() && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn says_yes(missing: &[Policy]) -> Result<bool> {
    eprintln!("{}", show::policies_text(missing));
    eprint!("Do you accept them? [y/N] ");
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(Error::file("cannot read", "stdin"))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// Whether the job is certainly not on the chain.
fn never_opened(error: &ChainError) -> bool {
    match error {
        ChainError::Dispatch { .. } | ChainError::Incompatible { .. } => true,
        ChainError::Refused(r) => !matches!(r, Refusal::AlreadyImported | Refusal::Banned),
        _ => false,
    }
}

fn read_input(path: &Path) -> Result<Vec<u8>> {
    let input = if path == Path::new("-") {
        let mut bytes = vec![];
        std::io::stdin()
            .lock()
            .take(MAX_BLOB as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(Error::file("cannot read", "stdin"))?;
        bytes
    } else {
        std::fs::read(path).map_err(Error::file("cannot read", path))?
    };
    match input.len() {
        0 => Err(Error::usage("the input is empty")),
        _ => Ok(input),
    }
}

/// Who will answer, and for what.
struct Choice {
    worker: WorkerView<AccountId>,
    duration: Tick,
    quote: Quote,
}

/// The worker that was named, or the best that would take the job.
async fn choose(
    context: &Context<'_>,
    args: &AskArgs,
    version: &VersionView<AccountId>,
    payer: &AccountId,
    input_length: u32,
) -> Result<Choice> {
    let mut offers = context.workers(version.id).await?;
    if let Some(worker) = &args.worker {
        offers.retain(|o| o.worker == worker.0);
        if offers.is_empty() {
            return Err(Error::Refused(format!(
                "{worker} does not serve v{}",
                version.id
            )));
        }
    } else {
        rank(&mut offers);
        offers.retain(|o| o.available);
        offers.truncate(MAX_CANDIDATES);
        if offers.is_empty() {
            return Err(Error::Refused(format!("nobody serves v{} now", version.id)));
        }
    }
    let rules = context.rules().await?;
    let mut refusal = Error::Refused(format!("no worker of v{} can be reached", version.id));
    for offer in offers {
        let Some(worker) = context.chain.worker(&offer.worker).await? else {
            continue;
        };
        if worker.details.mailbox.is_empty() {
            refusal = Error::Refused(format!("worker {} has no mailbox to upload to", worker.id));
            continue;
        }
        let duration = args.duration.unwrap_or_else(|| {
            DURATION
                .max(offer.min_duration)
                .max(rules.min_job_duration())
                .min(rules.max_job_duration())
        });
        let quoted = context
            .chain
            .quote(
                payer,
                version.id,
                &worker.id,
                Mode::Direct,
                args.units,
                duration,
                input_length,
            )
            .await;
        match quoted {
            Ok(quote) => match probe_mailbox(&worker).await {
                Ok(()) => {
                    return Ok(Choice {
                        worker,
                        duration,
                        quote,
                    })
                }
                Err(e) => refusal = e,
            },
            // Another may take it.
            Err(e @ ChainError::Dispatch { .. }) => refusal = e.into(),
            Err(e) => return Err(e.into()),
        }
    }
    Err(refusal)
}

/// That the input can be handed over: a job whose input never came costs its payer.
async fn probe_mailbox(worker: &WorkerView<AccountId>) -> Result<()> {
    let mailbox = show::words(&worker.details.mailbox);
    let unreachable = |why: String| {
        Error::Refused(format!(
            "the mailbox of worker {}, {mailbox}, cannot be used: {why}",
            worker.id
        ))
    };
    let probed = async {
        let pool = Hop::at(&mailbox).map_err(ChainError::from)?;
        pool.status().await.map_err(Error::from)
    };
    match tokio::time::timeout(MAILBOX_PATIENCE, probed).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => Err(unreachable(e.to_string())),
        Err(_) => Err(unreachable(format!(
            "it says nothing for {} s",
            MAILBOX_PATIENCE.as_secs()
        ))),
    }
}

/// All that is needed before the job may open.
struct Prepared {
    order: Order<AccountId>,
    saved: SavedJob,
    sealed_input: Vec<u8>,
}

async fn prepare(
    context: &Context<'_>,
    key: &Key,
    version: &VersionView<AccountId>,
    choice: &Choice,
    args: &AskArgs,
    max_cost: Balance,
    input: &[u8],
) -> Result<Prepared> {
    let (_, salt) = Key::generate()?;
    let (mailbox_key, mailbox_seed) = Key::generate()?;
    let sealing_key = SealingKey::generate();
    let commitment = input_commitment(&salt, input);
    let binding = JobBinding {
        genesis: context.chain.genesis_hash(),
        payer: key.public(),
        input_commitment: commitment,
    };
    let plain = SealedInput {
        format: SEALED_INPUT_FORMAT,
        salt: *salt,
        answer_sealing_key: sealing_key.public(),
        answer_mailbox_key: mailbox_key.public(),
        bytes: input.to_vec(),
    };
    let (worker, quote) = (&choice.worker, &choice.quote);
    let sealed_input = binding
        .seal(
            Direction::Input,
            &worker.details.sealing_key,
            &plain.encode(),
        )
        .map_err(|e| Error::Refused(format!("worker {}: {e}", worker.id)))?;
    if sealed_input.len() > MAX_BLOB {
        return Err(Error::usage(format!(
            "the sealed input has {} bytes, and the HOP pool takes at most {MAX_BLOB}",
            sealed_input.len()
        )));
    }
    let served = context.chain.clock().await?.served;
    let blob = blob_hash(&sealed_input);
    let order = Order {
        payer: Payer::Own,
        parent: None,
        version: version.id,
        units: args.units,
        max_cost,
        duration: choice.duration,
        open_by: served.saturating_add(OPEN_AHEAD),
        policies: quote.policies,
        uploader: None,
        input_commitment: commitment,
        input_length: input.len() as u32,
        run: Run::Direct {
            worker: worker.id.clone(),
            blob,
        },
    };
    let saved = SavedJob {
        format: FORMAT,
        id: JobId::of(&key.account(), &key.account(), &order),
        created: job_store::now_millis(),
        genesis: binding.genesis,
        mailbox: show::words(&worker.details.mailbox),
        payer: key.account().to_string(),
        worker: worker.id.to_string(),
        signer: worker.signer.to_string(),
        version: version.id,
        units: args.units,
        asset: crate::amount::asset_text(&quote.asset),
        gross: quote.gross,
        deposit: quote.deposit,
        spoilt_charge: quote.spoilt_charge,
        duration: choice.duration,
        open_by: order.open_by,
        blob,
        input_commitment: commitment,
        salt: *salt,
        sealing_secret: **sealing_key.secret(),
        mailbox_seed: *mailbox_seed,
        opened: false,
        uploaded: false,
        end: None,
    };
    Ok(Prepared {
        order,
        saved,
        sealed_input,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_from_files_and_are_not_empty() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("in");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(read_input(&path).unwrap(), b"abc");
        std::fs::write(&path, b"").unwrap();
        assert_eq!(
            read_input(&path).unwrap_err().exit(),
            crate::exit::Exit::Usage
        );
        let missing = read_input(&dir.path().join("none")).unwrap_err();
        assert_eq!(missing.exit(), crate::exit::Exit::Local);
    }

    #[test]
    fn only_a_certain_no_ends_a_job_that_may_be_paid() {
        let dispatch = ChainError::Dispatch {
            pallet: "InferenceEscrow".into(),
            name: "NoRoom".into(),
            docs: String::new(),
        };
        assert!(never_opened(&dispatch));
        assert!(never_opened(&ChainError::Refused(Refusal::CannotPay)));
        assert!(!never_opened(&ChainError::Refused(
            Refusal::AlreadyImported
        )));
        let slow = ChainError::TimedOut {
            what: "it",
            after: std::time::Duration::from_secs(1),
        };
        assert!(!never_opened(&slow));
        assert!(!never_opened(&ChainError::Dropped { how: "usurped" }));
    }
}
