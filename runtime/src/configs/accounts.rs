//! What people do with accounts: batches, multisigs, proxies.

use crate::*;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    parameter_types,
    traits::{ConstU32, InstanceFilter},
};
use scale_info::TypeInfo;
use sp_runtime::traits::BlakeTwo256;

impl pallet_utility::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type PalletsOrigin = OriginCaller;
    type WeightInfo = pallet_utility::weights::SubstrateWeight<Runtime>;
}

parameter_types! {
    pub const MultisigDepositBase: Balance = configs::money::deposit(1, 88);
    pub const MultisigDepositFactor: Balance = configs::money::deposit(0, 32);
    pub const ProxyDepositBase: Balance = configs::money::deposit(1, 40);
    pub const ProxyDepositFactor: Balance = configs::money::deposit(0, 33);
    pub const AnnouncementDepositBase: Balance = configs::money::deposit(1, 48);
    pub const AnnouncementDepositFactor: Balance = configs::money::deposit(0, 66);
}

impl pallet_multisig::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type DepositBase = MultisigDepositBase;
    type DepositFactor = MultisigDepositFactor;
    type MaxSignatories = ConstU32<100>;
    type WeightInfo = pallet_multisig::weights::SubstrateWeight<Runtime>;
    type BlockNumberProvider = System;
}

/// What a proxy may do for somebody.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
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
pub enum ProxyType {
    /// Everything.
    #[default]
    #[codec(index = 0)]
    Any,
    /// Models registered, described and priced, and versions published that pay nobody beside
    /// whom licenses name.
    #[codec(index = 1)]
    Publishing,
    /// What a worker's owner does day by day.
    #[codec(index = 2)]
    Working,
    /// Requests for grants and for approvals answered.
    #[codec(index = 3)]
    Licensing,
    /// Votes given and taken back, delegated or not, and what they locked unlocked.
    #[codec(index = 4)]
    Governance,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
    fn filter(&self, call: &RuntimeCall) -> bool {
        match self {
            ProxyType::Any => true,
            // Never an extra share, an approval or a transfer: these give away what the owner has.
            ProxyType::Publishing => match call {
                RuntimeCall::ModelRegistry(
                    pallet_model_registry::Call::register_model { .. }
                    | pallet_model_registry::Call::set_metadata { .. }
                    | pallet_model_registry::Call::set_price { .. },
                ) => true,
                RuntimeCall::ModelRegistry(pallet_model_registry::Call::publish_version {
                    spec,
                    ..
                }) => spec.extras.is_empty(),
                _ => false,
            },
            ProxyType::Working => matches!(
                call,
                RuntimeCall::InferenceEscrow(
                    pallet_inference_escrow::Call::set_offer { .. }
                        | pallet_inference_escrow::Call::remove_offer { .. }
                        | pallet_inference_escrow::Call::pause { .. }
                        | pallet_inference_escrow::Call::resume { .. }
                )
            ),
            ProxyType::Licensing => matches!(
                call,
                RuntimeCall::DataLicense(
                    pallet_data_license::Call::approve { .. }
                        | pallet_data_license::Call::reject { .. }
                ) | RuntimeCall::ModelRegistry(
                    pallet_model_registry::Call::approve { .. }
                        | pallet_model_registry::Call::approve_derivative { .. }
                )
            ),
            // No referendum of its own: that takes deposits, which can be lost.
            ProxyType::Governance => match call {
                RuntimeCall::ConvictionVoting(call) => locks_no_longer_than_once(call),
                _ => false,
            },
        }
    }

    fn is_superset(&self, other: &Self) -> bool {
        self == other || *self == ProxyType::Any
    }
}

/// With more conviction a proxy could lock all that somebody has for the better part of a year, and ask
/// for a ransom before it undoes it.
fn locks_no_longer_than_once(call: &pallet_conviction_voting::Call<Runtime>) -> bool {
    use pallet_conviction_voting::{
        AccountVote, Call,
        Conviction::{self, Locked1x},
    };
    let is_short = |conviction: &Conviction| matches!(conviction, Conviction::None | Locked1x);
    match call {
        Call::vote {
            vote: AccountVote::Standard { vote, .. },
            ..
        } => is_short(&vote.conviction),
        Call::delegate { conviction, .. } => is_short(conviction),
        _ => true,
    }
}

impl pallet_proxy::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type RuntimeCall = RuntimeCall;
    type Currency = Balances;
    type ProxyType = ProxyType;
    type ProxyDepositBase = ProxyDepositBase;
    type ProxyDepositFactor = ProxyDepositFactor;
    type MaxProxies = ConstU32<32>;
    type WeightInfo = pallet_proxy::weights::SubstrateWeight<Runtime>;
    type MaxPending = ConstU32<32>;
    type CallHasher = BlakeTwo256;
    type AnnouncementDepositBase = AnnouncementDepositBase;
    type AnnouncementDepositFactor = AnnouncementDepositFactor;
    type BlockNumberProvider = configs::governance::RelayClock;
}
