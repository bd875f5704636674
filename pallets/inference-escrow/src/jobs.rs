//! What jobs of every mode have in common: opening and ending. Owns `Jobs`, `JobsOfWorker`,
//! `Uploaders`, and the entries of `Deadlines`.

pub(crate) mod direct;

use crate::{
    settlement,
    types::{due_key, End, Job, JobRow},
    Config, Deadlines, Error, Event, JobOf, Jobs, JobsOfWorker, Offers, Pallet, Uploaders, Workers,
};
use codec::Encode;
use frame_support::{defensive, ensure};
use myai_primitives::*;
use myai_support::{Clock, Money, Offerable, Payouts, RulesAt, Splits, Versions, Work};
use sp_runtime::{ArithmeticError, DispatchError};

/// What a job was opened under, for those who weigh and quote it.
pub(crate) struct Opening {
    pub asset: Asset,
    /// For one unit.
    pub price: Balance,
    pub fee: Balance,
    pub gross: Balance,
    pub deposit: Balance,
    pub spoilt_charge: Balance,
    pub network_share: Ppm,
    pub policies: Option<Hash32>,
    /// In the token, without an uploader: what costs least.
    pub is_plain: bool,
    /// How many grants, approvals, ended jobs and suspensions were looked at.
    pub lives_by: u32,
    pub approvals: u32,
    pub removed: u32,
    pub suspensions: u32,
}

/// What is not part of the order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// An opener signs for the policies.
    Opener,
    /// A quote does not.
    Quote,
}

impl<T: Config> Pallet<T> {
    /// Opens what `order` asks for with `payer`'s money.
    pub(crate) fn do_open(
        payer: T::AccountId,
        order: Order<T::AccountId>,
        asks: Asks,
    ) -> Result<Opening, DispatchError> {
        let rules = T::RulesAt::current()?;
        let removed = Self::remove_due(&rules.list);

        ensure!(
            order.payer == Payer::Own && order.parent.is_none(),
            Error::<T>::NoDelegates
        );
        ensure!(order.units > 0, Error::<T>::NoUnits);
        let served = T::Clock::served();
        ensure!(served <= order.open_by, Error::<T>::OrderExpired);
        ensure!(
            order.open_by <= served.saturating_add(MAX_OPEN_AHEAD),
            Error::<T>::OpenByTooFar
        );
        let durations = rules.list.min_job_duration()..=rules.list.max_job_duration();
        ensure!(
            durations.contains(&order.duration),
            Error::<T>::DurationOutOfBounds
        );
        let id = JobId::of(&payer, &payer, &order);
        ensure!(!Jobs::<T>::contains_key(id), Error::<T>::JobExists);

        let Run::Direct { worker: host, .. } = &order.run;
        let mut worker = Workers::<T>::get(host).ok_or(Error::<T>::WorkerNotFound)?;
        let offer = Offers::<T>::get(host, order.version).ok_or(Error::<T>::OfferNotFound)?;
        Self::ensure_takes_work(&worker, &rules.list)?;
        ensure!(
            order.duration >= offer.min_duration,
            Error::<T>::ShorterThanOffered
        );
        let fee = offer.fee.value;
        let until = T::Clock::now()
            .checked_add(order.duration)
            .ok_or(ArithmeticError::Overflow)?;
        let Offerable {
            price,
            split,
            policies,
            lives_by,
            approvals,
            suspensions,
            ..
        } = T::Versions::ensure_open(&Work {
            version: order.version,
            mode: order.run.mode(),
            until,
            user: &payer,
            hosts: core::slice::from_ref(host),
            input_length: order.input_length,
            fees: fee,
        })?;
        ensure!(
            asks == Asks::Quote || order.policies == policies,
            Error::<T>::PolicyNotAccepted
        );
        let asset = price.asset;
        // What does not fit costs more than any `max_cost`.
        let gross = settlement::gross(order.units, price.value, fee)
            .filter(|gross| *gross <= order.max_cost)
            .ok_or(Error::<T>::CostsMore)?;
        let network_share = rules.list.network_share();
        ensure!(
            T::Money::can_receive(
                &asset,
                &worker.payout,
                fee.saturating_sub(network_share.of(fee))
            ),
            Error::<T>::PayoutCannotReceive
        );
        let deposit = match asset {
            Asset::Native => rules.list.job_deposit(),
            Asset::Id(id) => T::Splits::job_deposit(id).ok_or(Error::<T>::AssetNotAccepted)?,
        };
        let held = gross
            .checked_add(deposit)
            .ok_or(ArithmeticError::Overflow)?;
        let deadline = served
            .checked_add(order.duration)
            .ok_or(ArithmeticError::Overflow)?;

        Self::hold_for_job(&payer, &asset, held)?;
        Deadlines::<T>::insert(due_key(deadline), id, ());
        JobsOfWorker::<T>::insert(host, id, ());
        worker.open = worker.open.saturating_add(1);
        Workers::<T>::insert(host, worker);
        if let Some(uploader) = &order.uploader {
            Uploaders::<T>::mutate(uploader, |jobs| *jobs = jobs.saturating_add(1));
        }
        let opening = Opening {
            asset,
            price: price.value,
            fee,
            gross,
            deposit,
            spoilt_charge: rules.list.spoilt_charge().of(deposit),
            network_share,
            policies,
            is_plain: asset == Asset::Native && order.uploader.is_none(),
            lives_by,
            approvals,
            removed,
            suspensions,
        };
        let job = Job {
            payer: payer.clone(),
            opener: None,
            uploader: order.uploader,
            version: order.version,
            run: order.run,
            units: order.units,
            asset,
            price: price.value,
            fee,
            deposit,
            deadline,
            duration: order.duration,
            split,
            network_share,
            revision: rules.revision,
            input_commitment: order.input_commitment,
            input_length: order.input_length,
        };
        Self::deposit_event(Event::JobOpened {
            job: id,
            payer: payer.clone(),
            opener: payer,
            version: job.version,
            run: job.run.clone(),
            units: job.units,
            asset,
            unit_price: job.price,
            unit_fee: job.fee,
            deposit,
            deadline,
            revision: job.revision,
            policies,
            input_commitment: job.input_commitment,
            input_length: job.input_length,
        });
        Jobs::<T>::insert(id, JobRow::Open(job));
        Ok(opening)
    }

