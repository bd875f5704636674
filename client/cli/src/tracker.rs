//! Follows one job from the kept file to its answer, wherever it was left: finds out whether it
//! opened, uploads what is missing, waits for its end, receives and checks the answer. Each step
//! that was made is on disk before the next begins.
//!
//! What is asked is the chain's state alone: a job of that id is not there, open, or ended and how.
//! After a reorganisation the same question has the right answer again.

use crate::{
    amount::{parse_asset, AssetNames},
    answer,
    context::Context,
    error::{Error, Result},
    job_store::{End, SavedJob, Store},
    keys,
    output::Progress,
    parse::about,
};
use myai_chain_client::{AccountId, ChainError, Hop, Key};
use myai_primitives::{
    Balance, Hash32, JobId, JobState, OpenJobView, Outcome, Tick, MAX_OPEN_AHEAD,
};
use std::{
    future::Future,
    str::FromStr,
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

/// Which block is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The node's best one.
    Best,
    /// Its last final one.
    Final,
}

/// How a job stands in one block.
#[derive(Clone, Debug)]
pub struct JobStatus {
    pub job: Option<JobState<AccountId>>,
    /// Ticks of service at that block.
    pub served: Tick,
}

/// What a job is followed in: the chain's state and the HOP pool. Tests have another one.
pub trait Backend {
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

/// The real one.
pub struct Real<'a> {
    context: &'a Context<'a>,
    /// Once it was needed: one connection for all that is asked of it.
    pool: Option<Hop>,
}

impl<'a> Real<'a> {
    /// Refuses a job of another chain.
    pub fn of(context: &'a Context<'a>, saved: &SavedJob) -> Result<Self> {
        if saved.genesis != context.chain.genesis_hash() {
            return Err(Error::usage(format!(
                "{} was opened on another chain than that of {}",
                saved.label(),
                context.chain.url()
            )));
        }
        Ok(Self {
            context,
            pool: None,
        })
    }

    fn pool(&mut self, saved: &SavedJob) -> Result<&Hop> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => Hop::at(&saved.mailbox).map_err(ChainError::from)?,
        };
        Ok(self.pool.insert(pool))
    }
}

impl Backend for Real<'_> {
    async fn look(&mut self, job: JobId, at: Moment) -> Result<JobStatus> {
        let chain = &self.context.chain;
        let block = match at {
            Moment::Best => chain.best().await?,
            Moment::Final => chain.finalized().await?,
        };
        let block = chain.at(block.hash);
        Ok(JobStatus {
            job: block.job(job).await?.map(|view| view.state),
            served: block.clock().await?.served,
        })
    }

    async fn answer_kept(&mut self) -> Result<Tick> {
        Ok(self.context.rules().await?.answer_kept())
    }

    async fn upload(&mut self, saved: &SavedJob, sealed: &[u8]) -> Result<bool> {
        let key = keys::signer(self.context.global, &self.context.output)?;
        if key.account().to_string() != saved.payer {
            return Err(Error::usage(format!(
                "the sealed input is not uploaded yet, and only the key of {} may",
                saved.payer
            )));
        }
        let signer = AccountId::from_str(&saved.signer)
            .map_err(|_| Error::Unsound("the kept file names no signer of the worker".into()))?;
        let done = self
            .pool(saved)?
            .submit_patiently(sealed, signer.as_ref(), &key, UPLOAD_PATIENCE)
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
        let told = async {
            let key = Key::from_seed(&saved.mailbox_seed)?;
            let told = self.pool(saved)?.ack(blob, &key).await;
            told.map_err(Error::from)
        };
        if let Err(e) = told.await {
            tracing::debug!(error = %e, "the pool was not told that the answer arrived");
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(PAUSE).await;
    }
}

/// A job that is followed.
pub struct JobTracker<N> {
    network: N,
    store: Store,
    names: AssetNames,
    pub saved: SavedJob,
    started: Instant,
    timeout: Duration,
    failures: u32,
    /// Whether it was open past its deadline when last looked at.
    overdue: bool,
}

