//! A node of a few lines: tests make its blocks, and say what its pool does.

use super::metadata::runtime_metadata;
use crate::{Hash32, TRANSACTION_VERSION};
use codec::{Compact, Decode, Encode};
use serde_json::{json, Value};
use sp_crypto_hashing::blake2_256;
use sp_runtime::generic::Era;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use subxt::{
    config::substrate::{Digest, SubstrateHeader, H256},
    ext::frame_metadata::{OpaqueMetadata, RuntimeMetadata, RuntimeMetadataPrefixed},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{broadcast, mpsc},
    time::{sleep_until, Instant},
};
use tokio_util::compat::TokioAsyncReadCompatExt;

/// What the pool does with the next extrinsic.
#[derive(Clone, Debug)]
pub enum Pool {
    /// Into a block at once, where it succeeds.
    Mine,
    /// Into a block at once, where it fails with these SCALE bytes of a `DispatchError`.
    Fail(Vec<u8>),
    /// Refuses it with this code and data.
    Refuse(i32, &'static str),
    /// Takes it and says this status.
    Say(&'static str),
    /// Takes it, loses the connection, and mines it.
    Vanish,
    /// Takes it and says nothing more.
    Keep,
    /// As a real pool: checks runtime and nonce, and holds it until [`FakeNode::mine_pool`].
    Hold,
    /// The same, after the next one that it holds.
    HoldLate,
    /// Loses the connection; whether it holds the extrinsic.
    Lose(bool),
}

/// In the pool, by its nonce.
struct Held {
    extrinsic: Vec<u8>,
    /// Its watch and the connection that watches it.
    watch: Option<(String, Out)>,
}

impl Held {
    fn say(&self, status: Value) {
        if let Some((watch, out)) = &self.watch {
            send(out, notice("author_extrinsicUpdate", watch, status));
        }
    }
}

/// Messages of one connection, with the moments when they were sent.
type Out = mpsc::UnboundedSender<(Instant, Value)>;

fn send(out: &Out, message: Value) {
    // Without a reader the connection has ended.
    let _ = out.send((Instant::now(), message));
}

#[derive(Clone, Debug)]
struct FakeBlock {
    header: SubstrateHeader<H256>,
    extrinsics: Vec<Vec<u8>>,
    events: Vec<u8>,
    spec_version: u32,
}

impl FakeBlock {
    fn hash(&self) -> Hash32 {
        self.header.using_encoded(blake2_256)
    }
}

/// The node's blocks and pool, a test's orders to it, and a record of the requests.
pub struct State {
    blocks: Vec<FakeBlock>,
    /// What the pool does with the next extrinsics, one after another.
    pub pool: VecDeque<Pool>,
    /// What the pool does when `pool` has nothing more.
    pub otherwise: Pool,
    held: BTreeMap<u64, Held>,
    late: Option<(Value, Out)>,
    /// The nonce that the next extrinsic in a block has.
    pub next_nonce: u64,
    /// Of the blocks to come.
    pub spec_version: u32,
    /// How long each message takes on its way, in either direction.
    pub delay: Duration,
    /// How often each method was asked for.
    pub counts: BTreeMap<String, u32>,
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

/// The node. Clones are the same one.
#[derive(Clone)]
pub struct FakeNode {
    /// `ws://` address of this machine.
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

impl FakeNode {
    /// Starts a node with a genesis block and an empty pool, at a free port.
    ///
    /// # Panics
    ///
    /// Where no port is free.
    pub async fn start() -> Self {
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
            spec_version: 7,
        };
        let node = Self {
            url: format!("ws://{}", listener.local_addr().unwrap()),
            state: Arc::new(Mutex::new(State {
                blocks: vec![genesis],
                pool: VecDeque::new(),
                otherwise: Pool::Mine,
                held: BTreeMap::new(),
                late: None,
                next_nonce: 0,
                spec_version: 7,
                delay: Duration::ZERO,
                counts: BTreeMap::new(),
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

    /// The state, locked: let go of it before the node is asked for anything.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Ends every connection; new ones are taken.
    pub fn disconnect(&self) {
        let _ = self.notes.send(Note::Disconnect);
    }

    /// Ends every connection for good.
    pub fn stop(&self) {
        self.stop.notify_one();
        self.disconnect();
    }

    /// A new best block with the extrinsics, and with the SCALE bytes of why one fails.
    pub fn mine(&self, extrinsics: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> Hash32 {
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
            spec_version: state.spec_version,
        };
        // An inherent that succeeds, then the extrinsics.
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
        for (extrinsic, error) in extrinsics {
            records.push(record(block.extrinsics.len() as u32, error));
            block.extrinsics.push(extrinsic);
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

    /// A new best block with the extrinsics that the pool holds in a row.
    pub fn mine_pool(&self) -> Hash32 {
        let mut ready = Vec::new();
        {
            let mut state = self.state();
            let mut next = state.next_nonce;
            while let Some(held) = state.held.remove(&next) {
                ready.push(held);
                next += 1;
            }
            state.next_nonce = next;
        }
        let extrinsics = ready.iter().map(|held| (held.extrinsic.clone(), None));
        let hash = self.mine(extrinsics.collect());
        for held in ready {
            held.say(json!({"inBlock": format!("0x{}", hex::encode(hash))}));
        }
        hash
    }

    /// How much the pool holds.
    pub fn held(&self) -> usize {
        self.state().held.len()
    }

    /// The pool drops the extrinsic that it holds under that nonce.
    pub fn let_go(&self, nonce: u64) {
        let held = self.state().held.remove(&nonce).unwrap();
        held.say(json!("dropped"));
    }

    /// Empties the pool, as a restart of the node does.
    pub fn empty_pool(&self) {
        self.state().held.clear();
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
        let (requests, mut incoming) = mpsc::unbounded_channel();
        let (out, mut outgoing): (Out, _) = mpsc::unbounded_channel();
        let mut notes = self.notes.subscribe();
        let delay = self.state().delay;
        let reader = tokio::spawn(async move {
            let mut bytes = Vec::new();
            while receiver.receive_data(&mut bytes).await.is_ok() {
                let request: Value = serde_json::from_slice(&bytes).unwrap();
                bytes.clear();
                if requests.send((Instant::now(), request)).is_err() {
                    break;
                }
            }
        });
        let writer = tokio::spawn(async move {
            while let Some((at, message)) = outgoing.recv().await {
                sleep_until(at + delay).await;
                if sender.send_text(message.to_string()).await.is_err()
                    || sender.flush().await.is_err()
                {
                    break;
                }
            }
        });
        let asked = self.clone();
        let answers = out.clone();
        let mut answering = tokio::spawn(async move {
            while let Some((at, request)) = incoming.recv().await {
                sleep_until(at + delay).await;
                if !asked.answer(&request, &answers) {
                    break;
                }
            }
        });
        loop {
            tokio::select! {
                _ = &mut answering => break,
                note = notes.recv() => match note {
                    // To all connections: a client passes over notices that it did not subscribe
                    // to.
                    Ok(Note::Head(head)) => send(&out, notice("chain_newHead", "heads", head)),
                    _ => break,
                },
            }
        }
        for task in [reader, writer, answering] {
            task.abort();
        }
    }

    /// Sends the answer and notices behind it; `false` ends the connection.
    fn answer(&self, request: &Value, out: &Out) -> bool {
        let method = request["method"].as_str().unwrap();
        let count = |n: &mut u32| *n += 1;
        let mut state = self.state();
        state
            .counts
            .entry(method.to_owned())
            .and_modify(count)
            .or_insert(1);
        drop(state);
        let messages = match method {
            "author_submitAndWatchExtrinsic" | "author_submitExtrinsic" => self.take(request, out),
            _ => Some(self.tell(request)),
        };
        match messages {
            Some(messages) => {
                messages.into_iter().for_each(|m| send(out, m));
                true
            }
            None => false,
        }
    }

    fn tell(&self, request: &Value) -> Vec<Value> {
        let id = &request["id"];
        let method = request["method"].as_str().unwrap();
        let params = &request["params"];
        let done = |result: Value| json!({"jsonrpc": "2.0", "id": id, "result": result});
        if method == "chain_subscribeNewHeads" {
            let head = self.state().blocks.last().unwrap().header.clone();
            let head = serde_json::to_value(head).unwrap();
            return vec![done(json!("heads")), notice("chain_newHead", "heads", head)];
        }
        let mut state = self.state();
        if method == "state_call" {
            state.calls.push(params.clone());
        }
        let known = state.answers.iter().find(|(m, _)| *m == method).cloned();
        if let Some((_, answer)) = known {
            state.asked.push((method.to_owned(), params.clone()));
            return vec![match answer {
                Ok(result) => done(result),
                Err(code) => error(id, code, Value::Null),
            }];
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
                "specVersion": of_hash(&params[0]).or(state.blocks.last()).unwrap().spec_version,
                "transactionVersion": state.transaction_version,
            }),
            "system_accountNextIndex" => json!(state.first_missing_nonce()),
            "author_unwatchExtrinsic" => json!(true),
            "state_call" => hex(&match params[0].as_str().unwrap() {
                "Metadata_metadata_versions" => vec![15u32].encode(),
                "Metadata_metadata_at_version" => {
                    let metadata = RuntimeMetadata::V15(runtime_metadata());
                    let bytes = RuntimeMetadataPrefixed(0x6174_656d, metadata).encode();
                    Some(OpaqueMetadata(bytes)).encode()
                }
                function => match state.functions.iter().find(|(f, _)| *f == function) {
                    Some((_, answer)) => answer(&unhex(&params[1])),
                    None => return vec![error(id, 4003, json!("no such function"))],
                },
            }),
            _ => {
                state.asked.push((method.to_owned(), params.clone()));
                return vec![error(id, -32601, Value::Null)];
            }
        };
        vec![done(result)]
    }

    /// The pool's answer to an extrinsic.
    fn take(&self, request: &Value, out: &Out) -> Option<Vec<Value>> {
        let is_watched = request["method"] == "author_submitAndWatchExtrinsic";
        let id = &request["id"];
        let extrinsic = unhex(&request["params"][0]);
        let nonce = nonce_of(&extrinsic);
        let mut state = self.state();
        let next = state.pool.pop_front();
        let act = next.unwrap_or_else(|| state.otherwise.clone());
        state.nonces.push(nonce);
        let watch = format!("watch {}", state.nonces.len());
        let result = match is_watched {
            true => json!(watch),
            false => json!(format!("0x{}", hex::encode(blake2_256(&extrinsic)))),
        };
        let taken = json!({"jsonrpc": "2.0", "id": id, "result": result});
        let said = |status| notice("author_extrinsicUpdate", &watch, status);
        match act {
            Pool::Refuse(code, data) => Some(vec![error(id, code, json!(data))]),
            Pool::Vanish => {
                state.next_nonce = nonce + 1;
                drop(state);
                self.mine(vec![]);
                self.mine(vec![(extrinsic, None)]);
                self.mine(vec![]);
                None
            }
            Pool::Mine | Pool::Fail(_) => {
                let failure = match act {
                    Pool::Fail(error) => Some(error),
                    _ => None,
                };
                state.next_nonce = nonce + 1;
                drop(state);
                let hash = self.mine(vec![(extrinsic, failure)]);
                let hash = format!("0x{}", hex::encode(hash));
                Some(vec![
                    taken,
                    said(json!("ready")),
                    said(json!({"inBlock": hash})),
                ])
            }
            Pool::Say(status) => Some(vec![taken, said(json!(status))]),
            Pool::Keep => Some(vec![taken, said(json!("ready"))]),
            Pool::HoldLate => {
                state.late = Some((request.clone(), out.clone()));
                Some(Vec::new())
            }
            Pool::Lose(is_held) => {
                if is_held {
                    state.hold(extrinsic, nonce, None, out, taken).unwrap();
                }
                None
            }
            Pool::Hold => {
                let watch = is_watched.then(|| (watch.clone(), out.clone()));
                if let Err((code, data)) = state.hold(extrinsic, nonce, watch, out, taken) {
                    return Some(vec![error(id, code, json!(data))]);
                }
                if let Some((request, out)) = state.late.take() {
                    state.pool.push_front(Pool::Hold);
                    drop(state);
                    self.take(&request, &out);
                }
                Some(Vec::new())
            }
        }
    }
}

impl State {
    /// The nonce after those in blocks and those that the pool holds in a row behind them.
    fn first_missing_nonce(&self) -> u64 {
        let mut next = self.next_nonce;
        while self.held.contains_key(&next) {
            next += 1;
        }
        next
    }

    /// Holds the extrinsic, and says so before anything else can be said of it.
    fn hold(
        &mut self,
        extrinsic: Vec<u8>,
        nonce: u64,
        watch: Option<(String, Out)>,
        out: &Out,
        taken: Value,
    ) -> Result<(), (i32, &'static str)> {
        if !self.is_signed_for_its_runtime(&extrinsic) {
            return Err((1010, "Transaction has a bad signature"));
        }
        if nonce < self.next_nonce {
            return Err((1010, "Transaction is outdated"));
        }
        match self.held.get(&nonce) {
            Some(held) if held.extrinsic == extrinsic => return Err((1013, "0x00")),
            Some(_) => return Err((1014, "the priority is too low")),
            None => {}
        }
        let before = self.first_missing_nonce();
        let held = Held { extrinsic, watch };
        send(out, taken);
        if nonce > before {
            held.say(json!("future"));
        }
        self.held.insert(nonce, held);
        for (_, held) in self.held.range(before..self.first_missing_nonce()) {
            held.say(json!("ready"));
        }
        Ok(())
    }

    /// Checks the signature under the runtime of the best block.
    fn is_signed_for_its_runtime(&self, extrinsic: &[u8]) -> bool {
        let best = self.blocks.last().unwrap();
        let body = &extrinsic[2..];
        let public: [u8; 32] = body[2..34].try_into().unwrap();
        let signature: [u8; 64] = body[35..99].try_into().unwrap();
        let extra = &body[99..];
        let era = Era::decode(&mut &extra[..]).unwrap();
        let birth = era.birth(best.header.number);
        let call = 2 + Compact(nonce_of(extrinsic)).encoded_size() + 3;
        let mut payload = [&extra[call..], &extra[..call]].concat();
        payload.extend((best.spec_version, self.transaction_version).encode());
        payload.extend(self.blocks[0].hash());
        payload.extend(self.blocks[birth as usize].hash());
        payload.push(0);
        if payload.len() > 256 {
            payload = blake2_256(&payload).to_vec();
        }
        use subxt_signer::sr25519::{verify, PublicKey, Signature};
        verify(&Signature(signature), &payload, &PublicKey(public))
    }
}

fn nonce_of(extrinsic: &[u8]) -> u64 {
    // Length, version, signer, signature and era stand before it.
    let mut rest = &extrinsic[2 + 1 + 33 + 65 + 2..];
    Compact::<u64>::decode(&mut rest).unwrap().0
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
