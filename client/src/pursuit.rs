//! Follows one job from the kept file to its answer, wherever it was left: finds out whether it
//! opened, uploads what is missing, waits for its end, receives and checks the answer. Each step
//! that was made is on disk before the next begins.

use crate::{
    amount::{parse_asset, AssetNames},
    answer,
    error::{Error, Result},
    history::{By, Read, Seen, What},
    output::Progress,
    state::{End, Kept, Store},
    world::{Standing, World},
};
use myai_chain_client::{ChainError, HopError};
use myai_primitives::{Balance, Hash32, JobId};
use std::time::{Duration, Instant};

/// How far back before its opening a job is looked for: a block that is best when the call is
/// signed may be replaced by a lower one.
pub const LOOK_BACK: u32 = 32;
/// Blocks after which a signed call that is in none never will be: how far back one looks, its
/// mortality, and as many for the time in which it may have been signed anew.
pub const VOID_AFTER: u32 = LOOK_BACK + 128;
/// Blocks that are read before the progress is shown again.
const STRIDE: u32 = 32;
/// How often what was read is written down, so that another process goes on from there.
const SAVE_EVERY: Duration = Duration::from_secs(2);
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
    /// No block before it has the job's opening, or if it was open there, its end.
    since: u32,
    /// That no block told the end, as concluded before, until a node that has the events does.
    untold: Option<End>,
    saved: Instant,
}

impl<W: World> Pursuit<W> {
    /// From what is kept of it; it gives up after `timeout` seconds, the job does not.
    pub fn new(world: W, store: Store, names: AssetNames, kept: Kept, timeout: u64) -> Self {
        Self {
            since: kept.from_block,
            world,
            store,
            names,
            kept,
            started: Instant::now(),
            timeout: Duration::from_secs(timeout),
            failures: 0,
            untold: None,
            saved: Instant::now(),
        }
    }

    /// The answer in the clear, checked. Call [`Self::read`] once its reader has it.
    pub async fn answer(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        let before = self.kept.clone();
        // A node that has the events may tell it now.
        self.untold = self
            .kept
            .end
            .take_if(|end| matches!(end, End::Untold { .. }));
        let done = self.pursue(progress).await;
        self.kept = self.as_saved();
        if self.kept != before {
            // How far it came, also where it failed.
            self.store.save(&self.kept)?;
        }
        done.map_err(|e| self.kept.explain(e))
    }

