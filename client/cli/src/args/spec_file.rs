//! Options that a TOML file may state as well: those of `model publish` and `dataset terms`. A
//! version:
//!
//! ```toml
#![doc = include_str!("../../version.example.toml")]
//! ```
//!
//! A dataset's terms:
//!
//! ```toml
#![doc = include_str!("../../terms.example.toml")]
//! ```

use crate::error::{Error, Result};
use clap::{ArgMatches, Args, FromArgMatches};
use myai_sdk::words::plain;
use serde::de::DeserializeOwned;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A version's file with every field, for `--help`.
pub const VERSION_EXAMPLE: &str = include_str!("../../version.example.toml");

/// A file of a dataset's terms with every field.
pub const TERMS_EXAMPLE: &str = include_str!("../../terms.example.toml");

/// Options whose fields are those of a TOML file.
pub trait SpecFile: Args + DeserializeOwned {
    /// The file that `--spec` names.
    fn spec(&self) -> Option<&Path>;

    /// The paths that may be relative to the file's folder.
    fn paths(&mut self) -> Vec<&mut Option<PathBuf>>;
}

/// Options of the command line, which go over those of the file that `--spec` names.
#[derive(Clone, Debug)]
pub struct WithSpec<T> {
    given: T,
    matches: ArgMatches,
}

impl<T: SpecFile> WithSpec<T> {
    /// The file's options with those of the command line over them; a list of the command line
    /// replaces the file's.
    pub fn complete(self) -> Result<T> {
        let Some(path) = self.given.spec() else {
            return Ok(self.given);
        };
        let text = fs::read_to_string(path).map_err(Error::file("cannot read", path))?;
        let usage = |e: &dyn std::fmt::Display| Error::usage(format!("{}: {e}", path.display()));
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut options: T = parse(&text, folder).map_err(|e| usage(&e))?;
        options
            .update_from_arg_matches(&self.matches)
            .map_err(|e| usage(&e))?;
        Ok(options)
    }
}

/// The text of a file whose paths are relative to `folder`, as if its fields had been options.
pub fn parse<T: SpecFile>(text: &str, folder: &Path) -> Result<T> {
    let mut options: T = toml::from_str(text).map_err(|e| {
        let line = e.span().map(|span| {
            let before = text.get(..span.start).unwrap_or_default();
            format!("line {}: ", before.matches('\n').count() + 1)
        });
        let why = plain(e.message()).replace('\n', " ");
        Error::usage(format!("{}{why}", line.unwrap_or_default()))
    })?;
    for path in options.paths().into_iter().flatten() {
        *path = folder.join(&*path);
    }
    Ok(options)
}

impl<T: Args> Args for WithSpec<T> {
    fn augment_args(command: clap::Command) -> clap::Command {
        T::augment_args(command)
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        T::augment_args_for_update(command)
    }
}

impl<T: FromArgMatches> FromArgMatches for WithSpec<T> {
    fn from_arg_matches(matches: &ArgMatches) -> std::result::Result<Self, clap::Error> {
        Ok(Self {
            given: T::from_arg_matches(matches)?,
            matches: matches.clone(),
        })
    }

