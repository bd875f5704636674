//! What moderation may stop for a while: one subject, or all new work.

use crate::{DatasetId, ModelId, Tick, VersionId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;

/// What is suspended.
#[derive(
    Clone,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub enum Subject<AccountId> {
    /// A model with all its versions.
    #[codec(index = 0)]
    Model(ModelId),
    #[codec(index = 1)]
    Version(VersionId),
    #[codec(index = 2)]
    Dataset(DatasetId),
    /// The account of a worker's bond, registered or not.
    #[codec(index = 3)]
    Worker(AccountId),
}

/// From when to when something is suspended, ticks of `now`.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Suspension {
    pub since: Tick,
    /// First tick at which it is over.
    pub until: Tick,
}

impl Suspension {
    pub fn is_running(&self, now: Tick) -> bool {
        now < self.until
    }

    /// First tick at which others than `Root` may suspend the same again: as long again has passed
    /// as it lasted.
    pub fn rests_until(&self) -> Tick {
        let length = self.until.saturating_sub(self.since);
        self.until.saturating_add(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspension_rests_as_long_as_it_lasted() {
        let suspension = Suspension {
            since: 10,
            until: 25,
        };
        assert!(suspension.is_running(24) && !suspension.is_running(25));
        assert_eq!(suspension.rests_until(), 40);
        let last = Suspension {
            until: Tick::MAX,
            ..suspension
        };
        assert_eq!(last.rests_until(), Tick::MAX);
    }
}
