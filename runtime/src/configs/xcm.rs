//! Messages between chains: which are executed, what they may do, and who pays.
//!
//! Money comes and goes by reserve transfer alone. MAI's reserve is this chain; another chain's asset
//! is believed from the reserve that governance registered with it (`ForeignAssets`). Nothing is
//! teleported: no other chain could create MAI, and we create nothing of theirs.
//!
//! An account of another chain has an account here that nobody has a key of, derived from where it
//! is. With a message it can pay for jobs, claim and transfer from it ([`MayTransact`]), and take its
//! money home again.

// The pallet, not the list of assets that a message names.
use crate::{Assets, *};
use alloc::boxed::Box;
use configs::{
    economy::Treasury,
    money::{GovernedRates, MessageFee, ToTreasury, TransactionByteFee, MILLI},
};
use cumulus_primitives_utility::ParentAsUmp;
use frame_support::{
    parameter_types,
    traits::{
        fungibles,
        tokens::{
            imbalance::{ResolveTo, UnsafeManualAccounting},
            ConversionToAssetBalance,
        },
        ConstU32, Contains, Disabled, Equals, Everything, Nothing, OnUnbalanced,
    },
    weights::{Weight, WeightToFee as _},
    PalletId,
};
use frame_system::EnsureRoot;
use pallet_collator_selection::StakingPotAccountId;
use pallet_xcm::XcmPassthrough;
use parachains_common::xcm_config::ParentRelayOrSiblingParachains;
use polkadot_parachain_primitives::primitives::Sibling;
use polkadot_runtime_common::xcm_sender::ExponentialPrice;
use sp_runtime::traits::{Identity, MaybeEquivalence, TryConvert};
use staging_xcm::latest::{prelude::*, Assets as XcmAssets, WESTEND_GENESIS_HASH};
use staging_xcm_builder::{
    AccountId32Aliases, AliasChildLocation, AllowHrmpNotificationsFromRelayChain,
    AllowKnownQueryResponses, AllowSubscriptionsFrom, AllowTopLevelPaidExecutionFrom,
    ConvertedConcreteId, DescribeAllTerminal, DescribeFamily, EnsureXcmOrigin,
    FrameTransactionalProcessor, FungibleAdapter, FungiblesAdapter, HashedDescription, IsConcrete,
    NoChecking, ParentIsPreset, SendXcmFeeToAccount, SiblingParachainConvertsVia,
    SignedAccountId32AsNative, SignedToAccountId32, SovereignSignedViaLocation, TakeWeightCredit,
    TrailingSetTopicAsId, UsingComponents, WeightInfoBounds, WithComputedOrigin, WithUniqueTopic,
    XcmFeeManagerFromComponents,
};
use staging_xcm_executor::{
    traits::{AssetExchange, WeightTrader},
    AssetsInHolding, XcmExecutor,
};

parameter_types! {
    /// MAI, as this chain sees it.
    pub const Token: Location = Location::here();
    pub const TokenId: AssetId = AssetId(Location::here());
    /// Of the relay chain that this runtime is built for. Accounts of other networks are no accounts
    /// of ours.
    pub const RelayNetwork: Option<NetworkId> = Some(NetworkId::ByGenesis(WESTEND_GENESIS_HASH));
    pub UniversalLocation: InteriorLocation = [
        GlobalConsensus(NetworkId::ByGenesis(WESTEND_GENESIS_HASH)),
        Parachain(ParachainInfo::parachain_id().into()),
    ]
    .into();
    /// This chain, as the relay chain's other parachains see it.
    pub SelfLocation: Location = Location::new(1, Parachain(ParachainInfo::parachain_id().into()));
    pub TreasuryLocation: Location = AccountId32 {
        network: None,
        id: Treasury::get().into(),
    }
    .into();
    /// Of one message, those within others counted. A transfer has some six, a job some ten.
    pub const MaxInstructions: u32 = 64;
    pub const MaxAssetsIntoHolding: u32 = 8;
    /// What it costs to send a message, before its bytes and while no queue is full.
    pub const BaseDeliveryFee: Balance = 3 * MILLI;
}

/// Whose account a location is.
pub type LocationToAccountId = (
    // The relay chain's.
    ParentIsPreset<AccountId>,
    // Another parachain's: where that chain keeps the MAI behind what its people have.
    SiblingParachainConvertsVia<Sibling, AccountId>,
    // An account here.
    AccountId32Aliases<RelayNetwork, AccountId>,
    // An account, a body or a pallet of another chain: nobody has a key of it.
    HashedDescription<AccountId, DescribeFamily<DescribeAllTerminal>>,
);

