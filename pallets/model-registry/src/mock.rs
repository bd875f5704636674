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
use myai_primitives::*;
use myai_support::{
    Clock, Grant, Keeper, Licenses, MoneyOver, Splits, Trained, Versions as _, Work,
};
use sp_runtime::{
    traits::{Convert, IdentityLookup},
    AccountId32, BuildStorage, DispatchError, DispatchResult, Either,
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
    pub const Schemes: &'static [&'static str] = &["https://"];
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

/// Which of the two sides of a union has an asset.
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
type Price = LinearStoragePrice<Base, PerByte, Balance>;

impl Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = MoneyOver<Transfers, Holds>;
    type Splits = SplitsDouble;
    type Licenses = LicensesDouble;
    type Workers = WorkersDouble;
    type Clock = ClockDouble;
    type ModelConsideration = HoldConsideration<AccountId, Balances, ModelReason, Price>;
    type VersionConsideration = HoldConsideration<AccountId, Balances, VersionReason, Price>;
    type RulesOrigin =
        EitherOfDiverse<EnsureRoot<AccountId>, EnsureSignedBy<RulesMaker, AccountId>>;
    type ModerationOrigin = EnsureSignedBy<Moderators, AccountId>;
    type PalletId = ModelAccounts;
    type UriSchemes = Schemes;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = LicensesDouble;
}

