//! Makes a job's sealed answer: fetches and opens the input, has the model run, seals the output.

use super::state::Event;
use super::{crash_point, Context, Done, MAX_PAUSE, PAUSES};
use crate::{
    backend::{Backend, BackendError, Job},
    executor::{files::Files, Outcome, Request},
    journal::Answer,
    metrics::Stage,
};
use backon::BackoffBuilder;
use codec::DecodeAll;
use futures::join;
use myai_chain_client::{
    hop::{blob_hash, MAX_BLOB},
    sealing::{check_recipient, JobBinding, SEALED_EXTRA},
};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    DeclineReason,
};
use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

/// After a question that failed.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a question to the chain or the pool may take, however little time is left.
const MIN_ASK: Duration = Duration::from_secs(5);

/// Why there is no answer.
enum NoAnswer {
    Refuse {
        reason: DeclineReason,
        why: String,
        /// Whether it cost a runner.
        is_costly: bool,
    },
    /// Nothing can be said about the job any more.
    Gone,
}

fn refuse(reason: DeclineReason, why: impl ToString) -> NoAnswer {
    NoAnswer::Refuse {
        reason,
        why: why.to_string(),
        is_costly: false,
    }
}

impl<B: Backend> Context<B> {
    /// Makes the answer, if there can be one.
    pub async fn work(self: Arc<Self>, job: &Job) -> Done {
        match self.answer(job).await {
            Ok((answer, sealed)) => Done::Answered(answer, sealed),
            Err(NoAnswer::Refuse {
                reason,
                why,
                is_costly,
            }) => {
                tracing::warn!(job = %job.id, ?reason, why, "the job is given back");
                Done::Refused { reason, is_costly }
            }
            Err(NoAnswer::Gone) => Done::Event(Event::Gone),
        }
    }

    /// When the job must be done.
    fn end(&self, job: &Job) -> Instant {
        Instant::now() + self.estimates.left(job.deadline, self.limits.margin_ticks)
    }

    fn estimate(&self, job: &Job) -> Duration {
        self.estimates
            .estimate(job.version, self.limits.first_run())
    }

    /// When the job must be begun.
    fn latest(&self, job: &Job) -> Instant {
        let end = self.end(job);
        end.checked_sub(self.estimate(job)).unwrap_or(end)
    }

    /// Asks for as long as there is time: a question may hang far longer.
    async fn ask<T>(
        &self,
        job: &Job,
        question: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        let until = self.latest(job).max(Instant::now() + MIN_ASK);
        let answered = tokio::time::timeout_at(until.into(), question).await;
        answered.unwrap_or_else(|_| Err(BackendError::Transient("no answer in time".into())))
    }

    async fn answer(self: Arc<Self>, job: &Job) -> Result<(Answer, Arc<[u8]>), NoAnswer> {
        // First: for a job without an input nothing is fetched or loaded.
        let begun = Instant::now();
        let sealed = self.input(job).await?;
        self.metrics.took(Stage::FetchInput, begun);
        let spec = loop {
            match self.ask(job, self.spec(job.version)).await {
                Ok(Some(spec)) => break spec,
                Ok(None) => return Err(refuse(DeclineReason::ModelUnavailable, "no such version")),
                Err(error) => {
                    let late = DeclineReason::ModelUnavailable;
                    self.wait_out(job, error, late).await?;
                }
            }
        };
        let (this, of_job) = (self.clone(), job.clone());
        let begun = Instant::now();
        let opened = aside(sealed.len(), move || this.open(&of_job, &sealed)).await?;
        self.metrics.took(Stage::Open, begun);
        crash_point("before-inference");
        let request = Request {
            files: Files::of(&*spec),
            input: opened.bytes,
            units: job.units,
            max_output: spec.max_output.min((MAX_BLOB - SEALED_EXTRA) as u32),
            longest: self.limits.run(),
            end: self.end(job),
        };
        // The sealer is made while the runner is at work: `join` begins with the run.
        let sealer = async { opened.binding.sealer(Direction::Output, &opened.key) };
        let (outcome, sealer) = join!(self.executor.run(&request), sealer);
        let (plain, units, took) = match outcome {
            Outcome::Answered { bytes, units, took } => (bytes, units, took),
            Outcome::Refused {
                reason,
                why,
                is_costly,
            } => {
                return Err(NoAnswer::Refuse {
                    reason,
                    why,
                    is_costly,
                })
            }
        };
        // Neither waiting nor loading, which the next job need not do.
        self.estimates.took(job.version, took);
        let sealer = sealer.map_err(|e| refuse(DeclineReason::BadInput, e))?;
        let (salt, mailbox) = (opened.salt, opened.mailbox);
        let begun = Instant::now();
        let sealed = aside(plain.len(), move || {
            let sealed = sealer.seal(&plain);
            let sealed = sealed.map_err(|e| refuse(DeclineReason::Other, e))?;
            let answer = Answer {
                output_commitment: output_commitment(&salt, &plain),
                units,
                blob: blob_hash(&sealed),
                mailbox,
            };
            Ok((answer, sealed.into()))
        })
        .await;
        self.metrics.took(Stage::Seal, begun);
        sealed
    }

