//! How much time there is: what ticks of the chain last, and what runs of models take.

use myai_primitives::{Tick, VersionId};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::{Duration, Instant},
};

/// Length of a tick until it has been measured. A relay chain's is 6 s, a development chain's
/// 3 s; the shorter one promises less.
const FIRST_TICK: Duration = Duration::from_secs(3);
/// Bounds within which a measured tick is believed.
const MIN_TICK: Duration = Duration::from_millis(500);
const MAX_TICK: Duration = Duration::from_secs(6);
/// Ticks that must have passed before they are measured.
const TICKS_MEASURED: Tick = 5;

#[derive(Default)]
struct Known {
    /// The first and the last time that the clock was seen.
    first: Option<(Tick, Instant)>,
    last: Option<(Tick, Instant)>,
    /// What a run of a version takes, newer ones counting more.
    runs: HashMap<VersionId, Duration>,
}

/// How long ticks and runs take, as measured so far.
#[derive(Default)]
pub struct Estimator(Mutex<Known>);

impl Estimator {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// The chain's clock shows `served` now.
    pub fn saw(&self, served: Tick) {
        let mut known = self.lock();
        let now = (served, Instant::now());
        known.first.get_or_insert(now);
        known.last = Some(now);
    }

    /// The clock as it was last seen.
    pub fn served(&self) -> Tick {
        self.lock().last.map_or(0, |(tick, _)| tick)
    }

    fn tick(known: &Known) -> Duration {
        let (Some((t0, at0)), Some((t1, at1))) = (known.first, known.last) else {
            return FIRST_TICK;
        };
        match t1.checked_sub(t0) {
            Some(ticks) if ticks >= TICKS_MEASURED => {
                (at1.saturating_duration_since(at0) / ticks).clamp(MIN_TICK, MAX_TICK)
            }
            _ => FIRST_TICK,
        }
    }

    /// How long until the end of the tick `margin` before `deadline`; zero when that is over.
    pub fn left(&self, deadline: Tick, margin: Tick) -> Duration {
        let known = self.lock();
        let Some((served, at)) = known.last else {
            return Duration::ZERO;
        };
        let ticks = deadline.saturating_sub(margin).saturating_sub(served);
        (Self::tick(&known) * ticks).saturating_sub(at.elapsed())
    }

    /// What a job of the version is thought to take.
    pub fn estimate(&self, version: VersionId, otherwise: Duration) -> Duration {
        self.lock().runs.get(&version).copied().unwrap_or(otherwise)
    }

    /// A job of the version took this long.
    pub fn took(&self, version: VersionId, took: Duration) {
        let mut known = self.lock();
        let before = known.runs.get(&version).copied().unwrap_or(took);
        known.runs.insert(version, before * 7 / 8 + took / 8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_shrinks_to_the_margin() {
        let estimates = Estimator::default();
        assert_eq!(estimates.left(100, 0), Duration::ZERO);
        estimates.saw(90);
        let left = estimates.left(100, 0);
        assert!(left > FIRST_TICK * 9 && left <= FIRST_TICK * 10, "{left:?}");
        assert!(estimates.left(100, 4) <= FIRST_TICK * 6);
        assert_eq!(estimates.left(100, 10), Duration::ZERO);
        assert_eq!(estimates.left(80, 0), Duration::ZERO);
    }

    #[test]
    fn ticks_are_measured_within_bounds() {
        let estimates = Estimator::default();
        estimates.saw(0);
        estimates.saw(1000);
        // A thousand ticks in no time are not believed.
        assert!(estimates.left(1010, 0) > MIN_TICK * 9);
        assert!(estimates.left(1010, 0) <= MIN_TICK * 10);
    }

    #[test]
    fn estimates_follow_slowly() {
        let estimates = Estimator::default();
        let version = VersionId(1);
        let second = Duration::from_secs(1);
        assert_eq!(estimates.estimate(version, second), second);
        estimates.took(version, second * 8);
        assert_eq!(estimates.estimate(version, second), second * 8);
        estimates.took(version, Duration::ZERO);
        assert_eq!(estimates.estimate(version, second), second * 7);
    }
}
