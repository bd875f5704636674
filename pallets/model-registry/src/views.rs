//! Paged reads for the runtime API, in the order of storage: no id is tried that is not there.

use crate::{
    types::*, Approvals, Config, DerivativeApprovals, Effectives, Listings, Models, ModelsOf,
    Pallet, Versions, VersionsOf,
};
use alloc::vec::Vec;
use myai_primitives::*;
use myai_support::Licenses;

impl<T: Config> Pallet<T> {
    pub fn model_view(model: ModelId) -> Option<ModelView<T::AccountId>> {
        Models::<T>::get(model.place()).map(|found| Self::view_of(model, found))
    }

    fn view_of(model: ModelId, found: ModelOf<T>) -> ModelView<T::AccountId> {
        ModelView {
            id: model,
            owner: found.ownership.owner,
            account: Self::model_account(model),
            name: found.name,
            category: found.category,
            metadata: found.metadata,
            offered_to: found.ownership.offered_to,
            changes: found.ownership.changes,
        }
    }

    /// Models from `from` on, in the order of their ids.
    pub fn models_page(from: ModelId, limit: u32) -> Vec<ModelView<T::AccountId>> {
        let rows = match before(from.0) {
            // Iteration begins after the key that is given.
            Some(place) => Models::<T>::iter_from(Models::<T>::hashed_key_for(place)),
            None => Models::<T>::iter(),
        };
        rows.take(page(limit))
            .map(|(place, found)| Self::view_of(ModelId::from_place(place), found))
            .collect()
    }

    /// Models of `owner` from `from` on, in the order of their ids.
    pub fn models_of(owner: &T::AccountId, from: ModelId, limit: u32) -> Vec<ModelId> {
        let keys = match before(from.0) {
            Some(place) => ModelsOf::<T>::iter_key_prefix_from(
                owner,
                ModelsOf::<T>::hashed_key_for(owner, place),
            ),
            None => ModelsOf::<T>::iter_key_prefix(owner),
        };
        keys.take(page(limit)).map(ModelId::from_place).collect()
    }

    /// A version: as it was published, but for the amount of its price, which is today's.
    pub fn version_view(version: VersionId) -> Option<VersionView<T::AccountId>> {
        let mut spec = Versions::<T>::get(version)?.spec;
        let listing = Listings::<T>::get(version)?;
        let effective = Effectives::<T>::get(version)?;
        let bound_by = effective
            .bound_by
            .iter()
            .filter_map(|bound| {
                Some(BoundByView {
                    licensor: bound.licensor,
                    clauses: Self::clauses_of(bound.licensor)?,
                })
            })
            .collect();
        let mut lives_by = Vec::new();
        let mut licensed_until = None;
        for pair in &listing.lives_by {
            // A pair that no grant stands behind is over.
            let standing = T::Licenses::standing(listing.model, pair);
            let ends = standing.map_or(Some(0), |(_, ends)| ends);
            licensed_until = earlier(licensed_until, ends);
            lives_by.extend(standing.map(|(grant, ends)| LivesByView {
                trained: pair.version,
                dataset: pair.dataset,
                grant,
                ends,
            }));
        }
        spec.price = listing.price;
        Some(VersionView {
            id: version,
            model: listing.model,
            state: if listing.is_retired() {
                VersionState::Retired
            } else {
                VersionState::Live
            },
            last_work: listing.last_work,
            split: listing.split,
            effective,
            bound_by,
            policies: listing.policies,
            lives_by,
            licensed_until,
            first_with_artifact: Self::first_with_artifact(spec.artifact.sha256).unwrap_or(version),
            spec,
        })
    }

    /// What a licensor states.
    fn clauses_of(licensor: Licensor) -> Option<Clauses> {
        match licensor {
            Licensor::Version(version) => Some(Versions::<T>::get(version)?.spec.clauses),
            Licensor::Dataset(dataset, number) => {
                Some(T::Licenses::terms(dataset, number)?.clauses)
            }
        }
    }

    /// Versions of one model from `from` on, oldest first.
    pub fn versions_page(
        model: ModelId,
        from: VersionId,
        limit: u32,
    ) -> Vec<VersionView<T::AccountId>> {
        let keys = match before(from.0) {
            Some(place) => VersionsOf::<T>::iter_key_prefix_from(
                model,
                VersionsOf::<T>::hashed_key_for(model, place),
            ),
            None => VersionsOf::<T>::iter_key_prefix(model),
        };
        keys.take(page(limit))
            .filter_map(|place| Self::version_view(VersionId::from_place(place)))
            .collect()
    }

    /// How many more publications of `model`, by its owner of today, may name `version`.
    pub fn derivative_approvals(version: VersionId, model: ModelId) -> u32 {
        DerivativeApprovals::<T>::get(version, model)
            .filter(|found| Self::model_owner(model).as_ref() == Some(&found.owner))
            .map_or(0, |found| found.count)
    }

    /// Approvals of hosts and users by a licensor, and requests for them, after `after`, in the
    /// order of storage.
    pub fn approvals_page(
        licensor: Licensor,
        after: Option<(ApprovalKind, T::AccountId)>,
        limit: u32,
    ) -> Vec<ApprovalView<T::AccountId>> {
        let rows = match after {
            Some(key) => Approvals::<T>::iter_prefix_from(
                licensor,
                Approvals::<T>::hashed_key_for(licensor, key),
            ),
            None => Approvals::<T>::iter_prefix(licensor),
        };
        rows.take(page(limit))
            .map(|((kind, account), approval)| ApprovalView {
                licensor,
                kind,
                account,
                given: approval.given,
            })
            .collect()
    }
}

/// How many rows a page has.
fn page(limit: u32) -> usize {
    limit.min(MAX_PAGE) as usize
}

/// The place before that of id `n`; `None` for the first.
fn before(n: u32) -> Option<[u8; 4]> {
    n.checked_sub(1).map(u32::to_be_bytes)
}

/// The earlier of two ends, where `None` never comes.
fn earlier(a: Option<Tick>, b: Option<Tick>) -> Option<Tick> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
