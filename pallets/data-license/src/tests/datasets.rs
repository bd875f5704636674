use super::*;
use crate::{NextDataset, Terms};
use myai_support::Splits;

fn try_register(
    who: AccountId,
    name: Name,
    metadata: File,
    split: Option<SplitId>,
) -> DispatchResult {
    DataLicense::register_dataset(
        by(who),
        name,
        Category::Other,
        metadata,
        Openness::Open,
        split,
    )
}

#[test]
fn registering_makes_a_split_for_the_owner_and_holds_a_deposit() {
    test(|| {
        let dataset = register(ALICE);
        let split = split_of(dataset);
        emitted(Event::DatasetRegistered {
            dataset,
            owner: ALICE,
            name: name("xrays"),
            category: Category::MedicalScience,
            split,
        });
        let all = Share {
            beneficiary: Beneficiary::DatasetOwner(dataset),
            parts: Ppm::MILLION,
        };
        assert_eq!(SplitRows::get(split), Some((vec![all], None)));
        assert_eq!(References::get(split), 1);
        assert_eq!(
            held(HoldReason::DatasetDeposit, &MAI, ALICE),
            dataset_deposit()
        );
        assert_eq!(free(&MAI, ALICE), WEALTH - dataset_deposit());
        assert_eq!(DataLicense::dataset_owner(dataset), Some(ALICE));
        assert_eq!(DataLicense::dataset_owner(DatasetId(9)), None);
    });
}

/// The longest dataset with the longest terms fits what the deposit is for.
#[test]
fn deposits_cover_what_is_stored() {
    use codec::MaxEncodedLen;
    let terms = crate::NumberedTerms::max_encoded_len();
    assert!(terms > DatasetTerms::max_encoded_len() + File::max_encoded_len());
    assert!(DataLicense::dataset_size() > crate::DatasetOf::<Test>::max_encoded_len() + terms);
    assert!(DataLicense::grant_size() > crate::GrantOf::<Test>::max_encoded_len() + terms);
}

#[test]
fn a_cooperative_registers_with_its_own_split_which_stays_when_the_dataset_goes() {
    test(|| {
        let split = Doubles::split(vec![], Some(ALICE));
        let before = free(&MAI, ALICE);
        assert_ok!(try_register(
            ALICE,
            name("field notes"),
            file(),
            Some(split)
        ));
        assert_eq!(References::get(split), 1);
        assert_eq!(split_of(DATASET), split);
        assert_ok!(DataLicense::remove_dataset(by(ALICE), DATASET));
        assert_eq!(References::get(split), 0);
        assert!(Doubles::exists(split));
        assert_eq!(free(&MAI, ALICE), before);
    });
}

#[test]
fn nobody_ties_a_dataset_to_a_strangers_split() {
    test(|| {
        let strangers = Doubles::split(vec![], Some(CAROL));
        let kept = split_of(register(ALICE));
        for split in [strangers, kept] {
            assert_noop!(
                try_register(ALICE, name("a"), file(), Some(split)),
                Error::SplitOfAnother
            );
        }
        assert_noop!(
            try_register(ALICE, name("a"), file(), Some(SplitId(77))),
            Error::SplitNotFound
        );
        assert_eq!(References::get(strangers), 0);
    });
}

#[test]
fn what_is_no_dataset_is_not_registered() {
    test(|| {
        let with = |name, metadata| try_register(ALICE, name, metadata, None);
        for (origin, error) in [
            (RuntimeOrigin::root(), DispatchError::BadOrigin),
            (RuntimeOrigin::none(), DispatchError::BadOrigin),
        ] {
            assert_noop!(
                DataLicense::register_dataset(
                    origin,
                    name("a"),
                    Category::Other,
                    file(),
                    Openness::Open,
                    None
                ),
                error
            );
        }
        let bytes: Name = vec![0xff, 0xfe].try_into().expect("short");
        for bad in [bytes, name(""), name(" "), name("a\u{202e}b"), name("a\nb")] {
            assert_noop!(with(bad, file()), Error::NameNotText);
        }
        for bad in [
            File {
                length: 0,
                ..file()
            },
            File {
                length: MAX_FILE + 1,
                ..file()
            },
            File::new([7; 32], 1, &[]).expect("short"),
            File::new([7; 32], 1, &["file:///etc/passwd"]).expect("short"),
        ] {
            assert_noop!(with(name("a"), bad), Error::MetadataNotSound);
        }
        assert_noop!(try_register(POOR, name("a"), file(), None), BROKE);
        NextDataset::<Test>::put(DatasetId(u32::MAX));
        assert_noop!(with(name("a"), file()), Error::IdsExhausted);
        NextDataset::<Test>::put(DATASET);
    });
}

