use crate::{mock::*, *};
use frame_support::{
    assert_noop, assert_ok,
    traits::{fungible::Mutate, LockIdentifier, LockableCurrency, WithdrawReasons},
};
use myai_primitives::*;
use myai_support::*;

const VOTE: LockIdentifier = *b"conviction"
    .first_chunk::<8>()
    .expect("longer than eight bytes");

fn dollar_job() -> JobId {
    worker_serves();
    open(asked_for(V2)).unwrap()
}

#[test]
fn refund_is_full() {
    test(|| {
        let free = |asset: &Asset| TestMoney::spendable(asset, &payer());
        let before = (free(&Asset::Native), free(&dollar()));
        let declined = open_one();
        let expired = open_one();
        let in_dollars = open(asked_for(V2)).unwrap();
        assert!(free(&Asset::Native) < before.0 && free(&dollar()) < before.1);
        assert_ok!(Escrow::decline(
            signed(signer()),
            declined,
            DeclineReason::Other
        ));
        advance(101);
        assert_ok!(Escrow::expire(signed(stranger()), expired));
        assert_ok!(Escrow::expire(signed(stranger()), in_dollars));
        assert_eq!((free(&Asset::Native), free(&dollar())), before);
    });
}

#[test]
fn a_job_may_be_paid_in_another_asset() {
    test(|| {
        let job = dollar_job();
        let reason = HoldReason::Job.into();
        assert_eq!(
            TestMoney::held(&dollar(), &reason, &payer()),
            1_000 + DOLLAR_DEPOSIT
        );
        assert_ok!(attest(signer(), job, 1));
        // 400 and 100 a unit, a cut of 2.5% each, floored.
        assert_eq!(dollars(&split_account(NETWORK)), 1_000_000 + 10 + 2);
        assert_eq!(dollars(&split_account(SplitId(2))), 1_000_000 + 390);
        assert_eq!(dollars(&payout()), 1_000_000 + 98);
        assert_eq!(dollars(&payer()), 1_000_000 - 500);
        assert_eq!(TestMoney::held(&dollar(), &reason, &payer()), 0);
    });
}

#[test]
fn a_free_version_costs_the_deposit_alone() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::set_offer(signed(worker()), V3, 0, 20));
        let job = open(Order {
            max_cost: 0,
            ..asked_for(V3)
        });
        assert_eq!(held(HoldReason::Job, &payer()), DEPOSIT);
        assert_ok!(attest(signer(), job.unwrap(), 2));
        assert_eq!(balance(&payer()), 1_000 * MAI);
        assert_eq!(held(HoldReason::Job, &payer()), 0);
    });
}

#[test]
fn voting_payer_still_pays() {
    test(|| {
        let job = open_one();
        // The whole balance is locked after opening, the held part included.
        Balances::set_lock(VOTE, &payer(), 1_000 * MAI, WithdrawReasons::all());
        assert_eq!(TestMoney::spendable(&Asset::Native, &payer()), 0);
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(balance(&payer()), 990 * MAI);
        assert_eq!(balance(&payout()), 1_000 * MAI + 2 * MAI - 2 * MAI / 40);
        assert!(Debts::get().is_empty());
    });
}

#[test]
fn locked_money_cannot_be_held() {
    test(|| {
        worker_serves();
        Balances::set_lock(VOTE, &payer(), 995 * MAI, WithdrawReasons::all());
        assert_noop!(open(asked()), sp_runtime::TokenError::FundsUnavailable);
    });
}

#[test]
fn blocked_account_does_not_stop_settlement() {
    test(|| {
        let job = dollar_job();
        for who in [payout(), worker()] {
            assert_ok!(Assets::block(signed(issuer()), DOLLAR, who));
        }
        assert_ok!(attest(signer(), job, 2));
        // The fee waits as a debt under the payer's hold; everybody else is paid.
        assert_eq!(
            Debts::get(),
            [(payer(), HoldReason::Job.into(), dollar(), 195)]
        );
        assert_eq!(dollars(&split_account(SplitId(2))), 1_000_000 + 780);
        assert_eq!(
            TestMoney::held(&dollar(), &HoldReason::Job.into(), &payer()),
            195
        );
        assert_eq!((open_jobs(), open_jobs_of(&worker())), (0, 0));
    });
}

