//! A chain and a pool that are a folder, so that a worker that was killed finds them as they were.
//! What goes over a node's socket is tested in `myai-chain-client`, with its `FakeNode`.

use codec::{Decode, Encode};
use myai_chain_client::{hop::blob_hash, testing::views, AccountId};
use myai_inference_worker::backend::{Backend, BackendError, BestBlocks, Job};
use myai_primitives::*;
use sha2::{Digest, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        Arc, Mutex,
    },
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;

pub const GENESIS: Hash32 = [9; 32];
pub const SALT: [u8; 32] = [7; 32];
pub const MAILBOX: Hash32 = [8; 32];

pub fn worker_id() -> AccountId {
    AccountId::new([2; 32])
}

/// The block that has what was called.
pub const BLOCK: u32 = 5;

/// The id of a job that has no order.
pub fn id(n: u64) -> JobId {
    let mut id = [0; 32];
    id[24..].copy_from_slice(&n.to_be_bytes());
    JobId(id)
}

/// What [`id`] was made of.
pub fn number(job: JobId) -> u64 {
    u64::from_be_bytes(job.0[24..].try_into().unwrap())
}

/// The only version, whose files lie in the folder.
pub fn version(folder: &Path, model: &[u8], manifest: &[u8]) -> VersionView<AccountId> {
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        let uri = format!("file://{}", path.display());
        File::new(Sha256::digest(bytes).into(), bytes.len() as u64, &[&uri]).unwrap()
    };
    let mut version = views::version();
    version.id = VersionId(1);
    version.spec.artifact = file("model.onnx", model);
    version.spec.manifest = file("manifest.json", manifest);
    version
}

/// A chain with a pool, in a folder.
#[derive(Clone)]
pub struct FolderChain {
    pub folder: PathBuf,
    pub id: AccountId,
    /// Functions that fail the next time, as over a lost connection, or because the pool is `busy`;
    /// once for each time they are here. What is `after` one happens, and is not heard of. While
    /// `hang` and a function is here, that never ends.
    pub trouble: Arc<Mutex<Vec<&'static str>>>,
    pub finalized: Arc<AtomicU32>,
    pub served: Arc<AtomicU32>,
    /// Which fork is the best chain.
    pub fork: Arc<Mutex<&'static str>>,
    /// Whether calls get into blocks without effect, as in a block that vanishes.
    pub vanish: Arc<AtomicBool>,
    /// Whether the worker has another signer now.
    pub replaced: Arc<AtomicBool>,
    /// Happens whenever an input is opened or an answer sealed.
    pub opening: Arc<dyn Fn() + Send + Sync>,
}

impl FolderChain {
    pub fn new(folder: &Path) -> Self {
        std::fs::create_dir_all(folder.join("pool")).unwrap();
        let fake = Self {
            folder: folder.into(),
            id: worker_id(),
            trouble: Arc::default(),
            finalized: Arc::default(),
            served: Arc::new(AtomicU32::new(1)),
            fork: Arc::new(Mutex::new("first")),
            vanish: Arc::default(),
            replaced: Arc::default(),
            opening: Arc::new(|| ()),
        };
        fake.reorganise("first");
        fake
    }

    /// Makes another fork the best chain, empty where it was not before.
    pub fn reorganise(&self, fork: &'static str) {
        *self.fork.lock().unwrap() = fork;
        for name in ["jobs", "ended"] {
            std::fs::create_dir_all(self.best(name)).unwrap();
        }
    }

    fn best(&self, name: &str) -> PathBuf {
        self.folder.join(*self.fork.lock().unwrap()).join(name)
    }

    async fn reach(&self, function: &str) -> Result<(), BackendError> {
        let hangs = |t: &&str| t.strip_prefix("hang ") == Some(function);
        if self.trouble.lock().unwrap().iter().any(hangs) {
            std::future::pending::<()>().await;
        }
        let mut trouble = self.trouble.lock().unwrap();
        let is_it = |f: &&str| *f == function || f.strip_prefix("busy ") == Some(function);
        match trouble.iter().position(is_it) {
            Some(place) if trouble.remove(place).starts_with("busy ") => {
                Err(BackendError::Busy("the disk has trouble".into()))
            }
            Some(_) => Err(BackendError::Transient("out of reach".into())),
            None => Ok(()),
        }
    }

