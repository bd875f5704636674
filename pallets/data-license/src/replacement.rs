//! Moving a version from one grant to another, so that a lapse does not end it. Owns
//! `Replacements`.
//!
//! The version's split never changes. For the same dataset the new terms may therefore ask no more
//! than the old ones did. Another dataset gets nothing from a version that was published without
//! it, unless both pay the same split: its owner says beforehand, for this one version and once,
//! that the share and the least per unit are waived. What binds the version itself and its
//! derivatives (share-alike, commercial use, reach) must be no stricter in either case.

use crate::{pallet::*, terms, types::Deposit};
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Footprint};
use myai_primitives::{Clock, DatasetId, GrantId, VersionId, Versions};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    /// What the allowance of one replacement occupies.
    pub fn replacement_footprint() -> Footprint {
        Footprint::from_parts(1, DatasetDepositOf::<T>::max_encoded_len())
    }

    pub(crate) fn do_allow_replacement(
        who: T::AccountId,
        dataset: DatasetId,
        version: VersionId,
    ) -> DispatchResult {
        Self::owned_dataset(&who, dataset)?;
        ensure!(
            T::Versions::model_of(version).is_some(),
            Error::<T>::VersionNotFound
        );
        ensure!(
            !Replacements::<T>::contains_key(dataset, version),
            Error::<T>::ReplacementAllowedAlready
        );
        let deposit = Deposit::take(who, Self::replacement_footprint())?;
        Self::use_dataset(dataset)?;
        Replacements::<T>::insert(dataset, version, deposit);
        Self::deposit_event(Event::ReplacementAllowed { dataset, version });
        Ok(())
    }

    pub(crate) fn do_disallow_replacement(
        who: &T::AccountId,
        dataset: DatasetId,
        version: VersionId,
    ) -> DispatchResult {
        Self::owned_dataset(who, dataset)?;
        Self::take_allowance(dataset, version)?;
        Self::deposit_event(Event::ReplacementDisallowed { dataset, version });
        Ok(())
    }

    fn take_allowance(dataset: DatasetId, version: VersionId) -> DispatchResult {
        let deposit =
            Replacements::<T>::take(dataset, version).ok_or(Error::<T>::ReplacementNotAllowed)?;
        Self::unuse_dataset(dataset);
        deposit.give_back()
    }

    pub(crate) fn do_replace(
        who: &T::AccountId,
        version: VersionId,
        old: GrantId,
        new: GrantId,
    ) -> DispatchResult {
        let model = T::Versions::model_of(version).ok_or(Error::<T>::VersionNotFound)?;
        Self::ensure_model_owner(who, model)?;
        let mut from = Self::grant_record(old)?;
        let mut to = Self::grant_record(new)?;
        ensure!(
            from.versions.contains(&version),
            Error::<T>::VersionNotUnderGrant
        );
        ensure!(
            !to.versions.contains(&version),
            Error::<T>::VersionUnderGrantAlready
        );
        ensure!(to.model == model, Error::<T>::GrantOfAnotherModel);
        ensure!(to.is_live(T::Clock::now()), Error::<T>::GrantLapsed);
        let other = from.dataset != to.dataset;
        ensure!(
            !other || Replacements::<T>::contains_key(to.dataset, version),
            Error::<T>::ReplacementNotAllowed
        );
        let old_terms = Self::pinned(from.dataset, from.number)?;
        let new_terms = Self::pinned(to.dataset, to.number)?;
        ensure!(
            terms::honours(&old_terms, &new_terms, other),
            Error::<T>::TermsStricter
        );
        to.versions
            .try_push(version)
            .map_err(|_| Error::<T>::TooManyVersions)?;
        from.versions.retain(|v| *v != version);

        if other {
            Self::take_allowance(to.dataset, version)?;
        }
        Grants::<T>::insert(old, from);
        Grants::<T>::insert(new, to);
        T::Versions::replace_grant(version, old, new)?;
        Self::deposit_event(Event::VersionMoved { version, old, new });
        Ok(())
    }
}
