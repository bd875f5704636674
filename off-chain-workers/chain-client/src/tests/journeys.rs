//! Tests of all modules together, against a [`FakeNode`]: reading, submitting, the HOP pool.

use crate::testing::{FakeNode, Pool};
use crate::{
    calls, hop, storage, AccountId, Chain, ChainError, Hop, HopError, Key, Limits, Refusal,
    TRANSACTION_VERSION,
};
use codec::{Decode, Encode};
use myai_primitives::*;
use serde_json::json;
use sp_runtime::DispatchError;
use std::time::Duration;

fn alice() -> Key {
    Key::from_uri("//Alice").unwrap()
}

fn call() -> crate::Call {
    calls::transfer_keep_alive(AccountId::new([9; 32]), 5)
}

async fn connected() -> (FakeNode, Chain) {
    let node = FakeNode::start().await;
    let limits = Limits {
        inclusion: Duration::from_secs(5),
        ..Limits::default()
    };
    let chain = Chain::connect_with(&node.url, limits).await.unwrap();
    (node, chain)
}

#[tokio::test]
async fn a_chain_with_other_transactions_is_refused() {
    let node = FakeNode::start().await;
    node.state().transaction_version = 1;
    let error = Chain::connect(&node.url).await.unwrap_err();
    assert!(
        matches!(
            error,
            ChainError::TransactionVersion {
                ours: TRANSACTION_VERSION,
                theirs: 1
            }
        ),
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
    assert_eq!(done.events[0].name, "ExtrinsicSuccess");
    let info: u64 = done.events[0].field("dispatch_info").unwrap();
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
async fn a_used_nonce_is_asked_for_again() {
    let (node, chain) = connected().await;
    let stale = Pool::Refuse(1010, "Transaction is outdated");
    node.state().pool.extend([stale.clone(), Pool::Mine]);
    chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(node.state().nonces, [0, 0]);
    // And not without end.
    node.state()
        .pool
        .extend([stale.clone(), stale.clone(), stale]);
    let error = chain.submit(&alice(), call()).await.unwrap_err();
    assert!(matches!(error, ChainError::Refused(Refusal::Stale)));
}

#[tokio::test]
async fn refused_calls_use_no_nonce() {
    let (node, chain) = connected().await;
    let refused = Pool::Refuse(1010, "Custom error: 100");
    node.state().pool.push_back(refused);
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
        assert!(error.is_transient());
    }
}

#[tokio::test]
async fn a_call_is_found_in_its_block_after_a_lost_connection() {
    let (node, chain) = connected().await;
    let already = Pool::Refuse(1013, "0x00");
    node.state().pool.extend([Pool::Vanish, already]);
    let done = chain.submit(&alice(), call()).await.unwrap();
    assert_eq!(done.block.number, 2);
    assert_eq!(done.events[0].name, "ExtrinsicSuccess");
    assert_eq!(node.state().connections, 2);
}

#[tokio::test]
async fn best_blocks_come_again_after_a_lost_connection() {
    let (node, chain) = connected().await;
    let mut heads = chain.heads();
    assert_eq!(heads.next().await.number, 0);
    let hash = node.mine(vec![]);
    let first = heads.next().await;
    assert_eq!((first.number, first.hash), (1, hash));
    assert_eq!(first, chain.block(hash).await.unwrap());
    node.disconnect();
    node.mine(vec![]);
    node.mine(vec![]);
    // The one between may be missing.
    let mut last = heads.next().await;
    while last.number < 3 {
        last = heads.next().await;
    }
    assert_eq!(last, chain.best().await.unwrap());
    assert_eq!(chain.finalized().await.unwrap().number, 0);
}

#[tokio::test]
async fn unknown_blocks_and_functions_are_said_to_be_so() {
    let (_node, chain) = connected().await;
    let error = chain.block([7; 32]).await.unwrap_err();
    assert!(matches!(error, ChainError::UnknownBlock { .. }));
    let error = chain.clock().await.unwrap_err();
    assert!(matches!(error, ChainError::Rpc(_)) && !error.is_transient());
}

fn open_job(id: u8) -> JobView<AccountId> {
    let somebody = AccountId::new([1; 32]);
    JobView {
        id: JobId([id; 32]),
        state: JobState::Open(OpenJobView {
            payer: somebody.clone(),
            opener: somebody.clone(),
            uploader: None,
            version: VersionId(1),
            run: Run::Direct {
                worker: somebody,
                blob: [4; 32],
            },
            units: 1,
            asset: Asset::Native,
            price: 1,
            fee: 1,
            deposit: 1,
            deadline: 100,
            revision: 0,
            input_commitment: [3; 32],
            input_length: 9,
        }),
    }
}

/// As [`open_job`], but run in a way that does not exist yet.
fn unknown_job(id: u8) -> Vec<u8> {
    let mut bytes = open_job(id).encode();
    // The id, the state's index, payer, opener, no uploader and the version stand before.
    bytes[32 + 1 + 32 + 32 + 1 + 4] = 200;
    bytes
}

#[tokio::test]
async fn a_job_that_runs_in_an_unknown_way_hides_no_other() {
    let (node, chain) = connected().await;
    let worker = AccountId::new([1; 32]);
    let asked = |unknown: &'static [u8]| {
        let page = move |arguments: &[u8]| {
            type Arguments = (AccountId, Option<JobId>, u32);
            let (_, after, limit) = Arguments::decode(&mut &arguments[..]).unwrap();
            let first = after.map_or(1, |JobId(id)| id[0] + 1);
            let last = 120.min(first as u32 + limit.min(MAX_PAGE) - 1) as u8;
            let rows = (first..=last).map(|id| match unknown.contains(&id) {
                true => unknown_job(id),
                false => open_job(id).encode(),
            });
            let mut page = codec::Compact(rows.len() as u32).encode();
            page.extend(rows.flatten());
            page
        };
        node.state().functions = vec![("MyAiApi_jobs_of_worker", Box::new(page))];
    };
    for unknown in [&[][..], &[1], &[2, 3, 117], &[120]] {
        asked(unknown);
        let found = chain.open_jobs(&worker).await.unwrap();
        let (unread, read): (Vec<u8>, Vec<u8>) = (1..=120).partition(|id| unknown.contains(id));
        let ids = |ids: Vec<u8>| {
            ids.into_iter()
                .map(|id| JobId([id; 32]))
                .collect::<Vec<_>>()
        };
        assert_eq!(found.unknown, ids(unread));
        let jobs: Vec<JobId> = found.jobs.iter().map(|job| job.id).collect();
        assert_eq!(jobs, ids(read));
    }
}

