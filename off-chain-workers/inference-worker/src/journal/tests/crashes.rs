//! Power cuts and errors of the disk, at each operation of a script of puts, groups and removals.

use super::{answered, disk::Disk, id, sealed};
use crate::journal::{
    file::Store,
    writer::{Writer, GROUP},
    Journal, JournalError, QUEUE,
};
use futures::{future::join_all, FutureExt};
use myai_chain_client::hop::{blob_hash, MAX_BLOB};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

/// Each step's puts are one group, and its removals go with them. Pages are split by neighbours of
/// what is on them.
const SCRIPT: [(&[u8], &[u8]); 8] = [
    (&[1], &[]),
    (&[10, 14, 18, 22, 26, 30, 34, 38, 42], &[]),
    (&[15], &[]),
    (&[35], &[10]),
    (&[11, 12, 13, 16], &[1, 26]),
    (&[39], &[]),
    (&[19, 21], &[12, 14, 42]),
    (&[23], &[16, 21, 22]),
];

/// The journal's answers so far.
#[derive(Default)]
struct Heard {
    acknowledged: BTreeSet<u8>,
    removed: BTreeSet<u8>,
    /// Groups whose puts failed.
    failed: Vec<Vec<u8>>,
}

impl Heard {
    /// What must be there.
    fn due(&self) -> BTreeSet<u8> {
        &self.acknowledged - &self.removed
    }

    /// After a power cut all acknowledged rows are there, and of what was not acknowledged one
    /// group at most, all of it.
    fn check(&self, there: &BTreeSet<u8>, when: &str) {
        assert!(self.due().is_subset(there), "{when}: {there:?}");
        let others: BTreeSet<u8> = there - &self.acknowledged;
        let is_group = self.failed.iter().any(|g| others.iter().eq(g));
        assert!(others.is_empty() || is_group, "{when}: {there:?}");
    }
}

/// Waits for requests and does all that are there; false when no more can come.
fn turn(writer: &mut Writer) -> bool {
    let is_open = writer.queue.wait();
    writer.turn();
    is_open
}

/// A journal whose turns are made here, so that the order of all operations is always the same.
struct Run {
    journal: Journal,
    writer: Writer,
    heard: Heard,
}

impl Run {
    fn new(disk: &Disk) -> Result<Self, JournalError> {
        let (open, writer) = Journal::parts(disk.clone())?;
        Ok(Self {
            journal: Journal(Arc::new(open)),
            writer,
            heard: Heard::default(),
        })
    }

    /// Puts the answers as one group; whether all are acknowledged.
    async fn put(&mut self, group: &[u8]) -> bool {
        // Or Tokio lets the puts wait for others, who have been kept from their turn for long.
        tokio::task::yield_now().await;
        let puts = group
            .iter()
            .map(|n| self.journal.put(answered(*n), sealed(*n)));
        let mut puts = Box::pin(join_all(puts));
        assert!((&mut puts).now_or_never().is_none());
        turn(&mut self.writer);
        let done = puts.await;
        let is_done = done[0].is_ok();
        for result in done {
            assert_eq!(result.is_ok(), is_done, "half a group");
            assert!(
                matches!(result, Ok(()) | Err(JournalError::Disk { .. })),
                "{result:?}"
            );
        }
        match is_done {
            true => self.heard.acknowledged.extend(group),
            false => self.heard.failed.push(group.to_vec()),
        }
        is_done
    }

    /// Reads the sealed answer, which may fail and may not be another one.
    async fn read(&mut self, n: u8) {
        tokio::task::yield_now().await;
        let mut reading = Box::pin(self.journal.sealed(id(n)));
        assert!((&mut reading).now_or_never().is_none());
        turn(&mut self.writer);
        match reading.await {
            Ok(read) => assert_eq!(read.unwrap(), *sealed(n)),
            Err(error) => assert!(matches!(error, JournalError::Disk { .. }), "{error:?}"),
        }
    }

