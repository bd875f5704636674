//! Jobs on this machine's disk. What is needed to read an answer is written, synced and renamed
//! into place *before* the job opens: a paid answer stays readable whenever the program is killed.
//!
//! For each job there are up to three files in `jobs/`, named by its input commitment:
//! `….json` (this module's [`Kept`]), `….input` (the sealed input, until the job's end is final) and
//! `….answer` (the sealed answer, from before the pool is told that it was received). They hold
//! secrets and are readable by their owner alone.

use crate::{
    error::{Error, Result},
    text::JobRef,
};
use myai_primitives::{Balance, Hash32, JobId, Tick, VersionId};
use serde::{Deserialize, Serialize};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Of the files that this release writes and reads.
pub const FORMAT: u32 = 1;

/// One job, from before it was opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    pub format: u32,
    /// Milliseconds since 1970.
    pub created: u64,
    #[serde(with = "hash")]
    pub genesis: Hash32,
    /// RPC address whose pool the worker reads.
    pub mailbox: String,
    /// SS58.
    pub payer: String,
    /// SS58: the worker's id, and the key that its inputs are addressed to.
    pub worker: String,
    pub signer: String,
    pub version: VersionId,
    pub units: u32,
    /// `MAI` or `asset:ID`.
    pub asset: String,
    /// Price and fee together, in the asset's smallest units: what is held.
    #[serde(with = "decimal")]
    pub gross: Balance,
    /// Native deposit, in pico.
    #[serde(with = "decimal")]
    pub deposit: Balance,
    pub duration: Tick,
    /// Of the sealed input.
    #[serde(with = "hash")]
    pub blob: Hash32,
    #[serde(with = "hash")]
    pub input_commitment: Hash32,
    /// Secret, as are the two keys.
    #[serde(with = "hash")]
    pub salt: [u8; 32],
    /// One-time X25519 secret that opens the answer.
    #[serde(with = "hash")]
    pub sealing_secret: [u8; 32],
    /// One-time sr25519 seed that claims the answer from the pool.
    #[serde(with = "hash")]
    pub mailbox_seed: [u8; 32],
    /// Where to look from: nothing before this block is to be known any more.
    pub from_block: u32,
    /// Where to go on if that block's events are gone: up to there the blocks' calls were looked
    /// at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called: Option<u32>,
    /// Once it is open.
    pub job: Option<JobId>,
    /// Whether it was open as that number in a final block: no reorganisation makes it another
    /// job's.
    #[serde(default, skip_serializing_if = "is_false")]
    pub firm: bool,
    /// Whether its worker's signer attested a job of that number, in a call of which it is not
    /// known whether it succeeded, nor whether it was for this job.
    #[serde(default, skip_serializing_if = "is_false")]
    pub attested: bool,
    /// Whether the sealed input was uploaded.
    pub uploaded: bool,
    /// How it ended, as far as this machine saw.
    pub end: Option<End>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum End {
    Settled {
        #[serde(with = "hash")]
        output_commitment: Hash32,
        /// Hash of the sealed answer in the pool.
        #[serde(with = "hash")]
        blob: Hash32,
        units: u32,
        /// Price and fee that were paid, in the job's asset.
        #[serde(with = "decimal")]
        paid: Balance,
        /// The block that said so.
        block: u32,
        /// Whether the answer was received, checked and printed.
        read: bool,
    },
    Declined {
        reason: String,
        block: u32,
    },
    Expired {
        block: u32,
    },
    /// The chain refused to open it; nothing was held.
    NotOpened {
        why: String,
    },
    /// It is not open, and no call says why; a node that has the events may say it yet.
    Untold {
        /// The final block in which it was not.
        block: u32,
    },
}

impl End {
    /// The block that said so; `None` where none did.
    pub fn block(&self) -> Option<u32> {
        match self {
            Self::Settled { block, .. }
            | Self::Declined { block, .. }
            | Self::Expired { block }
            | Self::Untold { block } => Some(*block),
            Self::NotOpened { .. } => None,
        }
    }
}

