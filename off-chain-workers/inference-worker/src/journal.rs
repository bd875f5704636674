//! STUB (never committed).
use crate::backend::Job;
use myai_primitives::{Hash32, JobId};
use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
};
#[derive(Debug, thiserror::Error)]
#[error("never")]
pub struct JournalError;
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    pub output_commitment: Hash32,
    pub units: u32,
    pub blob: Hash32,
    pub mailbox: [u8; 32],
}
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    pub job: Job,
    pub answer: Answer,
}
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<BTreeMap<JobId, (Answered, Arc<[u8]>)>>>);
impl Journal {
    pub fn open(_: &Path) -> Result<Self, JournalError> {
        Ok(Self::default())
    }
    pub fn answered(&self) -> Vec<Answered> {
        self.0
            .lock()
            .unwrap()
            .values()
            .map(|a| a.0.clone())
            .collect()
    }
    pub fn get(&self, job: JobId) -> Option<Answered> {
        self.0.lock().unwrap().get(&job).map(|a| a.0.clone())
    }
    pub async fn put(&self, answered: Answered, sealed: Arc<[u8]>) -> Result<(), JournalError> {
        self.0
            .lock()
            .unwrap()
            .insert(answered.job.id, (answered, sealed));
        Ok(())
    }
    pub async fn sealed(&self, job: JobId) -> Result<Option<Vec<u8>>, JournalError> {
        Ok(self.0.lock().unwrap().get(&job).map(|a| a.1.to_vec()))
    }
    pub fn remove(&self, job: JobId) {
        self.0.lock().unwrap().remove(&job);
    }
}
