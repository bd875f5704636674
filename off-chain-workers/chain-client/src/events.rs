//! The events that programs read, one type each, with the fields that they need.

use crate::{
    event::{Event, EventType},
    AccountId, ChainError, Hash32,
};
use myai_primitives::*;

macro_rules! events {
    ($($pallet:ident {
        $($(#[$doc:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $ty:ty),* $(,)? })*
    })*) => {
        $($(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $name {
                $($(#[$of_field])* pub $field: $ty,)*
            }

            impl EventType for $name {
                const PALLET: &'static str = stringify!($pallet);
                const NAME: &'static str = stringify!($name);

                // Unused where an event has no fields.
                fn from_fields(_event: &Event) -> Result<Self, ChainError> {
                    Ok(Self {
                        $($field: _event.field(stringify!($field))?,)*
                    })
                }
            }
        )*)*

        /// Pallet, event and names of the fields, for the test that compares them with the pallets.
        #[cfg(test)]
        const ALL: &[(&str, &str, &[&str])] = &[$($(
            (stringify!($pallet), stringify!($name), &[$(stringify!($field)),*]),
        )*)*];
    };
}

events! {
    ModelRegistry {
        ModelRegistered { model: ModelId }
        VersionPublished { version: VersionId, split: SplitId }
        /// `count`: publications that may name the version and were not made yet.
        DerivativeApproved { count: u32 }
    }

    DataLicense {
        DatasetRegistered { dataset: DatasetId }
        TermsSet { number: TermsNumber }
        /// `expires`: the request's own deadline.
        GrantRequested { expires: Tick }
        GrantGiven {
            grant: GrantId,
            dataset: DatasetId,
            model: ModelId,
            price: Amount,
            ends: Option<Tick>,
        }
        GrantRenewed { price: Amount, ends: Tick }
        GrantRevoked { ends: Tick, notice_ends: Tick }
    }

    InferenceEscrow {
        JobOpened { job: JobId }
        JobSettled { job: JobId }
        JobExpired { job: JobId }
    }

    RewardSplit {
        SplitCreated { split: SplitId }
        Claimed { split: SplitId, share: u32, asset: Asset, value: Balance, to: AccountId }
        /// A claim of another split's was written to its ledger.
        Credited { split: SplitId }
        ClaimFailed { split: SplitId, share: u32, asset: Asset }
        IssuanceClaimed { epoch: Epoch, beneficiary: Beneficiary<AccountId>, value: Balance }
        Vested { grant: GrantId, asset: Asset, value: Balance }
        UnvestedReturned { grant: GrantId, asset: Asset, value: Balance }
    }

    Referenda {
        Submitted { index: u32 }
        DecisionDepositRefunded { who: AccountId, amount: Balance }
        SubmissionDepositRefunded { who: AccountId, amount: Balance }
    }

    Scheduler {
        /// `id`: the scheduler's name for what it called.
        Dispatched { id: Option<Hash32> }
    }

    Utility {
        /// A call of a batch succeeded.
        ItemCompleted {}
    }
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::testing::PALLETS;

    #[test]
    fn events_have_their_pallets_fields() {
        for (pallet, event, fields) in ALL {
            let Some((_, source)) = PALLETS.iter().find(|(name, _)| name == pallet) else {
                continue;
            };
            let (_, events) = source.split_once("pub enum Event<T").unwrap();
            let start = format!("\n        {event} {{\n");
            let (_, rest) = events.split_once(&start).expect(event);
            let (body, _) = rest.split_once("\n        }").unwrap();
            for field in *fields {
                let line = format!("            {field}: ");
                assert!(
                    body.lines().any(|l| l.starts_with(&line)),
                    "{pallet}.{event}.{field}"
                );
            }
        }
    }
}
