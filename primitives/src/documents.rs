//! What people publish: files by hash, versions and their terms, datasets and their terms, workers.

use crate::types::*;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::BoundedVec;
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::ConstU32;

/// Longest URI, name of a license and name of a model or dataset, in bytes.
pub const MAX_URI: u32 = 256;
pub const MAX_NAME: u32 = 64;
/// Most URIs of a file.
pub const MAX_URIS: u32 = 4;
/// Most bases, grants and extra shares of a version, each; and most binding ancestors.
pub const MAX_LINES: u32 = 8;
/// Most shares of a split.
pub const MAX_SHARES: u32 = 16;

pub type Uri = BoundedVec<u8, ConstU32<MAX_URI>>;
pub type Name = BoundedVec<u8, ConstU32<MAX_NAME>>;
pub type Lines<T> = BoundedVec<T, ConstU32<MAX_LINES>>;

/// A file off the chain, fixed by its hash and length.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct File {
    pub sha256: Hash32,
    /// In bytes.
    #[codec(compact)]
    pub length: u64,
    /// Where it may be had, `https://` or `file://`; at least one, tried in their order.
    pub uris: BoundedVec<Uri, ConstU32<MAX_URIS>>,
}

macro_rules! choices {
	($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $index:literal),* $(,)? }) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode,
			DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
		)]
		pub enum $name {
			$($(#[$vdoc])* #[codec(index = $index)] $variant,)*
		}

		impl $name {
			/// Every variant, in the order of its index.
			pub const ALL: &'static [Self] = &[$(Self::$variant),*];
		}
	};
}

choices!(/// What data a dataset holds or a model is made for.
Category {
    General = 0,
    PublicAdministration = 1,
    MedicalScience = 2,
    Law = 3,
    CaseLaw = 4,
    Textbooks = 5,
    ChipDesign = 6,
    Finance = 7,
    Personal = 8,
    Other = 9,
});

choices!(/// How a version computes.
Numerics {
    /// Bits may differ between machines.
    Float = 0,
    /// Integer operators only: the same bits everywhere.
    IntV1 = 1,
});

choices!(/// What a price or a fee is for one of.
Unit {
    Call = 0,
    ThousandTokens = 1,
    Second = 2,
    Megapixel = 3,
});

choices!(/// How a job is run. Indices 1 (replicated) and 2 (bonded) are reserved.
Mode {
    /// One worker, trusted by its name and record.
    Direct = 0,
});

choices!(/// How open something is.
Openness {
    Open = 0,
    Partial = 1,
    Closed = 2,
});

choices!(/// Whether others may derive from a version.
Permission {
    Forbidden = 0,
    /// Each model needs the owner's approval.
    Approval = 1,
    Allowed = 2,
});

choices!(/// Whom terms bind.
Reach {
    /// Versions derived directly.
    Direct = 0,
    /// Every version down the line.
    Descendants = 1,
});

choices!(/// Why a worker gives a job back.
DeclineReason {
    BadInput = 0,
    TooLarge = 1,
    BlobMissing = 2,
    ModelUnavailable = 3,
    Overloaded = 4,
    Other = 5,
});

/// How open a version's source, training data and checkpoints are.
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
    Serialize,
    Deserialize,
)]
pub struct Disclosure {
    pub source: Openness,
    pub training_data: Openness,
    pub checkpoints: Openness,
}

/// What a version asks of those who derive from it.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DerivativeTerms {
    pub permission: Permission,
    /// Least share of a derivative's income.
    pub min_royalty: Ppm,
    /// Least that a derivative's price must bring the base for each unit; fixes the asset that a
    /// derivative is priced in.
    pub min_per_unit: Option<Amount>,
    pub reach: Reach,
}

/// A base of a version and its share.
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
pub struct BaseLine {
    pub version: VersionId,
    pub royalty: Ppm,
}

/// A grant that a version was trained under and its dataset's share.
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
pub struct GrantLine {
    pub grant: GrantId,
    pub share: Ppm,
}

