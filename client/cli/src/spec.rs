//! What `model publish` publishes: a TOML file, with the command line's options over it.
//!
//! ```toml
#![doc = include_str!("../version.example.toml")]
//! ```

use crate::{
    amount::AssetNames,
    args::{AmountArg, ModelPublish},
    error::{Error, Result},
    keys::AccountArg,
    text::{self, Choice, ModelRef},
};
use myai_chain_client::AccountId;
use myai_inference_worker::{inspect::inspect, manifest::Manifest};
use myai_primitives::*;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A version's file with every field, for `--help`.
pub const EXAMPLE: &str = include_str!("../version.example.toml");

/// Longest input and answer of a version whose publisher names no other: what fits the pool of
/// blobs when it is sealed.
pub const MAX_SIZE: u32 = 1_000_000;

/// A number, or the same as text.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Word {
    Number(u64),
    Text(String),
}

impl Word {
    fn text(&self) -> String {
        match self {
            Self::Number(n) => n.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    model: Option<Word>,
    file: Option<PathBuf>,
    #[serde(default)]
    uris: Vec<String>,
    manifest: Option<PathBuf>,
    #[serde(default)]
    manifest_uris: Vec<String>,
    numerics: Option<String>,
    unit: Option<String>,
    price: Option<String>,
    max_input: Option<u32>,
    max_output: Option<u32>,
    license: Option<String>,
    openness: Option<OpennessTable>,
    derivatives: Option<DerivativesTable>,
    #[serde(default)]
    bases: Vec<BaseTable>,
    #[serde(default)]
    grants: Vec<GrantTable>,
    #[serde(default)]
    extras: Vec<ExtraTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpennessTable {
    source: String,
    training_data: String,
    checkpoints: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DerivativesTable {
    permission: String,
    min_royalty: Option<Word>,
    min_per_unit: Option<String>,
    reach: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaseTable {
    version: Word,
    royalty: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct GrantTable {
    grant: Word,
    share: Word,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExtraTable {
    account: String,
    share: Word,
}

/// A field's value, or what is wrong with it under the field's name.
fn field<T, E: ToString>(name: &str, value: std::result::Result<T, E>) -> Result<T> {
    value.map_err(|e| Error::usage(format!("{name}: {}", e.to_string())))
}

fn maybe<T, E: ToString>(
    name: &str,
    text: Option<String>,
    read: impl FnOnce(&str) -> std::result::Result<T, E>,
) -> Result<Option<T>> {
    text.map(|t| field(name, read(&t))).transpose()
}

/// The file named with `--spec`, as if its fields had been options.
fn from_document(text: &str, folder: &Path) -> Result<ModelPublish> {
    let d: Document = field("the version's file", toml::from_str(text))?;
    let mut options = ModelPublish {
        model: maybe("model", d.model.map(|w| w.text()), str::parse)?,
        file: d.file.map(|f| folder.join(f)),
        uri: d.uris,
        manifest: d.manifest.map(|f| folder.join(f)),
        manifest_uri: d.manifest_uris,
        price: maybe("price", d.price, str::parse::<AmountArg>)?,
        unit: maybe("unit", d.unit, Unit::read)?,
        numerics: maybe("numerics", d.numerics, Numerics::read)?,
        max_input: d.max_input,
        max_output: d.max_output,
        license: d.license,
        ..Default::default()
    };
    if let Some(o) = d.openness {
        options.openness = Some(Disclosure {
            source: field("openness.source", Openness::read(&o.source))?,
            training_data: field("openness.training_data", Openness::read(&o.training_data))?,
            checkpoints: field("openness.checkpoints", Openness::read(&o.checkpoints))?,
        });
    }
    if let Some(t) = d.derivatives {
        options.derivatives = Some(field(
            "derivatives.permission",
            Permission::read(&t.permission),
        )?);
        let royalty = t.min_royalty.map(|w| w.text());
        options.min_royalty = maybe("derivatives.min_royalty", royalty, text::ppm)?;
        options.min_per_unit = maybe(
            "derivatives.min_per_unit",
            t.min_per_unit,
            str::parse::<AmountArg>,
        )?;
        options.reach = maybe("derivatives.reach", t.reach, Reach::read)?;
    }
    for b in d.bases {
        let version = field("bases.version", text::version_id(&b.version.text()))?;
        options.base.push((
            version,
            field("bases.royalty", text::ppm(&b.royalty.text()))?,
        ));
    }
    for g in d.grants {
        let grant = field("grants.grant", text::grant_id(&g.grant.text()))?;
        options
            .grant
            .push((grant, field("grants.share", text::ppm(&g.share.text()))?));
    }
    for e in d.extras {
        let account: AccountArg = field("extras.account", e.account.parse())?;
        options
            .extra
            .push((account, field("extras.share", text::ppm(&e.share.text()))?));
    }
    Ok(options)
}

/// The command line's options over those of the file that `--spec` names.
pub fn complete(given: ModelPublish) -> Result<ModelPublish> {
    let Some(path) = &given.spec else {
        return Ok(given);
    };
    let text = fs::read_to_string(path).map_err(Error::file("cannot read", path))?;
    let base = from_document(&text, path.parent().unwrap_or(Path::new("")))?;
    fn list<T>(over: Vec<T>, under: Vec<T>) -> Vec<T> {
        if over.is_empty() {
            under
        } else {
            over
        }
    }
    Ok(ModelPublish {
        model: given.model.or(base.model),
        spec: None,
        file: given.file.or(base.file),
        uri: list(given.uri, base.uri),
        manifest: given.manifest.or(base.manifest),
        manifest_uri: list(given.manifest_uri, base.manifest_uri),
        price: given.price.or(base.price),
        unit: given.unit.or(base.unit),
        numerics: given.numerics.or(base.numerics),
        max_input: given.max_input.or(base.max_input),
        max_output: given.max_output.or(base.max_output),
        license: given.license.or(base.license),
        openness: given.openness.or(base.openness),
        derivatives: given.derivatives.or(base.derivatives),
        min_royalty: given.min_royalty.or(base.min_royalty),
        min_per_unit: given.min_per_unit.or(base.min_per_unit),
        reach: given.reach.or(base.reach),
        base: list(given.base, base.base),
        grant: list(given.grant, base.grant),
        extra: list(given.extra, base.extra),
        dry_run: given.dry_run,
    })
}

fn needed<T>(value: Option<T>, option: &str) -> Result<T> {
    value.ok_or_else(|| {
        Error::usage(format!(
            "{option} is missing: give it, or name a --spec file that has it"
        ))
    })
}

/// The model that is named, wherever it is.
pub fn model(options: &ModelPublish) -> Result<ModelRef> {
    needed(options.model.clone(), "MODEL")
}

/// What goes on the chain, with the files of this machine read, hashed and checked: the manifest
/// parses and fits the model's inputs and outputs, and a version that claims whole numbers only
/// keeps to them.
pub fn build(options: &ModelPublish, names: &AssetNames) -> Result<VersionSpec<AccountId>> {
    let path = needed(options.file.clone(), "--file")?;
    let manifest_path = needed(options.manifest.clone(), "--manifest")?;
    let numerics = needed(options.numerics, "--numerics")?;
    let price = needed(options.price.as_ref(), "--price")?.resolve(names)?;
    let permission = options.derivatives.unwrap_or(Permission::Forbidden);
    let min_per_unit = options
        .min_per_unit
        .as_ref()
        .map(|a| a.resolve(names))
        .transpose()?;
    let closed = Disclosure {
        source: Openness::Closed,
        training_data: Openness::Closed,
        checkpoints: Openness::Closed,
    };

    check_files(&path, &manifest_path, numerics)?;
    let spec = VersionSpec {
        artifact: local_file(&path, &options.uri)?,
        manifest: local_file(&manifest_path, &options.manifest_uri)?,
        numerics,
        unit: options.unit.unwrap_or(Unit::Call),
        price,
        modes: bounded(vec![Mode::Direct], "modes")?,
        max_input: options.max_input.unwrap_or(MAX_SIZE),
        max_output: options.max_output.unwrap_or(MAX_SIZE),
        openness: options.openness.unwrap_or(closed),
        license: name(
            &needed(options.license.clone(), "--license")?,
            "the license",
        )?,
        terms: DerivativeTerms {
            permission,
            min_royalty: options.min_royalty.unwrap_or_default(),
            min_per_unit,
            reach: options.reach.unwrap_or(Reach::Direct),
        },
        bases: bounded(
            options
                .base
                .iter()
                .map(|(version, royalty)| BaseLine {
                    version: *version,
                    royalty: *royalty,
                })
                .collect(),
            "bases",
        )?,
        grants: bounded(
            options
                .grant
                .iter()
                .map(|(grant, share)| GrantLine {
                    grant: *grant,
                    share: *share,
                })
                .collect(),
            "grants",
        )?,
        extras: bounded(
            options
                .extra
                .iter()
                .map(|(account, share)| ExtraLine {
                    account: account.0.clone(),
                    share: *share,
                })
                .collect(),
            "extra shares",
        )?,
    };
    Ok(spec)
}

/// A list as the chain bounds it.
fn bounded<T, B: TryFrom<Vec<T>>>(list: Vec<T>, what: &str) -> Result<B> {
    let count = list.len();
    B::try_from(list)
        .map_err(|_| Error::usage(format!("{count} {what} are more than the chain takes")))
}

/// A name as the chain bounds it.
pub fn name(text: &str, what: &str) -> Result<Name> {
    if text.is_empty() {
        return Err(Error::usage(format!("{what} is empty")));
    }
    Name::try_from(text.as_bytes().to_vec()).map_err(|_| {
        Error::usage(format!(
            "{what} has {} bytes, more than {MAX_NAME}",
            text.len()
        ))
    })
}

/// A file of this machine as the chain fixes it. Where no URI is given it is `file://PATH`.
pub fn local_file(path: &Path, uris: &[String]) -> Result<File> {
    let failed = |e| Error::file("cannot read", path)(e);
    let mut file = fs::File::open(path).map_err(failed)?;
    let mut hash = Sha256::new();
    let length = io::copy(&mut file, &mut hash).map_err(failed)?;
    if length == 0 {
        return Err(Error::usage(format!("{} is empty", path.display())));
    }
    let uris: Vec<String> = match uris {
        [] => vec![format!(
            "file://{}",
            fs::canonicalize(path).map_err(failed)?.display()
        )],
        given => given.to_vec(),
    };
    let uris: Vec<&str> = uris.iter().map(String::as_str).collect();
    if uris.len() > MAX_URIS as usize {
        return Err(Error::usage(format!(
            "a file has at most {MAX_URIS} addresses"
        )));
    }
    for uri in &uris {
        if !is_uri(uri.as_bytes(), &["https://", "file://"]) {
            return Err(Error::usage(format!(
                "`{uri}` is no https:// or file:// address without spaces and special signs"
            )));
        }
        if uri.len() > MAX_URI as usize {
            return Err(Error::usage(format!(
                "`{uri}` is longer than {MAX_URI} bytes"
            )));
        }
    }
    File::new(hash.finalize().into(), length, &uris)
        .ok_or_else(|| Error::usage(format!("{} cannot be named so", path.display())))
}

/// What can be said of the files before anything is sent.
fn check_files(path: &Path, manifest_path: &Path, numerics: Numerics) -> Result<()> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let wrong = |path: &Path, why: String| Error::usage(format!("{}: {why}", path.display()));
    let model = inspect(&bytes).map_err(|e| wrong(path, e.to_string()))?;
    if let Some(tensor) = model.external.first() {
        return Err(wrong(
            path,
            format!("the elements of `{tensor}` lie in another file: no worker loads this model"),
        ));
    }
    if numerics == Numerics::IntV1 && !model.is_integer_only() {
        return Err(wrong(
            path,
            format!(
                "it is not integer only, as int-v1 says: {} (see `myai model inspect`)",
                model
                    .not_integer
                    .iter()
                    .take(3)
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("; ")
            ),
        ));
    }
    let bytes = fs::read(manifest_path).map_err(Error::file("cannot read", manifest_path))?;
    let manifest = Manifest::parse(&bytes).map_err(|e| wrong(manifest_path, e.to_string()))?;
    if let Some(why) = misfits(&manifest, &model).first() {
        return Err(wrong(manifest_path, why.clone()));
    }
    Ok(())
}

/// Where a manifest and a model do not fit: inputs and outputs by their names.
pub fn misfits(manifest: &Manifest, model: &myai_inference_worker::inspect::Model) -> Vec<String> {
    use myai_inference_worker::manifest::Output;
    let mut found = vec![];
    for input in &model.inputs {
        if !manifest.inputs.iter().any(|i| i.name == input.name) {
            found.push(format!(
                "the model's input `{}` is not in the manifest",
                input.name
            ));
        }
    }
    for input in &manifest.inputs {
        if !model.inputs.iter().any(|i| i.name == input.name) {
            found.push(format!("the model has no input `{}`", input.name));
        }
    }
    let outputs: Vec<&str> = match &manifest.output {
        Output::Labels(labels) => vec![&labels.tensor],
        Output::Text(text) => vec![&text.tensor],
        Output::Safetensors(names) | Output::Json(names) => {
            names.iter().map(String::as_str).collect()
        }
    };
    for output in outputs {
        match model.outputs.iter().find(|o| o.name == output) {
            None => found.push(format!("the model has no output `{output}`")),
            Some(o) if !o.is_tensor => found.push(format!(
                "the model's output `{output}` is a {}, not a tensor",
                o.kind
            )),
            Some(_) => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_file_reads() {
        let o = from_document(EXAMPLE, Path::new("/folder")).unwrap();
        assert_eq!(o.model, Some(ModelRef::Name("digits".into())));
        assert_eq!(o.file.as_deref(), Some(Path::new("/folder/digits.onnx")));
        assert_eq!(o.uri, ["https://example.org/digits.onnx"]);
        assert_eq!(
            (o.numerics, o.unit),
            (Some(Numerics::IntV1), Some(Unit::Call))
        );
        assert_eq!(o.price, Some("0.01 MAI".parse().unwrap()));
        assert_eq!(o.openness.unwrap().source, Openness::Open);
        assert_eq!(
            (o.derivatives, o.reach),
            (Some(Permission::Allowed), Some(Reach::Descendants))
        );
        assert_eq!(o.min_royalty, Some(Ppm(50_000)));
        assert_eq!(o.base, [(VersionId(1), Ppm(50_000))]);
        assert_eq!(o.grant, [(GrantId(2), Ppm(30_000))]);
        assert_eq!(o.extra[0].1, Ppm(10_000));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        let error = |text: &str| from_document(text, Path::new("")).unwrap_err().to_string();
        assert!(error("prize = \"1 MAI\"").contains("unknown field `prize`"));
        assert_eq!(
            error("price = \"1\""),
            "price: say of what: `1 MAI`, or `1 asset:1` for an asset's smallest units"
        );
        assert!(error("[[bases]]\nversion = \"v1\"\nroyalty = \"200%\"").contains("bases.royalty"));
        assert!(error("numerics = \"int\"").contains("float, int-v1"));
    }

    #[test]
    fn options_go_over_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("version.toml");
        fs::write(&path, EXAMPLE).unwrap();
        let given = ModelPublish {
            spec: Some(path),
            price: Some("2 MAI".parse().unwrap()),
            base: vec![(VersionId(9), Ppm(1))],
            ..Default::default()
        };
        let o = complete(given).unwrap();
        assert_eq!(o.price, Some("2 MAI".parse().unwrap()));
        assert_eq!(o.base, [(VersionId(9), Ppm(1))]);
        assert_eq!(o.file, Some(dir.path().join("digits.onnx")));
        assert_eq!(o.grant.len(), 1);
    }

    #[test]
    fn a_local_file_has_its_hash_length_and_address() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, b"abc").unwrap();
        let file = local_file(&path, &[]).unwrap();
        assert_eq!(
            hex::encode(file.sha256),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(file.length, 3);
        assert!(file.is_sound());
        let canonical = fs::canonicalize(&path).unwrap();
        assert_eq!(
            file.uris[0][..],
            *format!("file://{}", canonical.display()).as_bytes()
        );
        for bad in ["http://x/y", "https://a b", "https://"] {
            assert!(local_file(&path, &[bad.into()]).is_err(), "{bad}");
        }
        assert!(local_file(&path, &vec!["https://x".into(); 5]).is_err());
        assert!(local_file(&path, &[format!("https://{}", "x".repeat(300))]).is_err());
        fs::write(&path, b"").unwrap();
        assert!(local_file(&path, &[])
            .unwrap_err()
            .to_string()
            .ends_with("is empty"));
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = build(&ModelPublish::default(), &AssetNames::default()).unwrap_err();
        assert!(
            error.to_string().starts_with("--file is missing"),
            "{error}"
        );
        assert!(model(&ModelPublish::default())
            .unwrap_err()
            .to_string()
            .starts_with("MODEL"));
    }
}
