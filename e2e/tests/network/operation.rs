//! What a worker's owner does by hand.

use myai_e2e::*;
use myai_primitives::*;

fn does(worker: &Worker, args: &[&str]) -> String {
    let out = worker.command(args).output().expect("myai-worker runs");
    assert!(
        out.status.success(),
        "{args:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8_lossy(&out.stdout).into_owned()
}

#[test]
fn a_worker_pauses_resumes_withdraws_and_leaves_with_its_bond() {
    let world = World::shared();
    let owner = world.person("life-owner");
    let dave = world.person("life-dave");
    let version = digits(&owner);
    let mut worker = Worker::running(world, "life-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    let bond_key = worker.person.folder.path().join("bond.key");
    let bond_key = bond_key.display().to_string();

    assert!(does(&worker, &["status"]).contains("100 MAI"));
    does(&worker, &["pause"]);
    assert!(worker.view(world).paused);
    let said = dave.try_myai(&["ask", &target, &seven()]);
    assert_eq!(said.code, 1, "nobody serves it: {} {}", said.out, said.err);
    does(&worker, &["resume"]);
    let answer = dave.myai(&["ask", &target, &seven(), "--timeout", "120s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7");

    // Nothing above the least may be taken while it works.
    let out = worker
        .command(&["withdraw", "1 MAI", "--bond-key", &bond_key])
        .output()
        .expect("myai-worker runs");
    assert_eq!(out.status.code(), Some(1));

    assert!(worker.process.take().expect("it runs").stop());
    let before = world.held(&worker.account());
    assert!(before > 100 * MAI);
    does(&worker, &["leave", "--bond-key", &bond_key]);
    assert_eq!(
        world.held(&worker.account()),
        0,
        "bond and deposits are free"
    );
    let worker_id = worker.account();
    assert!(wait(world.chain.worker(&worker_id))
        .expect("an answer")
        .is_none());
    assert!(wait(world.chain.workers(VersionId(version), None, 10))
        .expect("an answer")
        .is_empty());
}

/// The checks of `doctor` that failed, and all of its checks.
fn examined(worker: &Worker) -> (Vec<String>, Vec<String>) {
    let out = worker.command(&["--json", "doctor"]).output();
    let out = out.expect("myai-worker runs");
    let findings: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let findings = findings.as_array().expect("a list");
    let check = |f: &serde_json::Value| f["check"].as_str().expect("a name").to_owned();
    let failed: Vec<String> = findings
        .iter()
        .filter(|f| f["state"] == "failed")
        .map(check)
        .collect();
    assert_eq!(out.status.success(), failed.is_empty());
    (failed, findings.iter().map(check).collect())
}

#[test]
fn doctor_fails_for_what_is_wrong_and_for_nothing_else() {
    let world = World::shared();
    let owner = world.person("doctor-owner");
    let version = digits(&owner);
    let worker = Worker::running(world, "doctor-worker", &[(version, "0.005 MAI")]);
    let (failed, all) = examined(&worker);
    assert!(failed.is_empty(), "{failed:?}");
    for check in [
        "node",
        "clock",
        "worker",
        "money",
        "sealing key",
        "mailbox",
        "offer",
    ] {
        assert!(all.iter().any(|name| name == check), "{check} of {all:?}");
    }
    let folder = worker.person.folder.path();
    std::fs::rename(folder.join("data/sealing"), folder.join("elsewhere")).expect("keys");
    assert_eq!(examined(&worker).0, ["sealing key"]);
    std::fs::rename(folder.join("signer.key"), folder.join("gone.key")).expect("a key");
    assert_eq!(examined(&worker).0, ["signer"]);
    worker.set(&world.node.url, "ws://127.0.0.1:1");
    assert_eq!(examined(&worker).0, ["node"]);
}
