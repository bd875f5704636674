//! `myai-node`: a parachain node for My AI Network. It is an omni-node: what the chain does is in
//! the runtime's Wasm, and this program adds the chain specs and the settings of the HOP pool
//! that jobs need.

use clap::{ArgMatches, Command, FromArgMatches, Subcommand};
use myai_runtime::{
    presets::{self, FirstCollator},
    AccountId, SessionKeys,
};
use polkadot_omni_node_lib::{
    chain_spec::{Extensions, GenericChainSpec, LoadSpec},
    extra_subcommand::{DefaultExtraSubcommands, ExtraSubcommand},
    run_with_custom_cli,
    runtime::{AuraConsensusId, BlockNumber, Consensus, Runtime, RuntimeResolver},
    CliConfig, RunConfig,
};
use sc_chain_spec::{ChainSpec, ChainType, Properties};
use std::path::PathBuf;

struct Cli;

impl CliConfig for Cli {
    fn impl_version() -> String {
        env!("CARGO_PKG_VERSION").into()
    }

    fn author() -> String {
        "My AI Network contributors".into()
    }

    fn support_url() -> String {
        "the operator of your network, or docs/running-a-node.md".into()
    }

    fn copyright_start_year() -> u16 {
        2026
    }
}

/// The chain is known: reading its metadata first would compile the Wasm once more at each start.
struct Aura;

impl RuntimeResolver for Aura {
    fn runtime(&self, _: &dyn ChainSpec) -> Result<Runtime, sc_cli::Error> {
        Ok(Runtime::Omni(
            BlockNumber::U32,
            Consensus::Aura(AuraConsensusId::Sr25519),
        ))
    }
}

/// A chain for real, as whoever founds it describes it in a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    /// As people call it.
    name: String,
    /// As programs do; also the name of its folder on a node's disk.
    id: String,
    /// The relay chain under which it runs, such as `paseo`.
    relay_chain: String,
    /// Its number there.
    para_id: u32,
    collators: Vec<Collator>,
    /// Accounts that can speed up what the token holders vote on.
    technical_committee: Vec<AccountId>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Collator {
    account: AccountId,
    /// By name, as `author_rotateKeys` makes them on the collator's node.
    keys: SessionKeys,
}

impl Network {
    fn read(path: &str) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read {path}: {error}"))?;
        serde_json::from_str(&text).map_err(|error| format!("{path} describes no network: {error}"))
    }

    fn spec(self) -> Result<Box<dyn ChainSpec>, String> {
        let collators: Vec<_> = self
            .collators
            .into_iter()
            .map(|Collator { account, keys }| FirstCollator { account, keys })
            .collect();
        let genesis = presets::production(self.para_id, &collators, &self.technical_committee)?;
        let extensions = Extensions::new(self.relay_chain, self.para_id);
        Ok(Box::new(
            GenericChainSpec::builder(wasm()?, extensions)
                .with_name(&self.name)
                .with_id(&self.id)
                .with_chain_type(ChainType::Live)
                .with_protocol_id(&self.id)
                .with_properties(token())
                .with_genesis_config_patch(genesis)
                .build(),
        ))
    }
}

fn wasm() -> Result<&'static [u8], String> {
    myai_runtime::WASM_BINARY.ok_or_else(|| {
        "this node was built without its runtime: build it without SKIP_WASM_BUILD".into()
    })
}

/// How programs show the token.
fn token() -> Properties {
    let mut properties = Properties::new();
    properties.insert("tokenSymbol".into(), "MAI".into());
    properties.insert("tokenDecimals".into(), 12.into());
    properties.insert("ss58Format".into(), 42.into());
    properties
}

/// Chain specs: `dev`, `local`, `production:` and the path of a file that describes a network, or
/// the path of a chain spec.
struct Specs;

impl LoadSpec for Specs {
    fn load_spec(&self, id: &str) -> Result<Box<dyn ChainSpec>, String> {
        if let Some(path) = id.strip_prefix("production:") {
            return Network::read(path)?.spec();
        }
        let (name, id, kind, preset) = match id {
            "dev" => (
                "My AI Network development",
                "myai-dev",
                ChainType::Development,
                "development",
            ),
            "local" => (
                "My AI Network local",
                "myai-local",
                ChainType::Local,
                "local_testnet",
            ),
            "" => {
                return Err(
                    "no chain was named: use --dev for a development chain of one node, \
                     --chain local, or --chain with the path of a chain spec"
                        .into(),
                )
            }
            path => {
                return Ok(Box::new(GenericChainSpec::from_json_file(PathBuf::from(
                    path,
                ))?))
            }
        };
        let extensions = Extensions::new("rococo-local".into(), presets::PARA_ID);
        Ok(Box::new(
            GenericChainSpec::builder(wasm()?, extensions)
                .with_name(name)
                .with_id(id)
                .with_chain_type(kind)
                .with_protocol_id(id)
                .with_properties(token())
                .with_genesis_config_preset_name(preset)
                .build(),
        ))
    }
}

