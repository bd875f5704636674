//! Bounds on the contents of a model file, so that a small file cannot take much memory.
//!
//! Two bytes of a file may become a hundred in memory, and one call of a function may stand for a
//! million nodes. So [`check_bytes`] walks a file field by field before it is parsed, and refuses
//! it if it has more of anything than a model needs; [`check_functions`] then counts the nodes
//! behind the calls.

use crate::{
    onnx::{AttributeProto, ModelProto, NodeProto},
    wire::{fields, packed_varints, Field, Value, WireError},
};
use std::collections::BTreeMap;

/// Most nodes in the file, and in the model once each call of a function is replaced by the
/// function's nodes.
pub const MAX_NODES: u64 = 1 << 16;
/// How deep messages, and calls of functions, may be nested. A graph inside a node lies three
/// deeper than the graph around it.
pub const MAX_DEPTH: usize = 48;

/// Why a file is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitError {
    #[error("the file is not an ONNX model: {0}")]
    Wire(#[from] WireError),
    #[error(
        "the file can also be read as ONNX Runtime's own format; only plain ONNX files are run"
    )]
    OrtFormat,
    #[error("the file has more than {most} {what}")]
    TooMany { what: &'static str, most: u64 },
    #[error("messages or calls of functions in the file are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    #[error("the file has its graph in several pieces")]
    TwoGraphs,
    #[error("with its functions written out, the model has more than {MAX_NODES} nodes")]
    Expansion,
    #[error("the function `{0}` calls itself")]
    Recursion(String),
}

/// The kinds of ONNX messages; those with the same fields are one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Message {
    Model,
    OperatorSet,
    Training,
    Function,
    Graph,
    Node,
    Attribute,
    Tensor,
    SparseTensor,
    ValueInfo,
    Type,
    TensorType,
    /// The element of a sequence or an optional.
    Inner,
    Map,
    Shape,
    Dimension,
}

/// The content of a field: the kinds that take memory, and all others.
enum Content {
    Message(Message),
    String,
    /// The name of a node's result, which may be empty.
    Result,
    /// A list of whole numbers, which grow when they are parsed; floats do not.
    Numbers,
    Other,
}

impl Message {
    /// Name and limit of a kind that is counted. A message of these kinds has at most one of each
    /// other kind.
    fn limit(self) -> Option<(&'static str, u64)> {
        Some(match self {
            Self::OperatorSet => ("sets of operators", 1 << 8),
            Self::Training => ("graphs for training", 1 << 4),
            Self::Function => ("functions", 1 << 10),
            Self::Graph => ("graphs", 1 << 10),
            Self::Node => ("nodes", MAX_NODES),
            Self::Attribute => ("attributes", 1 << 17),
            Self::Tensor => ("tensors", 1 << 16),
            Self::SparseTensor => ("sparse tensors", 1 << 10),
            Self::ValueInfo => ("described values", 1 << 17),
            Self::Type => ("types", 1 << 18),
            Self::Dimension => ("dimensions", 1 << 19),
            Self::Model | Self::TensorType | Self::Inner | Self::Map | Self::Shape => return None,
        })
    }

    fn field(self, number: u32) -> Content {
        use Content::{Numbers, Result, String};
        let message = match (self, number) {
            (Self::Model, 2) => return String,
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8) => Self::OperatorSet,
            (Self::Model, 20) => Self::Training,
            (Self::Model, 25) => Self::Function,
            (Self::OperatorSet, 1) => return String,
            (Self::Training, 1 | 2) => Self::Graph,
            (Self::Function, 1 | 10) => return String,
            (Self::Function, 7) => Self::Node,
            (Self::Function, 11) => Self::Attribute,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph, 2) => return String,
            (Self::Graph, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Graph, 15) => Self::SparseTensor,
            (Self::Node, 2) => return Result,
            (Self::Node, 1 | 3 | 4 | 7) => return String,
            (Self::Node, 5) => Self::Attribute,
            (Self::Attribute, 1 | 4) => return String,
            (Self::Attribute, 5 | 10) => Self::Tensor,
            (Self::Attribute, 6 | 11) => Self::Graph,
            (Self::Attribute, 8) => return Numbers,
            (Self::Attribute, 22 | 23) => Self::SparseTensor,
            (Self::Tensor, 1 | 5 | 7 | 11) => return Numbers,
            (Self::Tensor, 8) => return String,
            (Self::SparseTensor, 1 | 2) => Self::Tensor,
            (Self::ValueInfo, 1) => return String,
            (Self::ValueInfo, 2) => Self::Type,
            (Self::Type, 1 | 8) => Self::TensorType,
            (Self::Type, 4 | 9) => Self::Inner,
            (Self::Type, 5) => Self::Map,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Inner, 1) | (Self::Map, 2) => Self::Type,
            (Self::Shape, 1) => Self::Dimension,
            (Self::Dimension, 2) => return String,
            _ => return Content::Other,
        };
        Content::Message(message)
    }
}

