//! Refusals of uploads, in the terms of up2k: each has a text that clients know (docs/up2k.md "Errors").

use model::{ChunkHash, VPath};
use thiserror::Error;

/// Why a part of an upload was refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UploadError {
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

/// Why a file that arrives as one body was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyRefusal {
    /// See [`UploadError::NameTaken`].
    NameTaken,
    /// See [`UploadError::DupeRefused`].
    DupeRefused,
    /// See [`UploadError::SourceBusy`].
    SourceBusy,
}

impl UploadError {
    /// Returns the refusal of a whole body; `None` for an error that only uploads in chunks have.
    pub fn body_refusal(&self) -> Option<BodyRefusal> {
        match self {
            Self::NameTaken(_) => Some(BodyRefusal::NameTaken),
            Self::DupeRefused(_) => Some(BodyRefusal::DupeRefused),
            Self::SourceBusy => Some(BodyRefusal::SourceBusy),
            Self::PartialElsewhere(_)
            | Self::UnknownWark
            | Self::ChunkCorrupt { .. }
            | Self::ChunkKnown(_)
            | Self::ChunkForeign(_)
            | Self::ChunkBusy(_)
            | Self::StitchPrefix { .. }
            | Self::StitchGap
            | Self::BodyTooLong { .. }
            | Self::SubchunkOffset { .. }
            | Self::OutOfOrder
            | Self::UnpostRefused(_) => None,
        }
    }
}
