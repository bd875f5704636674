//! The files of a version, and how they get to a runner: verified on the way, and parsed by nobody
//! before.

use super::{process::Process, ModelError};
use crate::{
    artifacts::{ArtifactError, Artifacts, FileRef},
    protocol::{FilePart, Load, MAX_CHUNK},
};
use myai_model_kit::manifest::{Manifest, ManifestError, MAX_MANIFEST};
use myai_primitives::{File, Hash32, Numerics, VersionSpec};
use sha2::{Digest, Sha256};
use std::{future::Future, io::Read, time::Instant};
use tokio::sync::mpsc;

/// Pieces of a file that wait to be sent.
const PIECES: usize = 2;

/// The parts of a version that the worker needs.
#[derive(Clone, Debug)]
pub struct Files {
    pub artifact: FileRef,
    pub manifest: FileRef,
    pub numerics: Numerics,
}

/// The same for all versions that are made of the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Content {
    artifact: Hash32,
    manifest: Hash32,
    is_integer: bool,
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

    pub fn content(&self) -> Content {
        Content {
            artifact: self.artifact.sha256,
            manifest: self.manifest.sha256,
            is_integer: self.numerics == Numerics::IntV1,
        }
    }

    /// The manifest, fetched where it is not here.
    pub async fn manifest(&self, artifacts: &Artifacts) -> Result<(Vec<u8>, Manifest), ModelError> {
        if self.manifest.length > MAX_MANIFEST {
            return Err(ManifestError::TooLong(self.manifest.length).into());
        }
        let parse = |bytes: Vec<u8>| {
            let manifest = Manifest::parse(&bytes)?;
            Ok::<_, ManifestError>((bytes, manifest))
        };
        Ok(artifacts.read_with(&self.manifest, parse).await??)
    }

    /// Sends all files to a runner and waits until it has loaded the model.
    pub async fn load(
        &self,
        process: &mut Process,
        artifacts: &Artifacts,
        until: Instant,
    ) -> Result<(), ModelError> {
        let manifest = in_time(until, self.manifest(artifacts)).await?;
        let (bytes, manifest) = manifest?;
        let mut files = vec![(String::new(), self.artifact.clone())];
        files.extend(manifest.files.iter().map(|f| (f.name.clone(), f.into())));
        let part = |(name, file): &(String, FileRef)| FilePart {
            name: name.clone(),
            length: file.length,
        };
        let load = Load {
            manifest: bytes,
            is_integer: self.numerics == Numerics::IntV1,
            files: files.iter().map(part).collect(),
        };
        process.load(&load, until).await?;
        for (_, file) in &files {
            send(process, artifacts, file, until).await?;
        }
        Ok(process.verified(until).await?)
    }

    /// Tells a runner without a model which inputs this one takes, as its file declares them.
    pub async fn prepare(
        &self,
        process: &mut Process,
        artifacts: &Artifacts,
        declared: &[u8],
        until: Instant,
    ) -> Result<(), ModelError> {
        let manifest = in_time(until, self.manifest(artifacts)).await?;
        let load = Load {
            manifest: manifest?.0,
            is_integer: self.numerics == Numerics::IntV1,
            files: vec![],
        };
        Ok(process.prepare(&load, declared, until).await?)
    }
}

async fn in_time<T>(until: Instant, work: impl Future<Output = T>) -> Result<T, ModelError> {
    let done = tokio::time::timeout_at(until.into(), work).await;
    done.map_err(|_| ModelError::Late)
}

/// Sends a file. A file that has changed since it was fetched is put away, and the runner that got it
/// hears nothing more.
async fn send(
    process: &mut Process,
    artifacts: &Artifacts,
    file: &FileRef,
    until: Instant,
) -> Result<(), ModelError> {
    // It may have been put away since it was fetched.
    let kept = in_time(until, artifacts.fetch(file)).await??;
    let path = kept.path().to_owned();
    // As long as there is a runner of it, another one may have to be started.
    process.keep(kept);
    let (send, mut pieces) = mpsc::channel(PIECES);
    let (wanted, from) = (file.clone(), path.clone());
    let reading = tokio::task::spawn_blocking(move || read(&from, &wanted, &send));
    while let Some(piece) = pieces.recv().await {
        process.send(&piece, until).await?;
    }
    let disk = |source| ArtifactError::Disk {
        path: path.clone(),
        source,
    };
    let is_right = reading.await.map_err(|_| ModelError::Lost)?;
    if is_right.map_err(disk)? {
        return Ok(());
    }
    tokio::fs::remove_file(&path).await.map_err(disk)?;
    Err(ArtifactError::Changed { path }.into())
}

/// Whether the file has the right length and hash; what of it is read goes `to` the caller.
fn read(
    path: &std::path::Path,
    wanted: &FileRef,
    to: &mpsc::Sender<Vec<u8>>,
) -> std::io::Result<bool> {
    let mut file = std::fs::File::open(path)?;
    if file.metadata()?.len() != wanted.length {
        return Ok(false);
    }
    let mut hash = Sha256::new();
    let mut left = wanted.length;
    while left > 0 {
        let length = left.min(MAX_CHUNK as u64);
        let mut piece = Vec::new();
        (&mut file).take(length).read_to_end(&mut piece)?;
        if piece.is_empty() {
            return Ok(false);
        }
        hash.update(&piece);
        left = left.saturating_sub(piece.len() as u64);
        // Nobody listens any more where the runner ended.
        if to.blocking_send(piece).is_err() {
            return Ok(true);
        }
    }
    Ok(hash.finalize()[..] == wanted.sha256)
}