    pub fn job_path(&self, job: JobId) -> PathBuf {
        self.best("jobs").join(job.to_string())
    }

    pub fn blob_path(&self, blob: &Hash32) -> PathBuf {
        self.folder.join("pool").join(hex::encode(blob))
    }

    pub fn open(&self, job: &Job) {
        self.open_for(job, &self.id);
    }

    /// Opens a job of that worker.
    pub fn open_for(&self, job: &Job, worker: &AccountId) {
        let view = JobView {
            id: job.id,
            state: JobState::Open(OpenJobView {
                payer: job.payer.clone(),
                opener: job.payer.clone(),
                uploader: None,
                version: job.version,
                run: Run::Direct {
                    worker: worker.clone(),
                    blob: job.blob,
                },
                units: job.units,
                asset: Asset::Native,
                price: 1,
                fee: 1,
                deposit: 1,
                deadline: job.deadline,
                revision: 0,
                input_commitment: job.input_commitment,
                input_length: job.input_length,
            }),
        };
        // At once, for a worker that looks meanwhile.
        let part = self.folder.join(job.id.to_string());
        std::fs::write(&part, view.encode()).unwrap();
        std::fs::rename(part, self.job_path(job.id)).unwrap();
    }

    pub fn set_version(&self, version: &VersionView<AccountId>) {
        std::fs::write(self.folder.join("version"), version.encode()).unwrap();
    }

    fn ends(&self) -> Vec<String> {
        let items = std::fs::read_dir(self.best("ended")).unwrap();
        let mut names: Vec<String> = items
            .map(|i| i.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        // The time in front.
        let line = |name: &String| name.split_once(' ').unwrap().1.to_string();
        names.iter().map(line).collect()
    }

    /// What was done about jobs, one line each, in its order.
    pub fn log(&self) -> Vec<String> {
        let short = |line: String| {
            let id = line.split(' ').nth(1).unwrap().to_string();
            let n = number(id.parse().unwrap());
            // A number in place of the id, where that is one's.
            match id.parse() == Ok(self::id(n)) {
                true => line.replace(&id, &n.to_string()),
                false => line,
            }
        };
        self.ends().into_iter().map(short).collect()
    }

    /// Ends the job in one step, so that one who is killed has done all of it or nothing: what was
    /// said becomes the name of the job's file.
    pub async fn end(&self, job: JobId, line: String) -> Result<u32, BackendError> {
        let call = line.split(' ').next().unwrap();
        self.reach(call).await?;
        if self.reach(&format!("failing {call}")).await.is_err() {
            return Err(BackendError::FailedInBlock("it fails there".into()));
        }
        let stranger = self.reach(&format!("stranger {call}")).await.is_err();
        if stranger || self.replaced.load(Ordering::SeqCst) {
            return Err(BackendError::NotItsSigner);
        }
        let unheard = self.reach(&format!("after {call}")).await;
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let ended = self.best("ended").join(format!("{now:030} {line}"));
        let done = if self.vanish.load(Ordering::SeqCst) {
            std::fs::copy(self.job_path(job), ended).map(drop)
        } else {
            std::fs::rename(self.job_path(job), ended)
        };
        done.map_err(|_| BackendError::Ended)?;
        unheard.map(|()| BLOCK)
    }

    /// How the job ended in the best chain.
    fn outcome(&self, job: JobId) -> Option<Outcome> {
        let job = job.to_string();
        let line = self.ends().into_iter().find(|l| l.contains(&job))?;
        let words: Vec<&str> = line.split(' ').collect();
        let hash = |word: &str| -> Hash32 { hex::decode(word).unwrap().try_into().unwrap() };
        Some(match words[0] {
            "attest" => Outcome::Settled {
                output_commitment: hash(words[2]),
                units: words[3].parse().unwrap(),
                blob: hash(words[4]),
                paid: 2,
                block: BLOCK,
            },
            "decline" => {
                let is_it = |r: &&DeclineReason| format!("{r:?}") == words[2];
                Outcome::Declined(*DeclineReason::ALL.iter().find(is_it).unwrap())
            }
            _ => Outcome::Expired,
        })
    }
}

#[async_trait::async_trait]
impl Backend for FolderChain {
    fn genesis(&self) -> Hash32 {
        (self.opening)();
        GENESIS
    }

