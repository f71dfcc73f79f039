//! Resumable uploads of the IETF (draft-ietf-httpbis-resumable-upload; docs/http-api.md "Resumable uploads"). An upload
//! that was interrupted goes on here, by tus, or by up2k: all of them continue the same unfinished uploads.

pub mod fields;
mod upload_url;

pub use upload_url::{UploadUrl, is_upload_url};

use super::upload::UploadOptions;
use super::{media_type, put};
use crate::extract::{RequestBody, digest};
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::reply::conditional::write_preconditions;
use crate::request::Request;
use engine::EngineError;
use engine::error::Interruption;
use engine::uploads::{Appended, SequentialState, Stored};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use warp::reply::Response;

/// Upload Resumption Supported.
const RESUMPTION_SUPPORTED: u16 = 104;
/// Media type of a problem (RFC 9457).
const PROBLEM: &str = "application/problem+json";

/// Whether a request begins a resumable upload. PUT and POST of a raw body do; forms and up2k have their own.
pub fn is_creation(request: &Request) -> bool {
    let is_raw = *request.method() == Method::PUT || *request.method() == Method::POST;
    is_raw && fields::complete(&request.head.headers).is_some()
}

/// Begins an upload, and stores the body as far as it arrives.
pub async fn create(request: &Request, body: RequestBody) -> RouteResult {
    let headers = &request.head.headers;
    let options = UploadOptions::read(request)?;
    let is_whole = fields::complete(headers) == Some(true);
    let body_length = content_length(headers);
    let announced = fields::length(headers);
    let length = if is_whole { body_length.or(announced) } else { announced };
    if is_whole && announced.is_some_and(|announced| body_length.is_some_and(|length| length != announced)) {
        return Ok(inconsistent_length());
    }
    let is_checked = !digest::expected_digests(headers)?.is_empty() || !write_preconditions(headers).is_empty();
    let is_plain = !is_checked && !options.appends();
    match length {
        Some(length) if length > 0 && is_plain => {}
        // Conditions, digests and appending need the whole body in one request, and nothing is resumed of an empty one.
        _ if is_whole || length == Some(0) => return whole(request, &options, body).await,
        _ if !is_plain => {
            let text =
                "an upload in several requests can have no digest and no condition; send the file by one request";
            return Err(Failure::text(StatusCode::BAD_REQUEST, text));
        }
        _ => {
            let text = "how long will the file be? Send Upload-Length, or the whole file by one request";
            return Err(Failure::text(StatusCode::LENGTH_REQUIRED, text));
        }
    }
    let (size, url) = (length.unwrap_or(0), UploadUrl::begin(request, &options, length.unwrap_or(0)).await?);
    announce(request, &url);
    let state = SequentialState { id: url.id, offset: 0, size };
    if body_length == Some(0) {
        return Ok(created(request, &url, &state));
    }
    let appended = url.append(request, (0, body_length), body).await?;
    finish(request, &options, &url, (is_whole, body_length), appended)
}

/// Stores a body that cannot be resumed.
async fn whole(request: &Request, options: &UploadOptions, body: RequestBody) -> RouteResult {
    let mut response = put::store(request, options, body).await?;
    fields::set_complete(response.headers_mut(), true);
    Ok(response)
}

/// Handles a change of an upload that has begun.
pub async fn change(request: &Request, body: RequestBody) -> RouteResult {
    let url = UploadUrl::of(request)?;
    match request.method().as_str() {
        "PATCH" => append(request, &url, body).await,
        "DELETE" => {
            url.cancel(request).await?;
            Ok(reply::text(StatusCode::NO_CONTENT, ""))
        }
        _ => {
            Err(Failure::text(StatusCode::METHOD_NOT_ALLOWED, "an upload that has begun takes HEAD, PATCH and DELETE"))
        }
    }
}

