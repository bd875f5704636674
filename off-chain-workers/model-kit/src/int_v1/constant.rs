//! Constant tensors: their elements are stored in the file, or computed from other constants.

use super::number::{IntType, Range};
use crate::onnx::{element, TensorProto};

/// A constant tensor's elements.
#[derive(Clone, Debug)]
pub enum Constant<'a> {
    File(IntType, &'a TensorProto),
    Computed(Vec<i128>),
}

/// Reads a tensor of the file: type, dimensions, elements. The error says why it is not allowed, in
/// words that follow its name.
pub fn read(tensor: &TensorProto) -> Result<(IntType, Vec<usize>, Constant<'_>), String> {
    if tensor.data_location != 0 {
        return Err("has its elements in another file; put them into this one".into());
    }
    let name = element::name(tensor.data_type);
    let kind = IntType::from_onnx(tensor.data_type).ok_or_else(|| super::wrong_type(&name))?;
    let dims: Option<Vec<usize>> = tensor
        .dims
        .iter()
        .map(|d| usize::try_from(*d).ok())
        .collect();
    let dims = dims.ok_or("has a dimension below 0")?;
    super::ensure_size(kind, &dims)?;
    let elements: usize = dims.iter().product();
    let constant = Constant::File(kind, tensor);
    let stored = match &tensor.raw_data {
        Some(raw) if raw.len() % kind.bytes() == 0 => raw.len() / kind.bytes(),
        Some(raw) => {
            let (bytes, width) = (raw.len(), kind.bytes());
            return Err(format!(
                "has {bytes} bytes, which is not a multiple of {width}"
            ));
        }
        None => match kind {
            IntType::I64 => tensor.int64_data.len(),
            IntType::U32 | IntType::U64 => tensor.uint64_data.len(),
            _ => tensor.int32_data.len(),
        },
    };
    if stored != elements {
        return Err(format!(
            "has {stored} elements, but its shape needs {elements}"
        ));
    }
    // Any raw bytes are elements of the type, unless it is bool.
    let any = tensor.raw_data.is_some() && kind != IntType::Bool;
    if !any && constant.elements().any(|n| kind.wrap(n) != n) {
        return Err(format!("has an element that {kind} cannot hold"));
    }
    Ok((kind, dims, constant))
}

impl Constant<'_> {
    /// Iterates over the elements without making a list of them.
    pub fn elements(&self) -> Box<dyn Iterator<Item = i128> + '_> {
        let (kind, tensor) = match self {
            Self::Computed(elements) => return Box::new(elements.iter().copied()),
            Self::File(kind, tensor) => (*kind, tensor),
        };
        match (&tensor.raw_data, kind) {
            (Some(raw), _) => Box::new(raw.chunks_exact(kind.bytes()).map(move |bytes| {
                let unsigned = bytes
                    .iter()
                    .rev()
                    .fold(0i128, |n, byte| n << 8 | i128::from(*byte));
                // A byte other than 0 and 1 must not become a truth value: `read` refuses it.
                match kind {
                    IntType::Bool => unsigned,
                    _ => kind.wrap(unsigned),
                }
            })),
            (None, IntType::I64) => Box::new(tensor.int64_data.iter().map(|n| i128::from(*n))),
            (None, IntType::U32 | IntType::U64) => {
                Box::new(tensor.uint64_data.iter().map(|n| i128::from(*n)))
            }
            (None, _) => Box::new(tensor.int32_data.iter().map(|n| i128::from(*n))),
        }
    }

    /// `None` if there are no elements.
    pub fn range(&self) -> Option<Range> {
        Range::of(self.elements())
    }
}
