//! Talks to the chain: the one place that names `subxt`.
//!
//! - [`Chain`]: a connection that comes back by itself; [`Chain::submit`] signs a [`Call`] with a
//!   local nonce and waits until it is in a best block.
//! - [`calls`]: builders of every call that the programs make.
//! - [`api`]: typed readers of `MyAiApi`, and balances; they are methods of [`Chain`].
//! - [`heads`]: best blocks, at each of which a program compares the chain's state with what it
//!   has to do. The state says how a job ended: no event and no older block is asked for.
//! - [`keys`], [`sealing`]: signing and sealing keys, and what is sealed.
//! - [`hop`]: the HOP pool, Polkadot's hand-off pool, which carries sealed blobs.
//!
//! Nothing here is generated from one runtime's metadata. Calls and events are looked up by name
//! in the metadata of the node, their arguments are our own SCALE types from `myai_primitives`,
//! and a call whose bytes the node's metadata would read otherwise is never signed.

pub mod api;
pub mod block;
mod blocks;
pub mod call;
mod call_words;
pub mod calls;
pub mod chain;
pub mod connection;
pub mod error;
mod event;
pub mod events;
pub mod files;
pub mod heads;
pub mod hop;
pub mod keys;
mod metadata;
mod mortality;
mod nonces;
mod pool;
mod recent;
mod runtime;
pub mod sealing;
mod signing;
mod storage;
pub mod submit;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use api::{At, Holding, OpenJobs};
pub use block::Block;
pub use call::{Argument, Call, MAX_INLINE_CALL};
pub use call_words::{CallWords, Word};
pub use chain::{Chain, Limits};
pub use connection::{shown_address, Connection, RpcError, QUIET_LOGS};
pub use error::{error_chain, ChainError, Refusal};
pub use event::{Event, EventType};
pub use heads::Heads;
pub use hop::{Hop, HopError};
pub use keys::{Key, KeyError};
pub use sealing::{SealingError, SealingKey};
pub use submit::InBlock;

/// Who owns, pays, signs and is paid.
pub type AccountId = sp_core::crypto::AccountId32;

/// How calls of the SDK's pallets name an account.
pub type Address = subxt::utils::MultiAddress<AccountId, ()>;

pub use myai_primitives::{Hash32, JobCallError};

/// The `transaction_version` of the runtimes that this release can sign for.
pub const TRANSACTION_VERSION: u32 = 2;
