//! Versions after they were published: price, retirement, removal, and what refers to them. Owns
//! `Offers` (price and state) and `References`.

use crate::{
    types::*, Conditions, Config, Error, Event, Models, Offers, Pallet, References, Versions,
    VersionsOf,
};
use frame_support::{defensive, ensure};
use myai_primitives::{Balance, Licences, Splits, VersionId};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    /// The version's offer.
    pub(crate) fn offer(version: VersionId) -> Result<Offer, DispatchError> {
        Offers::<T>::get(version).ok_or(Error::<T>::VersionNotFound.into())
    }

    /// The version's offer, if `who` owns its model.
    pub(crate) fn ensure_owned_version(
        who: &T::AccountId,
        version: VersionId,
    ) -> Result<(Offer, ModelOf<T>), DispatchError> {
        let offer = Self::offer(version)?;
        let model = Self::ensure_owner(who, offer.model)?;
        Ok((offer, model))
    }

    pub(crate) fn do_set_price(
        who: T::AccountId,
        version: VersionId,
        units: Balance,
    ) -> DispatchResult {
        let (mut offer, _) = Self::ensure_owned_version(&who, version)?;
        ensure!(!offer.retired, Error::<T>::VersionRetired);
        ensure!(
            T::Splits::accepts(&offer.price.asset),
            Error::<T>::UnacceptedAsset
        );
        ensure!(offer.commercial || units == 0, Error::<T>::NotCommercial);
        let least = Conditions::<T>::get(version)
            .ok_or(Error::<T>::VersionNotFound)?
            .least_price;
        ensure!(units >= least, Error::<T>::PriceBelowLeast);
        offer.price.units = units;
        let price = offer.price.clone();
        Offers::<T>::insert(version, offer);
        Self::deposit_event(Event::PriceSet { version, price });
        Ok(())
    }

    pub(crate) fn do_retire(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (mut offer, _) = Self::ensure_owned_version(&who, version)?;
        ensure!(!offer.retired, Error::<T>::VersionRetired);
        offer.retired = true;
        Offers::<T>::insert(version, offer);
        Self::deposit_event(Event::VersionRetired { version });
        Ok(())
    }

    pub(crate) fn do_remove_version(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (offer, mut model) = Self::ensure_owned_version(&who, version)?;
        ensure!(offer.retired, Error::<T>::VersionLive);
        ensure!(References::<T>::get(version) == 0, Error::<T>::VersionInUse);
        let conditions = Conditions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        let found = Versions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        T::Splits::remove(offer.split)?;
        found.deposit.give_back()?;
        for licence in &conditions.grants {
            T::Licences::detach(licence.grant, version);
        }
        for parent in parents(&found.bases, &offer.ancestors) {
            Self::refer_no_more_to(parent);
        }
        model.versions = model.versions.saturating_sub(1);
        Models::<T>::insert(offer.model, model);
        VersionsOf::<T>::remove(offer.model, place(version));
        Offers::<T>::remove(version);
        Conditions::<T>::remove(version);
        Versions::<T>::remove(version);
        Self::deposit_event(Event::VersionRemoved {
            version,
            model: offer.model,
        });
        Ok(())
    }

    /// Counts one more thing that keeps `version`.
    pub(crate) fn refer_to(version: VersionId) -> DispatchResult {
        References::<T>::try_mutate(version, |n| {
            *n = n.checked_add(1).ok_or(Error::<T>::TooManyReferences)?;
            Ok(())
        })
    }

    /// Counts one less.
    pub(crate) fn refer_no_more_to(version: VersionId) {
        match References::<T>::get(version) {
            0 => {
                defensive!("whoever forgets a version has counted itself before");
            }
            1 => References::<T>::remove(version),
            n => References::<T>::insert(version, n - 1),
        }
    }
}
