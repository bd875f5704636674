//! What is owed to a licensor and kept by naming it.

use super::*;

#[test]
fn base_terms_are_enforced() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()).price(300));
    family.refuses(
        draft(open()).on(base, 99_999).price(1_000),
        ShareBelowRoyalty,
    );
    family.refuses(draft(open()).on(base, 100_000).price(299), PriceBelowFloor);
    family.refuses(draft(open()).on(base, 100_000), PriceBelowFloor);
    let child = family.published(draft(open()).on(base, 100_000).price(300));
    assert_eq!(family.of(child).min_price, 300);
    assert_eq!(family.of(child).max_fee, Some(50));
}

#[test]
fn own_royalty_binds_descendants_and_not_oneself() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    assert_eq!(family.of(base).min_price, 0);
    assert_eq!(family.of(base).max_fee, None);
}

#[test]
fn greater_share_brings_the_floor_at_a_lower_price() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    for (share, min_price) in [
        (100_000, 300),
        (300_000, 100),
        (299_999, 101),
        (1_000_000, 30),
    ] {
        let derived = draft(open()).on(base, share);
        family.refuses(derived.clone().price(min_price - 1), PriceBelowFloor);
        let effective = family.inherit(&derived.price(min_price)).unwrap();
        assert_eq!(effective.min_price, min_price);
        assert!(Ppm(share).of(min_price) >= 30);
    }
}

#[test]
fn floor_that_no_price_brings_is_refused() {
    let mut family = Family::default();
    let base = family.published(draft(but(open(), |c| {
        c.royalty = royalty(1, &[(Unit::Call, NATIVE, Balance::MAX, 0)])
    })));
    family.refuses(
        draft(open()).on(base, 999_999).price(Balance::MAX),
        PriceBelowFloor,
    );
}

#[test]
fn floor_names_its_unit() {
    let mut family = Family::default();
    let base = family.published(draft(but(open(), |c| {
        c.royalty = royalty(
            100_000,
            &[
                (Unit::ThousandTokens, NATIVE, 30, 0),
                (Unit::ThousandTokens, DOLLAR, 2, 7),
            ],
        )
    })));
    let derived = draft(open()).on(base, 100_000);
    for (unit, asset) in [
        (Unit::Call, NATIVE),
        (Unit::Call, DOLLAR),
        (Unit::ThousandTokens, Asset::Id(7)),
    ] {
        let sold = derived.clone().sold_in(unit, asset).price(1_000_000);
        family.refuses(sold, UnitOrAssetNotLicensed);
    }
    let native = derived.clone().sold_in(Unit::ThousandTokens, NATIVE);
    family.refuses(native.clone().price(299), PriceBelowFloor);
    let effective = family.inherit(&native.price(300)).unwrap();
    assert_eq!((effective.min_price, effective.max_fee), (300, Some(0)));
    let dollar = derived.sold_in(Unit::ThousandTokens, DOLLAR).price(20);
    let effective = family.inherit(&dollar).unwrap();
    assert_eq!((effective.min_price, effective.max_fee), (20, Some(7)));
}

#[test]
fn royalties_reach_the_tenth_generation() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    let mut youngest = family.published(draft(open()).on(base, 100_000).price(300));
    for _ in 2..=10 {
        family.refuses(
            draft(open()).on(youngest, 999_999).price(1_000),
            LicensorNotNamed,
        );
        let named = draft(open()).on(youngest, 0).on(base, 100_000);
        family.refuses(named.clone().price(299), PriceBelowFloor);
        youngest = family.published(named.price(300));
    }
    assert_eq!(family.of(youngest).max_fee, Some(50));
}

#[test]
fn empty_derivative_cannot_dilute_a_base() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    let empty = family.published(draft(open()).on(base, 100_000).price(300));
    family.refuses(
        draft(open()).on(empty, 100_000).price(300),
        LicensorNotNamed,
    );
    family.refuses(
        draft(open()).on(empty, 900_000).on(base, 1).price(300),
        ShareBelowRoyalty,
    );
}

#[test]
fn who_asks_nothing_limits_no_family() {
    let mut family = Family::default();
    let mut youngest = family.published(draft(open()));
    for _ in 0..100 {
        youngest = family.published(draft(open()).on(youngest, 0));
    }
    assert_eq!(*family.of(youngest), Effective::default());
}

#[test]
fn dearest_floor_and_smallest_fee_count() {
    let mut family = Family::default();
    let asks = |share, floor, max_fee| {
        draft(but(open(), |c| {
            c.royalty = royalty(share, &[(Unit::Call, NATIVE, floor, max_fee)])
        }))
    };
    let a = family.published(asks(100_000, 30, 9));
    let b = family.published(asks(10_000, 4, 70));
    let derived = draft(open()).on(a, 100_000).on(b, 10_000);
    family.refuses(derived.clone().price(399), PriceBelowFloor);
    let effective = family.inherit(&derived.price(400)).unwrap();
    assert_eq!((effective.min_price, effective.max_fee), (400, Some(9)));
}

