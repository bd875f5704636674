//! The next nonce of each account that signs here.

use crate::AccountId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

#[derive(Default)]
pub(crate) struct Nonces(Mutex<HashMap<AccountId, Arc<Account>>>);

#[derive(Default)]
pub(crate) struct Account {
    /// Held from the choice of a nonce until the pool has answered, so that an account's calls
    /// reach the pool in the order of their nonces.
    pub(crate) turn: tokio::sync::Mutex<()>,
    state: Mutex<Nonce>,
}

/// What is known of an account's nonce.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Nonce {
    /// The next one; `None` when the node must be asked.
    next: Option<u64>,
    /// Calls in the pool that are in no block yet.
    waiting: u32,
}

impl Nonce {
    /// What may be used without asking the node: only while calls of ours wait in the pool, since
    /// another program may sign for the same account.
    pub(crate) fn known(&self) -> Option<u64> {
        self.next.filter(|_| self.waiting > 0)
    }

    pub(crate) fn accepted(&mut self, nonce: u64) {
        self.next = Some(nonce + 1);
        self.waiting += 1;
    }

    /// A call is in a block, or nothing more is known of it.
    pub(crate) fn left(&mut self, in_block: bool) {
        self.waiting = self.waiting.saturating_sub(1);
        if !in_block {
            self.next = None;
        }
    }

    /// The node must be asked.
    pub(crate) fn forget(&mut self) {
        self.next = None;
    }
}

impl Nonces {
    pub(crate) fn of(&self, account: &AccountId) -> Arc<Account> {
        let mut all = self.0.lock().unwrap_or_else(|e| e.into_inner());
        all.entry(account.clone()).or_default().clone()
    }
}

impl Account {
    pub(crate) fn with<T>(&self, what: impl FnOnce(&mut Nonce) -> T) -> T {
        what(&mut self.state.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_are_local_only_while_calls_wait() {
        let mut nonce = Nonce::default();
        assert_eq!(nonce.known(), None);
        nonce.accepted(4);
        assert_eq!(nonce.known(), Some(5));
        nonce.accepted(5);
        nonce.left(true);
        assert_eq!(nonce.known(), Some(6));
        nonce.left(true);
        // Another program may have signed since.
        assert_eq!(nonce.known(), None);
    }

    #[test]
    fn a_call_that_got_lost_makes_the_node_be_asked() {
        let mut nonce = Nonce::default();
        nonce.accepted(4);
        nonce.accepted(5);
        nonce.left(false);
        assert_eq!(nonce.known(), None);
        nonce.accepted(4);
        assert_eq!(nonce.known(), Some(5));
    }
}
