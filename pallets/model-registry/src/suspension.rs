//! What moderation stops for a while: a model, a version, a dataset, a worker, or all new work. Owns
//! `Suspensions`, and of `CurrentRules` what is not the rules.
//!
//! A suspension stops new work and freezes, of a model's and a version's, the shares of the owner
//! and of extra accounts. It lapses by itself; its row stays, so that moderation does not go on with
//! it before as long again has passed. `Root` may; and what `Root` gave, or renewed, it alone lifts.
//!
//! What an opening must know costs a job on what is not suspended nothing: a version's own
//! suspension is in its listing and a worker's in its row, which are read anyway; whether any model
//! is suspended stands beside the rules, and only then the model's row is read.

use crate::{types::*, Config, CurrentRules, Error, Event, Listings, Models, Pallet, Suspensions};
use frame_support::{ensure, traits::EnsureOrigin};
use frame_system::{ensure_root, pallet_prelude::OriginFor};
use myai_primitives::*;
use myai_support::{Clock, Licenses, SuspendWorkers};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn ensure_moderator(origin: OriginFor<T>) -> Result<Moderator, DispatchError> {
        if ensure_root(origin.clone()).is_ok() {
            return Ok(Moderator::Root);
        }
        T::ModerationOrigin::ensure_origin(origin)?;
        Ok(Moderator::Moderation)
    }

    pub(crate) fn do_suspend(
        by: Moderator,
        subject: Subject<T::AccountId>,
        until: Tick,
    ) -> DispatchResult {
        let imposed = Self::next_suspension(by, Suspensions::<T>::get(&subject), until)?;
        match &subject {
            Subject::Model(model) => {
                Self::count_change(*model)?;
                CurrentRules::<T>::mutate(|row| {
                    if let Some(in_force) = row {
                        in_force.models_until = in_force.models_until.max(until);
                    }
                });
            }
            Subject::Version(version) => {
                let model = Self::listing(*version)?.model;
                // Or each could be suspended as soon as the other's suspension is over.
                if let Some(of_model) = Suspensions::<T>::get(Subject::Model(model)) {
                    Self::ensure_rested(by, &of_model.suspension)?;
                }
                Self::count_change(model)?;
            }
            Subject::Dataset(dataset) => {
                ensure!(
                    T::Licenses::dataset_owner(*dataset).is_some(),
                    Error::<T>::DatasetNotFound
                );
                T::Licenses::count_change(*dataset);
            }
            // One that has left before the vote was over could come back after it.
            Subject::Worker(_) => {}
        }
        Self::write(&subject, Some(imposed));
        Self::deposit_event(Event::Suspended {
            subject,
            since: imposed.suspension.since,
            until,
        });
        Ok(())
    }

    pub(crate) fn do_lift(by: Moderator, subject: Subject<T::AccountId>) -> DispatchResult {
        let lifted = Self::lifted(by, Suspensions::<T>::get(&subject))?;
        Self::write(&subject, Some(lifted));
        Self::deposit_event(Event::SuspensionLifted { subject });
        Ok(())
    }

    pub(crate) fn do_clear_suspension(subject: Subject<T::AccountId>) -> DispatchResult {
        let found = Suspensions::<T>::get(&subject).ok_or(Error::<T>::NotSuspended)?;
        ensure!(
            T::Clock::now() >= found.suspension.rests_until(),
            Error::<T>::SuspensionKept
        );
        Self::write(&subject, None);
        Self::deposit_event(Event::SuspensionCleared { subject });
        Ok(())
    }

    pub(crate) fn do_halt(by: Moderator, until: Tick) -> DispatchResult {
        let mut in_force = Self::in_force()?;
        let halt = Self::next_suspension(by, in_force.halt, until)?;
        in_force.halt = Some(halt);
        CurrentRules::<T>::put(in_force);
        Self::deposit_event(Event::NewWorkHalted {
            since: halt.suspension.since,
            until,
        });
        Ok(())
    }

    pub(crate) fn do_resume(by: Moderator) -> DispatchResult {
        let mut in_force = Self::in_force()?;
        in_force.halt = Some(Self::lifted(by, in_force.halt)?);
        CurrentRules::<T>::put(in_force);
        Self::deposit_event(Event::NewWorkResumed);
        Ok(())
    }

    /// A suspension until then, if it may begin now, or go on, after the `last` one.
    fn next_suspension(
        by: Moderator,
        last: Option<Imposed>,
        until: Tick,
    ) -> Result<Imposed, DispatchError> {
        let now = T::Clock::now();
        let last = last.map(|last| last.suspension);
        let longest = Self::in_force()?.rules.list.max_suspension();
        ensure!(until > now, Error::<T>::SuspensionOver);
        ensure!(
            until.saturating_sub(now) <= longest,
            Error::<T>::SuspensionTooLong
        );
        if let Some(last) = &last {
            Self::ensure_rested(by, last)?;
        }
        // One that goes on has lasted since it began.
        let since = last
            .filter(|last| last.is_running(now))
            .map_or(now, |last| last.since);
        Ok(Imposed {
            suspension: Suspension { since, until },
            by,
        })
    }

    fn ensure_rested(by: Moderator, last: &Suspension) -> DispatchResult {
        ensure!(
            by == Moderator::Root || T::Clock::now() >= last.rests_until(),
            Error::<T>::OnlyRootRenews
        );
        Ok(())
    }

    /// What a suspension that runs is once it is lifted: as long as it lasted has to pass again all the
    /// same, or lifting would be a way to renew.
    fn lifted(by: Moderator, imposed: Option<Imposed>) -> Result<Imposed, DispatchError> {
        let now = T::Clock::now();
        let mut running = imposed
            .filter(|found| found.suspension.is_running(now))
            .ok_or(Error::<T>::NotSuspended)?;
        ensure!(
            by == Moderator::Root || running.by == Moderator::Moderation,
            Error::<T>::OnlyRootLifts
        );
        running.suspension.until = now;
        Ok(running)
    }

    /// A buyer of the model must have seen its suspension.
    fn count_change(model: ModelId) -> DispatchResult {
        let mut found = Self::model(model)?;
        found.ownership.count_change();
        Models::<T>::insert(model.place(), found);
        Ok(())
    }

    /// Writes the row, and its end where openings look for it.
    fn write(subject: &Subject<T::AccountId>, imposed: Option<Imposed>) {
        let until = imposed.map(|row| row.suspension.until);
        match subject {
            Subject::Version(version) => Listings::<T>::mutate_extant(version, |listing| {
                listing.suspended_until = until;
            }),
            Subject::Worker(worker) => T::Workers::set_suspended(worker, until),
            Subject::Model(_) | Subject::Dataset(_) => {}
        }
        Suspensions::<T>::set(subject, imposed);
    }

    /// That work may be opened on the version now. How many suspensions were looked at.
    pub(crate) fn ensure_not_stopped(listing: &Listing) -> Result<u32, DispatchError> {
        let now = T::Clock::now();
        let in_force = Self::in_force()?;
        let runs = |until: Option<Tick>| until.is_some_and(|until| now < until);
        ensure!(
            !runs(in_force.halt.map(|halt| halt.suspension.until)),
            Error::<T>::NewWorkHalted
        );
        ensure!(!runs(listing.suspended_until), Error::<T>::VersionSuspended);
        if now >= in_force.models_until {
            return Ok(0);
        }
        ensure!(
            !runs(Self::model_suspended_until(listing.model)),
            Error::<T>::ModelSuspended
        );
        Ok(1)
    }

    /// That nothing of the version's income is frozen.
    pub(crate) fn ensure_not_frozen(version: VersionId) -> DispatchResult {
        ensure!(
            <Self as myai_support::Suspensions<_>>::frozen_until(version).is_none(),
            Error::<T>::VersionFrozen
        );
        Ok(())
    }

    fn model_suspended_until(model: ModelId) -> Option<Tick> {
        Suspensions::<T>::get(Subject::Model(model)).map(|found| found.suspension.until)
    }

    pub fn suspension_view(subject: &Subject<T::AccountId>) -> Option<SuspensionView> {
        Suspensions::<T>::get(subject).map(|found| found.suspension.into())
    }

    pub fn halt_view() -> Option<SuspensionView> {
        CurrentRules::<T>::get()?
            .halt
            .map(|halt| halt.suspension.into())
    }
}

impl<T: Config> myai_support::Suspensions<T::AccountId> for Pallet<T> {
    fn suspended_until(subject: &Subject<T::AccountId>) -> Option<Tick> {
        Suspensions::<T>::get(subject)
            .map(|found| found.suspension.until)
            .filter(|until| T::Clock::now() < *until)
    }

    fn frozen_until(version: VersionId) -> Option<Tick> {
        let listing = Listings::<T>::get(version)?;
        Self::model_suspended_until(listing.model)
            .max(listing.suspended_until)
            .filter(|until| T::Clock::now() < *until)
    }
}
