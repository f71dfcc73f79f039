//! Changes of the file system that the database could not record because the disk was full or a write failed. They are
//! applied before the next change of a known file, which is refused until then. So the row of a later file is never
//! mistaken for that of an earlier one, and the totals never count files that are gone.
//!
//! Kept in memory only. After the end of the program the next start compares the ledger with the disk where they may
//! differ.

use super::file_table::FileRow;
use crate::error::StoreError;
use model::VPath;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

/// Upper limit of deferred changes. The oldest are dropped first; rows that they concern are checked against the disk
/// when they are used.
const MAX_DEFERRED: usize = 10_000;

/// The changes that are still to be applied, in order.
#[derive(Default)]
pub(super) struct DeferredChanges {
    is_any: AtomicBool,
    changes: Mutex<VecDeque<Change>>,
}

/// A change that was made on disk.
pub(super) enum Change {
    Removed(VPath),
    Moved(VPath, VPath),
    RowRemoved(FileRow),
    RowMoved(FileRow, VPath),
    Present(FileRow),
}

impl DeferredChanges {
    /// Whether there are any. Never blocks.
    pub fn is_any(&self) -> bool {
        self.is_any.load(Ordering::Acquire)
    }

    /// Adds a change, the newest.
    pub fn push(&self, change: Change) {
        let mut changes = self.changes.lock();
        if changes.len() >= MAX_DEFERRED {
            changes.pop_front();
        }
        changes.push_back(change);
        self.is_any.store(true, Ordering::Release);
    }

    /// Applies the changes in order and removes those that succeed. Stops at the first that fails.
    ///
    /// # Errors
    /// That of the change that failed.
    pub fn apply(&self, mut apply: impl FnMut(&Change) -> Result<(), StoreError>) -> Result<(), StoreError> {
        if !self.is_any() {
            return Ok(());
        }
        let mut changes = self.changes.lock();
        while let Some(change) = changes.front() {
            apply(change)?;
            changes.pop_front();
        }
        self.is_any.store(false, Ordering::Release);
        Ok(())
    }

    /// Whether one of the changes moved or created files at or below `path`.
    pub fn adds_near(&self, path: &VPath) -> bool {
        self.changes.lock().iter().any(|change| match change {
            Change::Removed(_) | Change::RowRemoved(_) => false,
            Change::RowMoved(_, to) => path.is_within(to) || to.is_within(path),
            Change::Present(row) => row.folder.join(&row.name).is_within(path),
            Change::Moved(_, to) => path.is_within(to) || to.is_within(path),
        })
    }
}
