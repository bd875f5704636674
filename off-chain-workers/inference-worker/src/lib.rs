//! The worker: takes the jobs that name it, runs their ONNX models and attests the answers.
//!
//! # Words
//!
//! - **Keeper**: the process that has the keys, the chain and the journal: `myai-worker run`.
//! - **Runner**: a process without rights that loads one model: `myai-worker runner`.
//! - **HOP pool**: the node's hand-off pool, through which sealed inputs and answers travel.
//! - **Journal**: the file with the answers that the worker has promised and that are not final
//!   yet.
//! - **Version**: one model file on the chain, with the manifest that says how it is used.
//!
//! # Story
//!
//! A payer opens a job on the chain that names a version and a worker, and leaves the sealed input
//! in the HOP pool of the worker's node. The worker sees the job in a best block, fetches the input
//! and opens it. A runner turns it into tensors as the version's manifest says, runs the model and
//! turns the output into an answer in its canonical form. The worker seals the answer to the
//! payer's one-time key, writes it into the journal, leaves it in the pool and attests its hash. A
//! job that the worker cannot answer it declines at once, with the reason; a job that nobody ends
//! is refunded when its deadline passes.
//!
//! # Parts
//!
//! - Keeper: the [`dispatcher`] decides at each best block which jobs are taken. [`job`] leads one
//!   job from step to step. The [`journal`] keeps promises on disk. [`backend`] is the chain and
//!   the pool as one trait. The [`executor`] has requests answered by runners. [`artifacts`]
//!   fetches files, [`estimate`] measures time, [`preload`] loads models before the first job,
//!   [`payers`] knows whose jobs come last.
//! - Between keeper and runners: the [`protocol`].
//! - Runner: [`runner`]. ONNX Runtime is there and nowhere else.
//! - For operators and systemd: [`config`], [`keyring`], [`metrics`], [`health`], [`notify`].
//!
//! # What is trusted
//!
//! The node that the worker asks. Of a stranger's bytes the keeper parses only the manifest and the
//! opened envelope, within fixed limits. It believes nothing that a runner says which would cost
//! anybody but the worker.

pub mod artifacts;
pub mod backend;
pub mod config;
pub mod dispatcher;
pub mod estimate;
pub mod executor;
pub mod health;
pub mod job;
pub mod journal;
pub mod keyring;
pub mod metrics;
pub mod notify;
pub mod payers;
pub mod preload;
pub mod protocol;
pub mod runner;

pub use myai_chain_client::error_chain;
