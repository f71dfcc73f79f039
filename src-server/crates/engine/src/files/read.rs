//! Reading: a path that somebody may download -> an open file, and its bytes as a stream.

use crate::access::Access;
use crate::core::Core;
use crate::error::{EngineError, Result};
use bytes::Bytes;
use futures_util::Stream;
use model::{FileName, PermSet, UnixMillis, VPath, Verdict};
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;

/// How the bytes travel: decides how they are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// The kernel copies them (plain TCP, HTTP/1): slices of a memory map.
    Mapped,
    /// We touch them (TLS, HTTP/2, archives): buffers, so that a file that shrinks cannot kill the program.
    Buffered,
}

/// A body. Ends with an error if the file shrinks meanwhile.
pub type BodyStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + Sync>>;

/// What is at a path.
pub enum Found {
    /// A file that the person may download.
    File(Download),
    /// A folder; `verdict` says what of it may be shown (never `Deny`).
    Folder {
        /// `Allow`, `Blind` or `IndexOnly`.
        verdict: Verdict,
        /// The person's rights there.
        rights: PermSet,
    },
}

/// An open file.
pub struct Download {
    /// Its name.
    pub name: FileName,
    /// Bytes. Of a file that is still arriving: bytes it will have.
    pub size: u64,
    /// Modification time.
    pub modified: UnixMillis,
    /// Strong validator without quotes: changes whenever content may have changed.
    pub etag: String,
    /// The person's rights there.
    pub rights: PermSet,
    // the rest is private: the open handle, or the growing upload
}

impl Download {
    /// The bytes of `range` (from 0, end exclusive, within the size) at once if that needs no waiting: small files in
    /// the page cache.
    pub fn at_once(&self, range: Range<u64>) -> Option<Bytes> {
        let _ = range;
        unimplemented!()
    }
    /// The bytes of `range` as a stream.
    pub fn stream(self, range: Range<u64>, kind: BodyKind) -> BodyStream {
        let _ = (range, kind);
        unimplemented!()
    }
    /// The bytes of several ranges, each a stream, in order (multipart/byteranges).
    pub fn streams(self, ranges: Vec<Range<u64>>, kind: BodyKind) -> Vec<BodyStream> {
        let _ = (ranges, kind);
        unimplemented!()
    }
}

/// The service.
#[derive(Clone)]
pub struct Reader {
    pub(crate) core: Arc<Core>,
}

impl Reader {
    /// Opens what is at `path` for download. Never waits for a file whose path is in the kernel's cache.
    ///
    /// # Errors
    /// `NotFound` (only to those who may know), `Denied`, `KeyNeeded`, `Unavailable`.
    pub async fn open(&self, access: &Access, path: &VPath, key: Option<&str>) -> Result<Found> {
        let _ = (&self.core, access, key);
        Err(EngineError::NotFound(path.clone()))
    }

    /// The key of a file (`fk`), if the volume has keys and the person may learn it.
    pub fn key(&self, access: &Access, path: &VPath, size: u64, ino: u64) -> Option<String> {
        let _ = (access, path, size, ino);
        None
    }
}
