//! Jobs from their opening to their end.

use crate::{
    common::{counter, doubler},
    world::*,
};
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_inference_worker::{
    config::Limits,
    crash::CRASH_AT,
    journal::{Entry, Journal, State},
};
use myai_primitives::DeclineReason;
use std::{path::Path, sync::atomic::Ordering, time::Duration};
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_seen_answered_and_forgotten_when_final() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let (send, blocks) = mpsc::channel(8);
    let job = world.ask(1, &[1, 20]);
    let mut of_another = world.job(2, b"");
    of_another.workers = vec![AccountId::new([3; 32])];
    send.send(block(4, Some(&of_another))).await.unwrap();
    send.send(block(5, Some(&job))).await.unwrap();
    world
        .run_with(context.clone(), Blocks(blocks), |c| !c.log().is_empty())
        .await;
    let log = world.chain.log();
    assert_eq!(log.len(), 1);
    assert_eq!(world.answer(&log[0], &job), r#"{"y":[[2,40]]}"#);
    // The input was acknowledged to the pool.
    assert!(!world.chain.blob_path(&job.blob).exists());
    assert!(context
        .metrics
        .text()
        .contains("myai_worker_jobs_settled_total 1"));

    // The entry stays until the end is final.
    let entries = context.journal.entries().unwrap();
    assert!(matches!(entries[0].state, State::Ended { block: 5, .. }));
    world.chain.finalized.store(5, Ordering::SeqCst);
    let journal = context.clone();
    world
        .run_until(context, |_| journal.journal.entries().unwrap().is_empty())
        .await;
    assert_eq!(world.chain.log().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_given_back_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let input = br#"{"x":[[1]]}"#;

    world.open(world.job(1, b"something else"), &world.input(input));
    assert_eq!(world.outcome(limits()).await, "decline 1 BadInput");

    let mut other = world.input(input);
    other.format = 9;
    world.open(world.job(2, input), &other);
    assert_eq!(world.outcome(limits()).await, "decline 2 BadInput");

    let bad = br#"{"x":[["a"]]}"#;
    world.open(world.job(3, bad), &world.input(bad));
    assert_eq!(world.outcome(limits()).await, "decline 3 BadInput");

    // The model takes one row, not two.
    let bad = br#"{"x":[[1],[2]]}"#;
    world.open(world.job(4, bad), &world.input(bad));
    assert_eq!(world.outcome(limits()).await, "decline 4 BadInput");

    let mut unsealed = world.job(5, input);
    let garbage = b"not sealed for anybody".to_vec();
    unsealed.blob = blob_hash(&garbage);
    std::fs::write(world.chain.blob_path(&unsealed.blob), garbage).unwrap();
    world.chain.open(&unsealed);
    assert_eq!(world.outcome(limits()).await, "decline 5 BadInput");

    let long = format!(r#"{{"x":[[{}]]}}"#, vec!["1"; 150].join(","));
    world.open(world.job(6, long.as_bytes()), &world.input(long.as_bytes()));
    assert_eq!(world.outcome(limits()).await, "decline 6 TooLarge");

    world.ask(7, &[1_000_000_000_000_000_000; 6]);
    assert_eq!(world.outcome(limits()).await, "decline 7 TooLarge");

    world.chain.open(&world.job(8, input));
    assert_eq!(world.outcome(limits()).await, "decline 8 BlobMissing");

    let mut soon = world.job(9, input);
    soon.deadline = 5;
    world.chain.open(&soon);
    assert_eq!(world.outcome(limits()).await, "decline 9 Overloaded");

    std::fs::remove_dir_all(world.folder.join("files")).unwrap();
    std::fs::write(world.folder.join("model.onnx"), b"changed").unwrap();
    world.ask(10, &[1]);
    assert_eq!(world.outcome(limits()).await, "decline 10 ModelUnavailable");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(folder.path(), &counter(), &manifest());
    let input = br#"{"x":9000000000000000000}"#;
    world.open(world.job(1, input), &world.input(input));
    let limits = Limits {
        run_seconds: 1,
        ..limits()
    };
    assert_eq!(world.outcome(limits).await, "decline 1 Other");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_units_than_are_paid_for_are_too_large() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = manifest();
    manifest["units"] = serde_json::json!({"elements": {"input": "x", "per": 2}});
    let world = World::with(folder.path(), &doubler(), &manifest);
    world.ask(1, &[1, 2, 3]);
    assert_eq!(world.outcome(limits()).await, "decline 1 TooLarge");
    let job = world.ask(2, &[1, 2]);
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[2,4]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_is_taken_than_fits_before_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    // 100 ticks of 3 s at first; each run is thought to take 180 s, two go at once.
    for id in 1..=4 {
        world.ask(id, &[id as i64]);
    }
    let context = world.context_with(Limits {
        first_run_seconds: 180,
        ..limits()
    });
    world.run_until(context, |c| c.log().len() == 4).await;
    let log = world.chain.log();
    let declined: Vec<&String> = log.iter().filter(|l| l.ends_with("Overloaded")).collect();
    assert_eq!(declined, ["decline 3 Overloaded", "decline 4 Overloaded"]);

    let world_two = tempfile::tempdir().unwrap();
    let world = World::new(world_two.path());
    for id in 1..=3 {
        world.ask(id, &[1]);
    }
    let context = world.context_with(Limits {
        queue: 2,
        ..limits()
    });
    world.run_until(context, |c| c.log().len() == 3).await;
    assert!(world
        .chain
        .log()
        .contains(&"decline 3 Overloaded".to_string()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_upload_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    let (at, aside) = (world.chain.blob_path(&job.blob), world.folder.join("aside"));
    std::fs::rename(&at, &aside).unwrap();
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(600)).await;
        std::fs::rename(&aside, &at).unwrap();
    });
    let line = world
        .outcome(Limits {
            input_seconds: 10,
            ..limits()
        })
        .await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_connections_are_waited_out() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    let trouble = [
        "open_jobs",
        "version",
        "claim",
        "job",
        "submit",
        "attest",
        "attest",
    ];
    *world.chain.trouble.lock().unwrap() = trouble.to_vec();
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    assert!(world.chain.trouble.lock().unwrap().is_empty());
    // So are they before a refusal.
    world.open(world.job(2, b"something else"), &world.input(b"this"));
    *world.chain.trouble.lock().unwrap() = vec!["job", "decline"];
    assert_eq!(world.outcome(limits()).await, "decline 2 BadInput");
    assert!(world.chain.trouble.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_vanished_is_said_again_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.chain.vanish.store(true, Ordering::SeqCst);
    let first = world.outcome(limits()).await;
    // While it is not final, nothing is said twice.
    let context = world.context();
    let metrics = context.clone();
    let (send, blocks) = mpsc::channel(8);
    send.send(block(10, None)).await.unwrap();
    let seen = || metrics.metrics.text().contains("myai_worker_best_block 10");
    world.run_with(context, Blocks(blocks), |_| seen()).await;
    drop(metrics);
    assert_eq!(world.chain.log().len(), 1);
    // The chain goes on without that block: the very same answer again.
    world.chain.finalized.store(6, Ordering::SeqCst);
    world.chain.vanish.store(false, Ordering::SeqCst);
    assert_eq!(world.outcome(limits()).await, first);
    assert_eq!(world.answer(&first, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_another_job_of_that_number_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let mut vanished = world.job(1, b"of a block that is gone");
    vanished.blob = [1; 32];
    let mut entry = Entry::taken(&vanished);
    entry.state = State::Declined {
        reason: DeclineReason::Other,
    };
    {
        let journal = Journal::open(&world.folder.join("journal")).unwrap();
        journal.put(&entry).unwrap();
    }
    let job = world.ask(1, &[5]);
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_past_its_deadline_is_left_to_be_refunded() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.chain.served.store(101, Ordering::SeqCst);
    let late = world.ask(1, &[1]);
    let mut job = world.job(2, br#"{"x":[[1]]}"#);
    job.deadline = 200;
    let job = world.open(job, &world.input(br#"{"x":[[1]]}"#));
    // Nor is one that was begun before.
    {
        let journal = Journal::open(&world.folder.join("journal")).unwrap();
        journal.put(&Entry::taken(&late)).unwrap();
    }
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[2]]}"#);
    assert_eq!(world.chain.log().len(), 1);
}

/// The program of the tests below: a worker in the folder that the environment names.
#[tokio::test(flavor = "multi_thread")]
async fn worker_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os("MYAI_TEST_FOLDER") else {
        return;
    };
    let world = World::new(Path::new(&folder));
    let all = std::env::var(ALL).map_or(1, |n| n.parse().unwrap());
    world
        .run_until(world.context(), |c| c.log().len() >= all)
        .await;
}

/// How many jobs the program answers; one where the environment does not say it.
const ALL: &str = "MYAI_TEST_JOBS";

fn process(folder: &Path, crash_at: &str) -> std::process::Command {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "jobs::worker_in_a_process_of_its_own"])
        .env("MYAI_TEST_FOLDER", folder)
        .env(CRASH_AT, crash_at)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// Runs it, to the end or to the point where it is to break off.
fn run_process(folder: &Path, crash_at: &str) -> bool {
    process(folder, crash_at).status().unwrap().success()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_worker_finishes_and_never_attests_twice() {
    for point in ["before-inference", "before-attest", "after-attest"] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let job = world.ask(1, &[5, 6]);
        let path = folder.path().to_owned();
        let process = |at: &'static str| {
            let path = path.clone();
            tokio::task::spawn_blocking(move || run_process(&path, at))
        };
        assert!(!process(point).await.unwrap(), "{point}: it was not killed");
        let before = world.chain.log();
        assert_eq!(
            before.len(),
            usize::from(point == "after-attest"),
            "{point}"
        );
        let answer = std::fs::read(folder.path().join("journal/1.answer")).ok();
        assert_eq!(answer.is_some(), point != "before-inference", "{point}");

        assert!(process("").await.unwrap(), "{point}: it did not go on");
        let log = world.chain.log();
        assert_eq!(log.len(), 1, "{point}");
        assert_eq!(world.answer(&log[0], &job), r#"{"y":[[10,12]]}"#, "{point}");
        if let Some(answer) = answer {
            // The answer that was sealed before is the one that was given.
            assert!(
                log[0].ends_with(&hex::encode(blob_hash(&answer))),
                "{point}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_attests_once() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let jobs: Vec<_> = (1..=4).map(|id| world.ask(id, &[id as i64])).collect();
    // Killed later and later, until it has time enough for the rest.
    for wait in [
        20, 60, 100, 140, 180, 220, 260, 300, 400, 800, 2000, 4000, 8000,
    ] {
        let mut worker = process(folder.path(), "").env(ALL, "4").spawn().unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        worker.kill().unwrap();
        worker.wait().unwrap();
        if world.chain.log().len() == jobs.len() {
            break;
        }
    }
    let mut log = world.chain.log();
    log.sort();
    assert_eq!(log.len(), jobs.len(), "{log:?}");
    for (line, job) in log.iter().zip(&jobs) {
        assert_eq!(
            world.answer(line, job),
            format!(r#"{{"y":[[{}]]}}"#, job.id.0 * 2)
        );
    }
}
