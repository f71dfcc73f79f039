//! FTP and FTPS in the registry of protocols.

use super::host::SessionHost;
use super::plain_passwords::PlainPasswords;
use crate::connections::{Admitted, Endpoint, TooMany};
use crate::control::admin::ControlError;
use crate::protocols::{
    Admission, BoundSocket, Commit, Protocol, SocketSpec, Stream, StreamHandler, accept_streams, time_limit,
};
use crate::serve::Certificates;
use arc_swap::ArcSwap;
use edge_ftp::{Encryption, FtpConfig};
use engine::Engine;
use model::settings::{self, Ftp, Listen, Network};
use model::{Networks, Settings};
use std::net::IpAddr;
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
        let listen = listen(network).into_iter().map(Listen::Ip).collect();
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

/// Returns the addresses to listen on: those of the server, or of them those that are chosen for FTP.
fn listen(network: &Network) -> Vec<IpAddr> {
    let Ftp { listen: chosen, only_v4, .. } = &network.ftp;
    let all = network.listen.iter().filter_map(|listen| match listen {
        Listen::Ip(ip) => Some(*ip),
        Listen::Unix { .. } => None,
    });
    let open: Vec<IpAddr> = match &chosen[..] {
        [] => all.collect(),
        chosen => chosen.iter().flat_map(|ip| all.clone().filter_map(|open| narrower(open, *ip))).collect(),
    };
    match only_v4 {
        false => open,
        // [::] accepts IPv4 too.
        true => open.into_iter().filter_map(v4).collect(),
    }
}

/// Returns the address that is part of both, of which one may stand for all addresses of its kind.
fn narrower(a: IpAddr, b: IpAddr) -> Option<IpAddr> {
    let covers =
        |wide: IpAddr, narrow: IpAddr| wide == narrow || wide.is_unspecified() && (wide.is_ipv6() || narrow.is_ipv4());
    if covers(a, b) { Some(b) } else { covers(b, a).then_some(a) }
}

fn v4(ip: IpAddr) -> Option<IpAddr> {
    match ip {
        IpAddr::V4(_) => Some(ip),
        IpAddr::V6(v6) => v6.is_unspecified().then_some(std::net::Ipv4Addr::UNSPECIFIED.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_to_listen_on() {
        let check = |open: &[&str], chosen: &[&str], only_v4: bool, expected: &[&str]| {
            let ips = |all: &[&str]| all.iter().map(|ip| ip.parse().unwrap()).collect::<Vec<IpAddr>>();
            let mut network = Network { listen: ips(open).into_iter().map(Listen::Ip).collect(), ..Network::default() };
            network.listen.push(Listen::Unix { path: "/s".into(), mode: None, group: None });
            network.ftp = Ftp { listen: ips(chosen), only_v4, ..Ftp::default() };
            assert_eq!(listen(&network), ips(expected), "{open:?} {chosen:?}");
        };
        check(&["::"], &[], false, &["::"]);
        check(&["::"], &[], true, &["0.0.0.0"]);
        check(&["::"], &["10.0.0.1", "::1"], false, &["10.0.0.1", "::1"]);
        check(&["0.0.0.0"], &["::1"], false, &[]);
        // Sharing is off for others: only this machine.
        check(&["127.0.0.1", "::1"], &["0.0.0.0"], false, &["127.0.0.1"]);
        check(&["127.0.0.1", "::1"], &["10.0.0.1"], false, &[]);
        check(&["127.0.0.1", "::1"], &[], true, &["127.0.0.1"]);
        check(&[], &["127.0.0.1"], false, &[]);
    }
}
