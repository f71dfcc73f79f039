//! Chunk requests: chunks are claimed, received and verified, and only then recorded.

use super::body_pipe::{BodyPipe, Consumer};
use super::chunk_writer::ChunkWriter;
use super::finish::{finish_upload, wait_finished};
use super::registry::{Claimed, ClaimedChunk, Finished, Sender, Stage, Unfinished, Wanted};
use super::spliced::SplicedBody;
use super::volume::uploads_of;
use super::{ChunkSelection, SpliceHandle, Uploads, admit, unverified};
use crate::core::Core;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{Perm, VPath, Wark};
use std::pin::pin;
use std::sync::Arc;
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::error::{EngineError, Result};
use vfs::volumes::shortage;
use vfs::volumes::tree::MountedVolume;

/// Bodies up to this size are collected and written in one pool call.
const SMALL: u64 = 256 << 10;

/// Claimed chunks, released on drop. The writer owns the guard until it ends, so that late bytes of a lost connection
/// can never be written over a chunk that another request has sent meanwhile.
pub(super) struct ClaimGuard {
    pub core: Arc<Core>,
    /// Of the request that sends the chunks.
    pub access: Access,
    pub volume: Arc<MountedVolume>,
    pub id: i64,
    /// Number of the transfer in events.
    pub transfer: u64,
    pub chunks: Vec<ClaimedChunk>,
    pub subchunk_at: Option<u64>,
}

impl Drop for ClaimGuard {
    fn drop(&mut self) {
        uploads_of(&self.volume.storage).registry().release(self.id, &self.chunks);
    }
}

/// The right to send some chunks of one upload; released on drop.
pub struct ChunkLease {
    claim: ClaimGuard,
    length: u64,
    /// Handle for splicing the body from its connection, if that is possible.
    splice: Option<Arc<SpliceHandle>>,
}

/// Result of receiving a body.
pub(super) enum ReceiveOutcome {
    /// More chunks are missing.
    Kept,
    /// The file is complete; the receiver yields the result of finishing it.
    Complete(tokio::sync::watch::Receiver<Option<Finished>>),
}

impl ChunkLease {
    /// Sets the splice handle of the connection on which the body arrives. No byte of the body may have been read yet.
    #[must_use]
    pub fn through(self, splice: Option<Arc<SpliceHandle>>) -> Self {
        Self { splice, ..self }
    }

    /// Receives the body. Returns when its chunks would survive the end of the program, and, if they complete the file,
    /// when the file would survive a power loss.
    ///
    /// # Errors
    /// `ChunkCorrupt` (chunks before the damaged one stay accepted), `Interrupted`, `NoSpace`, `BodyTooLong`.
    pub async fn receive<S, E>(self, body: S) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>> + Send,
        E: std::error::Error + Send + Sync + 'static,
    {
        let (core, volume) = (self.claim.core.clone(), self.claim.volume.clone());
        core.paused_transfers.wait_resumed(self.claim.transfer).await;
        let received = self.receive_all(pin!(body)).await;
        shortage::note(&core, || Some(volume), &received);
        received
    }

    async fn receive_all<S, E>(self, body: std::pin::Pin<&mut S>) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>>,
    {
        let outcome = match self.splice.clone() {
            _ if self.length <= SMALL => self.receive_small(body).await?,
            Some(splice) if self.may_be_spliced() => self.receive_spliced(&splice, body).await?,
            _ => self.receive_large(body).await?,
        };
        match outcome {
            ReceiveOutcome::Kept => Ok(()),
            ReceiveOutcome::Complete(end) => wait_finished(end).await.map(drop),
        }
    }

