//! What each kind of referendum asks for. `docs/governance.md` says the same to voters, and a test
//! compares the two.
//!
//! The rules of thumb behind the numbers:
//!
//! - **What can do more asks for more**: time, money, and votes.
//! - **Approval** begins at the unanimous and falls to half: what nobody opposes need not wait.
//! - **Support** (ayes without conviction, of all tokens that can vote) begins at half, so that few
//!   cannot decide while the others sleep, and falls with time to what the track can bear: what can
//!   be undone, or lapses by itself, may pass with little; what cannot, may not.
//! - **Preparing** gives time to read before the first vote counts; **confirming** gives time to
//!   answer a vote of the last moment; **enactment** gives time to leave, or to cancel.
//! - **Deposits** bound how many referenda there are, and are low enough that who makes the first
//!   blocks of a chain without a premine can pay them within a day or so.

use crate::*;
use alloc::borrow::Cow;
use configs::{money::MAI, origins::Origin};
use pallet_referenda::{Curve, TrackInfo, TracksInfo};
use sp_runtime::{str_array, FixedI64};

pub type Track = pallet_referenda::Track<TrackId, Balance, BlockNumber>;
pub type TrackId = u16;

/// In ticks, a block of the relay chain each.
pub const MINUTES: BlockNumber = 10;
pub const HOURS: BlockNumber = 60 * MINUTES;
pub const DAYS: BlockNumber = 24 * HOURS;

/// Of every track on a test chain: a vote passes in less than a minute, and fails in two.
const TEST_PREPARE: BlockNumber = 2;
const TEST_DECISION: BlockNumber = 20;
const TEST_CONFIRM: BlockNumber = 2;
const TEST_ENACTMENT: BlockNumber = 1;

const fn percent(of_a_hundred: u128) -> FixedI64 {
    FixedI64::from_rational(of_a_hundred, 100)
}

/// Approval that falls evenly from all to half within the decision period.
const EVENLY_TO_HALF: Curve = Curve::make_linear(1, 1, percent(50), percent(100));

/// From `ceil` to `floor`, first fast and then slowly, so that it is at `level` after `delay` of
/// `period`; percents.
const fn falls(delay: u128, period: u128, level: u128, floor: u128, ceil: u128) -> Curve {
    Curve::make_reciprocal(delay, period, percent(level), percent(floor), percent(ceil))
}

