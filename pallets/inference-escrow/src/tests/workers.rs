use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::*;
use sp_runtime::DispatchError;

fn register(
    who: AccountId,
    signer: AccountId,
    details: WorkerDetails,
    bond: Balance,
) -> sp_runtime::DispatchResult {
    Escrow::register_worker(signed(who), signer, payout(), details, bond)
}

#[test]
fn a_worker_registers_with_bond_and_deposit() {
    test(|| {
        assert_ok!(register(worker(), signer(), details(), 150 * MAI));
        assert_eq!(
            last_event(),
            Event::WorkerRegistered {
                worker: worker(),
                signer: signer(),
                payout: payout(),
                bond: 150 * MAI
            }
        );
        assert_eq!(held(HoldReason::WorkerBond, &worker()), 150 * MAI);
        assert!(held(HoldReason::WorkerDeposit, &worker()) > 0);
        assert_eq!(Escrow::worker_of(&signer()), Some(worker()));
        assert_eq!(Escrow::record_of(&worker()), Record::default());
    });
}

#[test]
fn registering_is_refused() {
    test(|| {
        let with = |change: fn(&mut WorkerDetails)| {
            let mut details = details();
            change(&mut details);
            details
        };
        assert_noop!(
            Escrow::register_worker(
                RuntimeOrigin::none(),
                signer(),
                payout(),
                details(),
                100 * MAI
            ),
            DispatchError::BadOrigin
        );
        assert_noop!(
            register(worker(), signer(), details(), 100 * MAI - 1),
            Error::<Test>::BondBelowMinimum
        );
        for unreachable in [
            with(|d| d.endpoint = Default::default()),
            with(|d| d.endpoint = b"http://plain".to_vec().try_into().unwrap()),
            with(|d| d.endpoint = b"https://".to_vec().try_into().unwrap()),
            with(|d| d.mailbox = b"https://not-rpc".to_vec().try_into().unwrap()),
        ] {
            assert_noop!(
                register(worker(), signer(), unreachable, 100 * MAI),
                Error::<Test>::Unreachable
            );
        }
        assert_noop!(
            register(nobody(), signer(), details(), 100 * MAI),
            sp_runtime::TokenError::FundsUnavailable
        );
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_noop!(
            register(worker(), second_signer(), details(), 100 * MAI),
            Error::<Test>::AlreadyRegistered
        );
        assert_noop!(
            register(second_worker(), signer(), details(), 100 * MAI),
            Error::<Test>::SignerTaken
        );
    });
}

#[test]
fn a_mailbox_alone_is_enough() {
    test(|| {
        let mut by_mail = details();
        by_mail.endpoint = Default::default();
        by_mail.mailbox = b"wss://rpc.example".to_vec().try_into().unwrap();
        assert_ok!(register(worker(), signer(), by_mail, 100 * MAI));
    });
}

#[test]
fn one_key_may_do_everything() {
    test(|| {
        assert_ok!(register(worker(), worker(), details(), 100 * MAI));
        assert_eq!(Escrow::worker_of(&worker()), Some(worker()));
        assert_ok!(Escrow::pause(signed(worker())));
    });
}

#[test]
fn updating_changes_signer_payout_and_details() {
    test(|| {
        worker_serves();
        let job = open_one();
        let mut changed = details();
        changed.sealing_key = [12; 32];
        assert_noop!(
            Escrow::update_worker(signed(signer()), second_signer(), stranger(), details()),
            Error::<Test>::WorkerNotFound
        );
        assert_noop!(
            Escrow::update_worker(RuntimeOrigin::root(), signer(), payout(), details()),
            DispatchError::BadOrigin
        );
        changed.max_open_jobs = 2;
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            second_signer(),
            stranger(),
            changed.clone()
        ));
        assert_eq!(
            last_event(),
            Event::WorkerUpdated {
                worker: worker(),
                signer: second_signer(),
                payout: stranger()
            }
        );
        assert_eq!(Escrow::worker_of(&signer()), None);
        assert_eq!(Escrow::worker_of(&second_signer()), Some(worker()));
        assert_eq!(Escrow::worker_view(&worker()).unwrap().details, changed);
        assert_ok!(open(asked()));
        assert_noop!(open(asked()), Error::<Test>::NoRoom);
        // Open work goes with the worker.
        assert_noop!(attest(signer(), job, 1), Error::<Test>::NotItsSigner);
        let before = balance(&stranger());
        assert_ok!(attest(second_signer(), job, 2));
        assert!(balance(&stranger()) > before);
    });
}