    /// Does the script. A group that fails is put up to `attempts` times.
    async fn go(mut self, attempts: usize) -> Heard {
        for (group, removed) in SCRIPT {
            for n in removed {
                self.journal.remove(id(*n));
                self.heard.removed.insert(*n);
            }
            for _ in 0..attempts {
                if self.put(group).await {
                    break;
                }
            }
            let rows = self.journal.answered();
            let rows: Vec<_> = rows.iter().map(|a| a.job.id).collect();
            let due: Vec<_> = self.heard.due().into_iter().map(id).collect();
            assert_eq!(rows, due);
            if let Some(first) = self.heard.due().first() {
                self.read(*first).await;
            }
        }
        let Self {
            journal,
            mut writer,
            heard,
        } = self;
        drop(journal);
        assert!(!turn(&mut writer));
        heard
    }
}

/// The rows that are there when the journal is opened; no row by half.
fn read(disk: Disk) -> BTreeSet<u8> {
    let (store, rows) = Store::open(disk).unwrap();
    let there = rows.keys().map(|job| job.0[0]);
    let there: BTreeSet<u8> = there.collect();
    for n in &there {
        assert_eq!(rows[&id(*n)], answered(*n));
        assert_eq!(store.sealed(id(*n)).unwrap().unwrap(), *sealed(*n));
    }
    there
}

#[tokio::test]
async fn power_cut_anywhere_keeps_what_was_acknowledged() {
    let mut images = 0;
    for cut in 0.. {
        let disk = Disk::with_journal();
        disk.off_at(cut);
        let heard = match Run::new(&disk) {
            Ok(run) => run.go(1).await,
            Err(_) => Heard::default(),
        };
        for choice in 0..14 {
            let there = read(disk.after_cut(choice));
            heard.check(&there, &format!("operation {cut}, choice {choice}"));
            images += 1;
        }
        if disk.operations() <= cut {
            assert_eq!(read(disk.after_cut(0)), heard.due());
            println!("{cut} operations, {images} images");
            return;
        }
    }
}

#[tokio::test]
async fn error_anywhere_loses_nothing_and_puts_succeed_after_it() {
    // Each operation, and so many after it, fail.
    for times in [1, 4] {
        for at in 0.. {
            let disk = Disk::with_journal();
            disk.fail_at(at, times);
            let Ok(run) = Run::new(&disk) else { continue };
            let heard = run.go(times + 2).await;
            let all = SCRIPT.iter().flat_map(|step| step.0).copied().collect();
            assert_eq!(heard.acknowledged, all, "operation {at}, {times} times");
            // The last removals may have failed.
            for choice in 0..3 {
                let there = read(disk.after_cut(choice));
                assert!(heard.due().is_subset(&there), "operation {at}: {there:?}");
            }
            if disk.operations() <= at {
                assert_eq!(read(disk.after_cut(0)), heard.due());
                println!("{at} operations");
                break;
            }
        }
    }
}

#[tokio::test]
async fn power_cut_soon_after_an_error_keeps_what_was_acknowledged() {
    let mut is_over = false;
    for at in 0.. {
        for cut in at + 1..at + 9 {
            let disk = Disk::with_journal();
            disk.fail_at(at, 1);
            disk.off_at(cut);
            let Ok(run) = Run::new(&disk) else { continue };
            let heard = run.go(1).await;
            for choice in 0..3 {
                let there = read(disk.after_cut(choice));
                heard.check(&there, &format!("error {at}, cut {cut}, choice {choice}"));
            }
            is_over = disk.operations() <= at;
        }
        if is_over {
            break;
        }
    }
}

