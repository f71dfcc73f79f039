//! tus 1.0, the protocol for resumable uploads of many libraries (<https://tus.io/protocols/resumable-upload>;
//! docs/http-api.md "Resumable uploads"), with the extensions `creation`, `creation-with-upload` and `termination`: other
//! names for what [`super::resumable`] does.

use super::resumable::{UploadUrl, content_length, fields};
use super::upload::UploadOptions;
use super::{media_type, put};
use crate::extract::RequestBody;
use crate::failure::{Failure, RouteResult};
use crate::reply;
use crate::request::Request;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use engine::uploads::{Appended, SequentialState};
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::Response;

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");
const VERSION: &str = "1.0.0";
/// Media type of bytes that are appended.
const OFFSET_STREAM: &str = "application/offset+octet-stream";

/// Whether a request speaks tus.
pub fn is_tus(request: &Request) -> bool {
    request.head.headers.contains_key(RESUMABLE)
}

/// Handles a request of tus that changes something.
pub async fn change(request: &Request, body: RequestBody) -> RouteResult {
    check_version(request)?;
    let mut response = match method(request) {
        "POST" => create(request, body).await,
        "PATCH" => append(request, body).await,
        "DELETE" => {
            UploadUrl::of(request)?.cancel(request).await?;
            Ok(reply::text(StatusCode::NO_CONTENT, ""))
        }
        "HEAD" => state(request).await,
        _ => Err(Failure::text(StatusCode::METHOD_NOT_ALLOWED, "tus has POST, HEAD, PATCH and DELETE")),
    }?;
    set_version(response.headers_mut());
    Ok(response)
}

/// Tells up to where an upload has arrived.
pub async fn offset(request: &Request) -> RouteResult {
    check_version(request)?;
    let mut response = state(request).await?;
    set_version(response.headers_mut());
    Ok(response)
}

async fn state(request: &Request) -> RouteResult {
    let state = UploadUrl::of(request)?.state(request).await?;
    let mut response = reply::text(StatusCode::OK, "");
    let headers = response.headers_mut();
    describe(headers, &state);
    fields::set_number(headers, fields::LENGTH, state.size);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn create(request: &Request, body: RequestBody) -> RouteResult {
    let headers = &request.head.headers;
    let Some(length) = fields::length(headers) else {
        let text = "Upload-Length is missing; uploads of unknown length are not supported";
        return Err(Failure::text(StatusCode::BAD_REQUEST, text));
    };
    let name = metadata(headers, "filename").or_else(|| metadata(headers, "name"));
    let options = UploadOptions::read(request)?.with_name(name);
    if length == 0 {
        return empty(request, &options, body).await;
    }
    let url = UploadUrl::begin_in(request, request.path.clone(), options.name_of(request), (&options, length)).await?;
    let mut state = SequentialState { id: url.id, offset: 0, size: length };
    if media_type(request) == OFFSET_STREAM {
        state = match url.append(request, (0, content_length(headers)), body).await? {
            Appended::Incomplete(state) | Appended::OtherOffset(state) => state,
            Appended::Complete(_) => SequentialState { offset: length, ..state },
            Appended::TooLong(_) => return Err(too_long()),
        };
    }
    let mut response = reply::text(StatusCode::CREATED, "");
    describe(response.headers_mut(), &state);
    url.set_location(request, response.headers_mut());
    Ok(response)
}

/// Stores an empty file: nothing of it can be appended.
async fn empty(request: &Request, options: &UploadOptions, body: RequestBody) -> RouteResult {
    let stored = put::store_in(request, options, request.path.clone(), body).await?;
    let mut response = reply::text(StatusCode::CREATED, "");
    let url = request.absolute_url(&options.href(request, &stored));
    if let Ok(url) = HeaderValue::try_from(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    fields::set_number(response.headers_mut(), fields::OFFSET, 0);
    Ok(response)
}

async fn append(request: &Request, body: RequestBody) -> RouteResult {
    let headers = &request.head.headers;
    if media_type(request) != OFFSET_STREAM {
        let text = "the body of a request that appends has the type application/offset+octet-stream";
        return Err(Failure::text(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let Some(offset) = fields::offset(headers) else {
        return Err(Failure::text(StatusCode::BAD_REQUEST, "Upload-Offset is missing"));
    };
    let url = UploadUrl::of(request)?;
    let mut response = reply::text(StatusCode::NO_CONTENT, "");
    match url.append(request, (offset, content_length(headers)), body).await? {
        Appended::Incomplete(state) => describe(response.headers_mut(), &state),
        Appended::Complete(stored) => fields::set_number(response.headers_mut(), fields::OFFSET, stored.size),
        Appended::TooLong(_) => return Err(too_long()),
        Appended::OtherOffset(state) => {
            response = reply::text(StatusCode::CONFLICT, "the upload has another offset than the request\n");
            describe(response.headers_mut(), &state);
        }
    }
    Ok(response)
}

fn describe(headers: &mut HeaderMap, state: &SequentialState) {
    fields::set_number(headers, fields::OFFSET, state.offset);
}

fn too_long() -> Failure {
    Failure::text(StatusCode::PAYLOAD_TOO_LARGE, "the body is longer than what is missing of the file")
}

/// The method that a client means that can send GET and POST only.
fn method(request: &Request) -> &str {
    match request.head.text(METHOD_OVERRIDE) {
        Some(method) if request.method() == http::Method::POST => method,
        _ => request.method().as_str(),
    }
}

/// # Errors
/// 412 for another version than 1.0.0.
fn check_version(request: &Request) -> Result<(), Failure> {
    match request.head.text(RESUMABLE) {
        Some(VERSION) => Ok(()),
        _ => Err(Failure::text(StatusCode::PRECONDITION_FAILED, "this server speaks tus 1.0.0")),
    }
}

/// Returns a value of `Upload-Metadata`: pairs of a key and a value in base64, separated by commas.
fn metadata(headers: &HeaderMap, key: &str) -> Option<Vec<u8>> {
    let text = headers.get(METADATA)?.to_str().ok()?;
    let pair = text.split(',').map(str::trim).find_map(|pair| pair.strip_prefix(key)?.strip_prefix(' '))?;
    STANDARD.decode(pair.trim()).ok().filter(|value| !value.is_empty())
}

fn set_version(headers: &mut HeaderMap) {
    headers.insert(RESUMABLE, HeaderValue::from_static(VERSION));
}

/// Says what is supported, in the answer to OPTIONS.
pub fn set_options(headers: &mut HeaderMap) {
    set_version(headers);
    headers.insert(HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION));
    let extensions = HeaderValue::from_static("creation,creation-with-upload,termination");
    headers.insert(HeaderName::from_static("tus-extension"), extensions);
}

/// Adds the version of tus to the failure of a request of tus.
pub fn with_version(response: &mut Response) {
    set_version(response.headers_mut());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_metadata() {
        let headers = |text| HeaderMap::from_iter([(METADATA, HeaderValue::from_static(text))]);
        let name = |text| metadata(&headers(text), "filename").map(|name| String::from_utf8(name).expect("is text"));
        assert_eq!(name("filename w7gudHh0").as_deref(), Some("ø.txt"));
        assert_eq!(name("a Yg==, filename YS50eHQ=,c").as_deref(), Some("a.txt"));
        assert_eq!(name("filenames YS50eHQ="), None);
        assert_eq!(name("filename"), None);
        assert_eq!(name("filename !!"), None);
    }
}
