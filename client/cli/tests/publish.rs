//! What is checked of a version's files before anything is sent, and that options and files say the
//! same.

use clap::Parser;
use myai_client::{
    args::{
        parse, ClausesArgs, Cli, Command, DatasetCommand, DatasetSetTerms, ModelCommand,
        ModelPublish, TERMS_EXAMPLE, VERSION_EXAMPLE,
    },
    version_file,
};
use myai_primitives::*;
use myai_sdk::amount::AssetNames;
use std::path::{Path, PathBuf};

const MAI: Balance = 1_000_000_000_000;

const FLOAT: u8 = 1;
const UINT8: u8 = 2;

/// A protobuf field of bytes.
fn part(number: u8, bytes: &[u8]) -> Vec<u8> {
    let length = u8::try_from(bytes.len())
        .ok()
        .filter(|n| *n < 128)
        .expect("a short field");
    [&[number << 3 | 2, length], bytes].concat()
}

/// An ONNX file of one operator that takes `x` and gives `y`, both tensors of that type.
fn model(operator: &str, element: u8) -> Vec<u8> {
    model_of(operator, &["x"], element)
}

fn model_of(operator: &str, operands: &[&str], element: u8) -> Vec<u8> {
    let shape = part(1, &[1 << 3, 4]);
    let tensor = [vec![1 << 3, element], part(2, &shape)].concat();
    let value = |name: &[u8]| [part(1, name), part(2, &part(1, &tensor))].concat();
    let operands: Vec<u8> = operands
        .iter()
        .flat_map(|o| part(1, o.as_bytes()))
        .collect();
    let node = [operands, part(2, b"y"), part(4, operator.as_bytes())].concat();
    let graph = [
        part(1, &node),
        part(2, b"g"),
        part(11, &value(b"x")),
        part(12, &value(b"y")),
    ]
    .concat();
    let opset = part(8, &[2 << 3, 17]);
    [vec![1 << 3, 8], part(7, &graph), opset].concat()
}

fn manifest(input: &str, output: &str, dtype: &str) -> String {
    format!(
        r#"{{"format":"myai/manifest/1",
            "inputs":[{{"name":"{input}","source":{{"bytes":{{"dtype":"{dtype}","segments":[{{}}]}}}}}}],
            "output":{{"json":["{output}"]}}}}"#
    )
}

/// What a publisher with these files would publish.
fn publish(
    model: &[u8],
    manifest: &str,
    numerics: Numerics,
) -> Result<VersionSpec<myai_chain_client::AccountId>, String> {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| -> PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let options = ModelPublish {
        file: Some(write("model.onnx", model)),
        manifest: Some(write("manifest.json", manifest.as_bytes())),
        numerics: Some(numerics),
        price: Some("0.01 MAI".parse().unwrap()),
        bases: vec!["v1:5%".parse().unwrap()],
        clauses: ClausesArgs {
            license: Some("Apache-2.0".into()),
            derivatives: Some(Derivatives::Forbidden),
            ..Default::default()
        },
        ..Default::default()
    };
    version_file::version(&options, &AssetNames::default()).map_err(|e| {
        assert_eq!(e.exit(), myai_chain_client::exit::Exit::Usage, "{e}");
        e.to_string()
    })
}

#[test]
fn sound_files_become_a_version() {
    let bytes = model("Identity", UINT8);
    let spec = publish(&bytes, &manifest("x", "y", "uint8"), Numerics::IntV1).unwrap();
    assert_eq!(spec.artifact.length, bytes.len() as u64);
    let schemes = ["https://", "file://"];
    assert!(spec.artifact.is_sound(&schemes) && spec.manifest.is_sound(&schemes));
    assert_eq!(spec.modes[..], [Mode::Direct]);
    assert_eq!((spec.unit, spec.max_input), (Unit::Call, MAX_PAYLOAD));
    assert_eq!(
        spec.clauses,
        Clauses::V1(ClausesV1 {
            derivatives: Derivatives::Forbidden,
            ..(*Clauses::open(b"Apache-2.0".to_vec().try_into().unwrap())).clone()
        })
    );
    assert_eq!(
        spec.bases[..],
        [BaseLine {
            version: VersionId(1),
            royalty: Ppm(50_000)
        }]
    );
}

#[test]
fn an_integer_claim_must_hold() {
    let bytes = model("Sigmoid", FLOAT);
    let text = manifest("x", "y", "float32");
    assert!(publish(&bytes, &text, Numerics::Float).is_ok());
    let error = publish(&bytes, &text, Numerics::IntV1).unwrap_err();
    assert!(error.contains("it is not int-v1: "), "{error}");
    assert!(error.contains("the operator Sigmoid is refused"), "{error}");
}

