//! What is refused, and what becomes of the money then.

use super::{hub, jobs::*, network::*, support::*};
use codec::Encode;
use cumulus_primitives_core::AggregateMessageOrigin;
use frame_support::{
    assert_noop,
    dispatch::GetDispatchInfo,
    traits::{ProcessMessage, ProcessMessageError},
    weights::{Weight, WeightMeter},
};
// The pallet, not the list of assets that a message names.
use myai_runtime::Assets;
use sp_runtime::traits::Dispatchable;
use staging_xcm::latest::Outcome;
use staging_xcm::{latest::prelude::*, VersionedXcm};
use staging_xcm_executor::XcmExecutor;

/// What the queue makes of a message from the hub.
fn from_hub(message: Xcm<()>) -> Result<bool, ProcessMessageError> {
    type Processor = <Runtime as pallet_message_queue::Config>::MessageProcessor;
    Processor::process_message(
        &VersionedXcm::from(message).encode(),
        AggregateMessageOrigin::Sibling(super::HUB.into()),
        &mut WeightMeter::new(),
        &mut [0; 32],
    )
}

/// Which instruction of a message stops it, and why; none, when it is executed to its end.
fn stops(origin: Location, message: Xcm<()>) -> Option<(u8, XcmError)> {
    let done = XcmExecutor::<configs::xcm::XcmConfig>::prepare_and_execute(
        origin,
        message.into(),
        &mut [0; 32],
        Weight::MAX,
        Weight::zero(),
    );
    match done {
        Outcome::Complete { .. } => None,
        Outcome::Incomplete { error, .. } | Outcome::Error(error) => {
            Some((error.index, error.error))
        }
    }
}

/// A message is sent whatever is in it: sixty of nothing would weigh nothing.
#[test]
fn sending_nothing_weighs_as_much_as_sending_something() {
    use staging_xcm_executor::traits::WeightBounds;
    let weigh = |instruction: Instruction<()>| {
        let mut message = Xcm::<RuntimeCall>::from(Xcm(vec![instruction]));
        configs::xcm::Weigher::weight(&mut message, Weight::MAX).expect("it is executed")
    };
    let to = Location::parent;
    let one = || -> staging_xcm::latest::Asset { (Here, MAI).into() };
    on_three_chains(|| {
        us(|| {
            let deposit = |assets| {
                weigh(DepositReserveAsset {
                    assets,
                    dest: to(),
                    xcm: Xcm(vec![]),
                })
            };
            let withdraw = |assets| {
                weigh(InitiateReserveWithdraw {
                    assets,
                    reserve: to(),
                    xcm: Xcm(vec![]),
                })
            };
            let transfer = |assets| {
                weigh(TransferReserveAsset {
                    assets,
                    dest: to(),
                    xcm: Xcm(vec![]),
                })
            };
            let nothing = || [Definite(vec![].into()), Wild(AllCounted(0))];
            for assets in nothing() {
                assert_eq!(deposit(assets), deposit(Definite(one().into())));
            }
            for assets in nothing() {
                assert_eq!(withdraw(assets), withdraw(Definite(one().into())));
            }
            assert_eq!(transfer(vec![].into()), transfer(one().into()));
        });
    });
}

/// It weighs as much as all messages of a block may have, and pays nothing.
#[test]
fn a_refused_message_leaves_the_block_to_others() {
    type Processor = <Runtime as pallet_message_queue::Config>::MessageProcessor;
    on_three_chains(|| {
        us(|| {
            let greedy = Xcm::<()>(vec![
                DepositAsset {
                    assets: Wild(All),
                    beneficiary: local(Who::Eve).into(),
                };
                14
            ]);
            let mut meter = WeightMeter::with_limit(configs::messages::MessageServiceWeight::get());
            let done = Processor::process_message(
                &VersionedXcm::from(greedy).encode(),
                AggregateMessageOrigin::Sibling(super::HUB.into()),
                &mut meter,
                &mut [0; 32],
            );
            assert_eq!(done, Ok(false));
            let used = meter.consumed_ratio();
            assert!(used < sp_runtime::Perbill::from_percent(1), "{used:?}");
        });
    });
}

