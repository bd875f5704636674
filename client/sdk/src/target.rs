//! Models and versions, as people name them.

use myai_primitives::{ModelId, VersionId};
use std::{fmt, str::FromStr};

/// A model: its number (`3` or `m3`), or its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelRef {
    /// By its number.
    Id(ModelId),
    /// By its name, which several models may have.
    Name(String),
}

/// A number behind one letter, which may be missing where `bare` says so.
fn number(text: &str, letter: char, bare: bool) -> Option<u32> {
    let digits = match text.strip_prefix(letter) {
        Some(digits) => digits,
        None if bare => text,
        None => return None,
    };
    // Rust's own grammar also takes a sign.
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

impl FromStr for ModelRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match number(text, 'm', true) {
            Some(id) => Ok(Self::Id(ModelId(id))),
            None if text.is_empty() => Err("a model's name is not empty".into()),
            None => Ok(Self::Name(text.into())),
        }
    }
}

impl fmt::Display for ModelRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "model {id}"),
            Self::Name(name) => write!(f, "model `{name}`"),
        }
    }
}

/// A version (`v3`), or a model, which stands for its newest live version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// That version.
    Version(VersionId),
    /// The model's newest live version.
    Model(ModelRef),
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match number(text, 'v', false) {
            Some(id) => Ok(Self::Version(VersionId(id))),
            None => text.parse().map(Self::Model),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_version_a_number_or_a_name() {
        let model = |m| Ok(Target::Model(m));
        assert_eq!("v3".parse(), Ok(Target::Version(VersionId(3))));
        assert_eq!("3".parse(), model(ModelRef::Id(ModelId(3))));
        assert_eq!("m3".parse(), model(ModelRef::Id(ModelId(3))));
        for name in ["vision", "+3", "v+3", "3 "] {
            assert_eq!(name.parse(), model(ModelRef::Name(name.into())));
        }
        assert!("".parse::<Target>().is_err());
    }
}
