//! Looks into an ONNX file without running it: inputs, outputs, operators, and whether it counts
//! in whole numbers only, so that it gives the same bits everywhere (`IntV1`).

use crate::onnx::{
    dimension, element, type_proto, AttributeProto, GraphProto, ModelProto, NodeProto,
    SparseTensorProto, TensorProto, TypeProto, ValueInfoProto,
};
use prost::Message;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Why a file cannot be looked into.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    #[error("the file is not an ONNX model: {0}")]
    NotOnnx(#[from] prost::DecodeError),
    #[error("the file is not an ONNX model: it has no graph")]
    NoGraph,
}

/// What a model takes or gives under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub name: String,
    /// As people write it: `float32[1, n, 64]`, `sequence(map(int64, float32))`.
    pub kind: String,
    /// Whether it is a tensor; nothing else can be an input or an output of a job.
    pub is_tensor: bool,
}

/// What is in an ONNX file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub ir_version: i64,
    /// Who wrote the file; may be empty.
    pub producer: String,
    /// Set of operators and its version.
    pub opsets: Vec<(String, i64)>,
    /// Without those that have a value in the file.
    pub inputs: Vec<Value>,
    pub outputs: Vec<Value>,
    /// Operators and how often each is there, nested graphs and functions included. Those that
    /// are not ONNX's own have their domain in front.
    pub operators: BTreeMap<String, usize>,
    /// Tensors whose elements lie in other files; a worker loads no such model.
    pub external: Vec<String>,
    /// Whatever stands against saying that it counts in whole numbers only; empty: it does.
    pub not_integer: Vec<String>,
    /// Whether floats rescale quantised numbers (`QLinear…`), which the sentence above lets pass.
    pub float_scales: bool,
}

impl Model {
    /// Whether it counts in whole numbers only.
    pub fn is_integer_only(&self) -> bool {
        self.not_integer.is_empty()
    }
}

/// Reads an ONNX file.
pub fn inspect(bytes: &[u8]) -> Result<Model, InspectError> {
    let model = ModelProto::decode(bytes)?;
    let graph = model.graph.as_ref().ok_or(InspectError::NoGraph)?;
    let mut walk = Walk::default();
    walk.graph(graph);
    for training in &model.training_info {
        for graph in training.initialization.iter().chain(&training.algorithm) {
            walk.graph(graph);
        }
    }
    for function in &model.functions {
        for default in &function.attribute_proto {
            walk.attribute(&function.name, default);
        }
        for node in &function.node {
            walk.node(node);
        }
    }
    for function in &model.functions {
        // What a function does was looked at just now.
        if !has_operators(&function.domain) {
            let called = (function.domain.clone(), function.name.clone());
            walk.unknown.remove(&called);
        }
    }
    for (domain, name) in &walk.unknown {
        let operator = qualified(domain, name);
        walk.doubts.insert(format!(
            "the operator {operator} is not one of those that keep to whole numbers"
        ));
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
        not_integer: walk.doubts.into_iter().collect(),
        float_scales: walk.float_scales,
    })
}

/// Operators of ONNX that turn whole numbers into whole numbers, the same ones everywhere.
const INTEGER: &[&str] = &[
    "Abs",
    "Add",
    "And",
    "ArgMax",
    "ArgMin",
    "BitShift",
    "BitwiseAnd",
    "BitwiseNot",
    "BitwiseOr",
    "BitwiseXor",
    "Cast",
    "CastLike",
    "Clip",
    "Compress",
    "Concat",
    "Constant",
    "ConstantOfShape",
    "ConvInteger",
    "CumSum",
    "DepthToSpace",
    "Div",
    "Equal",
    "Expand",
    "Flatten",
    "Gather",
    "GatherElements",
    "GatherND",
    "Gemm",
    "Greater",
    "GreaterOrEqual",
    "Identity",
    "If",
    "Less",
    "LessOrEqual",
    "Loop",
    "MatMul",
    "MatMulInteger",
    "Max",
    "MaxPool",
    "Min",
    "Mod",
    "Mul",
    "Neg",
    "NonZero",
    "Not",
    "OneHot",
    "Or",
    "Pad",
    "QLinearConv",
    "QLinearMatMul",
    "Range",
    "ReduceMax",
    "ReduceMin",
    "ReduceProd",
    "ReduceSum",
    "Relu",
    "Reshape",
    "ReverseSequence",
    "Scan",
    "ScatterElements",
    "ScatterND",
    "Shape",
    "Sign",
    "Size",
    "Slice",
    "SpaceToDepth",
    "Split",
    "Squeeze",
    "Sub",
    "Tile",
    "TopK",
    "Transpose",
    "Trilu",
    "Unique",
    "Unsqueeze",
    "Where",
    "Xor",
];

