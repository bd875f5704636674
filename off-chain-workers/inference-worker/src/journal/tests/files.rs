//! The journal in a folder, with its thread.

use super::{answered, id, sealed};
use crate::journal::{
    file::{builder, ANSWERED, FORMAT, FORMAT_KEY, META},
    Answered, Journal, JournalError, JournalFile, Place,
};
use codec::Encode;
use std::{
    fs,
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
};

/// Puts those answers into the folder's journal.
async fn put(folder: &Path, all: &[u8]) {
    let journal = Journal::open(folder).unwrap();
    for n in all {
        journal.put(answered(*n), sealed(*n)).await.unwrap();
    }
}

fn refused(folder: &Path) -> JournalError {
    let Err(error) = Journal::open(folder) else {
        panic!("it was opened");
    };
    error
}

#[tokio::test]
async fn what_was_put_is_read_again_until_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    put(&data, &[9, 2, 4]).await;
    let journal = Journal::open(&data).unwrap();
    assert_eq!(journal.answered(), [2, 4, 9].map(answered));
    assert_eq!(journal.get(id(4)), Some(answered(4)));
    for n in [2, 4, 9] {
        let read = journal.sealed(id(n)).await.unwrap();
        assert_eq!(read.unwrap(), *sealed(n));
    }
    journal.remove(id(4));
    journal.remove(id(5));
    assert_eq!(journal.answered(), [2, 9].map(answered));
    assert_eq!(journal.get(id(4)), None);
    assert_eq!(journal.sealed(id(4)).await.unwrap(), None);
    drop(journal);
    let journal = Journal::open(&data).unwrap();
    assert_eq!(journal.answered(), [2, 9].map(answered));
}

#[tokio::test(flavor = "multi_thread")]
async fn puts_and_removals_may_come_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let tasks = (0..100).map(|n| {
        let journal = journal.clone();
        tokio::spawn(async move {
            journal.put(answered(n), sealed(n)).await.unwrap();
            assert_eq!(journal.get(id(n)), Some(answered(n)));
            if n % 2 == 0 {
                journal.remove(id(n));
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let odd: Vec<Answered> = (0..100).filter(|n| n % 2 == 1).map(answered).collect();
    assert_eq!(journal.answered(), odd);
    drop(journal);
    assert_eq!(Journal::open(folder.path()).unwrap().answered(), odd);
}

#[tokio::test]
async fn second_answer_of_a_job_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &[1]).await;
    let journal = Journal::open(folder.path()).unwrap();
    let another = Answered {
        answer: answered(2).answer,
        ..answered(1)
    };
    let refused = journal.put(another, sealed(2)).await;
    assert!(matches!(refused, Err(JournalError::Promised { job }) if job == id(1)));
    // The same once more is none, also in a block that gives it another deadline.
    let mut later = answered(1);
    later.job.deadline = 110;
    journal.put(later.clone(), sealed(1)).await.unwrap();
    assert_eq!(journal.answered(), [later]);
}

#[tokio::test]
async fn bytes_of_another_hash_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let refused = journal.put(answered(1), sealed(2)).await;
    assert!(matches!(refused, Err(JournalError::NotItsBytes { job }) if job == id(1)));
    assert!(journal.answered().is_empty());
}

/// The other program of the test below.
#[test]
fn opens_the_journal_in_a_process_of_its_own() {
    if let Some(folder) = std::env::var_os("MYAI_TEST_JOURNAL") {
        assert!(matches!(
            refused(Path::new(&folder)),
            JournalError::InUse { .. }
        ));
    }
}

#[test]
fn two_programs_do_not_share_a_journal() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(folder.path()).unwrap();
    let other = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "journal::tests::files::opens_the_journal_in_a_process_of_its_own",
        ])
        .env("MYAI_TEST_JOURNAL", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(said.contains("1 passed"), "{said}");
    assert!(other.status.success(), "{said}");
    // Nor does one program open it twice.
    let error = refused(folder.path());
    assert!(error.to_string().contains("another worker does"), "{error}");
    drop(journal);
    Journal::open(folder.path()).unwrap();
}

