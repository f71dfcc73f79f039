//! Errors of the services, independent of protocols.
//!
//! [`EngineError`] has one variant for each kind of failure, which is what a protocol maps to its codes; the value inside
//! says which failure of that kind it is. An edge decides by kind where that suffices, and by the inner value where the
//! protocol has a code or a text of its own. Both matches are exhaustive.

mod unfit;
mod upload;

pub use unfit::Unfit;
pub use upload::{BodyRefusal, UnpostRefused, UploadError};

use model::{Bytes, PathError, VPath};
use std::sync::Arc;
use thiserror::Error;

/// Why a call of a service failed.
#[derive(Clone, Debug, Error)]
pub enum EngineError {
    /// Nothing exists at the path, or the account may not know that something does.
    #[error("there is nothing at {0:?}")]
    NotFound(VPath),
    /// The client may not do that.
    #[error(transparent)]
    Denied(Denial),
    /// The password is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// The names that exist do not allow it.
    #[error(transparent)]
    Conflict(Conflict),
    /// The request makes no sense.
    #[error(transparent)]
    Invalid(Invalid),
    /// The file is not in the state that the request asks for.
    #[error(transparent)]
    Changed(Changed),
    /// A disk, a volume or a share link has no room for it.
    #[error(transparent)]
    NoSpace(NoSpace),
    /// A rule of the volume forbids the file.
    #[error(transparent)]
    RuleBroken(Rule),
    /// The client, or all clients together, did something too often.
    #[error(transparent)]
    TooMany(TooMany),
    /// The client should retry soon: settings are changing, or a queue is full.
    #[error("the server is busy")]
    Busy,
    /// Something that was there is not any more.
    #[error(transparent)]
    Gone(Gone),
    /// Bytes stopped arriving.
    #[error(transparent)]
    Interrupted(Interruption),
    /// A handshake, a chunk or another part of an upload was refused.
    #[error(transparent)]
    Upload(UploadError),
    /// The new settings are invalid; holds every fault.
    #[error("the settings have faults")]
    BadSettings(Vec<model::settings::Fault>),
    /// An internal failure; the log has the details.
    #[error("{sentence}")]
    Internal {
        /// A sentence for people.
        sentence: String,
        /// The cause, for the log.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a client may not do something.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Denial {
    /// The account lacks a right at the path.
    #[error("{missing} access is missing at {path:?}")]
    Right {
        /// The path.
        path: VPath,
        /// The missing right in one word (`write`, `read` ...).
        missing: &'static str,
    },
    /// The file can only be opened with its key.
    #[error("{0:?} needs its key")]
    KeyNeeded(VPath),
    /// The operation is switched off for all accounts.
    #[error("{0} is switched off on this server")]
    SwitchedOff(&'static str),
    /// The operating system denies the server this operation. No login of the client changes that.
    #[error("the operating system refuses that at {0:?}")]
    System(VPath),
    /// The file system of the volume is read-only.
    #[error("{0:?} is read-only")]
    ReadOnly(VPath),
}

/// Why the names that exist do not allow an operation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// Something with that name exists.
    #[error("{0:?} exists already")]
    Exists(VPath),
    /// A file is in the place of a folder.
    #[error("{0:?} is not a folder")]
    NotAFolder(VPath),
    /// A folder is in the place of a file.
    #[error("{0:?} is a folder")]
    IsAFolder(VPath),
    /// A folder cannot move into itself.
    #[error("a folder cannot move into itself")]
    IntoItself,
    /// Another client holds a lock there.
    #[error("{0:?} is locked by another client")]
    Locked(VPath),
    /// Another disk is mounted there, or the operating system uses it otherwise.
    #[error("another disk is mounted at {0:?}")]
    InUse(VPath),
}

/// Why a request makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Invalid {
    /// An invalid name or path.
    #[error("{0}")]
    Path(#[from] PathError),
    /// What it names does not suit it.
    #[error("{0}")]
    Unfit(#[from] Unfit),
    /// Anything else; holds one plain sentence.
    #[error("{0}")]
    Request(String),
    /// The body does not have the digest that the client announced.
    #[error("the body does not have the announced digest")]
    Digest,
}

/// How a file differs from the one that the request is about.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Changed {
    /// The text was changed since the client opened it.
    #[error("the file has been changed since it was opened")]
    Since {
        /// Its current mtime, milliseconds since 1970.
        lastmod_ms: i64,
    },
    /// The file at the path does not meet the condition of the request.
    #[error("{0:?} is not in the state that the request asks for")]
    Condition(VPath),
}

/// What has no room.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoSpace {
    /// The disk is full, or would get fuller than the volume's settings allow.
    #[error("the disk is full: {free:?} free, {needed:?} needed")]
    Disk {
        /// Free bytes that may be used.
        free: Bytes,
        /// Bytes needed; 0: unknown, the disk itself reported that it is full.
        needed: Bytes,
    },
    /// The free space of the disk is reserved for other unfinished uploads.
    #[error("the free space is reserved for other uploads: {left:?} left, {needed:?} needed")]
    Reserved {
        /// Bytes that are not reserved.
        left: Bytes,
        /// Bytes needed.
        needed: Bytes,
    },
    /// The volume has reached its limit of bytes.
    #[error("the volume has reached its size limit")]
    VolumeBytes,
    /// The volume has reached its limit of files.
    #[error("the volume has reached its limit of files")]
    VolumeFiles,
    /// The share link accepts no more bytes than this.
    #[error("the link takes {left:?} more")]
    Link {
        /// Bytes that the link still accepts.
        left: Bytes,
    },
}

