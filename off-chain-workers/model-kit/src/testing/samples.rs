//! Makes random `IntV1` models, the same ones each time, with inputs and the right outputs.

use super::build::{int, ints, tensor, text, Builder};
use crate::{
    int_v1::{
        read,
        reference::{run, Steps},
        IntType::{self, *},
    },
    onnx::AttributeProto,
    tensor::{DType, Data, Tensor},
};
use std::collections::BTreeMap;

/// A model, and one run of it.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The sample's number and its first operator.
    pub name: String,
    /// The ONNX file, as a publisher would write it.
    pub model: Vec<u8>,
    pub inputs: Vec<(String, Tensor)>,
    /// The results of exact arithmetic, in the order of the graph's outputs.
    pub outputs: Vec<(String, Tensor)>,
}

/// The first `count` samples of an endless list. Each operator is the first of at least one sample
/// among the first hundred; 200 samples are a good number to compare an engine with.
pub fn sample_graphs(count: usize) -> Vec<Sample> {
    (0..count).map(sample).collect()
}

const OPERATORS: &[&str] = &[
    "MatMulInteger",
    "ConvInteger",
    "MatMul",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Mod",
    "Max",
    "Min",
    "Clip",
    "Relu",
    "Abs",
    "Neg",
    "Sign",
    "Not",
    "And",
    "Or",
    "Xor",
    "BitwiseAnd",
    "BitwiseOr",
    "BitwiseXor",
    "BitwiseNot",
    "BitShift",
    "Equal",
    "Less",
    "Greater",
    "LessOrEqual",
    "GreaterOrEqual",
    "Where",
    "OneHot",
    "Cast",
    "CastLike",
    "ReduceMax",
    "ReduceMin",
    "ArgMax",
    "ArgMin",
    "MaxPool",
    "ReduceSum",
    "Gather",
    "GatherElements",
    "Transpose",
    "Slice",
    "Split",
    "Concat",
    "Expand",
    "Tile",
    "Pad",
    "DepthToSpace",
    "SpaceToDepth",
    "Trilu",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Flatten",
    "Identity",
    "Shape",
    "Size",
    "Constant",
    "ConstantOfShape",
    "Range",
];

const ALL: &[IntType] = &[Bool, U8, I8, I32, U32, I64, U64];
const NUMBERS: &[IntType] = &[U8, I8, I32, U32, I64, U64];
const BYTES: &[IntType] = &[U8, I8];
const WIDE: &[IntType] = &[I32, U32, I64, U64];
const ORDERED: &[IntType] = &[U8, I8, I32, I64];
const INDICES: &[IntType] = &[I32, I64];

/// How many operators are tried after the first; those that are refused are left out.
const MORE: usize = 7;
const MAX_INPUTS: usize = 6;
const MAX_OUTPUTS: usize = 8;

fn sample(number: usize) -> Sample {
    let mut dice = Dice(number as u64);
    let first = OPERATORS[number % OPERATORS.len()];
    let opset = match first {
        "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BitwiseNot" => dice.of(&[18, 21]),
        "CastLike" | "Relu" | "Trilu" => dice.of(&[15, 17, 18, 21]),
        _ => dice.of(&[13, 14, 17, 18, 19, 20, 21]),
    };
    let mut sketch = Sketch {
        builder: Builder::new(opset),
        opset,
        known: Vec::new(),
        last: Vec::new(),
        dice,
    };
    // A random node may be refused (for an unbounded divisor, say); then another one is tried.
    for _ in 0..50 {
        if sketch.grow(first) {
            break;
        }
    }
    for _ in 0..MORE {
        let next = sketch.dice.of(OPERATORS);
        sketch.grow(next);
    }
    sketch.finish(format!("{number}-{first}"))
}

