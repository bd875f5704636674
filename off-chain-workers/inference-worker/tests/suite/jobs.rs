//! Jobs from their opening to their end.

use crate::{
    common::{counter, doubler},
    world::*,
};
use myai_chain_client::{hop::blob_hash, AccountId};
use myai_inference_worker::{
    backend::Job,
    config::Limits,
    dispatcher::{Dispatcher, Exit},
    job::{Context, CRASH_AT, MAX_ATTEMPTS},
    journal::{Answer, Entry, State},
    keyring::Keyring,
};
use myai_primitives::*;
use std::{
    cell::{Cell, OnceCell},
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn is_answered(entry: Entry) -> bool {
    matches!(entry.state, State::Answered(_))
}

/// Runs a worker until it has looked at a block of that number.
async fn look_at(world: &World, context: Arc<Context<Fake>>, number: u32) {
    let (send, blocks) = mpsc::channel(1);
    send.send(number).await.unwrap();
    let metrics = context.metrics.clone();
    let seen = || metrics.text().contains(&format!("best_block {number}"));
    // It looks at the chain between two blocks, too.
    world.run_with(context, Blocks(blocks), |_| seen()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_seen_answered_and_forgotten_when_final() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let context = world.context();
    let (send, blocks) = mpsc::channel(8);
    let opened = OnceCell::new();
    let metrics = context.metrics.clone();
    let done = |chain: &Fake| {
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
    assert!(is_answered(world.entry(1).unwrap()));
    assert!(world.chain.blob_path(&job.blob).exists());
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    let gone = |_: &Fake| world.entry(1).is_none();
    world.run_until(context, gone).await;
    assert!(!world.file(job.id, "answer").exists());
    assert!(!world.chain.blob_path(&job.blob).exists());
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
    assert!(metrics.text().contains("run_seconds_count 0"));
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
async fn more_units_than_are_paid_for_are_a_bad_input() {
    let folder = tempfile::tempdir().unwrap();
    let mut manifest = manifest();
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
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    let sent = Cell::new(false);
    let done = |chain: &Fake| {
        if !sent.get() && world.entry(1).is_some_and(is_answered) {
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
async fn who_waits_for_a_load_of_others_keeps_no_permit_from_other_models() {
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
    // As many as there are permits.
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
    assert!((1..=2).all(|job| world.entry(job).unwrap().attempts == 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_given_back_in_time_whatever_is_out_of_reach() {
    for (trouble, reason) in [
        // Not the payer's fault.
        ("claim", "Other"),
        ("hang claim", "Other"),
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
        "submit",
        "job",
        "attest",
        "attest",
    ];
    *world.chain.trouble.lock().unwrap() = trouble.to_vec();
    let line = world.outcome(limits()).await;
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    assert!(world.chain.trouble.lock().unwrap().is_empty());
    // So are they at a refusal.
    world.open(world.job(2, b"something else"), &world.input(b"this"));
    *world.chain.trouble.lock().unwrap() = vec!["decline", "job"];
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
    // Not the payer's fault.
    assert_eq!(world.outcome(limits()).await, "decline 2 Other");
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
    let worker = Dispatcher::new(world.context(), 0);
    let worker = worker.run(Blocks::none(), CancellationToken::new());
    let exit = tokio::time::timeout(Duration::from_secs(20), worker).await;
    assert_eq!(exit.unwrap(), Exit::NotItsSigner);
    assert!(world.chain.log().is_empty());
    // With the right signer it goes on where it was.
    let sealed = std::fs::read(world.file(job.id, "answer")).unwrap();
    world.chain.replaced.store(false, Ordering::SeqCst);
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(blob_hash(&sealed))));
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
async fn an_end_that_vanished_is_said_again_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    world.chain.vanish.store(true, Ordering::SeqCst);
    let context = world.context();
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    let done = |chain: &Fake| {
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
    let metrics = context.metrics.clone();
    let (send, blocks) = mpsc::channel(8);
    let head = |number| send.try_send(number).unwrap();
    // In the first fork Alice's job comes first and is settled; Bob's is answered, and its
    // attestation is on its way.
    world.chain.open(&alice);
    let step = Cell::new(0);
    let first_of_alice = Cell::new(None);
    let done = |chain: &Fake| {
        let log = chain.log();
        let entry = |job: &Job| -> Option<Entry> {
            let bytes = std::fs::read(world.file(job.id, "json")).ok()?;
            Some(serde_json::from_slice(&bytes).unwrap())
        };
        let next = match step.get() {
            0 if log.len() == 1 => {
                first_of_alice.set(Some(log[0].clone()));
                *chain.trouble.lock().unwrap() = vec!["attest"; 1000];
                chain.open(&bob);
                head(6);
                1
            }
            // In the second one Bob's comes first, where Alice's was, and Alice's is not there.
            1 if entry(&bob).is_some_and(is_answered) => {
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
    assert!(metrics.text().contains("run_seconds_count 2"));
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
    assert!(is_answered(world.entry(1).unwrap()));

    // The block vanishes, and the job is opened in another one.
    world.chain.open(&job);
    assert_eq!(world.outcome(limits()).await, first);
    assert_eq!(world.answer(&first, &job), r#"{"y":[[10]]}"#);

    // Its end is final at last.
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    let is_gone = || world.entry(1).is_none();
    world.run_until(world.context(), |_| is_gone()).await;
    assert!(!world.file(job.id, "answer").exists());
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
    let answered = || (1..=2).all(|n| world.entry(n).is_some_and(is_answered));
    // They vanish before their answers are in the pool.
    let done = |chain: &Fake| {
        if answered() {
            chain.reorganise("without");
        }
        answered()
    };
    world.run_until(world.context(), done).await;
    world.chain.trouble.lock().unwrap().clear();
    world.chain.finalized.store(BLOCK, Ordering::SeqCst);
    // No block has them, and another one still may.
    world
        .chain
        .served
        .store(100 + MAX_OPEN_AHEAD, Ordering::SeqCst);
    look_at(&world, world.context(), 9).await;
    let sealed = std::fs::read(world.file(job.id, "answer")).unwrap();
    assert!(!world.chain.blob_path(&blob_hash(&sealed)).exists());

    // One is back.
    world.chain.open(&Job {
        deadline: 100 + MAX_OPEN_AHEAD,
        ..job.clone()
    });
    let line = world.outcome(limits()).await;
    assert!(line.ends_with(&hex::encode(blob_hash(&sealed))));
    assert_eq!(world.answer(&line, &job), r#"{"y":[[10]]}"#);
    // The other one can be no more.
    world
        .chain
        .served
        .store(101 + MAX_OPEN_AHEAD, Ordering::SeqCst);
    let gone = || world.entry(2).is_none();
    world.run_until(world.context(), |_| gone()).await;
    assert!(!world.file(id(2), "answer").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_comes_back_is_looked_at_soon() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let job = world.ask(1, &[5]);
    *world.chain.trouble.lock().unwrap() = vec!["submit"; 1000];
    let (at, aside) = (world.chain.job_path(job.id), world.folder.join("aside"));
    let context = world.context();
    let metrics = context.metrics.clone();
    let back = Cell::new(false);
    // It is not open for a while, and no block says that it is again.
    let done = |chain: &Fake| {
        if !back.get() && at.exists() && world.entry(1).is_some_and(is_answered) {
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
