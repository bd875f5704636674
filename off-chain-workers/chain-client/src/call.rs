//! A call by its names, and its bytes under a node's metadata.

use crate::{error::ChainError, AccountId};
use codec::{Compact, Encode};
use subxt::{
    ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
    metadata::Metadata,
};

/// A call of one pallet. Its arguments are known by name; their order, and whether a number is
/// compact, is the metadata's business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub pallet: &'static str,
    pub name: &'static str,
    pub arguments: Vec<(&'static str, Argument)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// SCALE bytes of the argument's type.
    Bytes(Vec<u8>),
    /// A plain number, compact or of any width.
    Number(u128),
    /// An account, as the call wants it: its 32 bytes or an [`crate::Address`].
    Account(AccountId),
    Call(Box<Call>),
    Calls(Vec<Call>),
}

impl Call {
    pub fn new(pallet: &'static str, name: &'static str) -> Self {
        Self {
            pallet,
            name,
            arguments: Vec::new(),
        }
    }

    /// With an argument of one of our own types.
    pub fn with(self, name: &'static str, value: impl Encode) -> Self {
        self.argument(name, Argument::Bytes(value.encode()))
    }

    pub fn number(self, name: &'static str, value: impl Into<u128>) -> Self {
        self.argument(name, Argument::Number(value.into()))
    }

    pub fn account(self, name: &'static str, value: AccountId) -> Self {
        self.argument(name, Argument::Account(value))
    }

    pub fn argument(mut self, name: &'static str, value: Argument) -> Self {
        self.arguments.push((name, value));
        self
    }

    /// `Pallet.call`, for messages.
    pub fn title(&self) -> String {
        format!("{}.{}", self.pallet, self.name)
    }

    /// The call's bytes, its two indices first.
    pub fn encode(&self, metadata: &Metadata) -> Result<Vec<u8>, ChainError> {
        let mut out = Vec::new();
        self.encode_to(metadata, &mut out)?;
        Ok(out)
    }

    fn encode_to(&self, metadata: &Metadata, out: &mut Vec<u8>) -> Result<(), ChainError> {
        let pallet = metadata
            .pallet_by_name(self.pallet)
            .ok_or_else(|| self.misfit("there is no such pallet"))?;
        let call = pallet
            .call_variant_by_name(self.name)
            .ok_or_else(|| self.misfit("there is no such call"))?;
        out.push(pallet.call_index());
        out.push(call.index);
        out.extend(self.encode_arguments(metadata)?);
        Ok(())
    }

    /// The bytes of the arguments alone, in the metadata's order.
    pub(crate) fn encode_arguments(&self, metadata: &Metadata) -> Result<Vec<u8>, ChainError> {
        let call = metadata
            .pallet_by_name(self.pallet)
            .and_then(|p| p.call_variant_by_name(self.name))
            .ok_or_else(|| self.misfit("there is no such call"))?;
        let mut out = Vec::new();
        let mut used = 0;
        for field in &call.fields {
            let name = field.name.as_deref().unwrap_or_default();
            let (_, value) = self
                .arguments
                .iter()
                .find(|(n, _)| *n == name)
                .ok_or_else(|| self.misfit(&format!("it asks for `{name}` too")))?;
            used += 1;
            let start = out.len();
            self.encode_argument(name, value, field.ty.id, metadata, &mut out)?;
            let mut rest = &out[start..];
            let read = decode_with_visitor(
                &mut rest,
                field.ty.id,
                metadata.types(),
                IgnoreVisitor::new(),
            );
            if read.is_err() || !rest.is_empty() {
                return Err(self.misfit(&format!("`{name}` has another type")));
            }
        }
        if used != self.arguments.len() {
            let known = |n: &str| call.fields.iter().any(|f| f.name.as_deref() == Some(n));
            let extra = self.arguments.iter().find(|(n, _)| !known(n));
            let extra = extra.map_or("an argument", |(n, _)| n);
            return Err(self.misfit(&format!("it takes no `{extra}`")));
        }
        Ok(out)
    }

    fn encode_argument(
        &self,
        name: &str,
        value: &Argument,
        ty: u32,
        metadata: &Metadata,
        out: &mut Vec<u8>,
    ) -> Result<(), ChainError> {
        use scale_info::{TypeDef, TypeDefPrimitive};
        let misfit = || self.misfit(&format!("`{name}` has another type"));
        let shape = metadata.types().resolve(ty).ok_or_else(misfit)?;
        match value {
            Argument::Bytes(bytes) => out.extend_from_slice(bytes),
            Argument::Number(n) => match &shape.type_def {
                TypeDef::Compact(_) => Compact(*n).encode_to(out),
                TypeDef::Primitive(p) => {
                    let width = match p {
                        TypeDefPrimitive::U8 => 1,
                        TypeDefPrimitive::U16 => 2,
                        TypeDefPrimitive::U32 => 4,
                        TypeDefPrimitive::U64 => 8,
                        TypeDefPrimitive::U128 => 16,
                        _ => return Err(misfit()),
                    };
                    let bytes = n.to_le_bytes();
                    if bytes[width..].iter().any(|b| *b != 0) {
                        return Err(self.misfit(&format!("`{name}` is too large")));
                    }
                    out.extend_from_slice(&bytes[..width]);
                }
                _ => return Err(misfit()),
            },
            Argument::Account(account) => match shape.path.segments.last().map(|s| s.as_str()) {
                Some("MultiAddress") => crate::Address::Id(account.clone()).encode_to(out),
                _ => account.encode_to(out),
            },
            Argument::Call(call) => call.encode_to(metadata, out)?,
            Argument::Calls(calls) => {
                Compact(calls.len() as u32).encode_to(out);
                for call in calls {
                    call.encode_to(metadata, out)?;
                }
            }
        }
        Ok(())
    }

    fn misfit(&self, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}: {what}", self.title()),
        }
    }
}
