//! What a job is followed in: the chain's blocks and the pool of blobs. Tests have another one.

use crate::{
    error::{Error, Result},
    history::{History, Seen},
    keys,
    session::Session,
    state::Kept,
};
use myai_chain_client::{AccountId, ChainError, Hop, Key};
use myai_primitives::{Hash32, JobId};
use std::{future::Future, str::FromStr, time::Duration};

const PAUSE: Duration = Duration::from_secs(1);
/// How long one attempt to upload lasts before it is looked whether the job has ended: the pool
/// takes a blob only once its node's best block has the job.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(15);
/// How long the pool may take to have an answer that was attested: the worker uploads it first.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// See the module.
pub trait World {
    /// What at most `most` further blocks say about jobs, and whether the best was reached.
    fn blocks(&mut self, most: u32) -> impl Future<Output = Result<(Vec<Seen>, bool)>>;

    /// The first block that was not read.
    fn next_block(&self) -> u32;

    /// Uploads the sealed input for the worker's signer. `false`: not now, it may work later.
    fn upload(&mut self, kept: &Kept, sealed: &[u8]) -> impl Future<Output = Result<bool>>;

    /// The sealed answer; `None` if it did not come within a while.
    fn receive(
        &mut self,
        kept: &Kept,
        blob: &Hash32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>>;

    /// Tells the pool that the answer arrived. A courtesy: it forgets the blob in time anyway.
    fn acknowledge(&mut self, kept: &Kept, blob: &Hash32) -> impl Future<Output = ()>;

    /// Whether the job is open still and its deadline has passed.
    fn is_overdue(&mut self, job: JobId) -> impl Future<Output = bool>;

    /// Waits for a block.
    fn pause(&mut self) -> impl Future<Output = ()>;
}

/// The real one.
pub struct Network<'a> {
    session: &'a Session<'a>,
    history: History,
}

impl<'a> Network<'a> {
    /// From where the kept job must be looked for. Refuses a job of another chain.
    pub fn of(session: &'a Session<'a>, kept: &Kept) -> Result<Self> {
        if kept.genesis != session.chain.genesis_hash() {
            return Err(Error::usage(format!(
                "{} was opened on another chain than that of {}",
                kept.label(),
                session.chain.url()
            )));
        }
        let history = History::from(&session.chain, kept.from_block)?;
        Ok(Self { session, history })
    }
}

fn pool(kept: &Kept) -> Result<Hop> {
    Ok(Hop::at(&kept.mailbox).map_err(ChainError::from)?)
}

impl World for Network<'_> {
    async fn blocks(&mut self, most: u32) -> Result<(Vec<Seen>, bool)> {
        self.history.step(most).await
    }

    fn next_block(&self) -> u32 {
        self.history.next()
    }

    async fn upload(&mut self, kept: &Kept, sealed: &[u8]) -> Result<bool> {
        let key = keys::signer(self.session.global, &self.session.output)?;
        if key.account().to_string() != kept.payer {
            return Err(Error::usage(format!(
                "the sealed input is not uploaded yet, and only the key of {} may",
                kept.payer
            )));
        }
        let signer = AccountId::from_str(&kept.signer)
            .map_err(|_| Error::Unsound("the kept file names no signer of the worker".into()))?;
        let done = pool(kept)?
            .submit_patiently(sealed, signer.as_ref(), &key, UPLOAD_PATIENCE)
            .await;
        match done {
            Ok(_) => Ok(true),
            Err(e) if e.is_passing() => {
                tracing::debug!(error = %e, "the sealed input was not taken");
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    async fn receive(&mut self, kept: &Kept, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        let key = Key::from_seed(&kept.mailbox_seed)?;
        Ok(pool(kept)?
            .claim_patiently(blob, &key, ANSWER_PATIENCE)
            .await?)
    }

    async fn acknowledge(&mut self, kept: &Kept, blob: &Hash32) {
        let told = async {
            let key = Key::from_seed(&kept.mailbox_seed)?;
            pool(kept)?.ack(blob, &key).await.map_err(Error::from)
        };
        if let Err(e) = told.await {
            tracing::debug!(error = %e, "the pool was not told that the answer arrived");
        }
    }

    async fn is_overdue(&mut self, job: JobId) -> bool {
        let chain = &self.session.chain;
        match (chain.clock().await, chain.job(job).await) {
            (Ok(clock), Ok(Some(open))) => clock.served > open.deadline,
            _ => false,
        }
    }

    async fn pause(&mut self) {
        tokio::time::sleep(PAUSE).await;
    }
}
