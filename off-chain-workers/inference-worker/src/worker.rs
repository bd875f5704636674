//! The loop: sees jobs that name the worker, takes those that can be done in time, and hands each
//! to a task of its own. All that is known about who does what is here; tasks share none of it.

use crate::{
    in_full,
    job::{Context, End},
    journal::{Entry, JournalError, State},
    network::{Feed, Network, NetworkError},
};
use myai_chain_client::{AccountId, EscrowEvent, Event, Followed};
use myai_primitives::{Balance, DeclineReason, JobId, JobView, VersionId};
use std::{
    collections::HashMap,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::Duration,
};
use tokio::{
    sync::mpsc,
    task::{Id, JoinSet},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Blocks between two comparisons of the journal with the chain, and between two looks at the
/// signer's balance.
const COMPARE_EVERY: u32 = 10;
const BALANCE_EVERY: u32 = 50;
/// After a comparison that failed, or did not tell all.
const COMPARE_AGAIN: Duration = Duration::from_secs(3);
/// Blocks that may wait to be looked at.
const BLOCKS_WAITING: usize = 64;

#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A job that a task works on.
struct Flight {
    job: JobId,
    version: VersionId,
    /// Whether there still is a model to run for it. The task says when not.
    ahead: Arc<AtomicBool>,
}

/// Why the worker works no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// It was told to stop, and finished.
    Stopped,
    /// The chain takes nothing from this signer for the worker any more.
    NotItsSigner,
}

/// The dispatcher.
pub struct Worker<N> {
    context: Arc<Context<N>>,
    /// Below this the signer's balance is warned about.
    signer_low: Balance,
    tasks: JoinSet<Result<End, JournalError>>,
    flights: HashMap<Id, Flight>,
    /// When journal and chain are to be compared.
    compare_at: Option<Instant>,
    /// The block at which the signer's balance is to be looked at.
    balance_at: u32,
}

impl<N: Network> Worker<N> {
    pub fn new(context: Arc<Context<N>>, signer_low: Balance) -> Self {
        Self {
            context,
            signer_low,
            tasks: JoinSet::new(),
            flights: HashMap::new(),
            compare_at: Some(Instant::now()),
            balance_at: 0,
        }
    }

    /// Works until `stop` is cancelled; then takes no more, finishes what was begun as long as
    /// the limits allow, and leaves. What is not finished goes on at the next start.
    pub async fn run(
        mut self,
        feed: impl Feed + 'static,
        stop: CancellationToken,
    ) -> Result<Left, WorkerError> {
        let (send, mut blocks) = mpsc::channel(BLOCKS_WAITING);
        let feeding = tokio::spawn(feed_into(feed, send));
        let ended = loop {
            let compare_at = self.compare_at;
            let compare = async {
                match compare_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = stop.cancelled() => break Ok(Left::Stopped),
                () = compare => {
                    if let Err(error) = self.compare().await {
                        break Err(error);
                    }
                }
                Some(done) = self.tasks.join_next_with_id() => {
                    if self.done(done) == Some(End::NotItsSigner) {
                        break Ok(Left::NotItsSigner);
                    }
                }
                Some(followed) = blocks.recv() => {
                    if let Err(error) = self.followed(followed).await {
                        break Err(error);
                    }
                }
            }
        };
        feeding.abort();
        match ended? {
            Left::Stopped => self.finish().await,
            // Nothing that is finished now could be said.
            left => Ok(left),
        }
    }

