//! Describes an ONNX file without running it: its inputs, outputs and operators, and whether it is
//! `IntV1`.

use crate::{
    int_v1,
    manifest::Source,
    onnx::{
        self, dimension, element, type_proto, AttributeProto, Bytes, GraphProto, NodeProto,
        SparseTensorProto, TensorProto, TypeProto, ValueInfoProto,
    },
    parse::{parse, ParseError},
    tensor::{DType, Tensor},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// One input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    pub name: String,
    /// Its type, written for people: `float32[1, n, 64]`, `sequence(map(int64, float32))`.
    pub kind: String,
    /// Whether it is a tensor; a job can use nothing else.
    pub is_tensor: bool,
    /// The tensor's dimensions, `None` for one of any size; `None` if the file states no shape.
    pub shape: Option<Vec<Option<usize>>>,
    /// Type of its elements; `None` for one that [`DType`] does not have.
    pub dtype: Option<DType>,
}

/// Why a tensor does not fit an input of the model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("the input `{name}` is {given}, but the model takes {wanted}")]
    Type {
        name: String,
        given: DType,
        wanted: String,
    },
    #[error("the input `{name}` has the shape {given}, but the model takes {wanted}")]
    Shape {
        name: String,
        given: String,
        wanted: String,
    },
}

impl Value {
    /// Checks that the model takes this tensor, as far as the file states type and shape.
    pub fn takes(&self, tensor: &Tensor) -> Result<(), Misfit> {
        let given: Vec<Option<usize>> = tensor.shape().iter().map(|d| Some(*d)).collect();
        self.check(Some(tensor.data().dtype()), Some(&given))
    }

    /// Checks that some tensor from this source can fit the model's input.
    pub fn can_be(&self, source: &Source) -> Result<(), Misfit> {
        self.check(source.dtype(), source.shape().as_deref())
    }

    fn check(&self, dtype: Option<DType>, shape: Option<&[Option<usize>]>) -> Result<(), Misfit> {
        if let Some(given) = dtype.filter(|given| self.dtype != Some(*given)) {
            return Err(Misfit::Type {
                name: self.name.clone(),
                given,
                wanted: self.dtype.map_or(self.kind.clone(), |d| d.to_string()),
            });
        }
        let same = |(one, other): (&Option<usize>, &Option<usize>)| match (one, other) {
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        let (Some(given), Some(wanted)) = (shape, self.shape.as_deref()) else {
            return Ok(());
        };
        match given.len() == wanted.len() && given.iter().zip(wanted).all(same) {
            true => Ok(()),
            false => Err(Misfit::Shape {
                name: self.name.clone(),
                given: dimensions(given),
                wanted: dimensions(wanted),
            }),
        }
    }
}

fn dimensions(shape: &[Option<usize>]) -> String {
    let dimension = |d: &Option<usize>| d.map_or("any".into(), |d| d.to_string());
    let dimensions: Vec<String> = shape.iter().map(dimension).collect();
    format!("[{}]", dimensions.join(", "))
}

/// The contents of an ONNX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub ir_version: i64,
    /// The program that wrote the file; may be empty.
    pub producer: String,
    /// Domain and version of each set of operators.
    pub opsets: Vec<(String, i64)>,
    /// The inputs, except those whose value is stored in the file.
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
    /// How often each operator occurs, nested graphs and functions included. One that is not ONNX's
    /// own has its domain in front.
    pub operators: BTreeMap<String, usize>,
    /// Tensors whose elements lie in other files, which the manifest must name.
    pub external: Vec<String>,
    /// Reasons why the model is not `IntV1`, each a sentence; empty if it is.
    pub not_int_v1: Vec<String>,
}

impl Model {
    /// Whether the model gives the same bits on every machine ([`int_v1`]).
    pub fn is_int_v1(&self) -> bool {
        self.not_int_v1.is_empty()
    }
}

