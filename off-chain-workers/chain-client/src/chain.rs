//! A chain, reached through one node: connecting to it, and raw reads of its state.

use crate::{
    connection::Connection,
    error::ChainError,
    hop::Hop,
    nonces::Nonces,
    recent::Recent,
    runtime::{ensure_writable, RuntimeVersion, Runtimes},
    storage, Hash32,
};
use codec::Decode;
use sp_core::Bytes;
use std::{sync::Arc, time::Duration};
use subxt::config::substrate::H256;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first attempt to submit a call until it is in a best block.
    pub inclusion: Duration,
    /// After how many blocks a signed call is void.
    pub mortality: u64,
    /// For how long calls may wait in the pool behind a nonce that nothing uses, before a call that
    /// does nothing is made to use it.
    pub gap: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inclusion: Duration::from_secs(120),
            mortality: 64,
            gap: Duration::from_secs(3),
        }
    }
}

/// A chain, reached through one of its nodes. Cheap to clone; clones share the connection, the
/// nonces and the answers about recent blocks.
#[derive(Clone)]
pub struct Chain(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) connection: Connection,
    pub(crate) genesis: Hash32,
    pub(crate) limits: Limits,
    pub(crate) nonces: Nonces,
    pub(crate) runtimes: Runtimes,
    pub(crate) recent: Recent,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain")
            .field("url", &self.url())
            .field("genesis", &hex::encode(self.0.genesis))
            .finish()
    }
}

impl Chain {
    /// Connects to the node at `url` (`ws://` or `wss://`). Refuses a chain whose transactions are
    /// not of the version that this release writes.
    pub async fn connect(url: &str) -> Result<Self, ChainError> {
        Self::connect_with(url, Limits::default()).await
    }

    pub async fn connect_with(url: &str, limits: Limits) -> Result<Self, ChainError> {
        let connection = Connection::connect(url).await?;
        let genesis: H256 = connection.request("chain_getBlockHash", (0u32,)).await?;
        let chain = Self(Arc::new(Inner {
            connection,
            genesis: genesis.0,
            limits,
            nonces: Nonces::default(),
            runtimes: Runtimes::default(),
            recent: Recent::default(),
        }));
        let version: RuntimeVersion = chain.request("state_getRuntimeVersion", ()).await?;
        ensure_writable(version.transaction_version)?;
        Ok(chain)
    }

    pub fn url(&self) -> &str {
        self.0.connection.url()
    }

    pub fn genesis_hash(&self) -> Hash32 {
        self.0.genesis
    }

    /// The HOP pool of the same node.
    pub fn hop(&self) -> Hop {
        Hop::over(self.0.connection.clone())
    }

    /// Calls a function of a runtime API; `arguments` and answer in SCALE. At the best block
    /// unless `at` is given.
    pub async fn runtime_call<R: Decode>(
        &self,
        function: &'static str,
        arguments: Vec<u8>,
        at: Option<Hash32>,
    ) -> Result<R, ChainError> {
        let answer = self.runtime_call_raw(function, arguments, at).await?;
        storage::decode(function, &answer)
    }

    pub async fn runtime_call_raw(
        &self,
        function: &str,
        arguments: Vec<u8>,
        at: Option<Hash32>,
    ) -> Result<Vec<u8>, ChainError> {
        let at = at.map(|h| Bytes(h.to_vec()));
        let answer: Bytes = self
            .request("state_call", (function, Bytes(arguments), at))
            .await?;
        Ok(answer.0)
    }

    /// The value under a storage key. At the best block unless `at` is given.
    pub async fn storage(
        &self,
        key: &[u8],
        at: Option<Hash32>,
    ) -> Result<Option<Vec<u8>>, ChainError> {
        let at = at.map(|h| Bytes(h.to_vec()));
        let value: Option<Bytes> = self
            .request("state_getStorage", (Bytes(key.to_vec()), at))
            .await?;
        Ok(value.map(|v| v.0))
    }

    pub(crate) async fn request<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        params: impl serde::Serialize,
    ) -> Result<T, ChainError> {
        Ok(self.0.connection.request(method, params).await?)
    }
}
