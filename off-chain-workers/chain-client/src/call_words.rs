//! Reads a call that somebody else made: its names and values, as a node's metadata has them.

use crate::error::ChainError;
use codec::{Compact, Decode};
use scale_info::{Field, TypeDef};
use subxt::{ext::scale_value::scale::decode_as_type, metadata::Metadata};

/// Deepest nesting of calls that is read, and most calls in all: a stranger wrote them.
const MAX_DEPTH: usize = 8;
const MAX_CALLS: usize = 256;

/// A call by its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallWords {
    pub pallet: String,
    pub name: String,
    pub arguments: Vec<(String, Word)>,
}

/// An argument's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// As text, beside its SCALE bytes.
    Value {
        text: String,
        bytes: Vec<u8>,
    },
    Calls(Vec<CallWords>),
}

impl CallWords {
    /// Fails where the bytes are not exactly one call of this runtime's.
    pub(crate) fn read(bytes: &[u8], metadata: &Metadata) -> Result<Self, ChainError> {
        let mut reader = Reader {
            metadata,
            left: MAX_CALLS,
        };
        let rest = &mut &bytes[..];
        let call = reader.call(rest, MAX_DEPTH)?;
        match rest.is_empty() {
            true => Ok(call),
            false => Err(misfit("more bytes follow it")),
        }
    }

    /// `Pallet.call`.
    pub fn title(&self) -> String {
        format!("{}.{}", self.pallet, self.name)
    }

    /// The argument of that name, read as one of our types.
    pub fn argument<T: Decode>(&self, name: &str) -> Option<T> {
        match self.arguments.iter().find(|(n, _)| n == name)? {
            (_, Word::Value { bytes, .. }) => T::decode(&mut &bytes[..]).ok(),
            _ => None,
        }
    }
}

struct Reader<'a> {
    metadata: &'a Metadata,
    left: usize,
}

impl Reader<'_> {
    fn call(&mut self, bytes: &mut &[u8], depth: usize) -> Result<CallWords, ChainError> {
        self.left = self
            .left
            .checked_sub(1)
            .ok_or(misfit("it has too many calls"))?;
        let depth = depth
            .checked_sub(1)
            .ok_or(misfit("its calls are too deep"))?;
        let (pallet, call) = <(u8, u8)>::decode(bytes).map_err(|_| misfit("it is too short"))?;
        let pallet = self.metadata.pallet_by_call_index(pallet);
        let pallet = pallet.ok_or(misfit("there is no such pallet"))?;
        let call = pallet.call_variant_by_index(call);
        let call = call.ok_or(misfit("there is no such call"))?;
        let mut arguments = vec![];
        for (at, field) in call.fields.iter().enumerate() {
            let name = field.name.clone().unwrap_or_else(|| at.to_string());
            arguments.push((name, self.argument(field, bytes, depth)?));
        }
        Ok(CallWords {
            pallet: pallet.name().into(),
            name: call.name.clone(),
            arguments,
        })
    }

    fn argument(
        &mut self,
        field: &Field<scale_info::form::PortableForm>,
        bytes: &mut &[u8],
        depth: usize,
    ) -> Result<Word, ChainError> {
        let types = self.metadata.types();
        let shape = types
            .resolve(field.ty.id)
            .ok_or(misfit("a type is missing"))?;
        if self.is_call(field.ty.id) {
            return Ok(Word::Calls(vec![self.call(bytes, depth)?]));
        }
        if let TypeDef::Sequence(of) = &shape.type_def {
            if self.is_call(of.type_param.id) {
                let Compact(n) =
                    Compact::<u32>::decode(bytes).map_err(|_| misfit("it is too short"))?;
                let calls = (0..n).map(|_| self.call(bytes, depth));
                return Ok(Word::Calls(calls.collect::<Result<_, _>>()?));
            }
        }
        let before = *bytes;
        let value = decode_as_type(bytes, field.ty.id, types)
            .map_err(|e| ChainError::client("read a call", e))?;
        Ok(Word::Value {
            text: value.to_string(),
            bytes: before[..before.len() - bytes.len()].to_vec(),
        })
    }

    fn is_call(&self, ty: u32) -> bool {
        let shape = self.metadata.types().resolve(ty);
        shape.is_some_and(|s| s.path.segments.last().is_some_and(|l| l == "RuntimeCall"))
    }
}

fn misfit(what: &str) -> ChainError {
    ChainError::Incompatible {
        what: format!("a call cannot be read: {what}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{calls, testing};
    use myai_primitives::Rule;

    #[test]
    fn a_call_is_read_by_its_names() {
        let metadata = testing::metadata();
        let call = calls::set_rule(Rule::MaxRoyalty, 350_000);
        let bytes = call.encode(&metadata).unwrap();
        let words = CallWords::read(&bytes, &metadata).unwrap();
        assert_eq!(words.title(), "ModelRegistry.set_rule");
        assert_eq!(words.argument::<Rule>("rule"), Some(Rule::MaxRoyalty));
        assert_eq!(words.argument::<u128>("value"), Some(350_000));
        assert_eq!(words.argument::<u128>("units"), None);
        let (_, Word::Value { text, .. }) = &words.arguments[0] else {
            panic!("a rule is a value");
        };
        assert!(text.contains("MaxRoyalty"), "{text}");
    }

    #[test]
    fn calls_within_calls_are_read_one_by_one() {
        let metadata = testing::metadata();
        let both = vec![
            calls::set_rule(Rule::MaxRoyalty, 1),
            calls::set_rule(Rule::SpoiltCharge, 2),
        ];
        let bytes = calls::batch_all(both).encode(&metadata).unwrap();
        let words = CallWords::read(&bytes, &metadata).unwrap();
        let (name, Word::Calls(inner)) = &words.arguments[0] else {
            panic!("a batch has calls");
        };
        assert_eq!((name.as_str(), inner.len()), ("calls", 2));
        assert_eq!(inner[1].argument::<Rule>("rule"), Some(Rule::SpoiltCharge));
    }

    #[test]
    fn a_call_that_is_not_whole_or_without_end_is_refused() {
        let metadata = testing::metadata();
        let bytes = calls::set_rule(Rule::MaxRoyalty, 1)
            .encode(&metadata)
            .unwrap();
        for wrong in [
            &bytes[..bytes.len() - 1],
            &[bytes.clone(), vec![0]].concat()[..],
            &[255, 255],
        ] {
            CallWords::read(wrong, &metadata).unwrap_err();
        }
        let mut deep = calls::pause();
        for _ in 0..MAX_DEPTH {
            deep = calls::batch_all(vec![deep]);
        }
        CallWords::read(&deep.encode(&metadata).unwrap(), &metadata).unwrap_err();
        let many = calls::batch_all(vec![calls::pause(); MAX_CALLS]);
        CallWords::read(&many.encode(&metadata).unwrap(), &metadata).unwrap_err();
    }
}
