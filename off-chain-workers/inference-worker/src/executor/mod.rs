//! Has requests answered by runners: decides which runner gets a request, and whose fault it is
//! when there is no answer.
//!
//! Each runner has one model and at most one request in it: if a runner ends, that request or that
//! model did it, and nothing else is spoilt. Runners are kept warm as long as the memory that they
//! may have together lets them, those of the same model side by side.
//!
//! # Blame
//!
//! A runner that is over its time is killed, and the request refused. One that dies is replaced and
//! the request asked once more, of a new runner; the second death refuses it. That an input is bad,
//! which its payer pays for, is believed of a runner without a model alone: it knows the manifest
//! and what the model's file declares, and nothing of a stranger runs in it. Any other word of a
//! runner costs nobody but the worker.

pub mod files;
pub mod pool;
pub mod process;
pub mod start_and_kill;

use crate::{
    artifacts::{ArtifactError, Artifacts},
    error_chain,
    metrics::{Metrics, Stage},
    protocol::{Blame, Locked, Refused},
};
use backon::{ExponentialBuilder, Retryable};
use files::Files;
use myai_model_kit::manifest::ManifestError;
use myai_primitives::DeclineReason;
use pool::{Lease, Pools};
use process::{ProcessError, Program};
use std::{
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Semaphore;

/// Why a version cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Runner(#[from] ProcessError),
    /// Before a byte of the model was sent.
    #[error(transparent)]
    NoRunner(ProcessError),
    #[error("load the model: it needs some {needed} bytes of memory, and models have {budget}")]
    Memory { needed: u64, budget: u64 },
    #[error("have the model's files in time")]
    Late,
    #[error("have a runner for the model in time")]
    Busy,
    #[error("load the model: the task that loads it has ended")]
    Lost,
}

impl ModelError {
    /// Whether the version may be had later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Artifact(e) if e.is_transient())
    }

    /// Whether the same files would fail again.
    fn is_models_own(&self) -> bool {
        matches!(self, Self::Runner(_) | Self::Manifest(_))
    }
}

/// How models are run.
#[derive(Clone, Debug)]
pub struct Options {
    /// What a runner is; the arguments of [`crate::runner::Settings`] are added.
    pub program: Program,
    /// Library of ONNX Runtime.
    pub library: PathBuf,
    /// Runs at once.
    pub parallel: usize,
    /// Threads inside one run.
    pub threads: u16,
    /// Bytes that all runners may have together.
    pub memory: u64,
    /// Bytes of a loaded model for each byte of its files.
    pub memory_factor: f64,
    /// Bytes that a runner may take besides.
    pub run_memory: u64,
    /// How long loading a model may take.
    pub longest_load: Duration,
    /// Whether a runner may do without the filter of the kernel's calls.
    pub allow_unsandboxed: bool,
}

/// Something to be answered by a model.
#[derive(Clone)]
pub struct Request {
    pub files: Files,
    /// The raw input.
    pub input: Arc<[u8]>,
    /// Units that it may use up.
    pub units: u32,
    /// Most bytes of the answer.
    pub max_output: u32,
    /// How long a run may take, from its beginning.
    pub longest: Duration,
    /// When the answer is of no use any more.
    pub end: Instant,
}

/// What came of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Answered {
        bytes: Vec<u8>,
        /// Units used up.
        units: u32,
        /// From when a runner had it.
        took: Duration,
    },
    Refused {
        reason: DeclineReason,
        why: String,
        /// Whether it cost a runner: that died of it, or was killed because its time was up.
        is_costly: bool,
    },
}

impl Outcome {
    fn refused(reason: DeclineReason, why: impl ToString) -> Self {
        let (why, is_costly) = (why.to_string(), false);
        Self::Refused {
            reason,
            why,
            is_costly,
        }
    }

    fn costly(reason: DeclineReason, why: impl ToString) -> Self {
        Self::refused(reason, why).and_cost(true)
    }

    /// The same, for who waits for it after a runner was lost.
    fn and_cost(mut self, a_runner: bool) -> Self {
        if let Self::Refused { is_costly, .. } = &mut self {
            *is_costly |= a_runner;
        }
        self
    }
}

const LATE: &str = "there was not enough time left before the deadline";

/// Between two attempts to fetch a version's files.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_secs(1))
    .with_max_delay(Duration::from_secs(30))
    .without_max_times();

