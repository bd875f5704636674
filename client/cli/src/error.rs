//! What can go wrong, and the exit code of each.

use crate::{amount::AmountError, sentences};
use myai_chain_client::{ChainError, HopError, KeyError};
use std::{io, path::PathBuf};

/// The program's exit codes, as `myai --help` documents them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// The chain or the worker refused, or has no such thing.
    Refused = 1,
    /// The command, a file given to it or an amount is wrong; nothing was sent.
    Usage = 2,
    /// No node that this release understands answers at the address.
    Unreachable = 3,
    /// It took too long; what was opened goes on.
    TimedOut = 4,
    /// An answer did not pass a check.
    Unsound = 5,
    /// A file of this machine could not be read or written.
    Local = 6,
    /// The answer is no text and is not shown on a terminal; it is kept.
    Unshown = 7,
}

/// The table of exit codes, for `--help`.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done
  1  the chain or the worker refused, or there is no such thing
  2  the command, a file given to it or an amount is wrong; nothing was sent
  3  no node that this release understands answers at the address
  4  it took too long; an open job goes on, `myai job fetch` reads its answer
  5  an answer did not pass a check
  6  a file of this machine could not be read or written
  7  the answer is no text and is not shown on a terminal; it is paid and kept";

pub type Result<T> = std::result::Result<T, Error>;

/// Messages are fragments that fit after "error: ".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chain's client failed; told apart by its variant in [`sentences`].
    #[error("{}", sentences::chain(.0))]
    Chain(#[source] Box<ChainError>),
    /// The pool of sealed blobs.
    #[error("{}", sentences::hop(.0))]
    Hop(#[source] Box<HopError>),
    /// The chain said no to something asked before it was sent.
    #[error("{0}")]
    Refused(String),
    #[error("there is no {0}")]
    Missing(String),
    /// The worker gave the job back.
    #[error("the worker declined {job}: {reason}; {refund}")]
    Declined {
        job: String,
        reason: String,
        refund: String,
    },
    /// The deadline passed without an answer.
    #[error("{job} passed its deadline without an answer; {refund} is free again")]
    Expired { job: String, refund: String },
    /// The chain does not say any more how a job ended.
    #[error("{0}")]
    Forgotten(String),
    /// Something went wrong once money may have been held for a job: `what` says what to do.
    #[error("{error}; {what}")]
    Held { error: Box<Error>, what: String },
    /// An answer that a terminal cannot show.
    #[error(
        "the answer is {bytes} bytes that are no text: save it with \
         `myai job fetch {label} --out FILE`, or send stdout elsewhere"
    )]
    NotText { label: String, bytes: usize },
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Amount(#[from] AmountError),
    #[error("{what} after {seconds} s{hint}")]
    TimedOut {
        what: String,
        seconds: u64,
        hint: String,
    },
    /// Checked and found wrong: the reader must not trust it.
    #[error("{0}")]
    Unsound(String),
    #[error("{}", key_text(.0))]
    Key(#[from] KeyError),
    #[error("{what} {}: {source}", path.display())]
    File {
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

    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub fn missing(what: impl Into<String>) -> Self {
        Self::Missing(what.into())
    }

    /// The code that the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Chain(e) => sentences::exit(e),
            Self::Hop(e) => sentences::hop_exit(e),
            Self::Refused(_)
            | Self::Missing(_)
            | Self::Declined { .. }
            | Self::Expired { .. }
            | Self::Forgotten(_) => Exit::Refused,
            Self::Usage(_) | Self::Amount(_) => Exit::Usage,
            // That code says that nothing was sent.
            Self::Held { error, .. } if error.exit() == Exit::Usage => Exit::Refused,
            Self::Held { error, .. } => error.exit(),
            Self::NotText { .. } => Exit::Unshown,
            Self::TimedOut { .. } => Exit::TimedOut,
            Self::Unsound(_) => Exit::Unsound,
            Self::Key(_) | Self::File { .. } | Self::BadFile { .. } => Exit::Local,
        }
    }
}

fn key_text(e: &KeyError) -> String {
    match std::error::Error::source(e) {
        Some(source) => format!("cannot {e}: {source}"),
        None => e.to_string(),
    }
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
