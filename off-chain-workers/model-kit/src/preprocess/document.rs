//! Raw inputs that hold several named tensors: JSON objects and safetensors files. Read once,
//! taken from by name; what nobody took is refused, because it would be ignored silently.

use super::InputError;
use crate::{
    manifest::MAX_ELEMENTS,
    tensor::{DType, Data, Tensor},
};
use half::{bf16, f16};
use safetensors::{Dtype as FileType, SafeTensors};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Most dimensions of a tensor.
const MAX_RANK: usize = 16;

/// The raw input, once it has been read.
#[derive(Default)]
pub(super) struct Document<'a> {
    json: Option<Map<String, Value>>,
    safetensors: Option<SafeTensors<'a>>,
    /// Names that no input has asked for yet.
    left: BTreeSet<String>,
}

impl<'a> Document<'a> {
    pub(super) fn json(
        &mut self,
        raw: &[u8],
        key: &str,
        dtype: DType,
    ) -> Result<Tensor, InputError> {
        let object = match &self.json {
            Some(object) => object,
            None => {
                let object: Map<String, Value> =
                    serde_json::from_slice(raw).map_err(|e| InputError::NotA {
                        what: "JSON object",
                        why: e.to_string(),
                    })?;
                self.left = object.keys().cloned().collect();
                self.json.insert(object)
            }
        };
        let value = object
            .get(key)
            .ok_or_else(|| InputError::Missing(key.into()))?;
        self.left.remove(key);
        nested(key, dtype, value)
    }

    pub(super) fn safetensors(&mut self, raw: &'a [u8], key: &str) -> Result<Tensor, InputError> {
        let file = match &self.safetensors {
            Some(file) => file,
            None => {
                let file = SafeTensors::deserialize(raw).map_err(|e| InputError::NotA {
                    what: "safetensors file",
                    why: e.to_string(),
                })?;
                self.left = file.names().into_iter().map(String::from).collect();
                self.safetensors.insert(file)
            }
        };
        let view = file
            .tensor(key)
            .map_err(|_| InputError::Missing(key.into()))?;
        self.left.remove(key);
        let data = from_file(view.dtype(), view.data()).ok_or_else(|| InputError::NotA {
            what: "safetensors file that this release reads",
            why: format!("`{key}` is of type {:?}", view.dtype()),
        })?;
        Tensor::new(view.shape().to_vec(), data).ok_or_else(|| InputError::Ragged(key.into()))
    }

    pub(super) fn all_was_used(self) -> Result<(), InputError> {
        match self.left.into_iter().next() {
            Some(name) => Err(InputError::Unknown(name)),
            None => Ok(()),
        }
    }
}

/// Little-endian elements; `None` for a type that no tensor here has.
fn from_file(dtype: FileType, bytes: &[u8]) -> Option<Data> {
    macro_rules! elements {
        ($variant:ident, $type:ty) => {
            Data::$variant(
                bytes
                    .chunks_exact(size_of::<$type>())
                    .filter_map(|c| c.try_into().ok().map(<$type>::from_le_bytes))
                    .collect(),
            )
        };
    }
    Some(match dtype {
        FileType::F16 => elements!(Float16, f16),
        FileType::BF16 => elements!(Bfloat16, bf16),
        FileType::F32 => elements!(Float32, f32),
        FileType::F64 => elements!(Float64, f64),
        FileType::I8 => elements!(Int8, i8),
        FileType::I16 => elements!(Int16, i16),
        FileType::I32 => elements!(Int32, i32),
        FileType::I64 => elements!(Int64, i64),
        FileType::U8 => Data::Uint8(bytes.to_vec()),
        FileType::U16 => elements!(Uint16, u16),
        FileType::U32 => elements!(Uint32, u32),
        FileType::U64 => elements!(Uint64, u64),
        FileType::BOOL => Data::Bool(bytes.iter().map(|b| *b != 0).collect()),
        _ => return None,
    })
}

/// Nested arrays of equal length at each depth, or one element.
fn nested(input: &str, dtype: DType, value: &Value) -> Result<Tensor, InputError> {
    let mut shape = Vec::new();
    let mut level = vec![value];
    while let Some(Value::Array(first)) = level.first() {
        let width = first.len();
        let mut next = Vec::new();
        for value in level {
            match value {
                Value::Array(row) if row.len() == width => next.extend(row),
                _ => return Err(InputError::Ragged(input.into())),
            }
        }
        shape.push(width);
        if shape.len() > MAX_RANK {
            return Err(InputError::Ragged(input.into()));
        }
        if next.len() > MAX_ELEMENTS {
            return Err(InputError::TooMany {
                input: input.into(),
                elements: next.len(),
            });
        }
        level = next;
    }
    if level.iter().any(|v| v.is_array()) {
        return Err(InputError::Ragged(input.into()));
    }
    let data = numbers(input, dtype, level.into_iter().cloned().collect())?;
    Tensor::new(shape, data).ok_or_else(|| InputError::Ragged(input.into()))
}

