//! Follows one job from the kept file to its answer, wherever it was left: finds out whether it
//! opened, uploads what is missing, waits for its end, receives and checks the answer. Each step
//! that was made is on disk before the next begins.

use crate::{
    amount::parse_asset,
    answer,
    error::{Error, Result},
    history::{History, Seen, What},
    keys,
    output::Progress,
    session::Session,
    state::{End, Kept, Store},
};
use myai_chain_client::{AccountId, ChainError, Hop, Key};
use myai_primitives::JobId;
use std::{
    str::FromStr,
    time::{Duration, Instant},
};

/// Blocks after which a signed call that is in none never will be: its mortality, and some for
/// blocks that were replaced.
const VOID_AFTER: u32 = 64 + 16;
/// Blocks that are read before the progress is shown again.
const STRIDE: u32 = 32;
/// Failures on end, of a connection that may come back.
const FAILURES_MOST: u32 = 30;
const PAUSE: Duration = Duration::from_secs(1);
/// How long the pool may take to have an answer that was attested: the worker uploads it first.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// A job that is followed.
pub struct Pursuit<'a> {
    session: &'a Session<'a>,
    store: Store,
    pub kept: Kept,
    history: History,
    started: Instant,
    timeout: Duration,
    failures: u32,
}

impl<'a> Pursuit<'a> {
    /// From what is kept of it; it gives up after `timeout` seconds, the job does not.
    pub fn new(session: &'a Session<'a>, store: Store, kept: Kept, timeout: u64) -> Result<Self> {
        if kept.genesis != session.chain.genesis_hash() {
            return Err(Error::usage(format!(
                "{} was opened on another chain than that of {}",
                kept.label(),
                session.chain.url()
            )));
        }
        let history = History::from(&session.chain, kept.from_block)?;
        let timeout = Duration::from_secs(timeout);
        Ok(Self {
            session,
            store,
            kept,
            history,
            started: Instant::now(),
            timeout,
            failures: 0,
        })
    }

    /// The answer in the clear, checked. Call [`Self::read`] once its reader has it.
    pub async fn answer(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        if self.kept.end.is_none() {
            if self.kept.job.is_none() {
                self.find_job(progress).await?;
            }
            if self.kept.end.is_none() && !self.kept.uploaded {
                self.upload(progress).await?;
            }
        }
        while self.kept.end.is_none() {
            let job = self.kept.job.map_or(String::new(), |j| j.to_string());
            progress.step(format!("job {job}: waiting for the worker's answer"));
            self.look(progress).await?;
        }
        match self.kept.end.clone() {
            Some(End::Settled { blob, .. }) => self.receive(blob, progress).await,
            Some(End::Declined { reason, .. }) => Err(Error::Declined {
                job: self.job()?,
                reason,
                refund: self.refund(),
            }),
            Some(End::Expired { .. }) => Err(Error::Expired {
                job: self.job()?,
                refund: self.refund(),
            }),
            Some(End::NotOpened { why }) => Err(Error::Refused(format!(
                "{} never opened: {why}",
                self.kept.label()
            ))),
            None => Err(Error::Missing("end of the job".into())),
        }
    }

    /// The answer was printed or written: the pool may forget it.
    pub async fn read(&mut self) -> Result<()> {
        let Some(End::Settled { blob, read, .. }) = &mut self.kept.end else {
            return Ok(());
        };
        let (blob, first) = (*blob, !std::mem::replace(read, true));
        self.store.save(&self.kept)?;
        if first {
            // A courtesy to the pool, which forgets the blob in time anyway.
            if let Err(e) = self.pool()?.ack(&blob, &self.mailbox_key()?).await {
                tracing::debug!(error = %e, "the pool was not told that the answer arrived");
            }
        }
        Ok(())
    }

    fn job(&self) -> Result<JobId> {
        self.kept
            .job
            .ok_or_else(|| Error::missing("number of the job"))
    }

    fn refund(&self) -> String {
        let names = &self.session.names;
        match parse_asset(&self.kept.asset, names) {
            Ok(asset) => names.show(&asset, self.kept.gross),
            Err(_) => format!("{} {}", self.kept.gross, self.kept.asset),
        }
    }

