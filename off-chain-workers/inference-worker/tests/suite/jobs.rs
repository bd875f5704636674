//! Jobs from their opening to their end.

use crate::{
    common::{counter, doubler},
    world::*,
};
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_inference_worker::{
    config::Limits,
    crash::CRASH_AT,
    job::MAX_BEGUN,
    journal::{Answer, Entry, State},
    keyring::Keyring,
    worker::{Left, Worker},
};
use myai_primitives::{DeclineReason, JobId, VersionId};
use std::{
    cell::Cell,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

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
async fn an_answered_job_takes_no_place_from_others() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[1]);
    *world.chain.trouble.lock().unwrap() = vec!["attest"; 1000];
    let context = world.context_with(Limits {
        queue: 1,
        ..limits()
    });
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    let sent = Cell::new(false);
    let answered = |e: Entry| matches!(e.state, State::Answered(_));
    let done = |chain: &Fake| {
        if !sent.get() && entry_of(&world, 1).is_some_and(answered) {
            sent.set(true);
            let second = world.ask(2, &[2]);
            send.try_send(block(6, Some(&second))).unwrap();
        }
        if !chain.log().is_empty() || metrics.text().contains("jobs_taken_total 2") {
            chain.trouble.lock().unwrap().clear();
        }
        chain.log().len() == 2
    };
    world.run_with(context, Blocks(blocks), done).await;
    let log = world.chain.log();
    assert!(log.iter().all(|l| l.starts_with("attest")), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_estimate_is_of_the_work_alone() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[1]);
    // Each of them is waited out for a second.
    *world.chain.trouble.lock().unwrap() = vec!["version", "version"];
    let context = world.context();
    world
        .run_until(context.clone(), |c| c.log().len() == 1)
        .await;
    let never = Duration::from_secs(1000);
    let estimate = context.pace.estimate(VersionId(1), never);
    assert!(estimate < Duration::from_secs(1), "{estimate:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_model_is_loaded_for_a_job_without_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.chain.open(&world.job(1, b"never uploaded"));
    let context = world.context();
    let same = context.clone();
    let done = |chain: &Fake| {
        assert_eq!(same.models.loaded(), (0, 0));
        chain.log().len() == 1
    };
    world.run_until(context, done).await;
    assert_eq!(world.chain.log(), ["decline 1 BlobMissing"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_jobs_are_worked_on_at_once_than_models_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    world.chain.opening = Arc::new({
        let most = most.clone();
        move || {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(100));
            now.fetch_sub(1, Ordering::SeqCst);
        }
    });
    for id in 1..=6 {
        world.ask(id, &[id as i64]);
    }
    world
        .run_until(world.context(), |c| c.log().len() == 6)
        .await;
    // Two, as the engine was told.
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_load_of_others_keeps_no_turn_from_other_models() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    world.https_only = false;
    let context = world.context_with(Limits {
        stop_seconds: 1,
        ..limits()
    });
    let (files, _silent) = silent_files().await;
    let loading = context.clone();
    tokio::spawn(async move { drop(loading.models.get(VersionId(1), &files).await) });
    let begun = Instant::now();
    while !context.models.has(VersionId(1)) {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // As many as there are turns.
    for id in [1, 2] {
        world.ask(id, &[id as i64]);
    }
    let input = br#"{"x":[[5]]}"#;
    let mut of_another = world.job(3, input);
    of_another.version = VersionId(2);
    let of_another = world.open(of_another, &world.input(input));
    world.run_until(context, |c| c.log().len() == 1).await;
    let log = world.chain.log();
    assert_eq!(world.answer(&log[0], &of_another), r#"{"y":[[10]]}"#);
    assert!((1..=2).all(|job| entry_of(&world, job).unwrap().begun == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_given_back_in_time_whatever_is_out_of_reach() {
    for (trouble, reason) in [
        ("claim", "BlobMissing"),
        ("hang claim", "BlobMissing"),
        ("version", "ModelUnavailable"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        *world.chain.trouble.lock().unwrap() = vec![trouble; 1000];
        let input = br#"{"x":[[1]]}"#;
        let mut job = world.job(1, input);
        // Two ticks of 3 s, but for the second that a run may take.
        job.deadline = 7;
        world.open(job, &world.input(input));
        assert_eq!(
            world.outcome(limits()).await,
            format!("decline 1 {reason}"),
            "{trouble}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fetching_a_model_ends_with_the_jobs_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    // One that cannot be reached, and one that never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = (
        format!("http://{}/", silent.local_addr().unwrap()),
        Some(silent),
    );
    let unreachable = ("http://127.0.0.1:1/".to_string(), None);
    for (id, (uri, _listener)) in [(1, unreachable), (2, silent)] {
        world.model_at(&uri);
        let input = br#"{"x":[[1]]}"#;
        let mut job = world.job(id, input);
        // Two ticks of 3 s, but for the second that a run may take.
        job.deadline = 7;
        world.open(job, &world.input(input));
        let begun = Instant::now();
        let line = world.outcome(limits()).await;
        assert_eq!(line, format!("decline {id} ModelUnavailable"));
        let took = begun.elapsed();
        assert!(took > Duration::from_secs(2), "{uri} was tried once");
        assert!(took < Duration::from_secs(15), "{uri} kept the job");
    }
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
async fn a_pool_in_trouble_is_waited_for_like_a_late_input() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["busy claim"; 2];
    let patient = Limits {
        input_seconds: 10,
        ..limits()
    };
    let line = world.outcome(patient).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    world.ask(2, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["busy claim"; 1000];
    assert_eq!(world.outcome(limits()).await, "decline 2 BlobMissing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_sealed_to_a_key_of_a_later_setup_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let mut beside = Keyring::open(&world.folder.join("sealing")).unwrap();
    beside.add().unwrap();
    let job = world.ask(1, &[5]);
    world.run_until(context, |c| c.log().len() == 1).await;
    assert_eq!(world.answer(&world.chain.log()[0], &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_with_another_signer_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.chain.replaced.store(true, Ordering::SeqCst);
    let (_send, blocks) = mpsc::channel(1);
    let worker = Worker::new(world.context(), 0).run(Blocks(blocks), CancellationToken::new());
    let left = tokio::time::timeout(Duration::from_secs(20), worker).await;
    assert_eq!(left.unwrap().unwrap(), Left::NotItsSigner);
    assert!(world.chain.log().is_empty());
    // With the right signer it goes on where it was.
    let sealed = std::fs::read(world.folder.join("journal/1.answer")).unwrap();
    world.chain.replaced.store(false, Ordering::SeqCst);
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(blob_hash(&sealed))));
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signers_balance_is_looked_at_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    send.send(block(7, None)).await.unwrap();
    let seen = |_: &Fake| metrics.text().contains("signer_balance_mai 5");
    world.run_with(context, Blocks(blocks), seen).await;
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

/// What the journal has of the job.
fn entry_of(world: &World, job: u64) -> Option<Entry> {
    let path = world.folder.join(format!("journal/{job}.json"));
    let bytes = std::fs::read(path).ok()?;
    Some(serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promise_outlives_a_crash_until_its_end_is_final() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    let path = folder.path().to_owned();
    let killed = tokio::task::spawn_blocking(move || run_process(&path, "after-attest"));
    assert!(!killed.await.unwrap());
    let first = world.chain.log().remove(0);
    // The end is in a best block: noted, and kept.
    world.chain.best.store(7, Ordering::SeqCst);
    let is_noted = || {
        matches!(
            entry_of(&world, 1).unwrap().state,
            State::Ended {
                block: 7,
                answer: Some(_),
                ..
            }
        )
    };
    world.run_until(world.context(), |_| is_noted()).await;

    // That block vanishes, and the job is opened in another one.
    world.chain.open(&job);
    let context = world.context();
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    send.send(block(8, Some(&job))).await.unwrap();
    send.send(block(10, None)).await.unwrap();
    let seen = || metrics.text().contains("myai_worker_best_block 10");
    world.run_with(context, Blocks(blocks), |_| seen()).await;
    assert!(is_noted(), "it was taken as if it were new");
    world.chain.finalized.store(7, Ordering::SeqCst);
    assert_eq!(world.outcome(limits()).await, first);
    assert_eq!(world.answer(&first, &job), r#"{"y":[[10]]}"#);

    // Its end is final at last.
    world.chain.finalized.store(8, Ordering::SeqCst);
    let is_gone = || entry_of(&world, 1).is_none();
    world.run_until(world.context(), |_| is_gone()).await;
    assert!(!world.folder.join("journal/1.answer").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_not_heard_of_is_neither_lost_nor_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.open(world.job(2, b"something else"), &world.input(b"this"));
    *world.chain.trouble.lock().unwrap() = vec!["after attest", "after decline"];
    let context = world.context();
    let metrics = context.metrics.clone();
    let counted = || {
        let text = metrics.text();
        text.contains("myai_worker_jobs_settled_total 1")
            && text.contains("{reason=\"BadInput\"} 1")
    };
    world.run_until(context, |_| counted()).await;
    assert!(metrics.text().contains("myai_worker_jobs_lost_total 0"));
    let log = world.chain.log();
    assert_eq!(log.len(), 2, "{log:?}");
    let first = log.iter().find(|l| l.starts_with("attest")).unwrap();

    world.chain.open(&job);
    assert_eq!(world.outcome(limits()).await, *first);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_whose_job_vanished_is_uploaded_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["submit"; 1000];
    let answered = || {
        let is_answered = |e: Entry| matches!(e.state, State::Answered(_));
        entry_of(&world, 1).is_some_and(is_answered)
    };
    // It vanishes before its answer is in the pool.
    let aside = world.folder.join("aside");
    let gone = || {
        if answered() && world.chain.job_path(job.id).exists() {
            std::fs::rename(world.chain.job_path(job.id), &aside).unwrap();
        }
        aside.exists()
    };
    world.run_until(world.context(), |_| gone()).await;
    world.chain.trouble.lock().unwrap().clear();
    let is_noted = || matches!(entry_of(&world, 1).unwrap().state, State::Ended { .. });
    world.run_until(world.context(), |_| is_noted()).await;
    let sealed = std::fs::read(world.folder.join("journal/1.answer")).unwrap();
    assert!(!world.chain.blob_path(&blob_hash(&sealed)).exists());

    std::fs::rename(&aside, world.chain.job_path(job.id)).unwrap();
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(blob_hash(&sealed))));
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_back_is_looked_at_soon() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["submit"; 1000];
    let context = world.context();
    let metrics = context.metrics.clone();
    let (at, aside) = (world.chain.job_path(job.id), world.folder.join("aside"));
    let is_answered = |e: Entry| matches!(e.state, State::Answered(_));
    let back = Cell::new(false);
    // It is not open for a while, and no block says that it is again.
    let done = |chain: &Fake| {
        if !back.get() && at.exists() && entry_of(&world, 1).is_some_and(is_answered) {
            std::fs::rename(&at, &aside).unwrap();
        }
        if aside.exists() && metrics.text().contains("jobs_settled_total 1") {
            chain.trouble.lock().unwrap().clear();
            std::fs::rename(&aside, &at).unwrap();
            back.set(true);
        }
        !chain.log().is_empty()
    };
    world.run_until(context, done).await;
    let log = world.chain.log();
    assert_eq!(world.answer(&log[0], &job), r#"{"y":[[10]]}"#);
}

/// Makes writing that file of the journal fail, until the folder that it gives is removed.
fn no_room_for(world: &World, file: &str) -> std::path::PathBuf {
    let beside = world.folder.join(format!("journal/{file}.new"));
    std::fs::create_dir(&beside).unwrap();
    beside
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_there_is_no_room_for_on_the_disk_keeps_no_other_back() {
    // When it is taken, when its model is run, and when its end is noted.
    for file in ["2.json", "2.answer", "1.json"] {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        let context = world.context();
        let first = world.ask(1, &[5]);
        if file == "1.json" {
            // It was answered before.
            world.chain.replaced.store(true, Ordering::SeqCst);
            let worker = Worker::new(context.clone(), 0);
            let (_send, blocks) = mpsc::channel(1);
            worker
                .run(Blocks(blocks), CancellationToken::new())
                .await
                .unwrap();
            world.chain.replaced.store(false, Ordering::SeqCst);
        }
        let second = world.ask(2, &[6]);
        let full = no_room_for(&world, file);
        let done = |chain: &Fake| {
            if full.is_dir() && !chain.log().is_empty() {
                std::fs::remove_dir(&full).unwrap();
            }
            chain.log().len() == 2
        };
        world.run_until(context, done).await;
        let mut log = world.chain.log();
        log.sort();
        assert_eq!(world.answer(&log[0], &first), r#"{"y":[[10]]}"#, "{file}");
        assert_eq!(world.answer(&log[1], &second), r#"{"y":[[12]]}"#, "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_read_keeps_nobody_from_work() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    std::fs::create_dir_all(world.folder.join("journal")).unwrap();
    for id in [1, 7] {
        let path = world.folder.join(format!("journal/{id}.json"));
        std::fs::write(path, b"\0\0\0").unwrap();
    }
    let job = world.ask(1, &[5]);
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    assert!(world.folder.join("journal/1.bad").exists());
    assert!(world.folder.join("journal/7.bad").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_there_any_more_is_never_attested() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    {
        let journal = world.journal();
        for id in [1, 2] {
            let mut entry = Entry::taken(&world.ask(id, &[5]));
            entry.state = State::Answered(Answer {
                output_commitment: [1; 32],
                units: 1,
                blob: [1; 32],
                mailbox: MAILBOX,
            });
            journal.put(&entry).unwrap();
        }
        // Not what it was, where it is there.
        journal.put_answer(JobId(2), b"half of it").unwrap();
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
        let journal = world.journal();
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
        let journal = world.journal();
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

#[test]
fn a_job_that_ends_the_program_each_time_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[5]);
    for begun in 1..=MAX_BEGUN {
        assert!(!run_process(folder.path(), "before-inference"), "{begun}");
        assert_eq!(entry_of(&world, 1).unwrap().begun, begun);
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
    assert_eq!(entry_of(&world, 1).unwrap().begun, MAX_BEGUN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_attests_once() {
    // Once each: a job that is begun more often is given back.
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
                format!(r#"{{"y":[[{}]]}}"#, job.id.0 * 2),
                "{wait}"
            );
        }
    }
}
