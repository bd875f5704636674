//! Turns the options of `model publish` and `dataset terms` into the spec that goes on the chain:
//! reads, hashes and checks the files of this machine that they name.

use crate::{
    args::{AlternativeArg, ClausesArgs, DatasetSetTerms, FeesArg, ModelPublish, RevocationArgs},
    error::{Error, Result},
    parse::CommercialUse,
};
use myai_chain_client::AccountId;
use myai_model_kit::{inspect::inspect, manifest::Manifest};
use myai_primitives::*;
use myai_sdk::{amount::AssetNames, ModelRef};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

fn needed<T>(value: Option<T>, option: &str) -> Result<T> {
    value.ok_or_else(|| {
        Error::usage(format!(
            "{option} is missing: give it, or name a --spec file that has it"
        ))
    })
}

/// The model, which the command line or the file must name.
pub fn model(options: &ModelPublish) -> Result<ModelRef> {
    needed(options.model.clone(), "MODEL")
}

/// The version's spec. Checks that the manifest parses and fits the model's inputs and outputs, and
/// that a version that claims `int-v1` computes in whole numbers only.
pub fn version(options: &ModelPublish, names: &AssetNames) -> Result<VersionSpec<AccountId>> {
    let path = needed(options.file.as_ref(), "--file")?;
    let manifest_path = needed(options.manifest.as_ref(), "--manifest")?;
    let numerics = needed(options.numerics, "--numerics")?;
    let price = needed(options.price.as_ref(), "--price")?.resolve(names)?;
    let clauses = clauses(&options.clauses, names)?;
    check_files(path, manifest_path, numerics)?;

    let bases = options.bases.iter().map(|b| BaseLine {
        version: b.version,
        royalty: b.royalty,
    });
    let datasets = options.datasets.iter().map(|d| DatasetLine {
        source: d.source,
        share: d.share,
    });
    let extras = options.extras.iter().map(|e| ExtraLine {
        account: e.account.0.clone(),
        share: e.share,
    });
    Ok(VersionSpec {
        artifact: local_file(path, &options.uris)?,
        manifest: local_file(manifest_path, &options.manifest_uris)?,
        numerics,
        unit: options.unit.unwrap_or(Unit::Call),
        price,
        modes: bounded(vec![Mode::Direct], "modes")?,
        max_input: options.max_input.unwrap_or(MAX_PAYLOAD),
        max_output: options.max_output.unwrap_or(MAX_PAYLOAD),
        openness: options.openness.unwrap_or(Disclosure {
            source: Openness::Closed,
            training_data: Openness::Closed,
            checkpoints: Openness::Closed,
        }),
        clauses,
        bases: bounded(bases.collect(), "bases")?,
        datasets: bounded(datasets.collect(), "datasets")?,
        extras: bounded(extras.collect(), "extra shares")?,
    })
}

/// The dataset's terms.
pub fn terms(options: &DatasetSetTerms, names: &AssetNames) -> Result<DatasetTerms> {
    let RevocationArgs {
        notice,
        perpetual_term,
    } = options.revocation;
    let revocation = match (notice, perpetual_term) {
        (None, None) => Revocation::Never,
        (None, Some(_)) => {
            return Err(Error::usage(
                "--perpetual-term goes with --notice: without one no grant is revoked",
            ))
        }
        (Some(_), None) if options.period.is_none() => {
            return Err(Error::usage(
                "grants without a period that can be revoked need --perpetual-term: how long \
                 their price takes to be used up",
            ))
        }
        (Some(notice), term) => Revocation::Notice {
            notice,
            // The chain reads it only where there is no period.
            perpetual_term: term.unwrap_or_default(),
        },
    };
    Ok(DatasetTerms {
        clauses: clauses(&options.clauses, names)?,
        price: needed(options.price.as_ref(), "--price")?.resolve(names)?,
        period: options.period,
        renewable: options.renewable,
        revocation,
    })
}

