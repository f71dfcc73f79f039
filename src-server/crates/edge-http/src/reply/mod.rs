//! HTTP responses. Routes return values ([`RouteResult`]); [`finish`] renders them once, at the end, and adds the
//! headers that every response has.

pub mod conditional;
pub mod cookie;
pub mod error;
pub mod file;
pub mod headers;
pub mod mime;
mod qr;
pub mod range;
mod response;
mod streamed;

pub use qr::qr_code;
pub use response::{html, json, redirect, text, typed, without_body};
pub use streamed::streamed;

use crate::failure::RouteResult;
use crate::request::Request;
use http::header;
use warp::reply::Response;

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
