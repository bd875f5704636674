//! Corrupt storage is found.

use crate::{mock::*, *};
use frame_support::{assert_ok, BoundedVec};
use myai_primitives::{Amount, Beneficiary, GrantId, SplitId};
use myai_support::{Money as _, Payouts};
use sp_runtime::TryRuntimeError;

/// Income in two assets, a chain of two splits, half claimed, and a debt to a split.
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
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD)
            .and_then(|_| { Assets::thaw_asset(signed(ISSUER), GOLD) }));
        hold(&gold(), 300);
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(base, 300)]);
        assert_ok!(RewardSplit::do_try_state());
        what(base, derived);
        assert_eq!(
            RewardSplit::do_try_state(),
            Err(TryRuntimeError::Other(found))
        );
    });
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
fn a_bad_reference_is_found() {
    // The base is named by a share and a debt.
    corrupt(
        |base, _| {
            assert_eq!(References::<Test>::get(base), 2);
            References::<Test>::insert(base, 1)
        },
        "a split has fewer references than names",
    );
    corrupt(
        |base, _| Splits::<Test>::remove(base),
        "a split that is named is missing",
    );
    corrupt(
        |_, _| References::<Test>::insert(SplitId(9), 1),
        "a reference to a split that is gone",
    );
    corrupt(
        |_, derived| References::<Test>::insert(derived, 0),
        "a reference counts nothing",
    );
}

#[test]
fn a_bad_ledger_is_found() {
    for asset in [NATIVE, gold()] {
        corrupt(
            |base, _| {
                let paid = BoundedVec::truncate_from(vec![501]);
                Paid::<Test>::insert(base, &asset, paid)
            },
            "a share was overpaid",
        );
        corrupt(
            |base, _| Received::<Test>::insert(base, &asset, 501),
            "the vault does not hold what it owes",
        );
        corrupt(
            |base, _| Paid::<Test>::insert(base, &asset, BoundedVec::truncate_from(vec![1, 2])),
            "payments and shares of a split differ in number",
        );
        corrupt(
            |base, _| Received::<Test>::remove(base, &asset),
            "payments without income",
        );
    }
    corrupt(
        |_, _| Received::<Test>::insert(SplitId(9), NATIVE, 1),
        "income of a split that is gone",
    );
}

#[test]
fn a_bad_vault_is_found() {
    let vault = RewardSplit::vault;
    corrupt(
        |_, _| {
            assert_ok!(Money::release(&NATIVE, &income(), &vault(), 1));
        },
        "the vault does not hold what it owes",
    );
    corrupt(
        |_, _| {
            assert_ok!(Money::transfer(&NATIVE, &PAYER, &vault(), 1));
            assert_ok!(Money::hold(&NATIVE, &income(), &vault(), 1));
        },
        "the vault does not hold what it owes",
    );
    corrupt(
        |_, _| {
            assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
            assert_ok!(Money::release(&gold(), &income(), &vault(), 1));
        },
        "the vault does not hold what it owes",
    );
}

#[test]
fn a_vault_without_its_existential_deposit_is_found() {
    sp_io::TestExternalities::default().execute_with(|| {
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
            assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
            assert_ok!(Money::release(&gold(), &job(), &PAYER, 1));
        },
        "a payer holds less than its debts",
    );
    let key = |base| (PAYER, job(), gold(), Destination::Split(base));
    corrupt(
        |base, _| Debts::<Test>::insert(key(base), 0),
        "a debt of nothing",
    );
    corrupt(
        |base, _| Debts::<Test>::insert(key(base), 299),
        "the debts' totals are not their sums",
    );
}

#[test]
fn a_bad_index_is_found() {
    corrupt(
        |base, _| SplitsOf::<Test>::remove(Beneficiary::Account(BOB), base.place()),
        "the index of beneficiaries is wrong",
    );
    corrupt(
        |base, _| SplitsOf::<Test>::insert(Beneficiary::Account(CAROL), base.place(), ()),
        "the index of beneficiaries is wrong",
    );
}

#[test]
fn unvested_money_that_is_not_there_is_found() {
    let amount = |value| Amount {
        asset: NATIVE,
        value,
    };
    corrupt(
        |_, _| UnvestedOf::<Test>::insert(GrantId(0), amount(1)),
        "the vault does not hold what it owes",
    );
    corrupt(
        |_, _| UnvestedOf::<Test>::insert(GrantId(0), amount(0)),
        "a row of nothing",
    );
}

#[test]
fn an_asset_accepted_twice_is_found() {
    corrupt(
        |_, _| AcceptedAssets::<Test>::mutate(|accepted| {
                let gold = accepted[0].clone();
                accepted.try_push(gold).unwrap()
            }),
        "an asset is accepted twice",
    );
}