    /// The sealed input out of the pool. Waits for it for a while, counted from when the pool
    /// first said that it has it not, or not now. A lost connection says nothing about the pool.
    async fn input(&self, job: &Job) -> Result<Vec<u8>, NoAnswer> {
        let mut missing_since = None;
        let mut pauses = PAUSES.build();
        loop {
            // Only an input that is not there is its payer's fault.
            let (reason, why) = match self.ask(job, self.backend.claim(&job.blob)).await {
                Ok(Some(blob)) if blob_hash(&blob) == job.blob => return Ok(blob),
                Ok(Some(_)) => {
                    return Err(refuse(DeclineReason::Other, "the pool gave another blob"))
                }
                Ok(None) => (
                    DeclineReason::BlobMissing,
                    "the input is not in the pool".into(),
                ),
                Err(BackendError::Busy(why)) => {
                    self.metrics.retries.inc();
                    (DeclineReason::Other, why)
                }
                Err(BackendError::Failed(why)) => return Err(refuse(DeclineReason::Other, why)),
                Err(error) => {
                    self.wait_out(job, error, DeclineReason::Other).await?;
                    continue;
                }
            };
            let since: Instant = *missing_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= self.limits.input() || self.is_late(job) {
                return Err(refuse(reason, why));
            }
            tokio::time::sleep(pauses.next().unwrap_or(MAX_PAUSE)).await;
        }
    }

    /// Whether there is not enough time left to begin the job.
    fn is_late(&self, job: &Job) -> bool {
        self.estimates.left(job.deadline, self.limits.margin_ticks) <= self.estimate(job)
    }

    /// Waits a moment, unless the job has ended meanwhile, or is given back for this reason
    /// because there is no time for it any more.
    async fn wait_out(
        &self,
        job: &Job,
        error: BackendError,
        late: DeclineReason,
    ) -> Result<(), NoAnswer> {
        self.metrics.retries.inc();
        if self.is_late(job) {
            return Err(refuse(late, error));
        }
        tracing::warn!(job = %job.id, %error, "failed to ask for what a job needs; trying again");
        tokio::time::sleep(PAUSE).await;
        match self.is_open(job).await {
            Ok(false) => Err(NoAnswer::Gone),
            _ => Ok(()),
        }
    }

    /// Opens the input and compares it with its commitment. Only the envelope is parsed here.
    fn open(&self, job: &Job, sealed: &[u8]) -> Result<Opened, NoAnswer> {
        let bad = |why: &str| refuse(DeclineReason::BadInput, why);
        let binding = JobBinding {
            genesis: self.backend.genesis(),
            payer: *job.payer.as_ref(),
            input_commitment: job.input_commitment,
        };
        let plain = self
            .keyring
            .open_sealed(|key| binding.open(Direction::Input, key, sealed))
            .map_err(|e| refuse(DeclineReason::BadInput, e))?;
        let input = SealedInput::decode_all(&mut plain.as_slice())
            .map_err(|_| bad("the sealed bytes are not an input"))?;
        if input.format != SEALED_INPUT_FORMAT {
            return Err(bad("the sealed input is of another format"));
        }
        if input_commitment(&input.salt, &input.bytes) != job.input_commitment {
            return Err(bad("the input is not the one that was committed to"));
        }
        if input.bytes.len() != job.input_length as usize {
            let why = format!(
                "the input has {} bytes, and the order says {}",
                input.bytes.len(),
                job.input_length
            );
            return Err(bad(&why));
        }
        // A key that no answer can be sealed to is noticed before the run.
        check_recipient(&input.answer_sealing_key)
            .map_err(|e| refuse(DeclineReason::BadInput, e))?;
        Ok(Opened {
            salt: input.salt,
            binding,
            key: input.answer_sealing_key,
            mailbox: input.answer_mailbox_key,
            bytes: input.bytes.into(),
        })
    }
}

/// An input that was opened.
struct Opened {
    salt: [u8; 32],
    binding: JobBinding,
    /// The payer's one-time key, which the answer is sealed to.
    key: [u8; 32],
    mailbox: [u8; 32],
    bytes: Arc<[u8]>,
}

/// Up to so many bytes the work takes a fraction of a millisecond, less than changing threads
/// twice.
const MAX_INLINE: usize = 1 << 16;

/// Works on so many bytes: off the async threads where there are many.
async fn aside<T: Send + 'static>(bytes: usize, work: impl FnOnce() -> T + Send + 'static) -> T {
    match bytes <= MAX_INLINE {
        true => work(),
        false => blocking(work).await,
    }
}

/// Works off the async threads. A panic there continues here.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // Only a runtime that shuts down cancels one; nobody waits for this then.
            Err(_) => std::future::pending().await,
        },
    }
}
