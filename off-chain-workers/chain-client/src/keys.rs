//! Signing keys: from a URI or from a file that only its owner can read.

use crate::{files, AccountId};
use codec::Encode;
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};
use subxt_signer::{sr25519::Keypair, SecretUri};
use zeroize::Zeroizing;

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is never part of the message: it may be a secret.
    #[error(
        "this is no secret key: it must be a mnemonic, a 0x-prefixed seed of 32 bytes or a \
         development name such as //Alice, with derivations (//hard, /soft) after it"
    )]
    NotAKey,
    #[error("read the key file {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("write the key file {}", path.display())]
    Write {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(
        "the key file {} can be read by others (mode {mode:04o}): run `chmod 600 {}`",
        path.display(), path.display()
    )]
    Open { path: PathBuf, mode: u32 },
    #[error("draw random bytes")]
    Random(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// An sr25519 key pair.
#[derive(Clone)]
pub struct Key(Keypair);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.account())
    }
}

impl Key {
    /// From a mnemonic, a 0x-seed or a development name, with derivations.
    pub fn from_uri(uri: &str) -> Result<Self, KeyError> {
        // Neither error is kept: they can quote what was given.
        let uri = SecretUri::from_str(uri.trim()).map_err(|_| KeyError::NotAKey)?;
        Keypair::from_uri(&uri)
            .map(Self)
            .map_err(|_| KeyError::NotAKey)
    }

    /// From its seed.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        Keypair::from_secret_key(*seed)
            .map(Self)
            .map_err(|_| KeyError::NotAKey)
    }

    /// From a file that holds one line for [`Self::from_uri`]. On unix it is refused when
    /// anybody but its owner has a right to it.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        Self::from_uri(&read_secret_file(path)?)
    }

    /// A new key, also written to a new file (mode 0600) as a 0x-seed. Fails when there is a
    /// file already.
    pub fn generate_file(path: &Path) -> Result<Self, KeyError> {
        let seed = random_seed()?;
        let key = Self::from_seed(&seed)?;
        let mut text = Zeroizing::new(String::with_capacity(67));
        text.push_str("0x");
        text.push_str(&Zeroizing::new(hex::encode(seed.as_slice())));
        text.push('\n');
        write_secret_file(path, &text)?;
        Ok(key)
    }

    /// A new key for one use, and its seed, with which it can be used again later.
    pub fn generate() -> Result<(Self, Zeroizing<[u8; 32]>), KeyError> {
        let seed = random_seed()?;
        Ok((Self::from_seed(&seed)?, seed))
    }

    pub fn public(&self) -> [u8; 32] {
        self.0.public_key().0
    }

    pub fn account(&self) -> AccountId {
        AccountId::new(self.public())
    }

    /// An sr25519 signature in the context `substrate`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).0
    }

    pub(crate) fn pair(&self) -> &Keypair {
        &self.0
    }

    /// SCALE of `MultiSigner::Sr25519`.
    pub(crate) fn multi_signer(public: &[u8; 32]) -> Vec<u8> {
        (1u8, public).encode()
    }

    /// SCALE of `MultiSignature::Sr25519`.
    pub(crate) fn multi_signature(&self, message: &[u8]) -> Vec<u8> {
        (1u8, self.sign(message)).encode()
    }
}

fn random_seed() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    use rand::TryRngCore;
    let mut seed = Zeroizing::new([0u8; 32]);
    rand::rngs::OsRng
        .try_fill_bytes(seed.as_mut_slice())
        .map_err(|e| KeyError::Random(Box::new(e)))?;
    Ok(seed)
}

/// Folder in which systemd gives a service its credentials.
pub const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The text of a file that holds a secret. On unix it is refused when anybody but its owner has a
/// right to it.
pub fn read_secret_file(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let failed = |source| KeyError::Read {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Of the opened file, so that it cannot be exchanged in between.
        let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o7777;
        let credentials = std::env::var_os(CREDENTIALS);
        if is_open(path, mode, credentials.as_deref().map(Path::new)) {
            return Err(KeyError::Open {
                path: path.to_owned(),
                mode,
            });
        }
    }
    let text = std::io::read_to_string(file).map_err(failed)?;
    Ok(Zeroizing::new(text))
}

/// Whether others than the owner have a right to a file with that mode.
#[cfg(unix)]
fn is_open(path: &Path, mode: u32, credentials: Option<&Path>) -> bool {
    // systemd gives the service its right by an access list, which shows as the group's.
    let is_credential = credentials.is_some_and(|folder| path.starts_with(folder));
    let others = if is_credential { 0o037 } else { 0o077 };
    mode & others != 0
}

/// Writes a secret to a new file that only its owner can read, and waits until it is on disk.
/// Fails when there is a file already.
pub fn write_secret_file(path: &Path, text: &str) -> Result<(), KeyError> {
    files::create(path, text.as_bytes()).map_err(|source| KeyError::Write {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn development_names_and_derivations_give_the_known_accounts() {
        let alice = Key::from_uri("//Alice").unwrap();
        assert_eq!(
            alice.account().to_string(),
            "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
        );
        let spelled =
            "bottom drive obey lake curtain smoke basket hold race lonely fit walk//Alice\n";
        assert_eq!(Key::from_uri(spelled).unwrap().account(), alice.account());
    }

    #[test]
    fn secrets_are_never_shown() {
        let seed = "0xe5be9a5092b81bca64be81d212e7f2f9eba183bb7a90954f7b76361f6edb5c0a";
        let shown = format!("{:?}", Key::from_uri(seed).unwrap());
        assert!(!shown.contains("e5be"), "{shown}");
        let error = Key::from_uri("0xe5be").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("e5be"));
    }

    #[test]
    fn signatures_verify() {
        let (key, _) = Key::generate().unwrap();
        let signature = subxt_signer::sr25519::Signature(key.sign(b"hello"));
        let public = subxt_signer::sr25519::PublicKey(key.public());
        assert!(subxt_signer::sr25519::verify(&signature, b"hello", &public));
        assert!(!subxt_signer::sr25519::verify(
            &signature, b"hallo", &public
        ));
    }

    #[test]
    fn a_written_key_file_reads_back_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        let key = Key::generate_file(&path).unwrap();
        assert_eq!(Key::from_file(&path).unwrap().account(), key.account());
        assert!(matches!(
            Key::generate_file(&path),
            Err(KeyError::Write { .. })
        ));
        assert_eq!(Key::from_file(&path).unwrap().account(), key.account());
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        Key::generate_file(&path).unwrap();
        let set =
            |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            set(mode);
            let error = Key::from_file(&path).unwrap_err();
            assert!(matches!(error, KeyError::Open { mode: m, .. } if m == mode));
            assert!(error.to_string().contains("chmod 600"), "{error}");
        }
        set(0o400);
        assert!(Key::from_file(&path).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_credential_may_be_read_by_its_group_alone() {
        let folder = Path::new("/run/credentials/unit");
        let key = folder.join("key");
        assert!(!is_open(&key, 0o440, Some(folder)));
        assert!(is_open(&key, 0o440, None));
        assert!(is_open(Path::new("/run/key"), 0o440, Some(folder)));
        for mode in [0o460, 0o444, 0o410] {
            assert!(is_open(&key, mode, Some(folder)), "{mode:o}");
        }
    }
}
