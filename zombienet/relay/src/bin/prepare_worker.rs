//! Compiles a parachain's code for the validators. Its version must be the node's.
// SPDX-License-Identifier: GPL-3.0-only

polkadot_node_core_pvf_common::decl_worker_main!(
    "prepare-worker",
    polkadot_node_core_pvf_prepare_worker::worker_entrypoint,
    polkadot_node_primitives::NODE_VERSION,
    "unknown",
);
