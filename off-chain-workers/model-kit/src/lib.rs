//! Reads a model without running it, and does the work on either side of a run.
//!
//! # Words
//!
//! - **Manifest**: the JSON document, fixed on the chain by its hash, that says how a raw input
//!   becomes tensors and how output tensors become an answer ([`manifest`]).
//! - **Raw input**: the bytes that a payer sends.
//! - **Answer**: bytes in the canonical form that the manifest names.
//! - **`IntV1`**: models that compute in whole numbers, for which every machine gives the same bits
//!   ([`int_v1`]).
//!
//! # Story
//!
//! A publisher writes a manifest for an ONNX file. [`mod@parse`] reads the file within the bounds
//! of [`limits`], and [`inspect`] says what it takes and gives and why it is not `IntV1`. For a
//! job, [`preprocess`] turns the raw input into tensors; ONNX Runtime, which is not in this crate,
//! runs the model; [`postprocess`] turns its outputs into the answer. The worker's runner uses this
//! crate behind its walls, and the command line uses it to look into a file before it is published.
//!
//! # What is trusted
//!
//! Nobody. Files, manifests and inputs are strangers' bytes: each is refused with a sentence or
//! becomes something of bounded size, and the size is known before memory is taken for it. There is
//! no network and no chain here.

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
