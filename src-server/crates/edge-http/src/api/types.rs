//! Requests and answers of the page API. `web/src/api/types.gen.ts` is made from these by a test.
//!
//! A path is percent-encoded as in links, without the site's base path and without a slash at its end (`/` is the root);
//! every name on disk can be written that way. A `name` is text for people; where the bytes on disk are not UTF-8 it holds
//! U+FFFD, and `encoded` has the exact name. Times are milliseconds since 1970, sizes are bytes.

use crate::markdown::Plugins;
use engine::listing::{TagColumn, TagValue};
use model::Perm;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Who asks, and what holds for the whole server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Session {
    /// The server.
    pub server: ServerInfo,
    /// The account behind the request.
    pub account: AccountInfo,
    /// Whether there are accounts to sign in to.
    pub can_sign_in: bool,
    /// Whether the account may use the settings at `/.potluck/admin/`.
    pub is_admin: bool,
    /// Seconds for which clients can delete their own uploads; 0: they cannot.
    pub delete_own_uploads_secs: u64,
    /// Bounds that a client should know before it sends something.
    pub limits: Limits,
}

/// The server.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ServerInfo {
    /// Its configured name.
    pub name: String,
    /// Version of the program.
    pub version: &'static str,
}

/// The account behind a request.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct AccountInfo {
    /// Its kind.
    pub kind: AccountKind,
    /// The name, for `account` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub name: Option<String>,
}

/// How a client is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    /// Not signed in.
    Anonymous,
    /// Signed in to an account.
    Account,
    /// A device that was invited.
    Guest,
    /// A visitor of a share link.
    Link,
}

/// Bounds that a client should know before it sends something.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Limits {
    /// Longest name of a file or folder, bytes of UTF-8.
    pub name_bytes: usize,
    /// Longest path, bytes of UTF-8.
    pub path_bytes: usize,
    /// Most names in a path.
    pub path_depth: usize,
    /// Longest body of a change.
    pub request_bytes: usize,
    /// Longest request of an upload, where the server or a proxy in front of it limits it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub upload_request_bytes: Option<u64>,
}

/// The operations that an account may carry out at a path: those that its rights allow and that are not switched off for the
/// whole server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct May {
    /// List a folder.
    pub list: bool,
    /// Download files.
    pub download: bool,
    /// Download folders as archives.
    pub archive: bool,
    /// Add files and folders.
    pub upload: bool,
    /// Replace files.
    pub overwrite: bool,
    /// Edit texts.
    pub edit: bool,
    /// Move and rename from here.
    #[serde(rename = "move")]
    pub move_away: bool,
    /// Copy from here.
    pub copy: bool,
    /// Delete.
    pub delete: bool,
    /// Leave a note for the owner of the server.
    pub note: bool,
    /// See files whose names begin with a dot.
    pub dotfiles: bool,
}

/// The places where an account can start.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Volumes {
    /// Sorted by path.
    pub volumes: Vec<VolumeInfo>,
}

/// A volume that the account can see, or the part of one that a share link shows.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VolumeInfo {
    /// Its path.
    pub path: String,
    /// Its name; empty for the root.
    pub name: String,
    /// The rights there.
    #[cfg_attr(test, ts(type = "Array<Right>"))]
    pub rights: Vec<Perm>,
    /// What they allow.
    pub may: May,
    /// Whether the account may make share links to what is there and may be read by it, and links that ask for files where it
    /// may add some.
    pub links: bool,
}

