//! Jobs: what they were opened under, and what they bring. No base and no dataset gets less than its
//! floor for a unit, before the network's cut.

use super::{
    money::{part, To},
    *,
};
use pallet_inference_escrow::{Call, Event};
use pallet_model_registry::Error;
use pallet_reward_split::Destination;

#[derive(Clone)]
pub struct Job {
    pub payer: AccountId,
    pub version: VersionId,
    pub worker: AccountId,
    pub units: u32,
    pub(super) asset: Asset,
    /// For one unit.
    price: Balance,
    fee: Balance,
    deposit: Balance,
    network_share: Ppm,
    /// Last tick of service at which it may be answered.
    deadline: Tick,
}

/// A job that has just been paid.
pub(super) struct Settled {
    job: Job,
    used: u32,
    /// What each line of the version's split had received before.
    before: Vec<Balance>,
}

impl Book {
    /// Whether an opening, or its refusal, is what licenses and clauses say.
    pub(super) fn judge_opening(
        &mut self,
        by: &AccountId,
        call: &RuntimeCall,
        done: &DispatchResult,
    ) {
        let RuntimeCall::InferenceEscrow(Call::open_job { order }) = call else {
            return;
        };
        let version = order.version;
        if self.versions.get(&version).is_none_or(|v| v.removed) {
            assert!(done.is_err(), "no job opens on version {version}");
            return;
        }
        let over = self.licenses_over(version, now() + order.duration);
        let Run::Direct { worker, .. } = &order.run;
        let error = match done {
            Ok(()) => {
                assert!(
                    over.is_empty(),
                    "no job opens after the license of its version, or of an ancestor that binds \
                     it, has ended: version {version}, licenses of {over:?}"
                );
                assert!(
                    !self.versions[&version].retired,
                    "no job opens on what is retired"
                );
                self.ensure_clauses(order, by, worker);
                return self.count_licenses(version);
            }
            Err(error) => *error,
        };
        let refused = |why: Error<Runtime>| error == why.into();
        let at_once = self.licenses_over(version, now()).is_empty();
        let lacks = |kind, account| {
            let asking = self.asking(version, kind);
            asking.iter().any(|l| !self.is_approved(*l, kind, account))
        };
        let case = if refused(Error::LicenseLapsed) {
            assert!(over.contains(&version), "the license is not over");
            match at_once {
                true => "no opening: its own license would end before the job",
                false => "no opening: its own license is over",
            }
        } else if refused(Error::AncestorLicenseLapsed) {
            let of_another = over.iter().any(|trained| *trained != version);
            assert!(of_another, "no ancestor's license is over");
            match at_once {
                true => "no opening: an ancestor's license would end before the job",
                false => "no opening: an ancestor's license is over",
            }
        } else if refused(Error::HostNotApproved) {
            assert!(lacks(ApprovalKind::Host, worker), "the host is approved");
            "no opening: the host is not approved"
        } else if refused(Error::UserNotApproved) {
            assert!(lacks(ApprovalKind::User, by), "the user is approved");
            let mut asking = self.asking(version, ApprovalKind::User).into_iter();
            match asking.any(|l| self.is_approved(l, ApprovalKind::User, by)) {
                true => "no opening: some licensors have approved the user, and not all",
                false => "no opening: the user is not approved",
            }
        } else if error == pallet_inference_escrow::Error::<Runtime>::PolicyNotAccepted.into() {
            assert_ne!(order.policies, self.policies(version), "they are accepted");
            "no opening: a policy is not accepted"
        } else {
            return;
        };
        self.reach(case);
    }

    /// Who asks for approvals of this kind.
    pub fn asking(&self, version: VersionId, kind: ApprovalKind) -> Vec<Licensor> {
        let asks = |licensor: &Licensor| {
            let clauses = self.clauses(*licensor);
            let access = match kind {
                ApprovalKind::Host => clauses.hosting,
                ApprovalKind::User => clauses.users,
            };
            access == Access::Approval
        };
        self.binding(version).into_iter().filter(asks).collect()
    }

    /// The hash over all policies that bind a version.
    fn policies(&self, version: VersionId) -> Option<Hash32> {
        let policies: BTreeSet<Hash32> = self
            .binding(version)
            .into_iter()
            .filter_map(|licensor| Some(self.clauses(licensor).use_policy.as_ref()?.sha256))
            .collect();
        let mut bytes = b"myai/policies/1".to_vec();
        bytes.extend(policies.iter().flatten());
        (!policies.is_empty()).then(|| sp_io::hashing::blake2_256(&bytes))
    }