/// Tells up to where an upload has arrived.
pub async fn state(request: &Request) -> RouteResult {
    let url = UploadUrl::of(request)?;
    let state = url.state(request).await?;
    let mut response = reply::text(StatusCode::NO_CONTENT, "");
    let headers = response.headers_mut();
    describe(request, headers, &state);
    fields::set_number(headers, fields::LENGTH, state.size);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn append(request: &Request, url: &UploadUrl, body: RequestBody) -> RouteResult {
    let headers = &request.head.headers;
    if !fields::is_append_type(headers, &media_type(request)) {
        let text = "the body of a request that appends has the type application/partial-upload";
        return Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    if !digest::expected_digests(headers)?.is_empty() {
        let text = "the digest of this request would not be compared; send it without a digest";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    }
    let (Some(offset), Some(is_last)) = (fields::offset(headers), fields::complete(headers)) else {
        let text = "a request that appends has the header fields Upload-Offset and Upload-Complete";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    };
    let length = content_length(headers);
    let before = url.state(request).await?;
    let is_inconsistent = fields::length(headers).is_some_and(|announced| announced != before.size)
        || (is_last && before.offset == offset && length.is_some_and(|length| offset + length != before.size));
    if is_inconsistent {
        return Ok(inconsistent_length());
    }
    let appended = url.append(request, (offset, length), body).await?;
    finish(request, &UploadOptions::read(request)?, url, (is_last, length), appended)
}

/// Answers a request whose body was received. `is_last`: the client has sent all that it has. `length`: of the body.
fn finish(
    request: &Request,
    options: &UploadOptions,
    url: &UploadUrl,
    (is_last, length): (bool, Option<u64>),
    appended: Appended,
) -> RouteResult {
    match appended {
        Appended::Complete(stored) => Ok(complete(request, options, &stored)),
        Appended::Incomplete(_) if is_last && length.is_some() => {
            Err(EngineError::Interrupted(Interruption::Client).into())
        }
        Appended::Incomplete(_) if is_last => Ok(inconsistent_length()),
        Appended::Incomplete(state) if *request.method() == Method::PATCH => {
            let mut response = reply::text(StatusCode::NO_CONTENT, "");
            describe(request, response.headers_mut(), &state);
            Ok(response)
        }
        Appended::Incomplete(state) => Ok(created(request, url, &state)),
        Appended::TooLong(_) => Ok(inconsistent_length()),
        Appended::OtherOffset(state) => Ok(other_offset(request, &state)),
    }
}

/// The answer of the folder that got the file.
fn complete(request: &Request, options: &UploadOptions, stored: &Stored) -> Response {
    let mut response = put::stored(request, options, stored);
    fields::set_number(response.headers_mut(), fields::OFFSET, stored.size);
    fields::set_complete(response.headers_mut(), true);
    response
}

fn created(request: &Request, url: &UploadUrl, state: &SequentialState) -> Response {
    let mut response = reply::text(StatusCode::CREATED, "");
    let headers = response.headers_mut();
    describe(request, headers, state);
    url.set_location(request, headers);
    response
}

/// Tells a client that waits for its body to be accepted where to go on after an interruption.
fn announce(request: &Request, url: &UploadUrl) {
    let (Some(interim), Some(version)) = (&request.head.interim, fields::version(&request.head.headers)) else {
        return;
    };
    let Ok(status) = StatusCode::from_u16(RESUMPTION_SUPPORTED) else { return };
    let mut headers = HeaderMap::new();
    url.set_location(request, &mut headers);
    set_limits(request, &mut headers);
    fields::set_version(&mut headers, version);
    interim.send(status, &headers);
}

fn describe(request: &Request, headers: &mut HeaderMap, state: &SequentialState) {
    fields::set_number(headers, fields::OFFSET, state.offset);
    fields::set_complete(headers, state.offset == state.size);
    set_limits(request, headers);
}

/// Sets the limits of uploads to the requested folder.
pub fn set_limits(request: &Request, headers: &mut HeaderMap) {
    let volume = request.access.volume_path(&request.path).map(|at| at.volume);
    let max_size = volume.and_then(|volume| volume.config.flags.limits.max_size).map(|size| size.0);
    fields::set_limits(headers, max_size, 60 * request.settings().behaviour.drop_unfinished_mins);
}

/// 409 ("Mismatching Offset").
fn other_offset(request: &Request, state: &SequentialState) -> Response {
    let mut response = problem(
        StatusCode::CONFLICT,
        serde_json::json!({
            "type": "https://iana.org/assignments/http-problem-types#mismatching-upload-offset",
            "title": "the upload has another offset than the request",
            "expected-offset": state.offset,
            "provided-offset": fields::offset(&request.head.headers),
        }),
    );
    describe(request, response.headers_mut(), state);
    response
}

/// 400 ("Inconsistent Length").
fn inconsistent_length() -> Response {
    let mut response = problem(
        StatusCode::BAD_REQUEST,
        serde_json::json!({
            "type": "https://iana.org/assignments/http-problem-types#inconsistent-upload-length",
            "title": "the file has another length than was announced",
        }),
    );
    fields::set_complete(response.headers_mut(), false);
    response
}

fn problem(status: StatusCode, problem: serde_json::Value) -> Response {
    let mut response = reply::json(status, format!("{problem}\n"));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
    response
}

/// Returns the length of the body, if it is known.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Says what is supported, in the answer to OPTIONS: the same for every path.
pub fn set_options(headers: &mut HeaderMap) {
    headers.insert(fields::LIMIT, HeaderValue::from_static("min-size=0"));
    headers.insert(HeaderName::from_static("accept-patch"), HeaderValue::from_static(fields::PARTIAL));
}
