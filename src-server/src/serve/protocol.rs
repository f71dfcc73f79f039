//! HTTP and HTTPS as a protocol of the registry, and the answers to clients that a limit keeps out.

use super::certificates::Certificates;
use super::config::{Config, http_config};
use super::connection;
use super::rejection::send_plain_error;
use super::service::{RequestBody, Routes};
use crate::access_log::AccessLog;
use crate::connections::{Admitted, Endpoint, TooMany};
use crate::control::admin::ControlError;
use crate::protocols::{Admission, BoundSocket, Commit, Protocol, SocketSpec, Stream, StreamHandler, accept_streams};
use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{Request, Response};
use model::Settings;
use model::settings::Network;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;
use tokio::task::JoinHandle;
use tower_service::Service;

/// Name of the protocol; one socket serves HTTP and HTTPS.
pub const HTTP: &str = "http";

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
    config: Arc<ArcSwap<Config>>,
    log: AccessLog,
    /// Number of connections that are being rejected with an answer.
    rejecting: AtomicUsize,
}

/// At most so many rejected connections get an answer at a time; further ones are closed without one.
const MAX_REJECTING: usize = 64;

impl<S> Server<S> {
    /// Creates a server that listens on no socket.
    pub fn new(routes: S, config: Config, log: AccessLog) -> Self {
        let config = Arc::new(ArcSwap::from_pointee(config));
        let inner = Inner { routes, config, log, rejecting: AtomicUsize::new(0) };
        Self { inner: Arc::new(inner) }
    }

    /// Returns the certificate for other protocols.
    pub fn certificates(&self) -> Certificates {
        Certificates::new(self.inner.config.clone())
    }
}

impl<S, B> Protocol for Server<S>
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn name(&self) -> &'static str {
        HTTP
    }

    fn port_option(&self) -> &'static str {
        "-p"
    }

    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        let ports: Vec<u16> = network.ports.iter().chain(&network.dav_ports).copied().collect();
        SocketSpec::streams(network, &ports)
    }

    /// New connections take the new configuration; open ones keep theirs.
    fn prepare(&self, settings: &Settings, state_folder: &Path) -> Result<Commit, ControlError> {
        let config = Arc::new(http_config(&settings.network, state_folder)?);
        let inner = self.inner.clone();
        Ok(Box::new(move || inner.config.store(config)))
    }

    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        match socket {
            BoundSocket::Streams(listener) => {
                tokio::spawn(accept_streams(listener, endpoint, admission.clone(), self.clone()))
            }
            BoundSocket::Datagrams(_) => unreachable!("HTTP asks for stream sockets only"),
        }
    }
}

impl<S, B> StreamHandler for Server<S>
where
    S: Routes + Service<Request<RequestBody>, Response = Response<B>>,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Unpin + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn admitted(&self, stream: Stream, admitted: Admitted) {
        let (routes, log) = (self.inner.routes.clone(), self.inner.log.clone());
        tokio::spawn(connection::run(stream, admitted, self.inner.config.load_full(), routes, log));
    }

    fn rejected(&self, stream: Stream, excess: TooMany) {
        // A proxy in front of a unix socket says by itself that there is no answer.
        #[cfg_attr(not(unix), expect(irrefutable_let_patterns, reason = "there are no unix sockets"))]
        let Stream::Tcp(stream) = stream else { return };
        if self.inner.rejecting.fetch_add(1, Relaxed) >= MAX_REJECTING {
            self.inner.rejecting.fetch_sub(1, Relaxed);
            return;
        }
        let inner = self.inner.clone();
        tokio::spawn(async move {
            let answer = send_plain_error(stream, "503 Service Unavailable", "Retry-After: 5\r\n", excess.sentence());
            let _late = tokio::time::timeout(Duration::from_secs(2), answer).await;
            inner.rejecting.fetch_sub(1, Relaxed);
        });
    }
}
