//! Error messages for people: one exhaustive match from `EngineError` to what happened and what to do next.
//! Programs get the protocol's texts (`reply::error`); pages show those in small print below these.

use super::escape::{visible_last_name as name_of, visible_path};
use super::formatting::{rounded_duration, size_words};
use super::layout;
use crate::failure::{Failure, Said};
use crate::request::Request;
use crate::texts::Texts;
use crate::urls;
use engine::error::{
    Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany, Unfit, UploadError,
};
use engine::{EngineError, UnpostRefused};
use http::StatusCode;
use model::{Bytes, PathError};
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
    let t = request.texts();
    let error = match failure {
        Failure::Engine(error) => error,
        Failure::ForeignPage(_) => return Some(refusal(t.refused_foreign(), t.refused_foreign_lead())),
        Failure::Said(said) => return Some(of_said(t, *said)),
        Failure::Text(..) => return None,
    };
    Some(match error {
        EngineError::NotFound(path) if !path.is_root() => {
            refusal(t.refused_missing(&name_of(path)), t.refused_missing_lead())
        }
        EngineError::Denied(denial) => denied(request, denial),
        EngineError::TooMany(TooMany::AtOnce { what, per_address: true }) => {
            refusal(t.refused_work(work(t, what)), t.refused_work_lead())
        }
        EngineError::TooMany(TooMany::AtOnce { what, per_address: false }) => {
            refusal(t.refused_busy_work(work(t, what)), t.refused_busy_work_lead())
        }
        EngineError::Conflict(Conflict::Exists(path)) if is_undo(request) => {
            refusal(t.refused_exists(&name_of(path)), t.refused_undo_taken())
        }
        EngineError::Conflict(conflict) => of_conflict(t, conflict),
        EngineError::Upload(UploadError::NameTaken(path)) => {
            refusal(t.refused_exists_file(&name_of(path)), t.refused_exists_file_lead())
        }
        EngineError::Invalid(Invalid::Path(fault)) => refusal(t.refused_name(), path_fault(t, fault)),
        EngineError::Invalid(Invalid::Unfit(why)) => {
            refusal(t.refused_unclear(), t.followed_by(&unfit(t, why), t.refused_unclear_lead()))
        }
        EngineError::Invalid(Invalid::Request(text)) => by_status(request, StatusCode::BAD_REQUEST, Some(text)),
        EngineError::Changed(Changed::Since { .. }) => by_status(request, StatusCode::CONFLICT, None),
        EngineError::Gone(Gone::Link) => refusal(t.refused_link(), t.refused_link_lead()),
        EngineError::Upload(UploadError::UnpostRefused(why)) => {
            let lead = match why {
                UnpostRefused::Unknown => t.refused_unpost_unknown(),
                UnpostRefused::NotYours => t.refused_unpost_not_yours(),
                UnpostRefused::TooLate => t.refused_unpost_late(),
            };
            refusal(t.refused_unpost(), lead)
        }
        EngineError::WrongPassword => refusal(t.refused_password(), t.refused_password_lead()),
        EngineError::TooMany(TooMany::Guesses { retry_secs }) => {
            refusal(t.refused_guesses(), t.refused_guesses_lead(&rounded_duration(t, *retry_secs)))
        }
        EngineError::Gone(Gone::Trashed) => refusal(t.refused_not_trashed(), t.refused_not_trashed_lead()),
        EngineError::Gone(Gone::Folder(path)) => {
            refusal(t.refused_unavailable(&name_of(path)), t.refused_unavailable_lead())
        }
        EngineError::Internal { sentence: text, .. } => {
            refusal(t.refused_internal(), with_reason(t, Some(text), t.refused_internal_lead()))
        }
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
        | EngineError::Interrupted(Interruption::Client | Interruption::Sender) => of_upload(t, error),
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

/// Whether a change is to be undone: by a page without script, or by the page API. No one chooses a name then.
fn is_undo(request: &Request) -> bool {
    request.query.has(urls::UNDO) || urls::api_subpath(&request.path).ends_with(b"/undo")
}

/// Returns the message for a reason of this edge.
fn of_said(t: Texts, said: Said) -> Refusal {
    let (reason, large) = match said {
        Said::NoteEmpty => (t.reason_note_empty(), false),
        Said::NoteTooLong => (t.reason_note_long(), true),
        Said::NothingChosen => (t.reason_nothing_chosen(), false),
        Said::UndoTooMany => (t.reason_undo_many(), false),
        Said::SearchEmpty => (t.reason_search_empty(), false),
        Said::NotMarkdown => (t.reason_not_markdown(), false),
        Said::NotText => (t.reason_not_text(), false),
        Said::TextTooLong => (t.reason_text_long(), false),
        Said::TooManyFiles => (t.reason_many_files(), false),
        Said::TooManyNames => (t.reason_many_names(), false),
        Said::NameTooLong => (t.reason_name_long(), false),
    };
    match large {
        true => refusal(t.refused_large(), t.followed_by(reason, t.refused_large_lead())),
        false => refusal(t.refused_unclear(), t.followed_by(reason, t.refused_unclear_lead())),
    }
}

/// Returns why something does not suit a request, as a sentence.
fn unfit(t: Texts, why: &Unfit) -> Cow<'static, str> {
    match why {
        Unfit::Name(name) => t.reason_file_name(name).into(),
        Unfit::NameKept => t.reason_name_kept().into(),
        Unfit::NameNotStored => t.reason_name_not_stored().into(),
        Unfit::Top => t.reason_top().into(),
        Unfit::NotEditable(kinds) => t.reason_not_editable(kinds).into(),
        Unfit::LinkTime => t.reason_link_time().into(),
        Unfit::SpecialFile(name) => t.reason_special_file(name).into(),
        Unfit::HoldsShared => t.reason_holds_shared().into(),
    }
}

fn denied(request: &Request, denial: &Denial) -> Refusal {
    let t = request.texts();
    match denial {
        Denial::Right { missing, .. } => refusal(missing_right(t, missing), who_may(request)),
        Denial::System(path) => refusal(t.refused_system(&name_of(path)), t.refused_system_lead()),
        Denial::KeyNeeded(_) => refusal(t.refused_key(), t.refused_key_lead()),
        Denial::SwitchedOff(_) => refusal(t.refused_switched_off(), t.refused_switched_off_lead()),
        Denial::ReadOnly(_) => refusal(t.refused_read_only(), t.refused_read_only_lead()),
    }
}

fn of_conflict(t: Texts, conflict: &Conflict) -> Refusal {
    match conflict {
        Conflict::Exists(path) => refusal(t.refused_exists(&name_of(path)), t.refused_exists_lead()),
        Conflict::NotAFolder(path) => refusal(t.refused_is_file(&name_of(path)), t.refused_is_file_lead()),
        Conflict::IsAFolder(path) => refusal(t.refused_is_folder(&name_of(path)), t.refused_is_folder_lead()),
        Conflict::Locked(path) => refusal(t.refused_locked(&name_of(path)), t.refused_locked_lead()),
        Conflict::InUse(path) => refusal(t.refused_in_use(&visible_path(path)), t.refused_in_use_lead()),
        Conflict::IntoItself => refusal(t.refused_into_itself(), t.refused_into_itself_lead()),
    }
}

/// Returns the message for a file that cannot be stored.
fn of_upload(t: Texts, error: &EngineError) -> Refusal {
    let size = |bytes: &Bytes| size_words(t, bytes.0);
    match error {
        EngineError::NoSpace(NoSpace::Disk { free, needed }) if *needed != Bytes(0) => {
            refusal(t.refused_space(), t.refused_space_needed(&size(needed), &size(free)))
        }
        EngineError::NoSpace(NoSpace::Disk { .. }) => refusal(t.refused_space(), t.refused_space_lead()),
        EngineError::NoSpace(NoSpace::Reserved { left, needed }) => {
            refusal(t.refused_reserved(), t.refused_reserved_lead(&size(needed), &size(left)))
        }
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: false }) => {
            refusal(t.refused_unfinished(), t.refused_unfinished_lead())
        }
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: true }) => {
            refusal(t.refused_unfinished_all(), t.refused_unfinished_all_lead())
        }
        EngineError::RuleBroken(Rule::Size { too_big: true, limit }) => {
            refusal(t.refused_too_large(), t.followed_by(&t.guest_limit_file(&size(limit)), t.refused_size_ask()))
        }
        EngineError::RuleBroken(Rule::Size { too_big: false, limit }) => refusal(
            t.refused_too_small(),
            t.followed_by(&t.guest_limit_least(&size(limit)), t.refused_too_small_lead()),
        ),
        EngineError::NoSpace(NoSpace::VolumeBytes) => refusal(t.refused_max_size(), t.refused_size_ask()),
        EngineError::NoSpace(NoSpace::VolumeFiles) => refusal(t.refused_max_files(), t.refused_size_ask()),
        EngineError::NoSpace(NoSpace::Link { left }) => {
            refusal(t.refused_link_room(&size(left)), t.refused_link_room_lead())
        }
        EngineError::TooMany(TooMany::Files) => refusal(t.refused_files_fast(), t.refused_files_fast_lead()),
        EngineError::TooMany(TooMany::Bytes) => refusal(t.refused_much_fast(), t.refused_files_fast_lead()),
        EngineError::RuleBroken(Rule::TopFolderOnly) => refusal(t.refused_top_only(), t.refused_top_only_lead()),
        EngineError::Upload(UploadError::PartialElsewhere(_)) => {
            refusal(t.refused_other_folder(), t.refused_other_folder_lead())
        }
        EngineError::Upload(UploadError::DupeRefused(_)) => refusal(t.refused_duplicate(), t.refused_duplicate_lead()),
        EngineError::Interrupted(Interruption::Sender) => refusal(t.refused_sender(), t.refused_sender_lead()),
        EngineError::Interrupted(Interruption::Client) => {
            refusal(t.refused_interrupted(), t.refused_interrupted_lead())
        }
        _ => refusal(t.refused_copy_source(), t.refused_copy_source_lead()),
    }
}

