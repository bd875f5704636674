//! Direct jobs: one worker, trusted by its name and record. Owns no storage.

use crate::{
    reputation::Ending,
    settlement::divide,
    types::{Run, Worker},
    Config, Error, Event, JobOf, Pallet, WorkerOf, Workers,
};
use frame_support::ensure;
use myai_primitives::*;
use sp_runtime::{DispatchError, DispatchResult};

/// Why a call that ends a job would fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobCallError {
    NotOpen,
    NotItsSigner,
    DeadlinePassed,
    DeadlineNotPassed,
    Units,
}

impl<T: Config> Pallet<T> {
    /// The job and its worker, if `who` may attest or decline it now.
    pub(crate) fn answerable(
        who: &T::AccountId,
        id: JobId,
    ) -> Result<(JobOf<T>, WorkerOf<T>), JobCallError> {
        let job = Self::open_job_or_err(id).map_err(|_| JobCallError::NotOpen)?;
        let Run::Direct { worker } = &job.run;
        let worker = Workers::<T>::get(worker).filter(|w| w.signer == *who);
        let worker = worker.ok_or(JobCallError::NotItsSigner)?;
        ensure!(
            T::Clock::served() <= job.deadline,
            JobCallError::DeadlinePassed
        );
        Ok((job, worker))
    }

    /// The job and its worker, if `who` may attest it now with so many units used.
    pub(crate) fn attestable(
        who: &T::AccountId,
        id: JobId,
        units: u32,
    ) -> Result<(JobOf<T>, WorkerOf<T>), JobCallError> {
        let (job, worker) = Self::answerable(who, id)?;
        ensure!((1..=job.units).contains(&units), JobCallError::Units);
        Ok((job, worker))
    }

    /// The job, if its deadline has passed.
    pub(crate) fn expirable(id: JobId) -> Result<JobOf<T>, JobCallError> {
        let job = Self::open_job_or_err(id).map_err(|_| JobCallError::NotOpen)?;
        ensure!(
            T::Clock::served() > job.deadline,
            JobCallError::DeadlineNotPassed
        );
        Ok(job)
    }

    /// Settles a job. The asset in which it was paid.
    pub(crate) fn do_attest(
        who: T::AccountId,
        id: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<Asset, DispatchError> {
        let (job, Worker { payout, .. }) =
            Self::attestable(&who, id, units).map_err(Error::<T>::from)?;
        // Revisions are kept for ever; should one be missing, today's share is the best guess.
        let rules = T::Rules::at(job.revision).unwrap_or_else(|| {
            frame_support::defensive!("rules that a job pinned are kept");
            T::Rules::current().1
        });
        let division = divide(job.units, units, job.price, job.fee, rules.network_share);
        Self::close(id, &job);
        let Run::Direct { worker } = job.run.clone();
        let native_cut = match job.asset {
            Asset::Native => division.network(),
            Asset::Id(_) => 0,
        };
        Self::record_ending(&worker, Ending::Settled { native_cut });
        Self::pay(&job, &payout, &division);
        Self::deposit_event(Event::JobSettled {
            job: id,
            payer: job.payer,
            worker,
            version: job.version,
            payout,
            asset: job.asset.clone(),
            units,
            price: division.price_cut.saturating_add(division.model),
            fee: division.fee_cut.saturating_add(division.worker),
            network: division.network(),
            to_model: division.model,
            to_worker: division.worker,
            refunded: division.refund,
            input_commitment: job.input_commitment,
            output_commitment,
            blob,
        });
        Ok(job.asset)
    }

    pub(crate) fn do_decline(
        who: T::AccountId,
        id: JobId,
        reason: DeclineReason,
    ) -> DispatchResult {
        let (job, _) = Self::answerable(&who, id).map_err(Error::<T>::from)?;
        Self::close(id, &job);
        let Run::Direct { worker } = job.run.clone();
        Self::record_ending(&worker, Ending::Declined);
        Self::refund(&job);
        let refunded = job.gross();
        Self::deposit_event(Event::JobDeclined {
            job: id,
            payer: job.payer,
            worker,
            reason,
            asset: job.asset,
            refunded,
        });
        Ok(())
    }

    pub(crate) fn do_expire(id: JobId) -> DispatchResult {
        let job =
            Self::expirable(id).map_err(|doom| DispatchError::from(Error::<T>::from(doom)))?;
        Self::end_expired(id, job);
        Ok(())
    }

    /// Ends a job whose deadline has passed.
    pub(crate) fn end_expired(id: JobId, job: JobOf<T>) {
        Self::close(id, &job);
        let Run::Direct { worker } = job.run.clone();
        Self::record_ending(&worker, Ending::Expired);
        Self::refund(&job);
        let refunded = job.gross();
        Self::deposit_event(Event::JobExpired {
            job: id,
            payer: job.payer,
            worker,
            asset: job.asset,
            refunded,
        });
    }
}

impl<T> From<JobCallError> for Error<T> {
    fn from(doom: JobCallError) -> Self {
        match doom {
            JobCallError::NotOpen => Self::NotOpen,
            JobCallError::NotItsSigner => Self::NotItsSigner,
            JobCallError::DeadlinePassed => Self::DeadlinePassed,
            JobCallError::DeadlineNotPassed => Self::DeadlineNotPassed,
            JobCallError::Units => Self::UnitsOutOfBounds,
        }
    }
}
