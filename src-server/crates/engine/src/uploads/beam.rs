//! Race the beam: a file is read while it arrives.
//!
//! A reader sees what has arrived without a gap, verified, and waits for more. It holds the partial file open, so it
//! also goes on when the file gets its name meanwhile.

use super::intake::open_partial;
use super::registry::Stage;
use crate::blocking::Gate;
use crate::error::{EngineError, Result};
use crate::files::read::BodyStream;
use crate::files::transfer::Transfer;
use crate::volumes::tree::MountedVolume;
use bytes::Bytes;
use model::{FileName, UnixMillis, VPath};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use store::partial::Partial;
use tokio::sync::{mpsc, watch};

/// A file that is still arriving, open for reading. Clones read on their own.
#[derive(Clone)]
pub(crate) struct Growing {
    /// Bytes that it will have.
    pub size: u64,
    /// The time that it will have.
    pub lmod: UnixMillis,
    /// Number of the upload, for a validator: another upload of the same name has another one.
    pub upload: i64,
    partial: Arc<Partial>,
    arrived: watch::Receiver<u64>,
}

/// The file that is on its way to `name` in `folder` (below the volume's top), if one is. Says nothing about rights.
/// Blocks.
///
/// # Errors
/// The disk's.
pub(crate) fn growing(volume: &Arc<MountedVolume>, folder: &VPath, name: &FileName) -> Result<Option<Growing>> {
    let uploads = &volume.backing.uploads;
    if volume.config.flags.no_pipe || uploads.discard {
        return Ok(None);
    }
    let (id, size, lmod, arrived) = {
        let registry = uploads.registry();
        let Some(unfinished) = registry.reserved_by(folder, name) else { return Ok(None) };
        // What is not known to be true is not shown.
        if matches!(unfinished.stage, Stage::Suspect { .. }) {
            return Ok(None);
        }
        let upload = &unfinished.upload;
        (unfinished.id, upload.plan.size().0, upload.lmod, unfinished.arrived.subscribe())
    };
    match open_partial(volume, id) {
        Ok(partial) => Ok(Some(Growing { size, lmod, upload: id, partial, arrived })),
        // It has ended meanwhile.
        Err(EngineError::UnknownWark) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Bytes of one buffer of a body.
const BUFFER: u64 = 256 << 10;

impl Growing {
    /// The bytes of `range` (from 0, end exclusive, within the size) as a stream that pauses until they are here.
    pub fn body(mut self, range: Range<u64>, gate: Gate, transfer: Arc<Transfer>) -> BodyStream {
        let (queue, mut buffers) = mpsc::channel(1);
        // Ends with the body: nobody takes from the queue then.
        tokio::spawn(async move {
            let mut at = range.start;
            while at < range.end {
                let next = tokio::select! {
                    next = self.next(at, range.end, &gate) => next,
                    () = queue.closed() => return,
                };
                let next = next.and_then(|bytes| transfer.count(bytes.len() as u64).map(|()| bytes));
                let failed = next.is_err();
                at += next.as_ref().map_or(0, |bytes| bytes.len() as u64);
                if queue.send(next).await.is_err() || failed {
                    return;
                }
            }
        });
        Box::pin(futures_util::stream::poll_fn(move |context| buffers.poll_recv(context)))
    }

    async fn next(&mut self, at: u64, end: u64, gate: &Gate) -> io::Result<Bytes> {
        let arrived = self.beyond(at).await.map_err(io::Error::other)?;
        let length = arrived.min(end).saturating_sub(at).min(BUFFER) as usize;
        let reader = self.clone();
        let read = gate.run(move || {
            let mut buffer = vec![0; length];
            let read = reader.read_at(&mut buffer, at)?;
            buffer.truncate(read);
            if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(Bytes::from(buffer)) }
        });
        read.await.map_err(io::Error::other)?
    }

    /// Waits until there is something after `at`, and says where that ends (bytes from the start, exclusive).
    ///
    /// # Errors
    /// `Interrupted`: the upload was given up.
    pub async fn beyond(&mut self, at: u64) -> Result<u64> {
        let end = self.arrived.wait_for(|end| *end > at).await.map_err(|_| EngineError::Interrupted)?;
        Ok(*end)
    }

    /// Reads from what has arrived. Blocks.
    ///
    /// # Errors
    /// The disk's.
    pub fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        store::partial::read_at(self.partial.file(), into, at)
    }
}
