//! Why the chain was not read, or a call is in no block.

use crate::{connection::RpcError, Hash32};
use myai_primitives::JobCallError;
use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    #[error("talk to the node")]
    Rpc(#[from] RpcError),

    /// This release was built for another version of transactions.
    #[error(
        "the chain's transactions are of version {theirs}, and this release writes version \
         {ours}: install the release that fits the chain"
    )]
    TransactionVersion { ours: u32, theirs: u32 },

    /// The node's runtime has no such pallet, call, argument or event, or gives it another type.
    #[error("the chain's runtime does not fit this release: {what}")]
    Incompatible { what: String },

    /// The node has no block of that hash.
    #[error("the node does not know block 0x{}", hex::encode(hash))]
    UnknownBlock { hash: Hash32 },

    /// The pool did not take the transaction, which is in no block and costs nothing.
    #[error("the node refused the transaction: {0}")]
    Refused(Refusal),

    /// The transaction is in a block and failed there; its fee was paid.
    #[error("{}", sentence(pallet, name, docs))]
    Dispatch {
        /// The pallet whose error it is, or the kind of error where it is of no pallet
        /// (`Token`, `Arithmetic`, `BadOrigin`, …).
        pallet: String,
        name: String,
        /// The documentation of the error in the chain's metadata; may be empty.
        docs: String,
    },

    /// The pool let go of a transaction before it came into a block.
    #[error("the transaction left the node's pool before it came into a block: {how}")]
    Dropped { how: &'static str },

    #[error("{what} took more than {} s", after.as_secs())]
    TimedOut { what: &'static str, after: Duration },

    /// The node's answer is not of the expected type.
    #[error("cannot read {what}")]
    Unreadable {
        what: &'static str,
        source: codec::Error,
    },

    #[error("{what}")]
    Client {
        what: &'static str,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The error and its sources in one line, outermost first; a source that says nothing new is left
/// out.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    text
}

fn sentence(pallet: &str, name: &str, docs: &str) -> String {
    if docs.is_empty() {
        format!("the chain refused: {pallet}.{name}")
    } else {
        format!("the chain refused: {docs} ({pallet}.{name})")
    }
}

impl ChainError {
    pub(crate) fn client(
        what: &'static str,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Client {
            what,
            source: Box::new(source),
        }
    }

    /// Whether the chain said `pallet`'s error `name`.
    pub fn is(&self, pallet: &str, name: &str) -> bool {
        matches!(self, Self::Dispatch { pallet: p, name: n, .. } if p == pallet && n == name)
    }

    /// Whether the same may succeed later without a change: the connection or the pool is at fault.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Rpc(e) => e.is_lost(),
            Self::TimedOut { .. } | Self::Dropped { .. } => true,
            Self::Refused(r) => matches!(
                r,
                Refusal::Stale | Refusal::Future | Refusal::PoolFull | Refusal::Expired
            ),
            _ => false,
        }
    }
}

/// Why the pool of transactions did not take one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A transaction extension of the runtime said this number; see [`Refusal::job_call`].
    #[error("{}", custom(*.0))]
    Custom(u8),
    #[error("the account cannot pay the fee")]
    CannotPay,
    #[error("its nonce was used before")]
    Stale,
    #[error("its nonce is too far ahead")]
    Future,
    #[error("its signature is bad")]
    BadSignature,
    #[error("it was signed too many blocks ago")]
    Expired,
    #[error("the chain does not allow this call")]
    NotAllowed,
    #[error("it would fill more than a block may hold")]
    ExhaustsResources,
    /// Banned on that node for a while, for it was refused before.
    #[error("the node refused the same transaction a short while ago")]
    Banned,
    #[error("it is in the node's pool already")]
    AlreadyImported,
    #[error("another transaction with the same nonce is in the pool")]
    LowPriority,
    #[error("the node's pool is full")]
    PoolFull,
    #[error("{message} ({code})")]
    Other { code: i32, message: String },
}

impl Refusal {
    /// Whether some call may have used the nonce after all. Then the node must be asked before another
    /// call gets it.
    pub(crate) fn doubts_nonce(&self) -> bool {
        matches!(
            self,
            Self::Stale
                | Self::Future
                | Self::LowPriority
                | Self::Banned
                | Self::AlreadyImported
                | Self::PoolFull
        )
    }

    /// Why the chain's state is against a call about a job, where the number says that.
    pub fn job_call(&self) -> Option<JobCallError> {
        match self {
            Self::Custom(code) => JobCallError::from_code(*code),
            _ => None,
        }
    }
}

fn custom(code: u8) -> String {
    match JobCallError::from_code(code) {
        Some(error) => error.to_string(),
        None => format!("a rule of the chain's pool is against it (reason {code})"),
    }
}
