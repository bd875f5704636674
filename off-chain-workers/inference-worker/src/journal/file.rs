//! The journal's file: its tables, how it is made, opened again, read and written.

use super::{Answered, JournalError};
use codec::{Decode, Encode};
use myai_chain_client::{files::sync_folder, hop::blob_hash};
use myai_primitives::JobId;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The only format that this release reads. Formats 1 and 2 were folders of JSON files.
pub const FORMAT: u32 = 3;

const NAME: &str = "journal.redb";
/// `format`, and nothing else.
pub const META: TableDefinition<&str, u32> = TableDefinition::new("meta");
pub const FORMAT_KEY: &str = "format";
/// Of each job, [`Answered`] in SCALE with the sealed answer behind it.
pub const ANSWERED: TableDefinition<&[u8; 32], &[u8]> = TableDefinition::new("answered");

/// What the database may keep in memory, in bytes.
const CACHE: usize = 16 << 20;
/// How many bytes are written again at once: no more than a block of any disk has.
pub const BLOCK: usize = 512;

/// Where a journal is.
pub trait Place: Send + 'static {
    /// The path that errors name.
    fn path(&self) -> &Path;

    /// Opens a database that was made before.
    fn open(&self) -> Result<Database, DatabaseError>;

    /// Writes every readable byte once more and brings it to disk. Takes no room: an answer must be
    /// readable also on a full disk.
    fn write_again(&self) -> io::Result<()>;
}

/// A file on disk.
pub struct JournalFile {
    path: PathBuf,
}

impl JournalFile {
    /// The journal's file in the folder. Both are made where they are not there.
    pub fn in_folder(folder: &Path) -> Result<Self, JournalError> {
        let path = folder.join(NAME);
        match make(folder, &path) {
            Ok(()) => Ok(Self { path }),
            Err(source) => Err(JournalError::Make {
                path,
                source: Arc::new(source),
            }),
        }
    }
}

/// Makes the file complete or not at all: a file that a crash leaves behind has another name.
fn make(folder: &Path, path: &Path) -> Result<(), redb::Error> {
    fs::create_dir_all(folder)?;
    if !path.try_exists()? {
        let part = tempfile::Builder::new()
            .prefix(NAME)
            .suffix(".new")
            .tempfile_in(folder)?;
        prepare(builder().create(part.path())?)?;
        match part.persist_noclobber(path) {
            // Another program was faster.
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => (),
            made => drop(made.map_err(|e| e.error)?),
        }
    }
    Ok(sync_folder(folder)?)
}

impl Place for JournalFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self) -> Result<Database, DatabaseError> {
        builder().open(&self.path)
    }

    fn write_again(&self) -> io::Result<()> {
        use std::os::unix::fs::FileExt;
        let file = fs::File::options()
            .read(true)
            .write(true)
            .open(&self.path)?;
        let length = file.metadata()?.len();
        let mut block = [0; BLOCK];
        for at in (0..length).step_by(BLOCK) {
            let size = BLOCK.min(usize::try_from(length - at).unwrap_or(BLOCK));
            let block = &mut block[..size];
            file.read_exact_at(block, at)?;
            if is_written_again(block) {
                file.write_all_at(block, at)?;
            }
        }
        file.sync_all()
    }
}

/// Whether the block must be written again. Zeros may be a hole, which takes no room yet, and are
/// no part of a sealed answer.
pub fn is_written_again(block: &[u8]) -> bool {
    block.iter().any(|byte| *byte != 0)
}

/// How every journal is opened: all checksums are compared, for a damaged page that is met later
/// ends the thread.
pub fn builder() -> Builder {
    let mut builder = Builder::new();
    builder
        .set_cache_size(CACHE)
        .set_check_integrity_on_open(true);
    builder
}

/// Makes the tables of an empty database, and closes it.
pub fn prepare(database: Database) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(META)?.insert(FORMAT_KEY, FORMAT)?;
    transaction.open_table(ANSWERED)?;
    transaction.commit()?;
    Ok(database.close()?)
}

/// The journal's file, open unless the disk had an error.
pub struct Store {
    place: Box<dyn Place>,
    /// Kept after an error until it is opened again: the lock is its own.
    database: Option<Database>,
}

impl Store {
    /// Opens the file and reads every promise in it.
    pub fn open(place: impl Place) -> Result<(Self, BTreeMap<JobId, Answered>), JournalError> {
        let mut store = Self {
            place: Box::new(place),
            database: None,
        };
        let rows = store.open_database()?;
        Ok((store, rows))
    }

