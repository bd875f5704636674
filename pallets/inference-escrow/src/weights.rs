//! What each call may cost. The runtime has generated figures; `()` has conservative ones.

use frame_support::weights::{constants::RocksDbWeight, Weight};

/// One function per call, and one for each step that a hook or the extension meters.
pub trait WeightInfo {
    fn register_worker() -> Weight;
    fn update_worker() -> Weight;
    fn set_offer() -> Weight;
    fn remove_offer() -> Weight;
    fn pause() -> Weight;
    fn resume() -> Weight;
    fn bond_more() -> Weight;
    fn withdraw_bond() -> Weight;
    fn leave() -> Weight;
    fn clear_offer() -> Weight;
    /// In another asset than the token, with an uploader, of a version that lives by so many grants,
    /// with so many approvals looked for, rows of ended jobs removed, and suspensions looked at.
    fn open_job(lives_by: u32, approvals: u32, removed: u32, suspensions: u32) -> Weight;
    /// In the token, without an uploader.
    fn open_job_native(lives_by: u32, approvals: u32, removed: u32, suspensions: u32) -> Weight;
    /// In another asset than the token, with an uploader.
    fn attest() -> Weight;
    /// In the token, without an uploader, to the payout account.
    fn attest_native() -> Weight;
    /// As [`Self::attest_native`], the first of an epoch for the version's split and for the worker:
    /// what both earned in the last one gets rows of its own.
    fn attest_first() -> Weight;
    fn decline() -> Weight;
    fn expire() -> Weight;
    /// Looking for where a cursor stands, and writing where it stands then.
    fn sweep_look() -> Weight;
    /// Going to the next row and looking at it.
    fn sweep_pass() -> Weight;
    /// Ending a job whose deadline has passed, beside [`Self::sweep_pass`].
    fn sweep_end() -> Weight;
    /// Going to the next row and removing it, of an ended job.
    fn sweep_remove() -> Weight;
    /// The transaction extension, for a call that ends a job, beside what the call itself reads.
    fn check_job_calls() -> Weight;
}

fn about(micros: u64, reads: u64, writes: u64) -> Weight {
    Weight::from_parts(
        micros.saturating_mul(1_000_000),
        reads.saturating_mul(4_000),
    )
    .saturating_add(RocksDbWeight::get().reads_writes(reads, writes))
}

fn more(lives_by: u32, approvals: u32, removed: u32, suspensions: u32) -> Weight {
    about(10, 3, 0)
        .saturating_mul(lives_by.into())
        .saturating_add(about(5, 1, 0).saturating_mul(approvals.into()))
        .saturating_add(about(20, 2, 2).saturating_mul(removed.into()))
        .saturating_add(about(5, 1, 0).saturating_mul(suspensions.into()))
}

impl WeightInfo for () {
    fn register_worker() -> Weight {
        about(80, 9, 6)
    }
    fn update_worker() -> Weight {
        about(40, 4, 4)
    }
    fn set_offer() -> Weight {
        about(80, 14, 8)
    }
    fn remove_offer() -> Weight {
        about(60, 7, 7)
    }
    fn pause() -> Weight {
        about(20, 3, 2)
    }
    fn resume() -> Weight {
        about(20, 3, 2)
    }
    fn bond_more() -> Weight {
        about(60, 8, 5)
    }
    fn withdraw_bond() -> Weight {
        about(60, 8, 5)
    }
    fn leave() -> Weight {
        about(80, 7, 6)
    }
    fn clear_offer() -> Weight {
        about(60, 8, 7)
    }
    fn open_job(lives_by: u32, approvals: u32, removed: u32, suspensions: u32) -> Weight {
        about(150, 24, 14).saturating_add(more(lives_by, approvals, removed, suspensions))
    }
    fn open_job_native(lives_by: u32, approvals: u32, removed: u32, suspensions: u32) -> Weight {
        about(80, 16, 8).saturating_add(more(lives_by, approvals, removed, suspensions))
    }
    fn attest() -> Weight {
        about(250, 45, 28)
    }
    fn attest_native() -> Weight {
        about(150, 26, 16)
    }
    fn attest_first() -> Weight {
        about(170, 28, 18)
    }
    fn decline() -> Weight {
        about(120, 22, 14)
    }
    fn expire() -> Weight {
        about(120, 22, 14)
    }
    fn sweep_look() -> Weight {
        about(10, 4, 0)
    }
    fn sweep_pass() -> Weight {
        about(5, 2, 0)
    }
    fn sweep_end() -> Weight {
        about(120, 22, 14)
    }
    fn sweep_remove() -> Weight {
        about(20, 2, 2)
    }
    fn check_job_calls() -> Weight {
        about(15, 5, 0)
    }
}
