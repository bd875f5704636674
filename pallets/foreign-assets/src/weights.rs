//! What the calls weigh. `()` has conservative figures for tests and for a runtime without
//! benchmarks of its own.

use frame_support::weights::{constants::RocksDbWeight, Weight};

pub trait WeightInfo {
    fn register() -> Weight;
    fn set_reserve() -> Weight;
    fn deregister() -> Weight;
}

/// Time in picoseconds of computing alone, then reads and writes, each read with some 4 KiB of
/// proof.
fn weigh(picoseconds: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(picoseconds, 4_096u64.saturating_mul(reads))
        .saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
    fn register() -> Weight {
        // Both rows here, the asset and its metadata there.
        weigh(80_000_000, 5, 4)
    }

    fn set_reserve() -> Weight {
        weigh(20_000_000, 1, 1)
    }

    fn deregister() -> Weight {
        weigh(30_000_000, 3, 2)
    }
}
