//! The arithmetic of splits and of issuance: pure, so that property tests can drive it.

use myai_primitives::{Balance, Ppm, Tick, MAX_SHARES};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

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

/// Ticks in which half of what is left is minted: four years.
pub const HALVING: Tick = 21_038_400;
/// Halvings after which nothing more is minted.
const ERAS: u32 = 64;

/// Of each mint: the part of blocks' authors, and that of contributors. The rest is the treasury's.
pub const AUTHORS: Ppm = Ppm(200_000);
pub const CONTRIBUTORS: Ppm = Ppm(600_000);
/// Each block's author has one part in so many of what waits for authors.
pub const AUTHOR_PARTS: Balance = 100;

/// What is minted of `cap` in the first `ticks`: half of what is left in each era of [`HALVING`], in
/// even steps; a cap of 2⁶⁴ units or more is never reached.
pub fn minted(cap: Balance, ticks: Tick) -> Balance {
    let shifted = |eras: u32| cap.checked_shr(eras).unwrap_or_default();
    let era = ticks / HALVING;
    if era >= ERAS {
        return cap.saturating_sub(shifted(ERAS));
    }
    let left = shifted(era);
    let in_era = left.saturating_sub(shifted(era.saturating_add(1)));
    let so_far = multiply_by_rational_with_rounding(
        in_era,
        (ticks % HALVING).into(),
        HALVING.into(),
        Rounding::Down,
    );
    cap.saturating_sub(left)
        .saturating_add(so_far.unwrap_or_default())
}

/// What of an epoch's pool goes to contributors who earned so many credits: at most half of the cuts
/// that the credits came from.
pub fn payable(pool: Balance, credits: Balance) -> Balance {
    pool.min(credits / 2)
}

/// What one credit of an epoch brings: `min(½, pool / credits)` of it, floored. All of them together
/// never bring more than [`payable`].
pub fn reward(credit: Balance, pool: Balance, credits: Balance) -> Balance {
    if credits <= pool.saturating_mul(2) {
        return credit / 2;
    }
    multiply_by_rational_with_rounding(credit, pool, credits, Rounding::Down).unwrap_or_default()
}
