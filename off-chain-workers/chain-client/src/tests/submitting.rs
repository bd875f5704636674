//! Calls of one account on their way through the pool of a [`FakeNode`].

use crate::testing::{FakeNode, Pool};
use crate::{calls, AccountId, Chain, ChainError, Hash32, Hop, InBlock, Key, Limits, Refusal};
use codec::Encode;
use myai_primitives::JobId;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};
use tokio::{task::JoinHandle, time::Instant};

fn alice() -> Key {
    Key::from_uri("//Alice").unwrap()
}

fn call() -> crate::Call {
    calls::transfer_keep_alive(AccountId::new([9; 32]), 5)
}

const LIMITS: Limits = Limits {
    inclusion: Duration::from_secs(20),
    mortality: 64,
    gap: Duration::from_secs(15),
};

/// A node with a real pool, and a program that has submitted a call already.
async fn warm() -> (FakeNode, Chain) {
    warm_with(LIMITS).await
}

async fn warm_with(limits: Limits) -> (FakeNode, Chain) {
    let node = FakeNode::start().await;
    let chain = Chain::connect_with(&node.url, limits).await.unwrap();
    chain.submit(&alice(), call()).await.unwrap();
    let mut state = node.state();
    state.otherwise = Pool::Hold;
    state.nonces.clear();
    drop(state);
    (node, chain)
}

type Submitted = JoinHandle<Result<InBlock, ChainError>>;

fn submit(chain: &Chain) -> Submitted {
    let chain = chain.clone();
    tokio::spawn(async move { chain.submit(&alice(), call()).await })
}

/// Waits until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        assert!(Instant::now() < end, "waited for {what} in vain");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Submits calls one after another, so that they reach the pool in that order.
async fn submit_in_order(node: &FakeNode, chain: &Chain, n: usize) -> Vec<Submitted> {
    let mut submitted = Vec::new();
    for _ in 0..n {
        let before = node.state().nonces.len();
        submitted.push(submit(chain));
        until("a call in the pool", || node.state().nonces.len() > before).await;
    }
    submitted
}

async fn succeed(submitted: Vec<Submitted>) -> Vec<InBlock> {
    let mut done = Vec::new();
    for one in submitted {
        done.push(one.await.unwrap().unwrap());
    }
    done
}

fn refuse() -> Pool {
    Pool::Refuse(1010, "Custom error: 100")
}

async fn refused(submitted: Submitted) {
    let error = submitted.await.unwrap().unwrap_err();
    assert!(
        matches!(error, ChainError::Refused(Refusal::Custom(100))),
        "{error:?}"
    );
}

/// How often each method was asked for since the last look.
fn counts(node: &FakeNode) -> BTreeMap<String, u32> {
    std::mem::take(&mut node.state().counts)
}

#[tokio::test]
async fn calls_at_once_share_a_block_and_what_is_asked_of_it() {
    let (node, chain) = warm().await;
    counts(&node);
    let submitted: Vec<_> = (0..20).map(|_| submit(&chain)).collect();
    until("20 calls in the pool", || node.state().nonces.len() == 20).await;
    let hash = node.mine_pool();
    for done in succeed(submitted).await {
        assert_eq!(done.block.hash, hash);
        assert_eq!(done.events.len(), 1);
    }
    let counts = counts(&node);
    assert_eq!(counts["author_submitAndWatchExtrinsic"], 20);
    // The runtime of the block to sign on is known from the first call.
    for once in [
        "chain_getBlock",
        "chain_getFinalizedHead",
        "state_getRuntimeVersion",
        "state_getStorage",
    ] {
        assert_eq!(counts[once], 1, "{once}: {counts:?}");
    }
    assert!(!counts.contains_key("system_accountNextIndex"));
}

#[tokio::test]
async fn a_slow_node_delays_calls_at_once_no_more_than_one() {
    let node = FakeNode::start().await;
    node.state().delay = Duration::from_millis(100);
    node.state().otherwise = Pool::Hold;
    let chain = Chain::connect_with(&node.url, LIMITS).await.unwrap();
    let submitted: Vec<_> = (0..30).map(|_| submit(&chain)).collect();
    let began = Instant::now();
    until("30 calls in the pool", || node.state().nonces.len() == 30).await;
    // One after another they took six seconds at least.
    assert!(began.elapsed() < Duration::from_secs(5));
    node.mine_pool();
    succeed(submitted).await;
}

