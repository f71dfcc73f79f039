//! How up2k divides a file into chunks (docs/up2k.md "Chunk size"): their size, and the bytes of each.

use crate::units::Bytes;
use std::ops::Range;

const MIB: u64 = 1 << 20;
/// Largest number of chunk hashes that the server accepts in a handshake.
pub const MAX_CHUNKS: u64 = 524_288;

/// Which version of the chunk size rule a client uses. They differ only for files above 128 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// copyparty 0.11: chunks stop growing at 32 MiB.
    G1,
    /// copyparty 1.15 and later: never more than 4096 chunks.
    G2,
}

/// The division of one file into chunks of equal size; the last one may be shorter. The chunks always cover the file
/// exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkPlan {
    size: u64,
    chunk: u64,
}

/// The index of a chunk, from 0. Made only by [`ChunkPlan::index`], so it is always in range of the plan that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkIndex(u32);

impl ChunkIndex {
    /// Returns the position in the list of chunk hashes.
    pub fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// Returns the chunk size for a file of `size` bytes.
pub fn chunk_size(size: Bytes, generation: Generation) -> Bytes {
    let (mut chunk, mut step) = (MIB, MIB / 2);
    loop {
        for factor in [1, 2] {
            let count = size.0.div_ceil(chunk);
            let large = chunk >= 32 * MIB;
            let enough = count <= 256
                || match generation {
                    Generation::G1 => large,
                    Generation::G2 => large && count <= 4096,
                };
            if enough {
                return Bytes(chunk);
            }
            chunk += step;
            step *= factor;
        }
    }
}

impl ChunkPlan {
    /// Returns the plan for a file of `size` bytes by the rule of `generation`.
    pub fn new(size: Bytes, generation: Generation) -> Self {
        Self { size: size.0, chunk: chunk_size(size, generation).0 }
    }

    /// Returns the plan that has `count` chunks: by the newer rule if both match, `None` if neither does.
    pub fn for_count(size: Bytes, count: usize) -> Option<Self> {
        [Generation::G2, Generation::G1]
            .into_iter()
            .map(|generation| Self::new(size, generation))
            .find(|plan| plan.count() == count as u64 && plan.count() <= MAX_CHUNKS)
    }

    /// Returns the size of the file.
    pub fn size(&self) -> Bytes {
        Bytes(self.size)
    }
    /// Returns the size of every chunk except possibly the last.
    pub fn chunk_size(&self) -> Bytes {
        Bytes(self.chunk)
    }
    /// Returns the number of chunks; 0 for an empty file.
    pub fn count(&self) -> u64 {
        self.size.div_ceil(self.chunk)
    }
    /// Returns the index of the chunk at `position`; `None` if it is out of range.
    pub fn index(&self, position: usize) -> Option<ChunkIndex> {
        ((position as u64) < self.count()).then(|| ChunkIndex(u32::try_from(position).unwrap_or(u32::MAX)))
    }
    /// Returns the indices of all chunks in file order.
    pub fn indices(&self) -> impl Iterator<Item = ChunkIndex> {
        (0..self.count() as u32).map(ChunkIndex)
    }
    /// Returns the byte range of a chunk in the file: from 0, end exclusive, never empty.
    pub fn range(&self, index: ChunkIndex) -> Range<u64> {
        let start = u64::from(index.0) * self.chunk;
        start..(start + self.chunk).min(self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_table() {
        let table: &[(u64, u64, u64, u64, u64)] = &[
            (0, 1 << 20, 0, 1 << 20, 0),
            (1, 1 << 20, 1, 1 << 20, 1),
            (268435456, 1048576, 256, 1048576, 256),
            (268435457, 1572864, 171, 1572864, 171),
            (402653185, 2097152, 193, 2097152, 193),
            (1073741825, 6291456, 171, 6291456, 171),
            (3221225473, 16777216, 193, 16777216, 193),
            (8589934593, 33554432, 257, 33554432, 257),
            (137438953472, 33554432, 4096, 33554432, 4096),
            (137438953473, 33554432, 4097, 50331648, 2731),
            (274877906945, 33554432, 8193, 100663296, 2731),
            (1099511627777, 33554432, 32769, 402653184, 2731),
            (17592186044416, 33554432, 524288, 4294967296, 4096),
        ];
        for &(size, chunk1, count1, chunk2, count2) in table {
            for (generation, chunk, count) in [(Generation::G1, chunk1, count1), (Generation::G2, chunk2, count2)] {
                let plan = ChunkPlan::new(Bytes(size), generation);
                assert_eq!((plan.chunk_size().0, plan.count()), (chunk, count), "{size} {generation:?}");
                assert_eq!(ChunkPlan::for_count(Bytes(size), count as usize), Some(plan));
            }
        }
        assert_eq!(ChunkPlan::for_count(Bytes(10), 2), None);
    }

    #[test]
    fn ranges_tile_the_file() {
        let plan = ChunkPlan::new(Bytes(2_097_652), Generation::G2);
        let ranges: Vec<_> = plan.indices().map(|i| plan.range(i)).collect();
        assert_eq!(ranges, [0..1_048_576, 1_048_576..2_097_152, 2_097_152..2_097_652]);
        assert!(plan.index(3).is_none());
    }
}
