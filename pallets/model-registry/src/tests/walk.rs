//! Random walks through every call: the invariants hold after each step, and when all is removed
//! nothing is left but taken hashes, numbers and rules.

use crate::{
    mock::*, Approvals, Conditions, Models, NextModel, NextVersion, Offers, Pallet, References,
    Versions, VersionsOf,
};
use frame_support::assert_ok;
use myai_primitives::{
    api::VersionState, documents::*, Asset, GrantId, ModelId, Ppm, VersionId, Versions as _,
};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Publish {
        model: u32,
        bases: Vec<(u32, u32)>,
        grants: Vec<(u32, u32)>,
        price: u128,
        permission: usize,
        least_royalty: u32,
        least: Option<u128>,
        descendants: bool,
    },
    Grant {
        model: u32,
        dataset: u32,
        flags: u8,
        least_share: u32,
    },
    End {
        grant: u32,
        ends: Option<u32>,
    },
    Replace {
        version: u32,
        old: u32,
        new: u32,
    },
    SetPrice {
        version: u32,
        units: u128,
    },
    Retire {
        version: u32,
    },
    Remove {
        version: u32,
    },
    Approve {
        version: u32,
        model: u32,
    },
    Disapprove {
        version: u32,
        model: u32,
    },
    Sell {
        model: u32,
        to: u8,
    },
    Work {
        version: u32,
        until: u32,
        fee: u128,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (model, version, grant) = (0u32..4, 0u32..12, 0u32..12);
    prop_oneof![
        6 => (
            model.clone(),
            prop::collection::vec((version.clone(), 0u32..200_000), 0..3),
            prop::collection::vec((grant.clone(), 0u32..200_000), 0..3),
            (0u128..2_000, 0usize..3, 0u32..100_000),
            prop::option::of(0u128..50),
            any::<bool>(),
        )
            .prop_map(|(model, bases, grants, (price, permission, least_royalty), least, descendants)| {
                Step::Publish {
                    model, bases, grants, price, permission, least_royalty, least, descendants,
                }
            }),
        4 => (model.clone(), 0u32..4, 0u8..8, 0u32..100_000).prop_map(
            |(model, dataset, flags, least_share)| Step::Grant { model, dataset, flags, least_share }
        ),
        2 => (grant.clone(), prop::option::of(900u32..3_000))
            .prop_map(|(grant, ends)| Step::End { grant, ends }),
        1 => (version.clone(), grant.clone(), grant)
            .prop_map(|(version, old, new)| Step::Replace { version, old, new }),
        2 => (version.clone(), 0u128..2_000)
            .prop_map(|(version, units)| Step::SetPrice { version, units }),
        1 => version.clone().prop_map(|version| Step::Retire { version }),
        1 => version.clone().prop_map(|version| Step::Remove { version }),
        2 => (version.clone(), model.clone())
            .prop_map(|(version, model)| Step::Approve { version, model }),
        1 => (version.clone(), model.clone())
            .prop_map(|(version, model)| Step::Disapprove { version, model }),
        1 => (model, 0u8..3).prop_map(|(model, to)| Step::Sell { model, to }),
        3 => (version, 0u32..3_000, 0u128..2)
            .prop_map(|(version, until, fee)| Step::Work { version, until, fee }),
    ]
}

fn owner_of(version: VersionId) -> AccountId {
    Registry::model_of(version)
        .and_then(Registry::model_owner)
        .unwrap_or_else(alice)
}

