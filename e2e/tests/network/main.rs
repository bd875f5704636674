//! A real node, real workers with the real ONNX Runtime, and the real command line.
//!
//! The tests share one development chain, each with accounts of its own; what kills the node has
//! one for itself. They need the models that `scripts/models/prepare.sh` prepares, and the programs
//! of the workspace beside this one (`cargo build --workspace --bins`).

mod clauses;
mod crashes;
mod crowd;
mod governance;
mod operation;
mod owners;
mod pruning;
mod refusals;
mod restart;
mod story;
