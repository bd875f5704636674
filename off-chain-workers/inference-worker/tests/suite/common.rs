//! What the tests share: small models written byte for byte, and runners for them.

use myai_inference_worker::{
    artifacts::{Artifacts, FetchOptions, FileRef},
    config::default_library,
    executor::{files::Files, process::Program, Executor, Options, Outcome, Request},
    metrics::Metrics,
    runner::walls,
};
use myai_model_kit::onnx::{
    dimension, element, type_proto, AttributeProto, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
};
use myai_primitives::Numerics;
use prost::Message;
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// Two runs at once, on the library that the environment or the project's set-up gives.
pub fn options() -> Options {
    let library = default_library();
    assert!(
        library.exists(),
        "these tests need ONNX Runtime: run scripts/setup.sh, or set ORT_DYLIB_PATH to its library \
         (looked for {})",
        library.display()
    );
    Options {
        program: Program {
            path: env!("CARGO_BIN_EXE_myai-worker").into(),
            arguments: vec!["runner".into()],
            environment: vec![],
        },
        library,
        parallel: 2,
        threads: 1,
        memory: 4 << 30,
        memory_factor: 2.0,
        run_memory: 512 << 20,
        longest_load: Duration::from_secs(20),
        allow_unsandboxed: false,
    }
}

/// Bytes that a runner of a small model may have.
pub fn of_one_runner(options: &Options) -> u64 {
    options.run_memory + walls::memory_besides(options.threads)
}

/// Runners of small models that may take so much for a run, by which those of a test are known
/// among those of others.
pub fn runners_of(run_memory: u64) -> Vec<i32> {
    let mut found = vec![];
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse().ok()) else {
            continue;
        };
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let mut arguments = arguments
            .split(|b| *b == 0)
            .skip_while(|a| a != b"--memory");
        let memory = arguments.nth(1).and_then(|m| std::str::from_utf8(m).ok());
        let memory = memory.and_then(|m| m.parse::<u64>().ok());
        // What the files of the model need comes on top.
        if memory.is_some_and(|m| (run_memory..run_memory + 4096).contains(&m)) {
            found.push(pid);
        }
    }
    found
}

/// A folder of files, and those in it that a test put there.
pub struct Shop {
    pub artifacts: Artifacts,
}

impl Shop {
    pub fn new(folder: &Path) -> Self {
        let artifacts = Artifacts::open(&folder.join("files"), FetchOptions::default());
        Self {
            artifacts: artifacts.unwrap(),
        }
    }

    pub fn executor(&self, options: Options) -> Executor {
        let metrics = Arc::new(Metrics::new().unwrap());
        Executor::new(options, self.artifacts.clone(), metrics).unwrap()
    }

    /// A file that is here already.
    pub fn place(&self, bytes: &[u8]) -> FileRef {
        let sha256 = Sha256::digest(bytes).into();
        std::fs::write(self.artifacts.path(&sha256), bytes).unwrap();
        FileRef {
            sha256,
            length: bytes.len() as u64,
            uris: vec![],
        }
    }

    pub fn files(&self, model: &[u8], manifest: &serde_json::Value) -> Files {
        Files {
            artifact: self.place(model),
            manifest: self.place(&serde_json::to_vec(manifest).unwrap()),
            numerics: Numerics::Float,
        }
    }
}

/// Takes `{"x": …}` and gives `{"y": …}`, whole numbers both.
pub fn numbers() -> serde_json::Value {
    serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "int64"}}}],
        "output": {"json": ["y"]}})
}

/// One unit, and two seconds.
pub fn request(files: &Files, input: &[u8]) -> Request {
    Request {
        files: files.clone(),
        input: input.into(),
        units: 1,
        max_output: 1000,
        longest: Duration::from_secs(2),
        end: Instant::now() + Duration::from_secs(60),
    }
}

/// The answer as text, or why there is none.
pub fn told(outcome: Outcome) -> String {
    match outcome {
        Outcome::Answered { bytes, .. } => String::from_utf8(bytes).unwrap(),
        Outcome::Refused { reason, why, .. } => format!("{reason:?}: {why}"),
    }
}

/// A declared tensor; 0 for a dimension that may be any.
pub fn value(name: &str, elem_type: i32, dims: &[i64]) -> ValueInfoProto {
    let dim = dims
        .iter()
        .map(|d| Dimension {
            value: Some(match d {
                0 => dimension::Value::Named("n".into()),
                d => dimension::Value::Fixed(*d),
            }),
        })
        .collect();
    let tensor = type_proto::Tensor {
        elem_type,
        shape: Some(TensorShapeProto { dim }),
    };
    let kind = TypeProto {
        value: Some(type_proto::Value::Tensor(tensor)),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(kind),
    }
}

