//! Jobs on this machine's disk. Everything needed to read an answer is written, synced and renamed
//! into place *before* the job opens: a paid answer stays readable whenever the program is killed.
//!
//! For each job there are up to three files in `jobs/`, named by its id: `….json` (this module's
//! [`SavedJob`]), `….input` (the sealed input, until the job's end is final) and `….answer` (the sealed
//! answer, from before the pool is told that it was received). They hold secrets and are readable
//! by their owner alone.

use crate::{
    error::{Error, Result},
    AccountId,
};
use myai_chain_client::files;
use myai_primitives::{Amount, Asset, Balance, DeclineReason, Hash32, JobId, Tick, VersionId};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    str::FromStr,
    time::{SystemTime, UNIX_EPOCH},
};

/// The format of the files that this release writes and reads.
pub(crate) const FORMAT: u32 = 3;
/// Digits of a job's id that sentences show, and the fewest that name a job of this machine.
const SHOWN_DIGITS: usize = 12;
const MIN_DIGITS: usize = 6;

/// One job, from before it was opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedJob {
    pub(crate) format: u32,
    /// Hash of the order, see `myai_primitives::JobId::of`.
    pub id: JobId,
    /// Milliseconds since 1970.
    pub created: u64,
    /// Hash of the chain's first block.
    #[serde(with = "hash")]
    pub genesis: Hash32,
    /// RPC address whose pool the worker reads.
    pub mailbox: String,
    /// Who opened it and pays.
    pub payer: AccountId,
    /// Who is to answer, by the account of its bond.
    pub worker: AccountId,
    /// Acts for the worker: the sealed input is addressed to it.
    pub(crate) signer: AccountId,
    /// The version that was asked.
    pub version: VersionId,
    /// Most units that the answer may use.
    pub units: u32,
    /// The asset that it is paid in.
    #[serde(with = "asset")]
    pub asset: Asset,
    /// Price and fee together, in the asset's smallest units: what is held.
    #[serde(with = "decimal")]
    pub gross: Balance,
    /// Held beside it in the same asset.
    #[serde(with = "decimal")]
    pub deposit: Balance,
    /// What of the deposit the payer loses if it spoilt the job.
    #[serde(with = "decimal")]
    pub spoilt_charge: Balance,
    /// How long the worker has, ticks of service.
    pub duration: Tick,
    /// Last tick of service at which it may open.
    pub(crate) open_by: Tick,
    /// Of the sealed input.
    #[serde(with = "hash")]
    pub(crate) blob: Hash32,
    /// What the chain has of the input.
    #[serde(with = "hash")]
    pub input_commitment: Hash32,
    /// Secret, like the two keys below.
    #[serde(with = "hash")]
    pub(crate) salt: [u8; 32],
    /// One-time X25519 secret that opens the answer.
    #[serde(with = "hash")]
    pub(crate) sealing_secret: [u8; 32],
    /// One-time sr25519 seed that claims the answer from the pool.
    #[serde(with = "hash")]
    pub(crate) mailbox_seed: [u8; 32],
    /// Whether it was seen open.
    pub opened: bool,
    /// Whether the sealed input was uploaded.
    pub uploaded: bool,
    /// How it ended, as far as this machine knows.
    pub end: Option<End>,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "how")]
pub enum End {
    /// The worker attested an answer and was paid.
    Settled {
        /// What the chain has of the answer.
        #[serde(with = "hash")]
        output_commitment: Hash32,
        /// Hash of the sealed answer in the pool.
        #[serde(with = "hash")]
        blob: Hash32,
        /// Units that the answer used.
        units: u32,
        /// Price and fee that were paid, in the job's asset's smallest units.
        #[serde(with = "decimal")]
        paid: Balance,
        /// The block in which it was attested.
        block: u32,
        /// Whether the answer has reached its reader.
        read: bool,
    },
    /// The worker gave it back.
    Declined {
        /// The worker's reason.
        reason: DeclineReason,
    },
    /// Its deadline passed without an answer.
    Expired,
    /// The chain refused to open it, or it came into no block in time; nothing was held.
    NotOpened {
        /// The chain's reason, or that no block took the order in time.
        why: String,
    },
}