const MAX_STRINGS: u64 = 1 << 19;
/// As many as if each node had one. A result takes more memory than its name, even if it has none.
const MAX_RESULTS: u64 = 1 << 16;
const MAX_NUMBERS: u64 = 1 << 24;

/// Checks the bytes of a file before they are parsed.
pub fn check_bytes(file: &[u8]) -> Result<(), LimitError> {
    // A flatbuffer has its identifier there.
    if file.get(4..8) == Some(b"ORTM") {
        return Err(LimitError::OrtFormat);
    }
    let mut graphs = 0;
    for field in fields(file) {
        graphs += usize::from(field?.number == 7);
    }
    if graphs > 1 {
        return Err(LimitError::TwoGraphs);
    }
    Tally::default().message(Message::Model, file, 0)
}

#[derive(Default)]
struct Tally {
    messages: BTreeMap<Message, u64>,
    strings: u64,
    results: u64,
    numbers: u64,
}

impl Tally {
    fn message(&mut self, message: Message, bytes: &[u8], depth: usize) -> Result<(), LimitError> {
        if depth > MAX_DEPTH {
            return Err(LimitError::TooDeep);
        }
        if let Some((what, most)) = message.limit() {
            let count = self.messages.entry(message).or_default();
            *count += 1;
            within(*count, what, most)?;
        }
        for field in fields(bytes) {
            let Field { number, value, .. } = field?;
            match (message.field(number), value) {
                (Content::Message(inner), Value::Bytes(bytes)) => {
                    self.message(inner, bytes, depth + 1)?;
                }
                (content @ (Content::String | Content::Result), Value::Bytes(_)) => {
                    self.strings += 1;
                    within(self.strings, "names and strings", MAX_STRINGS)?;
                    self.results += u64::from(matches!(content, Content::Result));
                    within(self.results, "results of nodes", MAX_RESULTS)?;
                }
                (Content::Numbers, value) => {
                    self.numbers += match value {
                        Value::Bytes(list) => packed_varints(list) as u64,
                        Value::Varint | Value::Fixed => 1,
                    };
                    within(
                        self.numbers,
                        "whole numbers outside of raw tensors",
                        MAX_NUMBERS,
                    )?;
                }
                // Takes no memory, or has a wrong wire type, which parsing refuses.
                _ => {}
            }
        }
        Ok(())
    }
}

fn within(count: u64, what: &'static str, most: u64) -> Result<(), LimitError> {
    if count <= most {
        Ok(())
    } else {
        Err(LimitError::TooMany { what, most })
    }
}

/// Checks the functions of a parsed model: none may call itself, and with all calls written out the
/// model may have at most [`MAX_NODES`] nodes.
pub fn check_functions(model: &ModelProto) -> Result<(), LimitError> {
    let mut expansion = Expansion {
        functions: BTreeMap::new(),
        sizes: BTreeMap::new(),
    };
    for function in &model.functions {
        let name = named(&function.domain, &function.name);
        // Overloads share a name; all of them are counted.
        let bodies = expansion.functions.entry(name).or_default();
        bodies.push(&function.node);
    }
    let names: Vec<Name> = expansion.functions.keys().copied().collect();
    for name in names {
        expansion.function(name, 0)?;
    }
    let training = model.training_info.iter();
    let training = training.flat_map(|t| t.initialization.iter().chain(&t.algorithm));
    let mut nodes = 0u64;
    for graph in model.graph.iter().chain(training) {
        nodes = nodes.saturating_add(expansion.nodes(&graph.node, 0)?);
    }
    if nodes > MAX_NODES {
        return Err(LimitError::Expansion);
    }
    Ok(())
}

