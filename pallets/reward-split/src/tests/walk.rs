//! A random walk through every call: after each step the invariants hold, and when all is claimed,
//! nobody has a unit too many.

use crate::{mock::*, *};
use frame_support::assert_ok;
use myai_primitives::{Asset, Balance, SplitId};
use myai_support::{Money as _, Payouts};
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
        2 => (split(), 1..999_999u32).prop_map(|(base, parts)| Create { base, parts }),
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
    for (payer, reason, asset, to) in Debts::<Test>::iter_keys().collect::<Vec<_>>() {
        let _ = RewardSplit::pay_out(signed(DAVE), payer, reason, asset, to);
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
                RewardSplit::to_splits(&PAYER, &job(), &asset, &[(SplitId(split), amount)]);
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
        Step::Create { base, parts } => {
            let lines = [to_split(SplitId(base), parts), to(BOB, 1_000_000 - parts)];
            let _ = RewardSplit::create_split(signed(ALICE), shares(lines));
        }
        Step::Remove { split } => {
            let _ = RewardSplit::remove_split(signed(ALICE), SplitId(split));
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
            let people = [ALICE, BOB, PAYER, TREASURY];
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
            assert_eq!((job_held(&NATIVE), job_held(&gold())), (0, 0));
            let mut splits: Vec<_> = Splits::<Test>::iter_keys().collect();
            splits.sort();
            // A split names only older ones.
            for split in splits.iter().rev() {
                for asset in [NATIVE, gold()] {
                    for share in 0..2 {
                        let _ = RewardSplit::claim(signed(DAVE), *split, asset.clone(), share);
                    }
                }
            }
            for asset in [NATIVE, gold()] {
                assert!(vault_held(&asset) < 2 * splits.len() as Balance);
            }
            for split in splits.iter().rev() {
                let ours = RewardSplit::split_view(*split).unwrap().depositor == Some(ALICE);
                assert_eq!(RewardSplit::remove_split(signed(ALICE), *split).is_ok(), ours);
            }
            assert_eq!(deposits(ALICE), 0);
        });
    }
}
