//! The open sockets, and how they change while the server runs.
//!
//! A change takes two steps. [`Listeners::prepare`] binds the new sockets without accepting; if that fails, everything
//! stays as it was. [`Listeners::commit`] then accepts on the new sockets and closes the removed ones, whose
//! connections drain. Sockets that are in both configurations are not touched.
//!
//! One case needs care: a new socket can collide with an open one that is about to be removed (`[::]:3923` to
//! `127.0.0.1:3923`). Then the open one is closed first, and opened again if the change fails.

use crate::connections::ListenAddr;
use crate::control::{ControlError, ErrorCode};
use crate::serve::accept::Listener;
use model::settings::{Listen, Network};
use socket2::{Domain, Protocol, Socket, TcpKeepalive, Type};
#[cfg(unix)]
use socket2::{SockAddr, SockRef};
use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::task::JoinHandle;

/// Backlog of `listen(2)`: connections that the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;

/// A socket to be opened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Spec {
    Tcp {
        address: SocketAddr,
        /// Sets `IPV6_V6ONLY`: the socket accepts no IPv4.
        only_v6: bool,
    },
    Unix {
        path: PathBuf,
        mode: Option<u32>,
        group: Option<String>,
    },
}

/// Error of opening a socket. Displays as one plain sentence that says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{sentence}")]
pub struct ListenError {
    /// The sentence.
    pub sentence: String,
    /// The error of the system.
    #[source]
    pub source: io::Error,
}

impl From<ListenError> for ControlError {
    fn from(error: ListenError) -> Self {
        Self::new(ErrorCode::CannotListen, error.sentence)
    }
}

/// Starts a task that accepts on a socket.
pub type Acceptor = Box<dyn Fn(Listener, ListenAddr) -> JoinHandle<()> + Send + Sync>;

/// All open sockets.
pub struct Listeners {
    accept: Acceptor,
    running: Vec<Running>,
}

struct Running {
    spec: Spec,
    listen_addr: ListenAddr,
    task: JoinHandle<()>,
}

/// A prepared change.
pub struct Prepared {
    wanted: Vec<Spec>,
    bound: Vec<(Spec, Listener, ListenAddr)>,
    /// Open sockets that were closed because a new socket collided with them.
    closed: Vec<Closed>,
}

/// A socket that was closed for a new one.
struct Closed {
    spec: Spec,
    /// The same with the port that the system had chosen, so that the same port is opened again.
    exact: Spec,
    listen_addr: ListenAddr,
}

impl Listeners {
    /// No socket is open.
    pub fn new(accept: Acceptor) -> Self {
        Self { accept, running: Vec::new() }
    }

    /// Returns the open sockets, in the order of the settings.
    pub fn listen_addrs(&self) -> Vec<ListenAddr> {
        self.running.iter().map(|running| running.listen_addr.clone()).collect()
    }

    /// Binds the sockets of `network` that are not open yet.
    ///
    /// # Errors
    /// The first socket that cannot be opened; nothing has changed then.
    pub async fn prepare(&mut self, network: &Network) -> Result<Prepared, ListenError> {
        let mut prepared = Prepared { wanted: specs(network), bound: Vec::new(), closed: Vec::new() };
        for spec in prepared.wanted.clone() {
            if self.running.iter().any(|running| running.spec == spec) {
                continue;
            }
            let mut bound = bind(&spec);
            if bound.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::AddrInUse) {
                self.close_colliding(&spec, &mut prepared).await;
                bound = bind(&spec);
            }
            match bound {
                Ok((listener, listen_addr)) => prepared.bound.push((spec, listener, listen_addr)),
                Err(source) => {
                    let sentence = sentence(&spec, &source);
                    self.undo(prepared);
                    return Err(ListenError { sentence, source });
                }
            }
        }
        Ok(prepared)
    }

    /// Closes open sockets that are to be removed and collide with `spec`.
    async fn close_colliding(&mut self, spec: &Spec, prepared: &mut Prepared) {
        let collides = |running: &Running| {
            !prepared.wanted.contains(&running.spec)
                && match (spec, &running.listen_addr) {
                    (Spec::Tcp { address, .. }, ListenAddr::Ip(ours)) => address.port() == ours.port(),
                    (Spec::Unix { path, .. }, ListenAddr::Unix(ours)) => path == ours,
                    _ => false,
                }
        };
        let (mut closing, kept) = std::mem::take(&mut self.running).into_iter().partition::<Vec<_>, _>(collides);
        self.running = kept;
        for running in &mut closing {
            close(running).await;
            let exact = match (&running.spec, &running.listen_addr) {
                (Spec::Tcp { only_v6, .. }, ListenAddr::Ip(address)) => {
                    Spec::Tcp { address: *address, only_v6: *only_v6 }
                }
                (spec, _) => spec.clone(),
            };
            prepared.closed.push(Closed {
                spec: running.spec.clone(),
                exact,
                listen_addr: running.listen_addr.clone(),
            });
        }
    }

    /// Undoes a prepared change.
    pub fn undo(&mut self, prepared: Prepared) {
        drop(prepared.bound);
        for closed in prepared.closed {
            match bind(&closed.exact) {
                Ok((listener, listen_addr)) => self.run(closed.spec, listener, listen_addr),
                Err(error) => tracing::error!(%error, "{}", sentence(&closed.exact, &error)),
            }
        }
    }

    /// Commits a prepared change. Returns the closed listen addresses, whose connections should drain.
    pub async fn commit(&mut self, prepared: Prepared) -> Vec<ListenAddr> {
        let mut removed: Vec<_> = prepared.closed.into_iter().map(|closed| closed.listen_addr).collect();
        let (kept, mut gone) = std::mem::take(&mut self.running)
            .into_iter()
            .partition::<Vec<_>, _>(|running| prepared.wanted.contains(&running.spec));
        self.running = kept;
        for running in &mut gone {
            close(running).await;
            removed.push(running.listen_addr.clone());
        }
        for (spec, listener, listen_addr) in prepared.bound {
            self.run(spec, listener, listen_addr);
        }
        self.running.sort_by_key(|running| prepared.wanted.iter().position(|spec| *spec == running.spec));
        removed
    }

    /// Closes all sockets.
    pub async fn close(&mut self) {
        for mut running in std::mem::take(&mut self.running) {
            close(&mut running).await;
        }
    }

    fn run(&mut self, spec: Spec, listener: Listener, listen_addr: ListenAddr) {
        let task = (self.accept)(listener, listen_addr.clone());
        self.running.push(Running { spec, listen_addr, task });
    }
}

