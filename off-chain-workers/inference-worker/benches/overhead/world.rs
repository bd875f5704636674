//! A worker whose chain and pool answer at once, and whoever pays for its jobs.

use crate::{cases::Case, failed, Outcome};
use codec::{DecodeAll, Encode};
use myai_chain_client::{hop::blob_hash, sealing::JobBinding, AccountId, SealingKey};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions},
    backend::{Backend, BackendError, Job},
    config::Limits,
    engine::{Engine, Until},
    error_chain,
    estimate::Estimator,
    job::{Context, End},
    journal::{Answer, Entry, Journal, State},
    keyring::Keyring,
    metrics::{Metrics, Stage},
    model_cache::{Files, Model, ModelCache},
};
use myai_model_kit::{postprocess, preprocess, tensor::Tensor};
use myai_primitives::{
    commitments::{
        input_commitment, output_commitment, Direction, SealedInput, SEALED_INPUT_FORMAT,
    },
    *,
};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::{atomic::AtomicBool, Arc, Mutex},
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
    model: Arc<Model>,
    job: Job,
    answer_key: SealingKey,
    max_answer: usize,
    next: u64,
}

/// What the steps of one job took, each by itself.
pub struct Steps {
    pub unseal: Duration,
    pub commitment: Duration,
    pub prepare: Duration,
    /// The engine's part, and the run itself within that.
    pub engine: Duration,
    pub run: Duration,
    pub answer: Duration,
    pub seal: Duration,
    pub attest: Duration,
}

