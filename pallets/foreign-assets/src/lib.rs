//! # Assets of other chains
//!
//! Where each asset of another chain comes from, and what it is called here.
//!
//! Words: an asset's **location** says which asset it is, as seen from this chain (the relay
//! chain's token is `../Here`); its **reserve** is the chain that keeps the units behind ours, the
//! only one that we believe when it says that units were sent here. Its **id** is what
//! `pallet-assets`, prices and fees call it.
//!
//! Governance registers an asset, which makes it in `pallet-assets`: sufficient, so that whoever has
//! it needs no token, and owned by the account of this pallet, which nobody has a key of. So units
//! come into being and go by messages between chains alone.
//!
//! Ids from [`FIRST_ID`] on are kept for such assets: [`LocalIds`] refuses them to everybody else, so
//! that nobody can take one before governance does. Governance names the id, so that one proposal may
//! register an asset, accept it and set its rate.
//!
//! Prices in an asset need it to be accepted, too, and fees in it a rate: neither is decided here.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
mod try_state;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use core::marker::PhantomData;
use frame_support::{
    dispatch::{DispatchResult, RawOrigin},
    ensure,
    traits::{
        fungibles::{Create, Inspect},
        ContainsPair, EnsureOrigin, EnsureOriginWithArg, Get,
    },
    BoundedVec,
};
use myai_primitives::Balance;
use sp_runtime::traits::{AccountIdConversion, MaybeEquivalence};
use staging_xcm::latest::{Asset as XcmAsset, Junction::Parachain, Location};

/// The first id that an asset of another chain may have.
pub const FIRST_ID: u32 = 1_000_000_000;

type Text<T> = BoundedVec<u8, <T as pallet_assets::Config>::StringLimit>;

#[frame_support::pallet]
pub mod pallet {
    use super::*;
    use alloc::{boxed::Box, vec::Vec};
    use frame_support::{dispatch::DispatchResult, pallet_prelude::*, PalletId};
    use frame_system::pallet_prelude::*;

    #[pallet::config]
    pub trait Config:
        frame_system::Config + pallet_assets::Config<AssetId = u32, Balance = Balance>
    {
        /// Who registers assets.
        type RegistryOrigin: EnsureOrigin<Self::RuntimeOrigin>;
        /// This chain, as its relay chain's other parachains see it.
        type SelfLocation: Get<Location>;
        /// Whose account owns the assets.
        type PalletId: Get<PalletId>;
        type WeightInfo: WeightInfo;
    }

