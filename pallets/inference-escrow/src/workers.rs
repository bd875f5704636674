//! Workers, their bonds and what they serve. Owns `Workers`, `Profiles`, `SignerOf`, `Offers` and
//! `OffersByVersion`. Until when a worker is suspended the registry says, when it comes to be and when
//! the worker registers.

use crate::{
    types::{Offer, Worker, WorkerProfile},
    Config, Error, Event, Offers, OffersByVersion, Pallet, Profiles, Records, SignerOf, Workers,
};
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Clock, Money, RulesAt, Splits, SuspendWorkers, Suspensions, Versions};
use sp_runtime::DispatchResult;

/// Whether a client could reach the worker: one address at least, and none malformed.
fn is_reachable(details: &WorkerDetails) -> bool {
    let (endpoint, mailbox) = (&details.endpoint, &details.mailbox);
    (endpoint.is_empty() || is_uri(endpoint, &["https://"]))
        && (mailbox.is_empty() || is_uri(mailbox, &["wss://", "ws://"]))
        && !(endpoint.is_empty() && mailbox.is_empty())
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_register(
        id: T::AccountId,
        signer: T::AccountId,
        payout: T::AccountId,
        details: WorkerDetails,
        bond: Balance,
    ) -> DispatchResult {
        ensure!(
            !Workers::<T>::contains_key(&id),
            Error::<T>::AlreadyRegistered
        );
        ensure!(
            !SignerOf::<T>::contains_key(&signer),
            Error::<T>::SignerTaken
        );
        ensure!(is_reachable(&details), Error::<T>::Unreachable);
        let rules = T::RulesAt::current()?.list;
        ensure!(
            bond >= rules.min_worker_bond(),
            Error::<T>::BondBelowMinimum
        );
        Self::hold_bond(&id, &Asset::Native, bond)?;
        let ticket = Self::take_worker_deposit(&id)?;
        SignerOf::<T>::insert(&signer, &id);
        let worker = Worker {
            signer: signer.clone(),
            payout: payout.clone(),
            paused: false,
            max_open_jobs: details.max_open_jobs,
            open: 0,
            bond,
            // Leaving and coming back changes nothing.
            suspended_until: T::Suspensions::suspended_until(&Subject::Worker(id.clone())),
            record: Records::<T>::take(&id),
        };
        Workers::<T>::insert(&id, worker);
        let profile = WorkerProfile {
            details,
            offers: 0,
            ticket,
        };
        Profiles::<T>::insert(&id, profile);
        Self::deposit_event(Event::WorkerRegistered {
            worker: id,
            signer,
            payout,
            bond,
        });
        Ok(())
    }

    pub(crate) fn do_update(
        id: T::AccountId,
        signer: T::AccountId,
        payout: T::AccountId,
        details: WorkerDetails,
    ) -> DispatchResult {
        let mut worker = Workers::<T>::get(&id).ok_or(Error::<T>::WorkerNotFound)?;
        ensure!(is_reachable(&details), Error::<T>::Unreachable);
        if worker.signer != signer {
            ensure!(
                !SignerOf::<T>::contains_key(&signer),
                Error::<T>::SignerTaken
            );
            SignerOf::<T>::remove(&worker.signer);
            SignerOf::<T>::insert(&signer, &id);
        }
        worker.signer = signer.clone();
        worker.payout = payout.clone();
        worker.max_open_jobs = details.max_open_jobs;
        Workers::<T>::insert(&id, worker);
        Profiles::<T>::mutate(&id, |profile| {
            if let Some(profile) = profile {
                profile.details = details;
            }
        });
        Self::deposit_event(Event::WorkerUpdated {
            worker: id,
            signer,
            payout,
        });
        Ok(())
    }

    pub(crate) fn do_set_offer(
        id: T::AccountId,
        version: VersionId,
        fee: Balance,
        min_duration: Tick,
    ) -> DispatchResult {
        let worker = Workers::<T>::get(&id).ok_or(Error::<T>::WorkerNotFound)?;
        Self::ensure_not_suspended(&worker)?;
        let price = T::Versions::ensure_offer(version, &id, fee)?;
        ensure!(
            T::Splits::accepts(&price.asset),
            Error::<T>::AssetNotAccepted
        );
        // The least that a job ever pays out: one unit's fee after the network's cut.
        let rules = T::RulesAt::current()?.list;
        let least = fee.saturating_sub(rules.network_share().of(fee));
        ensure!(
            T::Money::can_receive(&price.asset, &worker.payout, least),
            Error::<T>::PayoutCannotReceive
        );
        let fee = Amount {
            asset: price.asset,
            value: fee,
        };
        match Offers::<T>::get(&id, version) {
            Some(mut offer) => {
                offer.fee = fee;
                offer.min_duration = min_duration;
                Offers::<T>::insert(&id, version, offer);
            }
            None => {
                let ticket = Self::take_offer_deposit(&id)?;
                T::Versions::inc_refs(version)?;
                let offer = Offer {
                    fee,
                    min_duration,
                    ticket,
                };
                Offers::<T>::insert(&id, version, offer);
                OffersByVersion::<T>::insert(version, &id, ());
                Profiles::<T>::mutate(&id, |profile| {
                    if let Some(profile) = profile {
                        profile.offers = profile.offers.saturating_add(1);
                    }
                });
            }
        }
        Self::deposit_event(Event::OfferSet {
            worker: id,
            version,
            fee,
            min_duration,
        });
        Ok(())
    }

    /// Removes an offer. Jobs that it led to have pinned what they need of it.
    pub(crate) fn do_remove_offer(id: T::AccountId, version: VersionId) -> DispatchResult {
        let offer = Offers::<T>::get(&id, version).ok_or(Error::<T>::OfferNotFound)?;
        Self::return_offer_deposit(&id, offer)?;
        Offers::<T>::remove(&id, version);
        OffersByVersion::<T>::remove(version, &id);
        Profiles::<T>::mutate(&id, |profile| {
            if let Some(profile) = profile {
                profile.offers = profile.offers.saturating_sub(1);
            }
        });
        T::Versions::dec_refs(version);
        Self::deposit_event(Event::OfferRemoved {
            worker: id,
            version,
        });
        Ok(())
    }

    pub(crate) fn do_clear_offer(id: T::AccountId, version: VersionId) -> DispatchResult {
        ensure!(
            Offers::<T>::contains_key(&id, version),
            Error::<T>::OfferNotFound
        );
        ensure!(T::Versions::is_retired(version), Error::<T>::NotRetired);
        Self::do_remove_offer(id, version)
    }

    /// By the worker or its signer. An account that is both a worker and another's signer acts
    /// for itself.
    pub(crate) fn do_set_paused(who: T::AccountId, paused: bool) -> DispatchResult {
        let id = if Workers::<T>::contains_key(&who) {
            who
        } else {
            SignerOf::<T>::get(&who).unwrap_or(who)
        };
        Workers::<T>::try_mutate(&id, |worker| -> DispatchResult {
            worker.as_mut().ok_or(Error::<T>::WorkerNotFound)?.paused = paused;
            Ok(())
        })?;
        Self::deposit_event(if paused {
            Event::WorkerPaused { worker: id }
        } else {
            Event::WorkerResumed { worker: id }
        });
        Ok(())
    }

    pub(crate) fn do_bond_more(id: T::AccountId, asset: Asset, value: Balance) -> DispatchResult {
        let mut worker = Workers::<T>::get(&id).ok_or(Error::<T>::WorkerNotFound)?;
        ensure!(value > 0, Error::<T>::ZeroAmount);
        ensure!(T::Splits::accepts(&asset), Error::<T>::AssetNotAccepted);
        Self::hold_bond(&id, &asset, value)?;
        if asset == Asset::Native {
            // What is held fits.
            worker.bond = worker.bond.saturating_add(value);
            Workers::<T>::insert(&id, worker);
        }
        Self::deposit_event(Event::BondAdded {
            worker: id,
            asset,
            value,
        });
        Ok(())
    }

    pub(crate) fn do_withdraw_bond(
        id: T::AccountId,
        asset: Asset,
        value: Balance,
    ) -> DispatchResult {
        ensure!(value > 0, Error::<T>::ZeroAmount);
        let left = Self::bond_of(&id, &asset)
            .checked_sub(value)
            .ok_or(Error::<T>::BondTooSmall)?;
        if let (Asset::Native, Some(mut worker)) = (asset, Workers::<T>::get(&id)) {
            let rules = T::RulesAt::current()?.list;
            ensure!(
                left >= rules.min_worker_bond(),
                Error::<T>::BondBelowMinimum
            );
            worker.bond = left;
            Workers::<T>::insert(&id, worker);
        }
        Self::release_bond(&id, &asset, value)?;
        Self::deposit_event(Event::BondWithdrawn {
            worker: id,
            asset,
            value,
        });
        Ok(())
    }

    pub(crate) fn do_leave(id: T::AccountId) -> DispatchResult {
        let worker = Workers::<T>::get(&id).ok_or(Error::<T>::WorkerNotFound)?;
        let profile = Profiles::<T>::get(&id).ok_or(Error::<T>::WorkerNotFound)?;
        ensure!(worker.open == 0, Error::<T>::HasOpenWork);
        ensure!(profile.offers == 0, Error::<T>::HasOffers);
        let bond = Self::bond_of(&id, &Asset::Native);
        Self::release_bond(&id, &Asset::Native, bond)?;
        SignerOf::<T>::remove(&worker.signer);
        Workers::<T>::remove(&id);
        Profiles::<T>::remove(&id);
        // A row without a deposit, so only for one that has done something.
        if worker.record != Default::default() {
            Records::<T>::insert(&id, worker.record);
        }
        Self::return_worker_deposit(&id, profile)?;
        Self::deposit_event(Event::WorkerLeft { worker: id, bond });
        Ok(())
    }

    fn ensure_not_suspended(worker: &Worker<T::AccountId>) -> Result<(), Error<T>> {
        let now = T::Clock::now();
        ensure!(
            worker.suspended_until.is_none_or(|until| now >= until),
            Error::<T>::WorkerSuspended
        );
        Ok(())
    }

    /// Whether the worker takes new work: with room, neither paused nor suspended, bonded as the rules
    /// ask.
    pub(crate) fn ensure_takes_work(
        worker: &Worker<T::AccountId>,
        rules: &RuleSet,
    ) -> Result<(), Error<T>> {
        Self::ensure_not_suspended(worker)?;
        ensure!(!worker.paused, Error::<T>::WorkerPaused);
        ensure!(worker.open < worker.max_open_jobs, Error::<T>::NoRoom);
        ensure!(
            worker.bond >= rules.min_worker_bond(),
            Error::<T>::BondBelowMinimum
        );
        Ok(())
    }
}

impl<T: Config> SuspendWorkers<T::AccountId> for Pallet<T> {
    fn set_suspended(worker: &T::AccountId, until: Option<Tick>) {
        Workers::<T>::mutate_extant(worker, |row| row.suspended_until = until);
    }
}
