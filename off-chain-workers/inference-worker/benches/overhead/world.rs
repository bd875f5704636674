//! A worker whose chain and pool are in memory, and a payer of its jobs.

use crate::{
    cases::Case,
    chain::{self, GENESIS, MAILBOX, SALT},
    failed,
    memory::MemoryChain,
    Outcome,
};
use codec::Encode;
use myai_chain_client::{hop::blob_hash, sealing::JobBinding, AccountId, SealingKey};
use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions},
    backend::Job,
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
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// A worker with its journal in one folder, and the job that it does again and again.
pub struct World {
    context: Arc<Context<MemoryChain>>,
    job: Job,
    request: Request,
    answer_key: SealingKey,
    next: u64,
    /// The last job's sealed answer.
    answer: Vec<u8>,
}

impl World {
    /// The journal and the files lie in `folder`.
    pub async fn new(case: &Case, options: Options, folder: &Path) -> Outcome<Self> {
        let mut version = chain::version(folder, &case.model, &case.manifest);
        (version.spec.max_input, version.spec.max_output) = (1 << 20, 1 << 20);
        let chain = MemoryChain::new(version.clone());
        let keyring = Keyring::open_or_create(&folder.join("sealing")).map_err(failed)?;
        let answer_key = SealingKey::generate();
        let mut job = Job {
            id: JobId::default(),
            payer: AccountId::new([1; 32]),
            version: version.id,
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
        chain.put(job.blob, &sealed);
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
            backend: chain,
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
            answer: vec![],
        })
    }

    /// One request to a runner: over the socket, into tensors, through the model, into an answer,
    /// and back.
    pub async fn hop(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        match self.context.executor.run(&self.request).await {
            RunOutcome::Answered { .. } => Ok(begun.elapsed()),
            RunOutcome::Refused { why, .. } => Err(failed(why)),
        }
    }

    /// One job, from when the worker takes it until there is a sealed answer, and until its
    /// attestation is in a block.
    pub async fn whole(&mut self) -> Outcome<[Duration; 2]> {
        self.next += 1;
        let mut job = self.job.clone();
        job.id = chain::id(self.next);
        // The last job may have left its thread to others of the runtime. Each of the worker's jobs
        // begins as a task on one that has it.
        tokio::task::yield_now().await;
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
        let uploaded = self.context.backend.remove(&answer.blob);
        self.answer = uploaded.ok_or_else(|| failed("the answer was not uploaded"))?;
        match attested {
            Done::InBlock(_) => Ok([answered, took]),
            other => Err(failed(format!("the job was not attested: {other:?}"))),
        }
    }

    /// The last job's answer, as its payer reads it.
    pub fn last_answer(&self) -> Outcome<Vec<u8>> {
        let plain = binding(&self.job).open(Direction::Output, &self.answer_key, &self.answer);
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
