//! What the calls cost.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// The weight of each call, in its worst case.
pub trait WeightInfo {
    fn register_model() -> Weight;
    fn transfer_ownership() -> Weight;
    fn accept_ownership() -> Weight;
    fn set_metadata() -> Weight;
    fn withdraw() -> Weight;
    fn remove_model() -> Weight;
    /// `b` bases, `g` grants, and 8 binding ancestors that are no bases.
    fn publish_version(b: u32, g: u32) -> Weight;
    fn set_price() -> Weight;
    fn retire_version() -> Weight;
    fn remove_version() -> Weight;
    fn approve_derivative() -> Weight;
    fn withdraw_approval() -> Weight;
    fn set_rule() -> Weight;
    fn cancel_transfer() -> Weight;
}

/// Conservative figures for mocks: reads, writes and the sizes of the values they prove.
impl WeightInfo for () {
    fn register_model() -> Weight {
        figure(3, 3, 8_000)
    }
    fn transfer_ownership() -> Weight {
        figure(1, 1, 5_000)
    }
    fn accept_ownership() -> Weight {
        figure(3, 3, 11_000)
    }
    fn set_metadata() -> Weight {
        figure(2, 2, 8_000)
    }
    fn withdraw() -> Weight {
        figure(6, 5, 20_000)
    }
    fn remove_model() -> Weight {
        figure(4, 4, 14_000)
    }
    fn publish_version(b: u32, g: u32) -> Weight {
        let (base, grant) = (u64::from(b), u64::from(g));
        figure(18, 12, 90_000)
            .saturating_add(figure(6, 2, 18_000).saturating_mul(base))
            .saturating_add(figure(3, 1, 9_000).saturating_mul(grant))
    }
    fn set_price() -> Weight {
        figure(4, 1, 15_000)
    }
    fn retire_version() -> Weight {
        figure(2, 1, 8_000)
    }
    fn remove_version() -> Weight {
        figure(40, 40, 160_000)
    }
    fn approve_derivative() -> Weight {
        figure(6, 2, 22_000)
    }
    fn withdraw_approval() -> Weight {
        figure(5, 2, 18_000)
    }
    fn set_rule() -> Weight {
        figure(2, 2, 6_000)
    }
    fn cancel_transfer() -> Weight {
        figure(1, 1, 5_000)
    }
}

fn figure(reads: u64, writes: u64, proof: u64) -> Weight {
    RocksDbWeight::get()
        .reads_writes(reads, writes)
        .saturating_add(Weight::from_parts(20_000_000, proof))
}
