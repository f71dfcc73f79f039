//! `Ledger`: opens the ledger of a volume and makes it durable. Questions and changes are in the modules beside this one.

use super::deferred::DeferredChanges;
use super::fast_path::FastPath;
use super::totals::Counters;
use crate::db::Pending;
use crate::db::volume_database::{Purpose, VolumeDatabase};
use crate::disk::Faults;
use crate::error::StoreError;
use crate::state_location::StateLocation;
use rusqlite::Connection;
use std::sync::Arc;

const PURPOSE: Purpose = Purpose {
    file: "potluck.db",
    name: "ledger",
    migrations: &[
        include_str!("../db/sql/ledger/001.sql"),
        include_str!("../db/sql/ledger/002.sql"),
        include_str!("../db/sql/ledger/003.sql"),
        include_str!("../db/sql/ledger/004.sql"),
        include_str!("../db/sql/ledger/005.sql"),
    ],
};

/// The ledger of one volume. All methods may block on the disk unless they say otherwise.
pub struct Ledger {
    pub(super) database: VolumeDatabase,
    pub(super) totals: Arc<Counters>,
    pub(super) fast_path: FastPath,
    pub(super) deferred: DeferredChanges,
}

impl Ledger {
    /// Opens an existing database; creates nothing yet. A damaged database is renamed with a logged error, and a new
    /// one is created.
    ///
    /// # Errors
    /// The database exists but cannot be used now (written by a newer version, in use by another program).
    pub fn open(state: StateLocation) -> Result<Self, StoreError> {
        let (database, totals) = (VolumeDatabase::open(&PURPOSE, state)?, Arc::default());
        let fast_path = FastPath::open(&database, &totals)?;
        Ok(Self { database, totals, fast_path, deferred: Default::default() })
    }

    /// Returns where the volume keeps its state.
    pub fn state(&self) -> &StateLocation {
        self.database.location()
    }

    /// Injects failures into changes and syncs from now on. For tests; a second call has no effect.
    pub fn set_faults(&self, faults: Arc<Faults>) {
        self.database.set_faults(faults);
    }

    /// Runs a query; see [`VolumeDatabase::read`].
    pub(super) fn read<T: Default>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.database.read(query)
    }

    /// Queues a change of anything but known files.
    pub(super) fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        self.database.write(job)
    }

    /// Queues a change of known files. `job` sees the rows of all of them in the table `file`.
    pub(super) fn change_files<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        self.fast_path.change_files(&self.database, job)
    }

    /// Like [`Ledger::sync`], but does nothing if the database is on file system `device`, which the caller has just
    /// synced.
    ///
    /// # Errors
    /// I/O errors of the sync.
    pub fn sync_unless_on(&self, device: Option<u64>) -> Result<(), StoreError> {
        match self.database.get().and_then(|db| db.device()) {
            Some(own) if Some(own) == device => Ok(()),
            _ => self.sync(),
        }
    }

    /// Makes everything that was committed survive a loss of power.
    ///
    /// # Errors
    /// I/O errors of the sync.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.database.get().map_or(Ok(()), |db| db.sync())
    }
}