/// One line of a listing. The first is `listing`, then folders, then files, and the last is `end`: a listing without it was
/// interrupted.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FolderLine<'a> {
    /// The beginning of a large folder, on request: the folder with all counts but `bytes` 0, then its first rows without
    /// tags and pictures. The whole listing follows.
    First(Box<FolderHead<'a>>),
    /// The folder itself.
    Listing(Box<FolderHead<'a>>),
    /// A folder in it.
    Folder(FolderEntry<'a>),
    /// A file in it.
    File(FileEntry<'a>),
    /// The end.
    End(FolderEnd),
}

/// A folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FolderHead<'a> {
    /// Its path.
    pub path: String,
    /// Its name; empty for the root.
    pub name: String,
    /// The rights here.
    #[cfg_attr(test, ts(type = "Array<Right>"))]
    pub rights: Vec<Perm>,
    /// What they allow.
    pub may: May,
    /// The order of names here.
    pub order: NameOrder,
    /// Number of folders, of all pages together.
    pub folders: usize,
    /// Number of files, of all pages together.
    pub files: usize,
    /// Bytes of these files.
    pub bytes: u64,
    /// Position of the first line that follows; folders and files are counted together.
    pub offset: usize,
    /// Space on the disk, unless the server hides it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub space: Option<Space>,
    /// Seconds after which uploads here are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub lifetime_secs: Option<u64>,
    /// Whether uploads here get random names.
    pub random_names: bool,
    /// What holds for uploads here, where the account may upload.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub uploads: Option<UploadRules>,
    /// How pages begin, until the visitor chooses otherwise; absent: as a list by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub view: Option<FolderView>,
    /// Whether visitors may see the `index.html` of this folder, if there is one, instead of the list.
    pub index_page: bool,
    /// The text that administrators show on every page for a while.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub banner: Option<String>,
    /// `.prologue.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub prologue: Option<Logue>,
    /// `.epilogue.html`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub epilogue: Option<Logue>,
    /// Name of the file of `preadme_html`: `PREADME.md`, or as the volume says, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub preadme_name: Option<String>,
    /// `PREADME.md`, unless there is a prologue: sanitised HTML, to be used as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub preadme_html: Option<String>,
    /// Plugins of `PREADME.md`, where they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub preadme_plugins: Option<MarkdownPlugins>,
    /// Name of the file of `readme_html`: `README.md`, or as the volume says, in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub readme_name: Option<String>,
    /// `README.md`, unless there is an epilogue: sanitised HTML, to be used as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub readme_html: Option<String>,
    /// Plugins of `README.md`, where they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub readme_plugins: Option<MarkdownPlugins>,
    /// The tags that files here have, in the order in which they are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub tags: Option<Vec<TagInfo<'a>>>,
}

/// Limits for uploads into a folder, and defaults of the page's upload options.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UploadRules {
    /// Most bytes of one file: by the limits of the volume, and what a share link has left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub max_file_bytes: Option<u64>,
    /// Least bytes of one file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub min_file_bytes: Option<u64>,
    /// Most bytes of one request, where the server or a proxy in front of it limits that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub max_request: Option<u64>,
    /// Seconds after which uploads are deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub lifetime_secs: Option<u64>,
    /// Default number of requests at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub parallel: Option<u32>,
    /// Default order: `size` (small first) or `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub order: Option<&'static str>,
    /// Default for taken names: `older` or `replace`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub taken: Option<&'static str>,
}

/// How pages of a folder begin.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FolderView {
    /// As a grid.
    pub grid: bool,
    /// In this order, the most important column first; empty: by name.
    pub sort: Vec<SortedBy>,
    /// Links download files instead of opening them.
    pub downloads: bool,
}

/// One column of an order.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct SortedBy {
    /// `name`, `size`, `ext`, `date`, or `tag:` and the name of a tag.
    pub column: String,
    /// From the largest to the smallest.
    pub descending: bool,
}

/// A prologue or epilogue. Its author is a user: never to be used as HTML of the page.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Logue {
    /// HTML in a sandboxed frame.
    Frame {
        /// URL of the frame.
        href: String,
        /// Its height in pixels.
        height: u32,
    },
    /// Text.
    Text {
        /// The text.
        text: String,
    },
}

/// A Markdown file, rendered.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MarkdownFile<'a> {
    /// Sanitised HTML, to be used as it is.
    pub html: &'a str,
    /// The headings, in order, at most 500.
    pub toc: Vec<MarkdownHeading<'a>>,
    /// When the file was changed.
    pub modified_ms: i64,
    /// Changes with the content.
    pub etag: String,
    /// Whether the account may edit the file.
    pub may_edit: bool,
    /// Plugins in the text, where they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub plugins: Option<MarkdownPlugins>,
}

/// A Markdown text with plugins (`-emp`): scripts of users, which run in a sandboxed frame only.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MarkdownPlugins {
    /// The text, with its plugins.
    pub text: String,
    /// Whether a line break in the text is one on the page.
    pub breaks: bool,
}

impl From<Plugins> for MarkdownPlugins {
    fn from(plugins: Plugins) -> Self {
        Self { text: plugins.text, breaks: plugins.breaks_lines }
    }
}

