//! The network's split and its pointer.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::SplitId;
use myai_support::{Keeper, Splits as _};
use sp_runtime::DispatchError;

#[test]
fn genesis_gives_the_treasury_all() {
    run(|| {
        assert_eq!(RewardSplit::network(), NETWORK);
        let view = RewardSplit::split_view(NETWORK).unwrap();
        assert_eq!(
            (view.depositor, view.shares),
            (None, vec![to(TREASURY, 1_000_000)])
        );
        assert_eq!(NextSplit::<Test>::get(), SplitId(1));
    });
}

#[test]
fn network_share_change_moves_no_past_income() {
    run_with_gold(|| {
        settle(&NATIVE, 1_000, RewardSplit::network());
        settle(&gold(), 1_000, RewardSplit::network());
        let lines = shares([to(TREASURY, 750_000), to(BOB, 250_000)]);
        events();
        assert_ok!(RewardSplit::set_network_shares(
            RuntimeOrigin::root(),
            lines.clone()
        ));
        let new = SplitId(1);
        assert_eq!(
            events(),
            [
                Event::SplitCreated {
                    split: new,
                    depositor: None,
                    keeper: Keeper::None,
                    shares: lines
                },
                Event::NetworkSplitChanged { old: NETWORK, new },
            ]
        );
        assert_eq!(RewardSplit::network(), new);
        assert_eq!(Received::<Test>::get(new, NATIVE).total, 0);
        settle(&NATIVE, 100, RewardSplit::network());

        // All of the past is the treasury's still, a quarter of the new is Bob's.
        let treasury = (has(&NATIVE, TREASURY), has(&gold(), TREASURY));
        claim(NETWORK, &NATIVE, 0);
        claim(NETWORK, &gold(), 0);
        claim(new, &NATIVE, 0);
        claim(new, &NATIVE, 1);
        assert_eq!(has(&NATIVE, TREASURY), treasury.0 + 1_075);
        assert_eq!(has(&gold(), TREASURY), treasury.1 + 1_000);
        assert_eq!(has(&NATIVE, BOB), RICH + 25);
    });
}

#[test]
fn network_shares_are_bounded() {
    run(|| {
        let set = |origin, lines| RewardSplit::set_network_shares(origin, lines);
        let root = RuntimeOrigin::root;
        assert_noop!(
            set(signed(ALICE), shares([to(TREASURY, 1_000_000)])),
            DispatchError::BadOrigin
        );
        assert_noop!(
            set(
                root(),
                shares([to(TREASURY, 749_999), to(BOB, 150_000), to(CAROL, 100_001)])
            ),
            Error::<Test>::TreasuryBelowThreeQuarters
        );
        for line in [to_model(1, 1), to_dataset(1, 1), to_split(NETWORK, 1)] {
            assert_noop!(
                set(root(), shares([to(TREASURY, 999_999), line])),
                Error::<Test>::AccountsOnly
            );
        }
        assert_noop!(set(root(), shares([])), Error::<Test>::NoShares);
        assert_noop!(
            set(root(), shares([to(TREASURY, 999_999)])),
            Error::<Test>::SharesNotAMillion
        );
        assert_noop!(
            set(
                root(),
                shares([to(TREASURY, 750_000), to(RewardSplit::vault(), 250_000)])
            ),
            Error::<Test>::PaysTheVault
        );
        assert_ok!(set(
            root(),
            shares([
                to(TREASURY, 250_000),
                to(BOB, 250_000),
                to(TREASURY, 500_000)
            ])
        ));
    });
}

#[test]
fn the_pointer_keeps_the_network_split() {
    run(|| {
        let remove = |split| <RewardSplit as myai_support::Splits<_>>::remove(split);
        assert_noop!(remove(NETWORK), Error::<Test>::StillNamed);
        assert_ok!(RewardSplit::set_network_shares(
            RuntimeOrigin::root(),
            shares([to(TREASURY, 1_000_000)])
        ));
        assert_noop!(remove(SplitId(1)), Error::<Test>::StillNamed);
        // The old one is nobody's to remove: it stays claimable.
        assert_noop!(
            RewardSplit::remove_split(signed(TREASURY), NETWORK),
            Error::<Test>::NotDepositor
        );
    });
}
