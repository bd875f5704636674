//! A chain with real money and small doubles for the other pallets. The doubles keep their state
//! in storage, so that what fails leaves no trace in them either.

use crate::{self as pallet_data_license, HoldReason};
use frame_support::{
    assert_ok, derive_impl, parameter_types, storage_alias,
    traits::{
        fungible::{HoldConsideration, UnionOf},
        AsEnsureOriginWithArg, LinearStoragePrice,
    },
    Blake2_128Concat, Twox64Concat,
};
use myai_primitives::{
    money::MoneyOver, Amount, Asset, Balance, Clock, DatasetId, GrantId, Licenses, Mode, ModelId,
    Money as _, Offerable, Owners, Payouts, Revision, RuleSet, Rules, Share, SplitId, Splits, Tick,
    VersionId, Versions,
};
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub type AccountId = u64;

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
    pub type DataLicense = pallet_data_license;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = frame_system::mocking::MockBlock<Test>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

/// Existential deposit.
pub const ED: Balance = 10;

parameter_types! {
    pub const ExistentialDeposit: Balance = ED;
    pub const One: Balance = 1;
    pub const ItemPrice: Balance = 100;
    pub const BytePrice: Balance = 1;
    pub const RequestPeriod: Tick = 1_000;
    pub const DatasetHold: RuntimeHoldReason =
        RuntimeHoldReason::DataLicense(HoldReason::DatasetDeposit);
    pub const GrantHold: RuntimeHoldReason =
        RuntimeHoldReason::DataLicense(HoldReason::GrantDeposit);
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type AccountStore = System;
    type Balance = Balance;
    type ExistentialDeposit = ExistentialDeposit;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = Balance;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
    type ForceOrigin = frame_system::EnsureRoot<AccountId>;
    type AssetDeposit = One;
    type AssetAccountDeposit = One;
    type MetadataDepositBase = One;
    type MetadataDepositPerByte = One;
    type ApprovalDeposit = One;
    type Holder = AssetsHolder;
    type Freezer = ();
}

impl pallet_assets_holder::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

type Transfers = UnionOf<Balances, Assets, myai_support::money::SplitAsset, Asset, AccountId>;
type Holds = UnionOf<Balances, AssetsHolder, myai_support::money::SplitAsset, Asset, AccountId>;
pub type Money = MoneyOver<Transfers, Holds>;
type Price = LinearStoragePrice<ItemPrice, BytePrice, Balance>;

impl pallet_data_license::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = Money;
    type Splits = Doubles;
    type Payouts = Doubles;
    type Versions = Doubles;
    type Owners = Doubles;
    type Clock = Doubles;
    type Rules = Doubles;
    type DatasetConsideration = HoldConsideration<AccountId, Balances, DatasetHold, Price>;
    type GrantConsideration = HoldConsideration<AccountId, Balances, GrantHold, Price>;
    type RequestPeriod = RequestPeriod;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Doubles;
}

/// Every other pallet. What it was not told of does not exist.
pub struct Doubles;

#[storage_alias]
pub type Now = StorageValue<Doubles, Tick, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
pub type LeastNotice = StorageValue<Doubles, Tick, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
pub type ModelOwners = StorageMap<Doubles, Twox64Concat, ModelId, AccountId>;
#[storage_alias]
pub type VersionModels = StorageMap<Doubles, Twox64Concat, VersionId, ModelId>;
/// Versions told of a new end.
#[storage_alias]
pub type Told = StorageValue<Doubles, Vec<VersionId>, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
pub type Moved = StorageValue<
    Doubles,
    Vec<(VersionId, GrantId, GrantId)>,
    frame_support::pallet_prelude::ValueQuery,
>;
#[storage_alias]
pub type NextSplit = StorageValue<Doubles, u32, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
pub type SplitShares = StorageMap<Doubles, Twox64Concat, SplitId, Vec<Share<AccountId>>>;
#[storage_alias]
pub type Remembered =
    StorageMap<Doubles, Twox64Concat, SplitId, u32, frame_support::pallet_prelude::ValueQuery>;
