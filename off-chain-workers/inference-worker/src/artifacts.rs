//! Files that the chain names by hash: keeps them in a folder, and fetches those that are missing.
//!
//! A file's name is the SHA-256 of its bytes. While it is fetched it has `.part` behind its
//! name, and a fetch that broke off continues where it ended. Length and hash are verified before
//! the name is final, and again whenever the bytes are read.
//!
//! Strangers say where a file may be had. It is taken from this machine only out of folders that
//! its operator names, and from hosts only at addresses that everybody reaches ([`addresses`]);
//! all files together have a quota (`room`).

pub mod addresses;
mod room;

use crate::error_chain;
use addresses::{MayAsk, NotPublic};
use futures::StreamExt;
use myai_primitives::{File as ChainFile, Hash32};
use prometheus::IntGauge;
use reqwest::{
    header::{CONTENT_RANGE, RANGE},
    redirect, StatusCode,
};
use room::FilesInUse;
pub use room::Kept;
use sha2::{Digest, Sha256};
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    fs,
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Mutex,
};
use url::Url;

/// Read from this machine at once, in bytes.
const PIECE: usize = 1 << 20;

/// A file by its hash, and where it may be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    pub sha256: Hash32,
    /// In bytes; nothing longer is fetched.
    pub length: u64,
    /// `https://` or `file://`, tried in their order.
    pub uris: Vec<String>,
}

impl From<&ChainFile> for FileRef {
    fn from(file: &ChainFile) -> Self {
        Self {
            sha256: file.sha256,
            length: file.length,
            uris: file
                .uris
                .iter()
                .map(|u| String::from_utf8_lossy(u).into_owned())
                .collect(),
        }
    }
}

impl From<&myai_model_kit::manifest::ExtraFile> for FileRef {
    fn from(file: &myai_model_kit::manifest::ExtraFile) -> Self {
        Self {
            sha256: file.sha256,
            length: file.length,
            uris: file.uris.clone(),
        }
    }
}

/// Why a file cannot be had from one place.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{uri} is neither https:// nor file://")]
    Scheme { uri: String },
    #[error("{uri} lies in none of the folders that `files_from` lists")]
    OutsideFolders { uri: String },
    #[error("{uri} is not asked: {why}")]
    Refused { uri: String, why: String },
    #[error("{uri} answered with status {status}")]
    Status { uri: String, status: u16 },
    #[error("{uri} could not be read: {why}")]
    Transport { uri: String, why: String },
    #[error("{uri} has {got} bytes and should have {wanted}")]
    Length { uri: String, got: u64, wanted: u64 },
    #[error("{uri} has other bytes than those that were asked for")]
    Hash { uri: String },
}

impl FetchError {
    /// Whether the same place may give the file later. What lies on this machine does not come by
    /// waiting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport { uri, .. } => !uri.starts_with("file://"),
            // The server has trouble, or asks to be spared.
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..=599),
            // The server may have stopped half-way; the next attempt continues there.
            Self::Length { uri, got, wanted } => !uri.starts_with("file://") && got < wanted,
            Self::Scheme { .. }
            | Self::OutsideFolders { .. }
            | Self::Refused { .. }
            | Self::Hash { .. } => false,
        }
    }
}

/// Why a file cannot be had at all.
#[derive(Debug, thiserror::Error)]
pub enum ArtifactError {
    #[error("fetch the file {}: {}", hex::encode(sha256), joined(errors))]
    Nowhere {
        sha256: Hash32,
        errors: Vec<FetchError>,
    },
    #[error("use {}: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("read {}: it changed since it was fetched", path.display())]
    Changed { path: PathBuf },
    #[error("fetch a file of {length} bytes: all files together may have {quota}, by `files_mib`")]
    TooLong { length: u64, quota: u64 },
    #[error(
        "fetch a file of {length} bytes: files that are needed now leave too little of the {quota} \
         that `files_mib` allows"
    )]
    NoRoom { length: u64, quota: u64 },
}

