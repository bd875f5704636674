//! What is minted, who earns it, and who gets it.

use crate::{
    arithmetic::{minted, payable, reward, HALVING},
    mock::*,
    *,
};
use frame_support::{assert_noop, assert_ok, traits::Hooks, weights::Weight};
use myai_primitives::{
    Balance, Beneficiary, Epoch, EpochClaimView, IssuanceView, SplitId, Tick, EPOCH, MAI,
};
use myai_support::{Clock as _, Money as _, Payouts};
use proptest::prelude::*;
use sp_runtime::TokenError;

/// The first tick of an epoch.
const START: Tick = 20_000 * EPOCH;
const FIRST: Epoch = 20_000;
const WORKER: AccountId = 50;
const PAYOUT: AccountId = 1_050;

/// Blocks of which the first begins issuance.
fn begin() {
    block(START, || {});
}

fn issuance() -> Balance {
    Balances::total_issuance()
}

fn unissued() -> Balance {
    Money::held(&NATIVE, &HoldReason::Issuance.into(), &RewardSplit::vault())
}

fn split_of(split: SplitId) -> Beneficiary<AccountId> {
    Beneficiary::Split(split)
}

fn worker() -> Beneficiary<AccountId> {
    Beneficiary::Account(WORKER)
}

fn claim_issuance(epoch: Epoch, beneficiary: Beneficiary<AccountId>) -> sp_runtime::DispatchResult {
    RewardSplit::claim_issuance(signed(DAVE), epoch, beneficiary)
}

/// The block in which an epoch ends, at whose end the next runs.
fn end_epoch(epoch: Epoch) {
    block((epoch + 1) * EPOCH, || {});
}

fn closed(epoch: Epoch) -> Option<ClosedEpoch> {
    Epochs::<Test>::get(epoch.to_be_bytes())
}

/// What the curve gives contributors between two ticks, by its parts.
fn pool(from: Tick, to: Tick) -> Balance {
    (minted(CAP, to - START) - minted(CAP, from - START)) * 6 / 10
}

// The curve.

#[test]
fn issuance_walks_every_halving() {
    // Half of what is left, 64 times.
    let mut left = CAP;
    for era in 0..64 {
        let start = era * HALVING;
        assert_eq!(minted(CAP, start), CAP - left, "era {era}");
        let half = left - left / 2;
        assert_eq!(minted(CAP, start + HALVING / 2), CAP - left + half / 2);
        left /= 2;
    }
    assert_eq!(left, CAP >> 64);
    assert!(left > 0);
    for ticks in [64 * HALVING, 64 * HALVING + 1, Tick::MAX] {
        assert_eq!(
            minted(CAP, ticks),
            CAP - left,
            "just below the cap, for ever"
        );
    }
    // By hand, in whole MAI and in its smallest unit.
    let golden = [
        (0, 0),
        (1, 499_087_383_070),
        (14_400, 7_186_858_316_221_765),
        (5_259_600, 2_625_000 * MAI),
        (HALVING, 10_500_000 * MAI),
        (2 * HALVING, 15_750_000 * MAI),
        (10 * HALVING, 20_979_492_187_500_000_000),
        (63 * HALVING, 20_999_999_999_999_999_998),
    ];
    for (ticks, value) in golden {
        assert_eq!(minted(CAP, ticks), value, "after {ticks} ticks");
    }
    // And on the chain, with a block at each halving.
    run(|| {
        let genesis = issuance();
        block(1, || {});
        for era in 1..=66u32 {
            block(1 + era * HALVING, || {});
            let due = minted(CAP, era * HALVING).min(CAP - genesis);
            assert_eq!(issuance(), genesis + due, "era {era}");
            assert_ok!(RewardSplit::do_try_state());
        }
        assert_eq!(
            issuance(),
            CAP,
            "genesis counts, and nothing goes above the cap"
        );
    });
}

