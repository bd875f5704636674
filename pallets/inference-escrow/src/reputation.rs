//! What workers have done. Owns the records in `Workers`, and `Records` of those who left.
//!
//! Standing is the sum of native network cuts settled through a worker, decaying by half every
//! [`HALF_LIFE`] epochs. It is bought only with cuts that the network keeps for the greater part,
//! so a worker that feigns work pays for it. It decays in whole epochs and is computed when it is
//! touched; every rounding is down, against the worker.
//!
//! Beside it stands the worker's credit for issuance: those cuts of its own fees in the epoch that it
//! last earned in. When it earns in a later one, or claims, that is handed to [`Credits`].

use crate::{
    types::{Worker, WorkerRecord},
    Config, Pallet, Records, Workers,
};
use myai_primitives::*;
use myai_support::{Clock, Credits, Earners};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Epochs in which standing halves.
pub const HALF_LIFE: u32 = 30;

/// 2^(−1/30), floored, in parts per billion: what an epoch leaves of a standing.
const EPOCH_LEAVES: u128 = 977_159_968;
const BILLION: u128 = 1_000_000_000;

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
    /// With the cuts in the token that the network got, of the price and of the fee.
    Settled {
        price_cut: Balance,
        fee_cut: Balance,
    },
    /// For the worker's own reasons.
    Declined,
    /// Because the payer spoilt it.
    Spoilt,
    Expired,
}

impl<T: Config> Pallet<T> {
    /// Writes the worker's row with one open job less and its end on the record. Whether credit of an
    /// earlier epoch was handed on.
    pub(crate) fn record_ending(
        id: &T::AccountId,
        mut worker: Worker<T::AccountId>,
        ending: Ending,
    ) -> bool {
        worker.open = worker.open.saturating_sub(1);
        let record = &mut worker.record;
        let mut has_rolled = false;
        let counter = match ending {
            Ending::Settled { price_cut, fee_cut } => {
                has_rolled = Self::earn_cuts(id, record, price_cut, fee_cut);
                &mut record.settled
            }
            Ending::Declined => &mut record.declined,
            Ending::Spoilt => &mut record.spoilt,
            Ending::Expired => &mut record.expired,
        };
        *counter = counter.saturating_add(1);
        Workers::<T>::insert(id, worker);
        has_rolled
    }

    /// Brings the record to the epoch that runs and adds cuts that came in. Whether credit of an
    /// earlier epoch was handed on.
    fn earn_cuts(
        id: &T::AccountId,
        record: &mut WorkerRecord,
        price_cut: Balance,
        fee_cut: Balance,
    ) -> bool {
        let running = T::Clock::epoch();
        let has_rolled = Self::roll_credit(id, record, running);
        let left = decayed(record.standing, running.saturating_sub(record.epoch));
        record.standing = left.saturating_add(price_cut).saturating_add(fee_cut);
        record.credit = record.credit.saturating_add(fee_cut);
        record.epoch = running;
        has_rolled
    }

    /// Hands on credit of an epoch that is over. Whether there was some.
    fn roll_credit(id: &T::AccountId, record: &mut WorkerRecord, running: Epoch) -> bool {
        let is_over = record.epoch < running && record.credit > 0;
        if is_over {
            T::Credits::note(id, record.epoch, core::mem::take(&mut record.credit));
        }
        is_over
    }

    /// Changes the record of a worker, or of one that has left.
    fn change_record(id: &T::AccountId, change: impl FnOnce(&mut WorkerRecord)) {
        match Workers::<T>::get(id) {
            Some(mut worker) => {
                change(&mut worker.record);
                Workers::<T>::insert(id, worker);
            }
            None => Records::<T>::mutate_exists(id, |row| {
                let mut record = row.take().unwrap_or_default();
                change(&mut record);
                *row = Some(record).filter(|record| *record != Default::default());
            }),
        }
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
        let passed = T::Clock::epoch().saturating_sub(record.epoch);
        Record {
            settled: record.settled,
            declined: record.declined,
            spoilt: record.spoilt,
            expired: record.expired,
            standing: decayed(record.standing, passed),
        }
    }
}

impl<T: Config> Earners<T::AccountId> for Pallet<T> {
    fn earn(worker: &T::AccountId, price_cut: Balance, fee_cut: Balance) {
        Self::change_record(worker, |record| {
            Self::earn_cuts(worker, record, price_cut, fee_cut);
        });
    }

    fn roll(worker: &T::AccountId) {
        let running = T::Clock::epoch();
        Self::change_record(worker, |record| {
            Self::roll_credit(worker, record, running);
        });
    }

    fn payout(worker: &T::AccountId) -> T::AccountId {
        Workers::<T>::get(worker).map_or_else(|| worker.clone(), |found| found.payout)
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
