//! Who signs.

use crate::{
    args::Global,
    error::{Error, Result},
    output::Output,
};
use myai_chain_client::Key;
use std::sync::Once;

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

/// Like [`key`], for a command that must sign: no key is an error.
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
    fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
        let output = Output::new(false, true);
        let secret = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
        let error = key(&global(Some(secret), None), &output).unwrap_err();
        assert_eq!(error.exit(), myai_chain_client::exit::Exit::Usage);
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
        myai_chain_client::files::replace(&path, b"//Alice\n").unwrap();
        let found = signer(&global(None, Some(path)), &Output::new(false, true)).unwrap();
        assert_eq!(found.account().to_string(), ALICE);
        let missing = global(None, Some(dir.path().join("none")));
        let error = signer(&missing, &Output::new(false, true)).unwrap_err();
        assert_eq!(error.exit(), myai_chain_client::exit::Exit::Local);
        assert!(
            error.to_string().starts_with("cannot read the key file"),
            "{error}"
        );
    }
}
