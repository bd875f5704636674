//! Turns a raw input into tensors, as the manifest says. A stranger's input is refused with a
//! sentence or becomes tensors of bounded size; each size is checked before memory is allocated.

mod bytes;
mod document;
mod image;
mod resize;

use crate::{
    manifest::{Constant, Manifest, Source, Units, MAX_ELEMENTS, MAX_INPUT_BYTES},
    tensor::{elements, DType, Data, Tensor, MAX_RANK},
};
pub(crate) use document::holds;
pub(crate) use image::has_room_for_a_picture;

/// Most bytes of memory that decoding and resizing a picture may take at once.
pub const MAX_PICTURE_MEMORY: u64 = 512 << 20;

/// Why a raw input is bad. The payer learns only that it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InputError {
    #[error("the input `{input}` would have {elements} elements, more than {MAX_ELEMENTS}")]
    TooMany { input: String, elements: usize },
    #[error("the inputs would have more than {MAX_INPUT_BYTES} bytes together")]
    TooManyBytes,
    #[error("the input `{input}` has more than {MAX_RANK} dimensions")]
    Rank { input: String },
    #[error("{elements} elements do not fill the shape {shape:?} of the input `{input}`")]
    Shape {
        input: String,
        elements: usize,
        shape: Vec<i64>,
    },
    #[error("{bytes} bytes are left, but the input `{input}` has room for {room}")]
    TooLong {
        input: String,
        bytes: usize,
        room: usize,
    },
    #[error("the picture has, or needs while it is resized, {pixels} pixels; at most {most} are allowed")]
    TooManyPixels { pixels: u64, most: u64 },
    #[error("the picture needs {bytes} bytes of memory, more than {MAX_PICTURE_MEMORY}")]
    TooMuchMemory { bytes: u64 },
    #[error("the raw input is not a PNG, JPEG or BMP picture: {0}")]
    NotAPicture(String),
    #[error("the raw input is not {what}: {why}")]
    NotA { what: &'static str, why: String },
    #[error("the raw input has no `{0}`")]
    Missing(String),
    #[error("the raw input has `{0}`, which the model does not take")]
    Unknown(String),
    #[error("`{input}` has an element that {dtype} cannot hold")]
    Element { input: String, dtype: DType },
    #[error("the nested arrays of `{0}` differ in length or depth")]
    Ragged(String),
}

impl InputError {
    /// The error without a word of the input, which no one but the payer and the model may see.
    /// Only numbers and names from the manifest are left.
    pub fn without_content(&self) -> String {
        match self {
            Self::NotAPicture(_) => "the raw input is not a PNG, JPEG or BMP picture".into(),
            Self::NotA { what, .. } => format!("the raw input is not {what}"),
            Self::Unknown(_) => "the raw input has a name that the model does not take".into(),
            other => other.to_string(),
        }
    }
}

/// The tensors for one run.
#[derive(Debug, PartialEq)]
pub struct Prepared {
    /// Name and tensor, in the order of the manifest.
    pub tensors: Vec<(String, Tensor)>,
    /// Pixels of the raw picture; 0 if the raw input is not a picture.
    pub pixels: u64,
}

impl Prepared {
    /// How many units the run uses.
    pub fn units(&self, units: &Units) -> u64 {
        match units {
            Units::One => 1,
            Units::Megapixels => self.pixels.div_ceil(1_000_000).max(1),
            Units::Elements(counted) => {
                let tensor = self.tensors.iter().find(|(name, _)| *name == counted.input);
                let elements = tensor.map_or(0, |(_, t)| t.data().len() as u64);
                elements.div_ceil(counted.per.max(1)).max(1)
            }
        }
    }
}

/// Makes a tensor for every input of the model.
pub fn prepare(manifest: &Manifest, raw: &[u8]) -> Result<Prepared, InputError> {
    let mut document = document::Document::of(manifest);
    let mut pixels = 0;
    let mut room = MAX_INPUT_BYTES;
    let mut tensors = Vec::with_capacity(manifest.inputs.len());
    for input in &manifest.inputs {
        let name = &input.name;
        // All that there is to say of a picture or a constant; the others say more when they know.
        fits(input.source.fewest_bytes(), room)?;
        let tensor = match &input.source {
            Source::Bytes(source) => bytes::tensor(name, source, raw, room)?,
            Source::Image(source) => {
                let (tensor, sent) = image::tensor(source, raw)?;
                pixels = sent;
                tensor
            }
            Source::Json(source) => {
                let key = source.key.as_ref().unwrap_or(name);
                document.json(raw, key, source.dtype, room)?
            }
            Source::Safetensors(source) => {
                document.safetensors(raw, source.key.as_ref().unwrap_or(name), room)?
            }
            Source::Text(source) => {
                fits(DType::String.size() + raw.len() as u64, room)?;
                let text = std::str::from_utf8(raw).map_err(|e| InputError::NotA {
                    what: "UTF-8",
                    why: e.to_string(),
                })?;
                let shape = source.shape.as_deref().unwrap_or(&[1]);
                shaped(name, shape, Data::String(vec![text.into()]))?
            }
            Source::Constant(source) => constant(name, source)?,
        };
        room = room.saturating_sub(tensor.data().bytes());
        tensors.push((name.clone(), tensor));
    }
    document.all_was_used()?;
    Ok(Prepared { tensors, pixels })
}

