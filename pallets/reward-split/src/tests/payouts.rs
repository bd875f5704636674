//! Settling out of a payer's hold, and debts.

use crate::{mock::*, *};
use frame_support::{
    assert_noop, assert_ok,
    storage::with_storage_layer,
    traits::{LockableCurrency, WithdrawReasons},
};
use myai_primitives::{Asset, Balance, SplitId};
use myai_support::{Money as _, Payouts};
use sp_runtime::{DispatchError, DispatchResult, TokenError, TransactionalError};

fn to_account(who: AccountId) -> Destination<AccountId> {
    Destination::Account(who)
}

/// Freezes gold, so that nothing of it moves.
fn freeze() {
    assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
}

fn thaw() {
    assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
}

/// All rows of debts: asset, destination, value.
fn rows() -> Vec<(Asset, Destination<AccountId>, Balance)> {
    Debts::<Test>::iter_prefix(PAYER)
        .map(|((_, asset, destination), value)| (asset, destination, value))
        .collect()
}

#[test]
fn settlement_sums_to_gross() {
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
            let parts = [(NETWORK, 25), (split, 675)];
            RewardSplit::to_splits(&PAYER, &job(), &asset, &parts);
            RewardSplit::to_account(&PAYER, &job(), &asset, 200, &ALICE);
            assert_eq!(RewardSplit::refund(&PAYER, &job(), &asset, 100), 100);
            let (payer, reason) = (PAYER, job());
            assert_eq!(
                events(),
                [
                    Event::IncomeReceived {
                        split: NETWORK,
                        asset,
                        value: 25,
                        payer
                    },
                    Event::IncomeReceived {
                        split,
                        asset,
                        value: 675,
                        payer
                    },
                    Event::Paid {
                        payer,
                        reason,
                        asset,
                        value: 200,
                        to: ALICE
                    },
                    Event::Refunded {
                        payer,
                        reason,
                        asset,
                        value: 100
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
            assert_eq!(Received::<Test>::get(NETWORK, asset).total, 25);
            assert_eq!(Received::<Test>::get(split, asset).total, 675);
            assert_eq!(RewardSplit::debts(), vec![]);
        }
    });
}

#[test]
fn parts_of_many_splits_are_one_transfer() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        hold(&NATIVE, 1_000);
        System::reset_events();
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[(NETWORK, 300), (split, 700)]);
        let moved = System::events()
            .into_iter()
            .filter(|record| {
                matches!(
                    record.event,
                    RuntimeEvent::Balances(pallet_balances::Event::TransferOnHold {
                        amount: 1_000,
                        ..
                    })
                )
            })
            .count();
        assert_eq!(moved, 1);
    });
}

#[test]
fn nothing_is_paid_for_nothing() {
    run(|| {
        let before = storage();
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[]);
        RewardSplit::to_splits(&PAYER, &job(), &NATIVE, &[(NETWORK, 0), (SplitId(9), 0)]);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, 0, &4_321);
        assert_eq!(RewardSplit::refund(&PAYER, &job(), &NATIVE, 0), 0);
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
        let (payer, reason, asset) = (PAYER, job(), gold());
        assert_eq!(
            events(),
            [
                Event::DebtRecorded {
                    payer,
                    reason,
                    asset,
                    destination: to_account(ALICE),
                    value: 300,
                    total: 300,
                    error: TokenError::CannotCreate.into(),
                },
                Event::IncomeReceived {
                    split: NETWORK,
                    asset,
                    value: 700,
                    payer
                },
            ]
        );
        // It stays held, and nothing but unblocking helps.
        assert_eq!(RewardSplit::debts(), vec![(PAYER, job(), gold(), 300)]);
        assert_eq!(job_held(&gold()), 300);
        assert_ok!(RewardSplit::do_try_state());
        assert_noop!(pay_out(gold(), to_account(ALICE)), TokenError::CannotCreate);

        assert_ok!(Assets::thaw(signed(ISSUER), GOLD, ALICE));
        assert_ok!(pay_out(gold(), to_account(ALICE)));
        assert_eq!(
            events(),
            [
                Event::Paid {
                    payer,
                    reason,
                    asset,
                    value: 300,
                    to: ALICE
                },
                Event::DebtPaid {
                    payer,
                    reason,
                    asset,
                    destination: to_account(ALICE),
                    value: 300
                },
            ]
        );
        assert_eq!(has(&gold(), ALICE), 1_300);
        assert_eq!(job_held(&gold()), 0);
    });
}

