//! Models that are loaded and kept warm, as many as fit in the memory that they may have.

use crate::{
    artifacts::{ArtifactError, Artifacts, FileRef},
    engine::{Engine, EngineError, Loaded},
};
use myai_model_kit::{
    manifest::{Manifest, ManifestError, MAX_MANIFEST},
    postprocess::{self, LabelsError},
};
use myai_primitives::{File, Numerics, VersionId, VersionSpec};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use tokio::sync::{watch, OwnedMutexGuard};

/// Why a version cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Labels(#[from] LabelsError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error("load the model: it needs some {needed} bytes of memory, and models have {budget}")]
    Memory { needed: u64, budget: u64 },
    #[error("load the model: it is registered as integer only, and {0}")]
    NotInteger(String),
    #[error("have the model's files in time")]
    Late,
}

impl ModelError {
    /// Whether the version may be had later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Artifact(e) if e.is_transient())
    }
}

/// What of a version the worker needs.
#[derive(Clone, Debug)]
pub struct Files {
    pub artifact: FileRef,
    pub manifest: FileRef,
    pub numerics: Numerics,
}

impl Files {
    pub fn new(artifact: &File, manifest: &File, numerics: Numerics) -> Self {
        Self {
            artifact: artifact.into(),
            manifest: manifest.into(),
            numerics,
        }
    }

    pub fn of<A>(spec: &VersionSpec<A>) -> Self {
        Self::new(&spec.artifact, &spec.manifest, spec.numerics)
    }
}

/// A version that is ready to run.
pub struct Model {
    pub manifest: Manifest,
    /// For [`postprocess::answer`].
    pub labels: Vec<String>,
    pub loaded: Loaded,
}

/// What came of loading, once it is known. Whoever holds it keeps the model from being put away.
type Made = watch::Sender<Option<Result<Arc<Model>, Arc<ModelError>>>>;

struct Slot {
    made: Arc<Made>,
    /// Estimated, in bytes.
    memory: u64,
    /// When it was last asked for, by a counter.
    used: u64,
}

impl Slot {
    /// Whether nobody loads it, runs it or is about to.
    fn is_idle(&self) -> bool {
        let made = self.made.borrow();
        match &*made {
            Some(Ok(model)) => {
                Arc::strong_count(&self.made) == 1
                    && Arc::strong_count(model) == 1
                    && !model.loaded.is_running()
            }
            _ => false,
        }
    }
}

#[derive(Default)]
struct Slots {
    slots: HashMap<VersionId, Slot>,
    /// Held by whoever has a version loaded; one for each version that was asked for.
    to_load: HashMap<VersionId, Arc<tokio::sync::Mutex<()>>>,
    counter: u64,
}

/// Between two looks whether there is room.
const ROOM_PAUSE: Duration = Duration::from_millis(50);
/// How long whoever waits for room keeps others waiting before they have their turn.
const ROOM_TURN: Duration = Duration::from_secs(30);
/// Between two attempts to fetch what could not be had: at first, and at most.
const FIRST_FETCH_PAUSE: Duration = Duration::from_secs(1);
const MAX_FETCH_PAUSE: Duration = Duration::from_secs(30);

/// Loaded models, least recently used out first. All of them together, those that run included,
/// have no more memory than they may.
pub struct ModelCache {
    shared: Arc<Shared>,
    /// Who waits for room waits in turn: models that are asked for all the time must not keep
    /// another out.
    room: tokio::sync::Mutex<()>,
}

struct Shared {
    engine: Engine,
    artifacts: Artifacts,
    /// Bytes that loaded models may have together.
    budget: u64,
    /// Memory of a loaded model for each byte of its file.
    factor: f64,
    slots: Mutex<Slots>,
}