pub fn node(
    op: &str,
    input: &[&str],
    output: &[&str],
    attribute: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        input: input.iter().map(|s| s.to_string()).collect(),
        output: output.iter().map(|s| s.to_string()).collect(),
        name: String::new(),
        op_type: op.into(),
        attribute,
        domain: String::new(),
    }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        i,
        r#type: 2,
        ..Default::default()
    }
}

pub fn graph_of(name: &str, g: GraphProto) -> AttributeProto {
    AttributeProto {
        name: name.into(),
        g: Some(Box::new(g)),
        r#type: 5,
        ..Default::default()
    }
}

pub fn int64s(name: &str, dims: &[i64], values: &[i64]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: element::INT64,
        int64_data: values.to_vec(),
        name: name.into(),
        ..Default::default()
    }
}

pub fn floats(name: &str, dims: &[i64], values: &[f32]) -> TensorProto {
    TensorProto {
        dims: dims.to_vec(),
        data_type: element::FLOAT,
        float_data: values.to_vec(),
        name: name.into(),
        ..Default::default()
    }
}

pub fn bools(name: &str, values: &[i32]) -> TensorProto {
    TensorProto {
        dims: vec![],
        data_type: element::BOOL,
        int32_data: values.to_vec(),
        name: name.into(),
        ..Default::default()
    }
}

pub fn model(graph: GraphProto) -> Vec<u8> {
    ModelProto {
        ir_version: 8,
        producer_name: "tests".into(),
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        }],
        training_info: vec![],
        functions: vec![],
    }
    .encode_to_vec()
}

/// `y = x · 2`, int64 of any length in one row.
pub fn doubler() -> Vec<u8> {
    model(GraphProto {
        node: vec![node("Mul", &["x", "two"], &["y"], vec![])],
        name: "doubler".into(),
        initializer: vec![int64s("two", &[], &[2])],
        input: vec![value("x", element::INT64, &[1, 0])],
        output: vec![value("y", element::INT64, &[1, 0])],
        ..Default::default()
    })
}

/// `y` = the index of the greatest of four uint8 numbers.
pub fn greatest() -> Vec<u8> {
    model(GraphProto {
        node: vec![
            node(
                "Cast",
                &["x"],
                &["wide"],
                vec![int("to", element::INT32.into())],
            ),
            node(
                "ArgMax",
                &["wide"],
                &["y"],
                vec![int("axis", 1), int("keepdims", 0)],
            ),
        ],
        name: "greatest".into(),
        input: vec![value("x", element::UINT8, &[1, 4])],
        output: vec![value("y", element::INT64, &[1])],
        ..Default::default()
    })
}

/// Counts to `x` (int64 of no dimensions), one addition after another: slow for a large `x`.
pub fn counter() -> Vec<u8> {
    let body = GraphProto {
        node: vec![
            node("Identity", &["go"], &["go_on"], vec![]),
            node("Add", &["sum", "one"], &["more"], vec![]),
        ],
        name: "body".into(),
        initializer: vec![int64s("one", &[], &[1])],
        input: vec![
            value("i", element::INT64, &[]),
            value("go", element::BOOL, &[]),
            value("sum", element::INT64, &[]),
        ],
        output: vec![
            value("go_on", element::BOOL, &[]),
            value("more", element::INT64, &[]),
        ],
        ..Default::default()
    };
    model(GraphProto {
        node: vec![node(
            "Loop",
            &["x", "yes", "zero"],
            &["y"],
            vec![graph_of("body", body)],
        )],
        name: "counter".into(),
        initializer: vec![bools("yes", &[1]), int64s("zero", &[], &[0])],
        input: vec![value("x", element::INT64, &[])],
        output: vec![value("y", element::INT64, &[])],
        ..Default::default()
    })
}

/// `y` = a sequence that has `x` in it: an output that is not a tensor.
pub fn sequence() -> Vec<u8> {
    let tensor = value("y", element::FLOAT, &[0]).r#type.unwrap();
    let element = type_proto::Element {
        elem_type: Some(Box::new(tensor)),
    };
    let kind = TypeProto {
        value: Some(type_proto::Value::Sequence(Box::new(element))),
    };
    model(GraphProto {
        node: vec![
            node("SequenceConstruct", &["x"], &["y"], vec![]),
            node("Relu", &["x"], &["z"], vec![]),
        ],
        name: "sequence".into(),
        input: vec![value("x", element::FLOAT, &[0])],
        output: vec![
            ValueInfoProto {
                name: "y".into(),
                r#type: Some(kind),
            },
            value("z", element::FLOAT, &[0]),
        ],
        ..Default::default()
    })
}
