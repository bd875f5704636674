//! A node without a chain, for tests and benchmarks of this crate and of others.
//!
//! [`FakeNode`] speaks JSON-RPC over a socket, so that a test meets lost connections, nonces and
//! the pool's answers as a program does. It executes no call and so knows no job. The worker's
//! tests replace its `Backend` instead: their chain is a folder, which outlives a worker that a
//! test kills.

mod metadata;
mod node;
pub mod views;

pub use metadata::metadata;
pub use node::{FakeNode, Pool, State};

/// The sources of our pallets, by their names in the runtime.
#[cfg(test)]
pub(crate) const PALLETS: [(&str, &str); 4] = [
    (
        "ModelRegistry",
        include_str!("../../../../pallets/model-registry/src/lib.rs"),
    ),
    (
        "DataLicense",
        include_str!("../../../../pallets/data-license/src/lib.rs"),
    ),
    (
        "InferenceEscrow",
        include_str!("../../../../pallets/inference-escrow/src/lib.rs"),
    ),
    (
        "RewardSplit",
        include_str!("../../../../pallets/reward-split/src/lib.rs"),
    ),
];
