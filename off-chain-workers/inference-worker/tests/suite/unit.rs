//! The program under its unit: its messages to systemd, and systemd's filter.

use myai_chain_client::keys::write_secret_file;
use myai_inference_worker::{config::default_library, keyring::Keyring};
use seccompiler::{apply_filter, compile_from_json, BpfProgram, TargetArch};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, ErrorKind},
    os::unix::{net::UnixDatagram, process::CommandExt},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const UNIT: &str = include_str!("../../myai-worker.service");
/// A program that this test program is to become, behind the unit's filter; its arguments are in
/// lines.
const BECOME: &str = "MYAI_TEST_BECOME";
/// Makes it a failure that systemd's groups of system calls are not there.
const REQUIRE: &str = "MYAI_REQUIRE_SYSTEMD";

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

/// Its messages to systemd until `is_enough`.
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

/// The unit's settings of that key, in their order.
fn settings(key: &str) -> impl Iterator<Item = &str> {
    UNIT.lines()
        .filter_map(move |line| line.strip_prefix(key)?.strip_prefix('='))
}

#[test]
fn unit_restarts_for_no_failure_that_stays() {
    let one = |key| settings(key).collect::<Vec<_>>().join("|");
    assert_eq!(one("Restart"), "always");
    assert_eq!(one("RestartPreventExitStatus"), "2 6 8");
    assert_eq!(one("Type"), "notify");
    assert_eq!(one("WatchdogSignal"), "SIGTERM");
}

/// System calls of a group, or the one of that name; `None` without systemd.
fn calls(name: &str) -> Option<BTreeSet<String>> {
    if !name.starts_with('@') {
        return Some([name.to_string()].into());
    }
    let listed = Command::new("systemd-analyze")
        .args(["syscall-filter", name])
        .output();
    let listed = listed.ok().filter(|out| out.status.success())?;
    let text = String::from_utf8(listed.stdout).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines().skip(1).map(str::trim) {
        if !line.is_empty() && !line.starts_with('#') {
            found.extend(calls(line)?);
        }
    }
    Some(found)
}

/// Whether systemd is there to list its groups.
fn has_groups() -> bool {
    let has = calls("@default").is_some();
    if !has {
        let why = "there is no systemd-analyze to list the groups of the unit's filter";
        assert!(std::env::var_os(REQUIRE).is_none(), "{why}");
        eprintln!("skipped: {why}");
    }
    has
}

/// How many filters are on the process.
fn filters(process: &str) -> u32 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let count = status
        .lines()
        .find_map(|l| l.strip_prefix("Seccomp_filters:"));
    count.unwrap().trim().parse().unwrap()
}

/// The unit's filter as systemd builds it; `None` without systemd.
fn filter() -> Option<BpfProgram> {
    // systemd always lets these through.
    let mut allowed = calls("@default")?;
    for line in settings("SystemCallFilter") {
        let (is_denied, names) = match line.strip_prefix('~') {
            Some(names) => (true, names),
            None => (false, line),
        };
        for name in names.split_whitespace() {
            for call in calls(name)? {
                match is_denied {
                    true => drop(allowed.remove(&call)),
                    false => drop(allowed.insert(call)),
                }
            }
        }
    }
    let is_told = |text: &serde_json::Value| {
        let filter = serde_json::json!({"test": {
            "mismatch_action": {"errno": 1}, "match_action": "allow", "filter": text}});
        let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
        compile_from_json(filter.to_string().as_bytes(), arch)
            .ok()?
            .remove("test")
    };
    let mut rules: Vec<serde_json::Value> = allowed
        .iter()
        .filter(|call| !["mmap", "mprotect", "pkey_mprotect"].contains(&call.as_str()))
        .map(|call| serde_json::json!({"syscall": call}))
        // Groups also have calls of other kinds of machines.
        .filter(|rule| is_told(&serde_json::json!([rule])).is_some())
        .collect();
    assert!(rules.len() > 200, "{}", rules.len());
    // MemoryDenyWriteExecute: nothing is mapped as both, nothing becomes a program.
    assert_eq!(settings("MemoryDenyWriteExecute").next(), Some("true"));
    for (call, without) in [
        ("mmap", 2),
        ("mmap", 4),
        ("mprotect", 4),
        ("pkey_mprotect", 4),
    ] {
        rules.push(serde_json::json!({"syscall": call, "args": [
            {"index": 2, "type": "dword", "op": {"masked_eq": without}, "val": 0}]}));
    }
    is_told(&rules.into())
}

/// Becomes the program that the environment names, behind the filter. Run by the test below.
#[test]
fn become_another_program_behind_the_filter() {
    let Some(wanted) = std::env::var_os(BECOME) else {
        return;
    };
    let wanted = wanted.into_string().unwrap();
    let mut words = wanted.lines();
    apply_filter(&filter().unwrap()).unwrap();
    let mut command = Command::new(words.next().unwrap());
    panic!("{}", command.args(words).env_remove(BECOME).exec());
}

/// The program with these arguments, behind the unit's filter.
fn filtered(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture"])
        .arg("unit::become_another_program_behind_the_filter")
        .env(BECOME, [&[program], arguments].concat().join("\n"))
        .env("ORT_DYLIB_PATH", default_library())
        .env_remove("RUST_LOG")
        .env_remove("RUST_BACKTRACE");
    command
}

#[test]
fn program_and_model_run_behind_the_units_own_filter() {
    if !has_groups() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path());
    let settings = folder.path().join("worker.toml").display().to_string();
    let worker = |command| {
        let program = env!("CARGO_BIN_EXE_myai-worker");
        filtered(program, &["--json", "--config", &settings, command])
    };

    // It comes as far as there is no node, and stops when it is told to.
    let mut running = worker("run").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(running.stderr.take().unwrap()).lines();
    let found = log.find(|line| line.as_ref().unwrap().contains("failed to reach the node"));
    assert!(found.is_some());
    assert_eq!(filters(&running.id().to_string()), filters("self") + 1);
    terminate(&running);
    assert!(running.wait().unwrap().success());

    let doctor = worker("doctor").output().unwrap();
    let said = String::from_utf8(doctor.stdout).unwrap();
    let findings = said.get(said.find('[').unwrap()..).unwrap();
    let findings: Vec<serde_json::Value> = serde_json::from_str(findings).unwrap();
    let failed: Vec<&serde_json::Value> = findings
        .iter()
        .filter(|f| f["state"] == "failed")
        .map(|f| &f["check"])
        .collect();
    assert_eq!(failed, ["node"]);

    // Runners of its, with a model.
    let tests = std::env::current_exe().unwrap().display().to_string();
    let out = filtered(
        &tests,
        &[
            "--exact",
            "runners::a_model_runs_and_gives_what_was_asked_for",
        ],
    )
    .output()
    .unwrap();
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains("1 passed"), "{said}");
}

#[test]
fn filter_of_the_unit_lets_walls_be_built_and_no_more() {
    let lines: Vec<&str> = settings("SystemCallFilter").collect();
    assert_eq!(lines[..2], ["@system-service", "~@privileged"]);
    assert_eq!(
        lines[2..],
        ["seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"]
    );
    if has_groups() {
        let privileged = calls("@privileged").unwrap();
        assert!(!lines[2].split(' ').any(|call| privileged.contains(call)));
    }
}
