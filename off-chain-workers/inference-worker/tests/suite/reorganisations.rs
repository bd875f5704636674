//! Blocks that are replaced: no end is lost, none is another job's.

use crate::{crashes::run_process, world::*};
use myai_chain_client::AccountId;
use myai_inference_worker::backend::Job;
use myai_primitives::*;
use std::{cell::Cell, sync::atomic::Ordering};
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_vanished_is_said_again_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.chain.vanish.store(true, Ordering::SeqCst);
    let context = world.context();
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    let done = |chain: &FolderChain| {
        if metrics.text().contains("settled_total 1") && chain.vanish.swap(false, Ordering::SeqCst)
        {
            send.try_send(6).unwrap();
        }
        chain.log().len() == 2
    };
    world.run_with(context, Blocks(blocks), done).await;
    let log = world.chain.log();
    assert_eq!(log[0], log[1]);
    assert_eq!(world.answer(&log[0], &job), r#"{"y":[[10]]}"#);
    // One job, counted once.
    assert!(metrics.text().contains("settled_total 1"));
}

/// A job on that number, by somebody's order; its input is uploaded, and it is not open yet.
fn ordered(world: &World, payer: u8, x: i64) -> Job {
    let bytes = numbers_input(&[x]);
    let payer = AccountId::new([payer; 32]);
    let job = world.job(0, &bytes);
    let job = Job { payer, ..job };
    let job = world.upload(job, &world.input(&bytes));
    let order = Order {
        payer: Payer::Own,
        parent: None,
        version: job.version,
        units: job.units,
        max_cost: 2,
        duration: 99,
        open_by: 1,
        policies: None,
        uploader: None,
        input_commitment: job.input_commitment,
        input_length: job.input_length,
        run: Run::Direct {
            worker: worker_id(),
            blob: job.blob,
        },
    };
    Job {
        id: JobId::of(&job.payer, &job.payer, &order),
        ..job
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_change_places_are_each_answered_by_their_own_answer() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let (alice, bob) = (ordered(&world, 1, 5), ordered(&world, 4, 6));
    let attested = |job: &Job, log: &[String]| {
        let lines = log.iter().filter(|l| l.contains(&job.id.to_string()));
        lines.cloned().collect::<Vec<_>>()
    };
    let context = world.context();
    let (metrics, journal) = (context.metrics.clone(), context.journal.clone());
    let (send, blocks) = mpsc::channel(8);
    let head = |number| send.try_send(number).unwrap();
    // In the first fork Alice's job comes first and is settled; Bob's is answered, and its
    // attestation is on its way.
    world.chain.open(&alice);
    let step = Cell::new(0);
    let first_of_alice = Cell::new(None);
    let done = |chain: &FolderChain| {
        let log = chain.log();
        let entry = |job: &Job| journal.get(job.id);
        let next = match step.get() {
            0 if log.len() == 1 => {
                first_of_alice.set(Some(log[0].clone()));
                *chain.trouble.lock().unwrap() = vec!["attest"; 1000];
                chain.open(&bob);
                head(6);
                1
            }
            // In the second one Bob's comes first, where Alice's was, and Alice's is not there.
            1 if entry(&bob).is_some() => {
                chain.reorganise("second");
                chain.open(&Job {
                    deadline: 110,
                    ..bob.clone()
                });
                chain.trouble.lock().unwrap().clear();
                head(5);
                2
            }
            2 if log.len() == 1 => {
                head(6);
                3
            }
            // What was said of Alice's job settled nothing there. It comes after Bob's.
            3 if metrics.text().contains("best_block 6") => {
                assert_eq!(log, attested(&bob, &log));
                chain.open(&Job {
                    deadline: 120,
                    ..alice.clone()
                });
                head(7);
                4
            }
            4 if log.len() == 2 => {
                chain.finalized.store(BLOCK, Ordering::SeqCst);
                head(8);
                5
            }
            now => now,
        };
        step.set(next);
        step.get() == 5 && entry(&alice).is_none() && entry(&bob).is_none()
    };
    world.run_with(context, Blocks(blocks), done).await;
    let log = world.chain.log();
    assert_eq!(log.len(), 2);
    for (job, answer) in [(&alice, r#"{"y":[[10]]}"#), (&bob, r#"{"y":[[12]]}"#)] {
        let [line] = &attested(job, &log)[..] else {
            panic!("{log:?}");
        };
        assert_eq!(world.answer(line, job), answer);
    }
    // The very answer that the first fork had.
    assert_eq!(attested(&alice, &log), [first_of_alice.take().unwrap()]);
    assert!(metrics.text().contains("settled_total 2"));
    // Two answers were made, and no more.
    assert!(metrics
        .text()
        .contains("stage_seconds_count{stage=\"run\"} 2"));
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
    // The chain says how it ended; that is not final.
    let context = world.context();
    let metrics = context.metrics.clone();
    look_at(&world, context, 7).await;
    assert!(metrics.text().contains("settled_total 1"));
    assert!(world.promised(1).is_some());

    // The block vanishes, and the job is opened in another one.
    world.chain.open(&job);
    assert_eq!(world.outcome(limits()).await, first);
    assert_eq!(world.answer(&first, &job), r#"{"y":[[10]]}"#);

    // Its end is final at last.
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    let context = world.context();
    let journal = context.journal.clone();
    let is_gone = |_: &FolderChain| journal.get(job.id).is_none();
    world.run_until(context, is_gone).await;
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
async fn an_answer_whose_job_vanished_waits_as_long_as_it_may_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.ask(2, &[6]);
    *world.chain.trouble.lock().unwrap() = vec!["submit"; 1000];
    let context = world.context();
    let journal = context.journal.clone();
    let answered = || (1..=2).all(|n| journal.get(id(n)).is_some());
    // They vanish before their answers are in the pool.
    let done = |chain: &FolderChain| {
        if answered() {
            chain.reorganise("without");
        }
        answered()
    };
    world.run_until(context, done).await;
    drop(journal);
    world.chain.trouble.lock().unwrap().clear();
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    // No block has them, and another one still may.
    world
        .chain
        .served
        .store(100 + MAX_OPEN_AHEAD, Ordering::SeqCst);
    look_at(&world, world.context(), 9).await;
    let promised = world.promised(1).unwrap().answer;
    assert!(!world.chain.blob_path(&promised.blob).exists());

    // One is back.
    world.chain.open(&Job {
        deadline: 100 + MAX_OPEN_AHEAD,
        ..job.clone()
    });
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(promised.blob)));
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    // The other one can be no more.
    world
        .chain
        .served
        .store(101 + MAX_OPEN_AHEAD, Ordering::SeqCst);
    let context = world.context();
    let journal = context.journal.clone();
    let gone = |_: &FolderChain| journal.get(id(2)).is_none();
    world.run_until(context, gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_back_is_looked_at_soon() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["submit"; 1000];
    let (at, aside) = (world.chain.job_path(job.id), world.folder.join("aside"));
    let context = world.context();
    let (metrics, journal) = (context.metrics.clone(), context.journal.clone());
    let back = Cell::new(false);
    // It is not open for a while, and no block says that it is again.
    let done = |chain: &FolderChain| {
        if !back.get() && at.exists() && journal.get(id(1)).is_some() {
            std::fs::rename(&at, &aside).unwrap();
        }
        if aside.exists() && metrics.text().contains("jobs_open 0") {
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
