//! Who decides what, and how: whole referenda on real blocks of a test chain, and what stands in the
//! document for voters.

#[path = "support/blocks.rs"]
mod blocks;
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
use blocks::{events, on_real_blocks, Blocks, FIRST};
use codec::Encode;
use configs::{
    governance::{MaxTurnout, TechnicalCollective},
    money::EXISTENTIAL_DEPOSIT,
    origins::Origin,
    tracks::{Tracks, DAYS, HOURS, TRACKS},
};
use frame_support::{
    assert_noop,
    traits::{schedule::DispatchTime, Bounded, Get},
    weights::Weight,
};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_foreign_assets::ForeignAsset;
use pallet_referenda::{ReferendumInfo, TracksInfo};
use sp_runtime::{
    traits::{BlakeTwo256, Hash},
    DispatchError, DispatchResult, FixedU128, Perbill,
};
use staging_xcm::latest::Location;
use support::*;

type Rewards = pallet_reward_split::Call<Runtime>;
type Registry = pallet_model_registry::Call<Runtime>;
type Committee = pallet_collective::Call<Runtime, TechnicalCollective>;
type Voting = pallet_conviction_voting::Call<Runtime>;
type Polls = pallet_referenda::Call<Runtime>;
type TreasuryCall = pallet_treasury::Call<Runtime>;

/// All who have tokens at first, a million each.
const PEOPLE: [Who; 6] = [
    Who::Alice,
    Who::Bob,
    Who::Charlie,
    Who::Dave,
    Who::Eve,
    Who::Ferdie,
];

/// What each of them votes with: together more than half of all.
const VOTE: Balance = 600_000 * MAI;

/// More blocks than any referendum of a test chain lasts.
const LONG: u32 = 60;

fn treasury() -> AccountId {
    configs::economy::Treasury::get()
}

fn root_origin() -> OriginCaller {
    frame_system::RawOrigin::Root.into()
}

/// Proposes a call whose bytes are noted first; the referendum's number.
fn submit(who: Who, origin: impl Into<OriginCaller>, proposal: impl Into<RuntimeCall>) -> u32 {
    let bytes = proposal.into().encode();
    let hash = BlakeTwo256::hash(&bytes);
    let len = bytes.len() as u32;
    if !pallet_preimage::RequestStatusFor::<Runtime>::contains_key(hash) {
        assert_ok!(call(who, pallet_preimage::Call::note_preimage { bytes }));
    }
    let index = pallet_referenda::ReferendumCount::<Runtime>::get();
    assert_ok!(call(
        who,
        Polls::submit {
            proposal_origin: Box::new(origin.into()),
            proposal: Bounded::Lookup { hash, len },
            enactment_moment: DispatchTime::After(0),
        }
    ));
    index
}

fn deposit(who: Who, index: u32) {
    assert_ok!(call(who, Polls::place_decision_deposit { index }));
}

fn vote(who: Who, index: u32, aye: bool, balance: Balance) -> DispatchResult {
    let vote = Vote {
        aye,
        conviction: Conviction::Locked1x,
    };
    call(
        who,
        Voting::vote {
            poll_index: index,
            vote: AccountVote::Standard { vote, balance },
        },
    )
}

fn all_vote(index: u32, aye: bool) {
    for who in PEOPLE {
        assert_ok!(vote(who, index, aye, VOTE));
    }
}

/// What came of the referendum's call, if it was enacted by now.
fn enacted(blocks: &mut Blocks, index: u32) -> Option<DispatchResult> {
    let name = (*b"assembly", "enactment", index).using_encoded(sp_io::hashing::blake2_256);
    blocks.until(LONG, |event| match event {
        RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched {
            id: Some(id),
            result,
            ..
        }) if *id == name => Some(*result),
        _ => None,
    })
}

/// All agree; gives what came of the call.
fn decide(
    blocks: &mut Blocks,
    origin: impl Into<OriginCaller>,
    proposal: impl Into<RuntimeCall>,
) -> DispatchResult {
    let index = submit(Who::Alice, origin, proposal);
    deposit(Who::Alice, index);
    all_vote(index, true);
    enacted(blocks, index).expect("is enacted")
}

fn info(index: u32) -> pallet_referenda::ReferendumInfoOf<Runtime, ()> {
    pallet_referenda::ReferendumInfoFor::<Runtime>::get(index).expect("there is one")
}

