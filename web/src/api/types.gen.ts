// Made from edge-http/src/api/types*.rs by `cargo test -p edge-http`. Do not edit.

export type Right = "read" | "write" | "move" | "delete" | "dot" | "get" | "upget" | "html" | "admin";

export type Session = { 
/**
 * The server.
 */
server: ServerInfo, 
/**
 * The account behind the request.
 */
account: AccountInfo, 
/**
 * Whether there are accounts to sign in to.
 */
can_sign_in: boolean, 
/**
 * Whether the account may use the settings at `/.potluck/admin/`.
 */
is_admin: boolean, 
/**
 * Seconds for which clients can delete their own uploads; 0: they cannot.
 */
delete_own_uploads_secs: number, 
/**
 * Bounds that a client should know before it sends something.
 */
limits: Limits, };

export type ServerInfo = { 
/**
 * Its configured name.
 */
name: string, 
/**
 * Version of the program.
 */
version: string, };

export type AccountInfo = { 
/**
 * Its kind.
 */
kind: AccountKind, 
/**
 * The name, for `account` only.
 */
name?: string, };

export type AccountKind = "anonymous" | "account" | "guest" | "link";

export type Limits = { 
/**
 * Longest name of a file or folder, bytes of UTF-8.
 */
name_bytes: number, 
/**
 * Longest path, bytes of UTF-8.
 */
path_bytes: number, 
/**
 * Most names in a path.
 */
path_depth: number, 
/**
 * Longest body of a change.
 */
request_bytes: number, 
/**
 * Longest request of an upload, where the server or a proxy in front of it limits it.
 */
upload_request_bytes?: number, };

export type May = { 
/**
 * List a folder.
 */
list: boolean, 
/**
 * Download files.
 */
download: boolean, 
/**
 * Download folders as archives.
 */
archive: boolean, 
/**
 * Add files and folders.
 */
upload: boolean, 
/**
 * Replace files.
 */
overwrite: boolean, 
/**
 * Edit texts.
 */
edit: boolean, 
/**
 * Move and rename from here.
 */
move: boolean, 
/**
 * Copy from here.
 */
copy: boolean, 
/**
 * Delete.
 */
delete: boolean, 
/**
 * Leave a note for the owner of the server.
 */
note: boolean, 
/**
 * See files whose names begin with a dot.
 */
dotfiles: boolean, };

export type Volumes = { 
/**
 * Sorted by path.
 */
volumes: Array<VolumeInfo>, };

export type VolumeInfo = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its name; empty for the root.
 */
name: string, 
/**
 * The rights there.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, 
/**
 * Whether the account may make share links to what is there and may be read by it, and links that ask for files where it
 * may add some.
 */
links: boolean, };

export type FolderLine = { "kind": "first" } & FolderHead | { "kind": "listing" } & FolderHead | { "kind": "folder" } & FolderEntry | { "kind": "file" } & FileEntry | { "kind": "end" } & FolderEnd;

export type FolderHead = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its name; empty for the root.
 */
name: string, 
/**
 * The rights here.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, 
/**
 * The order of names here.
 */
order: NameOrder, 
/**
 * Number of folders, of all pages together.
 */
folders: number, 
/**
 * Number of files, of all pages together.
 */
files: number, 
/**
 * Bytes of these files.
 */
bytes: number, 
/**
 * Position of the first line that follows; folders and files are counted together.
 */
offset: number, 
/**
 * Space on the disk, unless the server hides it.
 */
space?: Space, 
/**
 * Seconds after which uploads here are deleted.
 */
lifetime_secs?: number, 
/**
 * Whether uploads here get random names.
 */
random_names: boolean, 
/**
 * What holds for uploads here, where the account may upload.
 */
uploads?: UploadRules, 
/**
 * How pages begin, until the visitor chooses otherwise; absent: as a list by name.
 */
view?: FolderView, 
/**
 * Whether visitors may see the `index.html` of this folder, if there is one, instead of the list.
 */
