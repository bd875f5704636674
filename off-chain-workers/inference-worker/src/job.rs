//! One job, from the moment it was taken to its end. Every promise is in the journal before it is
//! acted on, so that a job can be picked up at whatever step its entry shows.

use crate::{
    config::Limits,
    crash,
    engine::{EngineError, Until},
    in_full,
    journal::{Answer, Entry, Journal, JournalError, State},
    keyring::Keyring,
    metrics::Metrics,
    models::{Files, Model, Models},
    network::{Network, NetworkError},
    pace::Pace,
    postprocess::{self, AnswerError},
    preprocess,
};
use codec::DecodeAll;
use myai_chain_client::{
    hop::{blob_hash, MAX_BLOB},
    sealing::{JobBinding, SEALED_EXTRA},
    AccountId,
};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    DeclineReason, JobId, JobView,
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
const PAUSE_FIRST: Duration = Duration::from_millis(250);
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// How often a job is begun at most. One that was begun so often without coming to an end is given
/// back, so that a model or an input that ends the program costs two restarts and not all of them
/// until its deadline.
pub const MAX_BEGUN: u32 = 2;
/// How long a job waits in its turn for its model to be loaded.
const MAX_LOAD: Duration = Duration::from_secs(120);
/// How long a question to the chain or the pool may take, however little time is left.
const ASK_LEAST: Duration = Duration::from_secs(5);
/// Longest reason that is logged, in bytes.
const MAX_WHY: usize = 300;

/// What every job needs.
pub struct Context<N> {
    pub network: N,
    pub journal: Journal,
    pub keyring: Keyring,
    pub models: Models,
    pub metrics: Arc<Metrics>,
    pub limits: Limits,
    pub pace: Pace,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Settled,
    Declined(DeclineReason),
    /// In no block that is known: by an earlier call of ours, by its deadline, or because its block
    /// vanished, perhaps only for a while.
    Gone,
    /// The chain no longer takes what this key signs for the worker: the job stays as it is.
    NotItsSigner,
}

/// Why something is not done about a job.
enum Stop {
    Ended,
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

impl<N: Network> Context<N> {
    /// Brings the job from where its entry is to its end; `ahead` becomes false when there is no
    /// more model to run for it. Fails only when the journal does.
    pub async fn work(
        self: Arc<Self>,
        mut entry: Entry,
        job: JobView<AccountId>,
        ahead: Arc<AtomicBool>,
    ) -> Result<End, JournalError> {
        // The sealed answer, when it was made just now and need not be read.
        let mut made = None;
        loop {
            let next = match entry.state.clone() {
                State::Taken if entry.begun >= MAX_BEGUN => {
                    let begun = entry.begun;
                    tracing::error!(job = %job.id, begun, "it was begun so often without coming to an \
                        end; the job is given back");
                    Ok(State::Declined {
                        reason: DeclineReason::Other,
                    })
                }
                State::Taken => match self.clone().answer(&mut entry, &job).await {
                    Ok((answer, sealed)) => {
                        made = Some(sealed);
                        Ok(State::Answered(answer))
                    }
                    Err(NoAnswer::Refuse(reason, why)) => {
                        tracing::warn!(job = %job.id, ?reason, why, "the job is given back");
                        Ok(State::Declined { reason })
                    }
                    Err(NoAnswer::Gone) => Err(Stop::Ended),
                    Err(NoAnswer::Journal(error)) => return Err(error),
                },
                State::Answered(answer) => match self.sealed(&job, &answer, made.take()).await? {
                    Some(sealed) => self
                        .upload(&job, &answer, &sealed)
                        .await
                        .map(|()| State::Submitted(answer)),
                    // Another answer must not be made, and this one cannot be handed over.
                    None => {
                        tracing::error!(job = %job.id, "its sealed answer is not there any more; \
                            the job is given back");
                        Ok(State::Declined {
                            reason: DeclineReason::Other,
                        })
                    }
                },
                State::Submitted(answer) => {
                    crash::point("before-attest");
                    let attested = self
                        .persist(&job, "attest", || {
                            let Answer {
                                output_commitment,
                                units,
                                blob,
                                ..
                            } = answer;
                            self.network.attest(job.id, output_commitment, units, blob)
                        })
                        .await;
                    if attested.is_ok() {
                        crash::point("after-attest");
                    }
                    let answer = Some(answer);
                    attested.map(|block| State::Ended {
                        block,
                        answer,
                        reason: None,
                    })
                }
                State::Declined { reason } => self
                    .persist(&job, "decline", || self.network.decline(job.id, reason))
                    .await
                    .map(|block| State::Ended {
                        block,
                        answer: None,
                        reason: Some(reason),
                    }),
                State::Ended { answer, reason, .. } => return Ok(self.ended(answer, reason)),
            };
            // Not ahead of others any more, whatever comes now.
            ahead.store(false, Ordering::Relaxed);
            entry.state = match next {
                Ok(state) => state,
                Err(Stop::NotItsSigner) => return Ok(End::NotItsSigner),
                Err(Stop::Ended) => return self.gone(entry, &job).await,
            };
            // An upload is not worth waiting for the disk: after a crash it is done again, and the
            // pool takes the same blob twice.
            if !matches!(entry.state, State::Submitted(_)) {
                self.clone().put(entry.clone()).await?;
            }
            if matches!(entry.state, State::Ended { .. }) {
                // The pool forgets it by itself later; this only spares it the room.
                if let Err(error) = self.network.forget(&job.blob).await {
                    tracing::debug!(job = %job.id, %error, "the input stays in the pool");
                }
            }
        }
    }

