//! Says every `EngineError` in FTP's terms, in one exhaustive match.

use crate::reply::Reply;
use engine::EngineError;
use engine::error::{BodyRefusal, Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany};

/// Returns what a client gets for `error`.
pub(crate) fn reply_of(error: &EngineError) -> Reply {
    let (code, text) = refusal(error);
    Reply::new(code, text)
}

fn refusal(error: &EngineError) -> (u16, &'static str) {
    match error {
        EngineError::NotFound(_) => (550, "No such file or folder."),
        EngineError::Denied(Denial::Right { .. }) => (550, "Permission denied."),
        EngineError::Denied(Denial::KeyNeeded(_)) => (550, "This file needs its key."),
        EngineError::Denied(Denial::SwitchedOff(_)) => (550, "This is switched off on the server."),
        EngineError::Denied(Denial::System(_)) => (550, "The server has no permission to do that on its disk."),
        EngineError::Denied(Denial::ReadOnly(_)) => (550, "This place is read-only on the server."),
        EngineError::WrongPassword => (530, "The password is wrong."),
        EngineError::Conflict(Conflict::Exists(_)) => (553, "Something has that name already."),
        EngineError::Conflict(Conflict::NotAFolder(_)) => (550, "A file is in the place of a folder."),
        EngineError::Conflict(Conflict::IsAFolder(_)) => (553, "A folder has that name."),
        EngineError::Conflict(Conflict::IntoItself) => (553, "A folder cannot move into itself."),
        EngineError::Conflict(Conflict::Locked(_)) => (450, "Another program has locked this."),
        EngineError::Conflict(Conflict::InUse(_)) => (550, "Another disk is mounted there."),
        EngineError::Invalid(Invalid::Path(_)) => (553, "That name is not possible."),
        EngineError::Invalid(Invalid::Unfit(_)) => (550, "That is not possible here."),
        EngineError::Invalid(Invalid::Request(_)) => (501, "That makes no sense."),
        EngineError::Invalid(Invalid::Digest) => (550, "The content has another checksum. Nothing was stored."),
        EngineError::Changed(Changed::Since { .. } | Changed::Condition(_)) => {
            (554, "The file does not have the size at which this transfer would go on.")
        }
        EngineError::NoSpace(NoSpace::Disk { .. } | NoSpace::Reserved { .. }) => (452, "The disk is full."),
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles | NoSpace::Link { .. }) => {
            (552, "This place has reached its limit.")
        }
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => (552, "The file is too large."),
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => (550, "The file is too small."),
        EngineError::RuleBroken(Rule::TopFolderOnly) => (550, "Files go into the top folder only."),
        EngineError::TooMany(TooMany::Guesses { .. }) => (530, "Too many wrong passwords; try again later."),
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => (450, "Too much was uploaded in a short time."),
        EngineError::TooMany(TooMany::Unfinished { .. }) => (450, "Too many uploads are not finished."),
        EngineError::TooMany(TooMany::AtOnce { .. }) => (450, "The server does too much of this at once; try again."),
        EngineError::Busy => (450, "The server is busy; try again."),
        EngineError::Gone(Gone::Link | Gone::Trashed) => (550, "That is not there any more."),
        EngineError::Gone(Gone::Folder(_)) => (450, "The shared folder is not available now."),
        EngineError::Interrupted(Interruption::Client) => (426, "The connection ended before all bytes arrived."),
        EngineError::Interrupted(Interruption::Sender) => (426, "The sender of this file has stopped."),
        EngineError::Upload(error) => match error.body_refusal() {
            Some(BodyRefusal::NameTaken) => (553, "You may not replace this file."),
            Some(BodyRefusal::DupeRefused) => {
                (553, "A file with this content exists already, and this place keeps one of each.")
            }
            Some(BodyRefusal::SourceBusy) => (450, "The file is busy; try again."),
            None => (550, "The upload was refused."),
        },
        EngineError::BadSettings(_) => (451, "The settings of the server have faults."),
        EngineError::Internal { source, .. } => {
            tracing::error!(%source, "a command failed");
            (451, "Something failed on the server.")
        }
    }
}
