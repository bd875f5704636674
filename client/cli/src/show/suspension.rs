//! Suspensions: what moderation has stopped for a while.

use myai_primitives::SuspensionView;
use serde_json::{json, Value};

/// One that is in force; `null` where there is none.
pub fn suspended_json(suspended: Option<SuspensionView>) -> Value {
    json!(suspended.map(|s| json!({ "since": s.since, "until": s.until })))
}

/// From when to when.
pub fn period(s: &SuspensionView) -> String {
    format!("since tick {}, until tick {}", s.since, s.until)
}

/// A row that says from when to when, and what it stops.
pub fn suspended_row(
    suspended: Option<SuspensionView>,
    stops: &str,
) -> Option<(&'static str, String)> {
    suspended.map(|s| ("suspended", format!("{}: {stops}", period(&s))))
}

/// For a table.
pub fn suspended_note(s: &SuspensionView) -> String {
    format!("suspended until tick {}", s.until)
}