fn others() -> [Location; 3] {
    [
        Location::parent(),
        hub_seen(),
        Location::new(1, Parachain(1_001)),
    ]
}

/// The messages that were trapped in this block.
fn trapped() -> usize {
    System::events()
        .iter()
        .filter(|record| {
            matches!(
                record.event,
                RuntimeEvent::PolkadotXcm(pallet_xcm::Event::AssetsTrapped { .. })
            )
        })
        .count()
}

fn to_bob(asset: impl Into<AssetId>, units: Balance) -> Xcm<()> {
    let asset: AssetId = asset.into();
    arrival(asset.0, units, local(Who::Bob).into())
}

#[test]
fn an_asset_from_a_chain_that_is_not_its_reserve_is_refused() {
    on_three_chains(|| {
        us(|| {
            let bob = account(Who::Bob);
            // The relay chain does not keep the hub's dollars, nor the hub the relay chain's tokens,
            // nor anybody MAI.
            let reserves = [
                (dollar(), Some(hub_seen())),
                (token(), Some(Location::parent())),
                (Location::here(), None),
            ];
            for (asset, reserve) in reserves {
                for origin in others() {
                    if Some(&origin) == reserve.as_ref() {
                        continue;
                    }
                    let issued = Balances::total_issuance();
                    assert_eq!(
                        stops(origin, to_bob(asset.clone(), 100 * USD)),
                        Some((0, XcmError::UntrustedReserveLocation))
                    );
                    assert_eq!(Assets::total_supply(DOLLAR), 0);
                    assert_eq!(Assets::total_supply(TOKEN), 0);
                    assert_eq!(Balances::total_issuance(), issued);
                    assert_eq!(trapped(), 0);
                }
            }
            // Once governance says so, the hub does keep the tokens; the relay chain does no more.
            assert_ok!(root(pallet_foreign_assets::Call::set_reserve {
                id: TOKEN,
                reserve: Box::new(hub_seen()),
            }));
            assert_eq!(
                stops(Location::parent(), to_bob(token(), WND)),
                Some((0, XcmError::UntrustedReserveLocation))
            );
            assert_eq!(stops(hub_seen(), to_bob(token(), WND)), None);
            let bobs = tokens_of(&bob);
            assert!(bobs > 0);
            // It came from nowhere, in this test: away with it.
            for who in [bob, treasury()] {
                let units = tokens_of(&who);
                let _ = <Assets as frame_support::traits::fungibles::Mutate<_>>::burn_from(
                    TOKEN,
                    &who,
                    units,
                    frame_support::traits::tokens::Preservation::Expendable,
                    frame_support::traits::tokens::Precision::Exact,
                    frame_support::traits::tokens::Fortitude::Force,
                );
            }
        });
    });
}

#[test]
fn an_asset_that_is_not_registered_is_refused() {
    on_three_chains(|| {
        us(|| {
            let unknown = Location::new(1, [Parachain(super::HUB), GeneralIndex(7)]);
            assert_eq!(
                stops(hub_seen(), to_bob(unknown, USD)),
                Some((0, XcmError::UntrustedReserveLocation))
            );
        });
    });
}

