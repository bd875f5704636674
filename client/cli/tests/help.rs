//! The program as a process: help for every command, exit codes, nothing on stdout but results.

use clap::CommandFactory;
use expect_test::expect_file;
use myai_client::args::{Cli, TERMS_EXAMPLE, VERSION_EXAMPLE};
use std::process::{Command, Output};

fn myai(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_myai"))
        .args(arguments)
        .env_remove("MYAI_NODE")
        .env_remove("MYAI_KEY_FILE")
        .env_remove("MYAI_DATA_DIR")
        .env("HOME", std::env::temp_dir().join("myai-help-test"))
        .env_remove("XDG_DATA_HOME")
        .env("COLUMNS", "100")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The help of every command; what is the same in all stands in the first alone.
#[test]
fn help_of_every_command() {
    fn walk(command: &clap::Command, path: &[&str], all: &mut String) {
        let out = myai(&[path, &["--help"]].concat());
        assert_eq!(out.status.code(), Some(0), "{path:?}");
        let help = text(&out.stdout);
        let own = match path {
            [] => &help[..],
            _ => help
                .split("\nOptions of every command:")
                .next()
                .unwrap_or(""),
        };
        let own: Vec<&str> = own.trim_end().lines().map(str::trim_end).collect();
        let typed = [&["$", "myai"], path].concat().join(" ");
        *all += &format!("{typed}\n{}\n\n", own.join("\n"));
        for sub in command.get_subcommands() {
            walk(sub, &[path, &[sub.get_name()]].concat(), all);
        }
    }
    let mut all = String::new();
    walk(&Cli::command(), &[], &mut all);
    expect_file!["snapshots/help.txt"].assert_eq(&format!("{}\n", all.trim_end()));
}

/// Of every clause there is an option, and a field in the example that the help ends with.
#[test]
fn help_shows_an_example_of_each_file_and_an_option_for_each_clause() {
    for (command, example) in [
        (["model", "publish"], VERSION_EXAMPLE),
        (["dataset", "terms"], TERMS_EXAMPLE),
    ] {
        let help = text(&myai(&[&command[..], &["--help"]].concat()).stdout);
        // Lines are wrapped to the terminal's width, words are not.
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words(&help).ends_with(&words(example)), "{help}");
        for clause in [
            "license",
            "text",
            "derivatives",
            "royalty",
            "irrevocable",
            "commercial",
            "fees",
            "hosting",
            "users",
            "use-policy",
            "share-alike",
            "attribution",
        ] {
            assert!(help.contains(&format!("--{clause}")), "{clause}: {help}");
            let field = clause.replace('-', "_");
            let in_example = [
                format!("\n{field} ="),
                format!("\n# {field} ="),
                format!("\n[clauses.{field}]"),
            ];
            assert!(in_example.iter().any(|f| example.contains(f)), "{field}");
        }
    }
}

#[test]
fn bad_usage_exits_with_two_and_prints_nothing_on_stdout() {
    let cases: &[&[&str]] = &[
        &[],
        &["model"],
        &["nonsense"],
        &["ask", "v1"],
        &["ask", "v1", "x", "--units", "0"],
        &["ask", "v1", "x", "--max-cost", "1"],
        &["ask", "v1", "x", "--duration", "soon"],
        &["model", "set-price", "v1", "1.0000000000001 MAI"],
        &[
            "model",
            "register",
            "x",
            "--category",
            "cats",
            "--metadata",
            "f",
        ],
        &["model", "transfer", "1", "nobody"],
        &["model", "publish", "1", "--base", "v1"],
        &["model", "publish", "1", "--dataset", "2:3%"],
        &["model", "publish", "1", "--hosting", "nobody"],
        &["model", "publish", "1", "--alternative", "call,1 MAI"],
        &["model", "publish", "1", "--fees", "1 MAI"],
        &["model", "publish", "1", "--irrevocable", "maybe"],
        &["model", "approve", "v1"],
        &[
            "model", "approve", "v1", "--host", "//Alice", "--user", "//Bob",
        ],
        &["model", "request-approval", "v1", "guest"],
        &["dataset", "approve", "1"],
        &["dataset", "approve", "1", "2", "--host", "//Alice"],
        &["dataset", "withdraw-approval", "1"],
        &["dataset", "show", "x"],
        &["dataset", "remove", "v1"],
        &["dataset", "vest"],
        &["dataset", "terms", "1", "--price", "1"],
        &["dataset", "renew", "g1", "--periods", "few"],
        &["job", "expire", "12"],
        &["job", "fetch", "newest"],
        &["account", "--node"],
    ];
    for case in cases {
        let out = myai(case);
        assert_eq!(
            out.status.code(),
            Some(2),
            "{case:?}: {}",
            text(&out.stderr)
        );
        assert!(out.stdout.is_empty(), "{case:?}");
        assert!(!out.stderr.is_empty(), "{case:?}");
    }
}

