//! Publishing a version: every check of a spec, then the rows. Owns `NextVersion`, `Versions`,
//! `Effectives`, `VersionsOf` and `Artifacts`.

use crate::{
    family::{Base, Data, Family},
    types::*,
    Artifacts, Config, Effectives, Error, Event, Listings, Models, NextVersion, Pallet, Versions,
    VersionsOf,
};
use codec::Encode;
use frame_support::{ensure, traits::Get};
use myai_primitives::*;
use myai_support::{Clock, Deposit, Keeper, Licenses, RulesAt, Splits};
use sp_runtime::{DispatchError, DispatchResult};

/// Bytes of a version's deposit that depend neither on its spec nor on what comes down to it: its
/// rows' keys, its listing, its index rows, ticket and numbers.
pub(crate) const VERSION_FIXED: usize = 640;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_publish(
        who: T::AccountId,
        model: ModelId,
        spec: VersionSpec<T::AccountId>,
    ) -> DispatchResult {
        let mut owned = Self::changed_by(&who, model)?;
        owned.versions = owned
            .versions
            .checked_add(1)
            .ok_or(Error::<T>::IdsExhausted)?;
        Self::ensure_sound(&spec)?;
        let max_royalty = Self::current()?.list.max_royalty();
        Self::ensure_lines(&spec, max_royalty)?;
        Self::ensure_assets(&spec)?;
        let family = Self::family(&who, model, &spec)?;

        let version = NextVersion::<T>::get();
        let next = version.next().ok_or(Error::<T>::IdsExhausted)?;
        let effective = family.effective::<T>(&own(version, &spec))?;
        ensure!(
            effective.shares_down() <= max_royalty,
            Error::<T>::SharesDownAboveMaximum
        );
        let lives_by = family.lives_by::<T>(version)?;
        Self::use_approvals(&who, model, &family, &effective, version)?;

        let split = T::Splits::create(
            &who,
            family.shares(model, &spec.extras),
            Keeper::Version(version),
        )?;
        let deposit = Deposit::take(&who, version_size(&spec, &effective))?;
        let mut terms = Lines::default();
        for base in &family.bases {
            Self::inc(base.line.version, |r| &mut r.derivatives)?;
        }
        for data in &family.data {
            let Some((number, _)) = data.trained else {
                continue;
            };
            T::Licenses::inc_refs(data.dataset, number)?;
            terms
                .try_push((data.dataset, number))
                .map_err(|_| Error::<T>::TooManyLines)?;
        }

        let artifact = spec.artifact.sha256;
        NextVersion::<T>::put(next);
        Models::<T>::insert(model.place(), owned);
        VersionsOf::<T>::insert(model, version.place(), ());
        Artifacts::<T>::insert(artifact, version.place(), T::Clock::now());
        Listings::<T>::insert(version, listing(model, split, &spec, &effective, lives_by));
        Effectives::<T>::insert(version, effective);
        let event = Event::VersionPublished {
            version,
            model,
            artifact,
            first_with_artifact: Self::first_with_artifact(artifact).unwrap_or(version),
            split,
            unit: spec.unit,
            price: spec.price,
            bases: spec.bases.clone(),
            datasets: spec.datasets.clone(),
        };
        let lines = spec.datasets.clone();
        Versions::<T>::insert(
            version,
            Version {
                spec,
                terms,
                deposit,
            },
        );
        for line in lines {
            if let DataSource::Grant(grant) = line.source {
                T::Licenses::attach(grant, version)?;
            }
        }
        Self::deposit_event(event);
        Ok(())
    }

    /// The version that first had an artifact, of those that stand.
    pub(crate) fn first_with_artifact(artifact: Hash32) -> Option<VersionId> {
        Artifacts::<T>::iter_key_prefix(artifact)
            .next()
            .map(VersionId::from_place)
    }

    /// What can be told from the spec alone.
    fn ensure_sound(spec: &VersionSpec<T::AccountId>) -> DispatchResult {
        ensure!(
            spec.encoded_size() <= MAX_SPEC as usize,
            Error::<T>::SpecTooLong
        );
        let schemes = T::UriSchemes::get();
        let is_sound = |file: &File| file.is_sound(schemes);
        let clauses = &spec.clauses;
        clauses.ensure_sound().map_err(Error::<T>::from)?;
        ensure!(is_sound(&spec.artifact), Error::<T>::ArtifactNotSound);
        ensure!(is_sound(&spec.manifest), Error::<T>::ManifestNotSound);
        ensure!(
            clauses.text.as_ref().is_none_or(is_sound),
            Error::<T>::LicenseFileNotSound
        );
        ensure!(
            clauses.use_policy.as_ref().is_none_or(is_sound),
            Error::<T>::PolicyNotSound
        );
        ensure!(!spec.modes.is_empty(), Error::<T>::NoMode);
        ensure!(
            spec.modes.is_sorted_by(|a, b| a < b),
            Error::<T>::ModesNotInOrder
        );
        let bounds = 1..=MAX_PAYLOAD;
        ensure!(
            bounds.contains(&spec.max_input),
            Error::<T>::InputLimitOutOfBounds
        );
        ensure!(
            bounds.contains(&spec.max_output),
            Error::<T>::OutputLimitOutOfBounds
        );
        Ok(())
    }

    /// The lines against each other and the rules.
    fn ensure_lines(spec: &VersionSpec<T::AccountId>, max_royalty: Ppm) -> DispatchResult {
        let VersionSpec {
            bases,
            datasets,
            extras,
            ..
        } = spec;
        ensure!(
            are_distinct(bases.iter().map(|b| b.version)),
            Error::<T>::DuplicateBase
        );
        ensure!(
            are_distinct(extras.iter().map(|e| &e.account)),
            Error::<T>::DuplicateExtra
        );
        ensure!(
            extras.iter().all(|e| e.share.0 > 0),
            Error::<T>::ExtraShareIsZero
        );
        // The owner's line is one more.
        ensure!(
            bases.len() + datasets.len() + extras.len() < MAX_SHARES as usize,
            Error::<T>::TooManyLines
        );
        // At most 24 values of 32 bits: the sums fit.
        let sum = |parts: &mut dyn Iterator<Item = Ppm>| parts.map(|p| u64::from(p.0)).sum::<u64>();
        let royalties =
            sum(&mut bases.iter().map(|b| b.royalty)) + sum(&mut datasets.iter().map(|d| d.share));
        ensure!(
            royalties <= u64::from(max_royalty.0),
            Error::<T>::RoyaltyAboveMaximum
        );
        let given = royalties + sum(&mut extras.iter().map(|e| e.share));
        ensure!(
            given < u64::from(Ppm::MILLION.0),
            Error::<T>::NothingLeftForOwner
        );
        Ok(())
    }

    /// That the price and all that the clauses name are in assets in which prices may be.
    fn ensure_assets(spec: &VersionSpec<T::AccountId>) -> DispatchResult {
        let mut named = spec.clauses.royalty.alternatives.iter().map(|a| a.asset);
        let limit = match spec.clauses.commercial {
            Commercial::Forbidden { fees: Some(limit) } => Some(limit.asset),
            _ => None,
        };
        let price = spec.price.asset;
        ensure!(
            T::Splits::accepts(&price)
                && named.all(|a| a == price || T::Splits::accepts(&a))
                && limit.is_none_or(|a| a == price || T::Splits::accepts(&a)),
            Error::<T>::AssetNotAccepted
        );
        Ok(())
    }

    /// All that the spec names: it is there, and may be named by `who` for `model`.
    fn family(
        who: &T::AccountId,
        model: ModelId,
        spec: &VersionSpec<T::AccountId>,
    ) -> Result<Family, DispatchError> {
        let mut family = Family::default();
        for line in &spec.bases {
            let listing = Listings::<T>::get(line.version).ok_or(Error::<T>::BaseNotFound)?;
            let effective = Effectives::<T>::get(line.version).ok_or(Error::<T>::BaseNotFound)?;
            let own = Self::model_owner(listing.model).as_ref() == Some(who);
            family.bases.push(Base {
                line: *line,
                listing,
                effective,
                own,
            });
        }
        for base in &family.bases {
            let listing = &base.listing;
            ensure!(
                !listing.is_retired() || listing.irrevocable || family.is_named_for_another(base),
                Error::<T>::BaseRetired
            );
        }
        for line in &spec.datasets {
            family.data.push(Self::data(who, model, line)?);
        }
        ensure!(
            are_distinct(family.data.iter().map(|d| d.dataset)),
            Error::<T>::DuplicateDataset
        );
        Ok(family)
    }

    /// What a dataset's line names.
    fn data(who: &T::AccountId, model: ModelId, line: &DatasetLine) -> Result<Data, DispatchError> {
        let share = line.share;
        match line.source {
            DataSource::Grant(id) => {
                let grant = T::Licenses::grant(id).ok_or(Error::<T>::GrantNotFound)?;
                ensure!(grant.model == model, Error::<T>::GrantOfAnotherModel);
                T::Licenses::ensure_usable(id, who)?;
                let clauses = &grant.terms.clauses;
                let effective = Effective::of_terms(grant.dataset, grant.number, clauses);
                Ok(Data {
                    dataset: grant.dataset,
                    share,
                    split: grant.split,
                    trained: Some((grant.number, effective)),
                })
            }
            DataSource::Dataset(dataset) => Ok(Data {
                dataset,
                share,
                split: T::Licenses::dataset_split(dataset).ok_or(Error::<T>::DatasetNotFound)?,
                trained: None,
            }),
        }
    }
}

/// The version by itself.
pub(crate) fn own<AccountId>(version: VersionId, spec: &VersionSpec<AccountId>) -> Own<'_> {
    Own {
        source: Licensor::Version(version),
        clauses: &spec.clauses,
        unit: spec.unit,
        price: spec.price,
    }
}

/// What jobs read of the version.
pub(crate) fn listing<AccountId>(
    model: ModelId,
    split: SplitId,
    spec: &VersionSpec<AccountId>,
    effective: &Effective,
    lives_by: Lines<myai_support::Trained>,
) -> Listing {
    Listing {
        model,
        price: spec.price,
        split,
        last_work: None,
        irrevocable: spec.clauses.irrevocable,
        modes: spec.modes.clone(),
        max_input: spec.max_input,
        max_fee: effective.max_fee,
        policies: effective.policies_hash(),
        hosting: effective.flags.hosting,
        users: effective.flags.users,
        lives_by,
        suspended_until: None,
    }
}

/// Bytes that a version's deposit is for.
pub(crate) fn version_size<AccountId: Encode>(
    spec: &VersionSpec<AccountId>,
    effective: &Effective,
) -> usize {
    VERSION_FIXED
        .saturating_add(spec.encoded_size())
        .saturating_add(effective.encoded_size())
}
