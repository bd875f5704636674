//! Grants: given, renewed, revoked, removed, and the versions that stand on them. Owns `Grants`,
//! `GrantsByModel`, `NextGrant`, `LatestGrant` and `StandsOn`; what of their price has vested:
//! `vesting.rs`.

use crate::{
    pallet::*,
    types::{GrantRecord, NumberedTerms, LEFT_ALONE, RENEW_AHEAD},
};
use codec::MaxEncodedLen;
use frame_support::{ensure, BoundedVec};
use myai_primitives::{
    Amount, Balance, DatasetId, DatasetTerms, Derivatives, GrantId, Instalment, ModelId,
    Revocation, TermsNumber, Tick, VersionId,
};
use myai_support::{
    Clock, Deposit, Grant, Licenses, Money, Owners, Splits, Trained, Unvested, Versions,
};
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, DispatchError, DispatchResult, Rounding,
};

/// From whose money a grant is paid.
pub(crate) enum Paying<'a, Reason> {
    /// Free units.
    Free,
    /// Units that are on hold for it.
    Held(&'a Reason),
}

impl<T: Config> Pallet<T> {
    /// What a grant occupies as one piece, the terms included that are kept for it. A request
    /// occupies less.
    pub fn grant_size() -> usize {
        GrantOf::<T>::max_encoded_len().saturating_add(NumberedTerms::max_encoded_len())
    }

    pub(crate) fn grant_record(grant: GrantId) -> Result<GrantOf<T>, DispatchError> {
        Grants::<T>::get(grant).ok_or_else(|| Error::<T>::GrantNotFound.into())
    }

    /// Makes a grant, whose use of the terms is counted already, and pays for it.
    pub(crate) fn give(
        dataset: DatasetId,
        model: ModelId,
        number: TermsNumber,
        terms: DatasetTerms,
        deposit: Deposit<T::AccountId, T::GrantConsideration>,
        paying: Paying<T::RuntimeHoldReason>,
    ) -> DispatchResult {
        let started = T::Clock::now();
        let ends = match terms.period {
            Some(period) => Some(
                started
                    .checked_add(period)
                    .ok_or(Error::<T>::EndBeyondClock)?,
            ),
            None => None,
        };
        let grant = NextGrant::<T>::get();
        let next = grant.next().ok_or(Error::<T>::IdsExhausted)?;
        let licensee = deposit.payer.clone();
        let mut record = GrantRecord {
            dataset,
            model,
            number,
            licensee: licensee.clone(),
            started,
            ends,
            notice: None,
            instalments: BoundedVec::new(),
            versions: 0,
            deposit,
        };
        let until = match (ends, terms.revocation) {
            (Some(end), _) => end,
            (None, Revocation::Notice { perpetual_term, .. }) => {
                started.saturating_add(perpetual_term)
            }
            (None, Revocation::Never) => started,
        };
        Self::pay(
            &licensee,
            grant,
            &mut record,
            &terms,
            terms.price,
            paying,
            started,
            until,
        )?;
        NextGrant::<T>::put(next);
        GrantsByModel::<T>::insert(model, grant.place(), ());
        Grants::<T>::insert(grant, record);
        Self::point_at(model, dataset, grant, ends);
        Self::deposit_event(Event::GrantGiven {
            grant,
            dataset,
            model,
            licensee,
            number,
            price: terms.price,
            ends,
        });
        Ok(())
    }

    /// Pays for a grant: at once where it can never be revoked, else into what vests.
    fn pay(
        payer: &T::AccountId,
        grant: GrantId,
        record: &mut GrantOf<T>,
        terms: &DatasetTerms,
        price: Amount,
        paying: Paying<T::RuntimeHoldReason>,
        start: Tick,
        end: Tick,
    ) -> DispatchResult {
        if price.value == 0 {
            return Ok(());
        }
        if terms.revocation == Revocation::Never {
            let split = Datasets::<T>::get(record.dataset.place())
                .ok_or(Error::<T>::DatasetNotFound)?
                .split;
            if let Paying::Held(reason) = paying {
                T::Money::release(&price.asset, reason, payer, price.value)?;
            }
            return T::Splits::receive(payer, &price.asset, price.value, split);
        }
        let held = match paying {
            Paying::Free => None,
            Paying::Held(reason) => Some(reason),
        };
        let instalment = Instalment {
            payer: payer.clone(),
            value: price.value,
            start,
            end,
            vested: 0,
        };
        record
            .instalments
            .try_push(instalment)
            .map_err(|_| Error::<T>::TooManyInstalments)?;
        T::Unvested::deposit(payer, held, grant, &price)
    }

