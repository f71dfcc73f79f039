//! A plain TCP stream on which the kernel moves file contents: to the client with `sendfile(2)`, from the client with
//! `splice(2)`. On platforms without these calls it behaves like the stream that it wraps.

use crate::sendfile::{self, Sendfile};
use crate::splice::SpliceSocket;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use store::disk::FileMaps;
use store::splice::OwnedSocket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// A plain TCP stream. A vectored write of one of its maps does not copy the file's bytes.
#[derive(Debug)]
pub struct ZeroCopyStream {
    stream: TcpStream,
    maps: FileMaps,
}

impl From<TcpStream> for ZeroCopyStream {
    fn from(stream: TcpStream) -> Self {
        Self { stream, maps: FileMaps::default() }
    }
}

impl ZeroCopyStream {
    /// Returns where the bodies of responses have to map the files that they send.
    pub fn file_maps(&self) -> &FileMaps {
        &self.maps
    }
}

impl AsyncRead for ZeroCopyStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ZeroCopyStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match sendfile::poll_sendfile(&self.stream, &self.maps, cx, slices) {
            Sendfile::Polled(sent) => sent,
            Sendfile::Copy(count) => Pin::new(&mut self.stream).poll_write_vectored(cx, &slices[..count]),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl SpliceSocket for ZeroCopyStream {
    fn can_splice(&self) -> bool {
        cfg!(target_os = "linux")
    }

    #[cfg(unix)]
    fn handle(&self) -> io::Result<OwnedSocket> {
        use std::os::fd::AsFd;
        self.stream.as_fd().try_clone_to_owned()
    }

    #[cfg(windows)]
    fn handle(&self) -> io::Result<OwnedSocket> {
        use std::os::windows::io::AsSocket;
        self.stream.as_socket().try_clone_to_owned()
    }

    /// Peeks, because the readiness known to tokio is outdated: splicing reads from the socket without tokio.
    fn poll_has_bytes(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let mut one = [MaybeUninit::uninit()];
        self.stream.poll_peek(cx, &mut ReadBuf::uninit(&mut one)).map_ok(|bytes| bytes > 0)
    }
}
