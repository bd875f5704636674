//! Money for grants: it vests, or goes back.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Amount, Asset, Balance, GrantId, SplitId};
use myai_support::{Money as _, Payouts, Unvested};

const GRANT: GrantId = GrantId(7);

fn amount(asset: Asset, value: Balance) -> Amount {
    Amount { asset, value }
}

fn deposit(held: bool, amount: &Amount) -> sp_runtime::DispatchResult {
    let reason = job();
    <RewardSplit as Unvested<_, _>>::deposit(&PAYER, held.then_some(&reason), GRANT, amount)
}

fn unvested() -> Balance {
    <RewardSplit as Unvested<AccountId, RuntimeHoldReason>>::balance(GRANT)
}

fn vest(amount: &Amount, split: SplitId) {
    <RewardSplit as Unvested<AccountId, RuntimeHoldReason>>::vest(GRANT, amount, split)
}

#[test]
fn unvested_money_lies_in_the_vault_and_becomes_income_bit_by_bit() {
    run_with_gold(|| {
        for asset in [NATIVE, gold()] {
            let split = split([to(BOB, 1_000_000)]);
            let payer = has(&asset, PAYER);
            assert_ok!(deposit(false, &amount(asset, 600)));
            hold(&asset, 400);
            assert_ok!(deposit(true, &amount(asset, 400)));
            assert_eq!((unvested(), vault_held(&asset)), (1_000, 1_000));
            assert_eq!((has(&asset, PAYER), job_held(&asset)), (payer - 1_000, 0));
            assert_ok!(RewardSplit::do_try_state());

            // No lock, no frozen account and no blocked one stops it.
            assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
            vest(&amount(asset, 300), split);
            assert_eq!((unvested(), vault_held(&asset)), (700, 1_000));
            assert_eq!(Received::<Test>::get(split, asset), 300);
            assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
            vest(&amount(asset, 700), split);
            assert_eq!(UnvestedOf::<Test>::get(GRANT), None);
            let bob = has(&asset, BOB);
            claim(split, &asset, 0);
            assert_eq!(has(&asset, BOB), bob + 1_000);
        }
    });
}

#[test]
fn what_does_not_vest_goes_back_or_is_owed_by_the_vault() {
    run_with_gold(|| {
        assert_ok!(deposit(false, &amount(gold(), 500)));
        let give_back = |value, to| {
            <RewardSplit as Unvested<AccountId, RuntimeHoldReason>>::give_back(
                GRANT,
                &amount(gold(), value),
                &to,
            )
        };
        let payer = has(&gold(), PAYER);
        give_back(200, PAYER);
        assert_eq!(has(&gold(), PAYER), payer + 200);
        assert_ok!(Assets::block(signed(ISSUER), GOLD, PAYER));
        give_back(300, PAYER);
        assert_eq!((unvested(), vault_held(&gold())), (0, 300));
        let vault = RewardSplit::vault();
        assert_eq!(
            RewardSplit::debts(),
            vec![(vault, income(), gold(), 300)]
        );
        assert_ok!(RewardSplit::do_try_state());
        assert_ok!(Assets::thaw(signed(ISSUER), GOLD, PAYER));
        let to = Destination::Account(PAYER);
        assert_ok!(RewardSplit::pay_out(signed(DAVE), vault, income(), gold(), to));
        assert_eq!(has(&gold(), PAYER), payer + 500);
    });
}

#[test]
fn a_grant_is_paid_in_one_asset() {
    run_with_gold(|| {
        assert_ok!(deposit(false, &amount(NATIVE, 5)));
        assert_noop!(
            deposit(false, &amount(gold(), 5)),
            Error::<Test>::GrantInAnotherAsset
        );
        let all = Money::spendable(&NATIVE, &PAYER);
        assert!(deposit(false, &amount(NATIVE, all + 1)).is_err());
        assert_eq!(unvested(), 5);
    });
}
