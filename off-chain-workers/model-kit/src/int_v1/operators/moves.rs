//! Operators that move elements without changing them, and those that give constants.

use super::{axes, axis, stretched, Call, Made, BYTES, INDICES};
use crate::int_v1::{
    constant::{self, Constant},
    ensure_rank,
    graph::{MAX_FOLDED, MAX_KNOWN},
    number::IntType,
    op::{Move, Op},
};

/// A step that moves the elements of the first operand.
fn moved<'a>(call: &Call<'a, '_>, step: Move, dims: Vec<usize>) -> Result<Vec<Made<'a>>, String> {
    let kind = call.operand(0)?.kind;
    call.step(Op::Move(step), vec![call.place(0)?], kind, dims)
}

/// Identity, Flatten, Squeeze, Unsqueeze, Reshape: another shape for the same elements.
pub fn reshape<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    let tensor = call.operand(0)?;
    let (dims, rank) = (&tensor.dims, tensor.dims.len());
    let asked = |i: usize| -> Result<Vec<i64>, String> {
        call.list(i)?
            .ok_or_else(|| format!("its operand {} is missing", i + 1))
    };
    call.at_most(2)?;
    // Before the list is looked at more closely, because it may be long.
    let ensure_rank = |rank| ensure_rank(rank).map_err(|why| format!("its result {why}"));
    let dims: Vec<usize> = match call.operator {
        "Identity" => {
            call.at_most(1)?;
            dims.clone()
        }
        "Flatten" => {
            call.at_most(1)?;
            let at = call.attributes.int("axis")?.unwrap_or(1);
            // One past the last axis is allowed.
            let at = if at == rank as i64 {
                rank
            } else {
                axis(at, rank)?
            };
            vec![dims[..at].iter().product(), dims[at..].iter().product()]
        }
        "Squeeze" => {
            let away = match call.list(1)? {
                // Engines differ on whether no axes mean none or all.
                Some(list) if list.is_empty() => return Err("its list of axes is empty".into()),
                Some(list) => axes(&list, rank)?,
                None => (0..rank).filter(|i| dims[*i] == 1).collect(),
            };
            if away.iter().any(|i| dims[*i] != 1) {
                return Err("it removes a dimension that is not 1".into());
            }
            let left = (0..rank).filter(|i| !away.contains(i));
            left.map(|i| dims[i]).collect()
        }
        "Unsqueeze" => {
            let list = asked(1)?;
            ensure_rank(rank + list.len())?;
            let added = axes(&list, rank + list.len())?;
            let mut old = dims.iter().copied();
            (0..rank + list.len())
                .map(|i| {
                    if added.contains(&i) {
                        1
                    } else {
                        old.next().unwrap_or(1)
                    }
                })
                .collect()
        }
        _ => {
            let list = asked(1)?;
            ensure_rank(list.len())?;
            // Before version 14 a 0 always keeps the dimension.
            let literal = call.opset >= 14 && call.attributes.flag("allowzero", false)?;
            reshaped(dims, &list, literal)?
        }
    };
    let (before, after) = (tensor.elements(), dims.iter().product::<usize>());
    if before != after {
        return Err(format!("{before} elements do not fill the shape {dims:?}"));
    }
    moved(call, Move::Reshape, dims)
}

fn reshaped(dims: &[usize], list: &[i64], literal: bool) -> Result<Vec<usize>, String> {
    let mut result = Vec::with_capacity(list.len());
    let mut free = None;
    for (i, asked) in list.iter().enumerate() {
        result.push(match *asked {
            0 if !literal => *dims
                .get(i)
                .ok_or("it keeps a dimension that its operand does not have")?,
            -1 if free.is_none() => {
                free = Some(i);
                1
            }
            n => usize::try_from(n)
                .ok()
                .filter(|n| *n as u64 <= super::super::MAX_TENSOR)
                .ok_or_else(|| format!("its shape has the dimension {n}"))?,
        });
    }
    let product = |dims: &[usize]| dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    let rest = product(&result).ok_or("its shape is too large")?;
    if let Some(i) = free {
        let all = product(dims).unwrap_or(0);
        if rest == 0 || all % rest != 0 {
            return Err(format!("{all} elements are not divisible by {rest}"));
        }
        result[i] = all / rest;
    }
    Ok(result)
}

pub fn transpose<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let dims = &call.operand(0)?.dims;
    let order = match call.attributes.ints("perm")? {
        Some(list) => axes(list, dims.len())?,
        None => (0..dims.len()).rev().collect(),
    };
    if order.len() != dims.len() {
        return Err("its perm does not name every axis".into());
    }
    let result = order.iter().map(|a| dims[*a]).collect();
    moved(call, Move::Transpose(order), result)
}

