//! Reads ONNX models without running them, and does the work before and after a run: turns a raw
//! input into tensors, and output tensors into an answer.
//!
//! # Words
//!
//! - **Manifest**: the JSON document, fixed on the chain by its hash, that says how a raw input
//!   becomes tensors and how output tensors become an answer ([`manifest`]).
//! - **Raw input**: the bytes that a payer sends.
//! - **Answer**: bytes in the canonical form that the manifest names.
//! - **`IntV1`**: models that compute in whole numbers alone, so that every machine gives the same
//!   bits ([`int_v1`]).
//!
//! # Story
//!
//! A publisher writes a manifest for an ONNX file. [`mod@parse`] reads the file within the bounds
//! of [`limits`], and [`inspect`] lists its inputs, its outputs and, if it is not `IntV1`, why not.
//! For a job, [`preprocess`] turns the raw input into tensors; ONNX Runtime, which is not in this
//! crate, runs the model; [`postprocess`] turns its outputs into the answer. The worker's runner
//! uses this crate inside its sandbox, and the command line inspects files with it before they are
//! published.
//!
//! # What is trusted
//!
//! Nothing. Files, manifests and inputs are strangers' bytes: each is refused with a sentence or
//! becomes something of bounded size, and the size is checked before memory is allocated for it.
//! The crate uses neither network nor chain.

pub mod inspect;
pub mod int_v1;
pub mod limits;
pub mod manifest;
pub mod onnx;
pub mod parse;
pub mod postprocess;
pub mod preprocess;
pub mod tensor;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod wire;
