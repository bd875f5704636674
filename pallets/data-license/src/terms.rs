//! Terms: when they are sound, and how long they are kept. Owns `Terms`.
//!
//! The numbers of a dataset's terms only grow. Terms are kept while they are the dataset's current
//! ones, or a grant, a request or a version was made under them, and are deleted with the last of
//! these.

use crate::{types::*, Config, Datasets, Error, Event, Pallet, Terms};
use frame_support::{ensure, traits::Get};
use myai_primitives::*;
use myai_support::{RulesAt, Splits};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    /// That grants may be sold under these terms by the rules and with the assets of today.
    pub(crate) fn ensure_sound(terms: &DatasetTerms) -> DispatchResult {
        let clauses = &terms.clauses;
        clauses.ensure_sound().map_err(unsound_clauses::<T>)?;
        let schemes = T::UriSchemes::get();
        ensure!(
            clauses.text.as_ref().is_none_or(|f| f.is_sound(schemes)),
            Error::<T>::LicenseFileNotSound
        );
        ensure!(
            clauses
                .use_policy
                .as_ref()
                .is_none_or(|f| f.is_sound(schemes)),
            Error::<T>::PolicyNotSound
        );
        let rules = T::RulesAt::current()?.list;
        ensure!(
            clauses.royalty.share <= rules.max_royalty(),
            Error::<T>::RoyaltyAboveMaximum
        );
        let alternatives = &clauses.royalty.alternatives;
        ensure!(
            (terms.price.value == 0 || T::Splits::accepts(&terms.price.asset))
                && alternatives.iter().all(|a| T::Splits::accepts(&a.asset)),
            Error::<T>::AssetNotAccepted
        );
        ensure!(terms.period != Some(0), Error::<T>::PeriodZero);
        if let Revocation::Notice {
            notice,
            perpetual_term,
        } = terms.revocation
        {
            ensure!(!clauses.irrevocable, Error::<T>::IrrevocableWithNotice);
            ensure!(
                notice >= rules.min_revoke_notice(),
                Error::<T>::NoticeTooShort
            );
            ensure!(
                terms.period.is_some() || perpetual_term > 0,
                Error::<T>::PerpetualTermZero
            );
        }
        Ok(())
    }

    pub(crate) fn do_set_terms(
        who: &T::AccountId,
        dataset: DatasetId,
        terms: DatasetTerms,
    ) -> DispatchResult {
        let mut record = Self::changed_by(who, dataset)?;
        Self::ensure_sound(&terms)?;
        let number = Self::number_terms(dataset, &mut record, terms)?;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::TermsSet { dataset, number });
        Ok(())
    }

    /// Gives the next number to `terms` with the dataset's metadata. The caller stores the record.
    pub(crate) fn number_terms(
        dataset: DatasetId,
        record: &mut DatasetOf<T>,
        terms: DatasetTerms,
    ) -> Result<TermsNumber, DispatchError> {
        let old = record.number;
        let number = old.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
        record.number = number;
        if Terms::<T>::get(dataset, old).is_some_and(|row| row.is_unused()) {
            Terms::<T>::remove(dataset, old);
        }
        Terms::<T>::insert(
            dataset,
            number,
            NumberedTerms {
                terms,
                metadata: record.metadata.clone(),
                grants: 0,
                refs: 0,
            },
        );
        Ok(number)
    }

    /// The terms that a grant or a request was made under.
    pub(crate) fn pinned(
        dataset: DatasetId,
        number: TermsNumber,
    ) -> Result<DatasetTerms, DispatchError> {
        Terms::<T>::get(dataset, number)
            .map(|row| row.terms)
            .ok_or_else(|| Error::<T>::TermsNotSet.into())
    }

    /// One more of what `count` counts keeps the terms and their dataset.
    pub(crate) fn keep_terms(
        dataset: DatasetId,
        number: TermsNumber,
        count: impl FnOnce(&mut NumberedTerms) -> &mut u32,
    ) -> DispatchResult {
        Terms::<T>::try_mutate(dataset, number, |row| {
            let count = count(row.as_mut().ok_or(Error::<T>::TermsNotSet)?);
            *count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            Datasets::<T>::try_mutate(dataset.place(), |record| {
                let uses = &mut record.as_mut().ok_or(Error::<T>::DatasetNotFound)?.uses;
                *uses = uses.checked_add(1).ok_or(ArithmeticError::Overflow)?;
                Ok(())
            })
        })
    }

    /// One less does; terms that nothing keeps any more go.
    pub(crate) fn release_terms(
        dataset: DatasetId,
        number: TermsNumber,
        count: impl FnOnce(&mut NumberedTerms) -> &mut u32,
    ) {
        let current = Datasets::<T>::mutate(dataset.place(), |record| {
            let record = record.as_mut()?;
            record.uses = record.uses.saturating_sub(1);
            Some(record.number)
        });
        Terms::<T>::mutate_exists(dataset, number, |slot| {
            if let Some(row) = slot {
                let count = count(row);
                *count = count.saturating_sub(1);
                if row.is_unused() && current != Some(number) {
                    *slot = None;
                }
            }
        });
    }
}

/// The pallet's own error for clauses that cannot be stated.
fn unsound_clauses<T: Config>(error: ClauseError) -> DispatchError {
    match error {
        ClauseError::LicenseNotText => Error::<T>::LicenseNotText.into(),
        ClauseError::AttributionNotText => Error::<T>::AttributionNotText.into(),
        ClauseError::RoyaltyWithoutFloor => Error::<T>::RoyaltyWithoutFloor.into(),
        ClauseError::FloorWithoutRoyalty => Error::<T>::FloorWithoutRoyalty.into(),
        ClauseError::FeeLimitZero => Error::<T>::FeeLimitZero.into(),
        ClauseError::RoyaltyNotCommercial => Error::<T>::RoyaltyNotCommercial.into(),
        // The others are of a version among its parents: no clauses are unsound by themselves for
        // one of them.
        _ => DispatchError::Corruption,
    }
}