#[test]
fn inspecting_names_what_is_not_exact() {
    let dir = tempfile::tempdir().unwrap();
    let inspected = |bytes: &[u8], form: &[&str]| {
        let path = dir.path().join("model.onnx");
        std::fs::write(&path, bytes).unwrap();
        let mut myai = std::process::Command::new(env!("CARGO_BIN_EXE_myai"));
        let out = myai
            .args(form)
            .args(["model", "inspect"])
            .arg(path)
            .output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    let json = |bytes: &[u8]| -> serde_json::Value {
        serde_json::from_str(&inspected(bytes, &["--json"])).unwrap()
    };
    let exact = model("Identity", UINT8);
    assert_eq!(json(&exact)["int_v1"], true);
    assert!(inspected(&exact, &[]).contains("IntV1: yes"));
    let float = model("Sigmoid", FLOAT);
    let reasons = [
        "the input `x` is float32, but IntV1 has only bool, uint8, int8, int32, uint32, int64 and \
         uint64",
        "the operator Sigmoid is refused: it is not known to give the same bits everywhere",
    ];
    assert_eq!(json(&float)["int_v1"], false);
    assert_eq!(json(&float)["not_int_v1"], serde_json::json!(reasons));
    let text = inspected(&float, &[]);
    assert!(text.contains("IntV1: no"), "{text}");
    assert!(reasons.iter().all(|r| text.contains(r)), "{text}");
    let divided = json(&model_of("Div", &["x", "x"], UINT8));
    let why = divided["not_int_v1"][0].as_str().unwrap();
    assert!(why.contains("its divisor `x` may be 0 to 255"), "{why}");
}

#[test]
fn a_manifest_must_parse_and_fit() {
    let bytes = model("Identity", UINT8);
    let refused = |text: &str, why: &str| {
        let error = publish(&bytes, text, Numerics::IntV1).unwrap_err();
        assert!(
            error.contains("manifest.json: ") && error.contains(why),
            "{error}"
        );
    };
    refused("{}", "this release cannot read the manifest: missing field");
    refused(
        &manifest("x", "y", "uint8").replace("/1", "/2"),
        "format is `myai/manifest/2`",
    );
    refused(
        &manifest("z", "y", "uint8"),
        "input `x` is not in the manifest",
    );
    refused(&manifest("x", "z", "uint8"), "no output `z`");
}

#[test]
fn what_is_no_model_is_refused() {
    let error = publish(b"no model", &manifest("x", "y", "uint8"), Numerics::Float).unwrap_err();
    assert!(error.contains("not an ONNX model"), "{error}");
}

/// A folder with all that the example files name.
fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(dir.path().join(name), bytes).unwrap();
    write("digits.onnx", &model("Identity", UINT8));
    write("manifest.json", manifest("x", "y", "uint8").as_bytes());
    write("LICENSE", b"the license");
    write("use-policy.md", b"the policy");
    dir
}

/// What the program makes of these words.
fn command(words: &[&str]) -> Command {
    Cli::try_parse_from(words).unwrap().command
}

