//! Money in and out, to the unit.

use super::{hub, network::*, relay, support::*};
use frame_support::assert_noop;
use staging_xcm::{latest::prelude::*, VersionedXcm};
use staging_xcm_executor::traits::TransferType;

#[test]
fn dollars_come_from_the_hub_and_go_home() {
    on_three_chains(|| {
        let (bob, sent) = (account(Who::Bob), 100 * USD);
        let fee = us(|| price(arrival(dollar(), sent, local(Who::Bob).into()), dollar()));
        dollars_from_hub(Who::Bob, local(Who::Bob).into(), sent);
        // The first fee opens the treasury's account.
        assert_eq!(fee, LEAST_DOLLARS);
        us(|| {
            assert_eq!(dollars_of(&bob), sent - fee);
            assert_eq!(dollars_of(&treasury()), fee);
        });
        // And home, with all of it. The delivery is paid in MAI.
        let back = sent - fee;
        us(|| {
            let before = Balances::free_balance(&bob);
            let kept = Balances::free_balance(treasury());
            assert_ok!(call(
                Who::Bob,
                pallet_xcm::Call::limited_reserve_transfer_assets {
                    dest: versioned(hub_seen()),
                    beneficiary: versioned(local(Who::Bob)),
                    assets: Box::new((AssetId(dollar()), back).into()),
                    fee_asset_item: 0,
                    weight_limit: Unlimited,
                }
            ));
            assert_eq!(dollars_of(&bob), 0);
            let delivery = before - Balances::free_balance(&bob);
            assert!(delivery >= configs::xcm::BaseDeliveryFee::get());
            assert_eq!(Balances::free_balance(treasury()), kept + delivery);
        });
        // Withdrawn, origin cleared, execution bought, deposited, topic set: five there.
        on_hub(|| {
            assert_eq!(
                hub::Assets::balance(hub::DOLLAR, &bob),
                ENDOWED * USD - sent + back - 5 * HUB_DOLLARS
            );
        });
    });
}

#[test]
fn tokens_come_from_the_relay_chain_and_go_home() {
    on_three_chains(|| {
        let (bob, sent) = (account(Who::Bob), 100 * WND);
        tokens_from_relay(Who::Alice, local(Who::Alice).into(), sent);
        let kept = us(|| tokens_of(&treasury()));
        let message = arrival(token(), sent, local(Who::Bob).into());
        let fee = us(|| price(message, token()));
        tokens_from_relay(Who::Bob, local(Who::Bob).into(), sent);
        us(|| {
            assert_eq!(tokens_of(&bob), sent - fee);
            assert!(fee > 0 && fee < WND / 500, "{fee}");
            assert_eq!(tokens_of(&treasury()), kept + fee);
        });
        let back = 40 * WND;
        us(|| {
            let message = Xcm(vec![DepositAsset {
                assets: Wild(AllCounted(1)),
                beneficiary: local(Who::Bob).into(),
            }]);
            assert_ok!(call(
                Who::Bob,
                pallet_xcm::Call::transfer_assets_using_type_and_then {
                    dest: versioned(Parent),
                    assets: Box::new((AssetId(token()), back).into()),
                    assets_transfer_type: Box::new(TransferType::DestinationReserve),
                    remote_fees_id: Box::new(AssetId(token()).into()),
                    fees_transfer_type: Box::new(TransferType::DestinationReserve),
                    custom_xcm_on_dest: Box::new(VersionedXcm::from(message)),
                    weight_limit: Unlimited,
                }
            ));
            assert_eq!(tokens_of(&bob), sent - fee - back);
        });
        on_relay(|| {
            assert_eq!(
                relay::Balances::free_balance(&bob),
                ENDOWED * WND - sent + back - 5 * RELAY_TOKENS
            );
        });
    });
}

