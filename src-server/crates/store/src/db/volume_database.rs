//! A database of one volume: created at the first write, in memory where it cannot be on disk.

use super::{Db, Location, Pending};
use crate::disk::{Faults, Op};
use crate::error::{ErrorKind, StoreError};
use crate::state_location::StateLocation;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// What a database of every volume is for.
pub struct Purpose {
    /// File name in the state folder.
    pub file: &'static str,
    /// What it is, for the log.
    pub name: &'static str,
    /// See [`Db::open`].
    pub migrations: &'static [&'static str],
}

/// The database, or the place where it will be created.
pub struct VolumeDatabase {
    purpose: &'static Purpose,
    location: StateLocation,
    db: Mutex<Option<Arc<Db>>>,
    /// Injected failures, for tests.
    faults: OnceLock<Arc<Faults>>,
}

impl VolumeDatabase {
    /// Opens an existing database; creates nothing yet. A damaged database is renamed with a logged error, and a new
    /// one is created.
    ///
    /// # Errors
    /// The database exists but cannot be used now (written by a newer version, in use by another program).
    pub fn open(purpose: &'static Purpose, location: StateLocation) -> Result<Self, StoreError> {
        let db = match location.find().map(|folder| folder.join(purpose.file)) {
            Some(path) if path.exists() => Some(open_or_replace_damaged(purpose, &path)?),
            _ => None,
        };
        Ok(Self { purpose, location, db: Mutex::new(db.map(Arc::new)), faults: OnceLock::new() })
    }

    /// Returns where the volume keeps its state.
    pub fn location(&self) -> &StateLocation {
        &self.location
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
        let db = match injected.and_then(|()| self.location.make()) {
            Ok(Some(folder)) => open_or_replace_damaged(self.purpose, &folder.join(self.purpose.file)),
            Ok(None) => Db::open(&Location::Memory, self.purpose.migrations),
            Err(error) => Err(StoreError::new("make state folder", self.location.to_string(), error)),
        };
        let db = db.or_else(|error| match error.kind() {
            ErrorKind::NoSpace => Err(error),
            _ => {
                tracing::warn!(%error, "cannot create the {}; keeping it in memory until the program ends", self.purpose.name);
                Db::open(&Location::Memory, self.purpose.migrations)
            }
        })?;
        self.faults.get().into_iter().for_each(|faults| db.set_faults(faults.clone()));
        Ok(slot.insert(Arc::new(db)).clone())
    }

    /// Renames the database, which is damaged, so that the next write creates a new one.
    ///
    /// # Errors
    /// File system errors.
    pub fn set_aside(&self) -> Result<(), StoreError> {
        let Some(db) = self.db.lock().take() else { return Ok(()) };
        db.file().map_or(Ok(()), |path| set_aside(self.purpose, path))
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

fn open_or_replace_damaged(purpose: &Purpose, path: &Path) -> Result<Db, StoreError> {
    let location = Location::File(path.to_owned());
    match Db::open(&location, purpose.migrations) {
        Err(error) if error.kind() == ErrorKind::Corrupt => {
            tracing::error!(%error, "the {} is damaged", purpose.name);
            set_aside(purpose, path)?;
            Db::open(&location, purpose.migrations)
        }
        answer => answer,
    }
}

fn set_aside(purpose: &Purpose, path: &Path) -> Result<(), StoreError> {
    let renamed = path.with_extension("db.damaged");
    tracing::error!(renamed = %renamed.display(), "the damaged {} is kept under another name; a new one is made", purpose.name);
    std::fs::rename(path, &renamed).map_err(|error| StoreError::new("rename", path.display().to_string(), error))?;
    for suffix in ["db-wal", "db-shm"] {
        let _was_not_there = std::fs::remove_file(path.with_extension(suffix));
    }
    Ok(())
}
