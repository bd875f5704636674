//! The handle to one chain: reading it, and bringing calls into its blocks.

use crate::{
    api::{storage_prefix, unscale},
    call::{Call, Made},
    error::ChainError,
    events::Event,
    follow::{Blocks, Follow, Head},
    hop::Hop,
    rpc::{Link, RpcError},
    runtime::{ensure_writable, Runtime, Runtimes},
    submit::Nonces,
    Address, Hash32,
};
use async_trait::async_trait;
use codec::{Decode, Encode};
use sp_core::Bytes;
use std::{sync::Arc, time::Duration};
use subxt::{
    config::substrate::{SubstrateHeader, H256},
    events::Phase,
    ext::scale_decode::visitor::{decode_with_visitor, IgnoreVisitor},
    rpcs::client::{rpc_params, RpcSubscription},
};
use tokio::task::JoinSet;

type Header = SubstrateHeader<H256>;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the first attempt to submit a call until it is in a best block.
    pub inclusion: Duration,
    /// After how many blocks a signed call is void.
    pub mortality: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            inclusion: Duration::from_secs(120),
            mortality: 64,
        }
    }
}

/// A block's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    pub number: u32,
    pub hash: Hash32,
}

/// A call that succeeded, in a best block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBlock {
    pub block: Block,
    pub extrinsic_hash: Hash32,
    /// Those of this call alone.
    pub events: Vec<Event>,
}

impl InBlock {
    /// The first event of that name.
    pub fn event(&self, pallet: &str, name: &str) -> Option<&Event> {
        self.events.iter().find(|e| e.is(pallet, name))
    }

    /// A field of the first event of that name, say the id of what was made.
    pub fn field<T: Decode>(&self, pallet: &str, name: &str, field: &str) -> Result<T, ChainError> {
        self.event(pallet, name)
            .ok_or_else(|| ChainError::Incompatible {
                what: format!("{pallet}.{name} did not happen"),
            })?
            .field(field)
    }
}

/// What a block says of one pallet.
#[derive(Debug)]
pub enum Told {
    Events(Vec<Event>),
    /// What was called, where the events are not to be had: whether it succeeded is not said.
    Calls {
        calls: Vec<Made>,
        /// Why the events cannot be read; `None` where the node has let go of the block's state.
        garbled: Option<ChainError>,
    },
}

/// Blocks that are read at once.
const READ_AT_ONCE: usize = 8;

/// A node's code for what it cannot do with a block's state: with one that is pruned, anything.
const NO_STATE: i32 = 4003;

