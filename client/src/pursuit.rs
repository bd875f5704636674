//! Follows one job from the kept file to its answer, wherever it was left: finds out whether it
//! opened, uploads what is missing, waits for its end, receives and checks the answer. Each step
//! that was made is on disk before the next begins.

use crate::{
    amount::{parse_asset, AssetNames},
    answer,
    error::{Error, Result},
    history::{Seen, What},
    output::Progress,
    state::{End, Kept, Store},
    world::World,
};
use myai_chain_client::ChainError;
use myai_primitives::{Hash32, JobId};
use std::time::{Duration, Instant};

/// Blocks after which a signed call that is in none never will be: its mortality, and as many for
/// the time in which it may have been signed anew.
pub const VOID_AFTER: u32 = 128;
/// Blocks that are read before the progress is shown again.
const STRIDE: u32 = 32;
/// Failures on end that are not for certain the connection's.
const FAILURES_MOST: u32 = 30;

/// A job that is followed.
pub struct Pursuit<W> {
    world: W,
    store: Store,
    names: AssetNames,
    pub kept: Kept,
    started: Instant,
    timeout: Duration,
    failures: u32,
}

impl<W: World> Pursuit<W> {
    /// From what is kept of it; it gives up after `timeout` seconds, the job does not.
    pub fn new(world: W, store: Store, names: AssetNames, kept: Kept, timeout: u64) -> Self {
        let timeout = Duration::from_secs(timeout);
        Self {
            world,
            store,
            names,
            kept,
            started: Instant::now(),
            timeout,
            failures: 0,
        }
    }

    /// The answer in the clear, checked. Call [`Self::read`] once its reader has it.
    pub async fn answer(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        if self.kept.end.is_none() && self.kept.job.is_none() {
            self.find_job(progress).await?;
        }
        if self.kept.end.is_none() && !self.kept.uploaded {
            self.upload(progress).await?;
        }
        while self.kept.end.is_none() {
            progress.step(format!(
                "{}: waiting for the worker's answer",
                self.kept.label()
            ));
            self.look(progress).await?;
        }
        match self.kept.end.clone() {
            Some(End::Settled { blob, .. }) => self.receive(blob, progress).await,
            Some(End::Declined { reason, .. }) => Err(Error::Declined {
                job: self.job()?,
                reason,
                refund: self.refund(),
            }),
            Some(End::Expired { .. }) => Err(Error::Expired {
                job: self.job()?,
                refund: self.refund(),
            }),
            Some(End::NotOpened { why }) => Err(Error::Refused(format!(
                "{} never opened: {why}",
                self.kept.label()
            ))),
            None => Err(Error::missing("end of the job")),
        }
    }

    /// The answer was printed or written: the pool may forget it.
    pub async fn read(&mut self) -> Result<()> {
        let Some(End::Settled { blob, read, .. }) = &mut self.kept.end else {
            return Ok(());
        };
        let (blob, before) = (*blob, std::mem::replace(read, true));
        if !before {
            self.store.save(&self.kept)?;
            self.world.acknowledge(&self.kept, &blob).await;
        }
        Ok(())
    }

    fn job(&self) -> Result<JobId> {
        self.kept
            .job
            .ok_or_else(|| Error::missing("number of the job"))
    }

    fn refund(&self) -> String {
        match parse_asset(&self.kept.asset, &self.names) {
            Ok(asset) => self.names.show(&asset, self.kept.gross),
            Err(_) => format!("{} {}", self.kept.gross, self.kept.asset),
        }
    }

