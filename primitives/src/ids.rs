//! Ids, assets, amounts and durations. An amount or a duration carries its unit in its type's docs.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// An amount of an asset in its smallest unit (1 MAI = 10¹² pico).
pub type Balance = u128;

/// Ticks in an epoch, a day: issuance goes to contributors, and standing fades, by epochs.
pub const EPOCH: Tick = 14_400;

/// A day of the relay chain: [`EPOCH`] ticks of `Clock::now`, counted from its block 0.
pub type Epoch = u32;

/// The epoch that a tick of `Clock::now` is in.
pub fn epoch_of(now: Tick) -> Epoch {
    now / EPOCH
}

/// One MAI.
pub const MAI: Balance = 1_000_000_000_000;

/// One relay-chain block: 14,400 a day, 5,259,600 a year.
pub type Tick = u32;

/// Number of a set of rules; every change makes a new one.
pub type Revision = u32;

/// Number of a dataset's terms; every change of terms or metadata makes a new one.
pub type TermsNumber = u32;

/// A 32-byte hash or commitment.
pub type Hash32 = [u8; 32];

/// The token, or an asset of pallet-assets.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
pub enum Asset {
    #[codec(index = 0)]
    Native,
    #[codec(index = 1)]
    Id(u32),
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The id after this one; `None` when all were given.
            pub fn next(self) -> Option<Self> {
                self.0.checked_add(1).map(Self)
            }

            /// The id as a storage key: most significant byte first, so that storage itself is in
            /// the order of ids.
            pub fn place(self) -> [u8; core::mem::size_of::<$inner>()] {
                self.0.to_be_bytes()
            }

            /// Back from [`Self::place`].
            pub fn from_place(place: [u8; core::mem::size_of::<$inner>()]) -> Self {
                Self(<$inner>::from_be_bytes(place))
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$inner> for $name {
            fn from(n: $inner) -> Self {
                Self(n)
            }
        }

        impl core::str::FromStr for $name {
            type Err = core::num::ParseIntError;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                s.parse().map(Self)
            }
        }
    };
}

id!(/// A registered model.
    ModelId(u32));
id!(/// A published version, numbered over all models.
    VersionId(u32));
id!(/// A registered dataset.
    DatasetId(u32));
id!(/// One model's license to train on one dataset.
    GrantId(u32));
id!(/// A fixed division of income.
    SplitId(u32));

/// Parts per million.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct Ppm(pub u32);

impl Ppm {
    /// All of it: what the shares of a split sum to.
    pub const MILLION: Ppm = Ppm(1_000_000);

    /// `floor(amount × parts / 10⁶)`, saturating where parts exceed a million and the product
    /// does not fit.
    pub fn of(self, amount: Balance) -> Balance {
        multiply_by_rational_with_rounding(
            amount,
            self.0 as u128,
            Self::MILLION.0 as u128,
            Rounding::Down,
        )
        .unwrap_or(u128::MAX)
    }

    /// The smallest amount of which this share is at least `floor`: `ceil(floor × 10⁶ / parts)`.
    /// `None` where no amount is enough.
    pub fn amount_that_brings(self, floor: Balance) -> Option<Balance> {
        match (floor, self.0) {
            (0, _) => Some(0),
            (_, 0) => None,
            (_, parts) => multiply_by_rational_with_rounding(
                floor,
                Self::MILLION.0.into(),
                parts.into(),
                Rounding::Up,
            ),
        }
    }
}

/// How much of an asset.
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
    Serialize,
    Deserialize,
)]
pub struct Amount {
    pub asset: Asset,
    /// In the asset's smallest unit.
    #[codec(compact)]
    pub value: Balance,
}
