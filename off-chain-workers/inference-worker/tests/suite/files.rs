//! Fetching files.

use crate::{common::*, world::World};
use axum::{
    body::Body,
    extract::State,
    http::{header, HeaderMap, Response, StatusCode},
    routing::get,
    Router,
};
use myai_inference_worker::{
    artifacts::{addresses, ArtifactError, Artifacts, FetchError, FetchOptions, FileRef},
    preload::preload,
};
use myai_primitives::VersionId;
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

pub fn wanted(bytes: &[u8], uris: &[&str]) -> FileRef {
    FileRef {
        sha256: Sha256::digest(bytes).into(),
        length: bytes.len() as u64,
        uris: uris.iter().map(|u| u.to_string()).collect(),
    }
}

fn artifacts(folder: &Path, https_only: bool) -> Artifacts {
    Artifacts::open(folder, fetching(https_only)).unwrap()
}

/// Takes files from everywhere.
fn fetching(https_only: bool) -> FetchOptions {
    FetchOptions {
        https_only,
        patience: Duration::from_secs(2),
        may_ask: addresses::is_any,
        from: vec!["/".into()],
        ..Default::default()
    }
}

pub fn bytes(n: usize) -> Vec<u8> {
    (0..n).map(|i| (i * 7 % 251) as u8).collect()
}

pub fn only_error(error: ArtifactError) -> FetchError {
    let ArtifactError::Nowhere { mut errors, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(errors.len(), 1);
    errors.remove(0)
}

#[tokio::test]
async fn a_download_that_broke_off_continues() {
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
async fn a_part_of_another_file_is_fetched_again() {
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
    let kept = cache.fetch(&wanted).await.unwrap();
    std::fs::write(kept.path(), [0; 10]).unwrap();
    assert!(matches!(
        cache.read(&wanted).await,
        Err(ArtifactError::Changed { .. })
    ));
    // It is fetched anew.
    assert_eq!(cache.read(&wanted).await.unwrap(), bytes(10));
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
    let shop = Shop {
        artifacts: artifacts(&folder.path().join("cache"), false),
    };
    let mut files = shop.files(&doubler(), &numbers());
    std::fs::remove_file(shop.artifacts.path(&files.artifact.sha256)).unwrap();
    files.artifact.uris = vec![url];
    let executor = shop.executor(options());
    let end = Instant::now() + Duration::from_secs(20);
    executor.load(&files, end).await.unwrap();
    assert_eq!(shelf.asked.load(Ordering::SeqCst), 2);
    // What is there, and wrong, is not asked for again.
    *shelf.bytes.lock().unwrap() = vec![0; doubler().len()];
    files.artifact.sha256 = [1; 32];
    let error = executor.load(&files, end).await.unwrap_err();
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
    assert_eq!(context.executor.runners().0, 1);
}
