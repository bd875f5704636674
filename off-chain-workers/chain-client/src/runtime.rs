//! The runtime of a block: its versions and metadata, asked for once per version.

use crate::{chain::Chain, error::ChainError, Hash32, TRANSACTION_VERSION};
use codec::{Decode, Encode};
use serde::Deserialize;
use sp_core::Bytes;
use std::collections::HashMap;
use subxt::{
    client::{ClientAtBlock, OfflineClientAtBlockImpl},
    config::substrate::{SpecVersionForRange, SubstrateConfig, H256},
    metadata::Metadata,
    OfflineClient,
};

pub(crate) type Config = SubstrateConfig;

/// What encodes calls for, and reads events of, blocks of one runtime. It has no connection of
/// its own: everything is asked for through [`crate::Link`], so that a lost connection is always
/// seen as one.
pub(crate) type Runtime = ClientAtBlock<Config, OfflineClientAtBlockImpl<Config>>;

/// By spec version.
#[derive(Default)]
pub(crate) struct Runtimes(tokio::sync::Mutex<HashMap<u32, Runtime>>);

/// Versions of the metadata's format that can be read, the best one first.
const FORMATS: [u32; 3] = [16, 15, 14];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    spec_version: u32,
    transaction_version: u32,
}

impl Chain {
    /// The runtime of the block of that hash.
    pub(crate) async fn runtime_at(&self, hash: Hash32) -> Result<Runtime, ChainError> {
        let at = Bytes(hash.to_vec());
        let version: Version = self.request("state_getRuntimeVersion", (at,)).await?;
        // Held over the requests, so that many tasks ask once.
        let mut known = self.0.runtimes.0.lock().await;
        if let Some(runtime) = known.get(&version.spec_version) {
            return Ok(runtime.clone());
        }
        let metadata = self.metadata_at(hash).await?;
        tracing::debug!(
            spec_version = version.spec_version,
            "read the runtime's metadata"
        );
        let runtime = runtime(
            self.genesis_hash(),
            version.spec_version,
            version.transaction_version,
            metadata,
        )?;
        known.insert(version.spec_version, runtime.clone());
        Ok(runtime)
    }

    async fn metadata_at(&self, hash: Hash32) -> Result<Metadata, ChainError> {
        let formats: Vec<u32> = self
            .runtime_call("Metadata_metadata_versions", Vec::new(), Some(hash))
            .await?;
        let format = FORMATS.into_iter().find(|f| formats.contains(f));
        let format = format.ok_or_else(|| ChainError::Incompatible {
            what: format!("its metadata has the formats {formats:?}"),
        })?;
        let bytes: Option<Vec<u8>> = self
            .runtime_call("Metadata_metadata_at_version", format.encode(), Some(hash))
            .await?;
        let bytes = bytes.unwrap_or_default();
        Metadata::decode(&mut &bytes[..]).map_err(|source| ChainError::Unreadable {
            what: "the runtime's metadata",
            source,
        })
    }
}

/// Refuses a runtime whose transactions this release does not write.
pub(crate) fn ensure_writable(runtime: &Runtime) -> Result<(), ChainError> {
    match runtime.transaction_version() {
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
