//! Programs that are killed, disks that fail: each job is answered once.

use crate::world::*;
use myai_chain_client::hop::blob_hash;
use myai_inference_worker::{
    job::{CRASH_AT, MAX_ATTEMPTS},
    journal::{Answer, Entry, State},
};
use std::{path::Path, sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_there_is_no_room_for_on_the_disk_keeps_no_other_back() {
    // When it is taken, and when its answer is made.
    for kind in ["json", "answer"] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let context = world.context();
        let jobs = [world.ask(1, &[5]), world.ask(2, &[6])];
        // Writing there fails as long as the folder is there.
        let mut full = world.file(id(1), kind).into_os_string();
        full.push(".new");
        let full = std::path::PathBuf::from(full);
        std::fs::create_dir(&full).unwrap();
        let done = |chain: &Fake| {
            if full.is_dir() && !chain.log().is_empty() {
                std::fs::remove_dir(&full).unwrap();
            }
            chain.log().len() == 2
        };
        world.run_until(context, done).await;
        let mut log = world.chain.log();
        log.sort();
        assert_eq!(world.answer(&log[0], &jobs[0]), r#"{"y":[[10]]}"#, "{kind}");
        assert_eq!(world.answer(&log[1], &jobs[1]), r#"{"y":[[12]]}"#, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_keeps_nobody_from_work() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    std::fs::create_dir_all(world.folder.join("journal")).unwrap();
    for n in [1, 7] {
        std::fs::write(world.file(id(n), "json"), b"\0\0\0").unwrap();
    }
    let job = world.ask(1, &[5]);
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    assert!([1, 7].iter().all(|n| world.file(id(*n), "bad").exists()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_there_any_more_is_never_attested() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    {
        let journal = world.journal();
        for n in [1, 2] {
            let mut entry = Entry::taken(&world.ask(n, &[5]));
            entry.state = State::Answered(Answer {
                output_commitment: [1; 32],
                units: 1,
                blob: [1; 32],
                mailbox: MAILBOX,
            });
            journal.put(&entry).unwrap();
        }
        // Not what it was, where it is there.
        journal.put_answer(id(2), b"half of it").unwrap();
    }
    let job = world.ask(3, &[6]);
    world
        .run_until(world.context(), |c| c.log().len() == 3)
        .await;
    let mut log = world.chain.log();
    log.sort();
    assert_eq!(world.answer(&log[0], &job), r#"{"y":[[12]]}"#);
    assert_eq!(log[1..], ["decline 1 Other", "decline 2 Other"]);
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
        .args(["--exact", "crashes::worker_in_a_process_of_its_own"])
        .env("MYAI_TEST_FOLDER", folder)
        .env(CRASH_AT, crash_at)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// Runs it, to the end or to the point where it is to break off.
pub fn run_process(folder: &Path, crash_at: &str) -> bool {
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
        let answer = std::fs::read(world.file(job.id, "answer")).ok();
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

#[test]
fn a_job_that_ends_the_program_each_time_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[5]);
    for attempts in 1..=MAX_ATTEMPTS {
        assert!(!run_process(folder.path(), "before-inference"));
        assert_eq!(world.entry(1).unwrap().attempts, attempts);
    }
    assert!(run_process(folder.path(), "before-inference"));
    assert_eq!(world.chain.log(), ["decline 1 Other"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_task_panics_each_time_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    world.chain.opening = Arc::new(|| panic!("as a bug in preprocessing would"));
    world.ask(1, &[5]);
    assert_eq!(world.outcome(limits()).await, "decline 1 Other");
    assert_eq!(world.entry(1).unwrap().attempts, MAX_ATTEMPTS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_attests_once() {
    // Once each: a job that is attempted more often is given back.
    for wait in [20, 60, 100, 140, 180, 220, 260, 300, 400, 800] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let jobs: Vec<_> = (1..=4).map(|id| world.ask(id, &[id as i64])).collect();
        let start = || process(folder.path(), "").env(ALL, "4").spawn().unwrap();
        let mut worker = start();
        tokio::time::sleep(Duration::from_millis(wait)).await;
        worker.kill().unwrap();
        worker.wait().unwrap();
        assert!(start().wait().unwrap().success(), "{wait}");
        let mut log = world.chain.log();
        log.sort();
        assert_eq!(log.len(), jobs.len(), "{wait}: {log:?}");
        for (line, job) in log.iter().zip(&jobs) {
            assert_eq!(
                world.answer(line, job),
                format!(r#"{{"y":[[{}]]}}"#, number(job.id) * 2),
                "{wait}"
            );
        }
    }
}
