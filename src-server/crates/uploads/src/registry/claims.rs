//! Chunks of one upload: which ones are claimed by requests, and which are received.
//!
//! A request may name tens of thousands of chunks of an equally long list, so no function here walks the list once per
//! chunk.

use super::chunk_index::ChunkIndex;
use super::unfinished::Unfinished;
use model::ChunkHash;
use vfs::error::{EngineError, Invalid, Result, UploadError};

/// One chunk of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClaimedChunk {
    pub hash: ChunkHash,
    /// Bytes of the chunk.
    pub length: u64,
    /// All offsets of the chunk in the file; never empty.
    pub offsets: Vec<u64>,
}

/// A successful claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub id: i64,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// In the order of the body.
    pub chunks: Vec<ClaimedChunk>,
    /// The body is a subchunk of the one chunk, at this offset in it.
    pub subchunk_at: Option<u64>,
}

/// The chunks of a body, after stitched forms were expanded.
pub(crate) enum Wanted {
    Chunks(Vec<ChunkHash>),
    Subchunk(ChunkHash, u64),
}

impl Unfinished {
    /// Returns the positions of a hash in the list of hashes.
    fn places(&self, hash: &ChunkHash) -> &[u32] {
        self.chunk_index.map.places(&self.upload.hashes, hash)
    }

    fn claimed_chunk(&self, hash: &ChunkHash) -> Result<ClaimedChunk> {
        let places = self.places(hash);
        if places.is_empty() {
            return Err(EngineError::Upload(UploadError::ChunkForeign(*hash)));
        }
        // All positions of one hash have the same length, except in a list that no file can have: then the shortest
        // length is used, and the hash will not match.
        let plan = &self.upload.plan;
        let ranges = || places.iter().filter_map(|at| plan.index(*at as usize)).map(|index| plan.range(index));
        let length = ranges().map(|range| range.end - range.start).min().unwrap_or(0);
        Ok(ClaimedChunk { hash: *hash, length, offsets: ranges().map(|range| range.start).collect() })
    }

    fn check_free(&self, hash: &ChunkHash) -> Result<()> {
        match self.is_here(hash) {
            None => Err(EngineError::Upload(UploadError::ChunkForeign(*hash))),
            Some(true) => Err(EngineError::Upload(UploadError::ChunkKnown(*hash))),
            Some(false) if self.busy.contains(hash) => Err(EngineError::Upload(UploadError::ChunkBusy(*hash))),
            Some(false) => Ok(()),
        }
    }

    /// Returns whether a chunk is received; `None`: it is not part of this file.
    pub fn is_here(&self, hash: &ChunkHash) -> Option<bool> {
        self.places(hash).first().map(|at| self.upload.have[*at as usize])
    }

    /// Returns the first missing chunk.
    pub fn next_missing(&self) -> Option<&ChunkHash> {
        self.upload.hashes.get(self.chunk_index.first_missing)
    }

    /// Returns the number of received chunks, repeats included.
    pub fn received_chunks(&self) -> usize {
        self.upload.have.len() - self.chunk_index.missing
    }

    /// Returns whether every chunk is received.
    pub fn is_complete(&self) -> bool {
        self.chunk_index.missing == 0
    }

    /// Returns the number of bytes of all missing chunks.
    pub fn bytes_to_come(&self) -> u64 {
        let plan = &self.upload.plan;
        (self.chunk_index.missing as u64).saturating_mul(plan.chunk_size().0).min(plan.size().0)
    }

    pub(super) fn claim_chunks(&mut self, hashes: &[ChunkHash], length: u64) -> Result<Claimed> {
        let chunks: Vec<ClaimedChunk> = hashes.iter().map(|hash| self.claimed_chunk(hash)).collect::<Result<_>>()?;
        for hash in hashes {
            self.check_free(hash)?;
        }
        let limit = chunks.iter().map(|chunk| chunk.length).sum();
        if length > limit {
            return Err(EngineError::Upload(UploadError::BodyTooLong { sent: length, limit }));
        }
        for hash in hashes {
            self.busy.insert(*hash);
            self.subchunks.remove(hash);
        }
        Ok(Claimed { id: self.id, transfer: self.transfer, chunks, subchunk_at: None })
    }

    pub(super) fn claim_subchunk(&mut self, hash: &ChunkHash, at: u64, length: u64) -> Result<Claimed> {
        let chunk = self.claimed_chunk(hash)?;
        self.check_free(hash)?;
        let expected = self.subchunks.get(hash).copied().unwrap_or(0);
        // Offset 0 always restarts the chunk.
        if at != 0 && at != expected {
            self.subchunks.remove(hash);
            return Err(EngineError::Upload(UploadError::SubchunkOffset { hash: *hash, expected, got: at }));
        }
        let limit = chunk.length.saturating_sub(at);
        if length > limit {
            return Err(EngineError::Upload(UploadError::BodyTooLong { sent: length, limit }));
        }
        self.busy.insert(*hash);
        Ok(Claimed { id: self.id, transfer: self.transfer, chunks: vec![chunk], subchunk_at: Some(at) })
    }

    /// Returns the different hashes that follow `first` in the file.
    fn neighbours(&self, first: &ChunkHash) -> Result<impl Iterator<Item = &ChunkHash>> {
        let hashes = &self.upload.hashes;
        let at =
            self.chunk_index.map.first(hashes, first).ok_or(EngineError::Upload(UploadError::ChunkForeign(*first)))?;
        Ok(self.chunk_index.map.after(at, hashes.len()).map(|at| &hashes[at]))
    }

