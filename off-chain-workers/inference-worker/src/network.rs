//! What the worker asks of the chain and the HOP pool, as one trait, so that its rules can
//! be tested without a chain; and the trait over `myai-chain-client`.

use crate::in_full;
use async_trait::async_trait;
use myai_chain_client::{
    calls, follow::Blocks, AccountId, Call, Chain, ChainError, Follow, Followed, Hop, HopError,
    Key, Refusal,
};
use myai_primitives::{
    Asset, Balance, DeclineReason, Hash32, JobId, JobView, Tick, VersionId, VersionView,
};

/// Why the chain or the pool did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The connection, or the pool of transactions; the same may work later.
    #[error("{0}")]
    Passing(String),
    /// The HOP pool answered that it cannot do it, as things are now.
    #[error("{0}")]
    Busy(String),
    /// The key is not the signer of the job's worker, or is no longer.
    #[error("the key is not the worker's signer")]
    NotItsSigner,
    /// The job is not open, or its deadline has passed: nothing more can be done about it.
    #[error("the job has ended")]
    Ended,
    #[error("{0}")]
    Failed(String),
}

impl From<ChainError> for NetworkError {
    fn from(error: ChainError) -> Self {
        const ESCROW: &str = "InferenceEscrow";
        match &error {
            // As the escrow's transaction extension numbers them: not open, deadline passed.
            ChainError::Refused(Refusal::Custom(100 | 102)) => Self::Ended,
            ChainError::Refused(Refusal::Custom(101)) => Self::NotItsSigner,
            e if e.is(ESCROW, "NotOpen") || e.is(ESCROW, "DeadlinePassed") => Self::Ended,
            e if e.is(ESCROW, "NotItsSigner") => Self::NotItsSigner,
            // One of ours is in the pool already, or was there a short while ago.
            ChainError::Refused(
                Refusal::AlreadyImported | Refusal::LowPriority | Refusal::Banned,
            ) => Self::Passing(in_full(&error)),
            e if e.is_passing() => Self::Passing(in_full(e)),
            e => Self::Failed(in_full(e)),
        }
    }
}

impl From<HopError> for NetworkError {
    fn from(error: HopError) -> Self {
        match &error {
            HopError::Rpc(e) if e.is_lost() => Self::Passing(in_full(&error)),
            e if e.is_passing() => Self::Busy(in_full(e)),
            e => Self::Failed(in_full(e)),
        }
    }
}

/// The chain and the pool, for one worker.
#[async_trait]
pub trait Network: Send + Sync + 'static {
    fn genesis(&self) -> Hash32;

    /// The worker's id, by which jobs name it.
    fn worker(&self) -> &AccountId;

    /// The clock by which jobs run.
    async fn served(&self) -> Result<Tick, NetworkError>;

    /// The last final block's number.
    async fn finalized(&self) -> Result<u32, NetworkError>;

    /// The best block's number.
    async fn best(&self) -> Result<u32, NetworkError>;

    /// Every open job of the worker, oldest first.
    async fn open_jobs(&self) -> Result<Vec<JobView<AccountId>>, NetworkError>;

    async fn job(&self, job: JobId) -> Result<Option<JobView<AccountId>>, NetworkError>;

    async fn version(
        &self,
        version: VersionId,
    ) -> Result<Option<VersionView<AccountId>>, NetworkError>;

    /// A blob for the signer, if it is in the pool.
    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, NetworkError>;

    /// Puts a sealed answer into the pool. One that is there already is success.
    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, NetworkError>;

    /// Tells the pool that a blob is no longer needed.
    async fn forget(&self, blob: &Hash32) -> Result<(), NetworkError>;

    /// Attests; the number of the best block that has it.
    async fn attest(
        &self,
        job: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, NetworkError>;

    /// Gives the job back; the number of the best block that has it.
    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, NetworkError>;

    /// What the signer can spend.
    async fn signer_balance(&self) -> Result<Balance, NetworkError>;
}

/// Best blocks one after another.
#[async_trait]
pub trait Feed: Send {
    async fn next(&mut self) -> Followed;
}

#[async_trait]
impl<B: Blocks> Feed for Follow<B>
where
    B::Error: Sync,
{
    async fn next(&mut self) -> Followed {
        Follow::next(self).await
    }
}

/// A real chain.
pub struct OnChain {
    chain: Chain,
    hop: Hop,
    signer: Key,
    worker: AccountId,
}

