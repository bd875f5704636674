//! What is measured, and how the benchmarks of our pallets get what they need of one another:
//! through the calls that anybody would use, whatever the genesis.

use crate::*;
use alloc::{boxed::Box, string::String, vec, vec::Vec};
use configs::economy::Treasury;
use cumulus_pallet_parachain_system::{RelaychainDataProvider, ValidationData};
use frame_benchmarking::{account, BenchmarkBatch, BenchmarkConfig, BenchmarkList};
use frame_support::{
    assert_ok,
    traits::{fungible, fungibles, StorageInfo, StorageInfoTrait, WhitelistedStorageKeys},
};
use frame_system::RawOrigin;
use myai_primitives::{Balance, *};
use myai_support::{Clock, Deposit, Splits};
use sp_runtime::traits::BlockNumberProvider;

type Instructions = pallet_xcm_benchmarks::generic::Pallet<Runtime>;
type MoneyInstructions = pallet_xcm_benchmarks::fungible::Pallet<Runtime>;
type XcmCalls = pallet_xcm::benchmarking::Pallet<Runtime>;

// The last is the yardstick for the others; its weights are not generated.
frame_benchmarking::define_benchmarks!(
    [pallet_reward_split, RewardSplit]
    [pallet_model_registry, ModelRegistry]
    [pallet_data_license, DataLicense]
    [pallet_inference_escrow, InferenceEscrow]
    [pallet_foreign_assets, ForeignAssets]
    [pallet_xcm, XcmCalls]
    [pallet_xcm_benchmarks::fungible, MoneyInstructions]
    [pallet_xcm_benchmarks::generic, Instructions]
    [pallet_balances, Balances]
);

pub fn metadata(extra: bool) -> (Vec<BenchmarkList>, Vec<StorageInfo>) {
    let mut list = Vec::new();
    list_benchmarks!(list, extra);
    (list, AllPalletsWithSystem::storage_info())
}

pub fn dispatch(config: BenchmarkConfig) -> Result<Vec<BenchmarkBatch>, String> {
    let mut whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
    // Written by an inherent of each block, and so in memory when a call reads it.
    whitelist.push(ValidationData::<Runtime>::hashed_key().to_vec().into());
    // Each block reads and writes the clock at its end, and that is where it is paid for.
    if config.benchmark != b"on_finalize" {
        let clock = pallet_reward_split::Clock::<Runtime>::hashed_key();
        whitelist.push(clock.to_vec().into());
    }
    let mut batches = Vec::new();
    let params = (&config, &whitelist);
    add_benchmarks!(params, batches);
    Ok(batches)
}

/// An asset that prices are in, beside the token.
const DOLLAR: u32 = 7_000;
/// Least balance of assets that are made here.
const LEAST: Balance = 10;
const PLENTY: Balance = 1_000_000_000_000_000_000;

/// Answers all four pallets.
pub struct Helper;

impl pallet_treasury::ArgumentsFactory<Asset, AccountId> for Helper {
    fn create_asset_kind(seed: u32) -> Asset {
        Asset::Id(seed)
    }

    fn create_beneficiary(seed: [u8; 32]) -> AccountId {
        seed.into()
    }
}

impl pallet_asset_rate::AssetKindFactory<Asset> for Helper {
    fn create_asset_kind(seed: u32) -> Asset {
        Asset::Id(seed)
    }
}

/// The treasury can pay as much, and still has what keeps it alive.
pub fn fill_treasury(asset: Asset, amount: Balance) {
    let least = <configs::money::Money as myai_support::Money<AccountId>>::minimum(&asset);
    mint(
        &asset,
        &Treasury::get(),
        amount.saturating_add(least.max(LEAST)),
    );
}

fn signed(who: &AccountId) -> RuntimeOrigin {
    RawOrigin::Signed(who.clone()).into()
}