proptest! {
    #[test]
    fn the_curve_never_falls_and_never_reaches_the_cap(
        cap in (1u128 << 64)..(1u128 << 100), a in any::<Tick>(), b in any::<Tick>(),
    ) {
        let (a, b) = (a.min(b), a.max(b));
        prop_assert!(minted(cap, a) <= minted(cap, b));
        prop_assert!(minted(cap, b) < cap);
    }

    /// Whatever blocks there are, the sum is the curve's.
    #[test]
    fn steps_of_any_size_mint_the_same(
        steps in proptest::collection::vec(0..50_000u32, 1..60), limit in 0..CAP,
    ) {
        let mut issued = Issued::begin(START, limit);
        let (mut tick, mut sum) = (START, 0);
        for step in steps {
            tick += step;
            sum += issued.mint_until(CAP, tick);
        }
        prop_assert_eq!(sum, minted(CAP, tick - START).min(limit));
        prop_assert_eq!(sum, issued.minted);
        prop_assert_eq!(sum, issued.authors + issued.pool + issued.treasury);
        prop_assert!(issued.authors <= sum / 5 && issued.pool <= sum * 3 / 5);
    }

    #[test]
    fn rewards_are_at_most_half_and_never_more_than_the_pool(
        credits in proptest::collection::vec(0..(1u128 << 80), 1..30), pool in 0..(1u128 << 90),
    ) {
        let all: Balance = credits.iter().sum();
        let mut sum = 0;
        for credit in credits {
            let reward = reward(credit, pool, all);
            prop_assert!(reward <= credit / 2);
            sum += reward;
        }
        prop_assert!(sum <= payable(pool, all));
        prop_assert!(payable(pool, all) <= pool);
    }
}

#[test]
fn block_one_mints_nothing() {
    run(|| {
        let before = issuance();
        block(START, || {});
        assert_eq!(issuance(), before);
        assert_eq!(
            Issuance::<Test>::get(),
            Some(Issued::begin(START, CAP - before))
        );
        block(START + 1, || {});
        assert_eq!(issuance(), before + 499_087_383_070);
    });
}

#[test]
fn issuance_ignores_skipped_and_fast_blocks() {
    // One block a tick, three blocks a tick, and one after an hour, and one after days.
    let after = |ticks: &[Tick]| {
        let mut minted = 0;
        run(|| {
            let before = issuance();
            begin();
            for tick in ticks {
                block(START + tick, || {});
            }
            minted = issuance() - before;
        });
        minted
    };
    let due = minted(CAP, 100_000);
    let each: Vec<Tick> = (1..=600).chain([100_000]).collect();
    let fast: Vec<Tick> = (1..=600).flat_map(|t| [t, t, t]).chain([100_000]).collect();
    for way in [&each[..], &fast, &[600, 100_000], &[100_000]] {
        assert_eq!(after(way), due);
    }
}

#[test]
fn a_mint_has_its_three_parts() {
    run(|| {
        begin();
        block(START + 1, || {});
        let issued = Issuance::<Test>::get().unwrap();
        let value = minted(CAP, 1);
        assert_eq!(issued.minted, value);
        assert_eq!(issued.authors, value / 5);
        assert_eq!(issued.pool, value * 3 / 5);
        // The pot had nothing, and needs its least; the others had theirs.
        assert_eq!(issued.treasury, value - value / 5 - value * 3 / 5 - ED);
        assert_eq!(has(&NATIVE, POT), ED);
        assert_eq!(unissued(), value - ED);
        block(START + 2, || {});
        assert_eq!(has(&NATIVE, POT), ED);
    });
}

#[test]
fn the_first_mint_endows_the_chains_own_accounts() {
    run(|| {
        let vault = RewardSplit::vault();
        assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), vault, 0));
        begin();
        block(START + 1, || {});
        let value = minted(CAP, 1);
        assert_eq!(has(&NATIVE, POT), ED);
        assert_eq!(has(&NATIVE, vault), value - ED);
        assert_eq!(unissued(), value - 2 * ED);
    });
}

#[test]
fn what_the_genesis_gave_out_counts() {
    run(|| {
        let before = issuance();
        assert_ok!(Balances::force_set_balance(
            RuntimeOrigin::root(),
            ALICE,
            RICH + CAP - before - 7
        ));
        begin();
        for tick in 1..3 {
            block(START + tick, || {});
            assert_eq!(issuance(), CAP);
            // The treasury's part of so little does not endow the pot.
            assert_eq!((unissued(), has(&NATIVE, POT)), (7, 0));
        }
    });
}

// Authors.

