//! How the pallets meet. No pallet of ours depends on another: each asks through a trait of
//! [`traits`], and the runtime says who answers. Beside them stand what all pallets do alike: money
//! in any asset ([`money`]), deposits that know who paid them ([`deposit`]), ownership that moves in
//! two steps ([`ownership`]); and the runtime API that a reader of the chain calls ([`api`]).
//! Nothing here has storage.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod api;
pub mod deposit;
pub mod money;
pub mod ownership;
pub mod traits;

pub use api::*;
pub use deposit::Deposit;
pub use money::{Money, MoneyOver};
pub use ownership::{Ownership, OwnershipError};
pub use traits::*;