/// The clauses of a license. Who may derive has no default: the owner has to say it.
fn clauses(given: &ClausesArgs, names: &AssetNames) -> Result<Clauses> {
    let fees = given
        .fees
        .as_ref()
        .map(|f| fee_limit(f, names))
        .transpose()?;
    let commercial = match (given.commercial.unwrap_or(CommercialUse::Allowed), fees) {
        (CommercialUse::Forbidden, fees) => Commercial::Forbidden { fees },
        (CommercialUse::Allowed, None) => Commercial::Allowed,
        (CommercialUse::Allowed, Some(_)) => {
            return Err(Error::usage(
                "fees are limited where commercial use is forbidden alone; elsewhere an \
                 alternative of the royalty limits them",
            ))
        }
    };
    let alternatives = given.royalty.alternatives.iter();
    let alternatives: Vec<Alternative> = alternatives
        .map(|a| alternative(a, names))
        .collect::<Result<_>>()?;
    let clauses = Clauses::V1(ClausesV1 {
        license: short(needed(given.license.as_ref(), "--license")?, "the license")?,
        text: file_of(&given.text.file, &given.text.uris, "text")?,
        derivatives: needed(given.derivatives, "--derivatives")?,
        royalty: Royalty {
            share: given.royalty.share.unwrap_or_default(),
            alternatives: bounded(alternatives, "alternatives")?,
        },
        irrevocable: given.irrevocable.unwrap_or(false),
        commercial,
        hosting: given.hosting.unwrap_or(Access::Anyone),
        users: given.users.unwrap_or(Access::Anyone),
        use_policy: file_of(&given.use_policy.file, &given.use_policy.uris, "use-policy")?,
        share_alike: given.share_alike.unwrap_or(false),
        attribution: short(
            given.attribution.as_deref().unwrap_or_default(),
            "the attribution",
        )?,
    });
    clauses
        .ensure_sound()
        .map_err(|e| Error::usage(unsound(e)))?;
    Ok(clauses)
}

fn alternative(given: &AlternativeArg, names: &AssetNames) -> Result<Alternative> {
    let (floor, max_fee) = (given.floor.resolve(names)?, given.max_fee.resolve(names)?);
    if floor.asset != max_fee.asset {
        return Err(Error::usage(format!(
            "`{}` and `{}` of one alternative must be in one asset",
            given.floor, given.max_fee
        )));
    }
    Ok(Alternative {
        unit: given.unit,
        asset: floor.asset,
        floor: floor.value,
        max_fee: max_fee.value,
    })
}

fn fee_limit(given: &FeesArg, names: &AssetNames) -> Result<FeeLimit> {
    let max_fee = given.max_fee.resolve(names)?;
    Ok(FeeLimit {
        unit: given.unit,
        asset: max_fee.asset,
        max_fee: max_fee.value,
    })
}

/// Why clauses cannot be stated.
fn unsound(error: ClauseError) -> &'static str {
    match error {
        ClauseError::LicenseNotText => {
            "the license must be an SPDX expression in plain characters, such as `Apache-2.0`"
        }
        ClauseError::AttributionNotText => {
            "the attribution must be text without control and format characters"
        }
        ClauseError::RoyaltyWithoutFloor => {
            "a royalty needs at least one alternative: for each unit and asset, once, what it \
             brings at least, above 0, and what fees come to at most"
        }
        ClauseError::FloorWithoutRoyalty => "alternatives are of a royalty: state its share too",
        ClauseError::FeeLimitZero => "a limit of fees must be above 0; without one there are none",
        ClauseError::RoyaltyNotCommercial => {
            "where commercial use is forbidden the royalty must be 0"
        }
        // The chain checks the others when something is derived.
        _ => "the clauses contradict each other",
    }
}

