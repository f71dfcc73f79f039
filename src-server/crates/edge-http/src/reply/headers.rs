//! Headers of every response, and the policies that separate user files from our origin.

use crate::extract::RequestOrigin;
use crate::request::Request;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use warp::reply::Response;

/// Content security policy of our pages: neither inline scripts nor anything from other origins runs, so nothing that
/// another site injects into a page does.
pub const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src \
     'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'; \
     frame-src 'self'",
);

/// Policy of user files: a browser may show them, in an opaque origin.
pub const FILE_POLICY: HeaderValue = HeaderValue::from_static("sandbox");

/// Policy of user files with active content: besides the sandbox, nothing but images, media, styles and fonts is
/// loaded.
pub const ACTIVE_FILE_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox; default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; font-src \
     'self'",
);

/// Policy of the frame around a prologue or epilogue: its users' HTML may have styles, and pictures of this site, but runs
/// no script, sends no form, loads nothing from other sites, and has an origin of its own. Links that are clicked open in
/// place of the page, or in a new window.
pub const FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation; default-src 'none'; \
     img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'self'",
);

/// Policy of the frame in which plugins of Markdown run. Its users' scripts are the point of it, so they may do all that scripts
/// can do to their own document, and nothing else: no origin, so no cookies and no storage; no connections, forms, windows,
/// frames, navigation of the page, and nothing loaded but pictures of this site (without cookies, see `reply/cookie.rs`).
pub const PLUGIN_FRAME_POLICY: HeaderValue = HeaderValue::from_static(
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src 'self' \
     data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
);

/// Tells a proxy (nginx, and those that follow it) to pass a response on unbuffered. A proxy that buffers a long
/// response on its disk reads nothing more when the buffer is full, for as long as its client takes for a part of it.
pub const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// Value of [`X_ACCEL_BUFFERING`] that switches buffering off.
pub const UNBUFFERED: HeaderValue = HeaderValue::from_static("no");

/// Tells search engines what to do with a response, of whichever type.
pub const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");
/// Value of [`X_ROBOTS_TAG`]: to show nothing of it and to follow no link in it.
pub const NO_ROBOTS: HeaderValue = HeaderValue::from_static("noindex, nofollow");

const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// Not to be kept by clients.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store, max-age=0");
const VARY: HeaderValue = HeaderValue::from_static("Origin, PW, Cookie");
/// [`VARY`] of what contains texts for people.
const VARY_WITH_LANGUAGE: HeaderValue = HeaderValue::from_static("Origin, PW, Cookie, Accept-Language");
const REFERRER: HeaderValue = HeaderValue::from_static("same-origin");
const ANY: HeaderValue = HeaderValue::from_static("*");
const READS: HeaderValue = HeaderValue::from_static("GET, HEAD");
const CHANGES: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PUT, DELETE");
const RANGE: HeaderValue = HeaderValue::from_static("Range");
const RANGE_AND_PASSWORD: HeaderValue = HeaderValue::from_static("Range, PW, Content-Type");
const REFERRER_POLICY: HeaderName = HeaderName::from_static("referrer-policy");

/// Adds the headers that all responses have (docs/http-api.md "Headers of every response"). Headers that a route has
/// set stay.
pub fn put_common(request: &Request, response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NOSNIFF);
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, NO_STORE);
    }
    let page = headers.get(header::CONTENT_TYPE).is_some_and(|mime| mime.as_bytes().starts_with(b"text/html"));
    if !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, if page { VARY_WITH_LANGUAGE } else { VARY });
    }
    if page && !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, PAGE_POLICY);
    }
    if page {
        headers.insert(REFERRER_POLICY, REFERRER);
    }
    if keeps_robots_away(request) && !headers.contains_key(X_ROBOTS_TAG) {
        headers.insert(X_ROBOTS_TAG, NO_ROBOTS);
    }
    put_cors(request, headers);
}

/// Returns true if search engines are asked to show nothing of this path: by its volume (`norobots`, `robots`), else by
/// `--no-robots`.
pub fn keeps_robots_away(request: &Request) -> bool {
    let of_volume =
        request.access.volume_path(&request.path).and_then(|at| at.volume.config.flags.page_lists.search_engines);
    of_volume.map_or(request.settings().behaviour.no_robots, |welcome| !welcome)
}

/// Adds CORS headers. Pages of other sites may read what everyone may read if `--acao` names them; otherwise any page
/// opened in the local network could read what is shared there. With a password in the `PW` header they may do what the
/// password allows. Credentials of the browser (cookies) are never allowed.
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

/// Returns `Access-Control-Allow-Origin` for a page that only reads: `*` if every page may, its own origin if it is
/// named.
fn allowed_origin(request: &Request, origin: &HeaderValue) -> Option<HeaderValue> {
    let named = &request.settings().network.cors_origins;
    if named.iter().any(|name| name == "*") {
        return Some(ANY);
    }
    let named = named.iter().any(|name| name.trim_end_matches('/').as_bytes().eq_ignore_ascii_case(origin.as_bytes()));
    named.then(|| origin.clone())
}
