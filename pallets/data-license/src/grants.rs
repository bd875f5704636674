//! Grants: given, renewed, revoked, removed, and the versions that live by them. Owns `Grants`,
//! `GrantsByModel` and `NextGrant`.

use crate::{
    pallet::*,
    terms,
    types::{Deposit, GrantRecord, NumberedTerms},
};
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Footprint, BoundedVec};
use myai_primitives::{
    Amount, Balance, Clock, DatasetId, DatasetTerms, Grant, GrantId, Licenses, ModelId, Money,
    Owners, Payouts, Revocation, Splits, TermsNumber, VersionId, Versions,
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    /// What a grant occupies as one piece, the terms included that are kept for it. A request
    /// occupies less.
    pub fn grant_footprint() -> Footprint {
        Footprint::from_parts(
            1,
            GrantOf::<T>::max_encoded_len().saturating_add(NumberedTerms::max_encoded_len()),
        )
    }

    pub(crate) fn grant_record(grant: GrantId) -> Result<GrantOf<T>, DispatchError> {
        Grants::<T>::get(grant).ok_or_else(|| Error::<T>::GrantNotFound.into())
    }

    /// Makes a grant under terms whose use is counted already.
    pub(crate) fn give(
        dataset: DatasetId,
        model: ModelId,
        number: TermsNumber,
        terms: DatasetTerms,
        deposit: Deposit<T::AccountId, T::GrantConsideration>,
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
        NextGrant::<T>::put(grant.next().ok_or(Error::<T>::IdsExhausted)?);
        GrantsByModel::<T>::insert(model, grant.0.to_be_bytes(), ());
        Grants::<T>::insert(
            grant,
            GrantRecord {
                dataset,
                model,
                number,
                started,
                ends,
                revoked: false,
                versions: BoundedVec::new(),
                deposit,
            },
        );
        Self::deposit_event(Event::GrantGiven {
            grant,
            dataset,
            model,
            number,
            price: terms.price,
            ends,
        });
        Ok(())
    }

    /// Extends a grant by one period; returns how many versions were told.
    pub(crate) fn do_renew(
        who: &T::AccountId,
        grant: GrantId,
        max_cost: Balance,
    ) -> Result<u32, DispatchError> {
        let mut record = Self::grant_record(grant)?;
        Self::ensure_model_owner(who, record.model)?;
        ensure!(!record.revoked, Error::<T>::GrantRevoked);
        let terms = Self::pinned(record.dataset, record.number)?;
        let (Some(period), Some(end)) = (terms.period, record.ends) else {
            return Err(Error::<T>::GrantPerpetual.into());
        };
        ensure!(terms.price.value <= max_cost, Error::<T>::PriceAboveMaxCost);
        let ends = end
            .max(T::Clock::now())
            .checked_add(period)
            .ok_or(Error::<T>::EndBeyondClock)?;
        let split = Datasets::<T>::get(record.dataset)
            .ok_or(Error::<T>::DatasetNotFound)?
            .split;

        if terms.price.value > 0 {
            T::Splits::receive(who, &terms.price.asset, terms.price.value, split)?;
        }
        record.ends = Some(ends);
        let versions = record.versions.clone();
        Grants::<T>::insert(grant, record);
        Self::deposit_event(Event::GrantRenewed {
            grant,
            price: terms.price,
            ends,
        });
        Ok(Self::tell(&versions))
    }

    /// Starts the notice of a grant; returns how many versions were told.
    pub(crate) fn do_revoke(who: &T::AccountId, grant: GrantId) -> Result<u32, DispatchError> {
        let mut record = Self::grant_record(grant)?;
        Self::owned_dataset(who, record.dataset)?;
        ensure!(!record.revoked, Error::<T>::GrantRevoked);
        let terms = Self::pinned(record.dataset, record.number)?;
        let Revocation::Notice { notice, .. } = terms.revocation else {
            return Err(Error::<T>::GrantNotRevocable.into());
        };
        let licensee = T::Owners::model_owner(record.model).ok_or(Error::<T>::ModelNotFound)?;
        let noticed = T::Clock::now().saturating_add(notice);
        let new_end = record.ends.map_or(noticed, |end| end.min(noticed));
        let units = terms::refund(&terms, record.started, record.ends, new_end)
            .ok_or(Error::<T>::RefundBeyondBalance)?;

        // Held first and paid from the hold, so that a licensee who cannot receive just now
        // stops no revocation: what does not move becomes a debt.
        let asset = &terms.price.asset;
        let reason: T::RuntimeHoldReason = HoldReason::GrantRefund.into();
        T::Money::hold(asset, &reason, who, units)?;
        let changed = record.ends != Some(new_end);
        record.revoked = true;
        record.ends = Some(new_end);
        let versions = record.versions.clone();
        Grants::<T>::insert(grant, record);
        T::Payouts::to_account(who, &reason, asset, units, &licensee);
        Self::deposit_event(Event::GrantRevoked {
            grant,
            ends: new_end,
            refund: Amount {
                asset: asset.clone(),
                value: units,
            },
            to: licensee,
        });
        Ok(if changed { Self::tell(&versions) } else { 0 })
    }

    pub(crate) fn do_remove_grant(who: &T::AccountId, grant: GrantId) -> DispatchResult {
        let record = Self::grant_record(grant)?;
        let owner = T::Owners::model_owner(record.model);
        ensure!(
            owner.as_ref().is_none_or(|owner| owner == who) || !record.is_live(T::Clock::now()),
            Error::<T>::GrantNotEnded
        );
        ensure!(record.versions.is_empty(), Error::<T>::GrantInUse);

        Grants::<T>::remove(grant);
        GrantsByModel::<T>::remove(record.model, grant.0.to_be_bytes());
        Self::unuse_terms(record.dataset, record.number);
        record.deposit.give_back()?;
        Self::deposit_event(Event::GrantRemoved { grant });
        Ok(())
    }

    fn tell(versions: &[VersionId]) -> u32 {
        versions
            .iter()
            .for_each(|version| T::Versions::license_changed(*version));
        versions.len() as u32
    }
}

impl<T: Config> Licenses for Pallet<T> {
    fn grant(grant: GrantId) -> Option<Grant> {
        let record = Grants::<T>::get(grant)?;
        Some(Grant {
            dataset: record.dataset,
            model: record.model,
            terms: Terms::<T>::get(record.dataset, record.number)?.terms,
            ends: record.ends,
            split: Datasets::<T>::get(record.dataset)?.split,
        })
    }

    /// A version that is counted already stays so. Errors: `GrantNotFound`, `GrantLapsed`,
    /// `TooManyVersions`.
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult {
        let mut record = Self::grant_record(grant)?;
        if record.versions.contains(&version) {
            return Ok(());
        }
        ensure!(record.is_live(T::Clock::now()), Error::<T>::GrantLapsed);
        record
            .versions
            .try_push(version)
            .map_err(|_| Error::<T>::TooManyVersions)?;
        Grants::<T>::insert(grant, record);
        Ok(())
    }

    fn detach(grant: GrantId, version: VersionId) {
        Grants::<T>::mutate(grant, |record| {
            if let Some(record) = record {
                record.versions.retain(|v| *v != version);
            }
        });
    }
}