#[test]
fn nothing_is_teleported_in_or_out() {
    on_three_chains(|| {
        us(|| {
            let issued = Balances::total_issuance();
            for asset in [Location::here(), dollar(), token()] {
                let mut message = to_bob(asset, MAI);
                let Some(ReserveAssetDeposited(assets)) = message.0.first().cloned() else {
                    panic!("it begins with what is sent");
                };
                message.0[0] = ReceiveTeleportedAsset(assets);
                for origin in others() {
                    assert_eq!(
                        stops(origin, message.clone()),
                        Some((0, XcmError::UntrustedTeleportLocation))
                    );
                }
            }
            assert_eq!(Balances::total_issuance(), issued);
            assert_eq!(Assets::total_supply(DOLLAR), 0);
            let teleport: RuntimeCall = pallet_xcm::Call::limited_teleport_assets {
                dest: versioned(hub_seen()),
                beneficiary: versioned(local(Who::Bob)),
                assets: Box::new((Here, MAI).into()),
                fee_asset_item: 0,
                weight_limit: Unlimited,
            }
            .into();
            let weight = teleport.get_dispatch_info().call_weight;
            let block = configs::system::RuntimeBlockWeights::get().max_block;
            assert!(weight.any_gt(block), "no block takes it");
            let done = teleport.dispatch(RuntimeOrigin::signed(account(Who::Bob)));
            let refused = done.map(drop).map_err(|e| e.error);
            assert_eq!(refused, Err(pallet_xcm::Error::<Runtime>::Filtered.into()));
        });
    });
}

#[test]
fn nobody_is_executed_for_nothing() {
    on_three_chains(|| {
        us(|| {
            for origin in others() {
                let unpaid = Xcm(vec![
                    UnpaidExecution {
                        weight_limit: Unlimited,
                        check_origin: None,
                    },
                    Transact {
                        origin_kind: OriginKind::Superuser,
                        fallback_max_weight: None,
                        call: RuntimeCall::from(frame_system::Call::remark { remark: vec![] })
                            .encode()
                            .into(),
                    },
                ]);
                assert_eq!(stops(origin, unpaid), Some((0, XcmError::Barrier)));
            }
        });
    });
}

#[test]
fn no_other_chain_is_root_or_an_account_of_ours_here() {
    on_three_chains(|| {
        accept_dollars();
        // Money of the hub's own, and of the relay chain's.
        dollars_from_hub(Who::Bob, hub_seen(), 10 * USD);
        dollars_from_hub(Who::Bob, Location::parent(), 10 * USD);
        us(|| {
            let paid = |then: Vec<Instruction<()>>| {
                let pay = [
                    WithdrawAsset((dollar(), USD).into()),
                    BuyExecution {
                        fees: (dollar(), USD).into(),
                        weight_limit: Unlimited,
                    },
                ];
                Xcm(pay.into_iter().chain(then).collect())
            };
            // A call that any message may make, but as Root or natively.
            let call: RuntimeCall = pallet_reward_split::Call::claim_many {
                claims: Default::default(),
            }
            .into();
            for origin in [hub_seen(), Location::parent()] {
                for origin_kind in [OriginKind::Superuser, OriginKind::Native, OriginKind::Xcm] {
                    let message = paid(vec![Transact {
                        origin_kind,
                        fallback_max_weight: None,
                        call: call.encode().into(),
                    }]);
                    let expected = match origin_kind {
                        // It is nobody to the call, which says so.
                        OriginKind::Xcm => None,
                        _ => Some((2, XcmError::BadOrigin)),
                    };
                    assert_eq!(stops(origin.clone(), message), expected, "{origin_kind:?}");
                }
                let message = paid(vec![AliasOrigin(local(Who::Alice).into())]);
                assert_eq!(
                    stops(origin.clone(), message),
                    Some((2, XcmError::NoPermission))
                );
            }
        });
    });
}

#[test]
fn ids_of_other_chains_assets_are_nobodys_to_take() {
    on_three_chains(|| {
        us(|| {
            let create = |id: u32| pallet_assets::Call::create {
                id: id.into(),
                admin: account(Who::Eve).into(),
                min_balance: 1,
            };
            let first = pallet_foreign_assets::FIRST_ID;
            for id in [first, first + 2, u32::MAX] {
                assert_noop!(
                    call(Who::Eve, create(id)),
                    sp_runtime::DispatchError::BadOrigin
                );
            }
            assert_ok!(call(Who::Eve, create(first - 1)));
            // Nor does anybody register or rate an asset, but governance.
            let calls: [RuntimeCall; 3] = [
                pallet_foreign_assets::Call::deregister { id: TOKEN }.into(),
                pallet_foreign_assets::Call::set_reserve {
                    id: TOKEN,
                    reserve: Box::new(hub_seen()),
                }
                .into(),
                pallet_asset_rate::Call::remove {
                    asset_kind: Box::new(myai_primitives::Asset::Id(TOKEN)),
                }
                .into(),
            ];
            for each in calls {
                assert_noop!(call(Who::Alice, each), sp_runtime::DispatchError::BadOrigin);
            }
        });
    });
}