/// SplitMix64: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let n = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// A number from 0 to `sides` − 1.
    fn roll(&mut self, sides: usize) -> usize {
        (self.next() % sides.max(1) as u64) as usize
    }

    fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.roll(most - least + 1)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.roll(list.len())]
    }

    fn often(&mut self) -> bool {
        self.roll(3) > 0
    }

    /// Any value of the type, sometimes one of its bounds.
    fn number(&mut self, kind: IntType) -> i128 {
        let range = kind.range();
        match self.roll(8) {
            0 => range.least,
            1 => range.most,
            2 | 3 => (self.roll(9) as i128 - 4).clamp(range.least, range.most),
            _ => kind.wrap(i128::from(self.next())),
        }
    }

    fn numbers(&mut self, kind: IntType, count: usize) -> Vec<i128> {
        let range = kind.range();
        match self.roll(6) {
            0 => vec![range.least; count],
            1 => vec![range.most; count],
            2 => (0..count)
                .map(|i| if i % 2 == 0 { range.least } else { range.most })
                .collect(),
            _ => (0..count).map(|_| self.number(kind)).collect(),
        }
    }

    fn dims(&mut self, least: usize, most: usize) -> Vec<usize> {
        let rank = self.between(least, most);
        (0..rank).map(|_| self.between(1, 5)).collect()
    }
}

/// Name, type and shape of a tensor of the graph.
type Known = (String, IntType, Vec<usize>);

struct Sketch {
    builder: Builder,
    opset: i64,
    known: Vec<Known>,
    /// Tensors that may be outputs, but not operands.
    last: Vec<Known>,
    dice: Dice,
}

impl Sketch {
    /// Adds nodes for the operator, if the model stays `IntV1`; returns whether it does.
    fn grow(&mut self, operator: &str) -> bool {
        let before = (self.builder.clone(), self.known.clone());
        self.add(operator);
        let mut trial = self.builder.clone();
        // A graph needs at least one input and one output, which this one may still lack.
        if trial.graph.input.is_empty() {
            trial.input("unused", Bool, &[1]);
        }
        let made: Vec<String> = trial
            .graph
            .node
            .iter()
            .flat_map(|n| n.output.clone())
            .collect();
        if let Some(last) = made.last() {
            trial.graph.output = vec![crate::onnx::ValueInfoProto {
                name: last.clone(),
                r#type: None,
            }];
        }
        let model = trial.model();
        let few = trial.graph.input.len() <= MAX_INPUTS;
        let found = read(&model).ok().filter(|_| few && !made.is_empty());
        // Only small graphs, because exact arithmetic is slow.
        let small = found.filter(|g| g.tensors.iter().all(|t| t.elements() <= 2_000));
        let Some(graph) = small else {
            (self.builder, self.known) = before;
            return false;
        };
        let old = self.known.iter().chain(&self.last);
        let old: Vec<String> = old.map(|k| k.0.clone()).collect();
        for tensor in &graph.tensors {
            let new = made.contains(&tensor.name) && !old.contains(&tensor.name);
            // ONNX Runtime 1.31 fuses a Relu with a Clip after it, and fails if they are of int32:
            // such a result may only be an output.
            let last = operator == "Relu" && tensor.kind == I32;
            if new && last {
                self.last
                    .push((tensor.name.clone(), tensor.kind, tensor.dims.clone()));
            } else if new && tensor.elements() > 0 {
                let known = (tensor.name.clone(), tensor.kind, tensor.dims.clone());
                self.known.push(known);
            }
        }
        true
    }

    /// A tensor of one of these types, with `least` to `most` dimensions: one of the graph, or a
    /// new input or constant.
    fn any(&mut self, types: &[IntType], least: usize, most: usize) -> Known {
        let fits = |k: &&Known| types.contains(&k.1) && (least..=most).contains(&k.2.len());
        let found: Vec<Known> = self.known.iter().filter(fits).cloned().collect();
        if !found.is_empty() && self.dice.often() {
            return found[self.dice.roll(found.len())].clone();
        }
        let kind = self.dice.of(types);
        let dims = self.dice.dims(least, most);
        self.fresh(kind, dims)
    }

    fn fresh(&mut self, kind: IntType, dims: Vec<usize>) -> Known {
        let inputs = self.builder.graph.input.len();
        let name = if inputs < MAX_INPUTS && (inputs == 0 || self.dice.often()) {
            self.builder.input(&format!("x{inputs}"), kind, &dims)
        } else {
            let elements = self.dice.numbers(kind, dims.iter().product());
            self.builder.constant(kind, &dims, &elements)
        };
        let known = (name, kind, dims);
        self.known.push(known.clone());
        known
    }

