//! Work that accounts of other chains pay for.

use super::{hub, network::*, support::*};
use codec::Encode;
use myai_primitives::Outcome;
use staging_xcm::latest::{prelude::*, AssetTransferFilter};

/// A version that costs a dollar, and half a dollar to whom serves it.
pub fn served_for_dollars() -> VersionId {
    us(|| {
        let price = Amount {
            asset: myai_primitives::Asset::Id(DOLLAR),
            value: USD,
        };
        let version = publish(Who::Alice, model(Who::Alice), spec(1, price));
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, USD / 2);
        version
    })
}

/// What an account of another chain tells us to do in its name, paid with dollars that it has here;
/// what is left of them goes back to it.
pub fn in_its_name(whose: &Location, fees: Balance, call: impl Into<RuntimeCall>) -> Xcm<()> {
    let call: RuntimeCall = call.into();
    Xcm(vec![
        WithdrawAsset((dollar(), fees).into()),
        BuyExecution {
            fees: (dollar(), fees).into(),
            weight_limit: Unlimited,
        },
        SetAppendix(Xcm(vec![
            RefundSurplus,
            DepositAsset {
                assets: Wild(AllCounted(1)),
                beneficiary: whose.clone(),
            },
        ])),
        Transact {
            origin_kind: OriginKind::SovereignAccount,
            fallback_max_weight: None,
            call: call.encode().into(),
        },
        ExpectTransactStatus(MaybeErrorCode::Success),
    ])
}

fn job_order(version: VersionId, units: u32) -> Order<AccountId> {
    Order {
        uploader: Some(account(Who::Eve)),
        ..us(|| order(version, Who::Ferdie, units))
    }
}

#[test]
fn keyless_payer_names_an_uploader() {
    on_three_chains(|| {
        accept_dollars();
        let version = served_for_dollars();
        let payer = account_of(&at_hub(Who::Bob));
        dollars_from_hub(Who::Bob, at_hub(Who::Bob), 100 * USD);
        let without = Order {
            uploader: None,
            ..job_order(version, 1)
        };
        let id = JobId::of(&payer, &payer, &without);
        message_from_hub(
            Who::Bob,
            in_its_name(&at_hub(Who::Bob), USD, open_order(without)),
        );
        us(|| assert!(InferenceEscrow::job_view(id).is_none()));
        let with = job_order(version, 1);
        let id = JobId::of(&payer, &payer, &with);
        message_from_hub(
            Who::Bob,
            in_its_name(&at_hub(Who::Bob), USD, open_order(with)),
        );
        us(|| {
            assert!(InferenceEscrow::job_view(id).is_some());
            // Whom it names hands over the input in its place.
            assert!(InferenceEscrow::may_submit_blob(&account(Who::Eve)));
        });
    });
}

#[test]
fn an_account_of_the_hub_pays_for_an_answer_and_takes_the_rest_home() {
    on_three_chains(|| {
        accept_dollars();
        let version = served_for_dollars();
        let payer = account_of(&at_hub(Who::Bob));
        dollars_from_hub(Who::Bob, at_hub(Who::Bob), 100 * USD);
        let had = us(|| dollars_of(&payer));

        // Two units, of which one will be used.
        let order = job_order(version, 2);
        let id = JobId::of(&payer, &payer, &order);
        let kept = us(|| dollars_of(&treasury()));
        let message = in_its_name(&at_hub(Who::Bob), USD, open_order(order));
        let announced = us(|| price(message.clone(), dollar()));
        message_from_hub(Who::Bob, message);
        let fee = us(|| {
            check_invariants();
            let fee = dollars_of(&treasury()) - kept;
            assert!(fee > 0 && fee < USD / 100, "{fee}");
            // What the call did not need is back, too.
            assert!(fee < announced, "{fee} of {announced}");
            // Gross and deposit are on hold; all else but the fee is back.
            let held = 2 * (USD + USD / 2) + USD / 100;
            assert_eq!(has(&payer, &myai_primitives::Asset::Id(DOLLAR)), had - fee);
            assert_eq!(
                <configs::money::Money as Money<AccountId>>::held(
                    &myai_primitives::Asset::Id(DOLLAR),
                    &RuntimeHoldReason::InferenceEscrow(pallet_inference_escrow::HoldReason::Job),
                    &payer,
                ),
                held
            );
            // It has no MAI, and needs none.
            assert_eq!(has(&payer, &myai_primitives::Asset::Native), 0);
            fee
        });

        us(|| {
            let before = dollars_of(&account(Who::Ferdie));
            attest(Who::Ferdie, id, 1);
            assert_eq!(
                dollars_of(&account(Who::Ferdie)) - before,
                USD / 2 - USD / 80
            );
            assert!(matches!(
                outcome(id),
                Some(Outcome::Settled { units: 1, .. })
            ));
            // The answer is under what its order committed to, for whoever has the keys.
            assert_eq!(dollars_of(&payer), had - fee - USD - USD / 2);
        });

        // All that is left goes home.
        let left = us(|| dollars_of(&payer));
        let kept = us(|| dollars_of(&treasury()));
        message_from_hub(
            Who::Bob,
            Xcm(vec![
                WithdrawAsset((dollar(), left).into()),
                BuyExecution {
                    fees: (dollar(), left).into(),
                    weight_limit: Unlimited,
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
                            beneficiary: local(Who::Bob).into(),
                        },
                    ]),
                },
            ]),
        );
        let fees = us(|| {
            assert_eq!(dollars_of(&payer), 0);
            dollars_of(&treasury()) - kept
        });
        on_hub(|| {
            assert_eq!(
                hub::Assets::balance(hub::DOLLAR, account(Who::Bob)),
                (ENDOWED - 100) * USD + left - fees - 5 * HUB_DOLLARS
            );
        });
    });
}

