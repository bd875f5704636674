//! Every movement of money of this pallet: bonds, what is held for jobs, storage deposits. Owns no
//! storage.
//!
//! What a payer holds is taken politely (locks respected) and comes out with force (locks made
//! later change nothing). A job's gross and deposit are one hold, in the job's asset. A worker's hot
//! row has its native bond beside the hold, so that opening a job reads one row less.

use crate::{
    types::{Offer, Worker, WorkerProfile},
    Config, HoldReason, JobOf, OfferOf, Pallet, ProfileOf,
};
use codec::MaxEncodedLen;
use frame_support::traits::{Consideration, Footprint};
use myai_primitives::*;
use myai_support::{Money, Payouts};
use sp_runtime::DispatchResult;

// Footprints count what is stored as one thing of so many bytes, keys included, at its largest: a
// deposit does not change while the thing does.

/// Bytes of an entry's key beyond its parts: the map's prefix, and 16 for each hashed part.
const PREFIX: usize = 32;
const HASH: usize = 16;

impl<T: Config> Pallet<T> {
    /// `Workers`, `Profiles`, `SignerOf` and `Records` of one worker.
    pub fn worker_footprint() -> Footprint {
        let account = T::AccountId::max_encoded_len();
        Footprint::from_parts(
            1,
            Worker::<T::AccountId>::max_encoded_len()
                + WorkerProfile::<T::WorkerConsideration>::max_encoded_len()
                + account
                + 4 * (PREFIX + HASH + account),
        )
    }

    /// `Offers` and `OffersByVersion` of one offer.
    pub fn offer_footprint() -> Footprint {
        let key = T::AccountId::max_encoded_len() + VersionId::max_encoded_len();
        Footprint::from_parts(
            1,
            Offer::<T::OfferConsideration>::max_encoded_len() + 2 * (PREFIX + 2 * HASH + key),
        )
    }

    /// What `worker` has as a bond in `asset`.
    pub fn bond_of(worker: &T::AccountId, asset: &Asset) -> Balance {
        T::Money::held(asset, &HoldReason::WorkerBond.into(), worker)
    }

    pub(crate) fn hold_bond(
        worker: &T::AccountId,
        asset: &Asset,
        amount: Balance,
    ) -> DispatchResult {
        T::Money::hold(asset, &HoldReason::WorkerBond.into(), worker, amount)
    }

    pub(crate) fn release_bond(
        worker: &T::AccountId,
        asset: &Asset,
        amount: Balance,
    ) -> DispatchResult {
        T::Money::release(asset, &HoldReason::WorkerBond.into(), worker, amount)
    }

    pub(crate) fn job_reason() -> T::RuntimeHoldReason {
        HoldReason::Job.into()
    }

    pub(crate) fn hold_for_job(
        payer: &T::AccountId,
        asset: &Asset,
        amount: Balance,
    ) -> DispatchResult {
        T::Money::hold(asset, &Self::job_reason(), payer, amount)
    }

    pub(crate) fn take_worker_deposit(
        worker: &T::AccountId,
    ) -> Result<T::WorkerConsideration, sp_runtime::DispatchError> {
        T::WorkerConsideration::new(worker, Self::worker_footprint())
    }

    pub(crate) fn take_offer_deposit(
        worker: &T::AccountId,
    ) -> Result<T::OfferConsideration, sp_runtime::DispatchError> {
        T::OfferConsideration::new(worker, Self::offer_footprint())
    }

    pub(crate) fn return_worker_deposit(
        worker: &T::AccountId,
        gone: ProfileOf<T>,
    ) -> DispatchResult {
        gone.ticket.drop(worker)
    }

    pub(crate) fn return_offer_deposit(worker: &T::AccountId, gone: OfferOf<T>) -> DispatchResult {
        gone.ticket.drop(worker)
    }

    /// Gives the payer back all that was held for a job that is over. What moved; the rest is a debt.
    pub(crate) fn refund(job: &JobOf<T>) -> Balance {
        T::Payouts::refund(&job.payer, &Self::job_reason(), &job.asset, job.held())
    }
}
