//! Statements that insert, change and remove rows. Each keeps the trigrams of names and the totals of folders right.

use crate::db::ranges;
use model::fold::folded_bytes;
use model::{FileName, VPath};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Number of a row in `folder`.
pub(super) type FolderId = i64;

/// A file in the index.
pub(super) struct FileRow {
    pub id: i64,
    pub size: u64,
    pub mtime_ns: i64,
}

/// Returns the number of a folder, if it is known.
pub(super) fn find_folder(connection: &Connection, path: &VPath) -> rusqlite::Result<Option<FolderId>> {
    connection
        .prepare_cached("select id from folder where path = ?1")?
        .query_row([path.as_bytes()], |row| row.get(0))
        .optional()
}

/// Returns the number of a folder; inserts it, and those above it, if they are not known.
pub(super) fn make_folder(connection: &Connection, path: &VPath) -> rusqlite::Result<FolderId> {
    if let Some(id) = find_folder(connection, path)? {
        return Ok(id);
    }
    let parent = match path.split_last() {
        None => None,
        Some((above, name)) => {
            let parent = make_folder(connection, &above)?;
            // A file of this name was replaced by the folder.
            if let Some(file) = find_file(connection, parent, &name)? {
                remove_file(connection, file.id)?;
                add_totals(connection, parent, -1, -(file.size as i64))?;
            }
            Some(parent)
        }
    };
    connection
        .prepare_cached(
            "insert into folder (parent, path, is_hidden, fingerprint, files, bytes) values (?1, ?2, ?3, 0, 0, 0)",
        )?
        .insert(params![parent, path.as_bytes(), is_hidden(path)])
}

/// Whether a component of the path begins with a dot.
pub(super) fn is_hidden(path: &VPath) -> bool {
    path.components().any(|name| name.starts_with(b"."))
}

/// Returns the file with this name in a folder.
pub(super) fn find_file(
    connection: &Connection,
    folder: FolderId,
    name: &FileName,
) -> rusqlite::Result<Option<FileRow>> {
    connection
        .prepare_cached("select id, size, mtime_ns from file where folder = ?1 and name = ?2")?
        .query_row(params![folder, name.as_bytes()], |row| {
            Ok(FileRow { id: row.get(0)?, size: row.get::<_, i64>(1)? as u64, mtime_ns: row.get(2)? })
        })
        .optional()
}

/// What is known of the content of a file that is inserted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct KnownContent {
    /// The column `content`.
    pub content: Option<Vec<u8>>,
    /// When it was uploaded, seconds since 1970.
    pub uploaded_at: Option<i64>,
    /// The column `state`.
    pub state: State,
}

/// What is still to be done for a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    /// Its content is to be hashed.
    #[default]
    ToHash = 0,
    /// Nothing.
    Finished = 1,
    /// It cannot be read; the next change of the file, or the next scan, tries again.
    Unreadable = 2,
}

/// Inserts a file that is not known. Does not change totals.
pub(super) fn insert_file(
    connection: &Connection,
    folder: FolderId,
    name: &FileName,
    size: u64,
    mtime_ns: i64,
    known: &KnownContent,
) -> rusqlite::Result<()> {
    let id = connection
        .prepare_cached(
            "insert into file (folder, name, size, mtime_ns, content, uploaded_at, state)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .insert(params![
            folder,
            name.as_bytes(),
            size as i64,
            mtime_ns,
            known.content,
            known.uploaded_at,
            known.state as i64
        ])?;
    insert_name(connection, id, name)
}

pub(super) fn insert_name(connection: &Connection, id: i64, name: &FileName) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert into name_index (rowid, name) values (?1, ?2)")?
        .execute(params![id, folded_bytes(name.as_bytes())])
        .map(drop)
}

/// Removes the trigrams of a name.
pub(super) fn remove_name(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    connection.prepare_cached("delete from name_index where rowid = ?1")?.execute([id]).map(drop)
}

/// Changes size and time of a known file; its content is not known any more. Does not change totals.
pub(super) fn update_file(
    connection: &Connection,
    id: i64,
    size: u64,
    mtime_ns: i64,
    known: &KnownContent,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update file set size = ?2, mtime_ns = ?3, content = ?4, uploaded_at = ?5, state = ?6,
             tag_state = iif(content is ?4, tag_state, 0) where id = ?1",
        )?
        .execute(params![id, size as i64, mtime_ns, known.content, known.uploaded_at, known.state as i64])
        .map(drop)
}

/// Removes a known file. Does not change totals.
pub(super) fn remove_file(connection: &Connection, id: i64) -> rusqlite::Result<()> {
    remove_name(connection, id)?;
    connection.prepare_cached("delete from file where id = ?1")?.execute([id]).map(drop)
}

/// Removes a folder with everything below it, and takes it out of the totals of the folders above.
pub(super) fn remove_folder(connection: &Connection, path: &VPath) -> rusqlite::Result<()> {
    let Some(id) = find_folder(connection, path)? else { return Ok(()) };
    let (parent, files, bytes): (Option<i64>, i64, i64) = connection
        .prepare_cached("select parent, files, bytes from folder where id = ?1")?
        .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let (first, end) = below(path);
    let inside = "folder in (select id from folder where path = ?1 or (path >= ?2 and path < ?3))";
    let range = params![path.as_bytes(), first, end];
    connection
        .prepare_cached(&["delete from name_index where rowid in (select id from file where ", inside, ")"].concat())?
        .execute(range)?;
    connection.prepare_cached(&["delete from file where ", inside].concat())?.execute(range)?;
    connection.prepare_cached("delete from folder where path = ?1 or (path >= ?2 and path < ?3)")?.execute(range)?;
    parent.map_or(Ok(()), |parent| add_totals(connection, parent, -files, -bytes))
}

/// Returns the range of paths strictly below `path`: start inclusive, end exclusive.
pub(super) fn below(path: &VPath) -> (Vec<u8>, Vec<u8>) {
    if path.is_root() {
        // The root itself is the empty path; no name begins with a zero byte or with the byte 255.
        return (vec![1], vec![0xff; 8]);
    }
    ranges::below(path)
}

/// Adds to the totals of a folder and of all folders above it.
pub(super) fn add_totals(connection: &Connection, folder: FolderId, files: i64, bytes: i64) -> rusqlite::Result<()> {
    if files == 0 && bytes == 0 {
        return Ok(());
    }
    let mut add = connection
        .prepare_cached("update folder set files = files + ?2, bytes = bytes + ?3 where id = ?1 returning parent")?;
    let mut next = Some(folder);
    while let Some(id) = next {
        next = add.query_row(params![id, files, bytes], |row| row.get(0)).optional()?.flatten();
    }
    Ok(())
}

/// Notes that a folder must be compared with the disk at the next scan.
pub(super) fn clear_fingerprint(connection: &Connection, folder: FolderId) -> rusqlite::Result<()> {
    connection.prepare_cached("update folder set fingerprint = 0 where id = ?1")?.execute([folder]).map(drop)
}
