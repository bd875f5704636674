//! Runs an `IntV1` model element by element, slowly and plainly: to compare an engine with it, and
//! to compute constants in advance.

use super::{
    graph::Graph,
    number::IntType,
    op::{Fold, Function, Move, Op, Window},
};
use std::collections::BTreeMap;

/// Elements in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub dims: Vec<usize>,
    pub elements: Vec<i128>,
}

/// Why a value cannot be computed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalError {
    #[error("it takes more than the allowed number of steps")]
    TooLong,
    #[error("the index {index} is not within a dimension of {dimension}")]
    Index { index: i128, dimension: usize },
    #[error("the input `{0}` is missing, or has the wrong number of elements")]
    Input(String),
}

/// How many elements a run may still touch.
pub struct Steps(pub u64);

impl Steps {
    pub(super) fn take(&mut self, count: usize) -> Result<(), EvalError> {
        self.0 = self.0.checked_sub(count as u64).ok_or(EvalError::TooLong)?;
        Ok(())
    }
}

/// Runs the model on `inputs`, which has the elements of each by its name; returns the outputs in
/// the order of the graph.
pub fn run(
    graph: &Graph,
    inputs: &BTreeMap<String, Vec<i128>>,
    steps: &mut Steps,
) -> Result<Vec<Value>, EvalError> {
    let values = run_all(graph, inputs, steps)?;
    let outputs = graph.outputs.iter();
    Ok(outputs.map(|(_, tensor)| values[*tensor].clone()).collect())
}

/// Runs the model as [`run`] does, but returns every tensor of the graph.
pub(super) fn run_all(
    graph: &Graph,
    inputs: &BTreeMap<String, Vec<i128>>,
    steps: &mut Steps,
) -> Result<Vec<Value>, EvalError> {
    let mut values: Vec<Value> = Vec::with_capacity(graph.tensors.len());
    for tensor in &graph.tensors {
        let missing = || EvalError::Input(tensor.name.clone());
        steps.take(tensor.elements())?;
        let elements = match &tensor.constant {
            Some(constant) => constant.elements().collect(),
            None if tensor.is_input => {
                let given = inputs.get(&tensor.name).ok_or_else(missing)?;
                given.iter().map(|n| tensor.kind.wrap(*n)).collect()
            }
            None => Vec::new(),
        };
        if (tensor.is_input || tensor.constant.is_some()) && elements.len() != tensor.elements() {
            return Err(missing());
        }
        values.push(Value {
            dims: tensor.dims.clone(),
            elements,
        });
    }
    for step in &graph.steps {
        let operands: Vec<&Value> = step.operands.iter().map(|t| &values[*t]).collect();
        let result = &graph.tensors[step.result];
        let elements = evaluate(&step.op, &operands, result.kind, &result.dims, steps)?;
        values[step.result].elements = elements;
    }
    Ok(values)
}

