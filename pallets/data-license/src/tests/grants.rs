//! Renewing, keeping and removing grants.

use super::*;

#[test]
fn a_renewal_extends_from_the_end_and_vests_over_what_it_adds() {
    test(|| {
        let grant = granted(terms());
        at(150);
        assert_ok!(renew(BOB, grant));
        emitted(Event::GrantRenewed {
            grant,
            payer: BOB,
            price: price(MAI, 1_000),
            ends: 300,
        });
        assert_eq!(ends(grant), Some(300));
        assert_eq!(free(&MAI, BOB), WEALTH - 2_000 - grant_deposit());
        // What had vested by then was moved on the way.
        assert_eq!(income(grant), 500);
        at(200);
        vest(grant);
        assert_eq!(income(grant), 1_000);
        at(250);
        vest(grant);
        assert_eq!(income(grant), 1_500);
    });
}

#[test]
fn renewed_grant_revives() {
    test(|| {
        let grant = granted(terms());
        version(1, grant);
        let standing = || {
            let trained = myai_support::Trained {
                version: VersionId(1),
                dataset: DATASET,
            };
            DataLicense::standing(MODEL, &trained)
        };
        at(200);
        assert_noop!(DataLicense::ensure_usable(grant, &BOB), Error::GrantLapsed);
        assert_eq!(standing(), Some((grant, Some(200))));
        // A renewal counts from now, so the gap is not paid.
        at(250);
        assert_ok!(renew(BOB, grant));
        assert_eq!(standing(), Some((grant, Some(350))));
        assert_ok!(DataLicense::ensure_usable(grant, &BOB));
        at(300);
        vest(grant);
        assert_eq!(income(grant), 1_500);
    });
}

/// Whoever depends on a version keeps its license alive, at the price that it began with; also after a
/// sale of the model and while the dataset is closed.
#[test]
fn anyone_keeps_a_licence_alive() {
    test(|| {
        let grant = granted(terms());
        set_terms(
            DATASET,
            DatasetTerms {
                price: price(MAI, 9_000),
                period: Some(1),
                ..terms()
            },
        );
        assert_ok!(DataLicense::close_dataset(by(ALICE), DATASET));
        sell(MODEL, POOR);
        assert_ok!(DataLicense::renew(by(EVE), grant, 2, 2_000));
        emitted(Event::GrantRenewed {
            grant,
            payer: EVE,
            price: price(MAI, 2_000),
            ends: 400,
        });
        assert_eq!(free(&MAI, EVE), WEALTH - 2_000);
        let view = DataLicense::grant_view(grant).expect("given");
        assert_eq!((view.number, view.ends), (1, Some(400)));
        // Two periods are one instalment.
        assert_eq!(view.instalments.len(), 2);
        assert_eq!(view.instalments[1].payer, EVE);
    });
}

#[test]
fn blocked_licensee_cannot_stop_renewal() {
    test(|| {
        let grant = granted(in_dollars(terms()));
        block(BOB);
        assert!(renew(BOB, grant).is_err());
        assert_ok!(renew(EVE, grant));
        assert_eq!(ends(grant), Some(300));
    });
}

#[test]
fn renewing_is_refused_for_each_unmet_condition() {
    test(|| {
        let grant = granted(terms());
        let renew =
            |origin, grant, periods, max_cost| DataLicense::renew(origin, grant, periods, max_cost);
        assert_noop!(
            renew(RuntimeOrigin::root(), grant, 1, 1_000),
            DispatchError::BadOrigin
        );
        assert_noop!(renew(by(BOB), GrantId(9), 1, 1_000), Error::GrantNotFound);
        assert_noop!(renew(by(BOB), grant, 0, 1_000), Error::PeriodsZero);
        assert_noop!(renew(by(BOB), grant, 1, 999), Error::PriceAboveMaxCost);
        assert_noop!(renew(by(BOB), grant, 2, 1_999), Error::PriceAboveMaxCost);
        assert_noop!(renew(by(POOR), grant, 1, 1_000), BROKE);
        assert_noop!(
            renew(by(BOB), grant, u32::MAX, Balance::MAX),
            Error::EndBeyondClock
        );
        Accepted::remove(MAI);
        assert_noop!(renew(by(BOB), grant, 1, 1_000), Error::AssetNotAccepted);
        Accepted::insert(MAI, ());
        ModelOwners::remove(MODEL);
        assert_noop!(renew(by(BOB), grant, 1, 1_000), Error::ModelNotFound);
        sell(MODEL, BOB);
        at(Tick::MAX - 99);
        assert_noop!(renew(by(BOB), grant, 1, 1_000), Error::EndBeyondClock);
        at(100);
        let endless = granted(perpetual_terms());
        assert_noop!(renew(by(BOB), endless, 1, 1_000), Error::GrantPerpetual);
        assert_ok!(DataLicense::revoke(by(ALICE), endless));
        assert_noop!(renew(by(BOB), endless, 1, 1_000), Error::GrantPerpetual);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        // It ends when its notice does.
        assert_noop!(renew(by(BOB), grant, 1, 1_000), Error::GrantRevoked);
        at(500);
        assert_noop!(renew(by(BOB), grant, 1, 1_000), Error::GrantRevoked);
    });
}

