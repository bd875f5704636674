//! How much the folder of files may hold: the files not used for the longest time make room.

use super::{ArtifactError, Folder};
use myai_primitives::Hash32;
use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, PoisonError,
    },
    time::{Duration, SystemTime},
};
use tokio::sync::Mutex;

/// After this time a fetch that broke off is given up.
const OLD_PART: Duration = Duration::from_secs(24 * 3600);

/// A file that somebody uses or used lately.
#[derive(Default)]
pub(super) struct InUse {
    /// One fetch at a time.
    pub turn: Mutex<()>,
    /// Its whole length in bytes while it is fetched, else 0.
    coming: AtomicU64,
    let_go: std::sync::Mutex<Option<SystemTime>>,
}

/// Files in use by their hashes. Of those that only this map holds, the time of use goes to the
/// disk when room is made.
pub(super) type FilesInUse = HashMap<Hash32, Arc<InUse>>;

/// A file that is here, and stays as long as this lives.
#[derive(Clone)]
pub struct Kept {
    path: PathBuf,
    pub(super) file: Arc<InUse>,
}

impl Kept {
    pub(super) fn new(path: PathBuf, file: Arc<InUse>) -> Self {
        Self { path, file }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the room that [`make_room`] took for the file back when it is dropped.
    pub(super) fn coming(&self) -> Coming<'_> {
        Coming(&self.file)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let mut let_go = self
            .file
            .let_go
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *let_go = Some(SystemTime::now());
    }
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Kept").field(&self.path).finish()
    }
}

/// A file that is being fetched.
pub(super) struct Coming<'a>(&'a InUse);

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        self.0.coming.store(0, Ordering::Relaxed);
    }
}

/// A file of the folder, whole or a part.
struct Lying {
    path: PathBuf,
    sha256: Hash32,
    is_part: bool,
    length: u64,
    used: SystemTime,
}

/// Says how many bytes lie in the folder. Blocks.
pub(super) fn measure(folder: &Folder) -> Result<(), ArtifactError> {
    let lying = lying(&folder.path).map_err(|e| folder.disk(e))?;
    folder.has(lying.iter().map(|f| f.length).sum());
    Ok(())
}

/// Makes and takes room for a file of `length` bytes that is `wanted`. Removes parts that are old;
/// where that is not enough, files that nobody keeps, those not used for the longest time first.
/// Removes none of them where it would not help. Blocks.
pub(super) fn make_room(
    folder: &Folder,
    in_use: &mut FilesInUse,
    wanted: &InUse,
    length: u64,
) -> Result<(), ArtifactError> {
    let disk = |source| folder.disk(source);
    in_use.retain(|sha256, file| {
        let is_used = Arc::strong_count(file) > 1;
        if !is_used {
            let let_go = *file.let_go.lock().unwrap_or_else(PoisonError::into_inner);
            note_use(&folder.file(sha256), let_go);
        }
        is_used
    });
    let mut lying = lying(&folder.path).map_err(disk)?;
    let now = SystemTime::now();
    let is_old = |file: &Lying| {
        file.is_part
            && !in_use.contains_key(&file.sha256)
            && now
                .duration_since(file.used)
                .is_ok_and(|age| age > OLD_PART)
    };
    for old in lying.extract_if(.., |file| is_old(file)) {
        tracing::info!(file = %old.path.display(), "a fetch that broke off is given up");
        fs::remove_file(&old.path).map_err(disk)?;
    }

    let coming = |file: &InUse| file.coming.load(Ordering::Relaxed);
    let all_coming: u64 = in_use
        .values()
        .map(|f| coming(f))
        .fold(0, u64::saturating_add);
    // The part of a file that is coming has its room already.
    let has_room =
        |file: &Lying| file.is_part && in_use.get(&file.sha256).is_some_and(|f| coming(f) > 0);
    let mut there: u64 = lying.iter().map(|f| f.length).sum();
    let parts: u64 = lying.iter().filter(|f| has_room(f)).map(|f| f.length).sum();
    let mut needed = (there - parts)
        .saturating_add(all_coming)
        .saturating_add(length);
    let mut idle: Vec<&Lying> = lying
        .iter()
        .filter(|f| !in_use.contains_key(&f.sha256))
        .collect();
    let to_spare: u64 = idle.iter().map(|f| f.length).sum();
    if needed.saturating_sub(to_spare) > folder.quota {
        return Err(ArtifactError::NoRoom {
            length,
            quota: folder.quota,
        });
    }
    idle.sort_by_key(|f| f.used);
    for file in idle {
        if needed <= folder.quota {
            break;
        }
        tracing::info!(file = %file.path.display(), bytes = file.length, "a file makes room");
        fs::remove_file(&file.path).map_err(disk)?;
        needed -= file.length;
        there -= file.length;
    }
    folder.has(there);
    wanted.coming.store(length, Ordering::Relaxed);
    Ok(())
}

/// Writes down when a file was used last: its time of change is that.
fn note_use(path: &Path, used: Option<SystemTime>) {
    let Some(used) = used else { return };
    match fs::File::open(path).and_then(|file| file.set_modified(used)) {
        Ok(()) => (),
        Err(error) if error.kind() == io::ErrorKind::NotFound => (),
        // It then counts as used when it was fetched.
        Err(error) => {
            tracing::warn!(file = %path.display(), %error, "failed to note when it was used");
        }
    }
}

/// Everything in the folder that is called like a file of ours.
fn lying(folder: &Path) -> io::Result<Vec<Lying>> {
    let mut lying = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let (hash, is_part) = match name.strip_suffix(".part") {
            Some(hash) => (hash, true),
            None => (name, false),
        };
        let mut sha256 = [0; 32];
        if hex::decode_to_slice(hash, &mut sha256).is_err() {
            continue;
        }
        let metadata = match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => continue,
            Ok(metadata) => metadata,
            // Renamed or removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        lying.push(Lying {
            path: entry.path(),
            sha256,
            is_part,
            length: metadata.len(),
            used: metadata.modified()?,
        });
    }
    Ok(lying)
}
