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
    pub(crate) fn asset_claimer() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn burn_asset() -> Weight {
        weigh::<T>(30_000_000, 1, 1)
    }

    pub(crate) fn buy_execution() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub(crate) fn claim_asset() -> Weight {
        weigh::<T>(50_000_000, 5, 2)
    }

    pub(crate) fn clear_error() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn clear_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn clear_topic() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn clear_transact_status() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn descend_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn expect_asset() -> Weight {
        weigh::<T>(15_000_000, 0, 0)
    }

    pub(crate) fn expect_error() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn expect_origin() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn expect_pallet() -> Weight {
        weigh::<T>(15_000_000, 0, 0)
    }

    pub(crate) fn expect_transact_status() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn pay_fees() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub(crate) fn query_pallet() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub(crate) fn query_response() -> Weight {
        weigh::<T>(20_000_000, 1, 1)
    }

    pub(crate) fn refund_surplus() -> Weight {
        weigh::<T>(20_000_000, 4, 0)
    }

    pub(crate) fn report_error() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub(crate) fn report_holding() -> Weight {
        weigh::<T>(90_000_000, 8, 3)
    }

    pub(crate) fn report_transact_status() -> Weight {
        weigh::<T>(80_000_000, 8, 3)
    }

    pub(crate) fn set_appendix() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn set_error_handler() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn set_fees_mode() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn set_topic() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn subscribe_version() -> Weight {
        weigh::<T>(60_000_000, 6, 3)
    }

    pub(crate) fn transact() -> Weight {
        weigh::<T>(30_000_000, 2, 1)
    }

    pub(crate) fn trap() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn unpaid_execution() -> Weight {
        weigh::<T>(5_000_000, 0, 0)
    }

    pub(crate) fn unsubscribe_version() -> Weight {
        weigh::<T>(15_000_000, 0, 1)
    }
}