/// Stops accepting and waits until the socket is closed.
async fn close(running: &mut Running) {
    running.task.abort();
    let _aborted = (&mut running.task).await;
    if let ListenAddr::Unix(path) = &running.listen_addr {
        // Without a listener the file is useless. It may have been removed already.
        let _gone = std::fs::remove_file(path);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Returns each combination of address and port, then the unix sockets, without duplicates.
fn specs(network: &Network) -> Vec<Spec> {
    let has_v4 = network.listen.iter().any(|listen| matches!(listen, Listen::Ip(IpAddr::V4(_))));
    let mut specs = Vec::new();
    for listen in &network.listen {
        match listen {
            Listen::Ip(ip) => specs.extend(network.ports.iter().map(|&port| Spec::Tcp {
                address: SocketAddr::new(*ip, port),
                // [::] accepts IPv4 too, unless the settings list IPv4 addresses.
                only_v6: ip.is_ipv6() && (has_v4 || !ip.is_unspecified()),
            })),
            Listen::Unix { path, mode, group } => {
                specs.push(Spec::Unix { path: path.clone(), mode: *mode, group: group.clone() });
            }
        }
    }
    let mut seen = HashSet::new();
    specs.retain(|spec| seen.insert(spec.clone()));
    specs
}

fn bind(spec: &Spec) -> io::Result<(Listener, ListenAddr)> {
    match spec {
        Spec::Tcp { address, only_v6 } => match bind_tcp(*address, *only_v6) {
            // On a system without IPv6, [::] means all IPv4 addresses.
            Err(error) if address.ip() == IpAddr::from([0u16; 8]) && !only_v6 && lacks_family(&error) => {
                bind_tcp(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), address.port()), false)
            }
            bound => bound,
        },
        Spec::Unix { path, mode, group } => bind_unix(path, *mode, group.as_deref()),
    }
}

fn bind_tcp(address: SocketAddr, only_v6: bool) -> io::Result<(Listener, ListenAddr)> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(only_v6)?;
    }
    // SO_REUSEADDR: except on Windows it only means that connections in TIME_WAIT do not block the port.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    // Inherited by accepted sockets: detects within a few minutes that a peer has disappeared.
    socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(120)))?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = tokio::net::TcpListener::from_std(socket.into())?;
    let listen_addr = ListenAddr::Ip(listener.local_addr()?);
    Ok((Listener::Tcp(listener), listen_addr))
}

#[cfg(unix)]
fn bind_unix(path: &Path, mode: Option<u32>, group: Option<&str>) -> io::Result<(Listener, ListenAddr)> {
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
    Ok((Listener::Unix(listener), ListenAddr::Unix(path.to_owned())))
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
fn bind_unix(_path: &Path, _mode: Option<u32>, _group: Option<&str>) -> io::Result<(Listener, ListenAddr)> {
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

fn sentence(spec: &Spec, error: &io::Error) -> String {
    use io::ErrorKind::{AddrInUse, AddrNotAvailable, PermissionDenied};
    match (spec, error.kind()) {
        (Spec::Tcp { address, .. }, AddrInUse) => format!(
            "Port {} is already taken on {} (is another copy running?). End the other program, or choose another port \
             with -p.",
            address.port(),
            address.ip()
        ),
        (Spec::Tcp { address, .. }, PermissionDenied) => {
            format!("The system does not let this user open port {}. Choose one above 1023 with -p.", address.port())
        }
        (Spec::Tcp { address, .. }, AddrNotAvailable) => {
            format!("{} is not an address of this machine. Choose one that is with -i, or leave -i out.", address.ip())
        }
        (Spec::Tcp { address, .. }, _) => format!(
            "The server cannot listen on {address}: {error}. Choose another address with -i, or another port with -p."
        ),
        (Spec::Unix { path, .. }, AddrInUse) => format!(
            "Another program uses the socket {}, or something else has that name. End it, or choose another path with \
             -i unix:PATH.",
            path.display()
        ),
        (Spec::Unix { path, .. }, _) => format!(
            "The socket {} cannot be opened: {error}. Choose another path, mode or group with -i unix:[MODE:[GROUP:]]PATH.",
            path.display()
        ),
    }
}

#[cfg(test)]
#[path = "listeners_tests.rs"]
mod tests;
