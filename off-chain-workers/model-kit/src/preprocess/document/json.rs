//! Reads one member of a JSON object as a tensor, element by element: as a tree of values, a
//! megabyte of JSON would take a hundred megabytes.

use super::InputError;
use crate::{
    manifest::MAX_ELEMENTS,
    tensor::{half_of, DType, Data, Tensor, MAX_RANK},
};
use half::bf16;
use serde::de::{
    value::MapAccessDeserializer, Deserialize, DeserializeSeed, Deserializer, Error as _,
    IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Number, Value};
use std::{collections::BTreeSet, fmt};

/// Reads the member `key` of the object in `raw`, of at most `room` bytes; refuses the object if it
/// has a member that is neither this one nor among `known`.
pub fn member(
    raw: &[u8],
    key: &str,
    dtype: DType,
    known: &BTreeSet<&str>,
    room: u64,
) -> Result<Tensor, InputError> {
    let mut object = Object {
        key,
        dtype,
        known,
        room,
        fault: None,
        found: None,
    };
    let mut document = serde_json::Deserializer::from_slice(raw);
    let read = document
        .deserialize_map(&mut object)
        .and_then(|()| document.end());
    if let Some(fault) = object.fault {
        return Err(fault);
    }
    read.map_err(|e| InputError::NotA {
        what: "a JSON object",
        why: e.to_string(),
    })?;
    object
        .found
        .ok_or_else(|| InputError::Missing(key.into()))?
        .tensor()
}

struct Object<'a> {
    key: &'a str,
    dtype: DType,
    known: &'a BTreeSet<&'a str>,
    room: u64,
    /// The fault, if the JSON reader's error cannot tell it.
    fault: Option<InputError>,
    found: Option<Nested<'a>>,
}

impl<'de> Visitor<'de> for &mut Object<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            if key == self.key {
                let mut nested = Nested::new(self.key, self.dtype, self.room);
                let level = Level {
                    nested: &mut nested,
                    depth: 0,
                };
                if let Err(error) = map.next_value_seed(level) {
                    self.fault = nested.fault;
                    return Err(error);
                }
                // Of two members with the same name the last counts, as is usual in JSON. The first
                // is read all the same, and must be sound.
                self.found = Some(nested);
            } else if self.known.contains(key.as_str()) {
                map.next_value::<IgnoredAny>()?;
            } else {
                self.fault = Some(InputError::Unknown(key));
                return Err(A::Error::custom("a member that nothing takes"));
            }
        }
        Ok(())
    }
}

/// One element, or nested arrays of equal length at each depth, as far as they have been read.
struct Nested<'a> {
    input: &'a str,
    elements: Elements,
    /// The bytes that further elements may have.
    room: u64,
    /// The length of the arrays at each depth; `None` until the first of them has ended.
    lengths: Vec<Option<usize>>,
    /// How deep the elements lie; `None` until one has been read.
    rank: Option<usize>,
    fault: Option<InputError>,
}

impl<'a> Nested<'a> {
    fn new(input: &'a str, dtype: DType, room: u64) -> Self {
        Self {
            input,
            elements: Elements::new(dtype),
            room,
            lengths: Vec::new(),
            rank: None,
            fault: None,
        }
    }

    fn ragged(&self) -> InputError {
        InputError::Ragged(self.input.into())
    }

    fn begin_array(&mut self, depth: usize) -> Result<(), InputError> {
        if depth >= MAX_RANK {
            let input = self.input.into();
            return Err(InputError::Rank { input });
        }
        if self.rank.is_some_and(|rank| depth >= rank) {
            return Err(self.ragged());
        }
        if self.lengths.len() == depth {
            self.lengths.push(None);
        }
        Ok(())
    }

    fn end_array(&mut self, depth: usize, length: usize) -> Result<(), InputError> {
        match self.lengths.get_mut(depth) {
            Some(known @ None) => *known = Some(length),
            Some(known) if *known == Some(length) => {}
            _ => return Err(self.ragged()),
        }
        Ok(())
    }

    fn element(&mut self, depth: usize, value: Value) -> Result<(), InputError> {
        if *self.rank.get_or_insert(depth) != depth {
            return Err(self.ragged());
        }
        if self.elements.data.len() == MAX_ELEMENTS {
            return Err(InputError::TooMany {
                input: self.input.into(),
                elements: MAX_ELEMENTS + 1,
            });
        }
        let text = value.as_str().map_or(0, str::len) as u64;
        let left = self.room.checked_sub(self.elements.dtype.size() + text);
        self.room = left.ok_or(InputError::TooManyBytes)?;
        self.elements.push(value).ok_or(InputError::Element {
            input: self.input.into(),
            dtype: self.elements.dtype,
        })
    }