/// Domain and name.
type Name<'a> = (&'a str, &'a str);

/// Writes ONNX's own domain, which has two names, as the empty one.
fn named<'a>(domain: &'a str, name: &'a str) -> Name<'a> {
    (if domain == "ai.onnx" { "" } else { domain }, name)
}

struct Expansion<'a> {
    functions: BTreeMap<Name<'a>, Vec<&'a [NodeProto]>>,
    /// How many nodes each function stands for; `None` while they are being counted.
    sizes: BTreeMap<Name<'a>, Option<u64>>,
}

impl<'a> Expansion<'a> {
    fn function(&mut self, name: Name<'a>, depth: usize) -> Result<u64, LimitError> {
        match self.sizes.get(&name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(LimitError::Recursion(name.1.into())),
            None => {}
        }
        if depth > MAX_DEPTH {
            return Err(LimitError::TooDeep);
        }
        self.sizes.insert(name, None);
        let mut size = 0u64;
        for body in self.functions.get(&name).cloned().unwrap_or_default() {
            size = size.saturating_add(self.nodes(body, depth + 1)?);
        }
        self.sizes.insert(name, Some(size));
        Ok(size)
    }

    fn nodes(&mut self, nodes: &'a [NodeProto], depth: usize) -> Result<u64, LimitError> {
        let mut size = 0u64;
        for node in nodes {
            let called = named(&node.domain, &node.op_type);
            let own = match self.functions.contains_key(&called) {
                true => self.function(called, depth)?,
                false => 1,
            };
            size = size.saturating_add(own.max(1));
            for attribute in &node.attribute {
                size = size.saturating_add(self.attribute(attribute, depth)?);
            }
        }
        Ok(size)
    }

