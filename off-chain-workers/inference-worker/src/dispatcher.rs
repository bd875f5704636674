//! The dispatcher: at each best block it compares the chain's open jobs with the jobs that it
//! knows, and acts on the difference. It takes jobs that can be done in time, gives each to a task
//! of its own, and forgets those whose end is final. It alone holds the state of all jobs; the
//! tasks share none of it.

use crate::{
    backend::{Backend, BackendError, BestBlocks, Job},
    error_chain,
    job::{
        state::{begin, step, Action, Event, Promise, State},
        Context, Done,
    },
    payers::{Payers, Standing},
};
use myai_chain_client::Hash32;
use myai_primitives::{Balance, DeclineReason, JobId, JobState, Outcome, Tick, MAX_OPEN_AHEAD};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
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

/// A job that the dispatcher knows.
struct Tracked {
    job: Job,
    state: State,
    /// The sealed answer, as long as it need not be read.
    sealed: Option<Arc<[u8]>>,
    /// How many tasks do something for it.
    tasks: u32,
    /// The number of a best block that says that it has ended. It may still vanish.
    ended: Option<u32>,
}

impl Tracked {
    /// Whether a model is still to be run for it.
    fn is_queued(&self) -> bool {
        self.state == State::Working
    }

    fn promise(&self) -> Promise {
        match self.state {
            State::Waiting(promise) => promise,
            State::Attesting(answer) | State::Delivering { answer, .. } => Promise::Answer(answer),
            State::Declining(reason) => Promise::Decline(reason),
            State::GivenUp => Promise::Decline(DeclineReason::Other),
            State::Working => Promise::None,
        }
    }
}

/// Why the worker works no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It was asked to stop, and finished.
    Stopped,
    /// The worker has another signer now.
    NotItsSigner,
}

pub struct Dispatcher<B> {
    context: Arc<Context<B>>,
    /// Below this the signer's balance is warned about.
    signer_low: Balance,
    payers: Payers,
    jobs: HashMap<JobId, Tracked>,
    tasks: JoinSet<(JobId, Done)>,
    /// Which job a task is for, should it break off.
    of_task: HashMap<Id, JobId>,
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
    /// Knows what the journal has; the chain says what of it is open.
    pub fn new(context: Arc<Context<B>>, signer_low: Balance) -> Self {
        let promised = context.journal.answered().into_iter().map(|answered| {
            let tracked = Tracked {
                job: answered.job,
                state: State::Waiting(Promise::Answer(answered.answer)),
                sealed: None,
                tasks: 0,
                ended: None,
            };
            (tracked.job.id, tracked)
        });
        Self {
            jobs: promised.collect(),
            payers: Payers::new(
                context.limits.fruitless_last,
                context.limits.fruitless_refused,
            ),
            context,
            signer_low,
            tasks: JoinSet::new(),
            of_task: HashMap::new(),
            best: 0,
            again_at: Some(Instant::now()),
            balance_at: 0,
            is_signer_doubted: false,
        }
    }