/// By their numbers, which are in referenda and never change.
pub static TRACKS: [Track; 8] = [
    // Can do everything: upgrades, the network's shares, who makes blocks, who is in the committee.
    // A week before it is decided at all, so that whoever does not agree can see it coming and
    // leave; few at a time, so that all look at each, but more than one, so that a pointless one
    // blocks no other.
    Track {
        id: 0,
        info: TrackInfo {
            name: str_array("root"),
            max_deciding: 3,
            decision_deposit: 1_000 * MAI,
            prepare_period: 7 * DAYS,
            decision_period: 28 * DAYS,
            confirm_period: 2 * DAYS,
            min_enactment_period: 2 * DAYS,
            min_approval: falls(4, 28, 80, 50, 100),
            min_support: Curve::make_linear(1, 1, percent(10), percent(50)),
        },
    },
    // Runs as Root, but only what two thirds of the technical committee have looked at: for
    // emergencies, so quick, and nearly nobody may be against it in its first day.
    Track {
        id: 1,
        info: TrackInfo {
            name: str_array("whitelisted_caller"),
            max_deciding: 10,
            decision_deposit: 500 * MAI,
            prepare_period: 30 * MINUTES,
            decision_period: 14 * DAYS,
            confirm_period: 10 * MINUTES,
            min_enactment_period: 10 * MINUTES,
            min_approval: falls(16, 14 * 24, 96, 50, 100),
            min_support: falls(1, 14, 20, 5, 50),
        },
    },
    // Numbers within bounds that the code keeps, for what begins later: a bad one can be changed
    // back, but prices and licenses are made by it meanwhile.
    Track {
        id: 10,
        info: TrackInfo {
            name: str_array("registry_rules"),
            max_deciding: 10,
            decision_deposit: 200 * MAI,
            prepare_period: DAYS,
            decision_period: 14 * DAYS,
            confirm_period: DAYS,
            min_enactment_period: DAYS,
            min_approval: EVENLY_TO_HALF,
            min_support: falls(3, 14, 20, 2, 50),
        },
    },
    // Has to stop harm while it is done, takes nobody's money, and lapses by itself.
    Track {
        id: 11,
        info: TrackInfo {
            name: str_array("moderation"),
            max_deciding: 20,
            decision_deposit: 100 * MAI,
            prepare_period: HOURS,
            decision_period: 7 * DAYS,
            confirm_period: 3 * HOURS,
            min_enactment_period: 10 * MINUTES,
            min_approval: EVENLY_TO_HALF,
            min_support: falls(1, 7, 10, 1, 50),
        },
    },
    // What a mistake costs is bounded by the amount.
    Track {
        id: 20,
        info: TrackInfo {
            name: str_array("small_spender"),
            max_deciding: 20,
            decision_deposit: 20 * MAI,
            prepare_period: 4 * HOURS,
            decision_period: 14 * DAYS,
            confirm_period: 12 * HOURS,
            min_enactment_period: DAYS,
            min_approval: EVENLY_TO_HALF,
            min_support: falls(2, 14, 10, 1, 50),
        },
    },
    Track {
        id: 21,
        info: TrackInfo {
            name: str_array("big_spender"),
            max_deciding: 10,
            decision_deposit: 200 * MAI,
            prepare_period: DAYS,
            decision_period: 28 * DAYS,
            confirm_period: 4 * DAYS,
            min_enactment_period: DAYS,
            min_approval: EVENLY_TO_HALF,
            min_support: falls(7, 28, 20, 2, 50),
        },
    },
    // Ends what is not approved yet, and costs its victim nothing. Enacted after 3 h 40 min at least, it
    // is in time for Root, rules and spenders; for moderation, approved after 4 h at least, only within
    // 20 minutes of it; not for the whitelist, approved after 40 minutes.
    Track {
        id: 30,
        info: TrackInfo {
            name: str_array("canceller"),
            max_deciding: 100,
            decision_deposit: 200 * MAI,
            prepare_period: 30 * MINUTES,
            decision_period: 7 * DAYS,
            confirm_period: 3 * HOURS,
            min_enactment_period: 10 * MINUTES,
            min_approval: EVENLY_TO_HALF,
            min_support: falls(1, 7, 10, 1, 50),
        },
    },
    // As quick, but it takes deposits, so it asks for more.
    Track {
        id: 31,
        info: TrackInfo {
            name: str_array("killer"),
            max_deciding: 100,
            decision_deposit: 500 * MAI,
            prepare_period: 30 * MINUTES,
            decision_period: 14 * DAYS,
            confirm_period: 3 * HOURS,
            min_enactment_period: 10 * MINUTES,
            min_approval: falls(16, 14 * 24, 96, 50, 100),
            min_support: falls(2, 14, 20, 5, 50),
        },
    },
];

/// The tracks, with the periods of the chain that it is.
pub struct Tracks;

impl TracksInfo<Balance, BlockNumber> for Tracks {
    type Id = TrackId;
    type RuntimeOrigin = OriginCaller;

    fn tracks() -> impl Iterator<Item = Cow<'static, Track>> {
        let is_test_chain = presets::is_test_chain();
        TRACKS.iter().map(move |track| {
            if is_test_chain {
                Cow::Owned(of_a_test_chain(track.clone()))
            } else {
                Cow::Borrowed(track)
            }
        })
    }

    fn track_for(origin: &OriginCaller) -> Result<TrackId, ()> {
        match origin {
            OriginCaller::system(frame_system::RawOrigin::Root) => Ok(0),
            OriginCaller::Origins(origin) => Ok(match origin {
                Origin::WhitelistedCaller => 1,
                Origin::RegistryRules => 10,
                Origin::Moderation => 11,
                Origin::SmallSpender => 20,
                Origin::BigSpender => 21,
                Origin::Canceller => 30,
                Origin::Killer => 31,
            }),
            _ => Err(()),
        }
    }
}

fn of_a_test_chain(mut track: Track) -> Track {
    track.info.prepare_period = TEST_PREPARE;
    track.info.decision_period = TEST_DECISION;
    track.info.confirm_period = TEST_CONFIRM;
    track.info.min_enactment_period = TEST_ENACTMENT;
    track
}
