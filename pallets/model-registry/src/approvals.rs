//! Who may derive from a version, serve it or use it. Owns `DerivativeApprovals` and `Approvals`.

use crate::{
    family::Family, types::*, Approvals, Config, DerivativeApprovals, Effectives, Error, Event,
    Listings, Models, Pallet,
};
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Deposit, Licenses};
use sp_runtime::{DispatchError, DispatchResult};

/// Bytes of an approval of either kind: key and value.
pub(crate) const APPROVAL_SIZE: usize = 160;

/// Approvals of derivatives: given to a model and its owner, used up by publications.
impl<T: Config> Pallet<T> {
    pub(crate) fn do_approve_derivative(
        who: T::AccountId,
        version: VersionId,
        model: ModelId,
        owner: T::AccountId,
    ) -> DispatchResult {
        let licensor = Self::listing(version)?.model;
        let licensor_model = Self::changed_by(&who, licensor)?;
        let asks = Self::effective(version)?.licensors.iter().any(|a| {
            a.licensor == Licensor::Version(version) && a.derivatives == Derivatives::Approval
        });
        ensure!(asks, Error::<T>::ApprovalNotNeeded);
        ensure!(
            Self::model(model)?.ownership.owner == owner,
            Error::<T>::ModelOfAnotherOwner
        );
        let (before, deposit) = match DerivativeApprovals::<T>::get(version, model) {
            Some(found) if found.owner == owner => (found.count, found.deposit),
            Some(stale) => (0, stale.deposit),
            None => (0, Deposit::take(&who, APPROVAL_SIZE)?),
        };
        // More than 2³² would not be told from as many.
        let count = before.saturating_add(1);
        DerivativeApprovals::<T>::insert(
            version,
            model,
            DerivativeApproval {
                owner: owner.clone(),
                count,
                deposit,
            },
        );
        Models::<T>::insert(licensor.place(), licensor_model);
        Self::deposit_event(Event::DerivativeApproved {
            version,
            model,
            owner,
            count,
        });
        Ok(())
    }

    pub(crate) fn do_withdraw_derivative_approval(
        who: T::AccountId,
        version: VersionId,
        model: ModelId,
    ) -> DispatchResult {
        let found =
            DerivativeApprovals::<T>::get(version, model).ok_or(Error::<T>::ApprovalNotFound)?;
        // Ids are given once: one whose version is gone, or whose model has another owner, means
        // nothing any more.
        if let Some(listing) = Listings::<T>::get(version) {
            if Self::model_owner(model).as_ref() == Some(&found.owner) {
                let licensor = Self::changed_by(&who, listing.model)?;
                Models::<T>::insert(listing.model.place(), licensor);
            }
        }
        DerivativeApprovals::<T>::remove(version, model);
        found.deposit.give_back()?;
        Self::deposit_event(Event::DerivativeApprovalWithdrawn { version, model });
        Ok(())
    }

    /// Uses up one approval of each version that asks for it, by a publication of `who` for
    /// `model`.
    pub(crate) fn use_approvals(
        who: &T::AccountId,
        model: ModelId,
        family: &Family,
        effective: &Effective,
        published: VersionId,
    ) -> DispatchResult {
        for version in effective.approvals_needed(published) {
            // Whoever asks is among the bases.
            if family
                .bases
                .iter()
                .any(|base| base.own && base.line.version == version)
            {
                continue;
            }
            let mut found = DerivativeApprovals::<T>::get(version, model)
                .filter(|approval| approval.owner == *who)
                .ok_or(Error::<T>::DerivativeNotApproved)?;
            found.count = found.count.saturating_sub(1);
            let left = found.count;
            if left == 0 {
                DerivativeApprovals::<T>::remove(version, model);
                found.deposit.give_back()?;
            } else {
                DerivativeApprovals::<T>::insert(version, model, found);
            }
            Self::deposit_event(Event::DerivativeApprovalUsed {
                version,
                model,
                left,
            });
        }
        Ok(())
    }
}

/// Approvals of hosts and users: one row serves the whole family below the licensor.
impl<T: Config> Pallet<T> {
    pub(crate) fn do_request_approval(
        who: T::AccountId,
        licensor: Licensor,
        kind: ApprovalKind,
    ) -> DispatchResult {
        Self::ensure_asks(licensor, kind)?;
        match Approvals::<T>::get(licensor, (kind, &who)) {
            Some(Approval { given: true, .. }) => return Err(Error::<T>::AlreadyApproved.into()),
            Some(_) => return Err(Error::<T>::AlreadyRequested.into()),
            None => {}
        }
        let row = Approval {
            given: false,
            deposit: Deposit::take(&who, APPROVAL_SIZE)?,
        };
        Approvals::<T>::insert(licensor, (kind, &who), row);
        Self::deposit_event(Event::ApprovalRequested {
            licensor,
            kind,
            account: who,
        });
        Ok(())
    }

