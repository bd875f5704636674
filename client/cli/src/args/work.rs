//! `myai worker …`, `myai ask`, `myai job …`

use super::AmountArg;
use crate::parse::{self, AccountArg};
use clap::{Args, Subcommand};
use myai_primitives::{Tick, VersionId};
use myai_sdk::{JobRef, Target};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum WorkerCommand {
    /// List who serves a version, best first.
    List {
        /// A version such as v3, or a model (its newest live version).
        #[arg(value_name = "MODEL")]
        target: Target,
    },
    /// Show a worker, its record and what it serves.
    Show {
        #[arg(value_name = "ACCOUNT")]
        worker: AccountArg,
    },
    /// End a worker's offer of a retired version, so that the version can be removed; anyone may.
    ClearOffer {
        #[arg(value_parser = parse::version_id)]
        version: VersionId,
        #[arg(value_name = "ACCOUNT")]
        worker: AccountArg,
    },
}

#[derive(Clone, Debug, Args)]
pub struct AskArgs {
    /// A model's number or name (its newest live version), or a version such as v3.
    #[arg(value_name = "MODEL")]
    pub target: Target,
    /// The input's file, or - for stdin.
    #[arg(value_name = "INPUT")]
    pub input: PathBuf,
    /// Ask this worker (default: the cheapest whose mailbox answers, the best standing among equals).
    #[arg(long, value_name = "ACCOUNT")]
    pub worker: Option<AccountArg>,
    /// Most units that it may use; what it does not use is given back.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub units: u32,
    /// Most that it may cost in all; refuse otherwise (default: what is quoted).
    #[arg(long, value_name = "AMOUNT")]
    pub max_cost: Option<AmountArg>,
    /// How long the worker has (default: what the worker and the rules ask for at least, and at
    /// least 10 minutes).
    #[arg(long, value_name = "TICKS", value_parser = parse::ticks)]
    pub duration: Option<Tick>,
    /// How long to wait for the answer; the job continues afterwards.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse::seconds)]
    pub timeout: u64,
    /// Write the answer to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Accept the policies that bind the version; without it each is asked for once.
    #[arg(long)]
    pub accept_policies: bool,
    /// Show what it costs and which policies bind, and open nothing.
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Subcommand)]
pub enum JobCommand {
    /// List the jobs kept on this machine, or those that a worker has open.
    List {
        /// Open jobs of this worker instead.
        #[arg(long, value_name = "ACCOUNT")]
        worker: Option<AccountArg>,
    },
    /// Show a job: how it stands on the chain, and what this machine keeps of it.
    Show {
        /// Its id, the first digits of it (6 or more) for a job of this machine, or `latest`.
        job: JobRef,
    },
    /// Read a job's answer, also after the client was killed; uploads what is missing and waits.
    Fetch {
        /// Its id, the first digits of it, or `latest`.
        job: JobRef,
        /// How long to wait for the answer.
        #[arg(long, value_name = "TIME", default_value = "15m", value_parser = parse::seconds)]
        timeout: u64,
        /// Write the answer to this file instead of stdout.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Refund a job whose deadline has passed; anyone may.
    Expire {
        /// Its id, or for a job of this machine the first digits of it or `latest`.
        job: JobRef,
    },
}
