//! What jobs of every mode have in common: opening and closing. Owns `Jobs`, `NextJob` and
//! `Deadlines`.

mod direct;

pub use direct::JobCallError;

use crate::{
    packed::Packed,
    settlement,
    types::{due_key, job_key, Job, NamedWorkers, Run},
    Config, Deadlines, Error, Event, JobOf, Jobs, NextJob, Offers, Pallet, Workers,
};
use frame_support::ensure;
use myai_primitives::*;
use sp_runtime::{ArithmeticError, DispatchError};

/// What a job would be opened under.
pub(crate) struct Opening<AccountId> {
    pub run: Run<AccountId>,
    pub price: Amount,
    pub fee: Balance,
    pub gross: Balance,
    pub deadline: Tick,
    pub revision: Revision,
    /// How many ancestors' licenses were looked at.
    pub ancestors: u32,
}

/// What an opener asks for.
pub(crate) struct Order<AccountId> {
    pub version: VersionId,
    pub workers: NamedWorkers<AccountId>,
    pub mode: Mode,
    pub units: u32,
    pub max_cost: Balance,
    pub duration: Tick,
    pub input_commitment: Hash32,
    pub blob: Hash32,
}

impl<T: Config> Pallet<T> {
    /// Whether an order may be opened now, money apart.
    fn ensure_can_open(
        order: &Order<T::AccountId>,
    ) -> Result<Opening<T::AccountId>, DispatchError> {
        let Order {
            version,
            mode,
            units,
            duration,
            ..
        } = *order;
        let (revision, rules) = T::Rules::current();
        ensure!(units > 0, Error::<T>::NoUnits);
        ensure!(
            (rules.min_job_duration..=rules.max_job_duration).contains(&duration),
            Error::<T>::DurationOutOfBounds
        );
        let [id] = order.workers.as_slice() else {
            return Err(Error::<T>::WrongNumberOfWorkers.into());
        };
        let until = T::Clock::now()
            .checked_add(duration)
            .ok_or(ArithmeticError::Overflow)?;
        let Offerable {
            price, ancestors, ..
        } = T::Versions::open_until(version, mode, until)?;

        let worker = Workers::<T>::get(id).ok_or(Error::<T>::WorkerNotFound)?;
        let offer = Offers::<T>::get(id, version).ok_or(Error::<T>::NotServed)?;
        Self::ensure_takes_work(id, &worker, &rules)?;
        ensure!(
            duration >= offer.min_duration,
            Error::<T>::ShorterThanOffered
        );
        // What does not fit costs more than any `max_cost`.
        let gross = settlement::gross(units, price.value, offer.fee.value)
            .filter(|gross| *gross <= order.max_cost)
            .ok_or(Error::<T>::CostsMore)?;
        let deadline = T::Clock::served()
            .checked_add(duration)
            .ok_or(ArithmeticError::Overflow)?;
        let run = match mode {
            Mode::Direct => Run::Direct { worker: id.clone() },
        };
        Ok(Opening {
            run,
            price,
            fee: offer.fee.value,
            gross,
            deadline,
            revision,
            ancestors,
        })
    }

    /// Opens what `order` asks for with `payer`'s money.
    pub(crate) fn do_open(
        payer: T::AccountId,
        order: Order<T::AccountId>,
    ) -> Result<(JobId, Opening<T::AccountId>), DispatchError> {
        let opening = Self::ensure_can_open(&order)?;
        let id = NextJob::<T>::get();
        let next = id.next().ok_or(ArithmeticError::Overflow)?;
        let asset = opening.price.asset.clone();
        Self::hold_gross(&payer, &asset, opening.gross)?;
        let ticket = Self::take_job_deposit(&payer)?;

        let job = Job {
            payer: payer.clone(),
            opener: None,
            version: order.version,
            run: opening.run.clone(),
            units: order.units,
            asset: asset.clone(),
            price: opening.price.value,
            fee: opening.fee,
            deadline: opening.deadline,
            revision: opening.revision,
            input_commitment: order.input_commitment,
            blob: order.blob,
            ticket: Packed(ticket),
        };
        NextJob::<T>::put(next);
        Deadlines::<T>::insert(due_key(job.deadline), job_key(id), ());
        let Run::Direct { worker } = &opening.run;
        Self::record_opening(worker);
        Jobs::<T>::insert(job_key(id), job);
        Self::deposit_event(Event::JobOpened {
            job: id,
            payer,
            opener: None,
            version: order.version,
            mode: order.mode,
            workers: order.workers,
            units: order.units,
            asset,
            price: opening.price.value,
            fee: opening.fee,
            deadline: opening.deadline,
            revision: opening.revision,
            input_commitment: order.input_commitment,
            blob: order.blob,
        });
        Ok((id, opening))
    }

    pub(crate) fn open_job_or_err(job: JobId) -> Result<JobOf<T>, Error<T>> {
        Jobs::<T>::get(job_key(job)).ok_or(Error::<T>::NotOpen)
    }

    /// Removes a job from storage and gives its deposit back. The gross stays held: the caller pays
    /// it out, and counts the end on the worker's record.
    pub(crate) fn close(id: JobId, job: &JobOf<T>) {
        Jobs::<T>::remove(job_key(id));
        Deadlines::<T>::remove(due_key(job.deadline), job_key(id));
        Self::return_job_deposit(&job.payer, job.ticket.0.clone());
    }
}