/// Another chain's asset and how much of it, by what it is called here.
type ForeignId = ConvertedConcreteId<u32, Balance, ForeignAssets, Identity>;

/// MAI; and assets of other chains, which come into being when they arrive and are burned when they
/// leave.
pub type AssetTransactors = (
    FungibleAdapter<Balances, IsConcrete<Token>, LocationToAccountId, AccountId, ()>,
    FungiblesAdapter<Assets, ForeignId, LocationToAccountId, AccountId, NoChecking, Treasury>,
);

/// As whom a message's call is dispatched: always an account, never Root. Nobody rules this chain
/// from another, not the relay chain's governance either.
pub type OriginConverter = (
    SovereignSignedViaLocation<LocationToAccountId, RuntimeOrigin>,
    SignedAccountId32AsNative<RelayNetwork, RuntimeOrigin>,
    XcmPassthrough<RuntimeOrigin>,
);

/// Which messages are executed at all. Any other is dropped unread.
pub type Barrier = TrailingSetTopicAsId<(
    // What an account of this chain executes here, in a transaction whose fee has paid for it.
    TakeWeightCredit,
    // Answers to what we asked.
    AllowKnownQueryResponses<PolkadotXcm>,
    // Whoever speaks, seen from here: an account of a chain, when the message says so first.
    WithComputedOrigin<
        (
            // From anybody who pays first: takes out money, buys the execution of the rest with it.
            // There is no execution for nothing, for nobody.
            AllowTopLevelPaidExecutionFrom<Everything>,
            // Which version of the language we speak.
            AllowSubscriptionsFrom<ParentRelayOrSiblingParachains>,
            // That a channel is asked for, accepted or closed.
            AllowHrmpNotificationsFromRelayChain,
        ),
        UniversalLocation,
        ConstU32<8>,
    >,
)>;

/// What a message may call: what an account without a key needs to pay for answers, be paid and
/// pass money on. Whoever wants more has it done by an account here.
pub struct MayTransact;

impl Contains<RuntimeCall> for MayTransact {
    fn contains(call: &RuntimeCall) -> bool {
        use pallet_inference_escrow::Call as Escrow;
        use pallet_reward_split::Call as Rewards;
        match call {
            // A blob is submitted with a signature, which an account of another chain cannot give.
            RuntimeCall::InferenceEscrow(Escrow::open_job { order }) => order.uploader.is_some(),
            RuntimeCall::InferenceEscrow(Escrow::expire { .. })
            | RuntimeCall::RewardSplit(
                Rewards::claim { .. } | Rewards::claim_many { .. } | Rewards::pay_out { .. },
            )
            | RuntimeCall::Balances(
                pallet_balances::Call::transfer_allow_death { .. }
                | pallet_balances::Call::transfer_keep_alive { .. }
                | pallet_balances::Call::transfer_all { .. },
            )
            | RuntimeCall::Assets(
                pallet_assets::Call::transfer { .. }
                | pallet_assets::Call::transfer_keep_alive { .. }
                | pallet_assets::Call::transfer_all { .. },
            ) => true,
            _ => false,
        }
    }
}

/// Sells the execution of messages for other chains' assets, at the rates that governance sets.
pub struct ForeignTrader {
    /// What was bought and not given back, of which asset, and what was paid for it.
    bought: Option<(AssetId, Weight, fungibles::Credit<AccountId, Assets>)>,
}

impl ForeignTrader {
    fn price(weight: Weight, id: &AssetId) -> Result<(u32, Balance), XcmError> {
        let local = <ForeignAssets as MaybeEquivalence<Location, u32>>::convert(&id.0)
            .ok_or(XcmError::AssetNotFound)?;
        let price = GovernedRates::to_asset_balance(MessageFee::weight_to_fee(&weight), local)
            .map_err(|()| XcmError::TooExpensive)?;
        Ok((local, price))
    }
}

impl WeightTrader for ForeignTrader {
    fn new() -> Self {
        Self { bought: None }
    }

