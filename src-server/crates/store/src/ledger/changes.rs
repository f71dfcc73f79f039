//! Changes of known files: their rows are inserted, moved and removed.

use super::file_table::{FILE_TABLE, FileRow, IS_BELOW, REPLACE_UPLOADED, UPSERT_FOUND, at, put};
use super::open::Ledger;
use super::unfinished;
use crate::db::Pending;
use crate::db::ranges::below;
use crate::error::StoreError;
use model::{AccountName, UnixMillis, VPath, Wark};
use rusqlite::params;
use std::sync::Arc;

/// Condition that identifies one row: a later file at the same path has another upload time, size or content.
macro_rules! is_row {
    () => {
        "folder = ?1 and name = ?2 and uploaded_at = ?3 and size = ?4 and wark is ?5"
    };
}

/// Removes the uploader from a row.
fn as_found(row: FileRow) -> FileRow {
    FileRow {
        address: String::new(),
        account: AccountName::anonymous(),
        uploaded_at: UnixMillis(0),
        expires_at: None,
        ..row
    }
}

impl Ledger {
    /// Inserts or updates the row of a file that was found and hashed on disk. Uploader, upload time and expiry date
    /// are not facts of such a file: an existing row with the same content keeps them, otherwise the file has no
    /// uploader and does not expire. (Otherwise a client that sends a file which is already there could claim it as its
    /// own upload and have it deleted.)
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn put_file(&self, row: FileRow) -> Result<Pending<()>, StoreError> {
        self.apply_deferred()?;
        let totals = self.totals.clone();
        self.fast_path.forget_path(&row.folder, &row.name);
        self.fast_path.add_wark(&row);
        let row = as_found(row);
        self.change_files(move |connection| put(connection, UPSERT_FOUND, &row, &totals))
    }

    /// Like [`Ledger::put_file`], but keeps an existing row of that path unchanged.
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn put_if_absent(&self, row: FileRow) -> Result<Pending<()>, StoreError> {
        self.apply_deferred()?;
        let totals = self.totals.clone();
        self.fast_path.add_wark(&row);
        let row = as_found(row);
        self.change_files(move |connection| match at(connection, FILE_TABLE, &row.folder, &row.name)? {
            Some(_) => Ok(()),
            None => put(connection, UPSERT_FOUND, &row, &totals),
        })
    }

    /// Inserts the row of a finished upload and removes that of the unfinished one, in one transaction. `unfinished`:
    /// id of the latter; `None`: it never was in the ledger.
    ///
    /// # Errors
    /// The database cannot be created.
    pub fn finish_upload(&self, row: FileRow, unfinished: Option<i64>) -> Result<Pending<()>, StoreError> {
        self.apply_deferred()?;
        self.enter(row, unfinished)
    }

    pub(super) fn enter(&self, row: FileRow, unfinished: Option<i64>) -> Result<Pending<()>, StoreError> {
        let row = Arc::new(row);
        self.fast_path.add_upload(&row);
        let Some(id) = unfinished else { return self.fast_path.stage(&self.database, row) };
        let totals = self.totals.clone();
        self.change_files(move |connection| {
            unfinished::remove(connection, id)?;
            put(connection, REPLACE_UPLOADED, &row, &totals)
        })
    }