#[test]
fn updating_is_refused() {
    test(|| {
        worker_serves();
        assert_ok!(register(
            second_worker(),
            second_signer(),
            details(),
            100 * MAI
        ));
        assert_noop!(
            Escrow::update_worker(signed(worker()), second_signer(), payout(), details()),
            Error::<Test>::SignerTaken
        );
        let mut lost = details();
        lost.endpoint = Default::default();
        assert_noop!(
            Escrow::update_worker(signed(worker()), signer(), payout(), lost),
            Error::<Test>::Unreachable
        );
        // The same signer is no other signer.
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            signer(),
            payout(),
            details()
        ));
    });
}

#[test]
fn serving_holds_a_deposit_and_keeps_the_version() {
    test(|| {
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_ok!(Escrow::set_offer(signed(worker()), V1, MAI, 20));
        assert_eq!(
            last_event(),
            Event::OfferSet {
                worker: worker(),
                version: V1,
                fee: Amount {
                    asset: Asset::Native,
                    value: MAI
                },
                min_duration: 20
            }
        );
        let deposit = held(HoldReason::OfferDeposit, &worker());
        assert!(deposit > 0);
        assert_eq!(Known::get()[&V1].remembered, 1);
        // A change holds nothing more and keeps the version no further.
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 2 * MAI, 30));
        assert_eq!(held(HoldReason::OfferDeposit, &worker()), deposit);
        assert_eq!(Known::get()[&V1].remembered, 1);
        let offer = Offers::<Test>::get(worker(), V1).unwrap();
        assert_eq!((offer.fee.value, offer.min_duration), (2 * MAI, 30));
    });
}

#[test]
fn serving_is_refused() {
    test(|| {
        let serve = |who: AccountId, version, fee| Escrow::set_offer(signed(who), version, fee, 20);
        assert_noop!(
            Escrow::set_offer(RuntimeOrigin::none(), V1, MAI, 20),
            DispatchError::BadOrigin
        );
        assert_noop!(serve(worker(), V1, MAI), Error::<Test>::WorkerNotFound);
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_noop!(serve(signer(), V1, MAI), Error::<Test>::WorkerNotFound);
        assert_noop!(serve(worker(), VersionId(9), MAI), UNKNOWN);
        assert_noop!(serve(worker(), V3, 1), NOT_COMMERCIAL);
        assert_ok!(serve(worker(), V3, 0));
        with_version(V1, |version| version.host = Some(payout()));
        assert_noop!(serve(worker(), V1, MAI), NOT_A_HOST);
        with_version(V1, |version| version.host = Some(worker()));
        assert_ok!(serve(worker(), V1, MAI));
        with_version(V1, |version| version.retired = true);
        assert_noop!(serve(worker(), V1, MAI), RETIRED);
        Accepted::set(vec![Asset::Native]);
        assert_noop!(serve(worker(), V2, 1), Error::<Test>::AssetNotAccepted);
    });
}

#[test]
fn a_payout_account_that_cannot_receive_is_refused() {
    test(|| {
        assert_ok!(Escrow::register_worker(
            signed(worker()),
            signer(),
            nobody(),
            details(),
            100 * MAI
        ));
        // Below the least balance of a new account once the network has its cut.
        assert_noop!(
            Escrow::set_offer(signed(worker()), V1, ED, 20),
            Error::<Test>::PayoutCannotReceive
        );
        assert_noop!(
            Escrow::set_offer(signed(worker()), V2, 100, 20),
            Error::<Test>::PayoutCannotReceive
        );
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 2 * ED, 20));
        assert_ok!(Escrow::set_offer(signed(worker()), V2, 0, 20));
    });
}

