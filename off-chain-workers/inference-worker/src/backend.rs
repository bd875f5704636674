//! The chain and the HOP pool as the worker sees them: one trait, so that the worker's rules can be
//! tested without a chain, and its implementation over `myai-chain-client`.

use crate::error_chain;
use async_trait::async_trait;
use codec::{Decode, Encode};
use myai_chain_client::{
    calls, AccountId, Call, Chain, ChainError, Heads, Hop, HopError, JobCallError, Key, Refusal,
};
use myai_primitives::{
    Asset, Balance, DeclineReason, Hash32, JobId, JobState, JobView, Run, Tick, VersionId,
    VersionView,
};
use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

/// An open job that names the worker.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Job {
    pub id: JobId,
    pub payer: AccountId,
    pub version: VersionId,
    /// The most units that are paid for.
    pub units: u32,
    /// Last tick of service at which the worker may end it.
    pub deadline: Tick,
    pub input_commitment: Hash32,
    /// Of the raw input, in bytes.
    pub input_length: u32,
    /// Hash of the sealed input.
    pub blob: Hash32,
}

impl Job {
    /// `None` where it has ended, or names another worker.
    pub fn new(view: JobView<AccountId>, worker: &AccountId) -> Option<Self> {
        let JobState::Open(job) = view.state else {
            return None;
        };
        // The only way to run that there is. Another one must be decided on here.
        let Run::Direct {
            worker: named,
            blob,
        } = job.run;
        (named == *worker).then_some(Self {
            id: view.id,
            payer: job.payer,
            version: job.version,
            units: job.units,
            deadline: job.deadline,
            input_commitment: job.input_commitment,
            input_length: job.input_length,
            blob,
        })
    }
}

/// Why the chain or the pool did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum BackendError {
    /// The connection, or the pool of transactions; the same may work later.
    #[error("{0}")]
    Transient(String),
    /// The HOP pool answered that it cannot do it now.
    #[error("{0}")]
    Busy(String),
    /// The key is not the signer of the job's worker, or is no longer.
    #[error("the key is not the worker's signer")]
    NotItsSigner,
    /// The job is not open, or its deadline has passed: nothing more can be done about it.
    #[error("the job has ended")]
    Ended,
    /// A block has the call, and it failed there. Each repetition would pay the fee again.
    #[error("{0}")]
    FailedInBlock(String),
    #[error("{0}")]
    Failed(String),
}

impl From<ChainError> for BackendError {
    fn from(error: ChainError) -> Self {
        let about_job = match &error {
            ChainError::Refused(refusal) => refusal.job_call(),
            // The pallet's errors have the same names.
            error => JobCallError::ALL
                .iter()
                .copied()
                .find(|e| error.is("InferenceEscrow", &format!("{e:?}"))),
        };
        match about_job {
            Some(JobCallError::NotOpen | JobCallError::DeadlinePassed) => return Self::Ended,
            Some(JobCallError::NotItsSigner) => return Self::NotItsSigner,
            _ => (),
        }
        match &error {
            // One of ours is in the pool already, or was there a short while ago.
            ChainError::Refused(
                Refusal::AlreadyImported | Refusal::LowPriority | Refusal::Banned,
            ) => Self::Transient(error_chain(&error)),
            e if e.is_transient() => Self::Transient(error_chain(e)),
            ChainError::Dispatch { .. } => Self::FailedInBlock(error_chain(&error)),
            e => Self::Failed(error_chain(e)),
        }
    }
}

impl From<HopError> for BackendError {
    fn from(error: HopError) -> Self {
        match &error {
            HopError::Rpc(e) if e.is_lost() => Self::Transient(error_chain(&error)),
            e if e.is_transient() => Self::Busy(error_chain(e)),
            e => Self::Failed(error_chain(e)),
        }
    }
}

