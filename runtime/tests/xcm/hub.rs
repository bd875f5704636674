//! A parachain as Asset Hub is one: it has the relay chain's token, makes dollars, and takes in MAI
//! from its home.

use frame_support::{
    derive_impl, parameter_types,
    traits::{
        AsEnsureOriginWithArg, ConstU128, ConstU32, ContainsPair, Disabled, Everything, Nothing,
    },
    weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSigned};
use parachains_common::AccountId;
use polkadot_parachain_primitives::primitives::Sibling;
use sp_runtime::traits::{Identity, IdentityLookup, MaybeEquivalence};
use staging_xcm::latest::{prelude::*, WESTEND_GENESIS_HASH};
use staging_xcm_builder::{
    AccountId32Aliases, AllowTopLevelPaidExecutionFrom, ConvertedConcreteId, EnsureXcmOrigin,
    FixedRateOfFungible, FixedWeightBounds, FrameTransactionalProcessor, FungibleAdapter,
    FungiblesAdapter, IsConcrete, NoChecking, ParentIsPreset, SiblingParachainConvertsVia,
    SignedToAccountId32, SovereignSignedViaLocation, WithComputedOrigin,
};
use staging_xcm_executor::XcmExecutor;
use xcm_simulator::mock_message_queue;

/// What it calls a dollar and MAI.
pub const DOLLAR: u32 = 1_337;
pub const MAI: u32 = super::US;

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
    pub type MsgQueue = mock_message_queue;
    #[runtime::pallet_index(3)]
    pub type PolkadotXcm = pallet_xcm;
    #[runtime::pallet_index(50)]
    pub type Assets = pallet_assets;
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

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Runtime {
    type Balance = u128;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type Freezer = ();
    type Holder = ();
}

impl mock_message_queue::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type XcmExecutor = XcmExecutor<XcmConfig>;
}

parameter_types! {
    pub const Token: Location = Location::parent();
    pub const Network: Option<NetworkId> = Some(NetworkId::ByGenesis(WESTEND_GENESIS_HASH));
    pub UniversalLocation: InteriorLocation = [
        GlobalConsensus(NetworkId::ByGenesis(WESTEND_GENESIS_HASH)),
        Parachain(super::HUB),
    ]
    .into();
    pub const InstructionWeight: Weight = Weight::from_parts(1_000_000_000, 0);
    /// Checks nothing, since nothing is teleported.
    pub Nobody: AccountId = [0; 32].into();
    /// An instruction costs a thousandth of each.
    pub TokenPrice: (AssetId, u128, u128) = (AssetId(Location::parent()), 1_000_000_000_000, 0);
    pub DollarPrice: (AssetId, u128, u128) = (AssetId(dollar()), 1_000_000, 0);
    pub MaiPrice: (AssetId, u128, u128) = (AssetId(mai()), 1_000_000_000_000, 0);
}

/// A dollar, as the hub sees it.
pub fn dollar() -> Location {
    [PalletInstance(50), GeneralIndex(DOLLAR.into())].into()
}

pub fn mai() -> Location {
    Location::new(1, Parachain(super::US))
}

pub struct Ids;

impl MaybeEquivalence<Location, u32> for Ids {
    fn convert(location: &Location) -> Option<u32> {
        [DOLLAR, MAI]
            .into_iter()
            .find(|id| Self::convert_back(id).as_ref() == Some(location))
    }

    fn convert_back(id: &u32) -> Option<Location> {
        match *id {
            DOLLAR => Some(dollar()),
            MAI => Some(mai()),
            _ => None,
        }
    }
}

pub struct MaiFromHome;

impl ContainsPair<Asset, Location> for MaiFromHome {
    fn contains(asset: &Asset, origin: &Location) -> bool {
        asset.id.0 == mai() && *origin == mai()
    }
}

pub type LocationToAccountId = (
    ParentIsPreset<AccountId>,
    SiblingParachainConvertsVia<Sibling, AccountId>,
    AccountId32Aliases<Network, AccountId>,
);

pub type XcmRouter = super::ParachainXcmRouter<MsgQueue>;
pub type Weigher = FixedWeightBounds<InstructionWeight, RuntimeCall, ConstU32<100>>;

pub struct XcmConfig;

impl staging_xcm_executor::Config for XcmConfig {
    type RuntimeCall = RuntimeCall;
    type XcmSender = XcmRouter;
    type XcmEventEmitter = PolkadotXcm;
    type AssetTransactor = (
        FungibleAdapter<Balances, IsConcrete<Token>, LocationToAccountId, AccountId, ()>,
        FungiblesAdapter<
            Assets,
            ConvertedConcreteId<u32, u128, Ids, Identity>,
            LocationToAccountId,
            AccountId,
            NoChecking,
            Nobody,
        >,
    );
    type OriginConverter = SovereignSignedViaLocation<LocationToAccountId, RuntimeOrigin>;
    type IsReserve = MaiFromHome;
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
    type Weigher = Weigher;
    type Trader = (
        FixedRateOfFungible<TokenPrice, ()>,
        FixedRateOfFungible<DollarPrice, ()>,
        FixedRateOfFungible<MaiPrice, ()>,
    );
    type ResponseHandler = PolkadotXcm;
    type AssetTrap = PolkadotXcm;
    type AssetLocker = ();
    type AssetExchanger = ();
    type SubscriptionService = PolkadotXcm;
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
    type XcmRecorder = PolkadotXcm;
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
    type Weigher = Weigher;
    type UniversalLocation = UniversalLocation;
    type RuntimeOrigin = RuntimeOrigin;
    type RuntimeCall = RuntimeCall;
    const VERSION_DISCOVERY_QUEUE_SIZE: u32 = 100;
    type AdvertisedXcmVersion = pallet_xcm::CurrentXcmVersion;
    type AdminOrigin = EnsureRoot<AccountId>;
    type TrustedLockers = ();
    type SovereignAccountOf = LocationToAccountId;
    type MaxLockers = ConstU32<0>;
    type MaxRemoteLockConsumers = ConstU32<0>;
    type RemoteLockConsumerIdentifier = ();
    type WeightInfo = pallet_xcm::TestWeightInfo;
}
