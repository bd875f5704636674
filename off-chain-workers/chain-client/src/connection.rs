//! One JSON-RPC connection to a node, made again whenever it is lost.
//!
//! It stands in place of subxt's `reconnecting-rpc-client`, which lets requests wait without a
//! limit while it reconnects, or ends for good after its last attempt, and which logs the whole
//! address. Here a request fails as soon as it is known that the node cannot be reached, every
//! later one tries again, the first connection may be made late, and passwords are shown nowhere.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use subxt::rpcs::{
    client::{RawRpcFuture, RawRpcSubscription, RpcClientT},
    Error as SubxtRpcError, RpcClient,
};
use tokio::{sync::Mutex, time::timeout};

/// Why a request has no answer. Errors are shown and logged, so an address stands in them as
/// [`shown_address`] gives it.
#[derive(Debug, thiserror::Error)]
pub enum RpcError {
    #[error("{url} is not a ws:// or wss:// address")]
    Address { url: String },
    #[error("connect to {url}")]
    Connect {
        url: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The connection was lost, and lost again when the request was repeated on a new one.
    #[error("the connection to {url} was lost")]
    Lost {
        url: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    #[error("{method} took more than {} s", after.as_secs())]
    TimedOut { method: String, after: Duration },
    /// The node answered with an error.
    #[error("{method}: {message} ({code})")]
    Call {
        method: String,
        code: i32,
        message: String,
        /// JSON, or the string itself where it is one.
        data: Option<String>,
    },
    #[error("{method}: cannot read the node's answer")]
    Answer {
        method: String,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RpcError {
    /// Whether the connection is at fault, and not the request.
    pub fn is_lost(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. } | Self::Lost { .. } | Self::TimedOut { .. }
        )
    }

    /// The node's error code, where it answered with one.
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Call { code, .. } => Some(*code),
            _ => None,
        }
    }
}

/// A directive for the log of every program that connects. With more than this a library logs whole
/// addresses, user, password and token included.
pub const QUIET_LOGS: &str = "jsonrpsee-client=info";

const MAX_CONNECT: Duration = Duration::from_secs(10);
/// In this time the largest blob passes at 40 kB/s.
const MAX_REQUEST: Duration = Duration::from_secs(60);
/// After a failed attempt to connect, others within this time fail without trying.
const CONNECT_PAUSE: Duration = Duration::from_millis(500);

/// A connection. Cheap to clone; clones share it.
#[derive(Clone)]
pub struct Connection(Arc<Inner>);

struct Inner {
    /// The address as it was given. It is never shown.
    address: String,
    /// The address as [`shown_address`] gives it.
    url: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    client: Option<RpcClient>,
    /// Counts the connections, so that only the one that failed is thrown away.
    number: u64,
    failed: Option<Instant>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Connection").field(&self.0.url).finish()
    }
}

impl Connection {
    /// Connects to `url` (`ws://` or `wss://`). Fails where the node cannot be reached now; a
    /// connection that is lost later is made again without being asked for.
    pub async fn connect(url: &str) -> Result<Self, RpcError> {
        let connection = Self::lazy(url)?;
        connection
            .client()
            .await
            .map_err(|e| connection.explain(e, "connect"))?;
        Ok(connection)
    }

    /// Like [`Self::connect`], but connects when first used.
    pub fn lazy(url: &str) -> Result<Self, RpcError> {
        let sound = url::Url::parse(url)
            .is_ok_and(|u| matches!(u.scheme(), "ws" | "wss") && u.host().is_some());
        if !sound {
            return Err(RpcError::Address {
                url: shown_address(url),
            });
        }
        Ok(Self(Arc::new(Inner {
            address: url.to_owned(),
            url: shown_address(url),
            state: Mutex::new(State::default()),
        })))
    }

    /// The address for messages, without user, password and query.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Calls a method of the node, once more on a new connection when the old one is lost.
    pub async fn request<T: DeserializeOwned>(
        &self,
        method: &str,
        params: impl serde::Serialize,
    ) -> Result<T, RpcError> {
        let unreadable = |e| RpcError::Answer {
            method: method.to_owned(),
            source: Box::new(e),
        };
        let mut params = serde_json::value::to_raw_value(&params).map_err(unreadable)?;
        if params.get() == "null" {
            // JSON-RPC wants a list, also an empty one.
            params = serde_json::value::to_raw_value(&[0u8; 0]).map_err(unreadable)?;
        }
        let answer = self
            .request_raw(method, Some(params))
            .await
            .map_err(|e| self.explain(e, method))?;
        serde_json::from_str(answer.get()).map_err(unreadable)
    }

    pub(crate) fn client_for_subxt(&self) -> RpcClient {
        RpcClient::new(self.clone())
    }

    pub(crate) fn explain(&self, error: SubxtRpcError, method: &str) -> RpcError {
        let (url, method) = (self.0.url.clone(), method.to_owned());
        match error {
            SubxtRpcError::User(e) => RpcError::Call {
                method,
                code: e.code,
                message: e.message,
                data: e.data.map(|d| {
                    serde_json::from_str::<String>(d.get()).unwrap_or_else(|_| d.get().to_owned())
                }),
            },
            SubxtRpcError::Client(e) => match e.downcast::<Trouble>() {
                Ok(trouble) => match *trouble {
                    Trouble::Connect(source) => RpcError::Connect { url, source },
                    Trouble::Slow(after) => RpcError::TimedOut { method, after },
                },
                Err(source) => RpcError::Lost { url, source },
            },
            e @ SubxtRpcError::DisconnectedWillReconnect(_) => RpcError::Lost {
                url,
                source: Box::new(e),
            },
            e => RpcError::Answer {
                method,
                source: Box::new(e),
            },
        }
    }

