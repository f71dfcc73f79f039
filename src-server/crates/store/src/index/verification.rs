//! Verification: all contents are read again and compared with the index. Where it is, and what it found, is in the
//! database, so that it goes on after a restart.

use super::content_id::ContentId;
use super::open::Index;
use super::rules::{IndexedFile, indexed_at};
use crate::db::Pending;
use crate::db::columns::{name_at, path_at};
use crate::error::StoreError;
use model::{FileName, VPath};
use rusqlite::{Connection, OptionalExtension as _, params};

/// Findings that are kept, the newest ones.
pub const FINDINGS_MAX: usize = 1000;

/// How far the last verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Verification {
    /// When it began, seconds since 1970.
    pub started_at: i64,
    /// When it ended, seconds since 1970; `None`: it is under way.
    pub ended_at: Option<i64>,
    /// Whether it was cancelled before its end.
    pub is_cancelled: bool,
    /// Rows of files with numbers up to this one were read.
    pub after: i64,
    /// Files that were read.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Bytes to be read, as estimated at its start.
    pub total_bytes: u64,
    /// Files of which the content differs.
    pub differing: u64,
    /// Files that could not be read.
    pub unreadable: u64,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingKind {
    /// Its content differs, though size and time are unchanged.
    Differs,
    /// Its content differs, and the index has the new one now.
    Updated,
    /// It cannot be read.
    Unreadable,
}

/// A file with which something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its folder.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Its size in bytes.
    pub size: u64,
    /// Its modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// What is wrong.
    pub kind: FindingKind,
    /// When it was found, seconds since 1970.
    pub found_at: i64,
}

/// A file of which the content was read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The file, with its content as the index knew it.
    pub file: IndexedFile,
    /// What is wrong with it.
    pub finding: Option<FindingKind>,
    /// With [`FindingKind::Updated`]: the content that it has now.
    pub content: Option<ContentId>,
}

impl Index {
    /// Returns how far the last verification is; `None` if there was none.
    ///
    /// # Errors
    /// Database errors.
    pub fn verification(&self) -> Result<Option<Verification>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select started_at, ended_at, is_cancelled, after, files, bytes, total_bytes, differing, unreadable
                     from verification where id = 1",
                )?
                .query_row([], |row| {
                    let count = |column| row.get::<_, i64>(column).map(|count| count.max(0) as u64);
                    Ok(Verification {
                        started_at: row.get(0)?,
                        ended_at: row.get(1)?,
                        is_cancelled: row.get(2)?,
                        after: row.get(3)?,
                        files: count(4)?,
                        bytes: count(5)?,
                        total_bytes: count(6)?,
                        differing: count(7)?,
                        unreadable: count(8)?,
                    })
                })
                .optional()
        })
    }

    /// Begins a verification. What an earlier one found is forgotten.
    ///
    /// # Errors
    /// Database errors.
    pub fn begin_verification(&self, now_secs: i64) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| {
            connection.execute_batch("delete from finding; delete from verification;")?;
            connection
                .prepare_cached(
                    "insert into verification select 1, ?1, null, 0, 0, 0, 0, ifnull(sum(size), 0), 0, 0
                     from file where length(content) > 12",
                )?
                .execute([now_secs])
                .map(drop)
        })
    }

    /// Ends the verification that is under way.
    ///
    /// # Errors
    /// Database errors.
    pub fn end_verification(&self, now_secs: i64, is_cancelled: bool) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("update verification set ended_at = ?1, is_cancelled = ?2 where ended_at is null")?
                .execute(params![now_secs, is_cancelled])
                .map(drop)
        })
    }

    /// Returns at most `limit` files of which the content is hashed, by number of their rows, those above `after`.
    ///
    /// # Errors
    /// Database errors.
    pub fn to_verify(&self, after: i64, limit: usize) -> Result<Vec<IndexedFile>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select f.id, d.path, f.name, f.size, f.mtime_ns, f.content
                     from file f join folder d on d.id = f.folder
                     where f.id > ?1 and f.state = 1 and length(f.content) > 12 order by f.id limit ?2",
                )?
                .query_map(params![after, limit as i64], indexed_at)?
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Records files that were read, in order of their rows, for the verification that is under way.
    ///
    /// # Errors
    /// Database errors.
    pub fn put_verified(&self, verified: Vec<Verified>, now_secs: i64) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| put_verified(connection, &verified, now_secs))
    }

    /// Returns what the last verification found, the newest first; at most [`FINDINGS_MAX`].
    ///
    /// # Errors
    /// Database errors.
    pub fn findings(&self) -> Result<Vec<Finding>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select folder, name, size, mtime_ns, kind, found_at from finding order by id desc limit ?1",
                )?
                .query_map([FINDINGS_MAX as i64], |row| {
                    Ok(Finding {
                        folder: path_at(row, 0)?,
                        name: name_at(row, 1)?,
                        size: row.get::<_, i64>(2)? as u64,
                        mtime_ns: row.get(3)?,
                        kind: match row.get(4)? {
                            1 => FindingKind::Differs,
                            2 => FindingKind::Updated,
                            _ => FindingKind::Unreadable,
                        },
                        found_at: row.get(5)?,
                    })
                })?
                .collect()
        })
    }
}

fn put_verified(connection: &Connection, verified: &[Verified], now_secs: i64) -> rusqlite::Result<()> {
    let Some(last) = verified.last() else { return Ok(()) };
    let count =
        |wanted: fn(FindingKind) -> bool| verified.iter().filter(|one| one.finding.is_some_and(wanted)).count() as i64;
    let unreadable = count(|kind| kind == FindingKind::Unreadable);
    let differing = count(|kind| kind != FindingKind::Unreadable);
    let bytes: u64 = verified.iter().map(|one| one.file.size).sum();
    let changed = connection
        .prepare_cached(
            "update verification set after = ?1, files = files + ?2, bytes = bytes + ?3,
             differing = differing + ?4, unreadable = unreadable + ?5 where ended_at is null",
        )?
        .execute(params![last.file.id, verified.len() as i64, bytes as i64, differing, unreadable])?;
    if changed == 0 {
        // It was cancelled meanwhile.
        return Ok(());
    }
    for one in verified {
        let Some(kind) = one.finding else { continue };
        put_finding(connection, &one.file, kind, now_secs)?;
        if let Some(content) = &one.content {
            update_content(connection, &one.file, content)?;
        }
    }
    connection
        .prepare_cached("delete from finding where id <= (select max(id) from finding) - ?1")?
        .execute([FINDINGS_MAX as i64])
        .map(drop)
}

fn put_finding(connection: &Connection, file: &IndexedFile, kind: FindingKind, now_secs: i64) -> rusqlite::Result<()> {
    let kind = match kind {
        FindingKind::Differs => 1,
        FindingKind::Updated => 2,
        FindingKind::Unreadable => 3,
    };
    connection
        .prepare_cached(
            "insert into finding (folder, name, size, mtime_ns, kind, found_at) values (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![file.folder.as_bytes(), file.name.as_bytes(), file.size as i64, file.mtime_ns, kind, now_secs])
        .map(drop)
}

/// Replaces the content of a file, unless the file has changed since it was read.
fn update_content(connection: &Connection, file: &IndexedFile, content: &ContentId) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "update file set content = ?4, tag_state = 0 where id = ?1 and size = ?2 and mtime_ns = ?3 and state = 1",
        )?
        .execute(params![file.id, file.size as i64, file.mtime_ns, content.as_bytes()])
        .map(drop)
}
