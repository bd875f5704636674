//! Models that are loaded and kept warm, as many as fit in the memory that they may have.

use crate::{
    artifacts::{ArtifactError, Artifacts, Wanted},
    engine::{Engine, EngineError, Loaded},
    manifest::{Manifest, ManifestError, MANIFEST_MOST},
    postprocess::{self, LabelsError},
};
use myai_primitives::{File, Numerics, VersionId, VersionSpec};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::OnceCell;

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
}

/// What of a version the worker needs.
#[derive(Clone, Debug)]
pub struct Files {
    pub artifact: Wanted,
    pub manifest: Wanted,
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

struct Slot {
    model: Arc<OnceCell<Arc<Model>>>,
    /// Estimated, in bytes.
    memory: u64,
    /// When it was last asked for, by a counter.
    used: u64,
}

#[derive(Default)]
struct Slots {
    slots: HashMap<VersionId, Slot>,
    counter: u64,
}

/// Loaded models, least recently used out first.
pub struct Models {
    engine: Engine,
    artifacts: Artifacts,
    /// Bytes that loaded models may have together. A model that goes while it is running keeps
    /// its memory until the run ends.
    budget: u64,
    /// Memory of a loaded model for each byte of its file.
    factor: f64,
    slots: Mutex<Slots>,
}

impl Models {
    pub fn new(engine: Engine, artifacts: Artifacts, budget: u64, factor: f64) -> Self {
        Self {
            engine,
            artifacts,
            budget,
            factor,
            slots: Mutex::default(),
        }
    }

    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// How many are loaded or being loaded, and their estimated bytes.
    pub fn loaded(&self) -> (usize, u64) {
        let slots = self.lock();
        (
            slots.slots.len(),
            slots.slots.values().map(|s| s.memory).sum(),
        )
    }

    /// Fetches what the version needs, without loading it.
    pub async fn fetch(&self, files: &Files) -> Result<(), ModelError> {
        self.memory(files)?;
        let manifest = self.manifest(files).await?;
        for file in &manifest.files {
            self.artifacts.fetch(&file.into()).await?;
        }
        self.artifacts.fetch(&files.artifact).await?;
        Ok(())
    }

    /// The model, loaded now if it is not. Whoever asks for one that is being loaded waits for
    /// that; others go on.
    pub async fn get(&self, version: VersionId, files: &Files) -> Result<Arc<Model>, ModelError> {
        let memory = self.memory(files)?;
        let cell = self.slot(version, memory);
        let made = cell.get_or_try_init(|| self.load(files)).await.cloned();
        if made.is_err() {
            let mut slots = self.lock();
            if slots
                .slots
                .get(&version)
                .is_some_and(|s| Arc::ptr_eq(&s.model, &cell))
            {
                slots.slots.remove(&version);
            }
        }
        made
    }

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
        if files.manifest.length > MANIFEST_MOST {
            return Err(ManifestError::TooLong(files.manifest.length).into());
        }
        let manifest = Manifest::parse(&self.artifacts.read(&files.manifest).await?)?;
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

    fn lock(&self) -> std::sync::MutexGuard<'_, Slots> {
        // Nothing is left half done where it could panic.
        self.slots.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn slot(&self, version: VersionId, memory: u64) -> Arc<OnceCell<Arc<Model>>> {
        let mut guard = self.lock();
        let slots = &mut *guard;
        slots.counter += 1;
        if let Some(slot) = slots.slots.get_mut(&version) {
            slot.used = slots.counter;
            return slot.model.clone();
        }
        while slots.slots.values().map(|s| s.memory).sum::<u64>() + memory > self.budget {
            let Some(oldest) = slots
                .slots
                .iter()
                .min_by_key(|(_, s)| s.used)
                .map(|(v, _)| *v)
            else {
                break;
            };
            tracing::info!(version = %oldest, "the model makes room for another");
            slots.slots.remove(&oldest);
        }
        let slot = Slot {
            model: Arc::default(),
            memory,
            used: slots.counter,
        };
        let model = slot.model.clone();
        slots.slots.insert(version, slot);
        model
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
            let model = crate::inspect::inspect(&bytes).map_err(EngineError::from)?;
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
