//! What can go wrong, and the exit code of each.

use crate::{amount::AmountError, exit::Exit, messages};
use myai_chain_client::{ChainError, HopError, KeyError};
use std::{io, path::PathBuf};

pub type Result<T> = std::result::Result<T, Error>;

/// Messages are fragments that fit after "error: ".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The chain's client failed; told apart by its variant in [`messages`].
    #[error("{}", messages::chain(.0))]
    Chain(#[source] Box<ChainError>),
    /// The pool of sealed blobs.
    #[error("{}", messages::hop(.0))]
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
            Self::Chain(e) => messages::exit(e),
            Self::Hop(e) => messages::hop_exit(e),
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
