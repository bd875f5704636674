//! What a block says happened, by names: an event's fields are found by their names in the
//! metadata of the block, so that a field more or another order changes nothing here.

use crate::{AccountId, ChainError, Hash32};
use codec::{Decode, DecodeAll};
use myai_primitives::{Asset, Balance, DeclineReason, JobId, Mode, Tick, VersionId};

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
        /// Who opened it, where that is not the payer.
        opener: Option<AccountId>,
        version: VersionId,
        mode: Mode,
        workers: Vec<AccountId>,
        units: u32,
        asset: Asset,
        /// For one unit.
        price: Balance,
        fee: Balance,
        /// Last tick of served time at which an attestation counts.
        deadline: Tick,
        input_commitment: Hash32,
        /// Hash of the sealed input.
        blob: Hash32,
    },
    JobSettled {
        job: JobId,
        payer: AccountId,
        worker: AccountId,
        version: VersionId,
        /// To whom the fee went.
        payout: AccountId,
        asset: Asset,
        /// Units used.
        units: u32,
        /// For the units used, cuts included.
        price: Balance,
        fee: Balance,
        /// The network's cuts of both.
        network: Balance,
        /// The rests of price and fee.
        to_model: Balance,
        to_worker: Balance,
        refunded: Balance,
        input_commitment: Hash32,
        output_commitment: Hash32,
        /// Hash of the sealed answer.
        blob: Hash32,
    },
    JobDeclined {
        job: JobId,
        payer: AccountId,
        worker: AccountId,
        reason: DeclineReason,
        asset: Asset,
        refunded: Balance,
    },
    JobExpired {
        job: JobId,
        payer: AccountId,
        worker: AccountId,
        asset: Asset,
        refunded: Balance,
    },
}

impl EscrowEvent {
    pub fn job(&self) -> JobId {
        match self {
            Self::JobOpened { job, .. }
            | Self::JobSettled { job, .. }
            | Self::JobDeclined { job, .. }
            | Self::JobExpired { job, .. } => *job,
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
                opener: event.field("opener")?,
                version: event.field("version")?,
                mode: event.field("mode")?,
                workers: event.field("workers")?,
                units: event.field("units")?,
                asset: event.field("asset")?,
                price: event.field("price")?,
                fee: event.field("fee")?,
                deadline: event.field("deadline")?,
                input_commitment: event.field("input_commitment")?,
                blob: event.field("blob")?,
            },
            "JobSettled" => Self::JobSettled {
                job: event.field("job")?,
                payer: event.field("payer")?,
                worker: event.field("worker")?,
                version: event.field("version")?,
                payout: event.field("payout")?,
                asset: event.field("asset")?,
                units: event.field("units")?,
                price: event.field("price")?,
                fee: event.field("fee")?,
                network: event.field("network")?,
                to_model: event.field("to_model")?,
                to_worker: event.field("to_worker")?,
                refunded: event.field("refunded")?,
                input_commitment: event.field("input_commitment")?,
                output_commitment: event.field("output_commitment")?,
                blob: event.field("blob")?,
            },
            "JobDeclined" => Self::JobDeclined {
                job: event.field("job")?,
                payer: event.field("payer")?,
                worker: event.field("worker")?,
                reason: event.field("reason")?,
                asset: event.field("asset")?,
                refunded: event.field("refunded")?,
            },
            "JobExpired" => Self::JobExpired {
                job: event.field("job")?,
                payer: event.field("payer")?,
                worker: event.field("worker")?,
                asset: event.field("asset")?,
                refunded: event.field("refunded")?,
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
                ("refunded".into(), 9u128.encode()),
                ("asset".into(), Asset::Native.encode()),
                ("payer".into(), [2u8; 32].encode()),
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
                payer: AccountId::new([2; 32]),
                worker: AccountId::new([1; 32]),
                reason: DeclineReason::TooLarge,
                asset: Asset::Native,
                refunded: 9,
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