index_page: boolean, 
/**
 * The text that administrators show on every page for a while.
 */
banner?: string, 
/**
 * `.prologue.html`.
 */
prologue?: Logue, 
/**
 * `.epilogue.html`.
 */
epilogue?: Logue, 
/**
 * Name of the file of `preadme_html`: `PREADME.md`, or as the volume says, in any case.
 */
preadme_name?: string, 
/**
 * `PREADME.md`, unless there is a prologue: sanitised HTML, to be used as it is.
 */
preadme_html?: string, 
/**
 * Plugins of `PREADME.md`, where they run.
 */
preadme_plugins?: MarkdownPlugins, 
/**
 * Name of the file of `readme_html`: `README.md`, or as the volume says, in any case.
 */
readme_name?: string, 
/**
 * `README.md`, unless there is an epilogue: sanitised HTML, to be used as it is.
 */
readme_html?: string, 
/**
 * Plugins of `README.md`, where they run.
 */
readme_plugins?: MarkdownPlugins, 
/**
 * The tags that files here have, in the order in which they are shown.
 */
tags?: Array<TagInfo>, };

export type UploadRules = { 
/**
 * Most bytes of one file: by the limits of the volume, and what a share link has left.
 */
max_file_bytes?: number, 
/**
 * Least bytes of one file.
 */
min_file_bytes?: number, 
/**
 * Most bytes of one request, where the server or a proxy in front of it limits that.
 */
max_request?: number, 
/**
 * Seconds after which uploads are deleted.
 */
lifetime_secs?: number, 
/**
 * Default number of requests at once.
 */
parallel?: number, 
/**
 * Default order: `size` (small first) or `name`.
 */
order?: string, 
/**
 * Default for taken names: `older` or `replace`.
 */
taken?: string, };

export type FolderView = { 
/**
 * As a grid.
 */
grid: boolean, 
/**
 * In this order, the most important column first; empty: by name.
 */
sort: Array<SortedBy>, 
/**
 * Links download files instead of opening them.
 */
downloads: boolean, };

export type SortedBy = { 
/**
 * `name`, `size`, `ext`, `date`, or `tag:` and the name of a tag.
 */
column: string, 
/**
 * From the largest to the smallest.
 */
descending: boolean, };

export type Logue = { "kind": "frame", 
/**
 * URL of the frame.
 */
href: string, 
/**
 * Its height in pixels.
 */
height: number, } | { "kind": "text", 
/**
 * The text.
 */
text: string, };

export type MarkdownFile = { 
/**
 * Sanitised HTML, to be used as it is.
 */
html: string, 
/**
 * The headings, in order, at most 500.
 */
toc: Array<MarkdownHeading>, 
/**
 * When the file was changed.
 */
modified_ms: number, 
/**
 * Changes with the content.
 */
etag: string, 
/**
 * Whether the account may edit the file.
 */
may_edit: boolean, 
/**
 * Plugins in the text, where they run.
 */
plugins?: MarkdownPlugins, };

export type MarkdownPlugins = { 
/**
 * The text, with its plugins.
 */
text: string, 
/**
 * Whether a line break in the text is one on the page.
 */
breaks: boolean, };

export type MarkdownHeading = { 
/**
 * 1 to 6.
 */
level: number, 
/**
 * `id` of its element.
 */
id: string, 
/**
 * Its words.
 */
text: string, };

export type MarkdownRequest = { 
/**
 * The file that the text is, or will be.
 */
path: string, 
/**
 * The text.
 */
text: string, };

export type MarkdownPreview = { 
/**
 * Sanitised HTML, to be used as it is.
 */
html: string, 
/**
 * The headings, in order, at most 500.
 */
toc: Array<MarkdownHeading>, 
/**
 * Plugins in the text, where they run.
 */
plugins?: MarkdownPlugins, };

