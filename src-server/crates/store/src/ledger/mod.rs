//! The ledger of a volume on disk: which files are known (size, date, content, who brought them), and which uploads are
//! unfinished.
//!
//! Disk is the truth: a row is a claim that is checked before it is used, and the whole ledger may be deleted (what is
//! lost then: the right to take back uploads, dates of expiry, and the chunks of unfinished uploads). Lives in
//! `potluck.db` in the volume's state folder, made at the first write; where that cannot be, in memory.
//!
//! | file | |
//! |---|---|
//! | `files.rs` | rows of known files |
//! | `aside.rs` | those that wait for their place |
//! | `contents.rs` | which contents may be known, in memory |
//! | `overdue.rs` | changes that could not be committed and are made before the next one |
//! | `recent.rs` | those of files that have just arrived, in memory |
//! | `unfinished.rs` | rows of uploads |
//! | `state_folder.rs` | where a volume keeps its state |
//! | `boot.rs` | which boot of the machine this is |

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
use rusqlite::Connection;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

const MIGRATIONS: &[&str] = &[
    include_str!("../db/sql/ledger/001.sql"),
    include_str!("../db/sql/ledger/002.sql"),
    include_str!("../db/sql/ledger/003.sql"),
    include_str!("../db/sql/ledger/004.sql"),
];
/// Name of the database in the state folder.
const FILE: &str = "potluck.db";

/// See the module.
pub struct Ledger {
    state: VolumeState,
    db: Mutex<Option<Arc<Db>>>,
    wark_filter: wark_filter::WarkFilter,
    totals: Arc<files::Counters>,
    recent_files: recent_files::RecentFiles,
    staging: staging::StagingTable,
    deferred: deferred::DeferredChanges,
    /// For tests.
    faults: OnceLock<Arc<Faults>>,
}

impl Ledger {
    /// Opens what is there; makes nothing yet. A damaged database is put aside with a warning, and a new one begun.
    ///
    /// # Errors
    /// The database exists, but cannot be used now (made by a newer program, in use by another).
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
            // Without room they stay aside.
            ledger.flushed_rows()?;
        }
        ledger.wark_filter = wark_filter::WarkFilter::new(ledger.read(files::last_id)?);
        if has_staged {
            ledger.read(|connection| ledger.wark_filter.load_staged(connection))?;
        }
        Ok(ledger)
    }

    /// Where the volume keeps its state.
    pub fn state(&self) -> &VolumeState {
        &self.state
    }

    /// Changes and syncs fail on demand from now on. For tests; those that were set first stay.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.db().iter().for_each(|db| db.set_faults(faults.clone()));
        let _there_are_some = self.faults.set(faults);
    }

    /// The database for reading; `None` while nothing was ever written.
    fn db(&self) -> Option<Arc<Db>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The database for writing; made if missing, in memory if it cannot be on disk. Where there is merely no room, what
    /// is to be written is refused instead: room will be made, and who was told that something is kept relies on it.
    fn db_or_create(&self) -> Result<Arc<Db>, StoreError> {
        let mut slot = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = &*slot {
            return Ok(db.clone());
        }
        let planned = self.faults.get().map_or(Ok(()), |faults| faults.check(Op::MakeFolder));
        let db = match planned.and_then(|()| self.state.make()) {
            Ok(Some(folder)) => open_or_replace_damaged(&folder.join(FILE)),
            Ok(None) => Db::open(&Location::Memory, MIGRATIONS),
            Err(error) => Err(StoreError::new("make state folder", self.state.to_string(), error)),
        };
        let db = db.or_else(|error| match error.kind() {
            ErrorKind::NoSpace => Err(error),
            _ => {
                tracing::warn!(%error, "this volume's uploads are remembered only until the program ends");
                Db::open(&Location::Memory, MIGRATIONS)
            }
        })?;
        self.faults.get().into_iter().for_each(|faults| db.set_faults(faults.clone()));
        Ok(slot.insert(Arc::new(db)).clone())
    }

    fn read<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.db().map_or_else(|| Ok(T::default()), |db| db.read(query))
    }

    /// Moves what is aside to its place, and waits for that.
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

    /// Called with `aside` locked.
    fn queue_flush(&self, db: &Db) -> Pending<()> {
        let totals = self.totals.clone();
        db.write(move |connection| files::flush_staged(connection, &totals))
    }

    /// As [`Ledger::flush`], for questions that had better be answered from what is in its place than not at all: on a
    /// full disk somebody wants to delete.
    fn flush_if_possible(&self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "files that have just arrived cannot be found yet");
        }
    }

    /// For queries that are answered by a few pages.
    fn read_cached<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.db().map_or_else(|| Ok(T::default()), |db| db.read_cached(query))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        Ok(self.db_or_create()?.write(job))
    }

    /// A change of known files; it finds all of them in their place.
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

    /// Puts the row of a file that has just arrived aside.
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

    /// As [`Ledger::sync`], unless the database is on the file system with this number, which was just synced whole.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync_unless_on(&self, device: Option<u64>) -> Result<(), StoreError> {
        match self.db().and_then(|db| db.device()) {
            Some(own) if Some(own) == device => Ok(()),
            _ => self.sync(),
        }
    }

    /// Makes everything that was committed survive a loss of power.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.db().map_or(Ok(()), |db| db.sync())
    }
}

fn open_or_replace_damaged(path: &std::path::Path) -> Result<Db, StoreError> {
    let location = Location::File(path.to_owned());
    match Db::open(&location, MIGRATIONS) {
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            let aside = path.with_extension("db.damaged");
            tracing::error!(%error, aside = %aside.display(), "the ledger is damaged; a new one is begun");
            std::fs::rename(path, &aside).map_err(|e| StoreError::new("rename", location.to_string(), e))?;
            for suffix in ["db-wal", "db-shm"] {
                let _was_not_there = std::fs::remove_file(path.with_extension(suffix));
            }
            Db::open(&location, MIGRATIONS)
        }
        answer => answer,
    }
}

/// A column that holds a path.
fn path_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<VPath> {
    VPath::parse(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

/// A column that holds a name.
fn name_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<FileName> {
    FileName::new(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, Box::new(error))
}

#[cfg(test)]
mod tests;
