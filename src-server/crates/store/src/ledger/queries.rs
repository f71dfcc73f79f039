//! Questions about known files.

use super::fast_path::FILE_AND_STAGED;
use super::file_table::{COLUMNS, FILE_TABLE, FileRow, IS_BELOW, at, from_row};
use super::open::Ledger;
use super::totals::Counted;
use crate::db::columns::{name_at, path_at};
use crate::db::ranges::below;
use crate::error::{ErrorKind, StoreError};
use crate::totals::Totals;
use model::{AccountName, FileName, UnixMillis, VPath, Wark};
use rusqlite::{Connection, params};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

fn with_wark(connection: &Connection, rows: &str, wark: &Wark, limit: u32) -> rusqlite::Result<Vec<FileRow>> {
    let sql = format!("select {COLUMNS} from {rows} where wark = ?1 order by id");
    first(limit, connection.prepare_cached(&sql)?.query_map(params![wark.as_str()], from_row)?)
}

/// Collects the first `limit` rows. A `limit` clause with a parameter would make SQLite plan the query anew at every
/// use.
fn first<T>(limit: u32, rows: impl Iterator<Item = rusqlite::Result<T>>) -> rusqlite::Result<Vec<T>> {
    rows.take(limit as usize).collect()
}

impl Ledger {
    /// Records that the file of [`Ledger::finish_upload`] with this inode is durable under this name. Never blocks on
    /// the disk.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        self.fast_path.mark_durable(folder, name, ino);
    }

    /// Returns the row of a durable file with this content at this path, if it was uploaded recently. `None` has no
    /// meaning: the file may be missing, or older. Never blocks on the disk.
    pub fn recent_file(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        self.fast_path.recent_file(folder, name, wark)
    }

    /// Like [`Ledger::recent_file`], at any path.
    pub fn recent_with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        self.fast_path.recent_with_wark(wark)
    }

    /// Returns true if certainly no row has this content. False means that one may. Never blocks on the disk.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.fast_path.lacks(wark)
    }

    /// Returns the row of the file at a path.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn file_at(&self, folder: &VPath, name: &FileName) -> Result<Option<FileRow>, StoreError> {
        let rows = if self.fast_path.may_have_path(folder, name) { self.flushed_rows()? } else { FILE_TABLE };
        self.database.read_cached(|connection| at(connection, rows, folder, name))
    }

    /// Returns at most `limit` files with this content, oldest row first.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn files_with(&self, wark: &Wark, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        if self.lacks(wark) {
            return Ok(Vec::new());
        }
        self.fast_path.load_warks(&self.database)?;
        let find = |rows| self.database.read_cached(|connection| with_wark(connection, rows, wark, limit));
        if self.fast_path.may_have_wark(wark) {
            return find(self.flushed_rows()?);
        }
        let found = find(FILE_TABLE)?;
        // A staged row may have replaced one of them with other content.
        match found.iter().any(|row| self.fast_path.may_have_path(&row.folder, &row.name)) {
            true => find(self.flushed_rows()?),
            false => Ok(found),
        }
    }

    /// Returns the hashed files at or below a path whose content other files have as well.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn duplicates_below(&self, path: &VPath) -> Result<Vec<FileRow>, StoreError> {
        let (from, to) = below(path);
        let (folder, name) = path.split_last().map_or((None, None), |(folder, name)| (Some(folder), Some(name)));
        self.apply_deferred_near(path)?;
        self.flush_if_possible();
        self.read(|connection| {
            let sql = format!(
                "select {COLUMNS} from file where ({IS_BELOW} or (folder = ?4 and name = ?5)) and wark is not null
                 and exists (select 1 from file other where other.wark = file.wark and other.id <> file.id)"
            );
            let (folder, name) = (folder.as_ref().map(VPath::as_bytes), name.as_ref().map(FileName::as_bytes));
            let mut query = connection.prepare_cached(&sql)?;
            query.query_map(params![path.as_bytes(), from, to, folder, name], from_row)?.collect()
        })
    }

    /// Returns at most `limit` files uploaded at or after `since` by this account, newest first. For visitors without
    /// an account only those from `address` count.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn uploaded_by(
        &self,
        account: &AccountName,
        address: &str,
        since: UnixMillis,
        limit: u32,
    ) -> Result<Vec<FileRow>, StoreError> {
        self.flush_if_possible();
        self.read(|connection| {
            let sql = format!(
                "select {COLUMNS} from file where uploaded_at >= ?1 and account = ?2 and (?3 is null or address = ?3)
                 order by uploaded_at desc"
            );
            let address = account.is_owned_by_address().then_some(address);
            let mut query = connection.prepare_cached(&sql)?;
            first(limit, query.query_map(params![since.0, account.as_str(), address], from_row)?)
        })
    }

    /// Returns the `limit` files that were uploaded last, the newest first.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn newest(&self, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        self.flush_if_possible();
        self.read(|connection| {
            let sql = format!("select {COLUMNS} from file order by uploaded_at desc");
            first(limit, connection.prepare_cached(&sql)?.query_map([], from_row)?)
        })
    }

    /// Returns at most `limit` files whose expiry date is not after `now`.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn expired(&self, now: UnixMillis, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let rows = self.flushed_rows()?;
        self.read(|connection| {
            let sql = format!("select {COLUMNS} from {rows} where expires_at <= ?1 order by expires_at");
            first(limit, connection.prepare_cached(&sql)?.query_map(params![now.0], from_row)?)
        })
    }

    /// Returns id and path of at most `limit` files at or below `path` with ids greater than `after`, in order of ids.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn paths_below(&self, path: &VPath, after: i64, limit: u32) -> Result<Vec<(i64, VPath, FileName)>, StoreError> {
        let (from, to) = below(path);
        let (folder, name) = path.split_last().map_or((None, None), |(folder, name)| (Some(folder), Some(name)));
        self.flush()?;
        self.read(|connection| {
            let sql = format!(
                "select id, folder, name from file where ({IS_BELOW} or (folder = ?4 and name = ?5)) and id > ?6
                 order by id"
            );
            let (folder, name) = (folder.as_ref().map(VPath::as_bytes), name.as_ref().map(FileName::as_bytes));
            let mut query = connection.prepare_cached(&sql)?;
            let rows = query.query_map(params![path.as_bytes(), from, to, folder, name, after], |row| {
                Ok((row.get(0)?, path_at(row, 1)?, name_at(row, 2)?))
            })?;
            first(limit, rows)
        })
    }

    /// Returns the totals of all known files: counted at the first call, then kept up to date.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        self.flush()?;
        let Some(db) = self.database.get() else { return Ok(Totals::default()) };
        if let Some(totals) = self.totals.get(db.rollbacks().load(Relaxed)) {
            return Ok(totals);
        }
        let (counters, rollbacks) = (self.totals.clone(), db.rollbacks().clone());
        // As a write job, so that no other change falls between counting and storing the result.
        let count = db.write(move |connection| {
            let rollbacks = rollbacks.load(Relaxed);
            let counted = connection.query_row("select count(*), coalesce(sum(size), 0) from file", [], |row| {
                Ok(Counted { files: row.get(0)?, bytes: row.get(1)?, rollbacks })
            })?;
            *counters.lock() = Some(counted);
            Ok(counted.totals())
        });
        count.wait()
    }

    /// Like [`Ledger::flush`], but only logs a failure: for queries that are better answered from the indexed rows
    /// alone than refused. On a full disk a person wants to list files in order to delete some.
    fn flush_if_possible(&self) {
        if let Err(error) = self.flush() {
            tracing::warn!(%error, "cannot index files that have just been uploaded; they are missing in this answer");
        }
    }

    /// Returns the table expression that holds all rows: flushes staged rows, or combines both tables if the disk is
    /// full.
    fn flushed_rows(&self) -> Result<&'static str, StoreError> {
        match self.flush() {
            Ok(()) => Ok(FILE_TABLE),
            Err(error) if error.kind() == ErrorKind::NoSpace => Ok(FILE_AND_STAGED),
            Err(error) => Err(error),
        }
    }

    /// Moves the staged rows into the indexed table and waits for the commit. Deferred changes are applied before.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.apply_deferred()?;
        self.fast_path.flush(&self.database)
    }
}
