//! Errors of the engine, independent of protocols. Each edge translates them in one exhaustive match.

use model::{Bytes, ChunkHash, PathError, VPath};
use std::sync::Arc;
use thiserror::Error;

/// Why an engine call failed.
#[derive(Clone, Debug, Error)]
pub enum EngineError {
    /// Nothing exists at the path, or the account may not know that something does.
    #[error("there is nothing at {0:?}")]
    NotFound(VPath),
    /// The account lacks a right at the path.
    #[error("{missing} access is missing at {path:?}")]
    Denied {
        /// The path.
        path: VPath,
        /// The missing right in one word (`write`, `read` ...).
        missing: &'static str,
    },
    /// The operating system denies the server this operation. No login of the client changes that.
    #[error("the operating system refuses that at {0:?}")]
    SystemRefuses(VPath),
    /// The file can only be opened with its key.
    #[error("{0:?} needs its key")]
    KeyNeeded(VPath),
    /// The operation is switched off for all accounts.
    #[error("{0} is switched off on this server")]
    SwitchedOff(&'static str),
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
    /// An invalid name or path.
    #[error("{0}")]
    BadPath(#[from] PathError),
    /// A request that makes no sense; holds one plain sentence.
    #[error("{0}")]
    BadRequest(String),
    /// The text was changed since the client opened it.
    #[error("the file has been changed since it was opened")]
    Changed {
        /// Its current mtime, milliseconds since 1970.
        lastmod_ms: i64,
    },

    /// The file at the path does not meet the condition of the request.
    #[error("{0:?} is not in the state that the request asks for")]
    ConditionFailed(VPath),
    /// The body does not have the digest that the client announced.
    #[error("the body does not have the announced digest")]
    DigestMismatch,

    /// The disk is full, or would get fuller than the volume's settings allow.
    #[error("the disk is full: {free:?} free, {needed:?} needed")]
    NoSpace {
        /// Free bytes that may be used.
        free: Bytes,
        /// Bytes needed.
        needed: Bytes,
    },
    /// The free space of the disk is reserved for other unfinished uploads.
    #[error("the free space is reserved for other uploads: {left:?} left, {needed:?} needed")]
    SpaceReserved {
        /// Bytes that are not reserved.
        left: Bytes,
        /// Bytes needed.
        needed: Bytes,
    },
    /// Too many uploads are unfinished.
    #[error("too many uploads are unfinished")]
    TooManyUnfinished {
        /// Whether the limit of all clients together was reached (else that of this client).
        by_all_clients: bool,
    },
    /// The file is larger or smaller than the volume accepts.
    #[error("the file is too {}", if *too_big { "big" } else { "small" })]
    SizeRule {
        /// Larger than the maximum (else smaller than the minimum).
        too_big: bool,
    },
    /// The volume has reached its limit of bytes.
    #[error("the volume has reached its size limit")]
    VolumeFull,
    /// The volume has reached its limit of files.
    #[error("the volume has reached its limit of files")]
    VolumeFileLimit,
    /// The share link accepts no more bytes than this.
    #[error("the link takes {left:?} more")]
    LinkFull {
        /// Bytes that the link still accepts.
        left: Bytes,
    },
    /// The share link does not exist or has ended.
    #[error("there is no such link")]
    UnknownLink,
    /// Too many files from one address in a short time.
    #[error("too many uploads in a short time")]
    TooManyUploads,
    /// Too many bytes from one address in a short time.
    #[error("too many bytes in a short time")]
    TooMuchData,
    /// The volume accepts files in its top folder only.
    #[error("files go into the top folder only")]
    TopFolderOnly,

    /// The same content is being uploaded to another place.
    #[error("the same file is being uploaded to {0:?}")]
    PartialElsewhere(VPath),
    /// The same content exists and the volume refuses duplicates.
    #[error("the same file is already at {0:?}")]
    DupeRefused(VPath),
    /// The name is taken and the client asked for a refusal in that case.
    #[error("a file of that name exists")]
    NameTaken(VPath),
    /// The file to be copied is in use; the client may retry.
    #[error("the source file is busy")]
    SourceBusy,
    /// The upload cannot be deleted by its uploader (unpost).
    #[error("{0}")]
    UnpostRefused(UnpostRefused),
    /// The volume has no unfinished upload with that wark.
    #[error("no such upload")]
    UnknownWark,
    /// The bytes of a chunk do not have its hash.
    #[error("a chunk arrived damaged")]
    ChunkCorrupt {
        /// Bytes received for the chunk.
        received: u64,
        /// The announced hash.
        expected: ChunkHash,
        /// The computed hash.
        computed: ChunkHash,
    },
    /// The chunk has been received.
    #[error("chunk {0} is here already")]
    ChunkKnown(ChunkHash),
    /// The hash is no chunk of that upload.
    #[error("chunk {0} is no part of that upload")]
    ChunkForeign(ChunkHash),
    /// Another request is receiving the chunk.
    #[error("chunk {0} is being received")]
    ChunkBusy(ChunkHash),
    /// A prefix in the stitched form does not match the next chunk.
    #[error("next sibling chunk does not start with expected prefix [{prefix}]: [{actual}]")]
    StitchPrefix {
        /// The prefix that was sent.
        prefix: String,
        /// The hash of the next chunk in the file.
        actual: String,
    },
    /// Stitched chunks are not neighbours in the file.
    #[error("only sibling chunks can be stitched")]
    StitchGap,
    /// The body is longer than announced.
    #[error("the body has {sent} bytes, at most {limit} are expected")]
    BodyTooLong {
        /// Bytes sent.
        sent: u64,
        /// Most bytes expected.
        limit: u64,
    },
    /// A subchunk at the wrong offset.
    #[error("the next piece starts at {expected}, not at {got}")]
    SubchunkOffset {
        /// The chunk.
        hash: ChunkHash,
        /// Offset at which the chunk continues, bytes from its start.
        expected: u64,
        /// Offset that was sent.
        got: u64,
    },
    /// The target accepts chunks in file order only.
    #[error("chunks must come one after the other")]
    OutOfOrder,
    /// The client disconnected or sent less than announced.
    #[error("the connection ended before all bytes arrived")]
    Interrupted,

    /// A download of a file that is still being uploaded has waited too long for more bytes.
    #[error("the sender of this file has stopped; nothing more has arrived for two minutes")]
    Stalled,

    /// The password is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// Too many wrong passwords.
    #[error("too many wrong passwords")]
    Banned {
        /// Seconds until the next attempt is checked.
        retry_secs: u64,
    },
    /// A limit of concurrent work is reached.
    #[error("too many {what} are under way{}", if *per_address { " from one address" } else { "" })]
    TooManyAtOnce {
        /// What is limited, for people: `archives`.
        what: &'static str,
        /// Whether the limit of the client's address was reached (else that of all clients together).
        per_address: bool,
    },
    /// The client should retry soon: settings are changing, or a queue is full.
    #[error("the server is busy")]
    Busy,
    /// The volume's folder is missing (unplugged, unmounted).
    #[error("the folder behind {0:?} is not available")]
    Unavailable(VPath),
    /// The file system of the volume is read-only.
    #[error("{0:?} is read-only")]
    ReadOnly(VPath),
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

/// Why an upload cannot be deleted by its uploader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnpostRefused {
    /// It does not exist, or the account may not know of it.
    #[error("there is no such upload")]
    Unknown,
    /// Another account or client uploaded it.
    #[error("the file was uploaded by another person")]
    NotYours,
    /// It is older than `--unpost` allows.
    #[error("it was uploaded too long ago")]
    TooLate,
}

impl EngineError {
    /// Wraps a failure that the client cannot fix.
    pub fn internal(sentence: &str, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Internal { sentence: sentence.into(), source: Arc::new(source) }
    }
    /// Shorthand for [`EngineError::Denied`].
    pub fn denied(path: &VPath, missing: &'static str) -> Self {
        Self::Denied { path: path.clone(), missing }
    }
}

/// Result of most engine calls.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;
