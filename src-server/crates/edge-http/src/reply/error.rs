//! Maps every `EngineError` to an HTTP status and text, in one exhaustive match.
//! Texts that clients compare are protocol and must not change (docs/up2k.md "Errors", docs/http-api.md "Errors").
//! Programs get `<pre>text CRLF URL: path CRLF`; people get a page that says what to do next.

use super::response::{html, text};
use crate::extract::secrets::masked;
use crate::extract::{ProofKind, dav};
use crate::failure::Failure;
use crate::render::cards::FilledForm;
use crate::render::pages;
use crate::render::refusal::{self, Refusal};
use crate::request::Request;
use engine::error::{Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany, UploadError};
use engine::{EngineError, UnpostRefused};
use http::{HeaderValue, Method, StatusCode, header};
use model::{Bytes, PathError, VPath};
use std::borrow::Cow;
use warp::reply::Response;

/// Status and text of a refusal as programs get them.
#[derive(Debug, PartialEq, Eq)]
pub struct ProtocolText {
    /// HTTP status.
    pub status: StatusCode,
    /// The text; clients compare some of them literally.
    pub text: Cow<'static, str>,
    /// `Retry-After` in seconds, if the time is known.
    pub retry_secs: Option<u64>,
}

/// Renders a failure in the form that suits the client.
pub fn render(request: &Request, failure: Failure) -> Response {
    // When the operating system refuses access, signing in does not help, so no sign-in form is offered.
    let is_final = matches!(failure, Failure::Engine(EngineError::Denied(Denial::System(_))));
    let texts = FailureTexts::of(request, failure);
    let protocol = &texts.protocol;
    let response = match protocol.status {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND if request.is_read() && !is_final => {
            render_missing(request, protocol)
        }
        status => match &texts.refusal {
            Some(refusal) => html(status, pages::error(request, status, &protocol.text, refusal, None)),
            None => plain_response(request, status, &protocol.text),
        },
    };
    with_retry_after(protocol, response)
}

