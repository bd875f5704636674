//! In whose name a referendum speaks: one origin for each kind of decision, so that each can ask
//! for votes of its own.

use crate::*;
use configs::money::MAI;
use frame_support::traits::{EitherOf, EnsureOrigin, OriginTrait};
use frame_system::EnsureRoot;
pub use pallet_origins::{HoldReason, Origin};

/// Origins that only a referendum can have, why votes are held, and no calls.
#[frame_support::pallet]
pub mod pallet_origins {
    use frame_support::pallet_prelude::*;

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::composite_enum]
    pub enum HoldReason {
        /// It votes in a referendum, or did, and is not unlocked yet.
        #[codec(index = 0)]
        Vote,
    }

    #[pallet::origin]
    #[derive(
        Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
    )]
    pub enum Origin {
        /// Sets rules, accepts and drops assets.
        #[codec(index = 0)]
        RegistryRules,
        /// Suspends and lifts, and halts new work.
        #[codec(index = 1)]
        Moderation,
        /// Spends a little of the treasury.
        #[codec(index = 2)]
        SmallSpender,
        /// Spends more of the treasury.
        #[codec(index = 3)]
        BigSpender,
        /// Has a call that the technical committee whitelisted run as `Root`.
        #[codec(index = 4)]
        WhitelistedCaller,
        /// Ends a referendum; its deposits are given back.
        #[codec(index = 5)]
        Canceller,
        /// Ends a referendum; its deposits go to the treasury.
        #[codec(index = 6)]
        Killer,
    }
}

impl pallet_origins::Config for Runtime {}

/// Most that one referendum of a spender may spend, in MAI or what counts as as much.
pub const SMALL_SPEND: Balance = 1_000 * MAI;
pub const BIG_SPEND: Balance = 50_000 * MAI;

macro_rules! ensures {
    ($($name:ident)*) => {$(
        #[doc = concat!("`", stringify!($name), "` alone.")]
        pub struct $name;

        impl EnsureOrigin<RuntimeOrigin> for $name {
            type Success = ();

            fn try_origin(origin: RuntimeOrigin) -> Result<(), RuntimeOrigin> {
                match origin.caller() {
                    OriginCaller::Origins(Origin::$name) => Ok(()),
                    _ => Err(origin),
                }
            }

            #[cfg(feature = "runtime-benchmarks")]
            fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
                Ok(Origin::$name.into())
            }
        }
    )*};
}
ensures!(RegistryRules Moderation WhitelistedCaller Canceller Killer);

/// A spender; gives the most that it may spend.
pub struct Spender;

impl EnsureOrigin<RuntimeOrigin> for Spender {
    type Success = Balance;

    fn try_origin(origin: RuntimeOrigin) -> Result<Balance, RuntimeOrigin> {
        match origin.caller() {
            OriginCaller::Origins(Origin::SmallSpender) => Ok(SMALL_SPEND),
            OriginCaller::Origins(Origin::BigSpender) => Ok(BIG_SPEND),
            OriginCaller::system(frame_system::RawOrigin::Root) => Ok(Balance::MAX),
            _ => Err(origin),
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin() -> Result<RuntimeOrigin, ()> {
        Ok(RuntimeOrigin::root())
    }
}

/// `Root`, or the origin of the track for such decisions.
pub type RootOr<Origin> = EitherOf<EnsureRoot<AccountId>, Origin>;