#[test]
fn a_fourth_live_instalment_is_refused() {
    test(|| {
        let grant = granted(terms());
        assert_ok!(renew(EVE, grant));
        assert_ok!(renew(EVE, grant));
        assert_noop!(renew(BOB, grant), Error::TooManyInstalments);
        at(199);
        assert_noop!(renew(BOB, grant), Error::TooManyInstalments);
        // Once the first is used up there is room, long before the license ends.
        at(200);
        assert_ok!(renew(BOB, grant));
        assert_eq!(ends(grant), Some(500));
        assert_eq!(record(grant).instalments.len(), 3);
    });
}

#[test]
fn a_grant_is_renewed_two_periods_or_432_000_ticks_ahead() {
    test(|| {
        let lasting = |period| DatasetTerms {
            period: Some(period),
            ..terms()
        };
        // Periods of a day and a bit: 432,000 ticks.
        let short = granted(lasting(100_000));
        let renew = |grant, periods| DataLicense::renew(by(EVE), grant, periods, Balance::MAX);
        assert_noop!(renew(short, 4), Error::RenewalTooFarAhead);
        assert_ok!(renew(short, 3));
        assert_eq!(ends(short), Some(400_100));
        // Of a year: two periods.
        let long = granted(lasting(5_259_600));
        assert_noop!(renew(long, 2), Error::RenewalTooFarAhead);
        assert_ok!(renew(long, 1));
        assert_noop!(renew(long, 1), Error::RenewalTooFarAhead);
        // The bound to the tick.
        let tick = granted(DatasetTerms {
            price: price(MAI, 0),
            ..lasting(1)
        });
        assert_noop!(renew(tick, 432_000), Error::RenewalTooFarAhead);
        assert_ok!(renew(tick, 431_999));
        assert_eq!(ends(tick), Some(432_100));
        // A lapsed one counts from now.
        at(20_000_000);
        assert_noop!(renew(long, 3), Error::RenewalTooFarAhead);
        assert_ok!(renew(long, 2));
    });
}

#[test]
fn a_grant_is_renewed_as_long_as_its_terms_let_it() {
    test(|| {
        let grant = granted(DatasetTerms {
            renewable: Some(250),
            ..terms()
        });
        assert_ok!(renew(BOB, grant));
        assert_noop!(renew(BOB, grant), Error::RenewalBeyondTerms);
        // Waiting does not help: it counts from when the grant was given.
        at(1_000);
        assert_noop!(renew(BOB, grant), Error::RenewalBeyondTerms);
        let once = granted(DatasetTerms {
            renewable: Some(100),
            ..terms()
        });
        assert_noop!(renew(BOB, once), Error::RenewalBeyondTerms);
    });
}

