//! Terms that reach every version down the line.

use crate::{mock::*, Error, Listings, References};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{
    documents::*, Amount, Asset, DatasetId, GrantId, ModelId, Ppm, VersionId, Versions,
};

type E = Error<Test>;

fn ancestors(version: VersionId) -> Vec<VersionId> {
    Listings::<Test>::get(version)
        .unwrap()
        .ancestors
        .into_inner()
}

fn reaching() -> DatasetTerms {
    DatasetTerms {
        min_share: Ppm(50_000),
        reach: Reach::Descendants,
        ..dataset_terms()
    }
}

#[test]
fn empty_derivative_cannot_dilute_a_base() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(theirs, spec().min_royalty(200_000).reaching_descendants());
        // Bob changes nothing, pays what is asked, and asks next to nothing himself.
        let empty = publish(ours, spec().base(base, 200_000).min_royalty(1));
        // Who derives from that still owes the base its own line.
        assert_noop!(
            try_publish(ours, spec().base(empty, 1)),
            E::AncestorNotNamed
        );
        assert_noop!(
            try_publish(ours, spec().base(empty, 1).base(base, 199_999)),
            E::RoyaltyBelowMinimum
        );
        let third = publish(ours, spec().base(empty, 1).base(base, 200_000));
        assert_eq!(ancestors(third), vec![base]);
        // Two empty ones in a row do not help either.
        assert_noop!(
            try_publish(ours, spec().base(third, 0)),
            E::AncestorNotNamed
        );
        assert_eq!(References::<Test>::get(base), 2);
    });
}

#[test]
fn terms_that_reach_direct_derivatives_end_there() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(theirs, spec().min_royalty(200_000));
        let second = publish(ours, spec().base(base, 200_000));
        let third = publish(ours, spec().base(second, 0));
        assert_eq!(ancestors(third), vec![]);
    });
}

#[test]
fn a_least_per_unit_reaches_as_far_as_its_terms() {
    test(|| {
        let (theirs, ours) = (model(alice()), model(bob()));
        let base = publish(
            theirs,
            spec()
                .min_per_unit(Asset::Native, 100)
                .reaching_descendants(),
        );
        let second = publish(ours, spec().base(base, 100_000));
        let third = |units| {
            spec()
                .base(second, 0)
                .base(base, 100_000)
                .price(Asset::Native, units)
        };
        assert_noop!(try_publish(ours, third(999)), E::PriceBelowMinimum);
        publish(ours, third(1_000));
    });
}

#[test]
fn approval_of_a_reaching_base_is_needed_down_the_line() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let base = publish(
            a,
            spec()
                .permission(Permission::Approval)
                .reaching_descendants(),
        );
        assert_ok!(Registry::approve_derivative(signed(alice()), base, b));
        let second = publish(b, spec().base(base, 0));
        assert_noop!(
            try_publish(c, spec().base(second, 0).base(base, 0)),
            E::NotApproved
        );
        assert_ok!(Registry::approve_derivative(signed(alice()), base, c));
        publish(c, spec().base(second, 0).base(base, 0));
    });
}

#[test]
fn a_reaching_dataset_must_be_named_down_the_line() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(a, 1, reaching());
        let first = publish(a, spec().grant(g, 50_000));
        assert_noop!(try_publish(b, spec().base(first, 0)), E::DatasetNotNamed);
        // Another dataset is not it.
        let other = grant(b, 2, dataset_terms());
        assert_noop!(
            try_publish(b, spec().base(first, 0).grant(other, 50_000)),
            E::DatasetNotNamed
        );
        // The terms of the new grant may ask less; those of the ancestor still hold.
        let own = grant(b, 1, dataset_terms());
        assert_noop!(
            try_publish(b, spec().base(first, 0).grant(own, 49_999)),
            E::ShareBelowMinimum
        );
        let second = publish(b, spec().base(first, 0).grant(own, 50_000));
        assert_eq!(ancestors(second), vec![first]);
        // Also where the version in between has a grant that reaches no further.
        assert_noop!(try_publish(b, spec().base(second, 0)), E::DatasetNotNamed);
        let third = publish(b, spec().base(second, 0).grant(own, 50_000));
        assert_eq!(ancestors(third), vec![first]);
    });
}

#[test]
fn a_reaching_datasets_least_per_unit_holds_down_the_line() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let least = Some(Amount {
            asset: Asset::Native,
            value: 50,
        });
        let g = grant(
            a,
            1,
            DatasetTerms {
                min_per_unit: least,
                ..reaching()
            },
        );
        let first = publish(a, spec().grant(g, 50_000));
        let own = grant(b, 1, dataset_terms());
        let second = |units| {
            spec()
                .base(first, 0)
                .grant(own, 50_000)
                .price(Asset::Native, units)
        };
        assert_noop!(try_publish(b, second(999)), E::PriceBelowMinimum);
        accept(dollars());
        assert_noop!(
            try_publish(b, second(1_000).price(dollars(), 1_000)),
            E::PricedInAnotherAsset
        );
        let second = publish(b, second(1_000));
        assert_noop!(
            Registry::set_price(signed(bob()), second, 999),
            E::PriceBelowMinimum
        );
    });
}

