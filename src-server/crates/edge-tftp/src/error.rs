//! Says every `EngineError` in TFTP's terms, in one exhaustive match.

use engine::EngineError;
use engine::error::{BodyRefusal, Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany};

/// Codes of errors (RFC 1350, appendix; RFC 2347).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ErrorCode {
    /// The text says what.
    Undefined = 0,
    /// File not found.
    NotFound = 1,
    /// Access violation.
    Denied = 2,
    /// Disk full or allocation exceeded.
    DiskFull = 3,
    /// Illegal operation.
    Illegal = 4,
    /// Unknown transfer ID.
    UnknownTransfer = 5,
    /// File already exists.
    Exists = 6,
}

/// What a client is told when its transfer ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TftpError {
    pub code: ErrorCode,
    pub text: &'static str,
}

impl TftpError {
    pub const fn new(code: ErrorCode, text: &'static str) -> Self {
        Self { code, text }
    }
}

impl From<EngineError> for TftpError {
    fn from(error: EngineError) -> Self {
        let (code, text) = refusal(&error);
        Self { code, text }
    }
}

fn refusal(error: &EngineError) -> (ErrorCode, &'static str) {
    use ErrorCode::{Denied, DiskFull, Exists, NotFound, Undefined};
    match error {
        EngineError::NotFound(_) => (NotFound, "No such file."),
        EngineError::Denied(Denial::Right { .. }) => (Denied, "Permission denied."),
        EngineError::Denied(Denial::KeyNeeded(_)) => (Denied, "This file needs its key, which TFTP cannot send."),
        EngineError::Denied(Denial::SwitchedOff(_)) => (Denied, "This is switched off on the server."),
        EngineError::Denied(Denial::System(_)) => (Denied, "The server has no permission to do that on its disk."),
        EngineError::Denied(Denial::ReadOnly(_)) => (Denied, "This place is read-only on the server."),
        EngineError::WrongPassword => (Denied, "Permission denied."),
        EngineError::Conflict(Conflict::Exists(_)) => (Exists, "Something has that name already."),
        EngineError::Conflict(Conflict::NotAFolder(_)) => (Undefined, "A file is in the place of a folder."),
        EngineError::Conflict(Conflict::IsAFolder(_)) => (Undefined, "A folder has that name."),
        EngineError::Conflict(Conflict::IntoItself) => (Undefined, "A folder cannot move into itself."),
        EngineError::Conflict(Conflict::Locked(_)) => (Undefined, "Another program has locked this."),
        EngineError::Conflict(Conflict::InUse(_)) => (Undefined, "Another disk is mounted there."),
        EngineError::Invalid(Invalid::Path(_)) => (Undefined, "That name is not possible."),
        EngineError::Invalid(Invalid::Unfit(_)) => (Undefined, "That is not possible here."),
        EngineError::Invalid(Invalid::Request(_)) => (Undefined, "That makes no sense."),
        EngineError::Invalid(Invalid::Digest) => (Undefined, "The content has another checksum. Nothing was stored."),
        EngineError::Changed(Changed::Since { .. } | Changed::Condition(_)) => (Undefined, "The file has changed."),
        EngineError::NoSpace(NoSpace::Disk { .. } | NoSpace::Reserved { .. }) => (DiskFull, "The disk is full."),
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles | NoSpace::Link { .. }) => {
            (DiskFull, "This place has reached its limit.")
        }
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => (DiskFull, "The file is too large."),
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => (Denied, "The file is too small."),
        EngineError::RuleBroken(Rule::TopFolderOnly) => (Denied, "Files go into the top folder only."),
        EngineError::TooMany(TooMany::Guesses { .. }) => (Denied, "Permission denied."),
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => (Undefined, "Too much was uploaded in a short time."),
        EngineError::TooMany(TooMany::Unfinished { .. }) => (Undefined, "Too many uploads are not finished."),
        EngineError::TooMany(TooMany::AtOnce { .. }) => {
            (Undefined, "The server does too much of this at once; try again.")
        }
        EngineError::Busy => (Undefined, "The server is busy; try again."),
        EngineError::Gone(Gone::Link | Gone::Trashed) => (NotFound, "That is not there any more."),
        EngineError::Gone(Gone::Folder(_)) => (Undefined, "The shared folder is not available now."),
        EngineError::Interrupted(Interruption::Client) => (Undefined, "The transfer ended before all bytes arrived."),
        EngineError::Interrupted(Interruption::Sender) => (Undefined, "The sender of this file has stopped."),
        EngineError::Upload(error) => match error.body_refusal() {
            Some(BodyRefusal::NameTaken) => (Exists, "You may not replace this file."),
            Some(BodyRefusal::DupeRefused) => {
                (Exists, "A file with this content exists already, and this place keeps one of each.")
            }
            Some(BodyRefusal::SourceBusy) => (Undefined, "The file is busy; try again."),
            None => (Undefined, "The upload was refused."),
        },
        EngineError::BadSettings(_) => (Undefined, "The settings of the server have faults."),
        EngineError::Internal { source, .. } => {
            tracing::error!(%source, "a transfer failed");
            (Undefined, "Something failed on the server.")
        }
    }
}
