use super::*;
use crate::{Datasets, NextDataset, Terms};
use myai_primitives::{Beneficiary, DatasetState, Share, SplitId, Splits};
use sp_runtime::{DispatchError, TokenError};

#[test]
fn registering_makes_a_split_for_the_owner_and_holds_a_deposit() {
    test(|| {
        let dataset = register(ALICE);
        let record = Datasets::<Test>::get(dataset).expect("registered");
        emitted(Event::DatasetRegistered {
            dataset,
            owner: ALICE,
            split: record.split,
        });
        assert_eq!(
            SplitShares::get(record.split),
            Some(vec![Share {
                beneficiary: Beneficiary::DatasetOwner(dataset),
                parts: Ppm::MILLION
            }])
        );
        assert_eq!(Remembered::get(record.split), 1);
        assert_eq!(
            held(HoldReason::DatasetDeposit, &MAI, ALICE),
            dataset_deposit()
        );
        assert_eq!(free(&MAI, ALICE), WEALTH - dataset_deposit());
        assert_eq!(DataLicense::dataset_owner(dataset), Some(ALICE));
        assert_eq!(DataLicense::dataset_owner(DatasetId(9)), None);
    });
}

#[test]
fn a_cooperative_registers_with_its_own_split_which_stays_when_the_dataset_goes() {
    test(|| {
        let split = Doubles::create(&EVE, vec![]).expect("a double");
        let before = free(&MAI, ALICE);
        assert_ok!(DataLicense::register_dataset(
            by(ALICE),
            name("field notes"),
            Category::Personal,
            file(),
            Openness::Closed,
            Some(split)
        ));
        assert_eq!(Remembered::get(split), 1);
        assert_eq!(Datasets::<Test>::get(DATASET).map(|d| d.split), Some(split));
        assert_ok!(DataLicense::remove_dataset(by(ALICE), DATASET));
        assert_eq!(Remembered::get(split), 0);
        assert!(Doubles::exists(split));
        assert_eq!(free(&MAI, ALICE), before);
    });
}

#[test]
fn what_is_no_dataset_is_not_registered() {
    test(|| {
        let with = |origin, name, metadata, split| {
            DataLicense::register_dataset(
                origin,
                name,
                Category::Other,
                metadata,
                Openness::Open,
                split,
            )
        };
        assert_noop!(
            with(RuntimeOrigin::root(), name("a"), file(), None),
            DispatchError::BadOrigin
        );
        assert_noop!(with(by(ALICE), name(""), file(), None), Error::NameEmpty);
        let unsound = File {
            length: 0,
            ..file()
        };
        assert_noop!(
            with(by(ALICE), name("a"), unsound, None),
            Error::MetadataUnsound
        );
        assert_noop!(
            with(by(ALICE), name("a"), file(), Some(SplitId(77))),
            DispatchError::Other("no such split")
        );
        assert_noop!(
            with(by(POOR), name("a"), file(), None),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
        NextDataset::<Test>::put(DatasetId(u32::MAX));
        assert_noop!(
            with(by(ALICE), name("a"), file(), None),
            Error::IdsExhausted
        );
        NextDataset::<Test>::put(DATASET);
    });
}

#[test]
fn metadata_is_changed_by_the_owner_alone() {
    test(|| {
        register(ALICE);
        let other = File {
            sha256: [8; 32],
            ..file()
        };
        let set = |origin, dataset, file| DataLicense::set_metadata(origin, dataset, file);
        assert_noop!(
            set(RuntimeOrigin::none(), DATASET, file()),
            DispatchError::BadOrigin
        );
        assert_noop!(set(by(EVE), DATASET, other.clone()), Error::NotDatasetOwner);
        assert_noop!(
            set(by(ALICE), DatasetId(5), other.clone()),
            Error::DatasetNotFound
        );
        let unsound = File {
            uris: Default::default(),
            ..file()
        };
        assert_noop!(set(by(ALICE), DATASET, unsound), Error::MetadataUnsound);
        assert_ok!(set(by(ALICE), DATASET, other.clone()));
        emitted(Event::MetadataSet { dataset: DATASET });
        assert_eq!(
            Datasets::<Test>::get(DATASET).map(|d| d.metadata),
            Some(other)
        );
    });
}

#[test]
fn a_closed_dataset_gives_no_grants_until_it_is_reopened() {
    test(|| {
        let dataset = dataset_under(terms());
        let grant = acquire(dataset);
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
        assert_noop!(
            DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, 0),
            Error::DatasetClosed
        );
        // Who has a grant keeps it.
        assert_ok!(DataLicense::renew(by(BOB), grant, 1_000));
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
        let dataset = register(ALICE);
        let offer = |origin, to| DataLicense::transfer_ownership(origin, dataset, to);
        assert_noop!(
            offer(RuntimeOrigin::none(), CAROL),
            DispatchError::BadOrigin
        );
        assert_noop!(offer(by(EVE), CAROL), Error::NotDatasetOwner);
        assert_noop!(offer(by(ALICE), ALICE), Error::OfferedToOwner);
        assert_noop!(
            DataLicense::accept_ownership(by(CAROL), dataset),
            Error::OwnershipNotOffered
        );
        assert_ok!(offer(by(ALICE), EVE));
        assert_ok!(offer(by(ALICE), CAROL));
        emitted(Event::OwnershipOffered { dataset, to: CAROL });
        assert_eq!(DataLicense::dataset_owner(dataset), Some(ALICE));

        let accept = |origin, dataset| DataLicense::accept_ownership(origin, dataset);
        assert_noop!(
            accept(RuntimeOrigin::root(), dataset),
            DispatchError::BadOrigin
        );
        assert_noop!(accept(by(EVE), dataset), Error::OwnershipNotOffered);
        assert_noop!(accept(by(CAROL), DatasetId(4)), Error::DatasetNotFound);
        assert_ok!(accept(by(CAROL), dataset));
        emitted(Event::OwnershipAccepted {
            dataset,
            from: ALICE,
            to: CAROL,
        });
        assert_eq!(DataLicense::dataset_owner(dataset), Some(CAROL));
        assert_eq!(free(&MAI, ALICE), WEALTH);
        assert_eq!(
            held(HoldReason::DatasetDeposit, &MAI, CAROL),
            dataset_deposit()
        );
        assert_noop!(accept(by(CAROL), dataset), Error::OwnershipNotOffered);
        assert_noop!(
            DataLicense::set_terms(by(ALICE), dataset, terms()),
            Error::NotDatasetOwner
        );
    });
}