/// Rows of a page.
const PAGE: u32 = myai_primitives::MAX_PAGE;

impl OnChain {
    /// `signer` must act for `worker`.
    pub fn new(chain: Chain, signer: Key, worker: AccountId) -> Self {
        Self {
            hop: chain.hop(),
            chain,
            signer,
            worker,
        }
    }

    /// Signs and submits; the number of the best block that has the call.
    async fn submit_call(&self, call: Call) -> Result<u32, NetworkError> {
        Ok(self.chain.submit(&self.signer, call).await?.block.number)
    }
}

#[async_trait]
impl Network for OnChain {
    fn genesis(&self) -> Hash32 {
        self.chain.genesis_hash()
    }

    fn worker(&self) -> &AccountId {
        &self.worker
    }

    async fn served(&self) -> Result<Tick, NetworkError> {
        Ok(self.chain.clock().await?.served)
    }

    async fn finalized(&self) -> Result<u32, NetworkError> {
        Ok(self.chain.finalized().await?.number)
    }

    async fn best(&self) -> Result<u32, NetworkError> {
        Ok(self.chain.best().await?.number)
    }

    async fn open_jobs(&self) -> Result<Vec<JobView<AccountId>>, NetworkError> {
        let mut jobs = Vec::new();
        let mut from = Some(JobId(0));
        while let Some(at) = from {
            let (page, next) = self.chain.jobs_of_worker(&self.worker, at, PAGE).await?;
            jobs.extend(page);
            from = next;
        }
        Ok(jobs)
    }

    async fn job(&self, job: JobId) -> Result<Option<JobView<AccountId>>, NetworkError> {
        Ok(self.chain.job(job).await?)
    }

    async fn version(
        &self,
        version: VersionId,
    ) -> Result<Option<VersionView<AccountId>>, NetworkError> {
        Ok(self.chain.version(version).await?)
    }

    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, NetworkError> {
        Ok(self.hop.claim(blob, &self.signer).await?)
    }

    async fn submit(&self, sealed: &[u8], mailbox: &[u8; 32]) -> Result<Hash32, NetworkError> {
        Ok(self.hop.submit(sealed, mailbox, &self.signer).await?)
    }

    async fn forget(&self, blob: &Hash32) -> Result<(), NetworkError> {
        Ok(self.hop.ack(blob, &self.signer).await?)
    }

    async fn attest(
        &self,
        job: JobId,
        output_commitment: Hash32,
        units: u32,
        blob: Hash32,
    ) -> Result<u32, NetworkError> {
        let call = calls::attest(job, output_commitment, units, blob);
        self.submit_call(call).await
    }

    async fn decline(&self, job: JobId, reason: DeclineReason) -> Result<u32, NetworkError> {
        let call = calls::decline(job, reason);
        self.submit_call(call).await
    }

    async fn signer_balance(&self) -> Result<Balance, NetworkError> {
        Ok(self
            .chain
            .balance(&self.signer.account(), &Asset::Native)
            .await?
            .free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::RpcError;

    #[test]
    fn only_what_will_not_pass_has_failed() {
        let said = |code| {
            NetworkError::from(HopError::Rpc(RpcError::Call {
                method: "hop_claim".into(),
                code,
                message: "input/output error".into(),
                data: None,
            }))
        };
        // Of the pool's disk, of the node, of the runtime.
        for code in [1013, -32603, 1017] {
            assert!(matches!(said(code), NetworkError::Busy(_)), "{code}");
        }
        for error in [
            HopError::NotRecipient,
            HopError::OtherBlob,
            HopError::NoPool,
        ] {
            assert!(matches!(error.into(), NetworkError::Failed(_)));
        }
        let lost = RpcError::Connect {
            url: "ws://node".into(),
            source: "gone".into(),
        };
        assert!(matches!(
            HopError::Rpc(lost).into(),
            NetworkError::Passing(_)
        ));
    }

    #[test]
    fn the_chain_says_when_another_key_is_the_signer() {
        let refused = |number| ChainError::Refused(Refusal::Custom(number)).into();
        assert!(matches!(refused(101), NetworkError::NotItsSigner));
        assert!(matches!(refused(102), NetworkError::Ended));
        let failed = ChainError::Dispatch {
            pallet: "InferenceEscrow".into(),
            name: "NotItsSigner".into(),
            docs: String::new(),
        };
        assert!(matches!(failed.into(), NetworkError::NotItsSigner));
    }
}
