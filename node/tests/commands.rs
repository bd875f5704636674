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

/// The example of the documents, with so many collators and members of the committee of its own.
fn network(collators: usize, members: usize) -> (tempfile::TempDir, String) {
    let mut network: serde_json::Value =
        serde_json::from_str(include_str!("../../examples/network.json")).expect("it is JSON");
    for (list, length) in [("collators", collators), ("technical_committee", members)] {
        let list = network[list].as_array_mut().expect("a list");
        assert!(list.len() >= length);
        list.truncate(length);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("network.json");
    std::fs::write(&path, network.to_string()).expect("it is written");
    let chain = format!("production:{}", path.display());
    (folder, chain)
}

#[test]
fn a_chain_for_real_starts_from_nothing_with_the_collators_of_a_file() {
    let (_folder, chain) = network(2, 1);
    let spec = spec(&chain);
    assert_eq!(spec["chainType"], "Live");
    assert_eq!(spec["relay_chain"], "paseo");
    let genesis = &spec["genesis"]["runtimeGenesis"]["patch"];
    assert!(genesis["balances"].is_null(), "no premine: {genesis}");
    assert!(genesis["sudo"].is_null(), "no root: {genesis}");
    let collators = genesis["collatorSelection"]["invulnerables"].as_array();
    assert_eq!(collators.map(Vec::len), Some(2));
    assert_eq!(genesis["session"]["keys"].as_array().map(Vec::len), Some(2));
    let committee = genesis["technicalCommittee"]["members"].as_array();
    assert_eq!(committee.map(Vec::len), Some(1));

    // The runtime builds it, and what a relay chain registers comes of it.
    let raw = node(&["export-chain-spec", "--chain", &chain, "--raw"]);
    assert!(
        raw.status.success(),
        "{}",
        String::from_utf8_lossy(&raw.stderr)
    );
    let head = node(&["export-genesis-head", "--chain", &chain]);
    assert!(head.stdout.starts_with(b"0x"));
}

#[test]
fn a_chain_for_real_without_its_people_is_refused_in_a_sentence() {
    for (collators, members, says) in [
        (0, 1, "no collator is named"),
        (1, 0, "nobody is named for the technical committee"),
    ] {
        let (_folder, chain) = network(collators, members);
        let out = node(&["export-chain-spec", "--chain", &chain]);
        assert!(!out.status.success());
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(error.contains(says), "{error}");
        assert!(!error.contains("panicked"), "{error}");
    }
    let out = node(&["export-chain-spec", "--chain", "production:nowhere.json"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains("cannot read nowhere.json"));
}

#[test]
fn a_chain_that_is_not_named_is_an_error_that_says_what_to_do() {
    let out = node(&["export-chain-spec", "--chain", ""]);
    assert!(!out.status.success());
    assert!(String::from_utf8_lossy(&out.stderr).contains("use --dev for a development chain"));
}

#[test]
fn help_shows_our_defaults_of_the_hop_pool() {
    let out = node(&["--help"]);
    let help = String::from_utf8_lossy(&out.stdout);
    for (option, default) in [
        ("--hop-retention-secs", "86400"),
        ("--hop-submit-rate-per-min", "6000"),
        ("--hop-submit-burst", "1000"),
        ("--hop-bandwidth-per-min-mib", "1024"),
        ("--hop-bandwidth-burst-mib", "64"),
        ("--hop-max-user-size", "32"),
    ] {
        let after = help.split(option).nth(1).unwrap_or_default();
        let shown = after.split("[default: ").nth(1).unwrap_or_default();
        assert!(shown.starts_with(default), "{option}: {shown:.20}");
    }
}

/// What stands between single backticks.
fn code_of(page: &str) -> impl Iterator<Item = &str> {
    page.split('`').skip(1).step_by(2)
}

#[test]
fn every_option_and_command_of_the_page_on_nodes_exists() {
    let page = include_str!("../../docs/running-a-node.md");
    let unit = include_str!("../myai-node.service");
    let settings: Vec<&str> = unit.lines().filter(|line| !line.starts_with('#')).collect();
    let settings = settings.join("\n");
    let out = node(&["--help"]);
    let help = String::from_utf8_lossy(&out.stdout);
    let knows = |word: &str| {
        help.split_whitespace()
            .any(|w| w.trim_end_matches(',') == word)
    };
    let mut seen = 0;
    for text in code_of(page).chain([settings.as_str()]) {
        let text = text.replace("\\\n", " ");
        for line in text.lines() {
            let mut words = line
                .split_whitespace()
                .skip_while(|w| !w.ends_with("myai-node"));
            let exports = words.nth(1).filter(|w| w.starts_with("export-"));
            if let Some(command) = exports {
                assert!(knows(command), "{command}");
            }
            // `--raw` belongs to a command of its own.
            for option in line
                .split([' ', ','])
                .filter(|w| w.len() > 2 && w.starts_with("--"))
            {
                assert!(option == "--raw" || knows(option), "{option}");
                seen += 1;
            }
        }
    }
    assert!(seen > 12, "the page shows options: {seen}");
}

/// Every `myai-node …` of a text, with the help of each command on the way to its own.
fn check_commands(text: &str) -> usize {
    let text = text.replace("\\\n", " ");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|w| w.ends_with("myai-node")) {
            continue;
        }
        let (mut path, mut help, mut known) = (Vec::new(), String::new(), String::new());
        for word in ["--help"].into_iter().chain(words) {
            let is_command = help
                .lines()
                .any(|l| l.trim_start().starts_with(&format!("{word}  ")));
            if path.is_empty() && help.is_empty() || is_command {
                path.extend(is_command.then_some(word));
                let out = node(&[&path[..], &["--help"]].concat());
                help = String::from_utf8_lossy(&out.stdout).into_owned();
                known += &help;
            } else if word.len() > 2 && word.starts_with("--") {
                let is_known = known
                    .split_whitespace()
                    .any(|w| w.trim_end_matches(',') == word);
                assert!(is_known, "{word} in {line}");
                seen += 1;
            }
        }
    }
    seen
}

#[test]
fn every_command_of_the_page_on_deploying_and_of_the_units_exists() {
    let page = include_str!("../../docs/deploying.md");
    let commands: Vec<&str> = code_of(page).collect();
    let seen = check_commands(&commands.join("\n"));
    assert!(seen > 15, "the page shows options: {seen}");
    for unit in [
        include_str!("../myai-node.service"),
        include_str!("../myai-full-node.service"),
    ] {
        assert!(check_commands(unit) > 2);
    }
}

#[test]
fn a_raw_spec_and_what_a_relay_chain_registers_are_printed() {
    let spec = node(&["export-chain-spec", "--chain", "local", "--raw"]);
    let parsed: serde_json::Value = serde_json::from_slice(&spec.stdout).expect("the spec is JSON");
    assert!(parsed["genesis"]["raw"]["top"].is_object());
    for command in ["export-genesis-head", "export-genesis-wasm"] {
        let out = node(&[command, "--chain", "local"]);
        assert!(out.status.success(), "{command}");
        assert!(out.stdout.starts_with(b"0x"), "{command}");
    }
}
