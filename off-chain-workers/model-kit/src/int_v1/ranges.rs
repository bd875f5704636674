//! Interval arithmetic: computes the range of a result from the ranges of its operands. A range may
//! be too wide, but is never too narrow.

use super::{
    number::{IntType, Range},
    op::{Fold, Function, Move, Op},
};

/// The range of one result. `terms` is how many products or elements one element of a sum adds up,
/// or how many places an Arg may give.
pub fn of(op: &Op, operands: &[Range], terms: usize, kind: IntType) -> Range {
    let free = match op {
        Op::Map(Function::Cast) if kind == IntType::Bool => truth(operands[0]),
        Op::Map(function) => of_function(*function, operands, kind),
        Op::MatMul { zeros } | Op::Conv { zeros, .. } => {
            let minus = |r: Range, zero: i128| Range::new(r.least - zero, r.most - zero);
            sum(
                product(minus(operands[0], zeros[0]), minus(operands[1], zeros[1])),
                terms,
            )
        }
        Op::Reduce {
            fold: Fold::Sum, ..
        } => sum(operands[0], terms),
        Op::Arg { .. } => Range::new(0, (terms as i128 - 1).max(0)),
        Op::OneHot { .. } => operands[1],
        Op::Move(Move::Pad { fill, .. }) => operands[0].or(Range::new(*fill, *fill)),
        Op::Move(Move::Trilu { .. }) => operands[0].or(Range::new(0, 0)),
        Op::Move(_) => operands.iter().copied().fold(operands[0], Range::or),
        Op::MaxPool(_) | Op::Reduce { .. } | Op::Gather { .. } | Op::GatherElements { .. } => {
            operands[0]
        }
    };
    free.wrapped(kind)
}

/// The range of a sum of at most `terms` terms, and of each partial sum, in whatever order they are
/// added.
pub fn sum(term: Range, terms: usize) -> Range {
    let terms = terms as i128;
    Range::new(
        term.least.min(0).saturating_mul(terms),
        term.most.max(0).saturating_mul(terms),
    )
}

fn product(a: Range, b: Range) -> Range {
    corners(a, b, i128::saturating_mul)
}

/// The range of a function that is monotone in each operand.
fn corners(a: Range, b: Range, function: impl Fn(i128, i128) -> i128) -> Range {
    let all = [
        function(a.least, b.least),
        function(a.least, b.most),
        function(a.most, b.least),
        function(a.most, b.most),
    ];
    let first = Range::new(all[0], all[0]);
    all.iter().fold(first, |r, n| r.or(Range::new(*n, *n)))
}

/// The range of truth values: 1 for every number but 0.
fn truth(range: Range) -> Range {
    let zero = Range::new(0, 0);
    if range == zero {
        zero
    } else if range.contains(zero) {
        Range::new(0, 1)
    } else {
        Range::new(1, 1)
    }
}

fn of_function(function: Function, operands: &[Range], kind: IntType) -> Range {
    let a = operands[0];
    let b = operands.get(1).copied().unwrap_or(a);
    let natural = a.least >= 0 && b.least >= 0;
    let ones = |most: i128| (most as u128 + 1).next_power_of_two() as i128 - 1;
    match function {
        Function::Add => Range::new(a.least + b.least, a.most + b.most),
        Function::Sub => Range::new(a.least - b.most, a.most - b.least),
        Function::Mul => product(a, b),
        Function::Div if b.least >= 1 => corners(a, b, |a, b| a / b),
        Function::Mod if b.least >= 1 && a.least >= 0 => Range::new(0, a.most.min(b.most - 1)),
        Function::Mod if b.least >= 1 => Range::new(0, b.most - 1),
        Function::Max => all(operands, i128::max),
        Function::Min => all(operands, i128::min),
        Function::Clip => {
            let c = operands[2];
            Range::new(
                a.least.max(b.least).min(c.least),
                a.most.max(b.most).min(c.most),
            )
        }
        Function::And if natural => Range::new(0, a.most.min(b.most)),
        Function::Or | Function::Xor if natural => Range::new(0, ones(a.most.max(b.most))),
        Function::ShiftLeft if natural && b.most < 64 => {
            Range::new(a.least << b.least, a.most << b.most)
        }
        Function::ShiftRight if natural && b.most < 64 => {
            Range::new(a.least >> b.most, a.most >> b.least)
        }
        Function::Equal
        | Function::Less
        | Function::LessOrEqual
        | Function::Greater
        | Function::GreaterOrEqual => Range::new(0, 1),
        Function::Where => b.or(operands[2]),
        Function::Abs if a.least >= 0 => a,
        Function::Abs => Range::new((-a.most).max(0), a.most.max(-a.least)),
        Function::Neg => Range::new(-a.most, -a.least),
        Function::Sign => Range::new(a.least.signum(), a.most.signum()),
        Function::Not => Range::new(1 - a.most, 1 - a.least),
        Function::BitNot if kind.is_signed() => Range::new(!a.most, !a.least),
        Function::BitNot => {
            let ones = kind.range().most;
            Range::new(ones - a.most, ones - a.least)
        }
        Function::Relu => Range::new(a.least.max(0), a.most.max(0)),
        Function::Cast => a,
        Function::Div
        | Function::Mod
        | Function::And
        | Function::Or
        | Function::Xor
        | Function::ShiftLeft
        | Function::ShiftRight => kind.range(),
    }
}

