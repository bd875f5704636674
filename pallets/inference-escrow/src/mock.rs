//! A runtime with real money and small doubles for the other pallets.

use crate::{self as pallet_inference_escrow, types::*, *};
use frame_support::{
    derive_impl, parameter_types,
    traits::{
        fungible::{HoldConsideration, UnionOf},
        AsEnsureOriginWithArg, ConstU128, LinearStoragePrice,
    },
};
use myai_primitives::*;
use myai_support::*;
use sp_runtime::{
    traits::IdentityLookup, AccountId32, BuildStorage, DispatchError, DispatchResult,
};
use std::collections::BTreeMap;

pub type AccountId = AccountId32;
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
    pub type Escrow = pallet_inference_escrow;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
    type Block = Block;
    type AccountId = AccountId;
    type Lookup = IdentityLookup<AccountId>;
    type AccountData = pallet_balances::AccountData<Balance>;
}

pub const ED: Balance = 1_000_000_000;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
    type Balance = Balance;
    type ExistentialDeposit = ConstU128<ED>;
    type AccountStore = System;
}

#[derive_impl(pallet_assets::config_preludes::TestDefaultConfig)]
impl pallet_assets::Config for Test {
    type Balance = Balance;
    type AssetAccountDeposit = ConstU128<1>;
    type AssetDeposit = ConstU128<1>;
    type MetadataDepositBase = ConstU128<1>;
    type MetadataDepositPerByte = ConstU128<1>;
    type ApprovalDeposit = ConstU128<1>;
    type Currency = Balances;
    type CreateOrigin = AsEnsureOriginWithArg<frame_system::EnsureSigned<AccountId>>;
    type ForceOrigin = frame_system::EnsureRoot<AccountId>;
    type Holder = AssetsHolder;
}

impl pallet_assets_holder::Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type RuntimeEvent = RuntimeEvent;
}

type Transfers = UnionOf<Balances, Assets, myai_support::money::SplitAsset, Asset, AccountId>;
type Holds = UnionOf<Balances, AssetsHolder, myai_support::money::SplitAsset, Asset, AccountId>;
pub type TestMoney = MoneyOver<Transfers, Holds>;

parameter_types! {
    pub const WorkerReason: RuntimeHoldReason = RuntimeHoldReason::Escrow(HoldReason::WorkerDeposit);
    pub const OfferReason: RuntimeHoldReason = RuntimeHoldReason::Escrow(HoldReason::OfferDeposit);
    pub const PerItem: Balance = MAI / 100;
    pub const PerByte: Balance = MAI / 100_000;
}

type Price = LinearStoragePrice<PerItem, PerByte, Balance>;

impl Config for Test {
    type RuntimeHoldReason = RuntimeHoldReason;
    type Money = TestMoney;
    type Payouts = Till;
    type Credits = Till;
    type Splits = Till;
    type Versions = Registry;
    type RulesAt = Registry;
    type Suspensions = Registry;
    type Clock = Time;
    type WorkerConsideration = HoldConsideration<AccountId, Balances, WorkerReason, Price>;
    type OfferConsideration = HoldConsideration<AccountId, Balances, OfferReason, Price>;
    type WeightInfo = ();
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = Registry;
}

parameter_types! {
    pub static Now: Tick = 0;
    pub static Served: Tick = 0;
    pub static Known: BTreeMap<VersionId, KnownVersion> = BTreeMap::new();
    pub static Revisions: Vec<RuleSet> = Vec::new();
    pub static Accepted: Vec<Asset> = Vec::new();
    pub static Debts: Vec<(AccountId, RuntimeHoldReason, Asset, Balance)> = Vec::new();
    pub static GoneSplits: Vec<SplitId> = Vec::new();
    pub static NothingMoves: bool = false;
    pub static Noted: Vec<(AccountId, Epoch, Balance)> = Vec::new();
    pub static Salt: u64 = 0;
    /// Workers, and until when they are suspended.
    pub static Suspended: BTreeMap<AccountId, Tick> = BTreeMap::new();
}

pub struct Time;

impl Clock for Time {
    fn now() -> Tick {
        Now::get()
    }
    fn served() -> Tick {
        Served::get()
    }
}

/// Splits are accounts; what cannot be paid becomes a debt.
pub struct Till;

pub const NETWORK: SplitId = SplitId(0);

pub fn split_account(split: SplitId) -> AccountId {
    let mut id = [200u8; 32];
    id[..4].copy_from_slice(&split.0.to_le_bytes());
    id.into()
}

