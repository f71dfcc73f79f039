//! The unfinished uploads of one volume, in memory: pure state and the rules of claiming chunks.
//!
//! ```text
//! Suspect ──looked at──► Receiving ──last chunk──► Finishing ──safe──► gone (a row of the ledger)
//! (from the ledger)          ▲                         │
//!                            └────────failed───────────┘
//! ```
//!
//! Lock order: below the registry's lock is only that of the links' book (room that is given back). It is held for
//! moments, never across disk, database or an await.

use super::numbered::OtherNames;
use super::rules::Allowance;
use crate::error::{EngineError, Result};
use model::{AccountName, ChunkHash, FileName, UnixMillis, Upload, VPath, Wark};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, Weak};
use store::partial::Partial;
use tokio::sync::watch;

/// Renames remembered for closing handshakes.
const RENAMES_MAX: usize = 10_000;

/// How far an upload is.
pub(super) enum Stage {
    /// From before this start of the program: look whether the partial file is there, and if the machine was started
    /// again since, hash it, before its chunks count.
    Suspect {
        /// The boot in which the chunks were written.
        boot: String,
    },
    /// Waiting for chunks.
    Receiving,
    /// All is here, and being made visible and safe.
    Finishing(watch::Receiver<Option<Finished>>),
}

/// How finishing ended.
pub(super) type Finished = Result<FinishedFile>;

/// A file that became visible.
#[derive(Clone, Debug)]
pub(super) struct FinishedFile {
    pub name: FileName,
}

/// An upload with what is only known while the program runs.
pub(super) struct Unfinished {
    /// Number of its row in the ledger.
    pub id: i64,
    /// What is known of it.
    pub upload: Upload,
    /// The name that the client asked for.
    pub asked_name: FileName,
    /// The name was invented.
    pub random: bool,
    /// What other name it gets, if the name is taken at its end.
    pub other_names: OtherNames,
    /// Name of the partial file.
    pub partial_name: FileName,
    /// The partial file, while somebody works on it: no handle is kept open between requests.
    pub partial: Weak<Partial>,
    /// Inode of the partial file that `upload.have` and `pieces` speak of; `None`: not known. A file that is opened later
    /// under that name counts only if it is this one (`intake::open_partial`), so bits never outlive their bytes.
    pub partial_ino: Option<u64>,
    /// Keeps two requests from making the partial file at the same time.
    pub opening: Arc<Mutex<()>>,
    /// Chunks that a request is sending now.
    pub busy: HashSet<ChunkHash>,
    /// Chunks that come in pieces: how many bytes are here.
    pub pieces: HashMap<ChunkHash, u64>,
    /// See there.
    pub stage: Stage,
    /// Whether the ledger knows it.
    pub recorded: bool,
    /// When something last happened to it.
    pub touched: UnixMillis,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// Room for it, where its sender came by a link.
    pub allowance: Allowance,
    /// Bytes from the start that are here without a gap; for those who read along. Closed with less than all: given up.
    pub arrived: watch::Sender<u64>,
}

/// Who asks, as far as uploads know people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sender {
    pub account: AccountName,
    pub address: String,
}

impl Sender {
    /// Whether something that `account` sent from `address` is theirs. Visitors that nothing else tells apart are told
    /// apart by address.
    pub fn is(&self, account: &AccountName, address: &str) -> bool {
        self.account == *account && (!account.is_by_address() || self.address == address)
    }
}

/// One chunk of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub hash: ChunkHash,
    /// Bytes of the chunk.
    pub length: u64,
    /// All places it goes to, as offsets in the file; never empty.
    pub offsets: Vec<u64>,
}

/// What was claimed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub id: i64,
    /// Number of the transfer in events.
    pub transfer: u64,
    /// In the order of the body.
    pub parts: Vec<Part>,
    /// The body is a piece of the one part, at this offset of it.
    pub piece_at: Option<u64>,
}

/// Which chunks a body holds, after the stitched forms were understood.
pub(super) enum Wanted {
    Whole(Vec<ChunkHash>),
    Piece(ChunkHash, u64),
}

#[derive(Default)]
pub(super) struct Registry {
    uploads: HashMap<i64, Unfinished>,
    by_wark: HashMap<Wark, Vec<i64>>,
    /// Names that were promised.
    reserved: HashMap<(VPath, FileName), i64>,
    /// (content, folder, promised name) -> the name it got, where it was found taken at the end.
    renamed: HashMap<(Wark, VPath, FileName), FileName>,
    /// (content, folder, asked name) -> the name it has, for senders who are not told of taken names.
    believed: HashMap<(Wark, VPath, FileName), FileName>,
    last_id: i64,
}

