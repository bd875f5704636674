//! Talks to the chain: the one place that names `subxt`.
//!
//! - [`Chain`]: a connection that comes back by itself; [`Chain::submit`] signs a [`Call`] with a
//!   local nonce and waits until it is in a best block.
//! - [`calls`]: builders of every call that the programs make.
//! - [`api`]: typed readers of `MyAiApi`, and balances; they are methods of [`Chain`].
//! - [`events`]: what blocks say happened; [`follow`]: best blocks in order, across lost
//!   connections and reorganisations.
//! - [`keys`], [`sealing`]: signing and sealing keys, and what is sealed.
//! - [`hop`]: the pool that carries sealed blobs.
//!
//! Nothing here is generated from one runtime's metadata. Calls and events are looked up by name
//! in the metadata of the node, their arguments are our own SCALE types from `myai_primitives`,
//! and a call whose bytes the node's metadata would read otherwise is never signed.

pub mod api;
pub mod call;
pub mod calls;
pub mod chain;
pub mod error;
pub mod events;
pub mod follow;
pub mod hop;
pub mod keys;
pub mod rpc;
mod runtime;
pub mod sealing;
mod signing;
mod submit;
#[cfg(test)]
mod testing;

pub use api::Holding;
pub use call::{Argument, Call};
pub use chain::{Block, Chain, InBlock, Limits};
pub use error::{ChainError, JobCallError, Refusal};
pub use events::{EscrowEvent, Event};
pub use follow::{Follow, Followed};
pub use hop::{Hop, HopError};
pub use keys::{Key, KeyError};
pub use rpc::{Link, RpcError};
pub use sealing::{SealingError, SealingKey};

/// Who owns, pays, signs and is paid.
pub type AccountId = sp_core::crypto::AccountId32;

/// How calls of the SDK's pallets name an account.
pub type Address = subxt::utils::MultiAddress<AccountId, ()>;

pub use myai_primitives::Hash32;

/// The `transaction_version` of the runtimes that this release can sign for.
pub const TRANSACTION_VERSION: u32 = 1;
