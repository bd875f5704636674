//! A worker's folder with the [`FolderChain`] that it works on, and a payer of jobs there.

pub use crate::chain::*;
use crate::common::{doubler, numbers};
use codec::{Decode, Encode};
use myai_chain_client::{hop::blob_hash, sealing::JobBinding, AccountId, SealingKey};
use myai_inference_worker::{
    artifacts::{addresses, Artifacts, FetchOptions},
    backend::Job,
    config::Limits,
    dispatcher::{Dispatcher, Exit},
    estimate::Estimator,
    executor::{Executor, Options},
    job::{Context, Specs},
    journal::{Answered, Journal, JournalError},
    keyring::Keyring,
    metrics::Metrics,
};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    *,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A worker's folder, chain, version and payer.
pub struct World {
    pub folder: PathBuf,
    pub chain: FolderChain,
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

impl World {
    pub fn new(folder: &Path) -> Self {
        Self::with(folder, &doubler(), &numbers())
    }

    pub fn with(folder: &Path, model: &[u8], manifest: &serde_json::Value) -> Self {
        let chain = FolderChain::new(folder);
        let manifest = serde_json::to_vec(manifest).unwrap();
        chain.set_version(&version(folder, model, &manifest));
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
        self.chain.set_version(&version);
    }

    pub fn context(&self) -> Arc<Context<FolderChain>> {
        self.context_with(limits())
    }

    pub fn context_with(&self, limits: Limits) -> Arc<Context<FolderChain>> {
        self.context_of(limits, self.journal())
    }

    pub fn context_of(&self, limits: Limits, journal: Journal) -> Arc<Context<FolderChain>> {
        self.context_run_by(limits, journal, crate::common::options())
    }

    pub fn context_run_by(
        &self,
        limits: Limits,
        journal: Journal,
        runners: Options,
    ) -> Arc<Context<FolderChain>> {
        let options = FetchOptions {
            https_only: self.https_only,
            may_ask: addresses::is_any,
            from: vec![self.chain.folder.clone()],
            ..Default::default()
        };
        let files = Artifacts::open(&self.folder.join("files"), options).unwrap();
        let metrics = Arc::new(Metrics::new().unwrap());
        Arc::new(Context {
            backend: self.chain.clone(),
            journal,
            keyring: Keyring::open_or_create(&self.folder.join("sealing")).unwrap(),
            executor: Executor::new(runners, files, metrics.clone()).unwrap(),
            metrics,
            limits,
            estimates: Estimator::default(),
            specs: Specs::default(),
        })
    }

    /// The worker before may not have let go of it yet; a process that another test starts shares
    /// our open files, and so their locks, until it is the program that it should be.
    pub fn journal(&self) -> Journal {
        let begun = std::time::Instant::now();
        loop {
            match Journal::open(&self.folder) {
                Err(JournalError::InUse { .. }) if begun.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                journal => return journal.unwrap(),
            }
        }
    }

    pub fn job(&self, n: u64, input: &[u8]) -> Job {
        Job {
            id: id(n),
            payer: AccountId::new([1; 32]),
            version: VersionId(1),
            units: 1,
            deadline: 100,
            input_commitment: input_commitment(&SALT, input),
            input_length: input.len() as u32,
            blob: [0; 32],
        }
    }

    pub fn binding(&self, job: &Job) -> JobBinding {
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

    /// Seals the input for the job and uploads it.
    pub fn upload(&self, job: Job, input: &SealedInput) -> Job {
        let keyring = Keyring::open_or_create(&self.folder.join("sealing")).unwrap();
        let worker_key = keyring.current().unwrap().public();
        let sealed = self
            .binding(&job)
            .seal(Direction::Input, &worker_key, &input.encode())
            .unwrap();
        let blob = blob_hash(&sealed);
        std::fs::write(self.chain.blob_path(&blob), sealed).unwrap();
        Job { blob, ..job }
    }

    /// Opens a job whose sealed input is `input`, and uploads that.
    pub fn open(&self, job: Job, input: &SealedInput) -> Job {
        let job = self.upload(job, input);
        self.chain.open(&job);
        job
    }

    /// Opens a job on `{"x":[[…]]}`.
    pub fn ask(&self, n: u64, numbers: &[i64]) -> Job {
        let input = numbers_input(numbers);
        self.open(self.job(n, &input), &self.input(&input))
    }

    /// What the journal has of the job, where no worker runs.
    pub fn promised(&self, n: u64) -> Option<Answered> {
        self.journal().get(id(n))
    }

    /// What the attestation in that line of the log is of, opened with the payer's key.
    pub fn answer(&self, line: &str, job: &Job) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        assert_eq!(words[0], "attest");
        let named = [job.id.to_string(), number(job.id).to_string()];
        assert!(named.contains(&words[1].to_string()), "{line}");
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
    pub async fn run_until(
        &self,
        context: Arc<Context<FolderChain>>,
        done: impl Fn(&FolderChain) -> bool,
    ) {
        self.run_with(context, Blocks::none(), done).await;
    }

    pub async fn run_with(
        &self,
        context: Arc<Context<FolderChain>>,
        blocks: Blocks,
        done: impl Fn(&FolderChain) -> bool,
    ) {
        let stop = CancellationToken::new();
        let worker = tokio::spawn(Dispatcher::new(context, 0).run(blocks, stop.clone()));
        let begun = std::time::Instant::now();
        while !done(&self.chain) {
            assert!(begun.elapsed() < Duration::from_secs(30), "nothing happens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.cancel();
        assert_eq!(worker.await.unwrap(), Exit::Stopped);
    }

    /// Runs a worker until it did one thing about a job, and tells that.
    pub async fn outcome(&self, limits: Limits) -> String {
        let before = self.chain.log().len();
        let context = self.context_with(limits);
        self.run_until(context, |c| c.log().len() > before).await;
        self.chain.log().remove(before)
    }
}

/// `{"x":[[…]]}`.
pub fn numbers_input(numbers: &[i64]) -> Vec<u8> {
    serde_json::to_vec(&serde_json::json!({ "x": [numbers] })).unwrap()
}

/// Runs a worker until it has looked at a block of that number.
pub async fn look_at(world: &World, context: Arc<Context<FolderChain>>, number: u32) {
    let (send, blocks) = mpsc::channel(1);
    send.send(number).await.unwrap();
    let metrics = context.metrics.clone();
    let seen = || metrics.text().contains(&format!("best_block {number}"));
    // It looks at the chain between two blocks, too.
    world.run_with(context, Blocks(blocks), |_| seen()).await;
}
