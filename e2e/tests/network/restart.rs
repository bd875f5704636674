//! The node goes away in the middle of a job, and comes back; or comes back with an older chain.

use myai_e2e::*;
use myai_primitives::*;
use std::process::Stdio;

#[test]
fn a_job_survives_a_restart_of_the_node() {
    // Blocks far apart: the worker answers in the one after that with the job.
    let mut world = World::with(4_000, &[]);
    let owner = world.person("restart-owner");
    let dave = world.person("restart-dave");
    let version = digits(&owner);
    let mut worker = Worker::new(&world, "restart-worker", &[(version, "0.005 MAI")]);
    // However long the node takes to come back: until then the input cannot be uploaded.
    worker.set("input_seconds = 15", "input_seconds = 300");
    worker.run(None);
    until("a worker with its model", 60, || {
        worker.log().contains("it is loaded").then_some(())
    });
    let target = format!("v{version}");
    let mut asking = dave
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
    let job = until("an open job", 60, || world.open_job(&dave));
    let killed_at = world.best();
    world.node.kill();
    assert!(asking.try_wait().expect("a status").is_none());
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
    assert_eq!(answer["job"], job.to_string());
    // By a node that came back, and by the worker that had lost it.
    let kept = &dave.myai(&["job", "show", &job.to_string()])["saved"];
    let settled_at = kept["end"]["block"].as_u64().expect("a block");
    assert!(settled_at > killed_at.into(), "{settled_at} {killed_at}");
    let process = worker.process.as_mut().expect("it was started");
    assert!(!process.has_ended());
    assert_eq!(worker.view(&world).record.settled, 1);
}

fn commitment_to_the_answer(world: &World, job: &Prepared) -> Hash32 {
    match world.outcome(job.id, 120) {
        Outcome::Settled {
            output_commitment, ..
        } => output_commitment,
        other => panic!("it is answered: {other:?}"),
    }
}

/// A development node makes every block final, so that two of them agree on no other branch: one is
/// set back instead, which is a reorganisation as deep as can be.
#[test]
fn jobs_that_change_places_on_another_branch_keep_their_answers() {
    let mut world = World::start();
    let owner = world.person("branch-owner");
    let version = digits(&owner);
    let mut worker = Worker::new(&world, "branch-worker", &[(version, "0.005 MAI")]);
    let payers = ["branch-dave", "branch-erin"].map(|name| world.person(name));
    world.node.save();
    world.node.run();
    worker.run(None);

    let jobs = [0, 1].map(|n: usize| {
        let picture = std::fs::read(model_file(&format!("digits/pictures/{n}.png"))).unwrap();
        let length = picture.len() as u32;
        world.prepare(&payers[n], &worker, version, &picture, length)
    });
    for job in &jobs {
        world.open(job).expect("is opened");
        world.upload(job);
    }
    let answers = [0, 1].map(|n: usize| commitment_to_the_answer(&world, &jobs[n]));
    assert_ne!(answers[0], answers[1]);

    world.node.go_back();
    world.node.run();
    for job in jobs.iter().rev() {
        assert!(world.job(job.id).is_none());
        world.open(job).expect("is opened on this branch, too");
        world.upload(job);
    }
    let again = [0, 1].map(|n: usize| commitment_to_the_answer(&world, &jobs[n]));
    assert_eq!(again, answers);
    assert_eq!(worker.view(&world).record.settled, 2);
    assert_eq!(world.income(version), 2 * INCOME);
    let process = worker.process.as_mut().expect("it was started");
    assert!(!process.has_ended(), "{}", worker.log());
}
