//! What the storage holds, and what can be said of it without storage.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
    traits::{Consideration, Footprint},
    BoundedVec,
};
use myai_primitives::{
    Category, DatasetId, DatasetTerms, File, ModelId, Name, Openness, SplitId, TermsNumber, Tick,
    VersionId,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, DispatchError, DispatchResult};

/// Most versions that live by one grant.
pub const MAX_VERSIONS: u32 = 16;

/// An id whose bytes sort as its number does, so that an index is read in the order of ids.
pub type Ordered = [u8; 4];

/// A storage deposit and the account whose money it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Deposit<AccountId, Ticket> {
    pub payer: AccountId,
    pub ticket: Ticket,
}

impl<AccountId, Ticket: Consideration<AccountId, Footprint>> Deposit<AccountId, Ticket> {
    /// Holds a deposit of `payer`.
    pub fn take(payer: AccountId, footprint: Footprint) -> Result<Self, DispatchError> {
        let ticket = Ticket::new(&payer, footprint)?;
        Ok(Self { payer, ticket })
    }

    /// Frees it for who paid it.
    pub fn give_back(self) -> DispatchResult {
        self.ticket.drop(&self.payer)
    }
}

/// A registered dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Dataset<AccountId, Ticket> {
    pub owner: AccountId,
    /// To whom ownership is offered.
    pub offered_to: Option<AccountId>,
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
    /// Grants, requests and allowances that name the dataset: while there are any it stays.
    pub uses: u32,
    pub deposit: Deposit<AccountId, Ticket>,
}

/// Terms and how many grants and requests were made under them.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct NumberedTerms {
    pub terms: DatasetTerms,
    pub uses: u32,
}

/// One model's license to train on one dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GrantRecord<AccountId, Ticket> {
    pub dataset: DatasetId,
    pub model: ModelId,
    /// The terms that it was given under; they stay.
    pub number: TermsNumber,
    /// When it was given, in ticks.
    pub started: Tick,
    /// First tick at which it is over; `None` never.
    pub ends: Option<Tick>,
    /// Whether the dataset's owner has ended it; it is never renewed then.
    pub revoked: bool,
    /// Live versions that were trained under it, no duplicate.
    pub versions: BoundedVec<VersionId, ConstU32<MAX_VERSIONS>>,
    pub deposit: Deposit<AccountId, Ticket>,
}

impl<AccountId, Ticket> GrantRecord<AccountId, Ticket> {
    /// Whether it licenses at `now`. At its end it is over.
    pub fn is_live(&self, now: Tick) -> bool {
        self.ends.is_none_or(|end| end > now)
    }
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