impl Registry {
    pub fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }
    /// Takes an upload in; its name is reserved.
    pub fn insert(&mut self, unfinished: Unfinished) {
        let (id, upload) = (unfinished.id, &unfinished.upload);
        self.last_id = self.last_id.max(id);
        self.by_wark.entry(upload.wark).or_default().push(id);
        self.reserved.insert((upload.folder.clone(), upload.name.clone()), id);
        self.uploads.insert(id, unfinished);
    }
    /// Takes it out.
    pub fn remove(&mut self, id: i64) -> Option<Unfinished> {
        let unfinished = self.uploads.remove(&id)?;
        let upload = &unfinished.upload;
        if let Some(ids) = self.by_wark.get_mut(&upload.wark) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_wark.remove(&upload.wark);
            }
        }
        let place = (upload.folder.clone(), upload.name.clone());
        if self.reserved.get(&place) == Some(&id) {
            self.reserved.remove(&place);
        }
        Some(unfinished)
    }
    pub fn get(&self, id: i64) -> Option<&Unfinished> {
        self.uploads.get(&id)
    }
    pub fn get_mut(&mut self, id: i64) -> Option<&mut Unfinished> {
        self.uploads.get_mut(&id)
    }
    pub fn all(&self) -> impl Iterator<Item = &Unfinished> {
        self.uploads.values()
    }
    /// Uploads of this content, oldest first.
    pub fn of(&self, wark: &Wark) -> impl Iterator<Item = &Unfinished> {
        self.by_wark.get(wark).into_iter().flatten().filter_map(|id| self.uploads.get(id))
    }
    /// The upload that was promised this name.
    pub fn reserved_by(&self, folder: &VPath, name: &FileName) -> Option<&Unfinished> {
        self.reserved.get(&(folder.clone(), name.clone())).and_then(|id| self.uploads.get(id))
    }
    /// Remembers that a file got another name than was promised.
    pub fn renamed(&mut self, wark: Wark, folder: VPath, promised: FileName, got: FileName) {
        if self.renamed.len() >= RENAMES_MAX {
            self.renamed.clear();
        }
        self.renamed.insert((wark, folder, promised), got);
    }
    /// The name that a finished file got instead of `promised`.
    pub fn name_instead(&self, wark: &Wark, folder: &VPath, promised: &FileName) -> Option<FileName> {
        self.renamed.get(&(*wark, folder.clone(), promised.clone())).cloned()
    }
    /// Remembers which file it is that its sender believes to be called `asked`.
    pub fn believed(&mut self, wark: Wark, folder: VPath, asked: FileName, got: FileName) {
        if self.believed.len() >= RENAMES_MAX {
            self.believed.clear();
        }
        self.believed.insert((wark, folder, asked), got);
    }
    /// The name of the finished file that its sender believes to be called `asked`.
    pub fn name_believed(&self, wark: &Wark, folder: &VPath, asked: &FileName) -> Option<FileName> {
        self.believed.get(&(*wark, folder.clone(), asked.clone())).cloned()
    }

    /// Claims chunks for a body of `length` bytes.
    pub fn claim(&mut self, id: i64, wanted: &Wanted, length: u64) -> Result<Claimed> {
        let unfinished = self.uploads.get_mut(&id).ok_or(EngineError::UnknownWark)?;
        match wanted {
            Wanted::Whole(hashes) => unfinished.claim_whole(hashes, length),
            Wanted::Piece(hash, at) => unfinished.claim_piece(hash, *at, length),
        }
    }
    /// Gives claimed chunks back.
    pub fn release(&mut self, id: i64, parts: &[Part]) {
        if let Some(unfinished) = self.uploads.get_mut(&id) {
            for part in parts {
                unfinished.busy.remove(&part.hash);
            }
        }
    }
}

impl Unfinished {
    /// Where it will be, below the volume's top.
    pub fn path(&self) -> VPath {
        self.upload.folder.join(&self.upload.name)
    }

    /// Whether something of it arrives just now, or it is being finished.
    pub fn is_arriving(&self) -> bool {
        !self.busy.is_empty() || matches!(self.stage, Stage::Finishing(_))
    }

    /// Whether somebody has it in hand just now: to bring something of it, or to read along.
    pub fn is_worked_on(&self) -> bool {
        self.is_arriving() || self.partial.strong_count() > 0
    }