impl SavedJob {
    /// Its state in a word or two.
    pub fn stage(&self) -> &'static str {
        match &self.end {
            Some(End::Settled { read: true, .. }) => "answered",
            Some(End::Settled { .. }) => "settled",
            Some(End::Declined { .. }) => "declined",
            Some(End::Expired) => "expired",
            Some(End::NotOpened { .. }) => "not opened",
            None if self.uploaded => "waiting",
            None if self.opened => "open",
            None => "prepared",
        }
    }

    /// The beginning of its id, by which [`JobRef`] knows it.
    pub fn reference(&self) -> String {
        short(self.id)
    }

    /// `value` of the asset that it is paid in, smallest units.
    pub fn amount(&self, value: Balance) -> Amount {
        Amount {
            asset: self.asset,
            value,
        }
    }
}

/// The beginning of a job's id.
pub(crate) fn short(job: JobId) -> String {
    let mut digits = job.to_string();
    digits.truncate(SHOWN_DIGITS);
    digits
}

/// Which job: the latest of this machine, or one by its id. A beginning of the id is enough for a
/// job of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobRef {
    /// The one that was opened last.
    Latest,
    /// The one of that id.
    Id(JobId),
    /// The one whose id begins with these lower-case digits.
    Begins(String),
}

impl FromStr for JobRef {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        let digits = text.strip_prefix("0x").unwrap_or(text).to_ascii_lowercase();
        let is_beginning = (MIN_DIGITS..64).contains(&digits.len());
        match is_beginning && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            true => Ok(Self::Begins(digits)),
            false => Err(format!(
                "`{text}` is not a job: write `latest`, its id of 64 hexadecimal digits, or for a \
                 job of this machine at least {MIN_DIGITS} of them"
            )),
        }
    }
}

/// Now, in milliseconds since 1970.
pub(crate) fn now_millis() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|d| d.as_millis() as u64)
        .unwrap_or(0)
}

/// The folder in which jobs are saved.
#[derive(Clone, Debug)]
pub struct JobStore {
    dir: PathBuf,
}

impl JobStore {
    /// `jobs` in the data folder; it is made when something is first written.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            dir: data_dir.join("jobs"),
        }
    }

    /// Where the files lie.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn path(&self, job: JobId, ending: &str) -> PathBuf {
        self.dir.join(format!("{job}.{ending}"))
    }

    /// Writes a job's file whole: a reader, or a crash, sees the old one or the new one.
    pub(crate) fn save(&self, saved: &SavedJob) -> Result<()> {
        let mut bytes = serde_json::to_vec_pretty(saved).map_err(|e| Error::BadFile {
            path: self.path(saved.id, "json"),
            why: e.to_string(),
        })?;
        bytes.push(b'\n');
        self.write(saved.id, "json", &bytes)
    }

    /// The sealed input goes to the disk first, then the job's file: a job that has a file can
    /// be uploaded.
    pub(crate) fn prepare(&self, saved: &SavedJob, sealed_input: &[u8]) -> Result<()> {
        self.write(saved.id, "input", sealed_input)?;
        self.save(saved)
    }

    /// The sealed input, until [`Self::forget_input`].
    pub(crate) fn input(&self, job: JobId) -> Result<Vec<u8>> {
        let path = self.path(job, "input");
        fs::read(&path).map_err(Error::file("cannot read", path))
    }

    /// Removes the sealed input, once nobody can ask for it.
    pub(crate) fn forget_input(&self, job: JobId) {
        let _ = fs::remove_file(self.path(job, "input"));
    }

    /// The jobs of a chain whose sealed inputs are kept: few, of all the jobs that there ever were.
    /// One that cannot be read keeps its input.
    pub(crate) fn with_input(&self, genesis: &Hash32) -> Result<Vec<SavedJob>> {
        let inputs = self.files("input")?;
        Ok(inputs
            .iter()
            .filter_map(|path| load(&path.with_extension("json")).ok())
            .filter(|saved| saved.genesis == *genesis)
            .collect())
    }

    pub(crate) fn save_answer(&self, job: JobId, sealed: &[u8]) -> Result<()> {
        self.write(job, "answer", sealed)
    }

    /// The sealed answer, if it was received.
    pub(crate) fn answer(&self, job: JobId) -> Result<Option<Vec<u8>>> {
        let path = self.path(job, "answer");
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(Error::file("cannot read", path)(e)),
        }
    }

    /// Every job, oldest first, and what could not be read.
    pub fn all(&self) -> Result<(Vec<SavedJob>, Vec<Error>)> {
        let (mut jobs, mut bad) = (vec![], vec![]);
        for path in self.files("json")? {
            match load(&path) {
                Ok(saved) => jobs.push(saved),
                Err(e) => bad.push(e),
            }
        }
        jobs.sort_by_key(|k| (k.created, k.id));
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

    /// The job that is meant, of those of one chain where it is known which. A beginning that
    /// several ids have is not guessed at.
    pub fn find(&self, which: &JobRef, genesis: Option<&Hash32>) -> Result<Option<SavedJob>> {
        if let JobRef::Id(id) = which {
            let path = self.path(*id, "json");
            return match path.exists() {
                true => load(&path).map(Some),
                false => Ok(None),
            };
        }
        let (jobs, _) = self.all()?;
        let mut found = jobs
            .into_iter()
            .filter(|k| genesis.is_none_or(|g| *g == k.genesis))
            .filter(|k| match which {
                JobRef::Begins(digits) => k.id.to_string().starts_with(digits),
                _ => !matches!(k.end, Some(End::NotOpened { .. })),
            });
        let JobRef::Begins(digits) = which else {
            return Ok(found.next_back());
        };
        match (found.next(), found.next()) {
            (Some(_), Some(_)) => Err(Error::AmbiguousJob(digits.clone())),
            (one, _) => Ok(one),
        }
    }

    fn write(&self, job: JobId, ending: &str, bytes: &[u8]) -> Result<()> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.dir)
            .map_err(Error::file("cannot make", &self.dir))?;
        let path = self.path(job, ending);
        files::replace(&path, bytes).map_err(Error::file("cannot write", path))
    }
}

