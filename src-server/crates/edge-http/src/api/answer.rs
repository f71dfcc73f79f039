//! Answers in JSON.

use crate::reply;
use http::StatusCode;
use serde::Serialize;
use warp::reply::Response;

/// Returns an answer in JSON.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    let text = serde_json::to_string(value).expect("strings and numbers are always JSON");
    reply::json(status, text)
}

/// Returns the answer to a change that has nothing to tell: 204.
pub fn done() -> Response {
    let mut response = Response::new("".into());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