#[test]
fn fee_above_max_is_refused() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    let effective = family
        .inherit(&draft(open()).on(base, 100_000).price(300))
        .unwrap();
    assert_eq!(effective.ensure_fees(50), Ok(()));
    assert_eq!(effective.ensure_fees(51), Err(FeeAboveMaximum));
    assert_eq!(Effective::default().ensure_fees(Balance::MAX), Ok(()));
}

#[test]
fn later_prices_are_held_against_what_is_stored() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    let effective = family
        .inherit(&draft(open()).on(base, 100_000).price(500))
        .unwrap();
    assert_eq!(effective.ensure_price(299), Err(PriceBelowFloor));
    assert_eq!(effective.ensure_price(300), Ok(()));
    let research = family
        .inherit(&draft(research_only(Commercial::Forbidden { fees: None })))
        .unwrap();
    assert_eq!(research.ensure_price(0), Ok(()));
    assert_eq!(research.ensure_price(1), Err(NotCommercial));
}

#[test]
fn forbidden_derivatives_end_the_line() {
    let mut family = Family::default();
    let closed = but(open(), |c| c.derivatives = Derivatives::Forbidden);
    let base = family.published(draft(closed.clone()));
    family.refuses(draft(open()).on(base, 999_999), DerivativesForbidden);
    let data = family.terms(1, 1, &closed);
    family.refuses(draft(open()).on(data, 999_999), DerivativesForbidden);
}

#[test]
fn own_forbidden_base_is_forbidden_to_others_only() {
    let mut family = Family::default();
    let closed = but(a_tenth(), |c| c.derivatives = Derivatives::Forbidden);
    let base = family.published(draft(closed));
    let by_its_owner = |d: Draft| Draft {
        owned: vec![base],
        ..d
    };
    // The rest is owed all the same: the two may be sold apart.
    let derived = by_its_owner(draft(open()).on(base, 100_000));
    family.refuses(derived.clone(), PriceBelowFloor);
    let child = family.published(derived.price(300));
    // An own version in between opens it to nobody.
    let further = draft(open()).on(child, 0).on(base, 100_000).price(300);
    let mut by_another = further.clone();
    by_another.owned = vec![child];
    family.refuses(by_another, DerivativesForbidden);
    family.published(by_its_owner(further));
}

#[test]
fn approval_is_needed_of_versions_at_any_depth() {
    let mut family = Family::default();
    let by_approval = but(open(), |c| c.derivatives = Derivatives::Approval);
    let needed = |effective: &Effective, of: Licensor| match of {
        Licensor::Version(version) => effective.approvals_needed(version).collect::<Vec<_>>(),
        Licensor::Dataset(..) => unreachable!("versions need approvals"),
    };
    let data = family.terms(1, 1, &by_approval);
    let base = family.published(draft(by_approval.clone()).on(data, 0));
    assert_eq!(needed(family.of(base), base), []);

    let child = family.published(draft(open()).on(base, 0).on(data, 0));
    assert_eq!(needed(family.of(child), child), [VersionId(0)]);
    // It is named, so that the pallet sees whom to ask.
    family.refuses(draft(open()).on(child, 0).on(data, 0), LicensorNotNamed);
    let grandchild = family.published(draft(by_approval).on(child, 0).on(base, 0).on(data, 0));
    assert_eq!(needed(family.of(grandchild), grandchild), [VersionId(0)]);
    let youngest = draft(open()).on(grandchild, 0).on(base, 0).on(data, 0);
    let next = family.next();
    let effective = family.inherit(&youngest).unwrap();
    assert_eq!(needed(&effective, next), [VersionId(0), VersionId(2)]);
    // A royalty alone needs none.
    let paid = family.published(draft(a_tenth()));
    let derived = family.published(draft(open()).on(paid, 100_000).price(300));
    assert_eq!(needed(family.of(derived), derived), []);
}

#[test]
fn one_line_keeps_every_number_of_a_datasets_terms() {
    let mut family = Family::default();
    let asks = |share, floor| {
        but(open(), |c| {
            c.royalty = royalty(share, &[(Unit::Call, NATIVE, floor, 50)])
        })
    };
    let old = family.terms(1, 1, &asks(50_000, 30));
    let new = family.terms(1, 2, &asks(100_000, 5));
    let base = family.published(draft(open()).on(old, 50_000).price(600));
    let derived = |share| draft(open()).on(base, 0).on(new, share);
    family.refuses(derived(99_999).price(10_000), ShareBelowRoyalty);
    family.refuses(derived(100_000).price(299), PriceBelowFloor);
    let child = family.published(derived(100_000).price(300));
    assert_eq!(
        family
            .of(child)
            .licensors
            .iter()
            .map(|a| a.licensor)
            .collect::<Vec<_>>(),
        [old, new]
    );
    // The greater of the two is owed, not their sum.
    assert_eq!(family.of(child).shares_down(), Ppm(100_000));

    // Another dataset's line is not this one's.
    let other = family.terms(2, 1, &open());
    family.refuses(
        draft(open()).on(base, 0).on(other, 100_000).price(600),
        LicensorNotNamed,
    );
}