#[test]
fn who_cannot_pay_the_deposit_does_not_become_owner() {
    test(|| {
        let dataset = register(ALICE);
        assert_ok!(DataLicense::transfer_ownership(by(ALICE), dataset, POOR));
        assert_noop!(
            DataLicense::accept_ownership(by(POOR), dataset),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
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
        assert_noop!(
            DataLicense::accept_ownership(by(CAROL), dataset),
            Error::OwnershipNotOffered
        );
    });
}

#[test]
fn a_dataset_in_use_stays() {
    test(|| {
        let dataset = dataset_under(approved_terms());
        let remove = |origin| DataLicense::remove_dataset(origin, dataset);
        assert_noop!(remove(RuntimeOrigin::root()), DispatchError::BadOrigin);
        assert_noop!(remove(by(EVE)), Error::NotDatasetOwner);

        assert_ok!(DataLicense::acquire(by(BOB), dataset, MODEL, 1, 1_000, 50));
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);
        assert_ok!(DataLicense::approve(by(ALICE), dataset, MODEL));
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);
        assert_ok!(DataLicense::remove_grant(by(BOB), GrantId(0)));

        let version = version(1, &[]);
        assert_ok!(DataLicense::allow_replacement(by(ALICE), dataset, version));
        assert_noop!(remove(by(ALICE)), Error::DatasetInUse);
        assert_ok!(DataLicense::disallow_replacement(
            by(ALICE),
            dataset,
            version
        ));

        // Somebody's version still pays its split.
        let split = Datasets::<Test>::get(dataset).expect("registered").split;
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
        for _ in 0..300 {
            register(ALICE);
        }
        for gone in [0, 3, 255, 256] {
            assert_ok!(DataLicense::remove_dataset(by(ALICE), DatasetId(gone)));
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
        let view = DataLicense::dataset_view(DatasetId(7)).expect("registered");
        assert_eq!(
            (view.owner, view.name, view.terms),
            (ALICE, name("xrays"), None)
        );
        assert_eq!(DataLicense::dataset_view(DatasetId(0)), None);
    });
}
