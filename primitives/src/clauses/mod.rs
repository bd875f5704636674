//! What the license of a version or of a dataset demands, and what comes down to whatever derives
//! from it. Pure: what needs the chain (retired, approved, a grant's end, the rules) is checked by
//! the pallets.
//!
//! *Obligations* (`derivatives`, `royalty`, `irrevocable`) are owed to one licensor and kept by
//! naming it among a version's lines. *Conditions* (`commercial`, `hosting`, `users`, `use_policy`,
//! `share_alike`, `attribution`) come down always: the strictest of the parents' and a version's
//! own.

mod inherit;
#[cfg(test)]
mod tests;

pub use inherit::inherit;

use crate::{
    is_expression, is_name, Amount, Asset, Balance, DatasetId, File, Hash32, Ppm, TermsNumber,
    Text, Unit, VersionId, MAX_LINES,
};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_crypto_hashing::blake2_256;

/// Most licensors that ask something of a version's descendants.
pub const MAX_LICENSORS: u32 = 8;
/// Most of them that are versions: a descendant has a line for each and one for its own base, and
/// at most [`MAX_LINES`] for bases.
pub const MAX_VERSION_LICENSORS: u32 = MAX_LINES - 1;
/// Most licensors whose conditions bind a version.
pub const MAX_CONDITIONS: u32 = 16;
/// Most alternatives of a royalty.
pub const MAX_ALTERNATIVES: u32 = 4;

choices!(/// Whether others may derive from a version, or train on a dataset.
Derivatives {
    Forbidden = 0,
    /// Each derivative needs the owner's approval.
    Approval = 1,
    Allowed = 2,
});

choices!(/// Who may serve a version, or pay for its answers.
Access {
    Anyone = 0,
    /// Whom the licensor's owner has approved.
    Approval = 1,
});

/// In one unit and asset: what a royalty brings at least, and what all fees may cost at most.
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
pub struct Alternative {
    pub unit: Unit,
    pub asset: Asset,
    /// `floor(price × share / 10⁶)` is at least this for each unit, before the network's cut. Above
    /// 0.
    #[codec(compact)]
    pub floor: Balance,
    /// All fees of a job together are at most this for each unit.
    #[codec(compact)]
    pub max_fee: Balance,
}

/// A share of each descendant's income.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Royalty {
    pub share: Ppm,
    /// The units and assets that a descendant may be priced in: 1 to 4 when the share is above 0,
    /// none otherwise.
    pub alternatives: BoundedVec<Alternative, ConstU32<MAX_ALTERNATIVES>>,
}

/// Most that all fees of a job may cost together for each unit.
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
pub struct FeeLimit {
    pub unit: Unit,
    pub asset: Asset,
    /// Above 0; in every other unit or asset nothing may be asked.
    #[codec(compact)]
    pub max_fee: Balance,
}

/// Whether money may be made.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Commercial {
    #[default]
    #[codec(index = 0)]
    Allowed,
    /// The price is 0, and so are fees but within the limit.
    #[codec(index = 1)]
    Forbidden { fees: Option<FeeLimit> },
}

/// The first form of [`Clauses`].
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ClausesV1 {
    /// SPDX expression.
    pub license: Text,
    /// The license's text.
    pub text: Option<File>,
    pub derivatives: Derivatives,
    pub royalty: Royalty,
    /// A version can be retired and never removed, and others go on deriving from it.
    pub irrevocable: bool,
    pub commercial: Commercial,
    pub hosting: Access,
    pub users: Access,
    /// What users must accept.
    pub use_policy: Option<File>,
    /// A derivative has the same license and text and asks nothing more.
    pub share_alike: bool,
    /// Shown with every descendant; empty for none.
    pub attribution: Text,
}

/// What a license demands, as the chain enforces it. Versioned.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub enum Clauses {
    #[codec(index = 1)]
    V1(ClausesV1),
}

impl core::ops::Deref for Clauses {
    type Target = ClausesV1;

    fn deref(&self) -> &ClausesV1 {
        let Self::V1(clauses) = self;
        clauses
    }
}

impl core::ops::DerefMut for Clauses {
    fn deref_mut(&mut self) -> &mut ClausesV1 {
        let Self::V1(clauses) = self;
        clauses
    }
}

impl Clauses {
    /// Everything allowed, nothing asked, under `license`.
    pub fn open(license: Text) -> Self {
        Self::V1(ClausesV1 {
            license,
            text: None,
            derivatives: Derivatives::Allowed,
            royalty: Royalty::default(),
            irrevocable: false,
            commercial: Commercial::Allowed,
            hosting: Access::Anyone,
            users: Access::Anyone,
            use_policy: None,
            share_alike: false,
            attribution: Text::default(),
        })
    }

    /// Whether every descendant must name who states this.
    pub fn asks(&self) -> bool {
        self.royalty.share.0 > 0 || self.derivatives != Derivatives::Allowed
    }

    /// Whether a condition is stated that binds descendants.
    pub fn binds(&self) -> bool {
        self.commercial != Commercial::Allowed
            || self.hosting != Access::Anyone
            || self.users != Access::Anyone
            || self.use_policy.is_some()
            || self.share_alike
            || !self.attribution.is_empty()
    }