    fn attribute(
        &mut self,
        attribute: &'a AttributeProto,
        depth: usize,
    ) -> Result<u64, LimitError> {
        let mut size = 0u64;
        for graph in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
            size = size.saturating_add(self.nodes(&graph.node, depth)?);
        }
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        onnx::{FunctionProto, GraphProto, TensorProto},
        testing::{int, Builder},
    };
    use prost::Message as _;

    fn check(file: &[u8]) -> Result<(), LimitError> {
        check_bytes(file)?;
        check_functions(&ModelProto::decode(file).unwrap())
    }

    fn check_model(model: &ModelProto) -> Result<(), LimitError> {
        check(&model.encode_to_vec())
    }

    fn refusal(model: &ModelProto) -> String {
        check_model(model).unwrap_err().to_string()
    }

    fn call(name: &str) -> NodeProto {
        NodeProto {
            domain: "own".into(),
            op_type: name.into(),
            ..Default::default()
        }
    }

    fn function(name: &str, node: Vec<NodeProto>) -> FunctionProto {
        FunctionProto {
            domain: "own".into(),
            name: name.into(),
            node,
            ..Default::default()
        }
    }

    /// f0 calls f1 `times` times, f1 calls f2 `times` times, and so on.
    fn tower(levels: usize, times: usize) -> ModelProto {
        let mut model = Builder::new(18).model();
        model.graph.as_mut().unwrap().node = vec![call("f0")];
        model.functions = (0..levels)
            .map(|i| function(&format!("f{i}"), vec![call(&format!("f{}", i + 1)); times]))
            .collect();
        model
    }

    #[test]
    fn a_tower_of_functions_is_refused() {
        assert!(check_model(&tower(16, 2)).is_ok());
        let refused = refusal(&tower(17, 2));
        assert!(
            refused.contains("written out, the model has more than 65536 nodes"),
            "{refused}"
        );
        assert!(refusal(&tower(40, 60)).contains("written out"));
    }

    #[test]
    fn a_call_within_a_graph_of_a_function_counts() {
        let mut model = tower(16, 2);
        let mut branch = call("Anything");
        branch.attribute = vec![AttributeProto {
            g: Some(Box::new(GraphProto {
                node: vec![call("f0")],
                ..Default::default()
            })),
            ..int("body", 0)
        }];
        model.functions.push(function("g", vec![branch]));
        model.graph.as_mut().unwrap().node = vec![call("g")];
        let refused = refusal(&model);
        assert!(refused.contains("written out"), "{refused}");
    }

    #[test]
    fn a_function_that_calls_itself_is_refused() {
        let mut model = tower(2, 1);
        model.functions.push(function("f2", vec![call("f0")]));
        let refused = refusal(&model);
        assert!(refused.contains("calls itself"), "{refused}");
        // It is refused even if the graph does not call it.
        model.graph.as_mut().unwrap().node.clear();
        assert!(refusal(&model).contains("calls itself"));
        let mut own = tower(0, 0);
        own.functions = vec![function(
            "Relu",
            vec![NodeProto {
                domain: String::new(),
                ..call("Relu")
            }],
        )];
        own.functions[0].domain = "ai.onnx".into();
        assert!(refusal(&own).contains("calls itself"));
    }

    #[test]
    fn a_file_of_two_formats_is_refused() {
        // Field 16 as a string of five bytes, of which the last four are the identifier.
        let mut file = vec![0x82, 0x01, 0x05, 0, b'O', b'R', b'T', b'M'];
        file.extend(Builder::new(18).bytes());
        let refused = check(&file).unwrap_err();
        assert!(refused.to_string().contains("ONNX Runtime's own format"));
        file[7] = b'N';
        assert!(check(&file).is_ok());
    }

    #[test]
    fn a_graph_in_pieces_is_refused() {
        let bytes = Builder::new(18).bytes();
        let twice = [bytes.clone(), bytes].concat();
        let refused = check(&twice).unwrap_err().to_string();
        assert_eq!(refused, "the file has its graph in several pieces");
    }

    #[test]
    fn a_deep_file_is_refused() {
        let nested = |depth: usize| {
            let mut model = Builder::new(18).model();
            for _ in 0..depth {
                let mut outer = GraphProto::default();
                let mut node = call("If");
                node.attribute = vec![AttributeProto {
                    g: model.graph.take().map(Box::new),
                    ..int("then_branch", 0)
                }];
                outer.node = vec![node];
                model.graph = Some(outer);
            }
            model
        };
        assert!(check_model(&nested(15)).is_ok());
        assert!(refusal(&nested(16)).contains("nested more than 48 deep"));
    }

    #[test]
    fn names_results_and_numbers_are_counted() {
        let with = |change: &dyn Fn(&mut GraphProto)| {
            let mut model = Builder::new(18).model();
            change(model.graph.as_mut().unwrap());
            check_model(&model).map_err(|e| e.to_string())
        };
        // The file has two names already: the producer's and the graph's.
        let names = |count: usize| {
            with(&|graph| {
                graph.node.push(NodeProto {
                    input: vec![String::new(); count],
                    ..Default::default()
                })
            })
        };
        let most = MAX_STRINGS as usize - 2;
        assert_eq!(names(most), Ok(()));
        assert_eq!(
            names(most + 1),
            Err("the file has more than 524288 names and strings".into())
        );
        let results = |count: usize| {
            with(&|graph| {
                graph.node.push(NodeProto {
                    output: vec![String::new(); count],
                    ..Default::default()
                })
            })
        };
        assert_eq!(results(MAX_RESULTS as usize), Ok(()));
        assert_eq!(
            results(MAX_RESULTS as usize + 1),
            Err("the file has more than 65536 results of nodes".into())
        );
        let numbers = |count: usize| {
            with(&|graph| {
                graph.initializer.push(TensorProto {
                    int32_data: vec![0; count],
                    ..Default::default()
                })
            })
        };
        assert_eq!(numbers(MAX_NUMBERS as usize), Ok(()));
        assert_eq!(
            numbers(MAX_NUMBERS as usize + 1),
            Err("the file has more than 16777216 whole numbers outside of raw tensors".into())
        );
    }
}