/// Reads an ONNX file, within the bounds of [`crate::limits`].
pub fn inspect(file: impl Into<Bytes>) -> Result<Model, ParseError> {
    let model = parse(file.into())?;
    let graph = model.graph.as_ref().ok_or(ParseError::NoGraph)?;
    let mut walk = Walk::default();
    walk.graph(graph);
    for training in &model.training_info {
        for graph in training.initialization.iter().chain(&training.algorithm) {
            walk.graph(graph);
        }
    }
    for function in &model.functions {
        for default in &function.attribute_proto {
            walk.attribute(default);
        }
        for node in &function.node {
            walk.node(node);
        }
    }
    let stored: BTreeSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
    Ok(Model {
        ir_version: model.ir_version,
        producer: model.producer_name.clone(),
        opsets: model
            .opset_import
            .iter()
            .map(|o| {
                let domain = if o.domain.is_empty() {
                    "ai.onnx"
                } else {
                    &o.domain
                };
                (domain.to_string(), o.version)
            })
            .collect(),
        inputs: graph
            .input
            .iter()
            .filter(|v| !stored.contains(v.name.as_str()))
            .map(value)
            .collect(),
        outputs: graph.output.iter().map(value).collect(),
        operators: walk.operators,
        external: walk.external,
        not_int_v1: int_v1::check(&model),
    })
}

#[derive(Default)]
struct Walk {
    operators: BTreeMap<String, usize>,
    external: Vec<String>,
}

fn qualified(domain: &str, name: &str) -> String {
    if matches!(domain, "" | "ai.onnx") {
        name.into()
    } else {
        format!("{domain}.{name}")
    }
}

impl Walk {
    fn graph(&mut self, graph: &GraphProto) {
        for tensor in &graph.initializer {
            self.tensor(tensor);
        }
        for sparse in &graph.sparse_initializer {
            self.sparse(sparse);
        }
        for node in &graph.node {
            self.node(node);
        }
    }

    fn node(&mut self, node: &NodeProto) {
        let operator = qualified(&node.domain, &node.op_type);
        *self.operators.entry(operator).or_default() += 1;
        for attribute in &node.attribute {
            self.attribute(attribute);
        }
    }

    fn attribute(&mut self, attribute: &AttributeProto) {
        for tensor in attribute.t.as_deref().into_iter().chain(&attribute.tensors) {
            self.tensor(tensor);
        }
        let sparse = attribute.sparse_tensor.as_deref().into_iter();
        for sparse in sparse.chain(&attribute.sparse_tensors) {
            self.sparse(sparse);
        }
        for graph in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
            self.graph(graph);
        }
    }

    fn tensor(&mut self, tensor: &TensorProto) {
        // Other values than 1 count too: a reader that does not know them may use a 1 before them.
        if tensor.data_location != 0 {
            self.external.push(tensor.name.clone());
        }
    }

    fn sparse(&mut self, sparse: &SparseTensorProto) {
        for tensor in sparse.values.iter().chain(&sparse.indices) {
            self.tensor(tensor);
        }
    }
}

fn value(info: &ValueInfoProto) -> Value {
    let kind = info.r#type.as_ref();
    let tensor = match kind.and_then(|k| k.value.as_ref()) {
        Some(type_proto::Value::Tensor(tensor)) => Some(tensor),
        _ => None,
    };
    let dims = tensor.and_then(|t| t.shape.as_ref());
    let size = |d: &onnx::Dimension| match &d.value {
        Some(dimension::Value::Fixed(n)) => usize::try_from(*n).ok(),
        _ => None,
    };
    Value {
        name: info.name.clone(),
        kind: kind.map_or("of unknown type".into(), written),
        is_tensor: tensor.is_some(),
        shape: dims.map(|s| s.dim.iter().map(size).collect()),
        dtype: tensor.and_then(|t| DType::from_name(&element::name(t.elem_type))),
    }
}

fn written(kind: &TypeProto) -> String {
    let inner = |t: &Option<Box<TypeProto>>| t.as_deref().map_or("?".into(), written);
    match &kind.value {
        None => "of unknown type".into(),
        Some(type_proto::Value::Tensor(t)) => tensor_written(t),
        Some(type_proto::Value::SparseTensor(t)) => format!("sparse {}", tensor_written(t)),
        Some(type_proto::Value::Sequence(e)) => format!("sequence({})", inner(&e.elem_type)),
        Some(type_proto::Value::Optional(e)) => format!("optional({})", inner(&e.elem_type)),
        Some(type_proto::Value::Map(m)) => {
            format!(
                "map({}, {})",
                element::name(m.key_type),
                inner(&m.value_type)
            )
        }
    }
}