    fn tensor(self) -> Result<Tensor, InputError> {
        let ragged = self.ragged();
        let shape: Option<Vec<usize>> = self.lengths.into_iter().collect();
        let shape = shape.filter(|s| self.rank.is_none_or(|rank| rank == s.len()));
        let tensor = shape.and_then(|shape| Tensor::new(shape, self.elements.data));
        tensor.ok_or(ragged)
    }
}

/// Reads the array or element at some depth.
struct Level<'a, 'b> {
    nested: &'a mut Nested<'b>,
    depth: usize,
}

impl Level<'_, '_> {
    fn noted<E: serde::de::Error>(
        nested: &mut Nested,
        result: Result<(), InputError>,
    ) -> Result<(), E> {
        result.map_err(|fault| {
            nested.fault = Some(fault);
            E::custom("a member that is no tensor")
        })
    }

    fn element<E: serde::de::Error>(self, value: Value) -> Result<(), E> {
        let result = self.nested.element(self.depth, value);
        Self::noted(self.nested, result)
    }
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("nested arrays, or one element")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<(), A::Error> {
        let Self { nested, depth } = self;
        let begun = nested.begin_array(depth);
        Self::noted(nested, begun)?;
        let mut length = 0;
        while array
            .next_element_seed(Level {
                nested,
                depth: depth + 1,
            })?
            .is_some()
        {
            length += 1;
        }
        let ended = nested.end_array(depth, length);
        Level::noted(nested, ended)
    }

    /// An object is not an element. But if some crate of the same build asks serde_json for
    /// `arbitrary_precision`, each number comes as an object.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let number = Number::deserialize(MapAccessDeserializer::new(map));
        self.element(number.map_or(Value::Null, Value::Number))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        self.element(Value::Null)
    }

    fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<(), E> {
        self.element(b.into())
    }

    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<(), E> {
        self.element(n.into())
    }

    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<(), E> {
        self.element(n.into())
    }

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<(), E> {
        self.element(n.into())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.element(text.into())
    }
}

/// The elements of one type: whole numbers within its bounds, finite floats, truth values or
/// strings. Nothing is rounded to a whole number, and nothing wraps.
struct Elements {
    dtype: DType,
    data: Data,
}

impl Elements {
    fn new(dtype: DType) -> Self {
        let data = match dtype {
            DType::Float16 => Data::Float16(Vec::new()),
            DType::Bfloat16 => Data::Bfloat16(Vec::new()),
            DType::Float32 => Data::Float32(Vec::new()),
            DType::Float64 => Data::Float64(Vec::new()),
            DType::Int8 => Data::Int8(Vec::new()),
            DType::Int16 => Data::Int16(Vec::new()),
            DType::Int32 => Data::Int32(Vec::new()),
            DType::Int64 => Data::Int64(Vec::new()),
            DType::Uint8 => Data::Uint8(Vec::new()),
            DType::Uint16 => Data::Uint16(Vec::new()),
            DType::Uint32 => Data::Uint32(Vec::new()),
            DType::Uint64 => Data::Uint64(Vec::new()),
            DType::Bool => Data::Bool(Vec::new()),
            DType::String => Data::String(Vec::new()),
        };
        Self { dtype, data }
    }

    /// `None` if the type cannot hold the value.
    fn push(&mut self, value: Value) -> Option<()> {
        fn whole<T: TryFrom<i64> + TryFrom<u64>>(value: &Value) -> Option<T> {
            let signed = value.as_i64().and_then(|n| T::try_from(n).ok());
            signed.or_else(|| value.as_u64().and_then(|n| T::try_from(n).ok()))
        }
        match &mut self.data {
            Data::Float16(v) => {
                let n = half_of(value.as_f64()?);
                v.push(n.is_finite().then_some(n)?);
            }
            Data::Bfloat16(v) => {
                let n = bf16::from_f64(value.as_f64()?);
                v.push(n.is_finite().then_some(n)?);
            }
            Data::Float32(v) => {
                let n = value.as_f64()? as f32;
                v.push(n.is_finite().then_some(n)?);
            }
            Data::Float64(v) => v.push(value.as_f64()?),
            Data::Int8(v) => v.push(whole(&value)?),
            Data::Int16(v) => v.push(whole(&value)?),
            Data::Int32(v) => v.push(whole(&value)?),
            Data::Int64(v) => v.push(whole(&value)?),
            Data::Uint8(v) => v.push(whole(&value)?),
            Data::Uint16(v) => v.push(whole(&value)?),
            Data::Uint32(v) => v.push(whole(&value)?),
            Data::Uint64(v) => v.push(whole(&value)?),
            Data::Bool(v) => v.push(match value {
                Value::Number(n) => n.as_u64().filter(|n| *n < 2)? == 1,
                other => other.as_bool()?,
            }),
            Data::String(v) => match value {
                Value::String(text) => v.push(text),
                _ => return None,
            },
        }
        Some(())
    }
}