    /// A tensor of the type, whose shape can be stretched to this one.
    fn beside(&mut self, kind: IntType, dims: &[usize]) -> Known {
        let found: Vec<Known> = self
            .known
            .iter()
            .filter(|k| k.1 == kind && k.2 == dims)
            .cloned()
            .collect();
        if !found.is_empty() && self.dice.often() {
            return found[self.dice.roll(found.len())].clone();
        }
        let cut = self.dice.roll(dims.len() + 1);
        let mut dims = dims[if self.dice.often() { 0 } else { cut }..].to_vec();
        for dim in &mut dims {
            if !self.dice.often() {
                *dim = 1;
            }
        }
        self.fresh(kind, dims)
    }

    /// Adds a Clip that keeps `tensor` within these bounds.
    fn clipped(&mut self, tensor: &Known, least: i128, most: i128) -> String {
        let low = self.builder.constant(tensor.1, &[], &[least]);
        let high = self.builder.constant(tensor.1, &[], &[most]);
        self.builder.node("Clip", &[&tensor.0, &low, &high], vec![])
    }

    fn scalar(&mut self, kind: IntType, n: i128) -> String {
        self.builder.constant(kind, &[], &[n])
    }

    /// A kernel for these dimensions, and attributes: sometimes strides, dilations and pads.
    fn window(&mut self, dims: &[usize]) -> (Vec<usize>, Vec<AttributeProto>) {
        let kernel: Vec<usize> = dims
            .iter()
            .map(|d| self.dice.between(1, (*d).min(3)))
            .collect();
        let mut attributes = Vec::new();
        let mut list = |dice: &mut Dice, name: &str, count: usize, least: usize, most: usize| {
            let list: Vec<i64> = (0..count)
                .map(|_| dice.between(least, most) as i64)
                .collect();
            attributes.push(ints(name, &list));
        };
        if self.dice.often() {
            list(&mut self.dice, "strides", dims.len(), 1, 2);
        }
        if !self.dice.often() {
            list(&mut self.dice, "dilations", dims.len(), 1, 2);
        }
        if self.dice.often() {
            list(&mut self.dice, "pads", 2 * dims.len(), 0, 1);
        } else {
            attributes.push(text("auto_pad", "VALID"));
        }
        (kernel, attributes)
    }

    fn list(&mut self, list: &[usize]) -> String {
        let list: Vec<i64> = list.iter().map(|n| *n as i64).collect();
        self.builder.list(&list)
    }

