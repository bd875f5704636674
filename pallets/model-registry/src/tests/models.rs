//! Models, ownership and the model's account.

use crate::{mock::*, Error, Event, Models, ModelsOf, NextModel, NextVersion, Pallet};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::fungibles::Mutate};
use myai_primitives::{Asset, Category, File, ModelId, VersionId, MAX_FILE};
use myai_support::{Deposit, Versions as _};
use sp_runtime::{DispatchError, TokenError};

fn pay(asset: Asset, to: &AccountId, amount: u128) {
    match asset {
        Asset::Native => {
            assert_ok!(Balances::transfer_allow_death(
                signed(carol()),
                to.clone(),
                amount
            ));
        }
        Asset::Id(id) => {
            assert_ok!(<Assets as Mutate<_>>::mint_into(id, to, amount));
        }
    }
}

#[test]
fn registering_makes_the_caller_owner_for_a_deposit() {
    test(|| {
        assert_ok!(Registry::register_model(
            signed(alice()),
            name("Ada"),
            Category::Law,
            file(0)
        ));
        System::assert_last_event(
            Event::ModelRegistered {
                model: ModelId(0),
                owner: alice(),
                name: name("Ada"),
                category: Category::Law,
            }
            .into(),
        );
        let found = Models::<Test>::get(ModelId(0).place()).unwrap();
        assert_eq!((found.ownership.owner, found.versions), (alice(), 0));
        let (held, _) = deposits(&alice());
        let bytes = 320 + name("Ada").encoded_size() + file(0).encoded_size();
        assert_eq!(held, deposit_for(bytes));
        assert_eq!(Balances::free_balance(alice()), RICH - held);
        assert_eq!(NextModel::<Test>::get(), ModelId(1));
        assert_eq!(Registry::model_owner(ModelId(0)), Some(alice()));
        assert_eq!(Registry::model_owner(ModelId(1)), None);
    });
}

#[test]
fn registering_needs_a_signature_a_name_a_sound_file_and_the_deposit() {
    test(|| {
        let call =
            |origin, n: &str, f| Registry::register_model(origin, name(n), Category::General, f);
        assert_noop!(
            call(RuntimeOrigin::root(), "Ada", file(0)),
            DispatchError::BadOrigin
        );
        assert_noop!(
            call(signed(alice()), "", file(0)),
            Error::<Test>::NameNotText
        );
        assert_noop!(
            Registry::register_model(
                signed(alice()),
                vec![0xff].try_into().unwrap(),
                Category::General,
                file(0)
            ),
            Error::<Test>::NameNotText
        );
        for (length, uris) in [
            (0, vec!["https://x.example"]),
            (MAX_FILE + 1, vec!["https://x.example"]),
            (1, vec![]),
            (1, vec!["file:///etc/passwd"]),
            (1, vec!["https://x.example", "ftp://x.example"]),
        ] {
            let unsound = File::new([0; 32], length, &uris).unwrap();
            assert_noop!(
                call(signed(alice()), "Ada", unsound),
                Error::<Test>::MetadataNotSound
            );
        }
        for hidden in [" ", "a\nb", "a\u{202e}b", "a\u{200b}"] {
            assert_noop!(
                call(signed(alice()), hidden, file(0)),
                Error::<Test>::NameNotText
            );
        }
        assert_noop!(
            call(signed(governance()), "Ada", file(0)),
            TokenError::FundsUnavailable
        );
    });
}

