//! The accept loop: which clients may connect, how many, and the answers to rejected ones.

use super::config::Config;
use super::connection;
use super::rejection::send_plain_error;
use super::service::{RequestBody, Routes};
use super::socket::Socket;
use crate::access_log::AccessLog;
use crate::connections::{Conns, ListenAddr, Remote, TooMany};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Request, Response};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tower_service::Service;

/// A bound, listening socket.
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A unix socket.
    #[cfg(unix)]
    Unix(tokio::net::UnixListener),
}

impl Listener {
    async fn accept(&self) -> io::Result<(Socket, Remote)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, remote) = listener.accept().await?;
                Ok((Socket::Tcp(stream), Remote::Ip(remote)))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Socket::Unix(stream), Remote::Unix))
            }
        }
    }
}

/// The routes with the state shared by all connections. Cheap to clone.
pub struct Server<S> {
    inner: Arc<Inner<S>>,
}

impl<S> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

struct Inner<S> {
    routes: S,
    conns: Arc<Conns>,
    config: ArcSwap<Config>,
    log: AccessLog,
    /// Number of connections that are being rejected with an answer.
    rejecting: AtomicUsize,
}

/// At most so many rejected connections get an answer at a time; further ones are closed without one.
const MAX_REJECTING: usize = 64;

impl<S> Server<S> {
    /// Creates a server that listens on no socket.
    pub fn new(routes: S, config: Config, log: AccessLog) -> Self {
        let inner = Inner {
            routes,
            conns: Arc::default(),
            config: ArcSwap::from_pointee(config),
            log,
            rejecting: AtomicUsize::new(0),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Sets the configuration of new connections; open ones keep theirs.
    pub fn configure(&self, config: Config) {
        self.inner.config.store(Arc::new(config));
    }

    /// Returns the list of open connections.
    pub fn conns(&self) -> &Arc<Conns> {
        &self.inner.conns
    }
}

impl<S, B> Server<S>
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    /// Accepts connections for ever. Aborting the task ends the loop and closes the socket.
    pub async fn accept(self, listener: Listener, listen_addr: ListenAddr) {
        let mut complained: Option<Instant> = None;
        loop {
            match listener.accept().await {
                Ok((socket, remote)) => self.admit(socket, remote, &listen_addr),
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

    fn admit(&self, socket: Socket, remote: Remote, listen_addr: &ListenAddr) {
        let config = self.inner.config.load_full();
        let ip = remote.ip();
        if !config.allowed.is_empty() && ip.is_some_and(|ip| !config.allowed.contains(ip)) {
            tracing::debug!(peer = %remote, "not in the list of allowed peers");
            return;
        }
        let local = socket.local();
        match self.inner.conns.admit(remote.clone(), local, listen_addr.clone(), config.conn_limits) {
            Ok(admitted) => {
                let (routes, log) = (self.inner.routes.clone(), self.inner.log.clone());
                tokio::spawn(connection::run(socket, admitted, config, routes, log));
            }
            Err(excess) => {
                tracing::debug!(peer = %remote, excess = ?excess, "connection rejected");
                self.reject(socket, excess);
            }
        }
    }

    fn reject(&self, socket: Socket, excess: TooMany) {
        #[cfg_attr(not(unix), expect(irrefutable_let_patterns))]
        let Socket::Tcp(stream) = socket else { return };
        if self.inner.rejecting.fetch_add(1, Relaxed) >= MAX_REJECTING {
            self.inner.rejecting.fetch_sub(1, Relaxed);
            return;
        }
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let sentence = match excess {
                TooMany::InTotal => "The server has as many connections as it may have; try again in a moment.",
                TooMany::FromClient => "Your address has as many connections as it may have; close some and try again.",
            };
            let answer = send_plain_error(stream, "503 Service Unavailable", "Retry-After: 5\r\n", sentence);
            let _late = tokio::time::timeout(Duration::from_secs(2), answer).await;
            inner.rejecting.fetch_sub(1, Relaxed);
        });
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
