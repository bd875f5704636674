//! Reads the fields of a protobuf message one after another, without allocating memory.

/// Why bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    #[error("a field is longer than the rest of its message")]
    CutOff,
    #[error("a number has more than ten bytes")]
    LongNumber,
    #[error("a field has a number that is not 1 to 2²⁹ − 1")]
    Number,
    #[error("a field has the wire type {0}, which ONNX does not use")]
    Type(u8),
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    pub number: u32,
    /// The whole field with its tag, as it stands in the message.
    pub whole: &'a [u8],
    pub value: Value<'a>,
}

#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    Varint,
    /// Four or eight bytes.
    Fixed,
    /// A string, bytes, a message, or a packed list.
    Bytes(&'a [u8]),
}

/// Iterates over the fields of a message; after an error it ends.
pub fn fields(message: &[u8]) -> Fields<'_> {
    Fields { rest: message }
}

pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, WireError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = read(self.rest);
        self.rest = match &field {
            Ok(field) => &self.rest[field.whole.len()..],
            Err(_) => &[],
        };
        Some(field)
    }
}

fn read(bytes: &[u8]) -> Result<Field<'_>, WireError> {
    let (tag, mut rest) = varint(bytes)?;
    let number = u32::try_from(tag >> 3).map_err(|_| WireError::Number)?;
    if number == 0 || number >= 1 << 29 {
        return Err(WireError::Number);
    }
    let value = match (tag & 7) as u8 {
        0 => {
            rest = varint(rest)?.1;
            Value::Varint
        }
        1 => {
            rest = rest.get(8..).ok_or(WireError::CutOff)?;
            Value::Fixed
        }
        2 => {
            let (length, after) = varint(rest)?;
            let length = usize::try_from(length).map_err(|_| WireError::CutOff)?;
            let content = after.get(..length).ok_or(WireError::CutOff)?;
            rest = &after[length..];
            Value::Bytes(content)
        }
        5 => {
            rest = rest.get(4..).ok_or(WireError::CutOff)?;
            Value::Fixed
        }
        other => return Err(WireError::Type(other)),
    };
    Ok(Field {
        number,
        whole: &bytes[..bytes.len() - rest.len()],
        value,
    })
}

/// Reads a varint; returns it and the bytes after it.
fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), WireError> {
    let mut number = 0u64;
    for (i, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((number, &bytes[i + 1..]));
        }
    }
    if bytes.len() < 10 {
        Err(WireError::CutOff)
    } else {
        Err(WireError::LongNumber)
    }
}

/// Counts the numbers of a packed list: each ends with a byte below 128.
pub fn packed_varints(list: &[u8]) -> usize {
    list.iter().filter(|byte| **byte < 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cover_each_byte_of_a_message() {
        let message = [0x08, 0x96, 0x01, 0x12, 2, b'h', b'i', 0x1d, 1, 2, 3, 4];
        let fields: Vec<Field> = fields(&message).collect::<Result<_, _>>().unwrap();
        let numbers: Vec<u32> = fields.iter().map(|f| f.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
        let whole: Vec<&[u8]> = fields.iter().map(|f| f.whole).collect();
        assert_eq!(whole.concat(), message);
        assert!(matches!(fields[1].value, Value::Bytes(b"hi")));
    }

    #[test]
    fn the_largest_number_of_a_field_is_read() {
        let message = [0xf8, 0xff, 0xff, 0xff, 0x0f, 0];
        let fields: Vec<Field> = fields(&message).collect::<Result<_, _>>().unwrap();
        let numbers: Vec<u32> = fields.iter().map(|f| f.number).collect();
        assert_eq!(numbers, [(1 << 29) - 1]);
    }

    #[test]
    fn broken_fields_are_refused() {
        let cases: [(&[u8], WireError); 9] = [
            (&[0x12, 3, b'h', b'i'], WireError::CutOff),
            (&[0x08], WireError::CutOff),
            (&[0x1d, 1, 2, 3], WireError::CutOff),
            (&[0x02, 0], WireError::Number),
            // 2²⁹, 2³² and 2⁶¹ − 1.
            (&[0x80, 0x80, 0x80, 0x80, 0x10, 0], WireError::Number),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01, 0], WireError::Number),
            (
                &[
                    0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0,
                ],
                WireError::Number,
            ),
            (&[0x0b], WireError::Type(3)),
            (&[0xff; 12], WireError::LongNumber),
        ];
        for (message, why) in cases {
            let last = fields(message).last().unwrap();
            assert_eq!(last.unwrap_err(), why, "{message:?}");
        }
    }
}