impl ArtifactError {
    /// Whether the file may be had later.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Nowhere { errors, .. } => errors.iter().any(FetchError::is_transient),
            // It is fetched once more; others need their files no longer.
            Self::Changed { .. } | Self::NoRoom { .. } => true,
            Self::Disk { .. } | Self::TooLong { .. } => false,
        }
    }
}

fn joined(errors: &[FetchError]) -> String {
    if errors.is_empty() {
        return "it has no URI".into();
    }
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("; ")
}

/// Progress of a fetch: the URI, the bytes that are here, the bytes of the whole file.
pub type Progress = Arc<dyn Fn(&str, u64, u64) + Send + Sync>;

/// How files are fetched.
#[derive(Clone)]
pub struct FetchOptions {
    /// Until there is a connection, and between two pieces of a file.
    pub patience: Duration,
    /// Refuses `http://`, redirections to it included. Off only in tests.
    pub https_only: bool,
    /// Addresses that are asked.
    pub may_ask: MayAsk,
    /// Folders out of which `file://` is taken, and nothing else.
    pub from: Vec<PathBuf>,
    /// Most bytes that all files together may have.
    pub quota: u64,
    /// Gets the number of their bytes.
    pub on_disk: Option<IntGauge>,
    pub progress: Progress,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(30),
            https_only: true,
            may_ask: addresses::is_public,
            from: Vec::new(),
            quota: 50 << 30,
            on_disk: None,
            progress: Arc::new(|_, _, _| ()),
        }
    }
}

/// The folder of files.
#[derive(Clone)]
pub struct Artifacts {
    folder: Arc<Folder>,
    client: reqwest::Client,
    options: FetchOptions,
    in_use: Arc<Mutex<FilesInUse>>,
}

struct Folder {
    path: PathBuf,
    quota: u64,
    on_disk: Option<IntGauge>,
}

impl Folder {
    /// Where the file is or will be.
    fn file(&self, sha256: &Hash32) -> PathBuf {
        self.path.join(hex::encode(sha256))
    }

    fn disk(&self, source: io::Error) -> ArtifactError {
        ArtifactError::Disk {
            path: self.path.clone(),
            source,
        }
    }

    /// So many bytes lie in it.
    fn has(&self, bytes: u64) {
        if let Some(on_disk) = &self.on_disk {
            on_disk.set(i64::try_from(bytes).unwrap_or(i64::MAX));
        }
    }
}

impl Artifacts {
    /// Makes the folder where it is not there.
    pub fn open(folder: &Path, options: FetchOptions) -> Result<Self, ArtifactError> {
        let disk = |source| ArtifactError::Disk {
            path: folder.into(),
            source,
        };
        std::fs::create_dir_all(folder).map_err(disk)?;
        let may_ask = options.may_ask;
        let client = reqwest::Client::builder()
            .https_only(options.https_only)
            .connect_timeout(options.patience)
            .read_timeout(options.patience)
            // A proxy would resolve the names itself.
            .no_proxy()
            .dns_resolver(Arc::new(addresses::Resolver(may_ask)))
            .redirect(redirect::Policy::custom(move |attempt| {
                addresses::redirected(attempt, may_ask)
            }))
            .build()
            .map_err(|e| disk(io::Error::other(e)))?;
        let folder = Folder {
            path: folder.into(),
            quota: options.quota,
            on_disk: options.on_disk.clone(),
        };
        room::measure(&folder)?;
        Ok(Self {
            folder: Arc::new(folder),
            client,
            options,
            in_use: Arc::default(),
        })
    }

    /// Where the file is or will be.
    pub fn path(&self, sha256: &Hash32) -> PathBuf {
        self.folder.file(sha256)
    }