#[test]
fn ownership_moves_in_two_steps_and_the_deposit_with_it() {
    test(|| {
        let m = model(alice());
        let v = publish(m, spec());
        let (held, of_version) = deposits(&alice());
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        System::assert_last_event(
            Event::OwnershipOffered {
                model: m,
                to: bob(),
            }
            .into(),
        );
        assert_eq!(Registry::model_owner(m), Some(alice()));
        assert_ok!(Registry::accept_ownership(signed(bob()), m, changes(m)));
        System::assert_last_event(
            Event::OwnershipAccepted {
                model: m,
                from: alice(),
                to: bob(),
            }
            .into(),
        );
        assert_eq!(Registry::model_owner(m), Some(bob()));
        // A version's deposit stays with who paid it.
        assert_eq!(deposits(&alice()), (0, of_version));
        assert_eq!(deposits(&bob()), (held, 0));
        assert_eq!(Registry::models_of(&alice(), ModelId(0), 9), vec![]);
        assert_eq!(Registry::models_of(&bob(), ModelId(0), 9), vec![m]);
        assert_eq!(Registry::model_of(v), Some(m));
        assert_noop!(
            Registry::set_metadata(signed(alice()), m, file(1)),
            Error::<Test>::NotOwner
        );
        assert_noop!(
            Registry::accept_ownership(signed(bob()), m, changes(m)),
            Error::<Test>::OwnershipNotOffered
        );
    });
}

#[test]
fn an_offer_is_the_owners_and_names_another() {
    test(|| {
        let m = model(alice());
        let offer = Pallet::<Test>::transfer_ownership;
        assert_noop!(
            offer(RuntimeOrigin::root(), m, bob()),
            DispatchError::BadOrigin
        );
        assert_noop!(offer(signed(bob()), m, bob()), Error::<Test>::NotOwner);
        assert_noop!(
            offer(signed(alice()), m, alice()),
            Error::<Test>::OfferedToOwner
        );
        assert_noop!(
            offer(signed(alice()), ModelId(5), bob()),
            Error::<Test>::ModelNotFound
        );
    });
}

#[test]
fn only_the_account_of_the_last_offer_accepts() {
    test(|| {
        let m = model(alice());
        let accept = |origin, m| Registry::accept_ownership(origin, m, 2);
        assert_noop!(accept(RuntimeOrigin::root(), m), DispatchError::BadOrigin);
        assert_noop!(
            accept(signed(bob()), ModelId(5)),
            Error::<Test>::ModelNotFound
        );
        assert_noop!(accept(signed(bob()), m), Error::<Test>::OwnershipNotOffered);
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, carol()));
        assert_noop!(accept(signed(bob()), m), Error::<Test>::OwnershipNotOffered);
        assert_ok!(accept(signed(carol()), m));
    });
}

#[test]
fn a_buyer_without_the_deposit_does_not_become_owner() {
    test(|| {
        let m = model(alice());
        assert_ok!(Registry::transfer_ownership(
            signed(alice()),
            m,
            governance()
        ));
        assert_noop!(
            Registry::accept_ownership(signed(governance()), m, changes(m)),
            TokenError::FundsUnavailable
        );
    });
}

#[test]
fn a_cancelled_offer_cannot_be_accepted() {
    test(|| {
        let m = model(alice());
        let cancel = Pallet::<Test>::cancel_transfer;
        assert_noop!(
            cancel(signed(alice()), m),
            Error::<Test>::OwnershipNotOffered
        );
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        assert_noop!(cancel(RuntimeOrigin::root(), m), DispatchError::BadOrigin);
        assert_noop!(cancel(signed(bob()), m), Error::<Test>::NotOwner);
        assert_noop!(
            cancel(signed(alice()), ModelId(5)),
            Error::<Test>::ModelNotFound
        );
        assert_ok!(cancel(signed(alice()), m));
        System::assert_last_event(Event::TransferCancelled { model: m }.into());
        assert_noop!(
            Registry::accept_ownership(signed(bob()), m, changes(m)),
            Error::<Test>::OwnershipNotOffered
        );
    });
}

