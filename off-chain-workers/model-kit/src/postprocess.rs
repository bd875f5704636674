//! Turns output tensors into the answer, in the canonical form that [`crate::manifest`] states. The
//! answer's length is bounded while it is written.

mod labels;

pub use labels::{labels, LabelsError, MAX_LABELS};

use crate::{
    each_type,
    manifest::{Labels, Output},
    tensor::{DType, Data, Tensor, MAX_RANK},
};
use half::{bf16, f16};
use safetensors::{
    tensor::{serialize, TensorView},
    Dtype as FileType,
};

/// Why outputs do not make an answer.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum AnswerError {
    #[error("the model gave no output `{0}`")]
    Missing(String),
    #[error("the output `{tensor}` has {rank} dimensions, more than {MAX_RANK}")]
    Rank { tensor: String, rank: usize },
    #[error("the output `{tensor}` of shape {shape:?} is not one row of {labels} scores")]
    Row {
        tensor: String,
        shape: Vec<usize>,
        labels: usize,
    },
    #[error("the output `{0}` has a value that is not finite")]
    NotFinite(String),
    #[error("the output `{tensor}` has the index {index}, but there are {labels} labels")]
    NoSuchLabel {
        tensor: String,
        index: i64,
        labels: usize,
    },
    #[error("the output `{tensor}` is of type {dtype}, from which `{wanted}` cannot be made")]
    Type {
        tensor: String,
        dtype: DType,
        wanted: &'static str,
    },
    #[error("the output `{0}` is not one UTF-8 text")]
    NotText(String),
    #[error("the answer is longer than {max_length} bytes")]
    TooLarge { max_length: usize },
}

/// Names of the outputs that the answer is made from.
pub fn wanted(output: &Output) -> Vec<&str> {
    match output {
        Output::Labels(labels) => vec![&labels.tensor],
        Output::Text(text) => vec![&text.tensor],
        Output::Safetensors(names) | Output::Json(names) => {
            names.iter().map(String::as_str).collect()
        }
    }
}

/// Makes the answer, of at most `max_length` bytes.
pub fn answer(
    output: &Output,
    labels: &[String],
    tensors: &[(String, Tensor)],
    max_length: usize,
) -> Result<Vec<u8>, AnswerError> {
    let find = |name: &String| {
        let found = tensors.iter().find(|(n, _)| n == name);
        let (_, tensor) = found.ok_or_else(|| AnswerError::Missing(name.clone()))?;
        match tensor.shape().len() {
            0..=MAX_RANK => Ok(tensor),
            rank => Err(AnswerError::Rank {
                tensor: name.clone(),
                rank,
            }),
        }
    };
    match output {
        Output::Labels(wanted) => best(wanted, labels, find(&wanted.tensor)?, max_length),
        Output::Json(names) => {
            let mut text = Text {
                bytes: b"{".to_vec(),
                max_length,
            };
            for (i, name) in names.iter().enumerate() {
                text.put(if i > 0 { "," } else { "" })?;
                text.string(name)?;
                text.put(":")?;
                nested(&mut text, name, find(name)?)?;
            }
            text.put("}")?;
            Ok(text.bytes)
        }
        Output::Safetensors(names) => {
            let found = names
                .iter()
                .map(|n| Ok((n, find(n)?)))
                .collect::<Result<Vec<_>, _>>()?;
            safetensors_file(&found, max_length)
        }
        Output::Text(wanted) => plain(&wanted.tensor, find(&wanted.tensor)?, max_length),
    }
}

/// JSON that is being written, of bounded length.
struct Text {
    bytes: Vec<u8>,
    max_length: usize,
}

