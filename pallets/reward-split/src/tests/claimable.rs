//! What an account may claim, in which order, page by page.

use crate::{
    claimable::{MAX_LOOKED_AT, MAX_ROWS},
    mock::*,
    *,
};
use frame_support::assert_ok;
use myai_primitives::{
    Amount, Asset, Balance, Beneficiary, ClaimCursor, ClaimPlace, ClaimView, ClaimsPage, DatasetId,
    ModelId, SplitId, MAX_PAGE,
};
use myai_support::{Keeper, Money as _};

type Listed = (u32, u32, Asset, Balance);

fn listed(page: &ClaimsPage<AccountId>) -> Vec<Listed> {
    page.claims
        .iter()
        .map(|c| (c.split.0, c.share, c.amount.asset, c.amount.value))
        .collect()
}

/// Everything in one page.
fn all_of(who: AccountId) -> Vec<Listed> {
    let page = RewardSplit::claimable(&who, None);
    assert_eq!(page.next, None);
    listed(&page)
}

/// Makes the claims of a page, and sees that each moves what the page says.
fn make(page: &ClaimsPage<AccountId>) {
    for ClaimView {
        split,
        share,
        beneficiary,
        amount,
    } in &page.claims
    {
        events();
        claim(*split, &amount.asset, *share);
        let moved = match events().pop() {
            Some(Event::Claimed { value, .. } | Event::Credited { value, .. }) => value,
            other => panic!("{other:?}"),
        };
        assert_eq!(moved, amount.value, "{split} {beneficiary:?}");
    }
}

/// Claims page after page until nothing is left; says how many pages and claims it took.
fn claim_all(who: AccountId) -> (usize, usize) {
    let (mut pages, mut claims) = (0, 0);
    let mut from = None;
    loop {
        let page = RewardSplit::claimable(&who, from);
        make(&page);
        pages += 1;
        claims += page.claims.len();
        from = page.next;
        if from.is_none() {
            return (pages, claims);
        }
    }
}

/// A split that a version's is derived from: `parts` of its income go to the base.
fn derived(base: SplitId, parts: u32) -> SplitId {
    version_split([to_split(base, parts), to(ALICE, 1_000_000 - parts)])
}

#[test]
fn an_account_sees_what_its_shares_are_owed_in_every_asset() {
    run_with_gold(|| {
        let first = split([to(BOB, 400_000), to(CAROL, 600_000)]);
        let second = split([to(CAROL, 1), to(BOB, 499_999), to(BOB, 500_000)]);
        split([to(BOB, 1_000_000)]);
        settle(&NATIVE, 1_000, first);
        settle(&gold(), 100, first);
        settle(&NATIVE, 10, second);
        assert_eq!(
            all_of(BOB),
            [
                (first.0, 0, NATIVE, 400),
                (first.0, 0, gold(), 40),
                (second.0, 1, NATIVE, 4),
                (second.0, 2, NATIVE, 5),
            ]
        );
        assert_eq!(
            all_of(CAROL),
            [(first.0, 1, NATIVE, 600), (first.0, 1, gold(), 60)]
        );
        assert_eq!(all_of(DAVE), []);
        make(&RewardSplit::claimable(&BOB, None));
        assert_eq!(all_of(BOB), []);
        assert_eq!(RewardSplit::claimable(&BOB, None).claims, []);
        // A dropped asset is claimed all the same.
        assert_ok!(RewardSplit::drop_asset(signed(RULES), GOLD));
        assert_eq!(all_of(CAROL).len(), 2);
    });
}

#[test]
fn shares_of_models_and_datasets_are_their_owners_of_today() {
    run(|| {
        for (n, owner) in [(1, BOB), (2, CAROL), (3, BOB)] {
            own_model(n, owner);
            own_dataset(n + 10, owner);
        }
        let mut splits = vec![];
        for n in 1..=3 {
            let of_model = version_split([to_model(n, 1_000_000)]);
            let of_dataset = kept_split(
                Keeper::Dataset(DatasetId(n + 10)),
                [to_dataset(n + 10, 1_000_000)],
            );
            settle(&NATIVE, 100, of_model);
            settle(&NATIVE, 200, of_dataset);
            splits.push((of_model.0, of_dataset.0));
        }
        assert_eq!(
            all_of(BOB),
            [
                (splits[0].0, 0, NATIVE, 100),
                (splits[2].0, 0, NATIVE, 100),
                (splits[0].1, 0, NATIVE, 200),
                (splits[2].1, 0, NATIVE, 200),
            ]
        );
        // A model that is sold takes its income along.
        own_model(3, CAROL);
        assert_eq!(all_of(BOB).len(), 3);
        assert_eq!(all_of(CAROL).len(), 3);
        let carol = has(&NATIVE, CAROL);
        make(&RewardSplit::claimable(&CAROL, None));
        assert_eq!(has(&NATIVE, CAROL), carol + 400);
        assert_eq!(all_of(CAROL), []);
    });
}

