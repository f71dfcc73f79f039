//! What the engine announces to whoever listens: the tray, a settings window, a log.

use crate::account::AccountName;
use serde::{Deserialize, Serialize};

/// Something that happened. Emitting one never waits; a slow listener loses the oldest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A file began to arrive.
    UploadStarted {
        /// Number of this transfer, unique while the program runs.
        id: u64,
        /// Virtual path, for people.
        path: String,
        /// Bytes in total, if known.
        size: Option<u64>,
        /// Who sends it.
        account: AccountName,
        /// From where.
        address: String,
    },
    /// Some of it is here; at most a few a second for each transfer.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes so far.
        done: u64,
    },
    /// A file is complete and safe.
    UploadFinished {
        /// The transfer; 0 if its start was not announced: it was small, or nothing had to be sent.
        id: u64,
        /// Virtual path, for people.
        path: String,
        /// Bytes.
        size: u64,
        /// Who sent it.
        account: AccountName,
        /// From where.
        address: String,
    },
    /// A transfer ended without success.
    TransferFailed {
        /// The transfer.
        id: u64,
        /// One plain sentence.
        reason: String,
    },
    /// Somebody downloads a file or an archive.
    DownloadStarted {
        /// Number of this transfer.
        id: u64,
        /// Virtual path, for people.
        path: String,
        /// Bytes in total, if known.
        size: Option<u64>,
        /// Who.
        account: AccountName,
        /// To where.
        address: String,
    },
    /// A download ended.
    DownloadEnded {
        /// The transfer.
        id: u64,
        /// Bytes that went out.
        done: u64,
    },
    /// A client left a message.
    Message {
        /// The text, as sent.
        text: String,
        /// Who.
        account: AccountName,
        /// From where.
        address: String,
    },
    /// An invitation was used: somebody logged in on a device.
    DeviceJoined {
        /// The device; gives no access.
        id: String,
        /// Its name, as it was given by itself or its owner.
        name: String,
    },
    /// New settings are in force.
    SettingsChanged,
    /// Something needs a person.
    Problem {
        /// One plain sentence with what to do next.
        sentence: String,
    },
}