    async fn pursue(&mut self, progress: &Progress) -> Result<Vec<u8>> {
        if self.kept.end.is_some() {
            self.recheck().await?;
        }
        if self.kept.end.is_none() && self.kept.job.is_none() {
            self.find_job(progress).await?;
        }
        if self.kept.end.is_none() && !self.kept.uploaded && self.untold.is_none() {
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
            Some(End::Untold { .. }) => Err(self.unsaid()),
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

    /// An end that was seen in a block that is not final may be undone: then the job is open, and
    /// maybe as another number.
    async fn recheck(&mut self) -> Result<()> {
        if self.store.answer(&self.kept.input_commitment)?.is_some() {
            return Ok(());
        }
        let now = match self.world.standing(&self.kept).await {
            Ok(now) => now,
            Err(e) => {
                tracing::debug!(error = %e, "what is known of the job is not checked again");
                return Ok(());
            }
        };
        // A node that lags behind tells what was.
        let known = self.kept.end.as_ref().and_then(End::block);
        if let Some(job) = now.open.filter(|_| known <= Some(now.best)) {
            self.kept.opened_as(job);
            return self.save();
        }
        self.forget_input(now.finalized);
        Ok(())
    }

    /// What is known of the job, as it goes to the disk.
    fn as_saved(&self) -> Kept {
        let end = self.kept.end.as_ref().or(self.untold.as_ref());
        Kept {
            end: end.cloned(),
            ..self.kept.clone()
        }
    }

    fn save(&self) -> Result<()> {
        self.store.save(&self.as_saved())
    }

    /// Finds out whether the job opened, and its number.
    async fn find_job(&mut self, progress: &Progress) -> Result<()> {
        progress.step("looking for the job on the chain");
        while self.kept.job.is_none() && self.kept.end.is_none() {
            self.look(progress).await?;
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
                return self.save();
            }
            self.look(progress).await?;
        }
        Ok(())
    }

    /// Looks where the job stands; pauses when there is nothing more to know now. Fails when the
    /// time is over.
    async fn look(&mut self, progress: &Progress) -> Result<()> {
        let pause = match self.read_on(progress).await {
            Ok(all) => {
                self.failures = 0;
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

    /// Asks whether the job is open, and reads on in the blocks if it is not. Whether there is
    /// nothing more to know now.
    async fn read_on(&mut self, progress: &Progress) -> Result<bool> {
        let now = self.world.standing(&self.kept).await?;
        if let Some(since) = now.since() {
            let mut news = now.open.is_some() && self.untold.take().is_some();
            if let Some(job) = now.open.or(now.firm) {
                news |= self.kept.opened_as(job);
            }
            if now.firm.is_some() && now.firm == self.kept.job {
                news |= !std::mem::replace(&mut self.kept.firm, true);
            }
            if news {
                self.save()?;
            }
            self.since = self.since.max(since);
            self.reached(self.since, None)?;
        }
        if now.open.is_some() {
            return Ok(true);
        }
        let read = self.world.blocks(STRIDE).await?;
        for note in &read.notes {
            progress.note(note);
        }
        for one in &read.seen {
            let taken = self.kept.take(one) || self.recognise(one, progress).await?;
            if taken {
                self.save()?;
            }
        }
        // What is not final may be replaced, and is read again then.
        let final_next = now.finalized.saturating_add(1);
        let called = read.next.min(final_next);
        let certain = match self.kept.job {
            Some(_) => read.certain.min(final_next),
            // Its opening is looked for, from the first block that may have it.
            None => self.kept.from_block,
        };
        self.reached(certain, (certain < called).then_some(called))?;
        self.forget_input(now.finalized);
        if self.kept.end.is_none() {
            self.ensure_findable(&read, &now)?;
        }
        Ok(read.all)
    }

    /// Where events are gone, an attestation is the job's if the answer is: one that is for this
    /// job's keys and is what was attested.
    async fn recognise(&mut self, seen: &Seen, progress: &Progress) -> Result<bool> {
        let (By::Call { signer, outermost }, What::Settled(settled)) = (&seen.by, &seen.what)
        else {
            return Ok(false);
        };
        let numbered = self.kept.job == Some(seen.job);
        let by_its_signer = signer.to_string() == self.kept.signer;
        // The worker may have changed its signer.
        let likely = by_its_signer || (numbered && *outermost);
        let another = self.kept.firm && !numbered;
        if self.kept.end.is_some() || !likely || another {
            return Ok(false);
        }
        let mut known = self.kept.clone();
        known.end_as(seen);
        let sealed = self.claim(&known, &settled.blob, progress).await?;
        match sealed {
            Some(sealed) if answer::open(&known, &sealed).is_ok() => {
                self.store.save_answer(&known.input_commitment, &sealed)?;
                self.kept = known;
                Ok(true)
            }
            _ => {
                self.kept.attested |= numbered && by_its_signer;
                Ok(false)
            }
        }
    }

    /// As [`World::claim`], again while the pool is out of reach, until the time is over.
    async fn claim(
        &mut self,
        known: &Kept,
        blob: &Hash32,
        progress: &Progress,
    ) -> Result<Option<Vec<u8>>> {
        loop {
            match self.world.claim(known, blob).await {
                // Behind one address may be several nodes, or one that is just being mended.
                Err(Error::Hop(e))
                    if (e.is_passing() || matches!(*e, HopError::OtherBlob))
                        && self.started.elapsed() < self.timeout =>
                {
                    progress.step("the pool does not answer, trying again");
                    self.world.pause().await;
                }
                done => return done,
            }
        }
    }

    /// Nothing before that block need be known any more, and up to `called` calls were looked at.
    fn reached(&mut self, block: u32, called: Option<u32>) -> Result<()> {
        let most = self.kept.end.as_ref().and_then(End::block);
        let block = block.min(most.unwrap_or(u32::MAX));
        self.kept.from_block = self.kept.from_block.max(block);
        self.kept.called = called;
        if self.saved.elapsed() >= SAVE_EVERY {
            self.saved = Instant::now();
            self.save()?;
        }
        Ok(())
    }

    /// Ends the search for the opening, or the end, of a job that is not open, where it is in no
    /// block.
    fn ensure_findable(&mut self, read: &Read, now: &Standing) -> Result<()> {
        let void_from = self.since.saturating_add(VOID_AFTER);
        let void = read.next > void_from;
        let certain = read.certain >= read.next;
        // What is read may be of a node that lags behind the one that said that it is not open.
        let read_all = read.all && read.next > now.best;
        // Nothing that is not final yet brings it back.
        let closed = match self.kept.firm {
            true => now.finalized >= self.since,
            false => now.finalized > void_from,
        } && now.firm.is_none();
        let end = match self.kept.job {
            // What there is to read without the events was read.
            _ if !certain && self.untold.is_some() => self.untold.take(),
            None if void && certain => Some(End::NotOpened {
                why: "its transaction came into no block in time; nothing was held".into(),
            }),
            Some(_) if void && certain && read_all && !self.kept.firm => {
                // It is another's.
                self.kept.job = None;
                Some(End::NotOpened {
                    why: "its opening was undone and came into no block again; nothing is held"
                        .into(),
                })
            }
            _ if read_all && closed && !certain => Some(End::Untold {
                block: now.finalized,
            }),
            Some(_) if read_all && (void || !certain) => return Err(self.unsaid()),
            None if void && read_all => {
                return Err(Error::Refused(format!(
                    "the node no longer has all events of the blocks since {}: name one with \
                     --node that has (it runs with --state-pruning archive)",
                    self.kept.from_block
                )))
            }
            _ => None,
        };
        if end.is_some() {
            self.kept.end = end;
            self.save()?;
            self.store.forget_input(&self.kept.input_commitment);
        }
        Ok(())
    }

    fn unsaid(&self) -> Error {
        Error::Unsaid(format!(
            "{} is not open, and {}; a node that runs with --state-pruning archive says for \
             certain how it ended (name it with --node)",
            self.kept.label(),
            self.kept.likely()
        ))
    }

    /// The sealed input is needed until the job's end is final: a job whose opening is undone by a
    /// reorganisation opens anew.
    fn forget_input(&self, finalized: u32) {
        if self.kept.is_past(finalized) {
            self.store.forget_input(&self.kept.input_commitment);
        }
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
        let label = self.kept.reference();
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
    /// The job is open, as that number; whether that is news. What was known of another number is
    /// of somebody else's job.
    pub fn opened_as(&mut self, job: JobId) -> bool {
        if self.job == Some(job) && self.end.is_none() {
            return false;
        }
        if self.job != Some(job) {
            self.firm = false;
            self.attested = false;
        }
        self.job = Some(job);
        self.end = None;
        true
    }

    /// Takes what a block said; whether it was about this job and changed anything.
    pub fn take(&mut self, seen: &Seen) -> bool {
        let numbered = self.job == Some(seen.job);
        let mine = match &seen.by {
            By::Event {
                payer,
                input_commitment,
            } => {
                payer.to_string() == self.payer
                    && input_commitment.map_or(numbered, |c| c == self.input_commitment)
            }
            By::Call { outermost, .. } => numbered && self.firm && *outermost,
        };
        let ended = self.end.is_some() && !matches!(self.end, Some(End::NotOpened { .. }));
        // Of one number only the first end counts.
        if !mine || (numbered && ended) {
            return false;
        }
        if seen.what == What::Opened {
            self.from_block = self.from_block.min(seen.block);
            return self.opened_as(seen.job);
        }
        self.end_as(seen)
    }

    /// The job ended as a block said; whether it did.
    fn end_as(&mut self, seen: &Seen) -> bool {
        let block = seen.block;
        let end = match &seen.what {
            What::Opened => return false,
            What::Settled(s) => End::Settled {
                output_commitment: s.output_commitment,
                blob: s.blob,
                units: s.units,
                // What was held is units × (price + fee).
                paid: s.paid.unwrap_or_else(|| {
                    let each = self.gross / Balance::from(self.units.max(1));
                    each.saturating_mul(s.units.into())
                }),
                block,
                read: false,
            },
            What::Declined { reason } => End::Declined {
                reason: answer::reason(*reason).into(),
                block,
            },
            What::Expired => End::Expired { block },
        };
        self.job = Some(seen.job);
        self.end = Some(end);
        true
    }

    /// Whether no reorganisation brings the job back.
    pub fn is_past(&self, finalized: u32) -> bool {
        match &self.end {
            None => false,
            Some(end) => {
                end.block()
                    .unwrap_or(self.from_block.saturating_add(VOID_AFTER))
                    <= finalized
            }
        }
    }

    /// An error after money may have been held, with what to do about it. What ended with the job,
    /// and what says so already, stays as it is.
    pub fn explain(&self, error: Error) -> Error {
        let fetch = format!("`myai job fetch {}`", self.reference());
        let job = self.label();
        let what = match (&error, &self.end, self.job) {
            (
                Error::Declined { .. }
                | Error::Expired { .. }
                | Error::TimedOut { .. }
                | Error::Unsound(_)
                | Error::NotText { .. }
                | Error::Unsaid(_)
                | Error::Held { .. },
                ..,
            ) => return error,
            (_, None, Some(_)) => format!("{job} was opened, and {fetch} reads its answer"),
            (_, None, None) => {
                format!("whether {job} opened is not known yet, and {fetch} finds out")
            }
            (_, Some(End::Settled { .. }), _) => {
                format!("{job} is paid, and {fetch} reads its answer")
            }
            (_, Some(_), _) => return error,
        };
        Error::Held {
            error: Box::new(error),
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        answer::binding, error::Exit, history::Settled, output::Output, state::tests::kept,
    };
    use myai_chain_client::{hop::blob_hash, AccountId, HopError, SealingKey};
    use myai_primitives::{
        commitments::{output_commitment, Direction},
        DeclineReason,
    };

    fn account(n: u8) -> AccountId {
        AccountId::new([n; 32])
    }

    fn event(block: u32, job: u64, payer: u8, commitment: Option<u8>, what: What) -> Seen {
        Seen {
            block,
            job: JobId(job),
            by: By::Event {
                payer: account(payer),
                input_commitment: commitment.map(|c| [c; 32]),
            },
            what,
        }
    }

    fn opened(job: u64, payer: u8, commitment: u8) -> Seen {
        event(18, job, payer, Some(commitment), What::Opened)
    }

    fn settled(paid: Option<Balance>) -> What {
        What::Settled(Settled {
            output_commitment: [8; 32],
            blob: [9; 32],
            units: 2,
            paid,
        })
    }

    fn call(job: u64, signer: u8, outermost: bool, what: What) -> Seen {
        Seen {
            block: 20,
            job: JobId(job),
            by: By::Call {
                signer: account(signer),
                outermost,
            },
            what,
        }
    }

    fn mine() -> Kept {
        Kept {
            payer: account(7).to_string(),
            signer: account(9).to_string(),
            ..kept(1)
        }
    }

    #[test]
    fn a_job_that_opened_unseen_is_known_by_payer_and_commitment() {
        let mut job = mine();
        assert!(!job.take(&opened(5, 8, 1)));
        assert!(!job.take(&opened(5, 7, 2)));
        assert!(job.take(&opened(5, 7, 1)));
        assert_eq!(job.job, Some(JobId(5)));
        assert!(!job.take(&opened(5, 7, 1)));
        // What is replaced later may have another opening, in a block before this one.
        assert_eq!(job.from_block, 17);
    }

    #[test]
    fn only_its_own_first_end_counts() {
        let mut job = mine();
        let expired = |job, payer| event(20, job, payer, None, What::Expired);
        assert!(!job.take(&expired(5, 7)));
        job.take(&opened(5, 7, 1));
        assert!(!job.take(&expired(6, 7)));
        assert!(!job.take(&expired(5, 8)));
        assert!(job.take(&event(20, 5, 7, Some(1), settled(Some(7)))));
        assert_eq!(job.stage(), "settled");
        assert!(!job.take(&expired(5, 7)));
        let mut job = mine();
        job.take(&opened(5, 7, 1));
        let reason = DeclineReason::BadInput;
        assert!(job.take(&event(20, 5, 7, None, What::Declined { reason })));
        assert_eq!(job.stage(), "declined");
    }

    #[test]
    fn after_a_reorganisation_the_job_is_followed_under_its_new_number() {
        let mut job = mine();
        assert!(job.take(&opened(5, 7, 1)));
        // Job 5 is somebody else's now: their end is none of ours, and no other of the payer's.
        assert!(!job.take(&opened(5, 8, 3)));
        assert!(!job.take(&event(20, 5, 8, Some(3), settled(Some(7)))));
        assert!(!job.take(&event(20, 5, 7, Some(4), settled(Some(7)))));
        // Whoever copies the commitment does not end it either.
        assert!(!job.take(&event(20, 6, 8, Some(1), settled(Some(7)))));
        assert!(job.take(&opened(6, 7, 1)));
        assert_eq!((job.job, job.from_block), (Some(JobId(6)), 17));
        assert!(job.take(&event(21, 6, 7, Some(1), settled(Some(7)))));
        assert_eq!(job.stage(), "settled");

        // An end that was seen before the reorganisation goes with the number.
        let mut job = mine();
        job.take(&opened(5, 7, 1));
        assert!(job.take(&event(19, 5, 7, None, What::Expired)));
        assert!(job.take(&opened(6, 7, 1)));
        assert_eq!((job.job, job.stage()), (Some(JobId(6)), "open"));
        // A settlement is the job's whatever its number was thought to be.
        let mut job = mine();
        job.take(&opened(5, 7, 1));
        assert!(job.take(&event(21, 6, 7, Some(1), settled(Some(7)))));
        assert_eq!((job.job, job.stage()), (Some(JobId(6)), "settled"));
    }

    #[test]
    fn a_call_alone_ends_the_job_only_where_it_cannot_have_failed_and_the_number_is_final() {
        let declined = What::Declined {
            reason: DeclineReason::BadInput,
        };
        let open = Kept {
            job: Some(JobId(5)),
            firm: true,
            units: 3,
            gross: 12,
            ..mine()
        };
        for what in [settled(None), declined, What::Expired] {
            // One that fails may be in a batch, also the worker's.
            for signer in [8, 9] {
                assert!(!open.clone().take(&call(5, signer, false, what.clone())));
            }
            // The worker may have changed its signer.
            assert!(open.clone().take(&call(5, 8, true, what.clone())));
            // A number that was in no final block may be another's by now.
            let mut fleeting = Kept {
                firm: false,
                ..open.clone()
            };
            assert!(!fleeting.take(&call(5, 9, true, what)));
        }
        let mut job = open.clone();
        assert!(job.take(&call(5, 9, true, settled(None))));
        let paid = match job.end {
            Some(End::Settled { paid, units, .. }) => (paid, units),
            _ => panic!("{:?}", job.end),
        };
        assert_eq!(paid, (8, 2));
        let mut other = Kept {
            job: Some(JobId(6)),
            ..open
        };
        assert!(!other.take(&call(5, 9, true, settled(None))));
    }

    /// A chain and a pool that do what the test says, and note what was asked of them.
    #[derive(Default)]
    struct Double {
        /// What each following block says.
        blocks: Vec<Vec<Seen>>,
        next: u32,
        /// Whether the blocks' events are gone.
        stateless: bool,
        /// As what the job is open, at each look; then it is not.
        open: Vec<JobId>,
        /// As what it is open in the final block, at each look; then it is not.
        firm: Vec<JobId>,
        finalized: u32,
        /// Whether the pool takes blobs now.
        takes: bool,
        uploads: usize,
        answer: Option<Vec<u8>>,
        /// How the next claims fail.
        pool: Vec<HopError>,
        claims: usize,
        acknowledged: usize,
        overdue: bool,
    }

    impl World for &mut Double {
        async fn standing(&mut self, _: &Kept) -> Result<Standing> {
            Ok(Standing {
                open: (!self.open.is_empty()).then(|| self.open.remove(0)),
                firm: (!self.firm.is_empty()).then(|| self.firm.remove(0)),
                best: self.finalized,
                finalized: self.finalized,
            })
        }
        async fn blocks(&mut self, _: u32) -> Result<Read> {
            self.next += 1;
            let seen = match self.blocks.is_empty() {
                true => vec![],
                false => self.blocks.remove(0),
            };
            Ok(Read {
                seen,
                all: self.blocks.is_empty(),
                next: self.next,
                certain: if self.stateless { 0 } else { self.next },
                notes: vec![],
            })
        }
        async fn upload(&mut self, _: &Kept, sealed: &[u8]) -> Result<bool> {
            assert_eq!(sealed, b"sealed input");
            self.uploads += self.takes as usize;
            Ok(self.takes)
        }
        async fn claim(&mut self, _: &Kept, blob: &Hash32) -> Result<Option<Vec<u8>>> {
            self.claims += 1;
            if !self.pool.is_empty() {
                return Err(self.pool.remove(0).into());
            }
            let mine = |sealed: &&Vec<u8>| blob_hash(sealed) == *blob;
            Ok(self.answer.as_ref().filter(mine).cloned())
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
            output_commitment: output_commitment(&job.salt, ANSWER),
            blob: blob_hash(&sealed),
            units: 1,
            paid: Some(7),
        };
        let settled = event(20, 5, 7, Some(1), What::Settled(settled));
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
        ended.take(&settled);
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
        let declined = event(19, 5, 7, None, declined);
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

    #[tokio::test]
    async fn an_open_job_is_waited_for_without_reading_blocks() {
        let (_dir, store, _, settled, sealed) = prepared();
        let mut world = Double {
            open: vec![JobId(5); 50],
            finalized: 30,
            blocks: vec![vec![settled]],
            takes: true,
            answer: Some(sealed),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!((world.next, found(&store).job), (1, Some(JobId(5))));
    }

    #[tokio::test]
    async fn where_it_was_open_is_kept_for_the_next_process() {
        let (_dir, store, ..) = prepared();
        let mut world = Double {
            open: vec![JobId(5)],
            finalized: 300,
            ..Default::default()
        };
        // No time at all: the first look is the last.
        run(&mut world, &store, 0).await.unwrap_err();
        let kept = found(&store);
        assert_eq!((kept.job, kept.from_block), (Some(JobId(5)), 301));
    }

    #[tokio::test]
    async fn an_answer_is_found_by_the_workers_call_where_events_are_gone() {
        let (_dir, store, _, settled, sealed) = prepared();
        let open = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&open).unwrap();
        let attest = call(5, 9, true, settled.what);
        let mut world = Double {
            blocks: vec![vec![], vec![], vec![attest]],
            stateless: true,
            answer: Some(sealed),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!((found(&store).stage(), world.next), ("answered", 3));
    }

    #[tokio::test]
    async fn an_answer_is_recognised_where_not_even_the_number_is_known() {
        let (_dir, store, _, settled, sealed) = prepared();
        let attest = |seen: &Seen, job, signer| Seen {
            job: JobId(job),
            by: By::Call {
                signer: account(signer),
                outermost: true,
            },
            ..seen.clone()
        };
        let What::Settled(mine) = &settled.what else {
            panic!("{settled:?}")
        };
        let others = |blob, output_commitment| Seen {
            what: What::Settled(Settled {
                output_commitment,
                blob,
                ..mine.clone()
            }),
            ..settled.clone()
        };
        let mut world = Double {
            // Another blob, another commitment, another worker, and the one.
            blocks: vec![
                vec![attest(&others([9; 32], mine.output_commitment), 3, 9)],
                vec![attest(&others(mine.blob, [8; 32]), 4, 9)],
                vec![attest(&settled, 6, 8)],
                vec![attest(&settled, 5, 9)],
            ],
            stateless: true,
            answer: Some(sealed),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        let kept = found(&store);
        assert_eq!((kept.job, kept.stage()), (Some(JobId(5)), "answered"));
        assert_eq!(world.acknowledged, 1);
    }

    #[tokio::test]
    async fn a_job_is_not_said_to_be_unopened_where_events_are_gone() {
        let (_dir, store, ..) = prepared();
        let mut world = Double {
            next: 17 + VOID_AFTER - 2,
            stateless: true,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Refused);
        let text = error.to_string();
        assert!(text.contains("--state-pruning archive"), "{text}");
        assert!(text.contains("`myai job fetch 0x0101"), "{text}");
        assert!(store.input(&[1; 32]).is_ok());
        assert_eq!(found(&store).stage(), "prepared");
    }

    #[tokio::test]
    async fn an_end_that_no_call_says_is_not_waited_for_nor_made_up() {
        let (_dir, store, ..) = prepared();
        let open = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&open).unwrap();
        let mut world = Double {
            next: 1_000,
            finalized: 30,
            stateless: true,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert_eq!(error.exit(), Exit::Refused);
        assert!(matches!(error, Error::Unsaid(_)), "{error}");
        // Final blocks are not read again, unless for their events.
        let kept = found(&store);
        assert_eq!((kept.from_block, kept.called), (17, Some(31)));
        assert_eq!(
            (kept.stage(), store.input(&[1; 32]).is_ok()),
            ("waiting", true)
        );
    }

    #[tokio::test]
    async fn a_call_of_a_number_that_became_anothers_does_not_end_the_job() {
        let (_dir, store, _, mine, sealed) = prepared();
        let open = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&open).unwrap();
        // Killed before that number was final: it was another's, and the answer is that of 6.
        let mut world = Double {
            blocks: vec![
                vec![
                    call(5, 8, true, What::Expired),
                    call(5, 9, true, settled(None)),
                ],
                vec![call(6, 9, false, mine.what)],
            ],
            stateless: true,
            answer: Some(sealed),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        let kept = found(&store);
        assert_eq!((kept.job, kept.stage()), (Some(JobId(6)), "answered"));
    }

    #[tokio::test]
    async fn a_number_that_was_open_in_a_final_block_is_the_jobs_for_ever() {
        let (_dir, store, _, mine, sealed) = prepared();
        let mut world = Double {
            open: vec![JobId(5)],
            firm: vec![JobId(5)],
            ..Default::default()
        };
        run(&mut world, &store, 0).await.unwrap_err();
        assert!(found(&store).firm);
        // Nothing is asked of the pool about others' jobs, nor to know what is certain.
        let others = call(6, 9, true, settled(None));
        let mut world = Double {
            blocks: vec![vec![others], vec![call(5, 8, true, mine.what)]],
            stateless: true,
            takes: true,
            answer: Some(sealed),
            ..Default::default()
        };
        let mut uploaded = found(&store);
        uploaded.uploaded = true;
        store.save(&uploaded).unwrap();
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!(world.claims, 0);
    }

    #[tokio::test]
    async fn a_pool_that_is_out_of_reach_is_asked_again_for_what_was_attested() {
        let (_dir, store, _, settled, sealed) = prepared();
        let world = |pool| Double {
            blocks: vec![vec![call(5, 9, true, settled.what.clone())]],
            finalized: 30,
            stateless: true,
            pool,
            answer: Some(sealed.clone()),
            ..Default::default()
        };
        let trouble = || vec![HopError::RateLimited, HopError::OtherBlob];
        // No time at all: it goes on there the next time.
        let error = run(&mut world(trouble()), &store, 0).await.unwrap_err();
        assert!(
            error.to_string().contains("`myai job fetch 0x0101"),
            "{error}"
        );
        assert_eq!(found(&store).called, None);
        assert_eq!(
            run(&mut world(trouble()), &store, 60).await.unwrap(),
            ANSWER
        );
    }

    #[tokio::test]
    async fn where_a_job_without_a_number_was_looked_for_is_kept_for_the_next_process() {
        let (_dir, store, ..) = prepared();
        let mut world = Double {
            next: 20,
            finalized: 40,
            stateless: true,
            ..Default::default()
        };
        let error = run(&mut world, &store, 0).await.unwrap_err();
        assert_eq!(error.exit(), Exit::TimedOut);
        let kept = found(&store);
        assert_eq!((kept.from_block, kept.called), (17, Some(21)));
    }

    #[tokio::test]
    async fn a_job_that_is_gone_for_good_without_an_attestation_is_likely_refunded() {
        let (_dir, store, _, settled, sealed) = prepared();
        let firm = Kept {
            job: Some(JobId(5)),
            firm: true,
            ..found(&store)
        };
        store.save(&firm).unwrap();
        let gone = |finalized| Double {
            next: 400,
            finalized,
            stateless: true,
            ..Default::default()
        };
        // A node that lags behind what is known.
        let error = run(&mut gone(16), &store, 60).await.unwrap_err();
        assert!(matches!(error, Error::Unsaid(_)), "{error}");
        assert_eq!(
            (found(&store).stage(), store.input(&[1; 32]).is_ok()),
            ("open", true)
        );
        for _ in 0..2 {
            let mut world = gone(300);
            if found(&store).end.is_some() {
                // What came after it is not read again.
                world.blocks = vec![vec![]; 9];
            }
            let error = run(&mut world, &store, 60).await.unwrap_err();
            assert_eq!(world.next, 401);
            let text = error.to_string();
            assert!(matches!(error, Error::Unsaid(_)), "{text}");
            assert!(text.contains("most likely it was refunded"), "{text}");
            let kept = found(&store);
            assert_eq!(kept.stage(), "ended, likely refunded");
            assert!(store.input(&[1; 32]).is_err());
        }
        // A node that has the events says it.
        let mut world = Double {
            blocks: vec![vec![], vec![settled]],
            finalized: 300,
            answer: Some(sealed),
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
    }

    #[tokio::test]
    async fn an_untold_end_stays_where_looking_for_another_fails() {
        let (_dir, store, ..) = prepared();
        let untold = Kept {
            job: Some(JobId(5)),
            firm: true,
            end: Some(End::Untold { block: 300 }),
            ..found(&store)
        };
        store.save(&untold).unwrap();
        let mut world = Double {
            blocks: vec![vec![]; 3],
            finalized: 300,
            ..Default::default()
        };
        run(&mut world, &store, 0).await.unwrap_err();
        assert_eq!(found(&store).stage(), "ended, likely refunded");
        // It was not so.
        world.open = vec![JobId(5)];
        run(&mut world, &store, 0).await.unwrap_err();
        assert_eq!(found(&store).stage(), "open");
    }

    #[tokio::test]
    async fn an_attestation_that_cannot_be_checked_is_not_said_to_be_a_refund() {
        let (_dir, store, ..) = prepared();
        let open = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&open).unwrap();
        let mut world = Double {
            blocks: vec![vec![call(5, 9, true, settled(None))]],
            next: 400,
            finalized: 300,
            stateless: true,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert!(error.to_string().contains("it may be paid"), "{error}");
        assert_eq!(found(&store).stage(), "ended, maybe paid");
    }

    #[tokio::test]
    async fn a_job_of_which_nothing_is_known_for_long_is_given_up() {
        let (_dir, store, ..) = prepared();
        let mut world = Double {
            next: 400,
            finalized: 17 + VOID_AFTER + 1,
            stateless: true,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert!(matches!(error, Error::Unsaid(_)), "{error}");
        assert_eq!(found(&store).stage(), "ended, likely refunded");
        assert!(store.input(&[1; 32]).is_err());
    }

    #[tokio::test]
    async fn an_opening_that_was_undone_for_good_is_said() {
        let (_dir, store, ..) = prepared();
        let open = Kept {
            job: Some(JobId(5)),
            uploaded: true,
            ..found(&store)
        };
        store.save(&open).unwrap();
        let mut world = Double {
            next: 17 + VOID_AFTER - 2,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert!(error.to_string().contains("never opened"), "{error}");
        let kept = store.find(&crate::text::JobRef::Commitment([1; 32]), None);
        let kept = kept.unwrap().unwrap();
        assert_eq!((kept.stage(), kept.job), ("not opened", None));
        assert!(store.input(&[1; 32]).is_err());
    }

    #[tokio::test]
    async fn an_end_that_a_reorganisation_undid_is_forgotten_and_its_input_is_not() {
        let (_dir, store, _, settled, sealed) = prepared();
        let mut world = Double {
            blocks: vec![
                vec![opened(5, 7, 1)],
                vec![event(20, 5, 7, None, What::Expired)],
            ],
            takes: true,
            finalized: 19,
            ..Default::default()
        };
        let error = run(&mut world, &store, 60).await.unwrap_err();
        assert!(matches!(error, Error::Expired { .. }), "{error}");
        assert!(store.input(&[1; 32]).is_ok());
        // It is open again, as another job; the answer is that one's.
        let settled = Seen {
            job: JobId(6),
            ..settled
        };
        let mut world = Double {
            open: vec![JobId(6), JobId(6)],
            blocks: vec![vec![settled]],
            answer: Some(sealed),
            finalized: 20,
            ..Default::default()
        };
        assert_eq!(run(&mut world, &store, 60).await.unwrap(), ANSWER);
        assert_eq!(found(&store).job, Some(JobId(6)));
        // That end is final.
        assert!(store.input(&[1; 32]).is_err());
    }

    #[test]
    fn inputs_are_forgotten_once_the_end_is_final() {
        let (_dir, store, ..) = prepared();
        let mut job = found(&store);
        assert!(!job.is_past(u32::MAX));
        job.end = Some(End::Expired { block: 20 });
        store.save(&job).unwrap();
        for (genesis, finalized, there) in [(9, 19, true), (8, 20, true), (9, 20, false)] {
            store.forget_past_inputs(&[genesis; 32], finalized).unwrap();
            assert_eq!(
                store.input(&[1; 32]).is_ok(),
                there,
                "{genesis} {finalized}"
            );
        }
        job.end = Some(End::NotOpened { why: "no".into() });
        assert!(!job.is_past(17 + VOID_AFTER - 1) && job.is_past(17 + VOID_AFTER));
    }

    #[test]
    fn errors_once_money_is_held_say_what_to_do() {
        let mut job = mine();
        let pool = || Error::from(HopError::OtherBlob);
        let text = job.explain(pool()).to_string();
        assert!(text.contains("`myai job fetch 0x0101"), "{text}");
        job.job = Some(JobId(5));
        let error = job.explain(pool());
        assert_eq!(error.exit(), pool().exit());
        let text = error.to_string();
        assert!(text.starts_with(&pool().to_string()), "{text}");
        assert!(
            text.ends_with("; job 5 was opened, and `myai job fetch 5` reads its answer"),
            "{text}"
        );
        // Said once.
        assert_eq!(job.explain(error).to_string(), text);
        // Money is held: never the code that says that nothing was sent.
        assert_eq!(job.explain(Error::usage("x")).exit(), Exit::Refused);
        job.take(&event(20, 5, 7, Some(1), settled(None)));
        let text = job.explain(pool()).to_string();
        assert!(text.contains("job 5 is paid"), "{text}");
        job.end = Some(End::Expired { block: 20 });
        let text = job.explain(pool()).to_string();
        assert_eq!(text, pool().to_string());
    }
}
