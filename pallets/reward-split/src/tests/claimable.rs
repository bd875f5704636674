//! What an account may claim, through which splits.

use crate::{mock::*, *};
use frame_support::assert_ok;
use myai_primitives::{Asset, Balance, ClaimCursor, ModelId, SplitId};

/// Makes every claim of the pages in their order, and what they said that they would move.
fn claim_all(who: AccountId) -> Vec<(SplitId, Asset, Balance)> {
    let (mut from, mut all) = (None, vec![]);
    loop {
        let page = RewardSplit::claimable(&who, from);
        for view in &page.claims {
            let owed = RewardSplit::owed_view(view.split, view.amount.asset);
            assert_eq!(
                owed[view.share as usize].amount,
                view.amount.value,
                "{view:?}"
            );
            claim(view.split, &view.amount.asset, view.share);
            all.push((view.split, view.amount.asset, view.amount.value));
        }
        from = page.next;
        if from.is_none() {
            return all;
        }
    }
}

#[test]
fn claims_reach_an_account_through_three_generations() {
    run_with_gold(|| {
        own_model(3, BOB);
        let base = split([to_model(3, 600_000), to(CAROL, 400_000)]);
        let middle = split([to_split(base, 500_000), to(ALICE, 500_000)]);
        let last = split([to_split(middle, 500_000), to(ALICE, 500_000)]);
        settle(&NATIVE, 1_000, last);
        settle(&gold(), 4_000, last);
        settle(&NATIVE, 10, base);
        let (native, golden) = (has(&NATIVE, BOB), has(&gold(), BOB));
        let made = claim_all(BOB);
        assert_eq!(has(&NATIVE, BOB) - native, (250 + 10) * 6 / 10);
        assert_eq!(has(&gold(), BOB) - golden, 1_000 * 6 / 10);
        // What the last owes comes first.
        assert_eq!(made[0].0, last);
        assert_eq!(made.last().unwrap().0, base);
        assert_eq!(claim_all(BOB), []);
        // Alice is owed by two splits, and owns no model.
        let alice = has(&NATIVE, ALICE);
        assert_eq!(claim_all(ALICE).len(), 4);
        assert_eq!(has(&NATIVE, ALICE) - alice, 250 + 500);
    });
}

#[test]
fn a_page_has_an_end_and_the_next_begins_there() {
    run(|| {
        for _ in 0..myai_primitives::MAX_PAGE + 20 {
            let split = split([to(BOB, 1_000_000)]);
            settle(&NATIVE, 100, split);
        }
        let first = RewardSplit::claimable(&BOB, None);
        assert_eq!(first.claims.len(), myai_primitives::MAX_PAGE as usize);
        assert!(matches!(first.next, Some(ClaimCursor::Account(_))));
        let made = claim_all(BOB);
        assert_eq!(made.len(), myai_primitives::MAX_PAGE as usize + 20);
    });
}

#[test]
fn splits_without_income_are_passed_by_and_bounded() {
    run(|| {
        own_model(1, BOB);
        for _ in 0..views::MAX_CLAIM_SPLITS + 10 {
            split([to(BOB, 1_000_000)]);
        }
        let last = split([to_model(1, 1_000_000)]);
        settle(&NATIVE, 100, last);
        let first = RewardSplit::claimable(&BOB, None);
        assert_eq!(first.claims, []);
        assert!(first.next.is_some(), "looked at no more than it may");
        assert_eq!(claim_all(BOB), [(last, NATIVE, 100)]);
        let page = RewardSplit::claimable(&BOB, Some(ClaimCursor::Model(ModelId(2))));
        assert_eq!((page.claims, page.next), (vec![], None));
        assert_ok!(RewardSplit::do_try_state());
    });
}
