//! A chain and a pool in memory, which add next to nothing to a job.

use crate::chain::{worker_id, BLOCK, GENESIS};
use async_trait::async_trait;
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_inference_worker::backend::{Backend, BackendError, Job};
use myai_primitives::*;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Has one version, opens every job and takes every call.
pub struct MemoryChain {
    id: AccountId,
    version: VersionView<AccountId>,
    pool: Mutex<HashMap<Hash32, Vec<u8>>>,
}

impl MemoryChain {
    pub fn new(version: VersionView<AccountId>) -> Self {
        Self {
            id: worker_id(),
            version,
            pool: Mutex::default(),
        }
    }

    /// Puts a blob into the pool.
    pub fn put(&self, blob: Hash32, bytes: &[u8]) {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.insert(blob, bytes.to_vec());
    }

    pub fn get(&self, blob: &Hash32) -> Option<Vec<u8>> {
        let pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.get(blob).cloned()
    }

    pub fn remove(&self, blob: &Hash32) -> Option<Vec<u8>> {
        let mut pool = self.pool.lock().unwrap_or_else(PoisonError::into_inner);
        pool.remove(blob)
    }
}

#[async_trait]
impl Backend for MemoryChain {
    fn genesis(&self) -> Hash32 {
        GENESIS
    }

    fn worker(&self) -> &AccountId {
        &self.id
    }

    async fn served(&self, _: Option<Hash32>) -> Result<Tick, BackendError> {
        Ok(1)
    }

    async fn finalized(&self) -> Result<(u32, Hash32), BackendError> {
        Ok((BLOCK, GENESIS))
    }

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

    async fn claim(&self, blob: &Hash32) -> Result<Option<Vec<u8>>, BackendError> {
        Ok(self.get(blob))
    }

    /// Hashes the bytes, as the client of the real pool does.
    async fn submit(&self, sealed: &[u8], _: &[u8; 32]) -> Result<Hash32, BackendError> {
        let blob = blob_hash(sealed);
        self.put(blob, sealed);
        Ok(blob)
    }

    async fn forget(&self, _: &Hash32) -> Result<(), BackendError> {
        Ok(())
    }

    async fn attest(&self, _: JobId, _: Hash32, _: u32, blob: Hash32) -> Result<u32, BackendError> {
        match self.get(&blob) {
            Some(_) => Ok(BLOCK),
            None => Err(BackendError::Failed("nothing was uploaded".into())),
        }
    }

    async fn decline(&self, _: JobId, _: DeclineReason) -> Result<u32, BackendError> {
        Ok(BLOCK)
    }

    async fn signer_balance(&self) -> Result<Balance, BackendError> {
        Ok(MAI)
    }
}