/// The library's own extra commands, and our defaults for the HOP pool: on in development, blobs
/// kept for a day, rates that let one worker answer far more than once a second, and so little room
/// for each account (payers and workers alike: the pool knows one quota) that hundreds of bonded or
/// deposited accounts are needed to fill it.
#[derive(Debug)]
struct Commands(DefaultExtraSubcommands);

fn with_hop_pool(command: Command) -> Command {
    command
        .mut_arg("enable-hop", |a| a.default_value_if("dev", "true", "true"))
        .mut_arg("retention_secs", |a| a.default_value("86400"))
        .mut_arg("max_user_size", |a| a.default_value("32"))
        .mut_arg("submit_rate_per_min", |a| a.default_value("6000"))
        .mut_arg("submit_burst", |a| a.default_value("1000"))
        .mut_arg("bandwidth_per_min_mib", |a| a.default_value("1024"))
        .mut_arg("bandwidth_burst_mib", |a| a.default_value("64"))
}

impl FromArgMatches for Commands {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        DefaultExtraSubcommands::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl Subcommand for Commands {
    fn augment_subcommands(command: Command) -> Command {
        with_hop_pool(DefaultExtraSubcommands::augment_subcommands(command))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        DefaultExtraSubcommands::augment_subcommands_for_update(command)
    }

    fn has_subcommand(name: &str) -> bool {
        DefaultExtraSubcommands::has_subcommand(name)
    }
}

impl ExtraSubcommand for Commands {
    fn handle(self, config: &RunConfig) -> Result<(), sc_cli::Error> {
        self.0.handle(config)
    }
}

fn main() -> Result<(), sc_cli::Error> {
    run_with_custom_cli::<Cli, Commands>(RunConfig::new(Box::new(Aura), Box::new(Specs)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Arg, ArgAction, Args};
    use sc_hop::{types::Recipient, HopDataPool, HopError, HopHash, HopParams};
    use sp_core::{ed25519, sr25519};

    const MIB: usize = 1024 * 1024;

    fn pool_settings() -> HopParams {
        let dev = Arg::new("dev").long("dev").action(ArgAction::SetTrue);
        let command = HopParams::augment_args(Command::new("node").arg(dev));
        let matches = with_hop_pool(command).get_matches_from(["node", "--dev"]);
        HopParams::from_arg_matches(&matches).expect("the settings are sound")
    }

    /// A blob of a megabyte from `account`, the `n`th.
    fn submit(pool: &HopDataPool, account: u8, n: u8) -> Result<HopHash, HopError> {
        let mut blob = vec![n; MIB];
        blob[0] = account;
        let recipient = Recipient {
            signer: sr25519::Public::from_raw([7; 32]).into(),
            claimed: false,
        };
        pool.insert(
            blob,
            vec![recipient].try_into().expect("one recipient"),
            [account; 32],
            sr25519::Public::from_raw([account; 32]).into(),
            ed25519::Signature::from_raw([0; 64]).into(),
            0,
        )
    }

    #[test]
    fn an_account_fills_its_own_part_of_the_pool_and_hundreds_fill_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let settings = pool_settings();
        let pool = settings.build_pool(Some(folder.path().into()), None);
        let pool = pool.expect("the pool is built");
        let taken = (0..100)
            .take_while(|n| submit(&pool, 1, *n).is_ok())
            .count();
        // Less than a part of 32 MiB, for what the pool reckons beside the blobs.
        assert_eq!(taken, 31);
        let full = submit(&pool, 1, 200);
        assert!(
            matches!(full, Err(HopError::UserQuotaExceeded { .. })),
            "{full:?}"
        );
        assert!(submit(&pool, 2, 0).is_ok());
        let accounts = settings.max_pool_size / settings.max_user_size;
        assert!(accounts >= 300, "{accounts} accounts fill the pool");
    }
}