fn with_retry_after(protocol: &ProtocolText, mut response: Response) -> Response {
    if let Some(secs) = protocol.retry_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// Renders the refusal of a form, with the form below it to send again. `known`: a more specific text than that of the
/// failure, if the caller has one.
pub fn render_with_form(
    request: &Request,
    failure: Failure,
    known: Option<Refusal>,
    again: &FilledForm<'_>,
) -> Response {
    let FailureTexts { protocol, refusal } = FailureTexts::of(request, failure);
    let response = match known.or(refusal) {
        Some(refusal) if request.head.is_page_load() => {
            html(protocol.status, pages::error(request, protocol.status, &protocol.text, &refusal, Some(again)))
        }
        _ => plain_response(request, protocol.status, &protocol.text),
    };
    with_retry_after(&protocol, response)
}

/// The texts of a failure: for programs and for people.
pub struct FailureTexts {
    /// Status and text for programs.
    pub protocol: ProtocolText,
    /// Text for people; `None` if a program sent the request.
    pub refusal: Option<Refusal>,
}

impl FailureTexts {
    /// Returns the texts of `failure`.
    pub fn of(request: &Request, failure: Failure) -> Self {
        if !request.head.is_page_load() {
            return Self { protocol: protocol_text(request, failure), refusal: None };
        }
        let known = refusal::of(request, &failure);
        let is_text = matches!(failure, Failure::Text(..) | Failure::ForeignPage(_));
        let protocol = protocol_text(request, failure);
        let reason = is_text.then_some(&*protocol.text);
        let refusal = known.unwrap_or_else(|| refusal::by_status(request, protocol.status, reason));
        Self { protocol, refusal: Some(refusal) }
    }
}

/// Renders 403 and 404 on reads: a page with a sign-in form for browsers, comment lines for curl, and 401 for other
/// programs that have not signed in (docs/http-api.md "Errors").
fn render_missing(request: &Request, protocol: &ProtocolText) -> Response {
    let denied = protocol.status == StatusCode::FORBIDDEN;
    if request.head.is_browser() && !dav::asks_as_program(request) {
        let page =
            if denied { pages::denied(request, &protocol.text) } else { pages::missing(request, &protocol.text) };
        return html(protocol.status, page);
    }
    let status = if denied { denied_status(request, protocol.status) } else { protocol.status };
    let mut response = if request.head.is_curl() {
        let hint = if denied { "   (you'll have to log in)" } else { "" };
        text(status, format!("# acct: {}\n{}{hint}\n", request.access.shown_account(), protocol.text))
    } else {
        plain_response(request, status, &protocol.text)
    };
    ask_for_login(status, &mut response);
    response
}

/// Returns 401 instead of 403 if the request carried no proof at all: the program can then prompt for a password.
fn denied_status(request: &Request, status: StatusCode) -> StatusCode {
    let has_no_proof = request.proof == ProofKind::None && request.access.account().is_anonymous();
    if has_no_proof && !request.settings().login.no_basic { StatusCode::UNAUTHORIZED } else { status }
}

fn ask_for_login(status: StatusCode, response: &mut Response) {
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(r#"Basic realm="a""#));
    }
}

/// Returns the response that clients parse.
fn plain_response(request: &Request, status: StatusCode, text: &str) -> Response {
    let mut response = html(status, pages::plain_refusal(request, text));
    ask_for_login(status, &mut response);
    response
}

/// Returns status and text of a failure.
pub fn protocol_text(request: &Request, failure: Failure) -> ProtocolText {
    let (status, text) = match failure {
        Failure::Text(status, text) => (status, text),
        Failure::Said(said) => {
            let (status, text) = said.protocol();
            (status, text.into())
        }
        Failure::ForeignPage(text) => (StatusCode::FORBIDDEN, text.into()),
        Failure::Engine(EngineError::TooMany(TooMany::Guesses { retry_secs })) => {
            let text = "too many wrong passwords from here; try again later";
            return ProtocolText {
                status: StatusCode::TOO_MANY_REQUESTS,
                text: text.into(),
                retry_secs: Some(retry_secs),
            };
        }
        Failure::Engine(EngineError::Busy) => {
            let text = "the server is busy; try again in a moment";
            return ProtocolText { status: StatusCode::SERVICE_UNAVAILABLE, text: text.into(), retry_secs: Some(2) };
        }
        Failure::Engine(EngineError::TooMany(TooMany::AtOnce { what, per_address })) => {
            return too_many(what, per_address);
        }
        Failure::Engine(error) => {
            let retry_secs = matches!(error, EngineError::TooMany(TooMany::Unfinished { .. })).then_some(30);
            let (status, text) = engine_error_text(request, error);
            return ProtocolText { status, text, retry_secs };
        }
    };
    ProtocolText { status, text, retry_secs: None }
}

/// Seconds after which a long response (an archive, a listing) may have ended.
const LONG_RETRY_SECS: u64 = 30;

fn too_many(what: &str, per_address: bool) -> ProtocolText {
    let (status, whose) = match per_address {
        true => (StatusCode::TOO_MANY_REQUESTS, "of your address"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "of all visitors"),
    };
    let text = format!("too many {what} {whose} are in progress; try again when one of them has ended");
    ProtocolText { status, text: text.into(), retry_secs: Some(LONG_RETRY_SECS) }
}

fn engine_error_text(request: &Request, error: EngineError) -> (StatusCode, Cow<'static, str>) {
    use StatusCode as S;
    match error {
        EngineError::NotFound(_) => (S::NOT_FOUND, not_found_text(request)),
        EngineError::Denied(Denial::Right { path, missing }) => denied_text(request, &path, missing),
        EngineError::Denied(Denial::System(path)) => {
            let text = format!(
                "the server has no permission to do that at {} on its disk; ask its owner to check the file \
                 permissions there",
                path.display()
            );
            (S::FORBIDDEN, text.into())
        }
        EngineError::Denied(Denial::KeyNeeded(_)) => (S::FORBIDDEN, "403 forbidden".into()),
        EngineError::Denied(Denial::SwitchedOff(what)) => {
            (S::FORBIDDEN, format!("{what} is disabled in server config").into())
        }
        EngineError::Conflict(Conflict::Exists(path)) => exists_text(request, &path),
        EngineError::Conflict(Conflict::NotAFolder(path)) => {
            (S::CONFLICT, format!("{} is not a folder", path.display()).into())
        }
        EngineError::Conflict(Conflict::IsAFolder(path)) => {
            (S::CONFLICT, format!("{} is a folder", path.display()).into())
        }
        EngineError::Conflict(Conflict::Locked(path)) => {
            (S::LOCKED, format!("{} is locked by another client", path.display()).into())
        }
        EngineError::Conflict(Conflict::InUse(path)) => {
            let text = format!(
                "another disk is mounted at {}, so this was refused and nothing was changed; unmount that disk first, or \
                 choose the files and folders around it",
                path.display()
            );
            (S::CONFLICT, text.into())
        }
        EngineError::Conflict(Conflict::IntoItself) => (S::BAD_REQUEST, "mv: cannot move parent into subfolder".into()),
        EngineError::Invalid(Invalid::Path(error @ (PathError::TooLong | PathError::TooDeep))) => {
            (S::URI_TOO_LONG, error.to_string().into())
        }
        EngineError::Invalid(Invalid::Path(fault)) => (S::BAD_REQUEST, fault.to_string().into()),
        EngineError::Invalid(Invalid::Unfit(why)) => (S::BAD_REQUEST, why.to_string().into()),
        EngineError::Invalid(Invalid::Request(sentence)) => (S::BAD_REQUEST, sentence.into()),
        EngineError::Changed(Changed::Since { .. }) => (S::CONFLICT, "the file has changed in the meantime".into()),
        EngineError::Changed(Changed::Condition(_)) => (S::PRECONDITION_FAILED, "the file is another one now".into()),
        EngineError::Invalid(Invalid::Digest) => {
            (S::BAD_REQUEST, "the body does not have the announced digest; nothing was stored, send it again".into())
        }
        EngineError::NoSpace(NoSpace::Disk { needed: Bytes(0), .. }) => {
            (S::INTERNAL_SERVER_ERROR, "server HDD is full; try again when there is room".into())
        }
        EngineError::NoSpace(NoSpace::Disk { free, needed }) => {
            let text = format!("server HDD is full; {} free, need {}", free.human(), needed.human());
            (S::INTERNAL_SERVER_ERROR, text.into())
        }
        EngineError::NoSpace(NoSpace::Reserved { left, needed }) => {
            let (left, needed) = (left.human(), needed.human());
            let text = format!("server HDD is full; {left} free beside the uploads under way, need {needed}");
            (S::INTERNAL_SERVER_ERROR, text.into())
        }
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: false }) => (
            S::TOO_MANY_REQUESTS,
            "too many uploads from you are begun and not finished; finish or cancel some, then try again".into(),
        ),
        EngineError::TooMany(TooMany::Unfinished { by_all_clients: true }) => (
            S::SERVICE_UNAVAILABLE,
            "the server has as many unfinished uploads as it may have; try again in a few minutes".into(),
        ),
        EngineError::RuleBroken(Rule::Size { too_big: true, .. }) => (S::BAD_REQUEST, "file too big".into()),
        EngineError::RuleBroken(Rule::Size { too_big: false, .. }) => (S::BAD_REQUEST, "file too small".into()),
        EngineError::NoSpace(NoSpace::VolumeBytes) => (S::BAD_REQUEST, "volume has exceeded max size".into()),
        EngineError::NoSpace(NoSpace::VolumeFiles) => (S::BAD_REQUEST, "volume has exceeded max num.files".into()),
        EngineError::NoSpace(NoSpace::Link { left }) => (
            S::BAD_REQUEST,
            format!("this link takes only {} more; send less, or ask for another link", left.human()).into(),
        ),
        EngineError::Gone(Gone::Link) => (S::NOT_FOUND, "this link does not work any more; ask for another one".into()),
        EngineError::TooMany(TooMany::Files) => (S::TOO_MANY_REQUESTS, "too many uploads".into()),
        EngineError::TooMany(TooMany::Bytes) => (S::TOO_MANY_REQUESTS, "upload size limit exceeded".into()),
        EngineError::RuleBroken(Rule::TopFolderOnly) => {
            (S::INTERNAL_SERVER_ERROR, "uploads go into the top folder of this volume only".into())
        }
        EngineError::Upload(UploadError::PartialElsewhere(path)) => (
            S::UNPROCESSABLE_ENTITY,
            format!(
                "partial upload exists at a different location; please resume uploading here instead:\n{} ",
                request.href(&path)
            )
            .into(),
        ),
        EngineError::Upload(UploadError::DupeRefused(path)) => {
            (S::CONFLICT, format!("upload rejected, file already exists:\n{} ", request.href(&path)).into())
        }
        EngineError::Upload(UploadError::NameTaken(_)) => {
            (S::CONFLICT, "upload rejected, a file with that name already exists".into())
        }
        EngineError::Upload(UploadError::SourceBusy) => {
            (S::UNPROCESSABLE_ENTITY, "source file busy; please try again later".into())
        }
        EngineError::Upload(UploadError::UnknownWark) => {
            (S::BAD_REQUEST, "unknown wark (see fileserver log for details)".into())
        }
        EngineError::Upload(UploadError::ChunkCorrupt { received, expected, computed }) => (
            S::BAD_REQUEST,
            format!(
                "your chunk got corrupted somehow (received {received} bytes); expected vs received \
                 hash:\n{expected}\n{computed}"
            )
            .into(),
        ),
        EngineError::Upload(UploadError::ChunkKnown(hash)) => {
            (S::BAD_REQUEST, format!("already got that ({hash}) but thanks??").into())
        }
        EngineError::Upload(UploadError::ChunkForeign(hash)) => {
            (S::BAD_REQUEST, format!("unknown chunk wtf: {hash}").into())
        }
        EngineError::Upload(UploadError::ChunkBusy(hash)) => {
            (S::BAD_REQUEST, format!("that chunk is already being written to:\n  {hash}").into())
        }
        EngineError::Upload(UploadError::StitchPrefix { prefix, actual }) => (
            S::BAD_REQUEST,
            format!("next sibling chunk does not start with expected prefix [{prefix}]: [{actual}]").into(),
        ),
        EngineError::Upload(UploadError::StitchGap) => {
            (S::BAD_REQUEST, "only sibling chunks can be stitched; gap of at least one chunk".into())
        }
        EngineError::Upload(UploadError::BodyTooLong { sent, limit }) => (
            S::BAD_REQUEST,
            format!("your client is sending {sent} bytes which is too much (server expected {limit} bytes at most)")
                .into(),
        ),
        EngineError::Upload(UploadError::SubchunkOffset { hash, expected, got }) => (
            S::BAD_REQUEST,
            format!(
                "subchunk protocol error; resetting chunk [{hash}]: the expected resume-point was {expected}, not {got}"
            )
            .into(),
        ),
        EngineError::Upload(UploadError::OutOfOrder) => (
            S::BAD_REQUEST,
            "please upload sequentially using one thread; this volume takes chunks in order only".into(),
        ),
        EngineError::Upload(UploadError::UnpostRefused(why)) => {
            let text = match why {
                UnpostRefused::Unknown => "you cannot delete this: file not found",
                UnpostRefused::NotYours => "you cannot delete this: not uploaded by (You)",
                UnpostRefused::TooLate => "you cannot delete this: uploaded too long ago",
            };
            (S::BAD_REQUEST, text.into())
        }
        EngineError::Interrupted(Interruption::Client) => {
            (S::BAD_REQUEST, "the connection ended before all bytes arrived".into())
        }
        EngineError::Interrupted(Interruption::Sender) => {
            (S::GATEWAY_TIMEOUT, "the sender of this file has stopped".into())
        }
        EngineError::WrongPassword => (S::FORBIDDEN, "naw dude".into()),
        EngineError::TooMany(TooMany::Guesses { .. }) => {
            (S::TOO_MANY_REQUESTS, "too many wrong passwords from here".into())
        }
        EngineError::TooMany(TooMany::AtOnce { what, per_address }) => {
            let protocol = too_many(what, per_address);
            (protocol.status, protocol.text)
        }
        EngineError::Busy => (S::SERVICE_UNAVAILABLE, "the server is busy; try again in a moment".into()),
        EngineError::Gone(Gone::Trashed) => (S::GONE, "that is not in the trash any more".into()),
        EngineError::Gone(Gone::Folder(_)) => (S::GONE, "location unavailable".into()),
        EngineError::Denied(Denial::ReadOnly(_)) => (S::FORBIDDEN, "this place is read-only on the server".into()),
        EngineError::BadSettings(_) => (S::INTERNAL_SERVER_ERROR, "the settings have faults".into()),
        EngineError::Internal { sentence, source } => {
            tracing::error!(%source, path = masked(request.head.uri.path()), "a request failed");
            (S::INTERNAL_SERVER_ERROR, sentence.into())
        }
    }
}