/// An account that has a share of a version's income.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct ExtraLine<AccountId> {
    pub account: AccountId,
    pub share: Ppm,
}

/// What an owner publishes as a version. Bases, grants, extra shares and the owner's rest are at
/// most 16 lines together.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct VersionSpec<AccountId> {
    /// The ONNX file.
    pub artifact: File,
    /// The JSON document that says how raw input becomes tensors and tensors become an answer.
    pub manifest: File,
    pub numerics: Numerics,
    pub unit: Unit,
    /// For one unit.
    pub price: Amount,
    /// Modes that jobs may use; not empty, no duplicate, in order.
    pub modes: BoundedVec<Mode, ConstU32<3>>,
    /// Longest raw input and answer, in bytes.
    pub max_input: u32,
    pub max_output: u32,
    pub openness: Disclosure,
    /// SPDX expression.
    pub license: Name,
    pub terms: DerivativeTerms,
    pub bases: Lines<BaseLine>,
    pub grants: Lines<GrantLine>,
    pub extras: Lines<ExtraLine<AccountId>>,
}

/// Whether and how a dataset's owner may end a grant.
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
pub enum Revocation {
    #[codec(index = 0)]
    Never,
    /// After a notice, with the unused part of the price given back.
    #[codec(index = 1)]
    Notice {
        /// From the revocation to the end, in ticks.
        notice: Tick,
        /// Over which the price of a perpetual grant counts as used up, in ticks. Not read for
        /// a grant with a period.
        perpetual_term: Tick,
    },
}

/// What a dataset's owner asks of those who train on it.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DatasetTerms {
    /// For one grant (and each renewal).
    pub price: Amount,
    /// How long a grant lasts, in ticks; `None` for ever.
    pub period: Option<Tick>,
    /// Least share of each derived model's income.
    pub min_share: Ppm,
    /// Least that a version's price must bring the dataset for each unit; fixes the asset that
    /// the version is priced in.
    pub min_per_unit: Option<Amount>,
    /// Whether each grant needs the owner's approval.
    pub approval: bool,
    pub revocation: Revocation,
    /// A version trained on it must let others derive from it, under the same condition.
    pub share_alike: bool,
    /// Whether a version trained on it may have a price or fee above zero.
    pub commercial: bool,
    pub reach: Reach,
}

/// How a worker is reached and how much it takes.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct WorkerDetails {
    /// `https://…`, may be empty when there is a mailbox.
    pub endpoint: Uri,
    /// RPC address (`wss://…` or `ws://…`) of the node whose HOP pool the worker reads; may be
    /// empty when there is an endpoint.
    pub mailbox: Uri,
    /// X25519 public key that inputs are sealed to.
    pub sealing_key: Hash32,
    /// Most open jobs at once.
    pub max_open_jobs: u32,
}

/// Who has a share of a split.
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
pub enum Beneficiary<AccountId> {
    #[codec(index = 0)]
    Account(AccountId),
    /// Whoever owns the model when the share is claimed.
    #[codec(index = 1)]
    ModelOwner(ModelId),
    /// Whoever owns the dataset when the share is claimed.
    #[codec(index = 2)]
    DatasetOwner(DatasetId),
    /// Another split; claiming is a ledger entry.
    #[codec(index = 3)]
    Split(SplitId),
}

/// One line of a split.
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
pub struct Share<AccountId> {
    pub beneficiary: Beneficiary<AccountId>,
    /// At least 1.
    pub parts: Ppm,
}

pub type Shares<AccountId> = BoundedVec<Share<AccountId>, ConstU32<MAX_SHARES>>;

/// The bounded numbers that governance sets. Units in the names of the fields' docs.
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
    Serialize,
    Deserialize,
)]
pub struct RuleSet {
    /// Most that a version's royalties and dataset shares may sum to, ppm.
    pub max_royalty: Ppm,
    /// The network's cut of each price and fee, ppm.
    pub network_share: Ppm,
    /// Least native bond of a worker, units.
    pub min_worker_bond: Balance,
    /// Shortest duration of a job, ticks.
    pub min_job_duration: Tick,
    /// Longest duration of a job, ticks.
    pub max_job_duration: Tick,
    /// Least notice of a revocation, ticks.
    pub min_revoke_notice: Tick,
}

