//! The rules: one bound after the other, and revisions.

use crate::{mock::*, Error, Event, RuleSets};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Ppm, Rule, RuleSet, Rules};
use sp_runtime::DispatchError;

const MAI: u128 = 1_000_000_000_000;

fn set(rule: Rule) -> sp_runtime::DispatchResult {
    Registry::set_rule(signed(governance()), rule)
}

/// The values at both bounds are taken, those beyond refused.
fn bounds<V: Copy>(rule: impl Fn(V) -> Rule, inside: &[V], outside: &[V]) {
    test(|| {
        for v in inside {
            assert_ok!(set(rule(*v)));
        }
        for v in outside {
            assert_noop!(set(rule(*v)), Error::<Test>::RuleOutOfBounds);
        }
    });
}

#[test]
fn royalty_max_has_bounds() {
    bounds(
        |v| Rule::MaxRoyalty(Ppm(v)),
        &[0, 500_000],
        &[500_001, u32::MAX],
    );
}

#[test]
fn network_share_has_bounds() {
    bounds(
        |v| Rule::NetworkShare(Ppm(v)),
        &[0, 100_000],
        &[100_001, u32::MAX],
    );
}

#[test]
fn least_worker_bond_has_bounds() {
    bounds(
        Rule::MinWorkerBond,
        &[MAI, 100_000 * MAI],
        &[0, MAI - 1, 100_000 * MAI + 1, u128::MAX],
    );
}

#[test]
fn job_deadline_least_has_bounds() {
    // The longest is 14,400 by default.
    bounds(
        Rule::MinJobDuration,
        &[5, 14_400],
        &[0, 4, 14_401, 100_801, u32::MAX],
    );
}

#[test]
fn job_deadline_most_has_bounds() {
    // The shortest is 10 by default.
    bounds(
        Rule::MaxJobDuration,
        &[10, 100_800],
        &[0, 4, 9, 100_801, u32::MAX],
    );
}

#[test]
fn the_shortest_deadline_never_passes_the_longest() {
    test(|| {
        assert_ok!(set(Rule::MaxJobDuration(100)));
        assert_noop!(
            set(Rule::MinJobDuration(101)),
            Error::<Test>::RuleOutOfBounds
        );
        assert_ok!(set(Rule::MinJobDuration(100)));
        assert_noop!(
            set(Rule::MaxJobDuration(99)),
            Error::<Test>::RuleOutOfBounds
        );
    });
}

#[test]
fn revoke_notice_least_has_bounds() {
    bounds(
        Rule::MinRevokeNotice,
        &[0, 1_051_920],
        &[1_051_921, u32::MAX],
    );
}

#[test]
fn every_change_makes_a_revision_and_all_are_kept() {
    test(|| {
        assert_eq!(Registry::current(), (0, RuleSet::default()));
        let rule = Rule::NetworkShare(Ppm(1));
        assert_ok!(set(rule));
        System::assert_last_event(Event::RuleChanged { rule, revision: 1 }.into());
        assert_ok!(set(Rule::MaxRoyalty(Ppm(2))));
        let first = RuleSet {
            network_share: Ppm(1),
            ..RuleSet::default()
        };
        let second = RuleSet {
            max_royalty: Ppm(2),
            ..first
        };
        assert_eq!(Registry::current(), (2, second));
        assert_eq!(Registry::at(0), Some(RuleSet::default()));
        assert_eq!(Registry::at(1), Some(first));
        assert_eq!(Registry::at(3), None);
    });
}

#[test]
fn only_the_rules_origin_sets_rules() {
    test(|| {
        let rule = Rule::NetworkShare(Ppm(1));
        assert_noop!(
            Registry::set_rule(signed(alice()), rule),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Registry::set_rule(RuntimeOrigin::none(), rule),
            DispatchError::BadOrigin
        );
        assert_ok!(Registry::set_rule(RuntimeOrigin::root(), rule));
    });
}

#[test]
fn a_chain_that_gets_the_registry_later_begins_with_the_defaults() {
    test(|| {
        RuleSets::<Test>::remove(0);
        assert_eq!(Registry::current(), (0, RuleSet::default()));
    });
}
