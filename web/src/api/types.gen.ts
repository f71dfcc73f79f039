// Made from edge-http/src/api/types.rs by `cargo test -p edge-http`. Do not edit.

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
may: May, };

export type FolderLine = { "kind": "listing" } & FolderHead | { "kind": "folder" } & FolderEntry | { "kind": "file" } & FileEntry | { "kind": "end" } & FolderEnd;

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
 * The text that administrators show on every page for a while.
 */
banner?: string, 
/**
 * `.prologue.html`, at most 64 KiB. Its author is a user: never to be used as HTML of the page.
 */
prologue?: string, 
/**
 * `.epilogue.html`, likewise.
 */
epilogue?: string, 
/**
 * `README.md`, likewise.
 */
readme?: string, 
/**
 * The tags that files here have, in the order in which they are shown.
 */
tags?: Array<TagInfo>, };

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
undo?: string, };

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
 * For how many days they are kept; 0: not known for the whole path.
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
paths: Array<string>, };

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

export type ErrorCode = "not_found" | "denied" | "system_refuses" | "key_needed" | "switched_off" | "read_only" | "exists" | "not_a_folder" | "is_a_folder" | "locked" | "into_itself" | "bad_path" | "bad_request" | "changed" | "condition_failed" | "no_space" | "size_rule" | "volume_full" | "top_folder_only" | "link_full" | "unknown_link" | "upload_unknown" | "upload_not_yours" | "upload_too_old" | "not_in_trash" | "banned" | "too_many" | "busy" | "unavailable" | "foreign_origin" | "unknown_host" | "unknown_endpoint" | "wrong_method" | "unsupported_media_type" | "too_long" | "interrupted" | "internal";
