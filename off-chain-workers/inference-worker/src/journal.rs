//! What the worker has promised, on disk before it is acted on: `kill -9` at any point loses nothing
//! that was begun, and no job is answered in two ways.
//!
//! One file for each job, `ID.json`, replaced as a whole: written beside, brought to disk, renamed,
//! the folder brought to disk. A sealed answer lies beside it, `ID.answer`, there before the entry
//! says so. An entry goes when the job's end is final: a block can vanish, and a job that comes back
//! in another block is answered with what was promised before. An entry that cannot be read is set
//! aside as `ID.bad`.
//!
//! ```text
//! Taken ──► Answered
//!   └────► Declined
//! ```
//!
//! Once `Answered` there is one answer and no other; once `Declined` there is none. How the job ended
//! is not written: the chain's state says it.
//!
//! `Taken` is written once more at each attempt, with how many there were: a job that ends the
//! program, or breaks its task off, must not do so for ever. So must no model that is loaded without
//! a job: as long as that goes on there is `version-N.preloading`.

use crate::backend::Job;
use myai_primitives::{DeclineReason, Hash32, JobId, Tick, VersionId};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard},
};

/// The only format that this release reads.
const FORMAT: u8 = 2;

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("use the journal's {}: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("read the journal's {}: {why}", path.display())]
    Unreadable { path: PathBuf, why: String },
    #[error("use the journal in {}: another worker does", path.display())]
    InUse { path: PathBuf },
}

/// One job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    format: u8,
    pub job: JobId,
    pub version: VersionId,
    /// Last tick of service at which the worker may end the job.
    pub deadline: Tick,
    /// Hash of the sealed input.
    #[serde(with = "hex::serde")]
    pub blob: Hash32,
    /// How often the model was got ready and run for it.
    pub attempts: u32,
    pub state: State,
}

/// What is promised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum State {
    /// Accepted; nothing was said to anybody.
    Taken,
    /// The sealed answer is on disk, and nothing else is attested.
    Answered(Answer),
    /// The job is given back.
    Declined { reason: DeclineReason },
}

/// What is attested, to the last byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    #[serde(with = "hex::serde")]
    pub output_commitment: Hash32,
    pub units: u32,
    /// Hash of the sealed answer.
    #[serde(with = "hex::serde")]
    pub blob: Hash32,
    /// Whose key may claim it from the pool.
    #[serde(with = "hex::serde")]
    pub mailbox: [u8; 32],
}

impl Entry {
    pub fn taken(job: &Job) -> Self {
        Self {
            format: FORMAT,
            job: job.id,
            version: job.version,
            deadline: job.deadline,
            blob: job.blob,
            attempts: 0,
            state: State::Taken,
        }
    }
}

/// The journal. One program at a time.
pub struct Journal {
    folder: PathBuf,
    /// What is on disk.
    entries: Mutex<BTreeMap<JobId, Entry>>,
    /// Held as long as the journal is open.
    _lock: File,
}

