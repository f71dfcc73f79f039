//! Renames of folders in progress. The rename and the rows of the files in the folder cannot change in one step. So the
//! ledger records the rename before it happens, and the next start completes what a crash has interrupted between the
//! two.

use super::open::Ledger;
use crate::db::Pending;
use crate::db::columns::path_at;
use crate::error::StoreError;
use model::VPath;
use rusqlite::params;

/// A rename of a folder that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderMove {
    /// Path before the rename.
    pub from: VPath,
    /// Path after it.
    pub to: VPath,
    /// Inode of the folder: tells at which of the paths it is.
    pub ino: u64,
}

impl Ledger {
    /// Records that a folder is about to be renamed. [`Ledger::record_moved`] or [`Ledger::cancel_move`] removes the
    /// record.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn begin_move(&self, folder: &FolderMove) -> Result<Pending<()>, StoreError> {
        // No rows exist that would have to follow.
        if self.database.get().is_none() {
            return Ok(Pending::ready(()));
        }
        let FolderMove { from, to, ino } = folder.clone();
        self.change_files(move |connection| {
            connection
                .prepare_cached("insert or replace into moving (source, target, ino) values (?1, ?2, ?3)")?
                .execute(params![from.as_bytes(), to.as_bytes(), ino as i64])?;
            Ok(())
        })
    }

    /// Removes the record of a rename that was not made.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn cancel_move(&self, from: &VPath) -> Result<Pending<()>, StoreError> {
        if self.database.get().is_none() {
            return Ok(Pending::ready(()));
        }
        let from = from.clone();
        self.change_files(move |connection| {
            connection.prepare_cached("delete from moving where source = ?1")?.execute([from.as_bytes()])?;
            Ok(())
        })
    }

    /// Returns the recorded renames. At the start these are the ones that an earlier run has begun and not completed.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn unfinished_moves(&self) -> Result<Vec<FolderMove>, StoreError> {
        self.read(|connection| {
            let mut query = connection.prepare("select source, target, ino from moving")?;
            let moves = query.query_map([], |row| {
                Ok(FolderMove { from: path_at(row, 0)?, to: path_at(row, 1)?, ino: row.get::<_, i64>(2)? as u64 })
            })?;
            moves.collect()
        })
    }
}
