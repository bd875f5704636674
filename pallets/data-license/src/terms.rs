//! Terms: when they are sound, and how long they are kept. Owns `Terms`.
//!
//! The numbers of a dataset's terms only grow; a change of terms or of metadata makes a new one. Terms
//! are kept while they are the dataset's current ones or something was made under them, and are
//! deleted with the last of these.

use crate::{pallet::*, types::NumberedTerms};
use frame_support::{ensure, traits::Get};
use myai_primitives::{
    ClauseError, DatasetId, DatasetTerms, File, Revocation, RuleSet, TermsNumber,
};
use myai_support::{RulesAt, Splits};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn ensure_sound(terms: &DatasetTerms, rules: &RuleSet) -> DispatchResult {
        let clauses = &terms.clauses;
        clauses.ensure_sound().map_err(Error::<T>::from)?;
        let schemes = T::UriSchemes::get();
        let sound = |file: &Option<File>| file.as_ref().is_none_or(|f| f.is_sound(schemes));
        ensure!(
            sound(&clauses.text) && sound(&clauses.use_policy),
            Error::<T>::LicenseFileNotSound
        );
        // No version could give more.
        ensure!(
            clauses.royalty.share <= rules.max_royalty(),
            Error::<T>::RoyaltyAboveMaximum
        );
        ensure!(
            terms.period != Some(0) && terms.renewable != Some(0),
            Error::<T>::PeriodZero
        );
        if let Revocation::Notice {
            notice,
            perpetual_term,
        } = terms.revocation
        {
            ensure!(
                notice >= rules.min_revoke_notice(),
                Error::<T>::NoticeTooShort
            );
            ensure!(
                terms.period.is_some() || perpetual_term > 0,
                Error::<T>::PerpetualTermZero
            );
        }
        let floors = clauses.royalty.alternatives.iter().map(|a| a.asset);
        let price = (terms.price.value > 0).then_some(terms.price.asset);
        ensure!(
            floors.chain(price).all(|asset| T::Splits::accepts(&asset)),
            Error::<T>::AssetNotAccepted
        );
        Ok(())
    }

    pub(crate) fn do_set_terms(
        who: &T::AccountId,
        dataset: DatasetId,
        terms: DatasetTerms,
    ) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        Self::ensure_sound(&terms, &T::RulesAt::current()?.set)?;
        let number = Self::renumber(dataset, &mut record, terms)?;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::TermsSet { dataset, number });
        Ok(())
    }

    /// Writes terms, with the record's metadata, under the next number.
    pub(crate) fn renumber(
        dataset: DatasetId,
        record: &mut DatasetOf<T>,
        terms: DatasetTerms,
    ) -> Result<TermsNumber, DispatchError> {
        let old = record.number;
        let number = old.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
        record.number = number;
        if Terms::<T>::get(dataset, old).is_some_and(|entry| entry.uses == 0) {
            Terms::<T>::remove(dataset, old);
        }
        let entry = NumberedTerms {
            terms,
            metadata: record.metadata.clone(),
            uses: 0,
        };
        Terms::<T>::insert(dataset, number, entry);
        Ok(number)
    }

    /// The terms that a grant or a request was made under.
    pub(crate) fn pinned(
        dataset: DatasetId,
        number: TermsNumber,
    ) -> Result<DatasetTerms, DispatchError> {
        Terms::<T>::get(dataset, number)
            .map(|entry| entry.terms)
            .ok_or_else(|| Error::<T>::TermsNotSet.into())
    }

    /// Counts one more thing that needs the terms.
    pub(crate) fn inc_uses(dataset: DatasetId, number: TermsNumber) -> DispatchResult {
        Terms::<T>::try_mutate(dataset, number, |entry| {
            let entry = entry.as_mut().ok_or(Error::<T>::TermsNotSet)?;
            entry.uses = entry.uses.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            Datasets::<T>::try_mutate(dataset.place(), |record| {
                let record = record.as_mut().ok_or(Error::<T>::DatasetNotFound)?;
                record.uses = record
                    .uses
                    .checked_add(1)
                    .ok_or(ArithmeticError::Overflow)?;
                Ok(())
            })
        })
    }

    /// Counts one less; terms that nothing needs any more go.
    pub(crate) fn dec_uses(dataset: DatasetId, number: TermsNumber) {
        let current = Datasets::<T>::mutate(dataset.place(), |record| {
            let record = record.as_mut()?;
            record.uses = record.uses.saturating_sub(1);
            Some(record.number)
        });
        Terms::<T>::mutate_exists(dataset, number, |slot| {
            if let Some(entry) = slot {
                entry.uses = entry.uses.saturating_sub(1);
                if entry.uses == 0 && current != Some(number) {
                    *slot = None;
                }
            }
        });
    }
}

impl<T> From<ClauseError> for Error<T> {
    /// Those that terms can have by themselves.
    fn from(error: ClauseError) -> Self {
        match error {
            ClauseError::LicenseNotText => Self::LicenseNotText,
            ClauseError::AttributionNotText => Self::AttributionNotText,
            ClauseError::RoyaltyWithoutFloor => Self::RoyaltyWithoutFloor,
            ClauseError::FloorWithoutRoyalty => Self::FloorWithoutRoyalty,
            ClauseError::FeeLimitZero => Self::FeeLimitZero,
            _ => Self::RoyaltyNotCommercial,
        }
    }
}
