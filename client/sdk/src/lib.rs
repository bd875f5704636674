//! Asks models of My AI Network, and claims what answers earned: what the command line `myai` is
//! made of, for programs that want the same.
//!
//! # Words
//!
//! - [`Network`]: the chain through one of its nodes, with models, versions and workers to read.
//! - [`Question`] and [`Quotation`]: an input for a version of a model; who would answer it, and
//!   for what.
//! - [`JobStore`] and [`SavedJob`]: the folder of what this machine has opened. It holds the keys
//!   to the answers.
//! - [`JobTracker`]: follows one job to its [`Answer`], and says each [`Step`].
//! - [`Owed`] and [`Claimed`]: what splits and issuance owe an account.
//!
//! The glossary of the repository has the network's own words: model, version, worker, split.
//!
//! # The story of one question
//!
//! 1. [`Network::quote`] finds the cheapest available worker of the version whose mailbox answers,
//!    and the chain says what the job costs at most.
//! 2. [`Network::open`] draws a salt and two one-time keys, seals the input for the worker, makes
//!    the order, whose hash is the job's id, and writes all of it to the disk: from here on the
//!    answer can be read whatever happens to this program. Then the job opens: price, fee and a
//!    deposit are held in the payer's account.
//! 3. [`JobTracker::answer`] uploads the sealed input to the HOP pool that the worker reads, and
//!    compares the chain's state with what is to be done until the worker has attested; it receives
//!    the answer, opens it with the one-time key, and checks it against the commitment on the chain.
//! 4. [`JobTracker::mark_read`] lets the pool forget the answer.
//!
//! [`Network::follow`] resumes a job wherever it was interrupted: it reads the job's state on the
//! chain, and no block of the past.
//!
//! ```no_run
//! # async fn ask() -> myai_sdk::Result<()> {
//! use myai_sdk::{JobStore, Key, Network, Question, Target};
//! use std::{path::Path, time::Duration};
//!
//! let network = Network::connect("ws://127.0.0.1:9944").await?;
//! let payer = Key::from_file(Path::new("payer.key"))?;
//! let store = JobStore::new(Path::new("data"));
//!
//! let target: Target = "digits".parse().expect("a model's name");
//! let version = network.target(&target).await?;
//! let question = Question::new(version, b"an input".to_vec());
//! let quotation = network.quote(&question, &payer.account()).await?;
//! println!("at most {}", network.names.show(&quotation.costs.asset, quotation.costs.gross));
//!
//! let progress = |step| eprintln!("{step}");
//! let mut job = network.open(&store, &payer, &question, &quotation, &progress).await?;
//! let answer = job.answer(Duration::from_secs(900), &progress).await?;
//! println!("{}", String::from_utf8_lossy(&answer.bytes));
//! job.mark_read().await
//! # }
//! ```
//!
//! # What is trusted
//!
//! The node that is asked: it tells prices and how jobs stand. Not the worker, beyond what it
//! attested, and not the pool: an [`Answer`] is the one whose commitment is on the chain. Errors
//! and views may hold text that others wrote: [`words::plain`] makes it harmless for a terminal.

#![warn(missing_docs)]

pub mod amount;
mod answer;
pub mod claims;
mod error;
mod job_store;
mod network;
mod open;
pub mod policies;
mod quote;
mod target;
mod tracker;
pub mod words;

pub use answer::Answer;
pub use claims::{Claimed, Owed};
pub use error::{Error, Result};
pub use job_store::{End, JobRef, JobStore, SavedJob};
pub use network::Network;
pub use quote::{Question, Quotation};
pub use target::{ModelRef, Target};
pub use tracker::{JobTracker, Step};

pub use myai_chain_client::{AccountId, Key};
