//! Says every `EngineError` in SFTP's terms, in one exhaustive match.

use crate::reply::{Code, Reply};
use engine::EngineError;
use engine::error::{BodyRefusal, Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany};

/// Returns what a client gets for `error`.
pub(crate) fn reply_of(error: &EngineError) -> Reply {
    let (code, text) = refusal(error);
    Reply::Status(code, text)
}

fn refusal(error: &EngineError) -> (Code, &'static str) {
    use Code::{Failure, NoSuchFile, PermissionDenied};
    match error {
        EngineError::NotFound(_) => (NoSuchFile, "No such file or folder."),
        EngineError::Denied(Denial::Right { .. }) => (PermissionDenied, "Permission denied."),
        EngineError::Denied(Denial::KeyNeeded(_)) => (PermissionDenied, "This file needs its key."),
        EngineError::Denied(Denial::SwitchedOff(_)) => (PermissionDenied, "This is switched off on the server."),
        EngineError::Denied(Denial::System(_)) => {
            (PermissionDenied, "The server has no permission to do that on its disk.")
        }
        EngineError::Denied(Denial::ReadOnly(_)) => (PermissionDenied, "This place is read-only on the server."),
        EngineError::WrongPassword => (PermissionDenied, "The password is wrong."),
        EngineError::Conflict(Conflict::Exists(_)) => (Failure, "Something has that name already."),
        EngineError::Conflict(Conflict::NotAFolder(_)) => (NoSuchFile, "A file is in the place of a folder."),
        EngineError::Conflict(Conflict::IsAFolder(_)) => (Failure, "That is a folder."),
        EngineError::Conflict(Conflict::IntoItself) => (Failure, "A folder cannot move into itself."),
        EngineError::Conflict(Conflict::Locked(_)) => (Failure, "Another program has locked this."),
        EngineError::Conflict(Conflict::InUse(_)) => (Failure, "Another disk is mounted there."),
        EngineError::Invalid(Invalid::Path(_)) => (NoSuchFile, "That name is not possible."),
        EngineError::Invalid(Invalid::Unfit(_)) => (Failure, "That is not possible here."),
        EngineError::Invalid(Invalid::Request(_)) => (Failure, "That makes no sense."),
        EngineError::Invalid(Invalid::Digest) => (Failure, "The content has another checksum. Nothing was stored."),
        EngineError::Changed(Changed::Since { .. } | Changed::Condition(_)) => {
            (Failure, "The file has been changed meanwhile.")
        }
        EngineError::NoSpace(NoSpace::Disk { .. } | NoSpace::Reserved { .. }) => (Failure, "The disk is full."),
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles | NoSpace::Link { .. }) => {
            (Failure, "This place has reached its limit.")
        }
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => (Failure, "The file is too large."),
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => (Failure, "The file is too small."),
        EngineError::RuleBroken(Rule::TopFolderOnly) => (PermissionDenied, "Files go into the top folder only."),
        EngineError::TooMany(TooMany::Guesses { .. }) => {
            (PermissionDenied, "Too many wrong passwords; try again later.")
        }
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => (Failure, "Too much was uploaded in a short time."),
        EngineError::TooMany(TooMany::Unfinished { .. }) => (Failure, "Too many uploads are not finished."),
        EngineError::TooMany(TooMany::AtOnce { .. }) => {
            (Failure, "The server does too much of this at once; try again.")
        }
        EngineError::Busy => (Failure, "The server is busy; try again."),
        EngineError::Gone(Gone::Link | Gone::Trashed) => (NoSuchFile, "That is not there any more."),
        EngineError::Gone(Gone::Folder(_)) => (Failure, "The shared folder is not available now."),
        EngineError::Interrupted(Interruption::Client) => (Failure, "The upload has failed before."),
        EngineError::Interrupted(Interruption::Sender) => (Failure, "The sender of this file has stopped."),
        EngineError::Upload(error) => match error.body_refusal() {
            Some(BodyRefusal::NameTaken) => (PermissionDenied, "You may not replace this file."),
            Some(BodyRefusal::DupeRefused) => {
                (Failure, "A file with this content exists already, and this place keeps one of each.")
            }
            Some(BodyRefusal::SourceBusy) => (Failure, "The file is busy; try again."),
            None => (Failure, "The upload was refused."),
        },
        EngineError::BadSettings(_) => (Failure, "The settings of the server have faults."),
        EngineError::Internal { source, .. } => {
            tracing::error!(%source, "a request failed");
            (Failure, "Something failed on the server.")
        }
    }
}
