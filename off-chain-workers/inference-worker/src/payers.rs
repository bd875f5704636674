//! Payers whose work is fruitless. A payer that spoils jobs, or whose inputs end runners, costs
//! the worker more than it pays: its further jobs come last, and are then not taken for a while.
//! Nothing is kept on disk or sent to anybody.

use myai_chain_client::AccountId;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// Most payers that are remembered. Of more, the ones with the fewest points are forgotten, so that
/// many accounts with one spoilt job each do not hide one with many.
pub const MAX_PAYERS: usize = 4096;
/// After this time half of a payer's points are left.
const HALF_LIFE: Duration = Duration::from_secs(3600);

/// How a payer's jobs are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In their order.
    Good,
    /// Behind those of all others.
    Last,
    /// Not at all; they are declined as `Overloaded`.
    Refused,
}

/// Points of payers: one for each fruitless job, halved every hour.
pub struct Payers {
    /// From so many points on a payer's jobs come last.
    last: f64,
    /// From so many on they are refused.
    refused: f64,
    points: HashMap<AccountId, Points>,
}

#[derive(Clone, Copy)]
struct Points {
    value: f64,
    at: Instant,
}

impl Points {
    fn now(self, now: Instant) -> f64 {
        let age = now.saturating_duration_since(self.at).as_secs_f64();
        self.value * (-age / HALF_LIFE.as_secs_f64()).exp2()
    }
}

impl Payers {
    /// `last` and `refused` in points; see [`crate::config::Limits`].
    pub fn new(last: u32, refused: u32) -> Self {
        Self {
            last: last.into(),
            refused: refused.into(),
            points: HashMap::new(),
        }
    }

    /// Adds a point: a job of the payer was declined as `BadInput` or `BlobMissing`, or a runner
    /// died of it or ran out of its time.
    pub fn fruitless(&mut self, payer: &AccountId, now: Instant) {
        let value = 1.0 + self.points(payer, now);
        if !self.points.contains_key(payer) && self.points.len() >= MAX_PAYERS {
            let least = self
                .points
                .iter()
                .min_by(|(_, a), (_, b)| a.now(now).total_cmp(&b.now(now)))
                .map(|(payer, _)| payer.clone());
            if let Some(least) = least {
                self.points.remove(&least);
            }
        }
        self.points.insert(payer.clone(), Points { value, at: now });
    }

    /// How the payer's next job is taken.
    pub fn standing(&self, payer: &AccountId, now: Instant) -> Standing {
        let points = self.points(payer, now);
        if points >= self.refused {
            Standing::Refused
        } else if points >= self.last {
            Standing::Last
        } else {
            Standing::Good
        }
    }

    fn points(&self, payer: &AccountId, now: Instant) -> f64 {
        self.points.get(payer).map_or(0.0, |points| points.now(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payer(n: u32) -> AccountId {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&n.to_le_bytes());
        AccountId::new(bytes)
    }

    #[test]
    fn payer_of_fruitless_jobs_comes_last_and_is_then_refused() {
        let (mut payers, now) = (Payers::new(3, 5), Instant::now());
        let standings: Vec<Standing> = (0..6)
            .map(|_| {
                let standing = payers.standing(&payer(1), now);
                payers.fruitless(&payer(1), now);
                standing
            })
            .collect();
        use Standing::*;
        assert_eq!(standings, [Good, Good, Good, Last, Last, Refused]);
        assert_eq!(payers.standing(&payer(2), now), Good);
    }

    #[test]
    fn points_are_halved_every_hour() {
        let (mut payers, now) = (Payers::new(3, 5), Instant::now());
        for _ in 0..8 {
            payers.fruitless(&payer(1), now);
        }
        for (minutes, standing) in [
            (39, Standing::Refused),
            (42, Standing::Last),
            (84, Standing::Last),
            (86, Standing::Good),
        ] {
            let then = now + Duration::from_secs(minutes * 60);
            assert_eq!(payers.standing(&payer(1), then), standing, "{minutes}");
        }
        // 8 points are 1 after three hours, and one more is 2.
        let then = now + 3 * HALF_LIFE;
        payers.fruitless(&payer(1), then);
        assert_eq!(payers.standing(&payer(1), then), Standing::Good);
        payers.fruitless(&payer(1), then);
        assert_eq!(payers.standing(&payer(1), then), Standing::Last);
        // A clock that is behind takes nothing away.
        assert_eq!(payers.standing(&payer(1), now), Standing::Last);
    }

    #[test]
    fn many_payers_with_one_point_do_not_hide_one_with_many() {
        let (mut payers, now) = (Payers::new(3, 5), Instant::now());
        for _ in 0..5 {
            payers.fruitless(&payer(0), now);
        }
        let later = now + Duration::from_secs(1);
        for n in 1..=2 * MAX_PAYERS as u32 {
            payers.fruitless(&payer(n), later);
            assert!(payers.points.len() <= MAX_PAYERS);
        }
        assert_eq!(payers.standing(&payer(0), now), Standing::Refused);
        assert_eq!(payers.points.len(), MAX_PAYERS);
    }
}
