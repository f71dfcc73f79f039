//! Sockets: which ones are wanted, and how they are opened.

use super::accept::StreamListener;
use crate::connections::ListenAddr;
use edge_http::texts::Texts;
use model::settings::{Listen, Network};
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
#[cfg(unix)]
use socket2::{SockAddr, SockRef};
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Backlog of `listen(2)`: connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// How bytes travel to an IP address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Streams.
    Tcp,
    /// Datagrams.
    Udp,
}

/// A socket to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SocketSpec {
    /// At an IP address.
    Ip {
        /// Streams or datagrams.
        transport: Transport,
        /// Address and port; port 0: the system chooses.
        address: SocketAddr,
        /// Sets `IPV6_V6ONLY`: the socket accepts no IPv4.
        only_v6: bool,
    },
    /// A unix socket for streams.
    Unix {
        /// Its path.
        path: PathBuf,
        /// Its mode.
        mode: Option<u32>,
        /// Its group, by number or name.
        group: Option<String>,
    },
}

/// An open socket.
pub enum BoundSocket {
    /// For streams, listening.
    Streams(StreamListener),
    /// For datagrams.
    Datagrams(tokio::net::UdpSocket),
}

impl SocketSpec {
    /// Returns TCP sockets for each combination of the addresses of `network` and `ports`, and its unix sockets, in the
    /// order of the settings and without duplicates.
    pub fn streams(network: &Network, ports: &[u16]) -> Vec<Self> {
        let wanted = network.listen.iter().flat_map(|listen| match listen {
            Listen::Ip(ip) => each_port(Transport::Tcp, *ip, network, ports),
            Listen::Unix { path, mode, group } => {
                vec![Self::Unix { path: path.clone(), mode: *mode, group: group.clone() }]
            }
        });
        unique(wanted)
    }

    /// Returns UDP sockets for each combination of the addresses of `network` and `ports`, without duplicates.
    pub fn datagrams(network: &Network, ports: &[u16]) -> Vec<Self> {
        let wanted = network.listen.iter().flat_map(|listen| match listen {
            Listen::Ip(ip) => each_port(Transport::Udp, *ip, network, ports),
            Listen::Unix { .. } => Vec::new(),
        });
        unique(wanted)
    }

    /// Returns true if this socket may be unable to open while the one at `open` is.
    pub(super) fn collides_with(&self, open: &ListenAddr) -> bool {
        match (self, open) {
            (Self::Ip { transport: Transport::Tcp, address, .. }, ListenAddr::Tcp(open))
            | (Self::Ip { transport: Transport::Udp, address, .. }, ListenAddr::Udp(open)) => {
                address.port() == open.port()
            }
            (Self::Unix { path, .. }, ListenAddr::Unix(open)) => path == open,
            _ => false,
        }
    }

    /// Returns the same socket at exactly the address that is open, with the port that the system had chosen.
    pub(super) fn at(&self, open: &ListenAddr) -> Self {
        match (self, open) {
            (Self::Ip { transport, only_v6, .. }, ListenAddr::Tcp(address) | ListenAddr::Udp(address)) => {
                Self::Ip { transport: *transport, address: *address, only_v6: *only_v6 }
            }
            (spec, _) => spec.clone(),
        }
    }

    /// Opens the socket. Nothing is accepted yet, but the kernel queues clients.
    ///
    /// # Errors
    /// The error of the system.
    pub(super) fn bind(&self) -> io::Result<(BoundSocket, ListenAddr)> {
        match self {
            Self::Ip { transport, address, only_v6 } => match bind_ip(*transport, *address, *only_v6) {
                // On a system without IPv6, [::] means all IPv4 addresses.
                Err(error) if address.ip() == IpAddr::from([0u16; 8]) && !only_v6 && lacks_family(&error) => {
                    bind_ip(*transport, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()), false)
                }
                bound => bound,
            },
            Self::Unix { path, mode, group } => bind_unix(path, *mode, group.as_deref()),
        }
    }

    /// Returns a plain sentence that says in any language why the socket cannot be opened, and what to do. `port_option`: the
    /// option that sets the ports of its protocol.
    pub(super) fn saying(
        &self,
        error: &io::Error,
        port_option: &str,
    ) -> impl Fn(Texts) -> String + Send + Sync + 'static {
        let (spec, kind) = (self.clone(), error.kind());
        let (error, option) = (error.to_string(), port_option.to_owned());
        move |t| spec.sentence(t, kind, &error, &option)
    }

    fn sentence(&self, t: Texts, kind: io::ErrorKind, error: &str, option: &str) -> String {
        use io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
        match self {
            Self::Ip { address, .. } => {
                let (ip, port) = (address.ip().to_string(), address.port().to_string());
                match kind {
                    AddrInUse => t.fault_port_taken(&port, &ip, option),
                    PermissionDenied => t.fault_port_refused(&port, option),
                    AddrNotAvailable => t.fault_no_address(&ip),
                    _ => t.fault_no_listen(&address.to_string(), error, option),
                }
            }
            // For administrators who write paths of sockets.
            Self::Unix { path, .. } if kind == AddrInUse => format!(
                "Another program uses the socket {}, or something else has that name. End it, or choose another path \
                 with -i unix:PATH.",
                path.display()
            ),
            Self::Unix { path, .. } => format!(
                "The socket {} cannot be opened: {error}. Choose another path, mode or group with -i \
                 unix:[MODE:[GROUP:]]PATH.",
                path.display()
            ),
        }
    }
}