#[test]
fn metadata_is_set_by_the_owner_alone() {
    test(|| {
        register(ALICE);
        let set = |origin, dataset, file| DataLicense::set_metadata(origin, dataset, file);
        assert_noop!(
            set(RuntimeOrigin::none(), DATASET, file()),
            DispatchError::BadOrigin
        );
        assert_noop!(set(by(EVE), DATASET, other_file()), Error::NotDatasetOwner);
        assert_noop!(
            set(by(ALICE), DatasetId(5), other_file()),
            Error::DatasetNotFound
        );
        let unsound = File {
            uris: Default::default(),
            ..file()
        };
        assert_noop!(set(by(ALICE), DATASET, unsound), Error::MetadataNotSound);
        // While there are no terms there is nothing to number.
        assert_ok!(set(by(ALICE), DATASET, other_file()));
        emitted(Event::MetadataSet {
            dataset: DATASET,
            number: 0,
            sha256: [8; 32],
        });
        assert_eq!(dataset(DATASET).metadata, other_file());
    });
}

#[test]
fn new_metadata_is_sold_under_a_new_number_and_grants_keep_theirs() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        assert_ok!(DataLicense::set_metadata(by(ALICE), dataset, other_file()));
        emitted(Event::MetadataSet {
            dataset,
            number: 2,
            sha256: [8; 32],
        });
        // Who had looked at the old metadata does not get the new one.
        assert_noop!(
            DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::TermsChanged
        );
        let newer = acquire(dataset);
        let of = |grant| {
            let view = DataLicense::grant_view(grant).expect("given");
            (view.number, view.metadata, view.terms)
        };
        assert_eq!(of(grant), (1, file(), terms()));
        assert_eq!(of(newer), (2, other_file(), terms()));
        let view = DataLicense::dataset_view(dataset).expect("registered");
        assert_eq!(
            (view.metadata, view.terms),
            (other_file(), Some((2, terms())))
        );
    });
}

#[test]
fn a_closed_dataset_gives_no_grants_until_it_is_reopened() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
        let other = requested(approved_terms());
        assert_noop!(
            DataLicense::close_dataset(RuntimeOrigin::root(), dataset),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::close_dataset(by(EVE), dataset),
            Error::NotDatasetOwner
        );
        assert_noop!(
            DataLicense::reopen_dataset(by(ALICE), dataset),
            Error::DatasetNotClosed
        );
        assert_ok!(DataLicense::close_dataset(by(ALICE), dataset));
        emitted(Event::DatasetClosed { dataset });
        assert_eq!(
            DataLicense::dataset_view(dataset).map(|d| d.state),
            Some(DatasetState::Closed)
        );
        assert_noop!(
            DataLicense::close_dataset(by(ALICE), dataset),
            Error::DatasetClosed
        );
        assert_noop!(try_acquire(dataset), Error::DatasetClosed);
        assert_ok!(DataLicense::close_dataset(by(ALICE), other));
        assert_noop!(
            DataLicense::approve(by(ALICE), other, MODEL, BOB, 1),
            Error::DatasetClosed
        );
        // Who has a grant keeps it.
        assert_ok!(renew(BOB, grant));
        assert_noop!(
            DataLicense::reopen_dataset(RuntimeOrigin::root(), dataset),
            DispatchError::BadOrigin
        );
        assert_noop!(
            DataLicense::reopen_dataset(by(EVE), dataset),
            Error::NotDatasetOwner
        );
        assert_ok!(DataLicense::reopen_dataset(by(ALICE), dataset));
        emitted(Event::DatasetReopened { dataset });
        acquire(dataset);
    });
}