#[test]
fn metadata_changes_and_the_deposit_follows_its_size() {
    test(|| {
        let m = model(alice());
        let (before, _) = deposits(&alice());
        let set = Pallet::<Test>::set_metadata;
        let more = File::new(
            [9; 32],
            1,
            &["https://a.example/longer/than/before", "https://b.example"],
        );
        let more = more.unwrap();
        assert_noop!(
            set(RuntimeOrigin::root(), m, more.clone()),
            DispatchError::BadOrigin
        );
        assert_noop!(set(signed(bob()), m, more.clone()), Error::<Test>::NotOwner);
        assert_noop!(
            set(signed(bob()), ModelId(5), file(1)),
            Error::<Test>::ModelNotFound
        );
        let unsound = File::new([9; 32], 1, &["ftp://a.example"]).unwrap();
        assert_noop!(
            set(signed(alice()), m, unsound),
            Error::<Test>::MetadataNotSound
        );
        assert_ok!(set(signed(alice()), m, more.clone()));
        System::assert_last_event(
            Event::MetadataSet {
                model: m,
                sha256: [9; 32],
            }
            .into(),
        );
        assert_eq!(Models::<Test>::get(m.place()).unwrap().metadata, more);
        assert!(deposits(&alice()).0 > before);
        assert_ok!(set(signed(alice()), m, file(0)));
        assert_eq!(deposits(&alice()).0, before);
    });
}

