//! Time in ticks. Owns `Clock`, which each block writes in its `on_finalize`.

use crate::{Clock, Config, Pallet, Reading};
use myai_primitives::{Epoch, Tick};
use sp_runtime::traits::BlockNumberProvider;

/// Most ticks that a gap between two of our blocks counts, so that an outage of the chain eats
/// nobody's time.
pub const MAX_GAP: Tick = 10;

impl<T: Config> myai_support::Clock for Pallet<T> {
    fn now() -> Tick {
        T::RelayNumber::current_block_number()
    }

    fn served() -> Tick {
        Self::reading().served
    }

    fn epoch() -> Epoch {
        Self::running_epoch()
    }
}

impl<T: Config> Pallet<T> {
    /// The clock at this block's relay number. Before the first block's end nothing was served:
    /// relay numbers do not begin at zero.
    fn reading() -> Reading {
        let now = T::RelayNumber::current_block_number();
        match Clock::<T>::get() {
            None => Reading {
                last: now,
                served: 0,
            },
            // Before this block's inherent the number may still be an older one.
            Some(Reading { last, served }) => Reading {
                last: last.max(now),
                served: served.saturating_add(now.saturating_sub(last).min(MAX_GAP)),
            },
        }
    }

    /// Writes the clock, and says what it was and what it is.
    pub(crate) fn write_clock() -> (Option<Reading>, Reading) {
        let (before, now) = (Clock::<T>::get(), Self::reading());
        Clock::<T>::put(now);
        (before, now)
    }
}