#[derive(Default)]
struct Walk {
    operators: BTreeMap<String, usize>,
    external: Vec<String>,
    doubts: BTreeSet<String>,
    /// Domain and name of what is not in [`INTEGER`]. Not as one text: `ai` may have an
    /// `onnx.ml.Scaler`, which is not the `Scaler` of `ai.onnx.ml`.
    unknown: BTreeSet<(String, String)>,
    float_scales: bool,
}

fn qualified(domain: &str, name: &str) -> String {
    if matches!(domain, "" | "ai.onnx") {
        name.into()
    } else {
        format!("{domain}.{name}")
    }
}

/// Whether ONNX Runtime has operators of the domain, which might run in place of a function of the
/// same name.
fn has_operators(domain: &str) -> bool {
    domain.is_empty() || domain.starts_with("ai.onnx") || domain.starts_with("com.microsoft")
}

impl Walk {
    fn graph(&mut self, graph: &GraphProto) {
        let scales = scales(graph);
        for tensor in &graph.initializer {
            if scales.contains(tensor.name.as_str()) && tensor.data_type == element::FLOAT {
                self.float_scales = true;
                self.location(tensor);
            } else {
                self.tensor(tensor, &format!("the constant `{}`", tensor.name));
            }
        }
        for sparse in &graph.sparse_initializer {
            let name = sparse.values.as_ref().map_or("", |v| v.name.as_str());
            self.sparse(sparse, &format!("the constant `{name}`"));
        }
        let stored: BTreeSet<&str> = graph.initializer.iter().map(|t| t.name.as_str()).collect();
        let inputs = graph
            .input
            .iter()
            .filter(|v| !stored.contains(v.name.as_str()));
        for (what, info) in inputs
            .map(|v| ("input", v))
            .chain(graph.output.iter().map(|v| ("output", v)))
            .chain(graph.value_info.iter().map(|v| ("value", v)))
        {
            // An inner graph may leave types out.
            for number in info.r#type.as_ref().map(element_types).unwrap_or_default() {
                if number != 0
                    && !element::is_integer(number)
                    && !scales.contains(info.name.as_str())
                {
                    self.doubt(&format!("the {what} `{}`", info.name), number);
                }
            }
        }
        for node in &graph.node {
            self.node(node);
        }
    }

    fn node(&mut self, node: &NodeProto) {
        let operator = qualified(&node.domain, &node.op_type);
        *self.operators.entry(operator.clone()).or_default() += 1;
        if !INTEGER.contains(&operator.as_str()) {
            self.unknown
                .insert((node.domain.clone(), node.op_type.clone()));
        }
        if operator == "ConstantOfShape" && !node.attribute.iter().any(|a| a.name == "value") {
            self.doubts
                .insert("a ConstantOfShape without a value is float32".into());
        }
        for attribute in &node.attribute {
            self.attribute(&operator, attribute);
        }
    }

    fn attribute(&mut self, operator: &str, attribute: &AttributeProto) {
        if operator == "Cast" && attribute.name == "to" {
            let to = i32::try_from(attribute.i).unwrap_or(0);
            if !element::is_integer(to) {
                self.doubts
                    .insert(format!("a Cast makes {}", element::name(to)));
            }
        }
        if operator == "Constant"
            && matches!(attribute.name.as_str(), "value_float" | "value_floats")
        {
            self.doubts.insert("a Constant is float32".into());
        }
        for tensor in attribute.t.iter().chain(&attribute.tensors) {
            self.tensor(tensor, &format!("a constant of {operator}"));
        }
        let sparse = attribute.sparse_tensor.iter();
        for sparse in sparse.chain(&attribute.sparse_tensors) {
            self.sparse(sparse, &format!("a constant of {operator}"));
        }
        for graph in attribute.g.iter().chain(&attribute.graphs) {
            self.graph(graph);
        }
    }

    fn tensor(&mut self, tensor: &TensorProto, what: &str) {
        self.location(tensor);
        if !element::is_integer(tensor.data_type) {
            self.doubt(what, tensor.data_type);
        }
    }

    fn sparse(&mut self, sparse: &SparseTensorProto, what: &str) {
        for tensor in sparse.values.iter().chain(&sparse.indices) {
            self.tensor(tensor, what);
        }
    }

    fn location(&mut self, tensor: &TensorProto) {
        // Whoever reads `1` and then a number without a meaning may keep the `1`.
        if tensor.data_location != 0 {
            self.external.push(tensor.name.clone());
        }
    }

    fn doubt(&mut self, what: &str, number: i32) {
        self.doubts
            .insert(format!("{what} is {}", element::name(number)));
    }
}

