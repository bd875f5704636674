//! The journal: every answer that the worker promises, on disk before the worker acts on it. So no
//! promise is lost with the program or the machine, and no job is answered in two ways.
//!
//! One file, `journal.redb`, has a row for each answered job: the attestation and the sealed
//! answer. A row goes when the job's end is final: a block can vanish, and a job that comes back in
//! another block gets the answer that was promised before. A job that was only begun has no row:
//! the chain lists it as open, and the worker begins it again.
//!
//! Who puts a row and finds nobody at the file brings it to disk on the spot, and with it all other
//! rows that wait, in one transaction: to have another thread do it would cost two changes of
//! thread. Rows that come meanwhile wait, and a thread of the journal's own writes them next; it
//! also writes removals with which no row goes. After an error of the disk the file is written once
//! more and opened again; it then has the rows that were acknowledged and no others.
//!
//! A file that cannot be read to its last row is not opened, and never replaced: its rows are
//! promises, and a worker without them would answer those jobs a second time. The owner can install
//! the release that reads the file, or put a copy in its place, and loses nothing but time.

mod file;
mod writer;

#[cfg(test)]
mod tests;

use crate::backend::Job;
use codec::{Decode, Encode};
use file::Store;
pub use file::{builder, JournalFile, Place};
use myai_chain_client::hop::MAX_BLOB;
use myai_primitives::{Hash32, JobId};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError},
    thread::JoinHandle,
    time::Duration,
};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::{oneshot, OwnedSemaphorePermit, Semaphore},
    task::block_in_place,
};
use writer::{Put, Queue, Request, Writer};

/// Most bytes that may wait to be written or read.
const QUEUE: usize = 32 << 20;
/// Bytes of a row beside its sealed answer.
const ROW: usize = 4096;
/// How long one write or read may take. A disk that hangs does so far longer.
pub const MAX_WAIT: Duration = Duration::from_secs(60);

/// Why the journal cannot be used. The texts fit after "failed to".
#[derive(Clone, Debug, thiserror::Error)]
pub enum JournalError {
    #[error("make the journal {}: {source}", path.display())]
    Make {
        path: PathBuf,
        source: Arc<redb::Error>,
    },
    #[error(
        "use the journal {}: another worker does; stop that one, or give each a `data` of its own",
        path.display()
    )]
    InUse { path: PathBuf },
    #[error(
        "read the journal {}: it is damaged, or a newer release wrote it ({source}); answers in it \
         may have been promised, so install the newest release or put back a copy of the file, and \
         move it away only to give them up",
        path.display()
    )]
    Damaged {
        path: PathBuf,
        source: Arc<redb::Error>,
    },
    #[error(
        "read the journal {}: it is of format {found}, and this release reads format {}: install \
         the release that wrote it",
        path.display(),
        file::FORMAT
    )]
    Format { path: PathBuf, found: u32 },
    #[error(
        "read the journal {}: its row of job {job} is not an answer with its sealed bytes; it may \
         have been promised, so install the release that wrote it, and move the file away only to \
         give up all that is in it",
        path.display()
    )]
    Row { path: PathBuf, job: JobId },
    #[error(
        "use the journal {} any longer: it is another file now; stop the worker, put the right one \
         back, and start again",
        path.display()
    )]
    Replaced { path: PathBuf },
    #[error("use the journal {}: {source}", path.display())]
    Disk {
        path: PathBuf,
        source: Arc<redb::Error>,
    },
    /// The answer may still come to disk; [`Journal::get`] has it then.
    #[error("use the journal: the disk did not answer within {} s", MAX_WAIT.as_secs())]
    Late,
    #[error("write the answer of job {job}: another one is promised already")]
    Promised { job: JobId },
    #[error("write the answer of job {job}: the sealed bytes have another hash than it says")]
    NotItsBytes { job: JobId },
    #[error("start the journal's thread: {0}")]
    Thread(Arc<io::Error>),
    #[error("use the journal: its thread has ended; restart the worker")]
    Ended,
}

impl JournalError {
    /// Whether a write or read that failed so may succeed later, when the disk is well again. While
    /// a program is started it shares our lock for a moment, which an opening after an error can
    /// meet.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Disk { .. } | Self::Late | Self::InUse { .. })
    }
}

/// The promise about a job: all values of its attestation.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Answered {
    pub job: Job,
    pub answer: Answer,
}

/// The values of an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Answer {
    pub output_commitment: Hash32,
    pub units: u32,
    /// Hash of the sealed answer.
    pub blob: Hash32,
    /// Public key of the one who may claim the answer from the pool.
    pub mailbox: [u8; 32],
}

/// The promises on disk that are not to be removed, without the sealed answers.
#[derive(Clone)]
struct Rows(Arc<Mutex<BTreeMap<JobId, Answered>>>);