    fn add(&mut self, operator: &str) {
        match operator {
            "MatMulInteger" | "ConvInteger" => self.add_bytes_product(operator),
            "MatMul" => {
                let a = self.any(WIDE, 1, 3);
                let inner = a.2.last().copied().unwrap_or(1);
                let columns = self.dice.between(1, 4);
                let dims = if self.dice.often() {
                    vec![inner, columns]
                } else {
                    vec![inner]
                };
                let b = self.fresh(a.1, dims);
                self.builder.node("MatMul", &[&a.0, &b.0], vec![]);
            }
            "Add" | "Sub" | "Mul" | "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "Less"
            | "Greater" | "LessOrEqual" | "GreaterOrEqual" => self.add_pair(operator, NUMBERS),
            "Equal" => self.add_pair(operator, ALL),
            "And" | "Or" | "Xor" => self.add_pair(operator, &[Bool]),
            "Div" | "Mod" => {
                let a = self.any(NUMBERS, 0, 4);
                let b = self.beside(a.1, &a.2);
                let one = self.scalar(a.1, 1);
                let b = self.builder.node("Max", &[&b.0, &one], vec![]);
                self.builder.node(operator, &[&a.0, &b], vec![]);
            }
            "Max" | "Min" => {
                let a = self.any(NUMBERS, 0, 4);
                let mut names = vec![a.0.clone()];
                for _ in 0..self.dice.roll(3) {
                    names.push(self.beside(a.1, &a.2).0);
                }
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                self.builder.node(operator, &names, vec![]);
            }
            "Clip" => {
                let a = self.any(NUMBERS, 0, 4);
                let mut bounds = [self.dice.number(a.1), self.dice.number(a.1)];
                bounds.sort_unstable();
                let low = self.scalar(a.1, bounds[0]);
                let high = self.scalar(a.1, bounds[1]);
                let given: &[&str] = match self.dice.roll(4) {
                    0 => &[&a.0, &low],
                    1 => &[&a.0, "", &high],
                    _ => &[&a.0, &low, &high],
                };
                self.builder.node("Clip", given, vec![]);
            }
            "Relu" => self.add_single(operator, &[I8, I32]),
            "Abs" | "Sign" | "BitwiseNot" => self.add_single(operator, NUMBERS),
            "Neg" => self.add_single(operator, &[I8, I32, I64]),
            "Not" => self.add_single(operator, &[Bool]),
            "Identity" => self.add_single(operator, ALL),
            "BitShift" => {
                let a = self.any(&[U8, U32, U64], 0, 4);
                let by = self.dice.roll(a.1.bits() as usize) as i128;
                let by = self.scalar(a.1, by);
                let direction = self.dice.of(&["LEFT", "RIGHT"]);
                let attributes = vec![text("direction", direction)];
                self.builder.node("BitShift", &[&a.0, &by], attributes);
            }
            "Where" => {
                let a = self.any(&[U8, I8, I32, I64, U32], 0, 4);
                let (b, c) = (self.beside(a.1, &a.2), self.beside(Bool, &a.2));
                self.builder.node("Where", &[&c.0, &a.0, &b.0], vec![]);
            }
            "OneHot" => {
                let index = self.any(&[I64], 1, 3);
                let depth = self.dice.between(1, 6) as i128;
                // Without the Clip hardly any index hits.
                let index = match self.dice.often() {
                    true => self.clipped(&index, -depth - 1, depth),
                    false => index.0,
                };
                let depth = self.scalar(I64, depth);
                let values = self.dice.numbers(I64, 2);
                let values = self.builder.constant(I64, &[2], &values);
                let axis = int("axis", self.dice.of(&[-1, 0, 1]));
                self.builder
                    .node("OneHot", &[&index, &depth, &values], vec![axis]);
            }
            "Cast" => {
                let a = self.any(ALL, 0, 4);
                let to = self.dice.of(ALL).onnx();
                self.builder
                    .node("Cast", &[&a.0], vec![int("to", to.into())]);
            }
            "CastLike" => {
                let (a, like) = (self.any(ALL, 0, 4), self.any(ALL, 0, 4));
                self.builder.node("CastLike", &[&a.0, &like.0], vec![]);
            }
            "ReduceMax" | "ReduceMin" | "ReduceSum" => self.add_reduction(operator),
            "ArgMax" | "ArgMin" => {
                let a = self.any(ORDERED, 1, 4);
                let axis = self.dice.roll(a.2.len()) as i64;
                let keep = self.dice.roll(2) as i64;
                let attributes = vec![int("axis", axis), int("keepdims", keep)];
                self.builder.node(operator, &[&a.0], attributes);
            }
            "MaxPool" => {
                let a = self.any(BYTES, 3, 5);
                let (kernel, mut attributes) = self.window(&a.2[2..]);
                let kernel: Vec<i64> = kernel.iter().map(|k| *k as i64).collect();
                attributes.push(ints("kernel_shape", &kernel));
                self.builder.node("MaxPool", &[&a.0], attributes);
            }
            "Gather" | "GatherElements" => {
                let data = self.any(ALL, 1, 3);
                let axis = self.dice.roll(data.2.len());
                let kind = self.dice.of(INDICES);
                let mut dims = match operator {
                    "Gather" => self.dice.dims(0, 2),
                    _ => data.2.clone(),
                };
                if operator == "GatherElements" {
                    dims[axis] = self.dice.between(1, 6);
                }
                let index = self.fresh(kind, dims);
                let most = data.2[axis] as i128;
                let index = self.clipped(&index, -most, most - 1);
                let axis = int("axis", axis as i64);
                self.builder.node(operator, &[&data.0, &index], vec![axis]);
            }
            _ => self.add_move(operator),
        }
    }

    fn add_single(&mut self, operator: &str, types: &[IntType]) {
        let a = self.any(types, 0, 4);
        self.builder.node(operator, &[&a.0], vec![]);
    }

    fn add_pair(&mut self, operator: &str, types: &[IntType]) {
        let a = self.any(types, 0, 4);
        let b = self.beside(a.1, &a.2);
        let (a, b) = if self.dice.often() { (a, b) } else { (b, a) };
        self.builder.node(operator, &[&a.0, &b.0], vec![]);
    }

