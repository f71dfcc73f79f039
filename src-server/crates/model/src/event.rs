//! Events that the engine publishes to its subscribers: the tray, the settings window, the log.

use crate::account::AccountName;
use serde::{Deserialize, Serialize};

/// A notice of something that happened. Emitting an event never blocks; a slow subscriber loses the oldest events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// An upload started.
    UploadStarted {
        /// Number of this transfer, unique while the program runs.
        id: u64,
        /// Virtual path, for display.
        path: String,
        /// Bytes in total, if known.
        size: Option<u64>,
        /// The sender.
        account: AccountName,
        /// The client's address.
        address: String,
    },
    /// A transfer advanced; at most a few events per second and transfer.
    Progress {
        /// The transfer.
        id: u64,
        /// Bytes transferred so far.
        done: u64,
    },
    /// An uploaded file is complete and on stable storage.
    UploadFinished {
        /// The transfer; 0 if there was no `UploadStarted`, because the file was small or no bytes had to be sent.
        id: u64,
        /// Virtual path, for display.
        path: String,
        /// Bytes.
        size: u64,
        /// The sender.
        account: AccountName,
        /// The client's address.
        address: String,
    },
    /// A transfer failed.
    TransferFailed {
        /// The transfer.
        id: u64,
        /// One plain sentence.
        reason: String,
    },
    /// A download of a file or an archive started.
    DownloadStarted {
        /// Number of this transfer.
        id: u64,
        /// Virtual path, for display.
        path: String,
        /// Bytes in total, if known.
        size: Option<u64>,
        /// The client's account.
        account: AccountName,
        /// The client's address.
        address: String,
    },
    /// A download ended.
    DownloadEnded {
        /// The transfer.
        id: u64,
        /// Bytes sent.
        done: u64,
    },
    /// A client left a message.
    Message {
        /// The text, as sent.
        text: String,
        /// The client's account.
        account: AccountName,
        /// The client's address.
        address: String,
    },
    /// An invitation was used to log in on a device.
    DeviceJoined {
        /// ID of the device. Knowing it gives no access.
        id: String,
        /// Its name, as chosen by the device or its owner.
        name: String,
    },
    /// New settings are in force.
    SettingsChanged,
    /// What is done for the index of a volume; at most one event per second and volume while that stays the same.
    IndexProgress {
        /// Mount point of the volume.
        volume: String,
        /// Whether names are compared or contents read. False: nothing is left, or the work waits.
        is_working: bool,
        /// Files that the present or last scan has seen.
        files: u64,
        /// Bytes of contents that were read.
        bytes: u64,
        /// Bytes of contents to be read in all.
        bytes_total: u64,
    },
    /// A problem that a person has to solve.
    Problem {
        /// One plain sentence with what to do next.
        sentence: String,
    },
}
