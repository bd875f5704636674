//! What the runtime API reads. Deposits are left out.

use crate::{types::*, Config, Datasets, DatasetsOf, Grants, GrantsOf, Pallet, Requests, Terms};
use alloc::vec::Vec;
use myai_primitives::*;

impl<T: Config> Pallet<T> {
    pub fn dataset_view(dataset: DatasetId) -> Option<DatasetView<T::AccountId>> {
        let Dataset {
            ownership,
            name,
            category,
            metadata,
            openness,
            open,
            split,
            number,
            ..
        } = Datasets::<T>::get(dataset.place())?;
        Some(DatasetView {
            id: dataset,
            owner: ownership.owner,
            offered_to: ownership.offered_to,
            changes: ownership.changes,
            name,
            category,
            metadata,
            openness,
            state: match open {
                true => DatasetState::Open,
                false => DatasetState::Closed,
            },
            split,
            terms: Terms::<T>::get(dataset, number).map(|row| (number, row.terms)),
        })
    }

    /// Datasets from the id `from` on, oldest first.
    pub fn datasets_page(from: DatasetId, limit: u32) -> Vec<DatasetView<T::AccountId>> {
        let keys = match before(from.0) {
            Some(place) => Datasets::<T>::iter_keys_from(Datasets::<T>::hashed_key_for(place)),
            None => Datasets::<T>::iter_keys(),
        };
        keys.take(page(limit))
            .filter_map(|place| Self::dataset_view(DatasetId::from_place(place)))
            .collect()
    }

    /// Datasets of one owner from the id `from` on, oldest first.
    pub fn datasets_of(owner: &T::AccountId, from: DatasetId, limit: u32) -> Vec<DatasetId> {
        let keys = match before(from.0) {
            Some(place) => DatasetsOf::<T>::iter_key_prefix_from(
                owner,
                DatasetsOf::<T>::hashed_key_for(owner, place),
            ),
            None => DatasetsOf::<T>::iter_key_prefix(owner),
        };
        keys.take(page(limit)).map(DatasetId::from_place).collect()
    }

    /// Its instalments are as the last call that touched the grant left them.
    pub fn grant_view(grant: GrantId) -> Option<GrantView<T::AccountId>> {
        let record = Grants::<T>::get(grant.place())?;
        let NumberedTerms {
            terms, metadata, ..
        } = Terms::<T>::get(record.dataset, record.number)?;
        Some(GrantView {
            id: grant,
            dataset: record.dataset,
            model: record.model,
            number: record.number,
            terms,
            metadata,
            ends: record.ends,
            revoked: record.notice_ends.is_some(),
            instalments: record.instalments.into_inner(),
            versions: record.versions,
        })
    }

    /// Grants of one model from the id `from` on, oldest first.
    pub fn grants_page(model: ModelId, from: GrantId, limit: u32) -> Vec<GrantView<T::AccountId>> {
        let keys = match before(from.0) {
            Some(place) => GrantsOf::<T>::iter_key_prefix_from(
                model,
                GrantsOf::<T>::hashed_key_for(model, place),
            ),
            None => GrantsOf::<T>::iter_key_prefix(model),
        };
        keys.take(page(limit))
            .filter_map(|place| Self::grant_view(GrantId::from_place(place)))
            .collect()
    }

    /// Requests for grants on a dataset, of models after `after`, in the order of their ids.
    pub fn requests_page(
        dataset: DatasetId,
        after: Option<ModelId>,
        limit: u32,
    ) -> Vec<RequestView<T::AccountId>> {
        let rows = match after {
            Some(model) => Requests::<T>::iter_prefix_from(
                dataset.place(),
                Requests::<T>::hashed_key_for(dataset.place(), model.place()),
            ),
            None => Requests::<T>::iter_prefix(dataset.place()),
        };
        rows.take(page(limit))
            .filter_map(|(place, request)| {
                Some(RequestView {
                    dataset,
                    model: ModelId::from_place(place),
                    number: request.number,
                    payer: request.deposit.payer,
                    price: Terms::<T>::get(dataset, request.number)?.terms.price,
                    expires: request.expires,
                })
            })
            .collect()
    }
}

/// How many rows a page has.
fn page(limit: u32) -> usize {
    limit.min(MAX_PAGE) as usize
}

/// The place before that of id `n`; `None` for the first.
fn before(n: u32) -> Option<Place> {
    n.checked_sub(1).map(u32::to_be_bytes)
}
