//! Tests through public calls. One scenario: Alice owns datasets, Bob the model 1, Carol the
//! model 2.

mod datasets;
mod grants;
mod invariants;
pub mod mock;
mod replacement;
mod requests;
mod sequences;
mod terms;

use crate::{types::MAX_VERSIONS, Event, HoldReason};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use mock::*;
use myai_primitives::{
    Amount, Asset, Balance, Category, DatasetId, DatasetTerms, File, GrantId, Licenses, ModelId,
    Money as _, Name, Openness, Ppm, Reach, Revocation, Tick, VersionId,
};

type Error = crate::Error<Test>;

const MODEL: ModelId = ModelId(1);
const CAROLS: ModelId = ModelId(2);
const DATASET: DatasetId = DatasetId(0);

fn by(who: AccountId) -> RuntimeOrigin {
    RuntimeOrigin::signed(who)
}

fn name(text: &str) -> Name {
    text.as_bytes().to_vec().try_into().expect("short")
}

fn file() -> File {
    File::new([7; 32], 1_000, &["https://data.example/card.json"]).expect("short")
}

/// 1,000 units for 100 ticks, 5%, no approval, notice of 30 ticks.
fn terms() -> DatasetTerms {
    DatasetTerms {
        price: Amount {
            asset: MAI,
            value: 1_000,
        },
        period: Some(100),
        min_share: Ppm(50_000),
        min_per_unit: None,
        approval: false,
        revocation: Revocation::Notice {
            notice: 30,
            perpetual_term: 0,
        },
        share_alike: false,
        commercial: true,
        reach: Reach::Direct,
    }
}

fn approved_terms() -> DatasetTerms {
    DatasetTerms {
        approval: true,
        ..terms()
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

/// A dataset of Alice's with terms.
fn dataset_under(terms: DatasetTerms) -> DatasetId {
    let dataset = register(ALICE);
    assert_ok!(DataLicense::set_terms(by(ALICE), dataset, terms));
    dataset
}

/// A grant for Bob's model under the dataset's current terms, without approval.
fn acquire(dataset: DatasetId) -> GrantId {
    let grant = crate::NextGrant::<Test>::get();
    let number = crate::Datasets::<Test>::get(dataset)
        .expect("registered")
        .number;
    assert_ok!(DataLicense::acquire(
        by(BOB),
        dataset,
        MODEL,
        number,
        Balance::MAX,
        0
    ));
    assert!(DataLicense::grant(grant).is_some());
    grant
}

/// A grant for Bob's model on a new dataset of Alice's.
fn granted(terms: DatasetTerms) -> GrantId {
    acquire(dataset_under(terms))
}

/// A version of Bob's model that lives by the grants, as a publisher would make it.
fn version(id: u32, grants: &[GrantId]) -> VersionId {
    VersionModels::insert(VersionId(id), MODEL);
    for grant in grants {
        assert_ok!(DataLicense::attach(*grant, VersionId(id)));
    }
    VersionId(id)
}

fn at(tick: Tick) {
    Now::put(tick);
}

fn free(asset: &Asset, who: AccountId) -> Balance {
    Money::balance(asset, &who)
        - if *asset == MAI {
            Balances::total_balance_on_hold(&who)
        } else {
            Money::held(asset, &HoldReason::GrantRequest.into(), &who)
                + Money::held(asset, &HoldReason::GrantRefund.into(), &who)
        }
}

fn held(reason: HoldReason, asset: &Asset, who: AccountId) -> Balance {
    Money::held(asset, &reason.into(), &who)
}

fn dataset_deposit() -> Balance {
    deposit(DataLicense::dataset_footprint())
}

fn grant_deposit() -> Balance {
    deposit(DataLicense::grant_footprint())
}

fn deposit(footprint: frame_support::traits::Footprint) -> Balance {
    assert_eq!(footprint.count, 1);
    (100 + footprint.size).into()
}

fn ends(grant: GrantId) -> Option<Tick> {
    DataLicense::grant(grant).expect("a grant").ends
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
