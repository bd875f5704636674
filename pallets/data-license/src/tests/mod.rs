//! Tests through public calls. One scenario: Alice owns datasets, Bob the model 1, Carol the
//! model 2.

mod datasets;
mod grants;
mod invariants;
pub mod mock;
mod requests;
mod sequences;
mod terms;
mod versions;
mod vesting;

use crate::{Event, HoldReason};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use mock::{MAI, *};
use myai_primitives::*;
use myai_support::{Licenses, Money as _};
use sp_runtime::{DispatchError, DispatchResult, TokenError};

type Error = crate::Error<Test>;

const MODEL: ModelId = ModelId(1);
const CAROLS: ModelId = ModelId(2);
const DATASET: DatasetId = DatasetId(0);
const BROKE: DispatchError = DispatchError::Token(TokenError::FundsUnavailable);

fn by(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn text(text: &str) -> Text {
    text.as_bytes().to_vec().try_into().expect("short")
}

fn name(text: &str) -> Name {
    text.as_bytes().to_vec().try_into().expect("short")
}

fn file() -> File {
    File::new([7; 32], 1_000, &["https://data.example/card.json"]).expect("short")
}

fn other_file() -> File {
    File {
        sha256: [8; 32],
        ..file()
    }
}

fn price(asset: Asset, value: Balance) -> Amount {
    Amount { asset, value }
}

/// A royalty of so much, at least 1 for each call.
fn royalty(share: u32) -> Royalty {
    let alternative = Alternative {
        unit: Unit::Call,
        asset: MAI,
        floor: 1,
        max_fee: 5,
    };
    Royalty {
        share: Ppm(share),
        alternatives: vec![alternative].try_into().expect("few"),
    }
}

/// Training allowed, for a royalty.
fn clauses(share: u32) -> Clauses {
    let mut clauses = Clauses::open(text("CC-BY-4.0"));
    clauses.royalty = royalty(share);
    clauses
}

/// 1,000 units for 100 ticks, 5%, no approval, notice of 30 ticks.
fn terms() -> DatasetTerms {
    DatasetTerms {
        clauses: clauses(50_000),
        price: price(MAI, 1_000),
        period: Some(100),
        renewable: None,
        revocation: Revocation::Notice {
            notice: 30,
            perpetual_term: 0,
        },
    }
}

fn terms_with(derivatives: Derivatives) -> DatasetTerms {
    let mut terms = terms();
    terms.clauses.derivatives = derivatives;
    terms
}

fn approved_terms() -> DatasetTerms {
    terms_with(Derivatives::Approval)
}

/// Never revoked.
fn firm_terms() -> DatasetTerms {
    DatasetTerms {
        revocation: Revocation::Never,
        ..terms()
    }
}

/// Never ends by itself; revocable after 30 ticks, vests over 300.
fn perpetual_terms() -> DatasetTerms {
    DatasetTerms {
        period: None,
        revocation: Revocation::Notice {
            notice: 30,
            perpetual_term: 300,
        },
        ..terms()
    }
}

fn in_dollars(terms: DatasetTerms) -> DatasetTerms {
    DatasetTerms {
        price: price(USD, 1_000),
        ..terms
    }
}

fn register(owner: AccountId) -> DatasetId {
    let dataset = crate::NextDataset::<Test>::get();
    assert_ok!(DataLicense::register_dataset(
        by(owner),
        name("xrays"),
        Category::MedicalScience,
        file(),
        Openness::Partial,
        None
    ));
    dataset
}

fn dataset(dataset: DatasetId) -> crate::DatasetOf<Test> {
    crate::Datasets::<Test>::get(dataset.place()).expect("registered")
}

fn record(grant: GrantId) -> crate::GrantOf<Test> {
    crate::Grants::<Test>::get(grant.place()).expect("given")
}

fn is_gone(grant: GrantId) -> bool {
    !crate::Grants::<Test>::contains_key(grant.place())
}

fn set_terms(dataset: DatasetId, terms: DatasetTerms) {
    assert_ok!(DataLicense::set_terms(by(ALICE), dataset, Box::new(terms)));
}

/// A dataset of Alice's with terms.
fn dataset_under(terms: DatasetTerms) -> DatasetId {
    let dataset = register(ALICE);
    set_terms(dataset, terms);
    dataset
}

/// Tries to acquire for Bob's model what is sold now, at any price, to be approved within 50 ticks.
fn try_acquire(dataset: DatasetId) -> DispatchResult {
    let number = self::dataset(dataset).number;
    DataLicense::acquire(by(BOB), dataset, MODEL, number, Balance::MAX, 50)
}

/// A grant for Bob's model under the dataset's current terms, without approval.
fn acquire(dataset: DatasetId) -> GrantId {
    let grant = crate::NextGrant::<Test>::get();
    assert_ok!(try_acquire(dataset));
    assert!(!is_gone(grant));
    grant
}

/// A grant for Bob's model on a new dataset of Alice's.
fn granted(terms: DatasetTerms) -> GrantId {
    acquire(dataset_under(terms))
}

/// A dataset of Alice's for which Bob's model has an open request, until tick 150.
fn requested(terms: DatasetTerms) -> DatasetId {
    let dataset = dataset_under(terms);
    assert_ok!(try_acquire(dataset));
    dataset
}

/// Alice approves Bob's request.
fn approve(dataset: DatasetId) -> GrantId {
    let grant = crate::NextGrant::<Test>::get();
    let number = crate::Requests::<Test>::get(dataset.place(), MODEL.place())
        .expect("requested")
        .number;
    assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL, BOB, number));
    grant
}

