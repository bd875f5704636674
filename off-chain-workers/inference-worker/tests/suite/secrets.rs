//! The program's outputs never have the node's password or token in them.

use myai_chain_client::keys::write_secret_file;
use myai_inference_worker::{config::default_library, keyring::Keyring};
use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const SECRETS: [&str; 3] = ["hush-user", "hush-password", "hush-token"];
/// An address of this machine that no other test listens at.
const METRICS: &str = "127.0.0.77:9620";
/// How user and password begin in a header.
const ENCODED: &str = "aHVzaC11c2Vy";

/// In place of a node: it reads a request and refuses it.
fn refusing() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else {
                return;
            };
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        }
    });
    port
}

/// The answer of a worker that runs; nothing where none does.
fn served(path: &str) -> String {
    let mut answer = String::new();
    if let Ok(mut connection) = TcpStream::connect(METRICS) {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        connection.write_all(request.as_bytes()).unwrap();
        connection.read_to_string(&mut answer).unwrap();
    }
    answer
}

/// Everything that the command says, on both outputs and over HTTP, until it has said `until` or
/// ends.
fn said(folder: &Path, arguments: &[&str], until: &str) -> String {
    let log = folder.join("log");
    let out = fs::File::create(&log).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_myai-worker"))
        .arg("--config")
        .arg(folder.join("worker.toml"))
        .args(arguments)
        .env("ORT_DYLIB_PATH", default_library())
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap();
    let begun = Instant::now();
    loop {
        let said = fs::read_to_string(&log).unwrap();
        let has_ended = child.try_wait().unwrap().is_some();
        if has_ended || said.contains(until) {
            let served: String = ["/health", "/metrics"].map(served).concat();
            assert!(has_ended || served.contains("myai_worker_best_block"));
            let _ = child.kill();
            let _ = child.wait();
            return fs::read_to_string(&log).unwrap() + &served;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{said}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nodes_password_and_token_are_in_no_output() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write_secret_file(&at("signer.key"), "//Alice").unwrap();
    write_secret_file(&at("bond.key"), "//Bob").unwrap();
    Keyring::open_or_create(&at("data").join("sealing")).unwrap();
    let bond = at("bond.key").display().to_string();
    let settings = |node: &str| {
        let settings = format!(
            "node = \"{node}\"\ndata = \"{}\"\nsigner = \"{}\"\nmetrics = \"{METRICS}\"\n[worker]\nbond = \"1 MAI\"\n",
            at("data").display(),
            at("signer.key").display()
        );
        fs::write(at("worker.toml"), settings).unwrap();
    };
    let [user, password, token] = SECRETS;
    let no_longer = "failed to reach the node";
    let silent = |arguments: &[&str]| {
        let said = said(folder.path(), arguments, no_longer);
        assert!(!said.is_empty(), "{arguments:?}");
        for secret in SECRETS.into_iter().chain([ENCODED]) {
            assert!(!said.contains(secret), "{arguments:?}: {said}");
        }
        said
    };
    for port in [refusing(), 1] {
        settings(&format!(
            "ws://{user}:{password}@127.0.0.1:{port}/rpc?token={token}"
        ));
        let said = silent(&["run"]);
        assert!(said.contains(&format!("127.0.0.1:{port}/rpc")), "{said}");
        for command in [
            &["status"][..],
            &["doctor"],
            &["--json", "doctor"],
            &["pause"],
            &["setup", "--bond-key", &bond],
            &["leave", "--bond-key", &bond],
        ] {
            silent(command);
        }
    }
    // Settings that are wrong.
    for node in [
        format!("http://{user}:{password}@127.0.0.1/?token={token}"),
        format!("{user}:{password}@node"),
        format!("ws://{user}:{password}@node/?token={token}\"x"),
    ] {
        settings(&node);
        silent(&["status"]);
    }
}
