//! The ledger of a volume: an SQLite database of known files (size, dates, content, uploader) and of unfinished
//! uploads.
//!
//! The file system is the truth: a row is a claim that is checked before it is used, and the whole ledger may be
//! deleted. Lost then: the right of uploaders to delete their uploads, expiry dates, and the received chunks of
//! unfinished uploads. The database is `potluck.db` in the volume's state folder, created at the first write; where it
//! cannot be created it is kept in memory.
//!
//! | file | |
//! |---|---|
//! | `files.rs` | rows of known files |
//! | `staging.rs` | rows that are not indexed yet |
//! | `wark_filter.rs` | Bloom filter of the contents that may be known, in memory |
//! | `recent_files.rs` | rows of files that have just been uploaded, in memory |
//! | `deferred.rs` | changes that could not be committed and are applied before the next one |
//! | `folder_moves.rs` | renames of folders that have begun |
//! | `unfinished.rs` | rows of unfinished uploads |
//! | `state_folder.rs` | where a volume keeps its state |
//! | `boot.rs` | identity of the current boot of the machine |

mod boot;
mod deferred;
mod files;
mod folder_moves;
mod recent_files;
mod staging;
mod state_folder;
mod unfinished;
mod wark_filter;

pub use boot::boot_id;
pub use files::{FileRow, Totals, VerifiedState};
pub use folder_moves::FolderMove;
pub use state_folder::VolumeState;
pub use unfinished::UnfinishedRow;

use crate::db::{Db, Location, Pending};
use crate::disk::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use model::{FileName, VPath};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::sync::{Arc, OnceLock};

const MIGRATIONS: &[&str] = &[
    include_str!("../db/sql/ledger/001.sql"),
    include_str!("../db/sql/ledger/002.sql"),
    include_str!("../db/sql/ledger/003.sql"),
    include_str!("../db/sql/ledger/004.sql"),
];
/// File name of the database in the state folder.
const FILE: &str = "potluck.db";

/// The ledger of one volume. All methods may block on the disk unless they say otherwise.
pub struct Ledger {
    state: VolumeState,
    db: Mutex<Option<Arc<Db>>>,
    wark_filter: wark_filter::WarkFilter,
    totals: Arc<files::Counters>,
    recent_files: recent_files::RecentFiles,
    staging: staging::StagingTable,
    deferred: deferred::DeferredChanges,
    /// Injected failures, for tests.
    faults: OnceLock<Arc<Faults>>,
}

impl Ledger {
    /// Opens an existing database; creates nothing yet. A damaged database is renamed with a logged error, and a new
    /// one is created.
    ///
    /// # Errors
    /// The database exists but cannot be used now (written by a newer version, in use by another program).
    pub fn open(state: VolumeState) -> Result<Self, StoreError> {
        let db = match state.find().map(|folder| folder.join(FILE)) {
            Some(path) if path.exists() => Some(open_or_replace_damaged(&path)?),
            _ => None,
        };
        let mut ledger = Self {
            state,
            db: Mutex::new(db.map(Arc::new)),
            wark_filter: wark_filter::WarkFilter::new(0),
            totals: Arc::default(),
            recent_files: Default::default(),
            staging: Default::default(),
            deferred: Default::default(),
            faults: OnceLock::new(),
        };
        let has_staged = ledger.read(staging::has_rows)?;
        if has_staged {
            ledger.staging.lock().mark_inherited();
            // On a full disk the rows stay in the staging table.
            ledger.flushed_rows()?;
        }
        ledger.wark_filter = wark_filter::WarkFilter::new(ledger.read(files::last_id)?);
        if has_staged {
            ledger.read(|connection| ledger.wark_filter.load_staged(connection))?;
        }
        Ok(ledger)
    }

    /// Returns where the volume keeps its state.
    pub fn state(&self) -> &VolumeState {
        &self.state
    }

