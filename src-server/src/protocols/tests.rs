//! Two small protocols, one over TCP and unix sockets and one over UDP, share one registry: their sockets change as a
//! whole or not at all, their clients count together, and both drain.

mod echo;

use super::*;
use crate::connections::{Endpoint, ListenAddr};
use crate::control::admin::{ControlError, ErrorCode};
use echo::{DatagramEcho, LineEcho, PORT};
use model::Networks;
use model::settings::{Listen, Network};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout};

/// Longer than any step takes on a busy machine.
const LONG: Duration = Duration::from_secs(30);

/// A registry with both protocols, without a socket.
struct Site {
    registry: Registry,
    admission: Arc<Admission>,
    datagrams: DatagramEcho,
}

impl Site {
    fn new(change: impl FnOnce(&mut Network)) -> Self {
        let mut network = network(&[], &[]);
        change(&mut network);
        let admission = Arc::new(Admission::new(AdmissionRules::new(&network)));
        let mut registry = Registry::new(admission.clone(), "/nowhere".into());
        let datagrams = DatagramEcho::default();
        registry.register(LineEcho);
        registry.register(datagrams.clone());
        Self { registry, admission, datagrams }
    }

    async fn change(&mut self, network: &Network) -> Result<Vec<Endpoint>, ControlError> {
        let prepared = self.registry.prepare(None, network).await?;
        Ok(self.registry.commit(prepared).await)
    }

    /// Opens both protocols at a free port each.
    async fn open() -> Self {
        let mut site = Self::new(|_| {});
        site.change(&network(&["127.0.0.1"], &[0])).await.unwrap();
        site
    }

    fn address(&self, of: &str) -> SocketAddr {
        let endpoints = self.registry.endpoints();
        let found = endpoints.iter().find(|endpoint| endpoint.protocol == of).expect("an open socket");
        socket_address(found)
    }

    async fn line(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.address("line")).await.unwrap())
    }

    async fn datagram(&self) -> UdpSocket {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        socket.connect(self.address("datagram")).await.unwrap();
        socket
    }
}

fn socket_address(endpoint: &Endpoint) -> SocketAddr {
    match endpoint.address {
        ListenAddr::Tcp(address) | ListenAddr::Udp(address) => address,
        ListenAddr::Unix(_) => panic!("{endpoint:?}"),
    }
}

fn network(listen: &[&str], ports: &[u16]) -> Network {
    let listen = listen.iter().map(|ip| Listen::Ip(ip.parse().unwrap())).collect();
    Network { listen, ports: ports.to_vec(), ..Network::default() }
}

/// Sends a line and returns the answer.
async fn say(stream: &mut BufReader<TcpStream>, line: &str) -> String {
    stream.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    timeout(LONG, stream.read_line(&mut answer)).await.expect("an answer").unwrap();
    answer
}

