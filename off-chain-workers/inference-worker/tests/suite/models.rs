//! Real models with the manifests of `scripts/models/manifests`, from a raw file to an answer.

use crate::common::*;
use myai_model_kit::{
    inspect::inspect,
    manifest::Manifest,
    preprocess::{prepare, InputError},
};
use serde_json::Value;
use std::path::PathBuf;

fn read(path: PathBuf) -> Vec<u8> {
    std::fs::read(&path).unwrap_or_else(|e| {
        panic!(
            "this test needs {} ({e}): run scripts/models/prepare.sh",
            path.display()
        )
    })
}

/// A file of the prepared models.
fn prepared(name: &str) -> Vec<u8> {
    let cache = std::env::var_os("MYAI_CACHE")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
            let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache");
            cache.unwrap_or_else(home).join("myai")
        });
    read(cache.join("models").join(name))
}

fn manifest(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    read(root.join("scripts/models/manifests").join(name))
}

/// Has each of the raw inputs answered.
async fn answers(model: &str, manifest: &str, inputs: Vec<Vec<u8>>) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let manifest = serde_json::from_slice(&self::manifest(manifest)).unwrap();
    let files = shop.files(&prepared(model), &manifest);
    let mut answers = Vec::new();
    for raw in inputs {
        let mut request = request(&files, &raw);
        request.longest = std::time::Duration::from_secs(20);
        let said = told(executor.run(&request).await);
        answers.push(serde_json::from_str(&said).expect(&said));
    }
    answers
}

#[tokio::test]
async fn a_model_names_the_type_of_a_file() {
    let inputs = vec![
        prepared("digits/pictures/3.png"),
        include_bytes!("models.rs").to_vec(),
        br#"{"name": "value", "list": [1, 2, 3], "deep": {"yes": true}}"#.to_vec(),
        prepared("magika/model.onnx"),
    ];
    let answers = answers("magika/model.onnx", "magika.json", inputs).await;
    let first = |answer: &Value| answer["labels"][0]["label"].as_str().unwrap().to_string();
    let told: Vec<String> = answers.iter().map(first).collect();
    assert_eq!(told, ["png", "rust", "json", "onnx"]);
    assert!(answers[0]["labels"][0]["score"].as_f64().unwrap() > 0.99);
    assert_eq!(answers[0]["labels"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn digits_are_read_by_floats_and_by_integers_alone() {
    let pictures = || {
        (0..10)
            .map(|d| prepared(&format!("digits/pictures/{d}.png")))
            .collect()
    };
    for (model, described) in [
        ("digits/digits.onnx", "digits.json"),
        ("digits/digits-int.onnx", "digits-int.json"),
    ] {
        let answers = answers(model, described, pictures()).await;
        for (digit, answer) in answers.iter().enumerate() {
            assert_eq!(answer["labels"][0]["label"], digit.to_string(), "{model}");
        }
    }
    let integer = inspect(prepared("digits/digits-int.onnx")).unwrap();
    assert!(integer.is_int_v1(), "{:?}", integer.not_int_v1);
    assert!(!inspect(prepared("digits/digits.onnx")).unwrap().is_int_v1());
}

#[test]
fn real_files_are_looked_into() {
    let seen = inspect(prepared("magika/model.onnx")).unwrap();
    assert_eq!(seen.inputs.len(), 1);
    assert!(
        seen.inputs[0].kind.starts_with("int32["),
        "{}",
        seen.inputs[0].kind
    );
    assert_eq!(seen.outputs[0].name, "target_label");
    assert!(!seen.is_int_v1());
    assert!(seen.operators.values().sum::<usize>() > 10);
    let seen = inspect(prepared("digits/digits-int.onnx")).unwrap();
    assert_eq!(seen.operators.get("MatMulInteger"), Some(&2));
}

#[test]
fn a_file_that_is_no_picture_is_a_bad_input() {
    let manifest = Manifest::parse(&manifest("digits.json")).unwrap();
    let error = prepare(&manifest, b"%PDF-1.7").unwrap_err();
    assert!(matches!(error, InputError::NotAPicture(_)), "{error}");
}
