//! What people publish: files by hash, versions, terms of datasets, workers, splits.

use crate::{
    is_uri, Amount, Clauses, DatasetId, GrantId, Hash32, ModelId, Ppm, SplitId, Tick, VersionId,
};
use alloc::vec::Vec;
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Longest URI, and longest name of a model or dataset, in bytes.
pub const MAX_URI: u32 = 256;
pub const MAX_NAME: u32 = 64;
/// Longest license expression and attribution, in bytes.
pub const MAX_TEXT: u32 = 128;
/// Longest file, in bytes: 1 TiB.
pub const MAX_FILE: u64 = 1 << 40;
/// Longest encoding of a version's spec, in bytes.
pub const MAX_SPEC: u32 = 4_096;
/// Longest raw input and longest answer that a version may allow, in bytes: what the HOP pool takes
/// (1 MiB), less 4 KiB for sealing.
pub const MAX_PAYLOAD: u32 = (1 << 20) - (4 << 10);
/// Most URIs of a file.
pub const MAX_URIS: u32 = 4;
/// Most bases, datasets and extra shares of a version, each.
pub const MAX_LINES: u32 = 8;
/// Most shares of a split.
pub const MAX_SHARES: u32 = 16;

pub type Uri = BoundedVec<u8, ConstU32<MAX_URI>>;
pub type Text = BoundedVec<u8, ConstU32<MAX_TEXT>>;
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
    /// Where it may be had; at least one, tried in their order. `https://`, in development also
    /// `file://`.
    pub uris: BoundedVec<Uri, ConstU32<MAX_URIS>>,
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
    /// Integer operators only; meant to give the same bits everywhere.
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
    /// May be 0, where the base asks no royalty.
    pub royalty: Ppm,
}

/// Data that a version was trained on, or that a base was trained on and whose terms ask something.
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
pub enum DataSource {
    /// The version itself was trained under this grant of its model.
    #[codec(index = 0)]
    Grant(GrantId),
    /// An ancestor was; the dataset is named because its terms ask for it.
    #[codec(index = 1)]
    Dataset(DatasetId),
}

/// A dataset's line.
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
pub struct DatasetLine {
    pub source: DataSource,
    /// May be 0, where the terms ask no royalty.
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

/// What an owner publishes as a version. Bases, datasets, extra shares and the owner's rest are at
/// most 16 lines together, and all of it encodes to at most [`MAX_SPEC`] bytes.
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
    /// What the license demands of those who derive from the version, serve it and use it.
    pub clauses: Clauses,
    /// The versions that it was derived from, and each further up that asks to be named.
    pub bases: Lines<BaseLine>,
    pub datasets: Lines<DatasetLine>,
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
    /// After a notice. The price vests meanwhile, and what has not when the notice ends goes back to
    /// whoever paid it.
    #[codec(index = 1)]
    Notice {
        /// From the revocation to the end, in ticks.
        notice: Tick,
        /// Over which the price of a perpetual grant vests, in ticks. Not read for a grant with
        /// a period.
        perpetual_term: Tick,
    },
}

/// What a dataset's owner asks of those who train on it.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DatasetTerms {
    /// What the license demands. `derivatives` says who may train; `Approval` asks for one of each
    /// grant.
    pub clauses: Clauses,
    /// For one grant, and for each period of it that is renewed.
    pub price: Amount,
    /// How long a grant lasts, and each renewal of it, in ticks; `None` for ever.
    pub period: Option<Tick>,
    /// How long after it was given a grant can be renewed to at most, in ticks; `None` without end.
    pub renewable: Option<Tick>,
    pub revocation: Revocation,
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

impl File {
    /// Whether it has a length that a file can have and at least one URI, each well formed and of
    /// one of `schemes`.
    pub fn is_sound(&self, schemes: &[&str]) -> bool {
        (1..=MAX_FILE).contains(&self.length)
            && !self.uris.is_empty()
            && self.uris.iter().all(|u| is_uri(u, schemes))
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
