//! Models for the tests of this crate and others: built node by node, or random `IntV1` models with
//! the answers that they must give.

mod build;
mod samples;

pub use build::{int, ints, text, Builder};
pub use samples::{sample_graphs, Sample};
