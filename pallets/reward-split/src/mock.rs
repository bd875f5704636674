//! A chain with real money in three assets and doubles for the other pallets.

use crate as pallet_reward_split;
use crate::*;
use codec::Encode;
use frame_support::{
    assert_ok, derive_impl, ord_parameter_types, parameter_types,
    storage::unhashed,
    traits::{
        fungible::{HoldConsideration, UnionOf},
        AsEnsureOriginWithArg, ConstU128, Footprint, Get, Hooks, LinearStoragePrice,
    },
    PalletId,
};
use frame_system::EnsureSignedBy;
use myai_primitives::{
    Asset, Balance, Beneficiary, DatasetId, Epoch, ModelId, Ppm, Revision, RuleSet, Rules, Share,
    Shares, SplitId, Subject, Tick, VersionId,
};
use myai_support::{
    Clock as _, Credits, Earners, JobIncome, Keeper, Money as _, MoneyOver, Owners, Payouts,
    RulesAt, Settlement, Splits as _, Suspensions,
};
use sp_runtime::{
    traits::{BlockNumberProvider, Convert},
    BuildStorage, DispatchError, Either,
};
use std::collections::BTreeMap;

/// Stands for escrow: has a hold reason of its own.
#[frame_support::pallet(dev_mode)]
pub mod pallet_work {
    #[pallet::pallet]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config {}

    #[pallet::composite_enum]
    pub enum HoldReason {
        #[codec(index = 0)]
        Job,
    }
}

#[frame_support::runtime]
mod runtime {
    #[runtime::runtime]
    #[runtime::derive(
        RuntimeCall,
        RuntimeEvent,
        RuntimeError,
        RuntimeOrigin,
        RuntimeTask,
        RuntimeHoldReason,
        RuntimeFreezeReason
    )]
    pub struct Test;

    #[runtime::pallet_index(0)]
    pub type System = frame_system;
    #[runtime::pallet_index(1)]
    pub type Balances = pallet_balances;
    #[runtime::pallet_index(2)]
    pub type Assets = pallet_assets;
    #[runtime::pallet_index(3)]
    pub type AssetsHolder = pallet_assets_holder;
    #[runtime::pallet_index(4)]
    pub type RewardSplit = pallet_reward_split;
    #[runtime::pallet_index(5)]
    pub type Work = pallet_work;
}

pub type AccountId = u64;
type Block = frame_system::mocking::MockBlock<Test>;

pub const ALICE: AccountId = 1;
pub const BOB: AccountId = 2;
pub const CAROL: AccountId = 3;
pub const DAVE: AccountId = 4;
/// Pays for jobs.
pub const PAYER: AccountId = 5;
/// Owner, issuer and freezer of the assets.
pub const ISSUER: AccountId = 6;
pub const RULES: AccountId = 7;
pub const TREASURY: AccountId = 8;
/// The collators'.
pub const POT: AccountId = 9;
/// Has no account in any asset.
pub const NOBODY: AccountId = 99;

pub const ED: Balance = 10;
/// 21 million tokens of 12 decimals.
pub const CAP: Balance = 21_000_000_000_000_000_000;
pub const NATIVE: Asset = Asset::Native;
/// Not sufficient; the treasury has some; accepted in most tests.
pub const GOLD: u32 = 1;
pub const GOLD_MINIMUM: Balance = 5;
/// Sufficient; the treasury has none.
pub const SILVER: u32 = 2;
pub const SILVER_MINIMUM: Balance = 3;
pub const RICH: Balance = 1_000_000_000_000;

pub const NETWORK: SplitId = SplitId(0);

pub fn gold() -> Asset {
    Asset::Id(GOLD)
}

pub fn silver() -> Asset {
    Asset::Id(SILVER)
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
    type Balance = Balance;
    type ExistentialDeposit = ConstU128<ED>;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = Balance;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
    type ForceOrigin = frame_system::EnsureRoot<AccountId>;
    type AssetAccountDeposit = ConstU128<7>;
    type Holder = AssetsHolder;
}

impl pallet_assets_holder::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

impl pallet_work::Config for Test {}

pub struct SplitAsset;
impl Convert<Asset, Either<(), u32>> for SplitAsset {
    fn convert(asset: Asset) -> Either<(), u32> {
        match asset {
            Asset::Native => Either::Left(()),
            Asset::Id(id) => Either::Right(id),
        }
    }
}

type Transfers = UnionOf<Balances, Assets, SplitAsset, Asset, AccountId>;
type Holds = UnionOf<Balances, AssetsHolder, SplitAsset, Asset, AccountId>;
pub type Money = MoneyOver<Transfers, Holds>;