/// Computes the elements of one result. The operands must fit the operator, which reading the graph
/// checks.
pub(super) fn evaluate(
    op: &Op,
    operands: &[&Value],
    kind: IntType,
    dims: &[usize],
    steps: &mut Steps,
) -> Result<Vec<i128>, EvalError> {
    let count: usize = dims.iter().product();
    // Other kinds read one operand for an element, or count what they read below.
    let reads = match op {
        Op::Map(_) | Op::Move(Move::Concat { .. }) => operands.len(),
        _ => 1,
    };
    steps.take(count.saturating_mul(reads))?;
    let mut elements = Vec::with_capacity(count);
    let mut place = vec![0; dims.len()];
    for i in 0..count {
        let element = match op {
            Op::Map(function) => {
                let terms: Vec<i128> = operands.iter().map(|o| o.stretched(&place)).collect();
                function.apply(&terms, kind)
            }
            Op::MatMul { zeros } => matrix_element(operands, &place, *zeros, steps)?,
            Op::Conv {
                window,
                groups,
                zeros,
            } => conv_element(operands, &place, window, *groups, *zeros, steps)?,
            Op::MaxPool(window) => {
                let mut greatest = None;
                steps.take(window.kernel.iter().product())?;
                window.each(&place[2..], &operands[0].dims[2..], |_, spot| {
                    let found = operands[0].at(&[&place[..2], spot].concat());
                    greatest = greatest.max(Some(found));
                });
                greatest.unwrap_or(0)
            }
            Op::Reduce { fold, axes } => reduced(*fold, operands[0], axes, i, steps)?,
            Op::Arg { greatest, axis } => {
                let along = operands[0].along(*axis, i);
                steps.take(operands[0].dims[*axis])?;
                let better = |a: i128, b: i128| if *greatest { a > b } else { a < b };
                let mut best = (0, None);
                for (at, n) in along.enumerate() {
                    if best.1.is_none_or(|b| better(n, b)) {
                        best = (at, Some(n));
                    }
                }
                best.0 as i128
            }
            Op::Gather { axis } => {
                let rank = operands[1].dims.len();
                let index = operands[1].at(&place[*axis..*axis + rank]);
                let at = within(index, operands[0].dims[*axis])?;
                operands[0].at(&[&place[..*axis], &[at], &place[*axis + rank..]].concat())
            }
            Op::GatherElements { axis } => {
                let index = operands[1].at(&place);
                let mut spot = place.clone();
                spot[*axis] = within(index, operands[0].dims[*axis])?;
                operands[0].at(&spot)
            }
            Op::OneHot { axis } => {
                let mut outer = place.clone();
                let at = outer.remove(*axis);
                let index = operands[0].at(&outer);
                let on = within(index, dims[*axis]) == Ok(at);
                operands[1].elements[usize::from(on)]
            }
            Op::Move(step) => step.element(operands, &place, i),
        };
        elements.push(kind.wrap(element));
        advance(&mut place, dims);
    }
    Ok(elements)
}

/// Moves to the next place in row-major order; from the last one to the first.
fn advance(place: &mut [usize], dims: &[usize]) {
    for (at, dim) in place.iter_mut().zip(dims).rev() {
        *at += 1;
        if *at < *dim {
            return;
        }
        *at = 0;
    }
}

/// Resolves an index, which counts from the end if it is negative.
fn within(index: i128, dimension: usize) -> Result<usize, EvalError> {
    let from_front = if index < 0 {
        index + dimension as i128
    } else {
        index
    };
    usize::try_from(from_front)
        .ok()
        .filter(|i| *i < dimension)
        .ok_or(EvalError::Index { index, dimension })
}

impl Value {
    fn flat(&self, place: &[usize]) -> usize {
        let dims = self.dims.iter().zip(place);
        dims.fold(0, |flat, (dim, at)| flat * dim + at)
    }

    fn at(&self, place: &[usize]) -> i128 {
        self.elements[self.flat(place)]
    }

    /// The element at a place of a shape that this one is stretched to.
    fn stretched(&self, place: &[usize]) -> i128 {
        let place = &place[place.len() - self.dims.len()..];
        let dims = self.dims.iter().zip(place);
        let flat = dims.fold(0, |flat, (dim, at)| {
            flat * dim + if *dim == 1 { 0 } else { *at }
        });
        self.elements[flat]
    }

    /// The elements along the axis that belong to element `i` of a result without the axis.
    fn along(&self, axis: usize, i: usize) -> impl Iterator<Item = i128> + '_ {
        let inner: usize = self.dims[axis + 1..].iter().product();
        let first = i / inner * inner * self.dims[axis] + i % inner;
        (0..self.dims[axis]).map(move |at| self.elements[first + at * inner])
    }
}

