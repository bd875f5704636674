//! Rewrites an `IntV1` file for ONNX Runtime, so that it multiplies bytes only as uint8 by uint8.
//!
//! ONNX Runtime multiplies bytes with special instructions of the processor. Some of these saturate
//! if an operand is int8; uint8 by uint8 is exact on all processors that were tried. So 128 is
//! added to an int8 operand of a MatMulInteger or ConvInteger and to its zero point, which makes
//! both uint8 and keeps every difference between them.

use super::{
    graph::{read, Tensor},
    number::IntType,
};
use crate::{
    onnx::{AttributeProto, Bytes, ModelProto, NodeProto, TensorProto},
    parse::{parse, ParseError},
    wire::{fields, Field, Value, WireError},
};
use prost::Message;
use std::collections::{BTreeMap, BTreeSet};

/// Why a file cannot be rewritten.
#[derive(Debug, thiserror::Error)]
pub enum ExactError {
    #[error(transparent)]
    Parse(#[from] ParseError),
    #[error("the model is not IntV1: {}", .0.first().map_or("", String::as_str))]
    NotIntV1(Vec<String>),
    #[error("the file cannot be rewritten: {0}")]
    Wire(#[from] WireError),
}

/// The number that is added to int8, and so the new zero point of an operand that has none.
const MIDDLE: i128 = 128;

/// Numbers of the fields that are rewritten.
mod tag {
    pub const GRAPH_OF_MODEL: u32 = 7;
    pub const NODE_OF_GRAPH: u32 = 1;
    pub const CONSTANT_OF_GRAPH: u32 = 5;
    pub const OPERAND_OF_NODE: u32 = 1;
}

/// Rewrites the file of an `IntV1` model. All that this does not concern stays byte for byte; a
/// file without int8 products stays as it is.
pub fn exact(file: Bytes) -> Result<Bytes, ExactError> {
    let model = parse(file.clone())?;
    let rewrite = Rewrite::of(&model)?;
    if rewrite.operands.is_empty() {
        return Ok(file);
    }
    let mut written = Vec::with_capacity(file.len() + 4096);
    for field in fields(&file) {
        let field = field?;
        match (field.number, field.value) {
            (tag::GRAPH_OF_MODEL, Value::Bytes(graph)) => {
                let graph = rewrite.graph(graph)?;
                put(&mut written, tag::GRAPH_OF_MODEL, &graph);
            }
            _ => written.extend_from_slice(field.whole),
        }
    }
    Ok(written.into())
}

/// The changes to one file.
#[derive(Default)]
struct Rewrite {
    /// The new operands of nodes, by the node's place in the graph.
    operands: BTreeMap<usize, Vec<String>>,
    /// Nodes to insert before the one at a place.
    inserted: BTreeMap<usize, Vec<NodeProto>>,
    /// New constants.
    constants: Vec<TensorProto>,
    /// Names of constants that nothing reads any more.
    dropped: BTreeSet<String>,
}

impl Rewrite {
    fn of(model: &ModelProto) -> Result<Self, ExactError> {
        let graph = read(model).map_err(ExactError::NotIntV1)?;
        let file = model.graph.as_ref().ok_or(ParseError::NoGraph)?;
        let tensors = graph.tensors.iter().map(|t| (t.name.as_str(), t));
        let tensors: BTreeMap<&str, &Tensor> = tensors.collect();
        let described = file.value_info.iter().map(|v| v.name.as_str());
        let taken = tensors.keys().copied().chain(described);
        let mut names = Names {
            taken: taken.map(String::from).collect(),
            next: 0,
        };
        let mut rewrite = Self::default();
        // The names of each operand's uint8 form, and of each zero point.
        let mut shifted: BTreeMap<&str, String> = BTreeMap::new();
        let mut zeros: BTreeMap<i128, String> = BTreeMap::new();
        let mut middle: Option<String> = None;
        for (place, node) in file.node.iter().enumerate() {
            if !matches!(node.op_type.as_str(), "MatMulInteger" | "ConvInteger") {
                continue;
            }
            let mut operands = node.input.clone();
            for i in [0, 1] {
                let name = node.input[i].as_str();
                let tensor = tensors.get(name).filter(|t| t.kind == IntType::I8);
                let Some(tensor) = tensor else { continue };
                let made = match (shifted.get(name), &tensor.constant) {
                    (Some(made), _) => made.clone(),
                    (None, Some(constant)) => {
                        let made = names.fresh();
                        let elements = constant.elements().map(|n| n + MIDDLE);
                        let dims = &tensor.dims;
                        let constant = stored(&made, IntType::U8, dims, elements);
                        rewrite.constants.push(constant);
                        made
                    }
                    (None, None) => {
                        let middle = middle.get_or_insert_with(|| {
                            let made = names.fresh();
                            let one = [MIDDLE].into_iter();
                            rewrite
                                .constants
                                .push(stored(&made, IntType::I32, &[], one));
                            made
                        });
                        let steps = [names.fresh(), names.fresh(), names.fresh()];
                        let [wide, sum, made] = &steps;
                        let before = rewrite.inserted.entry(place).or_default();
                        before.extend([
                            cast(name, wide, IntType::I32),
                            added(wide, middle, sum),
                            cast(sum, made, IntType::U8),
                        ]);
                        made.clone()
                    }
                };
                shifted.insert(name, made.clone());
                operands[i] = made;
                let zero = node.input.get(i + 2).filter(|z| !z.is_empty());
                let zero = zero.and_then(|z| tensors.get(z.as_str())?.constant.as_ref());
                let zero = zero.and_then(|z| z.elements().next()).unwrap_or(0) + MIDDLE;
                let point = zeros.entry(zero).or_insert_with(|| {
                    let made = names.fresh();
                    let one = [zero].into_iter();
                    rewrite.constants.push(stored(&made, IntType::U8, &[], one));
                    made
                });
                if operands.len() < i + 3 {
                    operands.resize(i + 3, String::new());
                }
                operands[i + 2] = point.clone();
            }
            if operands != node.input {
                rewrite.operands.insert(place, operands);
            }
        }
        let outputs = file.output.iter().map(|o| o.name.as_str());
        let mut used: BTreeSet<&str> = outputs.collect();
        for (place, node) in file.node.iter().enumerate() {
            let operands = rewrite.operands.get(&place).unwrap_or(&node.input);
            used.extend(operands.iter().map(String::as_str));
        }
        // An inserted node reads the int8 operand that it converts.
        let inserted = rewrite.inserted.values().flatten();
        used.extend(inserted.flat_map(|n| &n.input).map(String::as_str));
        let unused = shifted.keys().filter(|name| !used.contains(*name));
        rewrite.dropped = unused.map(|name| name.to_string()).collect();
        Ok(rewrite)
    }

    fn graph(&self, graph: &[u8]) -> Result<Vec<u8>, ExactError> {
        let mut written = Vec::with_capacity(graph.len() + 4096);
        let mut place = 0;
        for field in fields(graph) {
            let field = field?;
            match (field.number, field.value) {
                (tag::NODE_OF_GRAPH, Value::Bytes(node)) => {
                    for inserted in self.inserted.get(&place).into_iter().flatten() {
                        put(&mut written, tag::NODE_OF_GRAPH, &inserted.encode_to_vec());
                    }
                    match self.operands.get(&place) {
                        None => written.extend_from_slice(field.whole),
                        Some(operands) => put(
                            &mut written,
                            tag::NODE_OF_GRAPH,
                            &with_operands(node, operands)?,
                        ),
                    }
                    place += 1;
                }
                (tag::CONSTANT_OF_GRAPH, Value::Bytes(constant)) if self.drops(constant)? => {}
                _ => written.extend_from_slice(field.whole),
            }
        }
        for constant in &self.constants {
            put(
                &mut written,
                tag::CONSTANT_OF_GRAPH,
                &constant.encode_to_vec(),
            );
        }
        Ok(written)
    }

    fn drops(&self, constant: &[u8]) -> Result<bool, ExactError> {
        const NAME: u32 = 8;
        let mut name: &[u8] = &[];
        for field in fields(constant) {
            if let Field {
                number: NAME,
                value: Value::Bytes(bytes),
                ..
            } = field?
            {
                name = bytes;
            }
        }
        Ok(std::str::from_utf8(name).is_ok_and(|name| self.dropped.contains(name)))
    }
}

/// Rewrites a node with other operands; all its other fields stay.
fn with_operands(node: &[u8], operands: &[String]) -> Result<Vec<u8>, WireError> {
    let mut written = Vec::with_capacity(node.len() + 64);
    for operand in operands {
        put(&mut written, tag::OPERAND_OF_NODE, operand.as_bytes());
    }
    for field in fields(node) {
        let field = field?;
        if field.number != tag::OPERAND_OF_NODE {
            written.extend_from_slice(field.whole);
        }
    }
    Ok(written)
}

/// Writes a string or message as a field.
fn put(written: &mut Vec<u8>, number: u32, content: &[u8]) {
    prost::encoding::encode_key(number, prost::encoding::WireType::LengthDelimited, written);
    prost::encoding::encode_varint(content.len() as u64, written);
    written.extend_from_slice(content);
}

/// Makes up names that the graph does not have.
struct Names {
    taken: BTreeSet<String>,
    next: usize,
}

impl Names {
    fn fresh(&mut self) -> String {
        loop {
            self.next += 1;
            let name = format!("exact/{}", self.next);
            if self.taken.insert(name.clone()) {
                return name;
            }
        }
    }
}

fn stored(
    name: &str,
    kind: IntType,
    dims: &[usize],
    elements: impl Iterator<Item = i128>,
) -> TensorProto {
    TensorProto {
        name: name.into(),
        data_type: kind.onnx(),
        dims: dims.iter().map(|d| *d as i64).collect(),
        raw_data: Some(kind.little_endian(elements).into()),
        ..Default::default()
    }
}

fn cast(from: &str, made: &str, to: IntType) -> NodeProto {
    NodeProto {
        attribute: vec![AttributeProto::int("to", to.onnx().into())],
        ..node("Cast", &[from], made)
    }
}

fn added(a: &str, b: &str, made: &str) -> NodeProto {
    node("Add", &[a, b], made)
}

fn node(operator: &str, operands: &[&str], made: &str) -> NodeProto {
    NodeProto {
        op_type: operator.into(),
        input: operands.iter().map(|s| s.to_string()).collect(),
        output: vec![made.into()],
        ..Default::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        int_v1::{
            reference::{run, Steps},
            IntType::*,
            Op,
        },
        testing::{sample_graphs, Builder},
    };

    fn rewritten(builder: &Builder) -> ModelProto {
        parse(exact(builder.bytes().into()).unwrap()).unwrap()
    }

    fn operators(model: &ModelProto) -> Vec<&str> {
        let nodes = &model.graph.as_ref().unwrap().node;
        nodes.iter().map(|n| n.op_type.as_str()).collect()
    }

    fn constant<'a>(model: &'a ModelProto, name: &str) -> &'a TensorProto {
        let constants = &model.graph.as_ref().unwrap().initializer;
        constants.iter().find(|t| t.name == name).unwrap()
    }

