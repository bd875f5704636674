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
    /// `b` bases and `d` datasets.
    fn publish_version(b: u32, d: u32) -> Weight;
    fn set_price() -> Weight;
    fn retire_version() -> Weight;
    fn remove_version() -> Weight;
    fn approve_derivative() -> Weight;
    fn withdraw_derivative_approval() -> Weight;
    fn set_rule() -> Weight;
    fn cancel_transfer() -> Weight;
    fn assume_deposit() -> Weight;
    fn request_approval() -> Weight;
    fn approve() -> Weight;
    fn withdraw_approval() -> Weight;
    fn suspend() -> Weight;
    fn lift() -> Weight;
    fn halt_new_work() -> Weight;
    fn resume_new_work() -> Weight;
    fn clear_suspension() -> Weight;
}

/// Conservative figures for mocks: reads, writes and the sizes of the values they prove.
impl WeightInfo for () {
    fn register_model() -> Weight {
        figure(4, 4, 10_000)
    }
    fn transfer_ownership() -> Weight {
        figure(1, 1, 5_000)
    }
    fn accept_ownership() -> Weight {
        figure(5, 5, 16_000)
    }
    fn set_metadata() -> Weight {
        figure(2, 2, 8_000)
    }
    fn withdraw() -> Weight {
        figure(6, 6, 20_000)
    }
    fn remove_model() -> Weight {
        figure(5, 5, 16_000)
    }
    fn publish_version(b: u32, d: u32) -> Weight {
        let (bases, datasets) = (u64::from(b), u64::from(d));
        figure(20, 14, 90_000)
            .saturating_add(figure(8, 4, 30_000).saturating_mul(bases))
            .saturating_add(figure(9, 4, 30_000).saturating_mul(datasets))
    }
    fn set_price() -> Weight {
        figure(4, 2, 18_000)
    }
    fn retire_version() -> Weight {
        figure(3, 2, 10_000)
    }
    fn remove_version() -> Weight {
        figure(61, 60, 224_000)
    }
    fn approve_derivative() -> Weight {
        figure(6, 3, 25_000)
    }
    fn withdraw_derivative_approval() -> Weight {
        figure(5, 3, 20_000)
    }
    fn set_rule() -> Weight {
        figure(1, 2, 6_000)
    }
    fn cancel_transfer() -> Weight {
        figure(1, 1, 5_000)
    }
    fn assume_deposit() -> Weight {
        figure(6, 5, 32_000)
    }
    fn request_approval() -> Weight {
        figure(4, 2, 18_000)
    }
    fn approve() -> Weight {
        figure(6, 3, 25_000)
    }
    fn withdraw_approval() -> Weight {
        figure(6, 3, 25_000)
    }
    fn suspend() -> Weight {
        figure(5, 3, 20_000)
    }
    fn lift() -> Weight {
        figure(2, 2, 8_000)
    }
    fn halt_new_work() -> Weight {
        figure(1, 1, 5_000)
    }
    fn resume_new_work() -> Weight {
        figure(1, 1, 5_000)
    }
    fn clear_suspension() -> Weight {
        figure(2, 2, 8_000)
    }
}

fn figure(reads: u64, writes: u64, proof: u64) -> Weight {
    RocksDbWeight::get()
        .reads_writes(reads, writes)
        .saturating_add(Weight::from_parts(20_000_000, proof))
}
