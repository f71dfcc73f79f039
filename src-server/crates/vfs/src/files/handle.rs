//! An open file that is read at offsets (SFTP, FUSE, TFTP), in any order.

use super::content::Content;
use super::transfer::Transfer;
use crate::blocking_pool::BlockingPool;
use crate::error::{EngineError, Result};
use bytes::Bytes;
use model::{UnixMillis, VPath};
use std::future::poll_fn;
use std::sync::Arc;

/// Most bytes that one read returns.
pub const READ_MAX: usize = 4 << 20;

/// No file reaches this offset: file systems end at 2^63, and reads must not go beyond that.
const OFFSET_MAX: u64 = 1 << 62;

/// An open file. It keeps the file that it was opened with, also when the name gets another one. Announced as a
/// download until it is dropped.
pub struct FileHandle {
    /// Size in bytes when it was opened; for a file that is being received, its final size.
    pub size: u64,
    /// Modification time when it was opened.
    pub modified: UnixMillis,
    /// Strong validator without quotes, of the file as it was opened.
    pub etag: String,
    pub(super) content: Content,
    pub(super) pool: BlockingPool,
    pub(super) transfer: Arc<Transfer>,
    pub(super) path: VPath,
}

impl FileHandle {
    /// Returns the bytes from `offset` on: at most `length` and at most [`READ_MAX`], possibly fewer, none at the end of
    /// the file. Waits while the transfer is paused, and for bytes that are still being received.
    ///
    /// # Errors
    /// `Denied`: the account may no longer read the path, its link has ended, or the path is no longer shared.
    /// `Internal`: the file cannot be read.
    pub async fn read_at(&self, offset: u64, length: usize) -> Result<Bytes> {
        poll_fn(|context| self.transfer.poll_resumed(context)).await;
        if offset >= OFFSET_MAX {
            return Ok(Bytes::new());
        }
        let bytes = self.content.read_at(offset, length.min(READ_MAX), &self.pool).await?;
        self.transfer.count(bytes.len() as u64).map_err(|_ended| EngineError::denied(&self.path, "read"))?;
        Ok(bytes)
    }
}
