//! What the storage of this pallet holds.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use myai_primitives::{Balance, Shares, SplitId, Tick};
use myai_support::{Deposit, Keeper};
use scale_info::TypeInfo;

/// A fixed division of income.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Split<AccountId, Ticket> {
    pub shares: Shares<AccountId>,
    /// The version or dataset that it was made for, with which alone it goes.
    pub keeper: Keeper,
    /// Who bears the deposit, and its ticket; `None` for a network's split.
    pub deposit: Option<Deposit<AccountId, Ticket>>,
}

impl<AccountId, Ticket> Split<AccountId, Ticket> {
    /// Who made the split by call, and so removes it and lets others name it.
    pub fn depositor(&self) -> Option<&AccountId> {
        match self.keeper {
            Keeper::None => self.deposit.as_ref().map(|deposit| &deposit.payer),
            Keeper::Version(_) | Keeper::Dataset(_) => None,
        }
    }
}

/// What keeps a split from being removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Refs {
    /// Shares of splits that name it.
    pub shares: u32,
    /// Rows of debts that are due to it.
    pub debts: u32,
    /// What other pallets asked for.
    pub others: u32,
}

/// Where a debt goes.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Destination<AccountId> {
    /// Into the vault, as income of a split.
    #[codec(index = 0)]
    Split(SplitId),
    /// To an account, which may be the payer's own.
    #[codec(index = 1)]
    Account(AccountId),
}

/// What an accepted asset asks, in its smallest unit; each above zero.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct AcceptedAsset {
    /// Deposit of an open job.
    pub job_deposit: Balance,
    /// Deposit of an open session.
    pub session_deposit: Balance,
    /// Least of a worker's bond that a bonded job locks.
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
