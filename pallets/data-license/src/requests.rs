//! Acquiring a grant, at once or with the approval of the dataset's owner. Owns `Requests`.
//!
//! ```text
//! acquire ─┬─ no approval needed: pays the split ───────────────► a grant
//!          └─ approval needed: holds the price ─► request
//! request ─┬─ approve, until its deadline ─────► pays the split ─► a grant
//!          └─ reject · withdraw by the model's side, by anyone after the deadline ─► released
//! ```

use crate::{
    pallet::*,
    types::{Deposit, Request},
};
use frame_support::{ensure, traits::Get};
use myai_primitives::{
    Balance, Clock, DatasetId, DatasetTerms, ModelId, Money, Owners, Payouts, Splits, TermsNumber,
    Tick,
};
use sp_runtime::{DispatchError, DispatchResult};

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
        let record = Datasets::<T>::get(dataset).ok_or(Error::<T>::DatasetNotFound)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        ensure!(record.number > 0, Error::<T>::TermsNotSet);
        ensure!(record.number == number, Error::<T>::TermsChanged);
        let terms = Self::pinned(dataset, number)?;
        // The rules or the accepted assets may have changed since the terms were set.
        Self::ensure_sound(&terms)?;
        ensure!(terms.price.value <= max_cost, Error::<T>::PriceAboveMaxCost);

        if terms.approval {
            Self::request(who, dataset, model, number, &terms, lasts)
        } else {
            let deposit = Deposit::take(who.clone(), Self::grant_footprint())?;
            if terms.price.value > 0 {
                let price = &terms.price;
                T::Splits::receive(&who, &price.asset, price.value, record.split)?;
            }
            Self::use_terms(dataset, number)?;
            Self::give(dataset, model, number, terms, deposit)
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
            !Requests::<T>::contains_key(dataset, model),
            Error::<T>::RequestOpen
        );
        ensure!(
            lasts > 0 && lasts <= T::RequestPeriod::get(),
            Error::<T>::RequestPeriodOutOfBounds
        );
        let expires = T::Clock::now()
            .checked_add(lasts)
            .ok_or(Error::<T>::EndBeyondClock)?;
        let price = &terms.price;
        T::Money::hold(
            &price.asset,
            &HoldReason::GrantRequest.into(),
            &who,
            price.value,
        )?;
        let deposit = Deposit::take(who.clone(), Self::grant_footprint())?;
        Self::use_terms(dataset, number)?;
        Requests::<T>::insert(
            dataset,
            model,
            Request {
                number,
                expires,
                deposit,
            },
        );
        Self::deposit_event(Event::GrantRequested {
            dataset,
            model,
            payer: who,
            number,
            price: price.clone(),
            expires,
        });
        Ok(())
    }

    pub(crate) fn do_approve(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        let record = Self::owned_dataset(who, dataset)?;
        let request = Requests::<T>::get(dataset, model).ok_or(Error::<T>::RequestNotFound)?;
        ensure!(
            T::Clock::now() <= request.expires,
            Error::<T>::RequestExpired
        );
        ensure!(
            T::Owners::model_owner(model).is_some(),
            Error::<T>::ModelNotFound
        );
        let terms = Self::pinned(dataset, request.number)?;

        Requests::<T>::remove(dataset, model);
        let payer = request.deposit.payer.clone();
        let price = terms.price.clone();
        // The use of the terms and the deposit pass from the request to the grant.
        Self::give(dataset, model, request.number, terms, request.deposit)?;
        T::Payouts::to_split(
            &payer,
            &HoldReason::GrantRequest.into(),
            &price.asset,
            price.value,
            record.split,
        );
        Ok(())
    }

    pub(crate) fn do_reject(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        Self::owned_dataset(who, dataset)?;
        let request = Requests::<T>::get(dataset, model).ok_or(Error::<T>::RequestNotFound)?;
        Self::close_request(dataset, model, request)?;
        Self::deposit_event(Event::RequestRejected { dataset, model });
        Ok(())
    }

    pub(crate) fn do_withdraw(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        let request = Requests::<T>::get(dataset, model).ok_or(Error::<T>::RequestNotFound)?;
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

    /// Deletes a request; its money and deposit are its payer's again.
    fn close_request(
        dataset: DatasetId,
        model: ModelId,
        request: RequestOf<T>,
    ) -> Result<(), DispatchError> {
        let price = Self::pinned(dataset, request.number)?.price;
        Requests::<T>::remove(dataset, model);
        Self::unuse_terms(dataset, request.number);
        T::Payouts::refund(
            &request.deposit.payer,
            &HoldReason::GrantRequest.into(),
            &price.asset,
            price.value,
        );
        request.deposit.give_back()
    }
}
