//! Ownership that moves in two steps: the owner offers, who is named accepts. `changes` counts every
//! call of the owner and every suspension, so that who accepts gets what it saw.

use codec::{Decode, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// Who owns a thing, and to whom it is offered.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ownership<AccountId> {
    pub owner: AccountId,
    pub offered_to: Option<AccountId>,
    /// How many calls the owners have made on the thing, and how often it was suspended.
    #[codec(compact)]
    pub changes: u32,
}

/// Why ownership does not move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnershipError {
    /// The thing belongs to somebody else.
    NotOwner,
    /// It was offered to its own owner.
    OfferedToOwner,
    /// It is not offered, or not to the caller.
    NotOffered,
    /// The owner has changed it since the caller looked.
    ChangedMeanwhile,
}

impl<AccountId: Clone + PartialEq> Ownership<AccountId> {
    pub fn new(owner: AccountId) -> Self {
        Self {
            owner,
            offered_to: None,
            changes: 0,
        }
    }

    pub fn ensure_owner(&self, who: &AccountId) -> Result<(), OwnershipError> {
        if self.owner == *who {
            Ok(())
        } else {
            Err(OwnershipError::NotOwner)
        }
    }

    /// That `who` is the owner, and one more call of it.
    pub fn change(&mut self, who: &AccountId) -> Result<(), OwnershipError> {
        self.ensure_owner(who)?;
        self.count_change();
        Ok(())
    }

    /// Something that its owner did not do and a buyer must have seen.
    pub fn count_change(&mut self) {
        self.changes = self.changes.saturating_add(1);
    }

    /// Offers the thing to `to`; an earlier offer is void.
    pub fn offer(&mut self, who: &AccountId, to: AccountId) -> Result<(), OwnershipError> {
        if to == self.owner {
            return Err(OwnershipError::OfferedToOwner);
        }
        self.change(who)?;
        self.offered_to = Some(to);
        Ok(())
    }

    /// Takes the offer back.
    pub fn cancel(&mut self, who: &AccountId) -> Result<(), OwnershipError> {
        self.ensure_owner(who)?;
        if self.offered_to.is_none() {
            return Err(OwnershipError::NotOffered);
        }
        self.change(who)?;
        self.offered_to = None;
        Ok(())
    }

    /// `who` becomes the owner, if it was offered the thing as it is. Returns who was.
    pub fn accept(&mut self, who: &AccountId, changes: u32) -> Result<AccountId, OwnershipError> {
        if self.offered_to.as_ref() != Some(who) {
            return Err(OwnershipError::NotOffered);
        }
        if self.changes != changes {
            return Err(OwnershipError::ChangedMeanwhile);
        }
        self.offered_to = None;
        self.changes = self.changes.saturating_add(1);
        Ok(core::mem::replace(&mut self.owner, who.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buyer_gets_what_it_saw() {
        let mut thing = Ownership::new(1);
        assert_eq!(thing.offer(&2, 3), Err(OwnershipError::NotOwner));
        assert_eq!(thing.offer(&1, 1), Err(OwnershipError::OfferedToOwner));
        assert_eq!(thing.cancel(&1), Err(OwnershipError::NotOffered));
        thing.offer(&1, 2).unwrap();
        let seen = thing.changes;
        assert_eq!(thing.accept(&3, seen), Err(OwnershipError::NotOffered));
        thing.change(&1).unwrap();
        assert_eq!(
            thing.accept(&2, seen),
            Err(OwnershipError::ChangedMeanwhile)
        );
        assert_eq!(thing.accept(&2, thing.changes), Ok(1));
        assert_eq!((thing.owner, thing.offered_to), (2, None));
    }
}