/// A version of Bob's model that stands on the grant, as a publisher would make it. It keeps clauses
/// that ask for 5%.
fn version(id: u32, grant: GrantId) -> VersionId {
    let version = VersionId(id);
    VersionModels::insert(version, MODEL);
    Satisfies::insert(version, Ppm(50_000));
    assert_ok!(DataLicense::ensure_usable(grant, &BOB));
    assert_ok!(DataLicense::attach(grant, version));
    version
}

/// The version is retired and nobody builds on it.
fn retire(version: VersionId) {
    Retired::insert(version, ());
    NotBuiltOn::insert(version, ());
}

fn at(tick: Tick) {
    Now::put(tick);
}

/// The model is sold.
fn sell(model: ModelId, to: AccountId) {
    ModelOwners::insert(model, to);
}

fn free(asset: &Asset, who: AccountId) -> Balance {
    let held = match asset {
        Asset::Native => Balances::total_balance_on_hold(&who),
        Asset::Id(_) => held(HoldReason::GrantRequest, asset, who),
    };
    Money::balance(asset, &who) - held
}

fn held(reason: HoldReason, asset: &Asset, who: AccountId) -> Balance {
    Money::held(asset, &reason.into(), &who)
}

fn dataset_deposit() -> Balance {
    deposit(DataLicense::dataset_size())
}

fn grant_deposit() -> Balance {
    deposit(DataLicense::grant_size())
}

/// What a row of that size costs in this chain.
fn deposit(size: usize) -> Balance {
    (100 + size) as Balance
}

fn split_of(dataset: DatasetId) -> SplitId {
    self::dataset(dataset).split
}

/// What the split of the grant's dataset has received.
fn income(grant: GrantId) -> Balance {
    let record = record(grant);
    let asset = DataLicense::grant(grant).expect("given").terms.price.asset;
    Received::get((split_of(record.dataset), asset))
}

fn ends(grant: GrantId) -> Option<Tick> {
    record(grant).ends
}

fn vest(grant: GrantId) {
    assert_ok!(DataLicense::vest(by(EVE), grant));
}

fn renew(who: AccountId, grant: GrantId) -> DispatchResult {
    DataLicense::renew(by(who), grant, 1, Balance::MAX)
}

/// Nobody can send units of the foreign asset to `who`, nor `who` send any.
fn block(who: AccountId) {
    assert_ok!(Assets::block(by(ISSUER), ASSET, who));
}

/// The last event of this pallet is `event`.
fn emitted(event: Event<Test>) {
    let last = System::events()
        .into_iter()
        .rev()
        .find_map(|record| match record.event {
            RuntimeEvent::DataLicense(event) => Some(event),
            _ => None,
        });
    assert_eq!(last, Some(event));
}
