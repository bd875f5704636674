//! `MyAiApi`: what a reader of the chain asks the runtime, through polkadot.js, PAPI or subxt.
//! Lists are paged: `from` is the first id that may be listed (0, or `None`, for the beginning),
//! and a page has at most `min(limit, MAX_PAGE)` rows.

use crate::{documents::*, types::*};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_runtime::DispatchError;

/// Most rows of a page, and most ids that a search looks at for one page of [`MyAiApi::jobs`].
pub const MAX_PAGE: u32 = 100;
pub const MAX_SCAN: u32 = 1_000;

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ModelView<AccountId> {
    pub id: ModelId,
    pub owner: AccountId,
    /// The model's own account.
    pub account: AccountId,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    /// To whom ownership is offered.
    pub offered_to: Option<AccountId>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum VersionState {
    #[codec(index = 0)]
    Live,
    #[codec(index = 1)]
    Retired,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct VersionView<AccountId> {
    pub id: VersionId,
    pub model: ModelId,
    pub state: VersionState,
    /// Of a retired one, the last tick of [`Clock::served`](crate::Clock::served) at which a job on
    /// it may still be answered; it can be removed from the next one on.
    pub last_work: Option<Tick>,
    /// As it was published, but for the amount of its price, which is today's.
    pub spec: VersionSpec<AccountId>,
    pub split: SplitId,
    /// Versions further up whose terms bind this one.
    pub ancestors: Vec<VersionId>,
    /// First tick at which a license of the version itself is over; `None` never.
    pub licensed_until: Option<Tick>,
    /// Whether every derivative must be open to derivatives too.
    pub share_alike: bool,
    /// Whether a price or fee above zero is allowed.
    pub commercial: bool,
    /// The version that first had this artifact's hash.
    pub first_with_artifact: VersionId,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum DatasetState {
    #[codec(index = 0)]
    Open,
    /// Gives no new grants.
    #[codec(index = 1)]
    Closed,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct DatasetView<AccountId> {
    pub id: DatasetId,
    pub owner: AccountId,
    pub offered_to: Option<AccountId>,
    pub name: Name,
    pub category: Category,
    pub metadata: File,
    pub openness: Openness,
    pub state: DatasetState,
    pub split: SplitId,
    /// The terms for new grants and their number; `None` while none were set.
    pub terms: Option<(TermsNumber, DatasetTerms)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GrantView {
    pub id: GrantId,
    pub dataset: DatasetId,
    pub model: ModelId,
    pub number: TermsNumber,
    pub terms: DatasetTerms,
    pub ends: Option<Tick>,
    /// The versions that live by it.
    pub versions: Vec<VersionId>,
}

/// What a worker has done; every counter only grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Record {
    pub settled: u32,
    pub declined: u32,
    pub expired: u32,
    /// Native network cuts settled through the worker, decayed to now.
    pub standing: Balance,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct WorkerView<AccountId> {
    pub id: AccountId,
    pub signer: AccountId,
    pub payout: AccountId,
    pub details: WorkerDetails,
    /// Native bond, in units.
    pub bond: Balance,
    pub paused: bool,
    /// Jobs that it has open.
    pub open: u32,
    pub record: Record,
}

/// One version that one worker serves.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OfferView<AccountId> {
    pub worker: AccountId,
    pub version: VersionId,
    /// For one unit, in the asset of the version's price.
    pub fee: Amount,
    /// Shortest duration that the worker takes, in ticks.
    pub min_duration: Tick,
    /// Whether it would take a job now: not paused, room left, bond enough.
    pub available: bool,
    pub record: Record,
}

/// What a job would cost.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Quote {
    pub asset: Asset,
    /// Units × price, units × fee, and both together: what is held.
    pub price: Balance,
    pub fee: Balance,
    pub gross: Balance,
    /// What of the gross goes to the network.
    pub network: Balance,
    /// Native deposit, given back when the job ends.
    pub deposit: Balance,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct JobView<AccountId> {
    pub id: JobId,
    pub payer: AccountId,
    /// Who opened it, where that is not the payer.
    pub opener: Option<AccountId>,
    pub version: VersionId,
    pub mode: Mode,
    pub workers: Vec<AccountId>,
    pub units: u32,
    pub asset: Asset,
    /// For one unit.
    pub price: Balance,
    pub fee: Balance,
    /// Last tick of [`crate::Clock::served`] at which an attestation counts.
    pub deadline: Tick,
    pub revision: Revision,
    pub input_commitment: Hash32,
    /// Hash of the sealed input in the HOP pool.
    pub blob: Hash32,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct SplitView<AccountId> {
    pub id: SplitId,
    pub depositor: Option<AccountId>,
    pub shares: Vec<Share<AccountId>>,
}

/// What one share of a split may claim now.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OwedView<AccountId> {
    /// The share's place in the split.
    pub share: u32,
    pub beneficiary: Beneficiary<AccountId>,
    /// Who would be paid; `None` for another split.
    pub account: Option<AccountId>,
    pub amount: Balance,
    /// What was claimed before.
    pub paid: Balance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ClockView {
    pub now: Tick,
    pub served: Tick,
}

sp_api::decl_runtime_apis! {
    /// What a reader of the chain needs to know.
    pub trait MyAiApi<AccountId> where AccountId: codec::Codec {
        /// Time in ticks.
        fn clock() -> ClockView;
        /// The rules in force and their revision.
        fn rules() -> (Revision, RuleSet);
        /// Assets that prices may be in.
        fn accepted_assets() -> Vec<Asset>;

        fn model(model: ModelId) -> Option<ModelView<AccountId>>;
        fn models(from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
        fn version(version: VersionId) -> Option<VersionView<AccountId>>;
        /// Versions of one model, oldest first.
        fn versions(model: ModelId, from: VersionId, limit: u32) -> Vec<VersionView<AccountId>>;

        fn dataset(dataset: DatasetId) -> Option<DatasetView<AccountId>>;
        fn datasets(from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
        fn grant(grant: GrantId) -> Option<GrantView>;
        /// Grants of one model, oldest first.
        fn grants(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView>;

        fn worker(worker: AccountId) -> Option<WorkerView<AccountId>>;
        /// The worker for which `signer` acts.
        fn worker_of(signer: AccountId) -> Option<AccountId>;
        /// Workers of a version after `after`, in the order of the chain's storage.
        fn workers(version: VersionId, after: Option<AccountId>, limit: u32) -> Vec<OfferView<AccountId>>;
        /// Versions that a worker serves after `after`, in the order of the chain's storage.
        fn offers(worker: AccountId, after: Option<VersionId>, limit: u32) -> Vec<OfferView<AccountId>>;

        /// What the job would cost now, or why it would be refused. `payer` must be able to pay.
        fn quote(
            payer: AccountId,
            version: VersionId,
            worker: AccountId,
            mode: Mode,
            units: u32,
            duration: Tick,
        ) -> Result<Quote, DispatchError>;
        /// An open job; `None` once it has ended.
        fn job(job: JobId) -> Option<JobView<AccountId>>;
        /// Open jobs that `payer` pays for, oldest first, and where to go on.
        fn jobs(payer: AccountId, from: JobId, limit: u32) -> (Vec<JobView<AccountId>>, Option<JobId>);
        /// Open jobs of a worker, oldest first, and where to go on.
        fn jobs_of_worker(worker: AccountId, from: JobId, limit: u32) -> (Vec<JobView<AccountId>>, Option<JobId>);

        fn split(split: SplitId) -> Option<SplitView<AccountId>>;
        /// What each share of a split may claim in an asset, shares that may claim nothing included.
        fn owed(split: SplitId, asset: Asset) -> Vec<OwedView<AccountId>>;
        /// The network's split.
        fn network_split() -> SplitId;
    }
}
