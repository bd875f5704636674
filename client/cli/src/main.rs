//! The program `myai`; see the library.

use clap::Parser;
use myai_chain_client::QUIET_LOGS;
use myai_client::{args::Cli, commands, output::Output};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.global.json, cli.global.quiet);
    // The libraries' logs are off unless RUST_LOG is set.
    let filter = match EnvFilter::try_from_default_env() {
        Ok(filter) => {
            let quiet = QUIET_LOGS.parse();
            quiet.into_iter().fold(filter, EnvFilter::add_directive)
        }
        Err(_) => EnvFilter::new("off"),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match commands::run(cli, output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output.fail(&e);
            e.exit().into()
        }
    }
}
