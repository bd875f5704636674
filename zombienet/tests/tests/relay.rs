//! Our parachain under a real relay chain. The scenarios share one network, one after the other;
//! worker and command line talk to its full node.
//!
//!     MYAI_RELAY_RUNTIME=$(zombienet/relay-runtime.sh) PATH=$CARGO_TARGET_DIR/debug:$PATH \
//!         cargo test --manifest-path zombienet/tests/Cargo.toml [-- NAME… | --all]
//!
//! Without a name the first two are played. The upgrade wants `MYAI_NEXT_RUNTIME`, which
//! `zombienet/runtime.sh next` builds. With `MYAI_ELASTIC_RUNTIME`, which `zombienet/runtime.sh cores 3`
//! builds, the parachain has three cores. `KEEP=1` leaves the folder with the logs.

use myai_chain_client::{calls, Argument, Call};
use myai_e2e::*;
use myai_primitives::*;
use myai_zombienet::*;
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};
use zombienet_sdk::subxt::{self, ext::subxt_rpcs::rpc_params, OnlineClient, PolkadotConfig};

/// At least, in seconds, from a call to its block: blocks come every 6 s, or later on a busy machine.
const A_WHILE: u64 = 300;

struct Stage {
    network: Network,
    /// Seen through the full node.
    world: World,
}

type Scenario = fn(&Stage);

macro_rules! scenarios {
    ($($name:ident),* $(,)?) => {
        const SCENARIOS: &[(&str, Scenario)] = &[$((stringify!($name), $name)),*];
    };
}

scenarios![
    blocks_are_backed_included_and_finalised,
    everybody_is_paid_and_it_is_final,
    blocks_go_on_after_a_collator_is_killed,
    outage_of_all_collators_eats_no_time_of_a_job,
    job_survives_the_freezing_of_the_full_node,
    jobs_are_paid_once_though_the_node_changes_forks,
    full_blocks_fit_the_relay_chain,
    tokens_come_from_the_relay_chain_and_go_home,
    runtime_upgrade_leaves_open_jobs_their_rules,
];

