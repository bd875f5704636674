//! The pure arithmetic, driven by random receipts and claims.

use crate::arithmetic::*;
use myai_primitives::{Balance, Ppm};
use proptest::prelude::*;

/// 1 to 16 parts that sum to a million.
pub fn parts() -> impl Strategy<Value = Vec<Ppm>> {
    proptest::collection::btree_set(1u32..1_000_000, 0..16).prop_map(|cuts| {
        let mut last = 0;
        let mut parts = Vec::new();
        for cut in cuts.into_iter().chain([1_000_000]) {
            parts.push(Ppm(cut - last));
            last = cut;
        }
        parts
    })
}

#[derive(Clone, Debug)]
enum Step {
    Receive(Balance),
    Claim(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let amount = prop_oneof![0..20u128, 0..10_000_000u128, 0..(1u128 << 112)];
    let step = prop_oneof![
        amount.prop_map(Step::Receive),
        any::<usize>().prop_map(Step::Claim)
    ];
    proptest::collection::vec(step, 1..200)
}

proptest! {
    #[test]
    fn split_never_overpays(parts in parts(), steps in steps()) {
        prop_assert_eq!(check_parts(parts.iter().copied()), Ok(()));
        let mut received: Balance = 0;
        let mut paid = vec![0; parts.len()];
        for step in steps {
            match step {
                Step::Receive(amount) => received += amount,
                Step::Claim(place) => {
                    let place = place % parts.len();
                    paid[place] += owed(received, parts[place], paid[place]);
                    prop_assert_eq!(owed(received, parts[place], paid[place]), 0);
                }
            }
            let all: Balance = paid.iter().sum();
            prop_assert!(all <= received);
            prop_assert_eq!(left(received, &paid), received - all);
        }
        for (place, part) in parts.iter().enumerate() {
            paid[place] += owed(received, *part, paid[place]);
            prop_assert!(paid[place] <= entitled(received, *part));
        }
        prop_assert!(is_dust(left(received, &paid), parts.len()));
    }

    /// Claiming often or once brings the same.
    #[test]
    fn claiming_often_brings_no_more(
        part in 1u32..=1_000_000,
        receipts in proptest::collection::vec(0..(1u128 << 100), 1..50),
    ) {
        let (mut received, mut often) = (0, 0);
        for amount in receipts {
            received += amount;
            often += owed(received, Ppm(part), often);
        }
        prop_assert_eq!(often, owed(received, Ppm(part), 0));
    }
}

#[test]
fn parts_are_checked() {
    let check = |parts: &[u32]| check_parts(parts.iter().copied().map(Ppm));
    assert_eq!(check(&[]), Err(Unsound::NoShares));
    assert_eq!(check(&[1_000_000]), Ok(()));
    assert_eq!(check(&[0, 1_000_000]), Err(Unsound::EmptyShare));
    assert_eq!(check(&[999_999]), Err(Unsound::NotAMillion));
    assert_eq!(check(&[1_000_001]), Err(Unsound::NotAMillion));
    assert_eq!(check(&[u32::MAX, u32::MAX]), Err(Unsound::NotAMillion));
    assert_eq!(check(&[62_500; 16]), Ok(()));
    assert_eq!(check(&[58_823; 17]), Err(Unsound::TooManyShares));
}

#[test]
fn the_largest_amounts_do_not_wrap() {
    assert_eq!(owed(u128::MAX, Ppm::MILLION, 0), u128::MAX);
    assert_eq!(owed(u128::MAX, Ppm(1), 0), u128::MAX / 1_000_000);
    assert_eq!(owed(5, Ppm::MILLION, 6), 0);
    assert_eq!(left(5, &[3, 3]), 0);
}
