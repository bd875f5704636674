//! What comes down: [`inherit`] for a new version, and what is later compared with its result.

use super::*;
use alloc::collections::{BTreeMap, BTreeSet};

/// What `own` comes to with the clauses of all that it derives from, its lines `parents`; or why
/// it may not be published so. The order of `parents` does not matter.
pub fn inherit(parents: &[Parent], own: &Own) -> Result<Effective, ClauseError> {
    own.clauses.ensure_sound()?;
    let stated = Effective::stated(own.source, own.clauses);
    let mut effective = Effective::union(parents.iter().map(|p| p.effective).chain([&stated]))?;

    for asked in effective
        .licensors
        .iter()
        .filter(|a| a.licensor != own.source)
    {
        let (min_price, max_fee) = asked.ensure_kept(parents, own)?;
        effective.min_price = effective.min_price.max(min_price);
        effective.max_fee = stricter_limit(effective.max_fee, max_fee);
    }
    if let Commercial::Forbidden { fees } = effective.flags.commercial {
        if own.clauses.royalty.share.0 > 0 {
            return Err(ClauseError::RoyaltyNotCommercial);
        }
        let max_fee = match fees {
            Some(limit) if (limit.unit, limit.asset) == (own.unit, own.price.asset) => {
                limit.max_fee
            }
            _ => 0,
        };
        effective.max_fee = stricter_limit(effective.max_fee, Some(max_fee));
    }
    effective.ensure_price(own.price.value)?;
    effective.share_alike = ensure_share_alike(parents, own.clauses)?;
    effective.ensure_derivable()?;
    Ok(effective)
}

/// The license hash that descendants must have, if any. Each share-alike parent is kept by itself:
/// what another parent asks is too much even if that one is share-alike too, or a base made for
/// the purpose could add demands under the same license.
fn ensure_share_alike(parents: &[Parent], own: &Clauses) -> Result<Option<Hash32>, ClauseError> {
    let own_hash = own.license_hash();
    let mut share_alike = parents
        .iter()
        .map(|p| p.effective)
        .filter(|e| e.share_alike.is_some())
        .peekable();
    if share_alike.peek().is_none() {
        return Ok(own.share_alike.then_some(own_hash));
    }
    if share_alike.clone().any(|e| e.share_alike != Some(own_hash)) {
        return Err(ClauseError::LicensesDisagree);
    }
    if !own.adds_attribution_at_most() {
        return Err(ClauseError::ShareAlikeAddsTerms);
    }
    if !own.irrevocable {
        return Err(ClauseError::ShareAlikeNotIrrevocable);
    }
    if share_alike.any(|e| !parents.iter().all(|p| e.covers(p.effective))) {
        return Err(ClauseError::ShareAlikeAsksMore);
    }
    Ok(Some(own_hash))
}

/// The smaller of two limits, `None` being no limit.
fn stricter_limit(a: Option<Balance>, b: Option<Balance>) -> Option<Balance> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (limit, None) | (None, limit) => limit,
    }
}

impl Clauses {
    /// Whether nothing is stated that derivatives of share-alike work may not state.
    fn adds_attribution_at_most(&self) -> bool {
        !self.asks()
            && self.commercial == Commercial::Allowed
            && self.hosting == Access::Anyone
            && self.users == Access::Anyone
            && self.use_policy.is_none()
    }
}

impl Royalty {
    pub(super) fn ensure_sound(&self) -> Result<(), ClauseError> {
        if self.share.0 == 0 {
            return match self.alternatives.is_empty() {
                true => Ok(()),
                false => Err(ClauseError::FloorWithoutRoyalty),
            };
        }
        let distinct: BTreeSet<_> = self
            .alternatives
            .iter()
            .map(|a| (a.unit, a.asset))
            .collect();
        if distinct.is_empty()
            || distinct.len() < self.alternatives.len()
            || self.alternatives.iter().any(|a| a.floor == 0)
        {
            return Err(ClauseError::RoyaltyWithoutFloor);
        }
        Ok(())
    }

    fn alternative(&self, unit: Unit, asset: Asset) -> Option<&Alternative> {
        self.alternatives
            .iter()
            .find(|a| (a.unit, a.asset) == (unit, asset))
    }

    /// Whether everyone who pays `other` also pays this.
    fn is_within(&self, other: &Self) -> bool {
        self.share.0 == 0
            || self.share <= other.share
                && other.alternatives.iter().all(|theirs| {
                    self.alternative(theirs.unit, theirs.asset)
                        .is_some_and(|a| a.floor <= theirs.floor && a.max_fee >= theirs.max_fee)
                })
    }
}