/// A heading of a Markdown file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MarkdownHeading<'a> {
    /// 1 to 6.
    pub level: u8,
    /// `id` of its element.
    pub id: &'a str,
    /// Its words.
    pub text: &'a str,
}

/// Body of `POST markdown`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct MarkdownRequest {
    /// The file that the text is, or will be.
    pub path: String,
    /// The text.
    pub text: String,
}

/// Answer to `POST markdown`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct MarkdownPreview<'a> {
    /// Sanitised HTML, to be used as it is.
    pub html: &'a str,
    /// The headings, in order, at most 500.
    pub toc: Vec<MarkdownHeading<'a>>,
    /// Plugins in the text, where they run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub plugins: Option<MarkdownPlugins>,
}

/// A tag that files of a folder have.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TagInfo<'a> {
    /// Its name, such as `artist` or `.bpm`.
    pub name: &'a str,
    /// Its name for people.
    pub label: String,
    /// Whether pages leave it out.
    pub hidden: bool,
}

/// The tags of a file.
#[derive(Debug)]
pub enum FileTags<'a> {
    /// Of a file in a listing.
    Listed {
        /// The columns of the listing.
        columns: &'a [TagColumn],
        /// Positions and values.
        values: &'a [(u16, TagValue)],
    },
    /// With their names.
    Named(&'a [(String, TagValue)]),
}

impl Serialize for FileTags<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Listed { columns, values } => serializer.collect_map(
                values.iter().map(|(position, value)| (columns[usize::from(*position)].name.as_str(), TagText(value))),
            ),
            Self::Named(tags) => serializer.collect_map(tags.iter().map(|(name, value)| (name, TagText(value)))),
        }
    }
}

/// The value of a tag.
struct TagText<'a>(&'a TagValue);

impl Serialize for TagText<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            TagValue::Integer(number) => serializer.serialize_i64(*number),
            TagValue::Real(number) => serializer.serialize_f64(*number),
            TagValue::Text(text) => serializer.serialize_str(text),
            TagValue::Null => serializer.serialize_unit(),
        }
    }
}

/// The order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NameOrder {
    /// Letters without case, numbers by value.
    Natural,
    /// By bytes.
    Bytes,
}

/// Space on a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Space {
    /// Free bytes.
    pub free: u64,
    /// All bytes.
    pub total: u64,
}

/// A folder in a listing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FolderEntry<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The exact name, percent-encoded, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub encoded: Option<String>,
    /// When something was added or removed in it; 0 for a folder that only leads to volumes.
    pub modified_ms: i64,
    /// Whether it can be downloaded as an archive.
    pub archive: bool,
    /// Size of all files below it, where an index knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub size: Option<u64>,
    /// Number of all files below it, where an index knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub files: Option<u64>,
    /// The rights in it, where it is a volume in a folder that only leads to volumes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "Array<Right>"))]
    pub rights: Option<Vec<Perm>>,
}

/// A file in a listing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FileEntry<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// The exact name, percent-encoded, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub encoded: Option<String>,
    /// Bytes.
    pub size: u64,
    /// When its content was changed.
    pub modified_ms: i64,
    /// What it shows, once a thumbnail of it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub picture: Option<PictureInfo<'a>>,
    /// Its key, where downloads need one: `?k=` of its link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub key: Option<&'a str>,
    /// Its tags, by name, where it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional, type = "Record<string, string | number | null>"))]
    pub tags: Option<FileTags<'a>>,
}

/// Shape and colours of what a file shows: a page reserves the place, and fills it until the thumbnail arrives.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct PictureInfo<'a> {
    /// Width in pixels, the right way up; of some formats that of the thumbnail.
    pub width: u32,
    /// The height that belongs to it.
    pub height: u32,
    /// ThumbHash of the thumbnail, as base64.
    pub thumbhash: &'a str,
}

/// The end of a listing.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FolderEnd {
    /// Number of folders and files that were sent.
    pub rows: usize,
}

/// One file or folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct EntryInfo {
    /// Its kind.
    pub kind: EntryKind,
    /// Its path.
    pub path: String,
    /// Its name; empty for the root.
    pub name: String,
    /// Bytes; 0 for a folder.
    pub size: u64,
    /// When it was changed; 0 for a folder that only leads to volumes.
    pub modified_ms: i64,
    /// Version of a file's content, for `If-Match` (in quotation marks there).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub etag: Option<String>,
    /// The key of a file, where downloads need one and the account may learn it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub key: Option<String>,
    /// The rights there.
    #[cfg_attr(test, ts(type = "Array<Right>"))]
    pub rights: Vec<Perm>,
    /// What they allow.
    pub may: May,
}

