//! Claiming: who is paid what, whatever the order.

use super::arithmetic::parts;
use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Asset, Balance, DatasetId, Ppm, SplitId, Tick, VersionId};
use myai_support::{Keeper, Money as _, Splits as _};
use proptest::prelude::*;
use sp_runtime::{DispatchError, TokenError};
use std::collections::BTreeMap;

#[test]
fn anyone_claims_for_anyone() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let split = split([to(BOB, 300_000), to(ALICE, 700_000)]);
            settle(&asset, 1_001, split);
            let before = (has(&asset, ALICE), has(&asset, BOB), has(&asset, DAVE));
            events();

            assert_ok!(RewardSplit::claim(signed(DAVE), split, asset, 1));
            assert_eq!(
                events(),
                [Event::Claimed {
                    split,
                    share: 1,
                    asset,
                    value: 700,
                    to: ALICE
                }]
            );
            claim(split, &asset, 0);
            assert_eq!(
                (has(&asset, ALICE), has(&asset, BOB), has(&asset, DAVE)),
                (before.0 + 700, before.1 + 300, before.2)
            );
            // The thousandth-and-first unit waits for later income.
            assert_eq!(vault_held(&asset), 1);
            settle(&asset, 9, split);
            claim(split, &asset, 1);
            assert_eq!(has(&asset, ALICE), before.0 + 707);
            assert_eq!(Paid::<Test>::get(split, asset).into_inner(), vec![300, 707]);
        }
    });
}