/// Gives `who` as many units on top.
fn mint(asset: &Asset, who: &AccountId, units: Balance) {
    match asset {
        Asset::Native => {
            assert_ok!(<Balances as fungible::Mutate<_>>::mint_into(who, units));
        }
        Asset::Id(id) => {
            exist(*id);
            assert_ok!(<Assets as fungibles::Mutate<_>>::mint_into(*id, who, units));
        }
    }
}

/// A new one is not sufficient: an account in it costs more to make.
fn exist(id: u32) {
    if !<Assets as fungibles::Inspect<AccountId>>::asset_exists(id) {
        let admin: AccountId = account("admin", 0, 0);
        let root = RawOrigin::Root.into();
        assert_ok!(Assets::force_create(
            root,
            id.into(),
            admin.into(),
            false,
            LEAST
        ));
    }
}

/// The accounts of the chain itself, the network's split, an accepted asset and the relay chain's
/// block number: what every block of a chain that is not new has.
fn settle_down() -> Asset {
    let asset = Asset::Id(DOLLAR);
    if !<RewardSplit as Splits<AccountId>>::accepts(&asset) {
        for who in [RewardSplit::vault(), Treasury::get()] {
            mint(&Asset::Native, &who, PLENTY);
        }
        mint(&asset, &Treasury::get(), PLENTY);
        assert_ok!(RewardSplit::accept_asset(
            RawOrigin::Root.into(),
            DOLLAR,
            1_000,
            1_000,
            1_000
        ));
        <RewardSplit as Splits<AccountId>>::network();
        RelaychainDataProvider::<Runtime>::set_block_number(1_000);
    }
    asset
}

/// A split that received in as many assets as can be and has as much dust in each.
fn settle(split: SplitId) {
    use pallet_reward_split::{Income, Paid, Received, Splits};
    let shares = Splits::<Runtime>::get(split).map_or(0, |s| s.shares.len());
    for id in 0..pallet_reward_split::MAX_RECEIVED {
        let asset = Asset::Id(id);
        let mut paid = Paid::<Runtime>::get(split, &asset);
        paid.bounded_resize(shares, 1_000);
        Paid::<Runtime>::insert(split, &asset, paid);
        Received::<Runtime>::insert(split, &asset, Income::from(1_001 * shares as Balance - 1));
    }
}

/// Both clocks go on.
fn advance(ticks: Tick) {
    let now = <RewardSplit as Clock>::now().saturating_add(ticks);
    let served = <RewardSplit as Clock>::served().saturating_add(ticks);
    RelaychainDataProvider::<Runtime>::set_block_number(now);
    let reading = pallet_reward_split::Reading { last: now, served };
    pallet_reward_split::Clock::<Runtime>::put(reading);
}

fn name() -> Name {
    Name::truncate_from(b"name".to_vec())
}

fn file() -> File {
    File {
        sha256: [1; 32],
        length: 1,
        uris: frame_support::BoundedVec::truncate_from(vec![Uri::truncate_from(
            b"https://a".to_vec(),
        )]),
    }
}

fn model(owner: &AccountId) -> ModelId {
    mint(&Asset::Native, owner, PLENTY);
    let model = pallet_model_registry::NextModel::<Runtime>::get();
    assert_ok!(ModelRegistry::register_model(
        signed(owner),
        name(),
        Category::Other,
        file()
    ));
    model
}

fn open_clauses() -> Clauses {
    Clauses::open(Text::truncate_from(b"Apache-2.0".to_vec()))
}

