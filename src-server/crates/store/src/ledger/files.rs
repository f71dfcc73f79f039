//! Rows of known files.

use super::{Ledger, name_at, path_at};
use crate::db::Pending;
use crate::error::{ErrorKind, StoreError};
use model::{AccountName, Bytes, ChunkHash, FileName, UnixMillis, VPath, Wark};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file as it was when its content was last verified by us.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedState {
    /// In which boot ([`super::boot_id`]).
    pub boot: String,
    /// Its inode then.
    pub ino: u64,
    /// Its time of change then, nanoseconds.
    pub mtime_ns: i64,
}

/// A known file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Folder below the volume's top.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Bytes.
    pub size: Bytes,
    /// The time that the uploader gave it.
    pub lmod: UnixMillis,
    /// Its content; `None` if not hashed by chunks.
    pub wark: Option<Wark>,
    /// The chunks of its content, in file order; empty if not hashed.
    pub hashes: Vec<ChunkHash>,
    /// From which address it came.
    pub address: String,
    /// Who brought it.
    pub account: AccountName,
    /// When it arrived.
    pub uploaded_at: UnixMillis,
    /// When it shall be deleted.
    pub expires_at: Option<UnixMillis>,
    /// As it was when last verified.
    pub verified: VerifiedState,
}

/// What the known files of a volume add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Number of files.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Totals, counted once and then kept up to date; `None`: not counted yet. Changed by jobs of the database only, also by
/// such as are rollbacks afterwards: then they are counted anew.
#[derive(Default)]
pub(super) struct Counters(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    files: i64,
    bytes: i64,
    /// [`Db::rollbacks`](crate::db::Db::rollbacks) when they were counted.
    rollbacks: u64,
}

