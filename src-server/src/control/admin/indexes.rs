//! Indexes of shared folders: how far they are, what was skipped, what verifications found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The index of a shared folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareIndex {
    /// Mount point of the share.
    pub mount: String,
    /// What is done now.
    pub state: IndexState,
    /// Files in the index.
    pub files: u64,
    /// Folders in the index.
    pub folders: u64,
    /// Bytes of these files.
    pub bytes: u64,
    /// Files of which the content is not read yet.
    pub to_hash: u64,
    /// Files that could not be read.
    pub unreadable: u64,
    /// Size of the database.
    pub database_bytes: u64,
    /// Files that the present or last scan has seen.
    pub scanned: u64,
    /// Files that it is likely to see in all; `null`: unknown.
    pub scanned_total: Option<u64>,
    /// Bytes of contents that were read.
    pub hashed: u64,
    /// Bytes of contents to be read in all.
    pub hashed_total: u64,
    /// Numbers of names that are not in the index, by reason.
    pub skipped: Vec<SkipCount>,
    /// The last verification.
    pub verification: Option<ShareVerification>,
}

/// What is done for an index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum IndexState {
    /// The share has no index.
    Off,
    /// The work was paused.
    Paused,
    /// The folder is not there: its disk is not connected.
    WaitingForDisk,
    /// The last attempt failed, and it is tried again.
    Failed {
        /// Why.
        sentence: String,
    },
    /// Names are compared with the disk.
    Scanning,
    /// Contents are read.
    Hashing,
    /// Nothing is left to do.
    UpToDate,
}

/// Why a name is not in the index, or without its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// A file or folder cannot be read.
    Unreadable,
    /// A file changes whenever it is read.
    Changing,
    /// A pipe, socket or device.
    Special,
    /// A link that leads out of the share, or to nothing.
    Link,
    /// The settings exclude it.
    Excluded,
    /// A folder on another file system.
    OtherFileSystem,
    /// The path is too long.
    TooDeep,
    /// The name is too long.
    BadName,
}

/// How many names were skipped for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SkipCount {
    /// The reason.
    pub reason: SkipReason,
    /// How many.
    pub count: u64,
}

/// A name that was skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SkippedName {
    /// Its path in the share.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
    /// The error of the operating system, if there was one.
    pub error: Option<String>,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// A verification: all contents are read again and compared with the index.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ShareVerification {
    /// Whether it is under way, or about to begin.
    pub is_running: bool,
    /// When it began, milliseconds since 1970; `null`: it is about to begin.
    pub started_ms: Option<i64>,
    /// When it ended, milliseconds since 1970.
    pub ended_ms: Option<i64>,
    /// Whether it was cancelled before its end.
    pub is_cancelled: bool,
    /// Files that were read.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Bytes to be read in all.
    pub bytes_total: u64,
    /// Files of which the content differs.
    pub differing: u64,
    /// Files that could not be read.
    pub unreadable: u64,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// Its content differs, though size and date are unchanged.
    Differs,
    /// Its content differs, and the index has the new one now.
    Updated,
    /// It cannot be read.
    Unreadable,
}

/// A file with which the last verification found something wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Finding {
    /// Its path in the share.
    pub path: String,
    /// What is wrong.
    pub kind: FindingKind,
    /// Its size in bytes.
    pub size: u64,
    /// Its date, milliseconds since 1970.
    pub modified_ms: i64,
    /// When it was found, milliseconds since 1970.
    pub found_ms: i64,
}
