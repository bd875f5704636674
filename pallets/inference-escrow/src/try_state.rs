//! What must hold between blocks: the counts, the queue of deadlines and the holds agree with the
//! jobs, and the indices with what they index. Owns no storage.

use crate::{
    types::{due_key, job_id, Run},
    Config, Deadlines, HoldReason, Jobs, NextJob, Offers, OffersByVersion, Pallet, Records,
    SignerOf, Workers,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::*;
use sp_runtime::TryRuntimeError;

/// How often something is met, by its encoding.
type Counts = BTreeMap<Vec<u8>, u32>;

fn count(counts: &mut Counts, of: impl Encode) {
    let n = counts.entry(of.encode()).or_default();
    *n = n.saturating_add(1);
}

fn counted(counts: &Counts, of: impl Encode) -> u32 {
    counts.get(&of.encode()).copied().unwrap_or_default()
}

impl<T: Config> Pallet<T> {
    /// Checks invariants 2 and 3. Not bounded.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_counts()?;
        Self::check_signers()?;
        Self::check_jobs()?;
        Self::check_holds()
    }

    /// Records count their worker's open jobs, workers their offers.
    fn check_counts() -> Result<(), TryRuntimeError> {
        let mut jobs = Counts::new();
        for job in Jobs::<T>::iter_values() {
            let Run::Direct { worker } = &job.run;
            ensure!(
                Workers::<T>::contains_key(worker),
                "an open job's worker is gone"
            );
            count(&mut jobs, worker);
        }
        let recorded: Counts = Records::<T>::iter()
            .map(|(id, deeds)| (id.encode(), deeds.open))
            .filter(|(_, open)| *open > 0)
            .collect();
        ensure!(
            recorded == jobs,
            "a worker's open count is not its open jobs"
        );
        let mut offers = Counts::new();
        for (id, version) in Offers::<T>::iter_keys() {
            ensure!(Workers::<T>::contains_key(&id), "an offer is of no worker");
            ensure!(
                OffersByVersion::<T>::contains_key(version, &id),
                "an offer is not listed with its version"
            );
            ensure!(
                T::Versions::split_of(version).is_some(),
                "an offer's version is gone"
            );
            count(&mut offers, &id);
        }
        for (version, id) in OffersByVersion::<T>::iter_keys() {
            ensure!(
                Offers::<T>::contains_key(&id, version),
                "a version lists an offer that is gone"
            );
        }
        for (id, worker) in Workers::<T>::iter() {
            ensure!(
                counted(&offers, &id) == worker.offers,
                "a worker's count of offers is not its offers"
            );
        }
        Ok(())
    }

    fn check_signers() -> Result<(), TryRuntimeError> {
        for (id, worker) in Workers::<T>::iter() {
            ensure!(
                SignerOf::<T>::get(&worker.signer).as_ref() == Some(&id),
                "a worker's signer does not act for it"
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

    /// Each open job is sound and in the queue of deadlines once; nothing else is.
    fn check_jobs() -> Result<(), TryRuntimeError> {
        let mut open = 0usize;
        for (key, job) in Jobs::<T>::iter() {
            ensure!(
                job_id(key) < NextJob::<T>::get(),
                "a job's id was not given out"
            );
            ensure!(
                T::Rules::at(job.revision).is_some(),
                "the rules that a job pinned are gone"
            );
            ensure!(job.units > 0, "a job has no units");
            ensure!(
                T::Clock::served() > job.deadline || T::Versions::split_of(job.version).is_some(),
                "the version of a job that may be answered is gone"
            );
            // What lets the payer use the HOP pool.
            ensure!(
                Self::job_deposits_of(&job.payer) > 0,
                "an open job's payer has no deposit"
            );
            ensure!(
                Deadlines::<T>::contains_key(due_key(job.deadline), key),
                "an open job is not queued at its deadline"
            );
            open = open.saturating_add(1);
        }
        ensure!(
            Deadlines::<T>::iter_keys().count() == open,
            "a deadline is queued twice or for a job that is not open"
        );
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