    fn ended(&self, answer: Option<Answer>, reason: Option<DeclineReason>) -> End {
        if answer.is_some() {
            self.metrics.settled.inc();
            return End::Settled;
        }
        let reason = reason.unwrap_or(DeclineReason::Other);
        self.metrics.declined(reason);
        End::Declined(reason)
    }

    /// The job is not open, and no block is known in which it ended. What was promised stays in
    /// the journal, should the job come back; the dispatcher looks soon whether it does, and
    /// forgets it when the end is final.
    async fn gone(
        self: Arc<Self>,
        entry: Entry,
        job: &JobView<AccountId>,
    ) -> Result<End, JournalError> {
        let in_time = self.pace.served() <= job.deadline;
        match entry.state.clone() {
            // Before its deadline nobody but its worker ends a job: an earlier call of ours, if
            // the block that opened it is still there.
            State::Answered(answer) | State::Submitted(answer) if in_time => {
                self.ended(Some(answer), None);
            }
            State::Declined { reason } if in_time => {
                self.ended(None, Some(reason));
            }
            state => {
                if matches!(state, State::Taken) {
                    self.clone().remove(entry).await?;
                }
                self.metrics.lost.inc();
            }
        }
        Ok(End::Gone)
    }

    /// Reads the job's entry, off the async threads.
    pub async fn entry(self: Arc<Self>, job: JobId) -> Result<Option<Entry>, JournalError> {
        blocking(move || self.journal.entry(job)).await
    }

    /// Writes the entry, off the async threads.
    pub async fn put(self: Arc<Self>, entry: Entry) -> Result<(), JournalError> {
        blocking(move || self.journal.put(&entry)).await
    }

    /// Removes the entry, off the async threads.
    pub async fn remove(self: Arc<Self>, entry: Entry) -> Result<(), JournalError> {
        blocking(move || self.journal.remove(entry.job)).await
    }

    /// Whether the chain still has this very job open, and it is not too late.
    async fn is_open(&self, job: &JobView<AccountId>) -> Result<bool, NetworkError> {
        if self.pace.served() > job.deadline {
            return Ok(false);
        }
        let entry = Entry::taken(job);
        Ok(self
            .network
            .job(job.id)
            .await?
            .is_some_and(|now| entry.is_of(&now)))
    }