#[test]
fn unserving_gives_the_deposit_back_and_open_jobs_go_on() {
    test(|| {
        worker_serves();
        assert_noop!(
            Escrow::remove_offer(RuntimeOrigin::none(), V1),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Escrow::remove_offer(signed(signer()), V1),
            Error::<Test>::OfferNotFound
        );
        let job = open_one();
        assert_ok!(Escrow::remove_offer(signed(worker()), V2));
        assert_ok!(Escrow::remove_offer(signed(worker()), V1));
        assert_eq!(
            last_event(),
            Event::OfferRemoved {
                worker: worker(),
                version: V1
            }
        );
        assert_eq!(held(HoldReason::OfferDeposit, &worker()), 0);
        assert_eq!(Known::get()[&V1].remembered, 0);
        assert_noop!(
            Escrow::remove_offer(signed(worker()), V1),
            Error::<Test>::OfferNotFound
        );
        // No new jobs; the open one pays what was pinned, to whom it would have.
        assert_noop!(open(asked()), Error::<Test>::OfferNotFound);
        assert_noop!(Escrow::leave(signed(worker())), Error::<Test>::HasOpenWork);
        let before = balance(&payout());
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(balance(&payout()), before + 2 * MAI - 2 * MAI / 40);
        assert_ok!(Escrow::leave(signed(worker())));
    });
}

#[test]
fn anyone_clears_offers_of_retired_versions() {
    test(|| {
        worker_serves();
        let clear = |who: AccountId, version| Escrow::clear_offer(signed(who), worker(), version);
        assert_noop!(
            Escrow::clear_offer(RuntimeOrigin::none(), worker(), V1),
            DispatchError::BadOrigin
        );
        assert_noop!(clear(stranger(), V1), Error::<Test>::NotRetired);
        assert_noop!(clear(stranger(), V3), Error::<Test>::OfferNotFound);
        let job = open_one();
        with_version(V1, |version| version.retired = true);
        let before = held(HoldReason::OfferDeposit, &worker());
        assert_ok!(clear(stranger(), V1));
        assert_eq!(
            last_event(),
            Event::OfferRemoved {
                worker: worker(),
                version: V1
            }
        );
        assert_eq!(held(HoldReason::OfferDeposit, &worker()), before / 2);
        assert_ok!(attest(signer(), job, 1));
        assert_eq!(Known::get()[&V1].remembered, 0);
    });
}

#[test]
fn worker_and_signer_may_pause_and_resume() {
    test(|| {
        assert_noop!(
            Escrow::pause(signed(worker())),
            Error::<Test>::WorkerNotFound
        );
        worker_serves();
        assert_noop!(
            Escrow::pause(RuntimeOrigin::none()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Escrow::resume(RuntimeOrigin::none()),
            DispatchError::BadOrigin
        );
        for who in [worker(), signer()] {
            assert_ok!(Escrow::pause(signed(who.clone())));
            assert_eq!(last_event(), Event::WorkerPaused { worker: worker() });
            assert_noop!(open(asked()), Error::<Test>::WorkerPaused);
            assert_ok!(Escrow::resume(signed(who)));
            assert_eq!(last_event(), Event::WorkerResumed { worker: worker() });
        }
        assert_noop!(
            Escrow::resume(signed(stranger())),
            Error::<Test>::WorkerNotFound
        );
    });
}

#[test]
fn a_worker_that_is_anothers_signer_pauses_itself() {
    test(|| {
        assert_ok!(register(worker(), second_worker(), details(), 100 * MAI));
        assert_ok!(register(
            second_worker(),
            second_signer(),
            details(),
            100 * MAI
        ));
        assert_ok!(Escrow::pause(signed(second_worker())));
        assert!(!Workers::<Test>::get(worker()).unwrap().paused);
        assert!(Workers::<Test>::get(second_worker()).unwrap().paused);
    });
}

#[test]
fn a_paused_worker_still_answers() {
    test(|| {
        let job = open_one();
        assert_ok!(Escrow::pause(signed(signer())));
        assert_ok!(attest(signer(), job, 2));
    });
}

#[test]
fn bonds_grow_and_shrink_to_the_least() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::bond_more(signed(worker()), Asset::Native, 50 * MAI));
        assert_eq!(
            last_event(),
            Event::BondAdded {
                worker: worker(),
                asset: Asset::Native,
                value: 50 * MAI
            }
        );
        assert_eq!(held(HoldReason::WorkerBond, &worker()), 150 * MAI);
        let withdraw = |amount| Escrow::withdraw_bond(signed(worker()), Asset::Native, amount);
        assert_noop!(withdraw(50 * MAI + 1), Error::<Test>::BondBelowMinimum);
        assert_noop!(withdraw(151 * MAI), Error::<Test>::BondTooSmall);
        assert_noop!(withdraw(0), Error::<Test>::ZeroAmount);
        assert_ok!(withdraw(50 * MAI));
        assert_eq!(
            last_event(),
            Event::BondWithdrawn {
                worker: worker(),
                asset: Asset::Native,
                value: 50 * MAI
            }
        );
        assert_eq!(held(HoldReason::WorkerBond, &worker()), 100 * MAI);
    });
}

