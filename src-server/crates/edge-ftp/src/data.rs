//! Data connections (RFC 959, 3.2 and 3.3; RFC 2428; RFC 2577 about their abuse).
//!
//! Both ends are the two addresses of the control connection: a client can neither have the server connect to others
//! ("bounce"), nor take a connection that is meant for another client.

use crate::stream::FtpStream;
use engine::random;
use model::settings::PortRange;
use rustls::ServerConfig;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

/// Connections of others that a passive socket closes before it gives up.
const FOREIGN_MAX: usize = 16;
/// Clients that may wait at a passive socket: one is expected.
const BACKLOG: u32 = 4;
/// Lowest port to which an active connection is opened: those below belong to services (RFC 2577, 3).
const FIRST_CLIENT_PORT: u16 = 1024;

/// How the next data connection is opened.
#[derive(Default)]
pub(crate) enum DataMode {
    /// The client has not said.
    #[default]
    Unset,
    /// The client connects here.
    Passive(TcpListener),
    /// The server connects to the client.
    Active(SocketAddr),
}

/// The two ends of the control connection. IPv4 addresses are no mapped ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub client: SocketAddr,
    pub server: SocketAddr,
}

impl Ends {
    pub fn new(client: SocketAddr, server: SocketAddr) -> Self {
        Self { client: canonical(client), server: canonical(server) }
    }

    /// Returns the address of the server with another port; with the scope of a link-local one.
    fn server_at(&self, port: u16) -> SocketAddr {
        let mut address = self.server;
        address.set_port(port);
        address
    }

    /// Listens for a data connection. Returns the socket and its port.
    pub fn listen(&self, ports: Option<PortRange>) -> io::Result<(TcpListener, u16)> {
        let mut last: io::Error = io::ErrorKind::AddrInUse.into();
        // Begins anywhere, so that the next port cannot be guessed.
        let start = random::bytes::<4>().map_or(0, |bytes| u32::from_le_bytes(bytes) as usize);
        let ports: Box<dyn Iterator<Item = u16> + Send> = match ports {
            Some(range) => Box::new(range.from(start)),
            None => Box::new(std::iter::once(0)),
        };
        for port in ports {
            match bound(self.server_at(port)).and_then(|socket| socket.listen(BACKLOG)) {
                Ok(listener) => {
                    let port = listener.local_addr()?.port();
                    return Ok((listener, port));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Returns whether the server may connect to `address`.
    pub fn may_connect_to(&self, address: SocketAddr) -> bool {
        canonical(address).ip() == self.client.ip() && address.port() >= FIRST_CLIENT_PORT
    }

    /// Opens a data connection as `mode` says.
    async fn open_tcp(&self, mode: DataMode) -> io::Result<TcpStream> {
        match mode {
            DataMode::Unset => Err(io::ErrorKind::NotConnected.into()),
            DataMode::Passive(listener) => {
                for _ in 0..FOREIGN_MAX {
                    let (stream, from) = listener.accept().await?;
                    if canonical(from).ip() == self.client.ip() {
                        return Ok(stream);
                    }
                    tracing::warn!(%from, client = %self.client, "a data connection of another address was refused");
                }
                Err(io::ErrorKind::PermissionDenied.into())
            }
            DataMode::Active(address) => {
                let mut to = self.client;
                to.set_port(address.port());
                bound(self.server_at(0))?.connect(to).await
            }
        }
    }

    /// Opens a data connection, with TLS if there is a configuration.
    ///
    /// # Errors
    /// Those of the system; `TimedOut` if the client does not open its end within `patience`.
    pub async fn open(
        &self,
        mode: DataMode,
        tls: Option<Arc<ServerConfig>>,
        patience: Duration,
    ) -> io::Result<FtpStream> {
        let open = async {
            let stream = self.open_tcp(mode).await?;
            Ok(match tls {
                Some(config) => FtpStream::Tls(Box::new(TlsAcceptor::from(config).accept(stream).await?)),
                None => FtpStream::Plain(stream),
            })
        };
        timeout(patience, open).await?
    }
}

fn canonical(mut address: SocketAddr) -> SocketAddr {
    match address.ip().to_canonical() {
        ip @ IpAddr::V4(_) => SocketAddr::new(ip, address.port()),
        IpAddr::V6(_) => {
            if let SocketAddr::V6(v6) = &mut address {
                v6.set_flowinfo(0);
            }
            address
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port of the range is used again and again. On Windows the option would let others take the port.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(client: &str, server: &str) -> Ends {
        Ends::new(client.parse().expect("an address"), server.parse().expect("an address"))
    }

    #[test]
    fn only_the_client_itself_is_connected_to() {
        let here = ends("[::ffff:127.0.0.1]:5000", "[::ffff:127.0.0.1]:21");
        let may = |address: &str| here.may_connect_to(address.parse().expect("an address"));
        assert!(may("127.0.0.1:1024") && may("[::ffff:127.0.0.1]:65535"));
        assert!(!may("127.0.0.1:1023") && !may("127.0.0.2:5000") && !may("[::1]:5000"));
    }

    #[tokio::test]
    async fn only_the_client_itself_is_accepted() {
        let ends = ends("127.0.0.2:5000", "127.0.0.1:21");
        let (listener, port) = ends.listen(None).expect("a port");
        let open =
            tokio::spawn(async move { ends.open(DataMode::Passive(listener), None, Duration::from_secs(30)).await });
        let thief = TcpStream::connect(("127.0.0.1", port)).await.expect("connects");
        let mut byte = [0];
        assert!(!matches!(thief.peek(&mut byte).await, Ok(1..)), "it is closed");
        let socket = bound("127.0.0.2:0".parse().expect("an address")).expect("a socket");
        let client = socket.connect(([127, 0, 0, 1], port).into()).await.expect("connects");
        let stream = open.await.expect("runs").expect("a connection");
        assert_eq!(stream.tcp().peer_addr().expect("an address"), client.local_addr().expect("an address"));
    }

    #[tokio::test]
    async fn a_range_that_is_used_up_has_no_port() {
        let ends = ends("127.0.0.1:5000", "127.0.0.1:21");
        let (taken, port) = ends.listen(None).expect("a port");
        let range = format!("{port}-{port}").parse().expect("a range");
        assert!(ends.listen(Some(range)).is_err());
        drop(taken);
        assert!(ends.listen(Some(range)).is_ok_and(|(_, again)| again == port));
    }
}