#[test]
fn ownership_moves_in_two_steps_and_the_deposit_with_it() {
    test(|| {
        let id = register(ALICE);
        let offer = |origin, to| DataLicense::transfer_ownership(origin, id, to);
        assert_noop!(
            offer(RuntimeOrigin::none(), CAROL),
            DispatchError::BadOrigin
        );
        assert_noop!(offer(by(EVE), CAROL), Error::NotDatasetOwner);
        assert_noop!(offer(by(ALICE), ALICE), Error::OfferedToOwner);
        assert_noop!(
            DataLicense::accept_ownership(by(CAROL), id, 0),
            Error::OwnershipNotOffered
        );
        assert_ok!(offer(by(ALICE), EVE));
        assert_ok!(offer(by(ALICE), CAROL));
        emitted(Event::OwnershipOffered {
            dataset: id,
            to: CAROL,
        });
        assert_eq!(DataLicense::dataset_owner(id), Some(ALICE));

        let accept = |origin, dataset| DataLicense::accept_ownership(origin, dataset, 2);
        assert_noop!(accept(RuntimeOrigin::root(), id), DispatchError::BadOrigin);
        assert_noop!(accept(by(EVE), id), Error::OwnershipNotOffered);
        assert_noop!(accept(by(CAROL), DatasetId(4)), Error::DatasetNotFound);
        assert_ok!(accept(by(CAROL), id));
        emitted(Event::OwnershipAccepted {
            dataset: id,
            from: ALICE,
            to: CAROL,
        });
        assert_eq!(DataLicense::dataset_owner(id), Some(CAROL));
        assert_eq!(free(&MAI, ALICE), WEALTH);
        assert_eq!(
            held(HoldReason::DatasetDeposit, &MAI, CAROL),
            dataset_deposit()
        );
        let of = |who| DataLicense::datasets_of(&who, DatasetId(0), 9);
        assert_eq!((of(ALICE), of(CAROL)), (vec![], vec![id]));
        assert_noop!(accept(by(CAROL), id), Error::OwnershipNotOffered);
        assert_noop!(
            DataLicense::set_terms(by(ALICE), id, Box::new(terms())),
            Error::NotDatasetOwner
        );
    });
}

/// Whatever the owner calls between the look and the acceptance is seen.
#[test]
fn buyer_gets_what_it_saw() {
    test(|| {
        let free_of_cost = |terms: DatasetTerms| DatasetTerms {
            price: price(MAI, 0),
            ..terms
        };
        let id = dataset_under(free_of_cost(terms()));
        let revocable = acquire(id);
        set_terms(id, free_of_cost(approved_terms()));
        assert_ok!(try_acquire(id));
        let approved = approve(id);
        assert_ok!(try_acquire(id));
        assert_ok!(DataLicense::acquire(by(CAROL), id, CAROLS, 2, 0, 50));
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), id, CAROL));

        let mut seen = dataset(id).ownership.changes;
        let mut is_seen = |done: DispatchResult| {
            assert_ok!(done);
            let changes = dataset(id).ownership.changes;
            assert_eq!(changes, seen + 1);
            assert_noop!(
                DataLicense::accept_ownership(by(CAROL), id, seen),
                Error::ChangedMeanwhile
            );
            seen = changes;
        };
        is_seen(DataLicense::approve(by(ALICE), id, MODEL, BOB, 2));
        is_seen(DataLicense::reject(by(ALICE), id, CAROLS));
        is_seen(DataLicense::approve_owner(by(ALICE), approved, BOB));
        is_seen(DataLicense::revoke(by(ALICE), revocable));
        is_seen(DataLicense::close_dataset(by(ALICE), id));
        is_seen(DataLicense::reopen_dataset(by(ALICE), id));
        is_seen(DataLicense::set_metadata(by(ALICE), id, other_file()));
        is_seen(DataLicense::set_terms(by(ALICE), id, Box::new(terms())));
        is_seen(DataLicense::transfer_ownership(by(ALICE), id, CAROL));
        // What the registry keeps for the owner, it has counted.
        is_seen({
            DataLicense::count_change(id);
            Ok(())
        });

        // What others do is none.
        assert_ok!(renew(EVE, approved));
        let changes = dataset(id).ownership.changes;
        assert_ok!(DataLicense::accept_ownership(by(CAROL), id, changes));
        let view = DataLicense::dataset_view(id).expect("registered");
        assert_eq!((view.owner, view.changes), (CAROL, changes + 1));
    });
}

#[test]
fn who_cannot_pay_the_deposit_does_not_become_owner() {
    test(|| {
        let dataset = register(ALICE);
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), dataset, POOR));
        assert_noop!(DataLicense::accept_ownership(by(POOR), dataset, 1), BROKE);
    });
}