#[test]
fn one_that_never_worked_leaves_no_record() {
    test(|| {
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_ok!(Escrow::leave(signed(worker())));
        assert!(!Records::<Test>::contains_key(worker()));
    });
}

#[test]
fn bonds_in_other_assets_come_back_after_leaving_too() {
    test(|| {
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_ok!(Escrow::bond_more(signed(worker()), dollar(), 500));
        assert_eq!(Escrow::bond_of(&worker(), &dollar()), 500);
        // It is no part of the bond that the rules ask for.
        assert_eq!(Escrow::worker_view(&worker()).unwrap().bond, 100 * MAI);
        assert_ok!(Escrow::leave(signed(worker())));
        assert_eq!(Escrow::bond_of(&worker(), &dollar()), 500);
        assert_ok!(Escrow::withdraw_bond(signed(worker()), dollar(), 500));
        assert_eq!(Escrow::bond_of(&worker(), &dollar()), 0);
    });
}

#[test]
fn moving_bonds_is_refused() {
    test(|| {
        let more = |who: AccountId, asset, amount| Escrow::bond_more(signed(who), asset, amount);
        assert_noop!(
            Escrow::bond_more(RuntimeOrigin::none(), Asset::Native, 1),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Escrow::withdraw_bond(RuntimeOrigin::none(), Asset::Native, 1),
            DispatchError::BadOrigin
        );
        assert_noop!(
            more(worker(), Asset::Native, 1),
            Error::<Test>::WorkerNotFound
        );
        assert_ok!(register(worker(), signer(), details(), 100 * MAI));
        assert_noop!(more(worker(), Asset::Native, 0), Error::<Test>::ZeroAmount);
        assert_noop!(
            more(worker(), Asset::Id(99), 1),
            Error::<Test>::AssetNotAccepted
        );
        assert_noop!(
            more(worker(), Asset::Native, 1_000 * MAI),
            sp_runtime::TokenError::FundsUnavailable
        );
        assert_noop!(
            Escrow::withdraw_bond(signed(stranger()), Asset::Native, 1),
            Error::<Test>::BondTooSmall
        );
    });
}

#[test]
fn raising_the_least_bond_stops_new_work_alone() {
    test(|| {
        let job = open_one();
        set_rule(Rule::MinWorkerBond, 200 * MAI);
        assert_noop!(open(asked()), Error::<Test>::BondBelowMinimum);
        assert_noop!(
            Escrow::withdraw_bond(signed(worker()), Asset::Native, 1),
            Error::<Test>::BondBelowMinimum
        );
        assert_ok!(attest(signer(), job, 2));
        assert_ok!(Escrow::bond_more(
            signed(worker()),
            Asset::Native,
            100 * MAI
        ));
        assert_ok!(open(asked()));
    });
}