/// Names that are used as scales of `QLinear…` and as nothing else.
fn scales(graph: &GraphProto) -> BTreeSet<&str> {
    let mut scales = BTreeSet::new();
    let mut others = BTreeSet::new();
    for node in &graph.node {
        let quantised = matches!(node.op_type.as_str(), "QLinearConv" | "QLinearMatMul");
        for (i, name) in node.input.iter().enumerate() {
            // x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero, …
            if quantised && matches!(i, 1 | 4 | 6) {
                scales.insert(name.as_str());
            } else {
                others.insert(name.as_str());
            }
        }
    }
    &scales - &others
}

/// Types of the elements of a type, however deep.
fn element_types(kind: &TypeProto) -> Vec<i32> {
    match &kind.value {
        Some(type_proto::Value::Tensor(t) | type_proto::Value::SparseTensor(t)) => {
            vec![t.elem_type]
        }
        Some(type_proto::Value::Sequence(e) | type_proto::Value::Optional(e)) => e
            .elem_type
            .as_deref()
            .map(element_types)
            .unwrap_or_default(),
        Some(type_proto::Value::Map(m)) => {
            let mut types = vec![m.key_type];
            types.extend(
                m.value_type
                    .as_deref()
                    .map(element_types)
                    .unwrap_or_default(),
            );
            types
        }
        None => Vec::new(),
    }
}

fn value(info: &ValueInfoProto) -> Value {
    let kind = info.r#type.as_ref();
    Value {
        name: info.name.clone(),
        kind: kind.map_or("of unknown type".into(), written),
        is_tensor: matches!(
            kind.and_then(|k| k.value.as_ref()),
            Some(type_proto::Value::Tensor(_))
        ),
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
                "the elements of `{name}` lie in another file: no worker loads this model"
            )?;
        }
        if self.is_integer_only() {
            writeln!(f, "integer only: yes")?;
            if self.float_scales {
                writeln!(f, "  (quantised numbers are rescaled by floats)")?;
            }
            return Ok(());
        }
        writeln!(f, "integer only: no")?;
        for reason in self.not_integer.iter().take(REASONS_SHOWN) {
            writeln!(f, "  {reason}")?;
        }
        if let Some(more) = self
            .not_integer
            .len()
            .checked_sub(REASONS_SHOWN)
            .filter(|n| *n > 0)
        {
            writeln!(f, "  and {more} more reasons")?;
        }
        Ok(())
    }
}