export type TagInfo = { 
/**
 * Its name, such as `artist` or `.bpm`.
 */
name: string, 
/**
 * Its name for people.
 */
label: string, 
/**
 * Whether pages leave it out.
 */
hidden: boolean, };

export type NameOrder = "natural" | "bytes";

export type Space = { 
/**
 * Free bytes.
 */
free: number, 
/**
 * All bytes.
 */
total: number, };

export type FolderEntry = { 
/**
 * Its name.
 */
name: string, 
/**
 * The exact name, percent-encoded, where it is not UTF-8.
 */
encoded?: string, 
/**
 * When something was added or removed in it; 0 for a folder that only leads to volumes.
 */
modified_ms: number, 
/**
 * Whether it can be downloaded as an archive.
 */
archive: boolean, 
/**
 * Size of all files below it, where an index knows it.
 */
size?: number, 
/**
 * Number of all files below it, where an index knows it.
 */
files?: number, 
/**
 * The rights in it, where it is a volume in a folder that only leads to volumes.
 */
rights?: Array<Right>, };

export type PictureInfo = { 
/**
 * Width in pixels, the right way up; of some formats that of the thumbnail.
 */
width: number, 
/**
 * The height that belongs to it.
 */
height: number, 
/**
 * ThumbHash of the thumbnail, as base64.
 */
thumbhash: string, };

export type FileEntry = { 
/**
 * Its name.
 */
name: string, 
/**
 * The exact name, percent-encoded, where it is not UTF-8.
 */
encoded?: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * When its content was changed.
 */
modified_ms: number, 
/**
 * What it shows, once a thumbnail of it was made.
 */
picture?: PictureInfo, 
/**
 * Its key, where downloads need one: `?k=` of its link.
 */
key?: string, 
/**
 * Its tags, by name, where it has any.
 */
tags?: Record<string, string | number | null>, };

export type FolderEnd = { 
/**
 * Number of folders and files that were sent.
 */
rows: number, };

export type EntryInfo = { 
/**
 * Its kind.
 */
kind: EntryKind, 
/**
 * Its path.
 */
path: string, 
/**
 * Its name; empty for the root.
 */
name: string, 
/**
 * Bytes; 0 for a folder.
 */
size: number, 
/**
 * When it was changed; 0 for a folder that only leads to volumes.
 */
modified_ms: number, 
/**
 * Version of a file's content, for `If-Match` (in quotation marks there).
 */
etag?: string, 
/**
 * The key of a file, where downloads need one and the account may learn it.
 */
key?: string, 
/**
 * The rights there.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, };

export type EntryKind = "folder" | "file";

export type Tree = { 
/**
 * Sorted by name.
 */
folders: Array<TreeFolder>, };

export type TreeFolder = { 
/**
 * Its name.
 */
name: string, 
/**
 * The exact name, percent-encoded, where it is not UTF-8.
 */
encoded?: string, 
/**
 * Whether it certainly has no folders; absent: it may have some.
 */
leaf?: boolean, 
/**
 * The folders in it, if it is on the way to the requested one.
 */
open?: Tree, };

export type Uploads = { 
/**
 * Unfinished ones first, then the newest.
 */
uploads: Array<UploadInfo>, };

export type UploadInfo = { 
/**
 * Path of the file, now or once it is complete.
 */
path: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Bytes of the complete file.
 */
size: number, 
/**
 * When it was uploaded or started.
 */
at_ms: number, 
/**
 * Percentage received, if it is not complete.
 */
percent?: number, };

export type SearchBody = { 
/**
 * What a person typed (docs/http-api.md "What people type").
 */
text?: string, 
/**
 * An expression, as `q` of `?srch`.
 */
query?: string, 
/**
 * The fields of the search form, as of `?srch`.
 */
fields?: Record<string, string>, 
/**
 * The folder in and below which is searched; the root without it.
 */
path?: string, 
/**
 * In all volumes, whatever `path` is.
 */
everywhere?: boolean, 
/**
 * Most files; 1,000 without it, and never more than the settings allow.
 */
limit?: number, 
/**
 * Offset of the person's clock from UTC, in minutes east: dates in `text` are meant by it.
 */
utc_offset_minutes?: number, };