/// A grant for ever, on a dataset of its own whose terms have these clauses.
fn grant(owner: &AccountId, model: ModelId, clauses: Clauses) -> GrantId {
    let giver: AccountId = account("giver", 0, 0);
    for who in [&giver, owner] {
        mint(&Asset::Native, who, PLENTY);
    }
    let dataset = pallet_data_license::NextDataset::<Runtime>::get();
    let grant = pallet_data_license::NextGrant::<Runtime>::get();
    assert_ok!(DataLicense::register_dataset(
        signed(&giver),
        name(),
        Category::Other,
        file(),
        Openness::Open,
        None
    ));
    let is_asked = clauses.derivatives == Derivatives::Approval;
    let terms = DatasetTerms {
        clauses,
        price: Amount {
            asset: Asset::Native,
            value: 0,
        },
        period: None,
        renewable: None,
        revocation: Revocation::Never,
    };
    assert_ok!(DataLicense::set_terms(
        signed(&giver),
        dataset,
        Box::new(terms)
    ));
    assert_ok!(DataLicense::acquire(signed(owner), dataset, model, 1, 0, 1));
    if is_asked {
        assert_ok!(DataLicense::approve(
            signed(&giver),
            dataset,
            model,
            owner.clone(),
            1
        ));
    }
    grant
}

/// A version that was trained under `grants` and derives from `base`.
fn version(
    owner: &AccountId,
    model: ModelId,
    asset: Asset,
    grants: &[GrantId],
    base: Option<VersionId>,
) -> VersionId {
    mint(&Asset::Native, owner, PLENTY);
    let version = pallet_model_registry::NextVersion::<Runtime>::get();
    let datasets = grants.iter().map(|grant| DatasetLine {
        source: DataSource::Grant(*grant),
        share: Ppm(1),
    });
    let bases = base.into_iter().map(|version| BaseLine {
        version,
        royalty: Ppm(1),
    });
    let spec = VersionSpec {
        artifact: file(),
        manifest: file(),
        numerics: Numerics::Float,
        unit: Unit::Call,
        price: Amount {
            asset,
            value: 1_000_000,
        },
        modes: frame_support::BoundedVec::truncate_from(vec![Mode::Direct]),
        max_input: 1,
        max_output: 1,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Open,
            checkpoints: Openness::Open,
        },
        clauses: open_clauses(),
        bases: Lines::truncate_from(bases.collect()),
        datasets: Lines::truncate_from(datasets.collect()),
        extras: Default::default(),
    };
    assert_ok!(ModelRegistry::publish_version(
        signed(owner),
        model,
        Box::new(spec)
    ));
    version
}

impl pallet_reward_split::BenchmarkHelper<AccountId> for Helper {
    fn fund(asset: &Asset, who: &AccountId) {
        settle_down();
        mint(&Asset::Native, who, PLENTY);
        if *asset != Asset::Native {
            mint(asset, who, PLENTY);
        }
    }

    fn version(owner: &AccountId) -> (VersionId, ModelId) {
        let model = model(owner);
        (version(owner, model, settle_down(), &[], None), model)
    }
}

impl pallet_model_registry::BenchmarkHelper<AccountId> for Helper {
    fn price_asset() -> Asset {
        settle_down()
    }

    fn endow(who: &AccountId, asset: &Asset, amount: Balance) {
        if *asset != Asset::Native {
            // An account in an asset needs one in the token.
            mint(&Asset::Native, who, PLENTY);
        }
        mint(asset, who, amount);
    }

    fn grant(owner: &AccountId, model: ModelId, clauses: Clauses) -> GrantId {
        grant(owner, model, clauses)
    }

    fn advance(ticks: Tick) {
        advance(ticks)
    }

    fn settle(split: SplitId) {
        settle(split)
    }
}

impl pallet_data_license::benchmarking::BenchmarkHelper<AccountId> for Helper {
    fn fund(who: &AccountId, units: Balance) -> Asset {
        let asset = settle_down();
        mint(&Asset::Native, who, PLENTY.saturating_add(units));
        mint(&asset, who, units);
        asset
    }

    fn model(owner: &AccountId) -> ModelId {
        model(owner)
    }

    fn settle(split: SplitId) {
        settle(split)
    }

    /// It lives by as many other grants as can be.
    fn version(owner: &AccountId, of: ModelId, by: GrantId, retired: bool) -> VersionId {
        let mut grants = vec![by];
        for _ in 1..MAX_LINES {
            grants.push(grant(owner, of, open_clauses()));
        }
        let version = version(owner, of, settle_down(), &grants, None);
        if retired {
            assert_ok!(ModelRegistry::retire_version(signed(owner), version));
        }
        version
    }
}