pub fn slice<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(5)?;
    let dims = &call.operand(0)?.dims;
    let from = call.list(1)?.ok_or("its starts are missing")?;
    let to = call.list(2)?.ok_or("its ends are missing")?;
    let along = match call.list(3)? {
        Some(list) => axes(&list, dims.len())?,
        None if from.len() <= dims.len() => (0..from.len()).collect(),
        None => return Err("it has more starts than there are axes".into()),
    };
    let by = call.list(4)?.unwrap_or_else(|| vec![1; from.len()]);
    if [to.len(), along.len(), by.len()] != [from.len(); 3] {
        return Err("its starts, ends, axes and steps differ in number".into());
    }
    let mut starts = vec![0; dims.len()];
    let mut steps = vec![1; dims.len()];
    let mut result = dims.clone();
    for (i, at) in along.iter().enumerate() {
        let dim = dims[*at] as i64;
        let step = by[i];
        let place = |n: i64| if n < 0 { n.saturating_add(dim) } else { n };
        let (start, count) = match step {
            0 => return Err("it has a step of 0".into()),
            1.. => {
                let start = place(from[i]).clamp(0, dim);
                (start, place(to[i]).clamp(0, dim) - start)
            }
            _ => {
                let start = place(from[i]).clamp(0, (dim - 1).max(0));
                (start, start - place(to[i]).clamp(-1, (dim - 1).max(-1)))
            }
        };
        let width = i64::try_from(step.unsigned_abs()).unwrap_or(i64::MAX);
        starts[*at] = start;
        steps[*at] = step;
        // Rounded up, because the first place counts.
        result[*at] = if count <= 0 || dim == 0 {
            0
        } else {
            ((count - 1) / width + 1) as usize
        };
    }
    moved(call, Move::Slice { starts, steps }, result)
}

pub fn split<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let tensor = call.operand(0)?;
    let along = axis(call.attributes.int("axis")?.unwrap_or(0), tensor.dims.len())?;
    let dim = tensor.dims[along];
    let number = match call.opset {
        18.. => call.attributes.int("num_outputs")?,
        _ => None,
    };
    let parts = match (call.list(1)?, number) {
        (Some(list), None) => {
            let parts = list.iter().map(|n| usize::try_from(*n));
            parts
                .collect::<Result<Vec<_>, _>>()
                .map_err(|e| e.to_string())?
        }
        (None, None) if call.opset >= 18 => {
            return Err("it has neither parts nor their number".into())
        }
        (None, _) => {
            let count = call.results.max(1);
            let equal = dim.div_ceil(count);
            let as_said = number.is_none_or(|n| n == count as i64);
            let last = dim
                .checked_sub(equal.saturating_mul(count - 1))
                .filter(|n| *n > 0);
            // Only versions from 18 on allow a smaller last part.
            match last.filter(|n| as_said && (call.opset >= 18 || *n == equal)) {
                Some(last) => [vec![equal; count - 1], vec![last]].concat(),
                None => return Err(format!("{dim} does not split into {count} parts")),
            }
        }
        (Some(_), Some(_)) => return Err("it has both parts and their number".into()),
    };
    if parts.len() != call.results {
        let (parts, results) = (parts.len(), call.results);
        return Err(format!("it has {parts} parts, but {results} results"));
    }
    let total = parts.iter().try_fold(0usize, |n, p| n.checked_add(*p));
    if total != Some(dim) {
        return Err(format!("its parts do not add up to {dim}"));
    }
    let place = call.place(0)?;
    let mut first = 0;
    let made = parts.iter().map(|part| {
        let mut starts = vec![0; tensor.dims.len()];
        let mut dims = tensor.dims.clone();
        starts[along] = first as i64;
        dims[along] = *part;
        first += part;
        let steps = vec![1; starts.len()];
        Made::Step {
            op: Op::Move(Move::Slice { starts, steps }),
            operands: vec![place],
            kind: tensor.kind,
            dims,
            terms: 1,
        }
    });
    Ok(made.collect())
}

pub fn concat<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    let first = call.operand(0)?;
    let along = call.attributes.int("axis")?.ok_or("it has no axis")?;
    let along = axis(along, first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[along] = 0;
    let mut operands = Vec::with_capacity(call.operands.len());
    for i in 0..call.operands.len() {
        let tensor = call.typed(i, &[first.kind])?;
        let fits = tensor.dims.len() == dims.len()
            && (0..dims.len()).all(|i| i == along || tensor.dims[i] == dims[i]);
        if !fits {
            let (name, other) = (&tensor.name, &tensor.dims);
            return Err(format!(
                "`{name}` of shape {other:?} does not match the others"
            ));
        }
        dims[along] = dims[along].saturating_add(tensor.dims[along]);
        operands.push(call.place(i)?);
    }
    call.step(
        Op::Move(Move::Concat { axis: along }),
        operands,
        first.kind,
        dims,
    )
}

