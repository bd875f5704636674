//! What the runtime API reads. Deposits are left out.

use crate::{
    pallet::*,
    types::{Dataset, GrantRecord},
};
use alloc::vec::Vec;
use myai_primitives::{
    DatasetId, DatasetState, DatasetView, GrantId, GrantView, ModelId, MAX_PAGE,
};

impl<T: Config> Pallet<T> {
    pub fn dataset_view(dataset: DatasetId) -> Option<DatasetView<T::AccountId>> {
        let Dataset {
            owner,
            offered_to,
            name,
            category,
            metadata,
            openness,
            open,
            split,
            number,
            ..
        } = Datasets::<T>::get(dataset)?;
        Some(DatasetView {
            id: dataset,
            owner,
            offered_to,
            name,
            category,
            metadata,
            openness,
            state: if open {
                DatasetState::Open
            } else {
                DatasetState::Closed
            },
            split,
            terms: Terms::<T>::get(dataset, number).map(|entry| (number, entry.terms)),
        })
    }

    /// Datasets from the id `from` on, oldest first, at most [`MAX_PAGE`].
    pub fn datasets_page(from: DatasetId, limit: u32) -> Vec<DatasetView<T::AccountId>> {
        let keys = match from.0.checked_sub(1) {
            None => DatasetIndex::<T>::iter_keys(),
            Some(before) => DatasetIndex::<T>::iter_keys_from(DatasetIndex::<T>::hashed_key_for(
                before.to_be_bytes(),
            )),
        };
        keys.take(limit.min(MAX_PAGE) as usize)
            .filter_map(|key| Self::dataset_view(DatasetId(u32::from_be_bytes(key))))
            .collect()
    }

    pub fn grant_view(grant: GrantId) -> Option<GrantView> {
        let GrantRecord {
            dataset,
            model,
            number,
            ends,
            versions,
            ..
        } = Grants::<T>::get(grant)?;
        Some(GrantView {
            id: grant,
            dataset,
            model,
            number,
            terms: Terms::<T>::get(dataset, number)?.terms,
            ends,
            versions: versions.into_inner(),
        })
    }

    /// Grants of one model from the id `from` on, oldest first, at most [`MAX_PAGE`].
    pub fn grants_page(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView> {
        let keys = match from.0.checked_sub(1) {
            None => GrantsByModel::<T>::iter_key_prefix(model),
            Some(before) => GrantsByModel::<T>::iter_key_prefix_from(
                model,
                GrantsByModel::<T>::hashed_key_for(model, before.to_be_bytes()),
            ),
        };
        keys.take(limit.min(MAX_PAGE) as usize)
            .filter_map(|key| Self::grant_view(GrantId(u32::from_be_bytes(key))))
            .collect()
    }
}
