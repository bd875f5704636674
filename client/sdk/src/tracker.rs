//! Follows one job from its saved file to its answer: finds out whether it opened, uploads the
//! sealed input, waits for its end, receives and checks the answer. Each step is on the disk before
//! the next begins.
//!
//! It reads the chain's state alone: a job of that id does not exist, is open, or has ended. After a
//! reorganisation the same question has the right answer again.

use crate::{
    answer::{self, Answer},
    error::{Error, Result},
    job_store::{short, End, JobStore, SavedJob},
    network::Network,
};
use myai_chain_client::{AccountId, Chain, ChainError, Hop, Key};
use myai_primitives::{Hash32, JobId, JobState, OpenJobView, Outcome, Tick, MAX_OPEN_AHEAD};
use std::{
    fmt,
    future::Future,
    time::{Duration, Instant},
};

const PAUSE: Duration = Duration::from_secs(1);
/// How long one attempt to upload lasts before it is looked whether the job has ended: the pool
/// takes a blob only once its node's best block has the job.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(15);
/// How long the pool may take to have an answer that was attested: the worker uploads it first.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);
/// Failures on end that are not for certain the connection's.
const MAX_FAILURES: u32 = 30;

/// What is being done for a job, or for claims. As text it is a fragment: `opening job 01…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The order is sent, and waited for in a block.
    Opening(JobId),
    /// The node does not say whether the job opened, for this reason; the tracker finds out.
    OpeningUnknown(String),
    /// The order is in no block yet.
    WaitingToOpen,
    /// The sealed input goes to the pool that the worker reads.
    Uploading,
    /// The pool does not take the sealed input yet.
    WaitingForPool,
    /// The worker has not attested an answer yet.
    WaitingForAnswer,
    /// The sealed answer comes from the pool.
    Receiving,
    /// The node does not answer; it is asked again.
    NodeSilent,
    /// How long the chain keeps how jobs ended.
    AskingHowLongKept,
    /// A call, by its title, is sent and waited for in a block.
    Sending(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening(job) => return write!(f, "opening job {}", short(*job)),
            Self::OpeningUnknown(why) => {
                return write!(f, "it is not known yet whether the job opened ({why})")
            }
            Self::WaitingToOpen => "waiting for the job to open",
            Self::Uploading => "uploading the sealed input",
            Self::WaitingForPool => "waiting for the pool to take the sealed input",
            Self::WaitingForAnswer => "waiting for the worker's answer",
            Self::Receiving => "receiving the answer",
            Self::NodeSilent => "the node does not answer, trying again",
            Self::AskingHowLongKept => "looking how long the chain keeps how jobs ended",
            Self::Sending(call) => return write!(f, "{call} is on its way into a block"),
        })
    }
}

/// The caller's function that receives each step.
type Progress<'a> = &'a (dyn Fn(Step) + Sync);

/// Which block is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The node's best one.
    Best,
    /// Its last final one.
    Final,
}

/// How a job stands in one block.
#[derive(Clone, Debug)]
pub(crate) struct JobStatus {
    pub job: Option<JobState<AccountId>>,
    /// Ticks of service at that block.
    pub served: Tick,
}

/// What the tracker uses: the chain's state and the HOP pool. Tests have one of their own.
pub(crate) trait Backend {
    fn look(&mut self, job: JobId, at: Moment) -> impl Future<Output = Result<JobStatus>>;

    /// How long after its deadline the chain keeps how a job ended, ticks of service.
    fn answer_kept(&mut self) -> impl Future<Output = Result<Tick>>;

    /// Uploads the sealed input for the worker's signer. `false`: not now, it may work later.
    fn upload(&mut self, saved: &SavedJob, sealed: &[u8]) -> impl Future<Output = Result<bool>>;