    fn buy_weight(
        &mut self,
        weight: Weight,
        mut payment: AssetsInHolding,
        _: &XcmContext,
    ) -> Result<AssetsInHolding, (AssetsInHolding, XcmError)> {
        let Some(id) = payment.fungible.keys().next().cloned() else {
            return Err((payment, XcmError::AssetNotFound));
        };
        if self.bought.as_ref().is_some_and(|(of, ..)| *of != id) {
            return Err((payment, XcmError::NotWithdrawable));
        }
        let (local, price) = match Self::price(weight, &id) {
            Ok(price) => price,
            Err(error) => return Err((payment, error)),
        };
        let taken = match payment.try_take(Asset::from((id.clone(), price)).into()) {
            Ok(mut taken) => taken.fungible.remove(&id),
            Err(_) => return Err((payment, XcmError::TooExpensive)),
        };
        let (_, total, paid) = self.bought.get_or_insert_with(|| {
            (
                id,
                Weight::zero(),
                fungibles::Credit::<AccountId, Assets>::zero(local),
            )
        });
        if let Some(units) = taken {
            paid.saturating_subsume(units);
        }
        *total = total.saturating_add(weight);
        Ok(payment)
    }

    /// What is kept is the price of what was used, rounded up.
    fn refund_weight(&mut self, weight: Weight, _: &XcmContext) -> Option<AssetsInHolding> {
        let (id, total, paid) = self.bought.as_mut()?;
        let used = total.saturating_sub(weight);
        let (_, price) = Self::price(used, id).ok()?;
        let back = paid.extract(paid.peek().saturating_sub(price));
        if back.peek() == 0 {
            // The same surplus comes again.
            return None;
        }
        *total = used;
        Some(AssetsInHolding::new_from_fungible_credit(
            id.clone(),
            Box::new(back),
        ))
    }

    fn quote_weight(
        &mut self,
        weight: Weight,
        id: AssetId,
        _: &XcmContext,
    ) -> Result<Asset, XcmError> {
        let (_, price) = Self::price(weight, &id)?;
        Ok((id, price).into())
    }
}

impl Drop for ForeignTrader {
    fn drop(&mut self) {
        if let Some((.., paid)) = self.bought.take() {
            ToTreasury::on_unbalanced(paid);
        }
    }
}

/// Fees in MAI go to the collators' pot as those of transactions do; fees in an asset that has a rate
/// go to the treasury.
pub type Traders = (
    UsingComponents<
        MessageFee,
        Token,
        AccountId,
        Balances,
        ResolveTo<StakingPotAccountId<Runtime>, Balances>,
    >,
    ForeignTrader,
);

/// What fees of messages may be paid in: the token, and assets of other chains that have a rate.
/// Governance has set each, so they may be looked through.
pub fn fee_assets() -> Vec<AssetId> {
    let foreign = pallet_asset_rate::ConversionRateToNative::<Runtime>::iter_keys()
        .filter_map(|asset| match asset {
            myai_primitives::Asset::Native => None,
            myai_primitives::Asset::Id(id) => Some(id),
        })
        .filter_map(|id| <ForeignAssets as MaybeEquivalence<Location, u32>>::convert_back(&id))
        .map(AssetId);
    core::iter::once(TokenId::get()).chain(foreign).collect()
}

/// Lets the fee for a delivery, which is reckoned in MAI, be paid in an asset that has a rate. Nothing
/// is exchanged: the fee goes to the treasury as it is. The instruction that would exchange holdings
/// is refused by its weight.
pub struct FeesInOtherAssets;

impl FeesInOtherAssets {
    fn price(of: &Asset, id: &AssetId) -> Option<Asset> {
        let Fungible(needed) = of.fun else {
            return None;
        };
        if of.id != TokenId::get() {
            return None;
        }
        let local = <ForeignAssets as MaybeEquivalence<Location, u32>>::convert(&id.0)?;
        let price = GovernedRates::to_asset_balance(needed, local).ok()?;
        Some((id.clone(), price).into())
    }
}

impl AssetExchange for FeesInOtherAssets {
    fn exchange_asset(
        _: Option<&Location>,
        give: AssetsInHolding,
        want: &XcmAssets,
        _: bool,
    ) -> Result<AssetsInHolding, AssetsInHolding> {
        let price = want
            .get(0)
            .zip(give.fungible.keys().next())
            .and_then(|(needed, id)| Self::price(needed, id));
        match price {
            Some(ref price) if give.ensure_contains(&price.clone().into()).is_ok() => Ok(give),
            _ => Err(give),
        }
    }

    fn quote_exchange_price(
        give: &XcmAssets,
        want: &XcmAssets,
        maximal: bool,
    ) -> Option<XcmAssets> {
        let (give, want) = (give.get(0)?, want.get(0)?);
        // What MAI of that amount comes to in the other asset, whichever way it is asked.
        let (needed, other) = if maximal { (give, want) } else { (want, give) };
        Self::price(needed, &other.id).map(Into::into)
    }
}

