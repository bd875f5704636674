//! What the composed runtime alone decides: who sets rules, who may use the HOP pool, where files
//! may be, what the transaction pool thinks of an answer, what a batch nested deep comes to, and what a
//! node asks for.

#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use codec::Encode;
use frame_support::{assert_noop, dispatch::GetDispatchInfo, traits::OnFinalize};
use pallet_inference_escrow::extension::PRIORITY_PER_TICK;
use sp_runtime::{
    traits::{BlockNumberProvider, TransactionExtension},
    transaction_validity::{TransactionPriority, TransactionSource, TransactionValidity},
    DispatchError, MultiSignature, MultiSigner,
};
use support::*;

fn pool(transaction: UncheckedExtrinsic) -> TransactionValidity {
    Executive::validate_transaction(
        TransactionSource::External,
        transaction,
        System::block_hash(0),
    )
}

fn priority(who: Who, call: RuntimeCall) -> TransactionPriority {
    pool(signed(who, call)).expect("is taken").priority
}

/// A version without licenses that Ferdie serves.
fn served() -> VersionId {
    let version = publish(Who::Alice, model(Who::Alice), spec(1, native(MAI)));
    worker(Who::Ferdie);
    set_offer(Who::Ferdie, version, MAI / 10);
    version
}

/// `ticks` of service go by, in blocks of ten.
fn serve(ticks: Tick) {
    for _ in 0..ticks / 10 {
        RewardSplit::on_finalize(System::block_number());
        System::set_block_number(System::block_number() + 1);
        Relay::set_block_number(Relay::current_block_number() + 10);
    }
}

#[test]
fn no_key_sets_rules_assets_or_the_networks_split() {
    on_a_chain(|| {
        let treasury = Share {
            beneficiary: Beneficiary::Account(configs::economy::Treasury::get()),
            parts: Ppm::MILLION,
        };
        let asset = presets::DOLLAR;
        let calls: [RuntimeCall; 4] = [
            pallet_model_registry::Call::set_rule {
                rule: Rule::MaxRoyalty,
                value: 1,
            }
            .into(),
            pallet_reward_split::Call::drop_asset { asset }.into(),
            pallet_reward_split::Call::accept_asset {
                asset,
                job_deposit: 1,
                session_deposit: 1,
                min_lock: 1,
            }
            .into(),
            pallet_reward_split::Call::set_network_shares {
                shares: vec![treasury].try_into().unwrap(),
            }
            .into(),
        ];
        for call in calls {
            // No key is root.
            for who in [Who::Alice, Who::Eve] {
                assert_noop!(support::call(who, call.clone()), DispatchError::BadOrigin);
            }
            assert_ok!(root(call));
        }
    });
}

#[test]
fn openers_uploaders_and_signers_alone_use_the_hop_pool() {
    use sp_hop::runtime_decl_for_hop_runtime_api::HopRuntimeApiV1;
    type Api = Runtime;
    on_a_chain(|| {
        let largest = <Api as HopRuntimeApiV1<Block, AccountId>>::max_promotion_size();
        let may = |who: Who, length| {
            <Api as HopRuntimeApiV1<Block, AccountId>>::can_account_promote(account(who), length)
        };
        assert_eq!(largest, 1024 * 1024);
        let version = served();
        for who in [Who::Alice, Who::Dave, Who::Eve] {
            assert!(!may(who, 1), "{who:?}");
        }
        assert!(may(Who::Ferdie, largest));
        assert!(!may(Who::Ferdie, largest + 1));
        let order = Order {
            uploader: Some(account(Who::Eve)),
            ..order(version, Who::Ferdie, 1)
        };
        let job = JobId::of(&account(Who::Dave), &account(Who::Dave), &order);
        assert_ok!(call(Who::Dave, open_order(order)));
        for who in [Who::Dave, Who::Eve] {
            assert!(may(who, largest), "{who:?}");
        }
        attest(Who::Ferdie, job, 1);
        for who in [Who::Dave, Who::Eve] {
            assert!(!may(who, 1), "{who:?}");
        }
    });
}

#[test]
fn no_blob_goes_onto_the_chain() {
    use sp_hop::runtime_decl_for_hop_runtime_api::HopRuntimeApiV1;
    on_a_chain(|| {
        let promotion = <Runtime as HopRuntimeApiV1<Block, AccountId>>::create_promotion_extrinsic(
            vec![7; 100],
            MultiSigner::Sr25519(Who::Ferdie.public()),
            MultiSignature::Sr25519(Who::Ferdie.sign(b"blob")),
            0,
        );
        assert!(promotion.encoded_size() < 100);
        for source in [TransactionSource::Local, TransactionSource::InBlock] {
            let taken =
                Executive::validate_transaction(source, promotion.clone(), System::block_hash(0));
            assert!(taken.is_err(), "{source:?}");
        }
        assert!(!<Runtime as HopRuntimeApiV1<Block, AccountId>>::is_promoted_on_chain([0; 32]));
    });
}

#[test]
fn a_node_finds_the_authorities_that_it_asks_for() {
    use sp_authority_discovery::runtime_decl_for_authority_discovery_api::AuthorityDiscoveryApi;
    on_a_chain(|| {
        let id = <dyn sp_authority_discovery::AuthorityDiscoveryApi<Block> as sp_api::RuntimeApiInfo>::ID;
        assert!(VERSION.apis.iter().any(|(api, _)| *api == id));
        let authorities = <Runtime as AuthorityDiscoveryApi<Block>>::authorities();
        assert!(!authorities.is_empty());
    });
}

