//! The loop: sees jobs that name the worker, takes those that can be done in time, and hands each
//! to a task of its own. All that is known about who does what is here; tasks share none of it.

use crate::{
    job::{Context, End},
    journal::{Entry, JournalError, State},
    network::{Feed, Network, NetworkError},
};
use myai_chain_client::{AccountId, EscrowEvent, Event, Followed};
use myai_primitives::{Balance, DeclineReason, JobId, JobView, VersionId};
use std::{collections::HashMap, sync::Arc, time::Duration};
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
/// After a comparison that failed.
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
    /// Whether there is a model to run for it.
    runs: bool,
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
}

impl<N: Network> Worker<N> {
    pub fn new(context: Arc<Context<N>>, signer_low: Balance) -> Self {
        Self {
            context,
            signer_low,
            tasks: JoinSet::new(),
            flights: HashMap::new(),
            compare_at: Some(Instant::now()),
        }
    }

    /// Works until `stop` is cancelled; then takes no more, finishes what was begun as long as
    /// the limits allow, and leaves. What is not finished goes on at the next start.
    pub async fn run(
        mut self,
        feed: impl Feed + 'static,
        stop: CancellationToken,
    ) -> Result<(), WorkerError> {
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
                () = stop.cancelled() => break Ok(()),
                () = compare => {
                    if let Err(error) = self.compare().await {
                        break Err(error);
                    }
                }
                Some(done) = self.tasks.join_next_with_id() => {
                    if let Err(error) = self.done(done) {
                        break Err(error);
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
        ended?;
        self.finish().await
    }

    async fn finish(mut self) -> Result<(), WorkerError> {
        tracing::info!(
            jobs = self.flights.len(),
            "stopping; jobs that were begun are finished"
        );
        let end = Instant::now() + self.context.limits.stop();
        while !self.tasks.is_empty() {
            match tokio::time::timeout_at(end, self.tasks.join_next_with_id()).await {
                Ok(Some(done)) => self.done(done)?,
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
        Ok(())
    }

    fn done(
        &mut self,
        done: Result<(Id, Result<End, JournalError>), tokio::task::JoinError>,
    ) -> Result<(), WorkerError> {
        let id = match &done {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let Some(flight) = self.flights.remove(&id) else {
            return Ok(());
        };
        self.context.metrics.open.set(self.flights.len() as i64);
        match done {
            Ok((_, end)) => {
                tracing::info!(job = %flight.job, end = ?end?, "the job has ended");
            }
            Err(error) => {
                // The entry is as it was: the next comparison starts the job again.
                tracing::error!(job = %flight.job, %error, "a job's task broke off");
                self.compare_within(COMPARE_AGAIN);
            }
        }
        Ok(())
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
                if number % BALANCE_EVERY == 0 {
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
            Ok(Some(job)) => self.admit(job).await,
            Ok(None) => Ok(()),
            Err(error) => {
                tracing::warn!(%job, %error, "failed to read a job; trying again");
                self.compare_within(COMPARE_AGAIN);
                Ok(())
            }
        }
    }

    /// Takes the job, or gives it back at once when it cannot be done in time.
    async fn admit(&mut self, job: JobView<AccountId>) -> Result<(), WorkerError> {
        if self.flights.values().any(|f| f.job == job.id) {
            return Ok(());
        }
        let context = &self.context;
        if context.pace.served() > job.deadline {
            // Neither can be said any more; whoever wants may have it refunded.
            return Ok(());
        }
        let first_run = context.limits.first_run();
        let estimate = context.pace.estimate(job.version, first_run);
        let ahead: Vec<Duration> = self
            .flights
            .values()
            .filter(|f| f.runs)
            .map(|f| context.pace.estimate(f.version, first_run))
            .collect();
        let parallel = u32::try_from(context.models.engine().parallel())
            .unwrap_or(1)
            .max(1);
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
        context.clone().put(entry.clone()).await?;
        self.start(entry, job);
        Ok(())
    }

    fn start(&mut self, entry: Entry, job: JobView<AccountId>) {
        let flight = Flight {
            job: job.id,
            version: job.version,
            runs: matches!(entry.state, State::Taken),
        };
        let task = self.tasks.spawn(self.context.clone().work(entry, job));
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
        let reading = context.clone();
        let entries = tokio::task::spawn_blocking(move || reading.journal.entries())
            .await
            .map_err(|e| NetworkError::Passing(e.to_string()))??;
        let mut known = Vec::new();
        for mut entry in entries {
            if self.flights.values().any(|f| f.job == entry.job) {
                known.push(entry.job);
                continue;
            }
            let job = open.iter().find(|j| entry.is_of(j));
            let last = match &entry.state {
                State::Ended { block, .. } => Some(*block),
                _ => None,
            };
            match (job, last) {
                // Whether it is the end will be known later.
                (_, Some(block)) if block > finalized => known.push(entry.job),
                (Some(job), last) => {
                    known.push(entry.job);
                    if last.is_some() {
                        // The block of its end is not part of the chain: said again, the same.
                        entry.state = match entry.state {
                            State::Ended {
                                answer: Some(answer),
                                ..
                            } => State::Submitted(answer),
                            State::Ended { reason, .. } => State::Declined {
                                reason: reason.unwrap_or(DeclineReason::Other),
                            },
                            state => state,
                        };
                        context.clone().put(entry.clone()).await?;
                    }
                    if context.pace.served() <= job.deadline {
                        tracing::info!(job = %job.id, "the job goes on");
                        self.start(entry, job.clone());
                    }
                }
                (None, _) => context.clone().remove(entry).await?,
            }
        }
        for job in open.into_iter().filter(|j| !known.contains(&j.id)) {
            self.admit(job)
                .await
                .map_err(|WorkerError::Journal(e)| Trouble::Journal(e))?;
        }
        Ok(())
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
