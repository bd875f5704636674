//! Making, naming and removing splits.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::{Share, SplitId};
use myai_support::{Keeper, Splits as _};
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
            <RewardSplit as myai_support::Splits<_>>::create(&ALICE, seventeen, Keeper::None),
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
                asset: asset.clone(),
                amount: 1,
                to: NETWORK
            }));
            assert_eq!(Received::<Test>::get(NETWORK, &asset), 1_001);
            assert_eq!(Received::<Test>::get(split, &asset), 0);
            assert_eq!(vault_held(&asset), 1_001);
        }
        assert_eq!(RewardSplit::split_view(split), None);

        // But for the counter and the dust, storage is what it was.
        NextSplit::<Test>::put(split);
        for asset in [NATIVE, gold()] {
            Received::<Test>::insert(NETWORK, &asset, 1_000);
        }
        assert_eq!((storage(), has(&NATIVE, ALICE), deposits(ALICE)), before);
        NextSplit::<Test>::put(SplitId(split.0 + 1));
        for asset in [NATIVE, gold()] {
            Received::<Test>::insert(NETWORK, &asset, 1_001);
        }
    });
}

#[test]
fn only_an_own_split_may_be_named() {
    run(|| {
        let alices = split([to(BOB, 1_000_000)]);
        let lines = shares([to_split(alices, 500_000), to(BOB, 500_000)]);
        assert_noop!(
            RewardSplit::create_split(signed(BOB), lines.clone()),
            Error::<Test>::SplitOfAnother
        );
        assert_noop!(
            RewardSplit::create_split(
                signed(BOB),
                shares([to_split(NETWORK, 500_000), to(BOB, 500_000)])
            ),
            Error::<Test>::SplitOfAnother
        );
        assert_ok!(RewardSplit::create_split(signed(ALICE), lines.clone()));
        // By its clauses a version names any, and keeps it.
        let kept = Keeper::Version(myai_primitives::VersionId(1));
        let version = RewardSplit::create(&BOB, lines.into_inner(), kept).unwrap();
        assert_eq!(References::<Test>::get(alices), 2);
        assert_eq!(RewardSplit::depositor(alices), Some(ALICE));
        assert_eq!(RewardSplit::depositor(version), None);
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
        assert_eq!(References::<Test>::get(base), 2);
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
        assert_ok!(remove(base));
        assert_noop!(RewardSplit::inc_refs(base), Error::<Test>::SplitNotFound);
    });
}

#[test]
fn a_split_made_for_a_version_goes_with_it_alone() {
    run(|| {
        let lines = vec![to(BOB, 1_000_000)];
        let split = <RewardSplit as myai_support::Splits<_>>::create(&CAROL, lines, Keeper::Dataset(myai_primitives::DatasetId(1))).unwrap();
        assert!(deposits(CAROL) > 0);
        assert!(RewardSplit::exists(split));
        assert_noop!(
            RewardSplit::remove_split(signed(CAROL), split),
            Error::<Test>::KeptByAnother
        );
        assert_ok!(<RewardSplit as myai_support::Splits<_>>::remove(split));
        assert!(!RewardSplit::exists(split));
        assert_eq!(deposits(CAROL), 0);
        assert_noop!(
            <RewardSplit as myai_support::Splits<_>>::remove(split),
            Error::<Test>::SplitNotFound
        );
    });
}

#[test]
fn a_split_with_income_in_too_many_assets_stays() {
    new_test_ext().execute_with(|| {
        let split = split([to(BOB, 1_000_000)]);
        for id in 0..=MAX_RECEIVED {
            Received::<Test>::insert(split, myai_primitives::Asset::Id(id), 0);
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
