//! The byte streams that hyper gets of accepted sockets.

use http1_io::splice::SpliceSocket;
use http1_io::zero_copy::ZeroCopyStream;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use store::disk::FileMaps;
use store::splice::OwnedSocket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// The plaintext byte stream of a connection.
pub(super) enum Transport {
    /// TCP without TLS.
    Plain(ZeroCopyStream),
    /// TLS over TCP; boxed because of its size.
    Tls(Box<TlsStream<TcpStream>>),
    /// A unix socket.
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Transport {
    /// Returns where response bodies map the files that they send; `None` if the process itself reads the bytes.
    pub fn file_maps(&self) -> Option<FileMaps> {
        match self {
            Self::Plain(stream) => Some(stream.file_maps().clone()),
            Self::Tls(_) => None,
            // The kernel copies from the maps, which it is given as memory.
            #[cfg(unix)]
            Self::Unix(_) => Some(FileMaps::default()),
        }
    }
}

macro_rules! on_stream {
    ($transport:expr, $stream:ident => $call:expr) => {
        match $transport {
            Transport::Plain($stream) => $call,
            Transport::Tls($stream) => $call,
            #[cfg(unix)]
            Transport::Unix($stream) => $call,
        }
    };
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        on_stream!(self.get_mut(), stream => Pin::new(stream).poll_read(cx, buf))
    }
}

impl AsyncWrite for Transport {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        on_stream!(self.get_mut(), stream => Pin::new(stream).poll_write(cx, bytes))
    }
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        on_stream!(self.get_mut(), stream => Pin::new(stream).poll_write_vectored(cx, slices))
    }
    fn is_write_vectored(&self) -> bool {
        on_stream!(self, stream => stream.is_write_vectored())
    }
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self.get_mut(), stream => Pin::new(stream).poll_flush(cx))
    }
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        on_stream!(self.get_mut(), stream => Pin::new(stream).poll_shutdown(cx))
    }
}

impl SpliceSocket for Transport {
    fn can_splice(&self) -> bool {
        matches!(self, Self::Plain(stream) if stream.can_splice())
    }
    fn handle(&self) -> io::Result<OwnedSocket> {
        match self {
            Self::Plain(stream) => stream.handle(),
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
    fn poll_has_bytes(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        match self {
            Self::Plain(stream) => stream.poll_has_bytes(cx),
            _ => Poll::Ready(Ok(false)),
        }
    }
}
