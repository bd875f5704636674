//! Brings a network up, prints its addresses and leaves it running until Ctrl-C or SIGTERM.
//! `zombienet/run.sh` builds what it needs and starts it.

use anyhow::Context;
use myai_zombienet::{wait_for_first_block, Elastic, Network};
use std::path::PathBuf;
use tokio::signal::unix::{signal, SignalKind};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: myai-network FOLDER RELAY_RUNTIME [CORES RUNTIME]";
    let folder = PathBuf::from(arguments.next().context(usage)?);
    let runtime = arguments.next().context(usage)?;
    let cores = arguments.next().map(|n| n.parse()).transpose()?;
    let ours = arguments.next();
    let elastic = match (cores, ours.as_deref()) {
        (None, _) => None,
        (Some(cores), Some(runtime)) => Some(Elastic { cores, runtime }),
        (Some(_), None) => anyhow::bail!(usage),
    };
    let mut terminate = signal(SignalKind::terminate())?;

    let network = tokio::select! {
        network = Network::start(&folder, &runtime, elastic) => network?,
        // Children end with this process.
        _ = tokio::signal::ctrl_c() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    println!("logs and data: {}", folder.display());
    for (name, address) in network.addresses() {
        println!("{name:12} {address}  https://polkadot.js.org/apps/?rpc={address}");
    }
    println!("the parachain's first block takes a minute or two");
    tokio::select! {
        begun = wait_for_first_block(&network) => {
            begun?;
            println!("the parachain's first block is finalised; Ctrl-C ends the network");
            tokio::select! {
                _ = tokio::signal::ctrl_c() => (),
                _ = terminate.recv() => (),
            }
        }
        _ = tokio::signal::ctrl_c() => (),
        _ = terminate.recv() => (),
    }
    network.end().await
}