impl pallet_inference_escrow::BenchmarkHelper<AccountId> for Helper {
    /// It lives by grants of an ancestor, which take more looking for than its own. Who asks for approval
    /// is written as the registry would: more than one family can have.
    fn version(native: bool, lives_by: u32, approvals: u32) -> VersionId {
        use pallet_model_registry::{Effectives, Listings};
        let (owner, dollar) = (publisher(), settle_down());
        let asset = if native { Asset::Native } else { dollar };
        let of = model(&owner);
        let grants: Vec<_> = (0..lives_by)
            .map(|_| grant(&owner, of, open_clauses()))
            .collect();
        let base = version(&owner, of, asset, &grants, None);
        let version = version(&owner, model(&owner), asset, &[], Some(base));
        let bound = (0..approvals).map(|n| Bound {
            licensor: Licensor::Dataset(DatasetId(n), 1),
            hosting: true,
            users: true,
        });
        Effectives::<Runtime>::mutate(version, |row| {
            if let Some(effective) = row {
                effective.bound_by = frame_support::BoundedVec::truncate_from(bound.collect());
            }
        });
        Listings::<Runtime>::mutate(version, |row| {
            if let Some(listing) = row {
                (listing.hosting, listing.users) = (approvals > 0, approvals > 0);
            }
        });
        version
    }

    fn approve(version: VersionId, who: &AccountId) {
        use pallet_model_registry::{Approval, Approvals, Effectives};
        mint(&Asset::Native, who, PLENTY);
        let bound_by = Effectives::<Runtime>::get(version).map_or_else(Vec::new, |e| {
            e.bound_by.into_iter().map(|bound| bound.licensor).collect()
        });
        for licensor in bound_by {
            for kind in [ApprovalKind::Host, ApprovalKind::User] {
                let Ok(deposit) = Deposit::take(who, 64) else {
                    continue;
                };
                let approval = Approval {
                    given: true,
                    deposit,
                };
                Approvals::<Runtime>::insert(licensor, (kind, who), approval);
            }
        }
    }

    fn retire(version: VersionId) {
        assert_ok!(ModelRegistry::retire_version(signed(&publisher()), version));
    }

    fn fund(who: &AccountId, asset: &Asset) {
        settle_down();
        mint(&Asset::Native, who, PLENTY);
        if *asset != Asset::Native {
            mint(asset, who, PLENTY);
        }
    }

    fn suspend_a_model() {
        let until = <RewardSplit as Clock>::now().saturating_add(1);
        let subject = Subject::Model(model(&publisher()));
        assert_ok!(ModelRegistry::suspend(
            RawOrigin::Root.into(),
            subject,
            until
        ));
    }

    fn advance(ticks: Tick) {
        advance(ticks)
    }
}

fn publisher() -> AccountId {
    account("publisher", 0, 0)
}

/// An asset that has a rate, in which fees are paid.
pub struct RatedAsset;

impl pallet_asset_rate::AssetKindFactory<Asset> for RatedAsset {
    fn create_asset_kind(seed: u32) -> Asset {
        Asset::Id(seed)
    }
}

impl pallet_asset_tx_payment::BenchmarkHelperTrait<AccountId, u32, u32> for RatedAsset {
    fn create_asset_id_parameter(_: u32) -> (u32, u32) {
        (messages::DOLLAR, messages::DOLLAR)
    }

    fn setup_balances_and_pool(_: u32, who: AccountId) {
        messages::dollar(0);
        mint(&Asset::Native, &who, PLENTY);
        mint(&Asset::Id(messages::DOLLAR), &who, PLENTY);
    }
}

