//! Versions after they were published.

use crate::{
    mock::*, Effectives, Error, Event, Listings, Models, VersionReferences, Versions, VersionsOf,
};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Licenses as _, Versions as _};
use sp_runtime::{DispatchError, TokenError};

type E = Error<Test>;

#[test]
fn a_price_changes_in_its_asset() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let set = Registry::set_price;
        assert_noop!(set(RuntimeOrigin::root(), v, 5), DispatchError::BadOrigin);
        assert_noop!(set(signed(bob()), v, 5), E::NotOwner);
        assert_noop!(set(signed(alice()), VersionId(9), 5), E::VersionNotFound);
        assert_ok!(set(signed(alice()), v, 5));
        let price = Amount {
            asset: Asset::Native,
            value: 5,
        };
        System::assert_last_event(Event::PriceSet { version: v, price }.into());
        assert_eq!(Registry::ensure_open(&work(v)).unwrap().price, price);
        // What was published stays on record.
        assert_eq!(Versions::<Test>::get(v).unwrap().spec.price.value, 1_000);
        assert_ok!(set(signed(alice()), v, 0));
        assert_ok!(Registry::retire_version(signed(alice()), v));
        assert_noop!(set(signed(alice()), v, 5), E::VersionRetired);
    });
}

#[test]
fn a_retired_version_takes_no_work_and_no_offer() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let retire = Registry::retire_version;
        assert!(!Registry::is_retired(v));
        assert_noop!(retire(RuntimeOrigin::root(), v), DispatchError::BadOrigin);
        assert_noop!(retire(signed(bob()), v), E::NotOwner);
        assert_noop!(retire(signed(alice()), VersionId(9)), E::VersionNotFound);
        assert_ok!(retire(signed(alice()), v));
        System::assert_last_event(Event::VersionRetired { version: v }.into());
        assert_noop!(retire(signed(alice()), v), E::VersionRetired);
        assert!(Registry::is_retired(v));
        assert_noop!(open(v, 1), E::VersionRetired);
        assert_eq!(
            Registry::ensure_offer(v, &bob(), 0),
            Err(E::VersionRetired.into())
        );
        // What runs ends as it began.
        assert!(SplitTable::get().contains_key(&split(v)));
        assert_eq!(Registry::model_of(v), Some(m));
    });
}

#[test]
fn a_removed_version_leaves_nothing() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let g = grant(m, 1, open_clauses());
        let held = (deposits(&alice()), stored());
        let v = publish(m, spec().base(base, 7).grant(g, 0));
        let split = split(v);
        let owner = || signed(alice());
        let remove = Registry::remove_version;
        assert_noop!(remove(owner(), v), E::VersionLive);
        assert_ok!(Registry::retire_version(owner(), v));
        no_job_is_open();
        assert_noop!(remove(RuntimeOrigin::root(), v), DispatchError::BadOrigin);
        assert_noop!(remove(signed(bob()), v), E::NotOwner);
        assert_noop!(remove(owner(), VersionId(9)), E::VersionNotFound);
        assert_noop!(
            remove(owner(), v),
            DispatchError::Other("split owes something")
        );
        Removable::set(SplitTable::get().into_keys().collect());
        assert_ok!(remove(owner(), v));
        System::assert_last_event(
            Event::VersionRemoved {
                version: v,
                model: m,
            }
            .into(),
        );
        assert_eq!((deposits(&alice()), stored()), held);
        assert!(!SplitTable::get().contains_key(&split));
        assert!(Attached::get().is_empty() && TermsRefs::get().is_empty());
        assert!(!VersionReferences::<Test>::contains_key(base));
        assert!(!Versions::<Test>::contains_key(v));
        assert!(!Listings::<Test>::contains_key(v));
        assert!(!Effectives::<Test>::contains_key(v));
        assert!(!VersionsOf::<Test>::contains_key(m, v.place()));
        assert_eq!(Models::<Test>::get(m.place()).unwrap().versions, 1);
        assert!(Registry::is_retired(v));
        assert_eq!(Registry::model_of(v), None);
    });
}

