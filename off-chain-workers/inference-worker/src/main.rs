//! `myai-worker`: the daemon, and what its owner does by hand.

mod admin;
mod doctor;
mod run;

use clap::{Parser, Subcommand};
use myai_chain_client::{exit::Exit, messages, ChainError, KeyError, QUIET_LOGS};
use myai_inference_worker::{
    artifacts::ArtifactError,
    config::{parse_amount, Config, ConfigError, Written},
    journal::JournalError,
    keyring::KeyringError,
    runner,
};
use std::{path::PathBuf, process::ExitCode};
use tracing_subscriber::EnvFilter;

/// Runs ONNX models for the jobs of a chain that name it, and is paid for each.
///
/// First `setup`, with the key of the account whose bond vouches for the worker; that key is not
/// needed again and can stay offline. Then `run`, with the signer's key alone, which `setup` made.
#[derive(Parser)]
#[command(name = "myai-worker", version, after_long_help = long_help())]
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

    /// Writes logs as JSON, one object a line; and the findings of `doctor`.
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
      versions of worker.toml. Changed worker.toml? Run it again: only what differs is sent, and
      versions that are not listed any more are withdrawn. It tells when a worker that is
      running must be restarted: after a change of the signer. It finds a new sealing key itself.
  myai-worker run
      Works until it gets SIGTERM or SIGINT; then takes no more, finishes and leaves. A second
      start continues where a crash left off.
  myai-worker leave --bond-key bond.key
      Pauses, waits until no job is open, withdraws the offers and gives the bond back.

Key files hold one line: a mnemonic, a 0x-prefixed seed or, in development, a name such as
//Alice. They must be readable by their owner alone (chmod 600).

Environment:
  RUST_LOG           which logs are written, say `info,myai_inference_worker=debug`
  ORT_DYLIB_PATH     library of ONNX Runtime, where the settings name none
  MYAI_WORKER_CRASH_AT
                     for tests: ends the program as by `kill -9` at `before-inference`,
                     `before-attest` or `after-attest`";

