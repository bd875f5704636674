//! A chain and a pool that are folders, so that a worker that was killed finds them as they were;
//! and whoever pays for jobs there.

use crate::common::{doubler, engine};
use codec::{Decode, Encode};
use myai_chain_client::{
    hop::blob_hash, sealing::JobBinding, AccountId, Event, Followed, SealingKey,
};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions, Wanted},
    config::{Limits, MAI},
    job::Context,
    journal::{Journal, JournalError},
    keyring::Keyring,
    metrics::Metrics,
    models::{Files, Models},
    network::{Feed, Network, NetworkError},
    pace::Pace,
    worker::Worker,
};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    *,
};
use sha2::{Digest, Sha256};
use std::{
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicBool, AtomicU32, Ordering},
        Arc, Mutex,
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub const GENESIS: Hash32 = [9; 32];
pub const SALT: [u8; 32] = [7; 32];
pub const MAILBOX: Hash32 = [8; 32];

pub fn worker_id() -> AccountId {
    AccountId::new([2; 32])
}

/// A chain with a pool, in a folder.
#[derive(Clone)]
pub struct Fake {
    pub folder: PathBuf,
    pub id: AccountId,
    /// Functions that fail the next time, as over a lost connection, or because the pool is `busy`;
    /// once for each time they are here. What is `after` one happens, and is not heard of. While
    /// `hang claim` is here, no claim ends.
    pub trouble: Arc<Mutex<Vec<&'static str>>>,
    pub finalized: Arc<AtomicU32>,
    pub best: Arc<AtomicU32>,
    pub served: Arc<AtomicU32>,
    /// Whether calls get into blocks without effect, as in a block that vanishes.
    pub vanish: Arc<AtomicBool>,
    /// Whether the worker has another signer now.
    pub replaced: Arc<AtomicBool>,
    /// Happens whenever an input is opened or an answer sealed.
    pub opening: Arc<dyn Fn() + Send + Sync>,
}

impl Fake {
    pub fn new(folder: &Path) -> Self {
        for name in ["jobs", "pool", "ended"] {
            std::fs::create_dir_all(folder.join(name)).unwrap();
        }
        Self {
            folder: folder.into(),
            id: worker_id(),
            trouble: Arc::default(),
            finalized: Arc::default(),
            best: Arc::default(),
            served: Arc::new(AtomicU32::new(1)),
            vanish: Arc::default(),
            replaced: Arc::default(),
            opening: Arc::new(|| ()),
        }
    }

    fn reach(&self, function: &str) -> Result<(), NetworkError> {
        let mut trouble = self.trouble.lock().unwrap();
        let is_it = |f: &&str| *f == function || f.strip_prefix("busy ") == Some(function);
        match trouble.iter().position(is_it) {
            Some(place) if trouble.remove(place).starts_with("busy ") => {
                Err(NetworkError::Busy("the disk has trouble".into()))
            }
            Some(_) => Err(NetworkError::Passing("out of reach".into())),
            None => Ok(()),
        }
    }

    pub fn job_path(&self, job: JobId) -> PathBuf {
        self.folder.join("jobs").join(job.to_string())
    }

    pub fn blob_path(&self, blob: &Hash32) -> PathBuf {
        self.folder.join("pool").join(hex::encode(blob))
    }

    pub fn open(&self, job: &JobView<AccountId>) {
        std::fs::write(self.job_path(job.id), job.encode()).unwrap();
    }

    /// What was done about jobs, one line each, in its order.
    pub fn log(&self) -> Vec<String> {
        let items = std::fs::read_dir(self.folder.join("ended")).unwrap();
        let mut names: Vec<String> = items
            .map(|i| i.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        // The time in front.
        names
            .iter()
            .map(|n| n.split_once(' ').unwrap().1.to_string())
            .collect()
    }

    /// Ends the job in one step, so that one who is killed has done all of it or nothing: what was
    /// said becomes the name of the job's file.
    pub fn end(&self, job: JobId, line: String) -> Result<u32, NetworkError> {
        let call = line.split(' ').next().unwrap();
        self.reach(call)?;
        if self.replaced.load(Ordering::SeqCst) {
            return Err(NetworkError::NotItsSigner);
        }
        let unheard = self.reach(&format!("after {call}"));
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_nanos();
        let ended = self.folder.join("ended").join(format!("{now:030} {line}"));
        let done = if self.vanish.load(Ordering::SeqCst) {
            std::fs::copy(self.job_path(job), ended).map(drop)
        } else {
            std::fs::rename(self.job_path(job), ended)
        };
        done.map_err(|_| NetworkError::Ended)?;
        unheard.map(|()| 5)
    }
}

#[async_trait::async_trait]
impl Network for Fake {
    fn genesis(&self) -> Hash32 {
        (self.opening)();
        GENESIS
    }

