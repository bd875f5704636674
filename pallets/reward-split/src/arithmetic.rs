//! The arithmetic of a split: pure, so that a property test can drive it.

use myai_primitives::{Balance, Ppm, MAX_SHARES};

/// Why parts make no split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsound {
    NoShares,
    TooManyShares,
    EmptyShare,
    NotAMillion,
}

/// Whether these parts make a split: 1 to 16 of them, each at least 1, a million in all.
pub fn check_parts(parts: impl IntoIterator<Item = Ppm>) -> Result<(), Unsound> {
    let mut shares = 0u32;
    let mut sum = 0u32;
    for part in parts {
        if part.0 == 0 {
            return Err(Unsound::EmptyShare);
        }
        shares = shares.saturating_add(1);
        sum = sum.saturating_add(part.0);
    }
    match (shares, Ppm(sum)) {
        (0, _) => Err(Unsound::NoShares),
        (n, _) if n > MAX_SHARES => Err(Unsound::TooManyShares),
        (_, Ppm::MILLION) => Ok(()),
        _ => Err(Unsound::NotAMillion),
    }
}

/// What a share of `parts` may have in all, once its split has `received` units. Rounded down, and
/// never falling while `received` grows, so that nobody can be overpaid.
pub fn entitled(received: Balance, parts: Ppm) -> Balance {
    parts.of(received)
}

/// What a share that was `paid` may claim now.
pub fn owed(received: Balance, parts: Ppm, paid: Balance) -> Balance {
    entitled(received, parts).saturating_sub(paid)
}

/// What a split that `received` still has, for its shares or as dust. Saturates at zero.
pub fn left(received: Balance, paid: &[Balance]) -> Balance {
    paid.iter()
        .fold(received, |left, paid| left.saturating_sub(*paid))
}

/// Whether a split with so many shares may be removed with so much `left` in it.
pub fn is_dust(left: Balance, shares: usize) -> bool {
    left < shares as Balance
}
