//! SFTP in the registry of protocols.

use super::host::ConnectionHost;
use super::host_key;
use crate::connections::{Admitted, Endpoint, TooMany};
use crate::control::admin::ControlError;
use crate::protocols::{
    Admission, BoundSocket, Commit, Protocol, SocketSpec, Stream, StreamHandler, accept_streams, listen_addresses,
    time_limit,
};
use arc_swap::ArcSwap;
use edge_sftp::SftpConfig;
use engine::Engine;
use model::settings::Network;
use model::{Networks, Settings};
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// As many times as an upload over HTTP a client may leave answers unread: players and slow disks read when they like.
const STALL_FACTOR: u32 = 16;

/// SFTP. Cheap to clone.
#[derive(Clone)]
pub struct SftpProtocol {
    engine: Engine,
    config: Arc<ArcSwap<Config>>,
}

/// What new connections get.
struct Config {
    /// `None`: SFTP is off.
    connections: Option<Arc<SftpConfig>>,
    allowed: Networks,
}

impl Config {
    /// Blocks: reads the key of the server, or makes it.
    fn new(network: &Network, state_folder: &Path) -> Result<Self, ControlError> {
        let sftp = &network.sftp;
        let allowed = sftp.allowed_peers.clone();
        if sftp.port.is_none() {
            return Ok(Self { connections: None, allowed });
        }
        let connections = SftpConfig {
            host_key: host_key::load(sftp.host_key_folder.as_deref().unwrap_or(state_folder))?,
            passwords: sftp.passwords,
            keys: !sftp.keys.is_empty(),
            anonymous_name: sftp.anonymous_name.clone(),
            banner: sftp.banner.clone(),
            verbose: sftp.verbose,
            very_verbose: sftp.very_verbose,
            handshake_timeout: time_limit(sftp.handshake_timeout_secs),
            stall_timeout: time_limit(network.body_timeout_secs) * STALL_FACTOR,
        };
        Ok(Self { connections: Some(Arc::new(connections)), allowed })
    }
}

impl SftpProtocol {
    /// Creates the protocol, listening on no socket, for the settings in force. Blocks.
    ///
    /// # Errors
    /// `CannotStart`: the key of the server cannot be used.
    pub fn new(engine: Engine, network: &Network, state_folder: &Path) -> Result<Self, ControlError> {
        let config = Arc::new(ArcSwap::from_pointee(Config::new(network, state_folder)?));
        Ok(Self { engine, config })
    }

    /// Returns the fingerprint of the key by which clients know the server; `None` while SFTP is off.
    pub fn fingerprint(&self) -> Option<String> {
        self.config.load().connections.as_ref().map(|connections| connections.host_key.fingerprint())
    }
}

impl Protocol for SftpProtocol {
    fn name(&self) -> &'static str {
        "sftp"
    }

    fn port_option(&self) -> &'static str {
        "--sftp"
    }

    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        let sftp = &network.sftp;
        let Some(port) = sftp.port else { return Vec::new() };
        let listen = listen_addresses(network, &sftp.listen, sftp.only_v4);
        SocketSpec::streams(&Network { listen, ..network.clone() }, &[port])
    }

    fn prepare(&self, settings: &Settings, state_folder: &Path) -> Result<Commit, ControlError> {
        let new = Arc::new(Config::new(&settings.network, state_folder)?);
        let config = self.config.clone();
        Ok(Box::new(move || config.store(new)))
    }

    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        tracing::info!(address = ?endpoint.address, fingerprint = self.fingerprint(), "sftp listens");
        match socket {
            BoundSocket::Streams(listener) => {
                tokio::spawn(accept_streams(listener, endpoint, admission.clone(), self.clone()))
            }
            BoundSocket::Datagrams(_) => unreachable!("SFTP asks for stream sockets only"),
        }
    }
}

impl StreamHandler for SftpProtocol {
    fn admitted(&self, stream: Stream, admitted: Admitted) {
        #[cfg_attr(not(unix), expect(irrefutable_let_patterns, reason = "there are no unix sockets"))]
        let Stream::Tcp(stream) = stream else { return };
        let config = self.config.load_full();
        let is_allowed = |ip| config.allowed.is_empty() || config.allowed.contains(ip);
        if !admitted.conn.remote.ip().is_some_and(is_allowed) {
            tracing::debug!(peer = %admitted.conn.remote, "not in the list of addresses that may use SFTP");
            return;
        }
        let Some(connections) = config.connections.clone() else { return };
        let host = Arc::new(ConnectionHost::new(admitted));
        tokio::spawn(edge_sftp::serve(self.engine.clone(), stream, connections, host));
    }

    /// SSH has no words for it before keys are exchanged.
    fn rejected(&self, stream: Stream, _: TooMany) {
        drop(stream);
    }
}
