//! The writing end of a body of chunks: every byte goes to all its places and into the hash; what matched is entered.

use super::chunks::{Outcome, Ticket, begin_finish};
use super::conveyor::Worker;
use super::names::now;
use super::registry::Unfinished;
use super::trail::Trail;
use super::verify::{ChunkHasher, hash_range};
use super::volume::{VolumeUploads, to_row};
use crate::blocking_pool::Reply;
use crate::core::Core;
use crate::error::{EngineError, Result};
use crate::files::transfer::recheck_access;
use crate::volumes::store_errors::map_store_error;
use crate::volumes::tree::MountedVolume;
use bytes::Bytes;
use model::{ChunkHash, Event, FileName, Operation, VPath};
use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};
use store::ErrorKind;
use store::db::Pending;
use store::disk::Folder;
use store::partial::Partial;
use store::splice::{SpliceOutcome, SpliceTransfer};

/// Bytes that are carried at once.
const STEP: u64 = 1 << 20;
/// How often chunks of a running request are entered.
const EVERY: Duration = Duration::from_millis(200);
/// Chunks of a body that may have ended without their hash.
const UNSETTLED: usize = 2;

pub(super) struct Intake {
    ticket: Ticket,
    /// Opened with the first bytes; stays `None` where nothing is written (`-nw`).
    partial: Option<Arc<Partial>>,
    /// The part that the next byte belongs to.
    part: usize,
    /// Bytes of that part, from its start, that are here.
    done: u64,
    /// Hashes what passes here; `None`: the body is carried past us.
    hasher: Option<ChunkHasher>,
    /// The hash of that part, if so, once something of it is there.
    trail: Option<Trail>,
    /// Parts before it, of which all bytes are here.
    ended: VecDeque<Ended>,
    /// Chunks that matched.
    verified: Vec<ChunkHash>,
    /// How many of those are entered.
    entered: usize,
    /// When some were entered last.
    entered_at: Instant,
}

/// A part of which all bytes are here; is it what it should be?
struct Ended {
    part: usize,
    received: u64,
    hash: Hash,
}

enum Hash {
    /// Of bytes that passed here.
    Stream(Box<ChunkHasher>),
    /// Of what the file holds.
    Trail(Trail),
}

impl Worker for Intake {
    /// Takes the next bytes of the body: they are hashed while they are written.
    fn work(&mut self, batch: Vec<Bytes>) -> Result<()> {
        self.open()?;
        let mut rest = batch.into();
        while let Some(now) = self.of_this_part(&mut rest)? {
            let size: u64 = now.iter().map(|bytes| bytes.len() as u64).sum();
            // A piece is hashed with its neighbours when the last of them is here.
            if let (Some(hasher), None) = (&mut self.hasher, self.ticket.piece_at) {
                hasher.update(now.clone());
            }
            self.write(&now)?;
            self.done += size;
            self.follow();
            self.end_part_if_whole()?;
        }
        self.enter_as_they_pass()
    }
}

impl Intake {
    pub fn new(ticket: Ticket) -> Self {
        let size = ticket.parts.iter().map(|part| part.length).sum();
        let hasher = ChunkHasher::new(&ticket.core.arrivals.hasher, size);
        Self { hasher: Some(hasher), ..Self::carried(ticket) }
    }

    /// For a body that is spliced.
    pub fn carried(ticket: Ticket) -> Self {
        Self {
            done: ticket.piece_at.unwrap_or(0),
            ticket,
            partial: None,
            part: 0,
            hasher: None,
            trail: None,
            ended: VecDeque::new(),
            verified: Vec::new(),
            entered: 0,
            entered_at: Instant::now(),
        }
    }