/// How many are played for every change.
const ALWAYS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.iter().any(|a| a == "--all");
    let wanted = |place: usize, name: &str| match all || arguments.is_empty() {
        true => all || place < ALWAYS,
        false => arguments.iter().any(|a| name.contains(a.as_str())),
    };
    let chosen: Vec<_> = (0..)
        .zip(SCENARIOS)
        .filter(|(place, (name, _))| wanted(*place, name))
        .collect();
    let runtime = std::env::var("MYAI_RELAY_RUNTIME").expect("MYAI_RELAY_RUNTIME is set");
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .init();

    let folder = tempfile::Builder::new()
        .prefix("myai-relay.")
        .tempdir()
        .expect("a folder");
    let began = Instant::now();
    let ours = std::env::var("MYAI_ELASTIC_RUNTIME").ok();
    let elastic = ours.as_deref().map(|runtime| Elastic { cores: 3, runtime });
    let network = wait(Network::start(folder.path(), &runtime, elastic)).expect("a network");
    println!("the network is up after {} s", began.elapsed().as_secs());
    let (mut passed, mut failed) = (0, 0);
    match wait(wait_for_first_block(&network)) {
        Ok(()) => {
            println!(
                "the parachain's first block is final after {} s",
                began.elapsed().as_secs()
            );
            let world = World::at(network.node(FULL_NODE).ws_uri());
            let stage = Stage { network, world };
            for (_, (name, scenario)) in chosen {
                let began = Instant::now();
                let result = catch_unwind(AssertUnwindSafe(|| scenario(&stage)));
                let word = match result {
                    Ok(()) => "ok",
                    Err(_) => "FAILED",
                };
                println!("test {name} ... {word} ({} s)", began.elapsed().as_secs());
                *(if result.is_ok() {
                    &mut passed
                } else {
                    &mut failed
                }) += 1;
            }
            for kind in ["preparation", "execution"] {
                let (times, seconds) = stage.measured(kind);
                println!("{times} times PVF {kind}, {:.3} s each", seconds / times);
            }
            wait(stage.network.end()).expect("all processes end");
        }
        Err(error) => {
            println!("FAILED: {error}");
            failed += 1;
            wait(network.end()).expect("all processes end");
        }
    }
    if failed > 0 || std::env::var_os("KEEP").is_some() {
        println!("logs are kept: {}", folder.keep().display());
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("test result: {word}. {passed} passed; {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

impl Stage {
    fn relay(&self) -> OnlineClient<PolkadotConfig> {
        let client = self
            .network
            .node(VALIDATORS[0])
            .wait_client_with_timeout(A_WHILE);
        wait(client).expect("a validator answers")
    }

    /// Until the best block of now, or another of its number, is final.
    fn wait_for_finality(&self) {
        let best = self.world.best();
        until("finality", A_WHILE, || {
            (self.finalized().number >= best).then_some(())
        });
    }

    fn finalized(&self) -> myai_chain_client::Block {
        wait(self.world.chain.finalized()).expect("the full node answers")
    }

    /// How a job ended, as of the last finalised block.
    fn final_outcome(&self, job: JobId) -> Option<Outcome> {
        let block = self.finalized();
        match wait(self.world.chain.at(block.hash).job(job))
            .expect("an answer")?
            .state
        {
            JobState::Ended(ended) => Some(ended.outcome),
            JobState::Open(_) => None,
        }
    }

    /// A job for a picture of a seven, opened and uploaded.
    fn opens_a_job(
        &self,
        payer: &Person,
        worker: &Worker,
        version: u32,
        duration: Tick,
    ) -> Prepared {
        let picture = std::fs::read(seven()).expect("a picture");
        let length = picture.len() as u32;
        let job = self
            .world
            .prepare_lasting(duration, payer, worker, version, &picture, length);
        self.world.open(&job).expect("is opened");
        self.world.upload(&job);
        job
    }

    /// How often validators prepared or executed our code, and the seconds that it took in all.
    fn measured(&self, kind: &str) -> (f64, f64) {
        let metric = |what: &str| {
            let name = format!("polkadot_pvf_{kind}_time_{what}");
            let of = |validator| wait(self.network.node(validator).reports(&name));
            VALIDATORS.map(of).into_iter().flatten().sum::<f64>()
        };
        (metric("count"), metric("sum"))
    }

    fn spec_version(&self) -> u64 {
        let version: serde_json::Value = wait(async {
            let rpc = self.network.node(FULL_NODE).rpc().await.expect("connects");
            rpc.request("state_getRuntimeVersion", rpc_params![])
                .await
                .expect("a version")
        });
        version["specVersion"].as_u64().expect("a number")
    }

    fn best_of(&self, node: &str) -> u32 {
        let chain = myai_chain_client::Chain::connect(self.network.node(node).ws_uri());
        wait(async {
            chain
                .await
                .expect("connects")
                .best()
                .await
                .expect("answers")
                .number
        })
    }
}

fn blocks_are_backed_included_and_finalised(stage: &Stage) {
    const RELAY_BLOCKS: usize = 12;
    let relay = stage.relay();
    let clock = || {
        (
            stage.world.best(),
            wait(stage.world.chain.clock()).expect("an answer"),
        )
    };
    let (first, before) = clock();
    let (backed, included, head) = wait(async {
        let mut blocks = relay
            .blocks()
            .subscribe_finalized()
            .await
            .expect("a subscription");
        let (mut backed, mut included, mut last) = (0, 0, None);
        for _ in 0..RELAY_BLOCKS {
            let next = tokio::time::timeout(Duration::from_secs(A_WHILE), blocks.next());
            let block = next
                .await
                .expect("in time")
                .expect("goes on")
                .expect("a block");
            let events = block.events().await.expect("events");
            for event in events.iter().map(|e| e.expect("an event")) {
                match (event.pallet_name(), event.variant_name()) {
                    ("ParaInclusion", "CandidateBacked") => backed += 1,
                    ("ParaInclusion", "CandidateIncluded") => included += 1,
                    _ => (),
                }
            }
            last = Some(block.hash());
        }
        let at = relay.storage().at(last.expect("several"));
        let head = at.fetch_raw(parachain_head_key()).await.expect("an answer");
        (backed, included, head.expect("the parachain has a head"))
    });
    println!(
        "{RELAY_BLOCKS} blocks of the relay chain: {backed} of ours backed, {included} included"
    );
    let (last, after) = clock();
    println!(
        "{} blocks of ours are {} ticks, {} of them of service",
        last - first,
        after.now - before.now,
        after.served - before.served
    );
    assert!(backed >= RELAY_BLOCKS / 2 && included >= RELAY_BLOCKS / 2);

    // What the relay chain has finalised is what our full node calls final.
    let header: Vec<u8> = codec::Decode::decode(&mut &head[..]).expect("a head is bytes");
    let (_parent, codec::Compact(number)): ([u8; 32], codec::Compact<u32>) =
        codec::Decode::decode(&mut &header[..]).expect("a header begins so");
    let hash = sp_crypto_hashing::blake2_256(&header);
    until("finality", A_WHILE, || {
        (stage.finalized().number >= number).then_some(())
    });
    let ours: subxt::utils::H256 = wait(async {
        let rpc = stage.network.node(FULL_NODE).rpc().await.expect("connects");
        rpc.request("chain_getBlockHash", rpc_params![number])
            .await
            .expect("a hash")
    });
    assert_eq!(ours.0, hash);
}

/// `Paras::Heads` of our parachain.
fn parachain_head_key() -> Vec<u8> {
    let id = PARACHAIN.to_le_bytes();
    [
        &sp_crypto_hashing::twox_128(b"Paras")[..],
        &sp_crypto_hashing::twox_128(b"Heads"),
        &sp_crypto_hashing::twox_64(&id),
        &id,
    ]
    .concat()
}

/// Alice's base, Bob's derivative that owes her a fifth; Dave asks, with the command line. Then a job
/// by hand, with the times it takes.
fn everybody_is_paid_and_it_is_final(stage: &Stage) {
    let world = &stage.world;
    let [alice, bob, dave] =
        ["alice", "bob", "dave"].map(|name| world.person(&format!("main-{name}")));
    let base = digits_with(&alice, |toml| {
        let price = toml.replace("0.02 MAI", "0.01 MAI");
        format!("{price}{}", royalty_toml("20%", "0.004 MAI", "0.005 MAI"))
    });
    let version = digits_with(&bob, |toml| {
        format!("{toml}[[bases]]\nversion = \"v{base}\"\nroyalty = \"20%\"\n")
    });
    let mut worker = Worker::running(world, "main-worker", &[(version, "0.005 MAI")]);
    let people = [&alice.account, &bob.account, &worker.account()];
    let had = people.map(|who| world.has(who, Asset::Native));

    let target = format!("v{version}");
    let answer = dave.myai(&["ask", &target, &seven(), "--timeout", "600s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    for who in [&alice, &bob] {
        dave.myai(&["claim", "--account", &who.account.to_string()]);
    }
    stage.wait_for_finality();
    // The network keeps a fortieth of 0.02 and of 0.005 MAI.
    let micro = MAI / 1_000_000;
    let gained = [0, 1, 2].map(|n| world.has(people[n], Asset::Native) - had[n]);
    assert_eq!(
        gained,
        [3_900, 15_600, 4_875].map(|n| n * micro),
        "to the last unit"
    );
    assert_eq!(world.held(&dave.account), 0, "no deposit is left");

    let began = Instant::now();
    let job = stage.opens_a_job(&dave, &worker, version, 200);
    let opened = began.elapsed().as_secs_f32();
    let outcome = world.outcome(job.id, A_WHILE);
    assert!(matches!(outcome, Outcome::Settled { .. }), "{outcome:?}");
    let paid = began.elapsed().as_secs_f32();
    let last = until("finality", A_WHILE, || stage.final_outcome(job.id));
    let finalised = began.elapsed().as_secs_f32();
    assert_eq!(last, outcome);
    println!("open_job in a block after {opened:.1} s, paid after {paid:.1} s, final after {finalised:.1} s");
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}

fn blocks_go_on_after_a_collator_is_killed(stage: &Stage) {
    let [killed, left] = COLLATORS;
    stage.network.kill(killed);
    let then = stage.finalized().number;
    until("finality without a collator", A_WHILE, || {
        (stage.finalized().number > then + 5).then_some(())
    });
    // A call that comes to the full node reaches the one that is left.
    stage.world.person("after-the-kill");

    wait(stage.network.node(killed).restart(None)).expect("it starts again");
    wait(stage.network.node(killed).wait_until_is_up(A_WHILE)).expect("it is up");
    let goal = stage.best_of(left);
    until("a collator that caught up", A_WHILE, || {
        (stage.best_of(killed) >= goal).then_some(())
    });
}

/// A deadline is a tick of service, and an outage counts as ten ticks at most, however long it takes.
fn outage_of_all_collators_eats_no_time_of_a_job(stage: &Stage) {
    const DURATION: Tick = 40;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("outage-{name}")));
    let version = digits(&owner);
    let offer = [(version, "0.005 MAI")];
    let mut worker = Worker::new(world, "outage-worker", &offer);
    let idle = Worker::new(world, "outage-idle", &offer);
    let had = world.has(&dave.account, Asset::Native);
    let answered = stage.opens_a_job(&dave, &worker, version, DURATION);
    let abandoned = stage.opens_a_job(&dave, &idle, version, DURATION);
    let before = wait(world.chain.clock()).expect("an answer");
    stage.wait_for_finality();

    for collator in COLLATORS {
        wait(stage.network.node(collator).pause()).expect("is paused");
    }
    let relay = stage.relay();
    let relay_block = || {
        wait(relay.blocks().at_latest())
            .expect("an answer")
            .number()
    };
    until("the jobs' deadline on the relay chain", 1_200, || {
        (relay_block() > before.now + DURATION + 5).then_some(())
    });
    let paused_at = world.best();
    for collator in COLLATORS {
        wait(stage.network.node(collator).resume()).expect("goes on");
    }
    worker.run(None);
    until("a block after the outage", A_WHILE, || {
        (world.best() > paused_at).then_some(())
    });
    let after = wait(world.chain.clock()).expect("an answer");
    println!(
        "the relay chain made {} blocks, of which {} count as service",
        after.now - before.now,
        after.served - before.served
    );
    assert!(after.now - before.now > DURATION);
    assert!(after.served - before.served < DURATION);

    let outcome = world.outcome(answered.id, A_WHILE);
    assert!(
        matches!(outcome, Outcome::Settled { paid, .. } if paid == MAI / 40),
        "{outcome:?}"
    );
    // Nobody serves the other: it ends when its ticks of service are over, and not before.
    let deadline = match world.job(abandoned.id) {
        Some(JobState::Open(job)) => job.deadline,
        other => panic!("its time is not over: {other:?}"),
    };
    let outcome = world.outcome(abandoned.id, 600);
    assert_eq!(outcome, Outcome::Expired);
    assert!(world.served() > deadline);
    assert_eq!(world.held(&dave.account), 0);
    let spent = had - world.has(&dave.account, Asset::Native);
    // One answer, and the fees of two openings.
    assert!((MAI / 40..MAI / 40 + MAI / 100).contains(&spent), "{spent}");
    stage.wait_for_finality();
    assert_eq!(stage.final_outcome(abandoned.id), Some(Outcome::Expired));
}

fn job_survives_the_freezing_of_the_full_node(stage: &Stage) {
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("frozen-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::new(world, "frozen-worker", &[(version, "0.005 MAI")]);
    worker.set("input_seconds = 15", "input_seconds = 600");
    let mut asking = dave
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--timeout",
            "900s",
            "--duration",
            "400",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", A_WHILE, || world.open_job(&dave));
    worker.run(None);

    let node = stage.network.node(FULL_NODE);
    wait(node.pause()).expect("is paused");
    let then = stage.best_of(COLLATORS[0]);
    until("blocks without the full node", A_WHILE, || {
        (stage.best_of(COLLATORS[0]) >= then + 10).then_some(())
    });
    assert!(asking.try_wait().expect("a status").is_none());
    wait(node.resume()).expect("goes on");

    let out = asking.wait_with_output().expect("myai ends");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "{errors}\nthe worker: {}",
        worker.log()
    );
    let answer: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(answer["answer"]["labels"][0]["label"], "7");
    assert_eq!(answer["job"], job.to_string());
    let goal = stage.best_of(COLLATORS[0]);
    until("a full node that caught up", A_WHILE, || {
        (world.best() >= goal).then_some(())
    });
}

/// Collators that see each other's blocks late build beside one another, and the relay chain takes one
/// of the two. That cannot be commanded; how often it happened is said.
fn jobs_are_paid_once_though_the_node_changes_forks(stage: &Stage) {
    const JOBS: usize = 12;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("forks-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::running(world, "forks-worker", &[(version, "0.005 MAI")]);
    let forks = || {
        wait(stage.network.node(FULL_NODE).logs())
            .expect("a log")
            .matches("Reorg on")
            .count()
    };
    let before = forks();
    for _ in 0..JOBS {
        let job = stage.opens_a_job(&dave, &worker, version, 200);
        let outcome = world.outcome(job.id, A_WHILE);
        assert!(matches!(outcome, Outcome::Settled { .. }), "{outcome:?}");
    }
    stage.wait_for_finality();
    println!("the full node changed forks {} times", forks() - before);
    assert_eq!(world.income(version), JOBS as u128 * INCOME);
    assert_eq!(worker.view(world).record.settled, JOBS as u32);
    assert_eq!(world.held(&dave.account), 0);
    assert!(
        worker.process.take().expect("it runs").stop(),
        "a graceful stop"
    );
}

/// As many openings as fit the largest blocks, with what collators and the relay chain say of these.
fn full_blocks_fit_the_relay_chain(stage: &Stage) {
    const CALLS: usize = 600;
    let world = &stage.world;
    let [owner, dave] = ["owner", "dave"].map(|name| world.person(&format!("full-{name}")));
    let version = digits(&owner);
    let worker = Worker::new(world, "full-worker", &[(version, "0.005 MAI")]);
    let order = world.order(version, &worker.account(), 100);
    let before = stage.measured("execution");
    let mut blocks = std::collections::BTreeMap::<u32, usize>::new();
    wait(async {
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..CALLS {
            let mut order = order.clone();
            order.input_commitment[..8].copy_from_slice(&n.to_le_bytes());
            let (chain, key) = (world.chain.clone(), dave.key());
            calls.spawn(async move { chain.submit(&key, calls::open_job(order)).await });
        }
        while let Some(done) = calls.join_next().await {
            let done = done.expect("no panic").expect("is opened");
            *blocks.entry(done.block.number).or_default() += 1;
        }
    });
    stage.wait_for_finality();
    println!("openings by block: {blocks:?}");
    let (times, seconds) = stage.measured("execution");
    let (times, seconds) = (times - before.0, seconds - before.1);
    println!(
        "meanwhile {times} times PVF execution, {:.3} s each",
        seconds / times
    );
    let largest = COLLATORS
        .iter()
        .flat_map(|name| {
            let log = wait(stage.network.node(*name).logs()).expect("a log");
            let sizes = log
                .lines()
                .filter_map(|l| l.split_once("Compressed PoV size: "));
            let sizes = sizes.filter_map(|(_, size)| size.split_once("kb")?.0.parse().ok());
            sizes.collect::<Vec<f64>>()
        })
        .fold(0.0, f64::max);
    let relay = stage.relay();
    let limits = wait(async {
        let at = relay.storage().at_latest().await.expect("an answer");
        let address = subxt::dynamic::storage("Configuration", "ActiveConfig", ());
        let config = at
            .fetch(&address)
            .await
            .expect("an answer")
            .expect("is set");
        config.to_value().expect("is read")
    });
    let limit = |name: &str| {
        let field = subxt::ext::scale_value::At::at(&limits, name).expect("is a field");
        field.as_u128().expect("is a number") as f64 / 1_024.0
    };
    let (pov, code) = (limit("max_pov_size"), limit("max_code_size"));
    println!("largest proof: {largest:.0} of {pov:.0} KiB; code may have {code:.0} KiB");
    assert!(largest > 0.0 && largest < pov);
}

/// By polkadot.js, as a wallet does it.
fn tokens_come_from_the_relay_chain_and_go_home(stage: &Stage) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/js");
    let status = Command::new("node")
        .args(["--test", "test/relay-chain.test.js"])
        .current_dir(folder)
        .env("MYAI_NODE", stage.network.node(FULL_NODE).ws_uri())
        .env("MYAI_RELAY", stage.network.node(VALIDATORS[0]).ws_uri())
        .status()
        .expect("node runs");
    assert!(status.success());
}

/// Worker, command line and this program's connection all began before the upgrade. The runtime is the
/// same but for its number.
fn runtime_upgrade_leaves_open_jobs_their_rules(stage: &Stage) {
    let path = std::env::var("MYAI_NEXT_RUNTIME").expect("MYAI_NEXT_RUNTIME is set");
    let code = std::fs::read(path).expect("a runtime");
    let code = sp_maybe_compressed_blob::compress_strongly(&code, 1 << 25).expect("is compressed");
    println!("the runtime's code: {} bytes compressed", code.len());
    let world = &stage.world;
    let [owner, dave, erin] =
        ["owner", "dave", "erin"].map(|name| world.person(&format!("upgrade-{name}")));
    let version = digits(&owner);
    let mut worker = Worker::new(world, "upgrade-worker", &[(version, "0.005 MAI")]);
    worker.set("input_seconds = 15", "input_seconds = 1200");
    worker.run(None);

    // The worker waits for its input, and Erin's command for its answer.
    let picture = std::fs::read(seven()).expect("a picture");
    let job = world.prepare_lasting(
        1_000,
        &dave,
        &worker,
        version,
        &picture,
        picture.len() as u32,
    );
    world.open(&job).expect("is opened");
    let slow = Worker::new(world, "upgrade-slow", &[(version, "0.005 MAI")]);
    let asking = erin
        .command(&[
            "ask",
            &format!("v{version}"),
            &seven(),
            "--timeout",
            "1800s",
            "--duration",
            "1000",
        ])
        .args(["--worker", &slow.account().to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    until("an open job", A_WHILE, || world.open_job(&erin));

    world.decide(
        calls::REGISTRY_RULES,
        calls::set_rule(Rule::NetworkShare, 100_000),
    );
    let hash = sp_crypto_hashing::blake2_256(&code);
    let system = |name, argument, bytes| Call {
        pallet: "System",
        name,
        arguments: vec![(argument, Argument::Bytes(bytes))],
    };
    world.decide(
        calls::ROOT,
        system("authorize_upgrade", "code_hash", hash.to_vec()),
    );
    let before = stage.spec_version();
    let began = Instant::now();
    let apply = system(
        "apply_authorized_upgrade",
        "code",
        codec::Encode::encode(&code),
    );
    wait(world.chain.submit(&dave.key(), apply)).expect("is in a block");
    until("the new runtime", 1_200, || {
        (stage.spec_version() == before + 1).then_some(())
    });
    println!(
        "the new runtime is in force {} s after it was applied",
        began.elapsed().as_secs()
    );
    stage.wait_for_finality();

    let mut slow = slow;
    slow.run(None);
    world.upload(&job);
    // A fortieth of price and fee is the network's, as when they were opened.
    let outcome = world.outcome(job.id, A_WHILE);
    assert!(
        matches!(outcome, Outcome::Settled { paid, .. } if paid == MAI / 40),
        "{outcome:?}"
    );
    let out = asking.wait_with_output().expect("myai ends");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{errors}\nthe worker: {}", slow.log());
    assert_eq!(world.income(version), 2 * INCOME);

    // What begins now begins under the new rules, with the same worker.
    let frank = world.person("upgrade-frank");
    let worker_of = worker.account().to_string();
    frank.myai(&[
        "ask",
        &format!("v{version}"),
        &seven(),
        "--worker",
        &worker_of,
        "--timeout",
        "600s",
    ]);
    assert_eq!(world.income(version), 2 * INCOME + MAI / 50 - MAI / 50 / 10);
    for worker in [&mut worker, &mut slow] {
        assert!(
            worker.process.take().expect("it runs").stop(),
            "a graceful stop"
        );
    }
}