/// One step; whether it was taken is no matter.
fn take(step: Step) {
    match step {
        Step::Publish {
            model,
            bases,
            grants,
            price,
            permission,
            least_royalty,
            least,
            descendants,
        } => {
            let mut s = spec()
                .price(Asset::Native, price)
                .permission(Permission::ALL[permission])
                .least_royalty(least_royalty);
            s.terms.reach = if descendants {
                Reach::Descendants
            } else {
                Reach::Direct
            };
            if let Some(units) = least {
                s = s.least_per_unit(Asset::Native, units);
            }
            for (version, royalty) in bases {
                s = s.base(VersionId(version), royalty);
            }
            for (grant, share) in grants {
                s = s.grant(GrantId(grant), share);
            }
            let _ = try_publish(ModelId(model), s);
        }
        Step::Grant {
            model,
            dataset,
            flags,
            least_share,
        } => {
            let terms = DatasetTerms {
                least_share: Ppm(least_share),
                share_alike: flags & 1 > 0,
                commercial: flags & 2 == 0,
                reach: if flags & 4 > 0 {
                    Reach::Descendants
                } else {
                    Reach::Direct
                },
                ..dataset_terms()
            };
            grant(ModelId(model), dataset, terms);
        }
        Step::End { grant, ends } => {
            if GrantTable::get().contains_key(&GrantId(grant)) {
                set_end(GrantId(grant), ends);
            }
        }
        Step::Replace { version, old, new } => {
            let (version, old, new) = (VersionId(version), GrantId(old), GrantId(new));
            if Registry::replace_grant(version, old, new).is_ok() {
                Attached::mutate(|a| {
                    a.remove(&(old, version));
                    a.insert((new, version));
                });
            }
        }
        Step::SetPrice { version, units } => {
            let version = VersionId(version);
            let _ = Registry::set_price(signed(owner_of(version)), version, units);
        }
        Step::Retire { version } => {
            let version = VersionId(version);
            let _ = Registry::retire_version(signed(owner_of(version)), version);
        }
        Step::Remove { version } => {
            let version = VersionId(version);
            Removable::set(SplitTable::get().into_keys().collect());
            let _ = Registry::remove_version(signed(owner_of(version)), version);
        }
        Step::Approve { version, model } => {
            let version = VersionId(version);
            let _ =
                Registry::approve_derivative(signed(owner_of(version)), version, ModelId(model));
        }
        Step::Disapprove { version, model } => {
            let version = VersionId(version);
            let _ = Registry::withdraw_approval(signed(owner_of(version)), version, ModelId(model));
        }
        Step::Sell { model, to } => {
            let to = [alice(), bob(), carol()][to as usize].clone();
            let model = ModelId(model);
            let owner = Registry::model_owner(model).unwrap_or_else(alice);
            let _ = Registry::offer_ownership(signed(owner), model, to.clone());
            let _ = Registry::accept_ownership(signed(to), model);
        }
        Step::Work {
            version,
            until,
            fee,
        } => work(VersionId(version), until, fee),
    }
}

/// Work that may be opened is licensed all the way up, and no price or fee is where none may be.
fn work(version: VersionId, until: u32, fee: u128) {
    if let Ok(offer) = Registry::open_until(version, Mode::Direct, until) {
        let view = Registry::version_view(version).expect("it was opened");
        assert_eq!(view.state, VersionState::Live);
        assert_eq!(offer.price, view.spec.price);
        let licensed = |v: &VersionId| {
            Offers::<Test>::get(v)
                .expect("it is there")
                .licensed_until
                .is_none_or(|e| e > until)
        };
        assert!(licensed(&version) && view.ancestors.iter().all(licensed));
    }
    if Registry::may_serve(version, fee).is_ok() && fee > 0 {
        assert!(
            Registry::version_view(version)
                .expect("it may be served")
                .commercial
        );
    }
}

/// Retires and removes all, the youngest first.
fn remove_all() {
    Removable::set(SplitTable::get().into_keys().collect());
    for n in (0..NextVersion::<Test>::get().0).rev() {
        let version = VersionId(n);
        if Offers::<Test>::contains_key(version) {
            let owner = owner_of(version);
            let _ = Registry::retire_version(signed(owner.clone()), version);
            assert_ok!(Registry::remove_version(signed(owner), version));
        }
    }
    for (version, model, _) in Approvals::<Test>::iter().collect::<Vec<_>>() {
        assert_ok!(Registry::withdraw_approval(signed(carol()), version, model));
    }
    for n in 0..NextModel::<Test>::get().0 {
        let owner = Registry::model_owner(ModelId(n)).expect("none was removed");
        assert_ok!(Registry::remove_model(signed(owner), ModelId(n)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]
    #[test]
    fn a_random_walk_keeps_every_invariant_and_ends_where_it_began(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        test(|| {
            for owner in [alice(), bob(), carol(), alice()] {
                model(owner);
            }
            for step in steps {
                take(step);
                assert_eq!(Pallet::<Test>::do_try_state(), Ok(()));
            }
            remove_all();
            for who in [alice(), bob(), carol()] {
                assert_eq!(deposits(&who), (0, 0));
                assert_eq!(Balances::free_balance(&who), RICH);
            }
            assert_eq!(Models::<Test>::iter_keys().count(), 0);
            assert_eq!(Versions::<Test>::iter_keys().count(), 0);
            assert_eq!(Offers::<Test>::iter_keys().count(), 0);
            assert_eq!(Conditions::<Test>::iter_keys().count(), 0);
            assert_eq!(References::<Test>::iter_keys().count(), 0);
            assert_eq!(VersionsOf::<Test>::iter_keys().count(), 0);
            assert!(SplitTable::get().is_empty() && Attached::get().is_empty());
        });
    }
}