fn all(operands: &[Range], function: impl Fn(i128, i128) -> i128) -> Range {
    operands.iter().fold(operands[0], |a, b| {
        Range::new(function(a.least, b.least), function(a.most, b.most))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::int_v1::IntType::{Bool, I32, I64, I8, U32, U64, U8};
    use Function::*;

    /// Each function with the number of its operands; Max and Min may have more.
    const FUNCTIONS: [(Function, usize); 26] = [
        (Add, 2),
        (Sub, 2),
        (Mul, 2),
        (Div, 2),
        (Mod, 2),
        (Max, 3),
        (Min, 3),
        (Clip, 3),
        (And, 2),
        (Or, 2),
        (Xor, 2),
        (ShiftLeft, 2),
        (ShiftRight, 2),
        (Equal, 2),
        (Less, 2),
        (LessOrEqual, 2),
        (Greater, 2),
        (GreaterOrEqual, 2),
        (Where, 3),
        (Abs, 1),
        (Neg, 1),
        (Sign, 1),
        (Not, 1),
        (BitNot, 1),
        (Relu, 1),
        (Cast, 1),
    ];

    /// The whole range of the type, all above 0, and then all ranges within some of its numbers.
    fn ranges(kind: IntType) -> Vec<Range> {
        let whole = kind.range();
        let neighbours = match kind {
            I8 => &[-128..=-126, -3..=3, 6..=9, 63..=65, 126..=127][..],
            U8 => &[0..=3, 6..=9, 63..=65, 126..=129, 254..=255],
            _ => &[0..=1],
        };
        let mut ranges = vec![whole, Range::new(1, whole.most)];
        for least in neighbours.iter().cloned().flatten() {
            let within = neighbours.iter().find(|n| n.contains(&least));
            let end = within.map_or(least, |n| *n.end());
            ranges.extend((least..=end).map(|most| Range::new(least, most)));
        }
        ranges
    }

    /// Every number of the operands' ranges, in every combination.
    #[test]
    fn ranges_of_functions_hold_each_result() {
        let numbers = |range: Range| range.least..=range.most;
        let mut checked = 0;
        for kind in [I8, U8, Bool] {
            let ranges = ranges(kind);
            let small = &ranges[2..];
            let some: Vec<Range> = small.iter().copied().step_by(9).collect();
            // In place of an operand that the function does not have.
            let none = [Range::new(0, 0)];
            for (function, count) in FUNCTIONS {
                if kind == Bool && !matches!(function, And | Or | Xor | Not | Equal | Cast) {
                    continue;
                }
                let (first, second, third) = match count {
                    1 => (&ranges[..], &none[..], &none[..]),
                    2 => (&ranges[..], &ranges[..], &none[..]),
                    _ => (small, small, &some[..]),
                };
                let all = first.iter().flat_map(|a| {
                    let rest = second
                        .iter()
                        .flat_map(|b| third.iter().map(move |c| (b, c)));
                    rest.map(move |(b, c)| [*a, *b, *c])
                });
                for [a, b, c] in all {
                    let range = of(&Op::Map(function), &[a, b, c][..count], 1, kind);
                    let all = numbers(a).flat_map(|x| {
                        let rest = numbers(b).flat_map(|y| numbers(c).map(move |z| (y, z)));
                        rest.map(move |(y, z)| [x, y, z])
                    });
                    for terms in all {
                        let result = kind.wrap(function.apply(&terms[..count], kind));
                        assert!(
                            range.contains(Range::new(result, result)),
                            "{function:?} of {a}, {b} and {c}: {terms:?} give {result}, not {range}"
                        );
                        checked += 1;
                    }
                }
            }
        }
        assert!(checked > 1_000_000, "{checked}");
    }

    #[test]
    fn ranges_of_casts_hold_each_number() {
        for range in ranges(I8).into_iter().chain(ranges(U8)) {
            for to in [Bool, U8, I8, I32, U32, I64, U64] {
                let cast = of(&Op::Map(Cast), &[range], 1, to);
                for number in range.least..=range.most {
                    let result = to.wrap(number);
                    assert!(
                        cast.contains(Range::new(result, result)),
                        "{number} as {to} is {result}, not {cast}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_sum_may_have_fewer_terms() {
        assert_eq!(sum(Range::new(5, 9), 4), Range::new(0, 36));
        assert_eq!(sum(Range::new(-5, -1), 4), Range::new(-20, 0));
    }

    #[test]
    fn the_fill_belongs_to_the_range() {
        let pad = Op::Move(Move::Pad {
            before: vec![1],
            fill: 9,
        });
        let trilu = Op::Move(Move::Trilu { upper: true, k: 0 });
        let given = Range::new(3, 4);
        assert_eq!(of(&pad, &[given], 1, I8), Range::new(3, 9));
        assert_eq!(of(&trilu, &[given], 1, I8), Range::new(0, 4));
        let cast = Op::Map(Cast);
        assert_eq!(of(&cast, &[given], 1, IntType::Bool), Range::new(1, 1));
    }
}