    fn worker(&self) -> &AccountId {
        &self.id
    }

    async fn served(&self) -> Result<Tick, NetworkError> {
        Ok(self.served.load(Ordering::SeqCst))
    }

    async fn finalized(&self) -> Result<u32, NetworkError> {
        Ok(self.finalized.load(Ordering::SeqCst))
    }

    async fn best(&self) -> Result<u32, NetworkError> {
        Ok(self.best.load(Ordering::SeqCst))
    }

    async fn open_jobs(&self) -> Result<Vec<JobView<AccountId>>, NetworkError> {
        self.reach("open_jobs")?;
        let mut jobs = Vec::new();
        for item in std::fs::read_dir(self.folder.join("jobs")).unwrap() {
            let bytes = std::fs::read(item.unwrap().path()).unwrap();
            jobs.push(JobView::decode(&mut &bytes[..]).unwrap());
        }
        jobs.sort_by_key(|j: &JobView<AccountId>| j.id);
        Ok(jobs)
    }

    async fn job(&self, job: JobId) -> Result<Option<JobView<AccountId>>, NetworkError> {
        self.reach("job")?;
        let bytes = std::fs::read(self.job_path(job)).ok();
        Ok(bytes.map(|b| JobView::decode(&mut &b[..]).unwrap()))
    }

    async fn version(&self, _: VersionId) -> Result<Option<VersionView<AccountId>>, NetworkError> {
        self.reach("version")?;
        let bytes = std::fs::read(self.folder.join("version")).ok();
        Ok(bytes.map(|b| VersionView::decode(&mut &b[..]).unwrap()))
    }

    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, NetworkError> {
        if self.trouble.lock().unwrap().contains(&"hang claim") {
            std::future::pending::<()>().await;
        }
        self.reach("claim")?;
        Ok(std::fs::read(self.blob_path(blob)).ok())
    }

    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, NetworkError> {
        self.reach("submit")?;
        assert_eq!(mailbox, &MAILBOX);
        let blob = blob_hash(sealed);
        let (part, whole) = (self.folder.join(hex::encode(blob)), self.blob_path(&blob));
        std::fs::write(&part, sealed)
            .and_then(|()| std::fs::rename(part, whole))
            .unwrap();
        Ok(blob)
    }

    async fn forget(&self, blob: &Hash32) -> Result<(), NetworkError> {
        let _ = std::fs::remove_file(self.blob_path(blob));
        Ok(())
    }

    async fn attest(
        &self,
        job: JobId,
        output: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, NetworkError> {
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
    }

    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, NetworkError> {
        self.end(job, format!("decline {job} {reason:?}"))
    }

    async fn signer_balance(&self) -> Result<Balance, NetworkError> {
        Ok(5 * MAI)
    }
}

/// Blocks that the test makes.
pub struct Blocks(pub mpsc::Receiver<Followed>);

#[async_trait::async_trait]
impl Feed for Blocks {
    async fn next(&mut self) -> Followed {
        match self.0.recv().await {
            Some(followed) => followed,
            None => std::future::pending().await,
        }
    }
}

/// A worker's folder, chain, version and payer.
pub struct World {
    pub folder: PathBuf,
    pub chain: Fake,
    pub answer_key: SealingKey,
    /// Whether files come by `https://` and `file://` alone.
    pub https_only: bool,
}

pub fn limits() -> Limits {
    Limits {
        run_seconds: 2,
        input_seconds: 1,
        first_run_seconds: 1,
        ..Default::default()
    }
}

/// Files that nobody ever gives, and whoever does not.
pub async fn silent_files() -> (Files, tokio::net::TcpListener) {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let wanted = Wanted {
        sha256: [1; 32],
        length: 100,
        uris: vec![format!("http://{}/", silent.local_addr().unwrap())],
    };
    let files = Files {
        artifact: wanted.clone(),
        manifest: wanted,
        numerics: Numerics::Float,
    };
    (files, silent)
}

pub fn manifest() -> serde_json::Value {
    serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "int64"}}}],
        "output": {"json": ["y"]}})
}

