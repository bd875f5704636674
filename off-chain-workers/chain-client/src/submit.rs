//! Brings a call into a block: signs it, hands it to the pool and waits.

use crate::{
    block::Block,
    call::Call,
    calls,
    chain::Chain,
    error::{ChainError, Refusal},
    event::{Event, EventType},
    keys::Key,
    mortality::Mortality,
    nonces::Nonce,
    pool::Statuses,
    runtime::Runtime,
    signing::signed,
    Hash32,
};
use std::time::Duration;
use subxt::rpcs::methods::legacy::TransactionStatus;
use tokio::time::{sleep_until, timeout, Instant};

/// How often a call is signed at most, where somebody else used its nonce meanwhile.
const ATTEMPTS: u32 = 3;
/// A call that the pool has called ready waits for so many times [`crate::Limits::gap`] before it
/// is suspected to wait behind a nonce that nothing uses.
const READY_PATIENCE: u32 = 4;
/// Between two looks at the best block, where the pool's own messages are lost.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The same, where a program follows best blocks.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(3);

/// A call that succeeded, in a best block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InBlock {
    pub block: Block,
    pub extrinsic_hash: Hash32,
    /// The events of this call alone.
    pub events: Vec<Event>,
}

impl InBlock {
    /// Every event of that type, in the order of the block.
    pub fn all<E: EventType>(&self) -> Result<Vec<E>, ChainError> {
        let read = self.events.iter().map(Event::read);
        read.filter_map(Result::transpose).collect()
    }

    /// The first event of that type. Fails where there is none.
    pub fn one<E: EventType>(&self) -> Result<E, ChainError> {
        let first = self.all()?.into_iter().next();
        first.ok_or_else(|| ChainError::Incompatible {
            what: format!("{}.{} did not happen", E::PALLET, E::NAME),
        })
    }
}

/// What signing needs, the same for all calls that are signed on one best block.
struct Basis {
    best: Block,
    runtime: Runtime,
    mortality: Mortality,
}

/// A signed call.
struct Sent<'a> {
    key: &'a Key,
    bytes: Vec<u8>,
    hash: Hash32,
    /// The node's best block when it was signed.
    since: Block,
}

impl Chain {
    /// Signs `call` with `key` and waits until a best block has it. Best, not final: a
    /// reorganisation can still move it to another block, where the pool brings it back.
    ///
    /// Calls of one account may be submitted at once from many tasks; they come into blocks in no
    /// particular order. A call is signed again only while no block can have had it.
    ///
    /// Errors: [`ChainError::Refused`] when no block will have it, [`ChainError::Dispatch`] when
    /// it failed in its block, whose fee is paid: the same again would pay again.
    /// [`ChainError::TimedOut`] when nothing is known after [`crate::Limits::inclusion`]; the call may
    /// still come into a block until it is void.
    pub async fn submit(&self, key: &Key, call: Call) -> Result<InBlock, ChainError> {
        let limit = self.0.limits.inclusion;
        let done = timeout(limit, self.bring_in(key, &call))
            .await
            .map_err(|_| ChainError::TimedOut {
                what: "waiting for a block with the call",
                after: limit,
            })??;
        if let Some(error) = done.events.iter().find_map(failure) {
            return Err(self.dispatch_error(error, done.block.hash).await?);
        }
        tracing::debug!(call = %call.title(), block = done.block.number, "in a block");
        Ok(done)
    }

    /// Reads now what signing needs, above all the runtime's metadata, so that the first call does
    /// not wait for it.
    pub async fn prepare_to_sign(&self) -> Result<(), ChainError> {
        self.basis().await.map(drop)
    }

    /// Signs the call until the pool has nothing against its nonce, its runtime and its age.
    async fn bring_in(&self, key: &Key, call: &Call) -> Result<InBlock, ChainError> {
        for _ in 1..ATTEMPTS {
            match self.try_to_bring_in(key, call).await {
                Err(ChainError::Refused(
                    why @ (Refusal::Stale
                    | Refusal::LowPriority
                    | Refusal::Expired
                    | Refusal::BadSignature),
                )) => tracing::debug!(?why, "signing again"),
                done => return done,
            }
        }
        self.try_to_bring_in(key, call).await
    }

