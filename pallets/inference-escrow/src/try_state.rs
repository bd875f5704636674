//! What must hold between blocks: the counts, the queue of deadlines and the holds agree with the
//! jobs, and the indices with what they index. Owns no storage.

use crate::{
    types::{due_key, JobRow},
    Config, Deadlines, HoldReason, JobOf, Jobs, JobsOfWorker, Offers, OffersByVersion, Pallet,
    Profiles, Records, SignerOf, Uploaders, Workers,
};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{DecodeAll, Encode};
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Clock, Money, Payouts, RulesAt, Splits, Suspensions, Versions};
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

/// What a ticket holds: that of a `HoldConsideration` is its amount.
fn amount(ticket: &impl Encode) -> Option<Balance> {
    Balance::decode_all(&mut &ticket.encode()[..]).ok()
}

impl<T: Config> Pallet<T> {
    /// Checks that counts, lists, queue, holds and deposits are those of the jobs and workers. Not bounded.
    pub fn do_try_state() -> Result<(), TryRuntimeError> {
        Self::check_counts()?;
        Self::check_signers()?;
        Self::check_jobs()?;
        Self::check_holds()?;
        Self::check_deposits()
    }

    fn open_jobs() -> impl Iterator<Item = (JobId, JobOf<T>)> {
        Jobs::<T>::iter().filter_map(|(id, row)| match row {
            JobRow::Open(job) => Some((id, job)),
            JobRow::Ended(_) => None,
        })
    }

