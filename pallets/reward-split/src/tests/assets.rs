//! Accepting assets and sweeping the vault.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Asset, AssetView, Rule, MAI};
use myai_support::{Money as _, Splits as _};
use sp_runtime::{BuildStorage, DispatchError};

fn drop_asset(id: u32) -> sp_runtime::DispatchResult {
    RewardSplit::drop_asset(signed(RULES), id)
}

fn pinned(asset: &Asset) -> u128 {
    Money::held(asset, &HoldReason::AssetPin.into(), &RewardSplit::vault())
}

#[test]
fn the_treasury_lends_the_minimum_balance() {
    run(|| {
        assert!(RewardSplit::accepts(&NATIVE));
        assert!(!RewardSplit::accepts(&gold()));
        assert_eq!(RewardSplit::job_deposit(GOLD), None);
        events();
        assert_ok!(accept(GOLD));
        let asked = AcceptedAsset {
            job_deposit: 7,
            session_deposit: 9,
            min_lock: 11,
        };
        assert_eq!(events(), [Event::AssetAccepted { asset: GOLD, asked }]);
        assert!(RewardSplit::accepts(&gold()));
        assert_eq!(has(&gold(), TREASURY), 1_000 - GOLD_MINIMUM - 1);
        assert_eq!(has(&gold(), RewardSplit::vault()), GOLD_MINIMUM + 1);
        assert_eq!(pinned(&gold()), 1);
    });
}

#[test]
fn accepted_assets_say_what_a_job_in_them_deposits() {
    run_with_gold(|| {
        assert_ok!(Assets::mint(signed(ISSUER), SILVER, TREASURY, 100));
        assert_ok!(accept(SILVER));
        assert_eq!(RewardSplit::job_deposit(GOLD), Some(7));
        // Accepting it again changes what it asks, and costs nothing.
        let treasury = has(&gold(), TREASURY);
        assert_ok!(RewardSplit::accept_asset(signed(RULES), GOLD, 70, 9, 11));
        assert_eq!(RewardSplit::job_deposit(GOLD), Some(70));
        assert_eq!(has(&gold(), TREASURY), treasury);
        let mut accepted = RewardSplit::accepted();
        accepted.sort();
        assert_eq!(accepted, [NATIVE, gold(), silver()]);
        let view = |asset, job_deposit| AssetView { asset, job_deposit };
        assert_eq!(Rule::JobDeposit.default_value(), 30 * MAI / 1_000);
        assert_eq!(
            RewardSplit::accepted_assets(),
            [
                view(NATIVE, 30 * MAI / 1_000),
                view(gold(), 70),
                view(silver(), 7)
            ]
        );
    });
}

#[test]
fn an_asset_that_asks_for_nothing_is_refused() {
    run(|| {
        for (job, session, lock) in [(0, 1, 1), (1, 0, 1), (1, 1, 0)] {
            assert_noop!(
                RewardSplit::accept_asset(signed(RULES), GOLD, job, session, lock),
                Error::<Test>::AskedIsZero
            );
        }
        assert_ok!(RewardSplit::accept_asset(signed(RULES), GOLD, 1, 1, 1));
    });
}

#[test]
fn an_accepted_asset_cannot_be_destroyed_and_made_again() {
    run(|| {
        let destroy = || Assets::start_destroy(signed(ISSUER), GOLD);
        assert_ok!(accept(GOLD));
        // Nobody holds anything in it but the vault its pin.
        assert_eq!(vault_held(&gold()), 0);
        assert_noop!(destroy(), pallet_assets::Error::<Test>::ContainsHolds);
        assert_noop!(
            Assets::start_destroy(RuntimeOrigin::root(), GOLD),
            pallet_assets::Error::<Test>::ContainsHolds
        );
        assert!(Assets::destroy_accounts(signed(ISSUER), GOLD).is_err());
        let _ = Assets::burn(signed(ISSUER), GOLD, RewardSplit::vault(), 1_000);
        assert_noop!(destroy(), pallet_assets::Error::<Test>::ContainsHolds);

        // Once it is dropped it is its owner's affair.
        assert_ok!(drop_asset(GOLD));
        assert_eq!(pinned(&gold()), 0);
        assert_ok!(destroy());
        // While it is being destroyed nobody accepts it.
        assert!(accept(GOLD).is_err());
        assert_ok!(Assets::destroy_accounts(signed(ISSUER), GOLD));
        assert_ok!(Assets::destroy_approvals(signed(ISSUER), GOLD));
        assert_ok!(Assets::finish_destroy(signed(ISSUER), GOLD));
        assert_noop!(accept(GOLD), Error::<Test>::AssetNotFound);
    });
}

