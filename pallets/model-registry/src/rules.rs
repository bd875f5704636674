//! The rules and their revisions. Owns `CurrentRevision` and `RuleSets`.

use crate::{Config, CurrentRevision, Error, Event, Pallet, RuleSets};
use myai_primitives::{Revision, Rule, RuleSet, Rules};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
    pub(crate) fn do_set_rule(rule: Rule) -> DispatchResult {
        let (revision, rules) = Self::current();
        let rules = rules.with(rule).ok_or(Error::<T>::RuleOutOfBounds)?;
        let revision = revision.checked_add(1).ok_or(Error::<T>::IdsExhausted)?;
        RuleSets::<T>::insert(revision, rules);
        CurrentRevision::<T>::put(revision);
        Self::deposit_event(Event::RuleChanged { rule, revision });
        Ok(())
    }
}

impl<T: Config> Rules for Pallet<T> {
    fn current() -> (Revision, RuleSet) {
        let revision = CurrentRevision::<T>::get();
        (revision, Self::at(revision).unwrap_or_default())
    }

    fn at(revision: Revision) -> Option<RuleSet> {
        // Genesis writes revision 0; a chain that got the pallet later has the defaults there.
        RuleSets::<T>::get(revision).or_else(|| (revision == 0).then(RuleSet::default))
    }
}
