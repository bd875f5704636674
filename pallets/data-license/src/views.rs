//! What the runtime API reads. Deposits are left out.

use crate::pallet::*;
use alloc::vec::Vec;
use myai_primitives::{
    DatasetId, DatasetState, DatasetView, GrantId, GrantView, ModelId, RequestView, MAX_PAGE,
};

impl<T: Config> Pallet<T> {
    pub fn dataset_view(dataset: DatasetId) -> Option<DatasetView<T::AccountId>> {
        let record = Datasets::<T>::get(dataset.place())?;
        Some(Self::view_of(dataset, record))
    }

    fn view_of(id: DatasetId, record: DatasetOf<T>) -> DatasetView<T::AccountId> {
        let number = record.number;
        DatasetView {
            id,
            owner: record.ownership.owner,
            offered_to: record.ownership.offered_to,
            changes: record.ownership.changes,
            name: record.name,
            category: record.category,
            metadata: record.metadata,
            openness: record.openness,
            state: match record.open {
                true => DatasetState::Open,
                false => DatasetState::Closed,
            },
            split: record.split,
            terms: Terms::<T>::get(id, number).map(|entry| (number, entry.terms)),
        }
    }

    /// Datasets from the id `from` on, oldest first, at most [`MAX_PAGE`].
    pub fn datasets_page(from: DatasetId, limit: u32) -> Vec<DatasetView<T::AccountId>> {
        let datasets = match from.0.checked_sub(1) {
            None => Datasets::<T>::iter(),
            // Iteration begins after the key that is given.
            Some(before) => Datasets::<T>::iter_from_key(DatasetId(before).place()),
        };
        datasets
            .take(limit.min(MAX_PAGE) as usize)
            .map(|(place, record)| Self::view_of(DatasetId::from_place(place), record))
            .collect()
    }

    pub fn grant_view(grant: GrantId) -> Option<GrantView<T::AccountId>> {
        let record = Grants::<T>::get(grant)?;
        Some(GrantView {
            id: grant,
            dataset: record.dataset,
            model: record.model,
            number: record.number,
            terms: Terms::<T>::get(record.dataset, record.number)?.terms,
            ends: record.ends,
            revoked: record.notice.is_some(),
            instalments: record.instalments.into_inner(),
            versions: record.versions,
        })
    }

    /// Grants of one model from the id `from` on, oldest first, at most [`MAX_PAGE`].
    pub fn grants_page(
        model: ModelId,
        from: GrantId,
        limit: u32,
    ) -> Vec<GrantView<T::AccountId>> {
        let keys = match from.0.checked_sub(1) {
            None => GrantsByModel::<T>::iter_key_prefix(model),
            Some(before) => GrantsByModel::<T>::iter_key_prefix_from(
                model,
                GrantsByModel::<T>::hashed_key_for(model, GrantId(before).place()),
            ),
        };
        keys.take(limit.min(MAX_PAGE) as usize)
            .filter_map(|place| Self::grant_view(GrantId::from_place(place)))
            .collect()
    }

    /// Requests for grants on a dataset, of models after `after` in the order of storage.
    pub fn requests_page(
        dataset: DatasetId,
        after: Option<ModelId>,
        limit: u32,
    ) -> Vec<RequestView<T::AccountId>> {
        let rows = match after {
            None => Requests::<T>::iter_prefix(dataset),
            Some(after) => Requests::<T>::iter_prefix_from(
                dataset,
                Requests::<T>::hashed_key_for(dataset, after),
            ),
        };
        rows.take(limit.min(MAX_PAGE) as usize)
            .filter_map(|(model, request)| {
                let terms = Terms::<T>::get(dataset, request.number)?.terms;
                Some(RequestView {
                    dataset,
                    model,
                    number: request.number,
                    payer: request.deposit.payer,
                    price: terms.price,
                    expires: request.expires,
                })
            })
            .collect()
    }
}
