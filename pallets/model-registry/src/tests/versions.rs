//! Versions after they were published.

use crate::{
    mock::*, price_that_brings, Approvals, Conditions, Error, Event, Listings, Models, Pallet,
    References, Versions,
};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{
    documents::*, Amount, Asset, ModelId, Ppm, VersionId, Versions as VersionsTrait,
};
use proptest::prelude::*;
use sp_runtime::DispatchError;

type E = Error<Test>;

fn all_owe_nothing() {
    Removable::set(SplitTable::get().into_keys().collect());
}

#[test]
fn a_price_changes_in_its_asset() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let set = Pallet::<Test>::set_price;
        assert_noop!(set(RuntimeOrigin::root(), v, 5), DispatchError::BadOrigin);
        assert_noop!(set(signed(bob()), v, 5), E::NotOwner);
        assert_noop!(set(signed(alice()), VersionId(9), 5), E::VersionNotFound);
        assert_ok!(set(signed(alice()), v, 5));
        let price = Amount {
            asset: Asset::Native,
            value: 5,
        };
        System::assert_last_event(
            Event::PriceSet {
                version: v,
                price: price.clone(),
            }
            .into(),
        );
        assert_eq!(
            Registry::open_until(v, Mode::Direct, 1).unwrap().price,
            price
        );
        assert_ok!(set(signed(alice()), v, 0));
        assert_ok!(Registry::retire_version(signed(alice()), v));
        assert_noop!(set(signed(alice()), v, 5), E::VersionRetired);
    });
}

#[test]
fn zero_price_with_own_fee_evades_nothing() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        // A base that asks something for each unit cannot be given away with a fee on top.
        let base = publish(
            theirs,
            spec().min_royalty(100_000).min_per_unit(Asset::Native, 10),
        );
        let derived = |units| spec().base(base, 100_000).price(Asset::Native, units);
        assert_noop!(try_publish(ours, derived(0)), E::PriceBelowMinimum);
        let v = publish(ours, derived(100));
        assert_noop!(
            Registry::set_price(signed(bob()), v, 0),
            E::PriceBelowMinimum
        );
        // One that allows no commercial use bears no fee either.
        let g = grant(
            ours,
            1,
            DatasetTerms {
                commercial: false,
                ..dataset_terms()
            },
        );
        let free = publish(ours, spec().grant(g, 0).price(Asset::Native, 0));
        assert_eq!(Registry::may_serve(free, 1), Err(E::NotCommercial.into()));
        assert_eq!(
            Registry::may_serve(free, 0),
            Ok(Amount {
                asset: Asset::Native,
                value: 0
            })
        );
        let below = publish(model(carol()), spec().base(free, 0).price(Asset::Native, 0));
        assert_eq!(Registry::may_serve(below, 1), Err(E::NotCommercial.into()));
    });
}

#[test]
fn a_retired_version_takes_no_work_and_no_fee() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let retire = Pallet::<Test>::retire_version;
        assert!(!Registry::is_retired(v));
        assert_noop!(retire(RuntimeOrigin::root(), v), DispatchError::BadOrigin);
        assert_noop!(retire(signed(bob()), v), E::NotOwner);
        assert_noop!(retire(signed(alice()), VersionId(9)), E::VersionNotFound);
        assert_ok!(retire(signed(alice()), v));
        System::assert_last_event(Event::VersionRetired { version: v }.into());
        assert_noop!(retire(signed(alice()), v), E::VersionRetired);
        assert!(Registry::is_retired(v));
        assert_eq!(
            Registry::open_until(v, Mode::Direct, 1).map(drop),
            Err(E::VersionRetired.into())
        );
        assert_eq!(Registry::may_serve(v, 0), Err(E::VersionRetired.into()));
        // What runs ends as it began.
        assert!(Registry::split_of(v).is_some());
        assert_eq!(Registry::model_of(v), Some(m));
    });
}