/// Answers requests. Cheap to clone.
#[derive(Clone)]
pub struct Executor {
    pools: Pools,
    artifacts: Artifacts,
    metrics: Arc<Metrics>,
    parallel: usize,
    /// One permit for each run that there may be.
    permits: Arc<Semaphore>,
}

/// What came of asking one runner.
enum Asked {
    Outcome(Outcome),
    /// It died.
    Died(Outcome),
    /// It said that the input is bad.
    Bad {
        why: String,
        /// What the model's file says of its inputs.
        declared: Arc<[u8]>,
    },
}

impl Executor {
    pub fn new(options: Options, artifacts: Artifacts, metrics: Arc<Metrics>) -> io::Result<Self> {
        let parallel = options.parallel.clamp(1, Semaphore::MAX_PERMITS);
        Ok(Self {
            pools: Pools::new(options, artifacts.clone(), metrics.clone())?,
            artifacts,
            metrics,
            parallel,
            permits: Arc::new(Semaphore::new(parallel)),
        })
    }

    /// How many runs there may be at once.
    pub fn parallel(&self) -> usize {
        self.parallel
    }

    /// How many runners there are, and the bytes that they may have.
    pub fn runners(&self) -> (usize, u64) {
        self.pools.runners()
    }

    /// Whether a runner can be started at all, and which walls it has.
    pub async fn probe(&self) -> Result<Locked, ProcessError> {
        self.pools.probe().await
    }

    /// Whether a runner has the model, or is about to.
    pub fn has(&self, files: &Files) -> bool {
        self.pools.has(files)
    }

    /// Fetches what the version needs, without loading it.
    pub async fn fetch(&self, files: &Files) -> Result<(), ModelError> {
        self.pools.memory(files, 0)?;
        let (_, manifest) = files.manifest(&self.artifacts).await?;
        let more = manifest.files.iter().map(|f| f.length);
        self.pools
            .memory(files, more.fold(0, u64::saturating_add))?;
        for file in &manifest.files {
            self.artifacts.fetch(&file.into()).await?;
        }
        self.artifacts.fetch(&files.artifact).await?;
        Ok(())
    }

    /// Like [`Self::fetch`], again and again until `end` as long as that may help.
    async fn fetch_until(&self, files: &Files, end: Instant) -> Result<(), ModelError> {
        let fetch = async || {
            let fetched = tokio::time::timeout_at(end.into(), self.fetch(files)).await;
            fetched.unwrap_or(Err(ModelError::Late))
        };
        fetch
            .retry(PAUSES)
            .when(ModelError::is_transient)
            .adjust(|_, pause| pause.filter(|pause| Instant::now() + *pause < end))
            .notify(|error, _| {
                tracing::warn!(%error, "failed to fetch a version's files; trying again");
            })
            .await
    }

    /// Has a runner load the model, so that the first request does not wait for it.
    pub async fn load(&self, files: &Files, end: Instant) -> Result<(), Arc<ModelError>> {
        self.lease(files, end).await?.give_back();
        Ok(())
    }

    async fn lease(&self, files: &Files, end: Instant) -> Result<Lease, Arc<ModelError>> {
        if !self.pools.has(files) {
            self.fetch_until(files, end).await?;
        }
        match tokio::time::timeout_at(end.into(), self.pools.lease(files)).await {
            Ok(leased) => leased,
            Err(_) => Err(Arc::new(ModelError::Busy)),
        }
    }

    /// Has the request answered.
    pub async fn run(&self, request: &Request) -> Outcome {
        let unavailable = |error: &ModelError| match error {
            ModelError::Busy => Outcome::refused(DeclineReason::Overloaded, LATE),
            _ => Outcome::refused(DeclineReason::ModelUnavailable, error_chain(error)),
        };
        let since = Instant::now();
        let lease = match self.lease(&request.files, request.end).await {
            Ok(lease) => lease,
            Err(error) => return unavailable(&error),
        };
        let mut asked = self.ask(lease, request, since).await;
        let has_died = matches!(asked, Asked::Died(_));
        if has_died {
            let fresh = self.pools.fresh(&request.files);
            asked = match tokio::time::timeout_at(request.end.into(), fresh).await {
                Ok(Ok(lease)) => self.ask(lease, request, Instant::now()).await,
                Ok(Err(error)) => Asked::Outcome(unavailable(&error)),
                Err(_) => Asked::Outcome(unavailable(&ModelError::Busy)),
            };
        }
        let outcome = match asked {
            Asked::Outcome(outcome) | Asked::Died(outcome) => outcome,
            Asked::Bad { why, declared } => self.judge(request, &why, &declared).await,
        };
        outcome.and_cost(has_died)
    }

