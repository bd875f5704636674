//! Operators that compute one element from several, or look one up.

use super::{axes, axis, stretched, Call, Made, BYTES, INDICES, ORDERED, WIDE};
use crate::int_v1::{
    graph::Tensor,
    number::{IntType, Range},
    op::{Fold, Op, Window},
    ranges, MAX_TENSOR,
};

fn sum<'a>(
    op: Op,
    operands: Vec<usize>,
    kind: IntType,
    dims: Vec<usize>,
    terms: usize,
) -> Vec<Made<'a>> {
    vec![Made::Step {
        op,
        operands,
        kind,
        dims,
        terms,
    }]
}

pub fn mat_mul<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let (a, b) = (call.typed(0, WIDE)?, call.typed(1, WIDE)?);
    if a.kind != b.kind {
        let (a, b) = (a.kind, b.kind);
        return Err(format!(
            "its operands are {a} and {b}, but must be of one type"
        ));
    }
    matrix_product(call, [0, 0], a.kind)
}

pub fn mat_mul_integer<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(4)?;
    let zeros = zero_points(call)?;
    matrix_product(call, zeros, IntType::I32)
}

/// The zero points of an operator whose first two operands are bytes: the next two operands, or 0.
fn zero_points(call: &Call) -> Result<[i128; 2], String> {
    let mut zeros = [0, 0];
    for (i, zero) in zeros.iter_mut().enumerate() {
        let tensor = call.typed(i, BYTES)?;
        let Some(point) = call.optional(i + 2) else {
            continue;
        };
        let (name, kind) = (&point.name, tensor.kind);
        let one = point.constant.is_some() && point.elements() == 1 && point.dims.len() <= 1;
        if !one || point.kind != kind {
            return Err(format!(
                "its zero point `{name}` is not one constant {kind}"
            ));
        }
        *zero = call.scalar(i + 2)?.unwrap_or(0);
    }
    Ok(zeros)
}

fn matrix_product<'a>(
    call: &Call<'a, '_>,
    zeros: [i128; 2],
    kind: IntType,
) -> Result<Vec<Made<'a>>, String> {
    let (a, b) = (&call.operand(0)?.dims, &call.operand(1)?.dims);
    let (Some(terms), Some(_)) = (a.last(), b.last()) else {
        return Err("its operands must have at least one dimension".into());
    };
    let split = |dims: &[usize]| dims[..dims.len().saturating_sub(2)].to_vec();
    let mut dims = stretched(&[&split(a), &split(b)])?;
    let rows = b[b.len().saturating_sub(2)];
    if *terms != rows {
        return Err(format!(
            "it multiplies rows of {terms} by columns of {rows} elements"
        ));
    }
    if a.len() > 1 {
        dims.push(a[a.len() - 2]);
    }
    if b.len() > 1 {
        dims.push(b[b.len() - 1]);
    }
    let operands = vec![call.place(0)?, call.place(1)?];
    Ok(sum(Op::MatMul { zeros }, operands, kind, dims, *terms))
}

pub fn conv_integer<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(4)?;
    let zeros = zero_points(call)?;
    let (x, w) = (call.operand(0)?, call.operand(1)?);
    let groups = call.attributes.int("group")?.unwrap_or(1);
    let groups = usize::try_from(groups).ok().filter(|g| *g > 0);
    let groups = groups.ok_or("its group must be at least 1")?;
    if !(3..=5).contains(&x.dims.len()) || w.dims.len() != x.dims.len() {
        let (x, w) = (x.dims.len(), w.dims.len());
        return Err(format!(
            "its operands have {x} and {w} dimensions; both must have the same 3 to 5"
        ));
    }
    if w.dims.contains(&0) || x.dims.contains(&0) {
        return Err("an operand has no elements".into());
    }
    let divides = w.dims[0] % groups == 0;
    if !divides || w.dims[1].checked_mul(groups) != Some(x.dims[1]) {
        let (x, w) = (&x.dims, &w.dims);
        return Err(format!(
            "its operands {x:?} and {w:?} do not match in {groups} groups"
        ));
    }
    let kernel = w.dims[2..].to_vec();
    let given = call.attributes.ints("kernel_shape")?;
    if given.is_some_and(|given| !same(given, &kernel)) {
        return Err(format!(
            "its kernel_shape is not {kernel:?}, the shape of its weights"
        ));
    }
    let (window, after) = window(call, kernel)?;
    let mut dims = vec![x.dims[0], w.dims[0]];
    dims.extend(window.result(&x.dims[2..], &after)?);
    let terms = w.dims[1..].iter().product();
    let operands = vec![call.place(0)?, call.place(1)?];
    let op = Op::Conv {
        window,
        groups,
        zeros,
    };
    Ok(sum(op, operands, IntType::I32, dims, terms))
}

