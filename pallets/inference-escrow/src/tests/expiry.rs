use crate::{mock::*, types::*, *};
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
        let mut order = asked();
        order.duration = 20 + n;
        assert_ok!(order.open());
    }
}

fn open_jobs() -> usize {
    Jobs::<Test>::iter().count()
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
                refunded: 10 * MAI
            }
        );
        assert_eq!(Escrow::record_of(&worker()).expired, 1);
        assert_eq!(held(HoldReason::Job, &payer()), 0);
        assert_noop!(expire(stranger()), Error::<Test>::NotOpen);
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

#[test]
fn sweep_is_bounded() {
    test(|| {
        many_open(MAX_SWEEP + 5);
        advance(1_000);
        let (look, job) = (
            <() as WeightInfo>::sweep_look(),
            <() as WeightInfo>::sweep_job(),
        );
        // Less than a look, a look alone, and weight for two jobs.
        assert_eq!(idle(Weight::zero()), Weight::zero());
        assert_eq!(idle(look), look);
        assert_eq!(open_jobs() as u32, MAX_SWEEP + 5);
        let two = look + job.saturating_mul(2);
        assert_eq!(idle(two + Weight::from_parts(1, 1)), two);
        assert_eq!(open_jobs() as u32, MAX_SWEEP + 3);
        // However much there is, a block ends no more than so many.
        assert_eq!(
            idle(Weight::MAX),
            look + job.saturating_mul(MAX_SWEEP.into())
        );
        assert_eq!(open_jobs(), 3);
        idle(Weight::MAX);
        assert_eq!(open_jobs(), 0);
    });
}

#[test]
fn the_sweep_takes_the_next_deadline_first() {
    test(|| {
        worker_serves();
        // Ticks whose bytes are not in the order of their numbers unless big endian.
        for duration in [300, 256, 255] {
            let mut order = asked();
            order.duration = duration;
            assert_ok!(order.open());
        }
        advance(301);
        let mut meter = WeightMeter::with_limit(
            <() as WeightInfo>::sweep_look() + <() as WeightInfo>::sweep_job(),
        );
        Escrow::sweep(&mut meter);
        assert!(!Jobs::<Test>::contains_key(job_key(JobId(2))));
        assert_eq!(open_jobs(), 2);
    });
}

#[test]
fn a_long_silence_costs_the_sweep_nothing() {
    test(|| {
        open_one();
        advance(3_000_000_000);
        let used = idle(Weight::MAX);
        assert_eq!(
            used,
            <() as WeightInfo>::sweep_look() + <() as WeightInfo>::sweep_job()
        );
        assert_eq!(open_jobs(), 0);
        assert_eq!(idle(Weight::MAX), <() as WeightInfo>::sweep_look());
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
        assert_eq!(Deadlines::<Test>::iter().count(), 0);
        assert_eq!(Debts::get().len(), 1);
    });
}