const MAI: Balance = 1_000_000_000_000;

impl Default for RuleSet {
    fn default() -> Self {
        Self {
            max_royalty: Ppm(400_000),
            network_share: Ppm(25_000),
            min_worker_bond: 100 * MAI,
            min_job_duration: 10,
            max_job_duration: 14_400,
            min_revoke_notice: 14_400,
        }
    }
}

/// One rule and its new value. Indices of rules not yet built are left free: 5 `reveal_bond`,
/// 6 `bonded_window`, 7 `lock_multiple`, 8 `least_lock`, 9 `posted_max_output`,
/// 10 `delivery_ticks`, 11 `session_grace`, 12 `session_longest`, 13 `suspend_most`.
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
pub enum Rule {
    /// 0–500,000 ppm.
    #[codec(index = 0)]
    MaxRoyalty(Ppm),
    /// 0–100,000 ppm.
    #[codec(index = 1)]
    NetworkShare(Ppm),
    /// 1–100,000 MAI.
    #[codec(index = 2)]
    MinWorkerBond(Balance),
    /// 5–100,800 ticks, at most the longest.
    #[codec(index = 3)]
    MinJobDuration(Tick),
    /// 5–100,800 ticks, at least the shortest.
    #[codec(index = 4)]
    MaxJobDuration(Tick),
    /// 0–1,051,920 ticks.
    #[codec(index = 14)]
    MinRevokeNotice(Tick),
}

/// Longest that a job may run under any rules, in ticks of service.
pub const MAX_JOB_DURATION: Tick = 100_800;

impl RuleSet {
    /// These rules with one changed; `None` when the value is outside its bounds.
    pub fn with(mut self, rule: Rule) -> Option<Self> {
        let ok = match rule {
            Rule::MaxRoyalty(v) => {
                self.max_royalty = v;
                v.0 <= 500_000
            }
            Rule::NetworkShare(v) => {
                self.network_share = v;
                v.0 <= 100_000
            }
            Rule::MinWorkerBond(v) => {
                self.min_worker_bond = v;
                (MAI..=100_000 * MAI).contains(&v)
            }
            Rule::MinJobDuration(v) => {
                self.min_job_duration = v;
                (5..=MAX_JOB_DURATION).contains(&v) && v <= self.max_job_duration
            }
            Rule::MaxJobDuration(v) => {
                self.max_job_duration = v;
                (5..=MAX_JOB_DURATION).contains(&v) && v >= self.min_job_duration
            }
            Rule::MinRevokeNotice(v) => {
                self.min_revoke_notice = v;
                v <= 1_051_920
            }
        };
        ok.then_some(self)
    }
}

/// Whether every byte may stand in a URI and its scheme is one of `schemes`.
pub fn is_uri(uri: &[u8], schemes: &[&str]) -> bool {
    uri.iter().all(|b| b.is_ascii_graphic())
        && schemes
            .iter()
            .any(|s| uri.len() > s.len() && uri.starts_with(s.as_bytes()))
}

impl File {
    /// Whether it has a length and at least one URI, each well formed.
    pub fn is_sound(&self) -> bool {
        self.length > 0
            && !self.uris.is_empty()
            && self
                .uris
                .iter()
                .all(|u| is_uri(u, &["https://", "file://"]))
    }

    /// From plain values; `None` when one is too long or there are too many.
    pub fn new(sha256: Hash32, length: u64, uris: &[&str]) -> Option<Self> {
        let uris = uris
            .iter()
            .map(|u| Uri::try_from(u.as_bytes().to_vec()).ok())
            .collect::<Option<Vec<_>>>()?;
        Some(Self {
            sha256,
            length,
            uris: uris.try_into().ok()?,
        })
    }
}
