//! How the three chains begin, what goes between them, and what people say to each.

use super::{hub, relay, support::*, Hub, Network, Relaychain, Us, HUB, US};
use cumulus_primitives_core::{AggregateMessageOrigin, UpwardMessageSender};
use frame_support::{
    traits::{EnqueueMessage, ServiceQueues},
    weights::Weight,
    BoundedSlice,
};
// The pallet, not the list of assets that a message names.
use myai_runtime::Assets;
use pallet_foreign_assets::{ForeignAsset, FIRST_ID};
use sp_runtime::BuildStorage;
use staging_xcm::{
    latest::{prelude::*, Asset},
    VersionedLocation, VersionedXcm,
};
use staging_xcm_builder::InspectMessageQueues;
use staging_xcm_executor::traits::{ConvertLocation, TransferType};
use xcm_simulator::{
    DmpMessageHandlerT, ParaId, RelayBlockNumber, TestExt, XcmpMessageHandlerT, PARA_MESSAGE_BUS,
};

/// What we call the relay chain's token and the hub's dollar.
pub const TOKEN: u32 = FIRST_ID;
pub const DOLLAR: u32 = FIRST_ID + 1;
/// A dollar has six decimals; the relay chain's token, as MAI, twelve.
pub const USD: Balance = 1_000_000;
pub const WND: Balance = 1_000_000_000_000;
pub const LEAST_DOLLARS: Balance = USD / 100;
/// What everybody begins with on the other chains.
pub const ENDOWED: Balance = 1_000_000;

pub const PEOPLE: [Who; 4] = [Who::Alice, Who::Bob, Who::Dave, Who::Eve];

/// What an instruction costs on the other chains: a thousandth of a dollar or of a token.
pub const HUB_DOLLARS: Balance = USD / 1_000;
pub const HUB_MAI: Balance = MAI / 1_000;
pub const RELAY_TOKENS: Balance = WND / 1_000;