/// What messages between chains are measured with: assets of another chain, since one of ours costs
/// less.
mod messages {
    use super::{mint, PLENTY};
    // The pallet, not the list of assets that a message names.
    use crate::{Assets, *};
    use alloc::{boxed::Box, vec::Vec};
    use configs::xcm::{
        BaseDeliveryFee, LocationToAccountId, MaxAssetsIntoHolding, Token, TokenId, XcmConfig,
    };
    use cumulus_primitives_core::ParaId;
    use frame_benchmarking::{whitelisted_caller, BenchmarkError};
    use frame_support::{assert_ok, parameter_types, traits::fungible};
    use frame_system::RawOrigin;
    use pallet_foreign_assets::{ForeignAsset, FIRST_ID};
    use pallet_xcm_benchmarks::{generate_holding_assets, MockCredit};
    use staging_xcm::latest::{prelude::*, Assets as XcmAssets};
    use staging_xcm_executor::AssetsInHolding;

    const HUB: u32 = 1_000;
    const LEAST: Balance = 1_000;
    pub const DOLLAR: u32 = FIRST_ID;

    /// The `n`th asset of the hub. It is registered and has a rate once this has been asked.
    pub fn dollar(n: u32) -> Location {
        let location = Location::new(
            1,
            [Parachain(HUB), PalletInstance(50), GeneralIndex(n.into())],
        );
        let id = DOLLAR + n;
        if !pallet_foreign_assets::Foreign::<Runtime>::contains_key(id) {
            assert_ok!(ForeignAssets::register(
                RawOrigin::Root.into(),
                id,
                Box::new(ForeignAsset {
                    location: location.clone(),
                    reserve: hub(),
                }),
                b"Dollar".to_vec().try_into().unwrap_or_default(),
                b"USD".to_vec().try_into().unwrap_or_default(),
                6,
                LEAST,
            ));
            assert_ok!(AssetRate::create(
                RawOrigin::Root.into(),
                Box::new(myai_primitives::Asset::Id(id)),
                1.into(),
            ));
        }
        location
    }

    fn dollars() -> Asset {
        (dollar(0), 1_000 * LEAST).into()
    }

    fn hub() -> Location {
        Location::new(1, Parachain(HUB))
    }

    parameter_types! {
        pub const DollarId: u32 = DOLLAR;
        pub ExistentialDeposit: Option<Asset> =
            Some((TokenId::get(), configs::money::EXISTENTIAL_DEPOSIT).into());
        pub const HubId: ParaId = ParaId::new(HUB);
        pub const NoAccount: Option<(AccountId, staging_xcm_builder::MintLocation)> = None;
        pub const NoTeleporter: Option<(Location, Asset)> = None;
        pub Reserve: Option<(Location, Asset)> = Some((hub(), dollars()));
    }

    type ToParent = cumulus_primitives_utility::ToParentDeliveryHelper<
        XcmConfig,
        ExistentialDeposit,
        configs::xcm::PriceForParentDelivery,
    >;
    type ToHub = polkadot_runtime_common::xcm_sender::ToParachainDeliveryHelper<
        XcmConfig,
        ExistentialDeposit,
        configs::xcm::PriceForSiblingDelivery,
        HubId,
        ParachainSystem,
    >;

    impl pallet_xcm_benchmarks::Config for Runtime {
        type XcmConfig = XcmConfig;
        type AccountIdConverter = LocationToAccountId;
        type DeliveryHelper = ToParent;

        fn valid_destination() -> Result<Location, BenchmarkError> {
            Ok(Location::parent())
        }

        /// As many assets as are aimed at, and one of them that fees can be paid in.
        fn worst_case_holding(depositable: u32) -> AssetsInHolding {
            let most = MaxAssetsIntoHolding::get().saturating_sub(depositable);
            let mut holding = generate_holding_assets(most);
            holding
                .fungible
                .insert(AssetId(dollar(0)), Box::new(MockCredit(u128::MAX / 2)));
            holding
        }
    }

