//! The program under its unit: what systemd is told, and what its filter lets through.

use myai_chain_client::keys::write_secret_file;
use myai_inference_worker::{config::default_library, keyring::Keyring};
use std::{
    fs,
    io::ErrorKind,
    os::unix::net::UnixDatagram,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Settings, keys and no node.
fn prepare(folder: &Path) {
    let at = |name: &str| folder.join(name);
    let settings = format!(
        "node = \"ws://127.0.0.1:1\"\ndata = \"{}\"\nsigner = \"{}\"\n[worker]\nbond = \"1 MAI\"\n",
        at("data").display(),
        at("signer.key").display()
    );
    fs::write(at("worker.toml"), settings).unwrap();
    write_secret_file(&at("signer.key"), "//Alice").unwrap();
    Keyring::open_or_create(&at("data").join("sealing")).unwrap();
}

fn worker(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_myai-worker"));
    command
        .arg("--config")
        .arg(folder.join("worker.toml"))
        .env("ORT_DYLIB_PATH", default_library())
        .env_remove("RUST_LOG");
    command
}

/// What it tells systemd until `is_enough`.
fn told(socket: &UnixDatagram, is_enough: impl Fn(&str) -> bool) -> String {
    let begun = Instant::now();
    let mut told = String::new();
    let mut message = [0; 4096];
    while !is_enough(&told) {
        assert!(begun.elapsed() < Duration::from_secs(60), "{told}");
        match socket.recv(&mut message) {
            Ok(length) => {
                told.push_str(&String::from_utf8_lossy(&message[..length]));
                told.push('\n');
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => (),
            Err(error) => panic!("{error}"),
        }
    }
    told
}

/// By its id, as systemd does.
fn terminate(child: &Child) {
    let kill = Command::new("kill").arg(child.id().to_string()).status();
    assert!(kill.unwrap().success());
}

#[test]
fn worker_tells_systemd_that_it_is_ready_how_it_is_and_that_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let at = folder.path().join("notify");
    let socket = UnixDatagram::bind(&at).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let mut child = worker(folder.path())
        .arg("run")
        .env("NOTIFY_SOCKET", &at)
        .env("WATCHDOG_USEC", "100000")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Without a node it is ready and not healthy, so that the watchdog is not fed.
    let running = told(&socket, |told| told.matches("STATUS=").count() >= 5);
    assert!(running.starts_with("READY=1\n"), "{running}");
    assert!(
        running.contains("STATUS=the chain was not asked"),
        "{running}"
    );
    assert!(!running.contains("WATCHDOG=1"), "{running}");
    terminate(&child);
    told(&socket, |told| told.contains("STOPPING=1"));
    assert!(child.wait().unwrap().success());
}
