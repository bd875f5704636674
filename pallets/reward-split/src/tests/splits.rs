//! Making, naming and removing splits.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Beneficiary, DatasetId, ModelId, Share, SplitId, VersionId};
use myai_support::{Keeper, Payouts, Splits as _};
use sp_runtime::{DispatchError, TokenError};

#[test]
fn a_split_is_made_for_a_deposit() {
    run(|| {
        let lines = shares([to(BOB, 400_000), to_model(3, 600_000)]);
        assert_ok!(RewardSplit::create_split(signed(ALICE), lines.clone()));
        let split = SplitId(1);
        assert_eq!(
            events(),
            [Event::SplitCreated {
                split,
                depositor: Some(ALICE),
                keeper: Keeper::None,
                shares: lines.clone()
            }]
        );
        let view = RewardSplit::split_view(split).unwrap();
        assert_eq!(view.depositor, Some(ALICE));
        assert_eq!(view.shares, lines.into_inner());
        let two = deposits(ALICE);
        assert!(two > 0);
        // More shares, more deposit.
        self::split([to(BOB, 1), to(BOB, 1), to(BOB, 999_998)]);
        assert!(deposits(ALICE) - two > two);
    });
}

#[test]
fn a_split_is_made_by_a_signed_account_only() {
    run(|| {
        assert_noop!(
            RewardSplit::create_split(RuntimeOrigin::root(), shares([to(BOB, 1_000_000)])),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn unsound_shares_are_refused() {
    run(|| {
        let create = |lines: &[Share<AccountId>]| {
            RewardSplit::create_split(signed(ALICE), lines.to_vec().try_into().unwrap())
        };
        assert_noop!(create(&[]), Error::<Test>::NoShares);
        assert_noop!(
            create(&[to(BOB, 0), to(BOB, 1_000_000)]),
            Error::<Test>::EmptyShare
        );
        assert_noop!(
            create(&[to(BOB, 999_999)]),
            Error::<Test>::SharesNotAMillion
        );
        assert_noop!(
            create(&[to(RewardSplit::vault(), 1_000_000)]),
            Error::<Test>::PaysTheVault
        );
        let seventeen = vec![to(BOB, 58_823); 17];
        assert_noop!(
            <RewardSplit as myai_support::Splits<_>>::create(
                &ALICE,
                seventeen,
                Keeper::Version(VersionId(1))
            ),
            Error::<Test>::TooManyShares
        );
    });
}

#[test]
fn a_split_names_older_splits_only() {
    run(|| {
        let next = NextSplit::<Test>::get();
        for unknown in [next, SplitId(77)] {
            assert_noop!(
                RewardSplit::create_split(
                    signed(ALICE),
                    shares([to(BOB, 1), to_split(unknown, 999_999)])
                ),
                Error::<Test>::SplitNotFound
            );
        }
    });
}

#[test]
fn a_split_without_the_deposit_is_refused() {
    run(|| {
        assert_noop!(
            RewardSplit::create_split(signed(1234), shares([to(BOB, 1_000_000)])),
            DispatchError::Token(TokenError::FundsUnavailable)
        );
    });
}

#[test]
fn removing_a_split_leaves_nothing_of_it() {
    run_with_gold(|| {
        settle(&NATIVE, 1_000, NETWORK);
        settle(&gold(), 1_000, NETWORK);
        let before = (storage(), has(&NATIVE, ALICE), deposits(ALICE));

        let split = split([to(BOB, 333_333), to(CAROL, 333_333), to(DAVE, 333_334)]);
        for asset in [NATIVE, gold()] {
            settle(&asset, 100, split);
            for share in 0..3 {
                claim(split, &asset, share);
            }
        }
        events();
        assert_ok!(RewardSplit::remove_split(signed(ALICE), split));
        let mut dust = events();
        assert_eq!(dust.pop(), Some(Event::SplitRemoved { split }));
        // 33 + 33 + 33 of 100: one unit of dust in each asset.
        assert_eq!(dust.len(), 2);
        for asset in [NATIVE, gold()] {
            assert!(dust.contains(&Event::DustCredited {
                split,
                asset,
                value: 1,
                to: NETWORK
            }));
            assert_eq!(Received::<Test>::get(NETWORK, asset).total, 1_001);
            assert_eq!(Received::<Test>::get(split, asset).total, 0);
            assert_eq!(vault_held(&asset), 1_001);
        }
        assert_eq!(RewardSplit::split_view(split), None);

        // But for the counter and the dust, storage is what it was.
        NextSplit::<Test>::put(split);
        for asset in [NATIVE, gold()] {
            Received::<Test>::insert(NETWORK, asset, Income::from(1_000));
        }
        assert_eq!((storage(), has(&NATIVE, ALICE), deposits(ALICE)), before);
        NextSplit::<Test>::put(SplitId(split.0 + 1));
        for asset in [NATIVE, gold()] {
            Received::<Test>::insert(NETWORK, asset, Income::from(1_001));
        }
    });
}

#[test]
fn a_split_that_owes_more_than_dust_stays() {
    run(|| {
        let split = split([to(BOB, 500_000), to(CAROL, 500_000)]);
        settle(&NATIVE, 101, split);
        let remove = || RewardSplit::remove_split(signed(ALICE), split);
        assert_noop!(remove(), Error::<Test>::StillOwes);
        claim(split, &NATIVE, 0);
        assert_noop!(remove(), Error::<Test>::StillOwes);
        claim(split, &NATIVE, 1);
        assert_ok!(remove());
    });
}

#[test]
fn two_units_are_no_dust_of_two_shares() {
    run(|| {
        let split = split([to(BOB, 500_000), to(CAROL, 500_000)]);
        settle(&NATIVE, 2, split);
        assert_noop!(
            RewardSplit::remove_split(signed(ALICE), split),
            Error::<Test>::StillOwes
        );
    });
}

#[test]
fn only_the_depositor_removes_a_split() {
    run(|| {
        let split = split([to(BOB, 1_000_000)]);
        assert_noop!(
            RewardSplit::remove_split(signed(BOB), split),
            Error::<Test>::NotDepositor
        );
        assert_noop!(
            RewardSplit::remove_split(RuntimeOrigin::root(), split),
            DispatchError::BadOrigin
        );
        assert_noop!(
            RewardSplit::remove_split(signed(ALICE), SplitId(9)),
            Error::<Test>::SplitNotFound
        );
        assert_noop!(
            RewardSplit::remove_split(signed(TREASURY), NETWORK),
            Error::<Test>::NotDepositor
        );
    });
}

#[test]
fn a_split_that_is_named_stays() {
    run(|| {
        let base = split([to(BOB, 1_000_000)]);
        let twice = split([to_split(base, 1), to_split(base, 1), to(CAROL, 999_998)]);
        assert_eq!(References::<Test>::get(base).shares, 2);
        let remove = |split| RewardSplit::remove_split(signed(ALICE), split);
        assert_noop!(remove(base), Error::<Test>::StillNamed);
        assert_ok!(remove(twice));
        assert!(!References::<Test>::contains_key(base));

        assert_ok!(RewardSplit::inc_refs(base));
        assert_ok!(RewardSplit::inc_refs(base));
        RewardSplit::dec_refs(base);
        assert_noop!(remove(base), Error::<Test>::StillNamed);
        RewardSplit::dec_refs(base);
        // One too many does no harm.
        RewardSplit::dec_refs(base);
        assert!(!References::<Test>::contains_key(base));
        assert_ok!(remove(base));
        assert_noop!(RewardSplit::inc_refs(base), Error::<Test>::SplitNotFound);
    });
}

#[test]
fn nobody_ties_a_split_to_somebody_elses() {
    run(|| {
        let hers = split([to(BOB, 1_000_000)]);
        let versions = version_split([to(BOB, 1_000_000)]);
        let datasets = kept_split(Keeper::Dataset(DatasetId(1)), [to(BOB, 1_000_000)]);
        let create = |who, named| {
            let lines = shares([to_split(named, 1), to(DAVE, 999_999)]);
            RewardSplit::create_split(signed(who), lines)
        };
        assert_eq!(RewardSplit::depositor(hers), Some(ALICE));
        for (who, named) in [
            (DAVE, hers),
            (DAVE, versions),
            // Who bears a kept split's deposit is not who disposes of it.
            (CAROL, versions),
            (CAROL, datasets),
            (TREASURY, NETWORK),
        ] {
            assert_noop!(create(who, named), Error::<Test>::SplitOfAnother);
        }
        for split in [versions, datasets, NETWORK, SplitId(77)] {
            assert_eq!(RewardSplit::depositor(split), None);
        }
        // A trait's caller without a version or dataset has no more rights.
        assert_noop!(
            RewardSplit::create(&DAVE, vec![to_split(hers, 1_000_000)], Keeper::None),
            Error::<Test>::SplitOfAnother
        );
        assert_ok!(create(ALICE, hers));
        // A version's lines name what its clauses ask.
        version_split([
            to_split(hers, 400_000),
            to_split(versions, 300_000),
            to_split(datasets, 300_000),
        ]);
        assert_eq!(References::<Test>::get(hers).shares, 2);
    });
}

#[test]
fn a_kept_split_goes_with_its_keeper_alone() {
    run(|| {
        for keeper in [Keeper::Version(VersionId(3)), Keeper::Dataset(DatasetId(4))] {
            let lines = vec![to(BOB, 1_000_000)];
            let split = RewardSplit::create(&CAROL, lines.clone(), keeper).unwrap();
            assert!(matches!(
                events().pop(),
                Some(Event::SplitCreated { depositor: Some(CAROL), keeper: told, .. })
                    if told == keeper
            ));
            assert!(deposits(CAROL) > 0);
            assert!(RewardSplit::exists(split));
            assert_eq!(RewardSplit::shares_of(split), Some(lines));
            assert_noop!(
                RewardSplit::remove_split(signed(CAROL), split),
                Error::<Test>::KeptByAnother
            );
            let remove = || <RewardSplit as myai_support::Splits<_>>::remove(split);
            assert_ok!(remove());
            assert!(!RewardSplit::exists(split));
            assert_eq!(RewardSplit::shares_of(split), None);
            assert_eq!(deposits(CAROL), 0);
            assert_noop!(remove(), Error::<Test>::SplitNotFound);
        }
    });
}

#[test]
fn what_is_too_little_for_an_account_keeps_no_version() {
    run_with_gold(|| {
        let stranger = 4_321;
        for (asset, minimum) in [(NATIVE, ED), (gold(), GOLD_MINIMUM)] {
            let lines = [to(stranger, 500_000), to_model(1, 500_000)];
            for keeper in [Keeper::Version(VersionId(1)), Keeper::Dataset(DatasetId(1))] {
                let split = kept_split(keeper, lines);
                let before = Received::<Test>::get(NETWORK, asset).total;
                // The stranger has no account, the model no owner; each is owed one unit less than
                // an account needs.
                settle(&asset, 2 * (minimum - 1), split);
                events();
                assert_ok!(<RewardSplit as myai_support::Splits<_>>::remove(split));
                let dust = 2 * (minimum - 1);
                assert!(events().contains(&Event::DustCredited {
                    split,
                    asset,
                    value: dust,
                    to: NETWORK
                }));
                assert_eq!(Received::<Test>::get(NETWORK, asset).total, before + dust);
            }
            // Who made a split by call chose its payees.
            let split = split(lines);
            settle(&asset, 2 * (minimum - 1), split);
            assert_noop!(
                RewardSplit::remove_split(signed(ALICE), split),
                Error::<Test>::StillOwes
            );
        }
    });
}

#[test]
fn what_an_account_can_live_of_is_no_dust() {
    run(|| {
        let remove = |split| <RewardSplit as myai_support::Splits<_>>::remove(split);
        // One of two is owed the minimum.
        let split = version_split([to(4_321, 500_001), to(BOB, 499_999)]);
        settle(&NATIVE, 2 * ED, split);
        assert_noop!(remove(split), Error::<Test>::StillOwes);
        claim(split, &NATIVE, 0);
        assert_ok!(remove(split));
        // What a split is owed can be claimed, however little.
        let base = version_split([to(BOB, 1_000_000)]);
        let derived = version_split([to_split(base, 1_000_000)]);
        settle(&NATIVE, 2, derived);
        assert_noop!(remove(derived), Error::<Test>::StillOwes);
        claim(derived, &NATIVE, 0);
        assert_ok!(remove(derived));
    });
}

#[test]
fn splits_are_found_by_whom_they_pay() {
    run(|| {
        let base = split([to(BOB, 500_000), to(BOB, 500_000)]);
        let lines = [
            to(BOB, 1),
            to_model(7, 1),
            to_dataset(8, 1),
            to_split(base, 999_997),
        ];
        let other = split(lines);
        let of = |who: Beneficiary<AccountId>| {
            SplitsOf::<Test>::iter_key_prefix(who)
                .map(SplitId::from_place)
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Beneficiary::Account(BOB)), [base, other]);
        assert_eq!(of(Beneficiary::ModelOwner(ModelId(7))), [other]);
        assert_eq!(of(Beneficiary::DatasetOwner(DatasetId(8))), [other]);
        assert_eq!(of(Beneficiary::Split(base)), [other]);
        assert_eq!(of(Beneficiary::Account(TREASURY)), [NETWORK]);
        assert_ok!(RewardSplit::remove_split(signed(ALICE), other));
        assert_eq!(of(Beneficiary::Account(BOB)), [base]);
        assert_eq!(of(Beneficiary::Split(base)), []);
        assert_ok!(RewardSplit::remove_split(signed(ALICE), base));
        assert_eq!(SplitsOf::<Test>::iter().count(), 1);
    });
}

#[test]
fn a_debt_keeps_its_split() {
    run_with_gold(|| {
        let split = split([to(BOB, 1_000_000)]);
        hold(&gold(), 100);
        assert_ok!(Assets::freeze_asset(signed(ISSUER), GOLD));
        RewardSplit::to_splits(&PAYER, &job(), &gold(), &[(split, 100)]);
        let remove = || RewardSplit::remove_split(signed(ALICE), split);
        assert_noop!(remove(), Error::<Test>::StillNamed);
        assert_ok!(Assets::thaw_asset(signed(ISSUER), GOLD));
        assert_ok!(pay_out(gold(), Destination::Split(split)));
        claim(split, &gold(), 0);
        assert_ok!(remove());
    });
}

#[test]
fn a_split_with_income_in_too_many_assets_stays() {
    new_test_ext().execute_with(|| {
        let split = split([to(BOB, 1_000_000)]);
        for id in 0..=MAX_RECEIVED {
            Received::<Test>::insert(split, myai_primitives::Asset::Id(id), Income::from(0));
        }
        assert_noop!(
            RewardSplit::remove_split(signed(ALICE), split),
            Error::<Test>::TooManyAssets
        );
        Received::<Test>::remove(split, gold());
        let paid = RewardSplit::remove_split(signed(ALICE), split).unwrap();
        assert_eq!(
            paid.actual_weight,
            Some(<() as WeightInfo>::remove_split(1, MAX_RECEIVED))
        );
    });
}

#[test]
fn ids_run_out_without_harm() {
    new_test_ext().execute_with(|| {
        NextSplit::<Test>::put(SplitId(u32::MAX));
        assert_noop!(
            RewardSplit::create_split(signed(ALICE), shares([to(BOB, 1_000_000)])),
            Error::<Test>::IdsExhausted
        );
    });
}