    /// Injects failures into changes and syncs from now on. For tests; a second call has no effect.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.db().iter().for_each(|db| db.set_faults(faults.clone()));
        let _already_set = self.faults.set(faults);
    }

    /// Returns the database; `None` if nothing was ever written.
    fn db(&self) -> Option<Arc<Db>> {
        self.db.lock().clone()
    }

    /// Returns the database, created if missing; in memory if it cannot be on disk. On a full disk the write is refused
    /// instead: space will be freed, and a client that was told that a file is stored relies on the row.
    fn db_or_create(&self) -> Result<Arc<Db>, StoreError> {
        let mut slot = self.db.lock();
        if let Some(db) = &*slot {
            return Ok(db.clone());
        }
        let injected = self.faults.get().map_or(Ok(()), |faults| faults.check(Op::MakeFolder));
        let db = match injected.and_then(|()| self.state.make()) {
            Ok(Some(folder)) => open_or_replace_damaged(&folder.join(FILE)),
            Ok(None) => Db::open(&Location::Memory, MIGRATIONS),
            Err(error) => Err(StoreError::new("make state folder", self.state.to_string(), error)),
        };
        let db = db.or_else(|error| match error.kind() {
            ErrorKind::NoSpace => Err(error),
            _ => {
                tracing::warn!(%error, "cannot create the ledger; keeping it in memory until the program ends");
                Db::open(&Location::Memory, MIGRATIONS)
            }
        })?;
        self.faults.get().into_iter().for_each(|faults| db.set_faults(faults.clone()));
        Ok(slot.insert(Arc::new(db)).clone())
    }

    fn read<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.db().map_or_else(|| Ok(T::default()), |db| db.read(query))
    }

    /// Moves the staged rows into the indexed table and waits for the commit.
    fn flush(&self) -> Result<(), StoreError> {
        self.apply_deferred()?;
        let Some(db) = self.db() else { return Ok(()) };
        let (number, moved) = {
            let mut staging = self.staging.lock();
            let Some(number) = staging.next_flush() else { return Ok(()) };
            (number, self.queue_flush(&db))
        };
        moved.wait()?;
        self.staging.lock().flush_committed(number);
        Ok(())
    }

    /// Queues a flush. The caller holds the lock of `staging`.
    fn queue_flush(&self, db: &Db) -> Pending<()> {
        let totals = self.totals.clone();
        db.write(move |connection| files::flush_staged(connection, &totals))
    }

    /// Like [`Ledger::flush`], but only logs a failure: for queries that are better answered from the indexed rows
    /// alone than refused. On a full disk a person wants to list files in order to delete some.
    fn flush_if_possible(&self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "cannot index files that have just been uploaded; they are missing in this answer");
        }
    }

    /// Runs a query that touches only a few pages ([`Db::read_cached`]).
    fn read_cached<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.db().map_or_else(|| Ok(T::default()), |db| db.read_cached(query))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        Ok(self.db_or_create()?.write(job))
    }

    /// Queues a change of known files. Staged rows are flushed in the same transaction, so `job` sees all rows indexed.
    fn change_files<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        let db = self.db_or_create()?;
        let mut staging = self.staging.lock();
        let totals = staging.next_flush().map(|_| self.totals.clone());
        Ok(db.write(move |connection| {
            if let Some(totals) = totals {
                files::flush_staged(connection, &totals)?;
            }
            job(connection)
        }))
    }

    /// Queues the row of a new upload for the staging table.
    fn stage(&self, row: Arc<FileRow>) -> Result<Pending<()>, StoreError> {
        let db = self.db_or_create()?;
        let mut staging = self.staging.lock();
        let is_full = self.staging.add(&mut staging, &row);
        let pending = db.write(move |connection| files::insert_staged(connection, &row));
        if is_full && staging.next_flush().is_some() {
            self.queue_flush(&db).detach();
        }
        Ok(pending)
    }

    /// Like [`Ledger::sync`], but does nothing if the database is on file system `device`, which the caller has just
    /// synced.
    ///
    /// # Errors
    /// I/O errors of the sync.
    pub fn sync_unless_on(&self, device: Option<u64>) -> Result<(), StoreError> {
        match self.db().and_then(|db| db.device()) {
            Some(own) if Some(own) == device => Ok(()),
            _ => self.sync(),
        }
    }

    /// Makes everything that was committed survive a loss of power.
    ///
    /// # Errors
    /// I/O errors of the sync.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db().map_or(Ok(()), |db| db.sync())
    }
}

fn open_or_replace_damaged(path: &std::path::Path) -> Result<Db, StoreError> {
    let location = Location::File(path.to_owned());
    match Db::open(&location, MIGRATIONS) {
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            let renamed = path.with_extension("db.damaged");
            tracing::error!(%error, renamed = %renamed.display(), "the ledger is damaged; creating a new one");
            std::fs::rename(path, &renamed).map_err(|e| StoreError::new("rename", location.to_string(), e))?;
            for suffix in ["db-wal", "db-shm"] {
                let _was_not_there = std::fs::remove_file(path.with_extension(suffix));
            }
            Db::open(&location, MIGRATIONS)
        }
        answer => answer,
    }
}

/// Reads a column that holds a path.
fn path_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<VPath> {
    VPath::parse(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

/// Reads a column that holds a file name.
fn name_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<FileName> {
    FileName::new(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, Box::new(error))
}

#[cfg(test)]
mod tests;