    /// Does it again and again, until it is done or nothing more can be. The chain is asked first
    /// each time: another attempt may have succeeded without our knowing.
    async fn persist<T, F>(
        &self,
        job: &JobView<AccountId>,
        what: &str,
        attempt: impl Fn() -> F,
    ) -> Result<T, Stop>
    where
        F: Future<Output = Result<T, NetworkError>>,
    {
        let mut pause = PAUSE_FIRST;
        loop {
            let error = match self.is_open(job).await {
                Ok(false) => return Err(Stop::Ended),
                Ok(true) => match attempt().await {
                    Ok(done) => return Ok(done),
                    Err(NetworkError::Ended) => return Err(Stop::Ended),
                    Err(NetworkError::NotItsSigner) => return Err(Stop::NotItsSigner),
                    Err(error) => error,
                },
                Err(error) => error,
            };
            self.metrics.retries.inc();
            tracing::warn!(job = %job.id, %error, "failed to {what}; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// The sealed answer, read from the journal where it was not made just now; `None` where it is
    /// not there any more, or is another one.
    async fn sealed(
        self: &Arc<Self>,
        job: &JobView<AccountId>,
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

    /// Puts the sealed answer into the pool.
    async fn upload(
        &self,
        job: &JobView<AccountId>,
        answer: &Answer,
        sealed: &[u8],
    ) -> Result<(), Stop> {
        self.persist(job, "upload the answer", || {
            self.network.submit(sealed, &answer.mailbox)
        })
        .await
        .map(drop)
    }

    /// When the job must be done.
    fn end(&self, job: &JobView<AccountId>) -> Instant {
        Instant::now() + self.pace.left(job.deadline, self.limits.margin_ticks)
    }

    fn estimate(&self, job: &JobView<AccountId>) -> Duration {
        self.pace.estimate(job.version, self.limits.first_run())
    }

    /// When the job must be begun.
    fn latest(&self, job: &JobView<AccountId>) -> Instant {
        let end = self.end(job);
        end.checked_sub(self.estimate(job)).unwrap_or(end)
    }

    /// Asks for as long as there is time: a question may hang far longer.
    async fn ask<T>(
        &self,
        job: &JobView<AccountId>,
        question: impl Future<Output = Result<T, NetworkError>>,
    ) -> Result<T, NetworkError> {
        let until = self.latest(job).max(Instant::now() + ASK_LEAST);
        let answered = tokio::time::timeout_at(until.into(), question).await;
        answered.unwrap_or_else(|_| Err(NetworkError::Passing("no answer in time".into())))
    }

    /// Fetches the input, runs the model, seals the answer and stores it. Gives the sealed bytes
    /// too.
    async fn answer(
        self: Arc<Self>,
        entry: &mut Entry,
        job: &JobView<AccountId>,
    ) -> Result<(Answer, Vec<u8>), NoAnswer> {
        // First: for a job without an input nothing is fetched or loaded, and no turn is taken.
        let sealed = self.input(job).await?;
        let version = loop {
            match self.ask(job, self.network.version(job.version)).await {
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
        // Before its turn: a load that others began holds no other turn than theirs.
        let to_load = self.models.to_load(job.version);
        let to_load = tokio::time::timeout_at(self.latest(job).into(), to_load)
            .await
            .map_err(|_| {
                let why = "others were having the model loaded all the time";
                refuse(DeclineReason::Overloaded, why)
            })?;
        if to_load.is_some() {
            let fetched = self.models.fetch_until(&files, self.latest(job)).await;
            fetched.map_err(|e| refuse(DeclineReason::ModelUnavailable, in_full(&e)))?;
        }

        let engine = self.models.engine();
        // A job that broke off before takes none with it when it does so again.
        let alone = entry.begun > 0;
        let _turn = engine
            .turn(alone, self.end(job))
            .await
            .map_err(|e| refuse(DeclineReason::Overloaded, in_full(&e)))?;
        entry.begun += 1;
        self.clone().put(entry.clone()).await?;

        let model = self.model(job, &files).await?;
        drop(to_load);
        let (this, of_job, of_model) = (self.clone(), job.clone(), model.clone());
        let most = spec.max_input as usize;
        let opening = timed(move || this.open(&of_job, &of_model, &sealed, most)).await;
        let ((input, prepared, units), opened_in) = opening?;

        crash::point("before-inference");
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
                refuse(reason, in_full(&e))
            })?;
        self.metrics.run.observe(ran.took.as_secs_f64());

        let (this, of_job) = (self.clone(), job.clone());
        let most = (spec.max_output as usize).min(MAX_BLOB - SEALED_EXTRA);
        let sealing =
            timed(move || this.seal(&of_job, &model, &input, &ran.outputs, units, most)).await;
        let (answer, sealed_in) = sealing?;
        // Neither waiting nor loading, which the next job need not do.
        self.pace
            .took(job.version, opened_in + ran.took + sealed_in);
        Ok(answer)
    }

    /// The job's model, loaded where it is not.
    async fn model(&self, job: &JobView<AccountId>, files: &Files) -> Result<Arc<Model>, NoAnswer> {
        let unavailable = |why: String| refuse(DeclineReason::ModelUnavailable, why);
        let end = self.end(job).min(Instant::now() + MAX_LOAD);
        let model = tokio::time::timeout_at(end.into(), self.models.get(job.version, files))
            .await
            .map_err(|_| unavailable("the model was not loaded in time".into()))?
            .map_err(|e| unavailable(in_full(&*e)))?;
        let (count, bytes) = self.models.loaded();
        self.metrics.models.set(count as i64);
        self.metrics.model_bytes.set(bytes as i64);
        Ok(model)
    }

    /// The sealed input out of the pool. Waits for it for a while, counted from when the pool
    /// first said that it has it not, or not now. A lost connection says nothing about the pool.
    async fn input(&self, job: &JobView<AccountId>) -> Result<Vec<u8>, NoAnswer> {
        let mut missing_since = None;
        let mut pause = PAUSE_FIRST;
        let missing = |why: &str| Err(refuse(DeclineReason::BlobMissing, why));
        loop {
            let why = match self.ask(job, self.network.claim(&job.blob)).await {
                Ok(Some(blob)) if blob_hash(&blob) == job.blob => return Ok(blob),
                Ok(Some(_)) => return missing("the pool gave another blob"),
                Ok(None) => "the input is not in the pool".into(),
                Err(NetworkError::Busy(why)) => {
                    self.metrics.retries.inc();
                    why
                }
                Err(NetworkError::Failed(why)) => return missing(&why),
                Err(error) => {
                    let late = DeclineReason::BlobMissing;
                    self.wait_out(job, error, late).await?;
                    continue;
                }
            };
            let since: Instant = *missing_since.get_or_insert_with(Instant::now);
            if since.elapsed() >= self.limits.input() || self.is_late(job) {
                return missing(&why);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }

    /// Whether there is not enough time left to begin the job.
    fn is_late(&self, job: &JobView<AccountId>) -> bool {
        self.pace.left(job.deadline, self.limits.margin_ticks) <= self.estimate(job)
    }

    /// Waits a moment, unless the job has ended meanwhile, or is given back for this reason
    /// because there is no time for it any more.
    async fn wait_out(
        &self,
        job: &JobView<AccountId>,
        error: NetworkError,
        late: DeclineReason,
    ) -> Result<(), NoAnswer> {
        self.metrics.retries.inc();
        if self.is_late(job) {
            return Err(refuse(late, error));
        }
        tracing::warn!(job = %job.id, %error, "failed to ask for what a job needs; trying again");
        tokio::time::sleep(PAUSE_FIRST * 4).await;
        match self.is_open(job).await {
            Ok(false) => Err(NoAnswer::Gone),
            _ => Ok(()),
        }
    }

    /// Opens the input, checks that it is what was committed to, and makes tensors of it.
    fn open(
        &self,
        job: &JobView<AccountId>,
        model: &Model,
        sealed: &[u8],
        most: usize,
    ) -> Result<(Opened, Vec<(String, crate::tensor::Tensor)>, u32), NoAnswer> {
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
        if input.bytes.len() > most {
            let why = format!(
                "the input has {} bytes, more than {most}",
                input.bytes.len()
            );
            return Err(refuse(DeclineReason::TooLarge, why));
        }
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
                refuse(DeclineReason::TooLarge, why)
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
        job: &JobView<AccountId>,
        model: &Model,
        input: &Opened,
        outputs: &[(String, crate::tensor::Tensor)],
        units: u32,
        most: usize,
    ) -> Result<(Answer, Vec<u8>), NoAnswer> {
        let manifest = &model.manifest;
        let plain = postprocess::answer(&manifest.output, &model.labels, outputs, most).map_err(
            |e| match e {
                AnswerError::TooLarge { .. } => refuse(DeclineReason::TooLarge, e),
                e => refuse(DeclineReason::Other, e),
            },
        )?;
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

    fn binding(&self, job: &JobView<AccountId>) -> JobBinding {
        JobBinding {
            genesis: self.network.genesis(),
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
