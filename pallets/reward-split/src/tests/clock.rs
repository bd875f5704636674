//! Ticks of the relay chain and ticks served.

use crate::{mock::*, *};
use frame_support::traits::Hooks;
use myai_primitives::ClockView;
use myai_support::Clock as _;

const START: u32 = 299_247_177;

fn now_served() -> (u32, u32) {
    (RewardSplit::now(), RewardSplit::served())
}

#[test]
fn the_clock_is_zero_in_genesis() {
    run(|| {
        assert_eq!(Clock::<Test>::get(), None);
        assert_eq!(now_served(), (0, 0));
    });
}

#[test]
fn the_first_block_starts_the_clock_at_nothing_served() {
    run(|| {
        block(START, || assert_eq!(now_served(), (START, 0)));
        assert_eq!(
            Clock::<Test>::get(),
            Some(Reading {
                last: START,
                served: 0
            })
        );
        block(START + 3, || {
            assert_eq!(now_served(), (START + 3, 3));
            assert_eq!(
                RewardSplit::clock_view(),
                ClockView {
                    now: START + 3,
                    served: 3
                }
            );
        });
        assert_eq!(
            Clock::<Test>::get(),
            Some(Reading {
                last: START + 3,
                served: 3
            })
        );
    });
}

#[test]
fn a_gap_counts_at_most_ten_ticks() {
    run(|| {
        block(START, || {});
        block(START + 10, || assert_eq!(RewardSplit::served(), 10));
        block(START + 21, || assert_eq!(RewardSplit::served(), 20));
        // An outage of a day.
        block(START + 21 + 14_400, || {
            assert_eq!(now_served(), (START + 14_421, 30));
        });
        block(START + 14_422, || assert_eq!(RewardSplit::served(), 31));
    });
}

#[test]
fn blocks_with_one_relay_parent_serve_no_tick() {
    run(|| {
        block(START, || {});
        for _ in 0..3 {
            block(START + 1, || assert_eq!(now_served(), (START + 1, 1)));
        }
        block(START + 2, || assert_eq!(RewardSplit::served(), 2));
    });
}

#[test]
fn the_clock_is_the_same_all_through_a_block() {
    run(|| {
        block(START, || {});
        block(START + 4, || {
            let first = now_served();
            settle(&NATIVE, 100, NETWORK);
            assert_eq!(now_served(), first);
        });
        assert_eq!(now_served(), (START + 4, 4));
    });
}

#[test]
fn the_clock_never_turns_back() {
    run(|| {
        block(START, || {});
        block(START + 5, || {});
        // What the relay chain does not do.
        block(START + 2, || assert_eq!(RewardSplit::served(), 5));
        assert_eq!(
            Clock::<Test>::get(),
            Some(Reading {
                last: START + 5,
                served: 5
            })
        );
        Clock::<Test>::put(Reading {
            last: START,
            served: u32::MAX,
        });
        block(START + 5, || assert_eq!(RewardSplit::served(), u32::MAX));
    });
}

#[test]
fn the_write_at_the_end_of_a_block_is_weighed_at_its_beginning() {
    run(|| {
        let weight = RewardSplit::on_initialize(2);
        assert_eq!(weight, <() as WeightInfo>::on_finalize());
        assert!(weight.ref_time() > 0);
    });
}
