//! The accept loop: which clients may connect, how many, and the answers to rejected ones.

use super::certificate::CertificateError;
use super::connection::{self, Socket};
use super::service::{RequestBody, Routes};
use super::timeouts::Limits;
use super::tls::Tls;
use crate::access_log::AccessLog;
use crate::connections::{ConnLimits, Conns, ListenAddr, Remote, TooMany};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Request, Response};
use model::Networks;
use model::settings::{Encryption, Network};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tower_service::Service;

/// Configuration of a connection; new connections take the current one.
pub struct Config {
    /// Time limits.
    pub limits: Limits,
    /// Limits on the number of connections.
    pub conn_limits: ConnLimits,
    /// Networks that may connect; empty: all.
    pub allowed: Networks,
    /// Whether HTTP, HTTPS or both are served.
    pub encryption: Encryption,
    /// Certificates.
    pub tls: Arc<Tls>,
}

impl Config {
    /// Builds the configuration from settings. Reads the `--cert` file, if there is one: blocks for that long.
    ///
    /// # Errors
    /// If the certificate cannot be used.
    pub fn new(network: &Network, state_folder: &Path) -> Result<Self, CertificateError> {
        let tls = match &network.cert {
            Some(path) => Tls::file(path)?,
            None => Tls::own(state_folder, network.hosts.iter().filter(|host| *host != "*").cloned().collect()),
        };
        let most = network.max_connections.max(1);
        let limits = Limits::new(network);
        // Half of all, so that one address can never lock the others out. Trusted proxies connect for many clients and
        // still get no more: this computer is usually one of the trusted proxies, and has users other than the proxy.
        let max_per_client = u32::try_from(most.div_ceil(2)).unwrap_or(u32::MAX);
        Ok(Self {
            limits,
            conn_limits: ConnLimits { max_total: most, max_per_client, stalled_after: limits.body },
            allowed: network.allowed_peers.clone(),
            encryption: network.encryption,
            tls: Arc::new(tls),
        })
    }
}

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
    pub(super) inner: Arc<Inner<S>>,
}

impl<S> Clone for Server<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone() }
    }
}

pub(super) struct Inner<S> {
    pub(super) routes: S,
    pub(super) conns: Arc<Conns>,
    pub(super) config: ArcSwap<Config>,
    pub(super) log: AccessLog,
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
                tokio::spawn(connection::run(socket, admitted, config, self.inner.clone()));
            }
            Err(excess) => {
                tracing::debug!(peer = %remote, excess = ?excess, "connection rejected");
                self.reject(socket, excess);
            }
        }
    }

    fn reject(&self, socket: Socket, excess: TooMany) {
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

/// Answers a plain HTTP client without hyper, then closes. A TLS client gets no answer, to save the handshake.
pub(super) async fn send_plain_error(
    mut stream: TcpStream,
    status: &str,
    headers: &str,
    sentence: &str,
) -> io::Result<()> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 || first[0] == connection::TLS_HELLO {
        return Ok(());
    }
    let body = format!("<pre>{sentence}\r\n");
    let answer = format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Unread bytes would turn the close into a reset, which may destroy the answer in flight.
    let mut sink = [0; 2048];
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
