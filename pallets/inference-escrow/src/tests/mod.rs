//! Through public calls with real origins; after each test `do_try_state` runs.

mod expiry;
mod extension;
mod jobs;
mod money;
mod size;
mod sound;
mod views;
mod walk;
mod workers;

use crate::{mock::*, *};
use codec::Encode;
use myai_primitives::*;

#[test]
fn indices_are_where_later_ones_leave_their_place() {
    let reasons = [
        (HoldReason::Job, 0),
        (HoldReason::WorkerBond, 2),
        (HoldReason::WorkerDeposit, 5),
        (HoldReason::OfferDeposit, 6),
    ];
    for (reason, index) in reasons {
        assert_eq!(RuntimeHoldReason::from(reason).encode(), [4, index]);
    }
    let calls: [(Call<Test>, u8); 6] = [
        (Call::pause {}, 4),
        (Call::resume {}, 5),
        (Call::leave {}, 8),
        (
            Call::clear_offer {
                worker: worker(),
                version: V1,
            },
            9,
        ),
        (
            Call::decline {
                job: JobId([0; 32]),
                reason: DeclineReason::Other,
            },
            12,
        ),
        (
            Call::expire {
                job: JobId([0; 32]),
            },
            13,
        ),
    ];
    for (call, index) in calls {
        assert_eq!(call.encode()[0], index);
    }
}