#[test]
fn fees_that_do_not_suffice_buy_nothing_and_the_money_can_be_claimed() {
    on_three_chains(|| {
        accept_dollars();
        let sent = USD;
        let short = us(|| price(with_topic(to_bob(dollar(), sent)), dollar())) - 1;
        let bob = account(Who::Bob);
        // A little less than it costs is offered.
        let message = |fees| {
            Xcm(vec![
                WithdrawAsset((hub::dollar(), sent).into()),
                DepositReserveAsset {
                    assets: Wild(All),
                    dest: us_from_hub(),
                    xcm: Xcm(vec![
                        BuyExecution {
                            fees: (dollar(), fees).into(),
                            weight_limit: Unlimited,
                        },
                        DepositAsset {
                            assets: Wild(AllCounted(1)),
                            beneficiary: local(Who::Bob).into(),
                        },
                    ]),
                },
            ])
        };
        let execute = |fees| {
            on_hub(|| {
                assert_ok!(hub::PolkadotXcm::execute(
                    hub::RuntimeOrigin::signed(bob.clone()),
                    Box::new(VersionedXcm::from(message(fees))),
                    Weight::MAX,
                ));
            })
        };
        us(System::reset_events);
        execute(short);
        us(|| {
            assert_eq!(dollars_of(&bob), 0);
            assert_eq!(trapped(), 1);
            // Nobody here can claim what the hub sent.
            let claim = |who| {
                call(
                    who,
                    pallet_xcm::Call::claim_assets {
                        assets: Box::new((AssetId(dollar()), sent).into()),
                        beneficiary: versioned(local(Who::Eve)),
                    },
                )
            };
            assert!(claim(Who::Eve).is_err());
            assert!(claim(Who::Bob).is_err());
        });
        execute(short + 1);
        us(|| assert_eq!(dollars_of(&bob), sent - short - 1));
        // The hub's governance claims what was trapped, for whom it was meant.
        let kept = us(|| dollars_of(&treasury()));
        on_hub(|| {
            let message = Xcm(vec![
                ClaimAsset {
                    assets: (dollar(), sent).into(),
                    ticket: Here.into(),
                },
                BuyExecution {
                    fees: (dollar(), sent).into(),
                    weight_limit: Unlimited,
                },
                DepositAsset {
                    assets: Wild(AllCounted(1)),
                    beneficiary: local(Who::Bob).into(),
                },
            ]);
            assert_ok!(hub::PolkadotXcm::send_xcm(Here, us_from_hub(), message));
        });
        us(|| {
            let fee = dollars_of(&treasury()) - kept;
            assert_eq!(dollars_of(&bob), sent - short - 1 + sent - fee);
        });
    });
}

#[test]
fn what_an_account_leaves_behind_here_it_claims_itself() {
    on_three_chains(|| {
        us(|| {
            let bob = account(Who::Bob);
            let before = Balances::free_balance(&bob);
            // It takes out money and forgets to put it anywhere.
            assert_ok!(call(
                Who::Bob,
                pallet_xcm::Call::execute {
                    message: Box::new(VersionedXcm::from(Xcm(vec![WithdrawAsset(
                        (Here, MAI).into()
                    )]))),
                    max_weight: quarter(),
                }
            ));
            assert_eq!(Balances::free_balance(&bob), before - MAI);
            assert_eq!(trapped(), 1);
            let claim = || pallet_xcm::Call::claim_assets {
                assets: Box::new((Here, MAI).into()),
                beneficiary: versioned(local(Who::Bob)),
            };
            assert!(call(Who::Eve, claim()).is_err());
            assert_ok!(call(Who::Bob, claim()));
            assert_eq!(Balances::free_balance(&bob), before);
            assert!(call(Who::Bob, claim()).is_err(), "once");
        });
    });
}

