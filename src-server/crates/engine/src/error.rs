//! What can go wrong, in nobody's protocol. Each edge says it in its own words, by one exhaustive match.

use model::{Bytes, ChunkHash, PathError, VPath};
use std::sync::Arc;
use thiserror::Error;

/// The outcome of an engine call that did not work.
#[derive(Clone, Debug, Error)]
pub enum EngineError {
    /// Nothing is there (or the asker may not know that something is).
    #[error("there is nothing at {0:?}")]
    NotFound(VPath),
    /// The asker lacks a right there. What is missing, in one word (`write`, `read` ...).
    #[error("{missing} access is missing at {path:?}")]
    Denied {
        /// Where.
        path: VPath,
        /// The right.
        missing: &'static str,
    },
    /// The operating system does not let the server do that. No right and no login of the asker changes it.
    #[error("the operating system refuses that at {0:?}")]
    SystemRefuses(VPath),
    /// Only with the key of the file.
    #[error("{0:?} needs its key")]
    KeyNeeded(VPath),
    /// The operation is switched off for everybody.
    #[error("{0} is switched off on this server")]
    SwitchedOff(&'static str),
    /// Something of that name is there already.
    #[error("{0:?} exists already")]
    Exists(VPath),
    /// A file stands where a folder is needed.
    #[error("{0:?} is not a folder")]
    NotAFolder(VPath),
    /// A folder stands where a file is needed.
    #[error("{0:?} is a folder")]
    IsAFolder(VPath),
    /// A folder cannot move into itself.
    #[error("a folder cannot move into itself")]
    IntoItself,
    /// A name or path that cannot be.
    #[error("{0}")]
    BadPath(#[from] PathError),
    /// A request that makes no sense; one plain sentence.
    #[error("{0}")]
    BadRequest(String),
    /// The text changed since it was opened: its present mtime, milliseconds.
    #[error("the file was changed by somebody else meanwhile")]
    Changed {
        /// Milliseconds since the epoch.
        lastmod_ms: i64,
    },

    /// What is there is not what the change was meant for.
    #[error("{0:?} is not in the state that the request asks for")]
    ConditionFailed(VPath),
    /// A body does not have the digest that its sender announced.
    #[error("the body does not have the announced digest")]
    DigestMismatch,

    /// The disk is full, or would get fuller than the volume allows.
    #[error("the disk is full: {free:?} free, {needed:?} needed")]
    NoSpace {
        /// Bytes that may still be used.
        free: Bytes,
        /// Bytes asked for.
        needed: Bytes,
    },
    /// The disk has no room beside what is still to come of other uploads.
    #[error("the disk is promised to other uploads: {left:?} left, {needed:?} needed")]
    SpaceReserved {
        /// Bytes that are not promised.
        left: Bytes,
        /// Bytes asked for.
        needed: Bytes,
    },
    /// More uploads are begun and not finished than may be.
    #[error("too many uploads are begun and not finished")]
    TooManyUnfinished {
        /// By all senders together (else by this one).
        by_all_clients: bool,
    },
    /// A file larger or smaller than the volume takes.
    #[error("the file is too {}", if *too_big { "big" } else { "small" })]
    SizeRule {
        /// Above the largest (else below the smallest).
        too_big: bool,
    },
    /// The volume's own limit of bytes is reached.
    #[error("the volume has reached its size limit")]
    VolumeFull,
    /// The volume's own limit of files is reached.
    #[error("the volume has reached its limit of files")]
    VolumeFileLimit,
    /// The link by which the sender came takes no more than this.
    #[error("the link takes {left:?} more")]
    LinkFull {
        /// Bytes that may still arrive.
        left: Bytes,
    },
    /// There is no such link (any more).
    #[error("there is no such link")]
    UnknownLink,
    /// Too many files in a short time from one address.
    #[error("too many uploads in a short time")]
    TooManyUploads,
    /// Too many bytes in a short time from one address.
    #[error("too many bytes in a short time")]
    TooMuchData,
    /// The volume takes files in its top folder only.
    #[error("files go into the top folder only")]
    TopFolderOnly,

    /// The same content is on its way to another place.
    #[error("the same file is being uploaded to {0:?}")]
    PartialElsewhere(VPath),
    /// The same content is here already and the volume refuses duplicates.
    #[error("the same file is already at {0:?}")]
    DupeRefused(VPath),
    /// The name is taken and the client asked to be refused then.
    #[error("a file of that name exists")]
    NameTaken(VPath),
    /// The file that would be copied is in use; try again.
    #[error("the source file is busy")]
    SourceBusy,
    /// An upload cannot be taken back.
    #[error("{0}")]
    UnpostRefused(UnpostRefused),
    /// No unfinished upload of that wark in this volume.
    #[error("no such upload")]
    UnknownWark,
    /// The bytes of a chunk do not have its hash.
    #[error("a chunk arrived damaged")]
    ChunkCorrupt {
        /// Bytes received for it.
        received: u64,
        /// As announced.
        expected: ChunkHash,
        /// As computed.
        computed: ChunkHash,
    },
    /// The chunk is here already.
    #[error("chunk {0} is here already")]
    ChunkKnown(ChunkHash),
    /// The hash is no part of that upload.
    #[error("chunk {0} is no part of that upload")]
    ChunkForeign(ChunkHash),
    /// Another connection is sending it right now.
    #[error("chunk {0} is being received")]
    ChunkBusy(ChunkHash),
    /// A prefix in the stitched form does not fit the next chunk.
    #[error("next sibling chunk does not start with expected prefix [{prefix}]: [{actual}]")]
    StitchPrefix {
        /// As sent.
        prefix: String,
        /// The chunk that follows in the file.
        actual: String,
    },
    /// Stitched chunks are not neighbours.
    #[error("only sibling chunks can be stitched")]
    StitchGap,
    /// A body longer than what it announced to hold.
    #[error("the body has {sent} bytes, at most {limit} are expected")]
    BodyTooLong {
        /// Bytes announced.
        sent: u64,
        /// Bytes possible.
        limit: u64,
    },
    /// A piece of a chunk at the wrong offset.
    #[error("the next piece starts at {expected}, not at {got}")]
    SubchunkOffset {
        /// The chunk.
        hash: ChunkHash,
        /// Where it continues, bytes from the start of the chunk.
        expected: u64,
        /// What was sent.
        got: u64,
    },
    /// The target takes chunks in order only.
    #[error("chunks must come one after the other")]
    OutOfOrder,
    /// The client went away or sent less than announced.
    #[error("the connection ended before all bytes arrived")]
    Interrupted,

    /// Who reads a file while it arrives has waited long enough for more of it.
    #[error("the sender of this file has stopped; nothing more has arrived for two minutes")]
    Stalled,

    /// The password is wrong.
    #[error("wrong password")]
    WrongPassword,
    /// Too many wrong guesses: seconds until the next try counts.
    #[error("too many wrong passwords")]
    Banned {
        /// Seconds.
        retry_secs: u64,
    },
    /// As many as may be at once are under way.
    #[error("too many {what} are under way{}", if *per_address { " from one address" } else { "" })]
    TooManyAtOnce {
        /// Of what, for people: `archives`.
        what: &'static str,
        /// The asker's own address has them (else all clients together).
        per_address: bool,
    },
    /// Try again soon: settings are changing, a queue is full.
    #[error("the server is busy")]
    Busy,
    /// The volume's folder is not there (unplugged, unmounted).
    #[error("the folder behind {0:?} is not available")]
    Unavailable(VPath),
    /// The volume cannot be written to.
    #[error("{0:?} is read-only")]
    ReadOnly(VPath),
    /// New settings cannot be used; every fault.
    #[error("the settings have faults")]
    BadSettings(Vec<model::settings::Fault>),
    /// Something below failed; the log has the details.
    #[error("{sentence}")]
    Internal {
        /// For the person.
        sentence: String,
        /// For the log.
        #[source]
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}

/// Why an upload cannot be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UnpostRefused {
    /// There is none, or none that the asker may know of.
    #[error("there is no such upload")]
    Unknown,
    /// Somebody else sent it.
    #[error("somebody else uploaded it")]
    NotYours,
    /// It is older than `--unpost` allows.
    #[error("it was uploaded too long ago")]
    TooLate,
}

impl EngineError {
    /// Wraps a failure that nobody at the other end can mend.
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