/// Elements as the type has them: whole numbers within bounds for integers, finite floats, truth
/// values, strings. Nothing is rounded to an integer or wrapped.
pub(super) fn numbers(input: &str, dtype: DType, values: Vec<Value>) -> Result<Data, InputError> {
    let wrong = || InputError::Element {
        input: input.into(),
        dtype,
    };
    macro_rules! integers {
        ($variant:ident, $type:ty) => {
            Data::$variant(
                values
                    .iter()
                    .map(|v| {
                        let signed = v.as_i64().and_then(|n| <$type>::try_from(n).ok());
                        signed.or_else(|| v.as_u64().and_then(|n| <$type>::try_from(n).ok()))
                    })
                    .collect::<Option<_>>()
                    .ok_or_else(wrong)?,
            )
        };
    }
    macro_rules! floats {
        ($variant:ident, $from:expr) => {
            Data::$variant(
                values
                    .iter()
                    .map(|v| v.as_f64().map($from).filter(|n| n.is_finite()))
                    .collect::<Option<_>>()
                    .ok_or_else(wrong)?,
            )
        };
    }
    Ok(match dtype {
        DType::Float16 => floats!(Float16, f16::from_f64),
        DType::Bfloat16 => floats!(Bfloat16, bf16::from_f64),
        DType::Float32 => floats!(Float32, |n| n as f32),
        DType::Float64 => Data::Float64(
            values
                .iter()
                .map(Value::as_f64)
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
        ),
        DType::Int8 => integers!(Int8, i8),
        DType::Int16 => integers!(Int16, i16),
        DType::Int32 => integers!(Int32, i32),
        DType::Int64 => integers!(Int64, i64),
        DType::Uint8 => integers!(Uint8, u8),
        DType::Uint16 => integers!(Uint16, u16),
        DType::Uint32 => integers!(Uint32, u32),
        DType::Uint64 => integers!(Uint64, u64),
        DType::Bool => Data::Bool(
            values
                .iter()
                .map(|v| match v {
                    Value::Number(n) => n.as_u64().filter(|n| *n < 2).map(|n| n == 1),
                    other => other.as_bool(),
                })
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
        ),
        DType::String => Data::String(
            values
                .iter()
                .map(|v| v.as_str().map(String::from))
                .collect::<Option<_>>()
                .ok_or_else(wrong)?,
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{tests::prepare_with, InputError};
    use crate::tensor::{Data, Tensor};
    use safetensors::tensor::{serialize, TensorView};
    use serde_json::json;

    #[test]
    fn json_gives_each_input_its_member() {
        let inputs = json!([
            {"name": "x", "source": {"json": {"dtype": "float32"}}},
            {"name": "n", "source": {"json": {"dtype": "int64", "key": "count"}}}]);
        let prepared =
            prepare_with(inputs.clone(), br#"{"count": 3, "x": [[1, 2.5], [3, 4]]}"#).unwrap();
        assert_eq!(
            prepared.tensors[0].1,
            Tensor::new(vec![2, 2], Data::Float32(vec![1.0, 2.5, 3.0, 4.0])).unwrap()
        );
        assert_eq!(
            prepared.tensors[1].1,
            Tensor::new(vec![], Data::Int64(vec![3])).unwrap()
        );

        let cases = [
            (r#"[1]"#, "no JSON object"),
            (r#"{"count": 3}"#, "has no `x`"),
            (
                r#"{"count": 3, "x": 1, "y": 1}"#,
                "has `y`, which the model does not take",
            ),
            (
                r#"{"count": 3.5, "x": 1}"#,
                "`count` has an element that is no int64",
            ),
            (
                r#"{"count": 3, "x": 1e39}"#,
                "`x` has an element that is no float32",
            ),
            (
                r#"{"count": 3, "x": [[1], [2, 3]]}"#,
                "differ in length or depth",
            ),
            (
                r#"{"count": 3, "x": [[1], 2]}"#,
                "differ in length or depth",
            ),
            (
                r#"{"count": 3, "x": [1, [2]]}"#,
                "differ in length or depth",
            ),
        ];
        for (raw, sentence) in cases {
            let error = prepare_with(inputs.clone(), raw.as_bytes())
                .unwrap_err()
                .to_string();
            assert!(error.contains(sentence), "{raw}: {error}");
        }
        let deep = format!(
            r#"{{"count": 3, "x": {}1{}}}"#,
            "[".repeat(30),
            "]".repeat(30)
        );
        assert!(prepare_with(inputs, deep.as_bytes()).is_err());
    }

    #[test]
    fn safetensors_keep_their_type_and_shape() {
        let inputs = json!([{"name": "x", "source": {"safetensors": {"key": "pixels"}}}]);
        let bytes: Vec<u8> = [1i32, -2, 3].iter().flat_map(|n| n.to_le_bytes()).collect();
        let view = TensorView::new(safetensors::Dtype::I32, vec![3, 1], &bytes).unwrap();
        let raw = serialize([("pixels", &view)], None).unwrap();
        let prepared = prepare_with(inputs.clone(), &raw).unwrap();
        assert_eq!(
            prepared.tensors[0].1,
            Tensor::new(vec![3, 1], Data::Int32(vec![1, -2, 3])).unwrap()
        );
        let two = serialize([("pixels", &view), ("more", &view)], None).unwrap();
        assert_eq!(
            prepare_with(inputs.clone(), &two),
            Err(InputError::Unknown("more".into()))
        );
        let other = serialize([("more", &view)], None).unwrap();
        assert_eq!(
            prepare_with(inputs.clone(), &other),
            Err(InputError::Missing("pixels".into()))
        );
        assert!(prepare_with(inputs, b"no such file").is_err());
    }
}
