//! Chunk requests: chunks are claimed, received and verified, and only then recorded.

use super::admit;
use super::chunk_source::ChunkSource;
use super::claim_guard::{ClaimGuard, ReceiveOutcome};
use super::core::Uploads;
use super::finish::wait_finished;
use super::registry::claims::{Claimed, Wanted};
use super::registry::unfinished::{FinishedFile, Stage, Unfinished, choose_upload};
use super::request::ChunkSelection;
use super::sender::Sender;
use super::unverified;
use super::volume::uploads_of;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use model::{Perm, VPath, Wark};
use std::pin::{Pin, pin};
use std::sync::Arc;
use store::splice::SpliceHandle;
use vfs::access::Access;
use vfs::error::{EngineError, Interruption, Result, UploadError};
use vfs::volumes::shortage_notice;
use vfs::volumes::tree::MountedVolume;

/// The right to send some chunks of one upload; released on drop.
pub struct ChunkLease {
    claim: ClaimGuard,
    length: u64,
    /// Handle for splicing the body from its connection, if that is possible.
    splice: Option<Arc<SpliceHandle>>,
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
        shortage_notice::note(&core, || Some(volume), &received);
        received
    }

    async fn receive_all<S, E>(self, mut body: Pin<&mut S>) -> Result<()>
    where
        S: Stream<Item = std::result::Result<Bytes, E>>,
    {
        let (core, transfer, length) = (self.claim.core.clone(), self.claim.transfer, self.length);
        let mut source = ChunkSource::open(self.claim, length, self.splice.as_deref());
        let mut received = 0;
        while let Some(Ok(piece)) = body.next().await {
            let size = piece.len() as u64;
            if received + size > length {
                received += size;
                break;
            }
            if source.push(piece).await.is_err() {
                break;
            }
            received += size;
            core.paused_transfers.wait_resumed(transfer).await;
        }
        match source.finish(check_length(received, length)).await? {
            ReceiveOutcome::Kept => Ok(()),
            ReceiveOutcome::Complete(end) => wait_finished(end).await.map(drop),
        }
    }
}

/// Checks that the body had its announced length.
fn check_length(received: u64, length: u64) -> Result<()> {
    match received {
        more if more > length => Err(EngineError::Upload(UploadError::BodyTooLong { sent: received, limit: length })),
        less if less < length => Err(EngineError::Interrupted(Interruption::Client)),
        _ => Ok(()),
    }
}

impl ChunkLease {
    /// Receives as many bytes of the chunk as `body` yields before it ends; they are kept also if they are less than the
    /// chunk.
    ///
    /// # Errors
    /// As [`ChunkLease::receive`].
    pub(crate) async fn receive_available(self, body: &mut impl PieceSource) -> Result<ReceivedBytes> {
        let (core, volume) = (self.claim.core.clone(), self.claim.volume.clone());
        let received = self.fill(body).await;
        shortage_notice::note(&core, || Some(volume), &received);
        received
    }

    async fn fill(self, body: &mut impl PieceSource) -> Result<ReceivedBytes> {
        let (core, transfer, length) = (self.claim.core.clone(), self.claim.transfer, self.length);
        let mut source = ChunkSource::open(self.claim, length, None);
        let mut received = 0;
        while received < length {
            core.paused_transfers.wait_resumed(transfer).await;
            let Some(piece) = body.next_piece(length - received).await else { break };
            received += piece.len() as u64;
            if source.push(piece).await.is_err() {
                break;
            }
        }
        let file = match source.finish(Ok(())).await? {
            ReceiveOutcome::Kept => None,
            ReceiveOutcome::Complete(end) => Some(wait_finished(end).await?),
        };
        Ok(ReceivedBytes { count: received, file })
    }
}

/// What [`ChunkLease::receive_available`] has received.
pub(crate) struct ReceivedBytes {
    pub count: u64,
    /// The file, if these were its last bytes.
    pub file: Option<FinishedFile>,
}

/// Where the bytes of consecutive chunks come from.
pub(crate) trait PieceSource: Send {
    /// Returns the next bytes, at most `limit`; `None`: there are no more, for whatever reason.
    fn next_piece(&mut self, limit: u64) -> impl Future<Output = Option<Bytes>> + Send;
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
        let volume = access.volume_path(folder).ok_or(EngineError::Upload(UploadError::UnknownWark))?.volume;
        let sender = Sender::of(access);
        let can_read = |one: &Unfinished| access.rights_inside(&volume, &one.upload.folder).has(Perm::Read);
        let id = {
            let registry = uploads_of(&volume.storage).registry();
            let unfinished = choose_upload(registry.of(wark), &sender, can_read)
                .ok_or(EngineError::Upload(UploadError::UnknownWark))?;
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
        self.lease(access, volume, id, &wanted, length)
    }

    /// Claims chunks of a verified upload.
    pub(crate) fn lease(
        &self,
        access: &Access,
        volume: Arc<MountedVolume>,
        id: i64,
        wanted: &ChunkSelection,
        length: u64,
    ) -> Result<ChunkLease> {
        let Claimed { id, transfer, chunks, subchunk_at } = claim(&volume, id, wanted, length)?;
        let (core, access) = (self.core.clone(), access.clone());
        let claim = ClaimGuard { core, access, volume, id, transfer, chunks, subchunk_at };
        Ok(ChunkLease { claim, length, splice: None })
    }
}

fn claim(volume: &MountedVolume, id: i64, wanted: &ChunkSelection, length: u64) -> Result<Claimed> {
    let mut registry = uploads_of(&volume.storage).registry();
    let unfinished = registry.get(id).ok_or(EngineError::Upload(UploadError::UnknownWark))?;
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
    if known || first == next { Ok(()) } else { Err(EngineError::Upload(UploadError::OutOfOrder)) }
}
