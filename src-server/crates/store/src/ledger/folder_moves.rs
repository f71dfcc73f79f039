//! Folders on their way to another path. A rename and the rows of what is in the folder cannot change in one step; so the
//! ledger knows before the rename that it may come, and what was cut off between the two is made up for at the next start.

use super::{Ledger, path_at};
use crate::db::Pending;
use crate::error::StoreError;
use model::VPath;
use rusqlite::params;

/// A move of a folder that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderMove {
    /// Where the folder was.
    pub from: VPath,
    /// Where it shall be.
    pub to: VPath,
    /// Its inode, which tells whether it is there.
    pub ino: u64,
}

impl Ledger {
    /// A folder is about to move. [`Ledger::record_moved`] ends that, or [`Ledger::cancel_move`].
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn begin_move(&self, folder: &FolderMove) -> Result<Pending<()>, StoreError> {
        // Nothing is known that would have to follow.
        if self.db().is_none() {
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

    /// A folder does not move after all.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn cancel_move(&self, from: &VPath) -> Result<Pending<()>, StoreError> {
        if self.db().is_none() {
            return Ok(Pending::ready(()));
        }
        let from = from.clone();
        self.change_files(move |connection| {
            connection.prepare_cached("delete from moving where source = ?1")?.execute([from.as_bytes()])?;
            Ok(())
        })
    }

    /// Moves that were begun and not ended. Asked for at the start, those of an earlier program.
    ///
    /// # Errors
    /// Those of SQLite.
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
