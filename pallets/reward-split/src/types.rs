//! What the storage of this pallet holds.

use crate::arithmetic::{self, AUTHORS, CONTRIBUTORS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use core::mem::take;
use myai_primitives::{Balance, Epoch, Shares, SplitId, Tick};
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
    /// Into the vault, as income of the network's split `to`: its cut in the token of a price, for which
    /// the split `of` earns credit, or with `None` of a fee, for which the worker does.
    #[codec(index = 2)]
    Cut {
        to: SplitId,
        of: Option<SplitId>,
        worker: AccountId,
    },
}

impl<AccountId> Destination<AccountId> {
    /// The split whose income it is.
    pub fn split(&self) -> Option<SplitId> {
        match self {
            Self::Split(split) | Self::Cut { to: split, .. } => Some(*split),
            Self::Account(_) => None,
        }
    }
}

/// What a split received in one asset, and the credit that it earned last. A settlement writes this
/// row anyway, so credit costs no row of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Income {
    /// Units ever received.
    #[codec(compact)]
    pub total: Balance,
    /// In the token: the network's cuts of the split's prices in `epoch`; in the network's split those
    /// of all prices and fees.
    #[codec(compact)]
    pub cut: Balance,
    #[codec(compact)]
    pub epoch: Epoch,
}

impl Income {
    /// Adds a cut in the epoch that runs. Returns what was earned in an earlier one.
    pub fn earn(&mut self, running: Epoch, cut: Balance) -> Option<(Epoch, Balance)> {
        let over = self.roll(running);
        self.epoch = running;
        self.cut = self.cut.saturating_add(cut);
        over
    }

    /// Takes what was earned in an epoch that is over.
    pub fn roll(&mut self, running: Epoch) -> Option<(Epoch, Balance)> {
        if self.epoch == running || self.cut == 0 {
            return None;
        }
        Some((self.epoch, take(&mut self.cut)))
    }

    /// What was earned in `epoch`.
    pub fn cut_of(&self, epoch: Epoch) -> Balance {
        match self.epoch == epoch {
            true => self.cut,
            false => 0,
        }
    }
}

impl From<Balance> for Income {
    fn from(total: Balance) -> Self {
        Self {
            total,
            ..Default::default()
        }
    }
}

/// How far issuance has come, and what of it is nobody's yet. All of it lies in the vault, on hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Issued {
    /// The tick at which it began.
    pub start: Tick,
    /// What may ever be minted: the cap less what there was before.
    pub limit: Balance,
    /// What was minted since.
    pub minted: Balance,
    /// What waits for authors of blocks.
    pub authors: Balance,
    /// What contributors of the epoch that runs may get.
    pub pool: Balance,
    /// What the treasury gets when the epoch ends.
    pub treasury: Balance,
}

impl Issued {
    /// Nothing is minted yet.
    pub fn begin(start: Tick, limit: Balance) -> Self {
        Self {
            start,
            limit,
            minted: 0,
            authors: 0,
            pool: 0,
            treasury: 0,
        }
    }

    /// Divides what is due until `tick` and was not minted yet. Returns how much that is.
    pub fn mint_until(&mut self, cap: Balance, tick: Tick) -> Balance {
        let due = arithmetic::minted(cap, tick.saturating_sub(self.start)).min(self.limit);
        let value = due.saturating_sub(self.minted);
        let (authors, pool) = (AUTHORS.of(value), CONTRIBUTORS.of(value));
        let rest = value.saturating_sub(authors).saturating_sub(pool);
        self.minted = self.minted.saturating_add(value);
        self.authors = self.authors.saturating_add(authors);
        self.pool = self.pool.saturating_add(pool);
        self.treasury = self.treasury.saturating_add(rest);
        value
    }
}

/// An epoch that is over and open for claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ClosedEpoch {
    /// What was minted for contributors in it.
    pub pool: Balance,
    /// What all of them earned in it: the network's cuts.
    pub credits: Balance,
    /// What lies in the vault for them.
    pub unpaid: Balance,
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