    /// Opens the file once more after an error, and reads every promise in it.
    ///
    /// The system takes bytes that it could not bring to disk for clean: it reads them as if they were
    /// there and never writes them again. So all of them are written once more.
    pub fn open_again(&mut self) -> Result<BTreeMap<JobId, Answered>, JournalError> {
        if self.database.is_none() {
            self.open_database()?;
        }
        let again = self.place.write_again();
        again.map_err(|e| self.trouble(e))?;
        self.database = None;
        self.open_database()
    }

    /// Puts rows, then removes others, in one transaction that is on disk when this returns.
    pub fn write<'a>(
        &self,
        put: impl IntoIterator<Item = (&'a Answered, &'a [u8])>,
        removed: &BTreeSet<JobId>,
    ) -> Result<(), JournalError> {
        self.attempt(|database| {
            let transaction = database.begin_write()?;
            {
                let mut table = transaction.open_table(ANSWERED)?;
                for (answered, sealed) in put {
                    let mut row = answered.encode();
                    row.extend_from_slice(sealed);
                    table.insert(&answered.job.id.0, row.as_slice())?;
                }
                for job in removed {
                    table.remove(&job.0)?;
                }
            }
            Ok(transaction.commit()?)
        })
    }

    /// The job's sealed answer.
    pub fn sealed(&self, job: JobId) -> Result<Option<Vec<u8>>, JournalError> {
        let row = self.attempt(|database| {
            let table = database.begin_read()?.open_table(ANSWERED)?;
            let row = table.get(&job.0)?;
            Ok(row.map(|row| row.value().to_vec()))
        })?;
        let Some(row) = row else { return Ok(None) };
        match read(job, &row) {
            Some((_, sealed)) => Ok(Some(sealed.to_vec())),
            None => Err(self.bad_row(job)),
        }
    }

    fn attempt<T>(
        &self,
        work: impl FnOnce(&Database) -> Result<T, redb::Error>,
    ) -> Result<T, JournalError> {
        let done = match &self.database {
            Some(database) => work(database),
            None => Err(redb::Error::DatabaseClosed),
        };
        done.map_err(|e| self.trouble(e))
    }

    fn open_database(&mut self) -> Result<BTreeMap<JobId, Answered>, JournalError> {
        let database = self.place.open().map_err(|e| self.trouble(e))?;
        let rows = self.rows(&database)?;
        self.database = Some(database);
        Ok(rows)
    }

    /// Checks the format, and every row.
    fn rows(&self, database: &Database) -> Result<BTreeMap<JobId, Answered>, JournalError> {
        let trouble = |e: redb::Error| self.trouble(e);
        let transaction = database.begin_read().map_err(|e| trouble(e.into()))?;
        let format = (|| {
            let table = transaction.open_table(META)?;
            let format = table.get(FORMAT_KEY)?.map(|f| f.value());
            Ok(format)
        })();
        match format.map_err(trouble)? {
            Some(FORMAT) => (),
            found => {
                return Err(JournalError::Format {
                    path: self.place.path().into(),
                    found: found.unwrap_or_default(),
                })
            }
        }
        let mut rows = BTreeMap::new();
        let table = transaction.open_table(ANSWERED);
        let table = table.map_err(|e| trouble(e.into()))?;
        for row in table.iter().map_err(|e| trouble(e.into()))? {
            let (key, row) = row.map_err(|e| trouble(e.into()))?;
            let job = JobId(*key.value());
            match read(job, row.value()) {
                Some((answered, _)) => drop(rows.insert(job, answered)),
                None => return Err(self.bad_row(job)),
            }
        }
        Ok(rows)
    }

    /// The error that the file is not the one that was written to.
    pub fn replaced(&self) -> JournalError {
        JournalError::Replaced {
            path: self.place.path().into(),
        }
    }

    fn bad_row(&self, job: JobId) -> JournalError {
        JournalError::Row {
            path: self.place.path().into(),
            job,
        }
    }

    fn trouble(&self, error: impl Into<redb::Error>) -> JournalError {
        use redb::Error;
        let path = self.place.path().to_path_buf();
        let source = Arc::new(error.into());
        match &*source {
            Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => {
                JournalError::InUse { path }
            }
            Error::Corrupted(_)
            | Error::UpgradeRequired(_)
            | Error::TableTypeMismatch { .. }
            | Error::TableIsMultimap(_)
            | Error::TableDoesNotExist(_)
            | Error::TypeDefinitionChanged { .. } => JournalError::Damaged { path, source },
            Error::Io(e) if e.kind() == io::ErrorKind::InvalidData => {
                JournalError::Damaged { path, source }
            }
            _ => JournalError::Disk { path, source },
        }
    }
}

/// The parts of a row, if it is the job's and the sealed answer is the one that it names.
fn read(job: JobId, mut row: &[u8]) -> Option<(Answered, &[u8])> {
    let answered = Answered::decode(&mut row).ok()?;
    (answered.job.id == job && blob_hash(row) == answered.answer.blob).then_some((answered, row))
}
