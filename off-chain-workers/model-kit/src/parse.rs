//! Parses an ONNX file, within the bounds of [`crate::limits`].

use crate::{
    limits::{self, LimitError},
    onnx::{Bytes, ModelProto},
};
use prost::Message as _;

/// Why a file cannot be parsed.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    #[error("the file is not an ONNX model: {0}")]
    NotOnnx(#[from] prost::DecodeError),
    #[error("the file is not an ONNX model: it has no graph")]
    NoGraph,
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Parses a file into a model that has a graph. Raw elements are not copied: they share the memory
/// of `file`.
pub fn parse(file: Bytes) -> Result<ModelProto, ParseError> {
    limits::check_bytes(&file)?;
    let model = ModelProto::decode(file)?;
    if model.graph.is_none() {
        return Err(ParseError::NoGraph);
    }
    limits::check_functions(&model)?;
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_onnx_are_refused() {
        for bytes in [&b"not a model"[..], &[0xff; 20], b""] {
            let refused = parse(bytes.to_vec().into()).unwrap_err().to_string();
            assert!(
                refused.starts_with("the file is not an ONNX model"),
                "{refused}"
            );
        }
    }
}
