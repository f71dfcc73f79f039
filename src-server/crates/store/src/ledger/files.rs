//! Rows of known files: the `file` table, the staging table `arrival`, and their totals.

use super::{Ledger, name_at, path_at};
use crate::db::Pending;
use crate::error::{ErrorKind, StoreError};
use model::{AccountName, Bytes, ChunkHash, FileName, UnixMillis, VPath, Wark};
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Identity of a file when this program last verified its content. If all three still match, it need not be hashed
/// again.
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

/// Number and size of all known files of a volume.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Number of files.
    pub files: u64,
    /// Sum of their sizes in bytes.
    pub bytes: u64,
}

/// Totals that are counted once and then kept up to date; `None`: not counted yet. Only database jobs change them, even
/// jobs that are rolled back afterwards: after a rollback they are counted anew.
#[derive(Default)]
pub(super) struct Counters(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    files: i64,
    bytes: i64,
    /// Value of [`Db::rollbacks`](crate::db::Db::rollbacks) when they were counted.
    rollbacks: u64,
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Option<Counted>> {
        self.0.lock()
    }
    fn add(&self, files: i64, bytes: i64) {
        if let Some(counted) = &mut *self.lock() {
            counted.files += files;
            counted.bytes += bytes;
        }
    }
    fn is_counting(&self) -> bool {
        self.lock().is_some()
    }
    /// Returns `None` if the totals were not counted yet, or if a transaction was rolled back since.
    fn get(&self, rollbacks: u64) -> Option<Totals> {
        self.lock().filter(|counted| counted.rollbacks == rollbacks).map(Counted::totals)
    }
}

impl Counted {
    fn totals(self) -> Totals {
        Totals { files: self.files.max(0) as u64, bytes: self.bytes.max(0) as u64 }
    }
}

macro_rules! columns {
    () => {
        "folder, name, size, lmod, wark, hashes, address, account, uploaded_at, expires_at, \
         seen_boot, seen_ino, seen_mtime_ns"
    };
}
macro_rules! values {
    () => {
        concat!("(", columns!(), ") values (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13)")
    };
}

/// Condition that identifies one row: a later file at the same path has another upload time, size or content.
macro_rules! is_row {
    () => {
        "folder = ?1 and name = ?2 and uploaded_at = ?3 and size = ?4 and wark is ?5"
    };
}

/// Columns of both tables.
const COLUMNS: &str = columns!();

/// Source of rows after the staged ones were flushed.
const FILE_TABLE: &str = "file";
/// The same result while they cannot be flushed. Slow, so only for queries that return few rows.
const FILE_AND_STAGED: &str = concat!(
    "(select id, ",
    columns!(),
    " from file where not exists (select 1 from arrival later
       where later.folder = file.folder and later.name = file.name)
     union all select id, ",
    columns!(),
    " from arrival where not exists (select 1 from arrival later
       where later.folder = arrival.folder and later.name = arrival.name and later.id > arrival.id))"
);

fn from_row(row: &Row<'_>) -> rusqlite::Result<FileRow> {
    let hashes = row.get_ref(5)?.as_blob_or_null()?.unwrap_or_default();
    let wark = row.get_ref(4)?.as_str_or_null()?;
    Ok(FileRow {
        folder: path_at(row, 0)?,
        name: name_at(row, 1)?,
        size: Bytes(row.get::<_, i64>(2)? as u64),
        lmod: UnixMillis(row.get(3)?),
        wark: wark.map(Wark::parse).transpose().map_err(|error| super::damaged(4, error))?,
        hashes: unpack(hashes),
        address: row.get(6)?,
        account: row.get_ref(7)?.as_str()?.into(),
        uploaded_at: UnixMillis(row.get(8)?),
        expires_at: row.get::<_, Option<i64>>(9)?.map(UnixMillis),
        verified: VerifiedState { boot: row.get(10)?, ino: row.get::<_, i64>(11)? as u64, mtime_ns: row.get(12)? },
    })
}

