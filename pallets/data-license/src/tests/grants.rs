use super::*;
use crate::Grants;
use sp_runtime::{DispatchError, TokenError};

fn refund(asset: Asset, units: Balance) -> Amount {
    Amount {
        asset,
        value: units,
    }
}

/// Never ends by itself; revocable after 30 ticks, used up over 300.
fn perpetual() -> DatasetTerms {
    DatasetTerms {
        period: None,
        revocation: Revocation::Notice {
            notice: 30,
            perpetual_term: 300,
        },
        ..terms()
    }
}

fn is_live(grant: GrantId) -> bool {
    ends(grant).is_none_or(|end| end > Now::get())
}

#[test]
fn renewing_extends_from_the_end_and_tells_the_versions() {
    test(|| {
        let grant = granted(terms());
        let versions = [version(1, &[grant]), version(2, &[grant])];
        at(150);
        assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
        emitted(Event::GrantRenewed {
            grant,
            price: refund(MAI, 1_000),
            ends: 300,
        });
        assert_eq!(ends(grant), Some(300));
        assert_eq!(Told::get(), versions);
        assert_eq!(free(&MAI, BOB), WEALTH - 2_000 - grant_deposit());
    });
}

#[test]
fn lapsed_grant_stops_new_jobs() {
    test(|| {
        let grant = granted(terms());
        let version = version(1, &[grant]);
        at(199);
        assert!(is_live(grant));
        // At its end it is over: the license reports the end, no version may be added to it.
        at(200);
        assert!(!is_live(grant));
        assert_noop!(DataLicense::attach(grant, VersionId(2)), Error::GrantLapsed);
        // A renewal revives it from now on and tells the version.
        at(250);
        assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
        assert_eq!(ends(grant), Some(350));
        assert_eq!(Told::get(), [version]);
    });
}

#[test]
fn a_renewal_costs_what_the_grant_began_with() {
    test(|| {
        let grant = granted(terms());
        let dearer = DatasetTerms {
            price: refund(MAI, 9_000),
            period: Some(1),
            ..terms()
        };
        assert_ok!(DataLicense::set_terms(by(ALICE), DATASET, dearer));
        assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
        assert_eq!(ends(grant), Some(300));
        assert_eq!(DataLicense::grant_view(grant).map(|g| g.number), Some(1));
    });
}

#[test]
fn renewing_is_refused_for_each_unmet_condition() {
    test(|| {
        let grant = granted(terms());
        let renew = |origin, grant, most| DataLicense::renew(origin, grant, most);
        assert_noop!(
            renew(RuntimeOrigin::root(), grant, 1_000),
            DispatchError::BadOrigin
        );
        assert_noop!(renew(by(ALICE), grant, 1_000), Error::NotModelOwner);
        assert_noop!(renew(by(BOB), GrantId(9), 1_000), Error::GrantNotFound);
        assert_noop!(renew(by(BOB), grant, 999), Error::PriceAboveMaxCost);
        at(Tick::MAX - 99);
        assert_noop!(renew(by(BOB), grant, 1_000), Error::EndBeyondClock);
        at(100);

        let endless = granted(perpetual());
        assert_noop!(renew(by(BOB), endless, 1_000), Error::GrantPerpetual);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_noop!(renew(by(BOB), grant, 1_000), Error::GrantRevoked);
        assert_ok!(DataLicense::revoke(by(ALICE), endless));
        assert_noop!(renew(by(BOB), endless, 1_000), Error::GrantRevoked);
    });
}

