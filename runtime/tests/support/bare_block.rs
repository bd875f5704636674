//! Blocks without the relay chain's inherent, which a block's proof would be full of.

use super::support::*;
use codec::{Decode, Encode};
use cumulus_pallet_parachain_system::{
    relay_state_snapshot::MessagingStateSnapshot, HostConfiguration, RelevantMessagingState,
};
use sp_runtime::{
    traits::{BlockNumberProvider, Header as _, TrailingZeroInput},
    Digest, DigestItem,
};

/// Builds the block that comes next as a collator does, at the relay chain's block `relay`, but with
/// no inherent of the relay chain: of what that leaves there is what a block's end asks for.
pub fn build_block(relay: Tick, transactions: Vec<UncheckedExtrinsic>) {
    fn zero<T: Decode>() -> T {
        T::decode(&mut TrailingZeroInput::zeroes()).expect("is a number of some sort")
    }

    let number = System::block_number() + 1;
    let slot = sp_consensus_aura::Slot::from(u64::from(number));
    let digest = DigestItem::PreRuntime(sp_consensus_aura::AURA_ENGINE_ID, slot.encode());
    Executive::initialize_block(&parachains_common::Header::new(
        number,
        Default::default(),
        Default::default(),
        System::parent_hash(),
        Digest { logs: vec![digest] },
    ));
    let now = u64::from(number) * configs::collation::SLOT_DURATION;
    let inherent = UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into());
    assert_ok!(Executive::apply_extrinsic(inherent).expect("is valid"));
    Relay::set_block_number(relay);
    HostConfiguration::<Runtime>::put(zero::<cumulus_primitives_core::AbridgedHostConfiguration>());
    RelevantMessagingState::<Runtime>::put(zero::<MessagingStateSnapshot>());
    for transaction in transactions {
        assert_ok!(Executive::apply_extrinsic(transaction).expect("is valid"));
    }
    Executive::finalize_block();
}
