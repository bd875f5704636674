//! What a reader of the chain asks; the runtime's `MyAiApi` answers with these. Pages are bounded
//! by [`MAX_PAGE`] rows. Owns no storage.

use crate::{
    jobs::Asks, settlement::divide, types::JobRow, Config, Jobs, JobsOfWorker, Offers,
    OffersByVersion, Pallet, Profiles, SignerOf, Uploaders, Workers,
};
use alloc::vec::Vec;
use frame_support::storage::{with_transaction, TransactionOutcome};
use myai_primitives::*;
use myai_support::{Clock, Money, Payouts, RulesAt, Splits};
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
            details: Profiles::<T>::get(id)?.details,
            bond: worker.bond,
            paused: worker.paused,
            open: worker.open,
            record: Self::decayed_record(&worker.record),
        })
    }

    /// The worker for which `signer` acts.
    pub fn worker_of(signer: &T::AccountId) -> Option<T::AccountId> {
        SignerOf::<T>::get(signer)
    }

    /// Whether `who` may put blobs into the HOP pool: a worker's signer, the payer of an open job, or
    /// who was named as its uploader. Debts alone admit nobody.
    pub fn may_submit_blob(who: &T::AccountId) -> bool {
        let reason = Self::job_reason();
        SignerOf::<T>::contains_key(who)
            || Uploaders::<T>::contains_key(who)
            || T::Splits::accepted().iter().any(|asset| {
                T::Money::held(asset, &reason, who) > T::Payouts::debts_of(who, &reason, asset)
            })
    }

    fn offer_view(id: T::AccountId, version: VersionId) -> Option<OfferView<T::AccountId>> {
        let offer = Offers::<T>::get(&id, version)?;
        let rules = T::RulesAt::current().ok()?.list;
        let worker = Workers::<T>::get(&id)?;
        Some(OfferView {
            version,
            available: Self::ensure_takes_work(&worker, &rules).is_ok(),
            fee: offer.fee,
            min_duration: offer.min_duration,
            record: Self::decayed_record(&worker.record),
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
    /// everything undone. That policies were accepted is not asked.
    pub fn quote(
        payer: &T::AccountId,
        version: VersionId,
        worker: &T::AccountId,
        mode: Mode,
        units: u32,
        duration: Tick,
        input_length: u32,
    ) -> Result<Quote, DispatchError> {
        let Mode::Direct = mode;
        let order = Order {
            payer: Payer::Own,
            parent: None,
            version,
            units,
            max_cost: Balance::MAX,
            duration,
            open_by: T::Clock::served(),
            policies: None,
            uploader: None,
            input_commitment: Default::default(),
            input_length,
            run: Run::Direct {
                worker: worker.clone(),
                blob: Default::default(),
            },
        };
        with_transaction(|| {
            let opened = Self::do_open(payer.clone(), order, Asks::Quote);
            TransactionOutcome::Rollback(opened.map(|o| Quote {
                asset: o.asset,
                price: o.price.saturating_mul(units.into()),
                fee: o.fee.saturating_mul(units.into()),
                gross: o.gross,
                network: divide(units, units, o.price, o.fee, o.network_share).network(),
                deposit: o.deposit,
                spoilt_charge: o.spoilt_charge,
                policies: o.policies,
            }))
        })
    }

    /// A job: open, or ended and how, while the chain says so.
    pub fn job_view(id: JobId) -> Option<JobView<T::AccountId>> {
        let state = match Jobs::<T>::get(id)? {
            JobRow::Open(job) => JobState::Open(OpenJobView {
                opener: job.opener.unwrap_or_else(|| job.payer.clone()),
                payer: job.payer,
                uploader: job.uploader,
                version: job.version,
                run: job.run,
                units: job.units,
                asset: job.asset,
                price: job.price,
                fee: job.fee,
                deposit: job.deposit,
                deadline: job.deadline,
                revision: job.revision,
                input_commitment: job.input_commitment,
                input_length: job.input_length,
            }),
            JobRow::Ended(end) => JobState::Ended(EndedJobView {
                version: end.version,
                workers: end.workers.into_inner(),
                deadline: end.deadline,
                kept_until: end
                    .deadline
                    .saturating_add(T::RulesAt::current().ok()?.list.answer_kept()),
                outcome: end.outcome,
            }),
        };
        Some(JobView { id, state })
    }

    /// Open jobs of `worker` after `after`, in the order of their ids.
    pub fn jobs_of_worker_page(
        worker: &T::AccountId,
        after: Option<JobId>,
        limit: u32,
    ) -> Vec<JobView<T::AccountId>> {
        let jobs = match after {
            Some(after) => JobsOfWorker::<T>::iter_key_prefix_from(
                worker,
                JobsOfWorker::<T>::hashed_key_for(worker, after),
            ),
            None => JobsOfWorker::<T>::iter_key_prefix(worker),
        };
        jobs.take(take_page(limit))
            .filter_map(Self::job_view)
            .collect()
    }
}