    fn pool(&self) -> Result<Hop> {
        Ok(Hop::at(&self.kept.mailbox).map_err(ChainError::from)?)
    }

    fn mailbox_key(&self) -> Result<Key> {
        Ok(Key::from_seed(&self.kept.mailbox_seed)?)
    }

    /// Finds out whether the job opened, and its number.
    async fn find_job(&mut self, progress: &Progress) -> Result<()> {
        progress.step("looking for the job on the chain");
        let first = self.kept.from_block;
        loop {
            self.look(progress).await?;
            if self.kept.job.is_some() {
                return Ok(());
            }
            let best = self.history.next().saturating_sub(1);
            if best > first.saturating_add(VOID_AFTER) {
                let why = "its transaction came into no block in time; nothing was held".into();
                self.kept.end = Some(End::NotOpened { why });
                self.store.save(&self.kept)?;
                self.store.forget_input(&self.kept.input_commitment);
                return Ok(());
            }
        }
    }

    /// Hands the sealed input to the pool that the worker reads.
    async fn upload(&mut self, progress: &Progress) -> Result<()> {
        let job = self.job()?;
        progress.step(format!("job {job}: uploading the sealed input"));
        let sealed = self.store.input(&self.kept.input_commitment)?;
        let key = keys::signer(self.session.global, &self.session.output)?;
        let signer = AccountId::from_str(&self.kept.signer)
            .map_err(|_| Error::Unsound("the kept file names no signer of the worker".into()))?;
        let left = self.timeout.saturating_sub(self.started.elapsed());
        self.pool()?
            .submit_patiently(&sealed, signer.as_ref(), &key, left.max(PAUSE))
            .await?;
        self.kept.uploaded = true;
        self.store.save(&self.kept)
    }

    /// Reads on in the chain; pauses at its end. Fails when the time is over.
    async fn look(&mut self, progress: &Progress) -> Result<()> {
        let pause = match self.history.step(STRIDE).await {
            Ok((seen, all)) => {
                self.failures = 0;
                for one in seen {
                    self.note(one)?;
                }
                all
            }
            Err(e) if self.may_pass(&e) => {
                self.failures += 1;
                progress.step("the node does not answer, trying again");
                true
            }
            Err(e) => return Err(e),
        };
        if self.kept.end.is_some() {
            return Ok(());
        }
        if self.started.elapsed() >= self.timeout {
            return Err(self.too_late().await);
        }
        if pause {
            tokio::time::sleep(PAUSE).await;
        }
        Ok(())
    }

    fn may_pass(&self, error: &Error) -> bool {
        let passing = match error {
            Error::Chain(e) => e.is_passing() || matches!(**e, ChainError::Client { .. }),
            _ => false,
        };
        passing && self.failures < FAILURES_MOST
    }

    async fn too_late(&self) -> Error {
        let label = match self.kept.job {
            Some(job) => job.to_string(),
            None => format!("0x{}", hex::encode(self.kept.input_commitment)),
        };
        let mut hint = format!("; it goes on, `myai job fetch {label}` reads its answer");
        if let Some(job) = self.kept.job {
            let clock = self.session.chain.clock().await;
            let open = self.session.chain.job(job).await;
            if let (Ok(clock), Ok(Some(open))) = (clock, open) {
                if clock.served > open.deadline {
                    hint = format!(
                        "; its deadline has passed, `myai job expire {job}` gives the money back"
                    );
                }
            }
        }
        Error::TimedOut {
            what: format!("{} has no answer", self.kept.label()),
            seconds: self.timeout.as_secs(),
            hint,
        }
    }

    /// Takes what a block said, if it is about this job.
    fn note(&mut self, seen: Seen) -> Result<()> {
        if !self.kept.take(seen) {
            return Ok(());
        }
        self.store.save(&self.kept)?;
        if self.kept.end.is_some() {
            self.store.forget_input(&self.kept.input_commitment);
        }
        Ok(())
    }