parameter_types! {
    pub const VaultId: PalletId = PalletId(*b"myai/vlt");
    pub const TreasuryAccount: AccountId = TREASURY;
    pub const DepositReason: RuntimeHoldReason =
        RuntimeHoldReason::RewardSplit(HoldReason::SplitDeposit);
    pub static RelayNumber: Tick = 0;
    pub static Standing: BTreeMap<AccountId, Balance> = BTreeMap::new();
    pub static ModelOwners: BTreeMap<ModelId, AccountId> = BTreeMap::new();
    pub static DatasetOwners: BTreeMap<DatasetId, AccountId> = BTreeMap::new();
    /// Versions whose owner's and accounts' shares cannot be claimed, and until when.
    pub static Frozen: BTreeMap<VersionId, Tick> = BTreeMap::new();
}

ord_parameter_types! {
    pub const RulesAccount: AccountId = RULES;
}

pub struct Relay;
impl BlockNumberProvider for Relay {
    type BlockNumber = Tick;

    fn current_block_number() -> Tick {
        RelayNumber::get()
    }

    fn set_block_number(block: Tick) {
        RelayNumber::set(block);
    }
}

/// Nobody owns anything until a test says so.
pub struct Registry;
impl Owners<AccountId> for Registry {
    fn model_owner(model: ModelId) -> Option<AccountId> {
        ModelOwners::get().get(&model).copied()
    }

    fn dataset_owner(dataset: DatasetId) -> Option<AccountId> {
        DatasetOwners::get().get(&dataset).copied()
    }

    fn models_of(owner: &AccountId, from: ModelId, limit: u32) -> Vec<ModelId> {
        owned(&ModelOwners::get(), owner, from, limit)
    }

    fn datasets_of(owner: &AccountId, from: DatasetId, limit: u32) -> Vec<DatasetId> {
        owned(&DatasetOwners::get(), owner, from, limit)
    }
}

impl Suspensions<AccountId> for Registry {
    fn suspended_until(_: &Subject<AccountId>) -> Option<Tick> {
        None
    }

    fn frozen_until(version: VersionId) -> Option<Tick> {
        Frozen::get().get(&version).copied()
    }
}

fn owned<Id: Copy + Ord>(
    all: &BTreeMap<Id, AccountId>,
    owner: &AccountId,
    from: Id,
    limit: u32,
) -> Vec<Id> {
    all.range(from..)
        .filter(|(_, who)| *who == owner)
        .map(|(id, _)| *id)
        .take(limit as usize)
        .collect()
}

/// The collators' pot.
pub struct Pot;
impl Get<Vec<AccountId>> for Pot {
    fn get() -> Vec<AccountId> {
        vec![POT]
    }
}

/// Escrow's part: workers, whose income goes to their number and a thousand. What they earned in the
/// epoch that runs, or in the last one.
pub struct Escrow;
impl Earners<AccountId> for Escrow {
    fn earn(worker: &AccountId, price_cut: Balance, fee_cut: Balance) {
        Standing::mutate(|all| *all.entry(*worker).or_default() += price_cut + fee_cut);
        Self::earn_fee(*worker, fee_cut);
    }

    fn roll(worker: &AccountId) {
        if let Some((epoch, cut)) = Self::fee_cut(*worker) {
            if epoch < RewardSplit::epoch() {
                unhashed::kill(&Self::key(*worker));
                <RewardSplit as Credits<AccountId>>::note(worker, epoch, cut);
            }
        }
    }

    fn payout(worker: &AccountId) -> AccountId {
        worker + 1_000
    }
}

impl Escrow {
    fn key(worker: AccountId) -> Vec<u8> {
        (b"fee cut", worker).encode()
    }

    /// In the chain's storage, so that a call that fails leaves it as it was.
    pub fn fee_cut(worker: AccountId) -> Option<(Epoch, Balance)> {
        unhashed::get(&Self::key(worker))
    }

    fn earn_fee(worker: AccountId, cut: Balance) {
        Self::roll(&worker);
        let before = Self::fee_cut(worker).map_or(0, |(_, cut)| cut);
        unhashed::put(&Self::key(worker), &(RewardSplit::epoch(), before + cut));
    }
}

/// The rules that a chain begins with.
pub struct FirstRules;
impl RulesAt for FirstRules {
    fn current() -> Result<Rules, DispatchError> {
        Ok(Rules {
            revision: 1,
            list: RuleSet::default(),
        })
    }