#[test]
fn claims_are_refused_with_a_reason() {
    run(|| {
        let split = split([to(BOB, 1), to(CAROL, 999_999)]);
        settle(&NATIVE, 100, split);
        let claim = |split, asset, share| RewardSplit::claim(signed(DAVE), split, asset, share);
        assert_noop!(claim(SplitId(9), NATIVE, 0), Error::<Test>::SplitNotFound);
        assert_noop!(claim(split, NATIVE, 2), Error::<Test>::ShareNotFound);
        assert_noop!(claim(split, NATIVE, u32::MAX), Error::<Test>::ShareNotFound);
        // A hundred units are too few for one part in a million.
        assert_noop!(claim(split, NATIVE, 0), Error::<Test>::NothingOwed);
        assert_noop!(claim(split, gold(), 1), Error::<Test>::NothingOwed);
        assert_ok!(claim(split, NATIVE, 1));
        assert_noop!(claim(split, NATIVE, 1), Error::<Test>::NothingOwed);
        assert_noop!(
            RewardSplit::claim(RuntimeOrigin::root(), split, NATIVE, 1),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn a_share_of_a_model_goes_to_its_owner_of_the_day() {
    run(|| {
        let split = split([to_model(1, 500_000), to_dataset(2, 500_000)]);
        settle(&NATIVE, 200, split);
        for share in [0, 1] {
            assert_noop!(
                RewardSplit::claim(signed(DAVE), split, NATIVE, share),
                Error::<Test>::OwnerNotFound
            );
        }
        own_model(1, ALICE);
        own_dataset(2, BOB);
        // The model is sold: what was not claimed follows it.
        own_model(1, CAROL);
        let owed = RewardSplit::owed_view(split, NATIVE);
        assert_eq!(owed[0].account, Some(CAROL));
        assert_eq!(owed[1].account, Some(BOB));
        assert_eq!((owed[0].value, owed[1].value, owed[1].share), (100, 100, 1));
        claim(split, &NATIVE, 0);
        claim(split, &NATIVE, 1);
        assert_eq!(has(&NATIVE, CAROL), RICH + 100);
        assert_eq!(has(&NATIVE, BOB), RICH + 100);
        let owed = RewardSplit::owed_view(split, NATIVE);
        assert_eq!((owed[0].value, owed[0].paid), (0, 100));
    });
}

#[test]
fn a_share_of_a_split_is_a_ledger_entry() {
    run(|| {
        let base = split([to(BOB, 1_000_000)]);
        let derived = split([to_split(base, 250_000), to(CAROL, 750_000)]);
        settle(&NATIVE, 400, derived);
        let vault = has(&NATIVE, RewardSplit::vault());
        events();
        claim(derived, &NATIVE, 0);
        assert_eq!(
            events(),
            [Event::Credited {
                split: derived,
                share: 0,
                asset: NATIVE,
                value: 100,
                to: base
            }]
        );
        assert_eq!(has(&NATIVE, RewardSplit::vault()), vault);
        assert_eq!(vault_held(&NATIVE), 400);
        assert_eq!(Received::<Test>::get(base, NATIVE).total, 100);
        assert_eq!(RewardSplit::owed_view(derived, NATIVE)[0].account, None);
        claim(base, &NATIVE, 0);
        assert_eq!(has(&NATIVE, BOB), RICH + 100);
    });
}

#[test]
fn royalties_reach_the_tenth_generation() {
    for in_gold in [false, true] {
        run_with_gold(|| {
            let asset = if in_gold { gold() } else { NATIVE };
            // Generation 0 is Bob's; each later one gives a fifth to the one before.
            let mut generations = vec![split([to(BOB, 1_000_000)])];
            for model in 1..=10u32 {
                own_model(model, CAROL);
                let base = generations[generations.len() - 1];
                generations.push(split([to_split(base, 200_000), to_model(model, 800_000)]));
            }
            const GROSS: Balance = 976_562_500;
            let bob = has(&asset, BOB);
            settle(&asset, GROSS, generations[10]);

            // From the last generation to the first in one call, then Bob.
            let mut chain: Vec<_> = generations
                .iter()
                .skip(1)
                .rev()
                .map(|s| (*s, asset, 0))
                .collect();
            chain.push((generations[0], asset, 0));
            assert_ok!(RewardSplit::claim_many(
                signed(DAVE),
                chain.try_into().unwrap()
            ));
            // A fifth of a fifth … ten times over, to the unit.
            assert_eq!(has(&asset, BOB), bob + GROSS / 5u128.pow(10));
            assert_eq!(has(&asset, BOB), bob + 100);

            // Everybody between has theirs.
            let carol = has(&asset, CAROL);
            for generation in &generations[1..] {
                claim(*generation, &asset, 1);
            }
            assert_eq!(has(&asset, CAROL), carol + GROSS - 100);
            assert_eq!(vault_held(&asset), 0);
        });
    }
}

#[test]
fn many_claims_do_not_stop_each_other() {
    run_with_gold(|| {
        let split = split([to_model(1, 500_000), to(BOB, 500_000)]);
        settle(&NATIVE, 200, split);
        settle(&gold(), 200, split);
        // Carol's account in gold is blocked.
        own_model(1, CAROL);
        assert_ok!(Assets::mint(signed(ISSUER), GOLD, CAROL, 100));
        assert_ok!(Assets::block(signed(ISSUER), GOLD, CAROL));
        events();
        let claims = vec![
            (SplitId(99), NATIVE, 0),
            (split, gold(), 0),
            (split, silver(), 0),
            (split, gold(), 1),
            (split, NATIVE, 0),
        ];
        assert_ok!(RewardSplit::claim_many(
            signed(DAVE),
            claims.try_into().unwrap()
        ));
        assert_eq!(
            events(),
            [
                Event::ClaimFailed {
                    split: SplitId(99),
                    share: 0,
                    asset: NATIVE,
                    error: Error::<Test>::SplitNotFound.into()
                },
                Event::ClaimFailed {
                    split,
                    share: 0,
                    asset: gold(),
                    error: TokenError::CannotCreate.into()
                },
                Event::Claimed {
                    split,
                    share: 1,
                    asset: gold(),
                    value: 100,
                    to: BOB
                },
                Event::Claimed {
                    split,
                    share: 0,
                    asset: NATIVE,
                    value: 100,
                    to: CAROL
                },
            ]
        );
        assert_noop!(
            RewardSplit::claim_many(RuntimeOrigin::root(), Default::default()),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn a_claim_that_cannot_be_received_stays_owed() {
    run(|| {
        let stranger = 4_321;
        let split = split([to(stranger, 500_000), to(BOB, 500_000)]);
        settle(&NATIVE, 2 * ED - 2, split);
        assert_noop!(
            RewardSplit::claim(signed(DAVE), split, NATIVE, 0),
            TokenError::CannotCreate
        );
        settle(&NATIVE, 2, split);
        claim(split, &NATIVE, 0);
        assert_eq!(has(&NATIVE, stranger), ED);
    });
}

#[test]
fn a_shortfall_stops_claims_until_it_is_filled() {
    new_test_ext().execute_with(|| {
        accept_gold();
        let split = split([to(BOB, 500_000), to(ALICE, 500_000)]);
        settle(&gold(), 1_000, split);
        // 600 units of the vault are gone, by a force that pallet-assets does not have.
        let vault = RewardSplit::vault();
        assert_ok!(Money::release(&gold(), &income(), &vault, 600));
        assert_ok!(Money::transfer(&gold(), &vault, &DAVE, 600));
        assert_noop!(
            RewardSplit::claim(signed(DAVE), split, gold(), 0),
            Error::<Test>::Shortfall
        );
        // More income is enough for one, not for both.
        settle(&gold(), 100, split);
        assert_noop!(
            RewardSplit::claim(signed(DAVE), split, gold(), 0),
            Error::<Test>::Shortfall
        );
        settle(&gold(), 100, NETWORK);
        claim(split, &gold(), 0);
        assert_noop!(
            RewardSplit::claim(signed(DAVE), split, gold(), 1),
            Error::<Test>::Shortfall
        );
    });
}

#[test]
fn free_units_are_received_too() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let split = split([to(BOB, 1_000_000)]);
            let payer = has(&asset, PAYER);
            events();
            assert_ok!(RewardSplit::receive(&PAYER, &asset, 77, split));
            assert_eq!(
                events(),
                [Event::IncomeReceived {
                    split,
                    asset,
                    value: 77,
                    payer: PAYER
                }]
            );
            assert_eq!(has(&asset, PAYER), payer - 77);
            assert_ok!(RewardSplit::receive(&PAYER, &asset, 0, split));
            assert_eq!(events(), []);
            claim(split, &asset, 0);
        }
        assert_noop!(
            RewardSplit::receive(&PAYER, &NATIVE, 77, SplitId(9)),
            Error::<Test>::SplitNotFound
        );
        // An asset that the vault was not made ready for does not stay there.
        assert_noop!(
            RewardSplit::receive(&PAYER, &silver(), 77, NETWORK),
            TokenError::FundsUnavailable
        );
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Receipts in two assets, claims in any order: each share has the same in the end as if it
    /// had claimed once, and the vault holds what it owes all the while.
    #[test]
    fn claim_order_does_not_matter(
        parts in parts(),
        steps in proptest::collection::vec((any::<bool>(), any::<bool>(), 1..5_000u128, any::<u32>()), 1..40),
    ) {
        run_with_gold(|| {
            let base = split([to(BOB, 600_000), to(ALICE, 400_000)]);
            let who = |place: usize| 10_000 + place as AccountId;
            // Every third share goes to the base, the others to accounts of their own.
            let lines: Vec<_> = parts
                .iter()
                .enumerate()
                .map(|(place, part)| match place % 3 {
                    2 => to_split(base, part.0),
                    _ => to(who(place), part.0),
                })
                .collect();
            for place in 0..parts.len() {
                assert_ok!(Balances::transfer_allow_death(signed(PAYER), who(place), ED));
                assert_ok!(Assets::transfer(signed(PAYER), GOLD, who(place), GOLD_MINIMUM));
            }
            let split = NextSplit::<Test>::get();
            assert_ok!(RewardSplit::create_split(signed(ALICE), lines.try_into().unwrap()));
            let mut received = [0, 0];
            for (pay, in_gold, amount, pick) in steps {
                let asset: Asset = if in_gold { gold() } else { NATIVE };
                if pay {
                    settle(&asset, amount, split);
                    received[usize::from(in_gold)] += amount;
                } else {
                    let _ = RewardSplit::claim(
                        signed(DAVE), split, asset, pick % parts.len() as u32,
                    );
                    let _ = RewardSplit::claim(signed(DAVE), base, asset, pick % 2);
                }
                assert_ok!(RewardSplit::do_try_state());
            }
            for (asset, received, least) in
                [(NATIVE, received[0], ED), (gold(), received[1], GOLD_MINIMUM)]
            {
                let mut of_base = 0;
                for (place, part) in parts.iter().enumerate() {
                    let _ = RewardSplit::claim(signed(DAVE), split, asset, place as u32);
                    let due = part.of(received);
                    match place % 3 {
                        2 => of_base += due,
                        _ => assert_eq!(has(&asset, who(place)), least + due),
                    }
                }
                assert_eq!(Received::<Test>::get(base, asset).total, of_base);
                for share in [0, 1] {
                    let _ = RewardSplit::claim(signed(DAVE), base, asset, share);
                }
                assert_eq!(
                    Paid::<Test>::get(base, asset).iter().sum::<Balance>(),
                    Ppm(600_000).of(of_base) + Ppm(400_000).of(of_base)
                );
            }
            assert_ok!(RewardSplit::remove_split(signed(ALICE), split));
        });
    }
}

/// Of a suspended version's income the owner's share and those of extra accounts wait, and nobody
/// else's.
#[test]
fn suspension_freezes_owner_and_extras_alone() {
    run_with_gold(|| {
        own_model(7, BOB);
        own_dataset(3, DAVE);
        let base = kept_split(Keeper::Version(VersionId(2)), [to_model(7, 1_000_000)]);
        let data = kept_split(Keeper::Dataset(DatasetId(3)), [to_dataset(3, 1_000_000)]);
        let version = version_split([
            to_split(base, 200_000),
            to_split(data, 100_000),
            to(ALICE, 300_000),
            to_model(7, 400_000),
        ]);
        for asset in [NATIVE, gold()] {
            Frozen::set(BTreeMap::from([(VersionId(1), 10)]));
            settle(&asset, 1_000, version);
            let before = (has(&asset, ALICE), has(&asset, BOB), has(&asset, DAVE));
            for share in [2, 3] {
                assert_noop!(
                    RewardSplit::claim(signed(DAVE), version, asset, share),
                    Error::<Test>::ShareFrozen
                );
            }
            claim(version, &asset, 0);
            claim(version, &asset, 1);
            // The base is its owner's although the derivative's share is not, and he is the same.
            claim(base, &asset, 0);
            claim(data, &asset, 0);
            assert_eq!(
                (has(&asset, ALICE), has(&asset, BOB), has(&asset, DAVE)),
                (before.0, before.1 + 200, before.2 + 100)
            );
            let frozen = |split: SplitId| -> Vec<Option<Tick>> {
                let owed = RewardSplit::owed_view(split, asset);
                owed.into_iter().map(|line| line.frozen_until).collect()
            };
            assert_eq!(frozen(version), [None, None, Some(10), Some(10)]);
            assert_eq!(frozen(base), [None]);

            // More comes in meanwhile; when it is over each has all of it.
            settle(&asset, 1_000, version);
            Frozen::set(BTreeMap::new());
            claim(version, &asset, 2);
            claim(version, &asset, 3);
            assert_eq!(has(&asset, ALICE), before.0 + 600);
            assert_eq!(has(&asset, BOB), before.1 + 200 + 800);
            assert_eq!(Received::<Test>::get(version, asset).total, 2_000);
            claim(version, &asset, 0);
            claim(version, &asset, 1);
        }
    });
}

/// A split that somebody made, a dataset's and the network's are nobody's to freeze.
#[test]
fn suspension_freezes_splits_of_versions_alone() {
    run(|| {
        own_dataset(3, BOB);
        Frozen::set((0..10).map(|n| (VersionId(n), 10)).collect());
        let own = split([to(BOB, 1_000_000)]);
        let data = kept_split(Keeper::Dataset(DatasetId(1)), [to_dataset(3, 1_000_000)]);
        for split in [own, data, NETWORK] {
            settle(&NATIVE, 1_000, split);
            claim(split, &NATIVE, 0);
        }
    });
}

#[test]
fn frozen_shares_are_passed_by_in_many_claims_and_not_listed() {
    run(|| {
        own_model(7, BOB);
        let base = kept_split(Keeper::Version(VersionId(2)), [to_model(7, 1_000_000)]);
        let version = version_split([
            to_split(base, 200_000),
            to(ALICE, 300_000),
            to_model(7, 500_000),
        ]);
        settle(&NATIVE, 1_000, version);
        Frozen::set(BTreeMap::from([(VersionId(1), 10)]));
        let listed = |who| -> Vec<(SplitId, u32)> {
            let page = RewardSplit::claimable(&who, None);
            let claims = page.claims.into_iter();
            claims.map(|claim| (claim.split, claim.share)).collect()
        };
        // What the version owes the base is on the way to Bob all the same.
        assert_eq!(listed(BOB), [(version, 0), (base, 0)]);
        assert_eq!(listed(ALICE), []);
        let bob = has(&NATIVE, BOB);
        events();
        let all = [(version, 2), (version, 1), (version, 0), (base, 0)];
        let claims = all.map(|(split, share)| (split, NATIVE, share));
        assert_ok!(RewardSplit::claim_many(
            signed(DAVE),
            claims.to_vec().try_into().unwrap()
        ));
        let failed = |share| Event::ClaimFailed {
            split: version,
            share,
            asset: NATIVE,
            error: Error::<Test>::ShareFrozen.into(),
        };
        assert_eq!(events()[..2], [failed(2), failed(1)]);
        assert_eq!(has(&NATIVE, BOB), bob + 200);

        Frozen::set(BTreeMap::new());
        assert_eq!(listed(BOB), [(version, 2)]);
        assert_eq!(listed(ALICE), [(version, 1)]);
    });
}