#[test]
fn an_instruction_bomb_is_refused_before_anything_of_it_is_done() {
    on_three_chains(|| {
        accept_dollars();
        us(|| {
            let bob = account(Who::Bob);
            let most = configs::xcm::MaxInstructions::get() as usize;
            let begin = to_bob(dollar(), USD);
            let filled = |instructions: usize| {
                let mut message = begin.clone();
                message.0.resize(instructions, ClearTopic);
                message
            };
            assert_eq!(
                from_hub(filled(most + 1)),
                Err(ProcessMessageError::Unsupported)
            );
            // Those within others count.
            let mut nested = begin.clone();
            nested.0.push(SetAppendix(Xcm(vec![
                SetAppendix(filled(most / 2)),
                SetErrorHandler(filled(most / 2)),
            ])));
            assert_eq!(from_hub(nested), Err(ProcessMessageError::Unsupported));
            assert_eq!(dollars_of(&bob), 0);
            // More than can be decoded, and deeper.
            assert!(from_hub(filled(1_000)).is_err());
            let mut deep = Xcm(vec![ClearTopic]);
            for _ in 0..20 {
                deep = Xcm(vec![SetAppendix(deep)]);
            }
            assert!(from_hub(deep).is_err());
            // What needs more than a block has, and what this chain does not execute.
            for instruction in [
                ExchangeAsset {
                    give: Wild(All),
                    want: (Here, MAI).into(),
                    maximal: false,
                },
                UniversalOrigin(GlobalConsensus(NetworkId::Polkadot)),
                ExecuteWithOrigin {
                    descendant_origin: None,
                    xcm: filled(3),
                },
            ] {
                let mut message = begin.clone();
                message.0.push(instruction);
                assert_eq!(from_hub(message), Err(ProcessMessageError::Unsupported));
            }
            assert_eq!(dollars_of(&bob), 0);
            assert_eq!(trapped(), 0);
        });
    });
}

#[test]
fn a_message_calls_what_is_listed_and_nothing_else() {
    on_three_chains(|| {
        accept_dollars();
        dollars_from_hub(Who::Bob, at_hub(Who::Bob), 10 * USD);
        let payer = account_of(&at_hub(Who::Bob));
        let refused: [RuntimeCall; 6] = [
            frame_system::Call::remark { remark: vec![1] }.into(),
            frame_system::Call::set_heap_pages { pages: 1 }.into(),
            pallet_utility::Call::batch { calls: vec![] }.into(),
            pallet_preimage::Call::note_preimage { bytes: vec![1] }.into(),
            pallet_foreign_assets::Call::deregister { id: TOKEN }.into(),
            pallet_xcm::Call::force_suspension { suspended: true }.into(),
        ];
        for call in refused {
            let before = us(|| dollars_of(&payer));
            us(System::reset_events);
            message_from_hub(Who::Bob, in_its_name(&at_hub(Who::Bob), USD, call.clone()));
            us(|| {
                assert!(
                    !System::events().iter().any(|r| matches!(
                        r.event,
                        RuntimeEvent::Preimage(_) | RuntimeEvent::Utility(_)
                    )),
                    "{call:?}"
                );
                // What was not used comes back.
                assert!(before - dollars_of(&payer) < USD / 100);
            });
        }
        // A transfer is listed.
        let heir = account(Who::One);
        message_from_hub(
            Who::Bob,
            in_its_name(
                &at_hub(Who::Bob),
                USD,
                pallet_assets::Call::transfer {
                    id: DOLLAR.into(),
                    target: heir.clone().into(),
                    amount: USD,
                },
            ),
        );
        us(|| assert_eq!(dollars_of(&heir), USD));
    });
}