fn reduced(
    fold: Fold,
    operand: &Value,
    axes: &[usize],
    i: usize,
    steps: &mut Steps,
) -> Result<i128, EvalError> {
    // The place of element i in all dimensions but the axes.
    let mut place = vec![0; operand.dims.len()];
    let mut rest = i;
    for (axis, dim) in operand.dims.iter().enumerate().rev() {
        if !axes.contains(&axis) {
            place[axis] = rest % dim;
            rest /= dim;
        }
    }
    let inner: Vec<usize> = axes.iter().map(|a| operand.dims[*a]).collect();
    let terms: usize = inner.iter().product();
    steps.take(terms)?;
    let mut spot = vec![0; inner.len()];
    let mut result: Option<i128> = None;
    for _ in 0..terms {
        for (axis, at) in axes.iter().zip(&spot) {
            place[*axis] = *at;
        }
        let term = operand.at(&place);
        result = Some(match (result, fold) {
            (None, _) => term,
            (Some(sum), Fold::Sum) => sum.wrapping_add(term),
            (Some(most), Fold::Max) => most.max(term),
            (Some(least), Fold::Min) => least.min(term),
        });
        advance(&mut spot, &inner);
    }
    Ok(result.unwrap_or(0))
}

/// One element of a matrix product. A vector counts as a matrix: on the left as a row, on the right
/// as a column.
fn matrix_element(
    operands: &[&Value],
    place: &[usize],
    zeros: [i128; 2],
    steps: &mut Steps,
) -> Result<i128, EvalError> {
    let (a, b) = (operands[0], operands[1]);
    let (row, column) = (a.dims.len() > 1, b.dims.len() > 1);
    let outer = place.len() - usize::from(row) - usize::from(column);
    let inner = a.dims[a.dims.len() - 1];
    steps.take(inner)?;
    let mut at_a = place[..outer + usize::from(row)].to_vec();
    at_a.push(0);
    let mut at_b = place[..outer].to_vec();
    at_b.push(0);
    let last = at_b.len() - 1;
    if column {
        at_b.push(place[place.len() - 1]);
    }
    let mut sum = 0i128;
    for k in 0..inner {
        at_a[outer + usize::from(row)] = k;
        at_b[last] = k;
        // An operand may lack outer dimensions in front; `stretched` skips them.
        let term = (a.stretched(&at_a) - zeros[0]).wrapping_mul(b.stretched(&at_b) - zeros[1]);
        sum = sum.wrapping_add(term);
    }
    Ok(sum)
}

fn conv_element(
    operands: &[&Value],
    place: &[usize],
    window: &Window,
    groups: usize,
    zeros: [i128; 2],
    steps: &mut Steps,
) -> Result<i128, EvalError> {
    let (x, w) = (operands[0], operands[1]);
    let channels = w.dims[1];
    let group = place[1] / (w.dims[0] / groups);
    let mut sum = 0i128;
    for channel in 0..channels {
        steps.take(window.kernel.iter().product())?;
        window.each(&place[2..], &x.dims[2..], |tap, spot| {
            let pixel = x.at(&[&[place[0], group * channels + channel], spot].concat());
            let weight = w.at(&[&[place[1], channel], tap].concat());
            sum = sum.wrapping_add((pixel - zeros[0]) * (weight - zeros[1]));
        });
    }
    Ok(sum)
}

impl Window {
    /// Calls `found` with each cell of the window (its place in the kernel, its place in the
    /// operand) that lies within the operand.
    fn each(&self, place: &[usize], dims: &[usize], mut found: impl FnMut(&[usize], &[usize])) {
        let mut tap = vec![0; self.kernel.len()];
        for _ in 0..self.kernel.iter().product() {
            let spot: Option<Vec<usize>> = (0..tap.len())
                .map(|i| {
                    let at = place[i] * self.strides[i] + tap[i] * self.dilations[i];
                    at.checked_sub(self.before[i]).filter(|at| *at < dims[i])
                })
                .collect();
            if let Some(spot) = spot {
                found(&tap, &spot);
            }
            advance(&mut tap, &self.kernel);
        }
    }
}

