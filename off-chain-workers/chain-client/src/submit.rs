//! From a call to a block: nonces, signing, the pool, and waiting.

use crate::{
    block::Block,
    call::Call,
    chain::Chain,
    connection::RpcError,
    error::{ChainError, Refusal},
    events::Event,
    keys::Key,
    mortality::Mortality,
    nonces::Account,
    signing::signed,
    Hash32,
};
use codec::Decode;
use sp_core::Bytes;
use std::{sync::Arc, time::Duration};
use subxt::{
    config::substrate::H256,
    rpcs::{
        client::{rpc_params, RpcSubscription},
        methods::legacy::TransactionStatus,
    },
};
use tokio::time::Instant;

/// A call that the pool has taken, until it is in a block or given up.
struct Waiting {
    account: Arc<Account>,
    hash: Hash32,
    /// The node's best block when it was signed.
    since: Block,
    statuses: Option<RpcSubscription<TransactionStatus<H256>>>,
    in_block: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let in_block = self.in_block;
        self.account.with(|n| n.left(in_block));
    }
}

/// How often a call is signed anew because its nonce was used by somebody else meanwhile.
const NONCE_ATTEMPTS: u32 = 3;
/// Between two looks at the best block, when the pool's own messages are lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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

impl Chain {
    /// Signs `call` with `key` and waits until a best block has it. Best, not final: a
    /// reorganisation can still move it to another block, where the pool brings it back.
    ///
    /// Calls of one account may be submitted at once from many tasks; they enter blocks in the
    /// order in which the pool took them.
    ///
    /// Errors: [`ChainError::Refused`] when no block will have it, [`ChainError::Dispatch`] when
    /// it failed in its block, [`ChainError::TimedOut`] when nothing is known after
    /// [`crate::Limits::inclusion`]; then it may still come into a block until it is void.
    pub async fn submit(&self, key: &Key, call: Call) -> Result<InBlock, ChainError> {
        let end = Instant::now() + self.0.limits.inclusion;
        let within = |what| ChainError::TimedOut {
            what,
            after: self.0.limits.inclusion,
        };
        let mut waiting = tokio::time::timeout_at(end, self.hand_in(key, &call))
            .await
            .map_err(|_| within("handing a call to the node's pool"))??;
        let (block, index) = tokio::time::timeout_at(end, self.wait_for_block(&mut waiting))
            .await
            .map_err(|_| within("waiting for a block with the call"))??;
        waiting.in_block = true;
        let events: Vec<Event> = self
            .events_at(block.hash)
            .await?
            .into_iter()
            .filter(|e| e.extrinsic == Some(index))
            .collect();
        if let Some(error) = events.iter().find_map(failure) {
            return Err(self.dispatch_error(error, block.hash).await?);
        }
        tracing::debug!(call = %call.title(), block = block.number, "in a block");
        Ok(InBlock {
            block,
            extrinsic_hash: waiting.hash,
            events,
        })
    }