#[storage_alias]
pub type Received = StorageMap<
    Doubles,
    Blake2_128Concat,
    (SplitId, Asset),
    Balance,
    frame_support::pallet_prelude::ValueQuery,
>;
#[storage_alias]
pub type Accepted = StorageMap<Doubles, Blake2_128Concat, Asset, ()>;
#[storage_alias]
pub type Debts = StorageValue<
    Doubles,
    Vec<(AccountId, RuntimeHoldReason, Asset, Balance)>,
    frame_support::pallet_prelude::ValueQuery,
>;

impl Clock for Doubles {
    fn now() -> Tick {
        Now::get()
    }
    fn served() -> Tick {
        Now::get()
    }
}

impl Rules for Doubles {
    fn current() -> (Revision, RuleSet) {
        (
            0,
            RuleSet {
                min_revoke_notice: LeastNotice::get(),
                ..Default::default()
            },
        )
    }
    fn at(_: Revision) -> Option<RuleSet> {
        Some(Self::current().1)
    }
}

impl Owners<AccountId> for Doubles {
    fn model_owner(model: ModelId) -> Option<AccountId> {
        ModelOwners::get(model)
    }
    fn dataset_owner(_: DatasetId) -> Option<AccountId> {
        None
    }
}

impl Splits<AccountId> for Doubles {
    fn create(_: &AccountId, shares: Vec<Share<AccountId>>) -> Result<SplitId, DispatchError> {
        let split = SplitId(NextSplit::mutate(|n| {
            *n += 1;
            *n
        }));
        SplitShares::insert(split, shares);
        Ok(split)
    }
    fn remove(split: SplitId) -> DispatchResult {
        if Remembered::get(split) > 0 {
            return Err(DispatchError::Other("split is named"));
        }
        SplitShares::remove(split);
        Ok(())
    }
    fn exists(split: SplitId) -> bool {
        SplitShares::contains_key(split)
    }
    fn inc_refs(split: SplitId) -> DispatchResult {
        if !Self::exists(split) {
            return Err(DispatchError::Other("no such split"));
        }
        Remembered::mutate(split, |n| *n += 1);
        Ok(())
    }
    fn dec_refs(split: SplitId) {
        Remembered::mutate_exists(split, |n| {
            *n = n.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0)
        });
    }
    fn network() -> SplitId {
        SplitId(0)
    }
    fn accepts(asset: &Asset) -> bool {
        Accepted::contains_key(asset)
    }
    fn receive(from: &AccountId, asset: &Asset, amount: Balance, split: SplitId) -> DispatchResult {
        Money::transfer(asset, from, &VAULT, amount)?;
        Received::mutate((split, asset.clone()), |sum| *sum += amount);
        Ok(())
    }
}

impl Doubles {
    fn pay(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        to: &AccountId,
    ) -> bool {
        // What fails half-way must leave the hold as it was.
        let paid = frame_support::storage::with_storage_layer(|| {
            Money::pay_held(asset, reason, payer, to, amount)
        })
        .is_ok();
        if !paid {
            Debts::append((payer, reason, asset, amount));
        }
        paid
    }
}

impl Payouts<AccountId, RuntimeHoldReason> for Doubles {
    fn to_split(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        split: SplitId,
    ) {
        if Self::pay(payer, reason, asset, amount, &VAULT) {
            Received::mutate((split, asset.clone()), |sum| *sum += amount);
        }
    }
    fn to_account(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        to: &AccountId,
    ) {
        Self::pay(payer, reason, asset, amount, to);
    }
    fn refund(payer: &AccountId, reason: &RuntimeHoldReason, asset: &Asset, amount: Balance) {
        Self::pay(payer, reason, asset, amount, payer);
    }
    fn debts() -> Vec<(AccountId, RuntimeHoldReason, Asset, Balance)> {
        Debts::get()
    }
}

