//! How a job's money divides: pure functions, so that a property test can drive them.

use myai_primitives::{Balance, Ppm};

/// What is held for `units` at `price` and `fee` each; `None` when it does not fit.
pub fn gross(units: u32, price: Balance, fee: Balance) -> Option<Balance> {
    price.checked_add(fee)?.checked_mul(units.into())
}

/// Where a gross goes. The four destinations (the network gets both cuts) sum to it exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Division {
    /// The network's cut of the price, floored.
    pub price_cut: Balance,
    /// The network's cut of the fee, floored.
    pub fee_cut: Balance,
    /// The rest of the price, to the version's split.
    pub model: Balance,
    /// The rest of the fee, to the worker's payout account.
    pub worker: Balance,
    /// For the units not used, back to the payer.
    pub refund: Balance,
}

impl Division {
    pub fn network(&self) -> Balance {
        self.price_cut.saturating_add(self.fee_cut)
    }
}

/// Divides what was held for `units`, of which `used` are due, at `price` and `fee` each. No more than
/// `units` may be used, and the gross must fit ([`gross`]).
pub fn divide(units: u32, used: u32, price: Balance, fee: Balance, share: Ppm) -> Division {
    let due_price = price.saturating_mul(used.into());
    let due_fee = fee.saturating_mul(used.into());
    let price_cut = share.of(due_price);
    let fee_cut = share.of(due_fee);
    let unused: Balance = units.saturating_sub(used).into();
    Division {
        price_cut,
        fee_cut,
        model: due_price.saturating_sub(price_cut),
        worker: due_fee.saturating_sub(fee_cut),
        refund: price.saturating_add(fee).saturating_mul(unused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(d: Division) -> Balance {
        d.price_cut + d.fee_cut + d.model + d.worker + d.refund
    }

    proptest! {
        #[test]
        fn settlement_sums_to_gross(
            units in 1u32..,
            used in any::<u32>(),
            price in 0u128..(u128::MAX >> 34),
            fee in 0u128..(u128::MAX >> 34),
            share in 0u32..=1_000_000,
        ) {
            let used = used % units + 1;
            let held = gross(units, price, fee).unwrap();
            let d = divide(units, used, price, fee, Ppm(share));
            prop_assert_eq!(sum(d), held);
            // The cut is floored: it never takes more than the share.
            prop_assert!(d.price_cut <= Ppm(share).of(price * used as u128));
            prop_assert!(d.refund == (price + fee) * (units - used) as u128);
        }

        #[test]
        fn small_amounts_sum_too(
            units in 1u32..5, used in 1u32..5, price in 0u128..60, fee in 0u128..60,
            share in 0u32..=100_000,
        ) {
            let used = used.min(units);
            prop_assert_eq!(
                sum(divide(units, used, price, fee, Ppm(share))),
                gross(units, price, fee).unwrap()
            );
        }
    }

    #[test]
    fn a_gross_that_does_not_fit_is_none() {
        assert_eq!(gross(2, u128::MAX / 2 + 1, 0), None);
        assert_eq!(gross(1, u128::MAX, 1), None);
        assert_eq!(gross(1, u128::MAX - 1, 1), Some(u128::MAX));
    }

    #[test]
    fn cuts_are_floored_apart() {
        let d = divide(3, 1, 39, 41, Ppm(25_000));
        assert_eq!((d.price_cut, d.fee_cut), (0, 1));
        assert_eq!((d.model, d.worker, d.refund), (39, 40, 160));
    }
}