    /// Remembers which of a model's grants on a dataset ends last.
    fn point_at(model: ModelId, dataset: DatasetId, grant: GrantId, ends: Option<Tick>) {
        let later = LatestGrant::<T>::get(model, dataset)
            .filter(|other| *other != grant)
            .and_then(Grants::<T>::get)
            .is_some_and(|other| match (other.ends, ends) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(theirs), Some(ours)) => theirs > ours,
            });
        if !later {
            LatestGrant::<T>::insert(model, dataset, grant);
        }
    }

    /// Extends a grant by `periods` at the cost of `who`.
    pub(crate) fn do_renew(
        who: &T::AccountId,
        grant: GrantId,
        periods: u32,
        max_cost: Balance,
    ) -> DispatchResult {
        let mut record = Self::vest_grant(grant)?;
        let now = T::Clock::now();
        let terms = Self::pinned(record.dataset, record.number)?;
        let (Some(period), Some(end)) = (terms.period, record.ends) else {
            return Err(Error::<T>::GrantPerpetual.into());
        };
        ensure!(periods > 0, Error::<T>::PeriodZero);
        ensure!(!record.is_cut_off(now), Error::<T>::GrantRevoked);
        ensure!(
            terms.price.value == 0 || T::Splits::accepts(&terms.price.asset),
            Error::<T>::AssetNotAccepted
        );
        let start = end.max(now);
        let wanted = period.checked_mul(periods).ok_or(Error::<T>::EndBeyondClock)?;
        let mut ends = start
            .checked_add(wanted)
            .ok_or(Error::<T>::EndBeyondClock)?;
        let mut value = terms
            .price
            .value
            .checked_mul(periods.into())
            .ok_or(Error::<T>::PriceAboveMaxCost)?;
        if let Some(notice) = record.notice.filter(|notice| *notice < ends) {
            // Up to the end of the notice, at its part of the price.
            ensure!(notice > start, Error::<T>::GrantRevoked);
            let part = notice.saturating_sub(start);
            value = multiply_by_rational_with_rounding(
                value,
                part.into(),
                wanted.into(),
                Rounding::Up,
            )
            .ok_or(Error::<T>::PriceAboveMaxCost)?;
            ends = notice;
        }
        ensure!(value <= max_cost, Error::<T>::PriceAboveMaxCost);
        let ahead = period.saturating_mul(2).max(RENEW_AHEAD);
        ensure!(
            ends <= now.saturating_add(ahead),
            Error::<T>::RenewedTooFar
        );
        let renewable = terms
            .renewable
            .is_none_or(|ticks| ends <= record.started.saturating_add(ticks));
        ensure!(renewable, Error::<T>::NotRenewable);

        let price = Amount {
            asset: terms.price.asset,
            value,
        };
        Self::pay(
            who,
            grant,
            &mut record,
            &terms,
            price,
            Paying::Free,
            start,
            ends,
        )?;
        record.ends = Some(ends);
        Self::point_at(record.model, record.dataset, grant, record.ends);
        Grants::<T>::insert(grant, record);
        Self::deposit_event(Event::GrantRenewed {
            grant,
            payer: who.clone(),
            price,
            ends,
        });
        Ok(())
    }

    /// Starts the notice of a grant. No money moves: what has not vested when the grant is over goes
    /// back then.
    pub(crate) fn do_revoke(who: &T::AccountId, grant: GrantId) -> DispatchResult {
        let mut record = Self::vest_grant(grant)?;
        let owned = Self::owned_dataset(who, record.dataset)?;
        ensure!(record.notice.is_none(), Error::<T>::GrantRevoked);
        let terms = Self::pinned(record.dataset, record.number)?;
        let Revocation::Notice { notice, .. } = terms.revocation else {
            return Err(Error::<T>::GrantNotRevocable.into());
        };
        let noticed = T::Clock::now().saturating_add(notice);
        let ends = record.ends.map_or(noticed, |end| end.min(noticed));
        record.notice = Some(noticed);
        record.ends = Some(ends);
        Datasets::<T>::insert(record.dataset.place(), owned);
        Grants::<T>::insert(grant, record);
        Self::deposit_event(Event::GrantRevoked { grant, ends });
        Ok(())
    }

    pub(crate) fn do_move_version(
        who: &T::AccountId,
        version: VersionId,
        from: GrantId,
        to: GrantId,
    ) -> DispatchResult {
        let model = T::Versions::model_of(version).ok_or(Error::<T>::VersionNotFound)?;
        Self::ensure_model_owner(who, model)?;
        let mut old = Self::vest_grant(from)?;
        let mut new = Self::vest_grant(to)?;
        ensure!(
            StandsOn::<T>::get(version, old.dataset) == Some(from),
            Error::<T>::VersionNotUnderGrant
        );
        ensure!(from != to, Error::<T>::VersionUnderGrantAlready);
        ensure!(new.model == model, Error::<T>::GrantOfAnotherModel);
        ensure!(
            new.dataset == old.dataset,
            Error::<T>::GrantOfAnotherDataset
        );
        ensure!(new.is_live(T::Clock::now()), Error::<T>::GrantLapsed);
        let terms = Self::pinned(new.dataset, new.number)?;
        T::Versions::ensure_satisfies(version, new.dataset, &terms.clauses)?;
        old.versions = old.versions.saturating_sub(1);
        new.versions = new
            .versions
            .checked_add(1)
            .ok_or(Error::<T>::IdsExhausted)?;
        StandsOn::<T>::insert(version, new.dataset, to);
        Grants::<T>::insert(from, old);
        Grants::<T>::insert(to, new);
        Self::deposit_event(Event::VersionMoved { version, from, to });
        Ok(())
    }

    pub(crate) fn do_remove_grant(who: &T::AccountId, grant: GrantId) -> DispatchResult {
        let mut record = Self::vest_grant(grant)?;
        ensure!(record.versions == 0, Error::<T>::GrantInUse);
        let now = T::Clock::now();
        let owner = T::Owners::model_owner(record.model);
        let terms = Self::pinned(record.dataset, record.number)?;
        if owner.as_ref() == Some(who) {
            // Given up before its end: what was paid for stays paid.
            Self::vest_all(grant, &mut record, &terms)?;
        } else {
            let alone = terms.period.unwrap_or(0).max(LEFT_ALONE);
            let over = record
                .ends
                .is_some_and(|end| now >= end.saturating_add(alone));
            ensure!(over, Error::<T>::GrantNotEnded);
        }
        Self::dec_uses(record.dataset, record.number);
        GrantsByModel::<T>::remove(record.model, grant.place());
        if LatestGrant::<T>::get(record.model, record.dataset) == Some(grant) {
            LatestGrant::<T>::remove(record.model, record.dataset);
        }
        Grants::<T>::remove(grant);
        record.deposit.give_back()?;
        Self::deposit_event(Event::GrantRemoved { grant });
        Ok(())
    }
}

