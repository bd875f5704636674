//! Jobs: what is taken, in which order, how they end.

use crate::{
    common::{counter, doubler, numbers},
    world::*,
};
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_inference_worker::{
    backend::Job,
    config::Limits,
    dispatcher::{Dispatcher, Exit},
    keyring::Keyring,
};
use myai_primitives::*;
use std::{
    cell::{Cell, OnceCell},
    sync::atomic::Ordering,
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_seen_answered_and_forgotten_when_final() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let (send, blocks) = mpsc::channel(8);
    let opened = OnceCell::new();
    let metrics = context.metrics.clone();
    let done = |chain: &FolderChain| {
        // Nothing was open at the start: the next block has it.
        if metrics.text().contains("myai_worker_best_block 4") {
            opened.get_or_init(|| {
                chain.open_for(&world.job(2, b""), &AccountId::new([3; 32]));
                let job = world.ask(1, &[1, 20]);
                send.try_send(5).unwrap();
                job
            });
        }
        !chain.log().is_empty()
    };
    send.send(4).await.unwrap();
    world.run_with(context.clone(), Blocks(blocks), done).await;
    let job = opened.get().unwrap();
    let log = world.chain.log();
    assert_eq!(log.len(), 1);
    assert_eq!(world.answer(&log[0], job), r#"{"y":[[2,40]]}"#);
    assert!(metrics.text().contains("myai_worker_jobs_settled_total 1"));

    // Answer and input stay until the end is final.
    world.chain.finalized.store(BLOCK - 1, Ordering::SeqCst);
    look_at(&world, context.clone(), 6).await;
    let journal = context.journal.clone();
    assert!(journal.get(job.id).is_some());
    assert!(world.chain.blob_path(&job.blob).exists());
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    let gone =
        |chain: &FolderChain| journal.get(job.id).is_none() && !chain.blob_path(&job.blob).exists();
    world.run_until(context, gone).await;
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

    // Another length than the chain was told.
    let mut longer = world.job(6, input);
    longer.input_length += 1;
    world.open(longer, &world.input(input));
    assert_eq!(world.outcome(limits()).await, "decline 6 BadInput");

    // The answer is too long, which is not the payer's fault.
    world.ask(7, &[1_000_000_000_000_000_000; 6]);
    assert_eq!(world.outcome(limits()).await, "decline 7 Other");

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
async fn a_key_that_no_answer_can_be_sealed_to_costs_no_run() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let input = br#"{"x":[[1]]}"#;
    let mut keyless = world.input(input);
    keyless.answer_sealing_key = [0; 32];
    world.open(world.job(1, input), &keyless);
    let context = world.context();
    let metrics = context.metrics.clone();
    world.run_until(context, |c| c.log().len() == 1).await;
    assert_eq!(world.chain.log(), ["decline 1 BadInput"]);
    assert!(metrics
        .text()
        .contains("stage_seconds_count{stage=\"run\"} 0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_whose_time_is_up_first_are_taken_first() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[1]);
    let input = numbers_input(&[2]);
    let soon = Job {
        deadline: 50,
        ..world.job(2, &input)
    };
    world.open(soon, &world.input(&input));
    let context = world.context_with(Limits {
        queue: 1,
        ..limits()
    });
    world.run_until(context, |c| c.log().len() == 2).await;
    let log = world.chain.log();
    assert!(log.contains(&"decline 1 Overloaded".into()), "{log:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_too_long_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::with(folder.path(), &counter(), &numbers());
    let input = br#"{"x":9000000000000000000}"#;
    world.open(world.job(1, input), &world.input(input));
    let limits = Limits {
        run_seconds: 1,
        ..limits()
    };
    assert_eq!(world.outcome(limits).await, "decline 1 Other");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_units_than_are_paid_for_are_a_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = numbers();
    manifest["units"] = serde_json::json!({"elements": {"input": "x", "per": 2}});
    let world = World::with(folder.path(), &doubler(), &manifest);
    world.ask(1, &[1, 2, 3]);
    assert_eq!(world.outcome(limits()).await, "decline 1 BadInput");
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
    // They are sent side by side.
    let mut declined: Vec<&String> = log.iter().filter(|l| l.ends_with("Overloaded")).collect();
    declined.sort();
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
    let (metrics, journal) = (context.metrics.clone(), context.journal.clone());
    let (send, blocks) = mpsc::channel(8);
    let sent = Cell::new(false);
    let done = |chain: &FolderChain| {
        if !sent.get() && journal.get(id(1)).is_some() {
            sent.set(true);
            world.ask(2, &[2]);
            send.try_send(6).unwrap();
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
    let estimate = context.estimates.estimate(VersionId(1), never);
    assert!(estimate < Duration::from_secs(1), "{estimate:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_model_is_loaded_for_a_job_without_an_input() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.chain.open(&world.job(1, b"never uploaded"));
    let context = world.context();
    let same = context.clone();
    let done = |chain: &FolderChain| {
        assert_eq!(same.executor.runners(), (0, 0));
        chain.log().len() == 1
    };
    world.run_until(context, done).await;
    assert_eq!(world.chain.log(), ["decline 1 BlobMissing"]);
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
    let context = world.context();
    let worker = Dispatcher::new(context.clone(), 0);
    let worker = worker.run(Blocks::none(), CancellationToken::new());
    let exit = tokio::time::timeout(Duration::from_secs(20), worker).await;
    assert_eq!(exit.unwrap(), Exit::NotItsSigner);
    assert!(world.chain.log().is_empty());
    // With the right signer it goes on where it was.
    drop(context);
    let promised = world.promised(1).unwrap().answer;
    world.chain.replaced.store(false, Ordering::SeqCst);
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(promised.blob)));
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_job_of_another_signer_breaks_no_other_off() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    // Said once of whichever job is attested first, by a key that is the signer's all the same.
    *world.chain.trouble.lock().unwrap() = vec!["stranger attest"];
    let other = world.ask(2, &[6]);
    world
        .run_until(world.context(), |c| c.log().len() == 2)
        .await;
    let mut log = world.chain.log();
    log.sort();
    assert_eq!(world.answer(&log[0], &job), r#"{"y":[[10]]}"#);
    assert_eq!(world.answer(&log[1], &other), r#"{"y":[[12]]}"#);
    assert!(world.chain.trouble.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_hangs_keeps_no_worker_from_stopping() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    *world.chain.trouble.lock().unwrap() = vec!["hang open_jobs"];
    let stop = CancellationToken::new();
    let worker =
        tokio::spawn(Dispatcher::new(world.context(), 0).run(Blocks::none(), stop.clone()));
    tokio::time::sleep(Duration::from_millis(300)).await;
    stop.cancel();
    let exit = tokio::time::timeout(Duration::from_secs(5), worker).await;
    assert_eq!(exit.unwrap().unwrap(), Exit::Stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signers_balance_is_looked_at_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let metrics = context.metrics.clone();
    look_at(&world, context, 7).await;
    assert!(metrics.text().contains("signer_balance_mai 5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_past_its_deadline_is_left_to_be_refunded() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.chain.served.store(101, Ordering::SeqCst);
    world.ask(1, &[1]);
    let mut job = world.job(2, br#"{"x":[[1]]}"#);
    job.deadline = 200;
    let job = world.open(job, &world.input(br#"{"x":[[1]]}"#));
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[2]]}"#);
    assert_eq!(world.chain.log().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_failed_in_a_block_is_not_paid_for_again() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    world.ask(1, &[5]);
    // The answer is given up for a refusal; that fails as well.
    *world.chain.trouble.lock().unwrap() = vec!["failing attest", "failing decline"];
    let context = world.context();
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    for number in 1..=5 {
        send.try_send(number).unwrap();
    }
    let seen = |chain: &FolderChain| {
        chain.trouble.lock().unwrap().is_empty() && metrics.text().contains("best_block 5")
    };
    world.run_with(context, Blocks(blocks), seen).await;
    // With nothing in its way any more the job would have been ended by now.
    assert!(world.chain.log().is_empty(), "{:?}", world.chain.log());
}
