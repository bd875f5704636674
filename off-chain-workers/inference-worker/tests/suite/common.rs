//! What the tests share: small models written byte for byte, and an engine.

use myai_inference_worker::{
    config::default_library,
    engine::{disable_telemetry, Engine, EngineOptions},
};
use myai_model_kit::onnx::{
    dimension, element, type_proto, AttributeProto, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, TensorProto, TensorShapeProto, TypeProto, ValueInfoProto,
};
use prost::Message;
use std::sync::Once;

/// An engine on the library that the environment or the project's set-up gives.
pub fn engine(parallel: usize) -> Engine {
    let library = default_library();
    assert!(
        library.exists(),
        "these tests need ONNX Runtime: run scripts/setup.sh, or set ORT_DYLIB_PATH to its library \
         (looked for {})",
        library.display()
    );
    // Tests have no `main` to do it in. Of what reads the environment without Rust's lock, only the
    // library runs in them, and that starts later.
    static SILENCE: Once = Once::new();
    SILENCE.call_once(disable_telemetry);
    Engine::start(&EngineOptions {
        library,
        parallel,
        intra_threads: 1,
    })
    .unwrap()
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
        g: Some(g),
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