#[test]
fn mai_goes_to_the_hub_and_comes_home() {
    on_three_chains(|| {
        let (bob, sent) = (account(Who::Bob), 100 * MAI);
        let at_home = account_of(&hub_seen());
        let issued = us(Balances::total_issuance);
        us(|| {
            assert_ok!(call(
                Who::Bob,
                pallet_xcm::Call::limited_reserve_transfer_assets {
                    dest: versioned(hub_seen()),
                    beneficiary: versioned(local(Who::Bob)),
                    assets: Box::new((Here, sent).into()),
                    fee_asset_item: 0,
                    weight_limit: Unlimited,
                }
            ));
            assert_eq!(Balances::free_balance(&at_home), sent);
        });
        let there = sent - 5 * HUB_MAI;
        on_hub(|| assert_eq!(hub::Assets::balance(hub::MAI, &bob), there));
        let (before, pot) = us(|| {
            (
                Balances::free_balance(&bob),
                Balances::free_balance(CollatorSelection::account_id()),
            )
        });
        on_hub(|| {
            assert_ok!(hub::PolkadotXcm::limited_reserve_transfer_assets(
                hub::RuntimeOrigin::signed(bob.clone()),
                versioned(us_from_hub()),
                versioned(local(Who::Bob)),
                Box::new((AssetId(hub::mai()), there).into()),
                0,
                Unlimited,
            ));
        });
        us(|| {
            let message = Xcm(vec![
                WithdrawAsset((Here, there).into()),
                ClearOrigin,
                BuyExecution {
                    fees: (Here, there).into(),
                    weight_limit: Unlimited,
                },
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: local(Who::Bob).into(),
                },
            ]);
            let fee = price(message, Location::here());
            assert_eq!(Balances::free_balance(&bob), before + there - fee);
            // What its people paid for execution there is the hub's to keep.
            assert_eq!(Balances::free_balance(&at_home), 5 * HUB_MAI);
            assert_eq!(
                Balances::free_balance(CollatorSelection::account_id()),
                pot + fee
            );
            assert_eq!(Balances::total_issuance(), issued);
        });
    });
}

#[test]
fn who_has_dollars_alone_takes_them_home() {
    on_three_chains(|| {
        // An account that has nothing here, and whose key somebody has.
        let (nobody, sent) = (Who::One, 100 * USD);
        dollars_from_hub(Who::Bob, local(nobody).into(), sent);
        let account = account(nobody);
        let had = us(|| {
            assert_eq!(has(&account, &myai_primitives::Asset::Native), 0);
            dollars_of(&account)
        });
        let kept = us(|| dollars_of(&treasury()));
        let there = us(|| {
            let part = had - USD;
            let message = Xcm(vec![
                WithdrawAsset((dollar(), part).into()),
                // Execution, and later delivery, are paid of a dollar; what is left of it comes back.
                PayFees {
                    asset: (dollar(), USD).into(),
                },
                InitiateReserveWithdraw {
                    assets: Wild(AllCounted(1)),
                    reserve: hub_seen(),
                    xcm: Xcm(vec![
                        BuyExecution {
                            fees: (hub::dollar(), USD).into(),
                            weight_limit: Unlimited,
                        },
                        DepositAsset {
                            assets: Wild(AllCounted(1)),
                            beneficiary: local(nobody).into(),
                        },
                    ]),
                },
                RefundSurplus,
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: local(nobody).into(),
                },
            ]);
            let execute = pallet_xcm::Call::execute {
                message: Box::new(VersionedXcm::from(message)),
                max_weight: quarter(),
            };
            // The transaction is paid in dollars, too.
            let signed = signed_paid_in(nobody, execute.into(), Some(DOLLAR));
            assert_ok!(Executive::apply_extrinsic(signed).expect("is valid"));
            let fees = dollars_of(&treasury()) - kept;
            assert!(fees > 0 && fees < USD / 10, "{fees}");
            assert_eq!(dollars_of(&account), 2 * USD - fees);
            assert_eq!(has(&account, &myai_primitives::Asset::Native), 0);
            part - USD - 5 * HUB_DOLLARS
        });
        on_hub(|| assert_eq!(hub::Assets::balance(hub::DOLLAR, &account), there));
    });
}

#[test]
fn governance_alone_sends_messages_of_its_own() {
    on_three_chains(|| {
        let send = || pallet_xcm::Call::send {
            dest: versioned(Parent),
            message: Box::new(VersionedXcm::from(Xcm::<()>(vec![
                WithdrawAsset((Here, WND).into()),
                BuyExecution {
                    fees: (Here, WND).into(),
                    weight_limit: Unlimited,
                },
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: local(Who::One).into(),
                },
            ]))),
        };
        tokens_from_relay(Who::Bob, local(Who::Bob).into(), WND);
        us(|| {
            assert_noop!(
                call(Who::Alice, send()),
                sp_runtime::DispatchError::BadOrigin
            );
            // What lies in our account elsewhere is governance's to move, and this breaks what every
            // test ends with: so it puts back what it took.
            assert_ok!(root(send()));
        });
        on_relay(|| {
            let one = account(Who::One);
            assert_eq!(relay::Balances::free_balance(&one), WND - 4 * RELAY_TOKENS);
            let origin = relay::RuntimeOrigin::signed(account(Who::Eve));
            assert_ok!(relay::Balances::transfer_keep_alive(
                origin,
                ours_at_relay(),
                WND
            ));
        });
    });
}
