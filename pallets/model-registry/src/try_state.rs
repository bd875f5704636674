//! What must hold of the storage at the end of every block. Not bounded: for checking only.

use crate::{
    types::*, Approvals, Artifacts, Conditions, Config, CurrentRevision, Listings, Models,
    NextModel, NextVersion, Pallet, References, RuleSets, Versions, VersionsOf,
};
use alloc::collections::BTreeMap;
use frame_support::ensure;
use myai_primitives::{ModelId, Reach, Rules, Splits, VersionId};
use sp_runtime::TryRuntimeError;

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
    /// Checks every invariant of this pallet.
    pub fn do_try_state() -> Check {
        Self::check_models()?;
        Self::check_versions()?;
        Self::check_references()?;
        Self::check_rules()
    }

    /// Numbers are below the next one, deposits are the owners', counts are right.
    fn check_models() -> Check {
        let mut counts = BTreeMap::<ModelId, u32>::new();
        for (model, key, ()) in VersionsOf::<T>::iter() {
            let version = VersionId(u32::from_be_bytes(key));
            ensure!(
                Listings::<T>::get(version).is_some_and(|o| o.model == model),
                "the index of a model names a version that is not its own"
            );
            let count = counts.entry(model).or_default();
            *count = count.saturating_add(1);
        }
        for (model, found) in Models::<T>::iter() {
            ensure!(
                model < NextModel::<T>::get(),
                "a model has a number that was not given"
            );
            ensure!(
                found.deposit.payer == found.owner,
                "a model's deposit is not its owner's"
            );
            ensure!(
                found.versions == counts.remove(&model).unwrap_or(0),
                "a model miscounts its versions"
            );
        }
        ensure!(counts.is_empty(), "a version's model is gone");
        Ok(())
    }

    /// The three records of a version stand together; licenses, prices and splits are as the
    /// terms have it.
    fn check_versions() -> Check {
        let listings = Listings::<T>::iter_keys().count();
        ensure!(
            listings == Versions::<T>::iter_keys().count(),
            "a listing without its version"
        );
        ensure!(
            listings == Conditions::<T>::iter_keys().count(),
            "a listing without conditions"
        );
        ensure!(
            listings == VersionsOf::<T>::iter_keys().count(),
            "a listing without its index"
        );
        for (version, listing) in Listings::<T>::iter() {
            ensure!(
                version < NextVersion::<T>::get(),
                "a version has a number not given"
            );
            let found = Versions::<T>::get(version).ok_or("a listing without its version")?;
            let conditions = Conditions::<T>::get(version).ok_or("a listing without conditions")?;
            ensure!(
                VersionsOf::<T>::contains_key(listing.model, place(version)),
                "a listing without its index"
            );
            ensure!(
                Artifacts::<T>::get(found.artifact.sha256).is_some_and(|first| first <= version),
                "an artifact is not taken by its first version"
            );
            ensure!(
                T::Splits::exists(listing.split),
                "a version's split is gone"
            );
            ensure!(
                lines_sum(&found, &conditions),
                "a version's lines leave nothing for its owner"
            );
            ensure!(
                listing.licensed_until == Self::earliest_end(&conditions),
                "a version is not licensed until the least end of its grants"
            );
            ensure!(
                listing.price.value >= conditions.min_price,
                "a price is below its least"
            );
            ensure!(
                listing.commercial || listing.price.value == 0,
                "a price where none is allowed"
            );
            ensure!(
                listing.ancestors.is_sorted_by(|a, b| a < b),
                "a version's ancestors are not in order"
            );
            Self::check_ancestry(&listing, &found, &conditions)?;
        }
        Ok(())
    }

    /// What bases hand down has come down.
    fn check_ancestry(
        listing: &Listing,
        found: &VersionOf<T>,
        conditions: &ConditionsOfVersion,
    ) -> Check {
        for base in &found.bases {
            let above = Listings::<T>::get(base.version).ok_or("a version's base is gone")?;
            let bind = Conditions::<T>::get(base.version).ok_or("a version's base is gone")?;
            ensure!(
                above
                    .ancestors
                    .iter()
                    .all(|a| listing.ancestors.contains(a))
                    && (listing.ancestors.contains(&base.version)
                        || bind.terms.reach == Reach::Direct),
                "a version does not list an ancestor of its base"
            );
            ensure!(
                base.royalty >= bind.terms.min_royalty,
                "a royalty is below its least"
            );
            ensure!(
                conditions.share_alike || !bind.share_alike,
                "share-alike was lost"
            );
            ensure!(
                above.commercial || !listing.commercial,
                "a ban on commercial use was lost"
            );
        }
        Ok(())
    }

    /// Each version is referred to at least as often as versions name it, and is there.
    fn check_references() -> Check {
        let mut named = BTreeMap::<VersionId, u32>::new();
        for (version, listing) in Listings::<T>::iter() {
            let found = Versions::<T>::get(version).ok_or("a listing without its version")?;
            for parent in parents(&found.bases, &listing.ancestors) {
                let count = named.entry(parent).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (version, count) in References::<T>::iter() {
            ensure!(
                Listings::<T>::contains_key(version),
                "a version referred to is gone"
            );
            ensure!(count > 0, "a count of zero is kept");
        }
        for (version, count) in named {
            ensure!(
                References::<T>::get(version) >= count,
                "a version forgets a derivative"
            );
        }
        for (version, model, _) in Approvals::<T>::iter() {
            ensure!(
                version < NextVersion::<T>::get() && model < NextModel::<T>::get(),
                "an approval of what never was"
            );
        }
        Ok(())
    }

    fn check_rules() -> Check {
        let current = CurrentRevision::<T>::get();
        ensure!(
            Self::at(current).is_some(),
            "the current revision is not there"
        );
        ensure!(
            RuleSets::<T>::iter_keys().all(|revision| revision <= current),
            "a revision is ahead of the current one"
        );
        Ok(())
    }
}

/// Whether royalties, dataset shares and extra shares leave the owner at least 1 part.
fn lines_sum<AccountId, Ticket>(
    found: &Version<AccountId, Ticket>,
    conditions: &ConditionsOfVersion,
) -> bool {
    let given = found
        .bases
        .iter()
        .map(|b| b.royalty)
        .chain(conditions.grants.iter().map(|l| l.share))
        .chain(found.extras.iter().map(|e| e.share))
        .map(|p| u64::from(p.0))
        .sum::<u64>();
    given < u64::from(myai_primitives::Ppm::MILLION.0)
}