    fn part(&self, hash: &ChunkHash) -> Result<Part> {
        let places = self.upload.places(hash);
        let first = *places.first().ok_or(EngineError::ChunkForeign(*hash))?;
        // The places of one hash have one length, except in a list of hashes that no file can have: then the shortest
        // counts, and the hash will not fit.
        let ranges = places.iter().map(|place| self.upload.plan.range(*place));
        let length = ranges.map(|range| range.end - range.start).min().unwrap_or(0);
        let _in_range: Range<u64> = self.upload.plan.range(first);
        let offsets = places.iter().map(|place| self.upload.plan.range(*place).start).collect();
        Ok(Part { hash: *hash, length, offsets })
    }

    fn check_free(&self, hash: &ChunkHash) -> Result<()> {
        let place = self.upload.places(hash).first().copied().ok_or(EngineError::ChunkForeign(*hash))?;
        if self.upload.have[place.as_usize()] {
            return Err(EngineError::ChunkKnown(*hash));
        }
        if self.busy.contains(hash) {
            return Err(EngineError::ChunkBusy(*hash));
        }
        Ok(())
    }

    fn claim_whole(&mut self, hashes: &[ChunkHash], length: u64) -> Result<Claimed> {
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

    fn claim_piece(&mut self, hash: &ChunkHash, at: u64, length: u64) -> Result<Claimed> {
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

    /// Hashes in file order, each once: what "neighbours" and prefixes of the stitched form speak of.
    fn unique_hashes(&self) -> Vec<ChunkHash> {
        let mut seen = HashSet::new();
        self.upload.hashes.iter().filter(|hash| seen.insert(**hash)).copied().collect()
    }

    /// The hashes that a stitched body names by prefixes (spec/up2k.md 6).
    pub fn expand(&self, first: &ChunkHash, prefixes: &[String]) -> Result<Vec<ChunkHash>> {
        let unique = self.unique_hashes();
        let start = unique.iter().position(|hash| hash == first).ok_or(EngineError::ChunkForeign(*first))?;
        let mut hashes = vec![*first];
        for (prefix, next) in prefixes.iter().zip(start + 1..) {
            let actual = unique.get(next).map(ToString::to_string).unwrap_or_default();
            if actual.is_empty() || !actual.starts_with(prefix.as_str()) {
                return Err(EngineError::StitchPrefix { prefix: prefix.clone(), actual });
            }
            hashes.push(unique[next]);
        }
        Ok(hashes)
    }

    /// Whether these are neighbours.
    pub fn check_neighbours(&self, hashes: &[ChunkHash]) -> Result<()> {
        let [first, rest @ ..] = hashes else { return Err(EngineError::BadRequest("No chunk is named.".into())) };
        if rest.is_empty() {
            return Ok(());
        }
        let unique = self.unique_hashes();
        let start = unique.iter().position(|hash| hash == first).ok_or(EngineError::ChunkForeign(*first))?;
        for (hash, at) in rest.iter().zip(start + 1..) {
            if unique.get(at) != Some(hash) {
                let known = unique.contains(hash);
                return Err(if known { EngineError::StitchGap } else { EngineError::ChunkForeign(*hash) });
            }
        }
        Ok(())
    }

    /// Nothing of it is here (any more): its partial file is gone, was changed by another program, or cannot be trusted.
    pub fn start_over(&mut self) {
        self.upload.have.fill(false);
        self.pieces.clear();
        self.partial_ino = None;
        self.announce();
    }

    /// Whether a request is finishing it just now.
    pub fn is_finishing(&self) -> bool {
        matches!(&self.stage, Stage::Finishing(end) if end.has_changed().is_ok())
    }

    /// Marks verified chunks as here, in all their places.
    pub fn mark(&mut self, hash: &ChunkHash, here: bool) {
        for place in self.upload.places(hash) {
            self.upload.have[place.as_usize()] = here;
        }
        self.pieces.remove(hash);
    }

    /// Tells those who read along how far the file is here without a gap.
    pub fn announce(&self) {
        let gap = self.upload.have.iter().position(|here| !here).and_then(|at| self.upload.plan.index(at));
        let end = gap.map_or(self.upload.plan.size().0, |index| self.upload.plan.range(index).start);
        self.arrived.send_if_modified(|known| std::mem::replace(known, end) != end);
    }
}

#[cfg(test)]
mod tests;
