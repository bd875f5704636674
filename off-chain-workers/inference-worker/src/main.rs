//! `myai-worker`: the daemon, and what its owner does by hand.

mod operate;
mod serve;

use clap::{Parser, Subcommand};
use myai_chain_client::{ChainError, KeyError};
use myai_inference_worker::{
    artifacts::ArtifactError, config::Config, config::ConfigError, engine::EngineError,
    journal::JournalError, keyring::KeyringError, worker::WorkerError,
};
use std::{path::PathBuf, process::ExitCode};
use tracing_subscriber::EnvFilter;

/// Runs ONNX models for the jobs of a chain that name it, and is paid for each.
///
/// First `setup`, with the key of the account whose bond vouches for the worker; that key is not
/// needed again and can stay offline. Then `run`, with the signer's key alone, which `setup` made.
#[derive(Parser)]
#[command(name = "myai-worker", version, after_long_help = EXAMPLES)]
struct Arguments {
    /// The worker's settings.
    #[arg(
        long,
        short,
        global = true,
        default_value = "worker.toml",
        env = "MYAI_WORKER_CONFIG"
    )]
    config: PathBuf,

    /// Writes logs as JSON, one object a line.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  myai-worker --config worker.toml setup --bond-key bond.key
      Makes the signer and the sealing key where they are not there, then in one transaction
      registers the worker (or brings it up to date), fills the signer's account and offers the
      versions of worker.toml. Changed worker.toml? Run it again: only what differs is sent.
  myai-worker run
      Works until it gets SIGTERM or SIGINT; then takes no more, finishes and leaves. A second
      start goes on where a crash left off.
  myai-worker leave --bond-key bond.key
      Pauses, waits until no job is open, withdraws the offers and gives the bond back.

Key files hold one line: a mnemonic, a 0x-prefixed seed or, in development, a name such as
//Alice. They must be readable by their owner alone (chmod 600).

Exit codes:
  0  done
  1  something unexpected; the message says what
  2  wrong arguments
  3  settings, keys or files of this machine
  4  the chain cannot be reached
  5  the chain refused
  6  the worker is not registered, or not as this machine knows it: run `setup`

Environment:
  RUST_LOG           which logs are written, say `info,myai_inference_worker=debug`
  ORT_DYLIB_PATH     library of ONNX Runtime, where the settings name none
  MYAI_WORKER_CRASH_AT
                     for tests: ends the program as by `kill -9` at `before-inference`,
                     `before-attest` or `after-attest`";

#[derive(Subcommand)]
enum Command {
    /// Registers the worker, funds its signer and offers versions; uses the bond's key once.
    Setup {
        /// File with the key of the account whose bond vouches for the worker.
        #[arg(long, value_name = "FILE")]
        bond_key: PathBuf,
        /// Makes a new sealing key; the old ones still open what was sealed to them.
        #[arg(long)]
        new_sealing_key: bool,
    },
    /// Takes jobs and answers them, until it is told to stop.
    Run,
    /// Takes no new jobs from now on; those that are open go on.
    Pause,
    /// Takes new jobs again.
    Resume,
    /// Ends being a worker, once no job is open, and gives the bond back.
    Leave {
        /// File with the key of the bond's account.
        #[arg(long, value_name = "FILE")]
        bond_key: PathBuf,
    },
    /// Takes a part of the bond back; the least that the rules ask for stays.
    Withdraw {
        /// How much: "1.5 MAI", or "20 units" of the smallest unit.
        #[arg(value_parser = myai_inference_worker::config::parse_amount)]
        amount: u128,
        /// Another asset than MAI, by its id; the amount is then in units.
        #[arg(long)]
        asset: Option<u32>,
        /// File with the key of the bond's account.
        #[arg(long, value_name = "FILE")]
        bond_key: PathBuf,
    },
    /// Shows how the chain knows the worker.
    Status,
}

