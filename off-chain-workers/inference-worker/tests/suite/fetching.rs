//! Where files may come from, and how many there may be.

use crate::files::{bytes, only_error, wanted};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
    routing::get,
    Router,
};
use myai_inference_worker::{
    artifacts::{addresses, ArtifactError, Artifacts, FetchError, FetchOptions, FileRef},
    metrics::Metrics,
};
use std::{
    net::IpAddr,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc,
    },
    time::{Duration, SystemTime},
};

#[tokio::test]
async fn file_outside_the_listed_folders_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for name in ["listed", "other"] {
        std::fs::create_dir(at(name)).unwrap();
        std::fs::write(at(name).join("model"), bytes(10)).unwrap();
    }
    std::os::unix::fs::symlink(at("other/model"), at("listed/link")).unwrap();
    std::os::unix::fs::symlink(at("listed"), at("alias")).unwrap();
    let fetch = async |from: &[&str], file: &str| {
        let options = FetchOptions {
            from: from.iter().map(|f| at(f)).collect(),
            ..Default::default()
        };
        let cache = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(cache.path(), options).unwrap();
        let uri = format!("file://{}/{file}", folder.path().display());
        let fetched = artifacts.read(&wanted(&bytes(10), &[&uri])).await;
        assert!(fetched.is_ok() || std::fs::read_dir(cache.path()).unwrap().count() == 0);
        fetched
    };
    for (from, file) in [
        (&["listed"][..], "listed/model"),
        (&["nowhere", "listed"], "listed/model"),
        // The same folder by another name.
        (&["alias"], "listed/model"),
        (&["listed"], "alias/model"),
    ] {
        assert_eq!(fetch(from, file).await.unwrap(), bytes(10), "{file}");
    }
    for (from, file) in [
        (&[][..], "listed/model"),
        (&["listed"], "other/model"),
        (&["listed"], "listed/../other/model"),
        (&["listed"], "listed/link"),
        // A folder whose name begins alike.
        (&["list"], "listed/model"),
    ] {
        let error = only_error(fetch(from, file).await.unwrap_err());
        let is_refused = matches!(error, FetchError::OutsideFolders { .. });
        assert!(is_refused && !error.is_transient(), "{file}: {error}");
    }
}

/// The answer of a server.
#[derive(Clone)]
enum Answer {
    File(Vec<u8>),
    Elsewhere(String),
}

