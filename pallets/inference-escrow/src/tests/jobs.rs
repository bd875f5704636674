use crate::{mock::*, types::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::Pays};
use myai_primitives::*;
use sp_runtime::DispatchError;

#[test]
fn opening_holds_the_gross_and_a_deposit() {
    test(|| {
        worker_serves();
        let job = NextJob::<Test>::get();
        assert_ok!(asked().open());
        assert_eq!(
            last_event(),
            Event::JobOpened {
                job,
                payer: payer(),
                opener: None,
                version: V1,
                mode: Mode::Direct,
                workers: named(&[worker()]),
                units: 2,
                asset: Asset::Native,
                price: 4 * MAI,
                fee: MAI,
                deadline: START + 100,
                revision: 0,
                input_commitment: INPUT,
                blob: BLOB,
            }
        );
        assert_eq!(held(HoldReason::Job, &payer()), 10 * MAI);
        assert!(held(HoldReason::JobDeposit, &payer()) > 0);
        assert_eq!(balance(&payer()), 1_000 * MAI);
        assert_eq!(Escrow::open_jobs_of(&worker()), 1);
        assert_ok!(asked().open());
        assert_eq!(Escrow::open_jobs_of(&worker()), 2);
    });
}

#[test]
fn opening_is_refused() {
    test(|| {
        worker_serves();
        let refused = |change: fn(&mut Asked), error: DispatchError| {
            let mut order = asked();
            change(&mut order);
            assert_noop!(order.open(), error);
        };
        assert_noop!(
            Escrow::open_job(
                RuntimeOrigin::root(),
                V1,
                named(&[worker()]),
                Mode::Direct,
                1,
                10 * MAI,
                100,
                INPUT,
                BLOB
            ),
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
        refused(
            |o| o.workers = vec![],
            Error::<Test>::WrongNumberOfWorkers.into(),
        );
        refused(
            |o| o.workers = vec![worker(), second_worker()],
            Error::<Test>::WrongNumberOfWorkers.into(),
        );
        refused(
            |o| o.workers = vec![stranger()],
            Error::<Test>::WorkerNotFound.into(),
        );
        refused(|o| o.version = V3, Error::<Test>::NotServed.into());
        refused(|o| o.version = VersionId(9), UNKNOWN);
        assert_noop!(
            asked().open_by(nobody()),
            sp_runtime::TokenError::FundsUnavailable
        );
        with_version(V1, |version| version.retired = true);
        assert_noop!(asked().open(), RETIRED);
    });
}

#[test]
fn a_license_must_last_beyond_the_deadline() {
    test(|| {
        worker_serves();
        let deadline = Now::get() + 100;
        with_version(V1, |v| v.licensed_until = Some(deadline));
        assert_noop!(asked().open(), UNLICENSED);
        with_version(V1, |v| v.licensed_until = Some(deadline + 1));
        assert_ok!(asked().open());
    });
}

#[test]
fn a_worker_takes_as_many_jobs_as_it_said() {
    test(|| {
        worker_serves();
        for _ in 0..3 {
            assert_ok!(asked().open());
        }
        assert_noop!(asked().open(), Error::<Test>::NoRoom);
        assert_ok!(attest(signer(), JobId(1), 1));
        assert_ok!(asked().open());
    });
}

#[test]
fn most_it_may_cost_is_kept() {
    test(|| {
        worker_serves();
        let mut order = asked();
        order.max_cost = 10 * MAI - 1;
        assert_noop!(order.clone().open(), Error::<Test>::CostsMore);
        order.max_cost = 10 * MAI;
        assert_ok!(order.clone().open());
        // A price or fee raised in flight is refused, not paid.
        with_version(V1, |version| version.price.value += 1);
        assert_noop!(order.clone().open(), Error::<Test>::CostsMore);
        // What does not fit costs more than anything.
        with_version(V1, |version| version.price.value = Balance::MAX / 2);
        order.max_cost = Balance::MAX;
        order.units = 3;
        assert_noop!(order.open(), Error::<Test>::CostsMore);
    });
}

#[test]
fn an_attestation_settles() {
    test(|| {
        let job = open_one();
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
                price: 4 * MAI,
                fee: MAI,
                network: 5 * MAI / 40,
                to_model: 4 * MAI - 4 * MAI / 40,
                to_worker: MAI - MAI / 40,
                refunded: 5 * MAI,
                input_commitment: INPUT,
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
        assert_eq!(Jobs::<Test>::iter().count(), 0);
        assert_eq!(Deadlines::<Test>::iter().count(), 0);
        assert_eq!(Escrow::open_jobs_of(&worker()), 0);
        assert_eq!(held(HoldReason::JobDeposit, &payer()), 0);
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
            Error::<Test>::NotOpen
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
        assert_ok!(Escrow::decline(
            signed(signer()),
            job,
            DeclineReason::BlobMissing
        ));
        assert_eq!(
            last_event(),
            Event::JobDeclined {
                job,
                payer: payer(),
                worker: worker(),
                reason: DeclineReason::BlobMissing,
                asset: Asset::Native,
                refunded: 10 * MAI
            }
        );
        assert_eq!(free(), before);
        let record = Escrow::record_of(&worker());
        assert_eq!((record.settled, record.declined), (0, 1));
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
        let decline =
            |who: AccountId| Escrow::decline(signed(who), second, DeclineReason::TooLarge);
        assert_eq!(pays(attest(stranger(), first, 1)), Pays::Yes);
        assert_eq!(pays(attest(signer(), first, 1)), Pays::No);
        assert_eq!(pays(attest(signer(), first, 1)), Pays::Yes);
        assert_eq!(pays(decline(stranger())), Pays::Yes);
        assert_eq!(pays(decline(signer())), Pays::No);
    });
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
        set_rule(Rule::NetworkShare(Ppm(100_000)));
        set_rule(Rule::MaxJobDuration(50));
        set_rule(Rule::MinWorkerBond(1_000 * MAI));
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
fn storage_lists_jobs_in_the_order_of_opening() {
    test(|| {
        NextJob::<Test>::put(JobId(255));
        worker_serves();
        for _ in 0..3 {
            assert_ok!(asked().open());
        }
        let ids: Vec<u64> = Jobs::<Test>::iter_keys().map(|key| job_id(key).0).collect();
        assert_eq!(ids, [255, 256, 257]);
    });
}

#[test]
fn ids_that_are_used_up_open_nothing() {
    test(|| {
        worker_serves();
        NextJob::<Test>::put(JobId(u64::MAX));
        assert_noop!(asked().open(), sp_runtime::ArithmeticError::Overflow);
    });
}
