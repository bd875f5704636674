//! What is stored, without the storage.

use crate::Config;
use alloc::{collections::BTreeSet, vec::Vec};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{
    traits::{Consideration, Footprint},
    BoundedVec,
};
use myai_primitives::{
    documents::*, Amount, Balance, DatasetId, GrantId, ModelId, Ppm, SplitId, Tick, VersionId,
};
use scale_info::TypeInfo;
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, traits::ConstU32, DispatchError,
    DispatchResult, Rounding,
};

pub type DepositOf<T, C> = Deposit<<T as frame_system::Config>::AccountId, C>;
pub type ModelOf<T> =
    Model<<T as frame_system::Config>::AccountId, <T as Config>::ModelConsideration>;
pub type VersionOf<T> =
    Version<<T as frame_system::Config>::AccountId, <T as Config>::VersionConsideration>;

/// A storage deposit and who paid it, which is not always today's owner.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Deposit<AccountId, Ticket> {
    pub payer: AccountId,
    pub ticket: Ticket,
}

impl<AccountId: Clone, Ticket: Consideration<AccountId, Footprint>> Deposit<AccountId, Ticket> {
    /// Takes the deposit for one item of `size` bytes from `payer`.
    pub fn take(payer: &AccountId, size: usize) -> Result<Self, DispatchError> {
        let ticket = Ticket::new(payer, Footprint::from_parts(1, size))?;
        Ok(Self {
            payer: payer.clone(),
            ticket,
        })
    }

    /// Follows the item's new size.
    pub fn resize(self, size: usize) -> Result<Self, DispatchError> {
        let ticket = self
            .ticket
            .update(&self.payer, Footprint::from_parts(1, size))?;
        Ok(Self {
            payer: self.payer,
            ticket,
        })
    }

    /// Gives it back to who paid.
    pub fn give_back(self) -> DispatchResult {
        Ticket::drop(self.ticket, &self.payer)
    }
}

/// A registered model.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Model<AccountId, Ticket> {
    pub owner: AccountId,
    /// To whom ownership is offered.
    pub offered_to: Option<AccountId>,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    /// How many versions it has.
    pub versions: u32,
    /// Always paid by the owner.
    pub deposit: Deposit<AccountId, Ticket>,
}

/// The part of a published version that only readers need.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Version<AccountId, Ticket> {
    pub artifact: File,
    pub manifest: File,
    pub numerics: Numerics,
    pub unit: Unit,
    pub max_input: u32,
    pub max_output: u32,
    pub openness: Disclosure,
    pub license: Name,
    pub bases: Lines<BaseLine>,
    pub extras: Lines<ExtraLine<AccountId>>,
    /// Paid by who published it.
    pub deposit: Deposit<AccountId, Ticket>,
}

/// What opening a job needs to know of a version.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Listing {
    pub model: ModelId,
    /// For one unit.
    pub price: Amount,
    pub split: SplitId,
    /// First tick of the clock's `now` at which a grant of the version is over; `None` never.
    pub licensed_until: Option<Tick>,
    /// Once it is retired, when no new work and no new derivatives begin: the last tick of the
    /// clock's `served` at which a job on it may still be answered.
    pub last_work: Option<Tick>,
    /// Whether a price or fee above zero is allowed.
    pub commercial: bool,
    pub modes: BoundedVec<Mode, ConstU32<3>>,
    /// The binding ancestors, in the order of their numbers.
    pub ancestors: Lines<VersionId>,
}

impl Listing {
    pub fn is_retired(&self) -> bool {
        self.last_work.is_some()
    }

    /// Whether the version itself is licensed beyond `until`.
    pub fn is_licensed_beyond(&self, until: Tick) -> bool {
        self.licensed_until.is_none_or(|end| end > until)
    }
}

/// What derivatives of a version must keep, and what it lives by.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ConditionsOfVersion {
    pub terms: DerivativeTerms,
    /// Whether every derivative must allow derivatives in turn.
    pub share_alike: bool,
    /// Least price for one unit that brings each base and dataset what its terms ask. A replaced
    /// grant may raise it and never lowers it.
    pub min_price: Balance,
    pub grants: Lines<License>,
}

impl ConditionsOfVersion {
    /// Whether something here binds every version down the line.
    pub fn bind_descendants(&self) -> bool {
        self.terms.reach == Reach::Descendants || self.binding_datasets().next().is_some()
    }

    /// The licenses whose terms reach every version down the line.
    pub fn binding_datasets(&self) -> impl Iterator<Item = &License> {
        self.grants.iter().filter(|l| l.reach == Reach::Descendants)
    }
}

/// A grant that a version lives by, with what of its terms lasts.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct License {
    pub grant: GrantId,
    /// The grant's dataset.
    pub dataset: DatasetId,
    /// The dataset that the line of the version's split pays: the one of the grant that the
    /// version was published with.
    pub paid: DatasetId,
    pub share: Ppm,
    pub min_share: Ppm,
    pub min_per_unit: Option<Amount>,
    pub reach: Reach,
}

/// The smallest price of which `share` brings at least `least`, both for one unit:
/// `floor(price × share) ≥ least` just when `price ≥ ceil(least × 10⁶ / share)`. `None` where no
/// price does.
pub fn price_that_brings(least: Balance, share: Ppm) -> Option<Balance> {
    match (least, share.0) {
        (0, _) => Some(0),
        (_, 0) => None,
        (_, parts) => multiply_by_rational_with_rounding(
            least,
            Ppm::MILLION.0.into(),
            parts.into(),
            Rounding::Up,
        ),
    }
}

/// A version's number as the key that keeps storage in the order of publication.
pub fn place(version: VersionId) -> [u8; 4] {
    version.0.to_be_bytes()
}

/// The versions that a version refers to: its bases and its binding ancestors, each once.
pub fn parents(bases: &[BaseLine], ancestors: &[VersionId]) -> BTreeSet<VersionId> {
    bases
        .iter()
        .map(|b| b.version)
        .chain(ancestors.iter().copied())
        .collect()
}

/// Whether each of `keys` is there once.
pub fn are_distinct<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
    let mut sorted: Vec<K> = keys.collect();
    let all = sorted.len();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.len() == all
}