/// The chain and the pool, for one worker.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    fn genesis(&self) -> Hash32;

    /// The worker's id, by which jobs name it.
    fn worker(&self) -> &AccountId;

    /// The clock by which jobs run, in the best block or in the one of that hash.
    async fn served(&self, at: Option<Hash32>) -> Result<Tick, BackendError>;

    /// Number and hash of the last final block.
    async fn finalized(&self) -> Result<(u32, Hash32), BackendError>;

    /// Every open job of the worker in the best block.
    async fn open_jobs(&self) -> Result<Vec<Job>, BackendError>;

    /// A job's state in the best block or in the one of that hash.
    async fn job(
        &self,
        job: JobId,
        at: Option<Hash32>,
    ) -> Result<Option<JobState<AccountId>>, BackendError>;

    /// Whether the key that signs here is the worker's.
    async fn is_signer(&self) -> Result<bool, BackendError>;

    async fn version(
        &self,
        version: VersionId,
    ) -> Result<Option<VersionView<AccountId>>, BackendError>;

    /// A blob for the signer; `None` while the pool does not have it.
    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, BackendError>;

    /// Puts a sealed answer into the pool. One that is there already is success.
    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, BackendError>;

    /// Tells the pool that a blob is no longer needed.
    async fn forget(&self, blob: &Hash32) -> Result<(), BackendError>;

    /// Attests; the number of the best block that has it.
    async fn attest(
        &self,
        job: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, BackendError>;

    /// Gives the job back; the number of the best block that has it.
    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, BackendError>;

    /// The signer's free balance.
    async fn signer_balance(&self) -> Result<Balance, BackendError>;
}

/// Best blocks one after another.
#[async_trait]
pub trait BestBlocks: Send {
    /// The next one's number. Never ends.
    async fn next(&mut self) -> u32;
}

#[async_trait]
impl BestBlocks for Heads {
    async fn next(&mut self) -> u32 {
        Heads::next(self).await.number
    }
}

/// A real chain.
pub struct OnChain {
    chain: Chain,
    hop: Hop,
    signer: Key,
    worker: AccountId,
    /// Open jobs that run in a way that this release does not know.
    unknown: Mutex<HashSet<JobId>>,
}

impl OnChain {
    /// `signer` must act for `worker`.
    pub fn new(chain: Chain, signer: Key, worker: AccountId) -> Self {
        Self {
            hop: chain.hop(),
            chain,
            signer,
            worker,
            unknown: Mutex::default(),
        }
    }

    /// Signs and submits; the number of the best block that has the call.
    async fn submit_call(&self, call: Call) -> Result<u32, BackendError> {
        Ok(self.chain.submit(&self.signer, call).await?.block.number)
    }
}

/// The pool's blob for this worker. A blob for another recipient is none.
fn claimed(answer: Result<Option<Vec<u8>>, HopError>) -> Result<Option<Vec<u8>>, BackendError> {
    match answer {
        Err(HopError::NotRecipient) => Ok(None),
        answer => Ok(answer?),
    }
}

#[async_trait]
impl Backend for OnChain {
    fn genesis(&self) -> Hash32 {
        self.chain.genesis_hash()
    }

    fn worker(&self) -> &AccountId {
        &self.worker
    }

    async fn served(&self, at: Option<Hash32>) -> Result<Tick, BackendError> {
        let clock = match at {
            Some(block) => self.chain.at(block).clock().await?,
            None => self.chain.clock().await?,
        };
        Ok(clock.served)
    }

    async fn finalized(&self) -> Result<(u32, Hash32), BackendError> {
        let block = self.chain.finalized().await?;
        Ok((block.number, block.hash))
    }

    async fn open_jobs(&self) -> Result<Vec<Job>, BackendError> {
        let open = self.chain.open_jobs(&self.worker).await?;
        let mut unknown = self.unknown.lock().unwrap_or_else(PoisonError::into_inner);
        for job in open.unknown.iter().filter(|job| !unknown.contains(job)) {
            tracing::error!(%job, "a job runs in a way that this release does not know: it is left \
                alone; is there a newer release?");
        }
        *unknown = open.unknown.into_iter().collect();
        let jobs = open.jobs.into_iter();
        Ok(jobs.filter_map(|j| Job::new(j, &self.worker)).collect())
    }

