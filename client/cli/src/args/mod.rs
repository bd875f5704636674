//! The command line's shape. What a command does is in [`crate::commands`].

mod data;
mod gov;
mod model;
mod spec_file;
mod work;

pub use data::*;
pub use gov::*;
pub use model::*;
pub use spec_file::*;
pub use work::*;

use crate::parse::AccountArg;
use clap::{Args, Parser, Subcommand};
use myai_chain_client::exit::Exit;
use std::path::PathBuf;

const DETAILS: &str = "\
Amounts are written `1.5 MAI`, `250000 asset:1` (the asset's smallest units) or, where the chain
knows the asset's name, `12.5 USDT`. Shares are parts per million, or `2.5%`. Durations are ticks
of the relay chain (six seconds each), or `90s`, `10m`, `2h`, `1d`. An account is an address, its
public key in hexadecimal, or `//Alice` on a development chain.";

/// My AI Network: models, data and computing power whose owners are paid for each answer.
#[derive(Debug, Parser)]
#[command(name = "myai", version, after_help = exit_codes(), after_long_help = long_help())]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

fn long_help() -> String {
    format!("{DETAILS}\n\n{}", exit_codes())
}

fn exit_codes() -> String {
    Exit::table(&[
        Exit::Done,
        Exit::Refused,
        Exit::Usage,
        Exit::Unreachable,
        Exit::TimedOut,
        Exit::Unsound,
        Exit::Local,
        Exit::Unshown,
    ])
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Address of a node's RPC server.
    // The variable may contain a user and a password, which help would show.
    #[arg(
        long,
        global = true,
        env = "MYAI_NODE",
        value_name = "URL",
        hide_env_values = true
    )]
    #[arg(default_value = "ws://127.0.0.1:9944")]
    pub node: String,

    /// A development key such as //Alice; for any other use --key-file. Goes before --key-file.
    #[arg(long, global = true, value_name = "URI")]
    pub key: Option<String>,

    /// File with the secret phrase or seed that signs, readable by its owner alone.
    #[arg(long, global = true, env = "MYAI_KEY_FILE", value_name = "PATH")]
    pub key_file: Option<PathBuf>,

    /// Print the result as JSON.
    #[arg(long, global = true)]
    pub json: bool,

    /// Where jobs are kept (default: myai in the user's data folder).
    #[arg(long, global = true, env = "MYAI_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Print no notes and no progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Models and their versions.
    #[command(subcommand)]
    Model(ModelCommand),
    /// Datasets, their terms and the grants to train on them.
    #[command(subcommand)]
    Dataset(DatasetCommand),
    /// Workers and what they serve.
    #[command(subcommand)]
    Worker(WorkerCommand),
    /// Ask a model: pay a worker for one answer.
    Ask(AskArgs),
    /// Jobs that were opened.
    #[command(subcommand)]
    Job(JobCommand),
    /// Claim what splits owe, from the most derived version up to its bases, and the issuance earned.
    Claim(ClaimArgs),
    /// What an account has, holds and is owed.
    Account(AccountArgs),
    /// The network's rules, and votes on them.
    #[command(subcommand)]
    Gov(GovCommand),
}

/// A page of a list.
#[derive(Clone, Copy, Debug, Args)]
pub struct Page {
    /// First number that may be listed.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub from: u32,
    /// Most rows.
    #[arg(long, value_name = "ROWS", default_value_t = 50)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct ClaimArgs {
    /// For whom (default: the key's account); anyone may claim for anyone.
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<AccountArg>,
    /// Only this asset: MAI, asset:1 or a symbol.
    #[arg(long, value_name = "ASSET")]
    pub asset: Option<String>,
    /// Show what would be claimed and send nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Args)]
pub struct AccountArgs {
    /// Whose (default: the key's account).
    #[arg(value_name = "ACCOUNT")]
    pub account: Option<AccountArg>,
}

/// A file that the chain fixes by its hash: its copy on this machine and where others find it.
#[derive(Clone, Debug, Args)]
pub struct MetadataArgs {
    /// File that describes it, of any form; its SHA-256 and length go on the chain.
    #[arg(long, value_name = "FILE")]
    pub metadata: PathBuf,
    /// Where others find that file, at most four times (default: file://PATH).
    #[arg(long, value_name = "URI")]
    pub metadata_uri: Vec<String>,
}

/// An amount on the command line.
pub type AmountArg = myai_sdk::amount::TypedAmount;