#[test]
fn a_frozen_asset_can_be_dropped() {
    run_with_gold(|| {
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        assert_ok!(drop_asset(GOLD));
        assert!(!RewardSplit::accepts(&gold()));
        // Its pin stays, and serves when it is accepted again.
        assert_eq!(pinned(&gold()), 1);
        assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
        let treasury = has(&gold(), TREASURY);
        assert_ok!(accept(GOLD));
        assert_eq!((pinned(&gold()), has(&gold(), TREASURY)), (1, treasury));
    });
}

#[test]
fn a_genesis_accepts_assets() {
    let genesis = |treasury: u128| {
        RuntimeGenesisConfig {
            balances: pallet_balances::GenesisConfig {
                balances: vec![(RewardSplit::vault(), ED), (TREASURY, RICH)],
                ..Default::default()
            },
            assets: pallet_assets::GenesisConfig {
                assets: vec![(GOLD, ISSUER, false, GOLD_MINIMUM)],
                accounts: vec![(GOLD, TREASURY, treasury)],
                ..Default::default()
            },
            reward_split: crate::GenesisConfig {
                accepted: vec![(GOLD, 1, 2, 3)],
                ..Default::default()
            },
            ..Default::default()
        }
        .build_storage()
        .unwrap()
    };
    sp_io::TestExternalities::from(genesis(100)).execute_with(|| {
        assert_eq!(RewardSplit::job_deposit(GOLD), Some(1));
        assert_eq!(pinned(&gold()), 1);
        assert_ok!(RewardSplit::do_try_state());
    });
    let without = std::panic::catch_unwind(|| genesis(GOLD_MINIMUM));
    assert!(without.is_err());
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
            SILVER_MINIMUM + 1
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
        assert_eq!(has(&gold(), RewardSplit::vault()), GOLD_MINIMUM + 1);
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
        // One of them can ask for something else.
        assert_ok!(RewardSplit::accept_asset(signed(RULES), 100, 1, 1, 1));
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
        assert_eq!(events(), [Event::AssetDropped { asset: GOLD }]);
        assert!(!RewardSplit::accepts(&gold()));
        assert_noop!(drop_asset(GOLD), Error::<Test>::AssetNotAccepted);
        settle(&gold(), 50, NETWORK);
        assert_eq!(RewardSplit::owed_view(NETWORK, gold())[0].value, 150);
        // What is free again, the pin, can be swept as long as something is owed.
        assert_ok!(RewardSplit::sweep_surplus(signed(DAVE), gold()));
        assert_eq!(RewardSplit::owed_view(NETWORK, gold())[0].value, 151);
        claim(NETWORK, &gold(), 0);
        // Taken up again, it costs no second minimum balance, only the pin.
        let treasury = has(&gold(), TREASURY);
        assert_ok!(accept(GOLD));
        assert_eq!(has(&gold(), TREASURY), treasury - 1);
    });
}

#[test]
fn what_the_vault_does_not_owe_goes_to_the_network() {
    run_with_gold(|| {
        let vault = RewardSplit::vault();
        for asset in [NATIVE, gold()] {
            let sweep = || RewardSplit::sweep_surplus(signed(DAVE), asset);
            settle(&asset, 500, NETWORK);
            assert_noop!(sweep(), Error::<Test>::NothingToSweep);
            assert_ok!(Money::transfer(&asset, &PAYER, &vault, 42));
            assert_ok!(RewardSplit::do_try_state());
            events();
            assert_ok!(sweep());
            assert_eq!(
                events(),
                [Event::SurplusSwept {
                    asset,
                    value: 42,
                    to: NETWORK
                }]
            );
            assert_eq!(vault_held(&asset), 542);
            assert_eq!(Received::<Test>::get(NETWORK, asset).total, 542);
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