#[test]
fn grant_lapse_reaches_descendants() {
    test(|| {
        let (a, b, c) = (model(alice()), model(bob()), model(carol()));
        let g = grant(a, 1, reaching());
        let first = publish(a, spec().grant(g, 50_000));
        let (own_b, own_c) = (grant(b, 1, reaching()), grant(c, 1, reaching()));
        let second = publish(b, spec().base(first, 0).grant(own_b, 50_000));
        let third = publish(c, spec().base(second, 0).grant(own_c, 50_000));
        assert_eq!(ancestors(third), vec![first, second]);
        let open = |v, until| Registry::open_until(v, Mode::Direct, until).map(|o| o.model);
        assert_eq!(open(third, 9_000), Ok(c));

        // The first model's grant gets an end: nothing below opens past it.
        set_end(g, Some(5_000));
        assert_eq!(open(first, 5_000), Err(E::LicenseLapsed.into()));
        assert_eq!(open(second, 5_000), Err(E::AncestorLicenseLapsed.into()));
        assert_eq!(open(third, 5_000), Err(E::AncestorLicenseLapsed.into()));
        assert_eq!(open(third, 4_999), Ok(c));

        // It is renewed, and the one in between lapses.
        set_end(g, None);
        set_end(own_b, Some(4_000));
        assert_eq!(open(first, 9_000), Ok(a));
        assert_eq!(open(second, 4_000), Err(E::LicenseLapsed.into()));
        assert_eq!(open(third, 4_000), Err(E::AncestorLicenseLapsed.into()));

        // A retired ancestor takes no work itself and keeps nobody below from it.
        set_end(own_b, None);
        assert_ok!(Registry::retire_version(signed(alice()), first));
        assert_eq!(open(third, 9_000), Ok(c));
    });
}

#[test]
fn a_lapse_that_reaches_no_further_stops_one_version() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let g = grant(a, 1, dataset_terms());
        let first = publish(a, spec().grant(g, 0));
        let second = publish(b, spec().base(first, 0));
        set_end(g, Some(1_001));
        assert!(Registry::open_until(first, Mode::Direct, 2_000).is_err());
        assert_ok!(Registry::open_until(second, Mode::Direct, 2_000));
    });
}

/// A chain of versions of one model, each of which binds all below through a dataset.
fn bound_by(count: u32, m: ModelId) -> (Vec<VersionId>, Vec<GrantId>) {
    let grants: Vec<_> = (0..count)
        .map(|n| {
            grant(
                m,
                n,
                DatasetTerms {
                    min_share: Ppm(1),
                    ..reaching()
                },
            )
        })
        .collect();
    let versions = grants
        .iter()
        .map(|g| publish(m, spec().grant(*g, 1)))
        .collect();
    (versions, grants)
}

#[test]
fn eight_ancestors_bind_at_most() {
    test(|| {
        let m = model(alice());
        let (tops, grants) = bound_by(7, m);
        let mut s = spec();
        for (version, g) in tops.iter().zip(&grants) {
            s = s.base(*version, 0).grant(*g, 1);
        }
        // Seven above, and the version itself binds by its own grants: eight for the next.
        let eighth = publish(m, s.clone());
        assert_eq!(ancestors(eighth), tops);
        let mut next = spec().base(eighth, 0);
        next.grants = s.grants.clone();
        let ninth = publish(m, next.clone());
        assert_eq!(ancestors(ninth).len(), 8);
        next.bases[0].version = ninth;
        assert_noop!(try_publish(m, next), E::TooManyAncestors);
    });
}

#[test]
fn one_dataset_may_bind_through_several_ancestors() {
    test(|| {
        let (a, b) = (model(alice()), model(bob()));
        let mild = grant(
            a,
            1,
            DatasetTerms {
                min_share: Ppm(10),
                ..reaching()
            },
        );
        let strict = grant(a, 1, reaching());
        let first = publish(a, spec().grant(mild, 10));
        let second = publish(a, spec().grant(strict, 50_000));
        let own = grant(b, 1, dataset_terms());
        assert_noop!(
            try_publish(b, spec().base(first, 0).base(second, 0).grant(own, 10)),
            E::ShareBelowMinimum
        );
        let third = publish(b, spec().base(first, 0).base(second, 0).grant(own, 50_000));
        let view = Registry::version_view(third).unwrap();
        assert_eq!(view.ancestors, vec![first, second]);
        assert_eq!(GrantTable::get()[&own].dataset, DatasetId(1));
    });
}