#[test]
fn author_of_the_block_is_paid() {
    run(|| {
        begin();
        for tick in 1..=10 {
            block(START + tick, || {});
        }
        let waiting = minted(CAP, 10) / 5;
        let had = has(&NATIVE, ALICE);
        events();
        RewardSplit::pay_author(&ALICE);
        let value = Issuance::<Test>::get().unwrap().authors / 99;
        assert!(value.abs_diff(waiting / 100) <= 1);
        assert_eq!(has(&NATIVE, ALICE), had + value);
        assert_eq!(
            events(),
            [Event::AuthorPaid {
                author: ALICE,
                value
            }]
        );
        // A hundredth of what is left.
        RewardSplit::pay_author(&BOB);
        assert_eq!(has(&NATIVE, BOB), RICH + value * 99 / 100);
    });
}

#[test]
fn an_author_whose_part_is_too_small_to_open_its_account_waits() {
    run(|| {
        begin();
        let newcomer = 77;
        Issuance::<Test>::mutate(|issued| issued.as_mut().unwrap().authors = 0);
        RewardSplit::pay_author(&newcomer);
        assert_eq!(has(&NATIVE, newcomer), 0);
        block(START + 1, || {});
        let authors = Issuance::<Test>::get().unwrap().authors;
        let rest = authors - 100 * ED + 1;
        let small = |issued: &mut Option<Issued>| {
            let issued = issued.as_mut().unwrap();
            issued.authors -= rest;
            issued.treasury += rest;
        };
        Issuance::<Test>::mutate(small);
        RewardSplit::pay_author(&newcomer);
        assert_eq!(has(&NATIVE, newcomer), 0, "one below the least");
        assert_eq!(Issuance::<Test>::get().unwrap().authors, 100 * ED - 1);
        block(START + 2, || {});
        RewardSplit::pay_author(&newcomer);
        assert!(has(&NATIVE, newcomer) > ED);
    });
}

#[test]
fn paying_an_author_weighs_itself() {
    run(|| {
        let before = System::block_weight().total();
        RewardSplit::pay_author(&ALICE);
        let weighed = System::block_weight().total() - before;
        assert_eq!(weighed, <() as WeightInfo>::pay_author());
    });
}

// Contributors.

#[test]
fn contributors_of_an_epoch_get_half_of_their_cuts() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        block(START + 5, || {
            assert!(!settle_job(split, WORKER, 1_000, 101).has_rolled);
            assert!(!settle_job(split, WORKER, 500, 0).has_rolled);
        });
        let treasury = has(&NATIVE, TREASURY);
        events();
        end_epoch(FIRST);
        let pool = Issuance::<Test>::get().unwrap().minted * 6 / 10;
        let [Event::EpochEnded {
            epoch: FIRST,
            pool: ended,
            credits: 1_601,
            to_contributors: 800,
        }, Event::TreasuryPaid { value }] = events()[..]
        else {
            panic!("an epoch ends");
        };
        assert!(pool.abs_diff(ended) < 10);
        assert_eq!(has(&NATIVE, TREASURY), treasury + value);
        assert_eq!(
            closed(FIRST),
            Some(ClosedEpoch {
                pool: ended,
                credits: 1_601,
                unpaid: 800
            })
        );

        let received = Received::<Test>::get(split, NATIVE).total;
        let held = vault_held(&NATIVE);
        let due = vec![EpochClaimView {
            epoch: FIRST,
            value: 750,
        }];
        assert_eq!(RewardSplit::claimable_issuance(split_of(split)), due);
        assert_ok!(claim_issuance(FIRST, split_of(split)));
        assert_eq!(Received::<Test>::get(split, NATIVE).total, received + 750);
        assert_eq!(vault_held(&NATIVE), held + 750, "as income");
        assert_ok!(claim_issuance(FIRST, worker()));
        assert_eq!(has(&NATIVE, PAYOUT), 50);
        assert_eq!(
            events(),
            [
                Event::IssuanceClaimed {
                    epoch: FIRST,
                    beneficiary: split_of(split),
                    value: 750,
                    to: None
                },
                Event::IssuanceClaimed {
                    epoch: FIRST,
                    beneficiary: worker(),
                    value: 50,
                    to: Some(PAYOUT)
                }
            ]
        );
        for claimed in [split_of(split), worker()] {
            assert_eq!(RewardSplit::claimable_issuance(claimed), []);
            assert_noop!(claim_issuance(FIRST, claimed), Error::<Test>::NothingOwed);
        }
        // The shares claim it as any income.
        claim(split, &NATIVE, 0);
        assert_eq!(has(&NATIVE, BOB), RICH + received + 750);
    });
}

