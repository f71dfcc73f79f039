//! Says every `EngineError` in WebDAV's terms, in one exhaustive match.

use crate::answer::{Answer, AnswerBody};
use crate::failure::Failure;
use crate::multistatus::push_escaped;
use crate::request::DavRequest;
use engine::EngineError;
use engine::error::{BodyRefusal, Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany};
use http::{HeaderValue, StatusCode, header};
use model::PathError;

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// The violated condition of RFC 4918, 16 or of RFC 4331.
    pub condition: Option<&'static str>,
    /// What happened, for people.
    pub text: &'static str,
}

const fn plain(status: StatusCode, text: &'static str) -> Refusal {
    Refusal { status, condition: None, text }
}

/// Returns what a client gets for `error`.
pub(crate) fn refusal_of(request: &DavRequest<'_>, error: &EngineError) -> Refusal {
    use StatusCode as S;
    match error {
        EngineError::NotFound(_) => plain(S::NOT_FOUND, "There is nothing here."),
        EngineError::Denied(Denial::Right { .. } | Denial::KeyNeeded(_)) if request.may_sign_in => {
            plain(S::UNAUTHORIZED, "Sign in to do that.")
        }
        EngineError::Denied(Denial::Right { .. }) => plain(S::FORBIDDEN, "You may not do that here."),
        EngineError::Denied(Denial::KeyNeeded(_)) => plain(S::FORBIDDEN, "This file needs its key."),
        EngineError::Denied(Denial::SwitchedOff(_)) => plain(S::FORBIDDEN, "This is switched off on the server."),
        EngineError::Denied(Denial::System(_)) => {
            plain(S::FORBIDDEN, "The server has no permission to do that on its disk.")
        }
        EngineError::Denied(Denial::ReadOnly(_)) => plain(S::FORBIDDEN, "This place is read-only on the server."),
        EngineError::WrongPassword => plain(S::UNAUTHORIZED, "The password is wrong."),
        EngineError::Conflict(Conflict::Exists(_)) => plain(S::METHOD_NOT_ALLOWED, "Something has that name already."),
        EngineError::Conflict(Conflict::NotAFolder(_)) => plain(S::CONFLICT, "A file is in the place of a folder."),
        EngineError::Conflict(Conflict::IsAFolder(_)) => {
            plain(S::METHOD_NOT_ALLOWED, "A folder is in the place of the file.")
        }
        EngineError::Conflict(Conflict::IntoItself) => plain(S::CONFLICT, "A folder cannot move into itself."),
        EngineError::Conflict(Conflict::Locked(_)) => {
            Refusal { condition: Some("lock-token-submitted"), ..plain(S::LOCKED, "Another program has locked this.") }
        }
        EngineError::Conflict(Conflict::InUse(_)) => plain(S::CONFLICT, "Another disk is mounted there."),
        EngineError::Invalid(Invalid::Path(PathError::TooLong | PathError::TooDeep)) => {
            plain(S::URI_TOO_LONG, "The path is too long.")
        }
        EngineError::Invalid(Invalid::Path(_)) => plain(S::BAD_REQUEST, "The path is not valid."),
        EngineError::Invalid(Invalid::Unfit(_)) => plain(S::FORBIDDEN, "That is not possible here."),
        EngineError::Invalid(Invalid::Request(_)) => plain(S::BAD_REQUEST, "The request makes no sense."),
        EngineError::Invalid(Invalid::Digest) => {
            plain(S::BAD_REQUEST, "The content does not have the announced digest. Nothing was stored.")
        }
        EngineError::Changed(Changed::Since { .. } | Changed::Condition(_)) => {
            plain(S::PRECONDITION_FAILED, "The file is another one now.")
        }
        EngineError::NoSpace(NoSpace::Disk { .. } | NoSpace::Reserved { .. }) => {
            Refusal { condition: Some("sufficient-disk-space"), ..plain(S::INSUFFICIENT_STORAGE, "The disk is full.") }
        }
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles | NoSpace::Link { .. }) => Refusal {
            condition: Some("quota-not-exceeded"),
            ..plain(S::INSUFFICIENT_STORAGE, "This place has reached its limit.")
        },
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => {
            plain(S::PAYLOAD_TOO_LARGE, "The file is too large.")
        }
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => plain(S::FORBIDDEN, "The file is too small."),
        EngineError::RuleBroken(Rule::TopFolderOnly) => plain(S::FORBIDDEN, "Files go into the top folder only."),
        EngineError::TooMany(TooMany::Guesses { .. }) => plain(S::TOO_MANY_REQUESTS, "Too many wrong passwords."),
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => {
            plain(S::TOO_MANY_REQUESTS, "Too much was uploaded in a short time.")
        }
        EngineError::TooMany(TooMany::Unfinished { .. }) => {
            plain(S::TOO_MANY_REQUESTS, "Too many uploads are not finished.")
        }
        EngineError::TooMany(TooMany::AtOnce { .. }) => {
            plain(S::SERVICE_UNAVAILABLE, "The server does too much of this at once; try again.")
        }
        EngineError::Busy => plain(S::SERVICE_UNAVAILABLE, "The server is busy; try again."),
        EngineError::Gone(Gone::Link) => plain(S::NOT_FOUND, "This link does not work any more."),
        EngineError::Gone(Gone::Trashed) => plain(S::GONE, "That is not in the trash any more."),
        EngineError::Gone(Gone::Folder(_)) => plain(S::SERVICE_UNAVAILABLE, "The shared folder is not available now."),
        EngineError::Interrupted(Interruption::Client) => {
            plain(S::BAD_REQUEST, "The connection ended before all bytes arrived.")
        }
        EngineError::Interrupted(Interruption::Sender) => plain(S::GATEWAY_TIMEOUT, "The sender has stopped."),
        EngineError::Upload(error) => match error.body_refusal() {
            Some(BodyRefusal::NameTaken) => plain(S::FORBIDDEN, "You may not replace this file."),
            Some(BodyRefusal::DupeRefused) => {
                plain(S::CONFLICT, "A file with this content exists already, and this place keeps one of each.")
            }
            Some(BodyRefusal::SourceBusy) => plain(S::SERVICE_UNAVAILABLE, "The file is busy; try again."),
            None => plain(S::BAD_REQUEST, "The upload was refused."),
        },
        EngineError::BadSettings(_) => plain(S::INTERNAL_SERVER_ERROR, "The settings have faults."),
        EngineError::Internal { .. } => plain(S::INTERNAL_SERVER_ERROR, "Something failed on the server."),
    }
}

