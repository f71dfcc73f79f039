//! The database of one ledger: created at the first write, in memory where it cannot be on disk.

use super::state_folder::VolumeState;
use crate::db::{Db, Location, Pending};
use crate::disk::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, OnceLock};

const MIGRATIONS: &[&str] = &[
    include_str!("../db/sql/ledger/001.sql"),
    include_str!("../db/sql/ledger/002.sql"),
    include_str!("../db/sql/ledger/003.sql"),
    include_str!("../db/sql/ledger/004.sql"),
];
/// File name of the database in the state folder.
const FILE: &str = "potluck.db";

/// The database, or the place where it will be created.
pub(super) struct Database {
    state: VolumeState,
    db: Mutex<Option<Arc<Db>>>,
    /// Injected failures, for tests.
    faults: OnceLock<Arc<Faults>>,
}

impl Database {
    /// Opens an existing database; creates nothing yet.
    ///
    /// # Errors
    /// As [`Ledger::open`](super::Ledger::open).
    pub fn open(state: VolumeState) -> Result<Self, StoreError> {
        let db = match state.find().map(|folder| folder.join(FILE)) {
            Some(path) if path.exists() => Some(open_or_replace_damaged(&path)?),
            _ => None,
        };
        Ok(Self { state, db: Mutex::new(db.map(Arc::new)), faults: OnceLock::new() })
    }

    /// Returns where the volume keeps its state.
    pub fn state(&self) -> &VolumeState {
        &self.state
    }

    /// Injects failures into changes and syncs from now on. For tests; a second call has no effect.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.get().iter().for_each(|db| db.set_faults(faults.clone()));
        let _already_set = self.faults.set(faults);
    }

    /// Returns the database; `None` if nothing was ever written.
    pub fn get(&self) -> Option<Arc<Db>> {
        self.db.lock().clone()
    }

    /// Returns the database, created if missing; in memory if it cannot be on disk. On a full disk the write is refused
    /// instead: space will be freed, and a client that was told that a file is stored relies on the row.
    ///
    /// # Errors
    /// `NoSpace`; the database cannot be created even in memory.
    pub fn get_or_create(&self) -> Result<Arc<Db>, StoreError> {
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

    /// Runs a query on a read-only connection; the default if nothing was ever written.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn read<T: Default>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        self.get().map_or_else(|| Ok(T::default()), |db| db.read(query))
    }

    /// Runs a query that touches only a few pages ([`Db::read_cached`]).
    ///
    /// # Errors
    /// SQLite errors.
    pub fn read_cached<T: Default>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.get().map_or_else(|| Ok(T::default()), |db| db.read_cached(query))
    }

    /// Queues a change ([`Db::write`]).
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        Ok(self.get_or_create()?.write(job))
    }
}

fn open_or_replace_damaged(path: &Path) -> Result<Db, StoreError> {
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
