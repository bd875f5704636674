//! Weights of `pallet_xcm_benchmarks::fungible`. Interim figures, written by hand and above what system
//! chains of this release measure; `scripts/benchmark.sh pallet_xcm_benchmarks::fungible` replaces this
//! file by measured ones.

use super::super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

/// Time in picoseconds, entries read and entries written.
fn weigh<T: frame_system::Config>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(picoseconds, ENTRY.saturating_mul(reads))
        .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> WeightInfo<T> {
    pub fn withdraw_asset() -> Weight {
        weigh::<T>(80_000_000, 6, 5)
    }

    pub fn transfer_asset() -> Weight {
        weigh::<T>(120_000_000, 9, 6)
    }

    pub fn transfer_reserve_asset() -> Weight {
        weigh::<T>(200_000_000, 16, 9)
    }

    pub fn reserve_asset_deposited() -> Weight {
        weigh::<T>(30_000_000, 3, 1)
    }

    pub fn initiate_reserve_withdraw() -> Weight {
        weigh::<T>(120_000_000, 10, 4)
    }

    pub fn deposit_asset() -> Weight {
        weigh::<T>(90_000_000, 6, 4)
    }

    pub fn deposit_reserve_asset() -> Weight {
        weigh::<T>(180_000_000, 14, 7)
    }

    pub fn initiate_transfer() -> Weight {
        weigh::<T>(200_000_000, 14, 7)
    }
}