fn set_royalty(ppm: u128) -> RuntimeCall {
    Registry::set_rule {
        rule: Rule::MaxRoyalty,
        value: ppm,
    }
    .into()
}

fn max_royalty() -> u128 {
    ModelRegistry::rules_view().list.max_royalty().0.into()
}

// The clock.

#[test]
fn scheduler_starts_at_once() {
    on_real_blocks(|blocks| {
        let remark = frame_system::Call::remark_with_event { remark: vec![1] };
        assert_ok!(root(pallet_scheduler::Call::schedule_after {
            after: 0,
            maybe_periodic: None,
            priority: 0,
            call: Box::new(remark.into()),
        }));
        let ran = |event: &RuntimeEvent| {
            matches!(
                event,
                RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { .. })
            )
            .then(System::block_number)
        };
        assert_eq!(blocks.until(10, ran), Some(3));
    });
}

#[test]
fn scheduler_runs_a_call_once_where_blocks_share_a_tick() {
    on_real_blocks(|blocks| {
        let remark = frame_system::Call::remark_with_event { remark: vec![1] };
        assert_ok!(root(pallet_scheduler::Call::schedule_after {
            after: 0,
            maybe_periodic: None,
            priority: 0,
            call: Box::new(remark.into()),
        }));
        let mut ran = vec![];
        for ticks in [0, 1, 0, 1, 0, 1] {
            blocks.next(ticks);
            let dispatched = events().into_iter().filter(|event| {
                matches!(
                    event,
                    RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { .. })
                )
            });
            ran.extend(dispatched.map(|_| System::block_number()));
        }
        // The second block of its tick is the first that sees it at its beginning.
        assert_eq!(ran, [4]);
    });
}

#[test]
fn scheduler_comes_to_what_an_outage_held_up() {
    const OUTAGE: Tick = 14_400;
    on_real_blocks(|blocks| {
        blocks.next(1);
        let remark = frame_system::Call::remark_with_event { remark: vec![1] };
        assert_ok!(root(pallet_scheduler::Call::schedule {
            when: FIRST + OUTAGE / 2,
            maybe_periodic: None,
            priority: 0,
            call: Box::new(remark.into()),
        }));
        blocks.next(OUTAGE);
        let ran = |event: &RuntimeEvent| {
            matches!(
                event,
                RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { .. })
            )
            .then(System::block_number)
        };
        let block = blocks.until(1_000, ran).expect("it runs");
        let most = configs::system::MAXIMUM_BLOCK_WEIGHT;
        let taken = System::block_weight().total();
        println!("after a day without blocks what was due at noon runs in block {block}; such a block has {taken:?} of {most:?} taken");
        // Half an hour of blocks makes up for a day, and leaves half of each to jobs.
        assert!(block < 300, "{block}");
        assert!(taken.proof_size() < most.proof_size() / 10 * 6, "{taken:?}");
    });
}

#[test]
fn referenda_and_scheduler_read_one_clock() {
    use sp_runtime::traits::BlockNumberProvider;
    type Of<T> = <T as BlockNumberProvider>::BlockNumber;
    fn same<A: BlockNumberProvider + 'static, B: BlockNumberProvider + 'static>() -> bool {
        std::any::TypeId::of::<A>() == std::any::TypeId::of::<B>()
    }
    type Scheduling = <Runtime as pallet_scheduler::Config>::BlockNumberProvider;
    assert_eq!(Of::<Scheduling>::MAX, Tick::MAX);
    assert!(same::<
        Scheduling,
        <Runtime as pallet_referenda::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_conviction_voting::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_whitelist::Config>::BlockNumberProvider,
    >());
    assert!(same::<
        Scheduling,
        <Runtime as pallet_treasury::Config>::BlockNumberProvider,
    >());
    assert!(same::<Scheduling, Relay>());
}

// Referenda.

/// A version by Bob that gives two bases 20% each.
fn derivative(n: u8, of: [VersionId; 2]) -> VersionSpec<AccountId> {
    VersionSpec {
        bases: bases(&[(of[0], 200_000), (of[1], 200_000)]),
        ..spec(n, native(1_000))
    }
}