#[test]
fn the_owner_withdraws_from_the_models_account() {
    test(|| {
        let m = model(alice());
        let account = Registry::model_account(m);
        pay(Asset::Native, &account, 500);
        let withdraw = Pallet::<Test>::withdraw;
        let native = Asset::Native;
        assert_noop!(
            withdraw(RuntimeOrigin::root(), m, native, 1, bob()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            withdraw(signed(bob()), m, native, 1, bob()),
            Error::<Test>::NotOwner
        );
        assert_noop!(
            withdraw(signed(alice()), ModelId(5), native, 1, bob()),
            Error::<Test>::ModelNotFound
        );
        assert_ok!(withdraw(signed(alice()), m, native, 100, bob()));
        System::assert_last_event(
            Event::Withdrawn {
                model: m,
                asset: native,
                value: 100,
                to: bob(),
            }
            .into(),
        );
        assert_eq!(Balances::free_balance(&account), 400);
        assert_eq!(Balances::free_balance(bob()), RICH + 100);
        // What would leave dust is refused; all of it is not.
        assert!(withdraw(signed(alice()), m, native, 395, bob()).is_err());
        assert!(withdraw(signed(alice()), m, native, 401, bob()).is_err());
        assert_ok!(withdraw(signed(alice()), m, native, 400, bob()));
        assert_eq!(Balances::free_balance(bob()), RICH + 500);
        assert!(!System::account_exists(&account));
    });
}

#[test]
fn another_asset_is_withdrawn_in_the_same_way() {
    test(|| {
        let m = model(alice());
        let account = Registry::model_account(m);
        pay(dollars(), &account, 60);
        assert_ok!(Registry::withdraw(signed(alice()), m, dollars(), 20, bob()));
        assert_eq!(Assets::balance(DOLLARS, &account), 40);
        assert_ok!(Registry::withdraw(signed(alice()), m, dollars(), 40, bob()));
        assert_eq!(Assets::balance(DOLLARS, bob()), RICH + 60);
        assert!(!System::account_exists(&account));
    });
}

#[test]
fn a_removed_model_gives_back_deposit_and_account() {
    test(|| {
        let m = model(alice());
        pay(Asset::Native, &Registry::model_account(m), 500);
        let remove = Pallet::<Test>::remove_model;
        assert_noop!(remove(RuntimeOrigin::root(), m), DispatchError::BadOrigin);
        assert_noop!(remove(signed(bob()), m), Error::<Test>::NotOwner);
        assert_noop!(
            remove(signed(bob()), ModelId(5)),
            Error::<Test>::ModelNotFound
        );
        assert_ok!(remove(signed(alice()), m));
        System::assert_last_event(Event::ModelRemoved { model: m }.into());
        assert_eq!(Balances::free_balance(alice()), RICH + 500);
        assert_eq!(deposits(&alice()).0, 0);
        assert!(Models::<Test>::get(m.place()).is_none());
        assert_eq!(ModelsOf::<Test>::iter_keys().count(), 0);
        // The number is not given again.
        assert_eq!(model(alice()), ModelId(1));
    });
}

#[test]
fn an_asset_that_a_stranger_froze_keeps_no_model_from_being_removed() {
    test(|| {
        let m = model(alice());
        let account = Registry::model_account(m);
        pay(Asset::Native, &account, 500);
        let worthless = DOLLARS + 1;
        assert_ok!(Assets::force_create(
            RuntimeOrigin::root(),
            worthless,
            carol(),
            false,
            1
        ));
        pay(Asset::Id(worthless), &account, 1);
        assert_ok!(Assets::freeze_asset(signed(carol()), worthless));
        assert_ok!(Registry::remove_model(signed(alice()), m));
        // Its existential deposit stays: the account cannot end.
        let stays = Balances::free_balance(&account);
        assert!(stays > 0);
        assert_eq!(Balances::free_balance(alice()), RICH + 500 - stays);
        assert_eq!(deposits(&alice()).0, 0);
    });
}

#[test]
fn numbers_that_are_used_up_register_and_publish_nothing() {
    test(|| {
        let m = model(alice());
        NextModel::<Test>::put(ModelId(u32::MAX));
        let again =
            || Registry::register_model(signed(alice()), name("Ada"), Category::Other, file(1));
        assert_noop!(again(), Error::<Test>::IdsExhausted);
        NextVersion::<Test>::put(VersionId(u32::MAX));
        assert_noop!(try_publish(m, spec()), Error::<Test>::IdsExhausted);
    });
}

#[test]
fn a_model_with_versions_stays() {
    test(|| {
        let m = model(alice());
        publish(m, spec());
        assert_noop!(
            Registry::remove_model(signed(alice()), m),
            Error::<Test>::ModelHasVersions
        );
    });
}

#[test]
fn models_have_accounts_of_their_own() {
    test(|| {
        assert_ne!(
            Registry::model_account(ModelId(0)),
            Registry::model_account(ModelId(1))
        );
    });
}

#[test]
fn a_deposit_goes_back_to_who_paid_it() {
    test(|| {
        type D = Deposit<AccountId, <Test as crate::Config>::ModelConsideration>;
        let deposit = D::take(&alice(), 10).unwrap();
        assert_eq!(deposits(&alice()).0, 1_020);
        let deposit = deposit.resize(20).unwrap();
        assert_eq!(deposits(&alice()).0, 1_040);
        assert_ok!(deposit.give_back());
        assert_eq!(deposits(&alice()).0, 0);
    });
}

#[test]
fn buyer_gets_what_it_saw() {
    test(|| {
        let m = model(alice());
        let v = publish(
            m,
            spec().derivatives(myai_primitives::Derivatives::Approval),
        );
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        let account = Registry::model_account(m);
        pay(Asset::Native, &account, 1_000);
        let owner = || signed(alice());
        // Whatever the owner calls on the model meanwhile, the buyer is not taken at its word.
        let calls: Vec<Box<dyn Fn() -> sp_runtime::DispatchResult>> = vec![
            Box::new(|| Registry::withdraw(owner(), m, Asset::Native, 1, alice())),
            Box::new(|| Registry::set_metadata(owner(), m, file(3))),
            Box::new(|| Registry::set_price(owner(), v, 1)),
            Box::new(|| Registry::approve_derivative(owner(), v, m, alice())),
            Box::new(|| Registry::withdraw_derivative_approval(owner(), v, m)),
            Box::new(|| Registry::retire_version(owner(), v)),
            Box::new(|| Registry::cancel_transfer(owner(), m)),
            Box::new(|| Registry::transfer_ownership(owner(), m, bob())),
            Box::new(|| try_publish(m, spec())),
        ];
        for call in calls {
            let seen = changes(m);
            assert_ok!(call());
            assert_eq!(changes(m), seen + 1);
            assert!(Registry::accept_ownership(signed(bob()), m, seen).is_err());
        }
        let seen = changes(m);
        assert_noop!(
            Registry::accept_ownership(signed(bob()), m, seen - 1),
            Error::<Test>::ChangedMeanwhile
        );
        assert_ok!(Registry::accept_ownership(signed(bob()), m, seen));
    });
}

#[test]
fn a_models_deposit_covers_what_it_stores() {
    test(|| {
        model(bob());
        let before = stored();
        let m = model(alice());
        assert_ok!(Registry::transfer_ownership(signed(alice()), m, bob()));
        assert!(covers(deposits(&alice()).0, stored() - before));
    });
}
