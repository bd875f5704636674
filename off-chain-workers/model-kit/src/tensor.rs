//! Tensors in memory, as they pass from a raw input to a model and from the model to an answer,
//! whatever engine runs it.

use half::{bf16, f16};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most dimensions of an input or an output.
pub const MAX_RANK: usize = 16;

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DType {
    Float16,
    Bfloat16,
    Float32,
    Float64,
    Int8,
    Int16,
    Int32,
    Int64,
    Uint8,
    Uint16,
    Uint32,
    Uint64,
    Bool,
    String,
}

impl DType {
    const ALL: [Self; 14] = [
        Self::Float16,
        Self::Bfloat16,
        Self::Float32,
        Self::Float64,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::Uint8,
        Self::Uint16,
        Self::Uint32,
        Self::Uint64,
        Self::Bool,
        Self::String,
    ];

    /// The name that a manifest has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float16 => "float16",
            Self::Bfloat16 => "bfloat16",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Uint16 => "uint16",
            Self::Uint32 => "uint32",
            Self::Uint64 => "uint64",
            Self::Bool => "bool",
            Self::String => "string",
        }
    }

    /// The type that a manifest calls `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dtype| dtype.name() == name)
    }

    /// Whether it is any type but bool and string.
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Bool | Self::String)
    }

    /// How many bytes an element counts. The text of a string comes on top.
    pub fn size(self) -> u64 {
        match self {
            Self::Int8 | Self::Uint8 | Self::Bool => 1,
            Self::Float16 | Self::Bfloat16 | Self::Int16 | Self::Uint16 => 2,
            Self::Float32 | Self::Int32 | Self::Uint32 => 4,
            Self::Float64 | Self::Int64 | Self::Uint64 => 8,
            Self::String => 24,
        }
    }

    /// What it holds, written for people.
    pub fn range(self) -> String {
        fn whole(min: impl fmt::Display, max: impl fmt::Display) -> String {
            format!("whole numbers from {min} to {max}")
        }
        match self {
            Self::Float16 => format!("numbers from {} to {}", f16::MIN, f16::MAX),
            Self::Bfloat16 => format!("numbers from {:?} to {:?}", bf16::MIN, bf16::MAX),
            Self::Float32 => format!("numbers from {:?} to {:?}", f32::MIN, f32::MAX),
            Self::Float64 => format!("numbers from {:?} to {:?}", f64::MIN, f64::MAX),
            Self::Int8 => whole(i8::MIN, i8::MAX),
            Self::Int16 => whole(i16::MIN, i16::MAX),
            Self::Int32 => whole(i32::MIN, i32::MAX),
            Self::Int64 => whole(i64::MIN, i64::MAX),
            Self::Uint8 => whole(u8::MIN, u8::MAX),
            Self::Uint16 => whole(u16::MIN, u16::MAX),
            Self::Uint32 => whole(u32::MIN, u32::MAX),
            Self::Uint64 => whole(u64::MIN, u64::MAX),
            Self::Bool => "0 and 1".into(),
            Self::String => "text".into(),
        }
    }

    /// Whether the whole number `value` lies within the type's bounds.
    pub fn holds(self, value: f64) -> bool {
        let (min, max) = match self {
            Self::Bfloat16 | Self::Float32 | Self::Float64 => return true,
            Self::Float16 => (f16::MIN.to_f64(), f16::MAX.to_f64()),
            Self::Int8 => (f64::from(i8::MIN), f64::from(i8::MAX)),
            Self::Int16 => (f64::from(i16::MIN), f64::from(i16::MAX)),
            Self::Int32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
            Self::Int64 => (i64::MIN as f64, i64::MAX as f64),
            Self::Uint8 => (0.0, f64::from(u8::MAX)),
            Self::Uint16 => (0.0, f64::from(u16::MAX)),
            Self::Uint32 => (0.0, f64::from(u32::MAX)),
            Self::Uint64 => (0.0, u64::MAX as f64),
            Self::Bool => (0.0, 1.0),
            Self::String => return false,
        };
        (min..=max).contains(&value)
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The half that `number`, once it is rounded to f32, rounds to. The crate's own way from f64 goes
/// through f32 or not, as the processor's instructions make it, and so to another last bit.
pub(crate) fn half_of(number: f64) -> f16 {
    f16::from_f32(number as f32)
}

/// Elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    Float16(Vec<f16>),
    Bfloat16(Vec<bf16>),
    Float32(Vec<f32>),
    Float64(Vec<f64>),
    Int8(Vec<i8>),
    Int16(Vec<i16>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Uint8(Vec<u8>),
    Uint16(Vec<u16>),
    Uint32(Vec<u32>),
    Uint64(Vec<u64>),
    Bool(Vec<bool>),
    String(Vec<String>),
}

/// Runs `$body` with `$values` bound to the vector of elements, whatever their type.
#[macro_export]
macro_rules! each_type {
    ($data:expr, $values:ident => $body:expr) => {
        match $data {
            $crate::tensor::Data::Float16($values) => $body,
            $crate::tensor::Data::Bfloat16($values) => $body,
            $crate::tensor::Data::Float32($values) => $body,
            $crate::tensor::Data::Float64($values) => $body,
            $crate::tensor::Data::Int8($values) => $body,
            $crate::tensor::Data::Int16($values) => $body,
            $crate::tensor::Data::Int32($values) => $body,
            $crate::tensor::Data::Int64($values) => $body,
            $crate::tensor::Data::Uint8($values) => $body,
            $crate::tensor::Data::Uint16($values) => $body,
            $crate::tensor::Data::Uint32($values) => $body,
            $crate::tensor::Data::Uint64($values) => $body,
            $crate::tensor::Data::Bool($values) => $body,
            $crate::tensor::Data::String($values) => $body,
        }
    };
}

impl Data {
    pub fn dtype(&self) -> DType {
        match self {
            Self::Float16(_) => DType::Float16,
            Self::Bfloat16(_) => DType::Bfloat16,
            Self::Float32(_) => DType::Float32,
            Self::Float64(_) => DType::Float64,
            Self::Int8(_) => DType::Int8,
            Self::Int16(_) => DType::Int16,
            Self::Int32(_) => DType::Int32,
            Self::Int64(_) => DType::Int64,
            Self::Uint8(_) => DType::Uint8,
            Self::Uint16(_) => DType::Uint16,
            Self::Uint32(_) => DType::Uint32,
            Self::Uint64(_) => DType::Uint64,
            Self::Bool(_) => DType::Bool,
            Self::String(_) => DType::String,
        }
    }

    pub fn len(&self) -> usize {
        each_type!(self, values => values.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes all elements count.
    pub fn bytes(&self) -> u64 {
        let texts = match self {
            Self::String(v) => v.iter().map(|text| text.len() as u64).sum(),
            _ => 0,
        };
        self.len() as u64 * self.dtype().size() + texts
    }

    /// An empty list with room for `capacity` elements; `None` for bool and string, which bytes
    /// cannot become.
    pub(crate) fn with_capacity(dtype: DType, capacity: usize) -> Option<Self> {
        Some(match dtype {
            DType::Float16 => Self::Float16(Vec::with_capacity(capacity)),
            DType::Bfloat16 => Self::Bfloat16(Vec::with_capacity(capacity)),
            DType::Float32 => Self::Float32(Vec::with_capacity(capacity)),
            DType::Float64 => Self::Float64(Vec::with_capacity(capacity)),
            DType::Int8 => Self::Int8(Vec::with_capacity(capacity)),
            DType::Int16 => Self::Int16(Vec::with_capacity(capacity)),
            DType::Int32 => Self::Int32(Vec::with_capacity(capacity)),
            DType::Int64 => Self::Int64(Vec::with_capacity(capacity)),
            DType::Uint8 => Self::Uint8(Vec::with_capacity(capacity)),
            DType::Uint16 => Self::Uint16(Vec::with_capacity(capacity)),
            DType::Uint32 => Self::Uint32(Vec::with_capacity(capacity)),
            DType::Uint64 => Self::Uint64(Vec::with_capacity(capacity)),
            DType::Bool | DType::String => return None,
        })
    }

    /// Appends whole numbers, which must lie within the type's bounds (others wrap). One long call
    /// is faster than many short ones.
    pub(crate) fn extend(&mut self, integers: impl Iterator<Item = i64>) {
        match self {
            Self::Float16(v) => v.extend(integers.map(|n| half_of(n as f64))),
            Self::Bfloat16(v) => v.extend(integers.map(|n| bf16::from_f64(n as f64))),
            Self::Float32(v) => v.extend(integers.map(|n| n as f32)),
            Self::Float64(v) => v.extend(integers.map(|n| n as f64)),
            Self::Int8(v) => v.extend(integers.map(|n| n as i8)),
            Self::Int16(v) => v.extend(integers.map(|n| n as i16)),
            Self::Int32(v) => v.extend(integers.map(|n| n as i32)),
            Self::Int64(v) => v.extend(integers),
            Self::Uint8(v) => v.extend(integers.map(|n| n as u8)),
            Self::Uint16(v) => v.extend(integers.map(|n| n as u16)),
            Self::Uint32(v) => v.extend(integers.map(|n| n as u32)),
            Self::Uint64(v) => v.extend(integers.map(|n| n as u64)),
            Self::Bool(v) => v.extend(integers.map(|n| n != 0)),
            Self::String(_) => (),
        }
    }

    /// Makes elements of whole numbers, which must lie within the bounds of `dtype` (others wrap);
    /// `None` for string.
    pub fn from_integers(dtype: DType, integers: impl Iterator<Item = i64>) -> Option<Self> {
        Some(match dtype {
            DType::Float16 => Self::Float16(integers.map(|n| half_of(n as f64)).collect()),
            DType::Bfloat16 => Self::Bfloat16(integers.map(|n| bf16::from_f64(n as f64)).collect()),
            DType::Float32 => Self::Float32(integers.map(|n| n as f32).collect()),
            DType::Float64 => Self::Float64(integers.map(|n| n as f64).collect()),
            DType::Int8 => Self::Int8(integers.map(|n| n as i8).collect()),
            DType::Int16 => Self::Int16(integers.map(|n| n as i16).collect()),
            DType::Int32 => Self::Int32(integers.map(|n| n as i32).collect()),
            DType::Int64 => Self::Int64(integers.collect()),
            DType::Uint8 => Self::Uint8(integers.map(|n| n as u8).collect()),
            DType::Uint16 => Self::Uint16(integers.map(|n| n as u16).collect()),
            DType::Uint32 => Self::Uint32(integers.map(|n| n as u32).collect()),
            DType::Uint64 => Self::Uint64(integers.map(|n| n as u64).collect()),
            DType::Bool => Self::Bool(integers.map(|n| n != 0).collect()),
            DType::String => return None,
        })
    }

    /// Makes elements of floats. For an integer type they are rounded (halves away from zero) and
    /// clamped to its bounds; for bool, all but 0 are true; `None` for string.
    pub fn from_numbers(dtype: DType, numbers: impl Iterator<Item = f32>) -> Option<Self> {
        // `as` clamps to the bounds, and turns NaN into 0.
        Some(match dtype {
            DType::Float16 => Self::Float16(numbers.map(f16::from_f32).collect()),
            DType::Bfloat16 => Self::Bfloat16(numbers.map(bf16::from_f32).collect()),
            DType::Float32 => Self::Float32(numbers.collect()),
            DType::Float64 => Self::Float64(numbers.map(f64::from).collect()),
            DType::Int8 => Self::Int8(numbers.map(|n| n.round() as i8).collect()),
            DType::Int16 => Self::Int16(numbers.map(|n| n.round() as i16).collect()),
            DType::Int32 => Self::Int32(numbers.map(|n| n.round() as i32).collect()),
            DType::Int64 => Self::Int64(numbers.map(|n| n.round() as i64).collect()),
            DType::Uint8 => Self::Uint8(numbers.map(|n| n.round() as u8).collect()),
            DType::Uint16 => Self::Uint16(numbers.map(|n| n.round() as u16).collect()),
            DType::Uint32 => Self::Uint32(numbers.map(|n| n.round() as u32).collect()),
            DType::Uint64 => Self::Uint64(numbers.map(|n| n.round() as u64).collect()),
            DType::Bool => Self::Bool(numbers.map(|n| n != 0.0).collect()),
            DType::String => return None,
        })
    }
}

/// A tensor whose elements fill its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    shape: Vec<usize>,
    data: Data,
}

impl Tensor {
    /// `None` unless the product of `shape` is the number of elements.
    pub fn new(shape: Vec<usize>, data: Data) -> Option<Self> {
        (elements(&shape)? == data.len()).then_some(Self { shape, data })
    }

    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    pub fn data(&self) -> &Data {
        &self.data
    }

    pub fn into_parts(self) -> (Vec<usize>, Data) {
        (self.shape, self.data)
    }
}

/// How many elements a shape has; `None` if the number overflows.
pub fn elements(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, d| product.checked_mul(*d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_fills_its_shape() {
        assert!(Tensor::new(vec![2, 2], Data::Int8(vec![1, 2, 3, 4])).is_some());
        assert!(Tensor::new(vec![], Data::Int8(vec![1])).is_some());
        assert!(Tensor::new(vec![3], Data::Int8(vec![1])).is_none());
        assert!(Tensor::new(vec![usize::MAX, 2], Data::Int8(vec![])).is_none());
    }

    #[test]
    fn halves_have_the_same_bits_everywhere() {
        // More than the middle between two halves by what f32 keeps, then by what it drops.
        for (number, bits) in [
            (1.0 + 2f64.powi(-11) + 2f64.powi(-22), 0x3c01),
            (1.0 + 2f64.powi(-11) + 2f64.powi(-40), 0x3c00),
            (1.0 + 2f64.powi(-11), 0x3c00),
            (65519.0, 0x7bff),
            (65520.0, 0x7c00),
        ] {
            assert_eq!(half_of(number).to_bits(), bits, "{number}");
            assert_eq!(half_of(-number).to_bits(), bits | 0x8000, "{number}");
        }
        let wholes = Data::from_integers(DType::Float16, [4097, -4098].into_iter());
        let rounded = [4096.0, -4096.0].map(f16::from_f32);
        assert_eq!(wholes, Some(Data::Float16(rounded.to_vec())));
    }

    #[test]
    fn numbers_are_rounded_and_clamped() {
        let numbers = [-1.5f32, 0.4, 0.5, 300.0];
        assert_eq!(
            Data::from_numbers(DType::Uint8, numbers.iter().copied()),
            Some(Data::Uint8(vec![0, 0, 1, 255]))
        );
        assert_eq!(
            Data::from_numbers(DType::Int8, numbers.iter().copied()),
            Some(Data::Int8(vec![-2, 0, 1, 127]))
        );
        assert_eq!(
            Data::from_numbers(DType::String, numbers.iter().copied()),
            None
        );
    }
}
