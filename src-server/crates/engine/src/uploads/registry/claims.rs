//! Chunks of one upload: which requests may send them, and which of them are here.
//!
//! A request may name tens of thousands of chunks of a list as long, so nothing here walks the list for each of them.

use super::{Claimed, ClaimedChunk, Unfinished};
use crate::error::{EngineError, Result};
use crate::uploads::chunk_map::ChunkMap;
use model::{ChunkHash, Upload};

/// What is known of the chunks of an upload beside `upload.have`, so that no question counts them.
pub(in crate::uploads) struct ChunkIndex {
    /// Where each hash is in the file.
    map: ChunkMap,
    /// Positions in `have` that are false.
    missing: usize,
    /// The first of them; `have.len()` if there is none.
    first_missing: usize,
}

impl ChunkIndex {
    /// Of an upload as it is now. Call it outside the registry's lock: n log n.
    pub fn new(upload: &Upload) -> Self {
        let map = ChunkMap::new(&upload.hashes);
        let missing = upload.have.iter().filter(|here| !**here).count();
        let first_missing = upload.have.iter().position(|here| !here).unwrap_or(upload.have.len());
        Self { map, missing, first_missing }
    }
}

impl Unfinished {
    /// Places of a hash, as positions in the list of hashes.
    fn places(&self, hash: &ChunkHash) -> &[u32] {
        self.chunk_index.map.places(&self.upload.hashes, hash)
    }

    fn claimed_chunk(&self, hash: &ChunkHash) -> Result<ClaimedChunk> {
        let places = self.places(hash);
        if places.is_empty() {
            return Err(EngineError::ChunkForeign(*hash));
        }
        // The places of one hash have one length, except in a list of hashes that no file can have: then the shortest
        // counts, and the hash will not fit.
        let plan = &self.upload.plan;
        let ranges = || places.iter().filter_map(|at| plan.index(*at as usize)).map(|index| plan.range(index));
        let length = ranges().map(|range| range.end - range.start).min().unwrap_or(0);
        Ok(ClaimedChunk { hash: *hash, length, offsets: ranges().map(|range| range.start).collect() })
    }

    fn check_free(&self, hash: &ChunkHash) -> Result<()> {
        match self.is_here(hash) {
            None => Err(EngineError::ChunkForeign(*hash)),
            Some(true) => Err(EngineError::ChunkKnown(*hash)),
            Some(false) if self.busy.contains(hash) => Err(EngineError::ChunkBusy(*hash)),
            Some(false) => Ok(()),
        }
    }

    /// Whether a chunk is here; `None`: it is no part of this file.
    pub fn is_here(&self, hash: &ChunkHash) -> Option<bool> {
        self.places(hash).first().map(|at| self.upload.have[*at as usize])
    }

    /// The first chunk that is missing.
    pub fn next_missing(&self) -> Option<&ChunkHash> {
        self.upload.hashes.get(self.chunk_index.first_missing)
    }

    /// How many chunks are here, repeats included.
    pub fn received_chunks(&self) -> usize {
        self.upload.have.len() - self.chunk_index.missing
    }

    /// Whether every chunk is here.
    pub fn is_complete(&self) -> bool {
        self.chunk_index.missing == 0
    }

    /// Bytes that will still be written: those of all chunks that are not here.
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
            return Err(EngineError::BodyTooLong { sent: length, limit });
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
        // 0 always starts again.
        if at != 0 && at != expected {
            self.subchunks.remove(hash);
            return Err(EngineError::SubchunkOffset { hash: *hash, expected, got: at });
        }
        let limit = chunk.length.saturating_sub(at);
        if length > limit {
            return Err(EngineError::BodyTooLong { sent: length, limit });
        }
        self.busy.insert(*hash);
        Ok(Claimed { id: self.id, transfer: self.transfer, chunks: vec![chunk], subchunk_at: Some(at) })
    }

    /// The different hashes that follow `first` in the file: its neighbours.
    fn neighbours(&self, first: &ChunkHash) -> Result<impl Iterator<Item = &ChunkHash>> {
        let hashes = &self.upload.hashes;
        let at = self.chunk_index.map.first(hashes, first).ok_or(EngineError::ChunkForeign(*first))?;
        Ok(self.chunk_index.map.after(at, hashes.len()).map(|at| &hashes[at]))
    }

    /// The hashes that a stitched body names by prefixes (spec/up2k.md 6).
    pub fn expand(&self, first: &ChunkHash, prefixes: &[String]) -> Result<Vec<ChunkHash>> {
        let mut neighbours = self.neighbours(first)?;
        let mut hashes = vec![*first];
        for prefix in prefixes {
            let next = neighbours.next();
            let actual = next.map(ToString::to_string).unwrap_or_default();
            match next {
                Some(next) if actual.starts_with(prefix.as_str()) => hashes.push(*next),
                _ => return Err(EngineError::StitchPrefix { prefix: prefix.clone(), actual }),
            }
        }
        Ok(hashes)
    }

    /// Whether these are neighbours.
    pub fn check_neighbours(&self, hashes: &[ChunkHash]) -> Result<()> {
        let [first, rest @ ..] = hashes else { return Err(EngineError::BadRequest("No chunk is named.".into())) };
        if rest.is_empty() {
            return Ok(());
        }
        let mut neighbours = self.neighbours(first)?;
        for hash in rest {
            if neighbours.next() != Some(hash) {
                let is_known = self.is_here(hash).is_some();
                return Err(if is_known { EngineError::StitchGap } else { EngineError::ChunkForeign(*hash) });
            }
        }
        Ok(())
    }

    /// Nothing of it is here (any more): its partial file is gone, was changed by another program, or cannot be trusted.
    pub fn reset(&mut self) {
        self.upload.have.fill(false);
        self.chunk_index.missing = self.upload.have.len();
        self.chunk_index.first_missing = 0;
        self.subchunks.clear();
        self.partial_ino = None;
        self.publish_arrived();
    }

    /// Replaces what is known of its chunks. `have`: one for each chunk.
    pub fn set_have(&mut self, have: Vec<bool>) {
        self.chunk_index.missing = have.iter().filter(|here| !**here).count();
        self.chunk_index.first_missing = have.iter().position(|here| !here).unwrap_or(have.len());
        self.upload.have = have;
        self.publish_arrived();
    }

    /// Marks chunks as verified and here, in all their places, or as missing again.
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
        // Over the whole upload, this goes along the list once.
        while upload.have.get(chunk_index.first_missing) == Some(&true) {
            #[cfg(test)]
            crate::uploads::chunk_map::steps::count();
            chunk_index.first_missing += 1;
        }
        self.subchunks.remove(hash);
    }

    /// Tells those who read along how far the file is here without a gap.
    pub fn publish_arrived(&self) {
        let first_missing = self.upload.plan.index(self.chunk_index.first_missing);
        let end = first_missing.map_or(self.upload.plan.size().0, |index| self.upload.plan.range(index).start);
        self.arrived.send_if_modified(|known| std::mem::replace(known, end) != end);
    }
}
