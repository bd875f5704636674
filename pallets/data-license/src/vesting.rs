//! How the price of a revocable grant vests. Owns no storage: the money lies with
//! [`myai_support::Unvested`], the schedule in the grant.

use crate::{types::*, Config, Error, Grants, Pallet};
use alloc::vec::Vec;
use myai_primitives::*;
use myai_support::{Clock, Unvested};
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, DispatchError, DispatchResult, Rounding,
};

/// What one call moves out of the money of a grant that has not vested.
#[derive(Debug, PartialEq, Eq)]
pub struct Moves<AccountId> {
    pub to_split: Balance,
    pub back: Vec<(AccountId, Balance)>,
}

/// What of an instalment has vested at the tick `at`: `floor(value × elapsed / length)`.
pub fn vested_at<AccountId>(instalment: &Instalment<AccountId>, at: Tick) -> Balance {
    let length = instalment.end.saturating_sub(instalment.start);
    let elapsed = at.saturating_sub(instalment.start);
    if elapsed >= length {
        return instalment.value;
    }
    // A part of the value always fits.
    multiply_by_rational_with_rounding(
        instalment.value,
        elapsed.into(),
        length.into(),
        Rounding::Down,
    )
    .unwrap_or(instalment.value)
}

/// Vests the instalments up to `now`. From the tick `cut_off` on nothing vests, and what has not by
/// then goes back to who paid it. Each is reckoned from its start, so that calling often rounds
/// nothing away; what is used up is dropped.
pub fn settle<AccountId>(
    instalments: &mut Instalments<AccountId>,
    now: Tick,
    cut_off: Option<Tick>,
) -> Moves<AccountId> {
    let until = cut_off.map_or(now, |end| end.min(now));
    let mut to_split: Balance = 0;
    for instalment in instalments.iter_mut() {
        let vested = vested_at(instalment, until).max(instalment.vested);
        to_split = to_split.saturating_add(vested.saturating_sub(instalment.vested));
        instalment.vested = vested;
    }
    instalments.retain(|i| i.vested < i.value);
    let mut back = Vec::new();
    if cut_off.is_some_and(|end| end <= now) {
        for i in core::mem::take(instalments) {
            back.push((i.payer, i.value.saturating_sub(i.vested)));
        }
    }
    Moves { to_split, back }
}

impl<T: Config> Pallet<T> {
    /// Moves what has vested of the grant at `now`, and what is given back. The caller stores the
    /// record.
    pub(crate) fn settle(
        grant: GrantId,
        record: &mut GrantOf<T>,
        terms: &DatasetTerms,
        split: SplitId,
        now: Tick,
    ) {
        let asset = terms.price.asset;
        let cut_off = record.cut_off();
        let moves = settle(&mut record.instalments, now, cut_off);
        let value = moves.to_split;
        T::Unvested::vest(grant, &Amount { asset, value }, split);
        for (to, value) in moves.back {
            T::Unvested::give_back(grant, &Amount { asset, value }, &to);
        }
    }

    /// Pays `amount` for the grant, out of free money of `payer` or out of what it has on hold. It
    /// vests from `start` to `end`, or at once where the grant can never be revoked.
    pub(crate) fn pay(
        payer: &T::AccountId,
        held: Option<&T::RuntimeHoldReason>,
        grant: GrantId,
        record: &mut GrantOf<T>,
        terms: &DatasetTerms,
        amount: &Amount,
        split: SplitId,
        (start, end): (Tick, Tick),
    ) -> DispatchResult {
        if amount.value == 0 {
            return Ok(());
        }
        if terms.revocation == Revocation::Never {
            T::Unvested::deposit(payer, held, grant, amount)?;
            T::Unvested::vest(grant, amount, split);
            return Ok(());
        }
        record
            .instalments
            .try_push(Instalment {
                payer: payer.clone(),
                value: amount.value,
                start,
                end,
                vested: 0,
            })
            .map_err(|_| Error::<T>::TooManyInstalments)?;
        T::Unvested::deposit(payer, held, grant, amount)
    }

    pub(crate) fn do_vest(grant: GrantId) -> Result<(), DispatchError> {
        let mut record = Self::grant_record(grant)?;
        if record.instalments.is_empty() {
            return Ok(());
        }
        let terms = Self::pinned(record.dataset, record.number)?;
        let split = Self::dataset(record.dataset)?.split;
        Self::settle(grant, &mut record, &terms, split, T::Clock::now());
        Grants::<T>::insert(grant.place(), record);
        Ok(())
    }
}