export type SearchLine = { "kind": "results" } & ResultsHead | { "kind": "place" } & Place | { "kind": "folder" } & FoundFolder | { "kind": "file" } & FoundFile | { "kind": "end" } & ResultsEnd;

export type ResultsHead = { 
/**
 * The folder in and below which was searched.
 */
path: string, 
/**
 * Number of folders that were found.
 */
folders: number, 
/**
 * Number of files that were found.
 */
files: number, 
/**
 * The tags that they have, in the order in which they are shown.
 */
tags: Array<TagInfo>, };

export type Place = { 
/**
 * Files refer to it by this number, which counts from 0 in the order of the lines.
 */
place: number, 
/**
 * The rights.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, };

export type FoundFolder = { 
/**
 * Path of the folder that it is in.
 */
folder: string, 
/**
 * Number of the `place` line with the rights in it.
 */
place: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The exact name, percent-encoded, where it is not UTF-8.
 */
encoded?: string, 
/**
 * When something was added or removed in it; 0 for a folder that only leads to volumes.
 */
modified_ms: number, 
/**
 * Whether it can be downloaded as an archive.
 */
archive: boolean, 
/**
 * Size of all files below it, where an index knows it.
 */
size?: number, 
/**
 * Number of all files below it, where an index knows it.
 */
files?: number, 
/**
 * The rights in it, where it is a volume in a folder that only leads to volumes.
 */
rights?: Array<Right>, };

export type FoundFile = { 
/**
 * Path of the folder that it is in.
 */
folder: string, 
/**
 * Number of the `place` line with the rights there.
 */
place: number, 
/**
 * Its name.
 */
name: string, 
/**
 * The exact name, percent-encoded, where it is not UTF-8.
 */
encoded?: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * When its content was changed.
 */
modified_ms: number, 
/**
 * What it shows, once a thumbnail of it was made.
 */
picture?: PictureInfo, 
/**
 * Its key, where downloads need one: `?k=` of its link.
 */
key?: string, 
/**
 * Its tags, by name, where it has any.
 */
tags?: Record<string, string | number | null>, };

export type ResultsEnd = { 
/**
 * Number of `folder` and `file` lines.
 */
rows: number, 
/**
 * Whether there may be more: the limit of results or of time was reached.
 */
truncated: boolean, 
/**
 * Volumes that could not be searched.
 */
unsearched: Array<UnsearchedVolume>, };

export type UnsearchedVolume = { 
/**
 * Its path.
 */
path: string, 
/**
 * Why: a clause for people.
 */
why: string, };

export type Suggestions = { 
/**
 * At most eight.
 */
suggestions: Array<Suggestion>, };

export type Suggestion = { 
/**
 * Whether it is a key such as `artist:` or a value.
 */
kind: SuggestionKind, 
/**
 * The whole text with it.
 */
text: string, 
/**
 * The key or value alone.
 */
label: string, };

export type SuggestionKind = "key" | "value";

export type BelowLine = { "kind": "below" } & BelowHead | { "kind": "place" } & Place | { "kind": "file" } & FoundFile | { "kind": "end" } & BelowEnd;

export type BelowHead = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its name; empty for the root.
 */
name: string, 
/**
 * The rights in it.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, 
/**
 * The order of names here.
 */
order: NameOrder, 
/**
 * The tags that its volume keeps, in the order in which they are shown; files may have none of them.
 */
tags: Array<TagInfo>, 
/**
 * Most files that are listed.
 */
limit: number, };

export type BelowEnd = { 
/**
 * Number of `file` lines.
 */
rows: number, 
/**
 * Number of folders that were listed, with the first.
 */
folders: number, 
/**
 * Whether there are, or may be, more files.
 */
truncated: boolean, };

