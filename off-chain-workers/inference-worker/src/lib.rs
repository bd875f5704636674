//! The worker: takes jobs that name it, runs ONNX models on what was sent, and attests the answers.
//!
//! # Story
//!
//! A payer opens a job on the chain that names a version and a worker, and leaves the sealed input
//! in the HOP pool of the worker's node. The worker sees the job in a best block, fetches the
//! input, opens it, turns it into tensors as the version's manifest says, runs the model, turns the
//! output into an answer in its canonical form, seals that to the payer's one-time key, leaves it in
//! the pool and attests its hash. Whatever it cannot do it gives back at once, with the reason; what
//! nobody ends is refunded when the deadline passes.
//!
//! # Parts
//!
//! - [`engine`]: ONNX Runtime; [`model_cache`]: what of it is kept loaded; [`artifacts`]: the files.
//!   What manifests say is done by `myai-model-kit`.
//! - [`dispatcher`]: which jobs are taken; [`job`]: one job from step to step; [`journal`]: what is
//!   promised, on disk; [`backend`]: the chain and the pool, as seen from here; [`estimate`]: how much
//!   time there is; [`preload`]: what is got ready before the first job.
//! - [`payers`]: whose jobs come last; [`config`], [`keyring`].
//! - [`metrics`], [`health`], [`notify`]: for operators and systemd.
//!
//! # What is trusted
//!
//! The node that the worker asks. Nothing of what a payer sends: its size is bounded before memory
//! is taken for it, and a model runs with a time limit. Models are run as they are: a worker offers
//! only versions that its owner chose, and ONNX Runtime is not a sandbox. A model whose weights lie
//! in other files is refused, because their paths would be followed.

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

/// An error and what is behind it, in one line, nothing twice.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        source = error.source();
    }
    text
}
