//! One job. [`state`] decides on the next step and `sealed_answer` makes the answer. The rest is here: it
//! brings the answer to disk, into the pool and onto the chain, and tries as often as that takes.

mod sealed_answer;
pub mod state;

use crate::{
    backend::{Backend, BackendError, Job},
    config::Limits,
    error_chain,
    estimate::Estimator,
    executor::Executor,
    journal::{Answer, Answered, Journal},
    keyring::Keyring,
    metrics::{Metrics, Stage},
};
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use myai_primitives::{DeclineReason, JobState, VersionId, VersionSpec};
use state::Event;
use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

const MAX_PAUSE: Duration = Duration::from_secs(5);
/// Between two attempts.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(MAX_PAUSE)
    .without_max_times();
/// Versions whose specs are kept.
const MAX_SPECS: usize = 256;

/// The environment's name of the point at which the program ends as by `kill -9`, for tests:
/// `before-inference`, `before-attest` or `after-attest`.
pub const CRASH_AT: &str = "MYAI_WORKER_CRASH_AT";

/// Ends the program if this is the point.
fn crash_point(name: &str) {
    if std::env::var(CRASH_AT).is_ok_and(|at| at == name) {
        eprintln!("{CRASH_AT}={name}: ending without any order");
        std::process::abort();
    }
}

/// The parts of the worker that every job uses.
pub struct Context<B> {
    pub backend: B,
    pub journal: Journal,
    pub keyring: Keyring,
    pub executor: Executor,
    pub metrics: Arc<Metrics>,
    pub limits: Limits,
    pub estimates: Estimator,
    pub specs: Specs,
}

/// Specs of versions, which never change.
#[derive(Default)]
pub struct Specs(Mutex<HashMap<VersionId, Arc<VersionSpec<myai_chain_client::AccountId>>>>);

/// The result of an action for a job.
#[derive(Debug)]
pub enum Done {
    Event(Event),
    /// There will be no answer; whether it cost a runner.
    Refused {
        reason: DeclineReason,
        is_costly: bool,
    },
    /// There is an answer; these are its sealed bytes.
    Answered(Answer, Arc<[u8]>),
    /// A best block of that number has the call.
    InBlock(u32),
    /// The chain does not take what this key signs for the job, which stays as it is.
    NotItsSigner,
}

/// Why an attempt is the last one.
enum Over {
    Gone,
    NotItsSigner,
    FailedInBlock,
}

impl From<Over> for Done {
    fn from(over: Over) -> Self {
        match over {
            Over::Gone => Self::Event(Event::Gone),
            Over::NotItsSigner => Self::NotItsSigner,
            Over::FailedInBlock => Self::Event(Event::FailedInBlock),
        }
    }
}

impl<B: Backend> Context<B> {
    /// Brings the sealed answer to disk. A disk without room is waited for.
    pub async fn store(&self, job: &Job, answer: Answer, sealed: Arc<[u8]>) -> Done {
        let answered = Answered {
            job: job.clone(),
            answer,
        };
        let mut pauses = PAUSES.build();
        let health = &self.metrics.health;
        loop {
            let begun = Instant::now();
            health.journal_begun();
            let error = match self.journal.put(answered.clone(), sealed.clone()).await {
                Ok(()) => {
                    self.metrics.took(Stage::Journal, begun);
                    health.journal_written();
                    return Done::Event(Event::Stored(answer));
                }
                Err(error) => error,
            };
            let why = error_chain(&error);
            health.journal_failed(&why);
            tracing::error!(job = %job.id, why, "failed to write an answer into the journal");
            // Another answer is promised, say: the next comparison takes that up.
            if !error.is_transient() || !self.is_worth_a_try(job, &mut pauses).await {
                return Done::Event(Event::Gone);
            }
        }
    }