impl<N: Backend> JobTracker<N> {
    /// From what is kept of it; it gives up after `timeout` seconds, the job does not.
    pub fn new(network: N, store: Store, names: AssetNames, saved: SavedJob, timeout: u64) -> Self {
        Self {
            network,
            store,
            names,
            saved,
            started: Instant::now(),
            timeout: Duration::from_secs(timeout),
            failures: 0,
            overdue: false,
        }
    }

    /// The answer in the clear, checked. Call [`Self::read`] once its reader has it.
    pub async fn answer(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        let done = self.follow(progress).await;
        done.map_err(|e| self.saved.explain(e))
    }

    async fn follow(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        let job = self.saved.id;
        if matches!(self.saved.end, Some(End::Settled { .. })) {
            if let Some(sealed) = self.store.answer(job)? {
                return answer::open(&self.saved, &sealed);
            }
        }
        self.reach_end(progress).await?;
        match self.saved.end.clone() {
            Some(End::Settled { blob, .. }) => self.receive(blob, progress).await,
            Some(End::Declined { reason, spoilt }) => Err(Error::Declined {
                job: self.saved.label(),
                reason,
                refund: self.refund_of_declined(spoilt),
            }),
            Some(End::Expired) => Err(Error::Expired {
                job: self.saved.label(),
                refund: self.show(self.saved.gross),
            }),
            Some(End::NotOpened { why }) => Err(Error::Refused(format!(
                "{} never opened: {why}",
                self.saved.label()
            ))),
            None => Err(Error::missing("end of the job")),
        }
    }

