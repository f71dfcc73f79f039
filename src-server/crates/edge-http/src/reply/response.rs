//! Responses with a body of one piece, and redirects.

use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use warp::reply::Response;

/// Returns a response of plain text.
pub fn text(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "text/plain; charset=utf-8", body)
}

/// Returns an HTML page.
pub fn html(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "text/html; charset=utf-8", body)
}

/// Returns a JSON response. The content type is exactly `application/json`: clients compare the whole value.
pub fn json(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "application/json", body)
}

/// Returns a response with the content type `mime`.
pub fn typed(status: StatusCode, mime: &'static str, body: impl Into<Cow<'static, str>>) -> Response {
    let mut response = match body.into() {
        Cow::Borrowed(body) => Response::new(body.into()),
        Cow::Owned(body) => Response::new(body.into()),
    };
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    response
}

/// Returns a redirect. `location`: a percent-encoded URL of this site.
pub fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = text(status, "");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// Returns the response to a HEAD request: the same headers, no body.
pub fn without_body(response: Response) -> Response {
    let length = http_body::Body::size_hint(response.body()).exact();
    let (mut parts, _body) = response.into_parts();
    if let Some(length) = length.filter(|_| !parts.headers.contains_key(header::CONTENT_LENGTH)) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, "".into())
}
