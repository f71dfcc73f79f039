//! Error messages for people: one exhaustive match from `EngineError` to what happened and what to do next.
//! Programs get the protocol's texts (`reply::error`); pages show those in small print below these.

use super::layout;
use crate::failure::Failure;
use crate::request::Request;
use engine::EngineError;
use engine::error::{Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany, UploadError};
use http::StatusCode;
use model::{Bytes, VPath};
use std::borrow::Cow;

/// An error message for people; both fields are sentences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What happened, naming the file or folder.
    pub heading: Cow<'static, str>,
    /// What to do next.
    pub lead: Cow<'static, str>,
}

fn refusal(heading: impl Into<Cow<'static, str>>, lead: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal { heading: heading.into(), lead: lead.into() }
}

/// Returns the message for `failure`; `None` if that of its status suffices, see [`by_status`].
pub fn of(request: &Request, failure: &Failure) -> Option<Refusal> {
    let error = match failure {
        Failure::Engine(error) => error,
        Failure::ForeignPage(_) => {
            return Some(refusal(
                "Another website's page requested this.",
                "Signing in does not help. Open this server by its own address, and try again there.",
            ));
        }
        Failure::Text(..) => return None,
    };
    Some(match error {
        EngineError::NotFound(path) if !path.is_root() => refusal(
            format!("{} was not found.", quoted(path)),
            "It may have been moved, renamed or deleted meanwhile. Look for it in its folder.",
        ),
        EngineError::Denied(Denial::Right { missing, .. }) => refusal(denied(missing), who_may(request)),
        EngineError::Denied(Denial::System(path)) => refusal(
            format!("The server has no permission to do that with {}.", quoted(path)),
            "Signing in does not help. Ask the owner of this server to check the file permissions on its disk.",
        ),
        EngineError::TooMany(TooMany::AtOnce { what, per_address: true }) => refusal(
            format!("Too many {what} of yours are in progress."),
            "Wait until one of them has finished, or cancel one, and try again.",
        ),
        EngineError::TooMany(TooMany::AtOnce { what, per_address: false }) => {
            refusal(format!("This server handles as many {what} as it can at once."), "Try again in a minute.")
        }
        EngineError::Denied(Denial::KeyNeeded(_)) => refusal(
            "This file opens only with its full link.",
            "Ask the person who sent you the link to copy all of it.",
        ),
        EngineError::Denied(Denial::SwitchedOff(_)) => {
            refusal("That is switched off on this server.", "Ask its owner to switch it on.")
        }
        EngineError::Denied(Denial::ReadOnly(_)) => refusal(
            "Nothing can be changed here.",
            "This folder is read-only on the server. Ask its owner to change that.",
        ),
        EngineError::Conflict(Conflict::Exists(path)) => refusal(
            format!("There is already something called {}.", quoted(path)),
            "Choose another name, or delete the other one first.",
        ),
        EngineError::Upload(UploadError::NameTaken(path)) => refusal(
            format!("There is already a file called {}.", quoted(path)),
            "Choose another name, or delete that file first.",
        ),
        EngineError::Conflict(Conflict::NotAFolder(path)) => refusal(
            format!("{} is a file, not a folder.", quoted(path)),
            "Choose another name, or rename the file first.",
        ),
        EngineError::Conflict(Conflict::IsAFolder(path)) => refusal(
            format!("{} is a folder, not a file.", quoted(path)),
            "Choose another name, or rename the folder first.",
        ),
        EngineError::Conflict(Conflict::Locked(path)) => refusal(
            format!("{} is being edited by another program.", quoted(path)),
            "Wait until it has been closed there, and try again.",
        ),
        EngineError::Conflict(Conflict::InUse(path)) => refusal(
            format!("Another disk is mounted at {}, so nothing was changed.", path.display()),
            "Unmount that disk first, or choose the files and folders around it.",
        ),
        EngineError::Conflict(Conflict::IntoItself) => {
            refusal("A folder cannot be moved or copied into itself.", "Choose a folder that is not inside it.")
        }
        EngineError::Invalid(Invalid::Path(fault)) => {
            refusal("That name cannot be used.", format!("{}. Choose another one.", sentence(&fault.to_string())))
        }
        EngineError::Invalid(Invalid::Request(text)) => by_status(request, StatusCode::BAD_REQUEST, Some(text)),
        EngineError::Changed(Changed::Since { .. }) => by_status(request, StatusCode::CONFLICT, None),
        EngineError::Gone(Gone::Link) => {
            refusal("This link does not work any more.", "Ask the person who sent it for a new one.")
        }
        EngineError::Upload(UploadError::UnpostRefused(why)) => {
            refusal("This file cannot be deleted.", format!("{}.", sentence(&why.to_string())))
        }
        EngineError::WrongPassword => refusal("Wrong name or password.", "Check for capital letters and try again."),
        EngineError::TooMany(TooMany::Guesses { retry_secs }) => {
            refusal("Too many wrong passwords.", format!("Try again in {}.", duration_words(*retry_secs)))
        }
        EngineError::Gone(Gone::Trashed) => refusal(
            "That is not in the trash any more.",
            "It was restored or deleted for good, or it is too late to undo this. Look into the trash of the folder.",
        ),
        EngineError::Gone(Gone::Folder(path)) => refusal(
            format!("{} is not available at the moment.", quoted(path)),
            "Its disk may be unplugged. Ask the owner of this server, then reload the page.",
        ),
        EngineError::Internal { sentence: text, .. } => refusal(
            "Something went wrong on the server.",
            format!("{}. Try again. If it happens again, tell the owner of this server.", sentence(text)),
        ),
        EngineError::NoSpace(
            NoSpace::Disk { .. }
            | NoSpace::Reserved { .. }
            | NoSpace::VolumeBytes
            | NoSpace::VolumeFiles
            | NoSpace::Link { .. },
        )
        | EngineError::TooMany(TooMany::Unfinished { .. } | TooMany::Files | TooMany::Bytes)
        | EngineError::RuleBroken(Rule::Size { .. } | Rule::TopFolderOnly)
        | EngineError::Upload(
            UploadError::PartialElsewhere(_) | UploadError::DupeRefused(_) | UploadError::SourceBusy,
        )
        | EngineError::Interrupted(Interruption::Client | Interruption::Sender) => of_upload(error),
        // Errors that only programs get, or that are described well enough by their status.
        EngineError::NotFound(_)
        | EngineError::Upload(
            UploadError::UnknownWark
            | UploadError::ChunkCorrupt { .. }
            | UploadError::ChunkKnown(_)
            | UploadError::ChunkForeign(_)
            | UploadError::ChunkBusy(_)
            | UploadError::StitchPrefix { .. }
            | UploadError::StitchGap
            | UploadError::BodyTooLong { .. }
            | UploadError::SubchunkOffset { .. }
            | UploadError::OutOfOrder,
        )
        | EngineError::Busy
        | EngineError::Changed(Changed::Condition(_))
        | EngineError::Invalid(Invalid::Digest)
        | EngineError::BadSettings(_) => return None,
    })
}

