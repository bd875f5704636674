//! What the storage holds, and what can be said of it without storage.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::BoundedVec;
use myai_primitives::{
    Balance, Category, ConstU32, DatasetId, DatasetTerms, File, Instalment, ModelId, Name,
    Openness, SplitId, TermsNumber, Tick,
};
use myai_support::{Deposit, Ownership};
use scale_info::TypeInfo;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Most payments for a grant that vest at a time.
pub const MAX_INSTALMENTS: u32 = 3;
/// Most grants of one `vest_many`.
pub const MAX_VEST: u32 = 32;
/// How far ahead a grant can be renewed where two of its periods are shorter, in ticks.
pub const RENEW_AHEAD: Tick = 432_000;
/// How long after its end strangers leave a grant alone at least, in ticks.
pub const LEFT_ALONE: Tick = 14_400;

/// A registered dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Dataset<AccountId, Ticket> {
    pub ownership: Ownership<AccountId>,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    pub openness: Openness,
    /// Whether it gives new grants.
    pub open: bool,
    /// Where its income goes; never changes.
    pub split: SplitId,
    /// Whether the split was made with the dataset and goes with it.
    pub own_split: bool,
    /// Number of the terms for new grants, which is also the highest given; 0 while there are
    /// none.
    pub number: TermsNumber,
    /// Grants, requests and versions that need the dataset: while there are any it stays.
    pub uses: u32,
    pub deposit: Deposit<AccountId, Ticket>,
}

/// Terms with the metadata that they were set for, and what needs them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct NumberedTerms {
    pub terms: DatasetTerms,
    pub metadata: File,
    /// Grants, requests, and versions that are bound by them or name them.
    pub uses: u32,
}

/// One model's license to train on one dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GrantRecord<AccountId, Ticket> {
    pub dataset: DatasetId,
    pub model: ModelId,
    /// The terms that it was given under; they stay.
    pub number: TermsNumber,
    /// The owner of the model that it was given to, or whom the dataset's owner has approved since.
    pub licensee: AccountId,
    /// When it was given, in ticks.
    pub started: Tick,
    /// First tick at which it is over; `None` never.
    pub ends: Option<Tick>,
    /// Once it is revoked: when the notice is over, and the grant with it at the latest.
    pub notice: Option<Tick>,
    /// Payments that vest, the oldest first.
    pub instalments: BoundedVec<Instalment<AccountId>, ConstU32<MAX_INSTALMENTS>>,
    /// How many versions stand on it.
    pub versions: u32,
    pub deposit: Deposit<AccountId, Ticket>,
}

impl<AccountId, Ticket> GrantRecord<AccountId, Ticket> {
    /// Whether it licenses at `now`. At its end it is over.
    pub fn is_live(&self, now: Tick) -> bool {
        self.ends.is_none_or(|end| end > now)
    }

    /// Whether it was revoked and is over.
    pub fn is_cut_off(&self, now: Tick) -> bool {
        self.notice.is_some() && !self.is_live(now)
    }

    /// Last tick up to which payments vest at `now`: a revoked grant vests until it is over.
    pub fn vests_until(&self, now: Tick) -> Tick {
        match (self.notice, self.ends) {
            (Some(_), Some(end)) => now.min(end),
            _ => now,
        }
    }
}

/// What of an instalment has vested at `at`: `floor(value × elapsed / length)` since its start, so
/// that asking often rounds nothing away.
pub fn vested<AccountId>(instalment: &Instalment<AccountId>, at: Tick) -> Balance {
    let length = instalment.end.saturating_sub(instalment.start);
    let elapsed = at.saturating_sub(instalment.start).min(length);
    if elapsed == length {
        return instalment.value;
    }
    multiply_by_rational_with_rounding(
        instalment.value,
        elapsed.into(),
        length.into(),
        Rounding::Down,
    )
    // A part of a balance is one.
    .unwrap_or(instalment.value)
}

/// A wish for a grant that waits for the dataset's owner. Its price stays in the payer's account
/// on hold; its deposit becomes the grant's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Request<AccountId, Ticket> {
    /// The terms that it was made under, which fix its price.
    pub number: TermsNumber,
    /// Last tick at which it may be approved.
    pub expires: Tick,
    /// Who pays the price, and paid the deposit.
    pub deposit: Deposit<AccountId, Ticket>,
}
