//! What must hold of the storage at the end of every block. Not bounded: for checking only.

use crate::{
    family::{Base, Data, Family},
    publish::{listing, own},
    types::*,
    Approvals, Artifacts, Config, CurrentRules, DerivativeApprovals, Effectives, HoldReason,
    Listings, Models, ModelsOf, NextModel, NextVersion, Pallet, PastRules, Suspensions,
    VersionReferences, Versions, VersionsOf,
};
use alloc::collections::{BTreeMap, BTreeSet};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::*;
use myai_support::{Deposit, Licenses, Money, Splits};
use sp_runtime::TryRuntimeError;

type Check = Result<(), TryRuntimeError>;

impl<T: Config> Pallet<T> {
    /// Checks every invariant of this pallet.
    pub fn do_try_state() -> Check {
        Self::check_models()?;
        Self::check_versions()?;
        Self::check_references()?;
        Self::check_approvals()?;
        Self::check_deposits()?;
        Self::check_rules()?;
        Self::check_suspensions()
    }

    /// Ids are below the next one, deposits are the owners', counts and indices are right.
    fn check_models() -> Check {
        let mut counts = BTreeMap::<ModelId, u32>::new();
        for (model, place, ()) in VersionsOf::<T>::iter() {
            let version = VersionId::from_place(place);
            ensure!(
                Listings::<T>::get(version).is_some_and(|l| l.model == model),
                "the index of a model names a version that is not its own"
            );
            let count = counts.entry(model).or_default();
            *count = count.saturating_add(1);
        }
        for (place, found) in Models::<T>::iter() {
            let model = ModelId::from_place(place);
            let owner = &found.ownership.owner;
            ensure!(
                model < NextModel::<T>::get(),
                "a model has an id that was not given"
            );
            ensure!(
                found.deposit.payer == *owner,
                "a model's deposit is not its owner's"
            );
            ensure!(
                found.ownership.offered_to.as_ref() != Some(owner),
                "a model is offered to its owner"
            );
            ensure!(
                ModelsOf::<T>::contains_key(owner, place),
                "a model is not among its owner's"
            );
            ensure!(
                found.versions == counts.remove(&model).unwrap_or(0),
                "a model miscounts its versions"
            );
        }
        ensure!(counts.is_empty(), "a version's model is gone");
        ensure!(
            ModelsOf::<T>::iter_keys().count() == Models::<T>::iter_keys().count(),
            "an owner has a model that is not its own"
        );
        Ok(())
    }

    /// The three rows of a version and its index rows stand together, and say what its spec comes
    /// to.
    fn check_versions() -> Check {
        let listings = Listings::<T>::iter_keys().count();
        ensure!(
            listings == Versions::<T>::iter_keys().count()
                && listings == Effectives::<T>::iter_keys().count(),
            "the rows of a version do not stand together"
        );
        ensure!(
            listings == VersionsOf::<T>::iter_keys().count(),
            "a version is not in its model's index"
        );
        ensure!(
            listings == Artifacts::<T>::iter_keys().count(),
            "an artifact has a row without a version"
        );
        let mut splits = BTreeSet::new();
        for (version, listing) in Listings::<T>::iter() {
            ensure!(splits.insert(listing.split), "two versions have one split");
            ensure!(
                version < NextVersion::<T>::get(),
                "a version has an id that was not given"
            );
            let found =
                Versions::<T>::get(version).ok_or("the rows of a version do not stand together")?;
            ensure!(
                VersionsOf::<T>::contains_key(listing.model, version.place()),
                "a version is not in its model's index"
            );
            ensure!(
                Artifacts::<T>::contains_key(found.spec.artifact.sha256, version.place()),
                "a version's artifact has no row"
            );
            Self::check_version(version, &listing, &found)?;
        }
        Ok(())
    }

