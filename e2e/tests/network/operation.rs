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
    assert_eq!(out.status.code(), Some(5));

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