export type PathRequest = { 
/**
 * Path of the entry that is made or deleted.
 */
path: string, };

export type RelocationRequest = { 
/**
 * The source.
 */
from: string, 
/**
 * Its new path, or that of the copy.
 */
to: string, 
/**
 * What happens if something exists there.
 */
if_exists?: IfExists, };

export type IfExists = "refuse" | "replace";

export type RenameRequest = { 
/**
 * Path of the entry that is renamed.
 */
path: string, 
/**
 * Its new name as text, without slashes; `move` also takes names that are not UTF-8.
 */
name: string, };

export type NoteRequest = { 
/**
 * The folder at which the note is left.
 */
path: string, 
/**
 * The note.
 */
text: string, };

export type DeleteUploadRequest = { 
/**
 * The file that the client uploaded.
 */
path: string, 
/**
 * The identity of an unfinished upload: only this one is cancelled.
 */
wark?: string, };

export type Made = { 
/**
 * Path of what was made.
 */
path: string, };

export type Deleted = { 
/**
 * Files deleted.
 */
files: number, 
/**
 * Folders deleted.
 */
folders: number, 
/**
 * Files and folders among them that are gone for good although there is a trash, because it could not take them (the
 * disk is full).
 */
lost: number, 
/**
 * Undoes the deletion; left out if it cannot be undone.
 */
undo?: string, 
/**
 * For how many seconds the trash keeps it, if it alone is larger than the trash may be; left out if it is kept for
 * as long as everything else.
 */
undo_secs?: number, };

export type PropertiesRequest = { 
/**
 * Paths of files and folders, 1 to 1,000.
 */
paths: Array<string>, };

export type PropertiesLine = { "kind": "file" } & FileProperties | { "kind": "counted" } & Counted | { "kind": "failed" } & ChangeFailed | { "kind": "total" } & Counted;

export type FileProperties = { 
/**
 * Identifies the content for uploads, where the server knows it.
 */
wark?: string, 
/**
 * What it shows, once a thumbnail of it was made.
 */
picture?: Shown, 
/**
 * All tags that the index keeps, EXIF of pictures among them.
 */
tags: Record<string, string | number | null>, 
/**
 * Who uploaded it, where that is known.
 */
uploaded?: UploadedBy, 
/**
 * Number of earlier versions; left out if the account may not know.
 */
versions?: number, 
/**
 * Its kind.
 */
kind: EntryKind, 
/**
 * Its path.
 */
path: string, 
/**
 * Its name; empty for the root.
 */
name: string, 
/**
 * Bytes; 0 for a folder.
 */
size: number, 
/**
 * When it was changed; 0 for a folder that only leads to volumes.
 */
modified_ms: number, 
/**
 * Version of a file's content, for `If-Match` (in quotation marks there).
 */
etag?: string, 
/**
 * The key of a file, where downloads need one and the account may learn it.
 */
key?: string, 
/**
 * The rights there.
 */
rights: Array<Right>, 
/**
 * What they allow.
 */
may: May, };

export type UploadedBy = { 
/**
 * When.
 */
at_ms: number, 
/**
 * Whether it is the one who asks.
 */
own: boolean, 
/**
 * The account or device; left out for visitors, and if the one who asks may not know.
 */
by?: string, 
/**
 * The address, for administrators.
 */
address?: string, };

export type Counted = { 
/**
 * Files, with those below folders.
 */
files: number, 
/**
 * Folders, with those below them; left out where an index knows the size of a folder and not their number.
 */
folders?: number, 
/**
 * Bytes of the files.
 */
bytes: number, 
/**
 * Whether there are more folders than are counted.
 */
truncated: boolean, };

export type ChecksumRequest = { 
/**
 * The file.
 */
path: string, 
/**
 * Its key, where files need one.
 */
k?: string, };

export type ChecksumLine = { "kind": "progress" } & ChecksumProgress | { "kind": "end" } & ChecksumResult | { "kind": "failed" } & ChecksumFailed;

