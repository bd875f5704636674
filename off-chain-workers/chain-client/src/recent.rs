//! Recent blocks: what is the same for all who ask about a block is asked of the node once.

use crate::{
    block::Block,
    chain::{number, Chain, Header},
    error::ChainError,
    events::{read_events, Event},
    mortality::Mortality,
    runtime::{runtime, Runtime},
    storage, Hash32,
};
use codec::Encode;
use serde::Deserialize;
use sp_core::Bytes;
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};
use subxt::metadata::Metadata;
use tokio::sync::{watch, OnceCell};

/// Blocks that are remembered. A call is in one of the last few, or is looked for from there on.
const REMEMBERED: usize = 16;

/// Versions of the metadata's format that can be read, the best one first.
const FORMATS: [u32; 3] = [16, 15, 14];

#[derive(Default)]
pub(crate) struct Recent {
    /// The one asked about last stands last.
    blocks: Mutex<VecDeque<(Hash32, Arc<Known>)>>,
    /// The node's best block; `None` while no [`crate::Heads`] tell it.
    head: watch::Sender<Option<Block>>,
}

/// What was asked about one block. All who need a thing wait for the one request for it.
#[derive(Default)]
struct Known {
    block: OnceCell<Block>,
    /// Where in the block each extrinsic is, by its hash.
    places: OnceCell<HashMap<Hash32, u32>>,
    events: OnceCell<Vec<Event>>,
    runtime: OnceCell<Runtime>,
    /// The last final block when this one was signed on.
    finalized: OnceCell<Block>,
}

impl Recent {
    fn of(&self, hash: Hash32) -> Arc<Known> {
        let mut blocks = self.blocks.lock().unwrap_or_else(|e| e.into_inner());
        let found = blocks.iter().position(|(known, _)| *known == hash);
        let entry = match found.and_then(|i| blocks.remove(i)) {
            Some(entry) => entry,
            None => (hash, Arc::default()),
        };
        let known = entry.1.clone();
        blocks.push_back(entry);
        if blocks.len() > REMEMBERED {
            blocks.pop_front();
        }
        known
    }

    /// `block` is the node's best one.
    pub(crate) fn follow(&self, block: Block) {
        let _ = self.of(block.hash).block.set(block);
        self.head.send_replace(Some(block));
    }

    /// From now on the node must be asked for its best block, until it is told again.
    pub(crate) fn lose_track(&self) {
        self.head.send_replace(None);
    }

    pub(crate) fn head(&self) -> watch::Receiver<Option<Block>> {
        self.head.subscribe()
    }
}

/// What signing needs, the same for all calls that are signed on one best block.
pub(crate) struct Basis {
    pub best: Block,
    pub runtime: Runtime,
    pub mortality: Mortality,
}

impl Chain {
    /// The block of that hash.
    pub async fn block(&self, hash: Hash32) -> Result<Block, ChainError> {
        let known = self.0.recent.of(hash);
        let load = async || {
            let header: Option<Header> = self
                .request("chain_getHeader", (Bytes(hash.to_vec()),))
                .await?;
            let header = header.ok_or(ChainError::UnknownBlock { hash })?;
            Ok(Block {
                number: number(&header)?,
                hash,
                parent: header.parent_hash.0,
            })
        };
        known.block.get_or_try_init(load).await.copied()
    }

    /// Every event of the block of that hash. Fails where the node no longer has the block's state.
    pub async fn events_at(&self, hash: Hash32) -> Result<Vec<Event>, ChainError> {
        let runtime = self.runtime_at(hash).await?;
        let key = storage::prefix("System", "Events");
        let bytes = self.storage(&key, Some(hash)).await?;
        read_events(&runtime, bytes.unwrap_or_default())
    }

    /// Those of one extrinsic of the block, which may be remembered.
    pub(crate) async fn events_of(
        &self,
        hash: Hash32,
        extrinsic: u32,
    ) -> Result<Vec<Event>, ChainError> {
        let known = self.0.recent.of(hash);
        let load = || self.events_at(hash);
        let events = known.events.get_or_try_init(load).await?;
        let of_it = events.iter().filter(|e| e.extrinsic == Some(extrinsic));
        Ok(of_it.cloned().collect())
    }

    /// Where in a block the extrinsic of that hash is.
    pub(crate) async fn place_in(
        &self,
        hash: Hash32,
        extrinsic: &Hash32,
    ) -> Result<Option<u32>, ChainError> {
        #[derive(Deserialize)]
        struct Signed {
            block: Body,
        }
        #[derive(Deserialize)]
        struct Body {
            extrinsics: Vec<Bytes>,
        }
        let known = self.0.recent.of(hash);
        let load = async || {
            let got: Option<Signed> = self
                .request("chain_getBlock", (Bytes(hash.to_vec()),))
                .await?;
            let body = got.ok_or(ChainError::UnknownBlock { hash })?.block;
            let hashes = body.extrinsics.iter();
            let hashes = hashes.map(|e| sp_crypto_hashing::blake2_256(e));
            Ok::<_, ChainError>(hashes.zip(0..).collect())
        };
        let places = known.places.get_or_try_init(load).await?;
        Ok(places.get(extrinsic).copied())
    }

    /// What signing needs on the node's best block.
    pub(crate) async fn basis(&self) -> Result<Basis, ChainError> {
        let head = *self.0.recent.head.borrow();
        let best = match head {
            Some(head) => head,
            None => self.best().await?,
        };
        let known = self.0.recent.of(best.hash);
        let load = || self.finalized();
        let (runtime, finalized) = tokio::try_join!(
            self.runtime_at(best.hash),
            known.finalized.get_or_try_init(load)
        )?;
        Ok(Basis {
            best,
            runtime,
            mortality: Mortality::new(&best, finalized, self.0.limits.mortality),
        })
    }

    /// The runtime of the block of that hash.
    pub(crate) async fn runtime_at(&self, hash: Hash32) -> Result<Runtime, ChainError> {
        let known = self.0.recent.of(hash);
        let load = || self.load_runtime(hash);
        known.runtime.get_or_try_init(load).await.cloned()
    }

    async fn load_runtime(&self, hash: Hash32) -> Result<Runtime, ChainError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Version {
            spec_version: u32,
            transaction_version: u32,
        }
        let at = Bytes(hash.to_vec());
        let version: Version = self.request("state_getRuntimeVersion", (at,)).await?;
        // Held over the requests, so that many blocks of one runtime ask for its metadata once.
        let mut known = self.0.runtimes.lock().await;
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
        storage::decode("the runtime's metadata", &bytes.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_blocks_asked_about_last_are_remembered() {
        let recent = Recent::default();
        let first = recent.of([0; 32]);
        for n in 1..REMEMBERED as u8 {
            recent.of([n; 32]);
        }
        assert!(Arc::ptr_eq(&first, &recent.of([0; 32])));
        // The first one was asked about a moment ago: the second one goes.
        recent.of([100; 32]);
        assert_eq!(recent.blocks.lock().unwrap().len(), REMEMBERED);
        assert!(Arc::ptr_eq(&first, &recent.of([0; 32])));
        let blocks = recent.blocks.lock().unwrap();
        assert!(blocks.iter().all(|(hash, _)| *hash != [1; 32]));
    }
}
