//! Requests and answers of searches, completions, and folders with everything below them (see `types.rs`).

use super::types::{FileEntry, FolderEntry, May, NameOrder, TagInfo};
use model::Perm;
use serde::{Deserialize, Serialize};

/// Body of `search`: exactly one of `text`, `query` and `fields`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SearchBody {
    /// What a person typed (docs/http-api.md "What people type").
    #[cfg_attr(test, ts(optional))]
    pub text: Option<String>,
    /// An expression, as `q` of `?srch`.
    #[cfg_attr(test, ts(optional))]
    pub query: Option<String>,
    /// The fields of the search form, as of `?srch`.
    #[cfg_attr(test, ts(optional, type = "Record<string, string>"))]
    pub fields: Option<std::collections::BTreeMap<String, String>>,
    /// The folder in and below which is searched; the root without it.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<String>"))]
    pub path: String,
    /// In all volumes, whatever `path` is.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub everywhere: bool,
    /// Most files; 1,000 without it, and never more than the settings allow.
    #[cfg_attr(test, ts(optional))]
    pub limit: Option<usize>,
    /// Offset of the person's clock from UTC, in minutes east: dates in `text` are meant by it.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<i32>"))]
    pub utc_offset_minutes: i32,
}

/// One line of the results of a search. The first is `results`, then folders, then files, each the best first; a `place` comes
/// before the first line that refers to it, and the last is `end`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SearchLine<'a> {
    /// The search itself.
    Results(ResultsHead<'a>),
    /// Rights that hold where some of the results are.
    Place(Place),
    /// A folder whose name was found.
    Folder(FoundFolder<'a>),
    /// A file.
    File(FoundFile<'a>),
    /// The end.
    End(ResultsEnd),
}

/// A search.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultsHead<'a> {
    /// The folder in and below which was searched.
    pub path: String,
    /// Number of folders that were found.
    pub folders: usize,
    /// Number of files that were found.
    pub files: usize,
    /// The tags that they have, in the order in which they are shown.
    pub tags: Vec<TagInfo<'a>>,
}

/// Rights that hold where some files of a list are.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Place {
    /// Files refer to it by this number, which counts from 0 in the order of the lines.
    pub place: usize,
    /// The rights.
    #[cfg_attr(test, ts(type = "Array<Right>"))]
    pub rights: Vec<Perm>,
    /// What they allow.
    pub may: May,
}

/// A folder with its path.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundFolder<'a> {
    /// Path of the folder that it is in.
    pub folder: String,
    /// Number of the `place` line with the rights in it.
    pub place: usize,
    /// The folder as in a listing.
    #[serde(flatten)]
    pub entry: FolderEntry<'a>,
}

/// A file with its path.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FoundFile<'a> {
    /// Path of the folder that it is in.
    pub folder: String,
    /// Number of the `place` line with the rights there.
    pub place: usize,
    /// The file as in a listing.
    #[serde(flatten)]
    pub entry: FileEntry<'a>,
}

/// The end of the results of a search.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ResultsEnd {
    /// Number of `folder` and `file` lines.
    pub rows: usize,
    /// Whether there may be more: the limit of results or of time was reached.
    pub truncated: bool,
    /// Volumes that could not be searched.
    pub unsearched: Vec<UnsearchedVolume>,
}

/// A volume that could not be searched.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UnsearchedVolume {
    /// Its path.
    pub path: String,
    /// Why: a clause for people.
    pub why: &'static str,
}

/// Completions of what is typed into the search box.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Suggestions {
    /// At most eight.
    pub suggestions: Vec<Suggestion>,
}

/// A completion.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Suggestion {
    /// Whether it is a key such as `artist:` or a value.
    pub kind: SuggestionKind,
    /// The whole text with it.
    pub text: String,
    /// The key or value alone.
    pub label: String,
}

/// What is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SuggestionKind {
    /// A key, with the sign behind it.
    Key,
    /// The value of a tag.
    Value,
}

/// One line of a folder that is listed with everything below it. The first is `below`; a `place` comes before the first file
/// that refers to it, and the last is `end`: without it the list was cut off.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BelowLine<'a> {
    /// The folder.
    Below(BelowHead<'a>),
    /// Rights that hold where some of the files are.
    Place(Place),
    /// A file; its `folder` is a path, of the folder that it is in.
    File(FoundFile<'a>),
    /// The end.
    End(BelowEnd),
}

/// A folder that is listed with everything below it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BelowHead<'a> {
    /// Its path.
    pub path: String,
    /// Its name; empty for the root.
    pub name: String,
    /// The rights in it.
    #[cfg_attr(test, ts(type = "Array<Right>"))]
    pub rights: Vec<Perm>,
    /// What they allow.
    pub may: May,
    /// The order of names here.
    pub order: NameOrder,
    /// The tags that its volume keeps, in the order in which they are shown; files may have none of them.
    pub tags: Vec<TagInfo<'a>>,
    /// Most files that are listed.
    pub limit: usize,
}

/// The end of a list of everything below a folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct BelowEnd {
    /// Number of `file` lines.
    pub rows: usize,
    /// Number of folders that were listed, with the first.
    pub folders: usize,
    /// Whether there are, or may be, more files.
    pub truncated: bool,
}
