//! Messages to whoever runs the server.

use crate::extract::{Request, RequestBody};
use crate::reply::Outcome;
use engine::EngineError;

/// POST of `application/x-www-form-urlencoded`.
pub async fn message(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("message").into())
}