pub fn max_pool<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let x = call.typed(0, BYTES)?;
    if !(3..=5).contains(&x.dims.len()) || x.dims.contains(&0) {
        return Err("its operand must have 3 to 5 dimensions".into());
    }
    for (flag, why) in [
        (
            "ceil_mode",
            "rounds its size up (ceil_mode), which is not allowed",
        ),
        (
            "storage_order",
            "counts by columns (storage_order), which is not allowed",
        ),
    ] {
        if call.attributes.flag(flag, false)? {
            return Err(format!("it {why}"));
        }
    }
    let kernel = call
        .attributes
        .ints("kernel_shape")?
        .ok_or("it has no kernel_shape")?;
    let kernel = sizes("kernel_shape", kernel, 1)?;
    if kernel.len() + 2 != x.dims.len() {
        return Err("its kernel_shape has another number of dimensions than its operand".into());
    }
    let (window, after) = window(call, kernel)?;
    for (i, after) in after.iter().enumerate() {
        let pad = window.before[i].max(*after);
        // Otherwise a window could lie beside the operand, or step over it, and have none of its
        // cells.
        if pad >= window.kernel[i] || (pad > 0 && window.dilations[i] > x.dims[2 + i]) {
            return Err("its pads leave windows without a cell of its operand".into());
        }
    }
    let mut dims = x.dims[..2].to_vec();
    dims.extend(window.result(&x.dims[2..], &after)?);
    call.step(Op::MaxPool(window), vec![call.place(0)?], x.kind, dims)
}

fn same(given: &[i64], sizes: &[usize]) -> bool {
    given.len() == sizes.len()
        && given
            .iter()
            .zip(sizes)
            .all(|(g, s)| usize::try_from(*g) == Ok(*s))
}

/// Checks that each number is at least `least`, and small enough to calculate with.
fn sizes(what: &str, list: &[i64], least: i64) -> Result<Vec<usize>, String> {
    let numbers = list.iter().map(|n| {
        if (least..=i64::from(i32::MAX)).contains(n) {
            Ok(*n as usize)
        } else {
            Err(format!(
                "its {what} has {n}, which is not {least} to {}",
                i32::MAX
            ))
        }
    });
    numbers.collect()
}

/// Reads the window; returns it and the cells of padding behind the operand, for each axis.
fn window(call: &mut Call, kernel: Vec<usize>) -> Result<(Box<Window>, Vec<usize>), String> {
    let rank = kernel.len();
    let auto = call.attributes.string("auto_pad")?;
    if !matches!(auto, None | Some(b"NOTSET" | b"VALID")) {
        return Err("its auto_pad is neither NOTSET nor VALID; write the pads out".into());
    }
    let mut list = |name: &str, count: usize, default: usize| -> Result<Vec<usize>, String> {
        let given = match call.attributes.ints(name)? {
            None => vec![default; count],
            Some(given) => sizes(name, given, default as i64)?,
        };
        if given.len() == count {
            Ok(given)
        } else {
            Err(format!(
                "its {name} has {} numbers, not {count}",
                given.len()
            ))
        }
    };
    let strides = list("strides", rank, 1)?;
    let dilations = list("dilations", rank, 1)?;
    let mut before = list("pads", 2 * rank, 0)?;
    if auto == Some(b"VALID") && before.iter().any(|p| *p > 0) {
        return Err("its auto_pad is VALID, but it has pads".into());
    }
    let after = before.split_off(rank);
    // A convolution's cells are elements of its weights; a pool's are bounded here.
    let mut sides = kernel.iter().map(|d| *d as u64);
    let cells = sides.try_fold(1u64, u64::checked_mul);
    if cells.is_none_or(|n| n > MAX_TENSOR) {
        return Err(format!("its window has more than {MAX_TENSOR} cells"));
    }
    let window = Window {
        kernel,
        strides,
        dilations,
        before,
    };
    Ok((Box::new(window), after))
}

impl Window {
    /// How often it fits on each axis.
    fn result(&self, dims: &[usize], after: &[usize]) -> Result<Vec<usize>, String> {
        let mut result = Vec::with_capacity(dims.len());
        for (i, dim) in dims.iter().enumerate() {
            let span = (self.kernel[i] - 1).checked_mul(self.dilations[i]);
            let free = span.and_then(|s| (dim + self.before[i] + after[i]).checked_sub(s + 1));
            let free = free.ok_or("its window is larger than its padded operand")?;
            result.push(free / self.strides[i] + 1);
        }
        Ok(result)
    }
}

