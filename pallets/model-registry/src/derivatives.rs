//! Approvals of models that may derive from a version. Owns `Approvals`.

use crate::{types::*, Approvals, Conditions, Config, Error, Event, Listings, Models, Pallet};
use frame_support::ensure;
use myai_primitives::{ModelId, Permission, VersionId};
use sp_runtime::DispatchResult;

/// Bytes of an approval: keys and payer.
const APPROVAL_SIZE: usize = 96;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_approve_derivative(
        who: T::AccountId,
        version: VersionId,
        model: ModelId,
    ) -> DispatchResult {
        let (listing, _) = Self::ensure_owned_version(&who, version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        let terms = Conditions::<T>::get(version)
            .ok_or(Error::<T>::VersionNotFound)?
            .terms;
        ensure!(
            terms.permission == Permission::Approval,
            Error::<T>::ApprovalNotNeeded
        );
        ensure!(Models::<T>::contains_key(model), Error::<T>::ModelNotFound);
        ensure!(
            !Approvals::<T>::contains_key(version, model),
            Error::<T>::AlreadyApproved
        );
        Approvals::<T>::insert(version, model, Deposit::take(&who, APPROVAL_SIZE)?);
        Self::deposit_event(Event::DerivativeApproved { version, model });
        Ok(())
    }

    pub(crate) fn do_withdraw_approval(
        who: T::AccountId,
        version: VersionId,
        model: ModelId,
    ) -> DispatchResult {
        let deposit = Approvals::<T>::get(version, model).ok_or(Error::<T>::ApprovalNotFound)?;
        // Numbers are given once, so an approval whose version or model is gone means nothing.
        if let Some(listing) = Listings::<T>::get(version) {
            if Models::<T>::contains_key(model) {
                Self::ensure_owner(&who, listing.model)?;
            }
        }
        deposit.give_back()?;
        Approvals::<T>::remove(version, model);
        Self::deposit_event(Event::ApprovalWithdrawn { version, model });
        Ok(())
    }
}
