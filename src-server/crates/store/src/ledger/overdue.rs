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
const MOST: usize = 10_000;

/// See the module.
#[derive(Default)]
pub(super) struct Overdue {
    is_any: AtomicBool,
    changes: Mutex<VecDeque<Change>>,
}

enum Change {
    Gone(VPath),
    Moved(VPath, VPath),
    RowGone(FileRow),
    RowMoved(FileRow, VPath),
    Here(FileRow),
}

impl Ledger {
    /// What was at or below `path` is gone. Blocks.
    ///
    /// # Errors
    /// The database cannot be written now; it will be, before it is asked or told about files again.
    pub fn is_gone(&self, path: &VPath) -> Result<(), StoreError> {
        self.make(Change::Gone(path.clone()))
    }

    /// What was at or below `from` is at `to`, and what was there is gone. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::is_gone`].
    pub fn is_moved(&self, from: &VPath, to: &VPath) -> Result<(), StoreError> {
        self.make(Change::Moved(from.clone(), to.clone()))
    }

    /// The file that `row` is about is gone; another one of its name may be known by now. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::is_gone`].
    pub fn row_is_gone(&self, row: FileRow) -> Result<(), StoreError> {
        self.make(Change::RowGone(row))
    }

    /// The same for a file that is at `to`, where what was there is gone. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::is_gone`].
    pub fn row_is_moved(&self, row: FileRow, to: &VPath) -> Result<(), StoreError> {
        self.make(Change::RowMoved(row, to.clone()))
    }

    /// A file is there as `row` says, whatever was entered about its name before. Blocks.
    ///
    /// # Errors
    /// As [`Ledger::is_gone`].
    pub fn is_here(&self, row: FileRow) -> Result<(), StoreError> {
        self.make(Change::Here(row))
    }

    /// Whether changes of the disk are still unknown to the database.
    pub fn is_behind(&self) -> bool {
        self.overdue.is_any.load(Ordering::Acquire)
    }

    fn make(&self, change: Change) -> Result<(), StoreError> {
        let made = self.catch_up().and_then(|()| self.try_change(&change));
        if made.is_err() {
            let mut changes = self.overdue.changes.lock().unwrap_or_else(PoisonError::into_inner);
            if changes.len() >= MOST {
                changes.pop_front();
            }
            changes.push_back(change);
            self.overdue.is_any.store(true, Ordering::Release);
        }
        made
    }

    /// Makes what is overdue before links to what is at or below `path` are looked for. Where that cannot be, it is only
    /// refused if something has moved there: rows of what is gone mislead nobody, and on a full disk somebody wants to
    /// delete.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn catch_up_about(&self, path: &VPath) -> Result<(), StoreError> {
        self.catch_up().or_else(|error| {
            let changes = self.overdue.changes.lock().unwrap_or_else(PoisonError::into_inner);
            let is_near = |change: &Change| match change {
                Change::Gone(_) | Change::RowGone(_) => false,
                Change::RowMoved(_, to) => path.is_within(to) || to.is_within(path),
                Change::Here(row) => row.folder.join(&row.name).is_within(path),
                Change::Moved(_, to) => path.is_within(to) || to.is_within(path),
            };
            if changes.iter().any(is_near) { Err(error) } else { Ok(()) }
        })
    }

    fn try_change(&self, change: &Change) -> Result<(), StoreError> {
        match change {
            Change::Gone(path) => self.forget(path).and_then(Pending::wait).map(drop),
            Change::Moved(from, to) => self.moved(from, to).and_then(Pending::wait),
            Change::RowGone(row) => self.forget_row(row).and_then(Pending::wait),
            Change::RowMoved(row, to) => self.moved_row(row, to).and_then(Pending::wait),
            Change::Here(row) => self.enter(row.clone(), None).and_then(Pending::wait),
        }
    }

    /// Makes what is overdue. Blocks if there is any.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(super) fn catch_up(&self) -> Result<(), StoreError> {
        if !self.overdue.is_any.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut changes = self.overdue.changes.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(change) = changes.front() {
            self.try_change(change)?;
            changes.pop_front();
        }
        self.overdue.is_any.store(false, Ordering::Release);
        Ok(())
    }
}
