//! The worker's parts.

pub mod engine;
pub mod inspect;
pub mod manifest;
pub mod onnx;
pub mod postprocess;
pub mod preprocess;
pub mod tensor;
