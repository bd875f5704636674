use crate::{mock::*, *};
use frame_support::{
    assert_noop, assert_ok,
    dispatch::{GetDispatchInfo, Pays},
};
use myai_primitives::*;
use myai_support::*;
use sp_runtime::{ArithmeticError, DispatchError};

#[test]
fn opening_holds_the_gross_and_a_deposit() {
    test(|| {
        worker_serves();
        let order = asked();
        let job = JobId::of(&payer(), &payer(), &order);
        assert_eq!(open(order.clone()), Ok(job));
        assert_eq!(
            last_event(),
            Event::JobOpened {
                job,
                payer: payer(),
                opener: payer(),
                version: V1,
                run: order.run,
                units: 2,
                asset: Asset::Native,
                unit_price: 4 * MAI,
                unit_fee: MAI,
                deposit: DEPOSIT,
                deadline: START + 100,
                revision: 0,
                policies: None,
                input_commitment: order.input_commitment,
                input_length: 100,
            }
        );
        assert_eq!(held(HoldReason::Job, &payer()), 10 * MAI + DEPOSIT);
        assert_eq!(balance(&payer()), 1_000 * MAI);
        assert_eq!(open_jobs_of(&worker()), 1);
        open_one();
        assert_eq!(open_jobs_of(&worker()), 2);
    });
}

#[test]
fn opening_is_refused() {
    test(|| {
        worker_serves();
        let refused = |change: fn(&mut Order<AccountId>), error: DispatchError| {
            let mut order = asked();
            change(&mut order);
            assert_noop!(open(order), error);
        };
        let with = |who: AccountId| Run::Direct {
            worker: who,
            blob: BLOB,
        };
        assert_noop!(
            Escrow::open_job(RuntimeOrigin::root(), Box::new(asked())),
            DispatchError::BadOrigin
        );
        refused(|o| o.units = 0, Error::<Test>::NoUnits.into());
        refused(
            |o| o.duration = 9,
            Error::<Test>::DurationOutOfBounds.into(),
        );
        refused(
            |o| o.duration = 14_401,
            Error::<Test>::DurationOutOfBounds.into(),
        );
        refused(
            |o| o.duration = 19,
            Error::<Test>::ShorterThanOffered.into(),
        );
        assert_noop!(
            open(Order {
                run: with(stranger()),
                ..asked()
            }),
            Error::<Test>::WorkerNotFound
        );
        refused(|o| o.version = V3, Error::<Test>::OfferNotFound.into());
        refused(|o| o.input_length = 1_001, TOO_LONG);
        refused(
            |o| o.payer = Payer::Model(ModelId(1)),
            Error::<Test>::NoDelegates.into(),
        );
        refused(
            |o| o.parent = Some(JobId([1; 32])),
            Error::<Test>::NoDelegates.into(),
        );
        assert_noop!(
            open_by(nobody(), asked()),
            sp_runtime::TokenError::FundsUnavailable
        );
        with_version(V1, |version| version.retired = true);
        assert_noop!(open(asked()), RETIRED);
    });
}

#[test]
fn the_shortest_and_the_longest_duration_are_taken() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::set_offer(signed(worker()), V1, MAI, 10));
        for duration in [10, 14_400] {
            assert_ok!(open(Order {
                duration,
                ..asked()
            }));
        }
    });
}

#[test]
fn the_registry_is_asked_about_host_user_and_fees() {
    test(|| {
        worker_serves();
        with_version(V1, |version| {
            version.host = Some(worker());
            version.user = Some(payer());
            version.max_fee = MAI;
        });
        assert_ok!(open(asked()));
        with_version(V1, |version| version.max_fee = MAI - 1);
        assert_noop!(open(asked()), FEE_ABOVE_MAX);
        with_version(V1, |version| version.host = Some(payer()));
        assert_noop!(open(asked()), NOT_A_HOST);
        with_version(V1, |version| version.user = Some(worker()));
        assert_noop!(open(asked()), NOT_A_USER);
    });
}

#[test]
fn no_job_ends_beyond_the_clocks() {
    test(|| {
        worker_serves();
        for clock in [Now::set, Served::set] {
            let clocks = (Now::get(), Served::get());
            clock(Tick::MAX - 99);
            assert_noop!(open(asked()), ArithmeticError::Overflow);
            clock(Tick::MAX - 100);
            assert_ok!(open(asked()));
            Now::set(clocks.0);
            Served::set(clocks.1);
        }
    });
}

