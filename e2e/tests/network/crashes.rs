//! `kill -9` of the worker and of the client.

use myai_e2e::*;
use std::process::Stdio;

/// The worker dies at `point` of its first job and is started again: one settlement, one answer.
fn worker_dies_at(point: &str) {
    let world = World::shared();
    let owner = world.person(&format!("{point}-owner"));
    let dave = world.person(&format!("{point}-dave"));
    let version = digits(&owner);
    let mut worker = Worker::new(world, &format!("{point}-worker"), &[(version, "0.005 MAI")]);
    worker.run(Some(point));
    let target = format!("v{version}");
    let asking = dave
        .command(&["ask", &target, &seven(), "--timeout", "180s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    let mut process = worker.process.take().expect("it runs");
    process.wait_for_end(120);
    worker.run(None);
    let out = asking.wait_with_output().expect("myai ends");
    assert!(
        out.status.success(),
        "{}\nthe worker: {}",
        String::from_utf8_lossy(&out.stderr),
        worker.log()
    );
    let answer: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(answer["answer"]["labels"][0]["label"], "7");
    let view = worker.view(world);
    assert_eq!(
        (view.record.settled, view.record.declined, view.open),
        (1, 0, 0)
    );
    // Of one price, not of two.
    assert_eq!(world.income(version), INCOME);
}

#[test]
fn worker_killed_before_inference_finishes_after_a_restart() {
    worker_dies_at("before-inference");
}

#[test]
fn worker_killed_before_attesting_finishes_after_a_restart() {
    worker_dies_at("before-attest");
}

#[test]
fn worker_killed_after_attesting_is_paid_once() {
    worker_dies_at("after-attest");
}

#[test]
fn client_killed_after_opening_still_reads_the_answer() {
    let world = World::shared();
    let owner = world.person("killed-owner");
    let dave = world.person("killed-dave");
    let version = digits(&owner);
    // Nobody works yet, so that the job stays open while the client dies.
    let mut worker = Worker::new(world, "killed-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    let mut asking = dave
        .command(&["ask", &target, &seven(), "--timeout", "180s"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("myai runs");
    let job = until("an open job", 60, || world.open_job(&dave));
    asking.kill().expect("is killed");
    asking.wait().expect("is gone");
    worker.run(None);
    let answer = dave.myai(&["job", "fetch", "latest", "--timeout", "180s"]);
    assert_eq!(answer["answer"]["labels"][0]["label"], "7", "{answer}");
    assert_eq!(answer["job"], job.to_string());
    assert!(!world.is_open(job));
}
