//! A random walk through every call: after each step the invariants hold, and when all is claimed,
//! nobody has a unit too many.

use crate::{mock::*, *};
use frame_support::assert_ok;
use myai_primitives::{Amount, Asset, Balance, GrantId, SplitId, VersionId};
use myai_support::{Keeper, Money as _, Payouts, Splits as _, Unvested as _};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Settle {
        gold: bool,
        split: u32,
        amount: Balance,
    },
    Pay {
        gold: bool,
        amount: Balance,
    },
    Refund {
        gold: bool,
        amount: Balance,
    },
    Claim {
        gold: bool,
        split: u32,
        share: u32,
    },
    ClaimListed,
    Deposit {
        gold: bool,
        held: bool,
        amount: Balance,
    },
    Vest {
        split: u32,
        part: u8,
    },
    GiveBack {
        gold: bool,
        part: u8,
    },
    Publish {
        base: u32,
        parts: u32,
    },
    Create {
        base: u32,
        parts: u32,
    },
    Remove {
        split: u32,
    },
    Network {
        parts: u32,
    },
    Send {
        gold: bool,
        amount: Balance,
    },
    Sweep {
        gold: bool,
    },
    Block {
        vault: bool,
    },
    Thaw {
        vault: bool,
    },
    Freeze,
    ThawAll,
    PayOut,
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let gold = any::<bool>;
    let split = || 0..8u32;
    let amount = || 1..2_000u128;
    prop_oneof![
        4 => (gold(), split(), amount())
            .prop_map(|(gold, split, amount)| Settle { gold, split, amount }),
        2 => (gold(), amount()).prop_map(|(gold, amount)| Pay { gold, amount }),
        1 => (gold(), amount()).prop_map(|(gold, amount)| Refund { gold, amount }),
        6 => (gold(), split(), 0..3u32)
            .prop_map(|(gold, split, share)| Claim { gold, split, share }),
        1 => Just(ClaimListed),
        2 => (gold(), any::<bool>(), amount())
            .prop_map(|(gold, held, amount)| Deposit { gold, held, amount }),
        2 => (split(), any::<u8>()).prop_map(|(split, part)| Vest { split, part }),
        1 => (gold(), any::<u8>()).prop_map(|(gold, part)| GiveBack { gold, part }),
        2 => (split(), 1..999_999u32).prop_map(|(base, parts)| Create { base, parts }),
        2 => (split(), 1..999_999u32).prop_map(|(base, parts)| Publish { base, parts }),
        1 => split().prop_map(|split| Remove { split }),
        1 => (0..=250_000u32).prop_map(|parts| Network { parts }),
        1 => (gold(), amount()).prop_map(|(gold, amount)| Send { gold, amount }),
        1 => gold().prop_map(|gold| Sweep { gold }),
        1 => any::<bool>().prop_map(|vault| Block { vault }),
        2 => any::<bool>().prop_map(|vault| Thaw { vault }),
        1 => Just(Freeze),
        2 => Just(ThawAll),
        2 => Just(PayOut),
    ]
}

fn asset(in_gold: bool) -> Asset {
    if in_gold {
        gold()
    } else {
        NATIVE
    }
}

fn pay_out_all() {
    for (payer, (reason, asset, destination)) in Debts::<Test>::iter_keys().collect::<Vec<_>>() {
        let _ = RewardSplit::pay_out(signed(DAVE), payer, reason, asset, destination);
    }
}

fn grant(in_gold: bool) -> GrantId {
    GrantId(in_gold.into())
}

/// A part of what a grant has, in 255ths.
fn part_of(grant: GrantId, part: u8) -> Amount {
    let value = RewardSplit::balance(grant) * Balance::from(part) / 255;
    let asset = asset(grant.0 == 1);
    Amount { asset, value }
}

/// What Bob is told that he may claim is what moves.
fn claim_listed() {
    let mut from = None;
    loop {
        let page = RewardSplit::claimable(&BOB, from);
        for line in page.claims {
            events();
            let claims = vec![(line.split, line.amount.asset, line.share)];
            assert_ok!(RewardSplit::claim_many(
                signed(DAVE),
                claims.try_into().unwrap()
            ));
            match events().pop() {
                Some(Event::Claimed { value, .. } | Event::Credited { value, .. }) => {
                    assert_eq!(value, line.amount.value)
                }
                // He is blocked, or the asset is frozen.
                Some(Event::ClaimFailed { .. }) => assert_eq!(line.amount.asset, gold()),
                other => panic!("{line:?}: {other:?}"),
            }
        }
        match page.next {
            Some(_) => from = page.next,
            None => return,
        }
    }
}