fn tensor_written(tensor: &type_proto::Tensor) -> String {
    let name = element::name(tensor.elem_type);
    let Some(shape) = &tensor.shape else {
        return format!("{name}[…]");
    };
    let dims: Vec<String> = shape
        .dim
        .iter()
        .map(|d| match &d.value {
            Some(dimension::Value::Fixed(n)) => n.to_string(),
            Some(dimension::Value::Named(n)) if !n.is_empty() => n.clone(),
            _ => "?".into(),
        })
        .collect();
    format!("{name}[{}]", dims.join(", "))
}

impl fmt::Display for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let producer = if self.producer.is_empty() {
            "an unnamed program"
        } else {
            &self.producer
        };
        let opsets: Vec<String> = self
            .opsets
            .iter()
            .map(|(d, v)| format!("{d} {v}"))
            .collect();
        writeln!(
            f,
            "ONNX IR {} by {producer}, operators of {}",
            self.ir_version,
            opsets.join(", ")
        )?;
        for (title, values) in [("inputs", &self.inputs), ("outputs", &self.outputs)] {
            writeln!(f, "{title}:")?;
            for value in values {
                let note = if value.is_tensor {
                    ""
                } else {
                    "  (not a tensor: no job can use it)"
                };
                writeln!(f, "  {}: {}{note}", value.name, value.kind)?;
            }
        }
        writeln!(f, "operators:")?;
        for (operator, count) in &self.operators {
            writeln!(f, "  {count:>5} {operator}")?;
        }
        for name in &self.external {
            writeln!(
                f,
                "the elements of `{name}` lie in another file: the manifest must name it"
            )?;
        }
        if self.is_int_v1() {
            return writeln!(f, "IntV1: yes, it gives the same bits on every machine");
        }
        writeln!(f, "IntV1: no")?;
        for reason in self.not_int_v1.iter().take(REASONS_SHOWN) {
            writeln!(f, "  {reason}")?;
        }
        let more = self.not_int_v1.len().saturating_sub(REASONS_SHOWN);
        match more {
            0 => Ok(()),
            1 => writeln!(f, "  and 1 more reason"),
            more => writeln!(f, "  and {more} more reasons"),
        }
    }
}

