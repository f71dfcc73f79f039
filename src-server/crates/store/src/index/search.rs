//! Searches the index.

use super::content_id::ContentId;
use super::functions;
use super::open::Index;
use super::rows::below;
use super::sql::Condition;
use crate::db::columns::{name_at, path_at};
use crate::error::{ErrorKind, StoreError};
use crate::totals::Totals;
use model::query::Query;
use model::{FileName, VPath};
use rusqlite::types::Value;
use rusqlite::{Connection, Row, params_from_iter};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

/// Where a search looks.
#[derive(Clone, Debug)]
pub struct SearchPlace<'a> {
    /// Mount point of the volume; paths of folders are tested with it before them.
    pub mount: &'a VPath,
    /// The folder in and below which files are found.
    pub within: &'a VPath,
    /// Whether names that begin with a dot are found.
    pub with_dotfiles: bool,
}

/// When a search ends early.
#[derive(Clone, Debug)]
pub struct SearchLimits {
    /// It ends at this time.
    pub deadline: Instant,
    /// It ends when this is set.
    pub cancelled: Arc<AtomicBool>,
}

impl SearchLimits {
    fn are_reached(&self) -> bool {
        self.cancelled.load(Relaxed) || Instant::now() >= self.deadline
    }
}

/// A file that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its folder.
    pub folder: VPath,
    /// Its name.
    pub name: FileName,
    /// Size in bytes when it was recorded.
    pub size: u64,
    /// Modification time, nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Its content, if it is known.
    pub content: Option<ContentId>,
}

/// A folder of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FolderRow {
    /// Its path.
    pub path: VPath,
    /// Files in it and below.
    pub totals: Totals,
}

impl Index {
    /// Calls `each` with every folder below `place.within`, in no particular order, until it returns `Break` or a limit is
    /// reached. Returns false if a limit was reached.
    ///
    /// # Errors
    /// Database errors.
    pub fn folders_below(
        &self,
        place: &SearchPlace<'_>,
        limits: &SearchLimits,
        mut each: impl FnMut(FolderRow) -> ControlFlow<()>,
    ) -> Result<bool, StoreError> {
        let stop = {
            let limits = limits.clone();
            move || limits.are_reached()
        };
        let (first, end) = below(place.within);
        let read = self.read_until(stop, |connection| {
            let sql = "select path, files, bytes from folder where path >= ?1 and path < ?2 and (?3 or is_hidden = 0)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query(rusqlite::params![first, end, place.with_dotfiles])?;
            while let Some(row) = rows.next()? {
                let (files, bytes): (i64, i64) = (row.get(1)?, row.get(2)?);
                let totals = Totals { files: files.max(0) as u64, bytes: bytes.max(0) as u64 };
                if each(FolderRow { path: path_at(row, 0)?, totals }).is_break() {
                    break;
                }
            }
            Ok(())
        });
        match read {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            read => read.map(|()| true),
        }
    }

    /// Calls `each` with every file that the query holds for, in no particular order, until it returns `Break` or a
    /// limit is reached. Returns false if a limit was reached.
    ///
    /// # Errors
    /// Database errors.
    pub fn search(
        &self,
        query: &Query,
        place: &SearchPlace<'_>,
        limits: &SearchLimits,
        each: impl FnMut(Hit) -> ControlFlow<()>,
    ) -> Result<bool, StoreError> {
        let stop = {
            let limits = limits.clone();
            move || limits.are_reached()
        };
        match self.read_until(stop, |connection| search(connection, query, place, each)) {
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            searched => searched.map(|()| true),
        }
    }
}

fn search(
    connection: &Connection,
    query: &Query,
    place: &SearchPlace<'_>,
    mut each: impl FnMut(Hit) -> ControlFlow<()>,
) -> rusqlite::Result<()> {
    let condition = Condition::of(query);
    functions::define(connection, condition.tests.clone(), place.mount.as_bytes().to_vec())?;
    let (sql, values) = statement(condition, place);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if each(hit_at(row)?).is_break() {
            break;
        }
    }
    Ok(())
}

/// Returns the statement that finds the files, with its values.
pub(super) fn statement(condition: Condition, place: &SearchPlace<'_>) -> (String, Vec<Value>) {
    let mut sql = String::from("select d.path, f.name, f.size, f.mtime_ns, f.content from ");
    let mut values = Vec::with_capacity(condition.values.len() + 4);
    match condition.trigrams {
        // `cross` makes SQLite look up the trigrams first.
        Some(trigrams) => {
            sql.push_str("name_index n cross join file f on f.id = n.rowid join folder d on d.id = f.folder where name_index match ? and ");
            values.push(Value::Text(trigrams));
        }
        None => sql.push_str("file f join folder d on d.id = f.folder where "),
    }
    sql.push('(');
    sql.push_str(&condition.sql);
    sql.push(')');
    values.extend(condition.values);
    if !place.with_dotfiles {
        sql.push_str(" and d.is_hidden = 0 and substr(f.name, 1, 1) <> x'2e'");
    }
    if !place.within.is_root() {
        sql.push_str(" and (d.path = ? or (d.path >= ? and d.path < ?))");
        let (first, end) = below(place.within);
        values.extend([place.within.as_bytes().to_vec(), first, end].map(Value::Blob));
    }
    (sql, values)
}

fn hit_at(row: &Row<'_>) -> rusqlite::Result<Hit> {
    Ok(Hit {
        folder: path_at(row, 0)?,
        name: name_at(row, 1)?,
        size: row.get::<_, i64>(2)? as u64,
        mtime_ns: row.get(3)?,
        content: row.get::<_, Option<Vec<u8>>>(4)?.map(ContentId::from_column),
    })
}
