//! The rules and their revisions. Owns `PastRules`, and the rules in `CurrentRules`.

use crate::{Config, CurrentRules, Error, Event, InForce, Pallet, PastRules};
use frame_support::defensive;
use myai_primitives::{Revision, Rule, RuleError, RuleSet, Rules};
use myai_support::RulesAt;
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
    pub(crate) fn do_set_rule(rule: Rule, value: u128) -> DispatchResult {
        let in_force = Self::in_force()?;
        let Rules {
            revision,
            list: set,
        } = in_force.rules;
        let new = set.clone().with(rule, value).map_err(|e| match e {
            RuleError::OutOfBounds => Error::<T>::RuleOutOfBounds,
            RuleError::DurationsCross => Error::<T>::DurationsCross,
        })?;
        let next = revision.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
        PastRules::<T>::insert(revision, set);
        CurrentRules::<T>::put(InForce {
            rules: Rules {
                revision: next,
                list: new,
            },
            ..in_force
        });
        Self::deposit_event(Event::RuleChanged {
            rule,
            value,
            revision: next,
        });
        Ok(())
    }

    /// The rules in force, and what moderation says of all work.
    pub(crate) fn in_force() -> Result<InForce, DispatchError> {
        CurrentRules::<T>::get().ok_or(Error::<T>::RevisionNotFound.into())
    }

    /// The rules in force and their revision, for readers.
    pub fn rules_view() -> Rules {
        CurrentRules::<T>::get()
            .map(|row| row.rules)
            .unwrap_or_else(|| {
                defensive!("genesis writes the rules");
                Rules {
                    revision: 0,
                    list: RuleSet::default(),
                }
            })
    }
}

impl<T: Config> RulesAt for Pallet<T> {
    fn current() -> Result<Rules, DispatchError> {
        Ok(Self::in_force()?.rules)
    }

    fn at(revision: Revision) -> Result<RuleSet, DispatchError> {
        let current = Self::current()?;
        if revision == current.revision {
            return Ok(current.list);
        }
        PastRules::<T>::get(revision).ok_or(Error::<T>::RevisionNotFound.into())
    }
}
