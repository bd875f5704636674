//! Turns a parsed file into a graph of resolved steps, with the type, shape and range of each
//! tensor; or gives every reason why the model is not `IntV1`.

use super::{
    attributes::Attributes,
    constant::{self, Constant},
    ensure_size,
    number::{IntType, Range},
    op::Op,
    operators::{self, Call, Made},
    ranges, reference, wrong_type, MAX_ENDS, OPSETS,
};
use crate::onnx::{
    dimension, element, type_proto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto,
};
use std::collections::{BTreeMap, BTreeSet};

/// A model of `IntV1`.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    /// In the order in which they can be computed.
    pub tensors: Vec<Tensor<'a>>,
    pub steps: Vec<Step>,
    /// Name and place in `tensors`.
    pub outputs: Vec<(String, usize)>,
}

/// An input, a constant or the result of a step.
#[derive(Debug)]
pub struct Tensor<'a> {
    pub name: String,
    pub kind: IntType,
    pub dims: Vec<usize>,
    /// The range within which all its elements lie.
    pub range: Range,
    pub constant: Option<Constant<'a>>,
    pub is_input: bool,
}

#[derive(Debug)]
pub struct Step {
    pub op: Op,
    /// Places in [`Graph::tensors`].
    pub operands: Vec<usize>,
    pub result: usize,
}

impl Tensor<'_> {
    pub fn elements(&self) -> usize {
        self.dims.iter().product()
    }
}

/// Most elements of a constant that is computed in advance.
pub(super) const MAX_KNOWN: usize = 1 << 16;
/// Most elements of all constants together that are computed in advance, and most steps that this
/// may take.
pub(super) const MAX_FOLDED: usize = 1 << 20;
const MAX_FOLDING_STEPS: u64 = 1 << 24;
/// After this many reasons the rest of the file is not read.
const MAX_REASONS: usize = 1_000;

/// Reads a model. The error is all reasons why it is not `IntV1`, each a sentence.
pub fn read(model: &ModelProto) -> Result<Graph<'_>, Vec<String>> {
    let mut reader = Reader {
        graph: Graph::default(),
        opset: 0,
        places: BTreeMap::new(),
        declared: BTreeMap::new(),
        reasons: Vec::new(),
        said: BTreeSet::new(),
        foldable: MAX_FOLDED,
        steps: reference::Steps(MAX_FOLDING_STEPS),
    };
    reader.model(model);
    if reader.reasons.is_empty() {
        Ok(reader.graph)
    } else {
        Err(reader.reasons)
    }
}

struct Reader<'a> {
    graph: Graph<'a>,
    opset: i64,
    /// Where each named tensor is; `None` for one that was refused, so that this is said only once.
    places: BTreeMap<&'a str, Option<usize>>,
    /// The types and shapes that the file declares for the results of nodes.
    declared: BTreeMap<&'a str, &'a ValueInfoProto>,
    reasons: Vec<String>,
    said: BTreeSet<String>,
    foldable: usize,
    steps: reference::Steps,
}

impl<'a> Reader<'a> {
    fn refuse(&mut self, reason: String) {
        if self.reasons.len() < MAX_REASONS && self.said.insert(reason.clone()) {
            self.reasons.push(reason);
        }
    }

    fn model(&mut self, model: &'a ModelProto) {
        let Some(graph) = &model.graph else {
            return self.refuse("the model has no graph".into());
        };
        let own = |domain: &str| matches!(domain, "" | "ai.onnx");
        let opsets: Vec<i64> = model
            .opset_import
            .iter()
            .filter(|o| own(&o.domain))
            .map(|o| o.version)
            .collect();
        let (first, last) = (OPSETS.start(), OPSETS.end());
        match opsets[..] {
            [opset] if OPSETS.contains(&opset) => self.opset = opset,
            [opset] => self.refuse(format!(
                "the operators are of version {opset}, but IntV1 allows {first} to {last}"
            )),
            _ => self.refuse("the model must name exactly one version of ONNX's operators".into()),
        }
        if let Some(function) = model.functions.first() {
            let name = &function.name;
            self.refuse(format!(
                "the model has functions, the first of them `{name}`; write them out as nodes"
            ));
        }
        if !model.training_info.is_empty() {
            self.refuse("the model has graphs for training; remove them".into());
        }
        self.graph(graph);
    }