export type ChecksumProgress = { 
/**
 * Bytes that were read.
 */
bytes_done: number, 
/**
 * Bytes of the file.
 */
bytes_total: number, };

export type ChecksumResult = { 
/**
 * SHA-512 in hexadecimal digits.
 */
sha512: string, 
/**
 * Bytes that were read.
 */
bytes: number, };

export type ChecksumFailed = { 
/**
 * Why.
 */
error: ApiError, };

export type RecentUploads = { 
/**
 * The newest first, at most 500.
 */
uploads: Array<RecentFile>, };

export type RecentFile = { 
/**
 * Its path.
 */
path: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * Whether the account may delete it: by its rights (`delete`), or as its own upload (`delete-upload`).
 */
may_delete: boolean, 
/**
 * When.
 */
at_ms: number, 
/**
 * Whether it is the one who asks.
 */
own: boolean, 
/**
 * The account or device; left out for visitors, and if the one who asks may not know.
 */
by?: string, 
/**
 * The address, for administrators.
 */
address?: string, };

export type Transfers = { 
/**
 * The oldest first. Downloads and bodies of less than 1 MiB are left out.
 */
transfers: Array<TransferInfo>, };

export type TransferInfo = { 
/**
 * Upload or download.
 */
upload: boolean, 
/**
 * The file; the folder of an archive.
 */
path: string, 
/**
 * Its name.
 */
name: string, 
/**
 * Whether it is the one who asks.
 */
own: boolean, 
/**
 * Device or account; left out for visitors.
 */
who?: string, 
/**
 * The address, for administrators.
 */
address?: string, 
/**
 * When it began.
 */
begun_ms: number, 
/**
 * Bytes so far.
 */
bytes_done: number, 
/**
 * Bytes in all, if that is known.
 */
bytes_total?: number, 
/**
 * Bytes per second lately; 0 in the first answer that has the transfer.
 */
rate: number, 
/**
 * Seconds until its end at that rate; left out if that is not known.
 */
eta_secs?: number, };

export type Indexes = { 
/**
 * In the order of their paths.
 */
indexes: Array<IndexInfo>, };

export type IndexInfo = { 
/**
 * Path of the volume.
 */
path: string, 
/**
 * What is done for it.
 */
state: IndexWork, 
/**
 * Files that the present scan has seen; without one, all in the index.
 */
files: number, 
/**
 * Files that it is likely to see in all; 0: unknown.
 */
files_expected: number, 
/**
 * Bytes of contents that were read.
 */
bytes: number, 
/**
 * Bytes to be read in all.
 */
bytes_total: number, 
/**
 * Why the last attempt failed, for administrators.
 */
problem?: string, 
/**
 * Whether the account may have it compared with the disk (`rescan`).
 */
may_rescan: boolean, };

export type IndexWork = "off" | "paused" | "waiting_for_disk" | "failed" | "scanning" | "hashing" | "up_to_date";

export type Rescanned = { 
/**
 * Volumes that are compared with their indexes.
 */
volumes: number, };

export type ShareLinks = { 
/**
 * The oldest first.
 */
links: Array<ShareLink>, };

export type ShareLink = { 
/**
 * For `revoke-link` and `link-qr`; knowing it gives no access.
 */
id: string, 
/**
 * What it is for.
 */
kind: ShareKind, 
/**
 * Its address, by the name under which the server was asked for.
 */
url: string, 
/**
 * Path of the file or folder.
 */
path: string, 
/**
 * Its name.
 */
name: string, 
/**
 * The text that visitors see first.
 */
note: string, 
/**
 * Whether it asks for a PIN.
 */
has_pin: boolean, 
/**
 * When it was made.
 */
created_ms: number, 
/**
 * When it ends; left out: never.
 */
expires_ms?: number, 
/**
 * How often it was used.
 */
uses: number, 
/**
 * How often it may be used; left out: without limit.
 */
max_uses?: number, 
/**
 * Bytes that arrived through it.
 */
received: number, 
/**
 * Whether it works.
 */
state: ShareState, };