#[test]
fn an_offer_can_be_taken_back() {
    test(|| {
        let dataset = register(ALICE);
        let cancel = |origin| DataLicense::cancel_transfer(origin, dataset);
        assert_noop!(cancel(by(ALICE)), Error::OwnershipNotOffered);
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), dataset, CAROL));
        assert_noop!(cancel(RuntimeOrigin::root()), DispatchError::BadOrigin);
        assert_noop!(cancel(by(CAROL)), Error::NotDatasetOwner);
        assert_ok!(cancel(by(ALICE)));
        emitted(Event::TransferCancelled { dataset });
        for changes in 0..3 {
            assert_noop!(
                DataLicense::accept_ownership(by(CAROL), dataset, changes),
                Error::OwnershipNotOffered
            );
        }
    });
}

#[test]
fn a_dataset_in_use_stays() {
    test(|| {
        let dataset = requested(approved_terms());
        let remove = |origin| DataLicense::remove_dataset(origin, dataset);
        assert_noop!(remove(RuntimeOrigin::root()), DispatchError::BadOrigin);
        assert_noop!(remove(by(EVE)), Error::NotDatasetOwner);
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);
        let grant = approve(dataset);
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);

        // A version keeps the terms that it was published under, whatever becomes of the grant.
        assert_ok!(DataLicense::inc_refs(dataset, 1));
        set_terms(dataset, terms());
        assert_ok!(DataLicense::remove_grant(by(BOB), grant));
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);
        assert_eq!(DataLicense::terms(dataset, 1), Some(approved_terms()));
        DataLicense::dec_refs(dataset, 1);
        assert_eq!(DataLicense::terms(dataset, 1), None);
        assert_noop!(DataLicense::inc_refs(dataset, 1), Error::TermsNotSet);

        // Somebody's version still pays its split.
        let split = split_of(dataset);
        assert_ok!(<Doubles as Splits<AccountId>>::inc_refs(split));
        assert_noop!(remove(by(ALICE)), DispatchError::Other("split is named"));
        <Doubles as Splits<AccountId>>::dec_refs(split);

        assert_ok!(remove(by(ALICE)));
        emitted(Event::DatasetRemoved { dataset });
        assert!(!Doubles::exists(split));
        assert_eq!(Terms::<Test>::iter().count(), 0);
        assert_eq!(free(&MAI, ALICE), WEALTH);
        assert_noop!(remove(by(ALICE)), Error::DatasetNotFound);
    });
}

#[test]
fn pages_list_datasets_in_the_order_of_their_ids() {
    test(|| {
        for n in 0..300 {
            register(if n % 2 == 0 { ALICE } else { CAROL });
        }
        for gone in [0, 256] {
            assert_ok!(DataLicense::remove_dataset(by(ALICE), DatasetId(gone)));
        }
        for gone in [3, 255] {
            assert_ok!(DataLicense::remove_dataset(by(CAROL), DatasetId(gone)));
        }
        let ids = |from, limit| -> Vec<u32> {
            DataLicense::datasets_page(DatasetId(from), limit)
                .iter()
                .map(|d| d.id.0)
                .collect()
        };
        assert_eq!(ids(0, 4), [1, 2, 4, 5]);
        assert_eq!(ids(3, 2), [4, 5]);
        assert_eq!(ids(4, 2), [4, 5]);
        assert_eq!(ids(254, 3), [254, 257, 258]);
        assert_eq!(ids(0, u32::MAX).len(), 100);
        assert_eq!(ids(299, 5), [299]);
        assert!(ids(300, 5).is_empty());
        let of = |who, from, limit| -> Vec<u32> {
            DataLicense::datasets_of(&who, DatasetId(from), limit)
                .iter()
                .map(|d| d.0)
                .collect()
        };
        assert_eq!(of(ALICE, 0, 3), [2, 4, 6]);
        assert_eq!(of(CAROL, 253, 3), [253, 257, 259]);
        assert_eq!(of(ALICE, 0, u32::MAX).len(), 100);
        assert!(of(BOB, 0, 3).is_empty());
        let view = DataLicense::dataset_view(DatasetId(7)).expect("registered");
        assert_eq!(
            (view.owner, view.name, view.terms),
            (CAROL, name("xrays"), None)
        );
        assert_eq!(DataLicense::dataset_view(DatasetId(0)), None);
    });
}
