//! What is kept about workers, offers and jobs. No storage here.

use crate::packed::Packed;
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use myai_primitives::*;
use scale_info::TypeInfo;

/// Most workers that a job of any mode may name.
pub const MAX_WORKERS: u32 = 7;

/// The workers that an opener names.
pub type NamedWorkers<AccountId> = BoundedVec<AccountId, ConstU32<MAX_WORKERS>>;

/// A job's id as a storage key: most significant byte first, so that storage lists jobs in the
/// order in which they were opened.
pub type JobKey = [u8; 8];

/// A deadline as a storage key: most significant byte first, so that storage lists the next
/// deadline first.
pub type DueKey = [u8; 4];

pub fn job_key(job: JobId) -> JobKey {
    job.0.to_be_bytes()
}

pub fn job_id(key: JobKey) -> JobId {
    JobId(u64::from_be_bytes(key))
}

pub fn due_key(deadline: Tick) -> DueKey {
    deadline.to_be_bytes()
}

pub fn due_tick(key: DueKey) -> Tick {
    Tick::from_be_bytes(key)
}

/// A registered worker. Its id, the account of its bond, is the key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Worker<AccountId, Ticket> {
    /// The hot key that attests and declines.
    pub signer: AccountId,
    /// Where fees go when a job settles.
    pub payout: AccountId,
    pub details: WorkerDetails,
    /// Takes no new work.
    pub paused: bool,
    /// Versions that it serves.
    #[codec(compact)]
    pub offers: u32,
    /// Storage deposit, borne by the worker.
    pub ticket: Ticket,
}

/// One version that one worker serves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Offer<Ticket> {
    /// For one unit, in the asset of the version's price, which never changes.
    pub fee: Amount,
    /// Shortest duration that the worker takes, ticks.
    #[codec(compact)]
    pub min_duration: Tick,
    /// Storage deposit, borne by the worker.
    pub ticket: Ticket,
}

/// How a job runs, with whom. Indices 1 (replicated) and 2 (bonded) are reserved.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum Run<AccountId> {
    #[codec(index = 0)]
    Direct { worker: AccountId },
}

impl<AccountId> Run<AccountId> {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Direct { .. } => Mode::Direct,
        }
    }
}

/// An open job. That it is in storage is its state: `Open` ends in settled, declined or expired,
/// and each of these removes it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Job<AccountId, Ticket> {
    /// Whose money is held.
    pub payer: AccountId,
    /// Who opened it, where that is not the payer. Nobody can yet; whoever will must be let into
    /// the HOP pool, which today looks for the payer's deposit.
    pub opener: Option<AccountId>,
    pub version: VersionId,
    pub run: Run<AccountId>,
    /// Units paid for; at least 1.
    #[codec(compact)]
    pub units: u32,
    pub asset: Asset,
    /// For one unit.
    #[codec(compact)]
    pub price: Balance,
    /// For one unit.
    #[codec(compact)]
    pub fee: Balance,
    /// Last tick of [`Clock::served`] at which an attestation counts.
    #[codec(compact)]
    pub deadline: Tick,
    /// The rules that it was opened under.
    #[codec(compact)]
    pub revision: Revision,
    pub input_commitment: Hash32,
    /// Hash of the sealed input in the HOP pool.
    pub blob: Hash32,
    /// Storage deposit, borne by the payer.
    pub ticket: Packed<Ticket>,
}

impl<AccountId, Ticket> Job<AccountId, Ticket> {
    /// What is held for it. That it fits was checked at opening.
    pub fn gross(&self) -> Balance {
        crate::settlement::gross(self.units, self.price, self.fee).unwrap_or(Balance::MAX)
    }
}

/// What a worker does and has done, as stored: [`Record`] with the epoch to which its standing is
/// decayed, and the jobs that it has open, which change whenever the record does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct WorkerRecord {
    /// Jobs that it has open.
    #[codec(compact)]
    pub open: u32,
    #[codec(compact)]
    pub settled: u32,
    #[codec(compact)]
    pub declined: u32,
    #[codec(compact)]
    pub expired: u32,
    /// Native units.
    #[codec(compact)]
    pub standing: Balance,
    /// [`crate::reputation::epoch`] when `standing` was last touched.
    #[codec(compact)]
    pub epoch: u32,
}
