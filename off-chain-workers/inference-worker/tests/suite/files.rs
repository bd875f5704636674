//! Fetching files, and keeping models.

use crate::{common::*, world::World};
use axum::{
    body::Body,
    extract::State,
    http::{header, HeaderMap, Response, StatusCode},
    routing::get,
    Router,
};
use myai_inference_worker::{
    artifacts::{ArtifactError, Artifacts, FetchError, FetchOptions, FileRef},
    engine::Until,
    model_cache::{Files, ModelCache, ModelError},
    preload::preload,
};
use myai_model_kit::tensor::{Data, Tensor};
use myai_primitives::{Numerics, VersionId};
use sha2::{Digest, Sha256};
use std::{
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc, Mutex,
    },
    time::{Duration, Instant},
};

/// What the server gives, and how.
#[derive(Clone, Default)]
struct Shelf {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Breaks the first answer off after so many bytes.
    breaks_after: Arc<Mutex<Option<usize>>>,
    ranges: bool,
    /// Answers whoever asks for a range that there is none.
    no_range: bool,
    asked: Arc<AtomicUsize>,
    /// The last range that was asked for.
    range: Arc<Mutex<Option<String>>>,
}

async fn give(State(shelf): State<Shelf>, headers: HeaderMap) -> Response<Body> {
    shelf.asked.fetch_add(1, Ordering::SeqCst);
    let bytes = shelf.bytes.lock().unwrap().clone();
    let range = headers
        .get(header::RANGE)
        .map(|r| r.to_str().unwrap().to_string());
    *shelf.range.lock().unwrap() = range.clone();
    if shelf.no_range && range.is_some() {
        let refused = Response::builder().status(StatusCode::RANGE_NOT_SATISFIABLE);
        return refused.body(Body::empty()).unwrap();
    }
    let from: usize = match range.filter(|_| shelf.ranges) {
        Some(r) => r
            .trim_start_matches("bytes=")
            .trim_end_matches('-')
            .parse()
            .unwrap(),
        None => 0,
    };
    let rest = bytes[from..].to_vec();
    let mut response = Response::builder();
    if from > 0 {
        response = response.status(StatusCode::PARTIAL_CONTENT).header(
            header::CONTENT_RANGE,
            format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len()),
        );
    }
    let breaks = shelf.breaks_after.lock().unwrap().take();
    let body = match breaks {
        None => Body::from(rest),
        Some(n) => Body::from_stream(futures::stream::unfold(
            Some(rest[..n].to_vec()),
            |state| async {
                match state {
                    Some(piece) => Some((Ok(piece), None)),
                    None => {
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        Some((Err(std::io::Error::other("broken off")), None))
                    }
                }
            },
        )),
    };
    response.body(body).unwrap()
}

async fn serve(shelf: Shelf) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    let router = Router::new().route("/file", get(give)).with_state(shelf);
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

fn wanted(bytes: &[u8], uris: &[&str]) -> FileRef {
    FileRef {
        sha256: Sha256::digest(bytes).into(),
        length: bytes.len() as u64,
        uris: uris.iter().map(|u| u.to_string()).collect(),
    }
}

fn artifacts(folder: &Path, https_only: bool) -> Artifacts {
    let options = FetchOptions {
        https_only,
        patience: Duration::from_secs(2),
        ..Default::default()
    };
    Artifacts::open(folder, options).unwrap()
}

fn bytes(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 % 251) as u8).collect()
}

