//! Errors of the page API: one exhaustive match from `EngineError` to a code, a status and details. Texts for people are
//! those of the pages (`render::refusal`).

use super::answer;
use super::paths::encoded;
use super::types::{ApiError, EntryKind, ErrorCode};
use crate::extract::secrets::masked;
use crate::failure::Failure;
use crate::render::refusal;
use crate::request::Request;
use engine::files::read::Found;
use engine::{EngineError, UnpostRefused};
use http::{HeaderValue, StatusCode, header};
use model::VPath;
use warp::reply::Response;

/// Returns the answer to a failed request.
pub async fn render(request: &Request, failure: Failure) -> Response {
    let failure = hide_denied(request, failure);
    let (status, mut error) = describe(request, &failure);
    let refusal = refusal::of(request, &failure);
    let reason = match &failure {
        Failure::Text(_, text) => Some(&**text),
        Failure::Engine(_) | Failure::ForeignPage(_) => None,
    };
    let refusal = refusal.unwrap_or_else(|| refusal::by_status(request, status, reason));
    error.message = refusal.heading.into_owned();
    error.advice = refusal.lead.into_owned();
    if let Failure::Engine(EngineError::Exists(path)) = &failure {
        describe_existing(request, path, &mut error).await;
    }
    response(status, &error)
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
        Failure::Engine(EngineError::Denied { path, .. })
            if request.is_read() && request.settings().behaviour.vague_denial =>
        {
            EngineError::NotFound(path).into()
        }
        failure => failure,
    }
}

/// Adds what is in the way, if the account may know.
async fn describe_existing(request: &Request, path: &VPath, error: &mut ApiError) {
    let (existing, word) = match request.engine().reader.open(&request.access, path, None).await {
        Ok(Found::Folder { .. }) => (EntryKind::Folder, "folder"),
        Ok(Found::File(_)) => (EntryKind::File, "file"),
        Err(_) => return,
    };
    let name = path.name().map_or_else(|| path.display(), |name| name.display());
    error.existing = Some(existing);
    error.message = format!("There is already a {word} called “{name}”.");
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
    use EngineError as E;
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
        E::NotFound(path) => at(S::NOT_FOUND, C::NotFound, path),
        E::Denied { path, missing } => {
            (S::FORBIDDEN, ApiError { missing: Some(missing), ..at(S::FORBIDDEN, C::Denied, path).1 })
        }
        E::SystemRefuses(path) => at(S::FORBIDDEN, C::SystemRefuses, path),
        E::KeyNeeded(path) => at(S::FORBIDDEN, C::KeyNeeded, path),
        E::SwitchedOff(_) => plain(S::FORBIDDEN, C::SwitchedOff),
        E::ReadOnly(path) => at(S::FORBIDDEN, C::ReadOnly, path),
        E::Exists(path) | E::NameTaken(path) | E::DupeRefused(path) => at(S::CONFLICT, C::Exists, path),
        E::NotAFolder(path) => at(S::CONFLICT, C::NotAFolder, path),
        E::IsAFolder(path) => at(S::CONFLICT, C::IsAFolder, path),
        E::IntoItself => plain(S::BAD_REQUEST, C::IntoItself),
        E::BadPath(_) => plain(S::BAD_REQUEST, C::BadPath),
        E::Changed { .. } => plain(S::CONFLICT, C::Changed),
        E::ConditionFailed(path) => at(S::PRECONDITION_FAILED, C::ConditionFailed, path),
        E::NoSpace { free, needed } => space(C::NoSpace, free.0, Some(needed.0).filter(|bytes| *bytes > 0)),
        E::SpaceReserved { left, needed } => space(C::NoSpace, left.0, Some(needed.0)),
        E::LinkFull { left } => space(C::LinkFull, left.0, None),
        E::VolumeFull | E::VolumeFileLimit => plain(S::INSUFFICIENT_STORAGE, C::VolumeFull),
        E::SizeRule { .. } => plain(S::UNPROCESSABLE_ENTITY, C::SizeRule),
        E::TopFolderOnly => plain(S::UNPROCESSABLE_ENTITY, C::TopFolderOnly),
        E::UnknownLink => plain(S::NOT_FOUND, C::UnknownLink),
        E::UnpostRefused(UnpostRefused::Unknown) | E::UnknownWark => plain(S::NOT_FOUND, C::UploadUnknown),
        E::UnpostRefused(UnpostRefused::NotYours) => plain(S::FORBIDDEN, C::UploadNotYours),
        E::UnpostRefused(UnpostRefused::TooLate) => plain(S::FORBIDDEN, C::UploadTooOld),
        E::WrongPassword => plain(S::FORBIDDEN, C::Denied),
        E::Banned { retry_secs } => later(S::TOO_MANY_REQUESTS, C::Banned, *retry_secs),
        E::TooManyUploads | E::TooMuchData => plain(S::TOO_MANY_REQUESTS, C::TooMany),
        E::TooManyAtOnce { per_address: by_client, .. } => later(too_many(*by_client), C::TooMany, RETRY_SECS),
        E::TooManyUnfinished { by_all_clients } => later(too_many(!by_all_clients), C::TooMany, RETRY_SECS),
        E::Busy | E::SourceBusy => later(S::SERVICE_UNAVAILABLE, C::Busy, 2),
        E::Unavailable(path) => at(S::SERVICE_UNAVAILABLE, C::Unavailable, path),
        E::Interrupted | E::Stalled => plain(S::BAD_REQUEST, C::Interrupted),
        E::BadSettings(_) | E::Internal { .. } => plain(S::INTERNAL_SERVER_ERROR, C::Internal),
        E::BadRequest(_) => plain(S::BAD_REQUEST, C::BadRequest),
        // Errors of uploads, which this API does not receive.
        E::DigestMismatch
        | E::PartialElsewhere(_)
        | E::ChunkCorrupt { .. }
        | E::ChunkKnown(_)
        | E::ChunkForeign(_)
        | E::ChunkBusy(_)
        | E::StitchPrefix { .. }
        | E::StitchGap
        | E::BodyTooLong { .. }
        | E::SubchunkOffset { .. }
        | E::OutOfOrder => plain(S::BAD_REQUEST, C::BadRequest),
    }
}

fn too_many(by_client: bool) -> StatusCode {
    if by_client { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE }
}