    /// Expands the hash prefixes of a stitched body (docs/up2k.md "Chunks").
    pub fn expand(&self, first: &ChunkHash, prefixes: &[String]) -> Result<Vec<ChunkHash>> {
        let mut neighbours = self.neighbours(first)?;
        let mut hashes = vec![*first];
        for prefix in prefixes {
            let next = neighbours.next();
            let actual = next.map(ToString::to_string).unwrap_or_default();
            match next {
                Some(next) if actual.starts_with(prefix.as_str()) => hashes.push(*next),
                _ => return Err(EngineError::Upload(UploadError::StitchPrefix { prefix: prefix.clone(), actual })),
            }
        }
        Ok(hashes)
    }

    /// Checks that these hashes are consecutive in the file.
    pub fn check_neighbours(&self, hashes: &[ChunkHash]) -> Result<()> {
        let [first, rest @ ..] = hashes else {
            return Err(EngineError::Invalid(Invalid::Request("No chunk is named.".into())));
        };
        if rest.is_empty() {
            return Ok(());
        }
        let mut neighbours = self.neighbours(first)?;
        for hash in rest {
            if neighbours.next() != Some(hash) {
                let is_known = self.is_here(hash).is_some();
                return Err(if is_known {
                    EngineError::Upload(UploadError::StitchGap)
                } else {
                    EngineError::Upload(UploadError::ChunkForeign(*hash))
                });
            }
        }
        Ok(())
    }

    /// Marks all chunks as missing: the partial file is gone, was changed by another program, or cannot be trusted.
    pub fn reset(&mut self) {
        self.upload.have.fill(false);
        self.chunk_index.missing = self.upload.have.len();
        self.chunk_index.first_missing = 0;
        self.subchunks.clear();
        self.partial_ino = None;
        self.publish_arrived();
    }

    /// Replaces the received flags. `have`: one entry per chunk.
    pub fn set_have(&mut self, have: Vec<bool>) {
        self.chunk_index.missing = have.iter().filter(|here| !**here).count();
        self.chunk_index.first_missing = have.iter().position(|here| !here).unwrap_or(have.len());
        self.upload.have = have;
        self.publish_arrived();
    }

    /// Marks a chunk as verified and received, at all its positions, or as missing again.
    pub fn mark(&mut self, hash: &ChunkHash, here: bool) {
        let Self { chunk_index, upload, .. } = self;
        for at in chunk_index.map.places(&upload.hashes, hash) {
            let at = *at as usize;
            match (std::mem::replace(&mut upload.have[at], here), here) {
                (false, true) => chunk_index.missing -= 1,
                (true, false) => {
                    chunk_index.missing += 1;
                    chunk_index.first_missing = chunk_index.first_missing.min(at);
                }
                _ => {}
            }
        }
        // Over the whole upload this walks the list once.
        while upload.have.get(chunk_index.first_missing) == Some(&true) {
            #[cfg(test)]
            crate::chunk_map::steps::count();
            chunk_index.first_missing += 1;
        }
        self.subchunks.remove(hash);
    }

    /// Enters the hash of a chunk that its sender has not announced, once the chunk was received.
    pub fn learn(&mut self, unknown: &ChunkHash, hash: ChunkHash) {
        let places: Vec<u32> = self.places(unknown).to_vec();
        for at in places {
            self.upload.hashes[at as usize] = hash;
        }
        self.chunk_index = ChunkIndex::new(&self.upload);
        self.subchunks.remove(unknown);
    }

    /// Replaces all hashes, by those of the same file: the number of its chunks does not change.
    pub fn set_hashes(&mut self, hashes: Vec<ChunkHash>) {
        let tail = self.tail();
        self.upload.hashes = hashes;
        self.chunk_index = ChunkIndex::new(&self.upload);
        self.subchunks.clear();
        self.set_tail(tail);
    }

    /// Returns the number of bytes that were received from the start without a gap, and the number of those that belong to
    /// the first missing chunk.
    pub fn offset(&self) -> (u64, u64) {
        let (plan, tail) = (&self.upload.plan, self.tail());
        let first = plan.index(self.chunk_index.first_missing).map_or(plan.size().0, |index| plan.range(index).start);
        (first + tail, tail)
    }

    /// Returns how many bytes of the first missing chunk are received.
    pub fn tail(&self) -> u64 {
        self.next_missing().and_then(|hash| self.subchunks.get(hash)).copied().unwrap_or(0)
    }

    /// Sets how many bytes of the first missing chunk are received.
    pub fn set_tail(&mut self, tail: u64) {
        if let Some(hash) = self.next_missing().copied().filter(|_| tail > 0) {
            self.subchunks.insert(hash, tail);
        }
    }

    /// Returns whether its sender has announced no hashes, and not all chunks are received.
    pub fn is_sequential(&self) -> bool {
        self.upload.hashes.last().is_some_and(ChunkHash::is_unknown)
    }

    /// Publishes to readers how many bytes from the start are received without a gap.
    pub fn publish_arrived(&self) {
        let first_missing = self.upload.plan.index(self.chunk_index.first_missing);
        let end = first_missing.map_or(self.upload.plan.size().0, |index| self.upload.plan.range(index).start);
        self.arrived.send_if_modified(|known| std::mem::replace(known, end) != end);
    }
}
