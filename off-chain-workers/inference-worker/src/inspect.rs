//! Looks into an ONNX file without running it: inputs, outputs, operators, and whether it counts
//! in whole numbers only, so that it gives the same bits everywhere (`IntV1`).

use crate::onnx::{
    dimension, element, type_proto, AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto,
    TypeProto, ValueInfoProto,
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
    for function in &model.functions {
        for node in &function.node {
            walk.node(node);
        }
    }
    for function in &model.functions {
        // What a function does was looked at just now.
        walk.doubts
            .remove(&unknown(&qualified(&function.domain, &function.name)));
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
    float_scales: bool,
}

fn qualified(domain: &str, name: &str) -> String {
    if matches!(domain, "" | "ai.onnx") {
        name.into()
    } else {
        format!("{domain}.{name}")
    }
}

fn unknown(operator: &str) -> String {
    format!("the operator {operator} is not one of those that keep to whole numbers")
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
        for values in graph
            .sparse_initializer
            .iter()
            .filter_map(|s| s.values.as_ref())
        {
            self.tensor(values, &format!("the constant `{}`", values.name));
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
            self.doubts.insert(unknown(&operator));
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

    fn location(&mut self, tensor: &TensorProto) {
        if tensor.data_location == 1 {
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
