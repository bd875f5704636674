//! The four pallets of the economy, and who answers whom.

use crate::*;
use alloc::vec;
use configs::{
    money::{DepositPerByte, DepositPerItem, Money, MAI},
    origins::{Moderation, RegistryRules, RootOr},
};
use frame_support::{
    parameter_types,
    traits::{fungible::HoldConsideration, Get, LinearStoragePrice},
    PalletId,
};
use frame_system::EnsureRoot;
use myai_primitives::{DatasetId, ModelId, Tick};
use myai_support::Owners;
use sp_runtime::traits::AccountIdConversion;

parameter_types! {
    /// What there may ever be of the token: 21 million.
    pub const Cap: Balance = 21_000_000 * MAI;
    /// Where fees go, beside the treasury.
    pub FeeAccounts: Vec<AccountId> = vec![CollatorSelection::account_id()];
    pub const VaultId: PalletId = PalletId(*b"myai/vlt");
    pub const ModelsId: PalletId = PalletId(*b"myai/mdl");
    pub Treasury: AccountId = parachains_common::TREASURY_PALLET_ID.into_account_truncating();
    /// Longest that a request for a grant may wait: 30 days, in ticks.
    pub const RequestPeriod: Tick = 432_000;

    pub const SplitDeposit: RuntimeHoldReason =
        RuntimeHoldReason::RewardSplit(pallet_reward_split::HoldReason::SplitDeposit);
    pub const ModelDeposit: RuntimeHoldReason =
        RuntimeHoldReason::ModelRegistry(pallet_model_registry::HoldReason::ModelDeposit);
    pub const VersionDeposit: RuntimeHoldReason =
        RuntimeHoldReason::ModelRegistry(pallet_model_registry::HoldReason::VersionDeposit);
    pub const DatasetDeposit: RuntimeHoldReason =
        RuntimeHoldReason::DataLicense(pallet_data_license::HoldReason::DatasetDeposit);
    pub const GrantDeposit: RuntimeHoldReason =
        RuntimeHoldReason::DataLicense(pallet_data_license::HoldReason::GrantDeposit);
    pub const WorkerDeposit: RuntimeHoldReason =
        RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::WorkerDeposit);
    pub const OfferDeposit: RuntimeHoldReason =
        RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::OfferDeposit);
}

/// Where files may be: on the web, or on the disk of the one machine that a test network runs on.
pub struct UriSchemes;

impl Get<&'static [&'static str]> for UriSchemes {
    fn get() -> &'static [&'static str] {
        if presets::is_test_chain() {
            &["https://", "file://"]
        } else {
            &["https://"]
        }
    }
}

/// A deposit for what is stored, held from whoever stores it.
type Deposit<Reason> = HoldConsideration<
    AccountId,
    Balances,
    Reason,
    LinearStoragePrice<DepositPerItem, DepositPerByte, Balance>,
>;

/// Owners of models and of datasets, each asked where it is kept.
pub struct Ownership;

impl Owners<AccountId> for Ownership {
    fn model_owner(model: ModelId) -> Option<AccountId> {
        ModelRegistry::model_owner(model)
    }

    fn dataset_owner(dataset: DatasetId) -> Option<AccountId> {
        DataLicense::dataset_owner(dataset)
    }

    fn models_of(owner: &AccountId, from: ModelId, limit: u32) -> Vec<ModelId> {
        ModelRegistry::models_of(owner, from, limit)
    }

    fn datasets_of(owner: &AccountId, from: DatasetId, limit: u32) -> Vec<DatasetId> {
        DataLicense::datasets_of(owner, from, limit)
    }
}

impl pallet_reward_split::Config for Runtime {
    type Money = Money;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Token = Balances;
    type Cap = Cap;
    type Earners = InferenceEscrow;
    type ChainAccounts = FeeAccounts;
    type Owners = Ownership;
    type SplitConsideration = Deposit<SplitDeposit>;
    type NetworkOrigin = EnsureRoot<AccountId>;
    type RulesOrigin = RootOr<RegistryRules>;
    type RelayNumber = cumulus_pallet_parachain_system::RelaychainDataProvider<Runtime>;
    type Rules = ModelRegistry;
    type Suspensions = ModelRegistry;
    type VaultId = VaultId;
    type Treasury = Treasury;
    type WeightInfo = weights::pallet_reward_split::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}

impl pallet_model_registry::Config for Runtime {
    type Money = Money;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Splits = RewardSplit;
    type Licenses = DataLicense;
    type Workers = InferenceEscrow;
    type Clock = RewardSplit;
    type ModelConsideration = Deposit<ModelDeposit>;
    type VersionConsideration = Deposit<VersionDeposit>;
    type RulesOrigin = RootOr<RegistryRules>;
    type ModerationOrigin = Moderation;
    type PalletId = ModelsId;
    type UriSchemes = UriSchemes;
    type WeightInfo = weights::pallet_model_registry::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}

impl pallet_data_license::Config for Runtime {
    type Money = Money;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Splits = RewardSplit;
    type Unvested = RewardSplit;
    type Versions = ModelRegistry;
    type Owners = Ownership;
    type Suspensions = ModelRegistry;
    type Clock = RewardSplit;
    type RulesAt = ModelRegistry;
    type UriSchemes = UriSchemes;
    type DatasetConsideration = Deposit<DatasetDeposit>;
    type GrantConsideration = Deposit<GrantDeposit>;
    type RequestPeriod = RequestPeriod;
    type WeightInfo = weights::pallet_data_license::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}

impl pallet_inference_escrow::Config for Runtime {
    type Money = Money;
    type RuntimeHoldReason = RuntimeHoldReason;
    type Payouts = RewardSplit;
    type Credits = RewardSplit;
    type Splits = RewardSplit;
    type Versions = ModelRegistry;
    type RulesAt = ModelRegistry;
    type Suspensions = ModelRegistry;
    type Clock = RewardSplit;
    type WorkerConsideration = Deposit<WorkerDeposit>;
    type OfferConsideration = Deposit<OfferDeposit>;
    type WeightInfo = weights::pallet_inference_escrow::WeightInfo<Runtime>;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}