/// Returns the message for a file that cannot be stored.
fn of_upload(error: &EngineError) -> Refusal {
    let ask = "Send less, or ask the owner of this server to allow more.";
    match error {
        EngineError::NoSpace(NoSpace::Disk { free, needed }) if *needed != Bytes(0) => refusal(
            "The server's disk is full.",
            format!(
                "{} are needed and {} are free. Try again when there is room, or ask the owner of this server to make \
                 some.",
                needed.human(),
                free.human()
            ),
        ),
        EngineError::NoSpace(NoSpace::Disk { .. }) => refusal(
            "The server's disk is full.",
            "Try again when there is room, or ask the owner of this server to make some.",
        ),
        EngineError::NoSpace(NoSpace::Reserved { left, needed }) => refusal(
            "Other uploads need the rest of the disk.",
            format!("{} are needed, and {} are left. Try again later.", needed.human(), left.human()),
        ),
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: false }) => {
            refusal("You have too many unfinished uploads.", "Finish or cancel some of them, then try again.")
        }
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: true }) => {
            refusal("The server has too many unfinished uploads.", "Try again in a few minutes.")
        }
        EngineError::RuleBroken(Rule::Size { too_big: true }) => refusal("The file is too large for this folder.", ask),
        EngineError::RuleBroken(Rule::Size { too_big: false }) => {
            refusal("The file is too small for this folder.", "Check that it is the right one.")
        }
        EngineError::NoSpace(NoSpace::VolumeBytes) => refusal("This folder has reached its maximum size.", ask),
        EngineError::NoSpace(NoSpace::VolumeFiles) => {
            refusal("This folder has reached its maximum number of files.", ask)
        }
        EngineError::NoSpace(NoSpace::Link { left }) => refusal(
            format!("This link takes only {} more.", left.human()),
            "Send less, or ask the person who sent it for another link.",
        ),
        EngineError::TooMany(TooMany::Files) => {
            refusal("Too many files were sent from here in a short time.", "Wait a while, then send the rest.")
        }
        EngineError::TooMany(TooMany::Bytes) => {
            refusal("Too much data was sent from here in a short time.", "Wait a while, then send the rest.")
        }
        EngineError::RuleBroken(Rule::TopFolderOnly) => {
            refusal("Files can be uploaded to the top folder only.", "Open the top folder and upload there.")
        }
        EngineError::Upload(UploadError::PartialElsewhere(_)) => {
            refusal("The same file is being uploaded to another folder.", "Wait until it has finished, then try again.")
        }
        EngineError::Upload(UploadError::DupeRefused(_)) => {
            refusal("The server has this file already.", "It accepts every file only once.")
        }
        EngineError::Interrupted(Interruption::Sender) => {
            refusal("The upload of this file has stopped.", "Try again when the file is complete.")
        }
        EngineError::Interrupted(Interruption::Client) => refusal("The connection was interrupted.", "Send it again."),
        _ => refusal("The file to copy from is in use.", "Try again in a moment."),
    }
}