#[tokio::test]
async fn one_job_asks_the_node_for_six_things_at_most() {
    let (node, chain) = warm().await;
    let (hop, alice) = (Hop::over(chain.0.connection.clone()), alice());
    node.state().answers = vec![
        ("hop_claim", Ok(json!("0x01"))),
        ("hop_submit", Ok(json!({}))),
        ("hop_ack", Ok(json!(null))),
    ];
    let (following, mut heads) = (chain.clone(), tokio::sync::mpsc::unbounded_channel());
    let follower = tokio::spawn(async move {
        let mut stream = following.heads();
        loop {
            let _ = heads.0.send(stream.next().await);
        }
    });
    heads.1.recv().await.unwrap();
    node.mine(vec![]);
    heads.1.recv().await.unwrap();
    counts(&node);

    let job = async || {
        let input: Hash32 = crate::hop::blob_hash(&[1]);
        hop.claim(&input, &alice).await.unwrap().unwrap();
        let blob = hop.submit(b"answer", &[1; 32], &alice).await.unwrap();
        let attest = calls::attest(JobId([7; 32]), [8; 32], 1, blob);
        chain.submit(&alice, attest).await.unwrap();
        hop.ack(&input, &alice).await.unwrap();
    };
    let mine = async || {
        let held = node.state().nonces.len();
        until("all calls in the pool", || {
            node.state().nonces.len() == held + 3
        })
        .await;
        node.mine_pool();
    };
    tokio::join!(job(), job(), job(), mine());
    until("all watches ended", || {
        node.state().counts.get("author_unwatchExtrinsic") == Some(&3)
    })
    .await;
    let mut counts = counts(&node);
    let mut take = |method: &str| counts.remove(method).unwrap_or(0);
    let a_job = [
        "hop_claim",
        "hop_submit",
        "author_submitAndWatchExtrinsic",
        "author_unwatchExtrinsic",
        "hop_ack",
    ];
    for method in a_job {
        assert_eq!(take(method), 3, "{method}");
    }
    assert!(a_job.len() <= 6);
    // Once a block: the one that was signed on, and the one with the calls.
    assert_eq!(take("chain_getFinalizedHead"), 1);
    assert_eq!(take("state_getRuntimeVersion"), 2);
    assert_eq!(take("chain_getBlock"), 1);
    assert_eq!(take("state_getStorage"), 1);
    // The second block's header came with its head, unless the call's status came first.
    assert!(take("chain_getHeader") <= 1);
    assert!(counts.is_empty(), "{counts:?}");
    follower.abort();
}

#[tokio::test]
async fn a_new_runtime_is_signed_for_from_its_first_block_on() {
    let (node, chain) = warm().await;
    let mut heads = chain.heads();
    heads.next().await;
    node.state().spec_version = 8;
    node.mine(vec![]);
    while heads.next().await.number < 2 {}
    let submitted = submit_in_order(&node, &chain, 1).await;
    // Signed for the old one, it would have been refused and signed again.
    assert_eq!(node.state().nonces, [1]);
    node.mine_pool();
    succeed(submitted).await;
}

#[tokio::test]
async fn a_call_signed_for_the_old_runtime_is_signed_again() {
    let (node, chain) = warm().await;
    let mut heads = chain.heads();
    heads.next().await;
    node.state().spec_version = 8;
    // The head is not read.
    node.mine(vec![]);
    let submitted = submit_in_order(&node, &chain, 1).await;
    until("a second copy", || node.state().nonces == [1, 1]).await;
    node.mine_pool();
    succeed(submitted).await;
}

#[tokio::test]
async fn another_program_may_sign_for_the_same_account() {
    let (node, chain) = warm().await;
    let other = Chain::connect_with(&node.url, LIMITS).await.unwrap();
    // In turns, so that each has a nonce that the other one has used: in the pool, then in a block.
    for _ in 0..3 {
        let mut submitted = submit_in_order(&node, &chain, 2).await;
        submitted.extend(submit_in_order(&node, &other, 2).await);
        until("four calls in the pool", || node.held() == 4).await;
        node.mine_pool();
        succeed(submitted).await;
    }
    assert_eq!(node.state().next_nonce, 13);
}

#[tokio::test]
async fn the_nonce_of_a_refused_call_is_the_next_ones() {
    let (node, chain) = warm().await;
    node.state().pool.push_back(refuse());
    let first = submit_in_order(&node, &chain, 1).await.remove(0);
    refused(first).await;
    counts(&node);
    let done = submit_in_order(&node, &chain, 1).await;
    assert_eq!(node.state().nonces, [1, 1]);
    assert!(!counts(&node).contains_key("system_accountNextIndex"));
    node.mine_pool();
    succeed(done).await;
}

