//! Storage deposits that know who paid them: what they are for may change hands.

use codec::{Decode, DecodeAll, Encode, MaxEncodedLen};
use frame_support::traits::{Consideration, Footprint};
use myai_primitives::Balance;
use scale_info::TypeInfo;
use sp_runtime::{DispatchError, DispatchResult};

/// A storage deposit and the account whose money it is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Deposit<AccountId, Ticket> {
    pub payer: AccountId,
    pub ticket: Ticket,
}

impl<AccountId: Clone, Ticket: Consideration<AccountId, Footprint>> Deposit<AccountId, Ticket> {
    /// Takes the deposit for one item of `size` bytes from `payer`.
    pub fn take(payer: &AccountId, size: usize) -> Result<Self, DispatchError> {
        let ticket = Ticket::new(payer, Footprint::from_parts(1, size))?;
        Ok(Self {
            payer: payer.clone(),
            ticket,
        })
    }

    /// Follows the item's new size.
    pub fn resize(self, size: usize) -> Result<Self, DispatchError> {
        let ticket = self
            .ticket
            .update(&self.payer, Footprint::from_parts(1, size))?;
        Ok(Self {
            payer: self.payer,
            ticket,
        })
    }

    /// Gives it back to who paid.
    pub fn give_back(self) -> DispatchResult {
        Ticket::drop(self.ticket, &self.payer)
    }
}

impl<AccountId, Ticket: Encode> Deposit<AccountId, Ticket> {
    /// What is held, for checking invariants: the ticket of a `HoldConsideration` is its amount.
    pub fn value(&self) -> Option<Balance> {
        Balance::decode_all(&mut &self.ticket.encode()[..]).ok()
    }
}
