//! The writing end of a body of chunks: every byte goes to all its places and into the hash; what matched is entered.

use super::body_pipe::Consumer;
use super::chunks::{ClaimGuard, ReceiveOutcome, begin_finish};
use super::names::now;
use super::readback_hasher::ReadbackHasher;
use super::registry::Unfinished;
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
const SPLICE_STEP: u64 = 1 << 20;
/// How often chunks of a running request are entered.
const RECORD_INTERVAL: Duration = Duration::from_millis(200);
/// Chunks of a body that may have ended without their hash.
const UNVERIFIED_MAX: usize = 2;

pub(super) struct ChunkWriter {
    claim: ClaimGuard,
    /// Opened with the first bytes; stays `None` where nothing is written (`-nw`).
    partial: Option<Arc<Partial>>,
    /// The part that the next byte belongs to.
    current: usize,
    /// Bytes of that part, from its start, that are here.
    done: u64,
    /// Hashes what passes here; `None`: the body is carried past us.
    hasher: Option<ChunkHasher>,
    /// The hash of that part, if so, once something of it is there.
    readback: Option<ReadbackHasher>,
    /// Parts before it, of which all bytes are here.
    ended: VecDeque<ReceivedChunk>,
    /// Chunks that matched.
    verified: Vec<ChunkHash>,
    /// How many of those are entered.
    recorded_count: usize,
    /// When some were entered last.
    recorded_at: Instant,
}

/// A part of which all bytes are here; is it what it should be?
struct ReceivedChunk {
    index: usize,
    received: u64,
    hash: PendingHash,
}

enum PendingHash {
    /// Of bytes that passed here.
    Stream(Box<ChunkHasher>),
    /// Of what the file holds.
    Readback(ReadbackHasher),
}

impl Consumer for ChunkWriter {
    /// Takes the next bytes of the body: they are hashed while they are written.
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
        self.open()?;
        let mut rest = batch.into();
        while let Some(now) = self.take_for_current(&mut rest)? {
            let size: u64 = now.iter().map(|bytes| bytes.len() as u64).sum();
            // A piece is hashed with its neighbours when the last of them is here.
            if let (Some(hasher), None) = (&mut self.hasher, self.claim.subchunk_at) {
                hasher.update(now.clone());
            }
            self.write(&now)?;
            self.done += size;
            self.advance_readback();
            self.end_chunk_if_complete()?;
        }
        self.record_periodically()
    }
}

impl ChunkWriter {
    pub fn new(claim: ClaimGuard) -> Self {
        let size = claim.chunks.iter().map(|chunk| chunk.length).sum();
        let hasher = ChunkHasher::new(&claim.core.upload_state.hasher, size);
        Self { hasher: Some(hasher), ..Self::for_splice(claim) }
    }

    /// For a body that is spliced.
    pub fn for_splice(claim: ClaimGuard) -> Self {
        Self {
            done: claim.subchunk_at.unwrap_or(0),
            claim,
            partial: None,
            current: 0,
            hasher: None,
            readback: None,
            ended: VecDeque::new(),
            verified: Vec::new(),
            recorded_count: 0,
            recorded_at: Instant::now(),
        }
    }

