//! Who makes blocks, and how they reach the relay chain.

use crate::*;
use cumulus_pallet_parachain_system::RelayNumberMonotonicallyIncreases;
use cumulus_primitives_core::AggregateMessageOrigin;
use frame_support::{
    parameter_types,
    traits::{ConstBool, ConstU32, ConstU64, EnqueueWithOrigin},
    weights::Weight,
    PalletId,
};
use frame_system::EnsureRoot;

/// Whose turn it is to make blocks changes every 6 seconds.
pub const SLOT_DURATION: u64 = 6_000;
pub const RELAY_PARENT_OFFSET: u32 = 0;
const RELAY_SLOT_MILLIS: u32 = 6_000;
/// One every 6 seconds. As many as the parachain has cores of the relay chain, for elastic scaling:
/// `docs/deploying.md` says what else that takes.
pub const BLOCKS_A_RELAY_BLOCK: u32 = 1;
/// How many the parachain is ahead of the relay chain at most (asynchronous backing): what becomes
/// of one is known two relay blocks later.
const MAX_UNINCLUDED: u32 = 2 * BLOCKS_A_RELAY_BLOCK + 1;

pub type ConsensusHook = cumulus_pallet_aura_ext::FixedVelocityConsensusHook<
    Runtime,
    RELAY_SLOT_MILLIS,
    BLOCKS_A_RELAY_BLOCK,
    MAX_UNINCLUDED,
>;

parameter_types! {
    pub const ReservedWeight: Weight = configs::system::MAXIMUM_BLOCK_WEIGHT.saturating_div(4);
    pub const RelayOrigin: AggregateMessageOrigin = AggregateMessageOrigin::Parent;
}

impl cumulus_pallet_parachain_system::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = ();
    type OnSystemEvent = configs::governance::StartScheduler;
    type SelfParaId = staging_parachain_info::Pallet<Runtime>;
    type DmpQueue = EnqueueWithOrigin<MessageQueue, RelayOrigin>;
    type ReservedDmpWeight = ReservedWeight;
    type OutboundXcmpMessageSource = XcmpQueue;
    type XcmpMessageHandler = XcmpQueue;
    type ReservedXcmpWeight = ReservedWeight;
    type CheckAssociatedRelayNumber = RelayNumberMonotonicallyIncreases;
    type ConsensusHook = ConsensusHook;
    type RelayParentOffset = ConstU32<RELAY_PARENT_OFFSET>;
    type SchedulingSignatureVerifier = ();
}

impl staging_parachain_info::Config for Runtime {}

impl cumulus_pallet_aura_ext::Config for Runtime {}

impl pallet_aura::Config for Runtime {
    type AuthorityId = AuraId;
    type DisabledValidators = ();
    type MaxAuthorities = ConstU32<1_000>;
    type AllowMultipleBlocksPerSlot = ConstBool<true>;
    type SlotDuration = ConstU64<SLOT_DURATION>;
}

impl pallet_authority_discovery::Config for Runtime {
    type MaxAuthorities = ConstU32<1_000>;
}

impl pallet_authorship::Config for Runtime {
    type FindAuthor = pallet_session::FindAccountFromAuthorIndex<Self, Aura>;
    type EventHandler = (CollatorSelection, Issuance);
}

/// Pays the author of each block its part of issuance. Here, and nowhere else: whoever asks
/// pallet-authorship at a block's end makes it forget who the next one's author is.
pub struct Issuance;

impl pallet_authorship::EventHandler<AccountId, BlockNumber> for Issuance {
    fn note_author(author: AccountId) {
        RewardSplit::pay_author(&author);
    }
}

parameter_types! {
    /// Six hours, in blocks of six seconds.
    pub const SessionLength: BlockNumber = 6 * 600;
    pub const SessionOffset: BlockNumber = 0;
    pub const PotId: PalletId = PalletId(*b"PotStake");
    pub const MaxInvulnerables: u32 = 20;
    pub const SessionKeyDeposit: Balance = configs::money::deposit(2, 128);
}

impl pallet_session::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ValidatorId = AccountId;
    type ValidatorIdOf = pallet_collator_selection::IdentityCollator;
    type ShouldEndSession = pallet_session::PeriodicSessions<SessionLength, SessionOffset>;
    type NextSessionRotation = pallet_session::PeriodicSessions<SessionLength, SessionOffset>;
    type SessionManager = CollatorSelection;
    type SessionHandler = <SessionKeys as sp_runtime::traits::OpaqueKeys>::KeyTypeIdProviders;
    type Keys = SessionKeys;
    type DisablingStrategy = ();
    type WeightInfo = pallet_session::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type KeyDeposit = SessionKeyDeposit;
}

impl pallet_collator_selection::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type Currency = Balances;
    type UpdateOrigin = EnsureRoot<AccountId>;
    type PotId = PotId;
    type MaxCandidates = ConstU32<100>;
    type MinEligibleCollators = ConstU32<1>;
    type MaxInvulnerables = MaxInvulnerables;
    type KickThreshold = SessionLength;
    type ValidatorId = AccountId;
    type ValidatorIdOf = pallet_collator_selection::IdentityCollator;
    type ValidatorRegistration = Session;
    type WeightInfo = pallet_collator_selection::weights::SubstrateWeight<Runtime>;
}
