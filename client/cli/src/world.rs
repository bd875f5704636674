//! What a job is followed in: the chain's blocks and the HOP pool. Tests have another one.

use crate::{
    error::{Error, Result},
    history::{History, Read},
    keys,
    session::Session,
    state::Kept,
};
use codec::Encode;
use myai_chain_client::{AccountId, Chain, ChainError, Hop, HopError, Key};
use myai_primitives::{Hash32, JobId, JobView, MAX_PAGE};
use std::{future::Future, str::FromStr, time::Duration};

const PAUSE: Duration = Duration::from_secs(1);
/// How long one attempt to upload lasts before it is looked whether the job has ended: the pool
/// takes a blob only once its node's best block has the job.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(15);
/// How long the pool may take to have an answer that was attested: the worker uploads it first.
const ANSWER_PATIENCE: Duration = Duration::from_secs(60);

/// Whether a job is open.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standing {
    /// Its number in the best block, where it is open there.
    pub open: Option<JobId>,
    /// Its number in the last final block, where it is open there.
    pub firm: Option<JobId>,
    /// The best block.
    pub best: u32,
    /// The last final one.
    pub finalized: u32,
}

impl Standing {
    /// A final block above the best one was told by another node, before the connection was made
    /// anew: what the best one's node says is of no later block than that.
    fn of_one_node(self) -> Self {
        Self {
            finalized: self.finalized.min(self.best),
            ..self
        }
    }

    /// The first block that may say of it what is not known yet, where it is open.
    pub fn since(&self) -> Option<u32> {
        // It was open in the final block, or opened later.
        let open = self.open.or(self.firm).is_some();
        open.then_some(self.finalized.saturating_add(1))
    }
}

/// See the module.
pub trait World {
    /// Whether the kept job is open. Where it is, blocks before [`Standing::since`] are not read
    /// any more.
    fn standing(&mut self, kept: &Kept) -> impl Future<Output = Result<Standing>>;

    /// What at most `most` further blocks say about jobs.
    fn blocks(&mut self, most: u32) -> impl Future<Output = Result<Read>>;

    /// Uploads the sealed input for the worker's signer. `false`: not now, it may work later.
    fn upload(&mut self, kept: &Kept, sealed: &[u8]) -> impl Future<Output = Result<bool>>;

    /// What the pool has of that hash for the kept job, now; `None` if nothing.
    fn claim(
        &mut self,
        kept: &Kept,
        blob: &Hash32,
    ) -> impl Future<Output = Result<Option<Vec<u8>>>>;

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
    history: History<Chain>,
    /// Once it was needed: one connection for all that is asked of it.
    pool: Option<Hop>,
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
        let history = History::from(session.chain.clone(), kept.from_block, kept.called);
        Ok(Self {
            session,
            history,
            pool: None,
        })
    }

    fn pool(&mut self, kept: &Kept) -> Result<&Hop> {
        let pool = match self.pool.take() {
            Some(pool) => pool,
            None => Hop::at(&kept.mailbox).map_err(ChainError::from)?,
        };
        Ok(self.pool.insert(pool))
    }
}

/// The kept job's number in block `at`, if it is open there.
async fn open_in(chain: &Chain, kept: &Kept, at: Hash32) -> Result<Option<JobId>> {
    let payer = AccountId::from_str(&kept.payer)
        .map_err(|_| Error::Unsound(format!("the kept file of {} has no payer", kept.label())))?;
    let is_mine = |view: &JobView<AccountId>| {
        view.payer == payer && view.input_commitment == kept.input_commitment
    };
    if let Some(job) = kept.job {
        let view: Option<JobView<AccountId>> = chain
            .runtime_call("MyAiApi_job", job.encode(), Some(at))
            .await?;
        if view.as_ref().is_some_and(is_mine) {
            return Ok(Some(job));
        }
    }
    // Its number is not known, or was another one before a reorganisation.
    let mut from = Some(JobId(0));
    while let Some(next) = from {
        let page = (&payer, next, MAX_PAGE).encode();
        let (jobs, on): (Vec<JobView<AccountId>>, Option<JobId>) =
            chain.runtime_call("MyAiApi_jobs", page, Some(at)).await?;
        if let Some(view) = jobs.iter().find(|v| is_mine(v)) {
            return Ok(Some(view.id));
        }
        // A page that leads nowhere would be asked for without end.
        from = on.filter(|on| *on > next);
    }
    Ok(None)
}

impl World for Network<'_> {
    async fn standing(&mut self, kept: &Kept) -> Result<Standing> {
        let chain = &self.session.chain;
        let finalized = chain.finalized().await?;
        let best = chain.best().await?;
        let open = open_in(chain, kept, best.hash).await?;
        let firm = match open {
            Some(job) if kept.firm && kept.job == Some(job) => open,
            _ => open_in(chain, kept, finalized.hash).await?,
        };
        let now = Standing {
            open,
            firm,
            best: best.number,
            finalized: finalized.number,
        }
        .of_one_node();
        if let Some(since) = now.since() {
            self.history.skip_to(since);
        }
        Ok(now)
    }

    async fn blocks(&mut self, most: u32) -> Result<Read> {
        self.history.step(most).await
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
        let done = self
            .pool(kept)?
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

    async fn claim(&mut self, kept: &Kept, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        let key = Key::from_seed(&kept.mailbox_seed)?;
        match self.pool(kept)?.claim(blob, &key).await {
            Err(HopError::NotRecipient) => Ok(None),
            done => Ok(done?),
        }
    }

    async fn receive(&mut self, kept: &Kept, blob: &Hash32) -> Result<Option<Vec<u8>>> {
        let key = Key::from_seed(&kept.mailbox_seed)?;
        Ok(self
            .pool(kept)?
            .claim_patiently(blob, &key, ANSWER_PATIENCE)
            .await?)
    }

    async fn acknowledge(&mut self, kept: &Kept, blob: &Hash32) {
        let told = async {
            let key = Key::from_seed(&kept.mailbox_seed)?;
            let told = self.pool(kept)?.ack(blob, &key).await;
            told.map_err(Error::from)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_node_that_lags_says_leads_past_no_block_that_it_has_not() {
        let now = Standing {
            open: Some(JobId(5)),
            best: 50,
            finalized: 100,
            ..Default::default()
        };
        assert_eq!(now.of_one_node().since(), Some(51));
        let now = Standing { best: 103, ..now };
        assert_eq!(now.of_one_node().since(), Some(101));
        // It ended in a block that is not final.
        let firm = Some(JobId(5));
        let now = Standing {
            open: None,
            firm,
            ..now
        };
        assert_eq!(now.since(), Some(101));
        assert_eq!(Standing { firm: None, ..now }.since(), None);
    }
}
