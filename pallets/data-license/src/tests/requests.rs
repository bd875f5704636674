use super::*;
use crate::{Grants, Requests, Terms};
use sp_runtime::{DispatchError, TokenError};

fn price_of(units: Balance) -> Amount {
    Amount {
        asset: MAI,
        value: units,
    }
}

/// A request of Bob's, open for 50 ticks, on a new dataset of Alice's.
fn requested(terms: DatasetTerms) -> DatasetId {
    let dataset = dataset_under(terms);
    assert_ok!(DataLicense::acquire(
        by(BOB),
        dataset,
        MODEL,
        1,
        Balance::MAX,
        50
    ));
    dataset
}

fn split_of(dataset: DatasetId) -> myai_primitives::SplitId {
    crate::Datasets::<Test>::get(dataset)
        .expect("registered")
        .split
}

#[test]
fn acquiring_without_approval_pays_the_split_at_once() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        emitted(Event::GrantGiven {
            grant,
            dataset,
            model: MODEL,
            number: 1,
            price: price_of(1_000),
            ends: Some(200),
        });
        assert_eq!(Received::get((split_of(dataset), MAI)), 1_000);
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        assert_eq!(held(HoldReason::GrantDeposit, &MAI, BOB), grant_deposit());
    });
}

#[test]
fn approval_needed() {
    test(|| {
        let dataset = requested(approved_terms());
        emitted(Event::GrantRequested {
            dataset,
            model: MODEL,
            payer: BOB,
            number: 1,
            price: price_of(1_000),
            expires: 150,
        });
        assert_eq!(Grants::<Test>::iter().count(), 0);
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 1_000);
        assert_eq!(Received::get((split_of(dataset), MAI)), 0);

        at(120);
        assert_noop!(
            DataLicense::approve(RuntimeOrigin::root(), dataset, MODEL),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::approve(by(BOB), dataset, MODEL),
            Error::NotDatasetOwner
        );
        assert_noop!(
            DataLicense::approve(by(ALICE), DatasetId(4), MODEL),
            Error::DatasetNotFound
        );
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, CAROLS),
            Error::RequestNotFound
        );
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
        emitted(Event::GrantGiven {
            grant: GrantId(0),
            dataset,
            model: MODEL,
            number: 1,
            price: price_of(1_000),
            ends: Some(220),
        });
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 0);
        assert_eq!(held(HoldReason::GrantDeposit, &MAI, BOB), grant_deposit());
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        assert_eq!(Received::get((split_of(dataset), MAI)), 1_000);
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL),
            Error::RequestNotFound
        );
    });
}

#[test]
fn terms_changed_in_flight_is_refused() {
    test(|| {
        let dataset = dataset_under(terms());
        assert_ok!(DataLicense::set_terms(
            by(ALICE),
            dataset,
            DatasetTerms {
                price: price_of(900_000),
                ..terms()
            }
        ));
        let acquire =
            |number| DataLicense::acquire(by(BOB), dataset, MODEL, number, Balance::MAX, 0);
        assert_noop!(acquire(1), Error::TermsChanged);
        assert_noop!(acquire(3), Error::TermsChanged);
        assert_ok!(acquire(2));
    });
}

#[test]
fn an_open_request_keeps_its_price_when_the_terms_change() {
    test(|| {
        let dataset = requested(approved_terms());
        assert_ok!(DataLicense::set_terms(
            by(ALICE),
            dataset,
            DatasetTerms {
                price: price_of(5),
                min_share: Ppm(1),
                ..terms()
            }
        ));
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
        assert_eq!(
            DataLicense::grant(GrantId(0)).map(|g| g.terms),
            Some(approved_terms())
        );
        assert_eq!(Received::get((split_of(dataset), MAI)), 1_000);
    });
}

