//! The operators of `IntV1`: the types, attributes and conditions of each, and the step that it
//! becomes.
//!
//! The types are those for which ONNX Runtime 1.31 has a kernel. Everything else is refused.

mod elementwise;
mod moves;
mod sums;

use super::{
    attributes::Attributes,
    constant::Constant,
    graph::Tensor,
    number::IntType::{self, *},
    op::Op,
};
use crate::onnx::NodeProto;

const ALL: &[IntType] = &[Bool, U8, I8, I32, U32, I64, U64];
const NUMBERS: &[IntType] = &[U8, I8, I32, U32, I64, U64];
const BYTES: &[IntType] = &[U8, I8];
const WIDE: &[IntType] = &[I32, U32, I64, U64];
const SIGNED: &[IntType] = &[I8, I32, I64];
const ORDERED: &[IntType] = &[U8, I8, I32, I64];
const INDICES: &[IntType] = &[I32, I64];

/// Most elements of a constant that describes a shape.
const MAX_LIST: usize = 1_024;

/// A node's result.
pub enum Made<'a> {
    Constant {
        kind: IntType,
        dims: Vec<usize>,
        constant: Constant<'a>,
    },
    Step {
        op: Op,
        operands: Vec<usize>,
        kind: IntType,
        dims: Vec<usize>,
        /// How many terms one element of a sum has, or how many places an Arg may give; else 1.
        terms: usize,
    },
}

/// A node whose operands have been found.
pub struct Call<'a, 'g> {
    pub operator: &'a str,
    pub opset: i64,
    /// Places in `tensors`; `None` for one that is left out.
    pub operands: Vec<Option<usize>>,
    pub results: usize,
    pub tensors: &'g [Tensor<'a>],
    /// Most elements of a constant that is computed here.
    pub room: usize,
    pub attributes: Attributes<'a>,
}

/// Checks a node and turns it into its results.
type Resolve = for<'a> fn(&mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String>;

/// From which version of ONNX's operators on this one takes whole numbers, and how it is resolved;
/// `None` for an operator that `IntV1` does not have.
fn table(operator: &str) -> Option<(i64, Resolve)> {
    let resolve: Resolve = match operator {
        "BitwiseAnd" | "BitwiseOr" | "BitwiseXor" | "BitwiseNot" => {
            return Some((18, elementwise::map))
        }
        "Relu" => return Some((14, elementwise::map)),
        "Add" | "Sub" | "Mul" | "Div" | "Mod" | "Max" | "Min" | "And" | "Or" | "Xor"
        | "BitShift" | "Equal" | "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual"
        | "Where" | "Abs" | "Neg" | "Sign" | "Not" => elementwise::map,
        "Clip" => elementwise::clip,
        "Cast" => elementwise::cast,
        "CastLike" => return Some((15, elementwise::cast_like)),
        "MatMul" => sums::mat_mul,
        "MatMulInteger" => sums::mat_mul_integer,
        "ConvInteger" => sums::conv_integer,
        "MaxPool" => sums::max_pool,
        "ReduceSum" | "ReduceMax" | "ReduceMin" => sums::reduce,
        "ArgMax" | "ArgMin" => sums::arg,
        "Gather" => sums::gather,
        "GatherElements" => sums::gather_elements,
        "OneHot" => sums::one_hot,
        "Identity" | "Flatten" | "Squeeze" | "Unsqueeze" | "Reshape" => moves::reshape,
        "Transpose" => moves::transpose,
        "Slice" => moves::slice,
        "Split" => moves::split,
        "Concat" => moves::concat,
        "Expand" => moves::expand,
        "Tile" => moves::tile,
        "Pad" => moves::pad,
        "DepthToSpace" => moves::depth_to_space,
        "SpaceToDepth" => moves::space_to_depth,
        "Trilu" => return Some((14, moves::trilu)),
        "Constant" => moves::constant,
        "ConstantOfShape" => moves::constant_of_shape,
        "Shape" | "Size" => moves::shape,
        "Range" => moves::range,
        _ => return None,
    };
    Some((13, resolve))
}

/// Refuses an operator that `IntV1` does not have, whatever its operands.
pub fn known(node: &NodeProto) -> Result<(), String> {
    let (domain, operator) = (&node.domain, &node.op_type);
    if !matches!(domain.as_str(), "" | "ai.onnx") {
        return Err(format!(
            "the operator {domain}.{operator} is not ONNX's own, and IntV1 allows no others"
        ));
    }
    if table(operator).is_some() {
        return Ok(());
    }
    let why = match operator.as_str() {
        "QLinearConv" | "QLinearMatMul" => {
            "it rescales by floats, which machines round differently"
        }
        "QuantizeLinear" | "DequantizeLinear" | "DynamicQuantizeLinear" => "it works with floats",
        "If" | "Loop" | "Scan" => "it has graphs of its own",
        "TopK" | "NonZero" | "Unique" | "Compress" => {
            "its shape may depend on the input, or its order on the machine"
        }
        "ReduceProd" => "it does not wrap where a product is too large",
        _ => "it is not known to give the same bits everywhere",
    };
    Err(format!("the operator {operator} is refused: {why}"))
}

