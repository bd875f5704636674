//! Who decides: holders of the token by referenda, and a technical committee that may make one of
//! them quicker.
//!
//! Everything here counts in ticks, by one clock: referenda and the scheduler must agree on it. The
//! committee's motions alone count blocks.

use crate::*;
use configs::{
    agenda::NextFreeAgenda,
    economy::Treasury as TreasuryAccount,
    money::{DepositPerByte, DepositPerItem, Money, MAI},
    origins::{Canceller, Killer, RootOr, Spender, WhitelistedCaller},
    tracks::{Tracks, DAYS, HOURS},
    votes::VotingMoney,
};
use core::cmp::Ordering;
use cumulus_pallet_parachain_system::{OnSystemEvent, RelaychainDataProvider};
use cumulus_primitives_core::PersistedValidationData;
use frame_support::{
    parameter_types,
    traits::{
        fungible::{HoldConsideration, Inspect},
        tokens::{Pay, PaymentStatus, UnityOrOuterConversion},
        AsEnsureOriginWithArg, ConstU32, Equals, Get, LinearStoragePrice, PrivilegeCmp,
    },
    weights::Weight,
    PalletId,
};
use frame_system::{EnsureRoot, EnsureSigned, RawOrigin};
use myai_primitives::Asset;
use myai_support::Money as _;
use pallet_collective::EnsureProportionAtLeast;
use sp_runtime::{traits::IdentityLookup, DispatchError, Perbill, Permill};

/// The relay chain's block number. A call in a block sees that of its block; a hook at the block's
/// beginning, and so all that the scheduler runs, sees that of the block before.
pub type RelayClock = RelaychainDataProvider<Runtime>;

/// `REAL` ticks, but `TEST` on the test chains of one machine, where people and tests wait for it.
pub struct Ticks<const REAL: BlockNumber, const TEST: BlockNumber>;

impl<const REAL: BlockNumber, const TEST: BlockNumber> Get<BlockNumber> for Ticks<REAL, TEST> {
    fn get() -> BlockNumber {
        if presets::is_test_chain() {
            TEST
        } else {
            REAL
        }
    }
}

parameter_types! {
    pub const PreimageDeposit: RuntimeHoldReason =
        RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
}

impl pallet_preimage::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
    type Currency = Balances;
    type ManagerOrigin = EnsureRoot<AccountId>;
    type Consideration = HoldConsideration<
        AccountId,
        Balances,
        PreimageDeposit,
        LinearStoragePrice<DepositPerItem, DepositPerByte, Balance>,
    >;
}

parameter_types! {
    // After an outage the scheduler looks at each tick that passed: what it may take of a block is
    // taken from jobs, and decides how many blocks that lasts.
    pub MaximumSchedulerWeight: Weight =
        Perbill::from_percent(50) * configs::system::MAXIMUM_BLOCK_WEIGHT;
}

/// `Root` can take back what any origin had scheduled.
pub struct RootAboveAll;

impl PrivilegeCmp<OriginCaller> for RootAboveAll {
    fn cmp_privilege(left: &OriginCaller, right: &OriginCaller) -> Option<Ordering> {
        let root = OriginCaller::system(RawOrigin::Root);
        match (left == right, *left == root, *right == root) {
            (true, ..) => Some(Ordering::Equal),
            (_, true, _) => Some(Ordering::Greater),
            (_, _, true) => Some(Ordering::Less),
            _ => None,
        }
    }
}

impl pallet_scheduler::Config for Runtime {
    type RuntimeOrigin = RuntimeOrigin;
    type RuntimeEvent = RuntimeEvent;
    type PalletsOrigin = OriginCaller;
    type RuntimeCall = RuntimeCall;
    type MaximumWeight = MaximumSchedulerWeight;
    type ScheduleOrigin = EnsureRoot<AccountId>;
    type OriginPrivilegeCmp = RootAboveAll;
    // Each referendum of the same tick takes one; as many as the weights were measured with.
    type MaxScheduledPerBlock = ConstU32<512>;
    type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
    type Preimages = Preimage;
    type BlockNumberProvider = RelayClock;
}

/// Has the scheduler begin with the clock. In the first block the relay chain's number is not known
/// yet when the scheduler looks: without this it would walk through all of them since zero,
/// millions, before it comes to what was scheduled.
pub struct StartScheduler;

impl OnSystemEvent for StartScheduler {
    fn on_validation_data(data: &PersistedValidationData) {
        if System::block_number() == 1 {
            let next = data.relay_parent_number.saturating_add(1);
            pallet_scheduler::IncompleteSince::<Runtime>::put(next);
        }
    }

    fn on_validation_code_applied() {}

    fn on_relay_state_proof(
        _: &cumulus_pallet_parachain_system::relay_state_snapshot::RelayChainStateProof,
    ) -> Weight {
        Weight::zero()
    }
}

parameter_types! {
    pub const SubmissionDeposit: Balance = 10 * MAI;
}

/// How long a referendum waits for its decision deposit.
pub type UndecidingTimeout = Ticks<{ 14 * DAYS }, 100>;

impl pallet_referenda::Config for Runtime {
    type WeightInfo = pallet_referenda::weights::SubstrateWeight<Runtime>;
    type RuntimeCall = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    type Scheduler = NextFreeAgenda;
    type Currency = Balances;
    type SubmitOrigin = AsEnsureOriginWithArg<EnsureSigned<AccountId>>;
    type CancelOrigin = RootOr<Canceller>;
    type KillOrigin = RootOr<Killer>;
    type Slash = Treasury;
    type Votes = Balance;
    type Tally = pallet_conviction_voting::TallyOf<Runtime>;
    type SubmissionDeposit = SubmissionDeposit;
    type MaxQueued = ConstU32<100>;
    type UndecidingTimeout = UndecidingTimeout;
    type AlarmInterval = ConstU32<1>;
    type Tracks = Tracks;
    type Preimages = Preimage;
    type BlockNumberProvider = RelayClock;
}

