//! One job, from the moment it was taken to its end. Every promise is in the journal before it is
//! acted on, so that a job can be picked up at whatever step its entry shows.

use crate::{
    backend::{Backend, BackendError, Job},
    config::Limits,
    engine::{EngineError, Until},
    error_chain,
    estimate::Estimator,
    journal::{Answer, Entry, Journal, JournalError, State},
    keyring::Keyring,
    metrics::{Metrics, Stage},
    model_cache::{Files, Model, ModelCache},
};
use codec::DecodeAll;
use myai_chain_client::{
    hop::{blob_hash, MAX_BLOB},
    sealing::{JobBinding, SEALED_EXTRA},
};
use myai_model_kit::{postprocess, preprocess};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    DeclineReason, JobState,
};
use std::{
    future::Future,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};

/// Between two looks into the pool, and between attempts: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// How often a job is attempted at most. One that came to no end so often is given back, so that a
/// model or an input that ends the program costs two restarts and not all of them until its deadline.
pub const MAX_ATTEMPTS: u32 = 2;
/// How long a job that has its permit waits for its model to be loaded.
const MAX_LOAD: Duration = Duration::from_secs(120);
/// How long a question to the chain or the pool may take, however little time is left.
const MIN_ASK: Duration = Duration::from_secs(5);
/// Longest reason that is logged, in bytes.
const MAX_WHY: usize = 300;

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

/// What every job needs.
pub struct Context<B> {
    pub backend: B,
    pub journal: Journal,
    pub keyring: Keyring,
    pub models: ModelCache,
    pub metrics: Arc<Metrics>,
    pub limits: Limits,
    pub estimates: Estimator,
}

/// How far a job was brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The attestation is in the best block of that number.
    Settled { block: u32 },
    /// The refusal is in the best block of that number.
    Declined { reason: DeclineReason, block: u32 },
    /// It is not open: an earlier call of ours ended it, its deadline passed, or its block vanished,
    /// perhaps only for a while.
    Gone,
    /// The chain does not take what this key signs for the job, which stays as it is.
    NotItsSigner,
}

/// Why there is no answer.
enum NoAnswer {
    Refuse(DeclineReason, String),
    /// Nothing can be said about the job any more.
    Gone,
    Journal(JournalError),
}

impl From<JournalError> for NoAnswer {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

fn refuse(reason: DeclineReason, why: impl ToString) -> NoAnswer {
    let mut why = why.to_string();
    if why.len() > MAX_WHY {
        why.truncate(why.floor_char_boundary(MAX_WHY));
        why.push('…');
    }
    NoAnswer::Refuse(reason, why)
}

impl<B: Backend> Context<B> {
    /// Brings the job from where its entry is to its end; `queued` becomes false when there is no
    /// more model to run for it. Fails only when the journal does.
    pub async fn work(
        self: Arc<Self>,
        mut entry: Entry,
        job: Job,
        queued: Arc<AtomicBool>,
    ) -> Result<End, JournalError> {
        // The sealed answer, when it was made just now and need not be read.
        let mut made = None;
        loop {
            let next = match &entry.state {
                State::Taken => {
                    let promised = self.clone().promise(&mut entry, &job, &mut made).await;
                    queued.store(false, Ordering::Relaxed);
                    match promised {
                        Ok(state) => state,
                        Err(NoAnswer::Refuse(reason, why)) => {
                            tracing::warn!(job = %job.id, ?reason, why, "the job is given back");
                            State::Declined { reason }
                        }
                        Err(NoAnswer::Gone) => return Ok(End::Gone),
                        Err(NoAnswer::Journal(error)) => return Err(error),
                    }
                }
                State::Answered(answer) => match self.sealed(&job, answer, made.take()).await? {
                    Some(sealed) => {
                        let end = self.hand_over(&job, answer, &sealed).await;
                        return Ok(end.unwrap_or_else(|stopped| stopped));
                    }
                    // Another answer must not be made, and this one cannot be handed over.
                    None => {
                        tracing::error!(job = %job.id, "its sealed answer is not there any more; \
                            the job is given back");
                        State::Declined {
                            reason: DeclineReason::Other,
                        }
                    }
                },
                State::Declined { reason } => {
                    let reason = *reason;
                    let declined = self
                        .persist(&job, "decline", || self.backend.decline(job.id, reason))
                        .await
                        .map(|block| End::Declined { reason, block });
                    return Ok(declined.unwrap_or_else(|stopped| stopped));
                }
            };
            entry.state = next;
            self.clone().put(entry.clone()).await?;
        }
    }

