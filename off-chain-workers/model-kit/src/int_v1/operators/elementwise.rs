//! Operators that compute each element from those at the same place.

use super::{stretched, Call, Made, ALL, NUMBERS, SIGNED, WIDE};
use crate::int_v1::{
    number::IntType::{self, *},
    op::{Function, Op},
};

pub fn map<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    use Function::*;
    let small = if call.opset < 14 { WIDE } else { NUMBERS };
    let (function, count, types) = match call.operator {
        "Add" => (Add, 2, small),
        "Sub" => (Sub, 2, small),
        "Mul" => (Mul, 2, small),
        "Div" => (Div, 2, small),
        "Mod" => (Mod, 2, NUMBERS),
        "Max" => (Max, usize::MAX, NUMBERS),
        "Min" => (Min, usize::MAX, NUMBERS),
        "And" => (And, 2, &[Bool][..]),
        "Or" => (Or, 2, &[Bool][..]),
        "Xor" => (Xor, 2, &[Bool][..]),
        "BitwiseAnd" => (And, 2, NUMBERS),
        "BitwiseOr" => (Or, 2, NUMBERS),
        "BitwiseXor" => (Xor, 2, NUMBERS),
        "BitShift" => match call.attributes.string("direction")? {
            Some(b"LEFT") => (ShiftLeft, 2, &[U8, U32, U64][..]),
            Some(b"RIGHT") => (ShiftRight, 2, &[U8, U32, U64][..]),
            _ => return Err("its direction is neither LEFT nor RIGHT".into()),
        },
        "Equal" => (Equal, 2, ALL),
        "Less" => (Less, 2, NUMBERS),
        "LessOrEqual" => (LessOrEqual, 2, NUMBERS),
        "Greater" => (Greater, 2, NUMBERS),
        "GreaterOrEqual" => (GreaterOrEqual, 2, NUMBERS),
        "Where" => (Where, 3, &[U8, I8, I32, I64, U32][..]),
        "Abs" => (Abs, 1, NUMBERS),
        "Neg" => (Neg, 1, SIGNED),
        "Sign" => (Sign, 1, NUMBERS),
        "Not" => (Not, 1, &[Bool][..]),
        "BitwiseNot" => (BitNot, 1, NUMBERS),
        "Relu" => (Relu, 1, &[I8, I32][..]),
        _ => return Err("its operator is not known".into()),
    };
    let count = if count == usize::MAX {
        call.operands.len()
    } else {
        count
    };
    call.at_most(count)?;
    if function == Mod && call.attributes.flag("fmod", false)? {
        return Err("its fmod must be 0: the remainder has the divisor's sign".into());
    }
    // The condition of a Where is bool; its other operands are of one type.
    let first = usize::from(function == Where);
    if function == Where {
        call.typed(0, &[Bool])?;
    }
    let kind = call.typed(first, types)?.kind;
    let mut operands = Vec::with_capacity(count);
    let mut shapes = Vec::with_capacity(count);
    for i in 0..count {
        let tensor = call.operand(i)?;
        if i >= first && tensor.kind != kind {
            let (name, other) = (&tensor.name, tensor.kind);
            return Err(format!(
                "its operand `{name}` is {other}, but must be {kind} as the others are"
            ));
        }
        operands.push(call.place(i)?);
        shapes.push(tensor.dims.as_slice());
    }
    if matches!(function, Div | Mod) {
        let divisor = call.operand(1)?;
        if divisor.range.least < 1 {
            let (name, range) = (&divisor.name, divisor.range);
            return Err(format!(
                "its divisor `{name}` may be {range}, but gives the same bits everywhere only from 1 on; bound it with Max or Clip"
            ));
        }
    }
    if matches!(function, ShiftLeft | ShiftRight) {
        let (by, bits) = (call.operand(1)?, kind.bits());
        if by.constant.is_none() || by.range.most >= i128::from(bits) {
            let name = &by.name;
            return Err(format!(
                "it shifts by `{name}`, which must be a constant below {bits}"
            ));
        }
    }
    let result = match function {
        Equal | Less | LessOrEqual | Greater | GreaterOrEqual => Bool,
        _ => kind,
    };
    let dims = stretched(&shapes)?;
    call.step(Op::Map(function), operands, result, dims)
}

pub fn clip<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(3)?;
    let tensor = call.typed(0, NUMBERS)?;
    let mut operands = vec![call.place(0)?];
    for i in [1, 2] {
        let Some(bound) = call.optional(i) else {
            continue;
        };
        if bound.kind != tensor.kind
            || bound.elements() != 1
            || bound.dims.len() > tensor.dims.len()
        {
            let (name, kind) = (&bound.name, tensor.kind);
            return Err(format!("its bound `{name}` is not one {kind}"));
        }
        operands.push(call.place(i)?);
    }
    let function = match (call.optional(1), call.optional(2)) {
        (None, None) => Function::Cast,
        (Some(_), None) => Function::Max,
        (None, Some(_)) => Function::Min,
        (Some(low), Some(high)) if low.range.most <= high.range.least => Function::Clip,
        (Some(low), Some(high)) => {
            let (low, high) = (low.range, high.range);
            return Err(format!(
                "its bounds may cross: the lower one may be {low}, the upper one {high}"
            ));
        }
    };
    call.step(
        Op::Map(function),
        operands,
        tensor.kind,
        tensor.dims.clone(),
    )
}

pub fn cast<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(1)?;
    let to = call.attributes.int("to")?.unwrap_or(0);
    let number = i32::try_from(to).unwrap_or(0);
    // Clamps floats; without effect on whole numbers.
    call.attributes.flag("saturate", true)?;
    let kind = IntType::from_onnx(number).ok_or_else(|| {
        let name = crate::onnx::element::name(number);
        format!("its result {}", crate::int_v1::wrong_type(&name))
    })?;
    cast_to(call, kind)
}

pub fn cast_like<'a>(call: &mut Call<'a, '_>) -> Result<Vec<Made<'a>>, String> {
    call.at_most(2)?;
    call.attributes.flag("saturate", true)?;
    let kind = call.operand(1)?.kind;
    cast_to(call, kind)
}

fn cast_to<'a>(call: &Call<'a, '_>, kind: IntType) -> Result<Vec<Made<'a>>, String> {
    let dims = call.operand(0)?.dims.clone();
    call.step(Op::Map(Function::Cast), vec![call.place(0)?], kind, dims)
}