impl Kept {
    /// In a word or two where it stands.
    pub fn stage(&self) -> &'static str {
        match (&self.end, self.job) {
            (Some(End::Settled { read: true, .. }), _) => "answered",
            (Some(End::Settled { .. }), _) => "settled",
            (Some(End::Declined { .. }), _) => "declined",
            (Some(End::Expired { .. }), _) => "expired",
            (Some(End::NotOpened { .. }), _) => "not opened",
            (Some(End::Untold { .. }), _) if self.attested => "ended, maybe paid",
            (Some(End::Untold { .. }), _) => "ended, likely refunded",
            (None, Some(_)) if self.uploaded => "waiting",
            (None, Some(_)) => "open",
            (None, None) => "prepared",
        }
    }

    /// What is likely of a job that is not open, and of which no block says how it ended.
    pub fn likely(&self) -> &'static str {
        if self.attested {
            "its worker attested a job of its number, but the pool has no answer that shows it to \
             be this one: it may be paid"
        } else {
            "no attestation of it was found: most likely it was refunded, or never opened, and the \
             money is free"
        }
    }

    /// What `myai job fetch` knows it by.
    pub fn reference(&self) -> String {
        match self.job {
            Some(job) => job.to_string(),
            None => format!("0x{}", hex::encode(self.input_commitment)),
        }
    }

    /// Its number where it has one, else its input commitment.
    pub fn label(&self) -> String {
        format!("job {}", self.reference())
    }
}

/// Now, in milliseconds since 1970.
pub fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|d| d.as_millis() as u64)
        .unwrap_or(0)
}

/// The folder of jobs.
#[derive(Clone, Debug)]
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// `jobs` in the data folder; it is made when something is first written.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("jobs"),
        }
    }

    fn path(&self, commitment: &Hash32, ending: &str) -> PathBuf {
        self.dir
            .join(format!("{}.{ending}", hex::encode(commitment)))
    }

    /// Writes a job's file whole: a reader, or a crash, sees the old one or the new one.
    pub fn save(&self, kept: &Kept) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(kept).map_err(|e| Error::BadFile {
            path: self.path(&kept.input_commitment, "json"),
            why: e.to_string(),
        })?;
        bytes.push(b'\n');
        self.write(&kept.input_commitment, "json", &bytes)
    }

    /// The sealed input goes to the disk first, then the job's file: a job that has a file can
    /// be uploaded.
    pub fn prepare(&self, kept: &Kept, sealed_input: &[u8]) -> Result<()> {
        self.write(&kept.input_commitment, "input", sealed_input)?;
        self.save(kept)
    }

    /// The sealed input, until [`Self::forget_input`].
    pub fn input(&self, commitment: &Hash32) -> Result<Vec<u8>> {
        let path = self.path(commitment, "input");
        fs::read(&path).map_err(Error::file("cannot read", path))
    }

    /// Once nobody may ask for it any more.
    pub fn forget_input(&self, commitment: &Hash32) {
        let _ = fs::remove_file(self.path(commitment, "input"));
    }

    /// Forgets the sealed inputs of jobs whose end is final.
    pub fn forget_past_inputs(&self, genesis: &Hash32, finalized: u32) -> Result<()> {
        // One that cannot be read keeps its input.
        for kept in self.with_input()?.into_iter().filter_map(Result::ok) {
            if kept.genesis == *genesis && kept.is_past(finalized) {
                self.forget_input(&kept.input_commitment);
            }
        }
        Ok(())
    }

    /// The jobs whose sealed inputs are kept: few, of all the jobs that there ever were.
    fn with_input(&self) -> Result<Vec<Result<Kept>>> {
        let inputs = self.files("input")?;
        Ok(inputs
            .iter()
            .map(|path| load(&path.with_extension("json")))
            .collect())
    }

    pub fn save_answer(&self, commitment: &Hash32, sealed: &[u8]) -> Result<()> {
        self.write(commitment, "answer", sealed)
    }

    /// The sealed answer, if it was received.
    pub fn answer(&self, commitment: &Hash32) -> Result<Option<Vec<u8>>> {
        let path = self.path(commitment, "answer");
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::file("cannot read", path)(e)),
        }
    }

    /// Every job, oldest first, and what could not be read.
    pub fn all(&self) -> Result<(Vec<Kept>, Vec<Error>)> {
        let (mut jobs, mut bad) = (vec![], vec![]);
        for path in self.files("json")? {
            match load(&path) {
                Ok(kept) => jobs.push(kept),
                Err(e) => bad.push(e),
            }
        }
        jobs.sort_by_key(|k| (k.created, k.input_commitment));
        Ok((jobs, bad))
    }

    /// The folder's files of that ending.
    fn files(&self, ending: &str) -> Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(e) => return Err(Error::file("cannot read", &self.dir)(e)),
        };
        let mut files = vec![];
        for entry in entries {
            let path = entry.map_err(Error::file("cannot read", &self.dir))?.path();
            if path.extension().is_some_and(|e| e == ending) {
                files.push(path);
            }
        }
        Ok(files)
    }

    /// One job; of several chains' jobs of the same number, that of `genesis`.
    pub fn find(&self, which: &JobRef, genesis: Option<&Hash32>) -> Result<Option<Kept>> {
        if let JobRef::Commitment(commitment) = which {
            let path = self.path(commitment, "json");
            return if path.exists() {
                load(&path).map(Some)
            } else {
                Ok(None)
            };
        }
        let here = |k: &&Kept| genesis.is_none_or(|g| *g == k.genesis);
        let (jobs, _) = self.all()?;
        Ok(jobs
            .iter()
            .filter(here)
            .rfind(|k| match which {
                JobRef::Id(id) => k.job == Some(*id),
                _ => !matches!(k.end, Some(End::NotOpened { .. })),
            })
            .cloned())
    }

    fn write(&self, commitment: &Hash32, ending: &str, bytes: &[u8]) -> Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(Error::file("cannot make", &self.dir))?;
        let path = self.path(commitment, ending);
        write_synced(&path, bytes).map_err(Error::file("cannot write", path))
    }
}

