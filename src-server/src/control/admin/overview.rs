//! Summary of the server: is sharing on, what is shared, are there problems.

use super::shares::Share;
use super::status::Address;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Contents of the tray menu and of the first pane of the window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Overview {
    /// Version of the program.
    pub version: String,
    /// Name of the server as shown on its pages.
    pub name: String,
    /// Number of the settings in force; 1 at the start, one more with each change.
    pub generation: u64,
    /// Whether clients may connect.
    pub sharing: Sharing,
    /// Addresses at which the server can be reached, the most useful first.
    pub addresses: Vec<Address>,
    /// Every shared folder, including those that are off.
    pub shares: Vec<Share>,
    /// Number of connected clients: accounts, and addresses without an account.
    pub connected: u32,
    /// Number of running transfers.
    pub transfers: u32,
    /// Problems that a person should solve.
    pub problems: Vec<Problem>,
    /// Text that all pages show for a while.
    pub banner: Option<Banner>,
    /// True while the first-run questions are unanswered.
    pub is_new: bool,
    /// Suggested folder for received files: `Inbox` in the downloads folder of this user; empty if there is none.
    pub suggested_inbox: String,
    /// Fingerprint of the key by which SFTP clients know the server, `SHA256:…`; none while SFTP is off.
    pub sftp_fingerprint: Option<String>,
}

/// A text shown to everyone who can see a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Banner {
    /// The text.
    pub text: String,
    /// When it disappears, milliseconds since 1970.
    pub until_ms: i64,
}

/// Whether clients may connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Sharing {
    /// They may.
    On,
    /// Not until a given time.
    Paused {
        /// When sharing resumes, milliseconds since 1970.
        until_ms: i64,
    },
    /// Not until a person turns sharing on.
    Off,
    /// Not in this network until a person trusts it.
    Waiting,
}

/// A request to change whether clients may connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SharingRequest {
    /// Turn sharing on.
    On,
    /// Pause sharing.
    Pause {
        /// For how long.
        seconds: u64,
    },
    /// Turn sharing off.
    Off,
}

/// A problem that a person should solve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Problem {
    /// For programs.
    pub code: ProblemCode,
    /// One plain sentence with what to do next.
    pub sentence: String,
}

/// Kind of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// A shared folder does not exist.
    FolderMissing,
    /// A disk is full.
    DiskFull,
    /// The configured port is used by another program.
    PortTaken,
    /// The settings file could not be read; older settings are in force.
    SettingsDamaged,
    /// Any other problem.
    Other,
}
