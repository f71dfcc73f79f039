//! The chunks that one request has claimed, and the start of finishing the upload when they were its last ones.

use super::core::Core;
use super::finish::finish_upload;
use super::registry::claims::ClaimedChunk;
use super::registry::unfinished::{Finished, Stage};
use super::volume::uploads_of;
use std::sync::Arc;
use vfs::access::Access;
use vfs::blocking_pool::Reply;
use vfs::error::{EngineError, Result, UploadError};
use vfs::volumes::tree::MountedVolume;

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

/// Result of receiving a body.
pub(super) enum ReceiveOutcome {
    /// More chunks are missing.
    Kept,
    /// The file is complete; the receiver yields the result of finishing it.
    Complete(tokio::sync::watch::Receiver<Option<Finished>>),
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
        let unfinished = registry.get_mut(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
        if let Stage::Finishing(end) = &unfinished.stage
            && end.has_changed().is_ok()
        {
            return Ok(end.clone());
        }
        // Its partial file was created anew meanwhile: all chunks have to be sent again.
        if !unfinished.is_complete() {
            return Err(EngineError::Upload(UploadError::UnknownWark));
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
