//! Versions, and whose clauses bind them. No flag and no `bound_by` gets looser down the line: what
//! an ancestor stated, or a dataset that one was trained on, holds for every descendant.

use super::*;
use pallet_model_registry::{Call, Event};

#[derive(Clone)]
pub struct Version {
    pub model: ModelId,
    pub split: SplitId,
    /// As it was sent.
    pub spec: VersionSpec<AccountId>,
    /// For one unit, today.
    pub price: Balance,
    /// Who states clauses that reach it: itself, its ancestors, and the datasets' terms that any of
    /// them was trained under.
    pub licensors: BTreeSet<Licensor>,
    /// Which version was trained on which dataset, of those whose license it needs.
    pub lives_by: BTreeSet<(VersionId, DatasetId)>,
    /// The grants that it stands on itself.
    pub stands_on: BTreeMap<DatasetId, GrantId>,
    /// How many generations of ancestors it has.
    pub generation: u32,
    pub retired: bool,
    pub removed: bool,
}

impl Version {
    /// What of a price the line for a licensor gets, in parts per million.
    pub(super) fn line(
        &self,
        licensor: Licensor,
        grants: &BTreeMap<GrantId, licenses::Grant>,
    ) -> Ppm {
        let shares: Vec<Ppm> = match licensor {
            Licensor::Version(version) => {
                let lines = self.spec.bases.iter();
                let lines = lines.filter(|line| line.version == version);
                lines.map(|line| line.royalty).collect()
            }
            Licensor::Dataset(dataset, _) => {
                let lines = self.spec.datasets.iter();
                let lines = lines.filter(|line| dataset_of(line, grants) == dataset);
                lines.map(|line| line.share).collect()
            }
        };
        shares.into_iter().max().unwrap_or_default()
    }
}

fn dataset_of(line: &DatasetLine, grants: &BTreeMap<GrantId, licenses::Grant>) -> DatasetId {
    match line.source {
        DataSource::Grant(grant) => grants[&grant].dataset,
        DataSource::Dataset(dataset) => dataset,
    }
}

impl Book {
    pub fn clauses(&self, licensor: Licensor) -> &Clauses {
        match licensor {
            Licensor::Version(version) => &self.versions[&version].spec.clauses,
            Licensor::Dataset(dataset, number) => &self.terms[&(dataset, number)].clauses,
        }
    }

    /// Versions whose owner has ever approved that `model` derives from them.
    pub fn approved_bases(&self, model: ModelId) -> Vec<VersionId> {
        let approvals = self.derivatives.keys();
        let approvals = approvals
            .filter(|(version, approved)| *approved == model && !self.versions[version].retired);
        approvals.map(|(version, _)| *version).collect()
    }

    /// Models whose owners of today were approved by somebody: for a derivative, or for training.
    pub fn favoured(&self) -> Vec<ModelId> {
        let derivatives = self.derivatives.iter().filter(|(_, (_, left))| *left > 0);
        let grants = self.grants.values().filter(|grant| {
            let terms = Licensor::Dataset(grant.dataset, grant.number);
            !grant.removed && self.clauses(terms).derivatives == Derivatives::Approval
        });
        let models = derivatives.map(|((_, model), _)| *model);
        models.chain(grants.map(|grant| grant.model)).collect()
    }

    /// Who states clauses that reach `version`, with the terms of the grants that it stands on by
    /// now.
    pub(super) fn binding(&self, version: VersionId) -> BTreeSet<Licensor> {
        let found = &self.versions[&version];
        let grants = found.stands_on.values().map(|id| &self.grants[id]);
        let today = grants.map(|grant| Licensor::Dataset(grant.dataset, grant.number));
        found.licensors.iter().copied().chain(today).collect()
    }

    /// Whether the licensor wants to be named by every version down the line.
    fn asks(&self, licensor: Licensor) -> bool {
        let clauses = self.clauses(licensor);
        clauses.royalty.share > Ppm(0) || clauses.derivatives != Derivatives::Allowed
    }

    pub(super) fn is_approved(
        &self,
        licensor: Licensor,
        kind: ApprovalKind,
        account: &AccountId,
    ) -> bool {
        self.approved.contains(&(licensor, kind, account.clone()))
            || self.licensor_owner(licensor) == Some(account)
    }