pub struct Moderators;
impl frame_support::traits::SortedMembers<AccountId> for Moderators {
    fn sorted_members() -> Vec<AccountId> {
        vec![moderator()]
    }
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
    /// Splits that stand.
    pub static SplitTable: BTreeMap<SplitId, SplitDouble> = BTreeMap::new();
    pub static Accepted: Vec<Asset> = vec![];
    /// Splits that owe nothing.
    pub static Removable: BTreeSet<SplitId> = BTreeSet::new();
    pub static TermsTable: BTreeMap<(DatasetId, TermsNumber), DatasetTerms> = BTreeMap::new();
    /// How often terms are referred to.
    pub static TermsRefs: BTreeMap<(DatasetId, TermsNumber), u32> = BTreeMap::new();
    pub static GrantTable: BTreeMap<GrantId, GrantDouble> = BTreeMap::new();
    /// Grants that carry no new versions until they are approved anew.
    pub static Unapproved: BTreeSet<GrantId> = BTreeSet::new();
    /// On which grant a version stands for a dataset.
    pub static Attached: BTreeMap<(VersionId, DatasetId), GrantId> = BTreeMap::new();
    pub static DatasetOwners: BTreeMap<DatasetId, AccountId> = BTreeMap::new();
    pub static DatasetChanges: BTreeMap<DatasetId, u32> = BTreeMap::new();
    /// Workers that were told until when they are suspended.
    pub static SuspendedWorkers: BTreeMap<AccountId, Tick> = BTreeMap::new();
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

#[derive(Clone, Debug, PartialEq)]
pub struct SplitDouble {
    pub depositor: AccountId,
    pub shares: Vec<Share<AccountId>>,
    pub keeper: Keeper,
}

const NOT_ASKED: DispatchError = DispatchError::Other("not asked of this double");

pub struct SplitsDouble;
impl Splits<AccountId> for SplitsDouble {
    fn create(
        depositor: &AccountId,
        shares: Vec<Share<AccountId>>,
        keeper: Keeper,
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
        let row = SplitDouble {
            depositor: depositor.clone(),
            shares,
            keeper,
        };
        SplitTable::mutate(|t| t.insert(split, row));
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
    fn depositor(_: SplitId) -> Option<AccountId> {
        None
    }
    fn inc_refs(_: SplitId) -> DispatchResult {
        Err(NOT_ASKED)
    }
    fn dec_refs(_: SplitId) {}
    fn kept() -> BTreeMap<SplitId, u32> {
        BTreeMap::new()
    }
    fn network() -> SplitId {
        SplitId(0)
    }
    fn accepts(asset: &Asset) -> bool {
        Accepted::get().contains(asset)
    }
    fn accepted() -> Vec<Asset> {
        Accepted::get().to_vec()
    }
    fn job_deposit(_: u32) -> Option<Balance> {
        None
    }
    fn receive(_: &AccountId, _: &Asset, _: Balance, _: SplitId) -> DispatchResult {
        Err(NOT_ASKED)
    }
    fn shares_of(split: SplitId) -> Option<Vec<Share<AccountId>>> {
        SplitTable::get().get(&split).map(|s| s.shares.clone())
    }
}

#[derive(Clone)]
pub struct GrantDouble {
    pub dataset: DatasetId,
    pub model: ModelId,
    pub number: TermsNumber,
    pub ends: Option<Tick>,
}

pub struct LicensesDouble;
impl Licenses<AccountId> for LicensesDouble {
    fn grant(grant: GrantId) -> Option<Grant> {
        let found = GrantTable::get().get(&grant)?.clone();
        Some(Grant {
            dataset: found.dataset,
            model: found.model,
            number: found.number,
            terms: Self::terms(found.dataset, found.number)?,
            ends: found.ends,
            split: dataset_split(found.dataset),
        })
    }
    fn terms(dataset: DatasetId, number: TermsNumber) -> Option<DatasetTerms> {
        TermsTable::get().get(&(dataset, number)).cloned()
    }
    fn dataset_split(dataset: DatasetId) -> Option<SplitId> {
        let terms = TermsTable::get();
        terms
            .keys()
            .any(|(d, _)| *d == dataset)
            .then(|| dataset_split(dataset))
    }
    fn dataset_owner(dataset: DatasetId) -> Option<AccountId> {
        DatasetOwners::get().get(&dataset).cloned()
    }
    fn ensure_usable(grant: GrantId, _publisher: &AccountId) -> DispatchResult {
        let found = GrantTable::get()[&grant].clone();
        if found.ends.is_some_and(|end| end <= Now::get()) {
            return Err(DispatchError::Other("the grant is over"));
        }
        if Unapproved::get().contains(&grant) {
            return Err(DispatchError::Other("the grant is not this owner's"));
        }
        Ok(())
    }
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult {
        if Attached::get().values().filter(|g| **g == grant).count() == 16 {
            return Err(DispatchError::Other("too many versions"));
        }
        let dataset = GrantTable::get()[&grant].dataset;
        Attached::mutate(|a| a.insert((version, dataset), grant));
        Ok(())
    }
    fn detach(version: VersionId, dataset: DatasetId) {
        Attached::mutate(|a| a.remove(&(version, dataset)));
    }
    fn grant_of(version: VersionId, dataset: DatasetId) -> Option<GrantId> {
        Attached::get().get(&(version, dataset)).copied()
    }
    fn standing(model: ModelId, trained: &Trained) -> Option<(GrantId, Option<Tick>)> {
        let is_own = |g: &GrantDouble| {
            g.model == model
                && g.dataset == trained.dataset
                && g.ends.is_none_or(|end| end > Now::get())
        };
        let table = GrantTable::get();
        let own = table.iter().find(|(_, g)| is_own(g));
        if let Some((id, grant)) = own {
            return Some((*id, grant.ends));
        }
        let id = Self::grant_of(trained.version, trained.dataset)?;
        table.get(&id).map(|grant| (id, grant.ends))
    }
    fn count_change(dataset: DatasetId) {
        DatasetChanges::mutate(|c| *c.entry(dataset).or_default() += 1);
    }
    fn inc_refs(dataset: DatasetId, number: TermsNumber) -> DispatchResult {
        assert!(Self::terms(dataset, number).is_some());
        TermsRefs::mutate(|r| *r.entry((dataset, number)).or_default() += 1);
        Ok(())
    }
    fn kept() -> BTreeMap<(DatasetId, TermsNumber), u32> {
        TermsRefs::get()
    }
    fn dec_refs(dataset: DatasetId, number: TermsNumber) {
        TermsRefs::mutate(|r| {
            let count = r.get_mut(&(dataset, number)).expect("it was counted");
            *count -= 1;
            if *count == 0 {
                r.remove(&(dataset, number));
            }
        });
    }
}

pub struct WorkersDouble;
impl myai_support::SuspendWorkers<AccountId> for WorkersDouble {
    fn set_suspended(worker: &AccountId, until: Option<Tick>) {
        SuspendedWorkers::mutate(|all| match until {
            Some(until) => all.insert(worker.clone(), until),
            None => all.remove(worker),
        });
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
    fn grant(_: &AccountId, model: ModelId, clauses: Clauses) -> GrantId {
        let n = GrantTable::get().len() as u32;
        grant(model, n, clauses)
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
pub fn moderator() -> AccountId {
    account(10)
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
pub fn test<R>(run: impl FnOnce() -> R) -> R {
    new_ext().execute_with(|| {
        accept(Asset::Native);
        let result = run();
        assert_eq!(Registry::do_try_state(), Ok(()));
        result
    })
}

pub fn new_ext() -> sp_io::TestExternalities {
    Now::set(1_000);
    Served::set(100);
    SplitTable::set(Default::default());
    Accepted::set(Default::default());
    Removable::set(Default::default());
    TermsTable::set(Default::default());
    TermsRefs::set(Default::default());
    GrantTable::set(Default::default());
    Unapproved::set(Default::default());
    Attached::set(Default::default());
    DatasetOwners::set(Default::default());
    DatasetChanges::set(Default::default());
    SuspendedWorkers::set(Default::default());
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

/// What `who` has on hold for models, and for versions and approvals.
pub fn deposits(who: &AccountId) -> (Balance, Balance) {
    use frame_support::traits::fungible::InspectHold;
    (
        Balances::balance_on_hold(&ModelReason::get(), who),
        Balances::balance_on_hold(&VersionReason::get(), who),
    )
}

/// The deposit for so many bytes.
pub fn deposit_for(bytes: usize) -> Balance {
    Base::get() + PerByte::get() * bytes as Balance
}

pub fn name(text: &str) -> Name {
    Name::truncate_from(text.as_bytes().to_vec())
}

pub fn text(text: &str) -> Text {
    Text::truncate_from(text.as_bytes().to_vec())
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

/// `to` gets the model from its owner of today.
pub fn sell(model: ModelId, to: AccountId) {
    let owner = Registry::model_owner(model).expect("there is such a model");
    Registry::transfer_ownership(signed(owner), model, to.clone()).expect("it is offered");
    Registry::accept_ownership(signed(to), model, changes(model)).expect("it is accepted");
}

/// How many calls the owners of a model have made on it.
pub fn changes(model: ModelId) -> u32 {
    Registry::model_view(model)
        .expect("there is such a model")
        .changes
}

/// Clauses that allow everything and ask nothing.
pub fn open_clauses() -> Clauses {
    Clauses::open(text("Apache-2.0"))
}

/// Some clauses with something changed.
pub fn but(mut clauses: Clauses, change: impl FnOnce(&mut ClausesV1)) -> Clauses {
    change(&mut clauses);
    clauses
}

/// A share with a floor for each call in the token, and no limit of fees.
pub fn royalty(share: u32, floor: Balance) -> Royalty {
    royalty_in(share, Unit::Call, Asset::Native, floor, Balance::MAX)
}

pub fn royalty_in(
    share: u32,
    unit: Unit,
    asset: Asset,
    floor: Balance,
    max_fee: Balance,
) -> Royalty {
    let alternative = Alternative {
        unit,
        asset,
        floor,
        max_fee,
    };
    Royalty {
        share: Ppm(share),
        alternatives: vec![alternative].try_into().expect("one fits"),
    }
}

/// A version that names nothing, whose clauses allow everything, at 1,000 native units a call.
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
        clauses: open_clauses(),
        bases: Default::default(),
        datasets: Default::default(),
        extras: Default::default(),
    }
}

/// Building a spec one condition at a time.
pub trait SpecSteps: Sized {
    fn base(self, version: VersionId, royalty: u32) -> Self;
    fn source(self, source: DataSource, share: u32) -> Self;
    fn extra(self, account: AccountId, share: u32) -> Self;
    fn price(self, value: Balance) -> Self;
    fn sold_in(self, unit: Unit, asset: Asset) -> Self;
    fn with(self, change: impl FnOnce(&mut ClausesV1)) -> Self;

    fn grant(self, grant: GrantId, share: u32) -> Self {
        self.source(DataSource::Grant(grant), share)
    }
    fn dataset(self, dataset: u32, share: u32) -> Self {
        self.source(DataSource::Dataset(DatasetId(dataset)), share)
    }
    fn derivatives(self, derivatives: Derivatives) -> Self {
        self.with(|c| c.derivatives = derivatives)
    }
    fn royalty(self, share: u32, floor: Balance) -> Self {
        self.with(|c| c.royalty = royalty(share, floor))
    }
    fn share_alike(self) -> Self {
        self.with(|c| {
            c.share_alike = true;
            c.irrevocable = true;
        })
    }
}

impl SpecSteps for VersionSpec<AccountId> {
    fn base(mut self, version: VersionId, royalty: u32) -> Self {
        let line = BaseLine {
            version,
            royalty: Ppm(royalty),
        };
        self.bases.try_push(line).expect("room");
        self
    }
    fn source(mut self, source: DataSource, share: u32) -> Self {
        let line = DatasetLine {
            source,
            share: Ppm(share),
        };
        self.datasets.try_push(line).expect("room");
        self
    }
    fn extra(mut self, account: AccountId, share: u32) -> Self {
        let line = ExtraLine {
            account,
            share: Ppm(share),
        };
        self.extras.try_push(line).expect("room");
        self
    }
    fn price(mut self, value: Balance) -> Self {
        self.price.value = value;
        self
    }
    fn sold_in(mut self, unit: Unit, asset: Asset) -> Self {
        self.unit = unit;
        self.price.asset = asset;
        self
    }
    fn with(mut self, change: impl FnOnce(&mut ClausesV1)) -> Self {
        change(&mut self.clauses);
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

/// Retires and removes a version whose split owes nothing, by its owner.
pub fn remove(version: VersionId) -> DispatchResult {
    let model = Registry::model_of(version).expect("it stands");
    let owner = signed(Registry::model_owner(model).expect("it stands"));
    if !Registry::is_retired(version) {
        Registry::retire_version(owner.clone(), version)?;
        no_job_is_open();
    }
    Removable::set(SplitTable::get().into_keys().collect());
    Registry::remove_version(owner, version)
}

/// New terms of a dataset, which is Carol's, with these clauses: their number.
pub fn terms(dataset: u32, clauses: Clauses) -> TermsNumber {
    let dataset = DatasetId(dataset);
    DatasetOwners::mutate(|o| o.entry(dataset).or_insert_with(carol).clone());
    let number = 1 + TermsTable::get()
        .keys()
        .filter(|(d, _)| *d == dataset)
        .count() as u32;
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
    TermsTable::mutate(|t| t.insert((dataset, number), terms));
    number
}

/// A grant without end for `model` on dataset number `dataset`, by new terms with these clauses.
pub fn grant(model: ModelId, dataset: u32, clauses: Clauses) -> GrantId {
    let id = GrantId(GrantTable::get().len() as u32);
    let number = terms(dataset, clauses);
    let row = GrantDouble {
        dataset: DatasetId(dataset),
        model,
        number,
        ends: None,
    };
    GrantTable::mutate(|t| t.insert(id, row));
    id
}

/// Gives a grant another end.
pub fn set_end(grant: GrantId, ends: Option<Tick>) {
    GrantTable::mutate(|t| t.get_mut(&grant).expect("there is such a grant").ends = ends);
}

/// The shares of a version's split.
pub fn shares(version: VersionId) -> Vec<Share<AccountId>> {
    SplitTable::get()[&split(version)].shares.clone()
}

pub fn split(version: VersionId) -> SplitId {
    listing(version).split
}

pub fn listing(version: VersionId) -> Listing {
    Listings::<Test>::get(version).expect("there is such a version")
}

pub fn effective(version: VersionId) -> Effective {
    Effectives::<Test>::get(version).expect("there is such a version")
}

/// Work on a version by Alice's worker for Bob, for nothing but its price, until tick 2,000.
pub fn work(version: VersionId) -> Work<'static, AccountId> {
    let leak = |who: AccountId| -> &'static AccountId { Box::leak(Box::new(who)) };
    Work {
        version,
        mode: Mode::Direct,
        until: 2_000,
        user: leak(bob()),
        hosts: core::slice::from_ref(leak(alice())),
        input_length: 1,
        fees: 0,
    }
}

/// Whether work on a version may be opened until a tick.
pub fn open(version: VersionId, until: Tick) -> DispatchResult {
    Registry::ensure_open(&Work {
        until,
        ..work(version)
    })
    .map(drop)
}

/// Whether work on a version may be opened for so much in fees.
pub fn open_for(version: VersionId, fees: Balance) -> DispatchResult {
    Registry::ensure_open(&Work {
        fees,
        ..work(version)
    })
    .map(drop)
}

/// Bytes that the pallet has in storage, keys included.
pub fn stored() -> usize {
    let prefix = sp_io::hashing::twox_128(b"ModelRegistry").to_vec();
    let start = prefix.clone();
    let rows = frame_support::storage::PrefixIterator::<usize>::new(prefix, start, |key, value| {
        Ok(16 + key.len() + value.len())
    });
    rows.sum()
}

/// Whether the deposit for what was stored meanwhile covers it, and not by far.
pub fn covers(paid: Balance, bytes: usize) -> bool {
    println!("{bytes} bytes for {paid}");
    deposit_for(bytes) <= paid && paid <= deposit_for(bytes + 300)
}
