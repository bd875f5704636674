//! What moderation has suspended gets no new work and gives no new grants; of a version's income the
//! owner's share and those of extra accounts wait meanwhile, and nobody else's.

use super::*;
use pallet_inference_escrow::{Call as Escrow, Error as EscrowError};
use pallet_model_registry::{Call as Registry, Error as RegistryError, Event as RegistryEvent};
use pallet_reward_split::{Call as Reward, Error as RewardError};

impl Book {
    pub fn is_suspended(&self, subject: &Subject<AccountId>) -> bool {
        let until = self.suspended.get(subject);
        until.is_some_and(|until| now() < *until)
    }

    /// Whether the version or its model is.
    pub fn takes_no_work(&self, version: VersionId) -> bool {
        let model = self.versions.get(&version).map(|found| found.model);
        self.is_suspended(&Subject::Version(version))
            || model.is_some_and(|model| self.is_suspended(&Subject::Model(model)))
    }

    /// Whether a share of a split is frozen.
    pub(super) fn is_frozen(&self, split: SplitId, beneficiary: &Beneficiary<AccountId>) -> bool {
        let mut versions = self.versions.iter().filter(|(_, found)| !found.removed);
        let version = versions.find(|(_, found)| found.split == split);
        matches!(
            beneficiary,
            Beneficiary::Account(_) | Beneficiary::ModelOwner(_)
        ) && version.is_some_and(|(version, _)| self.takes_no_work(*version))
    }

    /// Whether what is suspended was refused, and nothing else for that reason.
    pub(super) fn judge_suspended(&mut self, call: &RuntimeCall, done: &DispatchResult) {
        let refused = |why: DispatchError| *done == Err(why);
        match call {
            RuntimeCall::InferenceEscrow(Escrow::open_job { order }) => {
                let Run::Direct { worker, .. } = &order.run;
                let version = order.version;
                let model = self.versions.get(&version).map(|found| found.model);
                let subjects = [
                    Some(Subject::Version(version)),
                    model.map(Subject::Model),
                    Some(Subject::Worker(worker.clone())),
                ];
                let refusals: [(DispatchError, _); 3] = [
                    (
                        RegistryError::<Runtime>::VersionSuspended.into(),
                        "no opening: the version is suspended",
                    ),
                    (
                        RegistryError::<Runtime>::ModelSuspended.into(),
                        "no opening: its model is suspended",
                    ),
                    (
                        EscrowError::<Runtime>::WorkerSuspended.into(),
                        "no opening: the worker is suspended",
                    ),
                ];
                for (subject, (refusal, case)) in subjects.iter().flatten().zip(refusals) {
                    let is_suspended = self.is_suspended(subject);
                    assert!(
                        done.is_err() || !is_suspended,
                        "no job opens on what is suspended: {subject:?}"
                    );
                    if refused(refusal) {
                        assert!(is_suspended, "{subject:?} is not suspended");
                        self.reach(case);
                    }
                }
            }
            RuntimeCall::DataLicense(
                pallet_data_license::Call::acquire { dataset, .. }
                | pallet_data_license::Call::approve { dataset, .. },
            ) => {
                let is_suspended = self.is_suspended(&Subject::Dataset(*dataset));
                assert!(
                    done.is_err() || !is_suspended,
                    "a suspended dataset gives no grant"
                );
                if refused(pallet_data_license::Error::<Runtime>::DatasetSuspended.into()) {
                    assert!(is_suspended, "dataset {dataset} is not suspended");
                    self.reach("no grant: the dataset is suspended");
                }
            }
            RuntimeCall::RewardSplit(Reward::claim { split, share, .. })
                if refused(RewardError::<Runtime>::ShareFrozen.into()) =>
            {
                let beneficiary = self.splits[split].shares[*share as usize].0.clone();
                assert!(
                    self.is_frozen(*split, &beneficiary),
                    "share {share} of split {split} is nobody's to freeze"
                );
                self.reach("a frozen share waits");
            }
            RuntimeCall::ModelRegistry(Registry::suspend { subject, .. }) if done.is_ok() => {
                // A buyer has not seen that.
                let thing = match subject {
                    Subject::Model(model) => Some(Thing::Model(*model)),
                    Subject::Version(version) => Some(Thing::Model(self.versions[version].model)),
                    Subject::Dataset(dataset) => Some(Thing::Dataset(*dataset)),
                    Subject::Worker(_) => None,
                };
                if let Some(thing) = thing {
                    self.touch(thing);
                }
            }
            _ => {}
        }
    }

    pub(super) fn read_moderation(&mut self, event: &RegistryEvent<Runtime>) {
        match event {
            RegistryEvent::Suspended { subject, until, .. } => {
                self.suspended.insert(subject.clone(), *until);
            }
            RegistryEvent::SuspensionLifted { subject } => {
                self.suspended.remove(subject);
                self.reach("a suspension is lifted");
            }
            _ => {}
        }
    }

    /// For those who want to see everything claimed.
    pub(super) fn lift_all(&self) {
        for subject in self.suspended.keys().filter(|s| self.is_suspended(s)) {
            let subject = subject.clone();
            assert_ok!(root(Registry::lift { subject }));
        }
    }
}
