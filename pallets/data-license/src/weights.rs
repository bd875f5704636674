//! Weights of the calls. `()` has careful estimates for use before a runtime has measured its
//! own: reads and writes of this pallet, of the accounts and of the pallets that it asks.

use frame_support::weights::{constants::RocksDbWeight, Weight};

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
    fn remove_grant() -> Weight;
    fn vest() -> Weight;
    /// `g`: grants.
    fn vest_many(g: u32) -> Weight;
}

/// 60 µs of computing, the database, and 4 KiB of proof for each read.
fn cost(reads: u64, writes: u64) -> Weight {
    Weight::from_parts(60_000_000, reads.saturating_mul(4_096))
        .saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
    fn register_dataset() -> Weight {
        cost(10, 10)
    }
    fn set_terms() -> Weight {
        cost(6, 3)
    }
    fn set_metadata() -> Weight {
        cost(1, 1)
    }
    fn close_dataset() -> Weight {
        cost(1, 1)
    }
    fn reopen_dataset() -> Weight {
        cost(1, 1)
    }
    fn transfer_ownership() -> Weight {
        cost(1, 1)
    }
    fn accept_ownership() -> Weight {
        cost(5, 5)
    }
    fn cancel_transfer() -> Weight {
        cost(1, 1)
    }
    fn remove_dataset() -> Weight {
        cost(10, 10)
    }
    fn acquire() -> Weight {
        cost(22, 16)
    }
    fn approve() -> Weight {
        cost(18, 14)
    }
    fn reject() -> Weight {
        cost(14, 9)
    }
    fn withdraw() -> Weight {
        cost(15, 9)
    }
    fn renew() -> Weight {
        cost(22, 14)
    }
    fn revoke() -> Weight {
        cost(16, 12)
    }
    fn move_version() -> Weight {
        cost(24, 18)
    }
    fn remove_grant() -> Weight {
        cost(7, 7)
    }
    fn vest() -> Weight {
        cost(16, 12)
    }
    fn vest_many(g: u32) -> Weight {
        cost(16, 12).saturating_mul(g.into())
    }
}
