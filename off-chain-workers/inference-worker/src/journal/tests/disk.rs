//! A disk in memory. A power cut may take all that was not synced, and a test chooses where it
//! fails.

use crate::journal::file::{builder, is_written_again, prepare, Place, BLOCK};
use redb::{Database, DatabaseError, StorageBackend};
use std::{
    io,
    ops::Range,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// What a disk writes all of or nothing of, in bytes.
const SECTOR: usize = 512;

#[derive(Clone, Debug, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// What programs read.
    seen: Vec<u8>,
    /// The bytes that are there after a power cut.
    kept: Vec<u8>,
    /// What of `seen` may be there, or not.
    unsynced: Vec<Change>,
    operations: usize,
    /// How many of the operations brought something to disk.
    syncs: usize,
    /// The operations that fail.
    failing: Range<usize>,
    /// The operation at which the power goes.
    off: Option<usize>,
    is_off: bool,
    /// Whether there is room only where something is.
    is_full: bool,
    /// Whether nothing comes to disk for now, and who wants that waits.
    hangs: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Bytes { at: usize, bytes: Vec<u8> },
    Length(usize),
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Bytes { at, bytes } => {
                // A sector beyond the length that a cut left.
                if to.len() < at + bytes.len() {
                    to.resize(at + bytes.len(), 0);
                }
                to[*at..at + bytes.len()].copy_from_slice(bytes);
            }
            Self::Length(length) => to.resize(*length, 0),
        }
    }

    /// The parts that come to disk independently.
    fn parts(&self) -> Vec<Self> {
        match self {
            Self::Bytes { at, bytes } => bytes
                .chunks(SECTOR)
                .enumerate()
                .map(|(n, sector)| Self::Bytes {
                    at: at + n * SECTOR,
                    bytes: sector.to_vec(),
                })
                .collect(),
            length => vec![length.clone()],
        }
    }
}

impl Disk {
    /// With an empty journal.
    pub fn with_journal() -> Self {
        let disk = Self::default();
        prepare(builder().create_with_backend(disk.clone()).unwrap()).unwrap();
        disk.lock().operations = 0;
        disk
    }

    pub fn holding(bytes: Vec<u8>) -> Self {
        let state = State {
            seen: bytes.clone(),
            kept: bytes,
            ..Default::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// The power goes with that operation, counted from 0.
    pub fn off_at(&self, operation: usize) {
        self.lock().off = Some(operation);
    }

    /// So many operations fail from that one on.
    pub fn fail_at(&self, operation: usize, times: usize) {
        self.lock().failing = operation..operation + times;
    }

    /// Another disk is in its place.
    pub fn replace(&self, other: &Self) {
        let bytes = other.lock().seen.clone();
        let mut state = self.lock();
        state.seen = bytes.clone();
        state.kept = bytes;
    }

    pub fn bytes(&self) -> Vec<u8> {
        self.lock().seen.clone()
    }

    pub fn syncs(&self) -> usize {
        self.lock().syncs
    }

    pub fn fill(&self, is_full: bool) {
        self.lock().is_full = is_full;
    }

    pub fn hang(&self, hangs: bool) {
        self.lock().hangs = hangs;
    }

    pub fn operations(&self) -> usize {
        self.lock().operations
    }

    /// What a power cut leaves: of what was not synced nothing for 0, all for 1, and some for
    /// others.
    pub fn after_cut(&self, choice: u64) -> Self {
        let state = self.lock();
        let mut bytes = state.kept.clone();
        let mut random = choice.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for part in state.unsynced.iter().flat_map(Change::parts) {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let is_there = match choice {
                0 => false,
                1 => true,
                // Few of them, half, most.
                _ => random % 8 < [1, 4, 7][choice as usize % 3],
            };
            if is_there {
                part.apply(&mut bytes);
            }
        }
        Self::holding(bytes)
    }
}

impl State {
    /// Counts an operation; how it fails, if it does.
    fn operate(&mut self) -> Result<(), io::Error> {
        let number = self.operations;
        self.operations += 1;
        self.is_off |= self.off == Some(number);
        match self.is_off || self.failing.contains(&number) {
            true => Err(io::Error::new(io::ErrorKind::StorageFull, "no room")),
            false => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    fn write(&mut self, at: u64, bytes: &[u8]) -> Result<(), io::Error> {
        let done = self.operate();
        if self.is_off && done.is_err() {
            return done;
        }
        let at = at as usize;
        let room = match self.is_full {
            true => self.room(at, bytes),
            false => bytes.len(),
        };
        // There may have been room for the first bytes.
        let length = match done {
            Ok(()) => room,
            Err(_) => bytes.len() / 2,
        };
        let part = bytes[..length].to_vec();
        self.change(Change::Bytes { at, bytes: part });
        match length < bytes.len() {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => done,
        }
    }

    /// How many of the bytes there is room for on a full disk.
    fn room(&self, at: usize, bytes: &[u8]) -> usize {
        let mut room = 0;
        while room < bytes.len() {
            let sector = (at + room) / SECTOR * SECTOR;
            let end = (sector + SECTOR).min(self.seen.len());
            if self.seen[sector..end].iter().all(|byte| *byte == 0) {
                break;
            }
            room = (end - at).min(bytes.len());
        }
        room
    }

    fn sync(&mut self) -> Result<(), io::Error> {
        let done = self.operate();
        match done {
            Ok(()) => {
                self.syncs += 1;
                for change in self.unsynced.drain(..) {
                    change.apply(&mut self.kept);
                }
            }
            // As Linux does it: something is on the disk, here the first page and the length; the
            // rest will never be, and is read all the same.
            Err(_) if !self.is_off => {
                for change in self.unsynced.drain(..) {
                    if !matches!(change, Change::Bytes { at: 1.., .. }) {
                        change.apply(&mut self.kept);
                    }
                }
            }
            Err(_) => (),
        }
        done
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, io::Error> {
        Ok(self.lock().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), io::Error> {
        let mut state = self.lock();
        state.operate()?;
        let at = offset as usize;
        let bytes = state.seen.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), io::Error> {
        let mut state = self.lock();
        state.operate()?;
        state.change(Change::Length(len as usize));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), io::Error> {
        while self.lock().hangs {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.lock().sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), io::Error> {
        self.lock().write(offset, data)
    }
}

impl Place for Disk {
    fn path(&self) -> &Path {
        Path::new("in memory")
    }

    fn open(&self) -> Result<Database, DatabaseError> {
        builder().create_with_backend(self.clone())
    }

    fn write_again(&self) -> io::Result<()> {
        let mut state = self.lock();
        // One operation, like one write.
        state.operate()?;
        let all = state.seen.clone();
        for (n, block) in all.chunks(BLOCK).enumerate() {
            if is_written_again(block) {
                state.operations -= 1;
                state.write((n * BLOCK) as u64, block)?;
            }
        }
        state.sync()
    }
}
