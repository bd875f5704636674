//! Settling out of a payer's hold, and debts.

use crate::{mock::*, *};
use frame_support::{
    assert_noop, assert_ok,
    traits::{LockableCurrency, WithdrawReasons},
};
use myai_primitives::{Asset, Balance, SplitId};
use myai_support::{Payouts};
use sp_runtime::{DispatchError, TokenError};

fn pay_out(asset: Asset, to: Destination<AccountId>) -> sp_runtime::DispatchResult {
    RewardSplit::pay_out(signed(DAVE), PAYER, job(), asset, to)
}

fn to_alice() -> sp_runtime::DispatchResult {
    pay_out(gold(), Destination::Account(ALICE))
}

#[test]
fn a_job_settles_to_the_unit() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let split = split([to(BOB, 1_000_000)]);
            let before = (
                has(&asset, PAYER),
                has(&asset, ALICE),
                has(&asset, RewardSplit::vault()),
            );
            hold(&asset, 1_000);
            events();
            RewardSplit::to_splits(&PAYER, &job(), &asset, &[(split, 700)]);
            RewardSplit::to_account(&PAYER, &job(), &asset, 200, &ALICE);
            RewardSplit::refund(&PAYER, &job(), &asset, 100);
            let payer = PAYER;
            assert_eq!(
                events(),
                [
                    Event::Received {
                        split,
                        asset: asset.clone(),
                        amount: 700,
                        payer
                    },
                    Event::Paid {
                        payer,
                        asset: asset.clone(),
                        amount: 200,
                        to: ALICE
                    },
                    Event::Refunded {
                        payer,
                        asset: asset.clone(),
                        amount: 100
                    },
                ]
            );
            assert_eq!(
                (
                    has(&asset, PAYER),
                    has(&asset, ALICE),
                    has(&asset, RewardSplit::vault())
                ),
                (before.0 - 900, before.1 + 200, before.2 + 700)
            );
            assert_eq!(job_held(&asset), 0);
            assert_eq!(vault_held(&asset), 700);
            assert_eq!(RewardSplit::debts(), vec![]);
        }
    });
}

#[test]
fn nothing_is_paid_for_nothing() {
    run(|| {
        let before = storage();
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[(NETWORK, 0)]);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, 0, &4_321);
        RewardSplit::refund(&PAYER, &job(), &NATIVE, 0);
        assert_eq!(events(), []);
        assert_eq!(storage(), before);
    });
}

#[test]
fn a_lock_made_later_changes_nothing() {
    run(|| {
        hold(&NATIVE, 1_000);
        <Balances as LockableCurrency<_>>::set_lock(
            *b"vote    ",
            &PAYER,
            RICH,
            WithdrawReasons::all(),
        );
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[(NETWORK, 600)]);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, 400, &ALICE);
        assert_eq!(RewardSplit::debts(), vec![]);
        assert_eq!(has(&NATIVE, ALICE), RICH + 400);
        assert_eq!(vault_held(&NATIVE), 600);
    });
}

