//! Real blocks: each goes through `Executive`, with all hooks, and with the inherents that a collator
//! makes.

use super::*;
use codec::Decode;
use cumulus_pallet_parachain_system::parachain_inherent::{
    BasicParachainInherentData, InboundMessagesData,
};
use cumulus_primitives_core::PersistedValidationData;
use cumulus_test_relay_sproof_builder::RelayStateSproofBuilder;
use parachains_common::Header;
use sp_runtime::{
    traits::{Header as _, TrailingZeroInput},
    Digest, DigestItem,
};

/// The relay chain's block number in the first block: as high as on a chain that is years old.
pub const FIRST: Tick = 25_000_000;

/// A chain of which a block is being made.
pub struct Blocks {
    parent: Header,
    relay: Tick,
}

/// Runs a test in the first block of a new chain, and checks every invariant at its end.
pub fn on_real_blocks(test: impl FnOnce(&mut Blocks)) {
    on_real_blocks_with(|_| (), test);
}

/// The same, with something else about the chain.
pub fn on_real_blocks_with(
    prepare: impl FnOnce(&mut sp_io::TestExternalities),
    test: impl FnOnce(&mut Blocks),
) {
    let mut chain = preset();
    prepare(&mut chain);
    chain.execute_with(|| {
        let mut blocks = Blocks {
            parent: Header::new(
                0,
                Default::default(),
                Default::default(),
                Default::default(),
                Default::default(),
            ),
            relay: FIRST,
        };
        blocks.begin();
        test(&mut blocks);
        blocks.end();
        check_invariants();
    });
}

impl Blocks {
    /// Ends this block and begins one `ticks` later on the relay chain.
    pub fn next(&mut self, ticks: Tick) {
        self.end();
        self.relay += ticks;
        self.begin();
    }

    /// Blocks go by, one a tick, until `look` finds something in the events of one, but no more than
    /// `most`.
    pub fn until<R>(&mut self, most: u32, look: impl Fn(&RuntimeEvent) -> Option<R>) -> Option<R> {
        (0..most).find_map(|_| {
            self.next(1);
            events().iter().find_map(&look)
        })
    }

    fn begin(&mut self) {
        let slot = sp_consensus_aura::Slot::from(u64::from(self.relay));
        let author = DigestItem::PreRuntime(sp_consensus_aura::AURA_ENGINE_ID, slot.encode());
        Executive::initialize_block(&Header::new(
            self.parent.number + 1,
            Default::default(),
            Default::default(),
            self.parent.hash(),
            Digest { logs: vec![author] },
        ));
        let relay = RelayStateSproofBuilder {
            para_id: presets::PARA_ID.into(),
            current_slot: slot,
            included_para_head: Some(cumulus_primitives_core::relay_chain::HeadData(
                self.parent.encode(),
            )),
            ..Default::default()
        };
        let (root, proof) = relay.into_state_root_and_proof();
        let data = BasicParachainInherentData {
            validation_data: PersistedValidationData {
                parent_head: Default::default(),
                relay_parent_number: self.relay,
                relay_parent_storage_root: root,
                max_pov_size: 10 * 1024 * 1024,
            },
            relay_chain_state: proof,
            relay_parent_descendants: vec![],
            collator_peer_id: None,
        };
        let inherents: [RuntimeCall; 2] = [
            pallet_timestamp::Call::set {
                now: u64::from(self.relay) * configs::collation::SLOT_DURATION,
            }
            .into(),
            cumulus_pallet_parachain_system::Call::set_validation_data {
                data,
                inbound_messages_data:
                    InboundMessagesData::decode(&mut TrailingZeroInput::zeroes())
                        .expect("no messages"),
            }
            .into(),
        ];
        for inherent in inherents {
            let inherent = UncheckedExtrinsic::new_bare(inherent);
            assert_ok!(Executive::apply_extrinsic(inherent).expect("is valid"));
        }
    }

    fn end(&mut self) {
        self.parent = Executive::finalize_block();
    }
}

/// What this block has said so far.
pub fn events() -> Vec<RuntimeEvent> {
    System::events()
        .into_iter()
        .map(|record| record.event)
        .collect()
}
