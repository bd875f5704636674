//! Publishing a version: every check of a spec, then the records. Owns `NextVersion`, `Versions`,
//! `VersionsOf` and `Artifacts`.

use crate::{
    types::*, Approvals, Artifacts, Conditions, Config, Error, Event, Listings, Models,
    NextVersion, Pallet, Versions, VersionsOf, MAX_PAYLOAD,
};
use alloc::{collections::BTreeSet, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use myai_primitives::{
    documents::*, Amount, Balance, Clock, GrantId, Licenses, ModelId, Ppm, Rules, Splits, Tick,
    VersionId,
};
use sp_runtime::{DispatchError, DispatchResult};

/// Bytes of a version's deposit that do not depend on its spec: 312 of keys, and what the entries
/// hold beside what the publisher gave.
const VERSION_FIXED: usize = 400;

/// What was found out about a version while its spec was checked.
struct Draft {
    grants: Vec<License>,
    /// Split and parts of each line that is paid, the bases' first.
    lines: Vec<(myai_primitives::SplitId, Ppm)>,
    ancestors: BTreeSet<VersionId>,
    share_alike: bool,
    commercial: bool,
    min_price: Balance,
    licensed_until: Option<Tick>,
}

impl<T: Config> Pallet<T> {
    pub(crate) fn do_publish(
        who: T::AccountId,
        model: ModelId,
        spec: VersionSpec<T::AccountId>,
    ) -> DispatchResult {
        let mut owned = Self::ensure_owner(&who, model)?;
        Self::ensure_sound(&spec)?;
        let rest = Self::ensure_lines(&spec)?;
        let draft = Self::ensure_terms(&who, model, &spec)?;
        let ancestors = Lines::try_from(draft.ancestors.into_iter().collect::<Vec<_>>())
            .map_err(|_| Error::<T>::TooManyAncestors)?;
        let grants = Lines::try_from(draft.grants).map_err(|_| Error::<T>::TooManyLines)?;
        let version = NextVersion::<T>::get();
        let next = version.next().ok_or(Error::<T>::IdsExhausted)?;
        owned.versions = owned
            .versions
            .checked_add(1)
            .ok_or(Error::<T>::IdsExhausted)?;

        let size = VERSION_FIXED
            .saturating_add(spec.encoded_size())
            .saturating_add(grants.encoded_size())
            .saturating_add(ancestors.encoded_size());
        let deposit = Deposit::take(&who, size)?;
        let split = T::Splits::create(
            &who,
            draft
                .lines
                .iter()
                .map(|(split, parts)| (Beneficiary::Split(*split), *parts))
                .chain(
                    spec.extras
                        .iter()
                        .map(|e| (Beneficiary::Account(e.account.clone()), e.share)),
                )
                .chain([(Beneficiary::ModelOwner(model), rest)])
                .map(|(beneficiary, parts)| Share { beneficiary, parts })
                .collect(),
        )?;
        for parent in parents(&spec.bases, &ancestors) {
            Self::inc_refs(parent)?;
        }

        let artifact = spec.artifact.sha256;
        let first_with_artifact = Artifacts::<T>::get(artifact).unwrap_or(version);
        Artifacts::<T>::insert(artifact, first_with_artifact);
        NextVersion::<T>::put(next);
        Models::<T>::insert(model, owned);
        VersionsOf::<T>::insert(model, place(version), ());
        Listings::<T>::insert(
            version,
            Listing {
                model,
                price: spec.price.clone(),
                split,
                licensed_until: draft.licensed_until,
                last_work: None,
                commercial: draft.commercial,
                modes: spec.modes,
                ancestors,
            },
        );
        let named: Vec<GrantId> = grants.iter().map(|l| l.grant).collect();
        Conditions::<T>::insert(
            version,
            ConditionsOfVersion {
                terms: spec.terms,
                share_alike: draft.share_alike,
                min_price: draft.min_price,
                grants,
            },
        );
        Versions::<T>::insert(
            version,
            Version {
                artifact: spec.artifact,
                manifest: spec.manifest,
                numerics: spec.numerics,
                unit: spec.unit,
                max_input: spec.max_input,
                max_output: spec.max_output,
                openness: spec.openness,
                license: spec.license,
                bases: spec.bases.clone(),
                extras: spec.extras,
                deposit,
            },
        );
        for grant in named {
            T::Licenses::attach(grant, version)?;
        }
        Self::deposit_event(Event::VersionPublished {
            version,
            model,
            artifact,
            first_with_artifact,
            split,
            price: spec.price,
            bases: spec.bases,
            grants: spec.grants,
            licensed_until: draft.licensed_until,
        });
        Ok(())
    }

    /// What can be told from the spec alone.
    fn ensure_sound(spec: &VersionSpec<T::AccountId>) -> DispatchResult {
        ensure!(spec.artifact.is_sound(), Error::<T>::ArtifactNotSound);
        ensure!(spec.manifest.is_sound(), Error::<T>::ManifestNotSound);
        ensure!(is_expression(&spec.license), Error::<T>::LicenseNotText);
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

    /// The lines of the split against each other and the rules. Gives what is left for the owner.
    fn ensure_lines(spec: &VersionSpec<T::AccountId>) -> Result<Ppm, DispatchError> {
        let VersionSpec {
            bases,
            grants,
            extras,
            ..
        } = spec;
        ensure!(
            are_distinct(bases.iter().map(|b| b.version)),
            Error::<T>::DuplicateBase
        );
        ensure!(
            are_distinct(grants.iter().map(|g| g.grant)),
            Error::<T>::DuplicateGrant
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
            bases.len() + grants.len() + extras.len() < MAX_SHARES as usize,
            Error::<T>::TooManyLines
        );
        let max_royalty = Self::current().1.max_royalty;
        ensure!(
            spec.terms.min_royalty <= max_royalty,
            Error::<T>::MinRoyaltyAboveMaximum
        );
        // At most 24 values of 32 bits: the sums fit.
        let royalties: u64 = bases
            .iter()
            .map(|b| b.royalty)
            .chain(grants.iter().map(|g| g.share))
            .map(|p| u64::from(p.0))
            .sum();
        ensure!(
            royalties <= u64::from(max_royalty.0),
            Error::<T>::RoyaltyAboveMaximum
        );
        let given = royalties + extras.iter().map(|e| u64::from(e.share.0)).sum::<u64>();
        let rest = u64::from(Ppm::MILLION.0).saturating_sub(given);
        let rest = u32::try_from(rest).unwrap_or(0);
        ensure!(rest > 0, Error::<T>::NothingLeftForOwner);
        Ok(Ppm(rest))
    }

    /// The spec against the terms of all that it names and of all that binds it.
    fn ensure_terms(
        who: &T::AccountId,
        model: ModelId,
        spec: &VersionSpec<T::AccountId>,
    ) -> Result<Draft, DispatchError> {
        let mut draft = Draft {
            grants: Vec::new(),
            lines: Vec::new(),
            ancestors: BTreeSet::new(),
            share_alike: false,
            commercial: true,
            min_price: 0,
            licensed_until: None,
        };
        let asset = &spec.price.asset;
        ensure!(T::Splits::accepts(asset), Error::<T>::AssetNotAccepted);
        if let Some(least) = &spec.terms.min_per_unit {
            ensure!(
                T::Splits::accepts(&least.asset),
                Error::<T>::AssetNotAccepted
            );
        }
        for base in &spec.bases {
            Self::ensure_base(who, model, spec, base, &mut draft)?;
        }
        for line in &spec.grants {
            Self::ensure_grant(model, spec, line, &mut draft)?;
        }
        ensure!(
            are_distinct(draft.grants.iter().map(|l| l.dataset)),
            Error::<T>::DuplicateDataset
        );
        ensure!(
            draft.ancestors.len() <= MAX_LINES as usize,
            Error::<T>::TooManyAncestors
        );
        for ancestor in draft.ancestors.clone() {
            Self::ensure_ancestor(spec, ancestor, &mut draft)?;
        }
        ensure!(
            !draft.share_alike || spec.terms.permission == Permission::Allowed,
            Error::<T>::ShareAlikeBroken
        );
        ensure!(
            draft.commercial || spec.price.value == 0,
            Error::<T>::NotCommercial
        );
        ensure!(
            spec.price.value >= draft.min_price,
            Error::<T>::PriceBelowMinimum
        );
        Ok(draft)
    }

    /// One base: it may be derived from, and has what it asks.
    fn ensure_base(
        who: &T::AccountId,
        model: ModelId,
        spec: &VersionSpec<T::AccountId>,
        base: &BaseLine,
        draft: &mut Draft,
    ) -> DispatchResult {
        let listing = Listings::<T>::get(base.version).ok_or(Error::<T>::BaseNotFound)?;
        let conditions = Conditions::<T>::get(base.version).ok_or(Error::<T>::BaseNotFound)?;
        let terms = &conditions.terms;
        ensure!(!listing.is_retired(), Error::<T>::BaseRetired);
        // Permission is not a question between an owner and itself; all else holds, because the
        // two models may part.
        let own =
            || listing.model == model || Self::model_owner(listing.model).as_ref() == Some(who);
        match terms.permission {
            Permission::Allowed => {}
            Permission::Approval => ensure!(
                Approvals::<T>::contains_key(base.version, model) || own(),
                Error::<T>::NotApproved
            ),
            Permission::Forbidden => ensure!(own(), Error::<T>::DerivativesForbidden),
        }
        ensure!(
            base.royalty >= terms.min_royalty,
            Error::<T>::RoyaltyBelowMinimum
        );
        draft.keep_least::<T>(spec, &terms.min_per_unit, base.royalty)?;
        draft.share_alike |= conditions.share_alike;
        draft.commercial &= listing.commercial;
        if base.royalty.0 > 0 {
            draft.lines.push((listing.split, base.royalty));
        }
        draft.ancestors.extend(listing.ancestors);
        if conditions.bind_descendants() {
            draft.ancestors.insert(base.version);
        }
        Ok(())
    }

    /// One grant: it is live and the model's, and its dataset has what it asks.
    fn ensure_grant(
        model: ModelId,
        spec: &VersionSpec<T::AccountId>,
        line: &GrantLine,
        draft: &mut Draft,
    ) -> DispatchResult {
        let grant = T::Licenses::grant(line.grant).ok_or(Error::<T>::GrantNotFound)?;
        let terms = grant.terms;
        ensure!(grant.model == model, Error::<T>::GrantOfAnotherModel);
        ensure!(
            grant.ends.is_none_or(|end| end > T::Clock::now()),
            Error::<T>::GrantLapsed
        );
        ensure!(line.share >= terms.min_share, Error::<T>::ShareBelowMinimum);
        draft.keep_least::<T>(spec, &terms.min_per_unit, line.share)?;
        draft.share_alike |= terms.share_alike;
        draft.commercial &= terms.commercial;
        draft.licensed_until = earlier(draft.licensed_until, grant.ends);
        if line.share.0 > 0 {
            draft.lines.push((grant.split, line.share));
        }
        draft.grants.push(License {
            grant: line.grant,
            dataset: grant.dataset,
            paid: grant.dataset,
            share: line.share,
            min_share: terms.min_share,
            min_per_unit: terms.min_per_unit,
            reach: terms.reach,
        });
        Ok(())
    }

    /// One binding ancestor: it is named, with what it asks, if its own terms reach so far; so is
    /// each of its datasets whose terms do. An empty derivative put in between changes nothing.
    fn ensure_ancestor(
        spec: &VersionSpec<T::AccountId>,
        ancestor: VersionId,
        draft: &mut Draft,
    ) -> DispatchResult {
        // An ancestor is referred to, so it is there.
        let conditions = Conditions::<T>::get(ancestor).ok_or(Error::<T>::BaseNotFound)?;
        if conditions.terms.reach == Reach::Descendants {
            // What a base asks was checked where it is named.
            ensure!(
                spec.bases.iter().any(|b| b.version == ancestor),
                Error::<T>::AncestorNotNamed
            );
        }
        for bound in conditions.binding_datasets() {
            let share = draft
                .grants
                .iter()
                .find(|l| l.dataset == bound.dataset)
                .map(|l| l.share)
                .ok_or(Error::<T>::DatasetNotNamed)?;
            ensure!(share >= bound.min_share, Error::<T>::ShareBelowMinimum);
            draft.keep_least::<T>(spec, &bound.min_per_unit, share)?;
        }
        Ok(())
    }
}

impl Draft {
    /// Raises the least price to one of which `share` brings `least`.
    fn keep_least<T: Config>(
        &mut self,
        spec: &VersionSpec<T::AccountId>,
        least: &Option<Amount>,
        share: Ppm,
    ) -> DispatchResult {
        if let Some(least) = least {
            ensure!(
                least.asset == spec.price.asset,
                Error::<T>::PricedInAnotherAsset
            );
            let price =
                price_that_brings(least.value, share).ok_or(Error::<T>::PriceBelowMinimum)?;
            self.min_price = self.min_price.max(price);
        }
        Ok(())
    }
}

/// The earlier of two ends, where `None` never comes.
pub(crate) fn earlier(a: Option<Tick>, b: Option<Tick>) -> Option<Tick> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Whether a license could be an SPDX expression: printable ASCII, not only spaces.
fn is_expression(license: &[u8]) -> bool {
    license.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
        && license.iter().any(u8::is_ascii_graphic)
}
