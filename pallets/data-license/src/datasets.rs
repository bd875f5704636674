//! Datasets and their ownership. Owns `Datasets`, `DatasetIndex` and `NextDataset`.

use crate::{
    pallet::*,
    types::{Dataset, Deposit, NumberedTerms},
};
use alloc::vec;
use codec::MaxEncodedLen;
use frame_support::{ensure, traits::Footprint};
use myai_primitives::{
    Beneficiary, Category, DatasetId, File, Name, Openness, Owners, Ppm, Share, SplitId, Splits,
};
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    /// Whoever owns the dataset now.
    pub fn dataset_owner(dataset: DatasetId) -> Option<T::AccountId> {
        Datasets::<T>::get(dataset).map(|record| record.owner)
    }

    /// What a dataset occupies, its current terms included, as one piece.
    pub fn dataset_footprint() -> Footprint {
        Footprint::from_parts(
            1,
            DatasetOf::<T>::max_encoded_len().saturating_add(NumberedTerms::max_encoded_len()),
        )
    }

    pub(crate) fn owned_dataset(
        who: &T::AccountId,
        dataset: DatasetId,
    ) -> Result<DatasetOf<T>, DispatchError> {
        let record = Datasets::<T>::get(dataset).ok_or(Error::<T>::DatasetNotFound)?;
        ensure!(record.owner == *who, Error::<T>::NotDatasetOwner);
        Ok(record)
    }

    pub(crate) fn use_dataset(dataset: DatasetId) -> DispatchResult {
        Datasets::<T>::try_mutate(dataset, |record| {
            let record = record.as_mut().ok_or(Error::<T>::DatasetNotFound)?;
            record.uses = record
                .uses
                .checked_add(1)
                .ok_or(ArithmeticError::Overflow)?;
            Ok(())
        })
    }

    pub(crate) fn unuse_dataset(dataset: DatasetId) {
        Datasets::<T>::mutate(dataset, |record| {
            if let Some(record) = record {
                record.uses = record.uses.saturating_sub(1);
            }
        });
    }

    pub(crate) fn do_register(
        who: T::AccountId,
        name: Name,
        category: Category,
        metadata: File,
        openness: Openness,
        split: Option<SplitId>,
    ) -> DispatchResult {
        ensure!(!name.is_empty(), Error::<T>::NameEmpty);
        ensure!(metadata.is_sound(), Error::<T>::MetadataUnsound);
        let dataset = NextDataset::<T>::get();
        let next = dataset.next().ok_or(Error::<T>::IdsExhausted)?;

        let own_split = split.is_none();
        let split = match split {
            Some(split) => split,
            None => {
                let all = Share {
                    beneficiary: Beneficiary::DatasetOwner(dataset),
                    parts: Ppm::MILLION,
                };
                T::Splits::create(&who, vec![all])?
            }
        };
        T::Splits::inc_refs(split)?;
        let deposit = Deposit::take(who.clone(), Self::dataset_footprint())?;
        NextDataset::<T>::put(next);
        DatasetIndex::<T>::insert(dataset.0.to_be_bytes(), ());
        Datasets::<T>::insert(
            dataset,
            Dataset {
                owner: who.clone(),
                offered_to: None,
                name,
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
            split,
        });
        Ok(())
    }

    pub(crate) fn do_set_metadata(
        who: &T::AccountId,
        dataset: DatasetId,
        metadata: File,
    ) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        ensure!(metadata.is_sound(), Error::<T>::MetadataUnsound);
        record.metadata = metadata;
        Datasets::<T>::insert(dataset, record);
        Self::deposit_event(Event::MetadataSet { dataset });
        Ok(())
    }

    pub(crate) fn do_close(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        ensure!(record.open, Error::<T>::DatasetClosed);
        record.open = false;
        Datasets::<T>::insert(dataset, record);
        Self::deposit_event(Event::DatasetClosed { dataset });
        Ok(())
    }

    pub(crate) fn do_reopen(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        ensure!(!record.open, Error::<T>::DatasetNotClosed);
        record.open = true;
        Datasets::<T>::insert(dataset, record);
        Self::deposit_event(Event::DatasetReopened { dataset });
        Ok(())
    }

    pub(crate) fn do_offer(
        who: &T::AccountId,
        dataset: DatasetId,
        to: T::AccountId,
    ) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        ensure!(to != *who, Error::<T>::OfferedToOwner);
        record.offered_to = Some(to.clone());
        Datasets::<T>::insert(dataset, record);
        Self::deposit_event(Event::OwnershipOffered { dataset, to });
        Ok(())
    }

    pub(crate) fn do_cancel_transfer(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Self::owned_dataset(who, dataset)?;
        ensure!(record.offered_to.is_some(), Error::<T>::OwnershipNotOffered);
        record.offered_to = None;
        Datasets::<T>::insert(dataset, record);
        Self::deposit_event(Event::TransferCancelled { dataset });
        Ok(())
    }

    pub(crate) fn do_accept(who: T::AccountId, dataset: DatasetId) -> DispatchResult {
        let mut record = Datasets::<T>::get(dataset).ok_or(Error::<T>::DatasetNotFound)?;
        ensure!(
            record.offered_to.as_ref() == Some(&who),
            Error::<T>::OwnershipNotOffered
        );
        let deposit = Deposit::take(who.clone(), Self::dataset_footprint())?;
        let old_deposit = core::mem::replace(&mut record.deposit, deposit);
        let from = core::mem::replace(&mut record.owner, who.clone());
        record.offered_to = None;
        Datasets::<T>::insert(dataset, record);
        old_deposit.give_back()?;
        Self::deposit_event(Event::OwnershipAccepted {
            dataset,
            from,
            to: who,
        });
        Ok(())
    }

    pub(crate) fn do_remove(who: &T::AccountId, dataset: DatasetId) -> DispatchResult {
        let record = Self::owned_dataset(who, dataset)?;
        ensure!(record.uses == 0, Error::<T>::DatasetInUse);

        Datasets::<T>::remove(dataset);
        DatasetIndex::<T>::remove(dataset.0.to_be_bytes());
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
    pub(crate) fn ensure_model_owner(
        who: &T::AccountId,
        model: myai_primitives::ModelId,
    ) -> DispatchResult {
        let owner = T::Owners::model_owner(model).ok_or(Error::<T>::ModelNotFound)?;
        ensure!(owner == *who, Error::<T>::NotModelOwner);
        Ok(())
    }
}
