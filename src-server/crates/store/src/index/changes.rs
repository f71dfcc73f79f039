//! Single files and folders that were created, replaced, moved and removed.

use super::compare::FoundFile;
use super::open::Index;
use super::rows::{self, KnownContent};
use crate::db::Pending;
use crate::error::StoreError;
use model::{FileName, UnixMillis, VPath};
use rusqlite::{Connection, OptionalExtension as _, params};

impl Index {
    /// Records a file that is on disk. `uploaded_at`: when it was uploaded.
    ///
    /// # Errors
    /// Database errors.
    pub fn put_file(
        &self,
        folder: &VPath,
        file: FoundFile,
        uploaded_at: Option<UnixMillis>,
    ) -> Result<Pending<()>, StoreError> {
        let (folder, known) = (folder.clone(), file.known(uploaded_at));
        self.write(move |connection| put_file(connection, &folder, &file, &known))
    }

    /// Forgets the file or folder at `path`, with everything below it.
    ///
    /// # Errors
    /// Database errors.
    pub fn remove(&self, path: &VPath) -> Result<Pending<()>, StoreError> {
        let path = path.clone();
        self.write(move |connection| remove(connection, &path))
    }

    /// Records that a file or folder moved, with everything below it. What was at `to` is forgotten.
    ///
    /// # Errors
    /// Database errors.
    pub fn move_to(&self, from: &VPath, to: &VPath) -> Result<Pending<()>, StoreError> {
        let (from, to) = (from.clone(), to.clone());
        self.write(move |connection| move_to(connection, &from, &to))
    }

    /// Whether the index has this folder.
    ///
    /// # Errors
    /// Database errors.
    pub fn has_folder(&self, path: &VPath) -> Result<bool, StoreError> {
        self.read(|connection| rows::find_folder(connection, path).map(|found| found.is_some()))
    }
}

fn put_file(connection: &Connection, path: &VPath, file: &FoundFile, known: &KnownContent) -> rusqlite::Result<()> {
    // A folder of this name was replaced by the file.
    rows::remove_folder(connection, &path.join(&file.name))?;
    let folder = rows::make_folder(connection, path)?;
    let (files, bytes) = match rows::find_file(connection, folder, &file.name)? {
        Some(row) => {
            let is_same = row.size == file.size && row.mtime_ns == file.mtime_ns;
            if is_same && known.content.is_none() {
                return Ok(());
            }
            rows::update_file(connection, row.id, file.size, file.mtime_ns, known)?;
            (0, file.size as i64 - row.size as i64)
        }
        None => {
            rows::insert_file(connection, folder, &file.name, file.size, file.mtime_ns, known)?;
            (1, file.size as i64)
        }
    };
    rows::clear_fingerprint(connection, folder)?;
    rows::add_totals(connection, folder, files, bytes)
}

fn remove(connection: &Connection, path: &VPath) -> rusqlite::Result<()> {
    let Some((above, name)) = path.split_last() else { return remove_all(connection) };
    let Some(folder) = rows::find_folder(connection, &above)? else { return Ok(()) };
    if let Some(row) = rows::find_file(connection, folder, &name)? {
        rows::remove_file(connection, row.id)?;
        rows::add_totals(connection, folder, -1, -(row.size as i64))?;
    }
    rows::clear_fingerprint(connection, folder)?;
    rows::remove_folder(connection, path)
}

fn remove_all(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("delete from name_index; delete from file; delete from folder; delete from tag;")
}

fn move_to(connection: &Connection, from: &VPath, to: &VPath) -> rusqlite::Result<()> {
    remove(connection, to)?;
    let (Some((above, name)), Some((new_above, new_name))) = (from.split_last(), to.split_last()) else {
        return Ok(());
    };
    let Some(old_folder) = rows::find_folder(connection, &above)? else { return Ok(()) };
    let new_folder = rows::make_folder(connection, &new_above)?;
    rows::clear_fingerprint(connection, old_folder)?;
    rows::clear_fingerprint(connection, new_folder)?;
    if let Some(row) = rows::find_file(connection, old_folder, &name)? {
        move_file(connection, row.id, new_folder, &new_name)?;
        rows::add_totals(connection, old_folder, -1, -(row.size as i64))?;
        return rows::add_totals(connection, new_folder, 1, row.size as i64);
    }
    move_folder(connection, from, to, new_folder)
}

fn move_file(connection: &Connection, id: i64, folder: rows::FolderId, name: &FileName) -> rusqlite::Result<()> {
    rows::remove_name(connection, id)?;
    // Under the old name it may not have been taken for a media file.
    let sql =
        "update file set folder = ?2, name = ?3, tag_state = iif(tag_state in (2, 4), 0, tag_state) where id = ?1";
    connection.prepare_cached(sql)?.execute(params![id, folder, name.as_bytes()])?;
    rows::insert_name(connection, id, name)
}

/// Gives a folder, and all below it, new paths. Files keep their rows, which name their folder by number.
fn move_folder(connection: &Connection, from: &VPath, to: &VPath, new_parent: i64) -> rusqlite::Result<()> {
    let found = connection
        .prepare_cached("select id, parent, files, bytes from folder where path = ?1")?
        .query_row([from.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .optional()?;
    let Some((id, parent, files, bytes)): Option<(i64, Option<i64>, i64, i64)> = found else { return Ok(()) };
    parent.map_or(Ok(()), |parent| rows::add_totals(connection, parent, -files, -bytes))?;
    let (first, end) = rows::below(from);
    let moved: Vec<(i64, Vec<u8>)> = connection
        .prepare_cached("select id, path from folder where path = ?1 or (path >= ?2 and path < ?3)")?
        .query_map(params![from.as_bytes(), first, end], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut update = connection.prepare_cached("update folder set path = ?2, is_hidden = ?3 where id = ?1")?;
    for (id, path) in moved {
        let path = [to.as_bytes(), &path[from.as_bytes().len()..]].concat();
        let is_hidden = VPath::parse(&path).is_ok_and(|path| rows::is_hidden(&path));
        update.execute(params![id, path, is_hidden])?;
    }
    connection.prepare_cached("update folder set parent = ?2 where id = ?1")?.execute(params![id, new_parent])?;
    rows::add_totals(connection, new_parent, files, bytes)
}