/// A server at that address of this machine: its port, and how often it was asked.
async fn serve(ip: &str, answer: impl FnOnce(u16) -> Answer) -> (u16, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind((ip, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let give = |State((answer, asked)): State<(Answer, Arc<AtomicUsize>)>| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        match answer {
            Answer::File(bytes) => (StatusCode::OK, bytes).into_response(),
            Answer::Elsewhere(url) => Redirect::temporary(&url).into_response(),
        }
    };
    let router: Router = Router::new()
        .route("/", get(give))
        .with_state((answer(port), asked.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (port, asked)
}

fn over_http(folder: &Path, may_ask: addresses::MayAsk) -> Artifacts {
    let options = FetchOptions {
        https_only: false,
        patience: Duration::from_secs(5),
        may_ask,
        ..Default::default()
    };
    Artifacts::open(folder, options).unwrap()
}

/// In these tests this one address of the machine stands for the whole internet.
const OUTSIDE: &str = "127.0.0.2";

fn is_outside(ip: IpAddr) -> bool {
    ip.to_string() == OUTSIDE
}

fn is_refused(error: ArtifactError) -> bool {
    let error = only_error(error);
    matches!(error, FetchError::Refused { .. }) && !error.is_transient()
}

#[tokio::test]
async fn host_without_public_address_is_not_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (port, asked) = serve("127.0.0.1", |_| Answer::File(bytes(10))).await;
    let public = over_http(folder.path(), addresses::is_public);
    for host in ["127.0.0.1", "2130706433", "[::ffff:127.0.0.1]", "localhost"] {
        let uri = format!("http://{host}:{port}/");
        let error = public
            .fetch(&wanted(&bytes(10), &[&uri]))
            .await
            .unwrap_err();
        assert!(is_refused(error), "{host}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    // The operator's own network.
    let any = over_http(folder.path(), addresses::is_any);
    let uri = format!("http://localhost:{port}/");
    any.fetch(&wanted(&bytes(10), &[&uri])).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn redirection_to_a_private_address_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (inside, asked) = serve("127.0.0.1", |_| Answer::File(bytes(10))).await;
    let artifacts = over_http(folder.path(), is_outside);
    let fetch = async |to: String| {
        let (port, _) = serve(OUTSIDE, |_| Answer::Elsewhere(to)).await;
        let uri = format!("http://{OUTSIDE}:{port}/");
        artifacts.fetch(&wanted(&bytes(10), &[&uri])).await
    };
    for host in ["127.0.0.1", "localhost"] {
        let error = fetch(format!("http://{host}:{inside}/")).await.unwrap_err();
        assert!(is_refused(error), "{host}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let (outside, _) = serve(OUTSIDE, |_| Answer::File(bytes(10))).await;
    fetch(format!("http://{OUTSIDE}:{outside}/")).await.unwrap();
}

#[tokio::test]
async fn redirections_without_end_end_after_five() {
    let folder = tempfile::tempdir().unwrap();
    let to_itself = |port| Answer::Elsewhere(format!("http://127.0.0.1:{port}/"));
    let (port, asked) = serve("127.0.0.1", to_itself).await;
    let artifacts = over_http(folder.path(), addresses::is_any);
    let uri = format!("http://127.0.0.1:{port}/");
    let error = artifacts.fetch(&wanted(&bytes(10), &[&uri])).await;
    assert!(error.is_err());
    assert_eq!(asked.load(Ordering::SeqCst), 1 + addresses::MAX_REDIRECTS);
}

/// Files with a quota, out of a folder that has them.
struct Shelf {
    folder: tempfile::TempDir,
    metrics: Metrics,
}

impl Shelf {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            metrics: Metrics::new().unwrap(),
        }
    }

    fn files(&self, quota: u64) -> Artifacts {
        let options = FetchOptions {
            from: vec![self.folder.path().into()],
            quota,
            on_disk: Some(self.metrics.files_bytes.clone()),
            ..Default::default()
        };
        Artifacts::open(&self.folder.path().join("files"), options).unwrap()
    }

    /// A file that may be fetched; no two of different length are the same.
    fn publish(&self, length: usize) -> FileRef {
        let path = self.folder.path().join(format!("{length}"));
        std::fs::write(&path, bytes(length)).unwrap();
        wanted(&bytes(length), &[&format!("file://{}", path.display())])
    }

    fn has(&self, bytes: i64) -> bool {
        self.metrics.files_bytes.get() == bytes
    }
}

/// Changes when a file was used, as if that were so long ago.
fn was_used(artifacts: &Artifacts, file: &FileRef, hours: u64) {
    let file = std::fs::File::open(artifacts.path(&file.sha256)).unwrap();
    let ago = SystemTime::now() - Duration::from_secs(hours * 3600);
    file.set_modified(ago).unwrap();
}

#[tokio::test]
async fn least_recently_used_files_make_room() {
    let shelf = Shelf::new();
    let artifacts = shelf.files(1000);
    let [a, b, c] = [300, 301, 302].map(|n| shelf.publish(n));
    for file in [&a, &b, &c] {
        artifacts.fetch(file).await.unwrap();
    }
    assert!(shelf.has(903));
    let d = shelf.publish(390);
    // Which one was used is written down when room is made.
    artifacts.fetch(&shelf.publish(1)).await.unwrap();
    for (file, hours) in [(&a, 3), (&b, 2), (&c, 1)] {
        was_used(&artifacts, file, hours);
    }
    artifacts.read(&a).await.unwrap();
    artifacts.fetch(&d).await.unwrap();
    let is_here = |file: &FileRef| artifacts.path(&file.sha256).exists();
    assert_eq!([&a, &b, &c, &d].map(is_here), [true, false, true, true]);
    assert!(shelf.has(300 + 302 + 390 + 1));
    // After a start the times are still known.
    was_used(&artifacts, &a, 5);
    drop(artifacts);
    shelf.metrics.files_bytes.set(0);
    let artifacts = shelf.files(1000);
    assert!(shelf.has(300 + 302 + 390 + 1));
    artifacts.fetch(&b).await.unwrap();
    assert!(!artifacts.path(&a.sha256).exists());
}

#[tokio::test]
async fn kept_file_does_not_make_room() {
    let shelf = Shelf::new();
    let artifacts = shelf.files(1000);
    let [a, b] = [600, 500].map(|n| shelf.publish(n));
    let small = artifacts.fetch(&shelf.publish(100)).await.unwrap();
    let kept = artifacts.fetch(&a).await.unwrap();
    let error = artifacts.fetch(&b).await.unwrap_err();
    assert!(matches!(error, ArtifactError::NoRoom { .. }), "{error}");
    assert!(error.is_transient());
    // A file that was let go is not removed where that would not do.
    let path = small.path().to_owned();
    drop(small);
    artifacts.fetch(&b).await.unwrap_err();
    assert!(path.exists());
    drop(kept);
    artifacts.fetch(&b).await.unwrap();
    assert!(!artifacts.path(&a.sha256).exists());
}

#[tokio::test]
async fn file_longer_than_the_quota_is_not_fetched() {
    let shelf = Shelf::new();
    let artifacts = shelf.files(1000);
    artifacts.fetch(&shelf.publish(1000)).await.unwrap();
    let error = artifacts.fetch(&shelf.publish(1001)).await.unwrap_err();
    assert!(matches!(error, ArtifactError::TooLong { .. }), "{error}");
    assert!(!error.is_transient());
    assert!(shelf.has(1000));
}

#[tokio::test]
async fn files_being_fetched_have_their_room() {
    let shelf = Shelf::new();
    // Nobody answers there, so that the fetch goes on.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", silent.local_addr().unwrap());
    let slow = Artifacts::open(
        &shelf.folder.path().join("files"),
        FetchOptions {
            https_only: false,
            may_ask: addresses::is_any,
            from: vec![shelf.folder.path().into()],
            quota: 1000,
            ..Default::default()
        },
    )
    .unwrap();
    let fetching = tokio::spawn({
        let (slow, file) = (slow.clone(), wanted(&bytes(700), &[&uri]));
        async move { drop(slow.fetch(&file).await) }
    });
    let _asked = silent.accept().await.unwrap();
    let other = shelf.publish(400);
    let error = slow.fetch(&other).await.unwrap_err();
    assert!(matches!(error, ArtifactError::NoRoom { .. }), "{error}");
    fetching.abort();
    assert!(fetching.await.is_err());
    slow.fetch(&other).await.unwrap();
}

#[tokio::test]
async fn old_part_of_a_file_is_removed_and_a_young_one_stays() {
    let shelf = Shelf::new();
    let artifacts = shelf.files(1000);
    let part = |file: &FileRef| artifacts.path(&file.sha256).with_extension("part");
    let [old, young] = [300, 301].map(|n| shelf.publish(n));
    for (file, hours) in [(&old, 25), (&young, 23)] {
        let file = std::fs::File::create(part(file)).unwrap();
        file.set_len(100).unwrap();
        let ago = SystemTime::now() - Duration::from_secs(hours * 3600);
        file.set_modified(ago).unwrap();
    }
    artifacts.fetch(&shelf.publish(10)).await.unwrap();
    assert_eq!([&old, &young].map(|f| part(f).exists()), [false, true]);
    assert!(shelf.has(110));
    // It counts, and goes like a file.
    artifacts.fetch(&shelf.publish(950)).await.unwrap();
    assert!(!part(&young).exists());
    let unrelated = shelf.folder.path().join("files/notes");
    std::fs::write(&unrelated, [0; 2000]).unwrap();
    artifacts.fetch(&shelf.publish(951)).await.unwrap();
    assert!(unrelated.exists());
}
