//! Requests and answers of changes of many entries (see `types.rs`).

use super::types::{ApiError, EntryKind};
use serde::{Deserialize, Serialize};

/// Body of `delete-many`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DeleteManyRequest {
    /// Paths of the entries; at most 10,000.
    pub paths: Vec<String>,
}

/// Body of `move-many` and `copy-many`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RelocateManyRequest {
    /// Paths of the entries; at most 10,000.
    pub from: Vec<String>,
    /// The folder that they, or their copies, get into under their names.
    pub to: String,
    /// What happens to an entry whose name is taken there.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<IfTaken>"))]
    pub if_exists: IfTaken,
}

/// What happens to an entry whose name is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IfTaken {
    /// It stays where it is, and a line `conflict` tells.
    #[default]
    Refuse,
    /// It stays where it is.
    Skip,
    /// It replaces the other, which needs the right to delete.
    Replace,
    /// It gets another name, with a number.
    KeepBoth,
}

/// One line of the answer to a change of many entries. The first is `begin`, and the last is `end`: without it the change was
/// interrupted. What was done stays done.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChangeLine<'a> {
    /// The change begins.
    Begin(ChangeBegin<'a>),
    /// An entry is done, or bytes of it were copied.
    Progress(ChangeProgress<'a>),
    /// The name of an entry is taken.
    Conflict(Box<ChangeConflict<'a>>),
    /// An entry could not be changed.
    Failed(ChangeFailed<'a>),
    /// The end.
    End(ChangeEnd<'a>),
}

/// The beginning of a change of many entries.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChangeBegin<'a> {
    /// Undoes what was done, also while the change is under way.
    pub undo: &'a str,
    /// Number of entries.
    pub total: usize,
    /// Bytes of all entries, for a copy, where they are known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub bytes_total: Option<u64>,
}

/// Progress of a change of many entries.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChangeProgress<'a> {
    /// Entries that are done, failed or skipped.
    pub done: usize,
    /// Number of entries.
    pub total: usize,
    /// Bytes that were copied; left out if there is nothing to copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub bytes_done: Option<u64>,
    /// The entry.
    pub path: &'a str,
    /// Its new path or that of its copy, once it is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub to: Option<String>,
}

/// The name of an entry is taken.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChangeConflict<'a> {
    /// The entry.
    pub path: &'a str,
    /// The path that is taken.
    pub to: String,
    /// The entry as it is; left out if the account may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub source: Option<EntryBrief>,
    /// What has the name; left out if the account may not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub existing: Option<EntryBrief>,
    /// What happened.
    pub error: ApiError,
}

/// What people compare two entries by.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EntryBrief {
    /// File or folder.
    pub kind: EntryKind,
    /// Bytes of a file, and of all files below a folder where that is known.
    pub size: u64,
    /// When its content was changed.
    pub modified_ms: i64,
    /// What it shows, once a thumbnail of it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub picture: Option<Shown>,
}

/// What a picture shows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Shown {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// ThumbHash, as base64.
    pub thumbhash: String,
}

/// An entry that could not be changed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChangeFailed<'a> {
    /// The entry.
    pub path: &'a str,
    /// Why.
    pub error: ApiError,
}

/// The end of a change of many entries.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ChangeEnd<'a> {
    /// Entries that were changed.
    pub done: usize,
    /// Entries that could not be changed, conflicts among them.
    pub failed: usize,
    /// Entries whose name was taken and that stayed where they are, as asked for.
    pub skipped: usize,
    /// Files and folders that are gone for good, because the trash could not take them.
    pub lost: u64,
    /// Undoes what was done; left out if nothing was done that can be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub undo: Option<&'a str>,
    /// For how many seconds the trash keeps those of the deleted entries that alone are larger than the trash may be; left out
    /// if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub undo_secs: Option<u64>,
}
