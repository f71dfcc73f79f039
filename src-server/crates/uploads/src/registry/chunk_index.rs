//! Where the chunks of one upload are in its file, and how many of them are missing.

use crate::chunk_map::ChunkMap;
use model::Upload;

/// Derived from `upload.have` and `upload.hashes`, so that queries need not count or search the list.
pub(crate) struct ChunkIndex {
    /// Positions of each hash in the file.
    pub(super) map: ChunkMap,
    /// Number of false entries in `have`.
    pub(super) missing: usize,
    /// Position of the first false entry; `have.len()` if there is none.
    pub(super) first_missing: usize,
}

impl ChunkIndex {
    /// Builds the index of an upload. O(n log n), so call it outside the registry's lock.
    pub fn new(upload: &Upload) -> Self {
        let map = ChunkMap::new(&upload.hashes);
        let missing = upload.have.iter().filter(|here| !**here).count();
        let first_missing = upload.have.iter().position(|here| !here).unwrap_or(upload.have.len());
        Self { map, missing, first_missing }
    }
}