#[test]
fn who_cannot_pay_does_not_renew() {
    test(|| {
        let grant = granted(terms());
        ModelOwners::insert(MODEL, POOR);
        assert_noop!(
            DataLicense::renew(by(POOR), grant, 1_000),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
        ModelOwners::remove(MODEL);
        assert_noop!(
            DataLicense::renew(by(BOB), grant, 1_000),
            Error::ModelNotFound
        );
    });
}

#[test]
fn running_job_survives_revocation() {
    test(|| {
        let grant = granted(terms());
        let version = version(1, &[grant]);
        at(120);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        // The notice keeps the grant until its end, so what was opened before runs on.
        assert_eq!(ends(grant), Some(150));
        assert_eq!(Told::get(), [version]);
        at(149);
        assert!(is_live(grant));
        assert_ok!(DataLicense::attach(grant, version));
        at(150);
        assert!(!is_live(grant));
        assert_eq!(
            DataLicense::grant_view(grant).map(|g| g.versions),
            Some(vec![version])
        );
    });
}

#[test]
fn revoking_gives_back_what_is_cut_off() {
    test(|| {
        let grant = granted(terms());
        let (alice, bob) = (free(&MAI, ALICE), free(&MAI, BOB));
        at(120);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        // 50 of 100 ticks are cut off.
        emitted(Event::GrantRevoked {
            grant,
            ends: 150,
            refund: refund(MAI, 500),
            to: BOB,
        });
        assert_eq!(free(&MAI, ALICE), alice - 500);
        assert_eq!(free(&MAI, BOB), bob + 500);
        assert_eq!(held(HoldReason::GrantRefund, &MAI, ALICE), 0);
        assert_noop!(DataLicense::revoke(by(ALICE), grant), Error::GrantRevoked);
    });
}

#[test]
fn a_refund_rounds_up_because_the_owner_acts() {
    test(|| {
        let grant = granted(DatasetTerms {
            price: refund(MAI, 1_001),
            ..terms()
        });
        let bob = free(&MAI, BOB);
        at(169);
        // One tick of 100 is cut off: 10.01 units.
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(199));
        assert_eq!(free(&MAI, BOB), bob + 11);
    });
}

#[test]
fn renewed_periods_are_given_back_too() {
    test(|| {
        let grant = granted(terms());
        for _ in 0..3 {
            assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
        }
        at(120);
        let bob = free(&MAI, BOB);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        // 500 − 150 ticks at 10 units each.
        assert_eq!(free(&MAI, BOB), bob + 3_500);
        assert_eq!(ends(grant), Some(150));
    });
}

#[test]
fn a_grant_that_ends_before_the_notice_keeps_its_end_and_its_price() {
    test(|| {
        let grant = granted(terms());
        version(1, &[grant]);
        at(180);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        emitted(Event::GrantRevoked {
            grant,
            ends: 200,
            refund: refund(MAI, 0),
            to: BOB,
        });
        assert!(Told::get().is_empty());
        assert_noop!(
            DataLicense::renew(by(BOB), grant, 1_000),
            Error::GrantRevoked
        );
    });
}

#[test]
fn revoking_a_lapsed_grant_only_keeps_it_from_being_renewed() {
    test(|| {
        let grant = granted(terms());
        at(500);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(200));
        assert_noop!(
            DataLicense::renew(by(BOB), grant, 1_000),
            Error::GrantRevoked
        );
    });
}

#[test]
fn a_perpetual_grant_is_used_up_over_its_term() {
    test(|| {
        let (early, late) = (granted(perpetual()), granted(perpetual()));
        at(140);
        let bob = free(&MAI, BOB);
        assert_ok!(DataLicense::revoke(by(ALICE), early));
        // The end is 170, 70 of 300 ticks are used: 766.67 units are not.
        assert_eq!(ends(early), Some(170));
        assert_eq!(free(&MAI, BOB), bob + 767);
        at(5_000);
        assert_ok!(DataLicense::revoke(by(ALICE), late));
        assert_eq!(ends(late), Some(5_030));
        assert_eq!(free(&MAI, BOB), bob + 767);
    });
}

