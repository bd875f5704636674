//! The steps of a model whose file was read: attributes are resolved, axes are counted from the
//! front, and constants that only describe a shape are part of the step.

/// How one tensor is computed from others.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Each element from those at the same place, operands stretched to the result's shape.
    Map(Function),
    /// Matrix product of `(a − zeros[0])` and `(b − zeros[1])`, with the outer dimensions
    /// stretched.
    MatMul { zeros: [i128; 2] },
    /// Convolution of `(x − zeros[0])` with `(w − zeros[1])`; outside of x there is nothing.
    Conv {
        window: Window,
        groups: usize,
        zeros: [i128; 2],
    },
    /// The greatest element in each window.
    MaxPool(Window),
    /// All elements along the axes become one.
    Reduce { fold: Fold, axes: Vec<usize> },
    /// Where along the axis the greatest (or least) element is, the first of equals.
    Arg { greatest: bool, axis: usize },
    /// Slices of the first operand, by the index in the second.
    Gather { axis: usize },
    /// Elements of the first operand, by the index along the axis in the second.
    GatherElements { axis: usize },
    /// The second of `values` (the second operand) where the index equals the place along the
    /// axis, else the first.
    OneHot { axis: usize },
    /// Each element is one of an operand, or the fill.
    Move(Move),
}

/// How an element is computed, in whole numbers without bounds; the result is reduced to its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Add,
    Sub,
    Mul,
    /// Towards zero.
    Div,
    /// With the divisor's sign.
    Mod,
    /// Of any number of operands.
    Max,
    Min,
    /// At least the second, at most the third.
    Clip,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The second where the first is not 0, else the third.
    Where,
    Abs,
    Neg,
    Sign,
    Not,
    BitNot,
    Relu,
    Cast,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    Sum,
    Max,
    Min,
}

/// A window that moves over the axes from the third on.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    /// Cells before the first one, for each axis.
    pub before: Vec<usize>,
}

/// Where an element comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// The same place in row-major order, in another shape.
    Reshape,
    /// Axis i of the result is axis `[i]` of the operand.
    Transpose(Vec<usize>),
    /// For each axis: the first place, and how far apart they are.
    Slice {
        starts: Vec<i64>,
        steps: Vec<i64>,
    },
    Concat {
        axis: usize,
    },
    /// Stretched to the result's shape.
    Expand,
    Tile,
    /// For each axis: cells before the first one.
    Pad {
        before: Vec<usize>,
        fill: i128,
    },
    DepthToSpace {
        block: usize,
        columns_first: bool,
    },
    SpaceToDepth {
        block: usize,
    },
    /// The triangle on one side of the diagonal `k`; the rest is 0.
    Trilu {
        upper: bool,
        k: i64,
    },
}
