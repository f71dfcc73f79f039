//! The table `file`: a row for each known file, and the statements that read and write it.

use super::columns::{pack, unpack};
use super::totals::Counters;
use crate::db::columns::{damaged, name_at, path_at};
use model::{AccountName, Bytes, ChunkHash, FileName, UnixMillis, VPath, Wark};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// Identity of a file when this program last verified its content. What looks the same may have another content: a file
/// that a copy or link is made from is hashed again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedState {
    /// The boot in which it was verified ([`super::boot_id`]).
    pub boot: String,
    /// Inode number.
    pub ino: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
}

/// A known file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Folder, relative to the volume's root.
    pub folder: VPath,
    /// File name.
    pub name: FileName,
    /// Size in bytes.
    pub size: Bytes,
    /// Modification time that the uploader declared.
    pub lmod: UnixMillis,
    /// Identifies the content; `None` if the file was not hashed by chunks.
    pub wark: Option<Wark>,
    /// Hashes of the chunks, in file order; empty if not hashed.
    pub hashes: Vec<ChunkHash>,
    /// Address of the uploader.
    pub address: String,
    /// Account of the uploader.
    pub account: AccountName,
    /// When the upload finished.
    pub uploaded_at: UnixMillis,
    /// When the file is to be deleted.
    pub expires_at: Option<UnixMillis>,
    /// Identity of the file when its content was last verified.
    pub verified: VerifiedState,
}

/// [`COLUMNS`], as a literal.
macro_rules! columns {
    () => {
        "folder, name, size, lmod, wark, hashes, address, account, uploaded_at, expires_at, \
         seen_boot, seen_ino, seen_mtime_ns"
    };
}
/// Placeholders for all columns.
macro_rules! values {
    () => {
        concat!("(", columns!(), ") values (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)")
    };
}

pub(super) use {columns, values};

/// Columns of the table, and of the staging table ([`super::fast_path`]).
pub(super) const COLUMNS: &str = columns!();

/// The table, as a source of rows.
pub(super) const FILE_TABLE: &str = "file";

pub(super) fn from_row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    let hashes = row.get_ref(5)?.as_blob_or_null()?.unwrap_or_default();
    let wark = row.get_ref(4)?.as_str_or_null()?;
    Ok(FileRow {
        folder: path_at(row, 0)?,
        name: name_at(row, 1)?,
        size: Bytes(row.get::<_, i64>(2)? as u64),
        lmod: UnixMillis(row.get(3)?),
        wark: wark.map(Wark::parse).transpose().map_err(|error| damaged(4, error))?,
        hashes: unpack(hashes),
        address: row.get(6)?,
        account: row.get_ref(7)?.as_str()?.into(),
        uploaded_at: UnixMillis(row.get(8)?),
        expires_at: row.get::<_, Option<i64>>(9)?.map(UnixMillis),
        verified: VerifiedState { boot: row.get(10)?, ino: row.get::<_, i64>(11)? as u64, mtime_ns: row.get(12)? },
    })
}

/// Inserts an uploaded file, replacing any row with its path.
pub(super) const REPLACE_UPLOADED: &str = concat!("insert or replace into file ", values!());

/// Inserts a file that was found on disk. It has no uploader, except if an existing row with its path has the same
/// content: that row keeps its uploader.
pub(super) const UPSERT_FOUND: &str = concat!(
    "insert into file ",
    values!(),
    " on conflict (folder, name) do update set size = ?3, lmod = ?4, wark = ?5, hashes = ?6, seen_boot = ?11,
     seen_ino = ?12, seen_mtime_ns = ?13,
     address = iif(size = ?3 and ifnull(wark, ?5) is ?5, address, ?7),
     account = iif(size = ?3 and ifnull(wark, ?5) is ?5, account, ?8),
     uploaded_at = iif(size = ?3 and ifnull(wark, ?5) is ?5, uploaded_at, ?9),
     expires_at = iif(size = ?3 and ifnull(wark, ?5) is ?5, expires_at, ?10)"
);

/// Runs a statement that inserts a row with [`values`].
pub(super) fn execute(connection: &Connection, sql: &str, row: &FileRow) -> rusqlite::Result<()> {
    let hashes = (!row.hashes.is_empty()).then(|| pack(&row.hashes));
    let execute = connection.prepare_cached(sql)?.execute(params![
        row.folder.as_bytes(),
        row.name.as_bytes(),
        row.size.0 as i64,
        row.lmod.0,
        row.wark.as_ref().map(Wark::as_str),
        hashes,
        row.address,
        row.account.as_str(),
        row.uploaded_at.0,
        row.expires_at.map(|time| time.0),
        row.verified.boot,
        row.verified.ino as i64,
        row.verified.mtime_ns,
    ]);
    execute.map(drop)
}

/// Like [`execute`], and keeps the totals up to date.
pub(super) fn put(connection: &Connection, sql: &str, row: &FileRow, totals: &Counters) -> rusqlite::Result<()> {
    let old: Option<i64> = match totals.is_counting() {
        false => None,
        true => connection
            .prepare_cached("select size from file where folder = ?1 and name = ?2")?
            .query_row(params![row.folder.as_bytes(), row.name.as_bytes()], |row| row.get(0))
            .optional()?,
    };
    execute(connection, sql, row)?;
    totals.add(i64::from(old.is_none()), row.size.0 as i64 - old.unwrap_or(0));
    Ok(())
}

pub(super) const IS_BELOW: &str = "(folder = ?1 or (folder >= ?2 and folder < ?3))";

pub(super) fn at(
    connection: &Connection,
    rows: &str,
    folder: &VPath,
    name: &FileName,
) -> rusqlite::Result<Option<FileRow>> {
    connection
        .prepare_cached(&format!("select {COLUMNS} from {rows} where folder = ?1 and name = ?2"))?
        .query_row(params![folder.as_bytes(), name.as_bytes()], from_row)
        .optional()
}

/// Returns the newest row id, which is at least the number of rows.
pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("select coalesce(max(id), 0) from file", [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}
