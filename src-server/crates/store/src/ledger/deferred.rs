//! Changes that the disk has seen and the database could not take: it had no room, or failed. They are made before the
//! next change of a known file, and until then that is refused, so that no row of a later file is taken for that of an
//! earlier one, and no sum counts what is gone.
//!
//! Kept in memory. After the end of the program the ledger is compared with the disk, where it may differ.

use super::{FileRow, Ledger};
use crate::db::Pending;
use crate::error::StoreError;
use model::VPath;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Most changes kept; the oldest go first, and what they speak of is compared with the disk when it is used.
const MAX_DEFERRED: usize = 10_000;

/// See the module.
#[derive(Default)]
pub(super) struct DeferredChanges {
    is_any: AtomicBool,
    changes: Mutex<VecDeque<Change>>,
}

enum Change {
    Removed(VPath),
    Moved(VPath, VPath),
    RowRemoved(FileRow),
    RowMoved(FileRow, VPath),
    Present(FileRow),
}

impl Ledger {
    /// What was at or below `path` is gone. Blocks.
    ///
    /// # Errors
    /// The database cannot be written now; it will be, before it is asked or told about files again.
    pub fn record_removed(&self, path: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Removed(path.clone()))
    }

    /// What was at or below `from` is at `to`, and what was there is gone. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_moved(&self, from: &VPath, to: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Moved(from.clone(), to.clone()))
    }

    /// The file that `row` is about is gone; another one of its name may be known by now. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_row_removed(&self, row: FileRow) -> Result<(), StoreError> {
        self.apply_or_defer(Change::RowRemoved(row))
    }

    /// The same for a file that is at `to`, where what was there is gone. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_row_moved(&self, row: FileRow, to: &VPath) -> Result<(), StoreError> {
        self.apply_or_defer(Change::RowMoved(row, to.clone()))
    }

    /// A file is there as `row` says, whatever was entered about its name before. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::record_removed`].
    pub fn record_present(&self, row: FileRow) -> Result<(), StoreError> {
        self.apply_or_defer(Change::Present(row))
    }

    /// Whether changes of the disk are still unknown to the database.
    pub fn has_deferred_changes(&self) -> bool {
        self.deferred.is_any.load(Ordering::Acquire)
    }

    fn apply_or_defer(&self, change: Change) -> Result<(), StoreError> {
        let made = self.apply_deferred().and_then(|()| self.apply(&change));
        if made.is_err() {
            let mut changes = self.deferred.changes.lock().unwrap_or_else(PoisonError::into_inner);
            if changes.len() >= MAX_DEFERRED {
                changes.pop_front();
            }
            changes.push_back(change);
            self.deferred.is_any.store(true, Ordering::Release);
        }
        made
    }

    /// Makes what is overdue before links to what is at or below `path` are looked for. Where that cannot be, it is only
    /// refused if something has moved there: rows of what is gone mislead nobody, and on a full disk somebody wants to
    /// delete.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn apply_deferred_near(&self, path: &VPath) -> Result<(), StoreError> {
        self.apply_deferred().or_else(|error| {
            let changes = self.deferred.changes.lock().unwrap_or_else(PoisonError::into_inner);
            let is_near = |change: &Change| match change {
                Change::Removed(_) | Change::RowRemoved(_) => false,
                Change::RowMoved(_, to) => path.is_within(to) || to.is_within(path),
                Change::Present(row) => row.folder.join(&row.name).is_within(path),
                Change::Moved(_, to) => path.is_within(to) || to.is_within(path),
            };
            if changes.iter().any(is_near) { Err(error) } else { Ok(()) }
        })
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

    /// Makes what is overdue. Blocks if there is any.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn apply_deferred(&self) -> Result<(), StoreError> {
        if !self.deferred.is_any.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut changes = self.deferred.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(change) = changes.front() {
            self.apply(change)?;
            changes.pop_front();
        }
        self.deferred.is_any.store(false, Ordering::Release);
        Ok(())
    }
}
