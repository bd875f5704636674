//! Direct jobs: one worker, trusted by its name and record. Owns no storage.

use crate::{
    reputation::Ending,
    settlement::divide,
    types::{due_tick, JobRow, Worker},
    Config, Error, Event, JobOf, Jobs, Pallet, Workers,
};
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use myai_primitives::*;
use myai_support::{Clock, JobIncome, Money, Payouts, RulesAt};
use sp_runtime::{traits::SaturatedConversion, DispatchError, DispatchResult};

/// What `expire` finds.
pub(crate) enum Overdue<Job> {
    /// An open job to be ended.
    Open(Job),
    /// An ended one that was kept long enough.
    Kept(Tick),
}

/// What settling a job cost.
pub(crate) enum Attested {
    /// It was in the token, had no uploader, and the payout account was paid.
    Plain,
    /// The same, and credit of an earlier epoch got rows of its own.
    FirstOfEpoch,
    /// Anything else.
    Dear,
}

impl<T: Config> Pallet<T> {
    /// The job, its worker's id and row, if `who` may attest or decline it now.
    pub(crate) fn answerable(
        who: &T::AccountId,
        id: JobId,
    ) -> Result<(JobOf<T>, T::AccountId, Worker<T::AccountId>), JobCallError> {
        let job = Self::open_job_of(id)?;
        let Run::Direct { worker: host, .. } = &job.run;
        let host = host.clone();
        let worker = Workers::<T>::get(&host).filter(|w| w.signer == *who);
        let worker = worker.ok_or(JobCallError::NotItsSigner)?;
        ensure!(
            T::Clock::served() <= job.deadline,
            JobCallError::DeadlinePassed
        );
        Ok((job, host, worker))
    }

    /// The same, if so many units may be attested.
    pub(crate) fn attestable(
        who: &T::AccountId,
        id: JobId,
        units: u32,
    ) -> Result<(JobOf<T>, T::AccountId, Worker<T::AccountId>), JobCallError> {
        let found = Self::answerable(who, id)?;
        ensure!(
            (1..=found.0.units).contains(&units),
            JobCallError::UnitsOutOfBounds
        );
        Ok(found)
    }

    /// What `expire` would end or remove.
    pub(crate) fn expirable(id: JobId) -> Result<Overdue<JobOf<T>>, JobCallError> {
        let served = T::Clock::served();
        match Jobs::<T>::get(id).ok_or(JobCallError::NotOpen)? {
            JobRow::Open(job) => {
                ensure!(served > job.deadline, JobCallError::DeadlineNotPassed);
                Ok(Overdue::Open(job))
            }
            JobRow::Ended(end) => {
                let kept =
                    T::RulesAt::current().map_or(Tick::MAX, |rules| rules.list.answer_kept());
                ensure!(
                    served > end.deadline.saturating_add(kept),
                    JobCallError::StillKept
                );
                Ok(Overdue::Kept(end.deadline))
            }
        }
    }

