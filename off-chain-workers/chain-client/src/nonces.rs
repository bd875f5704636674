//! The next nonce of each account that signs here.
//!
//! The node is asked for it once. Then it is counted here, for as long as nothing contradicts the
//! count: a call that is refused because of its nonce, or of which nothing more is known, makes the
//! node be asked again. So other programs may sign for the same account.
//!
//! A refused call leaves a gap. The next call gets the lowest one.

use crate::AccountId;
use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

/// Gaps that are known at once; others are found when these are filled.
const MAX_GAPS: usize = 64;

#[derive(Default)]
pub(crate) struct Nonces(Mutex<HashMap<AccountId, Arc<Account>>>);

impl Nonces {
    pub(crate) fn of(&self, account: &AccountId) -> Arc<Account> {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        all.entry(account.clone()).or_default().clone()
    }
}

#[derive(Default)]
pub(crate) struct Account {
    /// Held while the node is asked, so that one call asks for all.
    pub(crate) asking: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The one after all that were taken; `None` when the node must be asked.
    next: Option<u64>,
    /// Below `next`, and of no call. Worth nothing while the node must be asked.
    gaps: BTreeSet<u64>,
    /// Of calls under way.
    taken: BTreeSet<u64>,
    /// When gaps were last filled.
    filled: Option<Instant>,
}

impl Account {
    /// The lowest nonce that may be used; `None` when the node must be asked first.
    pub(crate) fn take(self: &Arc<Self>) -> Option<Nonce> {
        self.with(|state| {
            let next = state.next?;
            let value = state.gaps.pop_first().unwrap_or(next);
            state.next = Some(next.max(value + 1));
            state.taken.insert(value);
            Some(self.nonce(value))
        })
    }

    /// `next` is the first nonce that neither the best block nor the pool has, as the node says.
    pub(crate) fn learn(&self, next: u64) {
        self.with(|state| {
            let after = state.taken.last().map_or(next, |last| next.max(last + 1));
            state.next = Some(after);
            let free = (next..after).filter(|n| !state.taken.contains(n));
            state.gaps = free.take(MAX_GAPS).collect();
        });
    }

    /// Every gap with calls behind it.
    pub(crate) fn take_gaps(self: &Arc<Self>) -> Vec<Nonce> {
        self.with(|state| {
            let last = state.taken.last().copied().unwrap_or_default();
            let behind = state.gaps.split_off(&last);
            let gaps = std::mem::replace(&mut state.gaps, behind);
            state.taken.extend(&gaps);
            gaps.into_iter().map(|value| self.nonce(value)).collect()
        })
    }

    /// Whether gaps should be looked for now: once in `pause` for all of the account's calls.
    pub(crate) fn may_fill(&self, pause: Duration) -> bool {
        self.with(|state| {
            let is_due = state.filled.is_none_or(|at| at.elapsed() >= pause);
            if is_due {
                state.filled = Some(Instant::now());
            }
            is_due
        })
    }

    fn nonce(self: &Arc<Self>, value: u64) -> Nonce {
        Nonce {
            value,
            account: self.clone(),
            is_settled: false,
        }
    }

    fn with<T>(&self, what: impl FnOnce(&mut State) -> T) -> T {
        what(&mut self.state.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

/// The nonce of one call, until it is known whether a block has the call. If it is dropped before
/// that, the node is asked for the account's next nonce.
pub(crate) struct Nonce {
    value: u64,
    account: Arc<Account>,
    is_settled: bool,
}

impl Nonce {
    pub(crate) fn value(&self) -> u64 {
        self.value
    }

    /// Its call is in a block.
    pub(crate) fn used(mut self) {
        self.is_settled = true;
        self.account.with(|state| state.taken.remove(&self.value));
    }

    /// No pool and no block has it: another call may.
    pub(crate) fn unused(mut self) {
        self.is_settled = true;
        self.account.with(|state| {
            state.taken.remove(&self.value);
            state.gaps.insert(self.value);
        });
    }
}

impl Drop for Nonce {
    fn drop(&mut self) {
        if !self.is_settled {
            self.account.with(|state| {
                state.taken.remove(&self.value);
                state.next = None;
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(next: u64) -> Arc<Account> {
        let account = Arc::<Account>::default();
        assert!(account.take().is_none());
        account.learn(next);
        account
    }

    fn taken<const N: usize>(account: &Arc<Account>) -> [Nonce; N] {
        std::array::from_fn(|_| account.take().unwrap())
    }

    #[test]
    fn nonces_are_counted_without_the_node() {
        let account = account(4);
        let [four, five] = taken(&account);
        assert_eq!((four.value(), five.value()), (4, 5));
        five.used();
        four.used();
        assert_eq!(account.take().unwrap().value(), 6);
    }

    #[test]
    fn a_refused_call_leaves_its_nonce_to_the_next_one() {
        let account = account(4);
        let [four, five, six, seven] = taken(&account);
        six.unused();
        four.unused();
        let [again, too, next] = taken(&account);
        assert_eq!((again.value(), too.value(), next.value()), (4, 6, 8));
        // Without calls behind it a gap keeps nothing waiting.
        next.unused();
        seven.unused();
        assert!(account.take_gaps().is_empty());
        assert_eq!(account.take().unwrap().value(), 7);
        drop((again, five, too));
    }

    #[test]
    fn after_a_lost_call_the_node_is_asked() {
        let account = account(4);
        let [four, five, six] = taken(&account);
        drop(four);
        assert!(account.take().is_none());
        // The node has it not: it stands before those that are under way.
        account.learn(4);
        assert_eq!(account.take_gaps().len(), 1);
        account.learn(4);
        assert_eq!(account.take().unwrap().value(), 4);
        // The node has it, and one of another program behind ours.
        account.learn(8);
        assert_eq!(account.take().unwrap().value(), 8);
        drop((five, six));
    }

    #[test]
    fn a_node_that_counts_wrongly_makes_few_gaps() {
        let account = account(1_000_000);
        let [_taken] = taken(&account);
        account.learn(3);
        assert_eq!(account.take_gaps().len(), MAX_GAPS);
    }

    #[test]
    fn gaps_are_looked_for_by_one_of_many_calls() {
        let account = account(0);
        assert!(account.may_fill(Duration::from_secs(60)));
        assert!(!account.may_fill(Duration::from_secs(60)));
        assert!(account.may_fill(Duration::ZERO));
    }
}