impl Journal {
    /// Opens the journal in `folder`, which is made where it is not there.
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let disk = |source| JournalError::Disk {
            path: folder.into(),
            source,
        };
        fs::create_dir_all(folder).map_err(disk)?;
        let lock = File::create(folder.join("lock")).map_err(disk)?;
        match lock.try_lock() {
            Ok(()) => (),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(JournalError::InUse {
                    path: folder.into(),
                })
            }
            Err(fs::TryLockError::Error(source)) => return Err(disk(source)),
        }
        let mut entries = BTreeMap::new();
        for item in fs::read_dir(folder).map_err(disk)? {
            let path = item.map_err(disk)?.path();
            match path.extension().and_then(|e| e.to_str()) {
                // What a crash left half written.
                Some("new") => fs::remove_file(&path).map_err(disk)?,
                Some("json") => entries.extend(read_or_set_aside(&path)?.map(|e| (e.job, e))),
                _ => (),
            }
        }
        Ok(Self {
            folder: folder.into(),
            entries: Mutex::new(entries),
            _lock: lock,
        })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<JobId, Entry>> {
        self.entries.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Every entry, in the order of the jobs' ids.
    pub fn entries(&self) -> Vec<Entry> {
        self.lock().values().cloned().collect()
    }

    /// Replaces the job's entry; on disk when it returns.
    pub fn put(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(entry.job, "json");
        let bytes = serde_json::to_vec(entry).map_err(|e| JournalError::Unreadable {
            path: path.clone(),
            why: e.to_string(),
        })?;
        self.replace(&path, &bytes)?;
        self.lock().insert(entry.job, entry.clone());
        Ok(())
    }

    /// Stores the job's sealed answer; on disk when it returns.
    pub fn put_answer(&self, job: JobId, sealed: &[u8]) -> Result<(), JournalError> {
        self.replace(&self.path(job, "answer"), sealed)
    }

    /// The job's sealed answer, if it is there.
    pub fn answer(&self, job: JobId) -> Result<Option<Vec<u8>>, JournalError> {
        let path = self.path(job, "answer");
        match fs::read(&path) {
            Ok(sealed) => Ok(Some(sealed)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(JournalError::Disk { path, source }),
        }
    }

    /// Where it is noted that the version is being loaded without a job for it. One that is there
    /// before says that the program ended meanwhile.
    pub fn preloading(&self, version: VersionId) -> PathBuf {
        self.folder.join(format!("version-{version}.preloading"))
    }

    /// Notes that the version is being loaded, until the note is dropped; on disk when it returns.
    pub fn note_preloading(&self, version: VersionId) -> Result<Preloading, JournalError> {
        let path = self.preloading(version);
        self.replace(&path, b"")?;
        Ok(Preloading(path))
    }

    /// Forgets the job.
    pub fn remove(&self, job: JobId) -> Result<(), JournalError> {
        // The entry first: an answer without an entry means nothing.
        for extension in ["json", "answer"] {
            let path = self.path(job, extension);
            match fs::remove_file(&path) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(JournalError::Disk { path, source })
                }
                _ => (),
            }
        }
        self.lock().remove(&job);
        Ok(())
    }

    fn path(&self, job: JobId, extension: &str) -> PathBuf {
        self.folder.join(format!("{job}.{extension}"))
    }

    fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), JournalError> {
        let disk = |source| JournalError::Disk {
            path: path.into(),
            source,
        };
        let mut name = path.as_os_str().to_owned();
        name.push(".new");
        let new = PathBuf::from(name);
        let mut file = File::create(&new).map_err(disk)?;
        if let Err(error) = file.write_all(bytes).and_then(|()| file.sync_all()) {
            // What is there of it takes room that there is none of.
            let _ = fs::remove_file(&new);
            return Err(disk(error));
        }
        fs::rename(&new, path).map_err(disk)?;
        File::open(&self.folder)
            .and_then(|f| f.sync_all())
            .map_err(disk)
    }
}

/// The note that a version is being loaded.
pub struct Preloading(PathBuf);

impl Drop for Preloading {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.0) {
            let path = self.0.display();
            tracing::error!(%path, %error, "failed to remove the note that a version is loaded");
        }
    }
}