    /// Settles a job.
    pub(crate) fn do_attest(
        who: T::AccountId,
        id: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<Attested, DispatchError> {
        let (job, host, worker) = Self::attestable(&who, id, units).map_err(Error::<T>::from)?;
        let division = divide(job.units, units, job.price, job.fee, job.network_share);
        let paid = division
            .network()
            .saturating_add(division.model)
            .saturating_add(division.worker);
        // What the payout account cannot receive is the worker's own: payout accounts come and go at
        // its will, and each could leave a debt behind that is never paid.
        let payout = match T::Money::can_receive(&job.asset, &worker.payout, division.worker) {
            true => worker.payout.clone(),
            false => host.clone(),
        };
        let is_plain =
            job.asset == Asset::Native && job.uploader.is_none() && payout == worker.payout;
        let block: BlockNumberFor<T> = frame_system::Pallet::<T>::block_number();
        Self::close(
            id,
            &job,
            Outcome::Settled {
                output_commitment,
                blob,
                units,
                paid,
                block: block.saturated_into(),
            },
        );

        let reason = Self::job_reason();
        let income = JobIncome {
            split: job.split,
            model: division.model,
            worker: &host,
            price_cut: division.price_cut,
            fee_cut: division.fee_cut,
        };
        let settled = T::Payouts::settle(&job.payer, &reason, &job.asset, &income);
        // Cuts in other assets earn nothing, and those that are a debt when it is paid.
        let (price_cut, fee_cut) = match job.asset {
            Asset::Native if settled.has_moved => (division.price_cut, division.fee_cut),
            _ => (0, 0),
        };
        let ending = Ending::Settled { price_cut, fee_cut };
        let has_rolled = Self::record_ending(&host, worker, ending) || settled.has_rolled;
        T::Payouts::to_account(&job.payer, &reason, &job.asset, division.worker, &payout);
        let rest = division.refund.saturating_add(job.deposit);
        let refunded = T::Payouts::refund(&job.payer, &reason, &job.asset, rest);
        Self::deposit_event(Event::JobSettled {
            job: id,
            payer: job.payer,
            worker: host,
            version: job.version,
            payout,
            asset: job.asset,
            units,
            total_price: division.price_cut.saturating_add(division.model),
            total_fee: division.fee_cut.saturating_add(division.worker),
            network: division.network(),
            to_model: division.model,
            to_worker: division.worker,
            refunded,
            input_commitment: job.input_commitment,
            output_commitment,
            blob,
        });
        Ok(match (is_plain, has_rolled) {
            (true, false) => Attested::Plain,
            (true, true) => Attested::FirstOfEpoch,
            (false, _) => Attested::Dear,
        })
    }

    pub(crate) fn do_decline(
        who: T::AccountId,
        id: JobId,
        reason: DeclineReason,
    ) -> DispatchResult {
        let (job, host, worker) = Self::answerable(&who, id).map_err(Error::<T>::from)?;
        Self::close(id, &job, Outcome::Declined(reason));
        let (ending, (charged, refunded)) = match reason.blames_payer() {
            true => (Ending::Spoilt, Self::refund_spoilt(&job)),
            false => (Ending::Declined, (0, Self::refund(&job))),
        };
        Self::record_ending(&host, worker, ending);
        Self::deposit_event(Event::JobDeclined {
            job: id,
            payer: job.payer,
            worker: host,
            reason,
            asset: job.asset,
            charged,
            refunded,
        });
        Ok(())
    }

    pub(crate) fn do_expire(id: JobId) -> DispatchResult {
        match Self::expirable(id).map_err(Error::<T>::from)? {
            Overdue::Open(job) => Self::end_expired(id, job),
            Overdue::Kept(deadline) => Self::forget(id, deadline),
        }
        Ok(())
    }

    /// Ends a job whose deadline has passed.
    pub(crate) fn end_expired(id: JobId, job: JobOf<T>) {
        Self::close(id, &job, Outcome::Expired);
        let Run::Direct { worker: host, .. } = job.run.clone();
        if let Some(worker) = Workers::<T>::get(&host) {
            Self::record_ending(&host, worker, Ending::Expired);
        }
        let refunded = Self::refund(&job);
        Self::deposit_event(Event::JobExpired {
            job: id,
            payer: job.payer,
            worker: host,
            asset: job.asset,
            refunded,
        });
    }

    /// Removes rows of ended jobs that were kept long enough, as far as they are at the head of the
    /// queue: at most [`crate::MAX_REMOVED`], so that full blocks do not grow the state. How many.
    pub(crate) fn remove_due(rules: &RuleSet) -> u32 {
        let (served, kept) = (T::Clock::served(), rules.answer_kept());
        let mut removed = 0;
        while removed < crate::MAX_REMOVED {
            let Some((due, id)) = crate::Deadlines::<T>::iter_keys().next() else {
                break;
            };
            let due = due_tick(due);
            if served <= due.saturating_add(kept)
                || matches!(Jobs::<T>::get(id), Some(JobRow::Open(_)))
            {
                break;
            }
            Self::forget(id, due);
            removed += 1;
        }
        removed
    }
}

impl<T> From<JobCallError> for Error<T> {
    fn from(error: JobCallError) -> Self {
        match error {
            JobCallError::NotOpen => Self::NotOpen,
            JobCallError::NotItsSigner => Self::NotItsSigner,
            JobCallError::DeadlinePassed => Self::DeadlinePassed,
            JobCallError::DeadlineNotPassed => Self::DeadlineNotPassed,
            JobCallError::UnitsOutOfBounds => Self::UnitsOutOfBounds,
            JobCallError::StillKept => Self::StillKept,
        }
    }
}