    /// The sealed answer: from the disk where it is, else from the pool, and then on the disk.
    async fn receive(&mut self, blob: [u8; 32], progress: &Progress) -> Result<Vec<u8>> {
        let commitment = self.kept.input_commitment;
        if let Some(sealed) = self.store.answer(&commitment)? {
            return answer::open(&self.kept, &sealed);
        }
        progress.step(format!("{}: receiving the answer", self.kept.label()));
        let key = self.mailbox_key()?;
        let found = self
            .pool()?
            .claim_patiently(&blob, &key, ANSWER_PATIENCE)
            .await?;
        let Some(sealed) = found else {
            return Err(Error::TimedOut {
                what: format!(
                    "{} was settled and the pool at {} has not got its answer",
                    self.kept.label(),
                    self.kept.mailbox
                ),
                seconds: ANSWER_PATIENCE.as_secs(),
                hint: "; `myai job fetch` tries again".into(),
            });
        };
        self.store.save_answer(&commitment, &sealed)?;
        answer::open(&self.kept, &sealed)
    }
}

impl Kept {
    /// Takes what a block said; whether it was about this job and changed anything.
    pub fn take(&mut self, seen: Seen) -> bool {
        let block = seen.block;
        match seen.what {
            What::Opened {
                payer,
                input_commitment,
            } => {
                let mine = input_commitment == self.input_commitment
                    && payer.to_string() == self.payer
                    && self.job.is_none();
                if mine {
                    self.job = Some(seen.job);
                    self.from_block = block;
                }
                return mine;
            }
            _ if self.job != Some(seen.job) || self.end.is_some() => return false,
            What::Settled(s) => {
                self.end = Some(End::Settled {
                    output_commitment: s.output_commitment,
                    blob: s.blob,
                    units: s.units,
                    paid: s.paid,
                    block,
                    read: false,
                });
            }
            What::Declined { reason } => {
                self.end = Some(End::Declined {
                    reason: answer::reason(reason).into(),
                    block,
                });
            }
            What::Expired => self.end = Some(End::Expired { block }),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{history::Settled, state::tests::kept};
    use myai_primitives::{Asset, DeclineReason};

    fn opened(job: u64, payer: u8, commitment: u8) -> Seen {
        Seen {
            block: 18,
            job: JobId(job),
            what: What::Opened {
                payer: AccountId::new([payer; 32]),
                input_commitment: [commitment; 32],
            },
        }
    }

    fn mine() -> Kept {
        Kept {
            payer: AccountId::new([7; 32]).to_string(),
            ..kept(1)
        }
    }

    #[test]
    fn a_job_that_opened_unseen_is_known_by_payer_and_commitment() {
        let mut job = mine();
        assert!(!job.take(opened(5, 8, 1)));
        assert!(!job.take(opened(5, 7, 2)));
        assert!(job.take(opened(5, 7, 1)));
        assert_eq!((job.job, job.from_block), (Some(JobId(5)), 18));
        // Nobody else's job takes its place.
        assert!(!job.take(opened(6, 7, 1)));
    }

    #[test]
    fn only_its_own_first_end_counts() {
        let mut job = mine();
        let seen = |job, what| Seen {
            block: 20,
            job: JobId(job),
            what,
        };
        assert!(!job.take(seen(5, What::Expired)));
        job.take(opened(5, 7, 1));
        assert!(!job.take(seen(6, What::Expired)));
        let settled = Settled {
            worker: AccountId::new([1; 32]),
            output_commitment: [8; 32],
            blob: [9; 32],
            units: 1,
            asset: Asset::Native,
            paid: 7,
            refunded: 0,
        };
        assert!(job.take(seen(5, What::Settled(settled))));
        assert_eq!(job.stage(), "settled");
        assert!(!job.take(seen(5, What::Expired)));
        let mut job = mine();
        job.take(opened(5, 7, 1));
        assert!(job.take(seen(
            5,
            What::Declined {
                reason: DeclineReason::BadInput
            }
        )));
        assert_eq!(job.stage(), "declined");
    }
}
