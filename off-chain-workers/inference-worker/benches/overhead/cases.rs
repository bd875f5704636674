//! The models that are measured, with an input each.

use crate::{
    common::{floats, int, int64s, model, node, value},
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

/// The models that are measured where nothing else is asked for.
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
        photo()?,
        large_input(),
    ])
}

/// Rows and columns of the matrix that goes through [`layers`].
const ROWS: usize = 64;
const COLUMNS: usize = 512;

/// What a model of [`layers`] takes and gives.
#[derive(Clone, Copy)]
pub enum Size {
    /// One row of bytes, from which the matrix is made, and the mean of the rows: what a model that
    /// classifies or embeds a text takes and gives.
    Row,
    /// 128 KiB either way: four bytes for each number of the matrix, and the matrix itself.
    Matrix,
}

/// A model of the usual kind made here, of so many layers: matrices and activations one after
/// another.
pub fn layers(name: &str, layers: usize, size: Size) -> Case {
    // Any numbers that neither vanish nor saturate from layer to layer.
    let mut state = 1u32;
    let weights: Vec<f32> = (0..COLUMNS * COLUMNS)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((state >> 8) as f32 / (1 << 23) as f32 - 1.0) * 0.077
        })
        .collect();
    let (rows, columns) = (ROWS as i64, COLUMNS as i64);
    let mean = |of: &str, to: &str, keepdims: i64| {
        let axes = AttributeProto {
            name: "axes".into(),
            ints: vec![0],
            r#type: 7,
            ..Default::default()
        };
        let attributes = vec![axes, int("keepdims", keepdims)];
        node("ReduceMean", &[of], &[to], attributes)
    };
    let (taken, given, shape, mut nodes) = match size {
        Size::Row => (
            [1, columns],
            [1, columns],
            int64s("shape", &[2], &[rows, columns]),
            vec![node("Expand", &["x", "shape"], &["h"], vec![])],
        ),
        Size::Matrix => (
            [4 * rows, columns],
            [rows, columns],
            int64s("shape", &[3], &[4, rows, columns]),
            vec![
                node("Reshape", &["x", "shape"], &["four"], vec![]),
                mean("four", "h", 0),
            ],
        ),
    };
    let mut last = "h".to_string();
    for layer in 0..layers {
        let (product, next) = (format!("p{layer}"), format!("h{layer}"));
        nodes.push(node("MatMul", &[&last, "w"], &[&product], vec![]));
        nodes.push(node("Tanh", &[&product], &[&next], vec![]));
        last = next;
    }
    nodes.push(match size {
        Size::Row => mean(&last, "y", 1),
        Size::Matrix => node("Identity", &[&last], &["y"], vec![]),
    });
    let weights = floats("w", &[columns, columns], &weights);
    let graph = GraphProto {
        node: nodes,
        name: "layers".into(),
        initializer: vec![weights, shape],
        input: vec![value("x", element::FLOAT, &taken)],
        output: vec![value("y", element::FLOAT, &given)],
        ..Default::default()
    };
    let manifest = json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"bytes": {
            "dtype": "float32", "segments": [{}], "shape": taken}}}],
        "output": {"safetensors": ["y"]}});
    let bytes = taken.iter().product::<i64>();
    Case {
        name: name.into(),
        model: model(graph),
        manifest: manifest.to_string().into_bytes(),
        input: (0..bytes).map(|i| (i % 251) as u8).collect(),
    }
}

/// The brightest of a picture of 224 × 224, made of a photo of a million pixels: all of it is
/// decoding and resizing.
fn photo() -> Outcome<Case> {
    let shape = [1, 3, 224, 224];
    let graph = GraphProto {
        node: vec![node("ReduceMax", &["x"], &["y"], vec![])],
        name: "photo".into(),
        input: vec![value("x", element::FLOAT, &shape)],
        output: vec![value("y", element::FLOAT, &[1, 1, 1, 1])],
        ..Default::default()
    };
    let manifest = json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"image": {
            "width": 224, "height": 224, "channels": "RGB", "layout": "nchw", "dtype": "float32",
            "scale": 0.00392156862745098, "max_pixels": 2_000_000}}}],
        "output": {"json": ["y"]}});
    let photo = image::RgbImage::from_fn(1200, 834, |x, y| {
        // Shapes and some noise, as photos have them.
        let noise = (x * 7919 + y * 104_729) % 23;
        let [r, g, b] = [x / 5, y / 4, (x + y) / 8].map(|v| ((v + noise) % 256) as u8);
        image::Rgb([r, g, b])
    });
    let mut input = std::io::Cursor::new(Vec::new());
    photo
        .write_to(&mut input, image::ImageFormat::Jpeg)
        .map_err(failed)?;
    Ok(Case {
        name: "photo".into(),
        model: model(graph),
        manifest: manifest.to_string().into_bytes(),
        input: input.into_inner(),
    })
}

/// The greatest byte of almost as much as can be sent.
fn large_input() -> Case {
    let graph = GraphProto {
        node: vec![node("ReduceMax", &["x"], &["y"], vec![])],
        name: "large".into(),
        input: vec![value("x", element::UINT8, &[1, 0])],
        output: vec![value("y", element::UINT8, &[1, 1])],
        ..Default::default()
    };
    let manifest = json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"bytes": {"dtype": "uint8", "segments": [{}]}}}],
        "output": {"json": ["y"]}});
    Case {
        name: "large-input".into(),
        model: model(graph),
        manifest: manifest.to_string().into_bytes(),
        input: (0..(1 << 20) - 1024).map(|i| (i % 251) as u8).collect(),
    }
}
