//! What the node and readers of the chain may ask.

use crate::{
    configs::collation::{ConsensusHook, BLOCKS_A_RELAY_BLOCK, RELAY_PARENT_OFFSET, SLOT_DURATION},
    *,
};
use cumulus_primitives_core::ParaId;
use frame_support::{
    genesis_builder_helper::{build_state, get_preset},
    weights::Weight,
};
use myai_primitives::{Balance, *};
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
    traits::Block as BlockT,
    transaction_validity::{TransactionSource, TransactionValidity},
    ApplyExtrinsicResult, DispatchError, MultiSignature, MultiSigner,
};
use staging_xcm::{
    VersionedAsset, VersionedAssetId, VersionedAssets, VersionedLocation, VersionedXcm,
};
use xcm_runtime_apis::{
    dry_run::{CallDryRunEffects, Error as XcmDryRunApiError, XcmDryRunEffects},
    fees::Error as XcmPaymentApiError,
};

/// Largest blob that the pool takes, in bytes.
pub const MAX_BLOB: u32 = 1024 * 1024;

sp_api::impl_runtime_apis! {
    impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
        fn slot_duration() -> sp_consensus_aura::SlotDuration {
            sp_consensus_aura::SlotDuration::from_millis(SLOT_DURATION)
        }

        fn authorities() -> Vec<AuraId> {
            pallet_aura::Authorities::<Runtime>::get().into_inner()
        }
    }

    impl cumulus_primitives_aura::AuraUnincludedSegmentApi<Block> for Runtime {
        fn can_build_upon(included: Hash, slot: cumulus_primitives_aura::Slot) -> bool {
            ConsensusHook::can_build_upon(included, slot)
        }
    }

    impl cumulus_primitives_core::RelayParentOffsetApi<Block> for Runtime {
        fn relay_parent_offset() -> u32 {
            RELAY_PARENT_OFFSET
        }

        fn max_claim_queue_offset() -> u8 {
            ParachainSystem::max_claim_queue_offset()
        }
    }

    impl cumulus_primitives_core::SchedulingV3EnabledApi<Block> for Runtime {
        fn scheduling_v3_enabled() -> bool {
            use cumulus_primitives_core::VerifySchedulingSignature;
            <Runtime as cumulus_pallet_parachain_system::Config>::SchedulingSignatureVerifier::V3_SCHEDULING_ENABLED
        }
    }

    impl cumulus_primitives_core::TargetBlockRate<Block> for Runtime {
        fn target_block_rate() -> u32 {
            BLOCKS_A_RELAY_BLOCK
        }
    }

    impl cumulus_primitives_core::GetParachainInfo<Block> for Runtime {
        fn parachain_id() -> ParaId {
            ParachainInfo::parachain_id()
        }
    }

    impl cumulus_primitives_core::CollectCollationInfo<Block> for Runtime {
        fn collect_collation_info(
            header: &<Block as BlockT>::Header,
        ) -> cumulus_primitives_core::CollationInfo {
            ParachainSystem::collect_collation_info(header)
        }
    }

    impl sp_api::Core<Block> for Runtime {
        fn version() -> RuntimeVersion {
            VERSION
        }

        fn execute_block(block: <Block as BlockT>::LazyBlock) {
            Executive::execute_block(block)
        }

        fn initialize_block(
            header: &<Block as BlockT>::Header,
        ) -> sp_runtime::ExtrinsicInclusionMode {
            Executive::initialize_block(header)
        }
    }

    impl sp_api::Metadata<Block> for Runtime {
        fn metadata() -> OpaqueMetadata {
            OpaqueMetadata::new(Runtime::metadata().into())
        }

        fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
            Runtime::metadata_at_version(version)
        }

        fn metadata_versions() -> Vec<u32> {
            Runtime::metadata_versions()
        }
    }

    impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
        fn execute_view_function(
            id: frame_support::view_functions::ViewFunctionId,
            input: Vec<u8>,
        ) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
            Runtime::execute_view_function(id, input)
        }
    }

    impl sp_block_builder::BlockBuilder<Block> for Runtime {
        fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
            Executive::apply_extrinsic(extrinsic)
        }

        fn finalize_block() -> <Block as BlockT>::Header {
            Executive::finalize_block()
        }

        fn inherent_extrinsics(
            data: sp_inherents::InherentData,
        ) -> Vec<<Block as BlockT>::Extrinsic> {
            data.create_extrinsics()
        }

        fn check_inherents(
            block: <Block as BlockT>::LazyBlock,
            data: sp_inherents::InherentData,
        ) -> sp_inherents::CheckInherentsResult {
            data.check_extrinsics(&block)
        }
    }

    impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
        fn validate_transaction(
            source: TransactionSource,
            tx: <Block as BlockT>::Extrinsic,
            block_hash: <Block as BlockT>::Hash,
        ) -> TransactionValidity {
            Executive::validate_transaction(source, tx, block_hash)
        }
    }

    impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
        fn offchain_worker(header: &<Block as BlockT>::Header) {
            Executive::offchain_worker(header)
        }
    }

    impl sp_session::SessionKeys<Block> for Runtime {
        fn generate_session_keys(
            owner: Vec<u8>,
            seed: Option<Vec<u8>>,
        ) -> sp_session::OpaqueGeneratedSessionKeys {
            SessionKeys::generate(&owner, seed).into()
        }

        fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
            SessionKeys::decode_into_raw_public_keys(&encoded)
        }
    }

    impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
        fn account_nonce(account: AccountId) -> Nonce {
            System::account_nonce(account)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance>
        for Runtime
    {
        fn query_info(
            uxt: <Block as BlockT>::Extrinsic,
            len: u32,
        ) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_info(uxt, len)
        }

        fn query_fee_details(
            uxt: <Block as BlockT>::Extrinsic,
            len: u32,
        ) -> pallet_transaction_payment::FeeDetails<Balance> {
            TransactionPayment::query_fee_details(uxt, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<
            Block,
            Balance,
            RuntimeCall,
        > for Runtime
    {
        fn query_call_info(
            call: RuntimeCall,
            len: u32,
        ) -> pallet_transaction_payment::RuntimeDispatchInfo<Balance> {
            TransactionPayment::query_call_info(call, len)
        }

        fn query_call_fee_details(
            call: RuntimeCall,
            len: u32,
        ) -> pallet_transaction_payment::FeeDetails<Balance> {
            TransactionPayment::query_call_fee_details(call, len)
        }

        fn query_weight_to_fee(weight: Weight) -> Balance {
            TransactionPayment::weight_to_fee(weight)
        }

        fn query_length_to_fee(length: u32) -> Balance {
            TransactionPayment::length_to_fee(length)
        }
    }

    impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
        fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
            build_state::<RuntimeGenesisConfig>(config)
        }

        fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
            get_preset::<RuntimeGenesisConfig>(id, presets::preset)
        }

        fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
            presets::names()
        }
    }

    impl sp_hop::HopRuntimeApi<Block, AccountId> for Runtime {
        fn max_promotion_size() -> u32 {
            MAX_BLOB
        }

        /// Workers' signers, and whoever has opened work that has not ended.
        fn can_account_promote(who: AccountId, data_len: u32) -> bool {
            data_len <= MAX_BLOB && InferenceEscrow::may_submit_blob(&who)
        }

        /// A blob never goes onto the chain: what comes back is a transaction that no pool takes.
        fn create_promotion_extrinsic(
            _: Vec<u8>,
            _: MultiSigner,
            _: MultiSignature,
            _: u64,
        ) -> <Block as BlockT>::Extrinsic {
            UncheckedExtrinsic::new_bare(
                frame_system::Call::<Runtime>::remark { remark: Vec::new() }.into(),
            )
        }

        fn is_promoted_on_chain(_: [u8; 32]) -> bool {
            false
        }
    }

    impl sp_authority_discovery::AuthorityDiscoveryApi<Block> for Runtime {
        fn authorities() -> Vec<sp_authority_discovery::AuthorityId> {
            AuthorityDiscovery::authorities()
        }
    }

    impl xcm_runtime_apis::fees::XcmPaymentApi<Block> for Runtime {
        /// The token, and accepted assets of other chains that have a rate.
        fn query_acceptable_payment_assets(
            version: staging_xcm::Version,
        ) -> Result<Vec<VersionedAssetId>, XcmPaymentApiError> {
            PolkadotXcm::query_acceptable_payment_assets(version, configs::xcm::fee_assets())
        }

        fn query_xcm_weight(message: VersionedXcm<()>) -> Result<Weight, XcmPaymentApiError> {
            PolkadotXcm::query_xcm_weight(message)
        }

        fn query_weight_to_asset_fee(
            weight: Weight,
            asset: VersionedAssetId,
        ) -> Result<u128, XcmPaymentApiError> {
            PolkadotXcm::query_weight_to_asset_fee::<configs::xcm::Traders>(weight, asset)
        }

        fn query_delivery_fees(
            destination: VersionedLocation,
            message: VersionedXcm<()>,
            asset: VersionedAssetId,
        ) -> Result<VersionedAssets, XcmPaymentApiError> {
            PolkadotXcm::query_delivery_fees::<configs::xcm::FeesInOtherAssets>(
                destination,
                message,
                asset,
            )
        }
    }

    impl xcm_runtime_apis::dry_run::DryRunApi<Block, RuntimeCall, RuntimeEvent, OriginCaller>
        for Runtime
    {
        fn dry_run_call(
            origin: OriginCaller,
            call: RuntimeCall,
            version: staging_xcm::Version,
        ) -> Result<CallDryRunEffects<RuntimeEvent>, XcmDryRunApiError> {
            PolkadotXcm::dry_run_call::<Runtime, configs::xcm::XcmRouter, _, _>(
                origin, call, version,
            )
        }

        fn dry_run_xcm(
            origin: VersionedLocation,
            message: VersionedXcm<RuntimeCall>,
        ) -> Result<XcmDryRunEffects<RuntimeEvent>, XcmDryRunApiError> {
            PolkadotXcm::dry_run_xcm::<configs::xcm::XcmRouter>(origin, message)
        }
    }

    impl xcm_runtime_apis::conversions::LocationToAccountApi<Block, AccountId> for Runtime {
        fn convert_location(
            location: VersionedLocation,
        ) -> Result<AccountId, xcm_runtime_apis::conversions::Error> {
            xcm_runtime_apis::conversions::LocationToAccountHelper::<
                AccountId,
                configs::xcm::LocationToAccountId,
            >::convert_location(location)
        }
    }

    impl xcm_runtime_apis::trusted_query::TrustedQueryApi<Block> for Runtime {
        fn is_trusted_reserve(
            asset: VersionedAsset,
            location: VersionedLocation,
        ) -> xcm_runtime_apis::trusted_query::XcmTrustedQueryResult {
            PolkadotXcm::is_trusted_reserve(asset, location)
        }

        fn is_trusted_teleporter(
            asset: VersionedAsset,
            location: VersionedLocation,
        ) -> xcm_runtime_apis::trusted_query::XcmTrustedQueryResult {
            PolkadotXcm::is_trusted_teleporter(asset, location)
        }
    }

    impl myai_support::MyAiApi<Block, AccountId> for Runtime {
        fn clock() -> ClockView {
            RewardSplit::clock_view()
        }

        fn rules() -> Rules {
            ModelRegistry::rules_view()
        }

        fn accepted_assets() -> Vec<AssetView> {
            RewardSplit::accepted_assets()
        }

        fn suspension(subject: Subject<AccountId>) -> Option<SuspensionView> {
            ModelRegistry::suspension_view(&subject)
        }

        fn halt() -> Option<SuspensionView> {
            ModelRegistry::halt_view()
        }

        fn model(model: ModelId) -> Option<ModelView<AccountId>> {
            ModelRegistry::model_view(model)
        }

        fn models(from: ModelId, limit: u32) -> Vec<ModelView<AccountId>> {
            ModelRegistry::models_page(from, limit)
        }

        fn models_of(owner: AccountId, from: ModelId, limit: u32) -> Vec<ModelView<AccountId>> {
            ModelRegistry::models_of(&owner, from, limit)
                .into_iter()
                .filter_map(ModelRegistry::model_view)
                .collect()
        }

        fn version(version: VersionId) -> Option<VersionView<AccountId>> {
            ModelRegistry::version_view(version)
        }

        fn versions(
            model: ModelId,
            from: VersionId,
            limit: u32,
        ) -> Vec<VersionView<AccountId>> {
            ModelRegistry::versions_page(model, from, limit)
        }

        fn derivative_approvals(version: VersionId, model: ModelId) -> u32 {
            ModelRegistry::derivative_approvals(version, model)
        }

        fn approvals(
            licensor: Licensor,
            after: Option<(ApprovalKind, AccountId)>,
            limit: u32,
        ) -> Vec<ApprovalView<AccountId>> {
            ModelRegistry::approvals_page(licensor, after, limit)
        }

        fn dataset(dataset: DatasetId) -> Option<DatasetView<AccountId>> {
            DataLicense::dataset_view(dataset)
        }

        fn datasets(from: DatasetId, limit: u32) -> Vec<DatasetView<AccountId>> {
            DataLicense::datasets_page(from, limit)
        }

        fn datasets_of(
            owner: AccountId,
            from: DatasetId,
            limit: u32,
        ) -> Vec<DatasetView<AccountId>> {
            DataLicense::datasets_of(&owner, from, limit)
                .into_iter()
                .filter_map(DataLicense::dataset_view)
                .collect()
        }

        fn grant(grant: GrantId) -> Option<GrantView<AccountId>> {
            DataLicense::grant_view(grant)
        }

        fn grants(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView<AccountId>> {
            DataLicense::grants_page(model, from, limit)
        }

        fn requests(
            dataset: DatasetId,
            after: Option<ModelId>,
            limit: u32,
        ) -> Vec<RequestView<AccountId>> {
            DataLicense::requests_page(dataset, after, limit)
        }

        fn worker(worker: AccountId) -> Option<WorkerView<AccountId>> {
            InferenceEscrow::worker_view(&worker)
        }

        fn worker_of(signer: AccountId) -> Option<AccountId> {
            InferenceEscrow::worker_of(&signer)
        }

        fn workers(
            version: VersionId,
            after: Option<AccountId>,
            limit: u32,
        ) -> Vec<OfferView<AccountId>> {
            InferenceEscrow::workers_page(version, after, limit)
        }

        fn offers(
            worker: AccountId,
            after: Option<VersionId>,
            limit: u32,
        ) -> Vec<OfferView<AccountId>> {
            InferenceEscrow::offers_page(&worker, after, limit)
        }

        fn quote(
            payer: AccountId,
            version: VersionId,
            worker: AccountId,
            mode: Mode,
            units: u32,
            duration: Tick,
            input_length: u32,
        ) -> Result<Quote, DispatchError> {
            InferenceEscrow::quote(&payer, version, &worker, mode, units, duration, input_length)
        }

        fn job(job: JobId) -> Option<JobView<AccountId>> {
            InferenceEscrow::job_view(job)
        }

        fn jobs_of_worker(
            worker: AccountId,
            after: Option<JobId>,
            limit: u32,
        ) -> Vec<JobView<AccountId>> {
            InferenceEscrow::jobs_of_worker_page(&worker, after, limit)
        }

        fn split(split: SplitId) -> Option<SplitView<AccountId>> {
            RewardSplit::split_view(split)
        }

        fn owed(split: SplitId, asset: Asset) -> Vec<OwedView<AccountId>> {
            RewardSplit::owed_view(split, asset)
        }

        fn claimable(account: AccountId, from: Option<ClaimCursor>) -> ClaimsPage<AccountId> {
            RewardSplit::claimable(&account, from)
        }

        fn issuance() -> IssuanceView {
            RewardSplit::issuance_view()
        }

        fn claimable_issuance(beneficiary: Beneficiary<AccountId>) -> Vec<EpochClaimView> {
            RewardSplit::claimable_issuance(beneficiary)
        }

        fn network_split() -> SplitId {
            <RewardSplit as myai_support::Splits<AccountId>>::network()
        }

        fn governance() -> GovernanceView {
            referenda::governance()
        }

        fn referendum(index: u32) -> Option<ReferendumView<AccountId>> {
            referenda::referendum(index)
        }

        fn referenda(before: Option<u32>, limit: u32) -> Vec<ReferendumView<AccountId>> {
            referenda::referenda(before, limit)
        }
    }

    #[cfg(feature = "try-runtime")]
    impl frame_try_runtime::TryRuntime<Block> for Runtime {
        fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
            // Only a tool calls this, never a collator; a failed check must stop it.
            let weight = Executive::try_runtime_upgrade(checks).unwrap();
            (weight, configs::system::RuntimeBlockWeights::get().max_block)
        }

        fn execute_block(
            block: <Block as BlockT>::LazyBlock,
            state_root_check: bool,
            signature_check: bool,
            select: frame_try_runtime::TryStateSelect,
        ) -> Weight {
            Executive::try_execute_block(block, state_root_check, signature_check, select).unwrap()
        }
    }

    #[cfg(feature = "runtime-benchmarks")]
    impl frame_benchmarking::Benchmark<Block> for Runtime {
        fn benchmark_metadata(
            extra: bool,
        ) -> (
            Vec<frame_benchmarking::BenchmarkList>,
            Vec<frame_support::traits::StorageInfo>,
        ) {
            benchmarks::metadata(extra)
        }

        fn dispatch_benchmark(
            config: frame_benchmarking::BenchmarkConfig,
        ) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
            benchmarks::dispatch(config)
        }
    }
}