impl World {
    /// `folder` is where the journal is, and everything else too.
    pub async fn new(case: &Case, engine: Engine, folder: &Path) -> Outcome<Self> {
        let version = version(case, folder)?;
        let keyring = Keyring::open_or_create(&folder.join("sealing")).map_err(|e| failed(&e))?;
        let answer_key = SealingKey::generate();
        let mut job = Job {
            id: JobId::default(),
            payer: AccountId::new([1; 32]),
            version: VERSION,
            units: 1,
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
        let to = keyring.current().map_err(|e| failed(&e))?.public();
        let sealed = binding(&job)
            .seal(Direction::Input, &to, &plain.encode())
            .map_err(|e| failed(&e))?;
        job.blob = blob_hash(&sealed);
        let options = FetchOptions {
            from: vec![folder.to_owned()],
            ..Default::default()
        };
        let artifacts =
            Artifacts::open(&folder.join("files"), options).map_err(|e| failed(error_chain(&e)))?;
        let models = ModelCache::new(engine, artifacts, 4 << 30, 2.5);
        let model = models
            .get(VERSION, &Files::of(&version.spec))
            .await
            .map_err(|e| failed(error_chain(&*e)))?;
        let estimates = Estimator::default();
        estimates.saw(1);
        let max_answer = version.spec.max_output as usize;
        let context = Context {
            backend: Double {
                worker: AccountId::new([2; 32]),
                version,
                sealed,
                answer: Mutex::default(),
            },
            journal: Journal::open(&folder.join("journal")).map_err(|e| failed(&e))?,
            keyring,
            models,
            metrics: Arc::new(Metrics::new().map_err(|e| failed(&e))?),
            limits: Limits::default(),
            estimates,
        };
        Ok(Self {
            context: Arc::new(context),
            model,
            job,
            answer_key,
            max_answer,
            next: 0,
        })
    }

    /// The tensors that the input becomes.
    pub fn tensors(&self, case: &Case) -> Outcome<Vec<(String, Tensor)>> {
        let prepared = preprocess::prepare(&self.model.manifest, &case.input);
        Ok(prepared.map_err(|e| failed(&e))?.tensors)
    }

    fn next(&mut self) -> Job {
        self.next += 1;
        let mut id = JobId::default();
        id.0[..8].copy_from_slice(&self.next.to_le_bytes());
        Job {
            id,
            ..self.job.clone()
        }
    }

    /// One job, from when the worker takes it until its attestation is in a block; and the model's
    /// run within that.
    pub async fn whole(&mut self) -> Outcome<(Duration, Duration)> {
        let job = self.next();
        let entry = Entry::taken(&job);
        let journal = |e| failed(error_chain(&e));
        let runs = self.context.metrics.stage(Stage::Run);
        let before = runs.get_sample_sum();
        let begun = Instant::now();
        let taken = self.context.clone().put(entry.clone());
        taken.await.map_err(journal)?;
        let queued = Arc::new(AtomicBool::new(true));
        let worked = self.context.clone().work(entry.clone(), job, queued).await;
        let took = begun.elapsed();
        let run = Duration::from_secs_f64(runs.get_sample_sum() - before);
        let end = worked.map_err(journal)?;
        self.context.clone().remove(entry).await.map_err(journal)?;
        match end {
            End::Settled { .. } => Ok((took, run)),
            other => Err(failed(format!("the job was not answered: {other:?}"))),
        }
    }

    /// The last job's answer, as its payer reads it.
    pub fn last_answer(&self) -> Outcome<Vec<u8>> {
        let sealed = held(&self.context.backend.answer).clone();
        let plain = binding(&self.job).open(Direction::Output, &self.answer_key, &sealed);
        Ok(plain.map_err(|e| failed(&e))?.to_vec())
    }

    /// The steps of a job one after another, without the journal and without changing threads but
    /// where the engine does.
    pub async fn steps(&self) -> Outcome<Steps> {
        let (context, model, job) = (&self.context, &self.model, &self.job);
        let sealed = &context.backend.sealed;
        let binding = binding(job);

        let begun = Instant::now();
        let is_the_blob = blob_hash(sealed) == job.blob;
        let opened = context
            .keyring
            .open_sealed(|key| binding.open(Direction::Input, key, sealed));
        let unseal = begun.elapsed();
        let plain = opened.map_err(|e| failed(&e))?;

        let begun = Instant::now();
        let input = SealedInput::decode_all(&mut plain.as_slice()).map_err(|e| failed(&e))?;
        let is_the_input = input_commitment(&input.salt, &input.bytes) == job.input_commitment;
        let commitment = begun.elapsed();
        if !(is_the_blob && is_the_input) {
            return Err(failed("the input is another one"));
        }

        let begun = Instant::now();
        let prepared = preprocess::prepare(&model.manifest, &input.bytes);
        let prepare = begun.elapsed();
        let tensors = prepared.map_err(|e| failed(&e))?.tensors;

        let begun = Instant::now();
        let ran = context
            .models
            .engine()
            .run(
                &model.loaded,
                tensors,
                &postprocess::wanted(&model.manifest.output),
                Until::at_most(context.limits.run()),
            )
            .await;
        let engine = begun.elapsed();
        let ran = ran.map_err(|e| failed(error_chain(&e)))?;

        let begun = Instant::now();
        let answered = postprocess::answer(
            &model.manifest.output,
            &model.labels,
            &ran.outputs,
            self.max_answer,
        );
        let answer = begun.elapsed();
        let plain = answered.map_err(|e| failed(&e))?;

        let begun = Instant::now();
        let sealed = binding.seal(Direction::Output, &input.answer_sealing_key, &plain);
        let seal = begun.elapsed();
        let sealed = sealed.map_err(|e| failed(&e))?;

        let begun = Instant::now();
        let hashes = (output_commitment(&input.salt, &plain), blob_hash(&sealed));
        let attest = begun.elapsed();
        std::hint::black_box(hashes);
        Ok(Steps {
            unseal,
            commitment,
            prepare,
            engine,
            run: ran.took,
            answer,
            seal,
            attest,
        })
    }

    /// What the journal writes for one job, on this thread.
    pub fn journal(&mut self) -> Outcome<Duration> {
        let job = self.next();
        let sealed = held(&self.context.backend.answer).clone();
        let answer = Answer {
            output_commitment: [5; 32],
            units: 1,
            blob: [6; 32],
            mailbox: MAILBOX,
        };
        let journal = &self.context.journal;
        let mut entry = Entry::taken(&job);
        let begun = Instant::now();
        let write = || {
            journal.put(&entry)?;
            entry.attempts = 1;
            journal.put(&entry)?;
            journal.put_answer(job.id, &sealed)?;
            entry.state = State::Answered(answer);
            journal.put(&entry)
        };
        let written = write();
        let took = begun.elapsed();
        written
            .and_then(|()| journal.remove(job.id))
            .map_err(|e| failed(error_chain(&e)))?;
        Ok(took)
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