#[test]
fn what_a_split_is_owed_comes_before_what_it_owes() {
    run_with_gold(|| {
        // Bob's base, ten generations deep; each gives a half to the one before.
        let base = version_split([to(BOB, 1_000_000)]);
        let mut chain = vec![base];
        for _ in 1..=10 {
            chain.push(derived(chain[chain.len() - 1], 500_000));
        }
        settle(&NATIVE, 1_024_000, chain[10]);
        settle(&gold(), 1_000, chain[1]);
        let mut expected: Vec<Listed> = (1..=10)
            .rev()
            .map(|n| (chain[n].0, 0, NATIVE, 1_024_000 >> (11 - n)))
            .collect();
        expected.push((chain[1].0, 0, gold(), 500));
        expected.push((base.0, 0, NATIVE, 1_000));
        expected.push((base.0, 0, gold(), 500));
        assert_eq!(all_of(BOB), expected);
        let before = (has(&NATIVE, BOB), has(&gold(), BOB));
        make(&RewardSplit::claimable(&BOB, None));
        assert_eq!(
            (has(&NATIVE, BOB), has(&gold(), BOB)),
            (before.0 + 1_000, before.1 + 500)
        );
        assert_eq!(all_of(BOB), []);
    });
}

#[test]
fn a_split_that_is_reached_in_two_ways_is_credited_before_it_pays() {
    run(|| {
        let base = version_split([to(BOB, 1_000_000)]);
        let left = derived(base, 500_000);
        let right = derived(base, 250_000);
        // Names both, and the base itself.
        let top = version_split([
            to_split(left, 400_000),
            to_split(right, 400_000),
            to_split(base, 100_000),
            to(ALICE, 100_000),
        ]);
        // Another's base, of which Bob has nothing.
        let other = version_split([to(DAVE, 1_000_000)]);
        let side = version_split([to_split(other, 500_000), to_split(left, 500_000)]);
        settle(&NATIVE, 1_000, top);
        settle(&NATIVE, 100, side);
        assert_eq!(
            all_of(BOB),
            [
                (side.0, 1, NATIVE, 50),
                (top.0, 0, NATIVE, 400),
                (top.0, 2, NATIVE, 100),
                (left.0, 0, NATIVE, 225),
                (top.0, 1, NATIVE, 400),
                (right.0, 0, NATIVE, 100),
                (base.0, 0, NATIVE, 425),
            ]
        );
        make(&RewardSplit::claimable(&BOB, None));
        assert_eq!(all_of(BOB), []);
    });
}

#[test]
fn two_own_versions_are_both_credited_by_what_derives_from_both() {
    run(|| {
        own_model(1, BOB);
        let first = version_split([to_model(1, 1_000_000)]);
        let second = version_split([to_split(first, 100_000), to_model(1, 900_000)]);
        let top = version_split([
            to_split(first, 100_000),
            to_split(second, 200_000),
            to(ALICE, 700_000),
        ]);
        settle(&NATIVE, 1_000, top);
        assert_eq!(
            all_of(BOB),
            [
                (top.0, 0, NATIVE, 100),
                (top.0, 1, NATIVE, 200),
                (second.0, 0, NATIVE, 20),
                (first.0, 0, NATIVE, 120),
                (second.0, 1, NATIVE, 180),
            ]
        );
        make(&RewardSplit::claimable(&BOB, None));
    });
}

#[test]
fn a_base_with_a_thousand_derivatives_is_claimed_page_by_page() {
    run(|| {
        assert_ok!(Money::transfer(&NATIVE, &PAYER, &CAROL, RICH / 2));
        let base = version_split([to(BOB, 1_000_000)]);
        let before = has(&NATIVE, BOB);
        for n in 0..1_000 {
            let one = derived(base, 500_000);
            if n % 4 == 0 {
                settle(&NATIVE, 100, one);
            }
        }
        let first = RewardSplit::claimable(&BOB, None);
        assert!(first.claims.len() <= MAX_PAGE as usize + 1);
        assert!(matches!(
            first.next,
            Some(ClaimCursor::Account(ClaimPlace { split, .. })) if split == base
        ));
        let (pages, claims) = claim_all(BOB);
        // 250 derivatives owe something; the base's own share comes last, once.
        assert_eq!(claims, 251);
        assert!(pages >= 1_000 / MAX_LOOKED_AT, "{pages}");
        assert!(pages < 10, "{pages}");
        assert_eq!(has(&NATIVE, BOB), before + 250 * 50);
        assert_eq!(claim_all(BOB).1, 0);
    });
}

