//! What a reader is shown of referenda: the tracks that they run on, how each stands.

use crate::{Balance, Hash32, Ppm, Tick};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;

/// Longest call that a referendum's view carries, in bytes; of a longer one there is the hash.
pub const MAX_SHOWN_CALL: u32 = 4_096;

/// A track: what runs on it has one origin, and these periods and deposits.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct TrackView {
    pub id: u16,
    /// UTF-8.
    pub name: Vec<u8>,
    /// How many referenda it decides at a time.
    pub max_deciding: u32,
    /// What must be placed before it is decided, pico.
    pub decision_deposit: Balance,
    /// From the submission until it may be decided.
    pub prepare_period: Tick,
    /// Longest time of deciding.
    pub decision_period: Tick,
    /// How long it must pass without a break.
    pub confirm_period: Tick,
    /// From the approval until the call is made, at least.
    pub min_enactment_period: Tick,
}

/// How this chain decides.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct GovernanceView {
    /// What a proposer has on deposit, pico; it comes back when the referendum is approved or
    /// cancelled.
    pub submission_deposit: Balance,
    /// How long a referendum waits for its decision deposit.
    pub undeciding_timeout: Tick,
    /// How long a vote of one time locks its tokens after the referendum, where it won.
    pub vote_locking_period: Tick,
    /// In the order of their ids.
    pub tracks: Vec<TrackView>,
}

/// When the call is made once it is approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum Enactment {
    #[codec(index = 0)]
    At(Tick),
    #[codec(index = 1)]
    After(Tick),
}

/// Since when it is decided, and when it ends if it passes all the time until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct Deciding {
    pub since: Tick,
    /// First tick at which it is approved; `None` while it does not pass.
    pub confirmed_at: Option<Tick>,
}

/// A referendum that is not decided.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct OngoingView<AccountId> {
    pub track: u16,
    pub proposer: AccountId,
    /// The call, in SCALE; `None` where nobody has noted it, or it is longer than
    /// [`MAX_SHOWN_CALL`].
    pub call: Option<Vec<u8>>,
    pub call_hash: Hash32,
    pub submitted: Tick,
    pub enactment: Enactment,
    pub has_decision_deposit: bool,
    pub deciding: Option<Deciding>,
    /// Votes by conviction: tokens times their weight.
    pub ayes: Balance,
    pub nays: Balance,
    /// Tokens that voted aye or abstained, without conviction.
    pub support: Balance,
    /// Of all votes, and what is asked for now.
    pub approval: Ppm,
    pub approval_needed: Ppm,
    /// Of all tokens that can vote, and what is asked for now.
    pub support_share: Ppm,
    pub support_needed: Ppm,
}

choices! {
    /// How a referendum ended.
    ReferendumOutcome {
        Approved = 0,
        Rejected = 1,
        Cancelled = 2,
        /// Nobody placed its decision deposit in time.
        TimedOut = 3,
        /// Cancelled as malicious: its deposits went to the treasury.
        Killed = 4,
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub enum ReferendumState<AccountId> {
    #[codec(index = 0)]
    Ongoing(OngoingView<AccountId>),
    #[codec(index = 1)]
    Ended {
        outcome: ReferendumOutcome,
        at: Tick,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, TypeInfo)]
pub struct ReferendumView<AccountId> {
    pub index: u32,
    pub state: ReferendumState<AccountId>,
}
