//! What comes down the line: licensors that must be named, grants that all below live by.

use crate::{mock::*, Error, VersionReferences};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::{Trained, Versions as _};
use proptest::prelude::*;

type E = Error<Test>;

fn refused(model: ModelId, spec: VersionSpec<AccountId>, why: E) {
    assert_noop!(try_publish(model, spec), why);
}

fn pair(version: VersionId, dataset: u32) -> Trained {
    Trained {
        version,
        dataset: DatasetId(dataset),
    }
}

/// Clauses of a dataset that ask for a share of 5%.
fn asking() -> Clauses {
    but(open_clauses(), |c| c.royalty = royalty(50_000, 1))
}

#[test]
fn empty_derivative_cannot_dilute_a_base() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(theirs, spec().royalty(200_000, 10));
        // Bob changes nothing, pays what is asked, and asks next to nothing himself.
        let empty = publish(ours, spec().base(base, 200_000).royalty(1_000, 1));
        // Who derives from that still owes the base its own line.
        refused(ours, spec().base(empty, 1_000), E::LicensorNotNamed);
        refused(
            ours,
            spec().base(empty, 1_000).base(base, 199_999),
            E::ShareBelowRoyalty,
        );
        let third = publish(ours, spec().base(empty, 1_000).base(base, 200_000));
        // Two empty ones in a row do not help either.
        refused(ours, spec().base(third, 0), E::LicensorNotNamed);
        refused(
            ours,
            spec().base(third, 0).base(empty, 1_000),
            E::LicensorNotNamed,
        );
        assert_eq!(VersionReferences::<Test>::get(base).derivatives, 2);
    });
}

#[test]
fn who_asks_nothing_limits_no_family() {
    test(|| {
        let m = model(alice());
        let mut last = publish(m, spec());
        for _ in 0..20 {
            last = publish(m, spec().base(last, 0));
        }
        assert_eq!(effective(last), Effective::default());
    });
}

#[test]
fn an_eighth_version_that_asks_is_refused() {
    test(|| {
        let m = model(alice());
        let mut family = spec();
        for _ in 0..7 {
            let own = publish(m, family.clone().royalty(10_000, 1));
            family = family.base(own, 10_000);
        }
        refused(m, family.clone().royalty(10_000, 1), E::TooManyLicensors);
        publish(m, family);
    });
}

#[test]
fn a_seventeenth_that_states_conditions_is_refused() {
    test(|| {
        let m = model(alice());
        let shown = |s: VersionSpec<AccountId>| s.with(|c| c.attribution = text("Built with it"));
        let mut last = publish(m, shown(spec()));
        for _ in 1..16 {
            last = publish(m, shown(spec().base(last, 0)));
        }
        refused(m, shown(spec().base(last, 0)), E::TooManyConditions);
        publish(m, spec().base(last, 0));
    });
}

#[test]
fn a_retired_licensor_is_still_named() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let first = publish(a, spec().royalty(10_000, 1));
        let second = publish(b, spec().base(first, 10_000));
        assert_ok!(Registry::retire_version(signed(alice()), first));
        // As a base of its own it takes no derivatives any more.
        refused(c, spec().base(first, 10_000), E::BaseRetired);
        let other = publish(b, spec());
        refused(c, spec().base(first, 10_000).base(other, 0), E::BaseRetired);
        // The family goes on.
        let third = publish(c, spec().base(second, 0).base(first, 10_000));
        publish(a, spec().base(third, 0).base(first, 10_000));
        assert_ok!(Registry::retire_version(signed(bob()), second));
        refused(
            c,
            spec().base(second, 0).base(first, 10_000),
            E::BaseRetired,
        );
    });
}

