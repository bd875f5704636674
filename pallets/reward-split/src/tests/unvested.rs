//! Money for grants that has not vested.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Amount, Asset, Balance, GrantId, SplitId};
use myai_support::{Money as _, Payouts, Unvested as _};
use sp_runtime::TokenError;

const GRANT: GrantId = GrantId(7);

fn amount(asset: Asset, value: Balance) -> Amount {
    Amount { asset, value }
}

fn deposit(asset: Asset, value: Balance) -> sp_runtime::DispatchResult {
    RewardSplit::deposit(&PAYER, None, GRANT, &amount(asset, value))
}

#[test]
fn what_is_paid_for_a_grant_waits_in_the_vault() {
    run_with_gold(|| {
        for (grant, asset) in [(GrantId(1), NATIVE), (GrantId(2), gold())] {
            let payer = has(&asset, PAYER);
            events();
            // From free units, and from units on hold.
            assert_ok!(RewardSplit::deposit(
                &PAYER,
                None,
                grant,
                &amount(asset, 100)
            ));
            hold(&asset, 70);
            assert_ok!(RewardSplit::deposit(
                &PAYER,
                Some(&job()),
                grant,
                &amount(asset, 50)
            ));
            let received = |value| Event::UnvestedReceived {
                grant,
                asset,
                value,
                payer: PAYER,
            };
            assert_eq!(events(), [received(100), received(50)]);
            assert_eq!(RewardSplit::balance(grant), 150);
            assert_eq!(vault_held(&asset), 150);
            assert_eq!(has(&asset, PAYER), payer - 150);
            assert_eq!(job_held(&asset), 20);
            // It is nobody's income, and no surplus.
            assert_eq!(Received::<Test>::iter().count(), 0);
            assert_noop!(
                RewardSplit::sweep_surplus(signed(DAVE), asset),
                Error::<Test>::NothingToSweep
            );
            assert_ok!(RewardSplit::do_try_state());
            RewardSplit::give_back(grant, &amount(asset, 150), &PAYER);
        }
    });
}

#[test]
fn a_grants_money_that_cannot_move_is_refused() {
    run_with_gold(|| {
        assert_ok!(deposit(NATIVE, 10));
        assert_noop!(deposit(gold(), 10), Error::<Test>::GrantHasAnotherAsset);
        assert_noop!(
            deposit(NATIVE, u128::MAX),
            sp_runtime::ArithmeticError::Overflow
        );
        assert_noop!(deposit(NATIVE, 2 * RICH), TokenError::FundsUnavailable);
        assert_noop!(
            RewardSplit::deposit(&PAYER, Some(&job()), GRANT, &amount(NATIVE, 1)),
            TokenError::Frozen
        );
        // The vault is not ready for silver: nothing stays there.
        assert_noop!(
            RewardSplit::deposit(&PAYER, None, GrantId(8), &amount(silver(), 100)),
            TokenError::FundsUnavailable
        );
        assert_eq!(RewardSplit::balance(GRANT), 10);
        assert_eq!(RewardSplit::balance(GrantId(8)), 0);
    });
}

#[test]
fn vesting_moves_numbers_only() {
    run_with_gold(|| {
        let split = split([to(BOB, 1_000_000)]);
        assert_ok!(deposit(gold(), 100));
        // Whatever state the asset is in.
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        let vault = has(&gold(), RewardSplit::vault());
        events();
        RewardSplit::vest(GRANT, &amount(gold(), 60), split);
        assert_eq!(
            events(),
            [Event::Vested {
                grant: GRANT,
                asset: gold(),
                value: 60,
                split
            }]
        );
        assert_eq!(RewardSplit::balance(GRANT), 40);
        assert_eq!(Received::<Test>::get(split, gold()).total, 60);
        assert_eq!(has(&gold(), RewardSplit::vault()), vault);
        assert_ok!(RewardSplit::do_try_state());
        RewardSplit::vest(GRANT, &amount(gold(), 0), split);
        assert_eq!(events(), []);
        // The row goes with the last unit.
        RewardSplit::vest(GRANT, &amount(gold(), 40), split);
        assert!(!Unvested::<Test>::contains_key(GRANT));
        assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
        claim(split, &gold(), 0);
        assert_eq!(has(&gold(), BOB), 1_100);
    });
}