#[test]
fn debts_add_up_in_one_row() {
    run_with_gold(|| {
        let split = split([to(BOB, 1_000_000)]);
        hold(&gold(), 20_000);
        hold(&NATIVE, 1_000);
        freeze();
        for value in 1..=100 {
            RewardSplit::to_account(&PAYER, &job(), &gold(), value, &BOB);
            RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(split, value), (NETWORK, 1)]);
            assert_eq!(RewardSplit::refund(&PAYER, &job(), &gold(), 1), 0);
        }
        // A hundred jobs, four destinations, four rows.
        let mut found = rows();
        found.sort_by_key(|(_, _, value)| *value);
        assert_eq!(found.len(), 4);
        assert!(found.contains(&(gold(), Destination::Split(NETWORK), 100)));
        assert!(found.contains(&(gold(), to_account(PAYER), 100)));
        assert!(found.contains(&(gold(), to_account(BOB), 5_050)));
        assert!(found.contains(&(gold(), Destination::Split(split), 5_050)));
        assert_eq!(RewardSplit::debts_of(&PAYER, &job(), &gold()), 10_300);
        assert_eq!(RewardSplit::debts_of(&PAYER, &job(), &NATIVE), 0);
        assert_eq!(RewardSplit::debts_of(&BOB, &job(), &gold()), 0);
        assert_eq!(RewardSplit::debts_of(&PAYER, &income(), &gold()), 0);
        let events = events();
        let Some(Event::DebtRecorded { value, total, .. }) = events.last() else {
            panic!("a refund that failed is told as a debt alone")
        };
        assert_eq!((*value, *total), (1, 100));
        assert!(!events.iter().any(|e| matches!(
            e,
            Event::Refunded { .. } | Event::IncomeReceived { .. } | Event::Paid { .. }
        )));
        assert_ok!(RewardSplit::do_try_state());

        // One payout pays a row whole.
        thaw();
        assert_ok!(pay_out(gold(), to_account(BOB)));
        assert_eq!(has(&gold(), BOB), 1_000 + 5_050);
        assert_eq!(RewardSplit::debts_of(&PAYER, &job(), &gold()), 5_250);
        assert_ok!(pay_out(gold(), Destination::Split(split)));
        assert_ok!(pay_out(gold(), Destination::Split(NETWORK)));
        assert_ok!(pay_out(gold(), to_account(PAYER)));
        assert_eq!(rows(), []);
        assert_eq!(DebtTotals::<Test>::iter().count(), 0);
        assert_eq!(job_held(&gold()), 20_000 - 10_300);
        assert_eq!(vault_held(&gold()), 5_150);
    });
}

#[test]
fn debts_are_paid_by_anyone_signed_and_once() {
    run_with_gold(|| {
        hold(&gold(), 100);
        freeze();
        RewardSplit::to_account(&PAYER, &job(), &gold(), 100, &BOB);
        thaw();
        let call = |origin, payer, reason, asset, to| {
            RewardSplit::pay_out(origin, payer, reason, asset, to_account(to))
        };
        assert_noop!(
            call(RuntimeOrigin::root(), PAYER, job(), gold(), BOB),
            DispatchError::BadOrigin
        );
        // Each part of the key names the row.
        for (payer, reason, asset, to) in [
            (ALICE, job(), gold(), BOB),
            (PAYER, income(), gold(), BOB),
            (PAYER, job(), NATIVE, BOB),
            (PAYER, job(), gold(), ALICE),
        ] {
            assert_noop!(
                call(signed(DAVE), payer, reason, asset, to),
                Error::<Test>::DebtNotFound
            );
        }
        assert_ok!(call(signed(DAVE), PAYER, job(), gold(), BOB));
        assert_noop!(
            call(signed(DAVE), PAYER, job(), gold(), BOB),
            Error::<Test>::DebtNotFound
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
        settle(&gold(), 500, split);
        assert_eq!(rows(), [(gold(), Destination::Split(split), 1_000)]);
        assert_eq!(References::<Test>::get(split).debts, 1);
        assert_eq!(Received::<Test>::get(split, gold()).total, 1_000);
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
        assert_eq!(has(&gold(), BOB), 1_000 + 2_000);
    });
}

#[test]
fn debts_are_paid_in_any_order() {
    run_with_gold(|| {
        let payer = has(&gold(), PAYER);
        hold(&gold(), 600);
        freeze();
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(NETWORK, 100)]);
        RewardSplit::to_account(&PAYER, &job(), &gold(), 200, &BOB);
        assert_eq!(RewardSplit::refund(&PAYER, &job(), &gold(), 300), 0);
        assert_eq!(job_held(&gold()), 600);
        assert_ok!(RewardSplit::do_try_state());
        let all = [
            to_account(PAYER),
            Destination::Split(NETWORK),
            to_account(BOB),
        ];
        for destination in all.clone() {
            assert!(with_storage_layer(|| pay_out(gold(), destination)).is_err());
        }
        thaw();
        for destination in all {
            assert_ok!(pay_out(gold(), destination));
        }
        assert_eq!(has(&gold(), PAYER), payer - 300);
        assert_eq!(has(&gold(), BOB), 1_200);
        assert_eq!(vault_held(&gold()), 100);
        assert_eq!(job_held(&gold()), 0);
        assert_eq!(RewardSplit::debts(), vec![]);
    });
}

