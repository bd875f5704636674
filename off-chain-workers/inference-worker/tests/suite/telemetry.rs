//! What ONNX Runtime leaves behind.

use myai_chain_client::keys::write_secret_file;
use myai_inference_worker::{config::default_library, keyring::Keyring};
use std::{
    ffi::OsStr,
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

/// A program that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// With a home of its own, and nothing said about telemetry.
fn at_home(program: impl AsRef<OsStr>, home: &Path) -> Command {
    fs::create_dir(home).unwrap();
    let mut command = Command::new(program);
    command
        .env("HOME", home)
        .env("ORT_DYLIB_PATH", default_library())
        .env_remove("XDG_CACHE_HOME")
        .env_remove("ORT_DISABLE_TELEMETRY");
    command
}

/// Everything in the folder, at any depth.
fn written(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(written(&path));
        }
        found.push(path);
    }
    found
}

#[test]
fn no_telemetry_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);

    // The worker's program, which loads the library before it asks the node; here there is none.
    let settings = format!(
        "node = \"ws://127.0.0.1:9\"\ndata = \"{}\"\nsigner = \"{}\"\n[worker]\nbond = \"1 MAI\"\n",
        at("data").display(),
        at("signer.key").display()
    );
    fs::write(at("worker.toml"), settings).unwrap();
    write_secret_file(&at("signer.key"), "//Alice").unwrap();
    Keyring::open_or_create(&at("data").join("sealing")).unwrap();
    let mut worker = at_home(env!("CARGO_BIN_EXE_myai-worker"), &at("worker"))
        .arg("--config")
        .arg(at("worker.toml"))
        .arg("run")
        .env("RUST_LOG", "warn")
        .stderr(Stdio::piped())
        .spawn()
        .map(Running)
        .unwrap();
    let mut log = vec![];
    for line in BufReader::new(worker.0.stderr.take().unwrap()).lines() {
        log.push(line.unwrap());
        if log.iter().any(|l| l.contains("failed to reach the node")) {
            break;
        }
    }
    assert!(worker.0.try_wait().unwrap().is_none(), "{log:#?}");
    drop(worker);
    assert_eq!(written(&at("worker")), Vec::<PathBuf>::new());

    // These tests, one of which runs a model.
    let tests = at_home(std::env::current_exe().unwrap(), &at("tests"))
        .args([
            "--exact",
            "runners::a_model_runs_and_gives_what_was_asked_for",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&tests.stdout);
    assert!(said.contains("1 passed"), "{said}");
    assert_eq!(written(&at("tests")), Vec::<PathBuf>::new());
}