    async fn job(
        &self,
        job: JobId,
        at: Option<Hash32>,
    ) -> Result<Option<JobState<AccountId>>, BackendError> {
        let job = match at {
            Some(block) => self.chain.at(block).job(job).await?,
            None => self.chain.job(job).await?,
        };
        Ok(job.map(|job| job.state))
    }

    async fn is_signer(&self) -> Result<bool, BackendError> {
        let worker = self.chain.worker_of(&self.signer.account()).await?;
        Ok(worker.as_ref() == Some(&self.worker))
    }

    async fn version(
        &self,
        version: VersionId,
    ) -> Result<Option<VersionView<AccountId>>, BackendError> {
        Ok(self.chain.version(version).await?)
    }

    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, BackendError> {
        claimed(self.hop.claim(blob, &self.signer).await)
    }

    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, BackendError> {
        Ok(self.hop.submit(sealed, mailbox, &self.signer).await?)
    }

    async fn forget(&self, blob: &Hash32) -> Result<(), BackendError> {
        Ok(self.hop.ack(blob, &self.signer).await?)
    }

    async fn attest(
        &self,
        job: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, BackendError> {
        let call = calls::attest(job, output_commitment, units, blob);
        self.submit_call(call).await
    }

    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, BackendError> {
        let call = calls::decline(job, reason);
        self.submit_call(call).await
    }

    async fn signer_balance(&self) -> Result<Balance, BackendError> {
        Ok(self
            .chain
            .balance(&self.signer.account(), Asset::Native)
            .await?
            .free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::RpcError;

    #[test]
    fn only_lasting_errors_are_failures() {
        let said = |code| {
            BackendError::from(HopError::Rpc(RpcError::Call {
                method: "hop_claim".into(),
                code,
                message: "input/output error".into(),
                data: None,
            }))
        };
        // Of the pool's disk, of the node, of the runtime.
        for code in [1013, -32603, 1017] {
            assert!(matches!(said(code), BackendError::Busy(_)), "{code}");
        }
        for error in [
            HopError::NotRecipient,
            HopError::OtherBlob,
            HopError::NoPool,
        ] {
            assert!(matches!(error.into(), BackendError::Failed(_)));
        }
        let lost = RpcError::Connect {
            url: "ws://node".into(),
            source: "gone".into(),
        };
        assert!(matches!(
            HopError::Rpc(lost).into(),
            BackendError::Transient(_)
        ));
    }

    #[test]
    fn a_blob_for_somebody_else_is_missing() {
        assert!(matches!(claimed(Err(HopError::NotRecipient)), Ok(None)));
        assert!(matches!(
            claimed(Err(HopError::NoPool)),
            Err(BackendError::Failed(_))
        ));
    }

    #[test]
    fn each_refusal_of_the_chain_has_its_variant() {
        let dispatch = |error: JobCallError| ChainError::Dispatch {
            pallet: "InferenceEscrow".into(),
            name: format!("{error:?}"),
            docs: String::new(),
        };
        for error in JobCallError::ALL {
            for (from, is_in_block) in [
                (ChainError::Refused(Refusal::Custom(error.code())), false),
                (dispatch(*error), true),
            ] {
                let is_right = match (error, BackendError::from(from)) {
                    (JobCallError::NotOpen | JobCallError::DeadlinePassed, e) => {
                        matches!(e, BackendError::Ended)
                    }
                    (JobCallError::NotItsSigner, e) => matches!(e, BackendError::NotItsSigner),
                    (_, e) => match is_in_block {
                        true => matches!(e, BackendError::FailedInBlock(_)),
                        false => matches!(e, BackendError::Failed(_)),
                    },
                };
                assert!(is_right, "{error:?}");
            }
        }
    }
}