    /// Takes from `rest` what belongs to the part that is due; `None`: nothing is left.
    fn of_this_part(&self, rest: &mut VecDeque<Bytes>) -> Result<Option<Vec<Bytes>>> {
        let mut now = Vec::with_capacity(rest.len());
        let mut size = 0;
        while let Some(mut bytes) = rest.pop_front() {
            if bytes.is_empty() {
                continue;
            }
            let Some(part) = self.ticket.parts.get(self.part) else {
                let limit = self.ticket.parts.iter().map(|part| part.length).sum();
                return Err(EngineError::BodyTooLong { sent: limit + bytes.len() as u64, limit });
            };
            let room = usize::try_from(part.length - self.done - size).unwrap_or(usize::MAX);
            let beyond = bytes.split_off(bytes.len().min(room));
            size += bytes.len() as u64;
            if !bytes.is_empty() {
                now.push(bytes);
            }
            if !beyond.is_empty() {
                rest.push_front(beyond);
                break;
            }
        }
        Ok(Some(now).filter(|now| !now.is_empty()))
    }

    /// Writes bytes of the part that is due, at each of its places.
    fn write(&self, bytes: &[Bytes]) -> Result<()> {
        let Some(partial) = &self.partial else { return Ok(()) };
        for place in &self.ticket.parts[self.part].offsets {
            let mut at = place + self.done;
            for piece in bytes {
                partial.write_at(piece, at).map_err(|error| self.failed(error))?;
                at += piece.len() as u64;
            }
        }
        Ok(())
    }

    /// Splices what comes next to its first place, repeats it at the others, and begins to hash it.
    /// A piece of a chunk is hashed with its neighbours when the last of them is here.
    pub fn carry(&mut self, transfer: &SpliceTransfer) -> Result<SpliceOutcome> {
        self.open()?;
        let (Some(partial), Some(part)) = (&self.partial, self.ticket.parts.get(self.part)) else {
            return Ok(SpliceOutcome::End);
        };
        let Some((first, others)) = part.offsets.split_first() else { return Ok(SpliceOutcome::End) };
        let (from, room) = (first + self.done, part.length - self.done);
        let carried = partial.splice_from(transfer, from, room.min(STEP)).map_err(|error| self.failed(error))?;
        let SpliceOutcome::Bytes(length) = carried else { return Ok(carried) };
        for place in others {
            partial.copy_within(from, length, place + self.done).map_err(|error| self.failed(error))?;
        }
        self.done += length;
        self.follow();
        self.end_part_if_whole()?;
        self.enter_as_they_pass()?;
        Ok(carried)
    }

    /// Hashes what the file holds, if the body is carried past us.
    fn follow(&mut self) {
        if self.hasher.is_some() || self.ticket.piece_at.is_some() {
            return;
        }
        let (Some(partial), Some(first)) = (&self.partial, self.ticket.parts[self.part].offsets.first()) else {
            return;
        };
        let hasher = &self.ticket.core.arrivals.hasher;
        self.trail.get_or_insert_with(|| Trail::new(hasher, partial, *first)).follow(self.done);
    }

    fn failed(&self, error: store::StoreError) -> EngineError {
        let registry = self.ticket.volume.storage.uploads.registry();
        let path = registry.get(self.ticket.id).map(|unfinished| unfinished.path()).unwrap_or_default();
        drop(registry);
        map_store_error(error, &self.ticket.volume.config.mount.append(&path))
    }

    /// Takes what came before everything that is carried.
    pub fn take_head(&mut self, head: Vec<Bytes>) -> Result<()> {
        if head.is_empty() { Ok(()) } else { self.work(head) }
    }

    fn open(&mut self) -> Result<()> {
        if self.partial.is_none() && !self.ticket.volume.storage.uploads.discard {
            let identify = if self.ticket.piece_at.is_some() { Identify::Now } else { Identify::WhereChunksAreMany };
            self.partial = Some(open_partial(&self.ticket.volume, self.ticket.id, identify)?);
        }
        Ok(())
    }

    fn end_part_if_whole(&mut self) -> Result<()> {
        match self.ticket.piece_at {
            _ if self.done < self.ticket.parts[self.part].length => Ok(()),
            None => self.end_part(),
            Some(_) => {
                self.part += 1;
                Ok(())
            }
        }
    }

