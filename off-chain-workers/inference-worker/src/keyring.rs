//! The worker's X25519 keys, to which inputs are sealed. Each lies in a file of its own that only
//! its owner reads; a new key leaves the old ones in place, for inputs that are sealed to them.

use myai_chain_client::{
    keys::{read_secret_file, write_secret_file},
    KeyError, SealingError, SealingKey,
};
use std::{
    io,
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("use the folder of sealing keys {}: {source}", path.display())]
    Disk { path: PathBuf, source: io::Error },
    #[error("read the sealing key {}: it is not a secret key of 64 hexadecimal digits", path.display())]
    Unreadable { path: PathBuf },
    #[error("there is no sealing key in {}: run `myai-worker setup` first", path.display())]
    Empty { path: PathBuf },
}

/// Sealing keys, oldest first.
pub struct Keyring {
    folder: PathBuf,
    keys: Vec<SealingKey>,
}

impl Keyring {
    /// Reads every key of the folder; none where there is no folder.
    pub fn open(folder: &Path) -> Result<Self, KeyringError> {
        let disk = |source| KeyringError::Disk {
            path: folder.into(),
            source,
        };
        let mut paths = Vec::new();
        match std::fs::read_dir(folder) {
            Ok(items) => {
                for item in items {
                    let path = item.map_err(disk)?.path();
                    if path.extension().is_some_and(|e| e == "key") {
                        paths.push(path);
                    }
                }
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => (),
            Err(e) => return Err(disk(e)),
        }
        // Named by number, so by age.
        paths.sort();
        let keys = paths.iter().map(|p| read(p)).collect::<Result<_, _>>()?;
        Ok(Self {
            folder: folder.into(),
            keys,
        })
    }

    /// Like [`Self::open`], with a first key where there is none.
    pub fn open_or_create(folder: &Path) -> Result<Self, KeyringError> {
        let mut keyring = Self::open(folder)?;
        if keyring.keys.is_empty() {
            keyring.add()?;
        }
        Ok(keyring)
    }

    /// Makes a new key, the current one from now on.
    pub fn add(&mut self) -> Result<&SealingKey, KeyringError> {
        let disk = |source| KeyringError::Disk {
            path: self.folder.clone(),
            source,
        };
        std::fs::create_dir_all(&self.folder).map_err(disk)?;
        let key = SealingKey::generate();
        let text = Zeroizing::new(hex::encode(key.secret().as_slice()));
        let path = self.folder.join(format!("{:06}.key", self.keys.len()));
        write_secret_file(&path, &text)?;
        self.keys.push(key);
        self.current()
    }

    /// The newest key, which the chain should name.
    pub fn current(&self) -> Result<&SealingKey, KeyringError> {
        self.keys.last().ok_or_else(|| KeyringError::Empty {
            path: self.folder.clone(),
        })
    }

    /// Whether one of the keys has this public half.
    pub fn has(&self, public: &[u8; 32]) -> bool {
        self.keys.iter().any(|k| k.public() == *public)
    }

    /// Opens with whichever key it was sealed to; the newest is tried first. Where none opens it
    /// the folder is read again: `setup` may have made a key beside the running worker.
    pub fn open_sealed<T>(
        &self,
        open: impl Fn(&SealingKey) -> Result<T, SealingError>,
    ) -> Result<T, SealingError> {
        if let Some(opened) = self.find(&open) {
            return Ok(opened);
        }
        match Self::open(&self.folder) {
            Ok(now) => now.find(&open).ok_or(SealingError::Opening),
            Err(error) => {
                tracing::error!(%error, "failed to read the sealing keys again");
                Err(SealingError::Opening)
            }
        }
    }

    fn find<T>(&self, open: impl Fn(&SealingKey) -> Result<T, SealingError>) -> Option<T> {
        self.keys.iter().rev().find_map(|k| open(k).ok())
    }
}

fn read(path: &Path) -> Result<SealingKey, KeyringError> {
    let text = read_secret_file(path)?;
    let unreadable = || KeyringError::Unreadable { path: path.into() };
    let mut secret = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), secret.as_mut_slice()).map_err(|_| unreadable())?;
    SealingKey::from_secret(&secret).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_chain_client::sealing::seal;

    #[test]
    fn old_keys_still_open() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("sealing");
        assert!(matches!(
            Keyring::open(&folder).unwrap().current(),
            Err(KeyringError::Empty { .. })
        ));
        let mut keyring = Keyring::open_or_create(&folder).unwrap();
        let first = keyring.current().unwrap().public();
        let second = keyring.add().unwrap().public();
        assert_ne!(first, second);
        let keyring = Keyring::open(&folder).unwrap();
        assert_eq!(keyring.current().unwrap().public(), second);
        assert!(keyring.has(&first));
        for public in [first, second] {
            let sealed = seal(&public, b"for this", b"hello").unwrap();
            let opened = keyring
                .open_sealed(|k| k.open(b"for this", &sealed))
                .unwrap();
            assert_eq!(opened.as_slice(), b"hello");
            assert!(keyring
                .open_sealed(|k| k.open(b"for that", &sealed))
                .is_err());
        }
    }

    #[test]
    fn a_key_made_beside_the_running_worker_opens() {
        let folder = tempfile::tempdir().unwrap();
        let running = Keyring::open_or_create(folder.path()).unwrap();
        let mut beside = Keyring::open(folder.path()).unwrap();
        let public = beside.add().unwrap().public();
        let sealed = seal(&public, b"for this", b"hello").unwrap();
        let opened = running
            .open_sealed(|k| k.open(b"for this", &sealed))
            .unwrap();
        assert_eq!(opened.as_slice(), b"hello");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        Keyring::open_or_create(folder.path()).unwrap();
        let path = folder.path().join("000000.key");
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(
            Keyring::open(folder.path()),
            Err(KeyringError::Key(_))
        ));
    }
}