    /// Takes from `rest` what belongs to the part that is due; `None`: nothing is left.
    fn take_for_current(&self, rest: &mut VecDeque<Bytes>) -> Result<Option<Vec<Bytes>>> {
        let mut now = Vec::with_capacity(rest.len());
        let mut size = 0;
        while let Some(mut bytes) = rest.pop_front() {
            if bytes.is_empty() {
                continue;
            }
            let Some(chunk) = self.claim.chunks.get(self.current) else {
                let limit = self.claim.chunks.iter().map(|chunk| chunk.length).sum();
                return Err(EngineError::BodyTooLong { sent: limit + bytes.len() as u64, limit });
            };
            let room = usize::try_from(chunk.length - self.done - size).unwrap_or(usize::MAX);
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
        for place in &self.claim.chunks[self.current].offsets {
            let mut at = place + self.done;
            for piece in bytes {
                partial.write_at(piece, at).map_err(|error| self.disk_error(error))?;
                at += piece.len() as u64;
            }
        }
        Ok(())
    }

    /// Splices what comes next to its first place, repeats it at the others, and begins to hash it.
    /// A piece of a chunk is hashed with its neighbours when the last of them is here.
    pub fn splice_next(&mut self, transfer: &SpliceTransfer) -> Result<SpliceOutcome> {
        self.open()?;
        let (Some(partial), Some(chunk)) = (&self.partial, self.claim.chunks.get(self.current)) else {
            return Ok(SpliceOutcome::End);
        };
        let Some((first, others)) = chunk.offsets.split_first() else { return Ok(SpliceOutcome::End) };
        let (from, room) = (first + self.done, chunk.length - self.done);
        let carried =
            partial.splice_from(transfer, from, room.min(SPLICE_STEP)).map_err(|error| self.disk_error(error))?;
        let SpliceOutcome::Bytes(length) = carried else { return Ok(carried) };
        for place in others {
            partial.copy_within(from, length, place + self.done).map_err(|error| self.disk_error(error))?;
        }
        self.done += length;
        self.advance_readback();
        self.end_chunk_if_complete()?;
        self.record_periodically()?;
        Ok(carried)
    }

    /// Hashes what the file holds, if the body is carried past us.
    fn advance_readback(&mut self) {
        if self.hasher.is_some() || self.claim.subchunk_at.is_some() {
            return;
        }
        let (Some(partial), Some(first)) = (&self.partial, self.claim.chunks[self.current].offsets.first()) else {
            return;
        };
        let hasher = &self.claim.core.upload_state.hasher;
        self.readback.get_or_insert_with(|| ReadbackHasher::new(hasher, partial, *first)).set_available(self.done);
    }

    fn disk_error(&self, error: store::StoreError) -> EngineError {
        let registry = self.claim.volume.storage.uploads.registry();
        let path = registry.get(self.claim.id).map(|unfinished| unfinished.path()).unwrap_or_default();
        drop(registry);
        map_store_error(error, &self.claim.volume.config.mount.append(&path))
    }

    /// Takes what came before everything that is carried.
    pub fn write_head(&mut self, head: Vec<Bytes>) -> Result<()> {
        if head.is_empty() { Ok(()) } else { self.consume(head) }
    }

    fn open(&mut self) -> Result<()> {
        if self.partial.is_none() && !self.claim.volume.storage.uploads.discard {
            let identify =
                if self.claim.subchunk_at.is_some() { RecordInode::Always } else { RecordInode::IfManyChunks };
            self.partial = Some(open_partial(&self.claim.volume, self.claim.id, identify)?);
        }
        Ok(())
    }

    fn end_chunk_if_complete(&mut self) -> Result<()> {
        match self.claim.subchunk_at {
            _ if self.done < self.claim.chunks[self.current].length => Ok(()),
            None => self.end_chunk(),
            Some(_) => {
                self.current += 1;
                Ok(())
            }
        }
    }

    /// All bytes of a chunk are here. While the last of them are hashed, those of the next are written.
    fn end_chunk(&mut self) -> Result<()> {
        while self.ended.len() >= if self.hasher.is_some() { 1 } else { UNVERIFIED_MAX } {
            self.verify_next()?;
        }
        let hash = match (&mut self.hasher, self.readback.take()) {
            (Some(hasher), _) => PendingHash::Stream(Box::new(hasher.next())),
            (None, Some(readback)) => PendingHash::Readback(readback),
            // Nothing of it came.
            (None, None) => PendingHash::Stream(Box::new(ChunkHasher::new(&self.claim.core.upload_state.hasher, 0))),
        };
        self.ended.push_back(ReceivedChunk { index: self.current, received: self.done, hash });
        self.current += 1;
        self.done = 0;
        Ok(())
    }

    /// Does the first chunk that has ended have its length and its hash? Hashes are the sender's word: one of fewer bytes
    /// than belong there would leave a hole in a file that is called verified.
    fn verify_next(&mut self) -> Result<()> {
        let Some(ReceivedChunk { index, received, hash }) = self.ended.pop_front() else { return Ok(()) };
        let expected = self.claim.chunks[index].hash;
        let computed = match hash {
            PendingHash::Stream(hasher) => hasher.finish_chunk(),
            PendingHash::Readback(readback) => readback.finish().map_err(readback_error)?,
        };
        if computed != expected || received != self.claim.chunks[index].length {
            self.ended.clear();
            return Err(EngineError::ChunkCorrupt { received, expected, computed });
        }
        self.verified.push(expected);
        Ok(())
    }

    /// The body has ended, `taken` says how. Enters what matched, also after a failure. `reply` is taken if it will be
    /// given at the end of the file.
    pub fn close(mut self, mut taken: Result<()>, reply: &mut Option<Reply<ReceiveOutcome>>) -> Result<ReceiveOutcome> {
        if taken.is_ok() {
            taken = match self.claim.subchunk_at {
                Some(_) => self.close_subchunk(),
                // Shorter than its chunks, which settling refuses.
                None if self.current < self.claim.chunks.len() => self.end_chunk(),
                None => Ok(()),
            };
        }
        // What ended before a later fault counts, and what is damaged is the more useful thing to know.
        while !self.ended.is_empty() {
            taken = self.verify_next().and(taken);
        }
        let mut no_reply = None;
        let outcome = self.record_and_finish(if taken.is_ok() { reply } else { &mut no_reply })?;
        taken.map(|()| outcome)
    }

    fn close_subchunk(&mut self) -> Result<()> {
        let chunk = &self.claim.chunks[0];
        let complete = self.done == chunk.length;
        if !complete {
            let mut registry = self.claim.volume.storage.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.claim.id) {
                unfinished.subchunks.insert(chunk.hash, self.done);
                unfinished.touched = now();
            }
            return Ok(());
        }
        let computed = match &self.partial {
            Some(partial) => {
                hash_range(&self.claim.core.upload_state.hasher, partial.file(), chunk.offsets[0], chunk.length)
                    .map_err(readback_error)?
            }
            None => chunk.hash,
        };
        if computed != chunk.hash {
            let mut registry = self.claim.volume.storage.uploads.registry();
            if let Some(unfinished) = registry.get_mut(self.claim.id) {
                unfinished.subchunks.remove(&chunk.hash);
            }
            return Err(EngineError::ChunkCorrupt { received: self.done, expected: chunk.hash, computed });
        }
        self.verified.push(chunk.hash);
        Ok(())
    }

