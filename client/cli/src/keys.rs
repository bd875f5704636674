//! Who signs, and how accounts are typed.

use crate::{
    args::Global,
    error::{Error, Result},
    output::Output,
};
use myai_chain_client::{AccountId, Key};
use std::{fmt, str::FromStr, sync::Once};

/// An account on the command line: an address, a public key, or `//Alice`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountArg(pub AccountId);

impl FromStr for AccountArg {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text.starts_with("//") {
            return Key::from_uri(text)
                .map(|k| Self(k.account()))
                .map_err(|e| e.to_string());
        }
        AccountId::from_str(text).map(Self).map_err(|_| {
            format!("`{text}` is no account: write an address, a 0x public key, or //Alice")
        })
    }
}

impl fmt::Display for AccountArg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The key that signs, if one was named.
pub fn key(global: &Global, output: &Output) -> Result<Option<Key>> {
    match (&global.key, &global.key_file) {
        (Some(uri), _) if uri.starts_with("//") => {
            let key = Key::from_uri(uri)?;
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                output.note(format!("{uri} is a development key that everybody has"))
            });
            Ok(Some(key))
        }
        (Some(_), _) => Err(Error::usage(
            "--key takes development keys such as //Alice only: other users of this machine see \
             the command line; put the secret into a file and name it with --key-file",
        )),
        (None, Some(path)) => Ok(Some(Key::from_file(path)?)),
        (None, None) => Ok(None),
    }
}

/// Like [`key`], for what must be signed.
pub fn signer(global: &Global, output: &Output) -> Result<Key> {
    key(global, output)?.ok_or_else(|| {
        Error::usage(
            "this needs a key: --key-file PATH (or MYAI_KEY_FILE), or --key //Alice on a \
             development chain",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    const ALICE: &str = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

    fn global(key: Option<&str>, key_file: Option<PathBuf>) -> Global {
        Global {
            node: String::new(),
            key: key.map(Into::into),
            key_file,
            json: false,
            data_dir: None,
            quiet: true,
        }
    }

    #[test]
    fn accounts_are_addresses_public_keys_or_development_names() {
        let alice: AccountArg = ALICE.parse().unwrap();
        let hex = format!("0x{}", hex::encode::<&[u8]>(alice.0.as_ref()));
        assert_eq!("//Alice".parse(), Ok(alice.clone()));
        assert_eq!(hex.parse(), Ok(alice.clone()));
        assert_eq!(alice.to_string(), ALICE);
        let mistyped = ALICE.replace("utQY", "utQX");
        for bad in ["", "alice", "0x12", mistyped.as_str()] {
            assert!(bad.parse::<AccountArg>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        let output = Output::new(false, true);
        let secret = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        let error = key(&global(Some(secret), None), &output).unwrap_err();
        assert_eq!(error.exit(), crate::error::Exit::Usage);
        assert!(!error.to_string().contains("bottom"));
        assert!(key(&global(Some("//Alice"), None), &output)
            .unwrap()
            .is_some());
        assert!(key(&global(None, None), &output).unwrap().is_none());
        assert!(signer(&global(None, None), &output)
            .unwrap_err()
            .to_string()
            .contains("--key-file"));
    }

    #[test]
    fn a_key_comes_from_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        crate::state::write_synced(&path, b"//Alice\n").unwrap();
        let found = signer(&global(None, Some(path)), &Output::new(false, true)).unwrap();
        assert_eq!(found.account().to_string(), ALICE);
        let missing = global(None, Some(dir.path().join("none")));
        let error = signer(&missing, &Output::new(false, true)).unwrap_err();
        assert_eq!(error.exit(), crate::error::Exit::Local);
        assert!(
            error.to_string().starts_with("cannot read the key file"),
            "{error}"
        );
    }
}
