//! `myai ask`: pays a worker for one answer.

use super::{job::deliver, worker::rank};
use crate::{
    args::AskArgs,
    error::{Error, Result},
    output::Report,
    pursuit::{Pursuit, LOOK_BACK},
    session::Session,
    show,
    state::{self, Kept, FORMAT},
    text::about,
    world::Network,
};
use codec::Encode;
use myai_chain_client::{
    calls,
    hop::{blob_hash, MAX_BLOB},
    sealing::JobBinding,
    AccountId, ChainError, InBlock, Key, Refusal, SealingKey,
};
use myai_primitives::{
    commitments::{input_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT},
    *,
};
use serde_json::json;
use std::{io::Read, path::Path};

/// At least ten minutes, where neither the payer nor the worker asks for another time.
const DURATION: Tick = 100;
/// Workers that are tried before it is given up.
const MAX_CANDIDATES: usize = 16;

pub async fn run(session: &Session<'_>, args: AskArgs) -> Result<()> {
    let key = session.signer()?;
    let input = read_input(&args.input)?;
    let version = session.target(&args.target).await?;
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
    let choice = choose(session, &args, &version, &key.account()).await?;
    let max_cost = match &args.max_cost {
        Some(typed) => session.amount_in(typed, &choice.quote.asset)?,
        None => choice.quote.gross,
    };
    let names = &session.names;
    let described = format!(
        "v{} by {}, within {}\n{}",
        version.id,
        choice.worker.id,
        about(choice.duration),
        show::quote_text(names, &choice.quote, args.units, version.spec.unit)
    );
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
        });
        return super::print(&session.output, &Report::new(json, described));
    }
    session.output.note(&described);

    let store = session.store()?;
    let finalized = session.chain.finalized().await?.number;
    store.forget_past_inputs(&session.chain.genesis_hash(), finalized)?;
    let (mut kept, sealed) = prepare(session, &key, &version, &choice, &args, &input).await?;
    store.prepare(&kept, &sealed)?;

    let call = calls::open_job(
        version.id,
        vec![choice.worker.id.clone()],
        Mode::Direct,
        args.units,
        max_cost,
        choice.duration,
        kept.input_commitment,
        kept.blob,
    );
    let progress = session.output.progress();
    progress.step("opening the job");
    match session.chain.submit(&key, call).await {
        Ok(done) => {
            note_opening(&mut kept, &done)
                .and_then(|()| store.save(&kept))
                .map_err(|e| kept.explain(e))?;
        }
        Err(e) if never_opened(&e) => {
            kept.end = Some(state::End::NotOpened {
                why: crate::sentences::chain(&e),
            });
            store.save(&kept)?;
            // What failed in a block that is replaced may succeed in another one.
            if !matches!(e, ChainError::Dispatch { .. }) {
                store.forget_input(&kept.input_commitment);
            }
            return Err(e.into());
        }
        // Whether it opened is found out below, and after a crash by `job fetch`.
        Err(e) => {
            let commitment = show::hex32(&kept.input_commitment);
            session.output.warn(format!(
                "it is not known yet whether the job opened ({}); it is kept as {commitment}",
                crate::sentences::chain(&e)
            ));
        }
    }
    let network = Network::of(session, &kept).map_err(|e| kept.explain(e))?;
    let mut pursuit = Pursuit::new(network, store, names.clone(), kept, args.timeout);
    let answer = pursuit.answer(&progress).await?;
    progress.done();
    let delivered = deliver(session, &mut pursuit, &answer, args.out.as_deref()).await;
    delivered.map_err(|e| pursuit.kept.explain(e))
}

/// The job's number, and what was held, should the price have changed since it was quoted.
fn note_opening(kept: &mut Kept, done: &InBlock) -> Result<()> {
    kept.job = Some(done.field("InferenceEscrow", "JobOpened", "job")?);
    let price: Balance = done.field("InferenceEscrow", "JobOpened", "price")?;
    let fee: Balance = done.field("InferenceEscrow", "JobOpened", "fee")?;
    kept.gross = price.saturating_add(fee).saturating_mul(kept.units.into());
    Ok(())
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
    session: &Session<'_>,
    args: &AskArgs,
    version: &VersionView<AccountId>,
    payer: &AccountId,
) -> Result<Choice> {
    let mut offers = session.workers(version.id).await?;
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
    let (_, rules) = session.chain.rules().await?;
    let mut refusal = Error::Refused(format!("no worker of v{} can be reached", version.id));
    for offer in offers {
        let Some(worker) = session.chain.worker(&offer.worker).await? else {
            continue;
        };
        if worker.details.mailbox.is_empty() {
            refusal = Error::Refused(format!("worker {} has no mailbox to upload to", worker.id));
            continue;
        }
        let duration = args.duration.unwrap_or_else(|| {
            DURATION
                .max(offer.min_duration)
                .max(rules.min_job_duration)
                .min(rules.max_job_duration)
        });
        let quoted = session
            .chain
            .quote(
                payer,
                version.id,
                &worker.id,
                Mode::Direct,
                args.units,
                duration,
            )
            .await;
        match quoted {
            Ok(quote) => {
                return Ok(Choice {
                    worker,
                    duration,
                    quote,
                })
            }
            // Another may take it.
            Err(e @ ChainError::Dispatch { .. }) => refusal = e.into(),
            Err(e) => return Err(e.into()),
        }
    }
    Err(refusal)
}

/// What is kept of the job, and the sealed input: all that is needed before it may open.
async fn prepare(
    session: &Session<'_>,
    key: &Key,
    version: &VersionView<AccountId>,
    choice: &Choice,
    args: &AskArgs,
    input: &[u8],
) -> Result<(Kept, Vec<u8>)> {
    let (_, salt) = Key::generate()?;
    let (mailbox_key, mailbox_seed) = Key::generate()?;
    let sealing_key = SealingKey::generate();
    let commitment = input_commitment(&salt, input);
    let binding = JobBinding {
        genesis: session.chain.genesis_hash(),
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
    let details = &choice.worker.details;
    let sealed = binding
        .seal(Direction::Input, &details.sealing_key, &plain.encode())
        .map_err(|e| Error::Refused(format!("worker {}: {e}", choice.worker.id)))?;
    if sealed.len() > MAX_BLOB {
        return Err(Error::usage(format!(
            "the sealed input has {} bytes, and the HOP pool takes at most {MAX_BLOB}",
            sealed.len()
        )));
    }
    let best = session.chain.best().await?.number;
    let finalized = session.chain.finalized().await?.number;
    let kept = Kept {
        format: FORMAT,
        created: state::now_millis(),
        genesis: binding.genesis,
        mailbox: show::words(&details.mailbox),
        payer: key.account().to_string(),
        worker: choice.worker.id.to_string(),
        signer: choice.worker.signer.to_string(),
        version: version.id,
        units: args.units,
        asset: crate::amount::asset_text(&choice.quote.asset),
        gross: choice.quote.gross,
        deposit: choice.quote.deposit,
        duration: choice.duration,
        blob: blob_hash(&sealed),
        input_commitment: commitment,
        salt: *salt,
        sealing_secret: **sealing_key.secret(),
        mailbox_seed: *mailbox_seed,
        from_block: finalized.clamp(best.saturating_sub(LOOK_BACK), best),
        called: None,
        job: None,
        firm: false,
        attested: false,
        uploaded: false,
        end: None,
    };
    Ok((kept, sealed))
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
            crate::error::Exit::Usage
        );
        let missing = read_input(&dir.path().join("none")).unwrap_err();
        assert_eq!(missing.exit(), crate::error::Exit::Local);
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
