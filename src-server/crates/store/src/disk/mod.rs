//! The disk, by handle: a [`Folder`] is open, and everything below it is reached from that handle, never by a path from
//! the root of the host and never through a link.
//!
//! Blocking on purpose: file systems have no useful asynchronous interface, a caller that wants one puts a thread
//! around many calls at once. Exceptions say so in their name ([`Folder::open_cached`], [`OpenFile::read_nowait`]):
//! those answer from the kernel's caches or not at all.
//!
//! | file | |
//! |---|---|
//! | `folder.rs` | the verbs; `folder/links.rs`: where links lead |
//! | `replace.rs` | giving a name to something else so that it can be taken back |
//! | `meta.rs` | what is known about a file, a folder, a disk |
//! | `copy.rs` | contents from file to file, by clone where the file system can |
//! | `mapped.rs` | a file as memory, in slices (the only unsafe code here) |
//! | `reserved.rs` | names that belong to us and are invisible to everyone |
//! | `faults.rs` | failures on demand, for tests |

mod copy;
pub mod faults;
mod folder;
mod mapped;
mod meta;
mod replace;
pub mod reserved;

pub use crate::platform::SocketRef;
pub use copy::clone_or_copy;
pub use faults::{Faults, Op};
pub use folder::{Folder, LinkTarget, Node, OnExisting, OpenFile, RawEntry, RealPath};
pub use mapped::{Mapped, mapped_source};
pub use meta::{FileId, Kind, Meta, Space};
pub use replace::ReplacedFile;