    /// Signs the call and gives it to the pool, anew when its nonce turns out to be used.
    async fn hand_in(&self, key: &Key, call: &Call) -> Result<Waiting, ChainError> {
        let account = self.0.nonces.of(&key.account());
        let _turn = account.turn.lock().await;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let nonce = match account.with(|n| n.known()) {
                Some(nonce) => nonce,
                None => {
                    self.request("system_accountNextIndex", (key.account().to_string(),))
                        .await?
                }
            };
            let since = self.best().await?;
            let signed = self.sign(key, call, nonce, since).await?;
            let hash = sp_crypto_hashing::blake2_256(&signed);
            let statuses = match self.send(&signed).await {
                Ok(statuses) => Some(statuses),
                // After a lost connection: the first attempt did arrive.
                Err(ChainError::Refused(Refusal::AlreadyImported)) => None,
                Err(ChainError::Refused(
                    why @ (Refusal::Stale | Refusal::LowPriority | Refusal::Expired),
                )) if attempt < NONCE_ATTEMPTS => {
                    tracing::debug!(nonce, ?why, "nonce used, or blocks gone by, meanwhile");
                    account.with(|n| n.forget());
                    continue;
                }
                Err(e) => {
                    if e.is_transient() {
                        account.with(|n| n.forget());
                    }
                    return Err(e);
                }
            };
            account.with(|n| n.accepted(nonce));
            return Ok(Waiting {
                account: account.clone(),
                hash,
                since,
                statuses,
                in_block: false,
            });
        }
    }

    async fn sign(
        &self,
        key: &Key,
        call: &Call,
        nonce: u64,
        best: Block,
    ) -> Result<Vec<u8>, ChainError> {
        let at = self.runtime_at(best.hash).await?;
        let finalized = self.finalized().await?;
        let mortality = Mortality::new(&best, &finalized, self.0.limits.mortality);
        signed(&at, key, call, nonce, mortality)
    }

    async fn send(
        &self,
        signed: &[u8],
    ) -> Result<RpcSubscription<TransactionStatus<H256>>, ChainError> {
        const METHOD: &str = "author_submitAndWatchExtrinsic";
        let connection = &self.0.connection;
        connection
            .client_for_subxt()
            .subscribe(
                METHOD,
                rpc_params![Bytes(signed.to_vec())],
                "author_unwatchExtrinsic",
            )
            .await
            .map_err(|e| refusal(connection.explain(e, METHOD)))
    }

    /// Waits for a best block with the call: its place and the call's in it.
    async fn wait_for_block(&self, waiting: &mut Waiting) -> Result<(Block, u32), ChainError> {
        while let Some(statuses) = &mut waiting.statuses {
            let status = match statuses.next().await {
                Some(Ok(status)) => status,
                // The connection was lost; the call is still in the pool.
                Some(Err(_)) | None => {
                    waiting.statuses = None;
                    break;
                }
            };
            let dropped = |how| Err(ChainError::Dropped { how });
            match status {
                TransactionStatus::InBlock(hash) | TransactionStatus::Finalized(hash) => {
                    let block = self.block(hash.0).await?;
                    if let Some(index) = self.index_in(hash.0, &waiting.hash).await? {
                        return Ok((block, index));
                    }
                }
                TransactionStatus::Usurped(_) => {
                    return dropped("another one with the same nonce took its place")
                }
                TransactionStatus::Dropped => return dropped("the pool is full"),
                TransactionStatus::Invalid => return dropped("it became invalid"),
                TransactionStatus::Future
                | TransactionStatus::Ready
                | TransactionStatus::Broadcast(_)
                | TransactionStatus::Retracted(_)
                | TransactionStatus::FinalityTimeout(_) => {}
            }
        }
        self.look_for(waiting.hash, waiting.since).await
    }

    /// Looks through best blocks from `since`, in which the call was signed, until one has it.
    async fn look_for(&self, call: Hash32, since: Block) -> Result<(Block, u32), ChainError> {
        let mut seen = vec![since.hash];
        loop {
            match self.look_once(&call, since, &mut seen).await {
                Ok(Some(found)) => return Ok(found),
                Ok(None) => {}
                Err(e) if e.is_transient() => tracing::debug!(error = %e, "still looking"),
                Err(e) => return Err(e),
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look_once(
        &self,
        call: &Hash32,
        since: Block,
        seen: &mut Vec<Hash32>,
    ) -> Result<Option<(Block, u32)>, ChainError> {
        let best = self.best().await?;
        let mut hash = best.hash;
        while !seen.contains(&hash) {
            let block = self.block(hash).await?;
            if block.number <= since.number.saturating_sub(1) {
                break;
            }
            if let Some(index) = self.index_in(hash, call).await? {
                return Ok(Some((block, index)));
            }
            seen.push(hash);
            hash = block.parent;
        }
        Ok(None)
    }

    /// Where in a block the extrinsic of that hash is.
    async fn index_in(&self, block: Hash32, extrinsic: &Hash32) -> Result<Option<u32>, ChainError> {
        #[derive(serde::Deserialize)]
        struct Signed {
            block: Body,
        }
        #[derive(serde::Deserialize)]
        struct Body {
            extrinsics: Vec<Bytes>,
        }
        let got: Option<Signed> = self
            .request("chain_getBlock", (Bytes(block.to_vec()),))
            .await?;
        let body = got.ok_or(ChainError::UnknownBlock { hash: block })?;
        let body = body.block.extrinsics;
        let place = body
            .iter()
            .position(|e| sp_crypto_hashing::blake2_256(e) == *extrinsic);
        Ok(place.map(|i| i as u32))
    }
}

/// The SCALE bytes of why a call failed, where the event says that one did: the call itself, or
/// the one that sudo or a proxy made for it.
fn failure(event: &Event) -> Option<&[u8]> {
    let field = |name: &str| {
        let found = event.fields.iter().find(|(n, _)| n == name);
        found.map(|(_, bytes)| bytes.as_slice())
    };
    let of_result = |name| match field(name)?.split_first()? {
        (1, error) => Some(error),
        _ => None,
    };
    match (event.pallet.as_str(), event.name.as_str()) {
        ("System", "ExtrinsicFailed") => field("dispatch_error"),
        ("Sudo", "Sudid") => of_result("sudo_result"),
        ("Sudo", "SudoAsDone") => of_result("sudo_result"),
        ("Proxy", "ProxyExecuted") => of_result("result"),
        _ => None,
    }
}

/// What the pool said, from the node's error.
fn refusal(error: RpcError) -> ChainError {
    let RpcError::Call {
        code,
        message,
        data,
        ..
    } = &error
    else {
        return ChainError::Rpc(error);
    };
    let data = data.as_deref().unwrap_or_default();
    let refusal = match (*code, data) {
        (1010, "Transaction is outdated") => Refusal::Stale,
        (1010, "Transaction will be valid in the future") | (1021, _) => Refusal::Future,
        (1010, "Transaction has a bad signature") => Refusal::BadSignature,
        (1010, "Transaction has an ancient birth block") => Refusal::Expired,
        (1010, "Transaction would exhaust the block limits") => Refusal::ExhaustsResources,
        (1010, "Transaction call is not expected") => Refusal::NotAllowed,
        (1010, d) if d.starts_with("Inability to pay") => Refusal::CannotPay,
        (1010, d) => match d
            .strip_prefix("Custom error: ")
            .and_then(|n| n.parse().ok())
        {
            Some(n) => Refusal::Custom(n),
            None => Refusal::Other {
                code: *code,
                message: if d.is_empty() { message } else { d }.to_owned(),
            },
        },
        (1012, _) => Refusal::Banned,
        (1013, _) => Refusal::AlreadyImported,
        (1014, _) => Refusal::LowPriority,
        (1016, _) => Refusal::PoolFull,
        (1000..=1099, d) => Refusal::Other {
            code: *code,
            message: if d.is_empty() {
                message.clone()
            } else {
                format!("{message}: {d}")
            },
        },
        _ => return ChainError::Rpc(error),
    };
    ChainError::Refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submitting_can_move_between_threads() {
        fn is_send<T: Send>(_: T) {}
        let _ = |chain: &Chain, key: &Key, call| is_send(chain.submit(key, call));
    }

    fn said(code: i32, data: Option<&str>) -> ChainError {
        refusal(RpcError::Call {
            method: "author_submitAndWatchExtrinsic".into(),
            code,
            message: "Invalid Transaction".into(),
            data: data.map(str::to_owned),
        })
    }

    #[test]
    fn refusals_of_the_pool_are_told_apart() {
        let is = |e, r| assert!(matches!(&e, ChainError::Refused(got) if *got == r), "{e:?}");
        is(said(1010, Some("Custom error: 7")), Refusal::Custom(7));
        let refused = said(1010, Some("Custom error: 102"));
        assert!(
            refused.to_string().contains("deadline has passed"),
            "{refused}"
        );
        is(said(1010, Some("Transaction is outdated")), Refusal::Stale);
        is(
            said(
                1010,
                Some("Inability to pay some fees (e.g. account balance too low)"),
            ),
            Refusal::CannotPay,
        );
        is(said(1012, None), Refusal::Banned);
        is(said(1013, Some("0x00")), Refusal::AlreadyImported);
        is(said(1014, Some("too low")), Refusal::LowPriority);
        is(said(1016, None), Refusal::PoolFull);
        assert!(matches!(
            said(1010, Some("Custom error: x")),
            ChainError::Refused(Refusal::Other { code: 1010, .. })
        ));
        assert!(matches!(said(-32601, None), ChainError::Rpc(_)));
    }

    #[test]
    fn failures_inside_a_call_that_succeeded_are_found() {
        let event = |pallet: &str, name: &str, field: &str, bytes: &[u8]| Event {
            pallet: pallet.into(),
            name: name.into(),
            extrinsic: Some(0),
            fields: vec![(field.into(), bytes.to_vec())],
        };
        let failed = event("System", "ExtrinsicFailed", "dispatch_error", &[2]);
        assert_eq!(failure(&failed), Some(&[2][..]));
        let failed = event("Sudo", "Sudid", "sudo_result", &[1, 3, 7]);
        assert_eq!(failure(&failed), Some(&[3, 7][..]));
        assert_eq!(failure(&event("Sudo", "Sudid", "sudo_result", &[0])), None);
        assert_eq!(failure(&event("Other", "Sudid", "sudo_result", &[1])), None);
    }
}
