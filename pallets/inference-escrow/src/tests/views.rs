use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;
use myai_support::*;

#[test]
fn a_worker_is_shown() {
    test(|| {
        assert_eq!(Escrow::worker_view(&worker()), None);
        open_one();
        assert_eq!(
            Escrow::worker_view(&worker()),
            Some(WorkerView {
                id: worker(),
                signer: signer(),
                payout: payout(),
                details: details(),
                bond: 100 * MAI,
                paused: false,
                open: 1,
                record: Record::default(),
            })
        );
        assert_eq!(Escrow::worker_of(&signer()), Some(worker()));
        assert_eq!(Escrow::worker_of(&worker()), None);
    });
}

#[test]
fn offers_are_paged_both_ways() {
    test(|| {
        worker_serves();
        let other = second_worker();
        assert_ok!(Escrow::register_worker(
            signed(other.clone()),
            second_signer(),
            payout(),
            details(),
            100 * MAI
        ));
        assert_ok!(Escrow::set_offer(signed(other.clone()), V1, 3 * MAI, 30));
        let first = Escrow::workers_page(V1, None, 1);
        assert_eq!(first.len(), 1);
        let second = Escrow::workers_page(V1, Some(first[0].worker.clone()), 5);
        assert_eq!(second.len(), 1);
        assert_ne!(first[0].worker, second[0].worker);
        assert!(Escrow::workers_page(V1, Some(second[0].worker.clone()), 5).is_empty());
        assert!(Escrow::workers_page(V1, None, 0).is_empty());

        let first = Escrow::offers_page(&worker(), None, 1);
        assert_eq!(first.len(), 1);
        let second = Escrow::offers_page(&worker(), Some(first[0].version), 1);
        let mut versions = [first[0].version, second[0].version];
        versions.sort();
        assert_eq!(versions, [V1, V2]);
        assert!(Escrow::offers_page(&worker(), Some(second[0].version), 1).is_empty());

        let offer = &Escrow::offers_page(&other, None, 1)[0];
        assert_eq!(
            *offer,
            OfferView {
                worker: other.clone(),
                version: V1,
                fee: Amount {
                    asset: Asset::Native,
                    value: 3 * MAI
                },
                min_duration: 30,
                available: true,
                record: Record::default(),
            }
        );
        // One that is paused is not available, nor one without room, nor one below the least bond.
        let available = |who: &AccountId| Escrow::offers_page(who, None, 1)[0].available;
        assert_ok!(Escrow::pause(signed(other.clone())));
        assert!(!available(&other));
        assert!(Escrow::worker_view(&other).unwrap().paused);
        for _ in 0..3 {
            assert!(available(&worker()));
            open_one();
        }
        assert!(!available(&worker()));
        assert_ok!(Escrow::resume(signed(other.clone())));
        set_rule(Rule::MinWorkerBond, 100 * MAI + 1);
        assert!(!available(&other));
    });
}

#[test]
fn offers_show_the_workers_record() {
    test(|| {
        let job = open_one();
        assert_ok!(attest(signer(), job, 2));
        let record = Escrow::record_of(&worker());
        assert_eq!(record.settled, 1);
        assert_eq!(Escrow::offers_page(&worker(), None, 1)[0].record, record);
    });
}

#[test]
fn a_quote_is_what_opening_takes_and_changes_nothing() {
    test(|| {
        worker_serves();
        let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
        let quote = Escrow::quote(&payer(), V1, &worker(), Mode::Direct, 2, 100, 100).unwrap();
        assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), before);
        let free = TestMoney::spendable(&Asset::Native, &payer());
        assert_ok!(open(asked()));
        assert_eq!(
            quote,
            Quote {
                asset: Asset::Native,
                price: 8 * MAI,
                fee: 2 * MAI,
                gross: 10 * MAI,
                network: 10 * MAI / 40,
                deposit: DEPOSIT,
                spoilt_charge: Ppm(333_333).of(DEPOSIT),
                policies: None,
            }
        );
        assert_eq!(
            free - TestMoney::spendable(&Asset::Native, &payer()),
            10 * MAI + DEPOSIT
        );
    });
}

#[test]
fn a_quote_refuses_as_opening_does() {
    test(|| {
        worker_serves();
        let quote = |payer: AccountId, version, units, duration| {
            Escrow::quote(
                &payer,
                version,
                &worker(),
                Mode::Direct,
                units,
                duration,
                100,
            )
        };
        assert_noop!(quote(payer(), V1, 0, 100), Error::<Test>::NoUnits);
        assert_noop!(quote(payer(), V1, 1, 9), Error::<Test>::DurationOutOfBounds);
        assert_noop!(quote(payer(), V1, 1, 19), Error::<Test>::ShorterThanOffered);
        assert_noop!(quote(payer(), V3, 1, 100), Error::<Test>::OfferNotFound);
        assert_noop!(
            quote(payer(), VersionId(9), 1, 100),
            Error::<Test>::OfferNotFound
        );
        assert_noop!(
            quote(nobody(), V1, 1, 100),
            sp_runtime::TokenError::FundsUnavailable
        );
        assert_noop!(
            Escrow::quote(&payer(), V1, &stranger(), Mode::Direct, 1, 100, 100),
            Error::<Test>::WorkerNotFound
        );
    });
}

