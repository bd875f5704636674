//! Versions after they were published: price, deposit, retirement, removal, and what refers to
//! them. Owns `Listings` and `VersionReferences`.

use crate::{
    publish::version_size, types::*, Artifacts, Config, Effectives, Error, Event, Listings, Models,
    Pallet, VersionReferences, Versions, VersionsOf,
};
use frame_support::{defensive, ensure};
use myai_primitives::{Balance, Effective, VersionId, MAX_JOB_DURATION};
use myai_support::{Clock, Deposit, Licenses, Splits};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn listing(version: VersionId) -> Result<Listing, DispatchError> {
        Listings::<T>::get(version).ok_or(Error::<T>::VersionNotFound.into())
    }

    pub(crate) fn effective(version: VersionId) -> Result<Effective, DispatchError> {
        Effectives::<T>::get(version).ok_or(Error::<T>::VersionNotFound.into())
    }

    /// The version's listing, and its model with one more call of its owner counted, if `who` is
    /// that. The caller stores the model.
    fn changed_version(
        who: &T::AccountId,
        version: VersionId,
    ) -> Result<(Listing, ModelOf<T>), DispatchError> {
        let listing = Self::listing(version)?;
        let model = Self::changed_by(who, listing.model)?;
        Ok((listing, model))
    }

    pub(crate) fn do_set_price(
        who: T::AccountId,
        version: VersionId,
        value: Balance,
    ) -> DispatchResult {
        let (mut listing, model) = Self::changed_version(&who, version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        ensure!(
            T::Splits::accepts(&listing.price.asset),
            Error::<T>::AssetNotAccepted
        );
        Self::effective(version)?
            .ensure_price(value)
            .map_err(Error::<T>::from)?;
        listing.price.value = value;
        let price = listing.price;
        Models::<T>::insert(listing.model.place(), model);
        Listings::<T>::insert(version, listing);
        Self::deposit_event(Event::PriceSet { version, price });
        Ok(())
    }

    pub(crate) fn do_assume_deposit(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (listing, model) = Self::changed_version(&who, version)?;
        let mut found = Versions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        ensure!(found.deposit.payer != who, Error::<T>::DepositAlreadyPaid);
        let size = version_size(&found.spec, &Self::effective(version)?);
        let deposit = Deposit::take(&who, size)?;
        let old = core::mem::replace(&mut found.deposit, deposit);
        let from = old.payer.clone();
        old.give_back()?;
        Models::<T>::insert(listing.model.place(), model);
        Versions::<T>::insert(version, found);
        Self::deposit_event(Event::DepositAssumed {
            version,
            from,
            to: who,
        });
        Ok(())
    }

    pub(crate) fn do_retire(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (mut listing, model) = Self::changed_version(&who, version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        listing.last_work = Some(T::Clock::served().saturating_add(MAX_JOB_DURATION));
        Models::<T>::insert(listing.model.place(), model);
        Listings::<T>::insert(version, listing);
        Self::deposit_event(Event::VersionRetired { version });
        Ok(())
    }

    pub(crate) fn do_remove_version(who: T::AccountId, version: VersionId) -> DispatchResult {
        let (listing, mut model) = Self::changed_version(&who, version)?;
        let last_work = listing.last_work.ok_or(Error::<T>::VersionLive)?;
        ensure!(!listing.irrevocable, Error::<T>::VersionIrrevocable);
        // What nobody could claim meanwhile must not go to the network as dust.
        Self::ensure_not_frozen(version)?;
        ensure!(T::Clock::served() > last_work, Error::<T>::WorkMayBeOpen);
        ensure!(
            VersionReferences::<T>::get(version).is_none(),
            Error::<T>::VersionInUse
        );
        let found = Versions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        T::Splits::remove(listing.split)?;
        found.deposit.give_back()?;
        for (dataset, number) in found.terms {
            T::Licenses::detach(version, dataset);
            T::Licenses::dec_refs(dataset, number);
        }
        for base in &found.spec.bases {
            Self::dec(base.version, |r| &mut r.derivatives);
        }
        model.versions = model.versions.saturating_sub(1);
        Models::<T>::insert(listing.model.place(), model);
        VersionsOf::<T>::remove(listing.model, version.place());
        Artifacts::<T>::remove(found.spec.artifact.sha256, version.place());
        Listings::<T>::remove(version);
        Effectives::<T>::remove(version);
        Versions::<T>::remove(version);
        Self::deposit_event(Event::VersionRemoved {
            version,
            model: listing.model,
        });
        Ok(())
    }

    /// Counts one more thing that names `version`.
    pub(crate) fn inc(
        version: VersionId,
        count: fn(&mut References) -> &mut u32,
    ) -> DispatchResult {
        VersionReferences::<T>::try_mutate(version, |references| {
            let count = count(references);
            *count = count.checked_add(1).ok_or(Error::<T>::TooManyReferences)?;
            Ok(())
        })
    }

    /// Counts one less.
    pub(crate) fn dec(version: VersionId, count: fn(&mut References) -> &mut u32) {
        VersionReferences::<T>::mutate_exists(version, |row| {
            let references = row.get_or_insert_default();
            let count = count(references);
            match count.checked_sub(1) {
                Some(less) => *count = less,
                None => {
                    defensive!("whoever names a version no more has counted itself before");
                }
            }
            if references.is_none() {
                *row = None;
            }
        });
    }
}