    fn bytes<'a>(model: &'a ModelProto, name: &str) -> &'a [u8] {
        constant(model, name).raw_data.as_ref().unwrap()
    }

    #[test]
    fn a_constant_becomes_uint8_with_its_zero_point() {
        let mut builder = Builder::new(18);
        builder.input("x", U8, &[1, 2]);
        let weights = builder.constant(I8, &[2, 2], &[-128, -1, 0, 127]);
        let made = builder.node("MatMulInteger", &["x", &weights], vec![]);
        builder.output(&made, I32, &[1, 2]);
        let model = rewritten(&builder);
        assert_eq!(operators(&model), ["MatMulInteger"]);
        let graph = model.graph.as_ref().unwrap();
        let operands = &graph.node[0].input;
        assert_eq!((operands[0].as_str(), operands[2].as_str()), ("x", ""));
        assert_eq!(bytes(&model, &operands[1]), [0, 127, 128, 255]);
        assert_eq!(constant(&model, &operands[1]).data_type, U8.onnx());
        assert_eq!(constant(&model, &operands[1]).dims, [2, 2]);
        assert_eq!(bytes(&model, &operands[3]), [128]);
        // The int8 constant is gone.
        assert_eq!(graph.initializer.len(), 2);
    }

    #[test]
    fn a_zero_point_moves_with_its_operand() {
        let mut builder = Builder::new(18);
        builder.input("x", I8, &[1, 1, 2, 2]);
        let weights = builder.constant(I8, &[1, 1, 1, 1], &[3]);
        let zeros = [-128, 5].map(|n| builder.constant(I8, &[], &[n]));
        let operands = ["x", &weights, &zeros[0], &zeros[1]];
        let made = builder.node("ConvInteger", &operands, vec![]);
        builder.output(&made, I32, &[1, 1, 2, 2]);
        let model = rewritten(&builder);
        assert_eq!(operators(&model), ["Cast", "Add", "Cast", "ConvInteger"]);
        let nodes = &model.graph.as_ref().unwrap().node;
        assert_eq!(nodes[0].input, ["x"]);
        assert_eq!(nodes[3].input[0], nodes[2].output[0]);
        assert_eq!(bytes(&model, &nodes[1].input[1]), 128i32.to_le_bytes());
        assert_eq!(bytes(&model, &nodes[3].input[2]), [0]);
        assert_eq!(bytes(&model, &nodes[3].input[3]), [133]);
    }

    #[test]
    fn a_shared_operand_is_rewritten_once() {
        let mut builder = Builder::new(18);
        builder.input("x", I8, &[2, 2]);
        let weights = builder.constant(I8, &[2, 2], &[1, 2, 3, 4]);
        for _ in 0..2 {
            let made = builder.node("MatMulInteger", &["x", &weights], vec![]);
            builder.output(&made, I32, &[2, 2]);
        }
        let kept = builder.node("Neg", &[&weights], vec![]);
        builder.output(&kept, I8, &[2, 2]);
        let model = rewritten(&builder);
        let products = ["MatMulInteger", "MatMulInteger", "Neg"];
        assert_eq!(operators(&model)[..3], ["Cast", "Add", "Cast"]);
        assert_eq!(operators(&model)[3..], products);
        let graph = model.graph.as_ref().unwrap();
        assert_eq!(graph.node[3].input, graph.node[4].input);
        // Another node reads the int8 constant, so it stays.
        assert_eq!(bytes(&model, &weights), [1, 2, 3, 4]);
        // The constant, its uint8 form, the zero point of both operands, and the number added.
        assert_eq!(graph.initializer.len(), 4);
    }

    #[test]
    fn a_file_without_int8_products_stays_as_it_is() {
        let mut builder = Builder::new(18);
        builder.input("x", U8, &[1, 2]);
        let weights = builder.constant(U8, &[2, 1], &[1, 2]);
        let made = builder.node("MatMulInteger", &["x", &weights], vec![]);
        builder.output(&made, I32, &[1, 1]);
        let file = Bytes::from(builder.bytes());
        assert_eq!(exact(file.clone()).unwrap(), file);
    }

    #[test]
    fn unknown_fields_are_kept() {
        let mut builder = Builder::new(18);
        builder.input("x", U8, &[1, 1]);
        let weights = builder.constant(I8, &[1, 1], &[1]);
        let made = builder.node("MatMulInteger", &["x", &weights], vec![]);
        builder.output(&made, I32, &[1, 1]);
        // A field that ONNX does not have yet, in the node, the graph and the model.
        let unknown = |what: &str| {
            let mut field = Vec::new();
            put(&mut field, 900, what.as_bytes());
            field
        };
        let graph = builder.graph.clone();
        let mut node = graph.node[0].encode_to_vec();
        node.extend(unknown("of the node"));
        let rest = crate::onnx::GraphProto {
            node: vec![],
            ..graph
        };
        let mut bytes = rest.encode_to_vec();
        put(&mut bytes, tag::NODE_OF_GRAPH, &node);
        bytes.extend(unknown("of the graph"));
        let mut model = builder.model();
        model.graph = None;
        let mut file = model.encode_to_vec();
        put(&mut file, tag::GRAPH_OF_MODEL, &bytes);
        file.extend(unknown("of the model"));
        let exact = exact(file.clone().into()).unwrap();
        assert_ne!(exact, file);
        let text = String::from_utf8_lossy(&exact);
        for what in ["of the node", "of the graph", "of the model"] {
            assert!(text.contains(what), "{what}");
        }
    }

    #[test]
    fn taken_names_are_avoided() {
        let mut builder = Builder::new(18);
        builder.input("exact/1", I8, &[1, 1]);
        let weights = builder.constant(I8, &[1, 1], &[1]);
        let made = builder.node("MatMulInteger", &["exact/1", &weights], vec![]);
        builder.output(&made, I32, &[1, 1]);
        assert!(read(&rewritten(&builder)).is_ok());
    }

    #[test]
    fn a_model_that_is_not_int_v1_is_refused() {
        let mut builder = Builder::new(18);
        builder.input("x", U8, &[1, 2]);
        let made = builder.node("Softmax", &["x"], vec![]);
        builder.output(&made, U8, &[1, 2]);
        let refused = exact(builder.bytes().into()).unwrap_err().to_string();
        assert!(
            refused.contains("the operator Softmax is refused"),
            "{refused}"
        );
    }

    #[test]
    fn random_graphs_answer_the_same_when_rewritten() {
        let mut changed = 0;
        for sample in sample_graphs(400) {
            let file = Bytes::from(sample.model.clone());
            let exact = exact(file.clone()).unwrap();
            changed += usize::from(exact != file);
            let (before, after) = (parse(file).unwrap(), parse(exact).unwrap());
            let (before, after) = (read(&before).unwrap(), read(&after).unwrap());
            let inputs = before.tensors.iter().filter(|t| t.is_input);
            let inputs = inputs.map(|t| {
                let range = t.kind.range();
                let elements = (0..t.elements())
                    .map(|i| t.kind.wrap(range.least + i as i128 * 97))
                    .collect();
                (t.name.clone(), elements)
            });
            let inputs: BTreeMap<String, Vec<i128>> = inputs.collect();
            let answer = |graph| run(graph, &inputs, &mut Steps(1 << 24)).unwrap();
            assert_eq!(answer(&before), answer(&after), "{}", sample.name);
            let of_bytes = after.steps.iter().filter(|s| {
                let product = matches!(s.op, Op::MatMul { .. } | Op::Conv { .. });
                product && s.operands.iter().any(|o| after.tensors[*o].kind == I8)
            });
            assert_eq!(of_bytes.count(), 0, "{}", sample.name);
        }
        assert!(changed > 30, "{changed}");
    }
}