    /// Removes the row of a file, or the rows of all files below a folder. Returns the number of rows.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn forget(&self, path: &VPath) -> Result<Pending<u64>, StoreError> {
        if self.database.get().is_none() {
            return Ok(Pending::ready(0));
        }
        let (path, totals) = (path.clone(), self.totals.clone());
        self.fast_path.forget_all();
        self.change_files(move |connection| {
            let (from, to) = below(&path);
            let mut removed = (0, 0);
            {
                let sql = format!("delete from file where {IS_BELOW} returning size");
                let mut query = connection.prepare_cached(&sql)?;
                let mut rows = query.query(params![path.as_bytes(), from, to])?;
                while let Some(row) = rows.next()? {
                    removed = (removed.0 + 1, removed.1 + row.get::<_, i64>(0)?);
                }
            }
            if let Some((folder, name)) = path.split_last() {
                let mut query =
                    connection.prepare_cached("delete from file where folder = ?1 and name = ?2 returning size")?;
                let mut rows = query.query(params![folder.as_bytes(), name.as_bytes()])?;
                while let Some(row) = rows.next()? {
                    removed = (removed.0 + 1, removed.1 + row.get::<_, i64>(0)?);
                }
            }
            totals.add(-removed.0, -removed.1);
            Ok(removed.0 as u64)
        })
    }

    /// Removes `row` if it is still the row of its path. For callers that have removed the file: another upload may
    /// take the name without a lock, and a row of that path may then belong to the new file.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn forget_row(&self, row: &FileRow) -> Result<Pending<()>, StoreError> {
        if self.database.get().is_none() {
            return Ok(Pending::ready(()));
        }
        let (row, totals) = (row.clone(), self.totals.clone());
        self.fast_path.forget_path(&row.folder, &row.name);
        self.change_files(move |connection| {
            let mut query =
                connection.prepare_cached(concat!("delete from file where ", is_row!(), " returning size"))?;
            let (wark, size) = (row.wark.as_ref().map(Wark::as_str), row.size.0 as i64);
            let mut rows =
                query.query(params![row.folder.as_bytes(), row.name.as_bytes(), row.uploaded_at.0, size, wark])?;
            while let Some(removed) = rows.next()? {
                totals.add(-1, -removed.get::<_, i64>(0)?);
            }
            Ok(())
        })
    }

    /// Moves `row` to another path if it is still the row of its path, and removes the rows at the new path. See
    /// [`Ledger::forget_row`].
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn move_row(&self, row: &FileRow, to: &VPath) -> Result<Pending<()>, StoreError> {
        // The rows of overwritten files are removed first; jobs run in the order in which they were queued.
        self.forget(to)?.detach();
        let (row, to) = (row.clone(), to.clone());
        self.change_files(move |connection| {
            let Some((folder, name)) = to.split_last() else { return Ok(()) };
            let (from, wark) = ((row.folder.as_bytes(), row.name.as_bytes()), row.wark.as_ref().map(Wark::as_str));
            let (at, size, to) = (row.uploaded_at.0, row.size.0 as i64, (folder.as_bytes(), name.as_bytes()));
            connection
                .prepare_cached(concat!("update file set folder = ?6, name = ?7 where ", is_row!()))?
                .execute(params![from.0, from.1, at, size, wark, to.0, to.1])?;
            Ok(())
        })
    }

    /// Moves the rows of a file, or of a folder with all below it, to another path, and removes the rows at the new
    /// path.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn move_rows(&self, from: &VPath, to: &VPath) -> Result<Pending<()>, StoreError> {
        if self.database.get().is_none() {
            return Ok(Pending::ready(()));
        }
        let (from, to) = (from.clone(), to.clone());
        // As in `move_row`.
        self.forget(&to)?.detach();
        self.change_files(move |connection| {
            connection.prepare_cached("delete from moving where source = ?1")?.execute([from.as_bytes()])?;
            let (start, end) = below(&from);
            let sql = format!("update file set folder = cast(?4 || substr(folder, ?5 + 1) as blob) where {IS_BELOW}");
            let length = from.as_bytes().len() as i64;
            connection.prepare_cached(&sql)?.execute(params![from.as_bytes(), start, end, to.as_bytes(), length])?;
            if let (Some((folder, name)), Some((new_folder, new_name))) = (from.split_last(), to.split_last()) {
                connection
                    .prepare_cached("update file set folder = ?3, name = ?4 where folder = ?1 and name = ?2")?
                    .execute(params![folder.as_bytes(), name.as_bytes(), new_folder.as_bytes(), new_name.as_bytes()])?;
            }
            Ok(())
        })
    }
}
