//! What must hold after every block.

use crate::{
    Config, Datasets, DatasetsOf, Grants, GrantsOf, GrantsOn, HoldReason, NextDataset, NextGrant,
    Pallet, Requests, StandsOn, Terms,
};
use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Money, Splits, Unvested, Versions};
use sp_runtime::TryRuntimeError;

type Sums = BTreeMap<Vec<u8>, Balance>;

impl<T: Config> Pallet<T> {
    /// Checks every invariant of this pallet's storage; reads all of it.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_datasets()?;
        Self::check_terms()?;
        Self::check_grants()?;
        Self::check_unvested()?;
        Self::check_versions()?;
        Self::check_held()
    }

    fn check_datasets() -> Result<(), TryRuntimeError> {
        let mut count = 0;
        let mut kept = BTreeMap::<SplitId, u32>::new();
        for (place, record) in Datasets::<T>::iter() {
            *kept.entry(record.split).or_default() += 1;
            let dataset = DatasetId::from_place(place);
            let owner = &record.ownership.owner;
            count += 1;
            ensure!(
                dataset < NextDataset::<T>::get(),
                "dataset beyond the next id"
            );
            ensure!(
                DatasetsOf::<T>::contains_key(owner, place),
                "dataset not among its owner's"
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
            let all = Share {
                beneficiary: Beneficiary::DatasetOwner(dataset),
                parts: Ppm::MILLION,
            };
            ensure!(
                !record.own_split || T::Splits::shares_of(record.split) == Some([all].into()),
                "dataset's own split pays somebody else"
            );
            match Terms::<T>::get(dataset, record.number) {
                Some(row) => ensure!(
                    row.metadata == record.metadata,
                    "dataset's terms are for other metadata"
                ),
                None => ensure!(record.number == 0, "dataset without its terms"),
            }
            let uses = Terms::<T>::iter_prefix_values(dataset).fold(0u32, |sum, row| {
                sum.saturating_add(row.grants.saturating_add(row.refs))
            });
            ensure!(record.uses == uses, "dataset's uses miscounted");
        }
        ensure!(
            T::Splits::kept() == kept,
            "splits are not kept as often as datasets have them"
        );
        ensure!(
            DatasetsOf::<T>::iter_keys().count() == count,
            "an owner's list names no dataset"
        );
        Ok(())
    }

    fn check_terms() -> Result<(), TryRuntimeError> {
        let mut uses = BTreeMap::<(DatasetId, TermsNumber), u32>::new();
        for record in Grants::<T>::iter_values() {
            *uses.entry((record.dataset, record.number)).or_default() += 1;
        }
        for (place, _, request) in Requests::<T>::iter() {
            let dataset = DatasetId::from_place(place);
            *uses.entry((dataset, request.number)).or_default() += 1;
        }
        for (dataset, number, row) in Terms::<T>::iter() {
            let record = Datasets::<T>::get(dataset.place()).ok_or("terms of no dataset")?;
            ensure!(
                number > 0 && number <= record.number,
                "terms beyond the highest number"
            );
            ensure!(
                !row.is_unused() || number == record.number,
                "old terms that nothing needs"
            );
            ensure!(
                row.grants == uses.remove(&(dataset, number)).unwrap_or_default(),
                "grants under terms miscounted"
            );
        }
        ensure!(uses.is_empty(), "terms in use are missing");
        Ok(())
    }

    fn check_grants() -> Result<(), TryRuntimeError> {
        let mut count = 0;
        for (place, record) in Grants::<T>::iter() {
            let grant = GrantId::from_place(place);
            count += 1;
            ensure!(grant < NextGrant::<T>::get(), "grant beyond the next id");
            ensure!(
                GrantsOf::<T>::contains_key(record.model, place),
                "grant not among its model's"
            );
            ensure!(
                GrantsOn::<T>::get(record.model, record.dataset).contains(&(grant, record.ends)),
                "grant not with its end among its model's on the dataset"
            );
            let terms = Self::pinned(record.dataset, record.number)
                .map_err(|_| "grant without its terms")?;
            ensure!(
                record.ends.is_some() == (terms.period.is_some() || record.notice_ends.is_some()),
                "grant's end does not fit its terms"
            );
            ensure!(
                record
                    .notice_ends
                    .is_none_or(|notice| record.ends <= Some(notice)),
                "grant outlives its notice"
            );
            let revocable = terms.revocation != Revocation::Never;
            ensure!(
                revocable || (record.notice_ends.is_none() && record.instalments.is_empty()),
                "grant revoked or vesting against its terms"
            );
        }
        ensure!(
            GrantsOf::<T>::iter_keys().count() == count,
            "a model's list names no grant"
        );
        let rows: Vec<_> = GrantsOn::<T>::iter_values().collect();
        ensure!(
            rows.iter().map(|row| row.len()).sum::<usize>() == count
                && rows.iter().all(|row| !row.is_empty()),
            "a model's list on a dataset names no grant"
        );
        Ok(())
    }

    /// The vault has for each grant what its instalments have not vested.
    fn check_unvested() -> Result<(), TryRuntimeError> {
        for n in 0..NextGrant::<T>::get().0 {
            let record = Grants::<T>::get(GrantId(n).place());
            let instalments = record.map(|record| record.instalments).unwrap_or_default();
            let mut sum: Balance = 0;
            for i in &instalments {
                ensure!(
                    i.vested < i.value && i.start < i.end,
                    "instalment that has nothing to vest"
                );
                sum = sum.saturating_add(i.value.saturating_sub(i.vested));
            }
            ensure!(
                T::Unvested::balance(GrantId(n)) == sum,
                "unvested money is not what the instalments say"
            );
        }
        Ok(())
    }

    fn check_versions() -> Result<(), TryRuntimeError> {
        let mut counts = BTreeMap::<GrantId, u32>::new();
        for (version, dataset, grant) in StandsOn::<T>::iter() {
            let record =
                Grants::<T>::get(grant.place()).ok_or("version stands on a grant that is gone")?;
            ensure!(
                record.dataset == dataset,
                "version stands on a grant of another dataset"
            );
            ensure!(
                T::Versions::model_of(version) == Some(record.model),
                "version stands on a grant of another model"
            );
            *counts.entry(grant).or_default() += 1;
        }
        for (place, record) in Grants::<T>::iter() {
            let count = counts
                .remove(&GrantId::from_place(place))
                .unwrap_or_default();
            ensure!(record.versions == count, "grant's versions miscounted");
        }
        Ok(())
    }

    /// What any account has on hold is what its requests cost and what its tickets say. Looked at from
    /// the accounts, so that money on hold for what no longer exists is seen, in the token and in each
    /// asset that some terms name.
    fn check_held() -> Result<(), TryRuntimeError> {
        let mut requests = Sums::new();
        let mut datasets = Sums::new();
        let mut grants = Sums::new();
        for record in Datasets::<T>::iter_values() {
            let value = record.deposit.value().ok_or("a deposit is no amount")?;
            add(&mut datasets, (Asset::Native, record.deposit.payer), value);
        }
        for record in Grants::<T>::iter_values() {
            let value = record.deposit.value().ok_or("a deposit is no amount")?;
            add(&mut grants, (Asset::Native, record.deposit.payer), value);
        }
        for (dataset, _, request) in Requests::<T>::iter() {
            let terms = Self::pinned(DatasetId::from_place(dataset), request.number)
                .map_err(|_| "request without its terms")?;
            ensure!(
                terms.clauses.derivatives == Derivatives::Approval,
                "request where no approval is needed"
            );
            let value = request.deposit.value().ok_or("a deposit is no amount")?;
            let payer = request.deposit.payer;
            add(&mut grants, (Asset::Native, payer.clone()), value);
            add(&mut requests, (terms.price.asset, payer), terms.price.value);
        }
        let mut assets: BTreeSet<Asset> = Terms::<T>::iter_values()
            .map(|row| row.terms.price.asset)
            .collect();
        assets.insert(Asset::Native);
        for who in frame_system::Account::<T>::iter_keys() {
            for asset in &assets {
                for (reason, sums) in [
                    (HoldReason::GrantRequest, &mut requests),
                    (HoldReason::DatasetDeposit, &mut datasets),
                    (HoldReason::GrantDeposit, &mut grants),
                ] {
                    let sum = sums.remove(&(asset, &who).encode()).unwrap_or_default();
                    ensure!(
                        T::Money::held(asset, &reason.into(), &who) == sum,
                        "held is not what requests and deposits say"
                    );
                }
            }
        }
        ensure!(
            requests.is_empty() && datasets.is_empty() && grants.is_empty(),
            "requests or deposits of an account that is gone"
        );
        Ok(())
    }
}

fn add<K: Encode>(sums: &mut Sums, key: K, value: Balance) {
    let sum = sums.entry(key.encode()).or_default();
    *sum = sum.saturating_add(value);
}
