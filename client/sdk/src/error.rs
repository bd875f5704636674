//! What can go wrong, told apart by variant.

use crate::{amount::AmountError, job_store::short, words, AccountId};
use myai_chain_client::{messages, ChainError, HopError, KeyError, SealingError};
use myai_primitives::{Amount, DeclineReason, JobId, ModelId, Tick, VersionId};
use std::{io, path::PathBuf, time::Duration};

/// What this crate returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Messages are fragments that fit after "error: ". They may contain text that others wrote: see
/// [`plain`](crate::words::plain) before a terminal shows one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chain refused, or the node did not answer.
    #[error("{}", messages::chain(.0))]
    Chain(#[source] Box<ChainError>),
    /// The HOP pool refused, or did not answer.
    #[error("{}", messages::hop(.0))]
    Hop(#[source] Box<HopError>),
    /// A key file cannot be read, or holds no key.
    #[error("{}", messages::key(.0))]
    Key(#[from] KeyError),
    /// A text is not an amount.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The chain, or this machine, has no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    /// Several models have that name.
    #[error(
        "the models {} are all called `{name}`: give the number",
        numbers(models)
    )]
    AmbiguousModel {
        /// As it was asked for.
        name: String,
        /// Those that have it, oldest first.
        models: Vec<ModelId>,
    },
    /// Several saved jobs have an id that begins so.
    #[error("several jobs of this machine begin with `{0}`: write more of the id")]
    AmbiguousJob(String),

    /// The question has no input.
    #[error("the input is empty")]
    InputEmpty,
    /// The version does not take so long an input.
    #[error("the input has {length} bytes, and v{version} takes at most {max}")]
    InputTooLong {
        /// That was asked.
        version: VersionId,
        /// Bytes of the input.
        length: usize,
        /// Most bytes that the version takes.
        max: u32,
    },
    /// The version is retired.
    #[error("v{0} is retired: it takes no new work")]
    Retired(VersionId),
    /// No worker that takes work serves the version.
    #[error("nobody serves v{0} now")]
    NotServed(VersionId),
    /// The worker that was named does not serve the version.
    #[error("{worker} does not serve v{version}")]
    NotServedBy {
        /// That was asked.
        version: VersionId,
        /// Who was named.
        worker: AccountId,
    },
    /// Every account that offered the version has stopped being a worker.
    #[error("no worker of v{0} can be reached")]
    WorkersGone(VersionId),
    /// The worker takes jobs over its endpoint alone.
    #[error("worker {0} has no mailbox to upload to")]
    NoMailbox(AccountId),
    /// The sealed input cannot be handed to the worker.
    #[error("the mailbox of worker {worker}, {mailbox}, cannot be used: {source}")]
    Mailbox {
        /// Whose mailbox it is.
        worker: AccountId,
        /// RPC address of the node whose pool the worker reads.
        mailbox: String,
        /// Why not.
        source: Box<Error>,
    },
    /// The mailbox did not answer within that time.
    #[error("it says nothing for {} s", .0.as_secs())]
    MailboxSilent(Duration),
    /// The worker's sealing key is not a public key.
    #[error("worker {worker}: {source}")]
    Sealing {
        /// Whose key it is.
        worker: AccountId,
        /// What is wrong with it.
        source: SealingError,
    },
    /// The node's quote binds to other policies than those that it shows.
    #[error("the node asks to accept other policies than those that it shows: nothing is signed")]
    PoliciesDiffer,

    /// A saved job cannot be followed through a node of another chain.
    #[error("job {} was opened on another chain than that of {node}", short(*job))]
    OtherChain {
        /// The saved job.
        job: JobId,
        /// RPC address of the node.
        node: String,
    },
    /// The sealed input is still to be uploaded, for which the payer's key is needed.
    #[error("the sealed input is not uploaded yet, and only the key of {payer} may")]
    NotPayer {
        /// The account that opened the job.
        payer: AccountId,
    },
    /// The worker gave the job back.
    #[error("the worker declined job {}: {}", short(*job), words::decline_reason(*reason))]
    Declined {
        /// The job.
        job: JobId,
        /// The worker's reason.
        reason: DeclineReason,
        /// Price and fee, which are free again.
        refund: Amount,
        /// What of the deposit is not, above 0 if the payer spoilt the job.
        lost: Amount,
    },
    /// The deadline passed without an answer.
    #[error("job {} passed its deadline without an answer", short(*job))]
    Expired {
        /// The job.
        job: JobId,
        /// Price and fee, which are free again.
        refund: Amount,
    },
    /// The job did not open; nothing was held.
    #[error("job {} never opened: {why}", short(*job))]
    NotOpened {
        /// The job.
        job: JobId,
        /// The chain's reason, or that no block took the order in time.
        why: String,
    },
    /// The chain has forgotten how the job ended, or whether it opened.
    #[error(
        "the chain no longer says how job {} ended, or whether it opened: it keeps that for {} after \
         the deadline; nothing is held for it",
        short(*job), words::about(*kept)
    )]
    Forgotten {
        /// The job.
        job: JobId,
        /// How long after its deadline a job is remembered, in ticks of service.
        kept: Tick,
    },
    /// The caller's patience is over.
    #[error("job {} has no answer after {} s", short(*job), after.as_secs())]
    TimedOut {
        /// The job, which continues.
        job: JobId,
        /// The patience.
        after: Duration,
        /// The deadline has passed: anybody may have the job expire, which gives the money back.
        overdue: bool,
    },
    /// The job is settled, and its answer may still come into the pool.
    #[error(
        "job {} was settled, but the pool at {mailbox} has not got its answer after {} s",
        short(*job), after.as_secs()
    )]
    AnswerMissing {
        /// The job.
        job: JobId,
        /// RPC address of the node whose pool was asked.
        mailbox: String,
        /// How long.
        after: Duration,
    },
    /// The answer did not pass a check.
    #[error("the answer of job {} is not to be trusted: {why}", short(*job))]
    Untrusted {
        /// The job.
        job: JobId,
        /// What failed.
        why: &'static str,
    },

    /// A file of this machine could not be read or written.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// `cannot read`, `cannot write`, …
        what: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A file of this machine does not hold what this crate wrote.
    #[error("the file {} is not what it should be: {why}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

impl Error {
    /// A failed read or write of `path`.
    pub fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { what, path, source }
    }
}

fn numbers(models: &[ModelId]) -> String {
    let numbers: Vec<String> = models.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

impl From<HopError> for Error {
    fn from(e: HopError) -> Self {
        Self::Hop(Box::new(e))
    }
}

impl From<ChainError> for Error {
    fn from(e: ChainError) -> Self {
        Self::Chain(Box::new(e))
    }
}