fn published(words: &[&str]) -> ModelPublish {
    match command(words) {
        Command::Model(ModelCommand::Publish(options)) => options.complete().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn set_terms(words: &[&str]) -> DatasetSetTerms {
    match command(words) {
        Command::Dataset(DatasetCommand::Terms(options)) => options.complete().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn file(folder: &Path, name: &str) -> File {
    let uri = format!("https://example.org/{name}");
    version_file::local_file(&folder.join(name), &[uri]).unwrap()
}

fn text(text: &str) -> Text {
    text.as_bytes().to_vec().try_into().unwrap()
}

/// Options for the files of [`folder`]; those of a version have others beside.
fn file_options(folder: &Path, names: &[(&str, &str)]) -> Vec<String> {
    let one = |(option, name): &(&str, &str)| {
        let uri = match *option {
            "--file" => "--uri".to_string(),
            other => format!("{other}-uri"),
        };
        let path = folder.join(name).display().to_string();
        let address = format!("https://example.org/{name}");
        [option.to_string(), path, uri, address]
    };
    names.iter().flat_map(one).collect()
}

#[test]
fn options_and_a_file_publish_the_same_version() {
    let dir = folder();
    let files = file_options(
        dir.path(),
        &[
            ("--file", "digits.onnx"),
            ("--manifest", "manifest.json"),
            ("--text", "LICENSE"),
            ("--use-policy", "use-policy.md"),
        ],
    );
    let mut words = vec![
        "myai",
        "model",
        "publish",
        "digits",
        "--numerics",
        "int-v1",
        "--unit",
        "call",
        "--price",
        "0.01 MAI",
        "--max-input",
        "1000000",
        "--max-output",
        "100000",
        "--openness",
        "open,closed,closed",
        "--license",
        "Apache-2.0",
        "--derivatives",
        "allowed",
        "--irrevocable",
        "--commercial",
        "allowed",
        "--hosting",
        "anyone",
        "--users",
        "anyone",
        "--share-alike=false",
        "--attribution",
        "Built with digits",
        "--royalty",
        "5%",
        "--alternative",
        "call, 0.0002 MAI, 0.005 MAI",
        "--base",
        "v1:5%",
        "--dataset",
        "g2:3%",
        "--extra",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY:1%",
    ];
    words.extend(files.iter().map(String::as_str));
    let given = published(&words);
    let read: ModelPublish = parse(VERSION_EXAMPLE, dir.path()).unwrap();
    assert_eq!(given, read);

    let names = AssetNames::default();
    let version = version_file::version(&given, &names).unwrap();
    assert_eq!(version, version_file::version(&read, &names).unwrap());
    let alternative = Alternative {
        unit: Unit::Call,
        asset: Asset::Native,
        floor: MAI / 5_000,
        max_fee: MAI / 200,
    };
    assert_eq!(
        version.clauses,
        Clauses::V1(ClausesV1 {
            license: text("Apache-2.0"),
            text: Some(file(dir.path(), "LICENSE")),
            derivatives: Derivatives::Allowed,
            royalty: Royalty {
                share: Ppm(50_000),
                alternatives: vec![alternative].try_into().unwrap(),
            },
            irrevocable: true,
            commercial: Commercial::Allowed,
            hosting: Access::Anyone,
            users: Access::Anyone,
            use_policy: Some(file(dir.path(), "use-policy.md")),
            share_alike: false,
            attribution: text("Built with digits"),
        })
    );
    assert_eq!(version.artifact, file(dir.path(), "digits.onnx"));
    assert_eq!(version.manifest, file(dir.path(), "manifest.json"));
    assert_eq!(
        (version.max_input, version.max_output),
        (1_000_000, 100_000)
    );
    assert_eq!(
        version.datasets[..],
        [DatasetLine {
            source: DataSource::Grant(GrantId(2)),
            share: Ppm(30_000)
        }]
    );
}

#[test]
fn options_and_a_file_set_the_same_terms() {
    let dir = folder();
    let files = file_options(
        dir.path(),
        &[("--text", "LICENSE"), ("--use-policy", "use-policy.md")],
    );
    let mut words = vec![
        "myai",
        "dataset",
        "terms",
        "d7",
        "--price",
        "100 MAI",
        "--period",
        "30d",
        "--renewable",
        "365d",
        "--notice",
        "14d",
        "--perpetual-term",
        "365d",
        "--license",
        "LicenseRef-Clinic",
        "--derivatives",
        "approval",
        "--irrevocable=false",
        "--commercial",
        "forbidden",
        "--fees",
        "call,0.001 MAI",
        "--hosting",
        "approval",
        "--users",
        "anyone",
        "--share-alike=false",
        "--attribution",
        "Trained on data of the clinic",
        "--royalty",
        "0%",
    ];
    words.extend(files.iter().map(String::as_str));
    let given = set_terms(&words);
    let mut read: DatasetSetTerms = parse(TERMS_EXAMPLE, dir.path()).unwrap();
    read.dataset = DatasetId(7);
    assert_eq!(given, read);

    let fees = FeeLimit {
        unit: Unit::Call,
        asset: Asset::Native,
        max_fee: MAI / 1_000,
    };
    assert_eq!(
        version_file::terms(&given, &AssetNames::default()).unwrap(),
        DatasetTerms {
            clauses: Clauses::V1(ClausesV1 {
                license: text("LicenseRef-Clinic"),
                text: Some(file(dir.path(), "LICENSE")),
                derivatives: Derivatives::Approval,
                royalty: Royalty::default(),
                irrevocable: false,
                commercial: Commercial::Forbidden { fees: Some(fees) },
                hosting: Access::Approval,
                users: Access::Anyone,
                use_policy: Some(file(dir.path(), "use-policy.md")),
                share_alike: false,
                attribution: text("Trained on data of the clinic"),
            }),
            price: Amount {
                asset: Asset::Native,
                value: 100 * MAI
            },
            period: Some(432_000),
            renewable: Some(5_256_000),
            revocation: Revocation::Notice {
                notice: 201_600,
                perpetual_term: 5_256_000
            },
        }
    );
}

#[test]
fn what_is_said_on_the_command_line_goes_before_the_file() {
    let dir = folder();
    let path = dir.path().join("terms.toml");
    std::fs::write(&path, TERMS_EXAMPLE).unwrap();
    let path = path.display().to_string();
    let words = [
        "myai", "dataset", "terms", "7", "--spec", &path, "--price", "1 MAI", "--users", "approval",
    ];
    let options = set_terms(&words);
    let terms = version_file::terms(&options, &AssetNames::default()).unwrap();
    assert_eq!(options.dataset, DatasetId(7));
    assert_eq!(terms.price.value, MAI);
    assert_eq!(
        (terms.clauses.users, terms.clauses.hosting),
        (Access::Approval, Access::Approval)
    );
    assert_eq!(terms.period, Some(432_000));
}

/// An option, the lines of a file, and what both change of clauses that ask nothing.
type Case = (&'static [&'static str], &'static str, fn(&mut Clauses));

#[test]
fn each_clause_is_set_by_its_option_and_by_its_field() {
    let cases: [Case; 13] = [
        (
            &["--derivatives", "forbidden"],
            "derivatives = \"forbidden\"",
            |c| c.derivatives = Derivatives::Forbidden,
        ),
        (
            &["--derivatives", "approval"],
            "derivatives = \"approval\"",
            |c| c.derivatives = Derivatives::Approval,
        ),
        (&["--irrevocable"], "irrevocable = true", |c| {
            c.irrevocable = true
        }),
        (&["--irrevocable=false"], "irrevocable = false", |_| ()),
        (
            &["--commercial", "allowed"],
            "commercial = \"allowed\"",
            |_| (),
        ),
        (
            &["--commercial", "forbidden"],
            "commercial = \"forbidden\"",
            |c| c.commercial = Commercial::Forbidden { fees: None },
        ),
        (
            &[
                "--commercial",
                "forbidden",
                "--fees",
                "thousand-tokens,5 asset:7",
            ],
            "commercial = \"forbidden\"\n\
             fees = { unit = \"thousand-tokens\", max_fee = \"5 asset:7\" }",
            |c| {
                let fees = FeeLimit {
                    unit: Unit::ThousandTokens,
                    asset: Asset::Id(7),
                    max_fee: 5,
                };
                c.commercial = Commercial::Forbidden { fees: Some(fees) }
            },
        ),
        (&["--hosting", "approval"], "hosting = \"approval\"", |c| {
            c.hosting = Access::Approval
        }),
        (&["--users", "approval"], "users = \"approval\"", |c| {
            c.users = Access::Approval
        }),
        (&["--share-alike"], "share_alike = true", |c| {
            c.share_alike = true
        }),
        (
            &["--attribution", "Built with it"],
            "attribution = \"Built with it\"",
            |c| c.attribution = text("Built with it"),
        ),
        (&["--license", "MIT"], "license = \"MIT\"", |c| {
            c.license = text("MIT")
        }),
        (
            &[
                "--royalty",
                "2.5%",
                "--alternative",
                "second,1 pico,2 pico",
                "--alternative",
                "call,3 asset:7,0 asset:7",
            ],
            "[clauses.royalty]\nshare = 25000\nalternatives = [\n\
             { unit = \"second\", floor = \"1 pico\", max_fee = \"2 pico\" },\n\
             { unit = \"call\", floor = \"3 asset:7\", max_fee = \"0 asset:7\" } ]",
            |c| {
                let alternative = |unit, asset, floor, max_fee| Alternative {
                    unit,
                    asset,
                    floor,
                    max_fee,
                };
                c.royalty = Royalty {
                    share: Ppm(25_000),
                    alternatives: vec![
                        alternative(Unit::Second, Asset::Native, 1, 2),
                        alternative(Unit::Call, Asset::Id(7), 3, 0),
                    ]
                    .try_into()
                    .unwrap(),
                }
            },
        ),
    ];
    let names = AssetNames::default();
    for (option, field, change) in cases {
        let mut expected = Clauses::open(text("Apache-2.0"));
        change(&mut expected);

        let mut words = vec!["myai", "dataset", "terms", "1", "--price", "0 MAI"];
        let mut file = String::from("price = \"0 MAI\"\n[clauses]\n");
        for (needed, value) in [("license", "Apache-2.0"), ("derivatives", "allowed")] {
            if !field.starts_with(needed) {
                words.extend(match needed {
                    "license" => ["--license", value],
                    _ => ["--derivatives", value],
                });
                file += &format!("{needed} = \"{value}\"\n");
            }
        }
        words.extend(option);
        file += field;
        let by_options = version_file::terms(&set_terms(&words), &names).unwrap();
        let by_file: DatasetSetTerms = parse(&file, Path::new("")).unwrap();
        let by_file = version_file::terms(&by_file, &names).unwrap();
        assert_eq!(by_options.clauses, expected, "{option:?}");
        assert_eq!(by_file.clauses, expected, "{field}");
    }
}