fn only_error(error: ArtifactError) -> FetchError {
    let ArtifactError::Nowhere { mut errors, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(errors.len(), 1);
    errors.remove(0)
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on() {
    for ranges in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf {
            ranges,
            ..Default::default()
        };
        let content = bytes(100_000);
        *shelf.bytes.lock().unwrap() = content.clone();
        *shelf.breaks_after.lock().unwrap() = Some(40_000);
        let url = serve(shelf.clone()).await;
        let artifacts = artifacts(folder.path(), false);
        let wanted = wanted(&content, &[&url]);
        let error = artifacts.fetch(&wanted).await.unwrap_err();
        assert!(matches!(only_error(error), FetchError::Transport { .. }));
        let part = artifacts.path(&wanted.sha256).with_extension("part");
        assert_eq!(std::fs::metadata(&part).unwrap().len(), 40_000);

        assert_eq!(artifacts.read(&wanted).await.unwrap(), content);
        assert_eq!(shelf.range.lock().unwrap().as_deref(), Some("bytes=40000-"));
        assert!(!part.exists());
        // And is not fetched again.
        artifacts.read(&wanted).await.unwrap();
        assert_eq!(shelf.asked.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn what_is_there_of_another_file_is_fetched_anew() {
    for no_range in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf {
            ranges: true,
            no_range,
            ..Default::default()
        };
        let content = bytes(1000);
        *shelf.bytes.lock().unwrap() = content.clone();
        let url = serve(shelf.clone()).await;
        let artifacts = artifacts(folder.path(), false);
        let wanted = wanted(&content, &[&url]);
        let part = artifacts.path(&wanted.sha256).with_extension("part");
        std::fs::write(&part, [0; 400]).unwrap();
        assert_eq!(artifacts.read(&wanted).await.unwrap(), content);
        assert_eq!(shelf.asked.load(Ordering::SeqCst), 2);
        // Once: what is wrong from its beginning is not asked for again.
        *shelf.bytes.lock().unwrap() = vec![0; 1000];
        std::fs::remove_file(artifacts.path(&wanted.sha256)).unwrap();
        let error = artifacts.fetch(&wanted).await.unwrap_err();
        assert!(matches!(only_error(error), FetchError::Hash { .. }));
        assert_eq!(shelf.asked.load(Ordering::SeqCst), 3);
    }
}

#[tokio::test]
async fn a_file_that_a_server_gave_too_little_of_may_come_later() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::default();
    *shelf.bytes.lock().unwrap() = bytes(999);
    let url = serve(shelf.clone()).await;
    let artifacts = artifacts(folder.path(), false);
    let wanted = wanted(&bytes(1000), &[&url]);
    let error = artifacts.fetch(&wanted).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    *shelf.bytes.lock().unwrap() = bytes(1001);
    let error = artifacts.fetch(&wanted).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_download_that_fills_the_disk_leaves_nothing_there() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::default();
    *shelf.bytes.lock().unwrap() = bytes(1000);
    let url = serve(shelf).await;
    let artifacts = artifacts(folder.path(), false);
    let wanted = wanted(&bytes(1000), &[&url]);
    let part = artifacts.path(&wanted.sha256).with_extension("part");
    std::os::unix::fs::symlink("/dev/full", &part).unwrap();
    let error = artifacts.fetch(&wanted).await.unwrap_err();
    assert!(matches!(error, ArtifactError::Disk { .. }), "{error}");
    assert!(std::fs::symlink_metadata(&part).is_err());
}

#[tokio::test]
async fn other_bytes_are_refused_and_the_next_uri_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let (wrong, right) = (Shelf::default(), Shelf::default());
    let content = bytes(1000);
    *wrong.bytes.lock().unwrap() = vec![0; 1000];
    *right.bytes.lock().unwrap() = content.clone();
    let (bad, good) = (serve(wrong.clone()).await, serve(right).await);
    let artifacts = artifacts(folder.path(), false);
    let error = artifacts
        .fetch(&wanted(&content, &[&bad]))
        .await
        .unwrap_err();
    assert!(matches!(only_error(error), FetchError::Hash { .. }));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    for wrong_length in [999, 1001] {
        *wrong.bytes.lock().unwrap() = vec![0; wrong_length];
        let error = artifacts
            .fetch(&wanted(&content, &[&bad]))
            .await
            .unwrap_err();
        assert!(matches!(only_error(error), FetchError::Length { .. }));
    }
    assert_eq!(
        artifacts
            .read(&wanted(&content, &[&bad, &good]))
            .await
            .unwrap(),
        content
    );
}

#[tokio::test]
async fn only_https_and_files_are_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::default();
    *shelf.bytes.lock().unwrap() = bytes(10);
    let url = serve(shelf.clone()).await;
    let strict = artifacts(&folder.path().join("cache"), true);
    let error = strict
        .fetch(&wanted(&bytes(10), &[&url]))
        .await
        .unwrap_err();
    assert!(matches!(only_error(error), FetchError::Scheme { .. }));
    assert_eq!(shelf.asked.load(Ordering::SeqCst), 0);

    let local = folder.path().join("model");
    std::fs::write(&local, bytes(10)).unwrap();
    let uri = format!("file://{}", local.display());
    assert_eq!(
        strict.read(&wanted(&bytes(10), &[&uri])).await.unwrap(),
        bytes(10)
    );
    let error = strict
        .fetch(&wanted(&bytes(11), &[&uri]))
        .await
        .unwrap_err();
    assert!(matches!(
        only_error(error),
        FetchError::Length {
            got: 10,
            wanted: 11,
            ..
        }
    ));
    let error = strict
        .fetch(&wanted(&bytes(12), &["file:///dev/zero"]))
        .await
        .unwrap_err();
    assert!(matches!(only_error(error), FetchError::Transport { .. }));
    assert!(matches!(
        strict.fetch(&wanted(&bytes(12), &[])).await,
        Err(ArtifactError::Nowhere { .. })
    ));
}