impl Till {
    fn pay(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
        to: &AccountId,
    ) -> bool {
        let moved = !NothingMoves::get()
            && frame_support::storage::with_storage_layer(|| {
                TestMoney::pay_held(asset, reason, payer, to, amount)
            })
            .is_ok();
        if amount > 0 && !moved {
            Debts::mutate(|debts| debts.push((payer.clone(), *reason, *asset, amount)));
        }
        moved
    }
}

impl Payouts<AccountId, RuntimeHoldReason> for Till {
    fn to_splits(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        parts: &[(SplitId, Balance)],
    ) {
        for (split, amount) in parts {
            Self::pay(payer, reason, asset, *amount, &split_account(*split));
        }
    }
    fn settle(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        income: &JobIncome<AccountId>,
    ) -> Settlement {
        let parts = [
            (NETWORK, income.price_cut + income.fee_cut),
            (income.split, income.model),
        ];
        Self::to_splits(payer, reason, asset, &parts);
        Settlement {
            has_moved: !NothingMoves::get(),
            has_rolled: false,
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
    fn refund(
        payer: &AccountId,
        reason: &RuntimeHoldReason,
        asset: &Asset,
        amount: Balance,
    ) -> Balance {
        match Self::pay(payer, reason, asset, amount, payer) {
            true => amount,
            false => 0,
        }
    }
    fn debts_of(payer: &AccountId, reason: &RuntimeHoldReason, asset: &Asset) -> Balance {
        let debts = Debts::get();
        let its = debts
            .iter()
            .filter(|d| (&d.0, &d.1, &d.2) == (payer, reason, asset));
        its.map(|d| d.3).sum()
    }
    fn debts() -> Vec<(AccountId, RuntimeHoldReason, Asset, Balance)> {
        Debts::get()
    }
}

impl Credits<AccountId> for Till {
    fn note(worker: &AccountId, epoch: Epoch, cut: Balance) {
        Noted::mutate(|noted| noted.push((worker.clone(), epoch, cut)));
    }
}

impl Splits<AccountId> for Till {
    fn create(
        _: &AccountId,
        _: Vec<Share<AccountId>>,
        _: Keeper,
    ) -> Result<SplitId, DispatchError> {
        Err(DispatchError::Other("splits are fixed here"))
    }
    fn remove(_: SplitId) -> DispatchResult {
        Err(DispatchError::Other("splits are fixed here"))
    }
    fn exists(split: SplitId) -> bool {
        !GoneSplits::get().contains(&split)
    }
    fn depositor(_: SplitId) -> Option<AccountId> {
        None
    }
    fn accepted() -> Vec<Asset> {
        Accepted::get()
    }
    fn job_deposit(asset: u32) -> Option<Balance> {
        Accepted::get()
            .contains(&Asset::Id(asset))
            .then_some(DOLLAR_DEPOSIT)
    }
    fn shares_of(_: SplitId) -> Option<Vec<Share<AccountId>>> {
        None
    }
    fn inc_refs(_: SplitId) -> DispatchResult {
        Ok(())
    }
    fn dec_refs(_: SplitId) {}
    fn kept() -> BTreeMap<SplitId, u32> {
        BTreeMap::new()
    }
    fn network() -> SplitId {
        NETWORK
    }
    fn accepts(asset: &Asset) -> bool {
        Accepted::get().contains(asset)
    }
    fn receive(from: &AccountId, asset: &Asset, amount: Balance, split: SplitId) -> DispatchResult {
        TestMoney::transfer(asset, from, &split_account(split), amount)
    }
}

/// A version as the registry's double knows it.
#[derive(Clone)]
pub struct KnownVersion {
    pub price: Amount,
    pub split: SplitId,
    pub retired: bool,
    pub licensed_until: Option<Tick>,
    pub commercial: bool,
    pub policies: Option<Hash32>,
    pub max_input: u32,
    /// Who alone may host and use it.
    pub host: Option<AccountId>,
    pub user: Option<AccountId>,
    pub max_fee: Balance,
    /// What it says it has looked at.
    pub lives_by: u32,
    pub approvals: u32,
    pub suspensions: u32,
    pub remembered: u32,
}

pub const UNKNOWN: DispatchError = DispatchError::Other("unknown version");
pub const RETIRED: DispatchError = DispatchError::Other("retired");
pub const UNLICENSED: DispatchError = DispatchError::Other("license ends before");
pub const TOO_LONG: DispatchError = DispatchError::Other("input too long");
pub const NOT_A_HOST: DispatchError = DispatchError::Other("not a host");
pub const NOT_A_USER: DispatchError = DispatchError::Other("not a user");
pub const FEE_ABOVE_MAX: DispatchError = DispatchError::Other("fee above the most");
pub const NOT_COMMERCIAL: DispatchError = DispatchError::Other("no commercial use");

/// Versions and rules. Refuses what it does not know.
pub struct Registry;

fn known(version: VersionId) -> Result<KnownVersion, DispatchError> {
    Known::get().get(&version).cloned().ok_or(UNKNOWN)
}

impl Versions<AccountId> for Registry {
    fn ensure_open(work: &Work<AccountId>) -> Result<Offerable, DispatchError> {
        let known = known(work.version)?;
        if known.retired {
            return Err(RETIRED);
        }
        if known.licensed_until.is_some_and(|end| end <= work.until) {
            return Err(UNLICENSED);
        }
        if work.input_length > known.max_input {
            return Err(TOO_LONG);
        }
        if known.user.is_some_and(|user| user != *work.user) {
            return Err(NOT_A_USER);
        }
        if known.host.is_some_and(|host| work.hosts != [host]) {
            return Err(NOT_A_HOST);
        }
        if work.fees > known.max_fee {
            return Err(FEE_ABOVE_MAX);
        }
        Ok(Offerable {
            model: ModelId(1),
            price: known.price,
            split: known.split,
            policies: known.policies,
            lives_by: known.lives_by,
            approvals: known.approvals,
            suspensions: known.suspensions,
        })
    }
    fn ensure_offer(
        version: VersionId,
        host: &AccountId,
        fee: Balance,
    ) -> Result<Amount, DispatchError> {
        let known = known(version)?;
        if known.host.is_some_and(|only| only != *host) {
            return Err(NOT_A_HOST);
        }
        if known.retired {
            return Err(RETIRED);
        }
        if fee > 0 && !known.commercial {
            return Err(NOT_COMMERCIAL);
        }
        Ok(known.price)
    }
    fn is_retired(version: VersionId) -> bool {
        known(version).is_ok_and(|known| known.retired)
    }
    fn is_built_on(_: VersionId) -> bool {
        true
    }
    fn inc_refs(version: VersionId) -> DispatchResult {
        known(version)?;
        with_version(version, |known| known.remembered += 1);
        Ok(())
    }
    fn dec_refs(version: VersionId) {
        with_version(version, |known| known.remembered -= 1);
    }
    fn kept() -> BTreeMap<VersionId, u32> {
        let known = Known::get().into_iter();
        known
            .map(|(version, known)| (version, known.remembered))
            .filter(|(_, remembered)| *remembered > 0)
            .collect()
    }
    fn model_of(version: VersionId) -> Option<ModelId> {
        known(version).ok().map(|_| ModelId(1))
    }
    fn ensure_satisfies(_: VersionId, _: DatasetId, _: &Clauses) -> DispatchResult {
        Err(DispatchError::Other("no grants here"))
    }
}

impl Suspensions<AccountId> for Registry {
    fn suspended_until(subject: &Subject<AccountId>) -> Option<Tick> {
        let Subject::Worker(worker) = subject else {
            return None;
        };
        let until = Suspended::get().get(worker).copied();
        until.filter(|until| Now::get() < *until)
    }
    fn frozen_until(_: VersionId) -> Option<Tick> {
        None
    }
}

/// What the registry does when a worker is suspended, or its suspension lifted.
pub fn suspend(worker: AccountId, until: Tick) {
    Suspended::mutate(|all| all.insert(worker.clone(), until));
    Escrow::set_suspended(&worker, Some(until));
}

impl RulesAt for Registry {
    fn current() -> Result<Rules, DispatchError> {
        let revisions = Revisions::get();
        let set = revisions.last().cloned().ok_or("no rules")?;
        Ok(Rules {
            revision: revisions.len() as Revision - 1,
            list: set,
        })
    }
    fn at(revision: Revision) -> Result<RuleSet, DispatchError> {
        let revisions = Revisions::get();
        Ok(revisions
            .get(revision as usize)
            .cloned()
            .ok_or("no rules")?)
    }
}

pub fn with_version(version: VersionId, change: impl FnOnce(&mut KnownVersion)) {
    Known::mutate(|known| change(known.get_mut(&version).expect("a known version")));
}

/// A new revision of the rules with one changed.
pub fn set_rule(rule: Rule, value: u128) {
    Revisions::mutate(|revisions| {
        let next = revisions[revisions.len() - 1].clone();
        let next = next.with(rule, value).expect("within bounds");
        revisions.push(next);
    });
}

/// Both clocks go on by `ticks`.
pub fn advance(ticks: Tick) {
    Now::mutate(|now| *now += ticks);
    Served::mutate(|served| *served += ticks);
}

pub fn account(n: u8) -> AccountId {
    [n; 32].into()
}

pub const START: Tick = 1_000;
/// Priced in the native token, split 1.
pub const V1: VersionId = VersionId(1);
/// Priced in [`DOLLAR`], split 2.
pub const V2: VersionId = VersionId(2);
/// Free, no commercial use, split 3.
pub const V3: VersionId = VersionId(3);
pub const DOLLAR: u32 = 7;
/// Deposit of a job that is paid in [`DOLLAR`].
pub const DOLLAR_DEPOSIT: Balance = 60;
/// Least balance of an account in [`DOLLAR`].
pub const CENT: Balance = 10;

pub fn dollar() -> Asset {
    Asset::Id(DOLLAR)
}

pub fn payer() -> AccountId {
    account(1)
}
pub fn worker() -> AccountId {
    account(2)
}
pub fn signer() -> AccountId {
    account(3)
}
pub fn payout() -> AccountId {
    account(4)
}
pub fn stranger() -> AccountId {
    account(5)
}
pub fn issuer() -> AccountId {
    account(6)
}
pub fn second_worker() -> AccountId {
    account(7)
}
pub fn second_signer() -> AccountId {
    account(8)
}
/// Has no balance.
pub fn nobody() -> AccountId {
    account(9)
}

/// Genesis with the doubles in place.
pub fn new_test_ext() -> sp_io::TestExternalities {
    let people: Vec<AccountId> = (1..=8).map(account).collect();
    let splits: Vec<AccountId> = (0..=3).map(|n| split_account(SplitId(n))).collect();
    let all = || people.iter().chain(&splits).cloned();
    let storage = RuntimeGenesisConfig {
        system: Default::default(),
        balances: pallet_balances::GenesisConfig {
            balances: all().map(|who| (who, 1_000 * MAI)).collect(),
            ..Default::default()
        },
        assets: pallet_assets::GenesisConfig {
            assets: vec![(DOLLAR, issuer(), false, CENT)],
            accounts: all().map(|who| (DOLLAR, who, 1_000_000)).collect(),
            ..Default::default()
        },
    }
    .build_storage()
    .expect("genesis is sound");
    let mut ext = sp_io::TestExternalities::from(storage);
    ext.execute_with(prepare);
    ext
}

/// Runs a test and, after it, [`Pallet::do_try_state`].
pub fn test(run: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run();
        Escrow::do_try_state().expect("state is sound after the test");
    });
}

