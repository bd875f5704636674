//! The dispatcher: at each best block it compares the chain's open jobs with the journal, and acts on
//! what differs. It takes jobs that can be done in time, hands each to a task of its own, and forgets
//! those whose end is final. All that is known about who does what is here; tasks share none of it.

use crate::{
    backend::{Backend, BackendError, BestBlocks, Job},
    error_chain,
    job::{Context, End},
    journal::{Entry, JournalError, State},
};
use myai_chain_client::Hash32;
use myai_primitives::{
    Balance, DeclineReason, JobId, JobState, Outcome, Tick, VersionId, MAX_OPEN_AHEAD,
};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::Duration,
};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Blocks between two looks at the signer's balance.
const BALANCE_EVERY: u32 = 50;
/// After something failed, or a job was gone, without waiting for the next block.
const AGAIN: Duration = Duration::from_secs(3);

/// A job that a task works on.
struct RunningJob {
    job: JobId,
    version: VersionId,
    /// Whether there still is a model to run for it. The task says when not.
    queued: Arc<AtomicBool>,
}

/// Why the worker works no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was asked to stop, and finished.
    Stopped,
    /// The worker has another signer now.
    NotItsSigner,
}

/// How a comparison with the chain failed.
enum Trouble {
    Backend(BackendError),
    /// A full disk keeps a job from being begun or forgotten, until there is room again; answers
    /// that are on it already are handed over all the same.
    Journal(JournalError),
}

impl From<BackendError> for Trouble {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

pub struct Dispatcher<B> {
    context: Arc<Context<B>>,
    /// Below this the signer's balance is warned about.
    signer_low: Balance,
    tasks: JoinSet<Result<End, JournalError>>,
    running: HashMap<Id, RunningJob>,
    /// Jobs that have ended, with the number of a best block that says so. It may still vanish.
    ended: HashMap<JobId, u32>,
    /// The last best block's number.
    best: u32,
    /// When to compare again without a new block.
    again_at: Option<Instant>,
    /// The block at which the signer's balance is to be looked at.
    balance_at: u32,
    /// Whether the chain has refused the key as the signer of a job.
    is_signer_doubted: bool,
}

impl<B: Backend> Dispatcher<B> {
    pub fn new(context: Arc<Context<B>>, signer_low: Balance) -> Self {
        Self {
            context,
            signer_low,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            ended: HashMap::new(),
            best: 0,
            again_at: Some(Instant::now()),
            balance_at: 0,
            is_signer_doubted: false,
        }
    }

    /// Works until `stop` is cancelled; then takes no more, finishes what was begun as long as
    /// the limits allow, and leaves. What is not finished goes on at the next start.
    pub async fn run(mut self, blocks: impl BestBlocks + 'static, stop: CancellationToken) -> Exit {
        let (send, mut best) = watch::channel(0);
        let following = tokio::spawn(follow(blocks, send));
        let exit = loop {
            let again_at = self.again_at;
            let again = async {
                match again_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break Exit::Stopped,
                Some(done) = self.tasks.join_next_with_id() => {
                    self.done(done);
                    continue;
                }
                () = again => (),
                Ok(()) = best.changed() => self.best = *best.borrow_and_update(),
            }
            // A node that does not answer keeps nobody from stopping.
            tokio::select! {
                () = stop.cancelled() => break Exit::Stopped,
                is_signer = self.look() => {
                    if !is_signer {
                        break Exit::NotItsSigner;
                    }
                }
            }
        };
        following.abort();
        if exit == Exit::Stopped {
            self.finish().await;
        }
        exit
    }

    async fn finish(mut self) {
        tracing::info!(
            jobs = self.running.len(),
            "stopping; jobs that were begun are finished"
        );
        let end = Instant::now() + self.context.limits.stop();
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(end, self.tasks.join_next_with_id()).await {
                Ok(Some(done)) => self.done(done),
                Ok(None) => break,
                Err(_) => {
                    tracing::warn!(
                        jobs = self.running.len(),
                        "not all jobs were finished; they go on at the next start"
                    );
                    break;
                }
            }
        }
    }

    fn again_within(&mut self, time: Duration) {
        let at = Instant::now() + time;
        self.again_at = Some(self.again_at.map_or(at, |before| before.min(at)));
    }