#[test]
fn order_cannot_be_reopened() {
    test(|| {
        worker_serves();
        let order = asked();
        let job = open(order.clone()).unwrap();
        // Open, settled, and as long as the chain says how it ended.
        assert_noop!(open(order.clone()), Error::<Test>::JobExists);
        assert_ok!(attest(signer(), job, 1));
        assert_noop!(open(order.clone()), Error::<Test>::JobExists);
        // By the time that its row goes its own time is long over.
        advance(100 + 14_400);
        assert_noop!(open(order.clone()), Error::<Test>::OrderExpired);
        advance(1);
        assert_ok!(Escrow::expire(signed(stranger()), job));
        assert_noop!(open(order), Error::<Test>::OrderExpired);
    });
}

#[test]
fn an_order_may_be_opened_for_a_while_only() {
    test(|| {
        worker_serves();
        let by = |open_by| Order { open_by, ..asked() };
        assert_noop!(open(by(START - 1)), Error::<Test>::OrderExpired);
        assert_ok!(open(by(START)));
        assert_ok!(open(by(START + MAX_OPEN_AHEAD)));
        assert_noop!(
            open(by(START + MAX_OPEN_AHEAD + 1)),
            Error::<Test>::OpenByTooFar
        );
    });
}

#[test]
fn policy_is_accepted_before_use() {
    test(|| {
        worker_serves();
        let accepting = |policies| Order {
            policies,
            ..asked()
        };
        assert_noop!(
            open(accepting(Some([1; 32]))),
            Error::<Test>::PolicyNotAccepted
        );
        with_version(V1, |version| version.policies = Some([1; 32]));
        for other in [None, Some([2; 32])] {
            assert_noop!(open(accepting(other)), Error::<Test>::PolicyNotAccepted);
        }
        assert_ok!(open(accepting(Some([1; 32]))));
    });
}

#[test]
fn a_payout_account_that_cannot_receive_opens_nothing() {
    test(|| {
        worker_serves();
        assert_ok!(Assets::block(signed(issuer()), DOLLAR, payout()));
        assert_noop!(open(asked_for(V2)), Error::<Test>::PayoutCannotReceive);
        assert_ok!(Assets::thaw(signed(issuer()), DOLLAR, payout()));
        assert_ok!(open(asked_for(V2)));
        // One without an account that the fee of a unit would not make, once the network has its cut.
        assert_ok!(Escrow::set_offer(signed(worker()), V1, ED, 20));
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            signer(),
            nobody(),
            details()
        ));
        assert_noop!(open(asked()), Error::<Test>::PayoutCannotReceive);
        // Nor does an asset that is no longer accepted.
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            signer(),
            payout(),
            details()
        ));
        Accepted::set(vec![Asset::Native]);
        assert_noop!(open(asked_for(V2)), Error::<Test>::AssetNotAccepted);
    });
}

#[test]
fn a_license_must_last_beyond_the_deadline() {
    test(|| {
        worker_serves();
        let deadline = Now::get() + 100;
        with_version(V1, |v| v.licensed_until = Some(deadline));
        assert_noop!(open(asked()), UNLICENSED);
        with_version(V1, |v| v.licensed_until = Some(deadline + 1));
        assert_ok!(open(asked()));
    });
}

#[test]
fn a_worker_takes_as_many_jobs_as_it_said() {
    test(|| {
        worker_serves();
        let jobs: Vec<JobId> = (0..3).map(|_| open_one()).collect();
        assert_noop!(open(asked()), Error::<Test>::NoRoom);
        assert_ok!(attest(signer(), jobs[1], 1));
        assert_ok!(open(asked()));
    });
}

#[test]
fn max_cost_is_kept() {
    test(|| {
        worker_serves();
        let at_most = |max_cost, units| {
            open(Order {
                max_cost,
                units,
                ..asked()
            })
        };
        assert_noop!(at_most(10 * MAI - 1, 2), Error::<Test>::CostsMore);
        assert_ok!(at_most(10 * MAI, 2));
        // A price or fee raised in flight is refused, not paid.
        with_version(V1, |version| version.price.value += 1);
        assert_noop!(at_most(10 * MAI, 2), Error::<Test>::CostsMore);
        // What does not fit costs more than anything.
        with_version(V1, |version| version.price.value = Balance::MAX / 2);
        assert_noop!(at_most(Balance::MAX, 3), Error::<Test>::CostsMore);
        // With the deposit it would not.
        with_version(V1, |version| version.price.value = Balance::MAX - MAI);
        assert_noop!(at_most(Balance::MAX, 1), ArithmeticError::Overflow);
    });
}

