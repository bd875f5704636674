use crate::{mock::*, types::*, *};
use frame_support::{assert_ok, traits::fungible::Mutate};
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