#[test]
fn a_pool_that_is_smaller_than_half_is_shared_in_proportion() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        // As if the curve were at its end.
        let limit = 1_000;
        block(START + 1, || {});
        Issuance::<Test>::mutate(|issued| {
            let issued = issued.as_mut().unwrap();
            (issued.limit, issued.treasury) = (issued.minted, issued.treasury + issued.pool);
            issued.treasury -= limit;
            issued.pool = limit;
        });
        block(START + 2, || {
            settle_job(split, WORKER, 6_000, 4_000);
        });
        end_epoch(FIRST);
        assert_ok!(claim_issuance(FIRST, split_of(split)));
        assert_ok!(claim_issuance(FIRST, worker()));
        assert_eq!(has(&NATIVE, PAYOUT), 400);
        assert_eq!(closed(FIRST).unwrap().unpaid, 0);
    });
}

/// Whoever is payer, model's owner, worker, and all other contributors, too, loses by each job, and
/// whatever the pool.
#[test]
fn paying_yourself_always_loses() {
    run(|| {
        let split = split([to(PAYER, 1_000_000)]);
        begin();
        let before = has(&NATIVE, PAYER);
        let mut cuts = 0;
        for epoch in FIRST..FIRST + 3 {
            for n in 1..20u128 {
                // The rest of the fee goes from the payer to itself.
                settle_job(split, WORKER, 7 * n, 13 * n);
                cuts += 20 * n;
            }
            end_epoch(epoch);
        }
        for epoch in FIRST..FIRST + 3 {
            for contributor in [split_of(split), worker()] {
                assert_ok!(claim_issuance(epoch, contributor));
            }
        }
        claim(split, &NATIVE, 0);
        let mine = has(&NATIVE, PAYER) + has(&NATIVE, PAYOUT);
        assert!(mine < before);
        assert!(
            before - mine >= cuts / 2,
            "half of the cuts is gone at least"
        );
    });
}

#[test]
fn cuts_in_other_assets_earn_nothing() {
    run_with_gold(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        hold(&gold(), 1_000);
        let income = myai_support::JobIncome {
            split,
            model: 900,
            worker: &WORKER,
            price_cut: 60,
            fee_cut: 40,
        };
        let settled = RewardSplit::settle(&PAYER, &job(), &gold(), &income);
        assert!(settled.has_moved && !settled.has_rolled);
        assert_eq!(Received::<Test>::get(split, gold()), Income::from(900));
        assert_eq!(Received::<Test>::get(NETWORK, gold()), Income::from(100));
        end_epoch(FIRST);
        assert_eq!(closed(FIRST), None);
        assert_noop!(
            claim_issuance(FIRST, split_of(split)),
            Error::<Test>::EpochNotOpen
        );
    });
}

#[test]
fn credit_waits_in_its_row_until_its_beneficiary_earns_again() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 100, 10);
        assert_eq!(Received::<Test>::get(split, NATIVE).cut, 100);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).cut, 110);
        // Still of the first epoch: its last block is the first of the next.
        block((FIRST + 1) * EPOCH, || {
            assert!(!settle_job(split, WORKER, 100, 10).has_rolled);
        });
        assert_eq!(Credits::<Test>::iter().count(), 0);
        assert_eq!(closed(FIRST).unwrap().credits, 220);
        assert!(settle_job(split, WORKER, 30, 3).has_rolled);
        assert!(!settle_job(split, WORKER, 30, 3).has_rolled);
        let mut credits: Vec<_> = Credits::<Test>::iter()
            .map(|(epoch, whose, credit)| (Epoch::from_be_bytes(epoch), whose, credit))
            .collect();
        credits.sort_by_key(|credit| credit.2);
        assert_eq!(
            credits,
            [(FIRST, worker(), 20), (FIRST, split_of(split), 200)]
        );
        assert_eq!(Received::<Test>::get(split, NATIVE).cut, 60);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).cut, 66);
        end_epoch(FIRST + 1);
        for (epoch, value) in [(FIRST, 100), (FIRST + 1, 30)] {
            assert_eq!(
                RewardSplit::claimable_issuance(split_of(split))[0],
                EpochClaimView { epoch, value }
            );
            assert_ok!(claim_issuance(epoch, split_of(split)));
        }
    });
}

