//! How many blocks lie between a request and its payment: looks through the blocks of a node and
//! counts, for each job that was settled, the blocks from the one that opened it.

use clap::Parser;
use myai_chain_client::{events, Chain, ChainError};
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
        let block = chain.block(hash).await?;
        hash = block.parent;
        let is_first = block.number <= 1;
        blocks.push(block);
        if is_first {
            break;
        }
    }
    let mut opened: HashMap<JobId, u32> = HashMap::new();
    let mut took: BTreeMap<u32, u32> = BTreeMap::new();
    for block in blocks.into_iter().rev() {
        for event in chain.events_at(block.hash).await? {
            if let Some(events::JobOpened { job }) = event.read()? {
                opened.insert(job, block.number);
            } else if let Some(events::JobSettled { job }) = event.read()? {
                if let Some(at) = opened.remove(&job) {
                    *took.entry(block.number - at).or_default() += 1;
                }
            }
        }
    }
    println!("blocks from open to paid   jobs");
    for (blocks, jobs) in took {
        println!("{blocks:24}   {jobs:4}");
    }
    Ok(())
}