#[test]
fn no_node_exits_with_three() {
    let out = myai(&["--node", "ws://127.0.0.1:1", "model", "list"]);
    assert_eq!(out.status.code(), Some(3), "{}", text(&out.stderr));
    assert!(text(&out.stderr).starts_with("error: no node answers at ws://127.0.0.1:1"));
    assert!(out.stdout.is_empty());
}

#[test]
fn the_user_and_password_of_an_address_are_shown_nowhere() {
    let secret = "ws://user:token@127.0.0.1:1";
    for arguments in [
        &["model", "list"][..],
        &["--json", "model", "list"],
        &["--help"],
        &["ask", "--help"],
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_myai"))
            .args(arguments)
            .env("MYAI_NODE", secret)
            .env("RUST_LOG", "debug")
            .output()
            .unwrap();
        let all = text(&out.stdout) + &text(&out.stderr);
        assert!(!all.is_empty() && !all.contains("token"), "{all}");
    }
}

#[test]
fn with_json_an_error_is_an_object_on_stderr() {
    let out = myai(&["--node", "ws://127.0.0.1:1", "--json", "model", "list"]);
    let error: serde_json::Value = serde_json::from_slice(&out.stderr).unwrap();
    assert_eq!(error["exit"], 3);
    assert!(error["error"]
        .as_str()
        .unwrap()
        .starts_with("no node answers"));
}

#[test]
fn an_address_that_is_none_is_bad_usage() {
    let out = myai(&["--node", "http://127.0.0.1", "model", "list"]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
}

#[test]
fn inspecting_needs_no_node() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.onnx");
    std::fs::write(&path, b"this is no model").unwrap();
    let out = myai(&["model", "inspect", path.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(2), "{}", text(&out.stderr));
    assert!(
        text(&out.stderr).contains("not an ONNX model"),
        "{}",
        text(&out.stderr)
    );
    let out = myai(&["model", "inspect", "/nonexistent/model.onnx"]);
    assert_eq!(out.status.code(), Some(6), "{}", text(&out.stderr));
}

#[test]
fn jobs_of_this_machine_are_listed_without_a_node() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().to_str().unwrap();
    let out = myai(&[
        "--node",
        "ws://127.0.0.1:1",
        "--data-dir",
        data,
        "job",
        "list",
    ]);
    assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
    assert_eq!(text(&out.stdout), "no jobs\n");
    assert!(
        text(&out.stderr).contains("no node answers"),
        "{}",
        text(&out.stderr)
    );
}

#[test]
fn a_secret_on_the_command_line_is_not_repeated() {
    let secret = "bottom drive obey lake";
    for command in [&["job", "list"][..], &["account"], &["model", "publish"]] {
        let mut arguments = vec!["--key", secret, "--node", "ws://127.0.0.1:1"];
        arguments.extend(command);
        let out = myai(&arguments);
        let all = text(&out.stdout) + &text(&out.stderr);
        assert!(!all.is_empty() && !all.contains("bottom"), "{all}");
    }
}
