//! Errors of the page API: one exhaustive match from `EngineError` to a code, a status and details. Texts for people are
//! those of the pages (`render::refusal`).

use super::answer;
use super::paths::encoded;
use super::types::{ApiError, EntryKind, ErrorCode};
use crate::extract::secrets::masked;
use crate::failure::Failure;
use crate::render::refusal;
use crate::request::Request;
use engine::error::{Changed, Conflict, Denial, Gone, Interruption, Invalid, NoSpace, Rule, TooMany, UploadError};
use engine::files::read::Found;
use engine::{EngineError, UnpostRefused};
use http::{HeaderValue, StatusCode, header};
use model::VPath;
use warp::reply::Response;

/// Returns the answer to a failed request.
pub async fn render(request: &Request, failure: Failure) -> Response {
    let (status, error) = told(request, failure).await;
    response(status, &error)
}

/// Returns the status and the description of a failure.
pub async fn told(request: &Request, failure: Failure) -> (StatusCode, ApiError) {
    let failure = hide_denied(request, failure);
    let (status, mut error) = describe(request, &failure);
    let refusal = refusal::of(request, &failure);
    let reason = match &failure {
        Failure::Text(_, text) => Some(&**text),
        Failure::Engine(_) | Failure::Said(_) | Failure::ForeignPage(_) => None,
    };
    if let Some(text) = reason.filter(|_| error.code == ErrorCode::UnknownEndpoint) {
        // The page for a missing file would be misleading.
        (error.message, error.advice) = (request.texts().refused_function().to_owned(), text.to_owned());
    } else {
        let refusal = refusal.unwrap_or_else(|| refusal::by_status(request, status, reason));
        error.message = refusal.heading.into_owned();
        error.advice = refusal.lead.into_owned();
    }
    if let Failure::Engine(EngineError::Conflict(Conflict::Exists(path))) = &failure {
        describe_existing(request, path, &mut error).await;
    }
    (status, error)
}

/// Returns an error that only this API has.
pub fn answer(status: StatusCode, code: ErrorCode, message: &str, advice: &str) -> Response {
    response(status, &ApiError { message: message.to_owned(), advice: advice.to_owned(), ..of_code(code) })
}

fn response(status: StatusCode, error: &ApiError) -> Response {
    let mut response = answer::json(status, error);
    if let Some(secs) = error.retry_secs {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    }
    response
}

/// With `--vague-403` a refused read looks exactly like a missing file.
fn hide_denied(request: &Request, failure: Failure) -> Failure {
    match failure {
        Failure::Engine(EngineError::Denied(Denial::Right { path, .. }))
            if request.is_read() && request.settings().behaviour.vague_denial =>
        {
            EngineError::NotFound(path).into()
        }
        failure => failure,
    }
}

/// Adds the kind of the existing entry, if the account may know it.
async fn describe_existing(request: &Request, path: &VPath, error: &mut ApiError) {
    let (t, name) = (request.texts(), path.name().map_or_else(|| path.display(), |name| name.display()));
    let (existing, message) = match request.engine().reader.open(&request.access, path, None).await {
        Ok(Found::Folder { .. }) => (EntryKind::Folder, t.refused_exists_folder(&name)),
        Ok(Found::File(_)) => (EntryKind::File, t.refused_exists_file(&name)),
        Err(_) => return,
    };
    error.existing = Some(existing);
    error.message = message;
}

fn of_code(code: ErrorCode) -> ApiError {
    ApiError {
        code,
        message: String::new(),
        advice: String::new(),
        path: None,
        existing: None,
        missing: None,
        left_bytes: None,
        needed_bytes: None,
        retry_secs: None,
    }
}

fn describe(request: &Request, failure: &Failure) -> (StatusCode, ApiError) {
    match failure {
        Failure::ForeignPage(_) => (StatusCode::FORBIDDEN, of_code(ErrorCode::ForeignOrigin)),
        Failure::Text(status, _) => (*status, of_code(of_status(*status))),
        Failure::Said(said) => {
            let (status, _) = said.protocol();
            (status, of_code(of_status(status)))
        }
        Failure::Engine(error) => {
            if let EngineError::Internal { source, .. } = error {
                tracing::error!(%source, path = masked(request.head.uri.path()), "a request failed");
            }
            of_engine(error)
        }
    }
}

/// Returns the code of a refusal of this edge.
fn of_status(status: StatusCode) -> ErrorCode {
    match status {
        StatusCode::NOT_FOUND => ErrorCode::UnknownEndpoint,
        StatusCode::METHOD_NOT_ALLOWED => ErrorCode::WrongMethod,
        StatusCode::PRECONDITION_FAILED => ErrorCode::ConditionFailed,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::TooLong,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        StatusCode::MISDIRECTED_REQUEST => ErrorCode::UnknownHost,
        _ => ErrorCode::BadRequest,
    }
}

/// Seconds after which a request may succeed that met a limit of concurrent work.
const RETRY_SECS: u64 = 30;

