//! What must hold between blocks: the counts, the queue of deadlines and the holds agree with the
//! jobs, and the indices with what they index. Owns no storage.

use crate::{
    types::{due_tick, job_id, job_key, Run},
    Config, Deadlines, HoldReason, Jobs, NextJob, Offers, OffersByVersion, OpenWork, Pallet,
    SignerOf, Workers,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::*;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
    /// Checks invariants 2 and 3. Not bounded.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_workers()?;
        Self::check_offers()?;
        Self::check_jobs()?;
        Self::check_holds()
    }

    fn check_workers() -> Result<(), TryRuntimeError> {
        for (id, worker) in Workers::<T>::iter() {
            ensure!(
                SignerOf::<T>::get(&worker.signer).as_ref() == Some(&id),
                "a worker's signer does not act for it"
            );
            let open = Jobs::<T>::iter_values()
                .filter(|job| matches!(&job.run, Run::Direct { worker } if *worker == id))
                .count();
            ensure!(
                open == worker.open as usize,
                "a worker's open count is not its open jobs"
            );
            ensure!(
                Offers::<T>::iter_key_prefix(&id).count() == worker.offers as usize,
                "a worker's count of offers is not its offers"
            );
            ensure!(
                Self::bond_of(&id, &Asset::Native) > 0,
                "a worker has no bond"
            );
        }
        for (signer, id) in SignerOf::<T>::iter() {
            let acts = Workers::<T>::get(&id).is_some_and(|worker| worker.signer == signer);
            ensure!(
                acts,
                "a signer acts for a worker that has another or is gone"
            );
        }
        Ok(())
    }

    fn check_offers() -> Result<(), TryRuntimeError> {
        for (id, version, offer) in Offers::<T>::iter() {
            ensure!(Workers::<T>::contains_key(&id), "an offer is of no worker");
            ensure!(
                OffersByVersion::<T>::contains_key(version, &id),
                "an offer is not listed with its version"
            );
            ensure!(
                T::Versions::split_of(version).is_some(),
                "an offer's version is gone"
            );
            let open = Jobs::<T>::iter_values()
                .filter(|job| {
                    job.version == version
                        && matches!(&job.run, Run::Direct { worker } if *worker == id)
                })
                .count();
            ensure!(
                open == offer.open as usize,
                "an offer's open count is not its open jobs"
            );
        }
        for (version, id) in OffersByVersion::<T>::iter_keys() {
            ensure!(
                Offers::<T>::contains_key(&id, version),
                "a version lists an offer that is gone"
            );
        }
        Ok(())
    }

    fn check_jobs() -> Result<(), TryRuntimeError> {
        let mut opened: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
        for (key, job) in Jobs::<T>::iter() {
            ensure!(
                job_id(key) < NextJob::<T>::get(),
                "a job's id was not given out"
            );
            let queued = Deadlines::<T>::iter_keys()
                .filter(|(due, of)| *of == key && due_tick(*due) == job.deadline)
                .count();
            ensure!(queued == 1, "an open job is not queued at its deadline");
            let Run::Direct { worker } = &job.run;
            ensure!(
                Offers::<T>::contains_key(worker, job.version),
                "an open job's offer is gone"
            );
            ensure!(
                T::Rules::at(job.revision).is_some(),
                "the rules that a job pinned are gone"
            );
            ensure!(job.units > 0, "a job has no units");
            *opened.entry(job.opened_by().encode()).or_default() += 1;
        }
        ensure!(
            Deadlines::<T>::iter_keys().count() == Jobs::<T>::iter_keys().count(),
            "a deadline is queued twice or for a job that is not open"
        );
        for (_, key) in Deadlines::<T>::iter_keys() {
            ensure!(
                Jobs::<T>::contains_key(job_key(job_id(key))),
                "a deadline is queued for a job that is not open"
            );
        }
        let counted: BTreeMap<Vec<u8>, u32> = OpenWork::<T>::iter()
            .map(|(who, open)| (who.encode(), open))
            .collect();
        ensure!(counted == opened, "open work is not what openers have open");
        Ok(())
    }

    /// Per payer and asset: what is held for jobs is the gross of the open ones and the debts of
    /// ended ones.
    fn check_holds() -> Result<(), TryRuntimeError> {
        let reason: T::RuntimeHoldReason = HoldReason::Job.into();
        let due = Jobs::<T>::iter_values()
            .map(|job| (job.payer.clone(), job.asset.clone(), job.gross()))
            .chain(
                T::Payouts::debts()
                    .into_iter()
                    .filter(|(_, of, _, _)| *of == reason)
                    .map(|(payer, _, asset, amount)| (payer, asset, amount)),
            );
        let mut sums: BTreeMap<Vec<u8>, Balance> = BTreeMap::new();
        let mut assets = Vec::from([Asset::Native]);
        for (payer, asset, amount) in due {
            let sum = sums.entry((&payer, &asset).encode()).or_default();
            *sum = sum.saturating_add(amount);
            if !assets.contains(&asset) {
                assets.push(asset);
            }
        }
        // Also accounts of which nothing is due: they must hold nothing.
        for who in frame_system::Account::<T>::iter_keys() {
            for asset in &assets {
                let sum = sums.remove(&(&who, asset).encode()).unwrap_or_default();
                ensure!(
                    T::Money::held(asset, &reason, &who) == sum,
                    "what is held for jobs is not the gross of open jobs and debts"
                );
            }
        }
        ensure!(
            sums.values().all(|sum| *sum == 0),
            "money is due from an account that does not exist"
        );
        Ok(())
    }
}