#[test]
fn an_owner_may_derive_from_its_own_base() {
    test(|| {
        let (first, second, third) = (model(alice()), model(alice()), model(bob()));
        let closed = publish(
            first,
            spec()
                .derivatives(Derivatives::Forbidden)
                .royalty(10_000, 1),
        );
        let asks = publish(first, spec().derivatives(Derivatives::Approval));
        let derived = |share| spec().base(closed, share).base(asks, 0);
        publish(first, derived(10_000));
        let below = publish(second, derived(10_000));
        // All else holds: one of the models may be sold, and others derive from the derivative.
        refused(second, derived(9_999), E::ShareBelowRoyalty);
        refused(second, spec().base(below, 0), E::DerivativesForbidden);
        publish(second, derived(10_000).base(below, 0));
        refused(
            third,
            derived(10_000).base(below, 0),
            E::DerivativesForbidden,
        );
        sell(second, bob());
        refused(second, derived(10_000), E::DerivativesForbidden);
        refused(second, spec().base(asks, 0), E::DerivativeNotApproved);
    });
}

#[test]
fn a_dataset_that_asks_is_named_down_the_line() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(a, 1, asking());
        let first = publish(a, spec().grant(g, 50_000));
        refused(b, spec().base(first, 0), E::LicensorNotNamed);
        // Another dataset is not it.
        let other = grant(b, 2, asking());
        refused(
            b,
            spec().base(first, 0).grant(other, 50_000),
            E::LicensorNotNamed,
        );
        refused(
            b,
            spec().base(first, 0).dataset(1, 49_999),
            E::ShareBelowRoyalty,
        );
        // No grant is needed for naming it.
        let second = publish(b, spec().base(first, 0).dataset(1, 50_000));
        assert_eq!(
            shares(second)[0].beneficiary,
            Beneficiary::Split(SplitId(9_001))
        );
        refused(b, spec().base(second, 0), E::LicensorNotNamed);
        publish(b, spec().base(second, 0).dataset(1, 50_000));
        // What asks nothing needs not be named, and cannot be without a grant.
        refused(
            b,
            spec().base(first, 0).dataset(1, 50_000).dataset(2, 0),
            E::DatasetNotAsked,
        );
        refused(b, spec().dataset(1, 50_000), E::DatasetNotAsked);
        refused(b, spec().dataset(7, 0), E::DatasetNotFound);
    });
}

#[test]
fn an_own_grant_names_what_ancestors_were_trained_under() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let first = publish(a, spec().grant(grant(a, 1, asking()), 50_000));
        // The terms of the new grant ask less; those of the ancestor still hold.
        let own = grant(b, 1, open_clauses());
        refused(
            b,
            spec().base(first, 0).grant(own, 49_999),
            E::ShareBelowRoyalty,
        );
        let second = publish(b, spec().base(first, 0).grant(own, 50_000));
        let licensors: Vec<_> = effective(second)
            .licensors
            .iter()
            .map(|a| a.licensor)
            .collect();
        assert_eq!(licensors, vec![Licensor::Dataset(DatasetId(1), 1)]);
        // And the other way round: the new one asks more.
        let more = but(open_clauses(), |c| c.royalty = royalty(60_000, 1));
        let own = grant(b, 1, more);
        refused(
            b,
            spec().base(first, 0).grant(own, 59_999),
            E::ShareBelowRoyalty,
        );
        let third = publish(b, spec().base(first, 0).grant(own, 60_000));
        assert_eq!(effective(third).licensors.len(), 2);
        assert_eq!(effective(third).shares_down(), Ppm(60_000));
    });
}

#[test]
fn lapsed_grant_stops_new_jobs() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(a, 1, open_clauses());
        let first = publish(a, spec().grant(g, 0));
        let second = publish(b, spec().base(first, 0));
        assert_ok!(open(first, Tick::MAX));
        set_end(g, Some(5_000));
        // Work must be over before the grant is.
        for v in [first, second] {
            assert_ok!(open(v, 4_999));
        }
        assert_noop!(open(first, 5_000), E::LicenseLapsed);
        assert_noop!(open(second, 5_000), E::AncestorLicenseLapsed);
        // Renewed, it revives all.
        set_end(g, Some(6_000));
        for v in [first, second] {
            assert_ok!(open(v, 5_999));
        }
        // One that is gone is over.
        let table = GrantTable::get();
        GrantTable::set(Default::default());
        assert_noop!(open(first, 1), E::LicenseLapsed);
        GrantTable::set(table);
    });
}

