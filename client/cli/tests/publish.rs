//! What is checked of a version's files before anything is sent.

use myai_client::{amount::AssetNames, args::ModelPublish, spec};
use myai_primitives::*;
use std::path::PathBuf;

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
    let shape = part(1, &[1 << 3, 4]);
    let tensor = [vec![1 << 3, element], part(2, &shape)].concat();
    let value = |name: &[u8]| [part(1, name), part(2, &part(1, &tensor))].concat();
    let node = [part(1, b"x"), part(2, b"y"), part(4, operator.as_bytes())].concat();
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
        license: Some("Apache-2.0".into()),
        base: vec![(VersionId(1), Ppm(50_000))],
        ..Default::default()
    };
    spec::build(&options, &AssetNames::default()).map_err(|e| {
        assert_eq!(e.exit(), myai_client::error::Exit::Usage, "{e}");
        e.to_string()
    })
}

#[test]
fn sound_files_become_a_version() {
    let bytes = model("Identity", UINT8);
    let spec = publish(&bytes, &manifest("x", "y", "uint8"), Numerics::IntV1).unwrap();
    assert_eq!(spec.artifact.length, bytes.len() as u64);
    assert!(spec.artifact.is_sound() && spec.manifest.is_sound());
    assert_eq!(spec.modes[..], [Mode::Direct]);
    assert_eq!((spec.unit, spec.max_input), (Unit::Call, spec::MAX_SIZE));
    assert_eq!(spec.terms.permission, Permission::Forbidden);
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
    assert!(
        error.contains("it is not integer only, as int-v1 says"),
        "{error}"
    );
    assert!(error.contains("Sigmoid"), "{error}");
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
    refused("{}", "not as this release reads it");
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