/// Turns the node into its results. The error is a sentence without the node's name.
pub fn resolve<'a>(mut call: Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    let Some((since, resolve)) = table(call.operator) else {
        return Err("its operator is not known".into());
    };
    if call.opset < since {
        let opset = call.opset;
        return Err(format!(
            "it takes whole numbers from version {since} of the operators on, but the model has {opset}"
        ));
    }
    let made = resolve(&mut call)?;
    call.attributes.all_were_taken()?;
    if made.len() < call.results {
        let (can, asked) = (made.len(), call.results);
        return Err(format!("it has {asked} results, more than {can}"));
    }
    Ok(made)
}

impl<'a, 'g> Call<'a, 'g> {
    fn optional(&self, i: usize) -> Option<&'g Tensor<'a>> {
        let place = self.operands.get(i).copied().flatten()?;
        Some(&self.tensors[place])
    }

    fn operand(&self, i: usize) -> Result<&'g Tensor<'a>, String> {
        self.optional(i)
            .ok_or_else(|| format!("its operand {} is missing", i + 1))
    }

    fn place(&self, i: usize) -> Result<usize, String> {
        let place = self.operands.get(i).copied().flatten();
        place.ok_or_else(|| format!("its operand {} is missing", i + 1))
    }

    fn at_most(&self, operands: usize) -> Result<(), String> {
        let given = self.operands.len();
        if given <= operands {
            Ok(())
        } else {
            Err(format!("it has {given} operands, more than {operands}"))
        }
    }

    /// The operand, which must be of one of these types.
    fn typed(&self, i: usize, types: &[IntType]) -> Result<&'g Tensor<'a>, String> {
        let tensor = self.operand(i)?;
        if types.contains(&tensor.kind) {
            return Ok(tensor);
        }
        let (name, kind) = (&tensor.name, tensor.kind);
        let types: Vec<String> = types.iter().map(|t| t.to_string()).collect();
        let types = types.join(", ");
        Err(format!(
            "its operand `{name}` is {kind}, but it takes {types}"
        ))
    }

    /// Elements of an operand that must be a short constant; `None` if it is left out.
    fn constant(&self, i: usize) -> Result<Option<Vec<i128>>, String> {
        let Some(tensor) = self.optional(i) else {
            return Ok(None);
        };
        let name = &tensor.name;
        match &tensor.constant {
            Some(constant) if tensor.elements() <= MAX_LIST => {
                Ok(Some(constant.elements().collect()))
            }
            Some(_) => Err(format!("`{name}` has more than {MAX_LIST} elements")),
            None => Err(format!("`{name}` must be a constant")),
        }
    }

    /// The same for an operand of int64 or int32, whose numbers describe a shape.
    fn list(&self, i: usize) -> Result<Option<Vec<i64>>, String> {
        if self.optional(i).is_none() {
            return Ok(None);
        }
        self.typed(i, INDICES)?;
        let elements = self.constant(i)?.unwrap_or_default();
        let narrow = elements.into_iter().map(i64::try_from);
        narrow
            .collect::<Result<_, _>>()
            .map(Some)
            .map_err(|e| e.to_string())
    }

    /// The element of an operand that must be a constant with one; `None` if it is left out.
    fn scalar(&self, i: usize) -> Result<Option<i128>, String> {
        match self.constant(i)?.as_deref() {
            None => Ok(None),
            Some([one]) => Ok(Some(*one)),
            Some(more) => Err(format!(
                "its operand {} has {} elements, not one",
                i + 1,
                more.len()
            )),
        }
    }

    /// The only result of a node: a step on these operands.
    fn step(
        &self,
        op: Op,
        operands: Vec<usize>,
        kind: IntType,
        dims: Vec<usize>,
    ) -> Result<Vec<Made<'a>>, String> {
        Ok(vec![Made::Step {
            op,
            operands,
            kind,
            dims,
            terms: 1,
        }])
    }
}

/// Counts an axis from the front.
fn axis(axis: i64, rank: usize) -> Result<usize, String> {
    let count = rank as i64;
    let from_front = if axis < 0 {
        axis.saturating_add(count)
    } else {
        axis
    };
    if (0..count).contains(&from_front) {
        Ok(from_front as usize)
    } else {
        Err(format!("there is no axis {axis} in {rank} dimensions"))
    }
}

/// Counts axes from the front; refuses one that is named twice.
fn axes(list: &[i64], rank: usize) -> Result<Vec<usize>, String> {
    let mut found = Vec::with_capacity(list.len());
    for given in list {
        let one = axis(*given, rank)?;
        if found.contains(&one) {
            return Err(format!("the axis {given} is named twice"));
        }
        found.push(one);
    }
    Ok(found)
}

/// The shape to which all of these are stretched.
fn stretched(shapes: &[&[usize]]) -> Result<Vec<usize>, String> {
    let rank = shapes.iter().map(|s| s.len()).max().unwrap_or(0);
    let mut dims = vec![1; rank];
    for shape in shapes {
        for (dim, given) in dims.iter_mut().rev().zip(shape.iter().rev()) {
            match (*dim, *given) {
                (a, b) if a == b || b == 1 => {}
                (1, b) => *dim = b,
                (a, b) => {
                    return Err(format!(
                        "its operands have dimensions {a} and {b}, neither equal nor 1"
                    ))
                }
            }
        }
    }
    Ok(dims)
}