    fn update_from_arg_matches(
        &mut self,
        matches: &ArgMatches,
    ) -> std::result::Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command, ModelCommand, ModelPublish};
    use clap::Parser;
    use myai_primitives::{Derivatives, Numerics, Openness, Ppm, Unit};
    use myai_sdk::ModelRef;

    #[test]
    fn the_documented_version_reads() {
        let o = parse::<ModelPublish>(VERSION_EXAMPLE, Path::new("/folder")).unwrap();
        assert_eq!(o.model, Some(ModelRef::Name("digits".into())));
        assert_eq!(o.file.as_deref(), Some(Path::new("/folder/digits.onnx")));
        assert_eq!(o.uris, ["https://example.org/digits.onnx"]);
        assert_eq!(
            (o.numerics, o.unit),
            (Some(Numerics::IntV1), Some(Unit::Call))
        );
        assert_eq!(o.price, Some("0.01 MAI".parse().unwrap()));
        assert_eq!(o.openness.unwrap().source, Openness::Open);
        assert_eq!(o.bases, ["v1:5%".parse().unwrap()]);
        assert_eq!(o.datasets, ["g2:3%".parse().unwrap()]);
        assert_eq!(o.extras[0].share, Ppm(10_000));
        let c = o.clauses;
        assert_eq!(c.derivatives, Some(Derivatives::Allowed));
        assert_eq!(c.text.file.as_deref(), Some(Path::new("/folder/LICENSE")));
        assert_eq!(c.royalty.share, Some(Ppm(50_000)));
        let alternative = "call, 0.0002 MAI, 0.005 MAI".parse().unwrap();
        assert_eq!(c.royalty.alternatives, [alternative]);
    }

    #[test]
    fn what_is_wrong_in_a_file_is_named_with_its_line() {
        let error = |text: &str| {
            parse::<ModelPublish>(text, Path::new(""))
                .unwrap_err()
                .to_string()
        };
        let unknown = error("model = 1\nprize = \"1 MAI\"");
        assert!(
            unknown.starts_with("line 2: unknown field `prize`, expected one of `model`"),
            "{unknown}"
        );
        let unknown = error("[clauses]\nlicense = \"MIT\"\nshare-alike = true");
        assert!(
            unknown.starts_with("line 3: unknown field `share-alike`"),
            "{unknown}"
        );
        for (text, expected) in [
            (
                "price = \"1\"",
                "line 1: say of what: `1 MAI`, or `1 asset:1` for an asset's smallest units",
            ),
            (
                "[[bases]]\nversion = 1\nroyalty = \"200%\"",
                "line 3: `200%` is more than the whole",
            ),
            (
                "numerics = \"int\"",
                "line 1: `int` is not a kind of numerics: float, int-v1",
            ),
            (
                "[[datasets]]\nsource = 2\nshare = 0",
                "line 2: `2` is neither a grant such as `g2` nor a dataset such as `d4`",
            ),
            (
                "[clauses]\nhosting = \"nobody\"",
                "line 2: `nobody` is not a kind of access: anyone, approval",
            ),
            (
                "[clauses]\nfees = { unit = \"call\" }",
                "line 2: missing field `max_fee`",
            ),
            (
                "[clauses]\nirrevocable = \"yes\"",
                "line 2: invalid type: string \"yes\", expected a boolean",
            ),
        ] {
            assert_eq!(error(text), expected);
        }
        // One line, without the parser's drawing around it.
        assert!(!error("model = ").contains('\n'));
    }

    #[test]
    fn options_go_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("version.toml");
        fs::write(&path, VERSION_EXAMPLE).unwrap();
        let complete = |options: &[&str]| {
            let spec = path.to_str().unwrap();
            let words = [&["myai", "model", "publish", "--spec", spec], options].concat();
            match Cli::try_parse_from(words).unwrap().command {
                Command::Model(ModelCommand::Publish(options)) => options.complete(),
                _ => panic!("another command"),
            }
        };
        let o = complete(&[
            "--price=2 MAI",
            "--base=v9:1",
            "--irrevocable=false",
            "--royalty=7",
            "--dry-run",
        ])
        .unwrap();
        let mut expected: ModelPublish = parse(VERSION_EXAMPLE, dir.path()).unwrap();
        expected.spec = Some(path.clone());
        expected.dry_run = true;
        expected.price = Some("2 MAI".parse().unwrap());
        expected.bases = vec!["v9:1".parse().unwrap()];
        expected.clauses.irrevocable = Some(false);
        expected.clauses.royalty.share = Some(Ppm(7));
        assert_eq!(o, expected);

        fs::write(&path, "price = 1").unwrap();
        assert_eq!(
            complete(&[]).unwrap_err().to_string(),
            format!(
                "{}: line 1: say of what: `1 MAI`, or `1 asset:1` for an asset's smallest units",
                path.display()
            )
        );
    }
}