/// Why the program ends without having done what it should.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("failed to {0}")]
    Config(#[from] ConfigError),
    #[error("failed to {0}")]
    Key(#[from] KeyError),
    #[error("failed to {0}")]
    Keyring(#[from] KeyringError),
    #[error("failed to {0}")]
    Journal(#[from] JournalError),
    #[error("failed to {0}")]
    Files(#[from] ArtifactError),
    #[error("failed to {0}")]
    Engine(#[from] EngineError),
    #[error("failed to {0}")]
    Chain(#[from] ChainError),
    /// Settings, keys or files of this machine.
    #[error("{0}")]
    Here(String),
    /// The chain knows the worker not, or otherwise.
    #[error("{0}")]
    NotAsKnown(String),
    #[error("{0}")]
    Unexpected(String),
}

impl From<WorkerError> for Failure {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Journal(error) => Self::Journal(error),
        }
    }
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Unexpected(_) => 1,
            Self::Config(_)
            | Self::Key(_)
            | Self::Keyring(_)
            | Self::Journal(_)
            | Self::Files(_)
            | Self::Engine(_)
            | Self::Here(_) => 3,
            Self::Chain(error) if error.is_passing() => 4,
            Self::Chain(ChainError::Rpc(_)) => 4,
            Self::Chain(_) => 5,
            Self::NotAsKnown(_) => 6,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    logs(arguments.json, matches!(arguments.command, Command::Run));
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("failed to start: {error}");
            return ExitCode::from(1);
        }
    };
    let done = runtime.block_on(command(arguments));
    // A model that does not stop keeps nobody waiting.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}", myai_inference_worker::in_full(&failure));
            ExitCode::from(failure.code())
        }
    }
}

async fn command(arguments: Arguments) -> Result<(), Failure> {
    let config = Config::read(&arguments.config)?;
    match arguments.command {
        Command::Setup {
            bond_key,
            new_sealing_key,
        } => operate::setup(&config, &bond_key, new_sealing_key).await,
        Command::Run => serve::run(config).await,
        Command::Pause => operate::set_paused(&config, true).await,
        Command::Resume => operate::set_paused(&config, false).await,
        Command::Leave { bond_key } => operate::leave(&config, &bond_key).await,
        Command::Withdraw {
            amount,
            asset,
            bond_key,
        } => operate::withdraw(&config, amount, asset, &bond_key).await,
        Command::Status => operate::status(&config).await,
    }
}

/// Logs go to the standard error output. By hand only what is wrong is logged.
fn logs(json: bool, daemon: bool) {
    let otherwise = if daemon { "info" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    if json {
        logs.json().flatten_event(true).init();
    } else {
        logs.init();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// Every `sh` line of the owner's page that runs this program.
    #[test]
    fn the_commands_of_the_documents_are_understood() {
        let page = include_str!("../../../docs/operating-a-worker.md");
        let mut seen = 0;
        let mut inside = false;
        for line in page.lines().map(str::trim) {
            if line.starts_with("```") {
                inside = line == "```sh";
            } else if inside && line.starts_with("myai-worker ") {
                let parsed = Arguments::try_parse_from(line.split_whitespace());
                assert!(parsed.is_ok(), "{line}: {:?}", parsed.err());
                seen += 1;
            }
        }
        assert!(seen >= 2, "the page shows how to set up and run");
    }

    #[test]
    fn arguments_are_sound() {
        Arguments::command().debug_assert();
        let parsed = Arguments::try_parse_from([
            "myai-worker",
            "withdraw",
            "1.5 MAI",
            "--bond-key",
            "bond.key",
            "-c",
            "w.toml",
        ]);
        let Ok(Arguments {
            command: Command::Withdraw { amount, .. },
            config,
            ..
        }) = parsed
        else {
            panic!("not understood");
        };
        assert_eq!(amount, 1_500_000_000_000);
        assert_eq!(config, PathBuf::from("w.toml"));
        assert!(Arguments::try_parse_from(["myai-worker", "withdraw", "1.5"]).is_err());
    }
}