    /// Works until `stop` is cancelled; then takes no more, finishes jobs that were begun as long
    /// as the limits allow, and leaves. Jobs that are not finished are taken up at the next start.
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
            jobs = self.busy(),
            "stopping; jobs that were begun are finished"
        );
        let end = Instant::now() + self.context.limits.stop();
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(end, self.tasks.join_next_with_id()).await {
                Ok(Some(done)) => self.done(done),
                Ok(None) => break,
                Err(_) => {
                    tracing::warn!(
                        jobs = self.busy(),
                        "not all jobs were finished; the next start takes them up"
                    );
                    break;
                }
            }
        }
    }

    /// Jobs for which something is being done.
    fn busy(&self) -> usize {
        self.jobs.values().filter(|t| t.tasks > 0).count()
    }

    fn again_within(&mut self, time: Duration) {
        let at = Instant::now() + time;
        self.again_at = Some(self.again_at.map_or(at, |before| before.min(at)));
    }

    /// Handles a finished task.
    fn done(&mut self, done: Result<(Id, (JobId, Done)), JoinError>) {
        let task = match &done {
            Ok((task, _)) => *task,
            Err(error) => error.id(),
        };
        let Some(job) = self.of_task.remove(&task) else {
            return;
        };
        let Some(tracked) = self.jobs.get_mut(&job) else {
            return;
        };
        tracked.tasks = tracked.tasks.saturating_sub(1);
        let event = match done {
            Ok((_, (_, Done::Event(event)))) => event,
            Ok((_, (_, Done::Refused { reason, is_costly }))) => {
                let is_payers =
                    matches!(reason, DeclineReason::BadInput | DeclineReason::BlobMissing);
                if is_payers || is_costly {
                    let payer = &tracked.job.payer;
                    self.payers.fruitless(payer, Instant::now().into());
                }
                Event::Refused(reason)
            }
            Ok((_, (_, Done::Answered(answer, sealed)))) => {
                tracked.sealed = Some(sealed);
                Event::Answered(answer)
            }
            Ok((_, (_, Done::InBlock(block)))) => {
                let how = match tracked.state {
                    State::Declining(reason) => How::Declined(reason),
                    _ => How::Settled,
                };
                tracing::info!(%job, ?how, block, "the job has ended");
                let blocks = f64::from(block.saturating_sub(self.best));
                self.context.metrics.inclusion_blocks.observe(blocks);
                self.has_ended(job, block, how);
                Event::InBlock
            }
            Ok((_, (_, Done::NotItsSigner))) => {
                self.is_signer_doubted = true;
                Event::Gone
            }
            Err(error) => {
                let error = error_chain(&error);
                tracing::error!(%job, error, "a job's task broke off");
                match tracked.is_queued() {
                    true => Event::Refused(DeclineReason::Other),
                    false => Event::Gone,
                }
            }
        };
        if event == Event::Gone {
            self.again_within(AGAIN);
        }
        self.apply(job, event);
        self.context.metrics.open.set(self.busy() as i64);
    }

    /// Lets the event happen, and does what follows.
    fn apply(&mut self, id: JobId, event: Event) {
        let Some(tracked) = self.jobs.get_mut(&id) else {
            return;
        };
        let (state, actions) = step(tracked.state, event);
        match state {
            Some(state) => tracked.state = state,
            None => {
                tracing::debug!(job = %id, "the job's end is final");
            }
        }
        for action in actions {
            self.act(id, action);
        }
        if state.is_none() {
            self.jobs.remove(&id);
        }
    }

    fn act(&mut self, id: JobId, action: Action) {
        let Some(tracked) = self.jobs.get_mut(&id) else {
            return;
        };
        let (context, job) = (self.context.clone(), tracked.job.clone());
        let sealed = tracked.sealed.clone();
        if action == Action::Forget {
            context.journal.remove(id);
            // The pool forgets it by itself later; this only spares it the room.
            tokio::spawn(async move {
                if let Err(error) = context.backend.forget(&job.blob).await {
                    tracing::debug!(%id, %error, "the input stays in the pool");
                }
            });
            return;
        }
        tracked.tasks += 1;
        if matches!(action, Action::Attest(_)) {
            // It is on disk by now.
            tracked.sealed = None;
        }
        let task = self.tasks.spawn(async move {
            let done = match action {
                Action::Work => context.work(&job).await,
                Action::Store(answer) => match sealed {
                    Some(sealed) => context.store(&job, answer, sealed).await,
                    None => Done::Event(Event::AnswerLost),
                },
                Action::Upload(answer) => context.upload(&job, answer, sealed).await,
                Action::Attest(answer) => context.attest(&job, answer).await,
                Action::Decline(reason) => context.decline(&job, reason).await,
                // Done above.
                Action::Forget => Done::Event(Event::Final),
            };
            (id, done)
        });
        self.of_task.insert(task.id(), id);
    }

    /// Notes that a job has ended in a best block. Counts it once, also when that block vanishes
    /// and another one has the end.
    fn has_ended(&mut self, job: JobId, block: u32, how: How) {
        let Some(tracked) = self.jobs.get_mut(&job) else {
            return;
        };
        if tracked.ended.replace(block).is_some() {
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
                self.context.metrics.health.signer(is_signer);
                return is_signer;
            }
            Err(error) => {
                self.context.metrics.retries.inc();
                tracing::warn!(%error, "failed to compare with the chain; trying again");
            }
        }
        self.again_within(AGAIN);
        true
    }

    async fn try_look(&mut self) -> Result<bool, BackendError> {
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

    /// Compares the chain's open jobs with the known ones: takes up those that were begun, takes
    /// new ones, and forgets those that have ended for good.
    async fn reconcile(&mut self) -> Result<(), BackendError> {
        let context = self.context.clone();
        let served = context.backend.served(None).await?;
        context.estimates.saw(served);
        let mut new = Vec::new();
        let mut open = HashSet::new();
        for job in context.backend.open_jobs().await? {
            open.insert(job.id);
            // Nothing can be said any more; anybody may have it refunded.
            if served > job.deadline {
                continue;
            }
            match self.jobs.get(&job.id) {
                Some(tracked) if tracked.tasks > 0 => (),
                // Its end has vanished where it had one: the same is said again.
                Some(tracked) if tracked.promise() != Promise::None => {
                    if tracked.state != State::GivenUp {
                        tracing::info!(job = %job.id, "the job is taken up again");
                    }
                    self.apply(job.id, Event::Open);
                }
                _ => new.push(job),
            }
        }
        // Those whose time is up first, and last those of payers whose jobs were fruitless.
        let now = Instant::now().into();
        new.sort_by_key(|job| {
            let standing = self.payers.standing(&job.payer, now);
            (standing, job.deadline, job.id)
        });
        for job in new {
            self.admit(job);
        }
        let queued = self.jobs.values().filter(|t| t.is_queued()).count();
        self.context.metrics.queue.set(queued as i64);
        self.context.metrics.open.set(self.busy() as i64);
        self.look_after(&open).await
    }

    /// Takes the job, or gives it back at once when it cannot be done in time.
    fn admit(&mut self, job: Job) {
        let context = &self.context;
        let first_run = context.limits.first_run();
        let estimate = context.estimates.estimate(job.version, first_run);
        let queued = self.jobs.values().filter(|t| t.is_queued());
        let queued: Vec<Duration> = queued
            .map(|t| context.estimates.estimate(t.job.version, first_run))
            .collect();
        let parallel = u32::try_from(context.executor.parallel()).unwrap_or(u32::MAX);
        let left = context
            .estimates
            .left(job.deadline, context.limits.margin_ticks);
        let is_late = queued.iter().sum::<Duration>() / parallel + estimate > left;
        let promised = context.journal.get(job.id);
        let standing = self.payers.standing(&job.payer, Instant::now().into());
        let promise = if let Some(promised) = promised {
            Promise::Answer(promised.answer)
        } else if standing == Standing::Refused {
            tracing::warn!(job = %job.id, payer = %job.payer, "too many of its payer's jobs were \
                fruitless");
            Promise::Decline(DeclineReason::Overloaded)
        } else if queued.len() < context.limits.queue && !is_late {
            tracing::info!(job = %job.id, version = %job.version, "the job is taken");
            context.metrics.taken.inc();
            Promise::None
        } else {
            tracing::warn!(job = %job.id, ?left, waiting = queued.len(), "too much to do");
            Promise::Decline(DeclineReason::Overloaded)
        };
        let (state, actions) = begin(promise);
        let id = job.id;
        let tracked = Tracked {
            job,
            state,
            sealed: None,
            tasks: 0,
            ended: None,
        };
        self.jobs.insert(id, tracked);
        for action in actions {
            self.act(id, action);
        }
    }

    /// Looks after jobs that are not open. A promise is kept until the job's end is final: until
    /// then its block can vanish.
    async fn look_after(&mut self, open: &HashSet<JobId>) -> Result<(), BackendError> {
        let context = self.context.clone();
        let mut finalized = None;
        let gone = self.jobs.values();
        let gone = gone.filter(|t| t.tasks == 0 && !open.contains(&t.job.id));
        let gone: Vec<(JobId, Tick)> = gone.map(|t| (t.job.id, t.job.deadline)).collect();
        for (job, deadline) in gone {
            let Some(tracked) = self.jobs.get(&job) else {
                continue;
            };
            // Nothing was said, and nothing can be said.
            if tracked.promise() == Promise::None {
                context.metrics.lost.inc();
                self.jobs.remove(&job);
                continue;
            }
            if tracked.ended.is_none() {
                let promise = tracked.promise();
                match context.backend.job(job, None).await? {
                    Some(JobState::Ended(end)) => {
                        self.has_ended(job, self.best, How::of(job, promise, end.outcome));
                    }
                    // It is back; the next comparison takes it up.
                    Some(JobState::Open(_)) => continue,
                    // Its block has vanished, or the chain no longer says how it ended.
                    None => (),
                }
            }
            let at = match finalized {
                Some(at) => at,
                None => *finalized.insert(self.finalized().await?),
            };
            let seen = self.jobs.get(&job).and_then(|t| t.ended);
            if seen.is_none_or(|block| block <= at.number)
                && self.is_final(job, deadline, at).await?
            {
                self.apply(job, Event::Final);
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
    async fn is_final(
        &self,
        job: JobId,
        deadline: Tick,
        at: Finalized,
    ) -> Result<bool, BackendError> {
        let state = self.context.backend.job(job, Some(at.hash)).await?;
        Ok(match state {
            Some(JobState::Ended(_)) => true,
            Some(JobState::Open(_)) => false,
            // Opened once more, in another block, it would be over by now.
            None => at.served > deadline.saturating_add(MAX_OPEN_AHEAD),
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
#[derive(Clone, Copy, Debug)]
enum How {
    Settled,
    Declined(DeclineReason),
    Lost,
}

impl How {
    /// How a job with a promise ended, as the chain says.
    fn of(job: JobId, promise: Promise, outcome: Outcome) -> Self {
        match (outcome, promise) {
            (Outcome::Settled { blob, .. }, Promise::Answer(answer)) if blob == answer.blob => {
                Self::Settled
            }
            (Outcome::Declined(reason), _) => Self::Declined(reason),
            (outcome @ Outcome::Settled { .. }, _) => {
                tracing::error!(%job, ?outcome, "the job was settled by an answer that is not here");
                Self::Lost
            }
            (Outcome::Expired, _) => Self::Lost,
        }
    }
}

/// Hands on the number of each best block. A task of its own, because waiting for a block must not
/// be broken off half-way; a receiver that is slower than the blocks finds the last one.
async fn follow(mut blocks: impl BestBlocks, to: watch::Sender<u32>) {
    loop {
        let number = blocks.next().await;
        if to.send(number).is_err() {
            return;
        }
    }
}
