//! The running state in detail: addresses, connections, volumes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Running state of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// When the server started, milliseconds since 1970.
    pub since_ms: i64,
    /// Number of the settings in force; 1 at the start, one more with each change.
    pub generation: u64,
    /// Addresses at which the server can be reached, the most useful first.
    pub addresses: Vec<Address>,
    /// Open connections, oldest first.
    pub connections: Vec<Connection>,
    /// The mounted volumes.
    pub volumes: Vec<VolumeStatus>,
}

/// An address at which the server can be reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Address {
    /// `http://192.168.1.20:3923/`, or the path of a unix socket.
    pub url: String,
    /// Who can reach it.
    pub reach: Reach,
    /// The network interface, if the address belongs to one.
    pub interface: Option<String>,
}

/// Who can reach an address. Ordered by usefulness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// Devices in the same network.
    Lan,
    /// Members of a VPN.
    Vpn,
    /// Containers and virtual machines on this computer.
    Virtual,
    /// Devices on the same link; does not always work.
    LinkLocal,
    /// This computer only.
    Loopback,
    /// Programs on this computer, through a unix socket.
    Socket,
}

/// An open connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Connection {
    /// Number of the connection, for [`Kick::Connection`].
    pub id: u64,
    /// Address and port of the other end; `unix` for sockets.
    pub peer: String,
    /// The account of its last request; none before the first one, `*` for anonymous.
    pub account: Option<String>,
    /// Whether it is encrypted.
    pub tls: bool,
    /// When it was accepted, milliseconds since 1970.
    pub since_ms: i64,
    /// Requests so far.
    pub requests: u64,
    /// Requests that are being answered.
    pub in_flight: u32,
    /// Bytes from the client.
    pub received: u64,
    /// Bytes to the client.
    pub sent: u64,
}

/// A mounted volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VolumeStatus {
    /// Mount point.
    pub mount: String,
    /// The folder on this computer.
    pub folder: String,
}

/// Which connections to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "whom", rename_all = "snake_case")]
pub enum Kick {
    /// One connection.
    Connection {
        /// Its number.
        id: u64,
    },
    /// Every connection of an account.
    Account {
        /// Its name.
        name: String,
    },
    /// Every connection from an IP address.
    Peer {
        /// The address without port.
        address: String,
    },
}

/// Result of [`crate::Control::apply`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Applied {
    /// The number of the settings now in force.
    pub generation: u64,
    /// Addresses at which the server can be reached now.
    pub addresses: Vec<Address>,
}

/// A code that logs one device in, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Invitation {
    /// The URL to open, for each address of the server, the most useful first.
    pub urls: Vec<String>,
    /// Six digits for a device that cannot scan the QR code: its user types them on the server's page.
    pub digits: String,
    /// Seconds until the code expires, if it is not used.
    pub seconds: u64,
}
