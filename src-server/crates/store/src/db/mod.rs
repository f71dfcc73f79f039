//! SQLite: one writer at a time per database, short reads beside it.
//!
//! ```text
//! callers ── job ──► queue ── whoever waits takes all that is queued: ONE transaction ── commit ──► answers
//!         ── read ─► pool of read-only connections (WAL: never wait for the writer)
//! ```
//!
//! A commit is an ordinary write into the WAL file: it survives `kill -9`. It survives a loss of power after
//! [`Db::sync`], or any sync of the file system that the database is on; callers sync many commits at once.
//!
//! A database in memory serves volumes that may or can not keep a file; there, and where a file can only be used alone
//! (full disks, some network file systems), reads take turns with the writer.

mod open;
mod writer;

pub use open::Location;
pub use rusqlite;
pub use writer::Pending;

use crate::disk::{Faults, Folder, Op};
use crate::error::{ErrorKind, StoreError};
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use writer::Writer;

/// Read-only connections kept open between reads.
const MAX_IDLE_READERS: usize = 8;

/// An open database. Dropping it finishes what is queued and closes it.
pub struct Db {
    writer: Writer,
    readers: Readers,
    name: String,
    device: Option<u64>,
    /// The WAL file, which is there for as long as the database is open.
    wal: OnceLock<File>,
    /// The file; `None` in memory.
    path: Option<PathBuf>,
    /// For tests.
    faults: OnceLock<Arc<Faults>>,
}

enum Readers {
    /// Own connections to this file.
    PerRead { path: PathBuf, idle: Mutex<Vec<Connection>> },
    /// The writer's own connection, in turns.
    Shared(Arc<Mutex<Connection>>),
}

impl Db {
    /// Opens or makes a database and brings its tables up to date. `migrations`: SQL texts in order; added, never
    /// edited.
    ///
    /// # Errors
    /// `Corrupt` if the file is no database or one of a newer program; `Denied`, `ReadOnly`, `NoSpace`.
    pub fn open(location: &Location, migrations: &[&str]) -> Result<Self, StoreError> {
        let name = location.to_string();
        let opened = open::open_writer(location, migrations).map_err(|error| failed("open database", &name, error))?;
        let (connection, is_shared) = (Arc::new(Mutex::new(opened.0)), opened.1);
        let path = match location {
            Location::File(path) => Some(path.clone()),
            Location::Memory => None,
        };
        let readers = match path.clone().filter(|_| is_shared) {
            Some(path) => Readers::PerRead { path, idle: Mutex::default() },
            None => Readers::Shared(connection.clone()),
        };
        let writer = Writer::start(connection, &name)
            .map_err(|error| StoreError::new("start the writer of", name.clone(), error))?;
        let folder = path.as_deref().and_then(Path::parent);
        let device = folder
            .and_then(|folder| Folder::open_root(folder).ok()?.meta().ok())
            .map(|meta| meta.dev)
            .filter(|dev| *dev != 0);
        Ok(Self { writer, readers, name, device, wal: OnceLock::new(), path, faults: OnceLock::new() })
    }

    /// Changes and syncs fail on demand from now on. For tests; those that were set first stay.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.writer.set_faults(faults.clone());
        let _there_are_some = self.faults.set(faults);
    }

    /// Counts the transactions of which something was undone after it had run: what a job has noted outside the database
    /// may be wrong when this has grown. It grows before the next transaction begins.
    pub fn rollbacks(&self) -> &Arc<AtomicU64> {
        self.writer.rollbacks()
    }

    /// Queues `job`. It runs inside a transaction, together with whatever else is queued; if it fails, its own changes
    /// are undone and those of others stay. [`Pending::wait`] returns after the commit.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.writer.queue(job)
    }

    /// Runs a query that is answered by a few pages: on the writer's own connection while it is free, which has them in
    /// memory, else as [`Db::read`] does. (A connection that only reads forgets its pages at every commit.)
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn read_cached<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        match self.writer.free_connection() {
            Some(connection) => query(&connection).map_err(|error| failed("read database", &self.name, error)),
            None => self.read(query),
        }
    }

    /// Runs a query on a connection that cannot write.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let failed = |error| failed("read database", &self.name, error);
        match &self.readers {
            Readers::Shared(shared) => query(&shared.lock().unwrap_or_else(PoisonError::into_inner)).map_err(failed),
            Readers::PerRead { path, idle } => {
                let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let connection = kept.map_or_else(|| open::open_reader(path), Ok).map_err(failed)?;
                let answer = query(&connection);
                let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
                if idle.len() < MAX_IDLE_READERS {
                    idle.push(connection);
                }
                answer.map_err(failed)
            }
        }
    }

    /// Makes everything that was committed survive a loss of power.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        // The main file is synced by SQLite itself whenever it moves the WAL into it.
        let failed = |error| Err(StoreError::new("sync", open::wal_path(path).display().to_string(), error));
        let file = match self.wal.get() {
            Some(file) => file,
            // To write: Windows flushes nothing through a handle that may only read.
            None => match OpenOptions::new().write(true).open(open::wal_path(path)) {
                Ok(file) => self.wal.get_or_init(|| file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return failed(error),
            },
        };
        let injected = self.faults.get().map_or(Ok(()), |faults| faults.check(Op::Sync));
        injected.and_then(|()| file.sync_data()).or_else(failed)
    }

    /// The number of the file system that it is on; `None` in memory, or where the platform has no such numbers.
    pub fn device(&self) -> Option<u64> {
        self.device
    }

    /// The file; `None` for a database in memory.
    pub fn file(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

/// What SQLite said, as an error of the store.
pub(crate) fn failed(op: &'static str, name: &str, error: rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode as Code;
    let kind = match error.sqlite_error_code() {
        Some(Code::DiskFull) => ErrorKind::NoSpace,
        Some(Code::ReadOnly) => ErrorKind::ReadOnly,
        Some(Code::CannotOpen | Code::PermissionDenied | Code::AuthorizationForStatementDenied) => ErrorKind::Denied,
        Some(Code::DatabaseBusy | Code::DatabaseLocked | Code::FileLockingProtocolFailed) => ErrorKind::Busy,
        Some(Code::DatabaseCorrupt | Code::NotADatabase) => ErrorKind::Corrupt,
        _ => ErrorKind::Other,
    };
    StoreError::with_kind(kind, op, name, error)
}

#[cfg(test)]
mod tests;