    fn graph(&mut self, graph: &'a GraphProto) {
        let stored = graph.initializer.iter().map(|t| t.name.as_str());
        let stored: BTreeSet<&str> = stored.collect();
        for (what, count) in [
            ("inputs", graph.input.len()),
            ("outputs", graph.output.len()),
        ] {
            if !(1..=MAX_ENDS).contains(&count) {
                self.refuse(format!(
                    "the graph has {count} {what}, but IntV1 allows 1 to {MAX_ENDS}"
                ));
            }
        }
        for input in &graph.input {
            if stored.contains(input.name.as_str()) {
                let name = &input.name;
                self.refuse(format!(
                    "`{name}` is an input, but the file stores its value; remove it from the inputs"
                ));
            } else {
                self.input(input);
            }
        }
        let mut foreign: BTreeMap<i32, (&str, usize)> = BTreeMap::new();
        for tensor in &graph.initializer {
            let name = tensor.name.as_str();
            if IntType::from_onnx(tensor.data_type).is_some() {
                self.stored(name, tensor);
            } else {
                foreign.entry(tensor.data_type).or_insert((name, 0)).1 += 1;
                self.name(name, None);
            }
        }
        for (number, (name, count)) in foreign {
            let why = wrong_type(&element::name(number));
            self.refuse(match count {
                1 => format!("the constant `{name}` {why}"),
                _ => format!("the constant `{name}` {why} ({} more like it)", count - 1),
            });
        }
        if !graph.sparse_initializer.is_empty() {
            self.refuse("the graph has sparse constants; write them out".into());
        }
        let said = graph.value_info.iter().chain(&graph.output);
        self.declared = said.map(|v| (v.name.as_str(), v)).collect();
        for node in &graph.node {
            if self.reasons.len() >= MAX_REASONS {
                return;
            }
            self.node(node);
        }
        for output in &graph.output {
            match self.places.get(output.name.as_str()) {
                None => self.refuse(format!("no node makes the output `{}`", output.name)),
                Some(None) => {}
                Some(Some(place)) => self.graph.outputs.push((output.name.clone(), *place)),
            }
        }
    }

    /// Gives a tensor its name, which no other may have.
    fn name(&mut self, name: &'a str, place: Option<usize>) {
        if name.is_empty() {
            self.refuse("a tensor has no name".into());
        } else if self.places.insert(name, place).is_some() {
            self.refuse(format!("two tensors have the name `{name}`"));
        }
    }

    fn input(&mut self, input: &'a ValueInfoProto) {
        let name = input.name.as_str();
        let place = match input_type(input) {
            Ok((kind, dims)) => Some(self.add(Tensor {
                name: name.into(),
                kind,
                dims,
                range: kind.range(),
                constant: None,
                is_input: true,
            })),
            Err(why) => {
                self.refuse(format!("the input `{name}` {why}"));
                None
            }
        };
        self.name(name, place);
    }

    fn stored(&mut self, name: &'a str, tensor: &'a TensorProto) {
        let place = match constant::read(tensor) {
            Ok((kind, dims, constant)) => Some(self.add_constant(name, kind, dims, constant)),
            Err(why) => {
                self.refuse(format!("the constant `{name}` {why}"));
                None
            }
        };
        self.name(name, place);
    }

    fn add(&mut self, tensor: Tensor<'a>) -> usize {
        self.graph.tensors.push(tensor);
        self.graph.tensors.len() - 1
    }

    fn add_constant(
        &mut self,
        name: &str,
        kind: IntType,
        dims: Vec<usize>,
        constant: Constant<'a>,
    ) -> usize {
        self.add(Tensor {
            name: name.into(),
            kind,
            dims,
            range: constant.range().unwrap_or(Range::new(0, 0)),
            constant: Some(constant),
            is_input: false,
        })
    }