#[test]
fn files_on_a_disk_are_for_the_networks_of_one_machine() {
    on_a_chain(|| {
        let register = || {
            let call = pallet_model_registry::Call::register_model {
                name: name("digits"),
                category: Category::General,
                metadata: File::new([1; 32], 1, &["file:///etc/passwd"]).unwrap(),
            };
            support::call(Who::Alice, call)
        };
        assert_ok!(register());
        let key = frame_support::storage::storage_prefix(b"ParachainInfo", b"ParachainId");
        frame_support::storage::unhashed::put(&key, &(presets::PARA_ID + 1));
        assert_noop!(
            register(),
            pallet_model_registry::Error::<Runtime>::MetadataNotSound
        );
    });
}

#[test]
fn an_answer_is_as_urgent_as_a_paid_call_until_the_last_quarter_and_then_bounded() {
    on_a_chain(|| {
        let longest = MAX_JOB_DURATION;
        assert_ok!(root(pallet_model_registry::Call::set_rule {
            rule: Rule::MaxJobDuration,
            value: longest.into(),
        }));
        let version = served();
        let order = Order {
            duration: longest,
            ..order(version, Who::Ferdie, 1)
        };
        let job = JobId::of(&account(Who::Dave), &account(Who::Dave), &order);
        assert_ok!(call(Who::Dave, open_order(order)));

        let transfer = RuntimeCall::from(pallet_balances::Call::transfer_keep_alive {
            dest: account(Who::Eve).into(),
            value: MAI,
        });
        let paid = priority(Who::Dave, transfer.clone());
        let answers = || {
            let decline = pallet_inference_escrow::Call::decline {
                job,
                reason: DeclineReason::Other,
            };
            [attest_call(job, 1), decline.into()].map(|call| priority(Who::Ferdie, call))
        };
        let plain = answers();
        assert!(
            plain.iter().all(|answer| *answer <= paid),
            "{plain:?} {paid}"
        );
        serve(longest / 4 * 3);
        assert_eq!(answers(), plain);
        serve(longest / 4);
        let most = TransactionPriority::from(longest / 4) * PRIORITY_PER_TICK;
        assert_eq!(answers(), plain.map(|answer| answer + most));

        // What a transfer must offer as a tip to come before it.
        let mut info = transfer.get_dispatch_info();
        info.extension_weight = extension(0).weight(&transfer);
        let length = signed(Who::Dave, transfer).encoded_size();
        let with_tip = |tip| {
            pallet_transaction_payment::ChargeTransactionPayment::<Runtime>::get_priority(
                &info, length, tip, 0,
            )
        };
        assert_eq!(with_tip(0), paid);
        let [answer, _] = answers();
        println!("a tip of {} pico makes a transfer as urgent", answer / paid);
        assert!(with_tip(MAI / 100_000) < answer && answer < with_tip(MAI / 10_000));
    });
}

/// What is charged before a job is opened or attested: the dearest case, not a plain job's.
#[test]
fn jobs_are_weighed_at_their_dearest_before() {
    use pallet_inference_escrow::{WeightInfo, MAX_REMOVED, MAX_SUSPENSIONS};
    type Weights = <Runtime as pallet_inference_escrow::Config>::WeightInfo;
    on_a_chain(|| {
        let announced = |call: RuntimeCall| call.get_dispatch_info().call_weight;
        let (lines, approvals) = (MAX_LINES, 2 * MAX_CONDITIONS);
        let most = Weights::open_job(lines, approvals, MAX_REMOVED, MAX_SUSPENSIONS);
        // Nothing of the order says which it will be.
        let cheap = order(VersionId(0), Who::Ferdie, 1);
        assert_eq!(announced(open_order(cheap)), most);
        for less in [
            Weights::open_job_native(lines, approvals, MAX_REMOVED, MAX_SUSPENSIONS),
            Weights::open_job(0, approvals, MAX_REMOVED, MAX_SUSPENSIONS),
            Weights::open_job(lines, 0, MAX_REMOVED, MAX_SUSPENSIONS),
            Weights::open_job(lines, approvals, 0, MAX_SUSPENSIONS),
            Weights::open_job(lines, approvals, MAX_REMOVED, 0),
        ] {
            assert!(less.all_lt(most), "{less:?} {most:?}");
        }
        assert_eq!(
            announced(attest_call(JobId::default(), 1)),
            Weights::attest()
        );
        assert!(Weights::attest_native().all_lt(Weights::attest()));
    });
}

/// Where no storage layer is left for a payment that asks for one as FRAME gives it, each leg would
/// become a debt.
#[test]
fn a_batch_nested_deep_settles_whole_or_not_at_all() {
    let test = || {
        on_a_chain(|| {
            let in_mai = served();
            let in_dollars = publish(Who::Bob, model(Who::Bob), spec(2, dollars(1_000)));
            set_offer(Who::Ferdie, in_dollars, 100);
            let nested = |depth: usize, call: RuntimeCall| {
                (0..depth).fold(call, |call, _| {
                    pallet_utility::Call::batch { calls: vec![call] }.into()
                })
            };
            for version in [in_mai, in_dollars] {
                let (mut settled, mut refused) = (0, 0);
                for depth in 240..260 {
                    let job = open(Who::Dave, version, Who::Ferdie, 1);
                    let _ = call(Who::Ferdie, nested(depth, attest_call(job, 1)));
                    match outcome(job) {
                        Some(_) => settled += 1,
                        None => refused += 1,
                    }
                    let debts = pallet_reward_split::Debts::<Runtime>::iter().count();
                    assert_eq!(debts, 0, "{depth}");
                }
                assert!(settled > 0 && refused > 0, "{settled} {refused}");
            }
        });
    };
    // So many calls in one another take more of a stack than a test has.
    std::thread::Builder::new()
        .stack_size(1 << 30)
        .spawn(test)
        .unwrap()
        .join()
        .unwrap();
}
