//! What comes down to everybody.

use super::*;

#[test]
fn research_only_cannot_be_sold() {
    let mut family = Family::default();
    let research = research_only(Commercial::Forbidden { fees: None });
    family.refuses(draft(research.clone()).price(1), NotCommercial);
    let base = family.published(draft(research));
    assert_eq!(family.of(base).max_fee, Some(0));

    let mut youngest = base;
    for _ in 0..10 {
        family.refuses(draft(open()).on(youngest, 0).price(1), NotCommercial);
        family.refuses(draft(a_tenth()).on(youngest, 0), RoyaltyNotCommercial);
        youngest = family.published(draft(open()).on(youngest, 0));
        assert_eq!(family.of(youngest).ensure_fees(1), Err(FeeAboveMaximum));
    }
}

#[test]
fn royalty_of_research_only_work_is_refused() {
    let clauses = but(a_tenth(), |c| {
        c.commercial = Commercial::Forbidden { fees: None }
    });
    assert_eq!(clauses.ensure_sound(), Err(RoyaltyNotCommercial));
}

#[test]
fn royalty_and_research_only_cannot_both_be_kept() {
    let mut family = Family::default();
    let paid = family.published(draft(a_tenth()));
    let free = family.published(draft(research_only(Commercial::Forbidden { fees: None })));
    let both = draft(open()).on(paid, 100_000).on(free, 0);
    family.refuses(both.clone(), PriceBelowFloor);
    family.refuses(both.price(300), NotCommercial);
}

#[test]
fn research_fees_are_allowed_in_the_limits_unit_and_asset_alone() {
    let mut family = Family::default();
    let base = family.published(draft(research_only(limit(Unit::Second, DOLLAR, 5))));
    for (unit, asset, max_fee) in [
        (Unit::Second, DOLLAR, 5),
        (Unit::Second, NATIVE, 0),
        (Unit::Call, DOLLAR, 0),
    ] {
        let derived = draft(open()).on(base, 0).sold_in(unit, asset);
        assert_eq!(family.inherit(&derived).unwrap().max_fee, Some(max_fee));
    }
}

#[test]
fn research_fees_in_different_units_allow_none() {
    let mut family = Family::default();
    let a = family.published(draft(research_only(limit(Unit::Call, NATIVE, 5))));
    let b = family.published(draft(research_only(limit(Unit::Second, NATIVE, 5))));
    let c = family.published(draft(research_only(limit(Unit::Call, NATIVE, 3))));
    let fees = |lines: &[Licensor]| {
        let derived = lines.iter().fold(open_draft(), |d, base| d.on(*base, 0));
        family.inherit(&derived).unwrap().max_fee
    };
    assert_eq!(fees(&[a]), Some(5));
    assert_eq!(fees(&[a, c]), Some(3));
    assert_eq!(fees(&[a, b]), Some(0));
    assert_eq!(fees(&[a, b, c]), Some(0));
}

/// Associative, commutative, idempotent, and `Allowed` changes nothing: so the order and the
/// repetition of parents are of no account.
#[test]
fn strictest_of_commercial_clauses_is_a_meet() {
    let mut all = vec![Commercial::Allowed, Commercial::Forbidden { fees: None }];
    for unit in [Unit::Call, Unit::Second] {
        for asset in [NATIVE, DOLLAR] {
            all.extend([1, 2].map(|max_fee| limit(unit, asset, max_fee)));
        }
    }
    for a in &all {
        assert_eq!(a.strictest(*a), *a);
        assert_eq!(a.strictest(Commercial::Allowed), *a);
        for b in &all {
            assert_eq!(a.strictest(*b), b.strictest(*a));
            for c in &all {
                assert_eq!(
                    a.strictest(*b).strictest(*c),
                    a.strictest(b.strictest(*c)),
                    "{a:?} {b:?} {c:?}"
                );
            }
        }
    }
}

#[test]
fn approvals_policies_and_attributions_come_down() {
    let mut family = Family::default();
    let hosts = family.published(draft(but(open(), |c| c.hosting = Access::Approval)));
    let users = family.published(draft(but(open(), |c| c.users = Access::Approval)));
    let policy = family.terms(1, 1, &but(open(), |c| c.use_policy = Some(file(2))));
    let credit = family.published(draft(but(open(), |c| {
        c.attribution = text("Built with it");
        c.use_policy = Some(file(1));
    })));
    let lines = [hosts, users, policy, credit];
    let child = family.published(lines.iter().fold(open_draft(), |d, line| d.on(*line, 0)));
    let grandchild = family.published(draft(open()).on(child, 0));

    let effective = family.of(grandchild);
    let bound = |licensor, hosting, users| Bound {
        licensor,
        hosting,
        users,
    };
    assert_eq!(
        effective.bound_by.to_vec(),
        [
            bound(hosts, true, false),
            bound(users, false, true),
            bound(credit, false, false),
            bound(policy, false, false),
        ]
    );
    assert!(effective.flags.hosting && effective.flags.users);
    assert_eq!(effective.policies.to_vec(), [[1; 32], [2; 32]]);
    assert_eq!(
        effective.policies_hash(),
        policies_hash(&[[2; 32], [1; 32], [2; 32]])
    );
    assert!(effective.licensors.is_empty());
}

#[test]
fn same_policy_of_two_bases_is_accepted_once() {
    let mut family = Family::default();
    let clauses = but(open(), |c| c.use_policy = Some(file(1)));
    let (a, b) = (
        family.published(draft(clauses.clone())),
        family.published(draft(clauses)),
    );
    let effective = family.inherit(&draft(open()).on(a, 0).on(b, 0)).unwrap();
    assert_eq!(effective.policies.to_vec(), [[1; 32]]);
    assert_eq!(effective.bound_by.len(), 2);
}
