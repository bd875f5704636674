//! A worker whose chain and pool answer at once, and whoever pays for its jobs.

use crate::{cases::Case, failed, Outcome};
use codec::Encode;
use myai_chain_client::{hop::blob_hash, sealing::JobBinding, AccountId, SealingKey};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions},
    backend::{Backend, BackendError, Job},
    config::Limits,
    error_chain,
    estimate::Estimator,
    executor::{files::Files, Executor, Options, Outcome as RunOutcome, Request},
    job::{Context, Done, Specs},
    journal::Journal,
    keyring::Keyring,
    metrics::Metrics,
};
use myai_primitives::{
    commitments::{input_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT},
    *,
};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

const GENESIS: Hash32 = [9; 32];
const SALT: [u8; 32] = [7; 32];
const MAILBOX: Hash32 = [8; 32];
const VERSION: VersionId = VersionId(1);

/// One version, one job at a time, one blob.
struct Double {
    worker: AccountId,
    version: VersionView<AccountId>,
    sealed: Vec<u8>,
    /// The last sealed answer.
    answer: Mutex<Vec<u8>>,
}

fn held<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}

#[async_trait::async_trait]
impl Backend for Double {
    fn genesis(&self) -> Hash32 {
        GENESIS
    }

    fn worker(&self) -> &AccountId {
        &self.worker
    }

    async fn served(&self, _: Option<Hash32>) -> Result<Tick, BackendError> {
        Ok(1)
    }

    async fn finalized(&self) -> Result<(u32, Hash32), BackendError> {
        Ok((1, [1; 32]))
    }

    // Jobs are given to the worker's parts here, and always succeed: the chain is not asked.
    async fn open_jobs(&self) -> Result<Vec<Job>, BackendError> {
        Ok(vec![])
    }

    async fn job(
        &self,
        _: JobId,
        _: Option<Hash32>,
    ) -> Result<Option<JobState<AccountId>>, BackendError> {
        Ok(None)
    }

    async fn is_signer(&self) -> Result<bool, BackendError> {
        Ok(true)
    }

    async fn version(&self, _: VersionId) -> Result<Option<VersionView<AccountId>>, BackendError> {
        Ok(Some(self.version.clone()))
    }

    async fn claim(&self, _: &Hash32) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(Some(self.sealed.clone()))
    }

    async fn submit(&self, sealed: &[u8], _: &[u8; 32]) -> Result<Hash32, BackendError> {
        *held(&self.answer) = sealed.to_vec();
        Ok([0; 32])
    }

    async fn forget(&self, _: &Hash32) -> Result<(), BackendError> {
        Ok(())
    }

    async fn attest(&self, _: JobId, _: Hash32, _: u32, _: Hash32) -> Result<u32, BackendError> {
        Ok(2)
    }

    async fn decline(&self, _: JobId, _: DeclineReason) -> Result<u32, BackendError> {
        Ok(2)
    }

    async fn signer_balance(&self) -> Result<Balance, BackendError> {
        Ok(0)
    }
}

/// A worker with its journal in one folder, and the job that it does again and again.
pub struct World {
    context: Arc<Context<Double>>,
    job: Job,
    request: Request,
    answer_key: SealingKey,
    next: u64,
}

impl World {
    /// `folder` is where the journal is, and everything else too.
    pub async fn new(case: &Case, options: Options, folder: &Path) -> Outcome<Self> {
        let version = version(case, folder)?;
        let keyring = Keyring::open_or_create(&folder.join("sealing")).map_err(failed)?;
        let answer_key = SealingKey::generate();
        let mut job = Job {
            id: JobId::default(),
            payer: AccountId::new([1; 32]),
            version: VERSION,
            units: 1_000_000,
            deadline: 1_000_000,
            input_commitment: input_commitment(&SALT, &case.input),
            input_length: case.input.len() as u32,
            blob: [0; 32],
        };
        let plain = SealedInput {
            format: SEALED_INPUT_FORMAT,
            salt: SALT,
            answer_sealing_key: answer_key.public(),
            answer_mailbox_key: MAILBOX,
            bytes: case.input.clone(),
        };
        let to = keyring.current().map_err(failed)?.public();
        let sealed = binding(&job)
            .seal(Direction::Input, &to, &plain.encode())
            .map_err(failed)?;
        job.blob = blob_hash(&sealed);
        let fetching = FetchOptions {
            from: vec![folder.into()],
            ..Default::default()
        };
        let artifacts = Artifacts::open(&folder.join("files"), fetching)
            .map_err(|e| failed(error_chain(&e)))?;
        let metrics = Arc::new(Metrics::new().map_err(failed)?);
        let executor = Executor::new(options, artifacts, metrics.clone()).map_err(failed)?;
        let files = Files::of(&version.spec);
        executor
            .load(&files, Instant::now() + Duration::from_secs(60))
            .await
            .map_err(|e| failed(error_chain(&*e)))?;
        let estimates = Estimator::default();
        estimates.saw(1);
        let request = Request {
            files,
            input: case.input.clone().into(),
            units: job.units,
            max_output: version.spec.max_output,
            longest: Duration::from_secs(60),
            end: Instant::now() + Duration::from_secs(3600),
        };
        let context = Context {
            backend: Double {
                worker: AccountId::new([2; 32]),
                version,
                sealed,
                answer: Mutex::default(),
            },
            journal: Journal::open(folder).map_err(|e| failed(error_chain(&e)))?,
            keyring,
            executor,
            metrics,
            limits: Limits::default(),
            estimates,
            specs: Specs::default(),
        };
        Ok(Self {
            context: Arc::new(context),
            job,
            request,
            answer_key,
            next: 0,
        })
    }

