//! What the worker has promised and done, on disk before it is acted on: `kill -9` at any point
//! loses nothing that was begun, and nothing is done twice in two ways.
//!
//! One file for each job, `N.json`, replaced as a whole: written beside, brought to disk, renamed,
//! the folder brought to disk. A sealed answer lies beside it, `N.answer`, there before the entry
//! says so. An entry goes when the job's end is final: a block can vanish, and a job that comes back
//! with another block is answered with what was promised before. An entry that cannot be read is
//! set aside as `N.bad`.
//!
//! ```text
//! Taken ──► Answered ──► Submitted ──► Ended
//!   └────► Declined ─────────────────────┘
//! ```
//!
//! Once `Answered` there is one answer and no other; once `Declined` there is none. `Submitted` is
//! not written: an upload that is not known of is done again, and the pool takes the same blob twice.
//!
//! `Taken` is written once more each time the job is begun, with how often that was: a job that
//! ends the program, or breaks its task off, must not do so for ever. So must no model that is loaded
//! without a job: as long as that goes on there is `version-N.warming`.

use myai_chain_client::AccountId;
use myai_primitives::{DeclineReason, Hash32, JobId, JobView, VersionId};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// The only format that this release reads.
const FORMAT: u8 = 1;

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
    #[serde(with = "crate::hexed")]
    pub payer: [u8; 32],
    #[serde(with = "crate::hexed")]
    pub input_commitment: Hash32,
    /// Hash of the sealed input.
    #[serde(with = "crate::hexed")]
    pub blob: Hash32,
    /// How often the model was got ready and run for it. Entries of before this was counted have
    /// none.
    #[serde(default)]
    pub begun: u32,
    pub state: State,
}

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum State {
    /// Accepted; nothing was said to anybody.
    Taken,
    /// The sealed answer is on disk.
    Answered(Answer),
    /// The sealed answer is in the pool, and the attestation is on its way.
    Submitted(Answer),
    /// The refusal is on its way.
    Declined { reason: DeclineReason },
    /// The job has ended, in that best block or one before. `answer` where it was answered.
    Ended {
        block: u32,
        answer: Option<Answer>,
        reason: Option<DeclineReason>,
    },
}

/// What is attested, to the last byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    #[serde(with = "crate::hexed")]
    pub output_commitment: Hash32,
    pub units: u32,
    /// Hash of the sealed answer.
    #[serde(with = "crate::hexed")]
    pub blob: Hash32,
    /// Whose key may claim it from the pool.
    #[serde(with = "crate::hexed")]
    pub mailbox: [u8; 32],
}

impl Entry {
    pub fn taken(job: &JobView<AccountId>) -> Self {
        Self {
            format: FORMAT,
            job: job.id,
            version: job.version,
            payer: *job.payer.as_ref(),
            input_commitment: job.input_commitment,
            blob: job.blob,
            begun: 0,
            state: State::Taken,
        }
    }

    /// Whether the entry is of this job. A number can come to mean another job when blocks are
    /// reorganised.
    pub fn is_of(&self, job: &JobView<AccountId>) -> bool {
        Self {
            begun: 0,
            state: State::Taken,
            ..self.clone()
        } == Self::taken(job)
    }

    /// The entry once the job is no longer open in block `block`: kept until that is final where
    /// something was promised, `None` where nothing was.
    pub fn ended(self, block: u32) -> Option<Self> {
        let (answer, reason) = match self.state {
            State::Taken => return None,
            State::Answered(answer) | State::Submitted(answer) => (Some(answer), None),
            State::Declined { reason } => (None, Some(reason)),
            State::Ended { .. } => return Some(self),
        };
        let state = State::Ended {
            block,
            answer,
            reason,
        };
        Some(Self { state, ..self })
    }

