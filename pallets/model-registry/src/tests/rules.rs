//! The rules: one bound after the other, and revisions.

use crate::{mock::*, CurrentRules, Error, Event, InForce, PastRules};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Rule, RuleSet, Rules, MAI};
use myai_support::RulesAt;
use sp_runtime::DispatchError;

fn set(rule: Rule, value: u128) -> sp_runtime::DispatchResult {
    Registry::set_rule(signed(governance()), rule, value)
}

/// The values at both bounds are taken, those beyond refused.
fn bounds(rule: Rule, inside: &[u128], outside: &[u128]) {
    test(|| {
        for v in inside {
            assert_ok!(set(rule, *v));
            assert_eq!(Registry::current().unwrap().list.get(rule), *v);
        }
        for v in outside {
            assert_noop!(set(rule, *v), Error::<Test>::RuleOutOfBounds);
        }
    });
}

#[test]
fn each_rule_has_the_bounds_that_are_published() {
    let max = u128::MAX;
    bounds(Rule::MaxRoyalty, &[0, 500_000], &[500_001, max]);
    bounds(Rule::NetworkShare, &[0, 100_000], &[100_001, max]);
    bounds(
        Rule::MinWorkerBond,
        &[MAI, 100_000 * MAI],
        &[0, MAI - 1, 100_000 * MAI + 1, max],
    );
    // The longest job is 14,400 ticks by default, the shortest 10.
    bounds(Rule::MinJobDuration, &[5, 14_400], &[0, 4, 100_801, max]);
    bounds(Rule::MaxJobDuration, &[10, 100_800], &[0, 4, 100_801, max]);
    bounds(Rule::MaxSuspension, &[0, 1_051_920], &[1_051_921, max]);
    bounds(Rule::MinRevokeNotice, &[0, 1_051_920], &[1_051_921, max]);
    bounds(Rule::AnswerKept, &[100, 100_800], &[0, 99, 100_801, max]);
    bounds(Rule::SpoiltCharge, &[0, 1_000_000], &[1_000_001, max]);
    bounds(
        Rule::JobDeposit,
        &[MAI / 1_000, MAI],
        &[0, MAI / 1_000 - 1, MAI + 1, max],
    );
}

#[test]
fn the_shortest_duration_never_passes_the_longest() {
    test(|| {
        assert_ok!(set(Rule::MaxJobDuration, 100));
        assert_noop!(
            set(Rule::MinJobDuration, 101),
            Error::<Test>::DurationsCross
        );
        assert_ok!(set(Rule::MinJobDuration, 100));
        assert_noop!(set(Rule::MaxJobDuration, 99), Error::<Test>::DurationsCross);
    });
}

#[test]
fn every_change_makes_a_revision_and_all_are_kept() {
    test(|| {
        let defaults = RuleSet::default();
        let rules = |revision, set| Rules {
            revision,
            list: set,
        };
        assert_eq!(Registry::current(), Ok(rules(0, defaults.clone())));
        assert_ok!(set(Rule::NetworkShare, 1));
        System::assert_last_event(
            Event::RuleChanged {
                rule: Rule::NetworkShare,
                value: 1,
                revision: 1,
            }
            .into(),
        );
        assert_ok!(set(Rule::MaxRoyalty, 2));
        let first = defaults.clone().with(Rule::NetworkShare, 1).unwrap();
        let second = first.clone().with(Rule::MaxRoyalty, 2).unwrap();
        assert_eq!(Registry::current(), Ok(rules(2, second.clone())));
        assert_eq!(Registry::rules_view(), rules(2, second.clone()));
        assert_eq!(Registry::at(0), Ok(defaults));
        assert_eq!(Registry::at(1), Ok(first));
        assert_eq!(Registry::at(2), Ok(second));
    });
}

#[test]
fn a_missing_revision_is_an_error() {
    let missing = Err(Error::<Test>::RevisionNotFound.into());
    test(|| {
        assert_eq!(Registry::at(1), missing.clone());
        assert_ok!(set(Rule::NetworkShare, 1));
        PastRules::<Test>::remove(0);
        assert_eq!(Registry::at(0), missing.clone());
        PastRules::<Test>::insert(0, RuleSet::default());
    });
    new_ext().execute_with(|| {
        CurrentRules::<Test>::kill();
        let gone = Error::<Test>::RevisionNotFound;
        assert_eq!(Registry::at(0), missing);
        assert_eq!(Registry::current(), Err(gone.into()));
        assert_noop!(set(Rule::NetworkShare, 1), Error::<Test>::RevisionNotFound);
    });
}

#[test]
fn revisions_that_are_used_up_change_nothing() {
    new_ext().execute_with(|| {
        CurrentRules::<Test>::put(InForce::only(Rules {
            revision: u32::MAX,
            list: RuleSet::default(),
        }));
        assert_noop!(set(Rule::NetworkShare, 1), Error::<Test>::IdsExhausted);
    });
}

#[test]
fn only_the_rules_origin_sets_rules() {
    test(|| {
        let set = |origin| Registry::set_rule(origin, Rule::NetworkShare, 1);
        assert_noop!(set(signed(alice())), DispatchError::BadOrigin);
        assert_noop!(set(RuntimeOrigin::none()), DispatchError::BadOrigin);
        assert_ok!(set(RuntimeOrigin::root()));
        assert_ok!(set(signed(governance())));
    });
}