    /// That they can be stated by a version or by a dataset's terms. Whether the files can be
    /// fetched is for the pallets to check, which know the schemes allowed.
    pub fn ensure_sound(&self) -> Result<(), ClauseError> {
        if !is_expression(&self.license) {
            return Err(ClauseError::LicenseNotText);
        }
        if !self.attribution.is_empty() && !is_name(&self.attribution) {
            return Err(ClauseError::AttributionNotText);
        }
        self.royalty.ensure_sound()?;
        match self.commercial {
            Commercial::Allowed => Ok(()),
            Commercial::Forbidden { .. } if self.royalty.share.0 > 0 => {
                Err(ClauseError::RoyaltyNotCommercial)
            }
            Commercial::Forbidden { fees } if fees.is_some_and(|limit| limit.max_fee == 0) => {
                Err(ClauseError::FeeLimitZero)
            }
            Commercial::Forbidden { .. } => Ok(()),
        }
    }

    /// What two licenses are told apart by: `blake2_256` of expression and text hash.
    pub fn license_hash(&self) -> Hash32 {
        blake2_256(&(&self.license, self.text.as_ref().map(|t| t.sha256)).encode())
    }
}

/// Who states clauses.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Licensor {
    #[codec(index = 0)]
    Version(VersionId),
    /// A dataset by the terms of this number.
    #[codec(index = 1)]
    Dataset(DatasetId, TermsNumber),
}

/// What a licensor asks of every version down the line.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Asked {
    pub licensor: Licensor,
    pub derivatives: Derivatives,
    pub royalty: Royalty,
}

/// Conditions in force: the strictest of all that bind.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Flags {
    pub commercial: Commercial,
    /// Hosts need approval of each member of `bound_by` that asks for it.
    pub hosting: bool,
    /// Users likewise.
    pub users: bool,
}

/// One that states a condition.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Bound {
    pub licensor: Licensor,
    /// Whether its `hosting` is [`Access::Approval`].
    pub hosting: bool,
    /// Whether its `users` is.
    pub users: bool,
}

/// What a version's clauses come to with those of all it derives from.
#[derive(
    Clone,
    Debug,
    Default,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Effective {
    pub flags: Flags,
    /// Who states a condition: itself and all that it derives from, in order, each once.
    pub bound_by: BoundedVec<Bound, ConstU32<MAX_CONDITIONS>>,
    /// What descendants must keep: of itself and of all that it derives from, in the order of
    /// licensors, each once.
    pub licensors: BoundedVec<Asked, ConstU32<MAX_LICENSORS>>,
    /// The hashes of the policies that bind, sorted, each once.
    pub policies: BoundedVec<Hash32, ConstU32<MAX_CONDITIONS>>,
    /// [`Clauses::license_hash`] that derivatives must have, where share-alike binds.
    pub share_alike: Option<Hash32>,
    /// Least price for one unit that brings each licensor its floor.
    #[codec(compact)]
    pub min_price: Balance,
    /// Most that all fees of a job may cost together for one unit; `None` without limit.
    pub max_fee: Option<Balance>,
}

/// A line of a new version: what it derives from or must name.
#[derive(Clone, Debug)]
pub struct Parent<'a> {
    pub source: Licensor,
    pub effective: &'a Effective,
    /// What the line gives it.
    pub share: Ppm,
    /// Whether who publishes owns it: then neither `Forbidden` nor a missing approval stands against
    /// it. All else holds, because the two may part.
    pub own: bool,
}

/// A new version by itself.
#[derive(Clone, Debug)]
pub struct Own<'a> {
    pub source: Licensor,
    pub clauses: &'a Clauses,
    pub unit: Unit,
    /// For one unit.
    pub price: Amount,
}

/// Why clauses cannot be stated, a version not be published, or a price or fees not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClauseError {
    /// The license is no SPDX expression.
    LicenseNotText,
    /// An attribution must be text without control and format characters.
    AttributionNotText,
    /// A royalty above 0 needs a floor above 0 in at least one unit and asset, each once.
    RoyaltyWithoutFloor,
    /// A royalty of 0 has no floors.
    FloorWithoutRoyalty,
    /// A fee limit must be above 0.
    FeeLimitZero,
    /// Where commercial use is forbidden a royalty must be 0.
    RoyaltyNotCommercial,
    /// Where commercial use is forbidden the price must be 0.
    NotCommercial,
    /// A base forbids derivatives.
    DerivativesForbidden,
    /// A licensor that asks is not among the lines.
    LicensorNotNamed,
    /// A line gives its licensor less than it asks.
    ShareBelowRoyalty,
    /// A licensor has no floor for this unit and asset.
    UnitOrAssetNotLicensed,
    /// The price does not bring a licensor its floor.
    PriceBelowFloor,
    /// All fees together are above what a licensor, or a license for non-commercial use, allows.
    FeeAboveMaximum,
    /// More than 8 licensors would ask something, or more than 7 versions.
    TooManyLicensors,
    /// More than 16 would state conditions.
    TooManyConditions,
    /// Two share-alike licenses differ, or the version's differs from its base's.
    LicensesDisagree,
    /// A derivative of share-alike work adds nothing of its own but attribution.
    ShareAlikeAddsTerms,
    /// A derivative of share-alike work is irrevocable.
    ShareAlikeNotIrrevocable,
    /// What else comes down asks more than the share-alike work does.
    ShareAlikeAsksMore,
}

/// `blake2_256("myai/policies/1" ‖ sorted hashes)`: what an order carries whose opener has accepted
/// them. `None` where none binds.
pub fn policies_hash(policies: &[Hash32]) -> Option<Hash32> {
    if policies.is_empty() {
        return None;
    }
    let mut sorted: Vec<Hash32> = policies.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut bytes = b"myai/policies/1".to_vec();
    bytes.extend(sorted.iter().flatten());
    Some(blake2_256(&bytes))
}
