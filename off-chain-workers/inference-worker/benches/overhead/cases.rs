//! What is measured: models with an input each.

use crate::{
    common::{floats, model, node, value},
    failed, Outcome,
};
use myai_model_kit::onnx::{element, AttributeProto, GraphProto};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A model, its manifest and a raw input.
pub struct Case {
    pub name: String,
    pub model: Vec<u8>,
    pub manifest: Vec<u8>,
    pub input: Vec<u8>,
}

/// `$MYAI_MODELS`, else where `scripts/models/prepare.sh` puts them.
fn models() -> PathBuf {
    if let Some(folder) = std::env::var_os("MYAI_MODELS") {
        return folder.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| {
            PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache")
        });
    cache.join("myai/models")
}

pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    fs::read(path).map_err(|e| failed(format!("read {}: {e}", path.display())))
}

/// The three models that are measured where nothing else is asked for.
pub fn known() -> Outcome<Vec<Case>> {
    let models = models();
    let prepared = |path: &str| {
        read(&models.join(path))
            .map_err(|e| failed(format!("{e}; scripts/models/prepare.sh makes it")))
    };
    Ok(vec![
        Case {
            name: "digits-int".into(),
            model: prepared("digits/digits-int.onnx")?,
            manifest: include_bytes!("../../../../scripts/models/manifests/digits-int.json").into(),
            input: prepared("digits/pictures/7.png")?,
        },
        Case {
            name: "magika".into(),
            model: prepared("magika/model.onnx")?,
            manifest: include_bytes!("../../../../scripts/models/manifests/magika.json").into(),
            input: include_bytes!("main.rs").into(),
        },
        layers(),
    ])
}

/// Rows and columns of what goes through [`layers`].
const ROWS: usize = 64;
const COLUMNS: usize = 512;
/// As many as make a run last some ten milliseconds on one thread.
const LAYERS: usize = 24;

/// A model of the usual kind made here: matrices and activations one after another, the mean of
/// the rows as the answer, as models that embed a text have it.
fn layers() -> Case {
    // Any numbers that neither vanish nor saturate from layer to layer.
    let mut state = 1u32;
    let weights: Vec<f32> = (0..COLUMNS * COLUMNS)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.077
        })
        .collect();
    let square = [COLUMNS as i64; 2];
    let mut nodes = Vec::new();
    let mut last = "x".to_string();
    for layer in 0..LAYERS {
        let (product, next) = (format!("p{layer}"), format!("h{layer}"));
        nodes.push(node("MatMul", &[&last, "w"], &[&product], vec![]));
        nodes.push(node("Tanh", &[&product], &[&next], vec![]));
        last = next;
    }
    let axes = AttributeProto {
        name: "axes".into(),
        ints: vec![0],
        r#type: 7,
        ..Default::default()
    };
    nodes.push(node("ReduceMean", &[&last], &["y"], vec![axes]));
    let graph = GraphProto {
        node: nodes,
        name: "layers".into(),
        initializer: vec![floats("w", &square, &weights)],
        input: vec![value("x", element::FLOAT, &[ROWS as i64, COLUMNS as i64])],
        output: vec![value("y", element::FLOAT, &[1, COLUMNS as i64])],
        ..Default::default()
    };
    let manifest = json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"bytes": {
            "dtype": "float32", "segments": [{}], "shape": [ROWS, COLUMNS]}}}],
        "output": {"safetensors": ["y"]}});
    Case {
        name: "layers".into(),
        model: model(graph),
        manifest: manifest.to_string().into_bytes(),
        input: (0..ROWS * COLUMNS).map(|i| (i % 251) as u8).collect(),
    }
}