/// All tokens that somebody owns, though what is held for something else than a vote cannot vote:
/// neither the treasury's, nor what lies in the vault for others, nor the collators' pot.
pub struct MaxTurnout;

impl Get<Balance> for MaxTurnout {
    fn get() -> Balance {
        let nobodys = [RewardSplit::vault(), CollatorSelection::account_id()]
            .iter()
            .map(<Balances as Inspect<AccountId>>::total_balance)
            .fold(0, Balance::saturating_add);
        // The treasury's are inactive.
        <Balances as Inspect<AccountId>>::active_issuance()
            .saturating_sub(nobodys)
            .max(1)
    }
}

/// At least as long as the longest enactment period: who decides lives with it.
pub type VoteLockingPeriod = Ticks<{ 7 * DAYS }, 10>;

impl pallet_conviction_voting::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_conviction_voting::weights::SubstrateWeight<Runtime>;
    type Currency = VotingMoney;
    type Polls = Referenda;
    type MaxTurnout = MaxTurnout;
    // On one track at a time. Delegating moves as many votes, and has to fit into a block.
    type MaxVotes = ConstU32<50>;
    type VoteLockingPeriod = VoteLockingPeriod;
    type BlockNumberProvider = RelayClock;
    type VotingHooks = ();
}

parameter_types! {
    pub MaxMotionWeight: Weight =
        Perbill::from_percent(50) * configs::system::MAXIMUM_BLOCK_WEIGHT;
}

pub type TechnicalCollective = pallet_collective::Instance1;

impl pallet_collective::Config<TechnicalCollective> for Runtime {
    type RuntimeOrigin = RuntimeOrigin;
    type Proposal = RuntimeCall;
    type RuntimeEvent = RuntimeEvent;
    // Three days of our blocks.
    type MotionDuration = ConstU32<{ 3 * DAYS }>;
    // Of all members together. One that fills them is stopped by the others' nays, motion by motion.
    type MaxProposals = ConstU32<100>;
    type MaxMembers = ConstU32<100>;
    type DefaultVote = pallet_collective::PrimeDefaultVote;
    type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
    type SetMembersOrigin = EnsureRoot<AccountId>;
    type MaxProposalWeight = MaxMotionWeight;
    type DisapproveOrigin = EnsureRoot<AccountId>;
    type KillOrigin = EnsureRoot<AccountId>;
    type Consideration = ();
}

impl pallet_whitelist::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type WhitelistOrigin = RootOr<EnsureProportionAtLeast<AccountId, TechnicalCollective, 2, 3>>;
    type DispatchWhitelistedOrigin = RootOr<WhitelistedCaller>;
    type Preimages = Preimage;
    type DeferredDispatchExpiration = ConstU32<{ 12 * HOURS }>;
    type BlockNumberProvider = RelayClock;
    type WeightInfo = pallet_whitelist::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    pub const TreasuryId: PalletId = parachains_common::TREASURY_PALLET_ID;
    pub const NoBurn: Permill = Permill::zero();
}

/// Pays from the treasury's account, which always stays alive: else what it gets next could be too
/// small to open it.
pub struct PayFromTreasury;

impl Pay for PayFromTreasury {
    type Balance = Balance;
    type Beneficiary = AccountId;
    type AssetKind = Asset;
    type Id = ();
    type Error = DispatchError;

    fn pay(who: &AccountId, asset: Asset, amount: Balance) -> Result<(), DispatchError> {
        Money::transfer(&asset, &TreasuryAccount::get(), who, amount)
    }

    fn check_payment((): ()) -> PaymentStatus {
        PaymentStatus::Success
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn ensure_successful(_: &AccountId, asset: Asset, amount: Balance) {
        benchmarks::fill_treasury(asset, amount);
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn ensure_concluded((): ()) {}
}

parameter_types! {
    pub const Native: Asset = Asset::Native;
}

impl pallet_treasury::Config for Runtime {
    type Currency = Balances;
    // Only approved spends can be voided, until they are paid.
    type RejectOrigin = EnsureRoot<AccountId>;
    type RuntimeEvent = RuntimeEvent;
    // Nothing is burned and nothing waits for a period.
    type SpendPeriod = ConstU32<{ 7 * DAYS }>;
    type Burn = NoBurn;
    type PalletId = TreasuryId;
    type BurnDestination = ();
    type WeightInfo = pallet_treasury::weights::SubstrateWeight<Runtime>;
    type SpendFunds = ();
    // None of the calls that are deprecated.
    type MaxApprovals = ConstU32<0>;
    type SpendOrigin = Spender;
    type AssetKind = Asset;
    type Beneficiary = AccountId;
    type BeneficiaryLookup = IdentityLookup<AccountId>;
    type Paymaster = PayFromTreasury;
    type BalanceConverter = UnityOrOuterConversion<Equals<Native>, AssetRate>;
    type PayoutPeriod = ConstU32<{ 30 * DAYS }>;
    type BlockNumberProvider = RelayClock;
    #[cfg(feature = "runtime-benchmarks")]
    type BenchmarkHelper = benchmarks::Helper;
}