    fn at(_: Revision) -> Result<RuleSet, DispatchError> {
        Err(DispatchError::Other("not asked of this double"))
    }
}

impl Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = Money;
    type Token = Balances;
    type Cap = ConstU128<CAP>;
    type Earners = Escrow;
    type ChainAccounts = Pot;
    type Owners = Registry;
    type Rules = FirstRules;
    type Suspensions = Registry;
    type SplitConsideration = HoldConsideration<
        AccountId,
        Balances,
        DepositReason,
        LinearStoragePrice<ConstU128<20>, ConstU128<1>, Balance>,
        Footprint,
    >;
    type NetworkOrigin = frame_system::EnsureRoot<AccountId>;
    type RulesOrigin = EnsureSignedBy<RulesAccount, AccountId>;
    type RelayNumber = Relay;
    type VaultId = VaultId;
    type Treasury = TreasuryAccount;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Registry;
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::BenchmarkHelper<AccountId> for Registry {
    fn fund(asset: &Asset, who: &AccountId) {
        use frame_support::traits::fungibles::Mutate;
        const PLENTY: Balance = 1_000_000_000_000_000_000;
        Transfers::mint_into(Asset::Native, who, PLENTY).unwrap();
        if let Asset::Id(id) = asset {
            if !Money::exists(asset) {
                Assets::force_create(RuntimeOrigin::root(), *id, ISSUER, true, 1).unwrap();
            }
            Transfers::mint_into(*asset, who, PLENTY).unwrap();
        }
    }

    fn version(owner: &AccountId) -> (VersionId, ModelId) {
        ModelOwners::mutate(|owners| {
            let n = owners.len() as u32;
            owners.insert(ModelId(n), *owner);
            (VersionId(n), ModelId(n))
        })
    }
}

/// A chain in block 1 with the treasury's split, no asset accepted.
pub fn new_test_ext() -> sp_io::TestExternalities {
    RelayNumber::set(0);
    Standing::set(BTreeMap::new());
    ModelOwners::set(BTreeMap::new());
    DatasetOwners::set(BTreeMap::new());
    Frozen::set(BTreeMap::new());
    let people = [
        ALICE, BOB, CAROL, DAVE, PAYER, ISSUER, RULES, TREASURY, NOBODY,
    ];
    let mut balances: Vec<_> = people.iter().map(|who| (*who, RICH)).collect();
    balances.push((RewardSplit::vault(), ED));
    let storage = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances,
            ..Default::default()
        },
        assets: pallet_assets::GenesisConfig {
            assets: vec![
                (GOLD, ISSUER, false, GOLD_MINIMUM),
                (SILVER, ISSUER, true, SILVER_MINIMUM),
            ],
            accounts: vec![
                (GOLD, ALICE, 1_000),
                (GOLD, BOB, 1_000),
                (GOLD, PAYER, RICH),
                (GOLD, TREASURY, 1_000),
                (SILVER, PAYER, RICH),
            ],
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .unwrap();
    let mut ext = sp_io::TestExternalities::from(storage);
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// Runs a test and checks the invariants after it.
pub fn run(test: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        test();
        assert_ok!(RewardSplit::do_try_state());
    });
}

/// As [`run`], with gold accepted.
pub fn run_with_gold(test: impl FnOnce()) {
    run(|| {
        accept_gold();
        test();
    });
}

pub fn accept_gold() {
    assert_ok!(accept(GOLD));
}