/// Returns the message for a status. `reason`: the protocol's text, if there is nothing more specific.
pub fn by_status(request: &Request, status: StatusCode, reason: Option<&str>) -> Refusal {
    let t = request.texts();
    let because = |next: &'static str| with_reason(t, reason.filter(|reason| reason.contains(' ')), next);
    match status.as_u16() {
        404 => refusal(t.refused_missing_any(), t.refused_missing_any_lead()),
        401 | 403 => refusal(t.refused_not_allowed(), who_may(request)),
        409 | 412 => refusal(t.refused_changed(), because(t.refused_changed_lead())),
        507 => refusal(t.refused_space(), t.refused_space_free_up()),
        400 | 405 | 422 => refusal(t.refused_unclear(), because(t.refused_unclear_lead())),
        408 => refusal(t.refused_slow(), t.refused_slow_lead()),
        411 | 413 => refusal(t.refused_large(), because(t.refused_large_lead())),
        414 | 431 => refusal(t.refused_address_long(), t.refused_address_long_lead()),
        416 => refusal(t.refused_part(), t.refused_part_lead()),
        421 => refusal(t.refused_other_name(), t.refused_other_name_lead()),
        429 => refusal(t.refused_requests(), because(t.refused_requests_lead())),
        503 => refusal(t.refused_busy(), t.refused_busy_lead()),
        _ => refusal(t.refused_internal(), t.refused_internal_lead()),
    }
}

