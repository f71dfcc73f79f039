//! Headers that every answer carries, and the walls between user files and our origin.

use crate::extract::{Request, RequestOrigin};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use warp::reply::Response;

/// What pages of ours may do: nothing that a stranger could write into them runs (no inline script, no foreign origin).
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src \
     'self'; connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; \
     frame-src 'self'",
);

/// What files of users may do when a browser shows them: be looked at, in an origin of their own.
pub const FILE_POLICY: HeaderValue = HeaderValue::from_static("sandbox");

/// The same for files that could act: besides the sandbox, nothing is loaded but pictures and styles.
pub const ACTIVE_FILE_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; font-src \
     'self'",
);

/// Tells a proxy (nginx, and those that follow it) to pass an answer on as it comes. A proxy that gathers a long answer
/// on its disk takes nothing more when that is full, for as long as its client needs for a part of it.
pub const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// See [`X_ACCEL_BUFFERING`].
pub const UNBUFFERED: HeaderValue = HeaderValue::from_static("no");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, max-age=0");
const VARY: HeaderValue = HeaderValue::from_static("Origin, PW, Cookie");
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
const ANY: HeaderValue = HeaderValue::from_static("*");
const READS: HeaderValue = HeaderValue::from_static("GET, HEAD");
const CHANGES: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE");
const RANGE: HeaderValue = HeaderValue::from_static("Range");
const RANGE_AND_PASSWORD: HeaderValue = HeaderValue::from_static("Range, PW, Content-Type");
const REFERRER_POLICY: HeaderName = HeaderName::from_static("referrer-policy");

/// Puts on what is common to all answers (spec/http-api.md 1.4, 1.5); what a route has set stays.
pub fn put_common(request: &Request, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, VARY);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    }
    let page = headers.get(header::CONTENT_TYPE).is_some_and(|mime| mime.as_bytes().starts_with(b"text/html"));
    if page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    }
    if page {
        headers.insert(REFERRER_POLICY, REFERRER);
    }
    put_cors(request, headers);
}

/// Pages of strangers may read what everyone may read if they are named by `--acao` (else any page that somebody on the
/// local network opens could look at what is shared there); with a password in the `PW` header they may do what it
/// allows. Credentials of the browser (cookies) are never offered to them.
fn put_cors(request: &Request, headers: &mut HeaderMap) {
    if request.origin == RequestOrigin::Own {
        return;
    }
    let Some(origin) = request.head.headers.get(header::ORIGIN) else { return };
    let list =
        request.head.text(header::ACCESS_CONTROL_REQUEST_HEADERS).filter(|_| *request.method() == Method::OPTIONS);
    let names = |list: &str| list.split(',').any(|name| name.trim().eq_ignore_ascii_case("pw"));
    let wants_password = list.is_some_and(names);
    if request.origin == RequestOrigin::ForeignWithPassword || wants_password {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, CHANGES);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, RANGE_AND_PASSWORD);
    } else if let Some(reader) = allowed_origin(request, origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, reader);
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, READS);
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, RANGE);
    }
}

/// What to tell a page that only reads: `*` if every page may, its own origin if it is named.
fn allowed_origin(request: &Request, origin: &HeaderValue) -> Option<HeaderValue> {
    let named = &request.settings().network.readers_elsewhere;
    if named.iter().any(|name| name == "*") {
        return Some(ANY);
    }
    let named = named.iter().any(|name| name.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
    named.then(|| origin.clone())
}