#[test]
fn blocked_account_does_not_stop_settlement() {
    run_with_gold(|| {
        hold(&gold(), 1_000);
        assert_ok!(Assets::block(signed(ISSUER), GOLD, ALICE));
        events();
        RewardSplit::to_account(&PAYER, &job(), &gold(), 300, &ALICE);
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(NETWORK, 700)]);
        let payer = PAYER;
        assert_eq!(
            events(),
            [
                Event::DebtRecorded {
                    payer,
                    reason: job(),
                    asset: gold(),
                    amount: 300,
                    destination: Destination::Account(ALICE),
                    error: TokenError::CannotCreate.into(),
                },
                Event::Received {
                    split: NETWORK,
                    asset: gold(),
                    amount: 700,
                    payer
                },
            ]
        );
        // It stays held, and nothing but unblocking helps.
        assert_eq!(RewardSplit::debts(), vec![(PAYER, job(), gold(), 300)]);
        assert_eq!(job_held(&gold()), 300);
        assert_ok!(RewardSplit::do_try_state());
        assert_noop!(to_alice(), TokenError::CannotCreate);

        assert_ok!(Assets::thaw(signed(ISSUER), GOLD, ALICE));
        assert_ok!(to_alice());
        assert_eq!(
            events(),
            [
                Event::Paid {
                    payer,
                    asset: gold(),
                    amount: 300,
                    to: ALICE
                },
                Event::DebtPaid {
                    payer,
                    reason: job(),
                    asset: gold(),
                    amount: 300,
                    destination: Destination::Account(ALICE),
                },
            ]
        );
        assert_eq!(has(&gold(), ALICE), 1_300);
        assert_eq!(job_held(&gold()), 0);
        assert_noop!(to_alice(), Error::<Test>::DebtNotFound);
        assert_noop!(
            RewardSplit::pay_out(
                RuntimeOrigin::root(),
                PAYER,
                job(),
                gold(),
                Destination::Payer
            ),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn a_blocked_vault_stops_no_settlement() {
    run_with_gold(|| {
        let split = split([to(BOB, 1_000_000)]);
        settle(&gold(), 1_000, split);
        assert_ok!(Assets::block(signed(ISSUER), GOLD, RewardSplit::vault()));
        settle(&gold(), 500, split);
        assert_eq!(RewardSplit::debts().len(), 1);
        assert_eq!(Received::<Test>::get(split, gold()), 1_000);
        // What is held can still be claimed; the debt keeps the split.
        claim(split, &gold(), 0);
        assert_noop!(
            RewardSplit::remove_split(signed(ALICE), split),
            Error::<Test>::StillNamed
        );
        assert_ok!(Assets::thaw(signed(ISSUER), GOLD, RewardSplit::vault()));
        assert_ok!(pay_out(gold(), Destination::Split(split)));
        claim(split, &gold(), 0);
        assert_ok!(RewardSplit::remove_split(signed(ALICE), split));
        assert_eq!(has(&gold(), BOB), 1_000 + 1_500);
    });
}

#[test]
fn a_frozen_asset_makes_debts_of_every_kind() {
    run_with_gold(|| {
        let payer = has(&gold(), PAYER);
        hold(&gold(), 600);
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(NETWORK, 100)]);
        RewardSplit::to_account(&PAYER, &job(), &gold(), 200, &BOB);
        RewardSplit::refund(&PAYER, &job(), &gold(), 300);
        let debts = [
            Destination::Split(NETWORK),
            Destination::Account(BOB),
            Destination::Payer,
        ];
        for (n, debt) in debts.iter().enumerate() {
            let key = (PAYER, job(), gold(), debt.clone());
            assert_eq!(Debts::<Test>::get(key), 100 * (n as Balance + 1));
        }
        assert_eq!(RewardSplit::debts_of(&PAYER, &job(), &gold()), 600);
        assert_eq!(job_held(&gold()), 600);
        assert_ok!(RewardSplit::do_try_state());
        for debt in &debts {
            assert!(pay_out(gold(), debt.clone()).is_err());
        }
        assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
        // In any order.
        for n in [2, 0, 1] {
            assert_ok!(pay_out(gold(), debts[n].clone()));
        }
        assert_eq!(RewardSplit::debts_of(&PAYER, &job(), &gold()), 0);
        assert_eq!(has(&gold(), PAYER), payer - 300);
        assert_eq!(has(&gold(), BOB), 1_200);
        assert_eq!(vault_held(&gold()), 100);
        assert_eq!(job_held(&gold()), 0);
        assert_eq!(RewardSplit::debts(), vec![]);
    });
}

#[test]
fn less_than_an_account_needs_becomes_a_debt() {
    run(|| {
        let stranger = 4_321;
        hold(&NATIVE, ED);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, ED - 1, &stranger);
        assert_eq!(RewardSplit::debts(), vec![(PAYER, job(), NATIVE, ED - 1)]);
        RewardSplit::refund(&PAYER, &job(), &NATIVE, 1);
        assert_ok!(Balances::transfer_allow_death(signed(ALICE), stranger, ED));
        assert_ok!(pay_out(NATIVE, Destination::Account(stranger)));
        assert_eq!(has(&NATIVE, stranger), 2 * ED - 1);
    });
}