fn of_engine(error: &EngineError) -> (StatusCode, ApiError) {
    use ErrorCode as C;
    use StatusCode as S;
    let at = |status, code, path: &VPath| (status, ApiError { path: Some(encoded(path)), ..of_code(code) });
    let plain = |status, code| (status, of_code(code));
    let space = |code, left, needed| {
        let (left_bytes, needed_bytes) = (Some(left), needed);
        (S::INSUFFICIENT_STORAGE, ApiError { left_bytes, needed_bytes, ..of_code(code) })
    };
    let later = |status, code, secs| (status, ApiError { retry_secs: Some(secs), ..of_code(code) });
    match error {
        EngineError::NotFound(path) => at(S::NOT_FOUND, C::NotFound, path),
        EngineError::Denied(Denial::Right { path, missing }) => {
            (S::FORBIDDEN, ApiError { missing: Some(missing), ..at(S::FORBIDDEN, C::Denied, path).1 })
        }
        EngineError::Denied(Denial::System(path)) => at(S::FORBIDDEN, C::SystemRefuses, path),
        EngineError::Denied(Denial::KeyNeeded(path)) => at(S::FORBIDDEN, C::KeyNeeded, path),
        EngineError::Denied(Denial::SwitchedOff(_)) => plain(S::FORBIDDEN, C::SwitchedOff),
        EngineError::Denied(Denial::ReadOnly(path)) => at(S::FORBIDDEN, C::ReadOnly, path),
        EngineError::Conflict(Conflict::Exists(path))
        | EngineError::Upload(UploadError::NameTaken(path) | UploadError::DupeRefused(path)) => {
            at(S::CONFLICT, C::Exists, path)
        }
        EngineError::Conflict(Conflict::NotAFolder(path)) => at(S::CONFLICT, C::NotAFolder, path),
        EngineError::Conflict(Conflict::IsAFolder(path)) => at(S::CONFLICT, C::IsAFolder, path),
        EngineError::Conflict(Conflict::Locked(path)) => at(S::LOCKED, C::Locked, path),
        EngineError::Conflict(Conflict::InUse(path)) => at(S::CONFLICT, C::InUse, path),
        EngineError::Conflict(Conflict::IntoItself) => plain(S::BAD_REQUEST, C::IntoItself),
        EngineError::Invalid(Invalid::Path(_)) => plain(S::BAD_REQUEST, C::BadPath),
        EngineError::Changed(Changed::Since { .. }) => plain(S::CONFLICT, C::Changed),
        EngineError::Changed(Changed::Condition(path)) => at(S::PRECONDITION_FAILED, C::ConditionFailed, path),
        EngineError::NoSpace(NoSpace::Disk { free, needed }) => {
            space(C::NoSpace, free.0, Some(needed.0).filter(|bytes| *bytes > 0))
        }
        EngineError::NoSpace(NoSpace::Reserved { left, needed }) => space(C::NoSpace, left.0, Some(needed.0)),
        EngineError::NoSpace(NoSpace::Link { left }) => space(C::LinkFull, left.0, None),
        EngineError::NoSpace(NoSpace::VolumeBytes | NoSpace::VolumeFiles) => {
            plain(S::INSUFFICIENT_STORAGE, C::VolumeFull)
        }
        EngineError::RuleBroken(Rule::Size { .. }) => plain(S::UNPROCESSABLE_ENTITY, C::SizeRule),
        EngineError::RuleBroken(Rule::TopFolderOnly) => plain(S::UNPROCESSABLE_ENTITY, C::TopFolderOnly),
        EngineError::Gone(Gone::Link) => plain(S::NOT_FOUND, C::UnknownLink),
        EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::Unknown) | UploadError::UnknownWark) => {
            plain(S::NOT_FOUND, C::UploadUnknown)
        }
        EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::NotYours)) => {
            plain(S::FORBIDDEN, C::UploadNotYours)
        }
        EngineError::Upload(UploadError::UnpostRefused(UnpostRefused::TooLate)) => plain(S::FORBIDDEN, C::UploadTooOld),
        EngineError::WrongPassword => plain(S::FORBIDDEN, C::Denied),
        EngineError::TooMany(TooMany::Guesses { retry_secs }) => later(S::TOO_MANY_REQUESTS, C::Banned, *retry_secs),
        EngineError::TooMany(TooMany::Files | TooMany::Bytes) => plain(S::TOO_MANY_REQUESTS, C::TooMany),
        EngineError::TooMany(TooMany::AtOnce { per_address: by_client, .. }) => {
            later(too_many(*by_client), C::TooMany, RETRY_SECS)
        }
        EngineError::TooMany(TooMany::Unfinished { by_all_clients }) => {
            later(too_many(!by_all_clients), C::TooMany, RETRY_SECS)
        }
        EngineError::Busy | EngineError::Upload(UploadError::SourceBusy) => later(S::SERVICE_UNAVAILABLE, C::Busy, 2),
        EngineError::Gone(Gone::Trashed) => plain(S::GONE, C::NotInTrash),
        EngineError::Gone(Gone::Folder(path)) => at(S::SERVICE_UNAVAILABLE, C::Unavailable, path),
        EngineError::Interrupted(Interruption::Client | Interruption::Sender) => plain(S::BAD_REQUEST, C::Interrupted),
        EngineError::BadSettings(_) | EngineError::Internal { .. } => plain(S::INTERNAL_SERVER_ERROR, C::Internal),
        EngineError::Invalid(Invalid::Unfit(_) | Invalid::Request(_)) => plain(S::BAD_REQUEST, C::BadRequest),
        // Errors of uploads, which this API does not receive.
        EngineError::Invalid(Invalid::Digest)
        | EngineError::Upload(
            UploadError::PartialElsewhere(_)
            | UploadError::ChunkCorrupt { .. }
            | UploadError::ChunkKnown(_)
            | UploadError::ChunkForeign(_)
            | UploadError::ChunkBusy(_)
            | UploadError::StitchPrefix { .. }
            | UploadError::StitchGap
            | UploadError::BodyTooLong { .. }
            | UploadError::SubchunkOffset { .. }
            | UploadError::OutOfOrder,
        ) => plain(S::BAD_REQUEST, C::BadRequest),
    }
}

fn too_many(by_client: bool) -> StatusCode {
    if by_client { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE }
}