#[test]
fn claims_are_open_for_thirty_epochs_then_the_treasury_has_the_rest() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        assert_noop!(
            claim_issuance(FIRST, split_of(split)),
            Error::<Test>::EpochNotOpen
        );
        settle_job(split, WORKER, 1_000, 500);
        for epoch in FIRST..FIRST + 30 {
            end_epoch(epoch);
        }
        // Its row is written late, and then it is the last moment.
        settle_job(split, WORKER, 1, 0);
        assert_ok!(claim_issuance(FIRST, worker()));
        assert_eq!(closed(FIRST).unwrap().unpaid, 500);
        events();
        end_epoch(FIRST + 30);
        assert!(events().contains(&Event::EpochExpired {
            epoch: FIRST,
            value: 500
        }));
        assert_noop!(
            claim_issuance(FIRST, split_of(split)),
            Error::<Test>::EpochNotOpen
        );
        // What is left of it goes in the next idle time.
        assert_eq!(Credits::<Test>::iter().count(), 1);
        RewardSplit::on_idle(1, Weight::zero());
        assert_eq!(Credits::<Test>::iter().count(), 1);
        let used = RewardSplit::on_idle(1, Weight::MAX);
        assert_eq!(Credits::<Test>::iter().count(), 0);
        assert_eq!(used, <() as WeightInfo>::forget_credit() * 2);
    });
}

#[test]
fn idle_time_keeps_credits_that_can_be_claimed() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 1_000, 500);
        end_epoch(FIRST);
        settle_job(split, WORKER, 1_000, 500);
        RewardSplit::on_idle(1, Weight::MAX);
        assert_eq!(Credits::<Test>::iter().count(), 2);
    });
}

#[test]
fn epochs_without_blocks_are_the_treasurys() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 1_000, 0);
        let treasury = has(&NATIVE, TREASURY);
        // An outage from the first epoch into the middle of the fifth.
        let now = (FIRST + 4) * EPOCH + 100;
        block(now, || {});
        assert_eq!(closed(FIRST).unwrap().credits, 1_000);
        assert!(
            closed(FIRST)
                .unwrap()
                .pool
                .abs_diff(pool(START, (FIRST + 1) * EPOCH))
                < 3
        );
        for epoch in FIRST + 1..FIRST + 5 {
            assert_eq!(closed(epoch), None);
        }
        let issued = Issuance::<Test>::get().unwrap();
        assert!(issued.pool.abs_diff(pool((FIRST + 4) * EPOCH, now)) < 3);
        // All is paid out at the end of that block, but for what runs and what may be claimed.
        assert_eq!(issued.treasury, 0);
        let paid = has(&NATIVE, TREASURY) - treasury;
        assert_eq!(
            paid + issued.authors + issued.pool + 500 + ED,
            minted(CAP, now - START)
        );
        assert_ok!(claim_issuance(FIRST, split_of(split)));
    });
}

#[test]
fn after_a_long_gap_old_epochs_close_one_by_one() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        for epoch in FIRST..FIRST + 5 {
            settle_job(split, WORKER, 1_000, 0);
            end_epoch(epoch);
        }
        let mut running = FIRST + 100;
        block(running * EPOCH, || {});
        assert_eq!(Epochs::<Test>::iter().count(), 3);
        assert_noop!(
            claim_issuance(FIRST + 4, split_of(split)),
            Error::<Test>::EpochNotOpen
        );
        // Credit that nobody can claim gets no row.
        assert!(!settle_job(split, WORKER, 1_000, 0).has_rolled);
        while Epochs::<Test>::iter_keys().count() > 1 {
            end_epoch(running);
            running += 1;
        }
        assert_eq!(running, FIRST + 102);
    });
}

#[test]
fn a_worker_whose_payout_account_cannot_receive_claims_later() {
    run(|| {
        begin();
        settle_job(NETWORK, WORKER, 0, 2 * ED - 2);
        end_epoch(FIRST);
        assert_noop!(claim_issuance(FIRST, worker()), TokenError::CannotCreate);
        assert_ok!(Balances::transfer_keep_alive(signed(ALICE), PAYOUT, ED));
        assert_ok!(claim_issuance(FIRST, worker()));
        assert_eq!(has(&NATIVE, PAYOUT), 2 * ED - 1);
    });
}

