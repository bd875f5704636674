//! What the storage of this pallet holds.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use myai_primitives::{Balance, Shares, SplitId, Tick};
use myai_support::Keeper;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// A fixed division of income.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Split<AccountId, Ticket> {
    pub shares: Shares<AccountId>,
    /// Who bears the deposit, and its ticket; `None` for a network's split.
    pub deposit: Option<(AccountId, Ticket)>,
    /// The version or dataset that it was made for, with which alone it goes.
    pub keeper: Keeper,
}

/// Where a debt goes.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Destination<AccountId> {
    /// Into the vault, as income of a split.
    #[codec(index = 0)]
    Split(SplitId),
    #[codec(index = 1)]
    Account(AccountId),
    /// Back to the payer.
    #[codec(index = 2)]
    Payer,
}

/// An asset that prices may be in, with the amounts that rules give for the token.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
    Serialize, Deserialize,
)]
pub struct AcceptedAsset {
    pub id: u32,
    /// Deposit of an open job in this asset, in its smallest unit; above zero.
    pub job_deposit: Balance,
    /// Deposit of an open session.
    pub session_deposit: Balance,
    /// Least lock of a bonded job.
    pub min_lock: Balance,
}

/// The clock as a block left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Reading {
    /// The relay chain's block number.
    pub last: Tick,
    /// Ticks served until then.
    pub served: Tick,
}