fn long_help() -> String {
    let codes = Exit::table(&[
        Exit::Done,
        Exit::Refused,
        Exit::Usage,
        Exit::Unreachable,
        Exit::TimedOut,
        Exit::Local,
        Exit::Unregistered,
        Exit::Unexpected,
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

#[derive(Subcommand)]
enum Command {
    /// Registers the worker, funds its signer and offers versions; uses the bond's key once.
    ///
    /// Where there is a worker already, it is brought up to date. A lower bond is not sent:
    /// `withdraw` takes a part of it back. The mailbox is published; one that only clients on this
    /// machine reach is warned about, and one with a user, password or query in it is refused.
    Setup {
        /// File with the key of the account whose bond vouches for the worker.
        #[arg(long, value_name = "FILE")]
        bond_key: PathBuf,
        /// Makes a new sealing key; the old ones still open the inputs sealed to them.
        #[arg(long)]
        new_sealing_key: bool,
    },
    /// Takes jobs and answers them, until a signal stops it.
    Run {
        /// Runs models also where the kernel cannot filter a process's calls: only for a worker
        /// that trusts every model it offers.
        #[arg(long)]
        allow_unsandboxed: bool,
    },
    /// Loads one model and runs it, without rights: `run` starts these.
    #[command(hide = true)]
    Runner(runner::Settings),
    /// Takes no new jobs from now on; open jobs are finished.
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
        #[arg(value_parser = parse_amount)]
        amount: Written,
        /// Another asset than MAI, by its id; the amount is then written in units.
        #[arg(long)]
        asset: Option<u32>,
        /// File with the key of the bond's account.
        #[arg(long, value_name = "FILE")]
        bond_key: PathBuf,
    },
    /// Shows how the chain knows the worker.
    Status,
    /// Looks at all that the worker needs, and advises how to mend it.
    ///
    /// A line for each check: ok, warning or failed; with --json one array. Changes nothing. Run it
    /// as the worker's user.
    Doctor,
}

/// Why the program failed, in whole sentences.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("failed to {0}")]
    Config(#[from] ConfigError),
    #[error("{}", messages::key(.0))]
    Key(#[from] KeyError),
    #[error("{}", keyring_trouble(.0))]
    Keyring(#[from] KeyringError),
    #[error("failed to {0}")]
    Journal(#[from] JournalError),
    #[error("failed to {0}")]
    Files(#[from] ArtifactError),
    #[error("{}", messages::chain(.0))]
    Chain(#[from] ChainError),
    #[error("{0}")]
    Arguments(String),
    /// Settings, keys or files of this machine.
    #[error("{0}")]
    Here(String),
    /// The chain knows the worker not, or otherwise.
    #[error("{0}")]
    NotAsKnown(String),
    #[error("{0}")]
    Unexpected(String),
}

fn keyring_trouble(error: &KeyringError) -> String {
    match error {
        KeyringError::Key(error) => messages::key(error),
        KeyringError::Empty { .. } => error.to_string(),
        KeyringError::Disk { .. } | KeyringError::Unreadable { .. } => format!("failed to {error}"),
    }
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Unexpected(_) => Exit::Unexpected,
            Self::Arguments(_) => Exit::Usage,
            Self::Config(_)
            | Self::Key(_)
            | Self::Keyring(_)
            | Self::Journal(_)
            | Self::Files(_)
            | Self::Here(_) => Exit::Local,
            Self::Chain(error) => error.into(),
            Self::NotAsKnown(_) => Exit::Unregistered,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Before there is a second thread, and with no word in the log of its own.
    if let Command::Runner(settings) = &arguments.command {
        return runner::main(settings);
    }
    logs(
        arguments.json,
        matches!(arguments.command, Command::Run { .. }),
    );
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: failed to start: {error}");
            return Exit::Unexpected.into();
        }
    };
    let done = runtime.block_on(command(arguments));
    // A model that does not stop keeps nobody waiting.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            failure.exit().into()
        }
    }
}

async fn command(arguments: Arguments) -> Result<(), Failure> {
    let config = Config::read(&arguments.config)?;
    match arguments.command {
        Command::Setup {
            bond_key,
            new_sealing_key,
        } => admin::setup(&config, &bond_key, new_sealing_key).await,
        Command::Run { allow_unsandboxed } => run::run(config, allow_unsandboxed).await,
        Command::Runner(_) => Ok(()),
        Command::Pause => admin::set_paused(&config, true).await,
        Command::Resume => admin::set_paused(&config, false).await,
        Command::Leave { bond_key } => admin::leave(&config, &bond_key).await,
        Command::Withdraw {
            amount,
            asset,
            bond_key,
        } => admin::withdraw(&config, amount, asset, &bond_key).await,
        Command::Status => admin::status(&config).await,
        Command::Doctor => doctor::doctor(&config, arguments.json).await,
    }
}

/// Logs go to the standard error output; for commands typed by hand, only errors and warnings.
fn logs(json: bool, daemon: bool) {
    let otherwise = if daemon { "info" } else { "warn" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(otherwise));
    let quiet = QUIET_LOGS.parse();
    let filter = quiet.into_iter().fold(filter, EnvFilter::add_directive);
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

    const PAGE: &str = include_str!("../../../docs/operating-a-worker.md");
    const EXAMPLE: &str = include_str!("../worker.toml");

    /// The fenced blocks of the page in one language.
    fn blocks(language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut fence = None;
        for line in PAGE.lines().map(str::trim) {
            match (line.strip_prefix("```"), &fence) {
                (Some(opened), None) => {
                    fence = Some(opened.to_string());
                    blocks.push((opened.to_string(), String::new()));
                }
                (Some(_), Some(_)) => fence = None,
                (None, Some(_)) => {
                    if let Some((_, block)) = blocks.last_mut() {
                        block.push_str(line);
                        block.push('\n');
                    }
                }
                (None, None) => (),
            }
        }
        blocks
            .into_iter()
            .filter(|(l, _)| l == language)
            .map(|(_, block)| block)
            .collect()
    }

    /// The code that stands in lines of text and of tables.
    fn inline() -> Vec<String> {
        let mut inside = false;
        let text: Vec<&str> = PAGE
            .lines()
            .filter(|line| {
                let fence = line.trim_start().starts_with("```");
                inside ^= fence;
                !inside && !fence
            })
            .collect();
        let text = text.join("\n");
        text.split('`').skip(1).step_by(2).map(Into::into).collect()
    }

    /// The words of a line as a shell makes them, as far as the page needs it.
    fn words(line: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word: Option<String> = None;
        let mut quote = None;
        for c in line.chars() {
            match (quote, c) {
                (Some(q), c) if q == c => quote = None,
                (None, '"' | '\'') => {
                    quote = Some(c);
                    word.get_or_insert_default();
                }
                (None, c) if c.is_whitespace() => words.extend(word.take()),
                (_, c) => word.get_or_insert_default().push(c),
            }
        }
        assert_eq!(quote, None, "a quote is not closed in {line}");
        words.extend(word);
        words
    }

    /// Words of a line that runs this program; `sudo -u SOMEBODY` may stand before.
    fn run_by(line: &str) -> Option<Vec<String>> {
        let words = words(line);
        let own = match words.first().map(String::as_str) {
            Some("sudo") if words.get(1)? == "-u" => words.get(3..)?.to_vec(),
            _ => words,
        };
        // Alone it is the name of the program, of its unit or of its user.
        (own.first()? == "myai-worker" && own.len() > 1).then_some(own)
    }

    #[test]
    fn the_commands_of_the_page_are_understood() {
        let mut lines: Vec<String> = blocks("sh")
            .iter()
            .flat_map(|block| {
                let joined = block.replace("\\\n", " ");
                joined.lines().map(Into::into).collect::<Vec<String>>()
            })
            .collect();
        lines.extend(inline());
        let mut seen = std::collections::BTreeSet::new();
        for command in lines.iter().filter_map(|line| run_by(line)) {
            if let Err(error) = Arguments::try_parse_from(&command) {
                // What was asked for, as with --help, goes to the standard output.
                assert!(!error.use_stderr(), "{command:?}: {error}");
            }
            for subcommand in Arguments::command().get_subcommands() {
                if command.iter().any(|w| w == subcommand.get_name()) {
                    seen.insert(subcommand.get_name().to_string());
                }
            }
        }
        let arguments = Arguments::command();
        for subcommand in arguments.get_subcommands().filter(|c| !c.is_hide_set()) {
            let name = subcommand.get_name();
            assert!(seen.contains(name), "the page does not show `{name}`");
        }
    }

    #[test]
    fn commands_are_found_on_the_page_as_a_shell_reads_them() {
        assert_eq!(
            words(r#"myai-worker withdraw "1.5 MAI" 'a b'c """#),
            ["myai-worker", "withdraw", "1.5 MAI", "a bc", ""]
        );
        let run = |line| run_by(line).map(|w| w.join("|"));
        assert_eq!(
            run("sudo -u myai-worker myai-worker status").as_deref(),
            Some("myai-worker|status")
        );
        assert_eq!(run("sudo systemctl enable --now myai-worker"), None);
        assert_eq!(run("myai-worker"), None);
    }

    /// `more` laid over `base`: tables grow, everything else is replaced.
    fn lay_over(base: &mut toml::Table, more: toml::Table) {
        for (key, value) in more {
            match (base.get_mut(&key), value) {
                (Some(toml::Value::Table(base)), toml::Value::Table(more)) => lay_over(base, more),
                (_, value) => drop(base.insert(key, value)),
            }
        }
    }

    #[test]
    fn the_settings_of_the_page_are_read() {
        let snippets = blocks("toml");
        assert!(!snippets.is_empty());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("worker.toml");
        for snippet in &snippets {
            let mut settings: toml::Table = EXAMPLE.parse().unwrap();
            lay_over(&mut settings, snippet.parse().unwrap());
            std::fs::write(&path, toml::to_string(&settings).unwrap()).unwrap();
            if let Err(error) = Config::read(&path) {
                panic!("{error} in\n{snippet}");
            }
        }
    }

    #[test]
    fn failures_are_whole_sentences() {
        let said = |failure: Failure| failure.to_string();
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("bond.key");
        let shown = missing.display().to_string();

        let error = myai_chain_client::Key::from_file(&missing).unwrap_err();
        let read = said(error.into());
        assert!(
            read.starts_with(&format!("cannot read the key file {shown}: No such file")),
            "{read}"
        );
        let open = KeyError::Open {
            path: missing.clone(),
            mode: 0o644,
        };
        assert_eq!(
            said(KeyringError::from(open).into()),
            format!(
                "the key file {shown} can be read by others (mode 0644): run `chmod 600 {shown}`"
            )
        );
        let empty = KeyringError::Empty {
            path: missing.clone(),
        };
        assert_eq!(
            said(empty.into()),
            format!("there is no sealing key in {shown}: run `myai-worker setup` first")
        );
        let settings = said(Config::read(&missing).unwrap_err().into());
        assert!(
            settings.starts_with(&format!("failed to read {shown}: No such file")),
            "{settings}"
        );
        let unknown = ChainError::Dispatch {
            pallet: "InferenceEscrow".into(),
            name: "WorkerNotFound".into(),
            docs: "The account is no worker.".into(),
        };
        assert_eq!(
            said(unknown.into()),
            "the chain refused: the account is no worker (InferenceEscrow.WorkerNotFound): \
             `myai-worker setup` registers one"
        );
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
        assert_eq!(amount, Written::Mai(1_500_000_000_000));
        assert_eq!(config, PathBuf::from("w.toml"));
        assert!(Arguments::try_parse_from(["myai-worker", "withdraw", "1.5"]).is_err());
    }
}