#[test]
fn an_owner_of_many_is_listed_page_by_page() {
    run(|| {
        assert_ok!(Money::transfer(&NATIVE, &PAYER, &CAROL, RICH / 2));
        let mut due = 0;
        // 400 models without income, then one with 400 versions, each with some.
        for model in 0..=400 {
            own_model(model, BOB);
        }
        for _ in 0..400 {
            let split = version_split([to_model(400, 1_000_000)]);
            settle(&NATIVE, 3, split);
            due += 3;
        }
        let before = has(&NATIVE, BOB);
        let first = RewardSplit::claimable(&BOB, None);
        assert_eq!(first.claims, []);
        assert!(matches!(first.next, Some(ClaimCursor::Model(ModelId(n), _)) if n < 400));
        let (pages, claims) = claim_all(BOB);
        assert_eq!(claims, 400);
        assert!(pages >= 5, "{pages}");
        assert_eq!(has(&NATIVE, BOB), before + due);
    });
}

#[test]
fn a_page_is_bounded_whatever_names_a_split() {
    run(|| {
        assert_ok!(Money::transfer(&NATIVE, &PAYER, &CAROL, RICH / 2));
        // A chain of three hundred: all of it lies up from its first.
        let base = version_split([to(BOB, 1_000_000)]);
        let mut last = base;
        for _ in 0..300 {
            last = derived(last, 999_999);
        }
        settle(&NATIVE, 1_000_000, last);
        let alice = has(&NATIVE, ALICE);
        // What is too far up is not seen from the first, but from nearer by.
        let page = RewardSplit::claimable(&BOB, None);
        assert_eq!((page.claims.len(), page.next), (0, None));
        // Alice has a share of each: the list is made anew once what it had was claimed.
        let mut lists = 0;
        loop {
            let (pages, claims) = claim_all(ALICE);
            // Though it looks at all of it in one page.
            assert!((3..10).contains(&pages), "{pages}");
            if claims == 0 {
                break;
            }
            lists += 1;
        }
        assert_eq!(lists, 3);
        // A millionth of less than a million is nothing.
        assert_eq!(has(&NATIVE, ALICE), alice + 1);
        // What comes to the first generation is Bob's.
        let rest = 1_000_000 - 300;
        assert_eq!(
            all_of(BOB),
            [(base.0 + 1, 0, NATIVE, rest), (base.0, 0, NATIVE, rest)]
        );
    });
}

#[test]
fn what_was_gone_through_is_not_gone_through_again() {
    run(|| {
        // A hundred and twenty generations, each of which names the first.
        let base = version_split([to(BOB, 1_000_000)]);
        let mut last = derived(base, 500_000);
        for _ in 1..120 {
            last = version_split([
                to_split(base, 100_000),
                to_split(last, 100_000),
                to(ALICE, 800_000),
            ]);
        }
        settle(&NATIVE, 1_000, last);
        let page = RewardSplit::claimable(&BOB, None);
        assert_eq!(page.next, None);
        make(&page);
        assert_eq!(all_of(BOB), []);
    });
}

#[test]
fn a_page_has_a_thousand_claims_at_most() {
    run(|| {
        // Eighty generations that name the base fifteen times each.
        let base = version_split([to(BOB, 1_000_000)]);
        let mut last = base;
        for _ in 0..80 {
            let mut lines = [to_split(base, 50_000); 16];
            lines[0] = to_split(last, 250_000);
            last = version_split(lines);
            settle(&NATIVE, 1_000, last);
        }
        let bob = has(&NATIVE, BOB);
        let page = RewardSplit::claimable(&BOB, None);
        assert_eq!((page.claims.len(), page.next), (MAX_ROWS, None));
        make(&page);
        // The rest is listed once these were made.
        let page = RewardSplit::claimable(&BOB, None);
        assert!(page.claims.len() > 200);
        make(&page);
        assert_eq!(all_of(BOB), []);
        // All but the dust of eighty-one splits.
        assert_eq!(has(&NATIVE, BOB), bob + 80_000 - vault_held(&NATIVE));
        assert!(vault_held(&NATIVE) < 81 * 16);
    });
}

#[test]
fn a_cursor_of_what_is_gone_goes_on_with_the_next() {
    run(|| {
        own_model(5, BOB);
        let of_model = version_split([to_model(5, 1_000_000)]);
        settle(&NATIVE, 100, of_model);
        let place = ClaimPlace {
            split: SplitId(90),
            named_by: SplitId(91),
        };
        // Of another model: from the next own one's first split on.
        let page = RewardSplit::claimable(&BOB, Some(ClaimCursor::Model(ModelId(3), place)));
        assert_eq!(listed(&page), [(of_model.0, 0, NATIVE, 100)]);
        let page = RewardSplit::claimable(&BOB, Some(ClaimCursor::Model(ModelId(5), place)));
        assert_eq!((page.claims, page.next), (vec![], None));
        let page = RewardSplit::claimable(&BOB, Some(ClaimCursor::Account(place)));
        assert_eq!(
            page.claims,
            [ClaimView {
                split: of_model,
                share: 0,
                beneficiary: Beneficiary::ModelOwner(ModelId(5)),
                amount: Amount {
                    asset: NATIVE,
                    value: 100
                }
            }]
        );
    });
}