    /// All bytes of a chunk are here. While the last of them are hashed, those of the next are written.
    fn end_part(&mut self) -> Result<()> {
        while self.ended.len() >= if self.hasher.is_some() { 1 } else { UNSETTLED } {
            self.settle()?;
        }
        let hash = match (&mut self.hasher, self.trail.take()) {
            (Some(hasher), _) => Hash::Stream(Box::new(hasher.next())),
            (None, Some(trail)) => Hash::Trail(trail),
            // Nothing of it came.
            (None, None) => Hash::Stream(Box::new(ChunkHasher::new(&self.ticket.core.arrivals.hasher, 0))),
        };
        self.ended.push_back(Ended { part: self.part, received: self.done, hash });
        self.part += 1;
        self.done = 0;
        Ok(())
    }

    /// Does the first chunk that has ended have its length and its hash? Hashes are the sender's word: one of fewer bytes
    /// than belong there would leave a hole in a file that is called verified.
    fn settle(&mut self) -> Result<()> {
        let Some(Ended { part, received, hash }) = self.ended.pop_front() else { return Ok(()) };
        let expected = self.ticket.parts[part].hash;
        let computed = match hash {
            Hash::Stream(hasher) => hasher.finish_chunk(),
            Hash::Trail(trail) => trail.finish().map_err(unreadable)?,
        };
        if computed != expected || received != self.ticket.parts[part].length {
            self.ended.clear();
            return Err(EngineError::ChunkCorrupt { received, expected, computed });
        }
        self.verified.push(expected);
        Ok(())
    }

    /// The body has ended, `taken` says how. Enters what matched, also after a failure. `reply` is taken if it will be
    /// given at the end of the file.
    pub fn close(mut self, mut taken: Result<()>, reply: &mut Option<Reply<Outcome>>) -> Result<Outcome> {
        if taken.is_ok() {
            taken = match self.ticket.piece_at {
                Some(_) => self.close_piece(),
                // Shorter than its chunks, which settling refuses.
                None if self.part < self.ticket.parts.len() => self.end_part(),
                None => Ok(()),
            };
        }
        // What ended before a later fault counts, and what is damaged is the more useful thing to know.
        while !self.ended.is_empty() {
            taken = self.settle().and(taken);
        }
        let mut nobody = None;
        let outcome = self.enter(if taken.is_ok() { reply } else { &mut nobody })?;
        taken.map(|()| outcome)
    }

    fn close_piece(&mut self) -> Result<()> {
        let part = &self.ticket.parts[0];
        let complete = self.done == part.length;
        if !complete {
            let mut registry = self.ticket.volume.storage.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.ticket.id) {
                unfinished.pieces.insert(part.hash, self.done);
                unfinished.touched = now();
            }
            return Ok(());
        }
        let computed = match &self.partial {
            Some(partial) => {
                hash_range(&self.ticket.core.arrivals.hasher, partial.file(), part.offsets[0], part.length)
                    .map_err(unreadable)?
            }
            None => part.hash,
        };
        if computed != part.hash {
            let mut registry = self.ticket.volume.storage.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.ticket.id) {
                unfinished.pieces.remove(&part.hash);
            }
            return Err(EngineError::ChunkCorrupt { received: self.done, expected: part.hash, computed });
        }
        self.verified.push(part.hash);
        Ok(())
    }

    /// Enters chunks of a request that goes on, so that the end of the program loses the one that is being sent and not
    /// all before it. Chunks that complete the file wait for the end of the request, which places it.
    fn enter_as_they_pass(&mut self) -> Result<()> {
        if self.ended.is_empty() && self.entered == self.verified.len() || self.entered_at.elapsed() < EVERY {
            return Ok(());
        }
        while !self.ended.is_empty() {
            self.settle()?;
        }
        self.enter_new(Completing::Later).map(drop)
    }

    /// Enters what matched. The chunk that completes the file is not entered: the finished file will be.
    fn enter(&mut self, reply: &mut Option<Reply<Outcome>>) -> Result<Outcome> {
        if !self.enter_new(Completing::Now)? {
            return Ok(Outcome::Kept);
        }
        let Ticket { core, volume, id, .. } = &self.ticket;
        let end = begin_finish(core, volume, *id, self.partial.take(), reply)?;
        Ok(Outcome::Complete(end))
    }

    /// Enters chunks that matched since the last time in memory and ledger: what is there now survives the end of the
    /// program. Returns whether all of the file is here. Nothing is entered in the ledger then, nor in memory if that is
    /// for later.
    fn enter_new(&mut self, completing: Completing) -> Result<bool> {
        let news = &self.verified[self.entered..];
        if news.is_empty() {
            return Ok(false);
        }
        let Ticket { core, access, volume, id, .. } = &self.ticket;
        let uploads = &volume.storage.uploads;
        recheck_access(core, access, Operation::Upload, || {
            let folder = uploads.registry().get(*id).map(|one| volume.config.mount.append(&one.upload.folder));
            folder.ok_or(EngineError::UnknownWark)
        })?;
        let saved = {
            let mut registry = uploads.registry();
            let unfinished = registry.get_mut(*id).ok_or(EngineError::UnknownWark)?;
            mark(unfinished, news, true);
            if unfinished.is_complete() {
                match completing {
                    Completing::Later => mark(unfinished, news, false),
                    Completing::Now => tell(&self.ticket.core, unfinished),
                }
                return Ok(true);
            }
            tell(&self.ticket.core, unfinished);
            // Queued under the lock: the rows of two chunks must not overtake each other.
            save(uploads, unfinished)
        };
        if let Err(error) = saved.and_then(Pending::wait) {
            // Not safe, so not here: the client sends it again.
            let failed = self.failed(error);
            if let Some(unfinished) = uploads.registry().get_mut(self.ticket.id) {
                mark(unfinished, news, false);
                // Perhaps since the ledger does not know the upload; the next chunk enters all of it.
                unfinished.recorded = false;
            }
            return Err(failed);
        }
        (self.entered, self.entered_at) = (self.verified.len(), Instant::now());
        Ok(false)
    }
}

