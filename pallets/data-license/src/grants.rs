//! Grants: given, renewed, revoked, removed. Owns `Grants`, `GrantsOf`, `GrantsOn` and `NextGrant`
//! (the count of versions: `versions.rs`; what has vested: `vesting.rs`).

use crate::{
    types::*, Config, Datasets, Error, Event, Grants, GrantsOf, GrantsOn, NextGrant, Pallet,
};
use codec::MaxEncodedLen;
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Clock, Owners, Splits};
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, DispatchError, DispatchResult, Rounding,
};

/// Bytes of a grant's deposit for the keys of its rows, and for those that are its share of others.
const GRANT_KEYS: usize = 300;

impl<T: Config> Pallet<T> {
    /// Bytes that the deposit of a grant is for, the terms included that are kept for it. A request
    /// occupies less.
    pub fn grant_size() -> usize {
        GRANT_KEYS
            .saturating_add(GrantOf::<T>::max_encoded_len())
            .saturating_add(NumberedTerms::max_encoded_len())
    }

    pub(crate) fn grant_record(grant: GrantId) -> Result<GrantOf<T>, DispatchError> {
        Grants::<T>::get(grant.place()).ok_or(Error::<T>::GrantNotFound.into())
    }

    /// Makes a grant under terms whose use is counted already, for who paid the deposit.
    pub(crate) fn give(
        dataset: DatasetId,
        model: ModelId,
        number: TermsNumber,
        terms: &DatasetTerms,
        split: SplitId,
        held: Option<&T::RuntimeHoldReason>,
        deposit: GrantDepositOf<T>,
    ) -> DispatchResult {
        let started = T::Clock::now();
        let after = |ticks: Tick| started.checked_add(ticks).ok_or(Error::<T>::EndBeyondClock);
        let ends = terms.period.map(after).transpose()?;
        let vests_until = match (ends, terms.revocation) {
            (None, Revocation::Notice { perpetual_term, .. }) => after(perpetual_term)?,
            (ends, _) => ends.unwrap_or(started),
        };
        let grant = NextGrant::<T>::get();
        NextGrant::<T>::put(grant.next().ok_or(Error::<T>::IdsExhausted)?);
        GrantsOn::<T>::try_mutate(model, dataset, |row| row.try_push((grant, ends)))
            .map_err(|_| Error::<T>::TooManyGrants)?;
        GrantsOf::<T>::insert(model, grant.place(), ());

        let licensee = deposit.payer.clone();
        let mut record = GrantRecord {
            dataset,
            model,
            number,
            licensee: licensee.clone(),
            started,
            ends,
            notice_ends: None,
            instalments: Default::default(),
            versions: 0,
            deposit,
        };
        let (price, vests) = (terms.price, (started, vests_until));
        Self::pay(
            &licensee,
            held,
            grant,
            &mut record,
            terms,
            &price,
            split,
            vests,
        )?;
        Grants::<T>::insert(grant.place(), record);
        Self::deposit_event(Event::GrantGiven {
            grant,
            dataset,
            model,
            licensee,
            number,
            price,
            ends,
        });
        Ok(())
    }

    pub(crate) fn do_renew(
        who: &T::AccountId,
        grant: GrantId,
        periods: u32,
        max_cost: Balance,
    ) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        ensure!(
            T::Owners::model_owner(record.model).is_some(),
            Error::<T>::ModelNotFound
        );
        let terms = Self::pinned(record.dataset, record.number)?;
        let (Some(period), Some(end)) = (terms.period, record.ends) else {
            return Err(Error::<T>::GrantPerpetual.into());
        };
        ensure!(periods > 0, Error::<T>::PeriodsZero);
        let now = T::Clock::now();
        let start = end.max(now);
        let asked = periods
            .checked_mul(period)
            .and_then(|length| start.checked_add(length))
            .ok_or(Error::<T>::EndBeyondClock)?;
        let ends = record.notice_ends.map_or(asked, |notice| asked.min(notice));
        ensure!(ends > start, Error::<T>::GrantRevoked);
        let ahead = period.saturating_mul(2).max(MAX_RENEWED_AHEAD);
        ensure!(
            ends <= now.saturating_add(ahead),
            Error::<T>::RenewalTooFarAhead
        );
        ensure!(
            terms
                .renewable
                .is_none_or(|ticks| ends <= record.started.saturating_add(ticks)),
            Error::<T>::RenewalBeyondTerms
        );
        let price = Amount {
            asset: terms.price.asset,
            value: price_of(terms.price.value, ends.saturating_sub(start), period)
                .ok_or(Error::<T>::PriceAboveMaxCost)?,
        };
        ensure!(price.value <= max_cost, Error::<T>::PriceAboveMaxCost);
        ensure!(
            price.value == 0 || T::Splits::accepts(&price.asset),
            Error::<T>::AssetNotAccepted
        );
        let split = Self::dataset(record.dataset)?.split;

