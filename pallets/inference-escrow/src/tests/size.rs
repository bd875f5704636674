use crate::{mock::*, types::*, *};
use frame_support::{
    assert_ok,
    traits::{fungible::Mutate, Footprint},
};
use myai_primitives::*;

/// Bytes of an entry, key included.
fn entry(key: Vec<u8>) -> usize {
    let value = sp_io::storage::get(&key).expect("an entry");
    key.len() + value.len()
}

/// A job such as a busy chain has after years: ticks and revisions are large. Open, then ended.
fn measured(version: VersionId, price: Balance, fee: Balance) -> (usize, usize) {
    with_version(version, |known| known.price.value = price);
    Served::set(300_000_000);
    Now::set(300_000_000);
    for n in 0..100 {
        set_rule(Rule::NetworkShare, n);
    }
    assert_ok!(Escrow::set_offer(signed(worker()), version, fee, 20));
    let job = open(Order {
        units: 1_000,
        max_cost: Balance::MAX,
        ..asked_for(version)
    })
    .unwrap();
    let queued = entry(Deadlines::<Test>::hashed_key_for(due_key(300_000_100), job));
    let row = || entry(Jobs::<Test>::hashed_key_for(job));
    let open = row() + queued + entry(JobsOfWorker::<Test>::hashed_key_for(worker(), job));
    System::set_block_number(100_000_000);
    assert_ok!(attest(signer(), job, 1_000));
    assert!(!JobsOfWorker::<Test>::contains_key(worker(), job));
    (open, row() + queued)
}

#[test]
fn an_open_job_takes_at_most_450_bytes() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::remove_offer(signed(worker()), V2));
        Balances::set_balance(&payer(), 1_000_000 * MAI);
        let (open, ended) = measured(V1, 600 * MAI, 60 * MAI);
        println!("an open job: {open} bytes with its keys; an ended one: {ended}");
        assert!(open <= 450, "{open}");
        assert!(ended <= 300, "{ended}");
    });
}

/// Of a footprint in the mock's prices.
fn price(footprint: Footprint) -> Balance {
    PerItem::get() * Balance::from(footprint.count) + PerByte::get() * Balance::from(footprint.size)
}

#[test]
fn deposits_cover_what_is_stored() {
    test(|| {
        let longest = |scheme: &str| {
            let mut uri = scheme.as_bytes().to_vec();
            uri.resize(MAX_URI as usize, b'a');
            uri.try_into().unwrap()
        };
        let details = WorkerDetails {
            endpoint: longest("https://"),
            mailbox: longest("wss://"),
            sealing_key: [11; 32],
            max_open_jobs: u32::MAX,
        };
        let bond = 100 * MAI;
        assert_ok!(Escrow::register_worker(
            signed(worker()),
            signer(),
            payout(),
            details,
            bond
        ));
        assert_ok!(Escrow::set_offer(signed(worker()), V1, 1_000 * MAI, 14_400));
        // What numbers and the record may grow by, and what stays when the worker has left.
        let (grows, record) = (100, 32 + 16 + 32 + 40);
        let stored = entry(Workers::<Test>::hashed_key_for(worker()))
            + entry(Profiles::<Test>::hashed_key_for(worker()))
            + entry(SignerOf::<Test>::hashed_key_for(signer()));
        let footprint = Escrow::worker_footprint();
        assert!((stored..stored + grows + record).contains(&(footprint.size as usize)));
        assert_eq!(footprint.count, 1);
        assert_eq!(held(HoldReason::WorkerDeposit, &worker()), price(footprint));

        let stored = entry(Offers::<Test>::hashed_key_for(worker(), V1))
            + entry(OffersByVersion::<Test>::hashed_key_for(V1, worker()));
        let footprint = Escrow::offer_footprint();
        assert!((stored..stored + grows).contains(&(footprint.size as usize)));
        assert_eq!(footprint.count, 1);
        assert_eq!(held(HoldReason::OfferDeposit, &worker()), price(footprint));
    });
}

#[test]
fn a_job_in_another_asset_is_no_larger() {
    test(|| {
        worker_serves();
        let rich = 1_000_000_000_000_000;
        assert_ok!(Assets::mint(signed(issuer()), DOLLAR, payer(), rich));
        let (open, ended) = measured(V2, 9_000_000_000, 1_000_000_000);
        assert!(open <= 450 && ended <= 300, "{open} {ended}");
    });
}
