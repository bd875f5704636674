//! That the checks bite, and that nothing is left over.

use super::*;
use crate::{
    DatasetIndex, Datasets, Grants, GrantsByModel, NextDataset, NextGrant, Replacements, Requests,
    Terms,
};
use sp_runtime::StateVersion;

/// A chain with one of everything; `corrupt` breaks it, and the check must say `why`.
fn bites(why: &'static str, corrupt: impl FnOnce(DatasetId, GrantId)) {
    new_test_ext().execute_with(|| {
        Now::put(100);
        ModelOwners::insert(MODEL, BOB);
        Accepted::insert(MAI, ());
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        let version = version(1, &[grant]);
        assert_ok!(DataLicense::set_terms(by(ALICE), dataset, approved_terms()));
        assert_ok!(DataLicense::acquire(by(BOB), dataset, MODEL, 2, 1_000, 50));
        assert_ok!(DataLicense::allow_replacement(by(ALICE), dataset, version));
        assert_ok!(DataLicense::do_try_state());
        corrupt(dataset, grant);
        assert_eq!(DataLicense::do_try_state(), Err(why.into()));
    });
}

fn change_dataset(change: impl FnOnce(&mut crate::DatasetOf<Test>)) {
    Datasets::<Test>::mutate(DATASET, |record| record.as_mut().map(change));
}

fn change_grant(change: impl FnOnce(&mut crate::GrantOf<Test>)) {
    Grants::<Test>::mutate(GrantId(0), |record| record.as_mut().map(change));
}

#[test]
fn a_corrupt_dataset_is_found() {
    bites("dataset beyond the next id", |_, _| {
        NextDataset::<Test>::put(DATASET)
    });
    bites("dataset not in the index", |d, _| {
        DatasetIndex::<Test>::remove(d.0.to_be_bytes())
    });
    bites("dataset offered to its owner", |_, _| {
        change_dataset(|d| d.offered_to = Some(ALICE))
    });
    bites("dataset without its split", |_, _| {
        change_dataset(|d| d.split = myai_primitives::SplitId(99))
    });
    bites("dataset without its terms", |_, _| {
        change_dataset(|d| d.number = 3)
    });
    bites("dataset's uses miscounted", |_, _| {
        change_dataset(|d| d.uses = 2)
    });
    bites("a dataset in use is missing", |d, _| {
        Datasets::<Test>::remove(d)
    });
    bites("index names no dataset", |_, _| {
        DatasetIndex::<Test>::insert([9; 4], ())
    });
    bites("dataset's uses miscounted", |d, _| {
        Replacements::<Test>::remove(d, VersionId(1))
    });
}

#[test]
fn corrupt_terms_are_found() {
    bites("terms of no dataset", |d, _| {
        Terms::<Test>::swap(d, 1, DatasetId(7), 1)
    });
    bites("terms beyond the highest number", |d, _| {
        Terms::<Test>::swap(d, 1, d, 3)
    });
    bites("old terms that nothing needs", |d, _| {
        Terms::<Test>::mutate(d, 1, |entry| entry.as_mut().map(|entry| entry.uses = 0));
    });
    bites("uses of terms miscounted", |d, _| {
        Terms::<Test>::mutate(d, 2, |entry| entry.as_mut().map(|entry| entry.uses = 5));
    });
    bites("terms in use are missing", |d, _| {
        Terms::<Test>::remove(d, 1)
    });
}

#[test]
fn a_corrupt_grant_is_found() {
    bites("grant beyond the next id", |_, g| NextGrant::<Test>::put(g));
    bites("grant not in its model's index", |_, g| {
        GrantsByModel::<Test>::remove(MODEL, g.0.to_be_bytes())
    });
    bites("index names no grant", |_, _| {
        GrantsByModel::<Test>::insert(MODEL, [9; 4], ())
    });
    bites("grant's end does not fit its terms", |_, _| {
        change_grant(|g| g.ends = None)
    });
    bites("version twice under one grant", |_, _| {
        change_grant(|g| g.versions.try_push(VersionId(1)).expect("room"))
    });
    bites("version of another model under a grant", |_, _| {
        change_grant(|g| g.versions.try_push(VersionId(2)).expect("room"))
    });
}

#[test]
fn money_that_does_not_fit_its_request_is_found() {
    let amiss = "held for requests and refunds is not what they are";
    bites(amiss, |_, _| {
        assert_ok!(Money::release(
            &MAI,
            &HoldReason::GrantRequest.into(),
            &BOB,
            1
        ));
    });
    bites(amiss, |_, _| {
        assert_ok!(Money::hold(&MAI, &HoldReason::GrantRequest.into(), &BOB, 1));
    });
    bites(amiss, |_, _| {
        let reason = RuntimeHoldReason::DataLicense(HoldReason::GrantRefund);
        Debts::put(vec![(ALICE, reason, MAI, 1)]);
    });
    bites("request where no approval is needed", |d, _| {
        Requests::<Test>::mutate(d, MODEL, |r| r.as_mut().map(|r| r.number = 1));
        for (number, uses) in [(1, 2), (2, 0)] {
            Terms::<Test>::mutate(d, number, |e| e.as_mut().map(|e| e.uses = uses));
        }
    });
}

#[test]
fn all_that_is_removed_leaves_nothing_behind() {
    test(|| {
        let free_terms = |approval| DatasetTerms {
            price: Amount {
                asset: MAI,
                value: 0,
            },
            approval,
            ..terms()
        };
        let life = || {
            let dataset = dataset_under(free_terms(false));
            let grant = acquire(dataset);
            let version = version(1, &[grant]);
            assert_ok!(DataLicense::set_terms(by(ALICE), dataset, free_terms(true)));
            let next = NextGrant::<Test>::get();
            assert_ok!(DataLicense::acquire(by(BOB), dataset, MODEL, 2, 0, 50));
            assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
            assert_ok!(DataLicense::acquire(by(BOB), dataset, MODEL, 2, 0, 50));
            assert_ok!(DataLicense::reject(by(ALICE), dataset, MODEL));
            assert_ok!(DataLicense::renew(by(BOB), grant, 0));
            assert_ok!(DataLicense::revoke(by(ALICE), grant));
            assert_ok!(DataLicense::replace(by(BOB), version, grant, next));
            assert_ok!(DataLicense::remove_grant(by(BOB), grant));
            DataLicense::detach(next, version);
            assert_ok!(DataLicense::remove_grant(by(BOB), next));
            assert_ok!(DataLicense::remove_dataset(by(ALICE), dataset));

            NextDataset::<Test>::kill();
            NextGrant::<Test>::kill();
            NextSplit::kill();
            Told::kill();
            Moved::kill();
            System::reset_events();
            sp_io::storage::root(StateVersion::V1)
        };
        // The first time pallet-balances notes that the accounts have had holds.
        let before = life();
        let left = Datasets::<Test>::iter().count()
            + Terms::<Test>::iter().count()
            + Grants::<Test>::iter().count()
            + Requests::<Test>::iter().count()
            + DatasetIndex::<Test>::iter().count()
            + GrantsByModel::<Test>::iter().count();
        assert_eq!(left, 0);
        assert_eq!(life(), before);
    });
}
