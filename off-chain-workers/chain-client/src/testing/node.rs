//! A node of a few lines: blocks that tests make, and a pool that does what they say.

use super::runtime_metadata;
use crate::{Hash32, TRANSACTION_VERSION};
use codec::{Compact, Decode, Encode};
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};
use subxt::{
    config::substrate::{Digest, SubstrateHeader, H256},
    ext::frame_metadata::{OpaqueMetadata, RuntimeMetadata, RuntimeMetadataPrefixed},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc},
};
use tokio_util::compat::TokioAsyncReadCompatExt;

/// What the pool does with the next extrinsic; without a script it mines each.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    /// Into a block at once, where it succeeds.
    Mine,
    /// Into a block at once, where it fails with these SCALE bytes of a `DispatchError`.
    Fail(Vec<u8>),
    Refuse(i32, &'static str),
    /// Takes it and says this status.
    Say(&'static str),
    /// Takes it, loses the connection, and mines it.
    Vanish,
    /// Takes it and says nothing more.
    Keep,
}

#[derive(Clone, Debug)]
struct FakeBlock {
    header: SubstrateHeader<H256>,
    extrinsics: Vec<Vec<u8>>,
    events: Vec<u8>,
}

impl FakeBlock {
    fn hash(&self) -> Hash32 {
        self.header.using_encoded(blake2_256)
    }
}

pub(crate) struct State {
    blocks: Vec<FakeBlock>,
    pub pool: VecDeque<Pool>,
    /// What `system_accountNextIndex` says.
    pub next_nonce: u64,
    pub transaction_version: u32,
    /// Nonces of what reached the pool, in order.
    pub nonces: Vec<u64>,
    /// Connections that were made.
    pub connections: u32,
    /// Answers of methods that the node does not have of itself.
    pub answers: Vec<(&'static str, Result<Value, i32>)>,
    /// Answers of functions of runtime APIs, to their arguments.
    pub functions: Vec<(&'static str, Function)>,
    /// Values whose key has these hex digits in it.
    pub storage: Vec<(String, Vec<u8>)>,
    /// Parameters of every `state_call`.
    pub calls: Vec<Value>,
    /// Every request that asked for such a method, or for one that the node does not have.
    pub asked: Vec<(String, Value)>,
}

type Function = Box<dyn Fn(&[u8]) -> Vec<u8> + Send>;

#[derive(Clone)]
pub(crate) struct Node {
    pub url: String,
    state: Arc<Mutex<State>>,
    notes: broadcast::Sender<Note>,
    stop: Arc<tokio::sync::Notify>,
}

#[derive(Clone, Debug)]
enum Note {
    Head(Value),
    Disconnect,
}

impl Node {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let genesis = FakeBlock {
            header: SubstrateHeader {
                parent_hash: H256::zero(),
                number: 0,
                state_root: H256::zero(),
                extrinsics_root: H256::zero(),
                digest: Digest { logs: Vec::new() },
            },
            extrinsics: Vec::new(),
            events: Vec::new(),
        };
        let node = Self {
            url: format!("ws://{}", listener.local_addr().unwrap()),
            state: Arc::new(Mutex::new(State {
                blocks: vec![genesis],
                pool: VecDeque::new(),
                next_nonce: 0,
                transaction_version: TRANSACTION_VERSION,
                nonces: Vec::new(),
                connections: 0,
                answers: Vec::new(),
                functions: Vec::new(),
                storage: Vec::new(),
                asked: Vec::new(),
                calls: Vec::new(),
            })),
            notes: broadcast::channel(64).0,
            stop: Default::default(),
        };
        let served = node.clone();
        tokio::spawn(async move {
            loop {
                let stream = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap().0,
                    () = served.stop.notified() => return,
                };
                served.state().connections += 1;
                tokio::spawn(served.clone().serve(stream));
            }
        });
        node
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Ends every connection; new ones are taken.
    pub(crate) fn disconnect(&self) {
        let _ = self.notes.send(Note::Disconnect);
    }

    /// Ends every connection for good.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
        self.disconnect();
    }

    /// A new best block with the extrinsic, if there is one.
    pub(crate) fn mine(&self, extrinsic: Option<(Vec<u8>, Option<Vec<u8>>)>) -> Hash32 {
        let mut state = self.state();
        let parent = state.blocks.last().unwrap();
        let number = parent.header.number + 1;
        let mut block = FakeBlock {
            header: SubstrateHeader {
                parent_hash: H256(parent.hash()),
                number,
                state_root: H256::zero(),
                extrinsics_root: H256::zero(),
                digest: Digest { logs: Vec::new() },
            },
            extrinsics: vec![vec![4, 5, 0, 0, 0]],
            events: Vec::new(),
        };
        // An inherent that succeeds, then the extrinsic.
        let topics = Compact(0u32);
        let record = |index: u32, error: Option<Vec<u8>>| match error {
            None => (0u8, index, 0u8, 0u8, 0u64, topics).encode(),
            Some(error) => {
                let mut bytes = (0u8, index, 0u8, 1u8).encode();
                bytes.extend(error);
                bytes.extend((0u64, topics).encode());
                bytes
            }
        };
        let mut records = vec![record(0, None)];
        if let Some((extrinsic, error)) = extrinsic {
            block.extrinsics.push(extrinsic);
            records.push(record(1, error));
        }
        block.events = Compact(records.len() as u32).encode();
        block.events.extend(records.concat());
        let hash = block.hash();
        let head = serde_json::to_value(&block.header).unwrap();
        state.blocks.push(block);
        drop(state);
        let _ = self.notes.send(Note::Head(head));
        hash
    }

    async fn serve(self, stream: TcpStream) {
        let mut server = soketto::handshake::Server::new(stream.compat());
        let key = server.receive_request().await.unwrap().key();
        let accept = soketto::handshake::server::Response::Accept {
            key,
            protocol: None,
        };
        server.send_response(&accept).await.unwrap();
        let (mut sender, mut receiver) = server.into_builder().finish();
        let (requests, mut incoming) = mpsc::channel(16);
        let mut notes = self.notes.subscribe();
        let reader = tokio::spawn(async move {
            let mut bytes = Vec::new();
            while receiver.receive_data(&mut bytes).await.is_ok() {
                let request: Value = serde_json::from_slice(&bytes).unwrap();
                bytes.clear();
                if requests.send(request).await.is_err() {
                    break;
                }
            }
        });
        let mut heads = false;
        loop {
            let mut out = Vec::new();
            tokio::select! {
                request = incoming.recv() => match request {
                    None => break,
                    Some(request) => {
                        heads |= request["method"] == "chain_subscribeNewHeads";
                        match self.answer(&request) {
                            Some(answers) => out = answers,
                            None => break,
                        }
                    }
                },
                note = notes.recv() => match note {
                    Ok(Note::Head(head)) if heads => out.push(notice("chain_newHead", "heads", head)),
                    Ok(Note::Head(_)) => {}
                    _ => break,
                },
            }
            for message in out {
                if sender.send_text(message.to_string()).await.is_err() {
                    break;
                }
            }
            if sender.flush().await.is_err() {
                break;
            }
        }
        reader.abort();
    }

    /// The answer and notices behind it; `None` ends the connection.
    fn answer(&self, request: &Value) -> Option<Vec<Value>> {
        let id = &request["id"];
        let method = request["method"].as_str().unwrap();
        let params = &request["params"];
        if method == "author_submitAndWatchExtrinsic" {
            return self.take(id, unhex(&params[0]));
        }
        let done = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result});
        if method == "chain_subscribeNewHeads" {
            let head = self.state().blocks.last().unwrap().header.clone();
            let head = serde_json::to_value(head).unwrap();
            return Some(vec![
                done(json!("heads")),
                notice("chain_newHead", "heads", head),
            ]);
        }
        let mut state = self.state();
        if method == "state_call" {
            state.calls.push(params.clone());
        }
        let known = state.answers.iter().find(|(m, _)| *m == method).cloned();
        if let Some((_, answer)) = known {
            state.asked.push((method.to_owned(), params.clone()));
            return Some(vec![match answer {
                Ok(result) => done(result),
                Err(code) => error(id, code, Value::Null),
            }]);
        }
        let of_hash = |hash: &Value| {
            let hash = unhex(hash);
            state.blocks.iter().find(|b| b.hash()[..] == hash[..])
        };
        let hex = |bytes: &[u8]| json!(format!("0x{}", hex::encode(bytes)));
        let result = match method {
            "chain_getBlockHash" => {
                let block = match &params[0] {
                    Value::Null => state.blocks.last(),
                    number => state.blocks.get(number.as_u64().unwrap() as usize),
                };
                block.map_or(Value::Null, |b| hex(&b.hash()))
            }
            "chain_getFinalizedHead" => hex(&state.blocks[0].hash()),
            "chain_getHeader" => match of_hash(&params[0]) {
                Some(block) => serde_json::to_value(&block.header).unwrap(),
                None => Value::Null,
            },
            "chain_getBlock" => match of_hash(&params[0]) {
                Some(block) => {
                    let extrinsics: Vec<_> = block.extrinsics.iter().map(|e| hex(e)).collect();
                    json!({"block": {"header": block.header, "extrinsics": extrinsics}})
                }
                None => Value::Null,
            },
            "state_getStorage" => match of_hash(&params[1]) {
                Some(block) => hex(&block.events),
                None => {
                    let key = params[0].as_str().unwrap();
                    let found = state.storage.iter().find(|(k, _)| key.contains(k));
                    found.map_or(Value::Null, |(_, value)| hex(value))
                }
            },
            "state_getRuntimeVersion" => json!({
                "specVersion": 7,
                "transactionVersion": state.transaction_version,
            }),
            "system_accountNextIndex" => json!(state.next_nonce),
            "state_call" => hex(&match params[0].as_str().unwrap() {
                "Metadata_metadata_versions" => vec![15u32].encode(),
                "Metadata_metadata_at_version" => {
                    let metadata = RuntimeMetadata::V15(runtime_metadata());
                    let bytes = RuntimeMetadataPrefixed(0x6174_656d, metadata).encode();
                    Some(OpaqueMetadata(bytes)).encode()
                }
                function => match state.functions.iter().find(|(f, _)| *f == function) {
                    Some((_, answer)) => answer(&unhex(&params[1])),
                    None => return Some(vec![error(id, 4003, json!("no such function"))]),
                },
            }),
            _ => {
                state.asked.push((method.to_owned(), params.clone()));
                return Some(vec![error(id, -32601, Value::Null)]);
            }
        };
        Some(vec![done(result)])
    }

    fn take(&self, id: &Value, extrinsic: Vec<u8>) -> Option<Vec<Value>> {
        let act = self.state().pool.pop_front().unwrap_or(Pool::Mine);
        // Length, version, signer, signature and era stand before the nonce.
        let nonce = Compact::<u64>::decode(&mut &extrinsic[2 + 1 + 33 + 65 + 2..]).unwrap();
        let watch = {
            let mut state = self.state();
            state.nonces.push(nonce.0);
            format!("watch {}", state.nonces.len())
        };
        let mut out = vec![json!({"jsonrpc": "2.0", "id": id, "result": watch})];
        let mut say = |status| out.push(notice("author_extrinsicUpdate", &watch, status));
        match act {
            Pool::Refuse(code, data) => return Some(vec![error(id, code, json!(data))]),
            Pool::Vanish => {
                self.state().next_nonce = nonce.0 + 1;
                self.mine(None);
                self.mine(Some((extrinsic, None)));
                self.mine(None);
                return None;
            }
            Pool::Mine | Pool::Fail(_) => {
                let failure = match act {
                    Pool::Fail(error) => Some(error),
                    _ => None,
                };
                self.state().next_nonce = nonce.0 + 1;
                let hash = self.mine(Some((extrinsic, failure)));
                say(json!("ready"));
                say(json!({"inBlock": format!("0x{}", hex::encode(hash))}));
            }
            Pool::Say(status) => say(json!(status)),
            Pool::Keep => say(json!("ready")),
        }
        Some(out)
    }
}

fn notice(method: &str, subscription: &str, result: Value) -> Value {
    json!({
        "jsonrpc": "2.0",
        "method": method,
        "params": {"subscription": subscription, "result": result},
    })
}

fn error(id: &Value, code: i32, data: Value) -> Value {
    let mut error = json!({"code": code, "message": "it is so"});
    if !data.is_null() {
        error["data"] = data;
    }
    json!({"jsonrpc": "2.0", "id": id, "error": error})
}

fn unhex(text: &Value) -> Vec<u8> {
    hex::decode(text.as_str().unwrap_or_default().trim_start_matches("0x")).unwrap()
}
