//! The sweep: ends, in what a block leaves idle, jobs whose deadline has passed. Nothing depends on
//! it: `expire` works without.
//!
//! `Deadlines` is kept in the order of its ticks, so the sweep begins at the next deadline, however
//! long the chain stood still or was busy, and an empty queue costs one look.

use crate::{
    types::{due_tick, job_id, job_key},
    Config, Deadlines, Jobs, Pallet, WeightInfo,
};
use frame_support::{defensive, weights::WeightMeter};
use myai_primitives::*;

/// Most jobs that one block's sweep ends, whatever weight is left.
pub const MAX_SWEEP: u32 = 100;

impl<T: Config> Pallet<T> {
    pub(crate) fn sweep(meter: &mut WeightMeter) {
        if meter.try_consume(T::WeightInfo::sweep_look()).is_err() {
            return;
        }
        let served = T::Clock::served();
        for (due, key) in Deadlines::<T>::iter_keys().take(MAX_SWEEP as usize) {
            // At the deadline itself an attestation still counts.
            if due_tick(due) >= served || meter.try_consume(T::WeightInfo::sweep_job()).is_err() {
                return;
            }
            match Jobs::<T>::get(job_key(job_id(key))) {
                Some(job) => Self::end_expired(job_id(key), job),
                None => {
                    defensive!("each entry of the queue is of an open job");
                    Deadlines::<T>::remove(due, key);
                }
            }
        }
    }
}