#[test]
fn a_new_rule_binds_the_next_version_and_not_those_that_stand() {
    on_real_blocks(|blocks| {
        let base = |n: u8| {
            let clauses = royalty(200_000);
            let spec = VersionSpec {
                clauses,
                ..spec(n, native(1_000))
            };
            publish(Who::Alice, model(Who::Alice), spec)
        };
        let of = [base(1), base(2)];
        let bobs = model(Who::Bob);
        let version = publish(Who::Bob, bobs, derivative(3, of));
        let before = ModelRegistry::version_view(version);
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, MAI / 10);

        assert_eq!(max_royalty(), 400_000);
        assert_ok!(decide(blocks, Origin::RegistryRules, set_royalty(300_000)));
        assert_eq!(max_royalty(), 300_000);
        assert_noop!(
            call(
                Who::Bob,
                Registry::publish_version {
                    model: bobs,
                    spec: Box::new(derivative(4, of)),
                }
            ),
            pallet_model_registry::Error::<Runtime>::RoyaltyAboveMaximum
        );

        assert_eq!(ModelRegistry::version_view(version), before);
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        attest(Who::Ferdie, job, 1);
        let shares = RewardSplit::split_view(split_of(version)).expect("it stands");
        let of_bases: u32 = shares.shares[..2].iter().map(|s| s.parts.0).sum();
        assert_eq!(of_bases, 400_000);
    });
}

#[test]
fn a_value_out_of_bounds_is_refused_by_name() {
    on_real_blocks(|blocks| {
        let error = pallet_model_registry::Error::<Runtime>::RuleOutOfBounds;
        assert_eq!(
            decide(blocks, Origin::RegistryRules, set_royalty(500_001)),
            Err(error.into())
        );
        assert_eq!(max_royalty(), 400_000);
    });
}

#[test]
fn a_referendum_that_fails_changes_nothing() {
    on_real_blocks(|blocks| {
        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        deposit(Who::Eve, index);
        assert_ok!(vote(Who::Eve, index, true, VOTE));
        for who in [Who::Alice, Who::Bob] {
            assert_ok!(vote(who, index, false, VOTE));
        }
        assert_eq!(enacted(blocks, index), None);
        assert!(matches!(info(index), ReferendumInfo::Rejected(..)));
        assert_eq!(max_royalty(), 400_000);
        // What deciding cost comes back, what proposing cost does not.
        assert_ok!(call(Who::Bob, Polls::refund_decision_deposit { index }));
        assert_noop!(
            call(Who::Eve, Polls::refund_submission_deposit { index }),
            pallet_referenda::Error::<Runtime>::BadStatus
        );
    });
}

#[test]
fn few_votes_do_not_decide_early() {
    on_real_blocks(|blocks| {
        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        deposit(Who::Eve, index);
        assert_ok!(vote(Who::Eve, index, true, VOTE));
        // A tenth of all, which nobody opposes: enough in the end, not before.
        let confirming = |event: &RuntimeEvent| {
            matches!(
                event,
                RuntimeEvent::Referenda(pallet_referenda::Event::ConfirmStarted { .. })
            )
            .then(System::block_number)
        };
        let block = blocks.until(LONG, confirming).expect("passes at last");
        assert!((10..20).contains(&block), "{block}");
    });
}

#[test]
fn an_emergency_passes_through_the_whitelist() {
    on_real_blocks(|blocks| {
        let urgent: RuntimeCall = frame_system::Call::set_storage {
            items: vec![(b"urgent".to_vec(), b"done".to_vec())],
        }
        .into();
        let hash = BlakeTwo256::hash_of(&urgent);
        let done = || sp_io::storage::get(b"urgent").is_some();
        let dispatch = || pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage {
            call: Box::new(urgent.clone()),
        };

        // All agree, but no committee looked at it.
        assert_ok!(decide(blocks, Origin::WhitelistedCaller, dispatch()));
        assert!(!done());
        assert_noop!(
            call(Who::Eve, dispatch()),
            pallet_whitelist::Error::<Runtime>::CallIsNotWhitelisted
        );

        whitelist(hash);
        // From now on whoever likes has it run.
        assert_ok!(call(Who::Eve, dispatch()));
        assert!(done());

        sp_io::storage::clear(b"urgent");
        whitelist(hash);
        assert_noop!(
            call(Who::Eve, dispatch()),
            pallet_whitelist::Error::<Runtime>::DeferredDispatchNotFound
        );
        assert_ok!(decide(blocks, Origin::WhitelistedCaller, dispatch()));
        assert!(done());
    });
}