    async fn receive_small<S, E>(self, mut body: std::pin::Pin<&mut S>) -> Result<ReceiveOutcome>
    where
        S: Stream<Item = std::result::Result<Bytes, E>>,
    {
        let mut pieces = Vec::new();
        let mut received = 0;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|_| EngineError::Interrupted)?;
            received += piece.len() as u64;
            if received > self.length {
                return Err(EngineError::BodyTooLong { sent: received, limit: self.length });
            }
            pieces.push(piece);
        }
        if received < self.length {
            return Err(EngineError::Interrupted);
        }
        let pool = self.claim.core.pool.clone();
        pool.run_small_file(move |reply: Reply<ReceiveOutcome>| {
            let mut writer = ChunkWriter::new(self.claim);
            let taken = writer.consume(pieces);
            let mut reply = Some(reply);
            let outcome = writer.close(taken, &mut reply);
            // Otherwise that was the last chunk, and the end of the upload sends the reply.
            if let Some(reply) = reply {
                reply.send(outcome);
            }
        })
        .await
    }

    /// Returns whether the body may be spliced: the file system must have a page cache from which the hash can read the
    /// bytes back.
    fn may_be_spliced(&self) -> bool {
        let storage = &self.claim.volume.storage;
        storage.uses_page_cache() && !uploads_of(&storage).discard
    }

    /// Receives a body that the kernel splices. `body` yields the bytes that the connection had read before, and then
    /// placeholders for spliced bytes.
    async fn receive_spliced<S, E>(
        self,
        splice: &SpliceHandle,
        mut body: std::pin::Pin<&mut S>,
    ) -> Result<ReceiveOutcome>
    where
        S: Stream<Item = std::result::Result<Bytes, E>>,
    {
        let (core, transfer, length) = (self.claim.core.clone(), self.claim.transfer, self.length);
        let spliced = SplicedBody::new(&core);
        let Some(splice_receiver) = spliced.open(splice, length) else { return self.receive_large(body).await };
        spliced.set_writer(ChunkWriter::for_splice(self.claim));
        let mut received = 0;
        while let Some(Ok(mut piece)) = body.next().await {
            // The splice is broken: bytes that arrive otherwise do not count.
            let Some(real) = splice_receiver.count_received(piece.len()) else { break };
            received += piece.len() as u64;
            piece.truncate(real);
            if received > length || spliced.push(piece).is_err() {
                break;
            }
            core.paused_transfers.wait_resumed(transfer).await;
        }
        drop(splice_receiver);
        let ended = check_length(received, length);
        spliced.finish(move |writer, consumed| writer.close(consumed.and(ended), &mut None)).await?
    }

    /// Receives the next bytes while earlier ones are written and hashed.
    async fn receive_large<S, E>(self, mut body: std::pin::Pin<&mut S>) -> Result<ReceiveOutcome>
    where
        S: Stream<Item = std::result::Result<Bytes, E>>,
    {
        let (core, transfer, length) = (self.claim.core.clone(), self.claim.transfer, self.length);
        let pipe = BodyPipe::new(&core, ChunkWriter::new(self.claim));
        let mut received = 0;
        while let Some(Ok(piece)) = body.next().await {
            received += piece.len() as u64;
            if received > length || pipe.push(piece).await.is_err() {
                break;
            }
            core.paused_transfers.wait_resumed(transfer).await;
        }
        let ended = check_length(received, length);
        // Bytes received before the connection broke may complete a chunk of a stitched body.
        pipe.finish(move |writer, consumed| writer.close(consumed.and(ended), &mut None)).await?
    }
}

/// Checks that the body had its announced length.
fn check_length(received: u64, length: u64) -> Result<()> {
    match received {
        more if more > length => Err(EngineError::BodyTooLong { sent: received, limit: length }),
        less if less < length => Err(EngineError::Interrupted),
        _ => Ok(()),
    }
}

impl Uploads {
    /// Claims chunks for one request; `length`: bytes of the body that follows.
    ///
    /// # Errors
    /// `Denied`, `UnknownWark`, `ChunkKnown`, `ChunkForeign`, `ChunkBusy`, `StitchPrefix`, `StitchGap`, `BodyTooLong`,
    /// `SubchunkOffset`, `OutOfOrder`.
    pub async fn claim(
        &self,
        access: &Access,
        folder: &VPath,
        wark: &Wark,
        wanted: ChunkSelection,
        length: u64,
    ) -> Result<ChunkLease> {
        admit::may_upload(access, folder)?;
        let volume = access.volume_path(folder).ok_or(EngineError::UnknownWark)?.volume;
        let sender = sender(access);
        let can_read = |one: &Unfinished| access.rights_inside(&volume, &one.upload.folder).has(Perm::Read);
        let id = {
            let registry = uploads_of(&volume.storage).registry();
            let unfinished = choose_upload(registry.of(wark), &sender, can_read).ok_or(EngineError::UnknownWark)?;
            match &unfinished.stage {
                Stage::Unverified { .. } => Err(unfinished.id),
                _ => Ok(unfinished.id),
            }
        };
        let id = match id {
            Ok(id) => id,
            Err(id) => {
                unverified::verify(&self.core, &volume, id).await?;
                id
            }
        };
        let Claimed { id, transfer, chunks, subchunk_at } = claim(&volume, id, &wanted, length)?;
        Ok(ChunkLease {
            claim: ClaimGuard {
                core: self.core.clone(),
                access: access.clone(),
                volume,
                id,
                transfer,
                chunks,
                subchunk_at,
            },
            length,
            splice: None,
        })
    }
}

