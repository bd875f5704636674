//! Our parachain under a real relay chain. The scenarios share one network, one after the other;
//! worker and command line talk to its full node.
//!
//!     MYAI_RELAY_RUNTIME=$(zombienet/relay-runtime.sh) PATH=$CARGO_TARGET_DIR/debug:$PATH \
//!         cargo test --manifest-path zombienet/tests/Cargo.toml [-- NAME… | --all]
//!
//! Without a name the first two are played. The upgrade wants `MYAI_NEXT_RUNTIME`, which
//! `zombienet/runtime.sh next` builds. With `MYAI_ELASTIC_RUNTIME`, which `zombienet/runtime.sh cores 3`
//! builds, the parachain has three cores. `KEEP=1` leaves the folder with the logs.

mod blocks;
mod from_nothing;
mod jobs;
mod outages;
mod tokens;
mod upgrade;

use myai_chain_client::{calls, Argument, Call};
use myai_e2e::*;
use myai_primitives::*;
use myai_zombienet::*;
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    path::PathBuf,
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
    /// Where the network has its data, and scenarios theirs.
    folder: PathBuf,
}

type Scenario = fn(&Stage);

macro_rules! scenarios {
    ($($subject:ident::$name:ident),* $(,)?) => {
        const SCENARIOS: &[(&str, Scenario)] = &[$((stringify!($name), $subject::$name)),*];
    };
}

scenarios![
    blocks::blocks_are_backed_included_and_finalised,
    jobs::everybody_is_paid_and_it_is_final,
    tokens::tokens_come_from_the_relay_chain_and_go_home,
    tokens::tokens_of_the_relay_chain_pay_for_an_answer,
    outages::blocks_go_on_after_a_collator_is_killed,
    outages::outage_of_all_collators_eats_no_time_of_a_job,
    outages::job_survives_the_freezing_of_the_full_node,
    outages::jobs_are_paid_once_though_the_node_changes_forks,
    blocks::full_blocks_fit_the_relay_chain,
    upgrade::runtime_upgrade_leaves_open_jobs_their_rules,
    from_nothing::collators_of_a_new_chain_earn_its_first_tokens,
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
            let folder = folder.path().into();
            let stage = Stage {
                network,
                world,
                folder,
            };
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

/// What a program that ends well prints.
fn said(command: &mut Command) -> String {
    let out = command.output().expect("it starts");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{command:?}: {errors}");
    String::from_utf8(out.stdout)
        .expect("is text")
        .trim()
        .into()
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