/// Two of the three of the technical committee whitelist a call.
fn whitelist(call_hash: sp_core::H256) {
    let motion: RuntimeCall = pallet_whitelist::Call::whitelist_call { call_hash }.into();
    let proposal = BlakeTwo256::hash_of(&motion);
    let length_bound = motion.encoded_size() as u32;
    let index = pallet_collective::ProposalCount::<Runtime, TechnicalCollective>::get();
    assert_noop!(call(Who::Alice, motion.clone()), DispatchError::BadOrigin);
    assert_ok!(call(
        Who::Alice,
        Committee::propose {
            threshold: 2,
            proposal: Box::new(motion),
            length_bound,
        }
    ));
    for who in [Who::Alice, Who::Bob] {
        let vote = Committee::vote {
            proposal,
            index,
            approve: true,
        };
        assert_ok!(call(who, vote));
    }
    assert_ok!(call(
        Who::Alice,
        Committee::close {
            proposal_hash: proposal,
            index,
            proposal_weight_bound: Weight::from_parts(1_000_000_000, 100_000),
            length_bound,
        }
    ));
    assert!(pallet_whitelist::WhitelistedCall::<Runtime>::contains_key(
        call_hash
    ));
}

#[test]
fn one_member_alone_whitelists_nothing() {
    on_real_blocks(|_| {
        let motion: RuntimeCall = pallet_whitelist::Call::whitelist_call {
            call_hash: Default::default(),
        }
        .into();
        let length_bound = motion.encoded_size() as u32;
        // A threshold of one runs at once, as what one member said.
        assert_ok!(call(
            Who::Alice,
            Committee::propose {
                threshold: 1,
                proposal: Box::new(motion),
                length_bound,
            }
        ));
        let executed = events().into_iter().find_map(|event| match event {
            RuntimeEvent::TechnicalCommittee(pallet_collective::Event::Executed {
                result, ..
            }) => Some(result),
            _ => None,
        });
        assert_eq!(executed, Some(Err(DispatchError::BadOrigin)));
    });
}

#[test]
fn votes_are_delegated_and_unlocked() {
    on_real_blocks(|blocks| {
        let class = Tracks::track_for(&Origin::RegistryRules.into()).unwrap();
        for who in [Who::Bob, Who::Charlie, Who::Dave, Who::Eve, Who::Ferdie] {
            assert_ok!(call(
                who,
                Voting::delegate {
                    class,
                    to: account(Who::Alice).into(),
                    conviction: Conviction::Locked1x,
                    balance: VOTE,
                }
            ));
        }
        let index = submit(Who::Alice, Origin::RegistryRules, set_royalty(1_000));
        deposit(Who::Alice, index);
        assert_ok!(vote(Who::Alice, index, true, VOTE));
        let ReferendumInfo::Ongoing(status) = info(index) else {
            panic!("it goes on")
        };
        assert_eq!(status.tally.support, 6 * VOTE);
        assert_ok!(enacted(blocks, index).expect("is enacted"));
        assert_eq!(max_royalty(), 1_000);

        // Delegating is for one track.
        let other = submit(Who::Alice, Origin::SmallSpender, set_royalty(2));
        assert_ok!(vote(Who::Alice, other, true, VOTE));
        let ReferendumInfo::Ongoing(status) = info(other) else {
            panic!("it goes on")
        };
        assert_eq!(status.tally.support, VOTE);

        let bob = account(Who::Bob);
        let unlock = || {
            let unlock = Voting::unlock {
                class,
                target: bob.clone().into(),
            };
            assert_ok!(call(Who::Eve, unlock));
            Balances::locks(&bob).first().map_or(0, |lock| lock.amount)
        };
        assert_ok!(call(Who::Bob, Voting::undelegate { class }));
        assert_eq!(unlock(), VOTE);
        for _ in 0..10 {
            blocks.next(1);
        }
        assert_eq!(unlock(), 0);
    });
}