    /// The entry when the block of its end turned out to be no part of the chain: the same is
    /// said again.
    pub fn reopened(self) -> Self {
        let state = match self.state {
            State::Ended {
                answer: Some(answer),
                ..
            } => State::Answered(answer),
            State::Ended { reason, .. } => State::Declined {
                reason: reason.unwrap_or(DeclineReason::Other),
            },
            state => state,
        };
        Self { state, ..self }
    }
}

/// The journal. One program at a time.
pub struct Journal {
    folder: PathBuf,
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
        // What a crash left half written. Only now: later such a file is one that is being
        // written.
        for item in fs::read_dir(folder).map_err(disk)? {
            let path = item.map_err(disk)?.path();
            if path.extension().is_some_and(|e| e == "new") {
                fs::remove_file(&path).map_err(disk)?;
            }
        }
        Ok(Self {
            folder: folder.into(),
            _lock: lock,
        })
    }

    /// Every entry, oldest job first. Entries may come and go meanwhile; one that cannot be
    /// understood is set aside.
    pub fn entries(&self) -> Result<Vec<Entry>, JournalError> {
        let disk = |source| JournalError::Disk {
            path: self.folder.clone(),
            source,
        };
        let mut entries = Vec::new();
        for item in fs::read_dir(&self.folder).map_err(disk)? {
            let path = item.map_err(disk)?.path();
            if path.extension().is_some_and(|e| e == "json") {
                entries.extend(read_or_set_aside(&path)?);
            }
        }
        entries.sort_by_key(|e: &Entry| e.job);
        Ok(entries)
    }

    /// The job's entry, if there is one that can be understood.
    pub fn entry(&self, job: JobId) -> Result<Option<Entry>, JournalError> {
        read_or_set_aside(&self.path(job, "json"))
    }

    /// Replaces the job's entry; on disk when it returns.
    pub fn put(&self, entry: &Entry) -> Result<(), JournalError> {
        let path = self.path(entry.job, "json");
        let bytes = serde_json::to_vec(entry).map_err(|e| JournalError::Unreadable {
            path: path.clone(),
            why: e.to_string(),
        })?;
        self.replace(&path, &bytes)
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
    pub fn warming(&self, version: VersionId) -> PathBuf {
        self.folder.join(format!("version-{version}.warming"))
    }

    /// Notes that the version is being loaded, until the note is dropped; on disk when it returns.
    pub fn note_warming(&self, version: VersionId) -> Result<Warming, JournalError> {
        let path = self.warming(version);
        self.replace(&path, b"")?;
        Ok(Warming(path))
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
pub struct Warming(PathBuf);

impl Drop for Warming {
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
        Err(JournalError::Disk { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error @ JournalError::Unreadable { .. }) => {
            let aside = path.with_extension("bad");
            tracing::error!(%error, aside = %aside.display(), "an entry is set aside");
            match fs::rename(path, &aside) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    let path = path.into();
                    Err(JournalError::Disk { path, source })
                }
                _ => Ok(None),
            }
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
    use myai_primitives::{Asset, Mode};

    pub(crate) fn job(id: u64) -> JobView<AccountId> {
        JobView {
            id: JobId(id),
            payer: AccountId::new([1; 32]),
            opener: None,
            version: VersionId(7),
            mode: Mode::Direct,
            workers: vec![AccountId::new([2; 32])],
            units: 1,
            asset: Asset::Native,
            price: 1,
            fee: 1,
            deadline: 100,
            revision: 0,
            input_commitment: [3; 32],
            blob: [4; 32],
        }
    }

    #[test]
    fn entries_may_come_and_go_while_they_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let over = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for first in [0, 1_000] {
                let (journal, over) = (&journal, &over);
                scope.spawn(move || {
                    for id in first..first + 100 {
                        journal.put(&Entry::taken(&job(id))).unwrap();
                        journal.put_answer(JobId(id), b"sealed").unwrap();
                        journal.remove(JobId(id)).unwrap();
                    }
                    over.store(true, std::sync::atomic::Ordering::Relaxed);
                });
            }
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                journal.entries().unwrap();
            }
        });
        assert!(journal.entries().unwrap().is_empty());
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
        let journal = Journal::open(folder.path()).unwrap();
        let mut entry = Entry::taken(&job(9));
        for state in [
            State::Taken,
            State::Answered(answer()),
            State::Submitted(answer()),
            State::Declined {
                reason: DeclineReason::BadInput,
            },
            State::Ended {
                block: 5,
                answer: Some(answer()),
                reason: None,
            },
        ] {
            entry.state = state;
            journal.put(&entry).unwrap();
            assert_eq!(journal.entries().unwrap(), [entry.clone()]);
        }
        journal.put(&Entry::taken(&job(2))).unwrap();
        let jobs: Vec<u64> = journal.entries().unwrap().iter().map(|e| e.job.0).collect();
        assert_eq!(jobs, [2, 9]);
        journal.put_answer(JobId(9), b"sealed").unwrap();
        assert_eq!(journal.answer(JobId(9)).unwrap().unwrap(), b"sealed");
        journal.remove(JobId(9)).unwrap();
        journal.remove(JobId(9)).unwrap();
        assert_eq!(journal.entries().unwrap().len(), 1);
        assert!(journal.answer(JobId(9)).unwrap().is_none());
        assert!(journal.entry(JobId(9)).unwrap().is_none());
    }

    #[test]
    fn a_half_written_file_means_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        journal.put(&Entry::taken(&job(1))).unwrap();
        fs::write(folder.path().join("1.json.new"), b"{\"form").unwrap();
        assert_eq!(journal.entries().unwrap(), [Entry::taken(&job(1))]);
        drop(journal);
        Journal::open(folder.path()).unwrap();
        assert!(!folder.path().join("1.json.new").exists());
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let entry = Entry::taken(&job(1));
        journal.put(&entry).unwrap();
        let later = serde_json::to_string(&entry).unwrap();
        let later = later.replace("\"format\":1", "\"format\":9");
        for (id, bytes) in [(2, ""), (3, "{}"), (4, &later)] {
            fs::write(folder.path().join(format!("{id}.json")), bytes).unwrap();
        }
        assert!(journal.entry(JobId(2)).unwrap().is_none());
        assert_eq!(journal.entries().unwrap(), [entry]);
        for (id, bytes) in [(2, ""), (3, "{}"), (4, &later)] {
            let aside = fs::read_to_string(folder.path().join(format!("{id}.bad"))).unwrap();
            assert_eq!(aside, bytes);
        }
    }

    #[test]
    fn an_entry_of_before_beginnings_were_counted_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(folder.path()).unwrap();
        let mut entry = Entry::taken(&job(1));
        entry.begun = 1;
        assert!(entry.is_of(&job(1)));
        let written = serde_json::to_string(&entry).unwrap();
        let before = written.replace("\"begun\":1,", "");
        assert_ne!(before, written);
        fs::write(folder.path().join("1.json"), before).unwrap();
        assert_eq!(journal.entries().unwrap(), [Entry::taken(&job(1))]);
    }

    #[test]
    fn what_was_promised_outlives_a_block_and_the_rest_does_not() {
        let taken = Entry::taken(&job(1));
        assert_eq!(taken.clone().ended(5), None);
        let of = |state: State| Entry {
            state,
            ..taken.clone()
        };
        let declined = State::Declined {
            reason: DeclineReason::TooLarge,
        };
        for state in [State::Answered(answer()), declined] {
            assert_eq!(
                of(state.clone()).ended(5).map(Entry::reopened),
                Some(of(state))
            );
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

    #[test]
    fn a_number_that_means_another_job_is_seen() {
        let entry = Entry::taken(&job(1));
        let mut later = entry.clone();
        later.state = State::Answered(answer());
        assert!(later.is_of(&job(1)));
        let mut other = job(1);
        other.input_commitment = [9; 32];
        assert!(!later.is_of(&other));
    }
}
