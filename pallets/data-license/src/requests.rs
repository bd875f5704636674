//! Acquiring a grant, at once or with the approval of the dataset's owner. Owns `Requests`.
//!
//! ```text
//! acquire ─┬─ training allowed: pays ───────────────► a grant
//!          └─ approval needed: holds the price ─► request
//! request ─┬─ approve, until its deadline: pays ────► a grant
//!          └─ reject · withdraw by the model's side, by anyone after the deadline ─► released
//! ```
//!
//! Where the money cannot move, because its asset or an account is frozen, the call fails and the
//! request stays as it is.

use crate::{types::*, Config, Datasets, Error, Event, HoldReason, Pallet, Requests};
use frame_support::{ensure, traits::Get};
use myai_primitives::*;
use myai_support::{Clock, Deposit, Money, Owners, Suspensions};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_acquire(
        who: T::AccountId,
        dataset: DatasetId,
        model: ModelId,
        number: TermsNumber,
        max_cost: Balance,
        lasts: Tick,
    ) -> DispatchResult {
        Self::ensure_model_owner(&who, model)?;
        let record = Self::dataset(dataset)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        Self::ensure_not_suspended(dataset)?;
        ensure!(record.number > 0, Error::<T>::TermsNotSet);
        ensure!(record.number == number, Error::<T>::TermsChanged);
        let terms = Self::pinned(dataset, number)?;
        // The rules or the accepted assets may have changed since the terms were set.
        Self::ensure_sound(&terms)?;
        ensure!(terms.price.value <= max_cost, Error::<T>::PriceAboveMaxCost);

        match terms.clauses.derivatives {
            Derivatives::Forbidden => Err(Error::<T>::TrainingForbidden.into()),
            Derivatives::Approval => Self::request(who, dataset, model, number, &terms, lasts),
            Derivatives::Allowed => {
                let deposit = Deposit::take(&who, Self::grant_size())?;
                Self::keep_terms(dataset, number, |row| &mut row.grants)?;
                Self::give(dataset, model, number, &terms, record.split, None, deposit)
            }
        }
    }

    fn request(
        who: T::AccountId,
        dataset: DatasetId,
        model: ModelId,
        number: TermsNumber,
        terms: &DatasetTerms,
        lasts: Tick,
    ) -> DispatchResult {
        ensure!(
            !Requests::<T>::contains_key(dataset.place(), model.place()),
            Error::<T>::RequestOpen
        );
        ensure!(
            lasts > 0 && lasts <= T::RequestPeriod::get(),
            Error::<T>::RequestPeriodOutOfBounds
        );
        let expires = T::Clock::now()
            .checked_add(lasts)
            .ok_or(Error::<T>::EndBeyondClock)?;
        let price = terms.price;
        T::Money::hold(
            &price.asset,
            &HoldReason::GrantRequest.into(),
            &who,
            price.value,
        )?;
        let deposit = Deposit::take(&who, Self::grant_size())?;
        Self::keep_terms(dataset, number, |row| &mut row.grants)?;
        Requests::<T>::insert(
            dataset.place(),
            model.place(),
            Request {
                number,
                expires,
                deposit,
            },
        );
        Self::deposit_event(Event::GrantRequested {
            dataset,
            model,
            licensee: who,
            number,
            price,
            expires,
        });
        Ok(())
    }

    pub(crate) fn do_approve(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
        licensee: T::AccountId,
        number: TermsNumber,
    ) -> DispatchResult {
        let record = Self::changed_by(who, dataset)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        Self::ensure_not_suspended(dataset)?;
        let request = Self::open_request(dataset, model)?;
        ensure!(
            request.number == number && request.deposit.payer == licensee,
            Error::<T>::RequestDiffers
        );
        ensure!(
            T::Clock::now() <= request.expires,
            Error::<T>::RequestExpired
        );
        let owner = T::Owners::model_owner(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(owner == licensee, Error::<T>::LicenseeNotOwner);
        let terms = Self::pinned(dataset, number)?;
        Self::ensure_sound(&terms)?;

        let split = record.split;
        Datasets::<T>::insert(dataset.place(), record);
        Requests::<T>::remove(dataset.place(), model.place());
        // The use of the terms and the deposit pass from the request to the grant.
        let held = HoldReason::GrantRequest.into();
        let deposit = request.deposit;
        Self::give(dataset, model, number, &terms, split, Some(&held), deposit)
    }

    pub(crate) fn do_reject(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        let record = Self::changed_by(who, dataset)?;
        let request = Self::open_request(dataset, model)?;
        Datasets::<T>::insert(dataset.place(), record);
        Self::close_request(dataset, model, request)?;
        Self::deposit_event(Event::RequestRejected { dataset, model });
        Ok(())
    }

    pub(crate) fn do_withdraw(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        let request = Self::open_request(dataset, model)?;
        // A model's new owner may clear the way for a request of its own.
        ensure!(
            T::Clock::now() > request.expires
                || request.deposit.payer == *who
                || T::Owners::model_owner(model).as_ref() == Some(who),
            Error::<T>::NotRequester
        );
        Self::close_request(dataset, model, request)?;
        Self::deposit_event(Event::RequestWithdrawn { dataset, model });
        Ok(())
    }

    /// Renewals go on: whoever lives by a grant that stands keeps it.
    fn ensure_not_suspended(dataset: DatasetId) -> DispatchResult {
        ensure!(
            T::Suspensions::suspended_until(&Subject::Dataset(dataset)).is_none(),
            Error::<T>::DatasetSuspended
        );
        Ok(())
    }

    fn open_request(
        dataset: DatasetId,
        model: ModelId,
    ) -> Result<RequestOf<T>, sp_runtime::DispatchError> {
        Requests::<T>::get(dataset.place(), model.place())
            .ok_or_else(|| Error::<T>::RequestNotFound.into())
    }

    /// Deletes a request; its money and deposit are its payer's again.
    fn close_request(dataset: DatasetId, model: ModelId, request: RequestOf<T>) -> DispatchResult {
        let price = Self::pinned(dataset, request.number)?.price;
        T::Money::release(
            &price.asset,
            &HoldReason::GrantRequest.into(),
            &request.deposit.payer,
            price.value,
        )?;
        Requests::<T>::remove(dataset.place(), model.place());
        Self::release_terms(dataset, request.number, |row| &mut row.grants);
        request.deposit.give_back()
    }
}