/// Submits as many calls as there are scripts, all of which are signed before the first answer.
async fn scripted(node: &FakeNode, chain: &Chain, pool: Vec<Pool>) -> Vec<Submitted> {
    let n = pool.len();
    node.state().pool.extend(pool);
    // All are on their way before any of them is answered.
    let submitted: Vec<_> = (0..n).map(|_| submit(chain)).collect();
    until("all calls at the pool", || node.state().nonces.len() >= n).await;
    submitted
}

/// [`warm`] behind a delay, so that calls are signed before answers to others come.
async fn warm_and_slow(limits: Limits) -> (FakeNode, Chain) {
    let (node, chain) = warm_with(limits).await;
    node.state().delay = Duration::from_millis(50);
    node.disconnect();
    let _ = chain.best().await;
    (node, chain)
}

#[tokio::test]
async fn a_gap_is_filled_by_the_next_call() {
    let (node, chain) = warm_and_slow(LIMITS).await;
    let mut submitted = scripted(&node, &chain, vec![refuse(), Pool::Hold, Pool::Hold]).await;
    refused(submitted.remove(0)).await;
    submitted.push(submit(&chain));
    until("three calls in the pool", || node.held() == 3).await;
    assert_eq!(node.state().nonces, [1, 2, 3, 1]);
    node.mine_pool();
    succeed(submitted).await;
}

#[tokio::test]
async fn two_gaps_without_another_call_are_filled_soon() {
    let gap = Duration::from_millis(300);
    let (node, chain) = warm_and_slow(Limits { gap, ..LIMITS }).await;
    let pool = vec![refuse(), Pool::Hold, refuse(), Pool::Hold];
    let mut submitted = scripted(&node, &chain, pool).await;
    refused(submitted.remove(2)).await;
    refused(submitted.remove(0)).await;
    let began = Instant::now();
    until("four calls in the pool", || node.held() == 4).await;
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(node.state().nonces, [1, 2, 3, 4, 1, 3]);
    node.mine_pool();
    // Each call once.
    assert_eq!(node.state().next_nonce, 5);
    let done = succeed(submitted).await;
    assert_eq!(done[0].block, done[1].block);
    assert_eq!(counts(&node)["author_submitExtrinsic"], 2);
}

#[tokio::test]
async fn a_gap_below_calls_that_were_ready_is_filled() {
    let gap = Duration::from_millis(200);
    let (node, chain) = warm_with(Limits { gap, ..LIMITS }).await;
    let mut submitted = submit_in_order(&node, &chain, 2).await;
    node.let_go(1);
    let error = submitted.remove(0).await.unwrap().unwrap_err();
    assert!(matches!(error, ChainError::Dropped { .. }), "{error:?}");
    until("the gap filled", || node.held() == 2).await;
    node.mine_pool();
    succeed(submitted).await;
}

#[tokio::test]
async fn a_gap_that_somebody_else_fills_is_left_to_them() {
    let (node, chain) = warm_and_slow(LIMITS).await;
    let other = Chain::connect_with(&node.url, LIMITS).await.unwrap();
    let mut submitted = scripted(&node, &chain, vec![refuse(), Pool::Hold]).await;
    refused(submitted.remove(0)).await;
    // The other program gets the nonce of the gap.
    submitted.push(submit(&other));
    until("two calls in the pool", || node.held() == 2).await;
    // Here the gap is still known; the next call tries it, and is signed again.
    submitted.push(submit(&chain));
    until("three calls in the pool", || node.held() == 3).await;
    node.mine_pool();
    succeed(submitted).await;
    assert_eq!(node.state().next_nonce, 4);
}

#[tokio::test]
async fn calls_may_reach_the_pool_in_any_order() {
    let (node, chain) = warm_and_slow(LIMITS).await;
    let pool = vec![Pool::HoldLate, Pool::Hold];
    let submitted = scripted(&node, &chain, pool).await;
    until("two calls in the pool", || node.held() == 2).await;
    assert_eq!(node.state().nonces, [1, 2, 1]);
    node.mine_pool();
    succeed(submitted).await;
    assert_eq!(node.state().next_nonce, 3);
    assert!(!counts(&node).contains_key("author_submitExtrinsic"));
}

