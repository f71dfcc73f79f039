//! Writes the body of a chunk request: every byte goes to all its offsets in the partial file and into the hash. Chunks
//! whose hash matches are recorded in the registry and the ledger.

use super::body_pipe::Consumer;
use super::claim_guard::{ClaimGuard, ReceiveOutcome, begin_finish};
use super::core::Core;
use super::partial_file::{RecordInode, open_partial};
use super::readback_hasher::ReadbackHasher;
use super::registry::unfinished::Unfinished;
use super::verify::{ChunkHasher, hash_range};
use super::volume::{VolumeUploads, to_row, uploads_of};
use bytes::Bytes;
use model::{ChunkHash, Event, Operation, Wark};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::db::Pending;
use store::partial::Partial;
use store::splice::{SpliceOutcome, SpliceTransfer};
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::clock::now;
use vfs::error::{EngineError, Result, UploadError};
use vfs::files::transfer::recheck_access;
use vfs::volumes::store_errors::map_store_error;

/// Bytes per splice call.
const SPLICE_STEP: u64 = 1 << 20;
/// How often verified chunks of a running request are recorded.
const RECORD_INTERVAL: Duration = Duration::from_millis(200);
/// Maximum number of fully received chunks of a body whose hash is still being computed.
const UNVERIFIED_MAX: usize = 2;

pub(super) struct ChunkWriter {
    claim: ClaimGuard,
    /// Opened with the first bytes; stays `None` where nothing is written (`-nw`).
    partial: Option<Arc<Partial>>,
    /// Index in `claim.chunks` of the chunk to which the next byte belongs.
    current: usize,
    /// Bytes of the current chunk, from its start, that were received.
    done: u64,
    /// Hashes the bytes that pass through `consume`; `None`: the kernel splices the body into the file.
    hasher: Option<ChunkHasher>,
    /// Hashes the current chunk from the file if the body is spliced; `None` until some bytes of it were received.
    readback: Option<ReadbackHasher>,
    /// Earlier chunks that were received completely and are not verified yet.
    ended: VecDeque<ReceivedChunk>,
    /// Chunks whose hash matched.
    verified: Vec<ChunkHash>,
    /// How many of `verified` are recorded.
    recorded_count: usize,
    /// When chunks were last recorded.
    recorded_at: Instant,
}

/// A completely received chunk that is not verified yet.
struct ReceivedChunk {
    index: usize,
    received: u64,
    hash: PendingHash,
}

enum PendingHash {
    /// Of bytes that passed through `consume`.
    Stream(Box<ChunkHasher>),
    /// Of the bytes in the file.
    Readback(ReadbackHasher),
}

