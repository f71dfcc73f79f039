//! File system access by handle: a [`Folder`] is an open folder, and everything below it is reached from that handle,
//! never by a path from the root of the host and never through a symlink.
//!
//! All calls block, because file systems have no useful asynchronous interface; a caller that needs one makes many
//! calls on one pool thread. The exceptions say so in their names ([`Folder::open_cached`], [`OpenFile::read_nowait`]):
//! they answer from the kernel's caches or not at all.
//!
//! | file | |
//! |---|---|
//! | `folder.rs` | operations on folders and files; `folder/links.rs`: targets of symlinks |
//! | `on_existing.rs`, `replace.rs` | renames onto a name that exists, and renames that can be undone |
//! | `meta.rs` | metadata of files, folders and disks |
//! | `mounts.rs` | file systems that are mounted below a folder |
//! | `copy.rs` | copies of file contents, by clone where the file system can |
//! | `mapped.rs` | memory-mapped parts of files (the only unsafe code here) |
//! | `reserved.rs` | names that are reserved for the server and hidden from clients |
//! | `faults.rs` | injected failures, for tests |

mod copy;
pub mod faults;
mod folder;
mod mapped;
mod meta;
mod mounts;
mod on_existing;
mod replace;
pub mod reserved;

pub use crate::platform::SocketRef;
pub use copy::{CopyWatch, clone_or_copy};
pub use faults::{Faults, Op};
pub use folder::links::LinkTarget;
pub use folder::{Folder, Node, OpenFile, RawEntry, RealPath};
pub use mapped::{FileMaps, Mapped};
pub use meta::{FileId, Kind, Meta, Space};
pub(crate) use mounts::mounts_below;
pub use on_existing::OnExisting;
pub use replace::ReplacedFile;