#[tokio::test]
async fn a_file_that_changed_on_disk_is_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let local = folder.path().join("model");
    std::fs::write(&local, bytes(10)).unwrap();
    let uri = format!("file://{}", local.display());
    let cache = artifacts(&folder.path().join("cache"), true);
    let wanted = wanted(&bytes(10), &[&uri]);
    let path = cache.fetch(&wanted).await.unwrap();
    std::fs::write(&path, [0; 10]).unwrap();
    assert!(matches!(
        cache.read(&wanted).await,
        Err(ArtifactError::Changed { .. })
    ));
    // It is fetched anew.
    assert_eq!(cache.read(&wanted).await.unwrap(), bytes(10));
}

/// Writes a model and a manifest for it, for `file://`.
fn published(folder: &Path, name: &str, model: &[u8], more: usize) -> Files {
    let manifest = serde_json::json!({
        "format": "myai/manifest/1",
        "about": "x".repeat(more),
        "inputs": [{"name": "x", "source": {"json": {"dtype": "int64"}}}],
        "output": {"json": ["y"]}});
    let manifest = serde_json::to_vec(&manifest).unwrap();
    let place = |file: &str, bytes: &[u8]| {
        let path = folder.join(format!("{name}.{file}"));
        std::fs::write(&path, bytes).unwrap();
        wanted(bytes, &[&format!("file://{}", path.display())])
    };
    Files {
        artifact: place("onnx", model),
        manifest: place("json", &manifest),
        numerics: Numerics::IntV1,
    }
}

#[tokio::test]
async fn models_are_kept_as_long_as_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let cache = artifacts(&folder.path().join("cache"), true);
    let files = published(folder.path(), "doubler", &doubler(), 1);
    let room_for_two = files.artifact.length * 2 * 2 + 1;
    let models = ModelCache::new(engine(2), cache, room_for_two, 2.0);
    let version = VersionId;
    // Asked for at once, loaded once.
    let (a, b) = tokio::join!(
        models.get(version(1), &files),
        models.get(version(1), &files)
    );
    let first = a.unwrap();
    assert!(Arc::ptr_eq(&first, &b.unwrap()));
    models.get(version(2), &files).await.unwrap();
    assert_eq!(models.loaded(), (2, files.artifact.length * 4));
    // The one that was used last stays.
    models.get(version(1), &files).await.unwrap();
    models.get(version(3), &files).await.unwrap();
    assert_eq!(models.loaded().0, 2);
    assert!(Arc::ptr_eq(
        &first,
        &models.get(version(1), &files).await.unwrap()
    ));
}

#[tokio::test]
async fn a_model_in_use_keeps_its_room() {
    let folder = tempfile::tempdir().unwrap();
    let cache = artifacts(&folder.path().join("cache"), true);
    let files = published(folder.path(), "doubler", &doubler(), 1);
    let memory = files.artifact.length * 2;
    let models = ModelCache::new(engine(2), cache, memory, 2.0);
    let first = models.get(VersionId(1), &files).await.unwrap();
    let wait = Duration::from_millis(500);
    let other = tokio::time::timeout(wait, models.get(VersionId(2), &files)).await;
    assert!(other.is_err(), "there is room for one");
    assert_eq!(models.loaded(), (1, memory));
    // The one that is there is not kept from others by whoever waited in vain.
    let again = models.get(VersionId(1), &files).await.unwrap();
    assert!(Arc::ptr_eq(&first, &again));
    drop((first, again));
    models.get(VersionId(2), &files).await.unwrap();
    assert!(models.has(VersionId(2)) && !models.has(VersionId(1)));
    assert_eq!(models.loaded(), (1, memory));
}

