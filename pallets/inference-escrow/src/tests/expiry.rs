use crate::{mock::*, *};
use frame_support::{
    assert_noop, assert_ok,
    traits::Hooks,
    weights::{Weight, WeightMeter},
};
use myai_primitives::*;
use sp_runtime::DispatchError;

fn idle(limit: Weight) -> Weight {
    Escrow::on_idle(1, limit)
}

/// A worker with `jobs` open, each due a tick after the one before.
fn many_open(jobs: u32) {
    let mut roomy = details();
    roomy.max_open_jobs = jobs;
    assert_ok!(Escrow::register_worker(
        signed(worker()),
        signer(),
        payout(),
        roomy,
        100 * MAI
    ));
    assert_ok!(Escrow::set_offer(signed(worker()), V1, 0, 20));
    with_version(V1, |version| version.price.value = 1);
    for n in 0..jobs {
        assert_ok!(open(Order {
            duration: 20 + n,
            ..asked()
        }));
    }
}

#[test]
fn expire_by_anyone() {
    test(|| {
        let job = open_one();
        let expire = |who: AccountId| Escrow::expire(signed(who), job);
        assert_noop!(
            Escrow::expire(RuntimeOrigin::none(), job),
            DispatchError::BadOrigin
        );
        advance(100);
        assert_noop!(expire(stranger()), Error::<Test>::DeadlineNotPassed);
        advance(1);
        assert_ok!(expire(stranger()));
        assert_eq!(
            last_event(),
            Event::JobExpired {
                job,
                payer: payer(),
                worker: worker(),
                asset: Asset::Native,
                refunded: 10 * MAI + DEPOSIT
            }
        );
        assert_eq!(Escrow::record_of(&worker()).expired, 1);
        assert_eq!(held(HoldReason::Job, &payer()), 0);
        assert_eq!(outcome(job), Some(Outcome::Expired));
        assert_noop!(expire(stranger()), Error::<Test>::StillKept);
        advance(14_399);
        assert_noop!(expire(stranger()), Error::<Test>::StillKept);
        advance(1);
        assert_ok!(expire(stranger()));
        assert_noop!(expire(stranger()), Error::<Test>::NotOpen);
        assert_eq!(Escrow::job_view(job), None);
        assert_eq!(Deadlines::<Test>::iter().count(), 0);
    });
}

#[test]
fn the_sweep_ends_what_is_overdue_alone() {
    test(|| {
        many_open(3);
        advance(20);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 3);
        advance(1);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 2);
        advance(1);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 1);
        assert_eq!(Escrow::record_of(&worker()).expired, 2);
    });
}

fn look() -> Weight {
    <() as WeightInfo>::sweep_look()
}

/// What going by and ending a job is.
fn end() -> Weight {
    <() as WeightInfo>::sweep_pass() + <() as WeightInfo>::sweep_end()
}

#[test]
fn sweep_is_bounded() {
    test(|| {
        many_open(MAX_SWEEP + 5);
        advance(1_000);
        // Less than a look, a look alone, and weight for two jobs.
        assert_eq!(idle(Weight::zero()), Weight::zero());
        assert_eq!(idle(look()), look());
        assert_eq!(open_jobs() as u32, MAX_SWEEP + 5);
        let two = look() + end().saturating_mul(2);
        assert_eq!(idle(two + Weight::from_parts(1, 1)), two);
        assert_eq!(open_jobs() as u32, MAX_SWEEP + 3);
        // However much there is, a block ends no more than so many.
        assert_eq!(
            idle(Weight::MAX),
            look().saturating_mul(2) + end().saturating_mul(MAX_SWEEP.into())
        );
        assert_eq!(open_jobs(), 3);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 0);
        // All rows stand until they were kept long enough, and then go as many in a block.
        assert_eq!(Jobs::<Test>::iter().count() as u32, MAX_SWEEP + 5);
        advance(14_400);
        idle(Weight::MAX);
        assert_eq!(Jobs::<Test>::iter().count(), 5);
        idle(Weight::MAX);
        assert_eq!(Jobs::<Test>::iter().count(), 0);
        assert_eq!(Deadlines::<Test>::iter().count(), 0);
    });
}

#[test]
fn the_sweep_takes_the_next_deadline_first() {
    test(|| {
        worker_serves();
        // Ticks whose bytes are not in the order of their numbers unless big endian.
        let jobs = [300, 256, 255].map(|duration| {
            open(Order {
                duration,
                ..asked()
            })
            .unwrap()
        });
        advance(301);
        let mut meter = WeightMeter::with_limit(look() + end());
        Escrow::sweep(&mut meter);
        assert_eq!(outcome(jobs[2]), Some(Outcome::Expired));
        assert_eq!(open_jobs(), 2);
    });
}

#[test]
fn settled_jobs_do_not_block_expiry() {
    test(|| {
        many_open(3 * MAX_SWEEP);
        let jobs: Vec<JobId> = Deadlines::<Test>::iter_keys().map(|(_, id)| id).collect();
        let (last, settled) = jobs.split_last().unwrap();
        for job in settled {
            assert_ok!(attest(signer(), *job, 1));
        }
        advance(1_000);
        // Rows that are kept lie before the one that is overdue: three blocks go by them.
        for _ in 0..2 {
            idle(Weight::MAX);
            assert_eq!(outcome(*last), None);
        }
        idle(Weight::MAX);
        assert_eq!(outcome(*last), Some(Outcome::Expired));
        // The cursor's key may be gone, and new jobs are found after it.
        advance(14_400);
        for _ in 0..3 {
            idle(Weight::MAX);
        }
        assert_eq!(Jobs::<Test>::iter().count(), 0);
        let next = open_one();
        advance(101);
        idle(Weight::MAX);
        assert_eq!(outcome(next), Some(Outcome::Expired));
    });
}

