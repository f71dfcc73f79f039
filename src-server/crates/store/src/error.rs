//! `StoreError`: which operation failed on which path, and what kind of failure that is.
//!
//! The path is for the log of the one who runs the server. It never reaches a client: the engine translates the kind
//! into its own error and leaves the path here.

use crate::platform;
use std::io;
use thiserror::Error;

/// What kind of failure a [`StoreError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing has that name.
    NotFound,
    /// Something has that name already.
    Exists,
    /// A folder was needed.
    NotAFolder,
    /// A file was needed.
    IsAFolder,
    /// A symbolic link (or junction) stands somewhere in the path.
    Link,
    /// A pipe, socket or device: never opened.
    Special,
    /// The operating system says no.
    Denied,
    /// The disk or a quota is full.
    NoSpace,
    /// The file system is read-only.
    ReadOnly,
    /// A folder still holds something.
    NotEmpty,
    /// A name or path is longer than the file system allows, or has characters that it cannot store.
    BadName,
    /// In use; may work later.
    Busy,
    /// Source and target are on different file systems.
    CrossDevice,
    /// What is stored does not make sense.
    Corrupt,
    /// Anything else; the source says what.
    Other,
}

/// A failure of the store.
#[derive(Debug, Error)]
#[error("{op} {path:?}: {source}")]
pub struct StoreError {
    /// What was tried, as a verb: `open`, `rename`.
    pub op: &'static str,
    /// On what, for the log.
    pub path: String,
    kind: ErrorKind,
    /// What the operating system or the database said.
    pub source: io::Error,
}

impl StoreError {
    /// An error of the operating system; its kind follows from it.
    pub fn new(op: &'static str, path: impl Into<String>, source: io::Error) -> Self {
        let kind = kind_of(&source);
        Self { op, path: path.into(), kind, source }
    }
    /// An error whose kind is known better by the caller.
    pub fn with_kind(
        kind: ErrorKind,
        op: &'static str,
        path: impl Into<String>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { op, path: path.into(), kind, source: io::Error::other(cause) }
    }
    /// What kind of failure this is.
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
        Io::ResourceBusy | Io::ExecutableFileBusy | Io::WouldBlock => ErrorKind::Busy,
        Io::CrossesDevices => ErrorKind::CrossDevice,
        Io::InvalidData => ErrorKind::Corrupt,
        _ => ErrorKind::Other,
    }
}
