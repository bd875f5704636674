//! Weights of `pallet_xcm`. Interim figures, written by hand and above what system chains of this
//! release measure; `scripts/benchmark.sh pallet_xcm` replaces this file by measured ones.

use super::ENTRY;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

pub struct WeightInfo<T>(PhantomData<T>);

/// Time in picoseconds, entries read and entries written.
fn weigh<T: frame_system::Config>(picoseconds: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(picoseconds, ENTRY.saturating_mul(reads))
        .saturating_add(T::DbWeight::get().reads_writes(reads, writes))
}

impl<T: frame_system::Config> pallet_xcm::WeightInfo for WeightInfo<T> {
    fn send() -> Weight {
        weigh::<T>(80_000_000, 6, 3)
    }

    fn teleport_assets() -> Weight {
        weigh::<T>(100_000_000, 5, 2)
    }

    fn reserve_transfer_assets() -> Weight {
        weigh::<T>(300_000_000, 20, 10)
    }

    fn transfer_assets() -> Weight {
        weigh::<T>(300_000_000, 20, 10)
    }

    fn execute() -> Weight {
        weigh::<T>(15_000_000, 1, 0)
    }

    fn force_xcm_version() -> Weight {
        weigh::<T>(15_000_000, 0, 1)
    }

    fn force_default_xcm_version() -> Weight {
        weigh::<T>(10_000_000, 0, 1)
    }

    fn force_subscribe_version_notify() -> Weight {
        weigh::<T>(80_000_000, 9, 5)
    }

    fn force_unsubscribe_version_notify() -> Weight {
        weigh::<T>(80_000_000, 8, 5)
    }

    fn force_suspension() -> Weight {
        weigh::<T>(10_000_000, 0, 1)
    }

    fn migrate_supported_version() -> Weight {
        weigh::<T>(40_000_000, 6, 2)
    }

    fn migrate_version_notifiers() -> Weight {
        weigh::<T>(40_000_000, 6, 2)
    }

    fn already_notified_target() -> Weight {
        weigh::<T>(40_000_000, 7, 0)
    }

    fn notify_current_targets() -> Weight {
        weigh::<T>(80_000_000, 9, 3)
    }

    fn notify_target_migration_fail() -> Weight {
        weigh::<T>(30_000_000, 5, 0)
    }

    fn migrate_version_notify_targets() -> Weight {
        weigh::<T>(40_000_000, 6, 2)
    }

    fn migrate_and_notify_old_targets() -> Weight {
        weigh::<T>(100_000_000, 12, 5)
    }

    fn new_query() -> Weight {
        weigh::<T>(10_000_000, 1, 1)
    }

    fn take_response() -> Weight {
        weigh::<T>(60_000_000, 5, 2)
    }

    fn add_authorized_alias() -> Weight {
        weigh::<T>(100_000_000, 5, 2)
    }

    fn remove_authorized_alias() -> Weight {
        weigh::<T>(100_000_000, 5, 2)
    }

    fn claim_assets(n: u32) -> Weight {
        weigh::<T>(50_000_000, 2, 1)
            .saturating_add(weigh::<T>(100_000_000, 8, 5).saturating_mul(n.into()))
    }

    fn weigh_message(n: u32) -> Weight {
        weigh::<T>(20_000_000, 0, 0)
            .saturating_add(weigh::<T>(20_000, 0, 0).saturating_mul(n.into()))
    }

    fn decode_xcm(n: u32) -> Weight {
        weigh::<T>(10_000_000, 0, 0)
            .saturating_add(weigh::<T>(10_000, 0, 0).saturating_mul(n.into()))
    }
}