    /// Looks until the job has ended. An end that is known already is looked at again: it may have
    /// been in a block that was replaced.
    async fn reach_end(&mut self, progress: &Progress) -> Result<()> {
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
                        true => "waiting for the worker's answer",
                        false => "waiting for the pool to take the sealed input",
                    };
                    self.wait(progress, what).await?;
                }
                // It never opened, or the chain does not keep it any more.
                None if self.saved.end.is_some() => return Ok(()),
                None if self.is_void(progress).await? => return Ok(()),
                None => self.wait(progress, "waiting for the job to open").await?,
            }
        }
    }

    /// Whether it certainly is not open and never will be: then that is its end.
    async fn is_void(&mut self, progress: &Progress) -> Result<bool> {
        let last = match self.network.look(self.saved.id, Moment::Final).await {
            Ok(last) => last,
            Err(e) if self.may_pass(&e) => return Ok(false),
            Err(e) => return Err(e),
        };
        if last.job.is_some() || last.served <= self.saved.open_by {
            return Ok(false);
        }
        // Had it opened at the first tick at which it could, its row would stand until then.
        progress.step("looking how long the chain keeps how jobs ended");
        let answer_kept = self.network.answer_kept().await?;
        let told_until = self
            .saved
            .open_by
            .saturating_sub(MAX_OPEN_AHEAD)
            .saturating_add(self.saved.duration)
            .saturating_add(answer_kept);
        if last.served > told_until {
            return Err(Error::Forgotten(format!(
                "the chain does not say any more how {} ended, or that it never opened: it keeps \
                 that for {} after the deadline; nothing is held for it",
                self.saved.label(),
                about(answer_kept)
            )));
        }
        self.saved.end = Some(End::NotOpened {
            why: "its transaction came into no block in time; nothing was held".into(),
        });
        self.save()?;
        Ok(true)
    }

    async fn look(&mut self, progress: &Progress) -> Result<JobStatus> {
        loop {
            match self.network.look(self.saved.id, Moment::Best).await {
                Ok(standing) => {
                    self.failures = 0;
                    return Ok(standing);
                }
                Err(e) if self.may_pass(&e) => {
                    self.failures += 1;
                    self.wait(progress, "the node does not answer, trying again")
                        .await?;
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
    async fn wait(&mut self, progress: &Progress, what: &str) -> Result<()> {
        if self.started.elapsed() >= self.timeout {
            return Err(self.too_late());
        }
        progress.step(format!("{}: {what}", self.saved.label()));
        self.network.pause().await;
        Ok(())
    }

    fn too_late(&self) -> Error {
        let label = self.saved.reference();
        let hint = if self.overdue {
            format!("; its deadline has passed, `myai job expire {label}` gives the money back")
        } else {
            format!("; it goes on, `myai job fetch {label}` reads its answer")
        };
        Error::TimedOut {
            what: format!("{} has no answer", self.saved.label()),
            seconds: self.timeout.as_secs(),
            hint,
        }
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
    async fn upload(&mut self, progress: &Progress) -> Result<bool> {
        let sealed = self.store.input(self.saved.id)?;
        progress.step(format!(
            "{}: uploading the sealed input",
            self.saved.label()
        ));
        self.saved.uploaded = self.network.upload(&self.saved, &sealed).await?;
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
            Outcome::Declined(reason) => End::Declined {
                reason: answer::reason(reason).into(),
                spoilt: reason.blames_payer(),
            },
            Outcome::Expired => End::Expired,
        });
        self.save()
    }

    /// The sealed answer: from the disk where it is, else from the pool, and then on the disk.
    async fn receive(&mut self, blob: Hash32, progress: &Progress) -> Result<Vec<u8>> {
        progress.step(format!("{}: receiving the answer", self.saved.label()));
        let waited = Instant::now();
        let Some(sealed) = self.network.receive(&self.saved, &blob).await? else {
            return Err(Error::TimedOut {
                what: format!(
                    "{} was settled, but the pool at {} has not got its answer",
                    self.saved.label(),
                    self.saved.mailbox
                ),
                seconds: waited.elapsed().as_secs(),
                hint: "; `myai job fetch` tries again".into(),
            });
        };
        let answer = answer::open(&self.saved, &sealed)?;
        self.store.save_answer(self.saved.id, &sealed)?;
        Ok(answer)
    }

    /// The answer was printed or written: the pool may forget it.
    pub async fn read(&mut self) -> Result<()> {
        let Some(End::Settled { blob, read, .. }) = &mut self.saved.end else {
            return Ok(());
        };
        let (blob, before) = (*blob, std::mem::replace(read, true));
        if !before {
            self.save()?;
            self.network.acknowledge(&self.saved, &blob).await;
        }
        Ok(())
    }

    fn save(&self) -> Result<()> {
        self.store.save(&self.saved)
    }

    fn show(&self, value: Balance) -> String {
        match parse_asset(&self.saved.asset, &self.names) {
            Ok(asset) => self.names.show(&asset, value),
            Err(_) => format!("{value} {}", self.saved.asset),
        }
    }

    fn refund_of_declined(&self, spoilt: bool) -> String {
        let refund = format!("{} is free again", self.show(self.saved.gross));
        match spoilt && self.saved.spoilt_charge > 0 {
            true => format!(
                "{refund}, and of the deposit {} is lost, as for every job that its payer spoilt",
                self.show(self.saved.spoilt_charge)
            ),
            false => refund,
        }
    }
}

impl SavedJob {
    /// An error after money may have been held, with what to do about it. What ended with the job,
    /// and what says so already, stays as it is.
    pub fn explain(&self, error: Error) -> Error {
        let fetch = format!("`myai job fetch {}`", self.reference());
        let job = self.label();
        let what = match (&error, &self.end) {
            (
                Error::Declined { .. }
                | Error::Expired { .. }
                | Error::TimedOut { .. }
                | Error::Unsound(_)
                | Error::NotText { .. }
                | Error::Forgotten(_)
                | Error::Held { .. },
                _,
            ) => return error,
            (_, None) if self.opened => format!("{job} was opened, and {fetch} reads its answer"),
            (_, None) => format!("whether {job} opened is not known yet, and {fetch} finds out"),
            (_, Some(End::Settled { .. })) => {
                format!("{job} is paid, and {fetch} reads its answer")
            }
            (_, Some(_)) => return error,
        };
        Error::Held {
            error: Box::new(error),
            what,
        }
    }
}

/// Forgets the sealed inputs that nobody will ask for: of jobs that have ended, or can open no
/// more, in the last final block.
pub async fn forget_inputs(context: &Context<'_>, store: &Store) -> Result<()> {
    let jobs = store.with_input(&context.chain.genesis_hash())?;
    if jobs.is_empty() {
        return Ok(());
    }
    let last = context.chain.finalized().await?;
    let last = context.chain.at(last.hash);
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

#[cfg(test)]
mod tests;