#[test]
fn during_a_notice_a_grant_is_renewed_to_its_end_in_proportion() {
    test(|| {
        let grant = granted(DatasetTerms {
            price: price(MAI, 1_001),
            ..terms()
        });
        at(190);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(200));
        // The notice goes on to 220: 20 of 100 ticks, rounded up.
        assert_noop!(
            DataLicense::renew(by(EVE), grant, 1, 200),
            Error::PriceAboveMaxCost
        );
        assert_ok!(DataLicense::renew(by(EVE), grant, 1, 201));
        emitted(Event::GrantRenewed {
            grant,
            payer: EVE,
            price: price(MAI, 201),
            ends: 220,
        });
        assert_noop!(renew(EVE, grant), Error::GrantRevoked);
        at(219);
        assert_ok!(DataLicense::ensure_usable(grant, &BOB));
        at(220);
        vest(grant);
        assert_eq!(income(grant), 1_202);
        assert_eq!(free(&MAI, EVE), WEALTH - 201);

        // One that has lapsed meanwhile pays for what is left.
        let grant = granted(terms());
        at(315);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        at(325);
        assert_ok!(renew(EVE, grant));
        assert_eq!(ends(grant), Some(345));
        assert_eq!(free(&MAI, EVE), WEALTH - 201 - 200);
    });
}

/// Nobody snatches a lapsed grant from under who would renew it.
#[test]
fn a_lapsed_grant_is_kept_for_its_holder() {
    test(|| {
        let grant = granted(terms());
        let year = granted(DatasetTerms {
            period: Some(20_000),
            ..terms()
        });
        let remove = |who, grant| DataLicense::remove_grant(by(who), grant);
        for tick in [100, 199, 200, 201, 14_599] {
            at(tick);
            assert_noop!(remove(EVE, grant), Error::GrantKept);
            assert_noop!(remove(ALICE, grant), Error::GrantKept);
        }
        at(14_600);
        assert_ok!(remove(EVE, grant));
        emitted(Event::GrantRemoved { grant });
        assert_eq!(free(&MAI, BOB), WEALTH - 2_000 - grant_deposit());
        at(40_099);
        assert_noop!(remove(EVE, year), Error::GrantKept);
        assert_ok!(renew(EVE, year));
        at(80_099);
        assert_ok!(remove(ALICE, year));
        assert_eq!(free(&MAI, BOB), WEALTH - 2_000);
        assert_noop!(remove(BOB, year), Error::GrantNotFound);
    });
}

#[test]
fn a_perpetual_grant_is_kept_until_a_day_after_its_notice() {
    test(|| {
        let grant = granted(perpetual_terms());
        at(1_000_000);
        assert_noop!(DataLicense::remove_grant(by(EVE), grant), Error::GrantKept);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        at(1_014_429);
        assert_noop!(DataLicense::remove_grant(by(EVE), grant), Error::GrantKept);
        at(1_014_430);
        assert_ok!(DataLicense::remove_grant(by(EVE), grant));
    });
}

#[test]
fn its_holder_removes_a_grant_whereupon_all_vests() {
    test(|| {
        let grant = granted(terms());
        let split = split_of(DATASET);
        assert_ok!(renew(EVE, grant));
        at(150);
        assert_noop!(
            DataLicense::remove_grant(RuntimeOrigin::root(), grant),
            DispatchError::BadOrigin
        );
        assert_ok!(DataLicense::remove_grant(by(BOB), grant));
        assert_eq!(Received::get((split, MAI)), 2_000);
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000);
        assert!(DataLicense::grants_page(MODEL, GrantId(0), 9).is_empty());
    });
}

/// The holder cannot make a gift of what others paid for the time after the notice.
#[test]
fn removing_a_revoked_grant_gives_back_what_the_notice_cuts_off() {
    test(|| {
        let grant = granted(terms());
        let split = split_of(DATASET);
        assert_ok!(renew(EVE, grant));
        at(150);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        at(160);
        assert_ok!(DataLicense::remove_grant(by(BOB), grant));
        assert_eq!(Received::get((split, MAI)), 800);
        assert_eq!(free(&MAI, BOB), WEALTH - 800);
        assert_eq!(free(&MAI, EVE), WEALTH);
    });
}

#[test]
fn a_grant_of_a_removed_model_is_removed_by_anyone() {
    test(|| {
        let grant = granted(firm_terms());
        ModelOwners::remove(MODEL);
        assert_ok!(DataLicense::remove_grant(by(EVE), grant));
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000);
    });
}