fn load(path: &Path) -> Result<Kept> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let bad = |why: String| Error::BadFile {
        path: path.into(),
        why,
    };
    let kept: Kept = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
    if kept.format != FORMAT {
        return Err(bad(format!(
            "its format is {}, this release reads {FORMAT}",
            kept.format
        )));
    }
    Ok(kept)
}

/// Writes beside, syncs, renames, syncs the folder: after it returns, no crash loses the bytes.
pub fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        fs::File::open(folder)?.sync_all()
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// The data folder: as given, else as the XDG base directories say.
pub fn data_dir(given: Option<&Path>) -> Result<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .map(PathBuf::from)
            .filter(|p| p.is_absolute())
    };
    match given {
        Some(dir) => Ok(dir.into()),
        None => variable("XDG_DATA_HOME")
            .or_else(|| variable("HOME").map(|home| home.join(".local/share")))
            .map(|base| base.join("myai"))
            .ok_or_else(|| {
                Error::usage("say where jobs are kept with --data-dir: HOME is not set")
            }),
    }
}

/// 32 bytes as hexadecimal.
mod hash {
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(hash: &[u8; 32], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&format!("0x{}", hex::encode(hash)))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(d)?;
        hex::decode(text.strip_prefix("0x").unwrap_or(&text))
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| D::Error::custom("32 bytes in hexadecimal are expected"))
    }
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// A balance as a string of digits: JSON's readers round large numbers.
mod decimal {
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(n: &u128, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&n.to_string())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<u128, D::Error> {
        String::deserialize(d)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    pub fn kept(n: u8) -> Kept {
        Kept {
            format: FORMAT,
            created: 1_700_000_000_000 + n as u64,
            genesis: [9; 32],
            mailbox: "ws://127.0.0.1:9944".into(),
            payer: "payer".into(),
            worker: "worker".into(),
            signer: "signer".into(),
            version: VersionId(3),
            units: 1,
            asset: "MAI".into(),
            gross: u128::MAX,
            deposit: 10,
            duration: 100,
            blob: [1; 32],
            input_commitment: [n; 32],
            salt: [2; 32],
            sealing_secret: [3; 32],
            mailbox_seed: [4; 32],
            from_block: 17,
            called: None,
            job: None,
            firm: false,
            attested: false,
            uploaded: false,
            end: None,
        }
    }

    #[test]
    fn what_is_saved_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let mut job = kept(1);
        store.prepare(&job, b"sealed").unwrap();
        assert!(store.find(&JobRef::Latest, None).unwrap().unwrap() == job);
        job.job = Some(JobId(7));
        for end in [
            End::Settled {
                output_commitment: [5; 32],
                blob: [6; 32],
                units: 1,
                paid: 7,
                block: 20,
                read: false,
            },
            End::Declined {
                reason: "BadInput".into(),
                block: 3,
            },
            End::Expired { block: 3 },
            End::NotOpened { why: "no".into() },
            End::Untold { block: 3 },
        ] {
            job.end = Some(end);
            store.save(&job).unwrap();
            let commitment = JobRef::Commitment(job.input_commitment);
            assert!(store.find(&commitment, None).unwrap().unwrap() == job);
        }
        assert_eq!(store.input(&[1; 32]).unwrap(), b"sealed");
        assert_eq!(store.answer(&[1; 32]).unwrap(), None);
        store.save_answer(&[1; 32], b"answer").unwrap();
        assert_eq!(
            store.answer(&[1; 32]).unwrap().as_deref(),
            Some(&b"answer"[..])
        );
        store.forget_input(&[1; 32]);
        assert_eq!(
            store.input(&[1; 32]).unwrap_err().exit(),
            crate::error::Exit::Local
        );
    }

