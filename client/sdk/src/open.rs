//! Opens a job. Everything needed to read its answer is on the disk before the order is sent.

use crate::{
    error::{Error, Result},
    job_store::{now_millis, End, JobStore, SavedJob, FORMAT},
    network::Network,
    quote::{mailbox_of, Question, Quotation},
    tracker::{JobTracker, Step},
};
use codec::Encode;
use myai_chain_client::{
    calls,
    hop::{blob_hash, MAX_BLOB},
    messages,
    sealing::JobBinding,
    AccountId, ChainError, HopError, Key, Refusal, SealingKey,
};
use myai_primitives::{
    commitments::{input_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT},
    JobId, JobState, Order, Payer, Run, Tick, MAX_OPEN_AHEAD,
};

/// How far ahead of the best block an order may still be opened: a block of another branch, which
/// has served a little less, must not find that too far.
const OPEN_AHEAD: Tick = MAX_OPEN_AHEAD - 10;

impl Network {
    /// Opens a job for a question as it was quoted: seals the input, saves all that its answer
    /// needs, and sends the order. Price, fee and a deposit are held in the account of `payer`, and
    /// the quotation's policies are accepted in its name.
    ///
    /// What fails here has held nothing. Where the node does not say whether the job opened,
    /// `progress` hears [`Step::OpeningUnknown`], and the tracker finds out.
    pub async fn open(
        &self,
        store: &JobStore,
        payer: &Key,
        question: &Question,
        quotation: &Quotation,
        progress: &(dyn Fn(Step) + Sync),
    ) -> Result<JobTracker> {
        self.forget_inputs(store).await?;
        let Prepared {
            order,
            mut saved,
            sealed_input,
        } = self.prepare(payer, question, quotation).await?;
        store.prepare(&saved, &sealed_input)?;
        progress(Step::Opening(saved.id));
        match self.chain.submit(payer, calls::open_job(order)).await {
            Ok(_) => (),
            Err(e) if never_opened(&e) => {
                saved.end = Some(End::NotOpened {
                    why: messages::chain(&e),
                });
                store.save(&saved)?;
                return Err(e.into());
            }
            // The tracker finds out, after a crash too.
            Err(e) => progress(Step::OpeningUnknown(messages::chain(&e))),
        }
        self.follow(store, saved, Some(payer.clone()))
    }

    async fn prepare(
        &self,
        payer: &Key,
        question: &Question,
        quotation: &Quotation,
    ) -> Result<Prepared> {
        let (_, salt) = Key::generate()?;
        let (mailbox_key, mailbox_seed) = Key::generate()?;
        let sealing_key = SealingKey::generate();
        let commitment = input_commitment(&salt, &question.input);
        let binding = JobBinding {
            genesis: self.chain.genesis_hash(),
            payer: payer.public(),
            input_commitment: commitment,
        };
        let plain = SealedInput {
            format: SEALED_INPUT_FORMAT,
            salt: *salt,
            answer_sealing_key: sealing_key.public(),
            answer_mailbox_key: mailbox_key.public(),
            bytes: question.input.clone(),
        };
        let (worker, costs) = (&quotation.worker, &quotation.costs);
        let sealed_input = binding
            .seal(
                Direction::Input,
                &worker.details.sealing_key,
                &plain.encode(),
            )
            .map_err(|source| Error::Sealing {
                worker: worker.id.clone(),
                source,
            })?;
        if sealed_input.len() > MAX_BLOB {
            return Err(HopError::TooLarge {
                length: sealed_input.len(),
                max: MAX_BLOB,
            }
            .into());
        }
        let served = self.chain.clock().await?.served;
        let blob = blob_hash(&sealed_input);
        let order = Order {
            payer: Payer::Own,
            parent: None,
            version: question.version.id,
            units: question.units,
            max_cost: quotation.max_cost,
            duration: quotation.duration,
            open_by: served.saturating_add(OPEN_AHEAD),
            policies: costs.policies,
            uploader: None,
            input_commitment: commitment,
            input_length: question.input.len() as u32,
            run: Run::Direct {
                worker: worker.id.clone(),
                blob,
            },
        };
        let saved = SavedJob {
            format: FORMAT,
            id: JobId::of(&payer.account(), &payer.account(), &order),
            created: now_millis(),
            genesis: binding.genesis,
            mailbox: mailbox_of(worker),
            payer: payer.account(),
            worker: worker.id.clone(),
            signer: worker.signer.clone(),
            version: question.version.id,
            units: question.units,
            asset: costs.asset,
            gross: costs.gross,
            deposit: costs.deposit,
            spoilt_charge: costs.spoilt_charge,
            duration: quotation.duration,
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

    /// Forgets the sealed inputs that nobody will ask for: of jobs that have ended, or can open no
    /// more, in the last final block.
    async fn forget_inputs(&self, store: &JobStore) -> Result<()> {
        let jobs = store.with_input(&self.chain.genesis_hash())?;
        if jobs.is_empty() {
            return Ok(());
        }
        let last = self.chain.finalized().await?;
        let last = self.chain.at(last.hash);
        let served = last.clock().await?.served;
        for saved in jobs {
            let is_past = match last.job(saved.id).await? {
                Some(view) => matches!(view.state, JobState::Ended(_)),
                None => served > saved.open_by,
            };
            if is_past {
                store.forget_input(saved.id);
            }
        }
        Ok(())
    }
}

/// An order, with what must be saved before it is sent.
struct Prepared {
    order: Order<AccountId>,
    saved: SavedJob,
    sealed_input: Vec<u8>,
}

/// Whether the job is certainly not on the chain.
fn never_opened(error: &ChainError) -> bool {
    match error {
        ChainError::Dispatch { .. } | ChainError::Incompatible { .. } => true,
        ChainError::Refused(r) => !matches!(r, Refusal::AlreadyImported | Refusal::Banned),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