#[test]
fn owners_and_strangers_claim_nothing() {
    run(|| {
        own_model(1, ALICE);
        begin();
        settle_job(NETWORK, WORKER, 0, 1_000);
        end_epoch(FIRST);
        for nobody in [
            Beneficiary::ModelOwner(myai_primitives::ModelId(1)),
            Beneficiary::DatasetOwner(myai_primitives::DatasetId(1)),
            Beneficiary::Account(ALICE),
            split_of(NETWORK),
            split_of(SplitId(99)),
        ] {
            assert_eq!(RewardSplit::claimable_issuance(nobody), []);
            assert_noop!(claim_issuance(FIRST, nobody), Error::<Test>::NothingOwed);
        }
        assert_noop!(
            RewardSplit::claim_issuance(RuntimeOrigin::none(), FIRST, worker()),
            sp_runtime::DispatchError::BadOrigin
        );
    });
}

#[test]
fn the_networks_own_split_earns_nothing() {
    run(|| {
        begin();
        settle_job(NETWORK, WORKER, 1_000, 10);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).cut, 10);
        // And neither does one that is gone, whose income is the network's.
        settle_job(SplitId(99), WORKER, 1_000, 0);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).cut, 10);
    });
}

#[test]
fn a_removed_splits_part_goes_to_the_treasury() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 100, 0);
        end_epoch(FIRST);
        settle_job(split, WORKER, 100, 0);
        claim(split, &NATIVE, 0);
        assert_ok!(RewardSplit::remove_split(signed(ALICE), split));
        assert_noop!(
            claim_issuance(FIRST, split_of(split)),
            Error::<Test>::SplitNotFound
        );
    });
}

/// What its row says of all contributors is not its own, also when it was one of another epoch.
#[test]
fn an_old_networks_split_earns_nothing() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 100, 10);
        end_epoch(FIRST);
        let all = shares([to(TREASURY, 1_000_000)]);
        assert_ok!(RewardSplit::set_network_shares(RuntimeOrigin::root(), all));
        assert_noop!(
            claim_issuance(FIRST, split_of(NETWORK)),
            Error::<Test>::NothingOwed
        );
        assert_ok!(claim_issuance(FIRST, split_of(split)));
    });
}

#[test]
fn a_new_networks_split_goes_on_with_the_sum() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 100, 10);
        let half = shares([to(TREASURY, 800_000), to(BOB, 200_000)]);
        assert_ok!(RewardSplit::set_network_shares(RuntimeOrigin::root(), half));
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).total, 110);
        settle_job(split, WORKER, 100, 10);
        end_epoch(FIRST);
        assert_eq!(closed(FIRST).unwrap().credits, 220);
    });
}

#[test]
fn a_cut_that_became_a_debt_earns_when_it_is_paid() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        let vault = RewardSplit::vault();
        assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), vault, 0));
        // Too little to open the vault's account.
        for _ in 0..2 {
            hold(&NATIVE, 4);
            let income = myai_support::JobIncome {
                split,
                model: 1,
                worker: &WORKER,
                price_cut: 2,
                fee_cut: 1,
            };
            let settled = RewardSplit::settle(&PAYER, &job(), &NATIVE, &income);
            assert_eq!(settled, myai_support::Settlement::default());
        }
        let cut = |of| Destination::Cut {
            to: NETWORK,
            of,
            worker: WORKER,
        };
        let debts = [
            (cut(Some(split)), 4),
            (cut(None), 2),
            (Destination::Split(split), 2),
        ];
        for (destination, value) in &debts {
            let key = (job(), NATIVE, destination.clone());
            assert_eq!(Debts::<Test>::get(PAYER, key), *value, "{destination:?}");
        }
        assert_eq!(Debts::<Test>::iter().count(), 3, "debts add up");
        assert_eq!(References::<Test>::get(NETWORK).debts, 2);
        assert_ok!(Balances::force_set_balance(
            RuntimeOrigin::root(),
            vault,
            ED
        ));
        begin();
        assert_eq!(Standing::get(), Default::default());

        for (destination, _) in debts {
            assert_ok!(pay_out(NATIVE, destination));
        }
        assert_eq!(Standing::get()[&WORKER], 6);
        assert_eq!(Escrow::fee_cut(WORKER), Some((FIRST, 2)));
        assert_eq!(Received::<Test>::get(split, NATIVE).cut, 4);
        assert_eq!(
            Received::<Test>::get(NETWORK, NATIVE),
            Income {
                total: 6,
                cut: 6,
                epoch: FIRST
            }
        );
        assert_eq!(References::<Test>::get(NETWORK), Refs::default());
        end_epoch(FIRST);
        assert_ok!(claim_issuance(FIRST, split_of(split)));
    });
}

