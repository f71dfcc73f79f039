//! SQLite databases with one writer at a time and short concurrent reads.
//!
//! ```text
//! callers ── write ─► queue ── first waiting caller commits all queued jobs in ONE transaction ──► results
//!         ── read ──► pool of read-only connections (WAL: never wait for the writer)
//! ```
//!
//! A commit is an ordinary write into the WAL file, so it survives `kill -9`. It survives a loss of power after
//! [`Db::sync`], or after any sync of its file system; callers sync many commits at once.
//!
//! Volumes that may not or cannot keep a file use a database in memory. There, and where a file can only be used in
//! exclusive mode (full disks, some network file systems), reads share the writer's connection and wait for it.

pub(crate) mod columns;
mod error;
mod open;
pub(crate) mod ranges;
pub(crate) mod volume_database;
mod writer;

pub(crate) use error::failed;
pub use open::Location;
pub use rusqlite;
pub use writer::Pending;

use crate::disk::{Faults, Folder, Op};
use crate::error::StoreError;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock};
use writer::Writer;

/// Upper limit of idle read-only connections that are kept open.
const MAX_IDLE_READERS: usize = 8;

/// Instructions of SQLite's virtual machine between two calls of the `stop` of [`Db::read_until`].
const CHECK_INTERVAL: i32 = 10_000;

/// An open database. Dropping it commits what is queued, then closes it.
pub struct Db {
    /// Closed before the writer: only a connection that may write removes the WAL file when it is the last one.
    readers: Readers,
    writer: Writer,
    name: String,
    device: Option<u64>,
    /// The WAL file, opened at the first sync. It exists for as long as the database is open.
    wal: OnceLock<File>,
    /// The database file; `None` in memory.
    path: Option<PathBuf>,
    /// Injected failures, for tests.
    faults: OnceLock<Arc<Faults>>,
}

enum Readers {
    /// Read-only connections, one for each read in progress, reused afterwards.
    PerRead { path: PathBuf, idle: Mutex<Vec<Connection>> },
    /// The writer's connection, used by one thread at a time.
    Shared(Arc<Mutex<Connection>>),
}

impl Db {
    /// Opens or creates a database and runs missing migrations. `migrations`: SQL texts in order; new ones are
    /// appended, existing ones never edited.
    ///
    /// # Errors
    /// `Corrupt` if the file is not a database; `Newer` if a newer version has written it; `Denied` without permission;
    /// `ReadOnly`, `NoSpace`.
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
            .map_err(|error| StoreError::new("start the writer thread of", name.clone(), error))?;
        let folder = path.as_deref().and_then(Path::parent);
        let device = folder
            .and_then(|folder| Folder::open_root(folder).ok()?.meta().ok())
            .map(|meta| meta.dev)
            .filter(|dev| *dev != 0);
        Ok(Self { writer, readers, name, device, wal: OnceLock::new(), path, faults: OnceLock::new() })
    }

    /// Injects failures into changes and syncs from now on. For tests; a second call has no effect.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.writer.set_faults(faults.clone());
        let _already_set = self.faults.set(faults);
    }

    /// Returns the number of transactions of which a part was rolled back. If it has grown, state that jobs keep
    /// outside the database may be wrong. It is increased before the next transaction begins.
    pub fn rollbacks(&self) -> &Arc<AtomicU64> {
        self.writer.rollbacks()
    }

    /// Returns a number that changes after each transaction, before its results are delivered, and that no other database
    /// of this process has. What is read afterwards is at least as new.
    pub fn version(&self) -> u64 {
        self.writer.version()
    }

    /// Queues `job`. It runs inside a transaction together with other queued jobs. If it fails, its own changes are
    /// rolled back and those of the others stay. [`Pending::wait`] returns after the commit.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.writer.queue(job)
    }

    /// Runs a query that touches only a few pages: on the writer's connection while it is free, since that has them
    /// cached, else like [`Db::read`]. (SQLite drops the cache of a connection that only reads at every commit of
    /// another one.)
    ///
    /// # Errors
    /// SQLite errors.
    pub fn read_cached<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        match self.writer.free_connection() {
            Some(connection) => query(&connection).map_err(|error| failed("read database", &self.name, error)),
            None => self.read(query),
        }
    }

    /// Runs a query on a read-only connection.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.with_reader(|connection| query(connection))
    }

    /// Like [`Db::read`], but ends with the error `Interrupted` soon after `stop` returns true: it is called some 10,000
    /// times a second.
    ///
    /// # Errors
    /// `Interrupted`; SQLite errors.
    pub fn read_until<T>(
        &self,
        stop: impl FnMut() -> bool + Send + 'static,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.with_reader(|connection| {
            connection.progress_handler(CHECK_INTERVAL, Some(stop))?;
            let answer = query(connection);
            connection.progress_handler(0, None::<fn() -> bool>)?;
            answer
        })
    }

    fn with_reader<T>(&self, query: impl FnOnce(&mut Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let failed = |error| failed("read database", &self.name, error);
        match &self.readers {
            Readers::Shared(shared) => query(&mut shared.lock()).map_err(failed),
            Readers::PerRead { path, idle } => {
                let kept = idle.lock().pop();
                let mut connection = kept.map_or_else(|| open::open_reader(path), Ok).map_err(failed)?;
                let answer = query(&mut connection);
                let mut idle = idle.lock();
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
    /// I/O errors of the sync.
    pub fn sync(&self) -> Result<(), StoreError> {
        let Some(path) = &self.path else { return Ok(()) };
        // SQLite itself syncs the main file whenever it moves the WAL into it.
        let failed = |error| Err(StoreError::new("sync", open::wal_path(path).display().to_string(), error));
        let file = match self.wal.get() {
            Some(file) => file,
            // For writing: Windows does not flush a handle that is open for reading only.
            None => match OpenOptions::new().write(true).open(open::wal_path(path)) {
                Ok(file) => self.wal.get_or_init(|| file),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                Err(error) => return failed(error),
            },
        };
        let injected = self.faults.get().map_or(Ok(()), |faults| faults.check(Op::Sync));
        injected.and_then(|()| file.sync_data()).or_else(failed)
    }

    /// Returns the device number of the file system that holds the file; `None` in memory, or on platforms without such
    /// numbers.
    pub fn device(&self) -> Option<u64> {
        self.device
    }

    /// Returns the database file; `None` in memory.
    pub fn file(&self) -> Option<&Path> {
        self.path.as_deref()
    }
}

#[cfg(test)]
mod tests;