/// Whether there is room for so many bytes.
fn fits(bytes: u64, room: u64) -> Result<(), InputError> {
    match bytes <= room {
        true => Ok(()),
        false => Err(InputError::TooManyBytes),
    }
}

/// Gives `data` the shape, of which one dimension may be -1.
fn shaped(input: &str, shape: &[i64], data: Data) -> Result<Tensor, InputError> {
    let count = data.len();
    let wrong = || InputError::Shape {
        input: input.into(),
        elements: count,
        shape: shape.to_vec(),
    };
    let known: Vec<usize> = shape
        .iter()
        .filter_map(|d| usize::try_from(*d).ok())
        .collect();
    let product = elements(&known).filter(|p| *p > 0).ok_or_else(wrong)?;
    let full = shape
        .iter()
        .map(|d| usize::try_from(*d).unwrap_or(count / product))
        .collect();
    Tensor::new(full, data).ok_or_else(wrong)
}

fn constant(input: &str, source: &Constant) -> Result<Tensor, InputError> {
    let wrong = || InputError::Shape {
        input: input.into(),
        elements: 0,
        shape: source.shape.clone(),
    };
    let count = source.elements().ok_or_else(wrong)?;
    let values = source.values.iter().cycle().take(count);
    let values = values.map(|n| serde_json::Value::Number(n.clone()));
    let data = document::numbers(input, source.dtype, values)?;
    shaped(input, &source.shape, data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use safetensors::tensor::{serialize, TensorView};
    use serde_json::{json, Value};

    pub(super) fn prepare_with(inputs: Value, raw: &[u8]) -> Result<Prepared, InputError> {
        prepare_counting(inputs, json!("one"), raw)
    }

    #[test]
    fn errors_quote_nothing_of_a_bad_input() {
        let tensor = TensorView::new(safetensors::Dtype::U8, vec![1], &[7]).unwrap();
        let file = |name: &str| serialize([(name, &tensor)], None).unwrap();
        let two = serialize([("x", &tensor), ("my secret", &tensor)], None).unwrap();
        let float8 = TensorView::new(safetensors::Dtype::F8_E5M2, vec![1], &[7]).unwrap();
        let unknown = serialize([("x", float8)], None).unwrap();
        let broken_header = [&18u64.to_le_bytes()[..], br#"{"my secret": "a"}"#].concat();
        let json = json!({"json": {"dtype": "int64"}});
        let safetensors = json!({"safetensors": {}});
        let picture = json!({"image": {"width": 8, "height": 8, "channels": "L",
            "layout": "flat", "dtype": "uint8", "max_pixels": 1000}});
        let text = json!({"text": {}});
        let unknown_name = "the raw input has a name that the model does not take";
        let element = "`x` has an element that int64 cannot hold";
        let no_object = "the raw input is not a JSON object";
        let no_file = "the raw input is not a safetensors file";
        let no_picture = "the raw input is not a PNG, JPEG or BMP picture";
        let cases: [(&Value, &[u8], &str); 17] = [
            (&json, br#"{"x": [1], "my secret": 1}"#, unknown_name),
            (&json, br#"{"my secret": [1]}"#, unknown_name),
            (&json, br#"{"x": [1], my secret"#, no_object),
            (&json, br#""my secret""#, no_object),
            (&json, br#"{"x": ["my secret"]}"#, element),
            (&json, br#"{"x": [[1], ["my secret"]]}"#, element),
            (&safetensors, &two, unknown_name),
            (&safetensors, &file("my secret"), "the raw input has no `x`"),
            (
                &safetensors,
                &unknown,
                "the raw input is not a safetensors file that this release reads",
            ),
            (&safetensors, &broken_header, no_file),
            (&safetensors, b"my secret", no_file),
            (&picture, b"my secret", no_picture),
            (&picture, b"GIF89a my secret", no_picture),
            (
                &picture,
                b"BMmy secret my secret my secret my secret",
                no_picture,
            ),
            (&picture, b"\x89PNG\r\n\x1a\nmy secret", no_picture),
            (&picture, b"\xff\xd8\xffmy secret", no_picture),
            (&text, b"my secret \xff", "the raw input is not UTF-8"),
        ];
        for (source, raw, said) in cases {
            let inputs = json!([{"name": "x", "source": source}]);
            let error = prepare_with(inputs, raw).unwrap_err();
            assert_eq!(error.without_content(), said, "{error}");
        }
    }

    fn prepare_counting(inputs: Value, units: Value, raw: &[u8]) -> Result<Prepared, InputError> {
        let manifest = json!({
            "format": "myai/manifest/1", "inputs": inputs, "units": units,
            "output": {"json": ["y"]}});
        prepare(
            &Manifest::parse(&serde_json::to_vec(&manifest).unwrap()).unwrap(),
            raw,
        )
    }

    #[test]
    fn text_becomes_one_string() {
        let inputs = json!([{"name": "t", "source": {"text": {"shape": [1, 1]}}}]);
        let prepared = prepare_with(inputs.clone(), "häuser".as_bytes()).unwrap();
        let expected = Tensor::new(vec![1, 1], Data::String(vec!["häuser".into()])).unwrap();
        assert_eq!(prepared.tensors, [("t".to_string(), expected)]);
        let error = prepare_with(inputs, &[0xff]).unwrap_err().to_string();
        assert!(error.starts_with("the raw input is not UTF-8"), "{error}");
    }

    #[test]
    fn constants_are_given_beside_the_raw_input() {
        let inputs = json!([
            {"name": "rate", "source": {"constant": {"dtype": "int64", "shape": [], "values": [16000]}}},
            {"name": "state", "source": {"constant":
                {"dtype": "float32", "shape": [2, 2], "values": [0]}}},
            {"name": "x", "source": {"bytes": {"dtype": "uint8", "segments": [{}]}}}]);
        let prepared = prepare_with(inputs, b"ab").unwrap();
        assert_eq!(
            prepared.tensors[0].1,
            Tensor::new(vec![], Data::Int64(vec![16000])).unwrap()
        );
        assert_eq!(
            prepared.tensors[1].1,
            Tensor::new(vec![2, 2], Data::Float32(vec![0.0; 4])).unwrap()
        );
        assert_eq!(
            prepared.tensors[2].1,
            Tensor::new(vec![1, 2], Data::Uint8(vec![97, 98])).unwrap()
        );
    }

    #[test]
    fn inputs_too_large_together_are_refused() {
        // Leaves room for 32 bytes; what comes before it has 33.
        let largest = json!({"name": "z", "source": {"bytes": {"dtype": "float64", "segments":
            [{"take": {"first": 1}, "pad": {"to": MAX_ELEMENTS - 4, "value": 0}}]}}});
        let tensor = TensorView::new(safetensors::Dtype::U8, vec![33], &[7; 33]).unwrap();
        let file = serialize([("x", tensor)], None).unwrap();
        let list = json!({"x": vec![true; 33]}).to_string();
        for (source, raw) in [
            (
                json!({"bytes": {"dtype": "uint8", "segments": [{}]}}),
                &[7; 33][..],
            ),
            (json!({"json": {"dtype": "bool"}}), list.as_bytes()),
            (
                json!({"json": {"dtype": "string"}}),
                br#"{"x": "nine bits"}"#,
            ),
            (json!({"safetensors": {}}), &file),
            (json!({"text": {}}), b"nine bits"),
        ] {
            let inputs = json!([{"name": "x", "source": source}, largest]);
            let error = prepare_with(inputs, raw).map(|p| p.tensors.len());
            assert_eq!(error, Err(InputError::TooManyBytes));
        }
    }

    #[test]
    fn a_part_of_a_unit_counts_as_a_whole_one() {
        let inputs = json!([{"name": "x", "source": {"bytes":
            {"dtype": "uint8", "segments": [{}]}}}]);
        let units = json!({"elements": {"input": "x", "per": 1000}});
        let parsed: Units = serde_json::from_value(units.clone()).unwrap();
        for (bytes, expected) in [(1, 1), (1000, 1), (1001, 2)] {
            let prepared =
                prepare_counting(inputs.clone(), units.clone(), &vec![1; bytes]).unwrap();
            assert_eq!(prepared.units(&parsed), expected);
            assert_eq!(prepared.units(&Units::One), 1);
        }
        let picture = Prepared {
            tensors: vec![],
            pixels: 1_000_001,
        };
        assert_eq!(picture.units(&Units::Megapixels), 2);
    }
}
