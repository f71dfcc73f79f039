//! Request bodies that the kernel moves from the socket into a file: what the guard needs of a byte stream for that.
//!
//! `store::splice` describes how a body is received. The guard reads nothing meanwhile; it waits until the socket is
//! readable, has a batch of bytes spliced, and passes placeholders for them to hyper.

use std::io;
use std::task::{Context, Poll};
use store::splice::OwnedSocket;
use tokio::io::{AsyncRead, AsyncWrite};

/// The byte stream of a connection, whose request bodies may be spliced if it is a plain TCP socket.
pub trait SpliceSocket: AsyncRead + AsyncWrite + Unpin {
    /// Returns true if request bodies can be spliced from its socket.
    fn can_splice(&self) -> bool {
        false
    }

    /// Returns a duplicated handle of its socket.
    ///
    /// # Errors
    /// `Unsupported` if it has no socket that can be spliced.
    fn handle(&self) -> io::Result<OwnedSocket> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Waits until the socket is readable; false at the end of the stream.
    fn poll_has_bytes(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        Poll::Ready(Ok(false))
    }
}

#[cfg(test)]
impl SpliceSocket for tokio::io::DuplexStream {}