#[test]
fn debts_too_small_for_an_account_are_paid_together() {
    run(|| {
        let stranger = 4_321;
        hold(&NATIVE, ED);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, ED - 1, &stranger);
        assert_eq!(RewardSplit::debts(), vec![(PAYER, job(), NATIVE, ED - 1)]);
        assert!(with_storage_layer(|| pay_out(NATIVE, to_account(stranger))).is_err());
        // One unit more and the account can live of the debts alone.
        hold(&NATIVE, ED);
        RewardSplit::to_account(&PAYER, &job(), &NATIVE, 1, &stranger);
        assert_ok!(pay_out(NATIVE, to_account(stranger)));
        assert_eq!(has(&NATIVE, stranger), ED);
        assert_eq!(RewardSplit::refund(&PAYER, &job(), &NATIVE, ED), ED);
    });
}

#[test]
fn the_payer_may_be_its_own_beneficiary() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let payer = has(&asset, PAYER);
            hold(&asset, 50);
            events();
            RewardSplit::to_account(&PAYER, &job(), &asset, 50, &PAYER);
            assert_eq!(
                events(),
                [Event::Refunded {
                    payer: PAYER,
                    reason: job(),
                    asset,
                    value: 50
                }]
            );
            assert_eq!((has(&asset, PAYER), job_held(&asset)), (payer, 0));
        }
    });
}

#[test]
fn income_of_a_removed_split_goes_to_the_network() {
    run(|| {
        settle(&NATIVE, 50, SplitId(9));
        assert_eq!(Received::<Test>::get(NETWORK, NATIVE).total, 50);
        assert_eq!(Received::<Test>::get(SplitId(9), NATIVE).total, 0);
    });
}

#[test]
fn income_in_an_asset_that_the_vault_is_not_ready_for_is_a_debt() {
    run(|| {
        // Too little to open the vault's account, then enough to open it but not to hold all.
        settle(&silver(), SILVER_MINIMUM - 1, NETWORK);
        settle(&silver(), 1_000, NETWORK);
        assert_eq!(rows(), [(silver(), Destination::Split(NETWORK), 1_002)]);
        assert_eq!(has(&silver(), RewardSplit::vault()), 0);
        assert_eq!(Received::<Test>::get(NETWORK, silver()).total, 0);
        // Anyone opens it, then both are paid.
        assert_ok!(Assets::transfer(
            signed(PAYER),
            SILVER,
            RewardSplit::vault(),
            SILVER_MINIMUM
        ));
        assert_ok!(pay_out(silver(), Destination::Split(NETWORK)));
        assert_eq!(vault_held(&silver()), 1_002);
    });
}

/// Does `act` inside so many layers of storage, as nested batches make them.
fn nested(layers: u32, act: &dyn Fn() -> DispatchResult) -> DispatchResult {
    match layers {
        0 => act(),
        _ => with_storage_layer(|| nested(layers - 1, act)),
    }
}

#[test]
fn nesting_turns_no_leg_into_a_debt() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            for layers in [254, 255] {
                let (payer, alice, vault) =
                    (has(&asset, PAYER), has(&asset, ALICE), vault_held(&asset));
                hold(&asset, 1_000);
                assert_ok!(nested(layers, &|| {
                    RewardSplit::to_splits(&PAYER, &job(), &asset, &[(NETWORK, 700)]);
                    RewardSplit::to_account(&PAYER, &job(), &asset, 200, &ALICE);
                    assert_eq!(RewardSplit::refund(&PAYER, &job(), &asset, 100), 100);
                    Ok(())
                }));
                assert_eq!(RewardSplit::debts(), vec![]);
                assert_eq!(
                    (has(&asset, PAYER), has(&asset, ALICE), vault_held(&asset)),
                    (payer - 900, alice + 200, vault + 700)
                );
            }
        }
        // It is as deep as a call can be.
        assert_noop!(
            nested(256, &|| Ok(())),
            DispatchError::Transactional(TransactionalError::LimitReached)
        );
    });
}

#[test]
fn a_leg_that_fails_deep_down_is_undone_whole() {
    run(|| {
        // Enough to open the vault's account in silver, not to hold all: the second step fails.
        assert_ok!(nested(255, &|| {
            settle(&silver(), 1_000, NETWORK);
            Ok(())
        }));
        assert_eq!(rows(), [(silver(), Destination::Split(NETWORK), 1_000)]);
        assert_eq!(has(&silver(), RewardSplit::vault()), 0);
        assert_eq!(Money::held(&silver(), &job(), &PAYER), 1_000);
    });
}