#[test]
fn leaving_gives_everything_back_and_keeps_the_record() {
    test(|| {
        let before = balance(&worker());
        let free = |who: &AccountId| TestMoney::spendable(&Asset::Native, who);
        let free_before = free(&worker());
        let job = open_one();
        assert_noop!(
            Escrow::leave(RuntimeOrigin::none()),
            DispatchError::BadOrigin
        );
        assert_noop!(
            Escrow::leave(signed(signer())),
            Error::<Test>::WorkerNotFound
        );
        assert_noop!(Escrow::leave(signed(worker())), Error::<Test>::HasOpenWork);
        assert_ok!(attest(signer(), job, 2));
        assert_noop!(Escrow::leave(signed(worker())), Error::<Test>::HasOffers);
        assert_ok!(Escrow::remove_offer(signed(worker()), V1));
        assert_ok!(Escrow::remove_offer(signed(worker()), V2));
        let record = Escrow::record_of(&worker());
        assert_eq!(record.settled, 1);
        assert_ok!(Escrow::leave(signed(worker())));
        assert_eq!(
            last_event(),
            Event::WorkerLeft {
                worker: worker(),
                bond: 100 * MAI
            }
        );
        assert_eq!(balance(&worker()), before);
        assert_eq!(free(&worker()), free_before);
        assert_eq!(Workers::<Test>::iter().count(), 0);
        assert_eq!(SignerOf::<Test>::iter().count(), 0);
        assert_eq!(Offers::<Test>::iter().count(), 0);
        assert_eq!(OffersByVersion::<Test>::iter().count(), 0);
        assert_eq!(Escrow::record_of(&worker()), record);
        // Coming back changes nothing.
        worker_serves();
        assert_eq!(Escrow::record_of(&worker()), record);
    });
}

#[test]
fn standing_grows_with_native_cuts_and_decays() {
    test(|| {
        worker_serves();
        let job = open_one();
        assert_ok!(attest(signer(), job, 2));
        let cut = 10 * MAI / 40;
        assert_eq!(Escrow::record_of(&worker()).standing, cut);
        Now::mutate(|now| *now += 30 * EPOCH);
        assert_eq!(Escrow::record_of(&worker()).standing, cut / 2);
        let job = open_one();
        assert_ok!(attest(signer(), job, 2));
        assert_eq!(Escrow::record_of(&worker()).standing, cut / 2 + cut);
        // Cuts in other assets buy none.
        let job = open(asked_for(V2)).unwrap();
        assert_ok!(attest(signer(), job, 2));
        let record = Escrow::record_of(&worker());
        assert_eq!((record.settled, record.standing), (3, cut / 2 + cut));
    });
}

#[test]
fn credit_is_the_native_cut_of_fees_and_is_handed_on_when_its_epoch_is_over() {
    test(|| {
        worker_serves();
        // A price of 4 and a fee of 1, twice.
        let fee_cut = 2 * MAI / 40;
        let first = epoch_of(START);
        for _ in 0..2 {
            assert_ok!(attest(signer(), open_one(), 2));
        }
        let record = || Workers::<Test>::get(worker()).unwrap().record;
        assert_eq!((record().epoch, record().credit), (first, 2 * fee_cut));
        assert_eq!(Noted::get(), []);

        Now::mutate(|now| *now += EPOCH);
        // Ends that earn nothing leave it where it is.
        let job = open_one();
        assert_ok!(Escrow::decline(
            RuntimeOrigin::signed(signer()),
            job,
            DeclineReason::Other
        ));
        assert_eq!(Noted::get(), []);
        // Also cuts in other assets, which earn nothing themselves, hand it on.
        assert_ok!(attest(signer(), open(asked_for(V2)).unwrap(), 2));
        assert_eq!(Noted::take(), [(worker(), first, 2 * fee_cut)]);
        assert_eq!((record().epoch, record().credit), (first + 1, 0));
        assert_ok!(attest(signer(), open_one(), 2));
        assert_eq!((record().epoch, record().credit), (first + 1, fee_cut));

        // While its epoch runs, nothing is handed on.
        <Escrow as Earners<AccountId>>::roll(&worker());
        assert_eq!(Noted::get(), []);
        Now::mutate(|now| *now += EPOCH);
        <Escrow as Earners<AccountId>>::roll(&worker());
        assert_eq!(Noted::take(), [(worker(), first + 1, fee_cut)]);
        <Escrow as Earners<AccountId>>::roll(&worker());
        assert_eq!(Noted::get(), []);
    });
}

