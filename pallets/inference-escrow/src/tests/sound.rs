//! `do_try_state` bites.

use crate::{mock::*, types::*, *};
use myai_primitives::*;
use myai_support::*;

#[test]
fn a_wrong_open_count_is_found() {
    broken_test("a worker's open count is not its open jobs", || {
        open_one();
        Workers::<Test>::mutate(worker(), |w| w.as_mut().unwrap().open = 2);
    });
    broken_test("an open job is not on its worker's list", || {
        let job = open_one();
        JobsOfWorker::<Test>::remove(worker(), job);
    });
    broken_test("a worker lists a job that is not open", || {
        let job = open_one();
        JobsOfWorker::<Test>::insert(stranger(), job, ());
    });
    broken_test("an uploader's count is not its open jobs", || {
        Uploaders::<Test>::insert(stranger(), 1);
    });
    broken_test("a worker's count of offers is not its offers", || {
        worker_serves();
        Profiles::<Test>::mutate(worker(), |p| p.as_mut().unwrap().offers = 3);
    });
    broken_test("a profile is of no worker", || {
        worker_serves();
        for version in [V1, V2] {
            Escrow::remove_offer(signed(worker()), version).unwrap();
        }
        Workers::<Test>::remove(worker());
    });
}

#[test]
fn a_wrong_signer_is_found() {
    broken_test("a worker's signer does not act for it", || {
        worker_serves();
        SignerOf::<Test>::remove(signer());
    });
    broken_test(
        "a signer acts for a worker that has another or is gone",
        || {
            worker_serves();
            SignerOf::<Test>::insert(stranger(), worker());
        },
    );
}

#[test]
fn a_missing_bond_is_found() {
    const COMPLAINT: &str = "a worker's bond is not what it has on hold";
    let release = || {
        worker_serves();
        let reason = HoldReason::WorkerBond.into();
        TestMoney::release(&Asset::Native, &reason, &worker(), 100 * MAI).unwrap();
    };
    broken_test(COMPLAINT, release);
    // Nor may a worker have none.
    broken_test(COMPLAINT, || {
        release();
        Workers::<Test>::mutate(worker(), |w| w.as_mut().unwrap().bond = 0);
    });
}

#[test]
fn a_wrong_deposit_is_found() {
    const COMPLAINT: &str = "deposits on hold are not what the tickets say";
    for reason in [HoldReason::WorkerDeposit, HoldReason::OfferDeposit] {
        let more = |who: &AccountId| TestMoney::hold(&Asset::Native, &reason.into(), who, 1);
        broken_test(COMPLAINT, || {
            worker_serves();
            TestMoney::release(&Asset::Native, &reason.into(), &worker(), 1).unwrap();
        });
        broken_test(COMPLAINT, || {
            worker_serves();
            more(&worker()).unwrap();
        });
        // Also of one who is no worker any more.
        broken_test(COMPLAINT, || more(&stranger()).unwrap());
    }
}

#[test]
fn a_wrong_offer_is_found() {
    broken_test("an offer is not listed with its version", || {
        worker_serves();
        OffersByVersion::<Test>::remove(V1, worker());
    });
    broken_test("a version lists an offer that is gone", || {
        OffersByVersion::<Test>::insert(V1, worker(), ());
    });
    for many in [0, 2] {
        broken_test("versions are not kept as often as they are offered", || {
            worker_serves();
            with_version(V1, |version| version.remembered = many);
        });
    }
    broken_test("an offer's version is gone", || {
        worker_serves();
        Known::mutate(|known| known.remove(&V1));
    });
    broken_test("an offer is of no worker", || {
        worker_serves();
        Workers::<Test>::remove(worker());
        SignerOf::<Test>::remove(signer());
    });
    broken_test("a worker's room is not what it says", || {
        worker_serves();
        Workers::<Test>::mutate(worker(), |w| w.as_mut().unwrap().max_open_jobs = 9);
    });
    broken_test("a worker has two records", || {
        worker_serves();
        Records::<Test>::insert(worker(), WorkerRecord::default());
    });
    broken_test("one that never worked has a record", || {
        Records::<Test>::insert(worker(), WorkerRecord::default());
    });
}

#[test]
fn a_wrong_deadline_is_found() {
    broken_test("a job is not queued at its deadline", || {
        let job = open_one();
        Deadlines::<Test>::remove(due_key(START + 100), job);
    });
    broken_test(
        "a deadline is queued twice or for a job that is gone",
        || {
            let job = open_one();
            Deadlines::<Test>::insert(due_key(START + 101), job, ());
        },
    );
    broken_test(
        "a deadline is queued twice or for a job that is gone",
        || {
            Deadlines::<Test>::insert(due_key(START), JobId([7; 32]), ());
        },
    );
}

#[test]
fn a_wrong_job_is_found() {
    broken_test("an open job's worker is gone", || {
        open_one();
        Workers::<Test>::remove(worker());
    });
    let open_with = |change: fn(&mut JobOf<Test>)| {
        let job = open_one();
        Jobs::<Test>::mutate(job, |row| match row {
            Some(JobRow::Open(job)) => change(job),
            _ => panic!("is open"),
        });
    };
    broken_test("the rules that a job pinned are gone", || {
        open_with(|job| job.revision = 9);
    });
    broken_test("a job has no units", || open_with(|job| job.units = 0));
    broken_test("the split of a job that may be answered is gone", || {
        open_one();
        GoneSplits::set(vec![SplitId(1)]);
        advance(100);
    });
    test(|| {
        open_one();
        GoneSplits::set(vec![SplitId(1)]);
        advance(101);
    });
}

#[test]
fn a_wrong_hold_is_found() {
    const COMPLAINT: &str = "what is held for jobs is not what open jobs and debts come to";
    let hold = |who: &AccountId| {
        TestMoney::hold(&Asset::Native, &HoldReason::Job.into(), who, 1).unwrap();
    };
    broken_test(COMPLAINT, || {
        open_one();
        hold(&payer());
    });
    broken_test(COMPLAINT, || {
        open_one();
        TestMoney::release(&Asset::Native, &HoldReason::Job.into(), &payer(), 1).unwrap();
    });
    broken_test("money is due from an account that does not exist", || {
        open_one();
        frame_system::Account::<Test>::remove(payer());
    });
    // Debts of what others hold are not ours.
    test(|| {
        let reason = HoldReason::WorkerBond.into();
        Debts::set(vec![(payer(), reason, Asset::Native, 5)]);
    });
    // Also where nothing is due, and in an asset in which no job is open.
    broken_test(COMPLAINT, || hold(&stranger()));
    broken_test(COMPLAINT, || {
        TestMoney::hold(&dollar(), &HoldReason::Job.into(), &stranger(), 5).unwrap();
    });
    broken_test(COMPLAINT, || {
        let job = open_one();
        NothingMoves::set(true);
        attest(signer(), job, 1).unwrap();
        Debts::mutate(|debts| debts.pop());
    });
}

#[test]
fn a_suspension_that_a_workers_row_does_not_say_is_found() {
    let what = "a worker's row does not say until when it is suspended";
    broken_test(what, || {
        worker_serves();
        Suspended::mutate(|all| all.insert(worker(), Now::get() + 1));
    });
    broken_test(what, || {
        worker_serves();
        Escrow::set_suspended(&worker(), Some(Now::get() + 1));
    });
}