    /// Finds out whether the job opened, and its number.
    async fn find_job(&mut self, progress: &Progress) -> Result<()> {
        progress.step("looking for the job on the chain");
        let void = self.kept.from_block.saturating_add(VOID_AFTER);
        while self.kept.job.is_none() {
            self.look(progress).await?;
            if self.kept.job.is_none() && self.world.next_block() > void {
                let why = "its transaction came into no block in time; nothing was held".into();
                self.kept.end = Some(End::NotOpened { why });
                self.store.save(&self.kept)?;
                self.store.forget_input(&self.kept.input_commitment);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hands the sealed input to the pool that the worker reads, unless the job ends before.
    async fn upload(&mut self, progress: &Progress) -> Result<()> {
        let sealed = self.store.input(&self.kept.input_commitment)?;
        while self.kept.end.is_none() {
            progress.step(format!("{}: uploading the sealed input", self.kept.label()));
            if self.world.upload(&self.kept, &sealed).await? {
                self.kept.uploaded = true;
                return self.store.save(&self.kept);
            }
            self.look(progress).await?;
        }
        Ok(())
    }

    /// Reads on in the chain; pauses at its end. Fails when the time is over.
    async fn look(&mut self, progress: &Progress) -> Result<()> {
        let pause = match self.world.blocks(STRIDE).await {
            Ok((seen, all)) => {
                self.failures = 0;
                for one in seen {
                    self.note(one)?;
                }
                all
            }
            Err(e) if self.may_pass(&e) => {
                self.failures += 1;
                progress.step("the node does not answer, trying again");
                true
            }
            Err(e) => return Err(e),
        };
        if self.kept.end.is_some() {
            return Ok(());
        }
        if self.started.elapsed() >= self.timeout {
            return Err(self.too_late().await);
        }
        if pause {
            self.world.pause().await;
        }
        Ok(())
    }

    /// A lost connection may come back: it is waited for as long as for the answer.
    fn may_pass(&self, error: &Error) -> bool {
        match error {
            Error::Chain(e) if e.is_passing() => true,
            Error::Chain(e) if matches!(**e, ChainError::Client { .. }) => {
                self.failures < FAILURES_MOST
            }
            _ => false,
        }
    }

    async fn too_late(&mut self) -> Error {
        let label = match self.kept.job {
            Some(job) => job.to_string(),
            None => format!("0x{}", hex::encode(self.kept.input_commitment)),
        };
        let overdue = match self.kept.job {
            Some(job) => self.world.is_overdue(job).await,
            None => false,
        };
        let hint = if overdue {
            format!("; its deadline has passed, `myai job expire {label}` gives the money back")
        } else {
            format!("; it goes on, `myai job fetch {label}` reads its answer")
        };
        Error::TimedOut {
            what: format!("{} has no answer", self.kept.label()),
            seconds: self.timeout.as_secs(),
            hint,
        }
    }

    /// Takes what a block said, if it is about this job.
    fn note(&mut self, seen: Seen) -> Result<()> {
        if !self.kept.take(seen) {
            return Ok(());
        }
        self.store.save(&self.kept)?;
        if self.kept.end.is_some() {
            self.store.forget_input(&self.kept.input_commitment);
        }
        Ok(())
    }

    /// The sealed answer: from the disk where it is, else from the pool, and then on the disk.
    async fn receive(&mut self, blob: Hash32, progress: &Progress) -> Result<Vec<u8>> {
        let commitment = self.kept.input_commitment;
        if let Some(sealed) = self.store.answer(&commitment)? {
            return answer::open(&self.kept, &sealed);
        }
        progress.step(format!("{}: receiving the answer", self.kept.label()));
        let waited = Instant::now();
        let Some(sealed) = self.world.receive(&self.kept, &blob).await? else {
            return Err(Error::TimedOut {
                what: format!(
                    "{} was settled, but the pool at {} has not got its answer",
                    self.kept.label(),
                    self.kept.mailbox
                ),
                seconds: waited.elapsed().as_secs(),
                hint: "; `myai job fetch` tries again".into(),
            });
        };
        self.store.save_answer(&commitment, &sealed)?;
        answer::open(&self.kept, &sealed)
    }
}

impl Kept {
    /// Takes what a block said; whether it was about this job and changed anything.
    pub fn take(&mut self, seen: Seen) -> bool {
        let block = seen.block;
        match seen.what {
            What::Opened {
                payer,
                input_commitment,
            } => {
                let mine = input_commitment == self.input_commitment
                    && payer.to_string() == self.payer
                    && self.job.is_none();
                if mine {
                    self.job = Some(seen.job);
                    self.from_block = block;
                }
                return mine;
            }
            _ if self.job != Some(seen.job) || self.end.is_some() => return false,
            What::Settled(s) => {
                self.end = Some(End::Settled {
                    output_commitment: s.output_commitment,
                    blob: s.blob,
                    units: s.units,
                    paid: s.paid,
                    block,
                    read: false,
                });
            }
            What::Declined { reason } => {
                self.end = Some(End::Declined {
                    reason: answer::reason(reason).into(),
                    block,
                });
            }
            What::Expired => self.end = Some(End::Expired { block }),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer::binding, error::Exit, history::Settled, output::Output, state::tests::kept,
    };
    use myai_chain_client::{hop::blob_hash, AccountId, SealingKey};
    use myai_primitives::{
        commitments::{output_commitment, Direction},
        Asset, DeclineReason,
    };

    fn opened(job: u64, payer: u8, commitment: u8) -> Seen {
        Seen {
            block: 18,
            job: JobId(job),
            what: What::Opened {
                payer: AccountId::new([payer; 32]),
                input_commitment: [commitment; 32],
            },
        }
    }

    fn mine() -> Kept {
        Kept {
            payer: AccountId::new([7; 32]).to_string(),
            ..kept(1)
        }
    }

    #[test]
    fn a_job_that_opened_unseen_is_known_by_payer_and_commitment() {
        let mut job = mine();
        assert!(!job.take(opened(5, 8, 1)));
        assert!(!job.take(opened(5, 7, 2)));
        assert!(job.take(opened(5, 7, 1)));
        assert_eq!((job.job, job.from_block), (Some(JobId(5)), 18));
        // Nobody else's job takes its place.
        assert!(!job.take(opened(6, 7, 1)));
    }

    #[test]
    fn only_its_own_first_end_counts() {
        let mut job = mine();
        let seen = |job, what| Seen {
            block: 20,
            job: JobId(job),
            what,
        };
        assert!(!job.take(seen(5, What::Expired)));
        job.take(opened(5, 7, 1));
        assert!(!job.take(seen(6, What::Expired)));
        let settled = Settled {
            worker: AccountId::new([1; 32]),
            output_commitment: [8; 32],
            blob: [9; 32],
            units: 1,
            asset: Asset::Native,
            paid: 7,
            refunded: 0,
        };
        assert!(job.take(seen(5, What::Settled(settled))));
        assert_eq!(job.stage(), "settled");
        assert!(!job.take(seen(5, What::Expired)));
        let mut job = mine();
        job.take(opened(5, 7, 1));
        assert!(job.take(seen(
            5,
            What::Declined {
                reason: DeclineReason::BadInput
            }
        )));
        assert_eq!(job.stage(), "declined");
    }

    /// A chain and a pool that do what the test says, and note what was asked of them.
    #[derive(Clone, Default)]
    struct Double {
        /// What each following block says.
        blocks: Vec<Vec<Seen>>,
        next: u32,
        /// Whether the pool takes blobs now.
        takes: bool,
        uploads: usize,
        answer: Option<Vec<u8>>,
        acknowledged: usize,
        overdue: bool,
    }

    impl World for &mut Double {
        async fn blocks(&mut self, _: u32) -> Result<(Vec<Seen>, bool)> {
            self.next += 1;
            match self.blocks.is_empty() {
                true => Ok((vec![], true)),
                false => Ok((self.blocks.remove(0), true)),
            }
        }
        fn next_block(&self) -> u32 {
            self.next
        }
        async fn upload(&mut self, _: &Kept, sealed: &[u8]) -> Result<bool> {
            assert_eq!(sealed, b"sealed input");
            self.uploads += self.takes as usize;
            Ok(self.takes)
        }
        async fn receive(&mut self, _: &Kept, _: &Hash32) -> Result<Option<Vec<u8>>> {
            Ok(self.answer.clone())
        }
        async fn acknowledge(&mut self, _: &Kept, _: &Hash32) {
            self.acknowledged += 1;
        }
        async fn is_overdue(&mut self, _: JobId) -> bool {
            self.overdue
        }
        async fn pause(&mut self) {}
    }

    const ANSWER: &[u8] = b"forty-two";

    /// A job of this machine as it is kept before it opens, its settlement, and the sealed answer.
    fn prepared() -> (tempfile::TempDir, Store, Kept, Seen, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::new(dir.path());
        let key = SealingKey::generate();
        let job = Kept {
            sealing_secret: **key.secret(),
            ..mine()
        };
        store.prepare(&job, b"sealed input").unwrap();
        let sealed = binding(&job)
            .unwrap()
            .seal(Direction::Output, &key.public(), ANSWER)
            .unwrap();
        let settled = Settled {
            worker: AccountId::new([1; 32]),
            output_commitment: output_commitment(&job.salt, ANSWER),
            blob: blob_hash(&sealed),
            units: 1,
            asset: Asset::Native,
            paid: 7,
            refunded: 0,
        };
        let settled = Seen {
            block: 20,
            job: JobId(5),
            what: What::Settled(settled),
        };
        (dir, store, job, settled, sealed)
    }

    /// The job's file as another process finds it.
    fn found(store: &Store) -> Kept {
        store
            .find(&crate::text::JobRef::Latest, None)
            .unwrap()
            .unwrap()
    }

    async fn run(world: &mut Double, store: &Store, timeout: u64) -> Result<Vec<u8>> {
        let progress = Output::new(false, true).progress();
        let (store, kept) = (store.clone(), found(store));
        let mut pursuit = Pursuit::new(world, store, AssetNames::default(), kept, timeout);
        let answer = pursuit.answer(&progress).await?;
        pursuit.read().await?;
        Ok(answer)
    }

    #[tokio::test]
    async fn an_answer_is_read_wherever_the_client_was_killed() {
        // Killed before it knew that the job had opened.
        let (_dir, store, job, settled, sealed) = prepared();
        let mut world = Double {
            blocks: vec![vec![], vec![opened(5, 7, 1)], vec![settled.clone()]],
            takes: true,
            answer: Some(sealed.clone()),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!((world.uploads, world.acknowledged), (1, 1));
        assert_eq!(found(&store).stage(), "answered");
        // Read again: from the disk, and nobody is told twice.
        let mut nothing = Double::default();
        assert_eq!(run(&mut nothing, &store, 60).await.unwrap(), ANSWER);
        assert_eq!(
            (nothing.uploads, nothing.acknowledged, nothing.next),
            (0, 0, 0)
        );

        // Killed after the upload, before the answer.
        let (_dir, store, _, settled, sealed) = prepared();
        let uploaded = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&uploaded).unwrap();
        let mut world = Double {
            blocks: vec![vec![opened(5, 7, 1), settled.clone()]],
            answer: Some(sealed.clone()),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!(world.uploads, 0);

        // Killed after the answer was received, before it was printed: the pool may have lost it.
        let (_dir, store, _, settled, sealed) = prepared();
        let mut ended = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        ended.take(settled);
        store.save(&ended).unwrap();
        store.save_answer(&ended.input_commitment, &sealed).unwrap();
        // Sealed with the key of the first job above, so it is written by this one.
        assert_ne!(ended.sealing_secret, job.sealing_secret);
        let mut world = Double::default();
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!(world.acknowledged, 1);
    }

    #[tokio::test]
    async fn a_job_that_never_opened_is_known_once_its_call_is_void() {
        let (_dir, store, ..) = prepared();
        let mut world = Double {
            next: 17 + VOID_AFTER - 2,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Refused);
        assert!(error.to_string().contains("nothing was held"), "{error}");
        assert!(store.input(&[1; 32]).is_err());
        assert!(store
            .find(&crate::text::JobRef::Latest, None)
            .unwrap()
            .is_none());
    }

    #[tokio::test]
    async fn a_worker_that_declines_ends_an_upload_that_does_not_succeed() {
        let (_dir, store, ..) = prepared();
        let declined = What::Declined {
            reason: DeclineReason::BlobMissing,
        };
        let declined = Seen {
            block: 19,
            job: JobId(5),
            what: declined,
        };
        let mut world = Double {
            blocks: vec![vec![opened(5, 7, 1)], vec![], vec![declined]],
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Refused);
        assert!(
            error.to_string().starts_with("the worker declined job 5"),
            "{error}"
        );
        assert_eq!((found(&store).stage(), world.uploads), ("declined", 0));
    }

    #[tokio::test]
    async fn waiting_ends_with_a_hint() {
        let (_dir, store, ..) = prepared();
        let opened = vec![vec![opened(5, 7, 1)]];
        let mut world = Double {
            takes: true,
            blocks: opened,
            ..Default::default()
        };
        // No time at all: the first look is the last.
        let error = run(&mut world, &store, 0).await.unwrap_err();
        assert_eq!(error.exit(), Exit::TimedOut);
        assert!(error.to_string().contains("`myai job fetch 5`"), "{error}");
        world.overdue = true;
        let error = run(&mut world, &store, 0).await.unwrap_err();
        assert!(error.to_string().contains("`myai job expire 5`"), "{error}");
        assert_eq!((found(&store).stage(), world.uploads), ("waiting", 1));
    }

    #[tokio::test]
    async fn an_answer_that_fails_its_check_is_never_shown_as_read() {
        let (_dir, store, _, settled, mut sealed) = prepared();
        sealed[50] ^= 1;
        let mut world = Double {
            takes: true,
            blocks: vec![vec![opened(5, 7, 1)], vec![settled]],
            answer: Some(sealed),
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Unsound);
        assert_eq!((found(&store).stage(), world.acknowledged), ("settled", 0));
        // And one that the pool has not got may come later.
        let (_dir, store, _, settled, _) = prepared();
        let mut world = Double {
            takes: true,
            blocks: vec![vec![opened(5, 7, 1)], vec![settled]],
            ..Default::default()
        };
        assert_eq!(
            run(&mut world, &store, 60).await.unwrap_err().exit(),
            Exit::TimedOut
        );
        assert_eq!(found(&store).stage(), "settled");
    }
}
