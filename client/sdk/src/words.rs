//! Words for people: text that others wrote, made harmless for a terminal; ticks as time; why a
//! worker declined.

pub use myai_chain_client::messages::plain;

use myai_primitives::{DeclineReason, Tick};

/// Seconds of a tick, as the relay chain makes them. A development node's ticks are shorter.
pub const TICK_SECONDS: u64 = 6;

/// Ticks as a rough length of time: `14400 ticks (about 24 h)`.
pub fn about(ticks: Tick) -> String {
    let s = ticks as u64 * TICK_SECONDS;
    let (n, unit) = match s {
        0..=119 => (s, "s"),
        120..=7_199 => (s / 60, "min"),
        7_200..=172_799 => (s / 3_600, "h"),
        _ => (s / 86_400, "d"),
    };
    format!("{ticks} ticks (about {n} {unit})")
}

/// Why a worker gave a job back: a fragment that fits after "the worker declined: ".
pub fn decline_reason(reason: DeclineReason) -> &'static str {
    match reason {
        DeclineReason::BadInput => {
            "the input cannot be read by the model, or takes more units than were allowed"
        }
        DeclineReason::BlobMissing => "the sealed input did not reach it",
        DeclineReason::ModelUnavailable => "it cannot load the model",
        DeclineReason::Overloaded => "it has too much to do",
        DeclineReason::Other => "it gave no reason",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_said_as_time() {
        assert_eq!(about(14_400), "14400 ticks (about 24 h)");
        assert_eq!(about(10), "10 ticks (about 60 s)");
    }
}