/// Otherwise a worker that takes another payout account for each job leaves as many debts behind as
/// there were jobs.
#[test]
fn what_the_payout_account_cannot_receive_is_the_workers() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::set_offer(signed(worker()), V2, 5, 20));
        let pay_to = |who| {
            assert_ok!(Escrow::update_worker(
                signed(worker()),
                signer(),
                who,
                details()
            ));
        };
        for n in 0..20 {
            pay_to(payout());
            let job = open(asked_for(V2)).unwrap();
            // It has an account, but none in dollars, and so little makes none.
            Balances::set_balance(&account(100 + n), ED);
            pay_to(account(100 + n));
            let before = dollars(&worker());
            assert_ok!(attest(signer(), job, 1));
            assert_eq!(dollars(&worker()), before + 5);
            assert!(matches!(
                last_event(),
                Event::JobSettled { payout, .. } if payout == worker()
            ));
        }
        assert!(Debts::get().is_empty());
    });
}

#[test]
fn frozen_asset_does_not_stop_anything() {
    test(|| {
        let settled = dollar_job();
        let expired = open(asked_for(V2)).unwrap();
        assert_ok!(Assets::freeze_asset(signed(issuer()), DOLLAR));
        assert_ok!(attest(signer(), settled, 2));
        advance(101);
        assert_ok!(Escrow::expire(signed(stranger()), expired));
        let owed: Balance = Debts::get().iter().map(|debt| debt.3).sum();
        assert_eq!(owed, 2_000 + 2 * DOLLAR_DEPOSIT);
    });
}

#[test]
fn every_leg_may_fail_and_the_job_ends() {
    test(|| {
        let job = open_one();
        NothingMoves::set(true);
        assert_ok!(attest(signer(), job, 1));
        let owed: Vec<Balance> = Debts::get().iter().map(|debt| debt.3).collect();
        assert_eq!(owed.iter().sum::<Balance>(), 10 * MAI + DEPOSIT);
        assert_eq!(owed.len(), 4);
        assert_eq!(held(HoldReason::Job, &payer()), 10 * MAI + DEPOSIT);
        // What did not come back is not said to have.
        assert!(matches!(
            last_event(),
            Event::JobSettled { refunded: 0, .. }
        ));
        for reason in [DeclineReason::Other, DeclineReason::BadInput] {
            let declined = open_one();
            assert_ok!(Escrow::decline(signed(signer()), declined, reason));
            assert!(matches!(
                last_event(),
                Event::JobDeclined { refunded: 0, .. }
            ));
        }
        let expired = open_one();
        advance(101);
        assert_ok!(Escrow::expire(signed(stranger()), expired));
        assert!(matches!(
            last_event(),
            Event::JobExpired { refunded: 0, .. }
        ));
    });
}

#[test]
fn a_payer_may_be_the_worker_and_the_payout_account() {
    test(|| {
        assert_ok!(Escrow::register_worker(
            signed(payer()),
            payer(),
            payer(),
            details(),
            100 * MAI
        ));
        assert_ok!(Escrow::set_offer(signed(payer()), V1, MAI, 20));
        let run = Run::Direct {
            worker: payer(),
            blob: BLOB,
        };
        let job = open(Order { run, ..asked() }).unwrap();
        assert_ok!(attest(payer(), job, 2));
        // The price, and the network's cut of the fee, are gone.
        assert_eq!(balance(&payer()), 992 * MAI - 2 * MAI / 40);
    });
}

#[test]
fn a_job_does_not_kill_its_payer() {
    test(|| {
        worker_serves();
        let deposit = {
            let quote = Escrow::quote(&payer(), V1, &worker(), Mode::Direct, 2, 100, 5);
            quote.unwrap().deposit
        };
        Balances::set_balance(&stranger(), 10 * MAI + deposit);
        assert_noop!(
            open_by(stranger(), asked()),
            sp_runtime::TokenError::FundsUnavailable
        );
        Balances::set_balance(&stranger(), 10 * MAI + deposit + ED);
        let job = open_by(stranger(), asked()).unwrap();
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(balance(&stranger()), deposit + ED);
    });
}

#[test]
fn dollar_payer_needs_no_native() {
    test(|| {
        worker_serves();
        // Enough to exist, and not a unit more.
        Balances::set_balance(&payer(), ED);
        let job = open(asked_for(V2)).unwrap();
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(dollars(&payer()), 1_000_000 - 1_000);
        assert_eq!(balance(&payer()), ED);
    });
}
