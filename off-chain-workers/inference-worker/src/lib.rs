//! The worker's parts.

pub mod manifest;
pub mod tensor;
