//! Asks a model of the network from Rust, and prints the answer:
//!
//! ```sh
//! cargo run -p myai-sdk --example ask -- digits picture.png payer.key
//! ```
//!
//! `digits` is a model's name or number, or a version such as `v3`; `payer.key` is a file with the
//! payer's secret phrase, readable by its owner alone. `MYAI_NODE` names another node than the one
//! on this machine.

use myai_sdk::{JobStore, Key, Network, Question, Target};
use std::{error::Error, path::Path, time::Duration};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, input, key] = &arguments[..] else {
        return Err("usage: ask MODEL INPUT KEY-FILE".into());
    };
    let node = std::env::var("MYAI_NODE").unwrap_or("ws://127.0.0.1:9944".into());
    let network = Network::connect(&node).await?;
    let payer = Key::from_file(Path::new(key))?;
    // What an answer needs is kept here before it is paid for: keep the folder.
    let store = JobStore::new(Path::new("answers"));

    let version = network.target(&model.parse::<Target>()?).await?;
    let question = Question::new(version, std::fs::read(input)?);
    let quotation = network.quote(&question, &payer.account()).await?;
    if !quotation.policies.is_empty() {
        return Err("policies bind everyone who uses the answer: show them first".into());
    }
    let costs = &quotation.costs;
    eprintln!("at most {}", network.names.show(&costs.asset, costs.gross));

    let progress = |step| eprintln!("{step}");
    let opened = network.open(&store, &payer, &question, &quotation, &progress);
    let mut job = opened.await?;
    let answer = job.answer(Duration::from_secs(900), &progress).await?;
    println!("{}", String::from_utf8_lossy(&answer.bytes));
    eprintln!("paid {}", network.names.amount(&answer.paid));
    job.mark_read().await?;
    Ok(())
}