#[test]
fn held_money_votes_and_a_voting_payer_still_pays() {
    on_real_blocks(|blocks| {
        let version = publish(
            Who::Alice,
            model(Who::Alice),
            spec(1, native(900_000 * MAI)),
        );
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, 0);
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        let dave = account(Who::Dave);
        let (all, free) = (has(&dave, &Asset::Native), Balances::free_balance(&dave));
        assert!(free < 100_000 * MAI);

        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        assert_ok!(vote(Who::Dave, index, true, all));
        assert_noop!(
            vote(Who::Dave, index, true, all + 1),
            pallet_conviction_voting::Error::<Runtime>::InsufficientFunds
        );
        // A bond votes, too.
        let ferdies = has(&account(Who::Ferdie), &Asset::Native);
        assert!(ferdies > Balances::free_balance(account(Who::Ferdie)));
        assert_ok!(vote(Who::Ferdie, index, true, ferdies));
        let ReferendumInfo::Ongoing(status) = info(index) else {
            panic!("it goes on")
        };
        assert_eq!(status.tally.support, all + ferdies);
        blocks.next(1);

        // What is locked is not to be held for another job, and what is held is paid.
        let next = call(Who::Dave, open_call(version, Who::Ferdie, 1));
        assert!(next.is_err());
        attest(Who::Ferdie, job, 1);
        let Some(Outcome::Settled { paid, .. }) = outcome(job) else {
            panic!("it is settled")
        };
        assert_eq!(paid, 900_000 * MAI);
        assert_eq!(has(&dave, &Asset::Native), all - paid);
        assert_eq!(held(Who::Dave), 0);
    });
}

#[test]
fn cancelling_gives_deposits_back_and_killing_does_not() {
    on_real_blocks(|blocks| {
        let eve = account(Who::Eve);
        let before = Balances::free_balance(&eve);
        let propose = || {
            let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
            deposit(Who::Eve, index);
            index
        };
        let index = propose();
        assert_ok!(decide(blocks, Origin::Canceller, Polls::cancel { index }));
        assert!(matches!(info(index), ReferendumInfo::Cancelled(..)));
        assert_ok!(call(Who::Bob, Polls::refund_decision_deposit { index }));
        assert_ok!(call(Who::Bob, Polls::refund_submission_deposit { index }));
        let preimage = before - Balances::free_balance(&eve);
        assert!(preimage < MAI);

        let index = propose();
        let had = Balances::free_balance(treasury());
        assert_ok!(decide(blocks, Origin::Killer, Polls::kill { index }));
        assert!(matches!(info(index), ReferendumInfo::Killed(..)));
        assert_eq!(Balances::free_balance(treasury()) - had, 210 * MAI);
        assert_eq!(has(&eve, &Asset::Native), before - 210 * MAI);
        assert_eq!(max_royalty(), 400_000);
    });
}

#[test]
fn root_takes_back_what_another_track_decided() {
    on_real_blocks(|blocks| {
        let later = DispatchTime::After(50);
        let proposal = set_royalty(1).encode();
        let bounded = Bounded::Inline(proposal.try_into().unwrap());
        assert_ok!(call(
            Who::Alice,
            Polls::submit {
                proposal_origin: Box::new(Origin::RegistryRules.into()),
                proposal: bounded,
                enactment_moment: later,
            }
        ));
        deposit(Who::Alice, 0);
        all_vote(0, true);
        let approved = |event: &RuntimeEvent| {
            matches!(
                event,
                RuntimeEvent::Referenda(pallet_referenda::Event::Confirmed { .. })
            )
            .then_some(())
        };
        blocks.until(LONG, approved).expect("is decided");
        let id = (*b"assembly", "enactment", 0u32).using_encoded(sp_io::hashing::blake2_256);
        let cancel = pallet_scheduler::Call::cancel_named { id };
        assert_ok!(decide(blocks, root_origin(), cancel));
        assert_eq!(enacted(blocks, 0), None);
        assert_eq!(max_royalty(), 400_000);
    });
}