    pub(super) fn read_registry(
        &mut self,
        by: &AccountId,
        call: Option<&RuntimeCall>,
        event: &Event<Runtime>,
    ) {
        let call = call.and_then(|call| match call {
            RuntimeCall::ModelRegistry(call) => Some(call),
            _ => None,
        });
        match event {
            Event::ModelRegistered { model, owner, .. } => {
                self.register(Thing::Model(*model), owner)
            }
            Event::OwnershipOffered { model, to } => {
                self.read_ownership_offered(Thing::Model(*model), to)
            }
            Event::OwnershipAccepted { model, from, to } => {
                self.read_ownership_accepted(Thing::Model(*model), from, to)
            }
            Event::VersionPublished {
                version,
                model,
                split,
                ..
            } => {
                let Some(Call::publish_version { spec, .. }) = call else {
                    panic!("versions are published by call");
                };
                self.read_published(by, *version, *model, *split, spec);
            }
            Event::PriceSet { version, .. } => {
                if let Some(Call::set_price { value, .. }) = call {
                    self.versions.get_mut(version).expect("it exists").price = *value;
                }
            }
            Event::VersionRetired { version } => {
                self.versions.get_mut(version).expect("it exists").retired = true;
            }
            Event::VersionRemoved { version, .. } => {
                self.versions.get_mut(version).expect("it exists").removed = true;
            }
            Event::DerivativeApproved {
                version,
                model,
                owner,
                ..
            } => {
                let fresh = (owner.clone(), 0);
                let approval = self.derivatives.entry((*version, *model)).or_insert(fresh);
                if approval.0 != *owner {
                    *approval = (owner.clone(), 0);
                }
                approval.1 += 1;
            }
            Event::ApprovalGiven {
                licensor,
                kind,
                account,
            } => {
                self.approved.insert((*licensor, *kind, account.clone()));
            }
            Event::ApprovalWithdrawn {
                licensor,
                kind,
                account,
            } => {
                self.approved.remove(&(*licensor, *kind, account.clone()));
            }
            Event::RuleChanged {
                rule: Rule::NetworkShare,
                value,
                ..
            } => self.network_share = Ppm(*value as u32),
            _ => {}
        }
    }

    fn read_published(
        &mut self,
        by: &AccountId,
        version: VersionId,
        model: ModelId,
        split: SplitId,
        spec: &VersionSpec<AccountId>,
    ) {
        let itself = Licensor::Version(version);
        let mut found = Version {
            model,
            split,
            spec: spec.clone(),
            price: spec.price.value,
            licensors: BTreeSet::from([itself]),
            lives_by: BTreeSet::new(),
            stands_on: BTreeMap::new(),
            generation: 0,
            retired: false,
            removed: false,
        };
        for line in &spec.datasets {
            let DataSource::Grant(id) = line.source else {
                continue;
            };
            let grant = &self.grants[&id];
            let terms = Licensor::Dataset(grant.dataset, grant.number);
            assert_eq!(grant.model, model, "a grant is one model's");
            assert!(
                grant.is_live_at(now()),
                "nothing is trained without license"
            );
            let asks = self.clauses(terms).derivatives == Derivatives::Approval;
            assert!(
                !asks || grant.licensee == *by,
                "an approval of training does not travel with the model"
            );
            found.licensors.insert(terms);
            found.stands_on.insert(grant.dataset, id);
            found.lives_by.insert((version, grant.dataset));
        }
        for base in spec.bases.iter().map(|line| line.version) {
            let parent = &self.versions[&base];
            found.licensors.extend(&parent.licensors);
            // What is named because another base hands its claim down is no base by that.
            let is_handed_down = spec.bases.iter().any(|other| {
                let others = &self.versions[&other.version].licensors;
                let licensor = Licensor::Version(base);
                other.version != base && others.contains(&licensor) && self.asks(licensor)
            });
            if !is_handed_down {
                let inherited = parent.lives_by.iter();
                let inherited = inherited.filter(|(_, d)| !found.stands_on.contains_key(d));
                found.lives_by.extend(inherited);
                found.generation = found.generation.max(parent.generation + 1);
            }
        }
        self.found_split(split, self.parts_of(model, spec));
        self.versions.insert(version, found);
        self.use_approvals(by, version);
        self.ensure_no_looser(version);
    }

    /// How the income of a version divides, by its lines as they were sent.
    fn parts_of(
        &self,
        model: ModelId,
        spec: &VersionSpec<AccountId>,
    ) -> Vec<(Beneficiary<AccountId>, Ppm)> {
        let mut parts = Vec::new();
        for line in &spec.bases {
            let split = self.versions[&line.version].split;
            parts.push((Beneficiary::Split(split), line.royalty));
        }
        for line in &spec.datasets {
            let split = self.dataset_splits[&dataset_of(line, &self.grants)];
            parts.push((Beneficiary::Split(split), line.share));
        }
        for line in &spec.extras {
            parts.push((Beneficiary::Account(line.account.clone()), line.share));
        }
        parts.retain(|(_, share)| *share > Ppm(0));
        let given: u32 = parts.iter().map(|(_, share)| share.0).sum();
        let rest = Ppm(Ppm::MILLION.0 - given);
        parts.push((Beneficiary::ModelOwner(model), rest));
        parts
    }