#[test]
fn what_is_on_hold_for_a_job_cannot_leave_by_a_message() {
    on_three_chains(|| {
        accept_dollars();
        let version = served_for_dollars();
        let whose = at_hub(Who::Bob);
        let payer = account_of(&whose);
        dollars_from_hub(Who::Bob, whose.clone(), 100 * USD);
        let order = Order {
            uploader: Some(account(Who::Eve)),
            ..us(|| order(version, Who::Ferdie, 10))
        };
        message_from_hub(Who::Bob, in_its_name(&whose, USD, open_order(order)));
        us(|| {
            let held = 10 * (USD + USD / 2) + USD / 100;
            let free = dollars_of(&payer);
            assert_eq!(
                has(&payer, &myai_primitives::Asset::Id(DOLLAR)),
                free + held
            );
            let takes = |units: Balance| {
                Xcm(vec![
                    WithdrawAsset((dollar(), units).into()),
                    BuyExecution {
                        fees: (dollar(), USD).into(),
                        weight_limit: Unlimited,
                    },
                    DepositAsset {
                        assets: Wild(AllCounted(1)),
                        beneficiary: local(Who::Bob).into(),
                    },
                ])
            };
            for units in [free + 1, free + held] {
                let (index, error) = stops(whose.clone(), takes(units)).expect("it stops");
                assert_eq!(index, 0);
                assert!(matches!(error, XcmError::FailedToTransactAsset(_)));
            }
            assert_eq!(stops(whose.clone(), takes(free - LEAST_DOLLARS)), None);
            check_invariants();
        });
    });
}

#[test]
fn an_account_of_another_chain_is_nobody_else_here() {
    on_three_chains(|| {
        accept_dollars();
        dollars_from_hub(Who::Bob, at_hub(Who::Bob), 10 * USD);
        dollars_from_hub(Who::Bob, local(Who::Bob).into(), 10 * USD);
        dollars_from_hub(Who::Eve, at_hub(Who::Eve), 10 * USD);
        let (bobs, local_bobs) = us(|| {
            (
                dollars_of(&account_of(&at_hub(Who::Bob))),
                dollars_of(&account(Who::Bob)),
            )
        });
        // Eve cannot take Bob's, by saying that she is he or that she is the hub.
        let theft = Xcm(vec![
            WithdrawAsset((dollar(), 5 * USD).into()),
            BuyExecution {
                fees: (dollar(), USD).into(),
                weight_limit: Unlimited,
            },
            DepositAsset {
                assets: Wild(AllCounted(1)),
                beneficiary: at_hub(Who::Eve),
            },
        ]);
        for claimed in [
            vec![DescendOrigin(local(Who::Bob).into())],
            vec![AliasOrigin(at_hub(Who::Bob))],
        ] {
            let message = Xcm(claimed.into_iter().chain(theft.0.clone()).collect());
            message_from_hub(Who::Eve, message);
        }
        us(|| {
            assert_eq!(dollars_of(&account_of(&at_hub(Who::Bob))), bobs);
            assert_eq!(dollars_of(&account(Who::Bob)), local_bobs);
        });
        // The same key on the relay chain is another account, too.
        message_from_relay(Who::Bob, theft);
        us(|| assert_eq!(dollars_of(&account_of(&at_hub(Who::Bob))), bobs));
    });
}

#[test]
fn an_asset_without_a_rate_pays_for_nothing() {
    on_three_chains(|| {
        us(|| {
            assert_ok!(root(pallet_asset_rate::Call::remove {
                asset_kind: Box::new(myai_primitives::Asset::Id(DOLLAR)),
            }));
            System::reset_events();
        });
        dollars_from_hub(Who::Bob, local(Who::Bob).into(), 10 * USD);
        us(|| {
            assert_eq!(dollars_of(&account(Who::Bob)), 0);
            assert_eq!(trapped(), 1);
            assert_eq!(Assets::total_supply(DOLLAR), 10 * USD);
        });
    });
}