    /// Makes the answer, unless that was attempted too often.
    async fn promise(
        self: Arc<Self>,
        entry: &mut Entry,
        job: &Job,
        made: &mut Option<Vec<u8>>,
    ) -> Result<State, NoAnswer> {
        if entry.attempts >= MAX_ATTEMPTS {
            let why = format!("{} attempts came to no end", entry.attempts);
            return Err(refuse(DeclineReason::Other, why));
        }
        let (answer, sealed) = self.answer(entry, job).await?;
        *made = Some(sealed);
        Ok(State::Answered(answer))
    }

    /// Uploads the answer and attests it. The attestation names the job by the hash of its order: it
    /// settles no other, whatever became of the block that opened this one.
    async fn hand_over(&self, job: &Job, answer: &Answer, sealed: &[u8]) -> Result<End, End> {
        self.persist(job, "upload the answer", || {
            self.backend.submit(sealed, &answer.mailbox)
        })
        .await?;
        crash_point("before-attest");
        let block = self
            .persist(job, "attest", || {
                let (commitment, blob) = (answer.output_commitment, answer.blob);
                self.backend.attest(job.id, commitment, answer.units, blob)
            })
            .await?;
        crash_point("after-attest");
        Ok(End::Settled { block })
    }

    /// Writes the entry, off the async threads.
    pub async fn put(self: Arc<Self>, entry: Entry) -> Result<(), JournalError> {
        blocking(move || self.journal.put(&entry)).await
    }

    /// Removes the entry, off the async threads.
    pub async fn remove(self: Arc<Self>, entry: Entry) -> Result<(), JournalError> {
        blocking(move || self.journal.remove(entry.job)).await
    }

    /// Whether the chain still has the job open, and it is not too late.
    async fn is_open(&self, job: &Job) -> Result<bool, BackendError> {
        if self.estimates.served() > job.deadline {
            return Ok(false);
        }
        let state = self.backend.job(job.id, None).await?;
        Ok(matches!(state, Some(JobState::Open(_))))
    }

    /// Does it again and again, until it is done or nothing more can be. After each failure the chain
    /// is asked: the attempt may have succeeded without our knowing.
    async fn persist<T, F>(&self, job: &Job, what: &str, attempt: impl Fn() -> F) -> Result<T, End>
    where
        F: Future<Output = Result<T, BackendError>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match attempt().await {
                Ok(done) => return Ok(done),
                Err(BackendError::Ended) => return Err(End::Gone),
                Err(BackendError::NotItsSigner) => return Err(End::NotItsSigner),
                Err(error) => error,
            };
            self.metrics.retries.inc();
            tracing::warn!(job = %job.id, %error, "failed to {what}; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
            match self.is_open(job).await {
                Ok(true) => (),
                Ok(false) => return Err(End::Gone),
                Err(error) => tracing::debug!(job = %job.id, %error, "failed to look at the job"),
            }
        }
    }