    fn node(&mut self, node: &'a NodeProto) {
        let made = self.made(node);
        let made = match made {
            Ok(made) => made,
            Err(Refusal::Operator(why)) => {
                self.refuse(why);
                None
            }
            Err(Refusal::Node(why)) => {
                self.refuse(format!("{}: {why}", described(node)));
                None
            }
        };
        let made = made.unwrap_or_default();
        for result in &made {
            if let Made::Constant {
                constant: Constant::Computed(elements),
                ..
            } = result
            {
                // The operator has seen that there is room.
                self.foldable = self.foldable.saturating_sub(elements.len());
            }
        }
        let mut made = made.into_iter();
        for name in &node.output {
            let place = made.next().and_then(|made| {
                self.settle(name, made).unwrap_or_else(|why| {
                    self.refuse(format!("{}: {why}", described(node)));
                    None
                })
            });
            if !name.is_empty() {
                self.name(name, place);
            }
        }
    }

    /// The node's results; `None` if an operand was refused before.
    fn made(&self, node: &'a NodeProto) -> Result<Option<Vec<Made<'a>>>, Refusal> {
        operators::known(node).map_err(Refusal::Operator)?;
        let mut operands = Vec::with_capacity(node.input.len());
        for name in &node.input {
            operands.push(match self.places.get(name.as_str()) {
                _ if name.is_empty() => None,
                Some(Some(place)) => Some(*place),
                Some(None) => return Ok(None),
                None => {
                    let why = format!("nothing before it makes its operand `{name}`");
                    return Err(Refusal::Node(why));
                }
            });
        }
        if self.opset == 0 {
            return Ok(None);
        }
        let call = Call {
            operator: &node.op_type,
            opset: self.opset,
            operands,
            results: node.output.len(),
            tensors: &self.graph.tensors,
            room: self.foldable,
            attributes: Attributes::of(node).map_err(Refusal::Node)?,
        };
        operators::resolve(call).map(Some).map_err(Refusal::Node)
    }

    /// Adds a result to the graph: as a constant if it can be computed now, else as a step. Nothing
    /// can read a result without a name, so it is only checked.
    fn settle(&mut self, name: &'a str, made: Made<'a>) -> Result<Option<usize>, String> {
        let (kind, dims) = match &made {
            Made::Constant { kind, dims, .. } | Made::Step { kind, dims, .. } => (*kind, dims),
        };
        ensure_size(kind, dims).map_err(|why| format!("its result `{name}` {why}"))?;
        if let Some(declared) = self.declared.get(name) {
            agrees(declared, kind, dims)?;
        }
        if name.is_empty() {
            return Ok(None);
        }
        let place = match made {
            Made::Constant {
                kind,
                dims,
                constant,
            } => self.add_constant(name, kind, dims, constant),
            Made::Step {
                op,
                operands,
                kind,
                dims,
                terms,
            } => {
                if let Some(elements) = self.folded(&op, &operands, kind, &dims)? {
                    let constant = Constant::Computed(elements);
                    return Ok(Some(self.add_constant(name, kind, dims, constant)));
                }
                if dims.contains(&0) {
                    return Err(format!("its result `{name}` has no elements"));
                }
                let of = |o: &usize| self.graph.tensors[*o].range;
                let given: Vec<Range> = operands.iter().map(of).collect();
                let range = ranges::of(&op, &given, terms, kind);
                let result = self.add(Tensor {
                    name: name.into(),
                    kind,
                    dims,
                    range,
                    constant: None,
                    is_input: false,
                });
                self.graph.steps.push(Step {
                    op,
                    operands,
                    result,
                });
                result
            }
        };
        Ok(Some(place))
    }

    /// Computes the elements, if all operands are constants and there are not too many.
    fn folded(
        &mut self,
        op: &Op,
        operands: &[usize],
        kind: IntType,
        dims: &[usize],
    ) -> Result<Option<Vec<i128>>, String> {
        let elements: usize = dims.iter().product();
        if elements > MAX_KNOWN.min(self.foldable) {
            return Ok(None);
        }
        let given = operands.iter().map(|o| &self.graph.tensors[*o]);
        // A tensor without elements takes memory, too.
        let read: usize = given.clone().map(|t| t.elements().max(1)).sum();
        if given.clone().any(|t| t.constant.is_none()) || read > 2 * MAX_KNOWN {
            return Ok(None);
        }
        if self.steps.take(read).is_err() {
            return Ok(None);
        }
        let values: Vec<reference::Value> = given
            .map(|tensor| reference::Value {
                dims: tensor.dims.clone(),
                elements: tensor
                    .constant
                    .iter()
                    .flat_map(Constant::elements)
                    .collect(),
            })
            .collect();
        let values: Vec<&reference::Value> = values.iter().collect();
        match reference::evaluate(op, &values, kind, dims, &mut self.steps) {
            Ok(elements) => {
                self.foldable -= elements.len();
                Ok(Some(elements))
            }
            Err(reference::EvalError::TooLong) => Ok(None),
            Err(why) => Err(why.to_string()),
        }
    }
}

enum Refusal {
    /// Holds for every node of the operator, and is said only once.
    Operator(String),
    Node(String),
}

fn described(node: &NodeProto) -> String {
    let operator = &node.op_type;
    match (node.name.as_str(), node.output.first()) {
        ("", Some(made)) => format!("the {operator} that makes `{made}`"),
        ("", None) => format!("a {operator} without outputs"),
        (name, _) => format!("the {operator} `{name}`"),
    }
}

fn input_type(input: &ValueInfoProto) -> Result<(IntType, Vec<usize>), String> {
    let kind = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(type_proto::Value::Tensor(tensor)) = kind else {
        return Err("is not a tensor".into());
    };
    let kind = IntType::from_onnx(tensor.elem_type)
        .ok_or_else(|| wrong_type(&element::name(tensor.elem_type)))?;
    let Some(shape) = &tensor.shape else {
        return Err("has no shape; give it one of fixed dimensions".into());
    };
    let mut dims = Vec::with_capacity(shape.dim.len());
    for dim in &shape.dim {
        dims.push(match &dim.value {
            Some(dimension::Value::Fixed(n)) if *n > 0 => {
                usize::try_from(*n).map_err(|e| e.to_string())?
            }
            Some(dimension::Value::Fixed(n)) => {
                return Err(format!("has a dimension of {n}, not 1 or more"))
            }
            Some(dimension::Value::Named(name)) if !name.is_empty() => {
                return Err(format!(
                    "has the dimension `{name}`, which is not fixed; write a number there"
                ))
            }
            _ => return Err("has a dimension that is not fixed; write a number there".into()),
        });
    }
    ensure_size(kind, &dims)?;
    Ok((kind, dims))
}

/// Fails if the file declares another type or shape for a result than its node gives it.
fn agrees(declared: &ValueInfoProto, kind: IntType, dims: &[usize]) -> Result<(), String> {
    let said = declared.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(said) = said else { return Ok(()) };
    let same = match said {
        type_proto::Value::Tensor(tensor) => {
            let type_fits = tensor.elem_type == 0 || tensor.elem_type == kind.onnx();
            type_fits
                && tensor.shape.as_ref().is_none_or(|shape| {
                    shape.dim.len() == dims.len()
                        && shape.dim.iter().zip(dims).all(|(dim, n)| match dim.value {
                            Some(dimension::Value::Fixed(fixed)) => {
                                usize::try_from(fixed) == Ok(*n)
                            }
                            _ => true,
                        })
                })
        }
        _ => false,
    };
    if same {
        Ok(())
    } else {
        let name = &declared.name;
        Err(format!(
            "its result `{name}` is {kind}{dims:?}, but the file declares it otherwise"
        ))
    }
}
