//! A second parachain beside the network's: `docs/deploying.md`, command by command.

use crate::*;
use myai_chain_client::{AccountId, Key};
use serde_json::{json, Value};
use std::path::Path;

/// That an account has at least.
const LEAST: Balance = MAI / 1_000;

/// What it takes to be one of the first collators.
struct Founder {
    /// Of its account, which stays at home.
    uri: String,
    account: String,
    /// Of the keys on its machine: their secret phrase is a file.
    keys: [(&'static str, PathBuf, String); 2],
    folder: PathBuf,
}

fn node() -> Command {
    Command::new("myai-node")
}

/// A new key: its phrase and its address.
fn new_key() -> (String, String) {
    let made = said(node().args(["key", "generate", "--output-type", "json"]));
    let made: Value = serde_json::from_str(&made).expect("JSON");
    let text = |name: &str| made[name].as_str().expect("is text").to_owned();
    (text("secretPhrase"), text("ss58Address"))
}

impl Founder {
    fn new(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).expect("a folder");
        let (uri, account) = new_key();
        let keys = ["aura", "audi"].map(|kind| {
            let (phrase, address) = new_key();
            let path = folder.join(format!("{kind}-phrase"));
            std::fs::write(&path, phrase).expect("is written");
            (kind, path, address)
        });
        Self {
            uri,
            account,
            keys,
            folder,
        }
    }

    fn in_network_file(&self) -> Value {
        let [(_, _, aura), (_, _, discovery)] = &self.keys;
        json!({
            "account": self.account,
            "keys": { "aura": aura, "authority_discovery": discovery },
        })
    }

    fn in_folder(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    /// Makes the two keys of its node for the network; the address of its side for our chain.
    fn makes_node_keys(&self, spec: &str, port: u16) -> String {
        let [peer, _relay] = ["node.key", "relay-node.key"].map(|name| {
            let file = self.in_folder(name);
            let generate = ["key", "generate-node-key", "--chain", spec, "--file", &file];
            let out = node().args(generate).output().expect("it starts");
            assert!(out.status.success());
            String::from_utf8(out.stderr)
                .expect("is text")
                .trim()
                .to_owned()
        });
        format!("/ip4/127.0.0.1/tcp/{port}/p2p/{peer}")
    }

    /// Puts the keys that make blocks in place, then runs the node as its unit does.
    fn collates(&self, ours: &Path, relay: &Relay, ports: Ports) -> Process {
        let (ours, base) = (ours.display().to_string(), self.in_folder("data"));
        for (kind, phrase, _) in &self.keys {
            let phrase = phrase.display().to_string();
            said(
                node()
                    .args(["key", "insert", "--base-path", &base, "--chain", &ours])
                    .args(["--scheme", "sr25519", "--key-type", kind, "--suri", &phrase]),
            );
            std::fs::remove_file(&phrase).expect("goes");
        }
        let node_key = self.in_folder("node.key");
        let relay_key = self.in_folder("relay-node.key");
        let local = "--no-mdns --no-prometheus --no-telemetry";
        let Ports {
            ours: port,
            rpc,
            relay: relay_port,
            relay_rpc,
        } = ports;
        let Relay { spec, peer, .. } = relay;
        let command = format!(
            "myai-node --collator --chain {ours} --base-path {base} --node-key-file {node_key} \
             --port {port} --rpc-port {rpc} {local} \
             -- --chain {spec} --node-key-file {relay_key} \
             --port {relay_port} --rpc-port {relay_rpc} --bootnodes {peer} {local}"
        );
        let command: Vec<String> = command.split_whitespace().map(String::from).collect();
        Process::start(&command, &[], self.folder.join("log"))
    }
}

#[derive(Clone, Copy)]
struct Ports {
    ours: u16,
    rpc: u16,
    relay: u16,
    relay_rpc: u16,
}

/// The relay chain, as somebody from outside sees it.
struct Relay {
    url: String,
    /// Path of its chain spec.
    spec: String,
    id: String,
    /// Address of one of its nodes.
    peer: String,
    folder: PathBuf,
}

impl Relay {
    fn of(stage: &Stage, folder: PathBuf) -> Self {
        let spec = stage.folder.join("alice/cfg/westend-local.json");
        let read: Value =
            serde_json::from_slice(&std::fs::read(&spec).expect("a chain spec")).expect("JSON");
        let validator = stage.network.node(VALIDATORS[0]);
        Self {
            url: validator.ws_uri().into(),
            spec: spec.display().to_string(),
            id: read["id"].as_str().expect("is text").into(),
            peer: validator.multiaddr().into(),
            folder,
        }
    }

    /// `scripts/js/relay.js`, signed by a development account.
    fn asked(&self, who: &str, arguments: &[&str]) -> String {
        let key = self.folder.join("relay.key");
        std::fs::write(&key, who).expect("is written");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/js/relay.js");
        said(
            Command::new("node")
                .arg(script)
                .arg(&self.url)
                .arg(key)
                .args(arguments),
        )
    }
}

/// Puts the compressed code into a chain spec: this build's, uncompressed, is larger than the relay
/// chain takes.
fn compress_code(spec: &Path) {
    let read = std::fs::read(spec).expect("a chain spec");
    let mut spec_of: Value = serde_json::from_slice(&read).expect("JSON");
    let code = &mut spec_of["genesis"]["runtimeGenesis"]["code"];
    let hex = code.as_str().expect("is text").trim_start_matches("0x");
    let wasm = hex::decode(hex).expect("is hex");
    let small = sp_maybe_compressed_blob::compress_strongly(&wasm, 1 << 25).expect("is compressed");
    *code = format!("0x{}", hex::encode(small)).into();
    std::fs::write(spec, spec_of.to_string()).expect("is written");
}

/// Registered by somebody who pays for it, with its genesis out of a file that names two collators
/// and nobody's tokens.
pub fn collators_of_a_new_chain_earn_its_first_tokens(stage: &Stage) {
    let folder = stage.folder.join("from-nothing");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = |name: &str| folder.join(name).display().to_string();
    let relay = Relay::of(stage, folder.clone());

    let id = relay.asked("//Charlie", &["reserve"]);
    let founders = ["one", "two"].map(|name| Founder::new(folder.join(name)));
    let (_, committee) = new_key();
    let network = json!({
        "name": "From nothing",
        "id": "from-nothing",
        "relay_chain": relay.id,
        "para_id": id.parse::<u32>().expect("a number"),
        "collators": founders.each_ref().map(Founder::in_network_file),
        "technical_committee": [committee],
    });
    std::fs::write(folder.join("network.json"), network.to_string()).expect("is written");
    let chain = format!("production:{}", file("network.json"));
    let plain = file("plain.json");
    said(node().args(["export-chain-spec", "--chain", &chain, "--output", &plain]));
    compress_code(Path::new(&plain));

    let ports = founders.each_ref().map(|_| Ports {
        ours: free_port(),
        rpc: free_port(),
        relay: free_port(),
        relay_rpc: free_port(),
    });
    let peers: Vec<String> = std::iter::zip(&founders, &ports)
        .map(|(founder, ports)| founder.makes_node_keys(&plain, ports.ours))
        .collect();
    let mut spec: Value =
        serde_json::from_slice(&std::fs::read(&plain).expect("a chain spec")).expect("JSON");
    spec["bootNodes"] = json!(peers);
    std::fs::write(&plain, spec.to_string()).expect("is written");
    let ours = file("myai.json");
    said(node().args([
        "export-chain-spec",
        "--chain",
        &plain,
        "--raw",
        "--output",
        &ours,
    ]));
    let (head, code) = (file("head"), file("code"));
    said(node().args(["export-genesis-head", "--chain", &ours, &head]));
    said(node().args(["export-genesis-wasm", "--chain", &ours, &code]));

    relay.asked("//Charlie", &["register", &id, &head, &code]);
    until("a chain that the relay chain has taken on", 900, || {
        let shown = relay.asked("//Charlie", &["show", &id]);
        shown.contains("Parathread").then_some(())
    });
    relay.asked("//Alice", &["assign-core", &id]);

    let collators: Vec<Process> = std::iter::zip(&founders, ports)
        .map(|(founder, ports)| founder.collates(Path::new(&ours), &relay, ports))
        .collect();
    let url = format!("ws://127.0.0.1:{}", ports[0].rpc);
    let logs = || {
        let ends = collators.iter().map(|process| {
            let text = process.log_text();
            let from = text.len().saturating_sub(3_000);
            text[text.floor_char_boundary(from)..].to_owned()
        });
        ends.collect::<Vec<_>>().join("\n\n")
    };
    until("a collator that answers", A_WHILE, || {
        wait(myai_chain_client::Chain::connect(&url)).ok()
    });
    let world = World::at(&url);
    let accounts = founders
        .each_ref()
        .map(|founder| founder.account.parse::<AccountId>().expect("an address"));
    let has = || accounts.each_ref().map(|who| world.has(who, Asset::Native));
    // All that there is before issuance begins is what keeps the treasury's account alive.
    let genesis = world.issuance();
    assert_eq!(genesis, LEAST);

    let end = Instant::now() + Duration::from_secs(1_200);
    while has().contains(&0) {
        assert!(Instant::now() < end, "not both earn: {}", logs());
        std::thread::sleep(Duration::from_secs(1));
    }
    let at = world.best();
    println!("from nothing: in block {at} the collators have {:?}", has());
    until("finality", A_WHILE, || {
        let final_block = wait(world.chain.finalized()).expect("an answer");
        (final_block.number >= at).then_some(())
    });

    // The first transaction, paid for out of what was earned.
    let key = Key::from_uri(&founders[0].uri).expect("a key");
    let (_, somebody) = new_key();
    let somebody: AccountId = somebody.parse().expect("an address");
    until("enough for a transaction", A_WHILE, || {
        (world.has(&accounts[0], Asset::Native) > 4 * LEAST).then_some(())
    });
    let gift = calls::transfer_keep_alive(somebody.clone(), LEAST);
    wait(world.chain.submit(&key, gift)).expect("is in a block");
    assert_eq!(world.has(&somebody, Asset::Native), LEAST);
    assert_eq!(
        world.issuance(),
        genesis,
        "all else was minted by the curve"
    );
    for collator in collators {
        assert!(collator.stop(), "a graceful stop");
    }
}
