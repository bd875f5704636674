//! The crate against a [`Node`] of the tests.

use super::node::{Node, Pool};
use crate::{
    calls, chain::Told, hop, AccountId, Block, Chain, ChainError, Followed, Hop, HopError, Key,
    Limits, Refusal,
};
use codec::Encode;
use myai_primitives::{Asset, JobId, Mode, Quote, VersionId};
use serde_json::json;
use sp_runtime::DispatchError;
use std::time::Duration;

fn alice() -> Key {
    Key::from_uri("//Alice").unwrap()
}

fn call() -> crate::Call {
    calls::transfer_keep_alive(AccountId::new([9; 32]), 5)
}

async fn connected() -> (Node, Chain) {
    let node = Node::start().await;
    let limits = Limits {
        inclusion: Duration::from_secs(5),
        ..Limits::default()
    };
    let chain = Chain::connect_with(&node.url, limits).await.unwrap();
    (node, chain)
}

#[tokio::test]
async fn a_chain_with_other_transactions_is_refused() {
    let node = Node::start().await;
    node.state().transaction_version = 2;
    let error = Chain::connect(&node.url).await.unwrap_err();
    assert!(
        matches!(error, ChainError::TransactionVersion { ours: 1, theirs: 2 }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_call_is_followed_into_its_block() {
    let (node, chain) = connected().await;
    node.state().next_nonce = 4;
    let done = chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(done.block, chain.best().await.unwrap());
    assert_eq!(done.block.number, 1);
    assert_eq!(done.events.len(), 1);
    assert!(done.event("System", "ExtrinsicSuccess").is_some());
    let info: u64 = done
        .field("System", "ExtrinsicSuccess", "dispatch_info")
        .unwrap();
    assert_eq!(info, 0);
    assert_eq!(node.state().nonces, [4]);
}

#[tokio::test]
async fn a_failure_in_the_block_has_the_pallets_words() {
    let (node, chain) = connected().await;
    let error = sp_runtime::DispatchError::Module(sp_runtime::ModuleError {
        index: 53,
        error: [4, 0, 0, 0],
        message: None,
    });
    node.state().pool.push_back(Pool::Fail(error.encode()));
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(error.is("InferenceEscrow", "NotOpen"), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the chain refused: The job is not open. (InferenceEscrow.NotOpen)"
    );
    let token = sp_runtime::DispatchError::Token(sp_runtime::TokenError::FundsUnavailable);
    node.state().pool.push_back(Pool::Fail(token.encode()));
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(error.is("Token", "FundsUnavailable"), "{error:?}");
}

#[tokio::test]
async fn blocks_tell_their_calls_where_the_state_is_gone() {
    let (node, chain) = connected().await;
    let attest = calls::attest(JobId(5), [2; 32], 1, [4; 32]);
    node.mine(None);
    chain.submit(&alice(), attest.clone()).await.unwrap();
    let batch = calls::batch_all(vec![call(), attest]);
    chain.submit(&alice(), batch).await.unwrap();
    node.mine(None);
    let blocks = chain.block_hashes(1, 100).await.unwrap();
    assert_eq!(blocks.len(), 4);
    assert_eq!(chain.block_hashes(3, 2).await.unwrap(), blocks[2..]);
    assert!(chain.block_hashes(5, 2).await.unwrap().is_empty());

    let told = chain.told(&blocks, "System").await.unwrap();
    let events: Vec<_> = told
        .iter()
        .map(|told| match told {
            Told::Events(events) => events.len(),
            Told::Calls { .. } => panic!("{told:?}"),
        })
        .collect();
    assert_eq!(events, [1, 2, 2, 1]);

    // The best block has its state always.
    node.mine(None);
    for pruned in [3, 4] {
        node.state().pruned = pruned;
        let told = chain.told(&blocks, "InferenceEscrow").await.unwrap();
        assert_eq!(matches!(told[3], Told::Events(_)), pruned == 3);
        let calls: Vec<_> = told[..3]
            .iter()
            .map(|told| match told {
                Told::Calls {
                    calls,
                    garbled: None,
                } => calls
                    .iter()
                    .map(|c| (c.signer.clone(), c.outermost, c.argument("job").unwrap()))
                    .collect::<Vec<(AccountId, bool, JobId)>>(),
                _ => panic!("{told:?}"),
            })
            .collect();
        let made = |outermost| vec![(alice().account(), outermost, JobId(5))];
        assert_eq!(calls, [vec![], made(true), made(false)]);
    }
}

#[tokio::test]
async fn blocks_tell_their_calls_where_an_event_cannot_be_read() {
    let (node, chain) = connected().await;
    let attest = calls::attest(JobId(5), [2; 32], 1, [4; 32]);
    chain.submit(&alice(), attest).await.unwrap();
    node.garble();
    let blocks = chain.block_hashes(1, 1).await.unwrap();
    let told = chain.told(&blocks, "InferenceEscrow").await.unwrap();
    match &told[..] {
        [Told::Calls {
            calls,
            garbled: Some(_),
        }] => assert_eq!(calls[0].name, "attest"),
        _ => panic!("{told:?}"),
    }
}

#[tokio::test]
async fn a_used_nonce_is_asked_for_again() {
    let (node, chain) = connected().await;
    let stale = Pool::Refuse(1010, "Transaction is outdated");
    node.state().pool.extend([stale.clone(), Pool::Mine]);
    chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(node.state().nonces, [0, 0]);
    // And not for ever.
    node.state()
        .pool
        .extend([stale.clone(), stale.clone(), stale]);
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(matches!(error, ChainError::Refused(Refusal::Stale)));
}

#[tokio::test]
async fn refused_calls_use_no_nonce() {
    let (node, chain) = connected().await;
    let doomed = Pool::Refuse(1010, "Custom error: 100");
    node.state().pool.push_back(doomed);
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(matches!(error, ChainError::Refused(Refusal::Custom(100))));
    chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(node.state().nonces, [0, 0]);
}

#[tokio::test]
async fn calls_at_once_have_nonces_in_a_row() {
    let (node, chain) = connected().await;
    // The node's own count stands still while the pool keeps them all.
    node.state()
        .pool
        .extend([Pool::Keep, Pool::Keep, Pool::Keep]);
    let limits = Limits {
        inclusion: Duration::from_millis(1_500),
        ..Limits::default()
    };
    let chain = Chain::connect_with(chain.url(), limits).await.unwrap();
    let alice = alice();
    let (a, b, c) = tokio::join!(
        chain.submit(&alice, call()),
        chain.submit(&alice, call()),
        chain.submit(&alice, call()),
    );
    for result in [a, b, c] {
        assert!(matches!(result, Err(ChainError::TimedOut { .. })));
    }
    assert_eq!(node.state().nonces, [0, 1, 2]);
    // Nothing is known of them any more: the node is asked.
    chain.submit(&alice, call()).await.unwrap();
    assert_eq!(node.state().nonces, [0, 1, 2, 0]);
}

#[tokio::test]
async fn a_call_that_the_pool_lets_go_is_said_to_be_dropped() {
    let (node, chain) = connected().await;
    for status in ["dropped", "invalid"] {
        node.state().pool.push_back(Pool::Say(status));
        let error = chain.submit(&alice(), call()).await.unwrap_err();
        assert!(matches!(error, ChainError::Dropped { .. }), "{error:?}");
        assert!(error.is_passing());
    }
}

#[tokio::test]
async fn a_call_is_found_in_its_block_after_a_lost_connection() {
    let (node, chain) = connected().await;
    let already = Pool::Refuse(1013, "0x00");
    node.state().pool.extend([Pool::Vanish, already]);
    let done = chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(done.block.number, 2);
    assert!(done.event("System", "ExtrinsicSuccess").is_some());
    assert_eq!(node.state().connections, 2);
}

#[tokio::test]
async fn following_goes_on_after_a_lost_connection() {
    let (node, chain) = connected().await;
    let mut follow = chain.follow();
    let number = |followed| match followed {
        Followed::Block { number, events, .. } => (number, events.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(number(follow.next().await), (0, 0));
    let hash = node.mine(None);
    assert_eq!(
        follow.next().await,
        Followed::Block {
            number: 1,
            hash,
            events: chain.events_at(hash).await.unwrap()
        }
    );
    node.disconnect();
    node.mine(None);
    node.mine(None);
    assert_eq!(number(follow.next().await), (2, 1));
    assert_eq!(number(follow.next().await), (3, 1));
    let best = chain.best().await.unwrap();
    assert_eq!(best.number, 3);
    let head = chain.head(best.hash).await.unwrap();
    assert_eq!((head.number, head.hash), (best.number, best.hash));
    assert_eq!(chain.finalized().await.unwrap().number, 0);
}

#[tokio::test]
async fn unknown_blocks_and_functions_are_said_to_be_so() {
    let (_node, chain) = connected().await;
    let unknown = Block {
        number: 1,
        hash: [7; 32],
    };
    let error = chain.head(unknown.hash).await.unwrap_err();
    assert!(matches!(error, ChainError::UnknownBlock { .. }));
    let error = chain.clock().await.unwrap_err();
    assert!(matches!(error, ChainError::Rpc(_)) && !error.is_passing());
}

#[tokio::test]
async fn blobs_travel_in_the_pools_own_words() {
    let node = Node::start().await;
    let hop = Hop::at(&node.url).unwrap();
    let (key, _) = Key::generate().unwrap();
    let blob = b"sealed".to_vec();
    let hash = hop::blob_hash(&blob);

    // Without the pool.
    let error = hop.submit(&blob, &key.public(), &key).await.unwrap_err();
    assert!(matches!(error, HopError::NoPool), "{error:?}");

    let answer = |method, answer| node.state().answers = vec![(method, answer)];
    for done in [Ok(json!({"poolStatus": {}})), Err(1003)] {
        answer("hop_submit", done);
        assert_eq!(hop.submit(&blob, &key.public(), &key).await.unwrap(), hash);
    }
    let asked = node.state().asked.last().unwrap().1.clone();
    assert_eq!(asked[0], format!("0x{}", hex::encode(&blob)));
    let signer = format!("0x01{}", hex::encode(key.public()));
    assert_eq!((&asked[1][0], &asked[3]), (&json!(signer), &json!(signer)));
    assert_eq!(asked[2].as_str().unwrap().len(), 2 + 2 * 65);
    assert!(asked[4].as_u64().unwrap() > 1_700_000_000_000);

    answer("hop_claim", Err(1004));
    assert_eq!(hop.claim(&hash, &key).await.unwrap(), None);
    answer("hop_claim", Ok(json!(format!("0x{}", hex::encode(&blob)))));
    assert_eq!(hop.claim(&hash, &key).await.unwrap(), Some(blob));
    answer("hop_claim", Ok(json!("0x00")));
    let error = hop.claim(&hash, &key).await.unwrap_err();
    assert!(matches!(error, HopError::OtherBlob));
    for done in [Ok(json!(null)), Err(1004)] {
        answer("hop_ack", done);
        hop.ack(&hash, &key).await.unwrap();
    }
    answer(
        "hop_poolStatus",
        Ok(json!({"entryCount": 1, "totalBytes": 46, "maxBytes": 100})),
    );
    assert_eq!(hop.status().await.unwrap().total_bytes, 46);
}

#[tokio::test]
async fn patience_outlasts_a_node_that_has_not_the_job_yet() {
    let node = Node::start().await;
    let hop = Hop::at(&node.url).unwrap();
    let (key, _) = Key::generate().unwrap();
    node.state().answers = vec![("hop_submit", Err(1012))];
    let later = node.clone();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(500)).await;
        later.state().answers = vec![("hop_submit", Ok(json!({})))];
    });
    let patience = Duration::from_secs(5);
    hop.submit_patiently(b"x", &[1; 32], &key, patience)
        .await
        .unwrap();
    assert!(node.state().asked.len() >= 2);

    node.state().answers = vec![("hop_submit", Err(1012))];
    let error = hop
        .submit_patiently(b"x", &[1; 32], &key, Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(matches!(error, HopError::NotAuthorized));
}

#[tokio::test]
async fn quotes_tell_the_cost_or_what_is_in_the_way() {
    let (node, chain) = connected().await;
    let who = AccountId::new([1; 32]);
    let ask = || chain.quote(&who, VersionId(1), &who, Mode::Direct, 1, 100);
    let quote = Quote {
        asset: Asset::Native,
        price: 3,
        fee: 4,
        gross: 7,
        network: 1,
        deposit: 9,
    };
    let answer = |answer: Result<Quote, DispatchError>| {
        node.state().functions = vec![("MyAiApi_quote", answer.encode())]
    };
    answer(Ok(quote.clone()));
    assert_eq!(ask().await.unwrap(), quote);
    answer(Err(DispatchError::Module(sp_runtime::ModuleError {
        index: 53,
        error: [4, 0, 0, 0],
        message: None,
    })));
    let error = ask().await.unwrap_err();
    assert!(error.is("InferenceEscrow", "NotOpen"), "{error:?}");
    answer(Err(DispatchError::BadOrigin));
    assert!(ask().await.unwrap_err().is("System", "BadOrigin"));
}

#[tokio::test]
async fn balances_are_free_and_held() {
    let (node, chain) = connected().await;
    let who = AccountId::new([0xab; 32]);
    let none = crate::Holding::default();
    let balance = |asset| {
        let (chain, who) = (chain.clone(), who.clone());
        async move { chain.balance(&who, &asset).await.unwrap() }
    };
    assert_eq!(balance(Asset::Native).await, none);
    assert_eq!(balance(Asset::Id(7)).await, none);
    let account = (
        1u32,
        2u32,
        3u32,
        4u32,
        (10u128, 20u128, 5u128, 1u128 << 127),
    );
    let prefix = |pallet, item| hex::encode(crate::api::storage_prefix(pallet, item));
    node.state().storage = vec![
        (prefix("System", "Account"), account.encode()),
        // Balance, status, reason, nothing more.
        (prefix("Assets", "Account"), (30u128, 0u8, 1u8).encode()),
        (prefix("AssetsHolder", "BalancesOnHold"), 40u128.encode()),
    ];
    let holding = |free, held| crate::Holding { free, held };
    assert_eq!(balance(Asset::Native).await, holding(10, 20));
    assert_eq!(balance(Asset::Id(7)).await, holding(30, 40));
}

#[tokio::test]
async fn a_lost_node_is_passing_whatever_is_asked() {
    let (node, chain) = connected().await;
    node.stop();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let errors = [
        chain.best().await.unwrap_err(),
        chain.events_at([1; 32]).await.unwrap_err(),
        chain.clock().await.unwrap_err(),
        chain.submit(&alice(), call()).await.unwrap_err(),
        chain.encode_call(&call()).await.unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_passing(), "{error:?}");
    }
}
