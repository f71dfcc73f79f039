//! Paths and names in columns, for every database.

use model::{FileName, VPath};

/// Reads a column that holds a path.
pub(crate) fn path_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<VPath> {
    VPath::parse(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

/// Reads a column that holds a file name.
pub(crate) fn name_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<FileName> {
    FileName::new(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

pub(crate) fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, Box::new(error))
}
