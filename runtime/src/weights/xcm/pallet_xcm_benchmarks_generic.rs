//! Weights of `pallet_xcm_benchmarks::generic`. Interim figures, written by hand and above what system
//! chains of this release measure; `scripts/benchmark.sh pallet_xcm_benchmarks::generic` replaces this
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
    pub fn alias_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn asset_claimer() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn burn_asset() -> Weight {
        weigh::<T>(30_000_000, 1, 1)
    }

    pub fn buy_execution() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub fn claim_asset() -> Weight {
        weigh::<T>(50_000_000, 5, 2)
    }

    pub fn clear_error() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn clear_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn clear_topic() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn clear_transact_status() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn descend_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn expect_asset() -> Weight {
        weigh::<T>(15_000_000, 0, 0)
    }

    pub fn expect_error() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn expect_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn expect_pallet() -> Weight {
        weigh::<T>(15_000_000, 0, 0)
    }

    pub fn expect_transact_status() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn pay_fees() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub fn query_pallet() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub fn query_response() -> Weight {
        weigh::<T>(20_000_000, 1, 1)
    }

    pub fn refund_surplus() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub fn report_error() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub fn report_holding() -> Weight {
        weigh::<T>(90_000_000, 8, 3)
    }

    pub fn report_transact_status() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub fn set_appendix() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn set_error_handler() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn set_fees_mode() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn set_topic() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn subscribe_version() -> Weight {
        weigh::<T>(60_000_000, 6, 3)
    }

    pub fn transact() -> Weight {
        weigh::<T>(30_000_000, 2, 1)
    }

    pub fn trap() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn unpaid_execution() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub fn unsubscribe_version() -> Weight {
        weigh::<T>(15_000_000, 0, 1)
    }
}
