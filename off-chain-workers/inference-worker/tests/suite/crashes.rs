//! Programs that are killed, disks that fail: each job is answered once.

use crate::world::*;
use myai_inference_worker::{
    job::CRASH_AT,
    journal::{builder, Journal, JournalFile, Place},
};
use redb::{backends::FileBackend, BackendError, Database, DatabaseError, StorageBackend};
use std::{
    io,
    ops::Bound,
    path::Path,
    sync::{
        atomic::{AtomicBool, AtomicUsize, Ordering},
        Arc,
    },
    time::Duration,
};

/// A disk that is full as long as that is said.
#[derive(Clone, Debug, Default)]
struct Room {
    is_full: Arc<AtomicBool>,
    refused: Arc<AtomicUsize>,
}

impl Room {
    fn for_more(&self) -> Result<(), io::Error> {
        if self.is_full.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Limited(FileBackend, Room);

impl StorageBackend for Limited {
    fn len(&self) -> Result<u64, io::Error> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        self.1.for_more()?;
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.1.for_more()?;
        self.0.write(offset, data)
    }

    fn close(&self) -> Result<(), io::Error> {
        self.0.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.try_lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.query_lock_range(start, end)
    }
}

struct Full(JournalFile, Room);

impl Place for Full {
    fn path(&self) -> &Path {
        self.0.path()
    }

    fn open(&self) -> Result<Database, DatabaseError> {
        let file = std::fs::File::options()
            .read(true)
            .write(true)
            .open(self.path())?;
        builder().create_with_backend(Limited(FileBackend::new(file)?, self.1.clone()))
    }

    fn write_again(&self) -> io::Result<()> {
        self.1.for_more()?;
        self.0.write_again()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_delays_answers_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new(folder.path());
    let room = Room::default();
    let file = JournalFile::in_folder(&world.folder).unwrap();
    let journal = Journal::open_at(Full(file, room.clone())).unwrap();
    let context = world.context_of(limits(), journal);
    room.is_full.store(true, Ordering::SeqCst);
    let jobs = [world.ask(1, &[5]), world.ask(2, &[6])];
    let done = |chain: &FolderChain| {
        if room.is_full.load(Ordering::SeqCst) {
            assert!(chain.log().is_empty(), "attested and not on disk");
            let has_been = room.refused.load(Ordering::SeqCst) > 2;
            room.is_full.store(!has_been, Ordering::SeqCst);
        }
        chain.log().len() == 2
    };
    world.run_until(context, done).await;
    let mut log = world.chain.log();
    log.sort();
    assert_eq!(world.answer(&log[0], &jobs[0]), r#"{"y":[[10]]}"#);
    assert_eq!(world.answer(&log[1], &jobs[1]), r#"{"y":[[12]]}"#);
    assert_eq!(world.journal().answered().len(), 2);
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
        .args(["--exact", "crashes::worker_in_a_process_of_its_own"])
        .env("MYAI_TEST_FOLDER", folder)
        .env(CRASH_AT, crash_at)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    command
}

/// Runs it, to the end or to the point where it is to break off.
pub fn run_process(folder: &Path, crash_at: &str) -> bool {
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
        let promised = world.promised(1);
        assert_eq!(promised.is_some(), point != "before-inference", "{point}");

        assert!(process("").await.unwrap(), "{point}: it did not go on");
        let log = world.chain.log();
        assert_eq!(log.len(), 1, "{point}");
        assert_eq!(world.answer(&log[0], &job), r#"{"y":[[10,12]]}"#, "{point}");
        if let Some(promised) = promised {
            // The answer that was sealed before is the one that was given.
            let blob = hex::encode(promised.answer.blob);
            assert!(log[0].ends_with(&blob), "{point}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_task_panics_is_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World::new(folder.path());
    world.chain.opening = Arc::new(|| panic!("as a bug in preprocessing would"));
    world.ask(1, &[5]);
    assert_eq!(world.outcome(limits()).await, "decline 1 Other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_killed_at_any_moment_attests_once() {
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