impl<T: Config> Licenses<T::AccountId> for Pallet<T> {
    fn grant(grant: GrantId) -> Option<Grant> {
        let record = Grants::<T>::get(grant)?;
        Some(Grant {
            dataset: record.dataset,
            model: record.model,
            number: record.number,
            terms: Terms::<T>::get(record.dataset, record.number)?.terms,
            ends: record.ends,
            split: Datasets::<T>::get(record.dataset.place())?.split,
        })
    }

    fn terms(dataset: DatasetId, number: TermsNumber) -> Option<DatasetTerms> {
        Terms::<T>::get(dataset, number).map(|entry| entry.terms)
    }

    fn dataset_split(dataset: DatasetId) -> Option<myai_primitives::SplitId> {
        Datasets::<T>::get(dataset.place()).map(|record| record.split)
    }

    fn dataset_owner(dataset: DatasetId) -> Option<T::AccountId> {
        Self::dataset_owner(dataset)
    }

    fn ensure_usable(grant: GrantId, publisher: &T::AccountId) -> DispatchResult {
        let record = Self::grant_record(grant)?;
        ensure!(record.is_live(T::Clock::now()), Error::<T>::GrantLapsed);
        let terms = Self::pinned(record.dataset, record.number)?;
        ensure!(
            terms.clauses.derivatives != Derivatives::Approval || record.licensee == *publisher,
            Error::<T>::LicenseeNotApproved
        );
        Ok(())
    }

    fn attach(grant: GrantId, version: VersionId) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        record.versions = record
            .versions
            .checked_add(1)
            .ok_or(Error::<T>::IdsExhausted)?;
        StandsOn::<T>::insert(version, record.dataset, grant);
        Grants::<T>::insert(grant, record);
        Ok(())
    }

    fn detach(version: VersionId, dataset: DatasetId) {
        if let Some(grant) = StandsOn::<T>::take(version, dataset) {
            Grants::<T>::mutate(grant, |record| {
                if let Some(record) = record {
                    record.versions = record.versions.saturating_sub(1);
                }
            });
        }
    }

    fn grant_of(version: VersionId, dataset: DatasetId) -> Option<GrantId> {
        StandsOn::<T>::get(version, dataset)
    }

    fn standing(model: ModelId, trained: &Trained) -> Option<(GrantId, Option<Tick>)> {
        let now = T::Clock::now();
        let own = LatestGrant::<T>::get(model, trained.dataset)
            .and_then(|grant| Some((grant, Grants::<T>::get(grant)?)))
            .filter(|(_, record)| record.is_live(now));
        let (grant, record) = match own {
            Some(own) => own,
            None => {
                let grant = StandsOn::<T>::get(trained.version, trained.dataset)?;
                (grant, Grants::<T>::get(grant)?)
            }
        };
        Some((grant, record.ends))
    }

    fn count_change(dataset: DatasetId) {
        Datasets::<T>::mutate(dataset.place(), |record| {
            if let Some(record) = record {
                record.ownership.changes = record.ownership.changes.saturating_add(1);
            }
        });
    }

    fn inc_refs(dataset: DatasetId, number: TermsNumber) -> DispatchResult {
        Self::inc_uses(dataset, number)
    }

    fn dec_refs(dataset: DatasetId, number: TermsNumber) {
        Self::dec_uses(dataset, number)
    }
}
