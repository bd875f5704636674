//! What the pallets, the runtime, the worker and the command line share: ids and amounts
//! ([`types`]), what is published on the chain ([`documents`]), committed and sealed bytes
//! ([`commitments`]), the traits through which the pallets meet ([`traits`], [`money`]), and the
//! runtime API that a reader of the chain calls ([`api`]). Nothing here has storage.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod api;
pub mod commitments;
pub mod documents;
pub mod money;
pub mod traits;
pub mod types;

pub use api::*;
pub use documents::*;
pub use money::Money;
pub use traits::*;
pub use types::*;