/// One bad file must not keep the worker from all other jobs. A disk that cannot be read is another
/// matter: promises may be on it.
fn read_or_set_aside(path: &Path) -> Result<Option<Entry>, JournalError> {
    match read(path) {
        Ok(entry) => Ok(Some(entry)),
        Err(error @ JournalError::Unreadable { .. }) => {
            let aside = path.with_extension("bad");
            tracing::error!(%error, aside = %aside.display(), "an entry is set aside");
            fs::rename(path, &aside).map_err(|source| JournalError::Disk {
                path: path.into(),
                source,
            })?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> Result<Entry, JournalError> {
    let bytes = fs::read(path).map_err(|source| JournalError::Disk {
        path: path.into(),
        source,
    })?;
    let unreadable = |why: String| JournalError::Unreadable {
        path: path.into(),
        why,
    };
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|e| unreadable(e.to_string()))?;
    if entry.format != FORMAT {
        return Err(unreadable(format!("it is of format {}", entry.format)));
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::AccountId;

    fn id(n: u8) -> JobId {
        JobId([n; 32])
    }

    fn entry(n: u8) -> Entry {
        Entry::taken(&Job {
            id: id(n),
            payer: AccountId::new([1; 32]),
            version: VersionId(7),
            units: 1,
            deadline: 100,
            input_commitment: [3; 32],
            input_length: 9,
            blob: [4; 32],
        })
    }

    #[test]
    fn entries_may_come_and_go_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        std::thread::scope(|scope| {
            for first in [0, 100] {
                let journal = &journal;
                scope.spawn(move || {
                    for n in first..first + 100 {
                        journal.put(&entry(n)).unwrap();
                        journal.put_answer(id(n), b"sealed").unwrap();
                        journal.entries();
                        journal.remove(id(n)).unwrap();
                    }
                });
            }
        });
        assert!(journal.entries().is_empty());
    }

    fn answer() -> Answer {
        Answer {
            output_commitment: [5; 32],
            units: 1,
            blob: [6; 32],
            mailbox: [7; 32],
        }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let again = |journal: Journal| {
            drop(journal);
            Journal::open(folder.path()).unwrap()
        };
        let mut journal = Journal::open(folder.path()).unwrap();
        let mut written = entry(9);
        written.attempts = 1;
        let declined = State::Declined {
            reason: DeclineReason::BadInput,
        };
        for state in [State::Taken, State::Answered(answer()), declined] {
            written.state = state;
            journal.put(&written).unwrap();
            assert_eq!(journal.entries(), [written.clone()]);
            journal = again(journal);
            assert_eq!(journal.entries(), [written.clone()]);
        }
        journal.put(&entry(2)).unwrap();
        journal.put_answer(id(9), b"sealed").unwrap();
        journal = again(journal);
        let jobs: Vec<JobId> = journal.entries().iter().map(|e| e.job).collect();
        assert_eq!(jobs, [id(2), id(9)]);
        assert_eq!(journal.answer(id(9)).unwrap().unwrap(), b"sealed");
        journal.remove(id(9)).unwrap();
        journal.remove(id(9)).unwrap();
        journal = again(journal);
        assert_eq!(journal.entries(), [entry(2)]);
        assert!(journal.answer(id(9)).unwrap().is_none());
    }

    #[test]
    fn a_half_written_file_means_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.put(&entry(1)).unwrap();
        drop(journal);
        let half = folder.path().join(format!("{}.json.new", id(1)));
        fs::write(&half, b"{\"form").unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.entries(), [entry(1)]);
        assert!(!half.exists());
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.put(&entry(1)).unwrap();
        drop(journal);
        let later = serde_json::to_string(&entry(1)).unwrap();
        let later = later.replace("\"format\":2", "\"format\":9");
        let bad = [("2", ""), ("3", "{}"), ("4", &later)];
        for (name, bytes) in bad {
            fs::write(folder.path().join(format!("{name}.json")), bytes).unwrap();
        }
        assert_eq!(Journal::open(folder.path()).unwrap().entries(), [entry(1)]);
        for (name, bytes) in bad {
            let aside = fs::read_to_string(folder.path().join(format!("{name}.bad"))).unwrap();
            assert_eq!(aside, bytes);
        }
    }

    #[test]
    fn two_programs_do_not_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let first = Journal::open(folder.path()).unwrap();
        assert!(matches!(
            Journal::open(folder.path()),
            Err(JournalError::InUse { .. })
        ));
        drop(first);
        Journal::open(folder.path()).unwrap();
    }
}