    pub(crate) fn do_approve(
        who: T::AccountId,
        licensor: Licensor,
        kind: ApprovalKind,
        account: T::AccountId,
    ) -> DispatchResult {
        Self::ensure_asks(licensor, kind)?;
        Self::count_licensor_change(&who, licensor)?;
        let deposit = match Approvals::<T>::get(licensor, (kind, &account)) {
            Some(Approval { given: true, .. }) => return Err(Error::<T>::AlreadyApproved.into()),
            Some(requested) => requested.deposit,
            None => Deposit::take(&who, APPROVAL_SIZE)?,
        };
        let row = Approval {
            given: true,
            deposit,
        };
        Approvals::<T>::insert(licensor, (kind, &account), row);
        Self::deposit_event(Event::ApprovalGiven {
            licensor,
            kind,
            account,
        });
        Ok(())
    }

    pub(crate) fn do_withdraw_approval(
        who: T::AccountId,
        licensor: Licensor,
        kind: ApprovalKind,
        account: T::AccountId,
    ) -> DispatchResult {
        let found =
            Approvals::<T>::get(licensor, (kind, &account)).ok_or(Error::<T>::ApprovalNotFound)?;
        // One by a licensor that is gone means nothing any more.
        if who != account && Self::ensure_asks(licensor, kind).is_ok() {
            Self::count_licensor_change(&who, licensor)?;
        }
        Approvals::<T>::remove(licensor, (kind, &account));
        found.deposit.give_back()?;
        Self::deposit_event(Event::ApprovalWithdrawn {
            licensor,
            kind,
            account,
        });
        Ok(())
    }

    /// That each member of `bound_by` that asks has approved `account`, its own owner apart. How
    /// many approvals were looked for.
    pub(crate) fn ensure_approved(
        effective: &Effective,
        kind: ApprovalKind,
        account: &T::AccountId,
    ) -> Result<u32, DispatchError> {
        let (asks, error): (fn(&Bound) -> bool, _) = match kind {
            ApprovalKind::Host => (|b| b.hosting, Error::<T>::HostNotApproved),
            ApprovalKind::User => (|b| b.users, Error::<T>::UserNotApproved),
        };
        let mut looked = 0u32;
        for bound in effective.bound_by.iter().filter(|b| asks(b)) {
            looked = looked.saturating_add(1);
            let is_given =
                || Approvals::<T>::get(bound.licensor, (kind, account)).is_some_and(|a| a.given);
            let is_owner = || Self::licensor_owner(bound.licensor).as_ref() == Some(account);
            if !is_given() && !is_owner() {
                return Err(error.into());
            }
        }
        Ok(looked)
    }

    /// Who owns the version's model, or the dataset, today.
    fn licensor_owner(licensor: Licensor) -> Option<T::AccountId> {
        match licensor {
            Licensor::Version(version) => Self::model_owner(Listings::<T>::get(version)?.model),
            Licensor::Dataset(dataset, _) => T::Licenses::dataset_owner(dataset),
        }
    }

    /// That the licensor is there and its own clauses ask for such an approval.
    fn ensure_asks(licensor: Licensor, kind: ApprovalKind) -> DispatchResult {
        let (hosting, users) = match licensor {
            Licensor::Version(version) => Effectives::<T>::get(version)
                .ok_or(Error::<T>::LicensorNotFound)?
                .bound_by
                .iter()
                .find(|bound| bound.licensor == licensor)
                .map_or((false, false), |bound| (bound.hosting, bound.users)),
            Licensor::Dataset(dataset, number) => {
                let clauses = T::Licenses::terms(dataset, number)
                    .ok_or(Error::<T>::LicensorNotFound)?
                    .clauses;
                let asks = |access| access == Access::Approval;
                (asks(clauses.hosting), asks(clauses.users))
            }
        };
        let asks = match kind {
            ApprovalKind::Host => hosting,
            ApprovalKind::User => users,
        };
        ensure!(asks, Error::<T>::ApprovalNotNeeded);
        Ok(())
    }

    /// That `who` owns the licensor; one more call of its owner.
    fn count_licensor_change(who: &T::AccountId, licensor: Licensor) -> DispatchResult {
        match licensor {
            Licensor::Version(version) => {
                let model = Self::listing(version)?.model;
                let found = Self::changed_by(who, model)?;
                Models::<T>::insert(model.place(), found);
            }
            Licensor::Dataset(dataset, _) => {
                let owner = T::Licenses::dataset_owner(dataset);
                ensure!(owner.as_ref() == Some(who), Error::<T>::NotOwner);
                T::Licenses::count_change(dataset);
            }
        }
        Ok(())
    }
}
