//! The HOP pool of a node, Polkadot's hand-off pool: it keeps a blob under its hash until the
//! holder of the recipient's key fetches it.

use crate::{
    connection::{Connection, RpcError},
    keys::Key,
    Hash32,
};
use backon::{ExponentialBuilder, Retryable};
use serde::Deserialize;
use sp_core::Bytes;
use sp_crypto_hashing::blake2_256;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// Longest blob that the pool takes, in bytes.
pub const MAX_BLOB: usize = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum HopError {
    #[error("the blob has {length} bytes, and the pool takes at most {max}")]
    TooLarge { length: usize, max: usize },
    /// The signer has no open work, or the node's best block does not have it yet.
    #[error("the pool takes nothing from this account: it has no open work")]
    NotAuthorized,
    #[error("the pool is full")]
    Full,
    /// The account has too much in the pool.
    #[error("the account has no room left in the pool")]
    QuotaExceeded,
    #[error("the pool asks for fewer requests")]
    RateLimited,
    /// The key is none of the blob's recipients.
    #[error("the blob is not for this key")]
    NotRecipient,
    /// The blob that came back has another hash than the one that was asked for.
    #[error("the node answered with another blob")]
    OtherBlob,
    /// The node runs without the pool.
    #[error("the node has no HOP pool (it must run with --enable-hop)")]
    NoPool,
    #[error("ask the HOP pool")]
    Rpc(#[from] RpcError),
}

impl HopError {
    fn of(error: RpcError, length: usize) -> Self {
        match error.code() {
            Some(code::TOO_LARGE) => Self::TooLarge {
                length,
                max: MAX_BLOB,
            },
            Some(code::NOT_AUTHORIZED) => Self::NotAuthorized,
            Some(code::FULL) => Self::Full,
            Some(code::QUOTA) => Self::QuotaExceeded,
            Some(code::RATE_LIMITED) => Self::RateLimited,
            Some(code::NOT_RECIPIENT) => Self::NotRecipient,
            Some(code::METHOD_NOT_FOUND) => Self::NoPool,
            _ => Self::Rpc(error),
        }
    }

    /// Whether the same request may succeed in a while. An unknown error may pass: a node whose disk
    /// or runtime has trouble recovers.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::NotAuthorized | Self::Full | Self::QuotaExceeded | Self::RateLimited => true,
            Self::TooLarge { .. } | Self::NotRecipient | Self::OtherBlob | Self::NoPool => false,
            Self::Rpc(RpcError::Address { .. }) => false,
            Self::Rpc(e) => !matches!(e.code(), Some(c) if code::MALFORMED.contains(&c)),
        }
    }
}

/// The pool's error codes.
mod code {
    pub const METHOD_NOT_FOUND: i32 = -32601;
    pub const TOO_LARGE: i32 = 1001;
    pub const FULL: i32 = 1002;
    pub const DUPLICATE: i32 = 1003;
    pub const NOT_FOUND: i32 = 1004;
    pub const NOT_RECIPIENT: i32 = 1008;
    pub const QUOTA: i32 = 1011;
    pub const NOT_AUTHORIZED: i32 = 1012;
    pub const ALREADY_CLAIMED: i32 = 1015;
    pub const RATE_LIMITED: i32 = 1020;
    /// Codes of requests that are wrong in themselves: data, signature, recipients, signer, hash,
    /// parameters.
    pub const MALFORMED: [i32; 9] = [1005, 1007, 1009, 1010, 1014, 1016, 1018, 1019, -32602];
}

/// How full the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolStatus {
    pub entry_count: u64,
    pub total_bytes: u64,
    pub max_bytes: u64,
}

/// The HOP pool of one node.
#[derive(Clone, Debug)]
pub struct Hop(Connection);

/// The hash under which the pool keeps a blob.
pub fn blob_hash(data: &[u8]) -> Hash32 {
    blake2_256(data)
}

impl Hop {
    /// The pool of the node at `url`, which is connected to when it is first used.
    pub fn at(url: &str) -> Result<Self, RpcError> {
        Connection::lazy(url).map(Self)
    }

    pub fn over(connection: Connection) -> Self {
        Self(connection)
    }

    pub fn url(&self) -> &str {
        self.0.url()
    }