/// With deposits of 7 and 9 units and a least lock of 11.
pub fn accept(asset: u32) -> sp_runtime::DispatchResult {
    RewardSplit::accept_asset(signed(RULES), asset, 7, 9, 11)
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

pub fn to(who: AccountId, parts: u32) -> Share<AccountId> {
    Share {
        beneficiary: Beneficiary::Account(who),
        parts: Ppm(parts),
    }
}

pub fn to_model(model: u32, parts: u32) -> Share<AccountId> {
    Share {
        beneficiary: Beneficiary::ModelOwner(ModelId(model)),
        parts: Ppm(parts),
    }
}

pub fn to_dataset(dataset: u32, parts: u32) -> Share<AccountId> {
    Share {
        beneficiary: Beneficiary::DatasetOwner(DatasetId(dataset)),
        parts: Ppm(parts),
    }
}

pub fn to_split(split: SplitId, parts: u32) -> Share<AccountId> {
    Share {
        beneficiary: Beneficiary::Split(split),
        parts: Ppm(parts),
    }
}

pub fn shares<const N: usize>(shares: [Share<AccountId>; N]) -> Shares<AccountId> {
    shares.to_vec().try_into().unwrap()
}

pub fn own_model(model: u32, owner: AccountId) {
    ModelOwners::mutate(|owners| owners.insert(ModelId(model), owner));
}

pub fn own_dataset(dataset: u32, owner: AccountId) {
    DatasetOwners::mutate(|owners| owners.insert(DatasetId(dataset), owner));
}

/// A split made for a version, borne by Carol, who gets no such deposit from calls.
pub fn version_split<const N: usize>(lines: [Share<AccountId>; N]) -> SplitId {
    kept_split(Keeper::Version(VersionId(1)), lines)
}

pub fn kept_split<const N: usize>(keeper: Keeper, lines: [Share<AccountId>; N]) -> SplitId {
    RewardSplit::create(&CAROL, lines.to_vec(), keeper).unwrap()
}

/// A split that Alice made by call.
pub fn split<const N: usize>(lines: [Share<AccountId>; N]) -> SplitId {
    let id = NextSplit::<Test>::get();
    assert_ok!(RewardSplit::create_split(signed(ALICE), shares(lines)));
    id
}

pub fn job() -> RuntimeHoldReason {
    pallet_work::HoldReason::Job.into()
}

pub fn income() -> RuntimeHoldReason {
    HoldReason::Income.into()
}

/// Holds what the payer will owe.
pub fn hold(asset: &Asset, amount: Balance) {
    assert_ok!(Money::hold(asset, &job(), &PAYER, amount));
}

/// The payer's job settles in favour of a split.
pub fn settle(asset: &Asset, amount: Balance, split: SplitId) {
    hold(asset, amount);
    RewardSplit::to_splits(&PAYER, &job(), asset, &[(split, amount)]);
}

/// The payer's job settles: the network gets both cuts, the split nine times the one of the price.
pub fn settle_job(
    split: SplitId,
    worker: AccountId,
    price_cut: Balance,
    fee_cut: Balance,
) -> Settlement {
    let model = 9 * price_cut;
    hold(&NATIVE, price_cut + fee_cut + model);
    let income = JobIncome {
        split,
        model,
        worker: &worker,
        price_cut,
        fee_cut,
    };
    let settled = RewardSplit::settle(&PAYER, &job(), &NATIVE, &income);
    if settled.has_moved {
        Escrow::earn(&worker, price_cut, fee_cut);
    }
    settled
}

pub fn claim(split: SplitId, asset: &Asset, share: u32) {
    assert_ok!(RewardSplit::claim(signed(DAVE), split, *asset, share));
}

/// Whoever could not be paid is paid.
pub fn pay_out(asset: Asset, destination: Destination<AccountId>) -> sp_runtime::DispatchResult {
    RewardSplit::pay_out(signed(DAVE), PAYER, job(), asset, destination)
}

pub fn has(asset: &Asset, who: AccountId) -> Balance {
    Money::balance(asset, &who)
}

pub fn job_held(asset: &Asset) -> Balance {
    Money::held(asset, &job(), &PAYER)
}

pub fn vault_held(asset: &Asset) -> Balance {
    Money::held(asset, &income(), &RewardSplit::vault())
}

/// What was taken for splits from `who`.
pub fn deposits(who: AccountId) -> Balance {
    Money::held(&NATIVE, &HoldReason::SplitDeposit.into(), &who)
}

/// This pallet's events since the last time.
pub fn events() -> Vec<Event<Test>> {
    let ours = System::events()
        .into_iter()
        .filter_map(|record| match record.event {
            RuntimeEvent::RewardSplit(event) => Some(event),
            _ => None,
        })
        .collect();
    System::reset_events();
    ours
}

/// One of our blocks, at a number of the relay chain.
pub fn block(relay: Tick, within: impl FnOnce()) {
    let number = System::block_number() + 1;
    System::set_block_number(number);
    RewardSplit::on_initialize(number);
    RelayNumber::set(relay);
    within();
    RewardSplit::on_finalize(number);
}

/// Everything that this pallet stores, for comparing.
pub fn storage() -> Vec<(Vec<u8>, Vec<u8>)> {
    let prefix = sp_io::hashing::twox_128(b"RewardSplit").to_vec();
    let mut all = Vec::new();
    let mut key = prefix.clone();
    while let Some(next) = sp_io::storage::next_key(&key) {
        if !next.starts_with(&prefix) {
            break;
        }
        let value = sp_io::storage::get(&next)
            .map(|v| v.to_vec())
            .unwrap_or_default();
        all.push((next.clone(), value.encode()));
        key = next;
    }
    all
}
