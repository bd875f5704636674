//! Requests through real runners and the real ONNX Runtime.

use crate::common::*;
use myai_inference_worker::executor::{ModelError, Outcome};
use myai_model_kit::onnx::{element, GraphProto};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_model_runs_and_gives_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let files = shop.files(&doubler(), &numbers());
    let outcome = executor
        .run(&request(&files, br#"{"x":[[1,-2,30]]}"#))
        .await;
    let Outcome::Answered { bytes, units, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(bytes, br#"{"y":[[2,-4,60]]}"#);
    assert_eq!(units, 1);
}

#[tokio::test]
async fn runners_have_both_walls() {
    let folder = tempfile::tempdir().unwrap();
    let executor = Shop::new(folder.path()).executor(options());
    let walls = executor.probe().await.unwrap();
    assert!(walls.seccomp && walls.landlock, "{walls:?}");
}

#[tokio::test]
async fn what_the_model_does_not_take_is_its_payers_fault() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let files = shop.files(
        &greatest(),
        &serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "uint8"}}}],
        "output": {"json": ["y"]}}),
    );
    for (input, why) in [
        (&br#"{"x":[[1,2,3,4,5]]}"#[..], "[1, 5]"),
        (br#"{"x":[1,2,3,4]}"#, "[4]"),
        (br#"{"x":[[1,2,3,256]]}"#, "uint8"),
        (b"no document", "no JSON"),
    ] {
        let said = told(executor.run(&request(&files, input)).await);
        assert!(
            said.starts_with("BadInput: ") && said.contains(why),
            "{said}"
        );
    }
    // One that said so, and one that was asked whether it is true; not one more each time.
    assert!(executor.runners().0 <= 2);
    let said = told(
        executor
            .run(&request(&files, br#"{"x":[[1,9,3,4]]}"#))
            .await,
    );
    assert_eq!(said, r#"{"y":[1]}"#);
}

#[tokio::test]
async fn an_output_that_is_no_tensor_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let manifest = |output: &str| {
        serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "float32"}}}],
        "output": {"json": [output]}})
    };
    let said = async |output| {
        let files = shop.files(&sequence(), &manifest(output));
        told(executor.run(&request(&files, br#"{"x":[-1.0,2.0]}"#)).await)
    };
    let refused = said("y").await;
    assert!(
        refused.contains("`y` of the model is Sequence"),
        "{refused}"
    );
    assert!(said("nothing").await.contains("no output `nothing`"));
    // It does not stand in the way of another output.
    assert_eq!(said("z").await, r#"{"z":[0.0,2.0]}"#);
}

#[tokio::test]
async fn a_run_over_its_time_is_killed_and_the_next_one_answered() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let files = shop.files(&counter(), &numbers());
    assert_eq!(
        told(executor.run(&request(&files, br#"{"x":1000}"#)).await),
        r#"{"y":1000}"#
    );
    let mut forever = request(&files, br#"{"x":9000000000000000000}"#);
    forever.longest = Duration::from_millis(200);
    let begun = Instant::now();
    let said = told(executor.run(&forever).await);
    assert_eq!(said, "Other: the model took more than 200 ms");
    assert!(begun.elapsed() < Duration::from_secs(5));
    // A deadline that comes first is nobody's fault but the worker's.
    forever.longest = Duration::from_secs(60);
    forever.end = Instant::now() + Duration::from_millis(200);
    let said = told(executor.run(&forever).await);
    assert!(said.starts_with("Overloaded: "), "{said}");
    assert_eq!(
        told(executor.run(&request(&files, br#"{"x":7}"#)).await),
        r#"{"y":7}"#
    );
}

#[tokio::test]
async fn files_that_are_no_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let said = async |model: &[u8]| {
        let files = shop.files(model, &numbers());
        told(executor.run(&request(&files, br#"{"x":[1]}"#)).await)
    };
    let refused = said(b"not a model").await;
    assert!(refused.starts_with("ModelUnavailable: "), "{refused}");
    assert!(refused.contains("not an ONNX model"), "{refused}");
    let unknown = model(GraphProto {
        node: vec![node("NoSuchOperator", &["x"], &["y"], vec![])],
        input: vec![value("x", element::FLOAT, &[1])],
        output: vec![value("y", element::FLOAT, &[1])],
        name: "g".into(),
        ..Default::default()
    });
    let refused = said(&unknown).await;
    assert!(refused.contains("NoSuchOperator"), "{refused}");
    // Weights elsewhere that the manifest does not name: the runner opens nothing.
    let mut far = floats("far", &[1], &[]);
    far.data_location = 1;
    let external = model(GraphProto {
        node: vec![node("Add", &["x", "far"], &["y"], vec![])],
        initializer: vec![far],
        input: vec![value("x", element::FLOAT, &[1])],
        output: vec![value("y", element::FLOAT, &[1])],
        name: "g".into(),
        ..Default::default()
    });
    let refused = said(&external).await;
    assert!(refused.starts_with("ModelUnavailable: "), "{refused}");
}

#[tokio::test]
async fn runners_are_kept_as_long_as_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let mut options = options();
    // Two, and not three.
    options.memory = options.run_memory * 5 / 2;
    let executor = shop.executor(options);
    let files = |about: &str| {
        let mut manifest = numbers();
        manifest["about"] = about.into();
        shop.files(&doubler(), &manifest)
    };
    let soon = || Instant::now() + Duration::from_secs(20);
    let (one, two, three) = (files("one"), files("two"), files("three"));
    for files in [&one, &two, &one, &three] {
        executor.load(files, soon()).await.unwrap();
    }
    assert_eq!(executor.runners().0, 2);
    // The one that was used last stayed.
    assert!(executor.has(&one) && executor.has(&three) && !executor.has(&two));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_in_demand_all_the_time_keeps_no_other_out() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let mut options = options();
    options.memory = options.run_memory * 3 / 2;
    options.parallel = 1;
    let executor = shop.executor(options);
    let busy = shop.files(&counter(), &numbers());
    let other = shop.files(&doubler(), &numbers());
    let stop = tokio_util::sync::CancellationToken::new();
    let crowd: Vec<_> = (0..3)
        .map(|_| {
            let (executor, request, stop) = (
                executor.clone(),
                request(&busy, br#"{"x":20000}"#),
                stop.clone(),
            );
            tokio::spawn(async move {
                while !stop.is_cancelled() {
                    let request = myai_inference_worker::executor::Request {
                        end: Instant::now() + Duration::from_secs(60),
                        ..request.clone()
                    };
                    let said = told(executor.run(&request).await);
                    assert_eq!(said, r#"{"y":20000}"#);
                }
            })
        })
        .collect();
    while !executor.has(&busy) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = told(executor.run(&request(&other, br#"{"x":[[4]]}"#)).await);
    assert_eq!(said, r#"{"y":[[8]]}"#);
    stop.cancel();
    for one in crowd {
        one.await.unwrap();
    }
}

#[tokio::test]
async fn versions_of_the_same_bytes_share_a_runner() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let soon = Instant::now() + Duration::from_secs(20);
    for _ in 0..2 {
        let mut files = shop.files(&doubler(), &numbers());
        files.artifact.uris = vec!["https://somewhere.else/".into()];
        executor.load(&files, soon).await.unwrap();
    }
    assert_eq!(executor.runners().0, 1);
}

#[tokio::test]
async fn a_version_that_cannot_be_served_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let soon = || Instant::now() + Duration::from_secs(20);
    // Registered as integer only, and is not.
    let mut files = shop.files(&sequence(), &numbers());
    files.numerics = myai_primitives::Numerics::IntV1;
    let error = executor.load(&files, soon()).await.unwrap_err();
    assert!(error.to_string().contains("not IntV1"), "{error}");
    // It was changed since it was fetched.
    let files = shop.files(&doubler(), &numbers());
    std::fs::write(
        shop.artifacts.path(&files.artifact.sha256),
        vec![0; doubler().len()],
    )
    .unwrap();
    let error = executor.load(&files, soon()).await.unwrap_err();
    assert!(matches!(*error, ModelError::Artifact(_)), "{error}");
    // It works as soon as it can.
    let mut files = shop.files(&doubler(), &numbers());
    executor.load(&files, soon()).await.unwrap();
    files.manifest.length = 300_000;
    files.manifest.sha256 = [1; 32];
    let error = executor.load(&files, soon()).await.unwrap_err();
    assert!(matches!(*error, ModelError::Manifest(_)), "{error}");
    files.artifact.length = 1 << 40;
    let error = executor.load(&files, soon()).await.unwrap_err();
    assert!(matches!(*error, ModelError::Memory { .. }), "{error}");
}