    /// Puts `data` into the pool for the holder of the sr25519 key `recipient` and returns its hash.
    /// `signer` must have open work in the node's best block. Succeeds also where the pool has the
    /// blob already.
    pub async fn submit(
        &self,
        data: &[u8],
        recipient: &[u8; 32],
        signer: &Key,
    ) -> Result<Hash32, HopError> {
        if data.len() > MAX_BLOB {
            return Err(HopError::TooLarge {
                length: data.len(),
                max: MAX_BLOB,
            });
        }
        let hash = blob_hash(data);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_millis() as u64);
        let params = (
            Bytes(data.to_vec()),
            vec![Bytes(Key::multi_signer(recipient))],
            Bytes(signer.multi_signature(&submit_payload(&hash, now))),
            Bytes(Key::multi_signer(&signer.public())),
            now,
        );
        match self
            .0
            .request::<serde_json::Value>("hop_submit", params)
            .await
        {
            Ok(_) => Ok(hash),
            Err(e) if e.code() == Some(code::DUPLICATE) => Ok(hash),
            Err(e) => Err(HopError::of(e, data.len())),
        }
    }

    /// Like [`Self::submit`], again and again for at most `patience` while it may help: the node
    /// may not yet have the job, be out of reach or busy.
    pub async fn submit_patiently(
        &self,
        data: &[u8],
        recipient: &[u8; 32],
        signer: &Key,
        patience: Duration,
    ) -> Result<Hash32, HopError> {
        let end = Instant::now() + patience;
        (|| self.submit(data, recipient, signer))
            .retry(PAUSES)
            .when(HopError::is_transient)
            .adjust(|_, pause| pause.filter(|pause| Instant::now() + *pause < end))
            .notify(|error, _| tracing::debug!(%error, "the pool did not take a blob yet"))
            .await
    }

    /// The blob of that hash, if the pool has it for `key`; `None` while it does not.
    pub async fn claim(&self, hash: &Hash32, key: &Key) -> Result<Option<Vec<u8>>, HopError> {
        let signature = key.multi_signature(&payload(b"hop-claim-v1:", hash));
        let params = (Bytes(hash.to_vec()), Bytes(signature));
        match self.0.request::<Bytes>("hop_claim", params).await {
            Ok(data) if blob_hash(&data) == *hash => Ok(Some(data.0)),
            Ok(_) => Err(HopError::OtherBlob),
            Err(e) if matches!(e.code(), Some(code::NOT_FOUND | code::ALREADY_CLAIMED)) => Ok(None),
            Err(e) => Err(HopError::of(e, 0)),
        }
    }

    /// Like [`Self::claim`], again and again for at most `patience` while the pool does not have
    /// the blob or cannot be asked. `None`: it did not come.
    pub async fn claim_patiently(
        &self,
        hash: &Hash32,
        key: &Key,
        patience: Duration,
    ) -> Result<Option<Vec<u8>>, HopError> {
        let end = Instant::now() + patience;
        // Without an error: the pool does not have it.
        let claimed = (async || self.claim(hash, key).await.map_err(Some)?.ok_or(None))
            .retry(PAUSES)
            .when(|error| error.as_ref().is_none_or(HopError::is_transient))
            .adjust(|_, pause| pause.filter(|pause| Instant::now() + *pause < end))
            .await;
        match claimed {
            Ok(blob) => Ok(Some(blob)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    /// Tells the pool that the blob has arrived and may be forgotten. Succeeds also where the pool
    /// has forgotten it already.
    pub async fn ack(&self, hash: &Hash32, key: &Key) -> Result<(), HopError> {
        let signature = key.multi_signature(&payload(b"hop-ack-v1:", hash));
        let params = (Bytes(hash.to_vec()), Bytes(signature));
        match self.0.request::<serde_json::Value>("hop_ack", params).await {
            Ok(_) => Ok(()),
            Err(e) if matches!(e.code(), Some(code::NOT_FOUND | code::ALREADY_CLAIMED)) => Ok(()),
            Err(e) => Err(HopError::of(e, 0)),
        }
    }

    pub async fn status(&self) -> Result<PoolStatus, HopError> {
        self.0
            .request("hop_poolStatus", ())
            .await
            .map_err(|e| HopError::of(e, 0))
    }
}

/// Between two attempts.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(200))
    .with_max_delay(Duration::from_secs(3))
    .without_max_times();

/// The bytes that a recipient signs: `blake2_256(context ‖ hash)`.
fn payload(context: &[u8], hash: &Hash32) -> [u8; 32] {
    blake2_256(&[context, hash].concat())
}

/// The bytes that a submitter signs; `now` in milliseconds since 1970.
fn submit_payload(hash: &Hash32, now: u64) -> [u8; 32] {
    blake2_256(&[&b"hop-submit-v1:"[..], hash, &now.to_le_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_blob_too_large_is_refused_before_it_is_sent() {
        let hop = Hop::at("ws://127.0.0.1:1").unwrap();
        let (key, _) = Key::generate().unwrap();
        let error = hop
            .submit(&vec![0; MAX_BLOB + 1], &[1; 32], &key)
            .await
            .unwrap_err();
        assert!(matches!(error, HopError::TooLarge { length, .. } if length == MAX_BLOB + 1));
    }

    #[test]
    fn signed_payloads_are_the_pools() {
        let hash = blob_hash(b"blob");
        let mut bytes = b"hop-submit-v1:".to_vec();
        bytes.extend(hash);
        bytes.extend(1_700_000_000_000u64.to_le_bytes());
        assert_eq!(submit_payload(&hash, 1_700_000_000_000), blake2_256(&bytes));
        assert_ne!(
            payload(b"hop-claim-v1:", &hash),
            payload(b"hop-ack-v1:", &hash)
        );
        let (key, _) = Key::generate().unwrap();
        assert_eq!(Key::multi_signer(&key.public()).len(), 33);
        let signature = key.multi_signature(b"x");
        assert_eq!((signature.len(), signature[0]), (65, 1));
    }

    #[test]
    fn codes_become_variants() {
        let of = |code| {
            HopError::of(
                RpcError::Call {
                    method: "hop_submit".into(),
                    code,
                    message: String::new(),
                    data: None,
                },
                3,
            )
        };
        assert!(matches!(of(1001), HopError::TooLarge { length: 3, .. }));
        assert!(matches!(of(1012), HopError::NotAuthorized));
        assert!(of(1012).is_transient() && of(1002).is_transient());
        assert!(matches!(of(1008), HopError::NotRecipient));
        assert!(matches!(of(-32601), HopError::NoPool));
        assert!(matches!(of(1013), HopError::Rpc(_)));
        assert!(!of(1008).is_transient() && !of(-32601).is_transient());
    }

    #[test]
    fn only_malformed_requests_are_not_transient() {
        let of = |code| {
            HopError::of(
                RpcError::Call {
                    method: "hop_claim".into(),
                    code,
                    message: String::new(),
                    data: None,
                },
                0,
            )
        };
        // The pool's disk, the runtime, the node itself, too many requests.
        for code in [1013, 1017, -32603, -32000, 1020] {
            assert!(of(code).is_transient(), "{code}");
        }
        for code in [1001, 1007, 1008, 1016, -32601] {
            assert!(!of(code).is_transient(), "{code}");
        }
    }
}
