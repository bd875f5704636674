//! The seven types of `IntV1`, and ranges: the bounds of a number that is not known yet.

use crate::onnx::element;
use std::fmt;

/// Type of a tensor's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntType {
    Bool,
    U8,
    I8,
    I32,
    U32,
    I64,
    U64,
}

impl IntType {
    /// The type with this number in ONNX; `None` if `IntV1` does not have it.
    pub fn from_onnx(number: i32) -> Option<Self> {
        Some(match number {
            element::BOOL => Self::Bool,
            element::UINT8 => Self::U8,
            element::INT8 => Self::I8,
            element::INT32 => Self::I32,
            element::UINT32 => Self::U32,
            element::INT64 => Self::I64,
            element::UINT64 => Self::U64,
            _ => return None,
        })
    }

    /// The type's number in ONNX.
    pub fn onnx(self) -> i32 {
        match self {
            Self::Bool => element::BOOL,
            Self::U8 => element::UINT8,
            Self::I8 => element::INT8,
            Self::I32 => element::INT32,
            Self::U32 => element::UINT32,
            Self::I64 => element::INT64,
            Self::U64 => element::UINT64,
        }
    }

    /// Width of an element in bits; a truth value has one.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bool => 1,
            Self::U8 | Self::I8 => 8,
            Self::I32 | Self::U32 => 32,
            Self::I64 | Self::U64 => 64,
        }
    }

    /// Bytes of an element in a file.
    pub fn bytes(self) -> usize {
        self.bits().div_ceil(8) as usize
    }

    /// The bytes of these elements in a file.
    pub fn little_endian(self, elements: impl Iterator<Item = i128>) -> Vec<u8> {
        let width = self.bytes();
        elements
            .flat_map(|n| n.to_le_bytes().into_iter().take(width))
            .collect()
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I32 | Self::I64)
    }

    /// All values of the type.
    pub fn range(self) -> Range {
        let values = 1i128 << self.bits();
        if self.is_signed() {
            Range::new(-values / 2, values / 2 - 1)
        } else {
            Range::new(0, values - 1)
        }
    }

    /// Reduces `value` modulo 2^width to a number of this type; for bool, all but 0 become 1.
    pub fn wrap(self, value: i128) -> i128 {
        if self == Self::Bool {
            return i128::from(value != 0);
        }
        let unused = 128 - self.bits();
        if self.is_signed() {
            value << unused >> unused
        } else {
            ((value as u128) << unused >> unused) as i128
        }
    }
}

impl fmt::Display for IntType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&element::name(self.onnx()))
    }
}

/// Bounds of a number, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub least: i128,
    pub most: i128,
}

impl Range {
    pub fn new(least: i128, most: i128) -> Self {
        Self { least, most }
    }

    /// The smallest range that holds all of `numbers`; `None` if there are none.
    pub fn of(numbers: impl IntoIterator<Item = i128>) -> Option<Self> {
        numbers.into_iter().fold(None, |range: Option<Self>, n| {
            let one = Self::new(n, n);
            Some(range.map_or(one, |r| r.or(one)))
        })
    }

    /// The smallest range that holds both.
    pub fn or(self, other: Self) -> Self {
        Self::new(self.least.min(other.least), self.most.max(other.most))
    }

    pub fn contains(self, other: Self) -> bool {
        self.least <= other.least && other.most <= self.most
    }

    /// The range after its numbers are reduced to the type `to`: the same if all of it fits, else
    /// all values of the type, because a number may wrap.
    pub fn wrapped(self, to: IntType) -> Self {
        if to.range().contains(self) {
            self
        } else {
            to.range()
        }
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.least, self.most)
    }
}
