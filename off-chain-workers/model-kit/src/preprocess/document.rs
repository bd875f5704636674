//! Reads raw inputs that hold several named tensors: JSON objects and safetensors files. The inputs
//! of a model take tensors by name. A tensor that no input takes is refused, because nobody would
//! notice that it was ignored.

mod json;

use super::{fits, InputError};
use crate::{
    manifest::{Manifest, Source},
    tensor::{DType, Data, Tensor, MAX_RANK},
};
use half::{bf16, f16};
pub(crate) use json::holds;
pub(super) use json::numbers;
use safetensors::{Dtype as FileType, SafeTensors};
use std::collections::BTreeSet;

/// A raw input whose tensors are taken by name.
pub(super) struct Document<'a> {
    /// The keys of a JSON object's members that some input takes.
    members: BTreeSet<&'a str>,
    safetensors: Option<SafeTensors<'a>>,
    /// The names in a safetensors file that no input has asked for yet.
    left: BTreeSet<String>,
}

impl<'a> Document<'a> {
    pub(super) fn of(manifest: &'a Manifest) -> Self {
        let members = manifest.inputs.iter().filter_map(|i| match &i.source {
            Source::Json(source) => Some(source.key.as_ref().unwrap_or(&i.name).as_str()),
            _ => None,
        });
        Self {
            members: members.collect(),
            safetensors: None,
            left: BTreeSet::new(),
        }
    }

    /// Reads the document for this one member, and keeps nothing else of it in memory.
    pub(super) fn json(
        &self,
        raw: &[u8],
        key: &str,
        dtype: DType,
        room: u64,
    ) -> Result<Tensor, InputError> {
        json::member(raw, key, dtype, &self.members, room)
    }

    pub(super) fn safetensors(
        &mut self,
        raw: &'a [u8],
        key: &str,
        room: u64,
    ) -> Result<Tensor, InputError> {
        let file = match &self.safetensors {
            Some(file) => file,
            None => {
                let file = SafeTensors::deserialize(raw).map_err(|e| InputError::NotA {
                    what: "a safetensors file",
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
        if view.shape().len() > MAX_RANK {
            return Err(InputError::Rank { input: key.into() });
        }
        // Each type has in the file the size that it has in memory.
        fits(view.data().len() as u64, room)?;
        let data = from_file(view.dtype(), view.data()).ok_or_else(|| InputError::NotA {
            what: "a safetensors file that this release reads",
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

/// Reads little-endian elements; `None` for a type that [`Data`] does not have.
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
            (r#"[1]"#, "not a JSON object"),
            (r#"{"count": 3}"#, "has no `x`"),
            (
                r#"{"count": 3, "x": 1, "y": 1}"#,
                "has `y`, which the model does not take",
            ),
            (
                r#"{"count": 3.5, "x": 1}"#,
                "`count` has an element that int64 cannot hold",
            ),
            (
                r#"{"count": 3, "x": 1e39}"#,
                "`x` has an element that float32 cannot hold",
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

    #[test]
    fn a_tensor_of_many_dimensions_is_refused() {
        let inputs = json!([{"name": "x", "source": {"safetensors": {}}}]);
        let ranked = |rank: usize| {
            let view = TensorView::new(safetensors::Dtype::U8, vec![1; rank], &[7]).unwrap();
            let raw = serialize([("x", &view)], None).unwrap();
            prepare_with(inputs.clone(), &raw).map(|p| p.tensors.len())
        };
        assert_eq!(ranked(16), Ok(1));
        assert_eq!(ranked(17), Err(InputError::Rank { input: "x".into() }));
    }
}