    /// What `inherit` says of the parents as they were published is what is stored, and so is the
    /// split.
    fn check_version(version: VersionId, stored: &Listing, found: &VersionOf<T>) -> Check {
        let family = Self::published_family(found)?;
        let effective = family
            .effective::<T>(&own(version, &found.spec))
            .map_err(|_| "a version's lines do not keep what they are asked")?;
        ensure!(
            Effectives::<T>::get(version).as_ref() == Some(&effective),
            "a version's effective clauses are not what its parents come to"
        );
        let lives_by = family
            .lives_by::<T>(version)
            .map_err(|_| "a version lives by too many grants")?;
        let mut expected = listing(
            stored.model,
            stored.split,
            &found.spec,
            &effective,
            lives_by,
        );
        expected.price.value = stored.price.value;
        expected.last_work = stored.last_work;
        expected.suspended_until = stored.suspended_until;
        ensure!(
            *stored == expected,
            "a version's listing is not what its spec and clauses come to"
        );
        ensure!(
            effective.ensure_price(stored.price.value).is_ok(),
            "a price is not what the clauses allow"
        );
        let expected = family.shares(stored.model, &found.spec.extras);
        let shares = T::Splits::shares_of(stored.split).ok_or("a version's split is gone")?;
        ensure!(
            shares == expected,
            "a version's split is not that of its lines"
        );
        for (dataset, _) in &found.terms {
            let grant = T::Licenses::grant_of(version, *dataset);
            // A retired version may have been taken from a grant that is over.
            if grant.is_none() && stored.is_retired() {
                continue;
            }
            let grant = grant.and_then(T::Licenses::grant);
            ensure!(
                grant.is_some_and(|g| g.dataset == *dataset && g.model == stored.model),
                "a version stands on no grant of a dataset that it was trained on"
            );
        }
        Ok(())
    }

    /// The bases and datasets of a version, as they were published: all of that is kept while the
    /// version stands, and none of it changes.
    fn published_family(found: &VersionOf<T>) -> Result<Family, TryRuntimeError> {
        let mut family = Family::default();
        for line in &found.spec.bases {
            let gone = "a version's base is gone";
            family.bases.push(Base {
                line: *line,
                listing: Listings::<T>::get(line.version).ok_or(gone)?,
                effective: Effectives::<T>::get(line.version).ok_or(gone)?,
                // That it was allowed was checked when it was published.
                own: true,
            });
        }
        let mut terms = found.terms.iter();
        for line in &found.spec.datasets {
            let (dataset, trained) = match line.source {
                DataSource::Dataset(dataset) => (dataset, None),
                DataSource::Grant(_) => {
                    let (dataset, number) =
                        terms.next().ok_or("a grant of a version has no terms")?;
                    let stated = T::Licenses::terms(*dataset, *number)
                        .ok_or("terms that a version was published under are gone")?;
                    let effective = Effective::of_terms(*dataset, *number, &stated.clauses);
                    (*dataset, Some((*number, effective)))
                }
            };
            family.data.push(Data {
                dataset,
                share: line.share,
                split: T::Licenses::dataset_split(dataset)
                    .ok_or("a dataset that a version names is gone")?,
                trained,
            });
        }
        ensure!(terms.next().is_none(), "terms of a version without a grant");
        Ok(family)
    }