impl World {
    pub fn new(folder: &Path) -> Self {
        Self::with(folder, &doubler(), &manifest())
    }

    pub fn with(folder: &Path, model: &[u8], manifest: &serde_json::Value) -> Self {
        let chain = Fake::new(folder);
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).unwrap();
            let uri = format!("file://{}", path.display());
            File::new(Sha256::digest(bytes).into(), bytes.len() as u64, &[&uri]).unwrap()
        };
        let version: VersionView<AccountId> = VersionView {
            id: VersionId(1),
            model: ModelId(1),
            state: VersionState::Live,
            last_work: None,
            spec: VersionSpec {
                artifact: file("model.onnx", model),
                manifest: file("manifest.json", &serde_json::to_vec(manifest).unwrap()),
                numerics: Numerics::IntV1,
                unit: Unit::Call,
                price: Amount {
                    asset: Asset::Native,
                    value: 1,
                },
                modes: vec![Mode::Direct].try_into().unwrap(),
                max_input: 200,
                max_output: 100,
                openness: Disclosure {
                    source: Openness::Open,
                    training_data: Openness::Open,
                    checkpoints: Openness::Open,
                },
                license: Default::default(),
                terms: DerivativeTerms {
                    permission: Permission::Forbidden,
                    min_royalty: Ppm(0),
                    min_per_unit: None,
                    reach: Reach::Direct,
                },
                bases: Default::default(),
                grants: Default::default(),
                extras: Default::default(),
            },
            split: SplitId(0),
            ancestors: vec![],
            licensed_until: None,
            share_alike: false,
            commercial: true,
            first_with_artifact: VersionId(1),
        };
        std::fs::write(folder.join("version"), version.encode()).unwrap();
        Self {
            folder: folder.into(),
            chain,
            answer_key: SealingKey::from_secret(&[3; 32]).unwrap(),
            https_only: true,
        }
    }

    /// Whence the model is fetched from now on.
    pub fn model_at(&mut self, uri: &str) {
        self.https_only = false;
        let path = self.folder.join("version");
        let bytes = std::fs::read(&path).unwrap();
        let mut version: VersionView<AccountId> = VersionView::decode(&mut &bytes[..]).unwrap();
        let file = &version.spec.artifact;
        version.spec.artifact = File::new(file.sha256, file.length, &[uri]).unwrap();
        std::fs::write(&path, version.encode()).unwrap();
    }

    pub fn context(&self) -> Arc<Context<Fake>> {
        self.context_with(limits())
    }

    pub fn context_with(&self, limits: Limits) -> Arc<Context<Fake>> {
        let options = FetchOptions {
            https_only: self.https_only,
            ..Default::default()
        };
        let files = Artifacts::open(&self.folder.join("files"), options).unwrap();
        Arc::new(Context {
            network: self.chain.clone(),
            journal: self.journal(),
            keyring: Keyring::open_or_create(&self.folder.join("sealing")).unwrap(),
            models: Models::new(engine(2), files, 1 << 30, 2.0),
            metrics: Arc::new(Metrics::new().unwrap()),
            limits,
            pace: Pace::default(),
        })
    }

    /// A process that another test starts shares our open files, and so their locks, until it is
    /// the program that it should be.
    pub fn journal(&self) -> Journal {
        let begun = std::time::Instant::now();
        loop {
            match Journal::open(&self.folder.join("journal")) {
                Err(JournalError::InUse { .. }) if begun.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                journal => return journal.unwrap(),
            }
        }
    }

    pub fn job(&self, id: u64, input: &[u8]) -> JobView<AccountId> {
        JobView {
            id: JobId(id),
            payer: AccountId::new([1; 32]),
            opener: None,
            version: VersionId(1),
            mode: Mode::Direct,
            workers: vec![worker_id()],
            units: 1,
            asset: Asset::Native,
            price: 1,
            fee: 1,
            deadline: 100,
            revision: 0,
            input_commitment: input_commitment(&SALT, input),
            blob: [0; 32],
        }
    }

    pub fn binding(&self, job: &JobView<AccountId>) -> JobBinding {
        JobBinding {
            genesis: GENESIS,
            payer: *job.payer.as_ref(),
            input_commitment: job.input_commitment,
        }
    }

    pub fn input(&self, bytes: &[u8]) -> SealedInput {
        SealedInput {
            format: SEALED_INPUT_FORMAT,
            salt: SALT,
            answer_sealing_key: self.answer_key.public(),
            answer_mailbox_key: MAILBOX,
            bytes: bytes.to_vec(),
        }
    }

    /// Opens a job whose sealed input is `input`, and uploads that.
    pub fn open(&self, mut job: JobView<AccountId>, input: &SealedInput) -> JobView<AccountId> {
        let keyring = Keyring::open_or_create(&self.folder.join("sealing")).unwrap();
        let worker_key = keyring.current().unwrap().public();
        let sealed = self
            .binding(&job)
            .seal(Direction::Input, &worker_key, &input.encode())
            .unwrap();
        job.blob = blob_hash(&sealed);
        std::fs::write(self.chain.blob_path(&job.blob), sealed).unwrap();
        self.chain.open(&job);
        job
    }

    /// Opens a job on `{"x":[[…]]}`.
    pub fn ask(&self, id: u64, numbers: &[i64]) -> JobView<AccountId> {
        let input = serde_json::to_vec(&serde_json::json!({ "x": [numbers] })).unwrap();
        self.open(self.job(id, &input), &self.input(&input))
    }

    /// What the attestation in that line of the log is of, opened with the payer's key.
    pub fn answer(&self, line: &str, job: &JobView<AccountId>) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[..2], ["attest", &job.id.to_string()]);
        let sealed = std::fs::read(self.folder.join("pool").join(words[4])).unwrap();
        let plain = self
            .binding(job)
            .open(Direction::Output, &self.answer_key, &sealed)
            .unwrap();
        assert_eq!(words[2], hex::encode(output_commitment(&SALT, &plain)));
        assert_eq!(words[3], "1");
        String::from_utf8(plain.to_vec()).unwrap()
    }

    /// Runs a worker until `done`, then stops it in order.
    pub async fn run_until(&self, context: Arc<Context<Fake>>, done: impl Fn(&Fake) -> bool) {
        let (_send, blocks) = mpsc::channel(1);
        self.run_with(context, Blocks(blocks), done).await;
    }

    pub async fn run_with(
        &self,
        context: Arc<Context<Fake>>,
        blocks: Blocks,
        done: impl Fn(&Fake) -> bool,
    ) {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(Worker::new(context, 0).run(blocks, stop.clone()));
        let begun = std::time::Instant::now();
        while !done(&self.chain) {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing happens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
        worker.await.unwrap().unwrap();
    }

    /// Runs a worker until it did one thing about a job, and tells that.
    pub async fn outcome(&self, limits: Limits) -> String {
        let before = self.chain.log().len();
        let context = self.context_with(limits);
        self.run_until(context, |c| c.log().len() > before).await;
        self.chain.log().remove(before)
    }
}

pub fn block(number: u32, opened: Option<&JobView<AccountId>>) -> Followed {
    let events = opened.map(|job| Event {
        pallet: "InferenceEscrow".into(),
        name: "JobOpened".into(),
        extrinsic: Some(1),
        fields: vec![
            ("job".into(), job.id.encode()),
            ("payer".into(), job.payer.encode()),
            ("opener".into(), job.opener.encode()),
            ("version".into(), job.version.encode()),
            ("mode".into(), job.mode.encode()),
            ("workers".into(), job.workers.encode()),
            ("units".into(), job.units.encode()),
            ("asset".into(), job.asset.encode()),
            ("price".into(), job.price.encode()),
            ("fee".into(), job.fee.encode()),
            ("deadline".into(), job.deadline.encode()),
            ("input_commitment".into(), job.input_commitment.encode()),
            ("blob".into(), job.blob.encode()),
        ],
    });
    Followed::Block {
        number,
        hash: [number as u8; 32],
        events: events.into_iter().collect(),
    }
}
