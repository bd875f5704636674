//! What can go wrong, and the exit code of each.

use myai_chain_client::{exit::Exit, ChainError, KeyError};
use myai_sdk::{
    amount::{AmountError, AssetNames},
    SavedJob,
};
use std::{io, path::PathBuf};

pub type Result<T> = std::result::Result<T, Error>;

/// Messages are fragments that fit after "error: ".
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Sdk(#[from] myai_sdk::Error),
    /// The chain said no to something asked before it was sent.
    #[error("{0}")]
    Refused(String),
    /// Something went wrong once money may have been held for a job, or a job ended without an
    /// answer: `what` says what to do, or where the money is.
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
}

impl Error {
    /// A failed read or write of `path`.
    pub fn file(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let error = myai_sdk::Error::file(what, path);
        move |source| Self::Sdk(error(source))
    }

    pub fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub fn missing(what: impl Into<String>) -> Self {
        Self::Sdk(myai_sdk::Error::NotFound(what.into()))
    }

    /// Adds what the user can do about the error, or where the job's money is.
    pub fn explained(self, job: &SavedJob, names: &AssetNames) -> Self {
        match advice(&self, job, names) {
            Some(what) => Self::Held {
                error: Box::new(self),
                what,
            },
            None => self,
        }
    }

    /// The code that the program ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Sdk(e) => sdk_exit(e),
            Self::Refused(_) => Exit::Refused,
            Self::Usage(_) => Exit::Usage,
            // The code of wrong usage promises that nothing was sent.
            Self::Held { error, .. } if error.exit() == Exit::Usage => Exit::Refused,
            Self::Held { error, .. } => error.exit(),
            Self::NotText { .. } => Exit::Unshown,
        }
    }
}

/// What the user can do about an error of a job for which money may be held; `None` if the error
/// says it already.
fn advice(error: &Error, job: &SavedJob, names: &AssetNames) -> Option<String> {
    use myai_sdk::{End, Error as Sdk};
    let fetch = format!("`myai job fetch {}`", job.reference());
    let label = format!("job {}", job.reference());
    Some(match (error, &job.end) {
        (Error::Sdk(Sdk::Declined { refund, lost, .. }), _) => {
            let refund = format!("{} is free again", names.amount(refund));
            match lost.value {
                0 => refund,
                _ => format!(
                    "{refund}, and of the deposit {} is lost, as for every job that its payer spoilt",
                    names.amount(lost)
                ),
            }
        }
        (Error::Sdk(Sdk::Expired { refund, .. }), _) => {
            format!("{} is free again", names.amount(refund))
        }
        (Error::Sdk(Sdk::TimedOut { overdue: true, .. }), _) => format!(
            "its deadline has passed, `myai job expire {}` gives the money back",
            job.reference()
        ),
        (Error::Sdk(Sdk::TimedOut { .. }), _) => {
            format!("the job continues, {fetch} reads its answer")
        }
        (Error::Sdk(Sdk::AnswerMissing { .. }), _) => format!("{fetch} tries again"),
        (Error::Sdk(Sdk::Untrusted { .. } | Sdk::Forgotten { .. }) | Error::NotText { .. }, _) => {
            return None
        }
        (_, None) if job.opened => format!("{label} was opened, and {fetch} reads its answer"),
        (_, None) => format!("whether {label} opened is not known yet, and {fetch} finds out"),
        (_, Some(End::Settled { .. })) => format!("{label} is paid, and {fetch} reads its answer"),
        (_, Some(_)) => return None,
    })
}

fn sdk_exit(error: &myai_sdk::Error) -> Exit {
    use myai_sdk::Error as Sdk;
    match error {
        Sdk::Chain(e) => (&**e).into(),
        Sdk::Hop(e) => (&**e).into(),
        Sdk::NotFound(_)
        | Sdk::Retired(_)
        | Sdk::NotServed(_)
        | Sdk::NotServedBy { .. }
        | Sdk::WorkersGone(_)
        | Sdk::NoMailbox(_)
        | Sdk::Mailbox { .. }
        | Sdk::MailboxSilent(_)
        | Sdk::Sealing { .. }
        | Sdk::Declined { .. }
        | Sdk::Expired { .. }
        | Sdk::NotOpened { .. }
        | Sdk::Forgotten { .. } => Exit::Refused,
        Sdk::Amount(_)
        | Sdk::AmbiguousModel { .. }
        | Sdk::AmbiguousJob(_)
        | Sdk::InputEmpty
        | Sdk::InputTooLong { .. }
        | Sdk::OtherChain { .. }
        | Sdk::NotPayer { .. } => Exit::Usage,
        Sdk::TimedOut { .. } | Sdk::AnswerMissing { .. } => Exit::TimedOut,
        Sdk::PoliciesDiffer | Sdk::Untrusted { .. } => Exit::Unsound,
        Sdk::Key(_) | Sdk::File { .. } | Sdk::BadFile { .. } => Exit::Local,
    }
}

/// Errors of the crates under the SDK are wrapped as the SDK does it.
macro_rules! through_sdk {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(e: $error) -> Self {
                Self::Sdk(e.into())
            }
        }
    )*};
}

through_sdk!(ChainError, KeyError, AmountError);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::saved_job;
    use myai_primitives::{Amount, Asset, DeclineReason, JobId};
    use myai_sdk::Error as Sdk;
    use std::time::Duration;

    #[test]
    fn who_waits_too_long_is_told_what_to_do() {
        let text = |overdue| {
            let error = Sdk::TimedOut {
                job: JobId([1; 32]),
                after: Duration::from_secs(5),
                overdue,
            };
            let explained = Error::Sdk(error).explained(&saved_job(None), &AssetNames::default());
            assert_eq!(explained.exit(), Exit::TimedOut);
            explained.to_string()
        };
        assert_eq!(
            text(false),
            "job 010101010101 has no answer after 5 s; the job continues, \
             `myai job fetch 010101010101` reads its answer"
        );
        assert_eq!(
            text(true),
            "job 010101010101 has no answer after 5 s; its deadline has passed, \
             `myai job expire 010101010101` gives the money back"
        );
    }

    #[test]
    fn a_spoilt_job_says_what_it_cost() {
        let amount = |value| Amount {
            asset: Asset::Native,
            value,
        };
        let text = |reason, lost| {
            let error = Sdk::Declined {
                job: JobId([1; 32]),
                reason,
                refund: amount(1_500_000_000_000),
                lost: amount(lost),
            };
            let explained = Error::Sdk(error).explained(&saved_job(None), &AssetNames::default());
            assert_eq!(explained.exit(), Exit::Refused);
            explained.to_string()
        };
        assert_eq!(
            text(DeclineReason::BlobMissing, 3),
            "the worker declined job 010101010101: the sealed input did not reach it; 1.5 MAI is \
             free again, and of the deposit 0.000000000003 MAI is lost, as for every job that its \
             payer spoilt"
        );
        let other = text(DeclineReason::Overloaded, 0);
        assert!(other.ends_with("; 1.5 MAI is free again"), "{other}");
    }

    #[test]
    fn an_error_of_a_job_that_may_be_paid_says_so() {
        let error = || Error::from(ChainError::Incompatible { what: "x".into() });
        let explained = error().explained(&saved_job(None), &AssetNames::default());
        assert!(
            explained
                .to_string()
                .contains("whether job 010101010101 opened is not known yet"),
            "{explained}"
        );
        // The code of wrong usage promises that nothing was sent.
        let usage = Error::usage("x").explained(&saved_job(None), &AssetNames::default());
        assert_eq!(usage.exit(), Exit::Refused);
    }
}
