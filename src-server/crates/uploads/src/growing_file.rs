//! Downloads of a file that is still being uploaded.
//!
//! A reader sees the verified bytes from the start up to the first missing chunk, and waits for more. It holds the
//! partial file open, so it continues when the file gets its name meanwhile. It waits for a limited time: a sender may
//! vanish without notice and come back tomorrow or never.

use super::partial_file::{RecordInode, open_partial};
use super::registry::unfinished::Stage;
use super::volume::{VolumeUploads, uploads_of};
use bytes::Bytes;
use model::{FileName, UnixMillis, VPath};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use store::partial::Partial;
use tokio::sync::{mpsc, watch};
use vfs::blocking_pool::BlockingPool;
use vfs::error::{EngineError, Interruption, Result, UploadError};
use vfs::files::body::BodyStream;
use vfs::files::service::GrowingContent;
use vfs::volumes::tree::MountedVolume;

/// A file that is still arriving, open for reading. Clones read independently.
#[derive(Clone)]
pub(crate) struct GrowingFile {
    /// Bytes of the complete file.
    pub size: u64,
    /// Modification time of the complete file.
    pub lmod: UnixMillis,
    /// Number of the upload, for a validator: another upload of the same name has another number.
    pub upload: i64,
    /// Path of the complete file, relative to the volume's top folder.
    path: VPath,
    partial: Arc<Partial>,
    arrived: watch::Receiver<u64>,
    uploads: VolumeUploads,
}

/// How long a reader waits while nothing of the upload arrives. As long as an idle connection is kept by default, and
/// about as long as the server waits for a body without progress (`--s-tbody`): a living sender shows up sooner. A
/// chunk that is being received counts as a sign of life, however long it takes.
const STALL_TIMEOUT: Duration = Duration::from_secs(120);

/// Returns the file that is being uploaded to `name` in `folder` (relative to the volume's top folder), if any. Does
/// not check permissions. Blocks.
///
/// # Errors
/// Disk errors.
pub(crate) fn find_growing(
    volume: &Arc<MountedVolume>,
    folder: &VPath,
    name: &FileName,
) -> Result<Option<GrowingFile>> {
    let uploads = uploads_of(&volume.storage);
    if volume.config.flags.no_pipe || uploads.discard {
        return Ok(None);
    }
    let (id, size, lmod, path, arrived) = {
        let registry = uploads.registry();
        let Some(unfinished) = registry.reserved_by(folder, name) else { return Ok(None) };
        // Unverified chunks are not served.
        if matches!(unfinished.stage, Stage::Unverified { .. }) {
            return Ok(None);
        }
        let upload = &unfinished.upload;
        (unfinished.id, upload.plan.size().0, upload.lmod, unfinished.path(), unfinished.arrived.subscribe())
    };
    match open_partial(volume, id, RecordInode::IfManyChunks) {
        Ok(partial) => {
            Ok(Some(GrowingFile { size, lmod, upload: id, path, partial, arrived, uploads: uploads.clone() }))
        }
        // The upload has ended meanwhile.
        Err(EngineError::Upload(UploadError::UnknownWark)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bytes per buffer of a body.
const BUFFER: u64 = 256 << 10;

impl GrowingContent for GrowingFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn modified(&self) -> UnixMillis {
        self.lmod
    }

    fn etag(&self) -> String {
        format!("growing-{:x}-{:x}", self.upload, self.lmod.0)
    }

    fn body(&self, range: Range<u64>, pool: BlockingPool) -> BodyStream {
        let (queue, mut buffers) = mpsc::channel(1);
        let mut reader = self.clone();
        // The task ends with the body, which drops the receiver.
        tokio::spawn(async move {
            let mut at = range.start;
            while at < range.end {
                let next = tokio::select! {
                    next = reader.read_next(at, range.end, &pool) => next,
                    () = queue.closed() => return,
                };
                let failed = next.is_err();
                at += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                if queue.send(next).await.is_err() || failed {
                    return;
                }
            }
        });
        Box::pin(futures_util::stream::poll_fn(move |context| buffers.poll_recv(context)))
    }
}

impl GrowingFile {
    async fn read_next(&mut self, at: u64, end: u64, pool: &BlockingPool) -> io::Result<Bytes> {
        let arrived = self.wait_beyond(at).await.map_err(|error| {
            tracing::info!(path = %self.path.display(), at, %error, "a download of an arriving file ended early");
            io::Error::other(error)
        })?;
        let length = arrived.min(end).saturating_sub(at).min(BUFFER) as usize;
        let reader = self.clone();
        let read = pool.run(move || {
            let mut buffer = vec![0; length];
            let read = reader.read_at(&mut buffer, at)?;
            buffer.truncate(read);
            if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Bytes::from(buffer)) }
        });
        read.await.map_err(io::Error::other)?
    }

    /// Waits until bytes after `at` are available, and returns where they end (bytes from the start, exclusive).
    ///
    /// # Errors
    /// `Interrupted`: the upload was canceled or dropped. `Stalled`: no byte of it has arrived for two minutes.
    pub async fn wait_beyond(&mut self, at: u64) -> Result<u64> {
        loop {
            let before = self.last_touched();
            let there = self.arrived.wait_for(|end| *end > at);
            let waited = tokio::time::timeout(STALL_TIMEOUT, there).await.map(|there| there.map(|end| *end));
            match waited {
                Ok(end) => return end.map_err(|_| EngineError::Interrupted(Interruption::Client)),
                Err(_) if self.is_alive(before) => {}
                Err(_) => return Err(EngineError::Interrupted(Interruption::Sender)),
            }
        }
    }

    /// Returns when the sender was last active; `None` if the upload has ended.
    fn last_touched(&self) -> Option<UnixMillis> {
        self.uploads.registry().get(self.upload).map(|unfinished| unfinished.touched)
    }

    /// Returns whether the sender is active now, or was since `before`.
    fn is_alive(&self, before: Option<UnixMillis>) -> bool {
        let registry = self.uploads.registry();
        registry.get(self.upload).is_some_and(|one| one.is_arriving() || Some(one.touched) != before)
    }

    /// Reads bytes that have arrived. Blocks.
    ///
    /// # Errors
    /// Disk errors.
    pub fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        store::partial::read_at(self.partial.file(), into, at)
    }
}