#[test]
fn a_quote_says_which_policies_bind_and_asks_for_none() {
    test(|| {
        worker_serves();
        with_version(V1, |version| version.policies = Some([5; 32]));
        let quote = Escrow::quote(&payer(), V1, &worker(), Mode::Direct, 2, 100, 100);
        assert_eq!(quote.unwrap().policies, Some([5; 32]));
        let long = Escrow::quote(&payer(), V1, &worker(), Mode::Direct, 2, 100, 1_001);
        assert_eq!(long, Err(TOO_LONG));
    });
}

#[test]
fn an_open_job_is_shown() {
    test(|| {
        worker_serves();
        let order = Order {
            uploader: Some(stranger()),
            ..asked()
        };
        let id = open(order.clone()).unwrap();
        assert_eq!(
            Escrow::job_view(id),
            Some(JobView {
                id,
                state: JobState::Open(OpenJobView {
                    payer: payer(),
                    opener: payer(),
                    uploader: Some(stranger()),
                    version: V1,
                    run: order.run,
                    units: 2,
                    asset: Asset::Native,
                    price: 4 * MAI,
                    fee: MAI,
                    deposit: DEPOSIT,
                    deadline: START + 100,
                    revision: 0,
                    input_commitment: order.input_commitment,
                    input_length: 100,
                }),
            })
        );
        assert_eq!(Escrow::job_view(JobId([0; 32])), None);
    });
}

#[test]
fn a_workers_open_jobs_are_paged_and_ended_ones_are_gone() {
    test(|| {
        worker_serves();
        Workers::<Test>::mutate(worker(), |w| w.as_mut().unwrap().max_open_jobs = 1_000);
        Profiles::<Test>::mutate(worker(), |p| {
            p.as_mut().unwrap().details.max_open_jobs = 1_000
        });
        with_version(V1, |version| version.price.value = 1);
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 1, 20));
        let mut jobs: Vec<JobId> = (0..MAX_PAGE + 5).map(|_| open_one()).collect();
        jobs.sort();
        let page = |after, limit| -> Vec<JobId> {
            let rows = Escrow::jobs_of_worker_page(&worker(), after, limit);
            rows.into_iter().map(|job| job.id).collect()
        };
        assert_eq!(page(None, u32::MAX), jobs[..MAX_PAGE as usize]);
        let last = jobs[MAX_PAGE as usize - 1];
        assert_eq!(page(Some(last), u32::MAX), jobs[MAX_PAGE as usize..]);
        assert_eq!(page(None, 2), jobs[..2]);
        assert_eq!(page(None, 0), []);
        assert_eq!(Escrow::jobs_of_worker_page(&stranger(), None, 10), []);
        assert_ok!(attest(signer(), jobs[0], 1));
        assert_eq!(page(None, 1), jobs[1..2]);
        // A page begins after an id that is gone.
        assert_eq!(page(Some(jobs[0]), 1), jobs[1..2]);
    });
}

#[test]
fn keyless_payer_names_an_uploader() {
    test(|| {
        worker_serves();
        let named = || Order {
            uploader: Some(nobody()),
            ..asked()
        };
        let first = open(named()).unwrap();
        let second = open(named()).unwrap();
        assert!(Escrow::may_submit_blob(&nobody()));
        assert_ok!(attest(signer(), first, 1));
        assert!(Escrow::may_submit_blob(&nobody()));
        assert_ok!(attest(signer(), second, 1));
        assert!(!Escrow::may_submit_blob(&nobody()));
    });
}

#[test]
fn debts_alone_do_not_admit_to_the_hop_pool() {
    test(|| {
        let job = open_one();
        NothingMoves::set(true);
        assert_ok!(attest(signer(), job, 1));
        assert!(held(HoldReason::Job, &payer()) > 0);
        assert!(!Escrow::may_submit_blob(&payer()));
        let next = open_one();
        assert!(Escrow::may_submit_blob(&payer()));
        assert_ok!(attest(signer(), next, 1));
        assert!(!Escrow::may_submit_blob(&payer()));
        // A signer that was replaced is out, too.
        assert_ok!(Escrow::update_worker(
            signed(worker()),
            stranger(),
            payout(),
            details()
        ));
        assert!(!Escrow::may_submit_blob(&signer()));
        assert!(Escrow::may_submit_blob(&stranger()));
    });
}

#[test]
fn signers_and_payers_of_open_work_may_use_the_hop_pool() {
    test(|| {
        assert!(!Escrow::may_submit_blob(&signer()));
        worker_serves();
        assert!(Escrow::may_submit_blob(&signer()));
        assert!(!Escrow::may_submit_blob(&worker()));
        assert!(!Escrow::may_submit_blob(&payer()));
        let first = open_one();
        let second = open_one();
        assert!(Escrow::may_submit_blob(&payer()));
        assert_ok!(attest(signer(), first, 1));
        assert!(Escrow::may_submit_blob(&payer()));
        assert_ok!(attest(signer(), second, 1));
        assert!(!Escrow::may_submit_blob(&payer()));
        // One who pays in another asset, too.
        let third = open(asked_for(V2)).unwrap();
        assert!(Escrow::may_submit_blob(&payer()));
        assert_ok!(attest(signer(), third, 1));
        assert!(!Escrow::may_submit_blob(&payer()));
    });
}