/// A chain, reached through one of its nodes. Cheap to clone; clones share the connection and
/// the nonces.
#[derive(Clone)]
pub struct Chain(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) link: Link,
    pub(crate) genesis: Hash32,
    pub(crate) limits: Limits,
    pub(crate) nonces: Nonces,
    pub(crate) runtimes: Runtimes,
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
        let link = Link::connect(url).await?;
        let genesis: H256 = link.request("chain_getBlockHash", (0u32,)).await?;
        let chain = Self(Arc::new(Inner {
            link,
            genesis: genesis.0,
            limits,
            nonces: Nonces::default(),
            runtimes: Runtimes::default(),
        }));
        ensure_writable(&chain.runtime_at(chain.best().await?.hash).await?)?;
        Ok(chain)
    }

    pub fn url(&self) -> &str {
        self.0.link.url()
    }

    pub fn genesis_hash(&self) -> Hash32 {
        self.0.genesis
    }

    /// The HOP pool of the same node.
    pub fn hop(&self) -> Hop {
        Hop::over(self.0.link.clone())
    }

    /// The node's best block.
    pub async fn best(&self) -> Result<Block, ChainError> {
        let hash: H256 = self.request("chain_getBlockHash", ()).await?;
        let head = self.head(hash.0).await?;
        Ok(Block {
            number: head.number,
            hash: head.hash,
        })
    }

    /// The last finalised block.
    pub async fn finalized(&self) -> Result<Block, ChainError> {
        let hash: H256 = self.request("chain_getFinalizedHead", ()).await?;
        let head = self.head(hash.0).await?;
        Ok(Block {
            number: head.number,
            hash: head.hash,
        })
    }

    /// The place of the block of that hash.
    pub async fn head(&self, hash: Hash32) -> Result<Head, ChainError> {
        let header: Option<Header> = self
            .request("chain_getHeader", (Bytes(hash.to_vec()),))
            .await?;
        let header = header.ok_or(ChainError::UnknownBlock { hash })?;
        Ok(Head {
            number: number(&header)?,
            hash,
            parent: header.parent_hash.0,
        })
    }

    /// The hashes of the best chain's blocks from `first` on: of `count`, or of as many as there
    /// are.
    pub async fn block_hashes(&self, first: u32, count: u32) -> Result<Vec<Hash32>, ChainError> {
        let numbers: Vec<u32> = (first..first.saturating_add(count)).collect();
        if numbers.is_empty() {
            return Ok(Vec::new());
        }
        let hashes: Vec<Option<H256>> = self.request("chain_getBlockHash", (numbers,)).await?;
        Ok(hashes.into_iter().map_while(|h| Some(h?.0)).collect())
    }

    /// What blocks that follow one upon another say of `pallet`, oldest first: their events, or
    /// the calls in their bodies, which a node keeps for longer than states.
    pub async fn told(
        &self,
        blocks: &[Hash32],
        pallet: &'static str,
    ) -> Result<Vec<Told>, ChainError> {
        let Some(last) = blocks.last() else {
            return Ok(Vec::new());
        };
        // States go oldest first: without the last one's there is none.
        let version =
            self.request::<serde_json::Value>("state_getRuntimeVersion", (Bytes(last.to_vec()),));
        let stateless = match version.await {
            Ok(_) => false,
            Err(e) if has_no_state(&e) => true,
            Err(e) => return Err(e),
        };
        // A block's own metadata may be gone with its state.
        let newest = self.runtime_at(self.best().await?.hash).await?;
        let mut told: Vec<Option<Told>> = blocks.iter().map(|_| None).collect();
        let mut reading = JoinSet::new();
        for (i, hash) in blocks.iter().copied().enumerate() {
            if reading.len() >= READ_AT_ONCE {
                keep(&mut told, reading.join_next().await)?;
            }
            let (chain, newest) = (self.clone(), newest.clone());
            reading.spawn(async move {
                let one = chain.told_by(hash, pallet, stateless, &newest).await;
                (i, one)
            });
        }
        while let Some(read) = reading.join_next().await {
            keep(&mut told, Some(read))?;
        }
        Ok(told.into_iter().flatten().collect())
    }

    async fn told_by(
        &self,
        hash: Hash32,
        pallet: &str,
        stateless: bool,
        newest: &Runtime,
    ) -> Result<Told, ChainError> {
        let garbled = match stateless {
            true => None,
            false => match self.events_at(hash).await {
                Ok(mut events) => {
                    events.retain(|e| e.pallet == pallet);
                    return Ok(Told::Events(events));
                }
                Err(e) if has_no_state(&e) => None,
                Err(e @ ChainError::Rpc(_)) => return Err(e),
                Err(e) => Some(e),
            },
        };
        Ok(Told::Calls {
            calls: self.calls_at(hash, pallet, newest).await?,
            garbled,
        })
    }

    /// The calls of `pallet` in signed extrinsics of that block, as the runtime `at` reads them.
    /// What it cannot read is left out.
    async fn calls_at(
        &self,
        hash: Hash32,
        pallet: &str,
        at: &Runtime,
    ) -> Result<Vec<Made>, ChainError> {
        let body = at.extrinsics().from_bytes(self.body_at(hash).await?).await;
        let mut out = Vec::new();
        for extrinsic in body.iter() {
            let extrinsic = match extrinsic {
                Ok(extrinsic) => extrinsic,
                Err(error) => {
                    tracing::debug!(%error, "an extrinsic is left out");
                    continue;
                }
            };
            let signer = extrinsic.address_bytes();
            let Some(Ok(Address::Id(signer))) = signer.map(|mut a| Address::decode(&mut a)) else {
                continue;
            };
            let call = extrinsic.call_data_bytes();
            match Made::of(pallet, &signer, call, at.metadata_ref()) {
                Ok(calls) => out.extend(calls),
                Err(error) => tracing::debug!(%error, "a call is left out"),
            }
        }
        Ok(out)
    }

    /// The extrinsics of the block of that hash.
    pub(crate) async fn body_at(&self, hash: Hash32) -> Result<Vec<Vec<u8>>, ChainError> {
        #[derive(serde::Deserialize)]
        struct Signed {
            block: Body,
        }
        #[derive(serde::Deserialize)]
        struct Body {
            extrinsics: Vec<Bytes>,
        }
        let got: Option<Signed> = self
            .request("chain_getBlock", (Bytes(hash.to_vec()),))
            .await?;
        let body = got.ok_or(ChainError::UnknownBlock { hash })?.block;
        Ok(body.extrinsics.into_iter().map(|e| e.0).collect())
    }

    /// Every event of the block of that hash.
    pub async fn events_at(&self, hash: Hash32) -> Result<Vec<Event>, ChainError> {
        let at = self.runtime_at(hash).await?;
        let key = storage_prefix("System", "Events");
        let bytes = self.storage(&key, Some(hash)).await?;
        let events = at.events().from_bytes(bytes.unwrap_or_default());
        let metadata = at.metadata();
        let mut out = Vec::new();
        for event in events.iter() {
            let event = event.map_err(|e| ChainError::client("read an event", e))?;
            let fields = metadata
                .pallet_by_event_index(event.pallet_index())
                .and_then(|p| p.event_variant_by_index(event.event_index()))
                .map(|v| v.fields.as_slice())
                .unwrap_or_default();
            let bytes = event.field_bytes();
            let mut rest = bytes;
            let mut named = Vec::with_capacity(fields.len());
            for (i, field) in fields.iter().enumerate() {
                let before = rest;
                decode_with_visitor(
                    &mut rest,
                    field.ty.id,
                    metadata.types(),
                    IgnoreVisitor::new(),
                )
                .map_err(|e| ChainError::client("read an event", e))?;
                let name = field.name.clone().unwrap_or_else(|| i.to_string());
                named.push((name, before[..before.len() - rest.len()].to_vec()));
            }
            out.push(Event {
                pallet: event.pallet_name().to_owned(),
                name: event.event_name().to_owned(),
                extrinsic: match event.phase() {
                    Phase::ApplyExtrinsic(n) => Some(n),
                    _ => None,
                },
                fields: named,
            });
        }
        Ok(out)
    }

    /// Best blocks in their order, from the present one on.
    pub fn follow(&self) -> Follow<BestBlocks> {
        Follow::new(BestBlocks {
            chain: self.clone(),
            heads: None,
        })
    }

    /// Calls a function of a runtime API; `arguments` and answer in SCALE. At the best block
    /// unless `at` is given.
    pub async fn runtime_call<R: Decode>(
        &self,
        function: &'static str,
        arguments: Vec<u8>,
        at: Option<Hash32>,
    ) -> Result<R, ChainError> {
        unscale(
            function,
            &self.runtime_call_raw(function, arguments, at).await?,
        )
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

    /// The bytes of a call under the metadata of the best block, for a multisig or a proxy.
    pub async fn encode_call(&self, call: &Call) -> Result<Vec<u8>, ChainError> {
        let best = self.best().await?;
        call.encode(self.runtime_at(best.hash).await?.metadata_ref())
    }

    /// What the SCALE bytes of a `DispatchError` say, under the metadata of the block `at`.
    pub(crate) async fn dispatch_error(
        &self,
        bytes: &[u8],
        at: Hash32,
    ) -> Result<ChainError, ChainError> {
        let metadata = self.runtime_at(at).await?.metadata();
        let error = subxt::error::DispatchError::decode_from(bytes, metadata)
            .map_err(|e| ChainError::client("read why a call failed", e))?;
        Ok(describe(&error))
    }

    pub(crate) async fn request<T: serde::de::DeserializeOwned>(
        &self,
        method: &str,
        params: impl serde::Serialize,
    ) -> Result<T, ChainError> {
        Ok(self.0.link.request(method, params).await?)
    }
}