#[test]
fn issuance_is_not_swept() {
    run(|| {
        begin();
        block(START + 10, || {});
        assert_noop!(
            RewardSplit::sweep_surplus(signed(DAVE), NATIVE),
            Error::<Test>::NothingToSweep
        );
    });
}

#[test]
fn the_view_shows_how_far_issuance_is() {
    run(|| {
        let limit = CAP - issuance();
        assert_eq!(RewardSplit::issuance_view(), IssuanceView::default());
        let split = split([to(BOB, 1_000_000)]);
        begin();
        block(START + 7, || {
            settle_job(split, WORKER, 5, 2);
        });
        let issued = Issuance::<Test>::get().unwrap();
        assert_eq!(
            RewardSplit::issuance_view(),
            IssuanceView {
                start: Some(START),
                minted: minted(CAP, 7),
                limit,
                authors: issued.authors,
                epoch: FIRST,
                pool: issued.pool,
                credits: 7,
            }
        );
        assert_eq!(RewardSplit::epoch(), FIRST);
    });
}

#[test]
fn the_cap_endows_the_chains_accounts() {
    RewardSplit::integrity_test();
}

// Corrupt storage is found.

fn corrupt(what: impl FnOnce(SplitId), found: &'static str) {
    new_test_ext().execute_with(|| {
        let split = split([to(BOB, 1_000_000)]);
        begin();
        settle_job(split, WORKER, 100, 10);
        end_epoch(FIRST);
        settle_job(split, WORKER, 100, 10);
        assert_ok!(RewardSplit::do_try_state());
        what(split);
        assert_eq!(
            RewardSplit::do_try_state(),
            Err(sp_runtime::TryRuntimeError::Other(found))
        );
    });
}

fn change(change: impl FnOnce(&mut Issued)) {
    Issuance::<Test>::mutate(|issued| change(issued.as_mut().unwrap()));
}

fn change_closed(change: impl FnOnce(&mut ClosedEpoch)) {
    Epochs::<Test>::mutate(FIRST.to_be_bytes(), |closed| {
        change(closed.as_mut().unwrap())
    });
}

#[test]
fn a_bad_supply_is_found() {
    corrupt(
        |_| change(|issued| issued.minted += 1),
        "more was minted than the curve says",
    );
    corrupt(
        |_| {
            use frame_support::traits::fungible::Mutate;
            assert_ok!(<Balances as Mutate<_>>::mint_into(&ALICE, 1));
        },
        "there is more of the token than was minted and given out before",
    );
    corrupt(
        |_| change(|issued| issued.authors += 1),
        "the vault does not hold what was minted and not paid",
    );
    corrupt(
        |_| change_closed(|closed| closed.unpaid += 1),
        "the vault does not hold what was minted and not paid",
    );
    corrupt(
        |_| {
            let reason = HoldReason::Issuance.into();
            assert_ok!(Money::hold(&NATIVE, &reason, &ALICE, 1));
        },
        "issuance is held outside the vault",
    );
    corrupt(|_| Clock::<Test>::kill(), "issuance began before the clock");
}

#[test]
fn bad_credits_are_found() {
    let next = (FIRST + 1).to_be_bytes();
    let first = FIRST.to_be_bytes();
    corrupt(
        |split| Credits::<Test>::insert(first, split_of(split), 0),
        "a credit of nothing",
    );
    corrupt(
        |split| Credits::<Test>::insert(next, split_of(split), 1),
        "a credit of an epoch that is not over",
    );
    corrupt(
        |split| Credits::<Test>::insert(first, split_of(split), 111),
        "splits earned more of an epoch than all contributors together",
    );
    corrupt(
        |split| Received::<Test>::mutate(split, gold(), |row| row.cut = 1),
        "income in another asset than the token earned credit",
    );
    corrupt(
        |split| Received::<Test>::mutate(split, NATIVE, |row| row.epoch += 1),
        "credit of an epoch to come",
    );
    corrupt(
        |split| Received::<Test>::mutate(split, NATIVE, |row| row.cut += 11),
        "splits earned more than all contributors together",
    );
    corrupt(
        |_| {
            Epochs::<Test>::insert(
                next,
                ClosedEpoch {
                    pool: 0,
                    credits: 0,
                    unpaid: 0,
                },
            )
        },
        "an epoch is over before its end",
    );
    corrupt(
        |_| {
            change_closed(|closed| closed.unpaid -= 30);
            change(|issued| issued.authors += 30);
        },
        "more can be claimed of an epoch than there is",
    );
}
