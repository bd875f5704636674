//! A chain with real money and small doubles for the other pallets. The doubles keep their state
//! in storage, so that what fails leaves no trace in them either.

use crate::{self as pallet_data_license, HoldReason};
use frame_support::{
    assert_ok, derive_impl,
    pallet_prelude::ValueQuery,
    parameter_types, storage_alias,
    traits::{
        fungible::{HoldConsideration, UnionOf},
        AsEnsureOriginWithArg, LinearStoragePrice,
    },
    Blake2_128Concat, Twox64Concat,
};
use myai_primitives::*;
use myai_support::{
    Clock, Keeper, Money as _, MoneyOver, Offerable, Owners, RulesAt, Splits, Suspensions,
    Unvested, Versions, Work,
};
use sp_runtime::{traits::Convert, BuildStorage, DispatchError, DispatchResult, Either};
use std::collections::BTreeMap;

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
    pub const Schemes: &'static [&'static str] = &["https://"];
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
    type FreezeIdentifier = RuntimeFreezeReason;
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
type Price = LinearStoragePrice<ItemPrice, BytePrice, Balance>;

impl pallet_data_license::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = Money;
    type Splits = Doubles;
    type Unvested = Doubles;
    type Versions = Doubles;
    type Owners = Doubles;
    type Suspensions = Doubles;
    type Clock = Doubles;
    type RulesAt = Doubles;
    type DatasetConsideration = HoldConsideration<AccountId, Balances, DatasetHold, Price>;
    type GrantConsideration = HoldConsideration<AccountId, Balances, GrantHold, Price>;
    type RequestPeriod = RequestPeriod;
    type UriSchemes = Schemes;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Doubles;
}

/// Every other pallet. What it was not told of does not exist, and what it was not told to allow it
/// refuses.
pub struct Doubles;

#[storage_alias]
pub type Now = StorageValue<Doubles, Tick, ValueQuery>;
#[storage_alias]
pub type CurrentRules = StorageValue<Doubles, Rules>;
/// Datasets that are suspended.
#[storage_alias]
pub type Suspended = StorageMap<Doubles, Twox64Concat, DatasetId, Tick>;
#[storage_alias]
pub type ModelOwners = StorageMap<Doubles, Twox64Concat, ModelId, AccountId>;
#[storage_alias]
pub type VersionModels = StorageMap<Doubles, Twox64Concat, VersionId, ModelId>;
/// Versions that are retired; others are live.
#[storage_alias]
pub type Retired = StorageMap<Doubles, Twox64Concat, VersionId, ()>;
/// Versions on which nobody builds; on others somebody does.
#[storage_alias]
pub type NotBuiltOn = StorageMap<Doubles, Twox64Concat, VersionId, ()>;
/// The highest share that each version satisfies.
#[storage_alias]
pub type Satisfies = StorageMap<Doubles, Twox64Concat, VersionId, Ppm>;
#[storage_alias]
pub type NextSplit = StorageValue<Doubles, u32, ValueQuery>;
/// Shares of a split and who made it by a call.
#[storage_alias]
pub type SplitRows =
    StorageMap<Doubles, Twox64Concat, SplitId, (Vec<Share<AccountId>>, Option<AccountId>)>;
#[storage_alias]
pub type References = StorageMap<Doubles, Twox64Concat, SplitId, u32, ValueQuery>;
#[storage_alias]
pub type Received = StorageMap<Doubles, Blake2_128Concat, (SplitId, Asset), Balance, ValueQuery>;
#[storage_alias]
pub type Accepted = StorageMap<Doubles, Blake2_128Concat, Asset, ()>;
/// What has not vested, by grant.
#[storage_alias]
pub type UnvestedRows = StorageMap<Doubles, Twox64Concat, GrantId, Amount>;
/// What was ever paid for, has vested of and went back of each grant.
#[storage_alias]
pub type Paid = StorageMap<Doubles, Twox64Concat, GrantId, Balance, ValueQuery>;
#[storage_alias]
pub type Vested = StorageMap<Doubles, Twox64Concat, GrantId, Balance, ValueQuery>;
#[storage_alias]
pub type GivenBack = StorageMap<Doubles, Twox64Concat, GrantId, Balance, ValueQuery>;
/// What the vault owes whom it could not pay.
#[storage_alias]
pub type Debts = StorageMap<Doubles, Blake2_128Concat, (AccountId, Asset), Balance, ValueQuery>;

impl Clock for Doubles {
    fn now() -> Tick {
        Now::get()
    }
    /// Stands still: licenses do not end by it.
    fn served() -> Tick {
        0
    }
}

