//! The accept loop of protocols over TCP and unix sockets.

use super::admission::{Admission, Rejection};
use crate::connections::{Admitted, Endpoint, Remote, TooMany};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// A bound, listening stream socket.
pub enum StreamListener {
    /// TCP.
    Tcp(TcpListener),
    /// A unix socket.
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

/// An accepted stream.
pub enum Stream {
    /// TCP.
    Tcp(TcpStream),
    /// A unix socket.
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
}

impl Stream {
    /// Returns the local address; none for unix sockets.
    pub fn local(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

impl StreamListener {
    async fn accept(&self) -> io::Result<(Stream, Remote)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, remote) = listener.accept().await?;
                Ok((Stream::Tcp(stream), Remote::Ip(remote)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), Remote::Unix))
            }
        }
    }
}

/// What a protocol does with accepted streams. Neither method waits: each starts a task of its own.
pub trait StreamHandler: Send + Sync + 'static {
    /// Serves an admitted client. `admitted` is dropped when the connection has ended, and its phase is obeyed.
    fn admitted(&self, stream: Stream, admitted: Admitted);

    /// Tells a client that a limit is reached, or drops `stream`.
    fn rejected(&self, stream: Stream, excess: TooMany);
}

/// Accepts connections for ever. Aborting the task ends the loop and closes the socket.
pub async fn accept_streams(
    listener: StreamListener,
    endpoint: Endpoint,
    admission: Arc<Admission>,
    handler: impl StreamHandler,
) {
    let mut complained: Option<Instant> = None;
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => match admission.admit(remote, stream.local(), &endpoint) {
                Ok(admitted) => handler.admitted(stream, admitted),
                Err(Rejection::TooMany(excess)) => handler.rejected(stream, excess),
                Err(Rejection::NotAllowed) => {}
            },
            Err(error) if is_client_error(&error) => {}
            Err(error) => {
                // Most likely out of file descriptors: connections have to end before the next one can be accepted.
                if complained.is_none_or(|at| at.elapsed() > Duration::from_secs(10)) {
                    tracing::error!(%error, "no connection can be accepted");
                    complained = Some(Instant::now());
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Returns true for errors of `accept` that concern one connection and not the listener (accept(2)).
fn is_client_error(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, NetworkDown, NetworkUnreachable};
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionReset
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
            | io::ErrorKind::HostUnreachable
    )
}