#[test]
fn one_message_brings_dollars_and_opens_a_job() {
    on_three_chains(|| {
        accept_dollars();
        let version = served_for_dollars();
        let payer = account_of(&at_hub(Who::Bob));
        let order = job_order(version, 1);
        let id = JobId::of(&payer, &payer, &order);
        let call = open_order(order);
        let kept = us(|| dollars_of(&treasury()));
        let to_payer = DepositAsset {
            assets: Wild(AllCounted(1)),
            beneficiary: at_hub(Who::Bob),
        };
        let message = Xcm::<hub::RuntimeCall>(vec![
            WithdrawAsset((hub::dollar(), 10 * USD).into()),
            InitiateTransfer {
                destination: us_from_hub(),
                remote_fees: Some(AssetTransferFilter::ReserveDeposit(Definite(
                    (hub::dollar(), USD).into(),
                ))),
                preserve_origin: true,
                assets: vec![AssetTransferFilter::ReserveDeposit(Wild(AllCounted(1)))]
                    .try_into()
                    .unwrap(),
                remote_xcm: Xcm(vec![
                    to_payer.clone(),
                    Transact {
                        origin_kind: OriginKind::SovereignAccount,
                        fallback_max_weight: None,
                        call: call.encode().into(),
                    },
                    RefundSurplus,
                    to_payer,
                ]),
            },
        ]);
        on_hub(|| {
            assert_ok!(hub::PolkadotXcm::execute(
                hub::RuntimeOrigin::signed(account(Who::Bob)),
                Box::new(staging_xcm::VersionedXcm::from(message)),
                frame_support::weights::Weight::MAX,
            ));
        });
        us(|| {
            assert!(InferenceEscrow::job_view(id).is_some());
            let fee = dollars_of(&treasury()) - kept;
            assert!(fee > 0 && fee < USD / 100, "{fee}");
            attest(Who::Ferdie, id, 1);
            assert_eq!(dollars_of(&payer), 10 * USD - fee - USD - USD / 2);
        });
    });
}

#[test]
fn a_job_of_another_chain_that_nobody_answers_is_refunded_in_full() {
    on_three_chains(|| {
        accept_dollars();
        let version = served_for_dollars();
        let payer = account_of(&at_hub(Who::Bob));
        dollars_from_hub(Who::Bob, at_hub(Who::Bob), 100 * USD);
        let order = job_order(version, 1);
        let id = JobId::of(&payer, &payer, &order);
        message_from_hub(
            Who::Bob,
            in_its_name(&at_hub(Who::Bob), USD, open_order(order)),
        );
        us(|| {
            let whole = has(&payer, &myai_primitives::Asset::Id(DOLLAR));
            assert!(dollars_of(&payer) < whole);
            pass(101);
            end_block();
            assert!(matches!(outcome(id), Some(Outcome::Expired)));
            assert_eq!(dollars_of(&payer), whole);
        });
    });
}

#[test]
fn an_account_of_the_relay_chain_pays_for_an_answer() {
    on_three_chains(|| {
        tokens_from_relay(
            Who::Alice,
            AccountId32 {
                network: None,
                id: treasury().into(),
            }
            .into(),
            WND,
        );
        let version = us(|| {
            assert_ok!(root(pallet_reward_split::Call::accept_asset {
                asset: TOKEN,
                job_deposit: WND / 10,
                session_deposit: WND / 10,
                min_lock: WND,
            }));
            let price = Amount {
                asset: myai_primitives::Asset::Id(TOKEN),
                value: WND,
            };
            let version = publish(Who::Alice, model(Who::Alice), spec(1, price));
            worker(Who::Ferdie);
            set_offer(Who::Ferdie, version, WND);
            version
        });
        let payer = account_of(&at_relay(Who::Bob));
        tokens_from_relay(Who::Bob, at_relay(Who::Bob), 10 * WND);
        let had = us(|| tokens_of(&payer));
        let order = job_order(version, 1);
        let id = JobId::of(&payer, &payer, &order);
        let kept = us(|| tokens_of(&treasury()));
        let call = open_order(order);
        message_from_relay(
            Who::Bob,
            Xcm(vec![
                WithdrawAsset((Parent, WND).into()),
                BuyExecution {
                    fees: (Parent, WND).into(),
                    weight_limit: Unlimited,
                },
                Transact {
                    origin_kind: OriginKind::SovereignAccount,
                    fallback_max_weight: None,
                    call: call.encode().into(),
                },
                RefundSurplus,
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: at_relay(Who::Bob),
                },
            ]),
        );
        us(|| {
            let fee = tokens_of(&treasury()) - kept;
            attest(Who::Ferdie, id, 1);
            assert_eq!(tokens_of(&payer), had - fee - 2 * WND);
        });
    });
}

#[test]
fn who_is_of_no_chain_of_ours_shares_no_account() {
    on_three_chains(|| {
        let same = [
            account_of(&local(Who::Bob).into()),
            account_of(&at_hub(Who::Bob)),
            account_of(&at_relay(Who::Bob)),
            account_of(&Location::new(1, [Parachain(1_001), local(Who::Bob)])),
            account_of(&hub_seen()),
            account_of(&Location::parent()),
        ];
        let different: std::collections::BTreeSet<_> = same.iter().collect();
        assert_eq!(different.len(), same.len());
        assert_eq!(same[0], account(Who::Bob));
    });
}