impl Commercial {
    /// What both allow. Two limits of fees in different units or assets allow no fee anywhere.
    pub fn strictest(self, other: Self) -> Self {
        match (self, other) {
            (Self::Allowed, any) | (any, Self::Allowed) => any,
            (Self::Forbidden { fees: Some(a) }, Self::Forbidden { fees: Some(b) })
                if (a.unit, a.asset) == (b.unit, b.asset) =>
            {
                let max_fee = a.max_fee.min(b.max_fee);
                Self::Forbidden {
                    fees: Some(FeeLimit { max_fee, ..a }),
                }
            }
            (Self::Forbidden { .. }, Self::Forbidden { .. }) => Self::Forbidden { fees: None },
        }
    }
}

impl Licensor {
    /// Whether one line names both: a line names a dataset by whatever number of its terms.
    pub fn is_same_party(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Version(a), Self::Version(b)) => a == b,
            (Self::Dataset(a, _), Self::Dataset(b, _)) => a == b,
            _ => false,
        }
    }
}

impl Asked {
    /// That a line names this licensor with its share and the price brings its floor: the least
    /// price that does, and the most that fees may cost.
    fn ensure_kept(
        &self,
        parents: &[Parent],
        own: &Own,
    ) -> Result<(Balance, Option<Balance>), ClauseError> {
        let lines = parents
            .iter()
            .filter(|p| p.source.is_same_party(&self.licensor));
        if self.derivatives == Derivatives::Forbidden && !lines.clone().any(|p| p.own) {
            return Err(ClauseError::DerivativesForbidden);
        }
        let line = lines
            .map(|p| p.share)
            .max()
            .ok_or(ClauseError::LicensorNotNamed)?;
        if line < self.royalty.share {
            return Err(ClauseError::ShareBelowRoyalty);
        }
        if self.royalty.share.0 == 0 {
            return Ok((0, None));
        }
        let alternative = self
            .royalty
            .alternative(own.unit, own.price.asset)
            .ok_or(ClauseError::UnitOrAssetNotLicensed)?;
        let min_price = line
            .amount_that_brings(alternative.floor)
            .ok_or(ClauseError::PriceBelowFloor)?;
        Ok((min_price, Some(alternative.max_fee)))
    }

    /// Whether `other` is asked by the same party and leaves nothing of this to ask.
    fn is_within(&self, other: &Self) -> bool {
        self.licensor.is_same_party(&other.licensor)
            && self.derivatives >= other.derivatives
            && self.royalty.is_within(&other.royalty)
    }
}

impl Effective {
    /// What a dataset's terms of this number ask of the versions trained under them.
    pub fn of_terms(dataset: DatasetId, number: TermsNumber, clauses: &Clauses) -> Self {
        Self::stated(Licensor::Dataset(dataset, number), clauses)
    }

    /// What `clauses` come to alone.
    fn stated(licensor: Licensor, clauses: &Clauses) -> Self {
        let (hosting, users) = (
            clauses.hosting == Access::Approval,
            clauses.users == Access::Approval,
        );
        let asked = clauses.asks().then(|| Asked {
            licensor,
            derivatives: clauses.derivatives,
            royalty: clauses.royalty.clone(),
        });
        let bound = clauses.binds().then_some(Bound {
            licensor,
            hosting,
            users,
        });
        let policy = clauses.use_policy.as_ref().map(|file| file.sha256);
        Self {
            flags: Flags {
                commercial: clauses.commercial,
                hosting,
                users,
            },
            bound_by: BoundedVec::truncate_from(bound.into_iter().collect()),
            licensors: BoundedVec::truncate_from(asked.into_iter().collect()),
            policies: BoundedVec::truncate_from(policy.into_iter().collect()),
            share_alike: clauses.share_alike.then(|| clauses.license_hash()),
            min_price: 0,
            max_fee: None,
        }
    }