    /// The sealed answer; `None` if it did not come within a while.
    fn receive(
        &mut self,
        saved: &SavedJob,
        blob: &Hash32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>>;

    /// Tells the pool that the answer arrived. A courtesy: it forgets the blob in time anyway.
    fn acknowledge(&mut self, saved: &SavedJob, blob: &Hash32) -> impl Future<Output = ()>;

    fn pause(&mut self) -> impl Future<Output = ()>;
}

/// The backend outside tests.
struct Node {
    chain: Chain,
    payer: Option<Key>,
    /// Opened when first needed.
    pool: Option<Hop>,
}

impl Node {
    fn pool(&mut self, saved: &SavedJob) -> Result<&Hop> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => Hop::at(&saved.mailbox).map_err(ChainError::from)?,
        };
        Ok(self.pool.insert(pool))
    }
}

impl Backend for Node {
    async fn look(&mut self, job: JobId, at: Moment) -> Result<JobStatus> {
        let block = match at {
            Moment::Best => self.chain.best().await?,
            Moment::Final => self.chain.finalized().await?,
        };
        let block = self.chain.at(block.hash);
        Ok(JobStatus {
            job: block.job(job).await?.map(|view| view.state),
            served: block.clock().await?.served,
        })
    }

    async fn answer_kept(&mut self) -> Result<Tick> {
        Ok(self.chain.rules().await?.list.answer_kept())
    }

