//! The node goes away in the middle of a job, and comes back.

use crate::support::*;
use myai_primitives::*;
use std::process::Stdio;

#[test]
fn a_job_survives_a_restart_of_the_node() {
    let mut world = World::new();
    let owner = world.person("restart-owner");
    let dave = world.person("restart-dave");
    let version = digits(&world, &owner, "0.02 MAI");
    let mut worker = Worker::new(&world, "restart-worker", &[(version, "0.005 MAI")]);
    let target = format!("v{version}");
    let asking = dave
        .command(&[
            "ask",
            &target,
            &seven(),
            "--timeout",
            "400s",
            "--duration",
            "2000",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("myai runs");
    until("an open job", 60, || {
        let (jobs, _) = wait(world.chain.jobs(&dave.account, JobId(0), 10)).ok()?;
        jobs.first().map(|j| j.id)
    });
    // The input must be in the pool, which is on the disk, before the node dies.
    until("an uploaded input", 60, || {
        (wait(world.chain.hop().status()).ok()?.entry_count > 0).then_some(())
    });
    world.node.kill();
    worker.run(None);
    world.node.run();
    let out = asking.wait_with_output().expect("myai ends");
    assert!(
        out.status.success(),
        "{}\nthe worker: {}",
        String::from_utf8_lossy(&out.stderr),
        worker.log()
    );
    let answer: serde_json::Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(answer["answer"]["labels"][0]["label"], "7");
}
