//! `StoreError`: the failed operation, its path, and the kind of failure.
//!
//! The path is for the administrator's log and never reaches a client: the engine maps the kind to its own error and
//! drops the path.

use crate::platform;
use std::io;
use thiserror::Error;

/// Kind of a [`StoreError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The name does not exist.
    NotFound,
    /// The name exists already.
    Exists,
    /// A folder was expected.
    NotAFolder,
    /// A file was expected.
    IsAFolder,
    /// The path contains a symbolic link (or junction).
    Link,
    /// A pipe, socket or device: never opened.
    Special,
    /// Permission denied by the operating system.
    Denied,
    /// The disk or a quota is full.
    NoSpace,
    /// The file system is read-only.
    ReadOnly,
    /// The folder is not empty.
    NotEmpty,
    /// A name or path is longer than the file system allows, or has characters that it cannot store.
    BadName,
    /// In use; may succeed later.
    Busy,
    /// The operating system uses it, as the mount point of a file system; that does not end by itself.
    InUse,
    /// Source and target are on different file systems.
    CrossDevice,
    /// Stored data is invalid.
    Corrupt,
    /// A newer version of this program has written it.
    Newer,
    /// Ended early because the caller asked for it.
    Interrupted,
    /// Any other failure; see the source.
    Other,
}

/// A failed operation of the store.
#[derive(Debug, Error)]
#[error("{op} {path:?}: {source}")]
pub struct StoreError {
    /// The operation, as a verb: `open`, `rename`.
    pub op: &'static str,
    /// The path or object, for the log.
    pub path: String,
    kind: ErrorKind,
    /// The error of the operating system or the database.
    pub source: io::Error,
}

impl StoreError {
    /// Creates an error from one of the operating system, which determines the kind.
    pub fn new(op: &'static str, path: impl Into<String>, source: io::Error) -> Self {
        let kind = kind_of(&source);
        Self { op, path: path.into(), kind, source }
    }
    /// Creates an error with a kind that the caller knows better.
    pub fn with_kind(
        kind: ErrorKind,
        op: &'static str,
        path: impl Into<String>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { op, path: path.into(), kind, source: io::Error::other(cause) }
    }
    /// Returns the kind of failure.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

fn kind_of(source: &io::Error) -> ErrorKind {
    use io::ErrorKind as Io;
    if platform::is_link(source) {
        return ErrorKind::Link;
    }
    match source.kind() {
        Io::NotFound => ErrorKind::NotFound,
        Io::AlreadyExists => ErrorKind::Exists,
        Io::NotADirectory => ErrorKind::NotAFolder,
        Io::IsADirectory => ErrorKind::IsAFolder,
        Io::PermissionDenied => ErrorKind::Denied,
        Io::StorageFull | Io::QuotaExceeded | Io::FileTooLarge => ErrorKind::NoSpace,
        Io::ReadOnlyFilesystem => ErrorKind::ReadOnly,
        Io::DirectoryNotEmpty => ErrorKind::NotEmpty,
        Io::InvalidFilename => ErrorKind::BadName,
        Io::ResourceBusy => ErrorKind::InUse,
        Io::ExecutableFileBusy | Io::WouldBlock => ErrorKind::Busy,
        Io::CrossesDevices => ErrorKind::CrossDevice,
        Io::InvalidData => ErrorKind::Corrupt,
        _ => ErrorKind::Other,
    }
}