/// Whether the node has let go of the block's state.
fn has_no_state(error: &ChainError) -> bool {
    matches!(error, ChainError::Rpc(e) if e.code() == Some(NO_STATE))
}

/// What one of the tasks of [`Chain::told`] read.
type Read = Result<(usize, Result<Told, ChainError>), tokio::task::JoinError>;

fn keep(told: &mut [Option<Told>], read: Option<Read>) -> Result<(), ChainError> {
    let Some(read) = read else { return Ok(()) };
    let (i, one) = read.map_err(|e| ChainError::client("read blocks", e))?;
    told[i] = Some(one?);
    Ok(())
}

/// A dispatch error as pallet, name and documentation.
fn describe(error: &subxt::error::DispatchError) -> ChainError {
    use subxt::error::DispatchError as E;
    let (pallet, name, docs) = match error {
        E::Module(module) => match module.details() {
            Ok(details) => (
                details.pallet.name().to_owned(),
                details.variant.name.clone(),
                details.variant.docs.join(" ").trim().to_owned(),
            ),
            Err(_) => ("Module".into(), module.details_string(), String::new()),
        },
        E::Token(e) => ("Token".into(), format!("{e:?}"), e.to_string()),
        E::Arithmetic(e) => ("Arithmetic".into(), format!("{e:?}"), e.to_string()),
        E::Transactional(e) => ("Transactional".into(), format!("{e:?}"), e.to_string()),
        e => ("System".into(), format!("{e:?}"), e.to_string()),
    };
    ChainError::Dispatch { pallet, name, docs }
}