    /// Handles a finished task.
    fn done(&mut self, done: Result<(Id, Result<End, JournalError>), JoinError>) {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(RunningJob { job, .. }) = self.running.remove(&id) else {
            return;
        };
        self.context.metrics.open.set(self.running.len() as i64);
        let broke_off: &dyn std::error::Error = match &done {
            Ok((_, Ok(end))) => {
                tracing::info!(%job, ?end, "nothing more is done about the job");
                match end {
                    End::Settled { block } => self.has_ended(job, *block, How::Settled),
                    End::Declined { reason, block } => {
                        self.has_ended(job, *block, How::Declined(*reason));
                    }
                    End::Gone => self.again_within(AGAIN),
                    End::NotItsSigner => {
                        self.is_signer_doubted = true;
                        self.again_within(AGAIN);
                    }
                }
                return;
            }
            Ok((_, Err(error))) => error,
            Err(error) => error,
        };
        // The entry says how far it was: the next comparison starts the job again.
        let error = error_chain(broke_off);
        tracing::error!(%job, error, "a job's task broke off");
        self.again_within(AGAIN);
    }

    /// Notes that a job has ended in a best block. Counts it once, also when that block vanishes and
    /// another one has the end.
    fn has_ended(&mut self, job: JobId, block: u32, how: How) {
        if self.ended.insert(job, block).is_some() {
            return;
        }
        let metrics = &self.context.metrics;
        match how {
            How::Settled => metrics.settled.inc(),
            How::Declined(reason) => metrics.declined(reason),
            How::Lost => metrics.lost.inc(),
        }
    }

    /// Compares with the chain, and looks after the signer; whether that still acts for the worker.
    async fn look(&mut self) -> bool {
        self.again_at = None;
        self.context.metrics.saw_block(self.best);
        match self.try_look().await {
            Ok(is_signer) => {
                let health = &self.context.metrics.health;
                health.journal_written();
                health.signer(is_signer);
                return is_signer;
            }
            Err(Trouble::Backend(error)) => {
                self.context.metrics.retries.inc();
                tracing::warn!(%error, "failed to compare with the chain; trying again");
            }
            Err(Trouble::Journal(error)) => {
                let error = error_chain(&error);
                tracing::error!(error, "failed to write the journal; trying again");
                self.context.metrics.health.journal_failed(error);
            }
        }
        self.again_within(AGAIN);
        true
    }

    async fn try_look(&mut self) -> Result<bool, Trouble> {
        if self.is_signer_doubted {
            if !self.context.backend.is_signer().await? {
                return Ok(false);
            }
            self.is_signer_doubted = false;
        }
        self.reconcile().await?;
        if self.best >= self.balance_at {
            self.balance_at = self.best.saturating_add(BALANCE_EVERY);
            self.look_at_balance().await;
        }
        Ok(true)
    }

    /// Compares the chain's open jobs with the journal: what was begun goes on, what is new is taken,
    /// what has ended for good is forgotten.
    async fn reconcile(&mut self) -> Result<(), Trouble> {
        let context = self.context.clone();
        let served = context.backend.served(None).await?;
        context.estimates.saw(served);
        let mut open: HashMap<JobId, Job> = HashMap::new();
        for job in context.backend.open_jobs().await? {
            open.insert(job.id, job);
        }
        let running: HashSet<JobId> = self.running.values().map(|r| r.job).collect();
        open.retain(|job, _| !running.contains(job));
        let mut gone = Vec::new();
        for entry in context.journal.entries() {
            if running.contains(&entry.job) {
                continue;
            }
            match open.remove(&entry.job) {
                // Its end has vanished where it had one: the same is said again.
                Some(job) if served <= job.deadline => {
                    tracing::info!(job = %job.id, "the job goes on");
                    self.start(entry, job);
                }
                // Nothing can be said any more; anybody may have it refunded.
                Some(_) => (),
                None => gone.push(entry),
            }
        }
        // Those whose time is up first.
        let mut new: Vec<Job> = open.into_values().collect();
        new.retain(|job| served <= job.deadline);
        new.sort_by_key(|job| (job.deadline, job.id));
        let mut trouble = None;
        for job in new {
            // One that there is no room for on the disk keeps no other back.
            if let Err(error) = self.admit(job).await {
                trouble = Some(error);
            }
        }
        self.look_after(gone).await?;
        trouble.map_or(Ok(()), |error| Err(error.into()))
    }

    /// Takes the job, or gives it back at once when it cannot be done in time.
    async fn admit(&mut self, job: Job) -> Result<(), JournalError> {
        let context = &self.context;
        let first_run = context.limits.first_run();
        let estimate = context.estimates.estimate(job.version, first_run);
        let queued: Vec<Duration> = self
            .running
            .values()
            .filter(|r| r.queued.load(Ordering::Relaxed))
            .map(|r| context.estimates.estimate(r.version, first_run))
            .collect();
        let parallel = context.models.engine().parallel();
        let left = context
            .estimates
            .left(job.deadline, context.limits.margin_ticks);
        let mut entry = Entry::taken(&job);
        let is_late = queued.iter().sum::<Duration>() / parallel + estimate > left;
        let is_taken = queued.len() < context.limits.queue && !is_late;
        if !is_taken {
            tracing::warn!(job = %job.id, ?left, waiting = queued.len(), "too much to do");
            entry.state = State::Declined {
                reason: DeclineReason::Overloaded,
            };
        }
        context.clone().put(entry.clone()).await?;
        if is_taken {
            tracing::info!(job = %job.id, version = %job.version, "the job is taken");
            context.metrics.taken.inc();
        }
        self.start(entry, job);
        Ok(())
    }