    /// Where an asset comes from.
    #[derive(
        Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
    )]
    pub struct ForeignAsset {
        /// Which asset it is, as seen from this chain.
        pub location: Location,
        /// The chain that keeps the units behind ours.
        pub reserve: Location,
    }

    #[pallet::pallet]
    pub struct Pallet<T>(_);

    /// The asset of an id; deleted when it is deregistered.
    #[pallet::storage]
    pub type Foreign<T: Config> = StorageMap<_, Identity, u32, ForeignAsset>;

    /// The id of a location; deleted with the asset.
    #[pallet::storage]
    pub type AssetOf<T: Config> = StorageMap<_, Blake2_128Concat, Location, u32>;

    /// Id, location, reserve, name, symbol, decimals, least balance.
    pub type GenesisAsset = (u32, Location, Location, Vec<u8>, Vec<u8>, u8, Balance);

    #[pallet::genesis_config]
    #[derive(frame_support::DefaultNoBound)]
    pub struct GenesisConfig<T: Config> {
        /// Assets that the chain knows from the start.
        pub assets: Vec<GenesisAsset>,
        #[serde(skip)]
        pub _config: PhantomData<T>,
    }

    #[pallet::genesis_build]
    impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
        fn build(&self) {
            for (id, location, reserve, name, symbol, decimals, min_balance) in self.assets.clone()
            {
                let asset = ForeignAsset { location, reserve };
                let texts = (
                    Text::<T>::truncate_from(name),
                    Text::<T>::truncate_from(symbol),
                );
                let made = Pallet::<T>::do_register(id, asset, texts, decimals, min_balance);
                assert!(
                    made.is_ok(),
                    "an asset of the genesis cannot be registered: {made:?}"
                );
            }
        }
    }

    #[pallet::event]
    #[pallet::generate_deposit(pub(super) fn deposit_event)]
    pub enum Event<T: Config> {
        /// An asset of another chain is known here by an id.
        #[codec(index = 0)]
        Registered {
            /// Its id.
            asset: u32,
            /// Which asset it is.
            location: Location,
            /// The chain that keeps the units behind ours.
            reserve: Location,
        },
        /// Another chain keeps the units behind ours from now on.
        #[codec(index = 1)]
        ReserveSet {
            /// Its id.
            asset: u32,
            /// The chain that keeps the units from now on.
            reserve: Location,
        },
        /// An asset of another chain is not known here any longer.
        #[codec(index = 2)]
        Deregistered {
            /// The id that it had.
            asset: u32,
            /// Which asset it was.
            location: Location,
        },
    }

    #[pallet::error]
    pub enum Error<T> {
        /// Ids of assets of other chains begin at 1,000,000,000.
        #[codec(index = 0)]
        IdBelowFirst,
        /// The location has an id already.
        #[codec(index = 1)]
        LocationTaken,
        /// The location is on this chain.
        #[codec(index = 2)]
        LocationNotForeign,
        /// A reserve is the relay chain or another of its parachains.
        #[codec(index = 3)]
        ReserveNotAChain,
        /// No asset is registered by this id.
        #[codec(index = 4)]
        AssetNotFound,
        /// Somebody has units of the asset.
        #[codec(index = 5)]
        SupplyNotZero,
    }

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Makes an asset of another chain known here: creates it by `id` in `pallet-assets`,
        /// sufficient, with its name, symbol, decimals and least balance, owned by nobody.
        ///
        /// For the registry's governance. Errors: `IdBelowFirst`, `LocationTaken`,
        /// `LocationNotForeign`, `ReserveNotAChain`; `pallet-assets` refuses an id that is in use
        /// (`InUse`) and a least balance of 0 (`MinBalanceZero`). Event: `Registered`.
        #[pallet::call_index(0)]
        #[pallet::weight(<T as Config>::WeightInfo::register())]
        pub fn register(
            origin: OriginFor<T>,
            id: u32,
            asset: Box<ForeignAsset>,
            name: Text<T>,
            symbol: Text<T>,
            decimals: u8,
            min_balance: Balance,
        ) -> DispatchResult {
            T::RegistryOrigin::ensure_origin(origin)?;
            Self::do_register(id, *asset, (name, symbol), decimals, min_balance)
        }

        /// Says which chain keeps the units behind ours from now on. Units that were sent here lie in
        /// our account at the old one: they must be moved with it, or nobody can send them back.
        ///
        /// For the registry's governance. Errors: `AssetNotFound`, `ReserveNotAChain`. Event:
        /// `ReserveSet`.
        #[pallet::call_index(1)]
        #[pallet::weight(<T as Config>::WeightInfo::set_reserve())]
        pub fn set_reserve(
            origin: OriginFor<T>,
            id: u32,
            reserve: Box<Location>,
        ) -> DispatchResult {
            T::RegistryOrigin::ensure_origin(origin)?;
            Self::do_set_reserve(id, *reserve)
        }

        /// Makes an asset unknown of which nobody has a unit. Its id is not used again; its location
        /// may be registered by another.
        ///
        /// For the registry's governance. Errors: `AssetNotFound`, `SupplyNotZero`. Event:
        /// `Deregistered`.
        #[pallet::call_index(2)]
        #[pallet::weight(<T as Config>::WeightInfo::deregister())]
        pub fn deregister(origin: OriginFor<T>, id: u32) -> DispatchResult {
            T::RegistryOrigin::ensure_origin(origin)?;
            Self::do_deregister(id)
        }
    }

    #[pallet::hooks]
    impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
        #[cfg(feature = "try-runtime")]
        fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
            Self::do_try_state()
        }
    }
}

impl<T: Config> Pallet<T> {
    /// Owns every asset that is registered. Nobody has a key of it.
    pub fn owner() -> T::AccountId {
        T::PalletId::get().into_account_truncating()
    }