impl Suspensions<AccountId> for Doubles {
    fn suspended_until(subject: &Subject<AccountId>) -> Option<Tick> {
        match subject {
            Subject::Dataset(dataset) => Suspended::get(dataset),
            _ => None,
        }
    }
    fn frozen_until(_: VersionId) -> Option<Tick> {
        None
    }
}

impl RulesAt for Doubles {
    fn current() -> Result<Rules, DispatchError> {
        CurrentRules::get().ok_or(DispatchError::Unavailable)
    }
    fn at(_: Revision) -> Result<RuleSet, DispatchError> {
        Err(DispatchError::Unavailable)
    }
}

impl Owners<AccountId> for Doubles {
    fn model_owner(model: ModelId) -> Option<AccountId> {
        ModelOwners::get(model)
    }
    fn dataset_owner(_: DatasetId) -> Option<AccountId> {
        None
    }
    fn models_of(_: &AccountId, _: ModelId, _: u32) -> Vec<ModelId> {
        vec![]
    }
    fn datasets_of(_: &AccountId, _: DatasetId, _: u32) -> Vec<DatasetId> {
        vec![]
    }
}

impl Splits<AccountId> for Doubles {
    fn create(
        _: &AccountId,
        shares: Vec<Share<AccountId>>,
        keeper: Keeper,
    ) -> Result<SplitId, DispatchError> {
        if !matches!(keeper, Keeper::Dataset(_)) {
            return Err(DispatchError::Other("kept by no dataset"));
        }
        Ok(Doubles::split(shares, None))
    }
    fn remove(split: SplitId) -> DispatchResult {
        if References::get(split) > 0 {
            return Err(DispatchError::Other("split is named"));
        }
        SplitRows::remove(split);
        Ok(())
    }
    fn exists(split: SplitId) -> bool {
        SplitRows::contains_key(split)
    }
    fn depositor(split: SplitId) -> Option<AccountId> {
        SplitRows::get(split)?.1
    }
    fn inc_refs(split: SplitId) -> DispatchResult {
        if !Self::exists(split) {
            return Err(DispatchError::Other("no such split"));
        }
        References::mutate(split, |n| *n += 1);
        Ok(())
    }
    fn dec_refs(split: SplitId) {
        References::mutate_exists(split, |n| {
            *n = n.and_then(|n| n.checked_sub(1)).filter(|n| *n > 0)
        });
    }
    fn kept() -> BTreeMap<SplitId, u32> {
        References::iter().collect()
    }
    fn network() -> SplitId {
        SplitId(0)
    }
    fn accepts(asset: &Asset) -> bool {
        Accepted::contains_key(asset)
    }
    fn accepted() -> Vec<Asset> {
        Accepted::iter_keys().collect()
    }
    fn job_deposit(_: u32) -> Option<Balance> {
        None
    }
    fn receive(_: &AccountId, _: &Asset, _: Balance, _: SplitId) -> DispatchResult {
        Err(DispatchError::Unavailable)
    }
    fn shares_of(split: SplitId) -> Option<Vec<Share<AccountId>>> {
        Some(SplitRows::get(split)?.0)
    }
}

impl Doubles {
    /// A split, made by the call of `depositor` if there is one.
    pub fn split(shares: Vec<Share<AccountId>>, depositor: Option<AccountId>) -> SplitId {
        let split = SplitId(NextSplit::mutate(|n| {
            *n += 1;
            *n
        }));
        SplitRows::insert(split, (shares, depositor));
        split
    }

    fn take_out(grant: GrantId, amount: &Amount) {
        UnvestedRows::mutate_exists(grant, |row| {
            let found = row.take().expect("something has not vested");
            assert_eq!(found.asset, amount.asset);
            let value = found.value.checked_sub(amount.value).expect("enough");
            *row = (value > 0).then_some(Amount { value, ..found });
        });
    }
}

