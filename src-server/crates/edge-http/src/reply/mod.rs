//! HTTP responses. Routes return values ([`RouteResult`]); [`finish`] renders them once, at the end, and adds the
//! headers that every response has.

pub mod conditional;
pub mod cookie;
pub mod error;
pub mod file;
pub mod headers;
pub mod mime;
pub mod range;

use crate::extract::Request;
use engine::EngineError;
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use warp::reply::Response;

/// The result of a route.
pub type RouteResult = Result<Response, Failure>;

/// Reason why a route has no response.
#[derive(Debug)]
pub enum Failure {
    /// The engine refused the request.
    Engine(EngineError),
    /// This edge refused the request: a status and a plain text. Clients compare some of the texts, so those must not
    /// change.
    Text(StatusCode, Cow<'static, str>),
}

impl Failure {
    /// Creates a refusal of this edge.
    pub fn text(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(status, text.into())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// Account and client of a request, for the access log. The extensions of every response hold one.
#[derive(Clone, Debug)]
pub struct AccessLine {
    /// The account; `*` if anonymous.
    pub account: model::AccountName,
    /// The client's address, as trusted proxies forwarded it.
    pub client: std::net::IpAddr,
}

/// Renders the result of a route and adds the headers that every response has.
pub fn finish(request: &Request, outcome: RouteResult) -> Response {
    let mut response = outcome.unwrap_or_else(|failure| error::render(request, failure));
    headers::put_common(request, &mut response);
    if request.stale_cookie && !response.headers().contains_key(header::SET_COOKIE) {
        cookie::clear_session(request, &mut response);
    }
    if let Some(token) = &request.new_visitor {
        cookie::set_visitor(request, token, &mut response);
    }
    response
        .extensions_mut()
        .insert(AccessLine { account: request.access.account().clone(), client: request.connection.client });
    response
}

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
