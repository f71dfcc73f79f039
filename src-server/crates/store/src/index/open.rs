//! `Index`: opens the index of a volume.

use super::folder_tags_cache::FolderTagsCache;
use crate::db::Pending;
use crate::db::volume_database::{Purpose, VolumeDatabase};
use crate::error::StoreError;
use crate::state_location::StateLocation;
use rusqlite::Connection;

const PURPOSE: Purpose = Purpose {
    file: "index.db",
    name: "index",
    migrations: &[
        include_str!("../db/sql/index/001.sql"),
        include_str!("../db/sql/index/002.sql"),
        include_str!("../db/sql/index/003.sql"),
        include_str!("../db/sql/index/004.sql"),
        include_str!("../db/sql/index/005.sql"),
    ],
};

/// The index of one volume. All methods may block on the disk unless they say otherwise. Methods that return a
/// [`Pending`] have queued a change; changes are made in the order in which they were queued.
pub struct Index {
    database: VolumeDatabase,
    pub(super) folder_tags: FolderTagsCache,
}

impl Index {
    /// Opens an existing index; creates nothing yet. A damaged one is renamed with a logged error, and a new one is
    /// created.
    ///
    /// # Errors
    /// The database exists but cannot be used now (written by a newer version, in use by another program).
    pub fn open(location: StateLocation) -> Result<Self, StoreError> {
        Ok(Self { database: VolumeDatabase::open(&PURPOSE, location)?, folder_tags: FolderTagsCache::default() })
    }

    /// Renames the database, which is damaged; the next change creates a new one.
    ///
    /// # Errors
    /// File system errors.
    pub fn set_aside(&self) -> Result<(), StoreError> {
        self.database.set_aside()
    }

    /// Returns the size of the database's files; 0 if there are none.
    pub(super) fn database_bytes(&self) -> u64 {
        let Some(db) = self.database.get() else { return 0 };
        let Some(path) = db.file() else { return 0 };
        let size = |path: &std::path::Path| std::fs::metadata(path).map_or(0, |found| found.len());
        size(path) + size(&path.with_extension("db-wal"))
    }

    /// Injects failures into changes from now on. For tests; a second call has no effect.
    pub fn set_faults(&self, faults: std::sync::Arc<crate::disk::Faults>) {
        self.database.set_faults(faults);
    }

    /// Returns a number that changes after each change of the index. Never blocks on the disk.
    pub(super) fn version(&self) -> u64 {
        self.database.get().map_or(0, |db| db.version())
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