    /// Workers count their open jobs, which are listed, and their offers.
    fn check_counts() -> Result<(), TryRuntimeError> {
        let mut jobs = Counts::new();
        let mut uploaders = Counts::new();
        let mut listed = 0usize;
        for (id, job) in Self::open_jobs() {
            for worker in job.run.workers() {
                ensure!(
                    Workers::<T>::contains_key(worker),
                    "an open job's worker is gone"
                );
                ensure!(
                    JobsOfWorker::<T>::contains_key(worker, id),
                    "an open job is not on its worker's list"
                );
                listed = listed.saturating_add(1);
                count(&mut jobs, worker);
            }
            if let Some(uploader) = &job.uploader {
                count(&mut uploaders, uploader);
            }
        }
        ensure!(
            JobsOfWorker::<T>::iter_keys().count() == listed,
            "a worker lists a job that is not open"
        );
        let counted_open: Counts = Workers::<T>::iter()
            .map(|(id, worker)| (id.encode(), worker.open))
            .filter(|(_, open)| *open > 0)
            .collect();
        ensure!(
            counted_open == jobs,
            "a worker's open count is not its open jobs"
        );
        let counted_uploaders: Counts = Uploaders::<T>::iter()
            .map(|(id, open)| (id.encode(), open))
            .collect();
        ensure!(
            counted_uploaders == uploaders,
            "an uploader's count is not its open jobs"
        );
        let mut offers = Counts::new();
        for (id, version) in Offers::<T>::iter_keys() {
            ensure!(Workers::<T>::contains_key(&id), "an offer is of no worker");
            ensure!(
                OffersByVersion::<T>::contains_key(version, &id),
                "an offer is not listed with its version"
            );
            ensure!(
                T::Versions::model_of(version).is_some(),
                "an offer's version is gone"
            );
            count(&mut offers, &id);
        }
        let mut kept = BTreeMap::<VersionId, u32>::new();
        for (version, id) in OffersByVersion::<T>::iter_keys() {
            ensure!(
                Offers::<T>::contains_key(&id, version),
                "a version lists an offer that is gone"
            );
            let offers = kept.entry(version).or_default();
            *offers = offers.saturating_add(1);
        }
        ensure!(
            T::Versions::kept() == kept,
            "versions are not kept as often as they are offered"
        );
        for (id, worker) in Workers::<T>::iter() {
            let until = worker
                .suspended_until
                .filter(|until| T::Clock::now() < *until);
            ensure!(
                until == T::Suspensions::suspended_until(&Subject::Worker(id)),
                "a worker's row does not say until when it is suspended"
            );
        }
        for (id, profile) in Profiles::<T>::iter() {
            ensure!(
                counted(&offers, &id) == profile.offers,
                "a worker's count of offers is not its offers"
            );
            ensure!(Workers::<T>::contains_key(&id), "a profile is of no worker");
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
                Self::bond_of(&id, &Asset::Native) == worker.bond && worker.bond > 0,
                "a worker's bond is not what it has on hold"
            );
            ensure!(
                Profiles::<T>::get(&id)
                    .is_some_and(|p| p.details.max_open_jobs == worker.max_open_jobs),
                "a worker's room is not what it says"
            );
            ensure!(!Records::<T>::contains_key(&id), "a worker has two records");
        }
        for (_, record) in Records::<T>::iter() {
            ensure!(
                record != Default::default(),
                "one that never worked has a record"
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

    /// Each job, open or ended, is sound and in the queue of deadlines once; nothing else is.
    fn check_jobs() -> Result<(), TryRuntimeError> {
        let mut rows = 0usize;
        for (id, row) in Jobs::<T>::iter() {
            rows = rows.saturating_add(1);
            let deadline = match row {
                JobRow::Open(job) => {
                    ensure!(
                        T::RulesAt::at(job.revision).is_ok(),
                        "the rules that a job pinned are gone"
                    );
                    ensure!(job.units > 0, "a job has no units");
                    ensure!(
                        T::Clock::served() > job.deadline || T::Splits::exists(job.split),
                        "the split of a job that may be answered is gone"
                    );
                    job.deadline
                }
                JobRow::Ended(end) => end.deadline,
            };
            ensure!(
                Deadlines::<T>::contains_key(due_key(deadline), id),
                "a job is not queued at its deadline"
            );
        }
        ensure!(
            Deadlines::<T>::iter_keys().count() == rows,
            "a deadline is queued twice or for a job that is gone"
        );
        Ok(())
    }

    /// Per payer and asset: what is held for jobs is the gross and deposit of the open ones and the
    /// debts of ended ones.
    fn check_holds() -> Result<(), TryRuntimeError> {
        let reason = Self::job_reason();
        let due = Self::open_jobs()
            .map(|(_, job)| (job.payer.clone(), job.asset, job.held()))
            .chain(
                T::Payouts::debts()
                    .into_iter()
                    .filter(|(_, of, _, _)| *of == reason)
                    .map(|(payer, _, asset, amount)| (payer, asset, amount)),
            );
        let mut sums: BTreeMap<Vec<u8>, Balance> = BTreeMap::new();
        // Also assets in which no job is open: nobody may hold anything for one.
        let mut assets = T::Splits::accepted();
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
                    "what is held for jobs is not what open jobs and debts come to"
                );
            }
        }
        ensure!(
            sums.values().all(|sum| *sum == 0),
            "money is due from an account that does not exist"
        );
        Ok(())
    }

    /// What accounts have on hold as deposits is what the tickets of workers and offers say.
    fn check_deposits() -> Result<(), TryRuntimeError> {
        for who in frame_system::Account::<T>::iter_keys() {
            let worker =
                Profiles::<T>::get(&who).map_or(Some(0), |profile| amount(&profile.ticket));
            let offers = Offers::<T>::iter_prefix_values(&who)
                .try_fold(0, |sum: Balance, offer| {
                    amount(&offer.ticket).map(|value| sum.saturating_add(value))
                });
            for (reason, tickets) in [
                (HoldReason::WorkerDeposit, worker),
                (HoldReason::OfferDeposit, offers),
            ] {
                ensure!(
                    Some(T::Money::held(&Asset::Native, &reason.into(), &who)) == tickets,
                    "deposits on hold are not what the tickets say"
                );
            }
        }
        Ok(())
    }
}