#[test]
fn an_attestation_settles() {
    test(|| {
        worker_serves();
        let order = asked();
        let input_commitment = order.input_commitment;
        let job = open(order).unwrap();
        System::set_block_number(77);
        assert_ok!(attest(signer(), job, 1));
        assert_eq!(
            last_event(),
            Event::JobSettled {
                job,
                payer: payer(),
                worker: worker(),
                version: V1,
                payout: payout(),
                asset: Asset::Native,
                units: 1,
                total_price: 4 * MAI,
                total_fee: MAI,
                network: 5 * MAI / 40,
                to_model: 4 * MAI - 4 * MAI / 40,
                to_worker: MAI - MAI / 40,
                refunded: 5 * MAI + DEPOSIT,
                input_commitment,
                output_commitment: OUTPUT,
                blob: ANSWER,
            }
        );
        assert_eq!(split_balance(0), 1_000 * MAI + 5 * MAI / 40);
        assert_eq!(split_balance(1), 1_000 * MAI + 4 * MAI - 4 * MAI / 40);
        assert_eq!(balance(&payout()), 1_000 * MAI + MAI - MAI / 40);
        assert_eq!(balance(&payer()), 995 * MAI);
        assert_eq!(
            TestMoney::spendable(&Asset::Native, &payer()),
            995 * MAI - ED
        );
        assert_eq!(Escrow::record_of(&worker()).settled, 1);
        assert_eq!((open_jobs(), open_jobs_of(&worker())), (0, 0));
        assert_eq!(JobsOfWorker::<Test>::iter().count(), 0);
        assert_eq!(held(HoldReason::Job, &payer()), 0);
        assert_eq!(
            outcome(job),
            Some(Outcome::Settled {
                output_commitment: OUTPUT,
                blob: ANSWER,
                units: 1,
                paid: 5 * MAI,
                block: 77,
            })
        );
    });
}

#[test]
fn attest_at_the_deadline_counts() {
    test(|| {
        let job = open_one();
        advance(100);
        assert_ok!(attest(signer(), job, 2));
    });
}

#[test]
fn attest_after_the_deadline_fails() {
    test(|| {
        let job = open_one();
        advance(101);
        assert_noop!(attest(signer(), job, 2), Error::<Test>::DeadlinePassed);
        assert_noop!(
            Escrow::decline(signed(signer()), job, DeclineReason::Other),
            Error::<Test>::DeadlinePassed
        );
    });
}

#[test]
fn deadlines_run_by_served_ticks() {
    test(|| {
        let job = open_one();
        // An outage: the relay chain went on, this chain did not.
        Now::mutate(|now| *now += 10_000);
        Served::mutate(|served| *served += 10);
        assert_noop!(
            Escrow::expire(signed(stranger()), job),
            Error::<Test>::DeadlineNotPassed
        );
        assert_ok!(attest(signer(), job, 2));
    });
}

#[test]
fn attest_by_another_worker_fails() {
    test(|| {
        let job = open_one();
        assert_ok!(Escrow::register_worker(
            signed(second_worker()),
            second_signer(),
            second_worker(),
            details(),
            100 * MAI
        ));
        assert_ok!(Escrow::set_offer(signed(second_worker()), V1, MAI, 20));
        for who in [second_signer(), worker(), payer(), stranger()] {
            assert_noop!(attest(who.clone(), job, 1), Error::<Test>::NotItsSigner);
            assert_noop!(
                Escrow::decline(signed(who), job, DeclineReason::Other),
                Error::<Test>::NotItsSigner
            );
        }
        assert_noop!(
            Escrow::attest(RuntimeOrigin::none(), job, OUTPUT, 1, ANSWER),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Escrow::decline(RuntimeOrigin::none(), job, DeclineReason::Other),
            DispatchError::BadOrigin
        );
    });
}

#[test]
fn second_attest_fails() {
    test(|| {
        let job = open_one();
        assert_ok!(attest(signer(), job, 1));
        assert_noop!(attest(signer(), job, 1), Error::<Test>::NotOpen);
        assert_noop!(
            Escrow::decline(signed(signer()), job, DeclineReason::Other),
            Error::<Test>::NotOpen
        );
        advance(200);
        assert_noop!(
            Escrow::expire(signed(stranger()), job),
            Error::<Test>::StillKept
        );
    });
}

