//! What workers have done. Owns the records in `Workers`, and `Records` of those who left.
//!
//! Standing is the sum of native network cuts settled through a worker, decaying by half every
//! [`HALF_LIFE`] epochs. It is bought only with cuts that the network keeps for the greater part,
//! so a worker that feigns work pays for it. It decays in whole epochs and is computed when it is
//! touched; every rounding is down, against the worker.

use crate::{
    types::{Worker, WorkerRecord},
    Config, Pallet, Records, Workers,
};
use myai_primitives::*;
use myai_support::Clock;
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Ticks of [`Clock::now`] in an epoch: a day.
pub const EPOCH: Tick = 14_400;
/// Epochs in which standing halves.
pub const HALF_LIFE: u32 = 30;

/// 2^(−1/30), floored, in parts per billion: what an epoch leaves of a standing.
const EPOCH_LEAVES: u128 = 977_159_968;
const BILLION: u128 = 1_000_000_000;

/// The epoch that a tick of [`Clock::now`] is in.
pub fn epoch(now: Tick) -> u32 {
    now / EPOCH
}

/// What `epochs` leave of a standing: exactly half for each 30, an even step for each of the
/// rest.
pub fn decayed(standing: Balance, epochs: u32) -> Balance {
    let halved = standing.checked_shr(epochs / HALF_LIFE).unwrap_or_default();
    (0..epochs % HALF_LIFE).fold(halved, |left, _| {
        multiply_by_rational_with_rounding(left, EPOCH_LEAVES, BILLION, Rounding::Down)
            .unwrap_or_default()
    })
}

/// How a job ended.
pub(crate) enum Ending {
    /// With the native cut that the network got.
    Settled {
        native_cut: Balance,
    },
    /// For the worker's own reasons.
    Declined,
    /// Because the payer spoilt it.
    Spoilt,
    Expired,
}

impl<T: Config> Pallet<T> {
    /// Writes the worker's row with one open job less and its end on the record.
    pub(crate) fn record_ending(
        id: &T::AccountId,
        mut worker: Worker<T::AccountId>,
        ending: Ending,
    ) {
        worker.open = worker.open.saturating_sub(1);
        let record = &mut worker.record;
        let counter = match ending {
            Ending::Settled { native_cut } => {
                let now = epoch(T::Clock::now());
                let left = decayed(record.standing, now.saturating_sub(record.epoch));
                record.standing = left.saturating_add(native_cut);
                record.epoch = now;
                &mut record.settled
            }
            Ending::Declined => &mut record.declined,
            Ending::Spoilt => &mut record.spoilt,
            Ending::Expired => &mut record.expired,
        };
        *counter = counter.saturating_add(1);
        Workers::<T>::insert(id, worker);
    }

    /// The worker's record with its standing decayed to now. All zero for one that never worked.
    pub fn record_of(worker: &T::AccountId) -> Record {
        let record = match Workers::<T>::get(worker) {
            Some(worker) => worker.record,
            None => Records::<T>::get(worker),
        };
        Self::decayed_record(&record)
    }

    pub(crate) fn decayed_record(record: &WorkerRecord) -> Record {
        let passed = epoch(T::Clock::now()).saturating_sub(record.epoch);
        Record {
            settled: record.settled,
            declined: record.declined,
            spoilt: record.spoilt,
            expired: record.expired,
            standing: decayed(record.standing, passed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standing_halves_every_thirty_epochs() {
        assert_eq!(decayed(1_000, 0), 1_000);
        assert_eq!(decayed(1_000, 30), 500);
        assert_eq!(decayed(1_000, 60), 250);
        assert_eq!(decayed(u128::MAX, 30 * 128), 0);
        assert_eq!(decayed(u128::MAX, u32::MAX), 0);
    }

    #[test]
    fn standing_is_rounded_against_the_worker() {
        assert_eq!(decayed(1, 1), 0);
        assert_eq!(decayed(1_000, 1), 977);
    }

    #[test]
    fn standing_never_rises_with_time() {
        let mut last = 1_000_000_000_000;
        for epochs in 1..200 {
            let now = decayed(1_000_000_000_000, epochs);
            assert!(now < last, "epoch {epochs}");
            last = now;
        }
    }

    #[test]
    fn touching_often_changes_hardly_anything() {
        let start = 1_000_000_000_000_000u128;
        let touched = (0..60).fold(start, |left, _| decayed(left, 1));
        let untouched = decayed(start, 60);
        assert!(touched <= untouched);
        assert!(untouched - touched < untouched / 1_000_000);
    }
}
