//! State of the LAN: announcement, other servers, current network, self-check.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// State of the LAN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Lan {
    /// True while this server is announced.
    pub is_announced: bool,
    /// The announced host name, such as `kitchen.local`; empty while the server is not announced.
    pub name: String,
    /// Other servers that were heard, by name.
    pub neighbours: Vec<Neighbour>,
    /// The network that this computer is in, if any.
    pub network: Option<CurrentNetwork>,
}

/// Another server in the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Neighbour {
    /// Its announced name.
    pub name: String,
    /// Kind of server.
    pub kind: NeighbourKind,
    /// Its URL for a browser.
    pub url: String,
}

/// Kind of a server in the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourKind {
    /// Potluck.
    Potluck,
    /// copyparty.
    Copyparty,
    /// A WebDAV server.
    Webdav,
    /// Any other web page.
    Web,
}

/// The network that this computer is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CurrentNetwork {
    /// Identifies the network: a hash of the router's hardware address and the address range, never the name of a
    /// Wi-Fi.
    pub id: String,
    /// A name for people, such as `192.168.1.0/24 behind 192.168.1.1`.
    pub name: String,
    /// Whether this computer shares in it.
    pub trust: Trust,
}

/// Whether this computer shares in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It shares.
    Trusted,
    /// It does not share.
    Refused,
    /// No decision yet.
    Unknown,
}

/// Result of one check of the self-check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckResult {
    /// The question, such as "Is the server running?".
    pub title: String,
    /// The answer.
    pub state: CheckState,
    /// The answer in one plain sentence.
    pub sentence: String,
    /// What to do about it; empty if nothing.
    pub advice: String,
}

/// Outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// No problem found.
    Good,
    /// Unknown, or possibly intended.
    Unsure,
    /// A problem that keeps other devices from connecting.
    Bad,
}