/// A sold model keeps its grants, but one that asks for approval carries no new version of the new
/// owner's until the dataset's owner approves that.
#[test]
fn approval_does_not_travel() {
    test(|| {
        let grant = approve(requested(approved_terms()));
        let open = granted(terms());
        version(1, grant);
        sell(MODEL, CAROL);
        assert_noop!(
            DataLicense::ensure_usable(grant, &CAROL),
            Error::OwnerNotApproved
        );
        assert_ok!(DataLicense::ensure_usable(open, &CAROL));
        // What stands goes on, and so does the license.
        assert_eq!(DataLicense::grant_of(VersionId(1), DATASET), Some(grant));
        assert_ok!(renew(CAROL, grant));

        let approve = |origin, grant, owner| DataLicense::approve_owner(origin, grant, owner);
        assert_noop!(
            approve(RuntimeOrigin::root(), grant, CAROL),
            DispatchError::BadOrigin
        );
        assert_noop!(approve(by(CAROL), grant, CAROL), Error::NotDatasetOwner);
        assert_noop!(approve(by(ALICE), GrantId(9), CAROL), Error::GrantNotFound);
        assert_noop!(approve(by(ALICE), open, CAROL), Error::ApprovalNotNeeded);
        // It names the owner: not who was, nor who might be.
        assert_noop!(approve(by(ALICE), grant, BOB), Error::LicenseeNotOwner);
        ModelOwners::remove(MODEL);
        assert_noop!(approve(by(ALICE), grant, CAROL), Error::ModelNotFound);
        sell(MODEL, CAROL);
        assert_ok!(approve(by(ALICE), grant, CAROL));
        emitted(Event::OwnerApproved {
            grant,
            owner: CAROL,
        });
        assert_ok!(DataLicense::ensure_usable(grant, &CAROL));
        // And goes no further than to that one.
        sell(MODEL, EVE);
        assert_noop!(
            DataLicense::ensure_usable(grant, &EVE),
            Error::OwnerNotApproved
        );
    });
}

/// A request that was withdrawn is not approved by way of an older grant.
#[test]
fn an_approval_without_its_request_gives_nothing() {
    test(|| {
        let dataset = requested(approved_terms());
        let grant = approve(dataset);
        sell(MODEL, CAROL);
        let request = || DataLicense::acquire(by(CAROL), dataset, MODEL, 1, 1_000, 50);
        assert_ok!(request());
        assert_ok!(DataLicense::withdraw(by(CAROL), dataset, MODEL));
        assert_noop!(
            DataLicense::approve(by(ALICE), dataset, MODEL, CAROL, 1),
            Error::RequestNotFound
        );
        assert_noop!(
            DataLicense::ensure_usable(grant, &CAROL),
            Error::OwnerNotApproved
        );
    });
}

#[test]
fn pages_list_a_models_grants_in_the_order_of_their_ids() {
    test(|| {
        let grants: Vec<GrantId> = (0..3).map(|_| granted(terms())).collect();
        set_terms(DatasetId(0), approved_terms());
        let ids = |from, limit| -> Vec<u32> {
            DataLicense::grants_page(MODEL, GrantId(from), limit)
                .iter()
                .map(|g| g.id.0)
                .collect()
        };
        assert_eq!(ids(0, 9), [0, 1, 2]);
        assert_eq!(ids(1, 1), [1]);
        assert_ok!(DataLicense::remove_grant(by(BOB), grants[1]));
        assert_eq!(ids(1, 9), [2]);
        assert_eq!(ids(0, u32::MAX), [0, 2]);
        assert!(DataLicense::grants_page(CAROLS, GrantId(0), 9).is_empty());
        assert_eq!(DataLicense::grant_view(grants[1]), None);
        at(150);
        assert_ok!(DataLicense::revoke(by(ALICE), grants[0]));
        let instalment = Instalment {
            payer: BOB,
            value: 1_000,
            start: 100,
            end: 200,
            vested: 500,
        };
        let view = GrantView {
            id: grants[0],
            dataset: DatasetId(0),
            model: MODEL,
            number: 1,
            terms: terms(),
            metadata: file(),
            ends: Some(180),
            revoked: true,
            instalments: vec![instalment],
            versions: 0,
        };
        assert_eq!(DataLicense::grant_view(grants[0]), Some(view));
    });
}
