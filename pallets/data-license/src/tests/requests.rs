use super::*;
use crate::{Requests, Terms};

#[test]
fn a_grant_without_approval_begins_at_once() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        emitted(Event::GrantGiven {
            grant,
            dataset,
            model: MODEL,
            licensee: BOB,
            number: 1,
            price: price(MAI, 1_000),
            ends: Some(200),
        });
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        assert_eq!(held(HoldReason::GrantDeposit, &MAI, BOB), grant_deposit());
        // The price is the vault's, and nobody's income yet.
        assert_eq!(Money::balance(&MAI, &VAULT), ED + 1_000);
        assert_eq!(income(grant), 0);
    });
}

/// A licensee has to be approved before it has a grant, and each purchase needs one of its own.
#[test]
fn approval_needed() {
    test(|| {
        let dataset = dataset_under(approved_terms());
        let next = crate::NextGrant::<Test>::get();
        assert_ok!(try_acquire(dataset));
        emitted(Event::GrantRequested {
            dataset,
            model: MODEL,
            licensee: BOB,
            number: 1,
            price: price(MAI, 1_000),
            expires: 150,
        });
        assert!(is_gone(next));
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 1_000);
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        assert_noop!(DataLicense::ensure_usable(next, &BOB), Error::GrantNotFound);

        at(130);
        let grant = approve(dataset);
        emitted(Event::GrantGiven {
            grant,
            dataset,
            model: MODEL,
            licensee: BOB,
            number: 1,
            price: price(MAI, 1_000),
            ends: Some(230),
        });
        assert_ok!(DataLicense::ensure_usable(grant, &BOB));
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 0);
        assert_eq!(held(HoldReason::GrantDeposit, &MAI, BOB), grant_deposit());
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
        // It vests from the approval on.
        at(180);
        vest(grant);
        assert_eq!(income(grant), 500);

        // The approval is used up.
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL, BOB, 1),
            Error::RequestNotFound
        );
        assert_ok!(try_acquire(dataset));
        assert_noop!(try_acquire(dataset), Error::RequestOpen);
    });
}

#[test]
fn approving_is_refused_for_each_unmet_condition() {
    test(|| {
        let dataset = requested(approved_terms());
        let approve = |origin, dataset, licensee, number| {
            DataLicense::approve(origin, dataset, MODEL, licensee, number)
        };
        assert_noop!(
            approve(RuntimeOrigin::root(), dataset, BOB, 1),
            DispatchError::BadOrigin
        );
        assert_noop!(approve(by(BOB), dataset, BOB, 1), Error::NotDatasetOwner);
        assert_noop!(
            approve(by(ALICE), DatasetId(7), BOB, 1),
            Error::DatasetNotFound
        );
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, CAROLS, CAROL, 1),
            Error::RequestNotFound
        );
        // What the owner looked at is what it approves.
        assert_noop!(approve(by(ALICE), dataset, CAROL, 1), Error::RequestDiffers);
        assert_noop!(approve(by(ALICE), dataset, BOB, 2), Error::RequestDiffers);
        // Somebody who no longer owns the model gets no grant for it, nor does who bought it.
        sell(MODEL, CAROL);
        assert_noop!(approve(by(ALICE), dataset, BOB, 1), Error::LicenseeNotOwner);
        assert_noop!(approve(by(ALICE), dataset, CAROL, 1), Error::RequestDiffers);
        ModelOwners::remove(MODEL);
        assert_noop!(approve(by(ALICE), dataset, BOB, 1), Error::ModelNotFound);
        sell(MODEL, BOB);
        // Rules and assets are those of today.
        set_rule(Rule::MaxRoyalty, 49_999);
        assert_noop!(
            approve(by(ALICE), dataset, BOB, 1),
            Error::RoyaltyAboveMaximum
        );
        set_rule(Rule::MaxRoyalty, 400_000);
        Accepted::remove(MAI);
        assert_noop!(approve(by(ALICE), dataset, BOB, 1), Error::AssetNotAccepted);
        Accepted::insert(MAI, ());
        // The deadline itself is not too late.
        at(151);
        assert_noop!(approve(by(ALICE), dataset, BOB, 1), Error::RequestExpired);
        at(150);
        assert_ok!(approve(by(ALICE), dataset, BOB, 1));
    });
}

