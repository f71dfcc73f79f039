//! The two ends of a connection: the client, and the listener that accepted it.

use model::networks::client_key;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// The client's end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// A TCP client.
    Ip(SocketAddr),
    /// A client of a unix socket.
    Unix,
}

impl Remote {
    /// Returns the IP address; none for unix sockets.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            // IPv4 clients of a dual-stack socket have IPv4-mapped addresses; all other code sees plain IPv4.
            Self::Ip(address) => Some(address.ip().to_canonical()),
            Self::Unix => None,
        }
    }
}

impl std::fmt::Display for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ip(address) => SocketAddr::new(address.ip().to_canonical(), address.port()).fmt(f),
            Self::Unix => f.write_str("unix"),
        }
    }
}

/// The unit in which connections are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClientKey {
    /// A client by its address ([`model::networks::client_of`]).
    Client(IpAddr),
    /// All unix sockets.
    Unix,
}

impl ClientKey {
    /// Returns the key of a client.
    pub fn of(remote: &Remote) -> Self {
        remote.ip().map_or(Self::Unix, |address| Self::Client(client_key(address)))
    }
}

/// One open socket of a protocol.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// Short name of the protocol: `http`.
    pub protocol: &'static str,
    /// The address of the socket.
    pub address: ListenAddr,
}

/// The address of an open socket.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListenAddr {
    /// A TCP socket.
    Tcp(SocketAddr),
    /// A UDP socket.
    Udp(SocketAddr),
    /// A unix socket.
    Unix(PathBuf),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_subscriber_count_together() {
        let v6 = |text: &str| ClientKey::of(&Remote::Ip(SocketAddr::new(text.parse().expect("an address"), 1)));
        assert_eq!(v6("2001:db8:0:1::1"), v6("2001:db8:0:1:ffff::2"));
        assert_ne!(v6("2001:db8:0:1::1"), v6("2001:db8:0:2::1"));
        let v4 = ClientKey::of(&Remote::Ip(SocketAddr::from(([10, 0, 0, 1], 5))));
        assert_eq!(v6("::ffff:10.0.0.1"), v4);
        assert_ne!(v6("10.0.0.1"), v6("10.0.0.2"));
        assert_eq!(ClientKey::of(&Remote::Unix), ClientKey::Unix);
    }
}
