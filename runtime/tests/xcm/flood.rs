//! A flood of messages, block by block, with the weights that blocks have.

use super::{network::*, support::*, HUB};
use codec::Encode;
use frame_support::{
    dispatch::DispatchClass,
    traits::{OnFinalize, OnIdle, OnInitialize, QueueFootprintQuery},
    weights::Weight,
};
use polkadot_parachain_primitives::primitives::{XcmpMessageFormat, XcmpMessageHandler};
use sp_runtime::traits::BlockNumberProvider;
use staging_xcm::{latest::prelude::*, VersionedXcm};

const MESSAGES: u32 = 10_000;

/// A transfer of the hub's MAI: as small as a message that is executed can be.
fn small() -> Xcm<()> {
    Xcm(vec![
        WithdrawAsset((Here, MAI).into()),
        BuyExecution {
            fees: (Here, MAI).into(),
            weight_limit: Unlimited,
        },
        DepositAsset {
            assets: Wild(AllCounted(1)),
            beneficiary: local(Who::One).into(),
        },
    ])
}

/// They come as pages of a channel do, and lie in the queue then.
fn flood() {
    let message = VersionedXcm::from(small()).encode();
    let a_page = 64 * 1_024 / message.len();
    let mut left = MESSAGES as usize;
    while left > 0 {
        let now = left.min(a_page);
        let mut page = XcmpMessageFormat::ConcatenatedVersionedXcm.encode();
        page.extend(message.repeat(now));
        XcmpQueue::handle_xcmp_messages([(HUB.into(), 1, &page[..])].into_iter(), Weight::MAX);
        left -= now;
    }
}

fn waiting() -> u64 {
    let sibling = cumulus_primitives_core::AggregateMessageOrigin::Sibling(HUB.into());
    MessageQueue::footprint(sibling).storage.count
}

fn most() -> Weight {
    configs::system::RuntimeBlockWeights::get().max_block
}

/// A block begins, as Executive has it begin; its inherent takes in as many messages as it may.
fn begin(number: u32) {
    System::reset_events();
    System::initialize(&number, &Default::default(), &Default::default());
    let weights = configs::system::RuntimeBlockWeights::get();
    let hooks = AllPalletsWithSystem::on_initialize(number);
    assert!(
        hooks.ref_time() < most().ref_time() / 100 * 36,
        "messages take their share and no more: {hooks}"
    );
    System::register_extra_weight_unchecked(
        hooks.saturating_add(weights.base_block),
        DispatchClass::Mandatory,
    );
    // A block on each of the relay chain's.
    Relay::set_block_number(START + number);
    // The relay chain's messages and those of parachains.
    System::register_extra_weight_unchecked(
        configs::collation::ReservedWeight::get().saturating_mul(2),
        DispatchClass::Mandatory,
    );
}

fn end(number: u32) {
    let left = most().saturating_sub(System::block_weight().total());
    let used = AllPalletsWithSystem::on_idle(number, left);
    assert!(used.all_lte(left), "idle work fits into the block");
    RewardSplit::on_finalize(number);
}

#[test]
fn a_flood_of_small_messages_delays_no_attestation() {
    let mut chain = our_genesis();
    chain.execute_with(|| {
        let version = publish(Who::Alice, model(Who::Alice), spec(1, native(MAI)));
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, MAI / 10);
        let hub = account_of(&hub_seen());
        assert_ok!(root(pallet_balances::Call::force_set_balance {
            who: hub.clone().into(),
            new_free: 2 * Balance::from(MESSAGES) * MAI,
        }));
        flood();
        assert_eq!(waiting(), u64::from(MESSAGES));

        let (mut number, mut answered) = (System::block_number(), 0);
        // Opened in the last block; and those that nobody answers.
        let mut open: Option<JobId> = None;
        let mut left_alone = Vec::new();
        let mut fewest = u64::MAX;
        while waiting() > 0 {
            number += 1;
            let before = waiting();
            begin(number);
            if let Some(job) = open.take() {
                let attest = signed(Who::Ferdie, attest_call(job, 1));
                assert_ok!(Executive::apply_extrinsic(attest).expect("it fits into the block"));
                assert!(matches!(
                    super::support::outcome(job),
                    Some(myai_primitives::Outcome::Settled { .. })
                ));
                answered += 1;
            }
            let order = Order {
                duration: 10,
                ..order(version, Who::Ferdie, 1)
            };
            let job = JobId::of(&account(Who::Dave), &account(Who::Dave), &order);
            let opening = signed(Who::Dave, open_order(order));
            assert_ok!(Executive::apply_extrinsic(opening).expect("it fits into the block"));
            if number % 10 == 0 {
                left_alone.push((number, job));
            } else {
                open = Some(job);
            }
            end(number);
            if waiting() > 0 {
                fewest = fewest.min(before - waiting());
            }
            // The sweep is not starved: what nobody answers ends a few blocks after its deadline.
            for (opened, job) in &left_alone {
                if number > opened + 10 + 5 {
                    assert!(
                        matches!(
                            super::support::outcome(*job),
                            Some(myai_primitives::Outcome::Expired)
                        ),
                        "opened in {opened}, now {number}"
                    );
                }
            }
            assert!(number < 5_000, "the flood ends: {} wait", waiting());
        }
        assert!(fewest > 0, "messages go on in each block");
        assert!(answered > 5, "{answered}");
        println!("{number} blocks, at least {fewest} messages in each, {answered} answers");
        // Each message was executed and paid for.
        let to: AccountId = account(Who::One);
        let fee = price(small(), Location::here());
        assert_eq!(
            Balances::free_balance(&to),
            Balance::from(MESSAGES) * (MAI - fee)
        );
        check_invariants();
    });
}