    /// Makes the file be there; it is not removed to make room as long as the answer lives. One
    /// that is there with the right length is not read again; [`Self::read`] does that.
    pub async fn fetch(&self, wanted: &FileRef) -> Result<Kept, ArtifactError> {
        let quota = self.folder.quota;
        if wanted.length > quota {
            let length = wanted.length;
            return Err(ArtifactError::TooLong { length, quota });
        }
        let in_use = {
            let mut in_use = self.in_use.lock().await;
            in_use.entry(wanted.sha256).or_default().clone()
        };
        let kept = Kept::new(self.path(&wanted.sha256), in_use);
        self.fetch_kept(wanted, &kept).await?;
        Ok(kept)
    }

    async fn fetch_kept(&self, wanted: &FileRef, kept: &Kept) -> Result<(), ArtifactError> {
        let _turn = kept.file.turn.lock().await;
        let path = kept.path();
        if fs::metadata(path)
            .await
            .is_ok_and(|m| m.is_file() && m.len() == wanted.length)
        {
            return Ok(());
        }
        self.make_room(wanted.length, kept).await?;
        let _coming = kept.coming();
        let mut errors = Vec::new();
        for uri in &wanted.uris {
            match self.fetch_from(uri, wanted, path).await {
                Ok(()) => return Ok(()),
                Err(Failure::Source(error)) => {
                    tracing::warn!(%error, "a file could not be fetched");
                    errors.push(error);
                }
                Err(Failure::Disk(path, source)) => {
                    return Err(ArtifactError::Disk { path, source })
                }
            }
        }
        Err(ArtifactError::Nowhere {
            sha256: wanted.sha256,
            errors,
        })
    }

    async fn make_room(&self, length: u64, kept: &Kept) -> Result<(), ArtifactError> {
        let (folder, wanted) = (self.folder.clone(), kept.file.clone());
        // Nobody begins to use a file while it is decided which ones go.
        let mut in_use = self.in_use.clone().lock_owned().await;
        tokio::task::spawn_blocking(move || room::make_room(&folder, &mut in_use, &wanted, length))
            .await
            .map_err(|e| self.folder.disk(io::Error::other(e)))?
    }

    /// The file's bytes, fetched where they are not there, verified in any case.
    pub async fn read(&self, wanted: &FileRef) -> Result<Vec<u8>, ArtifactError> {
        self.read_with(wanted, |bytes| bytes).await
    }