#[test]
fn revoking_is_refused_for_each_unmet_condition() {
    test(|| {
        let grant = granted(terms());
        let revoke = |origin, grant| DataLicense::revoke(origin, grant);
        assert_noop!(
            revoke(RuntimeOrigin::root(), grant),
            DispatchError::BadOrigin
        );
        assert_noop!(revoke(by(BOB), grant), Error::NotDatasetOwner);
        assert_noop!(revoke(by(ALICE), GrantId(7)), Error::GrantNotFound);
        let kept = granted(DatasetTerms {
            revocation: Revocation::Never,
            ..terms()
        });
        assert_noop!(revoke(by(ALICE), kept), Error::GrantNotRevocable);
        ModelOwners::remove(MODEL);
        assert_noop!(revoke(by(ALICE), grant), Error::ModelNotFound);
    });
}

#[test]
fn who_cannot_give_back_cannot_revoke() {
    test(|| {
        let grant = granted(terms());
        let all = Money::spendable(&MAI, &ALICE);
        assert_ok!(Balances::transfer_keep_alive(by(ALICE), EVE, all - 499));
        at(120);
        assert_noop!(
            DataLicense::revoke(by(ALICE), grant),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
    });
}

#[test]
fn a_refund_beyond_any_balance_is_refused() {
    test(|| {
        let grant = granted(DatasetTerms {
            period: Some(1),
            ..terms()
        });
        crate::Terms::<Test>::mutate(DATASET, 1, |entry| {
            if let Some(entry) = entry {
                entry.terms.price.value = Balance::MAX
            }
        });
        Grants::<Test>::mutate(grant, |grant| {
            if let Some(grant) = grant {
                grant.ends = Some(1_000)
            }
        });
        assert_noop!(
            DataLicense::revoke(by(ALICE), grant),
            Error::RefundBeyondBalance
        );
    });
}

#[test]
fn the_refund_goes_to_the_models_present_owner() {
    test(|| {
        let grant = granted(terms());
        ModelOwners::insert(MODEL, CAROL);
        at(120);
        let bob = free(&MAI, BOB);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(free(&MAI, CAROL), WEALTH + 500);
        assert_eq!(free(&MAI, BOB), bob);
    });
}

#[test]
fn an_owner_of_both_gives_back_to_itself() {
    test(|| {
        let grant = granted(terms());
        ModelOwners::insert(MODEL, ALICE);
        at(120);
        let alice = free(&MAI, ALICE);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(free(&MAI, ALICE), alice);
    });
}

#[test]
fn a_foreign_refund_is_paid_in_its_asset() {
    test(|| {
        let grant = granted(DatasetTerms {
            price: refund(USD, 1_000),
            ..terms()
        });
        at(120);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(free(&USD, ALICE), WEALTH - 500);
        assert_eq!(free(&USD, BOB), WEALTH - 1_000 + 500);
    });
}

#[test]
fn a_licensee_who_cannot_receive_stops_no_revocation() {
    test(|| {
        let grant = granted(DatasetTerms {
            price: refund(USD, 1_000),
            ..terms()
        });
        // Carol's second account has nothing in the asset.
        ModelOwners::insert(MODEL, POOR);
        at(120);
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_eq!(ends(grant), Some(150));
        assert_eq!(held(HoldReason::GrantRefund, &USD, ALICE), 500);
        assert_eq!(Debts::get().len(), 1);
    });
}

#[test]
fn a_grant_is_removed_by_the_models_owner_and_the_deposit_returns() {
    test(|| {
        let grant = granted(terms());
        let remove = |origin, grant| DataLicense::remove_grant(origin, grant);
        assert_noop!(
            remove(RuntimeOrigin::root(), grant),
            DispatchError::BadOrigin
        );
        assert_noop!(remove(by(ALICE), grant), Error::GrantNotEnded);
        assert_noop!(remove(by(BOB), GrantId(3)), Error::GrantNotFound);
        let version = version(1, &[grant]);
        assert_noop!(remove(by(BOB), grant), Error::GrantInUse);
        DataLicense::detach(grant, version);
        // The deposit is Bob's, whoever owns the model.
        ModelOwners::insert(MODEL, CAROL);
        assert_noop!(remove(by(BOB), grant), Error::GrantNotEnded);
        assert_ok!(remove(by(CAROL), grant));
        emitted(Event::GrantRemoved { grant });
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000);
        assert!(DataLicense::grant(grant).is_none());
        assert!(DataLicense::grants_page(MODEL, GrantId(0), 9).is_empty());
    });
}

