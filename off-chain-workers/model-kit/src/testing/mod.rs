//! What tests of this crate and of others share: models written node by node, and random ones of
//! `IntV1` with what they must answer.

mod build;
mod samples;

pub use build::{int, ints, text, Builder};
pub use samples::{sample_graphs, Sample};