impl Move {
    fn element(&self, operands: &[&Value], place: &[usize], flat: usize) -> i128 {
        let operand = operands[0];
        match self {
            Self::Reshape => operand.elements[flat],
            Self::Transpose(axes) => {
                let mut spot = vec![0; place.len()];
                for (axis, at) in axes.iter().zip(place) {
                    spot[*axis] = *at;
                }
                operand.at(&spot)
            }
            Self::Slice { starts, steps } => {
                let axes = place.iter().zip(starts).zip(steps);
                let spot: Vec<usize> = axes
                    .map(|((at, start), step)| (start + *at as i64 * step) as usize)
                    .collect();
                operand.at(&spot)
            }
            Self::Concat { axis } => {
                let mut spot = place.to_vec();
                for operand in operands {
                    if spot[*axis] < operand.dims[*axis] {
                        return operand.at(&spot);
                    }
                    spot[*axis] -= operand.dims[*axis];
                }
                0
            }
            Self::Expand => operand.stretched(place),
            Self::Tile => {
                let dims = place.iter().zip(&operand.dims);
                let spot: Vec<usize> = dims.map(|(at, dim)| at % dim).collect();
                operand.at(&spot)
            }
            Self::Pad { before, fill } => {
                let axes = place.iter().zip(before).zip(&operand.dims);
                let spot: Option<Vec<usize>> = axes
                    .map(|((at, before), dim)| at.checked_sub(*before).filter(|at| at < dim))
                    .collect();
                spot.map_or(*fill, |spot| operand.at(&spot))
            }
            Self::DepthToSpace {
                block,
                columns_first,
            } => {
                let (n, c, h, w) = (place[0], place[1], place[2], place[3]);
                let inside = h % block * block + w % block;
                let depth = operand.dims[1] / (block * block);
                let channel = if *columns_first {
                    c * block * block + inside
                } else {
                    inside * depth + c
                };
                operand.at(&[n, channel, h / block, w / block])
            }
            Self::SpaceToDepth { block } => {
                let (n, c, h, w) = (place[0], place[1], place[2], place[3]);
                let (inside, channel) = (c / operand.dims[1], c % operand.dims[1]);
                operand.at(&[
                    n,
                    channel,
                    h * block + inside / block,
                    w * block + inside % block,
                ])
            }
            Self::Trilu { upper, k } => {
                let (row, column) = (place[place.len() - 2], place[place.len() - 1]);
                let distance = (column as i64 - row as i64).saturating_sub(*k);
                if distance == 0 || (distance > 0) == *upper {
                    operand.at(place)
                } else {
                    0
                }
            }
        }
    }
}

impl Function {
    /// `terms` has one number for each operand. Cases that no accepted model reaches give 0.
    pub(super) fn apply(self, terms: &[i128], kind: IntType) -> i128 {
        let first = terms[0];
        let second = terms.get(1).copied().unwrap_or(0);
        let third = terms.get(2).copied().unwrap_or(0);
        let shift = u32::try_from(second).ok().filter(|s| *s < kind.bits());
        match self {
            Self::Add => first + second,
            Self::Sub => first - second,
            Self::Mul => first.wrapping_mul(second),
            Self::Div if second <= 0 => 0,
            Self::Div => first / second,
            Self::Mod if second <= 0 => 0,
            Self::Mod => first.rem_euclid(second),
            Self::Max => terms.iter().copied().fold(first, i128::max),
            Self::Min => terms.iter().copied().fold(first, i128::min),
            Self::Clip => first.max(second).min(third),
            Self::And => first & second,
            Self::Or => first | second,
            Self::Xor => first ^ second,
            Self::ShiftLeft => shift.map_or(0, |s| first << s),
            Self::ShiftRight => shift.map_or(0, |s| first >> s),
            Self::Equal => i128::from(first == second),
            Self::Less => i128::from(first < second),
            Self::LessOrEqual => i128::from(first <= second),
            Self::Greater => i128::from(first > second),
            Self::GreaterOrEqual => i128::from(first >= second),
            Self::Where if first != 0 => second,
            Self::Where => third,
            Self::Abs => first.abs(),
            Self::Neg => -first,
            Self::Sign => first.signum(),
            Self::Not => 1 - first,
            Self::BitNot => !first,
            Self::Relu => first.max(0),
            Self::Cast => first,
        }
    }
}
