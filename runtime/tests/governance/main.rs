//! Who decides what, and how: whole referenda on real blocks of a test chain, and what stands in the
//! document for voters.

#[path = "../support/blocks.rs"]
mod blocks;
#[expect(dead_code, reason = "other tests use the rest")]
#[path = "../support/mod.rs"]
mod support;

mod clock;
mod origins;
mod referenda;
mod tracks;
mod treasury;

use blocks::{events, on_real_blocks, Blocks, FIRST};
use codec::Encode;
use configs::{
    governance::{MaxTurnout, TechnicalCollective},
    money::EXISTENTIAL_DEPOSIT,
    origins::Origin,
    tracks::{Tracks, DAYS, HOURS, TRACKS},
};
use frame_support::{
    assert_noop,
    traits::{schedule::DispatchTime, Bounded, Get},
    weights::Weight,
};
use pallet_conviction_voting::{AccountVote, Conviction, Vote};
use pallet_foreign_assets::ForeignAsset;
use pallet_referenda::{ReferendumInfo, TracksInfo};
use sp_runtime::{
    traits::{BlakeTwo256, Hash},
    DispatchError, DispatchResult, FixedU128, Perbill,
};
use staging_xcm::latest::Location;
use support::*;

type Rewards = pallet_reward_split::Call<Runtime>;
type Registry = pallet_model_registry::Call<Runtime>;
type Committee = pallet_collective::Call<Runtime, TechnicalCollective>;
type Voting = pallet_conviction_voting::Call<Runtime>;
type Polls = pallet_referenda::Call<Runtime>;
type TreasuryCall = pallet_treasury::Call<Runtime>;

/// All who have tokens at first, a million each.
const PEOPLE: [Who; 6] = [
    Who::Alice,
    Who::Bob,
    Who::Charlie,
    Who::Dave,
    Who::Eve,
    Who::Ferdie,
];

/// What each of them votes with: together more than half of all.
const VOTE: Balance = 600_000 * MAI;

/// More blocks than any referendum of a test chain lasts.
const LONG: u32 = 60;

fn treasury() -> AccountId {
    configs::economy::Treasury::get()
}

fn root_origin() -> OriginCaller {
    frame_system::RawOrigin::Root.into()
}

/// Proposes a call whose bytes are noted first; the referendum's number.
fn submit(who: Who, origin: impl Into<OriginCaller>, proposal: impl Into<RuntimeCall>) -> u32 {
    let bytes = proposal.into().encode();
    let hash = BlakeTwo256::hash(&bytes);
    let len = bytes.len() as u32;
    if !pallet_preimage::RequestStatusFor::<Runtime>::contains_key(hash) {
        assert_ok!(call(who, pallet_preimage::Call::note_preimage { bytes }));
    }
    let index = pallet_referenda::ReferendumCount::<Runtime>::get();
    assert_ok!(call(
        who,
        Polls::submit {
            proposal_origin: Box::new(origin.into()),
            proposal: Bounded::Lookup { hash, len },
            enactment_moment: DispatchTime::After(0),
        }
    ));
    index
}

fn deposit(who: Who, index: u32) {
    assert_ok!(call(who, Polls::place_decision_deposit { index }));
}

fn vote(who: Who, index: u32, aye: bool, balance: Balance) -> DispatchResult {
    let vote = Vote {
        aye,
        conviction: Conviction::Locked1x,
    };
    call(
        who,
        Voting::vote {
            poll_index: index,
            vote: AccountVote::Standard { vote, balance },
        },
    )
}

fn all_vote(index: u32, aye: bool) {
    for who in PEOPLE {
        assert_ok!(vote(who, index, aye, VOTE));
    }
}

/// What came of the referendum's call, if it was enacted by now.
fn enacted(blocks: &mut Blocks, index: u32) -> Option<DispatchResult> {
    let name = (*b"assembly", "enactment", index).using_encoded(sp_io::hashing::blake2_256);
    blocks.until(LONG, |event| match event {
        RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched {
            id: Some(id),
            result,
            ..
        }) if *id == name => Some(*result),
        _ => None,
    })
}

/// All agree; gives what came of the call.
fn decide(
    blocks: &mut Blocks,
    origin: impl Into<OriginCaller>,
    proposal: impl Into<RuntimeCall>,
) -> DispatchResult {
    let index = submit(Who::Alice, origin, proposal);
    deposit(Who::Alice, index);
    all_vote(index, true);
    enacted(blocks, index).expect("is enacted")
}

fn info(index: u32) -> pallet_referenda::ReferendumInfoOf<Runtime, ()> {
    pallet_referenda::ReferendumInfoFor::<Runtime>::get(index).expect("there is one")
}

fn set_royalty(ppm: u128) -> RuntimeCall {
    Registry::set_rule {
        rule: Rule::MaxRoyalty,
        value: ppm,
    }
    .into()
}

fn max_royalty() -> u128 {
    ModelRegistry::rules_view().list.max_royalty().0.into()
}
