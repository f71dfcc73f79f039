//! Chunks of one upload: which requests may send them, and which of them are here.
//!
//! A request may name tens of thousands of chunks of a list as long, so nothing here walks the list for each of them.

use super::{Claimed, Part, Unfinished};
use crate::error::{EngineError, Result};
use crate::uploads::chunk_map::ChunkMap;
use model::{ChunkHash, Upload};

/// What is known of the chunks of an upload beside `upload.have`, so that no question counts them.
pub(in crate::uploads) struct Tracked {
    /// Where each hash is in the file.
    map: ChunkMap,
    /// Positions in `have` that are false.
    absent: usize,
    /// The first of them; `have.len()` if there is none.
    gap: usize,
}

impl Tracked {
    /// Of an upload as it is now. Call it outside the registry's lock: n log n.
    pub fn new(upload: &Upload) -> Self {
        let map = ChunkMap::new(&upload.hashes);
        let absent = upload.have.iter().filter(|here| !**here).count();
        let gap = upload.have.iter().position(|here| !here).unwrap_or(upload.have.len());
        Self { map, absent, gap }
    }
}

impl Unfinished {
    /// Places of a hash, as positions in the list of hashes.
    fn places(&self, hash: &ChunkHash) -> &[u32] {
        self.tracked.map.places(&self.upload.hashes, hash)
    }

    fn part(&self, hash: &ChunkHash) -> Result<Part> {
        let places = self.places(hash);
        if places.is_empty() {
            return Err(EngineError::ChunkForeign(*hash));
        }
        // The places of one hash have one length, except in a list of hashes that no file can have: then the shortest
        // counts, and the hash will not fit.
        let plan = &self.upload.plan;
        let ranges = || places.iter().filter_map(|at| plan.index(*at as usize)).map(|index| plan.range(index));
        let length = ranges().map(|range| range.end - range.start).min().unwrap_or(0);
        Ok(Part { hash: *hash, length, offsets: ranges().map(|range| range.start).collect() })
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
        self.upload.hashes.get(self.tracked.gap)
    }

    /// How many chunks are here, repeats included.
    pub fn here(&self) -> usize {
        self.upload.have.len() - self.tracked.absent
    }

    /// Whether every chunk is here.
    pub fn is_complete(&self) -> bool {
        self.tracked.absent == 0
    }

    /// Bytes that will still be written: those of all chunks that are not here.
    pub fn to_come(&self) -> u64 {
        let plan = &self.upload.plan;
        (self.tracked.absent as u64).saturating_mul(plan.chunk_size().0).min(plan.size().0)
    }

    pub(super) fn claim_whole(&mut self, hashes: &[ChunkHash], length: u64) -> Result<Claimed> {
        let parts: Vec<Part> = hashes.iter().map(|hash| self.part(hash)).collect::<Result<_>>()?;
        for hash in hashes {
            self.check_free(hash)?;
        }
        let limit = parts.iter().map(|part| part.length).sum();
        if length > limit {
            return Err(EngineError::BodyTooLong { sent: length, limit });
        }
        for hash in hashes {
            self.busy.insert(*hash);
            self.pieces.remove(hash);
        }
        Ok(Claimed { id: self.id, transfer: self.transfer, parts, piece_at: None })
    }

    pub(super) fn claim_piece(&mut self, hash: &ChunkHash, at: u64, length: u64) -> Result<Claimed> {
        let part = self.part(hash)?;
        self.check_free(hash)?;
        let expected = self.pieces.get(hash).copied().unwrap_or(0);
        // 0 always starts again.
        if at != 0 && at != expected {
            self.pieces.remove(hash);
            return Err(EngineError::SubchunkOffset { hash: *hash, expected, got: at });
        }
        let limit = part.length.saturating_sub(at);
        if length > limit {
            return Err(EngineError::BodyTooLong { sent: length, limit });
        }
        self.busy.insert(*hash);
        Ok(Claimed { id: self.id, transfer: self.transfer, parts: vec![part], piece_at: Some(at) })
    }

    /// The different hashes that follow `first` in the file: its neighbours.
    fn neighbours(&self, first: &ChunkHash) -> Result<impl Iterator<Item = &ChunkHash>> {
        let hashes = &self.upload.hashes;
        let at = self.tracked.map.first(hashes, first).ok_or(EngineError::ChunkForeign(*first))?;
        Ok(self.tracked.map.after(at, hashes.len()).map(|at| &hashes[at]))
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
    pub fn start_over(&mut self) {
        self.upload.have.fill(false);
        self.tracked.absent = self.upload.have.len();
        self.tracked.gap = 0;
        self.pieces.clear();
        self.partial_ino = None;
        self.announce();
    }

    /// Replaces what is known of its chunks. `have`: one for each chunk.
    pub fn set_have(&mut self, have: Vec<bool>) {
        self.tracked.absent = have.iter().filter(|here| !**here).count();
        self.tracked.gap = have.iter().position(|here| !here).unwrap_or(have.len());
        self.upload.have = have;
        self.announce();
    }

    /// Marks chunks as verified and here, in all their places, or as missing again.
    pub fn mark(&mut self, hash: &ChunkHash, here: bool) {
        let Self { tracked, upload, .. } = self;
        for at in tracked.map.places(&upload.hashes, hash) {
            let at = *at as usize;
            match (std::mem::replace(&mut upload.have[at], here), here) {
                (false, true) => tracked.absent -= 1,
                (true, false) => {
                    tracked.absent += 1;
                    tracked.gap = tracked.gap.min(at);
                }
                _ => {}
            }
        }
        // Over the whole upload, this goes along the list once.
        while upload.have.get(tracked.gap) == Some(&true) {
            #[cfg(test)]
            crate::uploads::chunk_map::steps::count();
            tracked.gap += 1;
        }
        self.pieces.remove(hash);
    }

    /// Tells those who read along how far the file is here without a gap.
    pub fn announce(&self) {
        let gap = self.upload.plan.index(self.tracked.gap);
        let end = gap.map_or(self.upload.plan.size().0, |index| self.upload.plan.range(index).start);
        self.arrived.send_if_modified(|known| std::mem::replace(known, end) != end);
    }
}