    /// Whether an input that the model's runner calls bad is that.
    async fn judge(&self, request: &Request, said: &str, declared: &[u8]) -> Outcome {
        let judging = async {
            let mut judge = self.pools.judge(&request.files, declared).await?;
            let until = request.end.min(Instant::now() + request.longest);
            let asked = judge.ask(&request.input, request.units, 0, until).await;
            Ok::<_, ModelError>(asked.map(drop))
        };
        let error = match tokio::time::timeout_at(request.end.into(), judging).await {
            Err(_) => return Outcome::refused(DeclineReason::Overloaded, LATE),
            Ok(Err(error)) => error,
            Ok(Ok(Ok(()))) => {
                tracing::error!(
                    said,
                    "a runner calls an input bad which is not: it is ended"
                );
                self.metrics.runners_killed.inc();
                self.pools.end_idle(&request.files);
                let why = "the model calls the input bad, and the manifest takes it";
                return Outcome::refused(DeclineReason::Other, why);
            }
            Ok(Ok(Err(error))) => error.into(),
        };
        match error {
            ModelError::Runner(ProcessError::Refused(Refused {
                blame: Blame::Input,
                why,
            })) => Outcome::refused(DeclineReason::BadInput, why),
            error => Outcome::refused(DeclineReason::Other, error_chain(&error)),
        }
    }

    /// Has `lease` answer the request, which waits for a runner since then.
    async fn ask(&self, mut lease: Lease, request: &Request, since: Instant) -> Asked {
        let permit = self.permits.acquire();
        let permit = tokio::time::timeout_at(request.end.into(), permit).await;
        let Ok(Ok(_permit)) = permit else {
            lease.give_back();
            let why = "all runs were others' until its deadline";
            return Asked::Outcome(Outcome::refused(DeclineReason::Overloaded, why));
        };
        let begun = Instant::now();
        let waited = begun.saturating_duration_since(since);
        self.metrics
            .stage(Stage::WaitForRunner)
            .observe(waited.as_secs_f64());
        let until = request.end.min(begun + request.longest);
        let asked = lease
            .process()
            .ask(&request.input, request.units, request.max_output, until)
            .await;
        let took = begun.elapsed();
        let error = match asked {
            Ok((bytes, units)) => {
                lease.give_back();
                self.metrics.stage(Stage::Run).observe(took.as_secs_f64());
                return Asked::Outcome(Outcome::Answered { bytes, units, took });
            }
            Err(error) => error,
        };
        let why = error_chain(&error);
        match error {
            ProcessError::Refused(Refused {
                blame: Blame::Input,
                why,
            }) => {
                let declared = lease.process().declared();
                // Nobody need wait for the judge's word.
                lease.give_back();
                Asked::Bad { why, declared }
            }
            ProcessError::Refused(_) => {
                lease.give_back();
                Asked::Outcome(Outcome::refused(DeclineReason::Other, why))
            }
            ProcessError::TimedOut if until < begun + request.longest => {
                self.metrics.runners_killed.inc();
                Asked::Outcome(Outcome::costly(DeclineReason::Overloaded, LATE))
            }
            ProcessError::TimedOut => {
                self.metrics.runners_killed.inc();
                let longest = request.longest.as_millis();
                let why = format!("the model took more than {longest} ms");
                Asked::Outcome(Outcome::costly(DeclineReason::Other, why))
            }
            ProcessError::Died { .. } => {
                self.metrics.runners_died.inc();
                tracing::warn!(%error, "a runner died of a request");
                Asked::Died(Outcome::costly(DeclineReason::Other, why))
            }
            ProcessError::Lied(_) | ProcessError::Start(_) => {
                self.metrics.runners_killed.inc();
                tracing::error!(%error, "a runner is killed");
                Asked::Outcome(Outcome::refused(DeclineReason::Other, why))
            }
        }
    }
}