#[test]
fn grant_lapse_reaches_descendants() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(a, 1, asking());
        let other = grant(b, 2, open_clauses());
        let first = publish(a, spec().grant(g, 50_000));
        let second = publish(b, spec().base(first, 0).dataset(1, 50_000).grant(other, 0));
        let third = publish(c, spec().base(second, 0).dataset(1, 50_000));
        assert_eq!(
            listing(third).lives_by.to_vec(),
            vec![pair(first, 1), pair(second, 2)]
        );
        let offerable = Registry::ensure_open(&work(third)).unwrap();
        assert_eq!(offerable.lives_by, 2);

        // The first model's grant gets an end: nothing below opens past it.
        set_end(g, Some(5_000));
        assert_noop!(open(first, 5_000), E::LicenseLapsed);
        assert_noop!(open(second, 5_000), E::AncestorLicenseLapsed);
        assert_noop!(open(third, 5_000), E::AncestorLicenseLapsed);
        assert_ok!(open(third, 4_999));

        // It is renewed, and the one in between lapses.
        set_end(g, None);
        set_end(other, Some(4_000));
        assert_ok!(open(first, 9_000));
        assert_noop!(open(second, 4_000), E::LicenseLapsed);
        assert_noop!(open(third, 4_000), E::AncestorLicenseLapsed);

        // A retired ancestor takes no work itself and keeps nobody below from it.
        set_end(other, None);
        assert_ok!(Registry::retire_version(signed(alice()), first));
        assert_ok!(open(third, 9_000));
    });
}

#[test]
fn own_grant_frees_from_the_ancestors() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(a, 1, asking());
        let first = publish(a, spec().grant(g, 50_000));
        // One that is named as the version is published frees it for good.
        let own = grant(b, 1, asking());
        let second = publish(b, spec().base(first, 0).grant(own, 50_000));
        assert_eq!(listing(second).lives_by.to_vec(), vec![pair(second, 1)]);
        set_end(g, Some(1_001));
        assert_noop!(open(first, 2_000), E::LicenseLapsed);
        assert_ok!(open(second, 2_000));
        // What is derived from it lives by it alone, whatever it has to name.
        let third = publish(c, spec().base(second, 0).dataset(1, 50_000));
        assert_eq!(listing(third).lives_by.to_vec(), vec![pair(second, 1)]);
        assert_ok!(open(third, 2_000));
        set_end(own, Some(1_001));
        assert_noop!(open(third, 2_000), E::AncestorLicenseLapsed);
        // One that the model acquires later is asked instead while it is live.
        let late = grant(c, 1, asking());
        assert_ok!(open(third, 2_000));
        set_end(late, Some(1_500));
        assert_noop!(open(third, 1_500), E::AncestorLicenseLapsed);
        assert_ok!(open(third, 1_499));
    });
}

#[test]
fn a_licensor_that_is_named_alone_brings_no_pairs_that_were_freed() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(a, 1, open_clauses());
        // The first asks, so all below name it; the second has a grant of its own.
        let first = publish(a, spec().grant(g, 0).royalty(10_000, 1));
        let own = grant(b, 1, open_clauses());
        let second = publish(b, spec().base(first, 10_000).grant(own, 0));
        let third = publish(c, spec().base(second, 0).base(first, 10_000));
        assert_eq!(listing(third).lives_by.to_vec(), vec![pair(second, 1)]);
        // Who derives from the first itself lives by its grant.
        let direct = publish(c, spec().base(first, 10_000));
        assert_eq!(listing(direct).lives_by.to_vec(), vec![pair(first, 1)]);
    });
}

#[test]
fn a_ninth_grant_to_live_by_is_refused() {
    test(|| {
        let m = model(alice());
        let base = |datasets: std::ops::Range<u32>| {
            let trained = datasets.fold(spec(), |s, d| s.grant(grant(m, d, open_clauses()), 0));
            publish(m, trained)
        };
        let (five, three, one) = (base(0..5), base(5..8), base(8..9));
        let both = spec().base(five, 0).base(three, 0);
        assert_eq!(listing(publish(m, both.clone())).lives_by.len(), 8);
        refused(m, both.clone().base(one, 0), E::TooManyGrants);
        let ninth = grant(m, 9, open_clauses());
        refused(m, both.clone().grant(ninth, 0), E::TooManyGrants);
        // An own grant on one of the eight takes its place.
        let own = grant(m, 0, open_clauses());
        assert_eq!(listing(publish(m, both.grant(own, 0))).lives_by.len(), 8);
    });
}