#[test]
fn acquiring_is_refused_for_each_unmet_condition() {
    test(|| {
        let dataset = dataset_under(terms());
        let acquire = |origin, dataset, model, number, max_cost, lasts| {
            DataLicense::acquire(origin, dataset, model, number, max_cost, lasts)
        };
        assert_noop!(
            acquire(RuntimeOrigin::none(), dataset, MODEL, 1, 1_000, 0),
            DispatchError::BadOrigin
        );
        assert_noop!(
            acquire(by(CAROL), dataset, MODEL, 1, 1_000, 0),
            Error::NotModelOwner
        );
        assert_noop!(
            acquire(by(BOB), dataset, ModelId(9), 1, 1_000, 0),
            Error::ModelNotFound
        );
        assert_noop!(
            acquire(by(BOB), DatasetId(9), MODEL, 1, 1_000, 0),
            Error::DatasetNotFound
        );
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 2, 1_000, 0),
            Error::TermsChanged
        );
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1, 999, 0),
            Error::PriceAboveMaxCost
        );
        Accepted::remove(MAI);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::AssetNotAccepted
        );
        Accepted::insert(MAI, ());
        set_rule(Rule::MinRevokeNotice, 31);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::NoticeTooShort
        );
        set_rule(Rule::MinRevokeNotice, 30);
        sell(MODEL, POOR);
        assert_noop!(acquire(by(POOR), dataset, MODEL, 1, 1_000, 0), BROKE);
        sell(MODEL, BOB);
        at(Tick::MAX - 99);
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::EndBeyondClock
        );
        at(Tick::MAX - 100);
        assert_ok!(acquire(by(BOB), dataset, MODEL, 1, 1_000, 0));
        at(Tick::MAX - 299);
        set_terms(dataset, perpetual_terms());
        assert_noop!(
            acquire(by(BOB), dataset, MODEL, 2, 1_000, 0),
            Error::EndBeyondClock
        );
    });
}

#[test]
fn training_that_is_forbidden_is_licensed_to_nobody() {
    test(|| {
        let dataset = dataset_under(terms_with(Derivatives::Forbidden));
        assert_noop!(try_acquire(dataset), Error::TrainingForbidden);
        // Not even to the owner of the data.
        sell(MODEL, ALICE);
        assert_noop!(
            DataLicense::acquire(by(ALICE), dataset, MODEL, 1, 1_000, 50),
            Error::TrainingForbidden
        );
    });
}

#[test]
fn terms_changed_in_flight_is_refused() {
    test(|| {
        let dataset = dataset_under(terms());
        let looked_at = self::dataset(dataset).number;
        set_terms(
            dataset,
            DatasetTerms {
                price: price(MAI, 900),
                ..terms()
            },
        );
        assert_noop!(
            DataLicense::acquire(by(BOB), dataset, MODEL, looked_at, 1_000, 0),
            Error::TermsChanged
        );
    });
}

#[test]
fn a_request_waits_within_bounds() {
    test(|| {
        let dataset = dataset_under(approved_terms());
        let request = |lasts| DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, lasts);
        assert_noop!(request(0), Error::RequestPeriodOutOfBounds);
        assert_noop!(request(1_001), Error::RequestPeriodOutOfBounds);
        at(Tick::MAX);
        assert_noop!(request(1), Error::EndBeyondClock);
        at(100);
        sell(MODEL, POOR);
        assert_noop!(
            DataLicense::acquire(by(POOR), dataset, MODEL, 1, 1_000, 1),
            BROKE
        );
        sell(MODEL, BOB);
        assert_ok!(request(1_000));
    });
}

#[test]
fn a_request_keeps_the_terms_that_it_was_made_under() {
    test(|| {
        let dataset = requested(approved_terms());
        set_terms(
            dataset,
            DatasetTerms {
                price: price(MAI, 9_000),
                ..approved_terms()
            },
        );
        let grant = approve(dataset);
        let of = DataLicense::grant(grant).expect("given");
        assert_eq!((of.number, of.terms), (1, approved_terms()));
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000 - grant_deposit());
    });
}