/// Runs a test that leaves broken storage: `do_try_state` must say `complaint`.
pub fn broken_test(complaint: &'static str, run: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        run();
        assert_eq!(
            Escrow::do_try_state(),
            Err(sp_runtime::TryRuntimeError::Other(complaint))
        );
    });
}

fn prepare() {
    System::set_block_number(1);
    Now::set(START + 500);
    Served::set(START);
    Revisions::set(vec![RuleSet::default()]);
    Accepted::set(vec![Asset::Native, dollar()]);
    Debts::set(Vec::new());
    Noted::set(Vec::new());
    GoneSplits::set(Vec::new());
    NothingMoves::set(false);
    Suspended::set(Default::default());
    let version = |asset, units, split, commercial| KnownVersion {
        price: Amount {
            asset,
            value: units,
        },
        split: SplitId(split),
        retired: false,
        licensed_until: None,
        commercial,
        policies: None,
        max_input: 1_000,
        host: None,
        user: None,
        max_fee: Balance::MAX,
        lives_by: 0,
        approvals: 0,
        suspensions: 0,
        remembered: 0,
    };
    Known::set(BTreeMap::from([
        (V1, version(Asset::Native, 4 * MAI, 1, true)),
        (V2, version(dollar(), 400, 2, true)),
        (V3, version(Asset::Native, 0, 3, false)),
    ]));
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

pub fn details() -> WorkerDetails {
    WorkerDetails {
        endpoint: b"https://worker.example"
            .to_vec()
            .try_into()
            .expect("short"),
        mailbox: Default::default(),
        sealing_key: [11; 32],
        max_open_jobs: 3,
    }
}

/// [`worker`] is registered and serves V1 for 1 MAI and V2 for 100 dollar units.
pub fn worker_serves() {
    Escrow::register_worker(signed(worker()), signer(), payout(), details(), 100 * MAI)
        .expect("may register");
    Escrow::set_offer(signed(worker()), V1, MAI, 20).expect("may serve");
    Escrow::set_offer(signed(worker()), V2, 100, 20).expect("may serve");
}

/// What an opener asks for, to be changed by a test: two units of V1, a gross of 10 MAI. Each has
/// an input of its own, so that no two are one job.
pub fn asked() -> Order<AccountId> {
    let mut input_commitment = INPUT;
    Salt::mutate(|salt| {
        *salt += 1;
        input_commitment[..8].copy_from_slice(&salt.to_le_bytes());
    });
    Order {
        payer: Payer::Own,
        parent: None,
        version: V1,
        units: 2,
        max_cost: 10 * MAI,
        duration: 100,
        open_by: Served::get() + 10,
        policies: None,
        uploader: None,
        input_commitment,
        input_length: 100,
        run: Run::Direct {
            worker: worker(),
            blob: BLOB,
        },
    }
}

/// [`asked`] of another version.
pub fn asked_for(version: VersionId) -> Order<AccountId> {
    Order { version, ..asked() }
}

pub const INPUT: Hash32 = [21; 32];
pub const OUTPUT: Hash32 = [22; 32];
pub const BLOB: Hash32 = [23; 32];
pub const ANSWER: Hash32 = [24; 32];
/// What a plain job deposits.
pub const DEPOSIT: Balance = 30 * MAI / 1_000;

pub fn open_by(who: AccountId, order: Order<AccountId>) -> Result<JobId, DispatchError> {
    let id = JobId::of(&who, &who, &order);
    Escrow::open_job(signed(who), Box::new(order))
        .map(|_| id)
        .map_err(|e| e.error)
}

pub fn open(order: Order<AccountId>) -> Result<JobId, DispatchError> {
    open_by(payer(), order)
}

/// Opens a job of [`asked`] with [`worker_serves`]; its id.
pub fn open_one() -> JobId {
    if Workers::<Test>::get(worker()).is_none() {
        worker_serves();
    }
    open(asked()).expect("may open")
}

/// Jobs that are open.
pub fn open_jobs() -> usize {
    let rows = Jobs::<Test>::iter_values();
    rows.filter(|row| matches!(row, JobRow::Open(_))).count()
}

/// How many jobs a worker has open.
pub fn open_jobs_of(who: &AccountId) -> u32 {
    Workers::<Test>::get(who).map_or(0, |worker| worker.open)
}

/// How a job ended.
pub fn outcome(job: JobId) -> Option<Outcome> {
    match Escrow::job_view(job)?.state {
        JobState::Ended(ended) => Some(ended.outcome),
        JobState::Open(_) => None,
    }
}

pub fn attest(
    who: AccountId,
    job: JobId,
    units: u32,
) -> frame_support::dispatch::DispatchResultWithPostInfo {
    Escrow::attest(signed(who), job, OUTPUT, units, ANSWER)
}

pub fn held(reason: HoldReason, who: &AccountId) -> Balance {
    TestMoney::held(&Asset::Native, &reason.into(), who)
}

pub fn balance(who: &AccountId) -> Balance {
    TestMoney::balance(&Asset::Native, who)
}

pub fn dollars(who: &AccountId) -> Balance {
    TestMoney::balance(&dollar(), who)
}

pub fn split_balance(split: u32) -> Balance {
    balance(&split_account(SplitId(split)))
}

/// The last event, which is ours.
pub fn last_event() -> Event<Test> {
    match System::events().pop().expect("an event").event {
        RuntimeEvent::Escrow(event) => event,
        other => panic!("not ours: {other:?}"),
    }
}

#[cfg(feature = "runtime-benchmarks")]
impl BenchmarkHelper<AccountId> for Registry {
    fn version(native: bool, _: u32, _: u32) -> VersionId {
        if native {
            V1
        } else {
            V2
        }
    }
    fn approve(_: VersionId, _: &AccountId) {}
    fn retire(version: VersionId) {
        with_version(version, |known| known.retired = true);
    }
    fn fund(who: &AccountId, asset: &Asset) {
        use frame_support::traits::fungibles::Mutate;
        let _ = Transfers::mint_into(Asset::Native, who, 10_000 * MAI);
        let _ = Transfers::mint_into(*asset, who, 10_000 * MAI);
    }
    fn suspend_a_model() {}
    fn advance(ticks: Tick) {
        advance(ticks);
    }
}