    async fn finish(mut self) -> Result<Left, WorkerError> {
        tracing::info!(
            jobs = self.flights.len(),
            "stopping; jobs that were begun are finished"
        );
        let end = Instant::now() + self.context.limits.stop();
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(end, self.tasks.join_next_with_id()).await {
                Ok(Some(done)) => drop(self.done(done)),
                Ok(None) => break,
                Err(_) => {
                    tracing::warn!(
                        jobs = self.flights.len(),
                        "not all jobs were finished; they go on at the next start"
                    );
                    break;
                }
            }
        }
        Ok(Left::Stopped)
    }

    /// A job's task is over: the job's end, where the task came so far.
    fn done(
        &mut self,
        done: Result<(Id, Result<End, JournalError>), tokio::task::JoinError>,
    ) -> Option<End> {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let flight = self.flights.remove(&id)?;
        self.context.metrics.open.set(self.flights.len() as i64);
        let broke_off: &dyn std::error::Error = match &done {
            Ok((_, Ok(end))) => {
                tracing::info!(job = %flight.job, ?end, "nothing more is done about the job");
                if *end == End::Gone {
                    // It may be back soon, and its deadline comes nearer meanwhile.
                    self.compare_within(COMPARE_AGAIN);
                }
                return Some(*end);
            }
            Ok((_, Err(error))) => error,
            Err(error) => error,
        };
        // The entry says how far it was: the next comparison starts the job again.
        let error = in_full(broke_off);
        tracing::error!(job = %flight.job, error, "a job's task broke off");
        self.compare_within(COMPARE_AGAIN);
        None
    }

    async fn followed(&mut self, followed: Followed) -> Result<(), WorkerError> {
        match followed {
            Followed::Block { number, events, .. } => {
                self.context.metrics.block.set(i64::from(number));
                self.look_at_clock().await;
                let opened: Vec<JobId> = events.iter().filter_map(|e| self.ours(e)).collect();
                for job in opened {
                    self.opened(job).await?;
                }
                if number % COMPARE_EVERY == 0 {
                    self.compare_within(Duration::ZERO);
                }
                if number >= self.balance_at {
                    self.balance_at = number.saturating_add(BALANCE_EVERY);
                    self.look_at_balance().await;
                }
            }
            // A job may have vanished or come to mean another one.
            Followed::Retracted { .. } => self.compare_within(COMPARE_AGAIN),
            Followed::Missed { .. } => self.compare_within(Duration::ZERO),
        }
        Ok(())
    }

    /// The job, if the event opens one that names us.
    fn ours(&self, event: &Event) -> Option<JobId> {
        match event.escrow() {
            Ok(Some(EscrowEvent::JobOpened { job, workers, .. }))
                if workers.contains(self.context.network.worker()) =>
            {
                Some(job)
            }
            Ok(_) => None,
            Err(error) => {
                tracing::error!(%error, "an event cannot be read");
                None
            }
        }
    }

    async fn opened(&mut self, job: JobId) -> Result<(), WorkerError> {
        match self.context.network.job(job).await {
            Ok(Some(job)) => {
                let (context, id) = (self.context.clone(), job.id);
                match context.entry(id).await?.filter(|e| e.is_of(&job)) {
                    // It is back, in another block; something may have been promised.
                    Some(_) => self.compare_within(Duration::ZERO),
                    None => self.admit(job).await,
                }
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%job, %error, "failed to read a job; trying again");
                self.compare_within(COMPARE_AGAIN);
                Ok(())
            }
        }
    }

    /// Takes the job, or gives it back at once when it cannot be done in time.
    async fn admit(&mut self, job: JobView<AccountId>) {
        if self.flights.values().any(|f| f.job == job.id) {
            return;
        }
        let context = &self.context;
        if context.pace.served() > job.deadline {
            // Neither can be said any more; whoever wants may have it refunded.
            return;
        }
        let first_run = context.limits.first_run();
        let estimate = context.pace.estimate(job.version, first_run);
        let ahead: Vec<Duration> = self
            .flights
            .values()
            .filter(|f| f.ahead.load(Ordering::Relaxed))
            .map(|f| context.pace.estimate(f.version, first_run))
            .collect();
        let parallel = context.models.engine().parallel();
        let left = context.pace.left(job.deadline, context.limits.margin_ticks);
        let mut entry = Entry::taken(&job);
        if ahead.len() >= context.limits.queue
            || ahead.iter().sum::<Duration>() / parallel + estimate > left
        {
            tracing::warn!(job = %job.id, ?left, waiting = ahead.len(), "too much to do");
            entry.state = State::Declined {
                reason: DeclineReason::Overloaded,
            };
        } else {
            tracing::info!(job = %job.id, version = %job.version, "the job is taken");
            context.metrics.taken.inc();
        }
        let put = context.clone().put(entry.clone()).await;
        if self.is_written(job.id, put) {
            self.start(entry, job);
        }
    }

    /// Whether it is in the journal. A full disk keeps a job from being begun or forgotten, until
    /// there is room again; answers that are on it already are handed over all the same.
    fn is_written(&mut self, job: JobId, written: Result<(), JournalError>) -> bool {
        let Err(error) = written else {
            return true;
        };
        let error = in_full(&error);
        tracing::error!(%job, error, "failed to write the journal; trying again");
        self.compare_within(COMPARE_AGAIN);
        false
    }

    fn start(&mut self, entry: Entry, job: JobView<AccountId>) {
        let ahead = Arc::new(AtomicBool::new(matches!(entry.state, State::Taken)));
        let flight = Flight {
            job: job.id,
            version: job.version,
            ahead: ahead.clone(),
        };
        let task = self
            .tasks
            .spawn(self.context.clone().work(entry, job, ahead));
        self.flights.insert(task.id(), flight);
        self.context.metrics.open.set(self.flights.len() as i64);
    }

    fn compare_within(&mut self, time: Duration) {
        let at = Instant::now() + time;
        self.compare_at = Some(self.compare_at.map_or(at, |before| before.min(at)));
    }

    /// Compares the journal with the chain: what was begun goes on, what was missed is taken,
    /// what has ended for good is forgotten.
    async fn compare(&mut self) -> Result<(), WorkerError> {
        self.compare_at = None;
        match self.try_compare().await {
            Ok(()) => Ok(()),
            Err(Trouble::Journal(error)) => Err(error.into()),
            Err(Trouble::Network(error)) => {
                self.context.metrics.retries.inc();
                tracing::warn!(%error, "failed to compare with the chain; trying again");
                self.compare_within(COMPARE_AGAIN);
                Ok(())
            }
        }
    }

    async fn try_compare(&mut self) -> Result<(), Trouble> {
        let context = self.context.clone();
        context.pace.saw(context.network.served().await?);
        let finalized = context.network.finalized().await?;
        let open = context.network.open_jobs().await?;
        // After that: what is not open has ended in this block at the latest.
        let best = context.network.best().await?;
        let reading = context.clone();
        let entries = tokio::task::spawn_blocking(move || reading.journal.entries())
            .await
            .map_err(|e| NetworkError::Passing(e.to_string()))??;
        let mut known = Vec::new();
        for entry in entries {
            if self.flights.values().any(|f| f.job == entry.job) {
                known.push(entry.job);
                continue;
            }
            let final_end = match &entry.state {
                State::Ended { block, .. } => Some(*block <= finalized),
                _ => None,
            };
            match open.iter().find(|j| j.id == entry.job) {
                // The number means another job now.
                Some(job) if entry.is_of(job) => {
                    known.push(entry.job);
                    self.go_on(entry, job, final_end).await;
                }
                // The number means another job now, or it has ended for good.
                Some(_) => self.forget(entry).await,
                None if final_end == Some(true) => self.forget(entry).await,
                None => match entry.clone().ended(best) {
                    Some(ended) if ended != entry => {
                        let put = context.clone().put(ended).await;
                        self.is_written(entry.job, put);
                    }
                    Some(_) => (),
                    // Nothing was promised.
                    None => self.forget(entry).await,
                },
            }
        }
        for job in open.into_iter().filter(|j| !known.contains(&j.id)) {
            self.admit(job).await;
        }
        Ok(())
    }

    async fn forget(&mut self, entry: Entry) {
        let job = entry.job;
        let removed = self.context.clone().remove(entry).await;
        self.is_written(job, removed);
    }

    /// An open job of which there is an entry, and whether its end is in a final block where it
    /// has one.
    async fn go_on(&mut self, mut entry: Entry, job: &JobView<AccountId>, final_end: Option<bool>) {
        match final_end {
            // Whether it is the end will be known soon, and its deadline comes nearer meanwhile.
            Some(false) => {
                self.compare_within(COMPARE_AGAIN);
                return;
            }
            // The block of its end is not part of the chain: said again, the same.
            Some(true) => {
                entry = entry.reopened();
                let put = self.context.clone().put(entry.clone()).await;
                self.is_written(job.id, put);
            }
            None => (),
        }
        if self.context.pace.served() <= job.deadline {
            tracing::info!(job = %job.id, "the job goes on");
            self.start(entry, job.clone());
        }
    }

    async fn look_at_clock(&self) {
        match self.context.network.served().await {
            Ok(served) => self.context.pace.saw(served),
            Err(error) => tracing::debug!(%error, "failed to read the chain's clock"),
        }
    }

    async fn look_at_balance(&self) {
        match self.context.network.signer_balance().await {
            Ok(balance) => {
                self.context.metrics.signer_balance(balance);
                if balance < self.signer_low {
                    tracing::warn!(
                        units = balance,
                        "the signer runs low: without money it can neither answer nor decline"
                    );
                }
            }
            Err(error) => tracing::debug!(%error, "failed to read the signer's balance"),
        }
    }
}

enum Trouble {
    Journal(JournalError),
    Network(NetworkError),
}

impl From<JournalError> for Trouble {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl From<NetworkError> for Trouble {
    fn from(error: NetworkError) -> Self {
        Self::Network(error)
    }
}

/// A task of its own, because waiting for a block must not be broken off half-way.
async fn feed_into(mut feed: impl Feed, to: mpsc::Sender<Followed>) {
    loop {
        let followed = feed.next().await;
        if to.send(followed).await.is_err() {
            return;
        }
    }
}
