//! `MyAiApi`: what a reader of the chain asks the runtime. The views are in
//! [`myai_primitives::views`].

use alloc::vec::Vec;
use myai_primitives::*;
use sp_runtime::DispatchError;

sp_api::decl_runtime_apis! {
    /// What a reader of the chain needs to know.
    pub trait MyAiApi<AccountId> where AccountId: codec::Codec {
        /// Time in ticks.
        fn clock() -> ClockView;
        /// The rules in force and their revision.
        fn rules() -> Rules;
        /// Assets that prices may be in, the token first.
        fn accepted_assets() -> Vec<AssetView>;
        /// The suspension of a subject, or its last one. A version is suspended with its model, too.
        fn suspension(subject: Subject<AccountId>) -> Option<SuspensionView>;
        /// The halt of all new work, or the last one.
        fn halt() -> Option<SuspensionView>;

        fn model(model: ModelId) -> Option<ModelView<AccountId>>;
        fn models(from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
        /// Models of one owner.
        fn models_of(owner: AccountId, from: ModelId, limit: u32) -> Vec<ModelView<AccountId>>;
        fn version(version: VersionId) -> Option<VersionView<AccountId>>;
        /// Versions of one model, oldest first.
        fn versions(model: ModelId, from: VersionId, limit: u32) -> Vec<VersionView<AccountId>>;
        /// How many more publications of `model`, by its owner of today, may name `version`.
        fn derivative_approvals(version: VersionId, model: ModelId) -> u32;
        /// Approvals of hosts and users by a licensor, and requests for them, after `after`.
        fn approvals(
            licensor: Licensor,
            after: Option<(ApprovalKind, AccountId)>,
            limit: u32,
        ) -> Vec<ApprovalView<AccountId>>;

        fn dataset(dataset: DatasetId) -> Option<DatasetView<AccountId>>;
        fn datasets(from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
        /// Datasets of one owner.
        fn datasets_of(owner: AccountId, from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>>;
        fn grant(grant: GrantId) -> Option<GrantView<AccountId>>;
        /// Grants of one model, oldest first.
        fn grants(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView<AccountId>>;
        /// Requests for grants on a dataset, of models after `after`.
        fn requests(dataset: DatasetId, after: Option<ModelId>, limit: u32) -> Vec<RequestView<AccountId>>;

        fn worker(worker: AccountId) -> Option<WorkerView<AccountId>>;
        /// The worker for which `signer` acts.
        fn worker_of(signer: AccountId) -> Option<AccountId>;
        /// Workers of a version after `after`, in the order of the chain's storage.
        fn workers(version: VersionId, after: Option<AccountId>, limit: u32) -> Vec<OfferView<AccountId>>;
        /// Versions that a worker serves after `after`, in the order of the chain's storage.
        fn offers(worker: AccountId, after: Option<VersionId>, limit: u32) -> Vec<OfferView<AccountId>>;

        /// What the job would cost now, or why it would be refused. `payer` must be able to pay. That
        /// policies were accepted is not asked; the quote says which hash the order must carry.
        fn quote(
            payer: AccountId,
            version: VersionId,
            worker: AccountId,
            mode: Mode,
            units: u32,
            duration: Tick,
            input_length: u32,
        ) -> Result<Quote, DispatchError>;
        /// A job: open, or ended and how; `None` before it opens, and some time after it ended.
        fn job(job: JobId) -> Option<JobView<AccountId>>;
        /// Open jobs of a worker after `after`, in the order of their ids.
        fn jobs_of_worker(worker: AccountId, after: Option<JobId>, limit: u32) -> Vec<JobView<AccountId>>;

        fn split(split: SplitId) -> Option<SplitView<AccountId>>;
        /// What each share of a split may claim in an asset, shares that may claim nothing included.
        fn owed(split: SplitId, asset: Asset) -> Vec<OwedView<AccountId>>;
        /// What an account may claim, through which splits.
        fn claimable(account: AccountId, from: Option<ClaimCursor>) -> ClaimsPage<AccountId>;
        /// What was minted so far, and what of it waits for whom.
        fn issuance() -> IssuanceView;
        /// What `claim_issuance` would pay a split, or a worker (by the account of its bond), for each
        /// epoch that is open for claims; at most 30.
        fn claimable_issuance(beneficiary: Beneficiary<AccountId>) -> Vec<EpochClaimView>;
        /// The network's split.
        fn network_split() -> SplitId;

        /// How referenda are decided: tracks, periods, deposits.
        fn governance() -> GovernanceView;
        /// A referendum: how it stands, or how it ended.
        fn referendum(index: u32) -> Option<ReferendumView<AccountId>>;
        /// Referenda with a number below `before`, newest first.
        fn referenda(before: Option<u32>, limit: u32) -> Vec<ReferendumView<AccountId>>;
    }
}
