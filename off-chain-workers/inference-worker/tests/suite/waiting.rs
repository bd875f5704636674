//! What is out of reach: how long it is waited for, and what a job ends with then.

use crate::world::*;
use myai_inference_worker::config::Limits;
use std::time::{Duration, Instant};

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
