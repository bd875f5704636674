//! Requests through real runners and the real ONNX Runtime.

use crate::common::*;
use myai_inference_worker::{
    artifacts::{addresses, Artifacts, FetchOptions},
    executor::{ModelError, Outcome},
    protocol::Landlock,
};
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
    assert!(walls.seccomp, "{walls:?}");
    assert_eq!(walls.landlock, Landlock::Wholly);
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
        (b"no document", "not a JSON object"),
    ] {
        let said = told(executor.run(&request(&files, input)).await);
        assert!(
            said.starts_with("BadInput: ") && said.contains(why),
            "{said}"
        );
    }
    // The one that said so; who was asked whether it is true has no model.
    assert_eq!(executor.runners().0, 1);
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
        input: vec![value("x", element::INT64, &[1])],
        output: vec![value("y", element::INT64, &[1])],
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
    options.memory = of_one_runner(&options) * 3 - 1;
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
    options.memory = of_one_runner(&options) * 3 / 2;
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
    let mut floats = numbers();
    floats["inputs"][0]["source"]["json"]["dtype"] = "float32".into();
    let mut files = shop.files(&sequence(), &floats);
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

/// ONNX's number of the type.
const FLOAT16: i32 = 10;

#[tokio::test]
async fn half_precision_goes_in_and_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let doubled = model(GraphProto {
        node: vec![node("Add", &["x", "x"], &["y"], vec![])],
        name: "half".into(),
        input: vec![value("x", FLOAT16, &[3])],
        output: vec![value("y", FLOAT16, &[3])],
        ..Default::default()
    });
    let manifest = serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "float16"}}}],
        "output": {"json": ["y"]}});
    let files = shop.files(&doubled, &manifest);
    let said = told(
        executor
            .run(&request(&files, br#"{"x":[0.1,-1.5,30000]}"#))
            .await,
    );
    // The fewest digits that tell a number from its neighbours, which are 0.0001 and 32 away.
    assert_eq!(said, r#"{"y":[0.2,-3.0,60000.0]}"#);
    let said = told(
        executor
            .run(&request(&files, br#"{"x":[0,0,70000]}"#))
            .await,
    );
    assert!(said.starts_with("BadInput: "), "{said}");
}

/// `y = x + w`, where `w` lies in the file `weights.bin` behind four other bytes.
fn with_weights_elsewhere() -> Vec<u8> {
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        [&[number << 3 | 2, bytes.len() as u8], bytes].concat()
    }
    let entry = |key: &str, value: &str| {
        field(
            13,
            &[field(1, key.as_bytes()), field(2, value.as_bytes())].concat(),
        )
    };
    let weights = [
        // Two of float32, by name, elsewhere.
        vec![1 << 3, 2, 2 << 3, 1],
        field(8, b"w"),
        entry("location", "weights.bin"),
        entry("offset", "4"),
        entry("length", "8"),
        vec![14 << 3, 1],
    ]
    .concat();
    let graph = GraphProto {
        node: vec![node("Add", &["x", "w"], &["y"], vec![])],
        name: "elsewhere".into(),
        input: vec![value("x", element::FLOAT, &[2])],
        output: vec![value("y", element::FLOAT, &[2])],
        ..Default::default()
    };
    let graph = [prost::Message::encode_to_vec(&graph), field(5, &weights)].concat();
    let graph = [&[7 << 3 | 2, graph.len() as u8], graph.as_slice()].concat();
    // Version 8 of the format, and 17 of ONNX's operators.
    [vec![1 << 3, 8], graph, field(8, &[2 << 3, 17])].concat()
}

#[tokio::test]
async fn weights_in_another_file_are_handed_over_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let weights: Vec<u8> = [7.0f32, 10.0, 20.0]
        .iter()
        .flat_map(|w| w.to_le_bytes())
        .collect();
    let place = shop.place(&weights);
    let mut manifest = serde_json::json!({
        "format": "myai/manifest/1",
        "inputs": [{"name": "x", "source": {"json": {"dtype": "float32"}}}],
        "output": {"json": ["y"]},
        "files": [{"name": "weights.bin", "sha256": hex::encode(place.sha256),
            "length": place.length, "uris": ["https://nowhere.example/"]}]});
    let files = shop.files(&with_weights_elsewhere(), &manifest);
    let said = told(executor.run(&request(&files, br#"{"x":[1,2]}"#)).await);
    assert_eq!(said, r#"{"y":[11.0,22.0]}"#);
    // Without it the runner looks for no file.
    manifest["files"] = serde_json::json!([]);
    let files = shop.files(&with_weights_elsewhere(), &manifest);
    let said = told(executor.run(&request(&files, br#"{"x":[1,2]}"#)).await);
    assert!(said.starts_with("ModelUnavailable: "), "{said}");
}

#[tokio::test]
async fn a_manifest_that_does_not_fit_its_model_costs_no_payer() {
    let folder = tempfile::tempdir().unwrap();
    let shop = Shop::new(folder.path());
    let executor = shop.executor(options());
    let bytes = |source: serde_json::Value| {
        serde_json::json!({
        "format": "myai/manifest/1", "inputs": [{"name": "x", "source": source}],
        "output": {"json": ["y"]}})
    };
    let padded = serde_json::json!({"bytes": {
        "dtype": "uint8", "segments": [{"pad": {"to": 5, "value": 0}}]}});
    let mut floats = numbers();
    floats["inputs"][0]["source"]["json"]["dtype"] = "float32".into();
    for (model, manifest, why) in [
        (doubler(), floats, "is float32, but the model takes int64"),
        (
            greatest(),
            bytes(serde_json::json!({"bytes":
                {"dtype": "uint8", "segments": [{}], "shape": [2, -1]}})),
            "has the shape [2, any], but the model takes [1, 4]",
        ),
        (greatest(), bytes(padded), "has the shape [1, 5]"),
        (
            greatest(),
            bytes(
                serde_json::json!({"image": {"width": 2, "height": 2, "channels": "RGB",
                "layout": "flat", "dtype": "uint8", "max_pixels": 4}}),
            ),
            "has the shape [1, 12]",
        ),
    ] {
        let files = shop.files(&model, &manifest);
        let said = told(executor.run(&request(&files, br#"{"x":[[4]]}"#)).await);
        let expected = "ModelUnavailable: the manifest does not fit the model: the input `x` ";
        assert!(said.starts_with(expected) && said.contains(why), "{said}");
    }
    // What depends on the input is looked at then.
    let any = serde_json::json!({"bytes": {"dtype": "uint8", "segments": [{}]}});
    let files = shop.files(&greatest(), &bytes(any));
    let said = told(executor.run(&request(&files, b"abdc")).await);
    assert_eq!(said, r#"{"y":[2]}"#);
    let said = told(executor.run(&request(&files, b"abc")).await);
    assert!(
        said.starts_with("BadInput: ") && said.contains("[1, 3]"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_does_not_come_ends_a_load_in_its_time() {
    let folder = tempfile::tempdir().unwrap();
    // It takes connections, and never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let options_of_files = FetchOptions {
        https_only: false,
        may_ask: addresses::is_any,
        ..Default::default()
    };
    let shop = Shop {
        artifacts: Artifacts::open(&folder.path().join("files"), options_of_files).unwrap(),
    };
    let mut options = options();
    options.longest_load = Duration::from_secs(1);
    let executor = shop.executor(options);
    let mut files = shop.files(&counter(), &numbers());
    files.artifact.uris = vec![format!("http://{}/", silent.local_addr().unwrap())];
    let soon = Instant::now() + Duration::from_secs(20);
    executor.load(&files, soon).await.unwrap();
    let of_one = executor.runners().1;
    // The one that there is has something to do, so that another is wanted, whose file is gone.
    std::fs::remove_file(shop.artifacts.path(&files.artifact.sha256)).unwrap();
    let mut forever = request(&files, br#"{"x":9000000000000000000}"#);
    forever.longest = Duration::from_secs(4);
    let busy = tokio::spawn({
        let executor = executor.clone();
        async move { told(executor.run(&forever).await) }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begun = Instant::now();
    let waiting = tokio::spawn({
        let (executor, request) = (executor.clone(), request(&files, br#"{"x":1}"#));
        async move { told(executor.run(&request).await) }
    });
    while executor.runners().1 == of_one {
        assert!(begun.elapsed() < Duration::from_secs(3));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    while executor.runners().1 != of_one {
        assert!(begun.elapsed() < Duration::from_secs(3), "it goes on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(busy.await.unwrap().starts_with("Other: the model took"));
    let said = waiting.await.unwrap();
    assert!(said.starts_with("ModelUnavailable: "), "{said}");
}
