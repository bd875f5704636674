//! The bounded numbers that governance sets. A set of rules is a list by number, so that a new rule
//! changes no row that is stored and no API.

use crate::{Balance, Ppm, Revision, Tick, MAI};
use bounded_collections::{BoundedVec, ConstU32};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Most rules that a set can hold.
pub const MAX_RULES: u32 = 64;

/// Longest that a job may run under any rules, in ticks of service.
pub const MAX_JOB_DURATION: Tick = 100_800;

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident = $number:literal: $default:expr, $min:expr, $max:expr;)*) => {
        /// A rule by its number. Numbers are never given again; 5 to 12 are left free for what is
        /// not built yet (reveal bond, bonded window, lock multiple, least lock, posted output,
        /// delivery, session grace, longest session).
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode,
            DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
        )]
        pub enum Rule {
            $($(#[$doc])* #[codec(index = $number)] $name = $number,)*
        }

        impl Rule {
            /// Every rule, in the order of numbers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What is in force until governance sets something else. It never changes in code:
            /// revisions written before a rule existed read it.
            pub fn default_value(self) -> u128 {
                match self { $(Self::$name => $default,)* }
            }

            /// The least and the greatest value that may be set.
            pub fn bounds(self) -> (u128, u128) {
                match self { $(Self::$name => ($min, $max),)* }
            }
        }
    };
}

rules! {
    /// Most that a version's royalties and dataset shares may sum to, ppm.
    MaxRoyalty = 0: 400_000, 0, 500_000;
    /// The network's cut of each price and fee, ppm.
    NetworkShare = 1: 25_000, 0, 100_000;
    /// Least native bond of a worker, pico.
    MinWorkerBond = 2: 100 * MAI, MAI, 100_000 * MAI;
    /// Shortest duration of a job, ticks; at most the longest.
    MinJobDuration = 3: 10, 5, MAX_JOB_DURATION as u128;
    /// Longest duration of a job, ticks; at least the shortest.
    MaxJobDuration = 4: 14_400, 5, MAX_JOB_DURATION as u128;
    /// Longest that something may be suspended, or all new work be stopped, by one call; ticks.
    MaxSuspension = 13: 201_600, 0, 1_051_920;
    /// Least notice of a revocation, ticks.
    MinRevokeNotice = 14: 14_400, 0, 1_051_920;
    /// How long after a job's deadline the chain keeps how it ended, ticks of service. The one rule
    /// that is not pinned.
    AnswerKept = 15: 14_400, 100, 100_800;
    /// What of a job's deposit its payer loses who spoilt it, ppm.
    SpoiltCharge = 16: 333_333, 0, 1_000_000;
    /// Deposit of an open job that is paid in the token, pico.
    JobDeposit = 17: 30 * MAI / 1_000, MAI / 1_000, MAI;
}

/// One value of a set.
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
    Serialize,
    Deserialize,
)]
pub struct RuleValue {
    /// Of [`Rule`]; a plain number, so that readers of an older release read newer sets.
    pub rule: u8,
    #[codec(compact)]
    pub value: u128,
}

/// The rules of one revision, in the order of numbers. A rule that is not listed has its default.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct RuleSet(pub BoundedVec<RuleValue, ConstU32<MAX_RULES>>);

/// A set of rules and its number.
#[derive(
    Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Rules {
    pub revision: Revision,
    pub list: RuleSet,
}

/// Why a rule cannot have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleError {
    OutOfBounds,
    /// The shortest job would be longer than the longest.
    DurationsCross,
}

impl Default for RuleSet {
    fn default() -> Self {
        let all = Rule::ALL.iter().map(|rule| RuleValue {
            rule: *rule as u8,
            value: rule.default_value(),
        });
        Self(BoundedVec::truncate_from(all.collect()))
    }
}

impl RuleSet {
    pub fn get(&self, rule: Rule) -> u128 {
        self.0
            .iter()
            .find(|v| v.rule == rule as u8)
            .map_or_else(|| rule.default_value(), |v| v.value)
    }

    /// These rules with one changed.
    pub fn with(mut self, rule: Rule, value: u128) -> Result<Self, RuleError> {
        let (min, max) = rule.bounds();
        if !(min..=max).contains(&value) {
            return Err(RuleError::OutOfBounds);
        }
        let value = RuleValue {
            rule: rule as u8,
            value,
        };
        match self.0.binary_search_by_key(&value.rule, |v| v.rule) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    *slot = value;
                }
            }
            // There are fewer rules than places.
            Err(at) => self
                .0
                .try_insert(at, value)
                .map_err(|_| RuleError::OutOfBounds)?,
        }
        if self.min_job_duration() > self.max_job_duration() {
            return Err(RuleError::DurationsCross);
        }
        Ok(self)
    }

    fn tick(&self, rule: Rule) -> Tick {
        Tick::try_from(self.get(rule)).unwrap_or(Tick::MAX)
    }

    fn ppm(&self, rule: Rule) -> Ppm {
        Ppm(u32::try_from(self.get(rule)).unwrap_or(u32::MAX))
    }

    pub fn max_royalty(&self) -> Ppm {
        self.ppm(Rule::MaxRoyalty)
    }
    pub fn network_share(&self) -> Ppm {
        self.ppm(Rule::NetworkShare)
    }
    pub fn min_worker_bond(&self) -> Balance {
        self.get(Rule::MinWorkerBond)
    }
    pub fn min_job_duration(&self) -> Tick {
        self.tick(Rule::MinJobDuration)
    }
    pub fn max_job_duration(&self) -> Tick {
        self.tick(Rule::MaxJobDuration)
    }
    pub fn max_suspension(&self) -> Tick {
        self.tick(Rule::MaxSuspension)
    }
    pub fn min_revoke_notice(&self) -> Tick {
        self.tick(Rule::MinRevokeNotice)
    }
    pub fn answer_kept(&self) -> Tick {
        self.tick(Rule::AnswerKept)
    }
    pub fn spoilt_charge(&self) -> Ppm {
        self.ppm(Rule::SpoiltCharge)
    }
    pub fn job_deposit(&self) -> Balance {
        self.get(Rule::JobDeposit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_within_bounds_and_numbers_in_order() {
        let set = RuleSet::default();
        assert!(Rule::ALL.is_sorted_by(|a, b| a < b));
        for rule in Rule::ALL {
            let value = rule.default_value();
            assert_eq!(set.get(*rule), value);
            assert_eq!(set.clone().with(*rule, value), Ok(set.clone()));
            let (min, max) = rule.bounds();
            assert!((min..=max).contains(&value), "{rule:?}");
            assert_eq!(
                set.clone().with(*rule, max + 1),
                Err(RuleError::OutOfBounds),
                "{rule:?}"
            );
        }
    }

    #[test]
    fn a_set_written_before_a_rule_existed_reads_its_default() {
        let old = RuleSet(BoundedVec::truncate_from(alloc::vec![RuleValue {
            rule: 0,
            value: 7
        }]));
        assert_eq!(old.max_royalty(), Ppm(7));
        assert_eq!(old.spoilt_charge(), Ppm(333_333));
        assert_eq!(old.max_suspension(), 201_600);
        let new = old.with(Rule::MinJobDuration, 20).unwrap();
        assert_eq!((new.max_royalty(), new.min_job_duration()), (Ppm(7), 20));
        assert_eq!(
            new.with(Rule::MaxJobDuration, 19),
            Err(RuleError::DurationsCross)
        );
    }
}
