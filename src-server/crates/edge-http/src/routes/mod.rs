//! One file for each feature; `lib.rs` says which request goes where.

pub mod account;
pub mod archive;
pub mod assets;
pub mod browse;
pub mod confirm;
pub mod desk;
pub mod download;
pub mod form;
pub mod join;
pub mod links;
pub mod manage;
pub mod message;
pub mod own;
pub mod put;
pub mod stored;
pub mod text;
pub mod up2k;

use crate::extract::{Caller, Request};
use crate::reply::{self, Failure};
use http::{HeaderValue, StatusCode, header};
use std::borrow::Cow;
use warp::reply::Response;

/// Verbs that are answered.
const VERBS: &str = "GET, HEAD, POST, PUT, DELETE, OPTIONS, MOVE, COPY";

/// Whether this request may change something: it comes from a page of ours, from a program, or carries a password in a
/// header that no stranger's form can send (spec/http-api.md 1.5).
pub fn may_change(request: &Request) -> bool {
    request.caller != Caller::Foreign || request.settings().behaviour.allow_foreign_origin
}

/// The refusal of a change that a stranger's page asked for.
pub fn foreign() -> Failure {
    Failure::text(StatusCode::FORBIDDEN, "rejected by cors-check (see fileserver log)")
}

/// The refusal of a verb.
pub fn unknown_verb(request: &Request) -> Failure {
    Failure::text(StatusCode::BAD_REQUEST, format!("invalid HTTP verb '{}'", request.method()))
}

/// OPTIONS: the same for every path, so that it says nothing about what is there.
pub fn options() -> Response {
    let mut response = reply::text(StatusCode::OK, "");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(VERBS));
    response
}

/// The media type of the request's body without its parameters, in lower case (RFC 9110 8.3.1); empty if there is none.
pub fn content_kind(request: &Request) -> Cow<'_, str> {
    let whole = request.head.text(header::CONTENT_TYPE).unwrap_or("");
    let kind = whole.split(';').next().unwrap_or("").trim();
    match kind.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => kind.to_ascii_lowercase().into(),
        false => kind.into(),
    }
}
