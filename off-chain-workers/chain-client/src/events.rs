//! What a block says happened, by names: an event's fields are found by their names in the
//! metadata of the block, so that a field more or another order changes nothing here.

use crate::{AccountId, ChainError, Hash32};
use codec::{Decode, DecodeAll};
use myai_primitives::{Asset, Balance, DeclineReason, JobId, Tick, VersionId};

/// One event of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub pallet: String,
    pub name: String,
    /// Which extrinsic of the block it is of; `None` for those of the block's beginning and end.
    pub extrinsic: Option<u32>,
    /// Names and SCALE bytes; unnamed fields have the name "0", "1", ….
    pub fields: Vec<(String, Vec<u8>)>,
}

impl Event {
    pub fn is(&self, pallet: &str, name: &str) -> bool {
        self.pallet == pallet && self.name == name
    }

    /// The field of that name. Fails when there is none or its bytes are of another type.
    pub fn field<T: Decode>(&self, name: &str) -> Result<T, ChainError> {
        let (_, bytes) = self
            .fields
            .iter()
            .find(|(n, _)| n == name)
            .ok_or_else(|| self.misfit(name, "is missing"))?;
        T::decode_all(&mut &bytes[..]).map_err(|_| self.misfit(name, "has another type"))
    }

    /// Like [`Self::field`]; `None` when there is no field of that name.
    pub fn optional_field<T: Decode>(&self, name: &str) -> Result<Option<T>, ChainError> {
        if self.fields.iter().any(|(n, _)| n == name) {
            self.field(name).map(Some)
        } else {
            Ok(None)
        }
    }

    /// What inference-escrow says about a job; `None` for every other event.
    pub fn escrow(&self) -> Result<Option<EscrowEvent>, ChainError> {
        EscrowEvent::of(self)
    }

    fn misfit(&self, field: &str, what: &str) -> ChainError {
        ChainError::Incompatible {
            what: format!("{}.{}: `{field}` {what}", self.pallet, self.name),
        }
    }
}

/// Events of inference-escrow about jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EscrowEvent {
    JobOpened {
        job: JobId,
        payer: AccountId,
        version: VersionId,
        workers: Vec<AccountId>,
        units: u32,
        deadline: Tick,
        input_commitment: Hash32,
        blob: Hash32,
    },
    JobSettled {
        job: JobId,
        worker: AccountId,
        output_commitment: Hash32,
        units: u32,
        /// Hash of the sealed answer.
        blob: Hash32,
        asset: Asset,
        /// Price and fee that were paid.
        price: Balance,
        fee: Balance,
    },
    JobDeclined {
        job: JobId,
        worker: AccountId,
        reason: DeclineReason,
    },
    JobExpired {
        job: JobId,
    },
}

impl EscrowEvent {
    pub fn job(&self) -> JobId {
        match self {
            Self::JobOpened { job, .. }
            | Self::JobSettled { job, .. }
            | Self::JobDeclined { job, .. }
            | Self::JobExpired { job } => *job,
        }
    }

    fn of(event: &Event) -> Result<Option<Self>, ChainError> {
        if event.pallet != "InferenceEscrow" {
            return Ok(None);
        }
        Ok(Some(match event.name.as_str() {
            "JobOpened" => Self::JobOpened {
                job: event.field("job")?,
                payer: event.field("payer")?,
                version: event.field("version")?,
                workers: event.field("workers")?,
                units: event.field("units")?,
                deadline: event.field("deadline")?,
                input_commitment: event.field("input_commitment")?,
                blob: event.field("blob")?,
            },
            "JobSettled" => Self::JobSettled {
                job: event.field("job")?,
                worker: event.field("worker")?,
                output_commitment: event.field("output_commitment")?,
                units: event.field("units")?,
                blob: event.field("blob")?,
                asset: event.field("asset")?,
                price: event.field("price")?,
                fee: event.field("fee")?,
            },
            "JobDeclined" => Self::JobDeclined {
                job: event.field("job")?,
                worker: event.field("worker")?,
                reason: event.field("reason")?,
            },
            "JobExpired" => Self::JobExpired {
                job: event.field("job")?,
            },
            _ => return Ok(None),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::Encode;

    fn declined() -> Event {
        Event {
            pallet: "InferenceEscrow".into(),
            name: "JobDeclined".into(),
            extrinsic: Some(2),
            // Not in the order of the type above, and one field more.
            fields: vec![
                ("reason".into(), DeclineReason::TooLarge.encode()),
                ("new".into(), 7u8.encode()),
                ("worker".into(), [1u8; 32].encode()),
                ("job".into(), JobId(5).encode()),
            ],
        }
    }

    #[test]
    fn fields_are_found_by_name() {
        assert_eq!(
            declined().escrow().unwrap(),
            Some(EscrowEvent::JobDeclined {
                job: JobId(5),
                worker: AccountId::new([1; 32]),
                reason: DeclineReason::TooLarge,
            })
        );
    }

    #[test]
    fn missing_and_other_fields_are_named() {
        let mut event = declined();
        event.fields.retain(|(n, _)| n != "job");
        let error = event.escrow().unwrap_err().to_string();
        assert!(
            error.contains("InferenceEscrow.JobDeclined: `job`"),
            "{error}"
        );
        event.fields.push(("job".into(), 5u32.encode()));
        let error = event.escrow().unwrap_err().to_string();
        assert!(error.contains("another type"), "{error}");
    }

    #[test]
    fn events_of_others_are_none() {
        let mut event = declined();
        event.name = "WorkerPaused".into();
        assert_eq!(event.escrow().unwrap(), None);
        event.pallet = "System".into();
        event.name = "JobExpired".into();
        assert_eq!(event.escrow().unwrap(), None);
    }
}