#[test]
fn credit_of_a_worker_that_left_is_its_own() {
    test(|| {
        worker_serves();
        assert_ok!(attest(signer(), open_one(), 2));
        assert_eq!(<Escrow as Earners<AccountId>>::payout(&worker()), payout());
        let offers: Vec<_> = Offers::<Test>::iter_key_prefix(worker()).collect();
        for version in offers {
            assert_ok!(Escrow::remove_offer(
                RuntimeOrigin::signed(worker()),
                version
            ));
        }
        assert_ok!(Escrow::leave(RuntimeOrigin::signed(worker())));
        assert_eq!(<Escrow as Earners<AccountId>>::payout(&worker()), worker());
        Now::mutate(|now| *now += EPOCH);
        <Escrow as Earners<AccountId>>::roll(&worker());
        assert_eq!(Noted::take(), [(worker(), epoch_of(START), 2 * MAI / 40)]);
        // Nobody's record comes to be by that.
        <Escrow as Earners<AccountId>>::roll(&stranger());
        assert!(!Records::<Test>::contains_key(stranger()));
    });
}

#[test]
fn a_cut_that_is_a_debt_earns_standing_and_credit_when_it_is_paid() {
    test(|| {
        worker_serves();
        let job = open_one();
        NothingMoves::set(true);
        assert_ok!(attest(signer(), job, 2));
        NothingMoves::set(false);
        let record = || Workers::<Test>::get(worker()).unwrap().record;
        assert_eq!(
            (record().settled, record().standing, record().credit),
            (1, 0, 0)
        );
        Now::mutate(|now| *now += EPOCH);
        <Escrow as Earners<AccountId>>::earn(&worker(), 70, 0);
        <Escrow as Earners<AccountId>>::earn(&worker(), 0, 30);
        assert_eq!(
            (record().settled, record().standing, record().credit),
            (1, 100, 30)
        );
        assert_eq!(record().epoch, epoch_of(START) + 1);
    });
}

/// A worker that is suspended gets no job and sets no offer; what it has open goes on.
#[test]
fn suspended_worker_gets_no_job_and_answers_what_is_open() {
    test(|| {
        let job = open_one();
        let declined = open_one();
        let until = Now::get() + 50;
        suspend(worker(), until);
        assert_noop!(open(asked()), Error::<Test>::WorkerSuspended);
        let offer = |version| Escrow::set_offer(signed(worker()), version, MAI, 20);
        for version in [V1, V3] {
            assert_noop!(offer(version), Error::<Test>::WorkerSuspended);
        }
        assert!(!Escrow::workers_page(V1, None, 10)[0].available);

        let before = balance(&payout());
        assert_ok!(attest(signer(), job, 2));
        assert!(balance(&payout()) > before);
        assert_ok!(Escrow::decline(
            signed(signer()),
            declined,
            DeclineReason::Other
        ));
        // What is its own it keeps.
        assert_ok!(Escrow::bond_more(signed(worker()), Asset::Native, 10));
        assert_ok!(Escrow::withdraw_bond(signed(worker()), Asset::Native, 10));
        assert_ok!(Escrow::pause(signed(signer())));
        assert_ok!(Escrow::resume(signed(signer())));
        assert_noop!(open(asked()), Error::<Test>::WorkerSuspended);

        advance(49);
        assert_noop!(open(asked()), Error::<Test>::WorkerSuspended);
        advance(1);
        assert_ok!(open(asked()));
        assert_ok!(offer(V1));
        assert!(Escrow::workers_page(V1, None, 10)[0].available);
    });
}

#[test]
fn worker_that_leaves_and_comes_back_is_still_suspended() {
    test(|| {
        let registers =
            || Escrow::register_worker(signed(worker()), signer(), payout(), details(), 100 * MAI);
        let offers = || Escrow::set_offer(signed(worker()), V1, MAI, 20);
        assert_ok!(registers());
        suspend(worker(), Now::get() + 50);
        assert_ok!(Escrow::leave(signed(worker())));
        assert_ok!(registers());
        assert_noop!(offers(), Error::<Test>::WorkerSuspended);
        // So is one that was not there when it was suspended.
        assert_ok!(Escrow::leave(signed(worker())));
        suspend(worker(), Now::get() + 100);
        advance(50);
        assert_ok!(registers());
        assert_noop!(offers(), Error::<Test>::WorkerSuspended);
        advance(50);
        assert_ok!(offers());
    });
}