/// File or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// A folder.
    Folder,
    /// A file.
    File,
}

/// The folders in a folder.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Tree {
    /// Sorted by name.
    pub folders: Vec<TreeFolder>,
}

/// A folder in a tree.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TreeFolder {
    /// Its name.
    pub name: String,
    /// The exact name, percent-encoded, where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub encoded: Option<String>,
    /// Whether it certainly has no folders; absent: it may have some.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(test, ts(as = "Option<bool>", optional))]
    pub leaf: bool,
    /// The folders in it, if it is on the way to the requested one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub open: Option<Box<Tree>>,
}

/// The client's own uploads that it can delete.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Uploads {
    /// Unfinished ones first, then the newest.
    pub uploads: Vec<UploadInfo>,
}

/// An upload of the client.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct UploadInfo {
    /// Path of the file, now or once it is complete.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Bytes of the complete file.
    pub size: u64,
    /// When it was uploaded or started.
    pub at_ms: i64,
    /// Percentage received, if it is not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub percent: Option<u8>,
}

/// Body of `make-folder`, `make-text` and `delete`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct PathRequest {
    /// Path of the entry that is made or deleted.
    pub path: String,
}

/// Body of `move` and `copy`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RelocationRequest {
    /// The source.
    pub from: String,
    /// Its new path, or that of the copy.
    pub to: String,
    /// What happens if something exists there.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<IfExists>"))]
    pub if_exists: IfExists,
}

/// What happens if the target exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// The change fails with `exists`.
    #[default]
    Refuse,
    /// The target is replaced, which needs the right to delete.
    Replace,
}

/// Body of `rename`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct RenameRequest {
    /// Path of the entry that is renamed.
    pub path: String,
    /// Its new name as text, without slashes; `move` also takes names that are not UTF-8.
    pub name: String,
}

/// Body of `note`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NoteRequest {
    /// The folder at which the note is left.
    pub path: String,
    /// The note.
    pub text: String,
}

/// Body of `delete-upload`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct DeleteUploadRequest {
    /// The file that the client uploaded.
    pub path: String,
    /// The identity of an unfinished upload: only this one is cancelled.
    #[serde(default)]
    #[cfg_attr(test, ts(optional))]
    pub wark: Option<String>,
}

/// Answer to `make-folder` and `make-text`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Made {
    /// Path of what was made.
    pub path: String,
}

/// Answer to `delete`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Deleted {
    /// Files deleted.
    pub files: u64,
    /// Folders deleted.
    pub folders: u64,
    /// Files and folders among them that are gone for good although there is a trash, because it could not take them (the
    /// disk is full).
    pub lost: u64,
    /// Undoes the deletion; left out if it cannot be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub undo: Option<String>,
    /// For how many seconds the trash keeps it, if it alone is larger than the trash may be; left out if it is kept for
    /// as long as everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub undo_secs: Option<u64>,
}

/// What was deleted or replaced at or below a path, and can be restored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrashInfo {
    /// The newest first.
    pub items: Vec<TrashItem>,
    /// Whether there are older ones.
    pub has_more: bool,
    /// For how many days at most they are kept: of the volume at the path, else the longest of the volumes below it.
    pub days: u32,
}

/// An item in the trash.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct TrashItem {
    /// For `restore` and `purge`.
    pub id: String,
    /// The former path.
    pub path: String,
    /// The former name.
    pub name: String,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes of the file, or of the files in the folder.
    pub size: u64,
    /// Number of files.
    pub files: u64,
    /// Modification time.
    pub modified_ms: i64,
    /// When it was removed.
    pub removed_ms: i64,
    /// The account that removed it; left out for visitors.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub account: Option<String>,
    /// Why it is in the trash.
    pub cause: TrashCause,
    /// Whether the client may delete it for good.
    pub may_purge: bool,
}

/// Why something is in the trash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TrashCause {
    /// It was deleted.
    Deleted,
    /// Another file took its name.
    Replaced,
}

/// Earlier versions of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Versions {
    /// The newest first.
    pub versions: Vec<VersionInfo>,
}