    async fn upload(&mut self, saved: &SavedJob, sealed: &[u8]) -> Result<bool> {
        let payer = self.payer.clone();
        let Some(key) = payer.filter(|key| key.account() == saved.payer) else {
            return Err(Error::NotPayer {
                payer: saved.payer.clone(),
            });
        };
        let done = self
            .pool(saved)?
            .submit_patiently(sealed, saved.signer.as_ref(), &key, UPLOAD_PATIENCE)
            .await;
        match done {
            Ok(_) => Ok(true),
            Err(e) if e.is_transient() => {
                tracing::debug!(error = %e, "the sealed input was not taken");
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn receive(&mut self, saved: &SavedJob, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        let key = Key::from_seed(&saved.mailbox_seed)?;
        Ok(self
            .pool(saved)?
            .claim_patiently(blob, &key, ANSWER_PATIENCE)
            .await?)
    }

    async fn acknowledge(&mut self, saved: &SavedJob, blob: &Hash32) {
        let acknowledged = async {
            let key = Key::from_seed(&saved.mailbox_seed)?;
            let done = self.pool(saved)?.ack(blob, &key).await;
            done.map_err(Error::from)
        };
        if let Err(e) = acknowledged.await {
            tracing::debug!(error = %e, "the pool did not hear that the answer arrived");
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Follows one job to its answer, see [`Network::open`] and [`Network::follow`].
pub struct JobTracker(Tracker<Node>);

impl JobTracker {
    /// What is known of the job, as it is on the disk.
    pub fn saved(&self) -> &SavedJob {
        &self.0.saved
    }

    /// Waits for the answer, opens and checks it. After `patience` it gives up with
    /// [`Error::TimedOut`], and the job continues: it can be followed again, also by another process.
    /// How a job ended without an answer comes as an error: [`Error::Declined`],
    /// [`Error::Expired`], [`Error::NotOpened`].
    ///
    /// Call [`Self::mark_read`] once its reader has it.
    pub async fn answer(
        &mut self,
        patience: Duration,
        progress: &(dyn Fn(Step) + Sync),
    ) -> Result<Answer> {
        self.0.answer(patience, progress).await
    }

    /// Notes that the answer has reached its reader, and lets the pool forget it. This machine
    /// keeps it.
    pub async fn mark_read(&mut self) -> Result<()> {
        self.0.mark_read().await
    }
}

impl Network {
    /// Follows a job that was saved, from wherever it was left. `payer` is needed while the sealed
    /// input is not uploaded ([`SavedJob::uploaded`]).
    pub fn follow(
        &self,
        store: &JobStore,
        saved: SavedJob,
        payer: Option<Key>,
    ) -> Result<JobTracker> {
        if saved.genesis != self.chain.genesis_hash() {
            return Err(Error::OtherChain {
                job: saved.id,
                node: self.chain.url().into(),
            });
        }
        let node = Node {
            chain: self.chain.clone(),
            payer,
            pool: None,
        };
        Ok(JobTracker(Tracker::new(node, store.clone(), saved)))
    }
}

/// A job that is followed through a backend.
pub(crate) struct Tracker<B> {
    backend: B,
    store: JobStore,
    saved: SavedJob,
    started: Instant,
    patience: Duration,
    failures: u32,
    /// Whether it was open past its deadline when last looked at.
    overdue: bool,
}

impl<B: Backend> Tracker<B> {
    fn new(backend: B, store: JobStore, saved: SavedJob) -> Self {
        Self {
            backend,
            store,
            saved,
            started: Instant::now(),
            patience: Duration::ZERO,
            failures: 0,
            overdue: false,
        }
    }

    async fn answer(&mut self, patience: Duration, progress: Progress<'_>) -> Result<Answer> {
        (self.started, self.patience) = (Instant::now(), patience);
        let job = self.saved.id;
        if matches!(self.saved.end, Some(End::Settled { .. })) {
            if let Some(sealed) = self.store.answer(job)? {
                return answer::open(&self.saved, &sealed);
            }
        }
        self.reach_end(progress).await?;
        match self.saved.end.clone() {
            Some(End::Settled { blob, .. }) => self.receive(blob, progress).await,
            Some(End::Declined { reason }) => Err(Error::Declined {
                job,
                reason,
                refund: self.saved.amount(self.saved.gross),
                lost: self.saved.amount(match reason.blames_payer() {
                    true => self.saved.spoilt_charge,
                    false => 0,
                }),
            }),
            Some(End::Expired) => Err(Error::Expired {
                job,
                refund: self.saved.amount(self.saved.gross),
            }),
            Some(End::NotOpened { why }) => Err(Error::NotOpened { job, why }),
            None => Err(Error::NotFound("end of the job".into())),
        }
    }

    /// Reads the job's state until it has ended. A known end is read again, for its block may have
    /// been replaced.
    async fn reach_end(&mut self, progress: Progress<'_>) -> Result<()> {
        loop {
            let now = self.look(progress).await?;
            match now.job {
                Some(JobState::Ended(ended)) => return self.end_as(ended.outcome),
                Some(JobState::Open(open)) => {
                    self.overdue = now.served > open.deadline;
                    self.note_open(&open)?;
                    if !self.saved.uploaded && self.upload(progress).await? {
                        continue;
                    }
                    let what = match self.saved.uploaded {
                        true => Step::WaitingForAnswer,
                        false => Step::WaitingForPool,
                    };
                    self.wait(progress, what).await?;
                }
                // It never opened, or the chain has forgotten it.
                None if self.saved.end.is_some() => return Ok(()),
                None if self.is_void(progress).await? => return Ok(()),
                None => self.wait(progress, Step::WaitingToOpen).await?,
            }
        }
    }

    /// Whether the job certainly is not open and never will be, which is then noted as its end.
    async fn is_void(&mut self, progress: Progress<'_>) -> Result<bool> {
        let last = match self.backend.look(self.saved.id, Moment::Final).await {
            Ok(last) => last,
            Err(e) if self.may_pass(&e) => return Ok(false),
            Err(e) => return Err(e),
        };
        if last.job.is_some() || last.served <= self.saved.open_by {
            return Ok(false);
        }
        // Had it opened at the first tick at which it could, its row would stand until then.
        progress(Step::AskingHowLongKept);
        let answer_kept = self.backend.answer_kept().await?;
        let remembered_until = self
            .saved
            .open_by
            .saturating_sub(MAX_OPEN_AHEAD)
            .saturating_add(self.saved.duration)
            .saturating_add(answer_kept);
        if last.served > remembered_until {
            return Err(Error::Forgotten {
                job: self.saved.id,
                kept: answer_kept,
            });
        }
        self.saved.end = Some(End::NotOpened {
            why: "its transaction came into no block in time; nothing was held".into(),
        });
        self.save()?;
        Ok(true)
    }

    async fn look(&mut self, progress: Progress<'_>) -> Result<JobStatus> {
        loop {
            match self.backend.look(self.saved.id, Moment::Best).await {
                Ok(standing) => {
                    self.failures = 0;
                    return Ok(standing);
                }
                Err(e) if self.may_pass(&e) => {
                    self.failures += 1;
                    self.wait(progress, Step::NodeSilent).await?;
                }
                Err(e) => return Err(e),
            }
        }
    }

    /// A lost connection may come back: it is waited for as long as for the answer.
    fn may_pass(&self, error: &Error) -> bool {
        match error {
            Error::Chain(e) if e.is_transient() => true,
            Error::Chain(e) if matches!(**e, ChainError::Client { .. }) => {
                self.failures < MAX_FAILURES
            }
            _ => false,
        }
    }

    /// Pauses, unless the time is over.
    async fn wait(&mut self, progress: Progress<'_>, what: Step) -> Result<()> {
        if self.started.elapsed() >= self.patience {
            return Err(Error::TimedOut {
                job: self.saved.id,
                after: self.patience,
                overdue: self.overdue,
            });
        }
        progress(what);
        self.backend.pause().await;
        Ok(())
    }

    fn note_open(&mut self, open: &OpenJobView<AccountId>) -> Result<()> {
        // The price may have changed since it was quoted.
        let gross = open
            .price
            .saturating_add(open.fee)
            .saturating_mul(open.units.into());
        if self.saved.opened && self.saved.end.is_none() && self.saved.gross == gross {
            return Ok(());
        }
        self.saved.opened = true;
        self.saved.end = None;
        self.saved.gross = gross;
        self.save()
    }

    /// Hands the sealed input to the pool that the worker reads; whether it took it.
    async fn upload(&mut self, progress: Progress<'_>) -> Result<bool> {
        let sealed = self.store.input(self.saved.id)?;
        progress(Step::Uploading);
        self.saved.uploaded = self.backend.upload(&self.saved, &sealed).await?;
        if self.saved.uploaded {
            self.save()?;
        }
        Ok(self.saved.uploaded)
    }

    fn end_as(&mut self, outcome: Outcome) -> Result<()> {
        self.saved.opened = true;
        self.saved.end = Some(match outcome {
            Outcome::Settled {
                output_commitment,
                blob,
                units,
                paid,
                block,
            } => End::Settled {
                output_commitment,
                blob,
                units,
                paid,
                block,
                read: false,
            },
            Outcome::Declined(reason) => End::Declined { reason },
            Outcome::Expired => End::Expired,
        });
        self.save()
    }

    /// The answer, from the pool; sealed as it came it is then on the disk.
    async fn receive(&mut self, blob: Hash32, progress: Progress<'_>) -> Result<Answer> {
        progress(Step::Receiving);
        let waited = Instant::now();
        let Some(sealed) = self.backend.receive(&self.saved, &blob).await? else {
            return Err(Error::AnswerMissing {
                job: self.saved.id,
                mailbox: self.saved.mailbox.clone(),
                after: waited.elapsed(),
            });
        };
        let answer = answer::open(&self.saved, &sealed)?;
        self.store.save_answer(self.saved.id, &sealed)?;
        Ok(answer)
    }

    async fn mark_read(&mut self) -> Result<()> {
        let Some(End::Settled { blob, read, .. }) = &mut self.saved.end else {
            return Ok(());
        };
        let (blob, before) = (*blob, std::mem::replace(read, true));
        if !before {
            self.save()?;
            self.backend.acknowledge(&self.saved, &blob).await;
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        self.store.save(&self.saved)
    }
}

#[cfg(test)]
mod tests;
