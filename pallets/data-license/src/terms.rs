//! Terms: when they are sound, what a revocation gives back, when a version that honours one set
//! honours another. Owns `Terms`.
//!
//! The numbers of a dataset's terms only grow. Terms are kept while they are the dataset's current
//! ones or a grant or request was made under them, and are deleted with the last of these.

use crate::{pallet::*, types::NumberedTerms};
use frame_support::ensure;
use myai_primitives::{
    Amount, Balance, DatasetId, DatasetTerms, Ppm, Reach, Revocation, Rules, Splits, TermsNumber,
    Tick,
};
use sp_runtime::{
    helpers_128bit::multiply_by_rational_with_rounding, ArithmeticError, DispatchError,
    DispatchResult, Rounding,
};

/// Most that terms may ask of each derived model's income.
pub const MAX_LEAST_SHARE: Ppm = Ppm(500_000);

impl<T: Config> Pallet<T> {
    pub(crate) fn ensure_sound(terms: &DatasetTerms) -> DispatchResult {
        ensure!(terms.period != Some(0), Error::<T>::PeriodZero);
        ensure!(
            terms.min_share <= MAX_LEAST_SHARE,
            Error::<T>::ShareAboveMaximum
        );
        if let Revocation::Notice {
            notice,
            perpetual_term,
        } = terms.revocation
        {
            let (_, rules) = T::Rules::current();
            ensure!(
                notice >= rules.min_revoke_notice,
                Error::<T>::NoticeTooShort
            );
            ensure!(
                terms.period.is_some() || perpetual_term > 0,
                Error::<T>::PerpetualTermZero
            );
        }
        ensure!(
            terms.price.value == 0 || T::Splits::accepts(&terms.price.asset),
            Error::<T>::AssetNotAccepted
        );
        ensure!(
            terms
                .min_per_unit
                .as_ref()
                .is_none_or(|least| T::Splits::accepts(&least.asset)),
            Error::<T>::AssetNotAccepted
        );
        Ok(())
    }

    /// Gives the dataset new terms and returns their number.
    pub(crate) fn do_set_terms(
        who: &T::AccountId,
        dataset: DatasetId,
        terms: DatasetTerms,
    ) -> Result<TermsNumber, DispatchError> {
        let mut record = Self::owned_dataset(who, dataset)?;
        Self::ensure_sound(&terms)?;
        let old = record.number;
        let number = old.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;

        record.number = number;
        Datasets::<T>::insert(dataset, record);
        if Terms::<T>::get(dataset, old).is_some_and(|entry| entry.uses == 0) {
            Terms::<T>::remove(dataset, old);
        }
        Terms::<T>::insert(dataset, number, NumberedTerms { terms, uses: 0 });
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

    /// Counts one more grant or request under the terms.
    pub(crate) fn use_terms(dataset: DatasetId, number: TermsNumber) -> DispatchResult {
        Terms::<T>::try_mutate(dataset, number, |entry| {
            let entry = entry.as_mut().ok_or(Error::<T>::TermsNotSet)?;
            entry.uses = entry.uses.checked_add(1).ok_or(ArithmeticError::Overflow)?;
            Self::use_dataset(dataset)
        })
    }

    /// Counts one less; terms that nothing needs any more go.
    pub(crate) fn unuse_terms(dataset: DatasetId, number: TermsNumber) {
        Self::unuse_dataset(dataset);
        let current = Datasets::<T>::get(dataset).map(|record| record.number);
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

/// What a revocation owes the licensee: the price of the ticks from `new_end` on that are paid
/// for, in the price's units. Rounded up, because the dataset's owner is the one who acts.
///
/// A grant with a period has paid its price for each period of it, so that every tick costs
/// `price / period`; a perpetual one is used up evenly over the term that its terms state.
/// `None` when the sum is beyond any balance.
pub fn refund(
    terms: &DatasetTerms,
    started: Tick,
    ends: Option<Tick>,
    new_end: Tick,
) -> Option<Balance> {
    let (paid_until, over) = match (terms.period, ends, terms.revocation) {
        (Some(period), Some(end), _) => (end, period),
        (None, None, Revocation::Notice { perpetual_term, .. }) => {
            (started.saturating_add(perpetual_term), perpetual_term)
        }
        _ => return Some(0),
    };
    let unused = paid_until.saturating_sub(new_end);
    if unused == 0 || terms.price.value == 0 {
        return Some(0);
    }
    multiply_by_rational_with_rounding(terms.price.value, unused.into(), over.into(), Rounding::Up)
}

/// Whether what a version owes under `old` covers `new`: the version, its split and what binds
/// its derivatives stay as they are. With `waived`, what `new` asks of the income is not looked
/// at.
pub fn honours(old: &DatasetTerms, new: &DatasetTerms, waived: bool) -> bool {
    let per_unit = match (&old.min_per_unit, &new.min_per_unit) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(old), Some(new)) => at_most(new, old),
    };
    let income = waived || (new.min_share <= old.min_share && per_unit);
    income
        && (old.share_alike || !new.share_alike)
        && (new.commercial || !old.commercial)
        && (old.reach == Reach::Descendants || new.reach == Reach::Direct)
}

fn at_most(a: &Amount, b: &Amount) -> bool {
    a.asset == b.asset && a.value <= b.value
}