#[test]
fn units_are_at_least_one_and_at_most_those_paid_for() {
    test(|| {
        let job = open_one();
        assert_noop!(attest(signer(), job, 0), Error::<Test>::UnitsOutOfBounds);
        assert_noop!(attest(signer(), job, 3), Error::<Test>::UnitsOutOfBounds);
        assert_ok!(attest(signer(), job, 2));
    });
}

#[test]
fn decline_refunds() {
    test(|| {
        let free = || TestMoney::spendable(&Asset::Native, &payer());
        let before = free();
        let job = open_one();
        let reason = DeclineReason::Overloaded;
        assert_ok!(Escrow::decline(signed(signer()), job, reason));
        assert_eq!(
            last_event(),
            Event::JobDeclined {
                job,
                payer: payer(),
                worker: worker(),
                reason,
                asset: Asset::Native,
                charged: 0,
                refunded: 10 * MAI + DEPOSIT
            }
        );
        assert_eq!(free(), before);
        let record = Escrow::record_of(&worker());
        assert_eq!((record.settled, record.declined, record.spoilt), (0, 1, 0));
        assert_eq!(outcome(job), Some(Outcome::Declined(reason)));
    });
}

#[test]
fn spoilt_job_costs_its_payer() {
    test(|| {
        let native = |asset: &Asset| TestMoney::balance(asset, &payer());
        for (version, deposit, asset) in
            [(V1, DEPOSIT, Asset::Native), (V2, DOLLAR_DEPOSIT, dollar())]
        {
            for reason in [DeclineReason::BadInput, DeclineReason::BlobMissing] {
                if Workers::<Test>::get(worker()).is_none() {
                    worker_serves();
                }
                let (payer_had, network_had) = (
                    native(&asset),
                    TestMoney::balance(&asset, &split_account(NETWORK)),
                );
                let worker_had = TestMoney::balance(&asset, &payout());
                let job = open(asked_for(version)).unwrap();
                let charge = Ppm(333_333).of(deposit);
                let pays = Escrow::decline(signed(signer()), job, reason);
                assert_eq!(pays.unwrap().pays_fee, Pays::Yes);
                assert_eq!(native(&asset), payer_had - charge);
                assert_eq!(
                    TestMoney::balance(&asset, &split_account(NETWORK)),
                    network_had + charge
                );
                assert_eq!(TestMoney::balance(&asset, &payout()), worker_had);
                assert!(matches!(
                    last_event(),
                    Event::JobDeclined { charged, .. } if charged == charge
                ));
            }
        }
        let record = Escrow::record_of(&worker());
        assert_eq!((record.declined, record.spoilt), (0, 4));
        // As the rules were when it opened.
        let job = open_one();
        set_rule(Rule::SpoiltCharge, 1_000_000);
        let had = native(&Asset::Native);
        assert_ok!(Escrow::decline(
            signed(signer()),
            job,
            DeclineReason::BadInput
        ));
        assert_eq!(native(&Asset::Native), had - Ppm(333_333).of(DEPOSIT));
        // One opened since loses all of it.
        let job = open_one();
        let had = native(&Asset::Native);
        assert_ok!(Escrow::decline(
            signed(signer()),
            job,
            DeclineReason::BadInput
        ));
        assert_eq!(native(&Asset::Native), had - DEPOSIT);
    });
}

#[test]
fn answers_are_free_when_they_succeed_and_paid_when_they_fail() {
    test(|| {
        let first = open_one();
        let second = open_one();
        let pays = |result: frame_support::dispatch::DispatchResultWithPostInfo| match result {
            Ok(info) => info.pays_fee,
            Err(failed) => failed.post_info.pays_fee,
        };
        let decline = |who: AccountId| Escrow::decline(signed(who), second, DeclineReason::Other);
        assert_eq!(pays(attest(stranger(), first, 1)), Pays::Yes);
        assert_eq!(pays(attest(signer(), first, 1)), Pays::No);
        assert_eq!(pays(attest(signer(), first, 1)), Pays::Yes);
        assert_eq!(pays(decline(stranger())), Pays::Yes);
        assert_eq!(pays(decline(signer())), Pays::No);
    });
}

