//! Runners that are kept warm: as many of a model as there is work for, all together within the memory
//! that they may have.
//!
//! Who needs a runner of a model gets one that is idle, or waits in line for one, of those that run
//! now or of one more that is started for it. Who starts a runner waits in line for memory; the runner
//! that was idle longest makes room, and when none is idle for a while, the next one that ends a
//! request does, so that models that are asked for all the time keep no other out.

use super::{
    files::{Content, Files},
    process::{Process, ProcessError},
    spawner::Spawner,
    ModelError, Options,
};
use crate::{artifacts::Artifacts, error_chain, metrics::Metrics, protocol::Locked};
use std::{
    collections::{HashMap, VecDeque},
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{oneshot, Notify};

/// How long somebody waits for memory before runners that are in demand make room.
const PATIENCE: Duration = Duration::from_secs(2);

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
    /// Of memory.
    bytes: u64,
    since: Instant,
}

#[derive(Default)]
struct State {
    pools: HashMap<Content, Pool>,
    /// Bytes that runners have, or are promised.
    taken: u64,
    /// Who waits for memory, and since when.
    in_line: VecDeque<(Instant, Arc<Notify>)>,
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
    bytes: Bytes,
    content: Content,
    files: Files,
    pools: Pools,
    is_fresh: bool,
}

/// Memory that is promised, until this is dropped.
struct Bytes {
    bytes: u64,
    pools: Pools,
}

impl Drop for Bytes {
    fn drop(&mut self) {
        let mut state = self.pools.lock();
        state.taken = state.taken.saturating_sub(self.bytes);
        state.wake();
    }
}

impl State {
    /// Has whoever is first in line for memory look again.
    fn wake(&self) {
        if let Some((_, first)) = self.in_line.front() {
            first.notify_one();
        }
    }

    fn is_somebody_out_of_patience(&self) -> bool {
        let first = self.in_line.front();
        first.is_some_and(|(since, _)| since.elapsed() > PATIENCE)
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

    /// Drops what there is nothing of any more.
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

    /// Whether nothing of a stranger but the model has been in it.
    pub fn is_fresh(&self) -> bool {
        self.is_fresh
    }

    /// Lets others have the runner, which is sound.
    pub fn give_back(mut self) {
        self.is_fresh = false;
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

    /// Bytes that a runner of the model may have, with so many bytes of `more` files.
    pub fn memory(&self, files: &Files, more: u64) -> Result<u64, ModelError> {
        let options = &self.0.options;
        let length = files.artifact.length.saturating_add(more);
        let loaded = (length as f64 * options.memory_factor) as u64;
        let needed = loaded.saturating_add(options.run_memory);
        if needed > options.memory {
            let budget = options.memory;
            return Err(ModelError::Memory { needed, budget });
        }
        Ok(needed)
    }

    /// A runner of the model, whose turn it is.
    pub async fn lease(&self, files: &Files) -> Result<Lease, Arc<ModelError>> {
        let content = files.content();
        let waiting = {
            let mut state = self.lock();
            let pool = state.pools.entry(content).or_default();
            if let Some(idle) = pool.idle.pop() {
                return Ok(self.leased(idle, files));
            }
            let (send, waiting) = oneshot::channel();
            pool.waiters.push_back(send);
            self.start_for_those_who_wait(&mut state, files);
            waiting
        };
        waiting.await.unwrap_or(Err(Arc::new(ModelError::Lost)))
    }

    /// A runner that nothing but its model has been in.
    pub async fn fresh(&self, files: &Files) -> Result<Lease, Arc<ModelError>> {
        let started = self.start(files).await;
        let mut lease = started.map_err(Arc::new)?;
        lease.is_fresh = true;
        self.lock().pools.entry(lease.content).or_default().alive += 1;
        Ok(lease)
    }

    fn leased(&self, idle: Idle, files: &Files) -> Lease {
        Lease {
            process: Some(idle.process),
            bytes: Bytes {
                bytes: idle.bytes,
                pools: self.clone(),
            },
            content: files.content(),
            files: files.clone(),
            pools: self.clone(),
            is_fresh: false,
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
                let started = pools.start(&files).await;
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
                        state.forget(&files.content());
                        drop(state);
                        for waiter in waiters {
                            // Whoever does not wait any more needs no reason.
                            let _ = waiter.send(Err(error.clone()));
                        }
                    }
                }
            });
        }
    }

    async fn start(&self, files: &Files) -> Result<Lease, ModelError> {
        let (_, manifest) = files.manifest(&self.0.artifacts).await?;
        let more = manifest.files.iter().map(|f| f.length);
        let needed = self.memory(files, more.fold(0, u64::saturating_add))?;
        let bytes = self.room(needed).await;
        let mut process = self.process(needed).await?;
        let until = Instant::now() + self.0.options.longest_load;
        files.load(&mut process, &self.0.artifacts, until).await?;
        Ok(Lease {
            process: Some(process),
            bytes,
            content: files.content(),
            files: files.clone(),
            pools: self.clone(),
            is_fresh: false,
        })
    }

    /// A runner without a model, which may take so many bytes.
    async fn process(&self, memory: u64) -> Result<Process, ProcessError> {
        let options = &self.0.options;
        let mut program = options.program.clone();
        program.arguments.extend([
            "--library".into(),
            options.library.clone().into_os_string(),
            "--threads".into(),
            options.threads.to_string().into(),
            "--memory".into(),
            memory.to_string().into(),
        ]);
        if options.allow_unsandboxed {
            program.arguments.push("--allow-unsandboxed".into());
        }
        Process::start(&self.0.spawner, &program).await
    }

    /// Whether a runner can be started at all, and which walls it has.
    pub async fn probe(&self) -> Result<Locked, ProcessError> {
        Ok(self.process(0).await?.locked)
    }

    /// So much memory, as soon as there is.
    async fn room(&self, needed: u64) -> Bytes {
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

    fn try_room(&self, needed: u64, turn: &Arc<Notify>) -> Option<Bytes> {
        let mut state = self.lock();
        let is_first = state
            .in_line
            .front()
            .is_some_and(|(_, t)| Arc::ptr_eq(t, turn));
        if !is_first {
            return None;
        }
        while state.taken.saturating_add(needed) > self.0.options.memory {
            let oldest = state.oldest()?;
            tracing::info!("a model makes room for another");
            state.taken = state.taken.saturating_sub(oldest.bytes);
        }
        state.taken = state.taken.saturating_add(needed);
        self.count(&state);
        let pools = self.clone();
        Some(Bytes {
            bytes: needed,
            pools,
        })
    }

    /// Takes back a runner that has answered. Where others wait for memory it makes room.
    fn hand_back(&self, lease: Lease) {
        let is_to_go = self.lock().is_somebody_out_of_patience();
        match is_to_go {
            true => drop(lease),
            false => self.hand_on(lease),
        }
    }

    /// Gives a runner that nobody uses to whoever is next. A new one is never to go before it has
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
        let pool = state.pools.entry(lease.content).or_default();
        pool.idle.push(Idle {
            process,
            bytes: lease.bytes.bytes,
            since: Instant::now(),
        });
        // What is promised to it goes on being promised.
        lease.bytes.bytes = 0;
        state.wake();
        drop(state);
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