#[test]
fn a_version_stays_as_long_as_a_job_on_it_may_be_answered() {
    test(|| {
        let v = publish(model(alice()), spec());
        Removable::set(SplitTable::get().into_keys().collect());
        // The last job is opened just before, for as long as any rules allow.
        let deadline = Served::get() + MAX_JOB_DURATION;
        assert_ok!(Registry::retire_version(signed(alice()), v));
        for tick in [Served::get(), deadline - 1, deadline] {
            Served::set(tick);
            assert_noop!(
                Registry::remove_version(signed(alice()), v),
                E::WorkMayBeOpen
            );
        }
        Served::set(deadline + 1);
        assert_ok!(Registry::remove_version(signed(alice()), v));
    });
}

#[test]
fn a_base_stays_while_a_derivative_stands() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let (one, two) = (
            publish(m, spec().base(base, 0)),
            publish(m, spec().base(base, 0)),
        );
        assert!(Registry::is_built_on(base));
        for derived in [one, two] {
            assert_eq!(remove(base), Err(E::VersionInUse.into()));
            assert_ok!(remove(derived));
        }
        assert!(!Registry::is_built_on(base));
        assert_ok!(remove(base));
        assert_ok!(Registry::remove_model(signed(alice()), m));
        assert_eq!(deposits(&alice()), (0, 0));
    });
}

#[test]
fn a_versions_deposit_stays_with_who_paid_until_it_is_assumed() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec().with(|c| c.attribution = text("Built with it")));
        let w = publish(m, spec());
        let paid = deposits(&alice()).1;
        sell(m, bob());
        assert_eq!((deposits(&alice()).1, deposits(&bob()).1), (paid, 0));
        let assume = Registry::assume_deposit;
        assert_noop!(assume(RuntimeOrigin::root(), v), DispatchError::BadOrigin);
        assert_noop!(assume(signed(alice()), v), E::NotOwner);
        assert_noop!(assume(signed(bob()), VersionId(9)), E::VersionNotFound);
        let seen = changes(m);
        assert_ok!(assume(signed(bob()), v));
        assert_eq!(changes(m), seen + 1);
        System::assert_last_event(
            Event::DepositAssumed {
                version: v,
                from: alice(),
                to: bob(),
            }
            .into(),
        );
        assert_eq!(deposits(&alice()).1 + deposits(&bob()).1, paid);
        assert_noop!(assume(signed(bob()), v), E::DepositAlreadyPaid);
        // Each gets its own back.
        assert_ok!(remove(w));
        assert_eq!(deposits(&alice()), (0, 0));
        assert_ok!(remove(v));
        assert_eq!(deposits(&bob()).1, 0);
        assert_eq!(Balances::free_balance(alice()), RICH);
    });
}

#[test]
fn who_cannot_pay_a_deposit_does_not_assume_it() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        sell(m, bob());
        let all = Balances::free_balance(bob()) - EXISTENTIAL;
        assert_ok!(Balances::transfer_keep_alive(signed(bob()), carol(), all));
        assert_noop!(
            Registry::assume_deposit(signed(bob()), v),
            TokenError::FundsUnavailable
        );
    });
}

#[test]
fn a_retired_version_may_be_taken_from_its_grant() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let trained = |irrevocable| {
            let g = grant(a, 1, open_clauses());
            spec().grant(g, 0).with(|c| c.irrevocable = irrevocable)
        };
        let (v, stays) = (publish(a, trained(false)), publish(a, trained(true)));
        for version in [v, stays] {
            assert_ok!(Registry::retire_version(signed(alice()), version));
            LicensesDouble::detach(version, DatasetId(1));
        }
        // What derives from it then lives by nothing, unless by a grant of its own.
        for g in GrantTable::get().into_keys() {
            set_end(g, Some(1));
        }
        let below = publish(b, spec().base(stays, 0));
        assert_noop!(open(below, 1), E::AncestorLicenseLapsed);
        grant(b, 1, open_clauses());
        assert_ok!(open(below, 1));
        no_job_is_open();
        assert_ok!(remove(v));
    });
}
