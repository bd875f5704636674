//! Turns the bytes of a raw input into numbers, segment by segment.

use super::{fits, shaped, InputError};
use crate::{
    manifest::{Bytes, Segment, Side, Strip, Take, Window, MAX_ELEMENTS},
    tensor::{Data, Tensor},
};

/// The bytes of one segment, with the padding before and after them.
struct Part<'a> {
    front: usize,
    bytes: &'a [u8],
    back: usize,
    value: i64,
}

impl Part<'_> {
    fn len(&self) -> usize {
        self.front + self.bytes.len() + self.back
    }
}

pub(super) fn tensor(
    input: &str,
    source: &Bytes,
    raw: &[u8],
    room: u64,
) -> Result<Tensor, InputError> {
    let parts: Vec<Part> = source
        .segments
        .iter()
        .map(|s| part(input, s, raw))
        .collect::<Result<_, _>>()?;
    let elements = parts.iter().map(Part::len).fold(0, usize::saturating_add);
    if elements > MAX_ELEMENTS {
        return Err(InputError::TooMany {
            input: input.into(),
            elements,
        });
    }
    fits(elements as u64 * source.dtype.size(), room)?;
    let mut data = Data::with_capacity(source.dtype, elements).ok_or(InputError::Element {
        input: input.into(),
        dtype: source.dtype,
    })?;
    // A loop over each part is many times faster than one loop over all of them.
    for part in &parts {
        data.extend(std::iter::repeat_n(part.value, part.front));
        data.extend(part.bytes.iter().map(|b| i64::from(*b)));
        data.extend(std::iter::repeat_n(part.value, part.back));
    }
    shaped(input, source.stated_shape(), data)
}

fn part<'a>(input: &str, segment: &Segment, raw: &'a [u8]) -> Result<Part<'a>, InputError> {
    let first = |bytes: &'a [u8], n: usize| &bytes[..n.min(bytes.len())];
    let last = |bytes: &'a [u8], n: usize| &bytes[bytes.len().saturating_sub(n)..];
    let bytes = match segment.window {
        None => raw,
        Some(Window::Start(n)) => first(raw, n),
        Some(Window::End(n)) => last(raw, n),
    };
    let bytes = match segment.strip {
        Strip::None => bytes,
        Strip::Left => left_stripped(bytes),
        Strip::Right => right_stripped(bytes),
        Strip::Both => left_stripped(right_stripped(bytes)),
    };
    let bytes = match segment.take {
        None => bytes,
        Some(Take::First(n)) => first(bytes, n),
        Some(Take::Last(n)) => last(bytes, n),
    };
    let Some(pad) = segment.pad else {
        return Ok(Part {
            front: 0,
            bytes,
            back: 0,
            value: 0,
        });
    };
    let missing = pad.to.checked_sub(bytes.len()).ok_or(InputError::TooLong {
        input: input.into(),
        bytes: bytes.len(),
        room: pad.to,
    })?;
    let (front, back) = match pad.side {
        Side::Start => (missing, 0),
        Side::End => (0, missing),
    };
    Ok(Part {
        front,
        bytes,
        back,
        value: i64::from(pad.value),
    })
}

fn is_white(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

fn left_stripped(bytes: &[u8]) -> &[u8] {
    let white = bytes.iter().take_while(|b| is_white(b)).count();
    &bytes[white..]
}

fn right_stripped(bytes: &[u8]) -> &[u8] {
    let white = bytes.iter().rev().take_while(|b| is_white(b)).count();
    &bytes[..bytes.len() - white]
}

#[cfg(test)]
mod tests {
    use super::super::{tests::prepare_with, InputError};
    use crate::tensor::{Data, Tensor};
    use serde_json::{json, Value};

    fn run(segments: Value, raw: &[u8]) -> Result<Vec<i32>, InputError> {
        let inputs = json!([{"name": "x", "source": {"bytes":
            {"dtype": "int32", "segments": segments}}}]);
        let (shape, data) = prepare_with(inputs, raw)?.tensors.remove(0).1.into_parts();
        let Data::Int32(values) = data else {
            panic!("another type")
        };
        assert_eq!(shape, [1, values.len()]);
        Ok(values)
    }

    #[test]
    fn head_and_tail_are_taken_and_padded() {
        let segments = json!([
            {"window": {"start": 8}, "strip": "left", "take": {"first": 4},
             "pad": {"to": 4, "value": 256, "side": "end"}},
            {"window": {"end": 8}, "strip": "right", "take": {"last": 4},
             "pad": {"to": 4, "value": 256, "side": "start"}}]);
        assert_eq!(run(segments.clone(), b"").unwrap(), [256; 8]);
        assert_eq!(
            run(segments.clone(), b" \x0bab \n").unwrap(),
            [97, 98, 32, 10, 32, 11, 97, 98]
        );
        assert_eq!(
            run(segments.clone(), b"\nab\n").unwrap(),
            [97, 98, 10, 256, 256, 10, 97, 98]
        );
        // The windows have nothing but white space, so nothing beyond them is seen.
        let long = [b"        ab".as_slice(), b"cd        "].concat();
        assert_eq!(run(segments, &long).unwrap(), [256; 8]);
    }

    #[test]
    fn bytes_beyond_the_room_are_refused() {
        let error = run(json!([{"pad": {"to": 2, "value": 0}}]), b"abc").unwrap_err();
        assert_eq!(
            error,
            InputError::TooLong {
                input: "x".into(),
                bytes: 3,
                room: 2
            }
        );
    }

    #[test]
    fn a_shape_is_filled_exactly() {
        let inputs = |shape: Value| {
            json!([{"name": "x", "source": {"bytes":
                {"dtype": "float32", "segments": [{"strip": "both"}], "shape": shape}}}])
        };
        let tensor = prepare_with(inputs(json!([-1, 2])), b" abcd ")
            .unwrap()
            .tensors
            .remove(0)
            .1;
        let expected = Data::Float32(vec![97.0, 98.0, 99.0, 100.0]);
        assert_eq!(tensor, Tensor::new(vec![2, 2], expected).unwrap());
        for (shape, raw) in [
            (json!([-1, 2]), "abc"),
            (json!([1, 4]), "abc"),
            (json!([4]), "abcde"),
        ] {
            let error = prepare_with(inputs(shape), raw.as_bytes()).unwrap_err();
            assert!(matches!(error, InputError::Shape { .. }), "{error}");
        }
    }
}
