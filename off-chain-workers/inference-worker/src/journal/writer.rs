//! The thread that owns the journal's file.

use super::{file::Store, Answered, Done, JournalError, Rows, ROW};
use crate::error_chain;
use myai_chain_client::hop::blob_hash;
use myai_primitives::JobId;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        mpsc::{Receiver, RecvTimeoutError},
        Arc,
    },
    time::{Duration, Instant},
};
use tokio::sync::OwnedSemaphorePermit;

/// How long removals wait for something to be written with.
const LINGER: Duration = Duration::from_secs(1);
/// Between two attempts to open the file again, when nobody asks for anything.
const AGAIN: Duration = Duration::from_secs(10);
/// Rows of so many bytes are enough for one transaction.
pub const GROUP: usize = 8 << 20;

pub enum Request {
    Put(Box<Put>),
    Read {
        job: JobId,
        done: Done<Option<Vec<u8>>>,
        _room: OwnedSemaphorePermit,
    },
    Remove(JobId),
}

pub struct Put {
    pub answered: Answered,
    pub sealed: Arc<[u8]>,
    pub done: Done<()>,
    pub _room: OwnedSemaphorePermit,
}

pub struct Writer {
    store: Store,
    requests: Receiver<Request>,
    rows: Rows,
    /// Rows that wait to be written.
    group: Vec<Put>,
    /// Rows that are on disk and must go.
    removed: BTreeSet<JobId>,
    /// When the disk is to be used even if nobody asks for anything.
    due: Option<Instant>,
    /// Whether the file is to be opened again before it is used.
    has_failed: bool,
}

impl Writer {
    pub fn new(store: Store, requests: Receiver<Request>, rows: Rows) -> Self {
        Self {
            store,
            requests,
            rows,
            group: Vec::new(),
            removed: BTreeSet::new(),
            due: None,
            has_failed: false,
        }
    }

    /// Waits for requests and does all that are there; false when no more can come.
    pub fn turn(&mut self) -> bool {
        let first = match self.due {
            None => self.requests.recv().map_err(RecvTimeoutError::from),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                self.requests.recv_timeout(left)
            }
        };
        let is_over = matches!(first, Err(RecvTimeoutError::Disconnected));
        let mut bytes = 0;
        let mut next = first.ok();
        while let Some(request) = next {
            bytes += self.take(request);
            next = match bytes < GROUP {
                true => self.requests.try_recv().ok(),
                false => None,
            };
        }
        let is_due = self.due.is_some_and(|at| is_over || at <= Instant::now());
        if is_due || !self.group.is_empty() {
            self.write();
        }
        !is_over
    }

    /// Takes the request and returns how many bytes it writes.
    fn take(&mut self, request: Request) -> usize {
        match request {
            Request::Put(put) => match self.check(&put) {
                Ok(()) => {
                    let bytes = put.sealed.len() + ROW;
                    self.group.push(*put);
                    return bytes;
                }
                // A caller that has gone needs no answer, here and below.
                Err(error) => drop(put.done.send(Err(error))),
            },
            Request::Read { job, done, .. } => {
                let read = self.opened().and_then(|()| self.store.sealed(job));
                self.note(&read);
                drop(done.send(read));
            }
            Request::Remove(job) => {
                self.removed.insert(job);
                self.due.get_or_insert_with(|| Instant::now() + LINGER);
            }
        }
        0
    }

    fn check(&self, put: &Put) -> Result<(), JournalError> {
        let job = put.answered.job.id;
        if blob_hash(&put.sealed) != put.answered.answer.blob {
            return Err(JournalError::NotItsBytes { job });
        }
        let rows = self.rows.lock();
        let waiting = self.group.iter().map(|p| &p.answered);
        let mut before = rows.get(&job).into_iter().chain(waiting);
        match before.any(|b| b.job.id == job && b.answer != put.answered.answer) {
            true => Err(JournalError::Promised { job }),
            false => Ok(()),
        }
    }

    fn write(&mut self) {
        let group = std::mem::take(&mut self.group);
        let written = self.opened().and_then(|()| {
            // One that is written over stays.
            group.iter().for_each(|p| {
                self.removed.remove(&p.answered.job.id);
            });
            let put = group.iter().map(|p| (&p.answered, &*p.sealed));
            self.store.write(put, &self.removed)
        });
        self.note(&written);
        match &written {
            Ok(()) => {
                let mut rows = self.rows.lock();
                rows.extend(
                    group
                        .iter()
                        .map(|p| (p.answered.job.id, p.answered.clone())),
                );
                for job in std::mem::take(&mut self.removed) {
                    rows.remove(&job);
                }
                self.due = None;
            }
            Err(error) => {
                let error = error_chain(error);
                tracing::error!(error, answers = group.len(), "failed to write the journal");
                self.due = Some(Instant::now() + AGAIN);
            }
        }
        for put in group {
            drop(put.done.send(written.clone()));
        }
    }

    /// Opens the file again after an error. Rows that were never acknowledged, or were removed, go
    /// with the next write.
    fn opened(&mut self) -> Result<(), JournalError> {
        if !self.has_failed {
            return Ok(());
        }
        let found: BTreeMap<JobId, Answered> = self.store.open_again()?;
        let rows = self.rows.lock();
        let is_there = |row: &Answered| {
            found
                .get(&row.job.id)
                .is_some_and(|f| f.answer == row.answer)
        };
        if !rows.values().all(is_there) {
            return Err(self.store.replaced());
        }
        let mut left = found;
        left.retain(|job, _| !rows.contains_key(job));
        self.removed = left.into_keys().collect();
        self.has_failed = false;
        Ok(())
    }

    /// After any error of the disk the file is opened again before its next use.
    fn note<T>(&mut self, done: &Result<T, JournalError>) {
        use JournalError::{Damaged, Disk};
        self.has_failed |= matches!(done, Err(Disk { .. } | Damaged { .. }));
    }
}