    /// Enters chunks of a request that goes on, so that the end of the program loses the one that is being sent and not
    /// all before it. Chunks that complete the file wait for the end of the request, which places it.
    fn record_periodically(&mut self) -> Result<()> {
        if self.ended.is_empty() && self.recorded_count == self.verified.len()
            || self.recorded_at.elapsed() < RECORD_INTERVAL
        {
            return Ok(());
        }
        while !self.ended.is_empty() {
            self.verify_next()?;
        }
        self.record_verified(OnLastChunk::Defer).map(drop)
    }

    /// Enters what matched. The chunk that completes the file is not entered: the finished file will be.
    fn record_and_finish(&mut self, reply: &mut Option<Reply<ReceiveOutcome>>) -> Result<ReceiveOutcome> {
        if !self.record_verified(OnLastChunk::Finish)? {
            return Ok(ReceiveOutcome::Kept);
        }
        let ClaimGuard { core, volume, id, .. } = &self.claim;
        let end = begin_finish(core, volume, *id, self.partial.take(), reply)?;
        Ok(ReceiveOutcome::Complete(end))
    }

    /// Enters chunks that matched since the last time in memory and ledger: what is there now survives the end of the
    /// program. Returns whether all of the file is here. Nothing is entered in the ledger then, nor in memory if that is
    /// for later.
    fn record_verified(&mut self, on_last: OnLastChunk) -> Result<bool> {
        let news = &self.verified[self.recorded_count..];
        if news.is_empty() {
            return Ok(false);
        }
        let ClaimGuard { core, access, volume, id, .. } = &self.claim;
        let uploads = &volume.storage.uploads;
        recheck_access(core, access, Operation::Upload, || {
            let folder = uploads.registry().get(*id).map(|one| volume.config.mount.append(&one.upload.folder));
            folder.ok_or(EngineError::UnknownWark)
        })?;
        let saved = {
            let mut registry = uploads.registry();
            let unfinished = registry.get_mut(*id).ok_or(EngineError::UnknownWark)?;
            mark_all(unfinished, news, true);
            if unfinished.is_complete() {
                match on_last {
                    OnLastChunk::Defer => mark_all(unfinished, news, false),
                    OnLastChunk::Finish => notify_progress(&self.claim.core, unfinished),
                }
                return Ok(true);
            }
            notify_progress(&self.claim.core, unfinished);
            // Queued under the lock: the rows of two chunks must not overtake each other.
            save_progress(uploads, unfinished)
        };
        if let Err(error) = saved.and_then(Pending::wait) {
            // Not safe, so not here: the client sends it again.
            let failed = self.disk_error(error);
            if let Some(unfinished) = uploads.registry().get_mut(self.claim.id) {
                mark_all(unfinished, news, false);
                // Perhaps since the ledger does not know the upload; the next chunk enters all of it.
                unfinished.recorded = false;
            }
            return Err(failed);
        }
        (self.recorded_count, self.recorded_at) = (self.verified.len(), Instant::now());
        Ok(false)
    }
}