        Self::settle(grant, &mut record, &terms, split, now);
        let vests = (start, ends);
        Self::pay(who, None, grant, &mut record, &terms, &price, split, vests)?;
        Self::set_end(grant, &mut record, ends);
        Grants::<T>::insert(grant.place(), record);
        Self::deposit_event(Event::GrantRenewed {
            grant,
            payer: who.clone(),
            price,
            ends,
        });
        Ok(())
    }

    pub(crate) fn do_revoke(who: &T::AccountId, grant: GrantId) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        let dataset = Self::changed_by(who, record.dataset)?;
        ensure!(record.notice_ends.is_none(), Error::<T>::GrantRevoked);
        let terms = Self::pinned(record.dataset, record.number)?;
        let Revocation::Notice { notice, .. } = terms.revocation else {
            return Err(Error::<T>::GrantNotRevocable.into());
        };
        let now = T::Clock::now();
        let notice_ends = now.saturating_add(notice);
        let ends = record.ends.map_or(notice_ends, |end| end.min(notice_ends));

        Self::settle(grant, &mut record, &terms, dataset.split, now);
        record.notice_ends = Some(notice_ends);
        Self::set_end(grant, &mut record, ends);
        Datasets::<T>::insert(record.dataset.place(), dataset);
        Grants::<T>::insert(grant.place(), record);
        Self::deposit_event(Event::GrantRevoked {
            grant,
            ends,
            notice_ends,
        });
        Ok(())
    }

    pub(crate) fn do_approve_owner(
        who: &T::AccountId,
        grant: GrantId,
        owner: T::AccountId,
    ) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        let dataset = Self::changed_by(who, record.dataset)?;
        let terms = Self::pinned(record.dataset, record.number)?;
        ensure!(
            terms.clauses.derivatives == Derivatives::Approval,
            Error::<T>::ApprovalNotNeeded
        );
        let holder = T::Owners::model_owner(record.model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(holder == owner, Error::<T>::LicenseeNotOwner);
        record.licensee = owner.clone();
        Datasets::<T>::insert(record.dataset.place(), dataset);
        Grants::<T>::insert(grant.place(), record);
        Self::deposit_event(Event::OwnerApproved { grant, owner });
        Ok(())
    }

    pub(crate) fn do_remove_grant(who: &T::AccountId, grant: GrantId) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        let terms = Self::pinned(record.dataset, record.number)?;
        Self::ensure_removable(who, &record, &terms)?;
        ensure!(record.versions == 0, Error::<T>::GrantInUse);
        let split = Self::dataset(record.dataset)?.split;

        // All that would ever vest does so now.
        Self::settle(grant, &mut record, &terms, split, Tick::MAX);
        Grants::<T>::remove(grant.place());
        GrantsOf::<T>::remove(record.model, grant.place());
        GrantsOn::<T>::mutate_exists(record.model, record.dataset, |slot| {
            if let Some(row) = slot {
                row.retain(|(id, _)| *id != grant);
                if row.is_empty() {
                    *slot = None;
                }
            }
        });
        Self::release_terms(record.dataset, record.number, |row| &mut row.grants);
        record.deposit.give_back()?;
        Self::deposit_event(Event::GrantRemoved { grant });
        Ok(())
    }

    /// That `who` may remove the grant now: its holder always, or anybody when there is none; others
    /// one period, and at least a day, after its end.
    pub(crate) fn ensure_removable(
        who: &T::AccountId,
        record: &GrantOf<T>,
        terms: &DatasetTerms,
    ) -> DispatchResult {
        let kept = terms.period.unwrap_or(0).max(MIN_KEPT);
        let is_kept = record
            .ends
            .is_none_or(|end| T::Clock::now() < end.saturating_add(kept));
        let is_free = T::Owners::model_owner(record.model).is_none_or(|holder| holder == *who);
        ensure!(is_free || !is_kept, Error::<T>::GrantKept);
        Ok(())
    }

    /// The grant is over at `ends`. The caller stores the record.
    fn set_end(grant: GrantId, record: &mut GrantOf<T>, ends: Tick) {
        record.ends = Some(ends);
        GrantsOn::<T>::mutate(record.model, record.dataset, |row| {
            if let Some((_, end)) = row.iter_mut().find(|(id, _)| *id == grant) {
                *end = Some(ends);
            }
        });
    }
}

/// The price of `ticks` at `price` for each period, rounded up. `None` beyond any balance.
fn price_of(price: Balance, ticks: Tick, period: Tick) -> Option<Balance> {
    multiply_by_rational_with_rounding(price, ticks.into(), period.into(), Rounding::Up)
}