    #[test]
    fn files_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.prepare(&kept(1), b"sealed").unwrap();
        let mode = |p: PathBuf| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.dir.clone()), 0o700);
        assert_eq!(mode(store.path(&[1; 32], "json")), 0o600);
        assert_eq!(mode(store.path(&[1; 32], "input")), 0o600);
    }

    #[test]
    fn a_crash_at_any_moment_leaves_a_whole_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let job = kept(1);
        // Killed after the sealed input: no job yet, nothing was opened, nothing is listed.
        store
            .write(&job.input_commitment, "input", b"sealed")
            .unwrap();
        assert!(store.all().unwrap().0.is_empty());
        store.save(&job).unwrap();
        // Killed while the file was being replaced: the old one stands.
        let beside = store
            .dir
            .join(format!(".{}.json.123", hex::encode([1u8; 32])));
        fs::write(&beside, b"{ \"format\": 1, \"cre").unwrap();
        let (jobs, bad) = store.all().unwrap();
        assert!(jobs == vec![job] && bad.is_empty());
    }

    #[test]
    fn a_write_that_fails_leaves_nothing_beside() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("taken");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("x"), b"").unwrap();
        assert!(write_synced(&path, b"bytes").is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_job_is_found_by_number_on_its_chain_and_the_latest_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        for n in 1..=3u8 {
            let mut job = kept(n);
            job.job = Some(JobId(7));
            job.genesis = [n; 32];
            store.save(&job).unwrap();
        }
        let mut refused = kept(4);
        refused.end = Some(End::NotOpened { why: "no".into() });
        store.save(&refused).unwrap();
        let found = |which: JobRef, genesis: Option<&Hash32>| {
            store
                .find(&which, genesis)
                .unwrap()
                .map(|k| k.input_commitment[0])
        };
        assert_eq!(found(JobRef::Id(JobId(7)), Some(&[2; 32])), Some(2));
        assert_eq!(found(JobRef::Id(JobId(8)), None), None);
        assert_eq!(found(JobRef::Latest, None), Some(3));
        assert_eq!(found(JobRef::Latest, Some(&[1; 32])), Some(1));
        assert_eq!(found(JobRef::Commitment([5; 32]), None), None);
    }

    #[test]
    fn another_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let mut job = kept(1);
        job.format = 2;
        store.save(&job).unwrap();
        let (jobs, bad) = store.all().unwrap();
        assert!(jobs.is_empty());
        assert!(bad[0]
            .to_string()
            .contains("its format is 2, this release reads 1"));
    }

    #[test]
    fn stages_have_words() {
        let mut job = kept(1);
        assert_eq!((job.stage(), job.label().len()), ("prepared", 70));
        job.job = Some(JobId(7));
        assert_eq!((job.stage(), job.label().as_str()), ("open", "job 7"));
        job.uploaded = true;
        assert_eq!(job.stage(), "waiting");
        job.end = Some(End::Untold { block: 3 });
        assert_eq!(job.stage(), "ended, likely refunded");
        job.attested = true;
        assert_eq!(job.stage(), "ended, maybe paid");
    }

    #[test]
    fn only_files_of_jobs_with_inputs_are_read_to_tidy_up() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        assert!(store.with_input().unwrap().is_empty());
        for n in 1..=3 {
            store.prepare(&kept(n), b"sealed").unwrap();
        }
        store.forget_input(&[1; 32]);
        fs::write(store.path(&[2; 32], "json"), b"{").unwrap();
        let read = store.with_input().unwrap();
        let (good, bad): (Vec<_>, Vec<_>) = read.into_iter().partition(|k| k.is_ok());
        assert_eq!((good.len(), bad.len()), (1, 1));
        assert!(good[0].as_ref().is_ok_and(|k| *k == kept(3)));
    }

    #[test]
    fn files_of_before_a_job_had_firm_numbers_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        store.save(&kept(1)).unwrap();
        let text = fs::read_to_string(store.path(&[1; 32], "json")).unwrap();
        assert!(
            !text.contains("firm") && !text.contains("attested"),
            "{text}"
        );
        assert!(store.all().unwrap().0 == vec![kept(1)]);
    }
}