    /// What every licensor that reaches the version demands of a job is kept.
    fn ensure_clauses(&self, order: &Order<AccountId>, user: &AccountId, host: &AccountId) {
        let version = order.version;
        let found = &self.versions[&version];
        let (unit, asset) = (found.spec.unit, found.spec.price.asset);
        let fee = self.offers[&(host.clone(), version)];
        assert_eq!(
            order.policies,
            self.policies(version),
            "policies are accepted"
        );
        for licensor in self.binding(version) {
            let clauses = self.clauses(licensor);
            let whose = || format!("a job on version {version} against {licensor:?}");
            for (access, kind, account) in [
                (clauses.hosting, ApprovalKind::Host, host),
                (clauses.users, ApprovalKind::User, user),
            ] {
                let is_open = access == Access::Anyone;
                assert!(
                    is_open || self.is_approved(licensor, kind, account),
                    "{}",
                    whose()
                );
            }
            if let Commercial::Forbidden { fees } = clauses.commercial {
                let limit = fees.filter(|limit| (limit.unit, limit.asset) == (unit, asset));
                let max_fee = limit.map_or(0, |limit| limit.max_fee);
                assert!(found.price == 0 && fee <= max_fee, "{}", whose());
            }
            if let Some(asked) = self.royalty_owed(version, licensor) {
                let line = found.line(licensor, &self.grants);
                assert!(fee <= asked.max_fee, "{}: the fee", whose());
                assert!(
                    part(found.price, line) >= asked.floor,
                    "{}: less than its floor for a unit",
                    whose()
                );
            }
        }
    }

    /// What `licensor` asks of each unit of a version, if it asks for a royalty.
    fn royalty_owed(&self, version: VersionId, licensor: Licensor) -> Option<Alternative> {
        let royalty = &self.clauses(licensor).royalty;
        if licensor == Licensor::Version(version) || royalty.share == Ppm(0) {
            return None;
        }
        let spec = &self.versions[&version].spec;
        let sold_in = (spec.unit, spec.price.asset);
        let asked = royalty.alternatives.iter();
        let asked = asked.copied().find(|a| (a.unit, a.asset) == sold_in);
        Some(asked.expect("a version is sold in units and assets that its licensors name alone"))
    }

    pub(super) fn read_escrow(
        &mut self,
        by: &AccountId,
        call: Option<&RuntimeCall>,
        event: &Event<Runtime>,
        due: &mut Consequences,
    ) {
        let call = call.and_then(|call| match call {
            RuntimeCall::InferenceEscrow(call) => Some(call),
            _ => None,
        });
        match (event, call) {
            (
                Event::WorkerRegistered { worker, .. },
                Some(Call::register_worker { payout, .. }),
            ) => {
                self.payouts.insert(worker.clone(), payout.clone());
            }
            (Event::OfferSet { worker, .. }, Some(Call::set_offer { version, fee, .. })) => {
                self.offers.insert((worker.clone(), *version), *fee);
            }
            (Event::OfferRemoved { worker, version }, _) => {
                self.offers.remove(&(worker.clone(), *version));
            }
            (Event::JobOpened { job, deposit, .. }, Some(Call::open_job { order })) => {
                let Run::Direct { worker, .. } = &order.run;
                let found = &self.versions[&order.version];
                let opened = Job {
                    payer: by.clone(),
                    version: order.version,
                    worker: worker.clone(),
                    units: order.units,
                    asset: found.spec.price.asset,
                    price: found.price,
                    fee: self.offers[&(worker.clone(), order.version)],
                    deposit: *deposit,
                    network_share: self.network_share,
                    deadline: served() + order.duration,
                };
                let before = self.jobs.insert(*job, opened);
                assert!(before.is_none(), "a job opens once");
            }
            (Event::JobSettled { job, .. }, Some(Call::attest { units, .. })) => {
                let job = self.ended(job);
                assert!(served() <= job.deadline, "a job is answered in its time");
                assert!(
                    (1..=job.units).contains(units),
                    "no more units are billed than were ordered"
                );
                let used = Balance::from(*units);
                let (price, fee) = (used * job.price, used * job.fee);
                let cuts = (part(price, job.network_share), part(fee, job.network_share));
                let split = self.versions[&job.version].split;
                if job.asset == Asset::Native {
                    self.credit(split, &job.worker, cuts);
                }
                let payout = match &self.payouts[&job.worker] {
                    stopped if is_stopped(&job.asset, stopped) => {
                        self.reach("a fee whose payout account is stopped");
                        job.worker.clone()
                    }
                    payout => payout.clone(),
                };
                let unused = Balance::from(job.units) - used;
                let rest = unused * (job.price + job.fee) + job.deposit;
                for (to, value) in [
                    (To::Split(self.network), cuts.0 + cuts.1),
                    (To::Split(split), price - cuts.0),
                    (To::Account(payout), fee - cuts.1),
                    (To::Account(job.payer.clone()), rest),
                ] {
                    due.legs.push(job.pays(to, value));
                }
                let before = self.splits[&split].entitled(&job.asset);
                let used = *units;
                due.settled.push(Settled { job, used, before });
            }
            (Event::JobDeclined { job, .. }, Some(Call::decline { reason, .. })) => {
                let job = self.ended(job);
                let spoilt = RuleSet::default().spoilt_charge();
                let charge = match reason {
                    DeclineReason::BadInput | DeclineReason::BlobMissing => {
                        part(job.deposit, spoilt)
                    }
                    _ => 0,
                };
                due.legs.push(job.pays(To::Split(self.network), charge));
                let back = To::Account(job.payer.clone());
                due.legs.push(job.pays(back, job.held() - charge));
            }
            (Event::JobExpired { job, .. }, _) => {
                let job = self.ended(job);
                assert!(served() > job.deadline, "a job is not ended in its time");
                let back = To::Account(job.payer.clone());
                due.legs.push(job.pays(back, job.held()));
            }
            (Event::JobSettled { .. } | Event::JobDeclined { .. }, _) => {
                panic!("jobs are answered by call")
            }
            _ => {}
        }
    }