/// Whether the type can hold the value.
pub fn holds(dtype: DType, value: Value) -> bool {
    Elements::new(dtype).push(value).is_some()
}

/// Turns `values` into elements of the type.
pub fn numbers(
    input: &str,
    dtype: DType,
    values: impl Iterator<Item = Value>,
) -> Result<Data, InputError> {
    let mut elements = Elements::new(dtype);
    for value in values {
        elements.push(value).ok_or(InputError::Element {
            input: input.into(),
            dtype,
        })?;
    }
    Ok(elements.data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(raw: &str) -> Result<Vec<usize>, InputError> {
        let raw = format!("{{\"x\": {raw}}}");
        let tensor = member(raw.as_bytes(), "x", DType::Int8, &BTreeSet::new(), 1000);
        tensor.map(|t| t.shape().to_vec())
    }

    #[test]
    fn nested_arrays_give_the_shape() {
        for (raw, expected) in [
            ("1", &[][..]),
            ("[]", &[0]),
            ("[[], []]", &[2, 0]),
            ("[[1, 2], [3, 4], [5, 6]]", &[3, 2]),
            ("[[[1]]]", &[1, 1, 1]),
        ] {
            assert_eq!(shape(raw), Ok(expected.to_vec()), "{raw}");
        }
        let ragged = InputError::Ragged("x".into());
        for raw in [
            "[[1], [2, 3]]",
            "[[1], 2]",
            "[1, [2]]",
            "[[], 1]",
            "[[], [1]]",
            "[[], [[]]]",
            "[[[]], []]",
            "[[1], []]",
        ] {
            assert_eq!(shape(raw), Err(ragged.clone()), "{raw}");
        }
        let deep = format!("{}{}", "[".repeat(17), "]".repeat(17));
        let too_deep = InputError::Rank { input: "x".into() };
        assert_eq!(shape(&deep), Err(too_deep));
    }

    #[test]
    fn elements_beyond_the_room_are_refused() {
        let read = |dtype: DType, raw: &str, room: u64| {
            let raw = format!("{{\"x\": {raw}}}");
            let tensor = member(raw.as_bytes(), "x", dtype, &BTreeSet::new(), room);
            tensor.map(|t| t.data().bytes())
        };
        for (dtype, raw, bytes) in [
            (DType::Int8, "[1, 2, 3]", 3),
            (DType::Bool, "[true, 0]", 2),
            (DType::Float16, "[[1], [2]]", 4),
            (DType::Float32, "1", 4),
            (DType::Int64, "[1, 2]", 16),
            (DType::String, "[\"\", \"abc\"]", 51),
        ] {
            assert_eq!(read(dtype, raw, bytes), Ok(bytes), "{raw}");
            let refused = read(dtype, raw, bytes - 1);
            assert_eq!(refused, Err(InputError::TooManyBytes), "{raw}");
        }
    }

    #[test]
    fn values_of_another_type_are_refused() {
        let dtype = DType::Int8;
        for raw in [
            "{}",
            "[{\"a\": 1}]",
            "null",
            "[true]",
            "\"1\"",
            "[1.5]",
            "128",
        ] {
            let wrong = InputError::Element {
                input: "x".into(),
                dtype,
            };
            assert_eq!(shape(raw), Err(wrong), "{raw}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts() {
        let raw = br#"{"x": [1], "y": {"deep": [{}]}, "x": [2, 3]}"#;
        let known = BTreeSet::from(["x", "y"]);
        let tensor = member(raw, "x", DType::Int8, &known, 1000).unwrap();
        assert_eq!(tensor.data(), &Data::Int8(vec![2, 3]));
        let raw = br#"{"x": [1.5], "x": [2, 3]}"#;
        let fault = member(raw, "x", DType::Int8, &known, 1000).unwrap_err();
        assert!(matches!(fault, InputError::Element { .. }), "{fault}");
    }
}
