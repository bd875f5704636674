//! What the treasury pays, and to whom.

use super::*;

pub fn spend(asset: Asset, amount: Balance) -> RuntimeCall {
    TreasuryCall::spend {
        asset_kind: Box::new(asset),
        amount,
        beneficiary: Box::new(account(Who::Eve)),
        valid_from: None,
    }
    .into()
}

/// Pays the spend of that number; what Eve gained.
fn payout(index: u32, asset: Asset) -> Balance {
    let eve = account(Who::Eve);
    let before = has(&eve, &asset);
    assert_ok!(call(Who::Bob, TreasuryCall::payout { index }));
    assert_ok!(call(Who::Bob, TreasuryCall::check_status { index }));
    has(&eve, &asset) - before
}

fn give_the_treasury(units: Balance) {
    assert_ok!(call(
        Who::Alice,
        pallet_balances::Call::transfer_keep_alive {
            dest: treasury().into(),
            value: units,
        }
    ));
    assert_ok!(call(
        Who::Alice,
        pallet_assets::Call::transfer_keep_alive {
            id: presets::DOLLAR.into(),
            target: treasury().into(),
            amount: units / 1_000_000,
        }
    ));
}

#[test]
fn a_spender_pays_in_the_token_and_in_dollars() {
    on_real_blocks(|blocks| {
        let dollar = Asset::Id(presets::DOLLAR);
        // 1 MAI a dollar, which has six decimals.
        let dollars = |n: Balance| n * 1_000_000;
        give_the_treasury(10_000 * MAI);
        assert_ok!(decide(
            blocks,
            Origin::SmallSpender,
            spend(Asset::Native, 1_000 * MAI)
        ));
        assert_eq!(payout(0, Asset::Native), 1_000 * MAI);

        // Nobody knows yet what a dollar is worth.
        assert_eq!(
            decide(blocks, Origin::SmallSpender, spend(dollar, dollars(1))),
            Err(pallet_treasury::Error::<Runtime>::FailedToConvertBalance.into())
        );
        let rate = pallet_asset_rate::Call::create {
            asset_kind: Box::new(dollar),
            rate: FixedU128::from_u32(1_000_000),
        };
        assert_ok!(decide(blocks, root_origin(), rate));
        // Nor may fewer than `Root` asks say that it is worth nothing, and all of it within any limit.
        let nothing = pallet_asset_rate::Call::update {
            asset_kind: Box::new(dollar),
            rate: FixedU128::from_inner(0),
        };
        assert_eq!(
            decide(blocks, Origin::RegistryRules, nothing),
            Err(DispatchError::BadOrigin)
        );
        assert_ok!(decide(
            blocks,
            Origin::SmallSpender,
            spend(dollar, dollars(1_000))
        ));
        assert_eq!(payout(1, dollar), dollars(1_000));

        let too_much: DispatchError =
            pallet_treasury::Error::<Runtime>::InsufficientPermission.into();
        for call in [
            spend(dollar, dollars(1_000) + 1),
            spend(Asset::Native, 1_000 * MAI + 1),
        ] {
            let result = decide(blocks, Origin::SmallSpender, call);
            assert_eq!(result, Err(too_much));
        }
        // Nor by the call that would wait for a period and mint what it pays.
        let local = TreasuryCall::spend_local {
            amount: MAI,
            beneficiary: account(Who::Eve).into(),
        };
        assert_eq!(
            decide(blocks, Origin::BigSpender, local),
            Err(pallet_treasury::Error::<Runtime>::TooManyApprovals.into())
        );
        // Nor twice as much in two halves.
        let halves = pallet_utility::Call::batch_all {
            calls: vec![spend(Asset::Native, 600 * MAI); 2],
        };
        assert_eq!(decide(blocks, Origin::SmallSpender, halves), Err(too_much));
        assert_ok!(decide(
            blocks,
            Origin::BigSpender,
            spend(Asset::Native, 8_000 * MAI)
        ));
        assert_eq!(payout(2, Asset::Native), 8_000 * MAI);
    });
}

#[test]
fn the_treasury_outlives_its_last_spend() {
    on_real_blocks(|blocks| {
        give_the_treasury(100 * MAI);
        let all = Balances::free_balance(treasury());
        assert_ok!(decide(
            blocks,
            Origin::SmallSpender,
            spend(Asset::Native, all)
        ));
        assert_noop!(
            call(Who::Bob, TreasuryCall::payout { index: 0 }),
            pallet_treasury::Error::<Runtime>::PayoutError
        );
        assert_ok!(decide(
            blocks,
            Origin::SmallSpender,
            spend(Asset::Native, all - EXISTENTIAL_DEPOSIT)
        ));
        assert_eq!(payout(1, Asset::Native), all - EXISTENTIAL_DEPOSIT);
        assert_eq!(Balances::free_balance(treasury()), EXISTENTIAL_DEPOSIT);
    });
}

/// It says so in an event, each time, so nothing of a block's ordinary work may reach it.
#[test]
fn the_treasury_does_not_move_with_every_block() {
    on_real_blocks(|blocks| {
        let version = publish(Who::Alice, model(Who::Alice), spec(1, native(MAI)));
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, MAI / 10);
        let moved = || {
            events()
                .iter()
                .filter(|event| {
                    matches!(
                        event,
                        RuntimeEvent::Treasury(pallet_treasury::Event::UpdatedInactive { .. })
                    )
                })
                .count()
        };
        for _ in 0..5 {
            // With a fee, and income of the network.
            let order = order(version, Who::Ferdie, 1);
            let job = JobId::of(&account(Who::Dave), &account(Who::Dave), &order);
            let opens = signed(Who::Dave, open_order(order));
            assert_ok!(Executive::apply_extrinsic(opens).expect("is valid"));
            attest(Who::Ferdie, job, 1);
            blocks.next(1);
            assert_eq!(moved(), 0);
        }
        let network = <RewardSplit as Splits<AccountId>>::network();
        claim_all(network, &Asset::Native);
        blocks.next(1);
        assert_eq!(moved(), 1);
        blocks.next(1);
        assert_eq!(moved(), 0);
    });
}

#[test]
fn support_is_reckoned_of_what_can_vote() {
    on_real_blocks(|blocks| {
        let can_vote = || -> Balance {
            let people = PEOPLE.iter().chain([&Who::AliceStash]);
            people.map(|who| has(&account(*who), &Asset::Native)).sum()
        };
        // What keeps the treasury alive is not the pot's.
        assert_eq!(MaxTurnout::get(), can_vote() + EXISTENTIAL_DEPOSIT);
        // As much as all have, and nobody's to vote with.
        let lots = 6_000_000 * MAI;
        for nobody in [
            RewardSplit::vault(),
            CollatorSelection::account_id(),
            treasury(),
        ] {
            assert_ok!(root(pallet_balances::Call::force_set_balance {
                who: nobody.into(),
                new_free: lots,
            }));
        }
        blocks.next(1);
        assert_eq!(MaxTurnout::get(), can_vote() + EXISTENTIAL_DEPOSIT);
        let index = submit(Who::Alice, Origin::RegistryRules, set_royalty(1));
        deposit(Who::Alice, index);
        all_vote(index, true);
        let began = System::block_number();
        assert_ok!(enacted(blocks, index).expect("is enacted"));
        assert!(System::block_number() - began < 10);
    });
}
