//! Policies that users must accept: which ones bind a version, where they are, and which of them
//! were accepted on this machine.
//!
//! The signer of an order accepts its policies by the hash in it. Each policy is asked for once and
//! noted by the hash of its file, so that a changed text is asked for again.

use crate::{
    error::{Error, Result},
    AccountId,
};
use myai_chain_client::files;
use myai_primitives::{policies_hash, File, Hash32, Licensor, VersionView};
use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// One policy and who states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who states it.
    pub licensor: Licensor,
    /// Its text.
    pub file: File,
}

impl Policy {
    /// The policies that bind a version, its own and its ancestors'.
    pub fn of(version: &VersionView<AccountId>) -> Vec<Self> {
        let stated = version.bound_by.iter().filter_map(|by| {
            let file = by.clauses.use_policy.clone()?;
            Some(Self {
                licensor: by.licensor,
                file,
            })
        });
        stated.collect()
    }
}

/// Checks that `hash`, which the order will carry, covers the policies that are shown and no others.
pub(crate) fn ensure_shown(policies: &[Policy], hash: Option<Hash32>) -> Result<()> {
    let files: Vec<Hash32> = policies.iter().map(|p| p.file.sha256).collect();
    if policies_hash(&files) == hash {
        return Ok(());
    }
    Err(Error::PoliciesDiffer)
}

/// Which were accepted: one hash a line.
#[derive(Clone, Debug)]
pub struct AcceptedPolicies {
    path: PathBuf,
}

impl AcceptedPolicies {
    /// `accepted-policies` in the data folder; it is made when something is first accepted.
    pub fn new(data_dir: &Path) -> Self {
        Self {
            path: data_dir.join("accepted-policies"),
        }
    }

    fn read(&self) -> Result<BTreeSet<Hash32>> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(e) => return Err(Error::file("cannot read", &self.path)(e)),
        };
        let hash = |line: &str| {
            let bytes = hex::decode(line.trim()).ok();
            bytes
                .and_then(|b| b.try_into().ok())
                .ok_or_else(|| Error::BadFile {
                    path: self.path.clone(),
                    why: format!("`{}` is not a SHA-256", line.trim()),
                })
        };
        text.lines().map(hash).collect()
    }

    /// Those that were not accepted yet.
    pub fn missing(&self, policies: &[Policy]) -> Result<Vec<Policy>> {
        let accepted = self.read()?;
        let is_new = |p: &&Policy| !accepted.contains(&p.file.sha256);
        Ok(policies.iter().filter(is_new).cloned().collect())
    }

    /// Notes that these were accepted.
    pub fn add(&self, policies: &[Policy]) -> Result<()> {
        let mut accepted = self.read()?;
        accepted.extend(policies.iter().map(|p| p.file.sha256));
        let lines: Vec<String> = accepted.iter().map(hex::encode).collect();
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(Error::file("cannot make", folder))?;
        }
        files::replace(&self.path, (lines.join("\n") + "\n").as_bytes())
            .map_err(Error::file("cannot write", &self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use myai_primitives::VersionId;

    fn policy(n: u8) -> Policy {
        Policy {
            licensor: Licensor::Version(VersionId(n.into())),
            file: File {
                uris: Default::default(),
                sha256: [n; 32],
                length: 1,
            },
        }
    }

    #[test]
    fn a_policy_is_asked_for_once_and_a_new_text_again() {
        let dir = tempfile::tempdir().unwrap();
        let accepted = AcceptedPolicies::new(&dir.path().join("new"));
        let both = [policy(1), policy(2)];
        assert_eq!(accepted.missing(&both).unwrap(), both);
        accepted.add(&both[..1]).unwrap();
        assert_eq!(accepted.missing(&both).unwrap(), both[1..]);
        accepted.add(&both[1..]).unwrap();
        assert!(accepted.missing(&both).unwrap().is_empty());
    }

    #[test]
    fn a_note_that_is_damaged_accepts_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let accepted = AcceptedPolicies::new(dir.path());
        fs::write(&accepted.path, "yes\n").unwrap();
        let error = accepted.missing(&[policy(1)]).unwrap_err();
        assert!(
            error.to_string().contains("`yes` is not a SHA-256"),
            "{error}"
        );
    }

    #[test]
    fn only_what_is_shown_is_signed() {
        let both = [policy(2), policy(1), policy(1)];
        let hash = policies_hash(&[[1; 32], [2; 32]]);
        assert!(ensure_shown(&both, hash).is_ok());
        assert!(ensure_shown(&both[..1], hash).is_err());
        assert!(ensure_shown(&[], hash).is_err());
        assert!(ensure_shown(&[], None).is_ok());
    }
}
