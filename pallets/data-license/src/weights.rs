//! What the calls cost.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// The weight of each call, in its worst case.
pub trait WeightInfo {
    fn register_dataset() -> Weight;
    fn set_terms() -> Weight;
    fn set_metadata() -> Weight;
    fn close_dataset() -> Weight;
    fn reopen_dataset() -> Weight;
    fn transfer_ownership() -> Weight;
    fn accept_ownership() -> Weight;
    fn cancel_transfer() -> Weight;
    fn remove_dataset() -> Weight;
    fn acquire() -> Weight;
    fn approve() -> Weight;
    fn reject() -> Weight;
    fn withdraw() -> Weight;
    fn renew() -> Weight;
    fn revoke() -> Weight;
    fn move_version() -> Weight;
    fn approve_owner() -> Weight;
    fn remove_grant() -> Weight;
    fn vest() -> Weight;
    /// Of `n` grants.
    fn vest_many(n: u32) -> Weight;
    /// Of `n` versions.
    fn detach_versions(n: u32) -> Weight;
}

/// Conservative figures for mocks: reads, writes and the sizes of the values they prove.
impl WeightInfo for () {
    fn register_dataset() -> Weight {
        figure(10, 10, 30_000)
    }
    fn set_terms() -> Weight {
        figure(10, 3, 32_000)
    }
    fn set_metadata() -> Weight {
        figure(3, 3, 16_000)
    }
    fn close_dataset() -> Weight {
        figure(1, 1, 5_000)
    }
    fn reopen_dataset() -> Weight {
        figure(1, 1, 5_000)
    }
    fn transfer_ownership() -> Weight {
        figure(1, 1, 5_000)
    }
    fn accept_ownership() -> Weight {
        figure(6, 7, 20_000)
    }
    fn cancel_transfer() -> Weight {
        figure(1, 1, 5_000)
    }
    fn remove_dataset() -> Weight {
        figure(12, 12, 40_000)
    }
    fn acquire() -> Weight {
        figure(26, 18, 90_000)
    }
    fn approve() -> Weight {
        figure(28, 18, 94_000)
    }
    fn reject() -> Weight {
        figure(12, 9, 44_000)
    }
    fn withdraw() -> Weight {
        figure(13, 9, 46_000)
    }
    fn renew() -> Weight {
        figure(20, 12, 70_000)
    }
    fn revoke() -> Weight {
        figure(8, 6, 36_000)
    }
    fn move_version() -> Weight {
        figure(12, 5, 48_000)
    }
    fn approve_owner() -> Weight {
        figure(4, 2, 22_000)
    }
    fn remove_grant() -> Weight {
        figure(30, 24, 100_000)
    }
    fn vest() -> Weight {
        figure(22, 18, 80_000)
    }
    fn vest_many(n: u32) -> Weight {
        figure(0, 0, 1_000).saturating_add(Self::vest().saturating_mul(n.into()))
    }
    fn detach_versions(n: u32) -> Weight {
        figure(4, 1, 20_000).saturating_add(figure(4, 2, 16_000).saturating_mul(n.into()))
    }
}

fn figure(reads: u64, writes: u64, proof: u64) -> Weight {
    RocksDbWeight::get()
        .reads_writes(reads, writes)
        .saturating_add(Weight::from_parts(40_000_000, proof))
}