/// Checks a shape that a constant states: every dimension must be at least 1.
fn dimensions(list: &[i64]) -> Result<Vec<usize>, String> {
    let dims = list.iter().map(|n| match usize::try_from(*n) {
        Ok(n) if n > 0 => Ok(n),
        _ => Err(format!("its shape has the dimension {n}")),
    });
    dims.collect()
}

pub fn expand<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let asked = dimensions(&call.list(1)?.ok_or("its shape is missing")?)?;
    let dims = stretched(&[&call.operand(0)?.dims, &asked])?;
    moved(call, Move::Expand, dims)
}

pub fn tile<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let repeats = dimensions(&call.list(1)?.ok_or("its repeats are missing")?)?;
    let dims = &call.operand(0)?.dims;
    if repeats.len() != dims.len() {
        return Err("its repeats are not one for each axis".into());
    }
    let result = dims.iter().zip(&repeats).map(|(d, r)| d.saturating_mul(*r));
    let result = result.collect();
    moved(call, Move::Tile, result)
}

pub fn pad<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(if call.opset < 18 { 3 } else { 4 })?;
    if !matches!(call.attributes.string("mode")?, None | Some(b"constant")) {
        return Err("its mode is not `constant`".into());
    }
    let tensor = call.operand(0)?;
    let rank = tensor.dims.len();
    let pads = call.list(1)?.ok_or("its pads are missing")?;
    let along = match call.list(3)? {
        Some(list) => axes(&list, rank)?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * along.len() {
        return Err("its pads are not two for each axis".into());
    }
    let fill = match call.optional(2) {
        None => 0,
        Some(value) if value.kind == tensor.kind => call.scalar(2)?.unwrap_or(0),
        Some(value) => return Err(format!("it pads {} with {}", tensor.kind, value.kind)),
    };
    let mut before = vec![0; rank];
    let mut dims = tensor.dims.clone();
    for (i, at) in along.iter().enumerate() {
        let size =
            |n: i64| usize::try_from(n).map_err(|_| format!("it has a pad of {n}; cut with Slice"));
        before[*at] = size(pads[i])?;
        let all = before[*at].saturating_add(size(pads[along.len() + i])?);
        dims[*at] = dims[*at].saturating_add(all);
    }
    moved(call, Move::Pad { before, fill }, dims)
}

/// The side of a block, and the operand's four dimensions.
fn block(call: &mut Call) -> Result<(usize, [usize; 4]), String> {
    call.at_most(1)?;
    let dims = &call.typed(0, BYTES)?.dims;
    let side = call.attributes.int("blocksize")?.unwrap_or(0);
    let side = usize::try_from(side)
        .ok()
        .filter(|b| (1..=1 << 15).contains(b));
    let side = side.ok_or("its blocksize is not 1 to 32768")?;
    let dims = <[usize; 4]>::try_from(dims.as_slice());
    Ok((
        side,
        dims.map_err(|_| "its operand does not have four dimensions")?,
    ))
}

pub fn depth_to_space<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    let (block, [n, c, h, w]) = block(call)?;
    let columns_first = match call.attributes.string("mode")? {
        None | Some(b"DCR") => false,
        Some(b"CRD") => true,
        Some(_) => return Err("its mode is neither DCR nor CRD".into()),
    };
    if c % (block * block) != 0 {
        return Err(format!("{c} channels do not divide into blocks of {block}"));
    }
    let dims = vec![
        n,
        c / (block * block),
        h.saturating_mul(block),
        w.saturating_mul(block),
    ];
    let step = Move::DepthToSpace {
        block,
        columns_first,
    };
    moved(call, step, dims)
}

pub fn space_to_depth<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    let (block, [n, c, h, w]) = block(call)?;
    if h % block != 0 || w % block != 0 {
        return Err(format!("{h} × {w} does not divide into blocks of {block}"));
    }
    let dims = vec![n, c.saturating_mul(block * block), h / block, w / block];
    moved(call, Move::SpaceToDepth { block }, dims)
}

pub fn trilu<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    let tensor = call.typed(0, &[IntType::Bool, IntType::I32, IntType::I64])?;
    if tensor.dims.len() < 2 {
        return Err("its operand has fewer than two dimensions".into());
    }
    let k = call.scalar(1)?.unwrap_or(0);
    let k = i64::try_from(k).map_err(|e| e.to_string())?;
    let upper = call.attributes.flag("upper", true)?;
    let dims = tensor.dims.clone();
    moved(call, Move::Trilu { upper, k }, dims)
}