const REASONS_SHOWN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of nothing but a Constant with one attribute.
    fn constant(attribute: AttributeProto) -> ModelProto {
        let node = NodeProto {
            op_type: "Constant".into(),
            output: vec!["y".into()],
            attribute: vec![attribute],
            ..Default::default()
        };
        ModelProto {
            graph: Some(GraphProto {
                node: vec![node],
                ..Default::default()
            }),
            ..Default::default()
        }
    }

    fn seen(model: &ModelProto) -> Model {
        inspect(&model.encode_to_vec()).unwrap()
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
            sparse_tensor: Some(sparse),
            ..Default::default()
        }
    }

    #[test]
    fn a_sparse_constant_of_floats_is_not_integer_only() {
        let constant_of = |kind| constant(sparse_value(sparse(of(kind), of(element::INT64))));
        assert!(seen(&constant_of(element::INT32)).is_integer_only());
        let floats = seen(&constant_of(element::FLOAT));
        assert_eq!(floats.not_integer, ["a constant of Constant is float32"]);
        let many = AttributeProto {
            sparse_tensors: vec![sparse(of(element::FLOAT), of(element::INT64))],
            ..Default::default()
        };
        assert!(!seen(&constant(many)).is_integer_only());
    }

    /// Numbers of fields as ONNX has them, written without the types above.
    #[test]
    fn sparse_attributes_are_read_where_onnx_writes_them() {
        let float_tensor = [0x10u8, 1];
        let field = |number: usize, content: &[u8]| {
            let mut bytes = Vec::new();
            // A tag is a number of the same kind as a length.
            prost::encode_length_delimiter(number << 3 | 2, &mut bytes).unwrap();
            prost::encode_length_delimiter(content.len(), &mut bytes).unwrap();
            bytes.extend(content);
            bytes
        };
        for number in [22, 23] {
            for part in [1, 2] {
                let attribute = field(number, &field(part, &float_tensor));
                let node = [field(4, b"Constant"), field(5, &attribute)].concat();
                let model = field(7, &field(1, &node));
                let seen = inspect(&model).unwrap();
                assert_eq!(seen.not_integer, ["a constant of Constant is float32"]);
            }
        }
    }

    #[test]
    fn a_default_of_a_function_is_looked_at() {
        let mut model = constant(AttributeProto::default());
        model.functions = vec![crate::onnx::FunctionProto {
            name: "f".into(),
            domain: "own".into(),
            attribute_proto: vec![AttributeProto {
                t: Some(TensorProto {
                    data_location: 1,
                    name: "far".into(),
                    ..of(element::FLOAT)
                }),
                ..Default::default()
            }],
            ..Default::default()
        }];
        let seen = seen(&model);
        assert_eq!(seen.not_integer, ["a constant of f is float32"]);
        assert_eq!(seen.external, ["far"]);
    }

    #[test]
    fn a_function_takes_no_name_of_an_operator() {
        let call = |(domain, op): (&str, &str)| NodeProto {
            op_type: op.into(),
            domain: domain.into(),
            ..Default::default()
        };
        let calls = |called, (domain, name): (&str, &str)| {
            seen(&ModelProto {
                graph: Some(GraphProto {
                    node: vec![call(called)],
                    ..Default::default()
                }),
                functions: vec![crate::onnx::FunctionProto {
                    name: name.into(),
                    domain: domain.into(),
                    node: vec![call(("", "Identity"))],
                    ..Default::default()
                }],
                ..Default::default()
            })
        };
        let own = ("own", "Softmax");
        assert!(calls(own, own).is_integer_only());
        for taken in ["", "ai.onnx", "ai.onnx.ml", "com.microsoft"] {
            let taken = (taken, "Softmax");
            assert!(!calls(taken, taken).is_integer_only(), "{taken:?}");
        }
        // Written one after the other they are the same.
        let alike = calls(("ai.onnx.ml", "Scaler"), ("ai", "onnx.ml.Scaler"));
        assert!(!alike.is_integer_only());
    }

    #[test]
    fn elements_in_other_files_are_seen_wherever_a_tensor_may_be() {
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
            training_info: vec![crate::onnx::TrainingInfoProto {
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
