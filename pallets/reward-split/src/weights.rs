//! What the calls weigh. `()` has conservative figures for tests and for a runtime without
//! benchmarks of its own.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// `s` shares, `n` claims, `a` assets in which a split received.
pub trait WeightInfo {
    fn create_split(s: u32) -> Weight;
    fn claim() -> Weight;
    fn claim_many(n: u32) -> Weight;
    fn remove_split(s: u32, a: u32) -> Weight;
    fn set_network_shares(s: u32) -> Weight;
    fn pay_out() -> Weight;
    /// Of a network's cut in the token, which earns credit.
    fn pay_out_cut() -> Weight;
    fn accept_asset() -> Weight;
    fn drop_asset() -> Weight;
    fn sweep_surplus() -> Weight;
    fn claim_issuance() -> Weight;
    /// A block's author is paid.
    fn pay_author() -> Weight;
    /// Looking at the oldest credit, and removing it.
    fn forget_credit() -> Weight;
    /// What each block does at its end, at most: writes the clock, mints, and ends an epoch.
    fn on_finalize() -> Weight;
}

/// Time in picoseconds and proof in bytes of computing alone, then reads and writes, each read
/// with some 4 KiB of proof.
fn weigh(picoseconds: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(picoseconds, 4_096u64.saturating_mul(reads))
        .saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
}

impl WeightInfo for () {
    fn create_split(s: u32) -> Weight {
        // Each share may name a split: its record and its count; and it is in the index.
        weigh(50_000_000, 4, 4).saturating_add(weigh(4_000_000, 2, 2).saturating_mul(s.into()))
    }

    fn claim() -> Weight {
        // Split, ledger, owner, whether it is frozen; in an asset also its details, both accounts and
        // their holds.
        weigh(150_000_000, 18, 12)
    }

    fn claim_many(n: u32) -> Weight {
        weigh(10_000_000, 0, 0).saturating_add(Self::claim().saturating_mul(n.into()))
    }

    fn remove_split(s: u32, a: u32) -> Weight {
        weigh(60_000_000, 6, 5)
            .saturating_add(weigh(4_000_000, 1, 2).saturating_mul(s.into()))
            .saturating_add(weigh(8_000_000, 3, 3).saturating_mul(a.into()))
    }

    fn set_network_shares(s: u32) -> Weight {
        weigh(50_000_000, 4, 4).saturating_add(weigh(2_000_000, 0, 1).saturating_mul(s.into()))
    }

    fn pay_out() -> Weight {
        // The debt, its total and the split's count; both accounts and their holds.
        weigh(150_000_000, 20, 17)
    }

    fn accept_asset() -> Weight {
        weigh(150_000_000, 14, 12)
    }

    fn drop_asset() -> Weight {
        // The pin comes off: the vault's account in the asset and its holds.
        weigh(60_000_000, 7, 6)
    }

    fn sweep_surplus() -> Weight {
        weigh(120_000_000, 12, 8)
    }

    fn pay_out_cut() -> Weight {
        weigh(150_000_000, 20, 17)
    }

    fn claim_issuance() -> Weight {
        // The epoch, the credit, a worker's row or record; both accounts and the vault's holds.
        weigh(100_000_000, 9, 7)
    }

    fn pay_author() -> Weight {
        weigh(60_000_000, 4, 4)
    }

    fn forget_credit() -> Weight {
        weigh(10_000_000, 2, 1)
    }

    fn on_finalize() -> Weight {
        // Clock, issuance, epochs, the network's income; vault and its holds, treasury, total.
        weigh(150_000_000, 14, 11)
    }
}