#[test]
fn an_upgrade_is_authorised_by_root_and_brought_by_anyone() {
    use sp_core::traits::{ReadRuntimeVersion, ReadRuntimeVersionExt};
    struct NextVersion;
    impl ReadRuntimeVersion for NextVersion {
        fn read_runtime_version(
            &self,
            _: &[u8],
            _: &mut dyn sp_core::traits::Externalities,
        ) -> Result<Vec<u8>, String> {
            let mut version = VERSION;
            version.spec_version += 1;
            Ok(version.encode())
        }
    }
    let code = b"not read here".to_vec();
    blocks::on_real_blocks_with(
        |chain| chain.register_extension(ReadRuntimeVersionExt::new(NextVersion)),
        |blocks| {
            let apply = || frame_system::Call::apply_authorized_upgrade { code: code.clone() };
            assert!(call(Who::Eve, apply()).is_err());
            let authorize = frame_system::Call::authorize_upgrade {
                code_hash: BlakeTwo256::hash(&code),
            };
            for origin in [Origin::RegistryRules, Origin::BigSpender] {
                let refused = decide(blocks, origin, authorize.clone());
                assert_eq!(refused, Err(DispatchError::BadOrigin));
            }
            assert_ok!(decide(blocks, root_origin(), authorize));
            assert_ok!(call(Who::Eve, apply()));
            // It waits for the relay chain.
            assert_eq!(
                cumulus_pallet_parachain_system::PendingValidationCode::<Runtime>::get(),
                code
            );
        },
    );
}

// The treasury.