#[test]
fn acquiring_is_refused_for_each_unmet_condition() {
    test(|| {
        let dataset = dataset_under(approved_terms());
        let acquire = |origin, dataset, model, most, lasts| {
            DataLicense::acquire(origin, dataset, model, 1, most, lasts)
        };
        assert_noop!(
            acquire(RuntimeOrigin::root(), dataset, MODEL, 1_000, 50),
            DispatchError::BadOrigin
        );
        assert_noop!(
            acquire(by(CAROL), dataset, MODEL, 1_000, 50),
            Error::NotModelOwner
        );
        assert_noop!(
            acquire(by(BOB), dataset, ModelId(8), 1_000, 50),
            Error::ModelNotFound
        );
        assert_noop!(
            acquire(by(BOB), DatasetId(8), MODEL, 1_000, 50),
            Error::DatasetNotFound
        );
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 999, 50),
            Error::PriceAboveMaxCost
        );
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 0),
            Error::RequestPeriodOutOfBounds
        );
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 1_001),
            Error::RequestPeriodOutOfBounds
        );
        at(Tick::MAX - 10);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 50),
            Error::EndBeyondClock
        );
        at(100);

        // What the rules no longer allow is not acquired any more.
        LeastNotice::put(31);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 50),
            Error::NoticeTooShort
        );
        LeastNotice::put(30);
        Accepted::remove(MAI);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 50),
            Error::AssetNotAccepted
        );
        Accepted::insert(MAI, ());

        assert_ok!(acquire(by(BOB), dataset, MODEL, 1_000, 1_000));
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1_000, 50),
            Error::RequestOpen
        );
        assert_ok!(acquire(by(CAROL), dataset, CAROLS, 1_000, 50));
    });
}

#[test]
fn who_cannot_pay_gets_neither_grant_nor_request() {
    test(|| {
        ModelOwners::insert(MODEL, POOR);
        for terms in [terms(), approved_terms()] {
            let dataset = dataset_under(terms);
            assert_noop!(
                DataLicense::acquire(by(POOR), dataset, MODEL, 1, 1_000, 50),
                DispatchError::Token(TokenError::FundsUnavailable)
            );
        }
    });
}

#[test]
fn a_grant_that_would_end_beyond_the_clock_is_refused() {
    test(|| {
        let long = DatasetTerms {
            period: Some(Tick::MAX),
            ..terms()
        };
        let dataset = dataset_under(long.clone());
        assert_noop!(
            DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::EndBeyondClock
        );
        let dataset = requested(DatasetTerms {
            approval: true,
            ..long
        });
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL),
            Error::EndBeyondClock
        );
    });
}

#[test]
fn grant_numbers_run_out_without_a_trace() {
    test(|| {
        let dataset = dataset_under(terms());
        crate::NextGrant::<Test>::put(GrantId(u32::MAX));
        assert_noop!(
            DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::IdsExhausted
        );
    });
}

#[test]
fn a_free_grant_moves_no_money() {
    test(|| {
        let free_terms = DatasetTerms {
            price: price_of(0),
            period: None,
            ..terms()
        };
        let perpetual = Revocation::Notice {
            notice: 30,
            perpetual_term: 7,
        };
        let dataset = dataset_under(DatasetTerms {
            revocation: perpetual,
            ..free_terms.clone()
        });
        let grant = acquire(dataset);
        assert_eq!(ends(grant), None);
        assert_eq!(free(&MAI, BOB), WEALTH - grant_deposit());
        let dataset = requested(DatasetTerms {
            approval: true,
            revocation: perpetual,
            ..free_terms
        });
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
        assert_eq!(free(&MAI, BOB), WEALTH - 2 * grant_deposit());
    });
}

#[test]
fn a_rejected_request_is_released_in_full() {
    test(|| {
        let dataset = requested(approved_terms());
        assert_noop!(
            DataLicense::reject(RuntimeOrigin::none(), dataset, MODEL),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::reject(by(BOB), dataset, MODEL),
            Error::NotDatasetOwner
        );
        assert_noop!(
            DataLicense::reject(by(ALICE), DatasetId(4), MODEL),
            Error::DatasetNotFound
        );
        assert_ok!(DataLicense::reject(by(ALICE), dataset, MODEL));
        emitted(Event::RequestRejected {
            dataset,
            model: MODEL,
        });
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_noop!(
            DataLicense::reject(by(ALICE), dataset, MODEL),
            Error::RequestNotFound
        );
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL),
            Error::RequestNotFound
        );
    });
}