impl Text {
    fn put(&mut self, text: &str) -> Result<(), AnswerError> {
        self.bytes.extend_from_slice(text.as_bytes());
        if self.bytes.len() > self.max_length {
            return Err(AnswerError::TooLarge {
                max_length: self.max_length,
            });
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), AnswerError> {
        self.put(&serde_json::Value::from(text).to_string())
    }
}

/// As many decimal digits as tell any half-precision number from its neighbours.
const SHORT_DIGITS: usize = 5;

/// Writes a half-precision number with the fewest digits that read back as the same number.
fn short(name: &str, value: f32, rounded: impl Fn(f32) -> f32) -> Result<String, AnswerError> {
    let not_finite = || AnswerError::NotFinite(name.into());
    if !value.is_finite() {
        return Err(not_finite());
    }
    let read_back = |digits: usize| {
        let nearest = format!("{value:.*e}", digits - 1);
        let (number, exponent) = nearest.split_once('e')?;
        let number: i32 = number.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? + 1 - digits as i32;
        // Of a power of two the next number away from 0 may do where the nearest, towards 0, does
        // not: on that side the neighbour is closer.
        [number, number + number.signum()]
            .into_iter()
            .find_map(|n| {
                let shorter: f32 = format!("{n}e{exponent}").parse().ok()?;
                (rounded(shorter).to_bits() == value.to_bits()).then_some(shorter)
            })
    };
    let shortest = (1..=SHORT_DIGITS).find_map(read_back).unwrap_or(value);
    serde_json::to_string(&shortest).map_err(|_| not_finite())
}

/// Element `i` as canonical JSON.
fn element(name: &str, data: &Data, i: usize) -> Result<String, AnswerError> {
    let float = |finite: bool, text: serde_json::Result<String>| {
        text.ok()
            .filter(|_| finite)
            .ok_or_else(|| AnswerError::NotFinite(name.into()))
    };
    match data {
        Data::Float16(v) => short(name, v[i].to_f32(), |n| f16::from_f32(n).to_f32()),
        Data::Bfloat16(v) => short(name, v[i].to_f32(), |n| bf16::from_f32(n).to_f32()),
        Data::Float32(v) => float(v[i].is_finite(), serde_json::to_string(&v[i])),
        Data::Float64(v) => float(v[i].is_finite(), serde_json::to_string(&v[i])),
        Data::String(v) => Ok(serde_json::Value::from(v[i].as_str()).to_string()),
        Data::Int8(v) => Ok(v[i].to_string()),
        Data::Int16(v) => Ok(v[i].to_string()),
        Data::Int32(v) => Ok(v[i].to_string()),
        Data::Int64(v) => Ok(v[i].to_string()),
        Data::Uint8(v) => Ok(v[i].to_string()),
        Data::Uint16(v) => Ok(v[i].to_string()),
        Data::Uint32(v) => Ok(v[i].to_string()),
        Data::Uint64(v) => Ok(v[i].to_string()),
        Data::Bool(v) => Ok(v[i].to_string()),
    }
}

/// Goes as deep as the tensor has dimensions, which are few.
fn nested(text: &mut Text, name: &str, tensor: &Tensor) -> Result<(), AnswerError> {
    fn level(
        text: &mut Text,
        name: &str,
        shape: &[usize],
        data: &Data,
        next: &mut usize,
    ) -> Result<(), AnswerError> {
        let Some((width, inner)) = shape.split_first() else {
            let written = element(name, data, *next)?;
            *next += 1;
            return text.put(&written);
        };
        text.put("[")?;
        for i in 0..*width {
            text.put(if i > 0 { "," } else { "" })?;
            level(text, name, inner, data, next)?;
        }
        text.put("]")
    }
    level(text, name, tensor.shape(), tensor.data(), &mut 0)
}

/// The elements as numbers to sort by; `None` for bool and string, which are not scores.
fn scores(data: &Data) -> Option<Vec<f64>> {
    Some(match data {
        Data::Float16(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Bfloat16(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Float32(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Float64(v) => v.clone(),
        Data::Int8(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Int16(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Int32(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Uint8(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Uint16(v) => v.iter().map(|n| f64::from(*n)).collect(),
        Data::Uint32(v) => v.iter().map(|n| f64::from(*n)).collect(),
        // Beyond 2⁵³ some neighbours become equal, and then keep the order of the labels.
        Data::Int64(v) => v.iter().map(|n| *n as f64).collect(),
        Data::Uint64(v) => v.iter().map(|n| *n as f64).collect(),
        Data::Bool(_) | Data::String(_) => return None,
    })
}

/// The part of each of these finite scores in the sum of all, once they are exponents. The powers
/// are not the platform's, which differ in the last bit from one to the next.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = scores.iter().map(|s| libm::exp(s - highest)).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

fn best(
    wanted: &Labels,
    labels: &[String],
    tensor: &Tensor,
    max_length: usize,
) -> Result<Vec<u8>, AnswerError> {
    let name = &wanted.tensor;
    let wrong_type = || AnswerError::Type {
        tensor: name.clone(),
        dtype: tensor.data().dtype(),
        wanted: "labels",
    };
    let mut text = Text {
        bytes: br#"{"labels":["#.to_vec(),
        max_length,
    };
    if wanted.indices {
        let indices: Vec<i64> = match tensor.data() {
            Data::Int64(v) => v.clone(),
            Data::Int32(v) => v.iter().map(|i| i64::from(*i)).collect(),
            _ => return Err(wrong_type()),
        };
        for (i, index) in indices.iter().take(wanted.top).enumerate() {
            let label = usize::try_from(*index)
                .ok()
                .and_then(|i| labels.get(i))
                .ok_or_else(|| AnswerError::NoSuchLabel {
                    tensor: name.clone(),
                    index: *index,
                    labels: labels.len(),
                })?;
            text.put(if i > 0 {
                r#",{"label":"#
            } else {
                r#"{"label":"#
            })?;
            text.string(label)?;
            text.put("}")?;
        }
        text.put("]}")?;
        return Ok(text.bytes);
    }
    let row = tensor.shape().split_last();
    let is_row = row.is_some_and(|(n, outer)| *n == labels.len() && outer.iter().all(|d| *d == 1));
    if !is_row {
        return Err(AnswerError::Row {
            tensor: name.clone(),
            shape: tensor.shape().to_vec(),
            labels: labels.len(),
        });
    }
    let scores = scores(tensor.data()).ok_or_else(wrong_type)?;
    if scores.iter().any(|s| !s.is_finite()) {
        return Err(AnswerError::NotFinite(name.clone()));
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    // Stable: equal scores keep the order of the labels. Adding 0 makes -0.0 equal to 0.0.
    let score = |place: &usize| scores[*place] + 0.0;
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    let shares = match wanted.softmax {
        true => softmax(&scores),
        false => vec![],
    };
    for (i, place) in order.iter().take(wanted.top).enumerate() {
        text.put(if i > 0 {
            r#",{"label":"#
        } else {
            r#"{"label":"#
        })?;
        text.string(&labels[*place])?;
        text.put(r#","score":"#)?;
        if wanted.softmax {
            let share = Data::Float32(vec![shares[*place] as f32]);
            text.put(&element(name, &share, 0)?)?;
        } else {
            text.put(&element(name, tensor.data(), *place)?)?;
        }
        text.put("}")?;
    }
    text.put("]}")?;
    Ok(text.bytes)
}

/// The type in the file, and the elements' little-endian bytes.
fn little_endian(name: &str, data: &Data) -> Result<(FileType, Vec<u8>), AnswerError> {
    macro_rules! bytes {
        ($type:ident, $values:expr) => {
            (
                FileType::$type,
                $values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            )
        };
    }
    Ok(match data {
        Data::Float16(v) => bytes!(F16, v),
        Data::Bfloat16(v) => bytes!(BF16, v),
        Data::Float32(v) => bytes!(F32, v),
        Data::Float64(v) => bytes!(F64, v),
        Data::Int8(v) => bytes!(I8, v),
        Data::Int16(v) => bytes!(I16, v),
        Data::Int32(v) => bytes!(I32, v),
        Data::Int64(v) => bytes!(I64, v),
        Data::Uint8(v) => (FileType::U8, v.clone()),
        Data::Uint16(v) => bytes!(U16, v),
        Data::Uint32(v) => bytes!(U32, v),
        Data::Uint64(v) => bytes!(U64, v),
        Data::Bool(v) => (FileType::BOOL, v.iter().map(|b| u8::from(*b)).collect()),
        Data::String(_) => {
            return Err(AnswerError::Type {
                tensor: name.into(),
                dtype: DType::String,
                wanted: "safetensors",
            })
        }
    })
}

fn safetensors_file(
    tensors: &[(&String, &Tensor)],
    max_length: usize,
) -> Result<Vec<u8>, AnswerError> {
    let too_large = || AnswerError::TooLarge { max_length };
    // Checked before anything is copied; the header only adds to it.
    let min_length = tensors.iter().fold(0usize, |sum, (_, t)| {
        sum.saturating_add(each_type!(t.data(), v => size_of_val(v.as_slice())))
    });
    if min_length > max_length {
        return Err(too_large());
    }
    let parts = tensors
        .iter()
        .map(|(name, t)| Ok((*name, t.shape().to_vec(), little_endian(name, t.data())?)))
        .collect::<Result<Vec<_>, _>>()?;
    let views = parts
        .iter()
        .map(|(name, shape, (dtype, bytes))| {
            // Cannot fail: it checks only that the bytes fill the shape, and they do.
            TensorView::new(*dtype, shape.clone(), bytes).map(|v| (*name, v))
        })
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| too_large())?;
    let file = serialize(views, None).map_err(|_| too_large())?;
    if file.len() > max_length {
        return Err(too_large());
    }
    Ok(file)
}

fn plain(name: &str, tensor: &Tensor, max_length: usize) -> Result<Vec<u8>, AnswerError> {
    let not_text = || AnswerError::NotText(name.into());
    let bytes = match tensor.data() {
        Data::String(v) => match v.as_slice() {
            [text] => text.clone().into_bytes(),
            _ => return Err(not_text()),
        },
        Data::Uint8(v) => String::from_utf8(v.clone())
            .map_err(|_| not_text())?
            .into_bytes(),
        other => {
            return Err(AnswerError::Type {
                tensor: name.into(),
                dtype: other.dtype(),
                wanted: "text",
            })
        }
    };
    if bytes.len() > max_length {
        return Err(AnswerError::TooLarge { max_length });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(output: serde_json::Value, shape: &[usize], data: Data) -> Result<String, AnswerError> {
        run_within(output, shape, data, 1000)
    }

    fn run_within(
        output: serde_json::Value,
        shape: &[usize],
        data: Data,
        max_length: usize,
    ) -> Result<String, AnswerError> {
        let output: Output = serde_json::from_value(output).unwrap();
        let labels = ["a", "b\"", "c"].map(String::from);
        let tensors = [("y".to_string(), Tensor::new(shape.to_vec(), data).unwrap())];
        answer(&output, &labels, &tensors, max_length).map(|a| String::from_utf8(a).unwrap())
    }

    fn top(top: usize, more: serde_json::Value) -> serde_json::Value {
        let mut labels = json!({"tensor": "y", "from": {"inline": ["unused here"]}, "top": top});
        labels
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({ "labels": labels })
    }

    #[test]
    fn labels_come_best_first_and_equals_in_order() {
        let scores = Data::Float32(vec![0.1, 0.8, 0.1]);
        assert_eq!(
            run(top(3, json!({})), &[1, 3], scores).unwrap(),
            r#"{"labels":[{"label":"b\"","score":0.8},{"label":"a","score":0.1},{"label":"c","score":0.1}]}"#
        );
        assert_eq!(
            run(top(1, json!({})), &[3], Data::Int32(vec![-5, 7, 2])).unwrap(),
            r#"{"labels":[{"label":"b\"","score":7}]}"#
        );
        assert_eq!(
            run(
                top(2, json!({"softmax": true})),
                &[3],
                Data::Float32(vec![1000.0, 0.0, 1000.0])
            )
            .unwrap(),
            r#"{"labels":[{"label":"a","score":0.5},{"label":"c","score":0.5}]}"#
        );
        assert_eq!(
            run(
                top(5, json!({"indices": true})),
                &[2],
                Data::Int64(vec![2, 0])
            )
            .unwrap(),
            r#"{"labels":[{"label":"c"},{"label":"a"}]}"#
        );
    }

    #[test]
    fn zeros_of_either_sign_keep_the_order() {
        for scores in [vec![-0.0, 0.0, -0.0], vec![0.0, -0.0, 0.0]] {
            let answer = run(top(3, json!({})), &[3], Data::Float32(scores)).unwrap();
            let places = ["a", "b\\\"", "c"].map(|label| answer.find(&format!("\"{label}\"")));
            assert!(places.is_sorted() && places[0].is_some(), "{answer}");
        }
    }

    #[test]
    fn softmax_has_the_same_bits_everywhere() {
        for (scores, expected) in [
            (
                [0.0, -0.0044288, -1.0, -20.0],
                [
                    0x3fdb_1435_51bf_9456,
                    0x3fda_f593_260e_9859,
                    0x3fc3_ec6f_0e84_36af,
                    0x3e0d_f6ff_5969_254f,
                ],
            ),
            (
                [3.5, 3.25, 1.0, -700.0],
                [
                    0x3fe1_3234_627c_ec81,
                    0x3fda_c8e1_7d99_9980,
                    0x3fa6_95ad_eb64_6bec,
                    0x0071_fa03_3b90_e153,
                ],
            ),
        ] {
            let bits: Vec<u64> = softmax(&scores).into_iter().map(f64::to_bits).collect();
            assert_eq!(bits, expected, "{scores:?}: {bits:x?}");
        }
    }

    #[test]
    fn outputs_that_are_not_scores_are_refused() {
        let row = run(top(1, json!({})), &[3, 1], Data::Int32(vec![1, 2, 3])).unwrap_err();
        assert_eq!(
            row,
            AnswerError::Row {
                tensor: "y".into(),
                shape: vec![3, 1],
                labels: 3
            }
        );
        let nan = run(
            top(1, json!({})),
            &[3],
            Data::Float32(vec![1.0, f32::NAN, 0.0]),
        );
        assert_eq!(nan.unwrap_err(), AnswerError::NotFinite("y".into()));
        let index = run(
            top(1, json!({"indices": true})),
            &[1],
            Data::Int64(vec![-1]),
        );
        assert_eq!(
            index.unwrap_err(),
            AnswerError::NoSuchLabel {
                tensor: "y".into(),
                index: -1,
                labels: 3
            }
        );
        let text = run(
            top(1, json!({})),
            &[3],
            Data::String(vec![String::new(); 3]),
        );
        assert!(matches!(text, Err(AnswerError::Type { .. })));
    }

    #[test]
    fn json_nests_by_shape() {
        let output = json!({"json": ["y"]});
        let data = Data::Float32(vec![0.1, 1.0, 1e-7, -2.5]);
        assert_eq!(
            run(output.clone(), &[2, 2], data).unwrap(),
            r#"{"y":[[0.1,1.0],[1e-7,-2.5]]}"#
        );
        assert_eq!(
            run(output.clone(), &[], Data::Bool(vec![true])).unwrap(),
            r#"{"y":true}"#
        );
        assert_eq!(
            run(output.clone(), &[0], Data::Int8(vec![])).unwrap(),
            r#"{"y":[]}"#
        );
        let infinite = run(output.clone(), &[1], Data::Float64(vec![f64::INFINITY]));
        assert_eq!(infinite.unwrap_err(), AnswerError::NotFinite("y".into()));
        let long = run_within(output, &[400], Data::Int8(vec![1; 400]), 100);
        assert_eq!(long.unwrap_err(), AnswerError::TooLarge { max_length: 100 });
        let missing = run(json!({"json": ["z"]}), &[1], Data::Int8(vec![1]));
        assert_eq!(missing.unwrap_err(), AnswerError::Missing("z".into()));
    }

    #[test]
    fn floats_have_one_notation_in_json() {
        let wide = Data::Float64(vec![9e-6, 1e-5, 0.1, 1.5e15, -1e16, 1.5e300]);
        assert_eq!(
            run(json!({"json": ["y"]}), &[6], wide).unwrap(),
            r#"{"y":[9e-6,0.00001,0.1,1500000000000000.0,-1e+16,1.5e+300]}"#
        );
        let narrow = Data::Float32(vec![9e-7, 1e-6, 0.1, 1.5e12, -1e13, 1.5e38]);
        assert_eq!(
            run(json!({"json": ["y"]}), &[6], narrow).unwrap(),
            r#"{"y":[9e-7,0.000001,0.1,1500000000000.0,-1e+13,1.5e+38]}"#
        );
    }

    #[test]
    fn halves_have_few_digits_in_json() {
        let written = |data: Data| {
            let answer = run(json!({"json": ["y"]}), &[data.len()], data)?;
            Ok(answer[r#"{"y":["#.len()..answer.len() - 2].to_string())
        };
        let numbers = [0.1, -2.5, 0.0, -0.0, 1.0, 1.0 / 3.0, 2049.0, 6e-8];
        assert_eq!(
            written(Data::Float16(numbers.map(f16::from_f32).to_vec())).unwrap(),
            "0.1,-2.5,0.0,-0.0,1.0,0.3333,2048.0,6e-8"
        );
        assert_eq!(
            written(Data::Bfloat16(numbers.map(bf16::from_f32).to_vec())).unwrap(),
            "0.1,-2.5,0.0,-0.0,1.0,0.334,2050.0,6e-8"
        );
        let extremes = vec![f16::MAX, f16::MIN, f16::MIN_POSITIVE];
        assert_eq!(
            written(Data::Float16(extremes)).unwrap(),
            "65500.0,-65500.0,0.00006104"
        );
        let extremes = vec![bf16::MAX, bf16::MIN, bf16::MIN_POSITIVE];
        assert_eq!(
            written(Data::Bfloat16(extremes)).unwrap(),
            "3.39e+38,-3.39e+38,1.18e-38"
        );
        // Powers of two: fewer digits are enough above them than below.
        let power = vec![f16::from_f32(0.015625), f16::from_f32(-0.015625)];
        assert_eq!(written(Data::Float16(power)).unwrap(), "0.01563,-0.01563");
        let power = vec![bf16::from_f32(2f32.powi(64))];
        assert_eq!(written(Data::Bfloat16(power)).unwrap(), "1.85e+19");
        // Each reads back as itself.
        let halves: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        for half in halves.into_iter().filter(|h| h.is_finite()) {
            let read = written(Data::Float16(vec![half])).unwrap().parse();
            assert_eq!(f16::from_f32(read.unwrap()).to_bits(), half.to_bits());
        }
        let halves: Vec<bf16> = (0..=u16::MAX).map(bf16::from_bits).collect();
        for half in halves.into_iter().filter(|h| h.is_finite()) {
            let read = written(Data::Bfloat16(vec![half])).unwrap().parse();
            assert_eq!(bf16::from_f32(read.unwrap()).to_bits(), half.to_bits());
        }
        let not_finite = Err(AnswerError::NotFinite("y".into()));
        assert_eq!(written(Data::Float16(vec![f16::INFINITY])), not_finite);
        assert_eq!(written(Data::Bfloat16(vec![bf16::NAN])), not_finite);
    }

    #[test]
    fn an_output_of_many_dimensions_is_refused() {
        for output in [
            json!({"json": ["y"]}),
            json!({"safetensors": ["y"]}),
            json!({"text": {"tensor": "y"}}),
            top(1, json!({"indices": true})),
        ] {
            for rank in [1 << 20, 17] {
                let data = Data::Int64(vec![0]);
                let error = run(output.clone(), &vec![1; rank], data).unwrap_err();
                assert_eq!(
                    error.to_string(),
                    format!("the output `y` has {rank} dimensions, more than 16")
                );
            }
        }
        let deepest = run(json!({"json": ["y"]}), &[1; 16], Data::Int8(vec![7])).unwrap();
        assert_eq!(
            deepest,
            format!("{{\"y\":{}7{}}}", "[".repeat(16), "]".repeat(16))
        );
    }

    #[test]
    fn text_is_the_bytes_themselves() {
        let output = json!({"text": {"tensor": "y"}});
        let one = Data::String(vec!["Das Haus".into()]);
        assert_eq!(run(output.clone(), &[1, 1], one).unwrap(), "Das Haus");
        assert_eq!(
            run(output.clone(), &[2], Data::Uint8(b"ok".to_vec())).unwrap(),
            "ok"
        );
        let broken = run(output.clone(), &[1], Data::Uint8(vec![0xff]));
        assert_eq!(broken.unwrap_err(), AnswerError::NotText("y".into()));
        let long = run_within(output, &[1], Data::String(vec!["x".repeat(10)]), 9);
        assert_eq!(long.unwrap_err(), AnswerError::TooLarge { max_length: 9 });
    }

    #[test]
    fn safetensors_have_one_form() {
        let one = |name: &str, data: Data| (name.to_string(), Tensor::new(vec![1], data).unwrap());
        let tensors = [
            one("bool", Data::Bool(vec![true])),
            one("uint8", Data::Uint8(vec![2])),
            one("int8", Data::Int8(vec![-3])),
            one("int16", Data::Int16(vec![-4])),
            one("uint16", Data::Uint16(vec![5])),
            one("float16", Data::Float16(vec![f16::from_f32(1.5)])),
            one("bfloat16", Data::Bfloat16(vec![bf16::from_f32(1.5)])),
            one("int32", Data::Int32(vec![-6])),
            one("uint32", Data::Uint32(vec![7])),
            one("é", Data::Float32(vec![1.5])),
            one("z", Data::Float32(vec![2.5])),
            one("Z", Data::Float32(vec![3.5])),
            one("float64", Data::Float64(vec![1.5])),
            one("int64", Data::Int64(vec![-8])),
            one("uint64", Data::Uint64(vec![9])),
        ];
        let names = tensors.iter().map(|(name, _)| name.clone()).collect();
        let file = answer(&Output::Safetensors(names), &[], &tensors, 2000).unwrap();
        let parts = [
            ("uint64", "U64", 8),
            ("int64", "I64", 8),
            ("float64", "F64", 8),
            ("Z", "F32", 4),
            ("z", "F32", 4),
            ("é", "F32", 4),
            ("uint32", "U32", 4),
            ("int32", "I32", 4),
            ("bfloat16", "BF16", 2),
            ("float16", "F16", 2),
            ("uint16", "U16", 2),
            ("int16", "I16", 2),
            ("int8", "I8", 1),
            ("uint8", "U8", 1),
            ("bool", "BOOL", 1),
        ];
        let mut begin = 0;
        let entries = parts.map(|(name, kind, size)| {
            let end = begin + size;
            let offsets = format!("[{begin},{end}]");
            begin = end;
            format!(r#""{name}":{{"dtype":"{kind}","shape":[1],"data_offsets":{offsets}}}"#)
        });
        let mut header = format!("{{{}}}", entries.join(","));
        while header.len() % 8 != 0 {
            header.push(' ');
        }
        let mut expected = (header.len() as u64).to_le_bytes().to_vec();
        expected.extend(header.as_bytes());
        expected.extend(
            hex::decode(concat!(
                "0900000000000000", // 9
                "f8ffffffffffffff", // -8
                "000000000000f83f", // 1.5
                "00006040",         // 3.5
                "00002040",         // 2.5
                "0000c03f",         // 1.5
                "07000000",         // 7
                "faffffff",         // -6
                "c03f",             // 1.5
                "003e",             // 1.5
                "0500",             // 5
                "fcff",             // -4
                "fd",               // -3
                "02",               // 2
                "01",               // true
            ))
            .unwrap(),
        );
        assert_eq!(file, expected);
    }

    #[test]
    fn safetensors_read_back() {
        let output: Output = serde_json::from_value(json!({"safetensors": ["b", "a"]})).unwrap();
        let tensors = [
            (
                "a".to_string(),
                Tensor::new(vec![2], Data::Float32(vec![1.5, f32::NAN])).unwrap(),
            ),
            (
                "b".to_string(),
                Tensor::new(vec![1, 1], Data::Int64(vec![-3])).unwrap(),
            ),
            (
                "c".to_string(),
                Tensor::new(vec![1], Data::Int64(vec![9])).unwrap(),
            ),
        ];
        let file = answer(&output, &[], &tensors, 1000).unwrap();
        assert_eq!(file, answer(&output, &[], &tensors, 1000).unwrap());
        let read = safetensors::SafeTensors::deserialize(&file).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read.tensor("b").unwrap().data(), (-3i64).to_le_bytes());
        assert_eq!(read.tensor("a").unwrap().shape(), [2]);
        assert_eq!(
            answer(&output, &[], &tensors, 20).unwrap_err(),
            AnswerError::TooLarge { max_length: 20 }
        );
    }
}