    fn ended(&mut self, job: &JobId) -> Job {
        self.jobs
            .remove(job)
            .expect("a job that was opened ends once")
    }

    /// What each base's and each dataset's line got of a settled job is no less than its floor for
    /// the units that were billed, but for the network's cut and a fraction of a unit.
    pub(super) fn ensure_floors(&mut self, settled: &Settled, events: &[RuntimeEvent]) {
        let Settled { job, used, before } = settled;
        let found = &self.versions[&job.version];
        let owed = RewardSplit::owed_view(found.split, job.asset);
        let after: Vec<Balance> = owed.iter().map(|line| line.paid + line.value).collect();
        // What could not move is still theirs.
        let is_of_split = |to: &Destination<AccountId>| *to == Destination::Split(found.split);
        let debt: Balance = events
            .iter()
            .filter_map(|event| match event {
                RuntimeEvent::RewardSplit(pallet_reward_split::Event::DebtRecorded {
                    destination,
                    value,
                    ..
                }) if is_of_split(destination) => Some(*value),
                _ => None,
            })
            .sum();

        // For one unit, by the split that the line goes to; a dataset is named once, whatever the
        // numbers of its terms.
        let mut floors = BTreeMap::<(SplitId, Licensor), Balance>::new();
        let (mut far, mut tight) = (false, false);
        for licensor in self.binding(job.version) {
            let Some(asked) = self.royalty_owed(job.version, licensor) else {
                continue;
            };
            let (split, party) = match licensor {
                Licensor::Version(v) => (self.versions[&v].split, licensor),
                Licensor::Dataset(d, _) => (self.dataset_splits[&d], Licensor::Dataset(d, 0)),
            };
            let floor = floors.entry((split, party)).or_default();
            *floor = asked.floor.max(*floor);
            let line = found.line(licensor, &self.grants);
            tight |= part(job.price.saturating_sub(1), line) < asked.floor;
            far |= match licensor {
                Licensor::Version(v) => self.versions[&v].generation + 2 <= found.generation,
                Licensor::Dataset(..) => !found.lives_by.iter().any(|(v, _)| *v == job.version),
            };
        }
        let mut targets = BTreeMap::<SplitId, (Balance, Balance)>::new();
        for ((split, _), floor) in &floors {
            let target = targets.entry(*split).or_default();
            *target = (target.0 + floor, target.1 + 1);
        }
        for (target, (floor, lines)) in targets {
            let mut got = 0;
            for (place, line) in owed.iter().enumerate() {
                if line.beneficiary == Beneficiary::Split(target) {
                    let parts = self.splits[&found.split].shares[place].1;
                    got += after[place] - before[place] + part(debt, parts);
                }
            }
            let least = floor * Balance::from(*used);
            let million = Balance::from(Ppm::MILLION.0);
            let kept = million - Balance::from(job.network_share.0);
            assert!(
                (got + lines) * million > least * kept,
                "no base gets less than its floor for a unit: split {target} has {got} of a job on \
                 version {}, and its floor is {least}",
                job.version
            );
        }
        assert_eq!(
            after,
            self.splits[&found.split].entitled(&job.asset),
            "the lines of version {} get their parts",
            job.version
        );
        if !floors.is_empty() {
            self.reach("a job that owes floors");
        }
        if far {
            self.reach("a job that owes floors two generations up");
        }
        if tight {
            self.reach("a job at the very floor");
        }
    }
}

/// Whether who rules the asset has stopped this account.
fn is_stopped(asset: &Asset, who: &AccountId) -> bool {
    match asset {
        Asset::Native => false,
        Asset::Id(id) => pallet_assets::Account::<Runtime>::get(id, who)
            .is_some_and(|account| account.status == pallet_assets::AccountStatus::Blocked),
    }
}

fn served() -> Tick {
    RewardSplit::clock_view().served
}

impl Job {
    /// What its payer has on hold for it.
    pub(super) fn held(&self) -> Balance {
        Balance::from(self.units) * (self.price + self.fee) + self.deposit
    }

    fn pays(&self, to: To, value: Balance) -> Leg {
        Leg {
            from: self.payer.clone(),
            asset: self.asset,
            value,
            to,
        }
    }
}
