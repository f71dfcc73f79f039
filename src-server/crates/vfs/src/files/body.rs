//! Bodies: the bytes of a file as a stream.

pub use store::disk::FileMaps;

use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;

/// How the bytes are sent, which decides how they are read.
#[derive(Clone, Debug)]
pub enum BodyKind {
    /// The kernel copies them (plain TCP, HTTP/1): slices of a memory map, one of the maps of the connection.
    Mapped(FileMaps),
    /// The process reads them (TLS, HTTP/2, archives): buffers, so that a file that shrinks cannot crash the process
    /// (SIGBUS).
    Buffered,
}

/// A body. Ends with an error if the file shrinks, or is no longer shared.
pub type BodyStream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send + Sync>>;