fn each_port(transport: Transport, ip: IpAddr, network: &Network, ports: &[u16]) -> Vec<SocketSpec> {
    let has_v4 = network.listen.iter().any(|listen| matches!(listen, Listen::Ip(IpAddr::V4(_))));
    // [::] accepts IPv4 too, unless the settings list IPv4 addresses.
    let only_v6 = ip.is_ipv6() && (has_v4 || !ip.is_unspecified());
    ports.iter().map(|&port| SocketSpec::Ip { transport, address: SocketAddr::new(ip, port), only_v6 }).collect()
}

fn unique(specs: impl Iterator<Item = SocketSpec>) -> Vec<SocketSpec> {
    let mut seen = HashSet::new();
    specs.filter(|spec| seen.insert(spec.clone())).collect()
}

fn bind_ip(transport: Transport, address: SocketAddr, only_v6: bool) -> io::Result<(BoundSocket, ListenAddr)> {
    let (kind, protocol) = match transport {
        Transport::Tcp => (Type::STREAM, Protocol::TCP),
        Transport::Udp => (Type::DGRAM, Protocol::UDP),
    };
    let socket = Socket::new(Domain::for_address(address), kind, Some(protocol))?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    socket.set_nonblocking(true)?;
    match transport {
        Transport::Tcp => {
            // SO_REUSEADDR: except on Windows it only means that connections in TIME_WAIT do not block the port. For
            // datagrams it would let two programs share a port.
            #[cfg(not(windows))]
            socket.set_reuse_address(true)?;
            // Inherited by accepted sockets: detects within a few minutes that a peer has disappeared.
            socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(120)))?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            let listener = tokio::net::TcpListener::from_std(socket.into())?;
            let listen_addr = ListenAddr::Tcp(listener.local_addr()?);
            Ok((BoundSocket::Streams(StreamListener::Tcp(listener)), listen_addr))
        }
        Transport::Udp => {
            socket.bind(&address.into())?;
            let socket = tokio::net::UdpSocket::from_std(UdpSocket::from(socket))?;
            let listen_addr = ListenAddr::Udp(socket.local_addr()?);
            Ok((BoundSocket::Datagrams(socket), listen_addr))
        }
    }
}

#[cfg(unix)]
fn bind_unix(path: &Path, mode: Option<u32>, group: Option<&str>) -> io::Result<(BoundSocket, ListenAddr)> {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt};
    if std::fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        // A killed server leaves its socket file behind; a running one accepts the connection.
        match std::os::unix::net::UnixStream::connect(path) {
            Ok(_) => return Err(io::ErrorKind::AddrInUse.into()),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => std::fs::remove_file(path)?,
            Err(_) => {}
        }
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    // Before `listen`, so that no client connects while group or mode are not set yet.
    if let Some(group) = group {
        std::os::unix::fs::chown(path, None, Some(group_id(group)?))?;
    }
    if let Some(mode) = mode {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    }
    SockRef::from(&socket).listen(BACKLOG)?;
    let listener = tokio::net::UnixListener::from_std(socket.into())?;
    Ok((BoundSocket::Streams(StreamListener::Unix(listener)), ListenAddr::Unix(path.to_owned())))
}

/// Returns the id of a group given by number or name.
#[cfg(unix)]
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let known = std::fs::read_to_string("/etc/group")?;
    let found = known.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("there is no group '{group}'")))
}

#[cfg(not(unix))]
fn bind_unix(_path: &Path, _mode: Option<u32>, _group: Option<&str>) -> io::Result<(BoundSocket, ListenAddr)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Returns true if the system has no IPv6 or has it disabled.
fn lacks_family(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::AddrNotAvailable)
        || error.raw_os_error().is_some_and(|code| code == AF_NOT_SUPPORTED)
}

#[cfg(unix)]
const AF_NOT_SUPPORTED: i32 = rustix::io::Errno::AFNOSUPPORT.raw_os_error();
/// `WSAEAFNOSUPPORT`
#[cfg(not(unix))]
const AF_NOT_SUPPORTED: i32 = 10047;