/// Sends a datagram and returns the answer.
async fn send(socket: &UdpSocket, text: &str) -> String {
    socket.send(text.as_bytes()).await.unwrap();
    let mut answer = [0; 64];
    let count = timeout(LONG, socket.recv(&mut answer)).await.expect("an answer").unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

#[tokio::test]
async fn both_protocols_start_and_stop_together() {
    let mut site = Site::open().await;
    let (mut line, datagram) = (site.line().await, site.datagram().await);
    assert_eq!(say(&mut line, "hello").await, "hello\n");
    assert_eq!(send(&datagram, "hello").await, "hello");
    let names: Vec<_> = site.admission.conns().list().iter().map(|conn| conn.endpoint.protocol).collect();
    assert_eq!(names, ["line", "datagram"]);

    let (tcp, udp) = (site.address("line"), site.address("datagram"));
    let removed = site.change(&network(&[], &[])).await.unwrap();
    assert_eq!(removed.iter().map(|endpoint| endpoint.protocol).collect::<Vec<_>>(), ["line", "datagram"]);
    assert!(TcpStream::connect(tcp).await.is_err(), "closed when commit returns");
    assert_eq!(say(&mut line, "still here").await, "still here\n", "admitted clients are served on");
    let conns = site.admission.conns();
    assert_eq!(conns.drain(Instant::now() + LONG, |conn| removed.contains(&conn.endpoint)).await, 0);
    assert!(std::net::UdpSocket::bind(udp).is_ok(), "the last session has closed its socket");
}

#[tokio::test]
async fn clients_of_all_protocols_count_together() {
    let mut site = Site::new(|network| network.max_connections = 4);
    site.change(&network(&["127.0.0.1"], &[0])).await.unwrap();
    // Half of four: the second client of this address is at work, so the third is rejected, whatever it speaks.
    let datagram = site.datagram().await;
    assert_eq!(send(&datagram, "wait").await, "wait");
    let mut line = site.line().await;
    assert_eq!(say(&mut line, "wait").await, "wait\n");
    let mut third = site.line().await;
    assert_eq!(say(&mut third, "hello").await, "full: FromClient\n");
    let other = site.datagram().await;
    other.send(b"hello").await.unwrap();
    assert_eq!(send(&datagram, "wait").await, "wait", "a session that was admitted goes on");
    assert_eq!(site.datagrams.rejected.load(Relaxed), 1);
    // The end of one admits another of the other protocol.
    drop(line);
    let one_left = site.admission.conns().ended(Instant::now() + LONG, |conn| conn.endpoint.protocol == "line");
    assert!(one_left.await);
    assert_eq!(send(&other, "hello").await, "hello");
}

#[tokio::test]
async fn clients_outside_of_the_allowed_networks_reach_no_protocol() {
    let mut site = Site::new(|network| network.allowed_peers = Networks::parse(["10.0.0.0/8"]).unwrap());
    site.change(&network(&["127.0.0.1"], &[0])).await.unwrap();
    let mut line = site.line().await;
    let mut byte = [0];
    assert!(!matches!(timeout(LONG, line.read(&mut byte)).await.expect("closed"), Ok(1)));
    site.datagram().await.send(b"hello").await.unwrap();
    let refused = async {
        while site.datagrams.rejected.load(Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LONG, refused).await.expect("the datagram arrives");
    // Allowed from now on.
    site.admission.configure(AdmissionRules::new(&network(&[], &[])));
    assert_eq!(send(&site.datagram().await, "hello").await, "hello");
    assert_eq!(site.admission.conns().len(), 1);
}

#[tokio::test]
async fn clients_that_do_not_end_are_ended_at_the_deadline() {
    let site = Site::open().await;
    let (mut line, datagram) = (site.line().await, site.datagram().await);
    say(&mut line, "wait").await;
    send(&datagram, "wait").await;
    let conns = site.admission.conns();
    assert_eq!(conns.drain(Instant::now() + Duration::from_millis(50), |_| true).await, 2);
    assert!(conns.ended(Instant::now() + LONG, |_| true).await);
    let mut rest = String::new();
    timeout(LONG, line.read_to_string(&mut rest)).await.expect("closed").unwrap();
}

#[tokio::test]
async fn unchanged_sockets_are_not_touched() {
    let mut site = Site::open().await;
    let first = site.registry.endpoints();
    let removed = site.change(&network(&["127.0.0.1", "::1"], &[0])).await.unwrap();
    assert!(removed.is_empty());
    let wider = site.registry.endpoints();
    assert_eq!(wider.len(), 4);
    assert!(first.iter().all(|endpoint| wider.contains(endpoint)));
    let removed = site.change(&network(&["::1"], &[0])).await.unwrap();
    assert_eq!(removed, first);
    assert!(TcpStream::connect(socket_address(&first[0])).await.is_err(), "closed when commit returns");
}

#[tokio::test]
async fn a_taken_port_of_one_protocol_changes_nothing_for_any() {
    let mut site = Site::open().await;
    let before = site.registry.endpoints();
    // Free for TCP, taken for UDP: the first protocol binds, the second cannot.
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = site.change(&network(&["::1", "127.0.0.1"], &[port])).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::CannotListen);
    assert!(error.sentence.contains(&format!("Port {port} is already taken")), "{error}");
    assert!(error.sentence.contains(&format!("another port with {PORT}.")), "its own option: {error}");
    assert_eq!(site.registry.endpoints(), before);
    assert_eq!(say(&mut site.line().await, "hello").await, "hello\n");
    assert_eq!(send(&site.datagram().await, "hello").await, "hello");
    assert!(std::net::TcpListener::bind(("::1", port)).is_ok(), "the prepared socket is closed again");
}

#[tokio::test]
async fn narrower_and_wider_on_the_same_port() {
    let mut site = Site::open().await;
    let chosen = site.address("line").port();
    // A fixed port from here on, so that it can be requested again. IPv4 loopback stands for narrow, IPv6 for wide.
    site.change(&network(&["127.0.0.1"], &[chosen])).await.unwrap();
    assert_eq!(site.address("line").port(), chosen);
    site.change(&network(&["127.0.0.1", "127.0.0.2"], &[chosen])).await.unwrap();
    assert_eq!(site.registry.endpoints().len(), 4);

    // The same with a failure afterwards: the old sockets are open again.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let other = taken.local_addr().unwrap().port();
    assert!(site.change(&network(&["127.0.0.3", "127.0.0.1"], &[chosen, other])).await.is_err());
    assert_eq!(site.registry.endpoints().len(), 4);
    assert!(TcpStream::connect(("127.0.0.1", chosen)).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn unix_sockets_have_a_mode_and_are_removed() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s.sock");
    let wanted = |mode| Network {
        listen: vec![Listen::Unix { path: path.clone(), mode: Some(mode), group: None }],
        ports: vec![1],
        ..Network::default()
    };
    // The socket file of a killed server is replaced.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let mut site = Site::new(|_| {});
    site.change(&wanted(0o770)).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o770);
    site.change(&wanted(0o700)).await.unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    site.registry.close().await;
    assert!(!path.exists());

    // The socket file of a running server is not.
    let _other = std::os::unix::net::UnixListener::bind(&path).unwrap();
    assert!(site.change(&wanted(0o700)).await.is_err());
}

#[test]
fn wanted_sockets() {
    let only_v6 = |spec: &SocketSpec| match spec {
        SocketSpec::Ip { only_v6, .. } => *only_v6,
        SocketSpec::Unix { .. } => panic!("{spec:?}"),
    };
    let both = SocketSpec::streams(&network(&["::", "0.0.0.0"], &[]), &[1, 2, 1]);
    assert_eq!(both.len(), 4);
    assert!(only_v6(&both[0]), "IPv4 is listed by itself");
    assert!(!only_v6(&SocketSpec::streams(&network(&["::"], &[]), &[1])[0]));
    let unix = Listen::Unix { path: "/s".into(), mode: None, group: None };
    let mixed = Network { listen: vec![unix, Listen::Ip([127, 0, 0, 1].into())], ..Network::default() };
    assert_eq!(SocketSpec::streams(&mixed, &[1]).len(), 2);
    assert_eq!(SocketSpec::datagrams(&mixed, &[1]).len(), 1);
}