#[tokio::test]
async fn put_that_failed_is_not_there_after_the_next_one() {
    for at in 0.. {
        let disk = Disk::with_journal();
        disk.fail_at(at, 1);
        let Ok(run) = Run::new(&disk) else { continue };
        let mut heard = run.go(1).await;
        let is_over = disk.operations() <= at;
        // The last group has no next one.
        if heard.failed.pop_if(|g| *g == [23]).is_none() {
            let there = read(disk.after_cut(0));
            assert_eq!(&there & &heard.acknowledged, there, "operation {at}");
        }
        if is_over {
            break;
        }
    }
}

#[tokio::test]
async fn changed_byte_anywhere_hides_no_answer() {
    let disk = Disk::with_journal();
    let mut run = Run::new(&disk).unwrap();
    assert!(run.put(&[2, 3, 5, 6]).await);
    drop(run);
    let whole = disk.bytes();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(53) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let disk = Disk::holding(bytes.clone());
        match Store::open(disk.clone()) {
            Ok((_, rows)) => assert!(rows.into_values().eq([2, 3, 5, 6].map(answered)), "{at}"),
            Err(error) => {
                assert!(matches!(error, JournalError::Damaged { .. }), "{error:?}");
                assert!(disk.bytes() == bytes, "{at}");
                refused += 1;
            }
        }
    }
    println!("{refused} of {} are refused", whole.len().div_ceil(53));
    assert!(refused > 100);
}

#[tokio::test]
async fn puts_that_wait_together_share_one_sync() {
    let disk = Disk::with_journal();
    let mut run = Run::new(&disk).unwrap();
    let before = disk.syncs();
    assert!(run.put(&[2]).await);
    assert_eq!(disk.syncs(), before + 1);
    assert!(run.put(&[3, 6, 7, 10, 11, 14, 15]).await);
    assert_eq!(disk.syncs(), before + 2);
    // Nor does a removal need one of its own.
    run.journal.remove(id(2));
    assert!(run.put(&[18]).await);
    assert_eq!(disk.syncs(), before + 3);
    assert!(!read(disk.after_cut(0)).contains(&2));
}

#[tokio::test]
async fn puts_beyond_the_queue_wait_for_room() {
    let disk = Disk::with_journal();
    let Run {
        journal,
        mut writer,
        ..
    } = Run::new(&disk).unwrap();
    let many = QUEUE / MAX_BLOB + 8;
    let put = |n: usize| {
        let sealed: Arc<[u8]> = vec![n as u8; MAX_BLOB].into();
        let mut answered = answered(n as u8);
        answered.answer.blob = blob_hash(&sealed);
        journal.put(answered, sealed).map(Result::unwrap)
    };
    let mut puts = Box::pin(join_all((1..=many).map(put)));
    assert!((&mut puts).now_or_never().is_none());
    assert!(journal.0.room.available_permits() < MAX_BLOB);
    // One turn does not write all that is there.
    turn(&mut writer);
    assert!((&mut puts).now_or_never().is_none());
    assert!((1..many / 2).contains(&journal.answered().len()));
    let writing = std::thread::spawn(move || while turn(&mut writer) {});
    puts.await;
    assert_eq!(journal.answered().len(), many);
    drop(journal);
    writing.join().unwrap();
}

#[tokio::test]
async fn journal_that_was_replaced_is_not_gone_on_with() {
    let disk = Disk::with_journal();
    let mut run = Run::new(&disk).unwrap();
    assert!(run.put(&[1]).await);
    disk.replace(&Disk::with_journal());
    disk.fail_at(disk.operations(), 1);
    assert!(!run.put(&[2]).await);
    for _ in 0..2 {
        let mut put = Box::pin(run.journal.put(answered(2), sealed(2)));
        assert!((&mut put).now_or_never().is_none());
        turn(&mut run.writer);
        assert!(matches!(put.await, Err(JournalError::Replaced { .. })));
    }
    assert!(read(disk.after_cut(1)).is_empty());
}

