//! The content of an opened file: complete on disk, or still being received.

use super::body::{BodyKind, BodyStream};
use super::service::GrowingContent;
use super::stream;
use super::transfer::Transfer;
use crate::blocking_pool::BlockingPool;
use crate::core::Core;
use crate::error::{EngineError, Result};
use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use store::disk::OpenFile;

/// Most bytes that are read in one call instead of streamed.
const CACHED_READ_MAX: usize = 64 << 10;

/// The source of the bytes.
pub(super) enum Content {
    /// A file on disk.
    Whole(Arc<OpenFile>),
    /// An unfinished upload.
    Growing(Box<dyn GrowingContent>),
}

impl Content {
    /// Returns the bytes of `range` as a stream, counted by `transfer`.
    pub fn body(&self, range: Range<u64>, kind: BodyKind, core: &Core, transfer: Arc<Transfer>) -> BodyStream {
        match self {
            Self::Whole(file) => stream::body(file.clone(), range, kind, core.pool.clone(), transfer),
            Self::Growing(growing) => stream::counted(growing.body(range, core.pool.clone()), transfer),
        }
    }

    /// Returns at most `length` bytes from `offset` on, from the page cache or on the pool. Waits for bytes of a file
    /// that is being received. Returns none at the end.
    ///
    /// # Errors
    /// `Internal`: the file cannot be read, or its upload has ended.
    pub async fn read_at(&self, offset: u64, length: usize, pool: &BlockingPool) -> Result<Bytes> {
        match self {
            Self::Whole(file) => {
                if let Some(bytes) = read_cached(file, offset, length) {
                    return Ok(bytes);
                }
                let file = file.clone();
                let read = move || {
                    let mut buffer = Vec::with_capacity(length);
                    file.read_at(offset, length, &mut buffer).map_err(unreadable)?;
                    Ok(buffer.into())
                };
                pool.try_run(read).await
            }
            Self::Growing(growing) => {
                let end = growing.size().min(offset.saturating_add(length as u64));
                let mut body = growing.body(offset.min(end)..end, pool.clone());
                let mut bytes = BytesMut::new();
                while let Some(piece) = body.try_next().await.map_err(unreadable)? {
                    bytes.extend_from_slice(&piece);
                }
                Ok(bytes.freeze())
            }
        }
    }
}

/// Returns `length` bytes of a file if they are few and in the page cache. Never blocks.
pub(super) fn read_cached(file: &OpenFile, offset: u64, length: usize) -> Option<Bytes> {
    if length > CACHED_READ_MAX {
        return None;
    }
    let mut buffer = vec![0; length];
    match file.read_nowait(&mut buffer, offset)? {
        Ok(read) if read == buffer.len() => Some(buffer.into()),
        // The file has shrunk or cannot be read: the caller's next attempt reports the error.
        _ => None,
    }
}

fn unreadable(error: io::Error) -> EngineError {
    tracing::warn!(%error, "a file could not be read");
    EngineError::internal("The file could not be read; the server's log says why.", error)
}
