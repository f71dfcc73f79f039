//! Everything in the ledger that exists for the speed of small files alone. Without it the ledger would answer the same,
//! from the table `file`.
//!
//! A file of 4 KiB is three requests. Of 344 us of CPU time for them hashing and writing took 20; the rest were threads
//! that waited for each other, and queries and changes of the indexed table (docs/adr/0007). So:
//!
//! | part | what it saves |
//! |---|---|
//! | `staging.rs` | indexes: a new row goes into a table without them, and a commit writes one page instead of four. With a bound on the pool's threads 7,759 -> 9,056 files/s by up2k, 14,814 -> 16,581 by PUT |
//! | `wark_filter.rs` | the query for equal content of a new file: a Bloom filter in memory |
//! | `recent_files.rs` | the query of the handshake that ends an upload: the last rows in memory |
//!
//! # Contract
//!
//! - Staged rows are as durable as indexed ones: the same database, the same commit.
//! - A query of the table `file` first asks [`FastPath::may_have_path`] or [`FastPath::may_have_wark`], or calls
//!   [`FastPath::flush`]; a change of it goes through [`FastPath::change_files`], which flushes in its own transaction.
//! - Before the row of a path changes, the path is dropped from memory ([`FastPath::forget_path`]), or replaced there
//!   ([`FastPath::add_upload`]); before a row with a wark is written, the wark is added ([`FastPath::add_wark`]).
//! - Answers from memory are certain in one direction only: "lacks" and "here is the row" hold; anything else means that
//!   the database decides.
//!
//! The engine's half is `uploads/fast_path`, which answers handshakes from what this module offers without blocking.

mod recent_files;
mod staging;
mod wark_filter;

pub(super) use staging::FILE_AND_STAGED;

use super::file_table::{self, FileRow};
use super::totals::Counters;
use crate::db::volume_database::VolumeDatabase;
use crate::db::{Db, Pending};
use crate::error::{ErrorKind, StoreError};
use model::{FileName, VPath, Wark};
use recent_files::RecentFiles;
use rusqlite::Connection;
use staging::StagingTable;
use std::sync::Arc;
use wark_filter::WarkFilter;

/// See the module.
pub(super) struct FastPath {
    staging: StagingTable,
    wark_filter: WarkFilter,
    recent_files: RecentFiles,
    totals: Arc<Counters>,
}

impl FastPath {
    /// Moves the rows that an earlier run has staged into the indexed table. On a full disk they stay staged.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn open(database: &VolumeDatabase, totals: &Arc<Counters>) -> Result<Self, StoreError> {
        let mut fast_path = Self {
            staging: StagingTable::default(),
            wark_filter: WarkFilter::new(0),
            recent_files: RecentFiles::default(),
            totals: totals.clone(),
        };
        let has_staged = database.read(staging::has_rows)?;
        if has_staged {
            fast_path.staging.lock().mark_inherited();
            match fast_path.flush(database) {
                Err(error) if error.kind() != ErrorKind::NoSpace => return Err(error),
                _ => {}
            }
        }
        fast_path.wark_filter = WarkFilter::new(database.read(file_table::last_id)?);
        if has_staged {
            database.read(|connection| fast_path.wark_filter.load_staged(connection))?;
        }
        Ok(fast_path)
    }

    /// Adds the row of an upload that is about to be entered; it replaces what was remembered of its path.
    pub fn add_upload(&self, row: &Arc<FileRow>) {
        self.recent_files.add_queued(row);
        self.add_wark(row);
    }

    /// Adds the content of a row that is about to be written.
    pub fn add_wark(&self, row: &FileRow) {
        row.wark.iter().for_each(|wark| self.wark_filter.insert(wark));
    }

    /// Queues the row of a new upload for the staging table.
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn stage(&self, database: &VolumeDatabase, row: Arc<FileRow>) -> Result<Pending<()>, StoreError> {
        let db = database.get_or_create()?;
        let mut staging = self.staging.lock();
        let is_full = self.staging.add(&mut staging, &row);
        let pending = db.write(move |connection| staging::insert(connection, &row));
        if is_full && staging.next_flush().is_some() {
            self.queue_flush(&db).detach();
        }
        Ok(pending)
    }

    /// Queues a change of known files. Staged rows are flushed in the same transaction, so `job` sees all rows indexed.
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn change_files<T: Send + 'static>(
        &self,
        database: &VolumeDatabase,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Pending<T>, StoreError> {
        let db = database.get_or_create()?;
        let mut staging = self.staging.lock();
        let totals = staging.next_flush().map(|_| self.totals.clone());
        Ok(db.write(move |connection| {
            if let Some(totals) = totals {
                staging::flush(connection, &totals)?;
            }
            job(connection)
        }))
    }

    /// Moves the staged rows into the indexed table and waits for the commit.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn flush(&self, database: &VolumeDatabase) -> Result<(), StoreError> {
        let Some(db) = database.get() else { return Ok(()) };
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
        db.write(move |connection| staging::flush(connection, &totals))
    }

    /// Whether a row of this path may be staged.
    pub fn may_have_path(&self, folder: &VPath, name: &FileName) -> bool {
        self.staging.may_have_path(folder, name)
    }

    /// Whether a row with this content may be staged.
    pub fn may_have_wark(&self, wark: &Wark) -> bool {
        self.staging.may_have_wark(wark)
    }

    /// Returns true if certainly no row has this content. False means that one may. Never blocks.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.wark_filter.lacks(wark)
    }

    /// Loads a slice of the contents that existed at opening, if some are missing yet.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn load_warks(&self, database: &VolumeDatabase) -> Result<(), StoreError> {
        if self.wark_filter.is_complete() {
            return Ok(());
        }
        database.read(|connection| self.wark_filter.load_next(connection))
    }

    /// Marks the upload with this inode as durable under this path. Never blocks.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        self.recent_files.mark_durable(folder, name, ino);
    }

    /// Returns the row of a durable file with this content at this path, if it was uploaded recently. Never blocks.
    pub fn recent_file(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.get(folder, name, wark)
    }

    /// Like [`FastPath::recent_file`], at any path.
    pub fn recent_with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.with_wark(wark)
    }

    /// Forgets a path whose row is about to change.
    pub fn forget_path(&self, folder: &VPath, name: &FileName) {
        self.recent_files.forget(folder, name);
    }

    /// Forgets all paths, before rows of many change.
    pub fn forget_all(&self) {
        self.recent_files.clear();
    }
}
