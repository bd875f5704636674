//! Acquiring a grant, at once or with the approval of the dataset's owner. Owns `Requests`.
//!
//! ```text
//! acquire ─┬─ no approval needed: pays ─────────────────────────► a grant
//!          └─ approval needed: holds the price ─► request
//! request ─┬─ approve, until its deadline: pays ────────────────► a grant
//!          └─ reject · withdraw by the model's side, by anyone after the deadline ─► released
//! ```

use crate::{grants::Paying, pallet::*, types::Request};
use frame_support::{ensure, traits::Get};
use myai_primitives::{
    Balance, DatasetId, DatasetTerms, Derivatives, ModelId, TermsNumber, Tick,
};
use myai_support::{Clock, Deposit, Money, Owners, RulesAt, Splits};
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
        let record = Datasets::<T>::get(dataset.place()).ok_or(Error::<T>::DatasetNotFound)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        ensure!(record.number > 0, Error::<T>::TermsNotSet);
        ensure!(record.number == number, Error::<T>::TermsChanged);
        let terms = Self::pinned(dataset, number)?;
        // The rules or the accepted assets may have changed since the terms were set.
        Self::ensure_sound(&terms, &T::RulesAt::current()?.set)?;
        ensure!(
            terms.price.value <= max_cost,
            Error::<T>::PriceAboveMaxCost
        );
        match terms.clauses.derivatives {
            Derivatives::Forbidden => Err(Error::<T>::TrainingForbidden.into()),
            Derivatives::Approval => Self::request(who, dataset, model, number, &terms, lasts),
            Derivatives::Allowed => {
                let deposit = Deposit::take(&who, Self::grant_size())?;
                Self::inc_uses(dataset, number)?;
                Self::give(dataset, model, number, terms, deposit, Paying::Free)
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
            !Requests::<T>::contains_key(dataset, model),
            Error::<T>::RequestOpen
        );
        ensure!(
            (1..=T::RequestPeriod::get()).contains(&lasts),
            Error::<T>::RequestPeriodOutOfBounds
        );
        let expires = T::Clock::now()
            .checked_add(lasts)
            .ok_or(Error::<T>::EndBeyondClock)?;
        let price = terms.price;
        let reason = HoldReason::GrantRequest.into();
        T::Money::hold(&price.asset, &reason, &who, price.value)?;
        let deposit = Deposit::take(&who, Self::grant_size())?;
        Self::inc_uses(dataset, number)?;
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
        let owned = Self::owned_dataset(who, dataset)?;
        let owner = T::Owners::model_owner(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(owner == licensee, Error::<T>::NotModelOwner);
        Datasets::<T>::insert(dataset.place(), owned);
        let Some(request) = Requests::<T>::get(dataset, model) else {
            return Self::approve_licensee(dataset, model, licensee, number);
        };
        ensure!(request.number == number, Error::<T>::TermsChanged);
        ensure!(
            request.deposit.payer == licensee,
            Error::<T>::RequestOfAnother
        );
        ensure!(
            T::Clock::now() <= request.expires,
            Error::<T>::RequestExpired
        );
        let terms = Self::pinned(dataset, number)?;
        ensure!(
            terms.price.value == 0 || T::Splits::accepts(&terms.price.asset),
            Error::<T>::AssetNotAccepted
        );
        Requests::<T>::remove(dataset, model);
        // The use of the terms and the deposit pass from the request to the grant.
        let reason = HoldReason::GrantRequest.into();
        let paying = Paying::Held(&reason);
        Self::give(dataset, model, number, terms, request.deposit, paying)
    }

    /// Lets the new owner of a model publish under the grant that the old one had.
    fn approve_licensee(
        dataset: DatasetId,
        model: ModelId,
        licensee: T::AccountId,
        number: TermsNumber,
    ) -> DispatchResult {
        let grant = LatestGrant::<T>::get(model, dataset).ok_or(Error::<T>::RequestNotFound)?;
        let mut record = Self::grant_record(grant)?;
        ensure!(record.number == number, Error::<T>::TermsChanged);
        ensure!(
            record.licensee != licensee,
            Error::<T>::LicenseeApprovedAlready
        );
        record.licensee = licensee.clone();
        Grants::<T>::insert(grant, record);
        Self::deposit_event(Event::LicenseeApproved { grant, licensee });
        Ok(())
    }

    pub(crate) fn do_reject(
        who: &T::AccountId,
        dataset: DatasetId,
        model: ModelId,
    ) -> DispatchResult {
        let owned = Self::owned_dataset(who, dataset)?;
        let request = Requests::<T>::get(dataset, model).ok_or(Error::<T>::RequestNotFound)?;
        Datasets::<T>::insert(dataset.place(), owned);
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

    /// Deletes a request; its money and deposit are its payer's again. Where the money cannot be freed
    /// the request stays.
    fn close_request(
        dataset: DatasetId,
        model: ModelId,
        request: RequestOf<T>,
    ) -> Result<(), DispatchError> {
        let price = Self::pinned(dataset, request.number)?.price;
        let reason = HoldReason::GrantRequest.into();
        T::Money::release(
            &price.asset,
            &reason,
            &request.deposit.payer,
            price.value,
        )?;
        Requests::<T>::remove(dataset, model);
        Self::dec_uses(dataset, request.number);
        request.deposit.give_back()
    }
}
