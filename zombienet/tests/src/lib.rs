//! A relay chain of two validators, our parachain's two collators and a full node, all on this
//! machine: what `zombienet/network.toml` says.

use anyhow::Context;
use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use zombienet_sdk::{
    LocalFileSystem, Network as Zombienet, NetworkConfig, NetworkConfigExt, NetworkNode,
};

/// Its number on the relay chain.
pub const PARACHAIN: u32 = 2_000;
pub const VALIDATORS: [&str; 2] = ["alice", "bob"];
pub const COLLATORS: [&str; 2] = ["collator-1", "collator-2"];
/// The node that clients and workers talk to.
pub const FULL_NODE: &str = "full-node";

/// The nodes' programs are unoptimised and the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct Network(Zombienet<LocalFileSystem>);

/// For a parachain with several blocks for each block of the relay chain (elastic scaling).
pub struct Elastic<'a> {
    /// Of the relay chain, which the parachain has for itself.
    pub cores: u32,
    /// The path of our Wasm that `zombienet/runtime.sh cores` builds for as many.
    pub runtime: &'a str,
}

impl Network {
    /// Starts it, with data and logs in `folder`. `polkadot`, its workers and `myai-node` are taken
    /// from `PATH`; `relay_runtime` is the path of the relay chain's Wasm.
    pub async fn start(
        folder: &Path,
        relay_runtime: &str,
        elastic: Option<Elastic<'_>>,
    ) -> anyhow::Result<Self> {
        let definition = concat!(env!("CARGO_MANIFEST_DIR"), "/../network.toml");
        let mut definition: toml::Table = std::fs::read_to_string(definition)?.parse()?;
        let settings = section(&mut definition, "settings")?;
        settings.insert("base_dir".into(), folder.display().to_string().into());
        let runtime = toml::Table::from_iter([
            ("location".into(), relay_runtime.into()),
            ("preset".into(), "local_testnet".into()),
        ]);
        let relay = section(&mut definition, "relaychain")?;
        relay.insert("chain_spec_runtime".into(), runtime.into());
        if let Some(elastic) = elastic {
            elastic.change(&mut definition, folder)?;
        }
        let config = NetworkConfig::load_from_toml_string(&definition.to_string())?;
        let network = Self(config.spawn_native().await?);
        network.0.wait_until_is_up(PATIENCE.as_secs()).await?;
        Ok(network)
    }

    /// Ends every process of it.
    pub async fn end(self) -> anyhow::Result<()> {
        Ok(self.0.destroy().await?)
    }

    pub fn node(&self, name: &str) -> &NetworkNode {
        self.0.get_node(name).expect("network.toml names it")
    }

    /// Names of the nodes, and the addresses at which they can be asked.
    pub fn addresses(&self) -> Vec<(&str, &str)> {
        let nodes = VALIDATORS.iter().chain(&COLLATORS).chain([&FULL_NODE]);
        nodes.map(|n| (*n, self.node(n).ws_uri())).collect()
    }

    /// `kill -9`.
    pub fn kill(&self, name: &str) {
        let pattern = format!("--name {name} ");
        let found = Command::new("pgrep")
            .args(["-P", &std::process::id().to_string(), "-f", "--", &pattern])
            .output()
            .expect("pgrep runs");
        let pid = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        let killed = Command::new("kill").args(["-9", &pid]).status();
        assert!(killed.is_ok_and(|s| s.success()), "{name} runs as {pid:?}");
    }
}

impl Elastic<'_> {
    fn change(&self, definition: &mut toml::Table, folder: &Path) -> anyhow::Result<()> {
        // Each core has a group of validators of its own.
        let nodes = definition["relaychain"]["nodes"].as_array_mut();
        let nodes = nodes.context("validators are a list")?;
        for n in nodes.len()..self.cores as usize {
            let name = format!("validator-{}", n + 1);
            nodes.push(toml::Table::from_iter([("name".into(), name.into())]).into());
        }

        std::fs::create_dir_all(folder)?;
        let spec = folder.join("parachain.json");
        let made = Command::new("myai-node")
            .args(["chain-spec-builder", "--chain-spec-path"])
            .arg(&spec)
            .args(["create", "--runtime", self.runtime])
            .args(["--para-id", &PARACHAIN.to_string()])
            .args(["--relay-chain", "westend-local"])
            .args(["named-preset", "local_testnet"])
            .status()?;
        anyhow::ensure!(made.success(), "{} makes no chain spec", self.runtime);
        let parachain = definition["parachains"][0].as_table_mut();
        let parachain = parachain.context("a parachain is a table")?;
        parachain.insert("chain_spec_path".into(), spec.display().to_string().into());
        parachain.insert("num_cores".into(), i64::from(self.cores).into());
        let collators = parachain["collators"].as_array_mut();
        for node in collators.context("collators are a list")? {
            if node.get("validator").is_none() {
                let args = node["args"].as_array_mut().context("args are a list")?;
                args.push("--authoring=slot-based".into());
            }
        }
        Ok(())
    }
}

fn section<'a>(table: &'a mut toml::Table, name: &str) -> anyhow::Result<&'a mut toml::Table> {
    let section = table.get_mut(name).and_then(|s| s.as_table_mut());
    section.with_context(|| format!("network.toml has no section {name}"))
}

/// Whether the parachain's first block is finalised on the relay chain, at most 10 minutes from now.
pub async fn wait_for_first_block(network: &Network) -> anyhow::Result<()> {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Ok(chain) = myai_chain_client::Chain::connect(network.node(FULL_NODE).ws_uri()).await
        {
            if chain.finalized().await.is_ok_and(|block| block.number > 0) {
                return Ok(());
            }
        }
        anyhow::ensure!(
            Instant::now() < end,
            "no block of the parachain is finalised"
        );
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