    fn add_bytes_product(&mut self, operator: &str) {
        let (a, dims, attributes) = if operator == "ConvInteger" {
            let x = self.any(BYTES, 3, 5);
            let channels = x.2[1];
            // All channels in one group, or each in its own.
            let groups = if self.dice.often() { 1 } else { channels };
            let out = groups * self.dice.between(1, 3);
            let (kernel, mut attributes) = self.window(&x.2[2..]);
            attributes.push(int("group", groups as i64));
            (
                x,
                [vec![out, channels / groups], kernel].concat(),
                attributes,
            )
        } else {
            let a = self.any(BYTES, 1, 3);
            let inner = a.2.last().copied().unwrap_or(1);
            let columns = self.dice.between(1, 5);
            (a, vec![inner, columns], vec![])
        };
        let kind = self.dice.of(BYTES);
        let b = match self.dice.often() {
            true => {
                let elements = self.dice.numbers(kind, dims.iter().product());
                self.builder.constant(kind, &dims, &elements)
            }
            false => self.fresh(kind, dims).0,
        };
        let mut given = vec![a.0.clone(), b];
        for kind in [a.1, kind] {
            given.push(match self.dice.roll(3) {
                0 => String::new(),
                _ => {
                    let zero = self.dice.number(kind);
                    self.scalar(kind, zero)
                }
            });
        }
        while given.last().is_some_and(String::is_empty) {
            given.pop();
        }
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        self.builder.node(operator, &given, attributes);
    }

    fn add_reduction(&mut self, operator: &str) {
        let sum = operator == "ReduceSum";
        let a = self.any(if sum { INDICES } else { ORDERED }, 1, 4);
        let name = match sum {
            true => self.clipped(&a, -1_000_000, 1_000_000),
            false => a.0,
        };
        let count = self.dice.roll(a.2.len() + 1);
        let axes: Vec<usize> = (0..a.2.len()).rev().take(count).collect();
        let mut attributes = vec![int("keepdims", self.dice.roll(2) as i64)];
        let mut given = vec![name];
        if !axes.is_empty() && (sum || self.opset >= 18) {
            given.push(self.list(&axes));
        } else if !axes.is_empty() {
            let axes: Vec<i64> = axes.iter().map(|a| *a as i64).collect();
            attributes.push(ints("axes", &axes));
        }
        let given: Vec<&str> = given.iter().map(String::as_str).collect();
        self.builder.node(operator, &given, attributes);
    }

