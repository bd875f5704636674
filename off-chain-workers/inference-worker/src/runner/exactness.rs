//! Whether ONNX Runtime gives the bits that `IntV1` promises, on this machine: looked at whenever
//! such a model is loaded.
//!
//! The model runs on inputs made here, and its answers are compared with those of the slow and
//! plain arithmetic of `myai-model-kit`, as far as that comes to an end within its steps. Products
//! of bytes, which processors differ in, are compared besides, also for a model that is too large.

use super::session::{Options, Session};
use crate::protocol::{Blame, Refused};
use myai_model_kit::{
    int_v1::{
        read,
        reference::{run, EvalError, Steps, Value},
        Graph, IntType,
    },
    onnx::{
        dimension, element, type_proto, Bytes, Dimension, GraphProto, ModelProto, NodeProto,
        OperatorSetIdProto, TensorShapeProto, TypeProto, ValueInfoProto,
    },
    parse::parse,
    tensor::{DType, Data, Tensor},
};
use ort::environment::Environment;
use prost::Message;
use std::collections::BTreeMap;

/// Inputs that a model is tried on.
const PATTERNS: u32 = 16;
/// Elements that the comparison may touch, of one model with all its inputs.
const MAX_STEPS: u64 = 20_000_000;

/// Compares `session`, which has loaded the model of `file`, on inputs made here.
pub fn compare(session: &mut Session, file: &Bytes) -> Result<(), Refused> {
    let model = parse(file.clone()).map_err(|e| Refused::new(Blame::Model, e))?;
    let graph = read(&model).map_err(|reasons| {
        let why = reasons.into_iter().next().unwrap_or_default();
        Refused::new(Blame::Model, format!("the model is not `IntV1`: {why}"))
    })?;
    let mut steps = Steps(MAX_STEPS);
    for pattern in 0..PATTERNS {
        let inputs = inputs(&graph, pattern);
        let expected = match run(&graph, &inputs, &mut steps) {
            Ok(expected) => expected,
            // Not an input that this model takes.
            Err(EvalError::Index { .. }) => continue,
            Err(EvalError::TooLong) => {
                eprintln!("compared on {pattern} inputs: the model is too large for more");
                return Ok(());
            }
            Err(error) => return Err(Refused::new(Blame::Model, error)),
        };
        compare_one(session, &graph, &inputs, &expected)?;
    }
    Ok(())
}

fn compare_one(
    session: &mut Session,
    graph: &Graph,
    inputs: &BTreeMap<String, Vec<i128>>,
    expected: &[Value],
) -> Result<(), Refused> {
    let tensors = graph.tensors.iter().filter(|t| t.is_input);
    let tensors = tensors.filter_map(|t| {
        let elements = inputs.get(&t.name)?.iter().map(|n| *n as i64);
        let data = Data::from_integers(dtype(t.kind), elements)?;
        Some((t.name.clone(), Tensor::new(t.dims.clone(), data)?))
    });
    let names: Vec<&str> = graph.outputs.iter().map(|(n, _)| n.as_str()).collect();
    let outputs = session.run(tensors.collect(), &names)?;
    for ((name, given), expected) in outputs.iter().zip(expected) {
        if integers(given.data()) != expected.elements {
            let why = format!(
                "`{name}` is not what exact arithmetic gives: this machine must not serve the model"
            );
            return Err(Refused::new(Blame::Model, why));
        }
    }
    Ok(())
}

/// All least, all most, alternating, then numbers that look random.
fn inputs(graph: &Graph, pattern: u32) -> BTreeMap<String, Vec<i128>> {
    let inputs = graph.tensors.iter().filter(|t| t.is_input);
    let mut state = u64::from(pattern).wrapping_add(1);
    let elements = |kind: IntType, i: usize, state: &mut u64| {
        let range = kind.range();
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        match (pattern, i % 2) {
            (0, _) | (2, 0) => range.least,
            (1, _) | (2, _) => range.most,
            _ => kind.wrap(i128::from(*state >> 11)),
        }
    };
    inputs
        .map(|t| {
            let all = (0..t.elements()).map(|i| elements(t.kind, i, &mut state));
            (t.name.clone(), all.collect())
        })
        .collect()
}

