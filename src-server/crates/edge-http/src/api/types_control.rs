//! Requests and answers about properties, transfers, recent uploads, indexes and share links (see `types.rs`).

use super::types::{ApiError, EntryInfo, FileTags};
use super::types_many::{ChangeFailed, Shown};
use serde::{Deserialize, Serialize};

/// Body of `properties`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PropertiesRequest {
    /// Paths of files and folders, 1 to 1,000.
    pub paths: Vec<String>,
}

/// One line of the properties of files and folders. For one file the first is `file`; the last is `total`: without it the
/// answer was cut off.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PropertiesLine<'a> {
    /// The properties of the only file.
    File(Box<FileProperties<'a>>),
    /// What was counted so far.
    Counted(Counted),
    /// A path of which nothing is known.
    Failed(ChangeFailed<'a>),
    /// The sum.
    Total(Counted),
}

/// The properties of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileProperties<'a> {
    /// Path, size, rights and version.
    #[serde(flatten)]
    pub entry: EntryInfo,
    /// Identifies the content for uploads, where the server knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub wark: Option<String>,
    /// What it shows, once a thumbnail of it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub picture: Option<Shown>,
    /// All tags that the index keeps, EXIF of pictures among them.
    #[cfg_attr(test, ts(type = "Record<string, string | number | null>"))]
    pub tags: FileTags<'a>,
    /// Who uploaded it, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub uploaded: Option<UploadedBy>,
    /// Number of earlier versions; left out if the account may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub versions: Option<usize>,
}

/// Who uploaded a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UploadedBy {
    /// When.
    pub at_ms: i64,
    /// Whether it is the one who asks.
    pub own: bool,
    /// The account or device; left out for visitors, and if the one who asks may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub by: Option<String>,
    /// The address, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub address: Option<String>,
}

/// Numbers of files and folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Counted {
    /// Files, with those below folders.
    pub files: u64,
    /// Folders, with those below them; left out where an index knows the size of a folder and not their number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub folders: Option<u64>,
    /// Bytes of the files.
    pub bytes: u64,
    /// Whether there are more folders than are counted.
    pub truncated: bool,
}

/// Body of `checksum`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct ChecksumRequest {
    /// The file.
    pub path: String,
    /// Its key, where files need one.
    #[cfg_attr(test, ts(optional))]
    pub k: Option<String>,
}

/// One line of a checksum; the last is `end`, or `failed`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChecksumLine {
    /// So much was read.
    Progress(ChecksumProgress),
    /// The result.
    End(ChecksumResult),
    /// The file cannot be read.
    Failed(ChecksumFailed),
}

/// Progress of a checksum.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChecksumProgress {
    /// Bytes that were read.
    pub bytes_done: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
}

/// A checksum.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChecksumResult {
    /// SHA-512 in hexadecimal digits.
    pub sha512: String,
    /// Bytes that were read.
    pub bytes: u64,
}

/// Why there is no checksum.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChecksumFailed {
    /// Why.
    pub error: ApiError,
}

/// Files that arrived lately.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RecentUploads {
    /// The newest first, at most 500.
    pub uploads: Vec<RecentFile>,
}

/// A file that arrived.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct RecentFile {
    /// Its path.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Who uploaded it, and when.
    #[serde(flatten)]
    pub uploaded: UploadedBy,
    /// Whether the account may delete it: by its rights (`delete`), or as its own upload (`delete-upload`).
    pub may_delete: bool,
}

/// Uploads and downloads that are under way: those in volumes that the account administers, and its own.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Transfers {
    /// The oldest first. Downloads and bodies of less than 1 MiB are left out.
    pub transfers: Vec<TransferInfo>,
}

/// An upload or download that is under way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TransferInfo {
    /// Upload or download.
    pub upload: bool,
    /// The file; the folder of an archive.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one who asks.
    pub own: bool,
    /// Device or account; left out for visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub who: Option<String>,
    /// The address, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub address: Option<String>,
    /// When it began.
    pub begun_ms: i64,
    /// Bytes so far.
    pub bytes_done: u64,
    /// Bytes in all, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub bytes_total: Option<u64>,
    /// Bytes per second lately; 0 in the first answer that has the transfer.
    pub rate: u64,
    /// Seconds until its end at that rate; left out if that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub eta_secs: Option<u64>,
}