/// Concatenates hashes, 33 bytes each.
pub(super) fn pack(hashes: &[ChunkHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Vec<ChunkHash> {
    let whole = bytes.chunks_exact(33);
    whole.map(|hash| ChunkHash::from_bytes(hash.try_into().expect("chunks of 33 bytes"))).collect()
}

/// Inserts an uploaded file, replacing any row with its path.
const REPLACE_UPLOADED: &str = concat!("insert or replace into file ", values!());

/// The same, into the staging table.
const INSERT_STAGED: &str = concat!("insert into arrival ", values!());

/// Inserts a file that was found on disk. It has no uploader, except if an existing row with its path has the same
/// content: that row keeps its uploader.
const UPSERT_FOUND: &str = concat!(
    "insert into file ",
    values!(),
    " on conflict (folder, name) do update set size = ?3, lmod = ?4, wark = ?5, hashes = ?6, seen_boot = ?11,
     seen_ino = ?12, seen_mtime_ns = ?13,
     address = iif(size = ?3 and ifnull(wark, ?5) is ?5, address, ?7),
     account = iif(size = ?3 and ifnull(wark, ?5) is ?5, account, ?8),
     uploaded_at = iif(size = ?3 and ifnull(wark, ?5) is ?5, uploaded_at, ?9),
     expires_at = iif(size = ?3 and ifnull(wark, ?5) is ?5, expires_at, ?10)"
);

/// Runs one of the statements above.
fn execute(connection: &Connection, sql: &str, row: &FileRow) -> rusqlite::Result<()> {
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
fn put(connection: &Connection, sql: &str, row: &FileRow, totals: &Counters) -> rusqlite::Result<()> {
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

/// Inserts the row of a new upload into the staging table ([`super::staging`]), which is cheap.
pub(super) fn insert_staged(connection: &Connection, row: &FileRow) -> rusqlite::Result<()> {
    execute(connection, INSERT_STAGED, row)
}

/// Moves all staged rows into the `file` table.
pub(super) fn flush_staged(connection: &Connection, totals: &Counters) -> rusqlite::Result<()> {
    if totals.is_counting() {
        // The sizes of replaced rows must be subtracted from the totals.
        let mut query = connection.prepare_cached(&format!("select {COLUMNS} from arrival order by id"))?;
        for row in query.query_map([], from_row)? {
            put(connection, REPLACE_UPLOADED, &row?, totals)?;
        }
    } else {
        let sql = format!("insert or replace into file ({COLUMNS}) select {COLUMNS} from arrival order by id");
        connection.prepare_cached(&sql)?.execute([])?;
    }
    connection.prepare_cached("delete from arrival")?.execute([]).map(drop)
}

/// Returns the range of folders strictly below `path` (start inclusive, end exclusive). Paths at or below `path` are
/// those whose `folder/name` is `path`, or whose folder is `path` or starts with `path/`. Since `/` + 1 is `0`, the
/// last is a range that the index on (folder, name) answers.
fn below(path: &VPath) -> (Vec<u8>, Vec<u8>) {
    if path.is_root() {
        return (Vec::new(), vec![0xff; 8]);
    }
    let with = |last: u8| [path.as_bytes(), &[last]].concat();
    (with(b'/'), with(b'/' + 1))
}

const IS_BELOW: &str = "(folder = ?1 or (folder >= ?2 and folder < ?3))";

fn at(connection: &Connection, rows: &str, folder: &VPath, name: &FileName) -> rusqlite::Result<Option<FileRow>> {
    connection
        .prepare_cached(&format!("select {COLUMNS} from {rows} where folder = ?1 and name = ?2"))?
        .query_row(params![folder.as_bytes(), name.as_bytes()], from_row)
        .optional()
}

fn with_wark(connection: &Connection, rows: &str, wark: &Wark, limit: u32) -> rusqlite::Result<Vec<FileRow>> {
    let sql = format!("select {COLUMNS} from {rows} where wark = ?1 order by id");
    first(limit, connection.prepare_cached(&sql)?.query_map(params![wark.as_str()], from_row)?)
}

/// Returns the newest row id, which is at least the number of rows.
pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("select coalesce(max(id), 0) from file", [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// Collects the first `limit` rows. A `limit` clause with a parameter would make SQLite plan the query anew at every
/// use.
fn first<T>(limit: u32, rows: impl Iterator<Item = rusqlite::Result<T>>) -> rusqlite::Result<Vec<T>> {
    rows.take(limit as usize).collect()
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
        self.recent_files.forget(&row.folder, &row.name);
        row.wark.iter().for_each(|wark| self.wark_filter.insert(wark));
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
        row.wark.iter().for_each(|wark| self.wark_filter.insert(wark));
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
        self.recent_files.add_queued(&row);
        row.wark.iter().for_each(|wark| self.wark_filter.insert(wark));
        let Some(id) = unfinished else { return self.stage(row) };
        let totals = self.totals.clone();
        self.change_files(move |connection| {
            super::unfinished::remove(connection, id)?;
            put(connection, REPLACE_UPLOADED, &row, &totals)
        })
    }

    /// Records that the file of [`Ledger::finish_upload`] with this inode is durable under this name. Never blocks on
    /// the disk.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        self.recent_files.mark_durable(folder, name, ino);
    }

    /// Returns the row of a durable file with this content at this path, if it was uploaded recently. `None` has no
    /// meaning: the file may be missing, or older. Never blocks on the disk.
    pub fn recent_file(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.get(folder, name, wark)
    }

    /// Like [`Ledger::recent_file`], at any path.
    pub fn recent_with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.with_wark(wark)
    }

    /// Returns the table expression that holds all rows: flushes staged rows, or combines both tables if the disk is
    /// full.
    pub(super) fn flushed_rows(&self) -> Result<&'static str, StoreError> {
        match self.flush() {
            Ok(()) => Ok(FILE_TABLE),
            Err(error) if error.kind() == ErrorKind::NoSpace => Ok(FILE_AND_STAGED),
            Err(error) => Err(error),
        }
    }

    /// Returns the row of the file at a path.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn file_at(&self, folder: &VPath, name: &FileName) -> Result<Option<FileRow>, StoreError> {
        let rows = if self.staging.may_have_path(folder, name) { self.flushed_rows()? } else { FILE_TABLE };
        self.read_cached(|connection| at(connection, rows, folder, name))
    }

    /// Returns true if certainly no row has this content. False means that one may. Never blocks on the disk.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.wark_filter.lacks(wark)
    }

    /// Returns at most `limit` files with this content, oldest row first.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn files_with(&self, wark: &Wark, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        if self.lacks(wark) {
            return Ok(Vec::new());
        }
        if !self.wark_filter.is_complete() {
            self.read(|connection| self.wark_filter.load_next(connection))?;
        }
        let find = |rows| self.read_cached(|connection| with_wark(connection, rows, wark, limit));
        if self.staging.may_have_wark(wark) {
            return find(self.flushed_rows()?);
        }
        let found = find(FILE_TABLE)?;
        // A staged row may have replaced one of them with other content.
        match found.iter().any(|row| self.staging.may_have_path(&row.folder, &row.name)) {
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

    /// Removes the row of a file, or the rows of all files below a folder. Returns the number of rows.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn forget(&self, path: &VPath) -> Result<Pending<u64>, StoreError> {
        if self.db().is_none() {
            return Ok(Pending::ready(0));
        }
        let (path, totals) = (path.clone(), self.totals.clone());
        self.recent_files.clear();
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
        if self.db().is_none() {
            return Ok(Pending::ready(()));
        }
        let (row, totals) = (row.clone(), self.totals.clone());
        self.recent_files.forget(&row.folder, &row.name);
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
        if self.db().is_none() {
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

    /// Returns the totals of all known files: counted at the first call, then kept up to date.
    ///
    /// # Errors
    /// SQLite errors.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        self.flush()?;
        let Some(db) = self.db() else { return Ok(Totals::default()) };
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
}