#[test]
fn what_vests_for_a_removed_split_goes_to_the_network() {
    run(|| {
        assert_ok!(deposit(NATIVE, 100));
        RewardSplit::vest(GRANT, &amount(NATIVE, 100), SplitId(9));
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).total, 100);
    });
}

#[test]
fn unvested_money_returns_to_who_paid() {
    run_with_gold(|| {
        let payer = has(&gold(), PAYER);
        assert_ok!(deposit(gold(), 100));
        events();
        RewardSplit::give_back(GRANT, &amount(gold(), 70), &PAYER);
        let (vault, asset) = (RewardSplit::vault(), gold());
        assert_eq!(
            events(),
            [
                Event::Paid {
                    payer: vault,
                    reason: income(),
                    asset,
                    value: 70,
                    to: PAYER
                },
                Event::UnvestedReturned {
                    grant: GRANT,
                    asset,
                    value: 70,
                    moved: 70,
                    to: PAYER
                }
            ]
        );
        assert_eq!(has(&gold(), PAYER), payer - 30);
        assert_eq!(RewardSplit::balance(GRANT), 30);

        // Who is blocked has a debt of the vault.
        assert_ok!(Assets::block(signed(ISSUER), GOLD, PAYER));
        RewardSplit::give_back(GRANT, &amount(gold(), 30), &PAYER);
        let destination = Destination::Account(PAYER);
        assert_eq!(
            events(),
            [
                Event::DebtRecorded {
                    payer: vault,
                    reason: income(),
                    asset,
                    destination: destination.clone(),
                    value: 30,
                    total: 30,
                    error: TokenError::CannotCreate.into()
                },
                Event::UnvestedReturned {
                    grant: GRANT,
                    asset,
                    value: 30,
                    moved: 0,
                    to: PAYER
                }
            ]
        );
        assert_eq!(RewardSplit::balance(GRANT), 0);
        assert_eq!(vault_held(&gold()), 30);
        assert_eq!(RewardSplit::debts_of(&vault, &income(), &gold()), 30);
        assert_noop!(
            RewardSplit::sweep_surplus(signed(DAVE), gold()),
            Error::<Test>::NothingToSweep
        );
        assert_ok!(RewardSplit::do_try_state());
        assert_ok!(Assets::thaw(signed(ISSUER), GOLD, PAYER));
        assert_ok!(RewardSplit::pay_out(
            signed(DAVE),
            vault,
            income(),
            gold(),
            destination
        ));
        assert_eq!(has(&gold(), PAYER), payer);
        assert_eq!(vault_held(&gold()), 0);
    });
}

#[test]
fn one_grant_takes_nothing_of_another() {
    run(|| {
        assert_ok!(deposit(NATIVE, 100));
        assert_ok!(RewardSplit::deposit(
            &PAYER,
            None,
            GrantId(8),
            &amount(NATIVE, 50)
        ));
        RewardSplit::vest(GrantId(8), &amount(NATIVE, 50), NETWORK);
        assert_eq!(RewardSplit::balance(GRANT), 100);
        assert_eq!(RewardSplit::balance(GrantId(8)), 0);
        RewardSplit::give_back(GRANT, &amount(NATIVE, 100), &ALICE);
        assert_eq!(has(&NATIVE, ALICE), RICH + 100);
        assert_eq!(vault_held(&NATIVE), 50);
    });
}

#[test]
#[cfg_attr(debug_assertions, should_panic(expected = "takes no more than"))]
fn a_grant_gives_no_more_than_it_has() {
    run(|| {
        assert_ok!(deposit(NATIVE, 100));
        settle(&NATIVE, 100, NETWORK);
        RewardSplit::vest(GRANT, &amount(NATIVE, 101), NETWORK);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).total, 200);
    });
}

#[test]
fn a_frozen_asset_waits_as_a_debt_of_the_vault() {
    run_with_gold(|| {
        assert_ok!(deposit(gold(), 100));
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        for _ in 0..3 {
            RewardSplit::give_back(GRANT, &amount(gold(), 20), &BOB);
        }
        assert_eq!(Debts::<Test>::iter().count(), 1);
        assert_eq!(
            RewardSplit::debts_of(&RewardSplit::vault(), &income(), &gold()),
            60
        );
        assert_eq!(RewardSplit::balance(GRANT), 40);
        assert_ok!(RewardSplit::do_try_state());
        assert_eq!(Money::held(&gold(), &income(), &RewardSplit::vault()), 100);
    });
}