#[test]
fn an_ended_grant_is_removed_by_anyone_once_no_version_lives_by_it() {
    test(|| {
        let grant = granted(terms());
        let version = version(1, &[grant]);
        at(200);
        assert_noop!(DataLicense::remove_grant(by(EVE), grant), Error::GrantInUse);
        DataLicense::detach(grant, version);
        assert_ok!(DataLicense::remove_grant(by(EVE), grant));
        assert_eq!(free(&MAI, BOB), WEALTH - 1_000);
    });
}

#[test]
fn a_grant_of_a_removed_model_is_removed_by_anyone() {
    test(|| {
        let grant = granted(terms());
        ModelOwners::remove(MODEL);
        assert_ok!(DataLicense::remove_grant(by(EVE), grant));
    });
}

#[test]
fn sixteen_versions_live_by_one_grant() {
    test(|| {
        let grant = granted(terms());
        for id in 0..MAX_VERSIONS {
            version(id, &[grant]);
        }
        // Naming one again changes nothing; detaching a stranger neither.
        assert_ok!(DataLicense::attach(grant, VersionId(3)));
        DataLicense::detach(grant, VersionId(99));
        DataLicense::detach(GrantId(99), VersionId(3));
        assert_noop!(
            DataLicense::attach(grant, VersionId(16)),
            Error::TooManyVersions
        );
        assert_noop!(
            DataLicense::attach(GrantId(99), VersionId(3)),
            Error::GrantNotFound
        );
        assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
        assert_eq!(Told::get().len(), 16);
        DataLicense::detach(grant, VersionId(3));
        version(16, &[grant]);
    });
}

#[test]
fn a_renewal_is_charged_for_the_versions_that_were_told() {
    test(|| {
        use crate::WeightInfo;
        let grant = granted(terms());
        version(1, &[grant]);
        let info = DataLicense::renew(by(BOB), grant, 1_000).expect("renewed");
        assert_eq!(info.actual_weight, Some(<() as WeightInfo>::renew(1)));
        let info = DataLicense::revoke(by(ALICE), grant).expect("revoked");
        assert_eq!(info.actual_weight, Some(<() as WeightInfo>::revoke(1)));
    });
}

#[test]
fn pages_list_a_models_grants_in_the_order_of_their_ids() {
    test(|| {
        let dataset = dataset_under(DatasetTerms {
            price: refund(MAI, 1),
            ..terms()
        });
        for _ in 0..150 {
            acquire(dataset);
            assert_ok!(DataLicense::acquire(by(CAROL), dataset, CAROLS, 1, 1, 0));
        }
        let ids = |model, from, limit| -> Vec<u32> {
            DataLicense::grants_page(model, GrantId(from), limit)
                .iter()
                .map(|g| g.id.0)
                .collect()
        };
        assert_eq!(ids(MODEL, 0, 3), [0, 2, 4]);
        assert_eq!(ids(MODEL, 3, 2), [4, 6]);
        assert_eq!(ids(CAROLS, 254, 3), [255, 257, 259]);
        assert_eq!(ids(CAROLS, 0, u32::MAX).len(), 100);
        assert!(ids(MODEL, 299, 3).is_empty());
        assert!(ids(ModelId(9), 0, 3).is_empty());
        let view = DataLicense::grant_view(GrantId(1)).expect("given");
        assert_eq!(
            (view.dataset, view.model, view.ends),
            (dataset, CAROLS, Some(200))
        );
        assert!(DataLicense::grant_view(GrantId(300)).is_none());
    });
}
