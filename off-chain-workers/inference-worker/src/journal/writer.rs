//! Writes what waits, whoever has it do so.

use super::{file::Store, Answered, Done, JournalError, Rows, ROW};
use crate::error_chain;
use myai_chain_client::hop::blob_hash;
use myai_primitives::JobId;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
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

/// What waits for the writer.
#[derive(Default)]
pub struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    requests: VecDeque<Request>,
    /// When the disk is to be used even if nobody asks for anything.
    due: Option<Instant>,
    /// Whether no more can come.
    is_over: bool,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the request wait, unless no more can come.
    pub fn push(&self, request: Request) -> Result<(), JournalError> {
        let mut waiting = self.lock();
        if waiting.is_over {
            return Err(JournalError::Ended);
        }
        waiting.requests.push_back(request);
        Ok(())
    }

    fn pop(&self) -> Option<Request> {
        self.lock().requests.pop_front()
    }

    /// Wakes up the thread if something waits.
    pub fn wake(&self) {
        if !self.lock().requests.is_empty() {
            self.changed.notify_one();
        }
    }

    /// Lets no more come.
    pub fn close(&self) {
        self.lock().is_over = true;
        self.changed.notify_one();
    }

    /// Lets no more come, and gives up what waits.
    pub fn end(&self) {
        self.close();
        self.lock().requests.clear();
    }

    /// Waits until there is something to do; false when there is nothing left and no more can come.
    pub fn wait(&self) -> bool {
        let mut waiting = self.lock();
        while !waiting.is_over && waiting.requests.is_empty() {
            let left = waiting
                .due
                .map(|at| at.saturating_duration_since(Instant::now()));
            waiting = match left {
                Some(Duration::ZERO) => break,
                Some(left) => {
                    let waited = self.changed.wait_timeout(waiting, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => {
                    let waited = self.changed.wait(waiting);
                    waited.unwrap_or_else(PoisonError::into_inner)
                }
            };
        }
        !(waiting.is_over && waiting.requests.is_empty())
    }
}

pub struct Writer {
    store: Store,
    pub queue: Arc<Queue>,
    rows: Rows,
    /// Rows that wait to be written.
    group: Vec<Put>,
    /// Rows that are on disk and must go.
    removed: BTreeSet<JobId>,
    /// Whether the file is to be opened again before it is used.
    has_failed: bool,
}

impl Writer {
    pub fn new(store: Store, queue: Arc<Queue>, rows: Rows) -> Self {
        Self {
            store,
            queue,
            rows,
            group: Vec::new(),
            removed: BTreeSet::new(),
            has_failed: false,
        }
    }

    /// Does all that waits, or as much of it as one transaction may have.
    pub fn turn(&mut self) {
        let mut bytes = 0;
        while bytes < GROUP {
            let Some(request) = self.queue.pop() else {
                break;
            };
            bytes += self.take(request);
        }
        let is_due = {
            let waiting = self.queue.lock();
            let is_due = |at: Instant| waiting.is_over || at <= Instant::now();
            waiting.due.is_some_and(is_due)
        };
        if is_due || !self.group.is_empty() {
            self.write();
        }
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
                let mut waiting = self.queue.lock();
                waiting.due.get_or_insert_with(|| Instant::now() + LINGER);
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
                self.queue.lock().due = None;
            }
            Err(error) => {
                let error = error_chain(error);
                tracing::error!(error, answers = group.len(), "failed to write the journal");
                self.queue.lock().due = Some(Instant::now() + AGAIN);
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
