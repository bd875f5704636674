//! Random walks through every call: the invariants hold after each step, and when all is removed
//! nothing is left but taken hashes, numbers and rules.

use crate::{
    mock::*, Approvals, Conditions, Listings, Models, NextModel, NextVersion, Pallet, References,
    Versions, VersionsOf,
};
use frame_support::assert_ok;
use myai_primitives::{
    api::VersionState, documents::*, Asset, GrantId, ModelId, Ppm, VersionId, Versions as _,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// What to publish; numbers are picks among what there is.
#[derive(Clone, Debug)]
struct Draft {
    model: u32,
    bases: Vec<(usize, u32)>,
    grants: Vec<(usize, u32)>,
    price: u128,
    permission: usize,
    min_royalty: u32,
    least: Option<u128>,
    descendants: bool,
    /// Names what binding ancestors ask for, where it can.
    obedient: bool,
}

impl Draft {
    fn spec(self, model: ModelId) -> VersionSpec<AccountId> {
        let versions: Vec<_> = Listings::<Test>::iter_keys().collect();
        let ours: Vec<_> = GrantTable::get()
            .into_iter()
            .filter(|(_, g)| g.model == model)
            .collect();
        let mut bases = BTreeMap::new();
        for (pick, royalty) in self.bases.iter().filter(|_| !versions.is_empty()) {
            bases.insert(versions[pick % versions.len()], *royalty);
        }
        let mut grants = BTreeMap::new();
        for (pick, share) in self.grants.iter().filter(|_| !ours.is_empty()) {
            let (id, grant) = &ours[pick % ours.len()];
            grants.insert(grant.dataset, (*id, *share));
        }
        if self.obedient {
            let mut binding: BTreeSet<_> = bases.keys().copied().collect();
            for base in bases.keys() {
                binding.extend(Listings::<Test>::get(base).expect("picked").ancestors);
            }
            for version in binding {
                let conditions = Conditions::<Test>::get(version).expect("it is there");
                if conditions.terms.reach == Reach::Descendants || bases.contains_key(&version) {
                    let royalty = bases.entry(version).or_default();
                    *royalty = (*royalty).max(conditions.terms.min_royalty.0);
                }
                for bound in conditions.binding_datasets() {
                    let Some((id, _)) = ours.iter().find(|(_, g)| g.dataset == bound.dataset)
                    else {
                        continue;
                    };
                    let (_, share) = grants.entry(bound.dataset).or_insert((*id, 0));
                    *share = (*share).max(bound.min_share.0);
                }
            }
            for (id, share) in grants.values_mut() {
                *share = (*share).max(GrantTable::get()[id].terms.min_share.0);
            }
        }
        let mut s = spec()
            .price(Asset::Native, self.price)
            .permission(Permission::ALL[self.permission])
            .min_royalty(self.min_royalty);
        if self.descendants {
            s = s.reaching_descendants();
        }
        if let Some(units) = self.least {
            s = s.min_per_unit(Asset::Native, units);
        }
        for (version, royalty) in bases.into_iter().take(8) {
            s = s.base(version, royalty);
        }
        for (grant, share) in grants.into_values().take(8) {
            s = s.grant(grant, share);
        }
        s
    }
}

fn draft() -> impl Strategy<Value = Draft> {
    (
        0u32..4,
        prop::collection::vec((any::<usize>(), 0u32..60_000), 0..3),
        prop::collection::vec((any::<usize>(), 0u32..60_000), 0..3),
        prop_oneof![1 => Just(0), 6 => 500u128..5_000],
        prop_oneof![1 => Just(0usize), 2 => Just(1), 6 => Just(2)],
        0u32..60_000,
        prop::option::weighted(0.3, 0u128..20),
        any::<bool>(),
        prop::bool::weighted(0.85),
    )
        .prop_map(
            |(
                model,
                bases,
                grants,
                price,
                permission,
                min_royalty,
                least,
                descendants,
                obedient,
            )| Draft {
                model,
                bases,
                grants,
                price,
                permission,
                min_royalty,
                least,
                descendants,
                obedient,
            },
        )
}

#[derive(Clone, Debug)]
enum Step {
    Publish(Draft),
    Grant {
        model: u32,
        dataset: u32,
        flags: u8,
        min_share: u32,
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
        12 => draft().prop_map(Step::Publish),
        4 => (model.clone(), 0u32..4, prop_oneof![Just(0), Just(4), 0u8..8], 0u32..60_000).prop_map(
            |(model, dataset, flags, min_share)| Step::Grant { model, dataset, flags, min_share }
        ),
        2 => (grant.clone(), prop::option::of(900u32..3_000))
            .prop_map(|(grant, ends)| Step::End { grant, ends }),
        3 => (version.clone(), grant.clone(), grant)
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
        Step::Publish(draft) => {
            let model = ModelId(draft.model);
            let _ = try_publish(model, draft.spec(model));
        }
        Step::Grant {
            model,
            dataset,
            flags,
            min_share,
        } => {
            let terms = DatasetTerms {
                min_share: Ppm(min_share),
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
            no_job_is_open();
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
            let _ = Registry::transfer_ownership(signed(owner), model, to.clone());
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
    if let Ok(listing) = Registry::open_until(version, Mode::Direct, until) {
        let view = Registry::version_view(version).expect("it was opened");
        assert_eq!(view.state, VersionState::Live);
        assert_eq!(listing.price, view.spec.price);
        let licensed = |v: &VersionId| {
            Listings::<Test>::get(v)
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
        if Listings::<Test>::contains_key(version) {
            let owner = owner_of(version);
            let _ = Registry::retire_version(signed(owner.clone()), version);
            no_job_is_open();
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
            assert_eq!(Listings::<Test>::iter_keys().count(), 0);
            assert_eq!(Conditions::<Test>::iter_keys().count(), 0);
            assert_eq!(References::<Test>::iter_keys().count(), 0);
            assert_eq!(VersionsOf::<Test>::iter_keys().count(), 0);
            assert!(SplitTable::get().is_empty() && Attached::get().is_empty());
        });
    }
}
