//! 32 bytes as 64 hexadecimal digits, for serde's `with`.

use serde::{de::Error, Deserialize, Deserializer, Serializer};

pub fn serialize<S: Serializer>(bytes: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&hex::encode(bytes))
}

pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(d)?;
    let mut bytes = [0; 32];
    hex::decode_to_slice(&text, &mut bytes)
        .map_err(|_| D::Error::custom(format!("`{text}` is not 64 hexadecimal digits")))?;
    Ok(bytes)
}
