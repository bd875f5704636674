//! What somebody types who runs a node.

use std::process::{Command, Output};

fn node(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_myai-node"))
        .args(args)
        .output()
        .expect("the node runs")
}

fn spec(chain: &str) -> serde_json::Value {
    let out = node(&["export-chain-spec", "--chain", chain]);
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    serde_json::from_slice(&out.stdout).expect("the spec is JSON")
}

#[test]
fn the_chain_specs_are_built_in() {
    for (chain, id, kind) in [
        ("dev", "myai-dev", "Development"),
        ("local", "myai-local", "Local"),
    ] {
        let spec = spec(chain);
        assert_eq!(spec["id"], id);
        assert_eq!(spec["chainType"], kind);
        assert_eq!(spec["properties"]["tokenSymbol"], "MAI");
        assert_eq!(spec["properties"]["tokenDecimals"], 12);
        assert_eq!(spec["properties"]["ss58Format"], 42);
    }
}

#[test]
fn a_chain_that_is_not_named_is_an_error_that_says_what_to_do() {
    let out = node(&["export-chain-spec", "--chain", ""]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("use --dev for a development chain"));
}

#[test]
fn help_shows_our_defaults_of_the_pool_of_blobs() {
    let out = node(&["--help"]);
    let help = String::from_utf8_lossy(&out.stdout);
    for (option, default) in [
        ("--hop-retention-secs", "691200"),
        ("--hop-submit-rate-per-min", "6000"),
    ] {
        let after = help.split(option).nth(1).unwrap_or_default();
        let shown = after.split("[default: ").nth(1).unwrap_or_default();
        assert!(shown.starts_with(default), "{option}: {shown:.20}");
    }
}
