//! How the price of a revocable grant becomes the dataset's income. Owns the instalments of `Grants`.
//!
//! The money lies in the vault from the start, so that nothing here can fail for the state of an
//! account: vesting moves numbers, and what goes back and cannot move is a debt of the vault.

use crate::{pallet::*, types::vested};
use frame_support::BoundedVec;
use myai_primitives::{Amount, Balance, DatasetTerms, GrantId};
use myai_support::{Clock, Unvested};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_vest(grant: GrantId) -> DispatchResult {
        let record = Self::vest_grant(grant)?;
        Grants::<T>::insert(grant, record);
        Ok(())
    }

    /// Vests what is due by now. The caller writes the record.
    pub(crate) fn vest_grant(grant: GrantId) -> Result<GrantOf<T>, DispatchError> {
        let mut record = Self::grant_record(grant)?;
        if record.instalments.is_empty() {
            return Ok(record);
        }
        let terms = Self::pinned(record.dataset, record.number)?;
        let now = T::Clock::now();
        let at = record.vests_until(now);
        let over = record.is_cut_off(now);
        let mut due: Balance = 0;
        let mut left = BoundedVec::new();
        let mut back = alloc::vec::Vec::new();
        for mut instalment in core::mem::take(&mut record.instalments) {
            let in_all = vested(&instalment, at);
            due = due.saturating_add(in_all.saturating_sub(instalment.vested));
            instalment.vested = in_all;
            let rest = instalment.value.saturating_sub(in_all);
            if rest > 0 && over {
                back.push((instalment.payer, rest));
            } else if rest > 0 {
                // As many as there were fit.
                let _ = left.try_push(instalment);
            }
        }
        record.instalments = left;
        Self::vest_to_split(grant, &record, &terms, due)?;
        for (payer, value) in back {
            T::Unvested::give_back(grant, &Self::of(&terms, value), &payer);
        }
        Ok(record)
    }

    /// Vests all that is left. The caller writes or removes the record.
    pub(crate) fn vest_all(
        grant: GrantId,
        record: &mut GrantOf<T>,
        terms: &DatasetTerms,
    ) -> DispatchResult {
        let left = core::mem::take(&mut record.instalments);
        let due = left.iter().fold(0, |sum: Balance, instalment| {
            sum.saturating_add(instalment.value.saturating_sub(instalment.vested))
        });
        Self::vest_to_split(grant, record, terms, due)
    }

    fn vest_to_split(
        grant: GrantId,
        record: &GrantOf<T>,
        terms: &DatasetTerms,
        due: Balance,
    ) -> DispatchResult {
        if due > 0 {
            let split = Datasets::<T>::get(record.dataset.place())
                .ok_or(Error::<T>::DatasetNotFound)?
                .split;
            T::Unvested::vest(grant, &Self::of(terms, due), split);
        }
        Ok(())
    }

    fn of(terms: &DatasetTerms, value: Balance) -> Amount {
        Amount {
            asset: terms.price.asset,
            value,
        }
    }
}
