//! Hashes of chunks in columns.

use model::ChunkHash;

/// Concatenates hashes, 33 bytes each.
pub(super) fn pack(hashes: &[ChunkHash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Vec<ChunkHash> {
    let whole = bytes.chunks_exact(33);
    whole.map(|hash| ChunkHash::from_bytes(hash.try_into().expect("chunks of 33 bytes"))).collect()
}