#[test]
fn full_blocks_do_not_grow_state() {
    test(|| {
        many_open(4);
        let jobs: Vec<JobId> = Jobs::<Test>::iter_keys().collect();
        for job in &jobs {
            assert_ok!(attest(signer(), *job, 1));
        }
        // At the very tick until which the first is kept, nothing goes yet.
        advance(20 + 14_400);
        let weight = |order| {
            let opened = Escrow::open_job(signed(payer()), Box::new(order)).unwrap();
            opened.actual_weight.unwrap()
        };
        // What was not needed is given back.
        let plain = weight(asked());
        assert_eq!(Jobs::<Test>::iter().count(), 5);
        assert_eq!(plain, <() as WeightInfo>::open_job_native(0, 0, 0, 0));
        advance(3 + 1);
        // No block has anything idle: an opening makes one row and removes two.
        let full = weight(asked());
        assert_eq!(Jobs::<Test>::iter().count(), 4);
        assert_eq!(full, <() as WeightInfo>::open_job_native(0, 0, 2, 0));
        weight(asked());
        assert_eq!(Jobs::<Test>::iter().count(), 3);
    });
}

#[test]
fn the_sweep_removes_what_was_kept_long_enough_as_far_as_the_weight_goes() {
    test(|| {
        many_open(3);
        advance(23);
        idle(Weight::MAX);
        let rows = || Jobs::<Test>::iter().count();
        let room_for_one = look().saturating_mul(2) + <() as WeightInfo>::sweep_remove();
        // The first is due at 20 and kept until 14,420.
        advance(14_420 - 23);
        assert_eq!(idle(room_for_one), look().saturating_mul(2));
        assert_eq!(rows(), 3);
        advance(1);
        assert_eq!(idle(Weight::MAX), room_for_one);
        assert_eq!(rows(), 2);
        advance(10);
        assert_eq!(idle(room_for_one), room_for_one);
        assert_eq!(rows(), 1);
    });
}

#[test]
fn a_job_that_no_weight_was_left_to_end_is_not_gone_by() {
    test(|| {
        many_open(2);
        let jobs: Vec<JobId> = Deadlines::<Test>::iter_keys().map(|(_, id)| id).collect();
        assert_ok!(attest(signer(), jobs[1], 1));
        advance(100_000);
        // Enough to go by both, and to end none.
        let pass = <() as WeightInfo>::sweep_pass();
        assert!((pass + look()).any_lt(<() as WeightInfo>::sweep_end()));
        idle(look() + pass.saturating_mul(2));
        assert_eq!(open_jobs(), 1);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 0);
    });
}

#[test]
fn without_rules_no_ended_job_is_removed() {
    test(|| {
        let job = open_one();
        assert_ok!(attest(signer(), job, 1));
        advance(100_000);
        let rules = Revisions::take();
        let expire = || Escrow::expire(signed(stranger()), job);
        assert_noop!(expire(), Error::<Test>::StillKept);
        Revisions::set(rules);
        assert_ok!(expire());
    });
}

#[test]
fn ended_job_says_how() {
    test(|| {
        let settled = open_one();
        let declined = open_one();
        let expired = open_one();
        assert_ok!(attest(signer(), settled, 2));
        assert_ok!(Escrow::decline(
            signed(signer()),
            declined,
            DeclineReason::ModelUnavailable
        ));
        advance(101);
        idle(Weight::MAX);
        let kinds = [settled, declined, expired].map(|job| outcome(job).unwrap());
        assert!(matches!(
            kinds,
            [
                Outcome::Settled { units: 2, .. },
                Outcome::Declined(DeclineReason::ModelUnavailable),
                Outcome::Expired
            ]
        ));
        let JobState::Ended(ended) = Escrow::job_view(settled).unwrap().state else {
            panic!("is settled")
        };
        assert_eq!(
            (
                ended.workers,
                ended.version,
                ended.deadline,
                ended.kept_until
            ),
            (vec![worker()], V1, START + 100, START + 14_500)
        );
        // How long is the one rule that jobs do not pin.
        set_rule(Rule::AnswerKept, 100);
        advance(100);
        idle(Weight::MAX);
        assert_eq!(Escrow::job_view(settled), None);
        assert_eq!(Jobs::<Test>::iter().count(), 0);
    });
}

#[test]
fn an_open_row_at_the_head_is_not_removed() {
    test(|| {
        let job = open_one();
        // Overdue for ages, but nobody has ended it yet: the sweep had weight to remove it, not to end
        // it.
        advance(100_000);
        let to_remove = <() as WeightInfo>::sweep_pass() + <() as WeightInfo>::sweep_remove();
        assert!((to_remove + look()).any_lt(end()));
        idle(look().saturating_mul(2) + to_remove);
        assert_ok!(open(asked()));
        assert_eq!(outcome(job), None);
        assert_eq!(open_jobs(), 2);
        idle(Weight::MAX);
        assert_eq!(Escrow::job_view(job), None, "ended, and removed at once");
    });
}

#[test]
fn a_long_silence_costs_the_sweep_nothing() {
    test(|| {
        let job = open_one();
        advance(50);
        Now::mutate(|now| *now += 3_000_000_000);
        advance(51);
        assert_eq!(idle(Weight::MAX), look().saturating_mul(2) + end());
        assert_eq!(outcome(job), Some(Outcome::Expired));
        assert_eq!(idle(Weight::MAX), look().saturating_mul(2));
    });
}

#[test]
fn the_sweep_passes_debts_by() {
    test(|| {
        open_one();
        advance(101);
        NothingMoves::set(true);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 0);
        assert_eq!(Debts::get().len(), 1);
    });
}