pub fn reduce<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let fold = match call.operator {
        "ReduceSum" => Fold::Sum,
        "ReduceMax" => Fold::Max,
        _ => Fold::Min,
    };
    let types = if fold == Fold::Sum { INDICES } else { ORDERED };
    let tensor = call.typed(0, types)?;
    let rank = tensor.dims.len();
    let keep = call.attributes.flag("keepdims", true)?;
    let lazy = call.attributes.flag("noop_with_empty_axes", false)?;
    let from_attribute = fold != Fold::Sum && call.opset < 18;
    let given = if from_attribute {
        call.at_most(1)?;
        call.attributes.ints("axes")?.map(<[i64]>::to_vec)
    } else {
        call.list(1)?
    };
    let along = match given.filter(|list| !list.is_empty()) {
        Some(list) => axes(&list, rank)?,
        None if lazy => return Err("it does nothing (noop_with_empty_axes without axes)".into()),
        None => (0..rank).collect(),
    };
    let terms = along.iter().map(|a| tensor.dims[*a]).product();
    if terms == 0 {
        return Err("it has no terms".into());
    }
    if fold == Fold::Sum {
        let range = ranges::sum(tensor.range, terms);
        let limit = match tensor.kind {
            IntType::I32 => tensor.kind.range(),
            // In a larger one ONNX Runtime loses the last bits.
            _ => Range::new(-(1 << 53), 1 << 53),
        };
        if !limit.contains(range) {
            return Err(format!(
                "its sum may be {range}, but ONNX Runtime is exact only from {limit}; bound the terms with Clip"
            ));
        }
    }
    let dims = without(&tensor.dims, &along, keep);
    let op = Op::Reduce { fold, axes: along };
    Ok(sum(op, vec![call.place(0)?], tensor.kind, dims, terms))
}

fn without(dims: &[usize], axes: &[usize], keep: bool) -> Vec<usize> {
    let all = dims.iter().enumerate();
    let kept = all.filter_map(|(i, dim)| match axes.contains(&i) {
        true => keep.then_some(1),
        false => Some(*dim),
    });
    kept.collect()
}

pub fn arg<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let tensor = call.typed(0, ORDERED)?;
    let along = axis(call.attributes.int("axis")?.unwrap_or(0), tensor.dims.len())?;
    let keep = call.attributes.flag("keepdims", true)?;
    if call.attributes.flag("select_last_index", false)? {
        return Err("its select_last_index must be 0: IntV1 takes the first of equals".into());
    }
    let terms = tensor.dims[along];
    if terms == 0 {
        return Err("it has no terms".into());
    }
    let dims = without(&tensor.dims, &[along], keep);
    let op = Op::Arg {
        greatest: call.operator == "ArgMax",
        axis: along,
    };
    Ok(sum(op, vec![call.place(0)?], IntType::I64, dims, terms))
}

/// An index that the payer sends may be out of bounds, which ONNX Runtime refuses; one that is
/// computed may not.
fn ensure_within(index: &Tensor, dimension: usize) -> Result<(), String> {
    let dimension = dimension as i128;
    let allowed = Range::new(-dimension, dimension - 1);
    if index.is_input || allowed.contains(index.range) {
        return Ok(());
    }
    let (name, range) = (&index.name, index.range);
    Err(format!(
        "its index `{name}` may be {range}, but the dimension is {dimension}; bound it with Clip"
    ))
}

pub fn gather<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let (data, index) = (call.operand(0)?, call.typed(1, INDICES)?);
    let along = axis(call.attributes.int("axis")?.unwrap_or(0), data.dims.len())?;
    ensure_within(index, data.dims[along])?;
    let dims = [&data.dims[..along], &index.dims, &data.dims[along + 1..]].concat();
    let operands = vec![call.place(0)?, call.place(1)?];
    call.step(Op::Gather { axis: along }, operands, data.kind, dims)
}

pub fn gather_elements<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let (data, index) = (call.operand(0)?, call.typed(1, INDICES)?);
    let along = axis(call.attributes.int("axis")?.unwrap_or(0), data.dims.len())?;
    ensure_within(index, data.dims[along])?;
    let fits = index.dims.len() == data.dims.len()
        && (0..data.dims.len()).all(|i| i == along || index.dims[i] <= data.dims[i]);
    if !fits {
        let (data, index) = (&data.dims, &index.dims);
        return Err(format!(
            "its index {index:?} does not match its data {data:?}"
        ));
    }
    let operands = vec![call.place(0)?, call.place(1)?];
    let dims = index.dims.clone();
    call.step(
        Op::GatherElements { axis: along },
        operands,
        data.kind,
        dims,
    )
}

pub fn one_hot<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(3)?;
    let types = &[IntType::I64][..];
    let index = call.typed(0, types)?;
    call.typed(1, types)?;
    let values = call.typed(2, types)?;
    let depth = call.scalar(1)?.unwrap_or(0);
    let depth = usize::try_from(depth).ok().filter(|d| *d > 0);
    let depth = depth.ok_or("its depth is not 1 or more")?;
    if values.dims != [2] {
        return Err("its values are not a list of two".into());
    }
    let along = call.attributes.int("axis")?.unwrap_or(-1);
    let along = axis(along, index.dims.len() + 1)?;
    let mut dims = index.dims.clone();
    dims.insert(along, depth);
    let operands = vec![call.place(0)?, call.place(2)?];
    call.step(Op::OneHot { axis: along }, operands, values.kind, dims)
}
