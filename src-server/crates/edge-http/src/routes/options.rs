//! The answer to OPTIONS: which methods and protocols there are.

use super::{resumable, tus};
use crate::extract::dav as dav_requests;
use crate::reply;
use crate::request::Request;
use http::{HeaderName, HeaderValue, StatusCode, header};
use warp::reply::Response;

/// Supported methods.
const VERBS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, MOVE, COPY";

/// Returns the response to OPTIONS: the same for every path, so that it reveals nothing about the files.
pub fn options(request: &Request) -> Response {
    let mut response = reply::text(StatusCode::OK, "");
    let headers = response.headers_mut();
    resumable::set_options(headers);
    tus::set_options(headers);
    if !dav_requests::is_on(&request.head, &request.policy) {
        headers.insert(header::ALLOW, HeaderValue::from_static(VERBS));
        return response;
    }
    headers.insert(header::ALLOW, HeaderValue::from_static(edge_dav::ALLOW));
    headers.insert(HeaderName::from_static("dav"), HeaderValue::from_static(edge_dav::CLASSES));
    // Windows does not look for WebDAV where it finds FrontPage's extensions instead, unless this says what to use.
    headers.insert(HeaderName::from_static("ms-author-via"), HeaderValue::from_static("DAV"));
    response
}
