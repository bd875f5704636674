//! How many blocks lie between a request and its payment: looks through the blocks of a node and
//! counts, for each job that was settled, the blocks from the one that opened it.

use clap::Parser;
use myai_chain_client::{Chain, ChainError, EscrowEvent};
use myai_primitives::JobId;
use std::collections::{BTreeMap, HashMap};

/// Counts the blocks from each job's opening to its payment, and prints how often each number was
/// seen. The node must still have the state of those blocks.
#[derive(Parser)]
struct Arguments {
    /// Address of a node's RPC server.
    #[arg(long, env = "MYAI_NODE", default_value = "ws://127.0.0.1:9944")]
    node: String,
    /// How many of the last blocks are looked through.
    #[arg(long, default_value_t = 200)]
    blocks: u32,
}

#[tokio::main]
async fn main() -> Result<(), ChainError> {
    let arguments = Arguments::parse();
    let chain = Chain::connect(&arguments.node).await?;
    let mut hash = chain.best().await?.hash;
    let mut blocks = vec![];
    for _ in 0..arguments.blocks {
        let head = chain.head(hash).await?;
        blocks.push((head.number, hash));
        if head.number <= 1 {
            break;
        }
        hash = head.parent;
    }
    let mut opened: HashMap<JobId, u32> = HashMap::new();
    let mut took: BTreeMap<u32, u32> = BTreeMap::new();
    for (number, hash) in blocks.into_iter().rev() {
        for event in chain.events_at(hash).await? {
            match event.escrow() {
                Ok(Some(EscrowEvent::JobOpened { job, .. })) => {
                    opened.insert(job, number);
                }
                Ok(Some(EscrowEvent::JobSettled { job, .. })) => {
                    if let Some(at) = opened.remove(&job) {
                        *took.entry(number - at).or_default() += 1;
                    }
                }
                _ => (),
            }
        }
    }
    println!("blocks from open to paid   jobs");
    for (blocks, jobs) in took {
        println!("{blocks:24}   {jobs:4}");
    }
    Ok(())
}
