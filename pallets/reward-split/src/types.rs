//! What the storage of this pallet holds.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use myai_primitives::{Asset, Balance, Shares, SplitId, Tick};
use scale_info::TypeInfo;

/// A fixed division of income.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Split<AccountId, Ticket> {
    pub shares: Shares<AccountId>,
    /// Who bears the deposit, and its ticket; `None` for a network's split.
    pub deposit: Option<(AccountId, Ticket)>,
    /// Whether it was made for a version or a dataset, with which alone it goes.
    pub kept: bool,
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

/// Money that was due and could not move.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Debt<AccountId, Reason> {
    /// Who has it on hold.
    pub payer: AccountId,
    /// Under which reason.
    pub reason: Reason,
    pub asset: Asset,
    /// In the asset's smallest unit; above zero.
    pub amount: Balance,
    pub destination: Destination<AccountId>,
}

/// The clock as a block left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Reading {
    /// The relay chain's block number.
    pub last: Tick,
    /// Ticks served until then.
    pub served: Tick,
}