fn fixed<'a>(kind: IntType, dims: Vec<usize>, constant: Constant<'a>) -> Vec<Made<'a>> {
    vec![Made::Constant {
        kind,
        dims,
        constant,
    }]
}

/// A constant whose elements are computed here. It is not made if there is no room for it.
fn computed<'a>(
    call: &Call,
    kind: IntType,
    dims: Vec<usize>,
    elements: impl ExactSizeIterator<Item = i128>,
) -> Result<Vec<Made<'a>>, String> {
    if elements.len() > call.room {
        return Err(format!(
            "its result is a constant, and all constants computed in advance have more than {MAX_FOLDED} elements"
        ));
    }
    let constant = Constant::Computed(elements.collect());
    Ok(fixed(kind, dims, constant))
}

/// A list of int64.
fn numbers<'a>(
    call: &Call,
    numbers: impl ExactSizeIterator<Item = i128>,
) -> Result<Vec<Made<'a>>, String> {
    computed(call, IntType::I64, vec![numbers.len()], numbers)
}

pub fn constant<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(0)?;
    let tensor = call.attributes.tensor("value")?;
    let one = call.attributes.int("value_int")?;
    let list = call.attributes.ints("value_ints")?;
    match (tensor, one, list) {
        (Some(tensor), None, None) => {
            let (kind, dims, constant) =
                constant::read(tensor).map_err(|why| format!("its value {why}"))?;
            Ok(fixed(kind, dims, constant))
        }
        (None, Some(n), None) => computed(call, IntType::I64, vec![], std::iter::once(n.into())),
        (None, None, Some(list)) => numbers(call, list.iter().map(|n| i128::from(*n))),
        _ => Err("it must have one value of whole numbers (value, value_int or value_ints)".into()),
    }
}

pub fn constant_of_shape<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let list = call.list(0)?.ok_or("its shape is missing")?;
    let value = call.attributes.tensor("value")?;
    let value = value.ok_or("it has no value, so its result is float32")?;
    let (kind, _, constant) = constant::read(value).map_err(|why| format!("its value {why}"))?;
    let mut elements = constant.elements();
    let (Some(element), None) = (elements.next(), elements.next()) else {
        return Err("its value is not one element".into());
    };
    let dims = dimensions(&list)?;
    filled(call, kind, dims, |_| element)
}

/// A constant that is much larger than what describes it, so it must be small.
fn filled<'a>(
    call: &Call,
    kind: IntType,
    dims: Vec<usize>,
    element: impl Fn(usize) -> i128,
) -> Result<Vec<Made<'a>>, String> {
    let count = dims.iter().try_fold(1usize, |n, d| n.checked_mul(*d));
    match count.filter(|n| *n <= MAX_KNOWN) {
        Some(count) => {
            let elements = (0..count).map(|i| kind.wrap(element(i)));
            computed(call, kind, dims, elements)
        }
        None => Err(format!(
            "it gives more than {MAX_KNOWN} elements; write a constant, or use Expand"
        )),
    }
}

/// Shape and Size: constants, whatever the operand's elements.
pub fn shape<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let tensor = call.operand(0)?;
    if call.operator == "Size" {
        let elements = std::iter::once(tensor.elements() as i128);
        return computed(call, IntType::I64, vec![], elements);
    }
    let rank = tensor.dims.len() as i64;
    let mut bound = |name: &str, default: i64| -> Result<usize, String> {
        let given = match call.opset {
            15.. => call.attributes.int(name)?.unwrap_or(default),
            _ => default,
        };
        let from_front = if given < 0 {
            given.saturating_add(rank)
        } else {
            given
        };
        Ok(from_front.clamp(0, rank) as usize)
    };
    let (start, end) = (bound("start", 0)?, bound("end", rank)?);
    let dims = tensor.dims.get(start..end).unwrap_or_default();
    numbers(call, dims.iter().map(|d| *d as i128))
}

pub fn range<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(3)?;
    let kind = call.typed(0, INDICES)?.kind;
    let mut given = [0; 3];
    for (i, number) in given.iter_mut().enumerate() {
        call.typed(i, &[kind])?;
        *number = call.scalar(i)?.ok_or("its bounds are missing")?;
    }
    let [start, limit, delta] = given;
    let count = match delta {
        0 => return Err("it has a step of 0".into()),
        1.. => (limit - start + delta - 1) / delta,
        _ => (start - limit - delta - 1) / -delta,
    };
    let count = usize::try_from(count.max(0)).map_err(|e| e.to_string())?;
    filled(call, kind, vec![count], |i| start + i as i128 * delta)
}