/// Returns the message for a status. `reason`: the protocol's text, if there is nothing more specific.
pub fn by_status(request: &Request, status: StatusCode, reason: Option<&str>) -> Refusal {
    let because = |next: &'static str| match reason.filter(|reason| reason.contains(' ')) {
        Some(reason) => Cow::Owned(format!("{}. {next}", sentence(reason))),
        None => Cow::Borrowed(next),
    };
    match status.as_u16() {
        404 => refusal("File or folder not found.", "The file or folder may have been moved, renamed or deleted."),
        401 | 403 => refusal("That is not allowed.", who_may(request)),
        409 | 412 => {
            refusal("It has changed in the meantime.", because("Go back, look at the current version, then decide."))
        }
        507 => refusal("The server's disk is full.", "Free up space, or ask the owner of this server to do it."),
        400 | 405 | 422 => refusal("The server did not understand that.", because("Go back and try another way.")),
        408 => refusal("That took too long.", "Check the connection, then try again."),
        411 | 413 => refusal("That is too large.", because("Send less at once.")),
        414 | 431 => refusal("The address is too long.", "Choose a shorter name, or open the folder from its top."),
        416 => refusal("That part does not exist.", "The file is shorter than that; open it from its start."),
        421 => refusal("This server has another name.", "Open it by its address or by its own name."),
        429 => refusal("Too many requests.", because("Wait a moment, then reload the page.")),
        503 => refusal("The server is busy.", "Wait a moment, then reload the page."),
        _ => refusal(
            "Something went wrong on the server.",
            "Try again. If it happens again, tell the owner of this server.",
        ),
    }
}

fn who_may(request: &Request) -> &'static str {
    match layout::has_accounts(request) {
        true => "Sign in with an account that may do it, then try again.",
        false => "Ask the owner of this server to allow it.",
    }
}

fn denied(missing: &str) -> &'static str {
    match missing {
        "write" => "You may not add files or folders here.",
        "move" => "You may not move or rename this.",
        "delete" => "You may not delete or replace this.",
        "read" | "get" => "You may not see this.",
        "admin" => "Only administrators may do that.",
        _ => "That is not allowed.",
    }
}

/// Returns the last name of a path, in quotation marks.
fn quoted(path: &VPath) -> String {
    format!("“{}”", path.name().map_or_else(|| path.display(), |name| name.display()))
}

/// Returns `text` with a capital letter and without its full stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Returns `45 seconds`, `3 minutes` or `24 hours`, rounded up.
pub(super) fn duration_words(secs: u64) -> String {
    let (count, unit) = match secs {
        0..90 => (secs.max(1), "second"),
        90..=5400 => (secs.div_ceil(60), "minute"),
        _ => (secs.div_ceil(3600), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        assert_eq!(sentence(" a name is needed. "), "A name is needed");
        assert_eq!(sentence(""), "");
        assert_eq!(duration_words(0), "1 second");
        assert_eq!(duration_words(89), "89 seconds");
        assert_eq!(duration_words(90), "2 minutes");
        assert_eq!(duration_words(5400), "90 minutes");
        assert_eq!(duration_words(86_399), "24 hours");
        assert_eq!(quoted(&VPath::parse(b"/a/b c").expect("a path")), "“b c”");
    }
}