    /// Each version counts its derivatives exactly, and keeps the terms that it was published under.
    fn check_references() -> Check {
        let mut derivatives = BTreeMap::<VersionId, u32>::new();
        let mut kept = BTreeMap::<(DatasetId, TermsNumber), u32>::new();
        for found in Versions::<T>::iter_values() {
            for terms in &found.terms {
                let count = kept.entry(*terms).or_default();
                *count = count.saturating_add(1);
            }
            for base in &found.spec.bases {
                let count = derivatives.entry(base.version).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (version, references) in VersionReferences::<T>::iter() {
            ensure!(
                Listings::<T>::contains_key(version),
                "a version referred to is gone"
            );
            ensure!(!references.is_none(), "a count of zero is kept");
            ensure!(
                references.derivatives == derivatives.remove(&version).unwrap_or(0),
                "a version miscounts its derivatives"
            );
        }
        ensure!(
            derivatives.is_empty(),
            "a version miscounts its derivatives"
        );
        ensure!(
            T::Licenses::kept() == kept,
            "terms are not kept as often as versions were published under them"
        );
        Ok(())
    }

    fn check_approvals() -> Check {
        for (version, model, found) in DerivativeApprovals::<T>::iter() {
            ensure!(
                version < NextVersion::<T>::get() && model < NextModel::<T>::get(),
                "an approval of what never was"
            );
            ensure!(found.count > 0, "an approval that is used up is kept");
        }
        for licensor in Approvals::<T>::iter_keys().map(|(licensor, _)| licensor) {
            if let Licensor::Version(version) = licensor {
                ensure!(
                    version < NextVersion::<T>::get(),
                    "an approval of what never was"
                );
            }
        }
        Ok(())
    }

    /// What accounts have on hold is what the tickets say, by reason.
    fn check_deposits() -> Check {
        let mut models = Tickets::<T>::default();
        for found in Models::<T>::iter_values() {
            models.count(&found.deposit)?;
        }
        models.check(HoldReason::ModelDeposit)?;
        let mut versions = Tickets::<T>::default();
        for found in Versions::<T>::iter_values() {
            versions.count(&found.deposit)?;
        }
        for found in DerivativeApprovals::<T>::iter_values() {
            versions.count(&found.deposit)?;
        }
        for found in Approvals::<T>::iter_values() {
            versions.count(&found.deposit)?;
        }
        versions.check(HoldReason::VersionDeposit)
    }

    fn check_rules() -> Check {
        let current = CurrentRules::<T>::get()
            .ok_or("there are no rules in force")?
            .rules
            .revision;
        ensure!(
            PastRules::<T>::iter_keys().all(|revision| revision < current),
            "a past revision is ahead of the current one"
        );
        ensure!(
            PastRules::<T>::iter_keys().count() == current as usize,
            "a past revision is gone"
        );
        Ok(())
    }
}

impl<T: Config> Pallet<T> {
    /// Suspensions end after they began, and where openings look for their ends they stand.
    fn check_suspensions() -> Check {
        let in_force = CurrentRules::<T>::get().ok_or("there are no rules in force")?;
        let halt = in_force.halt.into_iter();
        ensure!(
            Suspensions::<T>::iter_values()
                .chain(halt)
                .all(|found| found.suspension.since <= found.suspension.until),
            "a suspension ends before it begins"
        );
        for (subject, found) in Suspensions::<T>::iter() {
            let was_given = match subject {
                Subject::Model(model) => {
                    ensure!(
                        found.suspension.until <= in_force.models_until,
                        "openings would not look for a model's suspension"
                    );
                    model < NextModel::<T>::get()
                }
                Subject::Version(version) => version < NextVersion::<T>::get(),
                Subject::Dataset(_) | Subject::Worker(_) => true,
            };
            ensure!(was_given, "a suspension of what never was");
        }
        for (version, listing) in Listings::<T>::iter() {
            let row = Suspensions::<T>::get(Subject::Version(version));
            ensure!(
                listing.suspended_until == row.map(|found| found.suspension.until),
                "a version's listing does not say until when it is suspended"
            );
        }
        Ok(())
    }
}

/// What accounts have paid in deposits for one reason.
struct Tickets<T: Config>(BTreeMap<T::AccountId, Balance>);

impl<T: Config> Default for Tickets<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Config> Tickets<T> {
    fn count<Ticket: Encode>(&mut self, deposit: &Deposit<T::AccountId, Ticket>) -> Check {
        let value = deposit.value().ok_or("a ticket is not an amount")?;
        let sum = self.0.entry(deposit.payer.clone()).or_default();
        *sum = sum.saturating_add(value);
        Ok(())
    }

    fn check(mut self, reason: HoldReason) -> Check {
        let reason = reason.into();
        for who in frame_system::Account::<T>::iter_keys() {
            let tickets = self.0.remove(&who).unwrap_or(0);
            ensure!(
                T::Money::held(&Asset::Native, &reason, &who) == tickets,
                "deposits on hold are not what the tickets say"
            );
        }
        ensure!(
            self.0.values().all(|tickets| *tickets == 0),
            "deposits on hold are not what the tickets say"
        );
        Ok(())
    }
}