    /// One request to a runner: over the socket, into tensors, through the model, into an answer, and
    /// back.
    pub async fn hop(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        match self.context.executor.run(&self.request).await {
            RunOutcome::Answered { .. } => Ok(begun.elapsed()),
            RunOutcome::Refused { why, .. } => Err(failed(why)),
        }
    }

    /// One job, from when the worker takes it until there is a sealed answer, and until its attestation
    /// is in a block.
    pub async fn whole(&mut self) -> Outcome<[Duration; 2]> {
        self.next += 1;
        let mut job = self.job.clone();
        job.id.0[..8].copy_from_slice(&self.next.to_le_bytes());
        let begun = Instant::now();
        let Done::Answered(answer, sealed) = self.context.clone().work(&job).await else {
            return Err(failed("the job was not answered"));
        };
        let answered = begun.elapsed();
        let stored = self.context.store(&job, answer, sealed.clone());
        let uploaded = self.context.upload(&job, answer, Some(sealed));
        tokio::join!(stored, uploaded);
        let attested = self.context.attest(&job, answer).await;
        let took = begun.elapsed();
        self.context.journal.remove(job.id);
        match attested {
            Done::InBlock(_) => Ok([answered, took]),
            other => Err(failed(format!("the job was not attested: {other:?}"))),
        }
    }

    /// The last job's answer, as its payer reads it.
    pub fn last_answer(&self) -> Outcome<Vec<u8>> {
        let sealed = held(&self.context.backend.answer).clone();
        let plain = binding(&self.job).open(Direction::Output, &self.answer_key, &sealed);
        Ok(plain.map_err(failed)?.to_vec())
    }
}

fn binding(job: &Job) -> JobBinding {
    JobBinding {
        genesis: GENESIS,
        payer: *job.payer.as_ref(),
        input_commitment: job.input_commitment,
    }
}

/// The case as a version whose files lie in the folder.
fn version(case: &Case, folder: &Path) -> Outcome<VersionView<AccountId>> {
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes)
            .map_err(|e| failed(format!("write {}: {e}", path.display())))?;
        let uri = format!("file://{}", path.display());
        File::new(Sha256::digest(bytes).into(), bytes.len() as u64, &[&uri])
            .ok_or_else(|| failed(format!("{uri} is too long a path")))
    };
    let spec = VersionSpec {
        artifact: file("model.onnx", &case.model)?,
        manifest: file("manifest.json", &case.manifest)?,
        numerics: Numerics::Float,
        unit: Unit::Call,
        price: Amount {
            asset: Asset::Native,
            value: 1,
        },
        modes: [Mode::Direct].to_vec().try_into().unwrap_or_default(),
        max_input: 1 << 20,
        max_output: 1 << 20,
        openness: Disclosure {
            source: Openness::Open,
            training_data: Openness::Open,
            checkpoints: Openness::Open,
        },
        clauses: Clauses::open(Default::default()),
        bases: Default::default(),
        datasets: Default::default(),
        extras: Default::default(),
    };
    Ok(VersionView {
        id: VERSION,
        model: ModelId(1),
        state: VersionState::Live,
        last_work: None,
        spec,
        split: SplitId(0),
        effective: Effective::default(),
        bound_by: vec![],
        policies: None,
        lives_by: vec![],
        licensed_until: None,
        first_with_artifact: VERSION,
    })
}
