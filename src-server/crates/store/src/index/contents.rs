//! Contents of files: which are to be hashed, what was found, which files have a content.

use super::content_id::ContentId;
use super::open::Index;
use super::rows::State;
use super::rules::{RulesDigest, stored_rules};
use crate::db::Pending;
use crate::db::columns::{name_at, path_at};
use crate::error::StoreError;
use model::{FileName, VPath};
use rusqlite::{Connection, params};

/// A file of which the content is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToHash {
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
}

/// What came of hashing a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The file.
    pub file: ToHash,
    /// Its content; `None`: it could not be read.
    pub content: Option<ContentId>,
}

impl Index {
    /// Returns at most `limit` files that are to be hashed, by number of their rows, those above `after`.
    ///
    /// # Errors
    /// Database errors.
    pub fn to_hash(&self, after: i64, limit: usize) -> Result<Vec<ToHash>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select f.id, d.path, f.name, f.size, f.mtime_ns from file f join folder d on d.id = f.folder
                     where f.state = 0 and f.id > ?1 order by f.id limit ?2",
                )?
                .query_map(params![after, limit as i64], to_hash_at)?
                // A row with a damaged path is skipped; the next scan removes it.
                .filter(|row| !matches!(row, Err(rusqlite::Error::FromSqlConversionFailure(..))))
                .collect()
        })
    }

    /// Records contents that were hashed under the settings `rules`: nothing if the index has others by now
    /// ([`Index::rules`]). A file that has changed since it was taken from the index stays to be hashed.
    ///
    /// # Errors
    /// Database errors.
    pub fn put_contents(&self, hashed: Vec<Hashed>, rules: Option<RulesDigest>) -> Result<Pending<()>, StoreError> {
        self.write(move |connection| {
            if stored_rules(connection)? != rules {
                return Ok(());
            }
            hashed.iter().try_for_each(|one| put_content(connection, one))
        })
    }

    /// Makes files that could not be read be hashed again. Returns whether there are any.
    ///
    /// # Errors
    /// Database errors.
    pub fn retry_unreadable(&self) -> Result<bool, StoreError> {
        let count = self.read(|connection| {
            let sql = "select count(*) from file where state = 2";
            connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0))
        })?;
        if count == 0 {
            return Ok(false);
        }
        let change = self.write(|connection| {
            connection.prepare_cached("update file set state = 0 where state = 2")?.execute([]).map(drop)
        })?;
        change.wait().map(|()| true)
    }

    /// Returns at most `limit` files with this content: folder, name and size.
    ///
    /// # Errors
    /// Database errors.
    pub fn files_with(&self, content: &ContentId, limit: usize) -> Result<Vec<(VPath, FileName, u64)>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "select d.path, f.name, f.size from file f join folder d on d.id = f.folder
                     where substr(f.content, 1, 12) = substr(?1, 1, 12) and f.content = ?1 limit ?2",
                )?
                .query_map(params![content.as_bytes(), limit as i64], |row| {
                    Ok((path_at(row, 0)?, name_at(row, 1)?, row.get::<_, i64>(2)? as u64))
                })?
                .collect()
        })
    }
}

fn put_content(connection: &Connection, hashed: &Hashed) -> rusqlite::Result<()> {
    let ToHash { id, size, mtime_ns, .. } = &hashed.file;
    let state = if hashed.content.is_some() { State::Finished } else { State::Unreadable };
    connection
        .prepare_cached(
            "update file set content = ?4, state = ?5, tag_state = 0 where id = ?1 and size = ?2 and mtime_ns = ?3 and state = 0",
        )?
        .execute(params![id, *size as i64, mtime_ns, hashed.content.as_ref().map(ContentId::as_bytes), state as i64])
        .map(drop)
}

fn to_hash_at(row: &rusqlite::Row<'_>) -> rusqlite::Result<ToHash> {
    Ok(ToHash {
        id: row.get(0)?,
        folder: path_at(row, 1)?,
        name: name_at(row, 2)?,
        size: row.get::<_, i64>(3)? as u64,
        mtime_ns: row.get(4)?,
    })
}