impl ModelCache {
    pub fn new(engine: Engine, artifacts: Artifacts, budget: u64, factor: f64) -> Self {
        Self {
            shared: Arc::new(Shared {
                engine,
                artifacts,
                budget,
                factor,
                slots: Mutex::default(),
            }),
            room: tokio::sync::Mutex::default(),
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.shared.engine
    }

    /// How many are loaded or being loaded, and their estimated bytes.
    pub fn loaded(&self) -> (usize, u64) {
        let slots = self.shared.lock();
        (slots.slots.len(), slots.memory())
    }

    /// Whether the version is loaded or being loaded.
    pub fn has(&self, version: VersionId) -> bool {
        self.shared.lock().slots.contains_key(&version)
    }

    /// Fetches what the version needs, without loading it.
    pub async fn fetch(&self, files: &Files) -> Result<(), ModelError> {
        self.shared.memory(files)?;
        let manifest = self.shared.manifest(files).await?;
        let artifacts = &self.shared.artifacts;
        for file in &manifest.files {
            artifacts.fetch(&file.into()).await?;
        }
        artifacts.fetch(&files.artifact).await?;
        Ok(())
    }

    /// Like [`Self::fetch`], again and again until `end` as long as that may help.
    pub async fn fetch_until(&self, files: &Files, end: Instant) -> Result<(), ModelError> {
        let mut pause = FIRST_FETCH_PAUSE;
        loop {
            let error = match tokio::time::timeout_at(end.into(), self.fetch(files)).await {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error,
                Err(_) => return Err(ModelError::Late),
            };
            if !error.is_transient() || Instant::now() + pause >= end {
                return Err(error);
            }
            tracing::warn!(%error, "failed to fetch a version's files; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(MAX_FETCH_PAUSE);
        }
    }

    /// Waits as long as others load the version, and begins nothing. Where it is not loaded then:
    /// the right to have it loaded, for which others wait here until it is dropped.
    pub async fn to_load(&self, version: VersionId) -> Option<OwnedMutexGuard<()>> {
        let right = {
            let mut slots = self.shared.lock();
            slots.to_load.entry(version).or_default().clone()
        };
        let right = right.lock_owned().await;
        let made = {
            let slots = self.shared.lock();
            slots.slots.get(&version).map(|s| s.made.subscribe())
        };
        let Some(mut made) = made else {
            return Some(right);
        };
        let made = made.wait_for(Option::is_some).await;
        let is_loaded = made.is_ok_and(|m| matches!(&*m, Some(Ok(_))));
        (!is_loaded).then_some(right)
    }

    /// The model, loaded now if it is not. Whoever asks for one that is being loaded waits for
    /// that; whoever asks for one that there is no room for waits until others are not used. A
    /// load that nobody waits for any more goes on all the same, and the next one finds it done.
    pub async fn get(
        &self,
        version: VersionId,
        files: &Files,
    ) -> Result<Arc<Model>, Arc<ModelError>> {
        let made = self.made(version, files).await?;
        let mut seen = made.subscribe();
        let model = match seen.wait_for(Option::is_some).await {
            Ok(made) => made.clone(),
            Err(_) => None,
        };
        model.unwrap_or_else(|| Err(Arc::new(EngineError::Lost.into())))
    }

    async fn made(&self, version: VersionId, files: &Files) -> Result<Arc<Made>, ModelError> {
        let memory = self.shared.memory(files)?;
        loop {
            let _turn = self.room.lock().await;
            let begun = Instant::now();
            while begun.elapsed() < ROOM_TURN {
                if let Some(made) = self.shared.made(version, memory, files) {
                    return Ok(made);
                }
                tokio::time::sleep(ROOM_PAUSE).await;
            }
        }
    }
}

impl Slots {
    fn memory(&self) -> u64 {
        self.slots.values().map(|s| s.memory).sum()
    }
}

impl Shared {
    /// Estimated bytes of the loaded model. Nothing is fetched for one that has no room.
    fn memory(&self, files: &Files) -> Result<u64, ModelError> {
        let needed = (files.artifact.length as f64 * self.factor) as u64;
        if needed > self.budget {
            return Err(ModelError::Memory {
                needed,
                budget: self.budget,
            });
        }
        Ok(needed)
    }

    /// The version's manifest, with the lengths of what it names looked at before that is fetched.
    async fn manifest(&self, files: &Files) -> Result<Manifest, ModelError> {
        if files.manifest.length > MAX_MANIFEST {
            return Err(ManifestError::TooLong(files.manifest.length).into());
        }
        let parse = |bytes: Vec<u8>| Manifest::parse(&bytes);
        let manifest = self.artifacts.read_with(&files.manifest, parse).await??;
        let needed = manifest
            .files
            .iter()
            .map(|f| f.length)
            .fold(0, u64::saturating_add);
        if needed > self.budget {
            return Err(ModelError::Memory {
                needed,
                budget: self.budget,
            });
        }
        Ok(manifest)
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        // Nothing is left half done where it could panic.
        self.slots.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The version's slot, made now if there is none; `None` while there is no room for it.
    fn made(self: &Arc<Self>, version: VersionId, memory: u64, files: &Files) -> Option<Arc<Made>> {
        let mut guard = self.lock();
        let slots = &mut *guard;
        slots.counter += 1;
        if let Some(slot) = slots.slots.get_mut(&version) {
            slot.used = slots.counter;
            return Some(slot.made.clone());
        }
        while slots.memory() + memory > self.budget {
            let (oldest, _) = slots
                .slots
                .iter()
                .filter(|(_, s)| s.is_idle())
                .min_by_key(|(_, s)| s.used)?;
            let oldest = *oldest;
            tracing::info!(version = %oldest, "the model makes room for another");
            slots.slots.remove(&oldest);
        }
        let made = Arc::new(Made::new(None));
        let slot = Slot {
            made: made.clone(),
            memory,
            used: slots.counter,
        };
        slots.slots.insert(version, slot);
        let (shared, files) = (self.clone(), files.clone());
        tokio::spawn(shared.make(version, files, made.clone()));
        Some(made)
    }

    /// Loads, a task of its own so that it ends whoever waits for it. What failed is forgotten,
    /// and tried again by the next one that asks.
    async fn make(self: Arc<Self>, version: VersionId, files: Files, made: Arc<Made>) {
        let this = self.clone();
        let loading = tokio::spawn(async move { this.load(&files).await });
        let loaded = loading.await.unwrap_or_else(|error| {
            tracing::error!(%version, %error, "loading broke off");
            Err(EngineError::Lost.into())
        });
        if loaded.is_err() {
            self.lock().slots.remove(&version);
        }
        made.send_replace(Some(loaded.map_err(Arc::new)));
    }

    async fn load(&self, files: &Files) -> Result<Arc<Model>, ModelError> {
        let manifest = self.manifest(files).await?;
        let mut extra = HashMap::new();
        for file in &manifest.files {
            extra.insert(file.name.as_str(), self.artifacts.read(&file.into()).await?);
        }
        let labels = postprocess::labels(&manifest, |name| extra.get(name).cloned())?;
        let bytes = self.artifacts.read(&files.artifact).await?;
        if files.numerics == Numerics::IntV1 {
            let model = myai_model_kit::inspect::inspect(&bytes).map_err(EngineError::from)?;
            if let Some(reason) = model.not_integer.into_iter().next() {
                return Err(ModelError::NotInteger(reason));
            }
        }
        let loaded = self.engine.load(bytes).await?;
        let inputs: Vec<&str> = manifest.inputs.iter().map(|i| i.name.as_str()).collect();
        loaded.check_names(&inputs, &postprocess::wanted(&manifest.output))?;
        Ok(Arc::new(Model {
            manifest,
            labels,
            loaded,
        }))
    }
}