fn spend(asset: Asset, amount: Balance) -> RuntimeCall {
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
        assert_ok!(decide(blocks, Origin::RegistryRules, rate));
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

// Who may do what.

/// In whose name a call may come.
fn origins() -> Vec<(&'static str, RuntimeOrigin)> {
    let two_thirds = pallet_collective::RawOrigin::<AccountId, TechnicalCollective>::Members(2, 3);
    vec![
        ("Root", RuntimeOrigin::root()),
        ("RegistryRules", Origin::RegistryRules.into()),
        ("Moderation", Origin::Moderation.into()),
        ("SmallSpender", Origin::SmallSpender.into()),
        ("BigSpender", Origin::BigSpender.into()),
        ("WhitelistedCaller", Origin::WhitelistedCaller.into()),
        ("Canceller", Origin::Canceller.into()),
        ("Killer", Origin::Killer.into()),
        ("TechnicalCommittee", two_thirds.into()),
        ("Alice", RuntimeOrigin::signed(account(Who::Alice))),
    ]
}

#[test]
fn each_origin_can_do_its_own_and_nothing_else() {
    let dollar = presets::DOLLAR;
    let asset = Box::new(Asset::Id(dollar));
    let rate = FixedU128::from_u32(1);
    let eve = || account(Who::Eve);
    let shares = vec![Share {
        beneficiary: Beneficiary::Account(treasury()),
        parts: Ppm::MILLION,
    }];
    let remark = frame_system::Call::remark { remark: vec![] };
    let remark = || Box::new(RuntimeCall::from(remark.clone()));
    let rules = &["Root", "RegistryRules"][..];
    let moderators = &["Root", "Moderation"][..];
    let spenders = &["Root", "SmallSpender", "BigSpender"][..];
    let big_spenders = &["Root", "BigSpender"][..];
    let root_alone = &["Root"][..];
    let table: Vec<(RuntimeCall, &[&str])> = vec![
        (set_royalty(1), rules),
        (
            Rewards::accept_asset {
                asset: dollar,
                job_deposit: 1,
                session_deposit: 1,
                min_lock: 1,
            }
            .into(),
            rules,
        ),
        (Rewards::drop_asset { asset: dollar }.into(), rules),
        (
            pallet_asset_rate::Call::create {
                asset_kind: asset.clone(),
                rate,
            }
            .into(),
            rules,
        ),
        (
            Registry::suspend {
                subject: Subject::Worker(eve()),
                until: FIRST + 100,
            }
            .into(),
            moderators,
        ),
        (
            Registry::lift {
                subject: Subject::Worker(account(Who::Bob)),
            }
            .into(),
            moderators,
        ),
        (
            Registry::halt_new_work { until: FIRST + 100 }.into(),
            moderators,
        ),
        (Registry::resume_new_work {}.into(), moderators),
        (
            pallet_foreign_assets::Call::register {
                id: pallet_foreign_assets::FIRST_ID,
                asset: Box::new(ForeignAsset {
                    location: Location::parent(),
                    reserve: Location::parent(),
                }),
                name: Default::default(),
                symbol: Default::default(),
                decimals: 0,
                min_balance: 1,
            }
            .into(),
            root_alone,
        ),
        (spend(Asset::Native, 1_000 * MAI), spenders),
        (spend(Asset::Native, 1_001 * MAI), big_spenders),
        (spend(Asset::Native, 50_000 * MAI), big_spenders),
        (spend(Asset::Native, 50_001 * MAI), root_alone),
        (Polls::cancel { index: 0 }.into(), &["Root", "Canceller"]),
        (Polls::kill { index: 0 }.into(), &["Root", "Killer"]),
        (
            pallet_whitelist::Call::dispatch_whitelisted_call_with_preimage { call: remark() }
                .into(),
            &["Root", "WhitelistedCaller"],
        ),
        (
            pallet_whitelist::Call::whitelist_call {
                call_hash: Default::default(),
            }
            .into(),
            &["Root", "TechnicalCommittee"],
        ),
        (
            Rewards::set_network_shares {
                shares: shares.try_into().unwrap(),
            }
            .into(),
            root_alone,
        ),
        (
            Committee::set_members {
                new_members: vec![eve()],
                prime: None,
                old_count: 3,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_collator_selection::Call::set_desired_candidates { max: 1 }.into(),
            root_alone,
        ),
        (
            frame_system::Call::authorize_upgrade {
                code_hash: Default::default(),
            }
            .into(),
            root_alone,
        ),
        (
            frame_system::Call::set_storage { items: vec![] }.into(),
            root_alone,
        ),
        (
            pallet_balances::Call::force_transfer {
                source: eve().into(),
                dest: treasury().into(),
                value: MAI,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_assets::Call::force_create {
                id: 7.into(),
                owner: eve().into(),
                is_sufficient: true,
                min_balance: 1,
            }
            .into(),
            root_alone,
        ),
        (
            pallet_preimage::Call::request_preimage {
                hash: Default::default(),
            }
            .into(),
            root_alone,
        ),
        (
            pallet_scheduler::Call::schedule_after {
                after: 1,
                maybe_periodic: None,
                priority: 0,
                call: remark(),
            }
            .into(),
            root_alone,
        ),
        (
            pallet_utility::Call::dispatch_as {
                as_origin: Box::new(root_origin()),
                call: remark(),
            }
            .into(),
            root_alone,
        ),
        // What people do no origin does.
        (
            pallet_balances::Call::transfer_keep_alive {
                dest: eve().into(),
                value: MAI,
            }
            .into(),
            &["Alice"],
        ),
    ];
    on_real_blocks(|_| {
        submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        assert_ok!(root(Registry::suspend {
            subject: Subject::Worker(account(Who::Bob)),
            until: FIRST + 100,
        }));
        let refused: [DispatchError; 3] = [
            DispatchError::BadOrigin,
            pallet_treasury::Error::<Runtime>::InsufficientPermission.into(),
            // Anyone has what was decided run, and nothing was.
            pallet_whitelist::Error::<Runtime>::DeferredDispatchNotFound.into(),
        ];
        for (call, who) in table {
            for (name, origin) in origins() {
                let result = frame_support::storage::with_transaction(|| {
                    if call == RuntimeCall::from(Registry::resume_new_work {}) {
                        assert_ok!(root(Registry::halt_new_work { until: FIRST + 100 }));
                    }
                    let result = run(origin, call.clone()).map(drop).map_err(|e| e.error);
                    sp_runtime::TransactionOutcome::Rollback(Result::<_, DispatchError>::Ok(result))
                })
                .expect("is rolled back");
                match result {
                    Ok(()) => assert!(who.contains(&name), "{name} can {call:?}"),
                    Err(error) => {
                        assert!(!who.contains(&name), "{name}: {call:?}: {error:?}");
                        assert!(refused.contains(&error), "{name}: {call:?}: {error:?}");
                    }
                }
            }
        }
    });
}

#[test]
fn no_account_is_above_the_others() {
    on_real_blocks(|_| {
        for who in PEOPLE {
            assert_noop!(call(who, set_royalty(1)), DispatchError::BadOrigin);
        }
        use frame_support::traits::GetCallMetadata;
        assert!(!RuntimeCall::get_module_names().contains(&"Sudo"));
    });
}

/// As programs send them that know no metadata of origins.
#[test]
fn origins_keep_their_numbers() {
    let numbers = [
        Origin::RegistryRules,
        Origin::Moderation,
        Origin::SmallSpender,
        Origin::BigSpender,
        Origin::WhitelistedCaller,
        Origin::Canceller,
        Origin::Killer,
    ];
    for (number, origin) in numbers.into_iter().enumerate() {
        assert_eq!(OriginCaller::from(origin).encode(), [67, number as u8]);
    }
    assert_eq!(root_origin().encode(), [0, 0]);
}

// The tracks.

#[test]
fn tracks_are_in_order_and_each_origin_has_one() {
    preset().execute_with(|| {
        assert_ok!(Tracks::check_integrity());
        let named = [
            (root_origin(), "root"),
            (Origin::WhitelistedCaller.into(), "whitelisted_caller"),
            (Origin::RegistryRules.into(), "registry_rules"),
            (Origin::Moderation.into(), "moderation"),
            (Origin::SmallSpender.into(), "small_spender"),
            (Origin::BigSpender.into(), "big_spender"),
            (Origin::Canceller.into(), "canceller"),
            (Origin::Killer.into(), "killer"),
        ];
        assert_eq!(named.len(), TRACKS.len());
        for (origin, name) in named {
            let id = Tracks::track_for(&origin).expect("has one");
            let track = TRACKS.iter().find(|track| track.id == id).unwrap();
            assert_eq!(title(track), name);
        }
        let signed = frame_system::RawOrigin::Signed(account(Who::Alice));
        assert_eq!(Tracks::track_for(&signed.into()), Err(()));
    });
}

#[test]
fn periods_are_short_on_test_chains_alone() {
    preset().execute_with(|| {
        let decision = |id| Tracks::info(id).unwrap().decision_period;
        let lock = || <Runtime as pallet_conviction_voting::Config>::VoteLockingPeriod::get();
        assert_eq!((decision(0), lock()), (20, 10));
        let key = frame_support::storage::storage_prefix(b"ParachainInfo", b"ParachainId");
        frame_support::storage::unhashed::put(&key, &(presets::PARA_ID + 1));
        assert_eq!((decision(0), lock()), (28 * DAYS, 7 * DAYS));
        // Who decides is bound by it for as long as it takes to begin.
        let longest = TRACKS.iter().map(|t| t.info.min_enactment_period).max();
        assert!(longest.unwrap() <= lock());
    });
}

fn title(track: &configs::tracks::Track) -> &str {
    std::str::from_utf8(&track.info.name)
        .unwrap()
        .trim_end_matches('\0')
}

/// `docs/governance.md` has these lines, each track's numbers as they are.
#[test]
fn the_document_says_what_the_tracks_ask() {
    let document = include_str!("../../docs/governance.md");
    let period = |ticks: u32| match ticks {
        DAYS => "1 day".into(),
        HOURS => "1 hour".into(),
        _ if ticks.is_multiple_of(DAYS) => format!("{} days", ticks / DAYS),
        _ if ticks.is_multiple_of(HOURS) => format!("{} hours", ticks / HOURS),
        _ => format!("{} minutes", ticks / 10),
    };
    let mai = |value: Balance| match value / MAI {
        thousands @ 1_000.. => format!("{},{:03} MAI", thousands / 1_000, thousands % 1_000),
        units => format!("{units} MAI"),
    };
    let after = |curve: &pallet_referenda::Curve, share: f64| {
        let needed = curve.threshold(Perbill::from_float(share)).deconstruct();
        format!("{:.0}%", f64::from(needed) / 1e7)
    };
    let curve = |curve: &pallet_referenda::Curve| {
        [0.0, 0.1, 0.25, 0.5, 1.0]
            .map(|share| after(curve, share))
            .join(" | ")
    };
    let mut missing = vec![];
    for track in &TRACKS {
        let info = &track.info;
        let lines = [
            format!(
                "| {} | `{}` | {} | {} | {} | {} | {} | {} |",
                track.id,
                title(track),
                mai(info.decision_deposit),
                info.max_deciding,
                period(info.prepare_period),
                period(info.decision_period),
                period(info.confirm_period),
                period(info.min_enactment_period)
            ),
            format!(
                "| `{}` approval | {} |",
                title(track),
                curve(&info.min_approval)
            ),
            format!(
                "| `{}` support | {} |",
                title(track),
                curve(&info.min_support)
            ),
        ];
        missing.extend(lines.into_iter().filter(|line| !document.contains(line)));
    }
    assert!(missing.is_empty(), "it lacks\n{}", missing.join("\n"));
    for said in [
        mai(configs::governance::SubmissionDeposit::get()),
        mai(configs::origins::SMALL_SPEND),
        mai(configs::origins::BIG_SPEND),
    ] {
        assert!(document.contains(&said), "docs/governance.md lacks {said}");
    }
}
