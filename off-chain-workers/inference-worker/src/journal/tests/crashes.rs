//! Power cuts and errors of the disk, at each operation of a script of puts, groups and removals.

use super::{answered, disk::Disk, id, sealed};
use crate::journal::{file::Store, Journal, JournalError, Writer};
use futures::{future::join_all, FutureExt};
use std::{collections::BTreeSet, sync::Arc};

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

/// What was heard of the journal.
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
        self.writer.turn();
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
        }
        let Self {
            journal,
            mut writer,
            heard,
        } = self;
        drop(journal);
        assert!(!writer.turn());
        heard
    }
}

/// What is there when the journal is opened; no half of anything.
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
        for choice in 0..20 {
            let there = read(disk.after_cut(choice));
            let at = format!("operation {cut}, choice {choice}: {there:?}");
            assert!(heard.due().is_subset(&there), "{at}");
            let others: BTreeSet<u8> = &there - &heard.acknowledged;
            // Of what was not acknowledged one group may be there, all of it.
            assert!(
                others.is_empty() || heard.failed.iter().any(|g| others.iter().eq(g)),
                "{at}"
            );
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
    for times in [1, 2, 5] {
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
