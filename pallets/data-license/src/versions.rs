//! What versions stand on, and what the registry asks. Owns `StandsOn`, and the count of versions in
//! `Grants`.

use crate::{types::*, Config, Datasets, Error, Event, Grants, GrantsOn, Pallet, StandsOn, Terms};
use alloc::collections::BTreeMap;
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Clock, Grant, Licenses, Trained, Versions};
use sp_runtime::{ArithmeticError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_move_version(
        who: &T::AccountId,
        version: VersionId,
        from: GrantId,
        to: GrantId,
    ) -> DispatchResult {
        let old = Self::grant_record(from)?;
        Self::ensure_model_owner(who, old.model)?;
        let new = Self::grant_record(to)?;
        ensure!(new.model == old.model, Error::<T>::GrantOfAnotherModel);
        ensure!(
            new.dataset == old.dataset,
            Error::<T>::GrantOfAnotherDataset
        );
        ensure!(
            StandsOn::<T>::get(version, old.dataset) == Some(from),
            Error::<T>::VersionNotUnderGrant
        );
        ensure!(from != to, Error::<T>::VersionUnderGrantAlready);
        // For this grant it is a new version.
        Self::ensure_usable(to, who)?;
        let terms = Self::pinned(new.dataset, new.number)?;
        T::Versions::ensure_satisfies(version, new.dataset, &terms.clauses)?;
        Self::attach(to, version)?;
        Self::deposit_event(Event::VersionMoved { version, from, to });
        Ok(())
    }

    pub(crate) fn do_detach_versions(
        who: &T::AccountId,
        grant: GrantId,
        versions: &[VersionId],
    ) -> DispatchResult {
        let record = Self::grant_record(grant)?;
        let terms = Self::pinned(record.dataset, record.number)?;
        Self::ensure_removable(who, &record, &terms)?;
        for version in versions {
            ensure!(
                StandsOn::<T>::get(version, record.dataset) == Some(grant),
                Error::<T>::VersionNotUnderGrant
            );
            ensure!(
                T::Versions::is_retired(*version) && !T::Versions::is_built_on(*version),
                Error::<T>::VersionInUse
            );
            Self::detach(*version, record.dataset);
            Self::deposit_event(Event::VersionDetached {
                version: *version,
                grant,
            });
        }
        Ok(())
    }
}

impl<T: Config> Licenses<T::AccountId> for Pallet<T> {
    fn grant(grant: GrantId) -> Option<Grant> {
        let record = Grants::<T>::get(grant.place())?;
        Some(Grant {
            dataset: record.dataset,
            model: record.model,
            number: record.number,
            terms: <Self as Licenses<_>>::terms(record.dataset, record.number)?,
            ends: record.ends,
            split: Self::dataset_split(record.dataset)?,
        })
    }

    fn terms(dataset: DatasetId, number: TermsNumber) -> Option<DatasetTerms> {
        Terms::<T>::get(dataset, number).map(|row| row.terms)
    }

    fn dataset_split(dataset: DatasetId) -> Option<SplitId> {
        Datasets::<T>::get(dataset.place()).map(|record| record.split)
    }

    fn dataset_owner(dataset: DatasetId) -> Option<T::AccountId> {
        Pallet::<T>::dataset_owner(dataset)
    }

    /// Errors: `GrantNotFound`, `GrantLapsed`, `OwnerNotApproved`.
    fn ensure_usable(grant: GrantId, publisher: &T::AccountId) -> DispatchResult {
        let record = Self::grant_record(grant)?;
        ensure!(
            is_live(record.ends, T::Clock::now()),
            Error::<T>::GrantLapsed
        );
        let terms = Self::pinned(record.dataset, record.number)?;
        ensure!(
            terms.clauses.derivatives != Derivatives::Approval || record.licensee == *publisher,
            Error::<T>::OwnerNotApproved
        );
        Ok(())
    }

    /// It stands on no other grant of the dataset from then on. Errors: `GrantNotFound`.
    fn attach(grant: GrantId, version: VersionId) -> DispatchResult {
        let dataset = Self::grant_record(grant)?.dataset;
        Self::detach(version, dataset);
        let mut record = Self::grant_record(grant)?;
        record.versions = record
            .versions
            .checked_add(1)
            .ok_or(ArithmeticError::Overflow)?;
        Grants::<T>::insert(grant.place(), record);
        StandsOn::<T>::insert(version, dataset, grant);
        Ok(())
    }

    fn detach(version: VersionId, dataset: DatasetId) {
        let Some(grant) = StandsOn::<T>::take(version, dataset) else {
            return;
        };
        Grants::<T>::mutate(grant.place(), |record| {
            if let Some(record) = record {
                record.versions = record.versions.saturating_sub(1);
            }
        });
    }

    fn grant_of(version: VersionId, dataset: DatasetId) -> Option<GrantId> {
        StandsOn::<T>::get(version, dataset)
    }

    /// Of several live grants of the model's own the one that ends last.
    fn standing(model: ModelId, trained: &Trained) -> Option<(GrantId, Option<Tick>)> {
        let now = T::Clock::now();
        GrantsOn::<T>::get(model, trained.dataset)
            .into_iter()
            .filter(|(_, ends)| is_live(*ends, now))
            .max_by_key(|(_, ends)| ends.unwrap_or(Tick::MAX))
            .or_else(|| {
                let grant = StandsOn::<T>::get(trained.version, trained.dataset)?;
                Some((grant, Grants::<T>::get(grant.place())?.ends))
            })
    }

    fn count_change(dataset: DatasetId) {
        Datasets::<T>::mutate(dataset.place(), |record| {
            if let Some(record) = record {
                record.ownership.count_change();
            }
        });
    }

    fn inc_refs(dataset: DatasetId, number: TermsNumber) -> DispatchResult {
        Self::keep_terms(dataset, number, |row| &mut row.refs)
    }

    fn dec_refs(dataset: DatasetId, number: TermsNumber) {
        Self::release_terms(dataset, number, |row| &mut row.refs);
    }

    fn kept() -> BTreeMap<(DatasetId, TermsNumber), u32> {
        Terms::<T>::iter()
            .filter(|(_, _, row)| row.refs > 0)
            .map(|(dataset, number, row)| ((dataset, number), row.refs))
            .collect()
    }
}
