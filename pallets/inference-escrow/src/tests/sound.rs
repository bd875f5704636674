//! `do_try_state` bites.

use crate::{mock::*, types::*, *};
use myai_primitives::*;

#[test]
fn a_wrong_open_count_is_found() {
    broken_test("a worker's open count is not its open jobs", || {
        open_one();
        Records::<Test>::mutate(worker(), |deeds| deeds.open = 2);
    });
    // Also of one who is no worker any more.
    broken_test("a worker's open count is not its open jobs", || {
        Records::<Test>::mutate(stranger(), |deeds| deeds.open = 1);
    });
    broken_test("a worker's count of offers is not its offers", || {
        worker_serves();
        Workers::<Test>::mutate(worker(), |w| w.as_mut().unwrap().offers = 3);
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
    broken_test("a worker has no bond", || {
        worker_serves();
        TestMoney::release(
            &Asset::Native,
            &HoldReason::WorkerBond.into(),
            &worker(),
            100 * MAI,
        )
        .unwrap();
    });
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
    broken_test("an offer's version is gone", || {
        worker_serves();
        Known::mutate(|known| known.remove(&V1));
    });
    broken_test("an offer is of no worker", || {
        worker_serves();
        Workers::<Test>::remove(worker());
        SignerOf::<Test>::remove(signer());
    });
}

#[test]
fn a_wrong_deadline_is_found() {
    broken_test("an open job is not queued at its deadline", || {
        let job = open_one();
        Deadlines::<Test>::remove(due_key(START + 100), job_key(job));
    });
    broken_test(
        "a deadline is queued twice or for a job that is not open",
        || {
            let job = open_one();
            Deadlines::<Test>::insert(due_key(START + 101), job_key(job), ());
        },
    );
    broken_test(
        "a deadline is queued twice or for a job that is not open",
        || {
            Deadlines::<Test>::insert(due_key(START), job_key(JobId(7)), ());
        },
    );
}

#[test]
fn a_wrong_job_is_found() {
    broken_test("a job's id was not given out", || {
        open_one();
        NextJob::<Test>::put(JobId(0));
    });
    broken_test("an open job's worker is gone", || {
        open_one();
        Workers::<Test>::remove(worker());
    });
    broken_test("the version of a job that may be answered is gone", || {
        open_one();
        for version in [V1, V2] {
            Escrow::remove_offer(signed(worker()), version).unwrap();
        }
        Known::mutate(|known| known.remove(&V1));
    });
    broken_test("an open job's payer has no deposit", || {
        open_one();
        let reason = HoldReason::JobDeposit.into();
        let deposit = TestMoney::held(&Asset::Native, &reason, &payer());
        TestMoney::release(&Asset::Native, &reason, &payer(), deposit).unwrap();
    });
    broken_test("the rules that a job pinned are gone", || {
        let job = open_one();
        Jobs::<Test>::mutate(job_key(job), |j| j.as_mut().unwrap().revision = 9);
    });
}

#[test]
fn a_wrong_hold_is_found() {
    const COMPLAINT: &str = "what is held for jobs is not the gross of open jobs and debts";
    let hold = |who: &AccountId| {
        TestMoney::hold(&Asset::Native, &HoldReason::Job.into(), who, 1).unwrap();
    };
    broken_test(COMPLAINT, || {
        open_one();
        hold(&payer());
    });
    // Also where nothing is due.
    broken_test(COMPLAINT, || hold(&stranger()));
    broken_test(COMPLAINT, || {
        let job = open_one();
        NothingMoves::set(true);
        attest(signer(), job, 1).unwrap();
        Debts::mutate(|debts| debts.pop());
    });
}