const REASONS_SHOWN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        int_v1::IntType,
        onnx::{FunctionProto, ModelProto, TrainingInfoProto},
        testing::Builder,
    };
    use prost::Message;

    /// A model whose only node is a Constant with this attribute.
    fn constant(attribute: AttributeProto) -> ModelProto {
        let mut builder = Builder::new(17);
        builder.node("Constant", &[], vec![attribute]);
        builder.model()
    }

    fn seen(model: &ModelProto) -> Model {
        inspect(model.encode_to_vec()).unwrap()
    }

    fn of(data_type: i32) -> TensorProto {
        TensorProto {
            data_type,
            ..Default::default()
        }
    }

    fn elsewhere(name: &str) -> TensorProto {
        TensorProto {
            name: name.into(),
            data_location: 1,
            ..of(element::INT64)
        }
    }

    fn sparse(values: TensorProto, indices: TensorProto) -> SparseTensorProto {
        SparseTensorProto {
            values: Some(values),
            indices: Some(indices),
        }
    }

    fn sparse_value(sparse: SparseTensorProto) -> AttributeProto {
        AttributeProto {
            name: "sparse_value".into(),
            r#type: 11,
            sparse_tensor: Some(sparse.into()),
            ..Default::default()
        }
    }

    /// A tensor of uint8 zeros.
    fn zeros(shape: &[usize]) -> Tensor {
        let elements = vec![0; shape.iter().product()];
        Tensor::new(shape.to_vec(), crate::tensor::Data::Uint8(elements)).unwrap()
    }

    #[test]
    fn misfits_of_an_input_are_named() {
        let mut builder = Builder::new(17);
        builder.input("x", IntType::U8, &[1, 4]);
        let least = builder.node("Min", &["x", "x"], vec![]);
        builder.output(&least, IntType::U8, &[1, 4]);
        let mut takes = inspect(builder.bytes()).unwrap().inputs.remove(0);
        assert_eq!(takes.takes(&zeros(&[1, 4])), Ok(()));
        for shape in [&[4][..], &[1, 5], &[1, 4, 1]] {
            let misfit = takes.takes(&zeros(shape)).unwrap_err();
            assert!(matches!(misfit, Misfit::Shape { .. }), "{misfit}");
        }
        let wide = Tensor::new(vec![1, 4], crate::tensor::Data::Int32(vec![0; 4])).unwrap();
        let misfit = takes.takes(&wide).unwrap_err();
        let said = "the input `x` is int32, but the model takes uint8";
        assert_eq!(misfit.to_string(), said);
        // A dimension of any size, then no stated shape.
        takes.shape = Some(vec![Some(1), None]);
        assert_eq!(takes.takes(&zeros(&[1, 5])), Ok(()));
        assert!(takes.takes(&zeros(&[2, 5])).is_err());
        takes.shape = None;
        assert_eq!(takes.takes(&zeros(&[2, 5])), Ok(()));
        // The keeper and its runners pass it on as JSON.
        let read: Value = serde_json::from_slice(&serde_json::to_vec(&takes).unwrap()).unwrap();
        assert_eq!(read, takes);
    }

    #[test]
    fn a_scalar_is_not_a_shape_left_open() {
        let mut builder = Builder::new(17);
        builder.input("x", IntType::U8, &[]);
        let mut model = builder.model();
        let scalar = seen(&model).inputs.remove(0);
        let graph = model.graph.as_mut().unwrap();
        let kind = graph.input[0].r#type.as_mut().unwrap();
        let Some(type_proto::Value::Tensor(tensor)) = &mut kind.value else {
            panic!("another type")
        };
        tensor.shape = None;
        let open = seen(&model).inputs.remove(0);
        assert_eq!((&*scalar.kind, &*open.kind), ("uint8[]", "uint8[…]"));
        for shape in [&[1][..], &[0], &[1, 4]] {
            assert!(scalar.takes(&zeros(shape)).is_err(), "{shape:?}");
            assert_eq!(open.takes(&zeros(shape)), Ok(()));
        }
        assert_eq!(scalar.takes(&zeros(&[])), Ok(()));
        assert_eq!(open.takes(&zeros(&[])), Ok(()));
        let source = |shape: &[i64]| {
            let constant = serde_json::json!({"dtype": "uint8", "shape": shape, "values": [0]});
            serde_json::from_value(serde_json::json!({ "constant": constant })).unwrap()
        };
        assert_eq!(scalar.can_be(&source(&[])), Ok(()));
        assert_eq!(
            scalar.can_be(&source(&[1])).unwrap_err().to_string(),
            "the input `x` has the shape [1], but the model takes []"
        );
        assert_eq!(open.can_be(&source(&[1])), Ok(()));
        // The keeper and its runners pass them on as JSON.
        for value in [scalar, open] {
            let read: Value = serde_json::from_slice(&serde_json::to_vec(&value).unwrap()).unwrap();
            assert_eq!(read, value);
        }
    }

    #[test]
    fn inputs_and_outputs_of_the_graph_are_shown() {
        let mut builder = Builder::new(17);
        builder.input("x", IntType::U8, &[1, 4]);
        let bound = builder.constant(IntType::U8, &[], &[7]);
        let least = builder.node("Min", &["x", &bound], vec![]);
        builder.output(&least, IntType::U8, &[1, 4]);
        let model = inspect(builder.bytes()).unwrap();
        assert_eq!(model.inputs.len(), 1);
        assert_eq!(model.inputs[0].kind, "uint8[1, 4]");
        let output = Value {
            name: least.clone(),
            kind: "uint8[1, 4]".into(),
            is_tensor: true,
            shape: Some(vec![Some(1), Some(4)]),
            dtype: Some(DType::Uint8),
        };
        assert_eq!(model.outputs, [output]);
        assert_eq!(model.operators, BTreeMap::from([("Min".to_string(), 1)]));
        assert_eq!(model.opsets, [("ai.onnx".to_string(), 17)]);
        assert!(model.is_int_v1(), "{:?}", model.not_int_v1);
        let shown = model.to_string();
        let values = format!("inputs:\n  x: uint8[1, 4]\noutputs:\n  {least}: uint8[1, 4]\n");
        assert!(shown.contains(&values), "{shown}");
        assert!(shown.contains("IntV1: yes"), "{shown}");
    }

    #[test]
    fn reasons_beyond_those_shown_are_counted() {
        let mut model = seen(&constant(AttributeProto::default()));
        let mut last = |reasons: usize| {
            model.not_int_v1 = vec!["because".into(); reasons];
            model.to_string().lines().last().unwrap().to_string()
        };
        assert_eq!(last(12), "  because");
        assert_eq!(last(13), "  and 1 more reason");
        assert_eq!(last(14), "  and 2 more reasons");
    }

    #[test]
    fn inexact_operators_are_shown_with_their_reason() {
        let mut builder = Builder::new(17);
        builder.input("x", IntType::U8, &[1, 4]);
        let softmax = builder.node("Softmax", &["x"], vec![]);
        builder.output(&softmax, IntType::U8, &[1, 4]);
        let model = inspect(builder.bytes()).unwrap();
        assert!(!model.is_int_v1());
        let shown = model.to_string();
        assert!(
            shown.contains("IntV1: no\n  the operator Softmax is refused"),
            "{shown}"
        );
    }

    /// The fields are written by ONNX's numbers, without the types of [`crate::onnx`], so that a
    /// wrong number there fails here.
    #[test]
    fn sparse_attributes_are_read() {
        let far = [0x42, 3, b'f', b'a', b'r', 0x70, 1];
        let field = |number: usize, content: &[u8]| {
            let mut bytes = Vec::new();
            // A tag is a varint, as a length is.
            prost::encode_length_delimiter(number << 3 | 2, &mut bytes).unwrap();
            prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
            bytes.extend(content);
            bytes
        };
        for number in [22, 23] {
            for part in [1, 2] {
                let attribute = field(number, &field(part, &far));
                let node = [field(4, b"Constant"), field(5, &attribute)].concat();
                let model = field(7, &field(1, &node));
                assert_eq!(inspect(model).unwrap().external, ["far"]);
            }
        }
    }

    #[test]
    fn defaults_of_functions_are_inspected() {
        let mut model = constant(AttributeProto::default());
        model.functions = vec![FunctionProto {
            name: "f".into(),
            domain: "own".into(),
            attribute_proto: vec![AttributeProto {
                t: Some(elsewhere("far").into()),
                ..Default::default()
            }],
            ..Default::default()
        }];
        assert_eq!(seen(&model).external, ["far"]);
    }

    #[test]
    fn external_elements_are_found_in_every_tensor() {
        let here = || of(element::INT64);
        let there = || elsewhere("far");
        let graph_with = |sparse_initializer| ModelProto {
            graph: Some(GraphProto {
                sparse_initializer,
                ..Default::default()
            }),
            ..Default::default()
        };
        let training = |initialization, algorithm| ModelProto {
            training_info: vec![TrainingInfoProto {
                initialization,
                algorithm,
            }],
            ..graph_with(vec![])
        };
        let initialized = || {
            Some(GraphProto {
                initializer: vec![there()],
                ..Default::default()
            })
        };
        for model in [
            constant(sparse_value(sparse(there(), here()))),
            constant(sparse_value(sparse(here(), there()))),
            constant(AttributeProto {
                sparse_tensors: vec![sparse(here(), there())],
                ..Default::default()
            }),
            constant(AttributeProto {
                tensors: vec![there()],
                ..Default::default()
            }),
            constant(AttributeProto {
                graphs: initialized().into_iter().collect(),
                ..Default::default()
            }),
            graph_with(vec![sparse(there(), here())]),
            graph_with(vec![sparse(here(), there())]),
            training(initialized(), None),
            training(None, initialized()),
        ] {
            assert_eq!(seen(&model).external, ["far"], "{model:?}");
        }
        let unknown = TensorProto {
            data_location: 7,
            ..there()
        };
        let unknown = constant(sparse_value(sparse(unknown, here())));
        assert_eq!(seen(&unknown).external, ["far"]);
    }
}