export type ShareKind = "share" | "request";

export type ShareState = "works" | "expired" | "used_up" | "dead";

export type MakeLinkRequest = { 
/**
 * The file or folder; a folder for `request`.
 */
path: string, 
/**
 * What the link is for.
 */
kind: ShareKind, 
/**
 * Days until it ends, 1 to 3,650; left out: it does not end by itself.
 */
days?: number, 
/**
 * 4 to 64 characters that visitors must know.
 */
pin?: string, 
/**
 * How many visitors may open it.
 */
uses?: number, 
/**
 * Text that visitors see first, at most 2,000 bytes.
 */
note?: string, };

export type RenewLinkRequest = { 
/**
 * The link.
 */
id: string, 
/**
 * Days from now until it ends, 1 to 3,650; left out: it does not end by itself.
 */
days?: number, };

export type LinkIdRequest = { 
/**
 * The link.
 */
id: string, };

export type DeleteManyRequest = { 
/**
 * Paths of the entries; at most 10,000.
 */
paths: Array<string>, };

export type RelocateManyRequest = { 
/**
 * Paths of the entries; at most 10,000.
 */
from: Array<string>, 
/**
 * The folder that they, or their copies, get into under their names.
 */
to: string, 
/**
 * What happens to an entry whose name is taken there.
 */
if_exists?: IfTaken, };

export type IfTaken = "refuse" | "skip" | "replace" | "keep_both";

export type ChangeLine = { "kind": "begin" } & ChangeBegin | { "kind": "progress" } & ChangeProgress | { "kind": "conflict" } & ChangeConflict | { "kind": "failed" } & ChangeFailed | { "kind": "end" } & ChangeEnd;

export type ChangeBegin = { 
/**
 * Undoes what was done, also while the change is under way.
 */
undo: string, 
/**
 * Number of entries.
 */
total: number, 
/**
 * Bytes of all entries, for a copy, where they are known.
 */
bytes_total?: number, };

export type ChangeProgress = { 
/**
 * Entries that are done, failed or skipped.
 */
done: number, 
/**
 * Number of entries.
 */
total: number, 
/**
 * Bytes that were copied; left out if there is nothing to copy.
 */
bytes_done?: number, 
/**
 * The entry.
 */
path: string, 
/**
 * Its new path or that of its copy, once it is done.
 */
to?: string, };

export type ChangeConflict = { 
/**
 * The entry.
 */
path: string, 
/**
 * The path that is taken.
 */
to: string, 
/**
 * The entry as it is; left out if the account may not know.
 */
source?: EntryBrief, 
/**
 * What has the name; left out if the account may not know.
 */
existing?: EntryBrief, 
/**
 * What happened.
 */
error: ApiError, };

export type EntryBrief = { 
/**
 * File or folder.
 */
kind: EntryKind, 
/**
 * Bytes of a file, and of all files below a folder where that is known.
 */
size: number, 
/**
 * When its content was changed.
 */
modified_ms: number, 
/**
 * What it shows, once a thumbnail of it was made.
 */
picture?: Shown, };

export type Shown = { 
/**
 * Width in pixels.
 */
width: number, 
/**
 * Height in pixels.
 */
height: number, 
/**
 * ThumbHash, as base64.
 */
thumbhash: string, };

export type ChangeFailed = { 
/**
 * The entry.
 */
path: string, 
/**
 * Why.
 */
error: ApiError, };

export type ChangeEnd = { 
/**
 * Entries that were changed.
 */
done: number, 
/**
 * Entries that could not be changed, conflicts among them.
 */
failed: number, 
/**
 * Entries whose name was taken and that stayed where they are, as asked for.
 */
skipped: number, 
/**
 * Files and folders that are gone for good, because the trash could not take them.
 */
lost: number, 
/**
 * Undoes what was done; left out if nothing was done that can be undone.
 */
undo?: string, 
/**
 * For how many seconds the trash keeps those of the deleted entries that alone are larger than the trash may be; left out
 * if there are none.
 */
undo_secs?: number, };