    async fn client(&self) -> Result<(u64, RpcClient), SubxtRpcError> {
        let mut state = self.0.state.lock().await;
        if let Some(client) = &state.client {
            return Ok((state.number, client.clone()));
        }
        if state.failed.is_some_and(|at| at.elapsed() < CONNECT_PAUSE) {
            return Err(Trouble::Connect("no connection a moment ago".into()).into());
        }
        let made = timeout(MAX_CONNECT, RpcClient::from_insecure_url(&self.0.address)).await;
        let trouble = match made {
            Ok(Ok(client)) => {
                tracing::debug!(url = %self.0.url, "connected");
                state.number += 1;
                state.failed = None;
                state.client = Some(client.clone());
                return Ok((state.number, client));
            }
            Ok(Err(SubxtRpcError::Client(e))) => Trouble::Connect(e),
            Ok(Err(e)) => Trouble::Connect(Box::new(e)),
            Err(_) => {
                Trouble::Connect(format!("no answer within {} s", MAX_CONNECT.as_secs()).into())
            }
        };
        state.failed = Some(Instant::now());
        Err(trouble.into())
    }

    /// Throws the connection of that number away.
    async fn drop_client(&self, number: u64) {
        let mut state = self.0.state.lock().await;
        if state.number == number && state.client.take().is_some() {
            tracing::debug!(url = %self.0.url, "connection lost");
        }
    }

    /// Does `what` on the connection, a second time when the connection is lost meanwhile.
    async fn with<T, F>(&self, what: impl Fn(RpcClient) -> F) -> Result<T, SubxtRpcError>
    where
        F: std::future::Future<Output = Result<T, SubxtRpcError>>,
    {
        let mut again = true;
        loop {
            let (number, client) = self.client().await?;
            let error = match timeout(MAX_REQUEST, what(client)).await {
                Ok(Err(e @ SubxtRpcError::Client(_))) => e,
                Ok(done) => return done,
                Err(_) => {
                    self.drop_client(number).await;
                    return Err(Trouble::Slow(MAX_REQUEST).into());
                }
            };
            self.drop_client(number).await;
            if !std::mem::take(&mut again) {
                return Err(error);
            }
        }
    }
}

/// A node's address as it may be shown and logged: scheme, host, port and path. User, password and
/// query are secrets; nothing is shown of a text that is not an address.
pub fn shown_address(address: &str) -> String {
    let unclear = || "the text that is given".to_owned();
    let Some(mut url) = url::Url::parse(address).ok().filter(url::Url::has_host) else {
        return unclear();
    };
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain {
        return address.to_owned();
    }
    url.set_query(None);
    url.set_fragment(None);
    match (url.set_username(""), url.set_password(None)) {
        (Ok(()), Ok(())) => url.into(),
        _ => unclear(),
    }
}

/// An error that this file found, inside one of subxt's.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Connect(Box<dyn std::error::Error + Send + Sync>),
    #[error("no answer within {} s", .0.as_secs())]
    Slow(Duration),
}

impl From<Trouble> for SubxtRpcError {
    fn from(trouble: Trouble) -> Self {
        SubxtRpcError::Client(Box::new(trouble))
    }
}

impl RpcClientT for Connection {
    fn request_raw<'a>(
        &'a self,
        method: &'a str,
        params: Option<Box<RawValue>>,
    ) -> RawRpcFuture<'a, Box<RawValue>> {
        Box::pin(async move {
            self.with(|client| {
                let params = params.clone();
                async move { client.request_raw(method, params).await }
            })
            .await
        })
    }

    fn subscribe_raw<'a>(
        &'a self,
        sub: &'a str,
        params: Option<Box<RawValue>>,
        unsub: &'a str,
    ) -> RawRpcFuture<'a, RawRpcSubscription> {
        Box::pin(async move {
            self.with(|client| {
                let params = params.clone();
                async move { client.subscribe_raw(sub, params, unsub).await }
            })
            .await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_socket_addresses_are_taken() {
        assert!(Connection::lazy("ws://127.0.0.1:9944").is_ok());
        assert!(Connection::lazy("wss://node.example").is_ok());
        for bad in ["http://node.example", "node.example", "ws://", ""] {
            assert!(
                matches!(Connection::lazy(bad), Err(RpcError::Address { .. })),
                "{bad}"
            );
        }
    }

    #[tokio::test]
    async fn secrets_of_addresses_are_not_shown() {
        for address in [
            "ws://user:token@127.0.0.1:1/path",
            "ws://127.0.0.1:1/path?key=token",
            "ws://token@127.0.0.1:1/path?token=token&x#token",
        ] {
            let connection = Connection::lazy(address).unwrap();
            assert_eq!(connection.url(), "ws://127.0.0.1:1/path");
            assert!(!format!("{connection:?}").contains("token"));
            let error = connection.request::<String>("x", ()).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("token"), "{error:?}");
        }
        for bad in [
            "http://user:token@node.example",
            "http://node.example/?token",
            "user:token@node.example",
            "token:user@node.example",
            "ws://user:to/token@node.example",
            "ws://token@",
            "token",
        ] {
            let error = Connection::lazy(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("token"), "{error:?}");
        }
        // Any other address is shown as it was given.
        for url in ["ws://127.0.0.1:9944", "wss://node.example/a@b"] {
            assert_eq!(Connection::lazy(url).unwrap().url(), url);
        }
    }

    #[tokio::test]
    async fn unreachable_node_is_said_to_be_one() {
        // Port 1 of the loopback interface: nothing listens there.
        let error = Connection::connect("ws://127.0.0.1:1").await.unwrap_err();
        assert!(matches!(error, RpcError::Connect { .. }), "{error:?}");
        assert!(error.is_lost());
    }
}