#[test]
fn what_binds_from_further_up_is_kept() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(a, 1, but(open_clauses(), |c| c.hosting = Access::Approval));
        let first = publish(
            a,
            spec()
                .grant(g, 0)
                .with(|c| c.attribution = text("Built with it")),
        );
        let second = publish(b, spec().base(first, 0));
        let third = publish(c, spec().base(second, 0));
        let bound: Vec<_> = effective(third)
            .bound_by
            .iter()
            .map(|b| b.licensor)
            .collect();
        assert_eq!(
            bound,
            vec![Licensor::Version(first), Licensor::Dataset(DatasetId(1), 1)]
        );
        // Neither version nor terms go while something below stands.
        for version in [first, second] {
            assert_eq!(remove(version), Err(E::VersionInUse.into()));
            assert!(Registry::is_built_on(version));
            assert!(TermsRefs::get().contains_key(&(DatasetId(1), 1)));
        }
        assert!(!Registry::is_built_on(third));
        for version in [third, second] {
            assert_ok!(remove(version));
            assert!(TermsRefs::get().contains_key(&(DatasetId(1), 1)));
        }
        assert_ok!(remove(first));
        assert_eq!(TermsRefs::get().len(), 0);
    });
}

/// Whether all that `above` demands is demanded by `below`.
fn is_as_strict(above: &Effective, below: &Effective) -> bool {
    above.licensors.iter().all(|a| below.licensors.contains(a))
        && above.bound_by.iter().all(|b| below.bound_by.contains(b))
        && above.policies.iter().all(|p| below.policies.contains(p))
        && (below.flags.hosting || !above.flags.hosting)
        && (below.flags.users || !above.flags.users)
        && (above.flags.commercial == Commercial::Allowed
            || below.flags.commercial != Commercial::Allowed)
        && (above.share_alike.is_none() || below.share_alike == above.share_alike)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn clauses_only_get_stricter(generations in prop::collection::vec(any::<u8>(), 10)) {
        test(|| {
            let m = model(alice());
            let mut chain: Vec<VersionId> = vec![];
            for flags in generations {
                let has = |bit: u8| flags & (1 << bit) > 0;
                let mut s = spec().price(0).with(|c| {
                    if has(0) {
                        c.hosting = Access::Approval;
                    }
                    if has(1) {
                        c.users = Access::Approval;
                    }
                    if has(2) {
                        c.use_policy = Some(file(flags));
                    }
                    if has(3) {
                        c.attribution = text("Built with it");
                    }
                    if flags & 0xf0 == 0x40 {
                        c.commercial = fees_of(flags);
                    }
                    if flags & 0xf0 == 0x80 {
                        c.derivatives = Derivatives::Approval;
                    }
                });
                if let Some(last) = chain.last() {
                    s = s.base(*last, 0);
                    for asked in &effective(*last).licensors {
                        match asked.licensor {
                            Licensor::Version(v) if v != *last => s = s.base(v, 0),
                            _ => {}
                        }
                    }
                }
                let before = chain.last().map(|v| effective(*v)).unwrap_or_default();
                if try_publish(m, s).is_ok() {
                    let version = VersionId(crate::NextVersion::<Test>::get().0 - 1);
                    assert!(is_as_strict(&before, &effective(version)));
                    chain.push(version);
                }
            }
            prop_assert!(!chain.is_empty());
            Ok(())
        })?;
    }
}

fn fees_of(flags: u8) -> Commercial {
    let limit = FeeLimit {
        unit: Unit::Call,
        asset: Asset::Native,
        max_fee: 1 + u128::from(flags),
    };
    Commercial::Forbidden { fees: Some(limit) }
}