impl Versions for Doubles {
    fn open_until(_: VersionId, _: Mode, _: Tick) -> Result<Offerable, DispatchError> {
        Err(DispatchError::Unavailable)
    }
    fn may_serve(_: VersionId, _: Balance) -> Result<Amount, DispatchError> {
        Err(DispatchError::Unavailable)
    }
    fn split_of(_: VersionId) -> Option<SplitId> {
        None
    }
    fn is_retired(_: VersionId) -> bool {
        true
    }
    fn inc_refs(_: VersionId) -> DispatchResult {
        Err(DispatchError::Unavailable)
    }
    fn dec_refs(_: VersionId) {}
    fn license_changed(version: VersionId) {
        Told::append(version);
    }
    /// As the registry may: it asks for the new grant and names itself under it once more.
    fn replace_grant(version: VersionId, old: GrantId, new: GrantId) -> DispatchResult {
        DataLicense::grant(new).ok_or(DispatchError::CannotLookup)?;
        DataLicense::detach(old, version);
        DataLicense::attach(new, version)?;
        Moved::append((version, old, new));
        Ok(())
    }
    fn model_of(version: VersionId) -> Option<ModelId> {
        VersionModels::get(version)
    }
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<AccountId> for Doubles {
    fn fund(who: &AccountId, units: Balance) -> Asset {
        use frame_support::traits::fungible::Mutate;
        let _ = Balances::mint_into(who, units + ED);
        let _ = Assets::mint(RuntimeOrigin::signed(ISSUER), ASSET, *who, units + 5);
        Accepted::insert(USD, ());
        USD
    }
    fn model(owner: &AccountId) -> ModelId {
        let model = ModelId(ModelOwners::iter().count() as u32 + 1_000);
        ModelOwners::insert(model, owner);
        model
    }
    fn settle(_: SplitId) {}
    fn sell(_: &AccountId, model: ModelId, to: &AccountId) {
        use frame_support::traits::fungible::Mutate;
        let _ = Balances::mint_into(to, ED);
        ModelOwners::insert(model, to);
    }
    fn version(_: &AccountId, model: ModelId, grant: GrantId) -> VersionId {
        let version = VersionId(VersionModels::iter().count() as u32 + 1_000);
        VersionModels::insert(version, model);
        let _ = DataLicense::attach(grant, version);
        version
    }
}

/// Owns datasets.
pub const ALICE: AccountId = 1;
/// Owns models.
pub const BOB: AccountId = 2;
/// Owns other datasets and models.
pub const CAROL: AccountId = 3;
/// Owns nothing, has money.
pub const EVE: AccountId = 4;
/// Has no money.
pub const POOR: AccountId = 5;
pub const VAULT: AccountId = 90;
/// Issues the foreign asset.
pub const ISSUER: AccountId = 91;
pub const ASSET: u32 = 1;
pub const USD: Asset = Asset::Id(ASSET);
pub const MAI: Asset = Asset::Native;
/// What each of the named begins with, in either asset.
pub const WEALTH: Balance = 1_000_000;

pub fn new_test_ext() -> sp_io::TestExternalities {
    let rich = [ALICE, BOB, CAROL, EVE];
    let storage = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: rich
                .iter()
                .map(|who| (*who, WEALTH))
                .chain([(VAULT, ED), (ISSUER, WEALTH)])
                .collect(),
            ..Default::default()
        },
        assets: pallet_assets::GenesisConfig {
            assets: vec![(ASSET, ISSUER, false, 5)],
            accounts: rich
                .iter()
                .map(|who| (ASSET, *who, WEALTH))
                .chain([(ASSET, VAULT, 5)])
                .collect(),
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .expect("genesis is sound");
    let mut ext: sp_io::TestExternalities = storage.into();
    ext.execute_with(|| System::set_block_number(1));
    ext
}

/// The one entry point of tests: models 1 (Bob's) and 2 (Carol's), ticks from 100 on, both assets
/// accepted, a notice of at least 10 ticks; the invariants hold afterwards.
pub fn test(run: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        Now::put(100);
        LeastNotice::put(10);
        ModelOwners::insert(ModelId(1), BOB);
        ModelOwners::insert(ModelId(2), CAROL);
        Accepted::insert(MAI, ());
        Accepted::insert(USD, ());
        run();
        assert_ok!(DataLicense::do_try_state());
    });
}