    /// The result of `parse` on the file's bytes, off the async threads: a stranger wrote them, and
    /// may have made them slow to read.
    pub async fn read_with<T: Send + 'static>(
        &self,
        wanted: &FileRef,
        parse: impl FnOnce(Vec<u8>) -> T + Send + 'static,
    ) -> Result<T, ArtifactError> {
        let kept = self.fetch(wanted).await?;
        let path = kept.path().to_owned();
        let (sha256, length) = (wanted.sha256, wanted.length);
        let disk = {
            let path = path.clone();
            move |source| ArtifactError::Disk { path, source }
        };
        let read = path.clone();
        let parsed = tokio::task::spawn_blocking(move || -> io::Result<Option<T>> {
            let mut bytes = Vec::new();
            std::fs::File::open(&read)?
                .take(length + 1)
                .read_to_end(&mut bytes)?;
            let right = bytes.len() as u64 == length && Sha256::digest(&bytes)[..] == sha256;
            Ok(right.then(|| parse(bytes)))
        })
        .await
        .map_err(|e| disk.clone()(io::Error::other(e)))?
        .map_err(disk.clone())?;
        match parsed {
            Some(parsed) => Ok(parsed),
            None => {
                // Fetched once more next time.
                fs::remove_file(&path).await.map_err(disk)?;
                Err(ArtifactError::Changed { path })
            }
        }
    }

    async fn fetch_from(&self, uri: &str, wanted: &FileRef, path: &Path) -> Result<(), Failure> {
        let part = path.with_extension("part");
        let fetched = if let Some(local) = uri.strip_prefix("file://") {
            self.copy(uri, Path::new(local), wanted, &part).await
        } else if uri.starts_with("https://") || !self.options.https_only {
            self.download_anew(uri, wanted, &part).await
        } else {
            return Err(Failure::Source(FetchError::Scheme { uri: uri.into() }));
        };
        if let Err(Failure::Disk(..)) = &fetched {
            // It may be what filled the disk, and the journal needs room too.
            let _ = fs::remove_file(&part).await;
        }
        fetched?;
        let disk = |e| Failure::Disk(part.clone(), e);
        fs::rename(&part, path).await.map_err(disk)?;
        if let Some(on_disk) = &self.folder.on_disk {
            on_disk.add(wanted.length as i64);
        }
        let folder = fs::File::open(&self.folder.path).await.map_err(disk)?;
        folder.sync_all().await.map_err(disk)
    }

    async fn copy(
        &self,
        uri: &str,
        from: &Path,
        wanted: &FileRef,
        part: &Path,
    ) -> Result<(), Failure> {
        let transport = |e: io::Error| {
            Failure::Source(FetchError::Transport {
                uri: uri.into(),
                why: e.to_string(),
            })
        };
        let disk = |e| Failure::Disk(part.into(), e);
        let length = |got| {
            Failure::Source(FetchError::Length {
                uri: uri.into(),
                got,
                wanted: wanted.length,
            })
        };
        // Without links, so that the path that is looked at is the one that is opened.
        let from = fs::canonicalize(from).await.map_err(transport)?;
        if !self.is_allowed(&from).await {
            return Err(FetchError::OutsideFolders { uri: uri.into() }.into());
        }
        // A device or a pipe may never end.
        let metadata = fs::metadata(&from).await.map_err(transport)?;
        if !metadata.is_file() {
            return Err(transport(io::Error::other("it is not a file")));
        }
        if metadata.len() != wanted.length {
            return Err(length(metadata.len()));
        }
        let file = fs::File::open(&from).await.map_err(transport)?;
        let mut from = file.take(wanted.length + 1);
        let mut to = fs::File::create(part).await.map_err(disk)?;
        let mut hash = Sha256::new();
        let mut done = 0;
        let mut piece = vec![0; PIECE];
        loop {
            let got = from.read(&mut piece).await.map_err(transport)?;
            if got == 0 {
                break;
            }
            hash.update(&piece[..got]);
            to.write_all(&piece[..got]).await.map_err(disk)?;
            done += got as u64;
        }
        to.flush().await.map_err(disk)?;
        to.sync_all().await.map_err(disk)?;
        if done != wanted.length {
            fs::remove_file(part).await.map_err(disk)?;
            return Err(length(done));
        }
        self.finish(uri, wanted, part, hash).await
    }

    /// Whether files of this machine at the path, in which there are no links, may be taken.
    async fn is_allowed(&self, path: &Path) -> bool {
        for folder in &self.options.from {
            if fs::canonicalize(folder)
                .await
                .is_ok_and(|folder| path.starts_with(folder))
            {
                return true;
            }
        }
        false
    }

    /// Downloads, once more from the beginning where the part that was there turns out to be of
    /// another file.
    async fn download_anew(&self, uri: &str, wanted: &FileRef, part: &Path) -> Result<(), Failure> {
        let goes_on = fs::metadata(part).await.is_ok_and(|m| m.len() > 0);
        match self.download(uri, wanted, part).await {
            // Nothing is there any more.
            Err(Failure::Source(
                FetchError::Hash { .. } | FetchError::Status { status: 416, .. },
            )) if goes_on => self.download(uri, wanted, part).await,
            done => done,
        }
    }

    async fn download(&self, uri: &str, wanted: &FileRef, part: &Path) -> Result<(), Failure> {
        let disk = |e| Failure::Disk(part.into(), e);
        let transport = |e: reqwest::Error| {
            let uri = uri.into();
            let error = match not_public(&e) {
                Some(refused) => FetchError::Refused {
                    uri,
                    why: refused.to_string(),
                },
                None => FetchError::Transport {
                    uri,
                    why: error_chain(&e),
                },
            };
            Failure::Source(error)
        };
        let url = Url::parse(uri).map_err(|e| FetchError::Refused {
            uri: uri.into(),
            why: e.to_string(),
        })?;
        addresses::ensure_may_ask(&url, self.options.may_ask).map_err(|e| FetchError::Refused {
            uri: uri.into(),
            why: e.to_string(),
        })?;
        let mut done = fs::metadata(part).await.map_or(0, |m| m.len());
        let mut hash = Sha256::new();
        if done > wanted.length {
            done = 0;
        }
        if done > 0 {
            hash = hash_of(part).await.map_err(disk)?;
        }
        if done < wanted.length {
            let mut request = self.client.get(url);
            if done > 0 {
                request = request.header(RANGE, format!("bytes={done}-"));
            }
            let response = request.send().await.map_err(transport)?;
            let status = response.status();
            let resumes = status == StatusCode::PARTIAL_CONTENT
                && response
                    .headers()
                    .get(CONTENT_RANGE)
                    .and_then(|v| v.to_str().ok())
                    .is_some_and(|v| v.starts_with(&format!("bytes {done}-")));
            if !resumes && status != StatusCode::OK {
                // The part that is here may be of another file: the next attempt starts over.
                let _ = fs::remove_file(part).await;
                let status = status.as_u16();
                return Err(FetchError::Status {
                    uri: uri.into(),
                    status,
                }
                .into());
            }
            if !resumes {
                done = 0;
                hash = Sha256::new();
            }
            let mut file = fs::OpenOptions::new()
                .create(true)
                .write(true)
                .truncate(done == 0)
                .append(done > 0)
                .open(part)
                .await
                .map_err(disk)?;
            let mut body = response.bytes_stream();
            while let Some(piece) = body.next().await {
                let piece = match piece {
                    Ok(piece) => piece,
                    Err(e) => {
                        file.flush().await.map_err(disk)?;
                        return Err(transport(e));
                    }
                };
                done += piece.len() as u64;
                if done > wanted.length {
                    drop(file);
                    fs::remove_file(part).await.map_err(disk)?;
                    let wanted = wanted.length;
                    return Err(FetchError::Length {
                        uri: uri.into(),
                        got: done,
                        wanted,
                    }
                    .into());
                }
                hash.update(&piece);
                file.write_all(&piece).await.map_err(disk)?;
                (self.options.progress)(uri, done, wanted.length);
            }
            file.flush().await.map_err(disk)?;
            file.sync_all().await.map_err(disk)?;
        }
        if done < wanted.length {
            // Kept, so that the next attempt continues here.
            let wanted = wanted.length;
            return Err(FetchError::Length {
                uri: uri.into(),
                got: done,
                wanted,
            }
            .into());
        }
        self.finish(uri, wanted, part, hash).await
    }

    async fn finish(
        &self,
        uri: &str,
        wanted: &FileRef,
        part: &Path,
        hash: Sha256,
    ) -> Result<(), Failure> {
        if hash.finalize()[..] == wanted.sha256 {
            return Ok(());
        }
        fs::remove_file(part)
            .await
            .map_err(|e| Failure::Disk(part.into(), e))?;
        Err(FetchError::Hash { uri: uri.into() }.into())
    }
}

/// Whether another source may do better.
enum Failure {
    Source(FetchError),
    Disk(PathBuf, io::Error),
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self::Source(error)
    }
}

/// Where a request failed because of an address that may not be asked: which.
fn not_public<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a NotPublic> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// The hash of a file's bytes so far.
async fn hash_of(path: &Path) -> io::Result<Sha256> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || {
        let mut hash = Sha256::new();
        io::copy(&mut std::fs::File::open(path)?, &mut hash)?;
        Ok(hash)
    })
    .await
    .map_err(io::Error::other)?
}