    fn start(&mut self, entry: Entry, job: Job) {
        let queued = Arc::new(AtomicBool::new(matches!(entry.state, State::Taken)));
        let running = RunningJob {
            job: job.id,
            version: job.version,
            queued: queued.clone(),
        };
        let work = self.context.clone().work(entry, job, queued);
        let task = self.tasks.spawn(work);
        self.running.insert(task.id(), running);
        self.context.metrics.open.set(self.running.len() as i64);
    }

    /// Entries whose jobs are not open. What was promised is kept until the end is final: until then
    /// its block can vanish.
    async fn look_after(&mut self, gone: Vec<Entry>) -> Result<(), Trouble> {
        let context = self.context.clone();
        let mut finalized = None;
        for entry in gone {
            let job = entry.job;
            // Nothing was said, and nothing can be said.
            if matches!(entry.state, State::Taken) {
                context.metrics.lost.inc();
                context.clone().remove(entry).await?;
                continue;
            }
            if !self.ended.contains_key(&job) {
                match context.backend.job(job, None).await? {
                    Some(JobState::Ended(end)) => {
                        self.has_ended(job, self.best, How::of(&entry, end.outcome));
                    }
                    // It is back; the next comparison goes on with it.
                    Some(JobState::Open(_)) => continue,
                    // Its block has vanished, or the chain no longer says how it ended.
                    None => (),
                }
            }
            let at = match finalized {
                Some(at) => at,
                None => *finalized.insert(self.finalized().await?),
            };
            let seen = self.ended.get(&job).copied();
            if seen.is_none_or(|block| block <= at.number) && self.is_final(&entry, at).await? {
                tracing::debug!(%job, "the job's end is final");
                // The pool forgets it by itself later; this only spares it the room.
                if let Err(error) = context.backend.forget(&entry.blob).await {
                    tracing::debug!(%job, %error, "the input stays in the pool");
                }
                context.clone().remove(entry).await?;
                self.ended.remove(&job);
            }
        }
        Ok(())
    }

    async fn finalized(&self) -> Result<Finalized, BackendError> {
        let (number, hash) = self.context.backend.finalized().await?;
        Ok(Finalized {
            number,
            hash,
            served: self.context.backend.served(Some(hash)).await?,
        })
    }

    /// Whether the job will never be open again.
    async fn is_final(&self, entry: &Entry, at: Finalized) -> Result<bool, BackendError> {
        let state = self.context.backend.job(entry.job, Some(at.hash)).await?;
        Ok(match state {
            Some(JobState::Ended(_)) => true,
            Some(JobState::Open(_)) => false,
            // Opened once more, in another block, it would be over by now.
            None => at.served > entry.deadline.saturating_add(MAX_OPEN_AHEAD),
        })
    }

    async fn look_at_balance(&self) {
        match self.context.backend.signer_balance().await {
            Ok(balance) => {
                self.context.metrics.signer_balance(balance);
                if balance < self.signer_low {
                    tracing::warn!(
                        balance,
                        "the signer runs low: without money it can neither answer nor decline"
                    );
                }
            }
            Err(error) => tracing::debug!(%error, "failed to read the signer's balance"),
        }
    }
}

/// The last final block.
#[derive(Clone, Copy)]
struct Finalized {
    number: u32,
    hash: Hash32,
    served: Tick,
}

/// How a job ended, as it is counted.
enum How {
    Settled,
    Declined(DeclineReason),
    Lost,
}

impl How {
    /// The chain says so, of a job about which something was promised.
    fn of(entry: &Entry, outcome: Outcome) -> Self {
        match (outcome, &entry.state) {
            (Outcome::Settled { blob, .. }, State::Answered(answer)) if blob == answer.blob => {
                Self::Settled
            }
            (Outcome::Declined(reason), _) => Self::Declined(reason),
            (outcome @ Outcome::Settled { .. }, _) => {
                let job = entry.job;
                tracing::error!(%job, ?outcome, "the job was settled by an answer that is not here");
                Self::Lost
            }
            (Outcome::Expired, _) => Self::Lost,
        }
    }
}

/// A task of its own, because waiting for a block must not be broken off half-way. Whoever is slower
/// than the blocks finds the last one.
async fn follow(mut blocks: impl BestBlocks, to: watch::Sender<u32>) {
    loop {
        let number = blocks.next().await;
        if to.send(number).is_err() {
            return;
        }
    }
}
