//! What a reader of the chain asks; the runtime's `MyAiApi` answers with these. Pages are bounded
//! by [`MAX_PAGE`] rows. Owns no storage.

use crate::{
    jobs::Order,
    settlement::divide,
    types::{job_id, job_key, Run},
    Config, JobOf, Jobs, Offers, OffersByVersion, Pallet, SignerOf, Workers,
};
use alloc::{vec, vec::Vec};
use frame_support::storage::{with_transaction, TransactionOutcome};
use myai_primitives::*;
use sp_runtime::DispatchError;

/// Most rows of the page that a reader wants.
fn take_page(limit: u32) -> usize {
    limit.min(MAX_PAGE) as usize
}

impl<T: Config> Pallet<T> {
    pub fn worker_view(id: &T::AccountId) -> Option<WorkerView<T::AccountId>> {
        let worker = Workers::<T>::get(id)?;
        Some(WorkerView {
            id: id.clone(),
            signer: worker.signer,
            payout: worker.payout,
            details: worker.details,
            bond: Self::bond_of(id, &Asset::Native),
            paused: worker.paused,
            open: Self::open_jobs_of(id),
            record: Self::record_of(id),
        })
    }

    /// The worker for which `signer` acts.
    pub fn worker_of(signer: &T::AccountId) -> Option<T::AccountId> {
        SignerOf::<T>::get(signer)
    }

    /// Whether `who` may put blobs into the pool: a worker's signer, or one who has opened work
    /// that has not ended, and so has a deposit for it.
    pub fn may_submit_blob(who: &T::AccountId) -> bool {
        SignerOf::<T>::contains_key(who) || Self::job_deposits_of(who) > 0
    }

    fn offer_view(id: T::AccountId, version: VersionId) -> Option<OfferView<T::AccountId>> {
        let offer = Offers::<T>::get(&id, version)?;
        let (_, rules) = T::Rules::current();
        let available = Workers::<T>::get(&id)
            .is_some_and(|worker| Self::ensure_takes_work(&id, &worker, &rules).is_ok());
        Some(OfferView {
            version,
            available,
            fee: offer.fee,
            min_duration: offer.min_duration,
            record: Self::record_of(&id),
            worker: id,
        })
    }

    /// Workers of a version after `after`, in the order of storage.
    pub fn workers_page(
        version: VersionId,
        after: Option<T::AccountId>,
        limit: u32,
    ) -> Vec<OfferView<T::AccountId>> {
        let workers = match after {
            Some(after) => OffersByVersion::<T>::iter_key_prefix_from(
                version,
                OffersByVersion::<T>::hashed_key_for(version, after),
            ),
            None => OffersByVersion::<T>::iter_key_prefix(version),
        };
        workers
            .take(take_page(limit))
            .filter_map(|worker| Self::offer_view(worker, version))
            .collect()
    }

    /// Versions that a worker serves after `after`, in the order of storage.
    pub fn offers_page(
        worker: &T::AccountId,
        after: Option<VersionId>,
        limit: u32,
    ) -> Vec<OfferView<T::AccountId>> {
        let versions = match after {
            Some(after) => Offers::<T>::iter_key_prefix_from(
                worker,
                Offers::<T>::hashed_key_for(worker, after),
            ),
            None => Offers::<T>::iter_key_prefix(worker),
        };
        versions
            .take(take_page(limit))
            .filter_map(|version| Self::offer_view(worker.clone(), version))
            .collect()
    }

    /// What a job would cost now, or the error that `open_job` would give: the job is opened, and
    /// everything undone.
    pub fn quote(
        payer: &T::AccountId,
        version: VersionId,
        worker: &T::AccountId,
        mode: Mode,
        units: u32,
        duration: Tick,
    ) -> Result<Quote, DispatchError> {
        let order = Order {
            version,
            workers: vec![worker.clone()].try_into().unwrap_or_default(),
            mode,
            units,
            max_cost: Balance::MAX,
            duration,
            input_commitment: Default::default(),
            blob: Default::default(),
        };
        with_transaction(|| {
            let before = Self::job_deposits_of(payer);
            let opened = Self::do_open(payer.clone(), order);
            let deposit = Self::job_deposits_of(payer).saturating_sub(before);
            TransactionOutcome::Rollback(opened.map(|(_, opening)| {
                let (price, fee) = (opening.price.value, opening.fee);
                let share = T::Rules::current().1.network_share;
                Quote {
                    asset: opening.price.asset,
                    price: price.saturating_mul(units.into()),
                    fee: fee.saturating_mul(units.into()),
                    gross: opening.gross,
                    network: divide(units, units, price, fee, share).network(),
                    deposit,
                }
            }))
        })
    }

    /// An open job.
    pub fn job_view(job: JobId) -> Option<JobView<T::AccountId>> {
        Jobs::<T>::get(job_key(job)).map(|found| Self::view_of(job, found))
    }

    fn view_of(id: JobId, job: JobOf<T>) -> JobView<T::AccountId> {
        let mode = job.run.mode();
        let Run::Direct { worker } = job.run;
        JobView {
            id,
            payer: job.payer,
            opener: job.opener,
            version: job.version,
            mode,
            workers: vec![worker],
            units: job.units,
            asset: job.asset,
            price: job.price,
            fee: job.fee,
            deadline: job.deadline,
            revision: job.revision,
            input_commitment: job.input_commitment,
            blob: job.blob,
        }
    }

    /// Open jobs that `payer` pays for, oldest first, and where to go on.
    pub fn jobs_page(
        payer: &T::AccountId,
        from: JobId,
        limit: u32,
    ) -> (Vec<JobView<T::AccountId>>, Option<JobId>) {
        Self::jobs_where(from, limit, |job| job.payer == *payer)
    }

    /// Open jobs of `worker`, oldest first, and where to go on.
    pub fn jobs_of_worker_page(
        worker: &T::AccountId,
        from: JobId,
        limit: u32,
    ) -> (Vec<JobView<T::AccountId>>, Option<JobId>) {
        Self::jobs_where(from, limit, |job| {
            let Run::Direct { worker: its } = &job.run;
            its == worker
        })
    }

    /// Looks at no more than [`MAX_SCAN`] open jobs; ids of jobs that have ended cost nothing.
    fn jobs_where(
        from: JobId,
        limit: u32,
        wanted: impl Fn(&JobOf<T>) -> bool,
    ) -> (Vec<JobView<T::AccountId>>, Option<JobId>) {
        let mut open = match from.0.checked_sub(1) {
            Some(before) => Jobs::<T>::iter_from_key(job_key(JobId(before))),
            None => Jobs::<T>::iter(),
        };
        let max_cost = take_page(limit);
        let mut page = Vec::new();
        for _ in 0..MAX_SCAN {
            if page.len() >= max_cost {
                break;
            }
            match open.next() {
                Some((key, job)) if wanted(&job) => page.push(Self::view_of(job_id(key), job)),
                Some(_) => (),
                None => return (page, None),
            }
        }
        let next = open.next().map(|(key, _)| job_id(key));
        (page, next)
    }
}