#[test]
fn grant_numbers_run_out_without_a_trace() {
    test(|| {
        let dataset = dataset_under(terms());
        crate::NextGrant::<Test>::put(GrantId(u32::MAX));
        assert_noop!(try_acquire(dataset), Error::IdsExhausted);
        crate::NextGrant::<Test>::put(GrantId(0));
    });
}

#[test]
fn a_model_has_at_most_eight_grants_on_a_dataset() {
    test(|| {
        let free_of_cost = |terms: DatasetTerms| DatasetTerms {
            price: price(MAI, 0),
            ..terms
        };
        let dataset = dataset_under(free_of_cost(terms()));
        let first = acquire(dataset);
        for _ in 1..8 {
            acquire(dataset);
        }
        assert_noop!(try_acquire(dataset), Error::TooManyGrants);
        set_terms(dataset, free_of_cost(approved_terms()));
        assert_ok!(try_acquire(dataset));
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL, BOB, 2),
            Error::TooManyGrants
        );
        // Other models and datasets have their own.
        sell(CAROLS, BOB);
        assert_ok!(DataLicense::acquire(by(BOB), dataset, CAROLS, 2, 0, 50));
        granted(terms());
        assert_ok!(DataLicense::remove_grant(by(BOB), first));
        approve(dataset);
    });
}

#[test]
fn a_free_grant_moves_no_money() {
    test(|| {
        let nothing = |terms: DatasetTerms| DatasetTerms {
            price: price(MAI, 0),
            ..terms
        };
        let grant = granted(nothing(perpetual_terms()));
        assert_eq!(ends(grant), None);
        assert!(record(grant).instalments.is_empty());
        assert_eq!(free(&MAI, BOB), WEALTH - grant_deposit());
        approve(requested(nothing(approved_terms())));
        assert_eq!(free(&MAI, BOB), WEALTH - 2 * grant_deposit());
    });
}

#[test]
fn a_grant_that_can_never_be_revoked_is_paid_at_once() {
    test(|| {
        let grant = granted(firm_terms());
        assert_eq!(income(grant), 1_000);
        assert!(record(grant).instalments.is_empty());
        assert_ok!(renew(EVE, grant));
        assert_eq!(income(grant), 2_000);
        assert_eq!(free(&MAI, EVE), WEALTH - 1_000);
        // Whether it was asked for or not.
        let dataset = requested(DatasetTerms {
            revocation: Revocation::Never,
            ..approved_terms()
        });
        let grant = approve(dataset);
        assert_eq!(income(grant), 1_000);
        assert!(record(grant).instalments.is_empty());
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 0);
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
    });
}

#[test]
fn a_withdrawn_request_is_released_in_full() {
    test(|| {
        let dataset = requested(approved_terms());
        let withdraw = |origin| DataLicense::withdraw(origin, dataset, MODEL);
        assert_noop!(withdraw(RuntimeOrigin::root()), DispatchError::BadOrigin);
        assert_noop!(withdraw(by(EVE)), Error::NotRequester);
        assert_noop!(withdraw(by(ALICE)), Error::NotRequester);
        assert_ok!(withdraw(by(BOB)));
        emitted(Event::RequestWithdrawn {
            dataset,
            model: MODEL,
        });
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_noop!(withdraw(by(BOB)), Error::RequestNotFound);
        // Nothing keeps its terms.
        set_terms(dataset, terms());
        assert!(!Terms::<Test>::contains_key(dataset, 1));
    });
}

#[test]
fn an_expired_request_is_released_by_anyone() {
    test(|| {
        let dataset = requested(approved_terms());
        at(150);
        assert_noop!(
            DataLicense::withdraw(by(EVE), dataset, MODEL),
            Error::NotRequester
        );
        at(151);
        assert_ok!(DataLicense::withdraw(by(EVE), dataset, MODEL));
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_eq!(Requests::<Test>::iter().count(), 0);
    });
}

