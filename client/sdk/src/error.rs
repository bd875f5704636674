//! What can go wrong, told apart by variant.

use crate::{amount::AmountError, job_store::short, messages, words, AccountId};
use myai_chain_client::{ChainError, HopError, KeyError, SealingError};
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
    #[error("{}", messages::key(.0))]
    Key(#[from] KeyError),
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The chain, or this machine, has no such thing.
    #[error("there is no {0}")]
    NotFound(String),
    #[error(
        "the models {} are all called `{name}`: give the number",
        numbers(models)
    )]
    AmbiguousModel { name: String, models: Vec<ModelId> },
    /// Several saved jobs have an id that begins so.
    #[error("several jobs of this machine begin with `{0}`: write more of the id")]
    AmbiguousJob(String),

    #[error("the input is empty")]
    InputEmpty,
    /// Bytes of the input, and the most that the version takes.
    #[error("the input has {length} bytes, and v{version} takes at most {max}")]
    InputTooLong {
        version: VersionId,
        length: usize,
        max: u32,
    },
    #[error("v{0} is retired: it takes no new work")]
    Retired(VersionId),
    /// No worker that takes work serves the version.
    #[error("nobody serves v{0} now")]
    NotServed(VersionId),
    /// The worker that was named does not serve the version.
    #[error("{worker} does not serve v{version}")]
    NotServedBy {
        version: VersionId,
        worker: AccountId,
    },
    /// Every account that offered the version has stopped being a worker.
    #[error("no worker of v{0} can be reached")]
    WorkersGone(VersionId),
    #[error("worker {0} has no mailbox to upload to")]
    NoMailbox(AccountId),
    #[error("the mailbox of worker {worker}, {mailbox}, cannot be used: {source}")]
    Mailbox {
        worker: AccountId,
        /// RPC address of the node whose pool the worker reads.
        mailbox: String,
        source: Box<Error>,
    },
    #[error("it says nothing for {} s", .0.as_secs())]
    MailboxSilent(Duration),
    /// The worker's sealing key is not a public key.
    #[error("worker {worker}: {source}")]
    Sealing {
        worker: AccountId,
        source: SealingError,
    },
    /// The node's quote binds to other policies than those that it shows.
    #[error("the node asks to accept other policies than those that it shows: nothing is signed")]
    PoliciesDiffer,

    /// A saved job cannot be followed through a node of another chain.
    #[error("job {} was opened on another chain than that of {node}", short(*job))]
    OtherChain { job: JobId, node: String },
    /// The sealed input is still to be uploaded, for which the payer's key is needed.
    #[error("the sealed input is not uploaded yet, and only the key of {payer} may")]
    NotPayer { payer: AccountId },
    /// The worker gave the job back. `refund` is free again; `lost` of the deposit is not, which is
    /// above 0 where the payer spoilt the job.
    #[error("the worker declined job {}: {}", short(*job), words::decline_reason(*reason))]
    Declined {
        job: JobId,
        reason: DeclineReason,
        refund: Amount,
        lost: Amount,
    },
    /// The deadline passed; `refund` is free again.
    #[error("job {} passed its deadline without an answer", short(*job))]
    Expired { job: JobId, refund: Amount },
    /// Nothing was held.
    #[error("job {} never opened: {why}", short(*job))]
    NotOpened { job: JobId, why: String },
    /// The chain has forgotten how the job ended; `kept` is how long after the deadline it remembers,
    /// in ticks of service.
    #[error(
        "the chain no longer says how job {} ended, or whether it opened: it keeps that for {} after \
         the deadline; nothing is held for it",
        short(*job), words::about(*kept)
    )]
    Forgotten { job: JobId, kept: Tick },
    /// The caller's patience is over. The job continues, unless it is `overdue`: past its deadline,
    /// so that anybody may have it expire, which gives the money back.
    #[error("job {} has no answer after {} s", short(*job), after.as_secs())]
    TimedOut {
        job: JobId,
        after: Duration,
        overdue: bool,
    },
    /// The job is settled, and its answer may still come into the pool.
    #[error(
        "job {} was settled, but the pool at {mailbox} has not got its answer after {} s",
        short(*job), after.as_secs()
    )]
    AnswerMissing {
        job: JobId,
        mailbox: String,
        after: Duration,
    },
    /// The answer did not pass a check.
    #[error("the answer of job {} is not to be trusted: {why}", short(*job))]
    Untrusted { job: JobId, why: &'static str },

    /// A file of this machine could not be read or written.
    #[error("{what} {}: {source}", path.display())]
    File {
        /// `cannot read`, `cannot write`, …
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },
    #[error("the file {} is not what it should be: {why}", path.display())]
    BadFile { path: PathBuf, why: String },
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
