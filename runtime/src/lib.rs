//! The runtime of My AI Network: what the collators run. This file is the index: how each pallet
//! is set is in [`configs`], what the outside may ask in `apis.rs`, how a chain starts in
//! [`presets`].

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "512"]

extern crate alloc;

#[cfg(feature = "std")]
include!(concat!(env!("OUT_DIR"), "/wasm_binary.rs"));

mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
pub mod presets;
mod referenda;
pub mod weights;

use alloc::vec::Vec;
use configs::origins::pallet_origins;
pub use parachains_common::{AccountId, Balance, Signature};
use parachains_common::{BlockNumber, Hash, Header, Nonce};
pub use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_runtime::{generic, impl_opaque_keys, MultiAddress};
use sp_version::RuntimeVersion;

pub type Address = MultiAddress<AccountId, ()>;
pub type Block = generic::Block<Header, UncheckedExtrinsic>;
pub type UncheckedExtrinsic =
    generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;

/// What every transaction passes through, in this order.
pub type TxExtension = cumulus_pallet_weight_reclaim::StorageWeightReclaim<
    Runtime,
    (
        frame_system::AuthorizeCall<Runtime>,
        frame_system::CheckNonZeroSender<Runtime>,
        frame_system::CheckSpecVersion<Runtime>,
        frame_system::CheckTxVersion<Runtime>,
        frame_system::CheckGenesis<Runtime>,
        frame_system::CheckEra<Runtime>,
        frame_system::CheckNonce<Runtime>,
        frame_system::CheckWeight<Runtime>,
        pallet_inference_escrow::CheckJobCalls<Runtime>,
        pallet_asset_tx_payment::ChargeAssetTxPayment<Runtime>,
        frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
    ),
>;

pub type Executive = frame_executive::Executive<
    Runtime,
    Block,
    frame_system::ChainContext<Runtime>,
    Runtime,
    AllPalletsWithSystem,
>;

impl_opaque_keys! {
    pub struct SessionKeys {
        pub aura: Aura,
        pub authority_discovery: AuthorityDiscovery,
    }
}

#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
    spec_name: alloc::borrow::Cow::Borrowed("my-ai-network"),
    impl_name: alloc::borrow::Cow::Borrowed("my-ai-network"),
    authoring_version: 1,
    spec_version: 2,
    impl_version: 0,
    apis: apis::RUNTIME_API_VERSIONS,
    transaction_version: 2,
    system_version: 1,
};

/// The pallets, in bands: 0 the chain, 10 money, 20 collators, 30 messages, 40 accounts, 50 ours,
/// 60 who decides.
#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeFreezeReason,
        RuntimeHoldReason,
        RuntimeSlashReason,
        RuntimeLockId,
        RuntimeTask,
        RuntimeViewFunction
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type ParachainSystem = cumulus_pallet_parachain_system;
    #[runtime::pallet_index(2)]
    pub type Timestamp = pallet_timestamp;
    #[runtime::pallet_index(3)]
    pub type ParachainInfo = staging_parachain_info;
    #[runtime::pallet_index(4)]
    pub type WeightReclaim = cumulus_pallet_weight_reclaim;

    #[runtime::pallet_index(10)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(11)]
    pub type TransactionPayment = pallet_transaction_payment;
    #[runtime::pallet_index(12)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(13)]
    pub type AssetsHolder = pallet_assets_holder;
    #[runtime::pallet_index(14)]
    pub type AssetTxPayment = pallet_asset_tx_payment;
    #[runtime::pallet_index(15)]
    pub type AssetRate = pallet_asset_rate;
    #[runtime::pallet_index(16)]
    pub type ForeignAssets = pallet_foreign_assets;

    #[runtime::pallet_index(20)]
    pub type Authorship = pallet_authorship;
    #[runtime::pallet_index(21)]
    pub type CollatorSelection = pallet_collator_selection;
    #[runtime::pallet_index(22)]
    pub type Session = pallet_session;
    #[runtime::pallet_index(23)]
    pub type Aura = pallet_aura;
    #[runtime::pallet_index(24)]
    pub type AuraExt = cumulus_pallet_aura_ext;
    #[runtime::pallet_index(25)]
    pub type AuthorityDiscovery = pallet_authority_discovery;

    #[runtime::pallet_index(30)]
    pub type XcmpQueue = cumulus_pallet_xcmp_queue;
    #[runtime::pallet_index(31)]
    pub type MessageQueue = pallet_message_queue;
    #[runtime::pallet_index(32)]
    pub type PolkadotXcm = pallet_xcm;

    #[runtime::pallet_index(40)]
    pub type Utility = pallet_utility;
    #[runtime::pallet_index(41)]
    pub type Multisig = pallet_multisig;
    #[runtime::pallet_index(42)]
    pub type Proxy = pallet_proxy;

    #[runtime::pallet_index(50)]
    pub type RewardSplit = pallet_reward_split;
    #[runtime::pallet_index(51)]
    pub type ModelRegistry = pallet_model_registry;
    #[runtime::pallet_index(52)]
    pub type DataLicense = pallet_data_license;
    #[runtime::pallet_index(53)]
    pub type InferenceEscrow = pallet_inference_escrow;

    #[runtime::pallet_index(60)]
    pub type Preimage = pallet_preimage;
    #[runtime::pallet_index(61)]
    pub type Scheduler = pallet_scheduler;
    #[runtime::pallet_index(62)]
    pub type Referenda = pallet_referenda;
    #[runtime::pallet_index(63)]
    pub type ConvictionVoting = pallet_conviction_voting;
    #[runtime::pallet_index(64)]
    pub type Whitelist = pallet_whitelist;
    #[runtime::pallet_index(65)]
    pub type TechnicalCommittee = pallet_collective<Instance1>;
    #[runtime::pallet_index(66)]
    pub type Treasury = pallet_treasury;
    #[runtime::pallet_index(67)]
    pub type Origins = pallet_origins;
}

cumulus_pallet_parachain_system::register_validate_block! {
    Runtime = Runtime,
    BlockExecutor = cumulus_pallet_aura_ext::BlockExecutor::<Runtime, Executive>,
}
