//! Money and work between chains: our runtime beside a relay chain and a chain like Asset Hub, which
//! are made of the SDK's pallets alone. Messages go through the queues that they go through on a real
//! relay chain; the relay chain's carrying of them is emulated.

mod fees;
mod flood;
mod hub;
mod jobs;
mod network;
mod refusals;
mod relay;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
mod transfers;

use support::*;
use xcm_simulator::{decl_test_network, decl_test_parachain, decl_test_relay_chain, TestExt};

pub const HUB: u32 = 1_000;
pub const US: u32 = presets::PARA_ID;

decl_test_relay_chain! {
    pub struct Relaychain {
        Runtime = relay::Runtime,
        RuntimeCall = relay::RuntimeCall,
        RuntimeEvent = relay::RuntimeEvent,
        XcmConfig = relay::XcmConfig,
        MessageQueue = relay::MessageQueue,
        System = relay::System,
        new_ext = network::relay_genesis(),
    }
}

decl_test_parachain! {
    pub struct Hub {
        Runtime = hub::Runtime,
        XcmpMessageHandler = hub::MsgQueue,
        DmpMessageHandler = hub::MsgQueue,
        new_ext = network::hub_genesis(),
    }
}

decl_test_parachain! {
    pub struct Us {
        Runtime = Runtime,
        XcmpMessageHandler = network::Inbox,
        DmpMessageHandler = network::Inbox,
        new_ext = network::our_genesis(),
    }
}

decl_test_network! {
    pub struct Network {
        relay_chain = Relaychain,
        parachains = vec![
            (HUB, Hub),
            (US, Us),
        ],
    }
}
