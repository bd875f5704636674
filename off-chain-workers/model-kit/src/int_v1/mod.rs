//! `IntV1`: models that compute in whole numbers alone, so that every machine gives the same bits.
//!
//! There is one rule of arithmetic: compute without bounds, then reduce modulo 2^width into the
//! type of the result. ONNX Runtime keeps this rule for some operators and types, and for others
//! only while the numbers stay within bounds. So a model is `IntV1` if each of its nodes is one of
//! these (module `operators`) and interval arithmetic over the whole graph (module `ranges`) shows
//! that no number leaves the bounds. If that cannot be shown for a node, it is refused by name.
//!
//! [`read`] turns a file into a graph of resolved steps of a few kinds ([`Op`]). [`mod@reference`]
//! computes them slowly and plainly. [`exact()`] rewrites a file so that ONNX Runtime gives these
//! bits on every processor.

mod attributes;
mod constant;
mod exact;
mod graph;
mod number;
mod op;
mod operators;
mod ranges;
pub mod reference;

pub use constant::Constant;
pub use exact::{exact, ExactError};
pub use graph::{read, Graph, Step, Tensor};
pub use number::{IntType, Range};
pub use op::{Fold, Function, Move, Op, Window};

use crate::onnx::ModelProto;

#[cfg(test)]
mod tests;

/// The versions of ONNX's operators that `IntV1` allows.
pub const OPSETS: std::ops::RangeInclusive<i64> = 13..=21;
/// Most inputs, and most outputs, of a graph.
pub const MAX_ENDS: usize = 8;
/// Most dimensions of a tensor.
pub const MAX_RANK: usize = 8;
/// Most bytes of a tensor, and most cells of a window.
pub const MAX_TENSOR: u64 = 1 << 30;

/// Reasons why a model is not `IntV1`, each a sentence, in the order of the file; empty if it is.
pub fn check(model: &ModelProto) -> Vec<String> {
    read(model).err().unwrap_or_default()
}

fn wrong_type(name: &str) -> String {
    format!("is {name}, but IntV1 has only bool, uint8, int8, int32, uint32, int64 and uint64")
}

fn ensure_rank(rank: usize) -> Result<(), String> {
    if rank <= MAX_RANK {
        Ok(())
    } else {
        Err(format!("has {rank} dimensions, more than {MAX_RANK}"))
    }
}

fn ensure_size(kind: IntType, dims: &[usize]) -> Result<(), String> {
    ensure_rank(dims.len())?;
    // A dimension of 0 counts as 1, because products of the others are formed too.
    let bytes = dims.iter().try_fold(kind.bytes() as u64, |n, d| {
        n.checked_mul((*d as u64).max(1))
    });
    match bytes {
        Some(bytes) if bytes <= MAX_TENSOR => Ok(()),
        _ => Err(format!("has more than {MAX_TENSOR} bytes")),
    }
}
