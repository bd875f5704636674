//! That the checks bite, and that nothing is left over.

use super::*;
use crate::{
    Datasets, DatasetsOf, Grants, GrantsOf, GrantsOn, NextDataset, NextGrant, NumberedTerms,
    Requests, StandsOn, Terms,
};

const GRANT: GrantId = GrantId(0);

/// A chain with one of everything; `corrupt` breaks it, and the check must say `why`.
fn bites(why: &'static str, corrupt: impl FnOnce()) {
    new_test_ext().execute_with(|| {
        let dataset = dataset_under(terms());
        version(1, acquire(dataset));
        set_terms(dataset, approved_terms());
        assert_ok!(try_acquire(dataset));
        assert_ok!(DataLicense::inc_refs(dataset, 1));
        assert_ok!(DataLicense::do_try_state());
        corrupt();
        assert_eq!(DataLicense::do_try_state(), Err(why.into()));
    });
}

fn change_dataset(change: impl FnOnce(&mut crate::DatasetOf<Test>)) {
    Datasets::<Test>::mutate(DATASET.place(), |record| {
        change(record.as_mut().expect("registered"))
    });
}

fn change_grant(change: impl FnOnce(&mut crate::GrantOf<Test>)) {
    Grants::<Test>::mutate(GRANT.place(), |record| {
        change(record.as_mut().expect("given"))
    });
}

fn change_terms(number: TermsNumber, change: impl FnOnce(&mut NumberedTerms)) {
    Terms::<Test>::mutate(DATASET, number, |row| change(row.as_mut().expect("set")));
}

#[test]
fn a_corrupt_dataset_is_found() {
    bites("dataset beyond the next id", || {
        NextDataset::<Test>::put(DATASET)
    });
    bites("dataset not among its owner's", || {
        DatasetsOf::<Test>::remove(ALICE, DATASET.place())
    });
    bites("an owner's list names no dataset", || {
        DatasetsOf::<Test>::insert(EVE, DATASET.place(), ())
    });
    bites("dataset offered to its owner", || {
        change_dataset(|d| d.ownership.offered_to = Some(ALICE))
    });
    bites("dataset's deposit is not its owner's", || {
        change_dataset(|d| d.deposit.payer = BOB)
    });
    bites("dataset without its split", || {
        change_dataset(|d| d.split = SplitId(99))
    });
    for many in [0, 2] {
        bites("splits are not kept as often as datasets have them", || {
            mock::References::insert(split_of(DATASET), many)
        });
    }
    bites("dataset's own split pays somebody else", || {
        let all = Share {
            beneficiary: Beneficiary::Account(EVE),
            parts: Ppm::MILLION,
        };
        SplitRows::insert(split_of(DATASET), (vec![all], None::<AccountId>));
    });
    bites("dataset without its terms", || {
        change_dataset(|d| d.number = 3)
    });
    bites("dataset's terms are for other metadata", || {
        change_dataset(|d| d.metadata = other_file())
    });
    bites("dataset's uses miscounted", || {
        change_dataset(|d| d.uses = 4)
    });
}

#[test]
fn corrupt_terms_are_found() {
    bites("terms of no dataset", || {
        Terms::<Test>::insert(
            DatasetId(7),
            1,
            Terms::<Test>::get(DATASET, 1).expect("set"),
        )
    });
    bites("terms beyond the highest number", || {
        change_terms(1, |row| row.refs = 0);
        Terms::<Test>::swap(DATASET, 1, DATASET, 3);
        change_dataset(|d| d.uses = 2);
    });
    bites("old terms that nothing needs", || {
        change_terms(1, |row| {
            row.grants = 0;
            row.refs = 0;
        });
        change_dataset(|d| d.uses = 1);
    });
    bites("grants under terms miscounted", || {
        change_terms(1, |row| {
            row.grants = 2;
            row.refs = 0;
        })
    });
    bites("terms in use are missing", || {
        Terms::<Test>::remove(DATASET, 1);
        change_dataset(|d| d.uses = 1);
    });
}

#[test]
fn a_corrupt_grant_is_found() {
    bites("grant beyond the next id", || NextGrant::<Test>::put(GRANT));
    bites("grant not among its model's", || {
        GrantsOf::<Test>::remove(MODEL, GRANT.place())
    });
    bites("a model's list names no grant", || {
        GrantsOf::<Test>::insert(MODEL, [9; 4], ())
    });
    let not_on = "grant not with its end among its model's on the dataset";
    bites(not_on, || GrantsOn::<Test>::remove(MODEL, DATASET));
    bites(not_on, || change_grant(|g| g.ends = Some(201)));
    bites("a model's list on a dataset names no grant", || {
        GrantsOn::<Test>::insert(CAROLS, DATASET, crate::GrantEnds::default())
    });
    bites("a model's list on a dataset names no grant", || {
        GrantsOn::<Test>::mutate(MODEL, DATASET, |row| row.try_push((GrantId(8), None)))
            .expect("room")
    });
    let set_end = |ends| {
        change_grant(|g| g.ends = ends);
        GrantsOn::<Test>::mutate(MODEL, DATASET, |row| row[0].1 = ends);
    };
    bites("grant's end does not fit its terms", || set_end(None));
    bites("grant outlives its notice", || {
        change_grant(|g| g.notice_ends = Some(199))
    });
    bites("grant revoked or vesting against its terms", || {
        change_terms(1, |row| row.terms.revocation = Revocation::Never)
    });
    bites("version stands on a grant that is gone", || {
        StandsOn::<Test>::insert(VersionId(1), DATASET, GrantId(9))
    });
    bites("version stands on a grant of another dataset", || {
        StandsOn::<Test>::insert(VersionId(1), DatasetId(9), GRANT)
    });
    bites("version stands on a grant of another model", || {
        VersionModels::insert(VersionId(1), CAROLS)
    });
    bites("grant's versions miscounted", || {
        change_grant(|g| g.versions = 2)
    });
    bites("grant's versions miscounted", || {
        StandsOn::<Test>::remove(VersionId(1), DATASET)
    });
}