    /// All that any of them asks, each once and in order, and the strictest of their flags; what
    /// depends on a version's price and license is left open.
    fn union<'a>(all: impl Iterator<Item = &'a Self>) -> Result<Self, ClauseError> {
        let mut flags = Flags::default();
        let mut licensors = BTreeMap::new();
        let mut bound_by = BTreeSet::new();
        let mut policies = BTreeSet::new();
        for one in all {
            flags.commercial = flags.commercial.strictest(one.flags.commercial);
            flags.hosting |= one.flags.hosting;
            flags.users |= one.flags.users;
            licensors.extend(one.licensors.iter().map(|asked| (asked.licensor, asked)));
            bound_by.extend(&one.bound_by);
            policies.extend(&one.policies);
        }
        let licensors: Vec<Asked> = licensors.into_values().cloned().collect();
        let bound_by: Vec<Bound> = bound_by.into_iter().copied().collect();
        let policies: Vec<Hash32> = policies.into_iter().copied().collect();
        Ok(Self {
            flags,
            licensors: licensors
                .try_into()
                .map_err(|_| ClauseError::TooManyLicensors)?,
            bound_by: bound_by
                .try_into()
                .map_err(|_| ClauseError::TooManyConditions)?,
            policies: policies
                .try_into()
                .map_err(|_| ClauseError::TooManyConditions)?,
            ..Self::default()
        })
    }

    /// That a descendant has lines enough for all who ask, and a unit and an asset in which it may
    /// pay every royalty. Where derivatives are forbidden there will be none.
    fn ensure_derivable(&self) -> Result<(), ClauseError> {
        if self
            .licensors
            .iter()
            .any(|a| a.derivatives == Derivatives::Forbidden)
        {
            return Ok(());
        }
        let versions = self
            .licensors
            .iter()
            .filter(|a| matches!(a.licensor, Licensor::Version(_)));
        if versions.count() > MAX_VERSION_LICENSORS as usize {
            return Err(ClauseError::TooManyLicensors);
        }
        let mut royalties = self
            .licensors
            .iter()
            .map(|a| &a.royalty)
            .filter(|r| r.share.0 > 0);
        let payable = royalties.next().is_none_or(|first| {
            first.alternatives.iter().any(|a| {
                royalties
                    .clone()
                    .all(|other| other.alternative(a.unit, a.asset).is_some())
            })
        });
        match payable {
            true => Ok(()),
            false => Err(ClauseError::UnitOrAssetNotLicensed),
        }
    }

    /// Whether nothing but attribution comes down from `other` that does not come down from this.
    fn covers(&self, other: &Self) -> bool {
        let commercial = self.flags.commercial;
        commercial.strictest(other.flags.commercial) == commercial
            && other
                .licensors
                .iter()
                .all(|theirs| self.licensors.iter().any(|ours| theirs.is_within(ours)))
            && other
                .bound_by
                .iter()
                .filter(|bound| bound.hosting || bound.users)
                .all(|bound| self.bound_by.contains(bound))
            && other.policies.iter().all(|p| self.policies.contains(p))
    }

    /// Whether a version to which this belongs, as it was published, also keeps other terms of
    /// `dataset`: they ask no more than those that it was published under, of it and of its
    /// descendants. Attributions are not compared.
    pub fn keeps(&self, dataset: DatasetId, clauses: &Clauses) -> bool {
        let licensors = self.licensors.iter().map(|asked| asked.licensor);
        let numbers = licensors
            .chain(self.bound_by.iter().map(|bound| bound.licensor))
            .filter_map(|licensor| match licensor {
                Licensor::Dataset(d, number) if d == dataset => Some(number),
                _ => None,
            });
        // Where the published terms asked nothing, no number fits anything that is asked.
        let covered = numbers
            .chain([0])
            .any(|number| self.covers(&Self::of_terms(dataset, number, clauses)));
        covered && (!clauses.share_alike || self.share_alike == Some(clauses.license_hash()))
    }

    /// That a version may have this price for one unit.
    pub fn ensure_price(&self, price: Balance) -> Result<(), ClauseError> {
        if self.flags.commercial != Commercial::Allowed && price > 0 {
            return Err(ClauseError::NotCommercial);
        }
        match price >= self.min_price {
            true => Ok(()),
            false => Err(ClauseError::PriceBelowFloor),
        }
    }

    /// That all fees of a job together may cost this for one unit.
    pub fn ensure_fees(&self, fees: Balance) -> Result<(), ClauseError> {
        match self.max_fee.is_none_or(|max| fees <= max) {
            true => Ok(()),
            false => Err(ClauseError::FeeAboveMaximum),
        }
    }

    /// The versions whose owners must approve the publication of `version`, to which this belongs.
    /// Datasets are absent: they approve grants.
    pub fn approvals_needed(&self, version: VersionId) -> impl Iterator<Item = VersionId> + '_ {
        self.licensors
            .iter()
            .filter_map(move |asked| match (asked.licensor, asked.derivatives) {
                (Licensor::Version(v), Derivatives::Approval) if v != version => Some(v),
                _ => None,
            })
    }

    /// The shares that each descendant owes, together: each version's, and of a dataset the
    /// greatest that any of its terms ask. What is compared with `max_royalty`.
    pub fn shares_down(&self) -> Ppm {
        // In order, so that the terms of one dataset follow one another.
        let sum = self
            .licensors
            .chunk_by(|a, b| a.licensor.is_same_party(&b.licensor))
            .filter_map(|party| party.iter().map(|asked| asked.royalty.share.0).max())
            .fold(0u32, u32::saturating_add);
        Ppm(sum)
    }

    /// [`policies_hash`] of the policies that bind.
    pub fn policies_hash(&self) -> Option<Hash32> {
        policies_hash(&self.policies)
    }
}
