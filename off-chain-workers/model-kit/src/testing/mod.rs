//! Models for tests of this crate and of others: written node by node, or random ones of `IntV1`
//! with the answers that they must give.

mod build;
mod samples;

pub use build::{int, ints, text, Builder};
pub use samples::{sample_graphs, Sample};
