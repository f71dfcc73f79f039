//! How values of the model are stored in columns.

use model::{ChunkHash, FileName, VPath};

/// Reads a column that holds a path.
pub(super) fn path_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<VPath> {
    VPath::parse(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

/// Reads a column that holds a file name.
pub(super) fn name_at(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<FileName> {
    FileName::new(row.get_ref(column)?.as_blob()?).map_err(|error| damaged(column, error))
}

pub(super) fn damaged(column: usize, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Blob, Box::new(error))
}

/// Concatenates hashes, 33 bytes each.
pub(super) fn pack(hashes: &[ChunkHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Vec<ChunkHash> {
    let whole = bytes.chunks_exact(33);
    whole.map(|hash| ChunkHash::from_bytes(hash.try_into().expect("chunks of 33 bytes"))).collect()
}