    /// Signs the call once and waits until it is in a block or never will be.
    async fn try_to_bring_in(&self, key: &Key, call: &Call) -> Result<InBlock, ChainError> {
        // Before the nonce, so that nothing is awaited between that and the pool.
        let basis = self.basis().await?;
        let nonce = self.next_nonce(key).await?;
        let sent = match sign(&basis, key, call, &nonce) {
            Ok(sent) => sent,
            Err(error) => {
                nonce.unused();
                return Err(error);
            }
        };
        let result = self.follow(&sent).await;
        match &result {
            Ok(_) => nonce.used(),
            Err(ChainError::Refused(Refusal::Expired | Refusal::BadSignature)) => {
                // The block that it was signed on may be an old one.
                self.0.recent.lose_track();
                nonce.unused();
            }
            Err(ChainError::Refused(why)) if !why.doubts_nonce() => nonce.unused(),
            Err(_) => drop(nonce),
        }
        result
    }

    /// What signing needs on the node's best block.
    async fn basis(&self) -> Result<Basis, ChainError> {
        let head = *self.0.recent.head().borrow();
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

    async fn next_nonce(&self, key: &Key) -> Result<Nonce, ChainError> {
        let account = self.0.nonces.of(&key.account());
        loop {
            if let Some(nonce) = account.take() {
                return Ok(nonce);
            }
            let _one_asks = account.asking.lock().await;
            if let Some(nonce) = account.take() {
                return Ok(nonce);
            }
            account.learn(self.ask_nonce(key).await?);
        }
    }

    /// The first nonce that no call in the best block or, in a row behind it, in the pool has used.
    async fn ask_nonce(&self, key: &Key) -> Result<u64, ChainError> {
        let account = key.account().to_string();
        self.request("system_accountNextIndex", (account,)).await
    }

    /// Gives a signed call to the pool, again whenever the connection was lost, until a block has
    /// it.
    async fn follow(&self, sent: &Sent<'_>) -> Result<InBlock, ChainError> {
        let mut seen = vec![sent.since.hash];
        let mut stuck = Instant::now();
        let mut is_first = true;
        loop {
            let end = match self.hand_in(&sent.bytes).await {
                Ok(statuses) => match self.watch(sent, statuses).await {
                    Ok(Some(done)) => return Ok(done),
                    Ok(None) => None,
                    Err(error) => Some(error),
                },
                Err(ChainError::Refused(Refusal::AlreadyImported)) => None,
                Err(refused @ ChainError::Refused(_)) => Some(refused),
                // Whether the pool has it is not known; the caller hears at once that the node is
                // out of reach.
                Err(error) if is_first || !error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::debug!(%error, "still trying");
                    None
                }
            };
            is_first = false;
            // A block may have it: then the pool let go of it, or refused a second copy.
            match (self.look(sent, &mut seen).await, end) {
                (Ok(Some(done)), _) => return Ok(done),
                (Ok(None), Some(error)) => return Err(error),
                (Ok(None), None) => {}
                (Err(error), _) if error.is_transient() => {
                    tracing::debug!(%error, "still looking");
                }
                (Err(error), _) => return Err(error),
            }
            if stuck.elapsed() >= self.0.limits.gap {
                self.fill_gaps(sent.key).await;
                stuck = Instant::now();
            }
            self.next_look().await;
        }
    }

    /// Waits for the pool to say in which block the call is. `None`: the pool says nothing more.
    async fn watch(
        &self,
        sent: &Sent<'_>,
        mut statuses: Statuses,
    ) -> Result<Option<InBlock>, ChainError> {
        let gap = self.0.limits.gap;
        let mut patience = gap;
        let mut since = Instant::now();
        loop {
            let status = tokio::select! {
                status = statuses.next() => status,
                () = sleep_until(since + patience) => {
                    self.fill_gaps(sent.key).await;
                    since = Instant::now();
                    continue;
                }
            };
            let Some(Ok(status)) = status else {
                return Ok(None);
            };
            let dropped = |how| Err(ChainError::Dropped { how });
            match status {
                TransactionStatus::InBlock(hash) | TransactionStatus::Finalized(hash) => {
                    match self.in_block(sent, hash.0).await {
                        Ok(None) => {}
                        Err(error) if error.is_transient() => return Ok(None),
                        done => return done,
                    }
                }
                // Where a call before it is dropped later on, the pool does not say that it waits.
                TransactionStatus::Ready => patience = gap * READY_PATIENCE,
                TransactionStatus::Usurped(_) => {
                    return dropped("another one with the same nonce took its place")
                }
                TransactionStatus::Dropped => return dropped("the pool is full"),
                TransactionStatus::Invalid => return dropped("it became invalid"),
                TransactionStatus::Future
                | TransactionStatus::Broadcast(_)
                | TransactionStatus::Retracted(_)
                | TransactionStatus::FinalityTimeout(_) => {}
            }
        }
    }