impl Unvested<AccountId, RuntimeHoldReason> for Doubles {
    fn deposit(
        from: &AccountId,
        held: Option<&RuntimeHoldReason>,
        grant: GrantId,
        amount: &Amount,
    ) -> DispatchResult {
        match held {
            Some(reason) => Money::pay_held(&amount.asset, reason, from, &VAULT, amount.value)?,
            None => Money::transfer(&amount.asset, from, &VAULT, amount.value)?,
        }
        let before = UnvestedRows::get(grant).unwrap_or(Amount {
            value: 0,
            ..*amount
        });
        assert_eq!(before.asset, amount.asset);
        let value = before.value + amount.value;
        UnvestedRows::insert(grant, Amount { value, ..*amount });
        Paid::mutate(grant, |sum| *sum += amount.value);
        Ok(())
    }
    fn vest(grant: GrantId, amount: &Amount, split: SplitId) {
        if amount.value == 0 {
            return;
        }
        Self::take_out(grant, amount);
        Received::mutate((split, amount.asset), |sum| *sum += amount.value);
        Vested::mutate(grant, |sum| *sum += amount.value);
    }
    fn give_back(grant: GrantId, amount: &Amount, to: &AccountId) {
        if amount.value == 0 {
            return;
        }
        Self::take_out(grant, amount);
        GivenBack::mutate(grant, |sum| *sum += amount.value);
        // What fails half-way must leave the vault as it was.
        let moved = frame_support::storage::with_storage_layer(|| {
            Money::transfer(&amount.asset, &VAULT, to, amount.value)
        });
        if moved.is_err() {
            Debts::mutate((to, amount.asset), |sum| *sum += amount.value);
        }
    }
    fn balance(grant: GrantId) -> Balance {
        UnvestedRows::get(grant).map_or(0, |row| row.value)
    }
}

impl Versions<AccountId> for Doubles {
    fn ensure_open(_: &Work<AccountId>) -> Result<Offerable, DispatchError> {
        Err(DispatchError::Unavailable)
    }
    fn ensure_offer(_: VersionId, _: &AccountId, _: Balance) -> Result<Amount, DispatchError> {
        Err(DispatchError::Unavailable)
    }
    fn is_retired(version: VersionId) -> bool {
        Retired::contains_key(version)
    }
    fn is_built_on(version: VersionId) -> bool {
        !NotBuiltOn::contains_key(version)
    }
    fn inc_refs(_: VersionId) -> DispatchResult {
        Err(DispatchError::Unavailable)
    }
    fn dec_refs(_: VersionId) {}
    fn kept() -> BTreeMap<VersionId, u32> {
        BTreeMap::new()
    }
    fn model_of(version: VersionId) -> Option<ModelId> {
        VersionModels::get(version)
    }
    fn ensure_satisfies(version: VersionId, _: DatasetId, clauses: &Clauses) -> DispatchResult {
        match Satisfies::get(version) {
            Some(share) if clauses.royalty.share <= share => Ok(()),
            _ => Err(ASKS_MORE),
        }
    }
}

/// What the double for the registry says where clauses ask more than a version keeps.
pub const ASKS_MORE: DispatchError = DispatchError::Other("clauses ask more");

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<AccountId> for Doubles {
    fn fund(who: &AccountId, units: Balance) -> Asset {
        use frame_support::traits::fungible::Mutate;
        let _ = Balances::mint_into(who, units + ED);
        let _ = Assets::mint(RuntimeOrigin::signed(ISSUER), ASSET, *who, units + 5);
        Accepted::insert(USD, ());
        // Each measurement begins with an empty storage.
        set_rule(Rule::MinRevokeNotice, 10);
        USD
    }
    fn model(owner: &AccountId) -> ModelId {
        let model = ModelId(ModelOwners::iter().count() as u32 + 1_000);
        ModelOwners::insert(model, owner);
        model
    }
    fn settle(_: SplitId) {}
    fn version(_: &AccountId, model: ModelId, grant: GrantId, retired: bool) -> VersionId {
        use myai_support::Licenses;
        let version = VersionId(VersionModels::iter().count() as u32 + 1_000);
        VersionModels::insert(version, model);
        Satisfies::insert(version, Ppm::MILLION);
        if retired {
            Retired::insert(version, ());
            NotBuiltOn::insert(version, ());
        }
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
pub const WEALTH: Balance = 10_000_000;

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
    ext.execute_with(|| {
        System::set_block_number(1);
        Now::put(100);
        set_rule(Rule::MinRevokeNotice, 10);
        ModelOwners::insert(ModelId(1), BOB);
        ModelOwners::insert(ModelId(2), CAROL);
        Accepted::insert(MAI, ());
        Accepted::insert(USD, ());
    });
    ext
}

pub fn set_rule(rule: Rule, value: u128) {
    let set = CurrentRules::get()
        .map(|rules| rules.list)
        .unwrap_or_default();
    CurrentRules::put(Rules {
        revision: 0,
        list: set.with(rule, value).expect("within bounds"),
    });
}

/// The one entry point of tests: models 1 (Bob's) and 2 (Carol's), ticks from 100 on, both assets
/// accepted, a notice of at least 10 ticks; the invariants hold afterwards.
pub fn test(run: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run();
        assert_ok!(DataLicense::do_try_state());
    });
}