/// An earlier version of a file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct VersionInfo {
    /// For `restore-version`.
    pub id: String,
    /// Bytes.
    pub size: u64,
    /// Modification time.
    pub modified_ms: i64,
    /// When it was replaced or deleted; left out for versions of the text editor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub removed_ms: Option<i64>,
}

/// Body of `restore` and `purge`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct TrashIdRequest {
    /// The item.
    pub id: String,
}

/// Body of `restore-version`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct VersionRequest {
    /// The file.
    pub path: String,
    /// The version.
    pub id: String,
    /// Under another name beside the file, which stays as it is.
    #[serde(default)]
    #[cfg_attr(test, ts(optional, as = "Option<bool>"))]
    pub beside: bool,
}

/// Body of `undo`.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct UndoRequest {
    /// From the answer of the change.
    pub undo: String,
}

/// Answer to `restore`, `restore-version` and `undo`.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Restored {
    /// Paths of what was brought back.
    pub paths: Vec<String>,
    /// Changes of the same request that could not be undone; the same identifier tries them again.
    pub left: usize,
}

/// Body of every answer with a status of 400 and above.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct ApiError {
    /// What programs decide by. Later versions may send codes that are not listed here; the status then tells the kind.
    pub code: ErrorCode,
    /// What happened: a sentence for people, never to be parsed.
    pub message: String,
    /// What to do next: sentences for people.
    pub advice: String,
    /// The path that the error is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub path: Option<String>,
    /// For `exists`: what is there, if the account may know.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub existing: Option<EntryKind>,
    /// For `denied`: the missing right.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub missing: Option<&'static str>,
    /// For `no_space` and `link_full`: bytes that are left.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub left_bytes: Option<u64>,
    /// For `no_space`: bytes that are needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub needed_bytes: Option<u64>,
    /// Seconds after which the request may succeed, as in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub retry_secs: Option<u64>,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Nothing is at the path, or the account may not know that something is.
    NotFound,
    /// The account lacks a right.
    Denied,
    /// The operating system denies the server access.
    SystemRefuses,
    /// The file opens only with its key.
    KeyNeeded,
    /// The function is switched off on this server.
    SwitchedOff,
    /// Nothing can be changed here: the disk is read-only.
    ReadOnly,
    /// Something with that name exists.
    Exists,
    /// A file is in the place of a folder.
    NotAFolder,
    /// A folder is in the place of a file.
    IsAFolder,
    /// Another client holds a lock there.
    Locked,
    /// Another disk is mounted there; nothing was changed.
    InUse,
    /// A folder cannot move into itself.
    IntoItself,
    /// An invalid name or path.
    BadPath,
    /// The request makes no sense.
    BadRequest,
    /// The search was not understood; the message names the word.
    BadQuery,
    /// Nothing there has an index, so it cannot be searched.
    NoIndex,
    /// The file has changed in the meantime.
    Changed,
    /// The condition of the request does not hold.
    ConditionFailed,
    /// The disk is full.
    NoSpace,
    /// The file is larger or smaller than the volume accepts.
    SizeRule,
    /// The volume has reached its limit of bytes or files.
    VolumeFull,
    /// The volume takes files in its top folder only.
    TopFolderOnly,
    /// The share link takes no more bytes.
    LinkFull,
    /// The share link does not exist or has ended.
    UnknownLink,
    /// The client has not uploaded this, or it was deleted already.
    UploadUnknown,
    /// Another client uploaded it.
    UploadNotYours,
    /// It was uploaded too long ago to be deleted by its sender.
    UploadTooOld,
    /// It is not in the trash any more, or cannot be undone any more.
    NotInTrash,
    /// Too many wrong passwords from this address.
    Banned,
    /// Too much at once or in a short time.
    TooMany,
    /// The server is busy; the same request may succeed soon.
    Busy,
    /// The disk behind the folder is missing.
    Unavailable,
    /// A page of another site requested a change.
    ForeignOrigin,
    /// The server is not known by the name in the request's `Host`.
    UnknownHost,
    /// There is no such endpoint in this version.
    UnknownEndpoint,
    /// The endpoint has another method.
    WrongMethod,
    /// The body is not `application/json`.
    UnsupportedMediaType,
    /// The body is too long.
    TooLong,
    /// The connection ended before all of the request arrived.
    Interrupted,
    /// The server failed; its log has the details.
    Internal,
}
