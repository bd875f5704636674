//! Datasets and their ownership. Owns `Datasets`, `DatasetsOf` and `NextDataset`.

use crate::{types::*, Config, Datasets, DatasetsOf, Error, Event, NextDataset, Pallet, Terms};
use alloc::vec;
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Get};
use myai_primitives::*;
use myai_support::{Deposit, Keeper, Owners, Ownership, Splits};
use sp_runtime::{DispatchError, DispatchResult};

/// Bytes of a dataset's deposit for the keys of its rows.
const DATASET_KEYS: usize = 200;

impl<T: Config> Pallet<T> {
    /// Who owns the dataset now.
    pub fn dataset_owner(dataset: DatasetId) -> Option<T::AccountId> {
        Datasets::<T>::get(dataset.place()).map(|record| record.ownership.owner)
    }

    /// Bytes that a dataset's deposit is for, its current terms included; the longest, so that it
    /// stays the same whatever the owner sets.
    pub fn dataset_size() -> usize {
        DATASET_KEYS
            .saturating_add(DatasetOf::<T>::max_encoded_len())
            .saturating_add(NumberedTerms::max_encoded_len())
    }

    pub(crate) fn dataset(dataset: DatasetId) -> Result<DatasetOf<T>, DispatchError> {
        Datasets::<T>::get(dataset.place()).ok_or(Error::<T>::DatasetNotFound.into())
    }

    /// The dataset with one more call of its owner counted, if `who` is that. The caller stores it.
    pub(crate) fn changed_by(
        who: &T::AccountId,
        dataset: DatasetId,
    ) -> Result<DatasetOf<T>, DispatchError> {
        let mut record = Self::dataset(dataset)?;
        record.ownership.change(who).map_err(Error::<T>::from)?;
        Ok(record)
    }

    pub(crate) fn do_register(
        who: T::AccountId,
        name: Name,
        category: Category,
        metadata: File,
        openness: Openness,
        split: Option<SplitId>,
    ) -> DispatchResult {
        ensure!(is_name(&name), Error::<T>::NameNotText);
        ensure!(
            metadata.is_sound(T::UriSchemes::get()),
            Error::<T>::MetadataNotSound
        );
        let dataset = NextDataset::<T>::get();
        let next = dataset.next().ok_or(Error::<T>::IdsExhausted)?;

        let own_split = split.is_none();
        let split = match split {
            Some(split) => {
                ensure!(T::Splits::exists(split), Error::<T>::SplitNotFound);
                ensure!(
                    T::Splits::depositor(split).as_ref() == Some(&who),
                    Error::<T>::SplitOfAnother
                );
                split
            }
            None => {
                let all = Share {
                    beneficiary: Beneficiary::DatasetOwner(dataset),
                    parts: Ppm::MILLION,
                };
                T::Splits::create(&who, vec![all], Keeper::Dataset(dataset))?
            }
        };
        T::Splits::inc_refs(split)?;
        let deposit = Deposit::take(&who, Self::dataset_size())?;
        NextDataset::<T>::put(next);
        DatasetsOf::<T>::insert(&who, dataset.place(), ());
        Datasets::<T>::insert(
            dataset.place(),
            Dataset {
                ownership: Ownership::new(who.clone()),
                name: name.clone(),
                category,
                metadata,
                openness,
                open: true,
                split,
                own_split,
                number: 0,
                uses: 0,
                deposit,
            },
        );
        Self::deposit_event(Event::DatasetRegistered {
            dataset,
            owner: who,
            name,
            category,
            split,
        });
        Ok(())
    }

    pub(crate) fn do_set_metadata(
        who: &T::AccountId,
        dataset: DatasetId,
        metadata: File,
    ) -> DispatchResult {
        let mut record = Self::changed_by(who, dataset)?;
        ensure!(
            metadata.is_sound(T::UriSchemes::get()),
            Error::<T>::MetadataNotSound
        );
        let sha256 = metadata.sha256;
        record.metadata = metadata;
        if record.number > 0 {
            let terms = Self::pinned(dataset, record.number)?;
            Self::number_terms(dataset, &mut record, terms)?;
        }
        let number = record.number;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::MetadataSet {
            dataset,
            number,
            sha256,
        });
        Ok(())
    }

    pub(crate) fn do_close(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::changed_by(who, dataset)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        record.open = false;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::DatasetClosed { dataset });
        Ok(())
    }

    pub(crate) fn do_reopen(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::changed_by(who, dataset)?;
        ensure!(!record.open, Error::<T>::DatasetNotClosed);
        record.open = true;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::DatasetReopened { dataset });
        Ok(())
    }

    pub(crate) fn do_transfer_ownership(
        who: &T::AccountId,
        dataset: DatasetId,
        to: T::AccountId,
    ) -> DispatchResult {
        let mut record = Self::dataset(dataset)?;
        record
            .ownership
            .offer(who, to.clone())
            .map_err(Error::<T>::from)?;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::OwnershipOffered { dataset, to });
        Ok(())
    }

    pub(crate) fn do_cancel_transfer(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::dataset(dataset)?;
        record.ownership.cancel(who).map_err(Error::<T>::from)?;
        Datasets::<T>::insert(dataset.place(), record);
        Self::deposit_event(Event::TransferCancelled { dataset });
        Ok(())
    }

    pub(crate) fn do_accept_ownership(
        who: T::AccountId,
        dataset: DatasetId,
        changes: u32,
    ) -> DispatchResult {
        let mut record = Self::dataset(dataset)?;
        let from = record
            .ownership
            .accept(&who, changes)
            .map_err(Error::<T>::from)?;
        let deposit = Deposit::take(&who, Self::dataset_size())?;
        core::mem::replace(&mut record.deposit, deposit).give_back()?;
        Datasets::<T>::insert(dataset.place(), record);
        DatasetsOf::<T>::remove(&from, dataset.place());
        DatasetsOf::<T>::insert(&who, dataset.place(), ());
        Self::deposit_event(Event::OwnershipAccepted {
            dataset,
            from,
            to: who,
        });
        Ok(())
    }

    pub(crate) fn do_remove_dataset(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let record = Self::changed_by(who, dataset)?;
        ensure!(record.uses == 0, Error::<T>::DatasetInUse);

        Datasets::<T>::remove(dataset.place());
        DatasetsOf::<T>::remove(who, dataset.place());
        Terms::<T>::remove(dataset, record.number);
        T::Splits::dec_refs(record.split);
        if record.own_split {
            T::Splits::remove(record.split)?;
        }
        record.deposit.give_back()?;
        Self::deposit_event(Event::DatasetRemoved { dataset });
        Ok(())
    }

    /// That `who` owns the model.
    pub(crate) fn ensure_model_owner(who: &T::AccountId, model: ModelId) -> DispatchResult {
        let owner = T::Owners::model_owner(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(owner == *who, Error::<T>::NotModelOwner);
        Ok(())
    }
}