/// Returns `next` after the reason, which is an English text of the protocol: pages in other languages show it in small print
/// only.
fn with_reason(t: Texts, reason: Option<&str>, next: &'static str) -> Cow<'static, str> {
    match reason.filter(|_| t.is_english()) {
        Some(reason) => Cow::Owned(format!("{}. {next}", sentence(reason))),
        None => Cow::Borrowed(next),
    }
}

fn who_may(request: &Request) -> &'static str {
    let t = request.texts();
    if layout::has_accounts(request) { t.refused_access_lead() } else { t.refused_access_lead_owner() }
}

fn missing_right(t: Texts, missing: &str) -> &'static str {
    match missing {
        "write" => t.refused_add(),
        "move" => t.refused_move(),
        "delete" => t.refused_delete(),
        "read" | "get" => t.refused_read(),
        "admin" => t.refused_admins(),
        _ => t.refused_not_allowed(),
    }
}

/// Returns the name of concurrent work that is limited.
fn work(t: Texts, what: &'static str) -> &'static str {
    match what {
        "archives" => t.work_archives(),
        "checksums" => t.work_checksums(),
        "compressed archives" => t.work_compressed(),
        "folders with everything below them" => t.work_folders(),
        "large listings" => t.work_listings(),
        "archives of many names" => t.work_names(),
        "long requests" => t.work_requests(),
        "searches" => t.work_searches(),
        "conversions of sound" => t.work_sound(),
        other => other,
    }
}

fn path_fault(t: Texts, fault: &PathError) -> &'static str {
    match fault {
        PathError::Nul => t.refused_name_nul(),
        PathError::NotAName => t.refused_name_no_name(),
        PathError::NameTooLong => t.refused_name_long(),
        PathError::TooLong => t.refused_name_path_long(),
        PathError::TooDeep => t.refused_name_deep(),
    }
}

/// Returns `text` with a capital letter and without its full stop.
pub fn sentence(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::VPath;

    #[test]
    fn words() {
        assert_eq!(sentence(" a name is needed. "), "A name is needed");
        assert_eq!(sentence(""), "");
        assert_eq!(name_of(&VPath::parse(b"/a/b c").expect("a path")), "b c");
        assert_eq!(work(Texts::english(), "archives"), "archives");
    }
}