    impl pallet_xcm_benchmarks::fungible::Config for Runtime {
        type TransactAsset = fungible::ItemOf<Assets, DollarId, AccountId>;
        type CheckedAccount = NoAccount;
        type TrustedTeleporter = NoTeleporter;
        type TrustedReserve = Reserve;

        fn get_asset() -> Asset {
            dollars()
        }
    }

    impl pallet_xcm_benchmarks::generic::Config for Runtime {
        type RuntimeCall = RuntimeCall;
        type TransactAsset = Balances;

        fn worst_case_response() -> (u64, Response) {
            (0, Response::Version(Default::default()))
        }

        fn worst_case_asset_exchange() -> Result<(XcmAssets, XcmAssets), BenchmarkError> {
            Err(BenchmarkError::Skip)
        }

        fn universal_alias() -> Result<(Location, Junction), BenchmarkError> {
            Err(BenchmarkError::Skip)
        }

        fn transact_origin_and_runtime_call() -> Result<(Location, RuntimeCall), BenchmarkError> {
            // It fails at once: what a call costs is its own weight.
            let nobody = pallet_inference_escrow::Call::expire {
                job: myai_primitives::JobId([0; 32]),
            };
            Ok((Location::parent(), nobody.into()))
        }

        fn subscribe_origin() -> Result<Location, BenchmarkError> {
            Ok(Location::parent())
        }

        fn claimable_asset() -> Result<(Location, Location, XcmAssets), BenchmarkError> {
            Ok((hub(), Location::here(), dollars().into()))
        }

        fn worst_case_for_trader() -> Result<(Asset, WeightLimit), BenchmarkError> {
            let weight = configs::system::RuntimeBlockWeights::get().max_block;
            Ok(((dollar(0), u128::MAX / 4).into(), Limited(weight)))
        }

        fn unlockable_asset() -> Result<(Location, Location, Asset), BenchmarkError> {
            Err(BenchmarkError::Skip)
        }

        fn export_message_origin_and_destination(
        ) -> Result<(Location, NetworkId, InteriorLocation), BenchmarkError> {
            Err(BenchmarkError::Skip)
        }

        fn alias_origin() -> Result<(Location, Location), BenchmarkError> {
            Ok((hub(), dollar(0)))
        }
    }

    impl pallet_xcm::benchmarking::Config for Runtime {
        type DeliveryHelper = (ToParent, ToHub);

        fn reachable_dest() -> Option<Location> {
            Some(Location::parent())
        }

        fn teleportable_asset_and_dest() -> Option<(Asset, Location)> {
            None
        }

        fn reserve_transferable_asset_and_dest() -> Option<(Asset, Location)> {
            open_channel();
            let units = 10 * BaseDeliveryFee::get();
            Some(((Token::get(), units).into(), hub()))
        }

        /// Dollars go home.
        fn set_up_complex_asset_transfer() -> Option<(XcmAssets, u32, Location, Box<dyn FnOnce()>)>
        {
            open_channel();
            let who: AccountId = whitelisted_caller();
            let asset = dollars();
            mint(&myai_primitives::Asset::Native, &who, PLENTY);
            mint(&myai_primitives::Asset::Id(DOLLAR), &who, 1_000 * LEAST);
            let verify = move || assert_eq!(Assets::balance(DOLLAR, &who), 0);
            Some((asset.into(), 0, hub(), Box::new(verify)))
        }

        fn get_asset() -> Asset {
            dollars()
        }

        fn get_assets(n: u32) -> XcmAssets {
            let each: Vec<Asset> = (0..n).map(|i| (dollar(i), 1_000 * LEAST).into()).collect();
            each.into()
        }

        fn batch_call(calls: Vec<RuntimeCall>) -> Option<RuntimeCall> {
            Some(pallet_utility::Call::batch { calls }.into())
        }
    }

    fn open_channel() {
        ParachainSystem::open_outbound_hrmp_channel_for_benchmarks_or_tests(HUB.into());
    }
}