pub fn relay_genesis() -> sp_io::TestExternalities {
    let mut storage = frame_system::GenesisConfig::<relay::Runtime>::default()
        .build_storage()
        .unwrap();
    pallet_balances::GenesisConfig::<relay::Runtime> {
        balances: PEOPLE.map(|who| (account(who), ENDOWED * WND)).to_vec(),
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    pallet_xcm::GenesisConfig::<relay::Runtime> {
        safe_xcm_version: Some(XCM_VERSION),
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    let mut chain = sp_io::TestExternalities::new(storage);
    chain.execute_with(|| relay::System::set_block_number(1));
    chain
}

pub fn hub_genesis() -> sp_io::TestExternalities {
    let mut storage = frame_system::GenesisConfig::<hub::Runtime>::default()
        .build_storage()
        .unwrap();
    pallet_balances::GenesisConfig::<hub::Runtime> {
        balances: PEOPLE.map(|who| (account(who), ENDOWED * WND)).to_vec(),
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    pallet_assets::GenesisConfig::<hub::Runtime> {
        assets: vec![
            (hub::DOLLAR, account(Who::Alice), true, LEAST_DOLLARS),
            (hub::MAI, account(Who::Alice), true, MAI / 1_000),
        ],
        accounts: PEOPLE
            .map(|who| (hub::DOLLAR, account(who), ENDOWED * USD))
            .to_vec(),
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    pallet_xcm::GenesisConfig::<hub::Runtime> {
        safe_xcm_version: Some(XCM_VERSION),
        ..Default::default()
    }
    .assimilate_storage(&mut storage)
    .unwrap();
    let mut chain = sp_io::TestExternalities::new(storage);
    chain.execute_with(|| {
        hub::System::set_block_number(1);
        hub::MsgQueue::set_para_id(HUB.into());
    });
    chain
}

/// Governance has registered both assets and set their rates: a dollar is two MAI, a token five.
pub fn our_genesis() -> sp_io::TestExternalities {
    let mut chain = genesis();
    chain.execute_with(|| {
        ParachainSystem::ensure_successful_delivery();
        ParachainSystem::open_outbound_hrmp_channel_for_benchmarks_or_tests(HUB.into());
        for (id, location, reserve, symbol, decimals, least, rate) in [
            (TOKEN, token(), Location::parent(), "WND", 12, WND / 100, 5),
            (
                DOLLAR,
                dollar(),
                hub_seen(),
                "USD",
                6,
                LEAST_DOLLARS,
                2_000_000,
            ),
        ] {
            let text = |text: &str| text.as_bytes().to_vec().try_into().unwrap();
            assert_ok!(root(pallet_foreign_assets::Call::register {
                id,
                asset: Box::new(ForeignAsset { location, reserve }),
                name: text(symbol),
                symbol: text(symbol),
                decimals,
                min_balance: least,
            }));
            assert_ok!(root(pallet_asset_rate::Call::create {
                asset_kind: Box::new(myai_primitives::Asset::Id(id)),
                rate: rate.into(),
            }));
        }
    });
    chain
}

/// The relay chain's token, the hub and its dollar, as we see them.
pub fn token() -> Location {
    Location::parent()
}

pub fn hub_seen() -> Location {
    Location::new(1, Parachain(HUB))
}

pub fn dollar() -> Location {
    Location::new(
        1,
        [
            Parachain(HUB),
            PalletInstance(50),
            GeneralIndex(hub::DOLLAR.into()),
        ],
    )
}

/// This chain as the others see it.
pub fn us_from_relay() -> Location {
    Location::new(0, Parachain(US))
}

pub fn us_from_hub() -> Location {
    Location::new(1, Parachain(US))
}

/// An account, as the chain that it is on sees it.
pub fn local(who: Who) -> Junction {
    AccountId32 {
        network: None,
        id: account(who).into(),
    }
}

/// An account of the hub, and one of the relay chain, as we see them.
pub fn at_hub(who: Who) -> Location {
    Location::new(1, [Parachain(HUB), local(who)])
}

pub fn at_relay(who: Who) -> Location {
    Location::new(1, [local(who)])
}

/// The account that a location has here.
pub fn account_of(location: &Location) -> AccountId {
    configs::xcm::LocationToAccountId::convert_location(location).expect("it has an account")
}

/// Our accounts on the other chains.
pub fn ours_at_hub() -> AccountId {
    hub::LocationToAccountId::convert_location(&us_from_hub()).unwrap()
}

pub fn ours_at_relay() -> AccountId {
    relay::LocationToAccountId::convert_location(&us_from_relay()).unwrap()
}

/// Takes messages in as the chain does, through its queues.
pub struct Inbox;

impl XcmpMessageHandlerT for Inbox {
    fn handle_xcmp_messages<'a, I: Iterator<Item = (ParaId, RelayBlockNumber, &'a [u8])>>(
        messages: I,
        limit: Weight,
    ) -> Weight {
        let used = XcmpQueue::handle_xcmp_messages(messages, limit);
        MessageQueue::service_queues(Weight::MAX);
        post();
        used
    }
}

impl DmpMessageHandlerT for Inbox {
    fn handle_dmp_messages(
        messages: impl Iterator<Item = (RelayBlockNumber, Vec<u8>)>,
        limit: Weight,
    ) -> Weight {
        for (_, message) in messages {
            MessageQueue::enqueue_message(
                BoundedSlice::try_from(&message[..]).expect("it fits into a page"),
                AggregateMessageOrigin::Parent,
            );
        }
        MessageQueue::service_queues(Weight::MAX);
        post();
        limit
    }
}

/// Hands what our queues have for other chains to the carrier.
fn post() {
    for (to, messages) in configs::xcm::XcmRouter::get_messages() {
        let to = Location::try_from(to).unwrap();
        for message in messages {
            let message = Xcm::try_from(message).unwrap();
            PARA_MESSAGE_BUS
                .with(|bus| bus.borrow_mut().push_back((US.into(), to.clone(), message)));
        }
    }
    configs::xcm::XcmRouter::clear_messages();
}

/// On our chain; what it sends arrives before this returns.
pub fn us<R>(act: impl FnOnce() -> R) -> R {
    Us::execute_with(|| {
        let result = act();
        post();
        result
    })
}

pub fn on_hub<R>(act: impl FnOnce() -> R) -> R {
    Hub::execute_with(act)
}

pub fn on_relay<R>(act: impl FnOnce() -> R) -> R {
    Relaychain::execute_with(act)
}

/// Runs a test on three new chains, and checks every invariant of ours at its end.
pub fn on_three_chains(test: impl FnOnce()) {
    Network::reset();
    test();
    us(|| {
        check_invariants();
        ForeignAssets::do_try_state().expect("foreign-assets");
    });
    // Each unit of another chain's asset that we have lies in our account there.
    let (tokens, dollars) = us(|| (Assets::total_supply(TOKEN), Assets::total_supply(DOLLAR)));
    let kept = on_relay(|| relay::Balances::free_balance(ours_at_relay()));
    assert_eq!(kept, tokens, "tokens that the relay chain keeps for us");
    let kept = on_hub(|| hub::Assets::balance(hub::DOLLAR, ours_at_hub()));
    assert_eq!(kept, dollars, "dollars that the hub keeps for us");
}

pub fn versioned(location: impl Into<Location>) -> Box<VersionedLocation> {
    Box::new(VersionedLocation::from(location.into()))
}

/// `who` sends dollars from the hub to somebody here, seen from here; the fee here is paid of them.
pub fn dollars_from_hub(who: Who, to: Location, units: Balance) {
    on_hub(|| {
        assert_ok!(hub::PolkadotXcm::limited_reserve_transfer_assets(
            hub::RuntimeOrigin::signed(account(who)),
            versioned(us_from_hub()),
            versioned(to),
            Box::new((AssetId(hub::dollar()), units).into()),
            0,
            Unlimited,
        ));
    });
}

/// `who` sends tokens from the relay chain to somebody here. Its transfer calls refuse that, unless the
/// reserve is named.
pub fn tokens_from_relay(who: Who, to: Location, units: Balance) {
    let deposit = Xcm(vec![DepositAsset {
        assets: Wild(AllCounted(1)),
        beneficiary: to,
    }]);
    on_relay(|| {
        assert_ok!(relay::XcmPallet::transfer_assets_using_type_and_then(
            relay::RuntimeOrigin::signed(account(who)),
            versioned(us_from_relay()),
            Box::new((Here, units).into()),
            Box::new(TransferType::LocalReserve),
            Box::new(AssetId(Here.into()).into()),
            Box::new(TransferType::LocalReserve),
            Box::new(VersionedXcm::from(deposit)),
            Unlimited,
        ));
    });
}

/// `who` has the hub send a message to us in its name.
pub fn message_from_hub(who: Who, message: Xcm<()>) {
    on_hub(|| {
        assert_ok!(hub::PolkadotXcm::send(
            hub::RuntimeOrigin::signed(account(who)),
            versioned(us_from_hub()),
            Box::new(VersionedXcm::from(message)),
        ));
    });
}

pub fn message_from_relay(who: Who, message: Xcm<()>) {
    on_relay(|| {
        assert_ok!(relay::XcmPallet::send(
            relay::RuntimeOrigin::signed(account(who)),
            versioned(us_from_relay()),
            Box::new(VersionedXcm::from(message)),
        ));
    });
}

/// What the execution of a message costs here in an asset, as anybody may ask.
pub fn price(message: Xcm<()>, asset: Location) -> Balance {
    use xcm_runtime_apis::fees::runtime_decl_for_xcm_payment_api::XcmPaymentApiV2;
    type Api = Runtime;
    let weight = <Api as XcmPaymentApiV2<Block>>::query_xcm_weight(VersionedXcm::from(message))
        .expect("it can be weighed");
    <Api as XcmPaymentApiV2<Block>>::query_weight_to_asset_fee(weight, AssetId(asset).into())
        .expect("it has a price")
}

/// As it arrives when the other chain's executor sends it, and not its pallet.
pub fn with_topic(mut message: Xcm<()>) -> Xcm<()> {
    message.0.push(SetTopic([0; 32]));
    message
}

/// What somebody sends us by a reserve transfer, as it arrives.
pub fn arrival(asset: Location, units: Balance, to: Location) -> Xcm<()> {
    let asset: Asset = (asset, units).into();
    Xcm(vec![
        ReserveAssetDeposited(asset.clone().into()),
        ClearOrigin,
        BuyExecution {
            fees: asset,
            weight_limit: Unlimited,
        },
        DepositAsset {
            assets: Wild(AllCounted(1)),
            beneficiary: to,
        },
    ])
}

pub fn dollars_of(who: &AccountId) -> Balance {
    Assets::balance(DOLLAR, who)
}

pub fn tokens_of(who: &AccountId) -> Balance {
    Assets::balance(TOKEN, who)
}

pub fn treasury() -> AccountId {
    configs::economy::Treasury::get()
}

/// The dollar becomes an asset that prices may be in: its first units come to the treasury.
pub fn accept_dollars() {
    let to: Location = AccountId32 {
        network: None,
        id: treasury().into(),
    }
    .into();
    dollars_from_hub(Who::Alice, to, USD);
    us(|| {
        assert_ok!(root(pallet_reward_split::Call::accept_asset {
            asset: DOLLAR,
            job_deposit: USD / 100,
            session_deposit: USD / 100,
            min_lock: USD,
        }));
    });
}

/// What a program of an account here may weigh: a quarter of a block.
pub fn quarter() -> Weight {
    configs::system::RuntimeBlockWeights::get()
        .max_block
        .saturating_div(4)
}
