//! Weights of `pallet_foreign_assets`, as scripts/benchmark.sh measured them with 20 steps of
//! 10 repetitions on AMD EPYC. Not written by hand.

use super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_foreign_assets::WeightInfo for WeightInfo<T> {
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ForeignAssets::AssetOf` (r:1 w:1)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:1)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `Assets::Metadata` (r:1 w:1)
    // Proof: `Assets::Metadata` (`max_values`: None, `max_size`: Some(140), added: 2615, mode: `MaxEncodedLen`)
    // Storage: `ForeignAssets::Foreign` (r:0 w:1)
    // Proof: `ForeignAssets::Foreign` (`max_values`: None, `max_size`: Some(1208), added: 3683, mode: `MaxEncodedLen`)
    fn register() -> Weight {
        Weight::from_parts(34_622_000, 4087)
            .saturating_add(T::DbWeight::get().reads(4))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(4))
            .saturating_add(T::DbWeight::get().writes(4))
    }
    // Storage: `ParachainInfo::ParachainId` (r:1 w:0)
    // Proof: `ParachainInfo::ParachainId` (`max_values`: Some(1), `max_size`: Some(4), added: 499, mode: `MaxEncodedLen`)
    // Storage: `ForeignAssets::Foreign` (r:1 w:1)
    // Proof: `ForeignAssets::Foreign` (`max_values`: None, `max_size`: Some(1208), added: 3683, mode: `MaxEncodedLen`)
    fn set_reserve() -> Weight {
        Weight::from_parts(15_273_000, 4673)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
            .saturating_add(T::DbWeight::get().writes(1))
    }
    // Storage: `ForeignAssets::Foreign` (r:1 w:1)
    // Proof: `ForeignAssets::Foreign` (`max_values`: None, `max_size`: Some(1208), added: 3683, mode: `MaxEncodedLen`)
    // Storage: `Assets::Asset` (r:1 w:0)
    // Proof: `Assets::Asset` (`max_values`: None, `max_size`: Some(210), added: 2685, mode: `MaxEncodedLen`)
    // Storage: `ForeignAssets::AssetOf` (r:0 w:1)
    // Proof: `ForeignAssets::AssetOf` (`max_values`: None, `max_size`: Some(622), added: 3097, mode: `MaxEncodedLen`)
    fn deregister() -> Weight {
        Weight::from_parts(18_057_000, 4673)
            .saturating_add(T::DbWeight::get().reads(2))
            .saturating_add(Weight::from_parts(0, ENTRY).saturating_mul(2))
            .saturating_add(T::DbWeight::get().writes(2))
    }
}
