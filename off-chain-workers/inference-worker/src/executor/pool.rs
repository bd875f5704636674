//! Runners that are kept warm: as many of a model as there is work for, all together within the
//! memory that they may have. A runner's memory stays taken until its process is gone. A runner
//! that nobody uses for a moment is stopped, so that a model which took it over computes nothing
//! then.
//!
//! A request gets an idle runner of its model, or waits in line for a busy one or for one more that
//! is started for it. A start waits in line for memory; the runner that was idle longest makes
//! room, and when none is idle for a while, the next one that finishes a request does, so that
//! models that are asked for all the time keep no other out.

use super::{
    files::{Content, Files},
    process::{Process, ProcessError},
    start_and_kill::{Held, Spawner},
    ModelError, Options,
};
use crate::{artifacts::Artifacts, error_chain, metrics::Metrics, protocol::Locked, runner::walls};
use std::{
    collections::{HashMap, VecDeque},
    io,
    path::Path,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex, MutexGuard, PoisonError,
    },
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, Notify};

/// How long a start waits for memory before runners that are in demand make room; longer where
/// loading such a runner took longer, or loads would displace one another without end.
const PATIENCE: Duration = Duration::from_secs(2);
/// After so long without a request a runner is stopped. Not at once: waking it costs some 25 µs.
const REST_AFTER: Duration = Duration::from_millis(100);
/// For so long a model that could not be loaded is not tried again.
const FORGIVEN_AFTER: Duration = Duration::from_secs(300);
/// Most models of which that is remembered.
const MAX_FAILED: usize = 256;

type Waiter = oneshot::Sender<Result<Lease, Arc<ModelError>>>;

/// The runners of one model.
#[derive(Default)]
struct Pool {
    idle: Vec<Idle>,
    waiters: VecDeque<Waiter>,
    /// Runners that are being started for those who wait.
    starting: usize,
    /// Runners that there are, busy or idle.
    alive: usize,
}

struct Idle {
    process: Process,
    bytes: Arc<Bytes>,
    loading: Duration,
    since: Instant,
}

#[derive(Default)]
struct State {
    pools: HashMap<Content, Pool>,
    /// Bytes that runners have, or are promised.
    taken: u64,
    /// Those among them whose runners are being ended.
    leaving: u64,
    /// Starts that wait for memory, and since when.
    in_line: VecDeque<(Instant, Arc<Notify>)>,
    /// Models that could not be loaded, when and why.
    failed: HashMap<Content, (Instant, Arc<ModelError>)>,
}

/// All runners. Cheap to clone.
#[derive(Clone)]
pub struct Pools(Arc<Shared>);

struct Shared {
    options: Options,
    artifacts: Artifacts,
    spawner: Spawner,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

/// A runner for one request. Dropped it is killed.
pub struct Lease {
    process: Option<Process>,
    bytes: Arc<Bytes>,
    content: Content,
    files: Files,
    pools: Pools,
    /// How long it took to load the model.
    loading: Duration,
}

/// Memory that is promised. It is a process's too, and given back when that is gone.
struct Bytes {
    bytes: u64,
    is_leaving: AtomicBool,
    pools: Pools,
}

impl Bytes {
    /// Counts them as given back soon.
    fn leave(&self) {
        if !self.is_leaving.swap(true, Ordering::SeqCst) {
            let mut state = self.pools.lock();
            state.leaving = state.leaving.saturating_add(self.bytes);
        }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        let mut state = self.pools.lock();
        state.taken = state.taken.saturating_sub(self.bytes);
        if *self.is_leaving.get_mut() {
            state.leaving = state.leaving.saturating_sub(self.bytes);
        }
        state.wake();
        self.pools.count(&state);
    }
}

impl State {
    /// Lets the first in line for memory look again.
    fn wake(&self) {
        if let Some((_, first)) = self.in_line.front() {
            first.notify_one();
        }
    }

    fn is_somebody_out_of(&self, patience: Duration) -> bool {
        let first = self.in_line.front();
        first.is_some_and(|(since, _)| since.elapsed() > patience)
    }

    /// Why the model could not be loaded, if that was not long ago.
    fn failed(&self, content: &Content) -> Option<Arc<ModelError>> {
        let (at, why) = self.failed.get(content)?;
        (at.elapsed() < FORGIVEN_AFTER).then(|| why.clone())
    }

    fn has_failed(&mut self, content: Content, why: Arc<ModelError>) {
        self.failed
            .retain(|_, (at, _)| at.elapsed() < FORGIVEN_AFTER);
        if self.failed.len() < MAX_FAILED {
            self.failed.insert(content, (Instant::now(), why));
        }
    }

