//! A runtime with real money, and doubles for what other pallets answer.

use crate as pallet_model_registry;
use crate::*;
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        fungible::{HoldConsideration, UnionOf},
        AsEnsureOriginWithArg, EitherOfDiverse, LinearStoragePrice,
    },
    PalletId,
};
use frame_system::{EnsureRoot, EnsureSigned, EnsureSignedBy};
use myai_primitives::{
    documents::*, money::MoneyOver, Amount, Asset, Balance, Clock, DatasetId, Grant, GrantId,
    Licenses, ModelId, Ppm, SplitId, Splits, Tick, VersionId,
};
use sp_runtime::{
    traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult,
};
use std::collections::{BTreeMap, BTreeSet};

pub type AccountId = AccountId32;
pub type Registry = ModelRegistry;
type Block = frame_system::mocking::MockBlock<Test>;

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
    pub type ModelRegistry = pallet_model_registry;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

pub const EXISTENTIAL: Balance = 10;

parameter_types! {
    pub const ExistentialDeposit: Balance = EXISTENTIAL;
    pub const AssetDeposit: Balance = 1;
    pub const ModelReason: RuntimeHoldReason =
        RuntimeHoldReason::ModelRegistry(HoldReason::ModelDeposit);
    pub const VersionReason: RuntimeHoldReason =
        RuntimeHoldReason::ModelRegistry(HoldReason::VersionDeposit);
    pub const Base: Balance = 1_000;
    pub const PerByte: Balance = 2;
    pub const ModelAccounts: PalletId = PalletId(*b"myai/mdl");
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
    type CreateOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type ForceOrigin = EnsureRoot<AccountId>;
    type Holder = AssetsHolder;
    type AssetDeposit = AssetDeposit;
    type AssetAccountDeposit = AssetDeposit;
    type MetadataDepositBase = AssetDeposit;
    type MetadataDepositPerByte = AssetDeposit;
    type ApprovalDeposit = AssetDeposit;
}

impl pallet_assets_holder::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

type Transfers = UnionOf<Balances, Assets, myai_support::money::SplitAsset, Asset, AccountId>;
type Holds = UnionOf<Balances, AssetsHolder, myai_support::money::SplitAsset, Asset, AccountId>;
type Price = LinearStoragePrice<Base, PerByte, Balance>;

impl Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = MoneyOver<Transfers, Holds>;
    type Splits = SplitsDouble;
    type Licenses = LicensesDouble;
    type Clock = ClockDouble;
    type ModelConsideration = HoldConsideration<AccountId, Balances, ModelReason, Price>;
    type VersionConsideration = HoldConsideration<AccountId, Balances, VersionReason, Price>;
    type RulesOrigin =
        EitherOfDiverse<EnsureRoot<AccountId>, EnsureSignedBy<RulesMaker, AccountId>>;
    type PalletId = ModelAccounts;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = LicensesDouble;
}

pub struct RulesMaker;
impl frame_support::traits::SortedMembers<AccountId> for RulesMaker {
    fn sorted_members() -> Vec<AccountId> {
        vec![governance()]
    }
}

// Doubles. Permissions are refused unless a test grants them.

parameter_types! {
    pub static Now: Tick = 1_000;
    pub static Served: Tick = 100;
    /// Splits that stand: number, depositor, shares.
    pub static SplitTable: BTreeMap<SplitId, (AccountId, Vec<Share<AccountId>>)> = BTreeMap::new();
    pub static Accepted: Vec<Asset> = vec![];
    /// Splits that owe nothing.
    pub static Removable: BTreeSet<SplitId> = BTreeSet::new();
    pub static GrantTable: BTreeMap<GrantId, GrantDouble> = BTreeMap::new();
    pub static Attached: BTreeSet<(GrantId, VersionId)> = BTreeSet::new();
}

/// Lets as much time pass as any job may run.
pub fn no_job_is_open() {
    Served::mutate(|served| *served += MAX_JOB_DURATION + 1);
}

pub struct ClockDouble;
impl Clock for ClockDouble {
    fn now() -> Tick {
        Now::get()
    }
    fn served() -> Tick {
        Served::get()
    }
}

pub struct SplitsDouble;
impl Splits<AccountId> for SplitsDouble {
    fn create(
        depositor: &AccountId,
        shares: Vec<Share<AccountId>>,
    ) -> Result<SplitId, DispatchError> {
        assert!((1..=16).contains(&shares.len()));
        assert!(shares.iter().all(|s| s.parts.0 > 0));
        assert_eq!(shares.iter().map(|s| s.parts.0).sum::<u32>(), 1_000_000);
        let split = SplitId(
            SplitTable::get()
                .keys()
                .next_back()
                .map_or(100, |s| s.0 + 1),
        );
        SplitTable::mutate(|t| t.insert(split, (depositor.clone(), shares)));
        Ok(split)
    }
    fn remove(split: SplitId) -> DispatchResult {
        if !Removable::get().contains(&split) {
            return Err(DispatchError::Other("split owes something"));
        }
        SplitTable::mutate(|t| t.remove(&split));
        Ok(())
    }
    fn exists(split: SplitId) -> bool {
        SplitTable::get().contains_key(&split)
    }
    fn inc_refs(_: SplitId) -> DispatchResult {
        Err(DispatchError::Other("not asked of this double"))
    }
    fn dec_refs(_: SplitId) {}
    fn network() -> SplitId {
        SplitId(0)
    }
    fn accepts(asset: &Asset) -> bool {
        Accepted::get().contains(asset)
    }
    fn receive(_: &AccountId, _: &Asset, _: Balance, _: SplitId) -> DispatchResult {
        Err(DispatchError::Other("not asked of this double"))
    }
}