#[tokio::test]
async fn a_model_that_still_runs_keeps_its_room() {
    let folder = tempfile::tempdir().unwrap();
    let cache = artifacts(&folder.path().join("cache"), true);
    let files = published(folder.path(), "counter", &counter(), 1);
    let models = ModelCache::new(engine(2), cache, files.artifact.length * 2, 2.0);
    let model = models.get(VersionId(1), &files).await.unwrap();
    let engine = models.engine().clone();
    let running = tokio::spawn(async move {
        let x = Tensor::new(vec![], Data::Int64(vec![i64::MAX])).unwrap();
        let until = Until::at_most(Duration::from_secs(1));
        let inputs = vec![("x".to_string(), x)];
        engine.run(&model.loaded, inputs, &["y"], until).await
    });
    let begun = Instant::now();
    models.get(VersionId(2), &files).await.unwrap();
    assert!(begun.elapsed() > Duration::from_millis(500));
    assert!(running.await.unwrap().is_err());
}

#[tokio::test]
async fn a_load_goes_on_when_nobody_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let cache = artifacts(&folder.path().join("cache"), true);
    let files = published(folder.path(), "doubler", &doubler(), 1);
    let models = ModelCache::new(engine(2), cache.clone(), 1 << 20, 2.0);
    let left = tokio::time::timeout(Duration::ZERO, models.get(VersionId(1), &files)).await;
    assert!(left.is_err());
    let begun = Instant::now();
    while !cache.path(&files.artifact.sha256).exists() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it was dropped");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    models.get(VersionId(1), &files).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_fetched_now_is_fetched_later() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf {
        ranges: true,
        ..Default::default()
    };
    *shelf.bytes.lock().unwrap() = doubler();
    *shelf.breaks_after.lock().unwrap() = Some(10);
    let url = serve(shelf.clone()).await;
    let mut files = published(folder.path(), "doubler", &doubler(), 1);
    files.artifact.uris = vec![url];
    let cache = artifacts(&folder.path().join("cache"), false);
    let models = ModelCache::new(engine(2), cache, 1 << 20, 2.0);
    let end = Instant::now() + Duration::from_secs(20);
    models.fetch_until(&files, end).await.unwrap();
    assert_eq!(shelf.asked.load(Ordering::SeqCst), 2);
    // What is there, and wrong, is not asked for again.
    *shelf.bytes.lock().unwrap() = vec![0; doubler().len()];
    files.artifact.sha256 = [1; 32];
    let error = models.fetch_until(&files, end).await.unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert_eq!(shelf.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_offered_is_got_ready_as_soon_as_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = Shelf::default();
    *shelf.bytes.lock().unwrap() = doubler();
    *shelf.breaks_after.lock().unwrap() = Some(10);
    let mut world = World::new(folder.path());
    world.model_at(&serve(shelf).await);
    *world.chain.trouble.lock().unwrap() = vec!["version"];
    let context = world.context();
    let served = vec![VersionId(1)];
    let preloaded = tokio::time::timeout(Duration::from_secs(30), preload(&context, served)).await;
    assert!(preloaded.is_ok());
    assert_eq!(context.models.loaded().0, 1);
}

#[tokio::test]
async fn a_version_that_cannot_be_served_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let cache = artifacts(&folder.path().join("cache"), true);
    let models = ModelCache::new(engine(1), cache.clone(), 100_000, 2.5);
    let why = |version: u32, files: Files| {
        let models = &models;
        async move { models.get(VersionId(version), &files).await.err().unwrap() }
    };
    // Registered as integer only, and is not.
    let error = why(1, published(folder.path(), "sequence", &sequence(), 1)).await;
    assert!(matches!(*error, ModelError::NotInteger(_)), "{error}");
    // The manifest does not fit the model: its only output is not a tensor.
    let mut files = published(folder.path(), "sequence", &sequence(), 1);
    files.numerics = Numerics::Float;
    let error = why(2, files).await;
    assert!(error.to_string().contains("not a tensor"), "{error}");
    let mut files = published(folder.path(), "doubler", &doubler(), 1);
    files.artifact.uris = vec!["file:///nowhere".into()];
    assert!(matches!(
        *why(3, files.clone()).await,
        ModelError::Artifact(_)
    ));
    // It works as soon as it can.
    files = published(folder.path(), "doubler", &doubler(), 1);
    models.get(VersionId(3), &files).await.unwrap();
    let mut long = published(folder.path(), "long", &doubler(), 300_000);
    assert!(matches!(
        *why(4, long.clone()).await,
        ModelError::Manifest(_)
    ));
    long.artifact.length = 1 << 40;
    assert!(matches!(*why(4, long).await, ModelError::Memory { .. }));
}