/// A descendant without a grant of its own names the dataset alone: what it asks is in the base's.
#[test]
fn dataset_is_named_without_a_grant() {
    let mut family = Family::default();
    let data = family.terms(1, 1, &a_tenth());
    let base = family.published(draft(open()).on(data, 100_000).price(300));
    let named = Licensor::Dataset(DatasetId(1), 0);
    family.effective.insert(named, Effective::default());
    family.refuses(draft(open()).on(base, 0).price(300), LicensorNotNamed);
    let derived = |share| draft(open()).on(base, 0).on(named, share).price(300);
    family.refuses(derived(99_999), ShareBelowRoyalty);
    let child = family.published(derived(100_000));
    assert_eq!(family.of(child).licensors, family.of(base).licensors);
}

#[test]
fn shares_down_are_the_own_and_all_that_come_down() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    assert_eq!(family.of(base).shares_down(), Ppm(100_000));
    let data = family.terms(
        1,
        1,
        &but(open(), |c| {
            c.royalty = royalty(7, &[(Unit::Call, NATIVE, 1, 60)])
        }),
    );
    let derived = draft(a_tenth()).on(base, 300_000).on(data, 1_000);
    let child = family.published(derived.price(1_000));
    assert_eq!(family.of(child).shares_down(), Ppm(200_007));
}

#[test]
fn ninth_licensor_is_refused() {
    let mut family = Family::default();
    let by_approval = but(open(), |c| c.derivatives = Derivatives::Approval);
    let mut all = open_draft();
    for dataset in 0..8 {
        all = all.on(family.terms(dataset, 1, &by_approval), 0);
    }
    // As a ninth itself.
    family.refuses(
        Draft {
            clauses: by_approval.clone(),
            ..all.clone()
        },
        TooManyLicensors,
    );
    // As a ninth line.
    let ninth = family.terms(8, 1, &by_approval);
    family.refuses(all.clone().on(ninth, 0), TooManyLicensors);
    let child = family.published(all.clone());
    assert_eq!(family.of(child).licensors.len(), 8);
    // Who asks nothing goes on below it.
    family.published(all.on(child, 0));
}

/// The base and seven who ask are eight lines, all that there are: with an eighth who asks nobody
/// could derive from the youngest.
#[test]
fn eighth_version_that_asks_is_refused() {
    let mut family = Family::default();
    let by_approval = but(open(), |c| c.derivatives = Derivatives::Approval);
    let mut below = draft(by_approval);
    for _ in 0..7 {
        let version = family.published(below.clone());
        below = below.on(version, 0);
    }
    family.refuses(below.clone(), TooManyLicensors);
    below.clauses = open();
    for _ in 0..3 {
        let child = family.published(below.clone());
        assert_eq!(family.of(child).licensors.len(), 7);
        below.lines.truncate(7);
        below = below.on(child, 0);
        assert_eq!(below.lines.len(), MAX_LINES as usize);
    }
    // Where none may derive, no lines are needed.
    below.clauses = but(open(), |c| c.derivatives = Derivatives::Forbidden);
    family.published(below);
}

#[test]
fn seventeenth_condition_is_refused() {
    let mut family = Family::default();
    let credits = but(open(), |c| c.attribution = text("Built with it"));
    let mut youngest = family.published(draft(credits.clone()));
    for _ in 1..16 {
        youngest = family.published(draft(credits.clone()).on(youngest, 0));
    }
    assert_eq!(family.of(youngest).bound_by.len(), 16);
    family.refuses(draft(credits.clone()).on(youngest, 0), TooManyConditions);
    let other = family.published(draft(credits));
    family.refuses(
        draft(open()).on(youngest, 0).on(other, 0),
        TooManyConditions,
    );
    family.published(draft(open()).on(youngest, 0));
}

/// Else the version would be published and nobody could derive from it, whatever they paid.
#[test]
fn royalty_that_no_descendant_could_pay_is_refused() {
    let mut family = Family::default();
    let base = family.published(draft(a_tenth()));
    let asks_in = |alternatives: &[_]| {
        draft(but(open(), |c| c.royalty = royalty(100_000, alternatives)))
            .on(base, 100_000)
            .price(300)
    };
    let (dollar, second) = ((Unit::Call, DOLLAR, 1, 0), (Unit::Second, NATIVE, 1, 0));
    family.refuses(asks_in(&[dollar, second]), UnitOrAssetNotLicensed);
    let child = family.published(asks_in(&[dollar, (Unit::Call, NATIVE, 1, 0)]));
    family.published(
        draft(open())
            .on(child, 100_000)
            .on(base, 100_000)
            .price(300),
    );
}