/// Renders a failure.
pub(crate) fn render(request: &DavRequest<'_>, failure: Failure) -> Answer {
    let refusal = match &failure {
        Failure::Engine(error) => refusal_of(request, error),
        Failure::Status(status) => plain(*status, status.canonical_reason().unwrap_or_default()),
        Failure::Condition(status, condition) => {
            Refusal { condition: Some(condition), ..plain(*status, status.canonical_reason().unwrap_or_default()) }
        }
        Failure::AppleFile => Refusal {
            condition: Some("lock-token-submitted"),
            ..plain(StatusCode::LOCKED, "Files that only Finder uses are not kept here.")
        },
    };
    if let Failure::Engine(EngineError::Internal { source, .. }) = &failure {
        tracing::error!(%source, method = %request.method, "a request failed");
    }
    // The path that is locked, or the requested one if another one must not be told.
    let locked = match &failure {
        Failure::Engine(EngineError::Conflict(Conflict::Locked(_))) | Failure::AppleFile => {
            Some(request.href(&request.path, false))
        }
        _ => None,
    };
    let mut answer = Answer::xml(refusal.status, AnswerBody::Whole(error_xml(&refusal, locked.as_deref())));
    if refusal.status == StatusCode::UNAUTHORIZED {
        answer = answer.with(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="a""#));
    }
    if let Failure::Engine(EngineError::TooMany(TooMany::Guesses { retry_secs })) = &failure {
        answer = answer.with(header::RETRY_AFTER, HeaderValue::from(*retry_secs));
    }
    answer
}

/// Formats a refusal as RFC 4918, 14.5 has it. Many clients show the message of SabreDAV to people.
fn error_xml(refusal: &Refusal, locked: Option<&str>) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<D:error xmlns:D=\"DAV:\" xmlns:s=\"http://sabredav.org/ns\">",
    );
    match (refusal.condition, locked) {
        (Some(condition), Some(href)) => {
            xml.push_str(&format!("<D:{condition}><D:href>"));
            push_escaped(&mut xml, href);
            xml.push_str(&format!("</D:href></D:{condition}>"));
        }
        (Some(condition), None) => xml.push_str(&format!("<D:{condition}/>")),
        (None, _) => {}
    }
    xml.push_str("<s:message>");
    push_escaped(&mut xml, refusal.text);
    xml.push_str("</s:message></D:error>\n");
    xml
}