fn dtype(kind: IntType) -> DType {
    match kind {
        IntType::Bool => DType::Bool,
        IntType::U8 => DType::Uint8,
        IntType::I8 => DType::Int8,
        IntType::I32 => DType::Int32,
        IntType::U32 => DType::Uint32,
        IntType::I64 => DType::Int64,
        IntType::U64 => DType::Uint64,
    }
}

fn integers(data: &Data) -> Vec<i128> {
    match data {
        Data::Bool(v) => v.iter().map(|b| i128::from(*b)).collect(),
        Data::Uint8(v) => v.iter().map(|n| i128::from(*n)).collect(),
        Data::Int8(v) => v.iter().map(|n| i128::from(*n)).collect(),
        Data::Int32(v) => v.iter().map(|n| i128::from(*n)).collect(),
        Data::Uint32(v) => v.iter().map(|n| i128::from(*n)).collect(),
        Data::Int64(v) => v.iter().map(|n| i128::from(*n)).collect(),
        Data::Uint64(v) => v.iter().map(|n| i128::from(*n)).collect(),
        // No other type is `IntV1`'s.
        _ => vec![],
    }
}

/// The manifest of [`product_of_bytes`].
pub const MANIFEST: &str = r#"{"format":"myai/manifest/1","inputs":[{"name":"a","source":{"safetensors":{}}},
    {"name":"b","source":{"safetensors":{}}}],"output":{"json":["c"]}}"#;

/// A small model whose bits some processors get wrong.
pub fn product_of_bytes() -> Vec<u8> {
    product("MatMulInteger", [&[3, 67], &[67, 5]])
}

/// Compares products of bytes, each operator in a graph of its own.
pub fn compare_products(environment: &Environment, options: Options) -> Result<(), Refused> {
    for (operator, shapes) in [
        ("MatMulInteger", [&[3, 67][..], &[67, 5]]),
        ("ConvInteger", [&[1, 17, 6, 6], &[4, 17, 3, 3]]),
    ] {
        let file = Bytes::from(product(operator, shapes));
        let mut session = Session::load(environment, &file, vec![], options)?;
        compare(&mut session, &file)?;
    }
    Ok(())
}

/// `c`, the operator of the inputs `a` and `b`, both uint8.
fn product(operator: &str, shapes: [&[i64]; 2]) -> Vec<u8> {
    let value = |name: &str, elem_type, dims: &[i64]| {
        let dim = dims.iter().map(|d| Dimension {
            value: Some(dimension::Value::Fixed(*d)),
        });
        let shape = TensorShapeProto { dim: dim.collect() };
        let tensor = type_proto::Tensor {
            elem_type,
            shape: Some(shape),
        };
        ValueInfoProto {
            name: name.into(),
            r#type: Some(TypeProto {
                value: Some(type_proto::Value::Tensor(tensor)),
            }),
        }
    };
    let [a, b] = shapes;
    let result = match operator {
        "MatMulInteger" => vec![a[0], b[1]],
        _ => vec![1, b[0], a[2] - b[2] + 1, a[3] - b[3] + 1],
    };
    let graph = GraphProto {
        name: operator.into(),
        node: vec![NodeProto {
            op_type: operator.into(),
            input: vec!["a".into(), "b".into()],
            output: vec!["c".into()],
            ..Default::default()
        }],
        input: vec![value("a", element::UINT8, a), value("b", element::UINT8, b)],
        output: vec![value("c", element::INT32, &result)],
        ..Default::default()
    };
    ModelProto {
        ir_version: 8,
        graph: Some(graph),
        opset_import: vec![OperatorSetIdProto {
            domain: String::new(),
            version: 17,
        }],
        ..Default::default()
    }
    .encode_to_vec()
}