pub type Weigher =
    WeightInfoBounds<weights::xcm::XcmWeight<RuntimeCall>, RuntimeCall, MaxInstructions>;

pub struct XcmConfig;

impl staging_xcm_executor::Config for XcmConfig {
    type RuntimeCall = RuntimeCall;
    type XcmSender = XcmRouter;
    type XcmEventEmitter = PolkadotXcm;
    type AssetTransactor = AssetTransactors;
    type OriginConverter = OriginConverter;
    type IsReserve = ForeignAssets;
    type IsTeleporter = ();
    // A chain speaks for its accounts, in this way, too.
    type Aliasers = AliasChildLocation;
    type UniversalLocation = UniversalLocation;
    type Barrier = Barrier;
    type Weigher = Weigher;
    type Trader = Traders;
    type ResponseHandler = PolkadotXcm;
    type AssetTrap = PolkadotXcm;
    type AssetLocker = ();
    type AssetExchanger = FeesInOtherAssets;
    type SubscriptionService = PolkadotXcm;
    type PalletInstancesInfo = AllPalletsWithSystem;
    type MaxAssetsIntoHolding = MaxAssetsIntoHolding;
    // This chain itself, as governance speaks, pays nothing for what it sends.
    type FeeManager = XcmFeeManagerFromComponents<
        Equals<Token>,
        SendXcmFeeToAccount<AssetTransactors, TreasuryLocation>,
    >;
    type MessageExporter = ();
    type UniversalAliases = Nothing;
    type CallDispatcher = RuntimeCall;
    type SafeCallFilter = MayTransact;
    type TransactionalProcessor = FrameTransactionalProcessor;
    type HrmpNewChannelOpenRequestHandler = ();
    type HrmpChannelAcceptedHandler = ();
    type HrmpChannelClosingHandler = ();
    type XcmRecorder = PolkadotXcm;
}

/// To the relay chain by its own way, to other parachains by channels. The price grows while the
/// receiver's queue does.
pub type XcmRouter = WithUniqueTopic<(
    ParentAsUmp<ParachainSystem, PolkadotXcm, PriceForParentDelivery>,
    XcmpQueue,
)>;

pub type PriceForParentDelivery =
    ExponentialPrice<TokenId, BaseDeliveryFee, TransactionByteFee, ParachainSystem>;
pub type PriceForSiblingDelivery =
    ExponentialPrice<TokenId, BaseDeliveryFee, TransactionByteFee, XcmpQueue>;

/// Root speaks for this chain: governance opens channels and moves what lies in our accounts elsewhere.
pub struct RootIsThisChain;

impl TryConvert<RuntimeOrigin, Location> for RootIsThisChain {
    fn try_convert(origin: RuntimeOrigin) -> Result<Location, RuntimeOrigin> {
        match origin.clone().into() {
            Ok(frame_system::RawOrigin::Root) => Ok(Location::here()),
            _ => Err(origin),
        }
    }
}

impl pallet_xcm::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    type CurrencyMatcher = IsConcrete<Token>;
    // No account speaks for another.
    type AuthorizedAliasConsideration = Disabled;
    // Messages of any kind are sent by governance alone; people send by transfers and by what they
    // execute.
    type SendXcmOrigin = EnsureXcmOrigin<RuntimeOrigin, RootIsThisChain>;
    type XcmRouter = XcmRouter;
    type ExecuteXcmOrigin =
        EnsureXcmOrigin<RuntimeOrigin, SignedToAccountId32<RuntimeOrigin, AccountId, RelayNetwork>>;
    // It may do with its own money what a message may do, and `MayTransact` holds here, too.
    type XcmExecuteFilter = Everything;
    type XcmExecutor = XcmExecutor<XcmConfig>;
    type XcmTeleportFilter = Nothing;
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
    type WeightInfo = weights::pallet_xcm::WeightInfo<Runtime>;
}

parameter_types! {
    /// Owns the assets of other chains.
    pub const ForeignAssetsId: PalletId = PalletId(*b"myai/fas");
}

impl pallet_foreign_assets::Config for Runtime {
    // Whoever says which chain is believed of an asset could let it make units out of nothing.
    type RegistryOrigin = EnsureRoot<AccountId>;
    type SelfLocation = SelfLocation;
    type PalletId = ForeignAssetsId;
    type WeightInfo = weights::pallet_foreign_assets::WeightInfo<Runtime>;
}
