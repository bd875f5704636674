//! The runtime of a block: its versions and metadata.

use crate::{error::ChainError, Hash32, TRANSACTION_VERSION};
use serde::Deserialize;
use std::collections::HashMap;
use subxt::{
    client::{ClientAtBlock, OfflineClientAtBlockImpl},
    config::substrate::{SpecVersionForRange, SubstrateConfig, H256},
    metadata::Metadata,
    OfflineClient,
};

pub(crate) type Config = SubstrateConfig;

/// Encodes calls for, and reads events of, blocks of one runtime. It has no connection of its own:
/// everything is asked for through [`crate::Connection`], so that a lost connection is always seen
/// as one.
pub(crate) type Runtime = ClientAtBlock<Config, OfflineClientAtBlockImpl<Config>>;

/// Runtimes whose metadata was read, by spec version.
pub(crate) type Runtimes = tokio::sync::Mutex<HashMap<u32, Runtime>>;

/// A runtime's versions, as a node answers them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RuntimeVersion {
    pub spec_version: u32,
    pub transaction_version: u32,
}

/// Refuses a runtime whose transactions this release does not write.
pub(crate) fn ensure_writable(transaction_version: u32) -> Result<(), ChainError> {
    match transaction_version {
        TRANSACTION_VERSION => Ok(()),
        theirs => Err(ChainError::TransactionVersion {
            ours: TRANSACTION_VERSION,
            theirs,
        }),
    }
}

pub(crate) fn runtime(
    genesis: Hash32,
    spec_version: u32,
    transaction_version: u32,
    metadata: Metadata,
) -> Result<Runtime, ChainError> {
    let config = SubstrateConfig::builder()
        .set_genesis_hash(H256(genesis))
        .set_spec_version_for_block_ranges([SpecVersionForRange {
            block_range: 0..u64::MAX,
            spec_version,
            transaction_version,
        }])
        .set_metadata_for_spec_versions([(spec_version, metadata.arc())])
        .build();
    OfflineClient::new_with_config(config)
        .at_block(0u64)
        .map_err(|e| ChainError::client("use the runtime's metadata", e))
}
