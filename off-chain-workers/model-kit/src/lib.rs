//! What can be known of a model without running it, and what surrounds a run: the manifest, the ONNX
//! file, tensors, raw inputs and answers.
//!
//! There is no ONNX Runtime here, no network and no chain: the worker's runner uses this crate behind
//! its walls, and the command line to look into a file before it is published.

pub mod inspect;
pub mod int_v1;
pub mod limits;
pub mod manifest;
pub mod onnx;
pub mod postprocess;
pub mod preprocess;
pub mod tensor;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod wire;
