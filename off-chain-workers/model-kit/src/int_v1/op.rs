//! The kinds of steps that an `IntV1` model consists of once its file is read: attributes are
//! resolved, axes are counted from the front, and constants that only describe a shape are part of
//! the step.

/// How one tensor is computed from others.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Computes each element from those at the same place, after the operands are stretched
    /// (broadcast) to the result's shape.
    Map(Function),
    /// Matrix product of `(a − zeros[0])` and `(b − zeros[1])`, with the outer dimensions
    /// stretched.
    MatMul { zeros: [i128; 2] },
    /// Convolution of `(x − zeros[0])` with `(w − zeros[1])`; cells outside of x add nothing.
    Conv {
        // Boxed, so that the other kinds are small.
        window: Box<Window>,
        groups: usize,
        zeros: [i128; 2],
    },
    /// The greatest element in each window.
    MaxPool(Box<Window>),
    /// Folds all elements along the axes into one.
    Reduce { fold: Fold, axes: Vec<usize> },
    /// The place of the greatest (or least) element along the axis; of equals, the first.
    Arg { greatest: bool, axis: usize },
    /// Slices of the first operand, by the indices in the second.
    Gather { axis: usize },
    /// Elements of the first operand, by the indices along the axis in the second.
    GatherElements { axis: usize },
    /// The second element of the second operand where the index (the first operand) is the place
    /// along the axis, else its first element.
    OneHot { axis: usize },
    /// Each element is copied from an operand, or is a fixed number.
    Move(Move),
}

/// How an element is computed, in whole numbers without bounds; then it is reduced to its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Add,
    Sub,
    Mul,
    /// Rounded towards zero.
    Div,
    /// The remainder with the divisor's sign.
    Mod,
    /// Of any number of operands, as is `Min`.
    Max,
    Min,
    /// The first, but at least the second and at most the third.
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
    /// At most [`MAX_TENSOR`](super::MAX_TENSOR) cells, so that their number is no overflow.
    pub kernel: Vec<usize>,
    pub strides: Vec<usize>,
    pub dilations: Vec<usize>,
    /// Cells of padding in front of the operand, for each axis.
    pub before: Vec<usize>,
}

/// From where in its operands a step copies each element.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    /// The same place in row-major order, in another shape.
    Reshape,
    /// Axis i of the result is axis `[i]` of the operand.
    Transpose(Vec<usize>),
    /// For each axis: the first place, and the distance from one to the next.
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
    /// For each axis: cells of padding in front of the operand.
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
    /// The diagonal `k` and the triangle on one side of it; the rest is 0.
    Trilu {
        upper: bool,
        k: i64,
    },
}
