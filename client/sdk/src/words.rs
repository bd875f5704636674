//! Words for people: text that others wrote, made harmless for a terminal; ticks as time; why a
//! worker declined.

use myai_primitives::{DeclineReason, Tick};

/// Text from the chain or a worker, without the characters that could steer a terminal.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .map(|c| if steers(c) { '\u{fffd}' } else { c })
        .collect()
}

/// The most characters that are shown of a message from somebody else's server.
const MAX_FOREIGN: usize = 300;

/// Such a message, inside a sentence: plain, on one line, and not long.
pub(crate) fn foreign(text: &str) -> String {
    let line = plain(text).replace('\n', " ");
    match line.char_indices().nth(MAX_FOREIGN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

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
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(plain("a\x1b[31mb\nc\r"), "a\u{fffd}[31mb\nc\u{fffd}");
        assert_eq!(foreign("a\x1b[2J\nerror: b"), "a\u{fffd}[2J error: b");
        assert_eq!(foreign(&"é".repeat(1_000)).chars().count(), 301);
    }

    #[test]
    fn ticks_are_said_as_time() {
        assert_eq!(about(14_400), "14400 ticks (about 24 h)");
        assert_eq!(about(10), "10 ticks (about 60 s)");
    }
}
