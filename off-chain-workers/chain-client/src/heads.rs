//! A node's best blocks, for programs that look at the chain's state at each.

use crate::{
    block::{Block, Header},
    chain::Chain,
    connection::RpcError,
    error::ChainError,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use codec::Encode;
use std::time::Duration;
use subxt::rpcs::client::{rpc_params, RpcSubscription};

const SUBSCRIBE: &str = "chain_subscribeNewHeads";
/// Without a new head for so long, the connection subscribes again.
const MAX_SILENCE: Duration = Duration::from_secs(120);
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// Between two attempts to subscribe.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(250))
    .with_max_delay(MAX_PAUSE)
    .without_max_times();

impl Chain {
    /// Best blocks from the present one on.
    pub fn heads(&self) -> Heads {
        Heads {
            chain: self.clone(),
            stream: None,
        }
    }
}

/// Best blocks in the order in which the node takes them for best. After a lost connection some may
/// be missing, and after a reorganisation the next one has another parent: so a program reads the
/// state at each. Calls are signed on the last block that came from here; await [`Self::next`] all
/// the time.
pub struct Heads {
    chain: Chain,
    stream: Option<RpcSubscription<Header>>,
}

impl Heads {
    /// The next best block. It waits through lost connections, without an end.
    pub async fn next(&mut self) -> Block {
        let mut pauses = PAUSES.build();
        loop {
            let error = match self.try_next().await {
                Ok(block) => {
                    self.chain.0.recent.follow(block);
                    return block;
                }
                Err(error) => error,
            };
            self.leave();
            tracing::debug!(%error, "failed to wait for a block");
            tokio::time::sleep(pauses.next().unwrap_or(MAX_PAUSE)).await;
        }
    }

    fn leave(&mut self) {
        if self.stream.take().is_some() {
            self.chain.0.recent.lose_track();
        }
    }

    async fn try_next(&mut self) -> Result<Block, ChainError> {
        let connection = &self.chain.0.connection;
        let explain = |e| ChainError::from(connection.explain(e, SUBSCRIBE));
        let stream = match &mut self.stream {
            Some(stream) => stream,
            None => {
                let stream = connection
                    .client_for_subxt()
                    .subscribe(SUBSCRIBE, rpc_params![], "chain_unsubscribeNewHeads")
                    .await
                    .map_err(explain)?;
                self.stream.insert(stream)
            }
        };
        match tokio::time::timeout(MAX_SILENCE, stream.next()).await {
            Ok(Some(Ok(header))) => {
                let hash = header.using_encoded(sp_crypto_hashing::blake2_256);
                Block::new(&header, hash)
            }
            Ok(Some(Err(e))) => Err(explain(e)),
            Ok(None) => Err(ChainError::Rpc(RpcError::Lost {
                url: self.chain.url().to_owned(),
                source: "the stream of blocks ended".into(),
            })),
            Err(_) => Err(ChainError::TimedOut {
                what: "waiting for a block",
                after: MAX_SILENCE,
            }),
        }
    }
}

impl Drop for Heads {
    fn drop(&mut self) {
        self.leave();
    }
}
