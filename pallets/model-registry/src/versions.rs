//! Versions after they were published: price, retirement, removal, and what refers to them. Owns
//! `Listings` (price and state) and `References`.

use crate::{
    types::*, Conditions, Config, Error, Event, Listings, Models, Pallet, References, Versions,
    VersionsOf,
};
use frame_support::{defensive, ensure};
use myai_primitives::{Balance, Clock, Licenses, Splits, VersionId, MAX_JOB_DURATION};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    /// The version's listing.
    pub(crate) fn listing(version: VersionId) -> Result<Listing, DispatchError> {
        Listings::<T>::get(version).ok_or(Error::<T>::VersionNotFound.into())
    }

    /// The version's listing, if `who` owns its model.
    pub(crate) fn ensure_owned_version(
        who: &T::AccountId,
        version: VersionId,
    ) -> Result<(Listing, ModelOf<T>), DispatchError> {
        let listing = Self::listing(version)?;
        let model = Self::ensure_owner(who, listing.model)?;
        Ok((listing, model))
    }

    pub(crate) fn do_set_price(
        who: T::AccountId,
        version: VersionId,
        value: Balance,
    ) -> DispatchResult {
        let (mut listing, _) = Self::ensure_owned_version(&who, version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        ensure!(
            T::Splits::accepts(&listing.price.asset),
            Error::<T>::AssetNotAccepted
        );
        ensure!(listing.commercial || value == 0, Error::<T>::NotCommercial);
        let least = Conditions::<T>::get(version)
            .ok_or(Error::<T>::VersionNotFound)?
            .min_price;
        ensure!(value >= least, Error::<T>::PriceBelowMinimum);
        listing.price.value = value;
        let price = listing.price.clone();
        Listings::<T>::insert(version, listing);
        Self::deposit_event(Event::PriceSet { version, price });
        Ok(())
    }

    pub(crate) fn do_retire(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (mut listing, _) = Self::ensure_owned_version(&who, version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        listing.last_work = Some(T::Clock::served().saturating_add(MAX_JOB_DURATION));
        Listings::<T>::insert(version, listing);
        Self::deposit_event(Event::VersionRetired { version });
        Ok(())
    }

    pub(crate) fn do_remove_version(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (listing, mut model) = Self::ensure_owned_version(&who, version)?;
        let last_work = listing.last_work.ok_or(Error::<T>::VersionLive)?;
        ensure!(T::Clock::served() > last_work, Error::<T>::WorkMayBeOpen);
        ensure!(References::<T>::get(version) == 0, Error::<T>::VersionInUse);
        let conditions = Conditions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        let found = Versions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        T::Splits::remove(listing.split)?;
        found.deposit.give_back()?;
        for license in &conditions.grants {
            T::Licenses::detach(license.grant, version);
        }
        for parent in parents(&found.bases, &listing.ancestors) {
            Self::dec_refs(parent);
        }
        model.versions = model.versions.saturating_sub(1);
        Models::<T>::insert(listing.model, model);
        VersionsOf::<T>::remove(listing.model, place(version));
        Listings::<T>::remove(version);
        Conditions::<T>::remove(version);
        Versions::<T>::remove(version);
        Self::deposit_event(Event::VersionRemoved {
            version,
            model: listing.model,
        });
        Ok(())
    }

    /// Counts one more thing that keeps `version`.
    pub(crate) fn inc_refs(version: VersionId) -> DispatchResult {
        References::<T>::try_mutate(version, |n| {
            *n = n.checked_add(1).ok_or(Error::<T>::TooManyReferences)?;
            Ok(())
        })
    }

    /// Counts one less.
    pub(crate) fn dec_refs(version: VersionId) {
        match References::<T>::get(version) {
            0 => {
                defensive!("whoever forgets a version has counted itself before");
            }
            1 => References::<T>::remove(version),
            n => References::<T>::insert(version, n - 1),
        }
    }
}
