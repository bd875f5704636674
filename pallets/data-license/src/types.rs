//! What the storage holds, and what can be said of it without storage.

use crate::Config;
use codec::{Decode, Encode, MaxEncodedLen};
use myai_primitives::*;
use myai_support::{Deposit, Ownership};
use scale_info::TypeInfo;

/// Most payments for one grant that have not vested.
pub const MAX_INSTALMENTS: u32 = 3;
/// Most grants of one model on one dataset.
pub const MAX_GRANTS: u32 = 8;
/// Most grants or versions that one call names.
pub const MAX_LISTED: u32 = 32;

/// How far ahead of now a grant may be renewed, in ticks, where two of its periods are shorter.
pub const MAX_RENEWED_AHEAD: Tick = 432_000;
/// How long after its end a grant stays for its holder, in ticks, where its period is shorter.
pub const MIN_KEPT: Tick = 14_400;

/// An id as a storage key: see [`DatasetId::place`].
pub type Place = [u8; 4];

type AccountIdOf<T> = <T as frame_system::Config>::AccountId;
pub type DatasetOf<T> = Dataset<AccountIdOf<T>, <T as Config>::DatasetConsideration>;
pub type GrantOf<T> = GrantRecord<AccountIdOf<T>, <T as Config>::GrantConsideration>;
pub type GrantDepositOf<T> = Deposit<AccountIdOf<T>, <T as Config>::GrantConsideration>;
pub type RequestOf<T> = Request<AccountIdOf<T>, <T as Config>::GrantConsideration>;
/// Grants of one model on one dataset, each with its end.
pub type GrantEnds = BoundedVec<(GrantId, Option<Tick>), ConstU32<MAX_GRANTS>>;
pub type Instalments<AccountId> = BoundedVec<Instalment<AccountId>, ConstU32<MAX_INSTALMENTS>>;

/// A registered dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Dataset<AccountId, Ticket> {
    pub ownership: Ownership<AccountId>,
    pub name: Name,
    pub category: Category,
    /// What is sold today; the terms of each number have what was sold under them.
    pub metadata: File,
    pub openness: Openness,
    /// Whether it gives new grants.
    pub open: bool,
    /// Where its income goes; never changes.
    pub split: SplitId,
    /// Whether the split was made with the dataset and goes with it.
    pub own_split: bool,
    /// Number of the terms for new grants, which is also the highest given; 0 while there are none.
    pub number: TermsNumber,
    /// What keeps the dataset: its grants and requests, and those who keep its terms.
    pub uses: u32,
    /// Always paid by the owner.
    pub deposit: Deposit<AccountId, Ticket>,
}

/// What is sold under one number, and what keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct NumberedTerms {
    pub terms: DatasetTerms,
    pub metadata: File,
    /// Grants and requests.
    pub grants: u32,
    /// Versions that were published under them, counted by who asked to keep them.
    pub refs: u32,
}

impl NumberedTerms {
    pub fn is_unused(&self) -> bool {
        self.grants == 0 && self.refs == 0
    }
}

/// One model's license to train on one dataset.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct GrantRecord<AccountId, Ticket> {
    pub dataset: DatasetId,
    pub model: ModelId,
    /// The terms that it was given under; they stay.
    pub number: TermsNumber,
    /// The owner of the model to whom it was given, or who was approved for it last.
    pub licensee: AccountId,
    /// When it was given.
    pub started: Tick,
    /// First tick at which it is over; `None` never.
    pub ends: Option<Tick>,
    /// When the notice of its revocation is over; `None` while it was not revoked.
    pub notice_ends: Option<Tick>,
    /// Payments that have not vested, oldest first.
    pub instalments: Instalments<AccountId>,
    /// How many versions stand on it.
    pub versions: u32,
    pub deposit: Deposit<AccountId, Ticket>,
}

impl<AccountId, Ticket> GrantRecord<AccountId, Ticket> {
    /// The end at which what has not vested goes back: that of a revoked grant.
    pub fn cut_off(&self) -> Option<Tick> {
        self.notice_ends.and(self.ends)
    }
}

/// Whether what is over at `ends` licenses at `now`.
pub fn is_live(ends: Option<Tick>, now: Tick) -> bool {
    ends.is_none_or(|end| end > now)
}

/// A wish for a grant that waits for the dataset's owner. Its price stays in the payer's account on
/// hold; its deposit becomes the grant's.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Request<AccountId, Ticket> {
    /// The terms that it was made under, which fix its price.
    pub number: TermsNumber,
    /// Last tick at which it may be approved.
    pub expires: Tick,
    /// Whose it is: who owned the model, has the price on hold and paid the deposit.
    pub deposit: Deposit<AccountId, Ticket>,
}