#[test]
fn a_withdrawn_request_is_released_in_full() {
    test(|| {
        let dataset = requested(approved_terms());
        assert_noop!(
            DataLicense::withdraw(RuntimeOrigin::root(), dataset, MODEL),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::withdraw(by(EVE), dataset, MODEL),
            Error::NotRequester
        );
        assert_noop!(
            DataLicense::withdraw(by(ALICE), dataset, MODEL),
            Error::NotRequester
        );
        assert_ok!(DataLicense::withdraw(by(BOB), dataset, MODEL));
        emitted(Event::RequestWithdrawn {
            dataset,
            model: MODEL,
        });
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_noop!(
            DataLicense::withdraw(by(BOB), dataset, MODEL),
            Error::RequestNotFound
        );
        // The terms went on being used by nothing, and may go.
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, terms()));
        assert!(!Terms::<Test>::contains_key(dataset, 1));
    });
}

#[test]
fn an_expired_request_is_released_by_anyone_and_cannot_be_approved() {
    test(|| {
        let dataset = requested(approved_terms());
        at(150);
        assert_noop!(
            DataLicense::withdraw(by(EVE), dataset, MODEL),
            Error::NotRequester
        );
        at(151);
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL),
            Error::RequestExpired
        );
        assert_ok!(DataLicense::withdraw(by(EVE), dataset, MODEL));
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_eq!(Requests::<Test>::iter().count(), 0);
    });
}

#[test]
fn a_request_may_be_approved_at_its_deadline() {
    test(|| {
        let dataset = requested(approved_terms());
        at(150);
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
    });
}

#[test]
fn a_request_outlives_the_sale_of_the_model_and_stays_with_who_pays() {
    test(|| {
        let dataset = requested(approved_terms());
        ModelOwners::insert(MODEL, CAROL);
        assert_ok!(DataLicense::withdraw(by(CAROL), dataset, MODEL));
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_eq!(free(&MAI, CAROL), WEALTH);
    });
}

#[test]
fn a_request_of_a_removed_model_is_not_approved() {
    test(|| {
        let dataset = requested(approved_terms());
        ModelOwners::remove(MODEL);
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL),
            Error::ModelNotFound
        );
        assert_ok!(DataLicense::withdraw(by(BOB), dataset, MODEL));
    });
}

#[test]
fn a_foreign_price_is_paid_at_once() {
    test(|| {
        let dataset = dataset_under(DatasetTerms {
            price: Amount {
                asset: USD,
                value: 700,
            },
            ..terms()
        });
        acquire(dataset);
        assert_eq!(free(&USD, BOB), WEALTH - 700);
        assert_eq!(free(&MAI, BOB), WEALTH - grant_deposit());
        assert_eq!(Received::get((split_of(dataset), USD)), 700);
        assert_eq!(Received::get((split_of(dataset), MAI)), 0);
    });
}

#[test]
fn a_foreign_price_waits_on_hold_for_approval() {
    test(|| {
        let foreign = DatasetTerms {
            price: Amount {
                asset: USD,
                value: 700,
            },
            ..approved_terms()
        };
        let dataset = requested(foreign);
        assert_eq!(held(HoldReason::GrantRequest, &USD, BOB), 700);
        assert_eq!(free(&USD, BOB), WEALTH - 700);
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
        assert_eq!(held(HoldReason::GrantRequest, &USD, BOB), 0);
        assert_eq!(Received::get((split_of(dataset), USD)), 700);
    });
}

#[test]
fn a_frozen_asset_stops_no_approval_and_no_release() {
    test(|| {
        let foreign = DatasetTerms {
            price: Amount {
                asset: USD,
                value: 700,
            },
            ..approved_terms()
        };
        let (first, second) = (requested(foreign.clone()), requested(foreign));
        assert_ok!(Assets::freeze_asset(by(ISSUER), ASSET));
        assert_ok!(DataLicense::approve(by(ALICE), first, MODEL));
        assert_ok!(DataLicense::withdraw(by(BOB), second, MODEL));
        // Both stay held as debts, which the invariants count.
        assert_eq!(held(HoldReason::GrantRequest, &USD, BOB), 1_400);
        assert_eq!(Debts::get().len(), 2);
        assert_eq!(Received::get((split_of(first), USD)), 0);
        assert!(DataLicense::grant(GrantId(0)).is_some());
    });
}
