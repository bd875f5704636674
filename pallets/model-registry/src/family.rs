//! What a version derives from, as it was read from storage, and what follows for it: its effective
//! clauses, the pairs that it lives by, the shares of its split. Publishing asks this, and
//! `try_state` asks it again. Owns no storage.

use crate::{types::*, Config, Error};
use alloc::{collections::BTreeSet, vec::Vec};
use myai_primitives::*;
use myai_support::Trained;
use sp_runtime::DispatchError;

/// One base of a version.
pub(crate) struct Base {
    pub line: BaseLine,
    pub listing: Listing,
    pub effective: Effective,
    /// Whether who publishes owns it.
    pub own: bool,
}

impl Base {
    fn licensor(&self) -> Licensor {
        Licensor::Version(self.line.version)
    }
}

/// One dataset of a version.
pub(crate) struct Data {
    pub dataset: DatasetId,
    pub share: Ppm,
    pub split: SplitId,
    /// The terms under which the version itself was trained on it; `None` where it is named because
    /// an ancestor was and the terms ask for it.
    pub trained: Option<(TermsNumber, Effective)>,
}

/// All that a version names.
#[derive(Default)]
pub(crate) struct Family {
    pub bases: Vec<Base>,
    pub data: Vec<Data>,
}

impl Family {
    /// Whether the base asks to be named by what another base hands down. Such a line makes the
    /// version no derivative that it would not be without it.
    pub fn is_named_for_another(&self, base: &Base) -> bool {
        let asked = base.licensor();
        self.bases
            .iter()
            .filter(|other| other.line.version != base.line.version)
            .any(|other| {
                other
                    .effective
                    .licensors
                    .iter()
                    .any(|a| a.licensor == asked)
            })
    }

    /// The terms of `dataset` that a base hands down, if they ask to be named.
    fn asked_terms(&self, dataset: DatasetId) -> Option<Licensor> {
        self.bases
            .iter()
            .flat_map(|b| &b.effective.licensors)
            .map(|asked| asked.licensor)
            .find(|l| matches!(l, Licensor::Dataset(d, _) if *d == dataset))
    }

    /// What the clauses of `own` come to.
    pub fn effective<T: Config>(&self, own: &Own) -> Result<Effective, DispatchError> {
        let nothing = Effective::default();
        let mut parents: Vec<Parent> = self
            .bases
            .iter()
            .map(|base| Parent {
                source: base.licensor(),
                effective: &base.effective,
                share: base.line.royalty,
                own: base.own,
            })
            .collect();
        for data in &self.data {
            let (source, effective) = match &data.trained {
                Some((number, effective)) => (Licensor::Dataset(data.dataset, *number), effective),
                // What it asks has come down through a base.
                None => {
                    let asked = self.asked_terms(data.dataset);
                    (asked.ok_or(Error::<T>::DatasetNotAsked)?, &nothing)
                }
            };
            parents.push(Parent {
                source,
                effective,
                share: data.share,
                own: false,
            });
        }
        inherit(&parents, own).map_err(|e| Error::<T>::from(e).into())
    }

    /// The pairs that `version` lives by, in order. An own grant frees it from the ancestors' pairs
    /// on that dataset.
    pub fn lives_by<T: Config>(&self, version: VersionId) -> Result<Lines<Trained>, DispatchError> {
        let own: BTreeSet<DatasetId> = self
            .data
            .iter()
            .filter(|data| data.trained.is_some())
            .map(|data| data.dataset)
            .collect();
        let inherited = self
            .bases
            .iter()
            .filter(|base| !self.is_named_for_another(base))
            .flat_map(|base| base.listing.lives_by.iter().copied())
            .filter(|pair| !own.contains(&pair.dataset));
        let pairs: BTreeSet<Trained> = own
            .iter()
            .map(|dataset| Trained {
                version,
                dataset: *dataset,
            })
            .chain(inherited)
            .collect();
        Lines::try_from(pairs.into_iter().collect::<Vec<_>>())
            .map_err(|_| Error::<T>::TooManyGrants.into())
    }

    /// The shares of the split: bases, datasets, extras, and the rest to whoever owns the model. A
    /// line of nothing is no share.
    pub fn shares<AccountId: Clone>(
        &self,
        model: ModelId,
        extras: &[ExtraLine<AccountId>],
    ) -> Vec<Share<AccountId>> {
        let bases = self
            .bases
            .iter()
            .map(|base| (Beneficiary::Split(base.listing.split), base.line.royalty));
        let data = self
            .data
            .iter()
            .map(|data| (Beneficiary::Split(data.split), data.share));
        let extras = extras
            .iter()
            .map(|extra| (Beneficiary::Account(extra.account.clone()), extra.share));
        let mut shares: Vec<Share<AccountId>> = bases
            .chain(data)
            .chain(extras)
            .filter(|(_, parts)| parts.0 > 0)
            .map(|(beneficiary, parts)| Share { beneficiary, parts })
            .collect();
        let given = shares
            .iter()
            .fold(0u32, |sum, s| sum.saturating_add(s.parts.0));
        shares.push(Share {
            beneficiary: Beneficiary::ModelOwner(model),
            parts: Ppm(Ppm::MILLION.0.saturating_sub(given)),
        });
        shares
    }
}
