//! `Index`: opens the index of a volume.

use crate::db::Pending;
use crate::db::volume_database::{Purpose, VolumeDatabase};
use crate::error::StoreError;
use crate::state_location::StateLocation;
use rusqlite::Connection;

const PURPOSE: Purpose = Purpose {
    file: "index.db",
    name: "index",
    migrations: &[include_str!("../db/sql/index/001.sql"), include_str!("../db/sql/index/002.sql")],
};

/// The index of one volume. All methods may block on the disk unless they say otherwise. Methods that return a
/// [`Pending`] have queued a change; changes are made in the order in which they were queued.
pub struct Index {
    database: VolumeDatabase,
}

impl Index {
    /// Opens an existing index; creates nothing yet. A damaged one is renamed with a logged error, and a new one is
    /// created.
    ///
    /// # Errors
    /// The database exists but cannot be used now (written by a newer version, in use by another program).
    pub fn open(location: StateLocation) -> Result<Self, StoreError> {
        Ok(Self { database: VolumeDatabase::open(&PURPOSE, location)? })
    }

    /// Renames the database, which is damaged; the next change creates a new one.
    ///
    /// # Errors
    /// File system errors.
    pub fn set_aside(&self) -> Result<(), StoreError> {
        self.database.set_aside()
    }

    pub(super) fn read<T: Default>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.database.read(query)
    }

    /// Like [`Index::read`], but ends with the error `Interrupted` soon after `stop` returns true.
    pub(super) fn read_until<T: Default>(
        &self,
        stop: impl FnMut() -> bool + Send + 'static,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        self.database.get().map_or_else(|| Ok(T::default()), |db| db.read_until(stop, query))
    }

    pub(super) fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        self.database.write(job)
    }
}
