//! Corrupt storage is found.

use crate::{mock::*, *};
use frame_support::{assert_ok, BoundedVec};
use myai_primitives::{Amount, Asset, Beneficiary, GrantId, SplitId};
use myai_support::{Keeper, Money as _, Payouts, Unvested as _};
use sp_runtime::TryRuntimeError;

const GRANT: GrantId = GrantId(1);

/// Income in two assets, a chain of two splits, half claimed, money that has not vested, and debts:
/// of the payer to a split and to Bob, of the vault to Bob.
fn corrupt(what: impl FnOnce(SplitId, SplitId), found: &'static str) {
    new_test_ext().execute_with(|| {
        accept_gold();
        let base = split([to(BOB, 1_000_000)]);
        let derived = split([to_split(base, 500_000), to(ALICE, 500_000)]);
        for asset in [NATIVE, gold()] {
            settle(&asset, 1_000, derived);
            claim(derived, &asset, 0);
            claim(derived, &asset, 1);
            claim(base, &asset, 0);
            settle(&asset, 1_000, derived);
        }
        let amount = Amount {
            asset: gold(),
            value: 40,
        };
        assert_ok!(RewardSplit::deposit(&PAYER, None, GRANT, &amount));
        hold(&gold(), 400);
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(base, 300)]);
        RewardSplit::to_account(&PAYER, &job(), &gold(), 100, &BOB);
        let some = Amount {
            asset: gold(),
            value: 10,
        };
        RewardSplit::give_back(GRANT, &some, &BOB);
        assert_ok!(RewardSplit::do_try_state());
        what(base, derived);
        assert_eq!(
            RewardSplit::do_try_state(),
            Err(TryRuntimeError::Other(found))
        );
    });
}

fn thaw() {
    assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
}

/// The payer's row to the base, or to Bob.
fn row(destination: Destination<AccountId>) -> (RuntimeHoldReason, Asset, Destination<AccountId>) {
    (job(), gold(), destination)
}

#[test]
fn a_bad_split_is_found() {
    corrupt(
        |base, _| {
            Splits::<Test>::mutate(base, |split| {
                split.as_mut().unwrap().shares = shares([to(BOB, 999_999)])
            })
        },
        "a split's shares do not sum to a million",
    );
    corrupt(
        |base, derived| {
            Splits::<Test>::mutate(base, |split| {
                split.as_mut().unwrap().shares = shares([to_split(derived, 1_000_000)])
            })
        },
        "a split names one that is not older",
    );
    corrupt(
        |base, _| NextSplit::<Test>::put(base),
        "a split's id is not yet given",
    );
    corrupt(
        |_, _| NetworkSplit::<Test>::put(SplitId(9)),
        "the network's split is missing",
    );
    corrupt(
        |_, derived| NetworkSplit::<Test>::put(derived),
        "the network's split pays something other than accounts",
    );
}

#[test]
fn a_kept_split_without_deposit_is_found() {
    corrupt(
        |base, _| {
            Splits::<Test>::mutate(base, |split| {
                let split = split.as_mut().unwrap();
                split.keeper = Keeper::Version(myai_primitives::VersionId(1));
                split.deposit = None;
            })
        },
        "a version's or a dataset's split has no deposit",
    );
}

#[test]
fn a_split_that_pays_somebody_else_is_found() {
    let found = "the splits of a beneficiary are not those that pay it";
    corrupt(
        |base, _| {
            Splits::<Test>::mutate(base, |split| {
                split.as_mut().unwrap().shares = shares([to(DAVE, 1_000_000)])
            })
        },
        found,
    );
    let bob = Beneficiary::Account(BOB);
    corrupt(|base, _| SplitsOf::<Test>::remove(bob, base.place()), found);
    corrupt(
        |_, derived| SplitsOf::<Test>::insert(bob, derived.place(), ()),
        found,
    );
}

#[test]
fn a_bad_reference_is_found() {
    let wrong = "a split's references are not what names it";
    // The base is named by a share and a debt.
    let refs = |shares, debts, others| Refs {
        shares,
        debts,
        others,
    };
    corrupt(
        |base, _| {
            assert_eq!(References::<Test>::get(base), refs(1, 1, 0));
            References::<Test>::insert(base, refs(0, 1, 0))
        },
        wrong,
    );
    // Too high a count keeps a split for ever.
    for bad in [refs(2, 1, 0), refs(1, 2, 0), refs(1, 0, 1)] {
        corrupt(|base, _| References::<Test>::insert(base, bad), wrong);
    }
    corrupt(
        |base, _| References::<Test>::remove(base),
        "a split has no references though it is named",
    );
    corrupt(
        |_, _| References::<Test>::insert(SplitId(9), refs(0, 0, 1)),
        "a split that is named is missing",
    );
    corrupt(
        |_, derived| References::<Test>::insert(derived, refs(0, 0, 0)),
        "a reference counts nothing",
    );
}

#[test]
fn a_bad_deposit_is_found() {
    let found = "what is held for splits is not the sum of their deposits";
    let reason = HoldReason::SplitDeposit.into();
    corrupt(
        |_, _| {
            assert_ok!(Money::release(&NATIVE, &reason, &ALICE, 1));
        },
        found,
    );
    corrupt(
        |_, _| {
            assert_ok!(Money::hold(&NATIVE, &reason, &DAVE, 1));
        },
        found,
    );
    corrupt(
        |base, _| {
            Splits::<Test>::mutate(base, |split| split.as_mut().unwrap().deposit = None);
        },
        found,
    );
}