impl Rows {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, Answered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The journal, to be cloned at will. One program at a time.
#[derive(Clone)]
pub struct Journal(Arc<Open>);

struct Open {
    rows: Rows,
    room: Arc<Semaphore>,
    max_wait: Duration,
    queue: Arc<Queue>,
    /// `None` where tests make the writer's turns.
    writer: Option<Arc<Mutex<Writer>>>,
    thread: Option<JoinHandle<()>>,
}

/// Waits until everything is on disk and the file is closed.
impl Drop for Open {
    fn drop(&mut self) {
        self.queue.close();
        if self.thread.take().is_some_and(|t| t.join().is_err()) {
            tracing::error!("the journal's thread broke off");
        }
    }
}

impl Open {
    /// Has what waits written here, unless somebody is at it.
    fn write(&self) {
        let Some(writer) = &self.writer else { return };
        match writer.try_lock() {
            Ok(mut writer) => in_place(|| writer.turn()),
            Err(TryLockError::WouldBlock) => return,
            // It broke off in the middle.
            Err(TryLockError::Poisoned(_)) => return self.queue.end(),
        }
        // What came meanwhile.
        self.queue.wake();
    }
}

/// Does something that may take long on this thread; others do the other tasks meanwhile.
fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::MultiThread => block_in_place(work),
        // There is no other thread that could.
        _ => work(),
    }
}

/// The journal's thread: writes what nobody writes who put it.
fn write_on(queue: &Queue, writer: &Mutex<Writer>) {
    let mut is_open = true;
    while is_open {
        is_open = queue.wait();
        match writer.lock() {
            Ok(mut writer) => writer.turn(),
            Err(_) => return queue.end(),
        }
    }
}

impl Journal {
    /// Opens `journal.redb` in `folder`, both of which are made where they are not there. Reads the
    /// whole file.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        Self::open_at(JournalFile::in_folder(folder)?)
    }

    /// Opens the journal that is at that place.
    pub fn open_at(place: impl Place) -> Result<Self, JournalError> {
        let (mut journal, writer) = Self::parts(place)?;
        let writer = Arc::new(Mutex::new(writer));
        let (queue, of_thread) = (journal.queue.clone(), writer.clone());
        let thread = std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || write_on(&queue, &of_thread))
            .map_err(|e| JournalError::Thread(e.into()))?;
        journal.writer = Some(writer);
        journal.thread = Some(thread);
        Ok(Self(Arc::new(journal)))
    }

    /// Without the thread; the writer makes no turn by itself.
    fn parts(place: impl Place) -> Result<(Open, Writer), JournalError> {
        let (store, read) = Store::open(place)?;
        let rows = Rows(Arc::new(Mutex::new(read)));
        let queue = Arc::<Queue>::default();
        let writer = Writer::new(store, queue.clone(), rows.clone());
        let open = Open {
            rows,
            room: Arc::new(Semaphore::new(QUEUE)),
            max_wait: MAX_WAIT,
            queue,
            writer: None,
            thread: None,
        };
        Ok((open, writer))
    }

    /// Every answered job, in the order of the ids.
    pub fn answered(&self) -> Vec<Answered> {
        self.0.rows.lock().values().cloned().collect()
    }

    /// The promise about the job.
    pub fn get(&self, job: JobId) -> Option<Answered> {
        self.0.rows.lock().get(&job).cloned()
    }

    /// Writes the promise about a job and the sealed answer, of at most [`MAX_BLOB`] bytes; both are
    /// on disk when it resolves. An answer whose writing failed is not in the journal, unless it
    /// failed as [`JournalError::Late`]. A second answer of a job is refused.
    pub async fn put(&self, answered: Answered, sealed: Arc<[u8]>) -> Result<(), JournalError> {
        self.ask(sealed.len(), |room, done| {
            Request::Put(Box::new(Put {
                answered,
                sealed,
                done,
                _room: room,
            }))
        })
        .await
    }

    /// The job's sealed answer, as it was put; `None` where the job is not in the journal.
    pub async fn sealed(&self, job: JobId) -> Result<Option<Vec<u8>>, JournalError> {
        if self.get(job).is_none() {
            return Ok(None);
        }
        self.ask(MAX_BLOB, |_room, done| Request::Read { job, done, _room })
            .await
    }

    /// Forgets the job: at once here, on disk with the next write or after a second. An answer that is
    /// still being put must have resolved before.
    pub fn remove(&self, job: JobId) {
        if self.0.rows.lock().remove(&job).is_some() {
            // If the writer broke off, the next write says so.
            let _ = self.0.queue.push(Request::Remove(job));
            self.0.queue.wake();
        }
    }

    /// Waits for room for that many bytes, and for what becomes of the request.
    async fn ask<T>(
        &self,
        bytes: usize,
        request: impl FnOnce(OwnedSemaphorePermit, Done<T>) -> Request,
    ) -> Result<T, JournalError> {
        let bytes = bytes.saturating_add(ROW).min(QUEUE);
        let asked = async {
            let room = self.0.room.clone().acquire_many_owned(bytes as u32).await;
            let room = room.map_err(|_| JournalError::Ended)?;
            let (done, answer) = oneshot::channel();
            self.0.queue.push(request(room, done))?;
            self.0.write();
            answer.await.unwrap_or(Err(JournalError::Ended))
        };
        let done = tokio::time::timeout(self.0.max_wait, asked).await;
        done.unwrap_or(Err(JournalError::Late))
    }
}

/// Where the result of a request goes.
type Done<T> = oneshot::Sender<Result<T, JournalError>>;
