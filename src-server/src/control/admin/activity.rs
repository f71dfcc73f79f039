//! What is going on, and what was.

use super::super::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is going on, and what was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Activity {
    /// Transfers that are going on, oldest first.
    pub now: Vec<ActiveTransfer>,
    /// What has ended, latest first; some hundreds.
    pub past: Vec<PastTransfer>,
    /// Open connections, oldest first.
    pub connections: Vec<Connection>,
}

/// A transfer that is going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActiveTransfer {
    /// Number of this transfer.
    pub id: u64,
    /// It comes to us.
    pub is_upload: bool,
    /// Virtual path.
    pub path: String,
    /// The account, or `*`.
    pub account: String,
    /// The other end: the name of its device if it has one, else its address.
    pub who: String,
    /// Its address.
    pub address: String,
    /// Bytes in total, if known.
    pub size: Option<u64>,
    /// Bytes so far.
    pub done: u64,
    /// Bytes in a second, over the last few.
    pub speed: u64,
    /// Somebody has paused it.
    pub is_paused: bool,
    /// When it began, milliseconds since 1970.
    pub since_ms: i64,
}

/// How a transfer ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Outcome {
    /// It arrived, and every byte was verified.
    Arrived,
    /// It went out.
    Sent,
    /// It did not end well.
    Failed {
        /// One plain sentence.
        reason: String,
    },
    /// No transfer, but a message.
    Message {
        /// The text.
        text: String,
    },
}

/// A transfer that ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PastTransfer {
    /// When, milliseconds since 1970.
    pub at_ms: i64,
    /// How.
    pub outcome: Outcome,
    /// Virtual path; empty for messages.
    pub path: String,
    /// The account, or `*`.
    pub account: String,
    /// The other end: the name of its device if it has one, else its address.
    pub who: String,
    /// Its address.
    pub address: String,
    /// Bytes.
    pub size: u64,
}