    /// The job, if it is open.
    pub(crate) fn open_job_of(id: JobId) -> Result<JobOf<T>, JobCallError> {
        match Jobs::<T>::get(id) {
            Some(JobRow::Open(job)) => Ok(job),
            _ => Err(JobCallError::NotOpen),
        }
    }

    /// Writes how an open job ended; what was held stays held, the caller pays it out. The worker's
    /// row is the caller's too.
    pub(crate) fn close(id: JobId, job: &JobOf<T>, outcome: Outcome) {
        let workers: alloc::vec::Vec<_> = job.run.workers().cloned().collect();
        for worker in &workers {
            JobsOfWorker::<T>::remove(worker, id);
        }
        if let Some(uploader) = &job.uploader {
            Uploaders::<T>::mutate_exists(uploader, |jobs| {
                *jobs = jobs
                    .and_then(|open| open.checked_sub(1))
                    .filter(|open| *open > 0)
            });
        }
        let end = End {
            version: job.version,
            workers: workers.try_into().unwrap_or_default(),
            deadline: job.deadline,
            outcome,
        };
        Jobs::<T>::insert(id, JobRow::Ended(end));
    }

    /// Forgets how a job ended.
    pub(crate) fn forget(id: JobId, deadline: Tick) {
        Jobs::<T>::remove(id);
        Deadlines::<T>::remove(due_key(deadline), id);
    }

    /// Charges the payer who spoilt a job, and gives back the rest; what was charged, and what came
    /// back.
    pub(crate) fn refund_spoilt(job: &JobOf<T>) -> (Balance, Balance) {
        let rules = T::RulesAt::at(job.revision).unwrap_or_else(|_| {
            defensive!("the rules that a job pinned are kept");
            Default::default()
        });
        let charge = rules.spoilt_charge().of(job.deposit);
        let reason = Self::job_reason();
        let network = T::Splits::network();
        T::Payouts::to_splits(&job.payer, &reason, &job.asset, &[(network, charge)]);
        let rest = job.held().saturating_sub(charge);
        let refunded = T::Payouts::refund(&job.payer, &reason, &job.asset, rest);
        (charge, refunded)
    }

    /// The tag of all calls that end a job: only one of them can.
    pub(crate) fn job_tag(id: JobId) -> alloc::vec::Vec<u8> {
        (b"myai/job", id).encode()
    }
}