    /// Adds an operator that moves elements or gives a constant.
    fn add_move(&mut self, operator: &str) {
        let types = match operator {
            "DepthToSpace" | "SpaceToDepth" => BYTES,
            "Trilu" => &[Bool, I32, I64],
            _ => ALL,
        };
        let a = match operator {
            "DepthToSpace" | "SpaceToDepth" => {
                let kind = self.dice.of(types);
                let (c, h, w) = match operator {
                    "DepthToSpace" => (4 * self.dice.between(1, 3), 2, 3),
                    _ => (self.dice.between(1, 3), 4, 2),
                };
                let batch = self.dice.between(1, 2);
                self.fresh(kind, vec![batch, c, h, w])
            }
            "Trilu" => self.any(types, 2, 4),
            "Shape" | "Size" | "Unsqueeze" => self.any(types, 0, 3),
            _ => self.any(types, 1, 4),
        };
        let (name, kind, dims) = a;
        let rank = dims.len();
        let axis = self.dice.roll(rank);
        match operator {
            "Transpose" => {
                let mut order: Vec<i64> = (0..rank as i64).collect();
                for i in (1..rank).rev() {
                    order.swap(i, self.dice.roll(i + 1));
                }
                self.builder
                    .node(operator, &[&name], vec![ints("perm", &order)]);
            }
            "Slice" if !self.dice.often() => {
                // Slices each axis, sometimes beyond its end.
                let starts: Vec<usize> = dims.iter().map(|d| self.dice.roll(*d)).collect();
                let ends: Vec<usize> = dims.iter().map(|d| d + self.dice.roll(2)).collect();
                let (starts, ends) = (self.list(&starts), self.list(&ends));
                self.builder
                    .node(operator, &[&name, &starts, &ends], vec![]);
            }
            "Slice" => {
                let dim = dims[axis] as i64;
                let mut step = self.dice.of(&[1, 1, 2, -1, -2]);
                let mut place = || self.dice.roll(2 * dim as usize + 1) as i64 - dim;
                let (start, mut end) = (place(), place());
                if !self.dice.often() {
                    (step, end) = (-1, i64::MIN);
                }
                let given = [start, end, axis as i64, step].map(|n| self.builder.list(&[n]));
                let given = [&name, &given[0], &given[1], &given[2], &given[3]];
                self.builder
                    .node(operator, &given.map(String::as_str), vec![]);
            }
            "Split" if self.opset >= 18 && self.dice.often() => {
                let parts = self.dice.between(1, dims[axis].min(3));
                let attributes = vec![int("axis", axis as i64), int("num_outputs", parts as i64)];
                self.builder.nodes(operator, &[&name], attributes, parts);
            }
            "Split" => {
                let first = self.dice.between(1, dims[axis]);
                let rest = dims[axis] - first;
                let parts = if rest == 0 {
                    vec![first]
                } else {
                    vec![first, rest]
                };
                let list = self.list(&parts);
                let axis = int("axis", axis as i64);
                self.builder
                    .nodes(operator, &[&name, &list], vec![axis], parts.len());
            }
            "Concat" => {
                let mut other = dims.clone();
                other[axis] = self.dice.between(1, 3);
                let b = self.fresh(kind, other);
                let axis = int("axis", axis as i64);
                self.builder
                    .node(operator, &[&name, &b.0, &name], vec![axis]);
            }
            "Expand" => {
                let mut shape: Vec<usize> = dims.clone();
                shape.insert(0, self.dice.between(1, 3));
                let list = self.list(&shape);
                self.builder.node(operator, &[&name, &list], vec![]);
            }
            "Tile" => {
                let repeats: Vec<usize> = (0..rank).map(|_| self.dice.between(1, 2)).collect();
                let list = self.list(&repeats);
                self.builder.node(operator, &[&name, &list], vec![]);
            }
            "Pad" if self.opset >= 18 && self.dice.often() => {
                let pads = [self.dice.roll(3), self.dice.roll(3)];
                let (pads, axes) = (self.list(&pads), self.list(&[axis]));
                self.builder
                    .node(operator, &[&name, &pads, "", &axes], vec![]);
            }
            "Pad" => {
                let pads: Vec<usize> = (0..2 * rank).map(|_| self.dice.roll(3)).collect();
                let list = self.list(&pads);
                let fill = self.dice.number(kind);
                let fill = self.scalar(kind, fill);
                let given: &[&str] = match self.dice.often() {
                    true => &[&name, &list, &fill],
                    false => &[&name, &list],
                };
                self.builder.node(operator, given, vec![]);
            }
            "DepthToSpace" => {
                let mode = text("mode", self.dice.of(&["DCR", "CRD"]));
                self.builder
                    .node(operator, &[&name], vec![int("blocksize", 2), mode]);
            }
            "SpaceToDepth" => {
                self.builder
                    .node(operator, &[&name], vec![int("blocksize", 2)]);
            }
            "Trilu" => {
                let k = self.dice.between(0, 4) as i128 - 2;
                let k = self.scalar(I64, k);
                let upper = int("upper", self.dice.roll(2) as i64);
                self.builder.node(operator, &[&name, &k], vec![upper]);
            }
            "Reshape" => {
                let list = self.builder.list(&[0, -1]);
                self.builder.node(operator, &[&name, &list], vec![]);
            }
            "Squeeze" if self.dice.often() => {
                let ones: Vec<usize> = (0..rank).filter(|i| dims[*i] == 1).take(2).collect();
                let list = self.list(&ones);
                self.builder.node(operator, &[&name, &list], vec![]);
            }
            "Squeeze" => {
                self.builder.node(operator, &[&name], vec![]);
            }
            "Unsqueeze" => {
                let list = self.builder.list(&[-1, 0]);
                self.builder.node(operator, &[&name, &list], vec![]);
            }
            "Flatten" => {
                let axis = int("axis", self.dice.roll(rank + 1) as i64);
                self.builder.node(operator, &[&name], vec![axis]);
            }
            _ => self.add_constant(operator, &name, rank),
        }
    }

