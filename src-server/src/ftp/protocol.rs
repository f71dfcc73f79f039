//! FTP and FTPS in the registry of protocols.

use super::host::SessionHost;
use super::plain_passwords::PlainPasswords;
use crate::connections::{Admitted, Endpoint, TooMany};
use crate::control::admin::ControlError;
use crate::protocols::{
    Admission, BoundSocket, Commit, Protocol, SocketSpec, Stream, StreamHandler, accept_streams, listen_addresses,
    time_limit,
};
use crate::serve::Certificates;
use arc_swap::ArcSwap;
use edge_ftp::{Encryption, FtpConfig};
use engine::Engine;
use model::settings::{self, Network};
use model::{Networks, Settings};
use std::path::Path;
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;

/// One of the two ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FtpPort {
    /// `--ftp`: the client decides whether to encrypt.
    Plain,
    /// `--ftps`: only encrypted.
    Tls,
}

/// FTP on one of its two ports. Cheap to clone.
#[derive(Clone)]
pub struct FtpProtocol {
    port: FtpPort,
    engine: Engine,
    certificates: Certificates,
    plain_passwords: PlainPasswords,
    config: Arc<ArcSwap<Config>>,
}

/// What new sessions get.
struct Config {
    session: Arc<FtpConfig>,
    allowed: Networks,
}

impl Config {
    fn new(port: FtpPort, network: &Network) -> Self {
        let ftp = &network.ftp;
        let encryption = match (port, network.encryption) {
            (FtpPort::Tls, _) => Encryption::Implicit,
            (FtpPort::Plain, settings::Encryption::Both) => Encryption::Explicit,
            (FtpPort::Plain, settings::Encryption::PlainOnly) => Encryption::Off,
            (FtpPort::Plain, settings::Encryption::TlsOnly) => Encryption::ExplicitRequired,
        };
        let session = FtpConfig {
            encryption,
            banner: ftp.banner.clone(),
            passive_ports: ftp.passive_ports,
            external_address: ftp.external_address,
            keeps_existing: ftp.keeps_existing,
            verbose: ftp.verbose,
            login_timeout: time_limit(network.head_timeout_secs),
            // A person looks at a listing for longer than at a page: 5 minutes by default, as in other servers.
            idle_timeout: time_limit(network.idle_timeout_secs.saturating_mul(5) / 2),
            data_timeout: time_limit(network.body_timeout_secs),
        };
        Self { session: Arc::new(session), allowed: ftp.allowed_peers.clone() }
    }
}

impl FtpProtocol {
    /// Creates the protocol, listening on no socket, for the settings in force.
    pub fn new(
        port: FtpPort,
        engine: Engine,
        network: &Network,
        certificates: Certificates,
        plain_passwords: PlainPasswords,
    ) -> Self {
        let config = Arc::new(ArcSwap::from_pointee(Config::new(port, network)));
        Self { port, engine, certificates, plain_passwords, config }
    }
}

impl Protocol for FtpProtocol {
    fn name(&self) -> &'static str {
        match self.port {
            FtpPort::Plain => "ftp",
            FtpPort::Tls => "ftps",
        }
    }

    fn port_option(&self) -> &'static str {
        match self.port {
            FtpPort::Plain => "--ftp",
            FtpPort::Tls => "--ftps",
        }
    }

    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        let port = match self.port {
            FtpPort::Plain => network.ftp.port,
            FtpPort::Tls => network.ftp.tls_port,
        };
        let Some(port) = port else { return Vec::new() };
        let listen = listen_addresses(network, &network.ftp.listen, network.ftp.only_v4);
        SocketSpec::streams(&Network { listen, ..network.clone() }, &[port])
    }

    fn prepare(&self, settings: &Settings, _: &Path) -> Result<Commit, ControlError> {
        let new = Arc::new(Config::new(self.port, &settings.network));
        let config = self.config.clone();
        Ok(Box::new(move || config.store(new)))
    }

    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        tracing::info!(address = ?endpoint.address, "{} listens", self.name());
        match socket {
            BoundSocket::Streams(listener) => {
                tokio::spawn(accept_streams(listener, endpoint, admission.clone(), self.clone()))
            }
            BoundSocket::Datagrams(_) => unreachable!("FTP asks for stream sockets only"),
        }
    }
}

impl StreamHandler for FtpProtocol {
    fn admitted(&self, stream: Stream, admitted: Admitted) {
        #[cfg_attr(not(unix), expect(irrefutable_let_patterns, reason = "there are no unix sockets"))]
        let Stream::Tcp(stream) = stream else { return };
        let config = self.config.load_full();
        let is_allowed = |ip| config.allowed.is_empty() || config.allowed.contains(ip);
        if !admitted.conn.remote.ip().is_some_and(is_allowed) {
            tracing::debug!(peer = %admitted.conn.remote, "not in the list of addresses that may use FTP");
            return;
        }
        let host = SessionHost::new(admitted, self.certificates.clone(), self.plain_passwords.clone());
        tokio::spawn(edge_ftp::serve(self.engine.clone(), stream, config.session.clone(), Arc::new(host)));
    }

    /// A sentence fits into the empty buffer of a new socket, so that nothing has to wait.
    fn rejected(&self, stream: Stream, excess: TooMany) {
        #[cfg_attr(not(unix), expect(irrefutable_let_patterns, reason = "there are no unix sockets"))]
        let Stream::Tcp(mut stream) = stream else { return };
        if self.port == FtpPort::Plain {
            tokio::spawn(async move {
                let _gone = stream.write_all(&edge_ftp::rejection(excess.sentence())).await;
            });
        }
    }
}
