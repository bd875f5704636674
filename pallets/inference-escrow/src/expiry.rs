//! The sweep: in what a block leaves idle it ends jobs whose deadline has passed, and removes rows of
//! ended ones that were kept long enough. Nothing depends on it: `expire` works without. Owns
//! `EndCursor`.
//!
//! `Deadlines` is in the order of its ticks, written once when a job opens, and read by two
//! cursors. The removing one is the head of the queue; it stops at an open job and at one that is
//! still kept. The ending one goes on from the last entry that it looked at, whose key may be gone;
//! it never counts ticks, so a gap in the clock costs nothing, and jobs that settled long ago do
//! not keep it from those that are overdue.

use crate::{
    types::{due_tick, JobRow},
    Config, Deadlines, EndCursor, Jobs, Pallet, WeightInfo,
};
use frame_support::{defensive, weights::WeightMeter};
use myai_support::{Clock, RulesAt};

/// Most rows that each cursor of one block's sweep goes on by, whatever weight is left.
pub const MAX_SWEEP: u32 = 100;

impl<T: Config> Pallet<T> {
    pub(crate) fn sweep(meter: &mut WeightMeter) {
        Self::sweep_ends(meter);
        Self::sweep_removals(meter);
    }

    fn sweep_ends(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::sweep_look()).is_err() {
            return;
        }
        let served = T::Clock::served();
        let cursor = EndCursor::<T>::get();
        let keys = match cursor {
            Some((due, id)) => {
                Deadlines::<T>::iter_keys_from(Deadlines::<T>::hashed_key_for(due, id))
            }
            None => Deadlines::<T>::iter_keys(),
        };
        let mut last = cursor;
        for (due, id) in keys.take(MAX_SWEEP as usize) {
            // At the deadline itself an attestation still counts.
            if due_tick(due) >= served || meter.try_consume(T::WeightInfo::sweep_pass()).is_err() {
                break;
            }
            if let Some(JobRow::Open(job)) = Jobs::<T>::get(id) {
                if meter.try_consume(T::WeightInfo::sweep_end()).is_err() {
                    break;
                }
                Self::end_expired(id, job);
            }
            last = Some((due, id));
        }
        if last != cursor {
            EndCursor::<T>::set(last);
        }
    }

    fn sweep_removals(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::sweep_look()).is_err() {
            return;
        }
        let Ok(rules) = T::RulesAt::current() else {
            defensive!("genesis writes the rules");
            return;
        };
        let (served, kept) = (T::Clock::served(), rules.list.answer_kept());
        for (due, id) in Deadlines::<T>::iter_keys().take(MAX_SWEEP as usize) {
            let due = due_tick(due);
            if served <= due.saturating_add(kept)
                || meter.try_consume(T::WeightInfo::sweep_remove()).is_err()
                || matches!(Jobs::<T>::get(id), Some(JobRow::Open(_)))
            {
                return;
            }
            Self::forget(id, due);
        }
    }
}
