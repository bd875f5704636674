//! The queues of messages between chains. What is done with a message, `xcm.rs` says.

use crate::*;
use cumulus_primitives_core::{AggregateMessageOrigin, ParaId};
use frame_support::{
    parameter_types,
    traits::{ConstU32, TransformOrigin},
    weights::Weight,
};
use frame_system::EnsureRoot;
use parachains_common::message_queue::{NarrowOriginToSibling, ParaIdToSibling};
use sp_runtime::Perbill;
use staging_xcm::latest::{
    prelude::{ExecuteXcm, InstructionError, Location, Outcome, Xcm, XcmError, XcmHash, XcmResult},
    Assets as XcmAssets,
};

parameter_types! {
    /// At the beginning of each block. What people send has the rest of the block, and the sweep of
    /// jobs what they leave.
    pub MessageServiceWeight: Weight =
        Perbill::from_percent(35) * configs::system::RuntimeBlockWeights::get().max_block;
}

type XcmExecutor = staging_xcm_executor::XcmExecutor<configs::xcm::XcmConfig>;

/// Executes messages. One that the barrier refuses counts as what refusing it took, not as all that
/// it would have been: else one that pays nothing could leave the others of a block no room.
pub struct Executor;

impl ExecuteXcm<RuntimeCall> for Executor {
    type Prepared = <XcmExecutor as ExecuteXcm<RuntimeCall>>::Prepared;

    fn prepare(
        message: Xcm<RuntimeCall>,
        limit: Weight,
    ) -> Result<Self::Prepared, InstructionError> {
        XcmExecutor::prepare(message, limit)
    }

    fn execute(
        origin: impl Into<Location>,
        prepared: Self::Prepared,
        id: &mut XcmHash,
        credit: Weight,
    ) -> Outcome {
        match XcmExecutor::execute(origin, prepared, id, credit) {
            Outcome::Incomplete { used, error } if error.error == XcmError::Barrier => {
                Outcome::Incomplete {
                    used: used.min(weights::xcm::refused()),
                    error,
                }
            }
            outcome => outcome,
        }
    }

    fn charge_fees(location: impl Into<Location>, fees: XcmAssets) -> XcmResult {
        XcmExecutor::charge_fees(location, fees)
    }
}

impl pallet_message_queue::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type WeightInfo = pallet_message_queue::weights::SubstrateWeight<Runtime>;
    #[cfg(not(feature = "runtime-benchmarks"))]
    type MessageProcessor =
        staging_xcm_builder::ProcessXcmMessage<AggregateMessageOrigin, Executor, RuntimeCall>;
    #[cfg(feature = "runtime-benchmarks")]
    type MessageProcessor =
        pallet_message_queue::mock_helpers::NoopMessageProcessor<AggregateMessageOrigin>;
    type Size = u32;
    type QueueChangeHandler = NarrowOriginToSibling<XcmpQueue>;
    type QueuePausedQuery = NarrowOriginToSibling<XcmpQueue>;
    type HeapSize = ConstU32<{ 103 * 1024 }>;
    type MaxStale = ConstU32<8>;
    type ServiceWeight = MessageServiceWeight;
    // Nothing at the end of a block: hooks take turns there, and a flood of messages would starve the
    // sweep. A message is executed a block later for it.
    type IdleMaxServiceWeight = ();
}

impl cumulus_pallet_xcmp_queue::Config for Runtime {
    type RuntimeEvent = RuntimeEvent;
    type ChannelInfo = ParachainSystem;
    type VersionWrapper = PolkadotXcm;
    type XcmpQueue = TransformOrigin<MessageQueue, AggregateMessageOrigin, ParaId, ParaIdToSibling>;
    type MaxInboundSuspended = ConstU32<1_000>;
    type MaxActiveOutboundChannels = ConstU32<128>;
    type MaxPageSize = ConstU32<{ 103 * 1024 }>;
    type ControllerOrigin = EnsureRoot<AccountId>;
    type ControllerOriginConverter = ();
    type WeightInfo = cumulus_pallet_xcmp_queue::weights::SubstrateWeight<Runtime>;
    type PriceForSiblingDelivery = configs::xcm::PriceForSiblingDelivery;
}