fn number(header: &Header) -> Result<u32, ChainError> {
    u32::try_from(header.number).map_err(|_| ChainError::Incompatible {
        what: "block numbers have more than 32 bits".into(),
    })
}

/// A node's best blocks, for [`Follow`].
pub struct BestBlocks {
    chain: Chain,
    heads: Option<RpcSubscription<Header>>,
}

/// Without a new head for so long, the subscription is made anew.
const MAX_SILENCE: Duration = Duration::from_secs(120);

#[async_trait]
impl Blocks for BestBlocks {
    type Error = ChainError;

    async fn next_head(&mut self) -> Result<Head, ChainError> {
        let explain = |chain: &Chain, e| chain.0.link.explain(e, "chain_subscribeNewHeads").into();
        let heads = match &mut self.heads {
            Some(heads) => heads,
            None => {
                let heads = self
                    .chain
                    .0
                    .link
                    .client_for_subxt()
                    .subscribe(
                        "chain_subscribeNewHeads",
                        rpc_params![],
                        "chain_unsubscribeNewHeads",
                    )
                    .await
                    .map_err(|e| explain(&self.chain, e))?;
                self.heads.insert(heads)
            }
        };
        match tokio::time::timeout(MAX_SILENCE, heads.next()).await {
            Ok(Some(Ok(header))) => Ok(Head {
                number: number(&header)?,
                hash: header.using_encoded(sp_crypto_hashing::blake2_256),
                parent: header.parent_hash.0,
            }),
            Ok(Some(Err(e))) => {
                self.heads = None;
                Err(explain(&self.chain, e))
            }
            Ok(None) => {
                self.heads = None;
                Err(ChainError::Rpc(RpcError::Lost {
                    url: self.chain.url().to_owned(),
                    source: "the stream of blocks ended".into(),
                }))
            }
            Err(_) => {
                self.heads = None;
                Err(ChainError::TimedOut {
                    what: "waiting for a block",
                    after: MAX_SILENCE,
                })
            }
        }
    }

    async fn head(&mut self, hash: Hash32) -> Result<Head, ChainError> {
        self.chain.head(hash).await
    }

    async fn events(&mut self, hash: Hash32) -> Result<Vec<Event>, ChainError> {
        self.chain.events_at(hash).await
    }

    async fn wait(&mut self, attempt: u32) {
        let pause = Duration::from_millis(250) * 2u32.pow(attempt.saturating_sub(1).min(6));
        tokio::time::sleep(pause.min(Duration::from_secs(10))).await;
    }
}
