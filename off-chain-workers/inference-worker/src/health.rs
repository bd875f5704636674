//! Whether the worker can do its work, for `/health` and the watchdog of systemd.

use crate::journal;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Why the worker cannot do its work now, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    #[error("no best block was seen yet: is the node reached?")]
    NoBlockYet,
    #[error(
        "no new best block for {} s: the node cannot be reached or does not follow the chain",
        .0.as_secs()
    )]
    NoBlock(Duration),
    #[error("the journal cannot be written: {0}")]
    Journal(String),
    #[error("the journal is not written: its disk has not answered for {} s", .0.as_secs())]
    JournalHangs(Duration),
    #[error("the chain was not asked yet whose signer the key is")]
    SignerUnknown,
    #[error("the key is not the worker's signer")]
    NotItsSigner,
}

/// News of the node, the journal and the signer. The dispatcher and the jobs bring them.
pub struct Health {
    /// Longest time without a new best block.
    pub max_block_age: Duration,
    /// Longest time for one write of the journal.
    max_write: Duration,
    begun: Instant,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// 0 before the first one.
    block: u32,
    seen: Option<Instant>,
    /// Why the last attempt to write failed, if it did.
    journal: Option<String>,
    /// Answers that are being written.
    writing: usize,
    /// When the first of them was begun, or the last one ended.
    moved: Option<Instant>,
    is_signer: Option<bool>,
}

impl Known {
    fn journal_ended(&mut self, failed: Option<String>) {
        self.journal = failed;
        self.writing = self.writing.saturating_sub(1);
        self.moved = Some(Instant::now());
    }
}

impl Default for Health {
    fn default() -> Self {
        Self {
            max_block_age: Duration::from_secs(60),
            max_write: journal::MAX_WAIT,
            begun: Instant::now(),
            known: Mutex::default(),
        }
    }
}

impl Health {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing is left half done where it could panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A best block is there. The same number again is no new one.
    pub fn saw_block(&self, number: u32) {
        let mut known = self.known();
        if known.block != number {
            known.block = number;
            known.seen = Some(Instant::now());
        }
    }

    /// How long ago the last new best block was seen; before the first one, since the start.
    pub fn block_age(&self) -> Duration {
        self.known().seen.unwrap_or(self.begun).elapsed()
    }

    /// An answer is about to be written into the journal.
    pub fn journal_begun(&self) {
        let mut known = self.known();
        if known.writing == 0 {
            known.moved = Some(Instant::now());
        }
        known.writing += 1;
    }

    /// The journal was written.
    pub fn journal_written(&self) {
        self.known().journal_ended(None);
    }

    /// The journal could not be written. This holds until it is written again.
    pub fn journal_failed(&self, why: impl Into<String>) {
        self.known().journal_ended(Some(why.into()));
    }

    /// The chain says whether the key is the worker's signer.
    pub fn signer(&self, is_its: bool) {
        self.known().is_signer = Some(is_its);
    }

    /// Fails with the first thing that is wrong.
    pub fn check(&self) -> Result<(), Trouble> {
        let known = self.known();
        match known.is_signer {
            Some(true) => (),
            Some(false) => return Err(Trouble::NotItsSigner),
            None => return Err(Trouble::SignerUnknown),
        }
        if let Some(why) = &known.journal {
            return Err(Trouble::Journal(why.clone()));
        }
        let moved = known.moved.filter(|_| known.writing > 0);
        if let Some(since) = moved.filter(|at| at.elapsed() > self.max_write) {
            return Err(Trouble::JournalHangs(since.elapsed()));
        }
        let age = known.seen.ok_or(Trouble::NoBlockYet)?.elapsed();
        if age > self.max_block_age {
            return Err(Trouble::NoBlock(age));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worker_is_healthy_when_all_is_known_to_be_well() {
        let health = Health::default();
        assert_eq!(health.check(), Err(Trouble::SignerUnknown));
        health.signer(true);
        assert_eq!(health.check(), Err(Trouble::NoBlockYet));
        // The number before the first block.
        health.saw_block(0);
        assert_eq!(health.check(), Err(Trouble::NoBlockYet));
        health.saw_block(7);
        assert_eq!(health.check(), Ok(()));
        health.journal_failed("disk full");
        assert_eq!(health.check(), Err(Trouble::Journal("disk full".into())));
        health.journal_written();
        assert_eq!(health.check(), Ok(()));
        health.signer(false);
        assert_eq!(health.check(), Err(Trouble::NotItsSigner));
    }

    #[test]
    fn disk_that_does_not_answer_is_told() {
        let mut health = Health::default();
        health.signer(true);
        health.saw_block(7);
        health.max_write = Duration::from_millis(1);
        health.journal_begun();
        health.journal_begun();
        while health.check().is_ok() {}
        assert!(matches!(health.check(), Err(Trouble::JournalHangs(_))));
        health.journal_written();
        while health.check().is_ok() {}
        health.journal_written();
        assert_eq!(health.check(), Ok(()));
    }

    #[test]
    fn same_block_again_does_not_make_a_worker_healthy() {
        let mut health = Health::default();
        health.signer(true);
        health.saw_block(7);
        health.max_block_age = Duration::from_millis(1);
        while health.check().is_ok() {}
        health.saw_block(7);
        assert!(matches!(health.check(), Err(Trouble::NoBlock(_))));
        health.max_block_age = Duration::from_secs(60);
        health.saw_block(6);
        assert_eq!(health.check(), Ok(()));
    }
}