#[test]
fn what_a_job_did_not_need_is_given_back() {
    test(|| {
        worker_serves();
        let opened = |version, uploader| {
            let order = Order {
                uploader,
                ..asked_for(version)
            };
            let job = JobId::of(&payer(), &payer(), &order);
            let opened = Escrow::open_job(signed(payer()), Box::new(order)).unwrap();
            let attested = attest(signer(), job, 1).unwrap();
            (
                opened.actual_weight.unwrap(),
                attested.actual_weight.unwrap(),
            )
        };
        for version in [V1, V2] {
            with_version(version, |v| {
                (v.lives_by, v.approvals, v.suspensions) = (3, 2, 1)
            });
        }
        type W = ();
        assert_eq!(
            opened(V1, None),
            (W::open_job_native(3, 2, 0, 1), W::attest_native())
        );
        let most = (W::open_job(3, 2, 0, 1), W::attest());
        assert_eq!(opened(V2, None), most);
        assert_eq!(opened(V1, Some(stranger())), most);
        // Nor is it given back where another account was looked at before the fee was paid.
        let job = open(asked_for(V1)).unwrap();
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 1, 20));
        let small = open(asked_for(V1)).unwrap();
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            signer(),
            account(100),
            details()
        ));
        let weight = |job| attest(signer(), job, 1).unwrap().actual_weight.unwrap();
        assert_eq!(weight(small), W::attest());
        assert_eq!(weight(job), W::attest_native());
    });
}

#[test]
fn calls_are_weighed_at_their_worst() {
    let weight = |call: Call<Test>| call.get_dispatch_info().call_weight;
    let job = JobId([0; 32]);
    let opening = weight(Call::open_job {
        order: Box::new(asked()),
    });
    type W = ();
    assert_eq!(
        opening,
        W::open_job(MAX_LINES, 2 * MAX_CONDITIONS, MAX_REMOVED, MAX_SUSPENSIONS)
    );
    let native = W::open_job_native(MAX_LINES, 2 * MAX_CONDITIONS, MAX_REMOVED, MAX_SUSPENSIONS);
    assert!(native.all_lte(opening));
    let attesting = weight(Call::attest {
        job,
        output_commitment: OUTPUT,
        units: 1,
        blob: ANSWER,
    });
    assert_eq!(attesting, W::attest());
    assert!(W::attest_native().all_lte(attesting));
    let reason = DeclineReason::Other;
    assert_eq!(weight(Call::decline { job, reason }), W::decline());
    assert_eq!(weight(Call::expire { job }), W::expire());
}

#[test]
fn price_change_does_not_touch_open_jobs() {
    test(|| {
        let job = open_one();
        with_version(V1, |version| version.price.value = 1);
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 7 * MAI, 50));
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(balance(&payer()), 990 * MAI);
        assert_eq!(split_balance(1), 1_000 * MAI + 8 * MAI - 8 * MAI / 40);
    });
}

#[test]
fn rule_change_does_not_touch_open_jobs() {
    test(|| {
        let job = open_one();
        set_rule(Rule::NetworkShare, 100_000);
        set_rule(Rule::MaxJobDuration, 50);
        set_rule(Rule::MinWorkerBond, 1_000 * MAI);
        advance(100);
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(split_balance(0), 1_000 * MAI + 10 * MAI / 40);
    });
}

#[test]
fn retiring_the_version_does_not_touch_open_jobs() {
    test(|| {
        let job = open_one();
        with_version(V1, |version| version.retired = true);
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(balance(&payer()), 990 * MAI);
    });
}

#[test]
fn job_id_survives_a_reorganisation() {
    test(|| {
        worker_serves();
        let (first, second) = (asked(), asked());
        let ids = |orders: [&Order<AccountId>; 2]| orders.map(|o| JobId::of(&payer(), &payer(), o));
        // On one fork in this order, on the other turned round: each keeps its id.
        let fork = |orders: [&Order<AccountId>; 2]| {
            frame_support::storage::with_transaction(|| {
                let opened = orders.map(|o| open(o.clone()).unwrap());
                assert_eq!(opened, ids(orders));
                let units: Vec<_> = opened.map(Escrow::job_view).into_iter().collect();
                sp_runtime::TransactionOutcome::Rollback(Ok::<_, DispatchError>(units))
            })
            .unwrap()
        };
        let one = fork([&first, &second]);
        let mut other = fork([&second, &first]);
        other.reverse();
        assert_eq!(one, other);
    });
}

#[test]
fn attestation_of_another_fork_settles_nothing() {
    test(|| {
        worker_serves();
        // Opened on a fork that was given up, by another payer, where it was the first.
        let lost = JobId::of(&stranger(), &stranger(), &asked());
        let job = open_one();
        assert_noop!(attest(signer(), lost, 1), Error::<Test>::NotOpen);
        assert_ok!(attest(signer(), job, 1));
    });
}