#[derive(Clone)]
pub struct GrantDouble {
    pub dataset: DatasetId,
    pub model: ModelId,
    pub terms: DatasetTerms,
    pub ends: Option<Tick>,
}

pub struct LicensesDouble;
impl Licenses for LicensesDouble {
    fn grant(grant: GrantId) -> Option<Grant> {
        let found = GrantTable::get().get(&grant)?.clone();
        Some(Grant {
            dataset: found.dataset,
            model: found.model,
            terms: found.terms,
            ends: found.ends,
            split: dataset_split(found.dataset),
        })
    }
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult {
        if Attached::get().iter().filter(|(g, _)| *g == grant).count() == 16 {
            return Err(DispatchError::Other("too many versions"));
        }
        Attached::mutate(|a| a.insert((grant, version)));
        Ok(())
    }
    fn detach(grant: GrantId, version: VersionId) {
        Attached::mutate(|a| a.remove(&(grant, version)));
    }
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for LicensesDouble {
    fn price_asset() -> Asset {
        accept(Asset::Native);
        Asset::Native
    }
    fn endow(who: &AccountId, asset: &Asset, amount: Balance) {
        assert_eq!(asset, &Asset::Native);
        let free = Balances::free_balance(who);
        Balances::force_set_balance(RuntimeOrigin::root(), who.clone(), free + amount).unwrap();
    }
    fn grant(_: &AccountId, model: ModelId) -> GrantId {
        let n = GrantTable::get().len() as u32;
        grant(model, n, dataset_terms())
    }
    fn advance(ticks: Tick) {
        Served::mutate(|served| *served += ticks);
    }
    fn settle(split: SplitId) {
        Removable::mutate(|r| r.insert(split));
    }
}

/// The split of a dataset in this double.
pub fn dataset_split(dataset: DatasetId) -> SplitId {
    SplitId(9_000 + dataset.0)
}

// Accounts.

fn account(n: u8) -> AccountId {
    AccountId::new([n; 32])
}
pub fn alice() -> AccountId {
    account(1)
}
pub fn bob() -> AccountId {
    account(2)
}
pub fn carol() -> AccountId {
    account(3)
}
pub fn governance() -> AccountId {
    account(9)
}
pub fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

pub const RICH: Balance = 1_000_000;
pub const DOLLARS: u32 = 7;
pub const DOLLAR_MINIMUM: Balance = 5;

pub fn dollars() -> Asset {
    Asset::Id(DOLLARS)
}

/// The one entry point of tests: three accounts with money, the token accepted for prices, and
/// every invariant checked at the end.
pub fn test(run: impl FnOnce()) {
    new_ext().execute_with(|| {
        accept(Asset::Native);
        run();
        Registry::do_try_state().expect("the invariants hold");
    });
}

pub fn new_ext() -> sp_io::TestExternalities {
    Now::set(1_000);
    Served::set(100);
    SplitTable::set(BTreeMap::new());
    Accepted::set(vec![]);
    Removable::set(BTreeSet::new());
    GrantTable::set(BTreeMap::new());
    Attached::set(BTreeSet::new());
    let rich = [alice(), bob(), carol()];
    let storage = RuntimeGenesisConfig {
        balances: pallet_balances::GenesisConfig {
            balances: rich.iter().cloned().map(|a| (a, RICH)).collect(),
            ..Default::default()
        },
        assets: pallet_assets::GenesisConfig {
            assets: vec![(DOLLARS, carol(), true, DOLLAR_MINIMUM)],
            accounts: rich.iter().cloned().map(|a| (DOLLARS, a, RICH)).collect(),
            ..Default::default()
        },
        ..Default::default()
    }
    .build_storage()
    .expect("the genesis is sound");
    let mut ext = sp_io::TestExternalities::from(storage);
    ext.execute_with(|| System::set_block_number(1));
    ext
}

// Steps in the words of the domain.

pub fn accept(asset: Asset) {
    Accepted::mutate(|a| a.push(asset));
}

/// What `who` has on hold for models and for versions.
pub fn deposits(who: &AccountId) -> (Balance, Balance) {
    use frame_support::traits::fungible::InspectHold;
    (
        Balances::balance_on_hold(&ModelReason::get(), who),
        Balances::balance_on_hold(&VersionReason::get(), who),
    )
}

pub fn last_event() -> RuntimeEvent {
    System::events().pop().expect("there is an event").event
}

pub fn name(text: &str) -> Name {
    Name::truncate_from(text.as_bytes().to_vec())
}

pub fn file(n: u8) -> File {
    File::new([n; 32], 1_000, &["https://models.example/file"]).expect("not too long")
}

/// A model of `owner`.
pub fn model(owner: AccountId) -> ModelId {
    let id = NextModel::<Test>::get();
    Registry::register_model(signed(owner), name("Model"), Category::General, file(0))
        .expect("registers");
    id
}

/// A version that names nothing, whose terms allow everything, at 1,000 native units.
pub fn spec() -> VersionSpec<AccountId> {
    VersionSpec {
        artifact: file(1),
        manifest: file(2),
        numerics: Numerics::Float,
        unit: Unit::Call,
        price: Amount {
            asset: Asset::Native,
            value: 1_000,
        },
        modes: vec![Mode::Direct].try_into().expect("one mode"),
        max_input: 1_000,
        max_output: 1_000,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Partial,
            checkpoints: Openness::Closed,
        },
        license: name("Apache-2.0"),
        terms: DerivativeTerms {
            permission: Permission::Allowed,
            min_royalty: Ppm(0),
            min_per_unit: None,
            reach: Reach::Direct,
        },
        bases: Default::default(),
        grants: Default::default(),
        extras: Default::default(),
    }
}

