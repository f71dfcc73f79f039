//! Multipart forms: `act` says what is wanted.

use crate::extract::{Request, RequestBody};
use crate::reply::Outcome;
use engine::EngineError;

/// POST of `multipart/form-data`.
pub async fn form(_request: &Request, _body: RequestBody) -> Outcome {
    Err(EngineError::SwitchedOff("form").into())
}
