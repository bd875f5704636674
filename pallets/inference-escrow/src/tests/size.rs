use crate::{mock::*, types::*, *};
use frame_support::{assert_ok, traits::fungible::Mutate};
use myai_primitives::*;

/// Bytes of an entry, key included.
fn entry(key: Vec<u8>) -> usize {
    let value = sp_io::storage::get(&key).expect("an entry");
    key.len() + value.len()
}

/// A job such as a busy chain has after years: ids, ticks and revisions are large.
fn measured(version: VersionId, price: Balance, fee: Balance) -> usize {
    with_version(version, |known| known.price.value = price);
    Served::set(300_000_000);
    Now::set(300_000_000);
    for n in 0..100 {
        set_rule(Rule::NetworkShare(Ppm(n)));
    }
    NextJob::<Test>::put(JobId(5_000_000_000));
    assert_ok!(Escrow::set_offer(signed(worker()), version, fee, 20));
    let mut order = asked();
    order.version = version;
    order.units = 1_000;
    order.max_cost = Balance::MAX;
    assert_ok!(order.open());
    let key = job_key(JobId(5_000_000_000));
    entry(Jobs::<Test>::hashed_key_for(key))
        + entry(Deadlines::<Test>::hashed_key_for(due_key(300_000_100), key))
}

#[test]
fn an_open_job_takes_at_most_256_bytes() {
    test(|| {
        worker_serves();
        assert_ok!(Escrow::remove_offer(signed(worker()), V2));
        Balances::set_balance(&payer(), 1_000_000 * MAI);
        let native = measured(V1, 600 * MAI, 60 * MAI);
        assert!(native <= 256, "{native}");
        // Beside it, once per account and not per job: the payer's holds for gross and deposits
        // lie in one entry of Balances.
        let holds = entry(pallet_balances::Holds::<Test>::hashed_key_for(payer()));
        assert!(holds <= 120, "{holds}");
    });
}

#[test]
fn a_job_in_another_asset_is_no_larger() {
    test(|| {
        worker_serves();
        let rich = 1_000_000_000_000_000;
        assert_ok!(Assets::mint(signed(issuer()), DOLLAR, payer(), rich));
        let dollars = measured(V2, 9_000_000_000, 1_000_000_000);
        assert!(dollars <= 256, "{dollars}");
        // Beside it, once per account: the gross lies in the payer's entry of the assets' holder.
    });
}