#[tokio::test]
async fn journal_of_another_format_is_refused_and_kept() {
    for other in [0, FORMAT - 1, FORMAT + 1, u32::MAX] {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &[1]).await;
        let path = folder.path().join("journal.redb");
        let set = |format: u32| {
            let database = builder().open(&path).unwrap();
            let transaction = database.begin_write().unwrap();
            let mut meta = transaction.open_table(META).unwrap();
            meta.insert(FORMAT_KEY, format).unwrap();
            drop(meta);
            transaction.commit().unwrap();
        };
        set(other);
        let error = refused(folder.path());
        assert!(matches!(error, JournalError::Format { found, .. } if found == other));
        let said = error.to_string();
        assert!(said.contains(&format!("it is of format {other}")), "{said}");
        assert!(said.ends_with("install the release that wrote it"));
        set(FORMAT);
        let journal = Journal::open(folder.path()).unwrap();
        assert_eq!(journal.answered(), [answered(1)]);
    }
}

#[tokio::test]
async fn row_that_cannot_be_read_is_refused_and_kept() {
    let row = |n: u8| [answered(n).encode(), sealed(n).to_vec()].concat();
    let bad = [
        vec![],
        answered(2).encode(),
        row(3),
        [row(2), vec![0]].concat(),
        row(2)[1..].to_vec(),
    ];
    for row in bad {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &[1]).await;
        let path = folder.path().join("journal.redb");
        let database = builder().open(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        let mut table = transaction.open_table(ANSWERED).unwrap();
        table.insert(&id(2).0, row.as_slice()).unwrap();
        drop(table);
        transaction.commit().unwrap();
        drop(database);
        for _ in 0..2 {
            let error = refused(folder.path());
            assert!(matches!(error, JournalError::Row { job, .. } if job == id(2)));
        }
    }
}

#[tokio::test]
async fn damaged_file_is_refused_and_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), &[1, 2, 3, 4]).await;
    let path = folder.path().join("journal.redb");
    let whole = fs::read(&path).unwrap();
    let half = whole[..whole.len() / 2].to_vec();
    for bytes in [vec![], vec![0; whole.len()], b"{}".to_vec(), half] {
        fs::write(&path, &bytes).unwrap();
        let error = refused(folder.path());
        assert!(matches!(error, JournalError::Damaged { .. }), "{error:?}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(
        Journal::open(folder.path()).unwrap().answered(),
        [1, 2, 3, 4].map(answered)
    );
}

#[test]
fn what_a_crash_or_an_older_release_left_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (part, old) = ("journal.redbAbCdEf.new", "journal/00.json");
    fs::create_dir(folder.path().join("journal")).unwrap();
    for name in [part, old] {
        fs::write(folder.path().join(name), b"{}").unwrap();
    }
    assert!(Journal::open(folder.path()).unwrap().answered().is_empty());
    for name in [part, old] {
        assert_eq!(fs::read(folder.path().join(name)).unwrap(), b"{}");
    }
}

#[test]
fn file_that_is_written_again_is_the_same_and_takes_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let place = JournalFile::in_folder(folder.path()).unwrap();
    let file = fs::File::options().write(true).open(place.path()).unwrap();
    let length = file.metadata().unwrap().len();
    // A hole, and a part of a block at the end.
    file.set_len(length + (4 << 20) + 5).unwrap();
    file.write_all_at(b"end", length + (4 << 20) + 2).unwrap();
    file.sync_all().unwrap();
    let (bytes, before) = (fs::read(place.path()).unwrap(), file.metadata().unwrap());
    place.write_again().unwrap();
    assert!(fs::read(place.path()).unwrap() == bytes);
    let after = file.metadata().unwrap();
    assert_eq!(after.blocks(), before.blocks());
    assert!(after.mtime_nsec() != before.mtime_nsec() || after.mtime() != before.mtime());
}
