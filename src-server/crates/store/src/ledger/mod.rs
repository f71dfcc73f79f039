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

mod aside;
mod boot;
mod contents;
mod files;
mod moving;
mod overdue;
mod recent;
mod state_folder;
mod unfinished;

pub use boot::boot_id;
pub use files::{FileRow, Seen, Totals};
pub use moving::FolderMove;
pub use state_folder::VolumeState;
pub use unfinished::UnfinishedRow;

use crate::db::{Db, Pending, Place};
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
    contents: contents::Contents,
    totals: Arc<files::Counters>,
    recent: recent::Recent,
    aside: aside::Aside,
    overdue: overdue::Overdue,
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
            Some(path) if path.exists() => Some(open_or_put_aside(&path)?),
            _ => None,
        };
        let mut ledger = Self {
            state,
            db: Mutex::new(db.map(Arc::new)),
            contents: contents::Contents::new(0),
            totals: Arc::default(),
            recent: Default::default(),
            aside: Default::default(),
            overdue: Default::default(),
            faults: OnceLock::new(),
        };
        let are_aside = ledger.read(aside::is_any)?;
        if are_aside {
            ledger.aside.lock().note_unknown();
            // Without room they stay aside.
            ledger.moved_rows()?;
        }
        ledger.contents = contents::Contents::new(ledger.read(files::last_id)?);
        if are_aside {
            ledger.read(|connection| ledger.contents.read_aside(connection))?;
        }
        Ok(ledger)
    }

    /// Where the volume keeps its state.
    pub fn state(&self) -> &VolumeState {
        &self.state
    }

    /// Changes and syncs fail on demand from now on. For tests; those that were set first stay.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.reading().iter().for_each(|db| db.set_faults(faults.clone()));
        let _there_are_some = self.faults.set(faults);
    }

    /// The database for reading; `None` while nothing was ever written.
    fn reading(&self) -> Option<Arc<Db>> {
        self.db.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The database for writing; made if missing, in memory if it cannot be on disk. Where there is merely no room, what
    /// is to be written is refused instead: room will be made, and who was told that something is kept relies on it.
    fn writing(&self) -> Result<Arc<Db>, StoreError> {
        let mut slot = self.db.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(db) = &*slot {
            return Ok(db.clone());
        }
        let planned = self.faults.get().map_or(Ok(()), |faults| faults.check(Op::MakeFolder));
        let db = match planned.and_then(|()| self.state.make()) {
            Ok(Some(folder)) => open_or_put_aside(&folder.join(FILE)),
            Ok(None) => Db::open(&Place::Memory, MIGRATIONS),
            Err(error) => Err(StoreError::new("make state folder", self.state.to_string(), error)),
        };
        let db = db.or_else(|error| match error.kind() {
            ErrorKind::NoSpace => Err(error),
            _ => {
                tracing::warn!(%error, "this volume's uploads are remembered only until the program ends");
                Db::open(&Place::Memory, MIGRATIONS)
            }
        })?;
        self.faults.get().into_iter().for_each(|faults| db.set_faults(faults.clone()));
        Ok(slot.insert(Arc::new(db)).clone())
    }

    fn read<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.reading().map_or_else(|| Ok(T::default()), |db| db.read(query))
    }

    /// Moves what is aside to its place, and waits for that.
    fn settled(&self) -> Result<(), StoreError> {
        self.catch_up()?;
        let Some(db) = self.reading() else { return Ok(()) };
        let (number, moved) = {
            let mut aside = self.aside.lock();
            let Some(number) = aside.next_move() else { return Ok(()) };
            (number, self.queue_move(&db))
        };
        moved.wait()?;
        self.aside.lock().is_done(number);
        Ok(())
    }

    /// Called with `aside` locked.
    fn queue_move(&self, db: &Db) -> Pending<()> {
        let totals = self.totals.clone();
        db.write(move |connection| files::settle(connection, &totals))
    }

    /// As [`Ledger::settled`], for questions that had better be answered from what is in its place than not at all: on a
    /// full disk somebody wants to delete.
    fn settled_if_possible(&self) {
        if let Err(error) = self.settled() {
            tracing::warn!(%error, "files that have just arrived cannot be found yet");
        }
    }

    /// For queries that are answered by a few pages.
    fn look<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.reading().map_or_else(|| Ok(T::default()), |db| db.look(query))
    }

    fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        Ok(self.writing()?.write(job))
    }

    /// A change of known files; it finds all of them in their place.
    fn change<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        let db = self.writing()?;
        let mut aside = self.aside.lock();
        let totals = aside.next_move().map(|_| self.totals.clone());
        Ok(db.write(move |connection| {
            if let Some(totals) = totals {
                files::settle(connection, &totals)?;
            }
            job(connection)
        }))
    }

    /// Puts the row of a file that has just arrived aside.
    fn put_aside(&self, row: Arc<FileRow>) -> Result<Pending<()>, StoreError> {
        let db = self.writing()?;
        let mut aside = self.aside.lock();
        let are_enough = self.aside.note(&mut aside, &row);
        let pending = db.write(move |connection| files::put_aside(connection, &row));
        if are_enough && aside.next_move().is_some() {
            self.queue_move(&db).forget();
        }
        Ok(pending)
    }

    /// As [`Ledger::sync`], unless the database is on the file system with this number, which was just synced whole.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync_unless_on(&self, device: Option<u64>) -> Result<(), StoreError> {
        match self.reading().and_then(|db| db.device()) {
            Some(own) if Some(own) == device => Ok(()),
            _ => self.sync(),
        }
    }

    /// Makes everything that was committed survive a loss of power.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.reading().map_or(Ok(()), |db| db.sync())
    }
}

fn open_or_put_aside(path: &std::path::Path) -> Result<Db, StoreError> {
    let place = Place::File(path.to_owned());
    match Db::open(&place, MIGRATIONS) {
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            let aside = path.with_extension("db.damaged");
            tracing::error!(%error, aside = %aside.display(), "the ledger is damaged; a new one is begun");
            std::fs::rename(path, &aside).map_err(|e| StoreError::new("rename", place.to_string(), e))?;
            for suffix in ["db-wal", "db-shm"] {
                let _was_not_there = std::fs::remove_file(path.with_extension(suffix));
            }
            Db::open(&place, MIGRATIONS)
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
