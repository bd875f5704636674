//! How many attestations of one worker come into blocks each second, where every message between
//! the worker and its node takes 30 ms on its way, in either direction. The node is the one of the
//! tests: it checks signatures and nonces, and makes a block every six seconds.
//!
//! `cargo bench -p myai-chain-client --profile dev --bench attestations`

use myai_chain_client::{
    calls,
    testing::{FakeNode, Pool},
    Chain, ChainError, Hash32, Key,
};
use myai_primitives::JobId;
use std::{
    error::Error,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc,
    },
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{interval, sleep, Instant},
};

const DELAY: Duration = Duration::from_millis(30);
const BLOCK: Duration = Duration::from_secs(6);
const MEASURED: Duration = Duration::from_secs(20);
/// Jobs that end at once. A node lets a connection watch 1,024 calls.
const AT_ONCE: usize = 600;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let node = FakeNode::start().await;
    node.state().delay = DELAY;
    let chain = Chain::connect(&node.url).await?;
    let key = Key::from_uri("//Worker")?;
    let mut others = JoinSet::new();
    let mut heads = chain.heads();
    others.spawn(async move {
        loop {
            heads.next().await;
        }
    });
    // A first call, in its own block, so that what is asked once is known.
    chain.submit(&key, attestation(0)).await?;
    {
        let mut state = node.state();
        state.otherwise = Pool::Hold;
        state.counts.clear();
    }
    let miner = node.clone();
    others.spawn(async move {
        let mut blocks = interval(BLOCK);
        loop {
            blocks.tick().await;
            miner.mine_pool();
        }
    });

    let (done, next) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(1)));
    let mut jobs: JoinSet<Result<(), ChainError>> = JoinSet::new();
    let began = Instant::now();
    for _ in 0..AT_ONCE {
        let (chain, key) = (chain.clone(), key.clone());
        let (done, next) = (done.clone(), next.clone());
        jobs.spawn(async move {
            loop {
                let job = next.fetch_add(1, Ordering::Relaxed);
                chain.submit(&key, attestation(job)).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tokio::select! {
        () = sleep(MEASURED) => {}
        Some(failed) = jobs.join_next() => failed??,
    }
    let (done, seconds) = (done.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
    println!(
        "{done} attestations in blocks within {seconds:.1} s, {:.1} a second; {AT_ONCE} at once, \
         {} ms each way",
        done as f64 / seconds,
        DELAY.as_millis()
    );
    for (method, n) in &node.state().counts {
        println!("{n:>8}  {method}");
    }
    Ok(())
}

fn attestation(job: u64) -> myai_chain_client::Call {
    let mut id: Hash32 = [0; 32];
    id[..8].copy_from_slice(&job.to_le_bytes());
    calls::attest(JobId(id), [1; 32], 1, [2; 32])
}