    /// Whoever asks for it has approved this publication, and that approval is used up.
    fn use_approvals(&mut self, by: &AccountId, version: VersionId) {
        let model = self.versions[&version].model;
        for licensor in self.versions[&version].licensors.clone() {
            let Licensor::Version(asking) = licensor else {
                continue;
            };
            let derivatives = self.clauses(licensor).derivatives;
            if asking == version
                || derivatives == Derivatives::Allowed
                || self.licensor_owner(licensor) == Some(by)
            {
                continue;
            }
            assert_eq!(
                derivatives,
                Derivatives::Approval,
                "nothing derives from version {asking}, which forbids it"
            );
            let approval = self.derivatives.get_mut(&(asking, model));
            let approval = approval.filter(|(owner, left)| owner == by && *left > 0);
            let (_, left) = approval.expect("each licensor that asks has approved the publication");
            *left -= 1;
            self.reach("a publication that a licensor approved");
        }
    }

    /// Every condition that an ancestor or its data states is among what is shown of `version`, as
    /// strict; and everybody who asks is named with no less than the share asked.
    fn ensure_no_looser(&mut self, version: VersionId) {
        let view = ModelRegistry::version_view(version).expect("it was published");
        let effective = &view.effective;
        let mut inherits = false;
        for licensor in self.versions[&version].licensors.iter().copied() {
            let whose = || format!("version {version} is looser than {licensor:?} states");
            self.ensure_kept(version, effective, licensor);
            let clauses = self.clauses(licensor);
            let (hosting, users) = (
                clauses.hosting == Access::Approval,
                clauses.users == Access::Approval,
            );
            let states = hosting
                || users
                || clauses.commercial != Commercial::Allowed
                || clauses.use_policy.is_some()
                || clauses.share_alike
                || !clauses.attribution.is_empty();
            let bound = Bound {
                licensor,
                hosting,
                users,
            };
            assert_eq!(states, effective.bound_by.contains(&bound), "{}", whose());
            let mut shown = view.bound_by.iter();
            let shown = shown.any(|b| (b.licensor, &b.clauses) == (licensor, clauses));
            assert_eq!(states, shown, "{}", whose());
            let asked = Asked {
                licensor,
                derivatives: clauses.derivatives,
                royalty: clauses.royalty.clone(),
            };
            let asks = self.asks(licensor);
            assert_eq!(asks, effective.licensors.contains(&asked), "{}", whose());
            inherits |= states && licensor != Licensor::Version(version);
        }
        if inherits {
            self.reach("a version under the conditions of an ancestor");
        }
    }

    /// What is shown of `version` is as strict as the licensor states, and its lines give it what it
    /// asks.
    pub(super) fn ensure_kept(
        &self,
        version: VersionId,
        effective: &Effective,
        licensor: Licensor,
    ) {
        let (found, clauses) = (&self.versions[&version], self.clauses(licensor));
        let whose = || format!("version {version} is looser than {licensor:?} states");
        let is_open = |access| access == Access::Anyone;
        let flags = effective.flags;
        assert!(flags.hosting || is_open(clauses.hosting), "{}", whose());
        assert!(flags.users || is_open(clauses.users), "{}", whose());
        let commercial = is_as_strict(flags.commercial, clauses.commercial);
        assert!(commercial, "{}", whose());
        if let Some(policy) = &clauses.use_policy {
            assert!(effective.policies.contains(&policy.sha256), "{}", whose());
        }
        if clauses.share_alike {
            let own = &found.spec.clauses;
            let is_same = (&own.license, &own.text) == (&clauses.license, &clauses.text);
            assert!(is_same && effective.share_alike.is_some(), "{}", whose());
        }
        if licensor != Licensor::Version(version) {
            let line = found.line(licensor, &self.grants);
            assert!(line >= clauses.royalty.share, "{}", whose());
        }
    }
}

/// Whether what is allowed to make money with is no more than `stated` allows.
fn is_as_strict(effective: Commercial, stated: Commercial) -> bool {
    match (effective, stated) {
        (_, Commercial::Allowed) => true,
        (Commercial::Allowed, Commercial::Forbidden { .. }) => false,
        (Commercial::Forbidden { fees: None }, _) => true,
        (Commercial::Forbidden { fees: Some(_) }, Commercial::Forbidden { fees: None }) => false,
        (Commercial::Forbidden { fees: Some(a) }, Commercial::Forbidden { fees: Some(b) }) => {
            (a.unit, a.asset) == (b.unit, b.asset) && a.max_fee <= b.max_fee
        }
    }
}