    fn do_register(
        id: u32,
        asset: ForeignAsset,
        (name, symbol): (Text<T>, Text<T>),
        decimals: u8,
        min_balance: Balance,
    ) -> DispatchResult {
        let ForeignAsset { location, reserve } = &asset;
        ensure!(id >= FIRST_ID, Error::<T>::IdBelowFirst);
        ensure!(Self::is_foreign(location), Error::<T>::LocationNotForeign);
        ensure!(Self::is_chain(reserve), Error::<T>::ReserveNotAChain);
        ensure!(
            !AssetOf::<T>::contains_key(location),
            Error::<T>::LocationTaken
        );
        <pallet_assets::Pallet<T> as Create<_>>::create(id, Self::owner(), true, min_balance)?;
        // The owner has no money to leave a deposit for the name, so it is set as Root sets it.
        pallet_assets::Pallet::<T>::force_set_metadata(
            RawOrigin::Root.into(),
            id.into(),
            name.into_inner(),
            symbol.into_inner(),
            decimals,
            false,
        )?;
        let ForeignAsset { location, reserve } = asset.clone();
        AssetOf::<T>::insert(&location, id);
        Foreign::<T>::insert(id, asset);
        Self::deposit_event(Event::Registered {
            asset: id,
            location,
            reserve,
        });
        Ok(())
    }

    fn do_set_reserve(id: u32, reserve: Location) -> DispatchResult {
        ensure!(Self::is_chain(&reserve), Error::<T>::ReserveNotAChain);
        Foreign::<T>::try_mutate(id, |row| {
            let asset = row.as_mut().ok_or(Error::<T>::AssetNotFound)?;
            asset.reserve = reserve.clone();
            Self::deposit_event(Event::ReserveSet { asset: id, reserve });
            Ok(())
        })
    }

    fn do_deregister(id: u32) -> DispatchResult {
        let asset = Foreign::<T>::get(id).ok_or(Error::<T>::AssetNotFound)?;
        ensure!(
            <pallet_assets::Pallet<T> as Inspect<_>>::total_issuance(id) == 0,
            Error::<T>::SupplyNotZero
        );
        AssetOf::<T>::remove(&asset.location);
        Foreign::<T>::remove(id);
        Self::deposit_event(Event::Deregistered {
            asset: id,
            location: asset.location,
        });
        Ok(())
    }

    /// Whether a location is on another chain, however it is written.
    fn is_foreign(location: &Location) -> bool {
        location.parents > 0 && !location.starts_with(&T::SelfLocation::get())
    }

    fn is_chain(location: &Location) -> bool {
        matches!(location.unpack(), (1, []) | (1, [Parachain(_)]))
            && *location != T::SelfLocation::get()
    }
}

/// Ids and locations of assets of other chains, one for the other.
impl<T: Config> MaybeEquivalence<Location, u32> for Pallet<T> {
    fn convert(location: &Location) -> Option<u32> {
        AssetOf::<T>::get(location)
    }

    fn convert_back(id: &u32) -> Option<Location> {
        Foreign::<T>::get(id).map(|asset| asset.location)
    }
}

/// Whether that chain is the asset's reserve.
impl<T: Config> ContainsPair<XcmAsset, Location> for Pallet<T> {
    fn contains(asset: &XcmAsset, origin: &Location) -> bool {
        AssetOf::<T>::get(&asset.id.0)
            .and_then(Foreign::<T>::get)
            .is_some_and(|asset| asset.reserve == *origin)
    }
}

/// Lets those through whom `Ensure` lets through, but to no id that is kept for assets of other
/// chains.
pub struct LocalIds<Ensure>(PhantomData<Ensure>);

impl<Origin, Ensure: EnsureOrigin<Origin>> EnsureOriginWithArg<Origin, u32> for LocalIds<Ensure> {
    type Success = Ensure::Success;

    fn try_origin(origin: Origin, id: &u32) -> Result<Self::Success, Origin> {
        if *id >= FIRST_ID {
            return Err(origin);
        }
        Ensure::try_origin(origin)
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn try_successful_origin(id: &u32) -> Result<Origin, ()> {
        if *id >= FIRST_ID {
            return Err(());
        }
        Ensure::try_successful_origin()
    }
}