impl Counters {
    fn lock(&self) -> MutexGuard<'_, Option<Counted>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
    /// `None`: not counted, or something was rollbacks since.
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

/// What tells the row of a file from that of another one with its path.
macro_rules! is_row {
    () => {
        "folder = ?1 and name = ?2 and uploaded_at = ?3 and size = ?4 and wark is ?5"
    };
}

/// Of both tables of files.
const COLUMNS: &str = columns!();

/// Where the rows of files are, once those that were aside have been moved.
const FILE_TABLE: &str = "file";
/// The same while they cannot be moved. Only for questions that few rows answer.
const FILE_AND_STAGED: &str = concat!(
    "(select id, ",
    columns!(),
    " from file where not exists (select 1 from arrival later where later.folder = file.folder and later.name = file.name)
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

/// Hashes one after the other.
pub(super) fn pack(hashes: &[ChunkHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Vec<ChunkHash> {
    let whole = bytes.chunks_exact(33);
    whole.map(|hash| ChunkHash::from_bytes(hash.try_into().expect("chunks of 33 bytes"))).collect()
}

/// Enters a file as `row` says, whatever was known before.
const REPLACE_UPLOADED: &str = concat!("insert or replace into file ", values!());

/// The same, for later.
const INSERT_STAGED: &str = concat!("insert into arrival ", values!());

/// Enters a file that is there. Nobody has brought it, except if that is known of the same content.
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

/// Runs one of the above.
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

/// The same, and keeps count.
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

/// Enters a file that has just arrived where it costs little ([`super::staging`]).
pub(super) fn insert_staged(connection: &Connection, row: &FileRow) -> rusqlite::Result<()> {
    execute(connection, INSERT_STAGED, row)
}

/// Moves all that is aside to its place.
pub(super) fn flush_staged(connection: &Connection, totals: &Counters) -> rusqlite::Result<()> {
    if totals.is_counting() {
        // What is replaced must be subtracted.
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

/// Paths at or below `path` are those whose `folder/name` is `path`, or whose folder is `path` or starts with `path/`.
/// `/` + 1 is `0`, which makes the last a range that the index on (folder, name) answers.
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

/// The number of the newest row: no fewer than there are rows.
pub(super) fn last_id(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("select coalesce(max(id), 0) from file", [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)
}

/// The first rows of an answer. A `limit` with a parameter would make SQLite plan the query anew at every use.
fn first<T>(limit: u32, rows: impl Iterator<Item = rusqlite::Result<T>>) -> rusqlite::Result<Vec<T>> {
    rows.take(limit as usize).collect()
}

/// The row of a file that nobody has brought.
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
    /// Enters what was found out about a file that is there. Who brought it, when, and when it shall go, are none of
    /// its facts: an entry of the same content keeps them, and a file without one belongs to nobody and stays.
    /// (Else whoever sends what is there already could call it an upload of his own, and have it deleted.)
    ///
    /// # Errors
    /// The database cannot be made.
    pub fn put_file(&self, row: FileRow) -> Result<Pending<()>, StoreError> {
        self.apply_deferred()?;
        let totals = self.totals.clone();
        self.recent_files.forget(&row.folder, &row.name);
        row.wark.iter().for_each(|wark| self.wark_filter.insert(wark));
        let row = as_found(row);
        self.change_files(move |connection| put(connection, UPSERT_FOUND, &row, &totals))
    }

    /// The same for a file of which nothing is known; what is known stays.
    ///
    /// # Errors
    /// The database cannot be made.
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

    /// Enters a finished upload: its file, and that it is unfinished no more (`None`: it never was in the ledger), in one
    /// step.
    ///
    /// # Errors
    /// The database cannot be made.
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

    /// What was entered by [`Ledger::finish_upload`] is safe: the file with this inode has this name.
    pub fn mark_durable(&self, folder: &VPath, name: &FileName, ino: u64) {
        self.recent_files.mark_durable(folder, name, ino);
    }

    /// The row of a file with this content that has just arrived there, and is safe. `None` says nothing: that it is not
    /// there, or came some time ago. Never waits.
    pub fn recent_file(&self, folder: &VPath, name: &FileName, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.get(folder, name, wark)
    }

    /// The row of a file with this content that has just arrived, wherever that is, and is safe. `None` says nothing.
    /// Never waits.
    pub fn recent_with_wark(&self, wark: &Wark) -> Option<Arc<FileRow>> {
        self.recent_files.with_wark(wark)
    }

    /// Where all rows are found: moves those that are aside, unless there is no room for it.
    pub(super) fn flushed_rows(&self) -> Result<&'static str, StoreError> {
        match self.flush() {
            Ok(()) => Ok(FILE_TABLE),
            Err(error) if error.kind() == ErrorKind::NoSpace => Ok(FILE_AND_STAGED),
            Err(error) => Err(error),
        }
    }

    /// The row of a path.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn file_at(&self, folder: &VPath, name: &FileName) -> Result<Option<FileRow>, StoreError> {
        let rows = if self.staging.may_have_path(folder, name) { self.flushed_rows()? } else { FILE_TABLE };
        self.read_cached(|connection| at(connection, rows, folder, name))
    }

    /// Whether no file has this content, for certain. Never waits.
    pub fn lacks(&self, wark: &Wark) -> bool {
        self.wark_filter.lacks(wark)
    }

    /// Files with this content, oldest first; at most `limit`.
    ///
    /// # Errors
    /// Those of SQLite.
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
        // One of them may have been replaced by something else meanwhile.
        match found.iter().any(|row| self.staging.may_have_path(&row.folder, &row.name)) {
            true => find(self.flushed_rows()?),
            false => Ok(found),
        }
    }

    /// Hashed files at or below a path of which other files have the same content.
    ///
    /// # Errors
    /// Those of SQLite.
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

    /// Files that were brought since `since` by this account (or, for visitors without account, from this address),
    /// newest first, at most `limit`.
    ///
    /// # Errors
    /// Those of SQLite.
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

    /// Files whose time has come, at most `limit`.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn expired(&self, now: UnixMillis, limit: u32) -> Result<Vec<FileRow>, StoreError> {
        let rows = self.flushed_rows()?;
        self.read(|connection| {
            let sql = format!("select {COLUMNS} from {rows} where expires_at <= ?1 order by expires_at");
            first(limit, connection.prepare_cached(&sql)?.query_map(params![now.0], from_row)?)
        })
    }

    /// Where known files at or below `path` are, in order of their numbers from the one after `after` on, at most `limit`;
    /// with each its number.
    ///
    /// # Errors
    /// Those of SQLite.
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

    /// Forgets a file, or all files below a folder. Returns how many.
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
            let mut gone = (0, 0);
            {
                let sql = format!("delete from file where {IS_BELOW} returning size");
                let mut query = connection.prepare_cached(&sql)?;
                let mut rows = query.query(params![path.as_bytes(), from, to])?;
                while let Some(row) = rows.next()? {
                    gone = (gone.0 + 1, gone.1 + row.get::<_, i64>(0)?);
                }
            }
            if let Some((folder, name)) = path.split_last() {
                let mut query =
                    connection.prepare_cached("delete from file where folder = ?1 and name = ?2 returning size")?;
                let mut rows = query.query(params![folder.as_bytes(), name.as_bytes()])?;
                while let Some(row) = rows.next()? {
                    gone = (gone.0 + 1, gone.1 + row.get::<_, i64>(0)?);
                }
            }
            totals.add(-gone.0, -gone.1);
            Ok(gone.0 as u64)
        })
    }

    /// Forgets a file, if what is known of it is still `row`. Who has removed it asks for that: its name needs no lock to
    /// be taken anew, and what is known of it by then is about another file.
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
            while let Some(gone) = rows.next()? {
                totals.add(-1, -gone.get::<_, i64>(0)?);
            }
            Ok(())
        })
    }

    /// A file has another path now, if what is known of it is still `row`; what was known at the new path is forgotten. See
    /// [`Ledger::forget_row`].
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn move_row(&self, row: &FileRow, to: &VPath) -> Result<Pending<()>, StoreError> {
        // What is overwritten goes first; the writer keeps the order.
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

    /// A file or folder has another path now; what was known at the new path is forgotten.
    ///
    /// # Errors
    /// The database cannot be used.
    pub fn move_rows(&self, from: &VPath, to: &VPath) -> Result<Pending<()>, StoreError> {
        if self.db().is_none() {
            return Ok(Pending::ready(()));
        }
        let (from, to) = (from.clone(), to.clone());
        // What is overwritten goes first; the writer keeps the order.
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

    /// What the known files add up to. Counted at the first call, then kept.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn totals(&self) -> Result<Totals, StoreError> {
        self.flush()?;
        let Some(db) = self.db() else { return Ok(Totals::default()) };
        if let Some(totals) = self.totals.get(db.rollbacks().load(Relaxed)) {
            return Ok(totals);
        }
        let (counters, rollbacks) = (self.totals.clone(), db.rollbacks().clone());
        // On the writer's thread, so that no change falls between counting and keeping.
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