    /// Takes the idle runner that was used longest ago.
    fn oldest(&mut self) -> Option<Idle> {
        let idle = self.pools.iter().flat_map(|(content, pool)| {
            let of_pool = pool.idle.iter().enumerate();
            of_pool.map(move |(i, idle)| (idle.since, *content, i))
        });
        let (_, content, i) = idle.min_by_key(|(since, ..)| *since)?;
        let pool = self.pools.get_mut(&content)?;
        let idle = pool.idle.remove(i);
        pool.alive -= 1;
        self.forget(&content);
        Some(idle)
    }

    /// Drops empty entries.
    fn forget(&mut self, content: &Content) {
        let is_empty = |p: &Pool| p.alive == 0 && p.starting == 0 && p.waiters.is_empty();
        if self.pools.get(content).is_some_and(is_empty) {
            self.pools.remove(content);
        }
    }
}

impl Lease {
    /// # Panics
    ///
    /// Never: it is there until the lease is over.
    pub fn process(&mut self) -> &mut Process {
        match &mut self.process {
            Some(process) => process,
            None => unreachable!("given back by value alone"),
        }
    }

    /// Lets others have the runner, which is sound.
    pub fn give_back(self) {
        let pools = self.pools.clone();
        pools.hand_back(self);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Given back, or handed to somebody else.
        let Some(process) = self.process.take() else {
            return;
        };
        self.bytes.leave();
        drop(process);
        let pools = self.pools.clone();
        let mut state = pools.lock();
        if let Some(pool) = state.pools.get_mut(&self.content) {
            pool.alive -= 1;
        }
        pools.start_for_those_who_wait(&mut state, &self.files);
        state.forget(&self.content);
        pools.count(&state);
    }
}

impl Pools {
    pub fn new(options: Options, artifacts: Artifacts, metrics: Arc<Metrics>) -> io::Result<Self> {
        Ok(Self(Arc::new(Shared {
            options,
            artifacts,
            spawner: Spawner::start()?,
            metrics,
            state: Mutex::default(),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing is left half done where it could panic.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how many runners there are now.
    fn count(&self, state: &State) {
        let metrics = &self.0.metrics;
        let alive = state.pools.values().map(|p| p.alive).sum::<usize>();
        metrics.runners.set(alive as i64);
        metrics.models.set(state.pools.len() as i64);
        metrics.model_bytes.set(state.taken as i64);
    }

    /// How many runners there are, and the bytes that they may have.
    pub fn runners(&self) -> (usize, u64) {
        let state = self.lock();
        (state.pools.values().map(|p| p.alive).sum(), state.taken)
    }

    /// Whether a runner has the model, or is about to.
    pub fn has(&self, files: &Files) -> bool {
        self.lock().pools.contains_key(&files.content())
    }

    /// Bytes that a runner of the model may have, with so many bytes of `more` files; what it can
    /// take besides is counted, whether or not it does.
    pub fn memory(&self, files: &Files, more: u64) -> Result<u64, ModelError> {
        let options = &self.0.options;
        let length = files.artifact.length.saturating_add(more);
        let loaded = (length as f64 * options.memory_factor) as u64;
        let needed = loaded
            .saturating_add(options.run_memory)
            .saturating_add(walls::memory_besides(options.threads));
        if needed > options.memory {
            let budget = options.memory;
            return Err(ModelError::Memory { needed, budget });
        }
        Ok(needed)
    }

    /// A runner of the model, whose turn it is.
    pub async fn lease(&self, files: &Files) -> Result<Lease, Arc<ModelError>> {
        let content = files.content();
        let waiting = loop {
            let mut state = self.lock();
            if let Some(why) = state.failed(&content) {
                return Err(why);
            }
            let pool = state.pools.entry(content).or_default();
            if let Some(idle) = pool.idle.pop() {
                drop(state);
                match self.leased(idle, files) {
                    Some(lease) => return Ok(lease),
                    None => continue,
                }
            }
            let (send, waiting) = oneshot::channel();
            pool.waiters.push_back(send);
            self.start_for_those_who_wait(&mut state, files);
            break waiting;
        };
        waiting.await.unwrap_or(Err(Arc::new(ModelError::Lost)))
    }

    /// A new runner, which has had no request yet.
    pub async fn fresh(&self, files: &Files) -> Result<Lease, Arc<ModelError>> {
        let started = self.start(files).await;
        let lease = started.map_err(Arc::new)?;
        self.lock().pools.entry(lease.content).or_default().alive += 1;
        Ok(lease)
    }

    /// A runner without a model, which says whether inputs fit this one.
    pub async fn judge(&self, files: &Files, declared: &[u8]) -> Result<Process, ModelError> {
        let options = &self.0.options;
        let bytes = self
            .room(options.run_memory.saturating_add(walls::memory_besides(1)))
            .await;
        let process = self.process(None, options.run_memory, Some(bytes)).await;
        let mut process = process.map_err(ModelError::NoRunner)?;
        let until = Instant::now() + options.longest_load;
        let artifacts = &self.0.artifacts;
        files
            .prepare(&mut process, artifacts, declared, until)
            .await?;
        Ok(process)
    }

    /// The idle runner, unless it died meanwhile, or said something that it was not asked.
    fn leased(&self, mut idle: Idle, files: &Files) -> Option<Lease> {
        let is_sound = idle.process.is_silent();
        idle.process.wake();
        let lease = Lease {
            process: Some(idle.process),
            bytes: idle.bytes,
            content: files.content(),
            files: files.clone(),
            pools: self.clone(),
            loading: idle.loading,
        };
        if !is_sound {
            tracing::warn!("a runner that nobody used died, or spoke unasked: it is ended");
            self.0.metrics.runners_died.inc();
        }
        is_sound.then_some(lease)
    }

    /// Ends the idle runners of the model, of which one lied.
    pub fn end_idle(&self, files: &Files) {
        let content = files.content();
        let mut state = self.lock();
        let Some(pool) = state.pools.get_mut(&content) else {
            return;
        };
        let idle = std::mem::take(&mut pool.idle);
        pool.alive -= idle.len();
        state.forget(&content);
        self.count(&state);
        drop(state);
        for idle in idle {
            idle.bytes.leave();
        }
    }

    /// As many runners as can be of use: no more of one model than there may be runs.
    /// One more of a model displaces no other.
    fn start_for_those_who_wait(&self, state: &mut State, files: &Files) {
        let needed = self.memory(files, 0).unwrap_or(u64::MAX);
        let is_room = state.taken.saturating_add(needed) <= self.0.options.memory;
        let Some(pool) = state.pools.get_mut(&files.content()) else {
            return;
        };
        pool.waiters.retain(|w| !w.is_closed());
        let most = self.0.options.parallel.max(1);
        while pool.starting < pool.waiters.len()
            && pool.alive + pool.starting < most
            && (is_room || pool.alive + pool.starting == 0)
        {
            pool.starting += 1;
            let (pools, files) = (self.clone(), files.clone());
            tokio::spawn(async move {
                // A task of its own: if it breaks off, nobody waits for it without end.
                let starting = {
                    let (pools, files) = (pools.clone(), files.clone());
                    tokio::spawn(async move { pools.start(&files).await })
                };
                let started = starting.await.unwrap_or(Err(ModelError::Lost));
                let mut state = pools.lock();
                let Some(pool) = state.pools.get_mut(&files.content()) else {
                    return;
                };
                pool.starting -= 1;
                match started {
                    Ok(lease) => {
                        pool.alive += 1;
                        pools.count(&state);
                        drop(state);
                        pools.hand_on(lease);
                    }
                    // Those that there are will answer.
                    Err(error) if pool.alive > 0 => {
                        let error = error_chain(&error);
                        tracing::warn!(error, "failed to start one more runner of a model");
                    }
                    Err(error) => {
                        let error = Arc::new(error);
                        let waiters = std::mem::take(&mut pool.waiters);
                        if error.is_models_own() {
                            state.has_failed(files.content(), error.clone());
                        }
                        state.forget(&files.content());
                        drop(state);
                        for waiter in waiters {
                            // A caller that has gone needs no reason.
                            let _ = waiter.send(Err(error.clone()));
                        }
                    }
                }
            });
        }
    }

    async fn start(&self, files: &Files) -> Result<Lease, ModelError> {
        let options = &self.0.options;
        let manifest = files.manifest(&self.0.artifacts);
        let manifest = tokio::time::timeout(options.longest_load, manifest).await;
        let (_, manifest) = manifest.map_err(|_| ModelError::Late)??;
        let more = manifest.files.iter().map(|f| f.length);
        let needed = self.memory(files, more.fold(0, u64::saturating_add))?;
        let bytes = self.room(needed).await;
        let own = needed.saturating_sub(walls::memory_besides(options.threads));
        let begun = Instant::now();
        let library = Some(options.library.as_path());
        let process = self.process(library, own, Some(bytes.clone())).await;
        let mut process = process.map_err(ModelError::NoRunner)?;
        let until = Instant::now() + options.longest_load;
        let loaded = files.load(&mut process, &self.0.artifacts, until).await;
        if let Err(error) = loaded {
            bytes.leave();
            return Err(error);
        }
        Ok(Lease {
            process: Some(process),
            bytes,
            content: files.content(),
            files: files.clone(),
            pools: self.clone(),
            loading: begun.elapsed(),
        })
    }

    /// A runner without a model yet, which may take so many bytes for it; and none ever where it
    /// has no library. It has `held` until it is gone.
    async fn process(
        &self,
        library: Option<&Path>,
        memory: u64,
        held: Option<Arc<Bytes>>,
    ) -> Result<Process, ProcessError> {
        let options = &self.0.options;
        let mut program = options.program.clone();
        if let Some(library) = library {
            program
                .arguments
                .extend(["--library".into(), library.into()]);
            let threads = options.threads.to_string();
            program
                .arguments
                .extend(["--threads".into(), threads.into()]);
        }
        program
            .arguments
            .extend(["--memory".into(), memory.to_string().into()]);
        if options.allow_unsandboxed {
            program.arguments.push("--allow-unsandboxed".into());
        }
        let held = held.map(|bytes| Box::new(bytes) as Held);
        Process::start(&self.0.spawner, &program, held).await
    }

    /// Whether a runner can be started at all, and which walls it has.
    pub async fn probe(&self) -> Result<Locked, ProcessError> {
        let library = self.0.options.library.as_path();
        Ok(self.process(Some(library), 0, None).await?.locked)
    }

    /// So much memory, as soon as there is.
    async fn room(&self, needed: u64) -> Arc<Bytes> {
        let turn = Arc::new(Notify::new());
        self.lock()
            .in_line
            .push_back((Instant::now(), turn.clone()));
        let _place = Place {
            pools: self.clone(),
            turn: turn.clone(),
        };
        loop {
            if let Some(bytes) = self.try_room(needed, &turn) {
                return bytes;
            }
            turn.notified().await;
        }
    }

    fn try_room(&self, needed: u64, turn: &Arc<Notify>) -> Option<Arc<Bytes>> {
        loop {
            let mut state = self.lock();
            let is_first = state
                .in_line
                .front()
                .is_some_and(|(_, t)| Arc::ptr_eq(t, turn));
            if !is_first {
                return None;
            }
            let wanted = state.taken.saturating_add(needed);
            if wanted <= self.0.options.memory {
                state.taken = wanted;
                self.count(&state);
                return Some(Arc::new(Bytes {
                    bytes: needed,
                    is_leaving: AtomicBool::new(false),
                    pools: self.clone(),
                }));
            }
            // The runners that are being ended already are enough, once they are gone.
            if wanted.saturating_sub(state.leaving) <= self.0.options.memory {
                return None;
            }
            let oldest = state.oldest()?;
            tracing::info!("a model makes room for another");
            drop(state);
            oldest.bytes.leave();
        }
    }

    /// Stops the runner that is idle since then, if it is still.
    fn rest(&self, content: &Content, since: Instant) {
        let mut state = self.lock();
        let pool = state.pools.get_mut(content);
        let idle = pool.and_then(|p| p.idle.iter_mut().find(|i| i.since == since));
        if let Some(idle) = idle {
            idle.process.rest();
        }
    }

    /// Takes back a runner that has answered. Where others wait for memory it makes room.
    fn hand_back(&self, lease: Lease) {
        if lease.process.as_ref().is_some_and(|p| !p.is_silent()) {
            // It says something that it was not asked, or is gone.
            return;
        }
        let patience = PATIENCE.max(lease.loading);
        let is_to_go = self.lock().is_somebody_out_of(patience);
        match is_to_go {
            true => drop(lease),
            false => self.hand_on(lease),
        }
    }

    /// Gives a runner that nobody uses to the next in line. A new one must not go before it has
    /// answered: loads that take longer than the patience of others would all be for nothing.
    fn hand_on(&self, mut lease: Lease) {
        let mut state = self.lock();
        let pool = state.pools.entry(lease.content).or_default();
        // A fresh one was one too many from the start.
        if pool.alive > self.0.options.parallel.max(1) {
            drop(state);
            return;
        }
        loop {
            let pool = state.pools.entry(lease.content).or_default();
            let Some(waiter) = pool.waiters.pop_front() else {
                break;
            };
            // The one that it goes to may be gone; its lease then comes back, and must not be
            // dropped while the state is locked.
            match waiter.send(Ok(lease)) {
                Ok(()) => return,
                Err(Ok(back)) => lease = back,
                Err(Err(_)) => return,
            }
        }
        let Some(process) = lease.process.take() else {
            return;
        };
        let since = Instant::now();
        let pool = state.pools.entry(lease.content).or_default();
        pool.idle.push(Idle {
            process,
            bytes: lease.bytes.clone(),
            loading: lease.loading,
            since,
        });
        state.wake();
        drop(state);
        let (pools, content) = (Arc::downgrade(&self.0), lease.content);
        tokio::spawn(async move {
            tokio::time::sleep(REST_AFTER).await;
            if let Some(pools) = pools.upgrade() {
                Self(pools).rest(&content, since);
            }
        });
    }
}

/// A place in the line for memory.
struct Place {
    pools: Pools,
    turn: Arc<Notify>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.pools.lock();
        state.in_line.retain(|(_, t)| !Arc::ptr_eq(t, &self.turn));
        state.wake();
    }
}
