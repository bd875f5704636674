//! Every movement of money of this pallet: bonds, what is held for jobs, storage deposits. Owns no
//! storage.
//!
//! What a payer holds is taken politely (locks respected) and comes out with force (locks made
//! later change nothing). Bonds are read off the hold itself; nothing here keeps a second copy.

use crate::{
    settlement::Division,
    types::{Job, Offer, Worker},
    Config, HoldReason, JobOf, OfferOf, Pallet, WorkerOf,
};
use codec::MaxEncodedLen;
use frame_support::{
    defensive,
    traits::{Consideration, Defensive, Footprint},
};
use myai_primitives::*;
use sp_runtime::{DispatchError, DispatchResult};

// Footprints count what is stored as one thing of so many bytes, keys included, at its largest: a
// deposit does not change while the thing does.

/// Bytes of an entry's key beyond its parts: the map's prefix, and 16 for each hashed part.
const PREFIX: usize = 32;
const HASH: usize = 16;

impl<T: Config> Pallet<T> {
    /// `Workers`, `SignerOf` and `Records` of one worker.
    pub fn worker_footprint() -> Footprint {
        let account = T::AccountId::max_encoded_len();
        Footprint::from_parts(
            1,
            Worker::<T::AccountId, T::WorkerConsideration>::max_encoded_len()
                + crate::types::WorkerRecord::max_encoded_len()
                + account
                + 3 * (PREFIX + HASH + account),
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

    /// `Jobs` and `Deadlines` of one job.
    pub fn job_footprint() -> Footprint {
        Footprint::from_parts(
            1,
            Job::<T::AccountId, T::JobConsideration>::max_encoded_len()
                + 2 * PREFIX
                + 2 * JobId::max_encoded_len()
                + Tick::max_encoded_len(),
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

    pub(crate) fn hold_gross(
        payer: &T::AccountId,
        asset: &Asset,
        amount: Balance,
    ) -> DispatchResult {
        T::Money::hold(asset, &HoldReason::Job.into(), payer, amount)
    }

    pub(crate) fn take_worker_deposit(
        worker: &T::AccountId,
    ) -> Result<T::WorkerConsideration, DispatchError> {
        T::WorkerConsideration::new(worker, Self::worker_footprint())
    }

    pub(crate) fn take_offer_deposit(
        worker: &T::AccountId,
    ) -> Result<T::OfferConsideration, DispatchError> {
        T::OfferConsideration::new(worker, Self::offer_footprint())
    }

    pub(crate) fn take_job_deposit(
        payer: &T::AccountId,
    ) -> Result<T::JobConsideration, DispatchError> {
        T::JobConsideration::new(payer, Self::job_footprint())
    }

    /// What `payer` has as deposits for open jobs.
    pub(crate) fn job_deposits_of(payer: &T::AccountId) -> Balance {
        T::Money::held(&Asset::Native, &HoldReason::JobDeposit.into(), payer)
    }

    pub(crate) fn return_worker_deposit(
        worker: &T::AccountId,
        gone: WorkerOf<T>,
    ) -> DispatchResult {
        gone.ticket.drop(worker)
    }

    pub(crate) fn return_offer_deposit(worker: &T::AccountId, gone: OfferOf<T>) -> DispatchResult {
        gone.ticket.drop(worker)
    }

    /// Never stops a job from ending.
    pub(crate) fn return_job_deposit(payer: &T::AccountId, ticket: T::JobConsideration) {
        let _ = ticket
            .drop(payer)
            .defensive_proof("the deposit is native and held since the job was opened; qed");
    }

    /// Pays out what was held for a job that is over. What cannot move becomes a debt.
    pub(crate) fn pay(job: &JobOf<T>, payout: &T::AccountId, division: &Division) {
        let reason: T::RuntimeHoldReason = HoldReason::Job.into();
        let (payer, asset) = (&job.payer, &job.asset);
        let network = T::Splits::network();
        let model = T::Versions::split_of(job.version).unwrap_or_else(|| {
            defensive!("a version stays as long as a job on it may be answered");
            network
        });
        T::Payouts::to_split(payer, &reason, asset, division.network(), network);
        T::Payouts::to_split(payer, &reason, asset, division.model, model);
        T::Payouts::to_account(payer, &reason, asset, division.worker, payout);
        T::Payouts::refund(payer, &reason, asset, division.refund);
    }

    /// Gives the payer back all that was held for a job that is over.
    pub(crate) fn refund(job: &JobOf<T>) {
        T::Payouts::refund(&job.payer, &HoldReason::Job.into(), &job.asset, job.gross());
    }
}