#[tokio::test]
async fn a_job_is_looked_up_in_the_block_that_is_asked_for() {
    let (node, chain) = connected().await;
    let answer = Some(open_job(7)).encode();
    node.state().functions = vec![("MyAiApi_job", Box::new(move |_| answer.clone()))];
    let job = chain.job(JobId([7; 32])).await.unwrap();
    assert_eq!(job, Some(open_job(7)));
    let genesis = chain.genesis_hash();
    assert_eq!(chain.at(genesis).job(JobId([7; 32])).await.unwrap(), job);
    let calls = node.state().calls.clone();
    let [best, at] = &calls[calls.len() - 2..] else {
        panic!("{calls:?}");
    };
    assert_eq!(best[2], json!(null));
    assert_eq!(at[2], json!(format!("0x{}", hex::encode(genesis))));
}

#[tokio::test]
async fn blobs_travel_in_the_pools_own_words() {
    let node = FakeNode::start().await;
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
    let node = FakeNode::start().await;
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
    let ask = || chain.quote(&who, VersionId(1), &who, Mode::Direct, 1, 100, 9);
    let quote = Quote {
        asset: Asset::Native,
        price: 3,
        fee: 4,
        gross: 7,
        network: 1,
        deposit: 9,
        spoilt_charge: 3,
        policies: None,
    };
    let answer = |answer: Result<Quote, DispatchError>| {
        let answer = answer.encode();
        node.state().functions = vec![("MyAiApi_quote", Box::new(move |_| answer.clone()))]
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
        async move { chain.balance(&who, asset).await.unwrap() }
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
    let prefix = |pallet, item| hex::encode(storage::prefix(pallet, item));
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
async fn names_of_assets_delegated_votes_and_the_time_are_read_from_storage() {
    let (node, chain) = connected().await;
    let who = AccountId::new([0xab; 32]);
    assert_eq!(chain.asset_metadata(7).await.unwrap(), None);
    assert!(!chain.has_delegated(&who, 10).await.unwrap());
    assert_eq!(chain.time().await.unwrap(), None);
    let prefix = |pallet, item| hex::encode(storage::prefix(pallet, item));
    // The deposit, the long name, symbol and decimals, whether it is frozen.
    let named = (1u128, b"Tether USD".to_vec(), b"USDT".to_vec(), 6u8, false);
    node.state().storage = vec![
        (prefix("Assets", "Metadata"), named.encode()),
        (prefix("ConvictionVoting", "VotingFor"), vec![1, 5, 0, 0, 0]),
        (prefix("Timestamp", "Now"), 1_500u64.encode()),
    ];
    let metadata = chain.asset_metadata(7).await.unwrap().unwrap();
    assert_eq!((&metadata.symbol[..], metadata.decimals), (&b"USDT"[..], 6));
    assert!(chain.has_delegated(&who, 10).await.unwrap());
    let time = chain.time().await.unwrap().unwrap();
    let since = time.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(since, Duration::from_millis(1_500));
    // An account that votes itself.
    node.state().storage[1].1 = vec![0, 0];
    assert!(!chain.has_delegated(&who, 10).await.unwrap());
}

#[tokio::test]
async fn a_lost_node_is_transient_whatever_is_asked() {
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
        assert!(error.is_transient(), "{error:?}");
    }
}
