use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use myai_primitives::*;

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
        assert_ok!(Escrow::pause(signed(other.clone())));
        assert!(!Escrow::offers_page(&other, None, 1)[0].available);
    });
}

#[test]
fn a_quote_is_what_opening_takes_and_changes_nothing() {
    test(|| {
        worker_serves();
        let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
        let quote = Escrow::quote(&payer(), V1, &worker(), Mode::Direct, 2, 100).unwrap();
        assert_eq!(sp_io::storage::root(sp_runtime::StateVersion::V1), before);
        let free = TestMoney::spendable(&Asset::Native, &payer());
        assert_ok!(asked().open());
        let deposit = held(HoldReason::JobDeposit, &payer());
        assert_eq!(
            quote,
            Quote {
                asset: Asset::Native,
                price: 8 * MAI,
                fee: 2 * MAI,
                gross: 10 * MAI,
                network: 10 * MAI / 40,
                deposit,
            }
        );
        assert_eq!(
            free - TestMoney::spendable(&Asset::Native, &payer()),
            10 * MAI + deposit
        );
    });
}

#[test]
fn a_quote_refuses_as_opening_does() {
    test(|| {
        worker_serves();
        let quote = |payer: AccountId, version, units, duration| {
            Escrow::quote(&payer, version, &worker(), Mode::Direct, units, duration)
        };
        assert_noop!(quote(payer(), V1, 0, 100), Error::<Test>::NoUnits);
        assert_noop!(quote(payer(), V1, 1, 9), Error::<Test>::DurationOutOfBounds);
        assert_noop!(quote(payer(), V1, 1, 19), Error::<Test>::ShorterThanOffered);
        assert_noop!(quote(payer(), V3, 1, 100), Error::<Test>::NotServed);
        assert_noop!(quote(payer(), VersionId(9), 1, 100), UNKNOWN);
        assert_noop!(
            quote(nobody(), V1, 1, 100),
            sp_runtime::TokenError::FundsUnavailable
        );
        assert_noop!(
            Escrow::quote(&payer(), V1, &stranger(), Mode::Direct, 1, 100),
            Error::<Test>::WorkerNotFound
        );
    });
}

#[test]
fn jobs_are_paged_in_order_and_ended_ones_skipped() {
    test(|| {
        let first = open_one();
        let mut foreign = asked();
        foreign.units = 1;
        assert_ok!(foreign.open_by(stranger()));
        let third = open_one();
        assert_eq!(
            Escrow::job_view(first),
            Some(JobView {
                id: first,
                payer: payer(),
                opener: None,
                version: V1,
                mode: Mode::Direct,
                workers: vec![worker()],
                units: 2,
                asset: Asset::Native,
                price: 4 * MAI,
                fee: MAI,
                deadline: START + 100,
                revision: 0,
                input_commitment: INPUT,
                blob: BLOB,
            })
        );
        let ids = |page: (Vec<JobView<AccountId>>, Option<JobId>)| {
            let ids: Vec<JobId> = page.0.into_iter().map(|job| job.id).collect();
            (ids, page.1)
        };
        let of_payer = |from, limit| ids(Escrow::jobs_page(&payer(), from, limit));
        assert_eq!(of_payer(JobId(0), 10), (vec![first, third], None));
        assert_eq!(of_payer(JobId(0), 1), (vec![first], Some(JobId(1))));
        assert_eq!(of_payer(JobId(1), 1), (vec![third], None));
        assert_eq!(of_payer(JobId(3), 1), (vec![], None));
        assert_eq!(of_payer(JobId(0), 0), (vec![], Some(first)));
        let of_worker = ids(Escrow::jobs_of_worker_page(&worker(), JobId(0), 10));
        assert_eq!(of_worker, (vec![first, JobId(1), third], None));
        let nothing = ids(Escrow::jobs_of_worker_page(&stranger(), JobId(0), 10));
        assert_eq!(nothing, (vec![], None));

        assert_ok!(attest(signer(), first, 1));
        assert_eq!(Escrow::job_view(first), None);
        assert_eq!(of_payer(JobId(0), 10), (vec![third], None));
    });
}

#[test]
fn a_page_looks_at_a_bounded_number_of_jobs() {
    test(|| {
        let mut roomy = details();
        roomy.max_open_jobs = u32::MAX;
        assert_ok!(Escrow::register_worker(
            signed(worker()),
            signer(),
            payout(),
            roomy,
            100 * MAI
        ));
        assert_ok!(Escrow::set_offer(signed(worker()), V3, 0, 20));
        let mut order = asked();
        order.version = V3;
        for _ in 0..MAX_SCAN + 1 {
            assert_ok!(order.clone().open());
        }
        let page = Escrow::jobs_page(&stranger(), JobId(0), 10);
        assert_eq!(page, (vec![], Some(JobId(MAX_SCAN.into()))));
        let page = Escrow::jobs_page(&stranger(), JobId(MAX_SCAN.into()), 10);
        assert_eq!(page, (vec![], None));
        let (rows, next) = Escrow::jobs_page(&payer(), JobId(0), u32::MAX);
        assert_eq!(rows.len() as u32, MAX_PAGE);
        assert_eq!(next, Some(JobId(MAX_PAGE.into())));
    });
}

#[test]
fn signers_and_openers_of_open_work_may_use_the_pool_of_blobs() {
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
    });
}