/// The indexes of the volumes that the account may see.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Indexes {
    /// In the order of their paths.
    pub indexes: Vec<IndexInfo>,
}

/// The index of one volume.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct IndexInfo {
    /// Path of the volume.
    pub path: String,
    /// What is done for it.
    pub state: IndexWork,
    /// Files that the present scan has seen; without one, all in the index.
    pub files: u64,
    /// Files that it is likely to see in all; 0: unknown.
    pub files_expected: u64,
    /// Bytes of contents that were read.
    pub bytes: u64,
    /// Bytes to be read in all.
    pub bytes_total: u64,
    /// Why the last attempt failed, for administrators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub problem: Option<String>,
    /// Whether the account may have it compared with the disk (`rescan`).
    pub may_rescan: bool,
}

/// What is done for an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IndexWork {
    /// The volume has no index.
    Off,
    /// An administrator has paused it.
    Paused,
    /// The disk is missing.
    WaitingForDisk,
    /// The last attempt failed, and it is tried again.
    Failed,
    /// Names are compared with the disk.
    Scanning,
    /// Contents are read.
    Hashing,
    /// Nothing is left to do.
    UpToDate,
}

/// Answer to `rescan`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Rescanned {
    /// Volumes that are compared with their indexes.
    pub volumes: usize,
}

/// The share links of an account.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShareLinks {
    /// The oldest first.
    pub links: Vec<ShareLink>,
}

/// A share link.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ShareLink {
    /// For `revoke-link` and `link-qr`; knowing it gives no access.
    pub id: String,
    /// What it is for.
    pub kind: ShareKind,
    /// Its address, by the name under which the server was asked for.
    pub url: String,
    /// Path of the file or folder.
    pub path: String,
    /// Its name.
    pub name: String,
    /// The text that visitors see first.
    pub note: String,
    /// Whether it asks for a PIN.
    pub has_pin: bool,
    /// When it was made.
    pub created_ms: i64,
    /// When it ends; left out: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub expires_ms: Option<i64>,
    /// How often it was used.
    pub uses: u32,
    /// How often it may be used; left out: without limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub max_uses: Option<u32>,
    /// Bytes that arrived through it.
    pub received: u64,
    /// Whether it works.
    pub state: ShareState,
}

/// What a share link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ShareKind {
    /// Its visitors may look and download.
    Share,
    /// Its visitors may add files to a folder, without seeing any.
    Request,
}

/// Whether a share link works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ShareState {
    /// It works.
    Works,
    /// It has ended.
    Expired,
    /// It was used as often as it may be; who has opened it can go on.
    UsedUp,
    /// The file or folder is not shared any more, or its owner has lost the right.
    Dead,
}

/// Body of `make-link`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MakeLinkRequest {
    /// The file or folder; a folder for `request`.
    pub path: String,
    /// What the link is for.
    pub kind: ShareKind,
    /// Days until it ends, 1 to 3,650; left out: it does not end by itself.
    #[cfg_attr(test, ts(optional))]
    pub days: Option<u32>,
    /// 4 to 64 characters that visitors must know.
    #[cfg_attr(test, ts(optional))]
    pub pin: Option<String>,
    /// How many visitors may open it.
    #[cfg_attr(test, ts(optional))]
    pub uses: Option<u32>,
    /// Text that visitors see first, at most 2,000 bytes.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub note: String,
}

/// Body of `renew-link`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RenewLinkRequest {
    /// The link.
    pub id: String,
    /// Days from now until it ends, 1 to 3,650; left out: it does not end by itself.
    #[cfg_attr(test, ts(optional))]
    pub days: Option<u32>,
}

/// Body of `revoke-link`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct LinkIdRequest {
    /// The link.
    pub id: String,
}