impl Consumer for ChunkWriter {
    /// Writes the next bytes of the body while the hash service hashes them.
    fn consume(&mut self, batch: Vec<Bytes>) -> Result<()> {
        self.open()?;
        let mut rest = batch.into();
        while let Some(now) = self.take_for_current(&mut rest)? {
            let size: u64 = now.iter().map(|bytes| bytes.len() as u64).sum();
            // Subchunks are hashed together when the last one was received.
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

    /// Returns a writer for a body that is spliced.
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

    /// Removes from `rest` the bytes that belong to the current chunk; `None`: `rest` is empty.
    fn take_for_current(&self, rest: &mut VecDeque<Bytes>) -> Result<Option<Vec<Bytes>>> {
        let mut now = Vec::with_capacity(rest.len());
        let mut size = 0;
        while let Some(mut bytes) = rest.pop_front() {
            if bytes.is_empty() {
                continue;
            }
            let Some(chunk) = self.claim.chunks.get(self.current) else {
                let limit = self.claim.chunks.iter().map(|chunk| chunk.length).sum();
                return Err(EngineError::Upload(UploadError::BodyTooLong { sent: limit + bytes.len() as u64, limit }));
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

    /// Writes bytes of the current chunk at each of its offsets.
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

    /// Splices the next bytes to the chunk's first offset, copies them to the other offsets, and starts hashing them.
    /// Subchunks are hashed together when the last one was received.
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

    /// Tells the readback hasher how many bytes of the chunk are in the file, if the body is spliced.
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
        let registry = uploads_of(&self.claim.volume.storage).registry();
        let path = registry.get(self.claim.id).map(|unfinished| unfinished.path()).unwrap_or_default();
        drop(registry);
        map_store_error(error, &self.claim.volume.config.mount.append(&path))
    }

    /// Writes the bytes that precede all spliced ones.
    pub fn write_head(&mut self, head: Vec<Bytes>) -> Result<()> {
        if head.is_empty() { Ok(()) } else { self.consume(head) }
    }

    fn open(&mut self) -> Result<()> {
        if self.partial.is_none() && !uploads_of(&self.claim.volume.storage).discard {
            let record_inode =
                if self.claim.subchunk_at.is_some() { RecordInode::Always } else { RecordInode::IfManyChunks };
            self.partial = Some(open_partial(&self.claim.volume, self.claim.id, record_inode)?);
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

    /// Ends the current chunk, of which all bytes were received. Its last bytes are hashed while those of the next
    /// chunk are written.
    fn end_chunk(&mut self) -> Result<()> {
        while self.ended.len() >= if self.hasher.is_some() { 1 } else { UNVERIFIED_MAX } {
            self.verify_next()?;
        }
        let hash = match (&mut self.hasher, self.readback.take()) {
            (Some(hasher), _) => PendingHash::Stream(Box::new(hasher.next())),
            (None, Some(readback)) => PendingHash::Readback(readback),
            // No byte of the chunk was received.
            (None, None) => PendingHash::Stream(Box::new(ChunkHasher::new(&self.claim.core.upload_state.hasher, 0))),
        };
        self.ended.push_back(ReceivedChunk { index: self.current, received: self.done, hash });
        self.current += 1;
        self.done = 0;
        Ok(())
    }

    /// Verifies length and hash of the first chunk in `ended`. The length is checked because hashes are the sender's
    /// word: a chunk with fewer bytes than its range would leave a hole in a file that counts as verified.
    fn verify_next(&mut self) -> Result<()> {
        let Some(ReceivedChunk { index, received, hash }) = self.ended.pop_front() else { return Ok(()) };
        let expected = self.claim.chunks[index].hash;
        let computed = match hash {
            PendingHash::Stream(hasher) => hasher.finish_chunk(),
            PendingHash::Readback(readback) => readback.finish().map_err(readback_error)?,
        };
        if computed != expected || received != self.claim.chunks[index].length {
            self.ended.clear();
            return Err(EngineError::Upload(UploadError::ChunkCorrupt { received, expected, computed }));
        }
        self.verified.push(expected);
        Ok(())
    }

    /// Ends the body; `taken` is the result of receiving it. Records the chunks that matched, also after an error.
    /// Takes `reply` if the reply will be sent when the file is finished.
    pub fn close(mut self, mut taken: Result<()>, reply: &mut Option<Reply<ReceiveOutcome>>) -> Result<ReceiveOutcome> {
        if taken.is_ok() {
            taken = match self.claim.subchunk_at {
                Some(_) => self.close_subchunk(),
                // The body is shorter than its chunks: `verify_next` refuses the incomplete one.
                None if self.current < self.claim.chunks.len() => self.end_chunk(),
                None => Ok(()),
            };
        }
        // Chunks that ended before a later error count. A damaged chunk is the more useful error to report.
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
            return self.keep_subchunk();
        }
        let computed = match &self.partial {
            Some(partial) => {
                hash_range(&self.claim.core.upload_state.hasher, partial.file(), chunk.offsets[0], chunk.length)
                    .map_err(readback_error)?
            }
            None => chunk.hash,
        };
        if chunk.hash.is_unknown() {
            let mut registry = uploads_of(&self.claim.volume.storage).registry();
            if let Some(unfinished) = registry.get_mut(self.claim.id) {
                unfinished.learn(&chunk.hash, computed);
            }
        } else if computed != chunk.hash {
            let mut registry = uploads_of(&self.claim.volume.storage).registry();
            if let Some(unfinished) = registry.get_mut(self.claim.id) {
                unfinished.subchunks.remove(&chunk.hash);
            }
            return Err(EngineError::Upload(UploadError::ChunkCorrupt {
                received: self.done,
                expected: chunk.hash,
                computed,
            }));
        }
        self.verified.push(computed);
        Ok(())
    }

    /// Remembers how many bytes of a chunk are received. Where the sender of a whole file continues after the last byte that
    /// was acknowledged, and no hash will tell whether it is there, the ledger remembers it, too.
    fn keep_subchunk(&self) -> Result<()> {
        let (chunk, uploads) = (&self.claim.chunks[0], uploads_of(&self.claim.volume.storage));
        let saved = {
            let mut registry = uploads.registry();
            let Some(unfinished) = registry.get_mut(self.claim.id) else { return Ok(()) };
            unfinished.subchunks.insert(chunk.hash, self.done);
            unfinished.touched = now();
            chunk.hash.is_unknown().then(|| save_progress(uploads, unfinished))
        };
        let Some(Err(error)) = saved.map(|saved| saved.and_then(Pending::wait)) else { return Ok(()) };
        if let Some(unfinished) = uploads.registry().get_mut(self.claim.id) {
            unfinished.subchunks.remove(&chunk.hash);
            unfinished.recorded = false;
        }
        Err(self.disk_error(error))
    }

    /// Records chunks of a request that goes on, so that a crash loses only the chunk being sent. Chunks that complete
    /// the file wait for the end of the request, which places the file.
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

    /// Records verified chunks. If they complete the file, starts finishing it instead: the ledger then records the
    /// finished file, not the chunk.
    fn record_and_finish(&mut self, reply: &mut Option<Reply<ReceiveOutcome>>) -> Result<ReceiveOutcome> {
        if !self.record_verified(OnLastChunk::Finish)? {
            return Ok(ReceiveOutcome::Kept);
        }
        let ClaimGuard { core, access, volume, id, .. } = &self.claim;
        identify_content(access, uploads_of(&volume.storage), *id);
        let end = begin_finish(core, volume, *id, self.partial.take(), reply)?;
        Ok(ReceiveOutcome::Complete(end))
    }

    /// Records chunks verified since the last call, in memory and in the ledger: after that they survive the end of the
    /// program. Returns true if the file is complete. In that case nothing is recorded in the ledger, nor in memory
    /// with `OnLastChunk::Defer`.
    fn record_verified(&mut self, on_last: OnLastChunk) -> Result<bool> {
        let news = &self.verified[self.recorded_count..];
        if news.is_empty() {
            return Ok(false);
        }
        let ClaimGuard { core, access, volume, id, .. } = &self.claim;
        let uploads = uploads_of(&volume.storage);
        recheck_access(core, access, Operation::Upload, || {
            let folder = uploads.registry().get(*id).map(|one| volume.config.mount.append(&one.upload.folder));
            folder.ok_or(EngineError::Upload(UploadError::UnknownWark))
        })?;
        let saved = {
            let mut registry = uploads.registry();
            let unfinished = registry.get_mut(*id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
            mark_all(unfinished, news, true);
            if unfinished.is_complete() {
                match on_last {
                    OnLastChunk::Defer => mark_all(unfinished, news, false),
                    OnLastChunk::Finish => notify_progress(&self.claim.core, unfinished),
                }
                return Ok(true);
            }
            notify_progress(&self.claim.core, unfinished);
            // Queued under the lock, so that the rows of two chunks stay in order.
            save_progress(uploads, unfinished)
        };
        if let Err(error) = saved.and_then(Pending::wait) {
            // Not in the ledger, so not received: the client sends it again.
            let failed = self.disk_error(error);
            if let Some(unfinished) = uploads.registry().get_mut(self.claim.id) {
                mark_all(unfinished, news, false);
                // The ledger may not know the upload; the next chunk records all of it.
                unfinished.recorded = false;
            }
            return Err(failed);
        }
        (self.recorded_count, self.recorded_at) = (self.verified.len(), Instant::now());
        Ok(false)
    }
}

/// What happens if the chunks to be recorded complete the file.
#[derive(Clone, Copy, PartialEq)]
enum OnLastChunk {
    /// The caller finishes the file.
    Finish,
    /// The chunks stay unrecorded.
    Defer,
}

fn mark_all(unfinished: &mut Unfinished, hashes: &[ChunkHash], here: bool) {
    hashes.iter().for_each(|hash| unfinished.mark(hash, here));
}

/// Publishes that chunks of an upload were received.
fn notify_progress(core: &Core, unfinished: &mut Unfinished) {
    unfinished.touched = now();
    unfinished.publish_arrived();
    core.events.note_traffic();
    progress_event(core, unfinished);
}

fn readback_error(error: std::io::Error) -> EngineError {
    EngineError::internal("The server cannot read the data that it has just written.", error)
}

/// Emits a progress event at most once per sixteenth of a file, so that subscribers are not flooded.
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

/// Saves in the ledger which chunks are received; the first call also saves the upload itself.
fn save_progress(
    uploads: &VolumeUploads,
    unfinished: &mut Unfinished,
) -> std::result::Result<Pending<()>, store::StoreError> {
    // Of a sequential upload the hashes change, too.
    if !std::mem::replace(&mut unfinished.recorded, true) || unfinished.is_sequential() {
        return uploads.ledger.begin_upload(to_row(unfinished, unfinished.touched));
    }
    uploads.ledger.save_progress(unfinished.id, &unfinished.upload.have, unfinished.partial_ino, unfinished.touched)
}

/// Gives a complete upload the identity of its content, if it was begun without one.
fn identify_content(access: &Access, uploads: &VolumeUploads, id: i64) {
    let salt = &access.snapshot().settings.behaviour.wark_salt;
    let mut registry = uploads.registry();
    let Some(unfinished) = registry.get(id) else { return };
    let upload = &unfinished.upload;
    if unfinished.began_as == Some(upload.wark) {
        let wark = Wark::of_content(salt, upload.plan.size(), &upload.hashes);
        registry.set_wark(id, wark);
    }
}
