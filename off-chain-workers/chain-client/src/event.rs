//! An event of a block. Its fields are found by their names in the block's metadata, so that a
//! further field or another order changes nothing here.

use crate::{runtime::Runtime, ChainError};
use codec::{Decode, DecodeAll};
use subxt::{
    events::Phase,
    ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
};

/// One event of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub pallet: String,
    pub name: String,
    /// The extrinsic of the block that it belongs to; `None` for the block's beginning and end.
    pub extrinsic: Option<u32>,
    /// Names and SCALE bytes; unnamed fields have the name "0", "1", ….
    pub fields: Vec<(String, Vec<u8>)>,
}

/// One of the types of [`crate::events`].
pub trait EventType: Sized {
    const PALLET: &'static str;
    const NAME: &'static str;

    /// Reads the fields. Fails where one is missing or has another type.
    fn from_fields(event: &Event) -> Result<Self, ChainError>;
}

impl Event {
    /// The event as an `E`; `None` where it is another one.
    pub fn read<E: EventType>(&self) -> Result<Option<E>, ChainError> {
        let is_it = self.pallet == E::PALLET && self.name == E::NAME;
        is_it.then(|| E::from_fields(self)).transpose()
    }

    /// The field of that name. Fails where there is none or its bytes are of another type.
    pub(crate) fn field<T: Decode>(&self, name: &str) -> Result<T, ChainError> {
        let (_, bytes) = self
            .fields
            .iter()
            .find(|(n, _)| n == name)
            .ok_or_else(|| self.misfit(name, "is missing"))?;
        T::decode_all(&mut &bytes[..]).map_err(|_| self.misfit(name, "has another type"))
    }

    fn misfit(&self, field: &str, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}.{}: `{field}` {what}", self.pallet, self.name),
        }
    }
}

/// Reads the bytes under `System.Events`.
pub(crate) fn read_events(runtime: &Runtime, bytes: Vec<u8>) -> Result<Vec<Event>, ChainError> {
    let events = runtime.events().from_bytes(bytes);
    let metadata = runtime.metadata();
    let mut out = Vec::new();
    for event in events.iter() {
        let event = event.map_err(|e| ChainError::client("read an event", e))?;
        let fields = metadata
            .pallet_by_event_index(event.pallet_index())
            .and_then(|p| p.event_variant_by_index(event.event_index()))
            .map(|v| v.fields.as_slice())
            .unwrap_or_default();
        let bytes = event.field_bytes();
        let mut rest = bytes;
        let mut named = Vec::with_capacity(fields.len());
        for (i, field) in fields.iter().enumerate() {
            let before = rest;
            decode_with_visitor(
                &mut rest,
                field.ty.id,
                metadata.types(),
                IgnoreVisitor::new(),
            )
            .map_err(|e| ChainError::client("read an event", e))?;
            let name = field.name.clone().unwrap_or_else(|| i.to_string());
            named.push((name, before[..before.len() - rest.len()].to_vec()));
        }
        out.push(Event {
            pallet: event.pallet_name().to_owned(),
            name: event.event_name().to_owned(),
            extrinsic: match event.phase() {
                Phase::ApplyExtrinsic(n) => Some(n),
                _ => None,
            },
            fields: named,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;
    use myai_primitives::{DeclineReason, JobId};

    #[test]
    fn fields_are_found_by_name_and_misfits_are_named() {
        let event = Event {
            pallet: "InferenceEscrow".into(),
            name: "JobDeclined".into(),
            extrinsic: Some(2),
            fields: vec![
                ("reason".into(), DeclineReason::BadInput.encode()),
                ("job".into(), JobId([5; 32]).encode()),
            ],
        };
        assert_eq!(event.field::<JobId>("job").unwrap(), JobId([5; 32]));
        let missing = event.field::<u32>("payer").unwrap_err().to_string();
        assert!(
            missing.contains("InferenceEscrow.JobDeclined: `payer` is missing"),
            "{missing}"
        );
        let other = event.field::<u64>("reason").unwrap_err().to_string();
        assert!(other.contains("`reason` has another type"), "{other}");
    }
}
