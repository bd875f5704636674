//! Talks to the chain and to the HOP pool of one node: the one crate that names `subxt`.
//!
//! # Words
//!
//! - **Call**: what an account asks the chain to do. **Event**: what a block says happened.
//! - **Best block**: the node's newest. A reorganisation can undo it; a **final** block stays.
//! - **Pool**: where the node keeps transactions until a block has them.
//! - **HOP pool**: Polkadot's hand-off pool. It keeps sealed blobs by their hash, each for the
//!   holder of one key, until they are fetched.
//!
//! # Story
//!
//! A program connects with [`Chain::connect`] and reads the chain's state by the methods of
//! [`Chain`], most of them in [`api`]. To change it, the program builds a [`Call`] with a function
//! of [`calls`] and hands it to [`Chain::submit`], which signs it with a [`Key`] and a nonce
//! counted here, and waits until a best block has it. The types of [`events`] then say what the
//! call did. A program that runs for long awaits [`Heads`] and compares the state at each best
//! block with what it has to do: the state says how a job ended, so nobody asks for older blocks.
//! [`sealing`] closes and opens inputs and answers, and [`Hop`] carries them.
//!
//! Every error has one sentence for people, the same in every program ([`messages`]).
//!
//! A lost connection is made again by [`Connection`], and a call that may be in a block is never
//! signed a second time. Nothing here is generated from one runtime's metadata: calls, events and
//! their fields are looked up by name in the node's, their values are SCALE types of
//! `myai_primitives`, and a value that the metadata would read as another type is never signed.
//!
//! # What is trusted
//!
//! The node. It says what the state is, which call a name stands for and what is in a block; no
//! proof of that is checked. So a program that moves money should ask a node of its owner's. A node
//! learns no secret: keys sign and seal here, a blob that it hands over is compared with the hash
//! that was asked for, and an address is shown without its password.

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
pub mod exit;
pub mod files;
pub mod heads;
pub mod hop;
pub mod keys;
pub mod messages;
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

pub use api::{At, OpenJobs};
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
pub use storage::{AssetMetadata, Holding};
pub use submit::InBlock;

/// An account, by its public key: it owns, pays, signs or is paid.
pub type AccountId = sp_core::crypto::AccountId32;

/// How calls of the SDK's pallets name an account.
pub type Address = subxt::utils::MultiAddress<AccountId, ()>;

pub use myai_primitives::{Hash32, JobCallError};

/// The `transaction_version` of the runtimes for which this release signs.
pub const TRANSACTION_VERSION: u32 = 2;
