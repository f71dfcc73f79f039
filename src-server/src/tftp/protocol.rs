//! TFTP in the registry of protocols.

use super::host::TransferHost;
use super::on_link::OnLink;
use crate::connections::{Endpoint, ListenAddr, Remote};
use crate::control::admin::ControlError;
use crate::protocols::{Admission, BoundSocket, Commit, Protocol, SocketSpec, listen_addresses};
use arc_swap::ArcSwap;
use edge_tftp::{Host, Limits, ListingNames, TftpConfig, Verbosity};
use engine::Engine;
use model::settings::{Network, Tftp};
use model::{Networks, Settings};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// TFTP. Cheap to clone.
#[derive(Clone)]
pub struct TftpProtocol {
    engine: Engine,
    limits: Limits,
    config: Arc<ArcSwap<Config>>,
    on_link: Arc<OnLink>,
    /// Shows a sentence to the people who see the program's window.
    report: Arc<dyn Fn(String) + Send + Sync>,
}

/// What new transfers get.
struct Config {
    transfers: Arc<TftpConfig>,
    allowed: Networks,
}

impl Config {
    fn new(tftp: &Tftp) -> Self {
        let verbosity = match (tftp.very_verbose, tftp.verbose) {
            (true, _) => Verbosity::Packets,
            (false, true) => Verbosity::Requests,
            (false, false) => Verbosity::Quiet,
        };
        let listing_names = match &*tftp.listing_names {
            "" => None,
            pattern => ListingNames::new(pattern),
        };
        let transfers =
            TftpConfig { data_ports: tftp.data_ports, listing_names, hides_folders: tftp.hides_folders, verbosity };
        Self { transfers: Arc::new(transfers), allowed: tftp.allowed_peers.clone() }
    }
}

impl TftpProtocol {
    /// Creates the protocol, listening on no socket, for the settings in force. `report`: shows a sentence to the people who see
    /// the program's window.
    pub fn new(engine: Engine, network: &Network, report: impl Fn(String) + Send + Sync + 'static) -> Self {
        let config = Arc::new(ArcSwap::from_pointee(Config::new(&network.tftp)));
        Self { engine, limits: Limits::default(), config, on_link: Arc::default(), report: Arc::new(report) }
    }

    /// Tells people what TFTP means, when others can reach it.
    fn warn(&self, address: &ListenAddr) {
        let ListenAddr::Udp(address) = address else { return };
        if address.ip().is_loopback() {
            return;
        }
        let sentence = format!(
            "TFTP is on (port {}), and it knows no passwords: every device in the network can read and write what everyone may \
             read and write. Give those rights to few folders, and turn TFTP off (--tftp 0) when you do not need it.",
            address.port()
        );
        tracing::warn!("{sentence}");
        (self.report)(sentence);
    }
}

impl Protocol for TftpProtocol {
    fn name(&self) -> &'static str {
        "tftp"
    }

    fn port_option(&self) -> &'static str {
        "--tftp"
    }

    fn sockets(&self, network: &Network) -> Vec<SocketSpec> {
        let Some(port) = network.tftp.port else { return Vec::new() };
        let listen = listen_addresses(network, &network.tftp.listen, network.tftp.only_v4);
        SocketSpec::datagrams(&Network { listen, ..network.clone() }, &[port])
    }

    fn prepare(&self, settings: &Settings, _: &Path) -> Result<Commit, ControlError> {
        let new = Arc::new(Config::new(&settings.network.tftp));
        let config = self.config.clone();
        Ok(Box::new(move || config.store(new)))
    }

    fn start(&self, socket: BoundSocket, endpoint: Endpoint, admission: &Arc<Admission>) -> JoinHandle<()> {
        tracing::info!(address = ?endpoint.address, "tftp listens");
        self.warn(&endpoint.address);
        let BoundSocket::Datagrams(socket) = socket else { unreachable!("TFTP asks for datagram sockets only") };
        let server = Arc::new(TftpServer { protocol: self.clone(), endpoint, admission: admission.clone() });
        let (engine, limits) = (self.engine.clone(), self.limits.clone());
        tokio::spawn(async move {
            if let Err(error) = edge_tftp::serve(engine, socket, limits, server).await {
                tracing::error!(%error, "TFTP cannot use its socket");
            }
        })
    }
}

/// The server around one socket for requests.
struct TftpServer {
    protocol: TftpProtocol,
    endpoint: Endpoint,
    admission: Arc<Admission>,
}

impl edge_tftp::Server for TftpServer {
    fn config(&self) -> Arc<TftpConfig> {
        self.protocol.config.load().transfers.clone()
    }

    fn answers(&self, peer: IpAddr, local: IpAddr) -> bool {
        let on_link = &self.protocol.on_link;
        let config = self.protocol.config.load();
        let is_allowed = match config.allowed.is_empty() {
            true => on_link.is_near(peer),
            false => config.allowed.contains(peer),
        };
        is_allowed && on_link.is_own(local)
    }

    fn admit(&self, peer: SocketAddr, local: SocketAddr) -> Option<Arc<dyn Host>> {
        let admitted = self.admission.admit(Remote::Ip(peer), Some(local), &self.endpoint).ok()?;
        Some(Arc::new(TransferHost::new(admitted)))
    }
}