    /// Puts the sealed answer into the pool; read from the journal where it was not made just now.
    pub async fn upload(&self, job: &Job, answer: Answer, sealed: Option<Arc<[u8]>>) -> Done {
        let sealed = match sealed {
            Some(sealed) => sealed,
            None => match self.journal.sealed(job.id).await {
                Ok(Some(sealed)) => sealed.into(),
                Ok(None) => {
                    tracing::error!(job = %job.id, "its sealed answer is not there any more; the \
                        job is given back");
                    return Done::Event(Event::AnswerLost);
                }
                Err(error) => {
                    let error = error_chain(&error);
                    tracing::error!(job = %job.id, error, "failed to read the sealed answer");
                    return Done::Event(Event::Gone);
                }
            },
        };
        let begun = Instant::now();
        let uploaded = self
            .persist(job, "upload the answer", || {
                self.backend.submit(&sealed, &answer.mailbox)
            })
            .await;
        match uploaded {
            Ok(_) => {
                self.metrics.took(Stage::Upload, begun);
                Done::Event(Event::Uploaded(answer))
            }
            Err(over) => over.into(),
        }
    }

    /// Attests the answer. The attestation names the job by the hash of its order: it settles no
    /// other, also when the block that opened this one has vanished.
    pub async fn attest(&self, job: &Job, answer: Answer) -> Done {
        crash_point("before-attest");
        let begun = Instant::now();
        let attested = self
            .persist(job, "attest", || {
                let (commitment, blob) = (answer.output_commitment, answer.blob);
                self.backend.attest(job.id, commitment, answer.units, blob)
            })
            .await;
        match attested {
            Ok(block) => {
                self.metrics.took(Stage::Inclusion, begun);
                crash_point("after-attest");
                Done::InBlock(block)
            }
            Err(over) => over.into(),
        }
    }

    /// Gives the job back.
    pub async fn decline(&self, job: &Job, reason: DeclineReason) -> Done {
        let declined = self
            .persist(job, "decline", || self.backend.decline(job.id, reason))
            .await;
        declined.map_or_else(Into::into, Done::InBlock)
    }

    /// Whether the chain still has the job open, and it is not too late.
    async fn is_open(&self, job: &Job) -> Result<bool, BackendError> {
        if self.estimates.served() > job.deadline {
            return Ok(false);
        }
        let state = self.backend.job(job.id, None).await?;
        Ok(matches!(state, Some(JobState::Open(_))))
    }

    /// Waits a while, longer each time; then whether the job is still there to be ended.
    async fn is_worth_a_try(&self, job: &Job, pauses: &mut ExponentialBackoff) -> bool {
        self.metrics.retries.inc();
        tokio::time::sleep(pauses.next().unwrap_or(MAX_PAUSE)).await;
        match self.is_open(job).await {
            Ok(is_open) => is_open,
            Err(error) => {
                tracing::debug!(job = %job.id, %error, "failed to look at the job");
                true
            }
        }
    }

    /// Tries until an attempt succeeds or cannot succeed any more. Asks the chain after each
    /// failure: the attempt may have succeeded without our knowing.
    async fn persist<T, F>(&self, job: &Job, what: &str, attempt: impl Fn() -> F) -> Result<T, Over>
    where
        F: Future<Output = Result<T, BackendError>>,
    {
        let mut pauses = PAUSES.build();
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(BackendError::Ended) => return Err(Over::Gone),
                Err(BackendError::NotItsSigner) => return Err(Over::NotItsSigner),
                Err(BackendError::FailedInBlock(why)) => {
                    tracing::error!(job = %job.id, why, "failed to {what}: not tried again");
                    return Err(Over::FailedInBlock);
                }
                Err(error) => error,
            };
            tracing::warn!(job = %job.id, %error, "failed to {what}; trying again");
            if !self.is_worth_a_try(job, &mut pauses).await {
                return Err(Over::Gone);
            }
        }
    }

    /// The version's spec; `None` where there is no such version.
    pub async fn spec(
        &self,
        version: VersionId,
    ) -> Result<Option<Arc<VersionSpec<myai_chain_client::AccountId>>>, BackendError> {
        let known = |specs: &Specs| {
            let specs = specs.0.lock().unwrap_or_else(PoisonError::into_inner);
            specs.get(&version).cloned()
        };
        if let Some(spec) = known(&self.specs) {
            return Ok(Some(spec));
        }
        let Some(view) = self.backend.version(version).await? else {
            return Ok(None);
        };
        let spec = Arc::new(view.spec);
        let mut specs = self.specs.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Only what jobs name comes here; a worker offers far fewer.
        if specs.len() >= MAX_SPECS {
            specs.clear();
        }
        specs.insert(version, spec.clone());
        Ok(Some(spec))
    }
}