fn load(path: &Path) -> Result<SavedJob> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let bad = |why: String| Error::BadFile {
        path: path.into(),
        why,
    };
    /// What every format has.
    #[derive(Deserialize)]
    struct Stamp {
        format: u32,
    }
    let stamp: Stamp = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
    if stamp.format != FORMAT {
        return Err(bad(format!(
            "its format is {}, this release reads {FORMAT}",
            stamp.format
        )));
    }
    serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))
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

/// `MAI` or `asset:ID`.
mod asset {
    use crate::amount::{asset_text, parse_asset, AssetNames};
    use myai_primitives::Asset;
    use serde::{de::Error, Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(asset: &Asset, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&asset_text(asset))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Asset, D::Error> {
        parse_asset(&String::deserialize(d)?, &AssetNames::default()).map_err(D::Error::custom)
    }
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

    pub fn saved(n: u8) -> SavedJob {
        SavedJob {
            format: FORMAT,
            id: JobId([n; 32]),
            created: 1_700_000_000_000 + n as u64,
            genesis: [9; 32],
            mailbox: "ws://127.0.0.1:9944".into(),
            payer: AccountId::new([7; 32]),
            worker: AccountId::new([8; 32]),
            signer: AccountId::new([9; 32]),
            version: VersionId(3),
            units: 1,
            asset: Asset::Native,
            gross: u128::MAX,
            deposit: 10,
            spoilt_charge: 3,
            duration: 100,
            open_by: 50,
            blob: [1; 32],
            input_commitment: [0xc0; 32],
            salt: [0xc2; 32],
            sealing_secret: [0xc3; 32],
            mailbox_seed: [0xc4; 32],
            opened: false,
            uploaded: false,
            end: None,
        }
    }

    const FIRST: JobId = JobId([1; 32]);

    #[test]
    fn what_is_saved_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        let mut job = saved(1);
        store.prepare(&job, b"sealed").unwrap();
        assert!(store.find(&JobRef::Latest, None).unwrap().unwrap() == job);
        job.opened = true;
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
                reason: DeclineReason::BadInput,
            },
            End::Expired,
            End::NotOpened { why: "no".into() },
        ] {
            job.end = Some(end);
            store.save(&job).unwrap();
            assert!(store.find(&JobRef::Id(FIRST), None).unwrap().unwrap() == job);
        }
        assert_eq!(store.input(FIRST).unwrap(), b"sealed");
        assert_eq!(store.answer(FIRST).unwrap(), None);
        store.save_answer(FIRST, b"answer").unwrap();
        assert_eq!(
            store.answer(FIRST).unwrap().as_deref(),
            Some(&b"answer"[..])
        );
        store.forget_input(FIRST);
        assert!(matches!(store.input(FIRST), Err(Error::File { .. })));
    }

    #[test]
    fn files_are_the_owners_alone() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        store.prepare(&saved(1), b"sealed").unwrap();
        let mode = |p: PathBuf| fs::metadata(p).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(store.dir.clone()), 0o700);
        assert_eq!(mode(store.path(FIRST, "json")), 0o600);
        assert_eq!(mode(store.path(FIRST, "input")), 0o600);
    }

    #[test]
    fn a_crash_at_any_moment_leaves_a_whole_file() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        let job = saved(1);
        // Killed after the sealed input: no job yet, nothing was opened, nothing is listed.
        store.write(job.id, "input", b"sealed").unwrap();
        assert!(store.all().unwrap().0.is_empty());
        store.save(&job).unwrap();
        // Killed while the file was being replaced: the old one stands.
        let beside = store.dir.join(format!(".{FIRST}.json.123"));
        fs::write(&beside, b"{ \"format\": 1, \"cre").unwrap();
        let (jobs, bad) = store.all().unwrap();
        assert!(jobs == vec![job] && bad.is_empty());
    }

    #[test]
    fn a_job_is_found_by_a_beginning_that_no_other_has_and_the_latest_by_age() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        for n in 1..=3u8 {
            let mut job = saved(n);
            job.genesis = [n; 32];
            store.save(&job).unwrap();
        }
        let mut twin = saved(4);
        twin.id = JobId([3; 32]);
        twin.id.0[31] = 9;
        twin.end = Some(End::NotOpened { why: "no".into() });
        store.save(&twin).unwrap();
        let find =
            |which: &str, genesis: Option<&Hash32>| store.find(&which.parse().unwrap(), genesis);
        let found = |which: &str, genesis| find(which, genesis).unwrap().map(|k| k.id);
        assert_eq!(found("010101", None), Some(FIRST));
        assert_eq!(found("0x0101010", None), Some(FIRST));
        assert_eq!(found("010102", None), None);
        assert_eq!(found("latest", None), Some(JobId([3; 32])));
        assert_eq!(found("latest", Some(&[1; 32])), Some(FIRST));
        assert_eq!(found("010101", Some(&[2; 32])), None);
        assert_eq!(found(&twin.id.to_string(), None), Some(twin.id));
        let error = find("030303", None).err().unwrap().to_string();
        assert!(error.contains("several jobs"), "{error}");
    }

    #[test]
    fn what_names_no_job_says_what_would() {
        for bad in ["newest", "7", "0x01010", "01010z", &"0".repeat(65)] {
            let error = bad.parse::<JobRef>().unwrap_err();
            assert!(error.contains("64 hexadecimal digits"), "{error}");
        }
        assert_eq!("ABCDEF".parse(), Ok(JobRef::Begins("abcdef".into())));
        assert_eq!(FIRST.to_string().parse(), Ok(JobRef::Id(FIRST)));
        assert_eq!(short(FIRST), "010101010101");
    }

    #[test]
    fn another_format_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        let mut job = saved(1);
        job.format = 4;
        store.save(&job).unwrap();
        let (jobs, bad) = store.all().unwrap();
        assert!(jobs.is_empty());
        assert!(bad[0]
            .to_string()
            .contains("its format is 4, this release reads 3"));
    }

    #[test]
    fn stages_have_words() {
        let mut job = saved(1);
        assert_eq!(
            (job.stage(), job.reference().as_str()),
            ("prepared", "010101010101")
        );
        job.opened = true;
        assert_eq!(job.stage(), "open");
        job.uploaded = true;
        assert_eq!(job.stage(), "waiting");
        job.end = Some(End::Expired);
        assert_eq!(job.stage(), "expired");
    }

    #[test]
    fn only_files_of_jobs_with_inputs_are_read_to_tidy_up() {
        let dir = tempfile::tempdir().unwrap();
        let store = JobStore::new(dir.path());
        assert!(store.with_input(&[9; 32]).unwrap().is_empty());
        for n in 1..=4 {
            let mut job = saved(n);
            if n == 4 {
                job.genesis = [8; 32];
            }
            store.prepare(&job, b"sealed").unwrap();
        }
        store.forget_input(FIRST);
        fs::write(store.path(JobId([2; 32]), "json"), b"{").unwrap();
        assert!(store.with_input(&[9; 32]).unwrap() == [saved(3)]);
    }
}