#[test]
fn the_payer_may_be_its_own_beneficiary() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let payer = has(&asset, PAYER);
            hold(&asset, 50);
            RewardSplit::to_account(&PAYER, &job(), &asset, 50, &PAYER);
            assert_eq!((has(&asset, PAYER), job_held(&asset)), (payer, 0));
        }
    });
}

#[test]
fn income_of_a_removed_split_goes_to_the_network() {
    run(|| {
        settle(&NATIVE, 50, SplitId(9));
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE), 50);
        assert_eq!(Received::<Test>::get(SplitId(9), NATIVE), 0);
    });
}

#[test]
fn income_in_an_asset_that_the_vault_is_not_ready_for_is_a_debt() {
    run(|| {
        // Too little to open the vault's account, then enough to open it but not to hold all.
        settle(&silver(), SILVER_LEAST - 1, NETWORK);
        settle(&silver(), 1_000, NETWORK);
        assert_eq!(
            RewardSplit::debts(),
            vec![(PAYER, job(), silver(), 1_000 + SILVER_LEAST - 1)]
        );
        assert_eq!(has(&silver(), RewardSplit::vault()), 0);
        assert_eq!(Received::<Test>::get(NETWORK, silver()), 0);
        // Anyone opens it, then all is paid.
        assert_ok!(Assets::transfer(
            signed(PAYER),
            SILVER,
            RewardSplit::vault(),
            SILVER_LEAST
        ));
        assert_ok!(pay_out(silver(), Destination::Split(NETWORK)));
        assert_eq!(vault_held(&silver()), 1_002);
    });
}

#[test]
fn debts_add_up_in_one_row() {
    run_with_gold(|| {
        hold(&gold(), 2_000);
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        for _ in 0..200 {
            RewardSplit::to_account(&PAYER, &job(), &gold(), 4, &ALICE);
            RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(NETWORK, 5)]);
            assert_eq!(RewardSplit::refund(&PAYER, &job(), &gold(), 1), 0);
        }
        assert_eq!(Debts::<Test>::iter().count(), 3);
        // Named once, however often it is owed.
        assert_eq!(References::<Test>::get(NETWORK), 2);
        assert_ok!(RewardSplit::do_try_state());
        assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
        assert_ok!(to_alice());
        assert_eq!(has(&gold(), ALICE), 1_800);
        assert_ok!(pay_out(gold(), Destination::Split(NETWORK)));
        assert_ok!(pay_out(gold(), Destination::Payer));
        assert_eq!(vault_held(&gold()), 1_000);
        assert_eq!((job_held(&gold()), References::<Test>::get(NETWORK)), (0, 1));
    });
}

#[test]
fn one_transfer_pays_several_splits() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        hold(&NATIVE, 1_000);
        System::reset_events();
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[(NETWORK, 25), (split, 975)]);
        let transfers = System::events()
            .into_iter()
            .filter(|r| {
                matches!(
                    r.event,
                    RuntimeEvent::Balances(pallet_balances::Event::TransferOnHold { .. })
                )
            })
            .count();
        assert_eq!(transfers, 1);
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE), 25);
        assert_eq!(Received::<Test>::get(split, NATIVE), 975);
        assert_eq!(vault_held(&NATIVE), 1_000);
    });
}

#[test]
fn a_payment_nested_too_deep_is_refused_before_it_is_tried() {
    use frame_support::storage::with_storage_layer;
    fn nested(depth: u32, inner: &mut dyn FnMut()) {
        if depth == 0 {
            return inner();
        }
        let _ = with_storage_layer::<(), DispatchError, _>(|| {
            nested(depth - 1, inner);
            Ok(())
        });
    }
    run(|| {
        assert_ok!(RewardSplit::ensure_possible());
        let mut seen = Ok(());
        nested(253, &mut || seen = RewardSplit::ensure_possible());
        assert_eq!(seen, Err(Error::<Test>::NestedTooDeep.into()));
        nested(200, &mut || seen = RewardSplit::ensure_possible());
        assert_eq!(seen, Ok(()));
    });
}
