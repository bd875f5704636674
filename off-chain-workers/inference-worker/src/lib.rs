//! The worker: takes jobs that name it, runs ONNX models on what was sent, and attests the answers.
//!
//! # Story
//!
//! A payer opens a job on the chain that names a version and a worker, and leaves the sealed input
//! in the HOP pool of the worker's node. The worker sees the job in a best block, fetches the input
//! and opens it. A runner turns it into tensors as the version's manifest says, runs the model and
//! turns the output into an answer in its canonical form. The worker seals that to the payer's
//! one-time key, leaves it in the pool and attests its hash. What it cannot do it gives back at once,
//! with the reason; what nobody ends is refunded when the deadline passes.
//!
//! # Keeper and runners
//!
//! `myai-worker run` is the keeper: keys, chain, journal. Of strangers' bytes it parses the manifest
//! and the opened envelope, within fixed limits. For each loaded model it starts `myai-worker runner`,
//! a process that gives up its rights first; that is where ONNX Runtime is, and nowhere else.
//!
//! # Parts
//!
//! - Keeper: [`dispatcher`]: which jobs are taken; [`job`]: one job from step to step, with a table of
//!   what follows from what; [`journal`]: what is promised, on disk; [`backend`]: the chain and the
//!   pool, as seen from here; [`executor`]: from a request to its outcome, with runners in its pools;
//!   [`artifacts`]: the files; [`estimate`]: how much time there is; [`preload`]: what is got ready
//!   before the first job; [`payers`]: whose jobs come last.
//! - Between the two: [`protocol`].
//! - Runner: [`runner`], which does with `myai-model-kit` what manifests say.
//! - For operators and systemd: [`config`], [`keyring`], [`metrics`], [`health`], [`notify`].
//!
//! # What is trusted
//!
//! The node that the worker asks. Nothing of what a payer or a publisher sends, and no word of a
//! runner that costs anybody but the worker.

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