fn not_found_text(request: &Request) -> Cow<'static, str> {
    if request.is_read() { "404 not found".into() } else { "file not found on disk (already deleted?)".into() }
}

/// Returns status and text of a refusal. With `--vague-403` a refused read looks exactly like a missing file.
fn denied_text(request: &Request, path: &VPath, missing: &str) -> (StatusCode, Cow<'static, str>) {
    if request.is_read() {
        return match request.settings().behaviour.vague_denial {
            true => (StatusCode::NOT_FOUND, "404 not found".into()),
            false => (StatusCode::FORBIDDEN, "403 forbidden".into()),
        };
    }
    let status = match *request.method() {
        Method::POST => StatusCode::FORBIDDEN,
        _ => denied_status(request, StatusCode::FORBIDDEN),
    };
    let text = match missing {
        "delete" | "admin" => {
            format!("'{missing}' not allowed for user {}", request.access.shown_account())
        }
        _ => {
            let volume = request.access.volume_path(path).map(|at| at.volume.config.mount.display());
            let top = volume.unwrap_or_else(|| "/".into());
            format!("you don't have {missing}-access in '{}' or below '{top}'", path.display())
        }
    };
    (status, text.into())
}

/// Returns the text for `Exists`. Creating a folder, moving and copying each have their own.
fn exists_text(request: &Request, path: &VPath) -> (StatusCode, Cow<'static, str>) {
    let method = request.method().as_str();
    if request.query.has("move") || method == "MOVE" {
        return (StatusCode::BAD_REQUEST, "mv2: target file exists".into());
    }
    if request.query.has("copy") || method == "COPY" {
        return (StatusCode::BAD_REQUEST, "cp2: target file exists".into());
    }
    (StatusCode::METHOD_NOT_ALLOWED, format!("folder \"{}\" already exists", path.display()).into())
}
