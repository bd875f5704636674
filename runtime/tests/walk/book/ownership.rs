//! Who owns what. A buyer gets what it saw, or nothing.

use super::*;
use pallet_data_license::Call as Data;
use pallet_model_registry::Call as Registry;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Thing {
    Model(ModelId),
    Dataset(DatasetId),
}

#[derive(Clone)]
pub struct Owned {
    pub owner: AccountId,
    /// To whom it was offered, and the count of changes that this one then saw.
    pub offered: Option<(AccountId, u32)>,
    /// Whether its owner has made a call on it since.
    touched: bool,
}

impl Book {
    pub fn owner(&self, thing: Thing) -> Option<&AccountId> {
        self.owned.get(&thing).map(|owned| &owned.owner)
    }

    pub fn model_owner(&self, model: ModelId) -> Option<&AccountId> {
        self.owner(Thing::Model(model))
    }

    pub fn dataset_owner(&self, dataset: DatasetId) -> Option<&AccountId> {
        self.owner(Thing::Dataset(dataset))
    }

    pub fn licensor_owner(&self, licensor: Licensor) -> Option<&AccountId> {
        match licensor {
            Licensor::Version(version) => self.model_owner(self.versions.get(&version)?.model),
            Licensor::Dataset(dataset, _) => self.dataset_owner(dataset),
        }
    }

    pub(super) fn register(&mut self, thing: Thing, owner: &AccountId) {
        let owned = Owned {
            owner: owner.clone(),
            offered: None,
            touched: false,
        };
        self.owned.insert(thing, owned);
    }

    /// A buyer who names what it saw gets it if, and only if, its owner has left it alone since.
    pub(super) fn judge_sale(&mut self, call: &RuntimeCall, done: &DispatchResult) {
        let (thing, changes, changed) = match call {
            RuntimeCall::ModelRegistry(Registry::accept_ownership { model, changes }) => (
                Thing::Model(*model),
                *changes,
                pallet_model_registry::Error::<Runtime>::ChangedMeanwhile.into(),
            ),
            RuntimeCall::DataLicense(Data::accept_ownership { dataset, changes }) => (
                Thing::Dataset(*dataset),
                *changes,
                pallet_data_license::Error::<Runtime>::ChangedMeanwhile.into(),
            ),
            _ => return,
        };
        let Some(owned) = self.owned.get(&thing) else {
            return;
        };
        let saw_the_offer = owned.offered.as_ref().map(|(_, seen)| *seen) == Some(changes);
        match done {
            Ok(()) if saw_the_offer => assert!(
                !owned.touched,
                "who buys gets what it saw: {thing:?} was changed meanwhile"
            ),
            Err(error) if *error == changed && saw_the_offer => {
                assert!(owned.touched, "{thing:?} is as its buyer saw it");
                self.reach("a buyer is refused what was changed meanwhile");
            }
            _ => {}
        }
    }

    /// Counts what an owner did with its own.
    pub(super) fn read_own_calls(&mut self, by: &AccountId, call: &RuntimeCall) {
        let of_version = |version: &VersionId| {
            let version = self.versions.get(version)?;
            Some(Thing::Model(version.model))
        };
        let of_licensor = |licensor: &Licensor| match licensor {
            Licensor::Version(version) => of_version(version),
            Licensor::Dataset(dataset, _) => Some(Thing::Dataset(*dataset)),
        };
        let of_grant = |grant: &GrantId| Some(Thing::Dataset(self.grants.get(grant)?.dataset));
        let thing = match call {
            RuntimeCall::ModelRegistry(call) => match call {
                Registry::publish_version { model, .. } => Some(Thing::Model(*model)),
                Registry::set_price { version, .. }
                | Registry::retire_version { version }
                | Registry::remove_version { version }
                | Registry::assume_deposit { version }
                | Registry::approve_derivative { version, .. } => of_version(version),
                Registry::approve { licensor, .. } => of_licensor(licensor),
                // Whose approval it is may give it back; that is no call of the owner's.
                Registry::withdraw_approval {
                    licensor, account, ..
                } => of_licensor(licensor).filter(|_| account != by),
                _ => None,
            },
            RuntimeCall::DataLicense(call) => match call {
                Data::set_terms { dataset, .. }
                | Data::approve { dataset, .. }
                | Data::reject { dataset, .. } => Some(Thing::Dataset(*dataset)),
                Data::revoke { grant } | Data::approve_owner { grant, .. } => of_grant(grant),
                _ => None,
            },
            _ => None,
        };
        if let Some(thing) = thing {
            self.touch(thing);
        }
    }

    /// It is not any more what a buyer saw.
    pub(super) fn touch(&mut self, thing: Thing) {
        if let Some(owned) = self.owned.get_mut(&thing) {
            owned.touched = true;
        }
    }

    /// The buyer looks at what it is offered.
    pub(super) fn read_ownership_offered(&mut self, thing: Thing, to: &AccountId) {
        let changes = match thing {
            Thing::Model(model) => ModelRegistry::model_view(model).map(|view| view.changes),
            Thing::Dataset(dataset) => DataLicense::dataset_view(dataset).map(|view| view.changes),
        };
        let owned = self.owned.get_mut(&thing).expect("what is offered exists");
        owned.offered = Some((to.clone(), changes.expect("what is offered is shown")));
        owned.touched = false;
    }

    pub(super) fn read_ownership_accepted(
        &mut self,
        thing: Thing,
        from: &AccountId,
        to: &AccountId,
    ) {
        let owned = self.owned.get_mut(&thing).expect("what is sold exists");
        let offered_to = owned.offered.take().map(|(to, _)| to);
        assert_eq!(owned.owner, *from, "{thing:?} is sold by its owner");
        assert_eq!(
            offered_to.as_ref(),
            Some(to),
            "{thing:?} is sold as offered"
        );
        owned.owner = to.clone();
        let model_of_job = |job: &jobs::Job| self.versions[&job.version].model;
        match thing {
            Thing::Model(model) if self.jobs.values().any(|job| model_of_job(job) == model) => {
                self.reach("a model is sold with its jobs open");
            }
            Thing::Model(_) => self.reach("a model is sold without jobs"),
            Thing::Dataset(_) => self.reach("a dataset is sold"),
        }
    }
}