/// What happens if the chunks that are to be entered are the last ones.
#[derive(Clone, Copy, PartialEq)]
enum Completing {
    /// The file is placed by the caller.
    Now,
    /// They wait.
    Later,
}

fn mark(unfinished: &mut Unfinished, hashes: &[ChunkHash], here: bool) {
    hashes.iter().for_each(|hash| unfinished.mark(hash, here));
}

/// Tells that something of an upload has come.
fn tell(core: &Core, unfinished: &mut Unfinished) {
    unfinished.touched = now();
    unfinished.announce();
    progress_event(core, unfinished);
}

fn unreadable(error: std::io::Error) -> EngineError {
    EngineError::internal("The server cannot read what it has just written.", error)
}

/// Not more often than every sixteenth of a file, or it would drown the listeners.
fn progress_event(core: &Core, unfinished: &Unfinished) {
    if !core.events.has_subscribers() || unfinished.upload.hashes.len() < 2 {
        return;
    }
    let (count, have) = (unfinished.upload.have.len(), unfinished.here());
    let step = (count / 16).max(1);
    if have % step == 0 {
        let done = (have as u64).saturating_mul(unfinished.upload.plan.chunk_size().0);
        core.events.emit(Event::Progress { id: unfinished.transfer, done: done.min(unfinished.upload.plan.size().0) });
    }
}

/// Writes down which chunks are here, and with the first of them what they are of.
fn save(uploads: &VolumeUploads, unfinished: &mut Unfinished) -> std::result::Result<Pending<()>, store::StoreError> {
    if !std::mem::replace(&mut unfinished.recorded, true) {
        return uploads.ledger.begin_upload(to_row(unfinished, unfinished.touched));
    }
    uploads.ledger.save_progress(unfinished.id, &unfinished.upload.have, unfinished.partial_ino, unfinished.touched)
}

/// Whether the partial file's inode is asked for when it is made.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Identify {
    /// What is written will be spoken of by later requests.
    Now,
    /// A file of one chunk that comes whole is placed by the request that brings it, and saves the question.
    WhereChunksAreMany,
}

