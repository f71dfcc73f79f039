//! Sizes of folders, and what the index holds.

use super::open::Index;
use crate::error::StoreError;
use crate::totals::Totals;
use model::VPath;
use rusqlite::params;
use std::collections::HashMap;

/// What an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexStats {
    /// All files.
    pub totals: Totals,
    /// Folders.
    pub folders: u64,
    /// Files of which the content is still to be hashed.
    pub to_hash: u64,
    /// Their bytes.
    pub to_hash_bytes: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Size of the database's files; 0 if it is kept in memory.
    pub database_bytes: u64,
}

impl Index {
    /// Returns the totals of all folders in `path`, by their names.
    ///
    /// # Errors
    /// Database errors.
    pub fn totals_in(&self, path: &VPath) -> Result<HashMap<Vec<u8>, Totals>, StoreError> {
        self.read(|connection| {
            let prefix = if path.is_root() { 0 } else { path.as_bytes().len() + 1 };
            connection
                .prepare_cached(
                    "select path, files, bytes from folder
                     where parent = (select id from folder where path = ?1)",
                )?
                .query_map([path.as_bytes()], |row| {
                    let below = row.get_ref(0)?.as_blob()?;
                    let (files, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
                    let name = below.get(prefix..).unwrap_or_default().to_vec();
                    Ok((name, Totals { files: files.max(0) as u64, bytes: bytes.max(0) as u64 }))
                })?
                .collect()
        })
    }

    /// Returns what the index holds.
    ///
    /// # Errors
    /// Database errors.
    pub fn stats(&self) -> Result<IndexStats, StoreError> {
        let database_bytes = self.database_bytes();
        self.read(|connection| {
            let one = |sql: &str| connection.prepare_cached(sql)?.query_row(params![], |row| row.get::<_, i64>(0));
            let count = |sql: &str| one(sql).map(|count| count.max(0) as u64);
            Ok(IndexStats {
                totals: Totals {
                    files: count("select ifnull(sum(files), 0) from folder where parent is null")?,
                    bytes: count("select ifnull(sum(bytes), 0) from folder where parent is null")?,
                },
                folders: count("select count(*) from folder")?,
                to_hash: count("select count(*) from file where state = 0")?,
                to_hash_bytes: count("select ifnull(sum(size), 0) from file where state = 0")?,
                unreadable: count("select count(*) from file where state = 2")?,
                database_bytes,
            })
        })
    }

    /// Returns the bytes of all files that are to be hashed.
    ///
    /// # Errors
    /// Database errors.
    pub fn bytes_to_hash(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let sql = "select ifnull(sum(size), 0) from file where state = 0";
            connection.prepare_cached(sql)?.query_row([], |row| row.get::<_, i64>(0)).map(|bytes| bytes.max(0) as u64)
        })
    }
}
