//! Accepting assets and sweeping the vault.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Asset, AssetView};
use myai_support::{Money as _, Splits as _};
use sp_runtime::DispatchError;

fn accept(id: u32) -> sp_runtime::DispatchResult {
    RewardSplit::accept_asset(signed(RULES), id, 1, 1, 1)
}

fn drop_asset(id: u32) -> sp_runtime::DispatchResult {
    RewardSplit::drop_asset(signed(RULES), id)
}

#[test]
fn the_treasury_lends_the_minimum_balance() {
    run(|| {
        assert!(RewardSplit::accepts(&NATIVE));
        assert!(!RewardSplit::accepts(&gold()));
        events();
        assert_ok!(accept(GOLD));
        assert_eq!(events(), [Event::AssetAccepted { id: GOLD }]);
        assert!(RewardSplit::accepts(&gold()));
        let view = |asset, job_deposit| AssetView { asset, job_deposit };
        assert_eq!(
            RewardSplit::accepted_assets(7),
            [view(NATIVE, 7), view(gold(), 1)]
        );
        assert_eq!(RewardSplit::job_deposit(GOLD), Some(1));
        assert_eq!(RewardSplit::job_deposit(SILVER), None);
        assert_eq!(has(&gold(), TREASURY), 1_000 - GOLD_LEAST);
        assert_eq!(has(&gold(), RewardSplit::vault()), GOLD_LEAST);
        assert_noop!(accept(GOLD), Error::<Test>::AlreadyAccepted);
    });
}

#[test]
fn anyone_may_send_the_minimum_balance_before() {
    run(|| {
        // The treasury has no silver.
        assert!(frame_support::storage::with_storage_layer(|| accept(SILVER)).is_err());
        assert!(!RewardSplit::accepts(&silver()));
        assert_ok!(Assets::transfer(
            signed(PAYER),
            SILVER,
            RewardSplit::vault(),
            SILVER_LEAST
        ));
        assert_ok!(accept(SILVER));
        assert!(RewardSplit::accepts(&silver()));
        settle(&silver(), 1, NETWORK);
        assert_eq!(vault_held(&silver()), 1);
    });
}

#[test]
fn a_vault_without_consumers_left_is_touched_at_the_treasurys_cost() {
    run(|| {
        while System::can_accrue_consumers(&RewardSplit::vault(), 2) {
            assert_ok!(System::inc_consumers(&RewardSplit::vault()));
        }
        let before = Balances::free_balance(TREASURY);
        assert_ok!(accept(GOLD));
        assert_eq!(Balances::free_balance(TREASURY), before - 7);
        assert_eq!(has(&gold(), RewardSplit::vault()), GOLD_LEAST);
    });
}

#[test]
fn assets_are_accepted_and_dropped_by_the_rules_origin_only() {
    run_with_gold(|| {
        for origin in [signed(ALICE), RuntimeOrigin::root()] {
            assert_noop!(
                RewardSplit::accept_asset(origin.clone(), SILVER, 1, 1, 1),
                DispatchError::BadOrigin
            );
            assert_noop!(
                RewardSplit::drop_asset(origin, GOLD),
                DispatchError::BadOrigin
            );
        }
        assert_noop!(accept(77), Error::<Test>::AssetNotFound);
        assert_noop!(
            RewardSplit::accept_asset(signed(RULES), SILVER, 0, 1, 1),
            Error::<Test>::NoJobDeposit
        );
    });
}

#[test]
fn sixteen_assets_are_accepted_at_most() {
    run(|| {
        for id in 100..100 + MAX_ACCEPTED {
            assert_ok!(Assets::force_create(
                RuntimeOrigin::root(),
                id,
                ISSUER,
                true,
                1
            ));
            assert_ok!(Assets::mint(signed(ISSUER), id, TREASURY, 10));
            assert_ok!(accept(id));
        }
        assert_noop!(accept(GOLD), Error::<Test>::TooManyAccepted);
        assert_ok!(drop_asset(100));
        assert_ok!(accept(GOLD));
    });
}

#[test]
fn a_dropped_asset_is_still_paid_and_claimed() {
    run_with_gold(|| {
        settle(&gold(), 100, NETWORK);
        events();
        assert_ok!(drop_asset(GOLD));
        assert_eq!(events(), [Event::AssetDropped { id: GOLD }]);
        assert!(!RewardSplit::accepts(&gold()));
        assert_noop!(drop_asset(GOLD), Error::<Test>::AssetNotAccepted);
        settle(&gold(), 50, NETWORK);
        assert_eq!(RewardSplit::owed_view(NETWORK, gold())[0].amount, 150);
        claim(NETWORK, &gold(), 0);
        // Taken up again, it costs no second minimum balance.
        let treasury = has(&gold(), TREASURY);
        assert_ok!(accept(GOLD));
        assert_eq!(has(&gold(), TREASURY), treasury);
    });
}

#[test]
fn what_the_vault_does_not_owe_goes_to_the_network() {
    run_with_gold(|| {
        let vault = RewardSplit::vault();
        for asset in [NATIVE, gold()] {
            let sweep = || RewardSplit::sweep_surplus(signed(DAVE), asset.clone());
            settle(&asset, 500, NETWORK);
            assert_noop!(sweep(), Error::<Test>::NothingToSweep);
            assert_ok!(Money::transfer(&asset, &PAYER, &vault, 42));
            assert_ok!(RewardSplit::do_try_state());
            events();
            assert_ok!(sweep());
            assert_eq!(
                events(),
                [Event::Swept {
                    asset: asset.clone(),
                    amount: 42,
                    to: NETWORK
                }]
            );
            assert_eq!(vault_held(&asset), 542);
            assert_eq!(Received::<Test>::get(NETWORK, &asset), 542);
            assert_noop!(sweep(), Error::<Test>::NothingToSweep);
            claim(NETWORK, &asset, 0);
        }
        assert_noop!(
            RewardSplit::sweep_surplus(RuntimeOrigin::root(), NATIVE),
            DispatchError::BadOrigin
        );
        // What nobody accepts does not enter the ledger.
        assert_ok!(Assets::transfer(signed(PAYER), SILVER, vault, 42));
        assert_noop!(
            RewardSplit::sweep_surplus(signed(DAVE), silver()),
            Error::<Test>::AssetNotAccepted
        );
        assert_noop!(
            RewardSplit::sweep_surplus(signed(DAVE), Asset::Id(77)),
            Error::<Test>::AssetNotAccepted
        );
    });
}

#[test]
fn the_issuer_reaches_no_income() {
    run_with_gold(|| {
        let vault = RewardSplit::vault();
        settle(&gold(), 1_000, NETWORK);
        assert!(Assets::force_transfer(signed(ISSUER), GOLD, vault, ISSUER, 100).is_err());
        let _ = Assets::burn(signed(ISSUER), GOLD, vault, 1_000);
        assert!(Assets::start_destroy(signed(ISSUER), GOLD).is_err());
        assert_eq!(vault_held(&gold()), 1_000);
        let treasury = has(&gold(), TREASURY);
        claim(NETWORK, &gold(), 0);
        assert_eq!(has(&gold(), TREASURY), treasury + 1_000);
    });
}
