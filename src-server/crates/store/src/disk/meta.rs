//! What is known about a file, a folder, a disk.

use model::{Bytes, UnixMillis};

/// What something on disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link (or junction).
    Link,
    /// A pipe, socket or device: never opened.
    Other,
}

/// The identity of a file or folder while something holds it open; names may come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The file system.
    pub dev: u64,
    /// The inode in it; 0 where the platform has no such number.
    pub ino: u64,
}

/// Metadata of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// File, folder or something else.
    pub kind: Kind,
    /// Bytes.
    pub size: u64,
    /// Time of last change, nanoseconds since 1970; saturates outside the years 1677 to 2262.
    pub mtime_ns: i64,
    /// The file system's number.
    pub dev: u64,
    /// The inode's number; 0 where the platform has none.
    pub ino: u64,
    /// Names that this file has (hard links).
    pub links: u64,
    /// Permission bits.
    pub mode: u32,
}

impl Meta {
    /// Time of last change, rounded towards the past.
    pub fn mtime(&self) -> UnixMillis {
        UnixMillis(self.mtime_ns.div_euclid(1_000_000))
    }
    /// What tells this file from all others.
    pub fn id(&self) -> FileId {
        FileId { dev: self.dev, ino: self.ino }
    }
}

/// How full a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes that we could still write.
    pub free: Bytes,
    /// Bytes in total.
    pub total: Bytes,
}