#[test]
fn a_models_new_owner_clears_the_way_and_the_money_goes_to_who_had_paid() {
    test(|| {
        let dataset = requested(approved_terms());
        sell(MODEL, CAROL);
        assert_ok!(DataLicense::withdraw(by(CAROL), dataset, MODEL));
        assert_eq!(free(&MAI, BOB), WEALTH);
        assert_eq!(free(&MAI, CAROL), WEALTH);
    });
}

#[test]
fn a_voting_licensee_still_pays() {
    use frame_support::traits::{LockableCurrency, WithdrawReasons};
    test(|| {
        let dataset = requested(approved_terms());
        Balances::set_lock(*b"voting  ", &BOB, WEALTH, WithdrawReasons::all());
        let grant = approve(dataset);
        at(200);
        vest(grant);
        assert_eq!(income(grant), 1_000);
    });
}

#[test]
fn where_the_money_cannot_move_the_request_stays() {
    test(|| {
        let dataset = requested(in_dollars(approved_terms()));
        assert_eq!(held(HoldReason::GrantRequest, &USD, BOB), 1_000);
        assert_eq!(free(&USD, BOB), WEALTH - 1_000);
        assert_ok!(Assets::freeze_asset(by(ISSUER), ASSET));
        let frozen: DispatchError = pallet_assets::Error::<Test>::AssetNotLive.into();
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL, BOB, 1),
            frozen
        );
        assert_noop!(DataLicense::reject(by(ALICE), dataset, MODEL), frozen);
        assert_noop!(DataLicense::withdraw(by(BOB), dataset, MODEL), frozen);
        assert!(Requests::<Test>::contains_key(
            dataset.place(),
            MODEL.place()
        ));
        assert_eq!(held(HoldReason::GrantRequest, &USD, BOB), 1_000);
        assert_ok!(Assets::thaw_asset(by(ISSUER), ASSET));
        let grant = approve(dataset);
        at(200);
        vest(grant);
        assert_eq!((income(grant), free(&USD, BOB)), (1_000, WEALTH - 1_000));
    });
}

#[test]
fn pages_list_requests_by_model() {
    test(|| {
        let dataset = dataset_under(approved_terms());
        assert_ok!(try_acquire(dataset));
        assert_ok!(DataLicense::acquire(
            by(CAROL),
            dataset,
            CAROLS,
            1,
            1_000,
            60
        ));
        requested(approved_terms());
        let first = RequestView {
            dataset,
            model: MODEL,
            number: 1,
            payer: BOB,
            price: price(MAI, 1_000),
            expires: 150,
        };
        let page = |after, limit| DataLicense::requests_page(dataset, after, limit);
        assert_eq!(page(None, 1), [first]);
        let models = |after| -> Vec<_> { page(after, 9).iter().map(|r| r.model).collect() };
        assert_eq!(models(None), [MODEL, CAROLS]);
        assert_eq!(models(Some(MODEL)), [CAROLS]);
        assert!(models(Some(CAROLS)).is_empty());
        assert_eq!(page(Some(MODEL), 1)[0].expires, 160);
    });
}

/// A suspended dataset sells nothing; what it has sold goes on.
#[test]
fn suspended_dataset_gives_no_grants_and_keeps_what_stands() {
    test(|| {
        let sold = dataset_under(terms());
        let grant = acquire(sold);
        let asked = dataset_under(approved_terms());
        assert_ok!(try_acquire(asked));
        for dataset in [sold, asked] {
            Suspended::insert(dataset, 1_000);
        }
        assert_noop!(try_acquire(sold), Error::DatasetSuspended);
        assert_noop!(
            DataLicense::approve(by(ALICE), asked, MODEL, BOB, 1),
            Error::DatasetSuspended
        );

        assert_ok!(DataLicense::ensure_usable(grant, &BOB));
        at(150);
        assert_ok!(DataLicense::renew(by(EVE), grant, 1, 1_000));
        assert_ok!(DataLicense::vest(by(EVE), grant));
        assert!(income(grant) > 0);
        assert_ok!(DataLicense::withdraw(by(BOB), asked, MODEL));
        assert_eq!(held(HoldReason::GrantRequest, &MAI, BOB), 0);

        Suspended::remove(asked);
        assert_ok!(try_acquire(asked));
        approve(asked);
    });
}
