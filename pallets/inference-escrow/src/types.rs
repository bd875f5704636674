//! What is kept about workers, offers and jobs. No storage here.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use myai_primitives::*;
use scale_info::TypeInfo;

/// Most workers that a job of any mode may name.
pub const MAX_WORKERS: u32 = 7;

/// The workers that a job names.
pub type NamedWorkers<AccountId> = BoundedVec<AccountId, ConstU32<MAX_WORKERS>>;

/// A deadline as a storage key: most significant byte first, so that storage lists the next
/// deadline first.
pub type DueKey = [u8; 4];

pub fn due_key(deadline: Tick) -> DueKey {
    deadline.to_be_bytes()
}

pub fn due_tick(key: DueKey) -> Tick {
    Tick::from_be_bytes(key)
}

/// What a worker has done, as stored: [`Record`] with the epoch to which its standing is decayed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct WorkerRecord {
    #[codec(compact)]
    pub settled: u32,
    #[codec(compact)]
    pub declined: u32,
    #[codec(compact)]
    pub spoilt: u32,
    #[codec(compact)]
    pub expired: u32,
    /// Native units.
    #[codec(compact)]
    pub standing: Balance,
    /// The epoch in which `standing` was last touched.
    #[codec(compact)]
    pub epoch: Epoch,
    /// The network's cuts in the token of the worker's fees in `epoch`: credit for issuance.
    #[codec(compact)]
    pub credit: Balance,
}

/// What of a registered worker opening and ending a job touch: one row. Its id, the account of its
/// bond, is the key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Worker<AccountId> {
    /// The hot key that attests and declines.
    pub signer: AccountId,
    /// Where fees go when a job settles.
    pub payout: AccountId,
    /// Takes no new work.
    pub paused: bool,
    /// Most open jobs at once.
    #[codec(compact)]
    pub max_open_jobs: u32,
    /// Jobs that it has open.
    #[codec(compact)]
    pub open: u32,
    /// Native bond: what it has on hold.
    #[codec(compact)]
    pub bond: Balance,
    /// First tick of `now` at which its suspension is over, which may be long ago.
    pub suspended_until: Option<Tick>,
    pub record: WorkerRecord,
}

/// What of a registered worker clients read, and what only its owner touches.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct WorkerProfile<Ticket> {
    pub details: WorkerDetails,
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

/// An open job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Job<AccountId> {
    /// Whose money is held.
    pub payer: AccountId,
    /// Who opened it, where that is not the payer.
    pub opener: Option<AccountId>,
    /// Who may hand the input to the HOP pool beside these.
    pub uploader: Option<AccountId>,
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
    /// Held beside the gross.
    #[codec(compact)]
    pub deposit: Balance,
    /// Last tick of service at which an attestation counts.
    #[codec(compact)]
    pub deadline: Tick,
    /// From the opening to the deadline, ticks of service.
    #[codec(compact)]
    pub duration: Tick,
    /// The version's split, the network's share and the rules when it opened.
    pub split: SplitId,
    pub network_share: Ppm,
    #[codec(compact)]
    pub revision: Revision,
    pub input_commitment: Hash32,
    /// Of the raw input, in bytes.
    #[codec(compact)]
    pub input_length: u32,
}

impl<AccountId> Job<AccountId> {
    /// What is held for it, the deposit included. That it fits was checked at opening.
    pub fn held(&self) -> Balance {
        crate::settlement::gross(self.units, self.price, self.fee)
            .unwrap_or(Balance::MAX)
            .saturating_add(self.deposit)
    }
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct End<AccountId> {
    pub version: VersionId,
    pub workers: NamedWorkers<AccountId>,
    /// The job's deadline, at which it is in the queue.
    #[codec(compact)]
    pub deadline: Tick,
    pub outcome: Outcome,
}

/// A job, open until it ends; how it ended is kept for some time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub enum JobRow<AccountId> {
    #[codec(index = 0)]
    Open(Job<AccountId>),
    #[codec(index = 1)]
    Ended(End<AccountId>),
}