    /// The sealed answer, read from the journal where it was not made just now; `None` where it is
    /// not there any more, or is another one.
    async fn sealed(
        self: &Arc<Self>,
        job: &Job,
        answer: &Answer,
        made: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, JournalError> {
        if made.is_some() {
            return Ok(made);
        }
        let (this, id) = (self.clone(), job.id);
        let read = blocking(move || this.journal.answer(id)).await?;
        Ok(read.filter(|sealed| blob_hash(sealed) == answer.blob))
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

    /// Fetches the input, runs the model, seals the answer and stores it. Gives the sealed bytes
    /// too.
    async fn answer(
        self: Arc<Self>,
        entry: &mut Entry,
        job: &Job,
    ) -> Result<(Answer, Vec<u8>), NoAnswer> {
        // First: for a job without an input nothing is fetched or loaded, and no permit is taken.
        let sealed = self.input(job).await?;
        let version = loop {
            match self.ask(job, self.backend.version(job.version)).await {
                Ok(Some(version)) => break version,
                Ok(None) => return Err(refuse(DeclineReason::ModelUnavailable, "no such version")),
                Err(error) => {
                    let late = DeclineReason::ModelUnavailable;
                    self.wait_out(job, error, late).await?;
                }
            }
        };
        let spec = version.spec;
        let files = Files::of(&spec);
        // Before the permit: a load that others began holds no other permit than theirs.
        let to_load = self.models.to_load(job.version);
        let to_load = tokio::time::timeout_at(self.latest(job).into(), to_load)
            .await
            .map_err(|_| {
                let why = "others were having the model loaded all the time";
                refuse(DeclineReason::Overloaded, why)
            })?;
        if to_load.is_some() {
            let fetched = self.models.fetch_until(&files, self.latest(job)).await;
            fetched.map_err(|e| refuse(DeclineReason::ModelUnavailable, error_chain(&e)))?;
        }

        let engine = self.models.engine();
        // A job that broke off before takes none with it when it does so again.
        let alone = entry.attempts > 0;
        let _permit = engine
            .permit(alone, self.end(job))
            .await
            .map_err(|e| refuse(DeclineReason::Overloaded, error_chain(&e)))?;
        entry.attempts += 1;
        self.clone().put(entry.clone()).await?;

        let model = self.model(job, &files).await?;
        drop(to_load);
        let (this, of_job, of_model) = (self.clone(), job.clone(), model.clone());
        let opening = timed(move || this.open(&of_job, &of_model, &sealed)).await;
        let ((input, prepared, units), opened_in) = opening?;

        crash_point("before-inference");
        let until = Until {
            longest: self.limits.run(),
            end: self.end(job),
        };
        let wanted = postprocess::wanted(&model.manifest.output);
        let ran = engine
            .run(&model.loaded, prepared, &wanted, until)
            .await
            .map_err(|e| {
                let reason = match &e {
                    EngineError::TooLate => DeclineReason::Overloaded,
                    e if e.is_bad_input() => DeclineReason::BadInput,
                    _ => DeclineReason::Other,
                };
                refuse(reason, error_chain(&e))
            })?;
        self.metrics
            .stage(Stage::Run)
            .observe(ran.took.as_secs_f64());

        let (this, of_job) = (self.clone(), job.clone());
        let max_length = (spec.max_output as usize).min(MAX_BLOB - SEALED_EXTRA);
        let sealing =
            timed(move || this.seal(&of_job, &model, &input, &ran.outputs, units, max_length))
                .await;
        let (answer, sealed_in) = sealing?;
        // Neither waiting nor loading, which the next job need not do.
        self.estimates
            .took(job.version, opened_in + ran.took + sealed_in);
        Ok(answer)
    }

    /// The job's model, loaded where it is not.
    async fn model(&self, job: &Job, files: &Files) -> Result<Arc<Model>, NoAnswer> {
        let unavailable = |why: String| refuse(DeclineReason::ModelUnavailable, why);
        let end = self.end(job).min(Instant::now() + MAX_LOAD);
        let model = tokio::time::timeout_at(end.into(), self.models.get(job.version, files))
            .await
            .map_err(|_| unavailable("the model was not loaded in time".into()))?
            .map_err(|e| unavailable(error_chain(&*e)))?;
        let (count, bytes) = self.models.loaded();
        self.metrics.models.set(count as i64);
        self.metrics.model_bytes.set(bytes as i64);
        Ok(model)
    }

    /// The sealed input out of the pool. Waits for it for a while, counted from when the pool
    /// first said that it has it not, or not now. A lost connection says nothing about the pool.
    async fn input(&self, job: &Job) -> Result<Vec<u8>, NoAnswer> {
        let mut missing_since = None;
        let mut pause = FIRST_PAUSE;
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
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
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
        tokio::time::sleep(FIRST_PAUSE * 4).await;
        match self.is_open(job).await {
            Ok(false) => Err(NoAnswer::Gone),
            _ => Ok(()),
        }
    }

    /// Opens the input, checks that it is what was committed to, and makes tensors of it.
    fn open(
        &self,
        job: &Job,
        model: &Model,
        sealed: &[u8],
    ) -> Result<(Opened, Vec<(String, myai_model_kit::tensor::Tensor)>, u32), NoAnswer> {
        let bad = |why: &str| refuse(DeclineReason::BadInput, why);
        let binding = self.binding(job);
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
        binding
            .seal(Direction::Output, &input.answer_sealing_key, &[])
            .map_err(|e| refuse(DeclineReason::BadInput, e))?;
        let prepared = preprocess::prepare(&model.manifest, &input.bytes)
            .map_err(|e| refuse(DeclineReason::BadInput, e.without_content()))?;
        let units = prepared.units(&model.manifest.units);
        let units = u32::try_from(units)
            .ok()
            .filter(|u| *u <= job.units)
            .ok_or_else(|| {
                let why = format!(
                    "the input uses {units} units, and {} are paid for",
                    job.units
                );
                bad(&why)
            })?;
        let opened = Opened {
            salt: input.salt,
            sealing_key: input.answer_sealing_key,
            mailbox: input.answer_mailbox_key,
        };
        Ok((opened, prepared.tensors, units))
    }

    /// Makes the answer, seals it to the payer's one-time key and brings it to disk.
    fn seal(
        &self,
        job: &Job,
        model: &Model,
        input: &Opened,
        outputs: &[(String, myai_model_kit::tensor::Tensor)],
        units: u32,
        max_length: usize,
    ) -> Result<(Answer, Vec<u8>), NoAnswer> {
        let manifest = &model.manifest;
        // Too long an answer is the version's doing, not its payer's.
        let plain = postprocess::answer(&manifest.output, &model.labels, outputs, max_length)
            .map_err(|e| refuse(DeclineReason::Other, e))?;
        let sealed = self
            .binding(job)
            .seal(Direction::Output, &input.sealing_key, &plain)
            .map_err(|e| refuse(DeclineReason::BadInput, e))?;
        self.journal.put_answer(job.id, &sealed)?;
        let answer = Answer {
            output_commitment: output_commitment(&input.salt, &plain),
            units,
            blob: blob_hash(&sealed),
            mailbox: input.mailbox,
        };
        Ok((answer, sealed))
    }

    fn binding(&self, job: &Job) -> JobBinding {
        JobBinding {
            genesis: self.backend.genesis(),
            payer: *job.payer.as_ref(),
            input_commitment: job.input_commitment,
        }
    }
}

/// What of an input is needed after it became tensors.
struct Opened {
    salt: [u8; 32],
    sealing_key: [u8; 32],
    mailbox: [u8; 32],
}

/// Off the async threads, and how long it took there.
async fn timed<T: Send + 'static, E: Send + 'static>(
    work: impl FnOnce() -> Result<T, E> + Send + 'static,
) -> Result<(T, Duration), E> {
    blocking(move || {
        let begun = Instant::now();
        Ok((work()?, begun.elapsed()))
    })
    .await
}

/// Off the async threads. A panic there goes on here.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut() {
        let NoAnswer::Refuse(_, why) = refuse(DeclineReason::Other, "é".repeat(10_000)) else {
            panic!("not a refusal");
        };
        assert!(why.len() <= MAX_WHY + '…'.len_utf8());
        assert!(why.starts_with("éé") && why.ends_with('…'));
    }
}
