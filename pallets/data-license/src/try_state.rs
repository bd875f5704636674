//! What must hold after every block.

use crate::pallet::*;
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::{Asset, Balance, DatasetId, Money, Payouts, Splits, TermsNumber, Versions};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks every invariant of this pallet's storage; reads all of it.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_datasets()?;
        Self::check_terms()?;
        Self::check_grants()?;
        Self::check_held()
    }

    /// Uses of each dataset's terms by grants and requests.
    fn terms_in_use() -> BTreeMap<(DatasetId, TermsNumber), u32> {
        let mut uses = BTreeMap::new();
        for record in Grants::<T>::iter_values() {
            *uses.entry((record.dataset, record.number)).or_default() += 1;
        }
        for (dataset, _, request) in Requests::<T>::iter() {
            *uses.entry((dataset, request.number)).or_default() += 1;
        }
        uses
    }

    fn check_datasets() -> Result<(), TryRuntimeError> {
        let mut uses = BTreeMap::<DatasetId, u32>::new();
        for ((dataset, _), n) in Self::terms_in_use() {
            *uses.entry(dataset).or_default() += n;
        }
        for (dataset, _) in Replacements::<T>::iter_keys() {
            *uses.entry(dataset).or_default() += 1;
        }
        let mut count = 0;
        for (dataset, record) in Datasets::<T>::iter() {
            count += 1;
            ensure!(
                dataset < NextDataset::<T>::get(),
                "dataset beyond the next id"
            );
            ensure!(
                DatasetIndex::<T>::contains_key(dataset.0.to_be_bytes()),
                "dataset not in the index"
            );
            ensure!(
                record.offered_to.as_ref() != Some(&record.owner),
                "dataset offered to its owner"
            );
            ensure!(T::Splits::exists(record.split), "dataset without its split");
            ensure!(
                record.number == 0 || Terms::<T>::contains_key(dataset, record.number),
                "dataset without its terms"
            );
            ensure!(
                record.uses == uses.remove(&dataset).unwrap_or_default(),
                "dataset's uses miscounted"
            );
        }
        ensure!(uses.is_empty(), "a dataset in use is missing");
        ensure!(
            DatasetIndex::<T>::iter_keys().count() == count,
            "index names no dataset"
        );
        Ok(())
    }

    fn check_terms() -> Result<(), TryRuntimeError> {
        let mut uses = Self::terms_in_use();
        for (dataset, number, entry) in Terms::<T>::iter() {
            let record = Datasets::<T>::get(dataset).ok_or("terms of no dataset")?;
            ensure!(
                number > 0 && number <= record.number,
                "terms beyond the highest number"
            );
            ensure!(
                entry.uses > 0 || number == record.number,
                "old terms that nothing needs"
            );
            ensure!(
                entry.uses == uses.remove(&(dataset, number)).unwrap_or_default(),
                "uses of terms miscounted"
            );
        }
        ensure!(uses.is_empty(), "terms in use are missing");
        Ok(())
    }

    fn check_grants() -> Result<(), TryRuntimeError> {
        let mut count = 0;
        for (grant, record) in Grants::<T>::iter() {
            count += 1;
            ensure!(grant < NextGrant::<T>::get(), "grant beyond the next id");
            ensure!(
                GrantsByModel::<T>::contains_key(record.model, grant.0.to_be_bytes()),
                "grant not in its model's index"
            );
            let terms = Self::pinned(record.dataset, record.number)
                .map_err(|_| "grant without its terms")?;
            ensure!(
                record.ends.is_some() == (terms.period.is_some() || record.revoked),
                "grant's end does not fit its terms"
            );
            ensure!(
                record.versions.iter().collect::<BTreeSet<_>>().len() == record.versions.len(),
                "version twice under one grant"
            );
            for version in &record.versions {
                ensure!(
                    T::Versions::model_of(*version) == Some(record.model),
                    "version of another model under a grant"
                );
            }
        }
        ensure!(
            GrantsByModel::<T>::iter_keys().count() == count,
            "index names no grant"
        );
        Ok(())
    }

    /// What is on hold is what open requests cost and what could not be paid yet.
    fn check_held() -> Result<(), TryRuntimeError> {
        let mut owed =
            BTreeMap::<Vec<u8>, (T::AccountId, T::RuntimeHoldReason, Asset, Balance)>::new();
        let mut add = |who: T::AccountId, reason: T::RuntimeHoldReason, asset: Asset, units| {
            let key = (&who, &reason, &asset).encode();
            let sum = owed.entry(key).or_insert((who, reason, asset, 0));
            sum.3 = sum.3.saturating_add(units);
        };
        let request: T::RuntimeHoldReason = HoldReason::GrantRequest.into();
        let refund: T::RuntimeHoldReason = HoldReason::GrantRefund.into();
        for (dataset, _, open) in Requests::<T>::iter() {
            let terms =
                Self::pinned(dataset, open.number).map_err(|_| "request without its terms")?;
            ensure!(terms.approval, "request where no approval is needed");
            add(
                open.deposit.payer,
                request.clone(),
                terms.price.asset,
                terms.price.value,
            );
        }
        for (who, reason, asset, units) in T::Payouts::debts() {
            if reason == request || reason == refund {
                add(who, reason, asset, units);
            }
        }
        for (who, reason, asset, units) in owed.into_values() {
            ensure!(
                T::Money::held(&asset, &reason, &who) == units,
                "held for requests and refunds is not what they are"
            );
        }
        Ok(())
    }
}