fn file_of(path: &Option<PathBuf>, uris: &[String], option: &str) -> Result<Option<File>> {
    match path {
        Some(path) => local_file(path, uris).map(Some),
        None if uris.is_empty() => Ok(None),
        None => Err(Error::usage(format!(
            "addresses are given for --{option}, but no file: its hash is made of it"
        ))),
    }
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

/// A license or an attribution as the chain bounds it.
fn short(text: &str, what: &str) -> Result<Text> {
    Text::try_from(text.as_bytes().to_vec()).map_err(|_| {
        Error::usage(format!(
            "{what} has {} bytes, more than {MAX_TEXT}",
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
                "`{uri}` is not an https:// or file:// address without spaces and special characters"
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

/// Checks the files before anything is sent.
fn check_files(path: &Path, manifest_path: &Path, numerics: Numerics) -> Result<()> {
    let bytes = fs::read(path).map_err(Error::file("cannot read", path))?;
    let wrong = |path: &Path, why: String| Error::usage(format!("{}: {why}", path.display()));
    let model = inspect(bytes).map_err(|e| wrong(path, e.to_string()))?;
    if numerics == Numerics::IntV1 && !model.is_int_v1() {
        return Err(wrong(
            path,
            format!(
                "it is not int-v1: {} (`myai model inspect` names every reason)",
                model
                    .not_int_v1
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

/// Says where a manifest and a model do not fit, by the names of inputs and outputs.
pub fn misfits(manifest: &Manifest, model: &myai_model_kit::inspect::Model) -> Vec<String> {
    use myai_model_kit::manifest::Output;
    let mut found = vec![];
    if let (Some(tensor), []) = (model.external.first(), manifest.files.as_slice()) {
        found.push(format!(
            "the elements of `{tensor}` lie in another file, which the manifest does not name \
             among its `files`"
        ));
    }
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
    use crate::args::{parse, PolicyArgs, RoyaltyArgs, TERMS_EXAMPLE};

    #[test]
    fn the_documented_terms_are_sound() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["LICENSE", "use-policy.md"] {
            fs::write(dir.path().join(name), b"text").unwrap();
        }
        let options: DatasetSetTerms = parse(TERMS_EXAMPLE, dir.path()).unwrap();
        let terms = terms(&options, &AssetNames::default()).unwrap();
        assert_eq!(
            (terms.period, terms.renewable),
            (Some(432_000), Some(5_256_000))
        );
        assert_eq!(
            terms.revocation,
            Revocation::Notice {
                notice: 201_600,
                perpetual_term: 5_256_000
            }
        );
        assert_eq!(terms.clauses.derivatives, Derivatives::Approval);
        let fees = FeeLimit {
            unit: Unit::Call,
            asset: Asset::Native,
            max_fee: MAI / 1_000,
        };
        assert_eq!(
            terms.clauses.commercial,
            Commercial::Forbidden { fees: Some(fees) }
        );
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
        assert!(file.is_sound(&["file://"]));
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
        let names = AssetNames::default();
        let error = version(&ModelPublish::default(), &names).unwrap_err();
        assert!(
            error.to_string().starts_with("--file is missing"),
            "{error}"
        );
        let error = terms(&DatasetSetTerms::default(), &names).unwrap_err();
        assert!(
            error.to_string().starts_with("--license is missing"),
            "{error}"
        );
        let licensed = ClausesArgs {
            license: Some("MIT".into()),
            ..Default::default()
        };
        let error = clauses(&licensed, &names).unwrap_err();
        assert!(
            error.to_string().starts_with("--derivatives is missing"),
            "{error}"
        );
        assert!(model(&ModelPublish::default())
            .unwrap_err()
            .to_string()
            .starts_with("MODEL"));
    }

    #[test]
    fn clauses_that_cannot_be_stated_are_refused_in_a_sentence() {
        let open = || ClausesArgs {
            license: Some("MIT".into()),
            derivatives: Some(Derivatives::Allowed),
            ..Default::default()
        };
        let royalty = || RoyaltyArgs {
            share: Some(Ppm(1)),
            alternatives: vec!["call,1 pico,0 pico".parse().unwrap()],
        };
        assert!(clauses(&open(), &AssetNames::default()).is_ok());
        let cases: [(ClausesArgs, &str); 11] = [
            (
                ClausesArgs {
                    license: Some("é".into()),
                    ..open()
                },
                "SPDX expression",
            ),
            (
                ClausesArgs {
                    license: Some("x".repeat(129)),
                    ..open()
                },
                "the license has 129 bytes, more than 128",
            ),
            (
                ClausesArgs {
                    attribution: Some("a\u{202e}b".into()),
                    ..open()
                },
                "without control",
            ),
            (
                ClausesArgs {
                    royalty: RoyaltyArgs {
                        alternatives: vec![],
                        ..royalty()
                    },
                    ..open()
                },
                "a royalty needs at least one alternative",
            ),
            (
                ClausesArgs {
                    royalty: RoyaltyArgs {
                        alternatives: vec!["call,1 pico,0 pico".parse().unwrap(); 5],
                        ..royalty()
                    },
                    ..open()
                },
                "5 alternatives are more than the chain takes",
            ),
            (
                ClausesArgs {
                    royalty: RoyaltyArgs {
                        share: None,
                        ..royalty()
                    },
                    ..open()
                },
                "state its share too",
            ),
            (
                ClausesArgs {
                    royalty: RoyaltyArgs {
                        alternatives: vec!["call,1 pico,1 asset:1".parse().unwrap()],
                        ..royalty()
                    },
                    ..open()
                },
                "`1 pico` and `1 asset:1` of one alternative must be in one asset",
            ),
            (
                ClausesArgs {
                    royalty: royalty(),
                    commercial: Some(CommercialUse::Forbidden),
                    ..open()
                },
                "the royalty must be 0",
            ),
            (
                ClausesArgs {
                    fees: Some("call,1 pico".parse().unwrap()),
                    ..open()
                },
                "fees are limited where commercial use is forbidden alone",
            ),
            (
                ClausesArgs {
                    fees: Some("call,0 pico".parse().unwrap()),
                    commercial: Some(CommercialUse::Forbidden),
                    ..open()
                },
                "a limit of fees must be above 0",
            ),
            (
                ClausesArgs {
                    use_policy: PolicyArgs {
                        file: None,
                        uris: vec!["https://x".into()],
                    },
                    ..open()
                },
                "addresses are given for --use-policy, but no file",
            ),
        ];
        for (given, why) in cases {
            let error = clauses(&given, &AssetNames::default()).unwrap_err();
            assert!(error.to_string().contains(why), "{error}");
            assert_eq!(error.exit(), myai_chain_client::exit::Exit::Usage);
        }
    }

    #[test]
    fn a_notice_needs_to_know_over_what_the_price_is_used_up() {
        let revocation = |notice, perpetual_term, period| {
            let options = DatasetSetTerms {
                period,
                revocation: RevocationArgs {
                    notice,
                    perpetual_term,
                },
                price: Some("1 MAI".parse().unwrap()),
                clauses: ClausesArgs {
                    license: Some("MIT".into()),
                    derivatives: Some(Derivatives::Allowed),
                    ..Default::default()
                },
                ..Default::default()
            };
            terms(&options, &AssetNames::default())
                .map(|t| t.revocation)
                .map_err(|e| e.to_string())
        };
        let notice = |notice, perpetual_term| {
            Ok(Revocation::Notice {
                notice,
                perpetual_term,
            })
        };
        assert_eq!(revocation(None, None, None), Ok(Revocation::Never));
        assert_eq!(revocation(Some(5), Some(9), None), notice(5, 9));
        assert_eq!(revocation(Some(5), None, Some(7)), notice(5, 0));
        let error = revocation(Some(5), None, None).unwrap_err();
        assert!(error.contains("need --perpetual-term"), "{error}");
        let error = revocation(None, Some(9), None).unwrap_err();
        assert!(error.contains("goes with --notice"), "{error}");
    }
}
