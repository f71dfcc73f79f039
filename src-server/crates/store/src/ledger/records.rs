//! Records of what has happened on disk: written into the database, or deferred until it can be written.

use super::deferred::Change;
use super::file_table::FileRow;
use super::open::Ledger;
use crate::db::Pending;
use crate::error::StoreError;
use model::VPath;

impl Ledger {
    /// Records that everything at or below `path` was removed. Blocks.
    ///
    /// # Errors
    /// The database cannot be written now. The change is deferred: it is applied before the next query or change of
    /// files.
    pub fn record_removed(&self, path: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Removed(path.clone()))
    }

    /// Records that everything at or below `from` was moved to `to`, replacing what was there. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_moved(&self, from: &VPath, to: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Moved(from.clone(), to.clone()))
    }

    /// Records that the file of `row` was removed. No effect if the path has the row of another file by now. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_row_removed(&self, row: FileRow) -> Result<(), StoreError> {
        self.apply_or_defer(Change::RowRemoved(row))
    }

    /// Records that the file of `row` was moved to `to`, replacing what was there. Like [`Ledger::record_row_removed`],
    /// it has no effect on the row of another file. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_row_moved(&self, row: FileRow, to: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::RowMoved(row, to.clone()))
    }

    /// Records that a file exists as `row` says, whatever was recorded about its path before. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_present(&self, row: FileRow) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Present(row))
    }

    /// Whether changes of the file system are not recorded in the database yet.
    pub fn has_deferred_changes(&self) -> bool {
        self.deferred.is_any()
    }

    fn apply_or_defer(&self, change: Change) -> Result<(), StoreError> {
        let made = self.apply_deferred().and_then(|()| self.apply(&change));
        if made.is_err() {
            self.deferred.push(change);
        }
        made
    }

    /// Applies deferred changes before a search for duplicates of the files at or below `path`. If they cannot be
    /// applied, fails only if one of them moved or created files there: rows of removed files do no harm, and on a full
    /// disk a person wants to delete files.
    ///
    /// # Errors
    /// SQLite errors.
    pub(super) fn apply_deferred_near(&self, path: &VPath) -> Result<(), StoreError> {
        self.apply_deferred().or_else(|error| if self.deferred.adds_near(path) { Err(error) } else { Ok(()) })
    }

    fn apply(&self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Removed(path) => self.forget(path).and_then(Pending::wait).map(drop),
            Change::Moved(from, to) => self.move_rows(from, to).and_then(Pending::wait),
            Change::RowRemoved(row) => self.forget_row(row).and_then(Pending::wait),
            Change::RowMoved(row, to) => self.move_row(row, to).and_then(Pending::wait),
            Change::Present(row) => self.enter(row.clone(), None).and_then(Pending::wait),
        }
    }

    /// Applies deferred changes. Blocks if there are any.
    ///
    /// # Errors
    /// SQLite errors.
    pub(super) fn apply_deferred(&self) -> Result<(), StoreError> {
        self.deferred.apply(|change| self.apply(change))
    }
}
