//! A relay chain with an account for each parachain, and nothing else.

use frame_support::{
    derive_impl, parameter_types,
    traits::{
        ConstU128, ConstU32, Disabled, Everything, Nothing, ProcessMessage, ProcessMessageError,
    },
    weights::{Weight, WeightMeter},
};
use parachains_common::AccountId;
use polkadot_runtime_parachains::inclusion::{AggregateMessageOrigin, UmpQueueId};
use sp_runtime::traits::IdentityLookup;
use staging_xcm::latest::{prelude::*, WESTEND_GENESIS_HASH};
use staging_xcm_builder::{
    AccountId32Aliases, AllowTopLevelPaidExecutionFrom, ChildParachainConvertsVia, EnsureXcmOrigin,
    FixedRateOfFungible, FixedWeightBounds, FrameTransactionalProcessor, FungibleAdapter,
    IsConcrete, ProcessXcmMessage, SignedToAccountId32, SovereignSignedViaLocation,
    WithComputedOrigin,
};
use staging_xcm_executor::XcmExecutor;
use xcm_simulator::ParaId;

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
        RuntimeTask
    )]
    pub struct Runtime;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type MessageQueue = pallet_message_queue;
    #[runtime::pallet_index(3)]
    pub type XcmPallet = pallet_xcm;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Runtime {
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type Block = frame_system::mocking::MockBlock<Runtime>;
    type AccountData = pallet_balances::AccountData<u128>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Runtime {
    type Balance = u128;
    type ExistentialDeposit = ConstU128<1>;
    type AccountStore = System;
}

parameter_types! {
    pub const Token: Location = Location::here();
    pub const Network: Option<NetworkId> = Some(NetworkId::ByGenesis(WESTEND_GENESIS_HASH));
    pub UniversalLocation: InteriorLocation =
        GlobalConsensus(NetworkId::ByGenesis(WESTEND_GENESIS_HASH)).into();
    pub const InstructionWeight: Weight = Weight::from_parts(1_000_000_000, 0);
    /// An instruction costs a thousandth.
    pub Price: (AssetId, u128, u128) = (AssetId(Here.into()), 1_000_000_000_000, 0);
    pub QueueWeight: Weight = Weight::MAX;
}

pub type LocationToAccountId = (
    ChildParachainConvertsVia<ParaId, AccountId>,
    AccountId32Aliases<Network, AccountId>,
);

pub type XcmRouter = super::RelayChainXcmRouter;

pub struct XcmConfig;

impl staging_xcm_executor::Config for XcmConfig {
    type RuntimeCall = RuntimeCall;
    type XcmSender = XcmRouter;
    type XcmEventEmitter = XcmPallet;
    type AssetTransactor =
        FungibleAdapter<Balances, IsConcrete<Token>, LocationToAccountId, AccountId, ()>;
    type OriginConverter = SovereignSignedViaLocation<LocationToAccountId, RuntimeOrigin>;
    type IsReserve = ();
    type IsTeleporter = ();
    type Aliasers = Nothing;
    type UniversalLocation = UniversalLocation;
    type Barrier = (
        staging_xcm_builder::TakeWeightCredit,
        WithComputedOrigin<
            AllowTopLevelPaidExecutionFrom<Everything>,
            UniversalLocation,
            ConstU32<2>,
        >,
    );
    type Weigher = FixedWeightBounds<InstructionWeight, RuntimeCall, ConstU32<100>>;
    type Trader = FixedRateOfFungible<Price, ()>;
    type ResponseHandler = XcmPallet;
    type AssetTrap = XcmPallet;
    type AssetLocker = ();
    type AssetExchanger = ();
    type SubscriptionService = XcmPallet;
    type PalletInstancesInfo = ();
    type MaxAssetsIntoHolding = ConstU32<8>;
    type FeeManager = ();
    type MessageExporter = ();
    type UniversalAliases = Nothing;
    type CallDispatcher = RuntimeCall;
    type SafeCallFilter = Everything;
    type TransactionalProcessor = FrameTransactionalProcessor;
    type HrmpNewChannelOpenRequestHandler = ();
    type HrmpChannelAcceptedHandler = ();
    type HrmpChannelClosingHandler = ();
    type XcmRecorder = XcmPallet;
}

pub type Signed = SignedToAccountId32<RuntimeOrigin, AccountId, Network>;

impl pallet_xcm::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    type CurrencyMatcher = IsConcrete<Token>;
    type AuthorizedAliasConsideration = Disabled;
    type SendXcmOrigin = EnsureXcmOrigin<RuntimeOrigin, Signed>;
    type XcmRouter = XcmRouter;
    type ExecuteXcmOrigin = EnsureXcmOrigin<RuntimeOrigin, Signed>;
    type XcmExecuteFilter = Everything;
    type XcmExecutor = XcmExecutor<XcmConfig>;
    type XcmTeleportFilter = Everything;
    type XcmReserveTransferFilter = Everything;
    type Weigher = FixedWeightBounds<InstructionWeight, RuntimeCall, ConstU32<100>>;
    type UniversalLocation = UniversalLocation;
    type RuntimeOrigin = RuntimeOrigin;
    type RuntimeCall = RuntimeCall;
    const VERSION_DISCOVERY_QUEUE_SIZE: u32 = 100;
    type AdvertisedXcmVersion = pallet_xcm::CurrentXcmVersion;
    type AdminOrigin = frame_system::EnsureRoot<AccountId>;
    type TrustedLockers = ();
    type SovereignAccountOf = LocationToAccountId;
    type MaxLockers = ConstU32<0>;
    type MaxRemoteLockConsumers = ConstU32<0>;
    type RemoteLockConsumerIdentifier = ();
    type WeightInfo = pallet_xcm::TestWeightInfo;
}

pub struct Processor;

impl ProcessMessage for Processor {
    type Origin = AggregateMessageOrigin;

    fn process_message(
        message: &[u8],
        origin: Self::Origin,
        meter: &mut WeightMeter,
        id: &mut [u8; 32],
    ) -> Result<bool, ProcessMessageError> {
        let AggregateMessageOrigin::Ump(UmpQueueId::Para(para)) = origin;
        ProcessXcmMessage::<Junction, XcmExecutor<XcmConfig>, RuntimeCall>::process_message(
            message,
            Junction::Parachain(para.into()),
            meter,
            id,
        )
    }
}

impl pallet_message_queue::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type MessageProcessor = Processor;
    type Size = u32;
    type QueueChangeHandler = ();
    type QueuePausedQuery = ();
    type HeapSize = ConstU32<65_536>;
    type MaxStale = ConstU32<8>;
    type ServiceWeight = QueueWeight;
    type IdleMaxServiceWeight = ();
}