/// A rule of a volume for the files in it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Rule {
    /// The file is larger or smaller than the volume accepts.
    #[error("the file is too {}", if *too_big { "big" } else { "small" })]
    Size {
        /// Larger than the maximum (else smaller than the minimum).
        too_big: bool,
        /// That maximum or minimum.
        limit: Bytes,
    },
    /// The volume accepts files in its top folder only.
    #[error("files go into the top folder only")]
    TopFolderOnly,
}

/// What happened too often.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TooMany {
    /// Too many wrong passwords: the address is banned for a while.
    #[error("too many wrong passwords")]
    Guesses {
        /// Seconds until the next attempt is checked.
        retry_secs: u64,
    },
    /// Too many files from one address in a short time.
    #[error("too many uploads in a short time")]
    Files,
    /// Too many bytes from one address in a short time.
    #[error("too many bytes in a short time")]
    Bytes,
    /// Too many uploads are unfinished.
    #[error("too many uploads are unfinished")]
    Unfinished {
        /// Whether the limit of all clients together was reached (else that of this client).
        by_all_clients: bool,
    },
    /// A limit of concurrent work is reached.
    #[error("too many {what} are under way{}", if *per_address { " from one address" } else { "" })]
    AtOnce {
        /// What is limited, for people: `archives`.
        what: &'static str,
        /// Whether the limit of the client's address was reached (else that of all clients together).
        per_address: bool,
    },
}

/// What is not there any more.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Gone {
    /// The share link does not exist or has ended.
    #[error("there is no such link")]
    Link,
    /// It is not in the trash any more: it was restored or deleted for good. Or the move cannot be undone any more.
    #[error("it is not in the trash any more")]
    Trashed,
    /// The volume's folder is missing (unplugged, unmounted).
    #[error("the folder behind {0:?} is not available")]
    Folder(VPath),
}

/// Whose bytes stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Interruption {
    /// The client disconnected or sent less than announced.
    #[error("the connection ended before all bytes arrived")]
    Client,
    /// A download of a file that is still being uploaded has waited too long for more bytes.
    #[error("the sender of this file has stopped; nothing more has arrived for two minutes")]
    Sender,
}

impl EngineError {
    /// Wraps a failure that the client cannot fix.
    pub fn internal(sentence: &str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal { sentence: sentence.into(), source: Arc::new(source) }
    }
    /// Shorthand for a [`Denial::Right`].
    pub fn denied(path: &VPath, missing: &'static str) -> Self {
        Self::Denied(Denial::Right { path: path.clone(), missing })
    }
}

impl From<Unfit> for EngineError {
    fn from(why: Unfit) -> Self {
        Self::Invalid(Invalid::Unfit(why))
    }
}

impl From<PathError> for EngineError {
    fn from(fault: PathError) -> Self {
        Self::Invalid(Invalid::Path(fault))
    }
}

/// Result of most calls of services.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
