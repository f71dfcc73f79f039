//! Answers. Routes return values ([`RouteResult`]); [`finish`] draws them once, at the end, and puts on every answer what
//! every answer carries.

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

/// What a route gives back.
pub type RouteResult = Result<Response, Failure>;

/// Why a route has nothing better to say.
#[derive(Debug)]
pub enum Failure {
    /// The engine refused.
    Engine(EngineError),
    /// This edge refused: a status and a plain text, letter for letter where clients look for it.
    Text(StatusCode, Cow<'static, str>),
}

impl Failure {
    /// A refusal of this edge's own.
    pub fn text(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(status, text.into())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// The account and client behind a request, for the access log; found in the extensions of every response.
#[derive(Clone, Debug)]
pub struct AccessLine {
    /// Who, `*` for anonymous.
    pub account: model::AccountName,
    /// From where, behind trusted proxies.
    pub client: std::net::IpAddr,
}

/// Draws an outcome and puts on the headers that every answer carries.
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

/// An answer of plain text.
pub fn text(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "text/plain; charset=utf-8", body)
}

/// A page of ours.
pub fn html(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "text/html; charset=utf-8", body)
}

/// JSON; the type is exactly `application/json`, which clients compare as a whole.
pub fn json(status: StatusCode, body: impl Into<Cow<'static, str>>) -> Response {
    typed(status, "application/json", body)
}

/// An answer of some type.
pub fn typed(status: StatusCode, mime: &'static str, body: impl Into<Cow<'static, str>>) -> Response {
    let mut response = match body.into() {
        Cow::Borrowed(body) => Response::new(body.into()),
        Cow::Owned(body) => Response::new(body.into()),
    };
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(mime));
    response
}

/// Sends the visitor elsewhere. `location` is an address of ours, percent-encoded.
pub fn redirect(status: StatusCode, location: &str) -> Response {
    let mut response = text(status, "");
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// The answer to a HEAD: the same head, no body.
pub fn without_body(response: Response) -> Response {
    let length = http_body::Body::size_hint(response.body()).exact();
    let (mut parts, _body) = response.into_parts();
    if let Some(length) = length.filter(|_| !parts.headers.contains_key(header::CONTENT_LENGTH)) {
        parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, "".into())
}
