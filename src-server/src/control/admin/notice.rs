//! Notices to subscribers: what happens while the server runs.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A notice to subscribers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    /// An upload has started.
    UploadStarted(Transfer),
    /// A transfer has made progress.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes so far.
        done: u64,
    },
    /// A file has been received completely and is on stable storage.
    UploadFinished(Transfer),
    /// A transfer failed.
    TransferFailed {
        /// The transfer.
        id: u64,
        /// One plain sentence.
        reason: String,
    },
    /// A download has started.
    DownloadStarted(Transfer),
    /// A download has ended.
    DownloadEnded {
        /// The transfer.
        id: u64,
        /// Bytes that were sent.
        done: u64,
    },
    /// A client left a message.
    Message {
        /// The text, as sent.
        text: String,
        /// Account of the sender.
        account: String,
        /// Address of the sender.
        address: String,
    },
    /// New settings are in force, or sharing was turned on or off.
    SettingsChanged,
    /// An invitation was used: a device has logged in.
    DeviceJoined {
        /// The device.
        id: String,
        /// Its friendly name.
        name: String,
    },
    /// What is done for the index of a shared folder; at most one a second for each share.
    IndexProgress {
        /// Mount point of the share.
        mount: String,
        /// Whether names are compared or contents read. False: nothing is left, or the work waits.
        is_working: bool,
        /// Files that the present or last scan has seen.
        scanned: u64,
        /// Bytes of contents that were read.
        hashed: u64,
        /// Bytes of contents to be read in all.
        hashed_total: u64,
    },
    /// A problem that a person should solve.
    Problem {
        /// One plain sentence with what to do next.
        sentence: String,
    },
    /// A connection was accepted.
    Connected {
        /// Its number.
        id: u64,
        /// Address and port of the other end.
        peer: String,
    },
    /// A connection ended.
    Disconnected {
        /// Its number.
        id: u64,
    },
    /// This subscriber was too slow and has missed notices.
    Missed {
        /// How many.
        count: u64,
    },
}

/// A running transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Transfer {
    /// Number of this transfer, unique while the program runs; 0 if no bytes had to be sent.
    pub id: u64,
    /// Virtual path.
    pub path: String,
    /// Bytes in total, if known.
    pub size: Option<u64>,
    /// The account.
    pub account: String,
    /// Address of the client.
    pub address: String,
}

impl From<model::Event> for Notice {
    fn from(event: model::Event) -> Self {
        use model::Event as E;
        let name = |account: model::AccountName| account.as_str().to_owned();
        match event {
            E::UploadStarted { id, path, size, account, address } => {
                Self::UploadStarted(Transfer { id, path, size, account: name(account), address })
            }
            E::Progress { id, done } => Self::Progress { id, done },
            E::UploadFinished { id, path, size, account, address } => {
                Self::UploadFinished(Transfer { id, path, size: Some(size), account: name(account), address })
            }
            E::TransferFailed { id, reason } => Self::TransferFailed { id, reason },
            E::DownloadStarted { id, path, size, account, address } => {
                Self::DownloadStarted(Transfer { id, path, size, account: name(account), address })
            }
            E::DownloadEnded { id, done } => Self::DownloadEnded { id, done },
            E::Message { text, account, address } => Self::Message { text, account: name(account), address },
            E::DeviceJoined { id, name } => Self::DeviceJoined { id, name },
            E::SettingsChanged => Self::SettingsChanged,
            E::IndexProgress { volume, is_working, files, bytes, bytes_total } => Self::IndexProgress {
                mount: volume,
                is_working,
                scanned: files,
                hashed: bytes,
                hashed_total: bytes_total,
            },
            E::Problem { sentence } => Self::Problem { sentence },
        }
    }
}