    fn add_constant(&mut self, operator: &str, name: &str, rank: usize) {
        let tensor_attribute = |kind, dims: &[usize], elements: &[i128]| AttributeProto {
            name: "value".into(),
            t: Some(Box::new(tensor("", kind, dims, elements))),
            r#type: 4,
            ..Default::default()
        };
        let kind = self.dice.of(ALL);
        match operator {
            "Constant" => {
                let dims = self.dice.dims(0, 3);
                let elements = self.dice.numbers(kind, dims.iter().product());
                let value = tensor_attribute(kind, &dims, &elements);
                self.builder.node(operator, &[], vec![value]);
            }
            "ConstantOfShape" => {
                let shape = self.dice.dims(1, 3);
                let list = self.list(&shape);
                let element = self.dice.number(kind);
                let value = tensor_attribute(kind, &[1], &[element]);
                self.builder.node(operator, &[&list], vec![value]);
            }
            "Range" => {
                let kind = self.dice.of(INDICES);
                let start = self.dice.roll(20) as i128 - 10;
                let step = self.dice.of(&[1, 2, 3, -1, -4]);
                let limit = start + step * self.dice.between(1, 6) as i128;
                let given = [start, limit, step].map(|n| self.scalar(kind, n));
                let given = [given[0].as_str(), &given[1], &given[2]];
                self.builder.node(operator, &given, vec![]);
            }
            "Shape" if rank > 0 && self.opset >= 15 && self.dice.often() => {
                let start = int("start", -1);
                self.builder.node(operator, &[name], vec![start]);
            }
            _ => {
                self.builder.node(operator, &[name], vec![]);
            }
        }
    }

    /// Makes outputs of the results that no node reads, then draws inputs and computes the answer.
    fn finish(mut self, name: String) -> Sample {
        if self.builder.graph.input.is_empty() {
            let unused = self.builder.input("unused", Bool, &[1]);
            let cast = self.builder.node("Identity", &[&unused], vec![]);
            self.known.push((cast, Bool, vec![1]));
        }
        let nodes = self.builder.graph.node.clone();
        let read_by_some = |name: &String| nodes.iter().any(|n| n.input.contains(name));
        let made = |name: &String| nodes.iter().any(|n| n.output.contains(name));
        let ends: Vec<Known> = self
            .last
            .iter()
            .chain(self.known.iter().rev())
            .filter(|k| made(&k.0) && !read_by_some(&k.0))
            .take(MAX_OUTPUTS)
            .cloned()
            .collect();
        for (name, kind, dims) in &ends {
            self.builder.output(name, *kind, dims);
        }
        let model = self.builder.model();
        let graph = read(&model).unwrap_or_default();
        let mut inputs = Vec::new();
        let mut given = BTreeMap::new();
        for tensor in graph.tensors.iter().filter(|t| t.is_input) {
            let elements = self.dice.numbers(tensor.kind, tensor.elements());
            inputs.extend(typed(&tensor.name, tensor.kind, &tensor.dims, &elements));
            given.insert(tensor.name.clone(), elements);
        }
        let values = run(&graph, &given, &mut Steps(1 << 24)).unwrap_or_default();
        let outputs = graph.outputs.iter().zip(&values);
        let outputs = outputs
            .filter_map(|((name, place), value)| {
                let kind = graph.tensors[*place].kind;
                typed(name, kind, &value.dims, &value.elements)
            })
            .collect();
        Sample {
            name,
            model: self.builder.bytes(),
            inputs,
            outputs,
        }
    }
}

fn typed(name: &str, kind: IntType, dims: &[usize], elements: &[i128]) -> Option<(String, Tensor)> {
    let dtype = match kind {
        Bool => DType::Bool,
        U8 => DType::Uint8,
        I8 => DType::Int8,
        I32 => DType::Int32,
        U32 => DType::Uint32,
        I64 => DType::Int64,
        U64 => DType::Uint64,
    };
    // The type holds these numbers, so wrapping them into 64 bits on the way loses nothing.
    let data = Data::from_integers(dtype, elements.iter().map(|n| *n as i64))?;
    Some((name.into(), Tensor::new(dims.to_vec(), data)?))
}