export type TrashInfo = { 
/**
 * The newest first.
 */
items: Array<TrashItem>, 
/**
 * Whether there are older ones.
 */
has_more: boolean, 
/**
 * For how many days at most they are kept: of the volume at the path, else the longest of the volumes below it.
 */
days: number, };

export type TrashItem = { 
/**
 * For `restore` and `purge`.
 */
id: string, 
/**
 * The former path.
 */
path: string, 
/**
 * The former name.
 */
name: string, 
/**
 * Whether it is a folder.
 */
is_folder: boolean, 
/**
 * Bytes of the file, or of the files in the folder.
 */
size: number, 
/**
 * Number of files.
 */
files: number, 
/**
 * Modification time.
 */
modified_ms: number, 
/**
 * When it was removed.
 */
removed_ms: number, 
/**
 * The account that removed it; left out for visitors.
 */
account?: string, 
/**
 * Why it is in the trash.
 */
cause: TrashCause, 
/**
 * Whether the client may delete it for good.
 */
may_purge: boolean, };

export type TrashCause = "deleted" | "replaced";

export type Versions = { 
/**
 * The newest first.
 */
versions: Array<VersionInfo>, };

export type VersionInfo = { 
/**
 * For `restore-version`.
 */
id: string, 
/**
 * Bytes.
 */
size: number, 
/**
 * Modification time.
 */
modified_ms: number, 
/**
 * When it was replaced or deleted; left out for versions of the text editor.
 */
removed_ms?: number, };

export type TrashIdRequest = { 
/**
 * The item.
 */
id: string, };

export type VersionRequest = { 
/**
 * The file.
 */
path: string, 
/**
 * The version.
 */
id: string, 
/**
 * Under another name beside the file, which stays as it is.
 */
beside?: boolean, };

export type UndoRequest = { 
/**
 * From the answer of the change.
 */
undo: string, };

export type Restored = { 
/**
 * Paths of what was brought back.
 */
paths: Array<string>, 
/**
 * Changes of the same request that could not be undone; the same identifier tries them again.
 */
left: number, };

export type ApiError = { 
/**
 * What programs decide by. Later versions may send codes that are not listed here; the status then tells the kind.
 */
code: ErrorCode, 
/**
 * What happened: a sentence for people, never to be parsed.
 */
message: string, 
/**
 * What to do next: sentences for people.
 */
advice: string, 
/**
 * The path that the error is about, if it is about one.
 */
path?: string, 
/**
 * For `exists`: what is there, if the account may know.
 */
existing?: EntryKind, 
/**
 * For `denied`: the missing right.
 */
missing?: string, 
/**
 * For `no_space` and `link_full`: bytes that are left.
 */
left_bytes?: number, 
/**
 * For `no_space`: bytes that are needed.
 */
needed_bytes?: number, 
/**
 * Seconds after which the request may succeed, as in `Retry-After`.
 */
retry_secs?: number, };

export type ErrorCode = "not_found" | "denied" | "system_refuses" | "key_needed" | "switched_off" | "read_only" | "exists" | "not_a_folder" | "is_a_folder" | "locked" | "in_use" | "into_itself" | "bad_path" | "bad_request" | "bad_query" | "no_index" | "changed" | "condition_failed" | "no_space" | "size_rule" | "volume_full" | "top_folder_only" | "link_full" | "unknown_link" | "upload_unknown" | "upload_not_yours" | "upload_too_old" | "not_in_trash" | "banned" | "too_many" | "busy" | "unavailable" | "foreign_origin" | "unknown_host" | "unknown_endpoint" | "wrong_method" | "unsupported_media_type" | "too_long" | "interrupted" | "internal";
