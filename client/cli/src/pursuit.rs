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
const MAX_FAILURES: u32 = 30;

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
                self.failures < MAX_FAILURES
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
mod tests;