    /// Looks through best blocks from the one in which the call was signed.
    async fn look(
        &self,
        sent: &Sent<'_>,
        seen: &mut Vec<Hash32>,
    ) -> Result<Option<InBlock>, ChainError> {
        let mut hash = self.best().await?.hash;
        while !seen.contains(&hash) {
            let block = self.block(hash).await?;
            if block.number <= sent.since.number.saturating_sub(1) {
                break;
            }
            if let Some(done) = self.in_block(sent, hash).await? {
                return Ok(Some(done));
            }
            seen.push(hash);
            hash = block.parent;
        }
        Ok(None)
    }

    /// Until there may be another best block.
    async fn next_look(&self) {
        let mut head = self.0.recent.head();
        let limit = match *head.borrow_and_update() {
            Some(_) => LOOK_AT_LEAST_EVERY,
            None => LOOK_EVERY,
        };
        let _ = timeout(limit, head.changed()).await;
    }

    /// The call in the block of that hash, if it is there.
    async fn in_block(&self, sent: &Sent<'_>, hash: Hash32) -> Result<Option<InBlock>, ChainError> {
        let Some(index) = self.place_in(hash, &sent.hash).await? else {
            return Ok(None);
        };
        let (block, events) = tokio::try_join!(self.block(hash), self.events_of(hash, index))?;
        Ok(Some(InBlock {
            block,
            extrinsic_hash: sent.hash,
            events,
        }))
    }

    /// Where calls of the account wait for a nonce that nothing uses, a call that does nothing uses
    /// it. Those calls themselves are not signed again with a lower nonce: that would make their first
    /// copies valid, which would do the same a second time.
    async fn fill_gaps(&self, key: &Key) {
        let account = self.0.nonces.of(&key.account());
        if !account.may_fill(self.0.limits.gap) {
            return;
        }
        let filled = async {
            let basis = self.basis().await?;
            account.learn(self.ask_nonce(key).await?);
            for nonce in account.take_gaps() {
                tracing::warn!(nonce = nonce.value(), "calls wait for a nonce of no call");
                let sent = sign(&basis, key, &calls::remark(), &nonce)?;
                self.hand_in_unwatched(&sent.bytes).await?;
            }
            Ok::<_, ChainError>(())
        };
        if let Err(error) = filled.await {
            tracing::warn!(%error, "failed to use a nonce that calls wait for");
        }
    }
}

fn sign<'a>(
    basis: &Basis,
    key: &'a Key,
    call: &Call,
    nonce: &Nonce,
) -> Result<Sent<'a>, ChainError> {
    let bytes = signed(&basis.runtime, key, call, nonce.value(), basis.mortality)?;
    Ok(Sent {
        key,
        hash: sp_crypto_hashing::blake2_256(&bytes),
        bytes,
        since: basis.best,
    })
}

/// The SCALE bytes of why a call failed, where the event says that one did: the call itself, or
/// the one that a proxy made for it.
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
        ("Proxy", "ProxyExecuted") => of_result("result"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submitting_can_move_between_threads() {
        fn is_send<T: Send>(_: T) {}
        let _ = |chain: &Chain, key: &Key, call| is_send(chain.submit(key, call));
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
        let executed = |pallet, bytes| event(pallet, "ProxyExecuted", "result", bytes);
        assert_eq!(failure(&executed("Proxy", &[1, 3, 7])), Some(&[3, 7][..]));
        assert_eq!(failure(&executed("Proxy", &[0])), None);
        assert_eq!(failure(&executed("Other", &[1])), None);
    }
}