    fn worker(&self) -> &AccountId {
        &self.id
    }

    async fn served(&self, _: Option<Hash32>) -> Result<Tick, BackendError> {
        Ok(self.served.load(Ordering::SeqCst))
    }

    async fn finalized(&self) -> Result<(u32, Hash32), BackendError> {
        Ok((self.finalized.load(Ordering::SeqCst), [1; 32]))
    }

    async fn open_jobs(&self) -> Result<Vec<Job>, BackendError> {
        self.reach("open_jobs").await?;
        let mut jobs = Vec::new();
        for item in std::fs::read_dir(self.best("jobs")).unwrap() {
            // Another worker may have ended its job meanwhile.
            let Ok(bytes) = std::fs::read(item.unwrap().path()) else {
                continue;
            };
            let view = JobView::decode(&mut &bytes[..]).unwrap();
            jobs.extend(Job::new(view, &self.id));
        }
        Ok(jobs)
    }

    async fn job(
        &self,
        job: JobId,
        at: Option<Hash32>,
    ) -> Result<Option<JobState<AccountId>>, BackendError> {
        self.reach("job").await?;
        // The blocks of all that happens here are final together.
        if at.is_some() && self.finalized.load(Ordering::SeqCst) < BLOCK {
            return Ok(None);
        }
        if let Ok(bytes) = std::fs::read(self.job_path(job)) {
            let view: JobView<AccountId> = JobView::decode(&mut &bytes[..]).unwrap();
            return Ok(Some(view.state));
        }
        let ended = |outcome| {
            JobState::Ended(EndedJobView {
                version: VersionId(1),
                workers: vec![worker_id()],
                deadline: 100,
                kept_until: 200,
                outcome,
            })
        };
        Ok(self.outcome(job).map(ended))
    }

    async fn is_signer(&self) -> Result<bool, BackendError> {
        Ok(!self.replaced.load(Ordering::SeqCst))
    }

    async fn version(&self, _: VersionId) -> Result<Option<VersionView<AccountId>>, BackendError> {
        self.reach("version").await?;
        let bytes = std::fs::read(self.folder.join("version")).ok();
        Ok(bytes.map(|b| VersionView::decode(&mut &b[..]).unwrap()))
    }

    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, BackendError> {
        self.reach("claim").await?;
        Ok(std::fs::read(self.blob_path(blob)).ok())
    }

    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, BackendError> {
        self.reach("submit").await?;
        assert_eq!(mailbox, &MAILBOX);
        let blob = blob_hash(sealed);
        let (part, whole) = (self.folder.join(hex::encode(blob)), self.blob_path(&blob));
        std::fs::write(&part, sealed)
            .and_then(|()| std::fs::rename(part, whole))
            .unwrap();
        Ok(blob)
    }

    async fn forget(&self, blob: &Hash32) -> Result<(), BackendError> {
        let _ = std::fs::remove_file(self.blob_path(blob));
        Ok(())
    }

    async fn attest(
        &self,
        job: JobId,
        output: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, BackendError> {
        assert!(
            self.blob_path(&blob).exists(),
            "attested before the answer was uploaded"
        );
        self.end(
            job,
            format!(
                "attest {job} {} {units} {}",
                hex::encode(output),
                hex::encode(blob)
            ),
        )
        .await
    }

    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, BackendError> {
        self.end(job, format!("decline {job} {reason:?}")).await
    }

    async fn signer_balance(&self) -> Result<Balance, BackendError> {
        Ok(5 * MAI)
    }
}

/// Blocks that the test makes.
pub struct Blocks(pub mpsc::Receiver<u32>);

impl Blocks {
    pub fn none() -> Self {
        Self(mpsc::channel(1).1)
    }
}

#[async_trait::async_trait]
impl BestBlocks for Blocks {
    async fn next(&mut self) -> u32 {
        match self.0.recv().await {
            Some(number) => number,
            None => std::future::pending().await,
        }
    }
}