#[test]
fn a_removed_version_leaves_only_its_hash() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec());
        let g = grant(m, 1, dataset_terms());
        let held = deposits(&alice());
        let v = publish(m, spec().base(base, 7).grant(g, 0));
        let split = Registry::split_of(v).unwrap();
        let remove = Pallet::<Test>::remove_version;
        assert_noop!(remove(signed(alice()), v), E::VersionLive);
        assert_ok!(Registry::retire_version(signed(alice()), v));
        no_job_is_open();
        assert_noop!(remove(RuntimeOrigin::root(), v), DispatchError::BadOrigin);
        assert_noop!(remove(signed(bob()), v), E::NotOwner);
        assert_noop!(remove(signed(alice()), VersionId(9)), E::VersionNotFound);
        assert_noop!(
            remove(signed(alice()), v),
            DispatchError::Other("split owes something")
        );
        all_owe_nothing();
        assert_ok!(remove(signed(alice()), v));
        System::assert_last_event(
            Event::VersionRemoved {
                version: v,
                model: m,
            }
            .into(),
        );
        assert_eq!(deposits(&alice()), held);
        assert!(!SplitTable::get().contains_key(&split));
        assert!(Attached::get().is_empty());
        assert!(!References::<Test>::contains_key(base));
        assert!(!Versions::<Test>::contains_key(v));
        assert!(!Listings::<Test>::contains_key(v));
        assert!(!Conditions::<Test>::contains_key(v));
        assert_eq!(Models::<Test>::get(m).unwrap().versions, 1);
        assert!(Registry::is_retired(v));
        assert_eq!((Registry::split_of(v), Registry::model_of(v)), (None, None));
    });
}

#[test]
fn a_version_stays_as_long_as_a_job_on_it_may_be_answered() {
    test(|| {
        let v = publish(model(alice()), spec());
        all_owe_nothing();
        // The last job is opened just before, for as long as any rules allow.
        let deadline = Served::get() + MAX_JOB_DURATION;
        assert_ok!(Registry::retire_version(signed(alice()), v));
        for tick in [Served::get(), deadline - 1, deadline] {
            Served::set(tick);
            assert_noop!(
                Registry::remove_version(signed(alice()), v),
                E::WorkMayBeOpen
            );
            assert!(Registry::split_of(v).is_some());
        }
        Served::set(deadline + 1);
        assert_ok!(Registry::remove_version(signed(alice()), v));
    });
}

#[test]
fn a_version_in_use_stays() {
    test(|| {
        let m = model(alice());
        let base = publish(m, spec().reaching_descendants());
        let v = publish(m, spec().base(base, 0));
        all_owe_nothing();
        for version in [base, v] {
            assert_ok!(Registry::retire_version(signed(alice()), version));
        }
        no_job_is_open();
        let remove = Pallet::<Test>::remove_version;
        assert_noop!(remove(signed(alice()), base), E::VersionInUse);
        // Workers remember it.
        assert_ok!(Registry::inc_refs(v));
        assert_ok!(Registry::inc_refs(v));
        assert_noop!(remove(signed(alice()), v), E::VersionInUse);
        Registry::dec_refs(v);
        assert_noop!(remove(signed(alice()), v), E::VersionInUse);
        Registry::dec_refs(v);
        assert_ok!(remove(signed(alice()), v));
        assert_ok!(remove(signed(alice()), base));
        assert_ok!(Registry::remove_model(signed(alice()), m));
        assert_eq!(deposits(&alice()), (0, 0));
    });
}

#[test]
fn an_ancestor_stays_while_one_far_below_lists_it() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(
            a,
            1,
            DatasetTerms {
                reach: Reach::Descendants,
                ..dataset_terms()
            },
        );
        let first = publish(a, spec().grant(g, 0));
        let own = grant(b, 1, dataset_terms());
        let second = publish(b, spec().base(first, 0).grant(own, 0));
        let third = publish(b, spec().base(second, 0).grant(own, 0));
        assert_eq!(References::<Test>::get(first), 2);
        all_owe_nothing();
        assert_ok!(Registry::retire_version(signed(alice()), first));
        no_job_is_open();
        assert_noop!(
            Registry::remove_version(signed(alice()), first),
            E::VersionInUse
        );
        for v in [third, second] {
            assert_ok!(Registry::retire_version(signed(bob()), v));
            no_job_is_open();
            assert_ok!(Registry::remove_version(signed(bob()), v));
        }
        assert_ok!(Registry::remove_version(signed(alice()), first));
    });
}

#[test]
fn what_is_not_there_cannot_be_remembered() {
    test(|| {
        assert_noop!(
            <Registry as VersionsTrait>::inc_refs(VersionId(0)),
            E::VersionNotFound
        );
        let v = publish(model(alice()), spec());
        References::<Test>::insert(v, u32::MAX);
        assert_noop!(Registry::inc_refs(v), E::TooManyReferences);
    });
}

