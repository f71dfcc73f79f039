//! The neighbourhood: who else is there, and whether we are found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The neighbourhood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Lan {
    /// Whether neighbours are told that we are here.
    pub is_announced: bool,
    /// The name under which they find us, such as `kitchen.local`; empty while we are not announced.
    pub name: String,
    /// Others that were heard, by name.
    pub neighbours: Vec<Neighbour>,
    /// The network that this computer is in, if there is one.
    pub network: Option<CurrentNetwork>,
}

/// Another server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Neighbour {
    /// What it calls itself.
    pub name: String,
    /// What kind it is.
    pub kind: NeighbourKind,
    /// Its address for a browser.
    pub url: String,
}

/// What kind of server a neighbour is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NeighbourKind {
    /// One of ours.
    Potluck,
    /// copyparty.
    Copyparty,
    /// Serves WebDAV.
    Webdav,
    /// Any other web page.
    Web,
}

/// The network that this computer is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CurrentNetwork {
    /// Identifies it: made from the router's hardware address and the address range, never from the name of a Wi-Fi.
    pub id: String,
    /// For people, such as `192.168.1.0/24 behind 192.168.1.1`.
    pub name: String,
    /// Whether we share there.
    pub trust: Trust,
}

/// Whether we share in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Yes.
    Trusted,
    /// No.
    Refused,
    /// Nobody was asked yet.
    Unknown,
}

/// One question of the self-test, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckResult {
    /// The question, such as "Is the server listening?".
    pub title: String,
    /// The answer.
    pub state: CheckState,
    /// The answer as a plain sentence.
    pub sentence: String,
    /// What to do about it; empty: nothing.
    pub advice: String,
}

/// The answer to a question of the self-test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// All is well.
    Good,
    /// It cannot be told, or may be meant so.
    Unsure,
    /// Something keeps people out.
    Bad,
}