fn claim(volume: &MountedVolume, id: i64, wanted: &ChunkSelection, length: u64) -> Result<Claimed> {
    let mut registry = uploads_of(&volume.storage).registry();
    let unfinished = registry.get(id).ok_or(EngineError::UnknownWark)?;
    let wanted = match wanted {
        ChunkSelection::One(hash, None) => Wanted::Chunks(vec![*hash]),
        ChunkSelection::One(hash, Some(at)) => Wanted::Subchunk(*hash, *at),
        ChunkSelection::Full(hashes) => {
            unfinished.check_neighbours(hashes)?;
            Wanted::Chunks(hashes.clone())
        }
        ChunkSelection::Compact(first, prefixes) => Wanted::Chunks(unfinished.expand(first, prefixes)?),
    };
    if volume.config.flags.no_sparse {
        check_order(unfinished, &wanted)?;
    }
    registry.claim(id, &wanted, length)
}

/// Where files must not have holes, checks that the first missing chunk comes next.
fn check_order(unfinished: &Unfinished, wanted: &Wanted) -> Result<()> {
    let first = match wanted {
        Wanted::Chunks(hashes) => hashes.first(),
        Wanted::Subchunk(hash, _) => Some(hash),
    };
    let next = unfinished.next_missing();
    let known = first.is_some_and(|hash| unfinished.is_here(hash) == Some(true));
    if known || first == next { Ok(()) } else { Err(EngineError::OutOfOrder) }
}

/// Returns the account and address that identify the sender of an upload.
pub(super) fn sender(access: &Access) -> Sender {
    Sender { account: access.owner().clone(), address: access.client().address.to_string() }
}

/// Returns one of several uploads of the same content: the sender's own, else the oldest if `can_read` allows it.
pub(super) fn choose_upload<'a>(
    uploads: impl Iterator<Item = &'a Unfinished>,
    sender: &Sender,
    can_read: impl Fn(&Unfinished) -> bool,
) -> Option<&'a Unfinished> {
    let mut other = None;
    for unfinished in uploads {
        if sender.is(&unfinished.upload.account, &unfinished.upload.address) {
            return Some(unfinished);
        }
        other = other.or_else(|| can_read(unfinished).then_some(unfinished));
    }
    other
}

/// Starts finishing a complete upload unless that has been started; in that case `reply` is taken and sent when the
/// file is finished. Returns a receiver for the result.
pub(super) fn begin_finish(
    core: &Arc<Core>,
    volume: &Arc<MountedVolume>,
    id: i64,
    partial: Option<Arc<store::partial::Partial>>,
    reply: &mut Option<Reply<ReceiveOutcome>>,
) -> Result<tokio::sync::watch::Receiver<Option<Finished>>> {
    let (outcome, end) = tokio::sync::watch::channel(None);
    {
        let mut registry = uploads_of(&volume.storage).registry();
        let unfinished = registry.get_mut(id).ok_or(EngineError::UnknownWark)?;
        if let Stage::Finishing(end) = &unfinished.stage
            && end.has_changed().is_ok()
        {
            return Ok(end.clone());
        }
        // Its partial file was created anew meanwhile: all chunks have to be sent again.
        if !unfinished.is_complete() {
            return Err(EngineError::UnknownWark);
        }
        unfinished.stage = Stage::Finishing(end.clone());
    }
    let reply = reply.take();
    let on_finished = move |finished: Finished| {
        if let Some(reply) = reply {
            reply.send(finished.clone().map(|_| ReceiveOutcome::Kept));
        }
        outcome.send_replace(Some(finished));
    };
    finish_upload(core, volume, id, partial, on_finished);
    Ok(end)
}
