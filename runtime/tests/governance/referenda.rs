//! Referenda, from the proposal to what came of them.

use super::*;

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

/// What is held of somebody's for votes.
fn votes_of(who: Who) -> Balance {
    use frame_support::traits::fungible::InspectHold;
    let vote = RuntimeHoldReason::Origins(configs::origins::HoldReason::Vote);
    Balances::balance_on_hold(&vote, &account(who))
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
            votes_of(Who::Bob)
        };
        assert_ok!(call(Who::Bob, Voting::undelegate { class }));
        assert_eq!(unlock(), VOTE);
        for _ in 0..10 {
            blocks.next(1);
        }
        assert_eq!(unlock(), 0);
    });
}

/// What votes cannot be spent, and what is held for something else does not vote.
#[test]
fn money_votes_or_pays_and_never_both() {
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
        let all = has(&dave, &Asset::Native);
        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        for (who, too_much) in [
            (Who::Dave, Balances::free_balance(&dave)),
            // A bond does not vote either.
            (Who::Ferdie, Balances::free_balance(account(Who::Ferdie))),
        ] {
            assert!(has(&account(who), &Asset::Native) > too_much);
            // The least balance stays free.
            assert_noop!(
                vote(who, index, true, too_much),
                pallet_conviction_voting::Error::<Runtime>::InsufficientFunds
            );
            let least = configs::money::EXISTENTIAL_DEPOSIT;
            assert_ok!(vote(who, index, true, too_much - least));
            assert_eq!(Balances::free_balance(account(who)), least);
        }
        blocks.next(1);

        // What votes is not to be held for another job, and what is held is paid.
        let next = call(Who::Dave, open_call(version, Who::Ferdie, 1));
        assert!(next.is_err());
        attest(Who::Ferdie, job, 1);
        let Some(Outcome::Settled { paid, .. }) = outcome(job) else {
            panic!("it is settled")
        };
        assert_eq!(paid, 900_000 * MAI);
        assert!(has(&dave, &Asset::Native) <= all - paid);
        assert_eq!(held(Who::Dave), 0);
    });
}

/// The support of a referendum, and what its voters have together, whoever they have paid meanwhile.
fn ensure_each_token_votes_once(index: u32, voters: &[Who]) {
    let ReferendumInfo::Ongoing(status) = info(index) else {
        panic!("it goes on")
    };
    let all = voters.iter().map(|who| has(&account(*who), &Asset::Native));
    let all: Balance = all.sum();
    assert!(
        status.tally.support <= all,
        "{} of {all}",
        status.tally.support
    );
}

/// Votes with everything, what is held included, or with as much as is taken.
fn vote_all(who: Who, index: u32) {
    let everything = has(&account(who), &Asset::Native);
    if vote(who, index, true, everything).is_err() {
        let all = configs::votes::VotingMoney::of(&account(who));
        assert_ok!(vote(who, index, true, all));
    }
}

#[test]
fn money_that_was_paid_for_a_job_votes_once() {
    on_real_blocks(|_| {
        let spec = spec(1, native(900_000 * MAI));
        let version = publish(Who::Alice, model(Who::Alice), spec);
        worker(Who::Ferdie);
        set_offer(Who::Ferdie, version, 0);
        let job = open(Who::Dave, version, Who::Ferdie, 1);
        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        vote_all(Who::Dave, index);
        attest(Who::Ferdie, job, 1);
        claim_all(split_of(version), &Asset::Native);
        vote_all(Who::Alice, index);
        ensure_each_token_votes_once(index, &[Who::Dave, Who::Alice]);
    });
}

#[test]
fn money_that_was_paid_for_a_grant_votes_once() {
    on_real_blocks(|_| {
        let price = 900_000 * MAI;
        let clauses = Clauses::V1(ClausesV1 {
            derivatives: Derivatives::Approval,
            ..(*Clauses::open(b"MIT".to_vec().try_into().unwrap())).clone()
        });
        let dataset = dataset(
            Who::Alice,
            DatasetTerms {
                clauses,
                price: native(price),
                revocation: Revocation::Never,
                ..dataset_terms()
            },
        );
        let model = model(Who::Dave);
        assert_ok!(call(
            Who::Dave,
            pallet_data_license::Call::acquire {
                dataset,
                model,
                number: 1,
                max_cost: price,
                lasts: 600,
            }
        ));
        let index = submit(Who::Eve, Origin::RegistryRules, set_royalty(1));
        vote_all(Who::Dave, index);
        let class = 10;
        let to = account(Who::Bob).into();
        let all = configs::votes::VotingMoney::of(&account(Who::Eve));
        assert_ok!(call(
            Who::Eve,
            Voting::delegate {
                class,
                to,
                conviction: Conviction::Locked6x,
                balance: all,
            }
        ));
        vote_all(Who::Bob, index);
        assert_ok!(call(
            Who::Alice,
            pallet_data_license::Call::approve {
                dataset,
                model,
                licensee: account(Who::Dave),
                number: 1,
            }
        ));
        let split = DataLicense::dataset_view(dataset)
            .expect("there is one")
            .split;
        claim_all(split, &Asset::Native);
        vote_all(Who::Alice, index);
        ensure_each_token_votes_once(index, &[Who::Dave, Who::Alice, Who::Bob, Who::Eve]);
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
        let preimage = before - Balances::free_balance(&eve) - votes_of(Who::Eve);
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
