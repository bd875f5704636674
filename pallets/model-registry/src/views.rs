//! Paged reads for the runtime API.

use crate::{
    types::*, Artifacts, Conditions, Config, Listings, Models, NextModel, Pallet, Versions,
    VersionsOf,
};
use alloc::vec::Vec;
use myai_primitives::{api::*, GrantLine, Lines, ModelId, VersionId, VersionSpec};

/// Most numbers of models that are looked at for one page: removed ones leave gaps.
const MAX_LOOK_AT: usize = 100_000;

impl<T: Config> Pallet<T> {
    /// A model.
    pub fn model_view(model: ModelId) -> Option<ModelView<T::AccountId>> {
        let found = Models::<T>::get(model)?;
        Some(ModelView {
            id: model,
            owner: found.owner,
            account: Self::model_account(model),
            name: found.name,
            category: found.category,
            metadata: found.metadata,
            offered_to: found.offered_to,
        })
    }

    /// Models from `from` on, in the order of their numbers.
    pub fn models_page(from: ModelId, limit: u32) -> Vec<ModelView<T::AccountId>> {
        (from.0..NextModel::<T>::get().0)
            .take(MAX_LOOK_AT)
            .filter_map(|n| Self::model_view(ModelId(n)))
            .take(limit.min(MAX_PAGE) as usize)
            .collect()
    }

    /// A version. Its price is today's, and its grants are those that it lives by today.
    pub fn version_view(version: VersionId) -> Option<VersionView<T::AccountId>> {
        let found = Versions::<T>::get(version)?;
        let listing = Listings::<T>::get(version)?;
        let conditions = Conditions::<T>::get(version)?;
        let grants: Vec<GrantLine> = conditions
            .grants
            .iter()
            .map(|l| GrantLine {
                grant: l.grant,
                share: l.share,
            })
            .collect();
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
            ancestors: listing.ancestors.into_inner(),
            licensed_until: listing.licensed_until,
            share_alike: conditions.share_alike,
            commercial: listing.commercial,
            first_with_artifact: Artifacts::<T>::get(found.artifact.sha256).unwrap_or(version),
            spec: VersionSpec {
                artifact: found.artifact,
                manifest: found.manifest,
                numerics: found.numerics,
                unit: found.unit,
                price: listing.price,
                modes: listing.modes,
                max_input: found.max_input,
                max_output: found.max_output,
                openness: found.openness,
                license: found.license,
                terms: conditions.terms,
                bases: found.bases,
                grants: Lines::truncate_from(grants),
                extras: found.extras,
            },
        })
    }

    /// Versions of one model from `from` on, oldest first.
    pub fn versions_page(
        model: ModelId,
        from: VersionId,
        limit: u32,
    ) -> Vec<VersionView<T::AccountId>> {
        let keys = match from.0.checked_sub(1) {
            // Iteration begins after the key that is given.
            Some(before) => VersionsOf::<T>::iter_key_prefix_from(
                model,
                VersionsOf::<T>::hashed_key_for(model, place(VersionId(before))),
            ),
            None => VersionsOf::<T>::iter_key_prefix(model),
        };
        keys.take(limit.min(MAX_PAGE) as usize)
            .filter_map(|key| Self::version_view(VersionId(u32::from_be_bytes(key))))
            .collect()
    }
}