#[test]
fn a_bad_ledger_is_found() {
    for asset in [NATIVE, gold()] {
        corrupt(
            |base, _| Paid::<Test>::insert(base, asset, BoundedVec::truncate_from(vec![501])),
            "a share was overpaid",
        );
        corrupt(
            |base, _| Received::<Test>::insert(base, asset, Income::from(501)),
            "the vault does not hold what it owes",
        );
        corrupt(
            |base, _| Paid::<Test>::insert(base, asset, BoundedVec::truncate_from(vec![1, 2])),
            "payments and shares of a split differ in number",
        );
        corrupt(
            |base, _| Received::<Test>::remove(base, asset),
            "payments without income",
        );
    }
    corrupt(
        |_, _| Received::<Test>::insert(SplitId(9), NATIVE, Income::from(1)),
        "income of a split that is gone",
    );
}

#[test]
fn bad_unvested_money_is_found() {
    let unvested = |value| Amount {
        asset: gold(),
        value,
    };
    for bad in [29, 31] {
        corrupt(
            |_, _| {
                assert_eq!(Unvested::<Test>::get(GRANT), Some(unvested(30)));
                Unvested::<Test>::insert(GRANT, unvested(bad))
            },
            "the vault does not hold what it owes",
        );
    }
    corrupt(
        |_, _| Unvested::<Test>::remove(GRANT),
        "the vault does not hold what it owes",
    );
    corrupt(
        |_, _| Unvested::<Test>::insert(GrantId(2), unvested(0)),
        "unvested money of nothing",
    );
}

#[test]
fn a_bad_vault_is_found() {
    let vault = RewardSplit::vault;
    let found = "the vault does not hold what it owes";
    corrupt(
        |_, _| {
            assert_ok!(Money::release(&NATIVE, &income(), &vault(), 1));
        },
        found,
    );
    corrupt(
        |_, _| {
            assert_ok!(Money::transfer(&NATIVE, &PAYER, &vault(), 1));
            assert_ok!(Money::hold(&NATIVE, &income(), &vault(), 1));
        },
        found,
    );
    corrupt(
        |_, _| {
            thaw();
            assert_ok!(Money::release(&gold(), &income(), &vault(), 1));
        },
        found,
    );
    corrupt(
        |_, _| {
            assert_ok!(Money::hold(&NATIVE, &income(), &BOB, 1));
        },
        "income is held outside the vault",
    );
}

#[test]
fn a_chain_without_genesis_is_found() {
    sp_io::TestExternalities::default().execute_with(|| {
        assert_eq!(
            RewardSplit::do_try_state(),
            Err(TryRuntimeError::Other("the network's split is missing"))
        );
    });
}

#[test]
fn a_vault_without_its_existential_deposit_is_found() {
    new_test_ext().execute_with(|| {
        settle(&NATIVE, 100, NETWORK);
        frame_system::Account::<Test>::mutate(RewardSplit::vault(), |vault| vault.data.free = 0);
        assert_eq!(
            RewardSplit::do_try_state(),
            Err(TryRuntimeError::Other(
                "the vault is below its minimum balance"
            ))
        );
    });
}

#[test]
fn a_bad_debt_is_found() {
    corrupt(
        |_, _| {
            thaw();
            assert_ok!(Money::release(&gold(), &job(), &PAYER, 1));
        },
        "a payer holds less than its debts",
    );
    corrupt(
        |_, _| Debts::<Test>::insert(PAYER, row(Destination::Account(BOB)), 0),
        "a debt of nothing",
    );
    let sum = "a total of debts is not the sum of its rows";
    corrupt(
        |_, _| Debts::<Test>::insert(PAYER, row(Destination::Account(BOB)), 99),
        sum,
    );
    corrupt(
        |_, _| Debts::<Test>::remove(PAYER, row(Destination::Account(BOB))),
        sum,
    );
    corrupt(
        |_, _| DebtTotals::<Test>::remove(PAYER, (job(), gold())),
        sum,
    );
    corrupt(
        |_, _| DebtTotals::<Test>::insert(PAYER, (job(), gold()), 399),
        sum,
    );
    // The vault's own debts are among what it holds.
    corrupt(
        |_, _| {
            let key = (income(), gold(), Destination::Account(BOB));
            assert_eq!(Debts::<Test>::take(RewardSplit::vault(), key), 10);
            DebtTotals::<Test>::remove(RewardSplit::vault(), (income(), gold()));
        },
        "the vault does not hold what it owes",
    );
    corrupt(
        |_, _| {
            let vault = RewardSplit::vault();
            assert_ok!(Money::transfer(&NATIVE, &PAYER, &vault, 5));
            assert_ok!(Money::hold(&NATIVE, &job(), &vault, 5));
            Debts::<Test>::insert(vault, (job(), NATIVE, Destination::Account(BOB)), 5);
            DebtTotals::<Test>::insert(vault, (job(), NATIVE), 5);
        },
        "a debt of the vault is not held as income",
    );
}

#[test]
fn a_bad_accepted_asset_is_found() {
    let asked = |n| AcceptedAsset {
        job_deposit: n,
        session_deposit: 1,
        min_lock: 1,
    };
    corrupt(
        |_, _| AcceptedAssets::<Test>::insert(GOLD, asked(0)),
        "an accepted asset asks for nothing",
    );
    corrupt(
        |_, _| AcceptedAssets::<Test>::insert(SILVER, asked(1)),
        "an accepted asset is not pinned",
    );
    corrupt(
        |_, _| {
            thaw();
            let pin = HoldReason::AssetPin.into();
            assert_ok!(Money::release(&gold(), &pin, &RewardSplit::vault(), 1));
        },
        "an accepted asset is not pinned",
    );
}