#[test]
fn a_versions_deposit_goes_back_to_who_published() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        assert_ok!(Registry::accept_ownership(signed(bob()), m));
        assert_ok!(Registry::retire_version(signed(bob()), v));
        no_job_is_open();
        all_owe_nothing();
        assert_ok!(Registry::remove_version(signed(bob()), v));
        assert_eq!(Balances::free_balance(alice()), RICH);
        assert_eq!(deposits(&bob()).1, 0);
    });
}

#[test]
fn an_approval_is_the_owners_and_makes_sense() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let open = publish(a, spec());
        let base = publish(a, spec().permission(Permission::Approval));
        let approve = Pallet::<Test>::approve_derivative;
        assert_noop!(
            approve(RuntimeOrigin::root(), base, b),
            DispatchError::BadOrigin
        );
        assert_noop!(approve(signed(bob()), base, b), E::NotOwner);
        assert_noop!(
            approve(signed(alice()), VersionId(9), b),
            E::VersionNotFound
        );
        assert_noop!(approve(signed(alice()), base, ModelId(9)), E::ModelNotFound);
        assert_noop!(approve(signed(alice()), open, b), E::ApprovalNotNeeded);
        let before = deposits(&alice()).1;
        assert_ok!(approve(signed(alice()), base, b));
        assert!(deposits(&alice()).1 > before);
        assert_noop!(approve(signed(alice()), base, b), E::AlreadyApproved);
        assert_ok!(Registry::retire_version(signed(alice()), base));
        assert_noop!(approve(signed(alice()), base, a), E::VersionRetired);
    });
}

#[test]
fn an_approval_is_withdrawn_with_its_deposit() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let base = publish(a, spec().permission(Permission::Approval));
        let before = deposits(&alice());
        assert_ok!(Registry::approve_derivative(signed(alice()), base, b));
        let withdraw = Pallet::<Test>::withdraw_approval;
        assert_noop!(
            withdraw(RuntimeOrigin::root(), base, b),
            DispatchError::BadOrigin
        );
        assert_noop!(withdraw(signed(bob()), base, b), E::NotOwner);
        assert_noop!(withdraw(signed(alice()), base, a), E::ApprovalNotFound);
        assert_ok!(withdraw(signed(alice()), base, b));
        System::assert_last_event(
            Event::ApprovalWithdrawn {
                version: base,
                model: b,
            }
            .into(),
        );
        assert_eq!(deposits(&alice()), before);
    });
}

#[test]
fn anyone_clears_an_approval_that_means_nothing_any_more() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(bob()));
        let base = publish(a, spec().permission(Permission::Approval));
        let before = deposits(&alice());
        for m in [b, c] {
            assert_ok!(Registry::approve_derivative(signed(alice()), base, m));
        }
        // The model is gone.
        assert_ok!(Registry::remove_model(signed(bob()), b));
        assert_ok!(Registry::withdraw_approval(signed(carol()), base, b));
        // The version is gone.
        all_owe_nothing();
        assert_ok!(Registry::retire_version(signed(alice()), base));
        no_job_is_open();
        assert_noop!(
            Registry::withdraw_approval(signed(carol()), base, c),
            E::NotOwner
        );
        assert_ok!(Registry::remove_version(signed(alice()), base));
        assert_ok!(Registry::withdraw_approval(signed(carol()), base, c));
        assert_eq!(deposits(&alice()), (before.0, 0));
        assert_eq!(Approvals::<Test>::iter().count(), 0);
    });
}

proptest! {
    #[test]
    fn a_least_price_is_the_smallest_that_brings_the_least(
        least in 0u128..1 << 90,
        share in 1u32..1_000_000,
    ) {
        let price = price_that_brings(least, Ppm(share)).unwrap();
        prop_assert!(Ppm(share).of(price) >= least);
        prop_assert!(price == 0 || Ppm(share).of(price - 1) < least);
    }
}

#[test]
fn a_least_that_no_price_brings_has_no_price() {
    assert_eq!(price_that_brings(0, Ppm(0)), Some(0));
    assert_eq!(price_that_brings(1, Ppm(0)), None);
    assert_eq!(price_that_brings(u128::MAX, Ppm(999_999)), None);
    assert_eq!(price_that_brings(u128::MAX, Ppm::MILLION), Some(u128::MAX));
}