#[tokio::test]
async fn a_full_pool_makes_the_node_be_asked() {
    let (node, chain) = warm_and_slow(LIMITS).await;
    let pool = vec![Pool::Refuse(1016, "full"), Pool::Hold, Pool::Hold];
    let mut submitted = scripted(&node, &chain, pool).await;
    let error = submitted.remove(0).await.unwrap().unwrap_err();
    assert!(matches!(error, ChainError::Refused(Refusal::PoolFull)));
    counts(&node);
    submitted.push(submit(&chain));
    until("three calls in the pool", || node.held() == 3).await;
    assert_eq!(counts(&node)["system_accountNextIndex"], 1);
    node.mine_pool();
    succeed(submitted).await;
    assert_eq!(node.state().next_nonce, 4);
}

#[tokio::test]
async fn a_call_of_unknown_fate_makes_the_node_be_asked() {
    for (arrives, next) in [(true, 2), (false, 1)] {
        let (node, chain) = warm().await;
        // One that is lost is sent once more.
        let pool = [Pool::Lose(arrives), Pool::Lose(false)];
        node.state().pool.extend(pool);
        let error = chain.submit(&alice(), call()).await.unwrap_err();
        assert!(error.is_transient(), "{error:?}");
        let submitted = submit_in_order(&node, &chain, 1).await;
        assert_eq!(node.state().nonces, [1, 1, next]);
        node.mine_pool();
        succeed(submitted).await;
    }
}

#[tokio::test]
async fn a_dropped_call_makes_the_node_be_asked() {
    let (node, chain) = warm().await;
    for how in ["dropped", "invalid"] {
        node.state().nonces.clear();
        node.state().pool.push_back(Pool::Say(how));
        let error = chain.submit(&alice(), call()).await.unwrap_err();
        assert!(matches!(error, ChainError::Dropped { .. }), "{error:?}");
        let submitted = submit_in_order(&node, &chain, 1).await;
        let nonces = node.state().nonces.clone();
        assert_eq!(nonces[0], nonces[1]);
        node.mine_pool();
        succeed(submitted).await;
    }
}

#[tokio::test]
async fn calls_outlive_a_restart_of_the_node() {
    let (node, chain) = warm().await;
    let submitted = submit_in_order(&node, &chain, 3).await;
    node.empty_pool();
    node.disconnect();
    until("three calls in the pool", || node.held() == 3).await;
    node.mine_pool();
    succeed(submitted).await;
    // The same copies, not others.
    assert_eq!(node.state().next_nonce, 4);
}

#[tokio::test]
async fn calls_are_found_after_a_lost_connection() {
    let (node, chain) = warm().await;
    let submitted = submit_in_order(&node, &chain, 3).await;
    node.disconnect();
    // While nobody listens; then the pool calls them outdated.
    node.mine_pool();
    node.mine(vec![]);
    for done in succeed(submitted).await {
        assert_eq!(done.block.number, 2);
    }
    assert_eq!(node.state().next_nonce, 4);
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_is_not_signed_again() {
    let (node, chain) = warm().await;
    // The first copy is in a block; of the second one the pool says that its nonce is used.
    let stale = Pool::Refuse(1010, "Transaction is outdated");
    node.state().pool.extend([Pool::Vanish, stale]);
    let done = chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(done.block.number, 3);
    assert_eq!(node.state().nonces, [1, 1]);
}

#[tokio::test]
async fn calls_in_the_pool_are_waited_for_after_a_lost_connection() {
    let (node, chain) = warm().await;
    let submitted = submit_in_order(&node, &chain, 3).await;
    node.disconnect();
    until("copies of all", || node.state().nonces.len() >= 6).await;
    node.mine_pool();
    succeed(submitted).await;
    assert_eq!(node.state().next_nonce, 4);
    let next = submit_in_order(&node, &chain, 1).await;
    node.mine_pool();
    succeed(next).await;
}

#[tokio::test]
async fn a_call_that_fails_in_its_block_is_submitted_once() {
    let (node, chain) = warm().await;
    let error = sp_runtime::DispatchError::BadOrigin.encode();
    node.state().pool.push_back(Pool::Fail(error));
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(error.is("System", "BadOrigin"), "{error:?}");
    assert!(!error.is_transient());
    let next = submit_in_order(&node, &chain, 1).await;
    node.mine_pool();
    succeed(next).await;
    // The next call has the next nonce: the failed one used its own.
    assert_eq!(node.state().nonces, [1, 2]);
}
