//! What must hold after every block.

use crate::pallet::*;
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::{
    Asset, Balance, DatasetId, Derivatives, GrantId, Revocation, TermsNumber,
};
use myai_support::{Money, Splits, Unvested, Versions};
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
        for (dataset, _, entry) in Terms::<T>::iter() {
            *uses.entry(dataset).or_default() += entry.uses;
        }
        let mut count = 0;
        for (place, record) in Datasets::<T>::iter() {
            let dataset = DatasetId::from_place(place);
            count += 1;
            ensure!(
                dataset < NextDataset::<T>::get(),
                "dataset beyond the next id"
            );
            let owner = &record.ownership.owner;
            ensure!(
                DatasetsOf::<T>::contains_key(owner, place),
                "dataset not on its owner's list"
            );
            ensure!(
                record.ownership.offered_to.as_ref() != Some(owner),
                "dataset offered to its owner"
            );
            ensure!(
                record.deposit.payer == *owner,
                "dataset's deposit is not its owner's"
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
        ensure!(
            uses.values().all(|n| *n == 0),
            "a dataset in use is missing"
        );
        ensure!(
            DatasetsOf::<T>::iter_keys().count() == count,
            "an owner's list names a dataset that is not its own"
        );
        Ok(())
    }

    /// Uses of terms are at least those by grants and requests; versions that are bound by them count
    /// besides.
    fn check_terms() -> Result<(), TryRuntimeError> {
        let mut uses = Self::terms_in_use();
        for (dataset, number, entry) in Terms::<T>::iter() {
            let record =
                Datasets::<T>::get(dataset.place()).ok_or("terms of no dataset")?;
            ensure!(
                number > 0 && number <= record.number,
                "terms beyond the highest number"
            );
            ensure!(
                entry.uses > 0 || number == record.number,
                "old terms that nothing needs"
            );
            ensure!(
                entry.uses >= uses.remove(&(dataset, number)).unwrap_or_default(),
                "uses of terms miscounted"
            );
        }
        ensure!(uses.is_empty(), "terms in use are missing");
        Ok(())
    }

    fn check_grants() -> Result<(), TryRuntimeError> {
        let mut count = 0;
        let mut standing = BTreeMap::<GrantId, u32>::new();
        for (version, dataset, grant) in StandsOn::<T>::iter() {
            let record = Grants::<T>::get(grant).ok_or("a version stands on a grant that is gone")?;
            ensure!(
                record.dataset == dataset
                    && T::Versions::model_of(version) == Some(record.model),
                "a version stands on a grant of another"
            );
            *standing.entry(grant).or_default() += 1;
        }
        for (grant, record) in Grants::<T>::iter() {
            count += 1;
            ensure!(grant < NextGrant::<T>::get(), "grant beyond the next id");
            ensure!(
                GrantsByModel::<T>::contains_key(record.model, grant.place()),
                "grant not in its model's index"
            );
            let terms = Self::pinned(record.dataset, record.number)
                .map_err(|_| "grant without its terms")?;
            ensure!(
                record.ends.is_some() == (terms.period.is_some() || record.notice.is_some()),
                "grant's end does not fit its terms"
            );
            ensure!(
                record.notice.is_none() || terms.revocation != Revocation::Never,
                "a grant was revoked that cannot be"
            );
            ensure!(
                record.versions == standing.remove(&grant).unwrap_or_default(),
                "grant miscounts its versions"
            );
            let unvested = record
                .instalments
                .iter()
                .try_fold(0, |sum: Balance, i| {
                    sum.checked_add(i.value.checked_sub(i.vested)?)
                })
                .ok_or("more vested than was paid")?;
            ensure!(
                unvested == T::Unvested::balance(grant),
                "what has not vested is not what lies in the vault"
            );
        }
        ensure!(
            GrantsByModel::<T>::iter_keys().count() == count,
            "index names no grant"
        );
        for (model, dataset, grant) in LatestGrant::<T>::iter() {
            ensure!(
                Grants::<T>::get(grant)
                    .is_some_and(|r| (r.model, r.dataset) == (model, dataset)),
                "a model's latest grant is another's or gone"
            );
        }
        Ok(())
    }

    /// What is on hold is what open requests cost: for those who asked, and for nobody else.
    fn check_held() -> Result<(), TryRuntimeError> {
        let reason: T::RuntimeHoldReason = HoldReason::GrantRequest.into();
        let mut due = BTreeMap::<Vec<u8>, Balance>::new();
        let mut assets = T::Splits::accepted();
        for (dataset, _, open) in Requests::<T>::iter() {
            let terms =
                Self::pinned(dataset, open.number).map_err(|_| "request without its terms")?;
            ensure!(
                terms.clauses.derivatives == Derivatives::Approval,
                "request where no approval is needed"
            );
            let key = (&open.deposit.payer, terms.price.asset).encode();
            let sum = due.entry(key).or_default();
            *sum = sum.saturating_add(terms.price.value);
            if !assets.contains(&terms.price.asset) {
                assets.push(terms.price.asset);
            }
        }
        for who in frame_system::Account::<T>::iter_keys() {
            for asset in &assets {
                let sum = due.remove(&(&who, asset).encode()).unwrap_or_default();
                ensure!(
                    T::Money::held(asset, &reason, &who) == sum,
                    "held for requests is not what they are"
                );
            }
        }
        ensure!(
            due.values().all(|sum| *sum == 0),
            "money is due from an account that does not exist"
        );
        Self::check_deposits()
    }

    /// Who paid deposits has something on hold for them, and nobody else has.
    fn check_deposits() -> Result<(), TryRuntimeError> {
        let mut payers = BTreeMap::<Vec<u8>, [bool; 2]>::new();
        for record in Datasets::<T>::iter_values() {
            payers.entry(record.deposit.payer.encode()).or_default()[0] = true;
        }
        let grants = Grants::<T>::iter_values().map(|record| record.deposit.payer);
        let requests = Requests::<T>::iter_values().map(|request| request.deposit.payer);
        for payer in grants.chain(requests) {
            payers.entry(payer.encode()).or_default()[1] = true;
        }
        for who in frame_system::Account::<T>::iter_keys() {
            let pays = payers.remove(&who.encode()).unwrap_or_default();
            let reasons = [HoldReason::DatasetDeposit, HoldReason::GrantDeposit];
            for (pays, reason) in pays.into_iter().zip(reasons) {
                let held = T::Money::held(&Asset::Native, &reason.into(), &who);
                ensure!(
                    (held > 0) == pays,
                    "deposits held are not those of what is stored"
                );
            }
        }
        Ok(())
    }
}
