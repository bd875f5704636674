//! What other pallets ask about versions: may work be opened, may it be offered, who refers to it.
//! Owns no storage.

use crate::{types::*, Config, Error, Listings, Pallet, VersionReferences};
use alloc::collections::BTreeMap;
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Licenses, Offerable, Versions, Work};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Versions<T::AccountId> for Pallet<T> {
    fn ensure_open(work: &Work<T::AccountId>) -> Result<Offerable, DispatchError> {
        let listing = Self::listing(work.version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        let suspensions = Self::ensure_not_stopped(&listing)?;
        ensure!(
            listing.modes.contains(&work.mode),
            Error::<T>::ModeNotAllowed
        );
        ensure!(
            work.input_length <= listing.max_input,
            Error::<T>::InputTooLong
        );
        ensure_fees::<T>(&listing, work.fees)?;
        for pair in &listing.lives_by {
            let is_licensed = T::Licenses::standing(listing.model, pair)
                .is_some_and(|(_, ends)| ends.is_none_or(|end| end > work.until));
            let error = if pair.version == work.version {
                Error::<T>::LicenseLapsed
            } else {
                Error::<T>::AncestorLicenseLapsed
            };
            ensure!(is_licensed, error);
        }
        let mut approvals = 0u32;
        if listing.hosting || listing.users {
            let effective = Self::effective(work.version)?;
            for host in work.hosts {
                let looked = Self::ensure_approved(&effective, ApprovalKind::Host, host)?;
                approvals = approvals.saturating_add(looked);
            }
            let looked = Self::ensure_approved(&effective, ApprovalKind::User, work.user)?;
            approvals = approvals.saturating_add(looked);
        }
        Ok(Offerable {
            model: listing.model,
            price: listing.price,
            split: listing.split,
            policies: listing.policies,
            lives_by: listing.lives_by.len() as u32,
            approvals,
            suspensions,
        })
    }

    fn ensure_offer(
        version: VersionId,
        host: &T::AccountId,
        fee: Balance,
    ) -> Result<Amount, DispatchError> {
        let listing = Self::listing(version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        ensure_fees::<T>(&listing, fee)?;
        if listing.hosting {
            let effective = Self::effective(version)?;
            Self::ensure_approved(&effective, ApprovalKind::Host, host)?;
        }
        Ok(listing.price)
    }

    fn is_retired(version: VersionId) -> bool {
        Listings::<T>::get(version).is_none_or(|l| l.is_retired())
    }

    fn is_built_on(version: VersionId) -> bool {
        VersionReferences::<T>::get(version).derivatives > 0
    }

    fn inc_refs(version: VersionId) -> DispatchResult {
        Self::listing(version)?;
        Self::inc(version, |r| &mut r.others)
    }

    fn dec_refs(version: VersionId) {
        Self::dec(version, |r| &mut r.others)
    }

    fn kept() -> BTreeMap<VersionId, u32> {
        VersionReferences::<T>::iter()
            .filter(|(_, references)| references.others > 0)
            .map(|(version, references)| (version, references.others))
            .collect()
    }

    fn model_of(version: VersionId) -> Option<ModelId> {
        Listings::<T>::get(version).map(|l| l.model)
    }

    fn ensure_satisfies(
        version: VersionId,
        dataset: DatasetId,
        clauses: &Clauses,
    ) -> DispatchResult {
        let published = Self::effective(version)?;
        let is_shown = |number: TermsNumber| {
            T::Licenses::terms(dataset, number)
                .is_some_and(|terms| terms.clauses.attribution == clauses.attribution)
        };
        let attributed = clauses.attribution.is_empty()
            || published.bound_by.iter().any(|bound| match bound.licensor {
                Licensor::Dataset(d, number) => d == dataset && is_shown(number),
                Licensor::Version(_) => false,
            });
        ensure!(
            attributed && published.keeps(dataset, clauses),
            Error::<T>::GrantAsksMore
        );
        Ok(())
    }
}

/// That all fees of a job together may be so high.
fn ensure_fees<T: Config>(listing: &Listing, fees: Balance) -> DispatchResult {
    ensure!(
        listing.max_fee.is_none_or(|max| fees <= max),
        Error::<T>::FeeAboveMaximum
    );
    Ok(())
}