/// Building a spec one condition at a time.
pub trait SpecSteps: Sized {
    fn base(self, version: VersionId, royalty: u32) -> Self;
    fn grant(self, grant: GrantId, share: u32) -> Self;
    fn extra(self, account: AccountId, share: u32) -> Self;
    fn price(self, asset: Asset, units: Balance) -> Self;
    fn permission(self, permission: Permission) -> Self;
    fn min_royalty(self, parts: u32) -> Self;
    fn min_per_unit(self, asset: Asset, units: Balance) -> Self;
    fn reaching_descendants(self) -> Self;
}

impl SpecSteps for VersionSpec<AccountId> {
    fn base(mut self, version: VersionId, royalty: u32) -> Self {
        self.bases
            .try_push(BaseLine {
                version,
                royalty: Ppm(royalty),
            })
            .expect("room");
        self
    }
    fn grant(mut self, grant: GrantId, share: u32) -> Self {
        self.grants
            .try_push(GrantLine {
                grant,
                share: Ppm(share),
            })
            .expect("room");
        self
    }
    fn extra(mut self, account: AccountId, share: u32) -> Self {
        self.extras
            .try_push(ExtraLine {
                account,
                share: Ppm(share),
            })
            .expect("room");
        self
    }
    fn price(mut self, asset: Asset, units: Balance) -> Self {
        self.price = Amount {
            asset,
            value: units,
        };
        self
    }
    fn permission(mut self, permission: Permission) -> Self {
        self.terms.permission = permission;
        self
    }
    fn min_royalty(mut self, parts: u32) -> Self {
        self.terms.min_royalty = Ppm(parts);
        self
    }
    fn min_per_unit(mut self, asset: Asset, units: Balance) -> Self {
        self.terms.min_per_unit = Some(Amount {
            asset,
            value: units,
        });
        self
    }
    fn reaching_descendants(mut self) -> Self {
        self.terms.reach = Reach::Descendants;
        self
    }
}

/// Publishes `spec` for the model, by its owner.
pub fn publish(model: ModelId, spec: VersionSpec<AccountId>) -> VersionId {
    let id = NextVersion::<Test>::get();
    try_publish(model, spec).expect("publishes");
    id
}

pub fn try_publish(model: ModelId, spec: VersionSpec<AccountId>) -> DispatchResult {
    let owner = Registry::model_owner(model).unwrap_or_else(alice);
    Registry::publish_version(signed(owner), model, Box::new(spec))
}

/// Dataset terms that ask nothing.
pub fn dataset_terms() -> DatasetTerms {
    DatasetTerms {
        price: Amount {
            asset: Asset::Native,
            value: 0,
        },
        period: None,
        min_share: Ppm(0),
        min_per_unit: None,
        approval: false,
        revocation: Revocation::Never,
        share_alike: false,
        commercial: true,
        reach: Reach::Direct,
    }
}

/// A grant without end for `model` on dataset number `dataset`.
pub fn grant(model: ModelId, dataset: u32, terms: DatasetTerms) -> GrantId {
    let id = GrantId(GrantTable::get().len() as u32);
    let dataset = DatasetId(dataset);
    GrantTable::mutate(|t| {
        t.insert(
            id,
            GrantDouble {
                dataset,
                model,
                terms,
                ends: None,
            },
        )
    });
    id
}

/// Gives a grant another end, and tells the versions that live by it.
pub fn set_end(grant: GrantId, ends: Option<Tick>) {
    GrantTable::mutate(|t| t.get_mut(&grant).expect("there is such a grant").ends = ends);
    for (g, version) in Attached::get() {
        if g == grant {
            <Registry as myai_primitives::Versions>::license_changed(version);
        }
    }
}

/// The shares of a version's split.
pub fn shares(version: VersionId) -> Vec<Share<AccountId>> {
    let listing = Listings::<Test>::get(version).expect("there is such a version");
    SplitTable::get()[&listing.split].1.clone()
}
