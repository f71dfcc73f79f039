//! Settings under which the rows of an index were made, and rows that a change of settings concerns.

use super::content_id::ContentId;
use super::open::Index;
use super::rows::{self, State};
use crate::db::Pending;
use crate::db::columns::{damaged, name_at, path_at};
use crate::error::StoreError;
use model::{FileName, VPath};
use rusqlite::{Connection, OptionalExtension as _, params};

/// A file in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexedFile {
    /// Number of its row.
    pub id: i64,
    /// Its folder.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Its size when it was found.
    pub size: u64,
    /// Its modification time when it was found, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its content, if it is known.
    pub content: Option<ContentId>,
}

/// What a change of settings does to a file in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleChange {
    /// It is forgotten.
    Forget,
    /// Its content is to be hashed.
    Hash,
    /// Its content is not read; this is its identity.
    Identity(ContentId),
}

/// Digest of the settings under which rows were made.
pub type RulesDigest = [u8; 32];

/// Name of the digest's row.
const RULES: &str = "rules";

impl Index {
    /// Returns the digest of the settings under which all rows were made; `None` if it is not known.
    ///
    /// # Errors
    /// Database errors.
    pub fn rules(&self) -> Result<Option<RulesDigest>, StoreError> {
        self.read(stored_rules)
    }

    /// Records that all rows were made under these settings.
    ///
    /// # Errors
    /// Database errors.
    pub fn set_rules(&self, digest: RulesDigest) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("insert or replace into meta (name, value) values (?1, ?2)")?
                .execute(params![RULES, digest])
                .map(drop)
        })
    }

    /// Returns at most `limit` files, by number of their rows, those above `after`.
    ///
    /// # Errors
    /// Database errors.
    pub fn files_after(&self, after: i64, limit: usize) -> Result<Vec<IndexedFile>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select f.id, d.path, f.name, f.size, f.mtime_ns, f.content
                     from file f join folder d on d.id = f.folder where f.id > ?1 order by f.id limit ?2",
                )?
                .query_map(params![after, limit as i64], indexed_at)?
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Returns at most `limit` folders with the numbers of their rows, those above `after`.
    ///
    /// # Errors
    /// Database errors.
    pub fn folders_after(&self, after: i64, limit: usize) -> Result<Vec<(i64, VPath)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("select id, path from folder where id > ?1 order by id limit ?2")?
                .query_map(params![after, limit as i64], |row| Ok((row.get(0)?, path_at(row, 1)?)))?
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Makes changes to files that were taken from the index. A file that has changed since then stays as it is.
    ///
    /// # Errors
    /// Database errors.
    pub fn change_by_rules(&self, changes: Vec<(IndexedFile, RuleChange)>) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| changes.iter().try_for_each(|(file, change)| apply(connection, file, change)))
    }
}

/// Returns the digest of the settings under which all rows were made.
pub(super) fn stored_rules(connection: &Connection) -> rusqlite::Result<Option<RulesDigest>> {
    let stored = connection
        .prepare_cached("select value from meta where name = ?1")?
        .query_row([RULES], |row| row.get::<_, Vec<u8>>(0))
        .optional()?;
    stored.map(|bytes| bytes.try_into().map_err(|_| damaged(0, std::io::Error::other("no digest")))).transpose()
}

fn apply(connection: &Connection, file: &IndexedFile, change: &RuleChange) -> rusqlite::Result<()> {
    let content = match change {
        RuleChange::Forget => {
            let Some(folder) = rows::find_folder(connection, &file.folder)? else { return Ok(()) };
            let Some(row) = rows::find_file(connection, folder, &file.name)? else { return Ok(()) };
            rows::remove_file(connection, row.id)?;
            rows::clear_fingerprint(connection, folder)?;
            return rows::add_totals(connection, folder, -1, -(row.size as i64));
        }
        RuleChange::Hash => None,
        RuleChange::Identity(content) => Some(content.as_bytes()),
    };
    let state = if content.is_some() { State::Finished } else { State::ToHash };
    connection
        .prepare_cached(
            "update file set content = ?4, state = ?5, tag_state = iif(content is ?4, tag_state, 0)
             where id = ?1 and size = ?2 and mtime_ns = ?3",
        )?
        .execute(params![file.id, file.size as i64, file.mtime_ns, content, state as i64])
        .map(drop)
}

pub(super) fn indexed_at(row: &rusqlite::Row<'_>) -> rusqlite::Result<IndexedFile> {
    Ok(IndexedFile {
        id: row.get(0)?,
        folder: path_at(row, 1)?,
        name: name_at(row, 2)?,
        size: row.get::<_, i64>(3)? as u64,
        mtime_ns: row.get(4)?,
        content: row.get::<_, Option<Vec<u8>>>(5)?.map(ContentId::from_column),
    })
}
