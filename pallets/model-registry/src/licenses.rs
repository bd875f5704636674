//! What other pallets ask about versions, and how licenses keep them alive. Owns `Conditions` and,
//! of `Listings`, `licensed_until`.

use crate::{publish::earlier, types::*, Conditions, Config, Error, Event, Listings, Pallet};
use frame_support::{defensive, ensure};
use myai_primitives::{
    Amount, Balance, Clock, GrantId, Licenses, Mode, ModelId, Offerable, Reach, SplitId, Tick,
    VersionId, Versions,
};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Versions for Pallet<T> {
    fn open_until(version: VersionId, mode: Mode, until: Tick) -> Result<Offerable, DispatchError> {
        let listing = Self::listing(version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        ensure!(listing.modes.contains(&mode), Error::<T>::ModeNotAllowed);
        ensure!(listing.is_licensed_beyond(until), Error::<T>::LicenseLapsed);
        for ancestor in &listing.ancestors {
            // An ancestor is referred to, so it is there.
            ensure!(
                Self::listing(*ancestor)?.is_licensed_beyond(until),
                Error::<T>::AncestorLicenseLapsed
            );
        }
        Ok(Offerable {
            ancestors: listing.ancestors.len() as u32,
            model: listing.model,
            price: listing.price,
            split: listing.split,
        })
    }

    fn may_serve(version: VersionId, fee: Balance) -> Result<Amount, DispatchError> {
        let listing = Self::listing(version)?;
        ensure!(!listing.is_retired(), Error::<T>::VersionRetired);
        ensure!(listing.commercial || fee == 0, Error::<T>::NotCommercial);
        Ok(listing.price)
    }

    fn split_of(version: VersionId) -> Option<SplitId> {
        Listings::<T>::get(version).map(|o| o.split)
    }

    fn is_retired(version: VersionId) -> bool {
        Listings::<T>::get(version).is_none_or(|o| o.is_retired())
    }

    fn inc_refs(version: VersionId) -> DispatchResult {
        Self::listing(version)?;
        Self::inc_refs(version)
    }

    fn dec_refs(version: VersionId) {
        Self::dec_refs(version)
    }

    fn license_changed(version: VersionId) {
        let (Some(mut listing), Some(conditions)) =
            (Listings::<T>::get(version), Conditions::<T>::get(version))
        else {
            defensive!("a grant counts only versions that are attached to it");
            return;
        };
        let licensed_until = Self::earliest_end(&conditions);
        if listing.licensed_until != licensed_until {
            listing.licensed_until = licensed_until;
            Listings::<T>::insert(version, listing);
            Self::deposit_event(Event::LicenseChanged {
                version,
                licensed_until,
            });
        }
    }

    /// The caller has asked whoever must agree, and attaches and detaches.
    fn replace_grant(version: VersionId, old: GrantId, new: GrantId) -> DispatchResult {
        let mut listing = Self::listing(version)?;
        let mut conditions = Conditions::<T>::get(version).ok_or(Error::<T>::VersionNotFound)?;
        let place = conditions
            .grants
            .iter()
            .position(|l| l.grant == old)
            .ok_or(Error::<T>::GrantNotNamed)?;
        let grant = T::Licenses::grant(new).ok_or(Error::<T>::GrantNotFound)?;
        let terms = grant.terms;
        ensure!(
            grant.model == listing.model,
            Error::<T>::GrantOfAnotherModel
        );
        ensure!(
            grant.ends.is_none_or(|end| end > T::Clock::now()),
            Error::<T>::GrantLapsed
        );
        ensure!(
            conditions.grants.iter().all(|l| l.grant != new),
            Error::<T>::DuplicateGrant
        );
        ensure!(
            conditions
                .grants
                .iter()
                .all(|l| l.grant == old || l.dataset != grant.dataset),
            Error::<T>::DuplicateDataset
        );
        let share_alike = conditions.share_alike;
        let license = conditions
            .grants
            .get_mut(place)
            .ok_or(Error::<T>::GrantNotNamed)?;
        // Derivatives were published under what bound the version then.
        ensure!(
            (share_alike || !terms.share_alike)
                && (terms.commercial || !listing.commercial)
                && (terms.reach == Reach::Direct || license.reach == Reach::Descendants),
            Error::<T>::ReplacementBindsMore
        );
        // The split stays as it is, so its line can meet what the new terms ask only where it
        // pays the new grant's dataset; the owner of another has agreed to that.
        if grant.dataset == license.paid {
            ensure!(
                license.share >= terms.min_share,
                Error::<T>::ShareBelowMinimum
            );
            if let Some(least) = &terms.min_per_unit {
                ensure!(
                    least.asset == listing.price.asset,
                    Error::<T>::PricedInAnotherAsset
                );
                let price = price_that_brings(least.value, license.share)
                    .filter(|price| listing.price.value >= *price)
                    .ok_or(Error::<T>::PriceBelowMinimum)?;
                conditions.min_price = conditions.min_price.max(price);
            }
        }
        license.grant = new;
        license.dataset = grant.dataset;
        license.min_share = terms.min_share;
        license.min_per_unit = terms.min_per_unit;
        license.reach = terms.reach;
        let licensed_until = Self::earliest_end(&conditions);
        listing.licensed_until = licensed_until;
        Listings::<T>::insert(version, listing);
        Conditions::<T>::insert(version, conditions);
        Self::deposit_event(Event::GrantReplaced {
            version,
            old,
            new,
            licensed_until,
        });
        Ok(())
    }

    fn model_of(version: VersionId) -> Option<ModelId> {
        Listings::<T>::get(version).map(|o| o.model)
    }
}

impl<T: Config> Pallet<T> {
    /// The least end of the version's grants; one that is not there any more is over.
    pub(crate) fn earliest_end(conditions: &ConditionsOfVersion) -> Option<Tick> {
        conditions
            .grants
            .iter()
            .map(|l| T::Licenses::grant(l.grant).map_or(Some(0), |g| g.ends))
            .fold(None, earlier)
    }
}