/// The partial file of an upload: made with its first chunk, kept open while somebody works on it. Blocks.
///
/// The one place where bits and bytes meet: what is opened is the file that `have` and `pieces` speak of, or a new one, and
/// then both are empty. All who work on it at the same time share one handle, so nobody writes into another file.
///
/// # Errors
/// `UnknownWark`: there is no such upload, or it is being placed. Those of the disk.
pub(super) fn open_partial(volume: &Arc<MountedVolume>, id: i64, identify: Identify) -> Result<Arc<Partial>> {
    let uploads = &volume.storage.uploads;
    let opening = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        unfinished.opening.clone()
    };
    let _alone = opening.lock().unwrap_or_else(PoisonError::into_inner);
    let wanted = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        if unfinished.is_finishing() {
            return Err(EngineError::UnknownWark);
        }
        Expected::of(unfinished)
    };
    let path = volume.config.mount.append(&wanted.below);
    let failed = |error| map_store_error(error, &path);
    let root = volume.storage.root_for_writing().ok_or_else(|| EngineError::Unavailable(path.clone()))?;
    let flags = &volume.config.flags;
    let (folder, _) = root.make_folders(&wanted.below, flags.folder_mode).map_err(failed)?;
    uploads.run_marker.ensure_written();
    let kept = if wanted.is_begun { wanted.open(&folder).map_err(failed)? } else { None };
    let (partial, ino) = match kept {
        Some((partial, ino)) => (partial, Some(ino)),
        None => {
            if wanted.is_begun {
                lost(volume, id);
            }
            let identify = wanted.is_many || identify == Identify::Now;
            wanted.create(&folder, flags.file_mode, identify).map_err(failed)?
        }
    };
    // Without holes, the disk has no more to give for it.
    let is_allocated = wanted.is_many && partial.allocated().is_some_and(|bytes| bytes >= wanted.size);
    let partial = Arc::new(partial);
    if let Some(unfinished) = uploads.registry().get_mut(id) {
        unfinished.partial = Arc::downgrade(&partial);
        unfinished.partial_ino = ino;
        unfinished.is_allocated = is_allocated;
    }
    Ok(partial)
}

/// What the partial file of an upload has to be.
struct Expected {
    below: VPath,
    name: FileName,
    size: u64,
    is_many: bool,
    /// Something of it is here.
    is_begun: bool,
    /// Bytes that the file has at least.
    least: u64,
    ino: Option<u64>,
}

impl Expected {
    fn of(unfinished: &Unfinished) -> Self {
        let upload = &unfinished.upload;
        let (size, is_many) = (upload.plan.size().0, upload.plan.count() > 1);
        let have_some = upload.have.contains(&true);
        let pieces = unfinished.pieces.values().copied().max();
        Self {
            below: upload.folder.clone(),
            name: unfinished.partial_name.clone(),
            size,
            is_many,
            is_begun: have_some || pieces.is_some(),
            least: if is_many || have_some { size } else { pieces.unwrap_or(0) },
            ino: unfinished.partial_ino,
        }
    }

    /// The file that is there, with its inode; `None`: there is none, or another one.
    fn open(&self, folder: &Folder) -> std::result::Result<Option<(Partial, u64)>, store::StoreError> {
        let partial = match Partial::open(folder, &self.name) {
            Ok(partial) => partial,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::Link | ErrorKind::Special) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let meta = partial.meta()?;
        let is_it = Some(meta.ino) == self.ino && (self.least..=self.size).contains(&meta.size);
        Ok(is_it.then_some((partial, meta.ino)))
    }

    /// Makes the file; what has its name goes, for nothing in it counts.
    fn create(
        &self,
        folder: &Folder,
        mode: u32,
        identify: bool,
    ) -> std::result::Result<(Partial, Option<u64>), store::StoreError> {
        let partial = match Partial::create(folder, &self.name, mode) {
            Err(error) if error.kind() == ErrorKind::Exists => {
                folder.remove_file(&self.name)?;
                Partial::create(folder, &self.name, mode)?
            }
            made => made?,
        };
        if self.is_many {
            partial.set_length(self.size)?;
        }
        let ino = if identify { Some(partial.meta()?.ino) } else { None };
        Ok((partial, ino))
    }
}

/// Another program removed or changed the partial file: nothing has arrived. The ledger is told with the next chunk; until
/// then its bits speak of an inode that is not there, and do not count.
fn lost(volume: &MountedVolume, id: i64) {
    let mut registry = volume.storage.uploads.registry();
    if let Some(unfinished) = registry.get_mut(id) {
        tracing::warn!(path = %unfinished.path().display(), "the partial file of an upload is gone; it starts again");
        unfinished.start_over();
    }
}
