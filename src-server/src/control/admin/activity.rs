//! Running and past transfers.

use super::status::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Running and past transfers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Activity {
    /// Running transfers, oldest first.
    pub now: Vec<ActiveTransfer>,
    /// Past transfers, latest first; a few hundred at most.
    pub past: Vec<PastTransfer>,
    /// Open connections, oldest first.
    pub connections: Vec<Connection>,
}

/// A running transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActiveTransfer {
    /// Number of this transfer.
    pub id: u64,
    /// True for uploads, false for downloads.
    pub is_upload: bool,
    /// Virtual path.
    pub path: String,
    /// The account, or `*`.
    pub account: String,
    /// The client for people: the name of its device if it has one, else its address.
    pub who: String,
    /// The client's address.
    pub address: String,
    /// Bytes in total, if known.
    pub size: Option<u64>,
    /// Bytes so far.
    pub done: u64,
    /// Bytes per second over the last few seconds.
    pub speed: u64,
    /// Paused by a person.
    pub is_paused: bool,
    /// When it started, milliseconds since 1970.
    pub since_ms: i64,
}

/// How a transfer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// Received, and every byte was verified.
    Arrived,
    /// Sent.
    Sent,
    /// Failed.
    Failed {
        /// One plain sentence.
        reason: String,
    },
    /// A message instead of a transfer.
    Message {
        /// The text.
        text: String,
    },
}

/// A past transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastTransfer {
    /// When it ended, milliseconds since 1970.
    pub at_ms: i64,
    /// How it ended.
    pub outcome: Outcome,
    /// Virtual path; empty for messages.
    pub path: String,
    /// The account, or `*`.
    pub account: String,
    /// The client for people: the name of its device if it has one, else its address.
    pub who: String,
    /// The client's address.
    pub address: String,
    /// Bytes.
    pub size: u64,
}
