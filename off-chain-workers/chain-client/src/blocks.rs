//! Blocks of the chain: their headers, their events, and where in them an extrinsic is.

use crate::{
    block::{Block, Header},
    chain::Chain,
    error::ChainError,
    event::{read_events, Event},
    storage, Hash32,
};
use serde::Deserialize;
use sp_core::Bytes;
use subxt::config::substrate::H256;

impl Chain {
    /// The node's best block.
    pub async fn best(&self) -> Result<Block, ChainError> {
        let hash: H256 = self.request("chain_getBlockHash", ()).await?;
        self.block(hash.0).await
    }

    /// The last finalised block.
    pub async fn finalized(&self) -> Result<Block, ChainError> {
        let hash: H256 = self.request("chain_getFinalizedHead", ()).await?;
        self.block(hash.0).await
    }

    /// The block of that hash.
    pub async fn block(&self, hash: Hash32) -> Result<Block, ChainError> {
        let known = self.0.recent.of(hash);
        let load = async || {
            let header: Option<Header> = self
                .request("chain_getHeader", (Bytes(hash.to_vec()),))
                .await?;
            let header = header.ok_or(ChainError::UnknownBlock { hash })?;
            Block::new(&header, hash)
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

    /// The events of one extrinsic of the block, which may be remembered.
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
}
