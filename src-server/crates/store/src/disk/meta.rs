//! Metadata of files, folders and disks.

use model::{Bytes, UnixMillis};

/// Type of a directory entry.
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

/// Identity of a file or folder, independent of its names. Valid while the file is held open; inodes are reused later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    /// Device number of the file system.
    pub dev: u64,
    /// Inode number; 0 on platforms without one.
    pub ino: u64,
}

/// Metadata of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// File, folder or something else.
    pub kind: Kind,
    /// Size in bytes.
    pub size: u64,
    /// Modification time, nanoseconds since 1970; saturates outside the years 1677 to 2262.
    pub mtime_ns: i64,
    /// Device number of the file system.
    pub dev: u64,
    /// Inode number; 0 on platforms without one.
    pub ino: u64,
    /// Number of hard links.
    pub links: u64,
    /// Permission bits.
    pub mode: u32,
}

impl Meta {
    /// Returns the modification time, rounded down.
    pub fn mtime(&self) -> UnixMillis {
        UnixMillis(self.mtime_ns.div_euclid(1_000_000))
    }
    /// Returns the identity of the file.
    pub fn id(&self) -> FileId {
        FileId { dev: self.dev, ino: self.ino }
    }
}

/// Space of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// Bytes available to this process.
    pub free: Bytes,
    /// Bytes in total.
    pub total: Bytes,
}