#[tokio::test]
async fn removal_is_on_disk_soon_without_another_write() {
    let disk = Disk::with_journal();
    let journal = Journal::open_at(disk.clone()).unwrap();
    journal.put(answered(1), sealed(1)).await.unwrap();
    assert_eq!(read(disk.after_cut(0)), [1].into());
    journal.remove(id(1));
    assert!(journal.get(id(1)).is_none());
    let begun = Instant::now();
    while !read(disk.after_cut(0)).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn removal_behind_a_second_put_is_done_after_it() {
    let disk = Disk::with_journal();
    let mut run = Run::new(&disk).unwrap();
    assert!(run.put(&[1]).await);
    // As many bytes as go into one transaction, so that the removal is in the next one.
    let large = (100..).take(GROUP / MAX_BLOB).map(|n: u8| {
        let sealed: Arc<[u8]> = vec![n; MAX_BLOB].into();
        let mut answered = answered(n);
        answered.answer.blob = blob_hash(&sealed);
        (answered, sealed)
    });
    let all = std::iter::once((answered(1), sealed(1))).chain(large);
    let mut puts = Box::pin(join_all(all.map(|(a, s)| run.journal.put(a, s))));
    assert!((&mut puts).now_or_never().is_none());
    run.journal.remove(id(1));
    turn(&mut run.writer);
    puts.await.into_iter().for_each(|done| done.unwrap());
    // Nothing but the removal is left to do, which waits a moment.
    turn(&mut run.writer);
    turn(&mut run.writer);
    assert_eq!(run.journal.get(id(1)), None);
    let (_, rows) = Store::open(disk.after_cut(0)).unwrap();
    assert_eq!(rows.len(), run.journal.answered().len());
    assert!(!rows.contains_key(&id(1)));
}

#[tokio::test]
async fn put_that_is_late_may_still_come_to_disk() {
    let (mut open, mut writer) = Journal::parts(Disk::with_journal()).unwrap();
    open.max_wait = Duration::from_millis(50);
    let journal = Journal(Arc::new(open));
    // Nobody writes.
    let late = journal.put(answered(1), sealed(1)).await;
    assert!(matches!(late, Err(JournalError::Late)));
    assert_eq!(journal.get(id(1)), None);
    turn(&mut writer);
    assert_eq!(journal.get(id(1)), Some(answered(1)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn disk_that_hangs_holds_up_no_other_task() {
    let disk = Disk::with_journal();
    let journal = Journal::open_at(disk.clone()).unwrap();
    let put = |n| {
        let journal = journal.clone();
        tokio::spawn(async move { journal.put(answered(n), sealed(n)).await })
    };
    disk.hang(true);
    let first = put(2);
    // The runtime's only thread is not the one that hangs.
    let others = [3, 6, 7, 10].map(put);
    let timer = tokio::spawn(tokio::time::sleep(Duration::from_millis(20)));
    timer.await.unwrap();
    assert!(!first.is_finished());
    assert!(journal.answered().is_empty());
    let syncs = disk.syncs();
    disk.hang(false);
    first.await.unwrap().unwrap();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert_eq!(read(disk.after_cut(0)).len(), 5);
    // All that waited meanwhile went together.
    assert_eq!(disk.syncs(), syncs + 2);
}

#[tokio::test]
async fn full_disk_keeps_no_answer_from_being_read() {
    let disk = Disk::with_journal();
    let journal = Journal::open_at(disk.clone()).unwrap();
    for n in 1..8 {
        journal.put(answered(n), sealed(n)).await.unwrap();
    }
    disk.fill(true);
    let mut last = 7;
    let refused = loop {
        last += 1;
        if let Err(error) = journal.put(answered(last), sealed(last)).await {
            break error;
        }
    };
    assert!(refused.is_transient(), "{refused}");
    for n in 1..last {
        let read = journal.sealed(id(n)).await.unwrap();
        assert_eq!(read.unwrap(), *sealed(n));
    }
    disk.fill(false);
    journal.put(answered(last), sealed(last)).await.unwrap();
    assert!(read(disk.after_cut(0)).into_iter().eq(1..=last));
}