#[test]
fn unvested_money_that_does_not_fit_is_found() {
    let amiss = "unvested money is not what the instalments say";
    let change = |change: fn(&mut Instalment<AccountId>)| {
        change_grant(|g| change(g.instalments.iter_mut().next().expect("paid")))
    };
    bites(amiss, || change(|i| i.value = 1_001));
    bites(amiss, || change(|i| i.vested = 1));
    bites(amiss, || {
        change_grant(|g| g.instalments = Default::default())
    });
    // Of a grant that is gone.
    bites(amiss, || {
        NextGrant::<Test>::put(GrantId(2));
        UnvestedRows::insert(GrantId(1), price(MAI, 1));
    });
    bites("instalment that has nothing to vest", || {
        change(|i| i.vested = i.value)
    });
    bites("instalment that has nothing to vest", || {
        change(|i| i.end = i.start)
    });
}

#[test]
fn money_on_hold_that_does_not_fit_is_found() {
    let amiss = "held is not what requests and deposits say";
    for reason in [
        HoldReason::GrantRequest,
        HoldReason::DatasetDeposit,
        HoldReason::GrantDeposit,
    ] {
        // More of one who has some, and of one who has nothing to do with it.
        for who in [BOB, ALICE, EVE] {
            bites(amiss, || {
                assert_ok!(Money::hold(&MAI, &reason.into(), &who, 1));
            });
        }
    }
    for (reason, who) in [
        (HoldReason::GrantRequest, BOB),
        (HoldReason::DatasetDeposit, ALICE),
        (HoldReason::GrantDeposit, BOB),
    ] {
        bites(amiss, || {
            assert_ok!(Money::release(&MAI, &reason.into(), &who, 1));
        });
    }
    // For a request that does not exist, in an asset that some terms name.
    bites(amiss, || {
        register(ALICE);
        set_terms(DatasetId(1), in_dollars(terms()));
        assert_ok!(Money::hold(
            &USD,
            &HoldReason::GrantRequest.into(),
            &EVE,
            10
        ));
    });
    bites("requests or deposits of an account that is gone", || {
        let deposit = grant_deposit();
        for (reason, value) in [
            (HoldReason::GrantRequest, 1_000),
            (HoldReason::GrantDeposit, deposit),
        ] {
            assert_ok!(Money::release(&MAI, &reason.into(), &BOB, value));
        }
        Requests::<Test>::mutate(DATASET.place(), MODEL.place(), |r| {
            r.as_mut().expect("open").deposit.payer = POOR
        })
    });
    bites("request where no approval is needed", || {
        Requests::<Test>::mutate(DATASET.place(), MODEL.place(), |r| {
            r.as_mut().expect("open").number = 1
        });
        change_terms(1, |row| row.grants = 2);
        change_terms(2, |row| row.grants = 0);
    });
}

/// Of everything that can be made and removed not a key is left, counters apart.
#[test]
fn nothing_is_left_when_all_is_removed() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        let version = version(1, grant);
        set_terms(dataset, approved_terms());
        assert_ok!(DataLicense::set_metadata(by(ALICE), dataset, other_file()));
        assert_ok!(try_acquire(dataset));
        let next = approve(dataset);
        assert_ok!(DataLicense::inc_refs(dataset, 1));
        assert_ok!(try_acquire(dataset));
        assert_ok!(DataLicense::reject(by(ALICE), dataset, MODEL));
        assert_ok!(try_acquire(dataset));
        assert_ok!(DataLicense::withdraw(by(BOB), dataset, MODEL));
        assert_ok!(renew(BOB, grant));
        assert_ok!(DataLicense::revoke(by(ALICE), grant));
        assert_ok!(DataLicense::move_version(by(BOB), version, grant, next));
        assert_ok!(DataLicense::remove_grant(by(BOB), grant));
        DataLicense::detach(version, dataset);
        DataLicense::dec_refs(dataset, 1);
        assert_ok!(DataLicense::remove_grant(by(BOB), next));
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), dataset, CAROL));
        let changes = self::dataset(dataset).ownership.changes;
        assert_ok!(DataLicense::accept_ownership(by(CAROL), dataset, changes));
        assert_ok!(DataLicense::remove_dataset(by(CAROL), dataset));
        assert_eq!(keys_left(), Vec::<Vec<u8>>::new());
        for who in [ALICE, BOB, CAROL] {
            assert_eq!(Balances::total_balance_on_hold(&who), 0);
        }
        assert_eq!(UnvestedRows::iter().count(), 0);
        assert_eq!(References::iter().count(), 0);
    });
}

/// Keys of this pallet, those that only count apart.
fn keys_left() -> Vec<Vec<u8>> {
    use frame_support::{storage::KeyPrefixIterator, traits::PalletInfoAccess, StorageHasher};
    let prefix = frame_support::Twox128::hash(DataLicense::name().as_bytes()).to_vec();
    let counters = [
        NextDataset::<Test>::hashed_key().to_vec(),
        NextGrant::<Test>::hashed_key().to_vec(),
        frame_support::traits::StorageVersion::storage_key::<DataLicense>().to_vec(),
    ];
    KeyPrefixIterator::new(prefix.clone(), prefix.clone(), |rest| Ok(rest.to_vec()))
        .map(|rest| [prefix.clone(), rest].concat())
        .filter(|key| !counters.contains(key))
        .collect()
}