/// What happens if the chunks that are to be entered are the last ones.
#[derive(Clone, Copy, PartialEq)]
enum OnLastChunk {
    /// The file is placed by the caller.
    Finish,
    /// They wait.
    Defer,
}

fn mark_all(unfinished: &mut Unfinished, hashes: &[ChunkHash], here: bool) {
    hashes.iter().for_each(|hash| unfinished.mark(hash, here));
}

/// Tells that something of an upload has come.
fn notify_progress(core: &Core, unfinished: &mut Unfinished) {
    unfinished.touched = now();
    unfinished.publish_arrived();
    progress_event(core, unfinished);
}

fn readback_error(error: std::io::Error) -> EngineError {
    EngineError::internal("The server cannot read what it has just written.", error)
}

/// Not more often than every sixteenth of a file, or it would drown the listeners.
fn progress_event(core: &Core, unfinished: &Unfinished) {
    if !core.events.has_subscribers() || unfinished.upload.hashes.len() < 2 {
        return;
    }
    let (count, have) = (unfinished.upload.have.len(), unfinished.received_chunks());
    let step = (count / 16).max(1);
    if have % step == 0 {
        let done = (have as u64).saturating_mul(unfinished.upload.plan.chunk_size().0);
        core.events.emit(Event::Progress { id: unfinished.transfer, done: done.min(unfinished.upload.plan.size().0) });
    }
}

/// Writes down which chunks are here, and with the first of them what they are of.
fn save_progress(
    uploads: &VolumeUploads,
    unfinished: &mut Unfinished,
) -> std::result::Result<Pending<()>, store::StoreError> {
    if !std::mem::replace(&mut unfinished.recorded, true) {
        return uploads.ledger.begin_upload(to_row(unfinished, unfinished.touched));
    }
    uploads.ledger.save_progress(unfinished.id, &unfinished.upload.have, unfinished.partial_ino, unfinished.touched)
}

/// Whether the partial file's inode is asked for when it is made.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum RecordInode {
    /// What is written will be spoken of by later requests.
    Always,
    /// A file of one chunk that comes whole is placed by the request that brings it, and saves the question.
    IfManyChunks,
}

/// The partial file of an upload: made with its first chunk, kept open while somebody works on it. Blocks.
///
/// The one place where bits and bytes meet: what is opened is the file that `have` and `pieces` speak of, or a new one, and
/// then both are empty. All who work on it at the same time share one handle, so nobody writes into another file.
///
/// # Errors
/// `UnknownWark`: there is no such upload, or it is being placed. Those of the disk.
pub(super) fn open_partial(volume: &Arc<MountedVolume>, id: i64, identify: RecordInode) -> Result<Arc<Partial>> {
    let uploads = &volume.storage.uploads;
    let opening = {
        let registry = uploads.registry();
        let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
        if let Some(open) = unfinished.partial.upgrade() {
            return Ok(open);
        }
        unfinished.open_lock.clone()
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
        ExpectedPartial::of(unfinished)
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
                reset_lost_upload(volume, id);
            }
            let identify = wanted.is_many || identify == RecordInode::Always;
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
struct ExpectedPartial {
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

impl ExpectedPartial {
    fn of(unfinished: &Unfinished) -> Self {
        let upload = &unfinished.upload;
        let (size, is_many) = (upload.plan.size().0, upload.plan.count() > 1);
        let have_some = upload.have.contains(&true);
        let subchunks = unfinished.subchunks.values().copied().max();
        Self {
            below: upload.folder.clone(),
            name: unfinished.partial_name.clone(),
            size,
            is_many,
            is_begun: have_some || subchunks.is_some(),
            least: if is_many || have_some { size } else { subchunks.unwrap_or(0) },
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
fn reset_lost_upload(volume: &MountedVolume, id: i64) {
    let mut registry = volume.storage.uploads.registry();
    if let Some(unfinished) = registry.get_mut(id) {
        tracing::warn!(path = %unfinished.path().display(), "the partial file of an upload is gone; it starts again");
        unfinished.reset();
    }
}
