//! How referenda stand, for `MyAiApi`.

use crate::{
    configs::{
        governance::{SubmissionDeposit, UndecidingTimeout, VoteLockingPeriod},
        tracks::Tracks,
    },
    *,
};
use frame_support::traits::{schedule::DispatchTime, Bounded, Get, QueryPreimage, VoteTally};
use myai_primitives::{
    Deciding, Enactment, GovernanceView, OngoingView, Ppm, ReferendumOutcome, ReferendumState,
    ReferendumView, Tick, TrackView, MAX_PAGE, MAX_SHOWN_CALL,
};
use pallet_referenda::{ReferendumCount, ReferendumInfo, ReferendumInfoFor, TracksInfo};
use sp_runtime::{traits::BlockNumberProvider, Perbill};

type Status = pallet_referenda::ReferendumStatusOf<Runtime, ()>;

/// How this chain decides.
pub fn governance() -> GovernanceView {
    let track = |track: alloc::borrow::Cow<configs::tracks::Track>| TrackView {
        id: track.id,
        name: name(&track.info.name),
        max_deciding: track.info.max_deciding,
        decision_deposit: track.info.decision_deposit,
        prepare_period: track.info.prepare_period,
        decision_period: track.info.decision_period,
        confirm_period: track.info.confirm_period,
        min_enactment_period: track.info.min_enactment_period,
    };
    GovernanceView {
        submission_deposit: SubmissionDeposit::get(),
        undeciding_timeout: UndecidingTimeout::get(),
        vote_locking_period: VoteLockingPeriod::get(),
        tracks: Tracks::tracks().map(track).collect(),
    }
}

/// A name without the zeros that fill it up.
fn name(padded: &[u8]) -> Vec<u8> {
    padded
        .iter()
        .copied()
        .take_while(|byte| *byte != 0)
        .collect()
}

/// The referendum of that number.
pub fn referendum(index: u32) -> Option<ReferendumView<AccountId>> {
    let ended = |outcome, at| ReferendumState::Ended { outcome, at };
    let state = match ReferendumInfoFor::<Runtime>::get(index)? {
        ReferendumInfo::Ongoing(status) => ReferendumState::Ongoing(ongoing(status)?),
        ReferendumInfo::Approved(at, ..) => ended(ReferendumOutcome::Approved, at),
        ReferendumInfo::Rejected(at, ..) => ended(ReferendumOutcome::Rejected, at),
        ReferendumInfo::Cancelled(at, ..) => ended(ReferendumOutcome::Cancelled, at),
        ReferendumInfo::TimedOut(at, ..) => ended(ReferendumOutcome::TimedOut, at),
        ReferendumInfo::Killed(at) => ended(ReferendumOutcome::Killed, at),
    };
    Some(ReferendumView { index, state })
}

/// Referenda with a number below `before`, newest first. None is ever removed, so a page looks at
/// no more than it shows.
pub fn referenda(before: Option<u32>, limit: u32) -> Vec<ReferendumView<AccountId>> {
    let count = ReferendumCount::<Runtime>::get();
    let before = before.unwrap_or(count).min(count);
    (0..before)
        .rev()
        .take(limit.min(MAX_PAGE) as usize)
        .filter_map(referendum)
        .collect()
}

/// `None` where its track is none any more.
fn ongoing(status: Status) -> Option<OngoingView<AccountId>> {
    let track = Tracks::info(status.track)?;
    let since = status.deciding.as_ref().map(|deciding| deciding.since);
    let elapsed =
        |since: Tick| configs::governance::RelayClock::current_block_number().saturating_sub(since);
    let part = since.map_or(Perbill::zero(), |since| {
        Perbill::from_rational(elapsed(since), track.decision_period.max(1))
    });
    let tally = &status.tally;
    Some(OngoingView {
        track: status.track,
        proposer: status.submission_deposit.who,
        call: call(&status.proposal),
        call_hash: status.proposal.hash().0,
        submitted: status.submitted,
        enactment: match status.enactment {
            DispatchTime::At(tick) => Enactment::At(tick),
            DispatchTime::After(ticks) => Enactment::After(ticks),
        },
        has_decision_deposit: status.decision_deposit.is_some(),
        deciding: status.deciding.map(|deciding| Deciding {
            since: deciding.since,
            confirmed_at: deciding.confirming,
        }),
        ayes: tally.ayes,
        nays: tally.nays,
        support: tally.support,
        approval: ppm(tally.approval(status.track)),
        approval_needed: ppm(track.min_approval.threshold(part)),
        support_share: ppm(tally.support(status.track)),
        support_needed: ppm(track.min_support.threshold(part)),
    })
}

fn call(proposal: &Bounded<RuntimeCall, sp_runtime::traits::BlakeTwo256>) -> Option<Vec<u8>> {
    let length = match proposal {
        Bounded::Inline(bytes) => bytes.len() as u32,
        Bounded::Lookup { len, .. } => *len,
        Bounded::Legacy { hash, .. } => Preimage::len(hash)?,
    };
    if length > MAX_SHOWN_CALL {
        return None;
    }
    match proposal {
        Bounded::Inline(bytes) => Some(bytes.to_vec()),
        Bounded::Lookup { hash, .. } | Bounded::Legacy { hash, .. } => {
            Preimage::fetch(hash, Some(length))
                .ok()
                .map(|bytes| bytes.into_owned())
        }
    }
}

/// A part of a billion in a million, rounded down: what is needed is reached where both say so.
fn ppm(part: Perbill) -> Ppm {
    Ppm(part.deconstruct() / 1_000)
}