fn walk(step: Step) {
    let blockable = |vault| if vault { RewardSplit::vault() } else { BOB };
    match step {
        Step::Settle {
            gold,
            split,
            amount,
        } => {
            let asset = asset(gold);
            if Money::hold(&asset, &job(), &PAYER, amount).is_ok() {
                let half = amount / 2;
                let parts = [(SplitId(split), half), (NETWORK, amount - half)];
                RewardSplit::to_splits(&PAYER, &job(), &asset, &parts);
            }
        }
        Step::Pay { gold, amount } => {
            let asset = asset(gold);
            if Money::hold(&asset, &job(), &PAYER, amount).is_ok() {
                RewardSplit::to_account(&PAYER, &job(), &asset, amount, &BOB);
            }
        }
        Step::Refund { gold, amount } => {
            let asset = asset(gold);
            if Money::hold(&asset, &job(), &PAYER, amount).is_ok() {
                RewardSplit::refund(&PAYER, &job(), &asset, amount);
            }
        }
        Step::Claim { gold, split, share } => {
            let claims = vec![(SplitId(split), asset(gold), share)];
            assert_ok!(RewardSplit::claim_many(
                signed(DAVE),
                claims.try_into().unwrap()
            ));
        }
        Step::ClaimListed => claim_listed(),
        Step::Deposit { gold, held, amount } => {
            let (asset, grant) = (asset(gold), grant(gold));
            let amount = Amount {
                asset,
                value: amount,
            };
            let held = held && Money::hold(&asset, &job(), &PAYER, amount.value).is_ok();
            let reason = job();
            if RewardSplit::deposit(&PAYER, held.then_some(&reason), grant, &amount).is_err()
                && held
            {
                RewardSplit::refund(&PAYER, &reason, &asset, amount.value);
            }
        }
        Step::Vest { split, part } => {
            for grant in [grant(false), grant(true)] {
                RewardSplit::vest(grant, &part_of(grant, part), SplitId(split));
            }
        }
        Step::GiveBack { gold, part } => {
            let grant = grant(gold);
            RewardSplit::give_back(grant, &part_of(grant, part), &PAYER);
        }
        Step::Publish { base, parts } => {
            let lines = vec![to_split(SplitId(base), parts), to(BOB, 1_000_000 - parts)];
            let _ = RewardSplit::create(&CAROL, lines, Keeper::Version(VersionId(1)));
        }
        Step::Create { base, parts } => {
            let lines = [to_split(SplitId(base), parts), to(BOB, 1_000_000 - parts)];
            let _ = RewardSplit::create_split(signed(ALICE), shares(lines));
        }
        Step::Remove { split } => {
            let split = SplitId(split);
            if RewardSplit::remove_split(signed(ALICE), split).is_err() {
                let _ = frame_support::storage::with_storage_layer(|| {
                    <RewardSplit as myai_support::Splits<_>>::remove(split)
                });
            }
        }
        Step::Network { parts } => {
            let lines = match parts {
                0 => shares([to(TREASURY, 1_000_000)]),
                _ => shares([to(TREASURY, 1_000_000 - parts), to(BOB, parts)]),
            };
            assert_ok!(RewardSplit::set_network_shares(
                RuntimeOrigin::root(),
                lines
            ));
        }
        Step::Send { gold, amount } => {
            let _ = Money::transfer(&asset(gold), &PAYER, &RewardSplit::vault(), amount);
        }
        Step::Sweep { gold } => {
            let _ = RewardSplit::sweep_surplus(signed(DAVE), asset(gold));
        }
        Step::Block { vault } => {
            assert_ok!(Assets::block(signed(ISSUER), GOLD, blockable(vault)));
        }
        Step::Thaw { vault } => {
            assert_ok!(Assets::thaw(signed(ISSUER), GOLD, blockable(vault)));
        }
        Step::Freeze => {
            let _ = Assets::freeze_asset(signed(ISSUER), GOLD);
        }
        Step::ThawAll => {
            let _ = Assets::thaw_asset(signed(ISSUER), GOLD);
        }
        Step::PayOut => pay_out_all(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn invariants_hold_whatever_is_called(steps in proptest::collection::vec(step(), 1..80)) {
        run_with_gold(|| {
            split([to(BOB, 333_333), to(ALICE, 666_667)]);
            let people = [ALICE, BOB, CAROL, PAYER, TREASURY];
            let all = |asset: &Asset| people.iter().map(|who| has(asset, *who)).sum::<Balance>()
                + has(asset, RewardSplit::vault());
            let before = (all(&NATIVE), all(&gold()));
            for step in steps {
                walk(step);
                assert_ok!(RewardSplit::do_try_state());
                assert_eq!((all(&NATIVE), all(&gold())), before);
            }

            // Whatever was blocked is free again: all debts and shares can be paid.
            walk(Step::ThawAll);
            walk(Step::Thaw { vault: true });
            walk(Step::Thaw { vault: false });
            pay_out_all();
            assert_eq!(RewardSplit::debts(), vec![]);
            for grant in [grant(false), grant(true)] {
                RewardSplit::give_back(grant, &part_of(grant, 255), &PAYER);
            }
            assert_eq!(Unvested::<Test>::iter().count(), 0);
            assert_eq!((job_held(&NATIVE), job_held(&gold())), (0, 0));
            let mut splits: Vec<_> = Splits::<Test>::iter_keys().collect();
            splits.sort();
            // A split names only older ones.
            for split in splits.iter().rev() {
                for asset in [NATIVE, gold()] {
                    for share in 0..2 {
                        let _ = RewardSplit::claim(signed(DAVE), *split, asset, share);
                    }
                }
            }
            for asset in [NATIVE, gold()] {
                assert!(vault_held(&asset) < 2 * splits.len() as Balance);
            }
            for split in splits.iter().rev() {
                let kept = match Splits::<Test>::get(split).unwrap() {
                    found if found.depositor() == Some(&ALICE) => {
                        assert_ok!(RewardSplit::remove_split(signed(ALICE), *split));
                        continue;
                    }
                    found => found.keeper != Keeper::None,
                };
                if kept {
                    assert_ok!(<RewardSplit as myai_support::Splits<_>>::remove(*split));
                }
            }
            assert_eq!((deposits(ALICE), deposits(CAROL)), (0, 0));
            // The network's splits are left, with what they owe to whom.
            assert!(Splits::<Test>::iter_values().all(|found| found.deposit.is_none()));
        });
    }
}
